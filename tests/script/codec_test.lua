-- SPDX-License-Identifier: MIT
--
-- codec_test.lua: moonrock.crypto, moonrock.uri and moonrock.xml as scripts see them.

local lu = require "luaunit"
local crypto = require "moonrock.crypto"
local secret = require "moonrock.secret"
local task = require "moonrock.task"
local uri = require "moonrock.uri"
local xml = require "moonrock.xml"

local function refusal(f, ...)
  local ok, err = pcall(f, ...)
  lu.assertFalse(ok)
  return tostring(err)
end

TestCrypto = {}

function TestCrypto.test_known_digests()
  lu.assertEquals(crypto.hash("md5", "abc"), "900150983cd24fb0d6963f7d28e17f72")
  lu.assertEquals(crypto.hash("sha1", "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d")
  lu.assertEquals(crypto.hash("sha256", "", "base64"), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
  lu.assertEquals(crypto.hash("crc32", "hello world", "base64"), "DUoRhQ==")
  lu.assertEquals(crypto.hash("crc32c", "hello world", "base64"), "yZRlqg==")
  lu.assertEquals(crypto.hash("CRC64NVME", "hello world", "base64"), "jSnVw/bqjr4=")
  lu.assertEquals(#crypto.hash("sha512", "x", "raw"), 64)
end

function TestCrypto.test_long_data_lets_other_tasks_run()
  local long = ("0123456789abcdef"):rep(64 * 1024)
  local whole = crypto.hasher("sha256"):update(long):digest()
  local ran = false
  task.spawn(function()
    ran = true
  end)
  lu.assertEquals(crypto.hash("sha256", long), whole)
  lu.assertTrue(ran)
  local list = { long, long .. "x" }
  table.sort(list, function(a, b) -- a place where nothing may wait
    return crypto.hash("crc32", a) < crypto.hash("crc32", b)
  end)
  lu.assertEquals(#list, 2)
end

function TestCrypto.test_hasher_takes_pieces_and_starts_over()
  local hasher <close> = crypto.hasher "crc64nvme"
  for _ = 1, 2 do
    lu.assertEquals(hasher:update("hello", " "):update("world"):digest "base64", "jSnVw/bqjr4=")
  end
  lu.assertEquals(tostring(hasher), "hasher (crc64nvme)")
  local closed = crypto.hasher "md5"
  closed:close()
  closed:close()
  lu.assertEquals(tostring(closed), "hasher (closed)")
  lu.assertStrContains(refusal(closed.update, closed, "x"), "closed")
end

function TestCrypto.test_hmac_takes_strings_and_secrets()
  local want = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
  lu.assertEquals(crypto.hmac("sha256", "Jefe", "what do ya want for nothing?"), want)
  lu.assertEquals(crypto.hmac("sha256", secret.of "Jefe", "what do ya want for nothing?"), want)
  lu.assertStrContains(refusal(crypto.hmac, "crc32", "k", "d"), "#1")
  lu.assertStrContains(refusal(crypto.hmac, "sha256", {}, "d"), "#2")
end

function TestCrypto.test_bytes_as_text_and_back()
  local bytes = {}
  for i = 0, 255 do
    bytes[#bytes + 1] = string.char(i)
    local s = table.concat(bytes)
    lu.assertEquals(crypto.base64_decode(crypto.base64_encode(s)), s)
    lu.assertEquals(crypto.hex_decode(crypto.hex_encode(s)), s)
  end
  for _, bad in ipairs { "Zg", "Zg=", "Zh==", "Z g=", "Zg==\n" } do
    local value, err = crypto.base64_decode(bad)
    lu.assertNil(value)
    lu.assertEquals(err.code, "Base64Syntax")
  end
  lu.assertEquals(select(2, crypto.hex_decode "0").code, "HexSyntax")
end

function TestCrypto.test_equal()
  lu.assertTrue(crypto.equal("abc", "abc"))
  lu.assertTrue(crypto.equal("", ""))
  lu.assertTrue(crypto.equal(secret.of "abc", "abc"))
  lu.assertFalse(crypto.equal("abc", "abd"))
  lu.assertFalse(crypto.equal("abc", "ab"))
end

function TestCrypto.test_misuse_names_the_argument()
  lu.assertStrContains(refusal(crypto.hash, "sha3", "x"), "no digest 'sha3'")
  lu.assertStrContains(refusal(crypto.hash, "md5"), "#2")
  lu.assertStrContains(refusal(crypto.hash, "md5", "x", "base32"), "#3")
end

TestUri = {}

function TestUri.test_encode_and_decode()
  lu.assertEquals(uri.encode "a b/ü+x=1", "a%20b%2F%C3%BC%2Bx%3D1")
  lu.assertEquals(uri.encode("a b/ü", "path"), "a%20b/%C3%BC")
  lu.assertEquals(uri.decode "a+b%20c%2f", "a+b c/")
  lu.assertEquals(select(2, uri.decode "%4").code, "URISyntax")
end

function TestUri.test_parse()
  lu.assertEquals(uri.parse "https://me@b.example:8443/a%20b?x=1#y", { scheme = "https", userinfo = "me",
    host = "b.example", port = 8443, path = "/a%20b", query = "x=1", fragment = "y" })
  lu.assertEquals(uri.parse "http://[::1]", { scheme = "http", host = "[::1]", path = "" })
  local value, err = uri.parse "no url"
  lu.assertNil(value)
  lu.assertEquals(err.code, "URISyntax")
end

function TestUri.test_query_both_ways()
  lu.assertEquals(uri.parse_query "a=1&b&&c=%20%26&a=2", { { "a", "1" }, { "b", "" }, { "c", " &" }, { "a", "2" } })
  lu.assertEquals(uri.build_query { { "a", 1 }, { "b" }, { "c d", "&=" }, { "e", true } }, "a=1&b=&c%20d=%26%3D&e=true")
  lu.assertEquals(uri.build_query {}, "")
  lu.assertNil((uri.parse_query "a=%"))
  lu.assertStrContains(refusal(uri.build_query, { { "a", {} } }), "the value of item 1 is a table")
  lu.assertStrContains(refusal(uri.build_query, { "a" }), "item 1")
end

TestXml = {}

function TestXml.test_parse()
  local root = xml.parse '<R xmlns="u"><k>a&amp;b</k><k/><g xsi:type="Group" xmlns:xsi="x">t</g></R>'
  lu.assertEquals(root, { name = "R", text = "", attributes = {},
    { name = "k", text = "a&b", attributes = {} }, { name = "k", text = "", attributes = {} },
    { name = "g", text = "t", attributes = { ["xsi:type"] = "Group" } } })
end

function TestXml.test_fault_has_line_and_column()
  local value, err = xml.parse "<a>\n</b>"
  lu.assertNil(value)
  lu.assertEquals({ err.code, err.line, err.column }, { "XMLSyntax", 2, 3 })
  lu.assertStrContains(select(2, xml.parse '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>').message, "document type")
end

function TestXml.test_escape()
  lu.assertEquals(xml.escape "<a> & \"b\"\n", "&lt;a&gt; &amp; &quot;b&quot;\n")
  lu.assertEquals(xml.escape("\t\n", "attribute"), "&#9;&#10;")
  lu.assertEquals(select(2, xml.escape "\1").code, "XMLCharacter")
end

os.exit(lu.LuaUnit.run())
