-- SPDX-License-Identifier: MIT
-- jsonl/group.lua -- jsonl.group and join: records that share a key, brought together by a sort that
-- needs no more memory than it is given. What belongs to one key must fit in memory: the values of a list,
-- the records of the right side.

local core = require "moonrock.jsonl_core"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local pass = require "moonrock.jsonl.pass"
local tables = require "moonrock.tables"

local M = {}

-- Aggregates ----------------------------------------------------------------------------------
-- Each is a function that makes { add(value, place, raw), done() -> JSON text }; absent and null are not added.
-- place: { plan, line }, for messages.

local function refuse(place, format, ...)
  errors.raise { code = "InvalidRecord", message = ("%s of %s, line %s: "):format(place.plan.verb, place.plan.path,
    place.line) .. format:format(...) }
end

-- Integers of up to 24 digits are added exactly, in limbs of 10^15: the upper one holds 9 * 10^9 of the longest.
-- Other numbers are added by Neumaier's sum.
local limb, MOST_DIGITS = 10 ^ 15 // 1 | 0, 24

local function exact_text(high, low)
  high, low = high + low // limb, low % limb
  if high < 0 and low > 0 then high, low = high + 1, low - limb end
  if high == 0 then return ("%d"):format(low) end
  return ("%d%015d"):format(high, math.abs(low))
end

-- The digits of an integer beyond 64 bits, whose value is a float; nil for any other text.
local function long_integer(raw)
  local sign, digits = raw:match("^(%-?)(%d+)$")
  if digits and #digits > 15 then
    return sign == "-" and -1 or 1, digits
  end
end

local function new_sum()
  local high, low, sum, rest, floats, count = 0, 0, 0.0, 0.0, false, 0
  local self = {}
  local function add_limbs(more_high, more_low)
    high, low = high + more_high + (low + more_low) // limb, (low + more_low) % limb
  end
  function self.add(value, place, raw)
    if not math.type(value) then
      refuse(place, "a number is wanted, not %s", raw)
    end
    count = count + 1
    if math.type(value) == "integer" then
      return add_limbs(value // limb, value % limb)
    end
    local sign, digits = long_integer(raw)
    if sign and #digits <= MOST_DIGITS then
      add_limbs(sign * math.tointeger(digits:sub(1, -16)), sign * math.tointeger(digits:sub(-15)))
    else
      floats = true
      local total = sum + value
      rest = rest + (math.abs(sum) >= math.abs(value) and sum - total + value or value - total + sum)
      sum = total
    end
  end
  function self.number()
    if not floats then return high * 1e15 + low, count end
    return sum + rest + (high * 1e15 + low), count
  end
  function self.done()
    if not floats then return exact_text(high, low) end
    local total = self.number()
    return total - total == 0 and json.encode(total) or "null"
  end
  return self
end

-- Is the one number above the other? Long integers that are equal as floats are told apart by their digits.
local function is_above(value, raw, other, other_raw)
  if value ~= other or type(value) == "string" then return value > other end
  local sign, digits = long_integer(raw)
  local other_sign, other_digits = long_integer(other_raw)
  return sign ~= nil and sign == other_sign and #digits == #other_digits and
    (sign > 0 and digits > other_digits or sign < 0 and digits < other_digits)
end

local function new_best(is_max)
  return function()
    local best, text
    return { add = function(value, place, raw)
      if type(value) ~= "number" and type(value) ~= "string" or best ~= nil and type(value) ~= type(best) then
        refuse(place, "numbers, or strings, are wanted, and not both; here is %s", raw)
      end
      if best == nil or is_max and is_above(value, raw, best, text)
        or not is_max and is_above(best, text, value, raw) then
        best, text = value, raw
      end
    end, done = function() return text or "null" end }
  end
end

local aggregates = {
  count = function()
    local n = 0
    return { add = function() n = n + 1 end, done = function() return ("%d"):format(n) end }
  end,
  sum = new_sum,
  mean = function()
    local sum = new_sum()
    return { add = sum.add, done = function()
      local total, n = sum.number()
      return n > 0 and total - total == 0 and json.encode(total / n) or "null"
    end }
  end,
  min = new_best(false),
  max = new_best(true),
  list = function()
    local all = {}
    return { add = function(_, _, raw) all[#all + 1] = raw end,
      done = function() return "[" .. table.concat(all, ",") .. "]" end }
  end,
}

---@class moonrock.jsonl.GroupOptions: moonrock.jsonl.PassOptions
---@field by string|table keys, as for jsonl.sort: their order is that of the groups
---@field aggregate? table<string, string> fields of the output and what goes there: "count" (records), or
---"sum score", "min score", "max score", "mean score", "list id", "count score" (records that have it). The default is
---{ count = "count" }

local function plans_of(aggregate, keys, columns)
  local plans, taken, column_of = {}, {}, {}
  for i, key in ipairs(keys) do
    if taken[key.path] then errors.raise { code = "ParamValidation", message = ("jsonl.group: by has %s twice")
      :format(key.path) } end
    taken[key.path] = true
    columns[i + 1] = { path = key.path }
  end
  for _, name in ipairs(tables.keys(aggregate)) do
    if taken[name] then
      errors.raise { code = "ParamValidation", message = ("jsonl.group: the field %s is a key already")
        :format(name), hint = 'give what is counted another name: aggregate = { n = "count" }' }
    end
    local text = aggregate[name]
    local verb, path = (tostring(text) .. " "):match("^(%l+)%s+(.-)%s*$")
    if not aggregates[verb] or (path == "" and verb ~= "count") then
      errors.raise { code = "ParamValidation", message = ("jsonl.group: %s is no aggregate; they are count, and sum, "
        .. "min, max, mean, list and count of a PATH"):format(tostring(text)) }
    end
    if path ~= "" and not column_of[path] then
      columns[#columns + 1] = { path = path }
      column_of[path] = #columns
    end
    plans[#plans + 1] = { name = tostring(name), verb = verb, path = path, column = column_of[path] }
  end
  return plans
end

-- The JSON texts of a line of the sorter.
local function texts_of(line)
  local texts, n = {}, 0
  for text in line:gmatch("[^\31]+") do -- none is empty
    n = n + 1
    texts[n] = text
  end
  return texts
end

-- The value of a JSON text; most are numbers, which Lua spells alike but for a zero with a sign.
local function value_of(text)
  local value = text ~= "-0" and tonumber(text) or nil
  if value == nil then return core.decode(text) end
  return value
end

---One record for each key: the key's fields, under their paths, and the aggregates in the order of their names. Sums
---of integers of up to 24 digits are exact. Groups come in the order of the keys.
---@param options moonrock.jsonl.GroupOptions
---@return { records: integer, written: integer, faults: integer }
function M.group(options)
  local run <close> = pass.begin(options, { by = "any", aggregate = "table" }, "jsonl.group")
  options = run.options
  local keys, columns = pass.keys(options.by, run.where), { "number" }
  local plans = plans_of(options.aggregate or { count = "count" }, keys, columns)
  local sorter = run:sorter { by = keys, columns = columns, mark = true }
  local sources, sink = run:inputs(options.input), run:sink(options.output)
  run:feed(sorter, sources)
  local written, head, states, place = 0, nil, nil, {}
  local out = {}
  local function take()
    if not head then return end
    for i, plan in ipairs(plans) do
      head[#head + 1] = json.encode(plan.name) .. ":" .. states[i].done()
    end
    written = written + 1
    out[#out + 1] = "{" .. table.concat(head, ",") .. "}\n"
    head = nil
  end
  for lines in run:sorted(sorter) do
    for line in lines:gmatch("([^\n]*)\n") do
      if line == "" then
        take()
      else
        local texts = texts_of(line)
        if not head then
          head, states = {}, {}
          for i, key in ipairs(keys) do
            head[i] = json.encode(key.path) .. ":" .. texts[i + 1]
          end
          for i, plan in ipairs(plans) do states[i] = aggregates[plan.verb]() end
        end
        place.line = texts[1]
        for i, plan in ipairs(plans) do
          local text = plan.column and texts[plan.column]
          if not text then
            states[i].add()
          elseif text ~= "null" then
            place.plan = plan
            states[i].add(value_of(text), place, text)
          end
        end
      end
    end
    sink.write(table.concat(out))
    out = {}
  end
  take()
  sink.write(table.concat(out))
  local records = sorter:stats().records
  return run:commit { records = records, written = written }
end

-- Join ----------------------------------------------------------------------------------------

---@class moonrock.jsonl.JoinOptions: moonrock.jsonl.PassOptions
---@field input string|function|table the left side
---@field with string|function|table the right side
---@field by string|table keys that must be equal; of both sides
---@field right_by? string|table those of the right side, where they have other paths
---@field kind? "inner"|"left"|"anti" inner (default): a record for every pair; left: also left records without a
---partner; anti: only these
---@field into? string the right record goes whole into this field, which the left must not have; otherwise its fields
---are added, but those that the left has too stay the left's

local kinds = { inner = true, left = true, anti = true }

local function merge(left_text, right, into, where)
  local left, err = core.decode(left_text)
  if left == nil then error(err, 0) end
  if not core.is_record(left) or not core.is_record(right) or left_text:find("^%s*%[") then
    errors.raise { code = "InvalidRecord", message = where .. ": only objects can be joined" }
  end
  if into then
    if core.get(left, into) ~= nil then
      errors.raise { code = "InvalidRecord",
        message = ("%s: the left record has the field %s already"):format(where, into) }
    end
    left[into] = right
  else
    for key, value in pairs(right) do
      if core.get(left, key) == nil then left[key] = value end
    end
  end
  return core.json(left)
end

---Brings records of two inputs together by a key; a record without the key (or with null) has no partner. The order
---is that of the left side, and for one left record that of the right.
---@param options moonrock.jsonl.JoinOptions
---@return { left: integer, right: integer, written: integer, faults: integer }
function M.join(options)
  local run <close> = pass.begin(options, { with = "any", by = "any", right_by = "any", kind = "string",
    into = "string" }, "jsonl.join")
  options = run.options
  local kind = options.kind or "inner"
  if not kinds[kind] or options.with == nil then
    errors.raise { code = "ParamValidation",
      message = "jsonl.join takes input, with, and kind \"inner\", \"left\" or \"anti\"" }
  end
  local left_keys = pass.keys(options.by, run.where)
  local right_keys = options.right_by and pass.keys(options.right_by, run.where) or left_keys
  if #left_keys ~= #right_keys then
    errors.raise { code = "ParamValidation", message = "jsonl.join: by and right_by name different numbers of keys" }
  end
  for i, key in ipairs(left_keys) do -- what is compared must be made in the same way
    right_keys[i] = { path = right_keys[i].path, order = key.order, descending = key.descending }
  end
  local sorter = run:sorter({ by = left_keys, other = right_keys, mark = true, numbered = true, alone = true }, 0.5)
  local left, right = run:inputs(options.input), run:inputs(options.with)
  local sink = run:sink(options.output)
  sorter:swap()
  run:feed(sorter, right, nil, right_keys)
  local rights = sorter:stats().records
  sorter:swap()
  run:feed(sorter, left)
  local back, written = run:sorter({ subject = "numbered" }, 0.5), 0
  local partners, out, size = {}, {}, 0
  local function put(number, text)
    out[#out + 1] = number .. text .. "\n"
    size = size + #text
    written = written + 1
    if size > 1 << 18 then
      pass.give(back, table.concat(out))
      out, size = {}, 0
    end
  end
  for lines in run:sorted(sorter) do
    for line in lines:gmatch("([^\n]*)\n") do
      local number = line:sub(1, 16)
      if line == "" then
        partners = {}
      elseif tonumber(number, 16) <= rights then
        local record = core.decode(line:sub(17)) -- which may be false
        partners[#partners + 1] = kind == "anti" or record
      elseif #partners == 0 then
        if kind ~= "inner" then put(number, line:sub(17)) end
      elseif kind ~= "anti" then
        local where = ("jsonl.join: left record %d"):format(tonumber(number, 16) - rights)
        for _, partner in ipairs(partners) do put(number, merge(line:sub(17), partner, options.into, where)) end
      end
    end
  end
  if out[1] then pass.give(back, table.concat(out)) end
  for lines in run:sorted(back) do sink.write(lines) end
  local records = sorter:stats().records
  return run:commit { left = records - rights, right = rights, written = written }
end

return M
