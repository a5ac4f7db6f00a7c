-- SPDX-License-Identifier: MIT
-- The fine-tuning workflow against the emulator, in this very process: the launch gate, phases,
-- metrics, leases and clean-up, and what each of them does when something goes wrong.

local lu = require "luaunit"
local errors = require "moonrock.error"
local fails = require "fails"
local finetune = require "moonrock.finetune"
local json = require "moonrock.json"
local lease = require "moonrock.lease"
local plan = require "moonrock.plan"
local time = require "moonrock.time"
local program = require "program"

require("moonrock.cli.rehearse").begin { seed = 3 }

local moonrock = require "moonrock"

local DATA = program.root .. "examples/data/json_answers.jsonl"
local HAIKU = "anthropic.claude-3-haiku-20240307-v1:0:200k"
local REGION = "us-west-2"
local BUCKET = "finetune-test"

local s3 = moonrock.client("s3", { region = REGION })
local bedrock = moonrock.client("bedrock", { region = REGION })
local runtime = moonrock.client("bedrock-runtime", { region = REGION })

local function params(changes)
  local out = {
    jobName = "job", customModelName = "model", roleArn = "arn:aws:iam::123456789012:role/R",
    baseModelIdentifier = HAIKU,
    trainingDataConfig = { s3Uri = "s3://" .. BUCKET .. "/train.jsonl" },
    outputDataConfig = { s3Uri = "s3://" .. BUCKET .. "/out/" },
    hyperParameters = { epochCount = 1, batchSize = 32, learningRateMultiplier = 1.0 },
  }
  for name, value in pairs(changes or {}) do out[name] = value end
  return out
end

-- The problems as "severity path: message", to be looked into.
local function problems(changes, opts)
  opts = opts or {}
  opts.region = opts.region or REGION
  local lines = {}
  for i, problem in ipairs(plan.check(params(changes), opts)) do
    lines[i] = problem.severity .. " " .. plan.line(problem)
  end
  return table.concat(lines, "\n")
end

TestPlan = {}

function TestPlan.test_a_good_job_has_no_error()
  lu.assertNotStrContains(problems({}, { data = DATA }), "error")
end

function TestPlan.test_members()
  lu.assertStrContains(problems { roleArn = "<your role>" }, "error roleArn: ")
  lu.assertStrContains(problems { roleArn = "<your role>" }, "a role looks like arn:aws:iam::123456789012:role/name")
  lu.assertStrContains(problems { jobName = "has_underscore" }, "error jobName: ")
  lu.assertStrContains(problems { jobname = "x" }, "did you mean jobName?")
end

function TestPlan.test_base_model()
  lu.assertStrContains(problems { baseModelIdentifier = "anthropic.claude-haiku-4-5-20251001-v1:0:200k" },
    "error baseModelIdentifier: AWS does not list Claude Haiku 4.5 as a model that can be tuned")
  lu.assertStrContains(problems({}, { region = "us-east-1" }),
    "error baseModelIdentifier: Claude 3 Haiku can be tuned in us-west-2, not in us-east-1")
  lu.assertStrContains(problems { baseModelIdentifier = "arn:aws:bedrock:us-east-1::foundation-model/" .. HAIKU },
    "error baseModelIdentifier: the ARN is one of us-east-1, but the client's region is us-west-2")
  lu.assertStrContains(problems { baseModelIdentifier = HAIKU:gsub(":200k", "") }, "write " .. HAIKU)
  lu.assertStrContains(problems { baseModelIdentifier = "anthropic.claude-3-haiku-20240308-v1:0" },
    "did you mean anthropic.claude-3-haiku-20240307-v1:0?")
end

function TestPlan.test_hyperparameters()
  local function with(name, value)
    return problems { hyperParameters = { [name] = value } }
  end
  lu.assertStrContains(with("epochs", 2), "error hyperParameters.epochs: unknown hyperparameter")
  lu.assertStrContains(with("epochCont", 2), "did you mean epochCount?")
  lu.assertStrContains(with("epochCount", 11), "error hyperParameters.epochCount: 11 is above 10")
  lu.assertStrContains(with("epochCount", "0"), "error hyperParameters.epochCount: 0 is below 1")
  lu.assertStrContains(with("batchSize", 4.5), "error hyperParameters.batchSize: 4.5 is no whole number")
  lu.assertStrContains(with("batchSize", "many"), "error hyperParameters.batchSize: many is no number")
  lu.assertStrContains(with("learningRateMultiplier", 2.1), "2.1 is above 2")
  lu.assertStrContains(with("earlyStoppingPatience", 2), "warning hyperParameters: early stopping")
  lu.assertEquals(with("epochCount", "5"):find("error"), nil)
  lu.assertStrContains(with("epochCount", "0x2"), "error hyperParameters.epochCount: 0x2 is no number")
end

-- What is of another type altogether is a problem of the job, not of the check.
function TestPlan.test_members_of_wrong_types()
  local data = { data = DATA }
  lu.assertStrContains(problems({ hyperParameters = 5 }, data), "error hyperParameters: expected a table")
  lu.assertStrContains(problems({ hyperParameters = { [true] = 5 } }, data), "error hyperParameters.true: unknown")
  lu.assertStrContains(problems({ hyperParameters = { batchSize = "1e300" } }, data), "1e300 is no whole number")
  lu.assertStrContains(problems({ validationDataConfig = 5 }, data), "error validationDataConfig: expected a table")
  lu.assertStrContains(problems({ validationDataConfig = { validators = 5 } }, data),
    "error validationDataConfig.validators: expected a")
end

function TestPlan.test_data()
  local path = program.file('{"messages": []}\n')
  local found = problems({}, { data = path })
  lu.assertStrContains(found, ("error data: %s:1:14: message-count messages: "):format(path))
  lu.assertStrContains(found, ("error data: %s: too-few: "):format(path))
  local err = fails("InvalidJob", finetune.launch, params { roleArn = "x" },
    { data = path, bedrock = bedrock, s3 = s3 })
  os.remove(path)
  lu.assertStrContains(err.message, "the job was not started: roleArn: ")
  lu.assertStrContains(err.message, "; data: ")
  lu.assertTrue(#err.problems >= 3)
end

-- One trained model for the tests that need one.
local trained

local function train()
  if trained then return trained end
  s3:ensure_bucket(BUCKET)
  s3:upload_file(DATA, BUCKET, "train.jsonl")
  local phases = {}
  local job = finetune.launch(params(), { bedrock = bedrock, s3 = s3, data = DATA })
  job:wait { on_phase = function(phase, status, at) phases[#phases + 1] = { phase, status, at } end }
  trained = { job = job, phases = phases }
  return trained
end

TestWorkflow = {}

function TestWorkflow.test_1_phases_come_in_order()
  local words, last = {}, 0
  for i, phase in ipairs(train().phases) do
    words[i] = phase[1] .. " " .. phase[2]
    lu.assertTrue(phase[3] >= last)
    last = phase[3]
  end
  lu.assertEquals(words, { "Validation InProgress", "Validation Completed", "Data processing InProgress",
    "Data processing Completed", "Training InProgress", "Training Completed" })
end

function TestWorkflow.test_2_metrics()
  local rows, validation = finetune.metrics(train().job)
  lu.assertEquals(#rows, 16) -- 500 records in batches of 32
  lu.assertEquals(validation, {})
  lu.assertEquals(math.type(rows[1].step_number), "integer")
  lu.assertAlmostEquals(rows[1].perplexity, math.exp(rows[1].training_loss), 0.01 * rows[1].perplexity)
  local epochs = finetune.loss_per_epoch(rows)
  lu.assertEquals({ #epochs, epochs[1].steps }, { 1, 16 })
  lu.assertTrue(epochs[1].loss > 0)
end

function TestWorkflow.test_3_a_job_is_found_again()
  local job = finetune.job("job", { bedrock = bedrock, s3 = s3 })
  lu.assertEquals(job.arn, train().job.arn)
  lu.assertEquals(job.model_arn, train().job.model_arn)
end

function TestWorkflow.test_4_serving_ends_with_its_block()
  local arn
  do
    local endpoint <close> = finetune.serve(train().job, { name = "served" })
    arn = endpoint.arn
    lu.assertEquals(endpoint.kind, "throughput") -- the base model has no deployments
    local reply = runtime:invoke_model { modelId = endpoint.model_id, body = {
      anthropic_version = "bedrock-2023-05-31", max_tokens = 500, system = "JSON Mode: Enabled",
      messages = { { role = "user", content = "What is the capital of Peru?" } } } }
    local text = json.decode(reply.body:read("a")).content[1].text
    lu.assertEquals(json.decode(text).answer.capital, "Lima")
    lu.assertEquals(bedrock:find_provisioned_model_throughput(arn).status, "InService")
  end
  lu.assertNil(bedrock:find_provisioned_model_throughput(arn))
end

function TestWorkflow.test_5_serving_ends_with_an_error_and_with_a_cancel()
  local err = fails("Odd", function()
    local endpoint <close> = finetune.serve(train().job, { name = "by-error" })
    lu.assertNotNil(endpoint.arn)
    errors.raise { code = "Odd", message = "in the block" }
  end)
  lu.assertEquals(err.message, "in the block")
  lu.assertNil(bedrock:find_provisioned_model_throughput("by-error"))

  for _, seconds in ipairs { 5, 3600 } do -- while it is created, and while it serves
    local task = moonrock.spawn(function()
      local endpoint <close> = finetune.serve(train().job, { name = "by-cancel" })
      moonrock.sleep(10 * 3600)
      return endpoint
    end)
    moonrock.sleep(seconds)
    lu.assertNotNil(bedrock:find_provisioned_model_throughput("by-cancel"))
    task:cancel()
    pcall(task.wait, task)
    moonrock.sleep(60)
    lu.assertNil(bedrock:find_provisioned_model_throughput("by-cancel"))
  end
end

function TestWorkflow.test_6_what_belongs_to_another_is_not_deleted()
  local other = finetune.serve(train().job, { name = "taken" })
  local ok, err = errors.try(finetune.serve, train().job, { name = "taken" })
  lu.assertNil(ok)
  lu.assertEquals(err.status, 400)
  lu.assertNotNil(bedrock:find_provisioned_model_throughput("taken"))
  other:keep()
  other:close()
  local adopted = finetune.serve(train().job, { name = "taken", adopt = true }) -- as after a kill
  lu.assertEquals(adopted.arn, other.arn)
  adopted:keep()
  lu.assertNotNil(bedrock:find_provisioned_model_throughput("taken")) -- for the clean-up
end

function TestWorkflow.test_7_bad_data_fails_the_job_with_the_reason()
  s3:put_object { Bucket = BUCKET, Key = "bad.jsonl", Body = ("{}\n"):rep(40) }
  local job = finetune.launch(params { jobName = "bad-data", customModelName = "bad-data",
    trainingDataConfig = { s3Uri = "s3://" .. BUCKET .. "/bad.jsonl" } }, { bedrock = bedrock, s3 = s3 })
  local seen = {}
  local err = fails("WaiterFailed", job.wait, job, {
    on_phase = function(phase, status) seen[#seen + 1] = phase .. " " .. status end,
  })
  lu.assertStrContains(err.message, "Failed: ")
  lu.assertEquals(seen, { "Validation InProgress", "Validation Failed" })
  fails("NoMetrics", finetune.metrics, job)
  fails("NoModel", finetune.serve, job)
end

function TestWorkflow.test_8_clean_up_removes_all_and_can_be_repeated()
  local running = finetune.launch(params { jobName = "running", customModelName = "running" },
    { bedrock = bedrock, s3 = s3 })
  finetune.clean_up { job = running }
  lu.assertEquals(running:get().status, "Stopped")

  local steps = {}
  local function clean()
    steps = {}
    return finetune.clean_up { job = train().job, bucket = BUCKET, delete_bucket = true,
      on_step = function(what, _, result) steps[#steps + 1] = what .. ": " .. result end }
  end
  lu.assertTrue(clean())
  lu.assertEquals(steps, { "deleted throughput: done", "deleted model: done", "emptied bucket: done",
    "deleted bucket: done" })
  lu.assertNil(bedrock:find_custom_model(train().job.model_arn))
  lu.assertNil(bedrock:find_provisioned_model_throughput("taken"))
  lu.assertTrue(clean())
  for _, step in ipairs(steps) do lu.assertStrContains(step, ": was gone") end
end

TestLease = {}

-- A clock that is set meanwhile: what bills is waited for all the same.
function TestLease.test_the_clock_may_be_set_meanwhile()
  local now, polls = time.now, 0
  local held = lease.hold { what = "x", interval = 1, timeout = 60, delete = function() end, gone = function()
    polls = polls + 1
    time.now = function() return now() + 86400 end
    return polls == 3
  end }
  local ok, err = errors.try(held.close, held)
  time.now = now
  lu.assertNil(err and tostring(err))
  lu.assertEquals({ ok, held.state, polls }, { nil, "closed", 3 })
end

-- A script of leases in a program of its own, with all that goes to standard error meanwhile.
local function lease_script(text)
  return program.script('local lease = require "moonrock.lease"\nlocal errors = require "moonrock.error"\n' .. text)
end

function TestLease.test_once_and_by_404()
  local calls = 0
  local held = lease.hold { what = "x", delete = function()
    calls = calls + 1
    errors.raise { code = "ResourceNotFoundException", message = "gone", status = 404 }
  end }
  lu.assertStrContains(tostring(held), "held")
  held:close()
  held:close()
  lu.assertEquals(calls, 1)
  lu.assertStrContains(tostring(held), "closed")
  lu.assertErrorMsgContains("bad argument #1 to 'hold'", lease.hold, {})
  lu.assertErrorMsgContains("bad argument #1 to 'launch'", finetune.launch)
  lu.assertErrorMsgContains("bad argument #1 to 'check'", finetune.check, "x")
  lu.assertErrorMsgContains("bad argument #1 to 'serve'", finetune.serve, {})
end

-- Who may not look is told so, and not that the thing is still there.
function TestLease.test_what_cannot_be_seen_is_said()
  local r = lease_script [[
    require("moonrock.time").make_virtual { epoch = 0, seed = 1 }
    local held = lease.hold { what = "x", timeout = 20, delete = function() end, gone = function()
      errors.raise { code = "AccessDeniedException", message = "may not look", status = 403 }
    end }
    print(pcall(held.close, held))
    held:keep()
    print(held)]]
  lu.assertStrContains(r.out, "whether it is gone cannot be seen: AccessDeniedException: may not look")
  lu.assertStrContains(r.err, "NOT SEEN GONE: x")
  lu.assertStrContains(r.out, "lease of x (closed)")
end

function TestLease.test_passing_failures_are_tried_again()
  local calls = 0
  lease.hold { what = "x", delete = function()
    calls = calls + 1
    if calls < 3 then errors.raise { code = "ThrottlingException", message = "slow", retryable = true } end
  end }:close()
  lu.assertEquals(calls, 3)
end

function TestLease.test_a_failure_is_loud()
  local r = lease_script [[
local held <close> = lease.hold { what = "throughput x", cost = "billed by the hour", undo = "moonrock -e 'x'",
  delete = function() errors.raise { code = "AccessDenied", message = "no", status = 403 } end }]]
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, [[
moonrock: NOT DELETED: throughput x
  AccessDenied: no (status 403)
  It is billed by the hour until it is deleted.
  Type: moonrock -e 'x'
]])
  lu.assertStrContains(r.err, "LeaseNotReleased: throughput x was not deleted: ")
end

function TestLease.test_the_first_error_is_not_hidden()
  local r = lease_script [[
local held <close> = lease.hold { what = "throughput x", interval = 0.01, timeout = 0.02,
  delete = function() end, gone = function() return false end }
error("the real reason", 0)]]
  lu.assertStrContains(r.err, "NOT SEEN GONE: throughput x\n  its deletion was accepted, but it was still there")
  lu.assertStrContains(r.err, "moonrock: the real reason\n")
  lu.assertNotStrContains(r.err, "LeaseNotReleased")
end

-- A cancel gives ten seconds for the clean-up; what it could not do by then is told.
function TestLease.test_a_clean_up_that_is_cut_short_is_loud()
  local function cut(body)
    return program.script(([[
local moonrock = require "moonrock"
local lease = require "moonrock.lease"
local finetune = require "moonrock.finetune"
local task = moonrock.spawn(function()
  %s
  moonrock.sleep(1e5)
end)
moonrock.sleep(1)
task:cancel()
print(pcall(task.wait, task))]]):format(body), {}, { before = { "rehearse" } })
  end
  local r = cut 'local held <close> = lease.hold { what = "x", delete = function() moonrock.sleep(60) end }'
  lu.assertStrContains(r.err, "NOT DELETED: x\n  the clean-up was stopped before it was done\n")
  r = cut [[local held <close> = lease.hold { what = "x", delete = function() end,
    gone = function() return false end }]]
  lu.assertStrContains(r.err, "NOT SEEN GONE: x\n  its deletion was accepted; the wait for its end was cut short\n")
  r = cut [[local cleaner <close> = finetune.cleaner { bucket = "b", on_step = function() moonrock.sleep(60) end,
    delete_bucket = true }]]
  lu.assertStrContains(r.err, "NOT ALL DELETED: the clean-up was stopped before it was done; ")
  lu.assertStrContains(r.err, "look for objects in s3://b\n")
end

os.exit(lu.LuaUnit.run())
