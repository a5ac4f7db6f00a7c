-- SPDX-License-Identifier: MIT
-- emulator.bedrock_state: the resources of Bedrock and what their operations share.
-- Resources live in maps by ARN and are saved as records; looking up by name or ARN, paging,
-- idempotency tokens, tags and S3 URIs are here.

local crypto = require "moonrock.crypto"
local json = require "moonrock.json"
local tables = require "moonrock.tables"

local refuse = require "moonrock.emulator.refuse".refuse

local M = {}

-- map in world.bedrock -> the member that holds the ARN
local kinds = { jobs = "jobArn", models = "modelArn", provisioned = "provisionedModelArn",
  deployments = "customModelDeploymentArn", batches = "jobArn", guardrails = "guardrailArn",
  invocations = "invocationArn" }

--- Loads the resources of a state folder; notes the blobs they use.
---@param world moonrock.emulator.World
---@param used table<string, boolean>
function M.open(world, used)
  local bedrock = { tokens = {}, tags = {}, answerers = {}, serial = 0 }
  world.bedrock = bedrock
  for kind, arn in pairs(kinds) do
    bedrock[kind] = {}
    for _, record in ipairs(world.store:load("bedrock-" .. kind)) do
      local value = record.value
      for _, name in ipairs { "training_blob", "validation_blob" } do
        if value[name] then
          used[value[name].id] = true
          value[name] = world.store:revive(value[name])
        end
      end
      bedrock[kind][value[arn]] = value
      bedrock.serial = math.max(bedrock.serial, value.serial or 0)
    end
  end
  for _, record in ipairs(world.store:load "bedrock-token") do bedrock.tokens[record.name] = record.value end
  for _, record in ipairs(world.store:load "bedrock-tags") do bedrock.tags[record.name] = record.value end
end

--- Saves a resource.
---@param world moonrock.emulator.World
---@param kind "jobs"|"models"|"provisioned"|"deployments"|"batches"|"guardrails"|"invocations"
---@param value table
function M.save(world, kind, value)
  local arn = value[kinds[kind]]
  if not value.serial then
    world.bedrock.serial = world.bedrock.serial + 1
    value.serial = world.bedrock.serial
  end
  world.bedrock[kind][arn] = value
  if not world.store.folder then return end
  local kept = tables.copy(value)
  for _, name in ipairs { "training_blob", "validation_blob" } do
    if kept[name] then kept[name] = world.store:describe(kept[name]) end
  end
  world.store:save("bedrock-" .. kind, arn, kept)
end

--- Forgets a resource.
---@param before? fun() called when nobody finds it any more and before its record goes: what it cost is kept here
function M.remove(world, kind, value, before)
  local arn = value[kinds[kind]]
  world.bedrock[kind][arn] = nil
  if before then before() end
  world.store:remove("bedrock-" .. kind, arn)
  if world.bedrock.tags[arn] then
    world.bedrock.tags[arn] = nil
    world.store:remove("bedrock-tags", arn)
  end
end

--- A resource of the region by ARN or name; nil when there is none.
---@param region string
---@param name_member string "jobName"
function M.find(world, kind, region, identifier, name_member)
  local map = world.bedrock[kind]
  local value = map[identifier]
  if value then return value.region == region and value or nil end
  for _, candidate in pairs(map) do -- names are unique per region, so the order does not matter
    if candidate[name_member] == identifier and candidate.region == region then return candidate end
  end
end

--- All resources of a region, oldest first.
function M.all(world, kind, region)
  local out = {}
  for _, value in pairs(world.bedrock[kind]) do
    if not region or value.region == region then out[#out + 1] = value end
  end
  table.sort(out, function(a, b) return a.serial < b.serial end)
  return out
end

--- One page of a list.  Default order newest first and page size 100 are guesses: AWS names
--- neither (2026-08-31).
---@param values table[] oldest first
---@param params table sortOrder, maxResults, nextToken, nameContains, creationTimeAfter and creationTimeBefore (or
---  createdAfter, submitTimeAfter and so on: each operation has its own name for it)
---@param fields { name: string, created: string } the members of a value
---@param view fun(value: table): table
---@return table[] summaries
---@return string|nil next_token
function M.page(values, params, fields, view)
  local after = params.creationTimeAfter or params.createdAfter or params.submitTimeAfter
  local before = params.creationTimeBefore or params.createdBefore or params.submitTimeBefore
  local chosen = {}
  for _, value in ipairs(values) do
    local created, name = value[fields.created], value[fields.name]
    if (not after or created > after) and (not before or created < before)
      and (not params.nameContains or name:find(params.nameContains, 1, true)) then
      chosen[#chosen + 1] = value
    end
  end
  local first, last, step = #chosen, 1, -1
  if params.sortOrder == "Ascending" then first, last, step = 1, #chosen, 1 end
  local start
  if params.nextToken then
    start = tonumber(crypto.base64_decode(params.nextToken) or "")
    if not start then refuse("ValidationException", "The provided nextToken is invalid.") end
  end
  local limit, out = params.maxResults or 100, {}
  for i = first, last, step do
    local value = chosen[i]
    if not start or (step < 0 and value.serial <= start) or (step > 0 and value.serial >= start) then
      if #out == limit then return out, crypto.base64_encode(tostring(value.serial)) end
      out[#out + 1] = view(value)
    end
  end
  return out, nil
end

--- Runs a creation once per idempotency token.  A repeated token with the same parameters gives
--- the first answer ("ignored, no error": API reference; that the answer is the first one is our
--- reading); with others it is a conflict (a guess, AWS does not say).
---@param call table
---@param params table with clientRequestToken
---@param create fun(): table
function M.once(world, call, params, create)
  local token = params.clientRequestToken
  if not token then return create() end
  local name = call.region .. " " .. call.operation .. " " .. token
  local plain = tables.copy(params)
  plain.clientRequestToken = nil
  local digest = crypto.hash("sha256", json.encode(plain))
  return world.store:locked("token " .. name, function()
    local old = world.bedrock.tokens[name]
    if old then
      if old.digest == digest then return old.result end
      refuse("ConflictException", "The provided client request token has been used with different parameters.")
    end
    local result = create()
    world.bedrock.tokens[name] = { digest = digest, result = result }
    world.store:save("bedrock-token", name, world.bedrock.tokens[name])
    return result
  end)
end

--- The tags that a resource has with some more; refuses more than it takes: 50 (service model).
---@param arn string of the resource, or of what it is to be made of
---@param tags { key: string, value: string }[]|nil
---@return table<string, string>
function M.with_tags(world, arn, tags)
  local map = tables.copy(world.bedrock.tags[arn] or {})
  for _, tag in ipairs(tags or {}) do map[tag.key] = tag.value end
  if #tables.keys(map) > world.catalog.limits.tags then
    refuse("TooManyTagsException", ("The number of tags exceeds the limit of %d."):format(world.catalog.limits.tags),
      { fields = { resourceName = arn } })
  end
  return map
end

--- Sets tags of a resource; of a new one before it is saved, since they may be refused.
---@param tags { key: string, value: string }[]|nil
function M.tag(world, arn, tags)
  if not tags or not tags[1] then return end
  local map = M.with_tags(world, arn, tags)
  world.bedrock.tags[arn] = map
  world.store:save("bedrock-tags", arn, map)
end

--- Takes an S3 URI apart.
---@return string|nil bucket
---@return string|nil key "" for the bucket itself
function M.split_uri(text)
  local bucket, key = text:match "^s3://([^/]+)/?(.*)$"
  return bucket, key
end

return M
