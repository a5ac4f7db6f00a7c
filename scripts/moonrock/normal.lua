-- SPDX-License-Identifier: MIT
-- normal.lua -- the normal distribution, to double precision. The tail is a continued fraction
-- or a series, whichever converges there; the quantile is Newton's method on it, so the two agree.

local M = {}

local exp, log, sqrt, abs, pi = math.exp, math.log, math.sqrt, math.abs, math.pi

-- The probability above x, for x >= 0: the series of the distribution near the middle, Laplace's
-- continued fraction further out.
local function upper_tail(x)
  local density = exp(-x * x / 2) / sqrt(2 * pi)
  if x < 3 then
    local term, sum, k = x, x, 1
    while abs(term) > 1e-18 * sum do
      k = k + 2
      term = term * x * x / k
      sum = sum + term
    end
    return 0.5 - density * sum
  end
  local fraction = 0.0
  for k = 120, 1, -1 do
    fraction = k / (x + fraction)
  end
  return density / (x + fraction)
end

---The probability of a value up to x of the standard normal distribution.
---@param x number
---@return number from 0 to 1
function M.distribution(x)
  if x > 0 then
    return 1 - upper_tail(x)
  end
  return x < -40 and 0.0 or upper_tail(-x)
end

---The value below which a share p of the standard normal distribution lies.
---@param p number above 0, below 1
---@return number
function M.quantile(p)
  if p ~= p or p <= 0 or p >= 1 then
    error(("normal.quantile: a number between 0 and 1 is wanted, not %s"):format(tostring(p)), 2)
  elseif p > 0.5 then
    return -M.quantile(1 - p)
  elseif p == 0.5 then
    return 0.0
  end
  local t = sqrt(-2 * log(p)) -- a start within a few hundredths (Hastings 1955), then Newton
  local x = t - (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + 0.04481 * t))
  for _ = 1, 12 do
    local tail = upper_tail(x)
    local step = (tail - p) / (exp(-x * x / 2) / sqrt(2 * pi))
    x = x + step / (1 - x * step / 2) -- Halley's correction: the curve bends
    if abs(step) < 1e-15 * (1 + abs(x)) then
      break
    end
  end
  return -x
end

return M
