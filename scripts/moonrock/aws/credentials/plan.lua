-- SPDX-License-Identifier: MIT
-- plan.lua -- which steps lead from a profile to credentials; no step is taken here.
-- A plan is a list: first where the base comes from, then the roles to assume, one after the
-- other.  Source: AWS SDKs and Tools Reference Guide, "Assume role credential provider" (2026-08).

local errors = require "moonrock.error"

local M = {}

local function refuse(code, format, ...)
  errors.raise { code = code, message = format:format(...), retryable = false,
    hint = "correct the profile in the config file; moonrock doctor shows what was found" }
end

local function bad(format, ...)
  refuse("InvalidProfile", format, ...)
end

local function role_of(name, p, kind)
  local duration = p.duration_seconds and math.tointeger(tonumber(p.duration_seconds))
  if p.duration_seconds and not (duration and duration >= 900 and duration <= 43200) then
    bad("profile %s: duration_seconds is %s, expected 900 to 43200", name, p.duration_seconds)
  end
  return {
    kind = kind,
    profile = name,
    role_arn = p.role_arn,
    role_session_name = p.role_session_name,
    external_id = p.external_id,
    mfa_serial = p.mfa_serial,
    duration_seconds = duration,
    region = p.region,
  }
end

local function static(name, p)
  if not p.aws_access_key_id and not p.aws_secret_access_key then
    return nil
  elseif not p.aws_access_key_id then
    refuse("InvalidCredentials", "profile missing aws_access_key_id: profile %s has aws_secret_access_key alone", name)
  elseif not p.aws_secret_access_key then
    refuse("InvalidCredentials", "profile missing aws_secret_access_key: profile %s has aws_access_key_id alone", name)
  end
  return { kind = "keys", profile = name, access_key_id = p.aws_access_key_id,
    secret_access_key = p.aws_secret_access_key,
    session_token = p.aws_session_token or p.aws_security_token, account_id = p.aws_account_id }
end

local function web_identity(name, p)
  if not p.web_identity_token_file then
    return nil
  elseif not p.role_arn then
    bad("profile %s: `role_arn` was missing beside web_identity_token_file", name)
  end
  local step = role_of(name, p, "web_identity")
  step.token_file = p.web_identity_token_file
  return step
end

-- With a session the region and the start URL stand there, and must not differ in the profile.
local function sso_session(name, p, sessions)
  local session = sessions[p.sso_session]
  if not session then
    bad("profile %s names sso_session %s, and there is no section [sso-session %s]", name, p.sso_session,
      p.sso_session)
  end
  for _, property in ipairs { "sso_region", "sso_start_url" } do
    if p[property] and p[property] ~= session[property] then
      bad("profile %s: `%s` can only be specified in the [sso-session] config when a session name is given", name,
        property)
    elseif not session[property] then
      bad("section [sso-session %s] has no %s", p.sso_session, property)
    end
  end
  return session
end

local function sso(name, p, sessions)
  if not (p.sso_session or p.sso_start_url or p.sso_account_id or p.sso_role_name) then
    return nil
  end
  local place = p.sso_session and sso_session(name, p, sessions) or p
  for _, property in ipairs(p.sso_session and {}
    or { "sso_start_url", "sso_region", "sso_account_id", "sso_role_name" }) do
    if not p[property] then
      bad("profile %s has some properties of SSO, but no %s", name, property)
    end
  end
  return { kind = "sso", profile = name, session = p.sso_session, region = place.sso_region,
    start_url = place.sso_start_url, account_id = p.sso_account_id, role_name = p.sso_role_name }
end

local function process(name, p)
  return p.credential_process and { kind = "process", profile = name, command = p.credential_process,
    account_id = p.aws_account_id }
end

local sources = { Environment = true, Ec2InstanceMetadata = true, EcsContainer = true }

local function named(name, p)
  if not sources[p.credential_source] then
    bad("profile %s: credential_source is %s, expected Environment, Ec2InstanceMetadata or EcsContainer", name,
      p.credential_source)
  end
  return { kind = "source", profile = name, source = p.credential_source }
end

-- What ends a chain, in the order of the reference; nil if the profile says nothing of it.
local function base_of(files, name, p)
  return web_identity(name, p) or sso(name, p, files.sso_sessions or {}) or static(name, p) or process(name, p)
end

local function find(files, name, referrer)
  local p = files.profiles[name]
  if not p then
    refuse("ProfileNotFound", "could not find source profile %s referenced from %s", name, referrer)
  end
  return p
end

---The steps for a profile, the base first; nil if it holds settings only.  Raises for what
---contradicts itself.
---@param files table profiles, sso_sessions
---@param name string
---@return table[]|nil
function M.of_profile(files, name)
  local roles, seen, referrer = {}, {}, nil
  local base
  repeat
    local p = referrer and find(files, name, referrer) or files.profiles[name] or {}
    local again = referrer == name
    if seen[name] and not again then
      bad("profile formed an infinite loop: %s is reached from %s again", name, referrer)
    end
    seen[name] = true
    local next_name
    if again or referrer and p.aws_access_key_id and p.aws_secret_access_key then
      base = static(name, p) or bad("profile %s is its own source_profile, but has no keys", name)
    elseif p.role_arn and p.source_profile and p.credential_source then
      bad("profile contained both source_profile and credential_source: %s", name)
    elseif p.role_arn and p.credential_source then
      table.insert(roles, 1, role_of(name, p, "role"))
      base = named(name, p)
    elseif p.role_arn and p.source_profile then
      table.insert(roles, 1, role_of(name, p, "role"))
      next_name = p.source_profile
    elseif p.role_arn and not p.web_identity_token_file then
      bad("profile must contain `source_profile` or credential_source beside role_arn: %s", name)
    else
      base = base_of(files, name, p)
      if not base and referrer then
        bad("profile `%s` did not contain credential information, and %s names it as its source", name, referrer)
      end
    end
    referrer, name = name, next_name
  until not name
  if not base then
    return nil
  end
  table.insert(roles, 1, base)
  return roles
end

return M
