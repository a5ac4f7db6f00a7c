-- SPDX-License-Identifier: MIT
-- dataset/fix.lua -- a dataset with what the lint can put right put right: lint --fix.
-- Lines without findings are copied as they are; the rest goes through dataset_repair. Records that are
-- there twice are written once. The output appears whole or not at all, and is linted while it is written.

local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local dataset_io = require "moonrock.dataset.io"
local io_ = require "moonrock.jsonl.io"
local provenance = require "moonrock.provenance"
local record = require "moonrock.record"
local repair = require "moonrock.dataset.repair"
local reports = require "moonrock.dataset.report"
local tables = require "moonrock.tables"

local M = {}

local known_options = { input = "any", output = "string", model = "string", family = "string", validation = "boolean",
  limit = "count", diff = "function", provenance = "boolean" }

local max_line = 64 << 20 -- longer lines are passed on as they are, as the lint does not read them
local most_seen = 1 << 20 -- records that are remembered, as in the lint

---@class moonrock.dataset.FixOptions
---@field input string|table as for dataset.lint
---@field output? string a path; without it nothing is written, which with diff shows what would be done
---@field model? string
---@field family? string
---@field validation? boolean
---@field limit? integer findings of the result that are kept (1000)
---@field diff? fun(text: string) gets a unified diff without context, as patch reads it, piece by piece
---@field provenance? boolean writes OUTPUT.provenance.json

---@class moonrock.dataset.FixResult
---@field fixed table<string, integer> repairs by rule
---@field changed integer lines of the input that were changed or left out
---@field written integer lines
---@field report moonrock.dataset.Report of the result

-- The diff ---------------------------------------------------------------------------------

local Diff = {}
Diff.__index = Diff

local function new_diff(write, from, to)
  if write then write(("--- %s\n+++ %s\n"):format(from, to)) end
  return setmetatable({ write = write, old = {}, new = {}, bytes = 0 }, Diff)
end

-- Lines that were changed: from which places on, and both texts.
function Diff:add(old_line, old, is_ended, new_line, new)
  if not self.write then return end
  if not self.old_line then self.old_line, self.new_line = old_line, new_line end
  self.old[#self.old + 1] = "-" .. old .. (is_ended and "\n" or "\n\\ No newline at end of file\n")
  for _, line in ipairs(new) do self.new[#self.new + 1] = "+" .. line .. "\n" end
  self.bytes = self.bytes + #old
  if self.bytes > io_.chunk then self:flush() end
end

function Diff:flush()
  if not self.old_line then return end
  local new_line = #self.new > 0 and self.new_line or self.new_line - 1
  self.write(("@@ -%d,%d +%d,%d @@\n"):format(self.old_line, #self.old, new_line, #self.new)
    .. table.concat(self.old) .. table.concat(self.new))
  self.old, self.new, self.bytes, self.old_line = {}, {}, 0, nil
end

-- The work -----------------------------------------------------------------------------------

local Fixer = {}
Fixer.__index = Fixer

function Fixer:note(rule)
  self.fixed[rule] = (self.fixed[rule] or 0) + 1
end

function Fixer:flush()
  local text = table.concat(self.out)
  self.out, self.waiting = {}, 0
  if text == "" then return end
  if self.sink then self.sink.write(text) end
  local some = self.after:feed(text)
  table.move(some, 1, #some, #self.findings + 1, self.findings)
end

function Fixer:put(text)
  self.out[#self.out + 1] = text
  self.waiting = self.waiting + #text
  if self.waiting >= io_.chunk then self:flush() end
end

-- Is the record new? Until a line was changed only those that the lint flagged can be old.
function Fixer:is_new(line, is_flagged)
  local digest = crypto.hash("sha256", line, "raw")
  if self.seen[digest] then return not (is_flagged or self.changed > 0 and line:sub(1, 1) == "{") end
  if self.seen_count < most_seen then
    self.seen[digest], self.seen_count = true, self.seen_count + 1
  end
  return true
end

-- A line of the input, without its newline.
function Fixer:line(old, is_ended)
  self.number = self.number + 1
  local text, flags = old, self.flags[self.number] or {}
  self.flags[self.number] = nil
  if text:byte(-1) == 13 then
    text = text:sub(1, -2)
    self:note("crlf")
  end
  local lines = flags.in_line and repair.line(text, self.family(), function(rule) self:note(rule) end) or { text }
  local kept = {}
  for _, line in ipairs(lines) do
    if self:is_new(line, flags.duplicate or line ~= text) then
      kept[#kept + 1] = line
    else
      self:note("duplicate")
    end
  end
  if not is_ended and kept[1] then self:note("final-newline") end
  if #kept == 1 and kept[1] == old and is_ended then
    self.diff:flush()
  else
    self.changed = self.changed + 1
    self.diff:add(self.number, old, is_ended, self.written + 1, kept)
  end
  for _, line in ipairs(kept) do self:put(line .. "\n") end
  self.written = self.written + #kept
end

-- What the lint says of lines that will come: is there something to do?
function Fixer:flag(findings)
  for _, f in ipairs(findings) do
    if f.line and repair.can(f.rule) then
      local flags = self.flags[f.line] or {}
      flags.in_line = flags.in_line or repair.can_in_line(f.rule)
      flags.duplicate = flags.duplicate or f.rule == "duplicate"
      self.flags[f.line] = flags
    end
  end
end

-- Cuts chunks into lines. Of a line that is too long nothing is held back.
function Fixer:chunk(chunk)
  local at = 1
  while true do
    local newline = chunk:find("\n", at, true)
    if not newline then break end
    local rest = chunk:sub(at, newline - 1)
    if self.is_long then
      self:put(rest .. "\n")
      self.is_long, self.number, self.written = false, self.number + 1, self.written + 1
    elseif self.held[1] then
      self.held[#self.held + 1] = rest
      local line = table.concat(self.held)
      self.held, self.held_bytes = {}, 0
      self:line(line, true)
    else
      self:line(rest, true)
    end
    at = newline + 1
  end
  self:hold(chunk:sub(at))
end

function Fixer:hold(rest)
  if rest == "" then return end
  if not self.is_long then
    self.held[#self.held + 1] = rest
    self.held_bytes = self.held_bytes + #rest
    if self.held_bytes <= max_line then return end
    rest = table.concat(self.held)
    self.held, self.held_bytes, self.is_long = {}, 0, true
    self.diff:flush()
  end
  self:put(rest)
end

function Fixer:finish()
  if self.is_long then
    self:put("\n")
    self:note("final-newline")
    self.written = self.written + 1
  elseif self.held[1] then
    self:line(table.concat(self.held), false)
  end
  self.diff:flush()
  self:flush()
end

local function closing(f)
  return setmetatable({}, { __close = f })
end

---Writes a dataset anew, with what is safe put right. Raises what the world refuses; the output is then as it
---was.
---@param options moonrock.dataset.FixOptions
---@return moonrock.dataset.FixResult
function M.run(options)
  options = tables.check_options(options, known_options, "dataset.fix")
  if options.input == nil then
    errors.raise { code = "ParamValidation", message = "dataset.fix needs an input" }
  end
  local trace = options.provenance and provenance.new("fix", options)
  local source = dataset_io.open(options.input, trace and trace:input())
  local end_source <close> = closing(source.close) -- luacheck: ignore
  local rules = { model = options.model, family = options.family, validation = options.validation }
  local before <close> = record.new(tables.copy(rules, { limit = math.maxinteger }))
  local after <close> = record.new(tables.copy(rules, { limit = options.limit }))
  local sink, err
  if options.output then
    sink, err = io_.sink(options.output, trace and trace:output())
    if not sink then error(err, 0) end
  end
  local is_done = false
  local undo <close> = closing(function() -- luacheck: ignore
    if sink and not is_done then sink.abort() end
  end)
  local name = options.output or source.name
  local fixer = setmetatable({
    sink = sink, after = after, diff = new_diff(options.diff, source.name, name),
    family = function() return before:stats().family end,
    flags = {}, fixed = {}, findings = {}, held = {}, held_bytes = 0, out = {}, waiting = 0, seen = {}, seen_count = 0,
    number = 0, written = 0, changed = 0,
  }, Fixer)
  for chunk in source.read do
    fixer:flag(before:feed(chunk))
    fixer:chunk(chunk)
  end
  fixer:flag((before:finish()))
  fixer:finish()
  local last, stats = after:finish()
  table.move(last, 1, #last, #fixer.findings + 1, fixer.findings)
  if sink then sink.commit() end
  is_done = true
  if trace then trace:write { changed = fixer.changed, written = fixer.written, fixed = fixer.fixed } end
  return { fixed = fixer.fixed, changed = fixer.changed, written = fixer.written,
    report = reports.new(name, fixer.findings, stats) }
end

return M
