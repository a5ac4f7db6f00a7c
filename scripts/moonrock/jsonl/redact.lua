-- SPDX-License-Identifier: MIT
-- jsonl/redact.lua -- jsonl.redact: what patterns find in strings gives way to placeholders such as
-- [EMAIL_1], the same for the same value everywhere in a run. What was found stands in no log, message or result, only
-- how often. Workers find, on all threads; numbers are given here, where records come in their order.

local errors = require "moonrock.error"
local json = require "moonrock.json"
local pass = require "moonrock.jsonl.pass"
local random = require "moonrock.random"
local rules = require "moonrock.jsonl.redact_rules"
local system = require "moonrock.system"
local tables = require "moonrock.tables"
local transform = require "moonrock.jsonl.transform"

local M = {}

local VALUES = 1000000 -- to remember, unless the option values says otherwise

---@class moonrock.jsonl.Numbers
local Numbers = {}
Numbers.__index = Numbers

-- secret: what marks begin with, which no input can hold; its first byte is rare, so that it is found fast.
local function new_numbers(limit)
  return setmetatable({ secret = "\127" .. random.uuid(), of = {}, last = {}, found = {}, values = 0, limit = limit,
    changed = 0 }, Numbers)
end

function Numbers:placeholder(name, value)
  local of = self.of[name] or {}
  local number = of[value]
  if not number then
    if self.values == self.limit then
      errors.raise { code = "TooManyValues",
        message = ("jsonl.redact: more than %d different values were found"):format(self.limit),
        hint = "give a larger option values, some 100 bytes of memory for each, or redact the input in parts" }
    end
    self.values = self.values + 1
    number = (self.last[name] or 0) + 1
    self.of[name], self.last[name], of[value] = of, number, number
  end
  self.found[name] = (self.found[name] or 0) + 1
  return ("[%s_%d]"):format(name, number)
end

-- The marks of one line, the first of them at `at`; and where the next line's first is.
function Numbers:marks(text, at)
  local marks, last = {}, text:find("\n", at, true)
  while at and at < last do
    local name, turn, value, behind = text:match("^([%w_]+):(%d+):([^;]*);()", at + #self.secret)
    marks[#marks + 1] = { name = name, turn = tonumber(turn), value = value, first = at, behind = behind }
    at = text:find(self.secret, behind, true)
  end
  return marks, at
end

local function by_turn(a, b) return a.turn < b.turn end
local function by_place(a, b) return a.first < b.first end

---Lines with marks become lines with placeholders; values are numbered record by record, and in a record in the order
---in which they were found.
function Numbers:resolve(text)
  local out, done, at = {}, 1, text:find(self.secret, 1, true)
  while at do
    local marks
    marks, at = self:marks(text, at)
    self.changed = self.changed + 1
    table.sort(marks, by_turn)
    for _, mark in ipairs(marks) do mark.text = self:placeholder(mark.name, mark.value) end
    table.sort(marks, by_place)
    for _, mark in ipairs(marks) do
      out[#out + 1] = text:sub(done, mark.first - 1)
      out[#out + 1] = mark.text
      done = mark.behind
    end
  end
  out[#out + 1] = text:sub(done)
  return table.concat(out)
end

---@class moonrock.jsonl.RedactOptions: moonrock.jsonl.PassOptions
---@field patterns? (string|{ name: string, pattern: string, border?: string })[] "card", "email", "key", "phone" (all
---if none are given), or one's own: pattern as for moonrock.pattern, border a class of Lua's patterns that may not
---stand right before or behind it
---@field values? integer how many different values to remember, a million if not given: some 100 bytes each
---@field paths? string[] only in these fields and below: "messages[*].content"; elements count from 0
---@field threads? integer one for each processor, if not given; the result is the same with any number

---Puts placeholders in the place of what patterns find in strings. Raises TooManyValues beyond the option values.
---@param options moonrock.jsonl.RedactOptions
---@return { records: integer, written: integer, changed: integer, found: table<string, integer>, faults: integer }
function M.redact(options)
  local known = { patterns = "table", paths = "table", values = "count", threads = "count" }
  local run <close> = pass.begin(options, known, "jsonl.redact")
  options = run.options
  for _, name in ipairs { "patterns", "paths" } do
    local list = options[name]
    if list and (#list == 0 or #tables.keys(list) ~= #list) then -- it would hide nothing, and not say so
      errors.raise { code = "ParamValidation", message = ("jsonl.redact: %s is a list with an entry or more")
        :format(name), hint = "without it all patterns are looked for, in all fields" }
    end
  end
  rules.rules(options.patterns) -- what is wrong with them is told before anything is opened
  for _, path in ipairs(options.paths or {}) do rules.way(path) end
  local numbers, limit = new_numbers(options.values or VALUES), options.limit or 1 << 30
  local script = ("return require('moonrock.jsonl.redact_rules').map(%q)"):format(json.encode {
    patterns = options.patterns, paths = options.paths, secret = numbers.secret })
  local crew <close> = transform.crew(script, "=redact", options.threads or system.processors(), limit)
  local sources, sink = run:inputs(options.input), run:sink(options.output)
  local marked = { write = function(text) sink.write(numbers:resolve(text)) end }
  local records = 0
  for _, source in ipairs(sources) do
    local result = { lines = 0, records = 0, written = 0 }
    transform.blocks(crew, source, marked, run:faults_of(source), result, limit, run:counting(source))
    records = records + result.written
    source.close()
  end
  return run:commit { records = records, written = records, changed = numbers.changed, found = numbers.found }
end

return M
