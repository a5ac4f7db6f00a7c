-- SPDX-License-Identifier: MIT
-- Nothing that was asked for is ignored: helpers refuse options that they do not know, or that
-- have the wrong type, before they send anything; and the table helpers that this rests on.

local lu = require "luaunit"
local moonrock = require "moonrock"
local errors = require "moonrock.error"
local fake = require "fake_transport"
local finetune = require "moonrock.finetune"
local lease = require "moonrock.lease"
local tables = require "moonrock.tables"

local function refused(message, f, ...)
  local ok, err = pcall(f, ...)
  lu.assertFalse(ok)
  lu.assertTrue(errors.is(err, "ParamValidation"), tostring(err))
  lu.assertStrContains(tostring(err), message)
  lu.assertStrContains(err.hint, "options are ")
end

TestTables = {}

function TestTables:test_keys_are_sorted_numbers_first()
  lu.assertEquals(tables.keys { b = 1, a = 1, [10] = 1, [9] = 1, [1.5] = 1 }, { 1.5, 9, 10, "a", "b" })
  lu.assertEquals(tables.keys {}, {})
  lu.assertEquals(tables.keys { [true] = 1, [false] = 1, x = 1 }, { false, true, "x" })
end

function TestTables:test_copy_set_contains()
  local from = { a = 1, b = 2 }
  lu.assertEquals(tables.copy(from, { b = 3, c = 4 }), { a = 1, b = 3, c = 4 })
  lu.assertEquals(from, { a = 1, b = 2 })
  lu.assertEquals(tables.set " one\n two ", { one = true, two = true })
  lu.assertTrue(tables.contains({ 1, 2 }, 2))
  lu.assertFalse(tables.contains({ 1, 2 }, 3))
end

function TestTables:test_each_kind_of_option()
  local known = { a = "count", b = "seconds", c = "function", d = "boolean", e = "any", f = "string", g = "table" }
  local callable = setmetatable({}, { __call = function() end })
  local good = { a = 1, b = 0.5, c = callable, d = false, e = 1, f = "", g = {} }
  lu.assertIs(tables.check_options(good, known, "it"), good)
  lu.assertEquals(tables.check_options(nil, known, "it"), {})
  for name, value in pairs { a = 1.5, b = -1, c = 1, d = 1, f = 1, g = 1 } do
    refused("option " .. name .. " of it must be", tables.check_options, { [name] = value }, known, "it")
  end
  refused("option b of it must be a number of seconds, 0 or more, got string", tables.check_options, { b = "1" },
    known, "it")
  refused("the options of it must be a table, got number", tables.check_options, 1, known, "it")
end

TestHelpers = {}

local function raised(f, ...)
  local ok, err = pcall(f, ...)
  lu.assertFalse(ok)
  return err
end

-- What users of boto3 type first is answered with what does it here.
function TestHelpers:test_names_of_other_sdks()
  local s = fake.session {}
  local s3 = s:client("s3")
  for name, instead in pairs { get_paginator = "client:each", get_waiter = "client:wait",
    download_fileobj = "get_object", copy = "copy_object", exceptions = "err.code", upload = "upload_file" } do
    local err = raised(function() return s3[name] end)
    lu.assertEquals(err.code, "UnknownOperation")
    lu.assertStrContains(err.hint, instead)
  end
  for name, near in pairs { head_obj = "head_object", upload_fil = "upload_file", ListObjectV2 = "list_objects_v2" } do
    lu.assertStrContains(tostring(raised(function() return s3[name] end)), "did you mean " .. near .. "?")
  end
  for name, instead in pairs { region_name = "use region", aws_access_key_id = "credentials", verify = "ca_bundle" } do
    local err = raised(s.client, s, "s3", { [name] = "x" })
    lu.assertEquals(err.code, "InvalidConfiguration")
    lu.assertStrContains(err.hint, instead)
  end
  lu.assertStrContains(tostring(raised(s.client, s)), "none was named")
  local err = raised(s.client, s, "s3", { connect_timeout = "5" }) -- which looks like a number
  lu.assertStrContains(err.message, 'connect_timeout is "5", expected a number')
end

function TestHelpers:test_an_address_is_no_bucket()
  local s, transport = fake.session {}
  local s3 = s:client("s3")
  local arn = "arn:aws-cn:s3:::data/k"
  for _, bucket in ipairs { "s3://data", "s3://data/k", "data/k", "/data", "arn:aws:s3:::data", arn } do
    local err = raised(s3.head_bucket, s3, { Bucket = bucket })
    lu.assertEquals(err.problems[1].path, "Bucket")
    lu.assertStrContains(err.message, '(\"data\")')
  end
  lu.assertEquals(#transport.requests, 0)
end

-- A misspelt prefix must not empty the whole bucket.
function TestHelpers:test_those_of_s3_send_nothing()
  local s, transport = fake.session {}
  local s3 = s:client("s3")
  refused("unknown option prefx of empty_bucket; did you mean prefix?", s3.empty_bucket, s3, "bucket", { prefx = "a" })
  refused("option prefix of empty_bucket must be a string, got 1", s3.empty_bucket, s3, "bucket", { prefix = 1 })
  refused("unknown option part_sise of upload_file; did you mean part_size?", s3.upload_file, s3, "/etc/hostname",
    "bucket", "key", { part_sise = 1 })
  refused("option on_progress of download_file must be a function, got boolean", s3.download_file, s3, "bucket", "key",
    "/tmp/x", { on_progress = true })
  refused("unknown option timout of wait; did you mean timeout?", s3.wait, s3, "bucket_exists", { Bucket = "bucket" },
    { timout = 1 })
  lu.assertEquals(#transport.requests, 0)
end

function TestHelpers:test_those_of_tasks_and_progress()
  refused("unknown option concurency of map; did you mean concurrency?", moonrock.map, {}, print, { concurency = 2 })
  refused("option concurrency of map must be an integer of 1 or more, got 0", moonrock.map, {}, print,
    { concurrency = 0 })
  lu.assertErrorMsgContains("errors must be", moonrock.map, {}, print, { errors = "ignore" })
  refused("unknown option lable of progress; did you mean label?", moonrock.progress, { lable = "x" })
end

function TestHelpers:test_those_of_fine_tuning_send_nothing()
  local s, transport = fake.session {}
  local bedrock, s3 = s:client("bedrock"), s:client("s3")
  refused("unknown option dta of finetune.launch; did you mean data?", finetune.launch, {}, { dta = "x" })
  refused("unknown option kynd of finetune.serve; did you mean kind?", finetune.serve, "arn", { kynd = "deployment" })
  refused("unknown option buckt of clean_up; did you mean bucket?", finetune.clean_up,
    { bedrock = bedrock, s3 = s3, buckt = "b" })
  local cleaner = finetune.cleaner { bedrock = bedrock, s3 = s3 }
  refused("unknown option delete_buket of the cleaner; did you mean delete_bucket?", function()
    cleaner.delete_buket = true
  end)
  cleaner:close()
  refused("unknown option intervall of hold; did you mean interval?", lease.hold,
    { what = "x", delete = print, intervall = 1 })
  lu.assertEquals(#transport.requests, 0)
end

-- What people write instead of the right thing: the answer says what the right thing is.
TestMistakes = {}

function TestMistakes:test_the_answer_names_the_next_step()
  local s, transport = fake.session { { body = "text" } }
  local s3, runtime = s:client("s3"), s:client("bedrock-runtime")
  local function says(message, f, ...)
    local ok, err = pcall(f, ...)
    lu.assertFalse(ok)
    lu.assertStrContains(tostring(err), message)
  end
  says("write client:get_object { Name = value, ... }", s3.get_object, s3, "bucket", "key")
  says("content = { { text = \"...\" } }", runtime.converse, runtime,
    { modelId = "m", messages = { { role = "user", content = "hi" } } })
  says("such as { region = \"us-west-2\" }, got string", s.client, s, "s3", "us-west-2")
  says("list of keys expected, got string", s3.delete_keys, s3, "bucket", "key")
  says("the model's id or ARN expected", moonrock.cost.estimate, {})
  says("unknown option modle of cost.estimate; did you mean model?", moonrock.cost.estimate, { modle = "x" })
  says("called with two numbers, done and total, got string and number", moonrock.progress "x", "a", 3)
  lu.assertEquals(#transport.requests, 0)
  local reply <close> = s3:get_object { Bucket = "bucket", Key = "key" }.Body
  says("body:read(\"a\")", function() for data in reply do print(data) end end)
end

function TestMistakes:test_a_line_that_is_no_json_is_placed_once()
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write('{"a": 1}\n{"a":\n')
  file:close()
  local ok, err = pcall(function()
    for record in moonrock.dataset.each(path) do lu.assertEquals(record.a, 1) end
  end)
  os.remove(path)
  lu.assertFalse(ok)
  lu.assertStrContains(tostring(err), path .. ":2:6: the text ends")
  lu.assertStrContains(err.hint, "moonrock lint " .. path)
end

os.exit(lu.LuaUnit.run())
