-- SPDX-License-Identifier: MIT
-- jsonl.redact: what each pattern finds and what it leaves, placeholders, counts, paths; and that what was found
-- stands nowhere but in the input.

local lu = require "luaunit"
local errors = require "moonrock.error"
local files = require "files"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local jsonl = require "moonrock.jsonl"
local program = require "program"

local folder, path = files.folder()

-- The output for records of these lines, and the result.
local function redact(lines, options)
  assert(fs.write(path "in", table.concat(lines, "\n") .. "\n"))
  options = options or {}
  options.input, options.output = path "in", path "out"
  local result = jsonl.redact(options)
  return (assert(fs.read(path "out")):gsub("\n$", "")), result
end

-- What becomes of one text.
local function text(value, ...)
  local record = jsonl.decode(redact({ json.encode { t = value } }, { patterns = ... and { ... } or nil }))
  return record.t
end

TestRedact = {}

function TestRedact.tearDown() files.empty(folder) end

local found = {
  email = { "a@b.org", "Ann.O'Hara+x_1@mail.some-host.co.uk" },
  phone = { "+49 30 1234567", "+1 (555) 123-4567", "(555) 123-4567", "555-123-4567", "555 123 4567" },
  card = { "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "378282246310005" },
  key = { "AKIA" .. ("Z7"):rep(8), "sk-" .. ("aB3_-"):rep(5), "ghp_" .. ("a1B"):rep(12),
    "github_pat_" .. ("a_B"):rep(12), "xoxb-" .. ("12-a"):rep(4),
    "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIB+/=\n-----END RSA PRIVATE KEY-----" },
}
local left = {
  email = { "a@b", "@b.org", "a @ b.org", "a@.org" },
  phone = { "+12", "555-1234", "1555-123-45678", "2026-11-23 12:34", "x+49301234567", "1.555.123.4567" },
  card = { "4111111111111112", "411111111111", "x4111111111111111", "4111111111111111.5", ("1"):rep(30) },
  key = { "AKIA123", "xAKIA" .. ("Z7"):rep(8), "sk-short", "task-" .. ("a"):rep(30), "ghq_" .. ("a"):rep(36),
    "eyJ.a.b", "-----BEGIN PRIVATE KEY-----" },
}

function TestRedact.test_what_each_pattern_finds()
  for name, texts in pairs(found) do
    for _, value in ipairs(texts) do
      lu.assertEquals(text("<" .. value .. ">", name), ("<[%s_1]>"):format(name:upper()))
      lu.assertEquals(text("\u{e4}" .. value, name), ("\u{e4}[%s_1]"):format(name:upper()))
      lu.assertEquals(text(value, name), ("[%s_1]"):format(name:upper()))
    end
  end
end

function TestRedact.test_what_each_pattern_leaves()
  for name, texts in pairs(left) do
    for _, value in ipairs(texts) do lu.assertEquals(text("<" .. value .. ">", name), "<" .. value .. ">") end
  end
end

function TestRedact.test_an_attempt_with_the_wrong_neighbours_hides_no_later_one()
  lu.assertEquals(text("1 4111111111111111", "card"), "1 [CARD_1]")
  lu.assertEquals(text("x4111111111111111 4111111111111111", "card"), "x4111111111111111 [CARD_1]")
  lu.assertEquals(text("xsk-" .. ("a"):rep(20) .. " sk-" .. ("b"):rep(20), "key"),
    "xsk-" .. ("a"):rep(20) .. " [KEY_1]")
end

function TestRedact.test_the_end_of_a_sentence()
  lu.assertEquals(text("Call 555-123-4567. Or +49 30 1234567.", "phone"), "Call [PHONE_1]. Or [PHONE_2].")
  lu.assertEquals(text("Pay with 4111111111111111.", "card"), "Pay with [CARD_1].")
  lu.assertEquals(text("4111111111111111.\nThen 4111111111111111.5", "card"), "[CARD_1].\nThen 4111111111111111.5")
end

function TestRedact.test_escapes_hide_nothing()
  local out = redact { [[{"t":"a\u0040b.org \u002b49 30 1234567 \/ 4\u003111111111111111","a":"\ud83d\ude00"}]] }
  lu.assertEquals(out, [[{"t":"[EMAIL_1] [PHONE_1] / [CARD_1]","a":"\ud83d\ude00"}]])
end

function TestRedact.test_numbers_of_values()
  local out, result = redact({ '{"a":"X@b.org, c@d.org","n":4111111111111111}',
    '{"b":["x@B.org",{"c@d.org":"c@d.org"}]}',
    '"e@f.org"', '{"t": "nothing" , "u":1.0}' })
  lu.assertEquals(out, '{"a":"[EMAIL_1], [EMAIL_2]","n":4111111111111111}\n'
    .. '{"b":["[EMAIL_1]",{"c@d.org":"[EMAIL_2]"}]}\n"[EMAIL_3]"\n{"t": "nothing" , "u":1.0}')
  lu.assertEquals(result, { records = 4, written = 4, changed = 3, found = { EMAIL = 5 }, faults = 0 })
  lu.assertEquals(redact({ '{"a":"+49 30 1234567 +49-30-1234567"}' }), '{"a":"[PHONE_1] [PHONE_1]"}')
end

function TestRedact.test_only_the_paths_given()
  local line = '{"id":"a@b.org","m":[{"r":"a@b.org","c":"a@b.org"},{"c":{"t":"c@d.org"}}]}'
  lu.assertEquals(redact({ line }, { paths = { "m[*].c" } }),
    '{"id":"a@b.org","m":[{"r":"a@b.org","c":"[EMAIL_1]"},{"c":{"t":"[EMAIL_2]"}}]}')
  lu.assertEquals(redact({ line }, { paths = { "m[-1].c", "id" } }),
    '{"id":"[EMAIL_2]","m":[{"r":"a@b.org","c":"a@b.org"},{"c":{"t":"[EMAIL_1]"}}]}')
  lu.assertEquals(redact({ line }, { paths = { "absent", "m.c", "id.x" } }), line)
end

function TestRedact.test_a_text_on_two_ways_is_looked_into_once()
  local own = { { name = "digits", pattern = "[0-9a-f]" } }
  lu.assertEquals(redact({ '{"id":"7","m":"8"}' }, { patterns = own, paths = { "id", "m", "id" } }),
    '{"id":"[DIGITS_1]","m":"[DIGITS_2]"}')
end

-- Values come again in other blocks, and some records are malformed; the blocks of 1 MiB go to any thread.
function TestRedact.test_any_number_of_threads_gives_the_same()
  local lines, seed = {}, 1
  for i = 1, 24000 do
    seed = seed * 48271 % 0x7fffffff
    lines[i] = i % 4000 == 0 and "{" or ('{"n":%d,"t":["%s","u%d@b.org, %s"],"p":"+49 30 %d"}'):format(i,
      ("x "):rep(50), seed % 500, seed % 3 == 0 and "none" or ("v%d@b.org"):format(seed % 70), 1000000 + seed % 90)
  end
  local first, counts
  for threads = 1, 4 do
    local out, result = redact(lines, { threads = threads, on_error = { set_aside = path "aside" } })
    local aside = assert(fs.read(path "aside"))
    first, counts = first or out .. aside, counts or result
    lu.assertTrue(out .. aside == first)
    lu.assertEquals(result, counts)
  end
  lu.assertEquals({ counts.records, counts.changed, counts.faults }, { 23994, 23994, 6 })
  lu.assertEquals(counts.found.PHONE, 23994)
  local numbers, last = {}, 0
  for number in first:gmatch "%[EMAIL_(%d+)%]" do -- each new number is the next one
    number = tonumber(number)
    if not numbers[number] then
      lu.assertEquals(number, last + 1)
      numbers[number], last = true, number
    end
  end
  lu.assertStrContains(assert(fs.read(path "aside")), '"line":24000,')
  local ok, err = errors.try(redact, lines, { threads = 3 })
  lu.assertEquals({ ok == nil, err.code, err.line }, { true, "JSONSyntax", 4000 })
end

function TestRedact.test_patterns_of_ones_own()
  local own = { { name = "ticket", pattern = [[T-[0-9]+\n?]], border = "[%w]" } }
  lu.assertEquals(redact({ [[{"t":"T-12\n xT-3 T-4"}]] }, { patterns = own }), [=[{"t":"[TICKET_1] xT-3 [TICKET_2]"}]=])
  for _, bad in ipairs { { name = "x" }, { name = "x y", pattern = "a" }, { name = "x", pattern = "(" },
    { name = "x", pattern = "a", border = "%w" }, { name = "x", pattern = "a", border = "[%" }, "passport" } do
    local ok, err = errors.try(jsonl.redact, { input = path "in", output = path "none", patterns = { bad } })
    lu.assertNil(ok)
    lu.assertTrue(err.code == "ParamValidation" or err.code == "PatternSyntax", err.message)
  end
end

-- What would hide nothing, and not say so.
function TestRedact.test_lists_that_name_nothing()
  for _, more in ipairs { { patterns = {} }, { patterns = { email = true } }, { paths = {} },
    { paths = { "a", k = 1 } }, { paths = { 5 } }, { paths = { "" } } } do
    local ok, err = errors.try(redact, { '{"t":"a@b.org"}' }, more)
    lu.assertEquals({ ok == nil, err.code }, { true, "ParamValidation" })
    lu.assertStrContains(err.message, more.patterns and "patterns is a list" or "path")
  end
  lu.assertEquals(program.run({ "jsonl", "redact", path "in", path "out", "--patterns", "" }).code, 2)
end

function TestRedact.test_so_many_values_and_no_more()
  local lines = {}
  for i = 1, 10 do lines[i] = ('{"t":"user%d@b.org user1@b.org"}'):format(i) end
  lu.assertEquals(select(2, redact(lines, { values = 10 })).found, { EMAIL = 20 })
  fs.remove(path "out")
  local ok, err = errors.try(redact, lines, { values = 9 })
  lu.assertEquals({ ok == nil, err.code }, { true, "TooManyValues" })
  lu.assertStrContains(err.message, "more than 9")
  lu.assertNil(fs.stat(path "out"))
end

function TestRedact.test_what_was_found_is_never_printed()
  local card = "4111 1111 1111 1111"
  assert(fs.write(path "in", ('{"t":"secret-user@b.org %s"}\n{"t":"secret-user@b.org",}\n'):format(card)))
  for _, more in ipairs { "--skip", "--on-error=stop" } do
    local r = program.run { "jsonl", "redact", path "in", path "out", more ~= "--skip" and "--patterns" or more,
      more ~= "--skip" and "card,email" or nil }
    lu.assertNotStrContains(r.out .. r.err, "secret-user")
    lu.assertNotStrContains(r.out .. r.err, "1111")
  end
  lu.assertNotStrContains(assert(fs.read(path "out")), "secret-user")
end

-- What makes a search that begins anew at each place run for minutes.
function TestRedact.test_hostile_texts_take_linear_time()
  local began = os.clock()
  local sizes = { ("sk-"):rep(100000), "x" .. ("sk-"):rep(100000), ("a."):rep(100000), ("1"):rep(200000),
    ("1 "):rep(30000), "a@" .. ("b."):rep(100000), ("eyJ"):rep(50000), ("-----BEGIN PRIVATE KEY-----"):rep(3000) }
  for _, value in ipairs(sizes) do lu.assertEquals(#text(value) > 0, true) end
  lu.assertTrue(os.clock() - began < 20, os.clock() - began)
end

local result = lu.LuaUnit.run()
files.remove(folder)
os.exit(result)
