-- SPDX-License-Identifier: MIT
-- sync.lua -- semaphore and queue for tasks of one state.
-- Both are fair (who waits longest is served first) and safe against a cancel: a task that
-- is cancelled while it waits, or just after it was served, loses nothing for the others.

local task = require "moonrock.task"
local errors = require "moonrock.error"

local M = {}

local Permit = {}
Permit.__index = Permit

function Permit:release()
  local semaphore = self.semaphore
  if semaphore then
    self.semaphore = nil
    semaphore:give()
  end
end
Permit.__close = Permit.release

local Semaphore = {}
Semaphore.__index = Semaphore

-- A permit goes to the one who has waited longest.
function Semaphore:give()
  local ticket = table.remove(self.queue, 1)
  if ticket then
    ticket.granted = true
    ticket.future:set(true)
  else
    self.free = self.free + 1
  end
end

local ticket_mt = {
  __close = function(ticket, err)
    if err == nil then
      return
    elseif ticket.granted then
      ticket.semaphore:give()
    else
      for index, other in ipairs(ticket.semaphore.queue) do
        if other == ticket then
          table.remove(ticket.semaphore.queue, index)
          return
        end
      end
    end
  end,
}

---Waits for a permit: `local permit <close> = semaphore:acquire()`.
function Semaphore:acquire()
  if self.free > 0 then
    self.free = self.free - 1
  else
    local ticket <close> = setmetatable({ semaphore = self, future = task.future() }, ticket_mt)
    self.queue[#self.queue + 1] = ticket
    ticket.future:wait()
  end
  return setmetatable({ semaphore = self }, Permit)
end

---@param permits integer how many may hold it at once
function M.semaphore(permits)
  if math.type(permits) ~= "integer" or permits < 1 then
    error("bad argument #1 to 'semaphore' (integer of 1 or more expected)", 2)
  end
  return setmetatable({ free = permits, queue = {} }, Semaphore)
end

local Queue = {}
Queue.__index = Queue

local function wake_all(self)
  local waiters = self.waiters
  self.waiters = {}
  for _, waiter in ipairs(waiters) do
    waiter:set(true)
  end
end

local function wait_change(self)
  local waiter = task.future()
  self.waiters[#self.waiters + 1] = waiter
  waiter:wait()
end

---Adds a value; waits while the queue is full.
function Queue:put(value)
  if value == nil then
    error("bad argument #1 to 'put' (a value other than nil expected)", 2)
  end
  while self.count >= self.capacity and not self.closed do
    wait_change(self)
  end
  if self.closed then
    errors.raise { code = "QueueClosed", message = "the queue is closed" }
  end
  self.tail = self.tail + 1
  self.items[self.tail] = value
  self.count = self.count + 1
  wake_all(self)
end

---Takes the oldest value; waits while there is none; nil when closed and empty.
function Queue:get()
  while self.count == 0 and not self.closed do
    wait_change(self)
  end
  if self.count == 0 then
    return nil
  end
  local value = self.items[self.head]
  self.items[self.head] = nil
  self.head = self.head + 1
  self.count = self.count - 1
  wake_all(self)
  return value
end

---No more values; those who wait are woken.
function Queue:close()
  self.closed = true
  wake_all(self)
end

---@param capacity? integer default: no bound
function M.queue(capacity)
  return setmetatable({
    capacity = capacity or math.huge, items = {}, head = 1, tail = 0, count = 0, waiters = {},
  }, Queue)
end

return M
