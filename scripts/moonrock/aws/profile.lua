-- SPDX-License-Identifier: MIT
-- profile.lua -- the shared config and credentials files: where they are, and one profile of them.
-- A file that is not there, or may not be read, counts as empty; one that is malformed is an
-- error that names the line.  Secret keys come out of C as secrets.
-- Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files" (2026-08).

local errors = require "moonrock.error"
local ini = require "moonrock.ini"
local system = require "moonrock.system"
local time = require "moonrock.time"
local tables = require "moonrock.tables"
local lazy = require "moonrock.lazy"

local suggest = lazy "moonrock.aws.suggest"

local M = {}

local function expand(path, home)
  if home and path:sub(1, 2) == "~/" then
    return home .. path:sub(2)
  end
  return path
end

---The paths of the two files; nil where there is neither a variable nor a home.
---@param getenv fun(name: string): string|nil
---@return string|nil config
---@return string|nil credentials
function M.locations(getenv)
  local home = getenv("HOME")
  home = home and home:gsub("(.)/+$", "%1")
  local function place(variable, name)
    local path = getenv(variable)
    if path then
      return expand(path, home)
    end
    return home and home .. "/.aws/" .. name
  end
  return place("AWS_CONFIG_FILE", "config"), place("AWS_SHARED_CREDENTIALS_FILE", "credentials")
end

-- Another user's file, a folder, nothing: all the same to who has credentials elsewhere.
local function read(path, kind, looked)
  if not path then
    looked[1] = looked[1] or "no file, since HOME is not set"
    return nil
  end
  local file, err = ini.read(path, kind)
  if file then
    looked[#looked + 1] = path
    return file
  elseif errors.is(err, "ConfigSyntax") then
    errors.raise {
      code = "ConfigSyntax",
      message = err.message,
      hint = "correct that line, or name another file with "
        .. (kind == "config" and "AWS_CONFIG_FILE" or "AWS_SHARED_CREDENTIALS_FILE"),
    }
  end
  if not errors.is(err, "ENOENT") then
    system.log("warn", "not read: " .. tostring(err.message))
  end
  looked[#looked + 1] = string.format("%s (%s)", path, errors.is(err, "ENOENT") and "not there" or "cannot be read")
  return nil
end

-- What the credentials file says of a profile wins over the config file.
local function merge(config, credentials)
  local profiles = config and config.profiles or {}
  for name, properties in pairs(credentials and credentials.profiles or {}) do
    local into = profiles[name] or {}
    profiles[name] = into
    for key, value in pairs(properties) do
      into[key] = value
    end
  end
  return profiles
end

---@class moonrock.aws.ProfileFiles
---@field profiles table<string, table<string, any>>
---@field services table<string, table<string, string>>
---@field sso_sessions table<string, table<string, string>>
---@field looked string[] the files, for messages
---@field read_at number when, by time.monotonic

---Reads both files.
---@param getenv fun(name: string): string|nil
---@return moonrock.aws.ProfileFiles
function M.load(getenv)
  local config_path, credentials_path = M.locations(getenv)
  local looked = {}
  local config = read(config_path, "config", looked)
  local credentials = read(credentials_path, "credentials", looked)
  return {
    profiles = merge(config, credentials),
    services = config and config.services or {},
    sso_sessions = config and config.sso_sessions or {},
    looked = looked,
    read_at = time.monotonic(),
  }
end

---The properties of a profile.  One that was asked for by name has to be there.
---@param files moonrock.aws.ProfileFiles
---@param name string|nil
---@return table<string, any>
function M.find(files, name)
  local found = files.profiles[name or "default"]
  if found or not name then
    return found or {}
  end
  local names = tables.keys(files.profiles)
  errors.raise {
    code = "ProfileNotFound",
    message = string.format("there is no profile %s%s", name, suggest.tail(name, names)),
    hint = "looked at: " .. table.concat(files.looked, ", "),
  }
end

---The lines below a property: "s3 =\n  addressing_style = path".
---@param value string|nil
---@return table<string, string>
function M.nested(value)
  local out = {}
  for line in (type(value) == "string" and value or ""):gmatch("[^\n]+") do
    local name, text = line:match("^%s*([^=]-)%s*=%s*(.-)%s*$")
    if name and name ~= "" then
      out[name:lower()] = text
    end
  end
  return out
end

return M
