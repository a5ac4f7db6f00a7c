-- SPDX-License-Identifier: MIT
-- Random schemas and values, and what moonrock.schema says, a line each, for schema.py to judge:
--   build/moonrock run tests/peers/schema.lua [CASES]

local json = require "moonrock.json"
local random = require "moonrock.random"
local schema = require "moonrock.schema"

local count = tonumber((...)) or 2000
local stream = random.stream(7)

local function pick(list)
  return list[stream:integer(1, #list)]
end

local function some(most, make)
  local list = json.array {}
  for i = 1, stream:integer(0, most) do
    list[i] = make()
  end
  return list
end

local function value(depth)
  local kind = stream:integer(1, depth > 0 and 8 or 6)
  if kind == 1 then
    return stream:integer(-3, 12)
  elseif kind == 2 then
    return stream:integer(-6, 24) / 2
  elseif kind == 3 then
    return pick { "", "a", "ab", "abc", "b1", "é" }
  elseif kind == 4 then
    return stream:integer(0, 1) == 1
  elseif kind == 5 then
    return json.null
  elseif kind == 6 then
    return pick { "a", 1, json.null, json.array {}, json.object {} }
  elseif kind == 7 then
    return some(3, function() return value(depth - 1) end)
  end
  local object = json.object {}
  for _ = 1, stream:integer(0, 3) do
    object[pick { "a", "b", "c", "x_1", "dd" }] = value(depth - 1)
  end
  return object
end

local make_schema

local function schemas_by(names, depth)
  local map = json.object {}
  for _ = 1, stream:integer(1, 2) do
    map[pick(names)] = make_schema(depth - 1)
  end
  return map
end

local function least_one(depth)
  local list = some(2, function() return make_schema(depth - 1) end)
  list[#list + 1] = make_schema(depth - 1)
  return list
end

local NAMES = { "a", "b", "c", "dd" }
local function names() return some(2, function() return pick(NAMES) end) end
local makers = {
  type = function() return pick { "array", "boolean", "integer", "null", "number", "object", "string" } end,
  enum = function() return some(3, function() return value(1) end) end,
  const = function() return value(1) end,
  multipleOf = function() return pick { 1, 2, 0.5, 3 } end,
  maximum = function() return stream:integer(-2, 10) end,
  exclusiveMinimum = function() return stream:integer(-2, 10) / 2 end,
  maxLength = function() return stream:integer(0, 3) end,
  minLength = function() return stream:integer(0, 3) end,
  pattern = function() return pick { "a", "^a", "b$", "^[a-c]+$", "\\d", "^(a|b1)$" } end,
  maxItems = function() return stream:integer(0, 3) end,
  minItems = function() return stream:integer(0, 3) end,
  uniqueItems = function() return stream:integer(0, 1) == 1 end,
  maxProperties = function() return stream:integer(0, 3) end,
  minProperties = function() return stream:integer(0, 3) end,
  required = names,
  dependentRequired = function() return { [pick(NAMES)] = names() } end,
  allOf = least_one, anyOf = least_one, oneOf = least_one, prefixItems = least_one,
  properties = function(depth) return schemas_by(NAMES, depth) end,
  patternProperties = function(depth) return schemas_by({ "^x_", "d", "^[ab]$" }, depth) end,
  dependentSchemas = function(depth) return schemas_by(NAMES, depth) end,
}
for _, name in ipairs { "not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames" } do
  makers[name] = function(depth) return make_schema(depth - 1) end
end
local MAKERS = {}
for name in pairs(makers) do
  MAKERS[#MAKERS + 1] = name
end
table.sort(MAKERS)

function make_schema(depth)
  if depth <= 0 or stream:integer(1, 12) == 1 then
    return pick { true, false, { type = "integer" }, { type = "string" }, { minimum = 2 } }
  end
  local made = json.object {}
  for _ = 1, stream:integer(1, 3) do
    local name = pick(MAKERS)
    made[name] = makers[name](depth)
  end
  return made
end

for _ = 1, count do
  local made = make_schema(3)
  local judge = schema.compile((json.decode(json.encode(made))))
  for _ = 1, 4 do
    local text = json.encode(value(2))
    print(json.encode { schema = made, value = json.decode(text), valid = judge((json.decode(text))) })
  end
end
