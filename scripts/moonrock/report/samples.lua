-- SPDX-License-Identifier: MIT
-- report/samples.lua -- the samples of a report as data: an index that the page reads at once (numbers,
-- statuses), and their texts in blocks that it reads when they are looked at or searched.

local html = require "moonrock.report.html"
local json = require "moonrock.json"
local to_utf8 = require("moonrock.plain").utf8

local M = {}

local BLOCK = 200 -- samples of one block of texts
local LIMITS = { 65536, 32768, 16384, 8192, 4096, 2048, 1024 } -- bytes of one text
local ALL = 64 << 20 -- bytes of all texts together

local function text_of(value)
  if type(value) == "string" then
    return value
  end
  return json.encode(value, { indent = 2 })
end

-- What was asked as { who, text } pairs: a conversation turn by turn, all else as it is.
local function turns_of(input)
  local messages = type(input) == "table" and (input.messages or input)
  local turns = {}
  for _, message in ipairs(type(messages) == "table" and messages or {}) do
    if type(message) ~= "table" or type(message.role) ~= "string" or message.content == nil then
      return { { "", text_of(input) } }
    end
    turns[#turns + 1] = { message.role, text_of(message.content) }
  end
  if #turns == 0 then
    return { { "", text_of(input) } }
  elseif messages ~= input and input.system then
    table.insert(turns, 1, { "system", text_of(input.system) })
  end
  return turns
end

local function given(value)
  return value ~= nil and value ~= json.null
end

---@class moonrock.report.Row
---@field id string
---@field index integer
---@field lines table<integer, table> the sample line of each run, by the run's place

---The samples of all runs by their ids, in the order of the first run.
---@param runs moonrock.evaluate.Results[]
---@return moonrock.report.Row[]
function M.rows(runs)
  local rows, by_id = {}, {}
  for place, run in ipairs(runs) do
    for _, line in ipairs(run:in_order()) do
      local row = by_id[line.id]
      if not row then
        row = { id = line.id, index = line.index or #rows + 1, lines = {} }
        by_id[line.id], rows[#rows + 1] = row, row
      end
      row.lines[place] = line
    end
  end
  return rows
end

local function problem(err)
  return ("%s: %s"):format(err.code or "Error", err.message or "")
end

-- Every text of a row, in a fixed order, through `use`.
local function texts_of(row, count, use)
  local first = row.lines[1] or row.lines[2]
  local turns = turns_of(first.input == nil and "" or first.input)
  local out = { q = json.array {}, x = given(first.expected) and use(text_of(first.expected)) or json.null,
    r = json.array {} }
  for i, turn in ipairs(turns) do
    out.q[i] = { to_utf8(turn[1]), use(turn[2]) }
  end
  for place = 1, count do
    local line = row.lines[place]
    if line then
      local told = { a = given(line.answer) and use(line.answer) or nil }
      if line.error then
        told.e = use(problem(line.error))
      end
      for name, reason in pairs(line.details or {}) do
        told.d = told.d or {}
        told.d[to_utf8(name)] = use(text_of(reason))
      end
      for name, reason in pairs(line.unjudged or {}) do
        told.u = told.u or {}
        told.u[to_utf8(name)] = use(problem(reason))
      end
      out.r[place] = json.object(told)
    else
      out.r[place] = json.null
    end
  end
  return out
end

-- How many bytes of a text can be shown so that all of them together stay readable for a browser.
local function limit_of(rows, count)
  local lengths = {}
  for _, row in ipairs(rows) do
    texts_of(row, count, function(text)
      lengths[#lengths + 1] = #text
      return text
    end)
  end
  for _, limit in ipairs(LIMITS) do
    local sum = 0
    for _, length in ipairs(lengths) do
      sum = sum + math.min(length, limit)
    end
    if sum <= ALL then
      return limit
    end
  end
  return LIMITS[#LIMITS]
end

-- A text, or { its beginning, bytes of the whole }.
local function cutter(limit)
  return function(text)
    if #text <= limit then
      return to_utf8(text)
    end
    local stop = limit
    while stop > limit - 4 and (text:byte(stop + 1) & 0xC0) == 0x80 do -- not within a character
      stop = stop - 1
    end
    return { to_utf8(text:sub(1, stop)), #text }
  end
end

local function number_or_null(value)
  return type(value) == "number" and value == value and math.abs(value) < math.huge and value or json.null
end

-- A line's numbers; the page knows them by their places.
local function facts_of(line, scorers)
  if not line then
    return json.null
  end
  local scores, usage = json.array {}, line.usage or {}
  for i, name in ipairs(scorers) do
    scores[i] = number_or_null((line.scores or {})[name])
  end
  return { to_utf8(line.status or "error"), scores, number_or_null(line.latency_ms), number_or_null(line.cost),
    number_or_null(usage.input_tokens), number_or_null(usage.output_tokens), number_or_null(line.attempts),
    to_utf8(line.stop_reason or ""), line.cached and 1 or 0 }
end

---The elements with the data of all samples.
---@param rows moonrock.report.Row[]
---@param names string[] of the runs
---@param scorers string[]
---@return string[] html parts
---@return integer limit bytes of a text that are shown
function M.data(rows, names, scorers)
  local limit = limit_of(rows, #names)
  local use = cutter(limit)
  local index = { runs = json.array {}, scorers = json.array {}, block = BLOCK, rows = json.array {} }
  for i, name in ipairs(names) do index.runs[i] = to_utf8(name) end
  for i, name in ipairs(scorers) do index.scorers[i] = to_utf8(name) end
  local parts, block = {}, json.array {}
  for i, row in ipairs(rows) do
    local facts = { to_utf8(row.id), row.index }
    for place = 1, #names do
      facts[#facts + 1] = facts_of(row.lines[place], scorers)
    end
    index.rows[i] = facts
    block[#block + 1] = texts_of(row, #names, use)
    if #block == BLOCK or i == #rows then
      parts[#parts + 1] = html.json("texts-" .. #parts, block)
      block = json.array {}
    end
  end
  table.insert(parts, 1, html.json("index", index))
  return parts, limit
end

return M
