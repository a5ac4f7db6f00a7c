-- SPDX-License-Identifier: MIT
-- batch/journal.lua -- what is known of batch jobs, in a file: written before the next step is taken.
-- JSONL.  "batch": what is asked of which model; "job": a job is about to be submitted, with its
-- token, name and records; "submitted": its ARN; "ended": its last state; "live": an answer that was
-- asked for directly.  So a process that was killed finds the jobs that it has paid for.
-- Without a path the same is kept in memory only.

local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local journal = require "moonrock.journal"
local json = require "moonrock.json"
local random = require "moonrock.random"

local M = {}

local function raise(code, message, hint)
  errors.raise { code = code, message = message, hint = hint, retryable = false }
end

---@class moonrock.batch.Journal
---@field head table|nil the first line
---@field jobs table[] in the order of their numbers: { number, name, token, key, records: id -> hash, arn?, state? }
---@field live table<string, table> by id: { hash, answer }
local Journal = {}
Journal.__index = Journal

local kinds = {
  batch = function(self, line) self.head = line end,
  job = function(self, line) self.jobs[line.number] = line end,
  submitted = function(self, line) self.jobs[line.number].arn = line.arn end,
  ended = function(self, line) self.jobs[line.number].state = line.state end,
  live = function(self, line) self.live[line.id] = line end,
}

-- Takes in one line of the file.
local function take(self, line, number, err)
  local kind = type(line) == "table" and kinds[line.kind]
  if not (kind and (number == 1) == (line.kind == "batch") and pcall(kind, self, line)) then
    raise("BadJournal", ("%s, line %d, is no line of a batch%s"):format(self.path, number,
      err and ": " .. err.message or ""), "give a file that moonrock.batch wrote, or another `journal`")
  end
end

-- Another batch must not be taken for this one.
local function check_head(self, head)
  for _, name in ipairs { "model", "invocation", "output" } do
    if self.head and self.head[name] ~= head[name] then
      raise("OtherBatch", ("%s is the journal of another batch: its %s is %s, not %s"):format(self.path, name,
        tostring(self.head[name]), tostring(head[name])), "give another `journal`")
    end
  end
end

---Opens a journal, to go on with it, or begins it.
---@param path string|nil
---@param head table what must be equal: { model, invocation, output }
---@return moonrock.batch.Journal close it; raises Locked while another process has it, OtherBatch, BadJournal
function M.open(path, head)
  local self = setmetatable({ path = path, jobs = {}, live = {} }, Journal)
  if path then
    self.lock = journal.open(path, function(...) take(self, ...) end)
    local ok, problem = pcall(check_head, self, head)
    if not ok then
      self:close()
      error(problem, 0)
    end
  end
  if not self.head then
    -- Tokens are this run's own: the same batch begun anew must not be answered with an old job.
    self:write { kind = "batch", version = 1, model = head.model, invocation = head.invocation,
      output = head.output, run = crypto.hex_encode(random.bytes(8)) }
  end
  return self
end

---Writes a line; it is in the file when this returns.
function Journal:write(line)
  if self.path then
    local ok, err = fs.append(self.path, json.encode(line) .. "\n")
    if not ok then error(err, 0) end
  end
  kinds[line.kind](self, line)
end

function Journal:close()
  if self.lock then
    self.lock:release()
    self.lock = nil
  end
end
Journal.__close = Journal.close

return M
