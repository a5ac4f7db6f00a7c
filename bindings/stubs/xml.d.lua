-- SPDX-License-Identifier: MIT
---@meta moonrock.xml

---Small XML documents, as S3 sends and takes them. A DOCTYPE is refused; 100 levels at most.
local M = {}

---@class moonrock.XMLNode children are the list part
---@field name string without its prefix
---@field text string character data of the element itself; "" if it has children and only white space
---@field attributes table<string, string> names keep their prefix; xmlns ones are left out
---@field [integer] moonrock.XMLNode

---@param text string
---@return moonrock.XMLNode|nil root
---@return moonrock.Error? err code "XMLSyntax" with line and column (bytes)
function M.parse(text) end

---@param s string
---@param where? "text"|"attribute"
---@return string|nil
---@return moonrock.Error? err code "XMLCharacter": a character that XML cannot spell
function M.escape(s, where) end

return M
