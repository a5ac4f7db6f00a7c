-- SPDX-License-Identifier: MIT
-- progress.lua -- moonrock.progress(): how far something is, on standard error.
-- On a terminal a bar in place; elsewhere a line at each quarter, so that logs stay short.
-- The object is called with (done, total [, text]), as on_progress callbacks are.

local system = require "moonrock.system"
local tables = require "moonrock.tables"
local time = require "moonrock.time"

local M = {}

local known_options = { label = "string", count = "boolean", terminal = "boolean", output = "any" }
local units = { "B", "KiB", "MiB", "GiB", "TiB" }

---12,345,678 -> "11.8 MiB"
function M.size(bytes)
  local value, unit = bytes, 1
  while value >= 1024 and unit < #units do
    value, unit = value / 1024, unit + 1
  end
  return unit == 1 and string.format("%d B", value) or string.format("%.1f %s", value, units[unit])
end

local Progress = {}
Progress.__index = Progress

local function share(done, total)
  return total > 0 and math.min(1, done / total) or 1
end

local function amounts(self, done, total)
  if not total then
    return self.count and string.format("%d", done) or M.size(done)
  elseif self.count then
    return string.format("%d of %d", done, total)
  end
  return string.format("%s of %s", M.size(done), M.size(total))
end

local function bar(self, done, total, tail)
  local part = share(done, total)
  tail = string.format(" %3d%% %s", part * 100 // 1, tail)
  local width = math.max(10, math.min(40, (system.width() or 80) - #self.label - #tail - 4))
  local filled = math.floor(width * part)
  return string.format("%s[%s%s]%s", self.label, ("#"):rep(filled), (" "):rep(width - filled), tail)
end

local function draw(self, done, total, text)
  local tail = amounts(self, done, total) .. (text and " " .. text or "")
  local line = total and bar(self, done, total, tail) or self.label .. tail
  self.output:write("\r", line, (" "):rep(math.max(0, (self.drawn or 0) - #line)))
  self.output:flush()
  self.drawn = #line
end

local function finish_line(self)
  if self.drawn then
    self.output:write("\n")
    self.drawn = nil
  end
end

local function print_line(self, done, total, text)
  self.output:write(string.format("%s%d%% (%s)%s\n", self.label, share(done, total) * 100 // 1,
    amounts(self, done, total), text and " " .. text or ""))
end

---@param done integer
---@param total integer|nil nil while nobody knows it: drawn without a bar, on a terminal only
---@param text? string a word about the present state
function Progress:__call(done, total, text)
  if not math.type(done) or not (total == nil or math.type(total)) then
    error(string.format("a progress is called with two numbers, done and total, got %s and %s", type(done),
      type(total)), 2)
  end
  if total and self.ended == total and done >= total then
    return
  end
  local complete = total ~= nil and done >= total
  self.ended = complete and total or nil
  if self.terminal then
    -- At most ten drawings a second; real time, for eyes.
    local now = time.monotonic()
    if complete or not self.last or time.is_virtual() or now - self.last >= 0.1 then
      self.last = now
      draw(self, done, total, text)
    end
    if complete then
      finish_line(self)
    end
    return
  end
  local quarter = total and math.floor(share(done, total) * 4) or 0
  if complete or (self.quarter and quarter > self.quarter) then
    print_line(self, done, total, text)
  end
  self.quarter = complete and 0 or quarter
end

---Ends a bar that will not come to its end.
function Progress:close()
  finish_line(self)
end
Progress.__close = Progress.close

---A line of its own, between drawings.
---@param text string
function Progress:line(text)
  finish_line(self)
  self.output:write(self.label, text, "\n")
  self.output:flush()
end

---@param options? string|{label?: string, count?: boolean, terminal?: boolean, output?: file*}
---the label, or a table; count = true shows plain numbers instead of bytes
function M.new(options)
  if type(options) == "string" then
    options = { label = options }
  end
  options = tables.check_options(options, known_options, "progress")
  local terminal = options.terminal
  if terminal == nil then
    terminal = system.is_terminal("stderr")
  end
  return setmetatable({
    label = options.label and options.label .. " " or "",
    count = options.count,
    terminal = terminal,
    output = options.output or io.stderr,
  }, Progress)
end

return M
