-- SPDX-License-Identifier: MIT
-- cli.convert: `moonrock convert IN OUT --from FORMAT --to FORMAT`: conversations in another format.

local dataset = require "moonrock.dataset"
local errors = require "moonrock.error"
local help = require "moonrock.cli.help"
local options = require "moonrock.cli.options"
local run = require "moonrock.cli.run"

local known = { ["--from"] = "text", ["--to"] = "text", ["--lossy"] = "flag", ["--skip"] = "flag",
  ["--set-aside"] = "text", ["--limit"] = "count", ["--provenance"] = "flag" }

local M = {}

---@param args string[]
---@return integer exit_code
function M.main(args)
  local opts, words = options.read(args, known)
  if not opts then return help.print "convert" end
  if #words ~= 2 then options.refuse("convert takes IN OUT") end
  if not (opts.from and opts.to) then options.refuse("convert needs --from and --to") end
  if opts.skip and opts.set_aside then options.refuse("convert takes either --skip or --set-aside") end
  if opts.limit == 0 then options.refuse("--limit is at least 1") end
  local result, err = errors.try(dataset.convert, {
    input = words[1], output = words[2], from = opts.from, to = opts.to, lossy = opts.lossy, limit = opts.limit,
    on_error = opts.set_aside and { set_aside = opts.set_aside } or opts.skip and "skip" or nil,
    provenance = opts.provenance,
  })
  if not result then return run.fail(err) end
  for _, loss in ipairs(result.first_losses) do run.say("left out: %s", loss) end
  if result.losses > #result.first_losses then
    run.say("left out: and %d more", result.losses - #result.first_losses)
  end
  run.say("%d records, %d written, %d faults", result.records, result.written, result.faults)
  return result.faults == 0 and help.exit.ok or help.exit.script
end

return M
