-- SPDX-License-Identifier: MIT
---@meta moonrock.sigv4

---AWS Signature Version 4: sign, presign, explain and verify requests; chunked bodies; bearer tokens.
---No clock is read and nothing is sent.
local M = {}

---@class moonrock.Request
---@field method string
---@field scheme? "https"|"http"
---@field host? string not needed with a host header
---@field port? integer left out of the host header where the scheme implies it
---@field path? string raw, as in the request line; "/" by default
---@field query? string raw, without '?'
---@field headers? moonrock.Headers|any[][] pairs {name, value} in their order; a value may be a secret
---@field body? any a string is hashed; for anything else payload_hash must be given
---@field payload_hash? string hex, "UNSIGNED-PAYLOAD" or "STREAMING-..."

---@class moonrock.Credentials
---@field access_key_id string
---@field secret_access_key string|moonrock.Secret
---@field session_token? string|moonrock.Secret

---@class moonrock.sigv4.Options
---@field credentials moonrock.Credentials
---@field region string
---@field service string the signing name: "s3", "bedrock"
---@field time number seconds since 1970
---@field expires? number presigned form: 1 to 604800 seconds
---@field normalize? boolean the path's dot segments; by default everywhere but in S3
---@field double_encode? boolean the path; by default everywhere but in S3
---@field sign_body_header? boolean add x-amz-content-sha256; by default in S3
---@field omit_session_token? boolean send the token unsigned
---@field mode? string of chunks: the value of x-amz-content-sha256; signed without trailer by default

---@class moonrock.sigv4.Stages
---@field canonical_request string secrets are shown as "[secret]"
---@field string_to_sign string
---@field signature string
---@field signed_headers string
---@field scope string
---@field payload_hash string
---@field authorization? string header form
---@field url? string presigned form; a secret token is shown as "[secret]"

---@class moonrock.sigv4.Identity
---@field kind "header"|"presigned"|"bearer" for "bearer" there is nothing else
---@field access_key_id? string
---@field region? string
---@field service? string
---@field signed_headers? string
---@field time? integer seconds since 1970
---@field expires? integer presigned form, seconds
---@field payload_hash? string S3: as claimed
---@field chunk_verifier? moonrock.sigv4.Chunks when the body's chunks are signed

---@class moonrock.sigv4.Policy
---@field find fun(access_key_id: string): table? credentials, with `expires` (seconds) for a temporary key
---@field time number now, seconds since 1970
---@field region? string the scope must name it
---@field service? string the scope must name it
---@field max_skew? number seconds; 900
---@field bearer? string|moonrock.Secret the one valid token

---@class moonrock.sigv4.Unchunk
---@field mode? string value of x-amz-content-sha256
---@field verifier? moonrock.sigv4.Chunks
---@field decoded_length? integer value of x-amz-decoded-content-length
---@field trailer? string value of x-amz-trailer
---@field min_chunk? integer bytes; 8192 for signed chunks

---Signs with the Authorization header. Adds host (if it is missing), x-amz-date, x-amz-security-token,
---x-amz-content-sha256 and authorization, replacing those of an earlier signature. Every header is signed
---except those that change on the way (user-agent, expect, connection, amz-sdk-...).
---@param request moonrock.Request
---@param options moonrock.sigv4.Options
---@return moonrock.Request request
---@return string signature the seed of `chunks`
function M.sign(request, options) end

---A URL that holds its own signature; whoever has it may use it until it expires. The request is not changed.
---@param request moonrock.Request
---@param options moonrock.sigv4.Options with expires
---@return string url
function M.presign(request, options) end

---The stages of `sign`, or of `presign` when options.expires is given. The request is not changed.
---@param request moonrock.Request
---@param options moonrock.sigv4.Options
---@return moonrock.sigv4.Stages
function M.explain(request, options) end

---Sets the header authorization to "Bearer <token>", as a secret.
---@param request moonrock.Request
---@param token string|moonrock.Secret
---@return moonrock.Request request
function M.bearer(request, token) end

---Is the request signed by whom it says, and now? A refusal's error has code (S3's name), service_code and
---status (what that service answers), fault (a neutral name) and fields: access_key_id, signature_provided,
---string_to_sign, canonical_request, region (the expected one), request_time, server_time, max_skew_ms.
---find is called with the access key id and must not wait; its `expires` is when the token ends.
---@param request moonrock.Request as received
---@param options moonrock.sigv4.Policy
---@return moonrock.sigv4.Identity|nil
---@return moonrock.Error? err
function M.verify(request, options) end

---An encoder of aws-chunked bodies whose signatures chain from the request's. In the mode
---"STREAMING-UNSIGNED-PAYLOAD-TRAILER" neither a seed nor credentials are needed.
---@param seed_signature string|nil
---@param options moonrock.sigv4.Options
---@return moonrock.sigv4.Chunks
function M.chunks(seed_signature, options) end

---@class moonrock.sigv4.Chunks
local Chunks = {}

---One chunk, encoded. S3 wants at least 8192 bytes in each but the last.
---@param data string not empty
---@return string
function Chunks:chunk(data) end

---What ends the body.
---@param trailers? string[][] pairs {name, value}
---@return string
function Chunks:last(trailers) end

---Bytes of an encoded body, for Content-Length; all chunks but the last have that size.
---@param length integer of the content
---@param chunk_size integer
---@param options { mode?: string, trailers?: string[][] }
---@return integer
function M.encoded_length(length, chunk_size, options) end

---Decodes an aws-chunked body and verifies its signatures. decoded_length is the value of
---x-amz-decoded-content-length, trailer that of x-amz-trailer; min_chunk is the least size of a signed chunk
---that is not the last (8192, as S3 has it).
---@param body string
---@param options moonrock.sigv4.Unchunk
---@return string|nil content
---@return string[][]|moonrock.Error trailers names in lower case; or the error
function M.unchunk(body, options) end

return M
