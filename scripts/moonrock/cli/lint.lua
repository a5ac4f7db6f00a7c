-- SPDX-License-Identifier: MIT
-- cli.lint: `moonrock lint FILE`: findings on standard output, one a line, then a summary; with --fix the
-- file is written anew, and what is told is about the result.

local dataset = require "moonrock.dataset"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local record = require "moonrock.record"
local repair = require "moonrock.dataset.repair"
local tables = require "moonrock.tables"
local help = require "moonrock.cli.help"
local options = require "moonrock.cli.options"
local run = require "moonrock.cli.run"

local known = {
  ["--model"] = "text", ["--family"] = "text", ["--validation"] = "flag", ["--limit"] = "count", ["--fix"] = "text",
  ["--diff"] = "flag", ["--format"] = "text", ["--rules"] = "flag", ["--count-tokens"] = "flag",
  ["--batch-size"] = "count", ["--epochs"] = "count", ["--provenance"] = "flag",
  ["--near-duplicates"] = "flag",
}
local families = tables.set "auto batch claude converse prompt-completion"
local formats = tables.set "text json sarif"

local M = {}

-- The rules, with what --fix does about them.
local function show_rules(format)
  local rules = record.rules()
  for _, rule in ipairs(rules) do rule.fix = repair.can(rule.id) end
  if format == "json" then
    io.write(json.encode(rules, { indent = 2 }), "\n")
    return help.exit.ok
  end
  for _, rule in ipairs(rules) do
    io.write(("%-15s %-8s %s%s\n%24s %s (%s, %s)\n"):format(rule.id, rule.severity, rule.text,
      rule.fix and "; --fix can put it right" or "", "", rule.advice, rule.source, rule.date))
  end
  return help.exit.ok
end

local function read_words(args)
  local opts, words = options.read(args, known)
  if not opts then return nil end
  local file = words[1]
  if words[2] then options.refuse("lint takes one FILE") end
  opts.format = opts.format or "text"
  if not file and not opts.rules then options.refuse("lint needs a FILE") end
  if opts.family and not families[opts.family] then
    options.refuse("option --family is %s, not '%s'", table.concat(tables.keys(families), ", "), opts.family)
  elseif not formats[opts.format] then
    options.refuse("option --format is text, json or sarif, not '%s'", opts.format)
  elseif opts.count_tokens and not opts.model then
    options.refuse("option --count-tokens needs --model, which is to count")
  elseif opts.count_tokens and file == "-" and not opts.fix then
    options.refuse("option --count-tokens reads FILE a second time: it cannot be standard input")
  elseif opts.count_tokens and opts.fix == "-" then
    options.refuse("option --count-tokens reads the result a second time: it cannot be standard output")
  elseif opts.diff and (opts.fix == "-" or opts.format ~= "text") then
    options.refuse("option --diff goes with text on standard output")
  elseif opts.provenance and (not opts.fix or opts.fix == "-") then
    options.refuse("option --provenance goes with --fix OUT")
  elseif opts.near_duplicates and opts.fix then
    options.refuse("option --near-duplicates goes without --fix")
  elseif opts.epochs and not opts.batch_size then
    options.refuse("option --epochs goes with --batch-size")
  elseif opts.batch_size == 0 then
    options.refuse("option --batch-size takes a number of 1 or more")
  end
  return opts, file
end

-- Lints, or fixes; gives the report and what more there is to tell.
local function work(file, opts, out)
  local rules = { model = opts.model, family = opts.family, validation = opts.validation }
  local limit = opts.limit or opts.format == "text" and 20 or 1000
  if not (opts.fix or opts.diff) then
    return dataset.lint(file, tables.copy(rules, { limit = limit, near_duplicates = opts.near_duplicates })), {}
  end
  local result = dataset.fix(tables.copy(rules, {
    input = file, output = opts.fix, provenance = opts.provenance,
    limit = math.max(limit, 1), diff = opts.diff and function(text) out:write(text) end or nil,
  }))
  return result.report, { fixed = json.object(result.fixed), changed = result.changed }
end

local function tell_fixes(out, more)
  local done = {}
  for _, rule in ipairs(tables.keys(more.fixed)) do done[#done + 1] = more.fixed[rule] .. " " .. rule end
  out:write(("fixed: %s (%d lines changed)\n"):format(done[1] and table.concat(done, ", ") or "nothing", more.changed))
end

local function tell_tokens(out, count)
  out:write(("tokens: %d counted by the model, at most %d (line %d)\n"):format(count.tokens, count.most,
    count.most_line))
  if count.over[1] then
    out:write(("tokens: above %d: lines %s\n"):format(count.limit, table.concat(count.over, ", ")))
  end
end

---@param args string[]
---@return integer exit_code
function M.main(args)
  local opts, file = read_words(args)
  if not opts then return help.print "lint" end
  if opts.rules then return show_rules(opts.format) end
  local out = opts.fix == "-" and io.stderr or io.stdout
  local report, more = errors.try(work, file, opts, out)
  local count, err
  if report and opts.count_tokens then
    count, err = errors.try(dataset.count_tokens, opts.fix or file, { model = opts.model })
  end
  if not report or err then
    err = err or more
    run.print_error(err.hint and ("%s -- %s"):format(err.message, err.hint) or tostring(err.message or err))
    return help.exit.script
  end
  more.counted = count
  local records = report.stats.records
  local epoch = opts.batch_size and dataset.steps(records, opts.batch_size, 1)
  if epoch then more.steps = { epoch = epoch, all = opts.epochs and epoch * opts.epochs or nil } end
  if opts.format == "text" then
    out:write(report:format(opts.limit or 20))
    if more.fixed then tell_fixes(out, more) end
    if count then tell_tokens(out, count) end
    if epoch then
      out:write(("steps: %d an epoch%s\n"):format(epoch,
        opts.epochs and (", %d in %d"):format(more.steps.all, opts.epochs) or ""))
    end
  else
    out:write(opts.format == "json" and report:json(more) or report:sarif())
  end
  if opts.model and not record.profile(opts.model) then
    run.print_error(("no limits are known for the model %s; those of the format were used"):format(opts.model))
  end
  return report.ok and not (count and count.over[1]) and help.exit.ok or help.exit.script
end

return M
