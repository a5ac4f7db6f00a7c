-- SPDX-License-Identifier: MIT
-- sso.lua -- IAM Identity Center: the token that `aws sso login` left, and keys for it.
-- The token's file has the SHA-1 of the session's name (or of the start URL) as its name.  With
-- a session it is renewed by its refresh token and written back for the other tools; without
-- one it is used until it ends.  Source: AWS SDKs and Tools Reference Guide, "IAM Identity
-- Center credential provider" and "SSO token provider" (2026-08).

local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local native = require "moonrock.credentials"
local system = require "moonrock.system"
local time = require "moonrock.time"
local shape = require "moonrock.aws.credentials.shape"

local M = {}

local refresh_early = 300 -- seconds before its end
local kept = { "startUrl", "region", "accessToken", "expiresAt", "clientId", "clientSecret", "registrationExpiresAt",
  "refreshToken" }

local function login_command(step)
  return "aws sso login" .. (step.profile ~= "default" and " --profile " .. step.profile or "")
end

-- The one error after which a person has to do something; credentials.lua may wait for it.
local function login_needed(step, what, path)
  errors.raise {
    code = "LoginRequired",
    message = string.format("the login of profile %s %s", step.profile, what),
    hint = "type: " .. login_command(step),
    command = login_command(step),
    watch = path,
    retryable = false,
  }
end

---Where the token of a step lies.
---@return string path
function M.cache_path(config, step)
  local home = config.getenv("HOME")
  if not home then
    errors.raise { code = "InvalidConfiguration", message = "HOME is not set, so there is no cache of SSO tokens" }
  end
  return string.format("%s/.aws/sso/cache/%s.json", home, crypto.hash("sha1", step.session or step.start_url, "hex"))
end

local function seconds(text)
  return type(text) == "string" and time.parse(text) or nil
end

-- What another program has renewed meanwhile; a refresh token is good for one of them.
local function renewed_elsewhere(path)
  local token = native.load(path)
  local ends = token and token.accessToken and seconds(token.expiresAt)
  return ends and ends - refresh_early > time.now() and token or nil
end

-- A new token for the refresh token; nil if that cannot be, and the error if it was tried.
local function renew(config, step, token, path)
  local registered = seconds(token.registrationExpiresAt)
  if not (step.session and token.refreshToken and token.clientId and token.clientSecret)
    or registered and registered <= time.now() then
    return nil
  end
  local client = config.make_client("sso-oidc", { region = step.region, credentials = false })
  local reply, err = errors.try(client.call, client, "CreateToken", {
    clientId = token.clientId,
    clientSecret = token.clientSecret,
    grantType = "refresh_token",
    refreshToken = token.refreshToken,
  })
  if not reply then
    local other = renewed_elsewhere(path)
    if not other then
      system.log("warn", "the token of " .. step.session .. " could not be renewed: " .. tostring(err.code))
    end
    return other, err
  end
  token.accessToken = reply.accessToken
  token.refreshToken = reply.refreshToken or token.refreshToken
  token.expiresAt = time.iso8601(time.now() + (reply.expiresIn or 0))
  local saved, fault = native.save(path, kept, token)
  if not saved then
    system.log("warn", "the renewed token could not be kept: " .. tostring(fault.message))
  end
  return token
end

---The access token of a login.
---@async
---@param config table with make_client
---@param step table of the plan
---@return {token: moonrock.Secret, expiration: number}
function M.token(config, step)
  local path = M.cache_path(config, step)
  local token, err = native.load(path)
  if not token then
    login_needed(step, errors.is(err, "ENOENT") and string.format("was never made (%s is not there)", path)
      or string.format("cannot be read (%s)", tostring(err.message)), path)
  end
  local ends = seconds(token.expiresAt)
  if not token.accessToken or not ends then
    login_needed(step, string.format("is incomplete (%s has no accessToken or expiresAt)", path), path)
  end
  local failure
  if ends - refresh_early <= time.now() then
    local renewed = shape.once(config.shared_roles or {}, "renewing " .. path, function()
      return table.pack(renew(config, step, token, path))
    end)
    failure = renewed[2]
    token, ends = renewed[1] or token, renewed[1] and seconds(renewed[1].expiresAt) or ends
  end
  if ends <= time.now() then
    if failure and failure.retryable then
      error(failure, 0) -- no login would help
    end
    login_needed(step, "ended at " .. time.iso8601(ends), path)
  end
  return { token = token.accessToken, expiration = ends, path = path }
end

---Keys of the role that the profile names.
---@async
function M.credentials(config, step)
  if not (step.account_id and step.role_name) then
    errors.raise {
      code = "InvalidProfile",
      message = string.format("the selected profile will resolve an access token instead of credentials: profile %s "
        .. "has no %s", step.profile, step.account_id and "sso_role_name" or "sso_account_id"),
      hint = "add sso_account_id and sso_role_name to the profile; aws configure sso asks for them",
      retryable = false,
    }
  end
  local login = M.token(config, step)
  local client = config.make_client("sso", { region = step.region, credentials = false })
  local reply, err = errors.try(client.call, client, "GetRoleCredentials", {
    accessToken = login.token, accountId = step.account_id, roleName = step.role_name,
  })
  if not reply then
    if err.code == "UnauthorizedException" then
      login_needed(step, "is no longer accepted", login.path)
    end
    error(err, 0)
  end
  local given = reply.roleCredentials or {}
  return shape.normalize({
    access_key_id = given.accessKeyId,
    secret_access_key = given.secretAccessKey,
    session_token = given.sessionToken,
    expiration = type(given.expiration) == "number" and given.expiration / 1000 or nil,
    account_id = step.account_id,
  }, string.format("SSO (profile %s, role %s)", step.profile, step.role_name))
end

return M
