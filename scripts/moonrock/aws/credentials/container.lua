-- SPDX-License-Identifier: MIT
-- container.lua -- the credentials endpoint of a container (ECS, EKS pods).
-- Over plain HTTP only loopback and the two addresses that AWS names are asked.
-- Source: AWS SDKs and Tools Reference Guide, "Container credential provider" (2026-08).

local errors = require "moonrock.error"
local native = require "moonrock.credentials"
local secret = require "moonrock.secret"
local uri = require "moonrock.uri"
local http = require "moonrock.aws.credentials.http"
local shape = require "moonrock.aws.credentials.shape"

local M = {}

local base = "http://169.254.170.2"
local plain_hosts = { ["169.254.170.2"] = true, ["169.254.170.23"] = true, ["fd00:ec2::23"] = true,
  ["::1"] = true, localhost = true }

local function fail(message, hint, status)
  errors.raise {
    code = "ContainerCredentialsFailed", message = message, hint = hint, status = status, retryable = false,
  }
end

---The address that the environment names; nil if it names none.  Raises for one not to be asked.
---@param getenv fun(name: string): string|nil
---@return string|nil url
function M.url(getenv)
  local relative, full = getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"), getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")
  if relative then
    if relative:sub(1, 1) ~= "/" or relative:find("[%s%c]") then
      fail(string.format("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is %q, which does not begin with /", relative))
    end
    return base .. relative
  elseif not full then
    return nil
  end
  local at = uri.parse(full)
  if not at or not at.host or at.host == "" then
    fail(string.format("AWS_CONTAINER_CREDENTIALS_FULL_URI is %q: the URI did not specify a host", full))
  elseif at.scheme ~= "http" and at.scheme ~= "https" then
    fail(string.format("AWS_CONTAINER_CREDENTIALS_FULL_URI is %q, expected http or https", full))
  end
  local host = at.host:gsub("^%[(.*)%]$", "%1"):lower()
  if at.scheme == "http" and not plain_hosts[host] and not host:find("^127%.%d+%.%d+%.%d+$") then
    fail(string.format("AWS_CONTAINER_CREDENTIALS_FULL_URI names %s over plain http; only loopback and the "
      .. "addresses of ECS and EKS are asked that way", at.host), "use https, or a loopback address")
  end
  return full
end

-- The Authorization header: the file is read anew each time, since it changes.
local function authorization(config)
  local path = config.getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
  if not path then
    return shape.secret_variable(config, "AWS_CONTAINER_AUTHORIZATION_TOKEN")
  end
  local token, err = native.read(path)
  if not token then
    fail("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read: " .. tostring(err.message))
  elseif token == secret.of "" then
    fail("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE is empty: " .. path)
  end
  return token
end

---@async
---@param config table
---@param looked string[]
---@return table|nil credentials
function M.find(config, looked)
  local url = M.url(config.getenv)
  if not url then
    looked[#looked + 1] = "container endpoint (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set)"
    return nil
  end
  local headers = { { "accept", "application/json" } }
  local token = authorization(config)
  if token then
    headers[2] = { "authorization", token }
  end
  local reply, err = http.fetch(config, url, { headers = headers, sealed = true, timeout = 2 })
  if not reply then
    fail(string.format("the container endpoint %s was not reached: %s", url, tostring(err.message)))
  end
  local found, fault = native.decode(reply.body)
  if reply.status ~= 200 then
    fail(string.format("the container endpoint %s answered %d%s", url, reply.status,
      found and found.message and ": " .. tostring(found.message) or ""), nil, reply.status)
  elseif not found then
    fail(string.format("the container endpoint %s answered no JSON: %s", url, fault.message))
  end
  return shape.normalize(found, "the container endpoint " .. url)
end

return M
