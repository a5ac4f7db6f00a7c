-- SPDX-License-Identifier: MIT
-- schema.lua -- JSON Schema (draft 2020-12, and the older forms that people still write).
-- `compile` checks the schema whole and gives a function that judges values; what it cannot do
-- (references to other documents, $dynamicRef, unevaluated members) it refuses there, so that no
-- keyword that was written is passed over. `format` says something to people only, as the
-- specification has it.

local errors = require "moonrock.error"
local keywords = require "moonrock.schema.keywords"
local lists = require "moonrock.tables"
local pattern = require "moonrock.pattern"

local M = {}

local keys, type_of, makers = lists.keys, keywords.type_of, keywords.makers
local MAX_DEPTH = 256 -- of values

local REFUSED = lists.set "$dynamicRef $recursiveRef unevaluatedItems unevaluatedProperties"

local function wrong_schema(place, what)
  errors.raise { code = "InvalidSchema", message = ("the schema is wrong at %s: %s"):format(place, what),
    retryable = false, hint = "JSON Schema draft 2020-12 is what is understood" }
end

-- Where a problem is: `at` is { parent, key }, made as the judge goes down; that of the whole value is empty.
local function path_of(at)
  local parts = {}
  while at[1] do
    local key = at[2]
    table.insert(parts, 1, type(key) == "number" and ("[%d]"):format(key) or
      key:find("^[%a_][%w_]*$") and "." .. key or ("[%q]"):format(key))
    at = at[1]
  end
  return "$" .. table.concat(parts)
end

local function report(problems, at, message)
  problems[#problems + 1] = { path = path_of(at), message = message }
end

-- Is a value fine by this judge? What it says is dropped.
local function passes(judge, value, at, depth)
  local problems = {}
  judge(value, at, problems, depth)
  return #problems == 0
end

-- ---- keywords that hold schemas ------------------------------------------------------
-- maker(compiler, keyword's value, schema, place) -> judge(value, at, problems, depth)

local applicators = {}

local function judges_of(compiler, list, place)
  if type(list) ~= "table" or #list == 0 then
    wrong_schema(place, "a list of schemas is wanted")
  end
  local judges = {}
  for i, part in ipairs(list) do
    judges[i] = compiler:judge(part, ("%s/%d"):format(place, i - 1))
  end
  return judges
end

local function judges_by_name(compiler, map, place)
  if type(map) ~= "table" then
    wrong_schema(place, "schemas by name are wanted")
  end
  local names, judges = keys(map), {}
  for _, name in ipairs(names) do
    judges[name] = compiler:judge(map[name], place .. "/" .. tostring(name))
  end
  return names, judges
end

function applicators.allOf(compiler, list, _, place)
  local judges = judges_of(compiler, list, place)
  return function(value, at, problems, depth)
    for _, judge in ipairs(judges) do
      judge(value, at, problems, depth)
    end
  end
end

local function count_of(word, enough)
  return function(compiler, list, _, place)
    local judges = judges_of(compiler, list, place)
    return function(value, at, problems, depth)
      local fine, nearest = 0, nil
      for _, judge in ipairs(judges) do
        local found = {}
        judge(value, at, found, depth)
        fine = fine + (#found == 0 and 1 or 0)
        nearest = (not nearest or #found < #nearest) and found or nearest
      end
      if not enough(fine) then
        report(problems, at, ("fits %d of the %d schemas of %s%s"):format(fine, #judges, word,
          fine == 0 and (", nearest: " .. nearest[1].path .. " " .. nearest[1].message) or ""))
      end
    end
  end
end

applicators.anyOf = count_of("anyOf", function(n) return n >= 1 end)
applicators.oneOf = count_of("oneOf", function(n) return n == 1 end)

applicators["not"] = function(compiler, schema, _, place)
  local judge = compiler:judge(schema, place)
  return function(value, at, problems, depth)
    if passes(judge, value, at, depth) then
      report(problems, at, "fits a schema that it must not fit")
    end
  end
end

applicators["if"] = function(compiler, schema, whole, place)
  local condition = compiler:judge(schema, place)
  local yes = whole["then"] ~= nil and compiler:judge(whole["then"], place .. "/../then")
  local no = whole["else"] ~= nil and compiler:judge(whole["else"], place .. "/../else")
  return function(value, at, problems, depth)
    local branch = no
    if passes(condition, value, at, depth) then
      branch = yes
    end
    if branch then
      branch(value, at, problems, depth)
    end
  end
end

function applicators.properties(compiler, map, _, place)
  local names, judges = judges_by_name(compiler, map, place)
  return function(value, at, problems, depth)
    if type_of(value) == "object" then
      for _, name in ipairs(names) do
        if value[name] ~= nil then
          judges[name](value[name], { at, name }, problems, depth + 1)
        end
      end
    end
  end
end

local function compiled_patterns(map, place)
  local patterns = {}
  for _, text in ipairs(keys(map)) do
    local occurs, err = pattern.compile(text)
    if not occurs then
      wrong_schema(place, tostring(err.message))
    end
    patterns[#patterns + 1] = { occurs = occurs, text = text }
  end
  return patterns
end

function applicators.patternProperties(compiler, map, _, place)
  local _, judges = judges_by_name(compiler, map, place)
  local patterns = compiled_patterns(map, place)
  return function(value, at, problems, depth)
    for _, name in ipairs(type_of(value) == "object" and keys(value) or {}) do
      for _, each in ipairs(patterns) do
        if each.occurs(name) then
          judges[each.text](value[name], { at, name }, problems, depth + 1)
        end
      end
    end
  end
end

function applicators.additionalProperties(compiler, schema, whole, place)
  local judge = compiler:judge(schema, place)
  local known = type(whole.properties) == "table" and whole.properties or {}
  local patterns = compiled_patterns(type(whole.patternProperties) == "table" and whole.patternProperties or {}, place)
  local function is_known(name)
    for _, each in ipairs(patterns) do
      if each.occurs(name) then
        return true
      end
    end
    return known[name] ~= nil
  end
  return function(value, at, problems, depth)
    for _, name in ipairs(type_of(value) == "object" and keys(value) or {}) do
      if not is_known(name) then
        if schema == false then
          report(problems, at, ("has a member that the schema does not know: %s"):format(name))
        else
          judge(value[name], { at, name }, problems, depth + 1)
        end
      end
    end
  end
end

function applicators.propertyNames(compiler, schema, _, place)
  local judge = compiler:judge(schema, place)
  return function(value, at, problems, depth)
    for _, name in ipairs(type_of(value) == "object" and keys(value) or {}) do
      judge(name, { at, name }, problems, depth + 1)
    end
  end
end

function applicators.dependentSchemas(compiler, map, _, place)
  local names, judges = judges_by_name(compiler, map, place)
  return function(value, at, problems, depth)
    for _, name in ipairs(type_of(value) == "object" and names or {}) do
      if value[name] ~= nil then
        judges[name](value, at, problems, depth)
      end
    end
  end
end

-- As up to draft 7: a name brings a list of other names, or a schema.
function applicators.dependencies(compiler, map, _, place)
  if type(map) ~= "table" then
    wrong_schema(place, "schemas or lists of names by name are wanted")
  end
  local required, schemas = {}, {}
  for name, wanted in pairs(map) do
    (type_of(wanted) == "array" and required or schemas)[name] = wanted
  end
  local test, wants = makers.dependentRequired(required)
  if not test then
    wrong_schema(place, wants .. " is wanted")
  end
  local judge = applicators.dependentSchemas(compiler, schemas, map, place)
  return function(value, at, problems, depth)
    local reason = test(value)
    if reason then
      report(problems, at, reason)
    end
    judge(value, at, problems, depth)
  end
end

local function items_from(judge, first)
  return function(value, at, problems, depth)
    if type_of(value) == "array" then
      for i = first, #value do
        judge(value[i], { at, i }, problems, depth + 1)
      end
    end
  end
end

function applicators.prefixItems(compiler, list, _, place)
  local judges = judges_of(compiler, list, place)
  return function(value, at, problems, depth)
    if type_of(value) == "array" then
      for i = 1, math.min(#judges, #value) do
        judges[i](value[i], { at, i }, problems, depth + 1)
      end
    end
  end
end

function applicators.items(compiler, schema, whole, place)
  if type_of(schema) == "array" then -- as up to draft 2019-09
    return applicators.prefixItems(compiler, schema, whole, place)
  end
  local first = type(whole.prefixItems) == "table" and #whole.prefixItems + 1 or 1
  return items_from(compiler:judge(schema, place), first)
end

function applicators.additionalItems(compiler, schema, whole, place)
  local first = type_of(whole.items) == "array" and #whole.items + 1 or math.huge
  return items_from(compiler:judge(schema, place), first)
end

function applicators.contains(compiler, schema, whole, place)
  local judge = compiler:judge(schema, place)
  local least, most = tonumber(whole.minContains or 1), tonumber(whole.maxContains or math.huge)
  return function(value, at, problems, depth)
    if type_of(value) == "array" then
      local fine = 0
      for i = 1, #value do
        fine = fine + (passes(judge, value[i], { at, i }, depth + 1) and 1 or 0)
      end
      if fine < least or fine > most then
        report(problems, at, ("contains %d items of the wanted kind, not %g%s"):format(fine, least,
          most < math.huge and (" to %g"):format(most) or " or more"))
      end
    end
  end
end

applicators["$ref"] = function(compiler, reference, _, place)
  local target = compiler:find(reference, place)
  local judge -- compiled when it is first used: it may be the schema in which it stands
  return function(value, at, problems, depth)
    judge = judge or compiler:judge(target, reference)
    if at[judge] then
      return report(problems, at, ("cannot be judged: the reference %s leads back to itself"):format(reference))
    end
    -- Each branch of an anyOf may ask the same of the same value: without `known` in 2^depth steps.
    local known = compiler.known[judge] or {}
    compiler.known[judge] = known
    local found = known[value]
    if not found then
      found = {}
      at[judge] = true
      judge(value, at, found, depth + 1)
      at[judge] = nil
      if type(value) == "table" then -- which stands in one place only
        known[value] = found
      end
    end
    table.move(found, 1, #found, #problems + 1, problems)
  end
end

-- ---- the compiler --------------------------------------------------------------------

local Compiler = {}
Compiler.__index = Compiler

-- The schema that a reference within the document names.
function Compiler:find(reference, place)
  if type(reference) ~= "string" then
    wrong_schema(place, "a reference is a text")
  end
  local id = type(self.root) == "table" and self.root["$id"]
  id = type(id) == "string" and id:match("^[^#]*") or ""
  local document, fragment = reference:match("^([^#]*)#?(.*)$")
  if document ~= "" and document ~= id then
    wrong_schema(place, ("%s is another document; only references within the schema are followed"):format(reference))
  end
  local target = self.anchors[fragment]
  if fragment == "" then
    target = self.root
  end
  if fragment:sub(1, 1) == "/" then
    target = self.root
    for step in fragment:gmatch("/([^/]*)") do
      step = step:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
      step = step:gsub("~1", "/"):gsub("~0", "~")
      local inner = type(target) == "table" and target[step]
      if inner == nil and type_of(target) == "array" and step:find("^%d+$") then
        inner = target[tonumber(step) + 1]
      end
      target = inner
    end
  end
  if type(target) ~= "table" and type(target) ~= "boolean" then
    wrong_schema(place, ("%s leads to no schema"):format(reference))
  end
  return target
end

-- Notes every anchor of the document. A schema with an address of its own inside another is
-- refused, since references within it would start from there.
function Compiler:note_anchors(schema, place, depth)
  if type(schema) ~= "table" or depth > MAX_DEPTH then
    return
  end
  for _, key in ipairs(keys(schema)) do
    local value = schema[key]
    if (key == "$anchor" or key == "$dynamicAnchor") and type(value) == "string" then
      self.anchors[value] = schema
    elseif key == "$id" and depth > 0 and type(value) == "string" then
      wrong_schema(("%s/%s"):format(place, key), "only the whole schema may have an $id")
    elseif key ~= "const" and key ~= "enum" then -- which hold values, not schemas
      self:note_anchors(value, ("%s/%s"):format(place, key), depth + 1)
    end
  end
end

-- The judge of a schema; each table is compiled once.
function Compiler:judge(schema, place)
  if type(schema) == "boolean" then
    return function(_, at, problems)
      if not schema then
        report(problems, at, "is not allowed here")
      end
    end
  elseif type(schema) ~= "table" then
    wrong_schema(place, "a schema is an object, true or false")
  elseif self.judges[schema] then
    return self.judges[schema]
  end
  local tests, parts = {}, {}
  for _, name in ipairs(keys(schema)) do
    local wanted, where = schema[name], ("%s/%s"):format(place, name)
    if REFUSED[name] then
      wrong_schema(where, "this keyword is not understood")
    elseif applicators[name] then
      parts[#parts + 1] = applicators[name](self, wanted, schema, where)
    elseif makers[name] then
      local test, wants = makers[name](wanted)
      if not test then
        wrong_schema(where, wants .. " is wanted")
      end
      tests[#tests + 1] = test
    end
  end
  local function judge(value, at, problems, depth)
    if depth > MAX_DEPTH then
      return report(problems, at,
        ("is deeper than %d levels"):format(MAX_DEPTH))
    end
    for i = 1, #tests do
      local reason = tests[i](value)
      if reason then
        report(problems, at, reason)
      end
    end
    for i = 1, #parts do
      parts[i](value, at, problems, depth)
    end
  end
  self.judges[schema] = judge
  return judge
end

---Compiles a schema.
---@param schema table|boolean as decoded by moonrock.json
---@return fun(value: any): boolean, { path: string, message: string }[]? judge is the value (as
---decoded by moonrock.json) as the schema wants it; if not, every place where it is not
---Raises InvalidSchema, with the place in the schema.
function M.compile(schema)
  local compiler = setmetatable({ root = schema, judges = {}, anchors = {} }, Compiler)
  compiler:note_anchors(schema, "#", 0)
  local judge = compiler:judge(schema, "#")
  for _, target in ipairs { "$defs", "definitions" } do -- what nothing refers to is checked too
    if type(schema) == "table" and schema[target] ~= nil then
      judges_by_name(compiler, schema[target], "#/" .. target)
    end
  end
  return function(value)
    local problems = {}
    compiler.known = {} -- what references found, by judge and value
    judge(value, {}, problems, 0)
    compiler.known = nil
    if #problems > 0 then
      return false, problems
    end
    return true
  end
end

return M
