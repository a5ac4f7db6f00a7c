-- SPDX-License-Identifier: MIT
-- report/html.lua -- text that nobody vouches for, made fit for a page.
-- `text` is for what stands in the page itself, `json` for what the page's script reads. Neither can
-- end an element, begin one, or turn the direction of what stands beside it.

local json = require "moonrock.json"
local to_utf8 = require("moonrock.plain").utf8

local M = {}

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

-- Characters that are not seen and change how others are.
local HIDDEN = {
  ["\u{061C}"] = "[ALM]", ["\u{200B}"] = "[ZWSP]", ["\u{200E}"] = "[LRM]", ["\u{200F}"] = "[RLM]",
  ["\u{2028}"] = "[LS]", ["\u{2029}"] = "[PS]", ["\u{202A}"] = "[LRE]", ["\u{202B}"] = "[RLE]",
  ["\u{202C}"] = "[PDF]", ["\u{202D}"] = "[LRO]", ["\u{202E}"] = "[RLO]", ["\u{2066}"] = "[LRI]",
  ["\u{2067}"] = "[RLI]", ["\u{2068}"] = "[FSI]", ["\u{2069}"] = "[PDI]",
}

local function code_of(control)
  return ("[U+%04X]"):format(control:byte())
end

---Escaped for an element's content or an attribute in quotes; control characters are made visible.
---@param text any
---@return string
function M.text(text)
  return (to_utf8(tostring(text)):gsub("[&<>\"']", ENTITIES):gsub("[\0-\8\11-\31\127]", code_of)
    :gsub("\xC2[\x80-\x9F]", "\u{FFFD}"):gsub("\xD8\x9C", HIDDEN):gsub("\xE2[\x80\x81][\x80-\xBF]", HIDDEN))
end

---A name or a sentence from outside, isolated: whichever way it is written, its neighbours stay in place.
---@param text any
---@return string
function M.name(text)
  return "<bdi>" .. M.text(text) .. "</bdi>"
end

local UNICODE = { ["<"] = "\\u003c", [">"] = "\\u003e", ["&"] = "\\u0026", ["\u{2028}"] = "\\u2028",
  ["\u{2029}"] = "\\u2029" }

---An element that holds JSON: nothing in it can end it, and it never runs.
---@param id string
---@param value any its strings are valid UTF-8
---@return string
function M.json(id, value)
  local text = json.encode(value)
  if text:find("<", 1, true) or text:find(">", 1, true) or text:find("&", 1, true) then
    text = text:gsub("[<>&]", UNICODE)
  end
  if text:find("\xE2\x80", 1, true) then -- (a plain search is much the faster one, and most finds nothing)
    text = text:gsub("\xE2\x80[\xA8\xA9]", UNICODE)
  end
  return ('<script type="application/json" id="%s">%s</script>\n'):format(id, text)
end

---A table; it scrolls on its own where it is too wide. Cells are HTML already.
---@param caption string HTML without elements
---@param head string[] HTML
---@param rows any[][] the first cell of a row is its heading
---@return string
function M.table(caption, head, rows)
  local out = { ('<div class="scroll" role="region" tabindex="0" aria-label="%s"><table><caption>%s</caption>\n')
    :format(caption, caption), "<thead><tr>" }
  for _, cell in ipairs(head) do
    out[#out + 1] = ('<th scope="col">%s</th>'):format(cell)
  end
  out[#out + 1] = "</tr></thead>\n<tbody>\n"
  for _, row in ipairs(rows) do
    out[#out + 1] = ('<tr><th scope="row">%s</th>'):format(row[1])
    for i = 2, #row do
      out[#out + 1] = ("<td>%s</td>"):format(row[i])
    end
    out[#out + 1] = "</tr>\n"
  end
  out[#out + 1] = "</tbody></table></div>\n"
  return table.concat(out)
end

return M
