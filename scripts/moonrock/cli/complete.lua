-- SPDX-License-Identifier: MIT
-- cli.complete: what may stand where the cursor is: globals, fields, methods, operations, and
-- inside the braces of an operation its members, from the same tables as help.
-- Nothing of the user's is called: values are only looked up.  A metatable's `__dir` (a function
-- that lists the names of a value which makes them when asked) is ours.

local model = require "moonrock.model"
local tables = require "moonrock.tables"

local M = {}

local keywords = [[and break do else elseif end false for function goto if in local nil not or repeat
  return then true until while]]

-- ---- values ----------------------------------------------------------------------------------

local function dir_of(value)
  local meta = getmetatable(value)
  return type(meta) == "table" and rawget(meta, "__dir") or nil
end

-- The tables in which a name of the value is looked up.
local function places(value)
  local found, at = {}, value
  if type(value) == "string" then return { string } end
  for _ = 1, 5 do
    if type(at) == "table" then found[#found + 1] = at end
    local meta = getmetatable(at)
    at = type(meta) == "table" and rawget(meta, "__index")
    if type(at) ~= "table" then break end
  end
  return found
end

local function names_of(value)
  local names = {}
  for _, place in ipairs(places(value)) do
    for key in next, place do
      if type(key) == "string" and key:find "^[%a_][%w_]*$" then names[key] = true end
    end
  end
  local dir = dir_of(value)
  for _, name in ipairs(dir and dir(value) or {}) do names[name] = true end
  return names
end

local function field(value, name)
  for _, place in ipairs(places(value)) do
    local found = rawget(place, name)
    if found ~= nil then return found end
  end
  local dir = dir_of(value)
  if dir and tables.contains(dir(value), name) then return value[name] end
end

-- The value of a path of names, as "moonrock.json"; nil where there is none.
local function lookup(path, globals)
  local value = globals
  for name in path:gmatch "[%w_]+" do
    value = field(value, name)
    if value == nil then return nil end
  end
  return value
end

local function service_of(path, globals)
  local client = lookup(path, globals)
  local meta = type(client) == "table" and rawget(client, "meta")
  return type(meta) == "table" and type(meta.service) == "string" and model.service(meta.service) or nil
end

-- ---- where the cursor is ---------------------------------------------------------------------

-- The brackets that are open at the end of the text (as places), and where a string is open.
local function scan(text)
  local open, at = {}, 1
  while at <= #text do
    local c = text:sub(at, at)
    if c == '"' or c == "'" then
      local from = at
      repeat
        at = text:find("[\\" .. c .. "]", at + 1)
        if not at then return open, from end
        local escaped = text:sub(at, at) == "\\"
        if escaped then at = at + 1 end
      until not escaped
    elseif text:find("^%-%-", at) then
      at = text:find("\n", at, true) or #text
    elseif c:find "[%(%[{]" then
      open[#open + 1] = at
    elseif c:find "[%)%]}]" then
      open[#open] = nil
    end
    at = at + 1
  end
  return open
end

-- What stands before a place, as far as a call or a key reaches: the patterns below try each start.
local function before_of(text, at) return text:sub(math.max(1, at - 400), at - 1) end

local by_name = tables.set "call each pages presign"

-- Which operation's parameters begin behind this text: the service and its operation.
local function operation_before(text, globals)
  local function find(service, method)
    return service, service and service:operation(method) or nil
  end
  local path, method, operation = text:match "([%w_.]+):([%w_]+)%s*%(%s*[\"']([%w_]+)[\"']%s*,%s*$"
  if path and by_name[method] then return find(service_of(path, globals), operation) end
  local name
  name, method = text:match "client%s*%(?%s*[\"']([%w-]+)[\"']%s*%)?%s*:([%w_]+)%s*%(?%s*$"
  if name then return find(model.service(name), method) end
  path, method = text:match "([%w_.]+):([%w_]+)%s*%(?%s*$"
  if path then return find(service_of(path, globals), method) end
end

-- The shape whose members stand in the innermost open braces.
local function shape_at(text, open, globals)
  local keys, service, op = {}, nil, nil
  for i = #open, math.max(1, #open - 32), -1 do -- no parameters nest deeper
    local at = open[i]
    local before = before_of(text, at)
    if text:sub(at, at) == "{" then
      service, op = operation_before(before, globals)
      if op then break end
      local key = before:match "([%a_][%w_]*)%s*=%s*$" or before:match "%[%s*[\"']([^\"']*)[\"']%s*%]%s*=%s*$"
      if not key and not before:find "[{,;]%s*$" then return nil end
      table.insert(keys, 1, key or false)
    else
      return nil
    end
  end
  local shape = op and op.input > 0 and service:shape(op.input)
  for _, key in ipairs(keys) do
    if not shape then return nil end
    local member
    for _, one in ipairs(shape.members or {}) do
      if one.name == key then member = one.shape end
    end
    member = member or shape.element
    shape = member and service:shape(member)
  end
  return shape or nil, service
end

-- ---- candidates ------------------------------------------------------------------------------

local function pick(names, typed, fold)
  local found = {}
  for _, name in ipairs(names) do
    local start = name:sub(1, #typed)
    if start == typed or (fold and start:lower() == typed:lower()) then found[#found + 1] = name end
  end
  table.sort(found)
  return found
end

-- Inside a string: services, operations, waiters, modules, values of an enumeration.
local function in_string(text, from, open, globals)
  local typed, before = text:sub(from + 1), before_of(text, from)
  if before:find "client%s*%(?%s*$" then return typed, pick(model.services(), typed) end
  local path, method = before:match "([%w_.]+):([%w_]+)%s*%(?%s*$"
  local service = path and service_of(path, globals)
  if service and by_name[method] then
    local names = {}
    for i, name in ipairs(service:operations()) do names[i] = service:operation(name).method end
    return typed, pick(names, typed)
  elseif service and method == "wait" then
    return typed, pick(service:waiters(), typed)
  end
  local key = before:match "([%a_][%w_]*)%s*=%s*$"
  local shape, of = shape_at(text, open, globals)
  for _, member in ipairs(key and shape and shape.members or {}) do
    if member.name == key then return typed, pick(of:shape(member.shape).enum or {}, typed, true) end
  end
  return typed, {}
end

---What the name before the cursor can become.
---@param text string all that was typed of the chunk, up to the cursor
---@param globals table
---@return string typed the last part of the text, which a candidate replaces
---@return string[] candidates sorted
---@return string|nil behind what follows the only one
function M.complete(text, globals)
  local open, string_from = scan(text)
  if string_from then return in_string(text, string_from, open, globals) end
  local typed = before_of(text, #text + 1):match "[%a_][%w_]*$" or ""
  local before = before_of(text, #text - #typed + 1)
  if before:find "[{,;]%s*$" then
    local shape = shape_at(text, open, globals)
    if shape and shape.members then
      local names = {}
      for i, member in ipairs(shape.members) do names[i] = member.name end
      local found = pick(names, typed, true)
      if #found > 0 then return typed, found, " = " end
    end
  end
  local path = before:match "([%a_][%w_.]*)[.:]$"
  if path then
    local value = lookup(path, globals)
    local names = value ~= nil and tables.keys(names_of(value)) or {}
    return typed, pick(names, typed)
  end
  if typed == "" then return typed, {} end
  local names = names_of(globals)
  for word in keywords:gmatch "%S+" do names[word] = true end
  return typed, pick(tables.keys(names), typed)
end

---The text that all candidates begin with.
---@param candidates string[] not empty
---@return string
function M.common(candidates)
  local first, n = candidates[1], #candidates[1]
  for _, other in ipairs(candidates) do
    while other:sub(1, n) ~= first:sub(1, n) do n = n - 1 end
  end
  return first:sub(1, n)
end

return M
