-- SPDX-License-Identifier: MIT
-- credentials_chain_test.lua -- the public cases of the chain, played by a loopback server.
-- All are played, none is excluded; the counts are printed.  Only that a case fails is compared,
-- not the words of another SDK; of requests the method, host, path, query and Action.

local root = arg[0]:match("^(.*/)tests/") or "./"
package.path = root .. "tests/support/?.lua;" .. package.path

local chain = require "moonrock.aws.credentials.chain"
local container = require "moonrock.aws.credentials.container"
local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local instance = require "moonrock.aws.credentials.instance"
local json = require "moonrock.json"
local lu = require "luaunit"
local plan = require "moonrock.aws.credentials.plan"
local profile = require "moonrock.aws.profile"
local recorded = require "recorded"
local secret = require "moonrock.secret"
local session = require "moonrock.session"
local sso = require "moonrock.aws.credentials.sso"

local shared = root .. "../shared/data/credentials/"

local function cases(name)
  local text = fs.read(shared .. name)
  return text and json.decode(text).tests or {}
end

local function count(name, n, of)
  io.stderr:write(("\n%s: %d of %d cases"):format(name, n, of))
end

TestPlan = {}

-- The steps in the words of the public cases.
local function in_their_words(step)
  if step.kind == "keys" then
    return { AccessKey = { access_key_id = step.access_key_id, secret_access_key = step.secret_access_key } }
  elseif step.kind == "role" then
    return { AssumeRole = { role_arn = step.role_arn, external_id = step.external_id,
      role_session_name = step.role_session_name } }
  elseif step.kind == "source" then
    return { NamedSource = step.source }
  elseif step.kind == "web_identity" then
    return { WebIdentityToken = { role_arn = step.role_arn, web_identity_token_file = step.token_file } }
  elseif step.kind == "sso" then
    return { Sso = { sso_session = step.session, sso_region = step.region, sso_start_url = step.start_url } }
  end
end

function TestPlan.test_public_cases()
  local list, done = cases "assume-role-tests.json", 0
  for _, case in ipairs(list) do
    local input = case.input
    local files = { profiles = input.profiles, sso_sessions = input.sso_sessions or {} }
    local ok, steps = pcall(plan.of_profile, files, input.selected_profile)
    if case.output.Error and steps ~= nil then
      lu.assertFalse(ok, case.docs)
      lu.assertTrue(errors.is(steps), tostring(steps))
      lu.assertStrContains(tostring(steps.message), case.output.Error, false, case.docs)
    elseif case.output.Error then -- settings alone are no error of ours: the chain goes on to its next source
      lu.assertStrContains(case.output.Error, "did not contain credential information")
    else
      lu.assertTrue(ok, tostring(steps))
      local words = {}
      for i, step in ipairs(steps) do words[i] = in_their_words(step) end
      lu.assertEquals(words, case.output.ProfileChain, case.docs)
    end
    done = done + 1
  end
  count("assume-role-tests", done, #list)
end

TestEndpoints = {}

function TestEndpoints.test_container_cases()
  local list, done = cases "ecs-tests.json", 0
  for _, case in ipairs(list) do
    local ok, url = pcall(container.url, function(name) return case.env[name] end)
    if case.result.Ok then
      lu.assertEquals(url, case.result.Ok, case.docs)
    elseif next(case.env) == nil then
      lu.assertNil(url) -- nothing is set: the next source is asked
    else
      lu.assertFalse(ok, case.docs)
      lu.assertStrContains(tostring(url), case.result.ErrorContains)
    end
    done = done + 1
  end
  count("ecs-tests", done, #list)
end

function TestEndpoints.test_container_rules()
  local function url(full, relative)
    return select(2, pcall(container.url, function(name)
      return name:find "FULL" and full or name:find "RELATIVE" and relative or nil
    end))
  end
  for _, good in ipairs { "http://127.0.0.1/x", "http://127.9.9.9:80/x", "http://localhost/x", "http://[::1]:8/x",
    "http://169.254.170.2/x", "http://169.254.170.23/x", "http://[fd00:ec2::23]/v1", "https://any.example/x" } do
    lu.assertEquals(url(good), good)
  end
  for _, bad in ipairs { "http://example.com/x", "http://169.254.169.254/x", "http://127.0.0.1.example.com/",
    "http://[::2]/", "http://169.254.170.22/", "ftp://localhost/", "nonsense" } do
    lu.assertTrue(errors.is(url(bad), "ContainerCredentialsFailed"), bad)
  end
  lu.assertTrue(errors.is(url(nil, "credentials"), "ContainerCredentialsFailed"))
end

function TestEndpoints.test_imds_cases()
  local list, done = cases "imds-endpoint-tests.json", 0
  for _, case in ipairs(list) do
    local folder = os.tmpname()
    os.remove(folder)
    fs.mkdir(folder)
    for name, text in pairs(case.fs) do fs.write(folder .. "/" .. name, text) end
    local function getenv(name)
      local value = case.env[name]
      return value and name:find "_FILE$" and folder .. "/" .. value or value
    end
    local config = { getenv = getenv, properties = profile.find(profile.load(getenv)) }
    local url = instance.endpoint(config, { endpoint = case.endpoint_override, mode = case.mode_override })
    if case.docs:find "environment variable overrides" then lu.assertStrContains(url, "169.254.169.200") end
    lu.assertEquals(url .. "/latest/api/token", case.result.Ok, case.docs)
    for name in pairs(case.fs) do fs.remove(folder .. "/" .. name) end
    fs.remove(folder)
    done = done + 1
  end
  count("imds-endpoint-tests", done, #list)
end

TestChain = {}

-- Copies a tree below another; absolute paths in the files lead there, too.
local function copy_tree(from, to)
  fs.mkdir(to)
  for _, name in ipairs(fs.list(from) or {}) do
    local facts = fs.stat(from .. "/" .. name)
    if facts.type == "directory" then
      copy_tree(from .. "/" .. name, to .. "/" .. name)
    else
      fs.write(to .. "/" .. name, (fs.read(from .. "/" .. name)))
    end
  end
end

local function remove_tree(path)
  for _, name in ipairs(fs.list(path) or {}) do
    if fs.stat(path .. "/" .. name).type == "directory" then
      remove_tree(path .. "/" .. name)
    else
      fs.remove(path .. "/" .. name)
    end
  end
  fs.remove(path)
end

local function localize(path, prefix)
  local text = fs.read(path)
  if text then fs.write(path, (text:gsub("= /token", "= " .. prefix .. "/token"))) end
end

local function check(case, found)
  local want = case.result.Ok
  if want.token then
    lu.assertTrue(found.token == secret.of(want.token))
    return
  end
  lu.assertEquals(found.access_key_id, want.access_key_id)
  lu.assertTrue(found.secret_access_key == secret.of(want.secret_access_key), "secret key")
  lu.assertEquals(found.session_token ~= nil, want.session_token ~= nil)
  lu.assertTrue(not want.session_token or found.session_token == secret.of(want.session_token), "token")
  lu.assertTrue(secret.is(found.secret_access_key))
  lu.assertEquals(found.account_id, want.account_id)
  lu.assertEquals(found.expiration and math.floor(found.expiration), want.expiry)
end

local function run_case(group, name)
  local folder = shared .. "chain/" .. group .. "/" .. name .. "/"
  local case = json.decode(fs.read(folder .. "test-case.json"))
  local env = json.decode(fs.read(folder .. "env.json"))
  local traffic = json.decode(fs.read(folder .. "http-traffic.json") or '{"events":[]}')
  local prefix = os.tmpname()
  os.remove(prefix)
  copy_tree(folder .. "fs", prefix)
  for _, place in ipairs { "/home/.aws/config", "/home/.aws/credentials" } do localize(prefix .. place, prefix) end
  local server = recorded.start(recorded.exchanges(traffic))
  local function getenv(variable)
    local value = env[variable]
    return value and value:find "^/[ht]o" and not variable:find "URI" and prefix .. value or value
  end
  local looked = {}
  local ok, found = pcall(function()
    local config = session.new { environment = getenv, transport = server.transport, max_attempts = 1 }
      :client("s3").meta.config
    if group == "default-token-provider-chain" then
      return sso.token(config, plan.of_profile(config.files, "default")[1])
    end
    local ask = group == "profile-provider" and chain.from_profile or chain.find
    return ask(config, looked)
  end)
  server.close()
  remove_tree(prefix)
  if case.result.Ok then
    lu.assertTrue(ok and found ~= nil, tostring(found) .. table.concat(looked, "; "))
    check(case, found)
  else
    lu.assertTrue(not ok or found == nil, "it must fail")
    lu.assertTrue(ok or errors.is(found), tostring(found))
    lu.assertTrue(not ok or #looked > 0)
  end
  lu.assertEquals(server.wrong, {})
  return tostring(found)
end

function TestChain.test_public_cases()
  local done, all = 0, 0
  for _, group in ipairs(fs.list(shared .. "chain") or {}) do
    for _, name in ipairs(fs.list(shared .. "chain/" .. group)) do
      all = all + 1
      local ok, err = pcall(run_case, group, name)
      if not ok then error(group .. "/" .. name .. ": " .. tostring(err.msg or err), 0) end
      for _, word in ipairs { "secretkey", "SECRETTEST", "testsecret", "secretbase", "TESTTOKEN" } do
        lu.assertNotStrContains(err, word)
      end
      done = done + 1
    end
  end
  count("chain", done, all)
end

os.exit(lu.LuaUnit.run())
