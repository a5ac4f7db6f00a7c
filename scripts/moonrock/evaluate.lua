-- SPDX-License-Identifier: MIT
-- evaluate.lua -- a dataset, a target, scorers: every answer is asked for once, kept, and judged.
-- Results go to a file as they come (evaluate_results.lua); the same call again goes on where the
-- file ends. Only what was answered is scored: errors, throttling, refusals and answers that were
-- cut off at max_tokens are told apart, and counted beside the scores, never in them.
-- compare.lua tells whether one run is better than another.

local cost = require "moonrock.cost"
local catalog = require "moonrock.catalog"
local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local results_file = require "moonrock.evaluate_results"
local samples_of = require "moonrock.evaluate_samples"
local session = require "moonrock.session"
local stats = require "moonrock.stats"
local tables = require "moonrock.tables"
local tasks = require "moonrock.tasks"
local time = require "moonrock.time"

local M = {}

local OPTIONS = {
  budget = "amount", cache = "table", catalog = "table", concurrency = "count", dataset = "any", in_doubt = "string",
  limit = "count", limiter = "table", max_tokens = "count", name = "string", on_progress = "function",
  output = "string", runtime = "any", sample = "function", scorers = "table", seed = "any", system = "string",
  target = "any", temperature = "amount", unknown_price = "string",
}

local THROTTLES = tables.set [[ ThrottlingException TooManyRequestsException ServiceQuotaExceededException Throttling
  SlowDown ModelNotReadyException ServiceUnavailableException ]]
local REFUSALS = tables.set "content_filtered guardrail_intervened refusal"
local CUT_OFF = tables.set "max_tokens length model_context_window_exceeded"

local function wrong(message, hint)
  errors.raise { code = "ParamValidation", message = "evaluate: " .. message, hint = hint, retryable = false }
end

-- ---- the target ----------------------------------------------------------------------

-- A model is asked by Converse, whose form all models share.
local function model_target(id, options)
  local runtime = options.runtime or session.default():client("bedrock-runtime")
  return {
    model_id = id,
    ask = function(sample)
      local messages = {}
      for i, message in ipairs(sample.messages) do
        messages[i] = { role = message.role, content = { { text = message.content } } }
      end
      local system = sample.system or options.system
      local reply = runtime:converse {
        modelId = id, messages = messages, system = system and { { text = system } },
        inferenceConfig = { maxTokens = options.max_tokens, temperature = options.temperature },
      }
      local parts = {}
      for _, block in ipairs(reply.output and reply.output.message and reply.output.message.content or {}) do
        parts[#parts + 1] = block.text
      end
      local usage = reply.usage or {}
      return { text = table.concat(parts), stop_reason = reply.stopReason,
        usage = { input_tokens = usage.inputTokens, output_tokens = usage.outputTokens },
        attempts = reply.ResponseMetadata and reply.ResponseMetadata.RetryAttempts + 1 }
    end,
  }
end

local function target_of(options)
  local target = options.target
  if type(target) == "string" then
    return model_target(target, options)
  elseif type(target) == "function" then
    return { ask = target }
  elseif type(target) == "table" and type(target.model_id) == "string" and target.ask == nil then
    return model_target(target.model_id, options) -- such as what finetune.serve gives
  elseif type(target) == "table" and type(target.ask) == "function" then
    return target
  end
  wrong("`target` is a model id, what finetune.serve gave, a function, or { model_id =, ask = function }")
end

-- ---- money ---------------------------------------------------------------------------

-- What a call may cost at most, and what one did cost; nil where a price is unknown. What a
-- provisioned model answers is paid by the hour, not by the token.
local function pricing(target, options)
  local prices = options.catalog or catalog.default()
  local id = target.model_id
  if not id or id:find("provisioned%-model") then
    return function() return 0.0 end
  end
  local model = catalog.split(id).id
  local input, output = prices:price(model, "input"), prices:price(model, "output")
  if not (input and output) then
    return nil
  end
  return function(input_tokens, output_tokens)
    return (input_tokens * input + output_tokens * output) / 1000
  end
end

local Purse = {}
Purse.__index = Purse

local function new_purse(target, options)
  local price = pricing(target, options)
  if options.budget and not price and options.unknown_price ~= "allow" then
    errors.raise { code = "UnknownPrice", retryable = false,
      message = ("the price of %s is not known, so a budget of %s cannot be kept")
        :format(target.model_id, cost.dollars(options.budget)),
      hint = 'give prices by catalog.new { prices = ... } as `catalog`, or unknown_price = "allow"' }
  end
  return setmetatable({ price = price, budget = options.budget, spent = 0.0, reserved = 0.0 }, Purse)
end

-- Sets aside what the next call may cost at most; nil when that is more than is left.
function Purse:reserve(sample, options)
  if not self.price then
    return 0.0
  end
  local most = self.price(cost.tokens(#json.encode(sample.input), options.catalog), options.max_tokens)
  if self.budget and self.spent + self.reserved + most > self.budget then
    return nil
  end
  self.reserved = self.reserved + most
  return most
end

function Purse:settle(reservation, usage)
  self.reserved = self.reserved - reservation
  local paid = self.price and usage and self.price(usage.input_tokens or 0, usage.output_tokens or 0) or nil
  self.spent = self.spent + (paid or 0)
  return paid
end

-- ---- one sample ----------------------------------------------------------------------

-- The answer, in the words of a results line; an error that is the script's own is raised.
local function ask(target, sample, options)
  local call = target.ask
  if options.limiter then
    call = options.limiter:wrap(call, cost.tokens(#json.encode(sample.input)) + options.max_tokens)
  end
  local started = time.monotonic()
  local answer, err = errors.try(call, sample)
  local line = { kind = "sample", id = sample.id, index = sample.index, input = sample.input,
    expected = sample.expected, latency_ms = math.floor((time.monotonic() - started) * 1000 + 0.5), attempts = 1 }
  if answer == nil then
    if not errors.is(err) or errors.is(err, "Cancelled") then
      error(err, 0)
    end
    line.status = THROTTLES[err.code] and "throttled" or "error"
    line.error, line.attempts = { code = err.code, message = err.message }, err.attempts or 1
    return line
  end
  if type(answer) == "string" then
    answer = { text = answer }
  elseif type(answer) ~= "table" or type(answer.text) ~= "string" then
    wrong("the target must give a text, or a table with `text`, not " .. type(answer))
  end
  line.answer, line.stop_reason, line.usage = answer.text, answer.stop_reason, answer.usage
  line.attempts = answer.attempts or 1
  line.status = CUT_OFF[answer.stop_reason] and "truncated" or REFUSALS[answer.stop_reason] and "refused" or "scored"
  return line
end

local function judge(line, sample, scorers)
  if line.status ~= "scored" then
    return
  end
  local judged = setmetatable({ answer = line.answer }, { __index = sample })
  line.scores, line.details = {}, {}
  for _, scorer in ipairs(scorers) do
    local worth, reason = scorer.score(judged)
    line.scores[scorer.name], line.details[scorer.name] = worth, reason
  end
  if next(line.details) == nil then
    line.details = nil
  end
end

-- ---- the whole -----------------------------------------------------------------------

local function described(scorers)
  local list, seen = {}, {}
  for i, scorer in ipairs(scorers) do
    if type(scorer) ~= "table" or type(scorer.score) ~= "function" then
      wrong(("scorers[%d] is none: moonrock.score makes them"):format(i))
    elseif seen[scorer.name] then
      wrong(("two scorers are called %s"):format(scorer.name), "give one of them a `name`")
    end
    seen[scorer.name] = true
    list[i] = { name = scorer.name, kind = scorer.kind, options = scorer.options }
  end
  if #list == 0 then
    wrong("`scorers` is a list with at least one of moonrock.score")
  end
  return list
end

local function first_line(options, target, samples)
  local run = {
    version = 1, name = options.name or target.model_id or "answers", started = time.iso8601(),
    target = { model_id = target.model_id }, scorers = described(options.scorers), seed = options.seed or 1,
    dataset = { path = samples.path, sha256 = samples.sha256, records = samples.records },
    options = { max_tokens = options.max_tokens, temperature = options.temperature, system = options.system,
      limit = options.limit },
    moonrock = require("moonrock.system").version().moonrock,
  }
  run.fingerprint = crypto.hash("sha256", json.encode { run.target, run.scorers, run.dataset.sha256 or "", run.seed,
    run.options })
  return run
end

-- What is still to be asked: what has no answer yet, and what ended in an error or was throttled.
local function open_samples(samples, results, in_doubt)
  local list = {}
  for _, sample in ipairs(samples) do
    local old = results.by_id[sample.id]
    local unanswered = not old or old.status == "error" or old.status == "throttled"
    if unanswered and not (in_doubt == "skip" and results.in_doubt[sample.id]) then
      list[#list + 1] = sample
    end
  end
  return list
end

---What a results file says, in numbers.
---@param results moonrock.evaluate.Results|string of evaluate_results, or the path of a file
---@return table summary scored, error, throttled, refused, truncated (counts), in_doubt, cost (USD),
---unpriced (answers without a known price), latency_ms { p50, p95 }, scores by scorer: { n, estimate,
---low, high }: Wilson's interval where all scores are 0 or 1, else the BCa bootstrap
function M.summary(results)
  if type(results) == "string" then
    results = results_file.read(results)
  end
  local summary = { scored = 0, error = 0, throttled = 0, refused = 0, truncated = 0, cached = 0, in_doubt = 0,
    cost = 0.0, unpriced = 0, scores = {} }
  local values, latencies = {}, {}
  for _, line in ipairs(results.samples) do
    summary[line.status] = summary[line.status] + 1
    summary.cached = summary.cached + (line.cached and 1 or 0)
    summary.cost = summary.cost + (line.cost or 0)
    summary.unpriced = summary.unpriced + ((line.answer and not line.cost) and 1 or 0)
    latencies[#latencies + 1] = line.answer and not line.cached and line.latency_ms or nil
    for name, worth in pairs(line.scores or {}) do
      values[name] = values[name] or {}
      table.insert(values[name], worth)
    end
  end
  for _ in pairs(results.in_doubt) do
    summary.in_doubt = summary.in_doubt + 1
  end
  for name, list in pairs(values) do
    summary.scores[name] = stats.interval(list, { seed = results.run.seed })
  end
  if #latencies > 0 then
    summary.latency_ms = { p50 = stats.quantile(latencies, 0.5), p95 = stats.quantile(latencies, 0.95) }
  end
  return summary
end

---Asks a target for every sample of a dataset and scores the answers.
---@param options table
---  dataset: path of JSONL, list of records, or iterator; sample: function(record, index) that gives
---  { input or messages, system, expected, id } of a record (default: the chat forms, the last turn
---  of the assistant is what is expected); target: model id, what finetune.serve gave, function(sample)
---  that gives a text or { text, usage, stop_reason }; scorers: list of moonrock.score; output: path of
---  the results (goes on where it ends); name; concurrency (8); limit; max_tokens (1024); temperature;
---  system; budget: USD, stops before it is exceeded; unknown_price: "refuse" or "allow"; in_doubt:
---  "repeat" or "skip" what was asked for when a run was killed; cache: of evaluate_cache.open;
---  limiter: of moonrock.limiter, shared with others; runtime: client; catalog; seed;
---  on_progress: function(done, total, line)
---@return table summary as `summary` gives it, with complete = false and stopped = "budget" when money ran out
function M.run(options)
  options = tables.copy(tables.check_options(options, OPTIONS, "evaluate.run"))
  options.max_tokens = options.max_tokens or 1024
  if not options.output then
    wrong("`output`, the path of the results, is missing")
  elseif not tables.contains({ "repeat", "skip" }, options.in_doubt or "repeat") then
    wrong('`in_doubt` is "repeat" or "skip"')
  end
  local target = target_of(options)
  local purse = new_purse(target, options)
  local samples = samples_of.read(options)
  local results <close> = results_file.open(options.output, first_line(options, target, samples))
  for _, line in ipairs(results.samples) do
    purse.spent = purse.spent + (line.cost or 0)
  end
  local open, stopped = open_samples(samples, results, options.in_doubt), nil
  local done = #samples - #open
  local cache = options.cache

  tasks.map(open, function(sample)
    if stopped then
      return
    end
    local key = cache and cache:key(target, sample, options)
    local line = key and cache:get(key, sample)
    if not line then
      local reservation = purse:reserve(sample, options)
      if not reservation then
        stopped = "budget"
        return
      end
      results:write { kind = "call", id = sample.id }
      line = ask(target, sample, options)
      line.cost = purse:settle(reservation, line.usage)
      if key and line.answer then
        cache:put(key, line)
      end
    end
    judge(line, sample, options.scorers)
    results:write(line)
    done = done + 1
    if options.on_progress then
      options.on_progress(done, #samples, line)
    end
  end, { concurrency = options.concurrency or 8 })

  local summary = M.summary(results)
  summary.complete, summary.stopped = not stopped and #results.samples == #samples, stopped
  if summary.complete then
    results:write { kind = "end", finished = time.iso8601(), scored = summary.scored, cost = summary.cost }
  end
  return summary
end

return M
