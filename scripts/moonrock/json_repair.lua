-- SPDX-License-Identifier: MIT
-- json_repair.lua -- JSON as models write it when they almost write JSON.
-- Allowed beyond the standard: text and fences around it, single quotes, names without quotes,
-- commas too many, Python's True, False and None, line ends in texts, comments. What breaks off is
-- not completed: half an answer is none.

local json = require "moonrock.json"

local M = {}

local MAX_DEPTH, MAX_TRIES = 100, 50 -- of brackets that may begin it
local WORDS = { ["true"] = true, True = true, ["false"] = false, False = false, null = json.null, None = json.null }
local ESCAPES = { n = "\n", t = "\t", r = "\r", b = "\b", f = "\f" }

local value_at -- below: values nest

local function fail(at, what)
  error({ at = at, what = what }, 0)
end

local function skip(text, at)
  while true do
    at = text:find("[^%s]", at) or #text + 1
    local two = text:sub(at, at + 1)
    if two == "//" then
      at = text:find("\n", at, true) or #text + 1
    elseif two == "/*" then
      local _, last = text:find("*/", at + 2, true)
      at = (last or #text) + 1
    else
      return at
    end
  end
end

local function unicode(text, at)
  local code = tonumber(text:match("^%x%x%x%x", at) or fail(at, "a broken \\u"), 16)
  if code >= 0xd800 and code < 0xdc00 then
    local low = tonumber(text:match("^\\u(%x%x%x%x)", at + 4) or "0", 16)
    if low >= 0xdc00 and low < 0xe000 then
      return utf8.char(0x10000 + (code - 0xd800) * 0x400 + low - 0xdc00), at + 10
    end
  end
  return utf8.char(code >= 0xd800 and code < 0xe000 and 0xfffd or code), at + 4
end

local function string_at(text, at)
  local quote, parts = text:sub(at, at), {}
  local from = at + 1
  while true do
    local stop = text:find("[\\" .. quote .. "]", from) or fail(at, "a text that does not end")
    parts[#parts + 1] = text:sub(from, stop - 1)
    if text:sub(stop, stop) == quote then
      return table.concat(parts), stop + 1
    end
    local letter = text:sub(stop + 1, stop + 1)
    if letter == "u" then
      parts[#parts + 1], from = unicode(text, stop + 2)
    else
      parts[#parts + 1], from = ESCAPES[letter] or letter, stop + 2
    end
  end
end

local function array_at(text, at, depth)
  local list = json.array {}
  at = skip(text, at + 1)
  while text:sub(at, at) ~= "]" do
    list[#list + 1], at = value_at(text, at, depth)
    at = skip(text, at)
    if text:sub(at, at) == "," then
      at = skip(text, at + 1)
    elseif text:sub(at, at) ~= "]" then
      fail(at, "a list that does not end")
    end
  end
  return list, at + 1
end

local function object_at(text, at, depth)
  local object = json.object {}
  at = skip(text, at + 1)
  while text:sub(at, at) ~= "}" do
    local name
    if text:find("^[\"']", at) then
      name, at = string_at(text, at)
    else
      name = text:match("^[%a_$][%w_$-]*", at) or fail(at, "an object that does not end")
      at = at + #name
    end
    at = skip(text, at)
    if text:sub(at, at) ~= ":" then
      fail(at, "a name without a value")
    end
    object[name], at = value_at(text, skip(text, at + 1), depth)
    at = skip(text, at)
    if text:sub(at, at) == "," then
      at = skip(text, at + 1)
    elseif text:sub(at, at) ~= "}" then
      fail(at, "an object that does not end")
    end
  end
  return object, at + 1
end

function value_at(text, at, depth)
  local first = text:sub(at, at)
  if depth > MAX_DEPTH then
    fail(at, "it is too deep")
  elseif first == "{" then
    return object_at(text, at, depth + 1)
  elseif first == "[" then
    return array_at(text, at, depth + 1)
  elseif first == '"' or first == "'" then
    return string_at(text, at)
  end
  local word = text:match("^%a+", at)
  if word and WORDS[word] ~= nil then
    return WORDS[word], at + #word
  end
  local number = text:match("^[+-]?%d[%d_]*%.?%d*[eE]?[+-]?%d*", at)
  local value = number and tonumber((number:gsub("_", ""):gsub("^%+", "")))
  if not value or value ~= value or value - value ~= 0 then
    fail(at, "no value")
  end
  return value, at + #number
end

local function whole(text, at)
  local ok, value = pcall(value_at, text, at, 0)
  if ok then
    return value
  elseif type(value) ~= "table" or not value.what then
    error(value, 0)
  end
  return nil, value
end

---The JSON object or list in a text, even if it is not quite JSON.
---@param text string
---@return table|nil value
---@return boolean|string repaired was it not JSON as it stands? Without a value: what is wrong with the text
function M.decode(text)
  local value = json.decode(text)
  if type(value) == "table" then
    return value, false
  end
  local reason, tries = nil, 0
  for at in text:gmatch("()[{%[]") do
    local found, err = whole(text, at)
    tries = tries + 1
    if found and next(found) ~= nil then
      return found, true
    elseif not found then
      reason = reason or err.what
      if err.at > #text or tries == MAX_TRIES then
        break -- what begins here goes to the end of the text
      end
    end
  end
  return nil, reason and ("JSON that is broken: " .. reason) or "no JSON object"
end

return M
