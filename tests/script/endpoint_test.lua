-- SPDX-License-Identifier: MIT
-- Where requests go: the shared cases of s3, bedrock and bedrock-runtime, and our own of
-- each rule.  Access point ARNs are outside (they are refused with a reason).

local lu = require "luaunit"
local json = require "moonrock.json"
local endpoint = require "moonrock.aws.endpoint"
local errors = require "moonrock.error"

local services = {
  s3 = { name = "s3", endpoint_prefix = "s3", signing_name = "s3" },
  bedrock = { name = "bedrock", endpoint_prefix = "bedrock", signing_name = "bedrock" },
  ["bedrock-runtime"] = { name = "bedrock-runtime", endpoint_prefix = "bedrock-runtime", signing_name = "bedrock" },
}

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
  lu.assertEquals(url("s3", { endpoint_url = "https://store.example.com" }, "my-bucket"),
    "https://my-bucket.store.example.com")
  lu.assertEquals(url("s3", { endpoint_url = "https://store.example.com", addressing_style = "path" }, "my-bucket"),
    "https://store.example.com/my-bucket")
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
  refused("ARN", "s3", {}, "arn:aws:s3:us-west-2:123456789012:accesspoint/x")
end

-- The shared cases -----------------------------------------------------------------------------

local function run_case(service, case)
  local params = case.params or {}
  local config = {
    region = params.Region, endpoint_url = params.Endpoint, use_fips = params.UseFIPS,
    use_dualstack = params.UseDualStack, use_accelerate = params.Accelerate,
    addressing_style = params.ForcePathStyle and "path" or "auto",
    us_east_1_endpoint = params.UseGlobalEndpoint and "legacy" or "regional",
  }
  local ok, target = pcall(endpoint.resolve, config, services[service], params.Bucket)
  if case.expect.error then
    return not ok and errors.is(target), "an error was expected"
  elseif not ok then
    return false, tostring(target)
  end
  local schemes = (case.expect.endpoint.properties or {}).authSchemes
  if schemes and schemes[1].signingRegion and schemes[1].signingRegion ~= target.region then
    return false, "signing region " .. target.region
  end
  local found = endpoint.url(target)
  return found == case.expect.endpoint.url, found
end

TestShared = {}

for service in pairs(services) do
  TestShared["test_" .. service:gsub("%-", "_")] = function()
    local file = io.open("../shared/data/endpoints/" .. service .. ".json", "rb")
    if not file then
      lu.skip("the shared data are not here")
    end
    local cases = assert(json.decode(file:read("a"))).testCases
    file:close()
    local run, outside, faults = 0, 0, {}
    for _, case in ipairs(cases) do
      if case.class ~= "core" or not case.params then
        outside = outside + 1
      else
        run = run + 1
        local ok, why = run_case(service, case)
        if not ok then
          faults[#faults + 1] = string.format("%s: %s", tostring(case.documentation), why)
        end
      end
    end
    print(string.format("endpoint cases of %s: %d passed of %d, %d outside", service, run - #faults, run, outside))
    lu.assertEquals(table.concat(faults, "\n"), "")
  end
end

os.exit(lu.LuaUnit.run())
