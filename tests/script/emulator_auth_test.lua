-- SPDX-License-Identifier: MIT
-- What the emulator refuses before any operation runs: signatures, payloads, malformed heads.

local lu = require "luaunit"
local crypto = require "moonrock.crypto"
local emulated = require "emulated"
local sigv4 = require "moonrock.sigv4"
local time = require "moonrock.time"

local emulator

local function ok(status, headers, body)
  lu.assertTrue(status < 300, ("%s: %s"):format(status, body))
  return headers, body
end

local function refused(status, headers, body)
  if headers["x-amzn-errortype"] then return emulated.code_of(headers), status end
  return (emulated.error_of(body)), status
end

local function begin(config)
  emulator = emulated.new(config)
  ok(emulator:s3("PUT", "/bkt", '<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint>'
    .. "</CreateBucketConfiguration>"))
end

local function header(request, name)
  for _, pair in ipairs(request.headers) do
    if pair[1] == name then return pair end
  end
end

TestSignatures = { setUp = function() begin() end, tearDown = function() emulator:close() end }

function TestSignatures:test_wrong_secret_key_id_and_date()
  local function with(options) return refused(emulator:s3("PUT", "/bkt/k", "x", nil, { options = options })) end
  local function key(id, secret) return { credentials = { access_key_id = id, secret_access_key = secret } } end
  lu.assertEquals({ with(key(emulated.key_id, "another")) }, { "SignatureDoesNotMatch", 403 })
  lu.assertEquals({ with(key("AKIDNOBODY", emulated.secret)) }, { "InvalidAccessKeyId", 403 })
  lu.assertEquals({ with { time = time.now() // 1 - 901 | 0 } }, { "RequestTimeTooSkewed", 403 })
  lu.assertEquals({ with { time = time.now() // 1 + 901 | 0 } }, { "RequestTimeTooSkewed", 403 })
  lu.assertEquals({ with { service = "bedrock" } }, { "AuthorizationHeaderMalformed", 400 })
  lu.assertNil((with { time = time.now() // 1 - 899 | 0 }))
  local _, _, body = emulator:s3("GET", "/bkt/k", nil, nil, { options = key(emulated.key_id, "another") })
  local _, fields = emulated.error_of(body)
  lu.assertStrContains(fields.StringToSign, "AWS4-HMAC-SHA256")
  lu.assertStrContains(fields.CanonicalRequest, "GET\n/bkt/k")
  lu.assertEquals(fields.AWSAccessKeyId, emulated.key_id)
end

function TestSignatures:test_anything_changed_after_signing()
  local function spoiled(spoil) return (refused(emulator:s3("PUT", "/bkt/k", "body", { { "x-amz-meta-a", "1" } },
    { spoil = spoil }))) end
  lu.assertEquals(spoiled(function(r) r.path = "/bkt/other" end), "SignatureDoesNotMatch")
  lu.assertEquals(spoiled(function(r) r.method = "DELETE" end), "SignatureDoesNotMatch")
  lu.assertEquals(spoiled(function(r) r.query = "tagging=" end), "SignatureDoesNotMatch")
  lu.assertEquals(spoiled(function(r) header(r, "x-amz-meta-a")[2] = "2" end), "SignatureDoesNotMatch")
  lu.assertEquals(spoiled(function(r) r.headers[#r.headers + 1] = { "x-amz-meta-b", "2" } end), "AccessDenied")
  lu.assertEquals(spoiled(function(r) r.body = "BODY" end), "XAmzContentSHA256Mismatch")
  lu.assertEquals(spoiled(function(r) r.body = "bod" end), "IncompleteBody")
  lu.assertEquals((emulator:s3("HEAD", "/bkt/k")), 404)
end

function TestSignatures:test_payload_hash()
  ok(emulator:s3("PUT", "/bkt/k", "x", nil, { payload_hash = "UNSIGNED-PAYLOAD" }))
  lu.assertEquals(refused(emulator:s3("PUT", "/bkt/k", "x", nil, { payload_hash = crypto.hash("sha256", "y") })),
    "XAmzContentSHA256Mismatch")
  lu.assertEquals(refused(emulator:s3("PUT", "/bkt/k", "x", nil, { sign = false })), "AccessDenied")
end

function TestSignatures:test_presigned()
  ok(emulator:s3("PUT", "/bkt/k%20k", "text"))
  local function get(expires, later, spoil, extra)
    local host = "bkt.s3.us-west-2.amazonaws.com"
    local url = sigv4.presign({ method = "GET", scheme = "https", host = host, path = "/k%20k", query = extra or "",
      headers = { { "host", host } } }, { credentials = { access_key_id = emulated.key_id,
        secret_access_key = emulated.secret }, region = "us-west-2", service = "s3", expires = expires,
      time = time.now() // 1 - (later or 0) | 0 })
    if spoil then url = spoil(url) end
    return emulator:bytes(("GET %s HTTP/1.1\r\nhost: %s\r\n\r\n"):format(url:match "^https://[^/]+(/.*)$", host))
  end
  lu.assertEquals(select(2, ok(get(60))), "text")
  lu.assertEquals(ok(get(60, 0, nil, "response-content-type=a%2Fb"))["content-type"], "a/b")
  lu.assertEquals({ refused(get(60, 61)) }, { "AccessDenied", 403 })
  lu.assertEquals(refused(get(60, 0, function(url) return (url:gsub("Signature=....", "Signature=0000")) end)),
    "SignatureDoesNotMatch")
  lu.assertEquals(refused(get(60, 0, function(url) return (url:gsub("Expires=60", "Expires=600")) end)),
    "SignatureDoesNotMatch")
end

function TestSignatures:test_what_is_no_version_4()
  local function ask(line, more)
    local _, headers, body = emulator:bytes(line .. " HTTP/1.1\r\nhost: bkt.s3.us-west-2.amazonaws.com\r\n"
      .. (more or "") .. "\r\n")
    return (refused(nil, headers, body)), body
  end
  for _, words in ipairs { { "GET /k?AWSAccessKeyId=A&Signature=B&Expires=2000000000" },
    { "GET /k", "authorization: AWS A:B\r\n" } } do
    local code, body = ask(words[1], words[2])
    lu.assertEquals(code, "InvalidRequest")
    lu.assertStrContains(body, "Please use AWS4-HMAC-SHA256. [moonrock rehearsal:")
    lu.assertStrContains(body, "s3v4")
  end
  lu.assertEquals((ask("POST /", "content-type: multipart/form-data; boundary=x\r\ncontent-length: 0\r\n")),
    "NotImplemented")
end

local trailer_mode, signed_mode = "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"

-- Sends data in signed or unsigned chunks of 64 KiB; `spoil` changes the encoded body.
local function chunked(mode, data, spoil, trailers, announced)
  local headers = { { "content-encoding", "gzip,aws-chunked" },
    { "x-amz-decoded-content-length", tostring(announced or #data) } }
  if trailers then headers[#headers + 1] = { "x-amz-trailer", trailers[1][1] } end
  return emulator:s3("PUT", "/bkt/chunked", "", headers, { payload_hash = mode,
    chunked = function(seed, options)
      options.mode = mode
      local encoder, out = sigv4.chunks(seed, options), {}
      for from = 1, #data, 65536 do out[#out + 1] = encoder:chunk(data:sub(from, from + 65535)) end
      out[#out + 1] = encoder:last(trailers)
      local body = table.concat(out)
      return spoil and spoil(body) or body
    end })
end

TestChunked = { setUp = function() begin() end, tearDown = function() emulator:close() end }

local data = ("chunk "):rep(30000)

local function crc(text) return { { "x-amz-checksum-crc32", crypto.hash("crc32", text, "base64") } } end

function TestChunked:test_all_modes_are_undone()
  for _, case in ipairs { { signed_mode }, { signed_mode .. "-TRAILER", crc(data) }, { trailer_mode, crc(data) } } do
    local headers = ok(chunked(case[1], data, nil, case[2]))
    lu.assertEquals(headers["x-amz-checksum-crc32"], case[2] and case[2][1][2])
    local got, body = ok(emulator:s3("GET", "/bkt/chunked"))
    lu.assertTrue(body == data)
    lu.assertEquals(got["content-encoding"], "gzip") -- aws-chunked was the way, not the content
  end
end

function TestChunked:test_spoiled_chunks_and_trailers_are_refused()
  lu.assertEquals(refused(chunked(signed_mode, data, function(b) return (b:gsub("chunk chunk", "chunk CHUNK", 1)) end)),
    "SignatureDoesNotMatch")
  lu.assertEquals(refused(chunked(signed_mode, data, function(b)
    return (b:gsub("chunk%-signature=%x%x%x%x", "chunk-signature=0000", 1)) end)), "SignatureDoesNotMatch")
  lu.assertEquals(refused(chunked(signed_mode .. "-TRAILER", data, function(b)
    return (b:gsub("trailer%-signature:%x%x%x%x", "trailer-signature:0000")) end, crc(data))), "SignatureDoesNotMatch")
  lu.assertEquals(refused(chunked(trailer_mode, data, nil, crc "other")), "BadDigest")
  lu.assertEquals(refused(chunked(signed_mode, data, function(b) return b:sub(1, -100) end)), "IncompleteBody")
  lu.assertEquals(refused(chunked(signed_mode, data, nil, nil, #data + 1)), "IncompleteBody")
  lu.assertEquals(refused(emulator:s3("PUT", "/bkt/chunked", "", nil, { payload_hash = signed_mode,
    chunked = function() return "0\r\n\r\n" end })), "MissingContentLength")
  lu.assertEquals((emulator:s3("HEAD", "/bkt/chunked")), 404)
end

TestTokens = { tearDown = function() emulator:close() end }

function TestTokens:test_session_token()
  begin { session_token = "the-token", session_expires = time.now() + 1000 }
  ok(emulator:s3("PUT", "/bkt/k", "x"))
  emulator.token = "another"
  lu.assertEquals(refused(emulator:s3("PUT", "/bkt/k", "x")), "InvalidToken")
  emulator.token = "the-token"
  require("moonrock.task").sleep(1001)
  lu.assertEquals({ refused(emulator:s3("PUT", "/bkt/k", "x")) }, { "ExpiredToken", 400 })
  lu.assertEquals({ refused(emulator:send { service = "bedrock", method = "GET", path = "/custom-models" }) },
    { "ExpiredTokenException", 403 })
end

function TestTokens:test_bedrock_has_its_own_names()
  begin()
  local function get(options) return refused(emulator:send { service = "bedrock", method = "GET",
    path = "/custom-models",
    options = options }) end
  local function key(id, secret) return { credentials = { access_key_id = id, secret_access_key = secret } } end
  lu.assertNil((get()))
  lu.assertEquals({ get(key(emulated.key_id, "another")) }, { "InvalidSignatureException", 403 })
  lu.assertEquals({ get(key("AKIDNOBODY", emulated.secret)) }, { "UnrecognizedClientException", 403 })
  lu.assertEquals({ get { time = time.now() // 1 - 1000 | 0 } }, { "InvalidSignatureException", 403 })
  lu.assertEquals({ get { region = "us-east-1" } }, { "InvalidSignatureException", 403 })
  lu.assertEquals({ refused(emulator:send { service = "bedrock", method = "GET", path = "/custom-models",
    sign = false }) },
    { "MissingAuthenticationTokenException", 403 })
end

function TestTokens:test_bearer_is_for_bedrock_only()
  begin { bearer_token = "bedrock-api-key-test" }
  local function with(service, path, token)
    return refused(emulator:send { service = service, method = "GET", path = path, sign = false,
      headers = { { "authorization", "Bearer " .. token } } })
  end
  lu.assertNil((with("bedrock", "/custom-models", "bedrock-api-key-test")))
  lu.assertEquals({ with("bedrock", "/custom-models", "another") }, { "AccessDeniedException", 403 })
  lu.assertEquals({ with("s3", "/bkt/k", "bedrock-api-key-test") }, { "InvalidArgument", 400 })
end

TestHeads = { setUp = function() begin() end, tearDown = function() emulator:close() end }

function TestHeads:test_malformed_heads_are_refused()
  for _, head in ipairs {
    "", "GET\r\n\r\n", "GET / HTTP/3.0\r\nhost: h\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
      "GET x HTTP/1.1\r\nhost: h\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: h\r\n folded\r\n\r\n", "GET / HTTP/1.1\nhost: h\n\n",
      "GET /%zz HTTP/1.1\r\nhost: h\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: h\r\nx: a\0b\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: h\r\ncontent-length: x\r\n\r\n", "GET / HTTP/1.1\r\nhost: h\r\nbad name: x\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: h\r\nx: " .. ("y"):rep(65536) .. "\r\n\r\n", "GET / HTTP/1.1\r\nhost: h\r\n\r\nGET",
  } do
    lu.assertEquals((emulator:bytes(head)), 400, head:sub(1, 60))
  end
  ok(emulator:s3("PUT", "/bkt/alive", "x"))
end

function TestHeads:test_a_body_that_breaks_off_stores_nothing()
  local channel = emulator.isolate:connect()
  channel:send "PUT /bkt/half HTTP/1.1\r\nhost: s3.us-west-2.amazonaws.com\r\ncontent-length: 10\r\n\r\n"
  channel:send "01234"
  channel:close "the caller went away"
  lu.assertEquals((emulator:s3("HEAD", "/bkt/half")), 404)
end

function TestHeads:test_administration_is_unsigned_and_apart()
  local status, _, body = emulator:bytes "GET /_moonrock/bill HTTP/1.1\r\nhost: h\r\n\r\n"
  lu.assertEquals(status, 200)
  lu.assertStrContains(body, '"currency":"USD"')
  lu.assertEquals((emulator:bytes "GET /_moonrock/none HTTP/1.1\r\nhost: h\r\n\r\n"), 404)
  lu.assertEquals((emulator:bytes "PUT /_moonrock/bill HTTP/1.1\r\nhost: h\r\n\r\n"), 404)
end

os.exit(lu.LuaUnit.run())
