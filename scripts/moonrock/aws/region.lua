-- SPDX-License-Identifier: MIT
-- region.lua -- where an S3 bucket really lies, learnt from a refusal.
-- The order is that of the Python SDK: the header x-amz-bucket-region, then
-- <Region> in the error, then a HEAD of the bucket, whose header counts even on an error.

local M = {}

local codes = {
  PermanentRedirect = true, TemporaryRedirect = true, AuthorizationHeaderMalformed = true,
  IllegalLocationConstraintException = true, IncorrectEndpoint = true,
}

---May this failure be the wrong region?
---@param op table
---@param err table
---@param header fun(name: string): string|nil
function M.suspects(op, err, header)
  if op.name == "CreateBucket" then
    return false
  elseif err.status == 301 or err.status == 302 or err.status == 307 then
    return true
  elseif codes[err.code] then
    return true
  end
  return op.http_method == "HEAD" and err.status == 400 and header("x-amz-bucket-region") ~= nil
end

---@param err table with `fields` of the error document
---@param header fun(name: string): string|nil
---@param head fun(): string|nil asks the bucket itself; called last
---@return string|nil region
function M.find(err, header, head)
  local fields = err.fields or {}
  local found = header("x-amz-bucket-region") or fields.Region or fields.region or head()
  -- It becomes part of a host name, so it must look like a region.
  return type(found) == "string" and found:find("^%l[%w%-]+%d$") and found or nil
end

return M
