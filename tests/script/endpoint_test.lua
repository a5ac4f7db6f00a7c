-- SPDX-License-Identifier: MIT
-- Where requests go, as a client asks for it; the rules themselves are tried by endpoint_data_test.

local lu = require "luaunit"
local endpoint = require "moonrock.aws.endpoint"
local address = require "moonrock.emulator.address"
local errors = require "moonrock.error"
local model = require "moonrock.model"

local services = {}
for _, name in ipairs(model.services()) do
  local facts = model.service(name)
  services[name] = { name = name, endpoint_prefix = facts.endpoint_prefix, signing_name = facts.signing_name }
end

local function resolve(service, options, bucket)
  local config = { region = "us-west-2", addressing_style = "auto", us_east_1_endpoint = "legacy" }
  for name, value in pairs(options) do
    config[name] = value
  end
  return endpoint.resolve(config, services[service], bucket)
end

local function url(service, options, bucket)
  return endpoint.url(resolve(service, options, bucket))
end

TestRules = {}

function TestRules:test_bedrock()
  lu.assertEquals(url("bedrock", {}), "https://bedrock.us-west-2.amazonaws.com")
  lu.assertEquals(url("bedrock-runtime", {}), "https://bedrock-runtime.us-west-2.amazonaws.com")
  lu.assertEquals(url("bedrock", { use_fips = true }), "https://bedrock-fips.us-west-2.amazonaws.com")
  lu.assertEquals(url("bedrock", { use_dualstack = true }), "https://bedrock.us-west-2.api.aws")
  lu.assertEquals(url("bedrock", { region = "cn-north-1" }), "https://bedrock.cn-north-1.amazonaws.com.cn")
  lu.assertEquals(url("bedrock", { region = "us-gov-west-1" }), "https://bedrock.us-gov-west-1.amazonaws.com")
  lu.assertEquals(resolve("bedrock-runtime", {}).signing_name, "bedrock")
end

function TestRules:test_s3_styles()
  lu.assertEquals(url("s3", {}, "my-bucket"), "https://my-bucket.s3.us-west-2.amazonaws.com")
  lu.assertEquals(url("s3", { region = "us-east-1" }, "my-bucket"), "https://my-bucket.s3.amazonaws.com")
  lu.assertEquals(url("s3", { region = "us-east-1", us_east_1_endpoint = "regional" }, "my-bucket"),
    "https://my-bucket.s3.us-east-1.amazonaws.com")
  lu.assertEquals(url("s3", { region = "us-east-1" }, "my.dotted.bucket"), "https://s3.amazonaws.com/my.dotted.bucket")
  lu.assertEquals(url("s3", { addressing_style = "path" }, "my-bucket"),
    "https://s3.us-west-2.amazonaws.com/my-bucket")
  lu.assertEquals(url("s3", {}, "Under_score"), "https://s3.us-west-2.amazonaws.com/Under_score")
  lu.assertEquals(url("s3", {}), "https://s3.us-west-2.amazonaws.com")
  lu.assertEquals(url("s3", {}, "192.168.0.1"), "https://s3.us-west-2.amazonaws.com/192.168.0.1")
end

function TestRules:test_custom_endpoints()
  lu.assertEquals(url("s3", { endpoint_url = "http://127.0.0.1:9000" }, "my-bucket"), "http://127.0.0.1:9000/my-bucket")
  lu.assertEquals(url("s3", { endpoint_url = "http://localhost:9000/" }, "my-bucket"),
    "http://localhost:9000/my-bucket")
  lu.assertEquals(url("s3", { endpoint_url = "http://minio:9000" }, "my-bucket"), "http://minio:9000/my-bucket")
  -- As by boto3: few stores have a name for each bucket.
  lu.assertEquals(url("s3", { endpoint_url = "https://store.example.com" }, "my-bucket"),
    "https://store.example.com/my-bucket")
  lu.assertEquals(url("s3", { endpoint_url = "https://store.example.com", addressing_style = "virtual" }, "my-bucket"),
    "https://my-bucket.store.example.com")
  lu.assertEquals(url("s3", { endpoint_url = "https://s3-accelerate.amazonaws.com" }, "my-bucket"),
    "https://my-bucket.s3-accelerate.amazonaws.com")
  lu.assertEquals(url("bedrock", { endpoint_url = "http://127.0.0.1:4000/api" }), "http://127.0.0.1:4000/api")
end

local function refused(pattern, service, options, bucket)
  local ok, err = pcall(resolve, service, options, bucket)
  lu.assertFalse(ok)
  lu.assertTrue(errors.is(err))
  lu.assertStrContains(tostring(err), pattern)
end

function TestRules:test_refusals()
  refused("no region name", "s3", { region = "us west 2" })
  refused("no region name", "s3", { region = "../evil" }, "b")
  refused("no region name", "bedrock", { region = "evil.example.com/" })
  refused("no usable URL", "s3", { endpoint_url = "ftp://example.com" })
  refused("no usable URL", "s3", { endpoint_url = "example.com" })
  refused("FIPS", "bedrock", { endpoint_url = "http://a.b", use_fips = true })
  refused("dual-stack", "bedrock", { endpoint_url = "http://a.b", use_dualstack = true })
  refused("SigV4a", "s3", {}, "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap")
  refused("no ARN of an access point", "s3", {}, "arn:aws:s3:::my-bucket")
end

-- The emulator knows every host that the rules give: the two read the same facts from both ends.
function TestRules:test_the_emulator_reads_them_back()
  local regions = { "us-west-2", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1" }
  local ways = { {}, { use_dualstack = true }, { use_fips = true }, { use_fips = true, use_dualstack = true } }
  local count = 0
  for _, region in ipairs(regions) do
    for _, way in ipairs(ways) do
      way.region = region
      for name, facts in pairs(services) do
        local bucket = name == "s3" and "logs" or nil
        if not (bucket and way.use_fips and region == "cn-north-1") then
          local host = resolve(name, way, bucket).host
          local found = address.of_host(host)
          lu.assertEquals({ found.service, found.region, found.bucket }, { facts.name, region, bucket }, host)
          count = count + 1
        end
      end
    end
  end
  lu.assertEquals(count, #regions * #ways * 6 - 2)
  local fast = address.of_host(resolve("s3", { use_accelerate = true }, "logs").host)
  lu.assertEquals({ fast.service, fast.bucket }, { "s3", "logs" })
end

os.exit(lu.LuaUnit.run())
