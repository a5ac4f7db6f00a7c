-- SPDX-License-Identifier: MIT
-- transfer/parts.lua -- an upload in parts, in parallel: begun, sent, completed or aborted.
-- An upload that fails or is cancelled is aborted before its error goes on, also when the cancel
-- comes while the service is still answering where to send the parts.

local checksum = require "moonrock.aws.checksum"
local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local sync = require "moonrock.sync"
local system = require "moonrock.system"
local tables = require "moonrock.tables"
local task = require "moonrock.task"
local tasks = require "moonrock.tasks"
local transfer = require "moonrock.transfer"

local M = {}

local customer_key = " SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5"
local part_extras = tables.set("RequestPayer ExpectedBucketOwner" .. customer_key)
local complete_extras = tables.set("RequestPayer ExpectedBucketOwner IfMatch IfNoneMatch" .. customer_key)
local abort_extras = tables.set("RequestPayer ExpectedBucketOwner")

---What the calls about an upload carry that send no bytes of it.
---@param job table
---@param more table
---@return table
function M.params_about(job, more)
  return transfer.params_of(job.extra, abort_extras, tables.copy(more, { Bucket = job.bucket }))
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
  local params = transfer.params_of(job.extra, nil, more)
  params.IfMatch, params.IfNoneMatch = nil, nil -- conditions belong to complete
  return task.spawn(function()
    local reply, err = errors.try(client.create_multipart_upload, client, params)
    return reply, err
  end)
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
    M.params_about(job, { Key = job.key, UploadId = id }))
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

-- Of the bytes that were sent: a file's was computed on the way; a text's the service tells, and the
-- client has compared that.
local function checksum_of(job, body, reply)
  if not job.algorithm then
    return nil
  elseif type(body) == "string" then
    return reply[checksum.member(job.algorithm)] or checksum.digest(job.algorithm, body)
  end
  local value = body.digests[job.algorithm]
  return value and crypto.base64_encode(value)
end

local function send_part(client, job, id, number, body, permit, done)
  local _ <close> = permit
  local reply = client:upload_part(transfer.params_of(job.extra, part_extras, {
    Bucket = job.bucket, Key = job.key, UploadId = id, PartNumber = number, Body = body,
    ChecksumAlgorithm = job.algorithm,
  }))
  if not reply.ETag then
    errors.raise { code = "InvalidReply", message = "the service stored part " .. number .. " without an ETag" }
  end
  done(number, { ETag = reply.ETag, size = #body, value = checksum_of(job, body, reply) })
end

-- Several permits as one.
local Permits = {}
function Permits:__close()
  for _, permit in ipairs(self) do
    permit:release()
  end
end

local function acquire(window, count)
  local permits = setmetatable({}, Permits)
  for index = 1, count do
    permits[index] = window:acquire()
  end
  return permits
end

local function send_parts(client, job, id)
  local parts, sent = {}, 0
  local function done(number, part)
    parts[number] = part
    sent = sent + part.size
    job.on_progress(sent, job.size)
  end
  local group <close> = tasks.group()
  local function is_over() return group.failed end
  local window = sync.semaphore(job.concurrency)
  job.on_progress(0, job.size)
  local number = 1
  while true do
    if job.kept and job.kept[number] then
      done(number, job.kept[number])
    else
      local permit = acquire(window, job.permits and job.permits(number) or 1)
      local body = job.next_part(number, is_over)
      if not body or group.failed then
        break
      end
      group:spawn(send_part, client, job, id, number, body, permit, done)
    end
    number = number + 1
  end
  group:join()
  return parts
end

-- A complete whose first answer was lost finds no upload any more: then the object tells.
local function completed_before(client, job, size, full, err)
  if not errors.is(err, "NoSuchUpload") or (err.attempts or 1) < 2 then
    return nil
  end
  local head = errors.try(client.head_object, client, transfer.params_of(job.extra, part_extras,
    { Bucket = job.bucket, Key = job.key, ChecksumMode = "ENABLED" }))
  if head and head.ContentLength == size and full and head[checksum.member(job.algorithm)] == full then
    return head
  end
  return nil
end

local function complete(client, job, id, parts, size)
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
    more.MpuObjectSize = size
  end
  local reply, err = errors.try(client.complete_multipart_upload, client,
    transfer.params_of(job.extra, complete_extras, more))
  if not reply then
    reply = completed_before(client, job, size, full, err)
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

---Uploads in parts.
---@param client table of S3
---@param job table of transfer.options, with bucket, key, algorithm and
---  next_part: fun(number: integer, is_over: fun(): boolean): body|nil what is sent next, a text or a range of a
---    file; may wait, but not when it is over: then nothing is sent any more
---  permits?: fun(number: integer): integer of the `concurrency` ones, how many a part takes (1)
---  size?: integer in bytes, where it is known
---  id?, kept?: of resume.find, an upload to go on with
---  check?: fun() before it is completed; may raise
---@return {ETag: string, VersionId?: string, size: integer, parts: integer, checksum: table|nil}
function M.upload(client, job)
  local upload <close> = setmetatable({ client = client, job = job, id = job.id,
    beginning = not job.id and begin_upload(client, job) or nil }, Upload)
  local id, size = upload:begin(), 0
  local parts = send_parts(client, job, id)
  for _, part in ipairs(parts) do
    size = size + part.size
  end
  if job.check then
    job.check()
  end
  local reply, full = complete(client, job, id, parts, size)
  upload.completed = true
  return {
    ETag = reply.ETag, VersionId = reply.VersionId, size = size, parts = #parts,
    checksum = full and { algorithm = job.algorithm, value = full } or nil,
  }
end

return M
