-- SPDX-License-Identifier: MIT
-- secret_reply_test.lua -- keys and tokens in replies: secrets from the socket on, fed back as
-- parameters and as credentials, shown nowhere.

local root = arg[0]:match("^(.*/)tests/") or "./"
package.path = root .. "tests/support/?.lua;" .. package.path

local errors = require "moonrock.error"
local http_server = require "moonrock.http_server"
local json = require "moonrock.json"
local lu = require "luaunit"
local model = require "moonrock.model"
local network = require "moonrock.aws.network"
local secret = require "moonrock.secret"
local sessions = require "moonrock.session"
local task = require "moonrock.task"

local HIDDEN = "hidden+/value&<"

local function served(reply)
  local server = assert(http_server.listen {})
  local w = { requests = {} }
  local worker = task.spawn(function()
    while true do
      local call = server:accept()
      local head, body = call:receive(), {}
      for piece in function() return call:receive() end do body[#body + 1] = piece end
      w.requests[#w.requests + 1] = { head = head, body = table.concat(body) }
      local status, text = reply(w.requests[#w.requests], #w.requests)
      call:send(("HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n"):format(status, #text))
      call:send(text)
      call:finish()
    end
  end)
  function w.client(name, options)
    local all = { region = "us-east-1", environment = function() end, max_attempts = 1,
      credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "k" },
      endpoint_url = "http://127.0.0.1:" .. server:port(), transport = network.new { proxy = "" } }
    for key, value in pairs(options or {}) do all[key] = value end
    return sessions.new(all):client(name)
  end
  function w.close()
    worker:cancel()
    server:close()
  end
  return w
end

local escaped = HIDDEN:gsub("[&<]", { ["&"] = "&amp;", ["<"] = "&lt;" })

local function assumed()
  return 200, ("<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>"
    .. "<SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken>"
    .. "<Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>")
    :format(escaped, escaped)
end

-- No text that a script can get at may have the words.
local function shown(value, seen)
  seen = seen or {}
  if type(value) == "table" and not seen[value] then
    seen[value] = true
    for key, item in pairs(value) do
      if shown(key, seen) or shown(item, seen) then return true end
    end
    return tostring(value):find("hidden", 1, true) ~= nil
  end
  return tostring(value):find("hidden", 1, true) ~= nil
end

TestReplies = {}

function TestReplies:tearDown()
  if self.world then self.world.close() end
end

function TestReplies:test_keys_of_a_role()
  self.world = served(assumed)
  local reply = self.world.client("sts"):assume_role { RoleArn = "arn:aws:iam::123456789012:role/r",
    RoleSessionName = "me" }
  local given = reply.Credentials
  lu.assertEquals(given.AccessKeyId, "ASIA1")
  lu.assertTrue(given.SecretAccessKey == secret.of(HIDDEN))
  lu.assertTrue(given.SessionToken == secret.of(HIDDEN))
  lu.assertFalse(shown(reply))
  lu.assertEquals(tostring(given.SecretAccessKey), "[secret]")
  lu.assertErrorMsgContains("Credentials.SecretAccessKey", json.encode, reply)
  lu.assertErrorMsgContains("secret", function() return "" .. given.SessionToken end)
end

function TestReplies:test_fed_back_as_credentials()
  self.world = served(function(_, n)
    if n == 1 then return assumed() end
    return 200, "<ListAllMyBucketsResult/>"
  end)
  local given = self.world.client("sts"):assume_role({ RoleArn = "arn:aws:iam::123456789012:role/r",
    RoleSessionName = "me" }).Credentials
  self.world.client("s3", { credentials = given }):list_buckets {}
  self.world.client("s3", { credentials = { access_key_id = given.AccessKeyId,
    secret_access_key = given.SecretAccessKey, session_token = given.SessionToken } }):list_buckets {}
  for i = 2, 3 do
    lu.assertStrContains(self.world.requests[i].head, "Credential=ASIA1/")
    lu.assertStrContains(self.world.requests[i].head, "x-amz-security-token: " .. HIDDEN)
  end
end

function TestReplies:test_tokens_of_a_login()
  self.world = served(function(request)
    if request.head:find "^POST /token" then
      return 200, json.encode { accessToken = HIDDEN, refreshToken = HIDDEN .. "\u{e9}\n", expiresIn = 1 }
    end
    return 200, json.encode { roleCredentials = { accessKeyId = "A", secretAccessKey = HIDDEN, sessionToken = HIDDEN,
      expiration = 1 } }
  end)
  local oidc = self.world.client "sso-oidc"
  local first = oidc:create_token { clientId = "c", clientSecret = "s", grantType = "refresh_token",
    refreshToken = "r" }
  lu.assertTrue(first.refreshToken == secret.of(HIDDEN .. "\u{e9}\n"))
  lu.assertEquals(first.expiresIn, 1)
  oidc:create_token { clientId = "c", clientSecret = "s", grantType = "refresh_token",
    refreshToken = first.refreshToken }
  lu.assertEquals(json.decode(self.world.requests[2].body).refreshToken, HIDDEN .. "\u{e9}\n")
  local keys = self.world.client("sso"):get_role_credentials { roleName = "r", accountId = "1",
    accessToken = first.accessToken }
  lu.assertStrContains(self.world.requests[3].head, "x-amz-sso_bearer_token: " .. HIDDEN)
  lu.assertTrue(keys.roleCredentials.secretAccessKey == secret.of(HIDDEN))
  lu.assertFalse(shown(first) or shown(keys))
end

function TestReplies:test_errors_and_rubbish_do_not_show_it()
  local bodies = {
    { 400, '{"error":"invalid_grant","error_description":"no","accessToken":"hidden"}', "BadRequest" },
    { 200, '{"accessToken":"hidden', "InvalidReply" },
    { 200, '{"accessToken":{"a":"hidden"}}', "InvalidReply" },
    { 200, '{"accessToken":["hidden"]}', "InvalidReply" },
    { 200, '["hidden"]', "InvalidReply" },
    { 200, "hidden", "InvalidReply" },
    { 500, "hidden", "InternalError" },
  }
  self.world = served(function(_, n) return table.unpack(bodies[n]) end)
  local oidc = self.world.client "sso-oidc"
  for i = 1, #bodies do
    local reply, err = errors.try(oidc.create_token, oidc, { clientId = "c", clientSecret = "hidden",
      grantType = "refresh_token" })
    lu.assertNil(reply, bodies[i][2])
    lu.assertEquals(err.code, bodies[i][3])
    lu.assertFalse(shown(err), bodies[i][2])
  end
end

TestRequests = {}

function TestRequests:test_what_holds_a_secret_is_one()
  local op = model.service("sso-oidc"):operation "create_token"
  local built = op:build { clientId = "c", clientSecret = secret.of "s", grantType = "g" }
  lu.assertTrue(built.body == secret.of '{"clientId":"c","clientSecret":"s","grantType":"g"}')
  lu.assertEquals(op:build({ clientId = "c", clientSecret = "s", grantType = "g" }).body,
    '{"clientId":"c","clientSecret":"s","grantType":"g"}')
  local get = model.service("sso"):operation "get_role_credentials"
  local request = get:build { roleName = "r", accountId = "1", accessToken = secret.of "t" }
  local found
  for _, header in ipairs(request.headers) do
    if header[1] == "x-amz-sso_bearer_token" then found = header[2] end
  end
  lu.assertTrue(found == secret.of "t")
end

function TestRequests:test_no_secret_stands_in_a_url()
  local sts = sessions.new({ region = "us-east-1", environment = function() end,
    credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "k" } }):client "sts"
  local err = select(2, errors.try(sts.presign, sts, "assume_role_with_web_identity",
    { RoleArn = "arn:aws:iam::123456789012:role/r", RoleSessionName = "me", WebIdentityToken = secret.of "hidden" },
    60))
  lu.assertStrContains(tostring(err), "stand in the URL")
  lu.assertFalse(shown(err))
end

function TestRequests:test_the_server_side_reads_plain_text()
  local op = model.service("sts"):operation "assume_role"
  local _, _, body = op:build_reply { Credentials = { AccessKeyId = "ASIAEXAMPLE12345", SecretAccessKey = "s",
    SessionToken = "t", Expiration = 0 } }
  lu.assertStrContains(body, "<SecretAccessKey>s</SecretAccessKey>")
  lu.assertTrue(op:parse(200, {}, body).Credentials.SecretAccessKey == secret.of "s")
  lu.assertTrue(op:parse(200, {}, secret.of(body)).Credentials.SessionToken == secret.of "t")
end

function TestRequests:test_which_replies_hold_secrets()
  local found = {}
  for _, name in ipairs(model.services()) do
    local service = model.service(name)
    for _, operation in ipairs(service:operations()) do
      if service:operation(operation).secret_reply then found[#found + 1] = name .. "." .. operation end
    end
  end
  lu.assertEquals(found, { "s3.CreateSession", "sso.GetRoleCredentials", "sso-oidc.CreateToken",
    "sso-oidc.CreateTokenWithIAM", "sso-oidc.RegisterClient", "sts.AssumeRole", "sts.AssumeRoleWithSAML",
    "sts.AssumeRoleWithWebIdentity", "sts.AssumeRoot", "sts.GetDelegatedAccessToken", "sts.GetFederationToken",
    "sts.GetScopedCredentials", "sts.GetSessionToken", "sts.GetWebIdentityToken" })
end

-- The keys of a directory bucket go from one reply into the next request, unread.
function TestReplies:test_a_session_of_a_directory_bucket()
  self.world = served(function(request)
    if request.head:find("^GET [^ ]*%?session") then
      return 200, ("<CreateSessionResult><Credentials><AccessKeyId>SESSION1</AccessKeyId><SecretAccessKey>%s"
        .. "</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>"
        .. "</Credentials></CreateSessionResult>"):format(escaped, escaped)
    end
    return 200, "data"
  end)
  local s3 = self.world.client("s3")
  lu.assertEquals(s3:get_object { Bucket = "data--usw2-az1--x-s3", Key = "k" }.Body:read("a"), "data")
  local head = self.world.requests[2].head
  lu.assertEquals(head:match("\r\n[Xx]%-[Aa]mz%-[Ss]3session%-[Tt]oken: ([^\r]*)\r\n"), HIDDEN)
  lu.assertStrContains(head, "Credential=SESSION1/")
end

os.exit(lu.LuaUnit.run())
