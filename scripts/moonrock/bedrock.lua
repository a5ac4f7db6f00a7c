-- SPDX-License-Identifier: MIT
-- bedrock.lua -- what a Bedrock client has beyond the model: waiters and lookups.
-- AWS ships no waiters for Bedrock; these follow the state machines of its documentation.
-- A job takes hours, so pauses grow to minutes; all of it runs on the host's clock.

local errors = require "moonrock.error"
local wait = require "moonrock.aws.wait"
local tables = require "moonrock.tables"

local M = { methods = {}, hooks = { before = {}, after = {} } }

local hour = 3600

local set = tables.set

M.waiters = {
  model_customization_job_completed = {
    operation = "get_model_customization_job",
    delay = 60, max_delay = 300, growth = 1.1, timeout = 96 * hour,
    absent = "retry", patience = 3,
    judge = wait.by_status("status", set "Completed", set "Failed Stopped", "failureMessage"),
  },
  model_customization_job_stopped = {
    operation = "get_model_customization_job",
    delay = 15, max_delay = 60, timeout = 4 * hour,
    judge = wait.by_status("status", set "Stopped Completed Failed", {}),
  },
  custom_model_active = {
    operation = "get_custom_model",
    delay = 15, max_delay = 120, timeout = 24 * hour,
    absent = "retry", patience = 10,
    judge = function(result)
      -- Models of customization jobs may come without a status: they are there.
      local state = result.modelStatus
      if state == nil or state == "Active" then
        return "success", state
      end
      return state == "Failed" and "failure" or "retry", state, result.failureMessage
    end,
  },
  custom_model_deleted = {
    operation = "get_custom_model",
    delay = 5, max_delay = 30, timeout = hour,
    absent = "success",
    judge = wait.by_status("modelStatus", {}, {}),
  },
  provisioned_model_throughput_in_service = {
    operation = "get_provisioned_model_throughput",
    delay = 30, max_delay = 120, timeout = 6 * hour,
    absent = "retry", patience = 5,
    judge = wait.by_status("status", set "InService", set "Failed", "failureMessage"),
  },
  provisioned_model_throughput_deleted = {
    operation = "get_provisioned_model_throughput",
    delay = 5, max_delay = 30, timeout = hour,
    absent = "success",
    judge = wait.by_status("status", {}, {}),
  },
  custom_model_deployment_active = {
    operation = "get_custom_model_deployment",
    delay = 15, max_delay = 60, timeout = 4 * hour,
    absent = "retry", patience = 5,
    judge = wait.by_status("status", set "Active", set "Failed", "failureMessage"),
  },
  custom_model_deployment_deleted = {
    operation = "get_custom_model_deployment",
    delay = 5, max_delay = 30, timeout = hour,
    absent = "success",
    judge = wait.by_status("status", {}, {}),
  },
}

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
