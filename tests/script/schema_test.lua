-- SPDX-License-Identifier: MIT
-- JSON Schema: each keyword both ways, where a problem is, and schemas that are refused.
-- tests/peers/schema.py holds it against Python's jsonschema.

local lu = require "luaunit"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local pattern = require "moonrock.pattern"
local schema = require "moonrock.schema"

-- schema, texts that fit, texts that do not
local cases = {
  { '{"type":"integer"}', { "1", "1.0", "-0", "1e2" }, { "1.5", '"1"', "null", "[]", "{}", "true" } },
  { '{"type":["array","null"]}', { "[]", "[1]", "null" }, { "{}", "0" } },
  { '{"enum":[1,"a",null,{"x":[1]}]}', { "1.0", '"a"', "null", '{"x":[1.0]}' },
    { "2", '{"x":[]}', '{"x":[1],"y":1}' } },
  { '{"const":[]}', { "[]" }, { "{}", "null", "[null]" } },
  { '{"multipleOf":0.5,"minimum":-1,"exclusiveMaximum":3}', { "2.5", "-1", '"x"' }, { "0.3", "3", "-1.5" } },
  { '{"multipleOf":0.01}', { "19.99", "0.3", "7", "-0.07" }, { "19.995", "0.001", "1e400" } },
  { '{"uniqueItems":true}',
    { '[1,"1",true,"true",null,"null",[],{}]', "[0.1,0.10000000000000002]", '[{"a":[1]},{"a":[1,1]},{"b":[1]}]' },
    { "[[1,2],3,[1.0,2]]", '[{"a":1,"b":2},{"b":2,"a":1}]', '["a","b","a"]', "[null,null]", "[false,false]" } },
  { '{"maxLength":2,"minLength":1}', { '"é€"', '"a"' }, { '""', '"abc"' } },
  { '{"pattern":"^[a-c]+\\\\d$"}', { '"abc1"', "7" }, { '"abc"', '"xabc1"' } },
  { '{"pattern":"b"}', { '"abc"' }, { '"ac"' } },
  { '{"items":{"type":"integer"},"minItems":1,"maxItems":2,"uniqueItems":true}', { "[1]", "[1,2]" },
    { "[]", "[1,1.0]", "[1,2,3]", '["a"]' } },
  { '{"prefixItems":[{"type":"string"}],"items":false}', { '["a"]', "[]" }, { '["a",1]', "[1]" } },
  { '{"contains":{"const":1},"minContains":2,"maxContains":2}', { "[1,0,1]" }, { "[1]", "[1,1,1]", "[]" } },
  { '{"properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}', { '{"a":""}', "[]" },
    { "{}", '{"a":1}', '{"a":"","b":1}' } },
  { '{"patternProperties":{"^x_":{"type":"integer"}},"additionalProperties":{"type":"string"}}',
    { '{"x_a":1,"b":"c"}' }, { '{"x_a":"c"}', '{"b":1}' } },
  { '{"propertyNames":{"maxLength":1},"minProperties":1,"maxProperties":2}', { '{"a":1}' },
    { '{"ab":1}', "{}", '{"a":1,"b":1,"c":1}' } },
  { '{"dependentRequired":{"a":["b"]},"dependentSchemas":{"c":{"required":["d"]}}}', { '{"a":1,"b":1}', "{}" },
    { '{"a":1}', '{"c":1}' } },
  { '{"dependencies":{"a":["b"],"c":{"required":["d"]}}}', { '{"b":1}' }, { '{"a":1}', '{"c":1}' } },
  { '{"allOf":[{"minimum":1},{"maximum":2}]}', { "1" }, { "0", "3" } },
  { '{"anyOf":[{"type":"string"},{"minimum":5}]}', { '"a"', "5" }, { "4" } },
  { '{"oneOf":[{"minimum":1},{"minimum":5}]}', { "2" }, { "0", "6" } },
  { '{"not":{"type":"null"}}', { "0" }, { "null" } },
  { '{"if":{"minimum":10},"then":{"multipleOf":10},"else":{"const":1}}', { "20", "1" }, { "15", "2" } },
  { '{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","properties":{"next":{"$ref":"#/$defs/tree"}}}}}',
    { '{"next":{"next":{}}}' }, { '{"next":{"next":1}}' } },
  { '{"$defs":{"a~/b":{"$anchor":"here","type":"null"}},"items":{"$ref":"#/$defs/a~0~1b"},"not":{"$ref":"#here"}}',
    { "[null]" }, { "[1]", "null" } },
  { "true", { "1" }, {} }, { "false", {}, { "1" } },
}

TestSchema = {}

function TestSchema.test_keywords_both_ways()
  for _, case in ipairs(cases) do
    local judge = schema.compile(json.decode(case[1]))
    for wanted, texts in pairs { [true] = case[2], [false] = case[3] } do
      for _, text in ipairs(texts) do
        lu.assertEquals((judge((json.decode(text)))), wanted, case[1] .. " of " .. text)
      end
    end
  end
end

function TestSchema.test_every_problem_and_its_place()
  local judge = schema.compile(json.decode [[{"properties":{"a":{"items":{"type":"integer"}},
    "b c":{"maxLength":1}},"required":["d","e"]}]])
  local ok, problems = judge(json.decode '{"a":[1,"x",2.5],"b c":"long"}')
  lu.assertFalse(ok)
  lu.assertEquals(problems, {
    { path = "$", message = "lacks d, e" },
    { path = "$.a[2]", message = "string where integer is wanted" },
    { path = "$.a[3]", message = "number where integer is wanted" },
    { path = '$["b c"]', message = "4 characters where at most 1 is allowed" },
  })
end

function TestSchema.test_schemas_that_are_refused()
  for text, place in pairs {
    ['{"type":"text"}'] = "#/type", ['{"items":{"minimum":"a"}}'] = "#/items/minimum",
    ['{"pattern":"("}'] = "#/pattern", ['{"$ref":"#/nowhere"}'] = "#/$ref", ['{"allOf":[]}'] = "#/allOf",
    ['{"$ref":"other.json"}'] = "another document", ['{"unevaluatedProperties":false}'] = "not understood",
    ['{"properties":{"a":1}}'] = "#/properties/a", ['{"$defs":{"a":{"type":1}}}'] = "#/$defs/a/type",
    ['{"items":{"$id":"http://x/"}}'] = "only the whole schema",
    ['{"properties":{"a":{"required":true}}}'] = "#/properties/a/required: a list of names",
    ['{"required":[1]}'] = "#/required", ['{"dependentRequired":{"a":true}}'] = "#/dependentRequired",
    ['{"dependencies":5}'] = "#/dependencies", ['{"dependencies":{"a":[1]}}'] = "#/dependencies",
    ['{"contains":{},"minContains":"x"}'] = "#/minContains", ['{"prefixItems":5,"items":true}'] = "#/prefixItems",
  } do
    local judge, err = errors.try(schema.compile, (json.decode(text)))
    lu.assertNil(judge, text)
    lu.assertEquals(err.code, "InvalidSchema")
    lu.assertStrContains(err.message, place)
  end
end

function TestSchema.test_long_lists_take_no_square_of_time()
  local list = json.array {}
  for i = 1, 50000 do list[i] = i % 2 == 0 and i or { n = i } end
  local before = os.clock()
  lu.assertTrue((schema.compile { uniqueItems = true }(list)))
  list[#list + 1] = 2.0
  local _, problems = schema.compile { uniqueItems = true }(list)
  lu.assertEquals(problems[1].message, "items 2 and 50001 are the same")
  lu.assertTrue(os.clock() - before < 5)
end

-- Where several branches refer to one schema, the same value is judged by it once.
function TestSchema.test_references_in_branches_take_no_time()
  local before = os.clock()
  local ok, problems = schema.compile(json.decode '{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}')(1)
  lu.assertFalse(ok)
  lu.assertStrContains(problems[1].message, "the reference # leads back to itself")
  local judge = schema.compile(json.decode [[{ "oneOf": [ { "type": "integer" },
    { "type": "object", "properties": { "op": { "const": "+" }, "l": { "$ref": "#" }, "r": { "$ref": "#" } } },
    { "type": "object", "properties": { "op": { "const": "-" }, "l": { "$ref": "#" }, "r": { "$ref": "#" } } } ] }]])
  local function sum(innermost)
    return json.decode(('{"op":"-","r":1,"l":'):rep(80) .. innermost .. ("}"):rep(80))
  end
  lu.assertTrue((judge(sum "2")))
  lu.assertFalse((judge(sum '"2"')))
  lu.assertTrue((judge(sum "2"))) -- nothing is kept from one value to the next
  lu.assertTrue(os.clock() - before < 5)
end

function TestSchema.test_circles_and_depth_end()
  local judge = schema.compile(json.decode '{"$ref":"#"}')
  lu.assertFalse((judge(1)))
  judge = schema.compile(json.decode '{"items":{"$ref":"#"}}')
  lu.assertTrue((judge((json.decode(("["):rep(100) .. ("]"):rep(100))))))
  lu.assertFalse((judge((json.decode(("["):rep(500) .. ("]"):rep(500))))))
end

TestPattern = {}

function TestPattern.test_occurs()
  local occurs = pattern.compile "^(foo|ba[rz])\\s+\\d{2,3}$"
  lu.assertTrue(occurs "foo  12")
  lu.assertFalse(occurs "xfoo 12")
  lu.assertFalse(occurs "foo 1")
  lu.assertTrue(pattern.compile "oo"("fool"))
  lu.assertTrue(pattern.compile "a|b"("xxb"))
  lu.assertFalse(pattern.compile "^a|b$"("xa"))
  for _, wrong in ipairs { "(", "a)|(b", "(?=a)b", "\\1" } do
    local none, err = pattern.compile(wrong)
    lu.assertNil(none, wrong)
    lu.assertEquals(err.code, "PatternSyntax")
  end
  local none, err = pattern.compile(("(a{500}){500}"))
  lu.assertNil(none)
  lu.assertEquals(err.code, "PatternTooLarge")
end

function TestPattern.test_time_is_bounded()
  lu.assertFalse(pattern.compile "^(a+)+$"(("a"):rep(20000) .. "b"))
end

os.exit(lu.LuaUnit.run())
