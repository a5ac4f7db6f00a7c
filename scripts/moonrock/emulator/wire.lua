-- SPDX-License-Identifier: MIT
-- emulator.wire: HTTP/1.1 bytes of one exchange, over a channel.
-- First message: the head; then messages of body bytes until the end.  The transfer coding is
-- already undone by whoever carries the bytes; aws-chunked is not (that is content: gate.lua).
-- The head is read strictly (RFC 9112): what a lenient reader would repair is a 400 here.

local concat, find, lower, match, sub = table.concat, string.find, string.lower, string.match, string.sub

local M = {}

M.max_head = 64 * 1024 -- bytes; the limit of the loopback server as well
local slice = 256 * 1024 -- bytes of a body in one message

---@class moonrock.emulator.Request
---@field method string
---@field target string as on the request line
---@field path string raw, percent-encoded
---@field query string raw, without "?"
---@field headers string[][] list of {name, value}, names in lower case, in the order of the wire
---@field first table<string, string> first value by name

local function hex_escapes_ok(text)
  local at = 1
  while true do
    at = find(text, "%", at, true)
    if not at then return true end
    if not find(text, "^%x%x", at + 1) then return false end
    at = at + 3
  end
end

--- Reads a request head.
---@param text string
---@return moonrock.emulator.Request|nil
---@return string|nil reason why not
function M.parse_head(text)
  if #text > M.max_head then return nil, "the request head is longer than 64 KiB" end
  local method, target, version, at = match(text, "^([!#$%%&'*+%-.^_`|~%w]+) ([^ %c]+) (HTTP/%d%.%d)\r\n()")
  if not method then return nil, "the request line is malformed" end
  if version ~= "HTTP/1.1" and version ~= "HTTP/1.0" then return nil, "HTTP version not supported" end
  if sub(target, 1, 1) ~= "/" or find(target, "#", 1, true) then
    return nil, "the request target must start with a slash"
  end
  local mark = find(target, "?", 1, true)
  local path = mark and sub(target, 1, mark - 1) or target
  local query = mark and sub(target, mark + 1) or ""
  if not hex_escapes_ok(path) or not hex_escapes_ok(query) then
    return nil, "a percent sign is not followed by two hexadecimal digits"
  end
  local headers, first = {}, {}
  while true do
    if sub(text, at, at + 1) == "\r\n" then break end
    local name, value, after = match(text, "^([!#$%%&'*+%-.^_`|~%w]+):[ \t]*([^\r\n]*)\r\n()", at)
    if not name then return nil, "a header line is malformed" end
    if find(value, "[%z\1-\8\10-\31\127]") then
      return nil, "a header value holds a control character"
    end
    value = match(value, "^(.-)[ \t]*$")
    name = lower(name)
    if first[name] and (name == "content-length" or name == "host") and first[name] ~= value then
      return nil, "two different " .. name .. " headers"
    end
    headers[#headers + 1] = { name, value }
    first[name] = first[name] or value
    at = after
  end
  if at + 1 ~= #text then return nil, "bytes after the request head" end
  if not first.host or first.host == "" then return nil, "the Host header is missing" end
  local length = first["content-length"]
  if length and not find(length, "^%d+$") then return nil, "the Content-Length header is malformed" end
  return { method = method, target = target, path = path, query = query, headers = headers, first = first }
end

--- Reads the body to its end, so that the peer is not left waiting, and keeps nothing.
---@async
---@param channel table
function M.drop_body(channel)
  repeat local message = channel:receive() until not message
end

local reasons = {
  [200] = "OK", [201] = "Created", [202] = "Accepted", [204] = "No Content",
  [206] = "Partial Content", [301] = "Moved Permanently", [304] = "Not Modified",
  [307] = "Temporary Redirect", [400] = "Bad Request", [403] = "Forbidden", [404] = "Not Found",
  [405] = "Method Not Allowed", [408] = "Request Timeout", [409] = "Conflict",
  [411] = "Length Required", [412] = "Precondition Failed", [413] = "Content Too Large",
  [416] = "Range Not Satisfiable", [424] = "Failed Dependency", [429] = "Too Many Requests",
  [500] = "Internal Server Error", [501] = "Not Implemented", [503] = "Service Unavailable",
}

local function clean(value)
  return (tostring(value):gsub("[%c]", " "))
end

---@class moonrock.emulator.Reply
---@field status integer
---@field headers string[][]
---@field body string|nil
---@field length integer|nil of a body that `read` gives, or that a HEAD leaves out
---@field stream nil|fun(send: fun(bytes: string)): string|nil body as it comes, of no known length; what it
--- gives is why the connection breaks off
---@field read fun(offset: integer, length: integer): string|nil body in slices

--- Sends a reply and ends the exchange.
---@param channel table
---@param reply moonrock.emulator.Reply
---@param bodiless boolean true for HEAD
function M.send(channel, reply, bodiless)
  local status = reply.status
  local length = reply.length or #(reply.body or "")
  local out = { ("HTTP/1.1 %d %s\r\n"):format(status, reasons[status] or "Status") }
  local has_length = false
  for _, header in ipairs(reply.headers) do
    has_length = has_length or lower(header[1]) == "content-length"
    out[#out + 1] = header[1] .. ": " .. clean(header[2]) .. "\r\n"
  end
  if not has_length and not reply.stream and status ~= 204 and status ~= 304 then
    out[#out + 1] = ("content-length: %d\r\n"):format(length)
  end
  out[#out + 1] = "\r\n"
  channel:send(concat(out))
  if reply.stream then
    local broken = reply.stream(function(bytes) channel:send(bytes) end)
    if broken then return channel:close(broken) end
    return channel:finish()
  end
  if not bodiless and status ~= 204 and status ~= 304 and length > 0 then
    local body = reply.body
    if body and length <= slice then
      channel:send(body)
    else
      for offset = 0, length - 1, slice do
        local n = math.min(slice, length - offset)
        channel:send(body and sub(body, offset + 1, offset + n) or reply.read(offset, n))
      end
    end
  end
  channel:finish()
end

return M
