-- SPDX-License-Identifier: MIT
-- The host's Lua modules as scripts see them: isolates and channels, errors, limits, require.

local lu = require "luaunit"
local errors = require "moonrock.error"
local isolate = require "moonrock.isolate"
local random = require "moonrock.random"
local task = require "moonrock.task"
local time = require "moonrock.time"

TestErrors = {}

function TestErrors.test_an_error_object_is_one_line()
  local err = errors.new { code = "ValidationException", message = "two\nlines", service = "bedrock",
    operation = "CreateModelCustomizationJob", status = 400, request_id = "12ab", hint = "do this" }
  lu.assertEquals(tostring(err), "ValidationException: two lines (bedrock.CreateModelCustomizationJob, "
    .. "status 400, request 12ab) -- do this")
  lu.assertTrue(errors.is(err, "ValidationException"))
  lu.assertFalse(errors.is({ code = "ValidationException" }))
  lu.assertStrContains(err.where, "host_test.lua:")
end

function TestErrors.test_try_gives_nil_and_the_error()
  local value, err = errors.try(error, "x", 0)
  lu.assertNil(value)
  lu.assertEquals(err, "x")
  lu.assertEquals({ errors.try(function(...) return ... end, 1, 2) }, { 1, 2 })
end

function TestErrors.test_capture_keeps_the_users_lines()
  local _, err = xpcall(function() error "boom" end, errors.capture)
  lu.assertEquals(err.code, "ScriptError")
  lu.assertStrContains(err.traceback, "host_test.lua:")
  lu.assertNotStrContains(err.traceback, "luaunit.lua:0")
end

TestLoad = {}

function TestLoad.test_loadfile_takes_a_mode_and_an_environment()
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write "return x, type(print)"
  file:close()
  lu.assertEquals({ loadfile(path)() }, { nil, "function" })
  lu.assertEquals({ loadfile(path, "t")() }, { nil, "function" })
  lu.assertEquals({ loadfile(path, "t", { x = 1, type = function() return "mine" end })() }, { 1, "mine" })
  local chunk = loadfile(path, "t", nil)
  lu.assertFalse(pcall(chunk))
  os.remove(path)
end

TestTime = {}

function TestTime.test_dates_both_ways()
  lu.assertEquals(time.iso8601(0), "1970-01-01T00:00:00Z")
  lu.assertEquals(time.http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT")
  lu.assertEquals(time.basic(1767322805), "20260102T030005Z")
  lu.assertEquals(time.parse "2026-01-02T03:04:05.250+01:00", 1767319445.25)
  local nothing, err = time.parse "yesterday"
  lu.assertNil(nothing)
  lu.assertEquals(err.code, "BadDate")
end

function TestTime.test_time_cannot_become_virtual_late()
  local sleeper <close> = setmetatable({ task.spawn(task.sleep, 100) },
    { __close = function(t) t[1]:cancel() end })
  lu.assertErrorMsgContains("before other tasks", time.make_virtual, { epoch = 0 })
  lu.assertNotNil(sleeper)
end

TestRandom = {}

function TestRandom.test_uuid_is_version_4()
  lu.assertStrMatches(random.uuid(), "%x+%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x+")
  lu.assertNotEquals(random.uuid(), random.uuid())
  for _ = 1, 100 do
    local n = random.integer(-3, 3)
    lu.assertTrue(n >= -3 and n <= 3)
  end
end

TestIsolate = {}

function TestIsolate.test_a_script_that_is_not_there_is_named()
  lu.assertErrorMsgContains("no embedded script 'nowhere'", isolate.new, "nowhere", {})
end

function TestIsolate.test_only_plain_values_cross()
  lu.assertErrorMsgContains("setting 'f' is a function", isolate.new, "moonrock.echo", { f = print })
end

TestLimits = {}

function TestLimits.test_pcall_in_a_cancelled_task_does_not_hold_it()
  local reached = 0
  local t = task.spawn(function()
    for _ = 1, 3 do
      pcall(task.sleep, 100)
      reached = reached + 1
    end
  end)
  task.sleep(0.001)
  t:cancel()
  local ok, err = pcall(t.wait, t)
  lu.assertFalse(ok)
  lu.assertEquals(err.code, "Cancelled")
  lu.assertEquals(reached, 0)
end

function TestLimits.test_cleanup_may_use_pcall()
  local seen
  local t = task.spawn(function()
    local _ <close> = setmetatable({}, { __close = function()
      seen = select(2, pcall(error, "kept", 0))
    end })
    task.sleep(100)
  end)
  task.sleep(0.001)
  t:cancel()
  pcall(t.wait, t)
  lu.assertEquals(seen, "kept")
end

TestRequire = {}

function TestRequire.test_a_missing_module_says_what_was_tried()
  lu.assertErrorMsgContains("no built-in module 'no.such'", require, "no.such")
end

function TestRequire.test_embedded_scripts_do_not_see_changed_globals()
  local kept = tostring
  tostring = function() return "patched" end -- luacheck: ignore
  local text = kept(errors.new { code = "X", message = "y" })
  tostring = kept -- luacheck: ignore
  lu.assertEquals(text, "X: y")
end

-- They are compiled when the program is built, and still know their lines and names.
function TestRequire.test_embedded_scripts_know_their_lines()
  local tables = require "moonrock.tables"
  local lines = {}
  for line in (require("moonrock.system").source("moonrock.tables") .. "\n"):gmatch "(.-)\n" do
    lines[#lines + 1] = line
  end
  for name, f in pairs(tables) do
    local facts = debug.getinfo(f, "S")
    lu.assertEquals(facts.source, "=scripts/moonrock/tables.lua")
    lu.assertStrContains(lines[facts.linedefined], "function M." .. name .. "(")
    lu.assertStrContains(lines[facts.linedefined], debug.getlocal(f, 1))
  end
end

function TestRequire.test_bytecode_is_refused()
  lu.assertStrContains(select(2, load("\27Lua")), "attempt to load a binary chunk")
  lu.assertStrContains(select(2, load("\27Lua", "x", "b")), "attempt to load a binary chunk")
end

os.exit(lu.LuaUnit.run())
