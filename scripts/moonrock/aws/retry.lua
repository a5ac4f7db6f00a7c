-- SPDX-License-Identifier: MIT
-- retry.lua -- standard retry mode: which failures are tried again, how often, how late.
-- Pure: it neither waits nor sends.  The quota is one bucket per client: when a service is
-- down for everybody, retries stop instead of multiplying the load.

local random = require "moonrock.random"
local tables = require "moonrock.tables"
local time = require "moonrock.time"

local M = {}

local set = tables.set

local throttle_codes = set [[
  Throttling ThrottlingException ThrottledException RequestThrottledException RequestThrottled
  TooManyRequestsException ProvisionedThroughputExceededException TransactionInProgressException
  RequestLimitExceeded BandwidthLimitExceeded LimitExceededException SlowDown
  PriorRequestNotComplete EC2ThrottledException ]]
local timeout_codes = set [[ RequestTimeout RequestTimeoutException ]]
local transient_codes = set [[
  InternalError InternalFailure InternalServerException InternalServerError
  ServiceUnavailable ServiceUnavailableException ]]
local transient_status = { [500] = true, [502] = true, [503] = true, [504] = true, [529] = true }
local skew_codes = set [[ RequestTimeTooSkewed RequestExpired RequestInTheFuture ]]
local skew_suspects = set [[ InvalidSignatureException SignatureDoesNotMatch AuthFailure ]]

-- ModelNotReadyException is modelled as retryable and no throttle; the reference SDK gives
-- it five attempts.
local least_attempts = { ModelNotReadyException = 5 }

---@param err table error object of a reply or a transport
---@return "throttle"|"transient"|"timeout"|"final"
function M.classify(err)
  local code, status = err.code, err.status
  if throttle_codes[code] then
    return "throttle"
  elseif timeout_codes[code] then
    return "timeout"
  elseif code == "ModelNotReadyException" or transient_codes[code] then
    return "transient"
  elseif status == nil then
    if err.retryable ~= true then
      return "final"
    end
    return tostring(code):find("Timeout", 1, true) and "timeout" or "transient"
  elseif status == 429 then
    return "throttle"
  elseif transient_status[status] then
    return "transient"
  end
  return "final"
end

---Seconds to add to the clock so that it agrees with the server's Date header, if the
---reply says that the clock was the trouble; else nil.
---@param err table
---@param date string|nil the Date header of the reply
---@param offset number the correction in force
function M.skew(err, date, offset)
  local definite = skew_codes[err.code]
  if not definite and not skew_suspects[err.code] then
    return nil
  end
  local server = date and time.parse(date)
  if not server then
    return nil
  end
  local correction = server - time.now()
  local change = math.abs(correction - offset)
  if change > 240 or (definite and change > 1) then
    return correction
  end
  return nil
end

---Seconds that a reply asks to wait, or nil: x-amz-retry-after in milliseconds, or
---Retry-After in seconds or as a date.
---@param header fun(name: string): string|nil
---@return number|nil seconds
---@return boolean|nil exact true for Retry-After, which is not clamped to the backoff
function M.asked_delay(header)
  local ms = tonumber(header("x-amz-retry-after") or "")
  if ms and ms >= 0 and ms < math.huge then
    return ms / 1000, false
  end
  local text = header("retry-after")
  if not text then
    return nil
  end
  local seconds = tonumber(text)
  if not seconds then
    local at = time.parse(text)
    seconds = at and at - time.now()
  end
  if seconds and seconds >= 0 and seconds < math.huge then
    return seconds, true
  end
  return nil
end

-- Quota ----------------------------------------------------------------------------------

local Quota = {}
Quota.__index = Quota

function Quota:take(cost)
  if self.tokens < cost then
    return false
  end
  self.tokens = self.tokens - cost
  return true
end

function Quota:give(amount)
  self.tokens = math.min(self.capacity, self.tokens + amount)
end

---@param tokens? integer default 500
function M.quota(tokens)
  tokens = tokens or 500
  return setmetatable({ tokens = tokens, capacity = tokens }, Quota)
end

-- Attempts of one logical call ------------------------------------------------------------

local cost_of = { throttle = 5, transient = 5, timeout = 10 }

local Attempts = {}
Attempts.__index = Attempts

---@param quota table
---@param options {max_attempts: integer, max_backoff?: number, jitter?: fun(): number, max_asked?: number}
function M.attempts(quota, options)
  return setmetatable({
    quota = quota,
    number = 1,
    held = 0,
    max_attempts = options.max_attempts,
    max_backoff = options.max_backoff or 20,
    max_asked = options.max_asked or 300,
    jitter = options.jitter or random.float,
  }, Attempts)
end

---The attempt failed.  What now?
---@param class string of classify
---@param code? string
---@param asked? number seconds that the reply asked for
---@param exact? boolean the second result of asked_delay
---@return "retry"|"final"|"attempts"|"quota"
---@return number|nil delay seconds, with "retry"
function Attempts:failed(class, code, asked, exact)
  if class == "final" then
    return "final"
  end
  local limit = self.max_attempts
  if limit > 1 and least_attempts[code] then
    limit = math.max(limit, least_attempts[code])
  end
  if self.number >= limit then
    return "attempts"
  end
  local cost = cost_of[class]
  if not self.quota:take(cost) then
    return "quota"
  end
  self.held = cost
  local delay = self.jitter() * math.min(2.0 ^ (self.number - 1), self.max_backoff)
  if asked and exact then
    delay = math.min(math.max(delay, asked), math.max(delay, self.max_asked))
  elseif asked then
    delay = math.max(delay, math.min(asked, delay + 5))
  end
  self.number = self.number + 1
  return "retry", delay
end

---The call succeeded: what its last retry cost goes back, a first success earns one token.
function Attempts:succeeded()
  self.quota:give(self.held > 0 and self.held or 1)
  self.held = 0
end

return M
