-- SPDX-License-Identifier: MIT
-- emulated: an emulator to send raw, really signed requests to.
-- No client stands between: each test decides every byte, and may spoil one after signing.  The
-- clock is virtual; one emulator a test, so that nothing is shared but the clock.

local crypto = require "moonrock.crypto"
local isolate = require "moonrock.isolate"
local json = require "moonrock.json"
local sigv4 = require "moonrock.sigv4"
local time = require "moonrock.time"
local xml = require "moonrock.xml"

local M = {}

M.key_id, M.secret = "AKIDEMULATEDTEST", "a secret of the tests only"
M.account = "123456789012"

local Emulated = {}
Emulated.__index = Emulated

local started = false

--- An emulator; `config` adds to or replaces what is configured by default.
function M.new(config)
  if not started then
    time.make_virtual { epoch = 1767225600, seed = 1 }
    started = true
  end
  local all = { seed = 7, account = M.account, access_key_id = M.key_id, secret_access_key = M.secret,
    region = "us-west-2" }
  for name, value in pairs(config or {}) do all[name] = value end
  return setmetatable({ isolate = isolate.new("moonrock.emulator", all), region = all.region,
    token = all.session_token }, Emulated)
end

function Emulated:close() self.isolate:close() end

--- Sends a head and a body as they are; gives status, headers (a map), body, the raw head.
function Emulated:bytes(head, body)
  local channel <close> = setmetatable({ channel = self.isolate:connect() }, {
    __close = function(open) open.channel:close() end,
  })
  channel.channel:send(head)
  for at = 1, #(body or ""), 1 << 20 do channel.channel:send(body:sub(at, at + (1 << 20) - 1)) end
  channel.channel:finish()
  local answer = channel.channel:receive()
  local pieces = {}
  while true do
    local piece = channel.channel:receive()
    if not piece then break end
    pieces[#pieces + 1] = piece
  end
  local headers = {}
  for name, value in answer:gmatch "\r\n([^:\r\n]+): ([^\r\n]*)" do headers[name:lower()] = value end
  return math.tointeger(tonumber(answer:match "^HTTP/1%.1 (%d+)")), headers, table.concat(pieces), answer
end

--- Sends a request: method, host, path (raw), query (raw), headers (list), body.  `sign` false
--- sends it unsigned; `options` replaces what signing takes; `spoil(request)` changes it after.
function Emulated:send(request)
  local service = request.service or "s3"
  local copy = { method = request.method, scheme = "https", path = request.path or "/", query = request.query or "",
    body = request.body or "", payload_hash = request.payload_hash, headers = {},
    host = request.host or service .. "." .. (request.region or self.region) .. ".amazonaws.com" }
  copy.headers[1] = { "host", copy.host }
  for _, header in ipairs(request.headers or {}) do copy.headers[#copy.headers + 1] = header end
  if request.chunked then
    copy.body = "" -- its length would be signed, and is not known yet
  elseif copy.body ~= "" or request.method == "PUT" or request.method == "POST" then
    copy.headers[#copy.headers + 1] = { "content-length", tostring(#copy.body) }
  end
  local options = { credentials = { access_key_id = M.key_id, secret_access_key = M.secret,
      session_token = self.token }, region = request.region or self.region,
    service = service == "s3" and "s3" or "bedrock", time = time.now() // 1 | 0 }
  for name, value in pairs(request.options or {}) do options[name] = value end
  if request.sign ~= false then
    local _, signature = sigv4.sign(copy, options)
    if request.chunked then copy.body = request.chunked(signature, options) end
  end
  if request.spoil then request.spoil(copy) end
  local head = { ("%s %s%s HTTP/1.1\r\n"):format(copy.method, copy.path, copy.query ~= "" and "?" .. copy.query or "") }
  for _, header in ipairs(copy.headers) do head[#head + 1] = header[1] .. ": " .. header[2] .. "\r\n" end
  head[#head + 1] = "\r\n"
  return self:bytes(table.concat(head), copy.body)
end

--- Short forms: S3 by method and path ("/bucket/key?query"), path style.
function Emulated:s3(method, target, body, headers, more)
  local path, query = target:match "^([^?]*)%??(.*)$"
  local request = { method = method, path = path, query = query, body = body, headers = headers }
  for name, value in pairs(more or {}) do request[name] = value end
  return self:send(request)
end

--- The code of an S3 error document, with its fields.
function M.error_of(body)
  local node = xml.parse(body)
  local fields = {}
  for _, child in ipairs(node or {}) do fields[child.name] = child.text end
  return fields.Code, fields
end

--- Bedrock: JSON in, JSON out.  Gives status, decoded body, headers.
function Emulated:json(service, method, path, value, more)
  local target, query = path:match "^([^?]*)%??(.*)$"
  local request = { service = service, method = method, path = target, query = query,
    body = value and (type(value) == "string" and value or json.encode(value)) or "",
    headers = value and { { "content-type", "application/json" } } or nil }
  for name, member in pairs(more or {}) do request[name] = member end
  local status, headers, body = self:send(request)
  return status, body ~= "" and json.decode(body) or {}, headers
end

--- The code of a JSON error.
function M.code_of(headers) return (headers["x-amzn-errortype"] or ""):match "^[^:]*" end

--- Header list with the checksum of a body.
function M.md5(body) return { { "content-md5", crypto.hash("md5", body, "base64") } } end

return M
