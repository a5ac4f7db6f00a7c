-- SPDX-License-Identifier: MIT
-- The emulator's Bedrock: customization jobs from their checks to their metric files, custom
-- models, throughput, deployments, tags and the bill, by raw signed requests.

local lu = require "luaunit"
local emulated = require "emulated"
local json = require "moonrock.json"
local task = require "moonrock.task"
local time = require "moonrock.time"

local emulator
local base = "anthropic.claude-3-haiku-20240307-v1:0:200k"
local base_arn = "arn:aws:bedrock:us-west-2::foundation-model/" .. base
local tutorial_arn = "arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0:200k"

local function records(n, spoil)
  local lines = {}
  for i = 1, n do
    lines[i] = json.encode { system = "Answer as JSON.", messages = {
      { role = "user", content = ("How much is %d plus %d?"):format(i, i) },
      { role = "assistant", content = ('{"sum": %d, "of": [%d, %d]}'):format(2 * i, i, i) } } }
  end
  if spoil then spoil(lines) end
  return table.concat(lines, "\n") .. "\n"
end

local function put(key, body) lu.assertEquals((emulator:s3("PUT", "/bkt/" .. key, body)), 200) end

local function begin(config)
  emulator = emulated.new(config)
  lu.assertEquals((emulator:s3("PUT", "/bkt", "<CreateBucketConfiguration><LocationConstraint>us-west-2"
    .. "</LocationConstraint></CreateBucketConfiguration>")), 200)
  put("train.jsonl", records(64))
end

local function call(method, path, value, more) return emulator:json("bedrock", method, path, value, more) end

local function job(changes)
  local out = {
    jobName = "job-1", customModelName = "model_1", roleArn = "arn:aws:iam::123456789012:role/tuning",
    baseModelIdentifier = base_arn, hyperParameters = { epochCount = "2", batchSize = "4",
      learningRateMultiplier = "1.0" },
    trainingDataConfig = { s3Uri = "s3://bkt/train.jsonl" }, outputDataConfig = { s3Uri = "s3://bkt/out/" },
  }
  for name, value in pairs(changes or {}) do
    if value == json.null then out[name] = nil else out[name] = value end
  end
  return out
end

local function create(changes, more) return call("POST", "/model-customization-jobs", job(changes), more) end

local function refused(changes)
  local status, value, headers = create(changes)
  lu.assertEquals(status, 400, json.encode(value))
  return emulated.code_of(headers), value.message
end

local function get(identifier)
  local status, value = call("GET", "/model-customization-jobs/" .. (identifier or "job-1"):gsub("[:/]",
    { [":"] = "%3A", ["/"] = "%2F" }))
  lu.assertEquals(status, 200, json.encode(value))
  return value
end

local function finish()
  lu.assertEquals((create()), 201)
  task.sleep(8 * 3600)
  return get()
end

TestCreate = { setUp = function() begin() end, tearDown = function() emulator:close() end }

function TestCreate:test_phases_by_the_clock()
  local status, value = create()
  lu.assertEquals(status, 201)
  lu.assertStrMatches(value.jobArn,
    "arn:aws:bedrock:us%-west%-2:123456789012:model%-customization%-job/anthropic.*:0:200k/" .. ("[a-z0-9]"):rep(12))
  local started = time.now()
  local function phases()
    local now = get(value.jobArn)
    local d = now.statusDetails
    return { now.status, d.validationDetails.status, d.dataProcessingDetails.status, d.trainingDetails.status }
  end
  lu.assertEquals(phases(), { "InProgress", "InProgress", "NotStarted", "NotStarted" })
  task.sleep(6 * 60)
  lu.assertEquals(phases(), { "InProgress", "Completed", "InProgress", "NotStarted" })
  task.sleep(12 * 60)
  lu.assertEquals(phases(), { "InProgress", "Completed", "Completed", "InProgress" })
  local running = get()
  lu.assertNil(running.outputModelArn)
  lu.assertNil(running.endTime)
  lu.assertEquals(running.validationDataConfig, { validators = {} })
  task.sleep(6 * 3600)
  lu.assertEquals(phases(), { "Completed", "Completed", "Completed", "Completed" })
  local done = get()
  lu.assertStrContains(done.outputModelArn, ":custom-model/" .. base .. "/")
  lu.assertTrue(time.parse(done.endTime) < started + 6 * 3600)
  lu.assertTrue(done.trainingMetrics.trainingLoss > 0)
  lu.assertEquals(done.hyperParameters.epochCount, "2")
end

function TestCreate:test_constraints_of_the_model()
  local function message(changes)
    local name, text = refused(changes)
    lu.assertEquals(name, "ValidationException")
    return text
  end
  lu.assertStrContains(message { roleArn = "my-role" }, "'roleArn'")
  lu.assertStrContains(message { jobName = "under_score" }, "'jobName'")
  lu.assertStrContains(message { customModelName = "a__b" }, "'customModelName'")
  lu.assertStrContains(message { jobName = json.null }, "jobName")
  lu.assertStrContains(message { trainingDataConfig = { s3Uri = "s3://bkt/a b" } }, "s3Uri")
end

function TestCreate:test_base_models()
  local name, text = refused { baseModelIdentifier = "amazon.no-such-model-v1:0" }
  lu.assertEquals(name, "ValidationException")
  lu.assertStrContains(text, "The provided model identifier is invalid.")
  lu.assertStrContains(select(2, refused { baseModelIdentifier = "anthropic.claude-3-5-sonnet-20240620-v1:0" }),
    "cannot be tuned")
  lu.assertStrContains(select(2, refused { baseModelIdentifier = base_arn:gsub("us%-west%-2", "us-east-1") }),
    "the ARN names us-east-1")
  -- Claude 3 Haiku is tuned in us-west-2 only
  lu.assertEquals((emulator:s3("PUT", "/east", "", nil, { region = "us-east-1", host = "s3.amazonaws.com" })), 200)
  local status, value = create({ baseModelIdentifier = base }, { region = "us-east-1" })
  lu.assertEquals(status, 400)
  lu.assertStrContains(value.message, "is offered in us-west-2, not in us-east-1")
end

function TestCreate:test_the_tutorial_id_is_taken_with_a_warning()
  local status, _, headers = create { baseModelIdentifier = tutorial_arn }
  lu.assertEquals(status, 201)
  lu.assertStrContains(headers["x-moonrock-warning"], "anthropic.claude-3-haiku-20240307-v1:0 (us-west-2)")
  local _, _, body = emulator:bytes "GET /_moonrock/warnings HTTP/1.1\r\nhost: h\r\n\r\n"
  local warnings = json.decode(body)
  lu.assertEquals({ #warnings, warnings[1].operation }, { 1, "CreateModelCustomizationJob" })
end

function TestCreate:test_strict_refuses_it()
  emulator:close()
  begin { strict = true }
  local name, text = refused { baseModelIdentifier = tutorial_arn }
  lu.assertEquals(name, "ValidationException")
  lu.assertStrContains(text, "not listed as tunable")
  lu.assertStrContains(select(2, refused { baseModelIdentifier = base:gsub(":200k", "") }), "context length")
  local status, _, headers = create { roleArn = "arn:aws:iam::999999999999:role/x" }
  lu.assertEquals({ status, emulated.code_of(headers) }, { 403, "AccessDeniedException" })
  lu.assertEquals((create()), 201)
end

function TestCreate:test_hyperparameters()
  for name, value in pairs { epochCount = "11", batchSize = "3", learningRateMultiplier = "2.5",
    earlyStoppingPatience = "0", epochs = "1" } do
    local code, text = refused { hyperParameters = { [name] = value } }
    lu.assertEquals(code, "ValidationException")
    lu.assertStrContains(text, name)
  end
  lu.assertStrContains(select(2, refused { hyperParameters = { epochCount = "two" } }), "integer")
  lu.assertStrContains(select(2, refused { hyperParameters = { epochCount = "1.5" } }), "integer")
end

function TestCreate:test_files_that_are_not_there()
  local _, text = refused { trainingDataConfig = { s3Uri = "s3://bkt/none.jsonl" } }
  lu.assertStrContains(text, "Could not validate GetObject permissions to access Amazon S3 bucket: bkt at key "
    .. "none.jsonl")
  _, text = refused { trainingDataConfig = { s3Uri = "s3://nobody/none.jsonl" } }
  lu.assertStrContains(text, "access Amazon S3 bucket: nobody at key none.jsonl")
  _, text = refused { outputDataConfig = { s3Uri = "s3://nobody/out" } }
  lu.assertStrContains(text, "Amazon S3 perms missing (PutObject): Could not validate PutObject permissions to "
    .. "access S3 "
    .. "bucket: nobody at key out/.write_access_check_file.tmp")
end

function TestCreate:test_names_and_tokens_repeated()
  local status, first = create { clientRequestToken = "token-1" }
  lu.assertEquals(status, 201)
  local again, second = create { clientRequestToken = "token-1" }
  lu.assertEquals({ again, second.jobArn }, { 201, first.jobArn })
  lu.assertEquals(refused { clientRequestToken = "token-1", jobName = "job-2" }, "ConflictException")
  lu.assertEquals(refused {}, "ConflictException")
  lu.assertEquals(refused { jobName = "job-2" }, "ConflictException") -- the model's name is taken
  lu.assertEquals((create { jobName = "job-2", customModelName = "model_2" }), 201)
  lu.assertEquals((call("GET", "/model-customization-jobs/none")), 404)
end

-- Those of the model are refused with the job: at its end nobody could be told.
function TestCreate:test_too_many_tags()
  local many = {}
  for i = 1, 51 do many[i] = { key = "k" .. i, value = "v" } end
  for _, name in ipairs { "jobTags", "customModelTags" } do
    lu.assertEquals(refused { [name] = many }, "TooManyTagsException")
    lu.assertEquals((call("GET", "/model-customization-jobs/job-1")), 404)
  end
  many[51] = nil
  lu.assertEquals((create { jobTags = many, customModelTags = many }), 201)
  task.sleep(8 * 3600)
  for _, arn in ipairs { get().jobArn, get().outputModelArn } do
    lu.assertEquals(#select(2, call("POST", "/listTagsForResource", { resourceARN = arn })).tags, 50)
  end
end

function TestCreate:test_bad_data_fail_in_the_validation_phase()
  local function failure(name, text)
    put(name .. ".jsonl", text)
    lu.assertEquals((create { jobName = name, customModelName = name,
      trainingDataConfig = { s3Uri = "s3://bkt/" .. name .. ".jsonl" } }), 201)
    lu.assertEquals(get(name).status, "InProgress")
    task.sleep(400)
    local value = get(name)
    lu.assertEquals(value.status, "Failed")
    lu.assertEquals(value.statusDetails.validationDetails.status, "Failed")
    lu.assertEquals(value.statusDetails.trainingDetails.status, "NotStarted")
    return value.failureMessage
  end
  local documented = "Unable to parse Amazon S3 file: s3://bkt/broken.jsonl. Data files must conform to JSONL format."
  local text = failure("broken", records(40, function(lines) lines[7] = lines[7]:sub(1, -3) end))
  lu.assertStrContains(text, documented)
  lu.assertStrContains(text, "[moonrock rehearsal: line 7")
  lu.assertStrContains(failure("few", records(31)), "32")
  lu.assertStrContains(failure("keys", records(40, function(lines) lines[2] = lines[2]:gsub('"system"',
    '"systems"') end)), "line 2")
  lu.assertStrContains(failure("long", records(40, function(lines)
    lines[3] = lines[3]:gsub("How much", ("word "):rep(60000)) end)), "Input size exceeded in file s3://bkt/long.jsonl")
  lu.assertStrContains(failure("empty", ""), "Unable to parse Amazon S3 file")
end

function TestCreate:test_stop_list_and_paging()
  lu.assertEquals((create()), 201)
  lu.assertEquals((create { jobName = "job-2", customModelName = "model_2" }), 201)
  lu.assertEquals((call("POST", "/model-customization-jobs/job-2/stop")), 200)
  lu.assertEquals(get("job-2").status, "Stopping")
  task.sleep(100)
  local stopped = get "job-2"
  lu.assertEquals({ stopped.status, stopped.statusDetails.validationDetails.status }, { "Stopped", "Stopped" })
  local status, _, headers = call("POST", "/model-customization-jobs/job-2/stop")
  lu.assertEquals({ status, emulated.code_of(headers) }, { 400, "ConflictException" })
  local function names(query)
    local _, value = call("GET", "/model-customization-jobs" .. query)
    local out = {}
    for i, summary in ipairs(value.modelCustomizationJobSummaries) do out[i] = summary.jobName end
    return table.concat(out, " "), value.nextToken
  end
  lu.assertEquals((names ""), "job-2 job-1")
  lu.assertEquals((names "?sortOrder=Ascending&sortBy=CreationTime"), "job-1 job-2")
  lu.assertEquals((names "?statusEquals=Stopped"), "job-2")
  lu.assertEquals((names "?nameContains=b-1"), "job-1")
  local page, token = names "?maxResults=1"
  lu.assertEquals(page, "job-2")
  page, token = names("?maxResults=1&nextToken=" .. token:gsub("=", "%%3D"))
  lu.assertEquals({ page, token }, { "job-1" })
end

TestFinished = { setUp = function() begin() end, tearDown = function() emulator:close() end }

function TestFinished:test_metric_files()
  put("valid.jsonl", records(10))
  lu.assertEquals((create { validationDataConfig = { validators = { { s3Uri = "s3://bkt/valid.jsonl" } } } }), 201)
  task.sleep(8 * 3600)
  local value = get()
  local folder = "/bkt/out/model-customization-job-" .. value.jobArn:match "[^/]+$" .. "/"
  local _, _, csv = emulator:s3("GET", folder .. "training_artifacts/step_wise_training_metrics.csv")
  local rows, previous = 0, nil
  for line in csv:gmatch "[^\n]+" do
    if rows == 0 then
      lu.assertEquals(line, "step_number,epoch_number,training_loss,perplexity")
    else
      local step, epoch, loss, perplexity = line:match "^(%d+),(%d+),([%d.]+),([%d.]+)$"
      lu.assertEquals({ tonumber(step), tonumber(epoch) }, { rows - 1, (rows - 1) // 16 })
      lu.assertAlmostEquals(math.exp(tonumber(loss)) / tonumber(perplexity), 1, 1e-4)
      previous = previous or tonumber(loss)
      if rows == 32 then lu.assertTrue(tonumber(loss) < previous / 2) end
    end
    rows = rows + 1
  end
  lu.assertEquals(rows, 33) -- 64 records in batches of 4, twice, and the header
  _, _, csv = emulator:s3("GET", folder .. "validation_artifacts/post_fine_tuning_validation/validation_metrics.csv")
  lu.assertEquals(csv:match "^[^\n]+", "step_number,epoch_number,validation_loss,perplexity")
  lu.assertEquals(#value.validationMetrics, 1)
  local _, _, list = emulator:s3("GET", "/bkt?list-type=2&prefix=out%2F")
  lu.assertNotStrContains(list, ".write_access_check_file.tmp")
end

function TestFinished:test_an_output_bucket_that_went_away()
  lu.assertEquals((emulator:s3("PUT", "/out-bkt", "<CreateBucketConfiguration><LocationConstraint>us-west-2"
    .. "</LocationConstraint></CreateBucketConfiguration>")), 200)
  lu.assertEquals((create { outputDataConfig = { s3Uri = "s3://out-bkt/" } }), 201)
  lu.assertEquals((emulator:s3("DELETE", "/out-bkt")), 204)
  task.sleep(8 * 3600)
  local value = get()
  lu.assertEquals({ value.status, value.statusDetails.trainingDetails.status }, { "Failed", "Failed" })
  lu.assertStrContains(value.failureMessage, "Amazon S3 perms missing (PutObject)")
end

function TestFinished:test_custom_models()
  local value = finish()
  local status, model = call("GET", "/custom-models/model_1")
  lu.assertEquals({ status, model.modelArn, model.jobName, model.modelStatus },
    { 200, value.outputModelArn, "job-1", "Active" })
  local _, list = call("GET", "/custom-models?nameContains=model")
  lu.assertEquals({ #list.modelSummaries, list.modelSummaries[1].baseModelName },
    { 1, "anthropic.claude-3-haiku-20240307-v1" })
  lu.assertEquals((call("DELETE", "/custom-models/model_1")), 200)
  lu.assertEquals((call("GET", "/custom-models/model_1")), 404)
  local _, _, headers = call("DELETE", "/custom-models/model_1")
  lu.assertEquals(emulated.code_of(headers), "ResourceNotFoundException")
end

function TestFinished:test_provisioned_throughput()
  finish()
  local function buy(changes)
    local out = { modelUnits = 1, provisionedModelName = "pt", modelId = "model_1" }
    for name, member in pairs(changes or {}) do out[name] = member end
    return call("POST", "/provisioned-model-throughput", out)
  end
  local status, value = buy { clientRequestToken = "t" }
  lu.assertEquals(status, 201)
  lu.assertEquals(select(2, buy { clientRequestToken = "t" }).provisionedModelArn, value.provisionedModelArn)
  local function state() return select(2, call("GET", "/provisioned-model-throughput/pt")) end
  lu.assertEquals(state().status, "Creating")
  task.sleep(19 * 60)
  lu.assertEquals(state().status, "Creating")
  task.sleep(12 * 60)
  lu.assertEquals(state().status, "InService")
  lu.assertEquals((buy()), 400) -- the name
  lu.assertEquals((buy { provisionedModelName = "pt2" }), 201)
  local _, refusal, headers = buy { provisionedModelName = "pt3" }
  lu.assertEquals(emulated.code_of(headers), "ServiceQuotaExceededException")
  lu.assertStrContains(refusal.message, "Your account does not currently have any no commitment model units "
    .. "reserved for")
  lu.assertEquals(select(3, buy { provisionedModelName = "pt4", modelId = "none" })["x-amzn-errortype"],
    "ValidationException")
  _, _, headers = call("DELETE", "/custom-models/model_1")
  lu.assertEquals(emulated.code_of(headers), "ConflictException")
  lu.assertEquals((call("PATCH", "/provisioned-model-throughput/pt", { desiredModelId = base })), 200)
  lu.assertEquals(state().status, "Updating")
  task.sleep(301)
  lu.assertEquals({ state().status, state().modelArn }, { "InService", base_arn })
  local _, list = call("GET", "/provisioned-model-throughputs?statusEquals=InService")
  lu.assertEquals(#list.provisionedModelSummaries, 1)
  for _, name in ipairs { "pt", "pt2" } do
    lu.assertEquals((call("DELETE", "/provisioned-model-throughput/" .. name)), 200)
    lu.assertEquals((call("GET", "/provisioned-model-throughput/" .. name)), 404)
  end
  lu.assertEquals((buy { provisionedModelName = "bound", commitmentDuration = "OneMonth" }), 201)
  _, _, headers = call("DELETE", "/provisioned-model-throughput/bound")
  lu.assertEquals(emulated.code_of(headers), "ConflictException")
end

function TestFinished:test_deployments()
  local value = finish()
  local path = "/model-customization/custom-model-deployments"
  local status, made, headers = call("POST", path, { modelDeploymentName = "dep", modelArn = value.outputModelArn })
  lu.assertEquals(status, 202)
  lu.assertStrContains(headers["x-moonrock-warning"], "Nova")
  lu.assertStrContains(made.customModelDeploymentArn, ":custom-model-deployment/")
  lu.assertEquals(select(2, call("GET", path .. "/dep")).status, "Creating")
  task.sleep(601)
  lu.assertEquals(select(2, call("GET", path .. "/dep")).status, "Active")
  lu.assertEquals(select(2, call("GET", path)).modelDeploymentSummaries[1].customModelDeploymentName, "dep")
  lu.assertEquals((call("POST", path, { modelDeploymentName = "dep", modelArn = value.outputModelArn })), 400)
  lu.assertEquals((call("DELETE", path .. "/dep")), 200)
  lu.assertEquals((call("GET", path .. "/dep")), 404)
end

function TestFinished:test_tags()
  local value = finish()
  local arn = value.outputModelArn
  lu.assertEquals((call("POST", "/tagResource", { resourceARN = arn,
    tags = { { key = "b", value = "2" }, { key = "a", value = "1" } } })), 200)
  lu.assertEquals(select(2, call("POST", "/listTagsForResource", { resourceARN = arn })).tags,
    { { key = "a", value = "1" }, { key = "b", value = "2" } })
  lu.assertEquals((call("POST", "/untagResource", { resourceARN = arn, tagKeys = { "a" } })), 200)
  lu.assertEquals(select(2, call("POST", "/listTagsForResource", { resourceARN = arn })).tags,
    { { key = "b", value = "2" } })
  local many = {}
  for i = 1, 51 do many[i] = { key = "k" .. i, value = "v" } end
  local _, _, headers = call("POST", "/tagResource", { resourceARN = arn, tags = many })
  lu.assertEquals(emulated.code_of(headers), "TooManyTagsException")
  _, _, headers = call("POST", "/provisioned-model-throughput",
    { modelUnits = 1, provisionedModelName = "pt", modelId = "model_1", tags = many })
  lu.assertEquals(emulated.code_of(headers), "TooManyTagsException")
  lu.assertEquals((call("GET", "/provisioned-model-throughput/pt")), 404, "what is refused is not made")
end

function TestFinished:test_the_bill()
  finish()
  lu.assertEquals((call("POST", "/provisioned-model-throughput",
    { modelUnits = 1, provisionedModelName = "pt", modelId = "model_1" })), 201)
  task.sleep(3601)
  local _, _, body = emulator:bytes "GET /_moonrock/bill HTTP/1.1\r\nhost: h\r\n\r\n"
  local bill = json.decode(body)
  local by_kind = {}
  for _, line in ipairs(bill.lines) do by_kind[line.kind] = line end
  lu.assertEquals(by_kind.unit_hour.quantity, 2)
  lu.assertTrue(by_kind.training.quantity > 0)
  lu.assertNil(by_kind.training.amount) -- nobody has read that price
  lu.assertEquals(bill.unknown, 3)
  lu.assertTrue(bill.total > 0)
  lu.assertNotNil(by_kind.put.date)
  _, _, body = emulator:bytes "GET /_moonrock/summary HTTP/1.1\r\nhost: h\r\n\r\n"
  local summary = json.decode(body)
  lu.assertEquals({ summary.provisioned[1].name, summary.custom_models[1].name, summary.jobs[1].name,
    summary.buckets[1].name }, { "pt", "model_1", "job-1", "bkt" })
end

TestCatalog = { setUp = function() begin() end, tearDown = function() emulator:close() end }

function TestCatalog:test_foundation_models()
  local _, list = call("GET", "/foundation-models?byCustomizationType=FINE_TUNING")
  local ids = {}
  for i, summary in ipairs(list.modelSummaries) do ids[i] = summary.modelId end
  lu.assertEquals(ids, { base })
  local status, value = call("GET", "/foundation-models/anthropic.claude-3-haiku-20240307-v1%3A0")
  lu.assertEquals({ status, value.modelDetails.inferenceTypesSupported, value.modelDetails.modelLifecycle.status },
    { 200, { "ON_DEMAND" }, "LEGACY" })
  lu.assertEquals((call("GET", "/foundation-models/no.such")), 404)
  _, value = call("GET", "/foundation-model-availability/anthropic.claude-3-haiku-20240307-v1%3A0")
  lu.assertEquals(value.regionAvailability, "AVAILABLE")
  _, value = call("GET", "/inference-profiles")
  lu.assertTrue(#value.inferenceProfileSummaries > 0)
end

function TestCatalog:test_bad_json_and_unknown_paths()
  local _, _, headers = call("POST", "/model-customization-jobs", '{"jobName": ')
  lu.assertEquals(emulated.code_of(headers), "SerializationException")
  _, _, headers = call("GET", "/no/such/path")
  lu.assertEquals(emulated.code_of(headers), "UnknownOperationException")
end

TestRepeatable = {}

function TestRepeatable:test_one_seed_one_run()
  local function run(seed)
    begin { seed = seed }
    local arn = select(2, create()).jobArn
    local _, headers = emulator:s3("GET", "/bkt?list-type=2")
    emulator:close()
    return arn .. headers["x-amz-request-id"] .. headers["x-amz-id-2"]
  end
  lu.assertEquals(run(1), run(1))
  lu.assertNotEquals(run(1), run(2))
end

os.exit(lu.LuaUnit.run())
