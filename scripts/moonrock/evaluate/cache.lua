-- SPDX-License-Identifier: MIT
-- evaluate/cache.lua -- answers by what was asked, in a file: the same question to the same model is
-- paid for once. The key is a hash of the model, the messages and all that shapes the answer.

local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local json = require "moonrock.json"

local M = {}

---@class moonrock.evaluate.Cache
local Cache = {}
Cache.__index = Cache

---@param path string JSONL; made if it is not there
---@return moonrock.evaluate.Cache for `cache` of evaluate.run; close it
function M.open(path)
  local self = setmetatable({ path = path, answers = {} }, Cache)
  local text, err = fs.read(path)
  if not text and err.code ~= "ENOENT" then
    error(err, 0)
  end
  for line in (text or ""):gmatch("([^\n]+)\n") do -- a line that broke off is asked again
    local entry = json.decode(line)
    if type(entry) == "table" and entry.key then
      self.answers[entry.key] = entry
    end
  end
  local file, message = io.open(path, "a")
  if not file then
    errors.raise { code = "CannotWrite", retryable = false,
      message = ("%s cannot be written: %s"):format(path, message) }
  end
  if text and text ~= "" and text:sub(-1) ~= "\n" then
    file:write("\n")
  end
  self.file = file
  return self
end

---@return string|nil nil for a target without a model's id: nothing is known of what it does
function Cache:key(target, sample, options)
  if not target.model_id then
    return nil
  end
  return crypto.hash("sha256", json.encode { target.model_id, sample.messages, sample.system or options.system or "",
    options.max_tokens, options.temperature or "" })
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
  self.file:write(json.encode(entry), "\n")
  self.file:flush()
end

function Cache:close()
  if self.file then
    self.file:close()
    self.file = nil
  end
end
Cache.__close = Cache.close

return M
