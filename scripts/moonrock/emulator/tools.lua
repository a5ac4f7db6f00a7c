-- SPDX-License-Identifier: MIT
-- emulator.tools: when the stand-in calls a tool, and with what.
-- It does what can be relied upon in a rehearsal: a tool that it is told to use is used, one whose
-- name the question says is used once, and what a tool answered is said again. The input is made of
-- the tool's schema, and is the same for the same question and seed.

local json = require "moonrock.json"
local model = require "moonrock.emulator.model"
local tables = require "moonrock.tables"

local M = {}

local MAX_DEPTH, MOST = 16, 10000 -- levels; characters of a text, items of a list

-- ---- an input that fits a schema -----------------------------------------------------

local function resolve(root, schema)
  for _ = 1, MAX_DEPTH do
    local reference = type(schema) == "table" and schema["$ref"]
    if type(reference) ~= "string" then break end
    schema = root
    for step in reference:gmatch "[^#/]+" do schema = type(schema) == "table" and schema[step] or nil end
  end
  return type(schema) == "table" and schema or {}
end

-- A schema that is none makes no number.
local function bound(value) return type(value) == "number" and value or nil end
local function count(value) return bound(value) and math.tointeger(math.min(value, MOST)) end

local function text_for(schema, question)
  local text = question:match "^.*%f[%a](%u%l+)" or "stand-in"
  while #text < (count(schema.minLength) or 0) do text = text .. " " .. text end
  return text:sub(1, count(schema.maxLength) or -1)
end

-- A whole number (of the steps of multipleOf) within the bounds; where none lies there, their middle; 0 where
-- they are such (multipleOf = 0) that no number comes of them.
local function number_for(schema, pick)
  local above, below = bound(schema.exclusiveMinimum), bound(schema.exclusiveMaximum)
  local least, most = bound(schema.minimum) or above, bound(schema.maximum) or below
  local step = bound(schema.multipleOf) or 1
  least = least or math.min(0, (most or 9) - 9)
  most = most or least + 9 * step
  local low, high = math.ceil(least / step), math.floor(most / step)
  if above and low * step <= above then low = low + 1 end
  if below and high * step >= below then high = high - 1 end
  local number = (high > low and pick(low, high) or low) * step
  if low > high and schema.type == "number" then number = (least + most) / 2 end
  return number - number == 0 and number or 0
end

local function instance(root, schema, question, pick, depth)
  schema = resolve(root, schema)
  local kind = schema.type
  kind = type(kind) == "table" and kind[1] or kind
  local list = schema.enum or schema.examples
  if schema.const ~= nil then return schema.const end
  if type(list) == "table" and #list > 0 then return list[pick(1, #list)] end
  local branch = schema.anyOf or schema.oneOf
  if type(branch) == "table" and branch[1] and not kind and depth < MAX_DEPTH then
    return instance(root, branch[1], question, pick, depth + 1)
  elseif kind == "integer" or kind == "number" then
    return number_for(schema, pick)
  elseif kind == "boolean" then
    return pick(0, 1) == 1
  elseif kind == "null" then
    return json.null
  elseif kind == "array" then
    local out = json.array {}
    for i = 1, depth < MAX_DEPTH and math.max(1, count(schema.minItems) or 0) or 0 do
      out[i] = instance(root, schema.items or {}, question, pick, depth + 1)
    end
    return out
  elseif kind == "object" or schema.properties then
    local out, properties = json.object {}, type(schema.properties) == "table" and schema.properties or {}
    local names = depth == 0 and tables.keys(properties) or schema.required
    for _, name in ipairs(depth < MAX_DEPTH and type(names) == "table" and names or {}) do
      if type(name) == "string" then out[name] = instance(root, properties[name] or {}, question, pick, depth + 1) end
    end
    return out
  end
  return text_for(schema, question)
end

-- ---- whether, and which --------------------------------------------------------------

local function mentions(question, name)
  local text = question:lower()
  return text:find(name:lower(), 1, true) or text:find((name:lower():gsub("[_-]+", " ")), 1, true)
end

local function pick_tool(params, question, called)
  local config = params.toolConfig
  local choice, first = config.toolChoice or {}, nil
  for _, tool in ipairs(config.tools) do
    local spec = tool.toolSpec
    if spec and choice.tool and spec.name == choice.tool.name then return spec end
    if spec and not called[spec.name] and mentions(question, spec.name) then first = first or spec end
  end
  local last = config.tools[#config.tools]
  return first or choice.any and last and last.toolSpec or nil
end

-- What has been said since the last question: tools called, and what they answered.
local function since_question(messages)
  local question, called, answered = "", {}, {}
  for _, message in ipairs(messages) do
    local text = model.text_of(message.content)
    if message.role == "user" and text ~= "" then question, called, answered = text, {}, {} end
    for _, block in ipairs(message.content) do
      if block.toolUse then called[block.toolUse.name] = true end
      for _, part in ipairs(block.toolResult and block.toolResult.content or {}) do
        answered[#answered + 1] = part.text or part.json ~= nil and json.encode(part.json) or nil
      end
    end
  end
  return question, called, answered
end

--- The call of a tool that answers a conversation, if one does.
---@param params table of Converse
---@param answer string what is said otherwise; JSON of a tuned model is the input
---@return { name: string, input: table, toolUseId: string }|nil use
---@return string|nil answered what tools said, where the last turn brings it
function M.call(world, params, answer)
  local question, called, answered = since_question(params.messages)
  local last, brings = params.messages[#params.messages].content, false
  for _, block in ipairs(last) do brings = brings or block.toolResult ~= nil end
  brings = brings and model.text_of(last) == "" -- who asks on is answered
  if not params.toolConfig then return nil end
  local spec = pick_tool(params, question, called)
  if not spec then return nil, brings and table.concat(answered, "; ") or nil end
  local schema, number = spec.inputSchema and spec.inputSchema.json or {}, 0
  local function pick(low, high)
    number = number + 1
    return world:pick(("tool/%s/%d/%s"):format(spec.name, number, question), low, high)
  end
  local input = json.decode(answer)
  if type(input) ~= "table" or json.is_array(input) then
    input = instance(schema, schema, question, pick, 0)
  end
  return { name = spec.name, input = input, toolUseId = "tooluse_" .. world:id(22) }
end

return M
