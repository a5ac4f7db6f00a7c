-- SPDX-License-Identifier: MIT
-- Writes the editor's stubs of the clients, one file a service, from the project's root:
--   lua5.4 bindings/models/stubs.lua FOLDER A.model B.model ...
-- Every operation is a method with the types of its parameters and its result.  The files stand
-- in bindings/stubs/clients; a test writes them anew and fails when they differ.

local model = dofile("bindings/models/read.lua")
local folder = arg[1]
local services = model.read { table.unpack(arg, 2) }

local MAX_WORDS = 8 -- a longer enumeration is a string

local scalars = {
  MR_STRING = "string", MR_INTEGER = "integer", MR_LONG = "integer", MR_FLOAT = "number", MR_DOUBLE = "number",
  MR_BOOLEAN = "boolean", MR_TIMESTAMP = "number|string", MR_BLOB = "string", MR_DOCUMENT = "any",
}

local function snake(name)
  return (name:gsub("(%l)(%u)", "%1_%2"):gsub("(%u)(%u%l)", "%1_%2"):gsub("(%d)(%u%l)", "%1_%2"):lower())
end

local function camel(service)
  return (("-" .. service):gsub("%-(%l)", string.upper))
end

local function sorted(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- The methods beyond the model, from the sources of the scripts that add them.
local helper_files = { s3 = "s3", bedrock = "bedrock", ["bedrock-runtime"] = "runtime" }
-- Payloads that the client gives as a reader although the model does not call them streams.
local readers = { ["bedrock-runtime.InvokeModel.body"] = true }

local function lines_of(name)
  local lines = {}
  for line in io.lines("scripts/moonrock/" .. name .. ".lua") do lines[#lines + 1] = line end
  return lines
end

-- The comment above a line, without the client, which the colon stands for.
local function comment_above(lines, at, put)
  local first = at
  while lines[first - 1]:find "^%-%-%-" do first = first - 1 end
  for i = first, at - 1 do
    if not lines[i]:find "^%-%-%-@param client " then put("%s", lines[i]) end
  end
  return first < at
end

local function write_helpers(file, put)
  local lines, modules = lines_of(file), {}
  for at, line in ipairs(lines) do
    local variable, module = line:match '^local (%w+) = %a+ "moonrock%.([%w_.]+)"'
    if variable then modules[variable] = module end
    local name, parameters = line:match "^function M%.methods%.([%w_]+)%(([^)]*)%)"
    if name then
      put ""
      comment_above(lines, at, put)
      put("function Client:%s(%s) end", name, (parameters:gsub("^[%w_]+,? ?", "")))
    end
    local alias, owner, other = line:match "^M%.methods%.([%w_]+) = (%w+)%.([%w_]+)$"
    if alias then
      local there = lines_of((modules[owner]:gsub("%.", "/")))
      for i, text in ipairs(there) do
        local list = text:match("^function M%." .. other .. "%(([^)]*)%)")
        if list then
          put ""
          comment_above(there, i, put)
          put("function Client:%s(%s) end", alias, (list:gsub("^[%w_]+,? ?", "")))
        end
      end
    end
    local found = line:match "^M%.methods%.(find_[%w_]+) ="
    if found then
      put ""
      comment_above(lines, at, put)
      put "---@param identifier string"
      put "---@return table|nil"
      put("function Client:%s(identifier) end", found)
    end
  end
end

local function write(service)
  local class = "moonrock." .. camel(service.name)
  local out, needed, queue = {}, {}, {}
  local function put(fmt, ...) out[#out + 1] = fmt:format(...) end

  local function need(name)
    if not needed[name] then
      needed[name] = true
      queue[#queue + 1] = name
    end
    return class .. "." .. name
  end

  local function type_of(ref)
    local name, shape = ref.ref, ref.ref and service.shapes[ref.ref] or ref
    if shape.kind == "MR_LIST" then
      local item = type_of(shape.element)
      return (item:find("|", 1, true) and "(" .. item .. ")" or item) .. "[]"
    elseif shape.kind == "MR_MAP" then
      return ("table<string, %s>"):format(type_of(shape.element))
    elseif shape.members then
      return need(name)
    elseif shape.enum and #shape.enum <= MAX_WORDS then
      local words = {}
      for i, word in ipairs(shape.enum) do words[i] = ("%q"):format(word) end
      return table.concat(words, "|")
    end
    return scalars[shape.kind]
  end

  local function is_stream(member)
    local target = member.shape.ref and service.shapes[member.shape.ref] or member.shape
    return member.flags & 32 ~= 0 or (target.flags or 0) & 8 ~= 0, (target.flags or 0) & 64 ~= 0
  end

  -- A stream that is sent may be a source of bytes; one that comes is a reader.
  local function member_type(member, direction, operation)
    local stream, events = is_stream(member)
    stream = stream or (direction == "out" and readers[("%s.%s.%s"):format(service.name, operation, member.name)])
    if events then return "any" end
    if stream then return direction == "in" and "string|table|function" or "moonrock.Reader" end
    if member.flags & 2048 ~= 0 then return "moonrock.Secret" end
    return type_of(member.shape)
  end

  local function fields(shape, direction, operation)
    for _, member in ipairs(shape.members) do
      local optional = (direction ~= "in" or member.flags & 1 == 0 or member.flags & 16 ~= 0) and "?" or ""
      put("---@field %s%s %s", member.name, optional, member_type(member, direction, operation))
    end
  end

  put "-- SPDX-License-Identifier: MIT"
  put("-- Made by bindings/models/stubs.lua of %s; do not edit.", service.source)
  put "---@meta"
  put ""
  put("---@class %s: moonrock.Client", class)
  put "local Client = {}"
  for _, name in ipairs(sorted(service.operations)) do
    local op = service.operations[name]
    local input, output = op.input and service.shapes[op.input.ref], op.output and service.shapes[op.output.ref]
    put ""
    local has_input, has_output = input and #input.members > 0, output and #output.members > 0
    if has_input then
      put("---@class %s.%sParams", class, name)
      fields(input, "in")
      put ""
    end
    if has_output then
      put("---@class %s.%sResult: moonrock.Result", class, name)
      fields(output, "out", name)
      put ""
    end
    if (op.flags or 0) & 16 ~= 0 then put "---@deprecated" end
    local required = false
    for _, member in ipairs(has_input and input.members or {}) do
      required = required or (member.flags & 1 ~= 0 and member.flags & 16 == 0)
    end
    put("---@param params%s %s", required and "" or "?", has_input and class .. "." .. name .. "Params" or "table")
    put("---@return %s", has_output and class .. "." .. name .. "Result" or "moonrock.Result")
    put("function Client:%s(params) end", snake(name))
  end
  if helper_files[service.name] then write_helpers(helper_files[service.name], put) end
  local at = 1
  while queue[at] do
    local name = queue[at]
    at = at + 1
    put ""
    put("---@class %s.%s", class, name)
    fields(service.shapes[name], service.shapes[name].kind == "MR_UNION" and "union" or "in")
  end
  put ""
  put "return Client"
  return table.concat(out, "\n") .. "\n"
end

for _, service in ipairs(services) do
  local path = ("%s/%s.d.lua"):format(folder, service.name)
  local text = write(service)
  local old = io.open(path, "rb")
  local same = old and old:read("a") == text
  if old then old:close() end
  if not same then
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
  end
end
