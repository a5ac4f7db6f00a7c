-- SPDX-License-Identifier: MIT
---@meta moonrock.crypto

---Digests, HMAC, base64 and hex. The CRCs are digests too: their value is the big-endian bytes, which
---in base64 is what the checksum headers of S3 carry.
local M = {}

---@class moonrock.crypto.Hasher
local Hasher = {}

---@alias moonrock.Digest "md5"|"sha1"|"sha256"|"sha512"|"crc32"|"crc32c"|"crc64nvme"
---@alias moonrock.Encoding "hex"|"base64"|"raw"

---Data of 256 KiB and more is hashed on another thread; other tasks run meanwhile.
---@async
---@param algorithm moonrock.Digest
---@param data string
---@param encoding? moonrock.Encoding by default "hex"
---@return string
function M.hash(algorithm, data, encoding) end

---A digest of data that comes in pieces.
---@param algorithm moonrock.Digest
---@return moonrock.crypto.Hasher
function M.hasher(algorithm) end

---@param ... string
---@return moonrock.crypto.Hasher self
function Hasher:update(...) end

---The digest of what was given so far; the hasher starts over.
---@param encoding? moonrock.Encoding by default "hex"
---@return string
function Hasher:digest(encoding) end

---Gives its memory back; later calls raise.
function Hasher:close() end

---RFC 2104.
---@param algorithm "md5"|"sha1"|"sha256"|"sha512"
---@param key string|moonrock.Secret
---@param data string
---@param encoding? moonrock.Encoding by default "hex"
---@return string
function M.hmac(algorithm, key, data, encoding) end

---As moonrock.random.uuid.
---@return string a version 4 UUID in lower case
function M.uuid() end

---RFC 4648, padded, one line.
---@param data string
---@return string
function M.base64_encode(data) end

---Takes only what base64_encode could have written.
---@param text string
---@return string|nil
---@return moonrock.Error? err code "Base64Syntax"
function M.base64_decode(text) end

---Lower case.
---@param data string
---@return string
function M.hex_encode(data) end

---Either case.
---@param text string
---@return string|nil
---@return moonrock.Error? err code "HexSyntax"
function M.hex_decode(text) end

---Compares without telling by its time where the difference lies; lengths are not hidden.
---@param a string|moonrock.Secret
---@param b string|moonrock.Secret
---@return boolean
function M.equal(a, b) end

return M
