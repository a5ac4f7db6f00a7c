-- SPDX-License-Identifier: MIT
-- transfer/upload.lua -- upload_file: single or in parts, in parallel, verified.
-- The bytes stay in the file: they are hashed on the pool and read again as they are sent.  A
-- file that changes meanwhile is refused.

local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local lazy = require "moonrock.lazy"
local payload = require "moonrock.aws.payload"
local tables = require "moonrock.tables"
local transfer = require "moonrock.transfer"

local parts = lazy "moonrock.transfer.parts"
local resume = lazy "moonrock.transfer.resume"

local M = {}

local function changed(path, what)
  errors.raise {
    code = "FileChanged",
    message = string.format("%s changed while it was uploaded: %s", path, what),
    hint = "upload it again when nothing writes to it any more",
  }
end

local function stat_file(path)
  local info, err = fs.stat(path)
  if not info then
    error(err, 0)
  elseif info.type ~= "file" then
    local directory = info.type == "directory"
    errors.raise {
      code = "NotAFile",
      message = path .. (directory and " is a directory, not a file" or " is no regular file"),
      hint = directory and "s3:sync(folder, \"s3://bucket/prefix\") uploads a folder"
        or "what has no size before its end goes with s3:upload_fileobj(io.open(path, \"rb\"), bucket, key)",
    }
  end
  return info
end

local function check_unchanged(job)
  local now = stat_file(job.path)
  if now.size ~= job.info.size then
    changed(job.path, string.format("its size was %d bytes and is %d", job.info.size, now.size))
  elseif now.mtime ~= job.info.mtime then
    changed(job.path, "its time of modification moved")
  end
end

-- A range of the file as the body of one request.
local function range_of(job, offset, length)
  return payload.file({ path = job.path, offset = offset, length = length }, job.info)
end

-- How a body shows that its file changed between its hash and its sending.
local body_errors = tables.set "BadDigest InvalidDigest XAmzContentSHA256Mismatch RequestBodyError FileChanged"

local function upload_single(client, job)
  local range = range_of(job, 0, job.size)
  job.on_progress(0, job.size)
  local reply = client:put_object(transfer.params_of(job.extra, nil,
    { Bucket = job.bucket, Key = job.key, Body = range, ChecksumAlgorithm = job.algorithm }))
  check_unchanged(job)
  job.on_progress(job.size, job.size)
  local value = range.digests[job.algorithm]
  return {
    ETag = reply.ETag, VersionId = reply.VersionId, size = job.size, parts = 1,
    checksum = value and { algorithm = job.algorithm, value = crypto.base64_encode(value) } or nil,
  }
end

local function upload_parts(client, job)
  if job.resume then
    job.id, job.kept = resume.find(client, job, function(offset, length)
      return range_of(job, offset, length)
    end, function(more)
      return parts.params_about(job, more)
    end)
  end
  function job.next_part(number)
    local offset = (number - 1) * job.part_size
    return number <= job.part_count and range_of(job, offset, math.min(job.part_size, job.size - offset)) or nil
  end
  function job.check()
    check_unchanged(job)
  end
  return parts.upload(client, job)
end

---The method upload_file of an S3 client; its documentation stands in s3.lua.
function M.upload_file(client, path, bucket, key, opts)
  transfer.check_name(path, "the path of upload_file(path, bucket, key)")
  transfer.check_name(bucket, "the bucket of upload_file(path, bucket, key)")
  transfer.check_name(key, "the key of upload_file(path, bucket, key)")
  local job = transfer.options(opts, "upload_file")
  job.path, job.bucket, job.key = path, bucket, key
  job.info = stat_file(path)
  job.size = job.info.size
  job.algorithm = transfer.algorithm(job, client.meta.config)
  job.part_size = transfer.part_size(job.size, job.part_size)
  job.part_count = (job.size + job.part_size - 1) // job.part_size
  local upload = job.size < job.threshold and upload_single or upload_parts
  local result, err = errors.try(upload, client, job)
  if not result then
    if errors.is(err) and body_errors[err.code] then
      check_unchanged(job)
    end
    error(err, 0)
  end
  return result
end

return M
