-- SPDX-License-Identifier: MIT
-- instance.lua -- the role of an EC2 instance, by its metadata service, version 2 only.
-- Version 1 (without a session token) is never tried: a refused token is an error.
-- Source: AWS SDKs and Tools Reference Guide, "IMDS credential provider" (2026-08).

local errors = require "moonrock.error"
local native = require "moonrock.credentials"
local uri = require "moonrock.uri"
local http = require "moonrock.aws.credentials.http"
local shape = require "moonrock.aws.credentials.shape"

local M = {}

local endpoints = { ipv4 = "http://169.254.169.254", ipv6 = "http://[fd00:ec2::254]" }
local role_path = "/latest/meta-data/iam/security-credentials/"
local token_seconds = "21600"

local function fail(message, hint, status)
  errors.raise { code = "InstanceMetadataFailed", message = message, hint = hint, status = status, retryable = false }
end

local function setting(config, variable, property)
  local value = config.getenv(variable)
  if value then
    return value, variable
  end
  value = (config.properties or {})[property]
  return value ~= "" and value or nil, property
end

---Where the service is: an explicit endpoint, else by mode.
---@param config table getenv, properties
---@param overrides? {endpoint?: string, mode?: string}
---@return string url without a slash at its end
function M.endpoint(config, overrides)
  overrides = overrides or {}
  local url, name = overrides.endpoint, "option endpoint"
  if not url then
    url, name = setting(config, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint")
  end
  if url then
    local at = uri.parse(url)
    if not at or (at.scheme ~= "http" and at.scheme ~= "https") or not at.host or at.host == "" then
      fail(string.format("%s is %q, which is no URL of http or https", name, url))
    end
    return (url:gsub("/+$", ""))
  end
  local mode
  mode, name = overrides.mode, "option mode"
  if not mode then
    mode, name = setting(config, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode")
  end
  local found = endpoints[(mode or "ipv4"):lower()]
  if not found then
    fail(string.format("%s is %q, expected IPv4 or IPv6", name, mode))
  end
  return found
end

local function seconds(config)
  local text, name = setting(config, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout")
  local n = text and tonumber(text)
  if text and not (n and n > 0 and n < 1e6) then
    fail(string.format("%s is %q, expected seconds above 0", name, text))
  end
  return n or 1
end

local function attempts(config)
  local text, name = setting(config, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts")
  local n = text and math.tointeger(tonumber(text))
  if text and not (n and n >= 1 and n <= 100) then
    fail(string.format("%s is %q, expected a number of attempts", name, text))
  end
  return n or 3
end

local function disabled(config)
  local word = config.getenv("AWS_EC2_METADATA_DISABLED")
  return word and word:lower() == "true"
end

-- The token that every other request carries; nil and a reason when nobody is there.
local function session_token(config, base, options)
  local reply, err = http.fetch(config, base .. "/latest/api/token", {
    method = "PUT", sealed = true, timeout = options.timeout, attempts = options.attempts,
    once = true, -- mostly there is nobody
    headers = { { "x-aws-ec2-metadata-token-ttl-seconds", token_seconds } },
  })
  if not reply then
    return nil, "did not answer: " .. tostring(err.message)
  elseif reply.status == 403 then
    return nil, "refused a token (403): it is disabled, or not for this container"
  elseif reply.status ~= 200 then
    return nil, string.format("answered %d when asked for a token", reply.status)
  end
  return reply.body
end

---@async
---@param config table
---@param looked string[]
---@return table|nil credentials
function M.find(config, looked)
  if disabled(config) then
    looked[#looked + 1] = "instance metadata (AWS_EC2_METADATA_DISABLED is true)"
    return nil
  end
  local base = M.endpoint(config)
  local options = { timeout = seconds(config), attempts = attempts(config) }
  local token, why = session_token(config, base, options)
  if not token then
    looked[#looked + 1] = string.format("instance metadata at %s (%s)", base, why)
    return nil
  end
  options.headers = { { "x-aws-ec2-metadata-token", token } }
  local reply, err = http.fetch(config, base .. role_path, options)
  if reply and reply.status == 404 then
    looked[#looked + 1] = string.format("instance metadata at %s (the instance has no role)", base)
    return nil
  elseif not reply or reply.status ~= 200 then
    fail(string.format("the metadata service at %s told no role: %s", base,
      reply and "status " .. reply.status or tostring(err.message)), nil, reply and reply.status)
  end
  local role = tostring(reply.body):match("^%s*([%w+=,.@_%-]+)%s*$")
  if not role then
    fail(string.format("the metadata service at %s gave no name of a role", base))
  end
  options.sealed = true
  reply, err = http.fetch(config, base .. role_path .. role, options)
  if not reply or reply.status ~= 200 then
    fail(string.format("the metadata service at %s gave no credentials of role %s: %s", base, role,
      reply and "status " .. reply.status or tostring(err.message)), nil, reply and reply.status)
  end
  local found, fault = native.decode(reply.body)
  if not found then
    fail(string.format("the metadata service at %s answered no JSON: %s", base, fault.message))
  elseif found.Code ~= nil and found.Code ~= "Success" then
    fail(string.format("the metadata service at %s says %s for role %s: %s", base, tostring(found.Code), role,
      tostring(found.Message or "no reason")))
  end
  return shape.normalize(found, string.format("instance metadata (role %s)", role))
end

return M
