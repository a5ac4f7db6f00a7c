-- SPDX-License-Identifier: MIT
-- STS by its own protocol: the client, the wire, and the emulator that stands in for the service.

local lu = require "luaunit"
local emulated = require "emulated"
local errors = require "moonrock.error"
local fake = require "fake_transport"
local loopback = require "moonrock.aws.loopback"
local model = require "moonrock.model"
local sessions = require "moonrock.session"
local sigv4 = require "moonrock.sigv4"
local task = require "moonrock.task"
local time = require "moonrock.time"

local role = "arn:aws:iam::210987654321:role/team/tuner"
local sts = model.service "sts"

local emulator

local function session(credentials)
  return sessions.new { region = "us-west-2", transport = loopback.new(emulator.isolate), max_attempts = 1,
    credentials = credentials or { access_key_id = emulated.key_id, secret_access_key = emulated.secret } }
end

local function keys_of(result)
  local given = result.Credentials
  return { access_key_id = given.AccessKeyId, secret_access_key = given.SecretAccessKey,
    session_token = given.SessionToken }
end

local function code_of(f, ...)
  local _, err = errors.try(f, ...)
  return err and err.code, err and err.status
end

TestSts = {
  setUp = function() emulator = emulated.new() end,
  tearDown = function() emulator:close() end,
}

function TestSts.test_who_am_i()
  local me = session():client("sts"):get_caller_identity {}
  lu.assertEquals({ me.Account, me.Arn }, { emulated.account, "arn:aws:iam::123456789012:user/rehearsal" })
  lu.assertEquals(#me.ResponseMetadata.RequestId, 36)
end

function TestSts.test_a_role_and_its_end()
  local result = session():client("sts"):assume_role { RoleArn = role, RoleSessionName = "me", DurationSeconds = 900,
    Tags = { { Key = "project", Value = "a b_c=d+e/ä" } } }
  lu.assertEquals(result.AssumedRoleUser.Arn, "arn:aws:sts::210987654321:assumed-role/tuner/me")
  lu.assertAlmostEquals(result.Credentials.Expiration, time.now() + 900, 2)
  local temporary = session(keys_of(result))
  local client = temporary:client "sts"
  lu.assertEquals(client:get_caller_identity({}).Arn, result.AssumedRoleUser.Arn)
  lu.assertEquals(client:get_caller_identity({}).Account, "210987654321")
  local s3, bedrock = temporary:client "s3", temporary:client "bedrock"
  s3:create_bucket { Bucket = "of-the-role" }
  lu.assertEquals(#s3:list_buckets({}).Buckets, 1)
  lu.assertNotNil(bedrock:list_foundation_models({}).modelSummaries)
  lu.assertEquals({ code_of(client.assume_role, client, { RoleArn = role, RoleSessionName = "me",
    DurationSeconds = 7200 }) }, { "ValidationError", 400 })
  lu.assertEquals((code_of(client.get_session_token, client, {})), "AccessDenied")
  task.sleep(901)
  lu.assertEquals({ code_of(client.get_caller_identity, client, {}) }, { "ExpiredToken", 403 })
  lu.assertEquals({ code_of(s3.list_buckets, s3, {}) }, { "ExpiredToken", 400 })
  lu.assertEquals({ code_of(bedrock.list_foundation_models, bedrock, {}) }, { "ExpiredTokenException", 403 })
end

function TestSts.test_refused()
  local client = session():client "sts"
  local user = role:gsub("role", "user")
  lu.assertEquals((code_of(client.assume_role, client, { RoleArn = user, RoleSessionName = "me" })), "ValidationError")
  local wrong = session { access_key_id = emulated.key_id, secret_access_key = "another" }:client "sts"
  lu.assertEquals({ code_of(wrong.get_caller_identity, wrong, {}) }, { "SignatureDoesNotMatch", 403 })
  local nobody = session { access_key_id = "AKIDNOBODY", secret_access_key = "x" }:client "sts"
  lu.assertEquals({ code_of(nobody.get_caller_identity, nobody, {}) }, { "InvalidClientTokenId", 403 })
  local forged = session { access_key_id = emulated.key_id, secret_access_key = emulated.secret,
    session_token = "made up" }:client "sts"
  lu.assertEquals({ code_of(forged.get_caller_identity, forged, {}) }, { "InvalidClientTokenId", 403 })
end

function TestSts.test_web_identity_needs_no_credentials()
  local client = session(function() error "no credentials may be asked for" end):client "sts"
  local result = client:assume_role_with_web_identity { RoleArn = role, RoleSessionName = "web",
    WebIdentityToken = "aaa.bbb.ccc" }
  lu.assertStrContains(session(keys_of(result)):client("sts"):get_caller_identity({}).Arn, "assumed-role/tuner/web")
  lu.assertEquals((code_of(client.assume_role_with_web_identity, client, { RoleArn = role, RoleSessionName = "web",
    WebIdentityToken = "no token" })), "InvalidIdentityToken")
end

function TestSts.test_a_presigned_identity()
  local url = session():client("sts"):presign("get_caller_identity", {}, 60)
  local host, query = url:match "^https://([^/]+)/%?(.*)$"
  local head = ("GET /?%s HTTP/1.1\r\nhost: %s\r\n\r\n"):format(query, host)
  local status, headers, body = emulator:bytes(head)
  lu.assertEquals({ status, headers["content-type"] }, { 200, "text/xml" })
  lu.assertStrContains(body, "<Account>123456789012</Account>")
  task.sleep(61)
  lu.assertEquals((emulator:bytes(head)), 403)
end

-- Raw requests, signed by hand.
local function raw(body, options)
  local request = { method = "POST", scheme = "https", host = "sts.us-west-2.amazonaws.com", path = "/", query = "",
    headers = { { "host", "sts.us-west-2.amazonaws.com" }, { "content-length", tostring(#body) },
      { "content-type", "application/x-www-form-urlencoded" } }, body = body }
  if not (options and options.unsigned) then
    sigv4.sign(request, { credentials = { access_key_id = emulated.key_id, secret_access_key = emulated.secret },
      region = "us-west-2", service = "sts", time = time.now() // 1 | 0 })
  end
  local head = { "POST / HTTP/1.1\r\n" }
  for _, header in ipairs(request.headers) do head[#head + 1] = header[1] .. ": " .. header[2] .. "\r\n" end
  local status, _, text = emulator:bytes(table.concat(head) .. "\r\n", body)
  return status, text:match "<Code>(.-)</Code>", text
end

function TestSts.test_the_wire()
  local status, code, text = raw "Action=GetCallerIdentity&Version=2011-06-15"
  lu.assertEquals({ status, code }, { 200, nil })
  lu.assertStrMatches(text, '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011%-06%-15/">'
    .. "<GetCallerIdentityResult>.*</GetCallerIdentityResult>"
    .. "<ResponseMetadata><RequestId>[%x-]+</RequestId></ResponseMetadata></GetCallerIdentityResponse>")
  status, code, text = raw "Action=Nothing&Version=2011-06-15"
  lu.assertEquals({ status, code }, { 400, "InvalidAction" })
  lu.assertStrMatches(text, "<ErrorResponse xmlns=.*<Error><Type>Sender</Type><Code>InvalidAction</Code>.*</Error>"
    .. "<RequestId>[%x-]+</RequestId></ErrorResponse>")
  lu.assertEquals(select(2, raw "Version=2011-06-15"), "MissingAction")
  lu.assertEquals(select(2, raw "Action=AssumeRole"), "ValidationError")
  lu.assertEquals(select(2, raw "Action=AssumeRole&RoleArn=%zz"), "MalformedQueryString")
  lu.assertEquals(select(2, raw("Action=GetCallerIdentity", { unsigned = true })), "MissingAuthenticationToken")
  lu.assertEquals(select(2, raw("Action=AssumeRole&Tags.member.1=x")), "ValidationError")
  lu.assertEquals(select(2, raw("Action=GetCallerIdentity&" .. ("a=b&"):rep(2000))), nil) -- nobody asks for them
  status, code, text = raw("Action=GetCallerIdentity&" .. ("a=b&"):rep(2048))
  lu.assertEquals({ status, code }, { 400, "ValidationError" })
  lu.assertStrContains(text, "too many parameters")
end

function TestSts.test_forms()
  local op = sts:operation "assume_role"
  local params = { RoleArn = role, RoleSessionName = "a=b", Tags = { { Key = "k k", Value = "@+=ü" }, { Key = "l",
    Value = "" } }, TransitiveTagKeys = {}, PolicyArns = { { arn = "arn:aws:iam::aws:policy/x" } } }
  local built = op:build(params)
  lu.assertEquals(built.body, "Action=AssumeRole&Version=2011-06-15"
    .. "&RoleArn=arn%3Aaws%3Aiam%3A%3A210987654321%3Arole%2Fteam%2Ftuner&RoleSessionName=a%3Db"
    .. "&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2Fx"
    .. "&Tags.member.1.Key=k%20k&Tags.member.1.Value=%40%2B%3D%C3%BC"
    .. "&Tags.member.2.Key=l&Tags.member.2.Value=&TransitiveTagKeys=")
  lu.assertEquals({ #built.headers, built.headers[1] }, { 1, { "content-type", "application/x-www-form-urlencoded" } })
  lu.assertEquals(sts:route("POST", "/", "", {}, built.body), op)
  lu.assertNil((sts:route("POST", "/", "", {}, "Action=assume_role")))
  local read = op:parse_request("/", "", {}, (built.body:gsub("%%20", "+")))
  lu.assertEquals(read.Tags, { { Key = "k k", Value = "@+=ü" }, { Key = "l", Value = "" } })
  lu.assertEquals(read.RoleSessionName, "a=b")
  lu.assertEquals(#read.TransitiveTagKeys, 0)
end

function TestSts.test_replies_of_the_service()
  local client = fake.client("sts", {
    { status = 200, headers = { ["x-amzn-RequestId"] = "r" }, body = [[
<GetAccessKeyInfoResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetAccessKeyInfoResult><Account>1</Account><Later>x</Later></GetAccessKeyInfoResult>
  <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>
</GetAccessKeyInfoResponse>]] },
    { status = 403, headers = {}, body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
      .. "<Message>no &amp; no</Message></Error><RequestId>q</RequestId></ErrorResponse>" },
    { status = 400, headers = {}, body = "<ErrorResponse><Error>" }, { status = 200, headers = {}, body = "<a" },
  }, { max_attempts = 1 })
  local id = ("A"):rep(20)
  lu.assertEquals(client:get_access_key_info({ AccessKeyId = id }).Account, "1")
  local _, err = errors.try(client.get_access_key_info, client, { AccessKeyId = id })
  lu.assertEquals({ err.code, err.message, err.request_id, err.status }, { "AccessDenied", "no & no", "q", 403 })
  lu.assertEquals((code_of(client.get_access_key_info, client, { AccessKeyId = id })), "BadRequest")
  lu.assertEquals((code_of(client.get_access_key_info, client, { AccessKeyId = id })), "InvalidReply")
end

TestSso = {}

function TestSso.test_unsigned_operations()
  local function client(service, answers)
    return fake.client(service, answers, { credentials = function() error "no credentials may be asked for" end })
  end
  local sso, wire = client("sso", { { status = 200, headers = {}, body = '{"roleCredentials":{"accessKeyId":"A",'
    .. '"secretAccessKey":"s","sessionToken":"t","expiration":1767229200000}}' } })
  local result = sso:get_role_credentials { roleName = "r", accountId = "1", accessToken = "token" }
  lu.assertEquals(result.roleCredentials.expiration, 1767229200000)
  local request = wire.requests[1]
  lu.assertEquals({ request.host, request.path, request.query, request.header.authorization,
    request.header["x-amz-sso_bearer_token"] }, { "portal.sso.us-east-1.amazonaws.com", "/federation/credentials",
    "role_name=r&account_id=1", nil, "token" })
  local oidc, other = client("sso-oidc", { { status = 400, headers = {},
    body = '{"error":"authorization_pending","error_description":"wait"}' } })
  local code = code_of(oidc.create_token, oidc, { clientId = "c", clientSecret = "s", grantType = "g" })
  lu.assertEquals(other.requests[1].host, "oidc.us-east-1.amazonaws.com")
  lu.assertNotNil(code)
end

os.exit(lu.LuaUnit.run())
