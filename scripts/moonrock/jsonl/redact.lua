-- SPDX-License-Identifier: MIT
-- jsonl/redact.lua -- jsonl.redact: what patterns find in strings gives way to placeholders such as
-- [EMAIL_1], the same for the same value everywhere in a run. What was found stands in no log, message or result, only
-- how often. Names of fields and numbers that are no strings are left alone.

local core = require "moonrock.jsonl_core"
local errors = require "moonrock.error"
local io_ = require "moonrock.jsonl.io"
local pass = require "moonrock.jsonl.pass"
local pattern = require "moonrock.pattern"
local tables = require "moonrock.tables"

local M = {}

local VALUES = 1000000 -- to remember, unless the option values says otherwise

---What can be asked for by name. pattern: as for moonrock.pattern; needs: another one without which a line of JSON
---cannot hold it, where that is simpler or escapes stand in between; border: no character of this class of Lua may
---stand right before or behind it; check: "luhn"; same: how values are compared for their number; literal: what every
---occurrence holds, looked for first.
---@type table<string, table[]>
M.builtin = {
  email = { { pattern = [=[[A-Za-z0-9._%+'-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}]=], needs = "@", literal = "@",
    same = "lower" } },
  phone = {
    { pattern = [=[\+[0-9][0-9 ().\/-]{6,18}[0-9]]=], needs = "\\+[0-9]", literal = "+", border = "[%w+]",
      same = "digits" },
    { pattern = [=[\(?[0-9]{3}\)?[ .-]?[ ]?[0-9]{3}[ .-][0-9]{4}]=], needs = "[0-9]{3}[ .-][0-9]{4}",
      border = "[%w.-]", same = "digits" },
  },
  card = { { pattern = [=[[0-9]([ -]?[0-9]){12,18}]=], needs = "[0-9]([ -]?[0-9]){12}", border = "[%w.]",
    check = "luhn", same = "digits" } },
  key = {
    { pattern = [=[(AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}]=], border = "[%w]" },
    { pattern = [=[sk-[A-Za-z0-9_-]{20,}]=], needs = "sk-[A-Za-z0-9_-]{20}", literal = "sk-", border = "[%w_-]" },
    { pattern = [=[(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|xox[abeprs]-[A-Za-z0-9-]{10,})]=],
      needs = "gh[pousr]_|github_pat_|xox[abeprs]-", border = "[%w_]" },
    { pattern = [=[eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}]=], needs = "eyJ", literal = "eyJ",
      border = "[%w_-]" },
    { pattern = [=[-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+\/=:,\s-]*-----END [A-Z ]*PRIVATE KEY-----]=],
      needs = "PRIVATE KEY", literal = "PRIVATE KEY" },
  },
}

local same = {
  lower = string.lower,
  digits = function(text) return (text:gsub("%D", "")) end,
}

local function luhn(text)
  local sum, double = 0, false
  for digit in text:gsub("%D", ""):reverse():gmatch("%d") do
    local value = tonumber(digit) * (double and 2 or 1)
    sum = sum + (value > 9 and value - 9 or value)
    double = not double
  end
  return sum % 10 == 0
end

local function finder(text)
  local find, err = pattern.finder(text)
  if not find then error(err, 0) end
  return find
end

local function compile(rule, name)
  local border = rule.border
  if border and (not border:find("^%[[^%^].*%]$") or not pcall(string.find, "", border)) then
    errors.raise { code = "ParamValidation", message = ("jsonl.redact: the border %s of the pattern %s is no class of "
      .. "characters such as [%%w_]"):format(border, name) }
  end
  return { name = name, find = finder(rule.pattern), needs = rule.needs or rule.pattern,
    literal = rule.literal, border = border,
    outside = border and "[^" .. border:sub(2), same = same[rule.same], luhn = rule.check == "luhn" }
end

local function rules_of(list)
  local rules = {}
  for _, entry in ipairs(list) do
    if type(entry) == "table" then
      tables.check_options(entry, { name = "string", pattern = "string", border = "string" }, "jsonl.redact's patterns")
      local name = entry.name or ""
      if not name:find("^[%a_][%w_]*$") or not entry.pattern then
        errors.raise { code = "ParamValidation",
          message = "jsonl.redact: a pattern of one's own has a name of letters, digits and _, and a pattern" }
      end
      rules[#rules + 1] = compile(entry, name:upper())
      rules[#rules].own = true
    elseif M.builtin[entry] then
      for _, rule in ipairs(M.builtin[entry]) do rules[#rules + 1] = compile(rule, entry:upper()) end
    else
      errors.raise { code = "ParamValidation", message = ("jsonl.redact: there is no pattern %s; there are %s")
        :format(tostring(entry), table.concat(tables.keys(M.builtin), ", ")) }
    end
  end
  return rules
end

---@class moonrock.Redactor
local Redactor = {}
Redactor.__index = Redactor

function Redactor:placeholder(rule, value)
  local numbers = self.numbers[rule.name]
  if not numbers then
    numbers = { last = 0, of = {} }
    self.numbers[rule.name] = numbers
  end
  value = rule.same and rule.same(value) or value
  local number = numbers.of[value]
  if not number then
    if self.values == self.limit then
      errors.raise { code = "TooManyValues",
        message = ("jsonl.redact: more than %d different values were found"):format(self.limit),
        hint = "give a larger option values, some 100 bytes of memory for each, or redact the input in parts" }
    end
    self.values = self.values + 1
    number = numbers.last + 1
    numbers.last, numbers.of[value] = number, number
  end
  self.found[rule.name] = (self.found[rule.name] or 0) + 1
  return ("[%s_%d]"):format(rule.name, number)
end

-- Where the next attempt can begin: the attempt at `first` found something with the wrong neighbours.
local function after(rule, text, first)
  local from = first + 1
  if rule.outside then
    from = text:find(rule.outside, first)
    if not from then return #text + 1 end
    from = from + 1
  end
  return text:find("[^\128-\191]", from) or #text + 1
end

-- A full stop or a dash behind what was found is no neighbour unless something follows it at once.
local function is_whole(rule, text, first, last)
  local border = rule.border and "^" .. rule.border
  return not (border and (first > 1 and text:find(border, first - 1)
    or text:find(border, last + 1) and not text:find("^[.-]%W", last + 1) and not text:find("^[.-]$", last + 1)))
    and not (rule.luhn and not luhn(text:sub(first, last)))
end

-- What rule i and those behind it find; one does not look into what another has put in.
function Redactor:apply(text, i)
  local rule = self.rules[i]
  while rule and rule.literal and not text:find(rule.literal, 1, true) do
    i = i + 1
    rule = self.rules[i]
  end
  if not rule then return text end
  local out, at, from = nil, 1, 1
  while true do
    local first, last = rule.find(text, from)
    if not first then break end
    if is_whole(rule, text, first, last) then
      out = out or {}
      out[#out + 1] = self:apply(text:sub(at, first - 1), i + 1)
      out[#out + 1] = self:placeholder(rule, text:sub(first, last))
      at, from = last + 1, last + 1
    else
      from = after(rule, text, first)
    end
  end
  if not out then return self:apply(text, i + 1) end
  out[#out + 1] = self:apply(text:sub(at), i + 1)
  return table.concat(out)
end

---@param text string
---@return string text with placeholders
function Redactor:text(text)
  return self.needed(text) and self:apply(text, 1) or text
end

-- Strings below a value; true if any was changed.
function Redactor:walk(record)
  local changed = false
  for key, value in pairs(record) do
    if type(value) == "string" then
      local text = self:text(value)
      if text ~= value then
        record[key] = text
        changed = true
      end
    elseif core.is_record(value) and self:walk(value) then
      changed = true
    end
  end
  return changed
end

-- Along a way of names, numbers and "*".
function Redactor:follow(record, way, i)
  local step, changed = way[i], false
  if not core.is_record(record) then return false end
  local function visit(key, value)
    if i < #way then
      changed = self:follow(value, way, i + 1) or changed
    elseif core.is_record(value) then
      changed = self:walk(value) or changed
    elseif type(value) == "string" then
      local text = self:text(value)
      if text ~= value then
        record[key] = text
        changed = true
      end
    end
  end
  if step == "*" then
    for key, value in pairs(record) do visit(key, value) end
  elseif type(step) == "number" then
    if step < 0 then step = #record + step end
    visit(step + 1, core.get(record, step + 1))
  else
    visit(step.name, core.get(record, step.name))
  end
  return changed
end

local function way_of(path)
  local way, at = {}, 1
  while at <= #path do
    local first, last, word = path:find("^%[(%-?%d+)%]", at)
    if first then
      way[#way + 1] = math.tointeger(tonumber(word))
    elseif path:find("^%[%*?%]", at) then
      first, last = path:find("^%[%*?%]", at)
      way[#way + 1] = "*"
    else
      first, last, word = path:find("^%.?([^.%[%]]+)", at)
      way[#way + 1] = { name = word }
    end
    if not first then
      errors.raise { code = "ParamValidation", message = ("jsonl.redact: %s is no path, such as messages[*].content")
        :format(path) }
    end
    at = last + 1
  end
  return way
end

---Patterns that are ready to be used on texts; numbers go on from text to text.
---@param patterns? (string|{ name: string, pattern: string, border?: string })[]
---@param limit? integer different values to remember, a million if not given
---@return moonrock.Redactor
function M.redactor(patterns, limit)
  local rules, needs, own = rules_of(patterns or tables.keys(M.builtin)), {}, false
  for i, rule in ipairs(rules) do
    needs[i] = "(?:" .. rule.needs .. ")"
    own = own or rule.own
  end
  return setmetatable({ rules = rules, needed = finder(table.concat(needs, "|")), own = own, numbers = {}, found = {},
    values = 0, limit = limit or VALUES }, Redactor)
end

-- Nothing can be found in such a line: as it stands, and with no escapes that may hide what is looked for.
function Redactor:is_clean(line)
  return not self.needed(line) and not line:find(self.own and "\\" or "\\u00", 1, true)
end

function Redactor:record(record, ways)
  if not core.is_record(record) then return false end
  if not ways then return self:walk(record) end
  local changed = false
  for _, way in ipairs(ways) do changed = self:follow(record, way, 1) or changed end
  return changed
end

---@class moonrock.jsonl.RedactOptions: moonrock.jsonl.PassOptions
---@field patterns? (string|{ name: string, pattern: string, border?: string })[] "card", "email", "key", "phone" (all
---if none are given), or one's own: pattern as for moonrock.pattern, border a class of Lua's patterns that may not
---stand right before or behind it
---@field values? integer how many different values to remember, a million if not given: some 100 bytes each
---@field paths? string[] only in these fields and below: "messages[*].content"; elements count from 0

---Puts placeholders in the place of what patterns find in strings. Raises TooManyValues beyond the option values.
---@param options moonrock.jsonl.RedactOptions
---@return { records: integer, written: integer, changed: integer, found: table<string, integer>, faults: integer }
function M.redact(options)
  local run <close> = pass.begin(options, { patterns = "table", paths = "table", values = "count" }, "jsonl.redact")
  options = run.options
  local redactor, ways = M.redactor(options.patterns, options.values), options.paths and {}
  for i, path in ipairs(options.paths or {}) do ways[i] = way_of(path) end
  local sources, sink = run:inputs(options.input), run:sink(options.output)
  local records, changed = 0, 0
  local texts, out, size = core.lines(), {}, 0
  for _, source in ipairs(sources) do
    local reader <close> = core.reader(run:reading(source), function(fault, line)
      fault.text = line
      run:note(source, fault)
    end, options.limit)
    for record in reader.next, reader do
      records = records + 1
      local line = reader:line()
      if not redactor:is_clean(line) then
        local text = type(record) == "string" and not ways and redactor:text(record)
        if text and text ~= record or redactor:record(record, ways) then
          texts:add(text or record)
          line = texts:take():sub(1, -2)
          changed = changed + 1
        end
      end
      out[#out + 1] = line
      size = size + #line
      if size >= io_.chunk then
        out[#out + 1] = ""
        sink.write(table.concat(out, "\n"))
        out, size = {}, 0
      end
    end
  end
  out[#out + 1] = ""
  sink.write(table.concat(out, "\n"))
  return run:commit { records = records, written = records, changed = changed, found = redactor.found }
end

return M
