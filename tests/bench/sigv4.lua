-- SPDX-License-Identifier: MIT
--
-- sigv4.lua: signatures a second through the Lua face, 1 KiB body hashed each time.
-- The median of several rounds; "new day" derives the signing key for every signature.
-- Run: build/moonrock tests/bench/sigv4.lua [signatures a round]

local secret = require "moonrock.secret"
local sigv4 = require "moonrock.sigv4"

local count = tonumber((...)) or 20000
local body = ("0123456789abcdef"):rep(64)

local function options(service)
  return {
    credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = secret.of(("k"):rep(40)) },
    region = "us-east-1", service = service, time = 1767323045,
  }
end

local function invoke()
  return {
    method = "POST", scheme = "https", host = "bedrock-runtime.us-east-1.amazonaws.com",
    path = "/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke", body = body,
    headers = { { "content-type", "application/json" }, { "accept", "application/json" } },
  }
end

local function put()
  return {
    method = "PUT", scheme = "https", host = "my-bucket.s3.us-east-1.amazonaws.com", path = "/data/part-0001.jsonl",
    query = "partNumber=1&uploadId=abc", body = body, headers = { { "content-type", "application/octet-stream" } },
  }
end

local find_result = { secret_access_key = secret.of(("k"):rep(40)) }
local cases = {
  { "sign, bedrock", invoke, options "bedrock", sigv4.sign },
  { "sign, bedrock, empty body", function()
    local r = invoke()
    r.body = nil
    return r
  end, options "bedrock", sigv4.sign },
  { "sign, bedrock, new day", invoke, options "bedrock", function(r, o)
    o.time = o.time % 2e9 + 86400
    sigv4.sign(r, o)
  end },
  { "sign, s3", put, options "s3", sigv4.sign },
  { "presign, s3", put, (function() local o = options "s3" o.expires = 900 return o end)(), sigv4.presign },
  { "verify, s3", function() return (sigv4.sign(put(), options "s3")) end,
    { find = function() return find_result end, time = 1767323045, service = "s3" }, function(r, o)
      assert(sigv4.verify(r, o))
    end },
}

print(("%-28s %14s %10s"):format("", "a second", "us each"))
for _, case in ipairs(cases) do
  local name, make, o, f = table.unpack(case)
  local rounds = {}
  for round = 1, 5 do
    local requests = {}
    for i = 1, count do requests[i] = make() end
    collectgarbage()
    local start = os.clock()
    for i = 1, count do f(requests[i], o) end
    rounds[round] = (os.clock() - start) / count
  end
  table.sort(rounds)
  print(("%-28s %14.0f %10.2f"):format(name, 1 / rounds[3], rounds[3] * 1e6))
end
