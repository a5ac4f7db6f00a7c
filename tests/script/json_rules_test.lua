-- SPDX-License-Identifier: MIT
--
-- json_rules_test.lua: what a JSON text may be and may not be, rule by rule (RFC 8259), in the
-- three sorts that the public JSON test suite made known: texts that every parser must take,
-- that none may take, and those where the RFC leaves the choice, with ours.

local lu = require "luaunit"
local json = require "moonrock.json"

-- What must be taken, and what it is when written again ("": compare by value only).
local good = {
  arrays = { "[]", "[ ]", "[[]   ]", "[null, 1, \"1\", {}]", "[1\n]", " [1]", "[2] ", "[[],[[]]]", "[\"\"]",
    "[1,null,null,null,2]", "[\"a\"]", "\t[\r\n1\t]\n" },
  objects = { "{}", "{\"\":0}", "{\"a\":\"b\",\"a\":\"c\"}", "{\"a\":\"b\",\"a\":\"b\"}", "{\"a\" :\n1 , \"b\": []}",
    "{\"foo\\u0000bar\": 42}", "{\"title\":\"\\u041f\"}", "{\"a\":{\"b\":{\"c\":{}}}}" },
  numbers = { "0", "-0", "[123e65]", "[0e+1]", "[0e1]", "[ 4]", "[-0.000000000000000000000000000001]", "[20e1]",
    "[-123]", "[-1]", "[1E22]", "[1E-2]", "[1E+2]", "[123e45]", "[123.456e78]", "[1e-2]", "[1e+2]", "[123]",
    "[123.456789]", "[9223372036854775807]", "[-9223372036854775808]", "[12345678901234567890]" },
  strings = { "[\"\\u0060\\u012a\\u12AB\"]", "[\"\\ud801\\udc37\"]", "[\"\\ud83d\\ude39\\ud83d\\udc8d\"]",
    "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\\\u0000\"]", "[\"\\\"\"]", "[\"a/*b*/c/*d//e\"]", "[\"\\\\a\"]",
    "[\"\\\\n\"]", "[\"\\u0012\"]", "[\"\\uFFFF\"]", "[\"asd \"]", "[\"\\uDBFF\\uDFFF\"]", "[\"\u{FFFF}\"]",
    "[\"\u{10FFFF}\"]", "[\"\\u0000\"]", "[\"\\u002c\"]", "[\"\u{3C0}\"]", "\" \"", "[\"\\u0821\"]",
    "[\"\u{2028}\u{2029}\"]",
    "[\"\\u0061\\u30af\\u30EA\"]", "[\"new\\u000Aline\"]", "[\"\127\"]", "[\"\\uA66D\"]", "[\"\\u0022\"]",
    "[\"a\127a\"]" },
  values = { "true", "false", "null", "42", "-0.1", "\"asd\"", "\"\"", "[true]", " true " },
}

local bad = {
  arrays = { "[1 true]", "[\"\": 1]", "[\"\"],", "[,1]", "[1,,2]", "[\"x\",,]", "[\"x\"]]", "[\"\",]", "[\"x\"", "[x",
    "[3[4]]", "[1:2]", "[,]", "[-]", "[   , \"\"]", "[\"a\",\n4\n,1,", "[1,]", "[1,\n1\n,1", "[*]", "[\"\"", "[{}",
    "[1,",
    "[1\012\f]", "[\011a]", "[1", "[", "]", "[][]" },
  objects = { "{\"x\", null}", "{\"x\"::\"b\"}", "{1:1}", "{\"a\":\"a\" 123}", "{key: 'value'}", "{\"a\" b}",
    "{:\"b\"}",
    "{\"a\" \"b\"}", "{\"a\":", "{\"a\"", "{9999E9999:1}", "{null:null,null:null}", "{\"id\":0,,,,,}", "{'a':0}",
    "{\"id\":0,}", "{\"a\":\"b\"}/**/", "{\"a\":\"b\"}//", "{\"a\":\"b\",,\"c\":\"d\"}", "{a: \"b\"}", "{\"a\":\"a",
    "{ \"foo\" : \"bar\", \"a\" }",
    "{\"a\":\"b\"}#", "{", "}", "{]", "{,}", "{\"\":", "{\"a\":1 \"b\":2}", "{[: \"x\"}" },
  numbers = { "[++1234]", "[+1]", "[+Inf]", "[-01]", "[-1.0.]", "[-2.]", "[-NaN]", "[.-1]", "[.2e-3]", "[0.1.2]",
    "[0.3e+]",
    "[0.3e]", "[0.e1]", "[0E+]", "[0E]", "[0e+]", "[0e]", "[1.0e+]", "[1.0e-]", "[1.0e]", "[1eE2]", "[1 000.0]",
    "[2.e+3]",
    "[2.e-3]", "[2.e3]", "[9.e+]", "[Inf]", "[NaN]", "[1+2]", "[0x1]", "[0x42]", "[Infinity]", "[0e+-1]",
    "[-123.123foo]",
    "[123\229]", "[1e1\229]", "[0\229]", "[-Infinity]", "[-foo]", "[- 1]", "[-012]", "[-.123]", "[-1x]", "[1ea]",
    "[1.]",
    "[.123]", "[1.2a-3]", "[1.8011670033376514H-308]", "[012]", "00", "-", "1.", "1e", "01", "\u{FF11}" },
  strings = { "[\"\\uD800\\u\"]", "[\"\\uD800\\u1\"]", "[\"\\uD800\\u1x\"]", "[\195\169]", "[\"\\\0\"]",
    "[\"\\\\\\\"]", "[\"\\x00\"]",
    "[\"\\\t\"]", "[\"\\\u{1F300}\"]", "[\"\\\"]", "[\"\\u00A\"]", "[\"\\uD834\\uDd\"]", "[\"\\uD800\\uD800\\x\"]",
    "[\"\\a\"]",
    "[\"\\uqqqq\"]", "[\"\\\229\"]", "[\\u0020\"asd\"]", "[\\n]", "\"", "['single quote']", "abc",
    "[\"\\", "[\"a\0a\"]",
    "[\"new\nline\"]", "[\"\t\"]", "\"\\UA66D\"", "\"x\"\"y\"", "[\"\27\"]", "[\"\31\"]" },
  values = { "", " ", "<.>", "[<null>]", "[1]x", "nul", "fals", "tru", "[True]", "nulll", "truefalse", "1]", "{}}",
    "\"\"x",
    "[1],", "\u{2060}", "\239\187\191", "\195", "[\u{A0}]", "[\12]", "\f1", "/**/1", "#1", "{\"a\":true} \"x\"",
    "\0", "1\0", "[1]\0" },
  bytes = { "[\"\255\"]", "[\"\192\175\"]", "[\"\237\160\128\"]", "[\"\244\191\191\191\"]", "[\"\129\"]",
    "[\"\224\255\"]",
    "[\"\252\131\191\191\191\191\"]", "[\"\230\151\165\209\136\250\"]", "\255\254[\0\"\0\233\0\"\0]\0",
    "[\"\195\"]" },
}

-- The RFC leaves these to the parser.
local ours = {
  taken = { "[123123e100000]", "[-1e+9999]", "[1e-10000]", "[100000000000000000000]",
    "[-237462374673276894279832749832]",
    "[0.4e00669999999999999999999999999999999999999999999999999999999999999999999999969999999006]",
    ("["):rep(1000) .. ("]"):rep(1000), "[\"\\uFFFE\\uFDD0\"]" },
  refused = { -- no UTF-8 text can hold a lone surrogate
    "[\"\\uDADA\"]", "[\"\\uD888\\u1234\"]", "[\"\\ud800\"]", "[\"\\uDd1e\\uD834\"]", "[\"\\uD800\\uD800\\n\"]",
    "[\"\\uDFAA\"]",
    "[\"\\uD800abc\"]", "\239\187\191{}", ("["):rep(1001) .. ("]"):rep(1001), ("{\"a\":"):rep(100000) },
}

TestRules = {}

local function each(group, check)
  for name, texts in pairs(group) do
    for _, text in ipairs(texts) do
      check(name, text)
      check(name, (" "):rep(61) .. text) -- elsewhere in a block of 64 bytes
      check(name, text .. (" "):rep(70))
    end
  end
end

function TestRules.test_what_must_be_taken_is_taken()
  each(good, function(name, text)
    local value, err = json.decode(text)
    lu.assertTrue(value ~= nil and err == nil, name .. ": " .. text .. ": " .. tostring(err))
    local again = json.encode(value)
    lu.assertEquals(json.encode((json.decode(again))), again)
  end)
end

function TestRules.test_what_must_be_refused_is_refused()
  each(bad, function(name, text)
    local value, err = json.decode(text)
    lu.assertNil(value, name .. ": " .. text)
    lu.assertEquals(err.code, "JSONSyntax")
    lu.assertTrue(err.offset >= 0 and err.offset <= #text)
  end)
end

function TestRules.test_where_there_is_a_choice()
  for _, text in ipairs(ours.taken) do
    lu.assertNotNil((json.decode(text)), text)
  end
  for _, text in ipairs(ours.refused) do
    lu.assertNil((json.decode(text)), text:sub(1, 60))
  end
end

-- ---- properties ----------------------------------------------------------------------

local seed = 2026

local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return (seed >> 8) % n + 1
end

local scalars = { "0", "-1", "9223372036854775807", "-9223372036854775808", "0.5", "1e-07", "1e+300", "true",
    "false", "null",
  "\"\"", "\"plain text of more than one block, which is sixty-four bytes of it\"",
    "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\"",
  "\"größe 模型 😀\"", "\"\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\nend\"" }

-- A text as encode writes it.
local function text(depth)
  local kind, parts = random(depth > 5 and 4 or 8), {}
  if kind <= 4 then return scalars[random(#scalars)] end
  for i = 1, random(7) - 1 do
    parts[i] = (kind <= 6 and "" or ("\"key %d%s\":"):format(i, ("x"):rep(random(50)))) .. text(depth + 1)
  end
  return kind <= 6 and "[" .. table.concat(parts, ",") .. "]" or "{" .. table.concat(parts, ",") .. "}"
end

function TestRules.test_decode_and_encode_keep_the_text()
  for _ = 1, 3000 do
    local one = text(0)
    local value = json.decode(one, { ordered = true })
    lu.assertEquals(json.encode(value), one)
    local sorted = json.encode((json.decode(one)))
    lu.assertEquals(json.encode((json.decode(sorted))), sorted)
    lu.assertEquals(#sorted, #one)
  end
end

function TestRules.test_long_strings_of_any_bytes_are_kept_or_refused()
  local pieces = { "a", "plain words ", '"', "\\", "\n", "\1", "\127", "é", "€", "😀", "模型" }
  for round = 1, 400 do
    local parts = {}
    for i = 1, random(round % 10 == 0 and 3000 or 120) do
      parts[i] = pieces[random(#pieces)]
    end
    local one = table.concat(parts)
    lu.assertEquals(json.decode(json.encode(one)), one)
    lu.assertEquals(json.decode(json.encode(one, { ascii = true })), one)
    local at = random(#one)
    for _, byte in ipairs { "\128", "\192", "\237\160\128", "\255" } do
      local spoilt = one:sub(1, at) .. byte .. one:sub(at + 1)
      if not utf8.len(spoilt) then
        lu.assertErrorMsgContains("not valid UTF-8", json.encode, spoilt)
        lu.assertNil((json.decode('"' .. spoilt:gsub("[%c\"\\]", "") .. '"')))
      end
    end
  end
end

os.exit(lu.LuaUnit.run())
