-- SPDX-License-Identifier: MIT
-- cli.eval: `moonrock eval show FILE...`, `moonrock eval compare BASE TUNED` and `moonrock eval report OUT BASE
-- TUNED`: what results files of moonrock.evaluate say. The exit code is the gate's: 0 passed or none asked,
-- 1 not passed.

local compare = require "moonrock.compare"
local csv = require "moonrock.csv"
local dollars = require("moonrock.cost").dollars
local errors = require "moonrock.error"
local evaluate = require "moonrock.evaluate"
local fs = require "moonrock.fs"
local gate = require "moonrock.gate"
local json = require "moonrock.json"
local plain = require "moonrock.plain"
local results_file = require "moonrock.evaluate.results"
local tables = require "moonrock.tables"
local help = require "moonrock.cli.help"
local options = require "moonrock.cli.options"
local run = require "moonrock.cli.run"

local M = {}

local known = { ["--gate"] = "text", ["--junit"] = "text", ["--format"] = "text", ["--flips"] = "count",
  ["--confidence"] = "number", ["--job"] = "text", ["--validation"] = "text", ["--title"] = "text" }
local wanted = { show = { 1, math.huge, "a FILE, or several" }, compare = { 2, 2, "two files, BASE and TUNED" },
  report = { 2, 3, "OUT.html and one or two files, BASE and TUNED" } }

local function parse(args)
  local opts, files = options.read(args, known)
  local word = opts and table.remove(files, 1)
  if not opts then
    return nil
  elseif not wanted[word] then
    options.refuse("eval is followed by show, compare or report%s", word and ", not " .. word or "")
  end
  if #files < wanted[word][1] or #files > wanted[word][2] then
    options.refuse("eval %s takes %s", word, wanted[word][3])
  elseif word == "report" and #files == 2 and (opts.gate or opts.confidence) then
    options.refuse("options --gate and --confidence are for two runs: give BASE and TUNED")
  elseif word == "report" and not files[1]:find("%.html?$") then
    options.refuse("eval report writes its first file, '%s', which ends in .html", files[1])
  elseif opts.format and opts.format ~= "text" and opts.format ~= "json" then
    options.refuse("option --format is text or json, not '%s'", opts.format)
  elseif opts.confidence and opts.confidence >= 1 then
    options.refuse("option --confidence is below 1, such as 0.95")
  elseif opts.junit and not opts.gate then
    options.refuse("option --junit writes what --gate finds; give one")
  end
  return word, files, opts
end

local function print_json(value)
  io.write(json.encode(value, { indent = 2 }), "\n")
end

local MOST_REASONS = 3

-- The reasons that stand in samples, as `reason_of` finds them, the most frequent first.
local function print_reasons(results, reason_of)
  local counts, texts = {}, {}
  for _, line in ipairs(results.samples) do
    local err = reason_of(line)
    if type(err) == "table" then
      local text = plain.line(("%s: %s"):format(err.code or "error", err.message or "no reason is told"), 160)
      if not counts[text] then texts[#texts + 1] = text end
      counts[text] = (counts[text] or 0) + 1
    end
  end
  table.sort(texts, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return a < b
  end)
  for i = 1, math.min(#texts, MOST_REASONS) do io.write(("  %d of %s\n"):format(counts[texts[i]], texts[i])) end
  if #texts > MOST_REASONS then io.write(("  and %d other reasons\n"):format(#texts - MOST_REASONS)) end
end

-- Several runs beside each other: a line for each, a column for each score.
local function print_table(runs)
  local names, seen, rows = {}, {}, {}
  for _, one in ipairs(runs) do
    for name in pairs(one.summary.scores) do
      if not seen[name] then seen[name], names[#names + 1] = true, name end
    end
  end
  table.sort(names)
  rows[1] = { "run", "scored", "not scored", "cost" }
  for i, name in ipairs(names) do rows[1][4 + i] = plain.line(name, 30) end
  for _, one in ipairs(runs) do
    local s = one.summary
    local row = { plain.line(one.name, 60), ("%d"):format(s.scored),
      ("%d"):format(s.error + s.throttled + s.refused + s.truncated), dollars(s.cost) }
    for i, name in ipairs(names) do
      local found = s.scores[name]
      row[4 + i] = found and ("%.4f [%.4f, %.4f]"):format(found.estimate, found.low, found.high) or "-"
    end
    rows[#rows + 1] = row
  end
  local widths = {}
  for _, row in ipairs(rows) do
    for i, text in ipairs(row) do widths[i] = math.max(widths[i] or 0, utf8.len(text) or #text) end
  end
  for _, row in ipairs(rows) do
    for i, text in ipairs(row) do
      row[i] = text .. (" "):rep(i < #row and widths[i] - (utf8.len(text) or #text) or 0)
    end
    io.write(table.concat(row, "  "), "\n")
  end
end

local function show(files, opts)
  local runs = {}
  for i, path in ipairs(files) do
    local results = results_file.read(path)
    runs[i] = { name = results.run.name or path, path = path, results = results, summary = evaluate.summary(results) }
  end
  local results, summary = runs[1].results, runs[1].summary
  if opts.format == "json" then
    local list = json.array {}
    for i, one in ipairs(runs) do list[i] = tables.copy(one.summary, { name = one.name, path = one.path }) end
    print_json(#runs == 1 and summary or list)
    return help.exit.ok
  elseif #runs > 1 then
    print_table(runs)
    return help.exit.ok
  end
  for _, name in ipairs(tables.keys(summary.scores)) do
    local s = summary.scores[name]
    local missing = summary.unjudged[name] and (", %d not judged"):format(summary.unjudged[name]) or ""
    io.write(("%-16s %.4f [%.4f, %.4f]  n %d%s\n"):format(plain.line(name), s.estimate, s.low, s.high, s.n,
      missing))
    print_reasons(results, function(line) return (line.unjudged or {})[name] end)
  end
  for _, name in ipairs(tables.keys(summary.unjudged)) do
    if not summary.scores[name] then
      io.write(("%-16s no score, %d not judged\n"):format(plain.line(name), summary.unjudged[name]))
      print_reasons(results, function(line) return (line.unjudged or {})[name] end)
    end
  end
  for _, name in ipairs(tables.keys(summary.judges)) do
    local judge = summary.judges[name]
    local facts = {}
    for _, fact in ipairs(tables.keys(judge)) do
      if fact ~= "cost" then
        facts[#facts + 1] = ("%s %g"):format(fact, judge[fact])
      end
    end
    io.write(("%-16s %s, %s of %s\n"):format(plain.line(name), table.concat(facts, ", "), dollars(judge.cost),
      dollars(summary.cost)))
  end
  for _, name in ipairs { "scored", "truncated", "refused", "throttled", "error", "in_doubt", "cached" } do
    io.write(("%-16s %d\n"):format(name, summary[name]))
    print_reasons(results, function(line) return line.status == name and line.error or nil end)
  end
  io.write(("%-16s %s%s\n"):format("cost", dollars(summary.cost),
    summary.unpriced > 0 and (" and %d answers without a known price"):format(summary.unpriced) or ""))
  return help.exit.ok
end

local function shorten(text, most)
  return plain.line(type(text) == "string" and text or json.encode(text), most)
end

local function print_flips(comparison, most)
  for i = 1, math.min(most, #comparison.flips) do
    local flip = comparison.flips[i]
    io.write(("\n%s %g -> %g  sample %d: %s\n  base:  %s\n  tuned: %s\n"):format(plain.line(flip.scorer),
      flip.base, flip.tuned, flip.index, shorten(flip.input, 100), shorten(flip.base_answer, 200),
      shorten(flip.tuned_answer, 200)))
  end
end

-- The comparison of two runs, the verdict of the gate on it, and what the gate found as a file.
local function judged(base, tuned, opts)
  local clauses = opts.gate and gate.parse(opts.gate)
  local comparison = compare.runs(base, tuned, { confidence = opts.confidence })
  local verdict = clauses and gate.judge(clauses, comparison)
  if opts.junit then
    local ok, err = fs.write(opts.junit, gate.junit(verdict, comparison.tuned.name))
    if not ok then error(err, 0) end
  end
  return comparison, verdict
end

local function exit_code(verdict)
  return (not verdict or verdict.passed) and help.exit.ok or help.exit.script
end

local function compare_files(files, opts)
  local comparison, verdict = judged(files[1], files[2], opts)
  if opts.format == "json" then
    comparison.gate = verdict
    print_json(comparison)
  else
    io.write(compare.format(comparison))
    print_flips(comparison, opts.flips or 0)
    for _, clause in ipairs(verdict and verdict.clauses or {}) do
      io.write(("%s  %s  (%s)\n"):format(clause.passed and "pass" or "FAIL", clause.text, clause.reason))
    end
  end
  return exit_code(verdict)
end

local function read_metrics(path)
  local text, err = fs.read(path)
  if not text then error(err, 0) end
  return (csv.parse(text))
end

local function report(files, opts)
  local runs = {}
  for i = 2, #files do
    runs[i - 1] = results_file.read(files[i])
  end
  local job = (opts.job or opts.validation) and { training = opts.job and read_metrics(opts.job),
    validation = opts.validation and read_metrics(opts.validation) }
  local comparison, verdict
  if opts.gate or opts.confidence then -- else the report compares, where there is something to
    comparison, verdict = judged(runs[1], runs[2], opts)
  end
  require("moonrock.report").write(files[1], { runs = runs, comparison = comparison, gate = verdict, job = job,
    title = opts.title })
  io.write(files[1], "\n")
  return exit_code(verdict)
end

local commands = { show = show, compare = compare_files, report = report }

---@param args string[]
---@return integer exit_code
function M.main(args)
  local word, files, opts = parse(args)
  if not word then
    return help.print "eval"
  end
  local code, err = errors.try(commands[word], files, opts)
  if not code then
    if errors.is(err, "BadGate") then
      options.refuse("%s -- %s", err.message, err.hint)
    end
    run.print_error(err.hint and ("%s -- %s"):format(err.message, err.hint) or tostring(err.message or err))
    return help.exit.script
  end
  return code
end

return M
