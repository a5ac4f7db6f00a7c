-- SPDX-License-Identifier: MIT
-- functions.lua -- what conditions of endpoint rules may call (rules.lua).
-- They are those of Smithy's "Rules Engine" specification, section "Standard library" and the AWS
-- additions to it, with lists counted from 1 and fields in snake_case, and four of our own at the end.

local uri = require "moonrock.uri"
local partitions = require "moonrock.aws.endpoint.partitions"

local M = {}

function M.is_set(value)
  return value ~= nil
end

---The partition of a region; of an unknown one: plain AWS.
function M.partition(region)
  for _, partition in ipairs(partitions) do
    if region == partition.global or region:find(partition.pattern) then
      return partition
    end
  end
  return partitions[#partitions]
end

---arn:partition:service:region:account:resource; the resource's parts are split at / and :.
function M.parse_arn(text)
  local partition, service, region, account, resource =
    text:match("^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$")
  if not partition then
    return nil
  end
  local id = {}
  for part in (resource .. "/"):gmatch("([^:/]*)[:/]") do
    id[#id + 1] = part
  end
  return { partition = partition, service = service, region = region, account_id = account, resource_id = id }
end

---Characters from start up to, not with, stop (from 0); reverse counts from the end.
function M.substring(text, start, stop, reverse)
  if start >= stop or #text < stop or text:find("[\x80-\xff]") then
    return nil
  elseif reverse then
    return text:sub(#text - stop + 1, #text - start)
  end
  return text:sub(start + 1, stop)
end

function M.uri_encode(text)
  return uri.encode(text)
end

local function is_label(text)
  return #text <= 63 and text:find("^%w[%w%-]*$") ~= nil and text:sub(-1) ~= "-"
end

local function all_labels(text, allowed)
  for label in (text .. "."):gmatch("([^.]*)%.") do
    if not allowed(label) then
      return false
    end
  end
  return true
end

---May it stand in a host's name, as one label or, with subdomains, as several?
function M.valid_host_label(text, subdomains)
  if subdomains then
    return all_labels(text, is_label)
  end
  return is_label(text)
end

local function is_ipv4(host)
  return host:find("^%d+%.%d+%.%d+%.%d+$") ~= nil
end

---May the bucket's name stand in front of S3's?
function M.virtual_hostable_bucket(name, subdomains)
  return #name >= 3 and #name <= 63 and not name:find("%u") and not is_ipv4(name)
    and M.valid_host_label(name, subdomains)
end

---Of http and https without a query: scheme, authority (host and port), path, normalized_path (with
---a slash at its end) and is_ip.
function M.parse_url(text)
  local url = uri.parse(text)
  if not url or (url.scheme ~= "http" and url.scheme ~= "https") or url.host == ""
    or (url.query and url.query ~= "") or url.fragment then
    return nil
  end
  local path = url.path or ""
  return {
    scheme = url.scheme,
    authority = url.port and string.format("%s:%d", url.host, url.port) or url.host,
    path = path,
    normalized_path = path:gsub("/+$", "") .. "/",
    is_ip = is_ipv4(url.host) or url.host:sub(1, 1) == "[",
  }
end

-- Of our own -------------------------------------------------------------------------------------

---The second if the first holds, else the third.
function M.choose(held, yes, no)
  if held then
    return yes
  end
  return no
end

function M.ends_with(text, suffix)
  return text ~= nil and text:sub(-#suffix) == suffix
end

---Is word one of a list with spaces between?
function M.among(word, list)
  return (" " .. list .. " "):find(" " .. word .. " ", 1, true) ~= nil
end

---The zone of a directory bucket or its access point: usw2-az1 of data--usw2-az1--x-s3.
function M.zone_of(bucket)
  local zone = bucket:match("^.+%-%-(.-)%-%-xa?%-s3$")
  while zone and zone:find("--", 1, true) do
    zone = zone:match("%-%-(.*)$")
  end
  return zone and #zone >= 8 and zone:find("^%w+%-[%w%-]+$") and zone or nil
end

return M
