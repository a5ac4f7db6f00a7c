-- SPDX-License-Identifier: MIT
--
-- json_test.lua: moonrock.json as scripts see it: exact values, marks, order, faults.

local lu = require "luaunit"
local json = require "moonrock.json"
local jsonl = require "moonrock.jsonl"
local cjson = require "cjson"

TestJson = {}

local function refusal(f, ...)
  local ok, err = pcall(f, ...)
  lu.assertFalse(ok)
  return tostring(err)
end

function TestJson.test_null_is_that_of_cjson()
  lu.assertTrue(rawequal(json.null, cjson.null))
  lu.assertTrue(rawequal(json.decode("null"), json.null))
  lu.assertEquals(json.encode(json.null), "null")
  lu.assertEquals(json.encode(nil), "null")
  lu.assertEquals(json.encode { a = cjson.null }, '{"a":null}')
end

function TestJson.test_integers_are_exact_and_floats_stay_floats()
  for _, text in ipairs { "0", "-1", "9007199254740993", "9223372036854775807", "-9223372036854775808" } do
    local value = json.decode(text)
    lu.assertEquals(math.type(value), "integer")
    lu.assertEquals(json.encode(value), text)
  end
  for _, text in ipairs { "1.0", "-0.0", "0.1", "1e-05", "1e+16", "2.5", "5e-324", "1.7976931348623157e+308" } do
    local value = json.decode(text)
    lu.assertEquals(math.type(value), "float")
    lu.assertEquals(json.encode(value), text)
  end
  lu.assertEquals(json.decode "18446744073709551616", 2.0 ^ 64)
  lu.assertEquals(json.decode "1E2", 100.0)
end

-- More digits in the exponent than it seems to need, since zeros behind the point take them back.
function TestJson.test_exponents_that_zeros_make_up_for()
  for _, case in ipairs { { 20000, "1e20001", 1.0 }, { 20000, "1e200001", math.huge }, { 150000, "25e150001", 2.5 },
    { 9999, "1e9999999999999999999999", math.huge }, { 5, "1e-9999999999", 0.0 }, { 0, "0e-99999999999", 0.0 } } do
    local text = "0." .. ("0"):rep(case[1]) .. case[2]
    lu.assertEquals(json.decode(text), case[3])
    lu.assertEquals(json.decode(text .. " ", { position = 1 }), case[3])
    lu.assertEquals(jsonl.decode('{"a":-' .. text .. "}").a, -case[3])
  end
end

function TestJson.test_empty_array_and_object_survive()
  for _, text in ipairs { "[]", "{}", '{"a":[],"b":{},"c":[[],{}]}' } do
    lu.assertEquals(json.encode(json.decode(text)), text)
  end
  lu.assertEquals(json.encode {}, "{}")
  lu.assertEquals(json.encode(json.array()), "[]")
  lu.assertEquals(json.encode(json.array { 1, 2 }), "[1,2]")
  lu.assertEquals(json.encode(json.object()), "{}")
  local list = json.decode "[1]"
  table.remove(list)
  lu.assertEquals(json.encode(list), "[]")
end

function TestJson.test_lists_that_lua_keeps_out_of_order()
  lu.assertEquals(json.encode { [2] = "b", [1] = "a", [3] = "c" }, '["a","b","c"]')
  lu.assertEquals(json.encode { "x", [3] = "c", [2] = "b" }, '["x","b","c"]')
  lu.assertStrContains(refusal(json.encode, { 1, 2, a = 1 }), "both names and numbers")
  for i = 2, 20 do -- the number comes before the name, or behind it
    lu.assertStrContains(refusal(json.encode, { [i] = 1, a = 2 }), "both names and numbers")
  end
  lu.assertStrContains(refusal(json.encode, json.array { 1, a = 2 }), "an array has holes")
  lu.assertStrContains(refusal(json.encode, { [1.5] = 1 }), "number cannot be a key")
end

function TestJson.test_is_array_tells_what_encode_would_do()
  lu.assertTrue(json.is_array(json.decode "[]"))
  lu.assertTrue(json.is_array { 1 })
  lu.assertTrue(json.is_array(json.array()))
  lu.assertFalse(json.is_array {})
  lu.assertFalse(json.is_array { a = 1 })
  lu.assertFalse(json.is_array(json.decode "{}"))
  lu.assertFalse(json.is_array(json.object()))
  lu.assertFalse(json.is_array "[]")
end

function TestJson.test_marks_are_refused_where_they_would_overwrite()
  lu.assertStrContains(refusal(json.array, setmetatable({}, {})), "metatable of its own")
  lu.assertStrContains(refusal(json.array, 1), "table expected")
  lu.assertTrue(json.is_array(json.array(json.object())))
end

function TestJson.test_keys_are_sorted()
  lu.assertEquals(json.encode { b = 1, a = 2, ["ü"] = 3, A = 4, [""] = 5, aa = 6 },
    '{"":5,"A":4,"a":2,"aa":6,"b":1,"ü":3}')
  local big, want = {}, {}
  for i = 1, 5000 do
    big[("k%05d"):format(i)] = i
    want[i] = ('"k%05d":%d'):format(i, i)
  end
  lu.assertEquals(json.encode(big), "{" .. table.concat(want, ",") .. "}")
end

function TestJson.test_a_key_twice()
  local long = ("k"):rep(100)
  for _, ordered in ipairs { false, true } do
    local options = { unique_keys = true, ordered = ordered }
    for text, column in pairs { ['{"a":1,"a":1}'] = 8, ['[{"b":{"a":null,"c":1,"\\u0061":2}}]'] = 23,
        ['{"' .. long .. '":1,"' .. long .. '":1}'] = 107 } do
      local value, err = json.decode(text, options)
      lu.assertNil(value)
      lu.assertEquals({ err.code, err.column }, { "JSONSyntax", column }, text)
      lu.assertStrContains(err.message, "the object has this key already")
      lu.assertNotNil(json.decode(text, { ordered = ordered }))
    end
    lu.assertEquals(json.decode('{"a":{"a":1},"b":[{"a":1},{"a":1}]}', options).a.a, 1)
    local _, err = json.decode('[]{"a":1,"a":2}', { unique_keys = true, position = 3 })
    lu.assertEquals(err.column, 10)
  end
end

function TestJson.test_ordered_keeps_the_order_of_keys()
  local text = '{"z":1,"a":{"y":[{"q":1,"b":2}],"x":null},"m":3}'
  local value = json.decode(text, { ordered = true })
  lu.assertEquals(json.encode(value), text)
  local seen = {}
  for k in pairs(value) do
    seen[#seen + 1] = k
  end
  lu.assertEquals(seen, { "z", "a", "m" })
  value.z = nil
  value.new, value.extra = 1, 2
  lu.assertEquals(json.encode(value), '{"a":{"y":[{"q":1,"b":2}],"x":null},"m":3,"extra":2,"new":1}')
  lu.assertEquals(json.encode(json.decode('{"b":1,"a":2,"b":3}', { ordered = true })), '{"b":3,"a":2}')
  local many = {}
  for i = 1, 1000 do
    many[i] = ('"%d":%d'):format((i * 7919) % 1000, i)
  end
  local long = "{" .. table.concat(many, ",") .. "}"
  lu.assertEquals(json.encode(json.decode(long, { ordered = true })), long)
end

-- Keys are kept from call to call: those of one slot must not be taken for each other.
function TestJson.test_keys_that_differ_in_one_byte()
  for n = 1, 45 do
    local key = ("k"):rep(n)
    for at = 1, n do
      local other = key:sub(1, at - 1) .. "x" .. key:sub(at + 1)
      local value = json.decode(('{"%s":{"%s":1},"%s":2}'):format(key, other, other))
      lu.assertEquals(value, { [key] = { [other] = 1 }, [other] = 2 })
    end
  end
end

function TestJson.test_the_last_of_equal_keys_stands()
  lu.assertEquals(json.decode('{"a":1,"b":2,"a":3}').a, 3)
end

function TestJson.test_large_containers_are_complete()
  for _, n in ipairs { 15, 16, 17, 255, 256, 257, 512, 1000, 10000 } do
    local items, members = {}, {}
    for i = 1, n do
      items[i] = tostring(i)
      members[i] = ('"k%d":%d'):format(i, i)
    end
    local list = json.decode("[" .. table.concat(items, ",") .. "]")
    local map = json.decode("{" .. table.concat(members, ",") .. "}")
    lu.assertEquals(#list, n)
    for i = 1, n do
      lu.assertEquals(list[i], i)
      lu.assertEquals(map["k" .. i], i)
    end
  end
end

function TestJson.test_indent_is_that_of_json_dumps()
  local value = json.decode('{"a":[1,2.5,[],{}],"b":{"c":"ü"},"d":[]}', { ordered = true })
  lu.assertEquals(json.encode(value, { indent = 2 }), [[
{
  "a": [
    1,
    2.5,
    [],
    {}
  ],
  "b": {
    "c": "ü"
  },
  "d": []
}]])
  lu.assertEquals(json.encode(value, { indent = 2, ascii = true }):match '"c": (%S+)', '"\\u00fc"')
  lu.assertEquals(json.encode("😀\127", { ascii = true }), '"\\ud83d\\ude00\\u007f"')
end

function TestJson.test_strings_with_escapes()
  lu.assertEquals(json.decode [["a\/\"\\\b\f\n\r\t\u0041\u00e4\u20ac\ud83d\ude00"]], 'a/"\\\b\f\n\r\tAä€😀')
  lu.assertEquals(json.decode [["\u0000"]], "\0")
  lu.assertEquals(json.encode 'a/"\\\b\f\n\r\t\0\31', [["a/\"\\\b\f\n\r\t\u0000\u001f"]])
  lu.assertEquals(json.decode([[{"a\n":{"b\t":"c\r"},"a\n2":1}]]), { ["a\n"] = { ["b\t"] = "c\r" }, ["a\n2"] = 1 })
end

function TestJson.test_fault_has_line_column_and_offset()
  local value, err = json.decode '{\n  "aü": [1, 2,]\n}'
  lu.assertNil(value)
  lu.assertEquals(err.code, "JSONSyntax")
  lu.assertEquals({ err.line, err.column, err.offset }, { 2, 15, 17 })
  lu.assertStrContains(err.message, "line 2, column 15")
  for _, bad in ipairs { "", "nul", "[1,]", "{} x", "01", '"\1"', '"\\ud800"', '"\xff"', "[1]\0", "NaN", "{'a':1}",
    '{"a":1', "[", "\xef\xbb\xbf{}" } do
    value, err = json.decode(bad)
    lu.assertNil(value)
    lu.assertEquals(err.code, "JSONSyntax")
  end
end

function TestJson.test_depth_is_capped()
  local deep = ("["):rep(1000) .. ("]"):rep(1000)
  lu.assertEquals(json.encode(json.decode(deep)), deep)
  local value, err = json.decode("[" .. deep .. "]")
  lu.assertNil(value)
  lu.assertStrContains(err.message, "too deeply")
  lu.assertNotNil(json.decode("[[1]]", { max_depth = 2 }))
  lu.assertNil((json.decode("[[1]]", { max_depth = 1 })))
  local table_in_table = {}
  for _ = 1, 1001 do
    table_in_table = { table_in_table }
  end
  lu.assertStrContains(refusal(json.encode, table_in_table), "too deeply")
  lu.assertStrContains(refusal(json.encode, { { {} } }, { max_depth = 2 }), "too deeply")
end

function TestJson.test_deep_text_inside_a_coroutine()
  local deep = ('{"a":['):rep(400) .. ("]}"):rep(400)
  lu.assertEquals(coroutine.wrap(function()
    return json.encode(json.decode(deep))
  end)(), deep)
end

function TestJson.test_what_cannot_be_encoded_is_named_by_its_path()
  lu.assertStrContains(refusal(json.encode, { messages = { {}, { content = print } } }), "at messages[2].content")
  lu.assertStrContains(refusal(json.encode, { a = { ["b c"] = 0 / 0 } }), 'at a["b c"]')
  lu.assertStrContains(refusal(json.encode, math.huge), "infinite")
  lu.assertStrContains(refusal(json.encode, { a = "\xff" }), "UTF-8")
  lu.assertStrContains(refusal(json.encode, { ["\xff"] = 1 }), "UTF-8")
  lu.assertStrContains(refusal(json.encode, { 1, 2, x = 3 }), "both names and numbers")
  lu.assertStrContains(refusal(json.encode, { 1, nil, 3 }), "holes")
  lu.assertStrContains(refusal(json.encode, { [true] = 1 }), "boolean cannot be a key")
  lu.assertStrContains(refusal(json.encode, json.array { a = 1 }), "an array has holes")
  lu.assertStrContains(refusal(json.encode, coroutine.create(print)), "thread")
  local cycle = { a = {} }
  cycle.a.b = cycle
  lu.assertStrContains(refusal(json.encode, cycle), "contains itself, at a.b")
  local shared = {}
  lu.assertEquals(json.encode { shared, shared }, "[{},{}]")
end

function TestJson.test_position_reads_one_value_after_another()
  local text, at, seen = ' 1 "two" [3]{"four":4} ', 1, {}
  while at <= #text - 1 do
    seen[#seen + 1], at = json.decode(text, { position = at })
  end
  lu.assertEquals(seen, { 1, "two", { 3 }, { four = 4 } })
  local value, err = json.decode("[1] x", { position = 5 })
  lu.assertNil(value)
  lu.assertEquals(err.column, 5)
end

function TestJson.test_misuse_raises_with_the_argument()
  lu.assertStrContains(refusal(json.decode), "#1")
  lu.assertStrContains(refusal(json.decode, {}), "#1")
  lu.assertStrContains(refusal(json.decode, "1", 5), "#2")
  lu.assertStrContains(refusal(json.decode, "1", { max_depth = 0 }), "max_depth")
  lu.assertStrContains(refusal(json.decode, "1", { position = 3 }), "position")
  lu.assertStrContains(refusal(json.encode), "#1")
  lu.assertStrContains(refusal(json.encode, 1, { indent = -1 }), "indent")
end

-- The buffers that a call lends to the next are lent again afterwards.
function TestJson.test_an_error_that_passes_by_costs_later_calls_nothing()
  local meta = getmetatable(io.stdout)
  meta.__json = function() error "no text" end
  lu.assertErrorMsgContains("no text", json.encode, { io.stdout })
  meta.__json = function() return json.encode "nested" end
  lu.assertEquals(json.encode { io.stdout, 1 }, '["nested",1]')
  meta.__json = function() end
  lu.assertErrorMsgContains("__json must give a string, not a nil", json.encode, io.stdout)
  meta.__json = nil
  json.encode(1)
  collectgarbage("stop")
  local before = collectgarbage("count")
  for _ = 1, 100 do json.encode(1) end
  local after = collectgarbage("count")
  collectgarbage("restart")
  lu.assertTrue(after - before < 10, after - before)
end

-- What is garbage while a value is built must be neither lost nor kept.
function TestJson.test_collector_at_every_step()
  local text = json.encode { a = { 1, 2, { b = "c\n", d = { {} } } }, e = ("x\t"):rep(100) }
  collectgarbage("generational")
  collectgarbage("incremental", 0, 1000, 1)
  for _ = 1, 200 do
    lu.assertEquals(json.encode(json.decode(text)), text)
    lu.assertEquals(json.encode(json.decode(text, { ordered = true })), text)
  end
  collectgarbage("incremental", 200, 100, 13)
end

os.exit(lu.LuaUnit.run())
