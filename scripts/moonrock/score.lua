-- SPDX-License-Identifier: MIT
-- score.lua -- what an answer is worth, from 0 to 1.
-- Each maker gives a scorer: { name, kind, options, score }, where score(sample) gives a number and,
-- where there is one, the reason. A sample has `answer` (the model's text) and `expected` (text, or
-- a decoded value). A scorer that cannot judge for want of something in the sample raises: a sample
-- that was not judged is never a sample that failed. What needs a model is in judge.lua.

local errors = require "moonrock.error"
local json = require "moonrock.json"
local keywords = require "moonrock.schema.keywords"
local lazy = require "moonrock.lazy"
local pattern = require "moonrock.pattern"
local tables = require "moonrock.tables"

local schema = lazy "moonrock.schema"

local M = {}

local check_options, keys = tables.check_options, tables.keys

---@class moonrock.Scorer
---@field name string as it stands in results and reports
---@field kind string the maker's name
---@field options table what the maker was given
---@field score fun(sample: { answer: string, expected: any }): number, string?
---@field paid? string the model that it asks, of those that cost: such a scorer calls sample.pay(model_id, bytes,
---max_tokens) before each call, and what that gives with the usage { input_tokens, output_tokens } after it

local function scorer(kind, options, score)
  return { name = options.name or kind, kind = kind, options = options, score = score }
end

local function cannot_judge(kind, what)
  errors.raise { code = "NotScorable", message = ("%s: the sample has no %s"):format(kind, what), retryable = false,
    hint = "give every sample one, or leave this scorer out" }
end

local function expected_text(kind, sample)
  local expected = sample.expected
  if type(expected) == "table" then
    return json.encode(expected)
  elseif expected == nil or expected == json.null then
    cannot_judge(kind, "expected text")
  end
  return tostring(expected)
end

-- Without the blanks at both ends; "%s+$" would look anew from each blank of a long run.
local function trim(text)
  local first = text:find("%S")
  return first and text:match(".*%S", first) or ""
end

-- The JSON value of an answer. Models like to put it into a fence; that is allowed, if asked for.
local function value_of(answer, fenced)
  local text = fenced and trim(answer):match("^```%w*[ \t\r]*\n(.*)```$") or answer
  local value, err = json.decode(text)
  if value == nil and err then
    return nil, err.message
  end
  return value
end

---The same text, byte for byte; blanks at both ends do not count.
---@param options? { name: string }
---@return moonrock.Scorer
function M.exact(options)
  options = check_options(options, { name = "string" }, "score.exact")
  return scorer("exact", options, function(sample)
    return trim(sample.answer) == trim(expected_text("exact", sample)) and 1 or 0
  end)
end

-- Lower case, no punctuation, single blanks. Letters beyond ASCII stay as they are.
local function normalize(text)
  return trim((text:lower():gsub("[%p]+", " "):gsub("%s+", " ")))
end

---The same words: case, punctuation and blanks do not count (ASCII; other letters as they are).
---@param options? { name: string }
---@return moonrock.Scorer
function M.normalized(options)
  options = check_options(options, { name = "string" }, "score.normalized")
  return scorer("normalized", options, function(sample)
    return normalize(sample.answer) == normalize(expected_text("normalized", sample)) and 1 or 0
  end)
end

---Does the answer contain the text, or without `text` what was expected?
---@param options? { name: string, text: string, ignore_case: boolean }
---@return moonrock.Scorer
function M.contains(options)
  options = check_options(options, { name = "string", text = "string", ignore_case = "boolean" }, "score.contains")
  return scorer("contains", options, function(sample)
    local answer, wanted = sample.answer, options.text or expected_text("contains", sample)
    if options.ignore_case then
      answer, wanted = answer:lower(), wanted:lower()
    end
    return answer:find(wanted, 1, true) and 1 or 0
  end)
end

---Does the regular expression (moonrock.pattern) occur in the answer?
---@param options { pattern: string, name: string }
---@return moonrock.Scorer
function M.regex(options)
  options = check_options(options, { pattern = "string", name = "string" }, "score.regex")
  local occurs, err = pattern.compile(options.pattern or error("score.regex: a pattern is wanted", 2))
  if not occurs then
    error(err, 0)
  end
  return scorer("regex", options, function(sample)
    return occurs(sample.answer) and 1 or 0
  end)
end

-- [100,200,300] is a list, as JSON has it.
local function spread(list)
  return (list:gsub(",", " "))
end

-- 1,234,567 without its commas; other commas stand between numbers.
local function ungrouped(digits)
  if digits:gsub(",%d%d%d%f[%D]", ""):find("^%d%d?%d?$") then
    return (digits:gsub(",", ""))
  end
end

-- The last number in a text: models give their working first. A sign behind a digit or a letter is none.
local function last_number(text)
  local found, at = nil, 1
  text = text:gsub("\u{2212}", "-"):gsub("%[[%s%d.,eE+-]*%]", spread):gsub("%d[%d,]*%d", ungrouped)
  while true do
    local from, stop = text:find("%d*%.?%d+", at)
    if not from then
      return found
    end
    local _, exponent_end = text:find("^[eE][-+]?%d+", stop + 1)
    stop = exponent_end or stop
    local signed = text:find("^[-+]", from - 1) and not text:find("^%w", from - 2)
    found, at = tonumber(text:sub(signed and from - 1 or from, stop)), stop + 1
  end
end

---Is the last number of the answer the expected one, within a tolerance?
---@param options? { tolerance: number, relative: number, name: string } absolute (0), or as a share of what is expected
---@return moonrock.Scorer
function M.numeric(options)
  options = check_options(options, { tolerance = "amount", relative = "amount", name = "string" }, "score.numeric")
  return scorer("numeric", options, function(sample)
    local wanted = tonumber(sample.expected) or last_number(expected_text("numeric", sample))
    if not wanted then
      cannot_judge("numeric", "expected number")
    end
    local found = last_number(sample.answer)
    if not found then
      return 0, "no number in the answer"
    end
    local allowed = math.max(options.tolerance or 0, (options.relative or 0) * math.abs(wanted))
    -- Differences of integers could wrap.
    local near = found == wanted or allowed > 0 and math.abs(found + 0.0 - wanted) <= allowed
    return near and 1 or 0, ("%s beside %s"):format(found, wanted)
  end)
end

---Is the answer JSON, the whole of it?
---@param options? { fenced: boolean, name: string } fenced: a code fence around it is allowed
---@return moonrock.Scorer
function M.json_valid(options)
  options = check_options(options, { fenced = "boolean", name = "string" }, "score.json_valid")
  return scorer("json_valid", options, function(sample)
    local value, reason = value_of(sample.answer, options.fenced)
    return value ~= nil and 1 or 0, reason
  end)
end

---Is the answer JSON that fits a schema?
---@param options { schema: table|boolean, fenced: boolean, name: string }
---@return moonrock.Scorer
function M.json_schema(options)
  options = check_options(options, { schema = "any", fenced = "boolean", name = "string" }, "score.json_schema")
  local judge = schema.compile(options.schema)
  return scorer("json_schema", options, function(sample)
    local value, reason = value_of(sample.answer, options.fenced)
    if value == nil then
      return 0, reason
    end
    local fits, problems = judge(value)
    return fits and 1 or 0, not fits and problems[1].path .. " " .. problems[1].message or nil
  end)
end

-- Also where it is false.
local function member(value, key)
  if type(value) == "table" then
    return value[key]
  end
end

-- The value at a path such as "items[2].price"; nil where there is none.
local function at_path(value, path)
  for name, index in path:gmatch("([^%.%[%]]*)%[?(%d*)%]?%.?") do
    if name ~= "" then
      value = member(value, name)
    end
    if index ~= "" then
      value = member(value, tonumber(index))
    end
  end
  return value
end

---The share of fields in which the answer, as JSON, has what was expected.
---@param options? { fields: string[], fenced: boolean, name: string } fields: paths such as
---`items[1].price`; without them the members of what is expected
---@return moonrock.Scorer
function M.json_fields(options)
  options = check_options(options, { fields = "table", fenced = "boolean", name = "string" }, "score.json_fields")
  return scorer("json_fields", options, function(sample)
    local expected = sample.expected
    if type(expected) == "string" then
      expected = value_of(expected, options.fenced)
    end
    if type(expected) ~= "table" then
      cannot_judge("json_fields", "expected JSON object")
    end
    local value, reason = value_of(sample.answer, options.fenced)
    if value == nil then
      return 0, reason
    end
    local same, wrong = 0, {}
    local fields = options.fields or keys(expected)
    for _, field in ipairs(fields) do
      local wanted, found = expected[field], member(value, field)
      if options.fields then
        wanted, found = at_path(expected, field), at_path(value, field)
      end
      if keywords.same(wanted, found) then
        same = same + 1
      else
        wrong[#wrong + 1] = tostring(field)
      end
    end
    return #fields > 0 and same / #fields or 1, #wrong > 0 and "differs in " .. table.concat(wrong, ", ") or nil
  end)
end

local function code_points(text)
  if not utf8.len(text) then
    return { text:byte(1, -1) }
  end
  local list = {}
  for _, code in utf8.codes(text) do
    list[#list + 1] = code
  end
  return list
end

-- Levenshtein's distance, in one row. What both texts begin and end with is left out.
local function distance(a, b)
  local first, a_end, b_end = 1, #a, #b
  while first <= a_end and first <= b_end and a[first] == b[first] do
    first = first + 1
  end
  while a_end >= first and b_end >= first and a[a_end] == b[b_end] do
    a_end, b_end = a_end - 1, b_end - 1
  end
  local row = {}
  for k = 0, b_end - first + 1 do
    row[k] = k
  end
  for i = first, a_end do
    local diagonal, code = row[0], a[i]
    row[0] = diagonal + 1
    for k = 1, b_end - first + 1 do
      local above = row[k]
      local cost = code == b[first + k - 1] and diagonal or diagonal + 1
      if above + 1 < cost then cost = above + 1 end
      if row[k - 1] + 1 < cost then cost = row[k - 1] + 1 end
      diagonal, row[k] = above, cost
    end
  end
  return row[b_end - first + 1]
end

local MOST_CELLS = 64 * 1024 * 1024 -- a few seconds

---How near the answer is to what was expected: 1 - edit distance / length of the longer text, in
---code points; blanks at both ends do not count.
---@param options? { name: string }
---@return moonrock.Scorer
function M.edit_distance(options)
  options = check_options(options, { name = "string" }, "score.edit_distance")
  return scorer("edit_distance", options, function(sample)
    local answer = code_points(trim(sample.answer))
    local wanted = code_points(trim(expected_text("edit_distance", sample)))
    if #answer * #wanted > MOST_CELLS then
      cannot_judge("edit_distance", "answer short enough for an edit distance")
    end
    local longer = math.max(#answer, #wanted)
    return longer == 0 and 1 or 1 - distance(answer, wanted) / longer
  end)
end

---A scorer of your own.
---@param name string
---@param score fun(sample: table): number|boolean, string? a number from 0 to 1, or true and false
---@return moonrock.Scorer
function M.custom(name, score)
  if type(name) ~= "string" or type(score) ~= "function" then
    error("score.custom: a name and a function are wanted", 2)
  end
  return scorer("custom", { name = name }, function(sample)
    local worth, reason = score(sample)
    if type(worth) == "boolean" then
      worth = worth and 1 or 0
    end
    if math.type(worth) == nil or worth ~= worth or worth < 0 or worth > 1 then
      errors.raise { code = "BadScore", retryable = false,
        message = ("the scorer %s gave %s; 0 to 1, true or false is wanted"):format(name, tostring(worth)) }
    end
    return worth, reason
  end)
end

return M
