-- SPDX-License-Identifier: MIT
-- tables.lua -- small things that many modules do with tables, each written once.
-- `keys` is how a table's order is kept from output and wire; `check_options` is how every helper
-- that takes named options refuses one that it does not know, so that none is silently ignored.

local errors = require "moonrock.error"
local lazy = require "moonrock.lazy"

local suggest = lazy "moonrock.aws.suggest"

local M = {}

local function numbers_first(a, b)
  local number_a, number_b = type(a) == "number", type(b) == "number"
  if number_a ~= number_b then
    return number_a
  elseif number_a then
    return a < b
  end
  return tostring(a) < tostring(b)
end

---The keys of a table, sorted: numbers first, then texts in byte order.
---@param t table
---@return any[]
function M.keys(t)
  local keys, texts = {}, true
  for key in pairs(t) do
    keys[#keys + 1] = key
    texts = texts and type(key) == "string"
  end
  table.sort(keys, not texts and numbers_first or nil)
  return keys
end

---A shallow copy, with the entries of `over` in place of those of the same name.
---@param t table
---@param over? table
---@return table
function M.copy(t, over)
  local out = {}
  for key, value in pairs(t) do
    out[key] = value
  end
  if over then
    for key, value in pairs(over) do
      out[key] = value
    end
  end
  return out
end

---The words of a text (between blanks) as a set.
---@param words string
---@return table<string, true>
function M.set(words)
  local out = {}
  for word in words:gmatch("%S+") do
    out[word] = true
  end
  return out
end

---Is the value in the list?
---@param list any[]
---@return boolean
function M.contains(list, value)
  for _, other in ipairs(list) do
    if other == value then
      return true
    end
  end
  return false
end

---Can the value be called?
---@return boolean
function M.is_callable(value)
  return type(value) == "function" or (getmetatable(value) or {}).__call ~= nil
end

local is_kind = {
  amount = function(v) return math.type(v) and v >= 0 end,
  any = function() return true end,
  boolean = function(v) return type(v) == "boolean" end,
  count = function(v) return math.type(v) == "integer" and v >= 1 end,
  ["function"] = M.is_callable,
  seconds = function(v) return math.type(v) and v >= 0 and v == v end,
  string = function(v) return type(v) == "string" end,
  table = function(v) return type(v) == "table" end,
}
local kind_words = {
  amount = "a number of 0 or more",
  boolean = "true or false", count = "an integer of 1 or more", ["function"] = "a function",
  seconds = "a number of seconds, 0 or more", string = "a string", table = "a table",
}

local function refuse(message, known)
  errors.raise {
    code = "ParamValidation",
    message = message,
    hint = "options are " .. table.concat(M.keys(known), ", "),
    retryable = false,
  }
end

---Refuses an option of a name that is not known: nothing that was asked for is ignored.
---@param name any
---@param known table<string, string>
---@param where string the function as people know it, for the message: "empty_bucket"
function M.check_option_name(name, known, where)
  if not known[name] then
    refuse(string.format("unknown option %s of %s%s", tostring(name), where, suggest.tail(name, M.keys(known))), known)
  end
end

---The options that a function was given: of known names and the right types.
---@param opts table|nil
---@param known table<string, "amount"|"any"|"boolean"|"count"|"function"|"seconds"|"string"|"table"> by name
---@param where string the function as people know it, for the message: "empty_bucket"
---@return table opts empty when nothing was given; raises ParamValidation
function M.check_options(opts, known, where)
  if opts == nil then
    return {}
  elseif type(opts) ~= "table" then
    refuse(string.format("the options of %s must be a table, got %s", where, type(opts)), known)
  end
  for _, name in ipairs(M.keys(opts)) do
    M.check_option_name(name, known, where)
    local kind, value = known[name], opts[name]
    if not is_kind[kind](value) then
      refuse(string.format("option %s of %s must be %s, got %s", name, where, kind_words[kind],
        type(value) == "number" and tostring(value) or type(value)), known)
    end
  end
  return opts
end

return M
