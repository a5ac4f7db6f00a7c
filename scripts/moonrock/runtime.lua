-- SPDX-License-Identifier: MIT
-- runtime.lua -- what a Bedrock runtime client has beyond the model.
-- invoke_model takes the body as text, as a source of bytes or as a table, which is written
-- as JSON; the reply's body is a reader, as in boto3.

local json = require "moonrock.json"
local errors = require "moonrock.error"
local body = require "moonrock.aws.body"
local lazy = require "moonrock.lazy"

local chat = lazy "moonrock.chat"
local payload = lazy "moonrock.aws.payload"
local streams = lazy "moonrock.streams"

local M = { methods = {}, hooks = { before = {}, after = {} } }

local function encode_body(params)
  local given = params.body
  if type(given) ~= "table" or payload.is_source(given) then
    return
  end
  local ok, text = pcall(json.encode, given)
  if not ok then
    errors.raise {
      code = "ParamValidation",
      message = "the body cannot be written as JSON: " .. (tostring(text):match("%((.*)%)$") or tostring(text)),
      service = "bedrock-runtime",
    }
  end
  params.body = text
end

M.hooks.before.invoke_model = encode_body
M.hooks.before.invoke_model_with_response_stream = encode_body

-- A reply's body is a reader also where the model takes it for a plain blob.
function M.hooks.after.invoke_model(result)
  if result.body == nil or type(result.body) == "string" then
    result.body = body.of_string(result.body or "")
  end
  return result
end

-- The pieces of text in a list of content blocks.
local function text_of_blocks(blocks)
  local parts = {}
  for _, block in ipairs(type(blocks) == "table" and blocks or {}) do
    if type(block) == "table" and type(block.text) == "string" then
      parts[#parts + 1] = block.text
    end
  end
  return #parts > 0 and table.concat(parts) or nil
end

-- What stands under a key or number of a table, if both are what they should be: the body is the model's.
local function at(value, key)
  return type(value) == "table" and value[key] or nil
end

-- One line for each family's reply: Converse, Anthropic, Titan, Llama, Cohere, Mistral.
local finders = {
  function(r) return text_of_blocks(at(at(r.output, "message"), "content")) end,
  function(r) return text_of_blocks(r.content) end,
  function(r) return at(at(r.results, 1), "outputText") end,
  function(r) return r.generation end,
  function(r) return at(at(r.generations, 1), "text") end,
  function(r) return at(at(r.outputs, 1), "text") end,
  function(r) return r.completion end,
}

---The text of an answer of invoke_model, converse or one of their streams.
---@param reply table the operation's result (its body or stream is read) or the decoded body
---@return string text
---@return table decoded the body, the reply of converse, or what `collect` gives
function M.text(reply)
  local decoded = reply
  if streams.is_stream(reply) then
    local answer = streams.collect(reply)
    return answer.text, answer
  elseif type(reply) == "table" and reply.body ~= nil then
    local raw = type(reply.body) == "string" and reply.body or reply.body:read("a")
    local value, err = json.decode(raw)
    if value == nil and err then
      errors.raise {
        code = "InvalidReply",
        message = "the model's answer is no JSON: " .. tostring(err.message or err),
        body = raw,
      }
    end
    decoded = value
  end
  if type(decoded) == "table" then
    for _, find in ipairs(finders) do
      local text = find(decoded)
      if type(text) == "string" then
        return text, decoded
      end
    end
  end
  errors.raise {
    code = "InvalidReply",
    message = "the model's answer has no text where any known family puts it",
    hint = "read reply.body:read(\"a\") and look at it",
    body = decoded,
  }
end

local COUNTS = { inputTokens = "input-token-count", outputTokens = "output-token-count",
  cacheReadInputTokens = "cache-read-input-token-count", cacheWriteInputTokens = "cache-write-input-token-count",
  latencyMs = "invocation-latency" }

---What an answer took: of invoke_model by the headers of its reply, of converse and of `collect` by what they say.
---@param reply table the result of invoke_model or converse, or what `collect` gave
---@return { inputTokens: integer|nil, outputTokens: integer|nil, totalTokens: integer|nil, latencyMs: integer|nil,
---cacheReadInputTokens: integer|nil, cacheWriteInputTokens: integer|nil } usage what is not known is nil
function M.usage(reply)
  if type(reply) ~= "table" then
    error("bad argument #1 to 'usage' (a reply expected, got " .. type(reply) .. ")", 2)
  end
  local headers = (reply.ResponseMetadata or {}).HTTPHeaders or {}
  local out = { latencyMs = (reply.metrics or {}).latencyMs }
  for name, value in pairs(reply.usage or {}) do
    out[name] = value
  end
  for name, header in pairs(COUNTS) do
    out[name] = out[name] or math.tointeger(tonumber(headers["x-amzn-bedrock-" .. header]))
  end
  if out.inputTokens and out.outputTokens then
    out.totalTokens = out.totalTokens or out.inputTokens + out.outputTokens
  end
  return out
end

function M.texts(...)
  return streams.texts(...)
end

function M.collect(...)
  return streams.collect(...)
end

---`runtime:text(reply)`: the same as a method.
function M.methods.text(_, reply)
  return M.text(reply)
end

---`runtime:usage(reply)`: the same as a method.
function M.methods.usage(_, reply)
  return M.usage(reply)
end

---`runtime:chat { modelId =, messages =, tools =, schema = }`: converse until there is an answer.
function M.methods.chat(self, options)
  return chat.chat(self, options)
end

---`for piece in runtime:texts(reply) do io.write(piece) end`, of a stream.
function M.methods.texts(_, reply)
  return streams.texts(reply)
end

---`runtime:collect(reply [, on_text])`: all that a stream says, once it is complete.
function M.methods.collect(_, reply, on_text)
  return streams.collect(reply, on_text)
end

return M
