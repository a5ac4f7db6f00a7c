-- SPDX-License-Identifier: MIT
-- Statistics against worked examples that are published, and against what must hold of any answer.
-- tests/peers/stats.R holds them against R on random data.

local lu = require "luaunit"
local random = require "moonrock.random"
local stats = require "moonrock.stats"
local tango = require "moonrock.tango"

local function near(actual, expected, tolerance)
  lu.assertAlmostEquals(actual, expected, tolerance or 1e-9)
end

TestProportions = {}

-- Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, the score method.
function TestProportions.test_wilson_as_published()
  for _, case in ipairs { { 81, 263, 0.2553, 0.3662 }, { 15, 148, 0.0624, 0.1605 }, { 0, 20, 0, 0.1611 },
      { 1, 29, 0.0061, 0.1718 } } do
    local interval = stats.wilson(case[1], case[2])
    near(interval.low, case[3], 5e-5)
    near(interval.high, case[4], 5e-5)
    near(interval.estimate, case[1] / case[2])
  end
end

function TestProportions.test_wilson_at_the_ends()
  lu.assertEquals(stats.wilson(0, 5).low, 0.0)
  lu.assertEquals(stats.wilson(5, 5).high, 1.0)
  lu.assertTrue(stats.wilson(5, 5).low < 0.6)
  lu.assertTrue(stats.wilson(50, 100, { confidence = 0.99 }).high > stats.wilson(50, 100).high)
end

-- Two-sided p values by the binomial table: 10 against 2 gives 158/4096.
function TestProportions.test_mcnemar()
  near(stats.mcnemar(10, 2).p, 158 / 4096, 1e-12)
  near(stats.mcnemar(2, 10).p, 158 / 4096, 1e-12)
  lu.assertEquals(stats.mcnemar(0, 0).p, 1.0)
  lu.assertEquals(stats.mcnemar(7, 7).p, 1.0)
  near(stats.mcnemar(0, 6).p, 2 / 64, 1e-15)
  lu.assertTrue(stats.mcnemar(0, 5000).p < 1e-300)
end

function TestProportions.test_holm()
  local corrected = stats.holm { 0.01, 0.04, 0.03, 0.005 }
  for i, expected in ipairs { 0.03, 0.06, 0.06, 0.02 } do
    near(corrected[i], expected, 1e-12)
  end
  lu.assertEquals(stats.holm {}, {})
  lu.assertEquals(stats.holm { 0.9, 0.8 }, { 1.0, 1.0 })
end

function TestProportions.test_minimum_detectable_difference()
  local n, discordant = 400, 0.3
  local d = stats.minimum_detectable_difference(n, { discordant = discordant })
  local needed = ((1.959963984540054 * math.sqrt(discordant) +
    0.8416212335729143 * math.sqrt(discordant - d * d)) / d) ^ 2
  near(needed, n, 1e-6)
  -- the test finds a true difference of that size about as often as the power says
  local stream, found, rounds = random.stream(11), 0, 1000
  for _ = 1, rounds do
    local only_first, only_second = 0, 0
    for _ = 1, n do
      local x = stream:float()
      if x < (discordant - d) / 2 then
        only_first = only_first + 1
      elseif x < discordant then
        only_second = only_second + 1
      end
    end
    found = found + (stats.mcnemar(only_first, only_second).p < 0.05 and 1 or 0)
  end
  lu.assertTrue(found / rounds > 0.72 and found / rounds < 0.86, found)
  local none, least = stats.minimum_detectable_difference(20, { discordant = 0.05 })
  lu.assertNil(none)
  lu.assertNotNil(stats.minimum_detectable_difference(least, { discordant = 0.05 }))
end

TestBootstrap = {}

function TestBootstrap.test_it_repeats_and_covers()
  local values, stream = {}, random.stream(3)
  for i = 1, 200 do
    values[i] = stream:float() ^ 3
  end
  local one, two = stats.bootstrap(values), stats.bootstrap(values)
  lu.assertEquals(one, two)
  lu.assertNotEquals(stats.bootstrap(values, { seed = 2 }), one)
  lu.assertTrue(one.low < one.estimate and one.estimate < one.high)
  local covered, rounds = 0, 300
  for round = 1, rounds do -- skewed values of mean 1/4: about 95 of 100 intervals have it
    for i = 1, 60 do
      values[i] = stream:float() ^ 3
    end
    local interval = stats.bootstrap(table.move(values, 1, 60, 1, {}), { seed = round, resamples = 1000 })
    covered = covered + (interval.low <= 0.25 and interval.high >= 0.25 and 1 or 0)
  end
  lu.assertTrue(covered / rounds > 0.89 and covered / rounds < 0.985, covered)
end

function TestBootstrap.test_values_that_are_all_the_same()
  local interval = stats.bootstrap { 2, 2, 2 }
  lu.assertEquals({ interval.low, interval.estimate, interval.high }, { 2.0, 2.0, 2.0 })
end

TestComparison = {}

function TestComparison.test_right_and_wrong_answers()
  local base, tuned = {}, {}
  for i = 1, 100 do
    base[i], tuned[i] = i <= 60 and 1 or 0, (i > 2 and i <= 70) and 1 or 0
  end
  local result = stats.compare(base, tuned)
  near(result.difference, 0.08)
  near(result.p, 158 / 4096, 1e-12)
  lu.assertEquals({ result.test, result.only_first, result.only_second, result.n }, { "mcnemar", 2, 10, 100 })
  lu.assertTrue(result.low > 0 and result.low < 0.08 and result.high > 0.08)
end

-- How often the interval holds the true difference, by all outcomes of n samples.
local function coverage(n, down, up)
  local logs, held = { [0] = 0.0 }, 0.0
  for i = 1, n do logs[i] = logs[i - 1] + math.log(i) end
  for b = 0, n do
    for c = 0, n - b do
      local low, high = tango.interval(b, c, n, 0.95)
      if low <= up - down and up - down <= high then
        held = held + math.exp(logs[n] - logs[b] - logs[c] - logs[n - b - c]) * down ^ b * up ^ c *
          (1 - down - up) ^ (n - b - c)
      end
    end
  end
  return held
end

-- Fagerland, Lydersen and Laake, Statistics in Medicine 33 (2014) 2850-2875: airways before and after a
-- transplantation, 1 and 7 of 21 changed. And what R's PropCIs says of 25 and 28 of 618.
function TestComparison.test_tango_as_published()
  for _, case in ipairs { { 1, 7, 21, 0.95, 0.026, 0.517, 5e-4 }, { 25, 28, 618, 0.9, -0.0148, 0.0247, 5e-5 } } do
    local low, high = tango.interval(table.unpack(case, 1, 4))
    near(low, case[5], case[7])
    near(high, case[6], case[7])
  end
end

function TestComparison.test_the_interval_of_two_proportions()
  for _, n in ipairs { 1, 7, 20, 500 } do -- no change: Wilson's interval to both sides
    local low, high = tango.interval(0, 0, n, 0.95)
    near(high, stats.wilson(0, n).high, 1e-9)
    near(low, -high, 1e-9)
  end
  for _, case in ipairs { { 3, 9, 40 }, { 0, 5, 5 }, { 1, 1, 2 }, { 0, 1, 100 } } do
    local b, c, n = table.unpack(case)
    local low, high = tango.interval(b, c, n, 0.9)
    local back_low, back_high = tango.interval(c, b, n, 0.9)
    near(low, -back_high, 1e-9)
    near(high, -back_low, 1e-9)
    lu.assertTrue(-1 <= low and low <= (c - b) / n and (c - b) / n <= high and high <= 1)
  end
  for _, truth in ipairs { { 0.1, 0.1 }, { 0.02, 0.1 }, { 0.2, 0.4 }, { 0.01, 0.01 }, { 0.05, 0.6 } } do
    for _, n in ipairs { 10, 40 } do
      local held = coverage(n, table.unpack(truth))
      lu.assertTrue(held > 0.92, ("%d: %g"):format(n, held))
    end
  end
end

function TestComparison.test_grades()
  local result = stats.compare({ 1, 2, 3, 4, 5 }, { 2, 3, 4, 5, 6 })
  lu.assertEquals({ result.test, result.difference, result.p }, { "sign-flip", 1.0, 2 / 32 })
  local first, second, stream = {}, {}, random.stream(5)
  for i = 1, 300 do
    first[i] = stream:float()
    second[i] = first[i] + stream:float() - 0.5
  end
  result = stats.compare(first, second)
  lu.assertTrue((result.p < 0.05) == (result.low > 0 or result.high < 0))
  lu.assertEquals(stats.compare({ 1, 2, 0.5 }, { 1, 2, 0.5 }).p, 1.0)
end

TestMisuse = {}

function TestMisuse.test_what_is_refused()
  for _, call in ipairs {
    { stats.wilson, 3, 2 }, { stats.wilson, 0, 0 }, { stats.wilson, 1, 2, { confidence = 1 } },
    { stats.mean, {} }, { stats.mean, { 1, "x" } }, { stats.mean, { 0 / 0 } }, { stats.quantile, { 1 }, 2 },
    { stats.bootstrap, { 1 } }, { stats.compare, { 1, 2 }, { 1, 2, 3 } }, { stats.holm, { 1.5 } },
    { stats.bootstrap, { 1, 2 }, { reps = 5 } }, { stats.mcnemar, -1, 2 },
    { random.stream }, { random.stream(1).resample, random.stream(1), {} },
    { random.stream(1).resample, random.stream(1), { {} } }, { random.stream(1).flip_signs, random.stream(1), {} },
    { random.stream(1).resample, random.stream(1), { 1, 2 }, 0 },
    { random.stream(1).resample, random.stream(1), { 1, 2 }, (1 << 21) + 1 }, { random.stream(1).integer, {}, 1, 2 },
  } do
    lu.assertFalse(pcall(table.unpack(call)))
  end
end

function TestMisuse.test_streams_repeat()
  local one, two = random.stream(7), random.stream(7)
  for _ = 1, 100 do
    lu.assertEquals(one:integer(1, 1000), two:integer(1, 1000))
  end
  local list = one:shuffle { 1, 2, 3, 4, 5, 6, 7, 8 }
  table.sort(list)
  lu.assertEquals(list, { 1, 2, 3, 4, 5, 6, 7, 8 })
  lu.assertEquals(two:resample { 4, 4, 4 }, { 4.0 })
end

-- Every number is drawn as often as every other, every sign comes as often as the other.
function TestMisuse.test_draws_are_fair()
  local stream, values, sums = random.stream(11), {}, 0.0
  for place = 1, 7 do -- the means of a list with a single 1 tell how often that one was drawn
    for i = 1, 7 do
      values[i] = i == place and 1 or 0
    end
    local drawn = 0.0
    for _, mean in ipairs(stream:resample(values, 20000)) do
      drawn = drawn + mean
    end
    lu.assertAlmostEquals(drawn / 20000, 1 / 7, 5 * math.sqrt(6 / 7 / 7 / 140000))
  end
  for i = 1, 130 do
    values[i] = 2.0 ^ (i % 3)
  end
  local all = stream:flip_signs(values, 20000)
  for _, sum in ipairs(all) do
    sums = sums + sum
  end
  local squares = stats.deviation(all) ^ 2
  lu.assertAlmostEquals(sums / 20000, 0, 5 * math.sqrt((43 * 1 + 44 * 4 + 43 * 16) / 20000))
  lu.assertAlmostEquals(squares / (43 * 1 + 44 * 4 + 43 * 16), 1, 0.06)
  lu.assertEquals(#stream:flip_signs({ 1 }, 5), 5)
end

TestKappa = {}

-- Two lists of categories out of a table of counts.
local function lists_of(counts)
  local first, second = {}, {}
  for a, row in ipairs(counts) do
    for b, count in ipairs(row) do
      for _ = 1, count do
        first[#first + 1], second[#second + 1] = a, b
      end
    end
  end
  return first, second
end

-- Two pathologists and 118 slides: Agresti, Categorical Data Analysis, section on agreement.
function TestKappa.test_the_published_example()
  local kappa = stats.kappa(lists_of { { 22, 2, 2, 0 }, { 5, 7, 14, 0 }, { 0, 2, 36, 0 }, { 0, 1, 17, 10 } })
  lu.assertAlmostEquals(kappa.estimate, 0.493, 5e-4)
  lu.assertAlmostEquals(kappa.error, 0.057, 5e-4)
  lu.assertEquals(kappa.n, 118)
end

function TestKappa.test_ends_and_weights()
  local kappa = stats.kappa(lists_of { { 20, 5 }, { 10, 15 } })
  lu.assertAlmostEquals(kappa.estimate, 0.4, 1e-12)
  lu.assertTrue(kappa.low < 0.4 and kappa.high > 0.4)
  lu.assertEquals(stats.kappa({ 1, 2, 3 }, { 1, 2, 3 }).estimate, 1.0)
  lu.assertTrue(stats.kappa({ 0, 1, 0, 1 }, { 1, 0, 1, 0 }).estimate < -0.99)
  lu.assertNil(stats.kappa({ 1, 1, 1 }, { 1, 1, 1 }))
  local one, other = { 1, 2, 3, 4, 5 }, { 2, 2, 3, 4, 5 }
  lu.assertTrue(stats.kappa(one, other, { weights = "quadratic" }).estimate > stats.kappa(one, other).estimate)
  lu.assertErrorMsgContains("same samples", stats.kappa, { 1, 2 }, { 1, 2, 3 })
  lu.assertErrorMsgContains("weights are", stats.kappa, { 1, 2 }, { 1, 2 }, { weights = "cubic" })
end

os.exit(lu.LuaUnit.run())
