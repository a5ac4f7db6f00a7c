-- SPDX-License-Identifier: MIT
-- chat.lua -- runtime:chat: a conversation to its end, with Lua functions as tools and answers that fit
-- a schema. Converse is called until the model has nothing more to ask for, within a bound. What a
-- tool raises goes back to the model; what was cut off at max_tokens, or held back by a guardrail, is
-- raised and never given as an answer.

local errors = require "moonrock.error"
local json = require "moonrock.json"
local repair = require "moonrock.json_repair"
local schemas = require "moonrock.schema"
local tables = require "moonrock.tables"
local tasks = require "moonrock.tasks"
local tool_schema = require "moonrock.tool_schema"

local M = {}

local OPTIONS = { modelId = "string", messages = "any", system = "string", tools = "table", schema = "any",
  structure = "string", max_turns = "count", max_tokens = "count", temperature = "amount", reasks = "any",
  on_tool = "function", pay = "function", limiter = "table", additional = "table" }
local TOOL = { description = "string", parameters = "table", schema = "any", run = "function" }
local CUT_OFF = tables.set "max_tokens model_context_window_exceeded"
local REFUSED = tables.set "guardrail_intervened content_filtered"
local MALFORMED = tables.set "malformed_model_output malformed_tool_use"
local ANSWER = "answer" -- the tool by which a model gives an answer that has a schema
local MAX_TURNS, REASKS = 10, 2

local function wrong(message, hint)
  errors.raise { code = "ParamValidation", message = "chat: " .. message, hint = hint, retryable = false,
    service = "bedrock-runtime" }
end

-- ---- tools ---------------------------------------------------------------------------

local function described(given)
  local tools = {}
  for _, name in ipairs(tables.keys(given or {})) do
    local tool = tables.check_options(given[name], TOOL, ("chat, tool %s"):format(tostring(name)))
    if type(name) ~= "string" or not name:find("^[%w_-]+$") or #name > 64 or name == ANSWER then
      wrong(("%s is no name for a tool"):format(tostring(name)), "letters, digits, _ and -, at most 64; not " .. ANSWER)
    elseif not tool.run then
      wrong(("the tool %s has no function `run`"):format(name))
    end
    local schema = tool.schema or tool_schema.object(tool.parameters or {})
    if type(schema) ~= "table" or schema.type ~= "object" then
      wrong(("the schema of the tool %s does not describe an object"):format(name),
        'write type = "object" at its root: Converse takes no other input of tools')
    end
    tools[name] = { spec = { toolSpec = { name = name, description = tool.description,
      inputSchema = { json = schema } } }, run = tool.run, judge = schemas.compile(schema) }
  end
  return tools
end

local function problems_text(problems)
  local lines = {}
  for i = 1, math.min(#problems, 10) do
    lines[i] = ("%s %s"):format(problems[i].path ~= "" and problems[i].path or "the value", problems[i].message)
  end
  return table.concat(lines, "; ")
end

local function result_block(id, content, failed)
  return { toolResult = { toolUseId = id, content = { content }, status = failed and "error" or "success" } }
end

-- What a tool gave, as a block. Converse takes objects as `json`; anything else goes as text.
local function content_of(result)
  if type(result) == "string" and result:find("%S") then
    return { text = result }
  end
  local text = json.encode(result == nil and json.null or result) -- raises for what is no JSON
  local is_object = type(result) == "table" and not json.is_array(result) and #result == 0
  return is_object and { json = result } or { text = text }
end

-- One call of a tool: what the model is told, and what went wrong, if anything did.
local function run_tool(self, use)
  local tool = self.tools[use.name]
  local input, result, err, content = use.input or json.object {}, nil, nil, nil
  if not tool then
    err = ("there is no tool %s; there are %s"):format(use.name, table.concat(tables.keys(self.tools), ", "))
  else
    local fits, problems = tool.judge(input)
    if not fits then
      err = "the input does not fit: " .. problems_text(problems)
    else
      local outcome = table.pack(pcall(tool.run, input))
      result = outcome[2]
      if not outcome[1] then
        if errors.is(result, "Cancelled") then
          error(result, 0)
        end
        local ok, text = pcall(json.encode, result) -- an address would tell the model nothing
        result, err = nil, errors.is(result) and result.message
          or type(result) == "table" and not getmetatable(result) and ok and text or tostring(result)
      elseif result == nil and outcome[3] ~= nil then -- nil, err: as modules of low level answer
        err = tostring(outcome[3])
      end
    end
    if not err then
      local ok, found = pcall(content_of, result)
      content, err = ok and found or nil, not ok and "what the tool gave cannot be told: " .. tostring(found) or nil
    end
  end
  if self.on_tool then
    self.on_tool(use.name, input, result, err)
  end
  return result_block(use.toolUseId, content or { text = err }, err ~= nil)
end

local function run_tools(self, uses)
  return tasks.map(uses, function(use) return run_tool(self, use) end, { concurrency = #uses })
end

-- ---- structured answers --------------------------------------------------------------

local function instruction(schema)
  return "Answer with one JSON value that fits this JSON Schema, and with nothing else:\n" .. json.encode(schema)
end

-- The value in an answer; or nil and what is wrong with it.
local function value_of(self, uses, text)
  local value, repaired
  for _, use in ipairs(uses) do
    if use.name == ANSWER then
      value = use.input
    end
  end
  if value == nil then
    value, repaired = repair.decode(text)
    if value == nil then
      return nil, repaired
    end
  end
  -- A model that puts the object into a text, or one level too deep, has answered all the same.
  local fits, problems = self.judge(value)
  if not fits and type(value) == "table" and type(value[ANSWER]) ~= "nil" then
    local inner = value[ANSWER]
    inner = type(inner) == "string" and repair.decode(inner) or inner
    if self.judge(inner) then
      return inner, nil, true
    end
  end
  if not fits then
    return nil, "the answer does not fit the schema: " .. problems_text(problems)
  end
  return value, nil, repaired
end

-- Adds a turn of the model to the conversation. Blank texts are left out: Converse refuses them, and turns of
-- nothing, which models give at times.
local function keep(self, message)
  local content = {}
  for _, block in ipairs(message.content or {}) do
    if not block.text or block.text:find("%S") then
      content[#content + 1] = block
    end
  end
  if #content > 0 then
    table.insert(self.messages, tables.copy(message, { content = content }))
  end
end

-- Adds a turn of the user; to the one before where the model said nothing in between.
local function say(self, blocks)
  local last = self.messages[#self.messages]
  if last.role == "user" then
    local content = table.move(last.content, 1, #last.content, 1, {})
    table.move(blocks, 1, #blocks, #content + 1, content)
    self.messages[#self.messages] = tables.copy(last, { content = content })
  else
    table.insert(self.messages, { role = "user", content = blocks })
  end
end

-- The next request names the problem; calls of the answer tool have to be answered as such.
local function ask_again(self, message, uses, problem)
  local blocks = {}
  local text = ("This answer cannot be used: %s. Give it again, whole, and nothing else."):format(problem)
  for i, use in ipairs(uses) do
    blocks[i] = result_block(use.toolUseId, { text = text }, true)
  end
  if #blocks == 0 then
    blocks[1] = { text = text }
  end
  keep(self, message)
  say(self, blocks)
end

-- ---- turns ---------------------------------------------------------------------------

local function tool_config(self)
  local list = {}
  for _, name in ipairs(tables.keys(self.tools)) do
    list[#list + 1] = self.tools[name].spec
  end
  local choice
  if self.schema ~= nil and self.structure == "tool" then
    choice = #list == 0 and { tool = { name = ANSWER } } or { any = {} }
    list[#list + 1] = { toolSpec = { name = ANSWER, description = "Gives the final answer.",
      inputSchema = { json = self.schema } } }
  end
  return #list > 0 and { tools = list, toolChoice = choice } or nil
end

local function system_of(self)
  local blocks = {}
  if self.system then
    blocks[1] = { text = self.system }
  end
  if self.schema ~= nil and self.structure == "json" then
    blocks[#blocks + 1] = { text = instruction(self.schema) }
  end
  return #blocks > 0 and blocks or nil
end

-- Does a model refuse tools, or to be told which one to use?
local function is_without_tools(err)
  local text = errors.is(err, "ValidationException") and tostring(err.message):lower() or ""
  return (text:find("tool", 1, true) and (text:find("support", 1, true) or text:find("not allowed", 1, true))) ~= nil
end

-- One request, paid for; through the limiter, so that a throttled turn is asked again and not the whole chat.
local function send(self, request)
  local bytes = (self.pay or self.limiter) and #json.encode { request.messages, request.system or "",
    request.toolConfig or "" }
  local function call()
    local settle = self.pay and self.pay(self.modelId, bytes, self.max_tokens)
    local reply, err = errors.try(self.runtime.converse, self.runtime, request)
    local usage = reply and reply.usage
    if settle then
      settle(usage and { input_tokens = usage.inputTokens, output_tokens = usage.outputTokens })
    end
    return reply or error(err, 0)
  end
  if self.limiter then
    return errors.try(self.limiter.call, self.limiter, bytes // 4 + self.max_tokens, call)
  end
  return errors.try(call)
end

local function converse(self)
  local request = { modelId = self.modelId, messages = self.messages, system = system_of(self),
    toolConfig = tool_config(self), additionalModelRequestFields = self.additional,
    inferenceConfig = { maxTokens = self.max_tokens, temperature = self.temperature } }
  local reply, err = send(self, request)
  if not reply then
    if self.structure == "tool" and self.schema ~= nil and not next(self.tools) and is_without_tools(err) then
      self.structure = "json"
      return converse(self)
    end
    error(err, 0)
  end
  self.turns = self.turns + 1
  for name, count in pairs(reply.usage or {}) do
    self.usage[name] = math.type(count) and (self.usage[name] or 0) + count or self.usage[name]
  end
  return reply
end

local function check_stop(self, reason, text)
  if CUT_OFF[reason] then
    errors.raise { code = "AnswerTruncated", retryable = false, service = "bedrock-runtime", partial = text,
      usage = self.usage, message = ("the answer was cut off after %d characters (%s)"):format(#text, reason),
      hint = "give a larger max_tokens, or ask for less; what came is in err.partial" }
  elseif REFUSED[reason] then
    errors.raise { code = "AnswerRefused", retryable = false, service = "bedrock-runtime", partial = text,
      usage = self.usage, message = ("the answer was held back (%s)"):format(reason) }
  end
end

local function take_apart(message)
  local uses, texts = {}, {}
  for _, block in ipairs(message.content or {}) do
    uses[#uses + 1] = block.toolUse
    texts[#texts + 1] = block.text
  end
  return uses, table.concat(texts)
end

local function answer(self, reply, message, text, more)
  keep(self, message)
  return tables.copy({ text = text, message = message, messages = self.messages, stop_reason = reply.stopReason,
    usage = self.usage, turns = self.turns }, more)
end

-- The calls of an answer that is one of tools only.
local function wanted_tools(self, uses)
  for _, use in ipairs(uses) do
    if use.name ~= ANSWER or self.schema == nil then
      return true
    end
  end
  return false
end

local function talk(self)
  while true do
    local reply = converse(self)
    local message = reply.output and reply.output.message or { role = "assistant", content = {} }
    local uses, text = take_apart(message)
    check_stop(self, reply.stopReason, text)
    if wanted_tools(self, uses) then
      if self.turns >= self.max_turns then
        errors.raise { code = "TooManyTurns", retryable = false, service = "bedrock-runtime", messages = self.messages,
          message = ("the model still asks for tools after %d turns"):format(self.turns),
          hint = "give a larger max_turns, or look at err.messages" }
      end
      keep(self, message)
      say(self, run_tools(self, uses))
    elseif self.schema == nil and MALFORMED[reply.stopReason] then
      errors.raise { code = "AnswerUnusable", retryable = false, service = "bedrock-runtime", partial = text,
        usage = self.usage, message = ("the model's output could not be read by the service (%s)"):format(
          reply.stopReason), hint = "ask again; what came is in err.partial" }
    elseif self.schema == nil then
      return answer(self, reply, message, text)
    else
      local value, problem, repaired = value_of(self, uses, text)
      if value ~= nil then
        return answer(self, reply, message, text, { value = value, repaired = repaired or false,
          reasked = self.reasked, structure = self.structure })
      elseif self.reasked >= self.reasks then
        errors.raise { code = "AnswerUnusable", retryable = false, service = "bedrock-runtime", partial = text,
          usage = self.usage, reasked = self.reasked,
          message = ("the model gave no answer of the wanted form, asked %s: %s"):format(self.reasked == 0 and "once" or
            self.reasked + 1 .. " times", problem) }
      end
      self.reasked = self.reasked + 1
      ask_again(self, message, uses, problem)
    end
  end
end

local function check(options)
  local messages, schema = options.messages, options.schema
  if not options.modelId then
    wrong("`modelId` is missing")
  elseif type(messages) ~= "string" and (type(messages) ~= "table" or #messages == 0) then
    wrong("`messages` is a text, or a list of messages as converse takes them")
  elseif schema ~= nil and (type(schema) ~= "table" or schema.type ~= "object") then
    wrong("`schema` describes an object: { type = \"object\", properties = ... }")
  elseif options.structure and options.structure ~= "tool" and options.structure ~= "json" then
    wrong('`structure` is "tool" or "json"')
  elseif options.reasks ~= nil and (math.type(options.reasks) ~= "integer" or options.reasks < 0) then
    wrong("`reasks` is an integer of 0 or more")
  end
end

---Converse until there is an answer.
---@param runtime moonrock.BedrockRuntime
---@param options table
---  modelId; messages: text of the user, or messages as converse takes them; system: text; max_tokens
---  (1024); temperature; additional: additionalModelRequestFields; tools by name { description, parameters =
---  { city = "string the city", days = "integer?" } or schema = JSON Schema, run = function(input) that gives
---  a text or a table }: input is checked, calls of one turn run as tasks, errors go back to the model;
---  max_turns (10); on_tool: function(name, input, result, err); schema: JSON Schema of the answer, which is then
---  in `value`; structure: "tool" (the answer is a tool's input) or "json" (for models without tools;
---  found out by itself where there are no other tools); reasks (2): how often an answer that does not fit is
---  asked for again, with the problem named; pay: as evaluate's judges use it; limiter: of moonrock.limiter, which each
---  request goes through
---@return { text: string, value: any, message: table, messages: table[], stop_reason: string, usage: table,
---turns: integer, reasked: integer?, repaired: boolean?, structure: string? } answer raises AnswerTruncated (with
---`partial`), AnswerRefused, AnswerUnusable, TooManyTurns
function M.chat(runtime, options)
  options = tables.check_options(options, OPTIONS, "chat")
  check(options)
  local messages = options.messages
  if type(messages) == "string" then
    messages = { { role = "user", content = { { text = messages } } } }
  end
  local self = tables.copy({ max_turns = MAX_TURNS, reasks = REASKS, structure = "tool", max_tokens = 1024 }, options)
  self.runtime, self.messages = runtime, table.move(messages, 1, #messages, 1, {})
  self.tools, self.usage, self.turns, self.reasked = described(options.tools), {}, 0, 0
  self.judge = self.schema ~= nil and schemas.compile(self.schema) or nil
  return talk(self)
end

return M
