-- SPDX-License-Identifier: MIT
-- cassette/replay.lua -- answers requests from a cassette, in place of the network.
-- A request gets the first answer not given yet that was recorded for the same content (method,
-- host, path, query, headers that matter, body without tokens), or, strictly, only the next one in
-- the order of the recording.  Under the virtual clock answers come when they came then.

local body = require "moonrock.aws.body"
local described = require "moonrock.cassette.request"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local tables = require "moonrock.tables"
local task = require "moonrock.task"
local time = require "moonrock.time"

local M = {}

local OPTIONS = { strict = "boolean" }
local FOREVER = 30 * 24 * 3600 -- what the recorded run did not wait for is not answered here either

-- ---- reading the file ------------------------------------------------------------------

local function refuse(path, line, format, ...)
  errors.raise { code = "BadCassette", retryable = false,
    message = ("cassette %s, line %d: %s"):format(path, line, format:format(...)),
    hint = "record it again with --record" }
end

local is = {
  text = function(v) return type(v) == "string" end,
  integer = function(v) return math.type(v) == "integer" end,
  number = function(v) return math.type(v) ~= nil end,
  table = function(v) return type(v) == "table" end,
}

local function check(path, line, where, value, members)
  if type(value) ~= "table" then
    refuse(path, line, "%s is no object", where)
  end
  for _, name in ipairs(tables.keys(members)) do
    if not is[members[name]](value[name]) then
      refuse(path, line, "%s has no %s that is %s %s", where, name, members[name] == "integer" and "an" or "a",
        members[name])
    end
  end
end

local function check_headers(path, line, where, headers)
  for i, header in ipairs(headers) do
    if type(header) ~= "table" or type(header[1]) ~= "string" or type(header[2]) ~= "string" then
      refuse(path, line, "%s.headers[%d] is no pair of texts", where, i)
    end
  end
end

local function check_bytes(path, line, where, value, name)
  local ok, data = pcall(described.bytes, value, name)
  if not ok or data ~= nil and type(data) ~= "string" then
    refuse(path, line, "%s.%s cannot be read: it is no text and no base64", where, name)
  end
end

local function check_exchange(path, line, value)
  check(path, line, "the exchange", value, { number = "integer", at = "number", request = "table" })
  if value.took ~= nil and not is.number(value.took) then
    refuse(path, line, "took is no number of seconds")
  end
  check(path, line, "request", value.request, { method = "text", host = "text", path = "text", headers = "table" })
  check_headers(path, line, "request", value.request.headers)
  check_bytes(path, line, "request", value.request, "body")
  if value.reply then
    check(path, line, "reply", value.reply, { status = "integer", headers = "table" })
    check_headers(path, line, "reply", value.reply.headers)
    check_bytes(path, line, "reply", value.reply, "body")
    if value.reply.cut ~= nil then
      check(path, line, "reply.cut", value.reply.cut, { code = "text", message = "text" })
    end
    check(path, line, "reply.pieces", value.reply.pieces or {}, {})
    for i, piece in ipairs(value.reply.pieces or {}) do
      check(path, line, ("reply.pieces[%d]"):format(i), piece, {})
      check_bytes(path, line, ("reply.pieces[%d]"):format(i), piece, "data")
    end
  else
    check(path, line, "the exchange", value, { failure = "table" })
    check(path, line, "failure", value.failure, { code = "text", message = "text" })
  end
end

local function take_line(self, path, number, value)
  if number == 1 then
    if value.kind ~= "cassette" then
      refuse(path, 1, "this is no cassette")
    elseif value.version ~= described.version then
      refuse(path, 1, "it is of version %s, this program reads version %d", tostring(value.version), described.version)
    end
    check(path, 1, "the head", value, { started = "number", seed = "integer", settings = "table" })
    self.head = value
  elseif self.ended then
    refuse(path, number, "something follows the end")
  elseif value.kind == "end" then
    if value.exchanges ~= #self.exchanges then
      refuse(path, number, "the recording had %s exchanges, here are %d", tostring(value.exchanges), #self.exchanges)
    end
    self.ended = true
  elseif value.kind == "exchange" then
    check_exchange(path, number, value)
    value.line = number
    self.exchanges[#self.exchanges + 1] = value
  else
    refuse(path, number, "unknown kind %s", tostring(value.kind))
  end
end

local function read(self, path)
  local file, message = io.open(path, "rb") -- in place: the clock cannot be made virtual behind a wait
  if not file then
    errors.raise { code = "CannotRead", message = ("the cassette %s cannot be read: %s"):format(path, message),
      retryable = false }
  end
  local text = file:read "a" or ""
  file:close()
  local number = 0
  for line, stop in text:gmatch "([^\n]*)(\n?)" do
    if line == "" and stop == "" then
      break
    end
    number = number + 1
    local value, err = json.decode(line)
    if stop == "" then
      refuse(path, number, "it breaks off here")
    elseif type(value) ~= "table" then
      refuse(path, number, "no JSON object%s", err and (" (%s)"):format(err.message) or "")
    end
    take_line(self, path, number, value)
  end
  if not self.ended then
    refuse(path, number, "it ends without the line of its end: the recording was broken off")
  end
  table.sort(self.exchanges, function(a, b) return a.number < b.number end)
end

-- ---- finding the answer ----------------------------------------------------------------

local function key_of(request)
  return json.encode(request)
end

local function excerpt(text, at)
  local from = math.max(1, at - 12)
  return ("%q"):format(text:sub(from, at + 28))
end

local function body_difference(recorded, asked)
  local a, b = recorded.body, asked.body
  if type(a) ~= "string" or type(b) ~= "string" then
    local function size(request)
      return request.body_length and request.body_length .. " bytes" or (request.body or request.body_base64)
        and "a short body" or "no body"
    end
    return ("body: %s there, %s here, of other content"):format(size(recorded), size(asked))
  end
  local at = 1
  while a:byte(at) == b:byte(at) do at = at + 1 end
  return ("body, from byte %d: %s there, %s here"):format(at, excerpt(a, at), excerpt(b, at))
end

local function header_differences(recorded, asked, out)
  local function map(headers)
    local values = {}
    for _, header in ipairs(headers) do values[header[1]] = header[2] end
    return values
  end
  local there, here = map(recorded.headers), map(asked.headers)
  for _, name in ipairs(tables.keys(tables.copy(there, here))) do
    if there[name] ~= here[name] then
      out[#out + 1] = ("header %s: %s there, %s here"):format(name, there[name] or "none", here[name] or "none")
    end
  end
end

-- What differs, in words, and how much that weighs.
local function differences(recorded, asked)
  local out, weight = {}, 0
  for _, part in ipairs { { "method", 8 }, { "path", 6 }, { "host", 4 }, { "port", 3 }, { "scheme", 2 },
    { "query", 3 } } do
    local name = part[1]
    if recorded[name] ~= asked[name] then
      out[#out + 1] = ("%s: %s there, %s here"):format(name, tostring(recorded[name] or "none"),
        tostring(asked[name] or "none"))
      weight = weight + part[2]
    end
  end
  local before = #out
  header_differences(recorded, asked, out)
  weight = weight + (#out > before and 1 or 0)
  for _, name in ipairs { "body", "body_base64", "body_sha256" } do
    if recorded[name] ~= asked[name] then
      out[#out + 1] = body_difference(recorded, asked)
      return out, weight + 2
    end
  end
  return out, weight
end

local function url_of(request)
  return ("%s %s://%s%s%s%s"):format(request.method, request.scheme or "https", request.host,
    request.port and ":" .. request.port or "", request.path, request.query and "?" .. request.query or "")
end

local function not_found(self, asked, nearest)
  local least
  for _, exchange in ipairs(nearest and { nearest } or self.exchanges) do
    local found, weight = differences(exchange.request, asked)
    if not least or weight < least.weight then least = { exchange = exchange, found = found, weight = weight } end
  end
  local text = "the cassette is empty"
  if least and #least.found == 0 then
    text = "all its recorded answers have been given already"
  elseif least then
    text = ("%s is line %d, %s, which differs in %s"):format(nearest and "the next in it" or "the nearest",
      least.exchange.line, url_of(least.exchange.request), table.concat(least.found, "; "))
  end
  errors.raise { code = "NotInCassette", retryable = false,
    message = ("%s is not in the cassette %s: %s"):format(url_of(asked), self.path, text),
    hint = "the script asks for something else than when it was recorded; record it again with --record" }
end

local Replay = {}
Replay.__index = Replay

-- The exchange that answers; it is used up.
local function find(self, asked)
  local found
  local key = key_of(asked)
  if self.strict then
    local exchange = self.exchanges[self.next]
    -- Sessions of directory buckets are made below the cassette when it replays.
    while exchange and exchange.reply and exchange.reply.sealed and key_of(exchange.request) ~= key do
      self.next = self.next + 1
      exchange = self.exchanges[self.next]
    end
    if not exchange or key_of(exchange.request) ~= key then
      not_found(self, asked, exchange)
    end
    found, self.next = exchange, self.next + 1
  else
    local list = self.by_key[key]
    if list then
      found, list.given = list[list.given + 1], list.given + 1
    end
  end
  if not found then
    not_found(self, asked)
  end
  self.used = self.used + 1
  return found
end

-- ---- answering -------------------------------------------------------------------------

local function wait_until(self, at)
  local rest = self.began + at - time.now()
  if time.is_virtual() and rest > 0 then
    task.sleep(rest)
  end
end

local function reader_of(self, exchange)
  local reply, pieces, index = exchange.reply, {}, 0
  local whole = described.bytes(reply, "body")
  pieces[1] = whole ~= "" and whole or nil
  for i, piece in ipairs(reply.pieces or {}) do pieces[i] = described.bytes(piece, "data") end
  return body.reader {
    next = function()
      index = index + 1
      if pieces[index] then
        return pieces[index]
      elseif reply.cut then
        errors.raise(tables.copy(reply.cut))
      elseif not reply.whole then
        errors.raise { code = "NotInCassette", retryable = false,
          message = ("the run that was recorded read no further in the answer of line %d of %s"):format(exchange.line,
            self.path), hint = "record it again with --record" }
      end
    end,
  }
end

-- The headers, with the length that a body has: who wrote another answer into the file need not count its bytes.
local function headers_of(reply)
  local length = not reply.cut and reply.whole and reply.body and #reply.body or 0
  if length == 0 then
    return reply.headers
  end
  local headers = {}
  for i, header in ipairs(reply.headers) do
    headers[i] = header[1] == "content-length" and { header[1], ("%d"):format(length) } or header
  end
  return headers
end

local Transport = { unsigned = true }
Transport.__index = Transport

function Transport:observe(request, service)
  request.recorded = described.describe(request, service)
end

function Transport:request(request)
  local self_ = self.replay
  if not request.recorded then
    errors.raise { code = "NotInCassette", retryable = false,
      message = ("%s is asked for credentials, which no cassette holds"):format(request.host) }
  end
  local exchange = find(self_, request.recorded)
  wait_until(self_, exchange.at + (exchange.took or 0))
  if exchange.failure then
    if exchange.failure.code == "Cancelled" then
      task.sleep(FOREVER)
    end
    errors.raise(tables.copy(exchange.failure))
  end
  local reply = exchange.reply
  if reply.sealed then
    return { status = reply.status, headers = reply.headers, sealed = true, body = { close = function() end,
      read = function()
        errors.raise { code = "SecretNotRecorded", retryable = false,
          message = ("the answer of line %d of %s was a secret, which is not kept"):format(exchange.line, self_.path),
          hint = "credentials are not needed in a replay; what asks for them cannot be replayed" }
      end } }
  end
  return { status = reply.status, headers = headers_of(reply), body = reader_of(self_, exchange) }
end

---A transport that answers in place of another.
function Replay:wrap()
  return setmetatable({ replay = self }, Transport)
end

---How many answers nobody asked for.
function Replay:unused()
  return #self.exchanges - self.used
end

---Options of a session that replays: the settings of the recording, and no files, variables or
---credentials of this machine.
---@return table
function Replay:settings()
  local kept = self.head.settings
  local endpoints = type(kept.endpoints) == "table" and kept.endpoints or {}
  local options = { cassette = self, environment = function(name)
    local service = name:match "^AWS_ENDPOINT_URL_(.+)$"
    return service and endpoints[service:lower():gsub("_", "-")] or nil
  end, credentials = { access_key_id = "REPLAY", secret_access_key = "a replay signs nothing" } }
  for _, name in ipairs(described.SETTINGS) do options[name] = kept[name] end
  return options
end

---Makes the clock virtual, from where the recording began, and draws as it drew.
function Replay:start()
  time.make_virtual { epoch = self.head.started, seed = self.head.seed }
  self.began = self.head.started
end

---Reads a cassette; raises BadCassette with the line.
---@param path string
---@param options? { strict?: boolean } strict: requests come in the order in which they were recorded
---@return table replay for the `cassette` of a session
function M.open(path, options)
  options = tables.check_options(options, OPTIONS, "cassette.replay")
  local self = setmetatable({ path = path, strict = options.strict, exchanges = {}, by_key = {}, next = 1, used = 0,
    began = time.now() }, Replay)
  read(self, path)
  for _, exchange in ipairs(self.exchanges) do
    local key = key_of(exchange.request)
    self.by_key[key] = self.by_key[key] or { given = 0 }
    table.insert(self.by_key[key], exchange)
  end
  return self
end

return M
