-- SPDX-License-Identifier: MIT
-- profile_test.lua -- the shared config and credentials files: places, text, settings, secrets.
-- The public cases stand beside the project; without them our own have to do.

local root = arg[0]:match("^(.*/)tests/") or "./"
package.path = root .. "tests/support/?.lua;" .. package.path

local fs = require "moonrock.fs"
local errors = require "moonrock.error"
local fake = require "fake_transport"
local json = require "moonrock.json"
local lu = require "luaunit"
local program = require "program"
local profile = require "moonrock.aws.profile"
local secret = require "moonrock.secret"
local session = require "moonrock.session"

local folder

local function write(name, text)
  assert(fs.write(folder .. "/" .. name, text))
end

-- An environment of files in the folder, and of the variables given.
local function environment(variables)
  local all = { AWS_CONFIG_FILE = folder .. "/config", AWS_SHARED_CREDENTIALS_FILE = folder .. "/credentials",
    AWS_EC2_METADATA_DISABLED = "true" }
  for name, value in pairs(variables or {}) do all[name] = value end
  return function(name) return all[name] end
end

local function fresh()
  if folder then
    for _, name in ipairs(fs.list(folder) or {}) do fs.remove(folder .. "/" .. name) end
  else
    folder = os.tmpname()
    os.remove(folder)
    assert(fs.mkdir(folder))
  end
end

local function raised(code, f, ...)
  local _, err = errors.try(f, ...)
  lu.assertTrue(errors.is(err, code), "expected " .. code .. ", got " .. tostring(err))
  return tostring(err)
end

local function cases(name, own)
  local text = fs.read(root .. "../shared/data/credentials/" .. name) or (own and fs.read(root .. "tests/data/" .. own))
  return text and json.decode(text).tests or {}
end

TestFiles = {}

function TestFiles:setUp() fresh() end

local function run_case(case)
  fresh()
  local input = case.input
  if input.configFile then write("config", input.configFile) end
  if input.credentialsFile then write("credentials", input.credentialsFile) end
  if case.output.errorContaining then
    local text = raised("ConfigSyntax", profile.load, environment())
    lu.assertStrContains(text, case.output.errorContaining, false, false, case.name)
    return
  end
  local files = profile.load(environment())
  lu.assertEquals(files.profiles, case.output.config.profiles, case.name)
  if case.output.config.sso_sessions then
    lu.assertEquals(files.sso_sessions, case.output.config.sso_sessions, case.name)
  end
end

function TestFiles:test_public_cases()
  local all = cases("profile-parser-tests.json", "profile-cases.json")
  for _, case in ipairs(all) do run_case(case) end
  print(("profile files: %d of %d cases, none excluded"):format(#all, #all))
end

function TestFiles:test_own_cases()
  local text = assert(fs.read(root .. "tests/data/profile-cases.json"))
  for _, case in ipairs(json.decode(text).tests) do run_case(case) end
end

function TestFiles:test_public_locations()
  local all, played = cases("file-location-tests.json"), 0
  for _, case in ipairs(all) do
    if case.platform == "linux" then
      played = played + 1
      local config, credentials = profile.locations(function(name) return case.environment[name] end)
      lu.assertEquals(config, case.configLocation, case.name)
      lu.assertEquals(credentials, case.credentialsLocation, case.name)
    end
  end
  print(("places of files: %d of %d cases; excluded: %d: other systems than Linux"):format(played, #all, #all - played))
end

function TestFiles:test_locations()
  local function at(variables) return profile.locations(function(name) return variables[name] end) end
  lu.assertEquals({ at { HOME = "/h/" } }, { "/h/.aws/config", "/h/.aws/credentials" })
  lu.assertEquals({ at { HOME = "/h", AWS_CONFIG_FILE = "~/c" } }, { "/h/c", "/h/.aws/credentials" })
  lu.assertEquals({ at {} }, {})
end

TestSettings = {}

function TestSettings:setUp() fresh() end

function TestSettings:test_secret_keys_are_no_strings()
  write("credentials", "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = very secret\n"
    .. "aws_session_token = token\n")
  local found = profile.load(environment()).profiles.default
  lu.assertTrue(secret.is(found.aws_secret_access_key))
  lu.assertTrue(secret.is(found.aws_session_token))
  lu.assertEquals(tostring(found.aws_secret_access_key), "[secret]")
  lu.assertTrue(found.aws_secret_access_key == secret.of "very secret")
end

local function client(service, variables, options)
  local s = session.new { environment = environment(variables) }
  return s:client(service, options)
end

function TestSettings:test_environment_over_profile_over_default()
  write("config", "[default]\nregion = eu-west-1\nmax_attempts = 7\ns3 =\n  addressing_style = path\n"
    .. "[profile other]\nregion = eu-west-3\n")
  local config = client("s3").meta.config
  lu.assertEquals({ config.region, config.max_attempts, config.addressing_style }, { "eu-west-1", 7, "path" })
  lu.assertEquals(client("s3", { AWS_REGION = "us-east-2" }).meta.region, "us-east-2")
  lu.assertEquals(client("s3", { AWS_PROFILE = "other" }).meta.region, "eu-west-3")
  lu.assertEquals(client("s3", { AWS_PROFILE = "other" }, { profile = "default" }).meta.region, "eu-west-1")
end

function TestSettings:test_endpoints()
  write("config", "[default]\nregion = a-b-1\nservices = local\nendpoint_url = http://127.0.0.1:1\n"
    .. "[services local]\nbedrock_runtime =\n  endpoint_url = http://127.0.0.1:2\n")
  lu.assertEquals(client("bedrock-runtime").meta.config.endpoint_url, "http://127.0.0.1:2")
  lu.assertEquals(client("s3").meta.config.endpoint_url, "http://127.0.0.1:1")
  lu.assertEquals(client("bedrock-runtime", { AWS_ENDPOINT_URL = "http://127.0.0.1:3" }).meta.config.endpoint_url,
    "http://127.0.0.1:3")
  lu.assertNil(client("s3", { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "true" }).meta.config.endpoint_url)
end

function TestSettings:test_faults_are_named()
  write("config", "[default]\nmax_attempts = many\n[profile role]\nrole_arn = arn:x\n")
  lu.assertStrContains(raised("InvalidConfiguration", client, "s3"), "profile default: max_attempts is many")
  local text = raised("ProfileNotFound", client, "s3", { AWS_PROFILE = "rols" })
  lu.assertStrContains(text, "role")
  lu.assertStrContains(text, folder .. "/config")
  local s3 = client("s3", { AWS_PROFILE = "role", AWS_REGION = "us-east-1" }, { transport = fake.new {} })
  text = raised("InvalidProfile", function() s3:list_buckets() end)
  lu.assertStrContains(text, "source_profile")
  s3 = client("s3", { AWS_REGION = "us-east-1" }, { transport = fake.new {}, max_attempts = 1 })
  text = raised("NoCredentials", function() s3:list_buckets() end)
  lu.assertStrContains(text, folder .. "/credentials (not there)")
end

function TestSettings:test_keys_of_a_profile_sign()
  write("credentials", "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = k\n[half]\n"
    .. "aws_access_key_id = AKIDHALF\n")
  local function key_of(variables, options)
    local transport = fake.new { { status = 200, headers = {}, body = "<ListAllMyBucketsResult/>" } }
    local all = { transport = transport, region = "us-east-1" }
    for name, value in pairs(options or {}) do all[name] = value end
    client("s3", variables, all):list_buckets()
    for _, header in ipairs(transport.requests[1].headers) do
      if header[1] == "authorization" then return header[2]:match "Credential=(%w+)" end
    end
  end
  local other = { AWS_ACCESS_KEY_ID = "AKIDENV", AWS_SECRET_ACCESS_KEY = "s" }
  lu.assertEquals(key_of(), "AKIDFILE")
  lu.assertEquals(key_of(other), "AKIDENV")
  lu.assertEquals(key_of(other, { profile = "default" }), "AKIDFILE")
  lu.assertStrContains(raised("InvalidCredentials", key_of, {}, { profile = "half" }), "missing aws_secret_access_key")
end

TestPrograms = {}

function TestPrograms:setUp() fresh() end

function TestPrograms:test_a_rehearsal_reads_none_of_it()
  assert(fs.mkdir(folder .. "/.aws"))
  assert(fs.write(folder .. "/.aws/config", "[default]\nendpoint_url = http://127.0.0.1:1\nregion = x-y-9\n[broken\n"))
  local script = [[
    local s3 = require("moonrock").client("s3")
    s3:ensure_bucket("rehearsed")
    print(s3.meta.region ~= "x-y-9")
  ]]
  local env = ("HOME='%s' AWS_PROFILE=nobody AWS_REGION=us-west-2"):format(folder)
  local r = program.script(script, {}, { env = env, before = { "rehearse" } })
  lu.assertEquals(r.out, "true\n", r.err)
  r = program.script(script, {}, { env = env })
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, folder .. "/.aws/config, line 4")
  fs.remove(folder .. "/.aws/config")
  fs.remove(folder .. "/.aws")
end

function TestPrograms:test_the_profile_of_an_option()
  assert(fs.write(folder .. "/config", "[profile work]\nregion = eu-west-3\n"))
  local r = program.script('print(require("moonrock").client("s3").meta.region)', {}, {
    env = ("HOME=/nowhere AWS_CONFIG_FILE='%s/config'"):format(folder), before = { "run", "--profile=work" } })
  lu.assertEquals({ r.out, r.err }, { "eu-west-3\n", "" })
end

-- A thread costs a start more than the files do; a large file is read beside the loop, and right.
function TestPrograms:test_small_files_start_no_thread()
  local make = 'require("moonrock").client("s3", { region = "us-east-1" })'
  local threads = 'print(io.open("/proc/self/status"):read("a"):match("Threads:%s*(%d+)"))'
  local set = ("AWS_CONFIG_FILE='%s/config' AWS_SHARED_CREDENTIALS_FILE='%s/credentials'"):format(folder, folder)
  lu.assertEquals(program.run({ "-e", make .. threads }, { env = set }).out, "1\n")
  write("config", "[default]\nmax_attempts = 7\n")
  write("credentials", "[default]\naws_access_key_id = A\naws_secret_access_key = B\n")
  local asked = make:gsub("^", "print(") .. ".meta.config.max_attempts)"
  lu.assertEquals(program.run({ "-e", asked .. threads }, { env = set }).out, "7\n1\n")
  write("config", "[default]\nmax_attempts = 7\n" .. ("# a comment\n"):rep(10000))
  lu.assertEquals(program.run({ "-e", asked .. threads }, { env = set }).out, "7\n2\n")
end

local code = lu.LuaUnit.run()
fresh()
fs.remove(folder)
os.exit(code)
