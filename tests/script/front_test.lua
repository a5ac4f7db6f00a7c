-- SPDX-License-Identifier: MIT
-- The front door: what it names is there, and the default session can be replaced.

local lu = require "luaunit"
local moonrock = require "moonrock"
local session = require "moonrock.session"
local fake = require "fake_transport"

TestFront = {}

function TestFront:test_every_name_is_there()
  local functions = { "spawn", "sleep", "current_task", "map", "all", "any", "timeout", "scope", "semaphore",
    "queue", "session", "default_session", "progress", "try", "client" }
  for _, name in ipairs(functions) do
    lu.assertIsFunction(moonrock[name], name)
  end
  for _, name in ipairs { "json", "crypto", "sigv4", "error", "time", "fs", "uri", "xml", "secret", "runtime",
    "random", "system", "task", "record" } do
    lu.assertIsTable(moonrock[name], name)
  end
  lu.assertStrMatches(moonrock.version, "%d+%.%d+.*")
  lu.assertNil(moonrock.no_such_name)
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
