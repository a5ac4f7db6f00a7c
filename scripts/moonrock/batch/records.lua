-- SPDX-License-Identifier: MIT
-- batch/records.lua -- the records of a batch job: written by rule, checked, shared out among jobs.
-- A record is a line { recordId, modelInput }; modelInput is the body of InvokeModel in the form of
-- the model's family, or the request of Converse without modelId.  The service looks at a record
-- only when it runs it, hours later, so what it would refuse is refused here.
-- Source: user guide "Batch inference" (2026-08-31).

local catalog_module = require "moonrock.catalog"
local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local lazy = require "moonrock.lazy"
local model = require "moonrock.model"
local tables = require "moonrock.tables"
local target = require "moonrock.evaluate.target"

local converse_rules = lazy "moonrock.emulator.converse" -- the rules of a rehearsal
local messages_rules = lazy "moonrock.emulator.messages"

local M = {}

local FILE_BYTES = 200 << 20 -- a file goes up in one piece

local function wrong(message, hint)
  errors.raise { code = "InvalidRecord", message = message, hint = hint, retryable = false }
end

---The base model that an id or ARN leads to: entry of the catalog, or nil.
---@param catalog moonrock.Catalog
---@param identifier string
function M.base(catalog, identifier)
  return (catalog:find(identifier:match ":custom%-model/([^/]+)" or identifier))
end

-- ---- what goes into modelInput --------------------------------------------------------

local checks = {}

local function refused(rules, ...)
  local ok, refusal = pcall(rules, ...)
  return not ok and tostring(refusal.message or refusal) or nil
end

function checks.InvokeModel(input, facts)
  if not facts or facts.format ~= "anthropic" then
    return nil -- only Claude's form is known here
  end
  return refused(messages_rules.parse, json.encode(input), facts)
end

function checks.Converse(input, facts, identifier)
  if input.modelId ~= nil then
    return "modelId: it belongs to the job, not to a record"
  end
  local params = tables.copy(input, { modelId = facts and facts.id or identifier })
  local ok, problems = model.service("bedrock-runtime"):operation("converse"):check(params)
  local problem = not ok and problems[1]
  if problem then
    return ("%s: %s%s"):format(problem.path, problem.message,
      problem.suggestion and ("; did you mean %s?"):format(problem.suggestion) or "")
  end
  return facts and facts.max_output and refused(converse_rules.check, params, facts) or nil
end

-- ---- items to records -----------------------------------------------------------------

local known = { id = true, model_input = true, messages = true, system = true, prompt = true }

local function record_of(item, index, options, facts)
  if type(item) == "string" then
    item = { prompt = item }
  elseif type(item) ~= "table" then
    wrong(("record %d is a %s; a prompt or a table is wanted"):format(index, type(item)))
  end
  local id = item.id == nil and ("%06d"):format(index) or item.id
  if type(id) ~= "string" or id == "" then
    wrong(("record %d: its id must be a text"):format(index))
  end
  local where = ("record %d (%s)"):format(index, id)
  local input = item.model_input
  if input == nil then
    local asked = item.messages or type(item.prompt) == "string" and { { role = "user", content = item.prompt } }
    if type(asked) ~= "table" or #asked == 0 then
      wrong(where .. ": it has neither prompt nor messages nor model_input")
    end
    asked = { messages = asked, system = item.system or options.system, max_tokens = options.max_tokens,
      temperature = options.temperature }
    input = options.kind == "Converse" and target.conversation(asked) or target.body(options.family, asked)
  elseif type(input) ~= "table" then
    wrong(where .. ": model_input must be a table")
  end
  for _, name in ipairs(options.strict and tables.keys(item) or {}) do
    if not known[name] then
      wrong(("%s: unknown field %s"):format(where, tostring(name)),
        "fields are id, prompt, messages, system, model_input; what the model shall see goes into model_input")
    end
  end
  local problem = checks[options.kind](input, facts, options.model)
  if problem then
    wrong(("%s: %s"):format(where, problem), "the service would refuse this record when it comes to it")
  end
  local text = json.encode { recordId = id, modelInput = input }
  return { id = id, input = input, line = text, hash = crypto.hash("sha256", text):sub(1, 16) }
end

---Records of what shall be asked.
---@param items table[]|string[] prompts, or { id?, prompt | messages, system? | model_input }
---@param options table model, kind, max_tokens, temperature, system, catalog; strict: a field of an item that
---is not known is an error
---@return { id: string, input: table, line: string, hash: string }[] raises InvalidRecord with the place
function M.make(items, options)
  options = tables.copy(options, { family = target.family(options.model) })
  local facts = M.base(options.catalog or catalog_module.default(), options.model)
  if options.kind == "InvokeModel" and not options.family then
    for index, item in ipairs(items) do
      if type(item) ~= "table" or item.model_input == nil then
        wrong(("record %d: the InvokeModel body of %s is not known here"):format(index, options.model),
          'give model_input, or kind = "Converse", whose form all models share')
      end
    end
  end
  local records, seen = {}, {}
  for index, item in ipairs(items) do
    local record = record_of(item, index, options, facts)
    if seen[record.id] then
      wrong(("records %d and %d have the same id %s"):format(seen[record.id], index, record.id),
        "answers are found by their id: it must be one record's own")
    end
    seen[record.id], records[index] = index, record
  end
  return records
end

-- ---- records to jobs ------------------------------------------------------------------

---Shares records out among as few jobs as the limits allow, in even parts.
---@param records table[] of `make`
---@param limits { min_records: integer, max_records: integer, max_file_bytes: integer }
---@return table[][] raises InvalidRecord for a record that no file can hold
function M.split(records, limits)
  local most_bytes = math.min(limits.max_file_bytes, FILE_BYTES)
  local total = 0
  for _, record in ipairs(records) do
    total = total + #record.line + 1
    if #record.line + 1 > most_bytes then
      wrong(("record %s has %d bytes, a file may have %d"):format(record.id, #record.line, most_bytes))
    end
  end
  local count = math.max((#records + limits.max_records - 1) // limits.max_records, (total - 1) // most_bytes + 1)
  while true do
    local parts, fits, from = {}, true, 1
    for number = 1, count do
      local to, bytes = #records * number // count, 0
      parts[number] = table.move(records, from, to, 1, {})
      for _, record in ipairs(parts[number]) do bytes = bytes + #record.line + 1 end
      fits, from = fits and bytes <= most_bytes, to + 1
    end
    if fits then
      return parts
    end
    count = count + 1
  end
end

return M
