-- SPDX-License-Identifier: MIT
---@meta moonrock.codec

---gzip and Zstandard, piece by piece.
local M = {}

---@class moonrock.codec.Decoder
local Decoder = {}

---@param kind "gz"|"zst"
---@return moonrock.codec.Decoder
function M.decoder(kind) end

---The next compressed bytes; only when read has given nil.
---@param data string
function Decoder:feed(data) end

---@return string|nil piece at most 256 KiB or so; nil: feed more, or finish
---@return moonrock.Error? err code "CompressedData" with the offset in the compressed bytes
function Decoder:read() end

---Was the input complete?
---@return true|nil
---@return moonrock.Error?
function Decoder:finish() end

function Decoder:close() end

---@class moonrock.codec.Encoder
local Encoder = {}

---@param kind "gz"|"zst"
---@param level? integer gz 1-9, zst 1-19
---@return moonrock.codec.Encoder
function M.encoder(kind, level) end

---@param data string
---@return string compressed what is ready, often nothing
function Encoder:write(data) end

---@return string compressed the rest
function Encoder:finish() end

function Encoder:close() end

return M
