-- SPDX-License-Identifier: MIT
-- cli.jsonl: `moonrock jsonl OP IN... OUT`: the operations of moonrock.jsonl on whole files.

local errors = require "moonrock.error"
local help = require "moonrock.cli.help"
local jsonl = require "moonrock.jsonl"
local options = require "moonrock.cli.options"
local progress = require "moonrock.progress"
local run = require "moonrock.cli.run"
local system = require "moonrock.system"
local tables = require "moonrock.tables"

local M = {}

local common = { ["--skip"] = "flag", ["--set-aside"] = "text", ["--memory"] = "count", ["--temporary"] = "text",
  ["--provenance"] = "flag" }
local own = {
  sort = { ["--by"] = "text", ["--unique"] = "flag" },
  shuffle = { ["--seed"] = "count" },
  sample = { ["--count"] = "count", ["--share"] = "number", ["--seed"] = "count" },
  dedupe = { ["--compare"] = "text", ["--by"] = "text" },
  split = { ["--shares"] = "text", ["--seed"] = "count", ["--by"] = "text", ["--stratify"] = "text" },
  leaks = { ["--compare"] = "text", ["--by"] = "text" },
  group = { ["--by"] = "text", ["--aggregate"] = "text" },
  join = { ["--by"] = "text", ["--right-by"] = "text", ["--kind"] = "text", ["--into"] = "text" },
  redact = { ["--patterns"] = "text", ["--paths"] = "text", ["--threads"] = "count" },
  filter = { ["--where"] = "text", ["--threads"] = "count" },
}

local function list(text)
  local out = {}
  for word in (text or ""):gmatch "[^,]+" do out[#out + 1] = word end
  return text and out or nil
end

local function aggregates(text)
  local out = {}
  for _, word in ipairs(list(text)) do
    local name, what = word:match "^%s*(.-)%s*=%s*(.-)%s*$"
    if not name then options.refuse("--aggregate takes NAME=WHAT, such as n=count,total='sum price'") end
    out[name] = what
  end
  return out
end

-- Puts the files where the operation wants them.
local function place_files(op, words, opts)
  local least = op == "join" and 3 or 2
  if #words < least or (op == "join" and #words > 3) or (op == "filter" and #words > 2) then
    options.refuse("jsonl %s takes %s", op, op == "join" and "LEFT RIGHT OUT" or op == "leaks" and "IN IN..."
      or op == "split" and "IN OUT..." or op == "filter" and "IN OUT" or "IN... OUT")
  end
  if op == "leaks" then
    opts.input = words
  elseif op == "split" then
    local shares = list(opts.shares) or {}
    if #shares ~= #words - 1 then options.refuse("--shares takes a number for each output, such as 0.8,0.1,0.1") end
    opts.shares, opts.input, opts.output = nil, words[1], {}
    for i, share in ipairs(shares) do opts.output[i] = { words[i + 1], tonumber(share) } end
  elseif op == "join" then
    opts.input, opts.with, opts.output = words[1], words[2], words[3]
  else
    opts.output = table.remove(words)
    opts.input = #words == 1 and words[1] or words
  end
end

local function report(op, result)
  if op == "leaks" then
    for _, leak in ipairs(result.found) do
      local places = {}
      for i, place in ipairs(leak) do places[i] = ("%s:%d"):format(place.input, place.line) end
      io.write(table.concat(places, " "), "\n")
    end
  end
  local parts = {}
  for _, name in ipairs(tables.keys(result)) do
    local value = result[name]
    if name == "written" and type(value) == "table" then value = table.concat(value, " + ") end
    if type(value) ~= "table" then parts[#parts + 1] = ("%s %s"):format(value, name) end
  end
  for _, name in ipairs(tables.keys(op == "redact" and result.found or {})) do
    parts[#parts + 1] = ("%d %s"):format(result.found[name], name)
  end
  run.say("%s", table.concat(parts, ", "))
end

---@param args string[]
---@return integer exit_code
function M.main(args)
  local op = args[1]
  if op == "--help" or op == "-h" then return help.print "jsonl" end
  if not own[op] then options.refuse("jsonl takes one of %s", table.concat(tables.keys(own), ", ")) end
  local opts, words = options.read(args, tables.copy(common, own[op]), nil, 2)
  if not opts then return help.print "jsonl" end
  if opts.skip and opts.set_aside then options.refuse("jsonl takes either --skip or --set-aside") end
  opts.on_error = opts.set_aside and { set_aside = opts.set_aside } or opts.skip and "skip" or nil
  opts.skip, opts.set_aside = nil, nil
  opts.memory = opts.memory and op ~= "filter" and opts.memory << 20 or nil
  for _, name in ipairs { "by", "right_by", "stratify", "patterns", "paths" } do opts[name] = list(opts[name]) end
  if opts.aggregate then opts.aggregate = aggregates(opts.aggregate) end
  place_files(op, words, opts)
  local bar = system.is_terminal("stderr") and progress.new() or nil
  opts.progress = bar
  local result, err = errors.try(jsonl[op], opts)
  if bar then bar:close() end
  if not result then
    return run.fail(err)
  end
  report(op, result)
  return result.faults == 0 and (result.leaks or 0) == 0 and help.exit.ok or help.exit.script
end

return M
