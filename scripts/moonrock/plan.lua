-- SPDX-License-Identifier: MIT
-- plan.lua -- the launch gate: what can be known to be wrong with a fine-tuning job before a call.
-- Facts about models, regions, limits and hyperparameters come from the catalog, which is dated
-- and can be overridden; what it does not know is left to the service.

local catalog_module = require "moonrock.catalog"
local dataset = require "moonrock.dataset"
local errors = require "moonrock.error"
local model_api = require "moonrock.model"
local suggest = require "moonrock.aws.suggest"
local tables = require "moonrock.tables"
local time = require "moonrock.time"

local M = {}

---@class moonrock.Problem
---@field severity "error"|"warning"
---@field path string the member: "hyperParameters.epochCount"
---@field message string
---@field hint string|nil

-- A list of problems with the severity that is asked for.
local function collector()
  local problems = {}
  local function add(severity, path, hint, format, ...)
    problems[#problems + 1] = { severity = severity, path = path, hint = hint, message = format:format(...) }
  end
  return problems, add
end

-- ---- members, as the service's model describes them ---------------------------------------

local function check_members(params, add)
  local operation = model_api.service("bedrock"):operation("create_model_customization_job")
  local ok, found = operation:check(params)
  if ok then return end
  for _, problem in ipairs(found) do
    local hint = problem.suggestion and ("did you mean %s?"):format(problem.suggestion) or nil
    if problem.path == "roleArn" then
      hint = "a role looks like arn:aws:iam::123456789012:role/name"
    end
    add("error", problem.path, hint, "%s", problem.message)
  end
end

-- ---- the base model -----------------------------------------------------------------------

local function check_lifecycle(model, add)
  local life = model.lifecycle or {}
  if not life.end_of_life then return end
  local ends = time.parse(life.end_of_life .. "T00:00:00Z")
  if ends and ends <= time.now() then
    add("warning", "baseModelIdentifier", nil, "%s reached its end of life on %s", model.name, life.end_of_life)
  elseif life.status == "LEGACY" then
    add("warning", "baseModelIdentifier", "what is tuned on it must be tuned anew before that date",
      "%s is legacy; its end of life is %s", model.name, life.end_of_life)
  end
end

-- The model of the catalog, for the checks that need it; nil when there is none.
local function check_base(params, region, known, add)
  local given = params.baseModelIdentifier
  if type(given) ~= "string" then return nil end
  local model, parts = known:find(given)
  local list = "AWS lists as tunable: " .. table.concat(known:tunable_list(), "; ")
  if not model then
    local near = suggest.closest(parts.id, known.ids)
    add("warning", "baseModelIdentifier", near and ("did you mean %s?"):format(near) or list,
      "the catalog does not know %s", given)
    return nil
  end
  if not model.tuning then
    add("error", "baseModelIdentifier", list, "AWS does not list %s as a model that can be tuned (%s)", model.name,
      catalog_module.sources.guide.date)
  elseif region and not known:tunable(model, region, params.customizationType) then
    add("error", "baseModelIdentifier",
      ("use a client with region = \"%s\"; the bucket must lie there too"):format(known:tuning_regions(model)[1]),
      "%s can be tuned in %s, not in %s", model.name, table.concat(known:tuning_regions(model), ", "), region)
  end
  if parts.region and parts.region ~= "" and region and parts.region ~= region then
    add("error", "baseModelIdentifier", nil, "the ARN is one of %s, but the client's region is %s", parts.region,
      region)
  end
  local variants = model.tuning and model.tuning.variants
  if variants and not parts.variant then
    add("warning", "baseModelIdentifier", ("write %s:%s"):format(model.id, variants[1]),
      "the id for tuning carries a context suffix, which is missing")
  end
  check_lifecycle(model, add)
  return model
end

-- ---- hyperparameters ----------------------------------------------------------------------

local function check_value(path, rule, value, add)
  local number = not tostring(value):find("[xX]") and tonumber(value) -- (the service reads no hexadecimal)
  local fault
  if not number then
    fault = "is no number"
  elseif rule.type == "integer" and math.type(number) ~= "integer" then
    fault = "is no whole number"
  elseif rule.min and number < rule.min then
    fault = ("is below %g"):format(rule.min)
  elseif rule.max and number > rule.max then
    fault = ("is above %g"):format(rule.max)
  end
  if fault then
    add("error", path, ("it may be %g to %g; the default is %s"):format(rule.min, rule.max, rule.default), "%s %s",
      tostring(value), fault)
  end
end

local function check_hyperparameters(params, rules, add)
  local given = params.hyperParameters
  if type(given) ~= "table" or not rules then return end
  local names = tables.keys(rules)
  for _, name in ipairs(tables.keys(given)) do
    local rule = rules[name]
    name = tostring(name)
    if rule then
      check_value("hyperParameters." .. name, rule, given[name], add)
    else
      add("error", "hyperParameters." .. name, "there are " .. table.concat(names, ", "), "unknown hyperparameter%s",
        suggest.tail(name, names))
    end
  end
  local validation = params.validationDataConfig
  local validators = type(validation) == "table" and validation.validators
  if not (type(validators) == "table" and #validators > 0)
    and (given.earlyStoppingThreshold or given.earlyStoppingPatience) then
    add("warning", "hyperParameters", nil, "early stopping has nothing to act on without a validation set")
  end
end

-- ---- data ---------------------------------------------------------------------------------

local function check_file(path, label, opts, add)
  local report = dataset.lint(path, opts)
  local shown = 0
  for _, f in ipairs(report.findings) do
    if f.severity == "error" and shown < 5 then
      shown = shown + 1
      add("error", label, f.suggestion and ("write %s"):format(f.suggestion) or nil, "%s%s: %s%s: %s", path,
        f.line and (":%d:%d"):format(f.line, f.column) or "", f.rule, f.path and " " .. f.path or "", f.message)
    end
  end
  if report.stats.errors > shown then
    add("error", label, ("moonrock lint %s shows all"):format(path), "and %d more errors in %s",
      report.stats.errors - shown, path)
  end
  if report.stats.warnings > 0 then
    add("warning", label, ("moonrock lint %s shows them"):format(path), "%d warnings in %s", report.stats.warnings,
      path)
  end
  return report
end

local function check_data(params, opts, add)
  local training = params.trainingDataConfig
  local uri = type(training) == "table" and training.s3Uri
  if type(uri) == "string" and not uri:find("%.jsonl$") then
    add("warning", "trainingDataConfig.s3Uri", nil, "the name of a training file ends in .jsonl")
  end
  if opts.data then
    local report = check_file(opts.data, "data", { model = params.baseModelIdentifier }, add)
    local given = params.hyperParameters
    local batch = type(given) == "table" and math.tointeger(tonumber(given.batchSize))
    if batch and report.ok and batch > report.stats.records then
      add("warning", "hyperParameters.batchSize", nil, "a batch of %d is larger than the %d records", batch,
        report.stats.records)
    end
  end
  if opts.validation_data then
    check_file(opts.validation_data, "validation data", { model = params.baseModelIdentifier, validation = true },
      add)
  end
end

---Everything that is wrong or doubtful about a job, found offline.
---@param params table of create_model_customization_job
---@param opts? { region?: string, data?: string, validation_data?: string, catalog?: table }
---data: the local copy of the training file
---@return moonrock.Problem[]
function M.check(params, opts)
  opts = opts or {}
  local known = opts.catalog or catalog_module.default()
  local problems, add = collector()
  check_members(params, add)
  local model = check_base(params, opts.region, known, add)
  local rules = model and known:tuning_rules(model)
  check_hyperparameters(params, rules and rules.hyperparameters, add)
  check_data(params, opts, add)
  return problems
end

---A problem as one line.
---@param problem moonrock.Problem
---@return string
function M.line(problem)
  return ("%s: %s%s"):format(problem.path, problem.message, problem.hint and " (" .. problem.hint .. ")" or "")
end

---Checks, and raises InvalidJob if there is an error among the problems.
---@param params table
---@param opts? table as for check; allow_unlisted: errors of the base model are warnings
---@param on_warning? fun(problem: moonrock.Problem)
function M.require(params, opts, on_warning)
  local lines, hint = {}, nil
  local problems = M.check(params, opts)
  for _, problem in ipairs(problems) do
    local unlisted = opts and opts.allow_unlisted and problem.path == "baseModelIdentifier"
    if problem.severity == "error" and not unlisted then
      lines[#lines + 1] = ("%s: %s"):format(problem.path, problem.message)
      hint = hint or problem.hint
    elseif on_warning then
      on_warning(problem)
    end
  end
  if #lines > 0 then
    errors.raise {
      code = "InvalidJob",
      message = ("the job was not started: %s"):format(table.concat(lines, "; ")),
      hint = hint,
      problems = problems,
    }
  end
end

return M
