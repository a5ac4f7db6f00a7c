-- SPDX-License-Identifier: MIT
-- Evaluation: each sample asked once and kept, whatever happens in between; what is scored and what
-- is not; money; comparisons and gates.

local lu = require "luaunit"
local cache = require "moonrock.evaluate.cache"
local catalog = require "moonrock.catalog"
local compare = require "moonrock.compare"
local errors = require "moonrock.error"
local evaluate = require "moonrock.evaluate"
local files = require "files"
local fs = require "moonrock.fs"
local gate = require "moonrock.gate"
local json = require "moonrock.json"
local results_file = require "moonrock.evaluate.results"
local score = require "moonrock.score"
local task = require "moonrock.task"
local time = require "moonrock.time"

local program = dofile((arg[0]:match("^(.*/)tests/") or "./") .. "tests/support/program.lua")

local path_for, forget, read, write = files.path_for, files.forget, files.read, files.write

local records = {}
for i = 1, 30 do
  records[i] = { input = "question " .. i, expected = tostring(i) }
end

local function options(output, more)
  local all = { dataset = records, scorers = { score.exact() }, output = output, name = "run",
    target = function(sample) return sample.expected end }
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

TestRun = { tearDown = forget }

function TestRun.test_every_sample_is_asked_once_and_kept()
  local path, asked = path_for(), {}
  local function target(sample)
    asked[#asked + 1] = sample.id
    return { text = sample.index % 3 == 0 and "wrong" or sample.expected,
      usage = { input_tokens = 1, output_tokens = 2 } }
  end
  local summary = evaluate.run(options(path, { target = target }))
  lu.assertEquals({ summary.complete, summary.scored, summary.scores.exact.n }, { true, 30, 30 })
  lu.assertAlmostEquals(summary.scores.exact.estimate, 20 / 30, 1e-12)
  lu.assertTrue(summary.scores.exact.low < 0.6 and summary.scores.exact.high > 0.7)
  lu.assertTrue(evaluate.run(options(path, { target = target })).complete)
  lu.assertEquals(#asked, 30)
  local results = results_file.read(path)
  lu.assertEquals(#results.samples, 30)
  lu.assertNotNil(results.finished)
end

-- The file is put on the disk while the run goes on, a few times a second, and once at its end.
function TestRun.test_what_is_written_comes_to_the_disk()
  local path, synced, real = path_for(), {}, fs.sync
  fs.sync = function(file) -- luacheck: ignore
    synced[#synced + 1] = read(file)
    return true
  end
  local began = time.monotonic()
  local ran, summary = pcall(evaluate.run, options(path, { concurrency = 2, target = function(sample)
    task.sleep(0.02)
    return sample.expected
  end }))
  local took = time.monotonic() - began -- 0.3 s of calls, or longer on a busy machine
  fs.sync = real -- luacheck: ignore
  lu.assertTrue(ran and summary.complete, tostring(summary))
  lu.assertTrue(#synced >= 3 and #synced <= took / 0.1 + 2, #synced)
  lu.assertTrue(#synced[1] < #synced[2] and #synced[2] < #synced[#synced])
  lu.assertEquals(synced[#synced], read(path))
  fs.sync = function() return nil, errors.new { code = "EIO", message = "the disk is gone" } end -- luacheck: ignore
  local ok, err = errors.try(evaluate.run, options(path_for()))
  fs.sync = real -- luacheck: ignore
  lu.assertNil(ok)
  lu.assertEquals(err.code, "CannotWrite")
  lu.assertStrContains(err.message, "the disk is gone")
end

function TestRun.test_forms_of_records()
  local seen = {}
  local function target(sample)
    seen[#seen + 1] = { sample.system or "", sample.messages[#sample.messages].content, sample.expected or "" }
    return "x"
  end
  evaluate.run(options(path_for(), { target = target, scorers = { score.regex { pattern = "x" } }, concurrency = 1,
    dataset = {
      { system = "S", messages = { { role = "user", content = "q" }, { role = "assistant", content = "a" } } },
      { messages = { { role = "system", content = "S2" }, { role = "user", content = "q2" } } },
      { system = { { text = "S3" } }, messages = { { role = "user", content = { { text = "q3" } } },
        { role = "assistant", content = { { text = "a3" } } } } },
      { prompt = "q4", completion = "a4" },
    } }))
  lu.assertEquals(seen, { { "S", "q", "a" }, { "S2", "q2", "" }, { "S3", "q3", "a3" }, { "", "q4", "a4" } })
  for _, record in ipairs { {}, { messages = { { role = "assistant", content = "a" } } }, { messages = { {} } }, 5 } do
    local ok, err = errors.try(evaluate.run, options(path_for(), { dataset = { record } }))
    lu.assertNil(ok)
    lu.assertEquals(err.code, "NotASample")
  end
end

function TestRun.test_what_is_no_answer_is_not_scored()
  local path = path_for()
  local function target(sample)
    if sample.index == 1 then
      errors.raise { code = "ThrottlingException", message = "slow down", attempts = 4 }
    elseif sample.index == 2 then
      errors.raise { code = "ValidationException", message = "too long" }
    elseif sample.index == 3 then
      return { text = sample.expected, stop_reason = "max_tokens" }
    elseif sample.index == 4 then
      return { text = "I cannot", stop_reason = "guardrail_intervened" }
    elseif sample.index == 5 then
      errors.raise { code = "429", message = "too many requests" } -- of a batch job's record
    end
    return { text = sample.expected, stop_reason = "end_turn" }
  end
  local summary = evaluate.run(options(path, { target = target }))
  lu.assertEquals({ summary.scored, summary.throttled, summary.error, summary.truncated, summary.refused },
    { 25, 2, 1, 1, 1 })
  lu.assertEquals({ summary.scores.exact.estimate, summary.scores.exact.n }, { 1.0, 25 })
  -- what failed is asked again, what was answered is not
  local again = 0
  summary = evaluate.run(options(path, { target = function(sample)
    again = again + 1
    return sample.expected
  end }))
  lu.assertEquals({ again, summary.scored, summary.throttled, summary.error }, { 3, 28, 0, 0 })
end

function TestRun.test_mistakes_of_the_script_are_raised()
  lu.assertErrorMsgContains("attempt to index", function()
    evaluate.run(options(path_for(), { target = function(sample) return sample.no.such end }))
  end)
  lu.assertErrorMsgContains("must give a text", function()
    evaluate.run(options(path_for(), { target = function() return 5 end }))
  end)
  for name, change in pairs {
    ["unknown option"] = { scorer = {} }, ["two scorers"] = { scorers = { score.exact(), score.exact() } },
    ["at least one"] = { scorers = {} }, ["is none"] = { scorers = { print } }, ["`target`"] = { target = 5 },
    ["in_doubt"] = { in_doubt = "maybe" }, ["`dataset`"] = { dataset = {} },
  } do
    lu.assertErrorMsgContains(name, function() evaluate.run(options(path_for(), change)) end)
  end
end

TestFile = { tearDown = forget }

function TestFile.test_a_torn_line_and_what_was_under_way()
  local path = path_for()
  evaluate.run(options(path))
  local text = read(path)
  local lines = {}
  for line in text:gmatch("[^\n]+\n") do
    lines[#lines + 1] = line
  end
  -- as a kill leaves it: the last sample's line half written, its call noted
  local last_sample
  for i = #lines, 1, -1 do
    if lines[i]:find('"kind":"sample"', 1, true) then
      last_sample = i
      break
    end
  end
  local kept = table.concat(lines, "", 1, last_sample - 1)
  write(path, kept .. lines[last_sample]:sub(1, 40))
  local asked = {}
  local function target(sample)
    asked[#asked + 1] = sample.id
    return sample.expected
  end
  local skipped = evaluate.run(options(path, { target = target, in_doubt = "skip" }))
  lu.assertEquals({ #asked, skipped.complete, skipped.in_doubt, skipped.scored }, { 0, false, 1, 29 })
  lu.assertStrContains(read(path .. ".torn"), lines[last_sample]:sub(1, 40))
  local summary = evaluate.run(options(path, { target = target }))
  lu.assertEquals({ #asked, summary.complete, summary.in_doubt }, { 1, true, 0 })
end

function TestFile.test_lines_that_are_not_whole_are_named()
  local path = path_for()
  local run = '{"kind":"run","dataset":{},"target":{}}\n'
  for text, line in pairs { ['{"kind":"run","dataset":1}\n'] = 1, [run .. '{"kind":"sample"}\n'] = 2,
      [run .. '{"kind":"call"}\n'] = 2, [run .. '{"kind":"sample","id":"a","index":1,"status":"foo"}\n'] = 2 } do
    write(path, text)
    local ok, err = errors.try(results_file.read, path)
    lu.assertNil(ok)
    lu.assertEquals(err.code, "NotResults", text)
    lu.assertStrContains(err.message, "line " .. line)
  end
end

function TestFile.test_one_process_and_one_evaluation()
  local path = path_for()
  local locked
  evaluate.run(options(path, { concurrency = 1, limit = 2, target = function(sample)
    local ok, err = errors.try(evaluate.run, options(path, { limit = 2 }))
    locked = not ok and err.code
    return sample.expected
  end }))
  lu.assertEquals(locked, "Locked")
  for name, change in pairs { dataset = { limit = 1 }, scorers = { limit = 2, scorers = { score.contains() } },
      options = { limit = 2, max_tokens = 5 } } do
    local ok, err = errors.try(evaluate.run, options(path, change))
    lu.assertNil(ok)
    lu.assertEquals(err.code, "OtherEvaluation")
    lu.assertStrContains(err.message, name)
  end
  write(path, "prose\n")
  local ok, err = errors.try(evaluate.run, options(path))
  lu.assertNil(ok)
  lu.assertEquals(err.code, "NotResults")
  lu.assertStrContains(err.message, "line 1")
end

TestMoney = { tearDown = forget }

local priced = catalog.new { prices = { toy = { input = { amount = 1, source = { date = "2026-01-01", text = "test" } },
  output = { amount = 10, source = { date = "2026-01-01", text = "test" } } } } }

local function toy(asked)
  return { model_id = "toy", ask = function(sample)
    asked[#asked + 1] = sample.id
    return { text = sample.expected, usage = { input_tokens = 5, output_tokens = 10 } }
  end }
end

function TestMoney.test_all_that_is_sent_is_set_aside()
  local asked = {}
  local summary = evaluate.run(options(path_for(), { target = toy(asked), catalog = priced, budget = 1.0, limit = 1,
    max_tokens = 20, sample = function(record)
      return { input = record.input, system = ("x"):rep(4000), expected = record.expected }
    end }))
  lu.assertEquals({ summary.stopped, summary.scored }, { "budget", 0 })
end

function TestMoney.test_it_stops_before_the_budget_is_exceeded()
  local path, asked = path_for(), {}
  local one = (5 * 1 + 10 * 10) / 1000
  local more = { target = toy(asked), catalog = priced, budget = 1.0, max_tokens = 20, concurrency = 4 }
  local summary = evaluate.run(options(path, more))
  lu.assertEquals({ summary.complete, summary.stopped }, { false, "budget" })
  lu.assertTrue(summary.cost <= 1.0)
  lu.assertAlmostEquals(summary.cost, #asked * one, 1e-9)
  lu.assertTrue(#asked >= 5)
  more.budget = 10
  summary = evaluate.run(options(path, more))
  lu.assertEquals({ summary.complete, #asked }, { true, 30 })
  lu.assertAlmostEquals(summary.cost, 30 * one, 1e-9)
end

function TestMoney.test_an_unknown_price_is_refused()
  local ok, err = errors.try(evaluate.run, options(path_for(), { target = toy {}, budget = 1 }))
  lu.assertNil(ok)
  lu.assertEquals(err.code, "UnknownPrice")
  local summary = evaluate.run(options(path_for(), { target = toy {}, budget = 1, unknown_price = "allow" }))
  lu.assertEquals({ summary.scored, summary.unpriced }, { 30, 30 })
end

function TestMoney.test_the_cache_pays_once()
  local file, asked = path_for(), {}
  for round = 1, 2 do
    local summary = evaluate.run(options(path_for(), { target = toy(asked), catalog = priced, cache = file }))
    lu.assertEquals({ #asked, summary.cached, summary.scored }, { 30, round == 1 and 0 or 30, 30 })
    lu.assertEquals(summary.cost > 0, round == 1)
  end
end

-- Whoever asks later waits for the answer; after a failure it asks itself.
function TestMoney.test_the_cache_pays_once_for_what_is_asked_at_the_same_time()
  local same, calls = {}, 0
  for i = 1, 8 do same[i] = { input = "same", expected = "yes" } end
  local target = { model_id = "toy", ask = function()
    calls = calls + 1
    local mine = calls
    task.sleep(0.01)
    if mine == 1 then errors.raise { code = "InternalServerException", message = "no", status = 500 } end
    return { text = "yes", usage = { input_tokens = 5, output_tokens = 10 } }
  end }
  local answers <close> = cache.open(path_for())
  local summary = evaluate.run(options(path_for(), { dataset = same, target = target, cache = answers }))
  lu.assertEquals({ calls, summary.error, summary.scored, summary.cached }, { 2, 1, 7, 6 })
end

function TestMoney.test_the_cache_tells_targets_apart()
  local answers <close> = cache.open(path_for())
  local asked, id = {}, "anthropic.claude-3-haiku-20240307-v1:0"
  local runtime = {
    converse = function() return { output = { message = { content = { { text = "converse" } } } } } end,
    invoke_model = function()
      return { body = { read = function() return '{"content":[{"type":"text","text":"invoke"}]}' end } }
    end,
  }
  local targets = { id, { model_id = id, api = "invoke_model" }, { model_id = id, ask = function() return "own" end },
    { model_id = id, api = "auto", family = "anthropic" } }
  for round = 1, 2 do
    for i, target in ipairs(targets) do
      local path = path_for()
      local summary = evaluate.run(options(path, { target = target, limit = 1, cache = answers, runtime = runtime }))
      lu.assertEquals(summary.cached, round - 1)
      asked[i] = results_file.read(path).samples[1].answer
    end
    lu.assertEquals(asked, { "converse", "invoke", "own", "converse" })
  end
  lu.assertErrorMsgContains("`target` is a model id", evaluate.run, options(path_for(), { target = { model_id = 7,
    ask = print } }))
end

function TestMoney.test_what_is_wrong_in_the_cache_is_asked_again()
  local file, asked = path_for(), {}
  local edits = { ['"answer":"%d+"'] = '"answer":5', ['"status":"scored"'] = '"status":"best"',
    ['"latency_ms":[%d.]+'] = '"latency_ms":"x"', ['"usage":{[^}]*}'] = '"usage":7' }
  for _, edit in ipairs(require("moonrock.tables").keys(edits)) do
    for round = 1, 2 do
      local answers <close> = cache.open(file)
      local path = path_for()
      evaluate.run(options(path, { target = toy(asked), catalog = priced, cache = answers, limit = 1 }))
      lu.assertEquals(results_file.read(path).samples[1].answer, "1")
      local text, n = read(file):gsub(edit, edits[edit])
      lu.assertTrue(n > 0 or round == 2, edit)
      write(file, text)
    end
    os.remove(file)
  end
  lu.assertEquals(#asked, 6) -- a count or a time that is none does not make the answer one
end

function TestMoney.test_a_cache_that_cannot_be_written_is_told()
  local answers = cache.open(path_for())
  answers.file = io.open("/dev/full", "w")
  local _, err = errors.try(evaluate.run, options(path_for(), { target = toy {}, limit = 1, cache = answers }))
  lu.assertEquals(err.code, "CannotWrite")
  lu.assertStrContains(err.message, "the cache")
end

-- As a kill leaves it: the last answer is missing.
local function without_last_sample(path)
  local text = read(path):gsub('{[^\n]*"kind":"end"[^\n]*\n', "")
  local lines, last = {}, nil
  for line in text:gmatch "[^\n]*\n" do
    lines[#lines + 1] = line
    last = json.decode(line).kind == "sample" and #lines or last
  end
  table.remove(lines, last)
  write(path, table.concat(lines))
end

function TestMoney.test_what_may_have_been_paid_is_not_forgotten()
  local path, asked = path_for(), {}
  local more = { target = toy(asked), catalog = priced, budget = 10, max_tokens = 20, limit = 2, concurrency = 1 }
  evaluate.run(options(path, more))
  without_last_sample(path)
  local doubt = results_file.read(path)
  local id, most = next(doubt.doubt)
  lu.assertEquals({ id, doubt.in_doubt[id] }, { asked[2], true })
  lu.assertTrue(most > 0.2 and most < 0.3)
  for _ = 1, 2 do -- also where there is nothing to do
    evaluate.run(options(path, more))
    local whole = results_file.read(path)
    lu.assertEquals({ next(whole.in_doubt), next(whole.doubt) }, {})
    lu.assertAlmostEquals(whole.lost, most, 1e-9)
  end
  without_last_sample(path)
  more.budget = (5 * 1 + 10 * 10) / 1000 + 2.5 * most -- one answer, two calls in doubt, and no other
  local summary = evaluate.run(options(path, more))
  lu.assertEquals({ summary.stopped, #asked }, { "budget", 3 })
  more.budget = more.budget + most
  lu.assertTrue(evaluate.run(options(path, more)).complete)
  lu.assertAlmostEquals(results_file.read(path).lost, 2 * most, 1e-9)
end

TestCompare = { tearDown = forget }

local function two_runs()
  local base, tuned = path_for(), path_for()
  evaluate.run(options(base, { name = "base", target = function(sample)
    return sample.index % 2 == 0 and sample.expected or "no"
  end }))
  evaluate.run(options(tuned, { name = "tuned", target = function(sample)
    return sample.index ~= 2 and sample.expected or "no"
  end }))
  return base, tuned
end

function TestCompare.test_a_latency_that_nobody_measured_passes_no_gate()
  local base, tuned = two_runs()
  lu.assertTrue(gate.judge("latency_p95 <= 60000", compare.runs(base, tuned)).passed)
  write(tuned, (read(tuned):gsub('"latency_ms":%d+', '"cached":true')))
  local ok, err = errors.try(gate.judge, "latency_p95 <= 60000", compare.runs(base, tuned))
  lu.assertNil(ok)
  lu.assertEquals(err.code, "BadGate")
end

function TestCompare.test_pairs_flips_and_gates()
  local comparison = compare.runs(two_runs())
  local pair = comparison.scores.exact
  lu.assertEquals({ pair.only_first, pair.only_second, pair.n, pair.test }, { 1, 15, 30, "mcnemar" })
  lu.assertAlmostEquals(pair.difference, 14 / 30, 1e-12)
  lu.assertEquals(#comparison.flips, 16)
  lu.assertEquals({ comparison.flips[1].index, comparison.flips[1].base_answer, comparison.flips[1].tuned_answer },
    { 2, "2", "no" })
  lu.assertStrContains(compare.format(comparison), "better")
  for text, passed in pairs {
    ["exact >= 0.9"] = true, ["exact > base"] = true, ["exact > base + 0.6"] = false, ["exact.low >= 0.95"] = false,
    ["error_rate <= 0; truncated_rate <= 0"] = true, ["exact > base; exact >= 0.99"] = false,
    ["exact < base"] = false, ["exact >= base - 0.1\nexact.high > 0.9"] = true,
  } do
    lu.assertEquals(gate.judge(text, comparison).passed, passed, text)
  end
  for _, text in ipairs { "", "exact", "exact > much", "exat > 0.5", "exact.low > base", "error_rate > base",
    "exact >= 95", "error_rate <= 5", "exact > base - 2", "exact >= -0.1" } do
    local ok, err = errors.try(gate.judge, text, comparison)
    lu.assertNil(ok, text)
    lu.assertEquals(err.code, "BadGate")
  end
end

function TestCompare.test_exit_codes_and_junit()
  local base, tuned = two_runs()
  local junit = path_for()
  local run = program.run { "eval", "compare", base, tuned, "--gate", "exact > base", "--junit", junit, "--flips", "1" }
  lu.assertEquals({ run.code, run.err }, { 0, "" })
  lu.assertStrContains(run.out, "pass  exact > base")
  lu.assertStrContains(read(junit), 'tests="1" failures="0"')
  run = program.run { "eval", "compare", tuned, base, "--gate", "exact >= base; exact <= 1", "--junit", junit }
  lu.assertEquals(run.code, 1)
  lu.assertStrContains(run.out, "FAIL  exact >= base")
  lu.assertStrContains(read(junit), 'tests="2" failures="1"')
  run = program.run { "eval", "compare", base, tuned, "--format", "json", "--gate", "exact > base" }
  lu.assertTrue(json.decode(run.out).gate.passed)
  run = program.run { "eval", "show", base }
  lu.assertStrContains(run.out, "exact            0.5000")
  for words, message in pairs {
    [{ "eval" }] = "show, compare or report", [{ "eval", "compare", base }] = "two files",
    [{ "eval", "compare", base, tuned, "--gate", "exakt > 1" }] = "did you mean exact",
    [{ "eval", "show", base, "--gates", "x" }] = "did you mean --gate",
  } do
    run = program.run(words)
    lu.assertEquals(run.code, 2)
    lu.assertStrContains(run.err, message)
  end
  run = program.run { "eval", "show", base .. ".none" }
  lu.assertEquals(run.code, 1)
end

function TestCompare.test_nothing_in_common()
  local base = two_runs()
  local other = path_for()
  evaluate.run(options(other, { scorers = { score.contains() } }))
  local ok, err = errors.try(compare.runs, base, other)
  lu.assertNil(ok)
  lu.assertEquals(err.code, "NothingToCompare")
end

os.exit(lu.LuaUnit.run())
