-- SPDX-License-Identifier: MIT
-- transfer/download.lua -- download_file: one stream or ranges in parallel, verified, all or nothing.
-- Bytes go from the socket to their place in the file and into a checksum without becoming a
-- Lua string; here ranges are planned, tried again and compared.
-- The file appears under its name when every byte is there and its checksum is the one the
-- service announced.  If-Match ties all ranges to the version that was asked for first.

local fs = require "moonrock.fs"
local task = require "moonrock.task"
local errors = require "moonrock.error"
local random = require "moonrock.random"
local tasks = require "moonrock.tasks"
local sync = require "moonrock.sync"
local crypto = require "moonrock.crypto"
local part = require "moonrock.part"
local checksum = require "moonrock.aws.checksum"
local tables = require "moonrock.tables"
local transfer = require "moonrock.transfer"

local M = {}

local body_attempts = 3 -- of one range, when its body breaks off

local read_extras = tables.set [[
  VersionId RequestPayer ExpectedBucketOwner SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5 ]]

local function raise_as(err, job)
  if errors.is(err) then
    if err.status == 412 then
      errors.raise {
        code = "ObjectChanged",
        message = string.format("s3://%s/%s was changed while it was downloaded", job.bucket, job.key),
        status = err.status, service = "s3", operation = err.operation, request_id = err.request_id,
        cause = err, hint = "download it again",
      }
    elseif err.status == 404 and err.operation == "head_object" then
      errors.raise {
        code = "NoSuchKey",
        message = string.format("s3://%s/%s does not exist (or its bucket does not)", job.bucket, job.key),
        status = 404, service = "s3", operation = err.operation, request_id = err.request_id, cause = err,
        hint = "check bucket and key; keys are case-sensitive and have no leading slash",
      }
    end
  end
  error(err, 0)
end

local function call(client, job, operation, more, into)
  local reply, err = errors.try(client.call, client, operation, transfer.params_of(job.extra, read_extras, more), into)
  return reply or raise_as(err, job)
end

-- Runs `read` again when the body broke off; what the client itself gave up on is final.
local function with_retries(read)
  local number = 1
  while true do
    local ok, value = pcall(read)
    if ok then
      return value
    elseif not errors.is(value) or not value.retryable or value.attempts or number >= body_attempts then
      error(value, 0)
    end
    task.sleep(random.float() * 2.0 ^ (number - 1))
    number = number + 1
  end
end

local function incomplete(job, got, expected)
  errors.raise {
    code = "IncompleteBody",
    message = string.format("s3://%s/%s gave %d of %d bytes", job.bucket, job.key, got, expected),
    retryable = true,
  }
end

-- Why a write failed counts more than that the transfer ended by it.
local function check_part(range)
  local ok, err = range.part:check()
  if not ok then
    error(err, 0)
  end
end

local function check_range(reply, job, from, last)
  local wanted = string.format("bytes %d-%d/%d", from, last, job.size)
  if reply.ResponseMetadata.HTTPStatusCode ~= 206 or reply.ContentRange ~= wanted then
    errors.raise {
      code = "InvalidReply",
      message = string.format("asked for %q, the service answered %s with range %q", wanted,
        tostring(reply.ResponseMetadata.HTTPStatusCode), tostring(reply.ContentRange)),
    }
  end
end

local function moved(job, range)
  local taken = range.part:taken()
  job.got = job.got + taken - range.seen
  range.seen = taken
  job.on_progress(job.got, job.size)
end

-- The transport writes what it can straight into the part; the reader gives the rest.
local function write_body(job, range, reader)
  for data in reader:chunks() do
    if data ~= "" then
      local ok, err = range.part:write(data)
      if not ok then
        error(err, 0)
      end
    end
    moved(job, range)
  end
  moved(job, range)
  if range.seen ~= range.length then
    incomplete(job, range.seen, range.length)
  end
end

-- All of it again, into a part of its own: the old one may still be written to.
local function start_over(job, range)
  job.got, range.seen = job.got - range.seen, 0
  range.part = nil
end

-- One reply's bytes, from where the part stands: what broke off goes on, nothing comes twice.
local function receive(client, job, range)
  local from, last = range.offset + range.part:taken(), range.offset + range.length - 1
  local partial = from > 0 or range.length < job.size
  if partial and from > last then
    return -- only the end of the reply was lost
  end
  local reply = call(client, job, "get_object", {
    Bucket = job.bucket, Key = job.key, IfMatch = job.etag,
    Range = partial and string.format("bytes=%d-%d", from, last) or nil,
  }, range.part)
  local reader <close> = reply.Body
  if partial and range.length == job.size and reply.ResponseMetadata.HTTPStatusCode == 200 then
    start_over(job, range)
    job.whole_only = true
    errors.raise { code = "IncompleteBody", message = "a body broke off and the service knows no ranges",
      retryable = true }
  elseif partial then
    check_range(reply, job, from, last)
  end
  local ok, err = pcall(write_body, job, range, reader)
  if not ok then
    check_part(range)
    error(err, 0)
  end
end

local function mismatch(job, found)
  errors.raise {
    code = "ChecksumMismatch",
    message = string.format("s3://%s/%s has %s %s here, the service announced %s", job.bucket, job.key,
      job.algorithm, found, job.expected),
    hint = "the data was changed on its way; download it again",
    retryable = true,
  }
end

-- The bytes from offset on into the file, and their checksum.
local function fetch(client, job, sink, offset, length)
  local range = { offset = offset, length = length, seen = 0 }
  return with_retries(function()
    if job.whole_only and range.part then
      start_over(job, range)
    end
    range.part = range.part or part.into(sink, offset, length, job.algorithm)
    receive(client, job, range)
    local value = job.algorithm and crypto.base64_encode(range.part:digest())
    if value and length == job.size and value ~= job.expected then
      start_over(job, range)
      mismatch(job, value)
    end
    range.part:close()
    return { size = length, value = value }
  end)
end

local function fetch_all(client, job, sink)
  local parts = {}
  local group <close> = tasks.group()
  local window = sync.semaphore(job.concurrency)
  job.on_progress(0, job.size)
  for number = 1, job.part_count do
    local permit = window:acquire()
    if group.failed then
      break
    end
    group:spawn(function()
      local _ <close> = permit
      local offset = (number - 1) * job.part_size
      parts[number] = fetch(client, job, sink, offset, math.min(job.part_size, job.size - offset))
    end)
  end
  group:join()
  local found = job.algorithm and job.part_count > 1 and checksum.combine(job.algorithm, parts)
  if found and found ~= job.expected then
    mismatch(job, found)
  end
end

local function check_target(path)
  local info = fs.stat(path)
  if info and info.type == "directory" then
    errors.raise {
      code = "EISDIR",
      message = string.format("%s is a directory; download_file wants the name of a file", path),
    }
  end
end

---The method download_file of an S3 client; its documentation stands in s3.lua.
function M.download_file(client, bucket, key, path, opts)
  transfer.check_name(bucket, "the bucket of download_file(bucket, key, path)")
  transfer.check_name(key, "the key of download_file(bucket, key, path)")
  transfer.check_name(path, "the path of download_file(bucket, key, path)")
  local job = transfer.options(opts, "download_file")
  job.bucket, job.key, job.got = bucket, key, 0
  job.verify = client.meta.config.response_checksums == "when_supported"
  check_target(path)
  local head = call(client, job, "head_object", {
    Bucket = bucket, Key = key, ChecksumMode = job.verify and "ENABLED" or nil,
  })
  job.size, job.etag = head.ContentLength or 0, head.ETag
  if job.verify then
    local headers = head.ResponseMetadata.HTTPHeaders
    job.algorithm, job.expected = checksum.of_reply(function(name)
      return headers[name]
    end)
  end
  local sink <close>, err = fs.sink(path)
  if not sink then
    error(err, 0)
  end
  -- SHA digests of ranges do not add up, so such an object comes in one stream.
  local one = job.size < job.threshold or (job.algorithm and not checksum.is_crc(job.algorithm))
  job.part_size = one and job.size or transfer.part_size(job.size, job.part_size)
  job.part_count = one and 1 or (job.size + job.part_size - 1) // job.part_size
  fetch_all(client, job, sink)
  local ok
  ok, err = sink:commit(job.remote_time and head.LastModified or nil)
  if not ok then
    error(err, 0)
  end
  job.on_progress(job.size, job.size)
  return {
    size = job.size, ETag = head.ETag, VersionId = head.VersionId,
    checksum = job.algorithm and { algorithm = job.algorithm, value = job.expected } or nil,
  }
end

return M
