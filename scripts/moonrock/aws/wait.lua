-- SPDX-License-Identifier: MIT
-- wait.lua -- polls an operation until what is waited for has happened.
-- The pauses are jittered and grow; they run on the host's clock.  Failures that may pass are
-- sat out; a state that can never become the wished one ends the wait with the service's words.

local task = require "moonrock.task"
local time = require "moonrock.time"
local random = require "moonrock.random"
local errors = require "moonrock.error"
local suggest = require "moonrock.aws.suggest"
local tables = require "moonrock.tables"

local M = {}

local tolerated = 10 -- failures that may pass, in a row
local wait_options = { delay = "seconds", max_delay = "seconds", timeout = "seconds", on_poll = "function" }

---@class moonrock.Waiter
---@field operation string method of the client
---@field delay number seconds before the second poll
---@field max_delay? number default: delay
---@field growth? number factor from pause to pause, default 1.2
---@field timeout number seconds
---@field absent? "success"|"retry"|"failure" what a 404 means; "retry" holds for `patience` polls
---@field patience? integer
---@field judge fun(result: table, params: table): "success"|"failure"|"retry", string|nil, string|nil

---Does the error say that a resource is not there?  404, in whatever spelling.
---@param err any
---@return boolean
function M.is_absent(err)
  return errors.is(err) and (err.status == 404 or err.code == "ResourceNotFoundException")
end
local is_absent = M.is_absent

local function raise_failure(waiter, name, state, message, result)
  errors.raise {
    code = "WaiterFailed",
    message = string.format("%s can no longer happen: %s%s", name, state or "the state is final",
      message and message ~= "" and ": " .. message or ""),
    operation = waiter.operation,
    state = state,
    result = result,
    retryable = false,
  }
end

-- What an error of the poll means: "success", "retry", or raises.
local function judge_error(waiter, err, polls, failures)
  if is_absent(err) and waiter.absent == "success" then
    return "success"
  elseif is_absent(err) and waiter.absent == "retry" and polls <= (waiter.patience or math.huge) then
    return "retry"
  elseif err.retryable and failures <= tolerated then
    return "retry"
  end
  local ok = waiter.judge_error and waiter.judge_error(err)
  if ok then
    return ok
  end
  error(err, 0)
end

-- An emulator whose phases go faster than AWS's says how much in a header.
local function speed_of(result)
  local headers = result and result.ResponseMetadata and result.ResponseMetadata.HTTPHeaders
  local speed = headers and tonumber(headers["x-moonrock-speed"])
  return speed and speed > 1 and speed or 1
end

---@param client table
---@param name string
---@param waiter moonrock.Waiter
---@param params table
---@param opts? {delay?: number, max_delay?: number, timeout?: number, on_poll?: fun(result: table, seconds: number)}
---in seconds; on_poll is called after each poll, with the seconds since the first
---@return table|nil result the last reply; nil when waiting for an end that a 404 told
function M.run(client, name, waiter, params, opts)
  opts = tables.check_options(opts, wait_options, "wait")
  local delay = math.max(opts.delay or waiter.delay, 1)
  local max_delay = math.max(opts.max_delay or waiter.max_delay or waiter.delay, delay)
  local timeout = opts.timeout or waiter.timeout
  local start = time.now()
  local polls, failures, state = 0, 0, nil
  while true do
    polls = polls + 1
    local result, err = errors.try(client[waiter.operation], client, params)
    local verdict, message
    if result then
      failures = 0
      if opts.on_poll then
        opts.on_poll(result, time.now() - start)
      end
      verdict, state, message = waiter.judge(result, params)
    elseif errors.is(err) then
      failures = failures + 1
      verdict = judge_error(waiter, err, polls, failures)
    else
      error(err, 0)
    end
    if verdict == "success" then
      return result
    elseif verdict == "failure" then
      raise_failure(waiter, name, state, message, result)
    end
    local pause = math.max(delay / speed_of(result) * (0.9 + 0.2 * random.float()), 0.05)
    if time.now() - start + pause > timeout then
      errors.raise {
        code = "WaiterTimeout",
        message = string.format("%s did not happen within %g s%s", name, timeout,
          state and " (last state: " .. tostring(state) .. ")" or ""),
        operation = waiter.operation,
        state = state,
        result = result,
        hint = "it may still happen; wait again, or give a longer timeout (seconds)",
      }
    end
    task.sleep(pause)
    delay = math.min(delay * (waiter.growth or 1.2), max_delay)
  end
end

---Finds a waiter by name, or raises with the nearest name.
function M.find(waiters, name, service)
  if waiters[name] then
    return waiters[name]
  end
  local names = tables.keys(waiters)
  errors.raise {
    code = "UnknownWaiter",
    message = string.format("%s has no waiter %s%s", service, tostring(name), suggest.tail(name, names)),
    hint = #names > 0 and "there are " .. table.concat(names, ", ") or nil,
    service = service,
  }
end

---A judge by one status member: which values end the wait, and where the reason stands.
---@param member string
---@param success table<string, true>
---@param failure table<string, true>
---@param reason? string member with the service's message
function M.by_status(member, success, failure, reason)
  return function(result)
    local state = result[member]
    if success[state] then
      return "success", state
    elseif failure[state] then
      return "failure", state, reason and result[reason] or nil
    end
    return "retry", state
  end
end

return M
