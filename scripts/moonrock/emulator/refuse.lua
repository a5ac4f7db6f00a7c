-- SPDX-License-Identifier: MIT
-- emulator.refuse: how an operation says no.
-- `refuse(code, message, extra)` raises a plain table that http.lua turns into the error document
-- of the protocol.  Status by code: Amazon S3 API reference, "List of error codes", and the
-- service models of bedrock and bedrock-runtime (2026-08-31).

local M = {}

local status_of = {
  -- S3
  AccessDenied = 403, AuthorizationHeaderMalformed = 400, AuthorizationQueryParametersError = 400,
  BadDigest = 400, BucketAlreadyExists = 409, BucketAlreadyOwnedByYou = 409, BucketNotEmpty = 409,
  ConditionalRequestConflict = 409, EntityTooLarge = 400, EntityTooSmall = 400, ExpiredToken = 400,
  IllegalLocationConstraintException = 400, IllegalVersioningConfigurationException = 400, IncompleteBody = 400,
    InternalError = 500,
  InvalidAccessKeyId = 403, InvalidArgument = 400, InvalidBucketName = 400, InvalidDigest = 400,
  InvalidLocationConstraint = 400, InvalidPart = 400, InvalidPartOrder = 400, InvalidRange = 416,
  InvalidRequest = 400, InvalidStorageClass = 400, InvalidTag = 400, InvalidToken = 400, InvalidURI = 400,
  KeyTooLongError = 400,
  MalformedTrailerError = 400, MalformedXML = 400, MetadataTooLarge = 400, MethodNotAllowed = 405,
  MissingContentLength = 411, NoSuchBucket = 404, NoSuchKey = 404, NoSuchUpload = 404,
  NoSuchVersion = 404, NotImplemented = 501, NotModified = 304, PermanentRedirect = 301,
  PreconditionFailed = 412, RequestTimeTooSkewed = 403, SignatureDoesNotMatch = 403,
  XAmzContentSHA256Mismatch = 400, BadRequest = 400,
  -- bedrock, bedrock-runtime
  AccessDeniedException = 403, ConflictException = 400, ExpiredTokenException = 403,
  IncompleteSignatureException = 403, InternalServerException = 500,
  InvalidSignatureException = 403, MissingAuthenticationTokenException = 403,
  ModelErrorException = 424, ModelNotReadyException = 429, ModelTimeoutException = 408,
  ResourceInUseException = 400, ResourceNotFoundException = 404,
  SerializationException = 400, ServiceQuotaExceededException = 400, ServiceUnavailableException = 503,
  ThrottlingException = 429, TooManyTagsException = 400, UnknownOperationException = 404,
  UnrecognizedClientException = 403, ValidationException = 400,
}

---@class moonrock.emulator.Refusal
---@field code string
---@field message string
---@field status integer
---@field fields table|nil further members of the error document
---@field headers table|nil further headers, a list of {name, value}
local Refusal = {}
Refusal.__index = Refusal
Refusal.__name = "moonrock.emulator.refusal"
function Refusal:__tostring() return self.code .. ": " .. self.message end

--- Raises a refusal.
---@param code string
---@param message string
---@param extra { status: integer|nil, fields: table|nil, headers: table|nil }|nil
function M.refuse(code, message, extra)
  extra = extra or {}
  error(setmetatable({
    code = code, message = message, status = extra.status or status_of[code] or 400,
    fields = extra.fields, headers = extra.headers,
  }, Refusal), 0)
end

--- Whether a caught value is a refusal.
function M.is(value) return getmetatable(value) == Refusal end

--- The emulator's own addition to a documented text, marked as such.
---@param text string
---@param note string|nil
function M.note(text, note)
  return note and text .. " [moonrock rehearsal: " .. note .. "]" or text
end

M.status_of = status_of

return M
