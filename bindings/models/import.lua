-- SPDX-License-Identifier: MIT
-- Writes a model from a service's public JSON description (the layout of service-2.json):
--   lua5.4 bindings/models/import.lua [--pages paginators.json] [--waiters waiters-2.json] [--only Op,Op,...]
--     [--source TEXT] [--name NAME] [--namespace URI] SERVICE.json > x.model
-- Facts only: no documentation text is carried over.  A scalar shape that is used once is
-- written at its place of use.  What the description lacks is kept in a *-more.model file.
-- The format is described in read.lua.

local waiter = dofile("bindings/models/waiter.lua")

-- ---- a JSON reader that keeps the order of keys ------------------------------------------

local function parse_json(text)
  local at = 1
  local value
  local function fail(what) error("JSON at byte " .. at .. ": " .. what, 0) end
  local function space() at = text:find("[^ \t\r\n]", at) or #text + 1 end
  local escapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }
  local function string_value()
    local stop = at + 1
    while true do
      local quote = text:find('["\\]', stop)
      if not quote then fail("unfinished string") end
      if text:sub(quote, quote) == '"' then
        local raw = text:sub(at + 1, quote - 1)
        at = quote + 1
        raw = raw:gsub("\\u[dD]([89abAB]%x%x)\\u[dD]([c-fC-F]%x%x)", function(hi, lo)
          return utf8.char(0x10000 + ((tonumber(hi, 16) - 0x800) << 10) + tonumber(lo, 16) - 0xC00)
        end)
        raw = raw:gsub("\\(.)(%x?%x?%x?%x?)", function(c, hex)
          if c == "u" then return utf8.char(tonumber(hex, 16)) end
          return (escapes[c] or c) .. hex
        end)
        return raw
      end
      stop = quote + 2
    end
  end
  function value()
    space()
    local c = text:sub(at, at)
    if c == '"' then return string_value() end
    if c == "{" or c == "[" then
      local object = c == "{"
      local out, keys = {}, {}
      at = at + 1
      space()
      if text:find("^[%]}]", at) then
        at = at + 1
      else
        repeat
          if object then
            space()
            local key = string_value()
            space()
            at = at + 1
            keys[#keys + 1] = key
            out[key] = value()
          else
            out[#out + 1] = value()
          end
          space()
          local mark = text:sub(at, at)
          if not mark:find("[,%]}]") then fail("expected , or the end") end
          at = at + 1
        until mark ~= ","
      end
      return object and setmetatable(out, { keys = keys }) or out
    end
    local word = text:match("^%a+", at)
    if word then
      at = at + #word
      return word == "true"
    end
    local number = text:match("^[-+%d.eE]+", at)
    if not number then fail("unexpected character") end
    at = at + #number
    return tonumber(number)
  end
  return value()
end

local function keys_of(t) return t and getmetatable(t).keys or {} end

local function read_json(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return parse_json(text)
end

-- ---- arguments ---------------------------------------------------------------------------

local options, path = {}, nil
do
  local i = 1
  while arg[i] do
    local name = arg[i]:match("^%-%-(%a+)$")
    if name then
      options[name] = arg[i + 1]
      i = i + 2
    else
      path = arg[i]
      i = i + 1
    end
  end
end
local api = read_json(path)
local pages = options.pages and read_json(options.pages).pagination or setmetatable({}, { keys = {} })
local waiters = options.waiters and read_json(options.waiters).waiters or setmetatable({}, { keys = {} })
local shapes = api.shapes

local chosen = {}
for _, name in ipairs(keys_of(api.operations)) do
  if not options.only or ("," .. options.only .. ","):find("," .. name .. ",", 1, true) then
    chosen[#chosen + 1] = name
  end
end
table.sort(chosen)

-- ---- which shapes are needed, and how often ----------------------------------------------

local uses, order = {}, {}
local function visit(name)
  uses[name] = (uses[name] or 0) + 1
  if uses[name] > 1 then return end
  order[#order + 1] = name
  local shape = shapes[name]
  for _, member in ipairs(keys_of(shape.members)) do visit(shape.members[member].shape) end
  for _, part in ipairs { "member", "key", "value" } do
    if shape[part] then visit(shape[part].shape) end
  end
end
for _, name in ipairs(chosen) do
  local op = api.operations[name]
  if op.input then visit(op.input.shape) end
  if op.output then visit(op.output.shape) end
  for _, err in ipairs(op.errors or {}) do visit(err.shape) end
end

-- S3's header is described as text, since a reply may hold any.  It is meant to be a time: a
-- number in a request has to become one (and a reply's text that is none stays text).
if shapes.Expires and shapes.Expires.type == "string" then shapes.Expires.type = "timestamp" end

local scalar = { string = true, integer = true, long = true, float = true, double = true,
  boolean = true, timestamp = true, blob = true, character = true }

local function number(n)
  if not n then return "" end
  return math.type(n) == "integer" and string.format("%d", n) or string.format("%.17g", n):gsub("^(.-)$", function(s)
    return tonumber(string.format("%.10g", n)) == n and string.format("%.10g", n) or s
  end)
end

local function facts(shape)
  local out = {}
  if shape.min or shape.max then out[#out + 1] = number(shape.min) .. ".." .. number(shape.max) end
  if shape.pattern then
    local escaped = shape.pattern:gsub("[`\n\r\t]", { ["`"] = "\\x60", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" })
    out[#out + 1] = "`" .. escaped .. "`"
  end
  if shape.enum then out[#out + 1] = "{" .. table.concat(shape.enum, " | ") .. "}" end
  if shape.timestampFormat then out[#out + 1] = shape.timestampFormat end
  if shape.sensitive then out[#out + 1] = "sensitive" end
  if shape.flattened then out[#out + 1] = "flat" end
  if shape.sparse then out[#out + 1] = "sparse" end
  if shape.streaming or shape.requiresLength then out[#out + 1] = "stream" end
  return out
end

local function plain(shape)
  return scalar[shape.type] and #facts(shape) == 0
end

-- A document is a structure in this layout.
local function type_of(name)
  local shape = shapes[name]
  if shape.document then
    return shape.sensitive and "document sensitive" or "document"
  end
  if scalar[shape.type] and (plain(shape) or (uses[name] == 1 and not (shape.enum and #shape.enum > 6))) then
    local parts = facts(shape)
    table.insert(parts, 1, shape.type)
    return table.concat(parts, " ")
  end
  return name
end

local function xmlns(ns)
  return "xmlns " .. ns.uri .. (ns.prefix and " prefix " .. ns.prefix or "")
end

-- ---- writing -----------------------------------------------------------------------------

local lines = {}
local function put(fmt, ...) lines[#lines + 1] = string.format(fmt, ...) end

local meta = api.metadata
put("# SPDX-License-Identifier: MIT")
put("# %s, as its public description tells it; the format is described in read.lua.", meta.serviceFullName)
put("# Written by import.lua; by hand only in a file beside it named *-more.model.")
put("service %s", options.name or meta.endpointPrefix)
put("protocol %s", meta.protocol)
put("signing %s", meta.signingName or meta.endpointPrefix)
put("endpoint %s", meta.endpointPrefix)
put("version %s", meta.apiVersion)
put("serviceid %s", meta.serviceId)
local function as_xmlns(ns) return type(ns) == "table" and ns or { uri = ns } end
if meta.xmlNamespace then put("namespace %s", as_xmlns(meta.xmlNamespace).uri) end
if options.namespace then put("namespace %s", options.namespace) end
if options.source then put("source %s", options.source) end

-- "A || B" is one word here: the first of them that is there.
local function words(v) return ((type(v) == "table" and table.concat(v, " ") or v):gsub(" || ", "||")) end

for _, name in ipairs(chosen) do
  local op = api.operations[name]
  local code = op.http.responseCode
  put("")
  put("operation %s %s %s%s", name, op.http.method, op.http.requestUri, code and code ~= 200 and " " .. code or "")
  if op.input then
    local extra = op.input.locationName and " as " .. op.input.locationName or ""
    if op.input.xmlNamespace then extra = extra .. " " .. xmlns(op.input.xmlNamespace) end
    put("  input %s%s", op.input.shape, extra)
  end
  if op.output then
    put("  output %s%s", op.output.shape, op.output.resultWrapper and " in " .. op.output.resultWrapper or "")
  end
  if op.errors and #op.errors > 0 then
    local names = {}
    for i, err in ipairs(op.errors) do names[i] = err.shape end
    put("  errors %s", table.concat(names, " "))
  end
  local sum = op.httpChecksum
  if op.httpChecksumRequired and not sum then sum = { requestChecksumRequired = true } end
  if sum then
    local parts = {}
    if sum.requestChecksumRequired then parts[#parts + 1] = "required" end
    if sum.requestAlgorithmMember then parts[#parts + 1] = "request " .. sum.requestAlgorithmMember end
    if sum.requestValidationModeMember then
      parts[#parts + 1] = "validate " .. sum.requestValidationModeMember
      parts[#parts + 1] = "reply " .. table.concat(sum.responseAlgorithms, " ")
    end
    put("  checksum %s", table.concat(parts, " "))
  end
  local page = pages[name]
  if page then
    put("  pages input %s output %s%s%s results %s", words(page.input_token), words(page.output_token),
      page.more_results and " more " .. page.more_results or "",
      page.limit_key and " limit " .. page.limit_key or "", words(page.result_key))
  end
  if op.authtype then put("  auth %s", op.authtype) end
  if op.deprecated then put("  deprecated") end
  if op.unsignedPayload then put("  unsigned-payload") end
  local context = {}
  for _, parameter in ipairs(keys_of(op.staticContextParams)) do
    if op.staticContextParams[parameter].value ~= true then
      error(string.format("%s: context parameter %s is not true", name, parameter), 0)
    end
    context[#context + 1] = parameter
  end
  if #context > 0 then put("  context %s", table.concat(context, " ")) end
  if op.endpoint and op.endpoint.hostPrefix then put("  host %s", op.endpoint.hostPrefix) end
end

local is_chosen = {}
for _, name in ipairs(chosen) do is_chosen[name] = true end
local waiter_names = keys_of(waiters)
table.sort(waiter_names)
for _, name in ipairs(waiter_names) do
  if is_chosen[waiters[name].operation] then
    put("")
    local snake = name:gsub("(%l)(%u)", "%1_%2"):gsub("(%u)(%u%l)", "%1_%2"):lower()
    for _, line in ipairs(waiter.lines(snake, waiters[name])) do put("%s", line) end
  end
end

local function member_line(name, member, required, payload)
  local parts = {}
  local wire = member.locationName
  local target = shapes[member.shape]
  if member.location == "uri" then
    parts[#parts + 1] = "label" .. (wire and wire ~= name and " " .. wire or "")
  elseif member.location == "querystring" then
    parts[#parts + 1] = target.type == "map" and "query-map" or "query " .. (wire or name)
  elseif member.location == "header" then
    parts[#parts + 1] = "header " .. (wire or name)
  elseif member.location == "headers" then
    parts[#parts + 1] = "headers " .. ((wire ~= "" and wire) or "*")
  elseif member.location == "statusCode" then
    parts[#parts + 1] = "status"
  else
    if payload then parts[#parts + 1] = "payload" end
    if wire and (wire ~= name or payload and wire ~= member.shape) then parts[#parts + 1] = "as " .. wire end
  end
  if member.timestampFormat then parts[#parts + 1] = member.timestampFormat end
  if member.flattened then parts[#parts + 1] = "flat" end
  if member.xmlAttribute then parts[#parts + 1] = "attribute" end
  if member.xmlNamespace then parts[#parts + 1] = xmlns(member.xmlNamespace) end
  if member.idempotencyToken then parts[#parts + 1] = "token" end
  if member.streaming or target.streaming then parts[#parts + 1] = "stream" end
  if member.jsonvalue then parts[#parts + 1] = "json" end
  if member.hostLabel then parts[#parts + 1] = "host" end
  if member.eventpayload then parts[#parts + 1] = "event-payload" end
  if member.eventheader then parts[#parts + 1] = "event-header" end
  if member.deprecated then parts[#parts + 1] = "deprecated" end
  local tail = #parts > 0 and " " .. table.concat(parts, " ") or ""
  put("  %s%s %s%s", name, required and "*" or "", type_of(member.shape), tail)
end

table.sort(order)
for _, name in ipairs(order) do
  local shape = shapes[name]
  if shape.type == "structure" and not shape.document then
    local kind = shape.exception and "error" or shape.union and "union" or shape.eventstream and "events" or "structure"
    local head = { kind, name }
    if shape.exception then
      head[#head + 1] = tostring(shape.error and shape.error.httpStatusCode or (shape.fault and 500 or 400))
      if shape.error and shape.error.code then head[#head + 1] = "code " .. shape.error.code end
      if shape.retryable then head[#head + 1] = shape.retryable.throttling and "retry-throttle" or "retry" end
    end
    if shape.locationName then head[#head + 1] = "as " .. shape.locationName end
    if shape.xmlNamespace then head[#head + 1] = xmlns(as_xmlns(shape.xmlNamespace)) end
    if shape.sensitive then head[#head + 1] = "sensitive" end
    if shape.event then head[#head + 1] = "event" end
    put("")
    put("%s", table.concat(head, " "))
    local required = {}
    for _, member in ipairs(shape.required or {}) do required[member] = true end
    for _, member in ipairs(keys_of(shape.members)) do
      member_line(member, shape.members[member], required[member], shape.payload == member)
    end
  elseif shape.type == "list" then
    local parts = facts(shape)
    if shape.member.locationName then parts[#parts + 1] = "as " .. shape.member.locationName end
    if shape.member.xmlNamespace then parts[#parts + 1] = "member " .. xmlns(shape.member.xmlNamespace) end
    if shape.xmlNamespace then parts[#parts + 1] = xmlns(shape.xmlNamespace) end
    put("")
    put("list %s of %s%s", name, type_of(shape.member.shape), #parts > 0 and " : " .. table.concat(parts, " ") or "")
  elseif shape.type == "map" then
    local parts = facts(shape)
    if shape.key.locationName then parts[#parts + 1] = "key " .. shape.key.locationName end
    if shape.value.locationName then parts[#parts + 1] = "as " .. shape.value.locationName end
    put("")
    put("map %s of %s to %s%s", name, type_of(shape.key.shape), type_of(shape.value.shape),
      #parts > 0 and " : " .. table.concat(parts, " ") or "")
  elseif not shape.document and type_of(name) == name then
    put("")
    if shape.enum then
      local rest = {}
      for key, v in pairs(shape) do if key ~= "enum" then rest[key] = v end end
      put("%s %s", shape.type, table.concat({ name, table.unpack(facts(rest)) }, " "))
      for _, v in ipairs(shape.enum) do put("  | %s", v) end
    else
      put("%s %s", shape.type, table.concat({ name, table.unpack(facts(shape)) }, " "))
    end
  end
end
io.write(table.concat(lines, "\n"), "\n")
