-- SPDX-License-Identifier: MIT
-- config.lua -- the settings of a session or client, from options and environment.
-- An option wins over the session's, that over the environment, that over the profile of the
-- shared config files, that over the default.  Names are those of the AWS SDK reference.

local system = require "moonrock.system"
local errors = require "moonrock.error"
local profile = require "moonrock.aws.profile"
local tables = require "moonrock.tables"
local lazy = require "moonrock.lazy"

local suggest = lazy "moonrock.aws.suggest"

local M = {}

-- kind says how text of the environment is read and what type an option must have; file is the
-- name in a profile, "s3." before those that stand below its property s3; also is a second name.
local settings = {
  region = { kind = "string", file = "region", env = { "AWS_REGION", "AWS_DEFAULT_REGION" } },
  endpoint_url = { kind = "string" },
  max_attempts = { kind = "count", file = "max_attempts", env = { "AWS_MAX_ATTEMPTS" }, default = 3 },
  retry_mode = { kind = "string", file = "retry_mode", env = { "AWS_RETRY_MODE" }, default = "standard",
    values = { "standard", "legacy", "adaptive" } },
  use_fips = { kind = "boolean", file = "use_fips_endpoint", env = { "AWS_USE_FIPS_ENDPOINT" }, default = false },
  use_dualstack = { kind = "boolean", file = "use_dualstack_endpoint",
    env = { "AWS_USE_DUALSTACK_ENDPOINT" }, default = false },
  use_accelerate = { kind = "boolean", file = "s3.use_accelerate_endpoint", default = false },
  addressing_style = { kind = "string", file = "s3.addressing_style",
    default = "auto", values = { "auto", "path", "virtual" } },
  us_east_1_endpoint = { kind = "string", file = "s3_us_east_1_regional_endpoint",
    also = "s3.us_east_1_regional_endpoint", env = { "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT" },
    default = "legacy", values = { "legacy", "regional" } },
  use_arn_region = { kind = "boolean", file = "s3_use_arn_region", also = "s3.use_arn_region",
    env = { "AWS_S3_USE_ARN_REGION" } },
  disable_multiregion_access_points = { kind = "boolean", file = "s3_disable_multiregion_access_points",
    also = "s3.s3_disable_multiregion_access_points", env = { "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS" } },
  disable_express_session_auth = { kind = "boolean", file = "s3_disable_express_session_auth",
    also = "s3.s3_disable_express_session_auth", env = { "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH" } },
  disable_host_prefix = { kind = "boolean", file = "disable_host_prefix_injection",
    env = { "AWS_DISABLE_HOST_PREFIX_INJECTION" } },
  sts_regional_endpoints = { kind = "string", file = "sts_regional_endpoints",
    env = { "AWS_STS_REGIONAL_ENDPOINTS" }, default = "regional", values = { "legacy", "regional" } },
  request_checksums = { kind = "string", file = "request_checksum_calculation",
    env = { "AWS_REQUEST_CHECKSUM_CALCULATION" },
    default = "when_supported", values = { "when_supported", "when_required" } },
  response_checksums = { kind = "string", file = "response_checksum_validation",
    env = { "AWS_RESPONSE_CHECKSUM_VALIDATION" },
    default = "when_supported", values = { "when_supported", "when_required" } },
  checksum_algorithm = { kind = "string", default = "CRC64NVME",
    values = { "CRC64NVME", "CRC32", "CRC32C", "SHA1", "SHA256", "SHA512" } },
  -- Unset: signed over http; over https left to TLS and the checksum, as AWS's SDKs do.
  payload_signing_enabled = { kind = "boolean", file = "s3.payload_signing_enabled" },
  ignore_configured_endpoints = { kind = "boolean", file = "ignore_configured_endpoint_urls",
    env = { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" },
    default = false },
  credentials = { kind = "any" },
  bearer_token = { kind = "any" },
  mfa_prompt = { kind = "function" }, -- function(serial, profile) that gives the code
  on_login = { kind = "function" }, -- function(message) when a login is waited for
  wait_for_login = { kind = "any" }, -- true, false, seconds; by default true on a terminal
  transport = { kind = "object", method = "request" },
  cassette = { kind = "object", method = "wrap" }, -- records or replays what goes through the transport
  environment = { kind = "function" },
  profile = { kind = "string", env = { "AWS_PROFILE", "AWS_DEFAULT_PROFILE" } },
  connect_timeout = { kind = "seconds", default = 10 },
  read_timeout = { kind = "seconds" }, -- silence that is borne; by service, see session.lua
  total_timeout = { kind = "seconds" },
  ca_bundle = { kind = "string", file = "ca_bundle", env = { "AWS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE" } },
  proxy = { kind = "any" }, -- "" for none; otherwise https_proxy, http_proxy, all_proxy, no_proxy
  user_agent = { kind = "string" },
  app_id = { kind = "string", file = "sdk_ua_app_id", env = { "AWS_SDK_UA_APP_ID" } }, -- tells programs apart
}
local names = tables.keys(settings)

local function bad(where, name, value, expected)
  errors.raise {
    code = "InvalidConfiguration",
    message = string.format(where == "option" and type(value) == "string" and "%s %s is %q, expected %s"
      or "%s %s is %s, expected %s", where, name, tostring(value), expected),
    hint = where == "environment variable" and "correct it, or unset it" or nil,
  }
end

local function check_value(setting, where, name, value)
  local kind = setting.kind
  if kind == "string" then
    if type(value) ~= "string" or value == "" then
      bad(where, name, value, "a non-empty string")
    end
  elseif kind == "boolean" then
    if type(value) ~= "boolean" then
      bad(where, name, value, "true or false")
    end
  elseif kind == "count" then
    if math.type(value) ~= "integer" or value < 1 then
      bad(where, name, value, "an integer of 1 or more")
    end
  elseif kind == "function" then
    if value and not tables.is_callable(value) then -- false is none: wanted and cassette.record(path)
      bad(where, name, value, "a function")
    end
  elseif kind == "object" and value then
    if type(value) ~= "table" or not tables.is_callable(value[setting.method]) then
      bad(where, name, value, name == "cassette" and "what moonrock.cassette.record or replay gave"
        or "a table with a method " .. setting.method)
    end
  end
  if kind == "seconds" and not (math.type(value) and value > 0 and value < 1e9) then
    bad(where, name, value, "a number of seconds above 0")
  end
  if setting.values then
    if not tables.contains(setting.values, value) then
      bad(where, name, value, "one of " .. table.concat(setting.values, ", "))
    end
  end
  return value
end

local function from_text(setting, name, text, where)
  where = where or "environment variable"
  if setting.kind == "boolean" then
    local word = text:lower()
    if word == "true" or word == "1" then
      return true
    elseif word == "false" or word == "0" then
      return false
    end
    bad(where, name, text, "true or false")
  elseif setting.kind == "count" then
    local n = math.tointeger(tonumber(text))
    if not n then
      bad(where, name, text, "an integer of 1 or more")
    end
    return check_value(setting, where, name, n)
  end
  return check_value(setting, where, name, setting.values and text:lower() or text)
end

---Raises for an unknown or ill-typed option.
function M.check(options, level)
  if options ~= nil and type(options) ~= "table" then
    error(string.format("options must be a table such as { region = \"us-west-2\" }, got %s", type(options)),
      (level or 1) + 1)
  end
  for _, name in ipairs(tables.keys(options or {})) do
    local setting = settings[name]
    if not setting then
      local instead = suggest.option(name)
      errors.raise {
        code = "InvalidConfiguration",
        message = string.format("unknown option %s%s", tostring(name), instead and "" or suggest.tail(name, names)),
        hint = instead or "options are " .. table.concat(names, ", "),
      }
    end
    check_value(setting, "option", name, options[name])
  end
  return options or {}
end

---@return fun(name: string): string|nil an empty variable counts as not set
function M.reader(options)
  local read = options.environment or system.getenv
  return function(name)
    local value = read(name)
    if value == "" then
      return nil
    end
    return value
  end
end

-- AWS_ENDPOINT_URL_BEDROCK_RUNTIME for "bedrock-runtime".
local function endpoint_variable(service)
  return "AWS_ENDPOINT_URL_" .. service:upper():gsub("[%-%s]", "_")
end

-- What the profile says, as text, and under which name; "s3.x" is the line x below the property s3.
local function from_profile(properties, setting)
  for _, place in ipairs { setting.file, setting.also } do
    local group, name = place:match("^(%w+)%.(.+)$")
    local value
    if group then
      value = profile.nested(properties[group])[name]
    else
      value = properties[place]
    end
    if type(value) == "string" and value ~= "" then
      return value, place
    end
  end
  return nil
end

local function from_environment(setting, getenv)
  for _, variable in ipairs(setting.env or {}) do
    local text = getenv(variable)
    if text ~= nil then
      return from_text(setting, variable, text)
    end
  end
  return nil
end

-- Endpoints: a variable wins over the files, there the service's own over the general one.
local function find_endpoint(config, service, files)
  local own, general = endpoint_variable(service), "AWS_ENDPOINT_URL"
  for _, variable in ipairs { own, general } do
    if config.getenv(variable) then
      return config.getenv(variable), variable
    end
  end
  local properties, name = config.properties, config.profile or "default"
  local section = files.services[properties.services or false]
  if properties.services and not section then
    errors.raise {
      code = "InvalidConfiguration",
      message = string.format("profile %s names the section services %s, which is not there%s", name,
        properties.services, suggest.tail(properties.services, tables.keys(files.services))),
      hint = "looked at: " .. table.concat(files.looked, ", "),
    }
  end
  local url = section and profile.nested(section[service:gsub("[%-%s]", "_")]).endpoint_url
  if url then
    return url, string.format("endpoint_url of section services %s", properties.services)
  end
  return properties.endpoint_url, string.format("endpoint_url of profile %s", name)
end

---The settings for one service: what options say, else the environment, else the profile of the
---shared files, else the default.  Reads the files, so it may wait.
---@async
---@param service string
---@param options table the client's options, over the session's by __index or copy
---@param shared? table what the session's clients share; keeps what was read
function M.resolve(service, options, shared)
  local getenv = M.reader(options)
  shared = shared or {}
  local files = shared.profile_files or profile.load(getenv)
  shared.profile_files = files
  local name = options.profile or from_environment(settings.profile, getenv)
  local properties = profile.find(files, name)
  local config = { getenv = getenv, properties = properties, files = files, profile_chosen = options.profile ~= nil }
  for _, option in ipairs(names) do
    local setting = settings[option]
    local value = options[option]
    if value == nil then
      value = from_environment(setting, getenv)
    end
    local text, place
    if value == nil then
      text, place = from_profile(properties, setting)
    end
    if text then
      value = from_text(setting, place, text, string.format("profile %s:", name or "default"))
    end
    if value == nil then
      value = setting.default
    end
    config[option] = value
  end
  if config.retry_mode == "legacy" then -- what boto3 still has as its default, so files name it
    system.log("warn", "retry mode legacy is not offered; standard is used, which retries more kinds of failure")
    config.retry_mode = "standard"
  end
  if not config.endpoint_url and not config.ignore_configured_endpoints then
    config.endpoint_url, config.endpoint_source = find_endpoint(config, service, files)
  end
  return config
end

---Raises if there is no region.
function M.require_region(config, service)
  if config.region then
    return config.region
  end
  local looked = { "option region", "AWS_REGION", "AWS_DEFAULT_REGION" }
  if config.files then
    local files = table.concat(config.files.looked, ", ")
    looked[#looked + 1] = string.format("region of profile %s in %s", config.profile or "default",
      files ~= "" and files or "no file (HOME is not set)")
  end
  errors.raise {
    code = "NoRegion",
    message = string.format("no region is set for %s; looked at: %s", service, table.concat(looked, "; ")),
    service = service,
    retryable = false,
    hint = string.format(
      'set AWS_REGION (or AWS_DEFAULT_REGION), or say moonrock.client("%s", { region = "us-west-2" })', service),
  }
end

return M
