-- SPDX-License-Identifier: MIT
-- cli.transform: `moonrock transform SCRIPT IN OUT`: every record through a script, on all threads.

local errors = require "moonrock.error"
local jsonl = require "moonrock.jsonl"
local help = require "moonrock.cli.help"
local options = require "moonrock.cli.options"
local progress = require "moonrock.progress"
local run = require "moonrock.cli.run"
local system = require "moonrock.system"

local known = { ["--threads"] = "count", ["--skip"] = "flag", ["--set-aside"] = "text", ["--limit"] = "count",
  ["--provenance"] = "flag" }

local M = {}

---@param args string[]
---@return integer exit_code
function M.main(args)
  local opts, words = options.read(args, known)
  if not opts then return help.print "transform" end
  if #words ~= 3 then options.refuse("transform takes SCRIPT IN OUT") end
  if opts.skip and opts.set_aside then options.refuse("transform takes either --skip or --set-aside") end
  if opts.threads == 0 or opts.limit == 0 then options.refuse("--threads and --limit are at least 1") end
  local bar = system.is_terminal("stderr") and progress.new() or nil
  local result, err = errors.try(jsonl.transform, {
    script = words[1], input = words[2], output = words[3], threads = opts.threads, limit = opts.limit,
    provenance = opts.provenance,
    on_error = opts.set_aside and { set_aside = opts.set_aside } or opts.skip and "skip" or nil, progress = bar,
  })
  if bar then bar:close() end
  if not result then
    return run.fail(err)
  end
  run.say("%d records, %d written, %d faults", result.records, result.written, result.faults)
  return result.faults == 0 and help.exit.ok or help.exit.script
end

return M
