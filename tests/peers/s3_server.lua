-- SPDX-License-Identifier: MIT
-- Our S3 client against a server that others wrote:  moonrock run tests/peers/s3_server.lua NAME
-- The endpoint and the keys come from the environment, as for any user.  A server may lack what
-- `lacking` names: that is told by name; whatever else fails is a failure, and so is a
-- feature that is named there and works.

local moonrock = require "moonrock"
local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local http = require "moonrock.http"
local random = require "moonrock.random"
local time = require "moonrock.time"

local server, folder = arg[1], arg[2]
local MiB = 1024 * 1024

-- Found by running them, with what the server answers instead.
local lacking = {
  radosgw = {},
  swift = {
    ["conditional PUT"] = "NotImplemented",
    tagging = "NotImplemented",
  },
}

local bucket = string.format("peer-%d", time.now_ms())
local s3 = moonrock.client("s3")
local passed, failed, left = 0, 0, {}

local function check(name, f)
  local missing = (lacking[server] or {})[name]
  local ok, err = xpcall(f, errors.capture)
  if ok and not missing then
    passed = passed + 1
  elseif ok then
    failed = failed + 1
    print(string.format("peers: %s: %s works, and is listed as lacking (%s)", server, name, missing))
  elseif missing and tostring(err):find(missing, 1, true) then
    left[#left + 1] = string.format("%s (%s)", name, missing)
  else
    failed = failed + 1
    print(string.format("peers: %s: FAILED %s: %s", server, name, tostring(err)))
    if type(err) == "table" and err.traceback then
      print((err.traceback:gsub("^", "  "):gsub("\n", "\n  ")))
    end
  end
end

local function same(got, expected, what)
  if got ~= expected then
    error(string.format("%s: got %s, expected %s", what or "value", tostring(got):sub(1, 200),
      tostring(expected):sub(1, 200)), 2)
  end
end

local function refused(code, f, ...)
  local result, err = errors.try(f, ...)
  if result then
    error("not refused, expected " .. tostring(code), 2)
  elseif err.code ~= code and err.status ~= code then
    error(string.format("refused by %s, expected %s", tostring(err), tostring(code)), 2)
  end
  return err
end

-- What is random need not be hard to guess, only hard to get right by luck.
local function bytes(n)
  local block = random.bytes(math.min(n, MiB))
  local out = {}
  for index = 1, n // #block do
    out[index] = block
  end
  out[#out + 1] = block:sub(1, n % #block)
  return table.concat(out)
end

check("create_bucket", function()
  s3:create_bucket { Bucket = bucket }
  s3:wait("bucket_exists", { Bucket = bucket }, { timeout = 20 })
  local found = false
  for _, item in ipairs(s3:list_buckets {}.Buckets) do
    found = found or item.Name == bucket
  end
  same(found, true, "listed")
end)
if failed > 0 then
  os.exit(1) -- nothing else can work
end

check("put, head, get", function()
  local data = bytes(200000)
  local put = s3:put_object { Bucket = bucket, Key = "plain", Body = data, ContentType = "text/x-peer",
    Metadata = { colour = "deep blue" } }
  same(put.ETag, '"' .. crypto.hash("md5", data) .. '"', "ETag")
  local head = s3:head_object { Bucket = bucket, Key = "plain" }
  same(head.ContentLength, #data, "ContentLength")
  same(head.ContentType, "text/x-peer", "ContentType")
  same(head.Metadata.colour, "deep blue", "metadata")
  same(s3:get_object { Bucket = bucket, Key = "plain" }.Body:read("a"), data, "body")
  same(s3:get_object { Bucket = bucket, Key = "plain", Range = "bytes=100-199" }.Body:read("a"),
    data:sub(101, 200), "range")
  same(s3:get_object { Bucket = bucket, Key = "plain", Range = "bytes=-5" }.Body:read("a"), data:sub(-5), "suffix")
end)

check("an empty object", function()
  s3:put_object { Bucket = bucket, Key = "empty", Body = "" }
  same(s3:get_object { Bucket = bucket, Key = "empty" }.Body:read("a"), "", "body")
end)

for _, algorithm in ipairs { "CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME" } do
  check("checksum " .. algorithm, function()
    local data = bytes(1000)
    s3:put_object { Bucket = bucket, Key = "sum", Body = data, ChecksumAlgorithm = algorithm }
    same(s3:get_object { Bucket = bucket, Key = "sum" }.Body:read("a"), data, "body")
  end)
end

check("errors", function()
  refused("NoSuchKey", s3.get_object, s3, { Bucket = bucket, Key = "not there" })
  refused("NoSuchBucket", s3.list_objects_v2, s3, { Bucket = bucket .. "-not" })
  refused("InvalidRange", s3.get_object, s3, { Bucket = bucket, Key = "plain", Range = "bytes=999999-" })
  refused(404, s3.head_object, s3, { Bucket = bucket, Key = "not there" })
end)

local odd = {
  "..", "../up", "a/../b", "./dot", "a/./b", "a//b", "/leading", "trailing/", "//", "two  spaces", " edge ",
  "per%cent", "%41%2F", "a+b", "q?u=e&r#y", "semi;colon,comma", "quote\"'`", "<xml>&amp;", "back\\slash",
  "tilde~star*", "(paren)[bracket]{brace}", "$dollar@at!bang=equal:colon|bar^caret", "\u{e9}\u{2603}",
  "\u{1f600}/\u{65e5}\u{672c}", "e\u{301}", "tab\there", "line\nbreak", ("long/"):rep(50),
}
for _, key in ipairs(odd) do
  check(string.format("key %q", key):gsub("\n", "n"), function()
    local body = "body of " .. key
    s3:put_object { Bucket = bucket, Key = "odd/" .. key, Body = body }
    same(s3:get_object { Bucket = bucket, Key = "odd/" .. key }.Body:read("a"), body, "body")
    local page = s3:list_objects_v2 { Bucket = bucket, Prefix = "odd/" .. key }
    same(page.Contents and page.Contents[1].Key, "odd/" .. key, "listed")
    s3:copy_object { Bucket = bucket, Key = "copy", CopySource = { Bucket = bucket, Key = "odd/" .. key } }
    same(s3:get_object { Bucket = bucket, Key = "copy" }.Body:read("a"), body, "copied")
    local url = s3:generate_presigned_url("get_object", { Bucket = bucket, Key = "odd/" .. key }, 60)
    same(select(2, url:gsub("[^%w%-._~:/?#%[%]@!$&'()*+,;=%%]", "")), 0, "characters that no URL has")
    s3:delete_object { Bucket = bucket, Key = "odd/" .. key }
    refused("NoSuchKey", s3.get_object, s3, { Bucket = bucket, Key = "odd/" .. key })
  end)
end

check("keys that begin with .. are told apart", function()
  for _, key in ipairs { "x", "../x", "a/../x", "./x" } do
    s3:put_object { Bucket = bucket, Key = key, Body = key }
  end
  for _, key in ipairs { "x", "../x", "a/../x", "./x" } do
    same(s3:get_object { Bucket = bucket, Key = key }.Body:read("a"), key, "body")
  end
end)

-- A URL without our client: the peer's own reading of it counts.
local function fetch(url, method, body)
  local exchange, status = assert(http.request { method = method or "GET", url = url, body = body, headers = {} })
  local pieces = {}
  for piece in function() return exchange:receive() end do
    pieces[#pieces + 1] = piece
  end
  exchange:close()
  return status, table.concat(pieces)
end

check("presigned GET", function()
  s3:put_object { Bucket = bucket, Key = "pre signed/\u{e9}+%", Body = "for everybody" }
  local url = s3:generate_presigned_url("get_object", { Bucket = bucket, Key = "pre signed/\u{e9}+%" }, 60)
  local status, body = fetch(url)
  same(status, 200, "status")
  same(body, "for everybody", "body")
  local last = url:sub(-1)
  same(fetch(url:sub(1, -2) .. (last == "0" and "1" or "0")), 403, "status with a wrong signature")
end)

check("presigned PUT", function()
  local url = s3:generate_presigned_url("put_object", { Bucket = bucket, Key = "put by URL" }, 60)
  same(fetch(url, "PUT", "from outside"), 200, "status")
  same(s3:get_object { Bucket = bucket, Key = "put by URL" }.Body:read("a"), "from outside", "body")
end)

check("presigned, expired", function()
  local url = s3:generate_presigned_url("get_object", { Bucket = bucket, Key = "plain" }, 1)
  moonrock.sleep(2.2)
  same(fetch(url), 403, "status")
end)

check("conditional GET", function()
  local head = s3:head_object { Bucket = bucket, Key = "plain" }
  refused(304, s3.get_object, s3, { Bucket = bucket, Key = "plain", IfNoneMatch = head.ETag })
  refused(412, s3.get_object, s3, { Bucket = bucket, Key = "plain", IfMatch = '"00"' })
  s3:get_object { Bucket = bucket, Key = "plain", IfMatch = head.ETag }.Body:close()
end)

check("conditional PUT", function()
  s3:put_object { Bucket = bucket, Key = "once", Body = "1", IfNoneMatch = "*" }
  refused(412, s3.put_object, s3, { Bucket = bucket, Key = "once", Body = "2", IfNoneMatch = "*" })
  same(s3:get_object { Bucket = bucket, Key = "once" }.Body:read("a"), "1", "body")
end)

check("tagging", function()
  s3:put_object { Bucket = bucket, Key = "tagged", Body = "", Tagging = { stage = "one two" } }
  same(s3:get_object_tagging { Bucket = bucket, Key = "tagged" }.TagSet[1].Value, "one two", "tag")
end)

check("multipart by hand", function()
  local upload = s3:create_multipart_upload { Bucket = bucket, Key = "by hand" }
  local first, second = bytes(5 * MiB), "the end"
  local parts = {}
  for number, data in ipairs { first, second } do
    parts[number] = { PartNumber = number, ETag = s3:upload_part { Bucket = bucket, Key = "by hand",
      UploadId = upload.UploadId, PartNumber = number, Body = data }.ETag }
  end
  same(#s3:list_parts { Bucket = bucket, Key = "by hand", UploadId = upload.UploadId }.Parts, 2, "parts")
  s3:complete_multipart_upload { Bucket = bucket, Key = "by hand", UploadId = upload.UploadId,
    MultipartUpload = { Parts = parts } }
  same(s3:get_object { Bucket = bucket, Key = "by hand" }.Body:read("a") == first .. second, true, "body")
end)

check("an abandoned upload", function()
  local upload = s3:create_multipart_upload { Bucket = bucket, Key = "abandoned" }
  s3:upload_part { Bucket = bucket, Key = "abandoned", UploadId = upload.UploadId, PartNumber = 1, Body = "x" }
  s3:abort_multipart_upload { Bucket = bucket, Key = "abandoned", UploadId = upload.UploadId }
  refused(404, s3.list_parts, s3, { Bucket = bucket, Key = "abandoned", UploadId = upload.UploadId })
  refused(404, s3.head_object, s3, { Bucket = bucket, Key = "abandoned" })
end)

check("multipart of 100 MB", function()
  local path, back = folder .. "/100mb", folder .. "/100mb.back"
  local sum
  do
    local data = bytes(100 * 1000 * 1000 + 7)
    assert(fs.write(path, data))
    sum = crypto.hash("sha256", data)
  end
  collectgarbage()
  local done = s3:upload_file(path, bucket, "big/100 mb")
  same(done.parts > 1, true, "in parts")
  s3:download_file(bucket, "big/100 mb", back)
  same(crypto.hash("sha256", assert(fs.read(back))), sum, "sha256")
  fs.remove(path)
  fs.remove(back)
end)

check("a stream of 23 MB", function()
  local data, at = bytes(23 * 1000 * 1000 + 7), 0
  local done = s3:upload_fileobj(function()
    at = at + 1
    local piece = data:sub((at - 1) * 99991 + 1, at * 99991)
    return piece ~= "" and piece or nil
  end, bucket, "streamed")
  same(done.size .. " in " .. done.parts, #data .. " in 5", "size and parts")
  local body <close> = s3:get_object({ Bucket = bucket, Key = "streamed" }).Body
  s3:upload_fileobj(body, bucket, "streamed again")
  same(crypto.hash("sha256", s3:get_object({ Bucket = bucket, Key = "streamed again" }).Body:read "a"),
    crypto.hash("sha256", data), "sha256")
end)

check("a folder, there and back", function()
  local here, back = folder .. "/tree", folder .. "/tree.back"
  assert(fs.mkdir(here .. "/a b"))
  for index = 1, 40 do
    assert(fs.write(("%s/%s%d \u{e9}+&%%"):format(here, index % 2 == 0 and "a b/" or "", index), ("x"):rep(index)))
  end
  local there = "s3://" .. bucket .. "/tree"
  same(s3:sync(here, there).transferred, 40, "up")
  same(s3:sync(here, there).transferred, 0, "up again")
  same(s3:sync(there, back).transferred, 40, "down")
  same(s3:sync(back, there).transferred, 0, "back")
  fs.remove(here .. "/1 \u{e9}+&%")
  same(s3:sync(here, there, { delete = true }).deleted, 1, "deleted")
  same(#s3:list_objects_v2({ Bucket = bucket, Prefix = "tree/" }).Contents, 39, "left")
end)

check("copy", function()
  s3:copy_object { Bucket = bucket, Key = "copied", CopySource = { Bucket = bucket, Key = "plain" },
    MetadataDirective = "REPLACE", Metadata = { shade = "green" } }
  same(s3:head_object { Bucket = bucket, Key = "copied" }.Metadata.shade, "green", "metadata")
  refused("NoSuchKey", s3.copy_object, s3,
    { Bucket = bucket, Key = "x", CopySource = { Bucket = bucket, Key = "not there" } })
end)

check("list of 2,500 keys", function()
  local names = {}
  for index = 1, 2500 do
    names[index] = string.format("many/%05d key", index)
  end
  moonrock.map(names, function(name)
    s3:put_object { Bucket = bucket, Key = name, Body = "" }
  end, { concurrency = 16 })
  local seen, pages = 0, 0
  for page in s3:pages("list_objects_v2", { Bucket = bucket, Prefix = "many/" }) do
    pages = pages + 1
    for _, item in ipairs(page.Contents or {}) do
      seen = seen + 1
      same(item.Key, names[seen], "key " .. seen)
    end
  end
  same(seen, 2500, "keys")
  same(pages >= 3, true, "pages of at most 1,000")
  local page = s3:list_objects_v2 { Bucket = bucket, Delimiter = "/" }
  local found = false
  for _, prefix in ipairs(page.CommonPrefixes or {}) do
    found = found or prefix.Prefix == "many/"
  end
  same(found, true, "common prefix")
  same(s3:list_objects_v2 { Bucket = bucket, Prefix = "many/", StartAfter = names[2490] }.KeyCount, 10, "StartAfter")
end)

check("list, first version", function()
  local seen = 0
  for item in s3:each("list_objects", { Bucket = bucket, Prefix = "many/", MaxKeys = 700 }) do
    seen = seen + 1
    same(item.Key, string.format("many/%05d key", seen), "key")
  end
  same(seen, 2500, "keys")
end)

-- Checksums that a store does not know: the error names the setting.  Nothing is lost by it:
-- the signature covers the SHA-256 of every body.
if server == "swift" then
  check("the hint about checksums", function()
    local s3_new = moonrock.client("s3", { request_checksums = "when_supported" })
    local err = refused("InvalidRequest", s3_new.delete_objects, s3_new,
      { Bucket = bucket, Delete = { Objects = { { Key = "never there" } } } })
    same(tostring(err.hint):find("AWS_REQUEST_CHECKSUM_CALCULATION=when_required", 1, true) ~= nil, true, "the hint")
  end)
end

check("a wrong secret", function()
  local wrong = moonrock.client("s3", { credentials = { access_key_id = moonrock.system.getenv("AWS_ACCESS_KEY_ID"),
    secret_access_key = "not the secret" }, max_attempts = 1 })
  refused("SignatureDoesNotMatch", wrong.put_object, wrong, { Bucket = bucket, Key = "w", Body = "w" })
end)

check("delete", function()
  s3:delete_keys(bucket, { "plain", "copied", "never there" })
  refused(404, s3.head_object, s3, { Bucket = bucket, Key = "plain" })
  s3:empty_bucket(bucket)
  same(#(s3:list_objects_v2 { Bucket = bucket }.Contents or {}), 0, "keys left")
  s3:delete_bucket { Bucket = bucket }
  refused(404, s3.head_bucket, s3, { Bucket = bucket })
end)

print(string.format("peers: %s: %d checks of our S3 client pass, %d fail%s", server, passed, failed,
  #left > 0 and "; this server does not have: " .. table.concat(left, ", ") or ""))
os.exit(failed == 0 and 0 or 1)
