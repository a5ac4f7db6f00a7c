-- SPDX-License-Identifier: MIT
---@meta moonrock.sigv4

---AWS Signature Version 4, both ways: sign and verify requests, presigned URLs, aws-chunked bodies,
---bearer tokens. It reads no clock and does no I/O: the time is an option.
local M = {}

---@class moonrock.Request
---@field method string
---@field scheme? string "https" by default
---@field host string
---@field port? integer
---@field path string encoded as it is sent
---@field query? string encoded, without "?"
---@field headers {[1]: string, [2]: string|moonrock.Secret}[] in order; names in lower case
---@field body? string
---@field payload_hash? string hex of SHA-256, "UNSIGNED-PAYLOAD" or a "STREAMING-..." value

---@class moonrock.Credentials
---@field access_key_id string
---@field secret_access_key string|moonrock.Secret
---@field session_token? string|moonrock.Secret

---@class moonrock.VerifyPolicy
---@field find fun(access_key_id: string): moonrock.Credentials|nil must not wait
---@field time number seconds since 1970
---@field region string
---@field service string
---@field max_skew? number seconds, 900 by default
---@field bearer? string|moonrock.Secret the token that is accepted

---@class moonrock.SignOptions
---@field credentials moonrock.Credentials
---@field region string
---@field service string the signing name
---@field time number seconds since 1970
---@field double_encode? boolean encode the path again; by default for all but s3
---@field normalize? boolean take "." and ".." out of the path; by default for all but s3
---@field sign_body_header? boolean add x-amz-content-sha256; by default for s3
---@field expires? integer seconds, 1 to 604800, for presign

---@class moonrock.sigv4.chunks
local Chunks = {}

---Adds the headers of a signature in place.
---@param request moonrock.Request
---@param options moonrock.SignOptions
---@return moonrock.Request
---@return string signature the seed of chunk signatures
function M.sign(request, options) end

---@param request moonrock.Request unchanged
---@param options moonrock.SignOptions with expires
---@return string url
function M.presign(request, options) end

---The stages, secrets replaced; of presign if options.expires is given.
---@param request moonrock.Request unchanged
---@param options moonrock.SignOptions
---@return {canonical_request: string, string_to_sign: string, signature: string, signed_headers: string}
function M.explain(request, options) end

---Adds "authorization: Bearer ...", as a secret.
---@param request moonrock.Request
---@param token string|moonrock.Secret
---@return moonrock.Request
function M.bearer(request, token) end

---An encoder of aws-chunked bodies.
---@param seed_signature string|nil of the request; nil for the unsigned mode
---@param options table those of sign, with mode: a "STREAMING-..." value
---@return moonrock.sigv4.chunks
function M.chunks(seed_signature, options) end

---@param length integer bytes of the content
---@param chunk_size integer of all chunks but the last
---@param options {mode: string, trailers?: table}
---@return integer bytes of the encoded body
function M.encoded_length(length, chunk_size, options) end

---Checks a request as the service would.
---@param request moonrock.Request
---@param policy moonrock.VerifyPolicy
---@return table|nil identity kind ("header", "presigned", "bearer"), access_key_id, region, chunk_verifier, ...
---@return moonrock.Error? err S3's code, service_code, status, fields with the stages
function M.verify(request, policy) end

---The content of an aws-chunked body, signatures and trailers checked.
---@param body string
---@param options {mode: string, verifier?: userdata, decoded_length?: integer, trailer?: string, min_chunk?: integer}
---@return string|nil content
---@return table|moonrock.Error trailers list of {name, value}, names in lower case
function M.unchunk(body, options) end

---@param data string not empty
---@return string encoded
function Chunks:chunk(data) end

---@param trailers? {[1]: string, [2]: string}[]
---@return string encoded
function Chunks:last(trailers) end

return M
