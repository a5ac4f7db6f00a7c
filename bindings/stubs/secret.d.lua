-- SPDX-License-Identifier: MIT
---@meta moonrock.secret

---Values that no script can read: tostring gives "[secret]", the bytes are wiped when collected.
---C code opens them: moonrock.sigv4 to sign, a transport to send a header.
local M = {}

---@class moonrock.Secret: userdata

---@param bytes string
---@return moonrock.Secret
function M.of(bytes) end

---An environment variable as a secret; it never becomes a Lua string.
---@param name string
---@return moonrock.Secret|nil nil if it is not set
function M.env(name) end

---@param value any
---@return boolean
function M.is(value) end

return M
