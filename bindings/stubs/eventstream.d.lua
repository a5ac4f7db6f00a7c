-- SPDX-License-Identifier: MIT
---@meta moonrock.eventstream

---Frames of application/vnd.amazon.eventstream: at most 128 KiB of headers and 24 MiB of payload each.
local M = {}

---@class moonrock.eventstream.Message
---@field headers table<string, string|integer|boolean> timestamps in milliseconds since 1970
---@field payload string
---@field types table<string, string>|nil of headers that are no strings: "true", "false", "byte", "short",
---"integer", "long", "bytes", "timestamp", "uuid"

---@class moonrock.eventstream.Decoder
local Decoder = {}

---A reader of one stream; it takes the bytes in any pieces.
---@return moonrock.eventstream.Decoder
function M.decoder() end

---A frame. Headers go out in the order of a list {{name, value [, type]}, ...}, or by name sorted.
---Integers become "integer" where they fit 32 bits, else "long", unless `types` says otherwise.
---@param message { headers: table|nil, payload: string|nil, types: table<string, string>|nil }
---@return string bytes
function M.encode(message) end

---The messages that these bytes complete. After a fault nothing more comes.
---@param bytes string
---@return moonrock.eventstream.Message[] messages also those that were whole before a fault
---@return moonrock.Error? err code "EventStreamCorrupt": check ("length", "limit", "prelude_crc",
---"message_crc", "header", "duplicate") and offset, the place in the stream in bytes
function Decoder:feed(bytes) end

---Call it at the end of the stream.
---@return true|nil
---@return moonrock.Error? err code "IncompleteStream" (check "end"), or that of the earlier fault
function Decoder:finish() end

return M
