-- SPDX-License-Identifier: MIT
-- The front door: what it names is there, and the default session can be replaced.

local lu = require "luaunit"
local fs = require "moonrock.fs"
local moonrock = require "moonrock"
local session = require "moonrock.session"
local tables = require "moonrock.tables"
local fake = require "fake_transport"

TestFront = {}

function TestFront:test_every_name_is_there()
  local functions = { "spawn", "sleep", "current_task", "map", "as_completed", "all", "any", "timeout", "scope",
    "limiter", "semaphore", "queue", "session", "default_session", "progress", "try", "client" }
  for _, name in ipairs(functions) do
    lu.assertIsFunction(moonrock[name], name)
  end
  lu.assertStrMatches(moonrock.version, "%d+%.%d+.*")
  lu.assertNil(moonrock.no_such_name)
end

-- What is a part of something else, and not for scripts.
local parts = {}
for name in ([[ aws bedrock bulk cli emulator credentials download http_server init isolate journal json_repair
  jsonl_core lazy luhn normal part plain prompt resume s3 session streams sync tables tango tasks tool_schema
  transfer as_completed limiter progress ]]):gmatch "%S+" do
  parts[name] = true
end

local function public_modules()
  local names = {}
  local function look(folder, ending)
    for _, entry in ipairs(assert(fs.list(folder))) do
      local name = entry:match("^([%w_]+)" .. ending .. "$")
      if not name and ending == "%.lua" and fs.stat(folder .. "/" .. entry .. "/init.lua") then
        name = entry
      end
      if name and not parts[name] then
        names[name] = true
      end
    end
  end
  look("scripts/moonrock", "%.lua")
  look("host/stubs", "%.d%.lua")
  look("bindings/stubs", "%.d%.lua")
  return tables.keys(names)
end

function TestFront:test_every_module_has_its_name_here()
  local names = getmetatable(moonrock).__dir()
  local source = assert(fs.read("scripts/moonrock/init.lua"))
  for _, name in ipairs(public_modules()) do
    lu.assertTrue(tables.contains(names, name), name .. " is neither in the front door nor among the parts")
    lu.assertIs(moonrock[name], require("moonrock." .. name))
  end
  for _, name in ipairs(names) do
    lu.assertNotNil(moonrock[name], name)
    lu.assertTrue(name == "client" or source:find("---@field " .. name .. " ", 1, true) ~= nil, name .. " has no field")
  end
end

function TestFront:test_the_default_session()
  local before = moonrock.default_session()
  lu.assertIs(moonrock.default_session(), before)
  local s, transport = fake.session { { body = "<ListAllMyBucketsResult/>" } }
  session.set_default(s)
  moonrock.client("s3"):list_buckets()
  lu.assertEquals(#transport.requests, 1)
  session.set_default(nil)
  lu.assertNotEquals(moonrock.default_session(), s)
end

function TestFront:test_clients_show_themselves()
  local s = fake.session {}
  lu.assertEquals(tostring(s:client("bedrock")), "client of bedrock (us-east-1)")
  lu.assertEquals(tostring(s), "session (us-east-1)")
  lu.assertEquals(s:client("s3").meta.region, "us-east-1")
  lu.assertTrue(#s:client("s3"):operations() > 20)
end

function TestFront:test_options_of_a_client_win_over_the_sessions()
  local s = fake.session({}, { max_attempts = 7 })
  lu.assertEquals(s:client("s3").meta.config.max_attempts, 7)
  lu.assertEquals(s:client("s3", { max_attempts = 2, region = "eu-west-1" }).meta.config.max_attempts, 2)
end

os.exit(lu.LuaUnit.run())
