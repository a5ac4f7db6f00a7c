-- SPDX-License-Identifier: MIT
-- init.lua -- who signs: explicit options, else the chain of sources; kept until they end.
-- All tasks of a client share one look-up at a time.  Credentials are renewed some minutes
-- before their end, and found anew when a file that they came from has changed.  A login that
-- has ended is waited for where a person can see the message; elsewhere it is an error.

local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local system = require "moonrock.system"
local task = require "moonrock.task"
local time = require "moonrock.time"
local profile = require "moonrock.aws.profile"
local shape = require "moonrock.aws.credentials.shape"
local lazy = require "moonrock.lazy"

local chain = lazy "moonrock.aws.credentials.chain"

local M = {}

local renew_early = 300 -- seconds before the end; from then on the old ones still do
local must_renew = 10 -- seconds before the end; from then on they do not
local function_early = 60 -- of the functions of scripts, as documented
local try_again = 30 -- seconds between attempts to renew
local look_again = 5 -- seconds between looks at the files
local poll_login = 2 -- seconds between looks while a login is waited for
local login_limit = 12 * 3600 -- seconds that a login is waited for at most

local function raise_expired(credentials)
  errors.raise {
    code = "ExpiredCredentials",
    message = string.format("the credentials from %s (%s) expired at %s",
      credentials.source, credentials.access_key_id, time.iso8601(credentials.expiration)),
    hint = "log in again or set fresh credentials, then run the script again",
    retryable = false,
  }
end

local function raise_missing(config, looked)
  errors.raise {
    code = "NoCredentials",
    message = "no credentials were found; looked at: " .. table.concat(looked, "; "),
    service = config.service,
    looked_at = looked,
    hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary ones), "
      .. "name a profile, or give the option credentials; moonrock doctor shows what is there, "
      .. "moonrock rehearse needs none",
  }
end

-- Bedrock takes an API key instead of a signature; an explicit credentials option wins.
local function bearer(config, signing_name, looked)
  if signing_name ~= "bedrock" then
    return nil
  end
  local token, source = config.bearer_token, "option bearer_token"
  if token == nil and config.credentials == nil then
    token, source = shape.secret_variable(config, "AWS_BEARER_TOKEN_BEDROCK"), "AWS_BEARER_TOKEN_BEDROCK"
    if not token then
      looked[#looked + 1] = "environment variable AWS_BEARER_TOKEN_BEDROCK (not set)"
    end
  end
  return token and { bearer_token = shape.as_secret(token, source, "bearer token"), source = source }
end

-- Files ---------------------------------------------------------------------------------------

local function stamp(path)
  local found = path and fs.stat(path)
  return found and string.format("%.9f/%d", found.mtime, found.size) or "none"
end

local function stamps(config, extra)
  local one, two = profile.locations(config.getenv)
  return stamp(one) .. " " .. stamp(two) .. " " .. stamp(extra)
end

-- Reads the files again, so that what is found next is what stands in them now.
local function reload(config)
  local files = profile.load(config.getenv)
  config.files, config.properties = files, profile.find(files, config.profile)
end

-- The provider --------------------------------------------------------------------------------

local Provider = {}
Provider.__index = Provider

local function look_up(self)
  local config, looked = self.config, {}
  local token = bearer(config, self.signing_name, looked)
  if token then
    return token
  end
  local option = config.credentials
  if option == false then
    return { anonymous = true, source = "option credentials = false" }
  elseif type(option) == "function" then
    return shape.normalize(option(), "the credentials function")
  elseif option ~= nil then
    return shape.normalize(option, "option credentials")
  end
  table.insert(looked, 1, "option credentials (not given)")
  return chain.find(config, looked) or raise_missing(config, looked)
end

local function may_wait(config)
  if config.wait_for_login ~= nil then
    return config.wait_for_login
  end
  return not time.is_virtual() and system.is_terminal("stderr")
end

-- Says once what to type, then looks whether the files have changed.
local function wait_for_login(self, err)
  local config = self.config
  local before = stamps(config, err.watch) -- whoever is told may log in at once
  local message = string.format("%s; %s; waiting", tostring(err.message), tostring(err.hint))
  if type(config.on_login) == "function" then
    config.on_login(message, err)
  else
    system.log("warn", message)
  end
  local limit = type(config.wait_for_login) == "number" and config.wait_for_login or login_limit
  local deadline = time.monotonic() + limit
  while stamps(config, err.watch) == before do
    if time.monotonic() >= deadline then
      error(err, 0)
    end
    task.sleep(poll_login)
  end
  reload(config)
end

local login_codes = { LoginRequired = true, ExpiredCredentials = true }

-- Looks until there is something that has not ended.
local function find_living(self)
  while true do
    local ok, found = pcall(look_up, self)
    if ok and found.expiration and found.expiration <= time.now() then
      ok, found = pcall(raise_expired, found)
    end
    if ok then
      return found
    elseif not errors.is(found) or not login_codes[found.code] or not may_wait(self.config)
      or self.config.credentials ~= nil then
      error(found, 0)
    end
    wait_for_login(self, found)
  end
end

-- "good"; "old": better renewed, but still usable; nil.
local function state_of(self)
  local cached = self.cached
  if not cached or self.rejected == cached then
    return nil
  end
  local left = cached.expiration and cached.expiration - time.now() or math.huge
  if type(self.config.credentials) == "function" then
    return left > function_early and "good" or nil
  elseif left <= must_renew then
    return nil
  end
  return (left > renew_early or time.now() < self.next_try) and "good" or "old"
end

-- Looks at the files now and then; what they said before is forgotten when they have changed. What is being
-- looked up from them is waited for first: it could be old and replace what is new.
local function check_files(self)
  local config = self.config
  if config.credentials ~= nil or not self.stamps or self.busy or time.now() < self.next_look then
    return
  end
  self.next_look = time.now() + look_again
  local now = stamps(config)
  if now ~= self.stamps then
    self.stamps = now
    local ok, err = pcall(reload, config) -- a file that is being written may be read half
    if ok then
      self.cached = nil
    elseif errors.is(err) then
      system.log("warn", "the changed files are not used: " .. tostring(err))
    else
      error(err, 0)
    end
  end
end

-- However a look-up ends, by a cancel too, those who wait for it go on.
local over_mt = {
  __close = function(look)
    look.provider.busy = nil
    look.done:set(true)
  end,
}

local function renew(self)
  local look <close> = setmetatable({ provider = self, done = task.future() }, over_mt)
  self.busy, self.failure = look.done, nil
  self.next_try = time.now() + try_again
  local ok, result = pcall(function()
    if self.config.credentials == nil then
      local seen = stamps(self.config)
      local age = time.monotonic() - (self.config.files.read_at or 0)
      if self.stamps or age > look_again then -- what the session has read may be old by now
        reload(self.config)
      end
      self.stamps, self.next_look = seen, time.now() + look_again
    end
    return find_living(self)
  end)
  if ok then
    self.cached, self.rejected = result, nil
  else
    self.failure = result
  end
  return ok, result
end

---The credentials for the next attempt.
---@async
---@return table {access_key_id, secret_access_key, session_token, expiration, source} or {bearer_token, source}
---  or {anonymous = true}
function Provider:get()
  while true do
    check_files(self)
    local state = state_of(self)
    if state == "good" or state == "old" and self.busy then
      return self.cached
    elseif self.busy then
      self.busy:wait()
      if self.failure and not state_of(self) then
        error(self.failure, 0)
      end
    else
      local ok, result = renew(self)
      if ok then
        return result
      elseif state == "old" then
        system.log("warn", "the credentials could not be renewed yet: " .. tostring(result))
        return self.cached
      end
      error(result, 0)
    end
  end
end

Provider.__call = Provider.get

---A service said that these credentials have ended, or are none: others are looked for.  True if
---the next attempt will have others.
---@async
---@param used table what get gave
---@return boolean
function Provider:reject(used)
  local option = self.config.credentials
  if used.bearer_token or used.anonymous or option ~= nil and type(option) ~= "function" then
    return false
  elseif self.cached == used then
    self.rejected = used
    for key, role in pairs(self.config.shared_roles or {}) do
      if role == used then self.config.shared_roles[key] = nil end
    end
    if option == nil then
      reload(self.config)
    end
  end
  local ok, fresh = pcall(self.get, self)
  if not ok then
    system.log("warn", "no other credentials: " .. tostring(fresh))
    return false
  end
  local same = fresh.access_key_id == used.access_key_id and fresh.session_token == used.session_token
  if same and may_wait(self.config) and option == nil then
    wait_for_login(self, { message = "the credentials from " .. tostring(used.source) .. " have ended",
      hint = "log in again, or put fresh ones into the files" })
    self.rejected = self.cached
    return self:reject(used)
  end
  return not same
end

---@param config table as config.resolve gives it, with make_client for the calls of the chain
---@param signing_name string
---@return fun(): table provider; also an object with get and reject
function M.provider(config, signing_name)
  return setmetatable({ config = config, signing_name = signing_name, next_try = 0, next_look = 0 }, Provider)
end

return M
