-- SPDX-License-Identifier: MIT
-- finetune/clean.lua -- removes what a fine-tuning left, in the one order that works.
-- Running job, endpoints, model, objects, bucket: each step may be repeated, since what is gone
-- counts as done; a step that fails does not keep the others from being tried.

local errors = require "moonrock.error"
local is_gone = require("moonrock.aws.wait").is_absent
local tables = require "moonrock.tables"

local M = {}

local known_options = {
  job = "table", model = "string", bucket = "string", keys = "table", prefixes = "table", delete_bucket = "boolean",
  versions = "boolean", on_step = "function", bedrock = "table", s3 = "table",
}

---@class moonrock.CleanUp
local Steps = {}
Steps.__index = Steps

-- Runs one step; its result is "done" or "was gone", failures are kept for the end.  A step
-- that only looks is told of when it fails.
function Steps:run(what, id, f, looks)
  local done, err = errors.try(function()
    return f() ~= false
  end)
  local result = "done"
  if done == nil then
    result = is_gone(err) and "was gone" or "failed"
    if result == "failed" then
      self.failures[#self.failures + 1] = ("%s %s: %s"):format(what, id, tostring(err))
      self.cause = self.cause or err
    end
  end
  if self.on_step and not (looks and result ~= "failed") then self.on_step(what, id, result) end
  return result ~= "failed"
end

local function stop_job(steps, bedrock, job)
  local state = job:get()
  if state.status == "InProgress" or state.status == "Stopping" then
    steps:run("stopped job", job.arn, function()
      if state.status == "InProgress" then
        bedrock:stop_model_customization_job { jobIdentifier = job.arn }
      end
      bedrock:wait("model_customization_job_stopped", { jobIdentifier = job.arn })
    end)
  end
  return state.outputModelArn
end

local function delete_endpoints(steps, bedrock, model_arn)
  local throughputs, deployments = {}, {}
  for item in bedrock:each("list_provisioned_model_throughputs", { modelArnEquals = model_arn }) do
    throughputs[#throughputs + 1] = item.provisionedModelArn
  end
  for item in bedrock:each("list_custom_model_deployments", { modelArnEquals = model_arn }) do
    deployments[#deployments + 1] = item.customModelDeploymentArn
  end
  for _, arn in ipairs(throughputs) do
    steps:run("deleted throughput", arn, function()
      bedrock:delete_provisioned_model_throughput { provisionedModelId = arn }
      bedrock:wait("provisioned_model_throughput_deleted", { provisionedModelId = arn })
    end)
  end
  for _, arn in ipairs(deployments) do
    steps:run("deleted deployment", arn, function()
      bedrock:delete_custom_model_deployment { customModelDeploymentIdentifier = arn }
      bedrock:wait("custom_model_deployment_deleted", { customModelDeploymentIdentifier = arn })
    end)
  end
end

local function delete_model(steps, bedrock, model_arn)
  steps:run("deleted model", model_arn, function()
    bedrock:delete_custom_model { modelIdentifier = model_arn }
    bedrock:wait("custom_model_deleted", { modelIdentifier = model_arn })
  end)
end

local function clean_bucket(steps, s3, opts)
  local bucket = opts.bucket
  if opts.delete_bucket then
    steps:run("emptied bucket", bucket, function() s3:empty_bucket(bucket, { versions = opts.versions }) end)
    steps:run("deleted bucket", bucket, function() s3:delete_bucket { Bucket = bucket } end)
    return
  end
  if opts.keys then
    steps:run("deleted objects of", bucket, function() s3:delete_keys(bucket, opts.keys) end)
  end
  for _, prefix in ipairs(opts.prefixes or {}) do
    steps:run("emptied", ("s3://%s/%s"):format(bucket, prefix), function()
      s3:empty_bucket(bucket, { prefix = prefix })
    end)
  end
end

local function remove_all(opts)
  local job = opts.job
  local bedrock = opts.bedrock or job and job.bedrock or require("moonrock").client("bedrock")
  local s3 = opts.s3 or job and job.s3 or opts.bucket and require("moonrock").client("s3")
  local steps = setmetatable({ failures = {}, on_step = opts.on_step }, Steps)
  local model_arn = opts.model
  if job then
    steps:run("look up job", job.arn, function() model_arn = stop_job(steps, bedrock, job) or model_arn end, true)
  end
  if model_arn then
    steps:run("look for endpoints of", model_arn, function() delete_endpoints(steps, bedrock, model_arn) end, true)
    delete_model(steps, bedrock, model_arn)
  end
  if opts.bucket then clean_bucket(steps, s3, opts) end
  if #steps.failures > 0 then
    errors.raise {
      code = "CleanUpIncomplete",
      message = ("not everything was removed: %s"):format(table.concat(steps.failures, "; ")),
      hint = "run the clean-up again; what is gone by then counts as done",
      cause = steps.cause,
    }
  end
  return true
end

---Removes what a fine-tuning made.  Only what is named is touched; a finished job itself stays,
---since AWS has no call that deletes one.
---@param opts table job: is stopped if it runs, and its model is deleted; model: the ARN of a
---custom model; bucket with keys or prefixes of objects, or delete_bucket = true (with everything
---in it; versions = true for old versions too); on_step: function(what, id, "done"|"was gone"|
---"failed"); bedrock and s3: clients
---@return boolean complete; raises CleanUpIncomplete with what failed
function M.clean_up(opts)
  return remove_all(tables.check_options(opts, known_options, "clean_up"))
end

---@class moonrock.Cleaner the options of clean_up, to be filled in while things are made
local Cleaner = {}
Cleaner.__index = Cleaner

-- A field that is misspelt would leave behind what it names.
function Cleaner:__newindex(name, value)
  tables.check_option_name(name, known_options, "the cleaner")
  rawset(self, name, value)
end

local closed = setmetatable({}, { __mode = "k" }) -- cleaners; a field of theirs would be an option

-- Printed when the clean-up itself is cut short: the time limit of a cancel.
local watch_mt = {
  __close = function(watch)
    if watch.ended then return end
    local cleaner = watch.cleaner
    local left = {}
    if cleaner.job then left[#left + 1] = "what came of job " .. cleaner.job.arn end
    if cleaner.model then left[#left + 1] = "model " .. cleaner.model end
    if cleaner.bucket then left[#left + 1] = "objects in s3://" .. cleaner.bucket end
    io.stderr:write("\nmoonrock: NOT ALL DELETED: the clean-up was stopped before it was done; look for ",
      table.concat(left, ", "), "\n")
  end,
}

---Removes what is named in the cleaner's fields; the second call does nothing.
---@param cause any the error with which a block is left
function Cleaner:close(cause)
  if closed[self] then return end
  closed[self] = true
  if cause == nil then
    remove_all(self)
    return
  end
  -- An error is on its way; what else goes wrong must not hide it.
  local watch <close> = setmetatable({ cleaner = self }, watch_mt)
  local ok, err = errors.try(remove_all, self)
  watch.ended = true
  if not ok then
    io.stderr:write("\nmoonrock: ", tostring(err), "\n")
  end
end
Cleaner.__close = Cleaner.close

---A to-be-closed value that calls clean_up: `local cleaner <close> = finetune.cleaner { s3 = s3 }`,
---then `cleaner.bucket = name`, `cleaner.job = job` as they come to be.
---@param opts table as for clean_up
---@return moonrock.Cleaner
function M.cleaner(opts)
  return setmetatable(tables.copy(tables.check_options(opts, known_options, "cleaner")), Cleaner)
end

return M
