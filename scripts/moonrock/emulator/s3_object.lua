-- SPDX-License-Identifier: MIT
-- emulator.s3_object: PutObject, GetObject, HeadObject, DeleteObject(s), CopyObject, tagging.
-- Behaviour: Amazon S3 API reference, the pages of these operations (2026-08-31).

local condition = require "moonrock.emulator.s3_condition"
local facts = require "moonrock.emulator.s3_facts"
local integrity = require "moonrock.emulator.integrity"
local refuse = require "moonrock.emulator.refuse".refuse
local state = require "moonrock.emulator.s3_state"
local uri = require "moonrock.uri"

local M = {}

function M.PutObject(world, call, params)
  local bucket = state.bucket(world, params)
  state.check_key(params.Key)
  local body = call.body
  local given = integrity.check(call.request, call.trailers, body)
  local entry = {
    key = params.Key, size = #body, etag = integrity.etag(body), modified = world:now() // 1 | 0,
    facts = facts.of(params), metadata = facts.metadata(params), tags = facts.tags_of_header(params.Tagging),
    checksum = integrity.of_object(given, body),
  }
  condition.write(bucket.objects[params.Key], params, params.Key) -- early, before the bytes are stored
  entry.blob = world.store:put(body, state.label(world, bucket, params.Key))
  state.write(world, bucket, entry, function(old) condition.write(old, params, params.Key) end)
  world.bill:add("put", nil, 1)
  local result = { ETag = facts.quoted(entry.etag), VersionId = state.version_id(bucket, entry) }
  integrity.put(result, entry.checksum)
  facts.put_write(result, entry.facts)
  return result
end

local overrides = { ContentType = "ResponseContentType", CacheControl = "ResponseCacheControl",
  ContentDisposition = "ResponseContentDisposition", ContentEncoding = "ResponseContentEncoding",
  ContentLanguage = "ResponseContentLanguage", Expires = "ResponseExpires" }

-- What a read answers, for GET and HEAD alike.
local function describe(world, params)
  local bucket = state.bucket(world, params)
  local entry = state.entry(bucket, params.Key, params.VersionId)
  facts.check_customer_key(entry.facts, params)
  condition.read(entry, params)
  local result = {
    VersionId = state.version_id(bucket, entry), AcceptRanges = "bytes", LastModified = entry.modified,
      ETag = facts.quoted(entry.etag), ContentLength = entry.size,
  }
  facts.put(result, entry)
  for member, override in pairs(overrides) do result[member] = params[override] or result[member] end
  local offset, length = 0, entry.size
  local part = params.PartNumber
  if part then
    if params.Range then
      refuse("InvalidRequest", "Cannot specify both Range header and partNumber query parameter.")
    end
    local parts = entry.parts or { { number = 1, size = entry.size } }
    if part < 1 or not parts[part] then
      refuse("InvalidRange", "The requested partnumber is not satisfiable",
        { fields = { ActualPartCount = tostring(#parts), PartNumberRequested = tostring(part) } })
    end
    for i = 1, part - 1 do offset = offset + parts[i].size end
    length = parts[part].size
    result.PartsCount = entry.parts and #parts or nil
  else
    local from, n = condition.range(params.Range, entry.size)
    if from then offset, length = from, n end
  end
  local partial = (params.Range and (offset > 0 or length < entry.size
    or condition.range(params.Range, entry.size) ~= nil)) or part ~= nil
  if partial and entry.size > 0 then
    result.ContentRange = ("bytes %d-%d/%d"):format(offset, offset + length - 1, entry.size)
    result.ContentLength = length
  end
  if params.ChecksumMode == "ENABLED" and (not partial or length == entry.size) then
    integrity.put(result, entry.checksum)
  end
  return entry, result, offset, length, partial and entry.size > 0
end

function M.GetObject(world, _, params)
  local entry, result, offset, length, partial = describe(world, params)
  local blob, store = entry.blob, world.store
  store:pin(blob)
  world.bill:add("get", nil, 1)
  return result, {
    status = partial and 206 or 200, length = length,
    read = function(at, n) return store:read(blob, offset + at, n) end,
    done = function() store:unpin(blob) end,
  }
end

function M.HeadObject(world, _, params)
  local _, result, _, length, partial = describe(world, params)
  world.bill:add("get", nil, 1)
  return result, { status = partial and 206 or 200, length = length }
end

function M.DeleteObject(world, _, params)
  local bucket = state.bucket(world, params)
  local version = params.VersionId
  local gone = state.delete(world, bucket, params.Key, version, function(old)
    if params.IfMatch then condition.write(old, { IfMatch = params.IfMatch }, params.Key) end
    if old and params.IfMatchSize and params.IfMatchSize ~= old.size then
      refuse("PreconditionFailed", "At least one of the pre-conditions you specified did not hold",
        { fields = { Condition = "If-Match-Size" } })
    end
  end)
  if not gone then return { VersionId = version } end
  return { VersionId = version or gone.version or "null", DeleteMarker = gone.marker }
end

function M.DeleteObjects(world, call, params)
  local bucket = state.bucket(world, params)
  local given, md5 = integrity.check(call.request, call.trailers, call.body)
  if not given and not md5 then
    refuse("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
  end
  local objects = params.Delete.Objects or {}
  if #objects == 0 or #objects > 1000 then
    refuse("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
  end
  local deleted = {}
  for _, object in ipairs(objects) do
    local version = object.VersionId ~= "" and object.VersionId or nil
    local gone = state.delete(world, bucket, object.Key, version)
    local entry = { Key = object.Key, VersionId = version }
    if gone and gone.marker then
      entry.DeleteMarker, entry.DeleteMarkerVersionId = true, gone.version or "null"
    end
    deleted[#deleted + 1] = entry
  end
  if params.Delete.Quiet then deleted = {} end
  return { Deleted = deleted[1] and deleted or nil }
end

--- Finds the source of a copy: "/bucket/key?versionId=", percent-encoded.
---@return moonrock.emulator.Entry
function M.copy_source(world, params)
  local text = params.CopySource
  local path, version = text:match "^(.-)%?versionId=(.*)$"
  local name, key = (path or text):match "^/?([^/]+)/(.+)$"
  name, key = name and uri.decode(name), key and uri.decode(key)
  if not name or not key then
    refuse("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
      { fields = { ArgumentName = "x-amz-copy-source", ArgumentValue = text } })
  end
  local bucket = state.bucket(world, { Bucket = name, ExpectedBucketOwner = params.ExpectedSourceBucketOwner })
  local entry = state.entry(bucket, key, version)
  facts.check_customer_key(entry.facts, params, "CopySource")
  condition.read(entry, params, "CopySource")
  return entry, bucket
end

function M.CopyObject(world, _, params)
  local bucket = state.bucket(world, params)
  state.check_key(params.Key)
  local source, source_bucket = M.copy_source(world, params)
  local replace = params.MetadataDirective == "REPLACE"
  if source == bucket.objects[params.Key] and source_bucket == bucket and not replace and not params.StorageClass
    and not params.WebsiteRedirectLocation and not params.ServerSideEncryption and not params.SSECustomerKey then
    refuse("InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself "
      .. "without changing the object's metadata, storage class, website redirect location or encryption attributes.")
  end
  if source.size > 5 << 30 then
    refuse("InvalidRequest", "The specified copy source is larger than the maximum allowable size for a copy "
      .. "source: 5368709120")
  end
  local store = world.store
  store:pin(source.blob)
  local ok, data = pcall(store.read, store, source.blob)
  store:unpin(source.blob)
  if not ok then error(data, 0) end
  local new_facts = facts.of(params)
  if not replace then
    for name, value in pairs(source.facts) do
      if name ~= "StorageClass" and not name:find "^SSE" and name ~= "ServerSideEncryption" then
        new_facts[name] = value
      end
    end
  end
  local algorithm = params.ChecksumAlgorithm or source.checksum and source.checksum.algorithm
  local entry = {
    key = params.Key, size = #data, etag = integrity.etag(data), modified = world:now() // 1 | 0,
    facts = new_facts, metadata = replace and facts.metadata(params) or source.metadata,
    tags = params.TaggingDirective == "REPLACE" and facts.tags_of_header(params.Tagging) or source.tags,
    checksum = integrity.of_object(nil, data, algorithm),
  }
  condition.write(bucket.objects[params.Key], params, params.Key)
  entry.blob = store:put(data, state.label(world, bucket, params.Key))
  state.write(world, bucket, entry, function(old) condition.write(old, params, params.Key) end)
  world.bill:add("put", nil, 1)
  local copied = { ETag = facts.quoted(entry.etag), LastModified = entry.modified }
  integrity.put(copied, entry.checksum)
  local result = { CopyObjectResult = copied, VersionId = state.version_id(bucket, entry),
    CopySourceVersionId = state.version_id(source_bucket, source) }
  facts.put_write(result, entry.facts)
  return result
end

function M.PutObjectTagging(world, call, params)
  local bucket = state.bucket(world, params)
  integrity.check(call.request, call.trailers, call.body)
  local tags = facts.check_tags(params.Tagging.TagSet or {})
  local entry = state.update(world, bucket, params.Key, params.VersionId, function(entry) entry.tags = tags end)
  world.bill:add("put", nil, 1)
  return { VersionId = state.version_id(bucket, entry) }
end

function M.GetObjectTagging(world, _, params)
  local bucket = state.bucket(world, params)
  local tags, entry = {}, state.entry(bucket, params.Key, params.VersionId)
  for i, tag in ipairs(entry.tags) do tags[i] = tag end
  table.sort(tags, function(a, b) return a.Key < b.Key end)
  world.bill:add("get", nil, 1)
  return { TagSet = tags, VersionId = state.version_id(bucket, entry) }
end

function M.DeleteObjectTagging(world, _, params)
  local bucket = state.bucket(world, params)
  local entry = state.update(world, bucket, params.Key, params.VersionId, function(entry) entry.tags = {} end)
  return { VersionId = state.version_id(bucket, entry) }
end

return M
