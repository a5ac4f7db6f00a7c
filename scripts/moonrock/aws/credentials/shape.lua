-- SPDX-License-Identifier: MIT
-- shape.lua -- what credentials look like, whoever gives them; and their refusal.
-- Secret parts are `moonrock.secret` from here on at the latest.

local secret = require "moonrock.secret"
local task = require "moonrock.task"
local time = require "moonrock.time"
local errors = require "moonrock.error"

local M = {}

---Raises InvalidCredentials that names the source.
function M.invalid(source, what, hint)
  errors.raise {
    code = "InvalidCredentials",
    message = string.format("the credentials from %s are not usable: %s", source, what),
    hint = hint
      or "an access key id and its secret access key belong together; temporary ones need the session token too",
  }
end

---A string or a secret as a secret; nil stays nil.
function M.as_secret(value, source, name)
  if value == nil or secret.is(value) then
    return value
  elseif type(value) ~= "string" or value == "" then
    M.invalid(source, name .. " must be a non-empty string or a secret")
  elseif value:find("^%s") or value:find("%s$") then
    M.invalid(source, name .. " has a blank or a line break at one of its ends", "it came along from a file or a paste")
  end
  return secret.of(value)
end

local function as_seconds(value, source)
  if value == nil or type(value) == "number" then
    return value
  end
  local seconds = type(value) == "string" and time.parse(value)
  if not seconds then
    M.invalid(source, "the expiration is no time")
  end
  return seconds
end

-- Credentials as AWS spells them: of a reply of STS or S3, of a process, a container, an instance.
local function of_reply(given)
  return { access_key_id = given.AccessKeyId, secret_access_key = given.SecretAccessKey,
    session_token = given.SessionToken or given.Token, expiration = given.Expiration, account_id = given.AccountId }
end

---A table as scripts, processes and services give it, checked and with secrets wrapped.
---@param given table access_key_id, secret_access_key, session_token, expiration, account_id; or
---AccessKeyId, SecretAccessKey, SessionToken or Token, Expiration, AccountId
---@param source string for messages
---@return table
function M.normalize(given, source)
  if type(given) ~= "table" then
    M.invalid(source, "expected a table with access_key_id and secret_access_key, got " .. type(given))
  end
  if given.AccessKeyId ~= nil and given.access_key_id == nil then
    given = of_reply(given)
  end
  local id = given.access_key_id
  -- AWS gives letters and digits; stores that speak S3 also "tenant:user" and the like.
  if type(id) ~= "string" or not id:find("^[!-+%-.0-~]+$") then
    M.invalid(source, "access_key_id must be a string without blanks, commas and slashes")
  end
  if given.secret_access_key == nil then
    M.invalid(source, "secret_access_key is missing")
  end
  return {
    access_key_id = id,
    secret_access_key = M.as_secret(given.secret_access_key, source, "secret_access_key"),
    session_token = M.as_secret(given.session_token, source, "session_token"),
    expiration = as_seconds(given.expiration, source),
    account_id = type(given.account_id) == "string" and given.account_id or nil,
    source = source,
  }
end

-- However it ends, by a cancel too, those who wait for it go on.
local asking_mt = {
  __close = function(asking)
    asking.all[asking.key] = nil
    asking.done:set(true)
  end,
}

---What several clients want at the same time is asked for once, and the others get what came of it.
---@async
---@generic T
---@param all table of what is being asked for, shared by the clients
---@param key string
---@param ask fun(): T
---@return T
function M.once(all, key, ask)
  while all[key] do
    local other = all[key]
    other.done:wait()
    if other.ok then
      return other.result
    elseif other.ok == false then
      error(other.result, 0)
    end
  end
  local asking <close> = setmetatable({ all = all, key = key, done = task.future() }, asking_mt)
  all[key] = asking
  asking.ok, asking.result = pcall(ask)
  if not asking.ok then
    error(asking.result, 0)
  end
  return asking.result
end

---A variable of the environment as a secret; it never becomes a Lua string unless a test gives
---the environment as a function.
function M.secret_variable(config, name)
  if config.environment then
    local value = config.getenv(name)
    return value and secret.of(value)
  end
  return secret.env(name)
end

return M
