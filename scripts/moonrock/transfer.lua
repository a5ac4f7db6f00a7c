-- SPDX-License-Identifier: MIT
-- transfer.lua -- upload_file: single or in parts, in parallel, verified.
-- The bytes stay in the file: they are hashed on the pool and read again as they are sent.  A
-- file that changes meanwhile is refused.  An upload that fails or is cancelled is aborted
-- before its error goes on, also when the cancel comes while the service is still answering
-- where to send the parts.

local fs = require "moonrock.fs"
local task = require "moonrock.task"
local errors = require "moonrock.error"
local system = require "moonrock.system"
local tasks = require "moonrock.tasks"
local sync = require "moonrock.sync"
local crypto = require "moonrock.crypto"
local payload = require "moonrock.aws.payload"
local checksum = require "moonrock.aws.checksum"
local tables = require "moonrock.tables"
local lazy = require "moonrock.lazy"

local resume = lazy "moonrock.resume"

local M = {}

---@class moonrock.TransferOptions sizes in bytes
---@field extra_args? table parameters of the operation, as boto3's ExtraArgs
---@field on_progress? fun(done: integer, total: integer)
---@field threshold? integer from this size on in parts (8 MiB)
---@field part_size? integer 5 MiB to 5 GiB (8 MiB; more where 10,000 parts would not do)
---@field concurrency? integer parts at once (10)
---@field checksum_algorithm? string "CRC32", ... (that of the client: CRC64NVME)
---@field resume? boolean upload_file: goes on with what an earlier process began, and leaves what it
---  could not finish for the next one
---@field remote_time? boolean download_file: the file gets the time at which the object was last modified

local MiB = 1024 * 1024
local GiB = 1024 * MiB
local defaults = {
  threshold = 8 * MiB, -- from this size on in parts
  part_size = 8 * MiB,
  concurrency = 10,
}
local smallest_part, largest_part, most_parts = 5 * MiB, 5 * GiB, 10000

local known_options = {
  extra_args = "table", on_progress = "function", threshold = "count", part_size = "count", concurrency = "count",
  checksum_algorithm = "string",
}

-- Options -----------------------------------------------------------------------------------

---The options of a transfer, checked, with defaults.
---@param opts moonrock.TransferOptions|nil
---@param where string "upload_file" or "download_file", for messages
---@return table a new one: a transfer adds its own fields to it
function M.options(opts, where)
  local own = where == "upload_file" and "resume" or "remote_time"
  local known = tables.copy(known_options, { [own] = "boolean" })
  opts = tables.check_options(opts, known, where)
  local out = {}
  for name, default in pairs(defaults) do
    out[name] = opts[name] or default
  end
  if out.part_size < smallest_part or out.part_size > largest_part then
    errors.raise { code = "ParamValidation", message = string.format(
      "option part_size of %s must lie between 5 MiB and 5 GiB, got %d bytes", where, out.part_size) }
  end
  out.extra = opts.extra_args or {}
  out.checksum_algorithm = opts.checksum_algorithm
  out.resume, out.remote_time = opts.resume, opts.remote_time
  out.on_progress = opts.on_progress or function() end
  return out
end

function M.check_name(value, what)
  if type(value) ~= "string" or value == "" then
    errors.raise {
      code = "ParamValidation",
      message = string.format("%s must be a non-empty string, got %s", what, value == "" and '""' or type(value)),
    }
  end
end

---`extra`, limited to some names, with what every call of the transfer carries.
---@param extra table
---@param names table<string, true>|nil nil for all
---@param more table
---@return table
function M.params_of(extra, names, more)
  local out = {}
  for name, value in pairs(extra) do
    if not names or names[name] then
      out[name] = value
    end
  end
  return tables.copy(out, more)
end

local customer_key = " SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5"
local part_extras = tables.set("RequestPayer ExpectedBucketOwner" .. customer_key)
local complete_extras = tables.set("RequestPayer ExpectedBucketOwner IfMatch IfNoneMatch" .. customer_key)
local abort_extras = tables.set("RequestPayer ExpectedBucketOwner")

local function round_up(n, unit)
  return (n + unit - 1) // unit * unit
end

---The size of parts for a file: at least `least`, and no more than 10,000 of them.
---@param size integer
---@param least integer
function M.part_size(size, least)
  return math.max(least, round_up((size + most_parts - 1) // most_parts, MiB))
end

-- Upload --------------------------------------------------------------------------------------

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
      hint = directory and "upload its files one by one; moonrock.map does many at once"
        or "what has no size before its end goes with s3:put_object { Body = io.open(path, \"rb\") }",
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

-- What was computed of it on its way.
local function checksum_of(job, range)
  local value = job.algorithm and range.digests[job.algorithm]
  return value and crypto.base64_encode(value)
end

-- How a body shows that its file changed between its hash and its sending.
local body_errors = tables.set "BadDigest InvalidDigest XAmzContentSHA256Mismatch RequestBodyError FileChanged"

local function upload_single(client, job)
  local range = range_of(job, 0, job.size)
  job.on_progress(0, job.size)
  local reply = client:put_object(M.params_of(job.extra, nil,
    { Bucket = job.bucket, Key = job.key, Body = range, ChecksumAlgorithm = job.algorithm }))
  check_unchanged(job)
  job.on_progress(job.size, job.size)
  local value = checksum_of(job, range)
  return {
    ETag = reply.ETag, VersionId = reply.VersionId, size = job.size, parts = 1,
    checksum = value and { algorithm = job.algorithm, value = value } or nil,
  }
end

-- The upload at the service.  It is begun in a task of its own, so that a cancel while the
-- answer is under way still learns the id and can abort.
local Upload = {}
Upload.__index = Upload

local function begin_upload(client, job)
  local more = { Bucket = job.bucket, Key = job.key }
  if job.algorithm then
    more.ChecksumAlgorithm = job.algorithm
    more.ChecksumType = checksum.is_crc(job.algorithm) and "FULL_OBJECT" or "COMPOSITE"
  end
  local params = M.params_of(job.extra, nil, more)
  params.IfMatch, params.IfNoneMatch = nil, nil -- conditions belong to complete
  return task.spawn(function()
    local reply, err = errors.try(client.create_multipart_upload, client, params)
    return reply, err
  end)
end

-- One that is there already is gone on with, if that is wanted; its parts stand in job.kept.
local function open_upload(client, job)
  if job.resume then
    local id, kept = resume.find(client, job, function(offset, length)
      return range_of(job, offset, length)
    end, function(more)
      return M.params_of(job.extra, abort_extras, tables.copy(more, { Bucket = job.bucket }))
    end)
    if id then
      job.kept = kept
      return setmetatable({ client = client, job = job, id = id }, Upload)
    end
  end
  return setmetatable({ client = client, job = job, beginning = begin_upload(client, job) }, Upload)
end

function Upload:begin()
  if self.id then
    return self.id
  end
  local reply, err = self.beginning:wait()
  if not reply then
    self.completed = true -- nothing was begun
    error(err, 0)
  end
  self.id = reply.UploadId
  if reply.ResponseMetadata.RetryAttempts > 0 then
    -- If the first answer was lost on its way, its upload exists too and nobody knows its id.
    system.log("info", string.format("s3://%s/%s: an upload that was begun twice may be left unfinished; "
      .. "list_multipart_uploads shows it, empty_bucket aborts it", self.job.bucket, self.job.key))
  end
  return self.id
end

function Upload:abort()
  local client, job = self.client, self.job
  local reply = not self.id and errors.try(self.beginning.wait, self.beginning)
  local id = self.id or reply and reply.UploadId
  if not id then
    return
  end
  local ok, err = errors.try(client.abort_multipart_upload, client,
    M.params_of(job.extra, abort_extras, { Bucket = job.bucket, Key = job.key, UploadId = id }))
  if not ok and not errors.is(err, "NoSuchUpload") then
    system.log("warn", string.format("the multipart upload %s of s3://%s/%s could not be aborted and is billed: %s",
      id, job.bucket, job.key, tostring(err)))
  end
end

function Upload:__close()
  if self.completed then
    return
  end
  self.completed = true
  if self.job.resume then
    system.log("info", string.format("s3://%s/%s: what was sent is kept; upload_file with resume = true goes on",
      self.job.bucket, self.job.key))
    return
  end
  self:abort()
end

local function send_part(client, job, id, number, permit, done)
  local _ <close> = permit
  local offset = (number - 1) * job.part_size
  local range = range_of(job, offset, math.min(job.part_size, job.size - offset))
  local reply = client:upload_part(M.params_of(job.extra, part_extras, {
    Bucket = job.bucket, Key = job.key, UploadId = id, PartNumber = number, Body = range,
    ChecksumAlgorithm = job.algorithm,
  }))
  if not reply.ETag then
    errors.raise { code = "InvalidReply", message = "the service stored part " .. number .. " without an ETag" }
  end
  done(number, { ETag = reply.ETag, size = range.length, value = checksum_of(job, range) })
end

local function send_parts(client, job, id)
  local parts, sent = {}, 0
  local function done(number, part)
    parts[number] = part
    sent = sent + part.size
    job.on_progress(sent, job.size)
  end
  local group <close> = tasks.group()
  local window = sync.semaphore(job.concurrency)
  job.on_progress(0, job.size)
  for number = 1, job.part_count do
    if job.kept and job.kept[number] then
      done(number, job.kept[number])
      goto next
    end
    local permit = window:acquire()
    if group.failed then
      break
    end
    group:spawn(send_part, client, job, id, number, permit, done)
    ::next::
  end
  group:join()
  return parts
end

-- A complete whose first answer was lost finds no upload any more: then the object tells.
local function completed_before(client, job, full, err)
  if not errors.is(err, "NoSuchUpload") or (err.attempts or 1) < 2 then
    return nil
  end
  local head = errors.try(client.head_object, client, M.params_of(job.extra, part_extras,
    { Bucket = job.bucket, Key = job.key, ChecksumMode = "ENABLED" }))
  if head and head.ContentLength == job.size and full and head[checksum.member(job.algorithm)] == full then
    return head
  end
  return nil
end

local function complete(client, job, id, parts)
  local listed, full = {}, nil
  for number, part in ipairs(parts) do
    listed[number] = { PartNumber = number, ETag = part.ETag }
    if job.algorithm then
      listed[number][checksum.member(job.algorithm)] = part.value
    end
  end
  local more = { Bucket = job.bucket, Key = job.key, UploadId = id, MultipartUpload = { Parts = listed } }
  if job.algorithm and checksum.is_crc(job.algorithm) then
    full = checksum.combine(job.algorithm, parts)
    more[checksum.member(job.algorithm)] = full
    more.ChecksumType = "FULL_OBJECT"
    more.MpuObjectSize = job.size
  end
  local reply, err = errors.try(client.complete_multipart_upload, client,
    M.params_of(job.extra, complete_extras, more))
  if not reply then
    reply = completed_before(client, job, full, err)
    if not reply then
      error(err, 0)
    end
  end
  local echoed = full and reply[checksum.member(job.algorithm)]
  if echoed and echoed ~= full then
    errors.raise {
      code = "ChecksumMismatch",
      message = string.format("the whole object has %s %s, the service stored %s", job.algorithm, full, echoed),
    }
  end
  return reply, full
end

local function upload_multipart(client, job)
  local upload <close> = open_upload(client, job)
  local id = upload:begin()
  local parts = send_parts(client, job, id)
  check_unchanged(job)
  local reply, full = complete(client, job, id, parts)
  upload.completed = true
  return {
    ETag = reply.ETag, VersionId = reply.VersionId, size = job.size, parts = job.part_count,
    checksum = full and { algorithm = job.algorithm, value = full } or nil,
  }
end

---The checksum algorithm of an upload; nil for none.
function M.algorithm(job, config)
  local algorithm = job.checksum_algorithm or job.extra.ChecksumAlgorithm
  if not algorithm and config.request_checksums == "when_supported" then
    algorithm = config.checksum_algorithm
  end
  if algorithm == nil or tables.contains(checksum.algorithms, algorithm) then
    return algorithm
  end
  errors.raise {
    code = "ParamValidation",
    message = string.format("checksum algorithm %s cannot be computed here; use one of %s", tostring(algorithm),
      table.concat(checksum.algorithms, ", ")),
  }
end

---The method upload_file of an S3 client; its documentation stands in s3.lua.
function M.upload_file(client, path, bucket, key, opts)
  M.check_name(path, "the path of upload_file(path, bucket, key)")
  M.check_name(bucket, "the bucket of upload_file(path, bucket, key)")
  M.check_name(key, "the key of upload_file(path, bucket, key)")
  local job = M.options(opts, "upload_file")
  job.path, job.bucket, job.key = path, bucket, key
  job.info = stat_file(path)
  job.size = job.info.size
  job.algorithm = M.algorithm(job, client.meta.config)
  job.part_size = M.part_size(job.size, job.part_size)
  job.part_count = (job.size + job.part_size - 1) // job.part_size
  local upload = job.size < job.threshold and upload_single or upload_multipart
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
