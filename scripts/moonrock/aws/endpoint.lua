-- SPDX-License-Identifier: MIT
-- endpoint.lua -- where a request goes: scheme, host, port and path in front of the
-- operation's own, and the region to sign for.
-- S3 buckets go into the host name where TLS and DNS allow it, else into the path; a
-- custom endpoint excludes FIPS and dual-stack.  ARNs as bucket names are not resolved here.

local uri = require "moonrock.uri"
local errors = require "moonrock.error"

local M = {}

-- The first whose pattern fits the region; what fits none is treated as plain AWS.
local partitions = {
  { name = "aws-cn", pattern = "^cn%-%a+%-%d+$", suffix = "amazonaws.com.cn",
    dualstack = "api.amazonwebservices.com.cn", s3_fips = false },
  { name = "aws-us-gov", pattern = "^us%-gov%-%a+%-%d+$", suffix = "amazonaws.com", dualstack = "api.aws" },
  { name = "aws-iso", pattern = "^us%-iso%-%a+%-%d+$", suffix = "c2s.ic.gov" },
  { name = "aws-iso-b", pattern = "^us%-isob%-%a+%-%d+$", suffix = "sc2s.sgov.gov" },
  { name = "aws-iso-e", pattern = "^eu%-isoe%-%a+%-%d+$", suffix = "cloud.adc-e.uk" },
  { name = "aws-iso-f", pattern = "^us%-isof%-%a+%-%d+$", suffix = "csp.hci.ic.gov" },
  { name = "aws-eusc", pattern = "^eusc%-%a+%-%a+%-%d+$", suffix = "amazonaws.eu" },
}
local plain_aws = { name = "aws", suffix = "amazonaws.com", dualstack = "api.aws" }

---@return table partition {name, suffix, dualstack}
function M.partition(region)
  for _, partition in ipairs(partitions) do
    if region:find(partition.pattern) then
      return partition
    end
  end
  return plain_aws
end

local function refuse(message, hint)
  errors.raise { code = "InvalidEndpoint", message = message, hint = hint }
end

local function check_region(region)
  if #region > 63 or not region:find("^%w[%w%-]*$") or region:find("%-$") then
    errors.raise {
      code = "InvalidRegion",
      message = string.format("%q is no region name", region),
      hint = "a region looks like us-west-2",
    }
  end
end

local function is_address(host)
  return host:find("^%d+%.%d+%.%d+%.%d+$") or host:find(":", 1, true) or host:find("^%[")
end

-- A bucket name that can stand as the first label of a host name.
local function hostable(bucket, dots_allowed)
  if #bucket < 3 or #bucket > 63 or is_address(bucket) then
    return false
  elseif not dots_allowed then
    return bucket:find("^[a-z0-9][a-z0-9%-]*[a-z0-9]$") ~= nil
  end
  for label in (bucket .. "."):gmatch("([^.]*)%.") do
    if not label:find("^[a-z0-9][a-z0-9%-]*[a-z0-9]$") and not label:find("^[a-z0-9]$") then
      return false
    end
  end
  return true
end

local function parse_custom(config)
  local where = config.endpoint_source or "option endpoint_url"
  local url = uri.parse(config.endpoint_url)
  if not url or (url.scheme ~= "http" and url.scheme ~= "https") or not url.host or url.host == ""
    or (url.query and url.query ~= "") or config.endpoint_url:find("#", 1, true) then
    refuse(string.format("%s is %q, which is no usable URL", where, config.endpoint_url),
      "an endpoint looks like http://127.0.0.1:9000 or https://storage.example.com")
  elseif config.use_fips then
    refuse(string.format("%s cannot be combined with FIPS endpoints", where),
      "unset AWS_USE_FIPS_ENDPOINT or the endpoint URL")
  elseif config.use_dualstack then
    refuse(string.format("%s cannot be combined with dual-stack endpoints", where),
      "unset AWS_USE_DUALSTACK_ENDPOINT or the endpoint URL")
  end
  local path = url.path or ""
  return {
    scheme = url.scheme,
    host = url.host,
    port = url.port and math.tointeger(tonumber(url.port)),
    base_path = (path:gsub("/+$", "")),
  }
end

local function generic(config, prefix, region)
  local partition = M.partition(region)
  local suffix = partition.suffix
  if config.use_dualstack then
    suffix = partition.dualstack or refuse(string.format("%s has no dual-stack endpoints", partition.name))
  end
  return {
    scheme = "https",
    host = string.format("%s%s.%s.%s", prefix, config.use_fips and "-fips" or "", region, suffix),
    base_path = "",
  }
end

local function s3_host(config, region)
  local partition = M.partition(region == "aws-global" and "us-east-1" or region)
  if config.use_fips and partition.s3_fips == false then
    refuse(string.format("S3 has no FIPS endpoints in %s", partition.name))
  end
  local plain = not config.use_fips and not config.use_dualstack
  if plain and (region == "aws-global" or (region == "us-east-1" and config.us_east_1_endpoint == "legacy")) then
    return "s3.amazonaws.com", partition
  end
  return string.format("s3%s%s.%s.%s", config.use_fips and "-fips" or "",
    config.use_dualstack and ".dualstack" or "", region == "aws-global" and "us-east-1" or region,
    partition.suffix), partition
end

local function accelerate_host(config, partition, virtual)
  if config.use_fips then
    refuse("S3 Accelerate has no FIPS endpoints")
  elseif partition.name ~= "aws" then
    refuse("S3 Accelerate does not exist in partition " .. partition.name)
  elseif not virtual then
    refuse("S3 Accelerate needs a bucket name that can stand in a host name, and no path style")
  end
  return config.use_dualstack and "s3-accelerate.dualstack.amazonaws.com" or "s3-accelerate.amazonaws.com"
end

local function use_virtual(config, bucket, target, custom)
  if config.addressing_style == "path" then
    return false
  elseif custom and config.addressing_style == "auto"
    and (is_address(target.host) or not target.host:find(".", 1, true)) then
    return false
  end
  -- A wildcard certificate covers one label only, so dots go into the path over TLS.
  return hostable(bucket, target.scheme == "http")
end

local function s3(config, region, bucket)
  local custom = config.endpoint_url ~= nil
  local target, partition
  if custom then
    target = parse_custom(config)
  else
    local host
    host, partition = s3_host(config, region)
    target = { scheme = "https", host = host, base_path = "" }
  end
  if bucket then
    if bucket:find("^arn:") then
      refuse("an ARN as bucket name is not supported by this version: " .. bucket,
        "give the bucket's name, or the alias of the access point")
    end
    local virtual = use_virtual(config, bucket, target, custom)
    if config.use_accelerate and not custom then
      target.host = accelerate_host(config, partition, virtual)
    end
    if virtual then
      target.host = bucket .. "." .. target.host
    else
      target.base_path = target.base_path .. "/" .. uri.encode(bucket)
    end
    target.virtual = virtual
  end
  return target
end

---@param config table of config.resolve
---@param service table {name, endpoint_prefix, signing_name}
---@param bucket? string S3 only
---@param region? string overrides config.region (a bucket known to lie elsewhere)
---@return table target {scheme, host, port, base_path, region, signing_name, virtual}
function M.resolve(config, service, bucket, region)
  region = region or config.region
  check_region(region)
  local target
  if service.name == "s3" then
    target = s3(config, region, bucket)
  elseif config.endpoint_url then
    target = parse_custom(config)
  else
    target = generic(config, service.endpoint_prefix or service.name, region)
  end
  target.region = region == "aws-global" and "us-east-1" or region
  target.signing_name = service.signing_name or service.name
  return target
end

---The URL of a target, for messages and tests.
function M.url(target)
  return string.format("%s://%s%s%s", target.scheme, target.host,
    target.port and ":" .. target.port or "", target.base_path)
end

return M
