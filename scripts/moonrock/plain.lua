-- SPDX-License-Identifier: MIT
-- plain.lua -- text of strangers (answers of models, names out of files) on one line of a terminal.
-- Nothing in it can move the cursor, change colours or turn the writing direction: control
-- characters of both sets, marks of direction and what is no UTF-8 are replaced.

local M = {}

local MARK = "\u{fffd}"

-- Marks of direction, and separators of lines: U+061C, U+200B-200F, U+2028-202E, U+2060-206F, U+FEFF.
local function is_hidden(code)
  return code < 0x20 or code >= 0x7f and code <= 0x9f or code == 0x61c or code >= 0x200b and code <= 0x200f
    or code >= 0x2028 and code <= 0x202e or code >= 0x2060 and code <= 0x206f or code == 0xfeff
end

local function safe(character)
  return is_hidden(utf8.codepoint(character)) and MARK or nil
end

---A text as UTF-8: each byte that belongs to no character becomes U+FFFD.
---@param text string
---@return string
function M.utf8(text)
  if utf8.len(text) then
    return text
  end
  local out, at = {}, 1
  while at <= #text do
    local _, bad = utf8.len(text, at)
    if not bad then
      out[#out + 1] = text:sub(at)
      break
    end
    out[#out + 1] = text:sub(at, bad - 1) .. MARK
    at = bad + 1
  end
  return table.concat(out)
end

---A text as one line that is safe to print.
---@param text string
---@param most? integer characters; what is longer is cut, and ends in "..."
---@return string
function M.line(text, most)
  local cut = most and #text > most * 4
  text = M.utf8(cut and text:sub(1, most * 4) or text):gsub("[\t\r\n ]+", " ")
  text = text:gsub(utf8.charpattern, safe)
  if most and (cut or utf8.len(text) > most) then
    text = text:sub(1, utf8.offset(text, math.min(most, utf8.len(text)) - 2) - 1) .. "..."
  end
  return text
end

return M
