-- SPDX-License-Identifier: MIT
-- The lint as scripts and the command line see it.  What each rule finds is record_test.c's.

local lu = require "luaunit"
local dataset = require "moonrock.dataset"
local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local program = require "program"
local record = require "moonrock.record"
local task = require "moonrock.task"

local SHIPPED = program.root .. "examples/data/json_answers.jsonl"
local REAL = program.root .. "../shared/data/finetuning/json_mode_dataset.jsonl"

local function line(user, assistant)
  return json.encode { messages = json.array {
    { role = "user", content = user }, { role = "assistant", content = assistant },
  } }
end

-- 40 records, of which number `at` is replaced.
local function text_with(at, bad)
  local lines = {}
  for i = 1, 40 do
    lines[i] = i == at and bad or line("question " .. i, "answer")
  end
  return table.concat(lines, "\n") .. "\n"
end

TestRecord = {}

-- A line of a file is read in pieces, of which most have no end of a line.
function TestRecord.test_a_line_of_many_pieces()
  local path = os.tmpname()
  local text = line("a", "b") .. "\n" .. line("long", ("x"):rep(3 << 20)) .. "\n{\n" .. line("c", "d") .. "\n"
  assert(fs.write(path, text))
  local linter = record.new()
  local findings = assert(linter:feed_lines(path, 0, #text, #text))
  local rest, stats = linter:finish()
  fs.remove(path)
  local wanted, wanted_stats = record.lint(text)
  table.move(rest, 1, #rest, #findings + 1, findings)
  lu.assertEquals(findings, wanted)
  lu.assertEquals(stats, wanted_stats)
end

-- Keys that are nearly right are held against those that are there, each in no time.
function TestRecord.test_many_keys_of_a_body()
  local keys = {}
  local function letter(n) return ("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"):sub(n % 50 + 1, n % 50 + 1) end
  for i = 1, 60000 do keys[i] = '"max_token' .. letter(i) .. letter(i // 50) .. letter(i // 2500) .. '":1' end
  local started = os.clock() -- (looked up one by one they took twelve seconds)
  local findings = record.lint('{"modelInput":{"anthropic_version":"bedrock-2023-05-31","messages":[],'
    .. table.concat(keys, ",") .. ',"max_tokens":"many"}}\n', { format = "batch" })
  lu.assertTrue(os.clock() - started < 2)
  local rules = {}
  for _, finding in ipairs(findings) do rules[finding.rule] = true end
  lu.assertTrue(rules["max-tokens"])
  lu.assertNil(rules["unknown-key"])
end

function TestRecord.test_a_finding_has_all_its_fields()
  local bad = '{"messages": [{"role": "user", "content": "a"}, {"role": "asistant", "content": "b"}]}'
  local findings, stats = record.lint(text_with(5, bad))
  lu.assertEquals(#findings, 1)
  lu.assertEquals(findings[1], {
    line = 5, column = 58, offset = 4 * #line("question 1", "answer") + 4 + 57,
    path = "messages[1].role", rule = "role", severity = "error", suggestion = "assistant",
    message = 'unknown role "asistant": did you mean "assistant"?',
  })
  lu.assertEquals(stats.records, 40)
  lu.assertEquals({ stats.errors, stats.warnings }, { 1, 0 })
  lu.assertEquals({ stats.user, stats.assistant, stats.family }, { 40, 39, "claude" })
end

function TestRecord.test_text_function_and_chunks_say_the_same()
  local text = text_with(7, '{"messages": []}') .. "x"
  local whole, stats = record.lint(text)
  local at = 0
  local pieces, piece_stats = record.lint(function()
    task.yield() -- a reader may wait
    at = at + 1
    local piece = text:sub(at * 13 - 12, at * 13)
    return piece ~= "" and piece or nil
  end)
  lu.assertEquals(pieces, whole)
  lu.assertEquals(piece_stats, stats)
  local linter <close> = record.new()
  local fed = {}
  for i = 1, #text, 100 do
    for _, f in ipairs(linter:feed(text:sub(i, i + 99))) do fed[#fed + 1] = f end
  end
  local last, last_stats = linter:finish()
  table.move(last, 1, #last, #fed + 1, fed)
  lu.assertEquals(fed, whole)
  lu.assertEquals(last_stats, stats)
end

-- Two MiB with findings of all sorts, fed in pieces that are large enough for the pool.
local function large_text()
  local lines = {}
  for i = 1, 8000 do
    lines[i] = i % 97 == 0 and '{"messages": [' or i % 89 == 0 and lines[i - 50]
      or line(("question %d "):rep(10):format(i, i, i, i, i, i, i, i, i, i), i % 83 == 0 and " " or "ä\n")
  end
  return table.concat(lines, "\n")
end

function TestRecord.test_pieces_on_all_threads_say_the_same()
  local text, options = large_text(), { limit = 100000 }
  local whole, stats = record.lint(text, options)
  lu.assertTrue(#whole > 200)
  for _, size in ipairs { 70000, 333333 } do
    local linter <close> = record.new(options)
    local tasks, found = {}, {}
    for at = 1, #text, size do
      tasks[#tasks + 1] = task.spawn(linter.feed, linter, text:sub(at, at + size - 1))
    end
    for _, t in ipairs(tasks) do
      local some = t:wait()
      table.move(some, 1, #some, #found + 1, found)
    end
    local last, fed_stats = linter:finish()
    table.move(last, 1, #last, #found + 1, found)
    lu.assertEquals(found, whole)
    lu.assertEquals(fed_stats, stats)
  end
end

function TestRecord.test_a_cancelled_feed_ends_the_linter()
  local text = large_text()
  local linter <close> = record.new()
  linter:feed(text:sub(1, 100000))
  local t = task.spawn(linter.feed, linter, text:sub(100001, 900000))
  task.yield()
  lu.assertErrorMsgContains("another task still feeds", function() linter:finish() end)
  t:cancel()
  pcall(t.wait, t)
  task.sleep(0.2)
  lu.assertErrorMsgContains("cancelled while it fed", function() linter:feed "x" end)
end

function TestRecord.test_limit_keeps_some_and_counts_all()
  local findings, stats = record.lint(("x\n"):rep(50), { limit = 3 })
  lu.assertEquals(#findings, 3)
  lu.assertEquals(stats.errors, 51) -- and too few records
end

function TestRecord.test_misuse_is_told_with_the_argument()
  local function message(...)
    local ok, err = pcall(...)
    lu.assertFalse(ok)
    return tostring(err)
  end
  lu.assertStrContains(message(record.lint), "bad argument #1 to 'moonrock.record.lint'")
  lu.assertStrContains(message(record.lint, 42), "string or function expected")
  lu.assertStrContains(message(record.lint, "", { family = "gpt" }), "'family' must be")
  lu.assertStrContains(message(record.lint, "", { limit = -1 }), "'limit' must be a count")
  lu.assertStrContains(message(record.lint, function() return 1 end), "the reader must give strings")
  local linter = record.new()
  linter:finish()
  lu.assertStrContains(message(linter.feed, linter, "x"), "finished")
  linter:close()
  linter:close()
  lu.assertStrContains(message(linter.stats, linter), "closed")
  lu.assertStrContains(tostring(linter), "closed")
end

function TestRecord.test_rules_and_profiles_have_sources()
  local ids = {}
  for _, rule in ipairs(record.rules()) do
    lu.assertNil(ids[rule.id])
    ids[rule.id] = true
    lu.assertTrue(rule.severity == "error" or rule.severity == "warning")
    lu.assertStrMatches(rule.date, "%d%d%d%d%-%d%d")
    lu.assertTrue(#rule.source > 0 and #rule.text > 0)
  end
  lu.assertTrue(ids["alternate"] and ids["utf8"] and ids["too-few"])
  lu.assertEquals(record.profile("anthropic.claude-3-haiku-20240307-v1:0:200k").max_tokens, 32000)
  lu.assertEquals(record.profile("amazon.titan-text-express-v1").family, "prompt-completion")
  lu.assertNil(record.profile("some.other-model"))
  lu.assertTrue(#record.profiles() >= 6)
end

TestDataset = {}

function TestDataset.test_shipped_and_real_data_are_clean()
  local report = dataset.lint(SHIPPED)
  lu.assertTrue(report.ok)
  lu.assertEquals(report.stats.records, 500)
  if io.open(REAL) then
    report = dataset.lint(REAL, { model = "anthropic.claude-3-haiku-20240307-v1:0:200k" })
    lu.assertTrue(report.ok)
    lu.assertEquals({ report.stats.records, report.stats.bytes }, { 500, 883528 })
  end
end

function TestDataset.test_report_lines()
  local report = dataset.lint({ text = text_with(3, "") })
  lu.assertFalse(report.ok)
  lu.assertEquals(report:format(), "text:3:1: error blank-line: the line is blank: remove it\n"
    .. ("text: 39 records, about %d tokens, 1 error, 0 warnings (rules of claude)\n"):format(report.stats.tokens))
  report = dataset.lint({ text = ("x\n"):rep(30) })
  lu.assertStrContains(report:format(2), "\ntext: and 29 more findings\n")
end

function TestDataset.test_check_raises_what_is_wrong()
  local ok, err = errors.try(dataset.check, { text = text_with(3, "{}") })
  lu.assertNil(ok)
  lu.assertEquals(err.code, "InvalidDataset")
  lu.assertStrContains(err.message, 'text:3:1: error missing-key: the key "messages" is missing')
  ok, err = errors.try(dataset.lint, "/no/such/file.jsonl")
  lu.assertNil(ok)
  lu.assertEquals(err.code, "ENOENT")
  lu.assertStrContains(err.message, "the dataset /no/such/file.jsonl cannot be read")
end

function TestDataset.test_each_first_and_steps()
  local path = program.file('{"b": 1, "a": [2]}\n{"c": 12345678901234567}')
  lu.assertEquals(json.encode(dataset.first(path), { indent = 2 }), '{\n  "b": 1,\n  "a": [\n    2\n  ]\n}')
  local seen = {}
  for value, number in dataset.each(path) do seen[number] = json.encode(value) end
  os.remove(path)
  lu.assertEquals(seen, { json.encode(json.decode('{"b": 1, "a": [2]}', { ordered = true })),
    json.encode { c = 12345678901234567 } })
  lu.assertEquals(dataset.steps(500, 4, 5), 625)
  lu.assertEquals(dataset.steps(501, 4, 1), 126)
  path = program.file("{}\n{\n")
  local ok, err = errors.try(function()
    for _ in dataset.each(path) do end -- luacheck: ignore
    return true
  end)
  os.remove(path)
  lu.assertNil(ok)
  lu.assertStrContains(err.message, path .. ":2:2: ")
end

function TestDataset.test_each_joins_a_line_once_however_long()
  local left, text = 400000, '{"a": "' .. ("x"):rep(400000) .. '"}\n{"b": 1}'
  local at, before = 0, os.clock()
  local lines = dataset.each { read = function()
    at = at + 1
    return at <= #text and text:sub(at, at) or nil
  end }
  lu.assertEquals(#lines().a, left)
  lu.assertEquals({ lines().b, lines() }, { 1 })
  lu.assertTrue(os.clock() - before < 5)
end

-- Leaving the loop closes a pipe at once, whatever the collector does.
function TestDataset.test_each_closes_what_it_reads()
  local pipe = os.tmpname()
  os.remove(pipe)
  os.execute(("mkfifo '%s'"):format(pipe))
  local function open_files()
    return #fs.list "/proc/self/fd"
  end
  collectgarbage()
  collectgarbage "stop"
  local before, after = open_files(), {}
  for i, read in ipairs { dataset.first, function(path)
    for _ in dataset.each(path) do break end -- luacheck: ignore
  end } do
    os.execute(("printf '{}\\n{}\\n' > '%s' &"):format(pipe))
    read(pipe)
    after[i] = open_files()
  end
  collectgarbage "restart"
  os.remove(pipe)
  lu.assertEquals(after, { before, before })
end

TestCommand = {}

function TestCommand.test_clean_file()
  local r = program.run { "lint", SHIPPED }
  lu.assertEquals({ r.code, r.err }, { 0, "" })
  lu.assertStrMatches(r.out, "[^\n]*: 500 records, about %d+ tokens, 0 errors, 0 warnings %(rules of claude%)\n")
end

-- Bad input: each says line, column, path and rule.
function TestCommand.test_bad_files()
  local good = line("a", "b")
  local cases = {
    { "", ": error empty: the file is empty" },
    { text_with(9, good:sub(1, 20)), ":9:15: error json: " },
    { text_with(41) .. good:sub(1, 40), ":41:%d+: error truncated: " },
    { text_with(2, '{"messages": "\255"}'), ":2:15: error utf8: " },
    { text_with(2, good:sub(1, 5) .. "\0" .. good:sub(6)), ":2:6: error nul: " },
    { text_with(2, "\r"), ":2:1: error blank%-line: " },
    { text_with(2, '{"a": 1, ' .. good:sub(2)), ":2:2: error unknown%-key a: " },
  }
  for _, case in ipairs(cases) do
    local path = program.file(case[1])
    local r = program.run { "lint", path, "--model", "anthropic.claude-3-haiku-20240307-v1:0:200k" }
    os.remove(path)
    lu.assertEquals({ r.code, r.err }, { 1, "" })
    lu.assertStrMatches(r.out:sub(1, #path), ".*")
    lu.assertNotNil(r.out:find("^" .. path:gsub("%W", "%%%0") .. case[2]), r.out)
    lu.assertStrContains(r.out, "(rules of claude-3-haiku)")
  end
end

function TestCommand.test_input_and_options()
  local r = program.run({ "lint", "-", "--validation" }, { input = line("a", "b") .. "\n" })
  lu.assertEquals(r.out, "stdin: 1 record, about 1 tokens, 0 errors, 0 warnings (rules of claude)\n")
  r = program.run({ "lint", "-", "--limit", "1" }, { input = ("x\n"):rep(5) })
  lu.assertStrContains(r.out, "stdin: and 5 more findings\n")
  r = program.run { "lint", "/no/such.jsonl" }
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "moonrock: the dataset /no/such.jsonl cannot be read: ")
  r = program.run { "lint", "/tmp" }
  lu.assertEquals({ r.err, r.code }, { "moonrock: the dataset /tmp cannot be read: /tmp: Is a directory"
    .. " -- check the path; it is taken from the working directory\n", 1 })
  r = program.run { "lint", SHIPPED, "--model", "who.knows-v1" }
  lu.assertStrContains(r.err, "no limits are known for the model who.knows-v1")
  lu.assertEquals(r.code, 0)
end

os.exit(lu.LuaUnit.run())
