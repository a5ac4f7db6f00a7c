-- SPDX-License-Identifier: MIT
-- report.lua -- an evaluation as one HTML file that needs nothing else: no network, no other file.
-- What can be read without a script stands in the page as text and SVG; the samples lie in it as JSON
-- (report/samples.lua) and are shown by report/page.js. What a model wrote can never become script: it is
-- escaped here, goes in by textContent there, and the page's policy runs our own script and no other.
-- The same input gives the same bytes.

local compare = require "moonrock.compare"
local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local evaluate = require "moonrock.evaluate"
local fs = require "moonrock.fs"
local html = require "moonrock.report.html"
local results_file = require "moonrock.evaluate.results"
local samples = require "moonrock.report.samples"
local sections = require "moonrock.report.sections"
local system = require "moonrock.system"
local tables = require "moonrock.tables"

local M = {}

local OPTIONS = { comparison = "table", gate = "table", job = "table", runs = "table", title = "string" }

-- How answers of the emulator's base models begin: a run that has one was no real one.
local STAND_IN = "This is the rehearsal stand-in for "

local function wrong(message, hint)
  errors.raise { code = "ParamValidation", message = "report.write: " .. message, hint = hint, retryable = false }
end

local function load_runs(list)
  if #list < 1 or #list > 2 then
    wrong(("`runs` has one or two runs, not %d"):format(#list),
      "two are compared: the base model's and the tuned one's")
  end
  local runs = {}
  for i, run in ipairs(list) do
    runs[i] = results_file.given(run, ("report.write: runs[%d]"):format(i))
  end
  return runs
end

-- Names that tell the runs apart.
local function names_of(runs)
  local names = {}
  for i, run in ipairs(runs) do
    names[i] = run.run.name or ("run %d"):format(i)
  end
  if names[1] == names[2] then
    names[1], names[2] = names[1] .. " (1)", names[2] .. " (2)"
  end
  return names
end

local function scorers_of(summaries)
  local seen = {}
  for _, summary in ipairs(summaries) do
    for _, part in ipairs { summary.scores, summary.unjudged } do
      for name in pairs(part) do
        seen[name] = true
      end
    end
  end
  return tables.keys(seen)
end

-- Rows of one metric file, or { training = rows, validation = rows }.
local function job_of(job)
  if not job then
    return nil
  end
  return job[1] and { training = job } or { training = job.training or {}, validation = job.validation }
end

local function is_rehearsal(run)
  if run.run.rehearsal then
    return true
  end
  for _, line in ipairs(run.samples) do
    if type(line.answer) == "string" and line.answer:sub(1, #STAND_IN) == STAND_IN then
      return true
    end
  end
  return false
end

-- The comparison of two runs; nil where they have no score in common: they are shown beside each other.
local function compared(runs)
  local comparison, err = errors.try(compare.runs, runs[1], runs[2])
  if not comparison and not errors.is(err, "NothingToCompare") then
    error(err, 0)
  end
  return comparison
end

local function gather(options)
  local runs = load_runs(options.runs or {})
  if options.comparison and not runs[2] then
    wrong("`comparison` is of two runs, and `runs` has one", "give both, the base model's first")
  end
  local comparison = options.comparison or runs[2] and compared(runs) or nil
  local summaries, rehearsal = {}, false
  for i, run in ipairs(runs) do
    summaries[i] = comparison and comparison[i == 1 and "base" or "tuned"] or evaluate.summary(run)
    rehearsal = rehearsal or is_rehearsal(run)
  end
  local report = { runs = runs, names = names_of(runs), summaries = summaries, comparison = comparison,
    gate = options.gate, job = job_of(options.job), scorers = scorers_of(summaries), rehearsal = rehearsal }
  report.title = options.title or table.concat(report.names, " \u{2192} ")
  return report
end

local REHEARSAL = [[
<p class="note rehearsal">A rehearsal: a stand-in answered, no model ran. The figures show that the way works,
and say nothing of a real model.</p>
]]

local function header(report)
  local badges = {}
  if report.rehearsal then
    badges[1] = '<span class="pill rehearsal">Rehearsal</span>'
  end
  if report.gate then
    badges[#badges + 1] = report.gate.passed and '<span class="pill better">Gate passed</span>'
      or '<span class="pill worse">Gate not passed</span>'
  end
  local dataset = report.runs[1].run.dataset or {}
  return ([[<header>
<p class="kicker">moonrock evaluation report %s</p>
<h1>%s</h1>
<p class="lead">%d samples%s%s</p>
%s<button type="button" id="theme" hidden>Theme: auto</button>
</header>
]]):format(table.concat(badges, " "), html.name(report.title), #report.rows,
    type(dataset.path) == "string" and " of " .. html.name(dataset.path) or "",
    type(dataset.sha256) == "string" and ", SHA-256 <code>" .. html.text(dataset.sha256:sub(1, 12)) .. "</code>" or "",
    report.rehearsal and REHEARSAL or "")
end

-- What the script fills; without one it says so.
local SAMPLES = [[
<section id="samples" aria-labelledby="samples-h"><h2 id="samples-h">Samples</h2>
<noscript><p class="note">The page's own script searches and shows the samples; it does not run here.</p></noscript>
<form id="filters" role="search" aria-label="Samples" hidden>
<label class="grow">Search <input type="search" id="text" autocomplete="off" spellcheck="false"></label>
<label>Score <select id="scorer"><option value="">any</option></select></label>
<label>Change <select id="change"><option value="">all</option></select></label>
<label>Status <select id="status"><option value="">all</option></select></label>
<label>Order <select id="order"><option value="">as asked</option></select></label>
<label>Mark <select id="marks"></select></label>
<button type="reset">Reset</button>
</form>
<p id="count" role="status" aria-live="polite"></p>
<div id="list"></div>
<nav id="pages" aria-label="Pages of samples" hidden><button type="button" id="previous">Previous</button>
<span id="page"></span>
<button type="button" id="next">Next</button> <button type="button" id="all">Open all on this page</button></nav>
%s</section>
]]

-- Our style and our script by their hashes, and nothing else; no string may become markup.
local POLICY = "default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; "
  .. "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

local CUT = '<p class="note">Of a text longer than %d bytes the beginning is kept.</p>\n'

local function page(report)
  local style, script = system.source("moonrock.report.page.css"), system.source("moonrock.report.page.js")
  local data, limit = samples.data(report.rows, report.names, report.scorers)
  local parts = { ([[<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="moonrock %s">
<title>%s</title>
<style>%s</style>
</head>
<body>
<a class="skip" href="#main">To the report</a>
]]):format(POLICY:format(crypto.hash("sha256", style, "base64"), crypto.hash("sha256", script, "base64")),
    system.version().moonrock, html.text(report.title), style) }
  local function add(text) parts[#parts + 1] = text end
  local body = { sections.verdict(report), sections.scores(report), report.job and sections.training(report.job) or "",
    sections.cost(report), SAMPLES:format(CUT:format(limit)), sections.provenance(report) }
  add(header(report))
  add('<nav class="contents" aria-label="Contents"><ul>\n')
  for _, text in ipairs(body) do
    local id, title = text:match('^<section id="(%w+)"[^>]*><h2[^>]*>([^<]*)</h2>')
    if id then add(('<li><a href="#%s">%s</a></li>\n'):format(id, title)) end
  end
  add('</ul></nav>\n<main id="main" tabindex="-1">\n')
  table.move(body, 1, #body, #parts + 1, parts)
  add("</main>\n")
  table.move(data, 1, #data, #parts + 1, parts)
  add(("<script>%s</script>\n</body>\n</html>\n"):format(script))
  return parts
end

---Writes the report of one run, or of two beside each other.
---@param path string of the HTML file; replaced whole or not at all
---@param options { runs: (string|moonrock.evaluate.Results)[], comparison?: table, job?: table, gate?: table,
---title?: string } runs: paths, or what moonrock.evaluate.results.read gave, the base model's first; comparison: of
---compare.runs, made here when there are two runs and none is given, and left out where they have no score in
---common; job: rows of finetune.metrics, or
---{ training = rows, validation = rows }; gate: verdict of gate.judge
---@return string path raises ParamValidation, NotResults, OtherQuestions, or what the system refuses
function M.write(path, options)
  if type(path) ~= "string" then
    wrong("the path of the HTML file must be a string, got " .. type(path))
  end
  local report = gather(tables.check_options(options, OPTIONS, "report.write"))
  report.rows = samples.rows(report.runs)
  local ok, err = fs.write(path, page(report))
  if not ok then
    error(err, 0)
  end
  return path
end

return M
