-- SPDX-License-Identifier: MIT
-- jsonl.lua -- JSON Lines at any size: records that are read lazily, written as they were read.
-- for record, line in jsonl.each("in.jsonl") do ... end; a record behaves like a table, and what a
-- script does not touch keeps its bytes. Leaving a loop early closes what it has open.

local core = require "moonrock.jsonl_core"
local errors = require "moonrock.error"
local io_ = require "moonrock.jsonl.io"
local json = require "moonrock.json"
local lazy = require "moonrock.lazy"
local tables = require "moonrock.tables"

local group = lazy "moonrock.jsonl.group"
local redact = lazy "moonrock.jsonl.redact"
local sort = lazy "moonrock.jsonl.sort"
local split = lazy "moonrock.jsonl.split"
local transform = lazy "moonrock.jsonl.transform"

local M = {
  null = json.null,
  decode = core.decode,
  is_record = core.is_record,
  get = core.get,
  equals = core.equals,
  json = core.json,
  table = core.table,
}

local read_options = { on_error = "any", limit = "count" }

---@class moonrock.jsonl.Reader
---@field name string
---@field faults integer malformed lines so far
local Reader = {}
Reader.__index = Reader

---Opens an input: a path, "-" (standard input), s3://bucket/key, a function that gives chunks until nil, or
---the body of a reply. Names that end with .gz or .zst are decompressed.
---@param input string|function|table
---@param options? { on_error?: "stop"|"skip"|{set_aside: string}, limit?: integer } limit: bytes of a line
---@return moonrock.jsonl.Reader|nil
---@return moonrock.Error? err what the world refuses
function M.open(input, options)
  options = tables.check_options(options, read_options, "jsonl.open")
  local faults = io_.faults(options.on_error, type(input) == "string" and input or "input")
  local source, err = io_.source(input)
  if not source then
    return nil, err
  end
  local self = setmetatable({ name = source.name, source = source, policy = faults }, Reader)
  self.records = core.reader(source.read, faults.note, options.limit)
  return self
end

---The next record and the number of its line; nothing at the end. Raises for a malformed line (code
---JSONSyntax with line, column, offset, reason) unless on_error says otherwise.
---@return any record a scalar comes as itself, null as json.null
---@return integer line
function Reader:read()
  local record, line = self.records:next()
  if line == nil and not self.done then
    self.done = true
    self.policy.commit()
  end
  return record, line
end

function Reader:close()
  self.records:close()
  self.source.close()
  if not self.done then
    self.done = true
    self.policy.commit() -- what was set aside so far is worth keeping
  end
end
Reader.__close = Reader.close

---How many lines were malformed and passed over.
function Reader:skipped()
  return self.policy.count
end

---for record, line in reader:each() do
function Reader:each()
  return self.read, self, nil, self
end

---The records of an input: `for record, line in jsonl.each(path) do`. Raises if it cannot be opened.
---@param input string|function|table as for open
---@param options? table as for open
function M.each(input, options)
  local reader, err = M.open(input, options)
  if not reader then
    error(err, 0)
  end
  return reader:each()
end

---All records of an input in a list; for inputs that fit in memory.
---@param input string|function|table
---@param options? table
---@return table
function M.read(input, options)
  local out, n = {}, 0
  for record in M.each(input, options) do
    n = n + 1
    out[n] = record
  end
  return out
end

---@class moonrock.jsonl.Writer
---@field written integer records so far
local Writer = {}
Writer.__index = Writer

local flush_at = 256 * 1024

---Opens an output: a path, "-", s3://bucket/key, or a function that takes chunks. A file appears whole
---when the writer is closed with commit(); a writer that is left without it leaves nothing behind.
---@param output string|function
---@return moonrock.jsonl.Writer|nil
---@return moonrock.Error?
function M.create(output)
  local sink, err = io_.sink(output)
  if not sink then
    return nil, err
  end
  return setmetatable({ sink = sink, lines = core.lines(), written = 0, open = true }, Writer)
end

---Adds one line: a record, a table, or a scalar.
---@param value any
function Writer:write(value)
  if not self.open then error("the writer is closed", 2) end
  if self.lines:add(value) >= flush_at then
    self.sink.write(self.lines:take())
  end
  self.written = self.written + 1
end

---Completes the output; raises what the world refuses, and then leaves nothing behind.
function Writer:commit()
  if not self.open then error("the writer is closed", 2) end
  self.open = false
  local rest = self.lines:take()
  if rest ~= "" then self.sink.write(rest) end
  self.sink.commit()
end

---Leaves nothing behind; harmless after a commit.
function Writer:abort()
  if self.open then
    self.open = false
    self.sink.abort()
  end
end
Writer.__close = Writer.abort

-- A single record, or a list with a hole: not all of it would be written.
local function check_list(records)
  local count = #records
  for key in next, records do
    if math.type(key) ~= "integer" or key < 1 or key > count then
      errors.raise { code = "ParamValidation", message = ("jsonl.write takes a list of records: this table has the key "
        .. "%s"):format(tostring(key)), hint = "a single record is written by jsonl.write(output, { record })" }
    end
  end
  for i = 1, count do
    if records[i] == nil then
      errors.raise { code = "ParamValidation", message = ("jsonl.write: the list has a hole at %d"):format(i) }
    end
  end
end

---Writes all records of a list, or that an iterator gives.
---@param output string|function
---@param records table|function a list, or what a generic for takes: jsonl.write(out, jsonl.each(path))
---@return integer written
function M.write(output, records, state, control, closing)
  local source <close> = closing -- luacheck: ignore
  if type(records) == "table" then check_list(records) end
  local writer, err = M.create(output)
  if not writer then
    error(err, 0)
  end
  local ending <close> = writer -- luacheck: ignore
  if type(records) == "table" then
    for _, record in ipairs(records) do
      writer:write(record)
    end
  elseif type(records) == "function" then
    for record in records, state, control do
      writer:write(record)
    end
  else
    errors.raise { code = "ParamValidation", message = "jsonl.write takes a list of records or an iterator" }
  end
  writer:commit()
  return writer.written
end

---Maps every record by a script, or a function, on all threads; see moonrock.jsonl.transform.
---@param options moonrock.jsonl.TransformOptions
---@return moonrock.jsonl.TransformResult
function M.transform(options)
  return transform.run(options)
end

---Records in the order of their keys; see moonrock.jsonl.sort.
---@param options moonrock.jsonl.SortOptions
function M.sort(options)
  return sort.sort(options)
end

---Records in an order of chance.
---@param options moonrock.jsonl.ShuffleOptions
function M.shuffle(options)
  return sort.shuffle(options)
end

---Some records, taken by chance.
---@param options moonrock.jsonl.SampleOptions
function M.sample(options)
  return sort.sample(options)
end

---Records without those that repeat an earlier one.
---@param options moonrock.jsonl.DedupeOptions
function M.dedupe(options)
  return sort.dedupe(options)
end

---Records divided among outputs.
---@param options moonrock.jsonl.SplitOptions
function M.split(options)
  return split.split(options)
end

---Records that are in more than one of several inputs.
---@param options moonrock.jsonl.LeakOptions
function M.leaks(options)
  return split.leaks(options)
end

---A record for each key, with counts, sums and the like.
---@param options moonrock.jsonl.GroupOptions
function M.group(options)
  return group.group(options)
end

---Records of two inputs that have a key in common.
---@param options moonrock.jsonl.JoinOptions
function M.join(options)
  return group.join(options)
end

---Placeholders in the place of addresses, numbers and keys.
---@param options moonrock.jsonl.RedactOptions
function M.redact(options)
  return redact.redact(options)
end

---Records for which a condition holds. where: an expression of Lua over `record`, or a function(record); otherwise as
---for transform: a text runs on all threads.
---@param options { input: any, output: any, where: string|function, threads?: integer, on_error?: any }
---@return moonrock.jsonl.TransformResult
function M.filter(options)
  options = tables.copy(type(options) == "table" and options or {})
  local where = options.where
  options.where = nil
  if type(where) == "string" then
    options.script = ("return function(record) return not not (%s\n) end"):format(where)
  elseif type(where) == "function" then
    options.map = function(record) return not not where(record) end
  else
    errors.raise { code = "ParamValidation",
      message = "jsonl.filter takes where: an expression such as \"record.score > 3\", or a function" }
  end
  return transform.run(options)
end

return M
