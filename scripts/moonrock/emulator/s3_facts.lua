-- SPDX-License-Identifier: MIT
-- emulator.s3_facts: what travels with an object besides its bytes: headers, metadata, tags.
-- Limits: S3 user guide, "Working with object metadata" and "Categorizing your storage using
-- tags"; keys of customers: "Using server-side encryption with customer-provided keys" (2026-08-31).

local crypto = require "moonrock.crypto"
local refuse = require "moonrock.emulator.refuse".refuse
local uri = require "moonrock.uri"

local M = {}

-- Members of PutObject, CreateMultipartUpload and CopyObject that come back from GetObject.
local kept = { "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType",
  "Expires", "StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption", "SSEKMSKeyId",
  "SSECustomerAlgorithm", "SSECustomerKeyMD5" }

-- Classes from which GetObject works at once; the others need a restore, which is not rehearsed.
local storage_classes = { STANDARD = true, REDUCED_REDUNDANCY = true, STANDARD_IA = true, ONEZONE_IA = true,
  INTELLIGENT_TIERING = true, GLACIER_IR = true }

--- An entity tag as headers and documents carry it.
---@param etag string
---@return string
function M.quoted(etag) return '"' .. etag .. '"' end

-- The digest of a customer's key among parameters, checked against the key; nil without one.
local function customer_key(params, prefix)
  local algorithm, key, md5 = params[prefix .. "Algorithm"], params[prefix .. "Key"], params[prefix .. "KeyMD5"]
  if not algorithm and not key and not md5 then return nil end
  if not algorithm or not key or not md5 then
    local missing = not algorithm and "a valid encryption algorithm" or not key and "an appropriate secret key"
      or "the client calculated MD5 of the secret key"
    refuse("InvalidArgument", "Requests specifying Server Side Encryption with Customer provided keys must provide "
      .. missing .. ".")
  end
  local plain = crypto.base64_decode(key)
  if algorithm ~= "AES256" or not plain or #plain ~= 32 then
    refuse("InvalidArgument", "The secret key was invalid for the specified algorithm.")
  elseif crypto.hash("md5", plain, "base64") ~= md5 then
    refuse("InvalidArgument", "The calculated MD5 hash of the key did not match the hash that was provided.")
  end
  return md5
end

--- Whoever reads what a customer's key encrypts must have the key.
---@param facts table of the object
---@param params table
---@param prefix? string "CopySource"
function M.check_customer_key(facts, params, prefix)
  local given = customer_key(params, (prefix or "") .. "SSECustomer")
  if given == facts.SSECustomerKeyMD5 then return end
  if not given then
    refuse("InvalidRequest", "The object was stored using a form of Server Side Encryption. The correct parameters "
      .. "must be provided to retrieve the object.")
  elseif not facts.SSECustomerKeyMD5 then
    refuse("InvalidRequest", "The encryption parameters are not applicable to this object.")
  end
  refuse("AccessDenied", "Access Denied")
end

--- A part is sent with the key that its upload was begun with.
function M.check_part_key(facts, params)
  if customer_key(params, "SSECustomer") ~= facts.SSECustomerKeyMD5 then
    refuse("InvalidRequest", facts.SSECustomerKeyMD5 and "The multipart upload initiate requested encryption. "
      .. "Subsequent part requests must include the appropriate encryption parameters."
      or "The multipart upload initiate did not request encryption. Please resend the request without sending "
      .. "encryption parameters.")
  end
end

--- The facts of a new object from parameters.
---@return table<string, string|number>
function M.of(params)
  local facts = {}
  for _, name in ipairs(kept) do facts[name] = params[name] end
  facts.ContentType = facts.ContentType or "binary/octet-stream"
  if facts.ContentEncoding then
    -- aws-chunked is how the body travelled, not what it is
    local left = {}
    for coding in facts.ContentEncoding:gmatch "[^,%s]+" do
      if coding:lower() ~= "aws-chunked" then left[#left + 1] = coding end
    end
    facts.ContentEncoding = left[1] and table.concat(left, ",") or nil
  end
  if facts.StorageClass and not storage_classes[facts.StorageClass] then
    refuse("NotImplemented", "The storage class " .. tostring(facts.StorageClass)
      .. " is not implemented in the rehearsal.")
  end
  if not customer_key(params, "SSECustomer") then
    facts.ServerSideEncryption = facts.ServerSideEncryption or "AES256" -- the default of every bucket since 2023
  end
  return facts
end

--- Checks user metadata: names and values together at most 2 KB.
function M.metadata(params)
  local out, size = {}, 0
  for name, value in pairs(params.Metadata or {}) do
    out[name:lower()] = value
    size = size + #name + #value
  end
  if size > 2048 then
    refuse("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size",
      { fields = { Size = tostring(size), MaxSizeAllowed = "2048" } })
  end
  return out
end

--- Checks a tag set: at most 10, keys unique and at most 128 characters, values at most 256.
---@param tags { Key: string, Value: string }[]
---@param limit integer|nil
function M.check_tags(tags, limit)
  limit = limit or 10
  if #tags > limit then
    refuse("BadRequest", ("Object tags cannot be greater than %d"):format(limit))
  end
  local seen = {}
  for _, tag in ipairs(tags) do
    local key, value = tag.Key or "", tag.Value or ""
    if key == "" or (utf8.len(key) or 129) > 128 or key:find "^aws:" then
      refuse("InvalidTag", "The TagKey you have provided is invalid", { fields = { TagKey = key } })
    elseif (utf8.len(value) or 257) > 256 then
      refuse("InvalidTag", "The TagValue you have provided is invalid", { fields = { TagKey = key, TagValue = value } })
    elseif seen[key] then
      refuse("InvalidTag", "Cannot provide multiple Tags with the same key", { fields = { TagKey = key } })
    end
    seen[key] = true
  end
  return tags
end

--- Tags of an x-amz-tagging header: key=value pairs, URL-encoded.
---@param text string|nil
function M.tags_of_header(text)
  local tags = {}
  if not text or text == "" then return tags end
  for pair in text:gmatch "[^&]+" do
    local key, value = pair:match "^([^=]*)=?(.*)$"
    tags[#tags + 1] = { Key = uri.decode((key:gsub("+", " "))), Value = uri.decode((value:gsub("+", " "))) }
  end
  for _, tag in ipairs(tags) do
    if not tag.Key or not tag.Value then
      refuse("InvalidArgument", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
        .. "parameters without tag name duplicates.",
        { fields = { ArgumentName = "x-amz-tagging", ArgumentValue = text } })
    end
  end
  return M.check_tags(tags)
end

--- Puts facts and metadata into the result of GetObject or HeadObject.
function M.put(result, entry)
  for _, name in ipairs(kept) do result[name] = entry.facts[name] end
  if result.StorageClass == "STANDARD" then result.StorageClass = nil end -- S3 leaves it out
  if next(entry.metadata) then result.Metadata = entry.metadata end
  if entry.tags[1] then result.TagCount = #entry.tags end
end

--- The part of facts that write operations answer with.
function M.put_write(result, facts)
  result.ServerSideEncryption = facts.ServerSideEncryption
  result.SSEKMSKeyId = facts.SSEKMSKeyId
  result.SSECustomerAlgorithm, result.SSECustomerKeyMD5 = facts.SSECustomerAlgorithm, facts.SSECustomerKeyMD5
end

return M
