-- SPDX-License-Identifier: MIT
-- emulator.s3_list: ListObjectsV2, ListObjects, ListObjectVersions and ListMultipartUploads.
-- One walk serves all: keys in byte order, rolled up at the delimiter, cut at the limit.
-- Continuation tokens are opaque to callers; here they are the last name, in base64.

local crypto = require "moonrock.crypto"
local refuse = require "moonrock.emulator.refuse".refuse
local state = require "moonrock.emulator.s3_state"
local uri = require "moonrock.uri"

local find, sub = string.find, string.sub

local M = {}

-- Index of the first key greater than `after` (or not less than `from`).
local function first_after(keys, after, from)
  local lo, hi = 1, #keys + 1
  while lo < hi do
    local middle = (lo + hi) // 2
    local key = keys[middle]
    if (after and key <= after) or (from and key < from) then
      lo = middle + 1
    else
      hi = middle
    end
  end
  return lo
end

--- Walks sorted keys.
---@param keys string[]
---@param options { prefix: string, delimiter: string|nil, after: string|nil, limit: integer }
---@return string[] found keys
---@return string[] prefixes rolled-up prefixes
---@return boolean truncated
---@return string|nil last the last key or prefix of the page
function M.walk(keys, options)
  local prefix, delimiter, after = options.prefix or "", options.delimiter, options.after
  if delimiter == "" then delimiter = nil end
  local found, prefixes, last = {}, {}, nil
  local at = first_after(keys, after, prefix)
  while at <= #keys do
    local key = keys[at]
    if sub(key, 1, #prefix) ~= prefix then break end
    local cut = delimiter and find(key, delimiter, #prefix + 1, true)
    local rolled = cut and sub(key, 1, cut + #delimiter - 1)
    if rolled and rolled == after then
      at = at + 1 -- the page before ended with this prefix
    elseif rolled and rolled == last then
      at = at + 1
    else
      if #found + #prefixes >= options.limit then return found, prefixes, true, last end
      last = rolled or key
      if rolled then
        prefixes[#prefixes + 1] = rolled
      else
        found[#found + 1] = key
      end
      at = at + 1
    end
  end
  return found, prefixes, false, last
end

-- How names are written into the reply; refuses those that would break its XML.
local function coder(params)
  if params.EncodingType == "url" then return function(text) return text and uri.encode(text, "path") end end
  return function(text)
    if text and state.beyond_xml(text) then
      refuse("InvalidArgument", "A name with characters that XML cannot carry needs encoding-type=url.")
    end
    return text
  end
end

local function limit_of(value)
  if value and value < 0 then
    refuse("InvalidArgument", "Argument maxKeys must be an integer between 0 and 2147483647",
      { fields = { ArgumentName = "max-keys", ArgumentValue = tostring(value) } })
  end
  return math.min(value or 1000, 1000)
end

local function content_of(world, entry, encode, owner)
  return {
    Key = encode(entry.key), LastModified = entry.modified, ETag = '"' .. entry.etag .. '"', Size = entry.size,
    StorageClass = entry.facts.StorageClass or "STANDARD",
    ChecksumAlgorithm = entry.checksum and { entry.checksum.algorithm } or nil,
    ChecksumType = entry.checksum and entry.checksum.type or nil,
    Owner = owner and { ID = world.account, DisplayName = "rehearsal" } or nil,
  }
end

local function contents_of(world, bucket, found, encode, owner)
  local contents = {}
  for i, key in ipairs(found) do contents[i] = content_of(world, bucket.objects[key], encode, owner) end
  return contents[1] and contents or nil
end

local function prefix_list(prefixes, encode)
  local out = {}
  for i, prefix in ipairs(prefixes) do out[i] = { Prefix = encode(prefix) } end
  return out[1] and out or nil
end

-- A page with no room holds nothing and is not truncated.
local function page(bucket, options)
  if options.limit == 0 then return {}, {}, false, nil end
  return M.walk(state.keys(bucket), options)
end

function M.ListObjectsV2(world, _, params)
  local bucket = state.bucket(world, params)
  local limit, encode = limit_of(params.MaxKeys), coder(params)
  local after = params.StartAfter
  if params.ContinuationToken then
    after = crypto.base64_decode(params.ContinuationToken)
    if not after then
      refuse("InvalidArgument", "The continuation token provided is incorrect",
        { fields = { ArgumentName = "continuation-token", ArgumentValue = params.ContinuationToken } })
    end
  end
  local found, prefixes, truncated, last = page(bucket,
    { prefix = params.Prefix, delimiter = params.Delimiter, after = after, limit = limit })
  world.bill:add("put", nil, 1) -- LIST is priced like PUT
  return {
    Name = bucket.name, Prefix = encode(params.Prefix or ""), Delimiter = encode(params.Delimiter), MaxKeys = limit,
    KeyCount = #found + #prefixes, IsTruncated = truncated, EncodingType = params.EncodingType,
    StartAfter = encode(params.StartAfter), ContinuationToken = params.ContinuationToken,
    NextContinuationToken = truncated and crypto.base64_encode(last) or nil,
    Contents = contents_of(world, bucket, found, encode, params.FetchOwner),
    CommonPrefixes = prefix_list(prefixes, encode),
  }
end

function M.ListObjects(world, _, params)
  local bucket = state.bucket(world, params)
  local limit, encode = limit_of(params.MaxKeys), coder(params)
  local found, prefixes, truncated, last = page(bucket,
    { prefix = params.Prefix, delimiter = params.Delimiter, after = params.Marker, limit = limit })
  world.bill:add("put", nil, 1)
  return {
    Name = bucket.name, Prefix = encode(params.Prefix or ""), Marker = encode(params.Marker or ""),
    Delimiter = encode(params.Delimiter), MaxKeys = limit, IsTruncated = truncated, EncodingType = params.EncodingType,
    -- S3 gives NextMarker only with a delimiter; without one the last key serves.
    NextMarker = truncated and params.Delimiter and encode(last) or nil,
    Contents = contents_of(world, bucket, found, encode, true),
    CommonPrefixes = prefix_list(prefixes, encode),
  }
end

-- All versions of the keys, key by key and newest first, from behind the markers on.
local function versions_after(bucket, params)
  local prefix, key_marker, id_marker = params.Prefix or "", params.KeyMarker or "", params.VersionIdMarker
  local keys, out = state.versioned_keys(bucket), {}
  for at = first_after(keys, key_marker ~= "" and not id_marker and key_marker or nil, prefix), #keys do
    local key = keys[at]
    if sub(key, 1, #prefix) ~= prefix then break end
    if key >= key_marker then
      local passed = key ~= key_marker or not id_marker
      for i, entry in ipairs(bucket.history[key] or { bucket.objects[key] }) do
        if passed then
          out[#out + 1] = { entry = entry, latest = i == 1 }
        elseif (entry.version or "null") == id_marker then
          passed = true
        end
      end
    end
  end
  return out
end

function M.ListObjectVersions(world, _, params)
  local bucket = state.bucket(world, params)
  local limit, encode = limit_of(params.MaxKeys), coder(params)
  local prefix, delimiter = params.Prefix or "", params.Delimiter ~= "" and params.Delimiter or nil
  if params.VersionIdMarker == "" then params.VersionIdMarker = nil end
  local versions, markers, prefixes, last, truncated = {}, {}, {}, nil, false
  local owner = { ID = world.account, DisplayName = "rehearsal" }
  for _, item in ipairs(limit > 0 and versions_after(bucket, params) or {}) do
    local entry = item.entry
    local cut = delimiter and find(entry.key, delimiter, #prefix + 1, true)
    local rolled = cut and sub(entry.key, 1, cut + #delimiter - 1)
    if not (rolled and (rolled == prefixes[#prefixes] or rolled == params.KeyMarker)) then
      if #versions + #markers + #prefixes == limit then
        truncated = true
        break
      end
      last = rolled and { key = rolled } or { key = entry.key, id = entry.version or "null" }
      if rolled then
        prefixes[#prefixes + 1] = rolled
      elseif entry.marker then
        markers[#markers + 1] = { Key = encode(entry.key), VersionId = entry.version or "null", IsLatest = item.latest,
          LastModified = entry.modified, Owner = owner }
      else
        local view = content_of(world, entry, encode, true)
        view.VersionId, view.IsLatest = entry.version or "null", item.latest
        versions[#versions + 1] = view
      end
    end
  end
  world.bill:add("put", nil, 1)
  return {
    Name = bucket.name, Prefix = encode(prefix), KeyMarker = encode(params.KeyMarker or ""),
    VersionIdMarker = params.VersionIdMarker or "", Delimiter = encode(delimiter), MaxKeys = limit,
    IsTruncated = truncated, EncodingType = params.EncodingType,
    NextKeyMarker = truncated and encode(last.key) or nil, NextVersionIdMarker = truncated and last.id or nil,
    Versions = versions[1] and versions or nil, DeleteMarkers = markers[1] and markers or nil,
    CommonPrefixes = prefix_list(prefixes, encode),
  }
end

function M.ListMultipartUploads(world, _, params)
  local bucket = state.bucket(world, params)
  local limit, encode = math.min(params.MaxUploads or 1000, 1000), coder(params)
  local prefix, delimiter = params.Prefix or "", params.Delimiter
  if delimiter == "" then delimiter = nil end
  local key_marker, id_marker = params.KeyMarker or "", params.UploadIdMarker
  local all = {}
  for _, upload in pairs(bucket.uploads) do
    local past = upload.key > key_marker
      or upload.key == key_marker and key_marker ~= "" and id_marker and id_marker ~= "" and upload.id > id_marker
    if past and sub(upload.key, 1, #prefix) == prefix then all[#all + 1] = upload end
  end
  table.sort(all, function(a, b)
    if a.key ~= b.key then return a.key < b.key end
    if a.initiated ~= b.initiated then return a.initiated < b.initiated end
    return a.id < b.id
  end)
  local uploads, prefixes, last_key, last_id, truncated = {}, {}, nil, nil, false
  local owner = { ID = world.account, DisplayName = "rehearsal" }
  for _, upload in ipairs(all) do
    local cut = delimiter and find(upload.key, delimiter, #prefix + 1, true)
    local rolled = cut and sub(upload.key, 1, cut + #delimiter - 1)
    if not (rolled and (rolled == prefixes[#prefixes] or rolled == key_marker)) then
      if #uploads + #prefixes >= limit then
        truncated = true
        break
      end
      if rolled then
        prefixes[#prefixes + 1] = rolled
        last_key, last_id = rolled, nil
      else
        uploads[#uploads + 1] = {
          Key = encode(upload.key), UploadId = upload.id, Initiated = upload.initiated,
          Initiator = owner, Owner = owner,
          StorageClass = upload.facts.StorageClass or "STANDARD",
          ChecksumAlgorithm = upload.asked and upload.algorithm or nil,
          ChecksumType = upload.asked and upload.checksum_type or nil,
        }
        last_key, last_id = upload.key, upload.id
      end
    end
  end
  world.bill:add("put", nil, 1)
  return {
    Bucket = bucket.name, KeyMarker = encode(params.KeyMarker or ""), UploadIdMarker = params.UploadIdMarker or "",
    Prefix = encode(prefix), Delimiter = encode(delimiter), MaxUploads = limit, IsTruncated = truncated,
    EncodingType = params.EncodingType, NextKeyMarker = truncated and encode(last_key) or nil,
    NextUploadIdMarker = truncated and last_id or nil,
    Uploads = uploads[1] and uploads or nil, CommonPrefixes = prefix_list(prefixes, encode),
  }
end

return M
