-- SPDX-License-Identifier: MIT
-- bedrock.lua -- what a Bedrock client has beyond the model: lookups.

local errors = require "moonrock.error"

local M = { methods = {}, hooks = { before = {}, after = {} } }

-- Lookups give nil for what is not there; every other failure is raised.
local function lookup(operation, member)
  return function(client, identifier)
    local result, err = errors.try(client[operation], client, { [member] = identifier })
    if result then
      return result
    elseif errors.is(err, "ResourceNotFoundException") then
      return nil
    end
    error(err, 0)
  end
end

---A customization job by name or ARN, or nil.
M.methods.find_model_customization_job = lookup("get_model_customization_job", "jobIdentifier")
---A custom model by name or ARN, or nil.
M.methods.find_custom_model = lookup("get_custom_model", "modelIdentifier")
---A provisioned throughput by name or ARN, or nil.
M.methods.find_provisioned_model_throughput = lookup("get_provisioned_model_throughput", "provisionedModelId")
---A deployment by name or ARN, or nil.
M.methods.find_custom_model_deployment =
  lookup("get_custom_model_deployment", "customModelDeploymentIdentifier")

return M
