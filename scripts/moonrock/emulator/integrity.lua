-- SPDX-License-Identifier: MIT
-- emulator.integrity: Content-MD5 and x-amz-checksum-* of S3.
-- Checks what the caller sent (header or trailer) against the bytes, and computes what is stored.
-- Source: "Checking object integrity", S3 user guide (2026-08-31): CRC64NVME when the caller gave
-- nothing; COMPOSITE is the digest of the parts' digests with "-N"; FULL_OBJECT is for CRCs only.

local body_of = require "moonrock.emulator.body"
local crypto = require "moonrock.crypto"

local refuse = require "moonrock.emulator.refuse".refuse

local M = {}

-- In the order in which S3 lists them.
local algorithms = { "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5" }
local digest_size = { CRC32 = 4, CRC32C = 4, CRC64NVME = 8, SHA1 = 20, SHA256 = 32, SHA512 = 64, MD5 = 16 }
local unsupported = { "XXHASH64", "XXHASH3", "XXHASH128" }
local is_crc = { CRC32 = true, CRC32C = true, CRC64NVME = true }

M.algorithms = algorithms

local function header_of(algorithm) return "x-amz-checksum-" .. algorithm:lower() end

--- The member that carries a checksum in parameters, results and documents: "ChecksumCRC32".
---@param algorithm string
function M.member(algorithm) return "Checksum" .. algorithm end

--- Base64 of a digest of bytes.
---@param algorithm string
---@param data string|moonrock.emulator.LargeBody
function M.compute(algorithm, data) return body_of.digest(data, algorithm:lower(), "base64") end

--- The ETag of a whole object or a part, without quotes.
---@param data string|moonrock.emulator.LargeBody
function M.etag(data) return body_of.digest(data, "md5", "hex") end

local function check_md5(request, body)
  local given = request.first["content-md5"]
  if not given then return false end
  local raw = crypto.base64_decode(given)
  if not raw or #raw ~= 16 then
    refuse("InvalidDigest", "The Content-MD5 you specified was invalid.", { fields = { ["Content-MD5"] = given } })
  end
  local computed = M.compute("MD5", body)
  if computed ~= given then
    refuse("BadDigest", "The Content-MD5 you specified did not match what we received.",
      { fields = { ExpectedDigest = given, CalculatedDigest = computed } })
  end
  return true
end

--- Checks all digests that came with a request.
---@param request moonrock.emulator.Request
---@param trailers table<string, string>
---@param body string|moonrock.emulator.LargeBody the content
---@return { algorithm: string, value: string }|nil checksum the one that was given
---@return boolean md5 whether Content-MD5 was given
function M.check(request, trailers, body)
  local md5 = check_md5(request, body)
  local found
  for _, algorithm in ipairs(algorithms) do
    local name = header_of(algorithm)
    local value = trailers[name] or request.first[name]
    if value then
      if found then
        refuse("InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
      end
      local raw = crypto.base64_decode(value)
      if not raw or #raw ~= digest_size[algorithm] then
        refuse("InvalidRequest", ("Value for %s %s is invalid."):format(name, trailers[name] and "trailing header"
          or "header"))
      end
      found = { algorithm = algorithm, value = value }
    end
  end
  for _, algorithm in ipairs(unsupported) do
    if trailers[header_of(algorithm)] or request.first[header_of(algorithm)] then
      refuse("NotImplemented", algorithm .. " checksums are not implemented in the rehearsal.")
    end
  end
  local named = request.first["x-amz-sdk-checksum-algorithm"]
  if named and not found then
    refuse("InvalidRequest", "x-amz-sdk-checksum-algorithm specified, but no corresponding "
      .. "x-amz-checksum-* or x-amz-trailer headers were found.")
  elseif named and named:upper() ~= found.algorithm then
    refuse("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")
  end
  if found and M.compute(found.algorithm, body) ~= found.value then
    refuse("BadDigest", ("The %s you specified did not match the calculated checksum."):format(found.algorithm))
  end
  return found, md5
end

--- The checksum that an object gets: the caller's, already checked, or S3's own.
---@param given { algorithm: string, value: string }|nil
---@param body string|moonrock.emulator.LargeBody
---@param wanted string|nil algorithm to use when nothing was given
---@return { algorithm: string, value: string, type: string }
function M.of_object(given, body, wanted)
  local algorithm = given and given.algorithm or wanted or "CRC64NVME"
  return { algorithm = algorithm, value = given and given.value or M.compute(algorithm, body), type = "FULL_OBJECT" }
end

--- Which type a multipart upload uses; refuses pairs that S3 does not have.
---@param algorithm string|nil
---@param kind string|nil COMPOSITE or FULL_OBJECT
---@return string algorithm
---@return string kind
function M.multipart_type(algorithm, kind)
  if not algorithm then
    if kind then
      refuse("InvalidRequest", "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm "
        .. "header.")
    end
    return "CRC64NVME", "FULL_OBJECT"
  end
  if not digest_size[algorithm] then
    refuse("InvalidRequest", "Checksum algorithm provided is unsupported. Please try again with any of the valid "
      .. "types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
  end
  kind = kind or (algorithm == "CRC64NVME" and "FULL_OBJECT" or "COMPOSITE")
  if kind == "FULL_OBJECT" and not is_crc[algorithm] or kind == "COMPOSITE" and algorithm == "CRC64NVME" then
    refuse("InvalidRequest", ("The %s checksum type cannot be used with the %s checksum algorithm.")
      :format(kind, algorithm:lower()))
  end
  return algorithm, kind
end

--- The checksum of an upload from its parts.
---@param algorithm string
---@param kind string
---@param values string[] base64 digests of the parts, in order
---@param pieces fun(): string|nil the bytes of the parts, in order
---@return string value
function M.combine(algorithm, kind, values, pieces)
  local hasher = crypto.hasher(algorithm:lower())
  if kind == "COMPOSITE" then
    for _, value in ipairs(values) do hasher:update(crypto.base64_decode(value)) end
    return hasher:digest "base64" .. "-" .. #values
  end
  for piece in pieces do hasher:update(piece) end
  return hasher:digest "base64"
end

--- Puts a stored checksum into a result of an operation.
---@param result table
---@param checksum { algorithm: string, value: string, type: string }|nil
function M.put(result, checksum)
  if not checksum then return end
  result[M.member(checksum.algorithm)] = checksum.value
  result.ChecksumType = checksum.type
end

return M
