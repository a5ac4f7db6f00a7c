-- SPDX-License-Identifier: MIT
-- emulator.serving: provisioned throughput and custom model deployments.
-- States are read off the clock: Creating for 20 to 30 minutes (sample notebook) or about 10 for
-- a deployment (a guess), then InService or Active; an update takes 5 minutes (a guess).
-- Sources: service model of bedrock, user guide (2026-08-31).  Quota texts: field reports.

local refusal = require "moonrock.emulator.refuse"
local state = require "moonrock.emulator.bedrock_state"

local note, refuse = refusal.note, refusal.refuse

local M = {}

local update_seconds = 300
local month = 30 * 24 * 3600 -- of a commitment

-- ---- provisioned throughput --------------------------------------------------------------

--- Status of a throughput and the model it serves now.
---@return "Creating"|"InService"|"Updating" status
---@return string model_arn
function M.throughput_status(pt, now)
  if now < pt.ready_at then return "Creating", pt.modelArn end
  if pt.updated_at and now < pt.update_end then return "Updating", pt.modelArn end
  return "InService", pt.desiredModelArn
end

local function view(pt, now)
  local status, model_arn = M.throughput_status(pt, now)
  local modified = pt.updated_at and (now >= pt.update_end and pt.update_end or pt.updated_at)
    or pt.renamed_at or (now >= pt.ready_at and pt.ready_at or pt.creationTime)
  return {
    modelUnits = pt.modelUnits, desiredModelUnits = pt.modelUnits, provisionedModelName = pt.provisionedModelName,
    provisionedModelArn = pt.provisionedModelArn, modelArn = model_arn, desiredModelArn = pt.desiredModelArn,
    foundationModelArn = pt.foundationModelArn, status = status, creationTime = pt.creationTime,
    lastModifiedTime = modified, commitmentDuration = pt.commitmentDuration,
    commitmentExpirationTime = pt.commitmentExpirationTime,
  }
end

-- The model that a throughput is bought for: a custom model, or a base model with its context.
local function served_model(world, call, identifier)
  local custom = state.find(world, "models", call.region, identifier, "modelName")
  if custom then return custom.modelArn, custom.baseModelArn, true end
  if identifier:find ":custom%-model/" then
    refuse("ResourceNotFoundException", "The specified custom model was not found: " .. identifier)
  end
  local base, parts = world.catalog:find(identifier)
  if not base or parts.profile or (parts.region and parts.region ~= call.region) then
    refuse("ValidationException", "The provided model identifier is invalid.")
  end
  if not parts.variant then
    refuse("ValidationException", note("The provided model identifier is not supported for provisioned throughput.",
      base.variants and ("use %s:%s"):format(base.id, base.variants[#base.variants]) or "no throughput is sold for it"))
  end
  local arn = ("arn:aws:bedrock:%s::foundation-model/%s:%s"):format(call.region, base.id, parts.variant)
  return arn, arn, false
end

local operations = {}

function operations.CreateProvisionedModelThroughput(world, call, params)
  return state.once(world, call, params, function()
    local model_arn, base_arn, custom = served_model(world, call, params.modelId)
    local base_id = base_arn:match "foundation%-model/(.+)$"
    if state.find(world, "provisioned", call.region, params.provisionedModelName, "provisionedModelName") then
      -- Validation, because the operation does not list Conflict; the text is ours.
      refuse("ValidationException", "The provided provisioned model name is currently in use: "
        .. params.provisionedModelName)
    end
    local limits, open = world.catalog.limits, 0
    for _, pt in ipairs(state.all(world, "provisioned", call.region)) do
      if not pt.commitmentDuration then open = open + 1 end
    end
    local committed = params.commitmentDuration ~= nil
    local refused = committed and world.strict -- none are granted until asked for
      or not committed and (not custom or open >= limits.provisioned_no_commitment
        or params.modelUnits > limits.provisioned_model_units)
    if refused then
      refuse("ServiceQuotaExceededException", note(("Your account does not currently have any %s model units "
        .. "reserved for %s.")
        :format(committed and params.commitmentDuration or "no commitment", base_id),
        ("without commitment: %d throughputs of %d unit for custom models"):format(limits.provisioned_no_commitment,
          limits.provisioned_model_units)))
    end
    local now = world:now()
    local arn
    repeat arn = world:arn(call.region, "provisioned-model/" .. world:id()) until not world.bedrock.provisioned[arn]
    local months = params.commitmentDuration == "SixMonths" and 6 or 1
    state.tag(world, arn, params.tags)
    state.save(world, "provisioned", {
      provisionedModelArn = arn, provisionedModelName = params.provisionedModelName, region = call.region,
      modelUnits = params.modelUnits, modelArn = model_arn, desiredModelArn = model_arn, foundationModelArn = base_arn,
      creationTime = now, ready_at = now + world:duration(world:pick(arn, 20 * 60, 30 * 60)),
      commitmentDuration = params.commitmentDuration,
      commitmentExpirationTime = committed and now + world:duration(months * month) or nil,
    })
    return { provisionedModelArn = arn }
  end)
end

local function find_throughput(world, call, identifier)
  local pt = state.find(world, "provisioned", call.region, identifier, "provisionedModelName")
  if not pt then
    refuse("ResourceNotFoundException", "The specified provisioned model was not found: " .. identifier)
  end
  return pt
end

function operations.GetProvisionedModelThroughput(world, call, params)
  return view(find_throughput(world, call, params.provisionedModelId), world:now())
end

function operations.ListProvisionedModelThroughputs(world, call, params)
  local now, values = world:now(), {}
  for _, pt in ipairs(state.all(world, "provisioned", call.region)) do
    local status, model_arn = M.throughput_status(pt, now)
    if (not params.statusEquals or status == params.statusEquals)
      and (not params.modelArnEquals or model_arn == params.modelArnEquals) then
      values[#values + 1] = pt
    end
  end
  local summaries, next_token = state.page(values, params,
    { name = "provisionedModelName", created = "creationTime" }, function(pt) return view(pt, now) end)
  return { provisionedModelSummaries = summaries, nextToken = next_token }
end

function operations.UpdateProvisionedModelThroughput(world, call, params)
  local pt = find_throughput(world, call, params.provisionedModelId)
  local now = world:now()
  local status, model_arn = M.throughput_status(pt, now)
  if params.desiredModelId then
    if status ~= "InService" then
      refuse("ValidationException", ("The provisioned model cannot be updated, its status is %s."):format(status))
    end
    local wanted, base_arn = served_model(world, call, params.desiredModelId)
    -- Only between a base and its tuned models, starting from a tuned one (user guide).
    if base_arn ~= pt.foundationModelArn or pt.modelArn == pt.foundationModelArn then
      refuse("ValidationException", "The desired model must be the base model of the provisioned model, or tuned "
        .. "from it.")
    end
    pt.modelArn, pt.desiredModelArn = model_arn, wanted
    pt.updated_at, pt.update_end = now, now + world:duration(update_seconds)
  end
  if params.desiredProvisionedModelName and params.desiredProvisionedModelName ~= pt.provisionedModelName then
    if state.find(world, "provisioned", call.region, params.desiredProvisionedModelName, "provisionedModelName") then
      refuse("ValidationException", "The provided provisioned model name is currently in use: "
        .. params.desiredProvisionedModelName)
    end
    pt.provisionedModelName, pt.renamed_at = params.desiredProvisionedModelName, now
  end
  state.save(world, "provisioned", pt)
  return {}
end

-- Hours that are charged: begun ones count whole (a guess on the safe side; AWS bills by the hour).
local function hours(world, pt, now)
  return math.max(1, math.ceil((now - pt.creationTime) * world.speed / 3600)) * pt.modelUnits
end

function operations.DeleteProvisionedModelThroughput(world, call, params)
  local pt = find_throughput(world, call, params.provisionedModelId)
  local now = world:now()
  if pt.commitmentExpirationTime and now < pt.commitmentExpirationTime then
    refuse("ConflictException", "The provisioned model cannot be deleted before its commitment term ends.")
  end
  local base = world.catalog:find(pt.foundationModelArn)
  state.remove(world, "provisioned", pt, function()
    world.bill:set("unit_hour", base.id, hours(world, pt, now), pt.provisionedModelArn)
  end)
  return {}
end

-- ---- deployments -------------------------------------------------------------------------

--- Status of a deployment and the model it serves now.
function M.deployment_status(deployment, now)
  if now < deployment.ready_at then return "Creating", deployment.modelArn end
  if deployment.updated_at and now >= deployment.update_end then return "Active", deployment.desiredModelArn end
  return "Active", deployment.modelArn
end

local function custom_for_deployment(world, call, arn)
  local custom = world.bedrock.models[arn]
  if not custom or custom.region ~= call.region then
    refuse("ResourceNotFoundException", "The specified custom model was not found: " .. arn)
  end
  local base = world.catalog:find(custom.baseModelArn)
  if not base.deployable then
    local text = "on-demand deployment is documented for Nova models (user guide, 2026-08-31), not for " .. base.id
    if world.strict then
      refuse("ValidationException", note("The provided model is not supported for on-demand deployment.", text))
    end
    world:warn(call, text .. "; accepted in rehearsal, refused with --strict")
  end
  return custom
end

function operations.CreateCustomModelDeployment(world, call, params)
  return state.once(world, call, params, function()
    custom_for_deployment(world, call, params.modelArn)
    if state.find(world, "deployments", call.region, params.modelDeploymentName, "modelDeploymentName") then
      refuse("ValidationException", "The provided model deployment name is currently in use: "
        .. params.modelDeploymentName)
    end
    local now, limits, total, creating = world:now(), world.catalog.limits, 0, 0
    for _, deployment in ipairs(state.all(world, "deployments", call.region)) do
      total = total + 1
      if now < deployment.ready_at then creating = creating + 1 end
    end
    if total >= limits.deployments or creating >= limits.deployments_creating then
      refuse("ServiceQuotaExceededException", ("The number of custom model deployments exceeds the limit of %d%s.")
        :format(total >= limits.deployments and limits.deployments or limits.deployments_creating,
          total >= limits.deployments and "" or " in progress"))
    end
    local arn
    repeat
      arn = world:arn(call.region, "custom-model-deployment/" .. world:id())
    until not world.bedrock.deployments[arn]
    state.tag(world, arn, params.tags)
    state.save(world, "deployments", {
      customModelDeploymentArn = arn, modelDeploymentName = params.modelDeploymentName, region = call.region,
      modelArn = params.modelArn, description = params.description, createdAt = now,
      ready_at = now + world:duration(600),
    })
    return { customModelDeploymentArn = arn }
  end)
end

local function find_deployment(world, call, identifier)
  local deployment = state.find(world, "deployments", call.region, identifier, "modelDeploymentName")
  if not deployment then
    refuse("ResourceNotFoundException", "The specified custom model deployment was not found: " .. identifier)
  end
  return deployment
end

local function update_details(deployment, now)
  if not deployment.updated_at then return nil end
  local status = now < deployment.update_end and "Updating" or "UpdateCompleted"
  return { modelArn = deployment.desiredModelArn, updateStatus = status }
end

function operations.GetCustomModelDeployment(world, call, params)
  local deployment, now = find_deployment(world, call, params.customModelDeploymentIdentifier), world:now()
  local status, model_arn = M.deployment_status(deployment, now)
  return {
    customModelDeploymentArn = deployment.customModelDeploymentArn,
    modelDeploymentName = deployment.modelDeploymentName,
    modelArn = model_arn, createdAt = deployment.createdAt, status = status, description = deployment.description,
    updateDetails = update_details(deployment, now),
    lastUpdatedAt = deployment.updated_at or (now >= deployment.ready_at and deployment.ready_at
      or deployment.createdAt),
  }
end

function operations.ListCustomModelDeployments(world, call, params)
  local now, values = world:now(), {}
  for _, deployment in ipairs(state.all(world, "deployments", call.region)) do
    local status, model_arn = M.deployment_status(deployment, now)
    if (not params.statusEquals or status == params.statusEquals)
      and (not params.modelArnEquals or model_arn == params.modelArnEquals) then
      values[#values + 1] = deployment
    end
  end
  local summaries, next_token = state.page(values, {
    createdAfter = params.createdAfter, createdBefore = params.createdBefore, nameContains = params.nameContains,
    maxResults = params.maxResults, nextToken = params.nextToken, sortOrder = params.sortOrder,
  }, { name = "modelDeploymentName", created = "createdAt" }, function(deployment)
    local status, model_arn = M.deployment_status(deployment, now)
    return {
      customModelDeploymentArn = deployment.customModelDeploymentArn, modelArn = model_arn, status = status,
      customModelDeploymentName = deployment.modelDeploymentName, createdAt = deployment.createdAt,
      lastUpdatedAt = deployment.updated_at or deployment.createdAt,
    }
  end)
  return { modelDeploymentSummaries = summaries, nextToken = next_token }
end

function operations.UpdateCustomModelDeployment(world, call, params)
  local deployment, now = find_deployment(world, call, params.customModelDeploymentIdentifier), world:now()
  local status, model_arn = M.deployment_status(deployment, now)
  if status ~= "Active" then
    refuse("ValidationException", ("The deployment cannot be updated, its status is %s."):format(status))
  end
  custom_for_deployment(world, call, params.modelArn)
  deployment.modelArn, deployment.desiredModelArn = model_arn, params.modelArn
  deployment.updated_at, deployment.update_end = now, now + world:duration(update_seconds)
  state.save(world, "deployments", deployment)
  return { customModelDeploymentArn = deployment.customModelDeploymentArn }
end

function operations.DeleteCustomModelDeployment(world, call, params)
  state.remove(world, "deployments", find_deployment(world, call, params.customModelDeploymentIdentifier))
  return {}
end

--- Whether a custom model is served by something: then it cannot be deleted.
function M.in_use(world, model_arn)
  for _, pt in pairs(world.bedrock.provisioned) do
    if pt.modelArn == model_arn or pt.desiredModelArn == model_arn then return true end
  end
  for _, deployment in pairs(world.bedrock.deployments) do
    if deployment.modelArn == model_arn or deployment.desiredModelArn == model_arn then return true end
  end
  return false
end

--- What runs by the hour right now, for the bill.
function M.running(world, add, now)
  for _, pt in ipairs(state.all(world, "provisioned")) do
    add("unit_hour", world.catalog:find(pt.foundationModelArn).id, hours(world, pt, now), pt.provisionedModelArn)
  end
end

M.operations = operations

return M
