-- SPDX-License-Identifier: MIT
---@meta moonrock.credentials

---Secrets that come as JSON or in files. Members named like SecretAccessKey, SessionToken, Token,
---accessToken, refreshToken and clientSecret become secrets; their text is never a Lua string.
local M = {}

---An object of JSON; null members are left out.
---@param text string|moonrock.Secret
---@return table<string, any>|nil
---@return moonrock.Error? code "JSONSyntax"; the text is not quoted
function M.decode(text) end

---The same of a file of at most 1 MiB.
---@async
---@param path string
---@return table<string, any>|nil
---@return moonrock.Error?
function M.load(path) end

---A whole file as a secret, without blanks at its ends.
---@async
---@param path string
---@return moonrock.Secret|nil
---@return moonrock.Error?
function M.read(path) end

---Replaces a file by a JSON object: the members that `names` lists and `values` has.
---@async
---@param path string
---@param names string[]
---@param values table<string, string|moonrock.Secret>
---@return true|nil
---@return moonrock.Error?
function M.save(path, names, values) end

---@class moonrock.credentials.End
---@field status integer exit code; -1 after a signal
---@field signal integer|nil
---@field timed_out boolean
---@field too_long boolean
---@field complaint string what it said on its error output, at most 8 KiB
---@field output moonrock.Secret

---Runs a program to its end; its output is a secret. At the timeout, or past the bound, it is killed.
---Needs the capability process.
---@async
---@param words string[] the program, looked for in PATH, and its arguments
---@param timeout? number seconds of real time, 60
---@param max_output? integer bytes, 65536
---@return moonrock.credentials.End|nil
---@return moonrock.Error?
function M.run(words, timeout, max_output) end

return M
