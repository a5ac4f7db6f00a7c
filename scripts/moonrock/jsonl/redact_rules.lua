-- SPDX-License-Identifier: MIT
-- jsonl/redact_rules.lua -- what jsonl.redact looks for, and where in a record; runs in the workers.
-- What is found gives way to a mark that holds its kind and value: only who sees all records in their order knows
-- the value's number. Names of fields and numbers that are no strings are left alone.

local core = require "moonrock.jsonl_core"
local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local luhn = require "moonrock.luhn"
local pattern = require "moonrock.pattern"
local tables = require "moonrock.tables"

local M = {}

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

---@param list? (string|{ name: string, pattern: string, border?: string })[] all that there are if none are given
---@return table[] rules raises for what cannot be one
function M.rules(list)
  local rules = {}
  for _, entry in ipairs(list or tables.keys(M.builtin)) do
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

---@class moonrock.jsonl.Redactor
local Redactor = {}
Redactor.__index = Redactor

function Redactor:mark(rule, value)
  self.marks = self.marks + 1
  return ("%s%s:%d:%s;"):format(self.secret, rule.name, self.marks, crypto.base64_encode(rule.same and rule.same(value)
    or value))
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
    and not (rule.luhn and not luhn.fits(text:sub(first, last)))
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
      out[#out + 1] = self:mark(rule, text:sub(first, last))
      at, from = last + 1, last + 1
    else
      from = after(rule, text, first)
    end
  end
  if not out then return self:apply(text, i + 1) end
  out[#out + 1] = self:apply(text:sub(at), i + 1)
  return table.concat(out)
end

-- A text that two ways lead to is looked into once.
function Redactor:text(text)
  if not self.needed(text) or text:find(self.secret, 1, true) then return text end
  return self:apply(text, 1)
end

function Redactor:visit(record, key, value)
  if type(value) == "string" then
    local text = self:text(value)
    if text ~= value then record[key] = text end
  elseif core.is_record(value) then
    self:walk(value)
  end
end

-- All strings below a value.
function Redactor:walk(record)
  for key, value in pairs(record) do self:visit(record, key, value) end
end

-- Along a way of names, numbers and "*".
function Redactor:follow(record, way, i)
  local step = way[i]
  if not core.is_record(record) then return end
  local function visit(key, value)
    if i < #way then self:follow(value, way, i + 1) else self:visit(record, key, value) end
  end
  if step == "*" then
    for key, value in pairs(record) do visit(key, value) end
  elseif type(step) == "number" then
    if step < 0 then step = #record + step end
    visit(step + 1, core.get(record, step + 1))
  else
    visit(step.name, core.get(record, step.name))
  end
end

local function refuse_path(path)
  errors.raise { code = "ParamValidation", message = ("jsonl.redact: %s is no path, such as messages[*].content")
    :format(type(path) == "string" and ("%q"):format(path) or tostring(path)) }
end

---@param path string "messages[*].content"
---@return (string|integer|{ name: string })[] way raises for what is none
function M.way(path)
  local way, at = {}, 1
  if type(path) ~= "string" then refuse_path(path) end
  repeat
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
    if not first then refuse_path(path) end
    at = last + 1
  until at > #path
  return way
end

-- Nothing can be found in such a line: as it stands, and with no escapes that may hide what is looked for.
function Redactor:is_clean(line)
  return not self.needed(line) and not line:find(self.own and "\\" or "\\u00", 1, true)
end

---The function of a worker.
---@param spelled string JSON of the options: patterns, paths, and the secret that marks begin with
---@return fun(record: any): any
function M.map(spelled)
  local options = json.decode(spelled)
  local rules, needs, ways, own = M.rules(options.patterns), {}, options.paths and {}, false
  for i, rule in ipairs(rules) do
    needs[i] = "(?:" .. rule.needs .. ")"
    own = own or rule.own
  end
  for i, path in ipairs(options.paths or {}) do ways[i] = M.way(path) end
  local redactor = setmetatable({ rules = rules, needed = finder(table.concat(needs, "|")), own = own,
    secret = options.secret, marks = 0 }, Redactor)
  return function(record)
    redactor.marks = 0
    if type(record) == "string" and not ways then
      local text = redactor:text(record)
      return text == record or text
    end
    if not core.is_record(record) or redactor:is_clean(core.json(record)) then return true end
    if not ways then redactor:walk(record) end
    for _, way in ipairs(ways or {}) do redactor:follow(record, way, 1) end
    return true
  end
end

return M
