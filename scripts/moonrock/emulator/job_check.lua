-- SPDX-License-Identifier: MIT
-- emulator.job_check: what is checked before a customization job starts, and what its Validation
-- phase finds in the data.
-- Sources: user guide "Guidelines and quotas for model customization", "Troubleshooting", the
-- service model (2026-08-31).  Where AWS only fails the job, the message is its documented text;
-- our precise place follows it, marked as ours.

local record = require "moonrock.record"
local refusal = require "moonrock.emulator.refuse"
local state = require "moonrock.emulator.bedrock_state"
local tables = require "moonrock.tables"
local time = require "moonrock.time"

local note, refuse = refusal.note, refusal.refuse

local M = {}

local invalid_model = "The provided model identifier is invalid."

--- Finds the base model and decides whether it may be tuned here.
---@return string arn with the context suffix
---@return table model
---@return table rules
function M.base_model(world, call, params)
  local catalog, identifier = world.catalog, params.baseModelIdentifier
  local kind = params.customizationType or "FINE_TUNING"
  local listed = "AWS lists as tunable: " .. table.concat(catalog:tunable_list(), ", ")
  local model, parts = catalog:find(identifier)
  if not model or parts.profile then
    refuse("ValidationException", note(invalid_model, identifier .. " is no base model in the catalog; " .. listed))
  end
  if parts.region and parts.region ~= call.region then
    refuse("ValidationException", note(invalid_model,
      ("the ARN names %s, the request went to %s"):format(parts.region, call.region)))
  end
  local rules = catalog:tuning_rules(model)
  if not rules then
    refuse("ValidationException", note(invalid_model, model.id .. " cannot be tuned; " .. listed))
  end
  if model.tuning then
    if not catalog:tunable(model, call.region, kind) then
      refuse("ValidationException", note(invalid_model, ("%s with %s is offered in %s, not in %s"):format(
        model.id, kind, table.concat(model.tuning.regions, ", "), call.region)))
    end
  elseif world.strict or kind ~= "FINE_TUNING" then
    refuse("ValidationException", note(invalid_model, model.id .. " is not listed as tunable; " .. listed))
  else
    world:warn(call, ("baseModelIdentifier %s: not a model that AWS lists as tunable (%s, %s); %s. "
      .. "Accepted in rehearsal, refused with --strict"):format(parts.id, rules.source.text, rules.source.date, listed))
  end
  local variant = parts.variant
  if not variant and model.variants then
    local suffix = (model.tuning or rules).variants[1]
    if world.strict then
      refuse("ValidationException", note(invalid_model, ("customization needs the id with its context length: %s:%s")
        :format(model.id, suffix)))
    end
    world:warn(call, ("baseModelIdentifier %s: AWS lists the id with its context length, %s:%s"):format(model.id,
      model.id, suffix))
    variant = suffix
  end
  local life = model.lifecycle
  if life.end_of_life and time.iso8601(world:now()):sub(1, 10) > life.end_of_life then
    local text = ("%s reached the end of its life on %s"):format(model.id, life.end_of_life)
    if world.strict then
      refuse("ResourceNotFoundException", note("This model version has reached the end of its life.", text))
    end
    world:warn(call, text .. "; accepted in rehearsal, refused with --strict")
  end
  local id = variant and model.id .. ":" .. variant or model.id
  return ("arn:aws:bedrock:%s::foundation-model/%s"):format(call.region, id), model, rules
end

--- Holds the hyperparameters to the ranges of the user guide.  That an unknown one is refused is
--- a guess, and so are the texts.
function M.hyperparameters(world, call, params, rules)
  for _, name in ipairs(tables.keys(params.hyperParameters or {})) do
    local rule, text = rules.hyperparameters[name], params.hyperParameters[name]
    if not rule then
      refuse("ValidationException", ("The hyperparameter %s is not supported. Supported hyperparameters: %s")
        :format(name, table.concat(tables.keys(rules.hyperparameters), ", ")))
    end
    local value = tonumber(text)
    if rule.type == "integer" and value and value ~= math.floor(value) then value = nil end
    if not value or value ~= value then
      refuse("ValidationException", ("The hyperparameter %s must be %s, but is '%s'."):format(name,
        rule.type == "integer" and "an integer" or "a number", text))
    elseif value < rule.min or value > rule.max then
      refuse("ValidationException", ("The hyperparameter %s must be between %s and %s, but is %s."):format(name,
        rule.min, rule.max, text))
    end
  end
  local given = params.hyperParameters or {}
  local early = given.earlyStoppingThreshold or given.earlyStoppingPatience
  if early and not (params.validationDataConfig and params.validationDataConfig.validators[1]) then
    world:warn(call, "early stopping has nothing to act on without validationDataConfig")
  end
end

--- The role belongs to this account (its form is the model's business).
function M.role(world, call, params)
  local account = params.roleArn:match "^arn:[^:]+:iam::(%d*):role/"
  if account and account ~= "" and account ~= world.account then
    if world.strict then refuse("AccessDeniedException", "Cross-account pass role is not allowed.") end
    world:warn(call, ("roleArn is of account %s, this is account %s: AWS refuses to pass it"):format(account,
      world.account))
  end
end

local function open_file(world, call, uri)
  local name, key = state.split_uri(uri)
  local text = ("Could not validate GetObject permissions to access Amazon S3 bucket: %s at key %s"):format(name, key)
  local bucket = world.s3.buckets[name]
  if not bucket then refuse("ValidationException", note(text, "the bucket does not exist")) end
  if bucket.region ~= call.region then
    refuse("ValidationException", note(text, ("the bucket is in %s, the job in %s"):format(bucket.region, call.region)))
  end
  local entry = bucket.objects[key]
  if not entry then refuse("ValidationException", note(text, "the object does not exist")) end
  local store = world.store
  store:pin(entry.blob)
  local ok, data = pcall(store.read, store, entry.blob)
  store:unpin(entry.blob)
  if not ok then error(data, 0) end
  world.bill:add("get", nil, 1)
  return data
end

--- Opens the training and validation files and probes the output place.
---@return { training: string, validation: string|nil }
function M.files(world, call, params)
  local training_uri = params.trainingDataConfig.s3Uri
  if not training_uri then
    refuse("ValidationException", "trainingDataConfig.s3Uri is required for "
      .. (params.customizationType or "FINE_TUNING") .. ".")
  end
  local training = open_file(world, call, training_uri)
  if not training_uri:find "%.jsonl$" then
    world:warn(call, training_uri .. ": the user guide wants a name that ends in .jsonl")
  end
  local validators = params.validationDataConfig and params.validationDataConfig.validators or {}
  if #validators > 1 then
    refuse("ValidationException", "Only one validator is supported.") -- "Claude takes one": unverified
  end
  local validation = validators[1] and open_file(world, call, validators[1].s3Uri) or nil
  local name, prefix = state.split_uri(params.outputDataConfig.s3Uri)
  local probe = (prefix == "" and "" or prefix:gsub("/$", "") .. "/") .. ".write_access_check_file.tmp"
  local bucket = world.s3.buckets[name]
  if not bucket or bucket.region ~= call.region then
    refuse("ValidationException", note(("Amazon S3 perms missing (PutObject): Could not validate PutObject permissions "
      .. "to access S3 bucket: %s at key %s"):format(name, probe),
      bucket and ("the bucket is in %s, the job in %s"):format(bucket.region, call.region)
        or "the bucket does not exist"))
  end
  world.bill:add("put", nil, 1) -- the probe: written and removed
  return { training = training, validation = validation }
end

-- How a finding of the lint reads as a failure of the service.
local function failure_text(uri, finding)
  local rule = finding.rule or ""
  if rule:find "token" then
    return ("Input size exceeded in file %s for record starting with line %d"):format(uri, finding.line or 0)
  end
  return ("Unable to parse Amazon S3 file: %s. Data files must conform to JSONL format."):format(uri)
end

local function place(finding)
  local at = {}
  if finding.line and finding.line > 0 then at[#at + 1] = "line " .. finding.line end
  if finding.column and finding.column > 0 then at[#at + 1] = "column " .. finding.column end
  if finding.path and finding.path ~= "" then at[#at + 1] = finding.path end
  local where = table.concat(at, ", ")
  return (where ~= "" and where .. ": " or "") .. tostring(finding.message)
    .. (finding.rule and " (" .. finding.rule .. ")" or "")
end

-- Counted against the catalog, whose limits can be overridden, instead of the lint's own.
local counted = { ["too-few"] = true, ["too-many"] = true, ["file-size"] = true }

-- A failure message, if any, and what the lint counted.
local function file_failure(model, limits, uri, text, kind)
  local findings, stats = record.lint(text, { model = model.id, validation = kind == "validation" })
  local max_bytes = limits["max_" .. kind .. "_bytes"]
  if max_bytes and #text > max_bytes then
    return ("Input size exceeded in file %s: %d bytes, the limit is %d"):format(uri, #text, max_bytes), stats
  end
  local errors, first = 0, nil
  for _, finding in ipairs(findings) do
    if finding.severity == "error" and not counted[finding.rule] then
      errors = errors + 1
      first = first or finding
    end
  end
  if first then
    local more = errors > 1 and ("; %d errors in all"):format(errors) or ""
    return note(failure_text(uri, first), place(first) .. more), stats
  end
  local least, most = limits.min_records, limits["max_" .. kind .. "_records"]
  -- The guide gives the numbers, not the texts.
  if kind == "training" and least and stats.records < least then
    return ("The file %s has %d records, the minimum is %d."):format(uri, stats.records, least), stats
  elseif most and stats.records > most then
    return ("The file %s has %d records, the maximum is %d."):format(uri, stats.records, most), stats
  end
  return nil, stats
end

local function short(message)
  if message and #message > 2048 then -- the model's limit, not in the middle of a character
    local last = 2049
    while message:byte(last) & 0xC0 == 0x80 do last = last - 1 end
    return message:sub(1, last - 1)
  end
  return message
end

--- What the Validation phase will find, or nil; and the tokens of the training file.
---@return string|nil failure
---@return integer tokens
function M.data(world, model, rules, params, files)
  local limits = rules.limits
  local rules_model = model.tuning and model or world.catalog.by_id[model.rehearsal_tuning_like] or model
  local uri = params.trainingDataConfig.s3Uri
  local failure, stats = file_failure(rules_model, limits, uri, files.training, "training")
  if not failure and files.validation then
    local more
    uri = params.validationDataConfig.validators[1].s3Uri
    failure, more = file_failure(rules_model, limits, uri, files.validation, "validation")
    local total = stats.records + more.records
    if not failure and limits.max_total_records and total > limits.max_total_records then
      failure = ("The training and validation files have %d records, the maximum is %d."):format(total,
        limits.max_total_records)
    end
  end
  return short(failure), stats.tokens
end

return M
