-- SPDX-License-Identifier: MIT
-- embedding.lua -- how near two texts are in meaning: the cosine of their embeddings, made by a model of
-- Bedrock (Titan Text Embeddings). As a scorer: the answer beside what was expected. Each text is
-- embedded once; what is near in meaning may still be wrong, so use it beside other scorers.

local errors = require "moonrock.error"
local json = require "moonrock.json"
local tables = require "moonrock.tables"

local M = {}

local MODEL = "amazon.titan-embed-text-v2:0"
local OPTIONS = { name = "string", model_id = "string", dimensions = "count", runtime = "any" }
local KEPT = 1000 -- texts whose embedding is remembered, of 16 KB each; expected answers come again and again

local function wrong_reply(what)
  errors.raise { code = "InvalidReply", message = "the embedding model answered " .. what, retryable = false }
end

---The embedding of a text.
---@param client moonrock.BedrockRuntime
---@param text string
---@param options? { model_id: string, dimensions: integer } amazon.titan-embed-text-v2:0; 256, 512 or 1024 (what
---the model gives, unless told)
---@return number[] vector of length 1 where the model normalizes, as Titan V2 does
---@return integer tokens
function M.embed(client, text, options)
  options = options or {}
  local id = options.model_id or MODEL
  local reply = client:invoke_model { modelId = id, contentType = "application/json",
    body = { inputText = text, dimensions = options.dimensions } }
  local body = json.decode(reply.body:read("a"))
  if type(body) ~= "table" or type(body.embedding) ~= "table" or #body.embedding == 0 then
    wrong_reply("without an `embedding`")
  end
  return body.embedding, math.tointeger(body.inputTextTokenCount) or 0
end

---The cosine of two vectors: 1 the same direction, 0 nothing in common.
---@param a number[]
---@param b number[]
---@return number from -1 to 1; 0 beside a vector of zeros
function M.cosine(a, b)
  if #a ~= #b then
    error(("bad argument #2 to 'cosine' (%d dimensions beside %d)"):format(#b, #a), 2)
  end
  local dot, aa, bb = 0.0, 0.0, 0.0
  for i = 1, #a do
    local x, y = a[i], b[i]
    dot, aa, bb = dot + x * y, aa + x * x, bb + y * y
  end
  return aa > 0 and bb > 0 and dot / math.sqrt(aa * bb) or 0.0
end

---A scorer: the cosine of answer and expected text; what points away from it is 0.
---@param options? { model_id: string, dimensions: integer, name: string, runtime: table }
---@return moonrock.Scorer
function M.scorer(options)
  options = tables.check_options(options, OPTIONS, "embedding.scorer")
  local identity = tables.copy(options)
  identity.runtime = nil
  local known, count = {}, 0
  local function vector(client, text, sample)
    local found = known[text]
    if not found then
      local tokens
      local settle = sample.pay and sample.pay(options.model_id or MODEL, #text, 0)
      found, tokens = errors.try(M.embed, client, text, options)
      if settle then -- what was set aside is given back for a call that failed, too
        settle(found and { input_tokens = tokens, output_tokens = 0 } or nil)
      end
      if not found then
        error(tokens, 0)
      end
      if count == KEPT then
        known, count = {}, 0
      end
      known[text], count = found, count + 1
    end
    return found
  end
  return { name = options.name or "embedding", kind = "embedding", options = identity, paid = options.model_id or MODEL,
    score = function(sample)
      local client = options.runtime or require("moonrock.session").default():client("bedrock-runtime")
      local expected = sample.expected
      if expected == nil or expected == json.null or expected == "" then
        errors.raise { code = "NotScorable", message = "embedding: the sample has no expected text", retryable = false }
      elseif not sample.answer:find("%S") then
        return 0, "the answer is empty" -- which no model embeds
      end
      expected = type(expected) == "string" and expected or json.encode(expected)
      return math.min(1, math.max(0, M.cosine(vector(client, sample.answer, sample), vector(client, expected,
        sample))))
    end }
end

return M
