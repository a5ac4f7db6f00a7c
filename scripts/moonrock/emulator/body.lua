-- SPDX-License-Identifier: MIT
-- emulator.body: the content of a request, a string or, when it is large, a blob of the store.
-- Where there is a state folder a large body goes to its file as it comes: what is uploaded at the same
-- time may be more than the memory.  Its digests are read from there, on another thread.

local crypto = require "moonrock.crypto"
local part = require "moonrock.part"
local wire = require "moonrock.emulator.wire"

local M = {}

local most_in_memory = 8 << 20 -- bytes

---@class moonrock.emulator.LargeBody `#body` is its length in bytes
---@field blob moonrock.emulator.Blob
---@field store moonrock.emulator.Store
---@field taken boolean|nil an object has it now
local Large = {}
Large.__index = Large
function Large:__len() return self.blob.size end

--- Reads the body to its end.
---@async
---@param channel table
---@param limit integer bytes
---@param store moonrock.emulator.Store
---@param keep nil|fun(source: fun(): string|nil): moonrock.emulator.Blob stores a large body
---@return string|moonrock.emulator.LargeBody|nil body nil when it is longer than the limit
function M.receive(channel, limit, store, keep)
  local pieces, size = {}, 0
  local function receive()
    local message = channel:receive()
    size = size + #(message or "")
    return size <= limit and message or nil
  end
  while not keep or size <= most_in_memory do
    local message = receive()
    if not message and size <= limit then return table.concat(pieces) end
    if not message then return wire.drop_body(channel) end
    pieces[#pieces + 1] = message
  end
  local at = 0
  local blob = keep(function()
    at = at + 1
    local piece = pieces[at] or receive()
    pieces[at] = nil
    return piece
  end)
  if size <= limit then return setmetatable({ blob = blob, store = store }, Large) end
  store:drop(blob)
  return wire.drop_body(channel)
end

--- A digest of the content.
---@async
---@param body string|moonrock.emulator.LargeBody
---@param algorithm string as for moonrock.crypto
---@param encoding "hex"|"base64"
---@return string
function M.digest(body, algorithm, encoding)
  if type(body) == "string" then return crypto.hash(algorithm, body, encoding) end
  local raw, err = part.digest(body.store:path(body.blob), 0, #body, algorithm)
  if not raw then error(err, 0) end
  return encoding == "hex" and crypto.hex_encode(raw) or crypto.base64_encode(raw)
end

--- Gives a large body up that no object has taken.
---@param body string|moonrock.emulator.LargeBody|nil
function M.leave(body)
  if type(body) == "table" and not body.taken then body.store:drop(body.blob) end
end

return M
