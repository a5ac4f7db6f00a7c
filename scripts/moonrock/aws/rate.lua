-- SPDX-License-Identifier: MIT
-- rate.lua -- the rate limiter of retry mode "adaptive": one for each client, for all its tasks.
-- It lets everything pass until the service throttles for the first time; from then on a token
-- bucket gives out attempts.  Its rate falls to 70 % of what was measured when the service
-- throttles, and grows along a cubic curve round that point while it does not.
-- Source: AWS SDKs and Tools Reference Guide, "Retry behavior" (2026-08); RFC 9438 for the curve.

local task = require "moonrock.task"
local time = require "moonrock.time"

local M = {}

local least_rate = 0.5 -- attempts a second
local least_capacity = 1
local beta = 0.7 -- what is left of the rate after a throttle
local scale = 0.4 -- of the cubic curve
local smooth = 0.8 -- weight of the newest measurement
local windows = 2 -- of measurement, a second

local Limiter = {}
Limiter.__index = Limiter

local function window_start(now)
  return math.floor(now * windows) / windows
end

local function refill(self, now)
  if self.enabled then
    self.tokens = math.min(self.capacity, self.tokens + (now - self.filled_at) * self.rate)
  end
  self.filled_at = now
end

local function set_rate(self, rate, now)
  refill(self, now)
  self.rate = math.max(rate, least_rate)
  self.capacity = math.max(rate, least_capacity)
  self.tokens = math.min(self.tokens, self.capacity)
end

local function measure(self, now)
  self.count = self.count + 1
  local start = window_start(now)
  if start > self.measured_at then
    local found = self.count / (start - self.measured_at)
    self.measured = found * smooth + self.measured * (1 - smooth)
    self.count, self.measured_at = 0, start
  end
end

---The rate that the curve gives at `now`: below the last throttled rate before the time at which
---the curve reaches it, above it afterwards.
---@param last_rate number attempts a second at the last throttle
---@param since number seconds since the last throttle
---@return number
function M.cubic(last_rate, since)
  local flat_at = (last_rate * (1 - beta) / scale) ^ (1 / 3)
  return scale * (since - flat_at) ^ 3 + last_rate
end

-- Whoever stands first in the line goes, however the one before it left: with a token or by a cancel.
local place_mt = {
  __close = function(place)
    if place.limiter.last == place.gone then
      place.limiter.last = nil
    end
    place.gone:set(true)
  end,
}

---Waits until an attempt may be sent.  Tasks pass in the order in which they came.
---@async
---@return number seconds that it took
function Limiter:acquire()
  if not self.enabled then
    return 0
  end
  local start, before = self.clock(), self.last
  local place <close> = setmetatable({ limiter = self, gone = task.future() }, place_mt)
  self.last = place.gone
  if before then
    before:wait()
  end
  refill(self, self.clock())
  while self.tokens < 1 do
    task.sleep((1 - self.tokens) / self.rate + 1e-6) -- the clock may round down
    refill(self, self.clock())
  end
  self.tokens = self.tokens - 1
  return self.clock() - start
end

---An attempt has ended.
---@param throttled boolean the service said that it was too much
function Limiter:answered(throttled)
  local now = self.clock()
  measure(self, now)
  local rate
  if throttled then
    self.last_rate = self.enabled and math.min(self.measured, self.rate) or self.measured
    self.throttled_at = now
    rate = self.last_rate * beta
    if not self.enabled then
      self.enabled, self.filled_at = true, now
    end
  else
    rate = M.cubic(self.last_rate, now - self.throttled_at)
  end
  set_rate(self, math.min(rate, 2 * self.measured), now)
end

---@param clock? fun(): number seconds
function M.limiter(clock)
  clock = clock or time.monotonic
  local now = clock()
  return setmetatable({
    clock = clock,
    enabled = false,
    rate = 0, capacity = 0, tokens = 0, filled_at = now, -- the bucket
    measured = 0, count = 0, measured_at = window_start(now), -- what was sent, a second
    last_rate = 0, throttled_at = now, -- the curve
    last = nil, -- done when the last of those who wait has gone
  }, Limiter)
end

return M
