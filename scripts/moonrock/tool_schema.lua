-- SPDX-License-Identifier: MIT
-- tool_schema.lua -- from the words of LuaCATS to JSON Schema: what a tool takes, as Lua people write it.
--   { city = "string name of the city", days = "integer? how many", unit = '"C"|"F"', tags = "string[]" }
-- A value is a type, "?" where it may be left out, and a description behind it; a table is an
-- object of such values. What is not understood raises, with the name of the parameter.

local json = require "moonrock.json"
local tables = require "moonrock.tables"

local M = {}

local TYPES = { string = "string", integer = "integer", number = "number", boolean = "boolean", any = false,
  table = "object" }

local function wrong(path, message)
  error(("the tool's parameter %s: %s"):format(path, message), 0)
end

local type_of -- below: types nest

-- One type without "|": a name, a literal in quotes, T[], table<string, T>.
local function single(text, path)
  local element = text:match("^(.*)%[%]$")
  if element then
    return { type = "array", items = type_of(element:match("^%((.*)%)$") or element, path) }
  end
  local values = text:match("^table<%s*string%s*,%s*(.+)>$")
  if values then
    return { type = "object", additionalProperties = type_of(values, path) }
  end
  local literal = text:match('^"([^"]*)"$') or text:match("^'([^']*)'$")
  if literal then
    return { enum = json.array { literal } }
  end
  local name = TYPES[text]
  if name == nil then
    wrong(path, ("%q is no type; string, integer, number, boolean, table, any, T[], table<string, T>, and "
      .. '"literal" joined by | are'):format(text))
  end
  return name and { type = name } or {}
end

-- The place of the next character of a set that stands outside brackets and quotes.
local function next_outside(text, wanted, from)
  local depth, quote = 0, nil
  for at = from, #text do
    local c = text:sub(at, at)
    if quote then
      quote = c ~= quote and quote or nil
    elseif c == '"' or c == "'" then
      quote = c
    elseif c == "<" or c == "(" then
      depth = depth + 1
    elseif c == ">" or c == ")" then
      depth = depth - 1
    elseif depth == 0 and c:find(wanted) then
      return at
    end
  end
  return nil
end

-- The parts of a union.
local function parts_of(text)
  local parts, from = {}, 1
  while true do
    local at = next_outside(text, "|", from)
    parts[#parts + 1] = text:sub(from, (at or 0) - 1)
    if not at then
      return parts
    end
    from = at + 1
  end
end

function type_of(text, path)
  local parts = parts_of(text)
  local schemas, literals = json.array {}, json.array {}
  for i, part in ipairs(parts) do
    local schema = single(part, path)
    schemas[i] = schema
    if schema.enum then
      literals[#literals + 1] = schema.enum[1]
    end
  end
  if #literals == #parts then
    return { type = "string", enum = literals }
  end
  return #parts == 1 and schemas[1] or { anyOf = schemas }
end

-- The type at the start of a text and what stands behind it.
local function split(text)
  local at = next_outside(text, "%s", 1)
  return text:sub(1, (at or 0) - 1), at and text:sub(at):match("^%s*(.-)%s*$") or ""
end

local function member(value, path)
  if type(value) == "table" then
    return M.object(value, path), true
  elseif type(value) ~= "string" then
    wrong(path, "a type as text is wanted, such as \"string? the name of the city\"")
  end
  local words, description = split(value:match("^%s*(.*)$"))
  local optional = words:sub(-1) == "?"
  local schema = type_of(optional and words:sub(1, -2) or words, path)
  schema.description = description ~= "" and description or nil
  return schema, not optional
end

---The JSON Schema of an object whose members are given in words.
---@param members table<string, string|table>
---@param path? string for messages
---@return table schema
function M.object(members, path)
  local properties, required = json.object {}, json.array {}
  for _, name in ipairs(tables.keys(members)) do
    if type(name) ~= "string" then
      wrong(path or "list", "parameters have names: { city = \"string\" }")
    end
    local schema, needed = member(members[name], path and path .. "." .. name or name)
    properties[name] = schema
    if needed then
      required[#required + 1] = name
    end
  end
  return { type = "object", properties = properties, required = required, additionalProperties = false }
end

return M
