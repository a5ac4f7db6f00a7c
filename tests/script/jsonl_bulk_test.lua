-- SPDX-License-Identifier: MIT
-- sort, shuffle, sample, dedupe, split, leaks, group and join: random records held against plain tables, with
-- memory for everything and with so little that nearly all goes through files.

local lu = require "luaunit"
local bulk = require "moonrock.bulk"
local errors = require "moonrock.error"
local files = require "files"
local fs = require "moonrock.fs"
local jsonl = require "moonrock.jsonl"
local random = require "moonrock.random"

local folder, path = files.folder()
local LITTLE = 1 -- as little as there can be

local function put(name, lines)
  assert(fs.write(path(name), table.concat(lines, "\n") .. "\n"))
  return path(name)
end

local function lines_of(name)
  local lines = {}
  for line in assert(fs.read(path(name))):gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

-- 4,000 records with a number, some of them without a key, and a text that makes them large enough to fill pages.
local function make(seed, count)
  local r, lines, records = random.stream(seed), {}, {}
  for i = 1, count or 4000 do
    local record = { id = i, k = r:integer(1, 9) > 1 and r:integer(-50, 50) or nil, s = "t" .. r:integer(1, 30),
      pad = ("x"):rep(r:integer(0, 200)) }
    records[i] = record
    local parts = { ('"id":%d'):format(i) }
    if record.k then parts[#parts + 1] = ('"k":%s'):format(r:integer(1, 2) == 1 and record.k .. ".0" or record.k) end
    parts[#parts + 1] = ('"s":"%s"'):format(r:integer(1, 2) == 1 and record.s or record.s:gsub("t", "\\u0074"))
    lines[i] = "{" .. table.concat(parts, ",") .. (', "pad" : "%s" }'):format(record.pad)
  end
  return lines, records
end

local lines, records = make(1)

-- Runs an operation with much memory and with little: the bytes must be the same.
local function both(op, options, names)
  local results, outs = {}, {}
  for i, memory in ipairs { 64 << 20, LITTLE } do
    options.memory = memory
    results[i] = jsonl[op](options)
    outs[i] = {}
    for k, name in ipairs(names or { "out" }) do outs[i][k] = lines_of(name) end
  end
  lu.assertEquals(results[2], results[1])
  for k in ipairs(outs[1]) do -- as one text: a difference of long lists is slow to print
    lu.assertTrue(table.concat(outs[1][k], "\n") == table.concat(outs[2][k], "\n"))
  end
  return results[1], table.unpack(outs[1])
end

local function ids(list)
  local out = {}
  for i, line in ipairs(list) do out[i] = math.tointeger(tonumber(line:match '"id":(%d+)')) end
  return out
end

local function sorted(less)
  local copy = table.move(records, 1, #records, 1, {})
  table.sort(copy, function(a, b)
    if less(a, b) then return true end
    if less(b, a) then return false end
    return a.id < b.id
  end)
  local out = {}
  for i, record in ipairs(copy) do out[i] = record.id end
  return out
end

TestBulk = {}

function TestBulk:setUp() put("in", lines) end
function TestBulk.tearDown() files.empty(folder) end

function TestBulk.test_sort()
  local function number(a, b) return (a.k or -math.huge) < (b.k or -math.huge) end
  local result, out = both("sort", { input = path "in", output = path "out", by = "k" })
  lu.assertEquals(result, { records = 4000, written = 4000, dropped = 0, faults = 0 })
  lu.assertEquals(ids(out), sorted(number))
  for _, line in ipairs(out) do lu.assertEquals(line, lines[ids({ line })[1]]) end -- byte for byte
  out = select(2, both("sort", { input = path "in", output = path "out", by = { "s:natural", "-k" } }))
  lu.assertEquals(ids(out), sorted(function(a, b)
    local x, y = tonumber(a.s:sub(2)), tonumber(b.s:sub(2))
    if x ~= y then return x < y end
    return number(b, a)
  end))
  out = select(2, both("sort", { input = path "in", output = path "out", by = { path = "s", descending = true } }))
  lu.assertEquals(ids(out), sorted(function(a, b) return a.s > b.s end))
end

function TestBulk.test_sort_unique_keeps_the_first()
  local result, out = both("sort", { input = path "in", output = path "out", by = "s", unique = true })
  local first, count = {}, 0
  for _, record in ipairs(records) do
    if not first[record.s] then first[record.s], count = record.id, count + 1 end
  end
  lu.assertEquals(result.written, count)
  for _, id in ipairs(ids(out)) do lu.assertEquals(id, first[records[id].s]) end
end

function TestBulk.test_several_inputs_and_the_input_as_output()
  put("a", { '{"k":3}', '{"k":1}' })
  put("b", { '{"k":2}', '{"k":1,"b":0}' })
  jsonl.sort { input = { path "a", path "b" }, output = path "a", by = "k" }
  lu.assertEquals(lines_of "a", { '{"k":1}', '{"k":1,"b":0}', '{"k":2}', '{"k":3}' })
end

function TestBulk.test_shuffle()
  local _, out = both("shuffle", { input = path "in", output = path "out", seed = 7 })
  local _, again = both("shuffle", { input = path "in", output = path "out", seed = 7 })
  local _, other = both("shuffle", { input = path "in", output = path "out", seed = 8 })
  lu.assertEquals(again, out)
  lu.assertNotEquals(other, out)
  table.sort(out)
  local all = table.move(lines, 1, #lines, 1, {})
  table.sort(all)
  lu.assertEquals(out, all)
end

function TestBulk.test_sample()
  local seen = {}
  for seed = 1, 20 do
    local result, out = both("sample", { input = path "in", output = path "out", count = 400, seed = seed })
    lu.assertEquals({ result.records, result.written, #out }, { 4000, 400, 400 })
    local last = 0
    for _, id in ipairs(ids(out)) do
      lu.assertTrue(id > last)
      last = id
      seen[id // 1001] = (seen[id // 1001] or 0) + 1
    end
  end
  for i = 0, 3 do lu.assertAlmostEquals(seen[i], 2000, 200) end -- 5 standard deviations are 194
  local result, out = both("sample", { input = path "in", output = path "out", count = 5000 })
  lu.assertEquals(result.written, 4000)
  lu.assertEquals(out, lines)
  result, out = both("sample", { input = path "in", output = path "out", share = 0.25, seed = 3 })
  lu.assertAlmostEquals(result.written, 1000, 140)
  lu.assertEquals(#out, result.written)
end

function TestBulk.test_dedupe()
  local many, kept, seen = {}, {}, {}
  local r = random.stream(4)
  for i = 1, 12000 do
    many[i] = ('{"v":%d}'):format(r:integer(1, 9000))
    if not seen[many[i]] then
      seen[many[i]] = true
      kept[#kept + 1] = many[i]
    end
  end
  put("many", many)
  for _, compare in ipairs { "bytes", "value", "text" } do
    local result, out = both("dedupe", { input = path "many", output = path "out", compare = compare })
    lu.assertEquals(out, kept)
    lu.assertEquals(result, { records = 12000, written = #kept, dropped = 12000 - #kept, faults = 0 })
  end
end

function TestBulk.test_dedupe_kinds()
  put("in", { '{"a":1,"t":"Hi  there"}', '{"t":"Hi  there","a":1.0}', '{"a":1,"t":"hi there "}',
    '{"a":1,"t":"Hi  there"}', '{"a":2}', '{"a":2,"t":null}', '{"a":2,"t":null}' })
  local function kept(options)
    options.input, options.output = path "in", path "out"
    local out = select(2, both("dedupe", options))
    return #out
  end
  lu.assertEquals(kept {}, 5)
  lu.assertEquals(kept { compare = "value" }, 4)
  lu.assertEquals(kept { compare = "text" }, 3)
  lu.assertEquals(kept { by = "a" }, 2)
  lu.assertEquals(kept { by = "t" }, 5) -- what lacks the field repeats nothing
  lu.assertEquals(kept { by = "t", compare = "text" }, 4)
end

function TestBulk.test_split()
  local outputs = { { path "train", 0.8 }, { path "val", 0.1 }, { path "test", 0.1 } }
  local names = { "train", "val", "test" }
  local result, train, val, test = both("split", { input = path "in", output = outputs, seed = 5 }, names)
  lu.assertEquals(result.written, { #train, #val, #test })
  lu.assertEquals(#train + #val + #test, 4000)
  lu.assertAlmostEquals(#val, 400, 100)
  local place = {}
  for i, list in ipairs { train, val, test } do
    for _, id in ipairs(ids(list)) do place[id] = i end
  end
  table.remove(lines, 17) -- the others stay where they were
  put("fewer", lines)
  table.insert(lines, 17, make(1)[17])
  local sets = table.pack(select(2, both("split", { input = path "fewer", output = outputs, seed = 5 }, names)))
  for i, list in ipairs(sets) do
    for _, id in ipairs(ids(list)) do lu.assertEquals(place[id], i) end
  end
end

function TestBulk.test_split_keeps_groups_and_spreads_values()
  local outputs = { { path "train", 0.7 }, { path "val", 0.3 } }
  local _, train, val = both("split", { input = path "in", output = outputs, by = "s" }, { "train", "val" })
  local place = {}
  for i, list in ipairs { train, val } do
    for _, id in ipairs(ids(list)) do
      local s = records[id].s
      lu.assertEquals(place[s] or i, i)
      place[s] = i
    end
  end
  _, train, val = both("split", { input = path "in", output = outputs, stratify = "s" }, { "train", "val" })
  local counts = {}
  for i, list in ipairs { train, val } do
    local last = 0
    for _, id in ipairs(ids(list)) do
      lu.assertTrue(id > last)
      last = id
      counts[records[id].s] = counts[records[id].s] or { 0, 0 }
      counts[records[id].s][i] = counts[records[id].s][i] + 1
    end
  end
  for _, count in pairs(counts) do lu.assertAlmostEquals(count[2], 0.3 * (count[1] + count[2]), 1) end
end

function TestBulk.test_leaks()
  put("train", { '{"t":"a"}', '{"t":"b"}', '{"t":"a"}' })
  put("test", { '{"t":"c"}', '{"t":" A "}' })
  local function leaks(compare)
    return jsonl.leaks { input = { path "train", path "test" }, compare = compare, memory = LITTLE }
  end
  lu.assertEquals(leaks "value".leaks, 0)
  local result = leaks()
  lu.assertEquals({ result.leaks, result.records }, { 1, 5 })
  lu.assertEquals(result.found, { { { input = path "train", line = 1 }, { input = path "test", line = 2 } } })
end

function TestBulk.test_group()
  local result = both("group", { input = path "in", output = path "out", by = "s", aggregate = {
    n = "count", keys = "count k", sum = "sum k", least = "min k", most = "max k", mean = "mean k", ids = "list id" } })
  local groups, count = {}, 0
  for _, record in ipairs(records) do
    local g = groups[record.s]
    if not g then
      g = { n = 0, keys = 0, sum = 0, least = math.huge, most = -math.huge, ids = {} }
      groups[record.s], count = g, count + 1
    end
    g.n = g.n + 1
    g.ids[#g.ids + 1] = record.id
    if record.k then
      g.keys, g.sum = g.keys + 1, g.sum + record.k
      g.least, g.most = math.min(g.least, record.k), math.max(g.most, record.k)
    end
  end
  lu.assertEquals(result.written, count)
  for record in jsonl.each(path "out") do
    local g = groups[record.s]
    lu.assertEquals({ record.n, record.keys, record.sum, record.least, record.most },
      { g.n, g.keys, g.sum, g.least, g.most })
    lu.assertAlmostEquals(record.mean, g.sum / g.keys, 1e-12)
    lu.assertEquals(record.ids:table(), g.ids)
  end
end

function TestBulk.test_group_loses_no_digit()
  put("in", { '{"k":12345678901234567890,"v":9223372036854775807}', '{"k":12345678901234567891,"v":1}',
    '{"k":12345678901234567890,"v":9223372036854775807}', '{"k":"m","v":-9223372036854775808}', '{"k":"m","v":-3}',
    '{"k":"n","v":-5}', '{"k":"n","v":3}' })
  local _, out = both("group", { input = path "in", output = path "out", by = "k", aggregate = { v = "sum v" } })
  lu.assertEquals(out, { '{"k":12345678901234567890,"v":18446744073709551614}', '{"k":12345678901234567891,"v":1}',
    '{"k":"m","v":-9223372036854775811}', '{"k":"n","v":-2}' })
  put("in", { '{"k":1,"v":12345678901234567890}', '{"k":1,"v":12345678901234567891}',
    '{"k":1,"v":-99999999999999999999}', '{"k":2,"v":-99999999999999999998}',
    '{"k":2,"v":-99999999999999999999}', '{"k":3,"v":-0}', '{"k":3,"v":1e2}' })
  _, out = both("group", { input = path "in", output = path "out", by = "k",
    aggregate = { sum = "sum v", least = "min v", most = "max v" } })
  lu.assertEquals(out, {
    '{"k":1,"least":-99999999999999999999,"most":12345678901234567891,"sum":-75308642197530864218}',
    '{"k":2,"least":-99999999999999999999,"most":-99999999999999999998,"sum":-199999999999999999997}',
    '{"k":3,"least":-0,"most":1e2,"sum":100.0}' })
  local long = {}
  for i = 1, 20 do -- the sum of the first is exact; that of the second passes all that two limbs hold
    long[i] = ('{"a":%s,"b":%s}'):format(("9"):rep(24), ("9"):rep(33))
  end
  long[21] = ('{"a":1,"b":%s8}'):format(("9"):rep(32))
  put("in", long)
  _, out = both("group", { input = path "in", output = path "out", by = "a",
    aggregate = { a_sum = "sum a", b_sum = "sum b", least = "min b" } })
  lu.assertEquals(out, { ('{"a":1,"a_sum":1,"b_sum":1e+33,"least":%s8}'):format(("9"):rep(32)),
    ('{"a":%s,"a_sum":19999999999999999999999980,"b_sum":2e+34,"least":%s}'):format(("9"):rep(24), ("9"):rep(33)) })
end

function TestBulk.test_join()
  local right, by_key = {}, {}
  local r = random.stream(9)
  for i = 1, 300 do
    local k = r:integer(-80, 20)
    right[i] = ('{"k":%d,"w":%d.50,"id":0}'):format(k, i)
    by_key[k] = by_key[k] or {}
    table.insert(by_key[k], i)
  end
  put("right", right)
  for _, kind in ipairs { "inner", "left", "anti" } do
    local wanted = {}
    for _, record in ipairs(records) do
      local partners = record.k and by_key[record.k]
      if not partners and kind ~= "inner" then wanted[#wanted + 1] = record.id .. " none" end
      for _, i in ipairs(kind ~= "anti" and partners or {}) do wanted[#wanted + 1] = record.id .. " " .. i end
    end
    local options = { input = path "in", with = path "right", output = path "out", by = "k", kind = kind }
    local result, out = both("join", options)
    for i, line in ipairs(out) do
      local id, w = ids({ line })[1], line:match '"w":(%d+)%.50'
      out[i] = id .. " " .. (w or "none")
    end
    for i = 1, math.max(#out, #wanted) do
      if out[i] ~= wanted[i] then lu.assertEquals(out[i], wanted[i]) end
    end
    lu.assertEquals(result, { left = 4000, right = 300, written = #wanted, faults = 0 })
  end
end

function TestBulk.test_join_by_other_names_into_a_field()
  put("left", { '{"user":1,"x":1.0}' })
  put("right", { '{"id":1.0,"name":"J\\u006fe"}' })
  jsonl.join { input = path "left", with = path "right", output = path "out", by = "user", right_by = "id",
    into = "who" }
  lu.assertEquals(lines_of "out", { '{"user":1,"x":1.0,"who":{"id":1.0,"name":"J\\u006fe"}}' })
  local _, err = errors.try(jsonl.join, { input = path "left", with = path "right", output = path "out", by = "user",
    right_by = "id", into = "x" })
  lu.assertStrContains(err.message, "has the field x already")
  lu.assertEquals(#lines_of "out", 1) -- as it was
end

function TestBulk.test_filter()
  local result = jsonl.filter { input = path "in", output = path "out", where = "(record.k or 0) > 48", threads = 2 }
  local count = 0
  for _, record in ipairs(records) do count = count + ((record.k or 0) > 48 and 1 or 0) end
  lu.assertEquals(result.written, count)
  local function is_high(r) return (r.k or 0) > 48 and "yes" end
  result = jsonl.filter { input = path "in", output = path "out", where = is_high }
  lu.assertEquals(result.written, count)
  lu.assertEquals(lines_of "out"[1]:sub(1, 1), "{")
end

-- Bad input and a bad world ------------------------------------------------------------------------

local operations = {
  sort = { by = "k" }, shuffle = {}, sample = { count = 3 }, dedupe = {}, group = { by = "k" }, redact = {},
}

function TestBulk.test_malformed_lines()
  local bad = { "\239\187\191{\"k\":1}\r", "", "{\"k\":}", "{\"k\":\"\0\"}", "{\"k\":2}", "{\"k\":\"\\ud800\"}",
    ("["):rep(100000), "{\"k\":1e400}", "{\"k\":-0,\"k\":12345678901234567890}" }
  assert(fs.write(path "bad", table.concat(bad, "\n"))) -- the last line has no end
  for op, options in pairs(operations) do
    options.input, options.output = path "bad", path "out"
    options.on_error = nil
    local _, err = errors.try(jsonl[op], options)
    lu.assertEquals({ op, err.code, err.line, err.column, err.offset }, { op, "JSONSyntax", 3, 6, 18 })
    lu.assertNil(fs.stat(path "out"))
    options.on_error = "skip"
    lu.assertEquals(jsonl[op](options).faults, 4)
    options.on_error = { set_aside = path "aside" }
    lu.assertEquals(jsonl[op](options).faults, 4)
    local aside = jsonl.read(path "aside")
    lu.assertEquals({ #aside, aside[1].line, aside[1].text, aside[4].line }, { 4, 3, "{\"k\":}", 7 })
    fs.remove(path "out")
    fs.remove(path "aside")
  end
end

function TestBulk.test_a_line_over_the_limit()
  put("long", { '{"k":1}', '{"k":"' .. ("x"):rep(3000000) .. '"}', '{"k":2}' })
  local _, err = errors.try(jsonl.sort, { input = path "long", output = path "out", by = "k", limit = 1000000 })
  lu.assertEquals({ err.code, err.line }, { "LineTooLong", 2 })
  local result = jsonl.sort { input = path "long", output = path "out", by = "k", limit = 1000000, on_error = "skip" }
  lu.assertEquals({ result.written, result.faults }, { 2, 1 })
  both("sort", { input = path "long", output = path "out", by = "-k" }) -- one line larger than the memory
  lu.assertEquals(#lines_of "out"[1], 3000008)
end

-- A line as long as the limit is still one when the number of its record stands before it.
function TestBulk.test_a_line_as_long_as_the_limit()
  local long = {}
  for i = 1, 20 do long[i] = ('{"id":%d,"pad":"%s"}'):format(i + 9, ("x"):rep(100)) end
  put("long", long)
  local options = { input = path "long", output = path "out", limit = #long[1] }
  options.count = 20
  lu.assertEquals(jsonl.sample(options), { records = 20, written = 20, faults = 0 })
  lu.assertEquals(lines_of "out", long)
end

function TestBulk.test_a_temporary_place_that_cannot_be_written()
  local _, err = errors.try(jsonl.sort, { input = path "in", output = path "out", by = "k", memory = LITTLE,
    temporary = path "nowhere" })
  lu.assertEquals(err.code, "ENOENT")
  lu.assertStrContains(tostring(err), "nowhere")
  lu.assertEquals(fs.list(folder), { "in" })
end

function TestBulk.test_misuse()
  local function refused(op, options, text)
    local ok, err = pcall(jsonl[op], options)
    lu.assertFalse(ok)
    lu.assertStrContains(tostring(err), text)
    lu.assertEquals(fs.list(folder), { "in" })
  end
  local input, output = path "in", path "out"
  refused("sort", { input = input, output = output, by = "a[" }, "no path of a field")
  refused("sort", { input = input, output = output }, "at least one key")
  refused("sort", { input = input, output = output, by = "k", unike = true }, "unique")
  refused("sort", { input = path "none", output = output, by = "k" }, "none")
  refused("shuffle", { input = input, output = output, seed = "x" }, "integer")
  refused("sample", { input = input, output = output }, "either count")
  refused("sample", { input = input, output = output, share = 1.5 }, "either count")
  refused("dedupe", { input = input, output = output, compare = "hash" }, "compare is")
  refused("split", { input = input, output = { { output, 0.5 } } }, "would be in none")
  refused("split", { input = input, output = { { output, 1 } }, by = "a", stratify = "b" }, "either by")
  refused("leaks", { input = { input } }, "two inputs")
  refused("group", { input = input, output = output, by = "k", aggregate = { x = "median k" } }, "no aggregate")
  refused("group", { input = input, output = output, by = "k", aggregate = { x = "sum s" } }, "a number is wanted")
  refused("join", { input = input, with = input, output = output, by = "k", kind = "outer" }, "kind")
  refused("filter", { input = input, output = output }, "where")
end

-- Options that change as they are read.
function TestBulk.test_options_that_say_one_thing_and_then_another()
  local asked = 0
  local options = setmetatable({}, { __index = function(_, name)
    if name ~= "by" and name ~= "other" then return nil end
    asked = asked + 1
    local list = {}
    for i = 1, asked <= 2 and 60 or 1 do list[i] = { path = "id" } end
    return list
  end })
  local pass <close> = bulk.sorter(options)
  pass:swap()
  pass:feed('{"id":1}\n', true)
  lu.assertEquals(asked, 2)
end

function TestBulk.test_too_many_keys()
  local by = {}
  for i = 1, 65 do by[i] = { path = "id" } end
  lu.assertErrorMsgContains("too many keys", bulk.sorter, { by = by })
end

-- What cannot wait takes nothing: the pass goes on afterwards.
function TestBulk.test_a_feed_where_nobody_can_wait()
  local pass <close> = bulk.router { by = { { path = "id" } }, bounds = { 1 } }
  lu.assertErrorMsgContains("cannot wait", table.sort, { 1, 2 }, function()
    pass:feed('{"id":1}\n')
  end)
  local ok, _, outs = pass:feed('{"id":2}\n', true)
  lu.assertTrue(ok)
  lu.assertEquals(outs, { '{"id":2}\n' })
end

function TestBulk.test_progress_ends_with_the_whole()
  local last, total
  jsonl.sort { input = { path "in", path "in" }, output = path "out", by = "k", progress = function(done, all)
    lu.assertTrue(not last or done >= last)
    last, total = done, all
  end }
  lu.assertEquals(last, total)
  lu.assertEquals(total, 2 * fs.stat(path "in").size)
end

function TestBulk.test_compressed_files()
  jsonl.sort { input = path "in", output = path "sorted.jsonl.gz", by = "k" }
  jsonl.sort { input = path "in", output = path "out", by = "k" }
  jsonl.sort { input = path "sorted.jsonl.gz", output = path "again", by = "id" }
  lu.assertEquals(lines_of "again", lines)
end

function TestBulk.test_the_command()
  local program = dofile((arg[0]:match "^(.*/)script/" or "tests/") .. "support/program.lua")
  local done = program.run { "jsonl", "sort", path "in", path "out", "--by", "-id" }
  lu.assertEquals({ done.code, ids(lines_of "out")[1] }, { 0, 4000 })
  done = program.run { "jsonl", "split", "--shares", "0.5,0.5", path "out", path "a", path "b" }
  lu.assertEquals({ done.code, #lines_of "a" + #lines_of "b" }, { 0, 4000 })
  done = program.run { "jsonl", "leaks", path "out", path "a" }
  lu.assertEquals(done.code, 1)
  lu.assertStrContains(done.err, ("%d leaks"):format(#lines_of "a"))
  done = program.run { "jsonl", "sort", path "in", path "c", "--bye", "id" }
  lu.assertEquals(done.code, 2)
  lu.assertStrContains(done.err, "--by")
end

local result = lu.LuaUnit.run()
files.remove(folder)
os.exit(result)
