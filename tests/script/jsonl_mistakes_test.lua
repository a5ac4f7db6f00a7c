-- SPDX-License-Identifier: MIT
-- Slips of the pen in what jsonl's operations are told: each is refused, says what is wrong, and writes nothing.

local lu = require "luaunit"
local dataset = require "moonrock.dataset"
local errors = require "moonrock.error"
local files = require "files"
local fs = require "moonrock.fs"
local jsonl = require "moonrock.jsonl"
local program = require "program"

local folder, path = files.folder()

local input = '{"id":1,"k":"b","v":2,"u":{"n":"x"}}\n{"id":2,"k":"a","v":null}\n'

TestMistakes = {}

function TestMistakes.setUp()
  assert(fs.write(path "in", input))
end

function TestMistakes.tearDown() files.empty(folder) end

local function refused(op, options, code, words)
  options.input = options.input or path "in"
  options.output = options.output or op ~= "leaks" and path "out" or nil
  local result, err = errors.try(jsonl[op], options)
  lu.assertNil(result, op)
  lu.assertEquals(err.code, code, op)
  lu.assertStrContains(tostring(err), words)
  lu.assertNil(fs.stat(path "out"))
end

function TestMistakes.test_a_field_that_no_record_has()
  local words = "no record has the field kk"
  refused("sort", { by = "kk" }, "NoSuchField", "jsonl.sort: " .. words)
  refused("sort", { by = { "k", "-kk:number" } }, "NoSuchField", words)
  refused("dedupe", { by = "kk" }, "NoSuchField", words)
  refused("group", { by = "kk" }, "NoSuchField", words)
  refused("leaks", { input = { path "in", path "in" }, by = "kk" }, "NoSuchField", words)
  refused("join", { with = path "in", by = "kk" }, "NoSuchField", words)
  refused("join", { with = path "in", by = "k", right_by = "kk" }, "NoSuchField", words)
  for _, how in ipairs { "by", "stratify" } do
    refused("split", { [how] = "kk", output = { { path "out", 0.5 }, { path "out2", 0.5 } } }, "NoSuchField", words)
  end
  -- One record with it is enough, also in another file, and so is no record.
  lu.assertEquals(jsonl.sort { input = path "in", output = path "out", by = "u.n" }.written, 2)
  assert(fs.write(path "none", ""))
  lu.assertEquals(jsonl.sort { input = { path "none", path "in" }, output = path "out", by = "u.n" }.written, 2)
  lu.assertEquals(jsonl.sort { input = path "none", output = path "out", by = "kk" }.written, 0)
  lu.assertEquals(jsonl.join { input = path "in", with = path "none", output = path "out", by = "k",
    kind = "left" }.written, 2)
end

function TestMistakes.test_an_order_and_an_aggregate_that_there_is_not()
  refused("sort", { by = "id:nubmer" }, "ParamValidation", "there is no order nubmer; did you mean number?")
  refused("group", { by = "k", aggregate = { s = "sum:v" } }, "ParamValidation", "sum:v is no aggregate")
  refused("group", { by = "k", aggregate = { s = "sumv" } }, "ParamValidation", "sumv is no aggregate")
  assert(fs.write(path "odd", '{"k:l":2}\n{"k:l":1}\n'))
  jsonl.sort { input = path "odd", output = path "out", by = { { path = '["k:l"]' } } }
  lu.assertEquals(fs.read(path "out"), '{"k:l":1}\n{"k:l":2}\n')
end

function TestMistakes.test_a_split_does_not_replace_its_input()
  refused("split", { output = { { path "out", 0.5 }, { path "in", 0.5 } } }, "ParamValidation", "is the input")
  lu.assertEquals(fs.read(path "in"), input)
end

function TestMistakes.test_what_is_no_list_of_records_leaves_the_file()
  for words, records in pairs { ["has the key a"] = { a = 1 }, ["has the key 3"] = { 1, [3] = 2 },
    ["has the key n"] = { {}, n = 1 } } do
    local _, err = errors.try(jsonl.write, path "in", records)
    lu.assertEquals(err.code, "ParamValidation")
    lu.assertStrContains(err.message, words)
    lu.assertEquals(fs.read(path "in"), input)
  end
  lu.assertEquals(jsonl.write(path "out", {}), 0)
end

function TestMistakes.test_inputs_outputs_and_maps_that_are_none()
  local one = { { id = 1 } }
  for _, case in ipairs {
    { jsonl.each, { one }, "this table has no method read -- records in memory go into a file" },
    { jsonl.each, {}, "an input is a path" }, { jsonl.create, {}, "an output is a path" },
    { jsonl.transform, { { input = one, output = path "out", map = print } }, "this table has no method read" },
    { jsonl.transform, { { input = path "in", output = path "out", map = "return 5" } }, "map of jsonl.transform" },
    { jsonl.split, { { input = path "in", output = { train = 0.9 } } }, "output is a list of { PATH, SHARE }" },
    { jsonl.split, { { input = path "in", output = { { nil, 1 } } } }, "an output is { PATH, SHARE }" },
    { dataset.lint, { path "in", { modle = "x" } }, "unknown option modle of dataset.lint; did you mean model?" },
  } do
    local _, err = errors.try(case[1], table.unpack(case[2]))
    lu.assertEquals(err.code, "ParamValidation")
    lu.assertStrContains(tostring(err), case[3])
    lu.assertNil(fs.stat(path "out"))
  end
end

function TestMistakes.test_the_command_speaks_of_its_options()
  for _, case in ipairs {
    { { "sort", path "in", path "out" }, 2, "at least one key" },
    { { "sort", "--by", "kk", path "in", path "out" }, 2, "no record has the field kk" },
    { { "leaks", "--by", "kk", path "in", path "in" }, 2, "no record has the field kk" },
    { { "filter", "--where", "record.v > 1", path "in", path "out" }, 1, "a null is json.null" },
    { { "filter", "--where", "record.v > 1", path "in", path "out" }, 1, "-- --skip or --set-aside PATH goes on" },
    { { "sort", "--by", "k", path "nothing", path "out" }, 1, "No such file" },
  } do
    local r = program.run { "jsonl", table.unpack(case[1]) }
    lu.assertEquals(r.code, case[2], r.err)
    lu.assertStrContains(r.err, case[3])
    lu.assertEquals(r.out, "")
    lu.assertNil(fs.stat(path "out"))
  end
  assert(fs.write(path "five.lua", "return 5"))
  lu.assertStrContains(program.run { "transform", path "five.lua", path "in", path "out" }.err,
    "moonrock: InvalidScript: the script must return a function")
end

local result = lu.LuaUnit.run()
files.remove(folder)
os.exit(result)
