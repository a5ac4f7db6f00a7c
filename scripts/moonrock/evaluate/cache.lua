-- SPDX-License-Identifier: MIT
-- evaluate/cache.lua -- answers by what was asked, in a file: the same question to the same model is
-- paid for once, also where it is asked twice at the same time. The key is a hash of the model, the
-- messages and all that shapes the answer.

local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local counts = require("moonrock.evaluate.target").counts
local tables = require "moonrock.tables"
local task = require "moonrock.task"

local M = {}

local KEPT = { "scored", "refused", "truncated" }

---@class moonrock.evaluate.Cache
local Cache = {}
Cache.__index = Cache

local function cannot_write(path, message)
  errors.raise { code = "CannotWrite", retryable = false,
    message = ("the cache %s cannot be written: %s"):format(path, message) }
end

---@param path string JSONL; made if it is not there
---@return moonrock.evaluate.Cache for `cache` of evaluate.run; close it
function M.open(path)
  local self = setmetatable({ path = path, answers = {}, asking = {} }, Cache)
  local text, err = fs.read(path)
  if not text and err.code ~= "ENOENT" then
    error(err, 0)
  end
  for line in (text or ""):gmatch("([^\n]+)\n") do -- what broke off, or was edited into none, is asked again
    local entry = json.decode(line)
    if type(entry) == "table" and type(entry.key) == "string" and type(entry.answer) == "string"
      and tables.contains(KEPT, entry.status) then
      entry.usage, entry.latency_ms = counts(entry.usage), tonumber(entry.latency_ms)
      entry.stop_reason = type(entry.stop_reason) == "string" and entry.stop_reason or nil
      self.answers[entry.key] = entry
    end
  end
  local file, message = io.open(path, "a")
  if not file then
    cannot_write(path, message)
  end
  self.file = file
  if text and text ~= "" and text:sub(-1) ~= "\n" then
    self:write("\n")
  end
  return self
end

---The cache that the option `cache` of evaluate.run names by its path, to be closed; nil where it is one already.
---@param given moonrock.evaluate.Cache|string|nil raises for anything else
---@return moonrock.evaluate.Cache|nil
function M.named(given)
  if type(given) == "string" then
    return M.open(given)
  elseif given ~= nil and getmetatable(given) ~= Cache then
    errors.raise { code = "ParamValidation", retryable = false,
      message = "evaluate: `cache` is a path, or what moonrock.evaluate.cache.open gave" }
  end
end

function Cache:write(text)
  local ok, message = self.file:write(text)
  if ok then
    ok, message = self.file:flush()
  end
  if not ok then
    cannot_write(self.path, message)
  end
end

-- What else than the model's id tells targets apart: how it is asked. A function of the script's own is not
-- the model, whatever id it has.
local function manner_of(target)
  if target.own then
    return "own"
  elseif target.api or target.family then
    return { target.api or "auto", target.family or "auto" }
  end
end

---@return string|nil nil for a target without a model's id: nothing is known of what it does
function Cache:key(target, sample, options)
  if not target.model_id then
    return nil
  end
  return crypto.hash("sha256", json.encode { target.model_arn or target.model_id, sample.messages,
    options.system or sample.system or "", options.max_tokens, options.temperature or "", manner_of(target) })
end

local turn_mt = {
  __close = function(turn)
    turn.asking[turn.key] = nil
    turn.done:set(true)
  end,
}

---Waits while others ask for the same; they wait until the turn is closed.
---@async
---@param key string
---@return table turn
function Cache:turn(key)
  while self.asking[key] do
    self.asking[key].done:wait()
  end
  local turn = setmetatable({ asking = self.asking, key = key, done = task.future() }, turn_mt)
  self.asking[key] = turn
  return turn
end

function Cache:get(key, sample)
  local entry = self.answers[key]
  return entry and { kind = "sample", id = sample.id, index = sample.index, input = sample.input,
    expected = sample.expected, status = entry.status, answer = entry.answer, stop_reason = entry.stop_reason,
    usage = entry.usage, latency_ms = entry.latency_ms, attempts = 0, cost = 0.0, cached = true } or nil
end

function Cache:put(key, line)
  local entry = { key = key, status = line.status, answer = line.answer, stop_reason = line.stop_reason,
    usage = line.usage, latency_ms = line.latency_ms }
  self.answers[key] = entry
  self:write(json.encode(entry) .. "\n")
end

function Cache:close()
  if self.file then
    self.file:close()
    self.file = nil
  end
end
Cache.__close = Cache.close

return M
