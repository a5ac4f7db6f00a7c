-- SPDX-License-Identifier: MIT
-- emulator.messages: the Anthropic Messages body of InvokeModel: checked, and answered.
-- Rules: "Anthropic Claude Messages API" in the Bedrock user guide (2026-08-31).  The error texts
-- have the form that callers report ("max_tokens: Field required"); their exact words may differ.

local json = require "moonrock.json"
local model = require "moonrock.emulator.model"
local refuse = require "moonrock.emulator.refuse".refuse
local tables = require "moonrock.tables"

local M = {}

local allowed = tables.set [[
  anthropic_version anthropic_beta max_tokens messages system temperature top_p top_k stop_sequences tools tool_choice
  metadata thinking output_config amazon-bedrock-guardrailConfig ]]

local function invalid(path, text) refuse("ValidationException", path .. ": " .. text) end

local function is_integer(value) return math.type(value) == "integer" end

local function check_range(request, name, lo, hi)
  local value = request[name]
  if value == nil then return end
  if type(value) ~= "number" then invalid(name, "Input should be a valid number") end
  if value < lo then invalid(name, ("Input should be greater than or equal to %s"):format(lo)) end
  if value > hi then invalid(name, ("Input should be less than or equal to %s"):format(hi)) end
end

local block_needs = {
  text = { "text" }, image = { "source" }, document = { "source" }, tool_use = { "id", "name", "input" },
  tool_result = { "tool_use_id" }, thinking = { "thinking" }, redacted_thinking = { "data" },
  search_result = { "source" },
}

local function check_content(path, content, role)
  if type(content) == "string" then
    if content == "" and role == "user" then invalid(path, "user messages must have non-empty content") end
    return
  end
  if type(content) ~= "table" or not json.is_array(content) then
    invalid(path, "Input should be a valid string or a valid list")
  end
  if #content == 0 and role == "user" then invalid(path, "user messages must have non-empty content") end
  for i, block in ipairs(content) do
    local at = ("%s.%d"):format(path, i - 1)
    if type(block) ~= "table" or type(block.type) ~= "string" then invalid(at, "Field required: type") end
    local needs = block_needs[block.type]
    if not needs then
      invalid(at, ("Input tag '%s' found using 'type' does not match any of the expected tags"):format(block.type))
    end
    for _, name in ipairs(needs) do
      if block[name] == nil then invalid(("%s.%s.%s"):format(at, block.type, name), "Field required") end
    end
    if block.type == "text" and type(block.text) ~= "string" then
      invalid(at .. ".text.text", "Input should be a valid string")
    elseif block.type == "text" and block.text == "" then
      invalid(path, "text content blocks must be non-empty")
    end
  end
end

local function check_messages(messages)
  if messages == nil then invalid("messages", "Field required") end
  if type(messages) ~= "table" or not json.is_array(messages) then
    invalid("messages", "Input should be a valid list")
  end
  if #messages == 0 then invalid("messages", "at least one message is required") end
  local last
  for i, message in ipairs(messages) do
    local path = "messages." .. (i - 1)
    if type(message) ~= "table" then invalid(path, "Input should be an object") end
    for _, name in ipairs { "role", "content" } do
      if message[name] == nil then invalid(path .. "." .. name, "Field required") end
    end
    if message.role ~= "user" and message.role ~= "assistant" then
      if message.role == "system" then
        invalid("messages", 'Unexpected role "system". The Messages API accepts a top-level `system` parameter, not '
          .. '"system" as an input message role.')
      end
      invalid(path .. ".role", "Input should be 'user' or 'assistant'")
    end
    if i == 1 and message.role ~= "user" then invalid("messages", 'first message must use the "user" role') end
    if message.role == last then
      invalid("messages", ('roles must alternate between "user" and "assistant", but found multiple "%s" roles in a '
        .. 'row'):format(last))
    end
    last = message.role
    check_content(path .. ".content", message.content, message.role)
  end
end

-- ---- tools -------------------------------------------------------------------------------

local function check_tools(request)
  local tools, choice, names = request.tools, request.tool_choice, {}
  if tools ~= nil and (type(tools) ~= "table" or not json.is_array(tools)) then
    invalid("tools", "Input should be a valid list")
  end
  for i, tool in ipairs(tools or {}) do
    local path = "tools." .. (i - 1)
    if type(tool) ~= "table" then invalid(path, "Input should be an object") end
    if type(tool.name) ~= "string" then invalid(path .. ".name", "Field required") end
    if (tool.type or "custom") == "custom" and type(tool.input_schema) ~= "table" then
      invalid(path .. ".input_schema", "Field required")
    end
    if names[tool.name] then invalid("tools", "Tool names must be unique.") end
    names[tool.name] = true
  end
  if choice == nil then return end
  if not tools then invalid("tool_choice", "tool_choice may only be specified while providing tools.") end
  local kind = type(choice) == "table" and choice.type
  if not (kind == "auto" or kind == "any" or kind == "tool" or kind == "none") then
    invalid("tool_choice", "Input tag found using 'type' does not match any of the expected tags: 'auto', 'any', "
      .. "'tool', 'none'")
  elseif kind == "tool" and not names[choice.name] then
    invalid("tool_choice", ("Tool '%s' not found in provided tools"):format(tostring(choice.name)))
  end
end

-- The ids of a turn's blocks of a type, in order and as a set.
local function ids_of(message, kind, member)
  local list, set = {}, {}
  for _, block in ipairs(message and type(message.content) == "table" and message.content or {}) do
    if block.type == kind then
      list[#list + 1] = tostring(block[member])
      set[list[#list]] = true
    end
  end
  return list, set
end

-- Results answer the calls of the turn before, all of them and no others.
local function check_results(messages)
  for i = 1, #messages + 1 do
    local results, answered = ids_of(messages[i], "tool_result", "tool_use_id")
    local uses, asked = ids_of(messages[i - 1], "tool_use", "id")
    for _, id in ipairs(results) do
      if not asked[id] then
        invalid("messages." .. (i - 1), ("unexpected `tool_use_id` found in `tool_result` blocks: %s. Each "
          .. "`tool_result` block must have a corresponding `tool_use` block in the previous message."):format(id))
      end
    end
    for _, id in ipairs(uses) do
      if not answered[id] then
        invalid("messages." .. (i - 2), ("`tool_use` ids were found without `tool_result` blocks immediately after: "
          .. "%s. Each `tool_use` block must have a corresponding `tool_result` block in the next message."):format(id))
      end
    end
  end
end

local function blocks_of(content)
  if type(content) ~= "table" then return { { text = content } } end
  local out = {}
  for i, block in ipairs(content) do
    local block_type = type(block) == "table" and block.type
    if block_type == "tool_use" then
      out[i] = { toolUse = { toolUseId = block.id, name = block.name, input = block.input } }
    elseif block_type == "tool_result" then
      out[i] = { toolResult = { toolUseId = block.tool_use_id, content = blocks_of(block.content) } }
    else
      out[i] = { text = block_type == "text" and block.text or nil }
    end
  end
  return out
end

--- The conversation and the tools of a request as Converse has them.
---@return { messages: table[], toolConfig: table|nil }
function M.conversation(request)
  local out = { messages = {} }
  for i, message in ipairs(request.messages) do
    out.messages[i] = { role = message.role, content = blocks_of(message.content) }
  end
  if not request.tools then return out end
  local choice, tools = request.tool_choice or {}, {}
  for i, tool in ipairs(choice.type ~= "none" and request.tools or {}) do
    tools[i] = { toolSpec = tool.input_schema and { name = tool.name, inputSchema = { json = tool.input_schema } } }
  end
  out.toolConfig = { tools = tools, toolChoice = { any = choice.type == "any" and {} or nil,
    tool = choice.type == "tool" and { name = choice.name } or nil } }
  return out
end

-- ---- a whole request ---------------------------------------------------------------------

--- Reads and checks a body.
---@param text string
---@param facts table the model's entry of the catalog
---@return table request
function M.parse(text, facts)
  local request, err = json.decode(text)
  if type(request) ~= "table" or json.is_array(request) and #request > 0 then
    refuse("ValidationException", "Malformed input request, please reformat your input and try again."
      .. (err and err.line and (" [moonrock rehearsal: line %d, column %d]"):format(err.line, err.column or 0) or ""))
  end
  for _, name in ipairs(tables.keys(request)) do
    if request[name] == json.null then request[name] = nil end
    if not allowed[name] then invalid(name, "Extra inputs are not permitted") end
  end
  if request.anthropic_version == nil then invalid("anthropic_version", "Field required") end
  if request.anthropic_version ~= "bedrock-2023-05-31" then
    invalid("anthropic_version", "Input should be 'bedrock-2023-05-31'")
  end
  if request.max_tokens == nil then invalid("max_tokens", "Field required") end
  if not is_integer(request.max_tokens) then invalid("max_tokens", "Input should be a valid integer") end
  if request.max_tokens < 1 then invalid("max_tokens", "Input should be greater than or equal to 1") end
  if facts.max_output and request.max_tokens > facts.max_output then
    invalid("max_tokens", ("%d > %d, which is the maximum allowed number of output tokens for %s")
      :format(request.max_tokens, facts.max_output, facts.id:match "%.(.-)%-v%d" or facts.id))
  end
  check_messages(request.messages)
  check_tools(request)
  check_results(request.messages)
  local system = request.system
  if system ~= nil and type(system) ~= "string" then
    if type(system) ~= "table" or not json.is_array(system) then
      invalid("system", "Input should be a valid string or a valid list")
    end
    check_content("system", system, "system")
  end
  check_range(request, "temperature", 0, 1)
  check_range(request, "top_p", 0, 1)
  check_range(request, "top_k", 0, 500)
  if facts.temperature_or_top_p and request.temperature and request.top_p then
    refuse("ValidationException", "`temperature` and `top_p` cannot both be specified for this model. Please use "
      .. "only one.")
  end
  local stops = request.stop_sequences
  if stops ~= nil then
    if type(stops) ~= "table" or not json.is_array(stops) then
      invalid("stop_sequences", "Input should be a valid list")
    end
    if #stops > 8191 then invalid("stop_sequences", "List should have at most 8191 items") end
    for i, stop in ipairs(stops) do
      if type(stop) ~= "string" then invalid("stop_sequences." .. (i - 1), "Input should be a valid string") end
      if not stop:find "%S" then invalid("stop_sequences", "each stop sequence must contain non-whitespace") end
    end
  end
  return request
end

local function text_of(content)
  if type(content) == "string" then return content end
  return model.text_of(content)
end

--- What a request asks: the last user turn, the system prompt, all tokens, and the start of the
--- answer that the caller has written already.
---@return { question: string, system: string, tokens: integer, prefill: string }
function M.question(request)
  local tokens, question, prefill = 0, "", ""
  for i, message in ipairs(request.messages) do
    local text = text_of(message.content)
    tokens = tokens + model.count(text) + 3
    if message.role == "user" then question = text end
    if i == #request.messages and message.role == "assistant" then prefill = text end
  end
  local system = request.system and text_of(request.system) or ""
  return { question = question, system = system, tokens = tokens + model.count(system), prefill = prefill }
end

--- Cuts an answer at stop sequences and at the token limit.
---@return string text
---@return string reason end_turn, stop_sequence or max_tokens
---@return string|nil stop_sequence
---@return integer tokens
function M.finish(text, limit, stops)
  local reason, stopped, at = "end_turn", nil, #text + 1
  for _, stop in ipairs(stops or {}) do
    local found = text:find(stop, 1, true)
    if found and found < at then reason, stopped, at = "stop_sequence", stop, found end
  end
  text = text:sub(1, at - 1)
  local cut, was_cut, tokens = model.cut(text, limit)
  if was_cut then
    while not utf8.len(cut) do cut = cut:sub(1, -2) end -- not in the middle of a character
    return cut, "max_tokens", nil, tokens
  end
  return cut, reason, stopped, tokens
end

return M
