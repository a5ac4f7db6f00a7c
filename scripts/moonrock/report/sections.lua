-- SPDX-License-Identifier: MIT
-- report/sections.lua -- the parts of a report that need no script: what was found, the scores, training,
-- cost and latency, and where all of it comes from. Each function gives HTML, "" where there is nothing to say.

local chart = require "moonrock.report.chart"
local cost = require "moonrock.cost"
local html = require "moonrock.report.html"
local json = require "moonrock.json"
local stats = require "moonrock.stats"
local tables = require "moonrock.tables"

local M = {}

local name = html.name

local function section(id, title, ...)
  return ('<section id="%s" aria-labelledby="%s-h"><h2 id="%s-h">%s</h2>\n%s</section>\n'):format(id, id, id, title,
    table.concat { ... })
end

-- How sure: two digits, and a bound instead of a row of zeros.
local function p_value(p)
  return p < 0.0001 and "&lt;&nbsp;0.0001" or ("%.2g"):format(p)
end

local WORDS = { better = "better", worse = "worse", same = "no difference shown" }

local function pill(class, words)
  return ('<span class="pill %s">%s</span>'):format(class, words or WORDS[class])
end

-- ---- what was found ------------------------------------------------------------------

local function gate_of(gate)
  local rows = {}
  for i, clause in ipairs(gate.clauses) do
    rows[i] = { "<code>" .. name(clause.text) .. "</code>",
      clause.passed and pill("better", "passed") or pill("worse", "not passed"),
      name(clause.reason) }
  end
  return html.table(gate.passed and "The gate: passed" or "The gate: not passed",
    { "Condition", "Verdict", "Measured" }, rows)
end

-- What an answer to "is it so?" needs besides: samples that only one has a score of, and what could be overlooked.
local function caveats(pair, class)
  local out, base_only, tuned_only = {}, pair.base_only or 0, pair.tuned_only or 0
  if base_only + tuned_only > 0 then
    out[1] = ("; left out: %d that only the first has a score of, %d that only the second has"):format(base_only,
      tuned_only)
  end
  if class == "same" and pair.detectable then
    out[#out + 1] = ("; a difference of %.3f would have been found"):format(pair.detectable)
  end
  return table.concat(out)
end

-- Each score in a sentence that can be read out.
local function findings(comparison)
  local out = { '<ul class="findings">\n' }
  for _, scorer in ipairs(tables.keys(comparison.scores)) do
    local pair = comparison.scores[scorer]
    local class = pair.verdict
    out[#out + 1] = ('<li class="%s"><strong>%s</strong> %s <b>%+.4f</b>, %g %% interval %+.4f to %+.4f; p %s after '
      .. "Holm's correction; n %d%s</li>\n"):format(class, name(scorer), pill(class), pair.difference,
      pair.confidence * 100, pair.low, pair.high, p_value(pair.p_holm), pair.n, caveats(pair, class))
  end
  out[#out + 1] = "</ul>\n"
  return table.concat(out)
end

---The verdict and the findings.
---@param report table runs, summaries, comparison, gate
function M.verdict(report)
  local parts = {}
  if #report.runs == 2 and not report.comparison then
    parts[1] = '<p class="note">Fewer than two samples have the same score in both runs, so nothing was compared.</p>\n'
  elseif report.comparison then
    parts[1] = findings(report.comparison)
    if report.comparison.unpaired > 0 then
      parts[#parts + 1] = ('<p class="note">Samples in one of the runs only, and so not compared: %d</p>\n')
        :format(report.comparison.unpaired)
    end
  end
  if report.gate then
    parts[#parts + 1] = gate_of(report.gate)
  end
  return #parts > 0 and section("verdict", "Verdict", table.concat(parts)) or ""
end

-- ---- scores --------------------------------------------------------------------------

local function estimate(score)
  return score and ('<b>%.4f</b> <span class="range">[%.4f, %.4f]</span>'):format(score.estimate, score.low, score.high)
    or "none"
end

local function differences(comparison)
  local from, to = 0.0, 0.0
  for _, pair in pairs(comparison.scores) do
    from, to = math.min(from, pair.low), math.max(to, pair.high)
  end
  local pad = math.max(to - from, 0.01) * 0.08
  local rows = {}
  for _, scorer in ipairs(tables.keys(comparison.scores)) do
    local pair, class = comparison.scores[scorer], comparison.scores[scorer].verdict
    rows[#rows + 1] = { name(scorer), ("%.4f"):format(pair.base), ("%.4f"):format(pair.tuned),
      ('<b>%+.4f</b> <span class="range">[%+.4f, %+.4f]</span>'):format(pair.difference, pair.low, pair.high),
      chart.interval({ estimate = pair.difference, low = pair.low, high = pair.high, class = class }, from - pad,
        to + pad),
      p_value(pair.p), p_value(pair.p_holm), ("%d"):format(pair.n),
      ("%d / %d"):format(pair.only_second, pair.only_first), pill(class) }
  end
  return html.table("Paired differences: the same samples, answered by both", { "Score", name(comparison.base.name),
    name(comparison.tuned.name), "Difference", '<span class="quiet">Interval</span>', "p", "p (Holm)", "n",
    "Better / worse", "Verdict" }, rows)
end

-- How many scores fall into each part; just two parts where all are 0 or 1.
local function distribution(scorer, report)
  local lists, binary = {}, true
  for i, run in ipairs(report.runs) do
    lists[i] = {}
    for _, line in ipairs(run:in_order()) do
      local worth = (line.scores or {})[scorer]
      if worth then
        table.insert(lists[i], worth)
        binary = binary and (worth == 0 or worth == 1)
      end
    end
  end
  local parts = binary and 2 or 10
  local labels, series = {}, {}
  for part = 1, parts do
    labels[part] = binary and ("%d"):format(part - 1) or (".%d"):format(part - 1)
  end
  for i, list in ipairs(lists) do
    local values, notes = {}, {}
    for part = 1, parts do values[part] = 0 end
    for _, worth in ipairs(list) do
      local part = math.max(1, math.min(math.floor(worth * (binary and 1 or parts)) + 1, parts))
      values[part] = values[part] + 1
    end
    for part = 1, parts do
      local share = 100 * values[part] / math.max(#list, 1)
      notes[part] = ("%s: %d of %d samples (%.1f %%)"):format(report.names[i], values[part], #list, share)
      values[part] = share
    end
    series[i] = { name = report.names[i], values = values, notes = notes }
  end
  local told = {}
  for i, one in ipairs(series) do
    told[i] = table.concat(one.notes, "; ")
  end
  return chart.bars { title = scorer .. ", % of samples", labels = labels, series = series,
    x_label = binary and "score" or "score, from", description = table.concat(told, ". ") }
end

---Scores of each run, the differences, the distributions.
function M.scores(report)
  local rows, charts, head = {}, {}, { "Score" }
  for _, scorer in ipairs(report.scorers) do
    local row = { name(scorer) }
    for i, summary in ipairs(report.summaries) do
      local score, missing = summary.scores[scorer], summary.unjudged[scorer]
      row[#row + 1] = estimate(score)
      row[#row + 1] = ("%d%s"):format(score and score.n or 0, missing and (", %d not judged"):format(missing) or "")
      head[2 * i], head[2 * i + 1] = name(report.names[i]), "n"
    end
    rows[#rows + 1] = row
    charts[#charts + 1] = distribution(scorer, report)
  end
  if #rows == 0 then
    return ""
  end
  return section("scores", "Scores", report.comparison and differences(report.comparison) or "",
    html.table("Mean scores with their intervals", head, rows), '<div class="cards">\n', table.concat(charts),
    "</div>\n")
end

-- ---- training ------------------------------------------------------------------------

-- Points of a column over the steps; where steps begin anew with each epoch, over the rows.
local function points_of(rows, column)
  local points, last, rising = {}, -math.huge, true
  for _, row in ipairs(rows or {}) do
    if math.type(row.step_number) == nil or row.step_number < last then
      rising = false
    end
    last = math.type(row.step_number) and row.step_number or last
  end
  for i, row in ipairs(rows or {}) do
    local value = row[column]
    if math.type(value) and value == value and math.abs(value) < math.huge then
      points[#points + 1] = { rising and row.step_number or i, value }
    end
  end
  return points
end

local function epochs(rows, column)
  local sums, marks, last = {}, {}, nil
  for i, row in ipairs(rows or {}) do
    local number, value = row.epoch_number, row[column]
    if math.type(number) and math.type(value) then
      local sum = sums[number] or { n = 0, total = 0.0 }
      sums[number], sum.n, sum.total, sum.last = sum, sum.n + 1, sum.total + value, value
      if last and number ~= last then
        marks[#marks + 1] = math.type(row.step_number) and row.step_number or i
      end
      last = number
    end
  end
  return sums, marks
end

---Loss curves of the job, and each epoch's mean.
---@param job { training: table[], validation: table[] }
function M.training(job)
  local training = points_of(job.training, "training_loss")
  local validation = points_of(job.validation or job.training, "validation_loss")
  local series = {}
  if #training > 0 then series[1] = { name = "training loss", points = training, class = 1 } end
  if #validation > 0 then series[#series + 1] = { name = "validation loss", points = validation, class = 2 } end
  if #series == 0 then
    return ""
  end
  local sums, marks = epochs(job.training, "training_loss")
  local held = epochs(job.validation or job.training, "validation_loss")
  local rows = {}
  for _, epoch in ipairs(tables.keys(sums)) do
    local sum, other = sums[epoch], held[epoch]
    rows[#rows + 1] = { ("%g"):format(epoch), ("%d"):format(sum.n), ("%.4f"):format(sum.total / sum.n),
      ("%.4f"):format(sum.last), other and ("%.4f"):format(other.last) or "none" }
  end
  local ends = {}
  for i, one in ipairs(series) do
    ends[i] = ("%s from %.4g to %.4g"):format(one.name, one.points[1][2], one.points[#one.points][2])
  end
  return section("training", "Training", '<div class="cards wide">\n', chart.lines { title = "Loss by step",
    x_label = "step", series = series, marks = marks, description = table.concat(ends, "; ") }, "</div>\n",
    #rows > 0 and html.table("Loss by epoch", { "Epoch", "Steps", "Mean training loss", "Last", "Validation loss" },
      rows) or "")
end

-- ---- cost and latency ----------------------------------------------------------------

local PERCENTILES = {}
for part = 0, 100 do PERCENTILES[part + 1] = part / 100 end

local function latency_chart(report)
  local series, least, most = {}, math.huge, 0
  for i, run in ipairs(report.runs) do
    local values, points = {}, {}
    for _, line in ipairs(run:in_order()) do
      if line.answer and not line.cached and math.type(line.latency_ms) then
        values[#values + 1] = line.latency_ms
      end
    end
    for part, value in ipairs(#values > 0 and { stats.quantile(values, table.unpack(PERCENTILES)) } or {}) do
      points[part] = { math.max(value, 1), part - 1 }
    end
    if #values > 0 then
      least, most = math.min(least, points[1][1]), math.max(most, points[#points][1])
      series[#series + 1] = { name = report.names[i], points = points, class = i }
    end
  end
  return #series > 0 and chart.lines { title = "Answers within so many milliseconds, %", x_label = "milliseconds",
    series = series, log = most > 20 * least, from_zero = true, description = "The share of the answers that came "
    .. "within a time; the table has the median and the 95th percentile" } or ""
end

local function cost_chart(report)
  local series = {}
  for i, run in ipairs(report.runs) do
    local sum, points, step = 0.0, { { 0, 0 } }, math.max(1, #run.samples // 200)
    for n, line in ipairs(run:in_order()) do
      sum = sum + (math.type(line.cost) and line.cost or 0)
      if n % step == 0 or n == #run.samples then
        points[#points + 1] = { n, sum }
      end
    end
    if sum > 0 then
      series[#series + 1] = { name = report.names[i], points = points, class = i }
    end
  end
  return #series > 0 and chart.lines { title = "Cost so far, USD", x_label = "samples", series = series,
    from_zero = true, description = "The sum of what the answers cost, in the order of the samples" } or ""
end

---Counts, tokens, cost and latency of each run, with charts.
function M.cost(report)
  local rows = { { "Samples" }, { "Scored" }, { "Truncated" }, { "Refused" }, { "Throttled" }, { "Errors" },
    { "In doubt" }, { "From the cache" }, { "Input tokens" }, { "Output tokens" }, { "Cost" }, { "Judges' part of it" },
    { "Cost of 1,000 samples" }, { "Latency, median" }, { "Latency, 95th percentile" } }
  for i, s in ipairs(report.summaries) do
    local run, input, output = report.runs[i], 0, 0
    for _, line in ipairs(run:in_order()) do
      local usage = line.usage or {}
      input, output = input + (usage.input_tokens or 0), output + (usage.output_tokens or 0)
    end
    local paid = cost.dollars(s.cost)
    if s.unpriced > 0 then
      paid = ("%s, and %d answers without a known price"):format(paid, s.unpriced)
    end
    local function ms(part) return s.latency_ms and ("%.0f ms"):format(s.latency_ms[part]) or "none" end
    for at, value in ipairs { #run.samples, s.scored, s.truncated, s.refused, s.throttled, s.error, s.in_doubt,
      s.cached, input, output, paid, cost.dollars(s.judge_cost),
      cost.dollars(1000 * s.cost / math.max(#run.samples, 1)), ms "p50", ms "p95" } do
      rows[at][i + 1] = type(value) == "string" and html.text(value) or chart.number(value)
    end
  end
  local head = { "Quantity" }
  for i, run in ipairs(report.names) do head[i + 1] = name(run) end
  return section("cost", "Cost and latency", html.table("Counts, cost and latency", head, rows),
    '<div class="cards">\n', cost_chart(report), latency_chart(report), "</div>\n")
end

-- ---- where it comes from -------------------------------------------------------------

local function scorer_text(scorer)
  local text = scorer.name == scorer.kind and scorer.name or ("%s (%s)"):format(scorer.name, scorer.kind)
  return type(scorer.options) == "table" and next(scorer.options) and text .. " " .. json.encode(scorer.options) or text
end

local function provenance_of(run, name_of_run)
  local head = run.run
  local dataset, scorers = head.dataset or {}, {}
  for i, scorer in ipairs(head.scorers or {}) do
    scorers[i] = scorer_text(scorer)
  end
  local rows = {}
  local function add(title, value)
    if value ~= nil and value ~= json.null then
      local text = type(value) == "table" and json.encode(value) or tostring(value)
      rows[#rows + 1] = ("<dt>%s</dt><dd>%s</dd>\n"):format(title, name(text))
    end
  end
  add("Model", (head.target or {}).model_id)
  add("Dataset", dataset.path)
  add("Dataset SHA-256", dataset.sha256)
  add("Records", dataset.records)
  add("Scorers", table.concat(scorers, "; "))
  add("Options", head.options)
  add("Seed", head.seed)
  add("Started", head.started)
  add("Finished", run.finished and run.finished.finished or "not complete")
  add("Fingerprint", head.fingerprint)
  add("moonrock", head.moonrock)
  add("File", run.path)
  return ('<div class="card"><h3>%s</h3><dl>\n%s</dl></div>\n'):format(name(name_of_run), table.concat(rows))
end

---Dataset, options, versions and dates of each run.
function M.provenance(report)
  local parts, first, second = {}, report.runs[1].run, report.runs[2] and report.runs[2].run
  for i, run in ipairs(report.runs) do
    parts[i] = provenance_of(run, report.names[i])
  end
  local differ = second and (first.dataset or {}).sha256 ~= (second.dataset or {}).sha256
  return section("provenance", "Provenance",
    differ and '<p class="note">The runs are of different data: only samples of both were compared.</p>\n' or "",
    '<div class="cards">\n', table.concat(parts), "</div>\n")
end

return M
