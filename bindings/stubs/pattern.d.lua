-- SPDX-License-Identifier: MIT
---@meta moonrock.pattern

---Regular expressions as JSON Schema has them: ECMAScript, code point by code point, without
---look-around and back references. Time is bounded by pattern length times text length.
local M = {}

---@param pattern string
---@return (fun(text: string): boolean)? occurs does the pattern occur in a text? `^` and `$` are its ends
---@return moonrock.Error? err PatternSyntax or PatternTooLarge
function M.compile(pattern) end

---@param pattern string
---@return (fun(text: string, init?: integer): integer?, integer?)? find where it occurs first from `init` on, and there
---as long as it can: places of the first and the last byte
---@return moonrock.Error? err PatternSyntax or PatternTooLarge
function M.finder(pattern) end

return M
