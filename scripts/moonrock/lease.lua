-- SPDX-License-Identifier: MIT
-- lease.lua -- what bills by the hour is held by a lease, so that it cannot be forgotten.
-- A lease is a to-be-closed value: leaving its block by the end, by an error, by a cancel or by
-- Ctrl-C deletes what it holds and waits until that is gone.  What could not be deleted is said
-- on standard error, with the command that deletes it.

local task = require "moonrock.task"
local time = require "moonrock.time"
local errors = require "moonrock.error"
local tables = require "moonrock.tables"
local wait = require "moonrock.aws.wait"

local M = {}

local attempts = 3

---@class moonrock.Lease
---@field what string for people: "provisioned throughput my-model"
local Lease = {}
Lease.__index = Lease
Lease.__name = "moonrock.lease"

local is_gone = wait.is_absent -- deleted is deleted
local hold_options = {
  what = "string", delete = "function", gone = "function", undo = "string", cost = "string", interval = "seconds",
  timeout = "seconds", on_release = "function",
}

local function say(lease, why)
  io.stderr:write(
    "\nmoonrock: ", lease.accepted and "NOT SEEN GONE: " or "NOT DELETED: ", lease.what, "\n",
    "  ", why, "\n",
    lease.cost and "  It is " .. lease.cost .. " until it is deleted.\n" or "",
    lease.undo and "  Type: " .. lease.undo .. "\n" or "", "\n")
  io.stderr:flush()
end

-- Printed when the deletion itself is cut short: the time limit of a cancel, an error.
local watch_mt = {
  __close = function(watch)
    if not watch.ended then
      say(watch.lease, watch.lease.accepted
        and "its deletion was accepted; the wait for its end was cut short"
        or "the clean-up was stopped before it was done")
    end
  end,
}

local function delete(lease)
  local failure
  for attempt = 1, attempts do
    local ok, err = errors.try(function()
      lease.delete()
      return true
    end)
    if ok or is_gone(err) then
      lease.accepted = true
      return nil
    end
    failure = err
    if not (errors.is(err) and err.retryable) then
      break
    end
    task.sleep(2 * attempt)
  end
  return failure
end

local function wait_gone(lease)
  local deadline = time.monotonic() + lease.timeout
  while lease.gone do
    local ok, gone = errors.try(lease.gone)
    if ok == true or (ok == nil and is_gone(gone)) then
      return nil
    elseif time.monotonic() + lease.interval > deadline then
      return ok == nil and gone
        and ("its deletion was accepted; whether it is gone cannot be seen: %s"):format(tostring(gone))
        or ("its deletion was accepted, but it was still there after %g s"):format(lease.timeout)
    end
    task.sleep(lease.interval)
  end
end

---Deletes what the lease holds and waits until it is gone; the second call does nothing.
---Raises when it could not be deleted, unless an error is on its way already.
---@param cause any the error with which a block is left; nil otherwise
function Lease:close(cause)
  if self.state ~= "held" then
    return
  end
  self.state = "closing"
  local watch <close> = setmetatable({ lease = self }, watch_mt)
  local failure = delete(self)
  local why = failure and tostring(failure) or wait_gone(self)
  watch.ended = true
  self.state = failure and "lost" or "closed"
  if not why then
    if self.on_release then self.on_release(self) end
    return
  end
  say(self, why)
  if cause == nil then
    errors.raise {
      code = "LeaseNotReleased",
      message = ("%s was not deleted: %s"):format(self.what, why),
      hint = self.undo and "type: " .. self.undo or nil,
      cause = failure,
    }
  end
end

Lease.__close = Lease.close

---Lets go without deleting: what was held goes on existing, and billing. Too late when it is closed or lost.
function Lease:keep()
  if self.state == "held" then
    self.state = "kept"
  end
end

function Lease:__tostring()
  return ("lease of %s (%s)"):format(self.what, self.state)
end

---Takes a lease.  Take it before the request that creates the thing, with a `delete` that goes
---by name: then even a reply that is lost leaves nothing behind.
---@param options table what: for people; delete: asks for deletion, an error of status 404 counts as
---done; gone: says whether it is gone (true, or a 404), asked every `interval` (5) seconds for at
---most `timeout` (600); undo: what to type when all fails; cost: completes "It is ... until it is
---deleted"; on_release: called when it is gone
---@return moonrock.Lease
function M.hold(options)
  if type(options) ~= "table" or type(options.what) ~= "string" or type(options.delete) ~= "function" then
    error("bad argument #1 to 'hold' (a table with what and delete expected)", 2)
  end
  tables.check_options(options, hold_options, "hold")
  return setmetatable({
    what = options.what, delete = options.delete, gone = options.gone, undo = options.undo,
    cost = options.cost, interval = options.interval or 5, timeout = options.timeout or 600,
    on_release = options.on_release, state = "held",
  }, Lease)
end

return M
