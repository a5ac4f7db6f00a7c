-- SPDX-License-Identifier: MIT
-- emulator.admin: what the command line asks the emulator, under /_moonrock/, unsigned.
-- GET bill: the bill so far; GET warnings: all warnings; GET summary: what exists and what still
-- costs money.  All answers are JSON with sorted keys.

local json = require "moonrock.json"
local tables = require "moonrock.tables"

local M = {}

local function sorted_values(map, view)
  local out = {}
  for i, name in ipairs(tables.keys(map)) do out[i] = view(map[name]) end
  return json.array(out)
end

local pages = {}

pages["/_moonrock/bill"] = function(world)
  local bill = world.bill:read()
  bill.lines = json.array(bill.lines)
  return bill
end

pages["/_moonrock/warnings"] = function(world) return json.array(world.warnings) end

pages["/_moonrock/summary"] = function(world)
  local bedrock = world.bedrock
  return {
    time = world:now(), account = world.account, strict = world.strict,
    buckets = sorted_values(world.s3.buckets, function(bucket)
      local objects, bytes, uploads = 0, 0, 0
      for _, entry in pairs(bucket.objects) do objects, bytes = objects + 1, bytes + entry.size end
      for _ in pairs(bucket.uploads) do uploads = uploads + 1 end
      return { name = bucket.name, region = bucket.region, objects = objects, bytes = bytes, uploads = uploads }
    end),
    jobs = sorted_values(bedrock.jobs, function(job)
      return { name = job.jobName, arn = job.jobArn, status = job.status }
    end),
    custom_models = sorted_values(bedrock.models, function(model)
      return { name = model.modelName, arn = model.modelArn }
    end),
    provisioned = sorted_values(bedrock.provisioned, function(pt)
      return { name = pt.provisionedModelName, arn = pt.provisionedModelArn, units = pt.modelUnits }
    end),
    deployments = sorted_values(bedrock.deployments, function(deployment)
      return { name = deployment.modelDeploymentName, arn = deployment.customModelDeploymentArn }
    end),
    warnings = #world.warnings,
  }
end

--- Answers an administrative request.
---@param world moonrock.emulator.World
---@param request moonrock.emulator.Request
---@return moonrock.emulator.Reply
function M.answer(world, request)
  local page = pages[request.path]
  if not page or (request.method ~= "GET" and request.method ~= "HEAD") then
    return { status = 404, headers = { { "content-type", "application/json" } }, body = '{"message":"no such page"}' }
  end
  return { status = 200, headers = { { "content-type", "application/json" } }, body = json.encode(page(world)) }
end

return M
