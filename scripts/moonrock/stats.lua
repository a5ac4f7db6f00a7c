-- SPDX-License-Identifier: MIT
-- stats.lua -- what may be said of scores: estimates with their doubt, and differences of two
-- models on the same samples. Every function is told its numbers and gives a table; what draws
-- at random takes a seed and gives the same answer each time. Scores of two models on one dataset
-- are paired: `compare` and `mcnemar` use that, and no function here treats them otherwise.

local random = require "moonrock.random"
local normal = require "moonrock.normal"
local tango = require "moonrock.tango"
local tables = require "moonrock.tables"

local M = {}

local check_options = tables.check_options
local floor, huge, max, min, sqrt = math.floor, math.huge, math.max, math.min, math.sqrt

local DEFAULT_CONFIDENCE = 0.95
local DEFAULT_SEED = 1
local DRAWS = 20000000 -- numbers that a bootstrap draws at most before it takes fewer resamples
local DRAWS_AT_ONCE = 1 << 20
local BOOTSTRAP_OPTIONS = { confidence = "amount", resamples = "count", seed = "any" }
local MOST_RESAMPLES, LEAST_RESAMPLES = 10000, 2000

local function check_number(name, value, low, high)
  if math.type(value) == nil or value ~= value or value < low or value > high then
    error(("%s: a number from %s to %s is wanted, not %s"):format(name, low, high, tostring(value)), 3)
  end
  return value
end

local function check_list(name, values, least)
  if type(values) ~= "table" or #values < least then
    error(("%s: a list of at least %d numbers is wanted"):format(name, least), 3)
  end
  for i = 1, #values do
    local value = values[i]
    if math.type(value) == nil or value ~= value or value == huge or value == -huge then
      error(("%s[%d]: a finite number is wanted, not %s"):format(name, i, tostring(value)), 3)
    end
  end
  return values
end

local function same_length(first, second, where)
  if #first ~= #second then
    error(("%s: %d and %d values are not of the same samples"):format(where, #first, #second), 3)
  end
end

-- ---- plain descriptions --------------------------------------------------------------

---The arithmetic mean.
---@param values number[] at least one
---@return number
function M.mean(values)
  check_list("values", values, 1)
  local sum = 0.0
  for i = 1, #values do
    sum = sum + values[i]
  end
  return sum / #values
end

---The sample standard deviation (divided by n - 1); 0 of a single number.
---@param values number[] at least one
---@return number
function M.deviation(values)
  local mean, sum = M.mean(values), 0.0
  for i = 1, #values do
    sum = sum + (values[i] - mean) ^ 2
  end
  return #values > 1 and sqrt(sum / (#values - 1)) or 0.0
end

-- The quantile of a sorted list, between neighbours in proportion (R's type 7).
local function quantile_of_sorted(sorted, p)
  local place = (#sorted - 1) * p + 1
  local below = floor(place)
  local above = min(below + 1, #sorted)
  return sorted[below] + (place - below) * (sorted[above] - sorted[below])
end

---The quantile of a list: 0.5 is the median. Between two values it is taken in proportion.
---@param values number[] at least one
---@param ... number from 0 to 1, one or several
---@return number ... as many
function M.quantile(values, ...)
  check_list("values", values, 1)
  local sorted, found = table.move(values, 1, #values, 1, {}), { ... }
  table.sort(sorted)
  for i, p in ipairs(found) do
    found[i] = quantile_of_sorted(sorted, check_number("p", p, 0, 1))
  end
  return table.unpack(found)
end

-- ---- one proportion ------------------------------------------------------------------

---Wilson's score interval of a proportion: what is to be believed of "k of n were right". It
---stays within 0 and 1, and says something honest of 0 of n and n of n.
---@param successes integer from 0 to n
---@param n integer at least 1
---@param options? { confidence: number } 0.95 unless told
---@return { estimate: number, low: number, high: number, n: integer, confidence: number }
function M.wilson(successes, n, options)
  options = check_options(options, { confidence = "amount" }, "stats.wilson")
  check_number("n", n, 1, huge)
  check_number("successes", successes, 0, n)
  local confidence = check_number("confidence", options.confidence or DEFAULT_CONFIDENCE, 1e-6, 1 - 1e-9)
  local z = normal.quantile(1 - (1 - confidence) / 2)
  local p, z2 = successes / n, z * z
  local middle = (p + z2 / (2 * n)) / (1 + z2 / n)
  local half = z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
  return { estimate = p, low = successes == 0 and 0.0 or max(0.0, middle - half),
    high = successes == n and 1.0 or min(1.0, middle + half), n = n, confidence = confidence }
end

-- ---- the bootstrap -------------------------------------------------------------------

-- What a method of a stream gives of a list, `count` times: in calls of a few milliseconds.
local function drawn(stream, method, values, count)
  local all, most = {}, max(1, DRAWS_AT_ONCE // #values)
  while #all < count do
    local part = stream[method](stream, values, min(most, count - #all))
    table.move(part, 1, #part, #all + 1, all)
  end
  return all
end

-- The acceleration of the mean, by the jackknife in closed form.
local function acceleration(values, mean)
  local squares, cubes = 0.0, 0.0
  for i = 1, #values do
    local d = values[i] - mean
    squares, cubes = squares + d * d, cubes + d * d * d
  end
  return squares > 0 and cubes / (6 * squares ^ 1.5) or 0.0
end

---The interval of a mean by the bias-corrected and accelerated bootstrap (BCa; Efron 1987).
---@param values number[] at least two
---@param options? { confidence: number, resamples: integer, seed: integer } 0.95; 2,000 to
---10,000 by the size of the list; 1
---@return { estimate: number, low: number, high: number, n: integer, confidence: number,
---resamples: integer, seed: integer }
function M.bootstrap(values, options)
  options = check_options(options, BOOTSTRAP_OPTIONS, "stats.bootstrap")
  check_list("values", values, 2)
  local confidence = check_number("confidence", options.confidence or DEFAULT_CONFIDENCE, 1e-6, 1 - 1e-9)
  local count = check_number("resamples", options.resamples or
    max(LEAST_RESAMPLES, min(MOST_RESAMPLES, DRAWS // #values)), 100, 10000000)
  local seed = options.seed or DEFAULT_SEED
  local stream, mean = random.stream(seed), M.mean(values)
  local means, below = drawn(stream, "resample", values, count), 0
  for i = 1, count do
    below = below + (means[i] < mean and 1 or means[i] == mean and 0.5 or 0)
  end
  table.sort(means)
  local low, high = means[1], means[count]
  if low ~= high then
    local bias = normal.quantile(min(max(below / count, 0.5 / count), 1 - 0.5 / count))
    local a = acceleration(values, mean)
    local function corrected(p)
      local z = bias + normal.quantile(p)
      return quantile_of_sorted(means, normal.distribution(bias + z / (1 - a * z)))
    end
    low, high = corrected((1 - confidence) / 2), corrected(1 - (1 - confidence) / 2)
  end
  return { estimate = mean, low = low, high = high, n = #values, confidence = confidence,
    resamples = count, seed = seed }
end

local function all_binary(...)
  for _, values in ipairs { ... } do
    for i = 1, #values do
      if values[i] ~= 0 and values[i] ~= 1 then
        return false
      end
    end
  end
  return true
end

---The mean of scores with its interval: Wilson's where all are 0 or 1, else the bootstrap's. A single
---graded score has no interval: it is from 0 to 1.
---@param values number[] at least one, from 0 to 1
---@param options? { confidence: number, resamples: integer, seed: integer }
---@return { estimate: number, low: number, high: number, n: integer, confidence: number }
function M.interval(values, options)
  options = check_options(options, BOOTSTRAP_OPTIONS, "stats.interval")
  check_list("values", values, 1)
  if all_binary(values) then
    return M.wilson(floor(M.mean(values) * #values + 0.5), #values, { confidence = options.confidence })
  elseif #values == 1 then
    return { estimate = values[1], low = 0.0, high = 1.0, n = 1, confidence = options.confidence or DEFAULT_CONFIDENCE }
  end
  return M.bootstrap(values, options)
end

-- ---- two models, the same samples ----------------------------------------------------

-- log(n!) of every n up to the largest asked for: exact sums, one table.
local function log_factorials(n)
  local logs = { [0] = 0.0 }
  for i = 1, n do
    logs[i] = logs[i - 1] + math.log(i)
  end
  return logs
end

---McNemar's exact test: of the samples on which just one of two models is right, is the split
---too uneven for chance? The p value is two-sided, by the binomial distribution of one half.
---@param only_first integer samples that only the first model has right
---@param only_second integer samples that only the second model has right
---@return { p: number, only_first: integer, only_second: integer }
function M.mcnemar(only_first, only_second)
  check_number("only_first", only_first, 0, 2 ^ 31)
  check_number("only_second", only_second, 0, 2 ^ 31)
  local n, least = floor(only_first + only_second), floor(min(only_first, only_second))
  local logs, tail = log_factorials(n), 0.0
  for k = 0, least do
    tail = tail + math.exp(logs[n] - logs[k] - logs[n - k] - n * math.log(2))
  end
  return { p = min(1.0, 2 * tail), only_first = only_first, only_second = only_second }
end

-- The share of random sign changes that move the mean difference at least as far from zero.
local function sign_flip(differences, seed)
  local moving, sum = {}, 0.0
  for _, d in ipairs(differences) do
    if d ~= 0 then
      moving[#moving + 1] = d
      sum = sum + d
    end
  end
  if #moving == 0 then
    return 1.0
  end
  local target = math.abs(sum) * (1 - 1e-12)
  if #moving <= 16 then -- all of them
    local reached, all = 0, 1 << #moving
    for signs = 0, all - 1 do
      local total = 0.0
      for i = 1, #moving do
        total = total + ((signs >> (i - 1)) & 1 == 0 and moving[i] or -moving[i])
      end
      reached = reached + (math.abs(total) >= target and 1 or 0)
    end
    return reached / all
  end
  local count, reached = max(LEAST_RESAMPLES, min(MOST_RESAMPLES, DRAWS // #moving)), 0
  for _, total in ipairs(drawn(random.stream(seed), "flip_signs", moving, count)) do
    reached = reached + (math.abs(total) >= target and 1 or 0)
  end
  return (reached + 1) / (count + 1)
end

---The difference second - first of two models' scores on the same samples: its mean, an interval, and
---a two-sided p value. Where all scores are 0 or 1: Tango's score interval and McNemar's exact test; else
---a BCa bootstrap interval over the samples and a test by changes of sign (all of them up to 16 samples
---that differ).
---@param first number[] at least two scores
---@param second number[] as many, of the same samples in the same order
---@param options? { confidence: number, resamples: integer, seed: integer }
---@return { difference: number, low: number, high: number, p: number, test: string, n: integer,
---confidence: number, only_first: integer, only_second: integer } in only_first and only_second:
---how many samples the one or the other has the higher score of
function M.compare(first, second, options)
  options = check_options(options, BOOTSTRAP_OPTIONS, "stats.compare")
  check_list("first", first, 2)
  check_list("second", second, 2)
  same_length(first, second, "stats.compare")
  local confidence = check_number("confidence", options.confidence or DEFAULT_CONFIDENCE, 1e-6, 1 - 1e-9)
  local differences, only_first, only_second = {}, 0, 0
  for i = 1, #first do
    local d = second[i] - first[i]
    differences[i] = d
    only_first, only_second = only_first + (d < 0 and 1 or 0), only_second + (d > 0 and 1 or 0)
  end
  local result = { difference = M.mean(differences), n = #first, confidence = confidence,
    only_first = only_first, only_second = only_second }
  if all_binary(first, second) then
    result.low, result.high = tango.interval(only_first, only_second, #first, confidence)
    result.p, result.test = M.mcnemar(only_first, only_second).p, "mcnemar"
  else
    local interval = M.bootstrap(differences, options)
    result.low, result.high = interval.low, interval.high
    result.p, result.test = sign_flip(differences, interval.seed), "sign-flip"
  end
  return result
end

-- ---- two who judge the same samples --------------------------------------------------

-- The table of two lists of categories, as shares; and the categories, sorted.
local function shares_of(first, second)
  local places, values = {}, {}
  for _, list in ipairs { first, second } do
    for _, value in ipairs(list) do
      if not places[value] then
        places[value], values[#values + 1] = true, value
      end
    end
  end
  table.sort(values)
  for i, value in ipairs(values) do
    places[value] = i
  end
  local shares = {}
  for i = 1, #values do
    shares[i] = {}
    for k = 1, #values do
      shares[i][k] = 0.0
    end
  end
  for i = 1, #first do
    local a, b = places[first[i]], places[second[i]]
    shares[a][b] = shares[a][b] + 1 / #first
  end
  return shares, values
end

local WEIGHTS = {
  none = function(_, a, b) return a == b and 1 or 0 end,
  linear = function(span, a, b) return span > 0 and 1 - math.abs(a - b) / span or 1 end,
  quadratic = function(span, a, b) return span > 0 and 1 - ((a - b) / span) ^ 2 or 1 end,
}

---Cohen's kappa of two judges' categories (numbers) on the same samples: 1 is full agreement, 0 that of
---chance. Weights count a near miss in part, by the distance of the categories. The interval goes by the
---standard error for large samples (Fleiss, Cohen and Everitt 1969).
---@param first number[] at least two
---@param second number[]
---@param options? { confidence: number, weights: "linear"|"quadratic" }
---@return { estimate: number, low: number, high: number, error: number, observed: number, expected: number,
---n: integer, confidence: number }|nil kappa nil where both always say the same one thing: nothing is
---known of such judges
function M.kappa(first, second, options)
  options = check_options(options, { confidence = "amount", weights = "string" }, "stats.kappa")
  check_list("first", first, 2)
  check_list("second", second, 2)
  same_length(first, second, "stats.kappa")
  local confidence = check_number("confidence", options.confidence or DEFAULT_CONFIDENCE, 1e-6, 1 - 1e-9)
  local weigh = WEIGHTS[options.weights or "none"] or error('stats.kappa: weights are "linear" or "quadratic"', 2)
  local shares, values = shares_of(first, second)
  local n, rows, columns, span = #values, {}, {}, values[#values] - values[1]
  for i = 1, n do
    rows[i], columns[i] = 0.0, 0.0
    for k = 1, n do
      rows[i], columns[i] = rows[i] + shares[i][k], columns[i] + shares[k][i]
    end
  end
  local observed, expected, row_weights, column_weights = 0.0, 0.0, {}, {}
  for i = 1, n do
    row_weights[i], column_weights[i] = 0.0, 0.0
    for k = 1, n do
      observed = observed + weigh(span, values[i], values[k]) * shares[i][k]
      expected = expected + weigh(span, values[i], values[k]) * rows[i] * columns[k]
      row_weights[i] = row_weights[i] + weigh(span, values[i], values[k]) * columns[k]
      column_weights[i] = column_weights[i] + weigh(span, values[k], values[i]) * rows[k]
    end
  end
  if 1 - expected < 1e-12 then
    return nil
  end
  local kappa, sum = (observed - expected) / (1 - expected), 0.0
  for i = 1, n do
    for k = 1, n do
      sum = sum + shares[i][k] * (weigh(span, values[i], values[k]) * (1 - expected) -
        (row_weights[i] + column_weights[k]) * (1 - observed)) ^ 2
    end
  end
  local variance = (sum - (observed * expected - 2 * expected + observed) ^ 2) / (#first * (1 - expected) ^ 4)
  local err = sqrt(max(0, variance))
  local half = normal.quantile(1 - (1 - confidence) / 2) * err
  return { estimate = kappa, low = max(-1.0, kappa - half), high = min(1.0, kappa + half), error = err,
    observed = observed, expected = expected, n = #first, confidence = confidence }
end

-- ---- many questions, and too few samples ---------------------------------------------

---Holm's correction of the p values of several tests that are read together.
---@param p_values number[] from 0 to 1
---@return number[] the corrected ones, in the same order
function M.holm(p_values)
  check_list("p_values", p_values, 0)
  local order, corrected, least = {}, {}, 0.0
  for i = 1, #p_values do
    check_number(("p_values[%d]"):format(i), p_values[i], 0, 1)
    order[i] = i
  end
  table.sort(order, function(a, b)
    if p_values[a] ~= p_values[b] then
      return p_values[a] < p_values[b]
    end
    return a < b
  end)
  for rank, i in ipairs(order) do
    least = max(least, min(1.0, (#order - rank + 1) * p_values[i]))
    corrected[i] = least
  end
  return corrected
end

---The least difference of two proportions on n paired samples that a two-sided test finds with
---the wanted power: what a "no difference" of that size could have overlooked. By the normal
---approximation for McNemar's test (Miettinen 1968; Connor 1987).
---@param n integer samples that both models answered, at least 1
---@param options? { power: number, alpha: number, discordant: number } 0.8; 0.05; the share of
---samples on which just one of the two is right: 0.2
---@return number? difference from 0 to 1; nil when n finds none that `discordant` allows
---@return integer? needed samples that would find the largest one allowed, when n does not
function M.minimum_detectable_difference(n, options)
  options = check_options(options,
    { power = "amount", alpha = "amount", discordant = "amount" }, "stats.minimum_detectable_difference")
  check_number("n", n, 1, huge)
  local alpha = check_number("alpha", options.alpha or 0.05, 1e-9, 0.5)
  local power = check_number("power", options.power or 0.8, 0.5, 1 - 1e-9)
  local discordant = check_number("discordant", options.discordant or 0.2, 1e-9, 1)
  local z_alpha, z_power = normal.quantile(1 - alpha / 2), normal.quantile(power)
  local low, high = 0.0, discordant
  local function needed(difference)
    return ((z_alpha * sqrt(discordant) + z_power * sqrt(discordant - difference ^ 2)) / difference) ^ 2
  end
  if needed(discordant) > n then
    return nil, math.ceil(needed(discordant))
  end
  for _ = 1, 60 do -- the number of samples needed falls as the difference grows
    local middle = (low + high) / 2
    if needed(middle) > n then
      low = middle
    else
      high = middle
    end
  end
  return high
end

return M
