-- SPDX-License-Identifier: MIT
-- cassette/request.lua -- how a cassette keeps requests and bytes.
-- A request is described as it was before it was signed, without what changes from run to run; two
-- descriptions that are equal ask for the same.

local crypto = require "moonrock.crypto"
local json = require "moonrock.json"
local secret = require "moonrock.secret"
local tables = require "moonrock.tables"

local M = { version = 1, SECRET = "[secret]" }

-- Names of session options that a cassette keeps.
M.SETTINGS = { "region", "use_fips", "use_dualstack", "use_accelerate", "addressing_style", "us_east_1_endpoint",
  "use_arn_region", "disable_host_prefix", "sts_regional_endpoints", "request_checksums", "response_checksums",
  "checksum_algorithm", "payload_signing_enabled", "max_attempts" }

local INLINE = 64 * 1024 -- larger request bodies are kept as their hash

-- Of the attempt, or of the signature.
local VOLATILE = tables.set [[ amz-sdk-invocation-id amz-sdk-request authorization content-length date expect host
  user-agent x-amz-date x-amz-content-sha256 x-amz-security-token x-amzn-trace-id cookie ]]
local PRIVATE = tables.set "sts sso sso-oidc" -- tokens go there in bodies

---What is kept of a header: not a key or a token (of SSE-C, of SSO).
function M.header_value(name, value)
  if secret.is(value) or name:find "customer%-key" or name:find "token$" then
    return M.SECRET
  end
  return tostring(value)
end

---Puts bytes into a line: as text where they are.
function M.put_bytes(into, name, data)
  if utf8.len(data) then
    into[name] = data
  else
    into[name .. "_base64"] = crypto.base64_encode(data)
  end
end

---Bytes as `put_bytes` has put them; nil for none. Raises on what was edited by hand and is no base64.
function M.bytes(from, name)
  local coded = from[name .. "_base64"]
  return from[name] or coded and assert(crypto.base64_decode(coded))
end

-- Tokens are drawn anew in every run; they are no part of what is asked.
local function without_token(data)
  return (data:gsub('("clientRequestToken":)"[^"]*"', '%1"*"'))
end

---What is asked, as the file keeps it; asked of a file body it reads that file.
---@async
---@param request table as moonrock.sigv4 knows it, before it is signed
---@param service string
---@return table
function M.describe(request, service)
  local out = { method = request.method, scheme = request.scheme or "https", host = request.host, port = request.port,
    path = request.path, query = request.query ~= "" and (request.query or ""):gsub(
      "(X%-Amz%-[SC][%w%-]*)=[^&]*", "%1=" .. M.SECRET) or nil, headers = {} }
  for _, header in ipairs(request.headers) do
    local name = header[1]:lower()
    if not VOLATILE[name] then
      out.headers[#out.headers + 1] = { name, M.header_value(name, header[2]) }
    end
  end
  table.sort(out.headers, function(a, b) return a[1] < b[1] or a[1] == b[1] and a[2] < b[2] end)
  out.headers = json.array(out.headers)
  local data = request.body
  if secret.is(data) then
    out.body = M.SECRET
  elseif type(data) == "table" then
    out.body_sha256, out.body_length = crypto.hex_encode(data:digest "SHA256"), #data
  elseif data and data ~= "" then
    data = without_token(data)
    if #data > INLINE or PRIVATE[service] then
      out.body_sha256, out.body_length = crypto.hash("sha256", data), #data
    else
      M.put_bytes(out, "body", data)
    end
  end
  return out
end

return M
