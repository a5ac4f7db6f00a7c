-- SPDX-License-Identifier: MIT
-- jsonl/pass.lua -- what jsonl.sort, dedupe, split and their kin share: inputs that go through
-- sorters and routers (moonrock.bulk), outputs that appear whole or not at all, and their options.

local bulk = require "moonrock.bulk"
local errors = require "moonrock.error"
local io_ = require "moonrock.jsonl.io"
local lazy = require "moonrock.lazy"
local system = require "moonrock.system"
local tables = require "moonrock.tables"
local task = require "moonrock.task"

local provenance = lazy "moonrock.provenance"
local suggest = lazy "moonrock.aws.suggest"

local M = {}

---Bytes for sorting, unless the option memory says otherwise: with what reading and writing take a run
---stays below 64 MiB.
M.memory = 32 << 20

local common = {
  input = "any", output = "any", on_error = "any", limit = "count", memory = "count", temporary = "string",
  progress = "function", provenance = "boolean",
}

---@class moonrock.jsonl.PassOptions
---@field input string|function|table as for jsonl.open, or a list of such, taken one after the other
---@field output string|function as for jsonl.create; appears whole when all is done, or not at all
---@field on_error? "stop"|"skip"|{set_aside: string} what to do with malformed lines
---@field limit? integer bytes of a line, 1 GiB if not given
---@field memory? integer bytes to sort in (32 MiB); the result does not depend on it
---@field temporary? string a folder for what does not fit; by default that of the output
---@field progress? fun(done: integer, total: integer) bytes of the input
---@field provenance? boolean writes OUTPUT.provenance.json (beside the first of several outputs)

local orders = { value = true, number = true, text = true, natural = true, folded = true }

-- "-score:number" or { path = "score", order = "number", descending = true }
local function key_of(key, where)
  if type(key) == "table" then
    key = tables.check_options(key, { path = "string", order = "string", descending = "boolean" }, where .. "'s by")
    key = { path = key.path, order = key.order or "value", descending = key.descending or false }
  elseif type(key) == "string" then
    local sign, path, order = key:match("^(%-?)(.-):(%l+)$")
    if order and not orders[order] then
      errors.raise { code = "ParamValidation", message = ("%s: there is no order %s%s; there are folded, natural, "
        .. "number, text and value"):format(where, order, suggest.tail(order, tables.keys(orders))),
        hint = ("a field of such a name is { path = '%s' }"):format(key) }
    elseif not order then
      sign, path = key:match("^(%-?)(.*)$")
      order = "value"
    end
    key = { path = path, order = order, descending = sign == "-" }
  end
  if type(key) ~= "table" or not key.path or not orders[key.order] then
    errors.raise { code = "ParamValidation", message = where .. ": a key is a path such as \"user.id\", with a minus "
      .. "before it for descending order and :number, :text, :natural or :folded behind it, or a table" }
  end
  return key
end

---The keys that the option `by` names.
---@param by string|table one, or a list of them
---@param where string the function, for messages
---@return { path: string, order: string, descending: boolean }[]
function M.keys(by, where)
  if type(by) ~= "table" or by.path then by = { by } end
  if #by == 0 then errors.raise { code = "ParamValidation", message = where .. " needs at least one key in by" } end
  local keys = {}
  for i, key in ipairs(by) do keys[i] = key_of(key, where) end
  return keys
end

---The option seed, an integer; 0 if it is not given.
function M.seed(options, where)
  local seed = options.seed or 0
  if math.type(seed) ~= "integer" then
    errors.raise { code = "ParamValidation", message = "option seed of " .. where .. " must be an integer" }
  end
  return seed
end

-- Chunks are large and soon of no use: the collector is told to keep up with them.
local function tidy()
  collectgarbage("step", 1024)
end

-- What read() gives; the next of it is fetched while the caller works on what it got, unless the run ends before.
local function ahead(run, read)
  local coming = task.spawn(read)
  run.open[#run.open + 1] = function() coming:cancel() end
  return function()
    local value = coming:wait()
    if value ~= nil then coming = task.spawn(read) end
    return value
  end
end

---@class moonrock.jsonl.Run
local Run = {}
Run.__index = Run

local function is_list(input)
  return type(input) == "table" and input[1] ~= nil
end

local function folder_of(options)
  if options.temporary then return options.temporary end
  local output = is_list(options.output) and options.output[1] or options.output
  if type(output) == "string" and output ~= "-" and not output:find("^s3://") then
    return output:match("^(.*)/[^/]*$") or "."
  end
  return system.getenv("TMPDIR") or "/tmp"
end

local function trace_of(options, where)
  local output = options.output
  while type(output) == "table" do output = output[1] end
  return provenance.new(where:match "[^.]+$", tables.copy(options, { output = output or "-" }))
end

---Checks the options and opens the inputs.
---@param options table
---@param known table<string, string> options beyond those of all
---@param where string "jsonl.sort"
---@return moonrock.jsonl.Run closes what is left open, and leaves no output without commit
function M.begin(options, known, where)
  options = tables.check_options(options, tables.copy(common, known), where)
  if options.input == nil then errors.raise { code = "ParamValidation", message = where .. " needs an input" } end
  return setmetatable({ options = options, where = where, open = {}, faults = 0, seen = 0, total = 0,
    folder = folder_of(options), keys = {}, trace = options.provenance and trace_of(options, where) }, Run)
end

---Opens an input, or the inputs of a list, to be fed later. What is malformed in them goes by the one policy of
---the run.
---@return moonrock.jsonl.Source[]
function Run:inputs(input)
  local sources = {}
  for i, one in ipairs(is_list(input) and input or { input }) do
    local source, err = io_.source(one, self.trace and self.trace:input())
    if not source then error(err, 0) end
    sources[i] = source
    self.open[#self.open + 1] = source.close
    self.total = self.total and source.size and self.total + source.size
  end
  return sources
end

-- One policy for all inputs, since what is set aside goes to one file.
function Run:note(source, fault)
  if not self.policy then
    self.policy = io_.faults(self.options.on_error, source.name)
    self.open[#self.open + 1] = self.policy.abort
  end
  local text = fault.text
  fault.text = nil
  if self.policy.stop then return io_.faults("stop", source.name).note(fault, text) end
  self.policy.note(fault, text)
  self.faults = self.faults + 1
end

---@param options moonrock.bulk.Options
---@param share? number of the memory
---@return moonrock.bulk.Pass
function Run:sorter(options, share)
  return self:pass(bulk.sorter, options, share)
end

function Run:router(options, share)
  return self:pass(bulk.router, options, share)
end

function Run:pass(make, options, share)
  options.memory = math.max(1, (self.options.memory or M.memory) * (share or 1) // 1 | 0)
  options.limit = self.options.limit
  options.keep = type(self.options.on_error) == "table"
  options.folder = self.folder
  local pass = make(options)
  self.keys[pass] = options.by
  self.open[#self.open + 1] = function() pass:close() end
  return pass
end

function Run:report(bytes)
  self.seen = self.seen + bytes
  if self.options.progress and self.total then
    self.options.progress(math.min(self.seen, self.total), self.total)
  end
end

---What moonrock.jsonl.transform asks about the faults of an input.
---@param source moonrock.jsonl.Source
---@return { stop: boolean, keep: boolean, note: fun(fault: table, text: string) }
function Run:faults_of(source)
  local policy = self.options.on_error or "stop"
  return { stop = policy == "stop", keep = type(policy) == "table", note = function(fault, text)
    fault.text = text
    self:note(source, fault)
  end }
end

---Reports progress: a function that is told how many more bytes of an input are done.
---@param source moonrock.jsonl.Source
---@return fun(bytes: integer)
function Run:counting(source)
  local seen = 0
  return function(bytes)
    local now = source.consumed and source.consumed() or seen + bytes
    self:report(now - seen)
    seen = now
  end
end

---The chunks of an input, with progress: what was given before is done when the next is asked for.
---@param source moonrock.jsonl.Source
---@return fun(): string|nil
function Run:reading(source)
  local reported, given = 0, 0
  local read = source.path and ahead(self, source.read) or source.read -- who else gives chunks may count on being asked
  return function()
    self:report(given - reported)
    reported = given
    tidy()
    local chunk = read()
    given = source.consumed and source.consumed() or given + #(chunk or "")
    return chunk
  end
end

-- A key that not one record has is a slip of the pen, and what goes by it would look right.
local function check_found(pass, keys, records, where)
  for i, found in ipairs(records > 0 and pass:stats().found or {}) do
    if found == 0 then
      errors.raise { code = "NoSuchField", retryable = false,
        message = ("%s: no record has the field %s"):format(where, keys[i].path),
        hint = "check its spelling; a path is such as user.id, messages[0].role or [\"odd.name\"]" }
    end
  end
end

---Feeds inputs to a pass; raises NoSuchField for a key that none of their records has.
---@param pass moonrock.bulk.Pass
---@param sources moonrock.jsonl.Source[]
---@param take? fun(outs: string[]) of a router: what came out
---@param keys? table[] if not those that the pass was made with
function Run:feed(pass, sources, take, keys)
  local before = pass:stats().records
  for _, source in ipairs(sources) do
    local read = self:reading(source)
    repeat
      local chunk = read()
      local ok, faults, outs = pass:feed(chunk or "", chunk == nil)
      if not ok then error(faults, 0) end
      for _, fault in ipairs(faults or {}) do self:note(source, fault) end
      if take then self:behind(take, outs) end
    until chunk == nil
    source.close()
  end
  self:settle()
  check_found(pass, keys or self.keys[pass], pass:stats().records - before, self.where)
end

-- Does f(...) while the caller goes on, after what was put behind before; raises what that raised.
function Run:behind(f, ...)
  self:settle()
  self.pending = task.spawn(f, ...)
end

-- Waits for what was put behind.
function Run:settle()
  local pending = self.pending
  self.pending = nil
  if pending then pending:wait() end
end

---Lines of one pass, or of a script, to the next.
function M.give(pass, lines)
  local ok, err = pass:feed(lines)
  if not ok then error(err, 0) end
end

---Ends the input of a sorter; gives what it sorted, piece by piece.
---@return fun(): string|nil
function Run:sorted(pass)
  local ok, err = pass:finish()
  if not ok then error(err, 0) end
  return ahead(self, function()
    local lines, why = pass:read()
    if why then error(why, 0) end
    tidy()
    return lines
  end)
end

---Opens an output.
---@return moonrock.jsonl.Sink
function Run:sink(output)
  local sink, err = io_.sink(output, self.trace and self.trace:output())
  if not sink then error(err, 0) end
  self.open[#self.open + 1] = sink.abort
  self.sinks = self.sinks or {}
  self.sinks[#self.sinks + 1] = sink
  return sink
end

---All is done: outputs and what was set aside appear.
---@generic T
---@param result T counts of records
---@return T result with the faults
function Run:commit(result)
  result.faults = self.faults
  for _, sink in ipairs(self.sinks or {}) do
    if sink.prepare then sink.prepare() end
  end
  if self.policy then self.policy.commit() end
  for _, sink in ipairs(self.sinks or {}) do sink.commit() end
  self.sinks = nil
  if self.trace then self.trace:write(result) end
  return result
end

-- The last first, and all of them, whatever one of them raises.
function Run:__close()
  pcall(self.settle, self)
  for i = #self.open, 1, -1 do pcall(self.open[i]) end
end

return M
