-- SPDX-License-Identifier: MIT
-- emulator.s3_multipart: multipart uploads, from CreateMultipartUpload to Complete or Abort.
-- Parts are blobs of their own; only Complete makes an object, in one step, so no reader ever
-- sees a part of one.  Limits and errors: S3 user guide, "Multipart upload limits", and the API
-- reference of these operations (2026-08-31).

local condition = require "moonrock.emulator.s3_condition"
local crypto = require "moonrock.crypto"
local facts = require "moonrock.emulator.s3_facts"
local integrity = require "moonrock.emulator.integrity"
local object = require "moonrock.emulator.s3_object"
local refuse = require "moonrock.emulator.refuse".refuse
local state = require "moonrock.emulator.s3_state"
local tables = require "moonrock.tables"
local uri = require "moonrock.uri"

local M = {}

local min_part = 5 * 1024 * 1024

local function upload_of(bucket, params)
  local upload = bucket.uploads[params.UploadId]
  if not upload or upload.key ~= params.Key then
    refuse("NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload "
      .. "may have been aborted or completed.", { fields = { UploadId = params.UploadId } })
  end
  return upload
end

local function part_name(upload, number) return ("%s/%05d"):format(upload.id, number) end

function M.CreateMultipartUpload(world, _, params)
  local bucket = state.bucket(world, params)
  state.check_key(params.Key)
  local algorithm, kind = integrity.multipart_type(params.ChecksumAlgorithm, params.ChecksumType)
  local id
  repeat id = world:hex(64) until not bucket.uploads[id]
  local upload = {
    id = id, key = params.Key, initiated = world:now() // 1 | 0, facts = facts.of(params),
    metadata = facts.metadata(params), tags = facts.tags_of_header(params.Tagging),
    algorithm = algorithm, checksum_type = kind, asked = params.ChecksumAlgorithm ~= nil,
  }
  world.store:save("upload", id, { bucket = bucket.name, upload = upload })
  bucket.uploads[id] = tables.copy(upload, { parts = {} })
  world.bill:add("put", nil, 1)
  local result = { Bucket = bucket.name, Key = params.Key, UploadId = id }
  if upload.asked then result.ChecksumAlgorithm, result.ChecksumType = algorithm, kind end
  facts.put_write(result, upload.facts)
  return result
end

local function check_number(number)
  if not number or number < 1 or number > 10000 then
    refuse("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive",
      { fields = { ArgumentName = "partNumber", ArgumentValue = tostring(number) } })
  end
end

local function store_part(world, bucket, params, data, given)
  check_number(params.PartNumber)
  local upload = upload_of(bucket, params)
  facts.check_part_key(upload.facts, params)
  if given and upload.asked and given.algorithm ~= upload.algorithm then
    refuse("InvalidRequest", ("Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s")
      :format(upload.algorithm:lower(), given.algorithm:lower()))
  end
  -- Without a word at Create, the parts decide (S3 then stores the object with that checksum).
  local algorithm = given and given.algorithm or upload.algorithm
  local part = {
    number = params.PartNumber, size = #data, etag = integrity.etag(data), modified = world:now() // 1 | 0,
    algorithm = algorithm, checksum = given and given.value or integrity.compute(algorithm, data),
  }
  local store = world.store
  part.blob = store:put(data, state.label(world, bucket, params.Key))
  store:locked(upload.id, function()
    if bucket.uploads[upload.id] ~= upload then
      store:drop(part.blob)
      upload_of(bucket, params) -- refuses: it was completed or aborted meanwhile
    end
    if store.folder then
      local kept = tables.copy(part, { blob = store:describe(part.blob) })
      store:save("part", part_name(upload, part.number), { bucket = bucket.name, upload = upload.id, part = kept })
    end
    local old = upload.parts[part.number]
    upload.parts[part.number] = part
    if old then store:drop(old.blob) end
  end)
  world.bill:add("put", nil, 1)
  return upload, part
end

function M.UploadPart(world, call, params)
  local bucket = state.bucket(world, params)
  upload_of(bucket, params)
  local given = integrity.check(call.request, call.trailers, call.body)
  local expected = bucket.uploads[params.UploadId]
  if not given and expected.asked and expected.checksum_type == "COMPOSITE" then
    refuse("InvalidRequest", ("Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: null")
      :format(expected.algorithm:lower()))
  end
  local upload, part = store_part(world, bucket, params, call.body, given)
  local result = { ETag = facts.quoted(part.etag) }
  result[integrity.member(part.algorithm)] = (given or upload.asked) and part.checksum or nil
  facts.put_write(result, upload.facts)
  return result
end

function M.UploadPartCopy(world, _, params)
  local bucket = state.bucket(world, params)
  upload_of(bucket, params)
  local source, source_bucket = object.copy_source(world, params)
  local offset, length = 0, source.size
  if params.CopySourceRange then offset, length = condition.copy_range(params.CopySourceRange, source.size) end
  local store = world.store
  store:pin(source.blob)
  local ok, data = pcall(store.read, store, source.blob, offset, length)
  store:unpin(source.blob)
  if not ok then error(data, 0) end
  local upload, part = store_part(world, bucket, params, data, nil)
  local copied = { ETag = facts.quoted(part.etag), LastModified = part.modified }
  copied[integrity.member(part.algorithm)] = upload.asked and part.checksum or nil
  local result = { CopyPartResult = copied, CopySourceVersionId = state.version_id(source_bucket, source) }
  facts.put_write(result, upload.facts)
  return result
end

local function invalid_part(listed, upload)
  refuse("InvalidPart", "One or more of the specified parts could not be found.  The part may not have been "
    .. "uploaded, or the specified entity tag may not match the part's entity tag.",
    { fields = { UploadId = upload.id, PartNumber = tostring(listed.PartNumber), ETag = listed.ETag } })
end

-- The parts that the caller lists, checked; their total size.
local function chosen_parts(upload, params)
  local list = params.MultipartUpload and params.MultipartUpload.Parts or {}
  if #list == 0 then
    refuse("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
  end
  local parts, size, last = {}, 0, 0
  for _, listed in ipairs(list) do
    local number = listed.PartNumber or 0
    if number <= last then
      refuse("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.",
        { fields = { UploadId = upload.id } })
    end
    last = number
    local part = upload.parts[number]
    if not part or (listed.ETag or ""):gsub('"', "") ~= part.etag then invalid_part(listed, upload) end
    for _, algorithm in ipairs(integrity.algorithms) do
      local value = listed[integrity.member(algorithm)]
      if value and (algorithm ~= part.algorithm or value ~= part.checksum) then invalid_part(listed, upload) end
    end
    if upload.asked and upload.checksum_type == "COMPOSITE" and not listed[integrity.member(upload.algorithm)] then
      refuse("InvalidRequest", ("The upload was created using a %s checksum. The complete request must include the "
        .. "checksum for each part. It was missing for part %d in the request."):format(upload.algorithm:lower(),
          number))
    end
    parts[#parts + 1] = part
    size = size + part.size
  end
  for i = 1, #parts - 1 do
    if parts[i].size < min_part then
      refuse("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
        { fields = { ProposedSize = tostring(parts[i].size), MinSizeAllowed = tostring(min_part),
          PartNumber = tostring(parts[i].number), ETag = parts[i].etag } })
    end
  end
  return parts, size
end

local function object_checksum(world, upload, parts, blobs, params)
  local algorithm, kind = upload.algorithm, upload.checksum_type
  if params.ChecksumType and params.ChecksumType ~= kind then
    refuse("InvalidRequest", ("The upload was created using the %s checksum mode. The complete request must use the "
      .. "same checksum mode."):format(kind))
  end
  local values = {}
  for i, part in ipairs(parts) do values[i] = part.checksum end
  local value = integrity.combine(algorithm, kind, values, world.store:slices(blobs))
  for _, name in ipairs(integrity.algorithms) do
    local given = params[integrity.member(name)]
    if given and (name ~= algorithm or given ~= value and given .. "-" .. #parts ~= value) then
      refuse("BadDigest", ("The %s you specified did not match the calculated checksum."):format(name))
    end
  end
  return { algorithm = algorithm, value = value, type = kind }
end

--- Ends an upload: it and the bytes of its parts are gone.
function M.forget(world, bucket, upload)
  bucket.uploads[upload.id] = nil
  world.store:remove("upload", upload.id)
  for _, number in ipairs(tables.keys(upload.parts)) do
    world.store:remove("part", part_name(upload, number))
    world.store:drop(upload.parts[number].blob)
  end
end

function M.CompleteMultipartUpload(world, _, params)
  local bucket = state.bucket(world, params)
  local upload = upload_of(bucket, params)
  local store = world.store
  return store:locked(upload.id, function()
    upload_of(bucket, params)
    local parts, size = chosen_parts(upload, params)
    if params.MpuObjectSize and params.MpuObjectSize ~= size then
      refuse("InvalidRequest", ("The provided 'x-amz-mp-object-size' header value %d does not match what was "
        .. "computed: %d"):format(params.MpuObjectSize, size))
    end
    local hasher, blobs, kept = crypto.hasher "md5", {}, {}
    for i, part in ipairs(parts) do
      hasher:update(crypto.hex_decode(part.etag))
      blobs[i] = part.blob
      kept[i] = { number = part.number, size = part.size, checksum = upload.asked and part.checksum or nil }
    end
    local checksum = object_checksum(world, upload, parts, blobs, params)
    local entry = {
      key = upload.key, size = size, etag = hasher:digest "hex" .. "-" .. #parts, modified = world:now() // 1 | 0,
      facts = upload.facts, metadata = upload.metadata, tags = upload.tags, checksum = checksum, parts = kept,
    }
    condition.write(bucket.objects[upload.key], params, upload.key)
    entry.blob = store:join(blobs, state.label(world, bucket, upload.key))
    state.write(world, bucket, entry, function(old) condition.write(old, params, upload.key) end)
    M.forget(world, bucket, upload)
    world.bill:add("put", nil, 1)
    local result = { Bucket = bucket.name, Key = upload.key, ETag = facts.quoted(entry.etag),
      VersionId = state.version_id(bucket, entry),
      Location = ("https://%s.s3.%s.amazonaws.com/%s"):format(bucket.name, bucket.region,
        uri.encode(upload.key, "path")) }
    integrity.put(result, checksum)
    facts.put_write(result, entry.facts)
    return result
  end)
end

function M.AbortMultipartUpload(world, _, params)
  local bucket = state.bucket(world, params)
  local upload = upload_of(bucket, params)
  world.store:locked(upload.id, function()
    upload_of(bucket, params)
    M.forget(world, bucket, upload)
  end)
  return {}
end

function M.ListParts(world, _, params)
  local bucket = state.bucket(world, params)
  local upload = upload_of(bucket, params)
  local limit = math.min(params.MaxParts or 1000, 1000)
  local marker = tonumber(params.PartNumberMarker) or 0
  local numbers = {}
  for number in pairs(upload.parts) do
    if number > marker then numbers[#numbers + 1] = number end
  end
  table.sort(numbers)
  local parts = {}
  for i = 1, math.min(limit, #numbers) do
    local part = upload.parts[numbers[i]]
    parts[i] = {
      PartNumber = part.number, ETag = facts.quoted(part.etag), Size = part.size, LastModified = part.modified,
    }
    if upload.asked then parts[i][integrity.member(part.algorithm)] = part.checksum end
  end
  world.bill:add("get", nil, 1)
  local owner = { ID = world.account, DisplayName = "rehearsal" }
  return {
    Bucket = bucket.name, Key = upload.key, UploadId = upload.id, PartNumberMarker = marker,
    NextPartNumberMarker = #parts > 0 and parts[#parts].PartNumber or 0, MaxParts = limit,
    IsTruncated = #numbers > #parts, Parts = parts[1] and parts or nil, Initiator = owner, Owner = owner,
    StorageClass = upload.facts.StorageClass or "STANDARD",
    ChecksumAlgorithm = upload.asked and upload.algorithm or nil,
    ChecksumType = upload.asked and upload.checksum_type or nil,
  }
end

return M
