-- SPDX-License-Identifier: MIT
-- tango.lua -- the interval of a difference of two proportions on the same samples (Tango 1998).
-- It holds every difference that a score test would not reject. Unlike a bootstrap's it does not
-- shrink to a point where all samples changed alike, or none did: with no change among n it is
-- Wilson's of 0 of n to both sides.

local normal = require "moonrock.normal"

local M = {}

local sqrt = math.sqrt
local STEPS = 60 -- halvings of an interval of length 1: all bits of a double

-- The score statistic of a difference: how far what was seen is from it, in standard errors. `b` of n
-- samples went down and `c` up; the share that goes down is the likeliest one under that difference.
local function statistic(b, c, n, difference)
  local middle = (2 * n - c + b) * difference - b - c
  local down = (sqrt(middle * middle + 8 * n * b * difference * (1 - difference)) - middle) / (4 * n)
  local variance = n * (2 * down + difference * (1 - difference))
  local seen = c - b - n * difference
  if variance <= 0 then
    return seen == 0 and 0.0 or seen / 0.0
  end
  return seen / sqrt(variance)
end

-- Where the statistic, which falls as the difference grows, passes a value between two differences.
local function passing(b, c, n, value, low, high)
  for _ = 1, STEPS do
    local middle = (low + high) / 2
    if statistic(b, c, n, middle) > value then
      low = middle
    else
      high = middle
    end
  end
  return (low + high) / 2
end

---The interval of the difference second - first.
---@param only_first integer samples that only the first has right
---@param only_second integer samples that only the second has right
---@param n integer samples
---@param confidence number such as 0.95
---@return number low
---@return number high
function M.interval(only_first, only_second, n, confidence)
  local z = normal.quantile(1 - (1 - confidence) / 2)
  local estimate = (only_second - only_first) / n
  return only_first == n and -1.0 or passing(only_first, only_second, n, z, -1.0, estimate),
    only_second == n and 1.0 or passing(only_first, only_second, n, -z, estimate, 1.0)
end

return M
