-- SPDX-License-Identifier: MIT
-- Writes random cases with our own answers, one JSON object a line, for judge.py:
--   moonrock tests/peers/cases.lua [COUNT [SEED]]
-- The same seed gives the same cases.

local crypto = require "moonrock.crypto"
local json = require "moonrock.json"
local sigv4 = require "moonrock.sigv4"
local uri = require "moonrock.uri"

local args = { ... }
local count = tonumber(args[1]) or 1000
math.randomseed(tonumber(args[2]) or 1)
local random = math.random

local function emit(case)
  io.write(json.encode(case), "\n")
end

local function bytes(n)
  local out = {}
  for i = 1, n do out[i] = string.char(random(0, 255)) end
  return table.concat(out)
end

local CHARACTERS = { "a", "Z", "7", "-", "_", ".", "~", " ", "/", "+", "%", "&", "=", "?", "#", ":", "*",
  "'", "(", ",", "\"", "\\", "\n", "\t", "\0", "\127", "\u{e4}", "\u{20ac}", "\u{2028}", "\u{1f600}" }

local function text(n)
  local out = {}
  for i = 1, n do out[i] = CHARACTERS[random(#CHARACTERS)] end
  return table.concat(out)
end

local function number()
  local kind = random(6)
  if kind == 1 then return random(-100, 100) end
  if kind == 2 then return random(math.mininteger, math.maxinteger) end
  if kind == 3 then return random() end
  if kind == 4 then return (random() - 0.5) * 10.0 ^ random(-300, 300) end
  if kind == 5 then return random(-1000000, 1000000) / 100 end
  return random(-50, 50) + 0.0
end

local function value(depth)
  local kind = random(depth > 0 and 8 or 5)
  if kind == 1 then return random(2) == 1 end
  if kind == 2 then return json.null end
  if kind <= 4 then return number() end
  if kind == 5 then return text(random(0, 12)) end
  local result = {}
  if kind <= 7 then
    for _ = 1, random(0, 4) do result[text(random(0, 5))] = value(depth - 1) end
    return json.object(result)
  end
  for i = 1, random(0, 5) do result[i] = value(depth - 1) end
  return json.array(result)
end

for _ = 1, count do
  local v = value(4)
  emit { kind = "json", value = v, indented = json.encode(v, { indent = 2 }),
    ascii = json.encode(v, { indent = 2, ascii = true }) }
end

for _, algorithm in ipairs { "md5", "sha1", "sha256", "sha512", "crc32" } do
  for _ = 1, count // 20 + 1 do
    local data = bytes(random(0, 300))
    emit { kind = "digest", algorithm = algorithm, data = crypto.hex_encode(data), hex = crypto.hash(algorithm, data),
      base64 = crypto.base64_encode(data) }
  end
end

for _ = 1, count // 4 + 1 do
  local data = text(random(0, 20))
  emit { kind = "uri", data = crypto.hex_encode(data), name = uri.encode(data), path = uri.encode(data, "path") }
end

-- ---- signatures ----------------------------------------------------------------------

local WORDS = { "alpha", "b", "key with blank", "\u{e4}\u{20ac}", "a+b", "50%", "x=y", "a&b", "~tilde", "UPPER", "0" }
local METHODS = { "GET", "PUT", "POST", "DELETE", "HEAD" }
local VALUES = { "plain", "two  blanks", "a,b", "x=1; y=2", "UPPER lower" }
local NAMES = { "content-type", "x-amz-meta-a", "x-amz-meta-b", "x-amz-tagging", "range", "accept" }

local function pick(list) return list[random(#list)] end

-- With `once` no name comes twice: botocore's presigner keeps one value of each.
local function query(once)
  local parts, seen = {}, {}
  for _ = 1, random(0, 4) do
    local name = pick(WORDS)
    if not (once and seen[name]) then
      seen[name] = true
      parts[#parts + 1] = uri.encode(name) .. "=" .. (random(5) == 1 and "" or uri.encode(pick(WORDS)))
    end
  end
  return table.concat(parts, "&")
end

local function path()
  local out = ""
  for _ = 1, random(0, 3) do out = out .. "/" .. uri.encode(pick(WORDS)) end
  return out == "" and "/" or out
end

for _ = 1, count // 2 + 1 do
  local service = pick { "s3", "bedrock", "bedrock-runtime", "sts" }
  local time = random(1400000000, 1900000000)
  local headers, seen = {}, {}
  for _ = 1, random(0, 3) do
    local name = pick(NAMES)
    if not seen[name] then
      seen[name] = true
      headers[#headers + 1] = { name, pick(VALUES) }
    end
  end
  local request = { method = pick(METHODS), scheme = "https", host = service .. ".us-east-1.amazonaws.com",
    path = path(), query = query(), headers = headers, body = random(2) == 1 and text(random(0, 40)) or "" }
  local case = { kind = "sigv4", service = service, time = time, method = request.method, host = request.host,
    path = request.path, query = request.query, body = crypto.hex_encode(request.body), headers = json.array {},
    token = random(3) == 1 and "the/session+token==" or json.null }
  for i, header in ipairs(headers) do case.headers[i] = json.array { header[1], header[2] } end
  local options = { region = "us-east-1", service = service, time = time, credentials = {
    access_key_id = "AKIDEXAMPLE", secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token = case.token ~= json.null and case.token or nil } }
  if service == "s3" and random(2) == 1 then
    case.kind = "presign"
    case.headers, case.body = json.array {}, ""
    request.headers, request.body, request.query = {}, nil, query(true)
    case.query = request.query
    options.expires = 900
    case.url = sigv4.presign(request, options)
  else
    sigv4.sign(request, options)
    for _, header in ipairs(request.headers) do
      if header[1] == "authorization" then case.authorization = header[2] end
    end
  end
  emit(case)
end
