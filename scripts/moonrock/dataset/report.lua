-- SPDX-License-Identifier: MIT
-- dataset/report.lua -- what a lint found, as lines, as JSON and as SARIF.
-- Columns count characters from 1 in all three; SARIF is told so (columnKind).

local json = require "moonrock.json"
local record = require "moonrock.record"
local system = require "moonrock.system"
local tables = require "moonrock.tables"
local uri = require "moonrock.uri"

local M = {}

---@class moonrock.dataset.Report
---@field name string the path, or "text"
---@field findings table[] line, column, offset, path, rule, severity, message, suggestion
---@field stats table records, errors, warnings, tokens, ...
---@field ok boolean no error among the findings; warnings do not count
local Report = {}
Report.__index = Report

---@param name string
---@param findings table[]
---@param stats table
---@return moonrock.dataset.Report
function M.new(name, findings, stats)
  return setmetatable({ name = name, findings = findings, stats = stats, ok = stats.errors == 0 }, Report)
end

---"1 record", "2 records".
---@param n integer
---@param word string
---@return string
function M.count(n, word)
  return ("%d %s%s"):format(n, word, n == 1 and "" or "s")
end

---A finding as "file:line:column: severity rule path: message".
---@param f table
---@return string
function Report:line(f)
  local place = f.line and ("%s:%d:%d"):format(self.name, f.line, f.column) or self.name
  local path = f.path and " " .. f.path or ""
  return ("%s: %s %s%s: %s"):format(place, f.severity, f.rule, path, f.message)
end

---The findings, one a line, and a summary.
---@param limit? integer findings at most; default 20
---@return string text ends with a newline
function Report:format(limit)
  local out, shown = {}, math.min(#self.findings, limit or 20)
  for i = 1, shown do
    out[i] = self:line(self.findings[i])
  end
  local stats = self.stats
  local rest = stats.errors + stats.warnings - shown
  if rest > 0 then
    out[#out + 1] = ("%s: and %s"):format(self.name, M.count(rest, "more finding"))
  end
  out[#out + 1] = ("%s: %s, about %d tokens, %s, %s (rules of %s)"):format(self.name,
    M.count(stats.records, "record"), stats.tokens, M.count(stats.errors, "error"),
    M.count(stats.warnings, "warning"), stats.profile)
  return table.concat(out, "\n") .. "\n"
end

Report.__tostring = Report.format

---One JSON object: file, ok, findings, stats.
---@param more? table fields to be added
---@return string text ends with a newline
function Report:json(more)
  local all = { file = self.name, ok = self.ok, findings = json.array(self.findings), stats = self.stats }
  return json.encode(tables.copy(all, more), { indent = 2 }) .. "\n"
end

local function sarif_rules()
  local list, places = json.array {}, {}
  for i, rule in ipairs(record.rules()) do
    places[rule.id] = i - 1
    list[i] = {
      id = rule.id, shortDescription = { text = rule.text }, help = { text = rule.advice },
      defaultConfiguration = { level = rule.severity }, properties = { source = rule.source, date = rule.date },
    }
  end
  return list, places
end

local function sarif_result(f, place, artifact)
  local region = f.line and { startLine = f.line, startColumn = f.column, byteOffset = f.offset }
  return {
    ruleId = f.rule, ruleIndex = place, level = f.severity, message = { text = f.message },
    locations = json.array { {
      physicalLocation = { artifactLocation = { uri = artifact }, region = region or nil },
      logicalLocations = f.path and json.array { { fullyQualifiedName = f.path } } or nil,
    } },
    properties = f.suggestion and { suggestion = f.suggestion } or nil,
  }
end

---A log in the format SARIF 2.1.0, which code scanning and editors read.
---@return string text ends with a newline
function Report:sarif()
  local rules, places = sarif_rules()
  local artifact = uri.encode(self.name, "path")
  local results = json.array {}
  for i, f in ipairs(self.findings) do
    results[i] = sarif_result(f, places[f.rule], artifact)
  end
  return json.encode({
    ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json",
    version = "2.1.0",
    runs = json.array { {
      tool = { driver = { name = "moonrock", version = system.version().moonrock, rules = rules } },
      columnKind = "unicodeCodePoints",
      results = results,
    } },
  }, { indent = 2 }) .. "\n"
end

return M
