-- SPDX-License-Identifier: MIT
-- The command line, run as a user runs it: what it prints, where, and with which exit code.

local lu = require "luaunit"
local program = require "program"

local run, script = program.run, program.script

TestCommandLine = {}

function TestCommandLine.test_code()
  local r = run { "-e", "print(1 + 1)" }
  lu.assertEquals({ r.out, r.err, r.code }, { "2\n", "", 0 })
  r = run { "-e", "x = 1", "-e", "print(x)" }
  lu.assertEquals(r.out, "1\n")
end

function TestCommandLine.test_file_with_arguments()
  local r = script("print(arg[0], arg[1], arg[2], #arg, ...)", { "a", "b c" })
  lu.assertEquals({ r.out, r.err, r.code }, { "FILE\ta\tb c\t2\ta\tb c\n", "", 0 })
  r = script("print(arg[-1] == nil, arg[-2])", {}, { before = { "run" } })
  lu.assertEquals(r.out, "false\t" .. program.path .. "\n")
  r = script("print(arg[-1])")
  lu.assertEquals(r.out, program.path .. "\n")
end

function TestCommandLine.test_arguments_that_look_like_options_are_the_scripts()
  local r = script("print(...)", { "--version", "-e", "--" })
  lu.assertEquals(r.out, "--version\t-e\t--\n")
end

function TestCommandLine.test_standard_input_and_shebang()
  local r = run({ "-", "x" }, { input = "print('in', arg[0], ...)" })
  lu.assertEquals(r.out, "in\t-\tx\n")
  r = script("#!/usr/bin/env moonrock\nerror('second line', 1)")
  lu.assertStrContains(r.err, "moonrock: FILE:2: second line\n")
  lu.assertEquals(r.code, 1)
end

function TestCommandLine.test_version_and_help()
  local r = run { "--version" }
  lu.assertStrMatches(r.out,
    "moonrock %d+%.%d+%.%d+, Lua 5%.4%.%d+, libcurl %d[%d.]*, models as of %d%d%d%d%-%d%d%-%d%d\n")
  lu.assertEquals(r.code, 0)
  lu.assertEquals(run({ "version" }).out, r.out)
  r = run { "--help" }
  lu.assertStrContains(r.out, "exit codes:")
  lu.assertEquals({ r.code, r.err }, { 0, "" })
  r = run {}
  lu.assertStrContains(r.err, "usage:")
  lu.assertEquals({ r.code, r.out }, { 2, "" })
end

function TestCommandLine.test_the_region_of_a_rehearsal()
  local file = os.tmpname()
  local out = assert(io.open(file, "w"))
  out:write('print(require("moonrock").client("s3").meta.region, ...)')
  out:close()
  local r = run { "--region", "eu-west-1", "rehearse", file, "--region", "mine" }
  os.remove(file)
  lu.assertEquals({ r.code, r.out }, { 0, "eu-west-1\t--region\tmine\n" })
end

function TestCommandLine.test_help_stands_anywhere()
  for _, args in ipairs { { "eval", "compare", "--help" }, { "lint", "x", "--help" }, { "eval", "-h" } } do
    local r = run(args)
    lu.assertEquals({ r.code, r.err }, { 0, "" })
    lu.assertStrContains(r.out, args[1] == "lint" and "moonrock lint FILE" or "moonrock eval compare BASE TUNED")
  end
end

function TestCommandLine.test_wrong_usage()
  local cases = {
    { { "--versoin" }, "unknown option --versoin; did you mean --version?" },
    { { "rehearsal" }, "there is no command and no file 'rehearsal'; did you mean rehearse?" },
    { { "frobnicate" }, "there is no command and no file 'frobnicate'; commands are" },
    { { "rehearse" }, "rehearse needs a FILE" },
    { { "rehearse", "--sede", "1", "x.lua" }, "unknown option --sede; did you mean --seed?" },
    { { "--endpoint", "http://x", "rehearse", "x.lua" }, "rehearse takes no --endpoint" },
    { { "--max-cpu", "1", "serve" }, "serve takes no --max-cpu" },
    { { "--profile", "p", "eval", "show", "x" }, "eval takes no --profile" },
    { { "rehearse", "--seed" }, "option --seed needs a value" },
    { { "rehearse", "--seed", "x", "y.lua" }, "option --seed takes a whole number, not 'x'" },
    { { "--max-cpu", "0", "-e", "" }, "option --max-cpu takes a number above 0, not '0'" },
    { { "--max-memory=lots", "-e", "" }, "option --max-memory takes a number above 0, not 'lots'" },
    { { "lint" }, "lint needs a FILE" },
    { { "lint", "a", "b" }, "lint takes one FILE" },
    { { "lint", "a", "--family", "gpt" }, "option --family is auto, " },
    { { "-e" }, "option -e needs a value" },
    { { "run" }, "run needs a FILE" },
  }
  for _, case in ipairs(cases) do
    local r = run(case[1])
    lu.assertStrContains(r.err, "moonrock: " .. case[2])
    lu.assertEquals({ r.code, r.out }, { 2, "" }, table.concat(case[1], " "))
    lu.assertNotStrContains(r.err, "scripts/moonrock")
  end
end

TestErrors = {}

function TestErrors.test_a_file_that_cannot_be_read()
  local r = run { "no/such/file.lua" }
  lu.assertEquals(r.err, "moonrock: cannot open the script no/such/file.lua: No such file or directory\n")
  lu.assertEquals(r.code, 1)
  r = run { "/tmp" }
  lu.assertStrContains(r.err, "moonrock: cannot open the script /tmp: ")
  lu.assertEquals(r.code, 1)
end

function TestErrors.test_syntax()
  local r = script("local x = \nprint(")
  lu.assertEquals(r.code, 1)
  lu.assertStrMatches(r.err, "moonrock: FILE:2: [^\n]*\n")
  r = script("\27Lua")
  lu.assertStrContains(r.err, "compiled Lua is not run")
end

function TestErrors.test_the_traceback_has_the_users_lines_only()
  local r = script([[
local moonrock = require "moonrock"
local function inner() error("broken") end
local function outer() moonrock.map({ 1 }, inner) end
outer()]])
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "FILE:2: broken")
  lu.assertStrContains(r.err, "in main chunk")
  lu.assertNotStrContains(r.err, "scripts/")
  lu.assertNotStrContains(r.err, "[C]")
end

function TestErrors.test_error_objects_are_one_line()
  local r = script([[
require("moonrock.error").raise { code = "Odd", message = "it is odd", hint = "make it even" }]])
  lu.assertStrContains(r.err, "moonrock: FILE:1: Odd: it is odd -- make it even\n")
  lu.assertEquals(r.code, 1)
  r = script("error({ reason = 'odd', 1 })")
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, 'the script raised the table { 1, reason = "odd" }\n')
  r = script("error()")
  lu.assertEquals(r.code, 1)
end

function TestErrors.test_requests_are_told_on_demand()
  local words = { "rehearse", "-" }
  local code = 'require("moonrock").client("s3"):list_objects_v2 { Bucket = "no-such-bucket", Prefix = "a b" }'
  local r = run(words, { input = code, env = "MOONROCK_LOG=debug" })
  lu.assertStrContains(r.err, "moonrock: debug: s3.list_objects_v2 attempt 1: GET "
    .. "https://no-such-bucket.s3.us-west-2.amazonaws.com/?list-type=2&encoding-type=url&prefix=a%20b -> 404, ")
  lu.assertNotStrContains(run(words, { input = code }).err, "debug")
  r = run({ "-e", "print(1)" }, { env = "MOONROCK_LOG=loud" })
  lu.assertEquals(r.out, "1\n")
  lu.assertStrContains(r.err, "MOONROCK_LOG takes debug, info, warn or error, not 'loud'")
end

function TestErrors.test_a_wait_for_what_is_not_there()
  local r = run({ "rehearse", "-" }, { input = [[
    local b = require("moonrock").client("bedrock")
    b:wait("model_customization_job_completed", { jobIdentifier = "misspelt" })]] })
  local _, warnings = r.err:gsub("warning: wait for model_customization_job_completed: ResourceNotFoundException", "")
  lu.assertEquals({ warnings, r.code }, { 1, 1 }, r.err)
end

-- What a service may ask for is minutes; nobody should take them for a hang.
function TestErrors.test_a_long_wait_is_told()
  local path = program.file [[
    local body = require "moonrock.aws.body"
    local transport = {}
    function transport:request()
      return { status = 429, headers = { { "retry-after", "250" } }, body = body.of_string "" }
    end
    local s = require("moonrock.session").new { region = "us-east-1", transport = transport, max_attempts = 2,
      credentials = { access_key_id = "A", secret_access_key = "b" } }
    local s3 = s:client("s3")
    print(pcall(s3.list_buckets, s3))]]
  local r = program.run { "rehearse", path }
  os.remove(path)
  lu.assertStrContains(r.err, "warning: s3.list_buckets attempt 1 failed with TooManyRequests (throttle, status 429); "
    .. "again in 250.00 s")
end

function TestErrors.test_output_that_is_lost()
  local full = { wrap = "sh -c '\"$@\" >/dev/full' sh" }
  for _, words in ipairs { { "-e", "print(1)" }, { "--help" }, { "lint", program.root ..
    "examples/data/json_answers.jsonl", "--format", "sarif" }, { "-e", "for i = 1, 1e5 do print(i) end" } } do
    local r = program.run(words, full)
    lu.assertEquals({ r.code, r.err }, { 1, "moonrock: standard output could not be written\n" })
  end
  lu.assertEquals(program.run({ "-e", "print(1) os.exit(7)" }, full).code, 7)
end

function TestErrors.test_an_error_in_close()
  local r = script([[
local x <close> = setmetatable({}, { __close = function() error("while closing") end })
print("body")]])
  lu.assertEquals(r.out, "body\n")
  lu.assertStrContains(r.err, "FILE:1: while closing")
  lu.assertEquals(r.code, 1)
end

function TestErrors.test_exit_codes_of_the_script()
  lu.assertEquals(script("os.exit(7)").code, 7)
  lu.assertEquals(script("os.exit(true)").code, 0)
  lu.assertEquals(script("os.exit(false)").code, 1)
  local r = script([[
local x <close> = setmetatable({}, { __close = function() print("closed") end })
os.exit(3)]])
  lu.assertEquals({ r.out, r.code }, { "closed\n", 3 })
end

TestLimits = {}

function TestLimits.test_cpu()
  local r = script("while true do pcall(function() while true do end end) end", {},
    { before = { "--max-cpu", "0.2" }, wrap = "timeout 20" })
  lu.assertEquals(r.code, 4)
  lu.assertStrContains(r.err, "CPU time")
end

function TestLimits.test_memory()
  local r = script("local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end", {},
    { before = { "--max-memory", "20" }, wrap = "timeout 20" })
  lu.assertEquals({ r.err, r.code }, { "moonrock: not enough memory: the limit is 20 MiB\n", 4 })
end

TestInterrupt = {}

function TestInterrupt.test_cleanup_runs()
  local r = script([[
local moonrock = require "moonrock"
local x <close> = setmetatable({}, { __close = function() moonrock.sleep(0.05) print("cleaned up") end })
print(pcall(moonrock.sleep, 30))]], {}, { wrap = "timeout --foreground --preserve-status -s INT 0.4" })
  lu.assertEquals({ r.out, r.code }, { "cleaned up\n", 130 })
  lu.assertEquals(r.err, "moonrock: interrupted\n")
end

-- A terminal that is closed must not leave behind what bills by the hour; the shell and the kernel tell it.
function TestInterrupt.test_a_lost_terminal()
  local code = [[
local moonrock = require "moonrock"
local pid = moonrock.system.pid()
local x <close> = setmetatable({}, { __close = function() moonrock.sleep(0.05) print("cleaned up") end })
os.execute(("kill -HUP %d; sleep 0.02; kill -HUP %d"):format(pid, pid))
moonrock.sleep(0.3)
print("went on")]]
  local r = script(code, {}, { wrap = "timeout 20" })
  lu.assertEquals({ r.out, r.err, r.code }, { "cleaned up\n", "moonrock: interrupted\n", 130 })
  r = script(code, {}, { wrap = "timeout 20 nohup" }) -- who asked for it goes on
  lu.assertEquals({ r.out, r.code }, { "went on\ncleaned up\n", 0 })
end

function TestInterrupt.test_a_second_one_says_what_it_leaves()
  local r = script([[
local moonrock = require "moonrock"
local pid = moonrock.system.pid()
local x <close> = setmetatable({}, { __close = function()
  os.execute("kill -TERM " .. pid)
  moonrock.sleep(5)
  print("cleaned up")
end })
os.execute("kill -TERM " .. pid)
moonrock.sleep(5)]], {}, { wrap = "timeout 20" })
  lu.assertEquals({ r.out, r.code }, { "", 130 })
  lu.assertStrContains(r.err, "what the cleanup had not reached is still there")
end

function TestInterrupt.test_a_busy_loop()
  local r = script("while true do pcall(function() for i = 1, 1e12 do end end) end", {},
    { wrap = "timeout --foreground --preserve-status -s INT 0.4" })
  lu.assertEquals({ r.err, r.code }, { "moonrock: interrupted\n", 130 })
end

function TestInterrupt.test_a_lease_is_given_up()
  local r = script([[
local lease = require "moonrock.lease"
local moonrock = require "moonrock"
local there = true
local held <close> = lease.hold {
  what = "a thing", interval = 0.05,
  delete = function() moonrock.sleep(0.05) there = false print("deleted") end,
  gone = function() return not there end,
}
moonrock.sleep(30)]], {}, { wrap = "timeout --foreground --preserve-status -s INT 0.4" })
  lu.assertEquals({ r.out, r.err, r.code }, { "deleted\n", "moonrock: interrupted\n", 130 })
end

TestModules = {}

function TestModules.test_the_scripts_folder_is_searched()
  local path = program.file("", "")
  os.remove(path)
  os.execute("mkdir -p '" .. path .. "'")
  local function write(name, text)
    local file = assert(io.open(path .. "/" .. name, "w"))
    file:write(text)
    file:close()
  end
  write("helper.lua", "return { name = 'helper beside the script' }")
  write("main.lua", "print(require('helper').name)")
  local r = run { path .. "/main.lua" }
  os.execute("rm -r '" .. path .. "'")
  lu.assertEquals({ r.out, r.code }, { "helper beside the script\n", 0 })
end

function TestModules.test_globals_of_a_script_do_not_reach_ours()
  local r = script([[
table.concat, table.sort, ipairs, pairs, setmetatable, math.min = nil
require("moonrock.dataset").lint({ text = "" }):format()]])
  lu.assertEquals({ r.err, r.code }, { "", 0 })
end

os.exit(lu.LuaUnit.run())
