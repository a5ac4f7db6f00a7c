-- SPDX-License-Identifier: MIT
-- emulator.converse: what Converse and ConverseStream refuse beyond their model, and what is asked.
-- Shapes, lengths and patterns are the model's (parse_request); these are the rules of a
-- conversation: user guide, "Converse API" and "tool use" (2026-08-31).  The texts are those that
-- callers report; the ones for response fields are guesses.

local model = require "moonrock.emulator.model"
local refuse = require "moonrock.emulator.refuse".refuse

local M = {}

local function invalid(text, ...)
  refuse("ValidationException", text:format(...))
end

local no_start = "A conversation must start with a user message. Try again with a conversation that starts with a "
  .. "user message."

-- ---- turns -------------------------------------------------------------------------------

local function check_turn(i, message, last)
  if i == 1 and message.role ~= "user" then
    invalid(no_start)
  elseif message.role == last then
    invalid("A conversation must alternate between user and assistant roles. Make sure the conversation alternates "
      .. "between user and assistant roles and try again.")
  elseif #(message.content or {}) == 0 then
    invalid("The content field in the Message object at messages.%d is empty. Add a ContentBlock object to the "
      .. "content field and try again.", i - 1)
  end
  for k, block in ipairs(message.content) do
    if block.text and not block.text:find "%S" then
      invalid("The text field in the ContentBlock object at messages.%d.content.%d is blank. Add text to the text "
        .. "field, and try again.", i - 1, k - 1)
    end
  end
end

-- ---- tools -------------------------------------------------------------------------------

local function tool_names(config)
  local names = {}
  for i, tool in ipairs(config and config.tools or {}) do
    local name = tool.toolSpec and tool.toolSpec.name
    local schema = name and tool.toolSpec.inputSchema.json
    if name and (type(schema) ~= "table" or schema.type ~= "object") then -- no union at the root, no $ref
      invalid("The value at toolConfig.tools.%d.toolSpec.inputSchema.json.type must be one of the following: object.",
        i - 1)
    end
    if name and names[name] then
      invalid("The tool %s is already defined at toolConfig.tools.%d. Tool names must be unique.", name,
        names[name] - 1)
    elseif name then
      names[name] = i
    end
  end
  return names
end

-- The ids that a turn asks or answers, in order, by the name of the block.
local function ids_of(message, kind)
  local list, set = {}, {}
  for _, block in ipairs(message and message.content or {}) do
    local id = block[kind] and block[kind].toolUseId
    if id then
      if set[id] then invalid("The ids of %s blocks in one turn must be unique. The id %s is used twice.", kind, id) end
      list[#list + 1], set[id] = id, true
    end
  end
  return list, set
end

-- Results answer the calls of the turn before, all of them and no others.
local function check_results(messages, i)
  local results, answered = ids_of(messages[i], "toolResult")
  local uses, asked = ids_of(messages[i - 1], "toolUse")
  if #results > #uses then
    invalid("The number of toolResult blocks at messages.%d.content exceeds the number of toolUse blocks of previous "
      .. "turn.", i - 1)
  end
  for _, id in ipairs(results) do
    if not asked[id] then
      invalid("messages.%d.content: unexpected toolResult id %s: it answers no toolUse block of the previous turn.",
        i - 1, id)
    end
  end
  local missing = {}
  for _, id in ipairs(uses) do
    if not answered[id] then missing[#missing + 1] = id end
  end
  if #missing > 0 then
    invalid("Expected toolResult blocks at messages.%d.content for the following Ids: %s", i - 1,
      table.concat(missing, ", "))
  end
end

local function check_tools(params)
  local config, used = params.toolConfig, false
  local names = tool_names(config)
  for i, message in ipairs(params.messages) do
    for _, block in ipairs(message.content) do used = used or block.toolUse ~= nil or block.toolResult ~= nil end
    ids_of(message, "toolUse")
    if i > 1 or #ids_of(message, "toolResult") > 0 then check_results(params.messages, i) end
  end
  if used and not config then
    invalid "The toolConfig field must be defined when using toolUse and toolResult content blocks."
  end
  local choice = config and config.toolChoice and config.toolChoice.tool
  if choice and not names[choice.name] then
    invalid("The tool %s of toolChoice is not defined in toolConfig.tools.", choice.name)
  end
end

-- ---- the rest ----------------------------------------------------------------------------

-- JSON Pointers (RFC 6901): a slash before each part, "~" only as ~0 and ~1.
local function check_paths(paths)
  for i, path in ipairs(paths or {}) do
    if path:sub(1, 1) ~= "/" or path:gsub("~[01]", ""):find("~", 1, true) then
      invalid("additionalModelResponseFieldPaths.%d: '%s' is not a valid JSON Pointer.", i - 1, path)
    end
  end
end

local function check_config(params, facts)
  local config = params.inferenceConfig or {}
  local limit = config.maxTokens or facts.max_output
  if limit > facts.max_output then
    invalid("The maximum tokens you requested exceeds the model limit of %d. Try again with a maximum tokens value "
      .. "that is lower than %d.", facts.max_output, facts.max_output)
  elseif facts.temperature_or_top_p and config.temperature and config.topP then
    invalid "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
  end
  for i, stop in ipairs(config.stopSequences or {}) do
    if not stop:find "%S" then
      invalid("The stop sequence at inferenceConfig.stopSequences.%d is blank. Add text and try again.", i - 1)
    end
  end
  return limit
end

--- Refuses what a service would refuse.
---@param params table of Converse or ConverseStream
---@param facts table the model's entry of the catalog
---@return integer limit of tokens
function M.check(params, facts)
  local last
  if #(params.messages or {}) == 0 then
    invalid(no_start)
  end
  for i, message in ipairs(params.messages) do
    check_turn(i, message, last)
    last = message.role
  end
  check_tools(params)
  check_paths(params.additionalModelResponseFieldPaths)
  return check_config(params, facts)
end

--- What a conversation asks: the last user turn, the system prompt, all tokens, and the start of
--- the answer that the caller has written already.
---@return { question: string, system: string, tokens: integer, prefill: string }
function M.question(params)
  local list = params.messages or {}
  local tokens, question, prefill = 0, "", ""
  for i, message in ipairs(list) do
    local text = model.text_of(message.content)
    tokens = tokens + model.count(text) + 3
    if message.role == "user" then question = text end
    if i == #list and message.role == "assistant" then prefill = text end
  end
  local system = model.text_of(params.system or {})
  return { question = question, system = system, tokens = tokens + model.count(system), prefill = prefill }
end

return M
