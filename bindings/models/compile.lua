-- SPDX-License-Identifier: MIT
-- Compiles service models into constant C tables (bindings/shape.h), from the project's root:
--   lua5.4 bindings/models/compile.lua OUT.c A.model B.model ...
-- read.lua reads the models and documents their format.  OUT is sorted, the same for the
-- same input, and rewritten only if it changed.

local model = dofile("bindings/models/read.lua")
local waiter = dofile("bindings/models/waiter.lua")
local fail = model.fail
local out_path = arg[1]
local services = model.read { table.unpack(arg, 2) }

-- ---- the pool and the arrays -------------------------------------------------------------

local pool, pool_at, pool_size = { "\0\0\0\0" }, {}, 4
local function text(s)
  if s == nil then return 0 end
  if not pool_at[s] then
    if #s > 65535 then fail("a text of %d bytes", #s) end
    pool[#pool + 1] = string.char(#s & 255, #s >> 8) .. s .. "\0"
    pool_at[s] = pool_size + 2
    pool_size = pool_size + #s + 3
  end
  return pool_at[s]
end

local words, numbers, shapes, members, operations, service_rows, waiters = {}, {}, {}, {}, {}, {}, {}
local shape_rows, member_rows = {}, {}
local number_at = {}

local function run(list, map)
  if not list or #list == 0 then return "{0,0}" end
  local first = #words
  for _, item in ipairs(list) do words[#words + 1] = map(item) end
  return string.format("{%d,%d}", first, #list)
end

local function range(shape)
  if not shape.min and not shape.max then return 0 end
  local function c(n, default) return n and string.format("%.17g", n) or default end
  local pair = c(shape.min, "-INFINITY") .. "," .. c(shape.max, "INFINITY")
  if not number_at[pair] then
    numbers[#numbers + 1] = pair
    number_at[pair] = #numbers
  end
  return number_at[pair]
end

local function sorted(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function snake(name)
  return (name:gsub("(%l)(%u)", "%1_%2"):gsub("(%u)(%u%l)", "%1_%2"):gsub("(%d)(%u%l)", "%1_%2"):lower())
end

table.sort(services, function(a, b) return a.name < b.name end)
for service_index, s in ipairs(services) do
  model.at(s.place)
  local protocols = { ["rest-json"] = 0, ["rest-xml"] = 1, query = 2 }
  local protocol = protocols[s.protocol] or fail("protocol %s is not known", tostring(s.protocol))
  -- Named shapes first, sorted; those written in place follow, each once.
  local index, first_shape, anonymous = {}, #shapes, {}
  local list = sorted(s.shapes)
  for i, name in ipairs(list) do
    index[name] = first_shape + i
    shapes[first_shape + i] = s.shapes[name]
  end
  local function resolve(type_)
    if not type_ then return 0 end
    if type_.ref then
      model.at(type_.place)
      return index[type_.ref] or fail("no shape %s", type_.ref)
    end
    local key = table.concat({ type_.kind, tostring(type_.min), tostring(type_.max), type_.pattern or "-",
      table.concat(type_.enum or {}, "|"), type_.format or 0, type_.flags or 0 }, "\1")
    if not anonymous[key] then
      shapes[#shapes + 1] = type_
      anonymous[key] = #shapes
    end
    return anonymous[key]
  end
  for _, name in ipairs(list) do
    local shape = s.shapes[name]
    model.at(shape.place)
    shape.element_at, shape.key_at = resolve(shape.element), resolve(shape.key)
    if shape.members then
      shape.first, shape.count = #members, #shape.members
      for _, member in ipairs(shape.members) do
        member.shape_at = resolve(member.shape)
        members[#members + 1] = member
      end
    end
  end
  for i = first_shape + 1, #shapes do
    local shape = shapes[i]
    if shape.enum then
      shape.first, shape.count = #words, #shape.enum
      for _, value in ipairs(shape.enum) do words[#words + 1] = text(value) end
    end
  end
  -- Does a value of this type hold a secret?  Then its bytes are kept from scripts.
  local function has_secret(type_, seen)
    local shape = type_ and (type_.ref and s.shapes[type_.ref] or type_)
    if not shape or seen[shape] then return false end
    seen[shape] = true
    for _, member in ipairs(shape.members or {}) do
      if member.flags & 2048 ~= 0 or has_secret(member.shape, seen) then return true end
    end
    return has_secret(shape.element, seen)
  end
  local op_names = sorted(s.operations)
  local first_op = #operations
  for _, name in ipairs(op_names) do
    local op = s.operations[name]
    model.at(op.place)
    local input, output = op.input and s.shapes[op.input.ref], op.output and s.shapes[op.output.ref]
    op.input_at, op.output_at = resolve(op.input), resolve(op.output)
    model.at(op.place)
    local labels = {}
    for label in op.path:gmatch("{([^}+]+)%+?}") do labels[label] = true end
    op.token, op.stream_in, op.stream_out = 0, 0, 0
    local function is_stream(member)
      local target = member.shape.ref and s.shapes[member.shape.ref] or member.shape
      return member.flags & 32 ~= 0 or (target.flags or 0) & (8 | 64) ~= 0
    end
    for i, member in ipairs(input and input.members or {}) do
      if member.flags & 16 ~= 0 then op.token = input.first + i end
      if is_stream(member) then op.stream_in = input.first + i end
      if member.location == 1 then
        if not labels[member.wire] then fail("label %s is not in the path", member.wire) end
        labels[member.wire] = nil
      end
    end
    if next(labels) then fail("no member for the label %s", (next(labels))) end
    for i, member in ipairs(output and output.members or {}) do
      if is_stream(member) then op.stream_out = output.first + i end
    end
    local function member_name(n)
      if n and not (input and input.by[n]) then fail("no member %s", n) end
      return text(n)
    end
    operations[#operations + 1] = string.format(
      "{%d,%d, %d,%d, %d,%d, %d,%d,%d, %d,%d, %d,%d,%d, %d,%d, %d,%d, %s,%s, %s,%s,%s, %d,%d, %d, %d,%d}",
      text(name), text(snake(name)), text(op.http_method), text(op.path), op.input_at, op.output_at,
      text(op.input_wire), text(op.input_xmlns), text(op.input_xmlns_prefix), text(op.output_wire),
      text(op.wrapper), op.token, op.stream_in, op.stream_out, member_name(op.checksum_request),
      member_name(op.checksum_validate), text(op.host_prefix), text(op.context), run(op.checksum_reply, text),
      run(op.errors, resolve), run(op.page_input, text), run(op.page_output, text), run(op.page_results, text),
      text(op.page_more), text(op.page_limit), service_index - 1, op.status,
      (op.flags or 0) | (has_secret(op.output, {}) and 32 or 0))
  end
  -- Here and not at the end, so that the texts of a service lie together.
  for i = first_shape + 1, #shapes do
    local shape = shapes[i]
    model.at(shape.place or "?")
    shape_rows[i] = string.format("{%d, %d,%d, %d,%d, %d,%d, %d,%d, %d,%d, %d, %d, %d, %d, %d,%d, %s,%d}",
      text(shape.name), shape.first or 0, shape.count or 0, shape.element_at or 0, shape.key_at or 0,
      text(shape.wire), text(shape.key_wire), text(shape.xmlns), text(shape.xmlns_prefix),
      text(shape.item_xmlns), text(shape.item_xmlns_prefix), text(shape.pattern), range(shape),
      shape.payload and shape.first + shape.payload or 0, text(shape.code), shape.flags or 0,
      shape.status or 0, shape.kind, shape.format or 0)
  end
  for i = #member_rows + 1, #members do
    local member = members[i]
    member_rows[i] = string.format("{%d,%d, %d, %d,%d, %d, %d,%d}", text(member.name), text(member.wire),
      member.shape_at, text(member.xmlns), text(member.xmlns_prefix), member.flags, member.location, member.format or 0)
  end
  local first_waiter = #waiters
  for _, name in ipairs(sorted(s.waiters)) do
    local w = s.waiters[name]
    model.at(w.place)
    if not s.operations[w.operation] then fail("no operation %s", w.operation) end
    waiters[#waiters + 1] = string.format("{%d,%d, %d,%d,%d, %d, %s}", text(name), text(snake(w.operation)),
      w.delay, w.max_delay, w.limit, text(w.reason), waiter.put_rules(w, words, text))
  end
  service_rows[#service_rows + 1] = string.format("{%d,%d,%d,%d,%d,%d,%d, {%d,%d},{%d,%d},{%d,%d}, %d}",
    text(s.name), text(s.signing or s.name), text(s.endpoint or s.name), text(s.version), text(s.serviceid),
    text(s.namespace), text(s.source), first_op, #op_names, first_shape, #list,
    first_waiter, #waiters - first_waiter, protocol)
end

-- ---- writing -----------------------------------------------------------------------------

local parts = { "/* Made by bindings/models/compile.lua; do not edit. */\n",
  '#include "bindings/shape.h"\n\n#include <math.h>\n' }
local function put(fmt, ...) parts[#parts + 1] = string.format(fmt, ...) end
local function array(kind, name, rows, none)
  put("\nstatic const %s %s[] = {\n", kind, name)
  for _, row in ipairs(#rows > 0 and rows or { none or "{0}" }) do put("%s,\n", row) end
  put("};\n")
end

local bytes = table.concat(pool)
put("\nstatic const char text[] = {")
for at = 1, #bytes, 32 do
  local row = {}
  for i = at, math.min(at + 31, #bytes) do
    local b = bytes:byte(i)
    row[#row + 1] = b > 127 and b - 256 or b
  end
  put("\n%s,", table.concat(row, ","))
end
put("\n};\n")
array("uint32_t", "words", words, "0")
array("double", "numbers", numbers, "0")
array("mr_shape", "shapes", shape_rows)
array("mr_member", "members", member_rows)
array("mr_operation", "operations", operations)
array("mr_service", "services", service_rows)
array("mr_waiter_facts", "waiters", waiters)
put("\nconst mr_models mr_models_table = {text, services, operations, shapes, members, words,\n")
put("                                   waiters, numbers, %d, %d, %d, %d, %d};\n", #service_rows, #shapes, #members,
  #words, #bytes)

local result = table.concat(parts)
local old = io.open(out_path, "rb")
if old and old:read("a") == result then os.exit(0) end
local file = assert(io.open(out_path, "wb"))
file:write(result)
file:close()
