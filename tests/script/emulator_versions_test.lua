-- SPDX-License-Identifier: MIT
-- The emulator's S3 with versioning: every version stays readable, a delete hides, and the state
-- folder keeps the order.

local lu = require "luaunit"
local emulated = require "emulated"
local files = require "files"
local fs = require "moonrock.fs"

local emulator

local function ok(status, headers, body)
  lu.assertTrue(status < 300, ("%s: %s"):format(status, body))
  return headers, body
end

local function code(_, _, body) return (emulated.error_of(body)) end

local function make_bucket()
  ok(emulator:s3("PUT", "/bkt", "<CreateBucketConfiguration><LocationConstraint>us-west-2"
    .. "</LocationConstraint></CreateBucketConfiguration>"))
end

local function versioning(status)
  local body = '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>' .. status
    .. "</Status></VersioningConfiguration>"
  return emulator:s3("PUT", "/bkt?versioning", body, emulated.md5(body))
end

local function put(key, body) return ok(emulator:s3("PUT", "/bkt/" .. key, body))["x-amz-version-id"] end

local function get(target) return select(2, ok(emulator:s3("GET", "/bkt/" .. target))) end

TestVersions = {
  setUp = function()
    emulator = emulated.new()
    make_bucket()
  end,
  tearDown = function() emulator:close() end,
}

function TestVersions:test_the_switch()
  local _, body = ok(emulator:s3("GET", "/bkt?versioning"))
  lu.assertNotStrContains(body, "<Status>")
  lu.assertNil(put("k", "before"))
  ok(versioning "Enabled")
  _, body = ok(emulator:s3("GET", "/bkt?versioning"))
  lu.assertStrContains(body, "<Status>Enabled</Status>")
  lu.assertStrContains(body, "<VersioningConfiguration")
  lu.assertEquals(code(versioning "Sometimes"), "MalformedXML")
end

function TestVersions:test_old_versions_stay()
  put("k", "before")
  ok(versioning "Enabled")
  local one, two = put("k", "one"), put("k", "two")
  lu.assertNotEquals(one, two)
  lu.assertEquals({ get "k", get("k?versionId=" .. one), get("k?versionId=" .. two), get "k?versionId=null" },
    { "two", "one", "two", "before" })
  lu.assertEquals(code(emulator:s3("GET", "/bkt/k?versionId=none")), "NoSuchVersion")
  local headers = ok(emulator:s3("HEAD", "/bkt/k"))
  lu.assertEquals(headers["x-amz-version-id"], two)
  local copied = ok(emulator:s3("PUT", "/bkt/copy", "", { { "x-amz-copy-source", "/bkt/k?versionId=" .. one } }))
  lu.assertEquals({ copied["x-amz-copy-source-version-id"], get "copy" }, { one, "one" })
end

function TestVersions:test_a_delete_hides_and_can_be_undone()
  ok(versioning "Enabled")
  local one = put("k", "one")
  local marker = ok(emulator:s3("DELETE", "/bkt/k"))
  lu.assertEquals(marker["x-amz-delete-marker"], "true")
  local status, headers, body = emulator:s3("GET", "/bkt/k")
  lu.assertEquals({ status, emulated.error_of(body), headers["x-amz-delete-marker"] }, { 404, "NoSuchKey", "true" })
  lu.assertEquals(get("k?versionId=" .. one), "one")
  local _
  status, _, body = emulator:s3("GET", "/bkt/k?versionId=" .. marker["x-amz-version-id"])
  lu.assertEquals({ status, (emulated.error_of(body)) }, { 405, "MethodNotAllowed" })
  lu.assertEquals(code(emulator:s3("DELETE", "/bkt")), "BucketNotEmpty")
  ok(emulator:s3("DELETE", "/bkt/k?versionId=" .. marker["x-amz-version-id"]))
  lu.assertEquals(get "k", "one")
  ok(emulator:s3("DELETE", "/bkt/k?versionId=" .. one))
  lu.assertEquals((emulator:s3("HEAD", "/bkt/k")), 404)
  ok(emulator:s3("DELETE", "/bkt"))
end

function TestVersions:test_suspended_has_one_null_version()
  ok(versioning "Enabled")
  local one = put("k", "one")
  ok(versioning "Suspended")
  lu.assertEquals({ put("k", "two"), put("k", "three") }, { "null", "null" })
  lu.assertEquals({ get "k", get "k?versionId=null", get("k?versionId=" .. one) }, { "three", "three", "one" })
  ok(emulator:s3("DELETE", "/bkt/k"))
  lu.assertEquals((emulator:s3("HEAD", "/bkt/k")), 404)
  lu.assertEquals(get("k?versionId=" .. one), "one")
end

-- "k:one* k:two m:marker" of a listing, the newest of a key with a star.
local function list(query)
  local _, body = ok(emulator:s3("GET", "/bkt?versions" .. query))
  local out = {}
  for kind, item in body:gmatch "<(%u%w+)>(<.-)</%1>" do
    if kind == "Version" or kind == "DeleteMarker" then
      out[#out + 1] = item:match "<Key>([^<]*)" .. (kind == "Version" and "" or "!")
        .. (item:find "<IsLatest>true" and "*" or "")
    end
  end
  table.sort(out)
  return table.concat(out, " "), body
end

function TestVersions:test_listing_and_paging()
  ok(versioning "Enabled")
  for _, key in ipairs { "a", "b", "b", "d/1", "d/2" } do put(key, "x") end
  ok(emulator:s3("DELETE", "/bkt/a"))
  local _, body = ok(emulator:s3("GET", "/bkt?versions"))
  lu.assertEquals({ select(2, body:gsub("<Version>", "")), select(2, body:gsub("<DeleteMarker>", "")) }, { 5, 1 })
  _, body = ok(emulator:s3("GET", "/bkt?versions&delimiter=%2F"))
  lu.assertEquals({ select(2, body:gsub("<Version>", "")), select(2, body:gsub("<CommonPrefixes>", "")) }, { 3, 1 })
  local seen, markers, query = 0, 0, "/bkt?versions&max-keys=1"
  local next_query = query
  for _ = 1, 10 do
    _, body = ok(emulator:s3("GET", next_query))
    seen = seen + select(2, body:gsub("<Version>", ""))
    markers = markers + select(2, body:gsub("<DeleteMarker>", ""))
    local key, id = body:match "<NextKeyMarker>([^<]*)", body:match "<NextVersionIdMarker>([^<]*)"
    if not key then break end
    next_query = query .. "&key-marker=" .. key:gsub("/", "%%2F") .. "&version-id-marker=" .. id
  end
  lu.assertEquals({ seen, markers }, { 5, 1 })
  _, body = ok(emulator:s3("GET", "/bkt?list-type=2"))
  lu.assertNotStrContains(body, "<Key>a</Key>")
  lu.assertStrContains(body, "<KeyCount>3</KeyCount>")
  lu.assertEquals((list "&prefix=a"), "a a!*")
end

function TestVersions:test_the_state_folder_keeps_versions_in_order()
  emulator:close()
  local folder = os.tmpname()
  os.remove(folder)
  emulator = emulated.new { state = folder }
  make_bucket()
  put("k", "before")
  ok(versioning "Enabled")
  local one, two = put("k", "one"), put("k", "two")
  put("hidden", "x")
  ok(emulator:s3("DELETE", "/bkt/hidden"))
  emulator:close()
  emulator = emulated.new { state = folder }
  lu.assertEquals({ get "k", get("k?versionId=" .. one), get("k?versionId=" .. two), get "k?versionId=null" },
    { "two", "one", "two", "before" })
  lu.assertEquals((emulator:s3("HEAD", "/bkt/hidden")), 404)
  put("k", "three")
  emulator:close()
  emulator = emulated.new { state = folder }
  lu.assertEquals(get "k", "three")
  lu.assertEquals(#fs.list(folder .. "/blobs"), 5)
  files.remove(folder)
end

os.exit(lu.LuaUnit.run())
