-- SPDX-License-Identifier: MIT
-- upload_fileobj against the emulator: from functions, files, pipes and readers, whole or not at all; and what it
-- holds in memory, against a client that only counts.

local errors = require "moonrock.error"
local fake = require "fake_transport"
local lu = require "luaunit"
local moonrock = require "moonrock"
local program = require "program"
local stream = require "moonrock.transfer.stream"
local task = require "moonrock.task"

require("moonrock.cli.rehearse").begin { seed = 4 }

local MiB = 1024 * 1024
local bucket = "streams"
local s3 = moonrock.client("s3")
s3:create_bucket { Bucket = bucket }

local raised = fake.raised

local function bytes(count)
  local parts = {}
  for n = 1, count // 4096 + 1 do
    parts[n] = string.format("%064d", n * 7919):rep(64)
  end
  return table.concat(parts):sub(1, count)
end

-- Gives a text in pieces of these sizes, over and over.
local function in_pieces(text, ...)
  local sizes, at, turn = { ... }, 1, 0
  return function()
    if at > #text then
      return nil
    end
    turn = turn % #sizes + 1
    local piece = text:sub(at, at + sizes[turn] - 1)
    at = at + #piece
    return piece
  end
end

local function stored(key)
  local reply, err = moonrock.try(s3.get_object, s3, { Bucket = bucket, Key = key })
  lu.assertTrue(reply ~= nil or errors.is(err, "NoSuchKey"), tostring(err))
  return reply and reply.Body:read "a"
end

local function unfinished()
  local count = 0
  for _ in s3:each("list_multipart_uploads", { Bucket = bucket }) do
    count = count + 1
  end
  return count
end

TestSources = {}

function TestSources:test_all_sizes_as_a_file_would_be()
  for _, size in ipairs { 0, 1, 5 * MiB - 1, 5 * MiB, 5 * MiB + 1, 17 * MiB + 3 } do
    local text = bytes(size)
    local path = program.file(text)
    local options = { threshold = 5 * MiB, part_size = 5 * MiB }
    local wanted = s3:upload_file(path, bucket, "file", options)
    local result = s3:upload_fileobj(in_pieces(text, 1, 65536, 3 * MiB), bucket, "stream", options)
    lu.assertEquals(result, wanted)
    lu.assertTrue(stored "stream" == text, size)
    os.remove(path)
  end
end

function TestSources:test_whatever_can_be_read()
  local text = bytes(11 * MiB)
  local path = program.file(text)
  local file <close> = assert(io.open(path, "rb"))
  s3:upload_fileobj(file, bucket, "from-file")
  lu.assertTrue(stored "from-file" == text)
  local pipe <close> = assert(io.popen("cat '" .. path .. "'", "r"))
  s3:upload_fileobj(pipe, bucket, "from-pipe")
  lu.assertTrue(stored "from-pipe" == text)
  local body <close> = s3:get_object({ Bucket = bucket, Key = "from-pipe" }).Body
  lu.assertEquals(s3:upload_fileobj(body, bucket, "from-body").size, #text)
  lu.assertTrue(stored "from-body" == text)
  os.remove(path)
end

function TestSources:test_a_pipe_that_takes_its_time()
  local command = "for i in 1 2 3; do echo $i; sleep 0.1; done"
  for key, send in pairs {
    streamed = function(pipe) return s3:upload_fileobj(pipe, bucket, "streamed") end,
    put = function(pipe) return s3:put_object { Bucket = bucket, Key = "put", Body = pipe } end,
  } do
    local pipe <close> = assert(io.popen(command, "r"))
    send(pipe)
    lu.assertEquals(stored(key), "1\n2\n3\n")
  end
end

function TestSources:test_pieces_of_any_size()
  local text = bytes(23 * MiB)
  for key, source in pairs { whole = in_pieces(text, #text), empty = in_pieces(text, 4 * MiB, 0, 0, 7 * MiB) } do
    local result = s3:upload_fileobj(source, bucket, key, { part_size = 5 * MiB })
    lu.assertEquals(result.parts, 5)
    lu.assertTrue(stored(key) == text, key)
  end
  local asked = 0
  s3:upload_fileobj(function() -- is not asked again when it has ended
    asked = asked + 1
    lu.assertTrue(asked <= 4)
    return asked <= 3 and text:sub(1, 3 * MiB) or nil
  end, bucket, "ends-once")
  lu.assertEquals(asked, 4)
end

function TestSources:test_every_algorithm_and_extra()
  local text = bytes(12 * MiB)
  for _, algorithm in ipairs { "CRC64NVME", "CRC32", "CRC32C", "SHA256", "SHA512", "SHA1" } do
    s3:upload_fileobj(in_pieces(text, 99999), bucket, algorithm, { checksum_algorithm = algorithm,
      extra_args = { Metadata = { by = "hand" } } })
    local head = s3:head_object { Bucket = bucket, Key = algorithm, ChecksumMode = "ENABLED" }
    lu.assertEquals(head.Metadata, { by = "hand" })
    lu.assertNotNil(head["Checksum" .. algorithm], algorithm)
    lu.assertTrue(stored(algorithm) == text, algorithm)
  end
  raised("PreconditionFailed", s3.upload_fileobj, s3, in_pieces(text, #text), bucket, "SHA1",
    { extra_args = { IfNoneMatch = "*" } })
  lu.assertEquals(unfinished(), 0)
end

function TestSources:test_progress_has_no_total_before_the_end()
  local told = {}
  s3:upload_fileobj(in_pieces(bytes(11 * MiB), MiB), bucket, "told", { part_size = 5 * MiB, concurrency = 1,
    on_progress = function(done, total)
      told[#told + 1] = ("%d of %s"):format(done // MiB, total and total // MiB)
    end })
  lu.assertEquals(told, { "0 of nil", "5 of nil", "10 of nil", "11 of nil", "11 of 11" })
end

TestFaults = {}

function TestFaults:test_a_source_that_fails_leaves_nothing()
  for _, good in ipairs { 0, 3, 21 } do
    local pieces = in_pieces(bytes(good * MiB + 1), MiB)
    local function source()
      return pieces() or error("the tap ran dry", 0)
    end
    local ok, err = pcall(s3.upload_fileobj, s3, source, bucket, "dry")
    lu.assertFalse(ok)
    lu.assertEquals(err, "the tap ran dry")
    lu.assertNil(stored "dry")
    lu.assertEquals(unfinished(), 0)
  end
  local given = 0
  raised("ParamValidation", s3.upload_fileobj, s3, function()
    given = given + 1
    return given < 12 and bytes(MiB) or 17
  end, bucket, "number")
  lu.assertNil(stored "number")
  lu.assertEquals(unfinished(), 0)
end

function TestFaults:test_a_cancel_aborts()
  local handle = task.spawn(function()
    s3:upload_fileobj(function()
      task.sleep(1)
      return bytes(2 * MiB)
    end, bucket, "endless")
  end)
  task.sleep(20)
  lu.assertEquals(unfinished(), 1)
  handle:cancel()
  pcall(handle.wait, handle)
  lu.assertEquals(unfinished(), 0)
  lu.assertNil(stored "endless")
end

-- Nobody waits for a stream that falls silent when the upload has failed already.
function TestFaults:test_a_part_that_is_refused_ends_it()
  local given = 0
  local refusing = setmetatable({ meta = s3.meta, upload_part = function()
    task.sleep(1)
    error("no such part", 0)
  end }, { __index = function(_, name) return function(_, params) return s3[name](s3, params) end end })
  local ok, err = pcall(stream.upload_fileobj, refusing, function()
    given = given + 1
    task.sleep(0.01)
    return given <= 12 and bytes(MiB) or given < 10000 and "" or nil
  end, bucket, "refused")
  lu.assertFalse(ok)
  lu.assertEquals(err, "no such part")
  lu.assertTrue(given < 1000, given)
  lu.assertEquals(unfinished(), 0)
end

function TestFaults:test_what_is_no_source()
  local err = raised("ParamValidation", s3.upload_fileobj, s3, "data.jsonl", bucket, "k")
  lu.assertStrContains(tostring(err), "s3:upload_file takes the path")
  raised("ParamValidation", s3.upload_fileobj, s3, nil, bucket, "k")
  raised("ParamValidation", s3.upload_fileobj, s3, {}, bucket, "k")
  local file = io.tmpfile()
  file:close()
  err = raised("ParamValidation", s3.upload_fileobj, s3, file, bucket, "k")
  lu.assertStrContains(tostring(err), "this one is closed")
  raised("ParamValidation", s3.upload_fileobj, s3, function() end, bucket, "")
  raised("ParamValidation", s3.upload_fileobj, s3, function() end, bucket, "k", { resume = true })
  raised("NoSuchBucket", s3.upload_fileobj, s3, in_pieces(bytes(9 * MiB), MiB), "no-such-bucket", "k")
end

-- Counts what is under way.
local function counting()
  local client = { meta = { config = { request_checksums = "when_required" } }, sizes = {}, most = {}, now = 0 }
  function client:create_multipart_upload() return { UploadId = "1", ResponseMetadata = { RetryAttempts = 0 } } end
  function client:upload_part(part)
    self.now = self.now + #part.Body
    local number = part.PartNumber
    self.sizes[number] = #part.Body
    self.most[number] = self.now
    task.sleep(1)
    self.now = self.now - #part.Body
    return { ETag = tostring(number) }
  end
  function client:complete_multipart_upload(params)
    self.listed = #params.MultipartUpload.Parts
    return { ETag = "all" }
  end
  return client
end

TestMemory = {}

function TestMemory:test_parts_grow_and_what_is_held_does_not()
  local client, piece, left = counting(), ("x"):rep(5 * MiB), 1011
  local result = stream.upload_fileobj(client, function()
    left = left - 1
    return left >= 0 and piece or nil
  end, "b", "k", { part_size = 5 * MiB, concurrency = 4 })
  lu.assertEquals({ result.size, result.parts, client.listed }, { 1011 * 5 * MiB, 1006, 1006 })
  for number, size in ipairs(client.sizes) do
    lu.assertEquals(size, (number <= 1000 or number == 1006) and 5 * MiB or 10 * MiB)
    lu.assertTrue(client.most[number] <= 4 * 5 * MiB, number)
  end
  lu.assertEquals(math.max(table.unpack(client.most, 1, 900)), 4 * 5 * MiB)
end

os.exit(lu.LuaUnit.run())
