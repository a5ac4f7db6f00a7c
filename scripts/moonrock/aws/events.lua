-- SPDX-License-Identifier: MIT
-- events.lua -- the stream of events that a reply is: frames in, tables of one key out.
-- A stream counts as complete only after the event that its operation ends with: one that
-- stops before, or in the middle of a frame, is an error, however much of it has been read.

local errors = require "moonrock.error"
local eventstream = require "moonrock.eventstream"
local json = require "moonrock.json"
local hints = require "moonrock.aws.hints"
local retry = require "moonrock.aws.retry"

local M = {}

-- Which event is the last, by operation ---------------------------------------------------

-- The last chunk of a model's own stream: Anthropic's type, the metrics that the service
-- adds to every family, or a family's own reason for stopping.
local function ends_invoke(event)
  local chunk = event and event.chunk and json.decode(event.chunk.bytes or "")
  if type(chunk) ~= "table" then
    return false
  end
  local output = type(chunk.outputs) == "table" and chunk.outputs[1]
  local reason = chunk.completionReason or chunk.stop_reason or chunk.finish_reason
    or type(output) == "table" and output.stop_reason
  return chunk.type == "message_stop" or chunk["amazon-bedrock-invocationMetrics"] ~= nil or chunk.is_finished == true
    or type(reason) == "string"
end

local ends = {
  ConverseStream = { name = "metadata", is_last = function(event) return event ~= nil and event.metadata ~= nil end },
  SelectObjectContent = { name = "End", is_last = function(event) return event ~= nil and event.End ~= nil end },
  InvokeModelWithResponseStream = { name = "the model's closing chunk", is_last = ends_invoke },
}

-- Errors ----------------------------------------------------------------------------------

local Stream = {}
Stream.__index = Stream

-- Ends the stream with an error, which a later read gives again.
local function fail(self, err)
  err.service, err.operation, err.request_id = self.service, self.op.method, self.request_id
  local class = retry.classify(err)
  if err.retryable == nil then
    err.retryable = class ~= "final"
  end
  if class == "throttle" and self.limiter then
    self.limiter:answered(true)
  end
  err.hint = err.hint or hints.find(err)
  self:close()
  local _, failure = errors.try(errors.raise, err)
  self.failure = failure
  error(failure, 0)
end

local function fail_early(self, why, cause)
  local last = self.ending and self.ending.name
  fail(self, {
    code = "IncompleteStream",
    message = string.format("the stream ended before %s%s", last and "its last event (" .. last .. ")" or "its end",
      why and ": " .. why or ""),
    retryable = true,
    hint = "what has come so far is no whole answer; ask again from the start",
    cause = cause,
  })
end

-- A header that must be text: bytes that spell the same do not count.
local function text_header(message, name)
  local value = message.headers[name]
  if type(value) == "string" and not (message.types and message.types[name]) then
    return value
  end
  return nil
end

-- "throttlingException" of the wire is ThrottlingException elsewhere.
local function fail_exception(self, message)
  local name = text_header(message, ":exception-type") or ""
  local event, info = self.op:parse_event(name, message.payload, message.headers)
  local fields, code, status
  if event and info then
    fields, code, status = event[name], info.code, info.status
  else
    local decoded = json.decode(message.payload)
    fields = type(decoded) == "table" and decoded or {}
    code = name ~= "" and name:sub(1, 1):upper() .. name:sub(2) or "UnknownException"
  end
  local err = {
    code = code,
    message = tostring(fields.message or fields.Message or "the stream was ended by " .. code),
    status = status,
    fields = fields,
  }
  if code == "ModelStreamErrorException" or info and info.retryable then
    err.retryable = true
    err.hint = "what has come so far is no whole answer; ask again from the start"
  end
  fail(self, err)
end

local function fail_error(self, message)
  fail(self, {
    code = text_header(message, ":error-code") or "UnknownError",
    message = text_header(message, ":error-message") or "the service ended the stream without an explanation",
  })
end

-- Reading ---------------------------------------------------------------------------------

-- Ends the stream with what a message says that is no event, or none that can be read.
local function refuse(self, message)
  local kind = text_header(message, ":message-type")
  if kind == "exception" then
    fail_exception(self, message)
  elseif kind == "error" then
    fail_error(self, message)
  end
  local name = text_header(message, ":event-type")
  if kind ~= "event" or not name then
    fail(self, { code = "InvalidReply", retryable = false,
      message = string.format("the stream holds a message of no known type (%s, %s)", tostring(kind), tostring(name)) })
  end
  local _, err = self.op:parse_event(name, message.payload, message.headers)
  fail(self, { code = err.code, message = err.message, retryable = false })
end

-- Puts the events of the next piece of bytes in the queue; false at the end.
local function pull(self)
  self.last = self.queue[#self.queue] or self.last
  local ok, data = pcall(self.read)
  if not ok then
    if errors.is(data) and data.retryable then
      fail_early(self, tostring(data.message), data)
    end
    self.failure = data
    self:close()
    error(data, 0)
  elseif data == nil then
    return false
  end
  self.queue, self.refused, self.fault = self.op:read_events(self.decoder, data)
  self.at = 0
  return true
end

local function finish(self)
  local whole, err = self.decoder:finish()
  local last = self.last and self.last.chunk and json.decode(self.last.chunk.bytes or "")
  if not whole then
    fail_early(self, err.message, err)
  elseif type(last) == "table" and last.type == "error" and type(last.error) == "table" then
    fail(self, { code = tostring(last.error.type or "ModelStreamErrorException"),
      message = tostring(last.error.message or "the model ended its stream with an error"), retryable = true })
  elseif self.ending and not self.ending.is_last(self.last) then
    fail_early(self)
  end
  self.ended = true
  self:close()
end

-- The next event, or nil at the end of a complete stream.
local function next_event(self)
  local at = self.at + 1
  local event = self.queue[at]
  if event then
    self.at = at
    return event
  elseif self.failure then
    error(self.failure, 0)
  elseif self.ended then
    return nil
  elseif self.closed then
    errors.raise {
      code = "StreamClosed", service = self.service, operation = self.op.method, retryable = false,
      message = "the stream was closed before it was read to its end",
    }
  end
  repeat
    if self.refused then
      refuse(self, self.refused)
    elseif self.fault then
      fail(self, { code = self.fault.code, message = self.fault.message, retryable = true, cause = self.fault,
        hint = "the bytes were changed on their way; ask again from the start" })
    elseif not pull(self) then
      finish(self)
      return nil
    end
  until self.queue[1]
  self.at = 1
  return self.queue[1]
end

---`for event in stream:events() do`: each event is a table of exactly one key, as boto3 gives
---it ({ contentBlockDelta = {...} }). Leaving the loop early drops the connection.
---@return fun(): table|nil
function Stream:events()
  return function()
    return next_event(self)
  end, nil, nil, self
end

function Stream:__call()
  error("a stream is read by its events: for event in stream:events() do", 2)
end

---Drops the connection, if the stream has not been read to its end.
function Stream:close()
  if not self.closed then
    self.closed = true
    self.queue, self.at = {}, 0
    self.body:close()
  end
end
Stream.__close = Stream.close

function Stream:__tostring()
  local state = self.failure and "failed" or self.ended and "read" or self.closed and "closed" or "open"
  return string.format("stream of events (%s)", state)
end

-- A result whose events can be asked for without naming the member.
local result_types = {} -- by the name of the member

local function result_type(member)
  local found = result_types[member]
  if not found then
    found = { __index = { events = function(result) return result[member]:events() end } }
    result_types[member] = found
  end
  return found
end

---Puts the stream in place into a result, which gets `:events()` itself too.
---@param core table of a client
---@param op table of moonrock.model
---@param result table
---@param reply {body: table}
---@param header fun(name: string): string|nil
function M.attach(core, op, result, reply, header)
  local kind = header("content-type")
  if kind and not kind:lower():find("application/vnd.amazon.eventstream", 1, true) then
    errors.raise {
      code = "InvalidReply", service = core.name, operation = op.method, retryable = false,
      message = string.format("the answer is no stream of events but %s", kind),
      hint = "something between here and the service answered in its place",
    }
  end
  local chunks = reply.body.chunks and reply.body:chunks()
  result[op.streaming_output] = setmetatable({
    op = op,
    service = core.name,
    limiter = core.limiter,
    request_id = header("x-amzn-requestid"),
    body = reply.body,
    read = chunks or function() return reply.body:read(256) end,
    decoder = eventstream.decoder(),
    ending = ends[op.name],
    queue = {}, at = 0, refused = nil, fault = nil,
  }, Stream)
  return setmetatable(result, result_type(op.streaming_output))
end

return M
