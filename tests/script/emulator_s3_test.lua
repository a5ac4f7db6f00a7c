-- SPDX-License-Identifier: MIT
-- The emulator's S3, by raw signed requests: objects, listings, multipart, conditions, errors.

local lu = require "luaunit"
local crypto = require "moonrock.crypto"
local emulated = require "emulated"
local time = require "moonrock.time"
local tasks = require "moonrock.task"

local emulator

local function code(status, _, body)
  return (emulated.error_of(body)), status
end

local function ok(status, headers, body)
  lu.assertTrue(status < 300, ("%s: %s"):format(status, body))
  return headers, body
end

local function begin()
  emulator = emulated.new()
  ok(emulator:s3("PUT", "/bkt", '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    .. "<LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>"))
end

local function put(key, body, headers) return ok(emulator:s3("PUT", "/bkt/" .. key, body, headers)) end

TestBuckets = { setUp = begin, tearDown = function() emulator:close() end }

function TestBuckets:test_creation_rules()
  local east = { region = "us-east-1", host = "s3.amazonaws.com" }
  local function constraint(region)
    return "<CreateBucketConfiguration><LocationConstraint>" .. region
      .. "</LocationConstraint></CreateBucketConfiguration>"
  end
  local headers = ok(emulator:s3("PUT", "/east-one", "", nil, east))
  lu.assertEquals(headers.location, "/east-one")
  ok(emulator:s3("PUT", "/east-one", "", nil, east)) -- once more in us-east-1 is no error
  lu.assertEquals(code(emulator:s3("PUT", "/bkt", constraint "us-west-2")), "BucketAlreadyOwnedByYou")
  lu.assertEquals(code(emulator:s3("PUT", "/other")), "IllegalLocationConstraintException")
  lu.assertEquals(code(emulator:s3("PUT", "/other", constraint "eu-west-1")), "IllegalLocationConstraintException")
  lu.assertEquals(code(emulator:s3("PUT", "/other", constraint "us-east-1", nil, east)), "InvalidLocationConstraint")
  lu.assertEquals(code(emulator:s3("PUT", "/other", constraint "mars-1", nil, east)), "InvalidLocationConstraint")
  for _, name in ipairs { "ab", "Upper", "under_score", "a..b", "192.168.1.1", "xn--x", "-dash" } do
    lu.assertEquals(code(emulator:s3("PUT", "/" .. name, "", nil, east)), "InvalidBucketName", name)
  end
end

function TestBuckets:test_location_head_list_and_delete()
  local _, body = ok(emulator:s3("GET", "/bkt?location"))
  lu.assertStrContains(body, "us-west-2</LocationConstraint>")
  lu.assertEquals(ok(emulator:s3("HEAD", "/bkt"))["x-amz-bucket-region"], "us-west-2")
  _, body = ok(emulator:s3("GET", "/"))
  lu.assertStrContains(body, "<Name>bkt</Name>")
  put("k", "x")
  lu.assertEquals(code(emulator:s3("DELETE", "/bkt")), "BucketNotEmpty")
  lu.assertEquals((emulator:s3("DELETE", "/bkt/k")), 204)
  lu.assertEquals((emulator:s3("DELETE", "/bkt")), 204)
  local status, headers, empty = emulator:s3("HEAD", "/bkt")
  lu.assertEquals({ status, empty }, { 404, "" })
  lu.assertNotNil(headers["x-amz-request-id"])
  lu.assertNotNil(headers["x-amz-id-2"])
  lu.assertEquals(code(emulator:s3("GET", "/bkt?list-type=2")), "NoSuchBucket")
end

function TestBuckets:test_wrong_region()
  -- an endpoint of another region, signed for that region
  local status, headers, body = emulator:s3("GET", "/bkt/k", nil, nil, { region = "eu-west-1" })
  lu.assertEquals(status, 301)
  lu.assertEquals(headers["x-amz-bucket-region"], "us-west-2")
  lu.assertEquals(emulated.error_of(body), "PermanentRedirect")
  -- the bucket's own name on the global host, signed for us-east-1
  status, headers, body = emulator:s3("GET", "/k", nil, nil, { region = "us-east-1", host = "bkt.s3.amazonaws.com" })
  local name, fields = emulated.error_of(body)
  lu.assertEquals({ status, name, fields.Region }, { 400, "AuthorizationHeaderMalformed", "us-west-2" })
  lu.assertEquals(headers["x-amz-bucket-region"], "us-west-2")
  -- a scope that is not the host's
  name, fields = emulated.error_of(select(3, emulator:s3("GET", "/bkt/k", nil, nil,
    { region = "us-east-1", host = "s3.us-west-2.amazonaws.com" })))
  lu.assertEquals({ name, fields.Region }, { "AuthorizationHeaderMalformed", "us-west-2" })
end

TestObjects = { setUp = begin, tearDown = function() emulator:close() end }

function TestObjects:test_round_trip_with_facts()
  local headers = put("a/b.txt", "hello world", { { "content-type", "text/plain" },
    { "x-amz-meta-color", "blue green" },
    { "cache-control", "no-cache" }, { "x-amz-tagging", "k=v&space%20d=1" } })
  lu.assertEquals(headers.etag, '"5eb63bbbe01eeed093cb22bb8f5acdc3"')
  lu.assertEquals(headers["x-amz-checksum-crc64nvme"], "jSnVw/bqjr4=")
  local got, body = ok(emulator:s3("GET", "/bkt/a/b.txt", nil, { { "x-amz-checksum-mode", "ENABLED" } }))
  lu.assertEquals(body, "hello world")
  lu.assertEquals({ got["content-type"], got["x-amz-meta-color"], got["cache-control"], got["x-amz-tagging-count"],
    got["content-length"], got["accept-ranges"], got["x-amz-checksum-crc64nvme"] },
    { "text/plain", "blue green", "no-cache", "2", "11", "bytes", "jSnVw/bqjr4=" })
  local head, empty = ok(emulator:s3("HEAD", "/bkt/a/b.txt"))
  lu.assertEquals({ empty, head["content-length"], head.etag }, { "", "11", headers.etag })
  lu.assertNil(head["x-amz-checksum-crc64nvme"])
  lu.assertEquals(time.parse(head["last-modified"]), time.now() // 1)
  got = ok(emulator:s3("GET", "/bkt/a/b.txt?response-content-type=application%2Fjson"))
  lu.assertEquals(got["content-type"], "application/json")
end

function TestObjects:test_odd_keys_are_plain_keys()
  local keys = { "..", "a/../../b", "a//b", "/lead", "sp ace", "per%cent", "plus+plus", "h\u{e9}\u{2603}.json",
    "a/", "q?x=1&y",
    "%2e%2e", "." }
  for _, key in ipairs(keys) do
    local raw = key:gsub("[^%w%-._~/]", function(c) return ("%%%02X"):format(c:byte()) end)
    put(raw, "body of " .. key)
    local _, body = ok(emulator:s3("GET", "/bkt/" .. raw))
    lu.assertEquals(body, "body of " .. key)
  end
  local _, list = ok(emulator:s3("GET", "/bkt?list-type=2&encoding-type=url"))
  lu.assertStrContains(list, "<KeyCount>" .. #keys .. "</KeyCount>")
  lu.assertStrContains(list, "plus%2Bplus")
  lu.assertEquals(code(emulator:s3("PUT", "/bkt/" .. ("k"):rep(1025), "x")), "KeyTooLongError")
  ok(emulator:s3("PUT", "/bkt/" .. ("k"):rep(1024), "x"))
end

function TestObjects:test_virtual_host_and_custom_endpoint()
  ok(emulator:s3("PUT", "/k%20k", "one", nil, { host = "bkt.s3.us-west-2.amazonaws.com" }))
  local _, body = ok(emulator:s3("GET", "/bkt/k%20k", nil, nil, { host = "127.0.0.1:9000" }))
  lu.assertEquals(body, "one")
  _, body = ok(emulator:s3("GET", "/k%20k", nil, nil, { host = "bkt.localhost:9000" }))
  lu.assertEquals(body, "one")
  _, body = ok(emulator:s3("GET", "/?list-type=2", nil, nil, { host = "bkt.s3.us-west-2.amazonaws.com" }))
  lu.assertStrContains(body, "<Key>k k</Key>")
end

function TestObjects:test_ranges()
  put("r", "0123456789")
  local function range(text)
    local status, headers, body = emulator:s3("GET", "/bkt/r", nil, { { "range", text } })
    return status, body, headers["content-range"]
  end
  lu.assertEquals({ range "bytes=2-4" }, { 206, "234", "bytes 2-4/10" })
  lu.assertEquals({ range "bytes=7-" }, { 206, "789", "bytes 7-9/10" })
  lu.assertEquals({ range "bytes=-3" }, { 206, "789", "bytes 7-9/10" })
  lu.assertEquals({ range "bytes=-30" }, { 206, "0123456789", "bytes 0-9/10" })
  lu.assertEquals({ range "bytes=0-99" }, { 206, "0123456789", "bytes 0-9/10" })
  lu.assertEquals({ range "bytes=4-2" }, { 200, "0123456789" })
  lu.assertEquals({ range "lines=1-2" }, { 200, "0123456789" })
  lu.assertEquals({ range "bytes=1-2,4-5" }, { 200, "0123456789" })
  local status, headers, body = emulator:s3("GET", "/bkt/r", nil, { { "range", "bytes=10-" } })
  lu.assertEquals({ status, emulated.error_of(body), headers["content-range"] }, { 416, "InvalidRange", "bytes */10" })
  put("empty", "")
  lu.assertEquals((emulator:s3("GET", "/bkt/empty", nil, { { "range", "bytes=0-0" } })), 416)
  lu.assertEquals({ select(2, ok(emulator:s3("GET", "/bkt/empty"))) }, { "" })
end

function TestObjects:test_conditions()
  local etag = put("c", "x").etag
  local now = time.http_date(time.now())
  local past = time.http_date(time.now() - 3600)
  local function get(...) return (emulator:s3("GET", "/bkt/c", nil, { { ... } })) end
  lu.assertEquals(get("if-match", etag), 200)
  lu.assertEquals(get("if-match", '"nope"'), 412)
  lu.assertEquals(get("if-none-match", '"nope"'), 200)
  lu.assertEquals(get("if-modified-since", now), 304)
  lu.assertEquals(get("if-modified-since", past), 200)
  lu.assertEquals(get("if-unmodified-since", past), 412)
  lu.assertEquals(get("if-unmodified-since", now), 200)
  local status, headers, body = emulator:s3("GET", "/bkt/c", nil, { { "if-none-match", etag } })
  lu.assertEquals({ status, body, headers.etag }, { 304, "", etag })
  local function write(...) return code(emulator:s3("PUT", "/bkt/c", "y", { { ... } })) end
  lu.assertEquals(write("if-none-match", "*"), "PreconditionFailed")
  lu.assertEquals(write("if-match", '"nope"'), "PreconditionFailed")
  lu.assertEquals(write("if-none-match", '"etag"'), "NotImplemented")
  lu.assertNil(write("if-match", etag))
  ok(emulator:s3("PUT", "/bkt/new", "y", { { "if-none-match", "*" } }))
  lu.assertEquals(code(emulator:s3("PUT", "/bkt/absent", "y", { { "if-match", etag } })), "NoSuchKey")
end

function TestObjects:test_one_of_many_conditional_writers_wins()
  local won, lost, waiting = 0, 0, {}
  for i = 1, 8 do
    waiting[i] = tasks.spawn(function()
      local status = emulator:s3("PUT", "/bkt/lease", "writer " .. i, { { "if-none-match", "*" } })
      if status == 200 then won = won + 1 else lost = lost + 1 end
    end)
  end
  for _, task in ipairs(waiting) do task:wait() end
  lu.assertEquals({ won, lost }, { 1, 7 })
end

function TestObjects:test_integrity()
  local body = "hello world"
  ok(emulator:s3("PUT", "/bkt/i", body, emulated.md5(body)))
  local function refused(name, value) return code(emulator:s3("PUT", "/bkt/bad", body, { { name, value } })) end
  lu.assertEquals(refused("content-md5", crypto.hash("md5", "other", "base64")), "BadDigest")
  lu.assertEquals(refused("content-md5", "short"), "InvalidDigest")
  for _, algorithm in ipairs { "crc32", "crc32c", "crc64nvme", "sha1", "sha256" } do
    local name = "x-amz-checksum-" .. algorithm
    local headers = ok(emulator:s3("PUT", "/bkt/i", body, { { name, crypto.hash(algorithm, body, "base64") } }))
    lu.assertEquals(headers[name], crypto.hash(algorithm, body, "base64"))
    lu.assertEquals(refused(name, crypto.hash(algorithm, "other", "base64")), "BadDigest")
    lu.assertEquals(refused(name, "AAAA"), "InvalidRequest")
  end
  lu.assertEquals(refused("x-amz-sdk-checksum-algorithm", "CRC32"), "InvalidRequest")
  lu.assertEquals((emulator:s3("GET", "/bkt/bad")), 404)
end

function TestObjects:test_limits()
  lu.assertEquals(code(emulator:s3("PUT", "/bkt/m", "x", { { "x-amz-meta-big", ("v"):rep(2100) } })),
    "MetadataTooLarge")
  lu.assertEquals(code(emulator:s3("PUT", "/bkt/m", "x", { { "x-amz-tagging", "a=1&a=2" } })), "InvalidTag")
  local small = emulated.new { max_body = 1000 }
  lu.assertEquals(code(small:s3("PUT", "/bkt/m", ("x"):rep(1001))), "EntityTooLarge")
  small:close()
  lu.assertEquals(code(emulator:s3("GET", "/bkt/k?acl")), "NotImplemented")
  lu.assertEquals(code(emulator:s3("PUT", "/bkt?tagging", "x")), "NotImplemented")
  lu.assertEquals(code(emulator:s3("POST", "/bkt/k")), "MethodNotAllowed")
  lu.assertEquals(code(emulator:s3("PUT", "/bkt/k", "x", { { "x-amz-storage-class", "WHAT" } })), "InvalidStorageClass")
  lu.assertEquals(code(emulator:s3("PUT", "/bkt/k%ff", "x")), "InvalidURI")
  lu.assertEquals(code(emulator:s3("PUT", "/bkt/k%00", "x")), "NotImplemented")
  lu.assertEquals(code(emulator:s3("PUT", "/bkt/k", "", { { "x-amz-copy-source", "nothing" } })), "InvalidArgument")
  lu.assertEquals(code(emulator:s3("GET", "/bkt?list-type=2&max-keys=-1")), "InvalidArgument")
  lu.assertEquals(code(emulator:s3("GET", "/bkt?list-type=2&prefix=%01")), "InvalidArgument")
  lu.assertEquals(code(emulator:s3("GET", "/bkt?list-type=2&max-keys=x")), "InvalidArgument")
  lu.assertEquals(code(emulator:s3("GET", "/bkt/k?versionId=abc")), "NoSuchVersion")
end

function TestObjects:test_copy()
  put("source", "text", { { "x-amz-meta-a", "1" }, { "content-type", "text/plain" }, { "x-amz-tagging", "t=1" } })
  local _, body = ok(emulator:s3("PUT", "/bkt/copy%20of", "", { { "x-amz-copy-source", "/bkt/source" } }))
  lu.assertStrContains(body, "<CopyObjectResult")
  local got, text = ok(emulator:s3("GET", "/bkt/copy%20of"))
  lu.assertEquals({ text, got["x-amz-meta-a"], got["content-type"], got["x-amz-tagging-count"] },
    { "text", "1", "text/plain", "1" })
  ok(emulator:s3("PUT", "/bkt/copy2", "", { { "x-amz-copy-source", "bkt/copy%20of" },
    { "x-amz-metadata-directive", "REPLACE" }, { "x-amz-meta-b", "2" }, { "x-amz-tagging-directive", "REPLACE" } }))
  got = ok(emulator:s3("HEAD", "/bkt/copy2"))
  lu.assertEquals({ got["x-amz-meta-b"], got["x-amz-meta-a"], got["x-amz-tagging-count"] }, { "2", nil, nil })
  local function copy(...) return code(emulator:s3("PUT", "/bkt/x", "",
    { { "x-amz-copy-source", "bkt/source" }, ... })) end
  lu.assertEquals(copy { "x-amz-copy-source-if-match", '"no"' }, "PreconditionFailed")
  lu.assertEquals(copy { "x-amz-copy-source-if-none-match", '"' .. crypto.hash("md5", "text") .. '"' },
    "PreconditionFailed")
  lu.assertEquals(code(emulator:s3("PUT", "/bkt/source", "", { { "x-amz-copy-source", "bkt/source" } })),
    "InvalidRequest")
  lu.assertEquals(code(emulator:s3("PUT", "/bkt/x", "", { { "x-amz-copy-source", "bkt/none" } })), "NoSuchKey")
  lu.assertEquals(code(emulator:s3("PUT", "/bkt/x", "", { { "x-amz-copy-source", "nobucket/none" } })), "NoSuchBucket")
end

function TestObjects:test_tagging()
  put("t", "x")
  local tags = "<Tagging><TagSet><Tag><Key>b</Key><Value>2</Value></Tag><Tag><Key>a</Key><Value>1</Value></Tag>"
    .. "</TagSet></Tagging>"
  ok(emulator:s3("PUT", "/bkt/t?tagging", tags, emulated.md5(tags)))
  local _, body = ok(emulator:s3("GET", "/bkt/t?tagging"))
  lu.assertStrContains(body, "<Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b</Key>")
  lu.assertEquals((emulator:s3("DELETE", "/bkt/t?tagging")), 204)
  _, body = ok(emulator:s3("GET", "/bkt/t?tagging"))
  lu.assertNotStrContains(body, "<Tag>")
  lu.assertEquals(code(emulator:s3("GET", "/bkt/none?tagging")), "NoSuchKey")
end

function TestObjects:test_delete_objects()
  for _, key in ipairs { "d1", "d2" } do put(key, "x") end
  local document = "<Delete><Object><Key>d1</Key></Object><Object><Key>d2</Key></Object>"
    .. "<Object><Key>none</Key></Object></Delete>"
  lu.assertEquals(code(emulator:s3("POST", "/bkt?delete", document)), "InvalidRequest")
  local _, body = ok(emulator:s3("POST", "/bkt?delete", document, emulated.md5(document)))
  lu.assertEquals(select(2, body:gsub("<Deleted>", "")), 3)
  document = "<Delete><Object><Key>d1</Key></Object><Quiet>true</Quiet></Delete>"
  _, body = ok(emulator:s3("POST", "/bkt?delete", document, emulated.md5(document)))
  lu.assertNotStrContains(body, "<Deleted>")
  document = "<Delete><Object>"
  lu.assertEquals(code(emulator:s3("POST", "/bkt?delete", document, emulated.md5(document))), "MalformedXML")
end

function TestObjects:test_listing()
  for _, key in ipairs { "l/a/1", "l/a/2", "l/b", "l/c", "m" } do put(key, key) end
  local function list(query)
    local _, body = ok(emulator:s3("GET", "/bkt?" .. query))
    local keys = {}
    for key in body:gmatch "<Contents><Key>([^<]*)" do keys[#keys + 1] = key end
    for prefix in body:gmatch "<CommonPrefixes><Prefix>([^<]*)" do keys[#keys + 1] = "(" .. prefix .. ")" end
    return table.concat(keys, " "), body:match "<NextContinuationToken>([^<]*)", body
  end
  lu.assertEquals((list "list-type=2&prefix=l%2F&delimiter=%2F"), "l/b l/c (l/a/)")
  lu.assertEquals((list "list-type=2&start-after=l%2Fb"), "l/c m")
  lu.assertEquals((list "prefix=l%2F&delimiter=%2F"), "l/b l/c (l/a/)")
  lu.assertEquals((list "prefix=l%2F&marker=l%2Fa%2F2"), "l/b l/c")
  for _, delimiter in ipairs { "", "&delimiter=%2F" } do
    local all, token = {}, nil
    repeat
      local page, next_token = list("list-type=2&max-keys=1" .. delimiter
        .. (token and "&continuation-token=" .. token:gsub("[+/=]", { ["+"] = "%2B", ["/"] = "%2F", ["="] = "%3D" })
          or ""))
      all[#all + 1] = page
      token = next_token
    until not token
    lu.assertEquals(table.concat(all, " "), delimiter == "" and "l/a/1 l/a/2 l/b l/c m" or "(l/) m")
  end
  local _, _, body = list "list-type=2&max-keys=0"
  lu.assertStrContains(body, "<KeyCount>0</KeyCount>")
  lu.assertStrContains(body, "<IsTruncated>false</IsTruncated>")
  lu.assertEquals(code(emulator:s3("GET", "/bkt?list-type=2&continuation-token=%21")), "InvalidArgument")
  _, body = ok(emulator:s3("GET", "/bkt?versions"))
  lu.assertEquals(select(2, body:gsub("<VersionId>null</VersionId>", "")), 5)
end

TestMultipart = { setUp = begin, tearDown = function() emulator:close() end }

local mib5 = ("0123456789abcdef"):rep(5 * 65536)

local function start(key, headers)
  local _, body = ok(emulator:s3("POST", "/bkt/" .. key .. "?uploads", "", headers))
  return body:match "<UploadId>([^<]+)"
end

local function part(key, id, number, body, headers)
  return ok(emulator:s3("PUT", ("/bkt/%s?partNumber=%d&uploadId=%s"):format(key, number, id), body, headers)).etag
end

local function document(etags, more)
  local out = { "<CompleteMultipartUpload>" }
  for number, etag in pairs(etags) do
    out[#out + 1] = ("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag>%s</Part>"):format(number, etag, more
      and more[number] or "")
  end
  return table.concat(out) .. "</CompleteMultipartUpload>"
end

local function complete(key, id, text, headers)
  return emulator:s3("POST", ("/bkt/%s?uploadId=%s"):format(key, id), text, headers)
end

function TestMultipart:test_whole_way()
  local id = start("m", { { "content-type", "text/x" }, { "x-amz-meta-a", "1" } })
  local etags = { part("m", id, 1, mib5), part("m", id, 2, "tail") }
  local _, body = ok(emulator:s3("GET", "/bkt/m?uploadId=" .. id))
  lu.assertEquals(select(2, body:gsub("<Part>", "")), 2)
  lu.assertEquals((emulator:s3("GET", "/bkt/m")), 404)
  _, body = ok(emulator:s3("GET", "/bkt?uploads"))
  lu.assertStrContains(body, "<UploadId>" .. id)
  _, body = ok(complete("m", id, document(etags), { { "x-amz-mp-object-size", tostring(#mib5 + 4) } }))
  local expected = crypto.hash("md5", crypto.hash("md5", mib5, "raw") .. crypto.hash("md5", "tail", "raw")) .. "-2"
  lu.assertStrContains(body, expected)
  local headers, got = ok(emulator:s3("GET", "/bkt/m", nil, { { "x-amz-checksum-mode", "ENABLED" } }))
  lu.assertTrue(got == mib5 .. "tail")
  lu.assertEquals({ headers.etag, headers["content-type"], headers["x-amz-meta-a"] },
    { '"' .. expected .. '"', "text/x", "1" })
  lu.assertEquals(headers["x-amz-checksum-crc64nvme"], crypto.hash("crc64nvme", mib5 .. "tail", "base64"))
  headers, got = ok(emulator:s3("GET", "/bkt/m?partNumber=2"))
  lu.assertEquals({ got, headers["x-amz-mp-parts-count"] }, { "tail", "2" })
  lu.assertEquals(code(complete("m", id, document(etags))), "NoSuchUpload")
end

function TestMultipart:test_refusals()
  local id = start "m"
  local one, two = part("m", id, 1, "small"), part("m", id, 2, "also small")
  lu.assertEquals(code(complete("m", id, document { one, two })), "EntityTooSmall")
  lu.assertEquals(code(complete("m", id, document { one, '"nope"' })), "InvalidPart")
  lu.assertEquals(code(complete("m", id, "<CompleteMultipartUpload><Part><PartNumber>2</PartNumber><ETag>" .. two
    .. "</ETag></Part><Part><PartNumber>1</PartNumber><ETag>" .. one .. "</ETag></Part></CompleteMultipartUpload>")),
    "InvalidPartOrder")
  lu.assertEquals(code(complete("m", id, "<CompleteMultipartUpload></CompleteMultipartUpload>")), "MalformedXML")
  lu.assertEquals(code(complete("m", id, document { one }, { { "x-amz-mp-object-size", "3" } })), "InvalidRequest")
  lu.assertEquals(code(complete("m", id, document { one }, { { "x-amz-checksum-crc64nvme", "AAAAAAAAAAA=" } })),
    "BadDigest")
  lu.assertEquals(code(emulator:s3("PUT", "/bkt/m?partNumber=10001&uploadId=" .. id, "x")), "InvalidArgument")
  lu.assertEquals(code(emulator:s3("PUT", "/bkt/m?partNumber=1&uploadId=none", "x")), "NoSuchUpload")
  lu.assertEquals((emulator:s3("DELETE", "/bkt/m?uploadId=" .. id)), 204)
  lu.assertEquals(code(emulator:s3("DELETE", "/bkt/m?uploadId=" .. id)), "NoSuchUpload")
  lu.assertEquals((emulator:s3("GET", "/bkt/m")), 404)
end

function TestMultipart:test_checksum_types()
  local id = start("c", { { "x-amz-checksum-algorithm", "SHA256" } })
  local first, second = crypto.hash("sha256", mib5, "base64"), crypto.hash("sha256", "end", "base64")
  local etags = { part("c", id, 1, mib5, { { "x-amz-checksum-sha256", first } }),
    part("c", id, 2, "end", { { "x-amz-checksum-sha256", second } }) }
  lu.assertEquals(code(emulator:s3("PUT", "/bkt/c?partNumber=3&uploadId=" .. id, "x",
    { { "x-amz-checksum-crc32", crypto.hash("crc32", "x", "base64") } })), "InvalidRequest")
  lu.assertEquals(code(complete("c", id, document(etags))), "InvalidRequest")
  local function element(value) return "<ChecksumSHA256>" .. value .. "</ChecksumSHA256>" end
  local _, body = ok(complete("c", id, document(etags, { element(first), element(second) })))
  local composite = crypto.hash("sha256", crypto.hash("sha256", mib5, "raw") .. crypto.hash("sha256", "end", "raw"),
    "base64")
  lu.assertStrContains(body, composite .. "-2")
  lu.assertStrContains(body, "COMPOSITE")
  id = start("f", { { "x-amz-checksum-algorithm", "CRC32" }, { "x-amz-checksum-type", "FULL_OBJECT" } })
  etags = { part("f", id, 1, mib5), part("f", id, 2, "end") }
  local whole = crypto.hash("crc32", mib5 .. "end", "base64")
  _, body = ok(complete("f", id, document(etags), { { "x-amz-checksum-crc32", whole } }))
  lu.assertStrContains(body, whole)
  lu.assertEquals(code(emulator:s3("POST", "/bkt/x?uploads", "", { { "x-amz-checksum-algorithm", "SHA1" },
    { "x-amz-checksum-type", "FULL_OBJECT" } })), "InvalidRequest")
end

function TestMultipart:test_part_copy()
  put("source", "0123456789")
  local id = start "p"
  local path = "/bkt/p?partNumber=1&uploadId=" .. id
  local source = { "x-amz-copy-source", "bkt/source" }
  local _, body = ok(emulator:s3("PUT", path, "", { source, { "x-amz-copy-source-range", "bytes=2-5" } }))
  local etag = body:match "<ETag>([^<]*)":gsub("&quot;", '"')
  ok(complete("p", id, document { etag }))
  lu.assertEquals(select(2, ok(emulator:s3("GET", "/bkt/p"))), "2345")
  id = start "p"
  path = "/bkt/p?partNumber=1&uploadId=" .. id
  for _, range in ipairs { "bytes=5-99", "bytes=5-", "2-3" } do
    lu.assertEquals(code(emulator:s3("PUT", path, "", { source, { "x-amz-copy-source-range", range } })),
      "InvalidArgument")
  end
end

os.exit(lu.LuaUnit.run())
