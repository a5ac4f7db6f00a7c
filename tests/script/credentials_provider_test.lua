-- SPDX-License-Identifier: MIT
-- credentials_provider_test.lua -- credentials over time: renewal in the middle of a run, one at
-- a time, changed files, logins that ended, refused tokens.  All under the virtual clock.

local root = arg[0]:match("^(.*/)tests/") or "./"
package.path = root .. "tests/support/?.lua;" .. package.path

local time = require "moonrock.time"
time.make_virtual { epoch = 1767323045, seed = 1 }

local errors = require "moonrock.error"
local fake = require "fake_transport"
local fs = require "moonrock.fs"
local lu = require "luaunit"
local moonrock = require "moonrock"
local native = require "moonrock.credentials"
local secret = require "moonrock.secret"
local session = require "moonrock.session"
local task = require "moonrock.task"

local folder

local function write(name, text) assert(fs.write(folder .. "/" .. name, text)) end

local function fresh()
  if folder then
    os.execute(("rm -rf '%s'"):format(folder))
  else
    folder = os.tmpname()
    os.remove(folder)
  end
  assert(fs.mkdir(folder .. "/.aws/sso/cache"))
end

-- A service that says which key signed; STS, SSO and the metadata service beside it.
local function world(options)
  local w = { keys = {}, asked = 0 }
  local function answer(request)
    if request.path:find "/latest/api/token" then
      return { body = "imds" }
    elseif request.path:find "security%-credentials/$" then
      return { body = "role" }
    elseif request.path:find "security%-credentials/role" then
      w.asked = w.asked + 1
      task.sleep(1)
      if w.down then return { status = 500, body = "" } end
      return { body = ('{"Code":"Success","AccessKeyId":"ASIA%d","SecretAccessKey":"s","Token":"t","Expiration":"%s"}')
        :format(w.asked, time.iso8601(time.now() + 3600)) }
    elseif request.path:find "/federation/credentials" then
      w.asked = w.asked + 1
      if w.refuse then return fake.fault("UnauthorizedException", 401) end
      return { body = ('{"roleCredentials":{"accessKeyId":"ASIASSO%d","secretAccessKey":"s","sessionToken":"t",'
        .. '"expiration":%d}}'):format(w.asked, (time.now() + 3600) * 1000 // 1) }
    elseif request.path == "/token" then
      w.renewed, w.renewals = request.body, (w.renewals or 0) + 1
      task.sleep(1)
      if w.no_token then return w.no_token() end
      return { body = '{"accessToken":"fresh","refreshToken":"next","expiresIn":28800}' }
    elseif request.host:find "^sts" then
      w.asked = w.asked + 1
      w.sts = request
      local inner = ("<Credentials><AccessKeyId>ASIASTS%d</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
        .. "<SessionToken>t</SessionToken><Expiration>%s</Expiration></Credentials>"):format(w.asked,
        time.iso8601(time.now() + 3600))
      return { body = "<AssumeRoleResponse><AssumeRoleResult>" .. inner .. "</AssumeRoleResult></AssumeRoleResponse>" }
    end
    local key = (request.header.authorization or ""):match "Credential=(%w+)"
    w.keys[#w.keys + 1] = key
    if request.query:find "^uploads" then
      return { body = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>" }
    elseif request.query:find "partNumber" then
      task.sleep(1300)
      return { headers = { etag = '"e"' } }
    elseif request.method == "POST" then
      return { body = "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>" }
    end
    if w.ended and w.ended[key] then
      return { status = 400, body = "<Error><Code>ExpiredToken</Code><Message>ended</Message></Error>" }
    end
    return { body = "<ListAllMyBucketsResult/>" }
  end
  w.env = { HOME = folder, AWS_EC2_METADATA_DISABLED = "true" }
  local all = { region = "us-east-1", transport = fake.new(answer),
    environment = function(name) return w.env[name] end }
  for name, value in pairs(options or {}) do all[name] = value end
  function w.session() return session.new(all) end
  function w.client() return w.session():client "s3" end
  return w
end

local function raised(code, f, ...)
  local _, err = errors.try(f, ...)
  lu.assertTrue(errors.is(err, code), "expected " .. code .. ", got " .. tostring(err))
  return err
end

TestTime = {}

function TestTime:setUp() fresh() end

function TestTime.test_renewed_in_the_middle_of_a_run()
  local w = world()
  w.env.AWS_EC2_METADATA_DISABLED = nil
  local s3 = w.client()
  for _ = 1, 13 do
    s3:list_buckets {}
    task.sleep(600)
  end
  lu.assertEquals(w.asked, 3) -- from 5 minutes before each end on
  lu.assertEquals({ w.keys[1], w.keys[6], w.keys[7], w.keys[13] }, { "ASIA1", "ASIA1", "ASIA2", "ASIA3" })
end

function TestTime.test_renewed_between_two_parts()
  local w = world()
  w.env.AWS_EC2_METADATA_DISABLED = nil
  write("data", ("x"):rep(5 << 20):rep(5))
  w.client():upload_file(folder .. "/data", "bucket-1", "key", { part_size = 5 << 20, concurrency = 1 })
  lu.assertEquals(w.keys, { "ASIA1", "ASIA1", "ASIA1", "ASIA1", "ASIA2", "ASIA2", "ASIA2" })
end

function TestTime.test_one_look_up_for_all_tasks()
  local w = world()
  w.env.AWS_EC2_METADATA_DISABLED = nil
  local s3 = w.client()
  local list = {}
  for i = 1, 20 do list[i] = i end
  moonrock.map(list, function() s3:list_buckets {} end, { concurrency = 20 })
  lu.assertEquals(w.asked, 1)
  lu.assertEquals(#w.keys, 20)
  task.sleep(3400) -- less than 5 minutes before the end: one renews, the others go on
  moonrock.map(list, function() s3:list_buckets {} end, { concurrency = 20 })
  lu.assertEquals(w.asked, 2)
end

function TestTime.test_a_cancelled_look_up_is_taken_over()
  local w = world()
  w.env.AWS_EC2_METADATA_DISABLED = nil
  local s3 = w.client()
  local first = task.spawn(function() s3:list_buckets {} end)
  local second = task.spawn(function() s3:list_buckets {} end)
  task.sleep(0.5)
  first:cancel()
  second:wait()
  lu.assertEquals(#w.keys, 1)
end

function TestTime.test_old_ones_serve_while_the_source_is_down()
  local w = world()
  w.env.AWS_EC2_METADATA_DISABLED = nil
  local s3 = w.client()
  s3:list_buckets {}
  w.down = true
  task.sleep(3400)
  s3:list_buckets {}
  lu.assertEquals(w.keys, { "ASIA1", "ASIA1" })
  task.sleep(300)
  raised("InstanceMetadataFailed", function() s3:list_buckets {} end)
end

TestFiles = {}

function TestFiles:setUp() fresh() end

local function keys(id, more)
  write(".aws/credentials", ("[default]\naws_access_key_id = %s\naws_secret_access_key = s\n%s"):format(id, more or ""))
end

function TestFiles.test_changed_files_are_read_again()
  local w = world()
  keys "AKIDONE"
  local s3 = w.client()
  s3:list_buckets {}
  keys("AKIDTWOO", "# longer\n")
  task.sleep(10)
  s3:list_buckets {}
  write(".aws/credentials", "broken") -- half written: the old ones stay
  task.sleep(10)
  s3:list_buckets {}
  lu.assertEquals(w.keys, { "AKIDONE", "AKIDTWOO", "AKIDTWOO" })
end

function TestFiles.test_an_ended_token_is_replaced_from_the_files()
  local w = world()
  keys "AKIDONE"
  local s3 = w.client()
  s3:list_buckets {}
  w.ended = { AKIDONE = true }
  keys "AKIDTWO" -- of the same length, at the same second: only the refusal tells
  s3:list_buckets {}
  lu.assertEquals(w.keys, { "AKIDONE", "AKIDONE", "AKIDTWO" })
  w.ended.AKIDTWO = true
  raised("ExpiredToken", function() s3:list_buckets {} end)
end

function TestFiles.test_an_ended_token_is_waited_for()
  local said = {}
  local w = world { wait_for_login = true, on_login = function(text) said[#said + 1] = text end }
  keys "AKIDONE"
  w.ended = { AKIDONE = true }
  local s3 = w.client()
  local login = task.spawn(function()
    task.sleep(3600)
    keys("AKIDNEW", "# again\n")
  end)
  s3:list_buckets {}
  login:wait()
  lu.assertEquals(w.keys, { "AKIDONE", "AKIDNEW" })
  lu.assertEquals(#said, 1)
  lu.assertStrContains(said[1], "have ended")
end

function TestFiles.test_roles_and_prompts()
  write(".aws/config", "[default]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = base\n"
    .. "mfa_serial = arn:aws:iam::123456789012:mfa/me\nexternal_id = ext\nrole_session_name = me\n"
    .. "duration_seconds = 900\n[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = s\n")
  local asked, times = nil, 0
  local w = world()
  raised("MfaRequired", function() w.client():list_buckets {} end)
  w = world { mfa_prompt = function(serial) asked, times = serial, times + 1 return "123456" end }
  local s = w.session()
  local s3, other = s:client "s3", s:client "s3"
  s3:list_buckets {}
  other:list_buckets {}
  lu.assertEquals(times, 1)
  s3:list_buckets {}
  lu.assertEquals(w.keys, { "ASIASTS1", "ASIASTS1", "ASIASTS1" })
  lu.assertStrContains(asked, "mfa/me")
  for _, part in ipairs { "Action=AssumeRole", "TokenCode=123456", "ExternalId=ext", "RoleSessionName=me",
    "DurationSeconds=900" } do
    lu.assertStrContains(w.sts.body, part)
  end
  lu.assertStrContains(w.sts.header.authorization, "Credential=AKIDBASE/")
end

local WITH_CODE = "[default]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = base\n"
  .. "mfa_serial = serial-of-mine\n[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = s\n"

-- A code is good for one request, and nobody types two.
function TestFiles.test_clients_that_start_together_ask_for_one_code()
  write(".aws/config", WITH_CODE)
  local times = 0
  local w = world { mfa_prompt = function()
    times = times + 1
    task.sleep(1)
    return times == 1 and "12345" or "123456"
  end }
  local s = w.session()
  local clients = { s:client "s3", s:client "s3", s:client "s3" }
  raised("MfaRequired", moonrock.map, clients, function(s3) s3:list_buckets {} end)
  lu.assertEquals(times, 1)
  moonrock.map(clients, function(s3) s3:list_buckets {} end)
  lu.assertEquals({ times, w.asked, #w.keys }, { 2, 1, 3 })
end

function TestFiles.test_a_change_during_a_look_up_is_seen_after_it()
  write(".aws/config", WITH_CODE)
  local w = world { mfa_prompt = function()
    task.sleep(20)
    return "123456"
  end }
  local s3 = w.client()
  local first = task.spawn(function() s3:list_buckets {} end)
  task.sleep(10)
  os.remove(folder .. "/.aws/config")
  keys "AKIDNEW"
  s3:list_buckets {}
  first:wait()
  task.sleep(30)
  s3:list_buckets {}
  lu.assertEquals(w.keys[3], "AKIDNEW")
end

TestLogin = {}

function TestLogin:setUp() fresh() end

local CACHE = ".aws/sso/cache/34c6fceca75e456f25e7e99531e2425c6c1de443.json" -- of session "dev"

local function sso_profile()
  write(".aws/config", "[default]\nsso_session = dev\nsso_account_id = 123456789012\nsso_role_name = R\n"
    .. "[sso-session dev]\nsso_region = us-east-1\nsso_start_url = https://d-abc.awsapps.com/start\n")
end

local function token(seconds, more)
  write(CACHE, ('{"accessToken":"old","expiresAt":"%s"%s}'):format(time.iso8601(time.now() + seconds), more or ""))
end

function TestLogin.test_never_made()
  sso_profile()
  local w = world()
  local err = raised("LoginRequired", function() w.client():list_buckets {} end)
  lu.assertStrContains(tostring(err), "aws sso login")
  lu.assertStrContains(err.message, "was never made")
end

function TestLogin.test_ended_waits_and_goes_on()
  sso_profile()
  token(-60)
  raised("LoginRequired", function() world().client():list_buckets {} end)
  raised("LoginRequired", function() world({ wait_for_login = 60 }).client():list_buckets {} end)
  local said = {}
  local w = world { wait_for_login = true, on_login = function(text) said[#said + 1] = text end }
  local login = task.spawn(function()
    task.sleep(7200)
    token(28800)
  end)
  w.client():list_buckets {}
  login:wait()
  lu.assertEquals(w.keys, { "ASIASSO1" })
  lu.assertEquals(#said, 1)
  lu.assertStrContains(said[1], "type: aws sso login")
end

function TestLogin.test_refused_token_is_a_login()
  sso_profile()
  token(28800)
  local w = world()
  w.refuse = true
  lu.assertStrContains(raised("LoginRequired", function() w.client():list_buckets {} end).message, "no longer accepted")
end

function TestLogin.test_refresh_is_kept_for_other_tools()
  sso_profile()
  token(60, ',"refreshToken":"r","clientId":"c","clientSecret":"cs","registrationExpiresAt":"2030-01-01T00:00:00Z",'
    .. '"startUrl":"https://d-abc.awsapps.com/start","region":"us-east-1"')
  local w = world()
  w.client():list_buckets {}
  lu.assertEquals(w.keys, { "ASIASSO1" })
  lu.assertTrue(w.renewed == secret.of
    '{"clientId":"c","clientSecret":"cs","grantType":"refresh_token","refreshToken":"r"}')
  local kept = native.load(folder .. "/" .. CACHE)
  lu.assertTrue(kept.accessToken == secret.of "fresh")
  lu.assertTrue(kept.refreshToken == secret.of "next")
  lu.assertTrue(kept.clientSecret == secret.of "cs")
  lu.assertEquals(kept.expiresAt, time.iso8601(time.parse(kept.expiresAt)))
  lu.assertEquals(kept.startUrl, "https://d-abc.awsapps.com/start")
end

local REFRESH = ',"refreshToken":"r","clientId":"c","clientSecret":"cs","registrationExpiresAt":"2030-01-01T00:00:00Z"'

-- A refresh token is good for one renewal.
function TestLogin.test_clients_that_start_together_renew_once()
  sso_profile()
  token(-60, REFRESH)
  local w = world()
  local s = w.session()
  moonrock.map({ s:client "s3", s:client "s3" }, function(s3) s3:list_buckets {} end)
  lu.assertEquals({ w.renewals, #w.keys }, { 1, 2 })
end

function TestLogin.test_renewed_by_another_program()
  sso_profile()
  token(-60, REFRESH)
  local w = world()
  function w.no_token()
    token(28800)
    return fake.fault("InvalidGrantException", 400)
  end
  w.client():list_buckets {}
  lu.assertEquals(w.keys, { "ASIASSO1" })
end

function TestLogin.test_a_login_is_wanted_only_where_one_helps()
  sso_profile()
  token(-60, REFRESH)
  local w = world()
  function w.no_token() return fake.fault("InternalServerException", 500) end
  raised("InternalServerException", function() w.client():list_buckets {} end)
  function w.no_token() return fake.fault("InvalidGrantException", 400) end
  raised("LoginRequired", function() w.client():list_buckets {} end)
end

-- The hook may be what logs in.
function TestLogin.test_who_is_told_may_log_in_at_once()
  sso_profile()
  token(-60)
  local w = world { wait_for_login = 60, on_login = function() token(28800, ',"again":true') end }
  w.client():list_buckets {}
  lu.assertEquals(w.keys, { "ASIASSO1" })
end

local code = lu.LuaUnit.run()
os.execute(("rm -rf '%s'"):format(folder))
os.exit(code)
