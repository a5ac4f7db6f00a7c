-- SPDX-License-Identifier: MIT
-- credentials_faults_test.lua -- sources that hang, lie, flood or refuse: each is told in time,
-- with its reason, and no secret is in the words.

local root = arg[0]:match("^(.*/)tests/") or "./"
package.path = root .. "tests/support/?.lua;" .. package.path

local chain = require "moonrock.aws.credentials.chain"
local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local ini = require "moonrock.ini"
local lu = require "luaunit"
local plan = require "moonrock.aws.credentials.plan"
local process = require "moonrock.aws.credentials.process"
local recorded = require "recorded"
local secret = require "moonrock.secret"
local session = require "moonrock.session"
local time = require "moonrock.time"

local function raised(code, f, ...)
  local _, err = errors.try(f, ...)
  lu.assertTrue(errors.is(err, code), "expected " .. code .. ", got " .. tostring(err))
  lu.assertNotStrContains(tostring(err), "hidden")
  return tostring(err)
end

TestProcess = {}

local function fails(words, command, limit)
  lu.assertStrContains(raised("CredentialProcessFailed", process.run, command, "profile p", nil, limit), words)
end

function TestProcess.test_faults()
  fails("did not end within 0.2 seconds and was killed", "exec sleep 60", 0.2)
  fails("printed no JSON", "echo rubbish hidden")
  fails("printed no JSON", "true")
  fails("printed no JSON", "echo '[' | head -c 1")
  fails("more than 64 KiB", "exec head -c 10000000 /dev/zero")
  fails("exit code 3: the reason", "echo hidden; echo first >&2; echo the reason >&2; exit 3")
  fails("exit code 127", "no-such-program-anywhere")
  fails("signal 15", "kill -TERM $$")
  fails("printed Version 2", [[echo '{"Version":2,"SecretAccessKey":"hidden"}']])
  fails("printed Version nil", [[echo '{"AccessKeyId":"A","SecretAccessKey":"hidden"}']])
  raised("InvalidCredentials", process.run, [[echo '{"Version":1,"AccessKeyId":"A"}']], "profile p")
  raised("InvalidCredentials", process.run, [[echo '{"Version":1,"SecretAccessKey":"hidden"}']], "profile p")
  raised("InvalidCredentials", process.run,
    [[echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"hidden","Expiration":"soon"}']], "profile p")
end

function TestProcess.test_good()
  local found = process.run([[echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"hidden"}']], "profile p", "1")
  lu.assertEquals(found.access_key_id, "A")
  lu.assertTrue(found.secret_access_key == secret.of "hidden")
  lu.assertEquals(found.account_id, "1")
end

TestServices = {}

-- What the chain says when a server answers so.
local function ask(env, answers)
  local server = recorded.start(answers)
  local looked = {}
  local ok, found = pcall(function()
    local config = session.new { environment = function(name) return env[name] end, transport = server.transport,
      max_attempts = 1, region = "us-east-1" }:client("s3").meta.config
    return chain.find(config, looked)
  end)
  server.close()
  lu.assertTrue(ok or errors.is(found), tostring(found))
  lu.assertNotStrContains(tostring(found) .. table.concat(looked, ";"), "hidden")
  return ok and found or nil, ok and table.concat(looked, "; ") or tostring(found), server
end

local IMDS = { AWS_METADATA_SERVICE_TIMEOUT = "0.2", AWS_METADATA_SERVICE_NUM_ATTEMPTS = "1" }

function TestServices.test_metadata()
  local function says(answers)
    local found, words = ask(IMDS, answers)
    lu.assertNil(found)
    return words
  end
  local token, role = { body = "hidden" }, { body = "role" }
  lu.assertStrContains(says { { status = 403, body = "" } }, "refused a token (403)")
  lu.assertStrContains(says { { status = 404, body = "" } }, "answered 404 when asked for a token")
  lu.assertStrContains(says { token, { status = 404, body = "" } }, "the instance has no role")
  lu.assertStrContains(says { token, { status = 401, body = "" } }, "told no role: status 401")
  lu.assertStrContains(says { token, { body = "../../x y" } }, "gave no name of a role")
  lu.assertStrContains(says { token, role, { body = "hidden" } }, "answered no JSON")
  lu.assertStrContains(says { token, role, { body = '{"Code":"Failed","SecretAccessKey":"hidden"}' } }, "says Failed")
  lu.assertStrContains(says { token, role, { body = ("x"):rep(2 << 20) } }, "gave no credentials of role role")
  lu.assertStrContains(says { token, role, { body = '{"Code":"Success","AccessKeyId":"A"}' } }, "is missing")
  lu.assertStrContains(says { { body = "a\r\nb: c" } }, "token")
end

function TestServices.test_silence_is_bounded()
  local begun = time.monotonic()
  local found, words = ask(IMDS, { { body = "late", delay = 5 } })
  lu.assertNil(found)
  lu.assertStrContains(words, "did not answer")
  lu.assertTrue(time.monotonic() - begun < 4)
end

function TestServices.test_version_1_is_never_tried()
  local _, _, server = ask(IMDS, function(_, method)
    return method == "PUT" and { status = 404, body = "" } or { body = "role" }
  end)
  lu.assertEquals(#server.seen, 1)
end

function TestServices.test_settings()
  local function says(name, value)
    local found, words = ask({ [name] = value }, {})
    lu.assertNil(found)
    lu.assertStrContains(words, name)
  end
  says("AWS_EC2_METADATA_SERVICE_ENDPOINT", "nonsense")
  says("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv5")
  says("AWS_METADATA_SERVICE_TIMEOUT", "never")
  says("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "0")
  says("AWS_EC2_METADATA_DISABLED", "true")
end

function TestServices.test_container()
  local token = os.tmpname()
  local env = { AWS_CONTAINER_CREDENTIALS_FULL_URI = "http://127.0.0.1/c",
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = token }
  local function says(answer)
    local found, words, server = ask(env, { answer })
    lu.assertNil(found)
    return words, server
  end
  fs.write(token, "")
  lu.assertStrContains(says { body = "" }, "is empty")
  fs.write(token, "hidden one\n")
  local words, server = says { status = 400, body = '{"message":"no such task"}' }
  lu.assertStrContains(words, "answered 400: no such task")
  lu.assertStrContains(server.seen[1].head, "hidden one\r\n")
  lu.assertStrContains(says { body = "[hidden]" }, "answered no JSON")
  lu.assertStrContains(says { body = '{"AccessKeyId":"A\\nB","SecretAccessKey":"hidden"}' }, "access_key_id must be")
  fs.write(token, "hidden\nline")
  lu.assertStrContains(says { body = "{}" }, "cannot stand in a header")
  os.remove(token)
  lu.assertStrContains(says { body = "{}" }, "cannot be read")
end

function TestServices.test_web_identity()
  local file = os.tmpname()
  local env = { AWS_WEB_IDENTITY_TOKEN_FILE = file }
  local _, words = ask(env, {})
  lu.assertStrContains(words, "AWS_ROLE_ARN is not")
  lu.assertStrContains(words, "looked at before: environment variables AWS_ACCESS_KEY_ID")
  env.AWS_ROLE_ARN = "arn:aws:iam::123456789012:role/r"
  _, words = ask(env, {})
  lu.assertStrContains(words, "is empty")
  fs.write(file, "hidden")
  _, words = ask(env, { { status = 400, body = "<ErrorResponse><Error><Code>InvalidIdentityToken</Code>"
    .. "<Message>not for us</Message></Error></ErrorResponse>" } })
  lu.assertStrContains(words, "InvalidIdentityToken")
  lu.assertStrContains(words, "not for us")
  _, words = ask(env, { { body = "<AssumeRoleWithWebIdentityResponse/>" } })
  lu.assertStrContains(words, "without Credentials")
  os.remove(file)
end

TestPlan = {}

local function bad(words, profiles, sessions)
  lu.assertStrContains(raised("InvalidProfile", plan.of_profile, { profiles = profiles, sso_sessions = sessions or {} },
    "a"), words)
end

function TestPlan.test_contradictions()
  bad("expected Environment, Ec2InstanceMetadata or EcsContainer",
    { a = { role_arn = "r", credential_source = "Ec2" } })
  bad("expected 900 to 43200",
    { a = { role_arn = "r", credential_source = "Environment", duration_seconds = "60" } })
  bad("there is no section [sso-session x]", { a = { sso_session = "x" } })
  bad("has no sso_region", { a = { sso_session = "x" } }, { x = { sso_start_url = "u" } })
  bad("but no sso_role_name", { a = { sso_start_url = "u", sso_region = "r", sso_account_id = "1" } })
  bad("infinite loop", { a = { role_arn = "r", source_profile = "b" }, b = { role_arn = "r", source_profile = "a" } })
  bad("did not contain credential information", { a = { role_arn = "r", source_profile = "b" }, b = {} })
  lu.assertNil(plan.of_profile({ profiles = { a = { region = "x" } } }, "a"))
  lu.assertNil(plan.of_profile({ profiles = {} }, "a"))
end

-- Config files good and bad, of another tool's tests: each is read, or refused by its line.
function TestPlan.test_foreign_files()
  local folder = root .. "../shared/data/credentials/botocore-cfg"
  local read, refused = 0, 0
  for _, name in ipairs(fs.list(folder) or {}) do
    for _, kind in ipairs { "config", "credentials" } do
      local file, err = ini.read(folder .. "/" .. name, kind)
      lu.assertTrue(file ~= nil or errors.is(err, "ConfigSyntax"), name)
      read, refused = read + (file and 1 or 0), refused + (file and 0 or 1)
      for profile in pairs(file and file.profiles or {}) do
        local ok, fault = pcall(plan.of_profile, file, profile)
        lu.assertTrue(ok or errors.is(fault), name .. ": " .. tostring(fault))
      end
    end
  end
  io.stderr:write(("\nconfig files of others: %d read, %d refused\n"):format(read, refused))
end

os.exit(lu.LuaUnit.run())
