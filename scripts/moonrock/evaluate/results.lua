-- SPDX-License-Identifier: MIT
-- evaluate/results.lua -- the file of an evaluation: JSONL, a line for the run and one for each sample.
-- A line is written whole before the next thing happens, so a kill loses nothing that a line
-- was written for. Before a call that costs there is a line of its own ("call"): an id that has one
-- and no sample was asked when the process ended, and may have been paid for. What that may have cost is
-- written into the next line of that id, so that no resume forgets it. A last line that broke off is cut
-- away and kept beside the file. One process has a file at a time. A kill loses no line; a power cut those
-- of the last tenth of a second, since waiting for the disk before each call would be most of what it costs.

local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local journal = require "moonrock.journal"
local json = require "moonrock.json"
local plain = require "moonrock.plain"
local tables = require "moonrock.tables"
local task = require "moonrock.task"
local time = require "moonrock.time"

local M = {}

local SYNC_SECONDS = 0.1

local function raise(code, message, hint, cause)
  errors.raise { code = code, message = message, hint = hint, cause = cause, retryable = false }
end

---@class moonrock.evaluate.Results
---@field path string
---@field run table|nil the first line
---@field samples table[] as they were written; of two with one id the later one stands
---@field by_id table<string, table>
---@field in_doubt table<string, true> asked for, without an answer
---@field doubt table<string, number> what those calls may have cost, USD; nil where the lines do not tell
---@field lost number USD, the same of calls that were repeated since
---@field finished table|nil the last line, when the evaluation was complete
---@field written integer lines of this process
---@field synced integer as many of them are on the disk
local Results = {}
Results.__index = Results

local kinds = {
  run = function(self, line)
    if not self.run or line.grown then
      self.run, self.finished = line, nil
    end
  end,
  call = function(self, line)
    if line.doubt then
      self.doubt[line.id] = nil
    end
    self.doubt[line.id] = line.most and (self.doubt[line.id] or 0) + line.most or self.doubt[line.id]
    self.in_doubt[line.id] = true
    self.finished = nil
  end,
  sample = function(self, line)
    self.doubt[line.id] = nil
    local place = self.places[line.id] or #self.samples + 1
    self.places[line.id], self.samples[place] = place, line
    self.by_id[line.id], self.in_doubt[line.id] = line, nil
  end,
  ["end"] = function(self, line) self.finished = line end,
}

local function new(path)
  return setmetatable({ path = path, samples = {}, places = {}, by_id = {}, in_doubt = {}, doubt = {}, lost = 0.0,
    carried = {}, written = 0, synced = 0 }, Results)
end

---The samples in the order of the dataset: that in which they came is one of chance.
---@return table[] samples
function Results:in_order()
  local list = self.samples
  for i = 2, #list do
    if list[i].index < list[i - 1].index then
      table.sort(list, function(a, b) return a.index < b.index end)
      for place, line in ipairs(list) do
        self.places[line.id] = place
      end
      break
    end
  end
  return list
end

-- ---- what a line may hold --------------------------------------------------------------

local STATUSES = tables.set "scored error throttled refused truncated"

local function is_number(value)
  return math.type(value) ~= nil and value - value == 0
end

local function all(test)
  return function(value)
    if type(value) ~= "table" then
      return false
    end
    for _, item in pairs(value) do
      if not test(item) then
        return false
      end
    end
    return true
  end
end

local function is_text(value) return type(value) == "string" end
local function is_table(value) return type(value) == "table" end

local FIELDS = {
  run = { name = is_text, dataset = is_table, target = is_table, options = is_table, scorers = all(is_table) },
  call = { id = is_text, most = is_number, doubt = is_number },
  sample = { id = is_text, index = function(value) return math.type(value) == "integer" end,
    status = function(value) return STATUSES[value] end, answer = is_text, stop_reason = is_text, error = is_table,
    usage = all(is_number), latency_ms = is_number, cost = is_number, attempts = is_number, doubt = is_number,
    scores = all(function(value) return is_number(value) and math.abs(value) < 1e15 end), details = all(is_text),
    unjudged = all(is_table),
    judges = all(function(facts) return is_table(facts) and (facts.cost == nil or is_number(facts.cost)) end) },
  ["end"] = {},
}
local REQUIRED = { call = { "id" }, sample = { "id", "index", "status" } }

-- What is wrong with a line of a known kind; nil for nothing.
local function fault_of(line)
  for _, name in ipairs(REQUIRED[line.kind] or {}) do
    if line[name] == nil then
      return "it has no " .. name
    end
  end
  local fields = FIELDS[line.kind]
  for _, name in ipairs(tables.keys(line)) do
    if fields[name] and not fields[name](line[name]) then
      return ("its %s cannot be %s"):format(name, plain.line(json.encode(line[name]), 60))
    end
  end
end

-- Takes in one line of the file.
local function take(self, line, number, err)
  local kind = type(line) == "table" and kinds[line.kind]
  local fault = kind and fault_of(line) or err and err.message
  if not kind or fault then
    raise("NotResults", ("%s, line %d, is no line of an evaluation%s"):format(self.path, number,
      fault and ": " .. fault or ""), "give a file that moonrock.evaluate wrote")
  end
  kind(self, line)
  self.lost = self.lost + (line.doubt or 0)
  line.doubt = nil -- the line may be written again
end

---The results in a file, to look at.
---@param path string
---@return moonrock.evaluate.Results raises NotResults with the line, or what the system refuses
function M.read(path)
  local text, err = fs.read(path)
  if not text then
    error(err, 0)
  end
  local self = new(path)
  self.torn = journal.take(text, function(...) take(self, ...) end)
  if not self.run then
    raise("NotResults", path .. " does not begin with the line of a run", "give a file that moonrock.evaluate wrote")
  end
  return self
end

---Results as a caller gives them.
---@param given moonrock.evaluate.Results|string the path of a file is read
---@param what string for the message: "compare.runs: base"
---@return moonrock.evaluate.Results raises ParamValidation for anything else
function M.given(given, what)
  if type(given) == "string" then
    return M.read(given)
  elseif type(given) ~= "table" or type(given.in_order) ~= "function" then
    raise("ParamValidation", ("%s is neither a path nor what moonrock.evaluate.results.read gave"):format(what))
  end
  return given
end

---What makes a target what it is: of a model that is served, the model, whatever serves it this time.
---@param target table with model_id, model_arn, api, family
---@return table
function M.identity(target)
  return { model_id = target.model_arn or target.model_id, api = target.api, family = target.family }
end

-- What must be the same for two runs to be one.
local function differences(old, run)
  old = tables.copy(old, { target = M.identity(old.target or {}) })
  run = tables.copy(run, { target = M.identity(run.target) })
  local found = {}
  for _, name in ipairs { "target", "dataset", "scorers", "seed", "options" } do
    if json.encode(old[name] or json.null) ~= json.encode(run[name] or json.null) then
      found[#found + 1] = name
    end
  end
  return table.concat(found, ", ")
end

-- Is a run the old one with a larger limit, or without one? Then what was answered stands, and the rest is asked.
local function grows(old, run, sha256_of)
  local limit, records = (old.options or {}).limit, (old.dataset or {}).records
  if not limit or not sha256_of or math.type(records) ~= "integer" or run.dataset.records < records then
    return false
  end
  local as_before = tables.copy(run, { dataset = old.dataset, options = tables.copy(run.options, { limit = limit }) })
  return differences(old, as_before) == "" and sha256_of(records) == old.dataset.sha256
end

---Opens a file to go on with it, or begins it.
---@param path string
---@param run table the first line of a new file; that of an old one must say the same, but for a smaller limit
---@param sha256_of? fun(n: integer): string the dataset's hash with a limit of n
---@return moonrock.evaluate.Results close it; raises Locked while another process has it, and
---OtherEvaluation where the file is of other data, another target, other scorers or options
function M.open(path, run, sha256_of)
  local file, message, number = io.open(path, "a")
  if not file then
    raise("CannotWrite", ("%s cannot be written: %s"):format(path, message or number), "choose another `output`")
  end
  file:close()
  local self = new(path)
  local torn
  self.lock, torn = journal.open(path, function(...) take(self, ...) end)
  self.torn = torn ~= "" and torn or nil
  self.carried = tables.copy(self.doubt)
  local ok, problem = pcall(function()
    if self.run and self.run.fingerprint ~= run.fingerprint and grows(self.run, run, sha256_of) then
      run.grown, self.run = self.run.options.limit, nil
    elseif self.run and self.run.fingerprint ~= run.fingerprint then
      raise("OtherEvaluation", ("%s holds another evaluation: it differs in %s"):format(path,
        differences(self.run, run)), "give another `output` (a `cache` answers what has been asked before), or delete "
        .. "that file if it is not wanted any more")
    end
    self.file = assert(io.open(path, "a"))
    if not self.run then
      run.kind = "run"
      self:write(run)
    end
  end)
  if not ok then
    self:close(problem)
    error(problem, 0)
  end
  return self
end

-- Puts what was written on the disk, on the pool; ends when there is nothing new.
local function sync_all(self)
  while self.synced < self.written do
    local written = self.written
    local ok, err = fs.sync(self.path)
    if not ok then
      self.sync_error = err
      return
    end
    self.synced = written
    task.sleep(SYNC_SECONDS)
  end
end

local function cannot_write(self, message)
  raise("CannotWrite", ("%s cannot be written: %s"):format(self.path, message),
    "make room and run it again: it goes on behind the last whole line")
end

---Writes one line; it is in the file when this returns.
---@param line table with its kind
function Results:write(line)
  local doubt = line.id and self.carried[line.id]
  if doubt then
    self.carried[line.id], self.lost = nil, self.lost + doubt
    self.doubt[line.id] = nil
  end
  local ok, message = self.file:write(json.encode(doubt and tables.copy(line, { doubt = doubt }) or line), "\n")
  if ok then
    ok, message = self.file:flush()
  end
  if not ok or self.sync_error then
    cannot_write(self, message or self.sync_error.message)
  end
  self.written = self.written + 1
  if not time.is_virtual() and not (self.syncer and not self.syncer:done()) then -- a rehearsal is not paid for
    self.syncer = task.spawn(sync_all, self)
  end
  kinds[line.kind](self, line)
end

---@param cause any the error with which a block is left
function Results:close(cause)
  local ok, err = true, nil
  if self.syncer then
    self.syncer:cancel()
    self.syncer = nil
    if self.file then ok, err = fs.sync(self.path) end
  end
  if self.file then
    self.file:close()
    self.file = nil
  end
  if self.lock then
    self.lock:release()
    self.lock = nil
  end
  if not ok and cause == nil then
    cannot_write(self, err.message)
  end
end
Results.__close = Results.close

return M
