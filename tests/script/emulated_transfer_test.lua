-- SPDX-License-Identifier: MIT
-- Transfers and S3 calls against the emulator: signed, verified, over the channel.

local lu = require "luaunit"
local task = require "moonrock.task"
local errors = require "moonrock.error"
local moonrock = require "moonrock"
local fake = require "fake_transport"
local fs = require "moonrock.fs"
local program = require "program"

require("moonrock.cli.rehearse").begin { seed = 3 }

local MiB = 1024 * 1024
local s3 = moonrock.client("s3")
local bucket = "client-test"
s3:create_bucket { Bucket = bucket }

local raised, temporary, content = fake.raised, program.file, fs.read

local function bytes(count)
  local parts = {}
  for n = 1, count // 4096 + 1 do
    parts[n] = string.format("%064d", n * 7919):rep(64)
  end
  return table.concat(parts):sub(1, count)
end

local function unfinished()
  local ids = {}
  for upload in s3:each("list_multipart_uploads", { Bucket = bucket }) do
    ids[#ids + 1] = upload.UploadId
  end
  return ids
end

local function exists(key)
  local found, err = moonrock.try(s3.head_object, s3, { Bucket = bucket, Key = key })
  lu.assertTrue(found ~= nil or err.status == 404, tostring(err))
  return found ~= nil
end

TestTransfers = {}

function TestTransfers:test_there_and_back()
  for _, size in ipairs { 0, 1, 100000, 8 * MiB - 1, 8 * MiB, 17 * MiB + 1 } do
    local text = bytes(size)
    local from, to = temporary(text), os.tmpname()
    local up = s3:upload_file(from, bucket, "dir/file")
    lu.assertEquals(up.parts, math.max(1, (size + (size < 8 * MiB and 0 or 8 * MiB - 1)) // (8 * MiB)))
    local down = s3:download_file(bucket, "dir/file", to)
    lu.assertEquals(down.size, size)
    lu.assertEquals(down.checksum, up.checksum)
    lu.assertTrue(content(to) == text)
    os.remove(from)
    os.remove(to)
  end
end

function TestTransfers:test_the_time_of_the_object()
  local to = os.tmpname()
  s3:put_object { Bucket = bucket, Key = "old", Body = "x" }
  task.sleep(1000)
  s3:download_file(bucket, "old", to, { remote_time = true })
  local modified = s3:head_object { Bucket = bucket, Key = "old" }.LastModified
  lu.assertEquals(fs.stat(to).mtime, modified + 0.0)
  s3:download_file(bucket, "old", to)
  lu.assertTrue(fs.stat(to).mtime > modified)
  raised("unknown option remote_time", s3.upload_file, s3, to, bucket, "old", { remote_time = true })
  os.remove(to)
end

function TestTransfers:test_every_algorithm()
  local text = bytes(11 * MiB)
  local from, to = temporary(text), os.tmpname()
  for _, algorithm in ipairs { "CRC64NVME", "CRC32", "CRC32C", "SHA1", "SHA256" } do
    s3:upload_file(from, bucket, algorithm, { checksum_algorithm = algorithm })
    s3:put_object { Bucket = bucket, Key = "small", Body = "x", ChecksumAlgorithm = algorithm }
    lu.assertEquals(s3:get_object { Bucket = bucket, Key = "small" }.Body:read("a"), "x")
    s3:download_file(bucket, algorithm, to)
    lu.assertTrue(content(to) == text, algorithm)
  end
  os.remove(from)
  os.remove(to)
end

function TestTransfers:test_a_cancel_in_the_middle_leaves_nothing()
  local path = temporary(bytes(40 * MiB))
  for _, stop_at in ipairs { 0, 1, 3 } do
    local running, calls = nil, 0
    running = task.spawn(function()
      s3:upload_file(path, bucket, "cancelled", { concurrency = 2, on_progress = function()
        if calls == stop_at then
          running:cancel()
        end
        calls = calls + 1
      end })
    end)
    pcall(running.wait, running)
    lu.assertEquals(running:status(), "cancelled")
    lu.assertEquals(unfinished(), {})
    lu.assertFalse(exists("cancelled"))
  end
  os.remove(path)
end

function TestTransfers:test_a_timeout_around_an_upload()
  local path = temporary(bytes(20 * MiB))
  raised("Timeout", moonrock.timeout, 5, function()
    s3:upload_file(path, bucket, "late", { on_progress = function(done)
      if done > 0 then
        task.sleep(60)
      end
    end })
  end)
  lu.assertEquals(unfinished(), {})
  lu.assertFalse(exists("late"))
  os.remove(path)
end

function TestTransfers:test_what_the_service_refuses()
  local path = temporary("x")
  local err = raised("NoSuchBucket", s3.upload_file, s3, path, "no-such-bucket", "k")
  lu.assertEquals(err.service, "s3")
  lu.assertEquals(err.status, 404)
  raised("NoSuchKey", s3.download_file, s3, bucket, "nothing here", path .. ".none")
  lu.assertNil(io.open(path .. ".none"))
  raised("PreconditionFailed", function()
    s3:put_object { Bucket = bucket, Key = "once", Body = "1" }
    s3:put_object { Bucket = bucket, Key = "once", Body = "2", IfNoneMatch = "*" }
  end)
  os.remove(path)
end

-- A transport that carries out what it is asked and then loses the first answer that fits.
local function losing(fits)
  local inner = moonrock.default_session().options.transport
  local lost = 0
  return {
    request = function(_, request)
      local reply = inner:request(request)
      if lost == 0 and fits(request) then
        lost = 1
        reply.body:close()
        errors.raise { code = "ConnectionError", message = "the answer was lost", retryable = true }
      end
      return reply
    end,
    lost = function() return lost end,
  }
end

function TestTransfers:test_a_lost_answer_of_each_step()
  local text = bytes(17 * MiB)
  local path, back = temporary(text), os.tmpname()
  local steps = {
    function(r) return r.method == "POST" and r.query:find("uploads", 1, true) end,
    function(r) return r.method == "PUT" and r.query:find("partNumber=2", 1, true) end,
    function(r) return r.method == "POST" and r.query:find("uploadId", 1, true) end,
  }
  for number, fits in ipairs(steps) do
    local transport = losing(fits)
    local client = moonrock.client("s3", { transport = transport })
    local key = "lost" .. number
    client:upload_file(path, bucket, key)
    lu.assertEquals(transport.lost(), 1)
    s3:download_file(bucket, key, back)
    lu.assertTrue(content(back) == text)
  end
  -- The first answer to create was lost with the id in it: such an upload is found by listing.
  lu.assertEquals(#unfinished(), 1)
  lu.assertEquals(select(2, s3:empty_bucket(bucket, { prefix = "lost" })), 1)
  os.remove(path)
  os.remove(back)
end

TestCalls = {}

function TestCalls:test_odd_keys_come_back()
  local keys = { "..", "../x", "a b", "a+b", "a%20b", "100%", "ü/日本", "a//b/", "/lead", "q?x=1&y#z", "a=b,c;d@e:f",
    "'quoted' \"too\"", "<xml>&amp;", "tab\there" }
  for _, key in ipairs(keys) do
    s3:put_object { Bucket = bucket, Key = "odd/" .. key, Body = key }
    s3:put_object { Bucket = bucket, Key = key, Body = key }
    lu.assertEquals(s3:get_object { Bucket = bucket, Key = key }.Body:read("a"), key)
  end
  local found = {}
  for object in s3:each("list_objects_v2", { Bucket = bucket, Prefix = "odd/", MaxKeys = 3 }) do
    found[object.Key:sub(5)] = true
  end
  for _, key in ipairs(keys) do
    lu.assertTrue(found[key], key)
    s3:copy_object { Bucket = bucket, Key = "copy", CopySource = { Bucket = bucket, Key = key } }
    lu.assertEquals(s3:get_object { Bucket = bucket, Key = "copy" }.Body:read("a"), key)
    s3:delete_object { Bucket = bucket, Key = key }
  end
end

function TestCalls:test_both_address_styles()
  local path_style = moonrock.client("s3", { addressing_style = "path" })
  path_style:put_object { Bucket = bucket, Key = "style", Body = "p" }
  lu.assertEquals(s3:get_object { Bucket = bucket, Key = "style" }.Body:read("a"), "p")
  s3:create_bucket { Bucket = "dotted.bucket.name" }
  s3:put_object { Bucket = "dotted.bucket.name", Key = "k", Body = "dots" }
  lu.assertEquals(s3:get_object { Bucket = "dotted.bucket.name", Key = "k" }.Body:read("a"), "dots")
end

function TestCalls:test_a_bucket_of_another_region_is_followed()
  local far = moonrock.client("s3", { region = "eu-west-1" })
  far:create_bucket { Bucket = "far-bucket" }
  local near = moonrock.client("s3", { region = "us-west-2" })
  near:put_object { Bucket = "far-bucket", Key = "k", Body = "followed" }
  lu.assertEquals(near:get_object { Bucket = "far-bucket", Key = "k" }.Body:read("a"), "followed")
end

function TestCalls:test_credentials_are_checked_by_the_service()
  local wrong = moonrock.client("s3", { credentials = {
    access_key_id = "AKIDREHEARSAL", secret_access_key = "not the key" } })
  local err = raised("SignatureDoesNotMatch", wrong.list_buckets, wrong)
  lu.assertStrContains(err.hint, "secret access key")
  local unknown = moonrock.client("bedrock", { credentials = {
    access_key_id = "AKIDUNKNOWN", secret_access_key = "x" } })
  err = raised("", unknown.list_foundation_models, unknown)
  lu.assertEquals(err.status, 403)
  lu.assertNotNil(err.hint)
end

-- What is encrypted with a customer's key is read, copied and sent in parts with that key alone.
function TestCalls:test_keys_of_customers()
  local function with(key, more)
    local params = { Bucket = bucket, Key = "locked", SSECustomerAlgorithm = key and "AES256" or nil,
      SSECustomerKey = key and key:rep(32) or nil }
    for name, value in pairs(more or {}) do params[name] = value end
    return params
  end
  local put = s3:put_object(with("k", { Body = "hidden" }))
  lu.assertEquals({ put.SSECustomerAlgorithm, put.ServerSideEncryption }, { "AES256", nil })
  lu.assertEquals(s3:get_object(with "k").Body:read "a", "hidden")
  lu.assertEquals(s3:head_object(with "k").SSECustomerKeyMD5, put.SSECustomerKeyMD5)
  raised("The correct parameters must be provided", s3.get_object, s3, with())
  lu.assertEquals(raised("", s3.head_object, s3, with()).status, 400)
  raised("AccessDenied", s3.get_object, s3, with "x")
  local source = { Bucket = bucket, Key = "locked" }
  raised("The correct parameters must be", s3.copy_object, s3, with(nil, { Key = "open", CopySource = source }))
  s3:copy_object(with(nil, { Key = "open", CopySource = source, CopySourceSSECustomerAlgorithm = "AES256",
    CopySourceSSECustomerKey = ("k"):rep(32) }))
  lu.assertEquals(s3:get_object(with(nil, { Key = "open" })).Body:read "a", "hidden")
  raised("not applicable", s3.get_object, s3, with("k", { Key = "open" }))
  raised("The calculated MD5 hash of the key", s3.get_object, s3, with("k", {
    SSECustomerKey = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=", SSECustomerKeyMD5 = "AAAAAAAAAAAAAAAAAAAAAA==" }))

  local upload = s3:create_multipart_upload(with "k")
  local part = { UploadId = upload.UploadId, PartNumber = 1, Body = "x" }
  raised("must include the appropriate encryption", s3.upload_part, s3, with(nil, part))
  s3:upload_part(with("k", part))
  s3:abort_multipart_upload { Bucket = bucket, Key = "locked", UploadId = upload.UploadId }
end

function TestTransfers:test_files_with_a_key_of_the_customer()
  local text = bytes(17 * MiB)
  local from, to = temporary(text), os.tmpname()
  local key = { SSECustomerAlgorithm = "AES256", SSECustomerKey = ("k"):rep(32) }
  for _, threshold in ipairs { 64 * MiB, 8 * MiB } do -- in one piece and in parts
    s3:upload_file(from, bucket, "locked-file", { extra_args = key, threshold = threshold })
    s3:download_file(bucket, "locked-file", to, { extra_args = key })
    lu.assertTrue(content(to) == text)
    lu.assertEquals(raised("", s3.download_file, s3, bucket, "locked-file", to).status, 400)
  end
  os.remove(from)
  os.remove(to)
end

function TestCalls:test_presigned_urls_are_good_for_a_while()
  local transport = moonrock.default_session().options.transport
  local uri = require "moonrock.uri"
  local function fetch(method, url, body)
    local parts = uri.parse(url)
    local reply = transport:request { method = method, scheme = parts.scheme, host = parts.host, path = parts.path,
      query = parts.query, headers = {}, body = body }
    return reply.status, reply.body:read("a")
  end
  local put = s3:generate_presigned_url("put_object", { Bucket = bucket, Key = "signed ü" }, 60)
  lu.assertEquals((fetch("PUT", put, "by URL")), 200)
  local get = s3:generate_presigned_url("get_object", { Bucket = bucket, Key = "signed ü" }, 60)
  lu.assertEquals({ fetch("GET", get) }, { 200, "by URL" })
  lu.assertEquals((fetch("GET", (get:gsub("signed", "other")))), 403)
  task.sleep(61)
  lu.assertEquals((fetch("GET", get)), 403)
end

function TestCalls:test_empty_bucket()
  s3:create_bucket { Bucket = "to-be-emptied" }
  moonrock.map(moonrock.map({ 1, 2, 3 }, function(n) return n end), function(n)
    s3:put_object { Bucket = "to-be-emptied", Key = "k" .. n, Body = "x" }
  end)
  s3:create_multipart_upload { Bucket = "to-be-emptied", Key = "left" }
  raised("BucketNotEmpty", s3.delete_bucket, s3, { Bucket = "to-be-emptied" })
  lu.assertEquals({ s3:empty_bucket("to-be-emptied") }, { 3, 1 })
  s3:delete_bucket { Bucket = "to-be-emptied" }
  s3:wait("bucket_not_exists", { Bucket = "to-be-emptied" })
end

function TestCalls:test_many_keys_in_pages()
  s3:create_bucket { Bucket = "many-keys" }
  local numbers = {}
  for n = 1, 1234 do numbers[n] = n end
  moonrock.map(numbers, function(n)
    s3:put_object { Bucket = "many-keys", Key = string.format("k%05d", n), Body = "" }
  end, { concurrency = 32 })
  local pages, count = 0, 0
  for page in s3:pages("list_objects_v2", { Bucket = "many-keys" }) do
    pages, count = pages + 1, count + #page.Contents
  end
  lu.assertEquals({ pages, count }, { 2, 1234 })
  lu.assertEquals((s3:empty_bucket("many-keys")), 1234)
end

TestBedrock = {}

local role = "arn:aws:iam::123456789012:role/tuning"

function TestBedrock:test_a_token_makes_one_job()
  local bedrock = moonrock.client("bedrock")
  local records = {}
  for n = 1, 40 do
    records[n] = string.format(
      '{"messages":[{"role":"user","content":"question %d"},{"role":"assistant","content":"answer %d"}]}\n', n, n)
  end
  s3:put_object { Bucket = bucket, Key = "train.jsonl", Body = table.concat(records) }
  local params = {
    jobName = "token-job", customModelName = "token_model", roleArn = role,
    baseModelIdentifier = "anthropic.claude-3-haiku-20240307-v1:0:200k",
    trainingDataConfig = { s3Uri = "s3://" .. bucket .. "/train.jsonl" },
    outputDataConfig = { s3Uri = "s3://" .. bucket .. "/out/" },
    hyperParameters = { epochCount = 1, batchSize = 4 }, clientRequestToken = "the-same-token",
  }
  local first = bedrock:create_model_customization_job(params)
  local second = bedrock:create_model_customization_job(params)
  lu.assertEquals(second.jobArn, first.jobArn)
  params.clientRequestToken = nil
  local err = raised("token-job", bedrock.create_model_customization_job, bedrock, params)
  lu.assertFalse(err.retryable)
  lu.assertNotNil(err.hint)
  local polls = 0
  local state = bedrock:wait("model_customization_job_completed", { jobIdentifier = first.jobArn }, {
    on_poll = function() polls = polls + 1 end })
  lu.assertEquals(state.status, "Completed")
  lu.assertTrue(polls > 3)
  lu.assertNotNil(bedrock:find_custom_model("token_model"))
  lu.assertNil(bedrock:find_custom_model("no_such_model"))
end

function TestBedrock:test_a_lost_answer_makes_no_second_job()
  local transport = losing(function(r) return r.method == "POST" and r.path == "/model-customization-jobs" end)
  local bedrock = moonrock.client("bedrock", { transport = transport })
  s3:put_object { Bucket = bucket, Key = "train2.jsonl", Body = ('{"messages":[{"role":"user","content":"q"},'
    .. '{"role":"assistant","content":"a"}]}\n'):rep(40) }
  local job = bedrock:create_model_customization_job {
    jobName = "lost-job", customModelName = "lost_model", roleArn = role,
    baseModelIdentifier = "anthropic.claude-3-haiku-20240307-v1:0:200k",
    trainingDataConfig = { s3Uri = "s3://" .. bucket .. "/train2.jsonl" },
    outputDataConfig = { s3Uri = "s3://" .. bucket .. "/out/" },
  }
  lu.assertEquals(transport.lost(), 1)
  lu.assertEquals(job.ResponseMetadata.RetryAttempts, 1)
  local count = 0
  for summary in bedrock:each("list_model_customization_jobs", { nameContains = "lost-job" }) do
    count = count + 1
    lu.assertEquals(summary.jobArn, job.jobArn)
  end
  lu.assertEquals(count, 1)
end

function TestBedrock:test_a_failed_job_raises_the_services_words()
  local bedrock = moonrock.client("bedrock")
  s3:put_object { Bucket = bucket, Key = "bad.jsonl", Body = "this is no JSON\n" }
  local ok, err = pcall(function()
    local job = bedrock:create_model_customization_job {
      jobName = "bad-job", customModelName = "bad_model", roleArn = role,
      baseModelIdentifier = "anthropic.claude-3-haiku-20240307-v1:0:200k",
      trainingDataConfig = { s3Uri = "s3://" .. bucket .. "/bad.jsonl" },
      outputDataConfig = { s3Uri = "s3://" .. bucket .. "/out/" },
    }
    bedrock:wait("model_customization_job_completed", { jobIdentifier = job.jobArn })
  end)
  lu.assertFalse(ok)
  lu.assertTrue(errors.is(err, "WaiterFailed"), tostring(err))
  lu.assertStrContains(tostring(err), "Failed: ")
end

TestResume = {}

-- Numbers of the parts that f sends.
local function parts_sent(f)
  local transport, numbers = s3.meta.config.transport, {}
  s3.meta.config.transport = { request = function(_, request)
    local number = request.method == "PUT" and (request.query or ""):match("partNumber=(%d+)")
    numbers[#numbers + 1] = number and tonumber(number) or nil
    return transport:request(request)
  end }
  local ok, err = pcall(f)
  s3.meta.config.transport = transport
  table.sort(numbers)
  return numbers, ok, err
end

local function break_off(path, key, options)
  return parts_sent(function()
    s3:upload_file(path, bucket, key, { resume = true, concurrency = 1, extra_args = options,
      on_progress = function(done) if done >= 16 * MiB then error("broken off", 0) end end })
  end)
end

local function send_on(path, key)
  local result
  local numbers, ok, err = parts_sent(function()
    result = s3:upload_file(path, bucket, key, { resume = true })
  end)
  lu.assertTrue(ok, tostring(err))
  return numbers, result
end

function TestResume:test_only_what_is_missing_is_sent()
  local text = bytes(34 * MiB + 5)
  local path, to = temporary(text), os.tmpname()
  local numbers, ok, err = break_off(path, "resumed")
  lu.assertEquals({ numbers, ok, err }, { { 1, 2 }, false, "broken off" })
  lu.assertEquals(#unfinished(), 1)
  local sent, result = send_on(path, "resumed")
  lu.assertEquals(sent, { 3, 4, 5 })
  lu.assertEquals({ result.parts, #unfinished() }, { 5, 0 })
  lu.assertEquals(s3:download_file(bucket, "resumed", to).checksum, result.checksum)
  lu.assertTrue(content(to) == text)
  lu.assertEquals((send_on(path, "resumed")), { 1, 2, 3, 4, 5 }) -- nothing to go on with any more
  os.remove(path)
  os.remove(to)
end

function TestResume:test_parts_of_other_bytes_are_sent_anew()
  local text = bytes(34 * MiB)
  local path, to = temporary(text), os.tmpname()
  break_off(path, "changed")
  local file = assert(io.open(path, "r+b"))
  file:seek("set", 9 * MiB)
  file:write("other")
  file:close()
  lu.assertEquals((send_on(path, "changed")), { 2, 3, 4, 5 })
  s3:download_file(bucket, "changed", to)
  lu.assertTrue(content(to) == content(path))
  -- a file that has become shorter than what is there begins anew
  break_off(path, "changed")
  local short = temporary(text:sub(1, 8 * MiB))
  lu.assertEquals((send_on(short, "changed")), { 1 })
  for upload in s3:each("list_multipart_uploads", { Bucket = bucket }) do
    s3:abort_multipart_upload { Bucket = bucket, Key = upload.Key, UploadId = upload.UploadId }
  end
  for _, name in ipairs { path, to, short } do os.remove(name) end
end

function TestResume:test_an_upload_of_small_parts_is_not_gone_on_with()
  local path = temporary(bytes(17 * MiB))
  local given = s3:create_multipart_upload { Bucket = bucket, Key = "small", ChecksumAlgorithm = "CRC64NVME" }
  s3:upload_part { Bucket = bucket, Key = "small", UploadId = given.UploadId, PartNumber = 1, Body = bytes(100),
    ChecksumAlgorithm = "CRC64NVME" }
  lu.assertEquals((send_on(path, "small")), { 1, 2, 3 })
  s3:abort_multipart_upload { Bucket = bucket, Key = "small", UploadId = given.UploadId }
  os.remove(path)
end

function TestResume:test_it_is_for_uploads()
  lu.assertErrorMsgContains("unknown option resume", function()
    s3:download_file(bucket, "x", "/nowhere", { resume = true })
  end)
end

os.exit(lu.LuaUnit.run())
