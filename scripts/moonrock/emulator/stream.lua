-- SPDX-License-Identifier: MIT
-- emulator.stream: answers as events: ConverseStream and InvokeModelWithResponseStream.
-- An answer comes in pieces over the time that its tokens take, in the documented order of
-- events (user guide, "ConverseStream" and "Anthropic Claude Messages API", 2026-08-31).  A
-- stream can be made to fail: by the hook "event", or by the config's stream_fault.

local eventstream = require "moonrock.eventstream"
local json = require "moonrock.json"
local model = require "moonrock.emulator.model"
local system = require "moonrock.system"
local tables = require "moonrock.tables"
local task = require "moonrock.task"

local M = {}

local first_byte, per_token = 180, 7 -- milliseconds

--- How long an answer takes to its end.
---@param tokens integer of the answer
---@return integer milliseconds
function M.latency(tokens) return first_byte + tokens * per_token end

---@class moonrock.emulator.Plan an answer that is known, and how it is asked for
---@field text string of the answer, or of a tool's input
---@field use table|nil the call of a tool
---@field reason string "end_turn", "max_tokens", "stop_sequence", "tool_use"
---@field stopped string|nil the stop sequence
---@field input integer tokens
---@field output integer tokens
---@field latency integer milliseconds
---@field model string name of the model as Anthropic gives it
---@field id string of the message
---@field body string|nil of an answer in one piece that is not Anthropic's
---@field streams "nova"|nil the form of its chunks
---@field trace table|nil of a guardrail, for Converse
---@field members table|nil of a guardrail, for the body of InvokeModel

-- ---- events ------------------------------------------------------------------------------

-- Each event with the tokens that it takes time for.
local function converse_events(plan)
  local events = { { { messageStart = { role = "assistant" } }, 0 } }
  local function add(event, tokens) events[#events + 1] = { event, tokens or 0 } end
  local use = plan.use
  if use then
    add { contentBlockStart = { start = { toolUse = { toolUseId = use.toolUseId, name = use.name } },
      contentBlockIndex = 0 } }
  end
  for _, piece in ipairs(model.pieces(plan.text)) do
    local delta = use and { toolUse = { input = piece.text } } or { text = piece.text }
    add({ contentBlockDelta = { delta = delta, contentBlockIndex = 0 } }, piece.tokens)
  end
  add { contentBlockStop = { contentBlockIndex = 0 } }
  add { messageStop = { stopReason = plan.reason } }
  add { metadata = {
    usage = { inputTokens = plan.input, outputTokens = plan.output, totalTokens = plan.input + plan.output },
    metrics = { latencyMs = plan.latency }, trace = plan.trace,
  } }
  return events
end

local function invocation_metrics(plan)
  return { inputTokenCount = plan.input, outputTokenCount = plan.output, invocationLatency = plan.latency,
    firstByteLatency = first_byte }
end

local function anthropic_events(plan)
  local events = {}
  local function add(value, tokens)
    events[#events + 1] = { { chunk = { bytes = json.encode(value) } }, tokens or 0 }
  end
  add { type = "message_start", message = {
    id = plan.id, type = "message", role = "assistant", model = plan.model, content = json.array {},
    stop_reason = json.null, stop_sequence = json.null, usage = { input_tokens = plan.input, output_tokens = 1 },
  } }
  local use = plan.use
  add { type = "content_block_start", index = 0, content_block = use and { type = "tool_use", id = use.toolUseId,
    name = use.name, input = json.object {} } or { type = "text", text = "" } }
  for _, piece in ipairs(model.pieces(plan.text)) do
    local delta = use and { type = "input_json_delta", partial_json = piece.text }
      or { type = "text_delta", text = piece.text }
    add({ type = "content_block_delta", index = 0, delta = delta }, piece.tokens)
  end
  add { type = "content_block_stop", index = 0 }
  add { type = "message_delta", delta = { stop_reason = plan.reason, stop_sequence = plan.stopped or json.null },
    usage = { output_tokens = plan.output } }
  add(tables.copy({ type = "message_stop", ["amazon-bedrock-invocationMetrics"] = invocation_metrics(plan) },
    plan.members))
  return events
end

-- Nova's chunks are the events of ConverseStream as JSON, the last one with the metrics (Nova user guide,
-- "Streaming responses", 2026-08-31; where the metrics stand: field reports).
local function nova_events(plan)
  local events = converse_events(plan)
  for _, pair in ipairs(events) do
    local value = pair[1]
    if value.metadata then
      value.metadata.metrics = json.object {}
      value["amazon-bedrock-invocationMetrics"] = invocation_metrics(plan)
      for name, member in pairs(plan.members or {}) do value[name] = member end
    end
    pair[1] = { chunk = { bytes = json.encode(value) } }
  end
  return events
end

-- ---- frames ------------------------------------------------------------------------------

local letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

-- A chunk carries a member p of random length, so that sizes do not tell the text.
local function padded(world, call, number, message)
  local n = world:pick(("padding/%s/%d"):format(call.request_id, number), 1, #letters)
  message.payload = ('%s,"p":"%s"}'):format(message.payload:sub(1, -2), letters:sub(1, n))
  return message
end

local function frame_of(world, call, number, event)
  local message = call.op:build_event(event)
  if event.chunk then message = padded(world, call, number, message) end
  return eventstream.encode(message)
end

-- ---- faults ------------------------------------------------------------------------------

-- What shall happen instead of event `number`: from the hook, else from the config
-- (stream_fault: the name of an exception, "error", "cut", "inside" or "stop"; stream_fault_at:
-- the number of the event, from 1; default 3).
local function fault_at(world, call, number, event)
  local fault = world.hook("event", call, { number = number, event = event })
  if fault then return fault end
  local name = world.config.stream_fault
  if name and number == (world.config.stream_fault_at or 3) then return { name = name } end
  return nil
end

-- The bytes of a fault, and whether the connection breaks after them.
local function fault_bytes(call, fault, frame)
  if fault.name == "cut" then return nil, true end
  if fault.name == "stop" then return nil, false end
  if fault.name == "inside" then return frame:sub(1, #frame // 2), false end
  if fault.name == "error" then
    return eventstream.encode { headers = {
      { ":error-code", fault.code or "InternalError" },
      { ":error-message", fault.message or "The stream was ended by an internal error." },
      { ":message-type", "error" },
    } }, false
  end
  return eventstream.encode(call.op:build_event {
    [fault.name] = { message = fault.message or "The stream was ended. Wait before trying again." },
  }), false
end

-- ---- replies -----------------------------------------------------------------------------

-- A reply whose body is sent as it comes: send(bytes) raises when the caller has gone away,
-- after which nothing more is made; what was asked for is billed all the same, as at AWS.
local function reply(world, call, events)
  return {
    headers = { { "content-type", "application/vnd.amazon.eventstream" } },
    stream = function(send)
      task.sleep(first_byte / 1000)
      for number, pair in ipairs(events) do
        local event, tokens = pair[1], pair[2]
        if tokens > 0 then task.sleep(tokens * per_token / 1000) end
        local frame = frame_of(world, call, number, event)
        local fault = fault_at(world, call, number, event)
        if fault then
          local bytes, broken = fault_bytes(call, fault, frame)
          system.log("debug", ("emulator: the stream of %s fails at event %d: %s"):format(call.operation, number,
            tostring(fault.name)))
          if bytes then send(bytes) end
          return broken and "the connection was cut by the rehearsal" or nil
        end
        send(frame)
      end
      return nil
    end,
  }
end

--- The reply of ConverseStream.
---@param plan moonrock.emulator.Plan
function M.converse(world, call, plan)
  return {}, reply(world, call, converse_events(plan))
end

--- The reply of InvokeModelWithResponseStream, for a model of the Anthropic form or Nova's.
---@param plan moonrock.emulator.Plan
function M.invoke(world, call, plan)
  return { contentType = "application/json" }, reply(world, call,
    plan.streams == "nova" and nova_events(plan) or anthropic_events(plan))
end

return M
