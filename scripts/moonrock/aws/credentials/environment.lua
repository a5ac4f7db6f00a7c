-- SPDX-License-Identifier: MIT
-- environment.lua -- keys in environment variables.

local shape = require "moonrock.aws.credentials.shape"

local M = {}

---@param config table of config.resolve
---@param looked string[] gets a line if there is nothing
---@return table|nil credentials
function M.find(config, looked)
  local id = config.getenv("AWS_ACCESS_KEY_ID")
  local key = shape.secret_variable(config, "AWS_SECRET_ACCESS_KEY")
  if not id and not key then
    looked[#looked + 1] = "environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (not set)"
    return nil
  elseif not id or not key then
    shape.invalid("the environment", string.format("%s is set but %s is not",
      id and "AWS_ACCESS_KEY_ID" or "AWS_SECRET_ACCESS_KEY", id and "AWS_SECRET_ACCESS_KEY" or "AWS_ACCESS_KEY_ID"))
  end
  return shape.normalize({
    access_key_id = id,
    secret_access_key = key,
    session_token = shape.secret_variable(config, "AWS_SESSION_TOKEN"),
    expiration = config.getenv("AWS_CREDENTIAL_EXPIRATION"),
    account_id = config.getenv("AWS_ACCOUNT_ID"),
  }, "the environment")
end

return M
