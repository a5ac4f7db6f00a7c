-- SPDX-License-Identifier: MIT
-- credentials.lua -- who signs: explicit options, else the environment, else a profile of the files.
-- The secret key, session token and bearer token are `moonrock.secret` from the moment they
-- are read; only C opens them.  Every source that was looked at is named when none answers.

local secret = require "moonrock.secret"
local time = require "moonrock.time"
local errors = require "moonrock.error"

local M = {}

local function invalid(source, what)
  errors.raise {
    code = "InvalidCredentials",
    message = string.format("the credentials from %s are not usable: %s", source, what),
    hint = "an access key id and its secret access key belong together; temporary ones need the session token too",
  }
end

local function as_secret(value, source, name)
  if value == nil or secret.is(value) then
    return value
  elseif type(value) ~= "string" or value == "" then
    invalid(source, name .. " must be a non-empty string or a secret")
  end
  return secret.of(value)
end

local function as_seconds(value, source)
  if value == nil or type(value) == "number" then
    return value
  end
  local seconds = type(value) == "string" and time.parse(value)
  if not seconds then
    invalid(source, "the expiration is no time: " .. tostring(value))
  end
  return seconds
end

-- A table as scripts and credential functions give it, checked and with secrets wrapped.
local function normalize(given, source)
  if type(given) ~= "table" then
    invalid(source, "expected a table with access_key_id and secret_access_key, got " .. type(given))
  end
  local id = given.access_key_id
  -- AWS gives letters and digits; stores that speak S3 also "tenant:user" and the like.
  if type(id) ~= "string" or not id:find("^[!-+%-.0-~]+$") then
    invalid(source, "access_key_id must be a string without blanks, commas and slashes")
  end
  if given.secret_access_key == nil then
    invalid(source, "secret_access_key is missing")
  end
  return {
    access_key_id = id,
    secret_access_key = as_secret(given.secret_access_key, source, "secret_access_key"),
    session_token = as_secret(given.session_token, source, "session_token"),
    expiration = as_seconds(given.expiration, source),
    source = source,
  }
end

-- Variables are read into secrets without becoming Lua strings, unless a test gives the
-- environment as a function.
local function secret_variable(config, name)
  if config.environment then
    local value = config.getenv(name)
    return value and secret.of(value)
  end
  return secret.env(name)
end

local function from_environment(config, looked)
  local id = config.getenv("AWS_ACCESS_KEY_ID")
  local key = secret_variable(config, "AWS_SECRET_ACCESS_KEY")
  if not id and not key then
    looked[#looked + 1] = "environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (not set)"
    return nil
  elseif not id or not key then
    invalid("the environment", string.format("%s is set but %s is not",
      id and "AWS_ACCESS_KEY_ID" or "AWS_SECRET_ACCESS_KEY", id and "AWS_SECRET_ACCESS_KEY" or "AWS_ACCESS_KEY_ID"))
  end
  return normalize({
    access_key_id = id,
    secret_access_key = key,
    session_token = secret_variable(config, "AWS_SESSION_TOKEN"),
    expiration = config.getenv("AWS_CREDENTIAL_EXPIRATION"),
  }, "the environment")
end

-- Ways of a profile to credentials that are not gone yet; keys beside them would be the wrong ones.
local other_ways = { "role_arn", "credential_process", "sso_session", "sso_account_id", "web_identity_token_file" }

local function from_profile(config, looked)
  local name, properties = config.profile or "default", config.properties or {}
  local where = string.format("profile %s of %s", name, table.concat(config.files and config.files.looked or {}, ", "))
  for _, way in ipairs(other_ways) do
    if properties[way] then
      looked[#looked + 1] = string.format("%s (asks for %s, which this version does not do)", where, way)
      return nil
    end
  end
  local id, key = properties.aws_access_key_id, properties.aws_secret_access_key
  if not id and not key then
    looked[#looked + 1] = where .. " (has no keys)"
    return nil
  elseif not id or not key then
    invalid(where, string.format("%s is there but %s is not",
      id and "aws_access_key_id" or "aws_secret_access_key", id and "aws_secret_access_key" or "aws_access_key_id"))
  end
  return normalize({
    access_key_id = id,
    secret_access_key = key,
    session_token = properties.aws_session_token or properties.aws_security_token,
  }, where)
end

local function expired(credentials)
  return credentials.expiration and credentials.expiration <= time.now()
end

local function raise_expired(credentials)
  errors.raise {
    code = "ExpiredCredentials",
    message = string.format("the credentials from %s (%s) expired at %s",
      credentials.source, credentials.access_key_id, time.iso8601(credentials.expiration)),
    hint = "log in again or set fresh credentials, then run the script again",
  }
end

local function raise_missing(config, looked)
  looked[#looked + 1] = "SSO, containers and instance metadata (not read by this version)"
  errors.raise {
    code = "NoCredentials",
    message = "no credentials were found; looked at: " .. table.concat(looked, "; "),
    service = config.service,
    hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary ones), "
      .. "name a profile, or give the option credentials; moonrock rehearse needs none",
  }
end

-- Bedrock takes an API key instead of a signature; an explicit credentials option wins.
local function bearer(config, signing_name, looked)
  if signing_name ~= "bedrock" then
    return nil
  end
  local token, source = config.bearer_token, "option bearer_token"
  if token == nil and config.credentials == nil then
    token, source = secret_variable(config, "AWS_BEARER_TOKEN_BEDROCK"), "AWS_BEARER_TOKEN_BEDROCK"
    if not token then
      looked[#looked + 1] = "environment variable AWS_BEARER_TOKEN_BEDROCK (not set)"
    end
  end
  return token and { bearer_token = as_secret(token, source, "bearer token"), source = source }
end

---A provider gives credentials per attempt: fixed ones, or those of a function, which is
---called again once they are about to expire.
---@param config table as config.resolve gives it
---@param signing_name string
---@return fun(): table {access_key_id, secret_access_key, session_token, expiration, source} or {bearer_token, source}
function M.provider(config, signing_name)
  local cached
  local function find()
    local looked = {}
    local token = bearer(config, signing_name, looked)
    if token then
      return token
    end
    local option = config.credentials
    if type(option) == "function" then
      return normalize(option(), "the credentials function")
    elseif option ~= nil then
      return normalize(option, "option credentials")
    end
    table.insert(looked, 1, "option credentials (not given)")
    -- A profile that the caller named wins over keys in the environment; AWS_PROFILE does not.
    local found = not config.profile_chosen and from_environment(config, looked)
    return found or from_profile(config, looked) or raise_missing(config, looked)
  end
  return function()
    if cached and (not cached.expiration or cached.expiration - 60 > time.now()) then
      return cached
    end
    cached = nil
    local found = find()
    if expired(found) then
      raise_expired(found)
    end
    cached = found
    return found
  end
end

return M
