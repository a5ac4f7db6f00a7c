-- SPDX-License-Identifier: MIT
-- Scripted replies of S3, one call each: our own (tests/data/s3-replies.json) and, where they are,
-- the shared ones (a folder for each operation), all of them; counts are printed.  Every reply
-- ends as a result or as an error object; what more is known of a case is in `expect`.

require("moonrock.time").make_virtual { epoch = 1767323045, seed = 1 }

local lu = require "luaunit"
local errors = require "moonrock.error"
local fake = require "fake_transport"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local task = require "moonrock.task"
local time = require "moonrock.time"

local shared = "../shared/data/s3-replies"

local params = {
  AbortMultipartUpload = { UploadId = "u" },
  CompleteMultipartUpload = { UploadId = "u", MultipartUpload = { Parts = { { ETag = "e", PartNumber = 1 } } } },
  CopyObject = { CopySource = "b/k" },
  GetObject = { Range = "bytes=0-65535" },
  ListParts = { UploadId = "u" },
  UploadPart = { UploadId = "u", PartNumber = 1, Body = "data" },
  PutObject = { Body = "data" },
}
local of_buckets = { ListObjectsV2 = true, GetBucketLocation = true }

-- The range of the request, and a body that fits it, stand where the case leaves room.
local function answer(case, request)
  local range = request.header.range or "bytes=0-65535"
  local first, last = range:match("(%d+)%-(%d+)")
  local headers = {}
  for name, value in pairs(case.headers or {}) do
    headers[name:lower()] = value:gsub("<request%-range>", (range:gsub("=", " ")))
  end
  local text = table.concat(case.body or {}, case.name and "" or "\n")
  return { status = case.status, headers = headers,
    body = (text:gsub("<data%-to%-send>", ("x"):rep(last - first + 1))) }
end

-- One call: the result, its body read; or the error.  Also the client's transport.
local function run(operation, case)
  local sent = { Bucket = "example-bucket" }
  if not of_buckets[operation] then
    sent.Key = "example-object"
  end
  for name, value in pairs(params[operation] or {}) do
    sent[name] = value
  end
  local s3, transport = fake.client("s3", function(request)
    task.sleep(case.delay or 0)
    return answer(case, request)
  end)
  local ok, result = pcall(s3.call, s3, operation, sent)
  if not ok then
    lu.assertTrue(errors.is(result), tostring(result))
    return nil, result, transport
  end
  local read, text = true, nil
  if operation == "GetObject" then
    read, text = pcall(result.Body.read, result.Body, "a")
  end
  return result, not read and text or nil, transport, text
end

local function compare(label, expect, result, err)
  if expect.error then
    lu.assertNotNil(err, label .. ": an error was expected")
    lu.assertEquals(err.code, expect.error, label)
  elseif err and not result then
    lu.fail(label .. ": " .. tostring(err))
  end
  for name, value in pairs(expect) do
    if name == "first" then
      lu.assertEquals(result[value[1]][1][value[2]], value[3], label)
    elseif name ~= "error" then
      local found = (expect.error and err or result)[name]
      lu.assertEquals(found, value, label .. ": " .. name)
    end
  end
end

TestReplies = {}

function TestReplies:test_own()
  local cases = assert(json.decode(assert(fs.read("tests/data/s3-replies.json"))))
  for _, case in ipairs(cases) do
    local result, err = run(case.operation, case)
    if case.read then
      lu.assertEquals(err and err.code, case.read, case.name)
    elseif result and err then
      lu.fail(case.name .. ": " .. tostring(err))
    end
    compare(case.name, case.expect, result, err)
  end
  print(string.format("replies of S3 of this tree: %d passed of %d", #cases, #cases))
end

-- What each of the shared ones is about.
local known = {
  ["CompleteMultipartUpload/async_access_denied_error"] = { error = "AccessDenied", status = 200, attempts = 1 },
  ["CompleteMultipartUpload/sse_kms"] = { ETag = '"3858f62230ac3c915f300c664312c11f-9"',
    ServerSideEncryption = "aws:kms" },
  ["CreateMultipartUpload/request_timeout"] = { error = "RequestTimeout", attempts = 3, retryable = true },
  ["GetObject/default"] = { error = "NotFound", status = 404, attempts = 1 },
  ["GetObject/get_object_checksum_combine_part"] = { ETag = "checksumcombinemocketag",
    ContentRange = "bytes 0-65535/262144" },
  ["GetObject/get_object_invalid_response_missing_content_range"] = { ETag = "b54357faf0632cce46e942fa68356b38" },
  ["GetObject/get_object_invalid_response_missing_etags"] = { ContentRange = "bytes 0-65535/1048576" },
  ["GetObject/get_object_long_error"] = { error = "NoSuchKey", status = 403, request_id = "4442587FB7D0A2F9" },
  ["GetObject/get_object_opaque_etag"] = { ETag = "IAMRANDOMETAG" },
  ["ListParts/multiple_list_parts_2"] = { PartNumberMarker = 2, IsTruncated = false,
    first = { "Parts", "ChecksumCRC32", "yagJog==" } },
  ["ListParts/resume_first_part_not_completed"] = { first = { "Parts", "PartNumber", 2 } },
  ["UploadPart/default"] = { ETag = "b54357faf0632cce46e942fa68356b38" },
  ["UploadPart/upload_part_error"] = { error = "AccessDenied", status = 403, attempts = 1 },
}

local function each_shared(visit)
  local folders = fs.list(shared)
  if not folders then
    lu.skip("the shared data are not here")
  end
  table.sort(folders)
  for _, operation in ipairs(folders) do
    for _, name in ipairs(not operation:find(".", 1, true) and fs.list(shared .. "/" .. operation) or {}) do
      local path = string.format("%s/%s/%s", shared, operation, name)
      visit(operation, name:gsub("%.json$", ""), assert(json.decode(fs.read(path))))
    end
  end
end

function TestReplies:test_shared()
  local count = 0
  each_shared(function(operation, name, case)
    local label, began = operation .. "/" .. name, time.now()
    local result, err, transport, text = run(operation, case)
    count = count + 1
    lu.assertTrue(time.now() - began >= (case.delay or 0), label)
    if case.status >= 300 then
      lu.assertNotNil(err, label)
      lu.assertEquals({ err.status, err.attempts }, { case.status, #transport.requests }, label)
    elseif name:find("unmatch_checksum") then
      lu.assertEquals(err.code, "ChecksumMismatch", label)
    elseif text then
      lu.assertEquals({ err, #text }, { nil, 65536 }, label)
    end
    compare(label, known[label] or {}, result, err)
  end)
  print(string.format("replies of S3 that are shared: %d passed of %d, none left out", count, count))
end

-- The same replies within download_file: nothing that does not fit becomes part of a file.
function TestReplies:test_shared_in_downloads()
  local count = 0
  each_shared(function(operation, name, case)
    if operation ~= "GetObject" or case.status >= 300 then
      return
    end
    count = count + 1
    local path = os.tmpname()
    os.remove(path)
    local s3 = fake.client("s3", function(request)
      if request.method == "HEAD" then
        return { headers = { ["content-length"] = tostring(16 << 20), etag = '"e"' } }
      end
      return answer(case, request)
    end)
    local ok, err = pcall(s3.download_file, s3, "example-bucket", "example-object", path)
    lu.assertFalse(ok, name)
    lu.assertTrue(errors.is(err, "InvalidReply") or errors.is(err, "IncompleteBody"), name .. ": " .. tostring(err))
    lu.assertNil(fs.stat(path))
  end)
  print(string.format("replies of S3 in downloads of another size: %d refused of %d", count, count))
end

os.exit(lu.LuaUnit.run())
