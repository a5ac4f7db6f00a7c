-- SPDX-License-Identifier: MIT
-- Batch jobs of the emulator: states over time, counts that lag, output in its place and in
-- another order, errors of records, and what fails, stops or expires a job.

local lu = require "luaunit"
local emulated = require "emulated"
local json = require "moonrock.json"
local task = require "moonrock.task"

local HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
local emulator

local function line(i, changes)
  local record = { recordId = ("r%03d"):format(i), modelInput = { anthropic_version = "bedrock-2023-05-31",
    max_tokens = 50, messages = { { role = "user", content = "Question " .. i } } } }
  for name, value in pairs(changes or {}) do record[name] = value end
  return json.encode(record)
end

local function lines(n, make)
  local out = {}
  for i = 1, n do out[i] = (make or line)(i) end
  return table.concat(out, "\n") .. "\n"
end

local function start(config)
  emulator = emulated.new(config)
  lu.assertEquals((emulator:s3("PUT", "/bkt", "<CreateBucketConfiguration><LocationConstraint>us-west-2"
    .. "</LocationConstraint></CreateBucketConfiguration>")), 200)
end

local function put(key, text) lu.assertEquals((emulator:s3("PUT", "/bkt/" .. key, text)), 200) end

local function create(changes)
  local params = { jobName = "job", modelId = HAIKU, roleArn = "arn:aws:iam::123456789012:role/r",
    inputDataConfig = { s3InputDataConfig = { s3Uri = "s3://bkt/in/a.jsonl" } },
    outputDataConfig = { s3OutputDataConfig = { s3Uri = "s3://bkt/out/" } } }
  for name, value in pairs(changes or {}) do params[name] = value end
  return emulator:json("bedrock", "POST", "/model-invocation-job", params)
end

local function created(changes)
  local status, value = create(changes)
  lu.assertEquals(status, 200, value.message)
  return value.jobArn:match "([^/]+)$", value.jobArn
end

local function get(id)
  local status, value = emulator:json("bedrock", "GET", "/model-invocation-job/" .. id)
  lu.assertEquals(status, 200)
  return value
end

local function output(id, file)
  local status, _, body = emulator:s3("GET", ("/bkt/out/%s/%s"):format(id, file or "a.jsonl.out"))
  lu.assertEquals(status, 200)
  return body
end

local function records(text)
  local list = {}
  for part in text:gmatch "[^\n]+" do list[#list + 1] = json.decode(part) end
  return list
end

TestBatch = { tearDown = function() emulator:close() end }

function TestBatch.test_a_job_from_its_submission_to_its_output()
  start()
  put("in/a.jsonl", lines(120))
  local id, arn = created()
  lu.assertStrMatches(id, ("[a-z0-9]"):rep(12))
  local seen = {}
  for _ = 1, 200 do
    local job = get(id)
    if seen[#seen] ~= job.status then seen[#seen + 1] = job.status end
    if job.status == "Validating" then lu.assertEquals(job.totalRecordCount, 0) end
    if job.status == "Completed" then break end
    task.sleep(10)
  end
  lu.assertEquals(seen, { "Submitted", "Validating", "Scheduled", "InProgress", "Completed" })
  lu.assertTrue(get(id).processedRecordCount < 120, "counts lag behind the end")
  task.sleep(120)
  local job = get(id)
  lu.assertEquals({ job.totalRecordCount, job.processedRecordCount, job.successRecordCount, job.errorRecordCount },
    { 120, 120, 120, 0 })
  lu.assertEquals({ job.jobArn, job.modelInvocationType, job.timeoutDurationInHours }, { arn, "InvokeModel", 24 })
  local list, in_order = records(output(id)), true
  lu.assertEquals(#list, 120)
  local by_id = {}
  for i, record in ipairs(list) do
    by_id[record.recordId] = record
    in_order = in_order and record.recordId == ("r%03d"):format(i)
  end
  lu.assertFalse(in_order, "the order of output is not that of input")
  lu.assertStrContains(by_id.r007.modelOutput.content[1].text, "Question 7")
  lu.assertEquals(by_id.r007.modelInput.max_tokens, 50)
  local manifest = json.decode(output(id, "manifest.json.out"))
  lu.assertEquals({ manifest.totalRecordCount, manifest.successRecordCount, manifest.errorRecordCount },
    { 120, 120, 0 })
  lu.assertTrue(manifest.inputTokenCount > 120 and manifest.outputTokenCount > 120)
  local _, _, body = emulator:s3("GET", "/_moonrock/bill", nil, nil, { sign = false })
  lu.assertStrContains(body, '"kind":"batch_input"')
  lu.assertNotStrContains(body, '"kind":"input"')
end

function TestBatch.test_converse_records_and_a_folder_of_files()
  start()
  local function converse(i)
    return json.encode { recordId = "c" .. i, modelInput = { messages = { { role = "user",
      content = { { text = "Hello " .. i } } } }, inferenceConfig = { maxTokens = 20 } } }
  end
  put("in/a.jsonl", lines(60, converse))
  put("in/deep/b.jsonl", lines(60, function(i) return converse(i + 60) end))
  put("in/readme.txt", "no records")
  local id = created { modelInvocationType = "Converse",
    inputDataConfig = { s3InputDataConfig = { s3Uri = "s3://bkt/in/" } } }
  task.sleep(3600)
  lu.assertEquals(get(id).status, "Completed")
  local list = records(output(id, "deep/b.jsonl.out"))
  lu.assertEquals(#list, 60)
  lu.assertEquals(list[1].modelOutput.stopReason, "max_tokens")
  lu.assertEquals(list[1].modelOutput.output.message.role, "assistant")
  lu.assertEquals(#records(output(id)), 60)
end

-- A record of Converse may name a guardrail of the job's region.
function TestBatch.test_guardrails_of_records()
  start()
  local _, guardrail = emulator:json("bedrock", "POST", "/guardrails", { name = "g", blockedInputMessaging = "no",
    blockedOutputsMessaging = "no", wordPolicyConfig = { wordsConfig = { { text = "secret" } } } })
  put("in/a.jsonl", lines(100, function(i)
    return json.encode { recordId = "c" .. i, modelInput = { messages = { { role = "user",
      content = { { text = i == 1 and "a secret" or "Hello " .. i } } } },
      guardrailConfig = { guardrailIdentifier = guardrail.guardrailId, guardrailVersion = "DRAFT" } } }
  end))
  local id = created { modelInvocationType = "Converse" }
  task.sleep(8 * 3600)
  local held = 0
  for _, record in ipairs(records(output(id))) do
    lu.assertNil(record.error, json.encode(record.error or json.null))
    local is_held = record.modelOutput.stopReason == "guardrail_intervened"
    lu.assertEquals(is_held, record.recordId == "c1")
    held = held + (is_held and 1 or 0)
  end
  lu.assertEquals(held, 1)
end

function TestBatch.test_what_is_wrong_with_a_record_is_in_its_line()
  start()
  put("in/a.jsonl", lines(98) .. '{"recordId": "broken", \n' .. line(99, { modelInput = { max_tokens = 1 } }) .. "\n"
    .. line(100, { modelInput = { anthropic_version = "bedrock-2023-05-31", max_tokens = 5, modelId = "x",
      messages = { { role = "user", content = "hi" } } } }) .. "\n"
    .. line(101, { recordId = 5 }) .. "\n")
  local id = created()
  task.sleep(7200)
  local job = get(id)
  lu.assertEquals({ job.status, job.successRecordCount, job.errorRecordCount }, { "Completed", 99, 3 })
  local errors = {}
  for _, record in ipairs(records(output(id))) do
    if record.error then errors[record.recordId] = record.error end
    lu.assertTrue((record.error == nil) ~= (record.modelOutput == nil))
  end
  lu.assertEquals(errors.r099, { errorCode = 400, errorMessage = "anthropic_version: Field required" })
  lu.assertEquals(errors.r100.errorMessage, "modelId: Extra inputs are not permitted")
  lu.assertStrContains(errors.MOONROCK00099.errorMessage, "no valid JSON object")
end

local function failure(text)
  start()
  if text then put("in/a.jsonl", text) end
  local id = created()
  task.sleep(3600)
  local job = get(id)
  lu.assertEquals(job.status, "Failed")
  return job.message
end

function TestBatch.test_too_few_records()
  lu.assertStrContains(failure(lines(99)), "99 records, the minimum for this model is 100")
end

function TestBatch.test_too_many_records()
  local text = lines(50001, function() return "{}" end)
  lu.assertStrContains(failure(text), "50001 records, the maximum is 50000")
end

function TestBatch.test_no_input()
  lu.assertStrContains(failure(nil), "no file that ends in .jsonl")
end

function TestBatch.test_refusals()
  start()
  put("in/a.jsonl", lines(100))
  local _, value = create { inputDataConfig = { s3InputDataConfig = { s3Uri = "s3://nowhere/a.jsonl" } } }
  lu.assertStrContains(value.message, "GetObject permissions to access S3 bucket: nowhere")
  _, value = create { outputDataConfig = { s3OutputDataConfig = { s3Uri = "s3://nowhere/" } } }
  lu.assertStrContains(value.message, "PutObject permissions")
  _, value = create { modelId = "anthropic.claude-none-v1:0" }
  lu.assertStrContains(value.message, "model identifier is invalid")
  local status = create { timeoutDurationInHours = 5 }
  lu.assertEquals(status, 400)
  created { clientRequestToken = "token1" }
  local _, again = create { clientRequestToken = "token1" }
  lu.assertNotNil(again.jobArn)
  local _, taken, headers = create { clientRequestToken = "token2" }
  lu.assertEquals({ emulated.code_of(headers), taken.message },
    { "ConflictException", "The provided job name is currently in use" })
  status = emulator:json("bedrock", "GET", "/model-invocation-job/abcdefghijkl")
  lu.assertEquals(status, 404)
end

function TestBatch.test_stop_keeps_what_was_done()
  start()
  put("in/a.jsonl", lines(200))
  local id = created()
  task.sleep(60 + 120 + 600 + 20.5)
  lu.assertEquals(get(id).status, "InProgress")
  lu.assertEquals((emulator:json("bedrock", "POST", "/model-invocation-job/" .. id .. "/stop")), 200)
  lu.assertEquals(get(id).status, "Stopping")
  task.sleep(61)
  lu.assertEquals(get(id).status, "Stopped")
  lu.assertEquals(#records(output(id)), 41)
  lu.assertEquals((emulator:json("bedrock", "POST", "/model-invocation-job/" .. id .. "/stop")), 400)
end

function TestBatch.test_expired_and_partially_completed()
  start { batch_queue_seconds = 25 * 3600 }
  put("in/a.jsonl", lines(100))
  local id = created()
  task.sleep(24 * 3600 - 1)
  lu.assertEquals(get(id).status, "Scheduled")
  task.sleep(2)
  local job = get(id)
  lu.assertEquals(job.status, "Expired")
  lu.assertStrContains(job.message, "no record was processed")
  emulator:close()
  start { batch_record_seconds = 1000 }
  put("in/a.jsonl", lines(100))
  id = created()
  task.sleep(25 * 3600)
  job = get(id)
  lu.assertEquals({ job.status, job.totalRecordCount, job.processedRecordCount }, { "PartiallyCompleted", 100, 85 })
  lu.assertEquals(#records(output(id)), 85)
end

function TestBatch.test_a_custom_model_answers_by_its_arn()
  start()
  local training = lines(40, function(i)
    return json.encode { system = "s", messages = { { role = "user", content = "Question " .. i },
      { role = "assistant", content = "Answer " .. i } } }
  end)
  put("train.jsonl", training)
  lu.assertEquals((emulator:json("bedrock", "POST", "/model-customization-jobs", { jobName = "tune",
    customModelName = "tuned", roleArn = "arn:aws:iam::123456789012:role/r", baseModelIdentifier = HAIKU .. ":200k",
    trainingDataConfig = { s3Uri = "s3://bkt/train.jsonl" }, outputDataConfig = { s3Uri = "s3://bkt/out" } })), 201)
  task.sleep(8 * 3600)
  local _, model = emulator:json("bedrock", "GET", "/custom-models/tuned")
  put("in/a.jsonl", lines(100))
  local id = created { modelId = model.modelArn }
  task.sleep(3600)
  for _, record in ipairs(records(output(id))) do
    local i = tonumber(record.recordId:match "%d+")
    if i <= 40 then lu.assertEquals(record.modelOutput.content[1].text, "Answer " .. i) end
  end
  id = created { modelId = model.modelArn, jobName = "late" }
  lu.assertEquals((emulator:json("bedrock", "DELETE", "/custom-models/tuned")), 200)
  task.sleep(3600)
  lu.assertEquals(get(id).status, "Failed")
end

function TestBatch.test_a_job_outlives_the_emulator()
  local folder = os.tmpname()
  os.remove(folder)
  start { state = folder }
  put("in/a.jsonl", lines(100))
  local id = created()
  task.sleep(300)
  lu.assertEquals(get(id).status, "Scheduled")
  emulator:close()
  emulator = emulated.new { state = folder }
  lu.assertEquals(get(id).status, "Scheduled")
  task.sleep(3600)
  lu.assertEquals({ get(id).status, get(id).successRecordCount }, { "Completed", 100 })
  emulator:close()
  emulator = emulated.new { state = folder }
  lu.assertEquals(get(id).status, "Completed")
  lu.assertEquals(#records(output(id)), 100)
  os.execute("rm -r " .. folder)
end

function TestBatch.test_list()
  start()
  put("in/a.jsonl", lines(100))
  for i = 1, 3 do created { jobName = "job-" .. i } end
  local _, value = emulator:json("bedrock", "GET", "/model-invocation-jobs?nameContains=job-2")
  lu.assertEquals({ #value.invocationJobSummaries, value.invocationJobSummaries[1].jobName }, { 1, "job-2" })
  task.sleep(3600)
  _, value = emulator:json("bedrock", "GET", "/model-invocation-jobs?statusEquals=Completed&maxResults=2")
  lu.assertEquals(#value.invocationJobSummaries, 2)
  lu.assertNotNil(value.nextToken)
  _, value = emulator:json("bedrock", "GET", "/model-invocation-jobs?submitTimeAfter=2100-01-01T00%3A00%3A00Z")
  lu.assertEquals(#value.invocationJobSummaries, 0)
end

os.exit(lu.LuaUnit.run())
