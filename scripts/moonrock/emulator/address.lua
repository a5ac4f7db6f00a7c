-- SPDX-License-Identifier: MIT
-- emulator.address: which service, region and bucket a request is for, from Host, path and the
-- credential scope.  Host forms: "Endpoint and addressing", S3 user guide, and the endpoint rules
-- of bedrock and bedrock-runtime (2026-08-31).  A host that AWS does not know (127.0.0.1,
-- localhost, a name of one's own) is a custom endpoint: there the scope's service decides.

local uri = require "moonrock.uri"
local partitions = require "moonrock.aws.endpoint.partitions"

local match = string.match

local M = {}

---@class moonrock.emulator.Address
---@field service "s3"|"bedrock"|"bedrock-runtime"|"sts"|"sso"|"sso-oidc"|nil
---@field region string|nil when the host names one
---@field bucket string|nil of a virtual-hosted request
---@field global boolean|nil s3.amazonaws.com, which serves us-east-1
---@field custom boolean|nil an endpoint of one's own

-- What stands before the DNS suffix of a partition.
local function aws_host(host)
  for _, partition in ipairs(partitions) do
    for _, suffix in ipairs { partition.dns_suffix, partition.dual_stack_dns_suffix } do
      if host:sub(-#suffix) == suffix and host:sub(-#suffix - 1, -#suffix - 1) == "." then
        return host:sub(1, -#suffix - 2)
      end
    end
  end
end

local function s3_host(front)
  -- bucket.s3-accelerate, which serves all regions
  local fast = match(front, "^(.+)%.s3%-accelerate$") or match(front, "^(.+)%.s3%-accelerate%.dualstack$")
  if fast then return { service = "s3", bucket = fast, custom = true } end
  -- s3 | s3.region | s3-region | s3-fips.region | s3.dualstack.region, each maybe behind "bucket."
  local bucket
  for _, pattern in ipairs { "^(.-)%.?(s3)$", "^(.-)%.?(s3)%.dualstack%.([%w-]+)$",
    "^(.-)%.?(s3)%-fips%.dualstack%.([%w-]+)$", "^(.-)%.?(s3)%-fips%.([%w-]+)$",
    "^(.-)%.?(s3)[%.%-](%l%l%-%l+%-%d)$", "^(.-)%.?(s3)[%.%-](%l+%-%l+%-%l+%-%d)$" } do
    local b, name, region = match(front, pattern)
    if name and (b == "" or front:sub(#b + 1, #b + 1) == ".") then
      bucket = b ~= "" and b or nil
      return { service = "s3", region = region, bucket = bucket, global = region == nil or nil }
    end
  end
end

local services = { -- by the first part of their hosts, which may end with -fips
  bedrock = "bedrock", ["bedrock-runtime"] = "bedrock-runtime", sts = "sts", ["portal.sso"] = "sso", oidc = "sso-oidc",
}

--- What a Host header says.
---@param host string with or without a port
---@return moonrock.emulator.Address
function M.of_host(host)
  host = host:lower():gsub(":%d+$", "")
  local front = aws_host(host)
  if front then
    local prefix, region = match(front, "^([%l.-]+)%.([%w-]+)$")
    local service = prefix and services[prefix] or prefix and services[match(prefix, "^(.*)%-fips$") or ""]
    if service then return { service = service, region = region } end
    if front == "sts" then return { service = "sts", region = "us-east-1" } end
    return s3_host(front) or { custom = true }
  end
  local bucket = match(host, "^(.+)%.localhost$") or match(host, "^(.+)%.s3%.localhost%.[%w.-]+$")
  return { custom = true, bucket = bucket }
end

--- The credential scope of a signed request, from its header or its query.
---@param request moonrock.emulator.Request
---@return { access_key_id: string, date: string, region: string, service: string }|nil
---@return "header"|"query"|"bearer"|nil kind
function M.scope(request)
  local authorization = request.first.authorization
  local credential, kind
  if authorization then
    if match(authorization, "^[Bb]earer ") then return nil, "bearer" end
    credential, kind = match(authorization, "Credential=([^,%s]+)"), "header"
  else
    local raw = match("&" .. request.query, "&[Xx]%-[Aa]mz%-[Cc]redential=([^&]*)")
    credential, kind = raw and uri.decode(raw), raw and "query" or nil
  end
  if not credential then return nil, kind end
  local id, date, region, service = match(credential, "^([^/]+)/([^/]*)/([^/]*)/([^/]*)/aws4_request$")
  if not id then return nil, kind end
  return { access_key_id = id, date = date, region = region, service = service }, kind
end

-- What the federated operations of sts send, which nobody signs.
local function unsigned_form(request, kind)
  return not kind and request.method == "POST" and request.path == "/"
    and match(request.first["content-type"] or "", "^application/x%-www%-form%-urlencoded") ~= nil
end

-- Paths of bedrock that only the runtime answers.
local function runtime_path(path)
  return match(path, "^/model/[^/]+/[%w-]+$") or match(path, "^/guardrail/") or match(path, "^/async%-invoke")
end

--- Where a request goes.  Sets service, region, bucket and `path` (the path of the operation, in
--- path style for S3: /bucket/key).
---@param request moonrock.emulator.Request
---@param scope table|nil
---@param kind string|nil
---@return moonrock.emulator.Address
function M.of_request(request, scope, kind)
  local address = M.of_host(request.first.host)
  if not address.service then
    local signed = scope and scope.service
    if kind == "bearer" or signed == "bedrock" or signed == "bedrock-runtime" then
      address.service = runtime_path(request.path) and "bedrock-runtime" or "bedrock"
      address.bucket = nil
    elseif signed == "sts" or unsigned_form(request, kind) then
      address.service, address.bucket = "sts", nil
    else
      address.service = "s3"
    end
  end
  address.path = request.path
  if address.service == "s3" then
    if address.bucket then
      address.virtual = true
      address.path = "/" .. address.bucket .. (request.path == "/" and "" or request.path)
    else
      local raw = match(request.path, "^/([^/]+)")
      address.bucket = raw and uri.decode(raw) or nil
      -- "/bucket/" is the bucket itself
      address.path = raw and (match(request.path, "^(/[^/]+)/$") or request.path) or "/"
    end
  end
  return address
end

return M
