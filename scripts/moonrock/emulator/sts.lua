-- SPDX-License-Identifier: MIT
-- emulator.sts: who am I, and temporary credentials that the other services then accept.
-- Roles are not made beforehand: any role's ARN can be assumed, and trust is not modelled.  Codes
-- and limits: service model of sts (2026-08-07) and "Common errors" of its API reference; the
-- texts of the limits on durations are field reports.

local crypto = require "moonrock.crypto"

local refuse = require "moonrock.emulator.refuse".refuse

local M = {}

local operations = {}
local hour = 3600

-- ---- sessions --------------------------------------------------------------------------------

-- Upper-case letters and digits, as the ids of keys have them.
local function key_id(world, prefix) return prefix .. world:id(16):upper() end

local function open_session(world, duration, identity)
  local id = key_id(world, "ASIA")
  local session = {
    secret_access_key = crypto.base64_encode(crypto.hex_decode(world:hex(60))),
    session_token = "rehearsal" .. crypto.base64_encode(crypto.hex_decode(world:hex(64) .. world:hex(64))),
    expires = world:now() // 1 + duration, identity = identity,
  }
  world.sessions[id] = session
  world.store:save("sts-sessions", id, session)
  return {
    AccessKeyId = id, SecretAccessKey = session.secret_access_key, SessionToken = session.session_token,
    Expiration = session.expires,
  }
end

--- Loads the sessions that have not ended.
---@param world moonrock.emulator.World
function M.open(world)
  world.sessions = {}
  for _, record in ipairs(world.store:load "sts-sessions") do
    if record.value.expires > world:now() then
      world.sessions[record.name] = record.value
    else
      world.store:remove("sts-sessions", record.name)
    end
  end
end

-- Who signed: an assumed role, a federated user, or the account's one user.
local function identity_of(world, call)
  local session = world.sessions[call.identity.access_key_id]
  if session and session.identity then return session.identity end
  return { Account = world.account, Arn = ("arn:aws:iam::%s:user/rehearsal"):format(world.account),
    UserId = "AIDAREHEARSAL0000000" }
end

-- ---- operations ------------------------------------------------------------------------------

function operations.GetCallerIdentity(world, call)
  local identity = identity_of(world, call)
  return { Account = identity.Account, Arn = identity.Arn, UserId = identity.UserId }
end

function operations.GetAccessKeyInfo(world) return { Account = world.account } end

local function take_role(arn)
  local account, name = arn:match "^arn:aws[%w-]*:iam::(%d%d%d%d%d%d%d%d%d%d%d%d):role/(.+)$"
  if not account then refuse("ValidationError", arn .. " is invalid") end
  return account, name:match "[^/]+$"
end

-- A role taken on, as a session under its ARN.
local function assume(world, call, params, duration)
  local account, role = take_role(params.RoleArn)
  local role_id = ("AROA%s"):format(crypto.hash("sha256", params.RoleArn):sub(1, 16):upper())
  local identity = {
    Account = account, Arn = ("arn:aws:sts::%s:assumed-role/%s/%s"):format(account, role, params.RoleSessionName),
    UserId = role_id .. ":" .. params.RoleSessionName, role = true,
  }
  if duration > hour then
    world:warn(call, "a role allows sessions of more than an hour only if its MaxSessionDuration says so")
  end
  return {
    Credentials = open_session(world, duration, identity),
    AssumedRoleUser = { Arn = identity.Arn, AssumedRoleId = identity.UserId },
    PackedPolicySize = params.Policy and 1 or nil, SourceIdentity = params.SourceIdentity,
  }
end

function operations.AssumeRole(world, call, params)
  local duration = params.DurationSeconds or hour
  if identity_of(world, call).role and duration > hour then
    refuse("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
      .. "role chaining.")
  end
  return assume(world, call, params, duration)
end

function operations.AssumeRoleWithWebIdentity(world, call, params)
  local claims = params.WebIdentityToken:match "^[%w_-]+%.([%w_-]+)%.[%w_-]*$"
  if not claims then refuse("InvalidIdentityToken", "The ID Token provided is not a valid JWT.") end
  local result = assume(world, call, params, params.DurationSeconds or hour)
  result.Provider, result.Audience, result.SubjectFromWebIdentityToken = params.ProviderId, "rehearsal", "rehearsal"
  return result
end

function operations.GetSessionToken(world, call, params)
  if world.sessions[call.identity.access_key_id] then
    refuse("AccessDenied", "Cannot call GetSessionToken with session credentials", { status = 403 })
  end
  return { Credentials = open_session(world, params.DurationSeconds or 12 * hour) }
end

function operations.GetFederationToken(world, call, params)
  if world.sessions[call.identity.access_key_id] then
    refuse("AccessDenied", "Cannot call GetFederationToken with session credentials", { status = 403 })
  end
  local arn = ("arn:aws:sts::%s:federated-user/%s"):format(world.account, params.Name)
  local user = { Arn = arn, FederatedUserId = world.account .. ":" .. params.Name }
  return {
    Credentials = open_session(world, params.DurationSeconds or 12 * hour,
      { Account = world.account, Arn = arn, UserId = user.FederatedUserId }),
    FederatedUser = user,
  }
end

M.operations = operations

-- ---- signatures ------------------------------------------------------------------------------

--- The key of an access key id, for the gate; nil when there is none of that id.
---@param world moonrock.emulator.World
---@param id string
function M.find_key(world, id)
  local config = world.config
  if id == config.access_key_id then
    return { secret_access_key = config.secret_access_key, session_token = config.session_token,
      expires = config.session_token and config.session_expires or nil }
  end
  local session = world.sessions[id]
  return session and { secret_access_key = session.secret_access_key, session_token = session.session_token,
    expires = session.expires }
end

-- What the front door of JSON services calls a fault, in the words of the query protocol.
local codes = {
  AccessDeniedException = "AccessDenied", ExpiredTokenException = "ExpiredToken",
  IncompleteSignatureException = "IncompleteSignature", InvalidSignatureException = "SignatureDoesNotMatch",
  MissingAuthenticationTokenException = "MissingAuthenticationToken",
  UnrecognizedClientException = "InvalidClientTokenId", ValidationException = "ValidationError",
  InternalServerException = "InternalFailure",
}

---@param code string of a JSON service
---@return string
function M.code_of(code) return codes[code] or code end

--- Refuses a form that names no operation.
---@param action string|nil
function M.refuse_action(action)
  if not action then refuse("MissingAction", "The request names no Action.") end
  refuse("InvalidAction", ("Could not find operation %s for version 2011-06-15"):format(action))
end

return M
