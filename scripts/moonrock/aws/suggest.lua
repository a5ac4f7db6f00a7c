-- SPDX-License-Identifier: MIT
-- suggest.lua -- "did you mean": the closest of some names.
-- A name is near when at most a third of its letters (and at least two; one of a short name) were
-- changed, added, left out or swapped; among equals the first in sorted order wins.  Names that boto3
-- and the other SDKs have, and that are spelled otherwise here, have tables of their own.

local M = {}

-- Edit distance with swaps of neighbours (optimal string alignment).
local function distance(a, b)
  local before, last, row = {}, {}, {}
  for j = 0, #b do
    last[j] = j
  end
  for i = 1, #a do
    row[0] = i
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      local cost = math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        cost = math.min(cost, before[j - 2] + 1)
      end
      row[j] = cost
    end
    before, last, row = last, row, before
  end
  return last[#b]
end

local function plain(name)
  return (name:lower():gsub("[_%-%s]", ""))
end

---@param name string what was typed
---@param candidates string[] what exists
---@return string|nil the closest, if any is close
function M.closest(name, candidates)
  local names = table.move(candidates, 1, #candidates, 1, {})
  table.sort(names)
  local best, best_distance
  local typed = plain(name)
  for _, candidate in ipairs(names) do
    local d = distance(typed, plain(candidate))
    if d <= math.max(#typed > 4 and 2 or 1, #candidate // 3) and (not best or d < best_distance) then
      best, best_distance = candidate, d
    end
  end
  return best
end

local pages = "use client:each(operation, params) for the items, client:pages(operation, params) for the pages"
local presign = "use s3:generate_presigned_url(operation, params, seconds)"

-- Methods of clients elsewhere, and what does their work here.
local methods = {
  can_paginate = pages, get_paginator = pages, paginate = pages,
  get_waiter = "use client:wait(name, params); moonrock help SERVICE lists the waiters",
  download_fileobj = "use s3:get_object{...}.Body with :read(n), :lines() or :save(path)",
  upload = "use s3:upload_file(path, bucket, key) or s3:put_object{...}",
  download = "use s3:download_file(bucket, key, path) or s3:get_object{...}",
  put = "use s3:put_object{...} or s3:upload_file(path, bucket, key)",
  get = "use s3:get_object{...} or s3:download_file(bucket, key, path)",
  copy = "use s3:copy_object { Bucket =, Key =, CopySource = { Bucket =, Key = } }",
  generate_presigned_post = presign .. " with \"put_object\"; forms are not made here",
  get_presigned_url = presign, presigned_url = presign, get_signed_url = presign,
  exceptions = "errors are told apart by their code: local ok, err = pcall(...); err.code == \"NoSuchKey\"",
}

-- Options of clients and sessions elsewhere.
local keys = "use credentials = { access_key_id =, secret_access_key =, session_token = }"
local options = {
  region_name = "use region", profile_name = "use profile", endpoint = "use endpoint_url",
  aws_access_key_id = keys, aws_secret_access_key = keys, aws_session_token = keys, access_key_id = keys,
  secret_access_key = keys, session_token = keys,
  verify = "use ca_bundle; certificates are always checked", use_ssl = "use endpoint_url with http:// or https://",
  config = "what boto3 has in Config stands among the options", signature_version = "it is always version 4",
  retries = "use max_attempts and retry_mode", max_retries = "use max_attempts", timeout = "use read_timeout",
  proxies = "use proxy", force_path_style = "use addressing_style = \"path\"",
  use_fips_endpoint = "use use_fips", use_dualstack_endpoint = "use use_dualstack",
  request_checksum_calculation = "use request_checksums", response_checksum_validation = "use response_checksums",
}

---What does the work of a method that other SDKs have.
---@param name string
---@return string|nil
function M.method(name) return methods[name] end

---What stands for an option that other SDKs have.
---@param name string
---@return string|nil
function M.option(name) return options[name] end

---The tail of a message: "; did you mean X?" or "".
function M.tail(name, candidates)
  local best = type(name) == "string" and M.closest(name, candidates)
  return best and string.format("; did you mean %s?", best) or ""
end

return M
