-- SPDX-License-Identifier: MIT
-- Records as scripts see them, held against plain tables at random; reading and writing of JSON
-- Lines, good and bad.

local lu = require "luaunit"
local jsonl = require "moonrock.jsonl"
local core = require "moonrock.jsonl_core"
local codec = require "moonrock.codec"
local errors = require "moonrock.error"
local files = require "files"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local task = require "moonrock.task"

local function record(text) return assert(jsonl.decode(text)) end

local function with_file(text, f, suffix)
  local path = files.path_for(suffix)
  assert(fs.write(path, text))
  local results = table.pack(pcall(f, path))
  fs.remove(path)
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

local function pieces(text, size)
  local at = 1
  return function()
    if at > #text then return nil end
    at = at + size
    return text:sub(at - size, at - 1)
  end
end

TestRecords = {}

function TestRecords.test_reading()
  local r = record [[{"a": 1, "b": [true, null, "x\u00e9"], "c": {"d": -2.5}, "f": false}]]
  lu.assertEquals(math.type(r.a), "integer")
  lu.assertEquals({ r.a, r.b[1], r.b[3], r.c.d, r.f, r.none, #r.b, #r.c }, { 1, true, "xé", -2.5, false, nil, 3, 0 })
  lu.assertTrue(r.b[2] == json.null)
  lu.assertNil(r.b[0])
  lu.assertNil(r.b[4])
  lu.assertNil(r.b[1.5])
  lu.assertNil(r[1])
  local keys, values = {}, {}
  for key, value in pairs(r) do
    keys[#keys + 1] = key
    values[key] = value
  end
  lu.assertEquals(keys, { "a", "b", "c", "f" })
  lu.assertTrue(values.c == r.c)
  local seen = {}
  for i, value in ipairs(r.b) do seen[i] = value end
  lu.assertEquals(#seen, 3)
  lu.assertEquals(tostring(r.b), [=[[true, null, "x\u00e9"]]=])
end

function TestRecords.test_numbers_keep_their_spelling()
  local text = [[{"a":1e400,"b":12345678901234567890,"c":-0,"d":1.0,"e":9223372036854775807,"f":1E5}]]
  local r = record(text)
  lu.assertEquals({ r.a, r.d, math.type(r.e), r.f }, { math.huge, 1.0, "integer", 1e5 })
  lu.assertEquals(tostring(r), text)
  local copy = record "{}"
  for key, value in pairs(r) do copy[key] = value end
  lu.assertEquals((copy:json():gsub(", ", ",")), text)
  copy.list = { r }
  lu.assertStrContains(copy:json(), '"list":[' .. text .. "]")
  lu.assertErrorMsgContains("infinite", function() copy.x = -math.huge end)
end

function TestRecords.test_numbers_keep_their_spelling_in_a_table_that_is_assigned()
  local r, copy = record [[{"id":12345678901234567890,"x":10.50}]], record "{}"
  copy.new = { r.id, { x = r.x, twice = r.x * 2 } }
  lu.assertEquals(tostring(copy), [[{"new":[12345678901234567890,{"twice":21.0,"x":10.50}]}]])
  lu.assertTrue(r:equals { id = r.id, x = 10.5 })
  lu.assertEquals(json.encode { r.x }, "[10.5]")
end

function TestRecords.test_numbers_keep_the_spelling_that_their_own_record_has()
  local a, b = record [[{"x":2.50,"y":0.10}]], record [[{"x":2.5,"y":[2.5E10,0.1]}]]
  local given = core.lines()
  given:add { a.x, a.y, b }
  lu.assertEquals(given:take(), '[2.50,0.10,{"x":2.5,"y":[2.5E10,0.1]}]\n')
end

function TestRecords.test_untouched_bytes_stay()
  local r = record [[{ "k\u0065y" : [1 , 2],"text":"a\/b", "n" : {"x":1.10 } }]]
  lu.assertEquals(r.key[2], 2)
  r.n.y = true
  lu.assertEquals(tostring(r), [[{ "k\u0065y" : [1 , 2],"text":"a\/b", "n" : {"x":1.10,"y":true } }]])
  r.text = nil
  lu.assertEquals(tostring(r), [[{ "k\u0065y" : [1 , 2],"n" : {"x":1.10,"y":true } }]])
end

function TestRecords.test_assignment_copies()
  local a, b = record [[{"list":[1,{"x":1}]}]], record [[{"y":[2]}]]
  local value = { 1, 2, { z = json.null } }
  a.value = value
  value[1] = "changed"
  a.list[3] = b
  b.y[1] = 3
  lu.assertEquals(tostring(a), [[{"list":[1,{"x":1},{"y":[2]}],"value":[1,2,{"z":null}]}]])
  a.list = a.list[2]
  lu.assertEquals(tostring(a), [[{"list":{"x":1},"value":[1,2,{"z":null}]}]])
  a.empty = {}
  a.array = json.array {}
  a.empty.k = "v"
  lu.assertEquals(a.empty.k, "v")
  lu.assertEquals(a:table().array, {})
end

function TestRecords.test_arrays()
  local r = record "[1,2,3]"
  r[4] = "x"
  table.remove(r, 1)
  table.insert(r, 2, { a = 1 })
  lu.assertEquals(tostring(r), [=[[2,{"a":1},3,"x"]]=])
  r[4] = nil
  r[9] = nil
  lu.assertEquals({ #r, table.concat({ r[1], r[3] }, " ") }, { 3, "2 3" })
  lu.assertErrorMsgContains("cannot have a hole", function() r[1] = nil end)
  lu.assertErrorMsgContains("only 1 to 4 can be set", function() r[6] = 1 end)
  lu.assertErrorMsgContains("whole numbers", function() r.x = 1 end)
  lu.assertErrorMsgContains("names of a record", function() r[2][1] = 1 end)
  lu.assertErrorMsgContains("has no JSON form", function() r[1] = print end)
  lu.assertErrorMsgContains("UTF-8", function() r[1] = "\xff" end)
  lu.assertEquals(tostring(r), [=[[2,{"a":1},3]]=])
end

-- Each name once, at the place of its last member, in a time that goes with their number.
function TestRecords.test_pairs_of_many_members()
  local members, expected = {}, {}
  for i = 1, 50000 do
    members[i] = ('"%s":%d'):format(i % 1000 == 7 and "\\u0061gain" or "k" .. i, i)
    if i % 1000 ~= 7 then expected[#expected + 1] = i end
    if i == 49007 then expected[#expected + 1] = i end
  end
  local r = record("{" .. table.concat(members, ",") .. "}")
  local values, started = {}, os.clock()
  for key, value in pairs(r) do
    values[#values + 1] = value
    lu.assertEquals(key, value == 49007 and "again" or "k" .. value)
  end
  lu.assertEquals(values, expected)
  lu.assertTrue(os.clock() - started < 2)
  r.again, r.k5 = nil, "five"
  local count = 0
  for key, value in pairs(r) do
    count = count + 1
    if key == "k5" then lu.assertEquals(value, "five") end
  end
  lu.assertEquals(count, 49950)
end

function TestRecords.test_repeated_keys()
  local r = record [[{"a":1,"b":2,"a":3}]]
  lu.assertEquals(r.a, 3)
  local keys = {}
  for key in pairs(r) do keys[#keys + 1] = key end
  lu.assertEquals(keys, { "b", "a" })
  r.a = 4
  lu.assertEquals(tostring(r), [[{"a":1,"b":2,"a":4}]])
  r.a = nil
  lu.assertEquals({ tostring(r), r.a }, { [[{"b":2}]], nil })
end

function TestRecords.test_fields_may_be_removed_while_they_are_walked()
  local r = record [[{"a":1,"b":2,"c":3,"d":4}]]
  for key, value in pairs(r) do
    if value % 2 == 0 then r[key] = nil else r[key] = value * 10 end
  end
  lu.assertEquals(tostring(r), [[{"a":10,"c":30}]])
end

function TestRecords.test_fields_hide_methods()
  local r = record [[{"json":"mine","table":[1]}]]
  lu.assertEquals({ r.json, r.table[1] }, { "mine", 1 })
  lu.assertEquals(jsonl.json(r), tostring(r))
  lu.assertEquals(jsonl.table(r), { json = "mine", table = { 1 } })
  lu.assertTrue(jsonl.equals(r, jsonl.table(r)))
  lu.assertNil(jsonl.get(r, "equals"))
  lu.assertEquals(jsonl.get(r, "table", 1), 1)
end

function TestRecords.test_equality()
  local r = record [[{"a":[1,2.0,"\n"],"n":18446744073709551616}]]
  lu.assertTrue(r:equals(record [[{"n":1.8446744073709551616e19, "a":[1.0,2,"\u000a"]}]]))
  lu.assertFalse(r:equals(record [[{"n":18446744073709551617, "a":[1.0,2,"\u000a"]}]]))
  lu.assertTrue(r.a:equals { 1, 2, "\n" })
  lu.assertFalse(r.a:equals { 1, 2 })
  lu.assertFalse(r:equals "x")
  lu.assertTrue(r.a == r.a)
  lu.assertFalse(r.a == record "[]")
end

function TestRecords.test_misuse()
  local r = record "{}"
  lu.assertError(r.json, 1)
  lu.assertError(r.json, io.stdout)
  lu.assertEquals(getmetatable(r), "moonrock.jsonl.record")
  lu.assertError(jsonl.json, {})
  local value, err = jsonl.decode '{"a":\n tru}'
  lu.assertNil(value)
  lu.assertEquals({ err.code, err.line, err.column, err.offset }, { "JSONSyntax", 2, 2, 7 })
  local deep = record "{}"
  local inner = deep
  for _ = 1, 3000 do
    inner.a = {}
    inner = inner.a
  end
  lu.assertErrorMsgContains("nested too deeply", tostring, deep)
end

function TestRecords.test_other_modules_take_records()
  local r = record [[{"b":1,"a":[1.0]}]]
  lu.assertEquals(json.encode { x = r, y = r.a }, [[{"x":{"b":1,"a":[1.0]},"y":[1.0]}]])
  r.b = nil
  lu.assertEquals(json.encode(r), [[{"a":[1.0]}]])
end

function TestRecords.test_many_are_kept()
  local kept, nodes = {}, {}
  for i = 1, 20000 do
    local r = record(('{"i":%d,"list":[%d,"text"]}'):format(i, i))
    if i % 2 == 0 then
      kept[#kept + 1] = r
      r.text = ("long"):rep(i % 700)
    else
      nodes[#nodes + 1] = r.list
    end
  end
  collectgarbage()
  for i, r in ipairs(kept) do
    assert(r.i == i * 2 and #r.text == 4 * (i * 2 % 700))
    assert(nodes[i][1] == i * 2 - 1 and nodes[i][2] == "text")
  end
end

-- Random values and random edits, done to a record and to a table: they stay the same.
local random_state = 42
local function random(n)
  random_state = (random_state * 6364136223846793005 + 1442695040888963407)
  return (random_state >> 33) % n + 1
end

local function random_value(depth)
  local kind = random(depth > 3 and 5 or 8)
  if kind == 1 then return random(1 << 30) - (1 << 29) end
  if kind == 2 then return random(1000) / 8 end
  if kind == 3 then return random(2) == 1 end
  if kind == 4 then return json.null end
  if kind == 5 then return ({ "", "plain", 'q"uote\\', "é\n\t", "\u{1F600}", ("x"):rep(100) })[random(6)] end
  local t = kind == 6 and json.object {} or json.array {}
  for i = 1, random(5) - 1 do
    t[kind == 6 and "k" .. random(6) or i] = random_value(depth + 1)
  end
  return t
end

local function random_edit(r, t)
  while true do -- down to some container, the same way in both
    local inner = {}
    for key, value in pairs(r) do
      if type(value) == "userdata" and value ~= json.null then inner[#inner + 1] = key end
    end
    if #inner == 0 or random(3) == 1 then break end
    local key = inner[random(#inner)]
    r, t = r[key], t[key]
  end
  local is_array = json.is_array(t)
  local key = is_array and random(#t + 1) or "k" .. random(8)
  if random(4) == 1 then
    if is_array then key = #t end
    r[key], t[key] = nil, nil
  else
    local value = random_value(2)
    r[key] = value
    t[key] = json.decode(json.encode(value)) -- a copy
  end
end

function TestRecords.test_random_edits_against_tables()
  for round = 1, 1500 do
    local t = json.object { a = random_value(0), b = random_value(0) }
    local text = json.encode(t, round % 2 == 0 and { indent = 2 } or nil)
    local r = record(text)
    lu.assertTrue(r:equals(t))
    lu.assertEquals(tostring(r), (text:gsub("\n", " ")))
    t = assert(json.decode(text))
    local before = tostring(r)
    for _ = 1, random(12) do random_edit(r, t) end
    local written = tostring(r)
    if not r:equals(t) then
      lu.fail(("round %d: %s\nbecame %s\nnot %s"):format(round, before, written, json.encode(t)))
    end
    lu.assertEquals(json.encode(assert(json.decode(written))), json.encode(t))
    lu.assertEquals(json.encode(r:table()), json.encode(t))
  end
end

TestLines = {}

local GOOD = '\239\187\191{"a":1}\r\n\n  \n{"a":2}\n[3]\r\n4\n"five"\nnull\n{"a":7}'

function TestLines.test_every_cut_gives_the_same_records()
  for size = 1, #GOOD + 1 do
    local seen = {}
    for value, line in jsonl.each(pieces(GOOD, size)) do
      seen[#seen + 1] = line .. "=" .. tostring(value == json.null and "null" or value)
    end
    lu.assertEquals(table.concat(seen, " "), '1={"a":1} 4={"a":2} 5=[3] 6=4 7=five 8=null 9={"a":7}')
  end
end

local BAD = {
  { '{"a":}', 6, 5 }, { '{"a":1}x', 8, 7 }, { '{"é":tru}', 6, 6 }, { "{\"a\":\"\0\"}", 7, 6 }, { "\0", 1, 0 },
  { [["\ud800"]], 2, 1 }, { "\239\187\191{}", 1, 0 }, { "{'a':1}", 2, 1 }, { ("["):rep(100000), 1001, 1000 },
  { '{"a":01}', 6, 5 }, { "\255", 1, 0 }, { '"a\tb"', 3, 2 }, { "NaN", 1, 0 },
}

function TestLines.test_bad_lines_have_a_place_and_a_reason()
  for i, case in ipairs(BAD) do
    local text = '{"ok":1}\n' .. case[1] .. '\n{"ok":3}\n'
    local ok, err = pcall(function()
      for _ in jsonl.each(pieces(text, 7)) do end
    end)
    lu.assertFalse(ok, i)
    lu.assertEquals({ err.code, err.line, err.column, err.offset }, { "JSONSyntax", 2, case[2], 9 + case[3] }, case[1])
    lu.assertStrContains(tostring(err), err.reason)
    local reader = assert(jsonl.open(pieces(text, 5), { on_error = "skip" }))
    local sum = 0
    for r in reader:each() do sum = sum + r.ok end
    lu.assertEquals({ sum, reader:skipped() }, { 4, 1 })
  end
end

function TestLines.test_bad_lines_are_set_aside()
  local path = os.tmpname()
  local text = '{"ok":1}\n{"a":\n\255\n{"ok":4}'
  for _ in jsonl.each(pieces(text, 100), { on_error = { set_aside = path } }) do end
  local aside = jsonl.read(path)
  lu.assertEquals(#aside, 2)
  lu.assertEquals({ aside[1].line, aside[1].text, aside[1].column, aside[1].code }, { 2, '{"a":', 6, "JSONSyntax" })
  lu.assertEquals({ aside[2].line, aside[2].base64, aside[2].offset }, { 3, "/w==", 15 })
  os.remove(path)
end

function TestLines.test_long_lines()
  local text = '{"a":1}\n{"a":"' .. ("x"):rep(100) .. '"}\n{"a":3}\n'
  local ok, err = pcall(function()
    for _ in jsonl.each(pieces(text, 9), { limit = 50 }) do end
  end)
  lu.assertFalse(ok)
  lu.assertEquals({ err.code, err.line, err.offset }, { "LineTooLong", 2, 8 })
  local n = 0
  for r in jsonl.each(pieces(text, 9), { limit = 50, on_error = "skip" }) do n = n + r.a end
  lu.assertEquals(n, 4)
end

function TestLines.test_a_loop_that_is_left_closes()
  local closed
  local source = { read = function() return '{"a":1}\n' end, close = function() closed = true end }
  local n = 0
  for _ in jsonl.each(source) do
    n = n + 1
    if n == 2 then break end
  end
  lu.assertTrue(closed)
end

function TestLines.test_sources_may_wait_and_records_go_to_other_tasks()
  local future = task.future()
  local n = 0
  task.spawn(function()
    for r in jsonl.each(function()
      n = n + 1
      task.sleep(0.001)
      return n <= 3 and ('{"n":%d}\n'):format(n) or nil
    end) do
      if r.n == 2 then future:set(r) end
    end
  end):wait()
  lu.assertEquals(future:wait().n, 2)
  local reader = jsonl.open(function() error "no more" end)
  lu.assertErrorMsgContains("no more", reader.read, reader)
  lu.assertErrorMsgContains("has failed", reader.read, reader)
end

function TestLines.test_files_compressed_and_plain()
  local lines = {}
  for i = 1, 3000 do lines[i] = ('{"i":%d,"x":1.50}'):format(i) end
  local text = table.concat(lines, "\n") .. "\n"
  for _, suffix in ipairs { "", ".gz", ".zst" } do
    local path, copy = files.path_for(suffix), files.path_for()
    local writer <close> = assert(jsonl.create(path))
    for _, line in ipairs(lines) do writer:write(record(line)) end
    lu.assertNil(fs.stat(path)) -- not before the commit
    writer:commit()
    lu.assertEquals(jsonl.write(copy, jsonl.each(path)), 3000)
    lu.assertEquals(fs.read(copy), text)
    if suffix ~= "" then
      local packed = fs.read(path)
      lu.assertTrue(#packed < #text / 2)
      fs.write(path, packed:sub(1, -9))
      lu.assertErrorMsgContains("ends too early", function() jsonl.read(path) end)
      fs.write(path, packed .. packed)
      lu.assertEquals(#jsonl.read(path), 6000)
    end
    os.remove(path)
    os.remove(copy)
  end
end

function TestLines.test_a_writer_that_is_left_leaves_nothing()
  with_file("before", function(path)
    lu.assertErrorMsgContains("halfway", function()
      local writer <close> = assert(jsonl.create(path))
      writer:write { a = 1 }
      error "halfway"
    end)
    lu.assertEquals(fs.read(path), "before")
    lu.assertError(jsonl.write, path, { print })
    lu.assertEquals(fs.read(path), "before")
  end)
end

function TestLines.test_a_full_disk_leaves_nothing()
  local writer = assert(jsonl.create "/dev/full")
  lu.assertErrorMsgContains("No space left", function()
    for _ = 1, 100000 do writer:write { text = ("x"):rep(100) } end
    writer:commit()
  end)
end

function TestLines.test_what_the_world_refuses()
  local reader, err = jsonl.open "/nonexistent/x.jsonl"
  lu.assertNil(reader)
  lu.assertEquals(err.code, "ENOENT")
  lu.assertTrue(errors.is(select(2, pcall(jsonl.each, "/nonexistent/x.jsonl")), "ENOENT"))
  lu.assertEquals(select(2, jsonl.create "/nonexistent/x.jsonl").code, "ENOENT")
  lu.assertErrorMsgContains("on_error is", jsonl.open, "x", { on_error = "ignore" })
  lu.assertErrorMsgContains("must give strings", function() jsonl.open(function() return 1 end):read() end)
end

function TestLines.test_codec_misuse()
  lu.assertError(codec.decoder, "bz2")
  local decoder = codec.decoder "gz"
  decoder:feed "no gzip at all"
  lu.assertErrorMsgContains("read until nil", decoder.feed, decoder, "y")
  local _, err = decoder:read()
  lu.assertEquals({ err.code, err.offset ~= nil }, { "CompressedData", true })
  decoder:close()
  lu.assertErrorMsgContains("closed", decoder.read, decoder)
  for _, kind in ipairs { "gz", "zst" } do
    local encoder = codec.encoder(kind)
    lu.assertTrue(#(encoder:write "x" .. encoder:finish()) > 0)
    lu.assertErrorMsgContains("finished", encoder.write, encoder, "y")
    lu.assertErrorMsgContains("finished", encoder.finish, encoder)
  end
end

function TestLines.test_values_that_fail_add_nothing()
  local lines = core.lines()
  lines:add({ a = 1 }, 2)
  lu.assertError(lines.add, lines, { b = 1 }, print)
  lines:add "x"
  lu.assertEquals(lines:take(), '{"a":1}\n2\n"x"\n')
end

os.exit(lu.LuaUnit.run())
