-- SPDX-License-Identifier: MIT
---@meta moonrock.part

---Ranges of files as they go over the wire: received without becoming Lua strings, hashed before they
---are sent.
local M = {}

---A range of a sink's file that takes the body of replies, in the order in which they come: give it to
---moonrock.http.request as `into`. While something writes to it, all but taken() raises.
---@class moonrock.part.Part
local Part = {}

---@param sink moonrock.fs.Sink
---@param offset integer where it begins, in bytes
---@param length integer no more is taken
---@param algorithm? moonrock.Digest
---@return moonrock.part.Part
function M.into(sink, offset, length, algorithm) end

---Digests of a range of a file, in one pass, on another thread.
---@async
---@param path string
---@param offset integer
---@param length integer bytes; a file that ends before is an error of code "FileChanged"
---@param ... moonrock.Digest one to four
---@return string|nil ... raw digests, in the order of the names
---@return moonrock.Error?
function M.digest(path, offset, length, ...) end

---Digests of a text, in one pass, on another thread.
---@async
---@param text string
---@param ... moonrock.Digest one to four
---@return string ... raw digests, in the order of the names
function M.digest_of(text, ...) end

---Adds bytes that came another way.
---@async
---@param data string
---@return boolean|nil
---@return moonrock.Error?
function Part:write(data) end

---@return integer bytes so far
function Part:taken() end

---@return boolean|nil
---@return moonrock.Error? err why a write failed, with the path
function Part:check() end

---The raw digest of all bytes taken; the digest starts over.
---@return string
function Part:digest() end

---Lets go of the sink; later calls raise.
function Part:close() end

return M
