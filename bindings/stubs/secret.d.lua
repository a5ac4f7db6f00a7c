-- SPDX-License-Identifier: MIT
---@meta moonrock.secret

---Values that a script can hold, compare and pass on, but not read: only C opens them, to sign or to
---send. They are wiped when collected or closed.
local M = {}

---@class moonrock.Secret tostring gives "[secret]"; == compares the bytes in constant time

---A secret with the bytes of a string. The string itself stays in Lua's memory as long as Lua likes.
---@param text string|moonrock.Secret
---@return moonrock.Secret
function M.of(text) end

---The value of an environment variable, which never becomes a Lua string. Needs the capability env.
---@param name string
---@return moonrock.Secret|nil
function M.env(name) end

---@param value any
---@return boolean
function M.is(value) end

return M
