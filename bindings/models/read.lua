-- SPDX-License-Identifier: MIT
-- Reads models, the text format that describes a service, for compile.lua.
--
-- THE FORMAT.  One fact a line; `#` starts a comment line; a line that is indented belongs to
-- the one above it.  Words are parted by spaces; `...` in backquotes is a pattern.
--   service NAME                  then: protocol, signing, endpoint, version, serviceid,
--                                 namespace, source, each with its value
--   extend NAME                   instead of service: facts added to another file's service
--   secret SHAPE MEMBER...        text that scripts get as a moonrock.secret, which they cannot read
--   open SHAPE                    an enumeration that may have other values by now: any but "" is taken
--   operation NAME METHOD PATH [STATUS]      {label} or {greedy+} in PATH
--     input SHAPE [as XMLNAME] [xmlns URI [prefix P]]
--     output SHAPE [in WRAPPER]     reply-name XMLNAME     unwrapped
--     errors NAME...     host PREFIX ({label} in it)     auth none     unsigned-payload     deprecated
--     context NAME...               parameters that the endpoint's rules see as true
--     checksum [required] [request MEMBER] [validate MEMBER reply ALGORITHM...]
--     pages input M... output M... [more M] [limit M] results M...
--   waiter NAME OPERATION every DELAY[..MAX] for LIMIT       see waiter.lua
--   structure|union|events NAME [as XMLNAME] [xmlns URI [prefix P]] [sensitive] [event]
--   error NAME STATUS [code WIRE] [retry|retry-throttle]       a structure too
--     MEMBER[*] TYPE [WHERE] [FACT...]         * required
--   list NAME of TYPE [: FACT...]              as NAME-OF-ITEM, flat, sparse, member xmlns URI
--   map NAME of TYPE to TYPE [: FACT...]       key NAME, as NAME-OF-VALUE, flat
--   SCALAR NAME [FACT...]                      | VALUE on the lines below: the enumeration
-- TYPE is a shape's name, or a scalar with facts: string 1..63 `[a-z]+`, string {A | B}.
-- SCALAR: string integer long float double boolean timestamp blob document.
-- FACT: MIN..MAX (length, size or value), `pattern`, {A | B}, iso8601 rfc822 unixTimestamp,
--   sensitive flat sparse stream attribute token json host event-payload event-header
--   deprecated, as WIRENAME, xmlns URI [prefix P].  The root element of a payload is its WIRENAME,
--   even one that is MEMBER's own; without `as` it is its shape's name.
-- WHERE: label [NAME], query NAME, query-map, header NAME, headers PREFIX (* for none),
--   status, payload; without one a member travels in the body.

local waiter = dofile("bindings/models/waiter.lua")

local M = {}

local place = "?"

-- Ends the program with the place of the fault.
function M.fail(fmt, ...)
  io.stderr:write(place, ": ", string.format(fmt, ...), "\n")
  os.exit(1)
end

-- Names what the next fault belongs to: "FILE:LINE".
function M.at(where) place = where end

local fail = M.fail
-- ---- reading -----------------------------------------------------------------------------

local function tokens(line)
  local list, at = {}, 1
  while true do
    at = line:find("%S", at)
    if not at then return list end
    local first = line:sub(at, at)
    local stop
    if first == "`" then
      stop = line:find("`", at + 1, true)
      if not stop then fail("pattern without its end") end
      list[#list + 1] = { pattern = line:sub(at + 1, stop - 1) }
    elseif first == "{" and list[1] ~= "host" then
      stop = line:find("}", at, true)
      if not stop then fail("enumeration without its end") end
      local values = {}
      for value in (line:sub(at + 1, stop - 1) .. "|"):gmatch("%s*(.-)%s*|") do values[#values + 1] = value end
      list[#list + 1] = { enum = values }
    else
      stop = (line:find("%s", at) or #line + 1) - 1
      list[#list + 1] = line:sub(at, stop)
    end
    at = stop + 1
  end
end

local scalars = { string = "MR_STRING", integer = "MR_INTEGER", long = "MR_LONG", float = "MR_FLOAT",
  double = "MR_DOUBLE", boolean = "MR_BOOLEAN", timestamp = "MR_TIMESTAMP", blob = "MR_BLOB",
  document = "MR_DOCUMENT" }
local formats = { iso8601 = 1, rfc822 = 2, unixTimestamp = 3 }
local shape_flags = { sensitive = 1, flat = 2, sparse = 4, stream = 8, error = 16, event = 32,
  events = 64, retry = 128, ["retry-throttle"] = 256 }
local member_flags = { required = 1, payload = 2, flat = 4, attribute = 8, token = 16, stream = 32,
  json = 64, host = 128, ["event-payload"] = 256, ["event-header"] = 512, deprecated = 1024 }
local NAMED = 4096
local places = { label = 1, query = 2, ["query-map"] = 3, header = 4, headers = 5, status = 6 }

-- Takes the facts from words[i] on; scalar facts end at the first word that is none.
local function take_fact(words, i, into)
  local word = words[i]
  if type(word) == "table" then
    if word.pattern then into.pattern = word.pattern else into.enum = word.enum end
    return i + 1
  end
  local low, high = word:match("^(-?[%d.e+-]-)%.%.(-?[%d.e+-]*)$")
  if low and (low ~= "" or high ~= "") then
    into.min, into.max = tonumber(low), tonumber(high)
    if (low ~= "" and not into.min) or (high ~= "" and not into.max) then fail("no range: %s", word) end
    return i + 1
  end
  if formats[word] then
    into.format = formats[word]
    return i + 1
  end
  if word == "sensitive" then
    into.flags = (into.flags or 0) | 1
    return i + 1
  end
  return nil
end

local function take_type(words, i)
  local word = words[i]
  if type(word) ~= "string" then fail("a type is missing") end
  if not scalars[word] then return { ref = word, place = place }, i + 1 end
  local shape = { kind = scalars[word] }
  i = i + 1
  while words[i] do
    local after = take_fact(words, i, shape)
    if not after then break end
    i = after
  end
  return shape, i
end

local function need(words, i, what)
  if type(words[i]) ~= "string" then fail("%s is missing", what) end
  return words[i]
end

local function take_xmlns(words, i, into, prefix)
  into[prefix .. "xmlns"] = need(words, i + 1, "the namespace")
  if words[i + 2] == "prefix" then
    into[prefix .. "xmlns_prefix"] = need(words, i + 3, "the prefix")
    return i + 4
  end
  return i + 2
end

local services, by_name = {}, {}
local service, current, extending

local settings = { protocol = true, signing = true, endpoint = true, version = true,
  serviceid = true, namespace = true, source = true }

local function define(shape)
  if service.shapes[shape.name] then fail("%s is defined twice", shape.name) end
  service.shapes[shape.name] = shape
  shape.place = place
  current = shape
end

local heads = {}

function heads.service(words)
  local name = need(words, 2, "a name")
  if by_name[name] then fail("service %s is defined twice", name) end
  service = { name = name, shapes = {}, operations = {}, waiters = {}, place = place }
  by_name[name] = service
  services[#services + 1] = service
  current, extending = nil, false
end

function heads.extend(words)
  service = by_name[need(words, 2, "a name")]
  if not service then fail("no service %s in the files before this one", words[2]) end
  current, extending = nil, true
end

function heads.secret(words)
  local shape = service.shapes[need(words, 2, "a shape")] or fail("no shape %s", words[2])
  if not words[3] then fail("expected: secret SHAPE MEMBER...") end
  for i = 3, #words do
    local member = (shape.by or {})[words[i]] or fail("%s has no member %s", shape.name, tostring(words[i]))
    local target = member.shape.ref and service.shapes[member.shape.ref] or member.shape
    if target.kind ~= "MR_STRING" then fail("%s.%s is no string", shape.name, member.name) end
    member.flags = member.flags | 2048
  end
  current = nil
end

function heads.open(words)
  local shape = service.shapes[need(words, 2, "a shape")] or fail("no shape %s", words[2])
  if not shape.enum then fail("%s is no enumeration", shape.name) end
  shape.enum, shape.min, current = nil, 1, nil
end

function heads.waiter(words)
  current = waiter.head(words, fail)
  current.place = place
  if service.waiters[current.name] then fail("waiter %s is defined twice", current.name) end
  service.waiters[current.name] = current
end

function heads.operation(words)
  local name = need(words, 2, "a name")
  current = service.operations[name]
  if extending and current then return end
  if current then fail("operation %s is defined twice", name) end
  current = { operation = true, name = name, http_method = need(words, 3, "a method"),
    path = need(words, 4, "a path"), status = tonumber(words[5] or 200), errors = {}, place = place }
  service.operations[name] = current
end

local function structure(kind, flags)
  return function(words)
    local shape = { name = need(words, 2, "a name"), kind = kind, flags = flags, members = {}, by = {} }
    local i = 3
    if flags == shape_flags.error then
      shape.status = tonumber(words[3]) or fail("an error needs its HTTP status")
      i = 4
    end
    while words[i] do
      local word = words[i]
      if word == "as" then shape.wire, i = need(words, i + 1, "a name"), i + 2
      elseif word == "code" then shape.code, i = need(words, i + 1, "a code"), i + 2
      elseif word == "xmlns" then i = take_xmlns(words, i, shape, "")
      elseif shape_flags[word] then shape.flags, i = shape.flags | shape_flags[word], i + 1
      else fail("unknown fact %s", word) end
    end
    define(shape)
  end
end
heads.structure = structure("MR_STRUCTURE", 0)
heads.union = structure("MR_UNION", 0)
heads.events = structure("MR_UNION", shape_flags.events)
heads.error = structure("MR_STRUCTURE", shape_flags.error)

local function container_facts(words, i, shape)
  if words[i] == nil then return end
  if words[i] ~= ":" then fail("expected : before the facts") end
  i = i + 1
  while words[i] do
    local word = words[i]
    local after = take_fact(words, i, shape)
    if after then i = after
    elseif word == "as" then shape.wire, i = need(words, i + 1, "a name"), i + 2
    elseif word == "key" then shape.key_wire, i = need(words, i + 1, "a name"), i + 2
    elseif word == "xmlns" then i = take_xmlns(words, i, shape, "")
    elseif word == "member" and words[i + 1] == "xmlns" then i = take_xmlns(words, i + 1, shape, "item_")
    elseif word == "flat" or word == "sparse" then shape.flags, i = (shape.flags or 0) | shape_flags[word], i + 1
    else fail("unknown fact %s", tostring(word)) end
  end
end

function heads.list(words)
  local shape = { name = need(words, 2, "a name"), kind = "MR_LIST" }
  if words[3] ~= "of" then fail("expected: list NAME of TYPE") end
  local i
  shape.element, i = take_type(words, 4)
  container_facts(words, i, shape)
  define(shape)
end

function heads.map(words)
  local shape = { name = need(words, 2, "a name"), kind = "MR_MAP" }
  local i
  if words[3] ~= "of" then fail("expected: map NAME of TYPE to TYPE") end
  shape.key, i = take_type(words, 4)
  if words[i] ~= "to" then fail("expected: map NAME of TYPE to TYPE") end
  shape.element, i = take_type(words, i + 1)
  container_facts(words, i, shape)
  define(shape)
end

for word, kind in pairs(scalars) do
  heads[word] = function(words)
    local shape = { name = need(words, 2, "a name"), kind = kind }
    local i = 3
    while words[i] do
      local after = take_fact(words, i, shape)
      if after then i = after
      elseif words[i] == "stream" then shape.flags, i = (shape.flags or 0) | shape_flags.stream, i + 1
      else fail("unknown fact %s", tostring(words[i])) end
    end
    define(shape)
  end
end

local function run_of(words, i, stop)
  local list = {}
  while words[i] and not (stop and stop[words[i]]) do
    list[#list + 1] = need(words, i, "a name")
    i = i + 1
  end
  return list, i
end

local op_lines = {}
function op_lines.input(op, words)
  op.input = { ref = need(words, 2, "a shape"), place = place }
  local i = 3
  while words[i] do
    if words[i] == "as" then op.input_wire, i = need(words, i + 1, "a name"), i + 2
    elseif words[i] == "xmlns" then i = take_xmlns(words, i, op, "input_")
    else fail("unknown fact %s", tostring(words[i])) end
  end
end
function op_lines.output(op, words)
  op.output = { ref = need(words, 2, "a shape"), place = place }
  if words[3] == "in" then op.wrapper = need(words, 4, "a name") end
end
op_lines["reply-name"] = function(op, words) op.output_wire = need(words, 2, "a name") end
function op_lines.unwrapped(op) op.flags = (op.flags or 0) | 4 end
function op_lines.deprecated(op) op.flags = (op.flags or 0) | 16 end
op_lines["unsigned-payload"] = function(op) op.flags = (op.flags or 0) | 2 end
function op_lines.auth(op, words)
  if need(words, 2, "a kind") == "none" then op.flags = (op.flags or 0) | 8
  elseif words[2] ~= "v4-unsigned-body" then fail("unknown auth %s", words[2]) end
end
function op_lines.host(op, words) op.host_prefix = need(words, 2, "a prefix") end
function op_lines.context(op, words)
  for i = 2, #words do op.context = (op.context and op.context .. " " or "") .. need(words, i, "a name") end
end
function op_lines.errors(op, words)
  for i = 2, #words do op.errors[#op.errors + 1] = { ref = words[i], place = place } end
end
function op_lines.checksum(op, words)
  local i = 2
  while words[i] do
    if words[i] == "required" then op.flags, i = (op.flags or 0) | 1, i + 1
    elseif words[i] == "request" then op.checksum_request, i = need(words, i + 1, "a member"), i + 2
    elseif words[i] == "validate" then op.checksum_validate, i = need(words, i + 1, "a member"), i + 2
    elseif words[i] == "reply" then op.checksum_reply, i = run_of(words, i + 1)
    else fail("unknown fact %s", tostring(words[i])) end
  end
end
local page_words = { input = true, output = true, more = true, limit = true, results = true }
function op_lines.pages(op, words)
  local i = 2
  while words[i] do
    local word = words[i]
    if not page_words[word] then fail("unknown fact %s", tostring(word)) end
    local list, after = run_of(words, i + 1, page_words)
    i = after
    op["page_" .. word] = (word == "more" or word == "limit") and list[1] or list
  end
end

local function member_line(shape, words)
  local name, star = need(words, 1, "a name"):match("^(.-)(%*?)$")
  if shape.by[name] then fail("%s.%s is defined twice", shape.name, name) end
  local member = { name = name, wire = name, flags = star == "*" and 1 or 0, location = 0, place = place }
  local i
  member.shape, i = take_type(words, 2)
  while words[i] do
    local word = words[i]
    if type(word) ~= "string" then fail("facts of a type come before those of a member") end
    if places[word] then
      member.location = places[word]
      i = i + 1
      if word == "query" or word == "header" or word == "headers" then
        member.wire = need(words, i, "a name")
        if word == "headers" and member.wire == "*" then member.wire = "" end
        i = i + 1
      elseif word == "label" and type(words[i]) == "string" and not member_flags[words[i]] then
        member.wire, i = words[i], i + 1
      end
    elseif word == "as" then
      member.wire, i = need(words, i + 1, "a name"), i + 2
      member.flags = member.flags | NAMED
    elseif word == "xmlns" then i = take_xmlns(words, i, member, "")
    elseif formats[word] then member.format, i = formats[word], i + 1
    elseif member_flags[word] and word ~= "required" then
      if word == "payload" then
        if shape.payload then fail("%s has two payloads", shape.name) end
        shape.payload = #shape.members + 1
      elseif word == "event-header" then
        member.location = places.header
      end
      member.flags, i = member.flags | member_flags[word], i + 1
    else fail("unknown fact %s", word) end
  end
  shape.members[#shape.members + 1] = member
  shape.by[name] = member
end

-- Reads the files and gives the list of services.
function M.read(files)
  -- Files that extend a service come after the others, whatever their names.
  local extends = {}
  for _, path in ipairs(files) do
    for line in io.lines(path) do
      if line:find("^%a") then
        extends[path] = line:find("^extend ") and 1 or 0
        break
      end
    end
  end
  table.sort(files, function(a, b)
    if extends[a] ~= extends[b] then return (extends[a] or 0) < (extends[b] or 0) end
    return a < b
  end)

  for _, path in ipairs(files) do
    local number = 0
    for line in io.lines(path) do
      number = number + 1
      place = path .. ":" .. number
      if line:find("%S") and not line:find("^#") then
        local words = tokens(line)
        local first = words[1]
        if line:find("^%s") then
          if not current then fail("nothing above that this could belong to") end
          if current.waiter then
            waiter.line(current, words, fail)
          elseif current.operation then
            if not op_lines[first] then fail("unknown fact %s", tostring(first)) end
            op_lines[first](current, words)
          elseif first == "|" then
            current.enum = current.enum or {}
            current.enum[#current.enum + 1] = line:match("^%s*|%s*(.-)%s*$")
          elseif current.members then
            member_line(current, words)
          else
            fail("%s has no members", current.name)
          end
        elseif first == "service" or first == "extend" then
          heads[first](words)
        elseif not service then
          fail("a model starts with service or extend")
        elseif settings[first] then
          service[first] = line:match("^%S+%s+(.-)%s*$") or fail("%s has no value", first)
        elseif heads[first] then
          heads[first](words)
        else
          fail("unknown word %s", tostring(first))
        end
      end
    end
  end
  return services
end

return M
