-- SPDX-License-Identifier: MIT
-- cli.show: values for people, as the prompt prints them: sorted, indented, and bounded in depth,
-- number and length, so that no reply floods the screen.

local errors = require "moonrock.error"
local json = require "moonrock.json"
local tables = require "moonrock.tables"

local M = {}

local DEPTH, ITEMS, TEXT, WIDTH = 5, 40, 400, 76

local escapes = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\\"] = "\\\\", ['"'] = '\\"' }

-- As Lua source; bytes that are no UTF-8, and control characters, by number.
local function quote(text)
  local shown, rest = text, ""
  if #text > TEXT then
    local cut = utf8.offset(text, 0, TEXT + 1) or TEXT + 1
    shown, rest = text:sub(1, cut - 1), (" .. (%d bytes)"):format(#text)
  end
  shown = shown:gsub('[%c\\"]', function(c) return escapes[c] or ("\\%03d"):format(c:byte()) end)
  if not utf8.len(shown) then
    shown = shown:gsub("[\128-\255]", function(c) return ("\\%03d"):format(c:byte()) end)
  end
  return '"' .. shown .. '"' .. rest
end

local function key_text(key, show, depth)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" then return key end
  return "[" .. show(key, depth) .. "]"
end

local function is_reader(value)
  local read = value.read
  return type(read) == "function" and type(value.close) == "function"
end

-- What a value says of itself, when its metatable has something to say.
local function own_text(value)
  local meta = getmetatable(value)
  if errors.is(value) then return tostring(value) end
  if type(meta) ~= "table" or not rawget(meta, "__tostring") then return nil end
  local ok, text = pcall(tostring, value)
  return ok and text or "<" .. type(value) .. ">"
end

local function show_table(value, depth, above, show)
  if above[value] then return "<above>" end
  local own = own_text(value)
  if own then return own end
  local known, reader = pcall(is_reader, value)
  if known and reader then
    local length = rawget(value, "length")
    return math.type(length) == "integer" and ("<reader of %d bytes>"):format(length) or "<reader>"
  end
  if next(value) == nil then return "{}" end
  if depth >= DEPTH then return "{...}" end
  above[value] = true
  local parts, n = {}, rawlen(value)
  for i = 1, math.min(n, ITEMS) do parts[i] = show(rawget(value, i), depth + 1) end
  local left = n - #parts
  local keys = {}
  for key, item in next, value do
    if not (math.type(key) == "integer" and key >= 1 and key <= n) then keys[key] = item end
  end
  for _, key in ipairs(tables.keys(keys)) do
    if #parts < ITEMS then
      -- what a reply says of itself is looked at by name: reply.ResponseMetadata
      local text = key == "ResponseMetadata" and "{...}" or show(keys[key], depth + 1)
      parts[#parts + 1] = key_text(key, show, DEPTH) .. " = " .. text
    else
      left = left + 1
    end
  end
  above[value] = nil
  if left > 0 then parts[#parts + 1] = ("... %d more"):format(left) end
  local line = "{ " .. table.concat(parts, ", ") .. " }"
  if #line + 2 * depth <= WIDTH and not line:find "\n" then return line end
  local indent = ("  "):rep(depth + 1)
  return "{\n" .. indent .. table.concat(parts, ",\n" .. indent) .. ",\n" .. indent:sub(3) .. "}"
end

---A value as text.
---@param value any
---@return string
function M.value(value)
  local above = {}
  local function show(one, depth)
    local kind = type(one)
    if one == json.null then return "json.null" end
    if kind == "string" then return quote(one) end
    if kind == "table" then return show_table(one, depth, above, show) end
    if kind == "userdata" then return own_text(one) or "<userdata>" end
    if kind == "function" or kind == "thread" then return "<" .. kind .. ">" end
    return tostring(one)
  end
  return show(value, 0)
end

return M
