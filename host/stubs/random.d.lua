-- SPDX-License-Identifier: MIT
---@meta moonrock.random

---Identifiers, jitter, shuffles; not for keys. Under virtual time it goes by the run's seed.
local M = {}

---@param low integer
---@param high integer
---@return integer between low and high, both included
function M.integer(low, high) end

---@return number at least 0, below 1
function M.float() end

---@param n integer
---@return string n bytes
function M.bytes(n) end

---@return string a version 4 UUID in lower case
function M.uuid() end

return M
