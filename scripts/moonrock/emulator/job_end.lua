-- SPDX-License-Identifier: MIT
-- emulator.job_end: what a finished customization job leaves behind.
-- `settle` runs before every request and ends the jobs whose time has come: it fits the stand-in
-- model, writes the metric files under the documented keys (user guide "Analyze model
-- customization results", 2026-08-31) and makes the custom model.

local crypto = require "moonrock.crypto"
local integrity = require "moonrock.emulator.integrity"
local job_module = require "moonrock.emulator.job"
local model = require "moonrock.emulator.model"
local refusal = require "moonrock.emulator.refuse"
local s3_state = require "moonrock.emulator.s3_state"
local state = require "moonrock.emulator.bedrock_state"

local M = {}

--- Puts a file into the customer's bucket as the service does, dated at the end of the job.
---@param bucket moonrock.emulator.Bucket
---@param now number
function M.write_object(world, bucket, key, body, now)
  local entry = {
    key = key, size = #body, etag = crypto.hash("md5", body), modified = now // 1 | 0,
    facts = { ContentType = "binary/octet-stream", ServerSideEncryption = "AES256" }, metadata = {}, tags = {},
    checksum = integrity.of_object(nil, body),
  }
  entry.blob = world.store:put(body, s3_state.label(world, bucket, key))
  s3_state.write(world, bucket, entry)
  world.bill:add("put", nil, 1)
end

local function output_keys(job)
  local name, prefix = state.split_uri(job.outputDataConfig.s3Uri)
  prefix = prefix:gsub("/$", "")
  local id = job.jobArn:match "([^/]+)$"
  local folder = (prefix ~= "" and prefix .. "/" or "") .. "model-customization-job-" .. id .. "/"
  return name, folder .. "training_artifacts/step_wise_training_metrics.csv",
    folder .. "validation_artifacts/post_fine_tuning_validation/validation_metrics.csv"
end

local function seed_of(job) return (string.unpack(">I4", crypto.hash("sha256", job.jobName, "raw"))) end

local function fit(world, job)
  local settings = job_module.settings(world, job)
  settings.seed = seed_of(job)
  local examples = model.examples(world.store:read(job.training_blob))
  local validation
  if job.validation_blob then validation = model.examples(world.store:read(job.validation_blob)) end
  -- Steps are counted in records; a record with several answers counts for its last.
  local by_record = {}
  for _, example in ipairs(examples) do by_record[example.record] = example end
  local records = {}
  for i = 1, examples[#examples] and examples[#examples].record or 0 do
    records[#records + 1] = by_record[i]
  end
  return model.fit(records, validation, settings), settings
end

local function finish(world, job)
  local fitted, settings = fit(world, job)
  local bucket_name, training_key, validation_key = output_keys(job)
  local bucket = world.s3.buckets[bucket_name]
  if not bucket then
    job.failed_at, job.failure = job.training_end, refusal.note(
      ("Amazon S3 perms missing (PutObject): Could not validate PutObject permissions to access S3 bucket: "
        .. "%s at key %s"):format(bucket_name, training_key), "the bucket is gone")
    job.ended, job.billed = true, job.tokens * settings.epochs
    state.save(world, "jobs", job)
    return
  end
  M.write_object(world, bucket, training_key, model.csv(fitted.rows, "training_loss"), job.training_end)
  if fitted.validation[1] then
    M.write_object(world, bucket, validation_key, model.csv(fitted.validation, "validation_loss"), job.training_end)
  end
  local base_id = job.baseModelArn:match "foundation%-model/(.+)$"
  local arn
  for _, custom in pairs(world.bedrock.models) do -- made by a process that was killed before it said so
    if custom.jobArn == job.jobArn then arn = custom.modelArn end
  end
  if not arn then
    repeat
      arn = world:arn(job.region, ("custom-model/%s/%s"):format(base_id, world:id()))
    until not world.bedrock.models[arn]
  end
  job.outputModelArn = arn
  job.trainingMetrics = { trainingLoss = fitted.loss }
  job.validationMetrics = fitted.validation_loss and { { validationLoss = fitted.validation_loss } } or nil
  local epochs = fitted.rows[#fitted.rows].epoch + 1 -- early stopping may end sooner
  job.billed = job.tokens * epochs -- in one record with the end, so that a kill cannot part them
  state.save(world, "models", {
    modelArn = arn, modelName = job.outputModelName, region = job.region, jobName = job.jobName, jobArn = job.jobArn,
    baseModelArn = job.baseModelArn, customizationType = job.customizationType, hyperParameters = job.hyperParameters,
    trainingDataConfig = job.trainingDataConfig, validationDataConfig = job.validationDataConfig,
    outputDataConfig = job.outputDataConfig, trainingMetrics = job.trainingMetrics,
    validationMetrics = job.validationMetrics, creationTime = job.training_end,
    modelKmsKeyArn = job.outputModelKmsKeyArn, training_blob = job.training_blob,
  })
  state.tag(world, arn, job.customModelTags)
  job.ended = true
  state.save(world, "jobs", job)
end

--- Brings all jobs up to date.
---@param world moonrock.emulator.World
function M.settle(world)
  local now, due = world:now(), false
  for _, job in pairs(world.bedrock.jobs) do
    due = due or not job.ended and not job.failure and now >= job.training_end
  end
  if not due then return end
  world.store:locked("settle jobs", function()
    for _, job in ipairs(state.all(world, "jobs")) do
      if not job.ended and not job.failure and not job.stop_at and now >= job.training_end then finish(world, job) end
    end
  end)
end

--- Something that answers as a custom model would; kept while the emulator lives.
---@param custom table a custom model
---@return moonrock.emulator.Answerer
function M.answerer(world, custom)
  local known = world.bedrock.answerers[custom.modelArn]
  if not known then
    known = model.answerer((model.examples(world.store:read(custom.training_blob))))
    world.bedrock.answerers[custom.modelArn] = known
  end
  return known
end

return M
