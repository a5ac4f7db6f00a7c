-- SPDX-License-Identifier: MIT
-- moonrock.sigv4 and moonrock.secret as scripts see them. The signatures are those of the reference SDK for
-- Python (see tests/unit/sigv4_test.c); the protocol itself is tested in C.

local lu = require "luaunit"
local error_of = require("moonrock.error").is
local secret = require "moonrock.secret"
local sigv4 = require "moonrock.sigv4"

local now = 1767323045 -- 2026-01-02T03:04:05Z
local key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

local function options(service, extra)
  local o = {
    credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = secret.of(key) },
    region = "us-east-1", service = service, time = now,
  }
  for name, value in pairs(extra or {}) do o[name] = value end
  return o
end

local function request(fields)
  local r = { method = "GET", scheme = "https", host = "my-bucket.s3.amazonaws.com", path = "/k", headers = {} }
  for name, value in pairs(fields or {}) do r[name] = value end
  return r
end

local function header(r, name)
  local found, count = nil, 0
  for _, pair in ipairs(r.headers) do
    if pair[1]:lower() == name then found, count = pair[2], count + 1 end
  end
  lu.assertTrue(count <= 1, name .. " stands twice")
  return found
end

local function verifying(service, extra)
  local o = {
    time = now, service = service, region = "us-east-1",
    find = function(id)
      return id == "AKIDEXAMPLE" and { secret_access_key = secret.of(key) } or nil
    end,
  }
  for name, value in pairs(extra or {}) do o[name] = value end
  return o
end

TestSecret = {}

function TestSecret.test_a_secret_cannot_be_read()
  local s = secret.of "hidden"
  lu.assertEquals(tostring(s), "[secret]")
  lu.assertEquals(("%s"):format(s), "[secret]")
  lu.assertTrue(secret.is(s))
  lu.assertFalse(secret.is "hidden")
  lu.assertFalse(secret.is(io and io.stdout or nil))
  lu.assertEquals(getmetatable(s), "secret")
  for name, f in pairs {
    concat = function() return "a" .. s end, index = function() return s.ptr end,
    length = function() return #s end, call = function() return s() end,
    set = function() s.x = 1 end, order = function() return s < s end,
    meta = function() return setmetatable(s, {}) end,
  } do
    lu.assertFalse(pcall(f), name)
  end
end

function TestSecret.test_equality_is_of_the_bytes()
  lu.assertTrue(secret.of "a" == secret.of "a")
  lu.assertFalse(secret.of "a" == secret.of "b")
  lu.assertFalse(secret.of "a" == secret.of "a\0")
  lu.assertFalse(secret.of "a" == "a")
  local s = secret.of "a"
  lu.assertTrue(rawequal(secret.of(s), s))
end

function TestSecret.test_a_closed_secret_is_empty()
  local kept
  do
    local s <close> = secret.of "abc"
    kept = s
  end
  lu.assertTrue(kept == secret.of "")
end

function TestSecret.test_environment()
  lu.assertNil(secret.env "MOONROCK_TEST_NO_SUCH_NAME")
  lu.assertTrue(secret.is(secret.env "PATH"))
  lu.assertErrorMsgContains("string expected", secret.of, 5)
  lu.assertErrorMsgContains("bad argument #1", secret.env)
end

TestSign = {}

function TestSign.test_sign_adds_headers_in_place()
  local r = request { path = "/k", query = "uploads", method = "POST" }
  local same, signature = sigv4.sign(r, options "s3")
  lu.assertTrue(rawequal(same, r))
  lu.assertEquals(signature, "aaaa8b5a8336d93e6ed240b3c0d0e7eed82830cedde7c46d2b62d83433b6b3e2")
  lu.assertEquals(header(r, "host"), "my-bucket.s3.amazonaws.com")
  lu.assertEquals(header(r, "x-amz-date"), "20260102T030405Z")
  lu.assertEquals(header(r, "authorization"), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/s3/"
    .. "aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" .. signature)
  -- Signing again replaces what the first time added.
  local before = #r.headers
  sigv4.sign(r, options("s3", { time = now + 1 }))
  lu.assertEquals(#r.headers, before)
  lu.assertEquals(header(r, "x-amz-date"), "20260102T030406Z")
end

function TestSign.test_bedrock_encodes_the_path_twice()
  local r = request {
    method = "POST", host = "bedrock-runtime.us-east-1.amazonaws.com", body = "{}",
    path = "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fabcdefghijkl/invoke",
  }
  local stages = sigv4.explain(r, options "bedrock")
  lu.assertEquals(#r.headers, 0)
  lu.assertEquals(stages.signature, "32db29dab5972265487c283eacc7fbcca9d8e5bec787796b19cd984a1baf1fee")
  lu.assertEquals(stages.signed_headers, "host;x-amz-date")
  lu.assertStrContains(stages.canonical_request, "/model/arn%253Aaws%253Abedrock%253A")
  lu.assertStrContains(stages.string_to_sign, "20260102/us-east-1/bedrock/aws4_request")
  local _, signature = sigv4.sign(r, options "bedrock")
  lu.assertEquals(signature, stages.signature)
  lu.assertNil(header(r, "x-amz-content-sha256"))
end

function TestSign.test_port_and_scheme_make_the_host_header()
  for _, case in ipairs {
    { "https", nil, "h" }, { "https", 443, "h" }, { "https", 80, "h:80" }, { "http", 80, "h" },
    { "http", 9000, "h:9000" },
  } do
    local r = sigv4.sign(request { scheme = case[1], port = case[2], host = "h" }, options "s3")
    lu.assertEquals(header(r, "host"), case[3])
  end
end

function TestSign.test_presign()
  local r = request { path = "/k.jsonl" }
  local url = sigv4.presign(r, options("s3", { expires = 900 }))
  lu.assertEquals(url, "https://my-bucket.s3.amazonaws.com/k.jsonl?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
    .. "AKIDEXAMPLE%2F20260102%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=900"
    .. "&X-Amz-SignedHeaders=host&X-Amz-Signature=a17adb2aeb9416f24ac93f5ce6866b703c3399001e7d79b0eed5f1e03decd416")
  lu.assertEquals(#r.headers, 0)
  local received = request { path = "/k.jsonl", query = url:match "%?(.*)", headers = { { "host", r.host } } }
  local identity = assert(sigv4.verify(received, verifying "s3"))
  lu.assertEquals(identity.kind, "presigned")
  lu.assertEquals(identity.expires, 900)
  local _, err = sigv4.verify(received, verifying("s3", { time = now + 901 }))
  lu.assertEquals({ err.code, err.status, err.message }, { "AccessDenied", 403, "Request has expired" })
  for _, bad in ipairs { 0, 604801, "900", 0 / 0 } do
    lu.assertErrorMsgContains("1 to 604800", sigv4.presign, r, options("s3", { expires = bad }))
  end
end

function TestSign.test_secrets_stay_secret()
  local o = options("s3", { expires = nil })
  o.credentials.session_token = secret.of "to/k+en="
  local r = request { headers = { { "x-amz-server-side-encryption-customer-key", secret.of "customer" } } }
  local stages = sigv4.explain(r, o)
  o.expires = 60
  local presigned = sigv4.explain(r, o)
  for _, text in pairs { stages.canonical_request, presigned.canonical_request, presigned.url } do
    lu.assertNotStrContains(text, "to/k+en")
    lu.assertNotStrContains(text, "to%2Fk")
    lu.assertNotStrContains(text, "customer\n")
  end
  lu.assertStrContains(stages.canonical_request, "x-amz-security-token:[secret]\n")
  lu.assertEquals(presigned.url:sub(-64), presigned.signature)
  lu.assertStrContains(sigv4.presign(r, o), "X-Amz-Security-Token=to%2Fk%2Ben%3D") -- a URL carries what it must
  o.expires = nil
  local _, signature = sigv4.sign(r, o)
  lu.assertEquals(signature, stages.signature)
  lu.assertTrue(secret.is(header(r, "x-amz-security-token")))
  -- A plain token gives the same signature.
  o.credentials.session_token = "to/k+en="
  lu.assertEquals(sigv4.explain(r, o).signature, signature)
  -- Not even a refusal shows them.
  local _, err = sigv4.verify(r, verifying("s3", {
    find = function() return { secret_access_key = "other", session_token = "to/k+en=" } end,
  }))
  lu.assertEquals(err.code, "SignatureDoesNotMatch")
  lu.assertNil(err.fields.canonical_request)
end

function TestSign.test_bearer()
  local r = sigv4.bearer({ headers = { { "Authorization", "old" } } }, secret.of "ABSK-token")
  lu.assertEquals(#r.headers, 1)
  lu.assertEquals(r.headers[1][1], "authorization")
  lu.assertTrue(r.headers[1][2] == secret.of "Bearer ABSK-token")
  lu.assertErrorMsgContains("visible ASCII", sigv4.bearer, { headers = {} }, "a b")
  lu.assertErrorMsgContains("a token is a string or a secret", sigv4.bearer, { headers = {} }, 5)
  lu.assertErrorMsgContains("must be {name, value}", sigv4.bearer, { headers = { 5 } }, "t")
  lu.assertErrorMsgContains("'headers' must be", sigv4.bearer, { headers = "x" }, "t")
end

function TestSign.test_misuse_is_told()
  local o = options "s3"
  for _, case in ipairs {
    { "table expected", nil, o }, { "'method' is missing", {}, o },
    { "no host", request { host = "" }, o },
    { "headers[2] must be", request { headers = { { "a", "b" }, { "c" } } }, o },
    { "headers[1] must be", request { headers = { { 1, "b" } } }, o },
    { "'headers' must be", request { headers = "x" }, o },
    { "'path' must be a string", request { path = 5 }, o },
    { "payload_hash", request { body = function() end }, o },
    { "cannot stand in a request", request { headers = { { "a", "b\nc: d" } } }, o },
    { "cannot stand in a request", request { method = "GET /" }, o },
    { "'credentials' must be", request(), {} },
    { "no access_key_id", request(), options("s3", { credentials = {} }) },
    { "no secret_access_key", request(), options("s3", { credentials = { access_key_id = "a" } }) },
    { "'secret_access_key' must be", request(),
      options("s3", { credentials = { access_key_id = "a", secret_access_key = 1 } }) },
    { "'region' is missing", request(), options("s3", { region = "" }) },
    { "seconds since 1970", request(), options("s3", { time = "now" }) },
    { "seconds since 1970", request(), options("s3", { time = 0 / 0 }) },
  } do
    lu.assertErrorMsgContains(case[1], sigv4.sign, case[2], case[3])
  end
  lu.assertErrorMsgContains("argument #2", sigv4.sign, request(),
    options("s3", { credentials = { access_key_id = "a", secret_access_key = 1 } }))
end

TestVerify = {}

local function signed(service, fields)
  local r = sigv4.sign(request(fields), options(service))
  return r
end

function TestVerify.test_what_was_signed_is_verified()
  local identity = assert(sigv4.verify(signed("s3", { body = "x" }), verifying "s3"))
  lu.assertEquals(identity.kind, "header")
  lu.assertEquals(identity.access_key_id, "AKIDEXAMPLE")
  lu.assertEquals(identity.region, "us-east-1")
  lu.assertEquals(identity.service, "s3")
  lu.assertEquals(identity.time, now)
  lu.assertEquals(identity.payload_hash, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
  lu.assertNil(identity.chunk_verifier)
  assert(sigv4.verify(signed("bedrock", { body = "{}" }), verifying "bedrock"))
end

function TestVerify.test_refusals_have_the_names_of_aws()
  local function wrong_secret() return { secret_access_key = "wrong" } end
  local function expired() return { secret_access_key = key, session_token = "t", expires = now } end
  for _, case in ipairs {
    { "s3", "SignatureDoesNotMatch", 403, { find = wrong_secret } },
    { "bedrock", "InvalidSignatureException", 403, { find = wrong_secret } },
    { "s3", "InvalidAccessKeyId", 403, { find = function() end } },
    { "bedrock", "UnrecognizedClientException", 403, { find = function() end } },
    { "s3", "RequestTimeTooSkewed", 403, { time = now + 901 } },
    { "bedrock", "InvalidSignatureException", 403, { time = now - 901 } },
    { "s3", "AuthorizationHeaderMalformed", 400, { region = "us-east-2" } },
    { "bedrock", "InvalidSignatureException", 403, { region = "us-east-2" } },
    { "s3", "ExpiredToken", 400, { find = expired }, "t" },
    { "bedrock", "ExpiredTokenException", 403, { find = expired }, "t" },
  } do
    local o = options(case[1])
    o.credentials.session_token = case[5]
    local identity, err = sigv4.verify(sigv4.sign(request(), o), verifying(case[1], case[4]))
    lu.assertNil(identity)
    lu.assertTrue(error_of(err))
    lu.assertEquals({ err.service_code, err.status }, { case[2], case[3] })
    if case[1] == "s3" then lu.assertEquals(err.code, case[2]) end
  end
  local _, err = sigv4.verify(request(), verifying "s3")
  lu.assertEquals({ err.code, err.service_code, err.status }, { "MissingAuthenticationToken", "AccessDenied", 403 })
  _, err = sigv4.verify(request(), verifying "bedrock")
  lu.assertEquals(err.service_code, "MissingAuthenticationTokenException")
  _, err = sigv4.verify(signed "s3", verifying("s3", { region = "eu-west-1" }))
  lu.assertEquals(err.fields.region, "eu-west-1")
  lu.assertStrContains(err.message, "expecting 'eu-west-1'")
  local r = signed("s3", { body = "x" })
  r.path = "/other"
  _, err = sigv4.verify(r, verifying "s3")
  lu.assertStrContains(err.fields.canonical_request, "GET\n/other\n")
  lu.assertEquals(err.fields.access_key_id, "AKIDEXAMPLE")
  lu.assertEquals(#err.fields.signature_provided, 64)
  r.path, r.body = "/k", "y"
  _, err = sigv4.verify(r, verifying "s3")
  lu.assertEquals(err.code, "XAmzContentSHA256Mismatch")
end

function TestVerify.test_find_may_not_change_the_request()
  local r = signed "s3"
  local ok = pcall(sigv4.verify, r, verifying("s3", {
    find = function()
      for i = #r.headers, 1, -1 do r.headers[i] = nil end
      collectgarbage()
      return { secret_access_key = key }
    end,
  }))
  lu.assertTrue(ok) -- refused, not crashed
  r = signed "s3"
  lu.assertErrorMsgContains("changed by find", sigv4.verify, r, verifying("s3", {
    find = function()
      for _, pair in ipairs(r.headers) do pair[2] = pair[2]:gsub("AKIDEXAMPLE", "AKIDEXAMPLF") end
      return { secret_access_key = key }
    end,
  }))
  lu.assertErrorMsgContains("must return a table", sigv4.verify, signed "s3", verifying("s3", {
    find = function() return 5 end,
  }))
  for _, found in ipairs { { secret_access_key = 5 }, { secret_access_key = key, expires = "soon" } } do
    lu.assertErrorMsgContains("argument #2", sigv4.verify, signed "s3", verifying("s3", {
      find = function() return found end,
    }))
  end
end

function TestVerify.test_bearer()
  local r = sigv4.bearer(request(), "ABSK-token")
  lu.assertEquals(assert(sigv4.verify(r, verifying("bedrock", { bearer = "ABSK-token" }))).kind, "bearer")
  for _, o in ipairs { verifying "bedrock", verifying("bedrock", { bearer = secret.of "other" }) } do
    local _, err = sigv4.verify(r, o)
    lu.assertEquals({ err.service_code, err.status }, { "AccessDeniedException", 403 })
  end
  local _, err = sigv4.verify(r, verifying("s3", { bearer = "ABSK-token" }))
  lu.assertEquals(err.service_code, "InvalidArgument")
end

TestChunks = {}

local body = ("0123456789abcdef"):rep(1024) -- 16 KiB

local function upload(mode, trailers)
  local r = request { method = "PUT", payload_hash = mode, headers = { { "x-amz-decoded-content-length", #body } } }
  local _, seed = sigv4.sign(r, options "s3")
  local encoder = sigv4.chunks(seed, options("s3", { mode = mode }))
  r.payload_hash = nil
  r.body = encoder:chunk(body:sub(1, 8192)) .. encoder:chunk(body:sub(8193)) .. encoder:last(trailers)
  return r
end

function TestChunks.test_there_and_back()
  local trailers = { { "x-amz-checksum-crc32c", "sOO8/Q==" } }
  for _, case in ipairs {
    { "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" }, { "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", trailers },
    { "STREAMING-UNSIGNED-PAYLOAD-TRAILER", trailers },
  } do
    local mode, extra = case[1], case[2]
    local r = upload(mode, extra)
    lu.assertEquals(#r.body, sigv4.encoded_length(#body, 8192, { mode = mode, trailers = extra }))
    local identity = assert(sigv4.verify(r, verifying "s3"))
    lu.assertEquals(identity.payload_hash, mode)
    lu.assertEquals(identity.chunk_verifier == nil, mode:find "UNSIGNED" ~= nil)
    for _ = 1, 2 do -- a verifier can be used again
      local content, got = sigv4.unchunk(r.body, {
        mode = mode, verifier = identity.chunk_verifier, decoded_length = #body, trailer = extra and extra[1][1],
      })
      lu.assertEquals(content, body)
      lu.assertEquals(got, extra or {})
    end
  end
end

function TestChunks.test_a_changed_body_is_refused()
  local r = upload("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", { { "x-amz-checksum-crc32c", "sOO8/Q==" } })
  local identity = assert(sigv4.verify(r, verifying "s3"))
  local function refused(changed, code, extra)
    local o = { mode = identity.payload_hash, verifier = identity.chunk_verifier }
    for name, value in pairs(extra or {}) do o[name] = value end
    local content, err = sigv4.unchunk(changed, o)
    lu.assertNil(content)
    lu.assertEquals(err.code, code)
    return err
  end
  lu.assertEquals(refused(r.body:gsub("0123", "0124", 1), "SignatureDoesNotMatch").fault, "chunk_signature")
  lu.assertEquals(refused(r.body:gsub("sOO8", "sOO9"), "SignatureDoesNotMatch").fault, "trailer_signature")
  refused(r.body:sub(1, -2), "IncompleteBody")
  refused(r.body, "IncompleteBody", { decoded_length = #body + 1 })
  refused(r.body, "MalformedTrailerError", { trailer = "x-amz-checksum-sha256" })
  refused(r.body .. "x", "InvalidRequest")
  refused(r.body, "InvalidChunkSizeError", { min_chunk = 10000 })
  lu.assertErrorMsgContains("need the verifier", sigv4.unchunk, r.body, { mode = identity.payload_hash })
  lu.assertErrorMsgContains("'mode' must be", sigv4.unchunk, r.body, { mode = "x" })
end

function TestChunks.test_misuse_is_told()
  local o = options "s3"
  lu.assertErrorMsgContains("64 hex digits", sigv4.chunks, "00", o)
  local encoder = sigv4.chunks(("0"):rep(64), o)
  lu.assertErrorMsgContains("last()", encoder.chunk, encoder, "")
  lu.assertErrorMsgContains("no trailers", encoder.last, encoder, { { "a", "b" } })
  lu.assertErrorMsgContains("list of {name, value}", encoder.last, encoder, { "a" })
  lu.assertStrContains(tostring(encoder), "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
end

-- A finalizer may run in the middle of a signature and change the tables that are read.
TestFinalizers = {}

function TestFinalizers.test_a_request_that_changes_meanwhile_is_safe()
  collectgarbage "generational"
  for i = 1, 300 do
    local token = secret.of("token" .. i)
    local r = request { headers = {}, body = ("b"):rep(i) }
    for k = 1, 10 do r.headers[k] = { "x-" .. k, ("v"):rep(50) .. k .. i } end
    local o = options "s3"
    o.credentials.session_token = token
    setmetatable({}, { __gc = function()
      for k = 1, 10 do if r.headers[k] then r.headers[k][2] = "changed" .. k end end
      do local _ <close> = token end
      o.credentials = nil
      if i % 3 == 0 then r.headers = i % 2 == 0 and "none" or { 5 } end
      r.path, r.body = "/changed" .. i, nil
      collectgarbage "step"
    end })
    pcall(sigv4.sign, r, o)
    pcall(sigv4.explain, r, o)
    pcall(sigv4.verify, r, verifying "s3")
  end
  collectgarbage "incremental"
end

os.exit(lu.LuaUnit.run())
