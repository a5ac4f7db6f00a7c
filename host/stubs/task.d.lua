-- SPDX-License-Identifier: MIT
---@meta moonrock.task

---Tasks: code that runs until it waits. Between two waits nothing else of the state runs.
---map, all, any, scope and timeout are in `moonrock`.
local M = {}

---@class moonrock.Future
local Future = {}

---@class moonrock.Task: moonrock.Future
local Task = {}

---Starts f(...) as a task; it runs when the caller next waits.
---@param f function
---@param ... any
---@return moonrock.Task
function M.spawn(f, ...) end

---Waits on the host's clock: under virtual time it takes none.
---@async
---@param seconds number
function M.sleep(seconds) end

---Lets the other ready tasks run first.
---@async
function M.yield() end

---@return moonrock.Task|nil the running task
function M.current() end

---A value that will be there later.
---@return moonrock.Future
function M.future() end

---Gives the values to all who wait; an error if it has its outcome already.
---@param ... any
function Future:set(...) end

---All who wait raise err.
---@param err any
function Future:fail(err) end

---Waits for the values, or raises the error.
---@async
---@return any ...
function Future:wait() end

---@return boolean
function Future:done() end

---What f returned, or raises what it raised.
---@async
---@return any ...
function Task:wait() end

---Its wait raises an error of code "Cancelled"; what it opened is closed by code that may wait,
---for at most ten seconds.
function Task:cancel() end

---@return "ready"|"running"|"waiting"|"done"|"failed"|"cancelled"
function Task:status() end

---@return boolean
function Task:done() end

---The user's own lines where a failed task raised, one a line; nil otherwise.
---@return string|nil
function Task:traceback() end

return M
