-- SPDX-License-Identifier: MIT
-- batch.lua -- many prompts as batch jobs of Bedrock: written, submitted, waited for, joined by id.
-- A job is in the journal, with its token, before it is submitted, so a process that is killed and
-- run again takes it up and does not pay twice. What a job did not answer (it failed, expired,
-- ended early, or was throttled) goes into a further job; what a further job would be too small for
-- is asked directly. A record that the service refused is not asked again: it has an error.

local catalog_module = require "moonrock.catalog"
local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local journals = require "moonrock.batch.journal"
local json = require "moonrock.json"
local limiter = require "moonrock.limiter"
local outputs = require "moonrock.batch.output"
local records_of = require "moonrock.batch.records"
local tables = require "moonrock.tables"
local tasks = require "moonrock.tasks"

local M = {}

local OPTIONS = {
  attempts = "count", bedrock = "table", below_minimum = "string", catalog = "table", input = "string",
  journal = "string", kind = "string", limiter = "table", live_model = "string", max_tokens = "count",
  model = "string", name = "string", on_status = "function", output = "string", poll = "seconds", records = "table",
  role = "string", runtime = "table", s3 = "table", session = "table", system = "string", tags = "table",
  temperature = "amount", timeout_hours = "count",
}
local TERMINAL_WAIT = 8 * 24 * 3600 -- a job may take a week
local TRANSIENT = tables.set "408 424 429 500 502 503 504"

local function wrong(message, hint)
  errors.raise { code = "ParamValidation", message = "batch: " .. message, hint = hint, retryable = false }
end

local function split_uri(uri)
  return uri:match "^s3://([^/]+)/?(.*)$"
end

local Batch = {}
Batch.__index = Batch

local function new(options)
  options = tables.copy(tables.check_options(options, OPTIONS, "batch.run"))
  for _, name in ipairs { "model", "role", "input", "output", "records" } do
    if not options[name] then
      wrong(("`%s` is missing"):format(name), "model, role, input and output (s3://...) and records are needed")
    end
  end
  for _, name in ipairs { "input", "output" } do
    if not split_uri(options[name]) then
      wrong(("`%s` is %s; a place like s3://bucket/folder/ is wanted"):format(name, options[name]))
    end
  end
  if options.model:find "provisioned%-model" then
    wrong("batch jobs do not run on provisioned throughput", "give the ARN of the custom model itself")
  elseif not tables.contains({ "live", "refuse" }, options.below_minimum or "live") then
    wrong('`below_minimum` is "live" or "refuse"')
  end
  if options.name and (#options.name > 48 or not options.name:find "^%w[%w+.-]*$") then
    wrong("`name` begins the names of jobs: at most 48 letters, digits, or any of + - .")
  end
  options.catalog = options.catalog or catalog_module.default()
  local facts = records_of.base(options.catalog, options.model)
  options.kind = options.kind or (facts and facts.format == "anthropic" and "InvokeModel" or "Converse")
  if not tables.contains({ "InvokeModel", "Converse" }, options.kind) then
    wrong('`kind` is "InvokeModel" or "Converse"')
  end
  options.max_tokens = options.max_tokens or 1024
  local session = options.session or require("moonrock.session").default()
  return setmetatable({
    options = options, limits = options.catalog:batch_limits(options.model), answers = {}, taken = {}, tried = {},
    jobs = {}, records = {}, by_id = {},
    bedrock = options.bedrock or session:client("bedrock"), s3 = options.s3 or session:client("s3"),
    runtime = options.runtime or session:client("bedrock-runtime"),
  }, Batch)
end

-- ---- jobs ----------------------------------------------------------------------------

-- A job by its name, for a service that knows its token no longer.
function Batch:adopt(name)
  for summary in self.bedrock:each("list_model_invocation_jobs", { nameContains = name }) do
    if summary.jobName == name then return summary.jobArn end
  end
end

local function other_batch(id, what)
  errors.raise { code = "OtherBatch", retryable = false,
    message = ("the journal holds record %s, which is %s now"):format(id, what),
    hint = "give the same records again, or another `journal`" }
end

-- What the journal knows of an id must be about the same record.
function Batch:check(id, hash)
  local record = self.by_id[id]
  if record and record.hash ~= hash then
    other_batch(id, "another one")
  end
  return record ~= nil
end

function Batch:submit(job)
  local options = self.options
  local bucket, key = split_uri(options.input)
  key = key .. ((key == "" or key:sub(-1) == "/") and "" or "/") .. job.name .. ".jsonl"
  local lines = {}
  for _, id in ipairs(tables.keys(job.records)) do
    lines[#lines + 1] = (self.by_id[id] or other_batch(id, "not there")).line
  end
  self.s3:put_object { Bucket = bucket, Key = key, Body = table.concat(lines, "\n") .. "\n" }
  local reply, err = errors.try(self.bedrock.create_model_invocation_job, self.bedrock, {
    jobName = job.name, roleArn = options.role, modelId = options.model, clientRequestToken = job.token,
    modelInvocationType = options.kind, timeoutDurationInHours = options.timeout_hours, tags = options.tags,
    inputDataConfig = { s3InputDataConfig = { s3Uri = ("s3://%s/%s"):format(bucket, key), s3InputFormat = "JSONL" } },
    outputDataConfig = { s3OutputDataConfig = { s3Uri = options.output } },
  })
  local arn = reply and reply.jobArn or errors.is(err, "ConflictException") and self:adopt(job.name)
  if not arn then error(err, 0) end
  self.journal:write { kind = "submitted", number = job.number, arn = arn }
end

local function state_of(reply)
  return { status = reply.status, message = reply.message, total = reply.totalRecordCount,
    errors = reply.errorRecordCount }
end

-- Of several jobs' words on a record an answer stands before an error, and a later error before an earlier
-- one, in whatever order the jobs are read; what was asked directly came after all of them.
function Batch:take(id, answer, number)
  local old = self.answers[id]
  if not old or old.source == "batch" and old.error and (not answer.error or number > self.taken[id]) then
    self.answers[id], self.taken[id] = answer, number
  end
end

-- Submits what is not submitted, waits for its end, takes its answers.
function Batch:finish(job)
  if not job.arn then self:submit(job) end
  if not job.state then
    local report = self.options.on_status
    local reply = self.bedrock:wait("model_invocation_job_stopped", { jobIdentifier = job.arn }, {
      delay = self.options.poll, max_delay = 300, timeout = TERMINAL_WAIT,
      on_poll = report and function(state) report(job.name, state.status, state) end,
    })
    self.journal:write { kind = "ended", number = job.number, state = state_of(reply) }
  end
  local answers, manifest = outputs.read(self.s3, self.options.output, job)
  for id, answer in pairs(answers) do
    if job.records[id] and self.by_id[id] then
      answer.source, answer.job = "batch", job.arn
      self:take(id, answer, job.number)
    end
  end
  self.jobs[#self.jobs + 1] = { name = job.name, arn = job.arn, status = job.state.status, message = job.state.message,
    records = #tables.keys(job.records), manifest = manifest }
end

-- Begins jobs for records; they are in the journal when this returns.
function Batch:plan(records)
  local journal = self.journal
  for _, part in ipairs(records_of.split(records, self.limits)) do
    local number = #journal.jobs + 1
    local token = crypto.hash("sha256", ("%s %d"):format(journal.head.run, number)):sub(1, 32)
    local held = {}
    for _, record in ipairs(part) do held[record.id] = record.hash end
    journal:write { kind = "job", number = number, token = token, records = held,
      name = ("%s-%s-%d"):format(self.options.name or "moonrock", journal.head.run:sub(1, 8), number) }
  end
end

-- ---- direct calls --------------------------------------------------------------------

function Batch:ask(record)
  local model = self.options.live_model or self.options.model
  if self.options.kind == "Converse" then
    return outputs.answer(self.runtime:converse(tables.copy(record.input, { modelId = model })))
  end
  local _, output = self.runtime:text(self.runtime:invoke_model { modelId = model, body = json.encode(record.input) })
  return outputs.answer(output)
end

-- Why records that no job is large enough for cannot be asked; nil if they can.
function Batch:no_live(count)
  local options = self.options
  local message, hint
  if options.below_minimum == "refuse" then
    message = ("%d records are fewer than the %d that a batch job of %s needs"):format(count,
      self.limits.min_records, options.model)
    hint = 'below_minimum = "live" asks for them directly'
  elseif not options.live_model and options.model:find ":custom%-model/" then
    message = ("%d records are fewer than the %d of a batch job, and a custom model is not asked directly")
      :format(count, self.limits.min_records)
    hint = "give `live_model`: the throughput or the deployment of the model"
  end
  return message and { code = "TooFewRecords", message = message, hint = hint, retryable = false }
end

function Batch:live(records)
  local options = self.options
  local _, failures = tasks.map(records, function(record)
    local answer = self:ask(record)
    answer.source = "live"
    self.journal:write { kind = "live", id = record.id, hash = record.hash, answer = answer }
    self.answers[record.id] = answer
  end, { limiter = options.limiter or limiter.new { concurrency = 8 }, tokens = options.max_tokens,
    errors = "collect" })
  for index, err in pairs(failures) do
    if not errors.is(err) then error(err, 0) end
    self.answers[records[index].id] = { source = "live", error = { code = err.code, message = err.message } }
  end
end

-- ---- the whole -----------------------------------------------------------------------

-- What has no answer and may be asked again.
function Batch:open_records()
  local open = {}
  for _, record in ipairs(self.records) do
    local answer = self.answers[record.id]
    local again = not answer or answer.error and answer.source == "batch" and TRANSIENT[answer.error.code]
    if again and (self.tried[record.id] or 0) < (self.options.attempts or 2) then open[#open + 1] = record end
  end
  return open
end

-- The reason why records have no answer: the last job that held them.
function Batch:close_unanswered()
  local missing = 0
  for _, record in ipairs(self.records) do
    if not self.answers[record.id] then
      missing = missing + 1
      local reason = { status = "NotAsked", message = "there were too few for a job" }
      for _, job in ipairs(self.journal.jobs) do
        if job.records[record.id] then reason = job.state end
      end
      self.answers[record.id] = { source = "batch", error = { code = "Job" .. reason.status,
        message = ("its job ended as %s%s"):format(reason.status, reason.message and ": " .. reason.message or "") } }
    end
  end
  if missing == #self.records then
    local answer = self.answers[self.records[1].id]
    errors.raise { code = "BatchFailed", retryable = false,
      message = "no record was answered: " .. answer.error.message,
      hint = "see the jobs in the journal; a new `journal` begins anew" }
  end
end

local function run(self)
  local options = self.options
  local journal <close> = journals.open(options.journal,
    { model = options.model, invocation = options.kind, output = options.output })
  self.journal = journal
  for id, line in pairs(journal.live) do
    self.answers[id] = self:check(id, line.hash) and line.answer or nil
  end
  local from = 1
  repeat
    local new_jobs = table.move(journal.jobs, from, #journal.jobs, 1, {})
    from = #journal.jobs + 1
    for _, job in ipairs(new_jobs) do
      for id, hash in pairs(job.records) do
        self:check(id, hash)
        self.tried[id] = (self.tried[id] or 0) + 1
      end
    end
    tasks.map(new_jobs, function(job) self:finish(job) end)
    local open = self:open_records()
    if #open >= self.limits.min_records then
      self:plan(open)
    elseif #open > 0 then
      local problem = self:no_live(#open)
      if not problem then
        self:live(open)
      elseif #journal.jobs == 0 then
        errors.raise(problem)
      end
      break
    end
  until #open == 0
  if #self.records > 0 then self:close_unanswered() end
  return self.answers, self.jobs
end

---Asks a model for all records, as batch jobs where there are enough of them.
---@async
---@param options table
---  model: base model, inference profile or ARN of a custom model; role: ARN of the role that Bedrock takes on;
---  input, output: places (s3://bucket/folder/); records: list of prompts or of { id?, prompt | messages, system? |
---  model_input }; kind: "InvokeModel" or "Converse" (by the model's family); max_tokens (1024); temperature;
---  system; journal: path of a file to go on from after a kill; name: beginning of the jobs' names;
---  attempts: jobs that a record may be in (2); below_minimum: "live" or "refuse"; live_model: what is asked
---  then, where it is not `model`; limiter: of moonrock.limiter, for direct calls; timeout_hours: 24 to 168; tags;
---  poll: seconds between looks; on_status: function(job name, status, reply); catalog; session, or bedrock, s3
---  and runtime
---@return table<string, table> answers by id: { text, stop_reason, usage, output, source = "batch" or "live", job } or
---  { error = { code, message }, source }
---@return table[] jobs { name, arn, status, message, records, manifest }
function M.run(options)
  local self = new(options)
  self.records = records_of.make(options.records, tables.copy(self.options, { strict = true }))
  for _, record in ipairs(self.records) do self.by_id[record.id] = record end
  return run(self)
end

---A target of evaluate that has asked for its samples already; `target.ask` looks them up.
---@async
---@param samples table[] of the whole evaluation
---@param wanted table[] those that have no answer yet
---@param options table as for `run`, without records
---@return { model_id: string, ask: fun(sample: table): table }
function M.target(samples, wanted, options)
  local self = new(tables.copy(options, { records = samples }))
  local items = {} -- the option system stands above a sample's own, as in direct calls
  for i, sample in ipairs(samples) do items[i] = tables.copy(sample, { system = options.system }) end
  for _, record in ipairs(records_of.make(items, self.options)) do self.by_id[record.id] = record end
  for i, sample in ipairs(wanted) do self.records[i] = self.by_id[sample.id] end
  local answers = run(self)
  return { model_id = options.model, ask = function(sample)
    local answer = answers[sample.id]
    if answer.error then
      errors.raise { code = answer.error.code, message = answer.error.message, retryable = false }
    end
    return answer
  end }
end

return M
