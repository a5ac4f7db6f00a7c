-- SPDX-License-Identifier: MIT
-- cli.help_model: help on services, their operations and the helpers beside them.
-- Operations are told from the compiled models: members, types, limits, errors.  Helpers are told
-- by the comments above their functions, read from the program's own sources; modules by their stubs.

local model = require "moonrock.model"
local suggest = require "moonrock.aws.suggest"
local system = require "moonrock.system"

local M = {}

-- Where the methods beyond the models are defined, by service.
local helpers = {
  s3 = { "moonrock.s3", "moonrock.transfer" },
  bedrock = { "moonrock.bedrock" }, ["bedrock-runtime"] = { "moonrock.runtime" },
}
local common = { call = true, each = true, operations = true, pages = true, presign = true, wait = true }

-- ---- types -----------------------------------------------------------------------------------

local scalars = {
  string = "string", integer = "integer", long = "integer", float = "number", double = "number",
  boolean = "boolean", timestamp = "time", blob = "bytes", document = "any",
}

local function type_of(service, shape)
  if shape.kind == "list" then
    return type_of(service, service:shape(shape.element)) .. "[]"
  elseif shape.kind == "map" then
    return ("table<string, %s>"):format(type_of(service, service:shape(shape.element)))
  end
  return scalars[shape.kind] or shape.name or "table"
end

local function number(n) return math.type(n) == "integer" and ("%d"):format(n) or ("%.10g"):format(n) end

local function range(shape)
  if not shape.min and not shape.max then return nil end
  local unit = (shape.kind == "string" and " characters") or (shape.kind == "blob" and " bytes")
    or ((shape.kind == "list" or shape.kind == "map") and " items") or ""
  if shape.min == shape.max then return number(shape.min) .. unit end
  if not shape.max then return "at least " .. number(shape.min) .. unit end
  if not shape.min then return "at most " .. number(shape.max) .. unit end
  return number(shape.min) .. " to " .. number(shape.max) .. unit
end

local function facts_of(shape, member)
  local facts = {}
  local function add(text) facts[#facts + 1] = text end
  if member.token then add "made up when absent" end
  if member.stream or shape.stream then add "a stream" end
  if shape.events then add "a stream of events" end
  if shape.kind == "union" and not shape.events then add "exactly one of its members" end
  add(range(shape))
  if shape.enum then add("one of " .. table.concat(shape.enum, ", ")) end
  if shape.pattern then add("pattern " .. shape.pattern) end
  if shape.sensitive then add "sensitive" end
  if member.deprecated then add "deprecated" end
  return facts
end

-- ---- one operation ---------------------------------------------------------------------------

local width = 78

local function wrap(out, text, indent)
  local line = indent
  for word in text:gmatch "%S+" do
    if #line > #indent and #line + #word > width then
      out[#out + 1] = line:gsub("%s+$", "")
      line = indent
    end
    line = line .. word .. " "
  end
  if #line > #indent then out[#out + 1] = (line:gsub("%s+$", "")) end
end

-- The members of a structure; those of its parts below, each shape once.
local function members(out, service, shape, indent, seen)
  for _, member in ipairs(shape.members or {}) do
    local target = service:shape(member.shape)
    out[#out + 1] = ("%s%s%s  %s"):format(indent, member.name, member.required and "*" or "", type_of(service, target))
    local facts = facts_of(target, member)
    if #facts > 0 then wrap(out, table.concat(facts, "; "), indent .. "    ") end
    local inner = target
    while inner.kind == "list" or inner.kind == "map" do
      local element = service:shape(inner.element)
      if element.kind ~= "structure" and element.kind ~= "union" then
        local item = facts_of(element, {})
        if #item > 0 then wrap(out, "each: " .. table.concat(item, "; "), indent .. "    ") end
      end
      inner = element
    end
    if inner.members and not (inner.name and seen[inner.name]) and #indent < 14 then
      if inner.name then seen[inner.name] = true end
      members(out, service, inner, indent .. "  ", seen)
    elseif inner.members and #inner.members > 0 then
      out[#out + 1] = indent .. "    (see " .. tostring(inner.name) .. (seen[inner.name] and " above)" or ")")
    end
  end
end

local function section(out, service, title, number_of)
  local shape = number_of > 0 and service:shape(number_of)
  if not shape or #shape.members == 0 then
    out[#out + 1] = title .. ": none"
    return
  end
  out[#out + 1] = title .. ":"
  members(out, service, shape, "  ", { [shape.name] = true })
end

local function list_of(value) return type(value) == "table" and table.concat(value, ", ") or tostring(value) end

---What is known of an operation.
---@param service moonrock.model.Service
---@param op moonrock.model.Operation
---@return string
function M.operation(service, op)
  local out = {}
  local function put(fmt, ...) out[#out + 1] = fmt:format(...) end
  put("%s.%s(params) -> result        %s, %s %s", service.name, op.method, op.name, op.http_method, op.path)
  if op.deprecated then put "deprecated: the service has a newer operation for this" end
  if op.duplex then put "needs HTTP/2 duplex streams, which this version has not" end
  if not op.signed then put "needs no credentials" end
  if op.event_stream then put "the reply is a stream: for event in result:events() do ... end" end
  if op.pagination then
    put("pages: client:pages(%q, params); each gives the items of %s", op.method,
      (list_of(op.pagination.results):match "^[^,]+"))
  end
  out[#out + 1] = ""
  section(out, service, "params (* required)", op.input)
  out[#out + 1] = ""
  section(out, service, "result", op.output)
  if #op.errors > 0 then
    out[#out + 1] = ""
    put "errors:"
    for _, err in ipairs(op.errors) do
      put("  %s (status %d%s)", err.code, err.status, err.retryable and ", tried again" or "")
    end
  end
  return table.concat(out, "\n") .. "\n"
end

-- ---- helpers ---------------------------------------------------------------------------------

local function split(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do lines[#lines + 1] = line end
  return lines
end

-- The comment above the line where a function is defined, with that line.
local function described(lines, at)
  local first = at
  while first > 1 and lines[first - 1]:find "^%s*%-%-%-" do first = first - 1 end
  if first == at then return nil end
  return table.concat(lines, "\n", first, at)
end

---The comment and head of a helper: "upload_file" of s3; nil: none of that name.
---@param service string
---@param name string
---@return string|nil
function M.helper(service, name)
  if not name:find "^[%w_]+$" then return nil end
  local modules = { table.unpack(helpers[service] or {}) }
  if common[name] then modules[#modules + 1] = "moonrock.session" end
  for _, module in ipairs(modules) do
    local lines = split(system.source(module) or "")
    for at, line in ipairs(lines) do
      if line:find("^function [%w_.]+[.:]" .. name .. "%(") or line:find("^M%.methods%." .. name .. "%s*=") then
        local text = described(lines, at)
        if text then return text .. "\n" end
      end
    end
  end
end

---The names of a service's helpers, sorted.
---@return string[]
function M.helpers(service)
  local names = {}
  local main = helpers[service] and helpers[service][1]
  if main then
    for name in pairs(require(main).methods) do names[#names + 1] = name end
  end
  for name in pairs(common) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- ---- modules ---------------------------------------------------------------------------------

-- The stub of a C module, or the source of a script: "json", "task".
local function source_of(module)
  return system.source("host.stubs." .. module .. ".d") or system.source("bindings.stubs." .. module .. ".d")
    or system.source("moonrock." .. module)
end

-- What the front door has: name and description, from its own comments; and where a function really stands.
local function front()
  local text, names, places = system.source "moonrock", {}, {}
  for name, rest in text:gmatch "\n%-%-%-@field ([%w_]+) ([^\n]*)" do
    names[#names + 1] = { name = name, text = (rest:gsub("^table ", "")) }
  end
  for name, module, field in text:gmatch "\n  ([%w_]+) = { \"moonrock%.([%w_]+)\", \"([%w_]+)\" }" do
    places[name] = module .. "." .. field
  end
  return names, places
end

local function front_text()
  local out = { "require \"moonrock\" has:", "  client(name, options)  a client of a service" }
  for _, entry in ipairs(front()) do out[#out + 1] = ("  %s  %s"):format(entry.name, entry.text) end
  return table.concat(out, "\n") .. "\n\nmoonrock help NAME tells more about one\n"
end

-- The functions of a module, by name, with comment and head; those without a comment are its own business.
local function functions_of(text)
  local lines, found = split(text), {}
  for at, line in ipairs(lines) do
    local name = line:match "^function %u%w*[.:]([%w_]+)%("
    if name then
      local told = described(lines, at)
      found[#found + 1] = { name = name, told = told ~= nil, text = (told or line):gsub(" end$", "") .. "\n" }
    end
  end
  return found
end

-- The classes by name that fields are told of, from all sources: where they stand.
local function class_at(name)
  for _, source in ipairs(system.sources()) do
    local lines = split(system.source(source))
    for at, line in ipairs(lines) do
      if line:match "^%-%-%-@class ([%w_.]+)" == name then return lines, at end
    end
  end
end

-- Puts the fields of the classes that a text names, and of their parents, below it: what options there are.
local function add_classes(out, text, seen)
  for line in text:gmatch "%-%-%-@[pr][ae]%l+ [^\n]*" do
    for name in line:gmatch "moonrock%.[%w_.]*%u%w*" do
      while name and not seen[name] do
        seen[name] = true
        local lines, at = class_at(name)
        local last = at
        while lines and lines[last + 1]:find "^%-%-%-" and not lines[last + 1]:find "^%-%-%-@class" do
          last = last + 1
        end
        if lines and last > at then out[#out + 1] = table.concat(lines, "\n", at, last) .. "\n" end
        name = lines and lines[at]:match ":%s*([%w_.]+)"
      end
    end
  end
end

-- A function that has a file of its own stands in the module, and with all its options in the file.
local function told_twice(name)
  local module, wanted = name:gsub("^moonrock%.", ""):match "^([%w_]+)%.([%w_]+)$"
  local above, own = module and source_of(module), module and source_of(module .. "." .. wanted)
  local out = {}
  for _, f in ipairs(above and own and functions_of(above) or {}) do
    if f.name == wanted then out[1] = f.text end
  end
  for _, f in ipairs(out[1] and functions_of(own) or {}) do
    if f.name == wanted or f.name == "run" then out[#out + 1] = f.text end
  end
  return out[1] and out
end

---Help on a module or a function in it, by the comments in its stub or source: "moonrock.json",
---"json.encode", "task.wait" (of a class there), "map" (of moonrock itself).
---@param name string
---@return string|nil
---@return string? complaint where the module is there and has no such function
function M.module(name)
  if name == "moonrock" then return front_text() end
  local out = told_twice(name)
  if out then
    add_classes(out, table.concat(out), { ["moonrock.Error"] = true })
    return table.concat(out, "\n")
  end
  local module, wanted = name:gsub("^moonrock%.", ""), nil
  module = select(2, front())[module] or module
  local text = source_of(module)
  if not text then
    module, wanted = module:match "^([%w_]+)[.:]([%w_.:]+)$"
    wanted = wanted and wanted:match "[%w_]+$"
    text = module and source_of(module)
  end
  if not text then -- a function of the front door itself
    module, wanted, text = nil, name:match "^[%w_.]*$" and name:match "[%w_]+$", system.source "moonrock"
    if not wanted then return nil end
  end
  local names = {}
  out = {}
  for _, f in ipairs(functions_of(text)) do
    names[#names + 1] = f.name
    if f.name == wanted or not wanted and f.told then out[#out + 1] = f.text end
  end
  if #out > 0 then
    if wanted then add_classes(out, table.concat(out), { ["moonrock.Error"] = true }) end
    return table.concat(out, "\n")
  end
  return nil, module and wanted and ("%s has no function %s%s"):format(module, wanted, suggest.tail(wanted, names))
end

-- ---- the command -----------------------------------------------------------------------------

local function columns(names)
  local out = {}
  wrap(out, table.concat(names, " "), "  ")
  return table.concat(out, "\n")
end

---The operations of each service, and the size of their tables.
---@return string
function M.count()
  local out, sum = {}, 0
  for _, name in ipairs(model.services()) do
    local service = model.service(name)
    local n = #service:operations()
    sum = sum + n
    out[#out + 1] = ("%-16s %4d operations  %s"):format(name, n, service.source)
  end
  out[#out + 1] = ("%-16s %4d operations in %d bytes of tables"):format("all", sum, model.table_sizes().bytes)
  return table.concat(out, "\n") .. "\n"
end

local function service_text(service)
  local methods = {}
  for i, name in ipairs(service:operations()) do methods[i] = service:operation(name).method end
  table.sort(methods)
  local waiters = service:waiters()
  local text = ("%s: %d operations, %s\n%s\n\nhelpers:\n%s\n"):format(service.name, #methods, service.source,
    columns(methods), columns(M.helpers(service.name)))
  if #waiters > 0 then text = text .. ("\nwaiters, for client:wait:\n%s\n"):format(columns(waiters)) end
  return text .. ("\nmoonrock help %s %s tells more about one\n"):format(service.name, methods[1])
end

local function helper_text(service, name)
  local out = { M.helper(service, name) }
  add_classes(out, out[1] or "", { ["moonrock.Error"] = true })
  return out[1] and table.concat(out, "\n")
end

-- An operation or helper that was named without its service, where one service alone has it.
local function of_any_service(name)
  if common[name] then return helper_text("s3", name) end
  local found
  for _, service_name in ipairs(model.services()) do
    local service = model.service(service_name)
    local op = service:operation(name)
    local text = op and M.operation(service, op) or helper_text(service_name, name)
    if text and found then return nil end
    found = text or found
  end
  return found
end

local function nearest(name)
  local where, names = {}, {}
  local function add(word, shown) where[word], names[#names + 1] = where[word] or shown, word end
  for _, service_name in ipairs(model.services()) do
    add(service_name, service_name)
    local service = model.service(service_name)
    for _, op in ipairs(service:operations()) do
      local method = service:operation(op).method
      add(method, service_name .. "." .. method)
    end
    for _, helper in ipairs(M.helpers(service_name)) do add(helper, service_name .. "." .. helper) end
  end
  for _, entry in ipairs((front())) do add(entry.name, entry.name) end
  return where[suggest.closest(name, names)]
end

---Help on words: "s3", "s3.upload_file", "bedrock CreateModelCustomizationJob", "json.encode", "put_object".
---@param first string
---@param second? string
---@return string|nil text
---@return string|nil complaint with the nearest name
function M.on(first, second)
  if not second then
    local service, name = first:match "^([%w-]+)%.([%w_]+)$"
    if service and service ~= "moonrock" then first, second = service, name end
  end
  local service = model.service(first)
  if not service then
    local text, complaint = M.module(second and first .. "." .. second or first)
    text = text or not second and of_any_service(first)
    if text or complaint then return text or nil, complaint end
    local near = nearest(first)
    return nil, ("there is no service, module or operation %s%s; services are %s; moonrock help moonrock lists modules")
      :format(first, near and "; did you mean " .. near .. "?" or "", table.concat(model.services(), ", "))
  elseif not second then
    return service_text(service)
  end
  local text = helper_text(first, second)
  if text then return text end
  local op = service:operation(second)
  if op then return M.operation(service, op) end
  local names = M.helpers(first)
  for _, name in ipairs(service:operations()) do names[#names + 1] = service:operation(name).method end
  return nil, ("%s has no operation or helper %s%s; moonrock help %s lists them"):format(first, second,
    suggest.tail(second, names), first)
end

return M
