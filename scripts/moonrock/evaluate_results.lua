-- SPDX-License-Identifier: MIT
-- evaluate_results.lua -- the file of an evaluation: JSONL, a line for the run and one for each sample.
-- A line is written whole before the next thing happens, so a kill loses nothing that a line
-- was written for. Before a call that costs there is a line of its own ("call"): an id that has one
-- and no sample was asked when the process ended, and may have been paid for. A last line that broke
-- off is cut away and kept beside the file. One process has a file at a time.

local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local json = require "moonrock.json"

local M = {}

local function raise(code, message, hint, cause)
  errors.raise { code = code, message = message, hint = hint, cause = cause, retryable = false }
end

---@class moonrock.evaluate.Results
---@field path string
---@field run table|nil the first line
---@field samples table[] as they were written; of two with one id the later one stands
---@field by_id table<string, table>
---@field in_doubt table<string, true> asked for, without an answer
---@field finished table|nil the last line, when the evaluation was complete
local Results = {}
Results.__index = Results

local kinds = {
  run = function(self, line) self.run = self.run or line end,
  call = function(self, line)
    self.in_doubt[line.id] = true
    self.finished = nil
  end,
  sample = function(self, line)
    local place = self.places[line.id] or #self.samples + 1
    self.places[line.id], self.samples[place] = place, line
    self.by_id[line.id], self.in_doubt[line.id] = line, nil
  end,
  ["end"] = function(self, line) self.finished = line end,
}

local function new(path)
  return setmetatable({ path = path, samples = {}, places = {}, by_id = {}, in_doubt = {} }, Results)
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

-- Takes in every whole line; gives the rest of the text that no line end follows.
local function take_lines(self, text)
  local number, from = 0, 1
  while true do
    local stop = text:find("\n", from, true)
    if not stop then
      return text:sub(from)
    end
    number = number + 1
    local line, err = json.decode(text:sub(from, stop - 1))
    local take = type(line) == "table" and kinds[line.kind]
    if not take then
      raise("NotResults", ("%s, line %d, is no line of an evaluation%s"):format(self.path, number,
        err and ": " .. err.message or ""), "give a file that moonrock.evaluate wrote")
    end
    take(self, line)
    from = stop + 1
  end
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
  self.torn = take_lines(self, text)
  if not self.run then
    raise("NotResults", path .. " does not begin with the line of a run", "give a file that moonrock.evaluate wrote")
  end
  return self
end

-- What must be the same for two runs to be one.
local function differences(old, run)
  local found = {}
  for _, name in ipairs { "target", "dataset", "scorers", "seed", "options" } do
    if json.encode(old[name] or json.null) ~= json.encode(run[name] or json.null) then
      found[#found + 1] = name
    end
  end
  return table.concat(found, ", ")
end

local function must(value, err)
  if not value then
    error(err, 0)
  end
  return value
end

-- Cuts off what broke; the bytes stay in FILE.torn. The whole lines become a file of their own, which is
-- locked before it takes the old one's name, so that there is no moment without a lock on that name.
local function cut(path, text, torn)
  must(fs.append(path .. ".torn", torn .. "\n"))
  must(fs.write(path .. ".whole", text:sub(1, #text - #torn)))
  local lock = must(fs.lock(path .. ".whole"))
  must(fs.rename(path .. ".whole", path))
  return lock
end

---Opens a file to go on with it, or begins it.
---@param path string
---@param run table the first line of a new file; that of an old one must say the same
---@return moonrock.evaluate.Results close it; raises Locked while another process has it, and
---OtherEvaluation where the file is of other data, another target, other scorers or options
function M.open(path, run)
  local file, message, number = io.open(path, "a")
  if not file then
    raise("CannotWrite", ("%s cannot be written: %s"):format(path, message or number), "choose another `output`")
  end
  file:close()
  local self = new(path)
  self.lock = must(fs.lock(path))
  local ok, problem = pcall(function()
    local text = must(fs.read(path))
    local torn = take_lines(self, text)
    if torn ~= "" then
      self.new_lock, self.torn = cut(path, text, torn), torn
    end
    if self.run and self.run.fingerprint ~= run.fingerprint then
      raise("OtherEvaluation", ("%s holds another evaluation: it differs in %s"):format(path,
        differences(self.run, run)), "give another `output`, or delete that file if it is not wanted any more")
    end
    self.file = assert(io.open(path, "a"))
    if not self.run then
      run.kind = "run"
      self:write(run)
    end
  end)
  if not ok then
    self:close()
    error(problem, 0)
  end
  return self
end

---Writes one line; it is in the file when this returns.
---@param line table with its kind
function Results:write(line)
  local ok, message = self.file:write(json.encode(line), "\n")
  if ok then
    ok, message = self.file:flush()
  end
  if not ok then
    raise("CannotWrite", ("%s cannot be written: %s"):format(self.path, message),
      "make room and run it again: it goes on behind the last whole line")
  end
  kinds[line.kind](self, line)
end

function Results:close()
  if self.file then
    self.file:close()
    self.file = nil
  end
  for _, name in ipairs { "new_lock", "lock" } do
    if self[name] then
      self[name]:release()
      self[name] = nil
    end
  end
end
Results.__close = Results.close

return M
