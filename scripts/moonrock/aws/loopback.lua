-- SPDX-License-Identifier: MIT
-- loopback.lua -- the transport to a service in the same process, over an isolate.
-- Only bytes cross: one message is the HTTP/1.1 head, the next ones are the body, and the
-- same the other way.  Header values that are secrets are opened by the channel, in C.

local errors = require "moonrock.error"
local headers = require "moonrock.headers"
local secret = require "moonrock.secret"
local body = require "moonrock.aws.body"

local M = {}

local piece_size = 1024 * 1024

local function broken(message, cause)
  errors.raise { code = "ConnectionError", message = message, retryable = true, cause = cause }
end

-- Secrets must stay values of their own, so the head is a list of parts.
local function head_parts(request)
  local target = request.path
  if request.query and request.query ~= "" then
    target = target .. "?" .. request.query
  end
  local parts = { string.format("%s %s HTTP/1.1\r\n", request.method, target) }
  if not headers.get(request.headers, "host") then
    parts[#parts + 1] = string.format("host: %s%s\r\n", request.host, request.port and ":" .. request.port or "")
  end
  for _, header in ipairs(request.headers) do
    parts[#parts + 1] = header[1] .. ": "
    parts[#parts + 1] = header[2]
    parts[#parts + 1] = "\r\n"
  end
  if request.body and not secret.is(request.body) and not headers.get(request.headers, "content-length") then
    parts[#parts + 1] = string.format("content-length: %d\r\n", #request.body)
  end
  parts[#parts + 1] = "\r\n"
  return parts
end

-- A peer that has answered already may stop reading; its answer counts then.
local function send_body(channel, data)
  if type(data) == "table" then
    for piece in data:pieces() do
      if not pcall(channel.send, channel, piece) then
        return
      end
    end
    pcall(channel.finish, channel)
    return
  end
  if secret.is(data) then
    if not pcall(channel.send, channel, data) then
      return
    end
    data = ""
  end
  for from = 1, #data, piece_size do
    local piece = #data <= piece_size and data or data:sub(from, from + piece_size - 1)
    local ok = pcall(channel.send, channel, piece)
    if not ok then
      return
    end
  end
  pcall(channel.finish, channel)
end

local function parse_head(text)
  local first, rest = text:match("^([^\r\n]*)\r?\n(.*)$")
  local status = first and first:match("^HTTP/1%.%d (%d%d%d)")
  if not status then
    broken("the peer answered something that is no HTTP")
  end
  local list = {}
  for line in rest:gmatch("([^\r\n]+)\r?\n") do
    local name, value = line:match("^([^:%s]+):[ \t]*(.-)[ \t]*$")
    if not name then
      broken("the peer sent a malformed header line")
    end
    list[#list + 1] = { name:lower(), value }
  end
  return math.tointeger(tonumber(status)), headers.of(list)
end

local Loopback = {}
Loopback.__index = Loopback

-- Closes the channel when the request is left without a reply, by an error or a cancel; the
-- reason keeps the peer from taking a body that broke off for a whole one.
local open_mt = {
  __close = function(open, err)
    if err ~= nil then
      open.channel:close("the caller went away")
    end
  end,
}

---@param request table as moonrock.sigv4 knows it
---@return {status: integer, headers: table, body: table}
function Loopback:request(request)
  local channel = self.isolate:connect()
  local open <close> = setmetatable({ channel = channel }, open_mt)
  local ok, err = pcall(channel.send, channel, table.unpack(head_parts(request)))
  if not ok then
    broken("the connection was closed before the request was sent", err)
  end
  send_body(open.channel, request.body or "")
  local head
  ok, head = pcall(channel.receive, channel)
  if not ok or head == nil then
    broken("the connection was closed without an answer", not ok and head or nil)
  end
  local status, received = parse_head(head)
  return {
    status = status,
    headers = received,
    body = body.reader {
      next = function()
        local got, data = pcall(channel.receive, channel)
        if not got then
          broken("the connection broke in the middle of the answer", data)
        end
        return data
      end,
      close = function()
        channel:close()
      end,
    },
  }
end

---@param isolate table of moonrock.isolate
function M.new(isolate)
  return setmetatable({ isolate = isolate }, Loopback)
end

return M
