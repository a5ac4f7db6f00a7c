-- SPDX-License-Identifier: MIT
-- chain.lua -- the order in which sources are asked, and the steps of a profile.
-- A source that is not set up is passed over and noted; one that is set up and fails ends the
-- chain, since the next one would be somebody else.

local errors = require "moonrock.error"
local environment = require "moonrock.aws.credentials.environment"
local shape = require "moonrock.aws.credentials.shape"
local lazy = require "moonrock.lazy"

local container = lazy "moonrock.aws.credentials.container"
local instance = lazy "moonrock.aws.credentials.instance"
local plan = lazy "moonrock.aws.credentials.plan"
local process = lazy "moonrock.aws.credentials.process"
local role = lazy "moonrock.aws.credentials.role"
local sso = lazy "moonrock.aws.credentials.sso"

local M = {}

local function where(config)
  return string.format("profile %s of %s", config.profile or "default",
    table.concat(config.files and config.files.looked or {}, ", "))
end

local by_source = { Environment = environment, EcsContainer = container, Ec2InstanceMetadata = instance }

local base = {}

function base.keys(config, step)
  return shape.normalize(step, step.profile == (config.profile or "default") and where(config)
    or "profile " .. step.profile)
end

function base.web_identity(config, step)
  return role.web_identity(config, step)
end

function base.sso(config, step)
  return sso.credentials(config, step)
end

function base.process(_, step)
  return process.run(step.command, "profile " .. step.profile, step.account_id)
end

function base.source(config, step)
  local looked = {}
  return by_source[step.source].find(config, looked) or errors.raise {
    code = "NoCredentials",
    message = string.format("profile %s takes its credentials from %s, and there are none: %s", step.profile,
      step.source, table.concat(looked, "; ")),
    retryable = false,
  }
end

---The credentials that a profile leads to.
---@async
---@param config table of config.resolve, with make_client
---@param looked string[]
---@return table|nil
function M.from_profile(config, looked)
  local name = config.profile or "default"
  local steps = plan.of_profile(config.files, name)
  if not steps then
    looked[#looked + 1] = where(config) .. " (has no keys, role, login or process)"
    return nil
  end
  local found = base[steps[1].kind](config, steps[1])
  for i = 2, #steps do
    found = role.assume(config, steps[i], found)
  end
  return found
end

-- Looked into only when the ones before had nothing.
local function later(source, name)
  return function(config, looked) return source[name](config, looked) end
end

local order = {
  environment.find, M.from_profile, later(role, "from_environment"), later(container, "find"), later(instance, "find"),
}

---Asks one source after the other.  A profile that the caller named is the only one asked.
---@async
---@param config table
---@param looked string[] one line for each that had nothing
---@return table|nil credentials
function M.find(config, looked)
  local ok, found = pcall(function()
    for _, source in ipairs(config.profile_chosen and { M.from_profile } or order) do
      local found = source(config, looked)
      if found then
        return found
      end
    end
  end)
  if ok then
    return found
  elseif errors.is(found) and #looked > 0 and not found.looked_at then -- an error may be that of several clients
    found.looked_at = looked
    found.message = string.format("%s (looked at before: %s)", tostring(found.message), table.concat(looked, "; "))
  end
  error(found, 0)
end

return M
