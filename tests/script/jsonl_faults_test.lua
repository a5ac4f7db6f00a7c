-- SPDX-License-Identifier: MIT
-- `moonrock jsonl` whose process is killed, and on a disk that fills up: no output under its name unless it is whole.

local lu = require "luaunit"
local errors = require "moonrock.error"
local files = require "files"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local jsonl = require "moonrock.jsonl"
local program = require "program"

local folder, path = files.folder()

local words = {
  sort = { "--by", "k:natural", "--memory", "1" }, dedupe = { "--compare", "value" },
  redact = {}, group = { "--by", "s" }, filter = { "--where", "record.s > 3", "--threads", "2" },
}

local function run(op, opts)
  local list = { "jsonl", op, path "in", path "out" }
  for _, word in ipairs(words[op]) do list[#list + 1] = word end
  return program.run(list, opts)
end

local lines = {}
for i = 1, 30000 do
  lines[i] = ('{"k":"k%d","s":%d,"t":"%s user%d@b.org"}'):format(i * 7919 % 30011, i, ("x"):rep(100), i)
end
assert(fs.write(path "in", table.concat(lines, "\n") .. "\n"))

TestFaults = {}

function TestFaults.tearDown() files.empty(folder, "in") end

function TestFaults.test_whenever_it_is_killed_the_output_is_whole_or_not_there()
  for op in pairs(words) do
    lu.assertEquals(run(op).code, 0)
    local whole = assert(fs.read(path "out"))
    fs.remove(path "out")
    local killed = 0
    for _, seconds in ipairs { 0.01, 0.04, 0.1 } do
      local r = run(op, { wrap = "timeout -s KILL " .. seconds })
      killed = killed + (r.code ~= 0 and 1 or 0)
      local out = fs.read(path "out") -- a process that was killed may have finished it
      lu.assertTrue(out == whole or out == nil and r.code ~= 0, op)
      fs.remove(path "out")
    end
    lu.assertTrue(killed > 0, op)
  end
end

function TestFaults.test_a_disk_that_fills_up()
  for op in pairs(words) do
    local r = run(op, { wrap = [[sh -c 'ulimit -f 200; exec "$@"' sh]] })
    lu.assertEquals({ op, r.code }, { op, 1 }, r.err)
    lu.assertStrContains(r.err, folder)
    lu.assertEquals(fs.list(folder), { "in" }, op)
  end
end

function TestFaults.test_provenance()
  local options = {
    sort = { by = { "k", "-s" } }, shuffle = { seed = 3 }, sample = { count = 5 }, dedupe = {}, group = { by = "k" },
    redact = { patterns = { "email" } }, join = { with = path "in", by = "k" },
  }
  for op, more in pairs(options) do
    more.input, more.output, more.provenance = path "in", path "out", true
    local result = jsonl[op](more)
    local side = json.decode(assert(fs.read(path "out.provenance.json")))
    local inputs = op == "join" and 2 or 1
    lu.assertEquals({ side.command, #side.inputs, side.inputs[1].name, side.inputs[1].bytes, side.outputs[1].name,
      side.outputs[1].bytes, side.counts.written }, { op, inputs, path "in", fs.stat(path "in").size, path "out",
      fs.stat(path "out").size, result.written })
  end
  lu.assertEquals(json.decode(assert(fs.read(path "out.provenance.json"))).format, "moonrock-provenance-1")
  jsonl.split { input = path "in", output = { { path "a", 0.5 }, { path "b", 0.5 } }, provenance = true }
  local side = json.decode(assert(fs.read(path "a.provenance.json")))
  lu.assertEquals({ side.outputs[2].name, side.outputs[2].bytes }, { path "b", fs.stat(path "b").size })
  local _, err = errors.try(jsonl.leaks, { input = { path "a", path "b" }, provenance = true })
  lu.assertEquals(err.code, "ParamValidation")
  lu.assertEquals(program.run({ "jsonl", "sort", path "in", "-", "--by", "k", "--provenance" }).code, 2)
end

function TestFaults.test_streams_that_fail_are_no_end()
  local r = program.run({ "jsonl", "sort", "--by", "k", path "in", "-" }, { wrap = "sh -c '\"$@\" >/dev/full' sh" })
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "standard output: No space left")
  fs.write(path "short", '{"k":1}\n') -- what fits into a buffer fails when that is written
  r = program.run({ "jsonl", "sort", "--by", "k", path "short", "-" }, { wrap = "sh -c '\"$@\" >/dev/full' sh" })
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "standard output: No space left")
  local from_folder = { wrap = ("sh -c '\"$@\" <%s' sh"):format(folder) }
  for _, list in ipairs { { "jsonl", "sort", "--by", "k", "-", path "out" }, { "lint", "-" } } do
    r = program.run(list, from_folder)
    lu.assertNotEquals(r.code, 0)
    lu.assertStrContains(r.err, "standard input cannot be read: Is a directory")
    lu.assertNil(fs.stat(path "out"))
  end
end

function TestFaults.test_no_field_and_no_file_is_written_over()
  fs.write(path "in2", '{"count":"x"}\n{"count":"y"}\n')
  local function refused(op, options, text)
    local _, err = errors.try(jsonl[op], options)
    lu.assertEquals(errors.is(err) and err.code, "ParamValidation")
    lu.assertStrContains(err.message, text)
    lu.assertEquals(fs.list(folder), { "in", "in2" })
  end
  refused("group", { input = path "in2", output = path "out", by = "count" }, "field count is a key already")
  refused("group", { input = path "in2", output = path "out", by = { "k", "k" } }, "k twice")
  refused("split", { input = path "in2", output = { { path "out", 0.5 }, { path "out", 0.5 } } }, "two outputs")
  local options = { input = { path "in2", path "in2" } }
  jsonl.leaks(options)
  lu.assertEquals(options, { input = { path "in2", path "in2" } })
end

-- Of several outputs none appears where one cannot: a folder has its name, the bucket of one is not there.
function TestFaults.test_one_output_that_fails_leaves_the_others_as_they_were()
  fs.write(path "few", table.concat(lines, "\n", 1, 100) .. "\n")
  assert(fs.mkdir(path "folder"))
  local object = "s3://no-such-bucket-here/out.jsonl"
  for _, other in ipairs { path "folder", object, object .. ".gz" } do
    fs.write(path "out", "before\n")
    local script = program.file(([[
      local jsonl = require "moonrock.jsonl"
      local ok, err = pcall(jsonl.split, { input = %q, output = { { %q, 0.5 }, { %q, 0.5 } } })
      print(ok, tostring(err))]]):format(path "few", path "out", other), ".lua")
    local r = program.run { "rehearse", script }
    lu.assertEquals({ r.out:match "^%a+", r.code }, { "false", 0 }, r.err)
    lu.assertEquals(fs.read(path "out"), "before\n", other)
    if other == path "folder" then lu.assertStrContains(r.out, "is a folder, not a file") end
    os.remove(script)
  end
  fs.remove(path "folder")
end

-- What was read ahead, and is of no use any more, is not told of.
function TestFaults.test_an_output_that_fails_is_the_only_fault()
  local script = program.file(([[
    local jsonl = require "moonrock.jsonl"
    print(pcall(jsonl.sort, { input = %q, by = "k", memory = 1 << 16, temporary = %q,
      output = function() error("no room", 0) end }))]]):format(path "in", folder), ".lua")
  local r = program.run { script }
  lu.assertEquals({ r.out, r.err }, { "false\tno room\n", "" })
  os.remove(script)
end

-- What was set aside is an output, too.
function TestFaults.test_nothing_is_set_aside_beside_an_output_that_fails()
  fs.write(path "few", '{"messages":[]}\nno record\n')
  for _, call in ipairs { 'require("moonrock.jsonl").transform { script = "return function() return true end",',
    'require("moonrock.dataset").convert { from = "openai", to = "claude",',
    'require("moonrock.jsonl").sort { by = "messages",' } do
    local script = program.file(([[
      print(pcall(function()
        %s input = %q, output = "s3://no-such-bucket-here/out.jsonl", on_error = { set_aside = %q } }
      end))]]):format(call, path "few", path "aside"), ".lua")
    local r = program.run { "rehearse", script }
    lu.assertStrContains(r.out, "NoSuchBucket")
    lu.assertNil(fs.stat(path "aside"), call)
    os.remove(script)
  end
end

function TestFaults.test_an_error_without_a_message_drops_no_record()
  fs.write(path "two", '{"a":1}\n{"a":2}\n')
  for _, more in ipairs { { map = function() error() end }, { script = "return function() error() end" } } do
    more.input, more.output = path "two", path "out"
    local _, err = errors.try(jsonl.transform, more)
    lu.assertEquals({ errors.is(err) and err.code, (fs.stat(path "out")) }, { "MapFailed" })
  end
end

-- What is read is closed, also where what was set aside cannot be kept.
function TestFaults.test_a_reader_closes_its_source_whatever_else_fails()
  local closed = 0
  local reader = jsonl.open({ read = function() return "x\n{}\n" end, close = function() closed = closed + 1 end },
    { on_error = { set_aside = path "aside.jsonl" } })
  reader:read()
  reader.policy.commit = function() error("full", 0) end
  lu.assertErrorMsgContains("full", reader.close, reader)
  lu.assertEquals(closed, 1)
  reader.policy.abort()
end

function TestFaults.test_scalars_have_no_partner()
  fs.write(path "left", 'false\n{"k":1}\nnull\n')
  fs.write(path "right", 'false\n{"k":1,"b":2}\nnull\n3\n')
  jsonl.join { input = path "left", with = path "right", by = "k", output = path "out", kind = "left" }
  lu.assertEquals(fs.read(path "out"), 'false\n{"k":1,"b":2}\nnull\n')
end

local result = lu.LuaUnit.run()
files.remove(folder)
os.exit(result)
