-- SPDX-License-Identifier: MIT
---@meta moonrock.http_server

---An HTTP/1.1 server: each request is a call, and a call looks like a channel.
local M = {}

---@class moonrock.http_server.Server
local Server = {}

---@class moonrock.http_server.Call
local Call = {}

---Listens on a numeric address; port 0 is any free one.
---@param where {host?: string, port?: integer}
---@return moonrock.http_server.Server|nil
---@return moonrock.Error? why not
function M.listen(where) end

---The next request, once its head is there.
---@async
---@return moonrock.http_server.Call|nil nil: a client began with HTTP/2, say, and was refused
function Server:accept() end

---@return integer
function Server:port() end

---Every open call ends; the port is free again.
function Server:close() end

---First the head ("PUT /a HTTP/1.1\r\nname: value\r\n...\r\n"), then the body's pieces, then nil.
---Raises "ChannelClosed" when the client goes away.
---@async
---@return string|nil
function Call:receive() end

---First the reply's head, as text, then pieces of its body. A head that is sent before the body was
---asked for refuses the body.
---@async
---@param part string
function Call:send(part, ...) end

---The reply is whole.
function Call:finish() end

---Ends the call; one that is not finished is cut off, so that nobody takes it for whole.
function Call:close() end

return M
