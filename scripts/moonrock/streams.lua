-- SPDX-License-Identifier: MIT
-- streams.lua -- what a streamed answer says: its text as it comes, and all of it at the end.
-- Reads the events of converse_stream, and the chunks of invoke_model_with_response_stream for
-- the families whose form is known (Anthropic, Nova, Titan, Llama, Mistral, Cohere).

local errors = require "moonrock.error"
local json = require "moonrock.json"
local tables = require "moonrock.tables"

local M = {}

---Is this a result of converse_stream or invoke_model_with_response_stream, or their stream?
function M.is_stream(reply)
  if type(reply) ~= "table" then
    return false
  end
  local meta = getmetatable(reply)
  return type(meta) == "table" and type(meta.__index) == "table" and type(meta.__index.events) == "function"
end

local function require_stream(reply)
  if not M.is_stream(reply) then
    error("bad argument #1 (the result of converse_stream or invoke_model_with_response_stream expected)", 3)
  end
  return reply
end

local function decode_chunk(event)
  local chunk, err = json.decode(event.chunk.bytes or "")
  if type(chunk) ~= "table" then
    errors.raise {
      code = "InvalidReply", retryable = false,
      message = "a chunk of the model's stream is no JSON object: " .. tostring(err and err.message or chunk),
    }
  end
  return chunk
end

-- Blocks ----------------------------------------------------------------------------------

-- The answer is put together in the form of converse: blocks by their index.
local function block_at(answer, index)
  index = index or 0
  local block = answer.blocks[index]
  if not block then
    block = { index = index, parts = {} }
    answer.blocks[index] = block
    answer.order[#answer.order + 1] = block
  end
  return block
end

local function add(answer, index, kind, text)
  local block = block_at(answer, index)
  block.kind = block.kind or kind
  block.parts[#block.parts + 1] = text
  return kind == "text" and text ~= "" and text or nil
end

local function add_usage(answer, usage)
  if type(usage) == "table" then
    for name, value in pairs(usage) do
      answer.usage[name] = value
    end
  end
end

-- Each handler notes an event and gives its text, if it brings any.
local converse = {}

function converse.messageStart(answer, e)
  answer.role = e.role
end

function converse.contentBlockStart(answer, e)
  local block, use = block_at(answer, e.contentBlockIndex), e.start and e.start.toolUse
  if use then
    block.kind, block.tool = "tool", { toolUseId = use.toolUseId, name = use.name }
  end
end

function converse.contentBlockDelta(answer, e)
  local delta, index = e.delta or {}, e.contentBlockIndex
  if delta.text then
    return add(answer, index, "text", delta.text)
  elseif delta.toolUse then
    add(answer, index, "tool", delta.toolUse.input or "")
  elseif delta.reasoningContent then
    local reasoning = delta.reasoningContent
    add(answer, index, "reasoning", reasoning.text or "")
    local block = block_at(answer, index)
    block.signature = reasoning.signature or block.signature
    block.redacted = reasoning.redactedContent or block.redacted
  end
end

function converse.messageStop(answer, e)
  answer.stop_reason = e.stopReason
end

function converse.metadata(answer, e)
  add_usage(answer, e.usage)
  answer.metrics = e.metrics
end

local CONVERSE_EVENTS = tables.keys(converse)

local anthropic = {}

function anthropic.message_start(answer, e)
  answer.role = e.message and e.message.role
  local usage = e.message and e.message.usage or {}
  add_usage(answer, { inputTokens = usage.input_tokens, outputTokens = usage.output_tokens })
end

function anthropic.content_block_start(answer, e)
  local start = e.content_block or {}
  local block = block_at(answer, e.index)
  if start.type == "tool_use" then
    block.kind, block.tool = "tool", { toolUseId = start.id, name = start.name }
  elseif start.type == "text" and start.text and start.text ~= "" then
    return add(answer, e.index, "text", start.text)
  end
end

function anthropic.content_block_delta(answer, e)
  local delta = e.delta or {}
  if delta.type == "text_delta" then
    return add(answer, e.index, "text", delta.text or "")
  elseif delta.type == "input_json_delta" then
    add(answer, e.index, "tool", delta.partial_json or "")
  elseif delta.type == "thinking_delta" then
    add(answer, e.index, "reasoning", delta.thinking or "")
  elseif delta.type == "signature_delta" then
    block_at(answer, e.index).signature = delta.signature
  end
end

function anthropic.message_delta(answer, e)
  answer.stop_reason = e.delta and e.delta.stop_reason or answer.stop_reason
  if e.usage then
    add_usage(answer, { inputTokens = e.usage.input_tokens, outputTokens = e.usage.output_tokens })
  end
end

-- The chunks of the other families are text and, in the last one, a reason.
local function other_family(answer, chunk)
  local output = type(chunk.outputs) == "table" and chunk.outputs[1] or {}
  local reason = chunk.completionReason or chunk.stop_reason or chunk.finish_reason or output.stop_reason
  answer.stop_reason = type(reason) == "string" and reason or answer.stop_reason
  local text = chunk.outputText or chunk.generation or output.text or chunk.text
  return type(text) == "string" and add(answer, 0, "text", text) or nil
end

local function add_metrics(answer, metrics)
  if type(metrics) == "table" then
    add_usage(answer, { inputTokens = metrics.inputTokenCount, outputTokens = metrics.outputTokenCount })
    answer.metrics = { latencyMs = metrics.invocationLatency, firstByteMs = metrics.firstByteLatency }
  end
end

-- What one chunk says, in whichever family's form: Anthropic's have a type, Nova's are events of converse.
local function note_chunk(answer, chunk)
  if type(chunk.type) == "string" then
    local handler = anthropic[chunk.type]
    return handler and handler(answer, chunk)
  end
  for _, name in ipairs(CONVERSE_EVENTS) do
    if type(chunk[name]) == "table" then
      return converse[name](answer, chunk[name])
    end
  end
  return other_family(answer, chunk)
end

local function note(answer, event)
  if event.chunk then
    local chunk = decode_chunk(event)
    local text = note_chunk(answer, chunk)
    add_metrics(answer, chunk["amazon-bedrock-invocationMetrics"])
    return text
  end
  local name, value = next(event)
  return converse[name] and converse[name](answer, value) or nil
end

local function new_answer()
  return { role = "assistant", blocks = {}, order = {}, usage = {} }
end

-- A tool's input comes as pieces of one JSON text; none at all is an empty object.
local function tool_input(text)
  if not text:find("%S") then
    return json.object {}
  end
  local value, err = json.decode(text)
  if value == nil then
    errors.raise {
      code = "InvalidReply", retryable = false, body = text,
      message = "the input that the model gives a tool is no JSON: " .. tostring(err and err.message),
    }
  end
  return value
end

local function content_of(block)
  local text = table.concat(block.parts)
  if block.kind == "tool" then
    local tool = block.tool or {}
    return { toolUse = { toolUseId = tool.toolUseId, name = tool.name, input = tool_input(text) } }
  elseif block.kind == "reasoning" then
    if block.redacted then
      return { reasoningContent = { redactedContent = block.redacted } }
    end
    return { reasoningContent = { reasoningText = { text = text, signature = block.signature } } }
  end
  return { text = text }
end

-- Reading ---------------------------------------------------------------------------------

---The pieces of text as they come: `for piece in M.texts(reply) do`. Leaving the loop early
---drops the connection; a stream that breaks off raises.
---@param reply table
function M.texts(reply)
  require_stream(reply)
  local next_event, _, _, stream = reply:events()
  local answer = new_answer()
  return function()
    while true do
      local event = next_event()
      if not event then
        return nil
      end
      local text = note(answer, event)
      if text then
        return text
      end
    end
  end, nil, nil, stream
end

---@class moonrock.StreamedAnswer
---@field text string the texts of all blocks
---@field message table {role=, content=} as converse takes it in its next `messages`
---@field stop_reason string|nil
---@field usage { inputTokens: integer|nil, outputTokens: integer|nil, totalTokens: integer|nil }
---@field metrics table|nil latencyMs

---Reads a stream to its end; raises if it is not complete.
---@param reply table
---@param on_text? fun(piece: string)
---@return moonrock.StreamedAnswer
function M.collect(reply, on_text)
  require_stream(reply)
  local answer = new_answer()
  for event in reply:events() do
    local text = note(answer, event)
    if text and on_text then
      on_text(text)
    end
  end
  table.sort(answer.order, function(a, b) return a.index < b.index end)
  local content, texts = json.array {}, {}
  for i, block in ipairs(answer.order) do
    content[i] = content_of(block)
    texts[#texts + 1] = content[i].text
  end
  local usage = answer.usage
  if usage.inputTokens and usage.outputTokens and not usage.totalTokens then
    usage.totalTokens = usage.inputTokens + usage.outputTokens
  end
  return {
    text = table.concat(texts),
    message = { role = answer.role or "assistant", content = content },
    stop_reason = answer.stop_reason,
    usage = usage,
    metrics = answer.metrics,
  }
end

return M
