-- SPDX-License-Identifier: MIT
-- csv.lua -- comma-separated values with a header (RFC 4180), rows by the names of the header.

local errors = require "moonrock.error"

local M = {}

-- The fields of the line that begins at `at`, and where the next line begins.
local function read_line(text, at)
  local fields = {}
  while true do
    local value
    if text:sub(at, at) == '"' then
      local from = at + 1
      local stop = from
      while true do
        stop = text:find('"', stop, true)
        if not stop then
          errors.raise { code = "InvalidCSV", message = ("a quote at byte %d is not closed"):format(at) }
        end
        if text:sub(stop + 1, stop + 1) ~= '"' then break end
        stop = stop + 2
      end
      value = text:sub(from, stop - 1):gsub('""', '"')
      at = stop + 1
    else
      local stop = text:find("[,\r\n]", at) or #text + 1
      value = text:sub(at, stop - 1)
      at = stop
    end
    fields[#fields + 1] = value
    local mark = text:sub(at, at)
    at = at + 1
    if mark ~= "," then
      if mark == "\r" and text:sub(at, at) == "\n" then at = at + 1 end
      return fields, at
    end
  end
end

---Numbers become numbers, everything else stays text; blank lines are left out.
---@param text string
---@return table[] rows each by the names of the header
---@return string[] header
function M.parse(text)
  local header, rows, at = nil, {}, 1
  while at <= #text do
    local fields
    fields, at = read_line(text, at)
    if #fields == 1 and fields[1] == "" then
      goto continue
    end
    if not header then
      header = fields
    else
      local row = {}
      for i, name in ipairs(header) do
        local value = fields[i]
        row[name] = tonumber(value) or value
      end
      rows[#rows + 1] = row
    end
    ::continue::
  end
  return rows, header or {}
end

return M
