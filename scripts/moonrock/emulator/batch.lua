-- SPDX-License-Identifier: MIT
-- emulator.batch: batch inference (model invocation jobs): create, get, list, stop, and their times.
-- As with customization jobs the times are planned when a job is made and read off the clock
-- afterwards; `settle` reads the input when validation ends and hands the records to batch_run.lua
-- when the job does.  Sources: service model of bedrock and user guide "Batch inference"
-- (2026-08-31).  Durations and the texts of `message` are ours, the guide has none.
-- World config: batch_queue_seconds (600; longer than the job's timeout: it expires) and
-- batch_record_seconds (0.5; when the timeout comes first, the job completes in part).

local batch_run = require "moonrock.emulator.batch_run"
local check = require "moonrock.emulator.job_check"
local refuse = require "moonrock.emulator.refuse".refuse
local runtime = require "moonrock.emulator.runtime"
local state = require "moonrock.emulator.bedrock_state"

local M = {}

local submitted_seconds, validating_seconds, queue_seconds, record_seconds = 60, 120, 600, 0.5
local stopping_seconds, lag_seconds = 60, 60
local default_timeout_hours = 24

local operations = {}

local function unique_name(world, call, name)
  for _, job in ipairs(state.all(world, "batches", call.region)) do
    if job.jobName == name then
      refuse("ConflictException", "The provided job name is currently in use")
    end
  end
end

function operations.CreateModelInvocationJob(world, call, params)
  return state.once(world, call, params, function()
    runtime.batch_target(world, call, params.modelId)
    check.role(world, call, params)
    local input, output = params.inputDataConfig.s3InputDataConfig, params.outputDataConfig.s3OutputDataConfig
    if not input or not output then
      refuse("ValidationException", "inputDataConfig and outputDataConfig must name places in Amazon S3.")
    end
    unique_name(world, call, params.jobName)
    batch_run.check_places(world, call.region, input.s3Uri, output.s3Uri)
    local now = world:now()
    local id, arn
    repeat
      id = world:id()
      arn = world:arn(call.region, "model-invocation-job/" .. id)
    until not world.bedrock.batches[arn]
    local hours = params.timeoutDurationInHours or default_timeout_hours
    local submitted = now + world:duration(submitted_seconds)
    local validated = submitted + world:duration(validating_seconds)
    state.tag(world, arn, params.tags)
    state.save(world, "batches", {
      jobArn = arn, id = id, region = call.region, jobName = params.jobName, modelId = params.modelId,
      clientRequestToken = params.clientRequestToken, roleArn = params.roleArn, submitTime = now,
      inputDataConfig = params.inputDataConfig, outputDataConfig = params.outputDataConfig,
      vpcConfig = params.vpcConfig, timeoutDurationInHours = hours,
      jobExpirationTime = now + world:duration(hours * 3600),
      modelInvocationType = params.modelInvocationType or "InvokeModel",
      submitted_end = submitted, validated_end = validated,
      queue_end = validated + world:duration(world.config.batch_queue_seconds or queue_seconds),
      per_record = world:duration(world.config.batch_record_seconds or record_seconds),
    })
    return { jobArn = arn }
  end)
end

-- ---- the plan, read off the clock ----------------------------------------------------------

-- Records that are done at a time between the start and the end of the run.
local function processed(job, at)
  if not job.records or at < job.queue_end then return 0 end
  return math.min(job.records, math.floor((at - job.queue_end) / job.per_record + 0.01)) -- times are rounded
end

-- When the job ends of its own accord, once its records are known, and how.
local function natural_end(job)
  if job.failure then return job.failed_at, "Failed" end
  if job.queue_end >= job.jobExpirationTime then return job.jobExpirationTime, "Expired" end
  local run_end = job.queue_end + job.records * job.per_record
  if run_end > job.jobExpirationTime then return job.jobExpirationTime, "PartiallyCompleted" end
  return run_end, "Completed"
end

local function status_of(job, now)
  if job.stop_at then
    if now < job.stop_end then return "Stopping", nil, job.stop_at end
    return job.failure and "Failed" or "Stopped", job.stop_end, job.stop_end
  elseif now < job.submitted_end then
    return "Submitted", nil, job.submitTime
  elseif now < job.validated_end then
    return "Validating", nil, job.submitted_end
  end
  local at, ended = natural_end(job)
  if now >= at then return ended, at, at end
  if now < job.queue_end then return "Scheduled", nil, job.validated_end end
  return "InProgress", nil, now
end

local messages = {
  Expired = "The job expired before it was started; no record was processed.",
  PartiallyCompleted = "The job reached its timeout before all records were processed.",
}

local function view(world, job)
  local now = world:now()
  local status, ended, modified = status_of(job, now)
  -- Counts come up to a minute late (user guide), also behind the end.
  local seen = math.min(now - world:duration(lag_seconds), job.stop_at or math.huge)
  local done = processed(job, math.min(seen, job.jobExpirationTime))
  local bad = ended and seen >= ended and job.errors or 0
  return {
    jobArn = job.jobArn, jobName = job.jobName, modelId = job.modelId, clientRequestToken = job.clientRequestToken,
    roleArn = job.roleArn, status = status, message = status == "Failed" and job.failure or messages[status],
    submitTime = job.submitTime, lastModifiedTime = modified, endTime = ended,
    inputDataConfig = job.inputDataConfig, outputDataConfig = job.outputDataConfig, vpcConfig = job.vpcConfig,
    timeoutDurationInHours = job.timeoutDurationInHours, jobExpirationTime = job.jobExpirationTime,
    modelInvocationType = job.modelInvocationType,
    totalRecordCount = seen >= job.queue_end and job.records or 0, processedRecordCount = done,
    successRecordCount = done - bad, errorRecordCount = bad,
  }
end

local function find(world, call, identifier)
  local job = state.find(world, "batches", call.region, identifier, "id")
  if not job then
    refuse("ResourceNotFoundException", "The specified model invocation job was not found: " .. identifier)
  end
  return job
end

function operations.GetModelInvocationJob(world, call, params)
  return view(world, find(world, call, params.jobIdentifier))
end

function operations.ListModelInvocationJobs(world, call, params)
  local now, values = world:now(), {}
  for _, job in ipairs(state.all(world, "batches", call.region)) do
    if not params.statusEquals or status_of(job, now) == params.statusEquals then values[#values + 1] = job end
  end
  local summaries, next_token = state.page(values, params, { name = "jobName", created = "submitTime" },
    function(job) return view(world, job) end)
  return { invocationJobSummaries = summaries, nextToken = next_token }
end

function operations.StopModelInvocationJob(world, call, params)
  local job = find(world, call, params.jobIdentifier)
  local now = world:now()
  local status, ended = status_of(job, now)
  if ended or status == "Stopping" then
    -- Conflict or Validation: AWS does not say which; the text is ours.
    refuse("ConflictException", ("The job cannot be stopped, its status is %s."):format(status))
  end
  job.stop_at, job.stop_end = now, now + world:duration(stopping_seconds)
  state.save(world, "batches", job)
  return {}
end

M.operations = operations

-- ---- what goes by the clock ----------------------------------------------------------------

local function finish(world, job)
  local at = job.stop_at or natural_end(job)
  local done = processed(job, at)
  job.ended = true
  if done > 0 then
    job.errors, job.failure = batch_run.run(world, job, done, job.stop_end or at)
    job.failed_at = job.failure and at or nil
  end
end

local function advance(world, job, now)
  if job.stop_at and not job.records then
    job.ended = true
  elseif not job.records then
    job.records, job.failure = batch_run.validate(world, job)
    job.failed_at, job.ended = job.failure and job.validated_end, job.failure ~= nil
  end
  if not job.ended and (job.stop_at or now >= natural_end(job)) then finish(world, job) end
end

local function is_due(job, now)
  return not job.ended and (job.stop_at or now >= (job.records and natural_end(job) or job.validated_end))
end

--- Brings all batch jobs up to date.
---@param world moonrock.emulator.World
function M.settle(world)
  local now, due = world:now(), false
  for _, job in pairs(world.bedrock.batches) do due = due or is_due(job, now) end
  if not due then return end
  world.store:locked("settle batches", function()
    for _, job in ipairs(state.all(world, "batches")) do
      if is_due(job, now) then
        advance(world, job, now)
        state.save(world, "batches", job)
      end
    end
  end)
end

return M
