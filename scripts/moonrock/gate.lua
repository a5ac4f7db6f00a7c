-- SPDX-License-Identifier: MIT
-- gate.lua -- may this model go out? Conditions as a line of text, judged on a comparison.
--   json_valid >= 0.95; exact > base; exact > base - 0.02; json_valid.low >= 0.9; error_rate <= 0.01
-- A number is held against the estimate, or with .low and .high against an end of its interval.
-- `base` is held against the interval of the paired difference: `>` and `>=` look at its low end, `<`
-- and `<=` at its high one; the test has to agree, and a handful of samples passes nothing. So "better"
-- is never said of what chance may have done. Where no sample got worse, `>= base` holds.

local errors = require "moonrock.error"
local suggest = require "moonrock.aws.suggest"
local tables = require "moonrock.tables"

local M = {}

local compare = {
  [">"] = function(a, b) return a > b end, [">="] = function(a, b) return a >= b end,
  ["<"] = function(a, b) return a < b end, ["<="] = function(a, b) return a <= b end,
}
local AMOUNTS = tables.set "cost latency_p50 latency_p95"
local PARTS = tables.set "low high estimate"

local function refuse(clause, why)
  errors.raise { code = "BadGate", message = ("the condition '%s': %s"):format(clause, why), retryable = false,
    hint = "conditions are such as json_valid >= 0.95; exact > base - 0.02; error_rate <= 0.01" }
end

local function parse_clause(text)
  local left, operator, right = text:match("^%s*([%w_%-%.]+)%s*([<>]=?)%s*(.-)%s*$")
  if not left then
    refuse(text, "it is no NAME >= VALUE")
  end
  local name, part = left:match("^(.*)%.(%w+)$")
  if not (part and PARTS[part]) then
    name, part = left, nil
  end
  local clause = { text = text:match("^%s*(.-)%s*$"), name = name, part = part, operator = operator }
  local sign, margin = right:match("^base%s*([+-])%s*([%d%.]+)$")
  if right == "base" then
    clause.margin = 0.0
  elseif margin and tonumber(margin) then
    clause.margin = tonumber(margin) * (sign == "-" and -1 or 1)
  else
    clause.value = tonumber(right)
    if not clause.value then
      refuse(clause.text, ("'%s' is no number and not base"):format(right))
    end
  end
  local number = clause.margin or clause.value -- beyond them a condition always holds, or never
  if not AMOUNTS[name] and (number > 1 or number < (clause.margin and -1 or 0)) then
    refuse(clause.text, "scores and rates are from 0 to 1, so that 95 % is 0.95")
  end
  if clause.margin and part then
    refuse(clause.text, "base is held against the difference; leave ." .. part .. " out")
  end
  return clause
end

---Reads conditions.
---@param text string with ";" or line ends between them
---@return table[] clauses raises BadGate
function M.parse(text)
  if type(text) ~= "string" then
    error(("bad argument #1 to 'parse' (conditions as text expected, got %s)"):format(type(text)), 2)
  end
  local clauses = {}
  for part in text:gmatch("[^;\n]+") do
    if part:find("%S") then
      clauses[#clauses + 1] = parse_clause(part)
    end
  end
  if #clauses == 0 then
    refuse(text, "there is none")
  end
  return clauses
end

-- The number that a clause speaks of, from the summary of the newer run.
local function measured(clause, comparison)
  local score = comparison.tuned.scores[clause.name]
  if score then
    return score[clause.part or "estimate"]
  end
  local plain = comparison.tuned.rates[clause.name]
  if plain and not clause.part then
    return plain
  end
  local known = tables.keys(comparison.tuned.scores)
  table.move(tables.keys(comparison.tuned.rates), 1, #tables.keys(comparison.tuned.rates), #known + 1, known)
  refuse(clause.text, ("nothing is called %s%s; there are %s"):format(clause.name, suggest.tail(clause.name, known),
    table.concat(known, ", ")))
end

local function judge(clause, comparison)
  if clause.margin then
    local pair = comparison.scores[clause.name]
    if not pair then
      measured(clause, comparison) -- says what is known, if the name is not
      refuse(clause.text, "only scores are compared with base, and both runs must have it")
    end
    local above = clause.operator:sub(1, 1) == ">"
    local reason = ("difference %+.4f, %g %% interval %+.4f to %+.4f, p %.2g"):format(pair.difference,
      pair.confidence * 100, pair.low, pair.high, pair.p)
    local passed = compare[clause.operator](above and pair.low or pair.high, clause.margin)
    local against = above and pair.only_first or pair.only_second
    if passed and clause.margin == 0 and pair.verdict == "same" then
      return false, reason .. (": the test does not show it with %d samples"):format(pair.n)
    elseif not passed and against == 0 and pair.low > -1 and compare[clause.operator](0.0, clause.margin) then
      return true, ("not one of %d samples is %s"):format(pair.n, above and "worse" or "better")
    end
    return passed, reason
  end
  local value = measured(clause, comparison)
  return compare[clause.operator](value, clause.value), ("%s is %.6g"):format(clause.name, value)
end

---Judges conditions.
---@param clauses table[]|string of `parse`, or the text
---@param comparison table of moonrock.compare
---@return { passed: boolean, clauses: { text: string, passed: boolean, reason: string }[] }
function M.judge(clauses, comparison)
  clauses = type(clauses) == "string" and M.parse(clauses) or clauses
  local verdict = { passed = true, clauses = {} }
  for i, clause in ipairs(clauses) do
    local passed, reason = judge(clause, comparison)
    verdict.passed = verdict.passed and passed
    verdict.clauses[i] = { text = clause.text, passed = passed, reason = reason }
  end
  return verdict
end

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escaped(text)
  return (text:gsub('[&<>"]', entities):gsub("[%z\1-\8\11\12\14-\31]", "?"))
end

---The verdict as JUnit's XML, one test case for each condition.
---@param verdict table of `judge`
---@param name? string of the suite
---@return string
function M.junit(verdict, name)
  local failures, out = 0, {}
  for _, clause in ipairs(verdict.clauses) do
    local head = ('  <testcase classname="%s" name="%s"'):format(escaped(name or "gate"), escaped(clause.text))
    if clause.passed then
      out[#out + 1] = head .. "/>\n"
    else
      failures = failures + 1
      out[#out + 1] = ('%s>\n    <failure message="%s"/>\n  </testcase>\n'):format(head, escaped(clause.reason))
    end
  end
  return ('<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="%s" tests="%d" failures="%d">\n%s</testsuite>\n')
    :format(escaped(name or "gate"), #verdict.clauses, failures, table.concat(out))
end

return M
