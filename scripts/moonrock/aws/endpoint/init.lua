-- SPDX-License-Identifier: MIT
-- init.lua -- where a request goes: scheme, host, port and path in front of the operation's
-- own, and how it is signed.  The rules are data (s3.lua and its kin, regional.lua, sts.lua), read
-- by rules.lua; this file gives them their parameters and takes their answer apart.

local uri = require "moonrock.uri"
local errors = require "moonrock.error"
local rules = require "moonrock.aws.endpoint.rules"
local functions = require "moonrock.aws.endpoint.functions"

local M = {}

local rules_of = { s3 = "moonrock.aws.endpoint.s3", sts = "moonrock.aws.endpoint.sts" }
local regional = "moonrock.aws.endpoint.regional"

local function refuse(message, hint)
  errors.raise { code = "InvalidEndpoint", message = message, hint = hint, retryable = false }
end

-- A region becomes part of a host's name, so nothing else may hide in it.
local function check_region(region)
  if #region > 63 or not functions.valid_host_label(region, true) then
    errors.raise {
      code = "InvalidRegion",
      message = string.format("%q is no region name", region),
      hint = "a region looks like us-west-2",
      retryable = false,
    }
  end
end

-- The endpoint that the settings name, without the name and password that may stand in it: they
-- are not sent, and messages show the rest.
local function custom(config)
  local text = config.endpoint_url and config.endpoint_url:gsub("^(%w+://)[^/?#]*@", "%1")
  if text and not functions.parse_url(text) then
    refuse(string.format("%s is %q, which is no usable URL", config.endpoint_source or "option endpoint_url", text),
      "an endpoint looks like http://127.0.0.1:9000 or https://storage.example.com")
  end
  return text
end

-- Where the addressing style is left open, an endpoint of one's own is asked by path, as by boto3: few
-- stores have a name for each bucket, and a certificate for it.
local function path_style(config, endpoint, bucket)
  if config.addressing_style ~= "auto" then
    return config.addressing_style == "path"
  end
  local url = endpoint and uri.parse(endpoint)
  return url ~= nil and bucket ~= nil and not bucket:find("^arn:") and not url.host:find("^s3%-accelerate%.")
end

local function parameters(config, service, bucket, region, context)
  local endpoint = custom(config)
  local scope = {
    Region = region,
    UseFIPS = config.use_fips,
    UseDualStack = config.use_dualstack,
    Endpoint = endpoint,
    Prefix = service.endpoint_prefix or service.name,
  }
  if service.name == "s3" then
    scope.Bucket = bucket
    scope.ForcePathStyle = path_style(config, endpoint, bucket)
    scope.Accelerate = config.use_accelerate
    scope.UseGlobalEndpoint = config.us_east_1_endpoint == "legacy"
    scope.UseArnRegion = config.use_arn_region
    scope.DisableMultiRegionAccessPoints = config.disable_multiregion_access_points
    scope.DisableS3ExpressSessionAuth = config.disable_express_session_auth
    for name in (context or ""):gmatch("%S+") do
      scope[name] = true
    end
  elseif service.name == "sts" then
    scope.UseGlobalEndpoint = config.sts_regional_endpoints == "legacy"
  end
  return scope
end

---What the rules say, in their own words.
---@param config table of config.resolve
---@param service table {name, endpoint_prefix, signing_name}
---@param bucket? string S3 only
---@param region? string overrides config.region (a bucket known to lie elsewhere)
---@param context? string parameters that the model sets for the operation: "UseS3ExpressControlEndpoint"
---@return moonrock.aws.EndpointResult raises an error object
function M.find(config, service, bucket, region, context)
  region = region or config.region
  if region then
    check_region(region)
  end
  local found, message = rules.resolve(require(rules_of[service.name] or regional),
    parameters(config, service, bucket, region, context))
  if not found then
    local source = config.endpoint_url and config.endpoint_source
    refuse(message, string.format("asked for %s in %s%s%s%s", service.name, region or "no region",
      source and ", with the endpoint URL of " .. source or "",
      config.use_fips and "; use_fips (AWS_USE_FIPS_ENDPOINT) is on" or "",
      config.use_dualstack and "; use_dualstack (AWS_USE_DUALSTACK_ENDPOINT) is on" or ""))
  end
  found.auth = found.auth
    or { { "sigv4", service.signing_name or service.name, region == "aws-global" and "us-east-1" or region } }
  return found
end

local known = { sigv4 = true, ["sigv4-s3express"] = true }

-- The first way of signing that there is here.
local function choose_auth(found)
  for _, auth in ipairs(found.auth) do
    if known[auth[1]] then
      return auth
    end
  end
  errors.raise {
    code = "NotSupported",
    message = string.format("requests to %s are signed with SigV4a, which this version cannot do", found.url),
    hint = "name one of the buckets behind the multi-region access point, or an access point of one region",
    retryable = false,
  }
end

local function target_of(found)
  local auth = choose_auth(found)
  local url = uri.parse(found.url) or refuse(string.format("%s is no usable URL", found.url))
  return {
    scheme = url.scheme,
    host = url.host,
    port = url.port,
    base_path = (url.path:gsub("/+$", "")),
    signing_name = auth[2],
    region = auth[3],
    session = auth[1] == "sigv4-s3express", -- signed with keys of CreateSession
    virtual = found.virtual,
  }
end

local kept_limit = 256 -- a script may look into any number of buckets

---Where a request goes and how it is signed; for the same question the same table again.
---@param config table of config.resolve, not changed between calls
---@param service table {name, endpoint_prefix, signing_name}
---@param bucket? string S3 only
---@param region? string overrides config.region
---@param context? string
---@return table target {scheme, host, port, base_path, region, signing_name, session, virtual}
function M.resolve(config, service, bucket, region, context)
  local kept = config.targets
  if not kept or kept.count == kept_limit then
    kept = { count = 0 }
    config.targets = kept
  end
  local key = service.name
  if bucket or region or context then
    key = table.concat({ key, region or "", context or "", bucket or "" }, "\0")
  end
  local target = kept[key]
  if not target then
    target = target_of(M.find(config, service, bucket, region, context))
    kept[key], kept.count = target, kept.count + 1
  end
  return target
end

---The URL of a target, for messages and tests.
function M.url(target)
  return string.format("%s://%s%s%s", target.scheme, target.host,
    target.port and ":" .. target.port or "", target.base_path)
end

return M
