-- SPDX-License-Identifier: MIT
-- journal.lua -- a file of JSON lines that a process goes on with where another one ended.
-- One process has it at a time. A line is written whole before what it tells of happens; a last
-- line that broke off is cut away, and its bytes are kept in FILE.torn.

local fs = require "moonrock.fs"
local json = require "moonrock.json"

local M = {}

local function must(value, err)
  if not value then
    error(err, 0)
  end
  return value
end

---Hands on every whole line of a text.
---@param text string
---@param take fun(line: any, number: integer, err: moonrock.Error|nil) line: decoded; nil and err for no JSON
---@return string rest what no line end follows
function M.take(text, take)
  local number, from = 0, 1
  while true do
    local stop = text:find("\n", from, true)
    if not stop then
      return text:sub(from)
    end
    number = number + 1
    local line, err = json.decode(text:sub(from, stop - 1))
    take(line, number, err)
    from = stop + 1
  end
end

-- The whole lines become a file of their own, which is locked before it takes the old one's name, so
-- that there is no moment without a lock on that name.
local function cut(path, text, torn)
  must(fs.append(path .. ".torn", torn .. "\n"))
  must(fs.write(path .. ".whole", text:sub(1, #text - #torn)))
  local lock = must(fs.lock(path .. ".whole"))
  must(fs.rename(path .. ".whole", path))
  return lock
end

---Has a file alone and takes in its lines; a file that is not there is made.
---@async
---@param path string
---@param take fun(line: any, number: integer, err: moonrock.Error|nil) may raise
---@return moonrock.fs.Lock lock to be released at the end; raises Locked while another process has the file
---@return string torn what was cut off, "" for nothing
function M.open(path, take)
  must(fs.append(path, ""))
  local lock = must(fs.lock(path))
  local ok, result = pcall(function()
    local text = must(fs.read(path))
    local torn = M.take(text, take)
    if torn ~= "" then
      local old = lock
      lock = cut(path, text, torn)
      old:release()
    end
    return torn
  end)
  if not ok then
    lock:release()
    error(result, 0)
  end
  return lock, result
end

return M
