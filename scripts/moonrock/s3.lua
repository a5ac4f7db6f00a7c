-- SPDX-License-Identifier: MIT
-- s3.lua -- what an S3 client has beyond the model: transfers, presigned URLs, clean-up,
-- and small kindnesses to parameters that boto3 has as well.
-- Names and argument order are boto3's where it has them.

local crypto = require "moonrock.crypto"
local uri = require "moonrock.uri"
local errors = require "moonrock.error"
local tables = require "moonrock.tables"
local lazy = require "moonrock.lazy"

local file_upload = lazy "moonrock.transfer.upload"
local stream_upload = lazy "moonrock.transfer.stream"
local download = lazy "moonrock.transfer.download"
local folder_sync = lazy "moonrock.transfer.sync"

local M = { methods = {}, hooks = { before = {}, after = {} } }

-- Parameters ------------------------------------------------------------------------------

-- A bucket is made in the client's region unless the caller says where.
function M.hooks.before.create_bucket(params, core)
  local region = core.config.region
  if params.CreateBucketConfiguration == nil and region ~= "us-east-1" and region ~= "aws-global" then
    params.CreateBucketConfiguration = { LocationConstraint = region }
  end
end

-- CopySource as text ("bucket/key", encoded as it is) or { Bucket =, Key =, VersionId = }.
local function copy_source(params)
  local source = params.CopySource
  if type(source) ~= "table" then
    return
  end
  for _, name in ipairs { "Bucket", "Key" } do
    if type(source[name]) ~= "string" then
      errors.raise { code = "ParamValidation", message = "CopySource." .. name .. " must be a string" }
    end
  end
  local text = source.Bucket .. "/" .. uri.encode(source.Key, "path")
  if source.VersionId then
    text = text .. "?versionId=" .. uri.encode(source.VersionId)
  end
  params.CopySource = text
end
M.hooks.before.copy_object = copy_source
M.hooks.before.upload_part_copy = copy_source

-- Without parts S3 speaks of malformed XML.
function M.hooks.before.complete_multipart_upload(params)
  local given = params.MultipartUpload
  local parts = type(given) == "table" and given.Parts
  if not (params.Bucket and params.Key and params.UploadId) then
    return -- told by the model, all at once
  elseif given == nil or parts == nil or type(parts) == "table" and not next(parts) then
    errors.raise {
      code = "ParamValidation",
      message = "MultipartUpload.Parts is empty; it lists { PartNumber =, ETag = } of each part",
      service = "s3", operation = "complete_multipart_upload", retryable = false,
      hint = "upload_part and list_parts tell them; s3:upload_file does all of it",
    }
  end
end

-- x-amz-tagging and x-amz-meta-*: Tagging as a table of names becomes a query string.
local function tagging(params)
  if type(params.Tagging) ~= "table" then
    return
  end
  local tags = {}
  for index, name in ipairs(tables.keys(params.Tagging)) do
    tags[index] = uri.encode(tostring(name)) .. "=" .. uri.encode(tostring(params.Tagging[name]))
  end
  params.Tagging = table.concat(tags, "&")
end
M.hooks.before.put_object = tagging
M.hooks.before.create_multipart_upload = tagging

-- A customer's own key may be given as its 32 bytes, or in base64; its digest is added.  Who
-- gives the digest has encoded both.
local customer_keys = { SSECustomerKey = "SSECustomerKeyMD5", CopySourceSSECustomerKey = "CopySourceSSECustomerKeyMD5" }

local function encode_customer_keys(params)
  for name, digest in pairs(customer_keys) do
    local key = params[name]
    if type(key) == "string" and params[digest] == nil then
      local plain = #key == 32 and key or crypto.base64_decode(key)
      if not plain or #plain ~= 32 then
        errors.raise {
          code = "ParamValidation", service = "s3", retryable = false,
          message = string.format("%s is a key of AES-256: 32 bytes, or their base64; this has %d bytes", name, #key),
        }
      end
      params[name] = crypto.base64_encode(plain)
      params[digest] = crypto.hash("md5", plain, "base64")
    end
  end
end

for _, operation in ipairs { "put_object", "get_object", "head_object", "get_object_attributes", "copy_object",
  "select_object_content", "create_multipart_upload", "upload_part", "upload_part_copy",
  "complete_multipart_upload", "list_parts" } do
  local other = M.hooks.before[operation]
  M.hooks.before[operation] = function(params)
    encode_customer_keys(params)
    return other and other(params)
  end
end

-- Keys may hold bytes that XML cannot, so listings ask for them encoded, as boto3 does, and
-- give them plain; a caller who asks for the encoding gets it.
local encoded_fields = { "Prefix", "Delimiter", "Marker", "NextMarker", "StartAfter", "KeyMarker", "NextKeyMarker" }
local encoded_lists = { Contents = "Key", Versions = "Key", DeleteMarkers = "Key", Uploads = "Key",
  CommonPrefixes = "Prefix" }

local function ask_encoded(params)
  if params.EncodingType == nil then
    params.EncodingType = "url"
    return true
  end
end

local function plain(value)
  return type(value) == "string" and uri.decode((value:gsub("%+", " "))) or value
end

local function decode_listing(result, asked)
  if not asked or result.EncodingType ~= "url" then
    return result
  end
  result.EncodingType = nil
  for _, name in ipairs(encoded_fields) do
    result[name] = plain(result[name])
  end
  for list, name in pairs(encoded_lists) do
    for _, item in ipairs(result[list] or {}) do
      item[name] = plain(item[name])
    end
  end
  return result
end

for _, operation in ipairs { "list_objects", "list_objects_v2", "list_object_versions", "list_multipart_uploads" } do
  M.hooks.before[operation] = ask_encoded
  M.hooks.after[operation] = decode_listing
end

-- Transfers and URLs ------------------------------------------------------------------------

---Uploads a file.  Parts go in parallel; every part and the whole are verified by checksum.
---With `resume` what a killed process has sent is compared with the file and not sent again.
---@param client table an S3 client
---@param path string
---@param bucket string
---@param key string
---@param opts? moonrock.TransferOptions
---@return {ETag: string, size: integer, parts: integer, checksum: table}
function M.methods.upload_file(client, path, bucket, key, opts)
  return file_upload.upload_file(client, path, bucket, key, opts)
end

---Uploads what has no size before its end: a pipe, the Body of another object, what a function yields.
---Nothing is stored unless all of it came: an error of the source, too, leaves no object and no parts.
---In memory are at most `concurrency` parts; after 1,000 of one size the next are twice as large.
---@param client table an S3 client
---@param source file*|moonrock.Reader|fun(): string|nil an open file, a reader, or a function that gives the next
---bytes, nil at the end
---@param bucket string
---@param key string
---@param opts? moonrock.TransferOptions by default 4 parts of 5 MiB at once; on_progress gets no total before the end
---@return {ETag: string, size: integer, parts: integer, checksum: table}
function M.methods.upload_fileobj(client, source, bucket, key, opts)
  return stream_upload.upload_fileobj(client, source, bucket, key, opts)
end

---Downloads an object to a file.
---@param client table an S3 client
---@param bucket string
---@param key string
---@param path string
---@param opts? moonrock.TransferOptions
---@return {size: integer, ETag: string, checksum: table|nil} checksum: what was verified
function M.methods.download_file(client, bucket, key, path, opts)
  return download.download_file(client, bucket, key, path, opts)
end

---Makes the objects below a prefix what a folder holds, or a folder what is below a prefix: one side is a
---local folder, the other "s3://bucket/prefix".  What both have is left alone; the option `compare` says how
---that is told.  A file that is downloaded has its object's time, so that a sync back sends nothing.
---Symbolic links are followed, but nothing is written or deleted outside of the folder through them.
---Keys that cannot be files there (with "..", or "a" beside "a/b") are an error of code UnsafeKey before
---anything is transferred.  Files that fail do not stop the others: at the end the error SyncFailed has them
---in `failures`, a list of { path =, key =, error = }, and nothing was deleted.
---@param client table an S3 client
---@param from string
---@param to string
---@param opts? moonrock.SyncOptions
---@return moonrock.SyncResult result with dry_run: what it would be
function M.methods.sync(client, from, to, opts)
  return folder_sync.sync(client, from, to, opts)
end

---A URL that allows one operation for a while, without credentials.
---@param client table
---@param operation string "get_object", "put_object", ...
---@param params table its parameters, without a body
---@param expires? integer seconds, 1 to 604800; default 3600
---@return string url
function M.methods.generate_presigned_url(client, operation, params, expires)
  expires = expires or 3600
  if math.type(expires) ~= "integer" or expires < 1 or expires > 604800 then
    error("bad argument #3 to 'generate_presigned_url' (seconds from 1 to 604800 expected)", 2)
  end
  return client:presign(operation, params, expires)
end

-- Buckets -----------------------------------------------------------------------------------

---Makes sure that the bucket exists and is the caller's.
---@param client table
---@param bucket string
---@return boolean created
function M.methods.ensure_bucket(client, bucket)
  local found, err = errors.try(client.head_bucket, client, { Bucket = bucket })
  if found then
    return false
  elseif not errors.is(err) or err.status ~= 404 then
    error(err, 0)
  end
  local made
  made, err = errors.try(client.create_bucket, client, { Bucket = bucket })
  if made then
    return true
  elseif errors.is(err, "BucketAlreadyOwnedByYou") then
    return false
  end
  error(err, 0)
end

local function raise_undeleted(bucket, failed)
  local first = failed[1]
  errors.raise {
    code = first.Code or "DeleteFailed",
    message = string.format("%d objects of %s were not deleted; the first: %s: %s", #failed, bucket,
      tostring(first.Key), tostring(first.Message)),
    service = "s3",
    operation = "delete_objects",
    failed = failed,
  }
end

-- Deletes up to 1,000 objects of a list of {Key, VersionId}.
local function delete_batch(client, bucket, batch)
  local reply = client:delete_objects { Bucket = bucket, Delete = { Objects = batch, Quiet = true } }
  if reply.Errors and #reply.Errors > 0 then
    raise_undeleted(bucket, reply.Errors)
  end
  return #batch
end

---Deletes the objects of a list of keys.
---@param client table
---@param bucket string
---@param keys string[]
---@return integer count
function M.methods.delete_keys(client, bucket, keys)
  if type(keys) ~= "table" then
    error("bad argument #2 to 'delete_keys' (list of keys expected, got " .. type(keys) .. ")", 2)
  end
  local count = 0
  for from = 1, #keys, 1000 do
    local batch = {}
    for index = from, math.min(from + 999, #keys) do
      batch[#batch + 1] = { Key = keys[index] }
    end
    count = count + delete_batch(client, bucket, batch)
  end
  return count
end

---Deletes every object of a bucket (or below a prefix) and aborts its unfinished uploads.
---@param client table
---@param bucket string
---@param opts? {prefix?: string, versions?: boolean} versions: old versions and markers too
---@return integer objects
---@return integer uploads
function M.methods.empty_bucket(client, bucket, opts)
  opts = tables.check_options(opts, { prefix = "string", versions = "boolean" }, "empty_bucket")
  local objects, uploads = 0, 0
  -- A page is deleted before the next is asked for, so each listing starts afresh.
  while true do
    local batch = {}
    if opts.versions then
      local page = client:list_object_versions { Bucket = bucket, Prefix = opts.prefix, MaxKeys = 1000 }
      for _, list in ipairs { page.Versions or {}, page.DeleteMarkers or {} } do
        for _, item in ipairs(list) do
          batch[#batch + 1] = { Key = item.Key, VersionId = item.VersionId }
        end
      end
    else
      local page = client:list_objects_v2 { Bucket = bucket, Prefix = opts.prefix, MaxKeys = 1000 }
      for _, item in ipairs(page.Contents or {}) do
        batch[#batch + 1] = { Key = item.Key }
      end
    end
    if #batch == 0 then
      break
    end
    objects = objects + delete_batch(client, bucket, batch)
  end
  for upload in client:each("list_multipart_uploads", { Bucket = bucket, Prefix = opts.prefix }) do
    local ok, err = errors.try(client.abort_multipart_upload, client,
      { Bucket = bucket, Key = upload.Key, UploadId = upload.UploadId })
    if not ok and not errors.is(err, "NoSuchUpload") then
      error(err, 0)
    end
    uploads = uploads + 1
  end
  return objects, uploads
end

return M
