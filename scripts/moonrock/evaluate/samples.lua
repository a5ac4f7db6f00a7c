-- SPDX-License-Identifier: MIT
-- evaluate/samples.lua -- from the records of a dataset to what a model is asked.
-- A sample is { id, index, input, messages, system, expected, record, bytes }: `messages` of { role,
-- content } as text, `expected` what the last turn of the assistant says, `bytes` the size of
-- what is sent. The forms that people fine-tune with are known; for any other there is the option `sample`.

local crypto = require "moonrock.crypto"
local dataset = require "moonrock.dataset"
local errors = require "moonrock.error"
local json = require "moonrock.json"

local M = {}

local function wrong(index, message)
  errors.raise { code = "NotASample", message = ("record %d: %s"):format(index, message), retryable = false,
    hint = "give evaluate `sample`, a function that makes { input =, expected = } of a record" }
end

local function text_of(content)
  if type(content) == "string" then
    return content
  end
  local parts = {}
  for _, block in ipairs(type(content) == "table" and content or {}) do
    if type(block) ~= "table" or type(block.text) ~= "string" then
      return nil
    end
    parts[#parts + 1] = block.text
  end
  return #parts > 0 and table.concat(parts, "\n") or nil
end

-- Claude's and Converse's form, and OpenAI's, which has the system's text as a first message.
local function from_chat(record, index)
  local messages, system = {}, text_of(record.system)
  for i, message in ipairs(record.messages) do
    local content = type(message) == "table" and text_of(message.content)
    if not content then
      wrong(index, ("messages[%d] has no text"):format(i))
    elseif message.role == "system" then
      system = content
    else
      messages[#messages + 1] = { role = message.role, content = content }
    end
  end
  local last, expected = messages[#messages], nil
  if last and last.role == "assistant" then
    expected = last.content
    messages[#messages] = nil
  end
  if #messages == 0 then
    wrong(index, "there is nothing to ask")
  end
  return { messages = messages, system = system, expected = expected }
end

local function from_record(record, index)
  if type(record) ~= "table" then
    wrong(index, "a JSON object is wanted")
  elseif type(record.messages) == "table" then
    return from_chat(record, index)
  elseif type(record.prompt) == "string" then
    return { input = record.prompt, expected = record.completion }
  elseif record.input ~= nil then
    return { input = record.input, expected = record.expected }
  end
  wrong(index, "it has neither messages nor prompt nor input")
end

local function asked_of(sample)
  return json.encode { sample.messages, sample.system or "" }
end

local function finish(sample, index, record, seen)
  if type(sample) ~= "table" or sample.input == nil and type(sample.messages) ~= "table" then
    wrong(index, "no sample came of it: { input = ... } or { messages = ... } is wanted")
  end
  if not sample.messages then
    local text = type(sample.input) == "string" and sample.input or json.encode(sample.input)
    sample.messages = { { role = "user", content = text } }
  end
  sample.input = sample.input or (#sample.messages == 1 and not sample.system and sample.messages[1].content) or
    { system = sample.system, messages = sample.messages }
  local encoded = json.encode(sample.input)
  local id = sample.id or crypto.hash("sha256", encoded):sub(1, 16)
  seen[id] = (seen[id] or 0) + 1
  if seen[id] > 1 then
    if sample.id then
      wrong(index, ("two samples have the id %s"):format(id))
    end
    id = id .. "-" .. seen[id]
  end
  local asked = asked_of(sample)
  sample.id, sample.index, sample.record, sample.bytes = id, index, record, #asked
  return sample, asked
end

local function records_of(source)
  if type(source) == "string" then
    return dataset.each(source)
  elseif type(source) == "function" then
    return source
  elseif type(source) ~= "table" or #source == 0 then
    errors.raise { code = "ParamValidation", retryable = false,
      message = "evaluate: `dataset` is a path of JSONL, a list of records, or a function that gives the next one" }
  end
  local index = 0
  return function()
    index = index + 1
    return source[index]
  end
end

-- What of a sample makes it another one.
local function packed(sample, asked)
  return string.pack("<s4s4s4", sample.id, asked, sample.expected ~= nil and json.encode(sample.expected) or "")
end

---All samples of the dataset, up to `limit`.
---@param options { dataset: any, sample?: function, limit?: integer }
---@return table[] samples with path, sha256 (over what is asked and expected), records, and sha256_of(n), the same of
---the first n alone
function M.read(options)
  local samples, seen, hasher = {}, {}, crypto.hasher("sha256")
  for record in records_of(options.dataset) do
    local index = #samples + 1
    local sample, asked = finish((options.sample or from_record)(record, index), index, record, seen)
    samples[index] = sample
    hasher:update(packed(sample, asked))
    if index == options.limit then
      break
    end
  end
  samples.path = type(options.dataset) == "string" and options.dataset or nil
  samples.sha256, samples.records = hasher:digest("hex"), #samples
  function samples.sha256_of(n)
    local first = crypto.hasher("sha256")
    for i = 1, n do first:update(packed(samples[i], asked_of(samples[i]))) end
    return first:digest("hex")
  end
  return samples
end

return M
