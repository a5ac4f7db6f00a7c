-- SPDX-License-Identifier: MIT
-- evaluate.lua -- a dataset, a target, scorers: every answer is asked for once, kept, and judged.
-- Results go to a file as they come (evaluate/results.lua); the same call again goes on where the
-- file ends. Only what was answered is scored: errors, throttling, refusals and answers that were
-- cut off at max_tokens are told apart, and counted beside the scores, never in them.
-- compare.lua tells whether one run is better than another.

local cost = require "moonrock.cost"
local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local money = require "moonrock.evaluate.money"
local results_file = require "moonrock.evaluate.results"
local retry = require "moonrock.aws.retry"
local samples_of = require "moonrock.evaluate.samples"
local stats = require "moonrock.stats"
local tables = require "moonrock.tables"
local targets = require "moonrock.evaluate.target"
local lazy = require "moonrock.lazy"
local tasks = require "moonrock.tasks"
local time = require "moonrock.time"
local to_utf8 = require("moonrock.plain").utf8

local batch, cache_file = lazy "moonrock.batch", lazy "moonrock.evaluate.cache"

local M = {}

local OPTIONS = {
  batch = "table", budget = "amount", cache = "any", catalog = "table", concurrency = "count", dataset = "any",
  in_doubt = "string",
  limit = "count", limiter = "table", max_tokens = "count", name = "string", on_progress = "function",
  output = "string", runtime = "any", sample = "function", scorers = "table", seed = "any", system = "string",
  target = "any", temperature = "amount", unknown_price = "string",
}

-- (The errors of a batch job's records have the HTTP status as their code.)
local THROTTLES = tables.set [[ ThrottlingException TooManyRequestsException ServiceQuotaExceededException Throttling
  SlowDown ModelNotReadyException ServiceUnavailableException 429 503 ]]
local REFUSALS = tables.set "content_filtered guardrail_intervened refusal"
local CUT_OFF = tables.set "max_tokens length model_context_window_exceeded"
local NOT_JUDGEABLE = tables.set "NotJudged NotScorable" -- judging it again would say the same

local function wrong(message, hint)
  errors.raise { code = "ParamValidation", message = "evaluate: " .. message, hint = hint, retryable = false }
end

-- ---- one sample ----------------------------------------------------------------------

-- The answer, in the words of a results line; an error that is the script's own is raised.
local function ask(target, sample, options)
  local started = time.monotonic()
  local answer, err
  if options.limiter and not options.batch then -- what a batch answered is only looked up
    answer, err = errors.try(options.limiter.call, options.limiter, cost.tokens(sample.bytes) + options.max_tokens,
      target.ask, sample)
  else
    answer, err = errors.try(target.ask, sample)
  end
  local line = { kind = "sample", id = sample.id, index = sample.index, input = sample.input,
    expected = sample.expected, attempts = 1 }
  if not options.batch then
    line.latency_ms = math.floor((time.monotonic() - started) * 1000 + 0.5)
  end
  if answer == nil and err ~= nil then
    if not errors.is(err) or errors.is(err, "Cancelled") then
      error(err, 0)
    end
    line.status = (THROTTLES[err.code] or retry.classify(err) == "throttle") and "throttled" or "error"
    line.error, line.attempts = { code = err.code, message = to_utf8(tostring(err.message)) }, err.attempts or 1
    return line
  end
  if type(answer) == "string" then
    answer = { text = answer }
  elseif type(answer) ~= "table" or type(answer.text) ~= "string" then
    wrong("the target must give a text, or a table with `text`, not " .. type(answer))
  end
  line.answer, line.usage = to_utf8(answer.text), targets.counts(answer.usage)
  line.stop_reason = type(answer.stop_reason) == "string" and to_utf8(answer.stop_reason) or nil
  line.attempts = math.type(answer.attempts) and answer.attempts or 1
  line.status = CUT_OFF[line.stop_reason] and "truncated" or REFUSALS[line.stop_reason] and "refused" or "scored"
  return line, answer.source
end

-- Adds what a judge says of its calls to what it said of them before a resume.
local function add_facts(line, name, facts)
  line.judges = line.judges or {}
  local all = line.judges[name] or {}
  for key, value in pairs(facts) do
    all[key] = math.type(value) and (all[key] or 0) + value or value
  end
  line.judges[name] = all
end

-- What a call may cost, for the results; nothing where no price is known.
local function told(reservation)
  return reservation.most > 0 and reservation.most or nil
end

-- How a scorer pays for a call of its own: a function that takes what it asks, and gives one that takes
-- the usage. The call is noted in the results before it is made.
local function payer(self, line, name)
  return function(model_id, bytes, max_tokens)
    local reservation = self.purse:reserve(model_id, bytes, max_tokens)
    if not reservation then
      self.stopped = "budget"
      errors.raise { code = "BudgetExceeded", message = "no money is left for the judge", retryable = false }
    end
    self.results:write { kind = "call", id = line.id, scorer = name, most = told(reservation) }
    return function(usage)
      local paid = self.purse:settle(reservation, usage, usage ~= nil)
      add_facts(line, name, { calls = 1, cost = paid or 0, unpriced = usage and not paid and 1 or nil })
    end
  end
end

local function wants(line, name)
  local reason = line.unjudged and line.unjudged[name]
  return not (line.scores and line.scores[name]) and not (reason and NOT_JUDGEABLE[reason.code])
end

-- Gives a line the scores that it lacks. What cannot be judged gets no score, and says why; an error
-- that is the script's own is given back, to be raised when the line is safe.
local function judge(self, line, sample)
  if line.status ~= "scored" then
    return nil
  end
  local judged, bug = setmetatable({ answer = line.answer }, { __index = sample }), nil
  line.scores = line.scores or {}
  for _, scorer in ipairs(self.scorers) do
    local name = scorer.name
    if wants(line, name) then
      judged.pay = scorer.paid and payer(self, line, name) or nil
      local worth, reason, facts = errors.try(scorer.score, judged)
      if worth ~= nil and not (math.type(worth) and worth >= 0 and worth <= 1) then -- intervals and gates rely on it
        worth, reason = nil, errors.new { code = "BadScore", message = ("the scorer %s gave %s; a number from 0 to 1 "
          .. "is wanted"):format(name, tostring(worth)) }
      end
      if worth == nil then
        if errors.is(reason, "Cancelled") then
          error(reason, 0)
        end
        local known = errors.is(reason)
        bug = bug or not known and reason or nil
        line.unjudged = line.unjudged or {}
        line.unjudged[name] = { code = known and reason.code or "ScriptError",
          message = to_utf8(tostring(known and reason.message or reason)) }
        facts = known and reason.facts or nil
      else
        line.scores[name] = worth
        if reason then
          line.details = line.details or {}
          line.details[name] = to_utf8(tostring(reason))
        end
        if line.unjudged then
          line.unjudged[name] = nil
          line.unjudged = next(line.unjudged) and line.unjudged or nil
        end
      end
      if facts then
        add_facts(line, name, facts)
      end
    end
  end
  return bug
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
    target = tables.copy(results_file.identity(target), { model_id = target.model_id, model_arn = target.model_arn }),
    scorers = described(options.scorers), seed = options.seed or 1,
    dataset = { path = samples.path, sha256 = samples.sha256, records = samples.records },
    options = { max_tokens = options.max_tokens, temperature = options.temperature, system = options.system,
      limit = options.limit },
    moonrock = require("moonrock.system").version().moonrock, rehearsal = time.is_virtual() or nil,
  }
  run.fingerprint = crypto.hash("sha256", json.encode { results_file.identity(target), run.scorers,
    run.dataset.sha256 or "", run.seed, run.options })
  return run
end

-- What is still to be done: what has no answer yet, what ended in an error or was throttled, and
-- answers that lack a score.
local function open_samples(samples, results, options)
  local list = {}
  for _, sample in ipairs(samples) do
    local old = results.by_id[sample.id]
    local open = not old or old.status == "error" or old.status == "throttled"
    for _, scorer in ipairs(not open and old.status == "scored" and options.scorers or {}) do
      open = open or wants(old, scorer.name)
    end
    if open and not (options.in_doubt == "skip" and results.in_doubt[sample.id]) then
      list[#list + 1] = sample
    end
  end
  return list
end

local function judge_cost(line)
  local sum = 0.0
  for _, facts in pairs(line.judges or {}) do
    sum = sum + (facts.cost or 0)
  end
  return sum
end

local function count_judges(summary, line)
  for name, facts in pairs(line.judges or {}) do
    local all = summary.judges[name] or { cost = 0.0 }
    for key, value in pairs(facts) do
      all[key] = (all[key] or 0) + (value == true and 1 or math.type(value) and value or 0)
    end
    summary.judges[name] = all
  end
end

---What a results file says, in numbers.
---@param results moonrock.evaluate.Results|string of moonrock.evaluate.results, or the path of a file
---@return table summary scored, error, throttled, refused, truncated (counts), in_doubt, cost (USD, with the
---judges'), judge_cost, unpriced (answers without a known price), latency_ms { p50, p95 }, unjudged by
---scorer (answers without its score), judges by scorer (calls, cost, what they say of themselves), scores by
---scorer: { n, estimate, low, high }: Wilson's interval where all scores are 0 or 1, else the BCa bootstrap
function M.summary(results)
  results = results_file.given(results, "evaluate.summary: what is given")
  local summary = { scored = 0, error = 0, throttled = 0, refused = 0, truncated = 0, cached = 0, in_doubt = 0,
    cost = 0.0, judge_cost = 0.0, unpriced = 0, scores = {}, unjudged = {}, judges = {} }
  local values, latencies = {}, {}
  for _, line in ipairs(results:in_order()) do
    summary[line.status] = summary[line.status] + 1
    summary.cached = summary.cached + (line.cached and 1 or 0)
    summary.cost = summary.cost + (line.cost or 0)
    summary.unpriced = summary.unpriced + ((line.answer and not line.cost) and 1 or 0)
    latencies[#latencies + 1] = line.answer and not line.cached and line.latency_ms or nil
    for name, worth in pairs(line.scores or {}) do
      local list = values[name] or {}
      values[name], list[#list + 1] = list, worth
    end
    for name in pairs(line.unjudged or {}) do
      summary.unjudged[name] = (summary.unjudged[name] or 0) + 1
    end
    if line.judges then
      summary.judge_cost = summary.judge_cost + judge_cost(line)
      count_judges(summary, line)
    end
  end
  summary.cost = summary.cost + summary.judge_cost
  for _ in pairs(results.in_doubt) do
    summary.in_doubt = summary.in_doubt + 1
  end
  for name, list in pairs(values) do
    summary.scores[name] = stats.interval(list, { seed = results.run.seed })
  end
  if #latencies > 0 then
    local p50, p95 = stats.quantile(latencies, 0.5, 0.95)
    summary.latency_ms = { p50 = p50, p95 = p95 }
  end
  return summary
end

-- An answer that is there: kept from before, or from the cache; and the cache's key.
local function known_answer(self, sample)
  local options = self.options
  local old = self.results.by_id[sample.id]
  if old and old.answer then
    return old
  end
  local key = options.cache and options.cache:key(self.known, sample, options)
  return key and options.cache:get(key, sample), key
end

local function reserve(self, sample)
  local reservation = self.purse:reserve(self.target.model_id, sample.bytes + #(self.options.system or ""),
    self.options.max_tokens, self.by_jobs)
  if not reservation then
    self.stopped = "budget"
  end
  return reservation
end

-- Asks for all samples that are open at once, by batch jobs; what is asked later is looked up.
local function ask_batch(self, samples, open)
  local options, wanted, reservations, first, same = self.options, {}, {}, {}, {}
  for _, sample in ipairs(open) do
    local line, key = known_answer(self, sample)
    if not line and key and first[key] then
      same[sample] = first[key]
    elseif not line then
      wanted[#wanted + 1] = sample
      first[key or sample] = sample
    end
  end
  self.by_jobs = #wanted >= self.purse.catalog:batch_limits(self.target.model_id).min_records
  for _, sample in ipairs(wanted) do
    reservations[#reservations + 1] = not self.stopped and reserve(self, sample) or nil
  end
  for _, reservation in ipairs(reservations) do
    self.purse:settle(reservation)
  end
  if not self.stopped and #wanted > 0 then
    local jobs = batch.target(samples, wanted, tables.copy({ model = self.target.model_id, system = options.system,
      max_tokens = options.max_tokens, temperature = options.temperature, catalog = options.catalog,
      limiter = options.limiter, runtime = options.runtime, journal = options.output .. ".batch" }, options.batch))
    self.target = { model_id = jobs.model_id, ask = function(sample) return jobs.ask(same[sample] or sample) end }
  end
end

-- An answer, if need be asked for; nil when no money is left.
local function answer_of(self, sample)
  local options = self.options
  local line, key = known_answer(self, sample)
  if line then
    return line
  end
  local turn <close> = key and options.cache:turn(key) or nil -- luacheck: ignore
  line = key and options.cache:get(key, sample)
  if line then
    return line
  end
  local reservation = reserve(self, sample)
  if not reservation then
    return nil
  end
  self.results:write { kind = "call", id = sample.id, most = told(reservation) }
  local source
  line, source = ask(self.target, sample, options)
  reservation.batch = source == "batch"
  line.cost = self.purse:settle(reservation, line.usage, line.answer ~= nil)
  if key and line.answer then
    options.cache:put(key, line)
  end
  if self.judges_cost and line.status == "scored" then
    self.results:write(line) -- what is paid for is kept before more is spent on it
  end
  return line
end

local function run_sample(self, sample)
  local line = not self.stopped and answer_of(self, sample)
  if not line then
    return
  end
  local bug = judge(self, line, sample)
  self.results:write(line)
  if bug then
    error(bug, 0)
  end
  self.done = self.done + 1
  if self.options.on_progress then
    self.options.on_progress(self.done, self.total, line)
  end
end

-- What earlier runs spent; of a call in doubt, the most that it can have cost.
local function note_spent(self, samples)
  self.purse.spent = self.purse.spent + self.results.lost
  for _, line in ipairs(self.results.samples) do
    self.purse.spent = self.purse.spent + (line.cost or 0) + judge_cost(line)
  end
  for _, sample in ipairs(samples) do
    if self.results.in_doubt[sample.id] then
      self.purse.spent = self.purse.spent + (self.results.doubt[sample.id] or self.purse:most(self.target.model_id,
        sample.bytes + #(self.options.system or ""), self.options.max_tokens, self.by_jobs))
    end
  end
end

---Asks a target for every sample of a dataset and scores the answers.
---@param options table
---  dataset: path of JSONL, list of records, or iterator; sample: function(record, index) that gives
---  { input or messages, system, expected, id } of a record (default: the chat forms, the last turn
---  of the assistant is what is expected); target: model id, what finetune.serve gave, { model_id,
---  api = "auto"|"converse"|"invoke_model", family }, function(sample) that gives a text or { text, usage,
---  stop_reason }, or what moonrock.evaluate.results.read gave: answers of another run, scored anew; scorers: list of
---  moonrock.score; output: path of the results (goes on where it ends, also with a larger limit); name; concurrency
---  (8); limit; max_tokens (1024); temperature; system: not the samples' own; budget: USD, stops before it is
---  exceeded; unknown_price: "refuse" or "allow"; in_doubt: "repeat" or "skip" what was asked for when a run was
---  killed; cache: a path, or of moonrock.evaluate.cache.open; limiter: of moonrock.limiter, shared with others;
---  runtime: client; catalog; seed; batch: { role, input, output, ... } of moonrock.batch: all open samples are asked
---  by batch jobs; its journal is `output`.batch if it names none; on_progress: function(done, total, line)
---@return table summary as `summary` gives it, with complete = false and stopped = "budget" when money ran out
function M.run(options)
  options = tables.copy(tables.check_options(options, OPTIONS, "evaluate.run"))
  options.max_tokens = options.max_tokens or 1024
  if not options.output then
    wrong("`output`, the path of the results, is missing")
  elseif not tables.contains({ "repeat", "skip" }, options.in_doubt or "repeat") then
    wrong('`in_doubt` is "repeat" or "skip"')
  end
  local cache <close> = options.cache and cache_file.named(options.cache) -- luacheck: ignore
  options.cache = cache or options.cache
  local target = targets.of(options) or
    wrong("`target` is a model id, what finetune.serve gave, a function, or { model_id =, ask = function }")
  local self = { options = options, target = target, known = target, scorers = options.scorers,
    purse = money.new(options), done = 0 }
  self.by_jobs = options.batch ~= nil -- what is too few for a job is asked directly, and costs as that does
  if options.batch and (not target.model_id or type(options.target) == "function") then
    wrong("`batch` needs a model as `target`")
  end
  self.purse:price_of(target.model_id, self.by_jobs)
  if not options.batch or options.batch.below_minimum ~= "refuse" then
    self.purse:price_of(target.model_id)
  end
  for _, scorer in ipairs(options.scorers or {}) do
    if type(scorer) == "table" and scorer.paid then
      self.purse:price_of(scorer.paid)
      self.judges_cost = true
    end
  end
  local samples = samples_of.read(options)
  local results <close> = results_file.open(options.output, first_line(options, target, samples), samples.sha256_of)
  self.results, self.total = results, #samples
  note_spent(self, samples)
  local open = open_samples(samples, results, options)
  self.done = #samples - #open
  if options.batch then
    ask_batch(self, samples, open)
  end
  tasks.map(open, function(sample) run_sample(self, sample) end, { concurrency = options.concurrency or 8 })

  local summary = M.summary(results)
  summary.complete, summary.stopped = not self.stopped and #results.samples == #samples, self.stopped
  if summary.complete and not results.finished then
    results:write { kind = "end", finished = time.iso8601(), scored = summary.scored, cost = summary.cost }
  end
  return summary
end

return M
