-- SPDX-License-Identifier: MIT
-- compare_test: what a comparison dares to say of few samples and of runs that do not differ.

local lu = require "luaunit"
local compare = require "moonrock.compare"
local errors = require "moonrock.error"
local evaluate = require "moonrock.evaluate"
local files = require "files"
local gate = require "moonrock.gate"
local json = require "moonrock.json"
local program = require "program"
local results_file = require "moonrock.evaluate.results"
local score = require "moonrock.score"
local path_for, forget, write = files.path_for, files.forget, files.write

TestCompare = { tearDown = forget }

-- Two runs of as many samples with the scores that `scores_of(i)` gives.
local function runs_of(count, scores_of)
  local function run(which)
    local out = { json.encode { kind = "run", name = which, version = 1, fingerprint = which, options = {},
      scorers = {}, target = {}, started = "2026-01-01T00:00:00Z", dataset = { sha256 = "x", records = count } } }
    for i = 1, count do
      local base, tuned = scores_of(i)
      out[#out + 1] = json.encode { kind = "sample", id = "s" .. i, index = i, status = "scored", input = "q" .. i,
        answer = "a", scores = { s = which == "base" and base or tuned } }
    end
    local path = path_for()
    write(path, table.concat(out, "\n") .. "\n")
    return path
  end
  return run "base", run "tuned"
end

function TestCompare.test_a_handful_of_samples_shows_nothing()
  for _, case in ipairs {
    { 2, function() return 0, 1 end, false }, { 5, function() return 0, 1 end, false },
    { 6, function() return 0, 1 end, true }, { 2, function(i) return 0.1, 0.5 + i / 10 end, false },
    { 5, function(i) return 0.1, 0.5 + i / 10 end, false }, { 6, function(i) return 0.1, 0.4 + i / 10 end, true },
    { 40, function(i) return 0, i <= 5 and 1 or 0 end, false }, -- the interval says yes, McNemar's 2 / 32 no
  } do
    local comparison = compare.runs(runs_of(case[1], case[2]))
    lu.assertEquals(gate.judge("s > base", comparison).passed, case[3], case[1])
    lu.assertEquals(comparison.scores.s.verdict, case[3] and "better" or "same")
    lu.assertEquals(compare.format(comparison):find("at least 6 samples are needed", 1, true) ~= nil, case[1] < 6)
  end
end

function TestCompare.test_runs_that_do_not_differ()
  for _, worth in ipairs { 1, 0.5 } do
    local comparison = compare.runs(runs_of(20, function() return worth, worth end))
    local pair = comparison.scores.s
    lu.assertTrue(pair.low < -0.05 and pair.high > 0.05, "twenty samples are no proof of sameness")
    for text, passed in pairs { ["s > base"] = false, ["s >= base"] = true, ["s >= base - 0.01"] = true,
      ["s > base - 0.01"] = true, ["s >= base + 0.01"] = false, ["s <= base"] = true, ["s < base"] = false } do
      lu.assertEquals(gate.judge(text, comparison).passed, passed, text)
    end
    lu.assertFalse(gate.judge("s >= base", compare.runs(runs_of(3, function() return worth, worth end))).passed)
  end
end

function TestCompare.test_a_model_that_is_served_anew_is_the_same()
  local asked, path = 0, path_for()
  local runtime = { converse = function(_, request)
    asked = asked + 1
    if asked == 3 then error "killed" end
    return { output = { message = { content = { { text = request.modelId } } } }, stopReason = "end_turn" }
  end }
  local function run(endpoint, model)
    return errors.try(evaluate.run, { dataset = { { input = "a" }, { input = "b" }, { input = "c" }, { input = "d" } },
      target = setmetatable({ model_id = endpoint, model_arn = model }, {}), runtime = runtime, output = path,
      concurrency = 1, scorers = { score.custom("any", function() return 1 end) } })
  end
  run("arn:endpoint/1", "arn:model/1")
  lu.assertEquals(run("arn:endpoint/2", "arn:model/1").scored, 4)
  lu.assertEquals(asked, 5)
  local _, err = run("arn:endpoint/2", "arn:model/2")
  lu.assertStrContains(tostring(err), "it differs in target --")
end

-- So that prompts can be compared on one dataset: its samples stay the same, and are paired.
function TestCompare.test_the_option_system_stands_above_the_records_own()
  local asked, paths = {}, {}
  local runtime = { converse = function(_, request)
    asked[#asked + 1] = request.system[1].text
    return { output = { message = { content = { { text = "x" } } } }, stopReason = "end_turn" }
  end }
  local dataset = {}
  for i = 1, 6 do
    dataset[i] = { system = "their own", messages = { { role = "user", content = "q" .. i },
      { role = "assistant", content = "a" } } }
  end
  local cache = path_for()
  for i, system in ipairs { false, "mine" } do
    paths[i] = path_for()
    evaluate.run { dataset = dataset, target = { model_id = "m" }, runtime = runtime, output = paths[i],
      system = system or nil, scorers = { score.exact() }, cache = cache }
  end
  lu.assertEquals({ #asked, asked[1], asked[12] }, { 12, "their own", "mine" })
  lu.assertEquals(compare.runs(paths[1], paths[2]).scores.exact.n, 6)
end

function TestCompare.test_answers_are_scored_anew()
  local old, new, asked = path_for(), path_for(), 0
  local dataset = { { input = "a", expected = "A" }, { input = "b", expected = "B" } }
  local function run(target, output, scorers)
    return evaluate.run { dataset = dataset, target = target, output = output, scorers = scorers }
  end
  run(function(sample)
    asked = asked + 1
    if sample.input == "b" then errors.raise { code = "ValidationException", message = "no" } end
    return { text = "a", stop_reason = "end_turn", usage = { input_tokens = 3, output_tokens = 1 } }
  end, old, { score.exact() })
  local summary = run(results_file.read(old), new, { score.exact(), score.contains { text = "a" } })
  lu.assertEquals({ asked, summary.scored, summary.error, summary.scores.contains.estimate, summary.cost },
    { 2, 1, 1, 1.0, 0.0 })
  lu.assertEquals(results_file.read(new):in_order()[1].usage.input_tokens, 3)
  lu.assertStrContains(program.run({ "eval", "show", new }).out, "1 of NotAnswered: ")
  local result, err = errors.try(run, function() return "x" end, new, { score.exact(), score.contains { text = "a" } })
  lu.assertNil(result)
  lu.assertEquals(err.code, "OtherEvaluation")
end

function TestCompare.test_several_runs_beside_each_other()
  local base, tuned = runs_of(20, function(i) return i <= 5 and 1 or 0, i <= 15 and 1 or 0 end)
  local lines = {}
  for line in program.run({ "eval", "show", base, tuned }).out:gmatch "[^\n]+" do lines[#lines + 1] = line end
  lu.assertEquals(#lines, 3)
  lu.assertStrMatches(lines[1], "run +scored +not scored +cost +s")
  lu.assertStrMatches(lines[2], "base +20 +0 +%$0.00 +0.2500 %[0.1119, 0.4687%]")
  lu.assertStrMatches(lines[3], "tuned +20 +0 +%$0.00 +0.7500 %[0.5313, 0.8881%]")
  local list = json.decode(program.run({ "eval", "show", base, tuned, "--format", "json" }).out)
  lu.assertEquals({ #list, list[2].name, list[2].scores.s.estimate }, { 2, "tuned", 0.75 })
end

function TestCompare.test_show_says_why()
  local path = path_for()
  local function target(sample)
    if sample.input == "b" then errors.raise { code = "ValidationException", message = "no such model" } end
    return "x"
  end
  evaluate.run { dataset = { { input = "a" }, { input = "b" } }, target = target, output = path,
    scorers = { score.custom("odd", function() return 5 end) } }
  local out = program.run({ "eval", "show", path }).out
  lu.assertStrContains(out, "error            1\n  1 of ValidationException: no such model\n")
  lu.assertStrContains(out, "1 not judged\n  1 of BadScore: ")
end

os.exit(lu.LuaUnit.run())
