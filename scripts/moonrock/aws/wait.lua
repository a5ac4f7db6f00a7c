-- SPDX-License-Identifier: MIT
-- wait.lua -- polls an operation until what is waited for has happened.
-- What that is stands in the models (bindings/models/waiter.lua tells the form): rules, of which the
-- first that fits a reply or an error decides.  The pauses are jittered and grow; they run on the
-- host's clock.  Failures that may pass are sat out; a state that can never become the wished one
-- ends the wait with the service's words.

local task = require "moonrock.task"
local time = require "moonrock.time"
local random = require "moonrock.random"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local system = require "moonrock.system"
local suggest = require "moonrock.aws.suggest"
local tables = require "moonrock.tables"

local M = {}

local tolerated = 10 -- failures that may pass, in a row
local growth = 1.2 -- from pause to pause
local wait_options = { delay = "seconds", max_delay = "seconds", timeout = "seconds", on_poll = "function" }

---Does the error say that a resource is not there?  404, in whatever spelling.
---@param err any
---@return boolean
function M.is_absent(err)
  return errors.is(err) and (err.status == 404 or err.code == "ResourceNotFoundException")
end

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

-- Rules -----------------------------------------------------------------------------------

-- The values at a path such as "a.b[].c": one, or one for each item of the lists on the way.
local function values_at(result, path)
  local found = { result }
  for part in path:gmatch "[^.]+" do
    local name, list = part:match "^([%w_]+)(.*)$"
    local below = {}
    for _, value in ipairs(found) do
      local member
      if type(value) == "table" then
        member = value[name]
      end
      if list == "[]" and type(member) == "table" then
        table.move(member, 1, #member, #below + 1, below)
      elseif list == "" and member ~= nil then
        below[#below + 1] = member
      end
    end
    found = below
  end
  return found
end

local function fits_value(rule, value)
  if value == nil or value == json.null then
    return rule.null == true
  end
  return rule.values[tostring(value)] == true
end

local matches = {}

function matches.status(rule, result, err)
  local status = err and err.status or result and result.ResponseMetadata and result.ResponseMetadata.HTTPStatusCode
  return rule.values[tostring(status)] == true
end

function matches.error(rule, _, err)
  return err ~= nil and (rule.values.any or rule.values[err.code]) == true
end

function matches.path(rule, result)
  return result ~= nil and fits_value(rule, values_at(result, rule.path)[1])
end

function matches.any(rule, result)
  for _, value in ipairs(result and values_at(result, rule.path) or {}) do
    if fits_value(rule, value) then
      return true
    end
  end
  return false
end

function matches.all(rule, result)
  local values = result and values_at(result, rule.path) or {}
  for _, value in ipairs(values) do
    if not fits_value(rule, value) then
      return false
    end
  end
  return #values > 0
end

---What a reply or an error means to a waiter: "success", "failure", "retry", or nil if no rule fits.
---@param waiter table of moonrock.model
---@param polls integer so far
---@param result table|nil
---@param err table|nil
---@return string|nil
---@return boolean? passing true: so it is for the first polls only
function M.judge(waiter, polls, result, err)
  for _, rule in ipairs(waiter.rules) do
    if (not rule.first or polls <= rule.first) and matches[rule.match](rule, result, err) then
      return rule.state, rule.first ~= nil
    end
  end
  return nil
end

-- The state of which the rules speak, and the service's words about it.
local function words_of(waiter, result)
  local state
  for _, rule in ipairs(waiter.rules) do
    state = state or rule.path and values_at(result, rule.path)[1]
  end
  local reason = waiter.reason and values_at(result, waiter.reason)[1]
  return state, type(reason) == "table" and table.concat(reason, "; ") or reason
end

-- An emulator whose phases go faster than AWS's says how much in a header.
local function speed_of(result)
  local headers = result and result.ResponseMetadata and result.ResponseMetadata.HTTPHeaders
  local speed = headers and tonumber(headers["x-moonrock-speed"])
  return speed and speed > 1 and speed or 1
end

---@param client table
---@param name string
---@param waiter table of moonrock.model
---@param params table
---@param opts? {delay?: number, max_delay?: number, timeout?: number, on_poll?: fun(result: table, seconds: number)}
---in seconds; on_poll is called after each poll, with the seconds since the first
---@return table|nil result the last reply; nil when waiting for an end that a 404 told
function M.run(client, name, waiter, params, opts)
  opts = tables.check_options(opts, wait_options, "wait")
  local delay = math.max(opts.delay or waiter.delay, 1)
  local max_delay = math.max(opts.max_delay or waiter.max_delay, delay)
  local timeout = opts.timeout or waiter.timeout
  local start = time.monotonic()
  local polls, failures, state = 0, 0, nil
  while true do
    polls = polls + 1
    local result, err = errors.try(client[waiter.operation], client, params)
    local verdict, message
    if result then
      failures = 0
      if opts.on_poll then
        opts.on_poll(result, time.monotonic() - start)
      end
      verdict = M.judge(waiter, polls, result)
      state, message = words_of(waiter, result)
    elseif errors.is(err) then
      failures = failures + 1
      local passing
      verdict, passing = M.judge(waiter, polls, nil, err)
      if passing and polls == 1 then -- a name that is misspelt would look like one that is not known everywhere yet
        system.log("warn", string.format("wait for %s: %s; asked some more times, as it may be too new to be seen",
          name, tostring(err)))
      end
      if verdict == "failure" or not verdict and not (err.retryable and failures <= tolerated) then
        error(err, 0)
      end
    else
      error(err, 0)
    end
    if verdict == "success" then
      return result
    elseif verdict == "failure" then
      raise_failure(waiter, name, state, message, result)
    end
    local pause = math.max(delay / speed_of(result) * (0.9 + 0.2 * random.float()), 0.05)
    if time.monotonic() - start + pause > timeout then
      errors.raise {
        code = "WaiterTimeout",
        message = string.format("%s did not happen within %g s%s", name, timeout,
          err and string.format(" (last answer: %s: %s)", tostring(err.code), tostring(err.message))
          or state and " (last state: " .. tostring(state) .. ")" or ""),
        operation = waiter.operation,
        state = state,
        cause = err,
        result = result,
        hint = "it may still happen; wait again, or give a longer timeout (seconds)",
      }
    end
    task.sleep(pause)
    delay = math.min(delay * growth, max_delay)
  end
end

---Finds a waiter by name, or raises with the nearest name.
---@param service table of moonrock.model
---@param name string
---@return table waiter
function M.find(service, name)
  local waiter = type(name) == "string" and service:waiter(name)
  if waiter then
    return waiter
  end
  local names = service:waiters()
  errors.raise {
    code = "UnknownWaiter",
    message = string.format("%s has no waiter %s%s", service.name, tostring(name), suggest.tail(name, names)),
    hint = #names > 0 and "there are " .. table.concat(names, ", ") or nil,
    service = service.name,
  }
end

return M
