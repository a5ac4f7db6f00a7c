-- SPDX-License-Identifier: MIT
-- Transforms: the same result with any number of threads, faults with their place, limits and stops,
-- and the command line.

local lu = require "luaunit"
local jsonl = require "moonrock.jsonl"
local core = require "moonrock.jsonl_core"
local files = require "files"
local fs = require "moonrock.fs"
local program = require "program"
local task = require "moonrock.task"
local time = require "moonrock.time"

local COUNT = 30000

local function make_input(count, change)
  local lines = {}
  for i = 1, count do
    lines[i] = change and change(i)
      or ('{"id":%d, "text":"%s","n":1.50,"list":[{"x":%d},2]}'):format(i, ("word "):rep(i % 40), i % 7)
  end
  return table.concat(lines, "\n") .. "\n"
end

local input, output = os.tmpname(), os.tmpname()
assert(fs.write(input, make_input(COUNT)))

local SCRIPT = [[
local seen = 0
return function(r)
  if r.id % 10 == 0 then return nil end
  if r.id % 11 == 0 then return r, { copy = r.list[1], of = r.id } end
  if r.id % 13 == 0 then return true end
  r.list[1].x = r.text:upper()
  r.more = r.n
  return r
end]]

local function transform(options)
  options.input, options.output = options.input or input, options.output or output
  return jsonl.transform(options)
end

TestTransform = {}

function TestTransform.test_threads_change_nothing()
  local texts, results = {}, {}
  for i, threads in ipairs { 1, 2, 3, 7 } do
    results[i] = transform { script = SCRIPT, threads = threads }
    texts[i] = fs.read(output)
    lu.assertEquals(results[i], results[1])
    lu.assertTrue(texts[i] == texts[1])
  end
  local written = COUNT - COUNT // 10 + COUNT // 11 - COUNT // 110
  lu.assertEquals(results[1], { lines = COUNT, records = COUNT, written = written, faults = 0 })
  local n, ids = 0, 0
  for r in jsonl.each(output) do
    if r.id then
      n = n + 1
      assert(r.id > ids) -- in order
      ids = r.id
      if r.id % 11 ~= 0 and r.id % 13 ~= 0 then
        assert(r.list[1].x == ("WORD "):rep(r.id % 40))
        assert(tostring(r):find('"n":1.50,', 1, true) and tostring(r):find('"more":1.50}', 1, true))
      end
    end
  end
  lu.assertEquals(n, COUNT - COUNT // 10)
end

function TestTransform.test_numbers_in_a_new_table_keep_their_digits()
  local text = [[{"id":12345678901234567890,"p":0.12345678901234567890,"x":10.50,"s":"10.5 \\\" 10.5","n":-0,"o":1.0}
{"id":-12345678901234567891,"p":1,"x":10.5,"s":"","n":0,"o":1E2}
]]
  local script = [[return function(r)
    return { id = r.id, p = { r.p, r.o }, s = r.s, twice = r.x * 2, ["10.5"] = r.n, x = r.x }
  end]]
  local expected = [[{"10.5":-0,"id":12345678901234567890,"p":[0.12345678901234567890,1.0],"s":"10.5 \\\" 10.5",]]
    .. [["twice":21.0,"x":10.50}
{"10.5":0,"id":-12345678901234567891,"p":[1,1E2],"s":"","twice":21.0,"x":10.5}
]]
  for _, how in ipairs { { script = script }, { map = load(script)() } } do
    local out, given = {}, false
    how.input = function()
      if given then return nil end
      given = true
      return text
    end
    how.output = function(chunk) out[#out + 1] = chunk end
    transform(how)
    lu.assertEquals(table.concat(out), expected)
  end
end

-- The text of an error's message takes its code away.
function TestTransform.test_an_error_that_changes_as_it_is_described()
  local script = [[
    local errors = require "moonrock.error"
    return function(r)
      local _, err = pcall(errors.raise, { code = ("C"):rep(60) .. r.id, message = "m" })
      err.message = setmetatable({}, { __tostring = function()
        err.code = nil
        collectgarbage()
        collectgarbage()
        for i = 1, 100 do err[i] = ("y"):rep(60) .. i % 10 end
        return "m"
      end })
      error(err, 0)
    end]]
  local chunks = { '{"id":1}\n' }
  lu.assertErrorMsgContains("record 1: " .. ("C"):rep(60) .. "1: m", transform, {
    input = function() return table.remove(chunks) end, output = function() end, script = script,
  })
end

function TestTransform.test_a_function_here_and_on_threads()
  local offset = 5
  local function here(r)
    if r.id % 2 == 0 then return nil end
    r.id = r.id + offset
    return r
  end
  lu.assertEquals(transform { map = here }.written, COUNT // 2)
  local expected = fs.read(output)
  lu.assertErrorMsgContains("'offset'", transform, { map = here, threads = 2 })
  local function anywhere(r)
    if r.id % 2 == 0 then return nil end
    r.id = math.tointeger(r.id + 5)
    return r
  end
  for _, threads in ipairs { 1, 2 } do
    transform { map = anywhere, threads = threads }
    lu.assertTrue(fs.read(output) == expected)
  end
  lu.assertErrorMsgContains("Lua", transform, { map = print, threads = 2 })
end

-- What is said about a record, whatever way it is run.
local function in_all_ways(source, f)
  local map = load(source)()
  for _, options in ipairs { { script = source, threads = 1 }, { script = source, threads = 3 }, { map = map },
    { map = map, threads = 2 } } do
    f(options)
  end
end

function TestTransform.test_faults_have_their_place()
  local text = make_input(20000, function(i)
    return i == 15001 and '{"id": tru}' or i == 2 and "" or ('{"id":%d}'):format(i)
  end)
  local offset = text:find("tru", 1, true) - 1
  local path = os.tmpname()
  fs.write(path, text)
  fs.write(output, "before")
  in_all_ways("return function(r) return r end", function(options)
    options.input = path
    local ok, err = pcall(transform, options)
    lu.assertFalse(ok)
    lu.assertEquals({ err.code, err.line, err.column, err.offset }, { "JSONSyntax", 15001, 8, offset })
    lu.assertStrContains(tostring(err), path .. ":15001:8: ")
    lu.assertEquals(fs.read(output), "before")
    options.on_error = "skip"
    lu.assertEquals(transform(options), { lines = 20000, records = 19999, written = 19998, faults = 1 })
    fs.write(output, "before")
  end)
  fs.remove(path)
end

function TestTransform.test_a_map_that_refuses_or_throws()
  local aside = os.tmpname()
  in_all_ways([[return function(r)
    r.seen = true
    if r.id == 20000 then return nil, "no good" end
    if r.id == 20001 then error("broken", 0) end
    if r.id == 20002 then return r.none.field end
    if r.id == 20003 then return r, print end
    if r.id == 20004 then error(require("moonrock.error").new { code = "Mine", message = "said so" }) end
    return r
  end]], function(options)
    local ok, err = pcall(transform, options)
    lu.assertFalse(ok)
    lu.assertEquals({ err.code, err.line, err.record, err.reason }, { "MapFailed", 20000, 20000, "no good" })
    lu.assertStrContains(tostring(err), "record 20000: no good")
    options.on_error = { set_aside = aside }
    lu.assertEquals(transform(options), { lines = COUNT, records = COUNT, written = COUNT - 5, faults = 5 })
    local list = jsonl.read(aside)
    lu.assertEquals(#list, 5)
    lu.assertEquals(list[2].reason, "broken")
    lu.assertStrContains(list[3].reason, "attempt to index a nil value (field 'none')")
    lu.assertStrContains(list[4].reason, "a function has no JSON form")
    lu.assertStrContains(list[5].reason, "Mine: said so")
    for i, r in ipairs(list) do
      lu.assertEquals({ r.line, r.code }, { 19999 + i, "MapFailed" })
      lu.assertEquals(jsonl.decode(r.text).id, 19999 + i) -- as it was read
      lu.assertNil(jsonl.decode(r.text).seen)
    end
  end)
  fs.remove(aside)
end

function TestTransform.test_scripts_that_cannot_run()
  for source, message in pairs {
    ["return 5 +"] = "unexpected symbol", ["return 5"] = "must return a function",
    ["return error('at once')"] = "at once", ["return require('no.such.module')"] = "not found",
  } do
    local ok, err = pcall(transform, { script = source, threads = 2 })
    lu.assertFalse(ok)
    lu.assertStrContains(tostring(err), message)
  end
  lu.assertErrorMsgContains("/nonexistent", transform, { script = "/nonexistent.lua" })
  lu.assertErrorMsgContains("either script or map", transform, {})
  lu.assertErrorMsgContains("unknown option", transform, { script = SCRIPT, thread = 1 })
  lu.assertErrorMsgContains("cannot wait", transform,
    { script = "return function(r) require('moonrock.task').sleep(1) return r end" })
end

function TestTransform.test_a_stop_ends_the_threads()
  local began = time.monotonic()
  local t = task.spawn(function() transform { script = "return function(r) while true do end end", threads = 2 } end)
  task.sleep(0.1)
  t:cancel()
  lu.assertFalse(pcall(t.wait, t))
  t = task.spawn(function() -- a loop inside a coroutine, inside of pcall
    transform { threads = 2, script = [[return function(r)
      return coroutine.wrap(function() while true do pcall(function() while true do end end) end end)()
    end]] }
  end)
  task.sleep(0.1)
  t:cancel()
  lu.assertFalse(pcall(t.wait, t))
  lu.assertTrue(time.monotonic() - began < 30)
  lu.assertEquals(transform({ script = SCRIPT }).lines, COUNT)
end

function TestTransform.test_long_lines_and_odd_blocks()
  local long = '{"id":2,"text":"' .. ("x"):rep(3 << 20) .. '"}'
  local text = '{"id":1}\n' .. long .. '\r\n{"id":3}\n{"id":4}'
  for size in ("100000 1048576 9000000"):gmatch "%d+" do
    local function source()
      local at = 1
      return function()
        at = at + size
        local piece = text:sub(at - size, at - 1)
        return piece ~= "" and piece or nil
      end
    end
    size = math.tointeger(size)
    local script = "return function(r) return r end"
    local got = transform { input = source(), script = script }
    lu.assertEquals({ got.lines, got.written }, { 4, 4 })
    lu.assertTrue(fs.read(output) == (text:gsub("\r", "") .. "\n"))
    got = transform { input = source(), script = script, limit = 1000, on_error = "skip" }
    lu.assertEquals(got, { lines = 4, records = 4, written = 3, faults = 1 })
    local ok, err = pcall(transform, { input = source(), script = script, limit = 1000 })
    lu.assertFalse(ok)
    lu.assertEquals({ err.code, err.line, err.offset }, { "LineTooLong", 2, 9 })
    ok, err = pcall(transform, { input = source(), limit = 1000, on_error = "skip",
      script = "return function(r) if r.id == 4 then error 'x' end end" })
    lu.assertTrue(ok, err)
  end
  lu.assertEquals(transform({ input = function() end, script = SCRIPT }).lines, 0)
end

function TestTransform.test_compressed_files_and_progress()
  local packed, again = files.path_for ".zst", files.path_for ".gz"
  local last, total = 0, nil
  local function progress(done, all)
    assert(done >= last)
    last, total = done, all
  end
  transform { script = "return function() return true end", output = packed, progress = progress }
  lu.assertEquals({ last, total }, { fs.stat(input).size, fs.stat(input).size })
  lu.assertTrue(fs.stat(packed).size < total / 3)
  last = 0
  transform { input = packed, output = again, script = "return function() return true end", progress = progress }
  transform { input = again, script = "return function() return true end" }
  lu.assertTrue(fs.read(input) == fs.read(output))
  os.remove(packed)
  os.remove(again)
end

function TestTransform.test_a_full_disk()
  lu.assertErrorMsgContains("/dev/full: No space left", transform, { script = "return function() return true end",
    output = "/dev/full" })
end

local PASS = "return function() return true end"

-- Blocks of a file are read by the workers, those of a function are handed to them.
function TestTransform.test_faults_far_behind()
  local path, copy = os.tmpname(), os.tmpname()
  local text = make_input(COUNT, function(i)
    return i % 997 == 0 and "{bad" or ('{"id":%d,"text":"%s"}'):format(i, ("x"):rep(i % 400))
  end)
  lu.assertTrue(#text > 4 << 20)
  assert(fs.write(path, text))
  for threads = 1, 3 do
    for _, from in ipairs { path, false } do
      local at, places = 1, {}
      local report = transform { input = from or function()
        at = at + 77777
        local chunk = text:sub(at - 77777, at - 1)
        return chunk ~= "" and chunk or nil
      end, output = copy, script = PASS, threads = threads, on_error = { set_aside = output } }
      lu.assertEquals({ report.lines, report.faults }, { COUNT, COUNT // 997 })
      for fault in jsonl.each(output) do
        lu.assertEquals(text:sub(fault.offset, fault.offset + 4), "{bad\n")
        places[#places + 1] = fault.line
      end
      lu.assertEquals({ #places, places[1], places[#places] }, { COUNT // 997, 997, COUNT // 997 * 997 })
      lu.assertTrue(fs.read(copy) == text:gsub("{bad\n", ""))
    end
  end
  os.remove(path)
  os.remove(copy)
end

function TestTransform.test_files_without_a_size()
  lu.assertEquals(transform { input = "/proc/sys/kernel/ostype", script = PASS, on_error = "skip" },
    { lines = 1, records = 1, written = 0, faults = 1 })
  local empty = os.tmpname()
  lu.assertEquals(transform { input = empty, script = PASS }, { lines = 0, records = 0, written = 0, faults = 0 })
  os.remove(empty)
end

function TestTransform.test_a_file_that_changes()
  local path, line = os.tmpname(), '{"a":1}\n'
  local function run(text, change)
    assert(fs.write(path, text))
    assert(fs.write(output, "as before"))
    local is_changed
    return transform { input = path, script = PASS, threads = 2, progress = function()
      if not is_changed then
        is_changed = true
        change()
      end
    end }
  end
  local text = line:rep(500000)
  run(text, function() fs.append(path, line:rep(100)) end)
  lu.assertTrue(fs.read(output) == text) -- what was there when it was opened
  for _, change in ipairs { function() fs.write(path, "") end, function() fs.remove(path) end } do
    lu.assertErrorMsgContains("changed while it was read", run, text, change)
    lu.assertEquals(fs.read(output), "as before")
  end
  lu.assertErrorMsgContains("changed while it was read", run, text .. '{"a":2}',
    function() fs.append(path, "\n") end)
  lu.assertEquals(fs.read(output), "as before")
  local _, err = core.worker(PASS, "=x", 1):lines(path, #text, #text + 100, #text + 100, {})
  lu.assertEquals(err.code, "FileChanged")
  os.remove(path)
end

function TestTransform.test_workers_by_hand()
  local worker = core.worker("return function(r) return r end", "=x", 1)
  lu.assertEquals(worker:run({ '{"a"', ':1}\n' }, { first = true }).output, '{"a":1}\n')
  lu.assertError(worker.run, worker, { 5 }, {})
  local t = task.spawn(worker.run, worker, { "{}\n" }, {})
  task.yield()
  lu.assertErrorMsgContains("a block already", worker.run, worker, {}, {})
  t:wait()
  worker:close()
  worker:close()
  lu.assertErrorMsgContains("closed", worker.run, worker, {}, {})
  lu.assertEquals(core.cut "a\nb\nc", 4)
  local sink = fs.sink(output)
  local written = core.output(sink, output)
  worker = core.worker(PASS, "=x", 1)
  lu.assertError(worker.lines, worker, input, 5, 4, 10, {}, written)
  lu.assertEquals(worker:lines(input, 0, 100, 1000, { first = true }, written).output, "")
  local _, err = core.worker(PASS, "=x", 1):lines("/nowhere/x", 0, 100, 1000, {})
  lu.assertEquals(err.code, "ENOENT")
  local other = program.file '{"other":1}\n{"other":2}\n'
  worker = core.worker(PASS, "=x", 1)
  lu.assertEquals(worker:lines(input, 0, 10, 1000, { first = true }).records, 1)
  lu.assertEquals(select(2, worker:lines("/nowhere/x", 0, 100, 1000, {})).code, "ENOENT")
  worker = core.worker(PASS, "=x", 1)
  lu.assertEquals(worker:lines(input, 0, 10, 1000, { first = true }).records, 1)
  lu.assertEquals(worker:lines(other, 0, 24, 24, {}).output, '{"other":1}\n{"other":2}\n')
  os.remove(other)
  lu.assertErrorMsgContains("still running", sink.commit, sink)
  written:close()
  lu.assertErrorMsgContains("closed", worker.lines, worker, input, 0, 100, 1000, {}, written)
  sink:commit()
  lu.assertEquals(fs.read(output), make_input(COUNT):match("^" .. ("[^\n]*\n"):rep(3)):sub(1, fs.stat(output).size))
end

TestProgram = {}

function TestProgram.test_the_example()
  local data = program.root .. "examples/data/json_answers.jsonl"
  local r = program.run { "transform", program.root .. "examples/transform.lua", data, "-" }
  lu.assertEquals(r.code, 0, r.err)
  lu.assertStrContains(r.err, "500 records, 500 written, 0 faults")
  lu.assertTrue(r.out == fs.read(data))
  r = program.run({ "transform", program.root .. "examples/transform.lua", "-", "-", "--skip" }, { input =
    '{"messages":[{"role":"user","content":" hi "},{"role":"assistant","content":"1.0"}],"n":1e2}\n{"a":1}\n{\n' })
  lu.assertEquals({ r.code, r.out },
    { 1, '{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"1.0"}],"n":1e2}\n' })
  r = program.run({ "transform", program.root .. "examples/transform.lua", "-", "-" }, { input = '{"a":1}\n' })
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "-:1:1: record 1: fewer than two messages")
end

function TestProgram.test_usage()
  for _, case in ipairs {
    { { "transform", "x" }, "takes SCRIPT IN OUT" }, { { "transform", "a", "b", "c", "--no" }, "unknown option" },
    { { "transform", "a", "b", "c", "--threads", "0" }, "at least 1" },
  } do
    local r = program.run(case[1])
    lu.assertEquals(r.code, 2)
    lu.assertStrContains(r.err, case[2])
  end
end

function TestProgram.test_limits_hold_on_the_threads()
  local loop = program.file("return function(r) local t = {} while true do t[#t + 1] = {} end end", ".lua")
  local r = program.run { "--max-memory", "64", "transform", loop, input, "-" }
  lu.assertEquals(r.code, 4, r.err)
  lu.assertStrContains(r.err, "not enough memory")
  local busy = program.file("return function(r) while true do end end", ".lua")
  r = program.run { "--max-cpu", "0.3", "transform", busy, input, "-" }
  lu.assertEquals(r.code, 4, r.err)
  r = program.run({ "transform", busy, input, output .. ".never" }, { wrap = "timeout -s INT 1" })
  lu.assertNotEquals(r.code, 0)
  lu.assertNil(fs.stat(output .. ".never"))
  os.remove(loop)
  os.remove(busy)
end

function TestProgram.test_a_rehearsal_is_the_same_each_time()
  local script = program.file(([[
    local jsonl = require "moonrock.jsonl"
    local r = jsonl.transform { input = %q, output = %q, threads = 3,
      script = "return function(r) r.at = os.time() return r end" }
    print(r.written, require("moonrock.fs").stat(%q).size)]]):format(input, output, output), ".lua")
  local first = program.run { "rehearse", script }
  lu.assertEquals(first.code, 0, first.err)
  lu.assertStrContains(first.out, tostring(COUNT))
  lu.assertTrue(fs.read(output):find('"at":1767225600', 1, true) ~= nil)
  lu.assertEquals(program.run({ "rehearse", script }).out, first.out)
  os.remove(script)
end

function TestProgram.test_objects_in_s3()
  local script = program.file([[
    local jsonl = require "moonrock.jsonl"
    local s3 = require("moonrock").client("s3")
    s3:create_bucket { Bucket = "lines-here", CreateBucketConfiguration = { LocationConstraint = "us-west-2" } }
    for _, suffix in ipairs { "", ".gz", ".zst" } do
      local from, to = "s3://lines-here/a/in.jsonl" .. suffix, "s3://lines-here/out.jsonl" .. suffix
      local writer <close> = assert(jsonl.create(from))
      for i = 1, 5000 do writer:write { i = i, text = ("x"):rep(i % 100) } end
      writer:commit()
      local result = jsonl.transform { input = from, output = to, threads = 2,
        script = "return function(r) if r.i % 2 == 0 then return nil end r.i = r.i * 10 return r end" }
      local sum = 0
      for r in jsonl.each(to) do sum = sum + r.i end
      print(result.lines, result.written, sum)
    end
    print(pcall(jsonl.each, "s3://lines-here/none"))
    print(pcall(jsonl.each, "s3://lines-here"))
    print("opened", jsonl.open("s3://lines-here/none")) -- as of files: nil and the error
    print("opened", jsonl.open("s3://lines-here"))]], ".lua")
  local r = program.run { "rehearse", script }
  lu.assertEquals(r.code, 0, r.err)
  lu.assertStrContains(r.out, ("5000\t2500\t62500000\n"):rep(3))
  lu.assertStrContains(r.out, "NoSuchKey")
  lu.assertStrContains(r.out, "no S3 URI of an object")
  lu.assertStrContains(r.out, "opened\tnil\tNoSuchKey")
  lu.assertStrContains(r.out, "opened\tnil\tInvalidURI")
  os.remove(script)
end

local code = lu.LuaUnit.run()
os.remove(input)
os.remove(output)
os.exit(code)
