-- SPDX-License-Identifier: MIT
-- tasks.lua -- map, all, any, timeout and scope over moonrock.task.
-- One rule for all of them: whoever starts tasks owns them.  When the call is left, by a
-- result, an error or a cancel, its tasks are cancelled and their cleanup has ended.
-- The first error cancels the rest and is raised as it is.

local task = require "moonrock.task"
local errors = require "moonrock.error"
local system = require "moonrock.system"
local tables = require "moonrock.tables"

local M = {}

-- Group: the tasks of one call ------------------------------------------------------------

local Group = {}
Group.__index = Group

local function new_group()
  return setmetatable({ tasks = {}, started = {}, last = 0, running = 0 }, Group)
end

function Group:wake()
  local waiter = self.waiter
  if waiter then
    self.waiter = nil
    waiter:set(true)
  end
end

function Group:finish(id)
  if self.tasks[id] then
    self.tasks[id] = nil
    self.running = self.running - 1
    self:wake()
  end
end

function Group:fail(err)
  if not self.failed then
    self.failed, self.failure = true, err
    self:wake()
  end
end

local member_mt = {
  __close = function(member)
    member.group:finish(member.id)
  end,
}

-- A cancel passes through our pcall and ends here in __close; other errors are kept.
local function run_member(group, id, f, ...)
  if not group.tasks[id] then
    return
  end
  group.started[id] = true
  local member <close> = setmetatable({ group = group, id = id }, member_mt)
  local ok, err = pcall(f, ...)
  if not ok then
    group:fail(err)
  end
  return member.id
end

-- spawn may refuse (a host's limit of tasks); the new task runs when the caller next waits.
function Group:spawn(f, ...)
  local id = self.last + 1
  local handle = task.spawn(run_member, self, id, f, ...)
  self.last = id
  self.running = self.running + 1
  self.tasks[id] = handle
  return handle, id
end

-- A task that never started has nothing to clean up and counts as finished at once.
function Group:cancel()
  for id = 1, self.last do
    local handle = self.tasks[id]
    if handle then
      if not self.started[id] then
        self:finish(id)
      end
      handle:cancel()
    end
  end
end

function Group:wait_idle()
  while self.running > 0 do
    self.waiter = task.future()
    self.waiter:wait()
  end
end

function Group:close()
  self:cancel()
  self:wait_idle()
end
Group.__close = Group.close

-- Waits until all have ended; the first failure ends the others and is raised.
function Group:join()
  while self.running > 0 and not self.failed do
    self.waiter = task.future()
    self.waiter:wait()
  end
  if self.failed then
    self:close()
    error(self.failure, 0)
  end
end

M.group = new_group

-- map, all, any ---------------------------------------------------------------------------

local map_options = { concurrency = "count", errors = "string", limiter = "table", tokens = "any" }

local function take_next(items)
  if type(items) == "function" then
    return items
  end
  local index = 0
  return function()
    index = index + 1
    return items[index]
  end
end

---Calls `f(item, index)` for every item, at most `concurrency` at once; keeps the order.
---@param items table|function a list, or a function that gives the next item or nil
---@param f function its first result is kept
---@param opts? {concurrency?: integer, errors?: "raise"|"collect", limiter?: moonrock.Limiter, tokens?: any}
---default 10 (with a limiter: what that allows), "raise"; tokens: what a call uses, for the limiter
---@return table results `results[i]` belongs to item i
---@return table errors with errors = "collect": the error of each item that failed
function M.map(items, f, opts)
  if type(items) ~= "table" and type(items) ~= "function" then
    error("bad argument #1 to 'map' (list or function expected, got " .. type(items) .. ")", 2)
  end
  if not tables.is_callable(f) then
    error("bad argument #2 to 'map' (function expected, got " .. type(f) .. ")", 2)
  end
  opts = tables.check_options(opts, map_options, "map")
  local concurrency = opts.concurrency or opts.limiter and opts.limiter.most or 10
  f = opts.limiter and opts.limiter:wrap(f, opts.tokens) or f
  if opts.errors and opts.errors ~= "raise" and opts.errors ~= "collect" then
    error("bad argument #3 to 'map' (errors must be \"raise\" or \"collect\")", 2)
  end
  local collect = opts.errors == "collect"
  local results, failures = {}, {}
  local taken, ended = 0, false
  local next_item = take_next(items)

  local function worker()
    while not ended do
      local item = next_item()
      if item == nil then
        ended = true
        return
      end
      taken = taken + 1
      local index = taken
      if collect then
        local ok, value = pcall(f, item, index)
        if ok then results[index] = value else failures[index] = value end
      else
        results[index] = (f(item, index))
      end
    end
  end

  local group <close> = new_group()
  local workers = concurrency
  if type(items) == "table" then
    workers = math.min(concurrency, #items)
  end
  for _ = 1, workers do
    group:spawn(worker)
  end
  group:join()
  return results, failures
end

---Runs all functions of a table at once; gives a table with the first result of each.
---@param functions table<any, function>
---@return table results under the same keys
function M.all(functions)
  if type(functions) ~= "table" then
    error("bad argument #1 to 'all' (table of functions expected, got " .. type(functions) .. ")", 2)
  end
  local results = {}
  for _, key in ipairs(tables.keys(functions)) do
    if not tables.is_callable(functions[key]) then
      error(("bad argument #1 to 'all' (function expected at %s, got %s)"):format(key, type(functions[key])), 2)
    end
  end
  local group <close> = new_group()
  for _, key in ipairs(tables.keys(functions)) do
    local f = functions[key]
    group:spawn(function()
      results[key] = (f())
    end)
  end
  group:join()
  return results
end

---Runs all functions of a list at once; gives the results of the first that succeeds and
---cancels the others.  If all fail: error AllFailed, with the errors in `causes`.
---@param functions function[]
function M.any(functions)
  if type(functions) ~= "table" or #functions == 0 then
    error("bad argument #1 to 'any' (non-empty list of functions expected)", 2)
  end
  local causes, winner = {}, nil
  local group <close> = new_group()
  for index, f in ipairs(functions) do
    group:spawn(function()
      local got = table.pack(pcall(f))
      if got[1] and not winner then
        winner = got
        group:wake()
      elseif not got[1] then
        causes[index] = got[2]
      end
    end)
  end
  while not winner and group.running > 0 do
    group.waiter = task.future()
    group.waiter:wait()
  end
  if not winner then
    errors.raise {
      code = "AllFailed",
      message = string.format("all %d alternatives failed; the first: %s", #functions, tostring(causes[1])),
      cause = causes[1],
      causes = causes,
    }
  end
  group:close()
  return table.unpack(winner, 2, winner.n)
end

---Runs `f(...)` and gives its results; after `seconds` of the host's clock it is cancelled,
---its cleanup is waited for, and an error of code Timeout is raised.
---@param seconds number
---@param f function
function M.timeout(seconds, f, ...)
  if type(seconds) ~= "number" or seconds < 0 or seconds ~= seconds then
    error("bad argument #1 to 'timeout' (seconds expected)", 2)
  elseif not tables.is_callable(f) then
    error("bad argument #2 to 'timeout' (function expected, got " .. type(f) .. ")", 2)
  end
  local results, late
  local group <close> = new_group()
  group:spawn(function(...)
    results = table.pack(f(...))
    group:wake()
  end, ...)
  group:spawn(function()
    task.sleep(seconds)
    late = true
    group:wake()
  end)
  while not results and not late and not group.failed do
    group.waiter = task.future()
    group.waiter:wait()
  end
  group:close()
  if results then
    return table.unpack(results, 1, results.n)
  elseif group.failed then
    error(group.failure, 0)
  end
  errors.raise { code = "Timeout", message = string.format("not finished after %g s", seconds) }
end

-- Scope -----------------------------------------------------------------------------------

local Handle = {}
Handle.__index = Handle

---Waits for the task of a scope; gives its results or raises its error.
function Handle:wait()
  while not self.ended do
    if self.group.tasks[self.id] == nil then
      errors.raise { code = "TaskCancelled", message = "the task that is waited for was cancelled" }
    end
    local signal = task.future()
    self.signals[#self.signals + 1] = signal
    signal:wait()
  end
  self.seen = true
  if self.ended[1] then
    return table.unpack(self.ended, 2, self.ended.n)
  end
  error(self.ended[2], 0)
end

function Handle:cancel()
  self.seen = true
  local handle = self.group.tasks[self.id]
  if handle and not self.group.started[self.id] then
    self.group:finish(self.id)
  end
  self.task:cancel()
  self:notify()
end

function Handle:status()
  if self.ended then
    return self.ended[1] and "done" or "failed"
  end
  return self.task:status()
end

function Handle:notify()
  local signals = self.signals
  self.signals = {}
  for _, signal in ipairs(signals) do
    signal:set(true)
  end
end

local Scope = {}
Scope.__index = Scope

local notify_mt = {
  __close = function(box)
    box.handle:notify()
  end,
}

---Starts a task that ends at the latest when the scope is left.
---@return table handle with wait, cancel, status
function Scope:spawn(f, ...)
  if self.closed then
    errors.raise { code = "ScopeClosed", message = "the scope has been left; it starts no more tasks" }
  end
  local handle = setmetatable({ group = self.group, signals = {} }, Handle)
  self.handles[#self.handles + 1] = handle
  handle.task, handle.id = self.group:spawn(function(...)
    local box <close> = setmetatable({ handle = handle }, notify_mt)
    handle.ended = table.pack(pcall(f, ...))
    if not handle.ended[1] then
      self.group:wake()
    end
    return box ~= nil
  end, ...)
  return handle
end

local function first_failure(self)
  for _, handle in ipairs(self.handles) do
    if handle.ended and not handle.ended[1] and not handle.seen then
      return handle
    end
  end
end

---Waits for all tasks of the scope; the first error cancels the rest and is raised.
function Scope:wait()
  local group = self.group
  local failed = first_failure(self)
  while group.running > 0 and not failed do
    group.waiter = task.future()
    group.waiter:wait()
    failed = first_failure(self)
  end
  if failed then
    failed.seen = true
    group:close()
    error(failed.ended[2], 0)
  end
end

---Cancels what still runs and waits for its cleanup.
function Scope:cancel()
  self.group:cancel()
  self.group:wait_idle()
end

-- Leaving with an error keeps that error; else a failure nobody has looked at is raised.
function Scope:close(err)
  if self.closed then
    return
  end
  self.closed = true
  self.group:close()
  local failed = err == nil and first_failure(self)
  if failed then
    failed.seen = true
    error(failed.ended[2], 0)
  end
end
Scope.__close = Scope.close

-- Nobody left it, so nobody has heard of what went wrong in it.
function Scope:__gc()
  local failed = not self.closed and first_failure(self)
  if failed then
    system.log("warn", "a task of a scope that was never left failed: " .. tostring(failed.ended[2])
      .. " -- write local scope <close> = moonrock.scope()")
  end
end

---A scope for tasks.  `local s <close> = scope()`, or `scope(function(s) ... end)`, which
---gives the function's results.  Left in whatever way, its tasks are cancelled and their
---cleanup waited for; the error of a task that nobody waited for is raised then.
---@param f? fun(scope: table): ...
function M.scope(f)
  if f ~= nil and not tables.is_callable(f) then
    error("bad argument #1 to 'scope' (function expected, got " .. type(f) .. ")", 2)
  end
  local scope = setmetatable({ group = new_group(), handles = {} }, Scope)
  if f == nil then
    return scope
  end
  local guard <close> = scope
  local results = table.pack(f(guard))
  return table.unpack(results, 1, results.n)
end

return M
