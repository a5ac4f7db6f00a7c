-- SPDX-License-Identifier: MIT
-- fake_stream.lua -- a transport whose replies are streams of scripted bytes.
--   M.client(pieces [, options]) -> runtime client, transport
-- `pieces` is what the connection gives, one after the other: strings, or a table that is
-- raised as an error object. transport.closed counts the bodies that were closed, and
-- transport.read the pieces that were taken.

local body = require "moonrock.aws.body"
local errors = require "moonrock.error"
local eventstream = require "moonrock.eventstream"
local fake = require "fake_transport"
local model = require "moonrock.model"
local task = require "moonrock.task"

local M = {}

local Transport = {}
Transport.__index = Transport

function Transport:request(request)
  self.requests[#self.requests + 1] = request
  task.yield()
  local at, transport = 0, self
  local closed = false
  return {
    status = 200,
    headers = { { "content-type", self.content_type }, { "x-amzn-requestid", "req-9" } },
    body = body.reader {
      next = function()
        task.yield()
        at = at + 1
        transport.read = at
        local piece = transport.pieces[at]
        if type(piece) == "table" then
          errors.raise(piece)
        elseif type(piece) == "function" then
          return piece()
        end
        return piece
      end,
      close = function()
        if not closed then
          closed = true
          transport.closed = transport.closed + 1
        end
      end,
    },
  }
end

---@param pieces table
---@param options? table content_type
function M.client(pieces, options)
  local transport = setmetatable({ pieces = pieces, requests = {}, closed = 0, read = 0,
    content_type = options and options.content_type or "application/vnd.amazon.eventstream" }, Transport)
  return require("moonrock.session").new {
    region = "us-east-1", credentials = fake.credentials, transport = transport,
    environment = function() return nil end,
  }:client "bedrock-runtime", transport
end

local runtime = model.service "bedrock-runtime"

---The frame of an event or exception of converse_stream.
function M.event(event)
  return eventstream.encode(runtime:operation "converse_stream":build_event(event))
end

---The frame of a chunk of invoke_model_with_response_stream.
function M.chunk(text)
  return eventstream.encode(runtime:operation "invoke_model_with_response_stream":build_event {
    chunk = { bytes = text } })
end

---A frame of these headers (a list) and this payload.
function M.frame(headers, payload)
  return eventstream.encode { headers = headers, payload = payload }
end

---The frames of a short whole answer of converse_stream, a list.
function M.answer(...)
  local frames = { M.event { messageStart = { role = "assistant" } } }
  for _, text in ipairs { ... } do
    frames[#frames + 1] = M.event { contentBlockDelta = { delta = { text = text }, contentBlockIndex = 0 } }
  end
  frames[#frames + 1] = M.event { contentBlockStop = { contentBlockIndex = 0 } }
  frames[#frames + 1] = M.event { messageStop = { stopReason = "end_turn" } }
  frames[#frames + 1] = M.event { metadata = { usage = { inputTokens = 3, outputTokens = 2, totalTokens = 5 },
    metrics = { latencyMs = 12 } } }
  return frames
end

return M
