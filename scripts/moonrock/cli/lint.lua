-- SPDX-License-Identifier: MIT
-- cli.lint: `moonrock lint FILE`: findings on standard output, one a line, then a summary.

local dataset = require "moonrock.dataset"
local errors = require "moonrock.error"
local record = require "moonrock.record"
local help = require "moonrock.cli.help"
local options = require "moonrock.cli.options"
local run = require "moonrock.cli.run"

local known = { ["--model"] = "text", ["--family"] = "text", ["--validation"] = "flag", ["--limit"] = "count" }
local families = { auto = true, claude = true, ["prompt-completion"] = true, converse = true }

local M = {}

---@param args string[]
---@return integer exit_code
function M.main(args)
  local opts, file, at = {}, nil, 1
  while at <= #args do
    local after = options.take(args, at, known, opts)
    if after then
      at = after
    elseif args[at] == "--help" or args[at] == "-h" then
      return help.print()
    elseif options.is_option(args[at]) then
      options.unknown(args[at], known)
    elseif file then
      options.refuse("lint takes one FILE")
    else
      file, at = args[at], at + 1
    end
  end
  if not file then options.refuse("lint needs a FILE") end
  if opts.family and not families[opts.family] then
    options.refuse("option --family is claude, prompt-completion, converse or auto, not '%s'", opts.family)
  end
  local source = file
  if file == "-" then
    source = { name = "stdin", read = function() return io.read(1 << 20) end }
  end
  local limit = opts.limit or 20
  local report, err = errors.try(dataset.lint, source, {
    model = opts.model, family = opts.family, validation = opts.validation, limit = limit,
  })
  if not report then
    run.print_error(err.hint and ("%s -- %s"):format(err.message, err.hint) or tostring(err.message or err))
    return help.exit.script
  end
  io.write(report:format(limit))
  if opts.model and not record.profile(opts.model) then
    run.print_error(("no limits are known for the model %s; those of the format were used"):format(opts.model))
  end
  return report.ok and help.exit.ok or help.exit.script
end

return M
