-- SPDX-License-Identifier: MIT
-- transfer/stream.lua -- upload_fileobj: what has no size before its end, from memory, in parts.
-- At most `concurrency` parts are held.  After every thousand parts the next are twice as large, so that
-- 10,000 of them never end before the stream does; they take as many permits, so memory stays the same until
-- a single part needs more.

local checksum = require "moonrock.aws.checksum"
local errors = require "moonrock.error"
local lazy = require "moonrock.lazy"
local payload = require "moonrock.aws.payload"
local transfer = require "moonrock.transfer"

local parts = lazy "moonrock.transfer.parts"

local M = {}

local AT_ONCE, PART_SIZE, GROWS_AFTER = 4, 5 * 1024 * 1024, 1000

-- What a stream gives, cut to size.
local Cutter = {}
Cutter.__index = Cutter

-- Holds n bytes or more; false when the stream has no more than it holds, or nobody wants it any more.
function Cutter:has(n, is_over)
  while self.size < n and not self.ended and not (is_over and is_over()) do
    local chunk = self.next_chunk(n - self.size)
    self.ended = chunk == nil
    if chunk and chunk ~= "" then
      self.chunks[#self.chunks + 1], self.size = chunk, self.size + #chunk
    end
  end
  return self.size >= n
end

-- The next n bytes, fewer only at the end.
function Cutter:take(n, is_over)
  self:has(n, is_over)
  local out, left, used = {}, math.min(n, self.size), 0
  self.size = self.size - left
  while left > 0 do
    local chunk = self.chunks[used + 1]
    local last = math.min(#chunk, self.at + left - 1)
    out[#out + 1] = last - self.at + 1 == #chunk and chunk or chunk:sub(self.at, last)
    left = left - (last - self.at + 1)
    self.at = last + 1
    if last == #chunk then
      used, self.at = used + 1, 1
    end
  end
  self.chunks = table.move(self.chunks, used + 1, #self.chunks, 1, {})
  return #out == 1 and out[1] or table.concat(out)
end

-- How many times as large as the first a part is.
local function growth(number)
  return 1 << (number - 1) // GROWS_AFTER
end

local function upload_whole(client, job, text)
  job.on_progress(0, #text)
  local reply = client:put_object(transfer.params_of(job.extra, nil,
    { Bucket = job.bucket, Key = job.key, Body = text, ChecksumAlgorithm = job.algorithm }))
  job.on_progress(#text, #text)
  return {
    ETag = reply.ETag, VersionId = reply.VersionId, size = #text, parts = 1,
    checksum = job.algorithm and { algorithm = job.algorithm, value = checksum.digest(job.algorithm, text) } or nil,
  }
end

---The method upload_fileobj of an S3 client; its documentation stands in s3.lua.
function M.upload_fileobj(client, source, bucket, key, opts)
  transfer.check_name(bucket, "the bucket of upload_fileobj(source, bucket, key)")
  transfer.check_name(key, "the key of upload_fileobj(source, bucket, key)")
  local job = transfer.options(opts, "upload_fileobj")
  job.concurrency = opts and opts.concurrency or AT_ONCE
  job.part_size = opts and opts.part_size or PART_SIZE
  local next_chunk = payload.chunks(source)
  if not next_chunk then
    errors.raise {
      code = "ParamValidation",
      message = "the source of upload_fileobj(source, bucket, key) is an open file, a reader or a function that yields "
        .. "strings, got a " .. type(source),
      hint = type(source) == "string" and "s3:upload_file takes the path of a file, s3:put_object a text" or nil,
    }
  end
  job.bucket, job.key = bucket, key
  job.algorithm = transfer.algorithm(job, client.meta.config)
  local stream = setmetatable({ next_chunk = next_chunk, chunks = {}, size = 0, at = 1 }, Cutter)
  if not stream:has(job.threshold) then
    return upload_whole(client, job, stream:take(job.threshold))
  end
  function job.permits(number)
    return math.min(job.concurrency, growth(number))
  end
  function job.next_part(number, is_over)
    local text = stream:take(math.min(transfer.largest_part, job.part_size * growth(number)), is_over)
    return text ~= "" and text or nil
  end
  local result = parts.upload(client, job)
  job.on_progress(result.size, result.size)
  return result
end

return M
