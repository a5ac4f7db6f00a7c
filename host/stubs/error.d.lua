-- SPDX-License-Identifier: MIT
---@meta moonrock.error

---@class moonrock.Error
---@field code string stable, for `if`
---@field message string for people
---@field where? string file:line of the user's line that led here
---@field status? integer HTTP status
---@field service? string
---@field operation? string
---@field request_id? string
---@field retryable? boolean
---@field retry_after? number seconds that the service asked to wait, where it may be tried again
---@field attempts? integer
---@field hint? string the next step
---@field cause? any
---@field traceback? string the user's own lines, one a line

---Error objects. tostring gives one line: what, where at the service, what to do.
local M = {}

---The same table, made an error object.
---@param fields table with code and message
---@return moonrock.Error
function M.new(fields) end

---Raises error object `fields`.
---@param fields table with code and message
function M.raise(fields) end

---@param value any
---@param code? string
---@return boolean is it an error object, of that code if one is given
function M.is(value, code) end

---A handler for xpcall: adds the traceback; other values become code "ScriptError" with field value.
---@param err any
---@return moonrock.Error
function M.capture(err) end

---f's results, or nil and the error.
---@param f function
---@param ... any
---@return any ...
function M.try(f, ...) end

return M
