-- SPDX-License-Identifier: MIT
-- evaluate/target.lua -- who is asked: a function of the script's, or a model of Bedrock.
-- A model is asked by Converse, whose form all models share; one that Converse does not serve is
-- asked by InvokeModel with the body of its family from then on. Whatever the form, an answer is
-- { text, stop_reason, usage { input_tokens, output_tokens }, attempts }.

local errors = require "moonrock.error"
local json = require "moonrock.json"
local runtime = require "moonrock.runtime"
local suggest = require "moonrock.aws.suggest"
local tables = require "moonrock.tables"

local M = {}

local TARGET_FIELDS = tables.set "model_id model_arn ask api family"
local APIS = { "auto", "converse", "invoke_model" }

-- ---- Converse ------------------------------------------------------------------------

local function attempts_of(reply)
  return reply.ResponseMetadata and reply.ResponseMetadata.RetryAttempts + 1 or nil
end

-- One text of each turn, as content blocks.
local function blocks_of(messages)
  local turns = {}
  for i, message in ipairs(messages) do
    local content = message.content
    turns[i] = { role = message.role, content = type(content) == "string" and { { text = content } } or content }
  end
  return turns
end

---The request of Converse, but for the model.
---@param asked { messages: table[], system?: string, max_tokens: integer, temperature?: number }
---@return table
function M.conversation(asked)
  return { messages = blocks_of(asked.messages), system = asked.system and { { text = asked.system } },
    inferenceConfig = { maxTokens = asked.max_tokens, temperature = asked.temperature } }
end

local function ask_converse(client, id, asked)
  local reply = client:converse(tables.copy(M.conversation(asked), { modelId = id }))
  local parts = {}
  for _, block in ipairs(reply.output and reply.output.message and reply.output.message.content or {}) do
    parts[#parts + 1] = block.text
  end
  local usage = reply.usage or {}
  return { text = table.concat(parts), stop_reason = reply.stopReason, attempts = attempts_of(reply),
    usage = { input_tokens = usage.inputTokens, output_tokens = usage.outputTokens } }
end

-- ---- InvokeModel, by family ----------------------------------------------------------

-- A conversation as one text, for the families that take nothing else.
local function transcript(asked)
  local parts = { asked.system }
  for _, message in ipairs(asked.messages) do
    parts[#parts + 1] = (message.role == "assistant" and "Bot: " or "User: ") .. message.content
  end
  parts[#parts + 1] = "Bot:"
  return table.concat(parts, "\n")
end

local function llama_prompt(asked)
  local parts = { "<|begin_of_text|>" }
  local function add(role, text)
    parts[#parts + 1] = ("<|start_header_id|>%s<|end_header_id|>\n\n%s<|eot_id|>"):format(role, text)
  end
  if asked.system then
    add("system", asked.system)
  end
  for _, message in ipairs(asked.messages) do
    add(message.role, message.content)
  end
  return table.concat(parts) .. "<|start_header_id|>assistant<|end_header_id|>\n\n"
end

-- Each family's body (user guide, "Inference request parameters and response fields").
local bodies = {
  anthropic = function(asked)
    return { anthropic_version = "bedrock-2023-05-31", max_tokens = asked.max_tokens, system = asked.system,
      messages = asked.messages, temperature = asked.temperature }
  end,
  nova = M.conversation,
  titan = function(asked)
    return { inputText = transcript(asked),
      textGenerationConfig = { maxTokenCount = asked.max_tokens, temperature = asked.temperature } }
  end,
  llama = function(asked)
    return { prompt = llama_prompt(asked), max_gen_len = asked.max_tokens, temperature = asked.temperature }
  end,
  mistral = function(asked)
    local text = transcript(asked)
    return { prompt = ("<s>[INST] %s [/INST]"):format(text), max_tokens = asked.max_tokens,
      temperature = asked.temperature }
  end,
}

local PROVIDERS = { { "anthropic%.", "anthropic" }, { "amazon%.nova", "nova" }, { "amazon%.titan", "titan" },
  { "meta%.", "llama" }, { "mistral%.", "mistral" } }

---The family whose body a model takes, by its id; nil for one that is not known.
---@param id string
---@return string|nil
function M.family(id)
  for _, pair in ipairs(PROVIDERS) do
    if id:find(pair[1]) then
      return pair[2]
    end
  end
end

---The body of InvokeModel.
---@param family string of `family`
---@param asked table as for `conversation`
---@return table
function M.body(family, asked)
  return bodies[family](asked)
end

local function stop_reason_of(body)
  local first = body.results and body.results[1] or body.outputs and body.outputs[1] or {}
  local reason = body.stop_reason or body.stopReason or first.completionReason or first.stop_reason
  return type(reason) == "string" and reason:lower() or nil
end

---What a decoded reply of a model says, by InvokeModel or Converse.
---@param body table
---@return { text: string, stop_reason: string|nil, usage: table } answer raises InvalidReply without a text
function M.answer(body)
  local usage = type(body.usage) == "table" and body.usage or {}
  return { text = runtime.text(body), stop_reason = stop_reason_of(body), usage = {
    input_tokens = usage.input_tokens or usage.inputTokens,
    output_tokens = usage.output_tokens or usage.outputTokens } }
end

local function ask_invoke(client, id, asked, family)
  local reply = client:invoke_model { modelId = id, body = bodies[family](asked), contentType = "application/json" }
  local raw = reply.body:read("a")
  local body, err = json.decode(raw)
  if type(body) ~= "table" then
    errors.raise { code = "InvalidReply", retryable = false,
      message = "the model's answer is no JSON object" .. (err and ": " .. tostring(err.message) or "") }
  end
  local answer = M.answer(body)
  local usage, told = answer.usage, runtime.usage(reply)
  answer.attempts = attempts_of(reply)
  usage.input_tokens = usage.input_tokens or told.inputTokens
  usage.output_tokens = usage.output_tokens or told.outputTokens
  return answer
end

-- Is the refusal one of Converse itself, and not of what was asked?
local function not_by_converse(err)
  local text = errors.is(err, "ValidationException") and tostring(err.message):lower() or ""
  return text:find("doesn't support", 1, true) ~= nil and not text:find("on%-demand") and
    (text:find("converse", 1, true) or text:find("this action", 1, true) or text:find("the model that you provided",
      1, true)) ~= nil
end

-- ---- targets -------------------------------------------------------------------------

local function model_target(given, options)
  local id, api, family = given.model_id, given.api or "auto", given.family
  -- The ARN of a throughput or deployment does not tell its family; what is fine-tuned here is Claude.
  family = family or M.family(id) or "anthropic"
  if not tables.contains(APIS, api) then
    error(("`api` of the target is auto, converse or invoke_model%s"):format(suggest.tail(tostring(api), APIS)), 0)
  elseif not bodies[family] then
    error(("`family` of the target is one of %s"):format(table.concat(tables.keys(bodies), ", ")), 0)
  end
  local client = options.runtime or require("moonrock.session").default():client("bedrock-runtime")
  local model_arn = type(given.model_arn) == "string" and given.model_arn or nil
  return { model_id = id, model_arn = model_arn, api = given.api, family = given.family, ask = function(sample)
    local asked = { messages = sample.messages, system = options.system or sample.system,
      max_tokens = options.max_tokens, temperature = options.temperature }
    if api ~= "invoke_model" then
      local answer, err = errors.try(ask_converse, client, id, asked)
      if answer then
        return answer
      elseif api == "converse" or not not_by_converse(err) then
        error(err, 0)
      end
      api = "invoke_model"
    end
    return ask_invoke(client, id, asked, family)
  end }
end

---Counts of tokens as a target gives them: what is no number is no count.
---@param usage any
---@return table<string, number>|nil
function M.counts(usage)
  local out = {}
  for name, count in pairs(type(usage) == "table" and usage or {}) do
    out[name] = math.type(count) and count - count == 0 and count or nil
  end
  return next(out) and out or nil
end

-- The answers of another run, to be scored anew: nobody is asked, and nothing paid.
local function answered(results)
  return { api = "results", family = results.run.fingerprint, own = true, ask = function(sample)
    local line = results.by_id[sample.id]
    if not line or not line.answer then
      errors.raise { code = "NotAnswered", retryable = false,
        message = ("%s has no answer to sample %s"):format(results.path, sample.id) }
    end
    return { text = line.answer, usage = line.usage, stop_reason = line.stop_reason }
  end }
end

---What evaluate asks.
---@param options { target: any, runtime?: table, system?: string, max_tokens: integer, temperature?: number }
---target: model id; what finetune.serve gave or { model_id, model_arn, api, family }; a function; { model_id, ask };
---results of another run
---@return { ask: fun(sample: table): string|table, model_id: string|nil, model_arn: string|nil, api: string|nil,
---family: string|nil, own: boolean|nil }|nil target nil for anything else; model_arn, api, family: as given; own: ask
---is the script's
function M.of(options)
  local target = options.target
  if type(target) == "string" then
    return model_target({ model_id = target }, options)
  elseif type(target) == "function" then
    return { ask = target }
  elseif type(target) ~= "table" then
    return nil
  elseif type(target.by_id) == "table" and type(target.run) == "table" then
    return answered(target)
  elseif type(target.ask) == "function" and (target.model_id == nil or type(target.model_id) == "string") then
    return { model_id = target.model_id, ask = target.ask, own = true }
  elseif type(target.model_id) == "string" then
    local plain = getmetatable(target) == nil -- what finetune.serve gives has fields of its own
    for _, name in ipairs(plain and tables.keys(target) or {}) do
      if not TARGET_FIELDS[name] then
        error(("the target has no field %s%s"):format(tostring(name),
          suggest.tail(tostring(name), tables.keys(TARGET_FIELDS))), 0)
      end
    end
    return model_target(target, options)
  end
  return nil
end

return M
