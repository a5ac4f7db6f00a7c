-- SPDX-License-Identifier: MIT
-- emulator.gate: who asks, and are these the bytes that were signed.
-- Verifies the signature (header, presigned, bearer), the region of its scope, the payload hash,
-- and undoes aws-chunked with its chunk signatures and trailers.  Error codes: "Authenticating
-- Requests (AWS Signature Version 4)" and "List of error codes", S3 API reference; "Common
-- errors" of bedrock (2026-08-31).  The texts of bedrock's signature errors are field reports.

local body_of = require "moonrock.emulator.body"
local sigv4 = require "moonrock.sigv4"

local sts = require "moonrock.emulator.sts"

local refusal = require "moonrock.emulator.refuse"
local refuse = refusal.refuse

local M = {}

local signing_names = { s3 = "s3", sts = "sts" }

-- Members of S3's error documents for a signature that does not fit.
local function signature_fields(err)
  local from = type(err.fields) == "table" and err.fields or err
  local out = {}
  for _, pair in ipairs {
    { "AWSAccessKeyId", "access_key_id" }, { "StringToSign", "string_to_sign" },
    { "SignatureProvided", "signature_provided" }, { "CanonicalRequest", "canonical_request" },
    { "RequestTime", "request_time" }, { "ServerTime", "server_time" },
    { "MaxAllowedSkewMilliseconds", "max_skew_ms" }, { "Region", "region" },
  } do
    local value = from[pair[2]] or from[pair[1]]
    if type(value) == "string" or type(value) == "number" then out[pair[1]] = tostring(value) end
  end
  return out
end

local function refuse_fault(err, fallback)
  refuse(err.service_code or fallback, err.message, { status = err.status, fields = signature_fields(err) })
end

-- What older SDKs send, and boto3 for a presigned URL unless it is told otherwise.  Version 2 is being
-- turned off at S3; regions since 2014 never knew it.
local function refuse_other_ways(request)
  local query, first = "&" .. request.query, request.first
  if (first.authorization or ""):find "^AWS " or query:find("&AWSAccessKeyId=", 1, true) then
    refuse("InvalidRequest", refusal.note("The authorization mechanism you have provided is not supported. "
      .. "Please use AWS4-HMAC-SHA256.", "this is signature version 2; boto3: Config(signature_version=\"s3v4\"), "
      .. "AWS CLI: aws configure set default.s3.signature_version s3v4"))
  elseif request.method == "POST" and (first["content-type"] or ""):find("^multipart/form%-data") then
    refuse("NotImplemented", "Uploads by a form (POST policies) are not implemented in the rehearsal.")
  end
end

--- Verifies a request.  The body is as it came.
---@param world moonrock.emulator.World
---@param request moonrock.emulator.Request
---@param address moonrock.emulator.Address
---@param kind "header"|"query"|"bearer"|nil
---@param body string
---@return table identity
function M.verify(world, request, address, kind, body)
  local config = world.config
  if address.service == "s3" then refuse_other_ways(request) end
  if kind == "bearer" and address.service == "s3" then
    refuse("InvalidArgument", "Unsupported Authorization Type",
      { fields = { ArgumentName = "Authorization", ArgumentValue = "Bearer" } })
  end
  local identity, err = sigv4.verify({
    method = request.method, scheme = "https", host = request.first.host,
    path = request.path, query = request.query, headers = request.headers,
    -- S3's body is held against its hash when its coding is undone
    body = address.service ~= "s3" and body or nil,
  }, {
    find = function(id) return sts.find_key(world, id) end,
    bearer = config.bearer_token,
    time = world:now(), service = signing_names[address.service] or "bedrock", max_skew = 900,
  })
  if not identity then refuse_fault(err, "AccessDenied") end
  return identity
end

local function check_hash(request, body)
  local given = request.first["x-amz-content-sha256"]
  if not given then return end
  if given == "UNSIGNED-PAYLOAD" then return end
  if not given:find "^%x+$" or #given ~= 64 then
    refuse("InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
      .. "STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
      .. "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
      { fields = { ArgumentName = "x-amz-content-sha256", ArgumentValue = given } })
  end
  local computed = body_of.digest(body, "sha256", "hex")
  if computed ~= given:lower() then
    refuse("XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      { fields = { ClientComputedContentSHA256 = given, S3ComputedContentSHA256 = computed } })
  end
end

local streaming = {
  ["STREAMING-UNSIGNED-PAYLOAD-TRAILER"] = true,
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD"] = true,
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"] = true,
}

--- Is the body coded as aws-chunked?
---@param request moonrock.emulator.Request
---@return boolean
function M.is_chunked(request) return streaming[request.first["x-amz-content-sha256"] or ""] or false end

--- Undoes aws-chunked and checks the payload hash of S3 requests.
---@param request moonrock.emulator.Request
---@param identity table what `verify` gave
---@param body string|moonrock.emulator.LargeBody the latter is not chunked
---@return string|moonrock.emulator.LargeBody body the content
---@return table<string, string> trailers by lower-case name
function M.payload(request, identity, body)
  local first = request.first
  local length = tonumber(first["content-length"])
  if length and #body < length then
    refuse("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
  elseif length and #body > length then
    refuse("BadRequest", "The request body is longer than its Content-Length.")
  end
  local mode = first["x-amz-content-sha256"]
  if not M.is_chunked(request) then
    check_hash(request, body)
    return body, {}
  end
  local decoded_length = tonumber(first["x-amz-decoded-content-length"] or "")
  if not decoded_length then
    refuse("MissingContentLength", "You must provide the Content-Length HTTP header.")
  end
  local content, trailers = sigv4.unchunk(body, {
    mode = mode, verifier = identity.chunk_verifier, decoded_length = decoded_length,
    trailer = first["x-amz-trailer"],
  })
  if not content then refuse_fault(trailers, "IncompleteBody") end
  local by_name = {}
  for _, trailer in ipairs(trailers) do by_name[trailer[1]] = trailer[2] end
  return content, by_name
end

-- The region that a scope must name at this address, and what S3 says when it does not.
local function wrong_region(expected, given, headers)
  refuse("AuthorizationHeaderMalformed",
    ("The authorization header is malformed; the region '%s' is wrong; expecting '%s'"):format(given, expected),
    { fields = { Region = expected }, headers = headers })
end

--- Compares the region of the scope with the host's and the bucket's.
---@param address moonrock.emulator.Address
---@param scope table|nil nil for bearer
---@param bucket { name: string, region: string }|nil the bucket, when there is one
---@param world moonrock.emulator.World
---@return string region in which the operation runs
function M.region(address, scope, bucket, world)
  local given = scope and scope.region or address.region or world.region
  if address.service ~= "s3" then
    if address.region and given ~= address.region then
      refuse("InvalidSignatureException", "Credential should be scoped to a valid region. ")
    end
    return given
  end
  local home = bucket and { { "x-amz-bucket-region", bucket.region } } or nil
  if address.region and given ~= address.region then wrong_region(address.region, given, home) end
  if not bucket then
    if address.global and given ~= "us-east-1" then wrong_region("us-east-1", given) end
    return given
  end
  if bucket.region == given then return given end
  -- A bucket's own name on the global host leads to its region; so does an endpoint of one's own.
  if address.custom or (address.global and address.virtual) then
    wrong_region(bucket.region, given, home)
  end
  if address.global and given ~= "us-east-1" then wrong_region("us-east-1", given, home) end
  refuse("PermanentRedirect", "The bucket you are attempting to access must be addressed using the "
    .. "specified endpoint. Please send all future requests to this endpoint.",
    { fields = { Endpoint = ("%s.s3.%s.amazonaws.com"):format(bucket.name, bucket.region),
        Bucket = bucket.name }, headers = home })
end

return M
