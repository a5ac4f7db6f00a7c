-- SPDX-License-Identifier: MIT
-- download.lua -- download_file: one stream or ranges in parallel, verified, all or nothing.
-- The file appears under its name when every byte is there and its checksum is the one the
-- service announced.  If-Match ties all ranges to the version that was asked for first.

local fs = require "moonrock.fs"
local task = require "moonrock.task"
local errors = require "moonrock.error"
local random = require "moonrock.random"
local tasks = require "moonrock.tasks"
local sync = require "moonrock.sync"
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

local function call(client, job, operation, more)
  local reply, err = errors.try(client[operation], client, transfer.params_of(job.extra, read_extras, more))
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

local function put(sink, offset, data)
  local ok, err = sink:write(offset, data)
  if not ok then
    error(err, 0)
  end
end

-- The whole object in one stream; its reader compares the checksum.
local function read_stream(client, job, sink)
  with_retries(function()
    local reply = call(client, job, "get_object", {
      Bucket = job.bucket, Key = job.key, IfMatch = job.etag, ChecksumMode = job.verify and "ENABLED" or nil,
    })
    local body <close> = reply.Body
    local offset = 0
    for data in body:chunks() do
      put(sink, offset, data)
      offset = offset + #data
      job.on_progress(offset, job.size)
    end
    if offset ~= job.size then
      incomplete(job, offset, job.size)
    end
  end)
end

local function read_range(client, job, offset, length)
  local last = offset + length - 1
  local reply = call(client, job, "get_object", {
    Bucket = job.bucket, Key = job.key, IfMatch = job.etag, Range = string.format("bytes=%d-%d", offset, last),
  })
  local body <close> = reply.Body
  local wanted = string.format("bytes %d-%d/%d", offset, last, job.size)
  if reply.ResponseMetadata.HTTPStatusCode ~= 206 or reply.ContentRange ~= wanted then
    errors.raise {
      code = "InvalidReply",
      message = string.format("asked for %q, the service answered %s with range %q", wanted,
        tostring(reply.ResponseMetadata.HTTPStatusCode), tostring(reply.ContentRange)),
    }
  end
  local data = body:read("a")
  if #data ~= length then
    incomplete(job, #data, length)
  end
  return data
end

local function read_ranges(client, job, sink)
  local parts, got = {}, 0
  local count = (job.size + job.part_size - 1) // job.part_size
  local function fetch(number, permit)
    local _ <close> = permit
    local offset = (number - 1) * job.part_size
    local length = math.min(job.part_size, job.size - offset)
    local data = with_retries(function()
      return read_range(client, job, offset, length)
    end)
    put(sink, offset, data)
    parts[number] = { size = length, value = job.algorithm and checksum.digest(job.algorithm, data) }
    transfer.let_go(length)
    got = got + length
    job.on_progress(got, job.size)
  end
  local group <close> = tasks.group()
  local window = sync.semaphore(job.window)
  job.on_progress(0, job.size)
  for number = 1, count do
    local permit = window:acquire()
    if group.failed then
      break
    end
    group:spawn(fetch, number, permit)
  end
  group:join()
  return parts
end

local function verify_ranges(job, parts)
  if not job.algorithm then
    return
  end
  local found = checksum.combine(job.algorithm, parts)
  if found ~= job.expected then
    errors.raise {
      code = "ChecksumMismatch",
      message = string.format("s3://%s/%s has %s %s here, the service announced %s", job.bucket, job.key,
        job.algorithm, found, job.expected),
      hint = "the data was changed on its way; download it again",
      retryable = true,
    }
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
  job.bucket, job.key = bucket, key
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
  if job.size < job.threshold or (job.algorithm and not checksum.is_crc(job.algorithm)) then
    read_stream(client, job, sink)
  else
    job.part_size = transfer.part_size(job.size, job.part_size)
    job.window = math.max(1, math.min(job.concurrency, job.max_memory // job.part_size))
    verify_ranges(job, read_ranges(client, job, sink))
  end
  local ok
  ok, err = sink:commit()
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
