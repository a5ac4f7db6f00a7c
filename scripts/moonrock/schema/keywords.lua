-- SPDX-License-Identifier: MIT
-- schema/keywords.lua -- the keywords of JSON Schema that judge a value by itself.
-- Each is a maker: the keyword's value (and the schema it stands in) gives a test, which gives nil
-- where the value passes and the reason where it does not. A value of a type that the keyword does
-- not speak of passes. A maker that is given nonsense gives nil and what it wants.

local json = require "moonrock.json"
local pattern = require "moonrock.pattern"
local tables = require "moonrock.tables"

local M = {}

local null = json.null

---The type of a decoded value as JSON Schema names it; an integer is a number too.
---@param value any
---@return "array"|"boolean"|"integer"|"null"|"number"|"object"|"string"|nil kind nil for what is no JSON
function M.type_of(value)
  local kind = type(value)
  if value == null then
    return "null"
  elseif kind == "table" then
    return (json.is_array(value) or #value > 0) and "array" or "object"
  elseif kind == "number" then
    return math.tointeger(value) and "integer" or "number"
  end
  return (kind == "string" or kind == "boolean") and kind or nil
end

local type_of = M.type_of

---Are two decoded values the same JSON? Numbers by value: 1 is 1.0.
---@return boolean
function M.same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  elseif type_of(a) ~= type_of(b) then
    return false
  end
  for key, value in pairs(a) do
    if b[key] == nil or not M.same(value, b[key]) then
      return false
    end
  end
  for key in pairs(b) do
    if a[key] == nil then
      return false
    end
  end
  return true
end

local function is_count(value)
  return math.type(value) ~= nil and value >= 0 and math.tointeger(value) ~= nil
end

local function is_number(value)
  return math.type(value) ~= nil
end

local function plural(n, noun)
  return ("%d %s%s"):format(n, noun, n == 1 and "" or "s")
end

local function size_of(value)
  local n = 0
  for _ in pairs(value) do
    n = n + 1
  end
  return n
end

-- A limit on something that is counted, of one type of value.
local function limit(kind, count, noun, fails, word)
  return function(wanted)
    if not is_count(wanted) then
      return nil, "a whole number of 0 or more"
    end
    wanted = math.tointeger(wanted)
    return function(value)
      if type_of(value) == kind then
        local n = count(value)
        return fails(n, wanted) and ("%s where %s %d is allowed"):format(plural(n, noun), word, wanted) or nil
      end
    end
  end
end

local function unlimited(wanted)
  if not is_count(wanted) then
    return nil, "a whole number of 0 or more"
  end
  return function() end
end

local function more(n, wanted) return n > wanted end
local function fewer(n, wanted) return n < wanted end
local function characters(text) return utf8.len(text) or #text end
local function length(list) return #list end

local function bound(fails, words)
  return function(wanted)
    if not is_number(wanted) then
      return nil, "a number"
    end
    return function(value)
      return is_number(value) and fails(value, wanted) and ("%s is not %s %s"):format(value, words, wanted) or nil
    end
  end
end

-- Equal for what M.same says is equal.
local function print_of(value)
  if type(value) == "string" then
    return ("%d:"):format(#value) .. value
  elseif type(value) == "number" then
    return math.tointeger(value) and ("%d"):format(value) or ("%.17g"):format(value)
  elseif type(value) ~= "table" then
    return value == null and "null" or tostring(value)
  end
  local parts = { type_of(value) }
  for _, key in ipairs(tables.keys(value)) do
    parts[#parts + 1] = print_of(key)
    parts[#parts + 1] = print_of(value[key])
  end
  return "(" .. table.concat(parts, " ") .. ")"
end

local function is_names(list)
  if type(list) ~= "table" or type_of(list) ~= "array" and next(list) ~= nil then
    return false
  end
  for _, name in ipairs(list) do
    if type(name) ~= "string" then
      return false
    end
  end
  return true
end

local function show(value)
  local ok, text = pcall(json.encode, value)
  text = ok and text or tostring(value)
  return #text > 80 and text:sub(1, 77) .. "..." or text
end

M.makers = {
  maxLength = limit("string", characters, "character", more, "at most"),
  minLength = limit("string", characters, "character", fewer, "at least"),
  maxItems = limit("array", length, "item", more, "at most"),
  minItems = limit("array", length, "item", fewer, "at least"),
  maxProperties = limit("object", size_of, "member", more, "at most"),
  minProperties = limit("object", size_of, "member", fewer, "at least"),
  maximum = bound(function(v, w) return v > w end, "at most"),
  exclusiveMaximum = bound(function(v, w) return v >= w end, "below"),
  minimum = bound(function(v, w) return v < w end, "at least"),
  exclusiveMinimum = bound(function(v, w) return v <= w end, "above"),
  minContains = unlimited, maxContains = unlimited, -- which `contains` looks at
}

local TYPES = tables.set "array boolean integer null number object string"

M.makers["type"] = function(wanted)
  local names = type(wanted) == "table" and wanted or { wanted }
  local allowed = {}
  for _, name in ipairs(names) do
    if not TYPES[name] then
      return nil, "array, boolean, integer, null, number, object or string"
    end
    allowed[name] = true
  end
  if next(allowed) == nil then
    return nil, "at least one type"
  end
  return function(value)
    local kind = type_of(value)
    if not (allowed[kind] or kind == "integer" and allowed.number) then
      return ("%s where %s is wanted"):format(kind or type(value), table.concat(names, " or "))
    end
  end
end

function M.makers.enum(wanted)
  if type_of(wanted) ~= "array" then
    return nil, "a list"
  end
  return function(value)
    for i = 1, #wanted do
      if M.same(value, wanted[i]) then
        return nil
      end
    end
    return ("%s is none of %s"):format(show(value), show(wanted))
  end
end

function M.makers.const(wanted)
  return function(value)
    return not M.same(value, wanted) and ("%s is not %s"):format(show(value), show(wanted)) or nil
  end
end

function M.makers.multipleOf(wanted)
  if not is_number(wanted) or wanted <= 0 then
    return nil, "a number above 0"
  end
  return function(value)
    if is_number(value) then
      local exact = math.type(value) == "integer" and math.type(wanted) == "integer"
      local quotient = value / wanted
      -- As they are written, 0.3 is a multiple of 0.1; as binary fractions it is none.
      local nearest = math.floor(quotient + 0.5) * wanted
      local fits = exact and value % wanted == 0 or not exact and quotient - quotient == 0 and
        (quotient == math.floor(quotient) or ("%.15g"):format(nearest) == ("%.15g"):format(value))
      return not fits and ("%s is no multiple of %s"):format(value, wanted) or nil
    end
  end
end

function M.makers.pattern(wanted)
  local occurs, err = nil, "a text"
  if type(wanted) == "string" then
    occurs, err = pattern.compile(wanted)
  end
  if not occurs then
    return nil, tostring(err)
  end
  return function(value)
    return type(value) == "string" and not occurs(value) and ("does not match %s"):format(wanted) or nil
  end
end

function M.makers.uniqueItems(wanted)
  return function(value)
    if wanted == true and type_of(value) == "array" then
      local seen = {}
      for i = 1, #value do
        local key = print_of(value[i])
        if seen[key] then
          return ("items %d and %d are the same"):format(seen[key], i)
        end
        seen[key] = i
      end
    end
  end
end

function M.makers.required(wanted)
  if not is_names(wanted) then
    return nil, "a list of names"
  end
  return function(value)
    if type_of(value) == "object" then
      local missing = {}
      for _, name in ipairs(wanted) do
        if value[name] == nil then
          missing[#missing + 1] = name
        end
      end
      return #missing > 0 and "lacks " .. table.concat(missing, ", ") or nil
    end
  end
end

function M.makers.dependentRequired(wanted)
  if type(wanted) ~= "table" then
    return nil, "lists of names by name"
  end
  local names, tests = tables.keys(wanted), {}
  for _, name in ipairs(names) do
    tests[name] = M.makers.required(wanted[name])
    if not tests[name] then
      return nil, "a list of names for each name"
    end
  end
  return function(value)
    for _, name in ipairs(type_of(value) == "object" and names or {}) do
      local reason = value[name] ~= nil and tests[name](value)
      if reason then
        return ("has %s but %s"):format(name, reason)
      end
    end
  end
end

return M
