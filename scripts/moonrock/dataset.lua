-- SPDX-License-Identifier: MIT
-- dataset.lua -- fine-tuning data: check it, look at it, count it.
-- Files are read in chunks, so their size does not matter; the rules are those of
-- moonrock.record.

local record = require "moonrock.record"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local errors = require "moonrock.error"

local task = require "moonrock.task"

local M = {}

local most_out = 4 -- chunks under check at once
local chunk_size = 1 << 20

local function no_file(path, err)
  errors.raise {
    code = err.code or "ENOENT",
    message = ("the dataset %s cannot be read: %s"):format(path, err.message or tostring(err)),
    hint = "check the path; it is taken from the working directory",
    cause = err,
  }
end

-- A function that gives the file's next chunk, nil at its end; raises what the system refuses.
local function chunks(path)
  local offset = 0
  return function()
    local data, err = fs.read(path, offset, chunk_size)
    if not data then
      no_file(path, err)
    end
    offset = offset + #data
    return data ~= "" and data or nil
  end
end

-- Findings and stats of what `read` gives; chunks are checked on all threads.
local function lint_chunks(read, opts)
  local linter <close> = record.new(opts)
  local findings, out = {}, {}
  local function collect()
    local some = table.remove(out, 1):wait()
    table.move(some, 1, #some, #findings + 1, findings)
  end
  for chunk in read do
    if #out == most_out then collect() end
    out[#out + 1] = task.spawn(linter.feed, linter, chunk)
  end
  while out[1] do collect() end
  local last, stats = linter:finish()
  table.move(last, 1, #last, #findings + 1, findings)
  return findings, stats
end

---@class moonrock.dataset.Report
---@field name string the path, or "text"
---@field findings table[] line, column, offset, path, rule, severity, message, suggestion
---@field stats table records, errors, warnings, tokens, ...
---@field ok boolean no error among the findings; warnings do not count
local Report = {}
Report.__index = Report

---Holds a dataset to the rules of the model that it is meant for.
---@param source string|{text?: string, read?: function, name?: string} a path, the text itself, or
---a function that gives the next piece of it, nil at its end
---@param opts? { model?: string, family?: string, validation?: boolean, limit?: integer }
---model: an id or ARN, for its limits; family: "claude", "prompt-completion", "converse";
---limit: findings kept (1000), all are counted
---@return moonrock.dataset.Report
function M.lint(source, opts)
  local findings, stats, name
  if type(source) == "table" and source.text then
    findings, stats = record.lint(source.text, opts)
    name = source.name or "text"
  elseif type(source) == "table" and source.read then
    findings, stats = lint_chunks(source.read, opts)
    name = source.name or "text"
  elseif type(source) == "string" then
    findings, stats = lint_chunks(chunks(source), opts)
    name = source
  else
    error("bad argument #1 to 'lint' (path, { text = ... } or { read = ... } expected)", 2)
  end
  return setmetatable({ name = name, findings = findings, stats = stats, ok = stats.errors == 0 }, Report)
end

local function count(n, word)
  return ("%d %s%s"):format(n, word, n == 1 and "" or "s")
end

local function finding_line(name, f)
  local place = f.line and ("%s:%d:%d"):format(name, f.line, f.column) or name
  local path = f.path and " " .. f.path or ""
  return ("%s: %s %s%s: %s"):format(place, f.severity, f.rule, path, f.message)
end

---The findings as lines "file:line:column: severity rule path: message", and a summary.
---@param limit? integer lines at most; default 20
---@return string text ends with a newline
function Report:format(limit)
  local out, shown = {}, math.min(#self.findings, limit or 20)
  for i = 1, shown do
    out[i] = finding_line(self.name, self.findings[i])
  end
  local stats = self.stats
  local rest = stats.errors + stats.warnings - shown
  if rest > 0 then
    out[#out + 1] = ("%s: and %s"):format(self.name, count(rest, "more finding"))
  end
  out[#out + 1] = ("%s: %s, about %d tokens, %s, %s (rules of %s)"):format(self.name,
    count(stats.records, "record"), stats.tokens, count(stats.errors, "error"),
    count(stats.warnings, "warning"), stats.profile)
  return table.concat(out, "\n") .. "\n"
end

Report.__tostring = Report.format

---Lints, and raises an error of code InvalidDataset that shows the first findings if there is
---any error among them.
---@param source string|{text: string}
---@param opts? table as for lint
---@return moonrock.dataset.Report
function M.check(source, opts)
  local report = M.lint(source, opts)
  if report.ok then
    return report
  end
  local lines = {}
  for _, f in ipairs(report.findings) do
    if f.severity == "error" and #lines < 3 then
      lines[#lines + 1] = finding_line(report.name, f)
    end
  end
  errors.raise {
    code = "InvalidDataset",
    message = ("%s in %s: %s"):format(count(report.stats.errors, "error"), report.name,
      table.concat(lines, "; ")),
    hint = ("moonrock lint %s shows all"):format(report.name),
    report = report,
  }
end

---The lines of a file as records: `for record, line_number in dataset.each(path) do`.  Keys keep
---their order.  Raises for a line that is no JSON, with its place.
---@param path string
---@return fun(): table|nil, integer|nil
function M.each(path)
  local next_chunk, buffer, at, number = chunks(path), "", 1, 0
  local function next_line()
    while true do
      local newline = buffer:find("\n", at, true)
      if newline then
        local line = buffer:sub(at, newline - 1)
        at = newline + 1
        return line
      end
      local more = next_chunk()
      if not more then
        local line = buffer:sub(at)
        buffer, at = "", 1
        return line ~= "" and line or nil
      end
      buffer, at = buffer:sub(at) .. more, 1
    end
  end
  return function()
    local line = next_line()
    if not line then
      return nil
    end
    number = number + 1
    local value, err = json.decode(line, { ordered = true })
    if value == nil then
      errors.raise {
        code = err and err.code or "JSONSyntax",
        message = ("%s:%d:%d: %s"):format(path, number, err and err.column or 1,
          err and err.message:gsub("^line %d+, column %d+: ", "") or "no JSON"),
        hint = ("moonrock lint %s shows all that is wrong with it"):format(path),
      }
    end
    return value, number
  end
end

---The first record of a file, its keys in their order.
---@param path string
---@return table
function M.first(path)
  local value = M.each(path)()
  if value == nil then
    errors.raise { code = "InvalidDataset", message = path .. " is empty" }
  end
  return value
end

---How many steps a training takes: every epoch goes through all records, batch by batch.
---@param records integer
---@param batch_size integer
---@param epochs integer
---@return integer
function M.steps(records, batch_size, epochs)
  return (records + batch_size - 1) // batch_size * epochs
end

return M
