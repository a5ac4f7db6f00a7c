-- SPDX-License-Identifier: MIT
-- cassette.lua -- the traffic of a run in a file, to be replayed without network and credentials.
-- What is kept of a request is what it was before it was signed, so no signature, key or token is
-- ever in it; what of a reply is a secret is kept as "[secret]".  One line of JSON each: the head,
-- an exchange, and an end, without which the recording is not whole.  cassette/replay.lua answers
-- from the file.  Calls of the credential chain, and of moonrock.http, are no part of it.

local body = require "moonrock.aws.body"
local described = require "moonrock.cassette.request"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local random = require "moonrock.random"
local session = require "moonrock.session"
local system = require "moonrock.system"
local tables = require "moonrock.tables"
local time = require "moonrock.time"

local M = {}

local DROPPED = tables.set "set-cookie"

-- ---- recording -------------------------------------------------------------------------

local Recorder = {}
Recorder.__index = Recorder

-- An exchange that is under way; its line is written when the reply has been read, or left.
local function write_exchange(recorder, exchange)
  if exchange.written or recorder.closed then
    return
  end
  exchange.written, recorder.open[exchange.number] = true, nil
  local reply = exchange.reply
  if reply and exchange.pieces then
    if exchange.stream then
      reply.pieces = json.array {}
      for i, piece in ipairs(exchange.pieces) do
        reply.pieces[i] = {}
        described.put_bytes(reply.pieces[i], "data", piece)
      end
    elseif #exchange.pieces > 0 then
      described.put_bytes(reply, "body", table.concat(exchange.pieces))
    end
  end
  recorder:write { kind = "exchange", number = exchange.number, at = exchange.at, took = exchange.took,
    request = exchange.request, reply = reply, failure = exchange.failure }
end

local function failure_of(err)
  return { code = err.code, message = err.message, retryable = err.retryable }
end

-- The reply's body as the caller reads it; each piece is noted as it passes.
local function watched(recorder, exchange, inner)
  exchange.pieces = {}
  local next_piece = inner:chunks()
  return body.reader {
    next = function()
      local ok, piece = pcall(next_piece)
      if not ok then
        if errors.is(piece) and piece.code ~= "Cancelled" then
          exchange.reply.cut = failure_of(piece)
          write_exchange(recorder, exchange)
        end
        error(piece, 0)
      elseif piece == nil then
        exchange.reply.whole = true
        write_exchange(recorder, exchange)
      else
        exchange.pieces[#exchange.pieces + 1] = piece
      end
      return piece
    end,
    close = function()
      inner:close()
      write_exchange(recorder, exchange)
    end,
  }
end

-- The transport of a client; `observe` sees a request before it is signed.
local Transport = {}
Transport.__index = Transport

function Transport:observe(request, service)
  request.recorded = described.describe(request, service)
end

function Transport:request(request)
  if not request.recorded then -- no call of a client: what the credential chain asks
    return self.below:request(request)
  end
  local recorder = self.recorder
  request.into = nil -- the bytes have to come by here
  recorder.count = recorder.count + 1
  local exchange = { number = recorder.count, request = request.recorded, at = time.monotonic() - recorder.began }
  recorder.open[exchange.number] = exchange
  local ok, reply = pcall(self.below.request, self.below, request)
  exchange.took = time.monotonic() - recorder.began - exchange.at
  if not ok then
    if errors.is(reply) and reply.code ~= "Cancelled" then
      exchange.failure = failure_of(reply)
      write_exchange(recorder, exchange)
    end
    error(reply, 0)
  end
  exchange.reply = { status = reply.status, headers = json.array {} }
  for _, header in ipairs(reply.headers) do
    local name = header[1]:lower()
    if not DROPPED[name] then
      table.insert(exchange.reply.headers, { name, described.header_value(name, header[2]) })
    end
    exchange.stream = exchange.stream or name == "content-type" and header[2]:find("eventstream", 1, true) ~= nil
  end
  if reply.sealed or request.sealed then
    exchange.reply.body = described.SECRET
    exchange.reply.sealed = true
    write_exchange(recorder, exchange)
    return reply
  end
  return { status = reply.status, headers = reply.headers, body = watched(recorder, exchange, reply.body) }
end

---A transport that records what goes through another.
function Recorder:wrap(below)
  return setmetatable({ recorder = self, below = below }, Transport)
end

function Recorder:write(line)
  local ok, message = self.file:write(json.encode(line), "\n")
  if ok then
    ok, message = self.file:flush()
  end
  if not ok then
    errors.raise { code = "CannotWrite", retryable = false,
      message = ("the cassette %s cannot be written: %s"):format(self.path, message) }
  end
end

---Writes what is under way, and the end.
function Recorder:close()
  if not self.closed then
    local file <close> = self.file -- luacheck: ignore
    for _, number in ipairs(tables.keys(self.open)) do
      local exchange = self.open[number]
      exchange.failure = not exchange.reply and { code = "Cancelled", message = "the run did not wait for it" } or nil
      write_exchange(self, exchange)
    end
    self.closed = true
    self:write { kind = "end", exchanges = self.count }
  end
end
Recorder.__close = Recorder.close

-- What decides where requests go and what they look like, as it was found in options, environment
-- and files.
local function settings_of(base)
  local all = session.new(base)
  local found = { endpoints = {} }
  for _, name in ipairs { "s3", "bedrock", "bedrock-runtime", "sts" } do
    local config = all:client(name).meta.config
    found.endpoints[name] = config.endpoint_url
    for _, setting in ipairs(described.SETTINGS) do
      found[setting] = config[setting]
    end
  end
  return found
end

---Begins a cassette: `moonrock.session { cassette = cassette.record("run.jsonl") }`.
---@param path string an old file is replaced
---@param base? table options of the sessions that are recorded, whose settings the replay takes over
---@return table recorder close it at the end: a cassette without an end is refused
function M.record(path, base)
  local settings = settings_of(base) -- what is wrong with them is found before the old file is gone
  local file, message = io.open(path, "w")
  if not file then
    errors.raise { code = "CannotWrite", retryable = false,
      message = ("the cassette %s cannot be written: %s"):format(path, message) }
  end
  local seed = random.integer(1, 0x7fffffff)
  random.seed(seed) -- names that the script draws are drawn again in the replay
  math.randomseed(seed)
  local self = setmetatable({ path = path, file = file, count = 0, open = {}, began = time.monotonic(), seed = seed },
    Recorder)
  local ok, err = pcall(self.write, self, { kind = "cassette", version = described.version,
    moonrock = system.version().moonrock, started = time.now(), seed = seed, settings = settings })
  if not ok then
    file:close()
    error(err, 0)
  end
  return self
end

---Answers from a cassette: see cassette/replay.lua.
---@param path string
---@param options? { strict?: boolean }
---@return table replay
function M.replay(path, options)
  return require("moonrock.cassette.replay").open(path, options)
end

return M
