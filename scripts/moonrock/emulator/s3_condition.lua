-- SPDX-License-Identifier: MIT
-- emulator.s3_condition: conditional requests and byte ranges.
-- Precedence as in RFC 9110 section 13.2.2, which "Conditional requests" of the S3 user guide
-- follows (2026-08-31); conditional writes know If-Match and If-None-Match: * only.

local refuse = require "moonrock.emulator.refuse".refuse

local match, tonumber = string.match, tonumber

local M = {}

local function etag_matches(list, etag)
  if match(list, "^%s*%*%s*$") then return true end
  for one in (list .. ","):gmatch "%s*(.-)%s*," do
    one = one:gsub("^W/", "")
    if one == '"' .. etag .. '"' or one == etag then return true end
  end
  return false
end

local function failed(condition)
  refuse("PreconditionFailed", "At least one of the pre-conditions you specified did not hold",
    { fields = { Condition = condition } })
end

--- Holds a read against its conditions.
---@param entry moonrock.emulator.Entry
---@param params table IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince
---@param prefix string|nil "CopySource" for the source of a copy
function M.read(entry, params, prefix)
  prefix = prefix or ""
  local if_match, if_none = params[prefix .. "IfMatch"], params[prefix .. "IfNoneMatch"]
  local since, unmodified = params[prefix .. "IfModifiedSince"], params[prefix .. "IfUnmodifiedSince"]
  if if_match then
    if not etag_matches(if_match, entry.etag) then failed "If-Match" end
  elseif unmodified and entry.modified > unmodified then
    failed "If-Unmodified-Since"
  end
  local unchanged
  if if_none then
    unchanged = etag_matches(if_none, entry.etag) and "If-None-Match"
  elseif since and entry.modified <= since then
    unchanged = "If-Modified-Since"
  end
  if unchanged then
    if prefix ~= "" then failed(unchanged) end
    refuse("NotModified", "Not Modified", { headers = { { "etag", '"' .. entry.etag .. '"' } } })
  end
end

--- Holds a write against its conditions, given what is there now.
---@param old moonrock.emulator.Entry|nil
---@param params table
---@param key string
function M.write(old, params, key)
  local if_match, if_none = params.IfMatch, params.IfNoneMatch
  if if_none then
    if not match(if_none, "^%s*%*%s*$") then
      refuse("NotImplemented", "A header you provided implies functionality that is not implemented",
        { fields = { Header = "If-None-Match" } })
    end
    if old then failed "If-None-Match" end
  end
  if if_match then
    if not old then
      refuse("NoSuchKey", "The specified key does not exist.", { fields = { Key = key } })
    end
    if not etag_matches(if_match, old.etag) then failed "If-Match" end
  end
end

local function unsatisfiable(range, size)
  refuse("InvalidRange", "The requested range is not satisfiable",
    { fields = { RangeRequested = range, ActualObjectSize = tostring(size) },
      headers = { { "content-range", ("bytes */%d"):format(size) } } })
end

--- One range of a Range header.  A header that is not one range of bytes is ignored, as S3 does.
---@param range string|nil
---@param size integer of the object
---@return integer|nil offset nil for the whole object
---@return integer|nil length
function M.range(range, size)
  if not range then return nil end
  local first, last = match(range, "^%s*bytes=%s*(%d*)%s*%-%s*(%d*)%s*$")
  if not first or (first == "" and last == "") or #first > 18 or #last > 18 then return nil end
  if first == "" then
    local n = tonumber(last)
    if n == 0 or size == 0 then unsatisfiable(range, size) end
    n = math.min(n, size)
    return size - n, n
  end
  local from, to = tonumber(first), tonumber(last)
  if to and to < from then return nil end
  if from >= size then unsatisfiable(range, size) end
  to = math.min(to or size - 1, size - 1)
  return from, to - from + 1
end

--- The range of a part copy, which must be "bytes=a-b" within the source.
---@param range string
---@param size integer
function M.copy_range(range, size)
  local first, last = match(range, "^bytes=(%d+)%-(%d+)$")
  if not first or #first > 18 or #last > 18 then
    refuse("InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=first-last "
      .. "where first and last are the zero-based offsets of the first and last bytes to copy",
      { fields = { ArgumentName = "x-amz-copy-source-range", ArgumentValue = range } })
  end
  local from, to = tonumber(first), tonumber(last)
  if from > to or to >= size then
    refuse("InvalidArgument", ("Range specified is not valid for source object of size: %d"):format(size),
      { fields = { ArgumentName = "x-amz-copy-source-range", ArgumentValue = range } })
  end
  return from, to - from + 1
end

return M
