-- SPDX-License-Identifier: MIT
-- The examples, rehearsed as a user does it: what they print, that they repeat themselves byte
-- for byte, and what they say when something is wrong.

local lu = require "luaunit"
local json = require "moonrock.json"
local program = require "program"

local root = program.root
local FINETUNE, TUTORIAL = root .. "examples/finetune.lua", root .. "examples/tutorial.lua"
local SHIPPED = root .. "examples/data/json_answers.jsonl"
local REAL = root .. "../shared/data/finetuning/json_mode_dataset.jsonl"

-- The published dataset where it is there, otherwise our own; both have 500 records.
local function dataset()
  local file = io.open(REAL)
  if not file then return SHIPPED end
  file:close()
  return REAL
end

local function rehearse(...)
  return program.run { "rehearse", ... }
end

-- The last JSON value that a text ends with.
local function last_json(text)
  local value
  for at in text:gmatch "()%f[{]{" do
    if at == 1 or text:sub(at - 1, at - 1) == "\n" then
      value = json.decode(text:sub(at)) or value
    end
  end
  return value
end

TestFinetune = {}

function TestFinetune.test_all_steps_with_the_shipped_data()
  local r = rehearse(FINETUNE)
  lu.assertEquals(r.code, 0, r.err)
  lu.assertStrContains(r.out, [[
{
  "system": "JSON Mode: Enabled",
  "messages": [
    {
      "role": "user",
]])
  lu.assertStrContains(r.out, ": 500 records, about ")
  lu.assertStrContains(r.out, "\n2026-01-01T00:00:00Z  Validation       InProgress\n")
  lu.assertStrMatches(r.out, ".*\n2026%-01%-01T%d%d:%d%d:%d%dZ  Training         Completed\n.*")
  lu.assertStrContains(r.out, "\n625 metric rows\n")
  local losses = {}
  for loss in r.out:gmatch "125 steps, mean training loss (%d+%.%d+)" do losses[#losses + 1] = tonumber(loss) end
  lu.assertEquals(#losses, 5)
  for i = 2, 5 do lu.assertTrue(losses[i] < losses[i - 1]) end
  lu.assertStrMatches(r.out, ".*price of %d%d%d%d%-%d%d%-%d%d.*")
  lu.assertStrContains(r.out, "stand-in") -- the base model says what it is
  lu.assertEquals(type(last_json(r.out).answer), "table")
  lu.assertStrContains(r.err, "this is a rehearsal")
  lu.assertStrContains(r.err, "AWS would have charged")
  lu.assertNotStrContains(r.err, "still there")
end

function TestFinetune.test_twenty_runs_are_the_same_and_small()
  local first
  for _ = 1, 20 do
    local r = rehearse(FINETUNE, dataset(), "--seed", "7")
    lu.assertEquals(r.code, 0, r.err)
    first = first or r
    lu.assertTrue(r.out == first.out, "standard output differs")
    lu.assertTrue(r.err == first.err, "standard error differs")
  end
  lu.assertStrContains(first.out, "\n625 metric rows\n")
  lu.assertEquals(type(last_json(first.out)), "table")
  local other = rehearse(FINETUNE, dataset(), "--seed", "8")
  lu.assertFalse(other.out == first.out)
end

function TestFinetune.test_the_first_record_is_printed_as_python_does()
  local path = program.file('{"messages": [{"role": "user", "content": "caf\195\169 \\u20ac\\n"},'
    .. ' {"role": "assistant", "content": "b"}], "system": ""}\n')
  local r = rehearse(FINETUNE, path)
  os.remove(path)
  lu.assertStrContains(r.out, [[
{
  "messages": [
    {
      "role": "user",
      "content": "caf\u00e9 \u20ac\n"
    },
    {
      "role": "assistant",
      "content": "b"
    }
  ],
  "system": ""
}
]])
  lu.assertEquals(r.code, 1) -- one record is too few
  lu.assertStrContains(r.err, "too-few")
end

function TestFinetune.test_options()
  local r = rehearse(FINETUNE, "--region", "eu-west-1")
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "Claude 3 Haiku can be tuned in us-west-2, not in eu-west-1")
  lu.assertStrContains(r.out, "deleted bucket") -- what was made is removed all the same
  r = rehearse(FINETUNE, "--role", "<your role>")
  lu.assertStrContains(r.err, "a role looks like arn:aws:iam::123456789012:role/name")
  r = rehearse(FINETUNE, "--colour", "blue")
  lu.assertStrContains(r.err, "options are --bucket, --role, --region and --model")
  r = rehearse(FINETUNE, "/no/such.jsonl")
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "the dataset /no/such.jsonl cannot be read")
  r = rehearse(FINETUNE, "--", "--bucket", "a-bucket-of-mine")
  lu.assertStrContains(r.out, "== Uploading to s3://a-bucket-of-mine\n")
  lu.assertEquals(r.code, 0)
end

function TestFinetune.test_outside_a_rehearsal()
  local r = program.run({ FINETUNE }, { env = "env -i AWS_EC2_METADATA_DISABLED=true" })
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "moonrock rehearse") -- the hint, with no credentials and no network
  lu.assertNotStrContains(r.err, "scripts/")
end

TestTutorial = {}

function TestTutorial.test_it_runs_with_a_warning()
  local r = rehearse(TUTORIAL)
  lu.assertEquals(r.code, 0, r.err)
  lu.assertStrContains(r.out, "\nInProgress\nCompleted\n")
  lu.assertEquals(last_json(r.out).answer, { country = "France", capital = "Paris" })
  lu.assertStrContains(r.err, "moonrock: warning: ")
  lu.assertStrContains(r.err, "not a model that AWS lists as tunable")
end

function TestTutorial.test_strict_refuses_it()
  local r = rehearse("--strict", TUTORIAL)
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "ValidationException: The provided model identifier is invalid.")
  lu.assertStrContains(r.err, "examples/tutorial.lua:")
end

function TestTutorial.test_the_published_data()
  if dataset() == REAL then
    local r = rehearse(TUTORIAL, REAL)
    lu.assertEquals(r.code, 0, r.err)
    lu.assertEquals(type(last_json(r.out)), "table")
  end
end

TestEvaluate = {}

local EVALUATE = root .. "examples/evaluate.lua"

local function evaluate(...)
  local folder = os.tmpname()
  os.remove(folder)
  local r = rehearse(EVALUATE, dataset(), "--folder", folder, ...)
  return r, folder, function(name)
    local file = io.open(folder .. "/" .. name, "rb")
    local text = file and file:read("a") or ""
    if file then file:close() end
    return text
  end
end

local function remove(folder)
  os.execute("rm -r '" .. folder .. "'")
end

function TestEvaluate.test_the_gate_passes()
  local r, folder, read = evaluate()
  lu.assertEquals(r.code, 0, r.err)
  lu.assertStrMatches(r.out, ".*%d+ records to learn from, %d+ to be judged by\n.*")
  lu.assertStrContains(r.out, "json_valid   0.0000 -> 1.0000")
  lu.assertStrContains(r.out, "pass  json_valid > base")
  lu.assertStrContains(r.err, "AWS would have charged")
  lu.assertNotStrContains(r.err, "still there")
  lu.assertStrContains(read "junit.xml", 'tests="4" failures="0"')
  lu.assertTrue(read("report.html"):find("^<!DOCTYPE html>") ~= nil)
  lu.assertStrContains(r.err, "output anthropic.claude-3-haiku")
  -- All answers are there already: they are compared anew, and nothing is trained or asked.
  r = rehearse(EVALUATE, dataset(), "--folder", folder, "--gate", "exact > base")
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.out, "The tuned model has answered before")
  lu.assertStrContains(r.out, "FAIL  exact > base")
  lu.assertNotStrContains(r.err, "output anthropic.claude-3-haiku")
  lu.assertNotStrContains(r.err, "training anthropic.claude-3-haiku")
  -- Part of the answers of a model that was removed: told before anything is trained, with the way on.
  local lines = {}
  for line in read("tuned.jsonl"):gmatch "[^\n]+\n" do lines[#lines + 1] = #lines < 10 and line or nil end
  local file = assert(io.open(folder .. "/tuned.jsonl", "wb"))
  file:write(table.concat(lines))
  file:close()
  r = rehearse(EVALUATE, dataset(), "--folder", folder)
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "has part of the answers of a model that is gone")
  lu.assertStrContains(r.err, "Give another --folder, or delete that file")
  lu.assertNotStrContains(r.err, "training anthropic.claude-3-haiku")
  os.remove(folder .. "/tuned.jsonl")
  r = rehearse(EVALUATE, dataset(), "--folder", folder)
  lu.assertEquals(r.code, 0, r.err)
  lu.assertNotStrContains(r.err, "output anthropic.claude-3-haiku") -- the base model's answers stay
  remove(folder)
end

function TestEvaluate.test_the_gate_does_not_pass()
  local r, folder, read = evaluate("--gate", "json_valid >= 0.9; exact > base")
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.out, "pass  json_valid >= 0.9")
  lu.assertStrContains(r.out, "FAIL  exact > base")
  lu.assertStrContains(r.err, "the gate is not passed")
  lu.assertStrContains(r.err, "AWS would have charged")
  lu.assertStrContains(read "junit.xml", 'failures="1"')
  remove(folder)
  r = rehearse(EVALUATE, "--gate", "exact is good")
  lu.assertEquals({ r.code, r.out }, { 1, "" }) -- before anything is made
  lu.assertStrContains(r.err, "the condition 'exact is good'")
end

function TestEvaluate.test_money_and_limits()
  local r, folder = evaluate("--budget", "0.003")
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "stopped: budget; run it again with --folder " .. folder .. " to go on")
  lu.assertNotStrContains(r.err, "training anthropic") -- what fails for money fails before the training
  lu.assertStrContains(r.err, "total $0.00") -- of the emulator's bill
  lu.assertNotStrContains(r.err, "still there")
  remove(folder)
end

TestSessions = {}

function TestSessions.test_a_session_of_the_script_is_rehearsed_too()
  local r = program.script([[
local moonrock = require "moonrock"
local s3 = moonrock.session({ region = "eu-central-1" }):client("s3")
s3:create_bucket { Bucket = "other-region" }
print(s3:get_bucket_location({ Bucket = "other-region" }).LocationConstraint)
print(pcall(function() moonrock.session({ regoin = "x" }) end))]], {}, {
    before = { "rehearse" }, env = "AWS_BEARER_TOKEN_BEDROCK=x AWS_ENDPOINT_URL=http://127.0.0.1:1" })
  lu.assertEquals(r.code, 0, r.err)
  lu.assertStrContains(r.out, "eu-central-1\n")
  lu.assertStrContains(r.out, "did you mean region?")
end

TestState = {}

function TestState.test_what_was_made_is_there_in_the_next_run()
  local folder = os.tmpname()
  os.remove(folder)
  local r = program.script([[
local moonrock = require "moonrock"
local s3 = moonrock.client("s3")
s3:create_bucket { Bucket = "kept" }
s3:put_object { Bucket = "kept", Key = "a b+%/é", Body = "text" }
moonrock.sleep(3600)
s3:head_bucket { Bucket = "kept" }
print(os.date("!%H:%M"))]], {}, { before = { "rehearse", "--state", folder } })
  lu.assertEquals({ r.out, r.code }, { "01:00\n", 0 }, r.err)
  r = program.script([[
local s3 = require("moonrock").client("s3")
print(s3:get_object({ Bucket = "kept", Key = "a b+%/é" }).Body:read("a"), os.date("!%H:%M"))]], {},
    { before = { "rehearse", "--state", folder } })
  os.execute("rm -r '" .. folder .. "'")
  lu.assertEquals({ r.out, r.code }, { "text\t01:00\n", 0 }, r.err)
end

function TestState.test_what_goes_on_billing_is_told()
  local r = program.script([[
local moonrock = require "moonrock"
local bedrock = moonrock.client("bedrock")
bedrock:create_provisioned_model_throughput { provisionedModelName = "forgotten", modelUnits = 1,
  commitmentDuration = "OneMonth", modelId = "anthropic.claude-3-haiku-20240307-v1:0:200k" }]], {},
    { before = { "rehearse" } })
  lu.assertEquals(r.code, 0, r.err)
  lu.assertStrContains(r.err, "still there: provisioned throughput forgotten; at AWS it would go on costing money")
end

TestStream = {}

function TestStream.test_a_streamed_answer()
  local r = rehearse(root .. "examples/stream.lua", "Why is basalt dark?")
  lu.assertEquals(r.code, 0, r.err)
  lu.assertStrContains(r.out, "Why is basalt dark?")
  lu.assertStrMatches(r.out, ".*\n%(end_turn; %d+ tokens in, %d+ out%)\n")
  lu.assertEquals(rehearse(root .. "examples/stream.lua", "Why is basalt dark?").out, r.out)
end

TestData = {}

function TestData.test_lint_shows_and_puts_right()
  local r = program.run { "run", root .. "examples/lint.lua", SHIPPED }
  lu.assertEquals({ r.code, r.err }, { 0, "" })
  lu.assertStrMatches(r.out, "500 records, about %d+ tokens, 189 steps in 3 epochs of batches of 8\n")
  local record = '{"messages": [{"role": "user", "content": "%d"}, {"role": "%s", "content": "b"}]}\n'
  local lines = {}
  for i = 1, 40 do lines[i] = record:format(i, i == 5 and "gpt" or "assistant") end
  local path = program.file(table.concat(lines))
  r = program.run { "run", root .. "examples/lint.lua", path }
  lu.assertEquals(r.code, 0, r.err)
  lu.assertStrContains(r.out, path .. ":5:58: error role messages[1].role: ")
  lu.assertStrContains(r.out, "@@ -5,1 +5,1 @@\n-" .. lines[5] .. "+" .. record:format(5, "assistant"))
  lu.assertStrContains(r.out, path .. ".fixed: 1 lines changed, 0 errors left\n")
  os.remove(path)
  os.remove(path .. ".fixed")
end

function TestData.test_convert_sets_aside_what_has_no_form()
  local out = os.tmpname()
  local input = program.file '{"messages": [{"role": "user", "content": "a"}, {"role": "tool", "content": "b"}]}\n'
  local r = program.run { "run", root .. "examples/convert_openai.lua", input, out }
  lu.assertEquals({ r.code, r.out:match "[^\n]+" }, { 0, "1 records, 0 written, 1 set aside" })
  for _, name in ipairs { input, out, out .. ".aside", out .. ".provenance.json" } do
    lu.assertTrue(os.remove(name), name)
  end
end

function TestData.test_logs_become_training_data()
  local folder = os.tmpname()
  os.remove(folder)
  local function file(name) return folder .. "/" .. name end
  assert(os.execute("mkdir " .. folder))
  local lines = {}
  for i = 1, 200 do
    lines[i] = ([[{"customer":"c%d","rating":%d,"messages":[{"role":"user","content":"%d? x%d@b.org"},]]
      .. [[{"role":"%s","content":"Yes."}]}]]):format(i % 20, i % 5 + 1, i // 2, i // 2 % 20,
      i > 10 and "assistant" or "user")
  end
  local logs = program.file(table.concat(lines, "\n") .. "\n")
  local r = program.run { "run", root .. "examples/data_prep.lua", logs, folder }
  lu.assertEquals({ r.code, r.err }, { 0, "" })
  lu.assertStrContains(r.out, "200 conversations, 114 good, 38 repeated\n")
  lu.assertStrContains(r.out, ", 0 in both\n")
  local train, validation = io.open(file "train.jsonl"):read "a", io.open(file "validation.jsonl"):read "a"
  lu.assertEquals(select(2, (train .. validation):gsub("\n", "")), 76)
  lu.assertEquals(select(2, (train .. validation):gsub("EMAIL_", "")), 76)
  lu.assertNil((train .. validation):find("@", 1, true))
  lu.assertNil((train .. validation):find("customer", 1, true))
  os.remove(logs)
  for _, name in ipairs { "train.jsonl", "validation.jsonl" } do os.remove(file(name)) end
  lu.assertTrue(os.remove(folder)) -- nothing else is left
  r = program.run { "run", root .. "examples/data_prep.lua", logs, folder }
  lu.assertEquals({ r.code, r.out }, { 1, "" })
  lu.assertStrContains(r.err, logs)
end

os.exit(lu.LuaUnit.run())
