-- SPDX-License-Identifier: MIT
-- finetune.lua -- a fine-tuning job from launch to clean-up.
-- `launch` looks at everything that can be known offline before it makes a call that costs;
-- `serve` holds what bills by the hour in a lease; `clean_up` can be run again at any time.

local csv = require "moonrock.csv"
local errors = require "moonrock.error"
local lease = require "moonrock.lease"
local plan = require "moonrock.plan"
local time = require "moonrock.time"
local catalog = require "moonrock.catalog"
local clean = require "moonrock.finetune.clean"
local tables = require "moonrock.tables"

local M = {}

local function default_session()
  return require("moonrock.session").default()
end

-- Clients of a job: given ones, else those of the default session in the given region.
local function clients(opts)
  local options = opts.region and { region = opts.region } or nil
  local session = opts.session or default_session()
  return {
    bedrock = opts.bedrock or session:client("bedrock", options),
    s3 = opts.s3 or session:client("s3", options),
  }
end

local function split_uri(uri)
  local bucket, key = uri:match("^s3://([^/]+)/?(.*)$")
  if not bucket then
    errors.raise { code = "InvalidURI", message = ("%s is no S3 URI (s3://bucket/key)"):format(tostring(uri)) }
  end
  return bucket, key
end

-- Who carries a call out is named alike everywhere.
local where_options = { region = "string", session = "table", bedrock = "table", s3 = "table" }
local check_options = tables.copy(where_options, { data = "string", validation_data = "string" })
local launch_options = tables.copy(check_options, { allow_unlisted = "boolean", on_warning = "function" })
local wait_options = { on_phase = "function", delay = "seconds", timeout = "seconds" }
local serve_options = tables.copy(where_options, {
  kind = "string", name = "string", units = "count", commitment = "string", timeout = "seconds",
  on_status = "function", adopt = "boolean",
})

-- ---- launch ------------------------------------------------------------------------------

---@class moonrock.Job
---@field arn string
---@field name string
---@field model_arn string|nil once it is done
local Job = {}
Job.__index = Job

local function new_job(arn, with)
  return setmetatable({ arn = arn, bedrock = with.bedrock, s3 = with.s3 }, Job)
end

local function need_params(params, name)
  if type(params) ~= "table" then
    error(("bad argument #1 to '%s' (parameters of create_model_customization_job expected, got %s)"):format(name,
      type(params)), 3)
  end
end

---Everything that is wrong or doubtful about a job, found without any call.
---@param params table of create_model_customization_job
---@param opts? { data?: string, validation_data?: string, region?: string, bedrock?: table, session?: table }
---@return table[] problems { severity = "error"|"warning", path, message, hint }
function M.check(params, opts)
  need_params(params, "check")
  opts = tables.check_options(opts, check_options, "finetune.check")
  local region = opts.region or clients(opts).bedrock.meta.region
  return plan.check(params, { data = opts.data, validation_data = opts.validation_data, region = region })
end

---Starts a job after checking it; raises InvalidJob, with all problems, before the first call.
---@param params table of create_model_customization_job; numbers may be numbers
---@param opts? table data: the local copy of the training file, to be checked as well;
---validation_data; region or session or bedrock and s3; on_warning: function(problem);
---allow_unlisted: a base model that the catalog does not list as tunable is a warning only
---@return moonrock.Job
function M.launch(params, opts)
  need_params(params, "launch")
  opts = tables.check_options(opts, launch_options, "finetune.launch")
  local with = clients(opts)
  local region = with.bedrock.meta.region
  plan.require(params, {
    data = opts.data, validation_data = opts.validation_data, region = region,
    allow_unlisted = opts.allow_unlisted,
  }, opts.on_warning)
  local reply = with.bedrock:create_model_customization_job(params)
  local job = new_job(reply.jobArn, with)
  job.name = params.jobName
  return job
end

---A job that was started before, by name or ARN.
---@param identifier string
---@param opts? table region, session, or bedrock and s3
---@return moonrock.Job
function M.job(identifier, opts)
  local with = clients(tables.check_options(opts, where_options, "finetune.job"))
  local state = with.bedrock:get_model_customization_job { jobIdentifier = identifier }
  local job = new_job(state.jobArn, with)
  job.name, job.model_arn = state.jobName, state.outputModelArn
  return job
end

---The job's present state, as get_model_customization_job gives it.
---@return table
function Job:get()
  local state = self.bedrock:get_model_customization_job { jobIdentifier = self.arn }
  self.model_arn = state.outputModelArn or self.model_arn
  return state
end

local PHASES = {
  { "validationDetails", "Validation" },
  { "dataProcessingDetails", "Data processing" },
  { "trainingDetails", "Training" },
}

-- Reports the phases that have moved since the last look.
local function phase_reporter(on_phase)
  local seen = {}
  return function(state)
    for _, phase in ipairs(PHASES) do
      local details = state.statusDetails and state.statusDetails[phase[1]]
      local status = details and details.status
      if status and status ~= "NotStarted" and status ~= seen[phase[1]] then
        local at = details.lastModifiedTime or time.now()
        -- A phase that began and ended between two looks has begun all the same.
        if status ~= "InProgress" and not seen[phase[1]] then
          on_phase(phase[2], "InProgress", details.creationTime or at)
        end
        seen[phase[1]] = status
        on_phase(phase[2], status, at)
      end
    end
  end
end

---Waits until the job is done; raises what the service gives as the reason of a failure.
---@param opts? { on_phase?: fun(phase: string, status: string, at: number), delay?: number, timeout?: number }
---at: seconds since 1970
---@return table state of the completed job
function Job:wait(opts)
  opts = tables.check_options(opts, wait_options, "job:wait")
  local report = opts.on_phase and phase_reporter(opts.on_phase)
  local state = self.bedrock:wait("model_customization_job_completed", { jobIdentifier = self.arn }, {
    delay = opts.delay, timeout = opts.timeout, on_poll = report,
  })
  self.model_arn = state.outputModelArn
  return state
end

-- ---- metrics -----------------------------------------------------------------------------

local function read_csv(s3, bucket, key)
  local body <close> = s3:get_object({ Bucket = bucket, Key = key }).Body
  return csv.parse(body:read("a"))
end

---The metric files of a job: one row a step, fields by the names of the header
---(step_number, epoch_number, training_loss, perplexity; validation_loss), as numbers.
---@param job moonrock.Job
---@return table[] training
---@return table[] validation empty without a validation set
function M.metrics(job)
  if getmetatable(job) ~= Job then
    error("bad argument #1 to 'metrics' (a job of finetune.launch expected, got " .. type(job) .. ")", 2)
  end
  local state = job:get()
  local bucket, prefix = split_uri(state.outputDataConfig.s3Uri)
  if prefix ~= "" and prefix:sub(-1) ~= "/" then prefix = prefix .. "/" end
  prefix = ("%smodel-customization-job-%s/"):format(prefix, job.arn:match("([^/]+)$"))
  local training, validation
  -- Where the validation file lies differs between the documentation and what is seen.
  for item in job.s3:each("list_objects_v2", { Bucket = bucket, Prefix = prefix }) do
    if item.Key:find("step_wise_training_metrics%.csv$") then
      training = read_csv(job.s3, bucket, item.Key)
    elseif item.Key:find("validation_metrics%.csv$") then
      validation = read_csv(job.s3, bucket, item.Key)
    end
  end
  if not training then
    errors.raise {
      code = "NoMetrics",
      message = ("there is no step_wise_training_metrics.csv below s3://%s/%s"):format(bucket, prefix),
      hint = "metric files appear when the job has completed",
    }
  end
  return training, validation or {}
end

---The mean loss of every epoch, in order.
---@param rows table[] as metrics gives them
---@param column? string default "training_loss"
---@return { epoch: integer, steps: integer, loss: number, last: number }[]
function M.loss_per_epoch(rows, column)
  column = column or "training_loss"
  local epochs, by_number = {}, {}
  for _, row in ipairs(rows) do
    local number = row.epoch_number
    local epoch = by_number[number]
    if not epoch then
      epoch = { epoch = number, steps = 0, sum = 0.0 }
      by_number[number] = epoch
      epochs[#epochs + 1] = epoch
    end
    epoch.steps = epoch.steps + 1
    epoch.sum = epoch.sum + row[column]
    epoch.last = row[column]
  end
  table.sort(epochs, function(a, b) return a.epoch < b.epoch end)
  for _, epoch in ipairs(epochs) do
    epoch.loss = epoch.sum / epoch.steps
    epoch.sum = nil
  end
  return epochs
end

-- ---- serving -----------------------------------------------------------------------------

---@class moonrock.Endpoint
---@field model_id string what invoke_model takes
---@field model_arn string the custom model behind it
---@field kind "throughput"|"deployment"
local Endpoint = {}
Endpoint.__index = Endpoint

---Deletes the endpoint and waits until it is gone.
function Endpoint:close(cause)
  return self.lease:close(cause)
end
Endpoint.__close = Endpoint.close

---Leaves the endpoint running; it goes on costing money.
function Endpoint:keep()
  self.lease:keep()
end

local KINDS = {
  throughput = {
    text = "provisioned throughput", cost = "billed by the hour",
    create = "create_provisioned_model_throughput", delete = "delete_provisioned_model_throughput",
    find = "find_provisioned_model_throughput", id = "provisionedModelId", arn = "provisionedModelArn",
    ready = "provisioned_model_throughput_in_service", gone = "provisioned_model_throughput_deleted",
  },
  deployment = {
    text = "custom model deployment", cost = "kept, and billed for what is asked of it,",
    create = "create_custom_model_deployment", delete = "delete_custom_model_deployment",
    find = "find_custom_model_deployment", id = "customModelDeploymentIdentifier",
    arn = "customModelDeploymentArn", ready = "custom_model_deployment_active",
    gone = "custom_model_deployment_deleted",
  },
}

-- A refusal: the service has answered and made nothing.
local function is_refusal(err)
  return errors.is(err) and type(err.status) == "number" and err.status >= 400 and err.status < 500
end

local function hold(bedrock, kind, name)
  local region = bedrock.meta.region
  return lease.hold {
    what = ("%s %s"):format(kind.text, name), cost = kind.cost,
    delete = function() bedrock[kind.delete](bedrock, { [kind.id] = name }) end,
    gone = function() return bedrock[kind.find](bedrock, name) == nil end,
    undo = ("moonrock -e 'require(\"moonrock\").client(\"bedrock\", {region=\"%s\"}):%s{%s=\"%s\"}'"):format(
      region, kind.delete, kind.id, name),
  }
end

local function pick_kind(opts, model_arn)
  if opts.kind then return opts.kind end
  local base = model_arn:match("custom%-model/([^/]+)")
  local model = base and catalog.default():find(base)
  return model and model.deployable and "deployment" or "throughput"
end

-- Gives up what was begun when `serve` is left by an error or a cancel.
local failed_mt = {
  __close = function(guard, err)
    if err ~= nil then guard.lease:close(err) end
  end,
}

---Makes a tuned model callable, and waits until it is.  Use it as
---`local endpoint <close> = finetune.serve(job)`: leaving the block deletes it.
---@param job moonrock.Job|string a completed job, or the ARN of a custom model
---@param opts? table kind: "throughput" or "deployment", by default the way that costs least where
---the base model allows it; name; units and commitment of a throughput; timeout in seconds; adopt: one
---of this name and model that is there already, as a killed process leaves it, is taken over;
---on_status: function(status, at); bedrock, session or region where `job` is an ARN
---@return moonrock.Endpoint
function M.serve(job, opts)
  if type(job) ~= "string" and getmetatable(job) ~= Job then
    error("bad argument #1 to 'serve' (a job of finetune.launch or the ARN of a model expected, got " .. type(job)
      .. ")", 2)
  end
  opts = tables.check_options(opts, serve_options, "finetune.serve")
  local bedrock = type(job) == "table" and job.bedrock or clients(opts).bedrock
  local model_arn = type(job) == "table" and (job.model_arn or job:get().outputModelArn) or job
  if type(model_arn) ~= "string" then
    errors.raise { code = "NoModel", message = "the job has made no model yet", hint = "job:wait() waits for it" }
  end
  local which = pick_kind(opts, model_arn)
  local kind = KINDS[which]
  if not kind then
    error("bad argument #2 to 'serve' (kind must be throughput or deployment)", 2)
  end
  local name = opts.name or "moonrock-" .. model_arn:match("([^/]+)$")
  local params
  if which == "throughput" then
    params = { provisionedModelName = name, modelId = model_arn, modelUnits = opts.units or 1,
      commitmentDuration = opts.commitment }
  else
    params = { modelDeploymentName = name, modelArn = model_arn }
  end
  -- The lease comes first and goes by name, so that a lost reply leaves nothing behind.
  local held = hold(bedrock, kind, name)
  local endpoint = setmetatable({ lease = held, kind = which, name = name, model_arn = model_arn, bedrock = bedrock },
    Endpoint)
  local guard <close> = setmetatable({ lease = held }, failed_mt) -- luacheck: ignore
  local reply, err = opts.adopt and bedrock[kind.find](bedrock, name) or nil, nil
  if not reply or reply.modelArn ~= model_arn then
    reply, err = errors.try(bedrock[kind.create], bedrock, params)
  end
  if not reply then
    if is_refusal(err) then held:keep() end
    error(err, 0)
  end
  endpoint.arn = reply[kind.arn]
  endpoint.model_id = endpoint.arn
  bedrock:wait(kind.ready, { [kind.id] = endpoint.arn }, {
    timeout = opts.timeout,
    on_poll = opts.on_status and function(state) opts.on_status(state.status, time.now()) end,
  })
  return endpoint
end

-- ---- clean-up ----------------------------------------------------------------------------

M.clean_up = clean.clean_up
M.cleaner = clean.cleaner

return M
