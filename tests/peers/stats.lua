-- SPDX-License-Identifier: MIT
-- Random cases and what moonrock.stats says of them, a line each, for stats.R to judge:
--   build/moonrock run tests/peers/stats.lua [CASES]

local normal = require "moonrock.normal"
local random = require "moonrock.random"
local stats = require "moonrock.stats"
local tango = require "moonrock.tango"

local count = tonumber((...)) or 200
local stream = random.stream(20261123)

local function say(kind, ...)
  local words = { kind }
  for _, value in ipairs { ... } do
    local numbers = {}
    for i, number in ipairs(type(value) == "table" and value or { value }) do
      numbers[i] = ("%.17g"):format(number)
    end
    words[#words + 1] = table.concat(numbers, ",")
  end
  print(table.concat(words, " "))
end

local function scores(n, make)
  local list = {}
  for i = 1, n do
    list[i] = make(i)
  end
  return list
end

for case = 1, count do
  local p = stream:float() ^ stream:integer(1, 40)
  if p > 0 and p < 1 then
    say("qnorm", p, normal.quantile(p))
  end
  local x = (stream:float() - 0.5) * 40
  say("pnorm", x, normal.distribution(x))
  local n = stream:integer(1, 2000)
  local k = stream:integer(0, n)
  local confidence = 0.8 + stream:float() * 0.199
  local interval = stats.wilson(k, n, { confidence = confidence })
  say("wilson", k, n, confidence, interval.low, interval.high)
  local b, c = stream:integer(0, 60), stream:integer(0, 60)
  say("mcnemar", b, c, stats.mcnemar(b, c).p)
  local samples = stream:integer(2, 300)
  local down = stream:integer(0, samples)
  local up = stream:integer(0, samples - down)
  say("tango", down, up, samples, confidence, tango.interval(down, up, samples, confidence))
  local p_values = scores(stream:integer(1, 12), function() return stream:float() ^ 3 end)
  say("holm", p_values, stats.holm(p_values))
  local levels = stream:integer(2, 6)
  local labels = scores(stream:integer(levels, 200), function(i)
    return i <= levels and i or stream:integer(1, levels)
  end)
  local judged = scores(#labels, function(i)
    return stream:float() < 0.6 and labels[i] or stream:integer(1, levels)
  end)
  for number, weights in ipairs { false, "linear", "quadratic" } do
    local kappa = stats.kappa(labels, judged, { weights = weights or nil })
    say("kappa", number, labels, judged, kappa.estimate, kappa.error, kappa.low, kappa.high)
  end
  if case <= 12 then
    local skew = stream:integer(1, 4)
    local first = scores(stream:integer(20, 120), function() return stream:float() ^ skew end)
    local second = scores(#first, function(i) return first[i] + (stream:float() ^ skew - 0.2) / 4 end)
    local result = stats.compare(first, second, { resamples = 20000 })
    say("compare", first, second, result.difference, result.low, result.high, result.p)
  end
end
