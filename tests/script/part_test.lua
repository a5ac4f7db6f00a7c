-- SPDX-License-Identifier: MIT
-- moonrock.part: bytes that come in pieces, their digest, their bounds, and what misuse says.

local crypto = require "moonrock.crypto"
local fs = require "moonrock.fs"
local lu = require "luaunit"
local part = require "moonrock.part"
local task = require "moonrock.task"

local function with_path(f)
  local path = os.tmpname()
  local ok, err = pcall(f, path)
  os.remove(path)
  if not ok then error(err, 0) end
end

TestInto = {}

function TestInto:test_pieces_of_two_parts()
  with_path(function(path)
    local sink <close> = assert(fs.sink(path))
    local one, two = part.into(sink, 0, 5, "crc32c"), part.into(sink, 5, 6, "SHA256")
    for _, text in ipairs { "wor", "ld!" } do lu.assertTrue(two:write(text)) end
    lu.assertEquals({ one:taken(), two:taken() }, { 0, 6 })
    lu.assertTrue(one:write "hello")
    lu.assertTrue(one:check())
    lu.assertEquals(one:digest(), crypto.hash("crc32c", "hello", "raw"))
    lu.assertEquals(two:digest(), crypto.hash("sha256", "world!", "raw"))
    one:close()
    assert(sink:commit())
    lu.assertEquals(fs.read(path), "helloworld!")
    lu.assertError(one.taken, one)
    lu.assertErrorMsgContains("sink of the part is closed", two.write, two, "")
  end)
end

function TestInto:test_no_more_than_its_length()
  with_path(function(path)
    local sink <close> = assert(fs.sink(path))
    local p = part.into(sink, 0, 4)
    lu.assertTrue(p:write "abc")
    local ok, err = p:write "de"
    lu.assertNil(ok)
    lu.assertEquals(err.code, "EFBIG")
    lu.assertStrContains(err.message, path)
    lu.assertEquals(p:taken(), 3)
    lu.assertEquals(select(2, p:check()).code, "EFBIG")
    lu.assertErrorMsgContains("without a digest", p.digest, p)
  end)
end

function TestInto:test_one_writes_at_a_time()
  with_path(function(path)
    local sink <close> = assert(fs.sink(path))
    local p = part.into(sink, 0, 1 << 24)
    local writing = task.spawn(function() return p:write(("x"):rep(1 << 24)) end)
    task.yield()
    lu.assertErrorMsgContains("something writes", p.write, p, "y")
    lu.assertErrorMsgContains("something writes", p.check, p)
    lu.assertErrorMsgContains("still running", sink.commit, sink)
    lu.assertTrue(writing:wait())
    assert(sink:commit())
  end)
end

function TestInto:test_misuse()
  with_path(function(path)
    local sink <close> = assert(fs.sink(path))
    lu.assertErrorMsgContains("#2", part.into, sink, -1, 1)
    lu.assertErrorMsgContains("#3", part.into, sink, 0, -1)
    lu.assertErrorMsgContains("crc64nvme", part.into, sink, 0, 1, "md4")
    lu.assertError(part.into, {}, 0, 1)
    sink:abort()
    lu.assertErrorMsgContains("closed", part.into, sink, 0, 1)
    for _, into in ipairs { 1, "x", {}, io.stdout, sink } do
      lu.assertErrorMsgContains("part of moonrock.part", require("moonrock.http").request,
        { method = "GET", url = "http://127.0.0.1:1/", headers = {}, into = into })
    end
  end)
end

TestDigest = {}

function TestDigest:test_ranges_of_a_file()
  with_path(function(path)
    local text = {}
    for n = 1, 100000 do text[n] = string.pack("<I4", n * 2654435761 & 0xffffffff) end
    text = table.concat(text):rep(3)
    assert(fs.write(path, text))
    for _, range in ipairs { { 0, 0 }, { 0, 1 }, { 7, 262144 }, { 262144, 262145 }, { 1, #text - 1 } } do
      local piece = text:sub(range[1] + 1, range[1] + range[2])
      lu.assertEquals({ part.digest(path, range[1], range[2], "sha256", "CRC64NVME") },
        { crypto.hash("sha256", piece, "raw"), crypto.hash("crc64nvme", piece, "raw") })
    end
    local got, err = part.digest(path, 1, #text, "md5")
    lu.assertNil(got)
    lu.assertEquals(err.code, "FileChanged")
    lu.assertStrContains(err.message, path)
  end)
  local got, err = part.digest("/nowhere/at/all", 0, 1, "md5")
  lu.assertNil(got)
  lu.assertEquals(err.code, "ENOENT")
end

function TestDigest:test_texts()
  for _, n in ipairs { 0, 1, 262144, 262145, 1000003 } do
    local text = ("0123456789abcdef"):rep(n // 16 + 1):sub(1, n)
    lu.assertEquals({ part.digest_of(text, "SHA256", "crc64nvme") },
      { crypto.hash("sha256", text, "raw"), crypto.hash("crc64nvme", text, "raw") })
  end
  lu.assertErrorMsgContains("#1", part.digest_of, {}, "md5")
  lu.assertErrorMsgContains("one to four", part.digest_of, "x")
  lu.assertErrorMsgContains("no digest", part.digest_of, "x", "md4")
end

function TestDigest:test_misuse()
  lu.assertErrorMsgContains("#2", part.digest, "/dev/null", -1, 0, "md5")
  lu.assertErrorMsgContains("#3", part.digest, "/dev/null", 0, -1, "md5")
  lu.assertErrorMsgContains("#3", part.digest, "/dev/null", math.maxinteger, 1, "md5")
  lu.assertErrorMsgContains("one to four", part.digest, "/dev/null", 0, 0)
  lu.assertErrorMsgContains("one to four", part.digest, "/dev/null", 0, 0, "md5", "md5", "md5", "md5", "md5")
  lu.assertErrorMsgContains("no digest", part.digest, "/dev/null", 0, 0, "md4")
  lu.assertErrorMsgContains("NUL", part.digest, "a\0b", 0, 0, "md5")
end

os.exit(lu.LuaUnit.run())
