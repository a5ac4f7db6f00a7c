-- SPDX-License-Identifier: MIT
-- role.lua -- roles: what STS gives for keys or for a web identity token.

local errors = require "moonrock.error"
local native = require "moonrock.credentials"
local secret = require "moonrock.secret"
local system = require "moonrock.system"
local time = require "moonrock.time"
local shape = require "moonrock.aws.credentials.shape"

local M = {}

local share_until = 300 -- seconds before the end

-- Names of sessions stand in the account's logs, so they tell who it was.
local function session_name(given)
  return given or string.format("moonrock-%d", time.now_ms())
end

local function client(config, step, credentials)
  local region = step.region or config.region or "us-east-1"
  if credentials then -- just found: whether they have ended is for the service to say
    credentials = { access_key_id = credentials.access_key_id, secret_access_key = credentials.secret_access_key,
      session_token = credentials.session_token }
  end
  return config.make_client("sts", { region = region, credentials = credentials })
end

local function result(reply, source)
  local given = reply.Credentials
  if type(given) ~= "table" then
    shape.invalid(source, "STS answered without Credentials")
  end
  local arn = reply.AssumedRoleUser and reply.AssumedRoleUser.Arn
  given.AccountId = type(arn) == "string" and arn:match("^arn:[^:]*:[^:]*:[^:]*:(%d+):") or nil
  return shape.normalize(given, source)
end

-- The code of the token device; a script or the command line gives the hook that asks.
local function mfa_code(config, step)
  if not step.mfa_serial then
    return nil
  elseif config.mfa_prompt == nil and not time.is_virtual() and system.is_terminal("stderr") then
    io.stderr:write("moonrock: code of ", step.mfa_serial, ": ")
    local line = io.read("l")
    config = { mfa_prompt = function() return line and line:match("^%s*(.-)%s*$") end }
  elseif type(config.mfa_prompt) ~= "function" then
    errors.raise {
      code = "MfaRequired",
      message = string.format("role %s of profile %s wants a code of the device %s", step.role_arn, step.profile,
        step.mfa_serial),
      hint = "give the session the option mfa_prompt = function(serial) return code end, or run in a terminal",
      retryable = false,
    }
  end
  local code = config.mfa_prompt(step.mfa_serial, step.profile)
  if type(code) ~= "string" or not code:find("^%d%d%d%d%d%d$") then
    errors.raise { code = "MfaRequired", retryable = false,
      message = string.format("the code of the device %s has six digits", step.mfa_serial) }
  end
  return code
end

local function assume_now(config, step, base)
  return result(client(config, step, base):assume_role {
    RoleArn = step.role_arn,
    RoleSessionName = session_name(step.role_session_name),
    ExternalId = step.external_id,
    DurationSeconds = step.duration_seconds,
    SerialNumber = step.mfa_serial,
    TokenCode = mfa_code(config, step),
  }, string.format("role %s of profile %s, by %s", step.role_arn, step.profile, base.source))
end

---Assumes a role with the credentials that lead to it.  One that asks for a code is shared by the
---clients of a session, so that nobody has to type it twice.
---@async
---@param config table with make_client
---@param step table of the plan
---@param base table credentials
---@return table credentials
function M.assume(config, step, base)
  if not step.mfa_serial then
    return assume_now(config, step, base)
  end
  local shared, key = config.shared_roles or {}, step.profile .. " " .. step.role_arn
  local known = shared[key]
  if known and known.expiration and known.expiration - time.now() > share_until then
    return known
  end
  shared[key] = shape.once(shared, "asking for " .. key, function() return assume_now(config, step, base) end)
  return shared[key]
end

---Assumes a role with the token in a file, which is read each time: it changes.
---@async
function M.web_identity(config, step)
  local where = step.profile and "profile " .. step.profile or "the environment"
  local token, err = native.read(step.token_file)
  if not token or token == secret.of "" then
    errors.raise {
      code = "WebIdentityFailed",
      message = string.format("the web identity token of %s, %s, %s", where, step.token_file,
        token and "is empty" or "cannot be read: " .. tostring(err.message)),
      retryable = false,
    }
  end
  return result(client(config, step, false):assume_role_with_web_identity {
    RoleArn = step.role_arn,
    RoleSessionName = session_name(step.role_session_name),
    WebIdentityToken = token,
    DurationSeconds = step.duration_seconds,
  }, string.format("role %s with the web identity of %s", step.role_arn, where))
end

---The web identity that the environment names (EKS service accounts).
---@async
function M.from_environment(config, looked)
  local file, role = config.getenv("AWS_WEB_IDENTITY_TOKEN_FILE"), config.getenv("AWS_ROLE_ARN")
  if not file then
    looked[#looked + 1] = "web identity (AWS_WEB_IDENTITY_TOKEN_FILE is not set)"
    return nil
  elseif not role then
    errors.raise { code = "WebIdentityFailed", retryable = false,
      message = "AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not" }
  end
  return M.web_identity(config, { role_arn = role, token_file = file,
    role_session_name = config.getenv("AWS_ROLE_SESSION_NAME") })
end

return M
