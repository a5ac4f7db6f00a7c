-- SPDX-License-Identifier: MIT
-- jsonl/transform.lua -- every record of an input through a script, on all threads, in order.
-- Blocks of whole lines go to workers, their outputs are written in the order of the input; how many
-- threads there are changes nothing in the result. Never more than two blocks a thread are under way.

local core = require "moonrock.jsonl_core"
local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local io_ = require "moonrock.jsonl.io"
local lazy = require "moonrock.lazy"
local system = require "moonrock.system"
local tables = require "moonrock.tables"
local task = require "moonrock.task"

local provenance = lazy "moonrock.provenance"

local M = {}

local known_options = {
  input = "any", output = "any", script = "string", map = "function", threads = "count", on_error = "any",
  progress = "function", limit = "count", provenance = "boolean",
}

---@class moonrock.jsonl.TransformOptions
---@field input string|function|table as for jsonl.open
---@field output string|function as for jsonl.create
---@field script? string a file, or the text of a script (more than one line, or with "return"), that returns a
---function(record): nil or false drops the record, true keeps it, a record or several replace it, nil and a reason
---(or an error) makes it a fault
---@field map? fun(record): any the same function; with threads > 1 it may use nothing of the code around it
---@field threads? integer default: one for each processor with a script, 1 with map
---@field on_error? "stop"|"skip"|{set_aside: string} default "stop"
---@field progress? fun(done: integer, total: integer) bytes of the input
---@field limit? integer bytes of a line, 1 GiB if not given
---@field provenance? boolean writes OUTPUT.provenance.json; see moonrock.provenance

---@class moonrock.jsonl.TransformResult
---@field lines integer of the input
---@field records integer that were mapped
---@field written integer
---@field faults integer records that were passed over

-- The text of a script and its name.
local function script_of(script)
  if script:find("\n", 1, true) or script:find("^%s*return%f[%W]") then
    return script, "=(script)"
  end
  local text, err = fs.read(script)
  if not text then
    errors.raise { code = err.code, message = "cannot read the script " .. err.message, cause = err }
  end
  return (text:gsub("^\239\187\191", ""):gsub("^#[^\n]*", "", 1)), "@" .. script
end

-- Cuts chunks into blocks of whole lines: a block is a list of strings.
local function block_reader(source, limit)
  local rest, rest_bytes, ended, long, left = {}, 0, false, false, nil
  return function()
    while not ended do
      local chunk = left or source.read()
      left = nil
      if chunk == nil then
        ended = true
        return rest_bytes > 0 and rest or nil, rest_bytes
      end
      local at = long and (chunk:find("\n", 1, true) or 0) or core.cut(chunk)
      if at > 0 and long then -- the end of a line of which not all was kept: a block of its own
        local block, bytes = rest, rest_bytes + at
        block[#block + 1] = chunk:sub(at, at)
        rest, rest_bytes, long = {}, 0, false
        left = at < #chunk and chunk:sub(at + 1) or nil
        return block, bytes
      elseif at > 0 then
        local block, bytes = rest, rest_bytes + at
        block[#block + 1] = at == #chunk and chunk or chunk:sub(1, at)
        rest, rest_bytes = {}, 0
        if at < #chunk then
          rest[1], rest_bytes = chunk:sub(at + 1), #chunk - at
        end
        return block, bytes
      elseif rest_bytes + #chunk <= limit + io_.chunk then
        rest[#rest + 1], rest_bytes = chunk, rest_bytes + #chunk
      elseif not long then -- past the limit only the length counts, and some bytes that make it too long
        long = true
        rest[#rest + 1], rest_bytes = chunk, rest_bytes + #chunk
      else
        rest_bytes = rest_bytes + #chunk
      end
    end
  end
end

-- Blocks of a file are ranges of its bytes, which the workers read.
local function range_reader(source)
  local from = 0
  return function()
    if from >= source.size then return nil end
    local to = math.min(from + io_.chunk, source.size)
    local range = { source.path, from, to, source.size }
    from = to
    return range, to - range[2]
  end
end

-- Takes outcomes in order: writes, counts, and decides about faults.
local function collector(sink, faults, result)
  local offset = 0
  return function(outcome, bytes)
    for _, fault in ipairs(outcome.faults) do
      local text = fault.text
      fault.text = nil
      fault.line = fault.line + result.lines
      fault.record = fault.record + result.records
      fault.offset = fault.offset + offset
      faults.note(fault, text)
    end
    if outcome.output ~= "" then sink.write(outcome.output) end
    offset = offset + bytes
    result.lines = result.lines + outcome.lines
    result.records = result.records + outcome.records
    result.written = result.written + outcome.written
  end
end

local Crew = {}
Crew.__index = Crew

function Crew:__close()
  for _, worker in ipairs(self.workers) do
    worker:close()
  end
end

---Each worker takes its share of the memory that a limit leaves, so there may be fewer; what is made of
---the records does not depend on their number.
---@param map string|function for moonrock.jsonl_core.worker, as name and limit
---@param name string
---@param threads integer
---@param limit integer
---@return table crew a to-be-closed value
function M.crew(map, name, threads, limit)
  local crew = setmetatable({ workers = {}, idle = {} }, Crew)
  local used, _, most = system.memory()
  if most > 0 then threads = math.max(1, math.min(threads, (most - used) // (16 << 20))) end
  for i = 1, threads do
    local ok, worker = pcall(core.worker, map, name, threads - i + 1, limit)
    if not ok then
      crew:__close()
      error(worker, 0)
    end
    crew.workers[i], crew.idle[i] = worker, worker
  end
  return crew
end

-- Blocks under way are a queue of { task, bytes }; the oldest is taken when no worker is idle.
-- run(worker, block, options) maps a block.
local function run_threads(crew, next_block, run, take, flags, on_block)
  local queue, first, last = {}, 1, 0
  local waiting -- a block that has been read ahead
  local function take_oldest()
    local entry = queue[first]
    queue[first] = nil
    first = first + 1
    local outcome, err = entry.task:wait()
    if not outcome then error(err, 0) end
    take(outcome, entry.bytes)
    on_block(entry.bytes)
  end
  local is_first = true
  while true do
    local block, bytes
    if waiting then
      block, bytes, waiting = waiting[1], waiting[2], nil
    else
      block, bytes = next_block()
    end
    if not block then break end
    while #crew.idle == 0 do
      if not waiting and last - first + 1 <= #crew.workers then
        local ahead, n = next_block()
        if ahead then waiting = { ahead, n } end
      end
      take_oldest()
    end
    local worker = table.remove(crew.idle)
    local options = { first = is_first, stop = flags.stop, keep = flags.keep }
    is_first = false
    last = last + 1
    queue[last] = { bytes = bytes, task = task.spawn(function()
      local ok, outcome, err = pcall(run, worker, block, options)
      crew.idle[#crew.idle + 1] = worker
      if not ok then return nil, outcome end
      return outcome, err
    end) }
  end
  while first <= last do
    take_oldest()
  end
end

---Takes all blocks of a source through a crew.
---@param crew table
---@param source moonrock.jsonl.Source
---@param sink moonrock.jsonl.Sink
---@param faults { stop: boolean, keep: boolean, note: fun(fault: table, text: string) }
---@param result moonrock.jsonl.TransformResult to be filled
---@param limit integer bytes of a line
---@param on_block fun(bytes: integer) so many more are done
function M.blocks(crew, source, sink, faults, result, limit, on_block)
  local written <close> = source.path and sink.file and core.output(sink.file, sink.name) or nil
  local next_block = source.path and range_reader(source) or block_reader(source, limit)
  run_threads(crew, next_block, function(worker, block, flags)
    if not source.path then return worker:run(block, flags) end
    return worker:lines(block[1], block[2], block[3], block[4], flags, written)
  end, collector(sink, faults, result), faults, on_block)
  if source.path then io_.check_unchanged(source) end
end

-- What the map says about one record: the values for the output, or why there are none.
local function judge(record, ok, first, ...)
  if not ok then return nil, first == nil and "nil" or first end -- error() is an error, too
  if not first then return nil, (...) end
  if first == true then return table.pack(record) end
  return table.pack(first, ...)
end

-- A map that stays here, with all that it uses.
local function run_here(map, source, sink, faults, result, limit, on_block)
  local lines, done = core.lines(), 0
  local function read()
    local chunk = source.read()
    on_block(done)
    done = chunk and #chunk or 0
    return chunk
  end
  local reader <close> = core.reader(read, function(fault, text)
    result.records = result.records + 1
    fault.record = result.records
    faults.note(fault, text)
  end, limit)
  for record, line, offset in reader.next, reader do
    result.records = result.records + 1
    local text = faults.keep and reader:line() or ""
    local values, reason = judge(record, pcall(map, record))
    local ok, waiting = values ~= nil, 0
    if ok then
      ok, waiting = pcall(lines.add, lines, table.unpack(values, 1, values.n))
      reason = waiting
    end
    if ok then
      result.written = result.written + values.n
      if waiting > io_.chunk then sink.write(lines:take()) end
    elseif reason ~= nil then
      if reason == "not enough memory" then error(reason, 0) end
      faults.note({ code = "MapFailed", line = line, column = 1, offset = offset, record = result.records,
        reason = tostring(reason) }, text)
    end
    result.lines = line
  end
  sink.write(lines:take())
end

---Maps every record. Raises if input or output cannot be opened, for the first fault when on_error is
---"stop", and when a limit is reached; the output is then as it was.
---@param options moonrock.jsonl.TransformOptions
---@return moonrock.jsonl.TransformResult
function M.run(options)
  options = tables.check_options(options, known_options, "jsonl.transform")
  if (options.script == nil) == (options.map == nil) then
    errors.raise { code = "ParamValidation", message = "jsonl.transform takes either script or map" }
  end
  local map, name = options.map, "=(map)"
  if options.script then map, name = script_of(options.script) end
  local trace = options.provenance and provenance.new("transform", options)
  if trace and options.script then trace:script(map) end
  local threads = options.threads or options.script and system.processors() or 1
  local here = options.map and threads == 1
  local limit = options.limit or 1 << 30
  local crew <close> = not here and M.crew(map, name, threads, limit) or nil
  local faults = io_.faults(options.on_error, type(options.input) == "string" and options.input or "input")
  local source, err = io_.source(options.input, trace and trace:input())
  if not source then error(err, 0) end
  local closing <close> = setmetatable({}, { __close = source.close }) -- luacheck: ignore
  local sink, why = io_.sink(options.output, trace and trace:output())
  if not sink then error(why, 0) end
  local done = false
  local undo <close> = setmetatable({}, { __close = function() -- luacheck: ignore
    if not done then
      sink.abort()
      faults.abort()
    end
  end })
  local result = { lines = 0, records = 0, written = 0, faults = 0 }
  local seen = 0
  local function on_block(bytes)
    seen = seen + bytes
    if options.progress and source.size then
      options.progress(math.min(source.consumed and source.consumed() or seen, source.size), source.size)
    end
  end
  if here then
    run_here(map, source, sink, faults, result, options.limit, on_block)
  else
    M.blocks(crew, source, sink, faults, result, limit, on_block)
  end
  result.faults = faults.count
  if sink.prepare then sink.prepare() end
  faults.commit()
  sink.commit()
  done = true
  if trace then trace:write(result) end
  return result
end

return M
