-- SPDX-License-Identifier: MIT
-- emulator.job: model customization jobs: create, get, list, stop.
-- A job is a plan made at its creation (when each phase ends, and whether the data let it go on)
-- and read off the clock afterwards; job_end.lua makes what a finished job leaves behind.
-- Sources: service model of bedrock and user guide "Model customization" (2026-08-31); error
-- texts are the guide's.  Durations are ours: about 6 minutes of validation, 12 of processing,
-- and training by tokens, so that 500 records take 2 to 6 hours, as field reports have it.

local check = require "moonrock.emulator.job_check"
local refusal = require "moonrock.emulator.refuse"
local state = require "moonrock.emulator.bedrock_state"

local refuse = refusal.refuse

local M = {}

local validation_seconds, processing_seconds = 6 * 60, 12 * 60
local training_base_seconds, training_tokens_per_second = 5400, 100
local stopping_seconds = 90

local function number_of(job, name, rules)
  return tonumber(job.hyperParameters[name] or rules.hyperparameters[name] and rules.hyperparameters[name].default)
end

--- The hyperparameters as numbers, defaults filled in; what the model does not have is nil.
function M.settings(world, job)
  local base = world.catalog:find(job.baseModelArn)
  local rules = world.catalog:tuning_rules(base)
  return {
    epochs = number_of(job, "epochCount", rules) or 1, batch = number_of(job, "batchSize", rules) or 8,
    rate = number_of(job, "learningRateMultiplier", rules) or 1.0,
    threshold = number_of(job, "earlyStoppingThreshold", rules),
    patience = number_of(job, "earlyStoppingPatience", rules),
  }
end

local function unique_name(world, call, params)
  -- Which error it is for a repeated name AWS does not say (Conflict and Validation are listed);
  -- the text is the one reported for batch jobs.
  if state.find(world, "jobs", call.region, params.jobName, "jobName") then
    refuse("ConflictException", "The provided job name is currently in use: " .. params.jobName)
  end
  local taken = state.find(world, "models", call.region, params.customModelName, "modelName")
  if not taken then
    for _, job in ipairs(state.all(world, "jobs", call.region)) do
      if job.outputModelName == params.customModelName and (M.status(job, world:now())) == "InProgress" then
        taken = job
      end
    end
  end
  if taken then
    refuse("ConflictException", "The provided custom model name is currently in use: " .. params.customModelName)
  end
end

local operations = {}

function operations.CreateModelCustomizationJob(world, call, params)
  return state.once(world, call, params, function()
    local base_arn, base, rules = check.base_model(world, call, params)
    check.hyperparameters(world, call, params, rules)
    check.role(world, call, params)
    unique_name(world, call, params)
    local files = check.files(world, call, params)
    local now = world:now()
    local base_id = base_arn:match "foundation%-model/(.+)$"
    local arn
    repeat arn = world:arn(call.region, ("model-customization-job/%s/%s"):format(base_id, world:id()))
    until not world.bedrock.jobs[arn]
    state.with_tags(world, arn, params.customModelTags) -- what the model gets at the end is refused now
    state.tag(world, arn, params.jobTags)
    local job = {
      jobArn = arn, jobName = params.jobName, region = call.region, outputModelName = params.customModelName,
      clientRequestToken = params.clientRequestToken, roleArn = params.roleArn, creationTime = now,
      baseModelArn = base_arn, hyperParameters = params.hyperParameters or {},
      trainingDataConfig = params.trainingDataConfig,
      validationDataConfig = params.validationDataConfig or { validators = {} },
      outputDataConfig = params.outputDataConfig, customizationType = params.customizationType or "FINE_TUNING",
      vpcConfig = params.vpcConfig, outputModelKmsKeyArn = params.customModelKmsKeyId,
      customModelTags = params.customModelTags, format = base.format,
      training_blob = world.store:put(files.training, arn .. " training"),
      validation_blob = files.validation and world.store:put(files.validation, arn .. " validation") or nil,
    }
    local settings = M.settings(world, job)
    job.failure, job.tokens = check.data(world, base, rules, params, files)
    job.validation_end = now + world:duration(validation_seconds)
    job.processing_end = job.validation_end + world:duration(processing_seconds)
    job.training_end = job.processing_end
      + world:duration(training_base_seconds + job.tokens * settings.epochs / training_tokens_per_second)
    state.save(world, "jobs", job)
    return { jobArn = arn }
  end)
end

-- One phase: [from, to), seen at `now`; `ended` how the job ended in it, if it did.
local function phase(from, to, now, cut, ended, created)
  if now < from or (cut and (cut < from or cut == from and from > created)) then
    return { status = "NotStarted", creationTime = created, lastModifiedTime = created }
  end
  if cut and cut < to and now >= cut then
    return { status = ended, creationTime = from, lastModifiedTime = cut }
  end
  if now >= to then return { status = "Completed", creationTime = from, lastModifiedTime = to } end
  return { status = "InProgress", creationTime = from, lastModifiedTime = from }
end

--- The status of a job at a time, with its phases.
---@return string status
---@return table details
---@return number|nil end_time
---@return number last_modified
function M.status(job, now)
  local created = job.creationTime
  local status, cut, ended, end_time
  if job.stop_at then
    cut, ended = job.stop_at, now < job.stop_end and "Stopping" or "Stopped"
    status, end_time = ended, now >= job.stop_end and job.stop_end or nil
  elseif job.failure then
    -- Failing at its very end keeps the phase from counting as completed.
    cut, ended = job.failed_at or job.validation_end, "Failed"
    status, end_time = "InProgress", nil
    if now >= cut then status, end_time = "Failed", cut end
    cut = cut - 1e-6
  elseif job.ended then
    status, end_time = "Completed", job.training_end
  else
    status = "InProgress"
  end
  local function seen(from, to) return phase(from, to, now, cut, ended, created) end
  local details = {
    validationDetails = seen(created, job.validation_end),
    dataProcessingDetails = seen(job.validation_end, job.processing_end),
    trainingDetails = seen(job.processing_end, job.training_end),
  }
  local modified = end_time or created
  for _, detail in pairs(details) do modified = math.max(modified, detail.lastModifiedTime) end
  return status, details, end_time, modified
end

local function find(world, call, identifier)
  local job = state.find(world, "jobs", call.region, identifier, "jobName")
  if not job then
    refuse("ResourceNotFoundException", "The specified model customization job was not found: " .. identifier)
  end
  return job
end

function operations.GetModelCustomizationJob(world, call, params)
  local job = find(world, call, params.jobIdentifier)
  local status, details, end_time, modified = M.status(job, world:now())
  return {
    jobArn = job.jobArn, jobName = job.jobName, outputModelName = job.outputModelName,
    outputModelArn = job.outputModelArn, clientRequestToken = job.clientRequestToken, roleArn = job.roleArn,
    status = status, statusDetails = details, failureMessage = status == "Failed" and job.failure or nil,
    creationTime = job.creationTime, lastModifiedTime = modified, endTime = end_time, baseModelArn = job.baseModelArn,
    hyperParameters = job.hyperParameters, trainingDataConfig = job.trainingDataConfig,
    validationDataConfig = job.validationDataConfig, outputDataConfig = job.outputDataConfig,
    customizationType = job.customizationType, outputModelKmsKeyArn = job.outputModelKmsKeyArn,
    trainingMetrics = job.trainingMetrics, validationMetrics = job.validationMetrics, vpcConfig = job.vpcConfig,
  }
end

function operations.ListModelCustomizationJobs(world, call, params)
  local now, values = world:now(), {}
  for _, job in ipairs(state.all(world, "jobs", call.region)) do
    if not params.statusEquals or (M.status(job, now)) == params.statusEquals then values[#values + 1] = job end
  end
  local summaries, next_token = state.page(values, params, { name = "jobName", created = "creationTime" }, function(job)
    local status, details, end_time, modified = M.status(job, now)
    return {
      jobArn = job.jobArn, baseModelArn = job.baseModelArn, jobName = job.jobName, status = status,
      statusDetails = details, lastModifiedTime = modified, creationTime = job.creationTime, endTime = end_time,
      customModelArn = job.outputModelArn, customModelName = job.outputModelName,
      customizationType = job.customizationType,
    }
  end)
  return { modelCustomizationJobSummaries = summaries, nextToken = next_token }
end

function operations.StopModelCustomizationJob(world, call, params)
  local job = find(world, call, params.jobIdentifier)
  local now = world:now()
  local status = M.status(job, now)
  if status ~= "InProgress" then
    -- Conflict or Validation: AWS does not say which; the text is ours.
    refuse("ConflictException", ("The job cannot be stopped, its status is %s."):format(status))
  end
  job.stop_at, job.stop_end, job.ended = now, now + world:duration(stopping_seconds), true
  -- Tokens trained before the stop are charged (user guide).
  if now > job.processing_end then
    local share = (now - job.processing_end) / (job.training_end - job.processing_end)
    local epochs = M.settings(world, job).epochs
    job.billed = math.ceil(job.tokens * epochs * share)
  end
  state.save(world, "jobs", job)
  return {}
end

M.operations = operations

return M
