-- SPDX-License-Identifier: MIT
-- Checks a dataset before it is uploaded, and puts right what is safe:
--   moonrock run examples/lint.lua [DATA.jsonl [MODEL]]
-- What is found has a rule, a place (line, column, path) and says what to do; dataset.lint only looks.

local dataset = require "moonrock.dataset"

local path, model = ...
path = path or "examples/data/json_answers.jsonl"
model = model or "anthropic.claude-3-haiku-20240307-v1:0:200k"

local report = dataset.lint(path, { model = model })
for _, finding in ipairs(report.findings) do
  print(report:line(finding)) -- or finding.rule, finding.line, finding.column, finding.path, finding.suggestion
end
print(("%d records, about %d tokens, %d steps in 3 epochs of batches of 8"):format(report.stats.records,
  report.stats.tokens, dataset.steps(report.stats.records, 8, 3)))

if #report.findings > 0 then
  local fixed = dataset.fix { input = path, output = path .. ".fixed", model = model, diff = io.write }
  print(("%s.fixed: %d lines changed, %d errors left"):format(path, fixed.changed, fixed.report.stats.errors))
end
