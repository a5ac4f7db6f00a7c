-- SPDX-License-Identifier: MIT
--
-- json_cjson_test.lua: lua-cjson as the oracle of moonrock.json, on generated values.
-- Left out is what cjson cannot do: empty arrays, integers past 2^53 and digits past the 14th.

local lu = require "luaunit"
local json = require "moonrock.json"
local cjson = require "cjson"

local seed = 12345

local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return (seed >> 8) % n + 1
end

local pieces = { "a", "Z", " ", "0", "/", '"', "\\", "\n", "\t", "\r", "\b", "\f", "\1", "\127", "ü", "€", "😀", "中文",
  "plain text of some length", "{}", "[1]" }

local function text()
  local parts = {}
  for i = 1, random(12) - 1 do
    parts[i] = pieces[random(#pieces)]
  end
  return table.concat(parts)
end

local function number()
  local kind = random(4)
  if kind == 1 then
    return random(1000000) - 500000
  elseif kind == 2 then
    return (random(1 << 20) * random(1 << 20)) * (random(2) == 1 and 1 or -1)
  elseif kind == 3 then
    return (random(200000) - 100000) / 64
  end
  return random(1000) * 10.0 ^ (random(40) - 20)
end

local function value(depth)
  local kind = random(depth > 4 and 5 or 9)
  if kind <= 2 then
    return text()
  elseif kind <= 3 then
    return number()
  elseif kind == 4 then
    return random(2) == 1
  elseif kind == 5 then
    return json.null
  elseif kind <= 7 then
    local list = {}
    for i = 1, random(6) do
      list[i] = value(depth + 1)
    end
    return list
  end
  local map = {}
  for _ = 1, random(6) do
    map[text()] = value(depth + 1)
  end
  return map
end

-- cjson makes every number a float; 14 digits are what it writes.
local function near(a, b)
  return a == b or math.abs(a - b) <= math.abs(a) * 1e-13
end

local function same(a, b, path)
  if type(a) == "number" and type(b) == "number" then
    if not near(a, b) then
      error(("%s: %s is not %s"):format(path, a, b))
    end
    return
  end
  if type(a) ~= "table" or type(b) ~= "table" then
    if not rawequal(a, b) then
      error(("%s: %s is not %s"):format(path, tostring(a), tostring(b)))
    end
    return
  end
  for k, v in pairs(a) do
    same(v, b[k], path .. "/" .. tostring(k))
  end
  for k in pairs(b) do
    if a[k] == nil then
      error(("%s: no %s"):format(path, k))
    end
  end
end

TestJsonBesideCjson = {}

function TestJsonBesideCjson.test_each_reads_what_the_other_wrote()
  for i = 1, 3000 do
    local v = value(1)
    local ours, theirs = json.encode(v), cjson.encode(v)
    same(v, json.decode(ours), "ours by ours " .. i)
    same(v, cjson.decode(ours), "ours by cjson " .. i)
    same(v, json.decode(theirs), "theirs by ours " .. i)
    same(v, json.decode(json.encode(v, { indent = 2, ascii = true })), "ascii " .. i)
    same(v, cjson.decode(json.encode(v, { indent = 2, ascii = true })), "ascii by cjson " .. i)
  end
end

-- A changed byte: what we accept, cjson accepts with the same meaning.  (It also takes what
-- RFC 8259 does not: numbers like 0x10, 01 and nan, ill-formed UTF-8, lone surrogates.)
function TestJsonBesideCjson.test_damaged_text_is_never_taken_for_more()
  local bytes = { '"', "\\", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", " ", "t", "n", "\0", "\1", "\195", "u" }
  local refused, accepted = 0, 0
  for _ = 1, 3000 do
    local good = json.encode(value(1))
    local at = random(#good)
    local bad = good:sub(1, at - 1) .. bytes[random(#bytes)] .. good:sub(at + random(2) - 1)
    local ok, theirs = pcall(cjson.decode, bad)
    local ours, err = json.decode(bad)
    if err then
      refused = refused + 1
    else
      accepted = accepted + 1
      lu.assertTrue(ok, bad)
      same(ours, theirs, bad)
    end
  end
  lu.assertTrue(refused > 500 and accepted > 100)
end

os.exit(lu.LuaUnit.run())
