-- SPDX-License-Identifier: MIT
-- Headers as a value: a list to Lua, without a table for each of them.

local lu = require "luaunit"
local headers = require "moonrock.headers"
local secret = require "moonrock.secret"
local sigv4 = require "moonrock.sigv4"

TestHeaders = {}

local function list(of)
  return table.move(of, 1, #of, 1, {})
end

function TestHeaders.test_they_are_a_list()
  local given = { { "Content-Type", "a/b" }, { "x-number", 5 }, { "x-empty", "" } }
  local h = headers.of(given)
  lu.assertEquals(tostring(h), "headers (3)")
  lu.assertIs(headers.of(h), h)
  lu.assertEquals(list(h), { { "Content-Type", "a/b" }, { "x-number", "5" }, { "x-empty", "" } })
  lu.assertEquals(given[2], { "x-number", 5 })
  local names = {}
  for index, header in ipairs(h) do names[index] = header[1] end
  lu.assertEquals(names, { "Content-Type", "x-number", "x-empty" })
  for _, nothing in ipairs { 0, 4, -1, 1.5, "1.x", "name", math.maxinteger, math.mininteger } do
    lu.assertNil(h[nothing])
  end
  h[#h + 1] = { "x-last", "1" }
  lu.assertEquals(h[4], { "x-last", "1" })
  lu.assertErrorMsgContains("grow at their end", function() h[2] = { "a", "b" } end)
  lu.assertErrorMsgContains("grow at their end", function() h.name = "b" end)
  lu.assertErrorMsgContains("headers[5] must be {name, value}", function() h[5] = "x" end)
  lu.assertEquals(#h, 4)
end

function TestHeaders.test_fields_are_added_found_and_taken_out()
  local h = headers.of {}
  lu.assertEquals(list(h), {})
  headers.add(h, "a", "1", "B", "2", "a", 3)
  headers.add(h)
  lu.assertEquals(list(h), { { "a", "1" }, { "B", "2" }, { "a", "3" } })
  lu.assertEquals({ headers.get(h, "A"), headers.get(h, "b") }, { "1", "2" })
  lu.assertNil(headers.get(h, "c"))
  lu.assertEquals(headers.get({ { "X", "y" } }, "x"), "y")
  local copy = headers.copy(h)
  headers.remove(h, "A")
  headers.remove(h, "none")
  lu.assertEquals(list(h), { { "B", "2" } })
  lu.assertEquals(#copy, 3)
  headers.remove(h, "b")
  lu.assertEquals(#h, 0)
  headers.add(copy, "c", "4")
  lu.assertEquals({ #h, #copy }, { 0, 4 })
end

function TestHeaders.test_many_and_long_ones()
  local h, wanted = headers.of {}, {}
  for i = 1, 300 do
    wanted[i] = { "name-" .. i, ("v"):rep(i) .. "\0" .. i }
    headers.add(h, wanted[i][1], wanted[i][2])
  end
  lu.assertEquals(list(h), wanted)
  lu.assertEquals(list(headers.copy(h)), wanted)
  for i = 1, 300, 2 do headers.remove(h, "NAME-" .. i) end
  lu.assertEquals(#h, 150)
  lu.assertEquals(h[150], wanted[300])
end

function TestHeaders.test_a_secret_stays_one()
  local token = secret.of "quiet"
  local h = headers.of { { "a", "1" }, { "token", token }, { "b", token }, { "c", "[secret]" } }
  lu.assertIs(h[2][2], token)
  lu.assertIs(headers.get(h, "B"), token)
  lu.assertEquals(h[4][2], "[secret]")
  local copy = headers.copy(h)
  headers.add(copy, "d", token, "e", "2")
  headers.remove(h, "token")
  lu.assertEquals({ h[1][2], h[3][2] }, { "1", "[secret]" })
  lu.assertIs(h[2][2], token)
  lu.assertIs(copy[2][2], token)
  lu.assertIs(copy[5][2], token)
  lu.assertEquals(copy[6][2], "2")
  headers.remove(h, "b")
  headers.add(h, "f", "3")
  lu.assertEquals(list(h), { { "a", "1" }, { "c", "[secret]" }, { "f", "3" } })
end

function TestHeaders.test_bad_arguments()
  local h = headers.of {}
  lu.assertErrorMsgContains("must be a list", headers.of, "x")
  lu.assertErrorMsgContains("must be a list", headers.of, io.stdout)
  lu.assertErrorMsgContains("headers[2] must be {name, value}", headers.of, { { "a", "b" }, { "a" } })
  lu.assertErrorMsgContains("headers[1] must be {name, value}", headers.of, { { 1, "b" } })
  lu.assertErrorMsgContains("headers[1] must be {name, value}", headers.of, { { "a", io.stdout } })
  lu.assertErrorMsgContains("moonrock.headers expected", headers.add, {}, "a", "b")
  lu.assertErrorMsgContains("moonrock.headers expected", headers.copy, io.stdout)
  lu.assertErrorMsgContains("#3", headers.add, h, "a")
  lu.assertErrorMsgContains("string or secret", headers.add, h, "a", {})
  lu.assertErrorMsgContains("#2", headers.remove, h)
  lu.assertEquals(#h, 0)
end

-- It is added in place, to a list as to headers.
function TestHeaders.test_a_signature()
  local function signed(given)
    local request = { method = "GET", host = "h", path = "/", headers = given }
    local credentials = { access_key_id = "A", secret_access_key = "s", session_token = secret.of "t" }
    return sigv4.sign(request, { credentials = credentials, region = "r", service = "s3", time = 0 }).headers
  end
  local plain = { { "X-Amz-Date", "old" }, { "a", "1" } }
  local h = headers.of(plain)
  lu.assertIs(signed(h), h)
  lu.assertIs(signed(plain), plain)
  lu.assertEquals(#plain, 6)
  for i = 1, 6 do
    lu.assertEquals(h[i][1], plain[i][1])
    lu.assertTrue(h[i][2] == plain[i][2])
  end
  lu.assertEquals(#signed(nil), 5)
  lu.assertEquals(#signed(h), 6) -- once more: it replaces
end

-- A finalizer that changes headers meanwhile harms nobody.
function TestHeaders.test_they_change_while_memory_is_asked_for()
  local h
  local function again()
    setmetatable({}, { __gc = function()
      if h then
        headers.add(h, "late", ("x"):rep(900), "hidden", secret.of "y")
        if #h > 60 then headers.remove(h, "late") headers.remove(h, "hidden") end
        again()
      end
    end })
  end
  local before = collectgarbage("setpause", 0)
  h = headers.of { { "a", "1" } }
  again()
  for i = 1, 2000 do
    headers.add(h, "b", ("v"):rep(i % 50))
    local copy = headers.copy(h)
    lu.assertEquals(copy[1], { "a", "1" })
    lu.assertEquals(headers.get(h, "a"), "1")
    if #h > 100 then headers.remove(h, "b") end
  end
  h = nil
  collectgarbage("setpause", before)
end

os.exit(lu.LuaUnit.run())
