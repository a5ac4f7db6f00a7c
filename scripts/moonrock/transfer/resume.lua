-- SPDX-License-Identifier: MIT
-- transfer/resume.lua -- an upload in parts that another process began: found at the service and gone on with.
-- What is there is not believed by its number and size alone: each part's checksum, or MD5 where the
-- store keeps none, is that of the same range of the file. What differs is sent anew.

local checksum = require "moonrock.aws.checksum"
local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local tasks = require "moonrock.tasks"

local M = {}

local SMALLEST_PART, MOST_PARTS = 5 << 20, 10000 -- but the last part may be smaller

-- The newest upload of this key that is not finished, and that has the checksums which will be sent.
local function newest(client, job, common)
  local found
  for upload in client:each("list_multipart_uploads", common({ Prefix = job.key })) do
    local fits = (upload.ChecksumAlgorithm or job.algorithm) == job.algorithm
    if upload.Key == job.key and fits and (not found or upload.Initiated > found.Initiated) then
      found = upload
    end
  end
  return found
end

-- The parts that an upload has, and the size that they were cut to; nil if they are of no such cut.
local function parts_of(client, job, id, common)
  local parts, size = {}, nil
  for part in client:each("list_parts", common({ Key = job.key, UploadId = id })) do
    parts[part.PartNumber] = part
    if part.PartNumber == 1 then
      size = part.Size
    end
  end
  return parts, size
end

local function same(job, part, range)
  local theirs = job.algorithm and part[checksum.member(job.algorithm)]
  if theirs then
    return crypto.base64_encode((range:digest(job.algorithm))) == theirs
  end
  local md5 = part.ETag and part.ETag:match('^"?(%x+)"?$')
  return md5 ~= nil and #md5 == 32 and crypto.hex_encode((range:digest("md5"))) == md5:lower()
end

---Looks for an upload of the same key to go on with.
---@param client table of S3
---@param job table of upload.lua; gets the part size of the upload that is found
---@param range_of fun(offset: integer, length: integer): table a range of the file, as a body
---@param common fun(more: table): table parameters that every call carries
---@return string|nil id
---@return table|nil parts by number: { ETag, size, value } of those that need not be sent again
function M.find(client, job, range_of, common)
  local upload, refusal = errors.try(newest, client, job, common)
  if not upload then
    if refusal and not errors.is(refusal, "NotImplemented") then
      error(refusal, 0)
    end
    return nil
  end
  local listed, size = parts_of(client, job, upload.UploadId, common)
  if not size or size < 1 then
    return upload.UploadId, {}
  end
  local count = (job.size + size - 1) // size
  if count > 1 and (size < SMALLEST_PART or count > MOST_PARTS) then
    return nil -- begun by somebody for a file of another size: S3 would refuse it at the end
  end
  local kept, numbers = {}, {}
  for number in pairs(listed) do
    if number > count then
      return nil -- of a larger file
    end
    numbers[#numbers + 1] = number
  end
  job.part_size, job.part_count = size, count
  table.sort(numbers)
  tasks.map(numbers, function(number)
    local offset = (number - 1) * size
    local range, part = range_of(offset, math.min(size, job.size - offset)), listed[number]
    if part.Size == range.length and same(job, part, range) then
      kept[number] = { ETag = part.ETag, size = range.length,
        value = job.algorithm and crypto.base64_encode((range:digest(job.algorithm))) or nil }
    end
  end, { concurrency = job.concurrency })
  return upload.UploadId, kept
end

return M
