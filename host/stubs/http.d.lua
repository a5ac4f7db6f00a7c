-- SPDX-License-Identifier: MIT
---@meta moonrock.http

---HTTP as it is: one request, one reply; no redirects, no decoding, no retries.
local M = {}

---@class moonrock.http.Exchange
local Exchange = {}

---Sends a request and waits for the head of the reply. One with a body goes out once at most: if a
---kept connection ends before a reply, that is "BrokenConnection", and the caller decides.
---Fields: method, url (absolute, encoded; or scheme, host, port, path and query),
---headers (of moonrock.headers, or a list of {name, value}; a value may be a secret), body (string, secret, or
---{path=, offset=, length=}), connect_timeout, idle_timeout, total_timeout (seconds of real time), ca_file,
---proxy, http2, insecure, sealed (the body is given whole, as a secret of at most 1 MiB), into (a part of
---moonrock.part takes the body of a reply of status 2xx; receive then gives "" now and then, for progress).
---@async
---@param request table
---@param defaults? table timeouts, ca_file, proxy, http2 and insecure where the request has none
---@return moonrock.http.Exchange|nil
---@return integer|moonrock.Error status or why not: code "ResolveError", "ConnectError", "TLSError",
---  "TimeoutError", "ProtocolError", "BrokenConnection", "RequestBodyError", "OutputError", "NoNetwork",
---  "ConnectionError", "OutOfMemory"
function M.request(request, defaults) end

---@return string|nil version of libcurl
---@return moonrock.Error? err code "NoNetwork"
function M.curl_version() end

---How many requests have ended, how many connections they opened (the others reused one), and
---how many were answered by HTTP/2.
---@return {requests: integer, connections: integer, http2: integer}
function M.counts() end

---The headers of the reply, also after its end.
---@return moonrock.Headers names in lower case
function Exchange:headers() end

---The next piece of the body; nil at its end; nil and an error if it broke off.
---@async
---@return string|nil
---@return moonrock.Error?
function Exchange:receive() end

---What is left of the body, in one piece; nil when that is more than so many bytes (the connection is
---dropped then); nil and an error if it broke off. Not for a sealed body.
---@async
---@param limit integer
---@return string|nil
---@return moonrock.Error?
function Exchange:rest(limit) end

---Drops the connection unless the reply has ended.
function Exchange:close() end

return M
