-- SPDX-License-Identifier: MIT
---@meta moonrock.ini

---The shared config and credentials files of AWS. Values of aws_secret_access_key and
---aws_session_token are secrets, everything else is text; names of properties are lower case.
local M = {}

---@class moonrock.ini.File
---@field profiles table<string, table<string, any>>
---@field sso_sessions table<string, table<string, any>>
---@field services table<string, table<string, any>>

---@param text string
---@param kind "config"|"credentials"
---@return moonrock.ini.File|nil
---@return moonrock.Error? code "ConfigSyntax", field line
function M.parse(text, kind) end

---@async
---@param path string
---@param kind "config"|"credentials"
---@return moonrock.ini.File|nil
---@return moonrock.Error? "ENOENT", "EACCES", ..., "ConfigSyntax"
function M.read(path, kind) end

return M
