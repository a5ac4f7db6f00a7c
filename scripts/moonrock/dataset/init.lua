-- SPDX-License-Identifier: MIT
-- dataset.lua -- fine-tuning data: check it, look at it, count it.
-- Files are read in chunks, so their size does not matter; the rules are those of
-- moonrock.record.

local record = require "moonrock.record"
local json = require "moonrock.json"
local errors = require "moonrock.error"
local lazy = require "moonrock.lazy"
local system = require "moonrock.system"
local tables = require "moonrock.tables"
local task = require "moonrock.task"

local convert = lazy "moonrock.dataset.convert"
local fix = lazy "moonrock.dataset.fix"
local io_ = lazy "moonrock.dataset.io"
local reports = lazy "moonrock.dataset.report"
local tokens = lazy "moonrock.dataset.tokens"

local M = {}

local LINT_OPTIONS = { model = "string", family = "string", validation = "boolean", limit = "amount",
  near_duplicates = "boolean" }

-- begin(linter) gives a task that checks the next chunk, until nil; findings and stats of all.
local function lint_chunks(begin, opts)
  local linter <close> = record.new(opts)
  local most_out = 2 * system.processors() + 2 -- chunks at once: no thread waits for this one
  local findings, out = {}, {}
  local function collect()
    local some, err = table.remove(out, 1):wait()
    if not some then error(err, 0) end
    table.move(some, 1, #some, #findings + 1, findings)
  end
  while true do
    local is_first = linter:stats().family == "auto" -- the first record tells the family of all
    if #out == most_out or is_first and out[1] then collect() end
    local chunk = begin(linter)
    if not chunk then break end
    out[#out + 1] = chunk
  end
  while out[1] do collect() end
  local last, stats = linter:finish()
  table.move(last, 1, #last, #findings + 1, findings)
  return findings, stats
end

-- A file is read by the threads that check it, anything else here.
local function lint_source(source, opts)
  local from, first, chunk = 0, 1 << 16, (1 << 20) - 1 -- all others wait for the first
  if not source.path then
    return lint_chunks(function(linter)
      local text = source.read()
      return text and task.spawn(linter.feed, linter, text)
    end, opts)
  end
  local findings, stats = lint_chunks(function(linter)
    local at = from
    from = math.min(at + (at == 0 and first or chunk), source.size)
    return at < from and task.spawn(linter.feed_lines, linter, source.path, at, from, source.size)
  end, opts)
  source.check_unchanged()
  return findings, stats
end

---Holds a dataset to the rules of the model that it is meant for.
---@param source string|{text?: string, read?: function, name?: string} a path (also .gz and .zst), "-",
---s3://bucket/key, the text itself, or a function that gives the next piece of it, nil at its end
---@param opts? { model?: string, family?: string, validation?: boolean, limit?: integer, near_duplicates?: boolean }
---model: an id or ARN, for its limits; family: "claude", "prompt-completion", "converse", "batch";
---limit: findings kept (1000), all are counted
---@return moonrock.dataset.Report
function M.lint(source, opts)
  opts = tables.check_options(opts, LINT_OPTIONS, "dataset.lint")
  if type(source) == "table" and source.text then -- without a file, in a state that may have none
    return reports.new(source.name or "text", record.lint(source.text, opts))
  elseif not (type(source) == "string" or type(source) == "table" and source.read) then
    error("bad argument #1 to 'lint' (path, { text = ... } or { read = ... } expected)", 2)
  end
  local input = io_.open(source)
  local closing <close> = setmetatable({}, { __close = input.close }) -- luacheck: ignore
  return reports.new(input.name, lint_source(input, opts))
end

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
      lines[#lines + 1] = report:line(f)
    end
  end
  errors.raise {
    code = "InvalidDataset",
    message = ("%s in %s: %s"):format(reports.count(report.stats.errors, "error"), report.name,
      table.concat(lines, "; ")),
    hint = ("moonrock lint %s shows all"):format(report.name),
    report = report,
  }
end

---The lines of a file as records: `for record, line_number in dataset.each(path) do`.  Keys keep
---their order.  Raises for a line that is no JSON, with its place.
---@param path string
---@return fun(): table|nil, integer|nil
---@return nil
---@return nil
---@return table closing of a generic for: who calls the function himself closes the file by it
function M.each(path)
  local source = io_.open(path)
  local next_chunk, buffer, at, number = source.read, "", 1, 0
  local function next_line()
    local held -- pieces of a line longer than a chunk
    while true do
      local newline = buffer:find("\n", at, true)
      local more = not newline and next_chunk()
      local piece = buffer:sub(at, newline and newline - 1)
      if newline then
        at = newline + 1
      else
        buffer, at = more or "", 1
      end
      if held then held[#held + 1] = piece end
      if not more then
        local line = held and table.concat(held) or piece
        return (newline or line ~= "") and line or nil
      end
      held = held or { piece }
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
  end, nil, nil, setmetatable({}, { __close = source.close })
end

---The first record of a file, its keys in their order.
---@param path string
---@return table
function M.first(path)
  local read, _, _, source = M.each(path)
  local closing <close> = source -- luacheck: ignore
  local value = read()
  if value == nil then
    errors.raise { code = "InvalidDataset", message = path .. " is empty" }
  end
  return value
end

---Writes what the lint finds and can put right without a change of meaning; see moonrock.dataset.fix.
---@param options moonrock.dataset.FixOptions
---@return moonrock.dataset.FixResult
function M.fix(options)
  return fix.run(options)
end

---Writes the records of one format in another; see moonrock.dataset.convert.
---@param options moonrock.dataset.ConvertOptions
---@return moonrock.dataset.ConvertResult
function M.convert(options)
  return convert.run(options)
end

---Asks the service for the tokens of each record, which the lint can only estimate. One request a record.
---@param source string as for lint
---@param options moonrock.dataset.TokenOptions
---@return moonrock.dataset.TokenCount
function M.count_tokens(source, options)
  return tokens.count(source, options)
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
