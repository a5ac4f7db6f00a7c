-- SPDX-License-Identifier: MIT
-- What is S3's own on the way of a request: addresses, odd keys, redirects, checksums,
-- bodies, readers and pages; over a transport without a wire.

require("moonrock.time").make_virtual { epoch = 1767323045, seed = 1 }

local lu = require "luaunit"
local crypto = require "moonrock.crypto"
local fake = require "fake_transport"
local task = require "moonrock.task"
local tasks = require "moonrock.tasks"

local client, raised = fake.client, fake.raised

TestS3 = {}

function TestS3:test_odd_keys()
  local keys = {
    ["a b/ü+x=1.jsonl"] = "/a%20b/%C3%BC%2Bx%3D1.jsonl",
    ["../up/./x"] = "/../up/./x",
    ["100%"] = "/100%25",
    ["a//b/"] = "/a//b/",
    ["/lead"] = "//lead",
    ["q?x=1#f"] = "/q%3Fx%3D1%23f",
    ["日本/語"] = "/%E6%97%A5%E6%9C%AC/%E8%AA%9E",
  }
  for key, path in pairs(keys) do
    local s3, transport = client("s3", { { body = "data" } })
    s3:get_object { Bucket = "my-bucket", Key = key }
    lu.assertEquals(transport.requests[1].path, path)
    lu.assertEquals(transport.requests[1].host, "my-bucket.s3.amazonaws.com")
    s3, transport = client("s3", { { body = "data" } }, { addressing_style = "path" })
    s3:get_object { Bucket = "my-bucket", Key = key }
    lu.assertEquals(transport.requests[1].path, "/my-bucket" .. path)
  end
end

function TestS3:test_redirect_to_the_buckets_region()
  local answers = {
    { status = 301, headers = { ["x-amz-bucket-region"] = "eu-west-1" },
      body = "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>" },
    { body = "one" }, { body = "two" },
  }
  local s, transport = fake.session(answers)
  lu.assertEquals(s:client("s3"):get_object { Bucket = "my-bucket", Key = "k" }.Body:read("a"), "one")
  lu.assertEquals(s:client("s3"):get_object { Bucket = "my-bucket", Key = "k" }.Body:read("a"), "two")
  lu.assertEquals(transport.requests[2].host, "my-bucket.s3.eu-west-1.amazonaws.com")
  lu.assertStrContains(transport.requests[2].header.authorization, "/eu-west-1/s3/")
  lu.assertEquals(transport.requests[3].host, "my-bucket.s3.eu-west-1.amazonaws.com")
end

function TestS3:test_region_of_an_error_document_and_of_head_bucket()
  local s3, transport = client("s3", {
    { status = 400, body = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message>"
      .. "<Region>us-west-2</Region></Error>" },
    { body = "x" } })
  s3:get_object { Bucket = "my-bucket", Key = "k" }
  lu.assertEquals(transport.requests[2].host, "my-bucket.s3.us-west-2.amazonaws.com")
  s3, transport = client("s3", {
    { status = 301, body = "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>" },
    { status = 403, headers = { ["x-amz-bucket-region"] = "us-east-2" } },
    { body = "x" } })
  s3:get_object { Bucket = "my-bucket", Key = "k" }
  lu.assertEquals({ transport.requests[2].method, transport.requests[3].host },
    { "HEAD", "my-bucket.s3.us-east-2.amazonaws.com" })
end

function TestS3:test_a_region_that_is_none_is_not_followed()
  local s3, transport = client("s3", function()
    return { status = 301, headers = { ["x-amz-bucket-region"] = "evil.example.com/" },
      body = "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>" }
  end)
  raised("PermanentRedirect", s3.get_object, s3, { Bucket = "my-bucket", Key = "k" })
  lu.assertEquals(#transport.requests, 1)
end

function TestS3:test_a_redirect_is_followed_once()
  local regions = { "eu-west-1", "eu-west-2", "eu-west-3" }
  local s3, transport
  s3, transport = client("s3", function(_, number)
    return { status = 301, headers = { ["x-amz-bucket-region"] = regions[number] },
      body = "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>" }
  end)
  raised("PermanentRedirect", s3.get_object, s3, { Bucket = "my-bucket", Key = "k" })
  lu.assertEquals(#transport.requests, 2)
end

function TestS3:test_checksums_of_requests()
  local s3, transport = client("s3", function() return {} end)
  s3:put_object { Bucket = "my-bucket", Key = "k", Body = "hello world" }
  lu.assertEquals(transport.requests[1].header["x-amz-checksum-crc64nvme"], "jSnVw/bqjr4=")
  s3:put_object { Bucket = "my-bucket", Key = "k", Body = "hello world", ChecksumAlgorithm = "CRC32C" }
  lu.assertEquals(transport.requests[2].header["x-amz-checksum-crc32c"], "yZRlqg==")
  s3:put_object { Bucket = "my-bucket", Key = "k", Body = "hello world", ChecksumCRC32 = "DUoRhQ==" }
  lu.assertNil(transport.requests[3].header["x-amz-checksum-crc64nvme"])
  s3, transport = client("s3", function() return {} end, { request_checksums = "when_required" })
  s3:put_object { Bucket = "my-bucket", Key = "k", Body = "hello world" }
  lu.assertNil(transport.requests[1].header["x-amz-checksum-crc64nvme"])
  s3, transport = client("s3", { { body = "<DeleteResult/>" } }, { request_checksums = "when_required" })
  s3:delete_objects { Bucket = "my-bucket", Delete = { Objects = { { Key = "k" } } } }
  lu.assertNil(transport.requests[1].header["x-amz-checksum-crc64nvme"])
  lu.assertEquals(#transport.requests[1].header["content-md5"], 24, "required by the operation")
end

-- A checksum that is announced must be there, whatever other digest the caller gives.
function TestS3:test_a_store_without_checksums_is_found_out()
  local refusals = { { status = 501, body = "<Error><Code>NotImplemented</Code><Message>A header</Message></Error>" },
    { status = 400, body = "<Error><Code>InvalidArgument</Code><Message>x-amz-checksum-crc64nvme</Message></Error>" } }
  for _, refusal in ipairs(refusals) do
    local s3, transport = client("s3", { refusal, {}, {}, { body = "<DeleteResult/>" } },
      { endpoint_url = "http://store.test:9000" })
    s3:put_object { Bucket = "b-1", Key = "k", Body = "x" }
    s3:put_object { Bucket = "b-1", Key = "k", Body = "y" }
    s3:delete_objects { Bucket = "b-1", Delete = { Objects = { { Key = "k" } } } }
    local sent = transport.requests
    lu.assertEquals(#sent, 4)
    lu.assertNotNil(sent[1].header["x-amz-checksum-crc64nvme"])
    for i = 2, 4 do
      lu.assertNil(sent[i].header["x-amz-checksum-crc64nvme"])
      lu.assertNil(sent[i].header["x-amz-sdk-checksum-algorithm"])
    end
    lu.assertNotNil(sent[4].header["content-md5"], "required by the operation")
  end
  -- Without a checksum the signature is what protects the body.
  local path = os.tmpname()
  assert(io.open(path, "wb")):write("x"):close()
  for _, body in ipairs { "x", { path = path } } do
    local s3, transport = client("s3", { refusals[1], {} }, { endpoint_url = "https://store.test" })
    s3:put_object { Bucket = "b-1", Key = "k", Body = body }
    lu.assertEquals(transport.requests[1].header["x-amz-content-sha256"], "UNSIGNED-PAYLOAD")
    lu.assertEquals(transport.requests[2].header["x-amz-content-sha256"], crypto.hash("sha256", "x"))
  end
  os.remove(path)
  -- Not at AWS, not what the caller asked for, not another refusal.
  local answers = { refusals[1] }
  raised("NotImplemented", function() client("s3", answers):put_object { Bucket = "b-1", Key = "k", Body = "x" } end)
  local store = { endpoint_url = "http://store.test:9000" }
  raised("NotImplemented", function()
    client("s3", answers, store):put_object { Bucket = "b-1", Key = "k", Body = "x", ChecksumAlgorithm = "CRC32" }
  end)
  raised("BadDigest", function()
    client("s3", { { status = 400, body = "<Error><Code>BadDigest</Code><Message>checksum</Message></Error>" } }, store)
      :put_object { Bucket = "b-1", Key = "k", Body = "x" }
  end)
end

function TestS3:test_a_bucket_whose_name_is_a_number()
  local s3, transport = client("s3", function() return {} end)
  s3:put_object { Bucket = 12345, Key = 6, Body = "x" }
  lu.assertEquals({ transport.requests[1].host, transport.requests[1].path },
    { "12345.s3.amazonaws.com", "/6" })
end

function TestS3:test_calls_at_the_same_time_all_go_on_without_checksums()
  local s3, transport = client("s3", function(request)
    task.sleep(1)
    return request.header["x-amz-checksum-crc64nvme"] and
      { status = 501, body = "<Error><Code>NotImplemented</Code><Message>A header</Message></Error>" } or {}
  end, { endpoint_url = "http://store.test:9000", max_attempts = 1 })
  tasks.map({ 1, 2, 3 }, function(i)
    s3:put_object { Bucket = "b-1", Key = "k" .. i, Body = "x" }
  end)
  lu.assertEquals(#transport.requests, 6)
  raised("NotImplemented", function() -- a checksum of the caller's own is not taken away
    s3:put_object { Bucket = "b-1", Key = "k", Body = "x", ChecksumCRC64NVME = "1" }
  end)
end

function TestS3:test_a_refusal_that_stays_without_a_checksum_was_not_about_it()
  local refusal = { status = 501, body = "<Error><Code>NotImplemented</Code><Message>A header</Message></Error>" }
  local s3, transport = client("s3", { refusal, refusal, {} }, { endpoint_url = "http://store.test:9000" })
  raised("NotImplemented", s3.put_object, s3, { Bucket = "b-1", Key = "k", Body = "x", StorageClass = "GLACIER" })
  s3:put_object { Bucket = "b-1", Key = "k", Body = "x" }
  lu.assertNotNil(transport.requests[3].header["x-amz-checksum-crc64nvme"], "the client goes on with checksums")
end

function TestS3:test_checksums_beside_a_digest_that_was_given()
  local s3, transport = client("s3", function() return {} end)
  local md5 = crypto.hash("md5", "hello world", "base64")
  s3:put_object { Bucket = "my-bucket", Key = "k", Body = "hello world", ContentMD5 = md5,
    ChecksumAlgorithm = "CRC32C" }
  local header = transport.requests[1].header
  lu.assertEquals({ header["content-md5"], header["x-amz-sdk-checksum-algorithm"], header["x-amz-checksum-crc32c"] },
    { md5, "CRC32C", "yZRlqg==" })
  s3:put_object { Bucket = "my-bucket", Key = "k", Body = "hello world", ChecksumAlgorithm = "SHA512" }
  lu.assertEquals(transport.requests[2].header["x-amz-checksum-sha512"], crypto.hash("sha512", "hello world", "base64"))
  raised("ParamValidation", s3.put_object, s3,
    { Bucket = "my-bucket", Key = "k", Body = "hello world", ChecksumAlgorithm = "XXHASH3" })
  s3, transport = client("s3", function() return {} end, { request_checksums = "when_required" })
  s3:put_bucket_tagging { Bucket = "my-bucket", Tagging = { TagSet = {} }, ContentMD5 = "mine" }
  local sent = 0
  for _, pair in ipairs(transport.requests[1].headers) do sent = sent + (pair[1] == "content-md5" and 1 or 0) end
  lu.assertEquals({ sent, transport.requests[1].header["content-md5"] }, { 1, "mine" })
end

function TestS3:test_keys_of_customers()
  local s3, transport = client("s3", function() return { body = "<CopyPartResult><ETag>e</ETag></CopyPartResult>" } end)
  local plain = ("k"):rep(32)
  local encoded, digest = crypto.base64_encode(plain), crypto.hash("md5", plain, "base64")
  local name = "x-amz-server-side-encryption-customer-key"
  for number, key in ipairs { plain, encoded } do
    s3:get_object { Bucket = "my-bucket", Key = "k", SSECustomerAlgorithm = "AES256", SSECustomerKey = key }
    local header = transport.requests[number].header
    lu.assertEquals({ header[name], header[name .. "-md5"] }, { encoded, digest })
  end
  raised("SSECustomerKey is a key of AES-256: 32 bytes, or their base64; this has 5 bytes", s3.put_object, s3,
    { Bucket = "my-bucket", Key = "k", SSECustomerKey = "short" })
  s3:put_object { Bucket = "my-bucket", Key = "k", SSECustomerKey = "as it is", SSECustomerKeyMD5 = "this too",
    Tagging = { a = "b" } }
  local header = transport.requests[3].header
  lu.assertEquals({ header[name], header[name .. "-md5"], header["x-amz-tagging"] }, { "as it is", "this too", "a=b" })
  s3:upload_part_copy { Bucket = "my-bucket", Key = "k", UploadId = "u", PartNumber = 1,
    CopySource = { Bucket = "other", Key = "a b" }, CopySourceSSECustomerKey = plain }
  header = transport.requests[4].header
  lu.assertEquals({ header["x-amz-copy-source-server-side-encryption-customer-key"], header["x-amz-copy-source"] },
    { encoded, "other/a%20b" })
end

function TestS3:test_an_echo_that_differs_is_an_error()
  local s3 = client("s3", { { headers = { ["x-amz-checksum-crc64nvme"] = "AAAAAAAAAAA=" } } })
  raised("ChecksumMismatch", s3.put_object, s3, { Bucket = "my-bucket", Key = "k", Body = "hello world" })
end

function TestS3:test_checksums_of_replies()
  local function get(headers, status)
    local s3, transport = client("s3", { { status = status, headers = headers, body = "hello world" } })
    local reply = s3:get_object { Bucket = "my-bucket", Key = "k" }
    return reply, transport
  end
  local reply, transport = get { ["x-amz-checksum-crc32"] = "DUoRhQ==" }
  lu.assertEquals(transport.requests[1].header["x-amz-checksum-mode"], "ENABLED")
  lu.assertEquals(reply.Body:read("a"), "hello world")
  reply = get { ["x-amz-checksum-crc32"] = "AAAAAA==" }
  raised("ChecksumMismatch", reply.Body.read, reply.Body, "a")
  reply = get { ["x-amz-checksum-crc32"] = "AAAAAA==-2" } -- of part digests
  lu.assertEquals(reply.Body:read("a"), "hello world")
  reply = get({ ["x-amz-checksum-crc32"] = "AAAAAA==" }, 206) -- of the whole object
  lu.assertEquals(reply.Body:read("a"), "hello world")
end

function TestS3:test_bodies_of_all_kinds()
  local s3, transport = client("s3", function() return {} end)
  local path = os.tmpname()
  local file = io.open(path, "wb")
  file:write("0123456789")
  file:close()
  s3:put_object { Bucket = "my-bucket", Key = "k", Body = { path = path, offset = 2, length = 3 } }
  lu.assertEquals(transport.requests[1].body, "234")
  local pieces = { "ab", "cd" }
  s3:put_object { Bucket = "my-bucket", Key = "k", Body = function() return table.remove(pieces, 1) end }
  lu.assertEquals(transport.requests[2].body, "abcd")
  local handle = io.open(path, "rb")
  handle:seek("set", 4)
  s3:put_object { Bucket = "my-bucket", Key = "k", Body = handle }
  lu.assertEquals(transport.requests[3].body, "456789")
  handle:close()
  raised("must be open", s3.put_object, s3, { Bucket = "my-bucket", Key = "k", Body = handle })
  local folder <close> = io.open("/tmp")
  raised("UnreadableBody", s3.put_object, s3, { Bucket = "my-bucket", Key = "k", Body = folder })
  raised("ENOENT", s3.put_object, s3, { Bucket = "my-bucket", Key = "k", Body = { path = path .. ".none" } })
  raised("has 10 bytes, 30 from offset 2", s3.put_object, s3,
    { Bucket = "my-bucket", Key = "k", Body = { path = path, offset = 2, length = 30 } })
  os.remove(path)
end

function TestS3:test_an_upload_is_completed_with_its_parts()
  local s3, transport = client("s3", {})
  local params = { Bucket = "my-bucket", Key = "k", UploadId = "u" }
  for _, upload in ipairs { false, {}, { Parts = {} } } do
    params.MultipartUpload = upload or nil
    raised("MultipartUpload.Parts is empty", s3.complete_multipart_upload, s3, params)
  end
  raised("3 problems", s3.complete_multipart_upload, s3, {})
  raised("expected a table", s3.complete_multipart_upload, s3,
    { Bucket = "my-bucket", Key = "k", UploadId = "u", MultipartUpload = "x" })
  lu.assertEquals(#transport.requests, 0)
end

function TestS3:test_errors_without_a_document()
  local page = "<html><h1>502 Bad\n Gateway</h1> nginx</html>"
  local s3 = client("s3", { { status = 502, body = page } }, { max_attempts = 1 })
  local err = raised("with these words: 502 Bad Gateway nginx", s3.list_buckets, s3)
  lu.assertStrContains(err.hint, "something before the service")
  s3 = client("s3", { { status = 302, headers = { location = "http://login.example/" } } })
  err = raised("HTTP status 302, a redirect to http://login.example/", s3.list_buckets, s3)
  lu.assertStrContains(err.hint, "login page")
  s3 = client("s3", { { status = 403, body = ("\u{20ac}"):rep(100) } })
  raised("words: " .. ("\u{20ac}"):rep(53) .. "... (", s3.list_buckets, s3)
  s3 = client("s3", { { status = 403, body = "\xff" } })
  raised("without an explanation", s3.list_buckets, s3)
  s3 = client("s3", { { status = 403, body = ("<"):rep(1 << 20) } }) -- would take an hour in quadratic time
  raised("with these words: <<<", s3.list_buckets, s3)
end

function TestS3:test_create_bucket_says_where()
  local s3, transport = client("s3", function() return {} end, { region = "us-west-2" })
  s3:create_bucket { Bucket = "my-bucket" }
  lu.assertStrContains(transport.requests[1].body, "<LocationConstraint>us-west-2</LocationConstraint>")
  s3, transport = client("s3", function() return {} end)
  s3:create_bucket { Bucket = "my-bucket" }
  lu.assertEquals(transport.requests[1].body, "")
end

function TestS3:test_presigned_urls_are_checked()
  local s3 = client("s3", {})
  local params = { Bucket = "b-b", Key = "k" }
  lu.assertErrorMsgContains("604800", s3.generate_presigned_url, s3, "get_object", params, 604801)
  lu.assertErrorMsgContains("604800", s3.presign, s3, "get_object", params, 0)
  lu.assertStrContains(s3:presign("get_object", params), "X-Amz-Expires=3600")
  raised("no body", s3.generate_presigned_url, s3, "put_object", { Bucket = "b-b", Key = "k", Body = "x" })
  raised("Key", s3.generate_presigned_url, s3, "get_object", { Bucket = "b-b" })
end

-- Readers and pages ----------------------------------------------------------------------

TestReaders = {}

function TestReaders:test_forms_of_read()
  local function body()
    return client("s3", { { body = "one\ntwo\n\nlast" } }):get_object { Bucket = "my-bucket", Key = "k" }.Body
  end
  lu.assertEquals(body():read(), "one\ntwo\n\nlast")
  local b = body()
  lu.assertEquals({ b:read(2), b:read("l"), b:read("L"), b:read(100), b:read(1) }, { "on", "e", "two\n", "\nlast" })
  local lines = {}
  for line in body():lines() do lines[#lines + 1] = line end
  lu.assertEquals(lines, { "one", "two", "", "last" })
  lu.assertErrorMsgContains("#body:read", function() return #body() end)
  lu.assertErrorMsgContains("body:read", function() return "x" .. body() end)
  local closed <close> = body()
  closed:close()
  raised("closed", closed.read, closed, "a")
end

function TestReaders:test_save_is_all_or_nothing()
  local path = os.tmpname()
  os.remove(path)
  local s3 = client("s3", { { body = "data" }, { body = "data", cut = 2 } })
  lu.assertEquals(s3:get_object { Bucket = "my-bucket", Key = "k" }.Body:save(path), 4)
  os.remove(path)
  local body = s3:get_object { Bucket = "my-bucket", Key = "k" }.Body
  raised("ConnectionError", body.save, body, path)
  lu.assertNil(io.open(path))
end

TestPages = {}

local function list_answers()
  return {
    { body = "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t1</NextContinuationToken>"
      .. "<Contents><Key>a</Key></Contents><Contents><Key>b</Key></Contents></ListBucketResult>" },
    { body = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>c</Key></Contents></ListBucketResult>" },
  }
end

function TestPages:test_pages_and_each()
  local s3, transport = client("s3", list_answers())
  local count = 0
  for page in s3:pages("list_objects_v2", { Bucket = "my-bucket" }) do
    count = count + #page.Contents
  end
  lu.assertEquals(count, 3)
  lu.assertStrContains(transport.requests[2].query, "continuation-token=t1")
  local keys = {}
  for object in client("s3", list_answers()):each("list_objects_v2", { Bucket = "my-bucket" }) do
    keys[#keys + 1] = object.Key
  end
  lu.assertEquals(keys, { "a", "b", "c" })
end

function TestPages:test_keys_are_asked_encoded_and_given_plain()
  local function list(params)
    local s3, transport = client("s3", { { body = "<ListBucketResult><EncodingType>url</EncodingType>"
      .. "<Prefix>a%2F</Prefix><Contents><Key>a%2F%01+x%2By%25</Key></Contents>"
      .. "<CommonPrefixes><Prefix>a%2Fb+c%2F</Prefix></CommonPrefixes></ListBucketResult>" } })
    return s3:list_objects_v2(params), transport.requests[1]
  end
  local page, request = list { Bucket = "my-bucket" }
  lu.assertStrContains(request.query, "encoding-type=url")
  lu.assertEquals(page.Contents[1].Key, "a/\1 x+y%")
  lu.assertEquals(page.Prefix, "a/")
  lu.assertEquals(page.CommonPrefixes[1].Prefix, "a/b c/")
  lu.assertNil(page.EncodingType)
  page = list { Bucket = "my-bucket", EncodingType = "url" }
  lu.assertEquals(page.Contents[1].Key, "a%2F%01+x%2By%25")
end

function TestPages:test_a_token_that_repeats_is_an_error()
  local bedrock = client("bedrock", function()
    return { body = '{"nextToken":"same","modelCustomizationJobSummaries":[]}' }
  end)
  raised("same page token", function()
    for _ in bedrock:pages("list_model_customization_jobs", {}) do end
  end)
  raised("whole answer", function() client("s3", {}):pages("get_object", {}) end)
end

os.exit(lu.LuaUnit.run())
