-- SPDX-License-Identifier: MIT
-- The emulator with a state folder: what was answered is still there after an end or a kill,
-- nothing half-written is ever seen, and no key of a user becomes a path.

local lu = require "luaunit"
local crypto = require "moonrock.crypto"
local emulated = require "emulated"
local files = require "files"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local program = require "program"
local task = require "moonrock.task"

local folder = os.tmpname()
os.remove(folder)

local function open(seed)
  return emulated.new { state = folder, seed = seed or 7 }
end

local function make_bucket(emulator)
  lu.assertEquals((emulator:s3("PUT", "/bkt", "<CreateBucketConfiguration><LocationConstraint>us-west-2"
    .. "</LocationConstraint></CreateBucketConfiguration>")), 200)
end

-- What a full disk does, too: the folder cannot be opened, or the meters not be written.
TestFaults = { setUp = function() files.remove(folder) end, tearDown = function() files.remove(folder) end }

function TestFaults:test_a_folder_that_cannot_be_used_is_named()
  fs.mkdir(folder)
  fs.write(folder .. "/records", "a file")
  local r = program.run({ "rehearse", "--state", folder, "-" }, { input = "print 'begun'" })
  lu.assertEquals({ r.code, r.out }, { 1, "" })
  lu.assertStrContains(r.err, folder .. "/records: Not a directory")
  local emulator = open()
  local status, _, body = emulator:s3("GET", "/")
  lu.assertEquals(status, 500)
  lu.assertStrContains(body, folder .. "/records: Not a directory")
  emulator:close()
end

function TestFaults:test_a_bill_that_cannot_be_kept_holds_nothing_up()
  local emulator = open()
  make_bucket(emulator)
  files.remove(folder .. "/records/meter")
  fs.write(folder .. "/records/meter", "a file")
  lu.assertEquals((emulator:s3("GET", "/bkt")), 200)
  fs.remove(folder .. "/records/meter")
  fs.mkdir(folder .. "/records/meter")
  lu.assertEquals((emulator:s3("GET", "/bkt")), 200)
  lu.assertEquals(#fs.list(folder .. "/records/meter"), 1, "what was not kept is tried again")
  emulator:close()
end

TestState = { setUp = function() files.remove(folder) end, tearDown = function() files.remove(folder) end }

function TestState:test_objects_survive()
  local emulator = open()
  make_bucket(emulator)
  emulator:s3("PUT", "/bkt/%2e%2e", "dots", { { "x-amz-meta-a", "1" }, { "content-type", "text/x" } })
  emulator:s3("PUT", "/bkt/a/..//b%20%C3%A9", "odd")
  emulator:s3("PUT", "/bkt/twice", "first")
  emulator:s3("PUT", "/bkt/twice", "second")
  emulator:s3("PUT", "/bkt/gone", "x")
  emulator:s3("DELETE", "/bkt/gone")
  local _, _, started = emulator:s3("POST", "/bkt/up?uploads")
  local id = started:match "<UploadId>([^<]+)"
  local _, headers = emulator:s3("PUT", "/bkt/up?partNumber=1&uploadId=" .. id, "part one")
  emulator:close()
  emulator = open()
  local _, got, body = emulator:s3("GET", "/bkt/%2e%2e")
  lu.assertEquals({ body, got["x-amz-meta-a"], got["content-type"] }, { "dots", "1", "text/x" })
  lu.assertEquals(select(3, emulator:s3("GET", "/bkt/a/..//b%20%C3%A9")), "odd")
  lu.assertEquals(select(3, emulator:s3("GET", "/bkt/twice")), "second")
  lu.assertEquals((emulator:s3("HEAD", "/bkt/gone")), 404)
  lu.assertEquals((emulator:s3("POST", "/bkt/up?uploadId=" .. id, "<CompleteMultipartUpload><Part><PartNumber>1"
    .. "</PartNumber><ETag>" .. headers.etag .. "</ETag></Part></CompleteMultipartUpload>")), 200)
  emulator:close()
  emulator = open()
  lu.assertEquals(select(3, emulator:s3("GET", "/bkt/up")), "part one")
  lu.assertNotStrContains(select(3, emulator:s3("GET", "/bkt?uploads")), "<Upload>")
  emulator:close()
  lu.assertEquals(fs.list(folder), { "blobs", "records" })
  lu.assertEquals(#fs.list(folder .. "/blobs"), 4) -- one for each object, none left over
  for _, name in ipairs(fs.list(folder .. "/blobs")) do lu.assertStrMatches(name, "%x+") end
end

function TestState:test_blobs_are_joined_in_slices()
  for _, place in ipairs { false, folder } do
    local store = require("moonrock.emulator.store").new(place or nil)
    local texts, blobs = { ("a"):rep(1 << 20), "", ("b"):rep((1 << 20) + 1), "c" }, {}
    for n, text in ipairs(texts) do blobs[n] = store:put(text, "part " .. n) end
    local joined, longest, whole = store:join(blobs, "whole"), 0, {}
    for slice in store:slices { joined } do
      longest = math.max(longest, #slice)
      whole[#whole + 1] = slice
    end
    lu.assertTrue(table.concat(whole) == table.concat(texts))
    lu.assertTrue(store:read(joined) == table.concat(texts))
    lu.assertEquals(joined.size, (2 << 20) + 2)
    lu.assertTrue(not place or longest == 1 << 20)
    lu.assertEquals(store:join({}, "nothing").size, 0)
  end
end

function TestState:test_what_a_kill_leaves_is_swept()
  local emulator = open()
  make_bucket(emulator)
  emulator:s3("PUT", "/bkt/k", "whole")
  emulator:close()
  -- a blob that was written, whose record was not; and a temporary file
  lu.assertTrue(fs.write(folder .. "/blobs/" .. ("0"):rep(40), "half of somethi") ~= nil)
  lu.assertTrue(fs.write(folder .. "/blobs/.tmp-1", "x") ~= nil)
  emulator = open()
  lu.assertEquals(select(3, emulator:s3("GET", "/bkt/k")), "whole")
  emulator:close()
  lu.assertEquals(#fs.list(folder .. "/blobs"), 1)
end

function TestState:test_two_writers_of_one_key_never_mix()
  local emulator = open()
  make_bucket(emulator)
  local bodies, waiting = {}, {}
  for i = 1, 6 do
    bodies[i] = tostring(i):rep(300000)
    waiting[i] = task.spawn(function()
      lu.assertEquals((emulator:s3("PUT", "/bkt/k", bodies[i], { { "x-amz-meta-writer", tostring(i) } })), 200)
    end)
  end
  for _, one in ipairs(waiting) do one:wait() end
  local _, headers, body = emulator:s3("GET", "/bkt/k")
  lu.assertTrue(body == bodies[tonumber(headers["x-amz-meta-writer"])])
  emulator:close()
  emulator = open()
  local _, again, same = emulator:s3("GET", "/bkt/k")
  lu.assertTrue(same == body and again["x-amz-meta-writer"] == headers["x-amz-meta-writer"])
  emulator:close()
  lu.assertEquals(#fs.list(folder .. "/blobs"), 1)
end

-- Writes for ever, each object's body telling what it must be; the reader checks all that is there.
local writer = [[
local s3 = require "moonrock".client("s3")
pcall(s3.create_bucket, s3, { Bucket = "bkt", CreateBucketConfiguration = { LocationConstraint = "us-west-2" } })
for i = 1, math.huge do
  local key = "key " .. i % 5
  s3:put_object { Bucket = "bkt", Key = key, Body = (key .. " " .. i .. "\n"):rep(5000) }
  if i % 7 == 0 then s3:delete_object { Bucket = "bkt", Key = key } end
end
]]
local reader = [[
local s3 = require "moonrock".client("s3")
local listed, err = require("moonrock").try(s3.list_objects_v2, s3, { Bucket = "bkt" })
assert(listed or err.code == "NoSuchBucket", tostring(err))
local found = listed and listed.Contents or {}
for _, object in ipairs(found) do
  local body = s3:get_object { Bucket = "bkt", Key = object.Key }.Body:read "a"
  local line = body:match "^[^\n]*\n"
  assert(line:sub(1, #object.Key) == object.Key and body == line:rep(5000) and #body == object.Size, object.Key)
end
print(#found)
]]

function TestState:test_a_killed_program_leaves_whole_objects()
  local write, read = program.file(writer, ".lua"), program.file(reader, ".lua")
  local kept, round = 0, 0
  repeat -- a machine that is slow today kills it before it has written
    round = round + 1
    local killed = program.run({ "rehearse", write, "--state", folder },
      { wrap = ("timeout -s KILL %.1f"):format((1 + round % 3) / 10 * (1 + round // 7)) })
    lu.assertEquals(killed.code, 137, killed.err)
    local checked
    for _ = 1, 50 do -- the killed program holds the folder until the system has taken it down
      checked = program.run { "rehearse", read, "--state", folder }
      if not checked.err:find "in use by another process" then break end
      task.sleep(0.05)
    end
    lu.assertEquals(checked.code, 0, checked.err)
    kept = kept + (tonumber(checked.out) > 0 and 1 or 0)
  until kept == 5 or round == 40
  lu.assertEquals(kept, 5)
  os.remove(write)
  os.remove(read)
end

local function bill_of(emulator)
  local _, _, text = emulator:bytes "GET /_moonrock/bill HTTP/1.1\r\nhost: h\r\n\r\n"
  local out = {}
  for _, line in ipairs(json.decode(text).lines) do out[line.kind] = line.quantity end
  return out
end

-- The record of a kind as it is now; the result puts it back, as if its last change had not been written.
local function keep_record(kind)
  local path = ("%s/records/%s/"):format(folder, kind)
  path = path .. fs.list(path)[1]
  local text = fs.read(path)
  return function() lu.assertTrue(fs.write(path, text) ~= nil) end
end

function TestState:test_jobs_models_and_the_bill_survive()
  local emulator = open()
  make_bucket(emulator)
  local lines = {}
  for i = 1, 32 do
    lines[i] = json.encode { messages = { { role = "user", content = "number " .. i },
      { role = "assistant", content = "answer " .. i } } }
  end
  emulator:s3("PUT", "/bkt/t.jsonl", table.concat(lines, "\n") .. "\n")
  local status, job = emulator:json("bedrock", "POST", "/model-customization-jobs", {
    jobName = "job", customModelName = "m", roleArn = "arn:aws:iam::123456789012:role/r", clientRequestToken = "tok",
    baseModelIdentifier = "anthropic.claude-3-haiku-20240307-v1:0:200k",
    trainingDataConfig = { s3Uri = "s3://bkt/t.jsonl" }, outputDataConfig = { s3Uri = "s3://bkt/out" } })
  lu.assertEquals(status, 201)
  emulator:close() -- before it has ended
  emulator = open()
  lu.assertEquals(select(2, emulator:json("bedrock", "GET", "/model-customization-jobs/job")).status, "InProgress")
  task.sleep(8 * 3600)
  local done = select(2, emulator:json("bedrock", "GET", "/model-customization-jobs/job"))
  lu.assertEquals({ done.status, done.jobArn }, { "Completed", job.jobArn })
  local _, pt = emulator:json("bedrock", "POST", "/provisioned-model-throughput",
    { modelUnits = 1, provisionedModelName = "pt", modelId = "m" })
  task.sleep(1801)
  emulator:close()
  emulator = open()
  local arn = pt.provisionedModelArn:gsub("[:/]", { [":"] = "%3A", ["/"] = "%2F" })
  local answer
  status, answer = emulator:json("bedrock-runtime", "POST", "/model/" .. arn .. "/invoke",
    { anthropic_version = "bedrock-2023-05-31",
    max_tokens = 50, messages = { { role = "user", content = "number 9" } } })
  lu.assertEquals({ status, answer.content[1].text }, { 200, "answer 9" })
  lu.assertTrue(bill_of(emulator).training > 0)
  -- a kill after the hours are in the bill and before the throughput's record is gone
  local function delete()
    lu.assertEquals((emulator:json("bedrock", "DELETE", "/provisioned-model-throughput/pt")), 200)
  end
  local before_delete = keep_record "bedrock-provisioned"
  delete()
  local hours = bill_of(emulator).unit_hour
  emulator:close()
  before_delete()
  emulator = open()
  lu.assertEquals(bill_of(emulator).unit_hour, hours)
  task.sleep(3600)
  lu.assertEquals(bill_of(emulator).unit_hour, hours + 1) -- it is still there
  delete()
  local months = bill_of(emulator).storage
  lu.assertEquals((emulator:json("bedrock", "DELETE", "/custom-models/m")), 200)
  task.sleep(3600)
  lu.assertEquals({ bill_of(emulator).unit_hour, bill_of(emulator).storage }, { hours + 1, months })
  emulator:close()
end

-- A kill after the model was made and before its job's record says so: there is one model, paid once.
function TestState:test_a_kill_before_the_end_of_a_training_bills_it_once()
  local emulator = open()
  make_bucket(emulator)
  emulator:s3("PUT", "/bkt/t.jsonl", (json.encode { messages = { { role = "user", content = "x" },
    { role = "assistant", content = "y" } } } .. "\n"):rep(32))
  local status = emulator:json("bedrock", "POST", "/model-customization-jobs", {
    jobName = "job", customModelName = "m", roleArn = "arn:aws:iam::123456789012:role/r",
    baseModelIdentifier = "anthropic.claude-3-haiku-20240307-v1:0:200k",
    trainingDataConfig = { s3Uri = "s3://bkt/t.jsonl" }, outputDataConfig = { s3Uri = "s3://bkt/out" } })
  lu.assertEquals(status, 201)
  local function ended()
    local _, job = emulator:json("bedrock", "GET", "/model-customization-jobs/job")
    local _, models = emulator:json("bedrock", "GET", "/custom-models")
    return { job.status, job.outputModelArn, #models.modelSummaries, bill_of(emulator).training }
  end
  emulator:close()
  local before_end = keep_record "bedrock-jobs"
  task.sleep(8 * 3600)
  emulator = open()
  local first = ended()
  lu.assertEquals({ first[1], first[3], first[4] > 0 }, { "Completed", 1, true })
  emulator:close()
  before_end()
  emulator = open()
  lu.assertEquals(ended(), first)
  emulator:close()
end

-- A kill after the money is in the bill and before the record says that it is over.
function TestState:test_a_kill_before_the_end_of_a_batch_bills_it_once()
  local emulator = open()
  make_bucket(emulator)
  local lines = {}
  for i = 1, 100 do
    lines[i] = json.encode { recordId = "r" .. i, modelInput = { anthropic_version = "bedrock-2023-05-31",
      max_tokens = 20, messages = { { role = "user", content = "Question " .. i } } } }
  end
  emulator:s3("PUT", "/bkt/in.jsonl", table.concat(lines, "\n"))
  local status = emulator:json("bedrock", "POST", "/model-invocation-job", { jobName = "job",
    modelId = "anthropic.claude-3-haiku-20240307-v1:0", roleArn = "arn:aws:iam::123456789012:role/r",
    inputDataConfig = { s3InputDataConfig = { s3Uri = "s3://bkt/in.jsonl" } },
    outputDataConfig = { s3OutputDataConfig = { s3Uri = "s3://bkt/out/" } } })
  lu.assertEquals(status, 200)
  emulator:close()
  local before_end = keep_record "bedrock-batches"
  task.sleep(24 * 3600)
  emulator = open()
  local first = bill_of(emulator)
  lu.assertTrue(first.batch_input > 100 and first.batch_output > 100)
  emulator:s3("GET", "/bkt/in.jsonl") -- the end of a request keeps what was counted before it
  emulator:close()
  before_end()
  emulator = open()
  local second = bill_of(emulator)
  lu.assertEquals({ second.batch_input, second.batch_output }, { first.batch_input, first.batch_output })
  emulator:close()
end

-- While the one waits for the disk, the other comes.
function TestState:test_a_token_is_for_one_request_also_at_the_same_time()
  local world = { bedrock = { tokens = {} }, store = require("moonrock.emulator.store").new() }
  local once = require("moonrock.emulator.bedrock_state").once
  local answers = {}
  for i, name in ipairs { "a", "b", "a" } do
    answers[i] = task.spawn(function()
      local ok, result = pcall(once, world, { region = "r", operation = "Create" }, { clientRequestToken = "t",
        name = name }, function()
        task.sleep(1)
        return { number = i }
      end)
      return ok and result.number or result.code
    end)
  end
  lu.assertEquals({ answers[1]:wait(), answers[2]:wait(), answers[3]:wait() }, { 1, "ConflictException", 1 })
end

-- What is large is on the disk before the last of it has come, and is read from there.
function TestState:test_large_bodies_are_not_held()
  local emulator = open()
  make_bucket(emulator)
  local body = ("0123456789abcdef"):rep(1 << 21)
  local function blobs() return #fs.list(folder .. "/blobs") end
  local crc = { "x-amz-checksum-crc32", crypto.hash("crc32", body, "base64") }
  local status, headers = emulator:s3("PUT", "/bkt/large", body, { crc, { "x-amz-meta-a", "1" } })
  lu.assertEquals({ status, headers.etag, headers["x-amz-checksum-crc32"] },
    { 200, '"' .. crypto.hash("md5", body) .. '"', crc[2] })
  lu.assertEquals(blobs(), 1)
  local refused, _, text = emulator:s3("PUT", "/bkt/large", body, { { "x-amz-checksum-crc32", "AAAAAA==" } })
  lu.assertEquals({ refused, text:match "<Code>(%w+)" }, { 400, "BadDigest" })
  lu.assertEquals((emulator:s3("PUT", "/bkt/large", body, { { "if-none-match", "*" } })), 412)
  lu.assertEquals((emulator:s3("PUT", "/none/large", body)), 404)
  lu.assertEquals((emulator:s3("PUT", "/bkt/large", body, { { "content-md5", "AAAA" } })), 400)
  refused, _, text = emulator:s3("PUT", "/bkt/large", body, nil, { spoil = function(r) r.body = r.body .. "x" end })
  lu.assertEquals({ refused, text:match "<Code>(%w+)" }, { 400, "BadRequest" })
  lu.assertEquals(blobs(), 1)
  local _, _, started = emulator:s3("POST", "/bkt/up?uploads")
  local id = started:match "<UploadId>([^<]+)"
  local part = "/bkt/up?partNumber=1&uploadId=" .. id
  for _ = 1, 2 do
    _, headers = emulator:s3("PUT", part, body)
    lu.assertEquals(headers.etag, '"' .. crypto.hash("md5", body) .. '"')
  end
  lu.assertEquals(blobs(), 2)
  local _, peak = emulator.isolate:memory()
  lu.assertTrue(peak < 24 << 20, peak)
  emulator:close()
  emulator = open()
  lu.assertEquals(blobs(), 2)
  status, headers = emulator:s3("GET", "/bkt/large", nil, { { "range", "bytes=0-1" } })
  lu.assertEquals({ status, headers["content-range"], headers["x-amz-meta-a"] },
    { 206, ("bytes 0-1/%d"):format(#body), "1" })
  lu.assertTrue(select(3, emulator:s3("GET", "/bkt/large")) == body)
  emulator:close()
end

function TestState:test_ids_are_not_given_twice()
  local seen = {}
  for _ = 1, 3 do
    local emulator = open()
    if not next(seen) then make_bucket(emulator) end
    local _, _, body = emulator:s3("POST", "/bkt/up?uploads")
    local id = body:match "<UploadId>([^<]+)"
    lu.assertNil(seen[id])
    seen[id] = true
    emulator:close()
  end
end

os.exit(lu.LuaUnit.run())
