-- SPDX-License-Identifier: MIT
-- compare.lua -- is the one run better than the other? Both answered the same samples, so each
-- sample is a pair: differences, intervals and tests are those of pairs, corrected by Holm when
-- several scores are read together. What only one of the runs scored is counted, not compared.
-- A difference is shown only where interval and test agree: two lucky samples show nothing.

local errors = require "moonrock.error"
local evaluate = require "moonrock.evaluate"
local plain = require "moonrock.plain"
local results_file = require "moonrock.evaluate.results"
local same = require("moonrock.schema.keywords").same
local stats = require "moonrock.stats"
local tables = require "moonrock.tables"

local M = {}

-- Counts as shares of all samples, for reading and for gates.
local function summary_of(results)
  local summary = evaluate.summary(results)
  local n = math.max(#results.samples, 1)
  local latency = summary.latency_ms or {} -- none was measured: a gate on it must not pass
  summary.rates = { cost = summary.cost, latency_p50 = latency.p50, latency_p95 = latency.p95 }
  for _, status in ipairs { "error", "throttled", "refused", "truncated" } do
    summary.rates[status .. "_rate"] = summary[status] / n
  end
  summary.name, summary.samples, summary.path = results.run.name, #results.samples, results.path
  return summary
end

-- Scores of one name that both runs have, in the order of the dataset, and the samples they are of;
-- and on how many of the samples that both answered only the one or the other has a score.
local function pairs_of(base, tuned, name)
  local first, second, lines, base_only, tuned_only = {}, {}, {}, 0, 0
  for _, line in ipairs(base:in_order()) do
    local other = tuned.by_id[line.id]
    local a, b = (line.scores or {})[name], other and (other.scores or {})[name]
    if a and b then
      first[#first + 1], second[#second + 1], lines[#lines + 1] = a, b, { line, other }
    elseif other then
      base_only, tuned_only = base_only + (a and 1 or 0), tuned_only + (b and 1 or 0)
    end
  end
  return first, second, lines, base_only, tuned_only
end

-- An id that a script gives says nothing of what was asked.
local function check_inputs(base, tuned)
  local data = (base.run.dataset or {}).sha256
  if data and data == (tuned.run.dataset or {}).sha256 then
    return
  end
  for _, line in ipairs(base.samples) do
    local other = tuned.by_id[line.id]
    if other and not same(line.input, other.input) then
      errors.raise { code = "OtherQuestions", retryable = false,
        message = ("sample %s is one question in %s and another in %s"):format(plain.line(line.id, 40), base.path,
          tuned.path), hint = "evaluate both on one dataset" }
    end
  end
end

local function flips_of(name, first, second, lines)
  local flips = {}
  for i = 1, #first do
    if first[i] ~= second[i] then
      flips[#flips + 1] = { scorer = name, id = lines[i][1].id, index = lines[i][1].index, base = first[i],
        tuned = second[i], input = lines[i][1].input, expected = lines[i][1].expected,
        base_answer = lines[i][1].answer, tuned_answer = lines[i][2].answer }
    end
  end
  table.sort(flips, function(a, b)
    local x, y = a.tuned - a.base, b.tuned - b.base
    if x ~= y then return x < y end -- what got worse stands first
    return a.index < b.index
  end)
  return flips
end

-- What the interval of so few samples, or of samples that all changed alike, leaves out. Scores are from 0 to 1.
local function widen(pair)
  local alpha = 1 - pair.confidence
  if 2 * 0.5 ^ pair.n > alpha then -- whatever the samples say, no test could show a difference
    pair.low, pair.high = -1.0, 1.0
  elseif pair.low == pair.high then -- a bootstrap of these sees no doubt; so large a share may do worse unseen
    local unseen = 1 - (alpha / 2) ^ (1 / pair.n)
    pair.low = pair.difference - unseen * (1 + pair.difference)
    pair.high = pair.difference + unseen * (1 - pair.difference)
  end
end

local function verdict_of(pair)
  if pair.p > 1 - pair.confidence then
    return "same"
  end
  return pair.low > 0 and "better" or pair.high < 0 and "worse" or "same"
end

---Compares two runs over the same samples.
---@param base string|table path of the results of the model to beat, or what moonrock.evaluate.results.read gave
---@param tuned string|table the other one
---@param options? { confidence: number, resamples: integer, seed: integer }
---@return table comparison base and tuned (summaries), scores by name { base, tuned, n, difference,
---low, high, p, p_holm, test, verdict ("better", "worse" or "same": neither is shown), only_first, only_second,
---detectable, base_only and tuned_only (samples that both were asked and only one has a score of) }, flips
---(samples whose score differs, worst first), unpaired (samples that only one of them has). Raises
---OtherQuestions where samples of one id differ, NothingToCompare where no two samples have the same score.
function M.runs(base, tuned, options)
  base, tuned = results_file.given(base, "compare.runs: base"), results_file.given(tuned, "compare.runs: tuned")
  check_inputs(base, tuned)
  local comparison = { base = summary_of(base), tuned = summary_of(tuned), scores = {}, flips = {}, unpaired = 0 }
  local names, p_values = {}, {}
  for _, name in ipairs(tables.keys(comparison.base.scores)) do
    local first, second, lines, base_only, tuned_only = pairs_of(base, tuned, name)
    if #first >= 2 then
      local pair = stats.compare(first, second, options)
      widen(pair)
      pair.verdict = verdict_of(pair)
      pair.base, pair.tuned = stats.mean(first), stats.mean(second)
      pair.base_only, pair.tuned_only = base_only, tuned_only
      if pair.test == "mcnemar" then
        local discordant = (pair.only_first + pair.only_second) / #first
        pair.detectable = discordant > 0 and
          stats.minimum_detectable_difference(#first, { discordant = discordant }) or nil
      end
      comparison.scores[name] = pair
      names[#names + 1], p_values[#p_values + 1] = name, pair.p
      table.move(flips_of(name, first, second, lines), 1, #first, #comparison.flips + 1, comparison.flips)
    end
  end
  if #names == 0 then
    errors.raise { code = "NothingToCompare", retryable = false,
      message = ("there are fewer than two samples of which %s and %s both have the same score"):format(base.path,
        tuned.path),
      hint = "evaluate both on one dataset, with the same scorers" }
  end
  for i, p in ipairs(stats.holm(p_values)) do
    comparison.scores[names[i]].p_holm = p
  end
  for _, line in ipairs(base.samples) do
    comparison.unpaired = comparison.unpaired + (tuned.by_id[line.id] and 0 or 1)
  end
  for _, line in ipairs(tuned.samples) do
    comparison.unpaired = comparison.unpaired + (base.by_id[line.id] and 0 or 1)
  end
  return comparison
end

-- The verdict in words: with so few samples, or with what difference, one would be shown.
local function words_of(pair)
  if pair.verdict ~= "same" then
    return pair.verdict
  elseif 2 * 0.5 ^ pair.n > 1 - pair.confidence then
    return ("no difference can be shown: at least %d samples are needed"):format(
      math.ceil(math.log(2 / (1 - pair.confidence), 2)))
  end
  return pair.detectable and ("no difference shown; one of %.3f would be"):format(pair.detectable) or
    "no difference shown"
end

---A comparison as text, a line for each score.
---@param comparison table
---@return string
function M.format(comparison)
  local out = {}
  local function add(format, ...) out[#out + 1] = format:format(...) end
  local width, name_of = 8, plain.line
  for name in pairs(comparison.scores) do
    width = math.max(width, #name_of(name))
  end
  add("%s -> %s", name_of(comparison.base.name), name_of(comparison.tuned.name))
  for _, name in ipairs(tables.keys(comparison.scores)) do
    local pair = comparison.scores[name]
    add(("%%-%ds  %%.4f -> %%.4f  %%+.4f [%%+.4f, %%+.4f]  p %%.2g (Holm %%.2g)  n %%d  %%s"):format(width),
      name_of(name), pair.base, pair.tuned, pair.difference, pair.low, pair.high, pair.p, pair.p_holm, pair.n,
      words_of(pair))
    if pair.base_only + pair.tuned_only > 0 then
      add("  left out: %d that only the first has a score of, %d that only the second has", pair.base_only,
        pair.tuned_only)
    end
  end
  for _, which in ipairs { "base", "tuned" } do
    local s = comparison[which]
    add("%s: %d scored, %d truncated, %d refused, %d throttled, %d errors%s", name_of(s.name), s.scored, s.truncated,
      s.refused, s.throttled, s.error, s.in_doubt > 0 and (", %d in doubt"):format(s.in_doubt) or "")
  end
  if comparison.unpaired > 0 then
    add("%d samples are in one of the runs only and were not compared", comparison.unpaired)
  end
  return table.concat(out, "\n") .. "\n"
end

return M
