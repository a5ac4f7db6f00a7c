-- SPDX-License-Identifier: MIT
-- doctor_test.lua -- `moonrock doctor`: what it finds and misses, and that no secret is shown.

local root = arg[0]:match("^(.*/)tests/") or "./"
package.path = root .. "tests/support/?.lua;" .. package.path

local fs = require "moonrock.fs"
local lu = require "luaunit"
local program = require "program"
local served = require "served"

local folder

local function doctor(env, words)
  local all = { "doctor" }
  table.move(words or {}, 1, #(words or {}), 2, all)
  local r = program.run(all, { env = "env -i AWS_EC2_METADATA_DISABLED=true " .. env })
  lu.assertNotStrContains(r.out .. r.err, "hidden")
  return r
end

TestDoctor = {}

function TestDoctor.setUp()
  folder = os.tmpname()
  os.remove(folder)
  assert(fs.mkdir(folder .. "/.aws"))
end

function TestDoctor.tearDown() os.execute(("rm -rf '%s'"):format(folder)) end

function TestDoctor.test_nothing()
  local r = doctor("HOME=/nowhere")
  lu.assertEquals({ r.code, r.err }, { 1, "" })
  for _, words in ipairs { "MISS region", "MISS credentials", "/nowhere/.aws/config (not there)",
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (not set)", "AWS_EC2_METADATA_DISABLED is true",
    "next: set AWS_REGION", "next: set AWS_ACCESS_KEY_ID" } do
    lu.assertStrContains(r.out, words)
  end
end

function TestDoctor.test_everything_offline()
  fs.write(folder .. "/.aws/config", "[profile x]\nregion = eu-west-1\nendpoint_url = https://u:hidden@store.example\n")
  fs.write(folder .. "/.aws/credentials",
    "[x]\naws_access_key_id = AKIDEXAMPLE1\naws_secret_access_key = hidden\naws_session_token = hidden\n")
  local r = doctor(("HOME=%s AWS_PROFILE=x https_proxy=http://me:hidden@proxy.example:3128 "):format(folder)
    .. "AWS_BEARER_TOKEN_BEDROCK=hidden AWS_CA_BUNDLE=/nowhere/ca.pem", { "--offline" })
  for _, words in ipairs { "x (AWS_PROFILE)", "eu-west-1 (profile x)", "AKID...PLE1", "http://***@proxy.example:3128",
    "AWS_BEARER_TOKEN_BEDROCK is set", "MISS CA bundle", "store.example", "(endpoint_url of profile x)" } do
    lu.assertStrContains(r.out, words)
  end
  lu.assertEquals(r.code, 1)
end

function TestDoctor.test_who_you_are()
  local server = served.start()
  local ok, err = pcall(function()
    local r = program.run({ "doctor" }, { env = "env -i AWS_EC2_METADATA_DISABLED=true " .. server:words() })
    lu.assertStrMatches(r.out:match "identity[^\n]*", "identity +arn:aws:.*account %d+.*")
    lu.assertStrContains(r.out, "(AWS_ENDPOINT_URL)")
    lu.assertStrMatches(r.out:match "clock[^\n]*", "clock +within %d+ s of the service's")
    lu.assertStrContains(r.out, "nothing is missing")
    lu.assertEquals({ r.code, r.err }, { 0, "" })
    lu.assertNotStrContains(r.out, server.env.AWS_SECRET_ACCESS_KEY)
    r = program.run({ "doctor" }, { env = "env -i AWS_EC2_METADATA_DISABLED=true " .. server:words()
      .. " AWS_SECRET_ACCESS_KEY=hidden" })
    lu.assertStrContains(r.out, "MISS identity")
    lu.assertEquals(r.code, 1)
  end)
  server:stop "TERM"
  if not ok then error(err, 0) end
end

function TestDoctor.test_faults_of_the_files()
  fs.write(folder .. "/.aws/config", "[default\n")
  local r = doctor("HOME=" .. folder)
  lu.assertStrContains(r.out, "line 1")
  lu.assertStrContains(r.out, "next: correct that line")
  r = doctor("HOME=/nowhere", { "--profile", "y" })
  lu.assertStrContains(r.out, "there is no profile y")
  lu.assertEquals(r.code, 1)
  lu.assertEquals(doctor("", { "--offlin" }).code, 2)
  r = doctor("HOME=/nowhere AWS_CONFIG_FILE=" .. folder, { "--offline" }) -- a folder
  lu.assertStrContains(r.out, "MISS config file")
  lu.assertStrContains(r.out, "or name another with AWS_CONFIG_FILE")
  fs.remove(folder .. "/.aws/config")
  fs.mkdir(folder .. "/.aws/config")
  r = doctor("HOME=" .. folder, { "--offline" }) -- nobody asked for it
  lu.assertStrMatches(r.out:match "[^\n]*config file[^\n]*", "%-    config file .*: Is a directory")
  r = doctor("HOME=/nowhere AWS_MAX_ATTEMPTS=many", { "--offline" })
  lu.assertStrContains(r.out, "AWS_MAX_ATTEMPTS is many")
  lu.assertStrContains(r.out, "next: correct it, or unset it")
end

function TestDoctor.test_no_home()
  local r = doctor("AWS_CONFIG_FILE=/nowhere/config", { "--profile", "y" })
  lu.assertStrContains(r.out, "next: looked at: /nowhere/config (not there)\n")
  lu.assertStrContains(doctor("", { "--offline" }).out, "profile default of no file, since HOME is not set (")
end

function TestDoctor.test_proxies()
  local r = doctor("HTTP_PROXY=http://proxy.example", { "--offline" })
  lu.assertStrContains(r.out, "HTTP_PROXY is not read")
  r = doctor("https_proxy=http://me:hid/den@proxy.example:3128 ALL_PROXY=me:hidden@other.example", { "--offline" })
  lu.assertStrContains(r.out, "https_proxy=http://***@proxy.example:3128")
  lu.assertStrContains(r.out, "ALL_PROXY=***@other.example")
  lu.assertNotStrContains(r.out, "hid")
end

os.exit(lu.LuaUnit.run())
