-- SPDX-License-Identifier: MIT
-- dataset/tokens.lua -- the tokens of records as the service counts them (CountTokens).
-- One request a record, some at a time: for the exact figure behind the lint's estimate. Records that the lint
-- finds wrong are refused by the service; lint first.

local core = require "moonrock.jsonl_core"
local dataset_io = require "moonrock.dataset.io"
local errors = require "moonrock.error"
local io_ = require "moonrock.jsonl.io"
local jsonl = require "moonrock.jsonl"
local moonrock = require "moonrock"
local record = require "moonrock.record"
local tables = require "moonrock.tables"

local M = {}

local known_options = { model = "string", client = "any", concurrency = "count" }

---@class moonrock.dataset.TokenOptions
---@field model string id or ARN of a model that counts tokens
---@field client? table a client of bedrock-runtime; default: one of the session's
---@field concurrency? integer requests at a time (8)

---@class moonrock.dataset.TokenCount
---@field records integer
---@field tokens integer of all
---@field most integer of one record, with most_line
---@field most_line integer
---@field limit? integer the model's for a record, where it is known
---@field over integer[] lines of records above it

local function block(text) return { { text = text } } end

local function blocks(content)
  return type(content) == "string" and block(content) or content:table()
end

-- What CountTokens takes for a record of any of the formats.
local function input_of(value)
  if value.modelInput ~= nil then
    return { invokeModel = { body = jsonl.json(value.modelInput) } }
  elseif value.prompt ~= nil then
    return { converse = { messages = { { role = "user", content = block(value.prompt) },
      { role = "assistant", content = block(value.completion) } } } }
  end
  local messages = {}
  for i, message in ipairs(value.messages) do
    messages[i] = { role = message.role, content = blocks(message.content) }
  end
  return { converse = { messages = messages, system = value.system ~= nil and blocks(value.system) or nil } }
end

---@param source string|table as for dataset.lint
---@param options moonrock.dataset.TokenOptions
---@return moonrock.dataset.TokenCount
function M.count(source, options)
  options = tables.check_options(options, known_options, "dataset.count_tokens")
  if not options.model then
    errors.raise { code = "ParamValidation", message = "dataset.count_tokens needs the model that is to count" }
  end
  local client = options.client or moonrock.client("bedrock-runtime")
  local profile = record.profile(options.model)
  local limit = profile and profile.max_tokens
  local input = dataset_io.open(source)
  local closing <close> = setmetatable({}, { __close = input.close }) -- luacheck: ignore
  local result = { records = 0, tokens = 0, most = 0, most_line = 0, limit = limit, over = {} }
  local reader <close> = core.reader(input.read, io_.faults("stop", input.name).note)
  local function next_record()
    local value, line = reader:next()
    return line and { value = value, line = line } or nil
  end
  local function ask(item)
    local ok, asked = pcall(input_of, item.value)
    if not ok then
      errors.raise { code = "InvalidDataset", message = ("%s:%d: no record whose tokens can be counted"):format(
        input.name, item.line), hint = "lint it first" }
    end
    return client:count_tokens { modelId = options.model, input = asked }.inputTokens
  end
  -- Some at a time, so that a large file is not held in memory.
  local window = {}
  local function count_window()
    local counted = moonrock.map(window, ask, { concurrency = options.concurrency or 8 })
    for i, n in ipairs(counted) do
      result.records, result.tokens = result.records + 1, result.tokens + n
      if n > result.most then result.most, result.most_line = n, window[i].line end
      if limit and n > limit then result.over[#result.over + 1] = window[i].line end
    end
    window = {}
  end
  for item in next_record do
    window[#window + 1] = item
    if #window == 256 then count_window() end
  end
  count_window()
  return result
end

return M
