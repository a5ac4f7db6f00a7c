-- SPDX-License-Identifier: MIT
-- cli.doctor: `moonrock doctor`: what was found where, who that is, what is missing, what to do.
-- It reads what a script would read, by the same code, and shows no secret: of an access key id
-- its beginning and end, of a proxy no password.

local chain = require "moonrock.aws.credentials.chain"
local endpoint = require "moonrock.aws.endpoint"
local errors = require "moonrock.error"
local help = require "moonrock.cli.help"
local http = require "moonrock.http"
local options = require "moonrock.cli.options"
local profile = require "moonrock.aws.profile"
local session = require "moonrock.session"
local system = require "moonrock.system"
local time = require "moonrock.time"
local fs = require "moonrock.fs"

local M = {}

local known = { ["--endpoint"] = "text", ["--profile"] = "text", ["--region"] = "text", ["--offline"] = "flag" }
local services = {
  { name = "s3", endpoint_prefix = "s3" }, { name = "bedrock", endpoint_prefix = "bedrock" },
  { name = "bedrock-runtime", endpoint_prefix = "bedrock-runtime" }, { name = "sts", endpoint_prefix = "sts" },
}
local good_skew = 60 -- seconds; from 300 on services refuse

-- The report: lines of a mark, a name and a text, and the steps to take.
local Report = {}
Report.__index = Report

function Report:line(mark, name, format, ...)
  local text = select("#", ...) > 0 and format:format(...) or format
  io.write(("%-4s %-16s %s\n"):format(mark, name, (text:gsub("%c", " "))))
end

function Report:missing(name, text, step)
  self:line("MISS", name, text)
  self.bad = true
  if step then self.steps[#self.steps + 1] = step end
end

local function shown_id(id)
  return #id > 10 and id:sub(1, 4) .. "..." .. id:sub(-4) or "(" .. #id .. " characters)"
end

local function without_password(url)
  local scheme, rest = url:match "^(%w+://)(.*)$"
  return (scheme or "") .. (rest or url):gsub("^.*@", "***@")
end

local function first_variable(getenv, names)
  for _, name in ipairs(names) do
    if getenv(name) then return getenv(name), name end
  end
end

local function show_files(report, getenv)
  local config_path, credentials_path = profile.locations(getenv)
  for _, file in ipairs { { "config file", config_path, "AWS_CONFIG_FILE" },
    { "credentials file", credentials_path, "AWS_SHARED_CREDENTIALS_FILE" } } do
    local name, path, variable = file[1], file[2], file[3]
    local _, err = fs.read(path or "", 0, 1)
    if not path then
      report:line("-", name, "HOME is not set")
    elseif err and err.code ~= "ENOENT" and getenv(variable) then
      report:missing(name, tostring(err.message), "make it a file that can be read, or name another with " .. variable)
    elseif err and err.code ~= "ENOENT" then -- of another user, perhaps; credentials may lie elsewhere
      report:line("-", name, tostring(err.message))
    else
      report:line(err and "-" or "ok", name, "%s%s", path, err and " (not there)" or "")
    end
  end
end

-- The settings by the code that scripts go through; nil after a fault in them, which is told.
local function read_settings(report, opts)
  local made, fault = errors.try(function()
    return session.new { endpoint_url = opts.endpoint, profile = opts.profile, region = opts.region,
      wait_for_login = false }
  end)
  local client
  if made then
    client, fault = errors.try(made.client, made, "sts")
  end
  if not client then
    report:missing("settings", tostring(fault.message), fault.hint)
    return nil
  end
  return made, client.meta.config
end

local function show_profile(report, config, opts, getenv)
  local from = opts.profile and "--profile"
    or select(2, first_variable(getenv, { "AWS_PROFILE", "AWS_DEFAULT_PROFILE" }))
  local name = config.profile or "default"
  local there = config.files.profiles[name] ~= nil
  report:line(there and "ok" or "-", "profile", "%s (%s)%s", name, from or "by default",
    there and "" or ", not in the files")
end

local function show_region(report, config, opts, getenv)
  if not config.region then
    report:missing("region", "not set", "set AWS_REGION, for example: export AWS_REGION=us-west-2")
    return
  end
  local from = opts.region and "--region" or select(2, first_variable(getenv, { "AWS_REGION", "AWS_DEFAULT_REGION" }))
  report:line("ok", "region", "%s (%s)", config.region, from or "profile " .. (config.profile or "default"))
end

local function show_endpoints(report, made, config)
  if not config.region then return end
  for _, facts in ipairs(services) do
    local url, fault = errors.try(function()
      local settings = made:client(facts.name).meta.config
      local text = without_password(endpoint.url(endpoint.resolve(settings, facts)))
      local source = settings.endpoint_url and settings.endpoint_source
      return source and text .. " (" .. source .. ")" or text
    end)
    if url then
      report:line("ok", facts.name, url)
    else
      report:missing(facts.name, tostring(fault.message), fault.hint)
    end
  end
end

local function show_network(report, config, getenv)
  local found = false
  for _, name in ipairs { "HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY",
    "no_proxy" } do
    local value = getenv(name)
    if value then
      found = true
      report:line("ok", "proxy", "%s=%s", name, without_password(value))
    end
  end
  if getenv "HTTP_PROXY" and not getenv "http_proxy" then
    report:line("-", "proxy", "HTTP_PROXY is not read, as with curl: for endpoints of http:// it is http_proxy")
  elseif not found then
    report:line("-", "proxy", "none")
  end
  local bundle = config.ca_bundle
  if not bundle then
    report:line("-", "CA bundle", "the system's")
  elseif fs.stat(bundle) then
    report:line("ok", "CA bundle", bundle)
  else
    report:missing("CA bundle", bundle .. " (not there)", "correct AWS_CA_BUNDLE, or unset it")
  end
  local version, fault = http.curl_version()
  if version then
    report:line("ok", "libcurl", version)
  else
    report:missing("libcurl", tostring(fault and fault.message), "install libcurl")
  end
end

local function life_of(found)
  if not found.expiration then return "no end known" end
  local left = found.expiration - time.now()
  return left > 0 and ("for %d more minutes"):format(left // 60) or "ENDED at " .. time.iso8601(found.expiration)
end

local function show_credentials(report, config)
  local bearer = config.getenv("AWS_BEARER_TOKEN_BEDROCK")
  report:line(bearer and "ok" or "-", "bearer token", "AWS_BEARER_TOKEN_BEDROCK is %s", bearer and "set" or "not set")
  local looked = {}
  local found, fault = errors.try(chain.find, config, looked)
  for _, source in ipairs(looked) do report:line("-", "credentials", source) end
  if found then
    report:line("ok", "credentials", "%s: access key %s, %s", found.source, shown_id(found.access_key_id),
      life_of(found))
    if found.expiration and found.expiration <= time.now() then
      report:missing("credentials", "they have ended", "log in again, or set fresh ones")
      return nil
    end
    return found
  elseif fault then
    report:missing("credentials", tostring(fault.message), fault.hint)
  else
    report:missing("credentials", "none", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run: aws configure sso"
      .. " (moonrock rehearse needs none)")
  end
  return nil
end

local function show_clock(report, date)
  local there = date and time.parse(date)
  if not there then
    report:line("?", "clock", "%s; no service has told its time", time.iso8601())
    return
  end
  local skew = time.now() - there
  if math.abs(skew) <= good_skew then
    report:line("ok", "clock", "within %d s of the service's", math.ceil(math.abs(skew)))
  else
    report:missing("clock", ("%.0f s %s the service's"):format(math.abs(skew), skew > 0 and "ahead of" or "behind"),
      "set the clock (NTP); moonrock corrects its signatures meanwhile")
  end
end

local function show_identity(report, made, config, found, offline)
  if offline or not found or not config.region then
    report:line("?", "identity", offline and "not asked (--offline)" or "not asked: no usable credentials or region")
    show_clock(report)
    return
  end
  local reply, fault = errors.try(function()
    return made:client("sts", { credentials = found, max_attempts = 1, connect_timeout = 5, read_timeout = 10 })
      :get_caller_identity {}
  end)
  if reply then
    report:line("ok", "identity", "%s (account %s)", tostring(reply.Arn), tostring(reply.Account))
    show_clock(report, (reply.ResponseMetadata.HTTPHeaders or {}).date)
  else
    report:missing("identity", ("STS did not tell: %s: %s"):format(tostring(fault.code), tostring(fault.message)),
      fault.hint or "check the network and the keys")
    show_clock(report, fault.date)
  end
end

---@param args string[]
---@param opts? table of the command line in front of the word
---@return integer exit_code 0: nothing is missing
function M.main(args, opts)
  local words
  opts, words = options.read(args, known, opts)
  if not opts then return help.print "doctor" end
  if words[1] then options.refuse("doctor takes options only, not '%s'", words[1]) end
  local report = setmetatable({ steps = {}, bad = false }, Report)
  local function getenv(name)
    local value = system.getenv(name)
    return value ~= "" and value or nil
  end
  report:line("ok", "program", help.version())
  show_files(report, getenv)
  local made, config = read_settings(report, opts)
  if made then
    show_profile(report, config, opts, getenv)
    show_region(report, config, opts, getenv)
    show_endpoints(report, made, config)
    show_network(report, config, getenv)
    show_identity(report, made, config, show_credentials(report, config), opts.offline)
  end
  for _, step in ipairs(report.steps) do io.write("next: ", step, "\n") end
  if not report.bad then io.write("nothing is missing\n") end
  return report.bad and help.exit.script or help.exit.ok
end

return M
