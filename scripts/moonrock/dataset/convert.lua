-- SPDX-License-Identifier: MIT
-- dataset/convert.lua -- conversations from one format to another, record by record: moonrock convert.
-- What the other format cannot hold stops the work, with its place and reason, unless losses are allowed; what
-- has no form there at all stops it anyway, or leaves that record out. The output appears whole or not at all.

local core = require "moonrock.jsonl_core"
local dataset_io = require "moonrock.dataset.io"
local errors = require "moonrock.error"
local formats = require "moonrock.dataset.formats"
local io_ = require "moonrock.jsonl.io"
local json = require "moonrock.json"
local jsonl = require "moonrock.jsonl"
local provenance = require "moonrock.provenance"
local tables = require "moonrock.tables"

local M = {}

local known_options = { input = "any", output = "any", from = "string", to = "string", lossy = "boolean",
  on_error = "any", limit = "count", provenance = "boolean" }

local max_line = 64 << 20 -- as in the lint

---@class moonrock.dataset.ConvertOptions
---@field input string|table as for dataset.lint
---@field output string|function as for jsonl.create
---@field from "openai"|"claude"|"converse"|"prompt-completion"
---@field to "openai"|"claude"|"converse"|"prompt-completion"
---@field lossy? boolean leave out what the other format cannot hold
---@field on_error? "stop"|"skip"|{set_aside: string} records that cannot be converted; default "stop"
---@field limit? integer bytes of a line, 64 MiB if not given
---@field provenance? boolean writes OUTPUT.provenance.json

---@class moonrock.dataset.ConvertResult
---@field records integer that were read
---@field written integer
---@field faults integer records that were passed over
---@field losses integer things left out
---@field first_losses string[] the first ten: "line 3: messages[0].name: reason"

local function format_of(name, which)
  local found = formats.by_name[name]
  if found then return found end
  errors.raise {
    code = "ParamValidation", message = ("convert: %s is %s, not %s"):format(which,
      table.concat(tables.keys(formats.by_name), ", "), tostring(name)),
  }
end

-- Raised inside a record, caught around it.
local Refusal = {}
Refusal.__tostring = function(self) return self.path .. ": " .. self.reason end

local function refuse(path, reason)
  error(setmetatable({ path = path, reason = reason }, Refusal), 0)
end

-- How records of a format become lines of another: puts the pieces of the line into `out`, or gives the refusal.
local function converter(options, result, out)
  local from, to = format_of(options.from, "from"), format_of(options.to, "to")
  local number
  local ctx = { refuse = refuse }
  function ctx.lose(path, reason)
    if not options.lossy then refuse(path, reason .. " (--lossy leaves such things out)") end
    result.losses = result.losses + 1
    if result.losses <= 10 then
      result.first_losses[result.losses] = ("line %d: %s: %s"):format(number, path, reason)
    end
  end
  local function convert(record)
    local value, err
    if jsonl.is_record(record) then value, err = jsonl.table(record, { unique_keys = true }) end
    if err then refuse("the record", ("has a key twice: %s"):format(err.message)) end
    if not value or json.is_array(value) then refuse("the record", "is no JSON object") end
    to.write(from.read(value, ctx), ctx, out)
  end
  return function(record, line)
    number = line
    local before = #out
    local ok, refusal = pcall(convert, record)
    if ok then
      out[#out + 1] = "\n"
      return nil
    end
    for i = #out, before + 1, -1 do out[i] = nil end
    if getmetatable(refusal) ~= Refusal then error(refusal, 0) end
    return refusal
  end
end

local function closing(f)
  return setmetatable({}, { __close = f })
end

---Converts a dataset. Raises for the first record that cannot be converted when on_error is "stop", and for
---what the world refuses; the output is then as it was.
---@param options moonrock.dataset.ConvertOptions
---@return moonrock.dataset.ConvertResult
function M.run(options)
  options = tables.check_options(options, known_options, "dataset.convert")
  if options.input == nil or options.output == nil then
    errors.raise { code = "ParamValidation", message = "dataset.convert needs an input and an output" }
  end
  local result = { records = 0, written = 0, faults = 0, losses = 0, first_losses = {} }
  local out = {}
  local convert = converter(options, result, out)
  local trace = options.provenance and provenance.new("convert", options)
  local source = dataset_io.open(options.input, trace and trace:input())
  local end_source <close> = closing(source.close) -- luacheck: ignore
  local faults = io_.faults(options.on_error, source.name)
  local sink, err = io_.sink(options.output, trace and trace:output())
  if not sink then error(err, 0) end
  local is_done = false
  local undo <close> = closing(function() -- luacheck: ignore
    if is_done then return end
    sink.abort()
    faults.abort()
  end)
  local reader <close> = core.reader(source.read, faults.note, options.limit or max_line)
  local function flush()
    sink.write(table.concat(out))
    for i = #out, 1, -1 do out[i] = nil end
  end
  local from = 0 -- where the records begin that wait to be written
  for record, line, offset in reader.next, reader do
    local refusal = convert(record, line)
    result.records = result.records + 1
    if not refusal then
      result.written = result.written + 1
      if offset - from >= io_.chunk then
        flush()
        from = offset
      end
    else
      faults.note({ code = "NotConvertible", line = line, column = 1, offset = offset, record = result.records,
        path = refusal.path, reason = tostring(refusal) }, reader:line())
    end
  end
  flush()
  result.faults = faults.count
  if sink.prepare then sink.prepare() end
  faults.commit()
  sink.commit()
  is_done = true
  if trace then
    trace:write { records = result.records, written = result.written, faults = result.faults, losses = result.losses }
  end
  return result
end

return M
