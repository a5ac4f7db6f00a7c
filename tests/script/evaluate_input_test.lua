-- SPDX-License-Identifier: MIT
-- What evaluation meets: scorers that cannot judge, scripts that are wrong, answers that are huge or
-- hostile, storms of throttling, a second process, models that Converse does not serve.

local lu = require "luaunit"
local compare = require "moonrock.compare"
local errors = require "moonrock.error"
local evaluate = require "moonrock.evaluate"
local files = require "files"
local json = require "moonrock.json"
local limiter = require "moonrock.limiter"
local plain = require "moonrock.plain"
local results_file = require "moonrock.evaluate.results"
local score = require "moonrock.score"
local task = require "moonrock.task"
local time = require "moonrock.time"

local program = dofile((arg[0]:match("^(.*/)tests/") or "./") .. "tests/support/program.lua")

local path_for, forget = files.path_for, files.forget

local records = {}
for i = 1, 20 do
  records[i] = { input = "question " .. i, expected = tostring(i) }
end

local function options(output, more)
  local all = { dataset = records, scorers = { score.exact() }, output = output, name = "run",
    target = function(sample) return sample.expected end }
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

TestScorers = { tearDown = forget }

function TestScorers.test_what_cannot_be_judged_is_kept_and_has_no_score()
  local path, asked = path_for(), 0
  local more = { scorers = { score.exact(), score.contains { text = "1" } },
    dataset = { { input = "a", expected = "1" }, { input = "b" } }, target = function()
      asked = asked + 1
      return "1"
    end }
  for _ = 1, 2 do -- asking or judging again would change nothing
    local summary = evaluate.run(options(path, more))
    lu.assertEquals({ asked, summary.scored, summary.scores.exact.n, summary.unjudged }, { 2, 2, 1, { exact = 1 } })
    lu.assertEquals({ summary.scores.contains.n, summary.complete }, { 2, true })
  end
  local line = results_file.read(path).samples[2]
  lu.assertEquals(line.unjudged.exact.code, "NotScorable")
  lu.assertStrContains(program.run({ "eval", "show", path }).out, "n 1, 1 not judged")
end

function TestScorers.test_a_wrong_scorer_loses_no_answer()
  local path, asked = path_for(), 0
  local function target(sample)
    asked = asked + 1
    return sample.expected
  end
  local wrong = score.custom("mine", function(sample) return sample.no.such end)
  lu.assertErrorMsgContains("attempt to index", evaluate.run, options(path, { scorers = { wrong }, target = target,
    concurrency = 1 }))
  lu.assertEquals(asked, 1)
  local mended = score.custom("mine", function(sample) return sample.answer == sample.expected end)
  local summary = evaluate.run(options(path, { scorers = { mended }, target = target }))
  lu.assertEquals({ asked, summary.scores.mine.n, summary.scores.mine.estimate }, { 20, 20, 1.0 })
end

function TestScorers.test_the_order_is_that_of_the_dataset()
  local one, two = path_for(), path_for()
  local graded = score.custom("graded", function(sample) return sample.index % 7 / 7 end)
  evaluate.run(options(one, { scorers = { graded }, concurrency = 1 }))
  evaluate.run(options(two, { scorers = { graded }, target = function(sample)
    task.sleep(0.001 * (20 - sample.index))
    return "x"
  end, concurrency = 20 }))
  lu.assertNotEquals(results_file.read(two).samples[1].index, 1)
  lu.assertEquals(evaluate.summary(two).scores, evaluate.summary(one).scores)
end

TestAnswers = { tearDown = forget }

local HOSTILE = "\27[31mred\27]0;title\7 </script><b>&\u{202e}gnp\u{9b}2J\255\r\nend"

function TestAnswers.test_nothing_in_an_answer_moves_the_terminal()
  local base, tuned = path_for(), path_for()
  local name = "na\27[2Jme\u{202e}"
  evaluate.run(options(base, { name = name, target = function() return HOSTILE end }))
  evaluate.run(options(tuned, { name = name, scorers = { score.exact() } }))
  lu.assertEquals(results_file.read(base).by_id[results_file.read(base).samples[1].id].answer:sub(1, 5), "\27[31m")
  for _, words in ipairs { { "eval", "show", base }, { "eval", "compare", base, tuned, "--flips", "9" } } do
    local out = program.run(words).out
    lu.assertNil(out:gsub("\n", ""):find("%c"))
    lu.assertNotNil(utf8.len(out))
    for _, mark in ipairs { "\u{202e}", "\u{9b}" } do
      lu.assertNil(out:find(mark, 1, true))
    end
  end
  lu.assertStrContains(compare.format(compare.runs(base, tuned)), plain.line(name))
end

function TestAnswers.test_lines_of_strangers()
  for text, line in pairs {
    ["a\r\nb\t c"] = "a b c", ["\27[0m"] = "\u{fffd}[0m", ["caf\u{e9} \u{1f600}"] = "caf\u{e9} \u{1f600}",
    ["\255\254"] = "\u{fffd}\u{fffd}", ["x\u{200f}y"] = "x\u{fffd}y", [""] = "",
  } do
    lu.assertEquals(plain.line(text), line)
  end
  lu.assertEquals(plain.line(("\u{e9}"):rep(50), 10), ("\u{e9}"):rep(7) .. "...")
  lu.assertEquals(plain.line(("\u{e9}"):rep(10), 10), ("\u{e9}"):rep(10))
  lu.assertEquals(utf8.len(plain.line(("\255"):rep(50), 10)), 10)
end

function TestAnswers.test_an_answer_of_25_megabytes()
  local path = path_for()
  local huge = ("x"):rep(25000000)
  local more = { dataset = { { input = "a", expected = "1" }, { input = "b", expected = huge } },
    target = function(sample) return sample.index == 1 and huge or sample.expected end,
    scorers = { score.exact(), score.json_valid() } }
  local summary = evaluate.run(options(path, more))
  lu.assertEquals({ summary.scored, summary.scores.exact.estimate }, { 2, 0.5 })
  lu.assertTrue(evaluate.run(options(path, more)).complete)
  lu.assertTrue(#program.run({ "eval", "show", path }).out < 2000)
end

-- Also where a gateway has put the status alone, or another name, in place of the service's words.
function TestAnswers.test_throttled_by_any_name_is_no_error()
  local faults = { { code = "ThrottlingException", status = 429 }, { code = "SlowDown", status = 503 },
    { code = "TooManyTokens", status = 429 }, { code = "RequestLimitExceeded", status = 400 },
    { code = "ServiceUnavailableException", status = 503 }, { code = "ValidationException", status = 400 } }
  local summary = evaluate.run(options(path_for(), { limit = #faults, target = function(sample)
    errors.raise { code = faults[sample.index].code, status = faults[sample.index].status, message = "no" }
  end }))
  lu.assertEquals({ summary.throttled, summary.error }, { 5, 1 })
end

-- What a script's own target and scorers give beside the answer is of any type.
function TestAnswers.test_odd_things_beside_an_answer_lose_nothing()
  local path, odd = path_for(), { { usage = 5 }, { usage = { input_tokens = json.null, output_tokens = 0 / 0 } },
    { stop_reason = {}, attempts = "2" }, { usage = { input_tokens = "7", output_tokens = 3 } } }
  local summary = evaluate.run(options(path, { limit = #odd, budget = 1, unknown_price = "allow",
    target = function(sample)
      local answer = odd[sample.index]
      answer.text = "x"
      return answer
    end,
    scorers = { score.custom("reason", function() return 1, 5 end),
      { name = "odd", kind = "own", score = function(sample)
        return ({ true, 0 / 0, "1", 1.5 })[sample.index]
      end } } }))
  lu.assertEquals({ summary.scored, summary.scores.reason.n, summary.scores.odd, summary.unjudged.odd },
    { 4, 4, nil, 4 })
  local samples = results_file.read(path):in_order()
  lu.assertEquals({ samples[1].usage, samples[2].usage, samples[3].attempts }, { nil, nil, 1 })
  lu.assertEquals(samples[4].usage, { output_tokens = 3 })
  lu.assertEquals({ samples[1].details.reason, samples[1].unjudged.odd.code }, { "5", "BadScore" })
end

function TestAnswers.test_a_file_that_was_edited()
  local path = path_for()
  evaluate.run(options(path, { limit = 1 }))
  local text = files.read(path)
  for from, to in pairs { ['"scores":{[^}]*}'] = '"scores":5', ['"exact":[%d.]+'] = '"exact":"x"',
    ['"answer":"[^"]*"'] = '"answer":5', ['"latency_ms":%d+'] = '"latency_ms":"5"', ['"index":1'] = '"index":1.5',
    ['"name":"[^"]*"'] = '"name":null', ['"attempts":1'] = '"usage":{"input_tokens":null}' } do
    local edited, n = text:gsub(from, to, 1)
    lu.assertEquals(n, 1, from)
    files.write(path, edited)
    local ok, err = errors.try(evaluate.summary, path)
    lu.assertNil(ok, to)
    lu.assertEquals(err.code, "NotResults", to)
    lu.assertStrMatches(err.message, ".*, line %d, is no line of an evaluation: its %l+[_%l]* cannot be .+")
  end
end

function TestAnswers.test_a_limit_may_grow()
  local path, asked = path_for(), 0
  local function run(more)
    local all = options(path, more)
    all.target = function(sample)
      asked = asked + 1
      return sample.expected
    end
    return errors.try(evaluate.run, all)
  end
  lu.assertEquals(run({ limit = 3 }).scored, 3)
  lu.assertEquals({ run({ limit = 5 }).scored, asked }, { 5, 5 })
  lu.assertEquals(results_file.read(path).run.options.limit, 5)
  lu.assertEquals({ run({ limit = 5 }).scored, asked }, { 5, 5 })
  lu.assertEquals({ run({}).scored, asked }, { #records, #records })
  lu.assertNotNil(results_file.read(path).finished)
  local result, err = run { limit = 4 } -- what there is is more
  lu.assertNil(result)
  lu.assertEquals(err.code, "OtherEvaluation")
  path, asked = path_for(), 0
  run { limit = 3 }
  for _, more in ipairs { { limit = 5, temperature = 1 }, { limit = 5, seed = 7 },
    { limit = 5, dataset = table.move(records, 2, 7, 1, {}) }, { limit = 5, dataset = { records[1], records[2] } } } do
    result, err = run(more)
    lu.assertNil(result)
    lu.assertEquals(err.code, "OtherEvaluation")
  end
  lu.assertEquals(asked, 3)
end

TestStorm = { tearDown = forget }

-- A service that answers a few calls a second, and says so or not.
local function storm(retry_after)
  local free_at = 0
  local refused = 0
  return function(sample)
    if time.monotonic() < free_at then
      refused = refused + 1
      errors.raise { code = "ThrottlingException", message = "Too many requests", retry_after = retry_after,
        retryable = true }
    end
    free_at = time.monotonic() + 0.01
    return sample.expected
  end, function() return refused end
end

function TestStorm.test_throttling_is_waited_out()
  for _, retry_after in ipairs { 0.02, false } do
    local target, refused = storm(retry_after or nil)
    local limits = limiter.new { concurrency = 8, patience = 60 }
    local summary = evaluate.run(options(path_for(), { target = target, limiter = limits,
      dataset = table.move(records, 1, retry_after and 20 or 4, 1, {}) }))
    lu.assertEquals({ summary.complete, summary.throttled, summary.error }, { true, 0, 0 })
    lu.assertTrue(refused() > 0)
  end
end

function TestStorm.test_who_has_no_patience_can_go_on_later()
  local path = path_for()
  local target = storm()
  local limits = limiter.new { concurrency = 8, patience = 0 }
  local summary = evaluate.run(options(path, { target = target, limiter = limits }))
  lu.assertTrue(summary.throttled > 0 and summary.scored > 0)
  lu.assertEquals({ summary.complete, summary.scores.exact.n, summary.scores.exact.estimate }, { true, summary.scored,
    1.0 })
  summary = evaluate.run(options(path))
  lu.assertEquals({ summary.throttled, summary.scored }, { 0, 20 })
end

TestProcesses = { tearDown = forget }

local RUN = [[
local evaluate, score = require "moonrock.evaluate", require "moonrock.score"
local records = {}
for i = 1, 20 do records[i] = { input = "question " .. i, expected = tostring(i) } end
local ok, err = require("moonrock").try(evaluate.run, { dataset = records, output = arg[1], name = "run",
  scorers = { score.exact() }, target = function(sample)
    if arg[2] then os.execute(arg[2]) end -- the other one, while this one asks
    arg[2] = nil
    return sample.expected
  end, concurrency = 1 })
print(ok and ok.scored or err.code)]]

function TestProcesses.test_two_on_one_torn_file()
  local path, script = path_for(), program.file(RUN, ".lua")
  evaluate.run(options(path, { limit = nil, dataset = records }))
  local lines = {}
  for line in io.lines(path, "L") do
    if #lines < 9 then lines[#lines + 1] = line end
  end
  local file = assert(io.open(path, "wb"))
  file:write(table.concat(lines), '{"kind":"sample","id":"half')
  file:close()
  local log = path_for()
  local other = ("'%s' run '%s' '%s' >'%s' 2>&1"):format(program.path, script, path, log)
  local r = program.run { "run", script, path, other }
  os.remove(script)
  lu.assertEquals({ r.out, r.err, files.read(log) }, { "20\n", "", "Locked\n" })
  local calls = {}
  for line in io.lines(path) do
    local value = json.decode(line)
    if value.kind == "call" then calls[value.id] = (calls[value.id] or 0) + 1 end
  end
  local twice = 0
  for _, n in pairs(calls) do twice = twice + n - 1 end
  lu.assertTrue(twice <= 1) -- the one that was in doubt
end

TestTarget = { tearDown = forget }

-- A client of a model that Converse does not serve, of each family.
local function client_of(reply, seen)
  return {
    converse = function()
      seen.converse = (seen.converse or 0) + 1
      errors.raise { code = "ValidationException", retryable = false,
        message = "This action doesn't support the model that you provided. Try again with a supported text or chat "
          .. "model." }
    end,
    invoke_model = function(_, params)
      seen.body = params.body
      return { body = { read = function() return json.encode(reply) end }, ResponseMetadata = { RetryAttempts = 1,
        HTTPHeaders = { ["x-amzn-bedrock-input-token-count"] = "7", ["x-amzn-bedrock-output-token-count"] = "3" } } }
    end,
  }
end

function TestTarget.test_models_that_converse_does_not_serve()
  for id, case in pairs {
    ["arn:aws:bedrock:us-west-2:1:custom-model-deployment/x"] = { { content = { { type = "text", text = "hi" } },
      stop_reason = "end_turn", usage = { input_tokens = 7, output_tokens = 3 } }, "anthropic_version" },
    ["amazon.titan-text-lite-v1"] = { { results = { { outputText = "hi", completionReason = "FINISH" } } },
      "inputText" },
    ["meta.llama3-8b-instruct-v1:0"] = { { generation = "hi", stop_reason = "stop" }, "max_gen_len" },
    ["mistral.mistral-7b-instruct-v0:2"] = { { outputs = { { text = "hi", stop_reason = "stop" } } }, "prompt" },
    ["amazon.nova-micro-v1:0"] = { { output = { message = { content = { { text = "hi" } } } },
      stopReason = "end_turn", usage = { inputTokens = 7, outputTokens = 3 } }, "inferenceConfig" },
  } do
    local path, seen = path_for(), {}
    local summary = evaluate.run(options(path, { target = id, runtime = client_of(case[1], seen), concurrency = 1,
      unknown_price = "allow", system = "be brief" }))
    lu.assertEquals({ summary.scored, seen.converse }, { 20, 1 }, id) -- found out once
    lu.assertNotNil(seen.body[case[2]], id)
    local line = results_file.read(path).samples[1]
    lu.assertEquals({ line.answer, line.usage, line.attempts }, { "hi", { input_tokens = 7, output_tokens = 3 }, 2 })
  end
end

function TestTarget.test_cut_off_by_any_name()
  local seen = {}
  local summary = evaluate.run(options(path_for(), { target = { model_id = "amazon.titan-text-lite-v1",
    api = "invoke_model" }, runtime = client_of({ results = { { outputText = "h", completionReason = "LENGTH" } } },
    seen) }))
  lu.assertEquals({ summary.truncated, summary.scored, seen.converse }, { 20, 0, nil })
end

function TestTarget.test_fields_are_checked()
  for text, target in pairs { ["did you mean api"] = { model_id = "x", apo = "y" }, ["converse or invoke_model"] =
      { model_id = "x", api = "y" }, ["anthropic, llama"] = { model_id = "x", family = "y" } } do
    lu.assertErrorMsgContains(text, evaluate.run, options(path_for(), { target = target, runtime = {} }))
  end
end

os.exit(lu.LuaUnit.run())
