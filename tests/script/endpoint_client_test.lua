-- SPDX-License-Identifier: MIT
-- Endpoints on the way of a call: what bucket, settings and operation do to host, path and
-- signature of a request, over a transport without a wire.

require("moonrock.time").make_virtual { epoch = 1767323045, seed = 1 }

local lu = require "luaunit"
local fake = require "fake_transport"
local fs = require "moonrock.fs"
local program = require "program"
local task = require "moonrock.task"
local time = require "moonrock.time"
local tasks = require "moonrock.tasks"

local client, raised = fake.client, fake.raised

local function scope(request)
  return request.header.authorization:match("Credential=[^/]+/%d+/([^,]+)/aws4_request")
end

-- Host, path and scope of the request that one call makes.
local function sent(options, operation, params, service)
  local c, transport = client(service or "s3", { { body = "" } }, options)
  c:call(operation, params)
  local request = transport.requests[1]
  return request.host, request.path, scope(request)
end

local west = { region = "us-west-2" }

TestBuckets = {}

function TestBuckets:test_access_points()
  local arn = "arn:aws:s3:us-west-2:123456789012:accesspoint/reports"
  lu.assertEquals({ sent({ region = "eu-west-1" }, "get_object", { Bucket = arn, Key = "a b" }) },
    { "reports-123456789012.s3-accesspoint.us-west-2.amazonaws.com", "/a%20b", "us-west-2/s3" })
  lu.assertEquals({ sent(west, "get_object",
    { Bucket = "arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/thumbs", Key = "k" }) },
    { "thumbs-123456789012.s3-object-lambda.us-west-2.amazonaws.com", "/k", "us-west-2/s3-object-lambda" })
  lu.assertEquals({ sent(west, "get_object",
    { Bucket = "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01ab/accesspoint/reports", Key = "k" }) },
    { "reports-123456789012.op-01ab.s3-outposts.us-west-2.amazonaws.com", "/k", "us-west-2/s3-outposts" })
  local s3, transport = client("s3", {}, west)
  raised("takes a bucket's name", s3.create_bucket, s3, { Bucket = arn })
  local text = "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap"
  local err = raised("SigV4a", s3.get_object, s3, { Bucket = text, Key = "k" })
  lu.assertEquals({ err.code, err.retryable }, { "NotSupported", false })
  s3 = client("s3", {}, { region = "us-west-2", use_arn_region = false })
  raised("use_arn_region is false", s3.get_object, s3,
    { Bucket = "arn:aws:s3:us-east-1:123456789012:accesspoint/reports", Key = "k" })
  lu.assertEquals(#transport.requests, 0)
end

function TestBuckets:test_answer_of_an_object_lambda()
  local host, path, signed = sent(west, "write_get_object_response",
    { RequestRoute = "io-use1-001", RequestToken = "token", Body = "data" })
  lu.assertEquals({ host, path, signed }, { "io-use1-001.s3-object-lambda.us-west-2.amazonaws.com",
    "/WriteGetObjectResponse", "us-west-2/s3-object-lambda" })
  host = sent({ region = "us-west-2", disable_host_prefix = true }, "write_get_object_response",
    { RequestRoute = "io-use1-001", RequestToken = "token" })
  lu.assertEquals(host, "s3-object-lambda.us-west-2.amazonaws.com")
  local s3 = client("s3", {}, west)
  raised("RequestRoute", s3.write_get_object_response, s3, { RequestRoute = "evil.example.com/", RequestToken = "t" })
end

function TestBuckets:test_accelerate_is_for_objects()
  local on = { region = "us-west-2", use_accelerate = true }
  lu.assertEquals(sent(on, "get_object", { Bucket = "logs", Key = "k" }), "logs.s3-accelerate.amazonaws.com")
  lu.assertEquals(sent(on, "delete_bucket", { Bucket = "logs" }), "logs.s3.us-west-2.amazonaws.com")
  lu.assertEquals(sent(on, "list_buckets", {}), "s3.us-west-2.amazonaws.com")
end

-- Presigned: every style of address.
function TestBuckets:test_presigned_urls()
  local styles = {
    ["https://logs.s3.us-west-2.amazonaws.com/a/b?"] = {},
    ["https://s3.us-west-2.amazonaws.com/logs/a/b?"] = { addressing_style = "path" },
    ["https://logs.s3.dualstack.us-west-2.amazonaws.com/a/b?"] = { use_dualstack = true },
    ["https://logs.s3-fips.us-west-2.amazonaws.com/a/b?"] = { use_fips = true },
    ["https://logs.s3-accelerate.amazonaws.com/a/b?"] = { use_accelerate = true },
    ["http://127.0.0.1:9000/logs/a/b?"] = { endpoint_url = "http://127.0.0.1:9000" },
    ["http://[::1]:9000/logs/a/b?"] = { endpoint_url = "http://[::1]:9000/" },
    ["https://logs.gate.example.com/s3/a/b?"] = { endpoint_url = "https://gate.example.com/s3",
      addressing_style = "virtual" },
    ["https://gate.example.com/s3/logs/a/b?"] = { endpoint_url = "https://gate.example.com/s3/" },
  }
  for start, options in pairs(styles) do
    options.region = "us-west-2"
    local url = client("s3", {}, options):generate_presigned_url("get_object", { Bucket = "logs", Key = "a/b" }, 60)
    lu.assertEquals(url:sub(1, #start), start)
    lu.assertStrContains(url, "X-Amz-Signature=")
  end
  local url = client("s3", {}, west):generate_presigned_url("get_object",
    { Bucket = "arn:aws:s3:us-west-2:123456789012:accesspoint/reports", Key = "k" }, 60)
  lu.assertStrContains(url, "https://reports-123456789012.s3-accesspoint.us-west-2.amazonaws.com/k?")
end

-- Where a bucket lies is learnt from a refusal, followed once, and kept for the whole session.
function TestBuckets:test_each_hint_of_a_region()
  local function fault(status, code, region)
    return { status = status, headers = { ["x-amz-bucket-region"] = status ~= 400 and region or nil },
      body = string.format("<Error><Code>%s</Code><Message>m</Message>%s</Error>", code,
        status == 400 and "<Region>" .. region .. "</Region>" or "") }
  end
  local hints = {
    fault(301, "PermanentRedirect", "eu-west-1"), fault(307, "TemporaryRedirect", "eu-west-1"),
    fault(302, "Found", "eu-west-1"), fault(400, "AuthorizationHeaderMalformed", "eu-west-1"),
    fault(400, "IllegalLocationConstraintException", "eu-west-1"),
  }
  for _, hint in ipairs(hints) do
    local s, transport = fake.session({ hint, { body = "one" }, { body = "two" } }, west)
    lu.assertEquals(s:client("s3"):get_object { Bucket = "logs", Key = "k" }.Body:read("a"), "one")
    local request = transport.requests[2]
    lu.assertEquals({ request.host, scope(request) }, { "logs.s3.eu-west-1.amazonaws.com", "eu-west-1/s3" })
    s:client("s3"):get_object { Bucket = "logs", Key = "k" }
    lu.assertEquals(transport.requests[3].host, "logs.s3.eu-west-1.amazonaws.com")
    local url = s:client("s3"):generate_presigned_url("get_object", { Bucket = "logs", Key = "k" }, 60)
    lu.assertStrContains(url, "https://logs.s3.eu-west-1.amazonaws.com/k?")
    lu.assertEquals(#transport.requests, 3)
  end
  -- A store of one's own stays where it is; only the signature changes.
  local s3, transport = client("s3", { hints[4], { body = "one" } },
    { region = "us-west-2", endpoint_url = "http://127.0.0.1:9000" })
  s3:get_object { Bucket = "logs", Key = "k" }
  lu.assertEquals({ transport.requests[2].host, scope(transport.requests[2]) }, { "127.0.0.1", "eu-west-1/s3" })
end

-- A directory bucket is not asked where it lies: the answer would need keys that it gives itself.
function TestBuckets:test_a_directory_bucket_is_not_looked_for()
  local s3, transport = client("s3", function()
    return { status = 301, body = "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>" }
  end, west)
  local err = raised("PermanentRedirect", s3.get_object, s3, { Bucket = "data--usw2-az1--x-s3", Key = "k" })
  lu.assertEquals({ err.operation, #transport.requests }, { "create_session", 1 })
end

-- Regions come that the model does not list.
function TestBuckets:test_a_bucket_in_a_region_that_is_new()
  local s3, transport = client("s3", { {} }, { region = "xx-new-7" })
  s3:create_bucket { Bucket = "logs", CreateBucketConfiguration = { LocationConstraint = "xx-new-7" } }
  lu.assertStrContains(transport.requests[1].body, "<LocationConstraint>xx-new-7</LocationConstraint>")
end

-- What a plain call does not need is not there.
function TestBuckets:test_rare_rules_are_not_loaded()
  local ran = program.script [[
    local s3 = require("moonrock").client("s3",
      { region = "us-west-2", credentials = { access_key_id = "A", secret_access_key = "b" } })
    local before, names = package.loaded["moonrock.aws.endpoint"], {}
    s3:generate_presigned_url("get_object", { Bucket = "logs", Key = "k" }, 60)
    for name in pairs(package.loaded) do
      names[#names + 1] = name:match("%.endpoint%.(.*)")
    end
    table.sort(names)
    print(before, table.concat(names, " "))]]
  lu.assertEquals(ran.out, "nil\tfunctions partitions rules s3\n")
end

-- Directory buckets --------------------------------------------------------------------------------

TestSessions = {}

local directory = "data--usw2-az1--x-s3"

-- Answers CreateSession with numbered keys that live five minutes, all else with "data".
local function zone(options)
  local sessions = 0
  return client("s3", function(request)
    if request.query:find("^session") then
      sessions = sessions + 1
      local ends = time.iso8601(time.now() + 300)
      return { body = string.format("<CreateSessionResult><Credentials><AccessKeyId>SESSION%d</AccessKeyId>"
        .. "<SecretAccessKey>s</SecretAccessKey><SessionToken>token%d</SessionToken><Expiration>%s</Expiration>"
        .. "</Credentials></CreateSessionResult>", sessions, sessions, ends) }
    end
    return { body = "data" }
  end, options or west)
end

local function key_of(request)
  return request.header.authorization:match("Credential=([^/]+)/")
end

function TestSessions:test_objects_are_signed_with_session_keys()
  local s3, transport = zone()
  s3:get_object { Bucket = directory, Key = "k" }
  s3:get_object { Bucket = directory, Key = "k" }
  lu.assertEquals(#transport.requests, 3)
  local made, first, second = table.unpack(transport.requests)
  lu.assertEquals({ made.host, made.path, made.query, scope(made), key_of(made) },
    { directory .. ".s3express-usw2-az1.us-west-2.amazonaws.com", "/", "session", "us-west-2/s3express",
      "AKIDEXAMPLE" })
  lu.assertEquals({ first.host, first.path, scope(first), key_of(first) },
    { made.host, "/k", "us-west-2/s3express", "SESSION1" })
  lu.assertEquals(tostring(first.header["x-amz-s3session-token"]), "[secret]")
  lu.assertStrContains(first.header.authorization, "x-amz-s3session-token")
  lu.assertNil(first.header["x-amz-security-token"])
  lu.assertEquals(key_of(second), "SESSION1")
  task.sleep(250)
  s3:get_object { Bucket = directory, Key = "k" }
  lu.assertEquals(key_of(transport.requests[5]), "SESSION2")
end

function TestSessions:test_many_tasks_make_one_session()
  local s3, transport = zone()
  tasks.map({ 1, 2, 3, 4, 5 }, function(n)
    s3:get_object { Bucket = directory, Key = tostring(n) }
  end, { concurrency = 5 })
  lu.assertEquals(#transport.requests, 6)
end

function TestSessions:test_where_there_are_none()
  local s3, transport = zone { region = "us-west-2", disable_express_session_auth = true }
  s3:get_object { Bucket = directory, Key = "k" }
  lu.assertEquals({ #transport.requests, key_of(transport.requests[1]) }, { 1, "AKIDEXAMPLE" })
  s3, transport = zone()
  s3:get_bucket_policy { Bucket = directory }
  lu.assertEquals({ transport.requests[1].host, transport.requests[1].path, scope(transport.requests[1]) },
    { "s3express-control.us-west-2.amazonaws.com", "/" .. directory, "us-west-2/s3express" })
  raised("not presigned", s3.generate_presigned_url, s3, "get_object", { Bucket = directory, Key = "k" }, 60)
  lu.assertEquals(#transport.requests, 1)
end

function TestSessions:test_a_session_that_was_ended_is_made_anew()
  local ended = false
  local s3, transport = zone()
  local answers = transport.answers
  transport.answers = function(request, number)
    if not ended and key_of(request) == "SESSION1" then
      ended = true
      return { status = 400, body = "<Error><Code>ExpiredToken</Code><Message>m</Message></Error>" }
    end
    return answers(request, number)
  end
  lu.assertEquals(s3:get_object { Bucket = directory, Key = "k" }.Body:read("a"), "data")
  lu.assertEquals(key_of(transport.requests[4]), "SESSION2")
end

-- Settings ----------------------------------------------------------------------------------------

TestSettings = {}

-- A client of an environment and a config file.
local function of_files(service, variables, text, options)
  local path = os.tmpname()
  assert(fs.write(path, text or ""))
  local all = { AWS_CONFIG_FILE = path, AWS_SHARED_CREDENTIALS_FILE = path .. ".none", AWS_REGION = "us-west-2" }
  for name, value in pairs(variables or {}) do
    all[name] = value
  end
  local s, transport = fake.session(function()
    return { body = "{}" }
  end, { environment = function(name) return all[name] end })
  s.options.region = nil
  local ok, made = pcall(s.client, s, service, options)
  fs.remove(path)
  return ok and made or error(made, 0), transport
end

-- Where a client that is made so goes: the host (and port) of one call.
local function goes(service, variables, text, params)
  local made, transport = of_files(service, variables, text)
  local calls = { s3 = "get_object", bedrock = "list_custom_models", sts = "get_caller_identity",
    ["bedrock-runtime"] = "list_async_invokes" }
  pcall(made.call, made, calls[service], params or (service == "s3" and { Bucket = "logs", Key = "k" } or {}))
  local request = transport.requests[1]
  return request and request.host .. (request.port and ":" .. request.port or "")
end

local arn = { Bucket = "arn:aws:s3:us-east-1:123456789012:accesspoint/reports", Key = "k" }
local several = { Bucket = "arn:aws:s3::123456789012:accesspoint:mf.mrap", Key = "k" }
local of_service = "services = own\n[services own]\ns3 =\n  endpoint_url = http://127.0.0.1:6"
local rows = {
  { "s3", { AWS_REGION = "eu-west-1" }, nil, "logs.s3.eu-west-1.amazonaws.com" },
  { "s3", { AWS_REGION = "", AWS_DEFAULT_REGION = "eu-west-2" }, nil, "logs.s3.eu-west-2.amazonaws.com" },
  { "s3", { AWS_REGION = "" }, "region = eu-west-3", "logs.s3.eu-west-3.amazonaws.com" },
  { "s3", { AWS_ENDPOINT_URL = "http://127.0.0.1:1" }, nil, "127.0.0.1:1" },
  { "s3", { AWS_ENDPOINT_URL = "http://127.0.0.1:1", AWS_ENDPOINT_URL_S3 = "http://127.0.0.1:2" }, nil, "127.0.0.1:2" },
  { "bedrock-runtime", { AWS_ENDPOINT_URL_BEDROCK_RUNTIME = "http://127.0.0.1:3" }, nil, "127.0.0.1:3" },
  { "bedrock", { AWS_ENDPOINT_URL_BEDROCK_RUNTIME = "http://127.0.0.1:3" }, nil, "bedrock.us-west-2.amazonaws.com" },
  { "sts", { AWS_ENDPOINT_URL_STS = "http://127.0.0.1:4" }, nil, "127.0.0.1:4" },
  { "s3", nil, "endpoint_url = http://127.0.0.1:5", "127.0.0.1:5" },
  { "s3", nil, "endpoint_url = http://127.0.0.1:5\n" .. of_service, "127.0.0.1:6" },
  { "sts", nil, "endpoint_url = http://127.0.0.1:5\n" .. of_service, "127.0.0.1:5" },
  { "s3", { AWS_ENDPOINT_URL = "http://127.0.0.1:1" }, of_service, "127.0.0.1:1" },
  { "s3", { AWS_ENDPOINT_URL = "http://127.0.0.1:1", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "true" },
    "endpoint_url = http://127.0.0.1:5", "logs.s3.us-west-2.amazonaws.com" },
  { "s3", nil, "endpoint_url = http://127.0.0.1:5\nignore_configured_endpoint_urls = true",
    "logs.s3.us-west-2.amazonaws.com" },
  { "s3", { AWS_USE_FIPS_ENDPOINT = "true" }, nil, "logs.s3-fips.us-west-2.amazonaws.com" },
  { "bedrock", nil, "use_fips_endpoint = true", "bedrock-fips.us-west-2.amazonaws.com" },
  { "s3", { AWS_USE_DUALSTACK_ENDPOINT = "true" }, nil, "logs.s3.dualstack.us-west-2.amazonaws.com" },
  { "bedrock", nil, "use_dualstack_endpoint = true", "bedrock.us-west-2.api.aws" },
  { "s3", { AWS_USE_FIPS_ENDPOINT = "false" }, "use_fips_endpoint = true", "logs.s3.us-west-2.amazonaws.com" },
  { "s3", nil, "s3 =\n  addressing_style = path", "s3.us-west-2.amazonaws.com" },
  { "s3", nil, "s3 =\n  addressing_style = virtual\nendpoint_url = http://localhost:9000", "logs.localhost:9000" },
  { "s3", nil, "s3 =\n  use_accelerate_endpoint = true", "logs.s3-accelerate.amazonaws.com" },
  { "s3", { AWS_REGION = "us-east-1" }, nil, "logs.s3.amazonaws.com" },
  { "s3", { AWS_REGION = "us-east-1", AWS_S3_US_EAST_1_REGIONAL_ENDPOINT = "regional" }, nil,
    "logs.s3.us-east-1.amazonaws.com" },
  { "s3", { AWS_REGION = "us-east-1" }, "s3_us_east_1_regional_endpoint = regional",
    "logs.s3.us-east-1.amazonaws.com" },
  { "s3", { AWS_REGION = "us-east-1" }, "s3 =\n  us_east_1_regional_endpoint = regional",
    "logs.s3.us-east-1.amazonaws.com" },
  { "s3", nil, nil, "reports-123456789012.s3-accesspoint.us-east-1.amazonaws.com", arn },
  { "s3", { AWS_S3_USE_ARN_REGION = "true" }, nil, "reports-123456789012.s3-accesspoint.us-east-1.amazonaws.com", arn },
  { "s3", { AWS_S3_USE_ARN_REGION = "false" }, nil, nil, arn },
  { "s3", nil, "s3_use_arn_region = false", nil, arn },
  { "s3", nil, "s3 =\n  use_arn_region = false", nil, arn },
  { "sts", { AWS_STS_REGIONAL_ENDPOINTS = "legacy" }, nil, "sts.amazonaws.com" },
  { "sts", nil, "sts_regional_endpoints = legacy", "sts.amazonaws.com" },
  { "sts", nil, nil, "sts.us-west-2.amazonaws.com" },
  { "s3", { AWS_S3_DISABLE_EXPRESS_SESSION_AUTH = "true" }, nil,
    "data--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com", { Bucket = directory, Key = "k" } },
}

function TestSettings:test_each_variable_and_line()
  for number, row in ipairs(rows) do
    local service, variables, text, host, params = table.unpack(row, 1, 5)
    lu.assertEquals(goes(service, variables, "[default]\n" .. (text or ""), params), host, "row " .. number)
  end
end

function TestSettings:test_switches_that_change_no_host()
  local function message(variables, text)
    local made = of_files("s3", variables, text)
    return raised(several.Bucket, made.get_object, made, several).message
  end
  lu.assertStrContains(message { AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS = "true" }, "switched off")
  lu.assertStrContains(message({}, "[default]\ns3_disable_multiregion_access_points = true"), "switched off")
  local made, transport = of_files("s3", {}, "[default]\ns3_disable_express_session_auth = true")
  made:get_object { Bucket = directory, Key = "k" }
  lu.assertEquals(transport.requests[1].query, "")
  made, transport = of_files("s3", { AWS_DISABLE_HOST_PREFIX_INJECTION = "true" })
  made:write_get_object_response { RequestRoute = "io", RequestToken = "t" }
  lu.assertEquals(transport.requests[1].host, "s3-object-lambda.us-west-2.amazonaws.com")
  made, transport = of_files("bedrock", { AWS_SDK_UA_APP_ID = "my app" })
  made:list_custom_models {}
  lu.assertStrContains(transport.requests[1].header["user-agent"], " app/my-app")
end

function TestSettings:test_a_region_that_is_missing_or_none()
  local made = of_files("s3", { AWS_REGION = "" }, "[default]\noutput = json")
  local text = tostring(raised("no region is set for s3", made.list_buckets, made, {}))
  for _, place in ipairs { "option region", "AWS_REGION", "AWS_DEFAULT_REGION", "profile default in /tmp/" } do
    lu.assertStrContains(text, place)
  end
  for _, region in ipairs { "us-west-2.evil.example.com/", "us west", "us-west-2@x", "-x", "x-", "a..b", "us-west-2#",
    "us-west-2\r\nhost: x", ("a"):rep(64) } do
    made = client("s3", {}, { region = region })
    raised("is no region", made.list_buckets, made, {})
    made = client("bedrock", {}, { region = region })
    raised("is no region", made.list_custom_models, made, {})
  end
  lu.assertEquals(sent({ region = "xx-new-7" }, "list_buckets", {}), "s3.xx-new-7.amazonaws.com")
end

function TestSettings:test_endpoints_that_are_none()
  for _, url in ipairs { "ftp://x", "store.example.com", "http://", "http://a b", "http://a/?x=1", "https://a#b" } do
    local made = client("s3", {}, { endpoint_url = url })
    raised("no usable URL", made.list_buckets, made, {})
  end
  local made = client("s3", {}, { endpoint_url = "https://me:hidden@a.example.com", use_fips = true })
  lu.assertNotStrContains(tostring(raised("FIPS", made.list_buckets, made, {})), "hidden")
  made = of_files("s3", { AWS_ENDPOINT_URL_S3 = "http://127.0.0.1:1", AWS_USE_DUALSTACK_ENDPOINT = "true" })
  raised("AWS_ENDPOINT_URL_S3", made.list_buckets, made, {})
  raised("section services owm", of_files, "s3", {}, "[default]\nservices = owm\n[services own]\ns3 =\n"
    .. "  endpoint_url = http://127.0.0.1:1\n")
end

os.exit(lu.LuaUnit.run())
