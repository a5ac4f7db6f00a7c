-- SPDX-License-Identifier: MIT
-- emulator.bedrock: custom models, foundation models, inference profiles, tags; and the table of
-- all control-plane operations.  Source: service model of bedrock (2026-08-31).

local async = require "moonrock.emulator.async"
local batch = require "moonrock.emulator.batch"
local guardrail = require "moonrock.emulator.guardrail"
local catalog_module = require "moonrock.catalog"
local job = require "moonrock.emulator.job"
local job_end = require "moonrock.emulator.job_end"
local refuse = require "moonrock.emulator.refuse".refuse
local serving = require "moonrock.emulator.serving"
local state = require "moonrock.emulator.bedrock_state"
local tables = require "moonrock.tables"

local contains = tables.contains

local M = {}

local operations = {}
local month_seconds = 30 * 24 * 3600

-- ---- custom models -----------------------------------------------------------------------

local function find_model(world, call, identifier)
  local custom = state.find(world, "models", call.region, identifier, "modelName")
  if not custom then
    refuse("ResourceNotFoundException", "The specified custom model was not found: " .. identifier)
  end
  return custom
end

function operations.GetCustomModel(world, call, params)
  local custom = find_model(world, call, params.modelIdentifier)
  return {
    modelArn = custom.modelArn, modelName = custom.modelName, jobName = custom.jobName, jobArn = custom.jobArn,
    baseModelArn = custom.baseModelArn, customizationType = custom.customizationType,
    modelKmsKeyArn = custom.modelKmsKeyArn, hyperParameters = custom.hyperParameters,
    trainingDataConfig = custom.trainingDataConfig, validationDataConfig = custom.validationDataConfig,
    outputDataConfig = custom.outputDataConfig, trainingMetrics = custom.trainingMetrics,
    validationMetrics = custom.validationMetrics, creationTime = custom.creationTime, modelStatus = "Active",
  }
end

function operations.ListCustomModels(world, call, params)
  local values = {}
  for _, custom in ipairs(state.all(world, "models", call.region)) do
    local base = params.baseModelArnEquals or params.foundationModelArnEquals
    if (not base or custom.baseModelArn == base) and params.isOwned ~= false
      and (not params.modelStatus or params.modelStatus == "Active") then
      values[#values + 1] = custom
    end
  end
  local function view(custom)
    return {
      modelArn = custom.modelArn, modelName = custom.modelName, creationTime = custom.creationTime,
      baseModelArn = custom.baseModelArn, -- the name's pattern has no colon
      baseModelName = custom.baseModelArn:match "foundation%-model/([^:]+)",
      customizationType = custom.customizationType, ownerAccountId = world.account, modelStatus = "Active",
    }
  end
  local summaries, next_token = state.page(values, params, { name = "modelName", created = "creationTime" }, view)
  return { modelSummaries = summaries, nextToken = next_token }
end

local function storage_months(world, custom, now)
  return (now - custom.creationTime) * world.speed / month_seconds
end

function operations.DeleteCustomModel(world, call, params)
  local custom = find_model(world, call, params.modelIdentifier)
  if serving.in_use(world, custom.modelArn) then
    -- That it is a conflict is a guess; the text is ours.
    refuse("ConflictException", "The custom model is in use by a provisioned throughput or a deployment. Delete "
      .. "that first.")
  end
  world.bedrock.answerers[custom.modelArn] = nil
  state.remove(world, "models", custom, function()
    world.bill:set("storage", catalog_module.split(custom.baseModelArn).id, storage_months(world, custom, world:now()),
      custom.modelArn)
  end)
  return {}
end

-- ---- foundation models -------------------------------------------------------------------

-- The entries under which AWS lists a model: on demand, and one for each context length.
local function entries_of(world, model, region)
  local function entry(id, variant)
    local tuned = variant and model.tuning and world.catalog:tunable(model, region, model.tuning.types[1])
    local listed = tuned and contains(model.tuning.variants, variant)
    local types = {}
    if variant then
      types[1] = "PROVISIONED"
    elseif not model.on_demand then
      types[1] = "ON_DEMAND"
    end
    return {
      modelArn = ("arn:aws:bedrock:%s::foundation-model/%s"):format(region, id), modelId = id, modelName = model.name,
      providerName = model.provider, inputModalities = model.input, outputModalities = model.output,
      responseStreamingSupported = contains(model.output, "TEXT"),
      customizationsSupported = listed and model.tuning.types or {},
      inferenceTypesSupported = types,
      modelLifecycle = { status = model.lifecycle.status, endOfLifeTime = model.lifecycle.end_of_life
        and model.lifecycle.end_of_life .. "T00:00:00Z" or nil },
    }
  end
  local out = { entry(model.id) }
  for _, variant in ipairs(model.variants or {}) do out[#out + 1] = entry(model.id .. ":" .. variant, variant) end
  return out
end

function operations.ListFoundationModels(world, call, params)
  local summaries = {}
  for _, id in ipairs(world.catalog.ids) do
    local model = world.catalog.by_id[id]
    if world.catalog:in_region(model, call.region) then
      for _, entry in ipairs(entries_of(world, model, call.region)) do
        if (not params.byProvider or entry.providerName:lower() == params.byProvider:lower())
          and (not params.byCustomizationType or contains(entry.customizationsSupported, params.byCustomizationType))
          and (not params.byOutputModality or contains(entry.outputModalities, params.byOutputModality))
          and (not params.byInferenceType or contains(entry.inferenceTypesSupported, params.byInferenceType)) then
          summaries[#summaries + 1] = entry
        end
      end
    end
  end
  return { modelSummaries = summaries }
end

local function foundation(world, call, identifier)
  local model, parts = world.catalog:find(identifier)
  if not model or parts.profile or not world.catalog:in_region(model, call.region)
    or (parts.region and parts.region ~= call.region) then
    refuse("ResourceNotFoundException", "Could not resolve the foundation model from the provided model identifier.")
  end
  local id = parts.variant and model.id .. ":" .. parts.variant or model.id
  for _, entry in ipairs(entries_of(world, model, call.region)) do
    if entry.modelId == id then return entry end
  end
end

function operations.GetFoundationModel(world, call, params)
  return { modelDetails = foundation(world, call, params.modelIdentifier) }
end

function operations.GetFoundationModelAvailability(world, call, params)
  local model = world.catalog:find(params.modelId)
  if not model then
    refuse("ResourceNotFoundException", "Could not resolve the foundation model from the provided model identifier.")
  end
  return {
    modelId = params.modelId, agreementAvailability = { status = "AVAILABLE" }, authorizationStatus = "AUTHORIZED",
    entitlementAvailability = "AVAILABLE",
    regionAvailability = world.catalog:in_region(model, call.region) and "AVAILABLE" or "NOT_AVAILABLE",
  }
end

-- ---- inference profiles (the system's own) -------------------------------------------------

local function profile_of(world, call, id)
  local model, parts = world.catalog:find(id)
  local regions = model and parts.profile and not parts.variant and model.on_demand
    and world.catalog:profile_regions(parts.profile)
  if not regions or not contains(regions, call.region) then return nil end
  local models = {}
  for _, region in ipairs(regions) do
    models[#models + 1] = { modelArn = ("arn:aws:bedrock:%s::foundation-model/%s"):format(region, model.id) }
  end
  local profile_id = parts.profile .. "." .. model.id
  return {
    inferenceProfileName = parts.profile:upper() .. " " .. model.provider .. " " .. model.name,
    inferenceProfileArn = world:arn(call.region, "inference-profile/" .. profile_id), inferenceProfileId = profile_id,
    models = models, status = "ACTIVE", type = "SYSTEM_DEFINED",
    description = ("Routes requests to %s in %s."):format(model.name, table.concat(regions, ", ")),
  }
end

function operations.ListInferenceProfiles(world, call, params)
  local summaries = {}
  if params.typeEquals ~= "APPLICATION" then
    for _, id in ipairs(world.catalog.ids) do summaries[#summaries + 1] = profile_of(world, call, "us." .. id) end
  end
  return { inferenceProfileSummaries = summaries }
end

function operations.GetInferenceProfile(world, call, params)
  local profile = profile_of(world, call, params.inferenceProfileIdentifier)
  if not profile then
    refuse("ResourceNotFoundException", "The specified inference profile was not found: "
      .. params.inferenceProfileIdentifier)
  end
  return profile
end

-- ---- tags ----------------------------------------------------------------------------------

local function check_taggable(world, arn)
  local bedrock = world.bedrock
  if not (bedrock.jobs[arn] or bedrock.models[arn] or bedrock.provisioned[arn] or bedrock.deployments[arn]
    or bedrock.batches[arn] or bedrock.guardrails[arn] or bedrock.invocations[arn]) then
    refuse("ResourceNotFoundException", "The specified resource was not found: " .. arn)
  end
end

function operations.TagResource(world, _, params)
  check_taggable(world, params.resourceARN)
  state.tag(world, params.resourceARN, params.tags)
  return {}
end

function operations.UntagResource(world, _, params)
  local arn = params.resourceARN
  check_taggable(world, arn)
  local map = world.bedrock.tags[arn]
  if map then
    for _, key in ipairs(params.tagKeys) do map[key] = nil end
    world.store:save("bedrock-tags", arn, map)
  end
  return {}
end

function operations.ListTagsForResource(world, _, params)
  check_taggable(world, params.resourceARN)
  local tags = {}
  local map = world.bedrock.tags[params.resourceARN] or {}
  for i, key in ipairs(tables.keys(map)) do tags[i] = { key = key, value = map[key] } end
  return { tags = tags }
end

-- ---- all together ----------------------------------------------------------------------------

for _, part in ipairs { job.operations, serving.operations, batch.operations, guardrail.operations } do
  for name, operation in pairs(part) do operations[name] = operation end
end

M.operations = operations

--- Loads the state and tells the bill what goes by the hour and the month.
---@param world moonrock.emulator.World
---@param used table<string, boolean> blob ids in use
function M.open(world, used)
  state.open(world, used)
  world.bill:running(function(add, now)
    serving.running(world, add, now)
    for _, finished in ipairs(state.all(world, "jobs")) do
      if finished.billed then add("training", catalog_module.split(finished.baseModelArn).id, finished.billed) end
    end
    for _, custom in ipairs(state.all(world, "models")) do
      add("storage", catalog_module.split(custom.baseModelArn).id, storage_months(world, custom, now), custom.modelArn)
    end
  end)
end

--- Brings what goes by the clock up to date.
function M.settle(world)
  job_end.settle(world)
  batch.settle(world)
  async.settle(world)
end

return M
