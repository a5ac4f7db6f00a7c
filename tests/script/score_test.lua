-- SPDX-License-Identifier: MIT
-- What answers are worth: each scorer on answers that are right, near and wrong.

local lu = require "luaunit"
local errors = require "moonrock.error"
local fails = require "fails"
local json = require "moonrock.json"
local random = require "moonrock.random"
local score = require "moonrock.score"

local function worth(scorer, answer, expected)
  return (scorer.score { answer = answer, expected = expected })
end

TestScore = {}

function TestScore.test_texts()
  lu.assertEquals(worth(score.exact(), " 42\n", "42"), 1)
  lu.assertEquals(worth(score.exact(), "42.", "42"), 0)
  lu.assertEquals(worth(score.normalized(), "The Answer:  42!", "the answer 42"), 1)
  lu.assertEquals(worth(score.normalized(), "the answer 43", "the answer 42"), 0)
  lu.assertEquals(worth(score.contains(), "it is 42, I think", "42"), 1)
  lu.assertEquals(worth(score.contains { text = "YES", ignore_case = true }, "well, yes"), 1)
  lu.assertEquals(worth(score.contains { text = "a.b" }, "axb"), 0)
  lu.assertEquals(worth(score.regex { pattern = "^\\d{4}-\\d\\d$" }, "2026-11"), 1)
  lu.assertEquals(worth(score.regex { pattern = "^\\d{4}-\\d\\d$" }, "in 2026-11"), 0)
end

-- A model that does not stop fills its answer with line ends.
function TestScore.test_long_runs_of_blanks_take_no_time()
  local blanks, started = ("\n"):rep(200000), os.clock()
  lu.assertEquals(worth(score.exact(), blanks .. "a" .. blanks .. "b" .. blanks, "a" .. blanks .. "b"), 1)
  lu.assertEquals(worth(score.exact(), blanks, ""), 1)
  lu.assertEquals(worth(score.json_valid { fenced = true }, "```json\n" .. blanks .. "x"), 0)
  lu.assertEquals(worth(score.json_valid { fenced = true }, "```json \r\n" .. blanks .. "1" .. blanks .. "```\n"), 1)
  lu.assertTrue(os.clock() - started < 5)
end

function TestScore.test_numbers()
  local plain = score.numeric()
  for answer, wanted in pairs { ["so 6 * 7 = 42"] = 42, ["1,234,567"] = "1234567", ["-3.5e2."] = -350,
      ["is 7."] = "7", ["from 5-3"] = 3, ["on 2024-01-15"] = 15, ["in 2020,3000"] = 3000, ["=-3"] = -3, ["5"] = 5,
      ["7 = 3+4"] = 4, ["1,234,567,890"] = 1234567890, ["x1e3"] = 1000, [".5"] = 0.5,
      ["[100,200,300]"] = 300, ["[ 1,200 ]"] = 200, ["[1,2] is 1,200"] = 1200,
      ["[it is 1,200]"] = 1200, ["is \u{2212}5"] = -5 } do
    lu.assertEquals(worth(plain, answer, wanted), 1, answer)
  end
  lu.assertEquals(worth(plain, "-1", math.maxinteger), 0)
  lu.assertEquals(worth(plain, "9007199254740993", 9007199254740992), 0)
  lu.assertEquals(worth(plain, "about 42.1", 42), 0)
  lu.assertEquals(worth(score.numeric { tolerance = 0.2 }, "about 42.1", 42), 1)
  lu.assertEquals(worth(score.numeric { relative = 0.01 }, "101", 100), 1)
  lu.assertEquals(worth(score.numeric { relative = 0.01 }, "102", 100), 0)
  lu.assertEquals({ plain.score { answer = "none", expected = 1 } }, { 0, "no number in the answer" })
end

function TestScore.test_json()
  lu.assertEquals(worth(score.json_valid(), '{"a":1}'), 1)
  lu.assertEquals(worth(score.json_valid(), "null"), 1)
  lu.assertEquals(worth(score.json_valid(), '{"a":1} and more'), 0)
  lu.assertEquals(worth(score.json_valid(), '```json\n{"a":1}\n```'), 0)
  lu.assertEquals(worth(score.json_valid { fenced = true }, '```json\n{"a":1}\n```'), 1)
  local number, reason = score.json_schema { schema = { type = "object", required = { "a" } } }.score { answer = "{}" }
  lu.assertEquals({ number, reason }, { 0, "$ lacks a" })
  lu.assertEquals(worth(score.json_schema { schema = { required = { "a" } } }, '{"a":1}'), 1)
  fails("InvalidSchema", score.json_schema, { schema = { type = "text" } }) -- before anything is asked
  lu.assertEquals(worth(score.json_fields(), '{"a":1,"b":[1,2],"x":0}', '{"a":1.0,"b":[1,3]}'), 0.5)
  lu.assertEquals(worth(score.json_fields { fields = { "a", "b[2]", "c.d" } },
    '{"a":1,"b":[9,2],"c":{"d":"x"}}', { a = 1, b = json.array { 1, 2 }, c = { d = "x" } }), 1)
  lu.assertEquals(worth(score.json_fields(), "prose", '{"a":1}'), 0)
  lu.assertEquals(worth(score.json_fields(), '{"a":false}', '{"a":false}'), 1)
  lu.assertEquals(worth(score.json_fields { fields = { "a.b" } }, '{"a":{"b":false}}', '{"a":{"b":false}}'), 1)
  lu.assertEquals(worth(score.json_fields { fields = { "a.b" } }, '{"a":{}}', '{"a":{"b":false}}'), 0)
  lu.assertEquals(worth(score.json_fields(), "[]", '{"a":1}'), 0)
end

-- The plain table of all prefixes, to hold the quick one against.
local function slow_distance(a, b)
  local t = {}
  for i = 0, #a do
    t[i] = { [0] = i }
    for k = 1, #b do
      t[i][k] = i == 0 and k or math.min(t[i - 1][k] + 1, t[i][k - 1] + 1,
        t[i - 1][k - 1] + (a:byte(i) == b:byte(k) and 0 or 1))
    end
  end
  return t[#a][#b]
end

function TestScore.test_edit_distance()
  lu.assertAlmostEquals(worth(score.edit_distance(), "kitten", "sitting"), 1 - 3 / 7, 1e-12)
  lu.assertEquals(worth(score.edit_distance(), "", ""), 1)
  lu.assertAlmostEquals(worth(score.edit_distance(), "né", "ne"), 0.5, 1e-12)
  lu.assertEquals(worth(score.edit_distance(), "", "abc"), 0)
  local stream = random.stream(4)
  for _ = 1, 300 do
    local texts = {}
    for i = 1, 2 do
      local letters = {}
      for k = 1, stream:integer(0, 12) do
        letters[k] = ("abc"):sub(stream:integer(1, 3)):sub(1, 1)
      end
      texts[i] = table.concat(letters)
    end
    local longer = math.max(#texts[1], #texts[2])
    lu.assertAlmostEquals(worth(score.edit_distance(), texts[1], texts[2]),
      longer == 0 and 1 or 1 - slow_distance(texts[1], texts[2]) / longer, 1e-12)
  end
end

function TestScore.test_your_own()
  local own = score.custom("short", function(sample) return #sample.answer < 5, "length" end)
  lu.assertEquals({ own.score { answer = "abc" } }, { 1, "length" })
  lu.assertEquals(own.name, "short")
  lu.assertErrorMsgContains("gave 2", score.custom("two", function() return 2 end).score, {})
  lu.assertErrorMsgContains("gave nil", score.custom("none", function() end).score, {})
end

function TestScore.test_what_cannot_be_judged_is_no_failure()
  for _, scorer in ipairs { score.exact(), score.normalized(), score.contains(), score.numeric(),
      score.json_fields(), score.edit_distance() } do
    local ok, err = errors.try(scorer.score, { answer = "x" })
    lu.assertNil(ok, scorer.name)
    lu.assertEquals(err.code, "NotScorable")
  end
  lu.assertErrorMsgContains("PatternSyntax", function() score.regex { pattern = "(" } end)
  lu.assertErrorMsgContains("unknown option", function() score.exact { nam = "x" } end)
end

os.exit(lu.LuaUnit.run())
