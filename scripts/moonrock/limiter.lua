-- SPDX-License-Identifier: MIT
-- limiter.lua -- how fast all tasks together may call a service.
-- One limiter is shared by whoever has to share a quota: it bounds what is under way, the requests
-- and the tokens of a minute, and learns from throttling: calls under way fall by a third when the
-- service says "too many" and rise by about one a round while it does not (additive increase,
-- multiplicative decrease, as TCP does). First come, first served; a cancelled wait leaves no trace.

local errors = require "moonrock.error"
local random = require "moonrock.random"
local retry = require "moonrock.aws.retry"
local tables = require "moonrock.tables"
local task = require "moonrock.task"
local time = require "moonrock.time"

local M = {}

local OPTIONS = { concurrency = "count", requests_per_minute = "amount", tokens_per_minute = "amount",
  adaptive = "boolean", patience = "seconds" }
local DECREASE, SETTLE = 0.7, 1.0 -- one decrease for all that was under way when it happened
local BURST = 10 / 60 -- of a minute's quota may go at once

---@class moonrock.Limiter
local Limiter = {}
Limiter.__index = Limiter

-- ---- a quota of a minute -------------------------------------------------------------

local Bucket = {}
Bucket.__index = Bucket

local function new_bucket(per_minute, least)
  local capacity = math.max(least, per_minute * BURST)
  return setmetatable({ rate = per_minute / 60, capacity = capacity, level = capacity, at = time.monotonic() }, Bucket)
end

-- Seconds until `amount` may be taken. More than the bucket holds waits until it is full.
function Bucket:delay(amount)
  local now = time.monotonic()
  self.level, self.at = math.min(self.capacity, self.level + (now - self.at) * self.rate), now
  local missing = math.min(amount, self.capacity) - self.level
  -- Less than a clock can tell apart would never pass.
  return missing > 1e-9 and math.max(missing / self.rate, 1e-6) or 0
end

-- ---- waiting -------------------------------------------------------------------------

local Permit = {}
Permit.__index = Permit

---The tokens that were really used, in place of those that were announced.
---@param tokens number
function Permit:settle(tokens)
  local bucket = self.limiter.tokens
  if bucket then
    bucket.level = bucket.level + self.amount - tokens
    self.amount = tokens
    self.limiter:advance()
  end
end

function Permit:release()
  local limiter = self.limiter
  if not self.released then
    self.released = true
    limiter.running = limiter.running - 1
    limiter:advance()
  end
end
Permit.__close = Permit.release

local ticket_mt = {
  __close = function(ticket, err)
    if err == nil then
      return
    end
    local limiter = ticket.limiter
    ticket.gone = true
    limiter.waiting = limiter.waiting - (ticket.granted and 0 or 1)
    limiter.running = limiter.running - (ticket.granted and 1 or 0)
    limiter:advance()
  end,
}

-- Seconds until the ticket may go, by the pause and by the minute's quotas.
function Limiter:delay(ticket)
  local delay = math.max(0, self.paused_until - time.monotonic())
  if self.requests then
    delay = math.max(delay, self.requests:delay(1))
  end
  if self.tokens then
    delay = math.max(delay, self.tokens:delay(ticket.amount))
  end
  return delay
end

function Limiter:wake_after(delay)
  local due = time.monotonic() + delay
  if self.timer and due < self.due - 1e-3 then -- who was waited for is gone, or tokens were given back
    self.timer:cancel()
    self.timer = nil
  end
  if not self.timer then
    self.due = due
    self.timer = task.spawn(function()
      task.sleep(delay)
      self.timer = nil
      self:advance()
    end)
  end
end

-- Lets go whoever may, in the order in which they came.
function Limiter:advance()
  while self.waiting > 0 do
    local ticket = self.queue[self.first]
    if not ticket.gone then
      if self.running >= math.floor(self.limit) then
        return
      end
      local delay = self:delay(ticket)
      if delay > 0 then
        return self:wake_after(delay)
      end
      for _, bucket in ipairs { self.requests or false, self.tokens or false } do
        if bucket then
          bucket.level = bucket.level - (bucket == self.tokens and ticket.amount or 1)
        end
      end
      ticket.granted = true
      self.running, self.waiting = self.running + 1, self.waiting - 1
      ticket.future:set(true)
    end
    self.queue[self.first] = nil
    self.first = self.first + 1
  end
  if self.timer then -- nobody is left to wake
    local timer = self.timer
    self.timer = nil
    timer:cancel()
  end
end

---Waits until a call may begin: `local permit <close> = limiter:acquire(tokens)`.
---@param tokens? number that the call is expected to use, both ways
---@return { release: fun(self), settle: fun(self, tokens: number) } permit to be released or closed
function Limiter:acquire(tokens)
  local ticket <close> = setmetatable({ limiter = self, future = task.future(), amount = tokens or 0 }, ticket_mt)
  self.last = self.last + 1
  self.queue[self.last] = ticket
  self.waiting = self.waiting + 1
  self:advance()
  ticket.future:wait()
  return setmetatable({ limiter = self, amount = ticket.amount }, Permit)
end

-- ---- learning ------------------------------------------------------------------------

---The service said "too many".
---@param retry_after? number seconds that it asked to wait; nobody waits longer than the patience
function Limiter:throttled(retry_after)
  local now = time.monotonic()
  self.throttles = self.throttles + 1
  if self.adaptive and now - self.lowered_at >= SETTLE then
    self.lowered_at = now
    self.limit = math.max(1, math.min(self.limit, self.running) * DECREASE)
  end
  self.paused_until = math.max(self.paused_until, now + math.min(retry_after or 0, self.patience))
end

---A call went through.
function Limiter:succeeded()
  if self.adaptive and self.limit < self.most then
    self.limit = math.min(self.most, self.limit + 1 / self.limit)
    self:advance()
  end
end

---Calls f(...) when it may be called; while the service throttles, waits and calls again, up to the
---limiter's patience: throttled is not failed. Other errors are raised as they are.
---@param tokens number expected, as for acquire
---@param f function
---@return any ... what f returns
function Limiter:call(tokens, f, ...)
  local given_up = time.monotonic() + self.patience
  local backoff = 1
  while true do
    local held <close> = self:acquire(tokens)
    local results = table.pack(pcall(f, ...))
    local err = results[2]
    if results[1] then
      self:succeeded()
      return table.unpack(results, 2, results.n)
    elseif not errors.is(err) or retry.classify(err) ~= "throttle" then
      error(err, 0)
    end
    self:throttled(err.retry_after)
    held:release()
    local wait = err.retry_after or backoff * (0.5 + random.float() / 2)
    if time.monotonic() + wait > given_up then
      error(err, 0)
    end
    task.sleep(wait)
    backoff = math.min(backoff * 2, 30)
  end
end

---f(item, index) as a function that goes through the limiter.
---@param f function
---@param tokens? number|fun(item: any, index: integer): number what a call is expected to use
---@return function
function Limiter:wrap(f, tokens)
  return function(item, index)
    local amount = type(tokens) == "function" and tokens(item, index) or tokens or 0
    return self:call(amount, f, item, index)
  end
end

---Makes a limiter.
---@param options { concurrency?: integer, requests_per_minute?: number, tokens_per_minute?: number,
---adaptive?: boolean, patience?: number } concurrency: under way at once, at most (32); adaptive: false
---keeps it there; patience: seconds for which `call` goes on while it is throttled (600)
---@return moonrock.Limiter
function M.new(options)
  options = tables.check_options(options, OPTIONS, "limiter")
  for _, name in ipairs { "requests_per_minute", "tokens_per_minute" } do
    if options[name] == 0 then
      error(("limiter: %s is more than 0; leave it out where there is no quota"):format(name), 2)
    end
  end
  local most = options.concurrency or 32
  return setmetatable({
    most = most, limit = most, adaptive = options.adaptive ~= false, patience = options.patience or 600,
    requests = options.requests_per_minute and new_bucket(options.requests_per_minute, 1),
    tokens = options.tokens_per_minute and new_bucket(options.tokens_per_minute, 1),
    running = 0, waiting = 0, queue = {}, first = 1, last = 0, throttles = 0,
    paused_until = -math.huge, lowered_at = -math.huge,
  }, Limiter)
end

return M
