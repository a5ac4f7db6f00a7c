-- SPDX-License-Identifier: MIT
-- upload_file and download_file: sizes, parts, checksums, what is left behind when a
-- transfer fails, is cancelled, or its file or object changes meanwhile.

require("moonrock.time").make_virtual { epoch = 1767323045, seed = 1 }

local lu = require "luaunit"
local task = require "moonrock.task"
local transfer = require "moonrock.transfer"
local fake = require "fake_transport"
local fake_s3 = require "fake_s3"
local fs = require "moonrock.fs"
local program = require "program"

local MiB = 1024 * 1024
local raised, temporary, content = fake.raised, program.file, fs.read
local small = { threshold = 5 * MiB, part_size = 5 * MiB }

-- Bytes that differ from place to place.
local function bytes(count)
  local line = {}
  for n = 0, 1023 do
    line[#line + 1] = string.pack("<I4", n * 2654435761 & 0xffffffff)
  end
  local block = table.concat(line)
  local parts = {}
  for n = 1, count // #block + 1 do
    parts[n] = string.pack("<I4", n) .. block:sub(5)
  end
  return table.concat(parts):sub(1, count)
end

local function store_client(options)
  local store, answers = fake_s3.new()
  local client, transport = fake.client("s3", answers, options)
  return client, store, transport
end

local function methods(transport)
  local out = {}
  for index, request in ipairs(transport.requests) do
    out[index] = request.method
  end
  return table.concat(out, " ")
end

local function no_neighbours(path)
  local folder, name = path:match("^(.*)/([^/]*)$")
  for _, other in ipairs(assert(require("moonrock.fs").list(folder))) do
    lu.assertFalse(other ~= name and other:find(name, 1, true) ~= nil, "left behind: " .. other)
  end
end

TestUpload = {}

function TestUpload:test_part_sizes()
  lu.assertEquals(transfer.part_size(0, 8 * MiB), 8 * MiB)
  lu.assertEquals(transfer.part_size(80000 * MiB, 8 * MiB), 8 * MiB)
  lu.assertEquals(transfer.part_size(80000 * MiB + 1, 8 * MiB), 9 * MiB)
  lu.assertEquals(transfer.part_size(5 * 1024 * 1024 * MiB, 8 * MiB), 525 * MiB)
end

function TestUpload:test_a_small_file_is_one_request()
  for _, text in ipairs { "", "hello world", ("x"):rep(100000) } do
    local client, store, transport = store_client()
    local path = temporary(text)
    local seen
    local result = client:upload_file(path, "my-bucket", "dir/key.txt", {
      on_progress = function(done, total) seen = { done, total } end,
      extra_args = { ContentType = "text/plain", Metadata = { a = "1" } } })
    lu.assertEquals(methods(transport), "PUT")
    lu.assertEquals(store.objects["dir/key.txt"].data, text)
    lu.assertEquals(seen, { #text, #text })
    lu.assertEquals(result.checksum.value, store.objects["dir/key.txt"].checksum)
    lu.assertEquals(transport.requests[1].header["content-type"], "text/plain")
    lu.assertEquals(transport.requests[1].header["x-amz-meta-a"], "1")
    os.remove(path)
  end
end

function TestUpload:test_a_large_file_goes_in_parts()
  local text = bytes(17 * MiB + 5)
  local client, store, transport = store_client()
  local path = temporary(text)
  local last = 0
  local result = client:upload_file(path, "my-bucket", "k", {
    threshold = 5 * MiB, part_size = 5 * MiB, on_progress = function(done, total)
      lu.assertTrue(done >= last and done <= total)
      last = done
    end })
  lu.assertEquals(result.parts, 4)
  lu.assertEquals(last, #text)
  lu.assertTrue(store.objects.k.data == text)
  lu.assertEquals(result.checksum.value, store.objects.k.checksum)
  lu.assertEquals(store.completed, 1)
  lu.assertEquals(#transport.requests, 6)
  local create, finish = transport.requests[1], transport.requests[#transport.requests]
  lu.assertEquals(create.header["x-amz-checksum-type"], "FULL_OBJECT")
  lu.assertEquals(create.header["x-amz-checksum-algorithm"], "CRC64NVME")
  lu.assertEquals(finish.header["x-amz-mp-object-size"], tostring(#text))
  os.remove(path)
end

function TestUpload:test_parts_at_once_are_bounded()
  local path = temporary(bytes(30 * MiB))
  local client, store = store_client()
  local now, most = 0, 0
  store.before = function(request)
    if request.method == "PUT" then
      now = now + 1
      most = math.max(most, now)
      task.sleep(0.1)
      now = now - 1
    end
  end
  client:upload_file(path, "my-bucket", "k", { threshold = 5 * MiB, part_size = 5 * MiB, concurrency = 3 })
  lu.assertEquals(most, 3)
  os.remove(path)
end

function TestUpload:test_a_part_that_fails_aborts()
  local path = temporary(bytes(17 * MiB))
  local client, store = store_client()
  store.before = function(_, query)
    if query.partNumber == "2" then
      return { status = 403, body = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>" }
    end
  end
  local err = raised("AccessDenied", client.upload_file, client, path, "my-bucket", "k", small)
  lu.assertEquals(err.operation, "upload_part")
  lu.assertEquals(store.uploads, {})
  lu.assertEquals(store.aborted, 1)
  lu.assertNil(store.objects.k)
  os.remove(path)
end

function TestUpload:test_a_part_is_tried_again()
  local path = temporary(bytes(11 * MiB))
  local client, store = store_client()
  local failed = {}
  store.before = function(_, query)
    if query.partNumber and not failed[query.partNumber] then
      failed[query.partNumber] = true
      return { failure = { code = "ConnectionError", message = "gone", retryable = true } }
    end
  end
  client:upload_file(path, "my-bucket", "k", small)
  lu.assertEquals(#store.objects.k.data, 11 * MiB)
  os.remove(path)
end

function TestUpload:test_a_cancel_leaves_nothing()
  local path = temporary(bytes(25 * MiB))
  for _, moment in ipairs { "create", "parts", "complete" } do
    local client, store = store_client()
    local reached
    store.before = function(request, query)
      local at = request.method == "PUT" and "parts" or request.method == "POST"
        and (query.uploadId and "complete" or "create")
      if at == moment then
        reached = true
        task.sleep(5)
      end
    end
    local running = task.spawn(function()
      client:upload_file(path, "my-bucket", "k", small)
    end)
    task.sleep(1)
    lu.assertTrue(reached, moment)
    running:cancel()
    pcall(running.wait, running)
    lu.assertEquals(running:status(), "cancelled")
    lu.assertEquals(store.uploads, {}, moment)
    lu.assertNil(store.objects.k, moment)
  end
  os.remove(path)
end

function TestUpload:test_a_file_that_changes_is_noticed()
  local path = temporary(bytes(11 * MiB))
  local client, store = store_client()
  store.before = function(_, query)
    if query.partNumber == "1" then
      local file = io.open(path, "ab")
      file:write("more")
      file:close()
    end
  end
  local err = raised("changed while it was uploaded", client.upload_file, client, path, "my-bucket", "k", small)
  lu.assertEquals(err.code, "FileChanged")
  lu.assertEquals(store.uploads, {})
  lu.assertNil(store.objects.k)
  os.remove(path)
end

-- Hashed, rewritten with other bytes of the same number, and then sent.
function TestUpload:test_a_file_that_changes_between_hash_and_sending()
  for _, size in ipairs { 100, 11 * MiB } do
    local path = temporary(("a"):rep(size))
    os.execute("touch -d 2020-01-01 '" .. path .. "'")
    local _, store, inner = store_client()
    local client = fake.session(nil, { transport = { request = function(_, request)
      if request.method == "PUT" then
        local file = io.open(path, "r+b")
        file:write("b")
        file:close()
      end
      return inner:request(request)
    end } }):client("s3")
    local err = raised("changed while it was uploaded", client.upload_file, client, path, "my-bucket", "k", small)
    lu.assertEquals(err.code, "FileChanged")
    lu.assertEquals(store.uploads, {})
    lu.assertNil(store.objects.k)
    os.remove(path)
  end
end

function TestUpload:test_a_part_of_exactly_the_size()
  local client, store, transport = store_client()
  for size, parts in pairs { [5 * MiB - 1] = 1, [5 * MiB] = 1, [5 * MiB + 1] = 2, [10 * MiB] = 2 } do
    local path = temporary(bytes(size))
    transport.requests = {}
    lu.assertEquals(client:upload_file(path, "my-bucket", "k", small).parts, parts)
    lu.assertEquals(#transport.requests, size < 5 * MiB and 1 or parts + 2)
    lu.assertEquals(#store.objects.k.data, size)
    os.remove(path)
  end
end

-- Over https the checksum protects the body, over http the signature too; the option decides.
function TestUpload:test_what_is_signed()
  local path = temporary("hello world")
  local hash = require("moonrock.crypto").hash("sha256", "hello world")
  local function sent(options, method)
    local client, _, transport = store_client(options)
    if method == "put" then
      client:put_object { Bucket = "my-bucket", Key = "k", Body = "hello world" }
    else
      client:upload_file(path, "my-bucket", "k")
    end
    local header = transport.requests[1].header
    lu.assertNotNil(header["authorization"])
    return header["x-amz-content-sha256"]
  end
  local plain = "http://127.0.0.1:9000"
  for _, method in ipairs { "put", "upload" } do
    lu.assertEquals(sent({}, method), "UNSIGNED-PAYLOAD")
    lu.assertEquals(sent({ endpoint_url = plain, addressing_style = "virtual" }, method), hash)
    lu.assertEquals(sent({ payload_signing_enabled = true }, method), hash)
    lu.assertEquals(sent({ request_checksums = "when_required" }, method), hash)
    lu.assertEquals(sent({ endpoint_url = plain, addressing_style = "virtual", payload_signing_enabled = false },
      method), "UNSIGNED-PAYLOAD")
  end
  os.remove(path)
end

function TestUpload:test_a_lost_answer_of_complete()
  local path = temporary(bytes(11 * MiB))
  local client, store = store_client()
  local lost
  store.after = function(request, query)
    if request.method == "POST" and query.uploadId and not lost then
      lost = true
      return { failure = { code = "ConnectionError", message = "gone", retryable = true } }
    end
  end
  local result = client:upload_file(path, "my-bucket", "k", small)
  lu.assertEquals(result.ETag, store.objects.k.etag)
  lu.assertEquals(store.completed, 1)
  os.remove(path)
end

function TestUpload:test_bad_input()
  local client = store_client()
  raised("ENOENT", client.upload_file, client, "/nowhere/at/all", "my-bucket", "k")
  raised("not a file", client.upload_file, client, "/tmp", "my-bucket", "k")
  raised("upload_file(path, bucket, key)", client.upload_file, client, "/tmp", nil, "k")
  raised("did you mean concurrency", client.upload_file, client, "/tmp", "b", "k", { concurency = 1 })
  local path = temporary("x")
  raised("CRC64NVME, CRC32", client.upload_file, client, path, "b", "k", { checksum_algorithm = "MD4" })
  os.remove(path)
  raised("between 5 MiB", client.upload_file, client, "/tmp", "b", "k", { part_size = 1 })
end

TestDownload = {}

local function stored(text, options)
  local client, store, transport = store_client(options)
  client:put_object { Bucket = "my-bucket", Key = "k", Body = text }
  transport.requests = {}
  return client, store, transport
end

local function target()
  local path = os.tmpname()
  os.remove(path)
  return path
end

function TestDownload:test_small_objects()
  for _, text in ipairs { "", "hello", ("y"):rep(200000) } do
    local client = stored(text)
    local path = target()
    local result = client:download_file("my-bucket", "k", path)
    lu.assertTrue(content(path) == text)
    lu.assertEquals(result.size, #text)
    lu.assertNotNil(result.checksum)
    os.remove(path)
  end
end

function TestDownload:test_large_objects_in_ranges()
  local text = bytes(17 * MiB + 3)
  local client, _, transport = stored(text)
  local path, last = target(), 0
  client:download_file("my-bucket", "k", path, { threshold = 5 * MiB, part_size = 5 * MiB,
    on_progress = function(done) last = done end })
  lu.assertTrue(content(path) == text)
  lu.assertEquals(last, #text)
  lu.assertEquals(methods(transport), "HEAD GET GET GET GET")
  lu.assertNotNil(transport.requests[2].header["if-match"])
  os.remove(path)
end

function TestDownload:test_wrong_bytes_are_refused()
  for _, size in ipairs { 100, 11 * MiB } do
    local client, store = stored(bytes(size))
    store.objects.k.data = bytes(size - 1) .. "!"
    local path = target()
    raised("ChecksumMismatch", client.download_file, client, "my-bucket", "k", path, small)
    lu.assertNil(content(path))
    no_neighbours(path)
  end
end

function TestDownload:test_a_body_that_breaks_is_read_again()
  local text = bytes(11 * MiB)
  for _, options in ipairs { small, { threshold = 100 * MiB } } do
    local client, store = stored(text)
    local broken = 0
    store.after = function(request, _, answer)
      if request.method == "GET" and broken < 2 then
        broken = broken + 1
        answer.cut = 1000
      end
    end
    local path = target()
    client:download_file("my-bucket", "k", path, options)
    lu.assertTrue(content(path) == text)
    os.remove(path)
  end
end

function TestDownload:test_a_body_that_keeps_breaking_leaves_nothing()
  local client, store = stored(bytes(11 * MiB))
  store.after = function(request, _, answer)
    if request.method == "GET" then
      answer.cut = 1000
    end
  end
  local path = target()
  raised("ConnectionError", client.download_file, client, "my-bucket", "k", path, small)
  lu.assertNil(content(path))
  no_neighbours(path)
end

function TestDownload:test_an_object_that_changes_is_noticed()
  local client, store = stored(bytes(11 * MiB))
  store.before = function(request)
    if request.method == "GET" then
      store.objects.k.etag = '"other"'
    end
  end
  local path = target()
  local err = raised("was changed while", client.download_file, client, "my-bucket", "k", path, small)
  lu.assertEquals(err.code, "ObjectChanged")
  lu.assertNil(content(path))
end

function TestDownload:test_a_cancel_leaves_no_file_and_keeps_the_old_one()
  local client, store = stored(bytes(11 * MiB))
  store.before = function(request)
    if request.method == "GET" then
      task.sleep(10)
    end
  end
  local path = temporary("old")
  local running = task.spawn(function() client:download_file("my-bucket", "k", path, small) end)
  task.sleep(1)
  running:cancel()
  pcall(running.wait, running)
  lu.assertEquals(content(path), "old")
  no_neighbours(path)
  os.remove(path)
end

function TestDownload:test_what_is_not_there()
  local client = store_client()
  local err = raised("s3://my-bucket/none does not exist", client.download_file, client, "my-bucket", "none", target())
  lu.assertEquals(err.code, "NoSuchKey")
  client = stored("x")
  raised("is a directory", client.download_file, client, "my-bucket", "k", "/tmp")
  raised("ENOENT", client.download_file, client, "my-bucket", "k", "/nowhere/at/all/x")
end

function TestDownload:test_stores_without_checksums()
  local text = bytes(11 * MiB)
  local client, store = stored(text)
  store.objects.k.plain = true
  local path = target()
  lu.assertNil(client:download_file("my-bucket", "k", path, small).checksum)
  lu.assertTrue(content(path) == text)
  os.remove(path)
end

os.exit(lu.LuaUnit.run())
