-- SPDX-License-Identifier: MIT
-- The report of an evaluation: what any model may write stays text, the page needs nothing but itself,
-- and the same input gives the same bytes. A browser reads it in tests/peers/report.sh.

local lu = require "luaunit"
local chart = require "moonrock.report.chart"
local compare = require "moonrock.compare"
local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local evaluate = require "moonrock.evaluate"
local files = require "files"
local gate = require "moonrock.gate"
local html = require "moonrock.report.html"
local json = require "moonrock.json"
local report = require "moonrock.report"
local results_file = require "moonrock.evaluate.results"
local samples = require "moonrock.report.samples"
local score = require "moonrock.score"

local program = dofile((arg[0]:match("^(.*/)tests/") or "./") .. "tests/support/program.lua")

local path_for, forget, read, write = files.path_for, files.forget, files.read, files.write

-- Results in a file, of a list of sample lines, read again.
local function results(name, lines, run)
  local head = { kind = "run", name = name, started = "2026-01-01T00:00:00Z", dataset = { sha256 = "abc" }, seed = 1 }
  for key, value in pairs(run or {}) do head[key] = value end
  local text = { json.encode(head) }
  for i, line in ipairs(lines) do
    line.kind, line.id, line.index, line.status = "sample", line.id or ("id-" .. i), i, line.status or "scored"
    text[i + 1] = json.encode(line)
  end
  local path = path_for(".jsonl")
  write(path, table.concat(text, "\n") .. "\n")
  local self = results_file.read(path)
  self.path = name .. ".jsonl"
  return self
end

local function page_of(options)
  local path = report.write(path_for(".html"), options)
  return read(path)
end

-- The JSON elements of a page by id.
local function data_of(page)
  local data = {}
  for id, text in page:gmatch('<script type="application/json" id="([%w-]+)">([^<]*)</script>') do
    data[id] = assert(json.decode(text))
  end
  return data
end

local function two_runs(n)
  local base, tuned = {}, {}
  for i = 1, n or 20 do
    base[i] = { input = "question " .. i, expected = "yes", answer = i % 2 == 0 and "yes" or "no", latency_ms = 100 + i,
      scores = { exact = i % 2 == 0 and 1 or 0, close = i / 40 }, cost = 0.001, usage = { input_tokens = 5,
        output_tokens = 1 } }
    tuned[i] = { input = "question " .. i, expected = "yes", answer = i == 2 and "no" or "yes", latency_ms = 80 + i,
      scores = { exact = i == 2 and 0 or 1, close = 0.9 }, cost = 0.002, usage = { input_tokens = 1000,
        output_tokens = 1 } }
  end
  return results("base", base), results("tuned", tuned)
end

local HOSTILE = {
  "</script><script>alert(1)</script>", "</SCRIPT >", "<!--", "<!-- <script> -->", "]]>", "--></style><img src=x>",
  [["'`&amp;&lt;&#60;]], "abc \u{202E}gnihtemos\u{202C} \u{200F}", "\27[31mred\27[0m\7", "nul \0 byte", "\r\n\t",
  "line\u{2028}sep\u{2029}par", "\u{FEFF}bom", "\\u003c/script\\u003e", "<base href=//x>", "\u{FFFF}\u{10FFFF}",
  "\194\133",
}

TestHostile = { tearDown = forget }

function TestHostile.test_texts_come_out_as_they_went_in_and_are_never_markup()
  local lines = {}
  for i, text in ipairs(HOSTILE) do
    lines[i] = { input = { system = text, messages = { { role = text, content = text } } },
      expected = { [text] = text }, answer = text, details = { exact = text }, scores = { exact = 0 },
      stop_reason = text, error = { code = text, message = text },
      unjudged = { exact = { code = text, message = text } } }
  end
  local page = page_of { runs = { results("hostile", lines) } }
  local elements = select(2, page:lower():gsub("<script", ""))
  lu.assertEquals(elements, 3) -- the index, the texts, our own
  lu.assertEquals(select(2, page:lower():gsub("</script", "")), 3)
  lu.assertNil(page:lower():find("<img", 1, true))
  lu.assertNil(page:find("<!--", 1, true))
  local data = data_of(page)
  for i, text in ipairs(HOSTILE) do
    local told = data["texts-0"][i]
    lu.assertEquals(told.q, { { "system", text }, { text, text } })
    lu.assertEquals(told.r[1].a, text)
    lu.assertEquals(told.r[1].d.exact, text)
    lu.assertEquals({ told.r[1].e, told.r[1].u.exact }, { text .. ": " .. text, text .. ": " .. text })
    lu.assertEquals(json.decode(told.x), { [text] = text })
    lu.assertEquals(data.index.rows[i][3][8], text)
  end
  for _, hidden in ipairs { "\u{2028}", "\u{2029}", "\0", "\27" } do
    lu.assertNil(page:find(hidden, 1, true))
  end
end

function TestHostile.test_names_in_the_page_itself()
  for _, text in ipairs(HOSTILE) do
    local base, tuned = two_runs(4)
    for _, run in ipairs { base, tuned } do
      run.run.name, run.path = text, text
      run.run.dataset = { path = text, sha256 = text, records = text }
      run.run.target, run.run.started, run.run.options = { model_id = text }, text, { [text] = text }
      run.run.scorers = { { name = text, kind = text .. text, options = { [text] = text } } }
      for _, line in ipairs(run.samples) do
        line.scores[text] = 0.5
      end
    end
    local page = page_of { runs = { base, tuned }, title = text, gate = { passed = false,
      clauses = { { text = text, passed = false, reason = text } } } }
    lu.assertEquals(select(2, page:lower():gsub("<script", "")), 3)
    lu.assertEquals(select(2, page:lower():gsub("</style", "")), 1)
    for _, bad in ipairs { "<!--", "<img", "<base", "\0", "\27", "\7", "\u{202E}", "\u{2028}", "\194\133" } do
      lu.assertNil(page:gsub('<script type="application/json".-</script>', ""):find(bad, 1, true), bad)
    end
  end
end

function TestHostile.test_bytes_that_are_no_text()
  lu.assertEquals(html.text("<\27&\u{202E}'"), "&lt;[U+001B]&amp;[RLO]&#39;")
  local run = results("bad", { { input = "", answer = "" } })
  run.run.name, run.samples[1].input, run.samples[1].answer = "bad\xFF", "\xC3", "\xED\xA0\x80"
  local page = page_of { runs = { run } }
  lu.assertEquals(data_of(page)["texts-0"][1].r[1].a, "\u{FFFD}\u{FFFD}\u{FFFD}")
  lu.assertNotNil(utf8.len(page))
  -- what is no JSON text is refused where the file is read, with its place
  local path = path_for()
  write(path, '{"kind":"run"}\n{"kind":"sample","id":"1","status":"scored","answer":"\\ud800"}\n')
  local ok, err = errors.try(report.write, path_for(".html"), { runs = { path } })
  lu.assertNil(ok)
  lu.assertEquals(err.code, "NotResults")
  lu.assertStrContains(err.message, "line 2")
end

function TestHostile.test_a_huge_answer_is_cut_and_says_so()
  local page = page_of { runs = { results("long", { { input = "q", answer = ("€"):rep(25 * 2 ^ 20 // 3) },
    { input = "q", answer = ("x"):rep(65536) } }) } }
  lu.assertTrue(#page < 400000)
  local told = data_of(page)["texts-0"]
  lu.assertEquals(told[1].r[1].a, { ("€"):rep(21845), 25 * 2 ^ 20 // 3 * 3 })
  lu.assertEquals(told[2].r[1].a, ("x"):rep(65536))
  lu.assertStrContains(page, "Of a text longer than 65536 bytes the beginning is kept.")
end

function TestHostile.test_all_texts_together_stay_readable()
  local rows, long = {}, ("y"):rep(65000)
  for i = 1, 1100 do
    rows[i] = { id = "id" .. i, index = i, lines = { { status = "scored", input = "q", answer = long } } }
  end
  local parts, limit = samples.data(rows, { "run" }, {})
  lu.assertEquals(limit, 32768)
  lu.assertEquals(#parts, 7) -- the index and 6 blocks
  lu.assertTrue(#table.concat(parts) < 64 << 20)
end

TestPage = { tearDown = forget }

function TestPage.test_it_needs_nothing_but_itself()
  local base, tuned = two_runs()
  local page = page_of { runs = { base, tuned }, job = { { step_number = 1, epoch_number = 0, training_loss = 2 } } }
  lu.assertNil(page:find("https?:"))
  for _, way in ipairs { "src=", "@import", "url%(", "<link", "<iframe", "fetch%(", "XMLHttp", "innerHTML", "eval%(",
    " on%w+=", " style=" } do
    lu.assertNil(page:find(way), way)
  end
  for target in page:gmatch('href="([^"]*)"') do
    lu.assertEquals(target:sub(1, 1), "#")
    lu.assertStrContains(page, 'id="' .. target:sub(2) .. '"')
  end
  local policy = page:match('Content%-Security%-Policy" content="([^"]*)"')
  lu.assertStrContains(policy, "default-src 'none'")
  for name, most in pairs { style = 10000, script = 25000 } do
    local text = page:match(("<%s>(.-)</%s>"):format(name, name))
    lu.assertStrContains(policy, ("%s-src 'sha256-%s'"):format(name, crypto.hash("sha256", text, "base64")))
    lu.assertTrue(#text < most)
  end
end

function TestPage.test_the_same_input_gives_the_same_bytes()
  local base, tuned = two_runs()
  lu.assertEquals(page_of { runs = { base, tuned } }, page_of { runs = { two_runs() } })
end

function TestPage.test_what_was_found_stands_in_the_text()
  local base, tuned = two_runs()
  local comparison = compare.runs(base, tuned)
  local page = page_of { runs = { base, tuned }, comparison = comparison, title = "Second try",
    gate = gate.judge("exact > base; close >= 0.99", comparison) }
  local pair = comparison.scores.exact
  for _, text in ipairs { "<title>Second try</title>", "Gate not passed", "<code><bdi>exact &gt; base</bdi></code>",
    ("<b>%+.4f</b> <span class=\"range\">[%+.4f, %+.4f]</span>"):format(pair.difference, pair.low, pair.high),
    ("<td>%d / %d</td>"):format(pair.only_second, pair.only_first), "<td>20,000</td>", "$0.04",
    "not complete" } do
    lu.assertStrContains(page, text)
  end
  lu.assertStrContains(page_of { runs = { base, tuned }, gate = gate.judge("exact > base", comparison) }, "Gate passed")
  lu.assertNil(page:find("Rehearsal", 1, true))
  local data = data_of(page)
  lu.assertEquals(data.index.runs, { "base", "tuned" })
  lu.assertEquals(data.index.scorers, { "close", "exact" })
  lu.assertEquals(data.index.rows[2], { "id-2", 2, { "scored", { 0.05, 1 }, 102, 0.001, 5, 1, json.null, "", 0 },
    { "scored", { 0.9, 0 }, 82, 0.002, 1000, 1, json.null, "", 0 } })
end

function TestPage.test_one_run_and_samples_that_only_one_has()
  local base, tuned = two_runs()
  local page = page_of { runs = { base } }
  lu.assertNil(page:find('id="verdict"', 1, true))
  lu.assertStrContains(page, "Mean scores")
  tuned.samples[21] = { id = "new", index = 21, status = "error", input = "only here", error = { code = "E",
    message = "m" } }
  tuned.by_id.new, tuned.places.new = tuned.samples[21], 21
  page = page_of { runs = { base, tuned } }
  lu.assertStrContains(page, "Samples in one of the runs only, and so not compared: 1")
  local data = data_of(page)
  local null = json.null
  lu.assertEquals(data.index.rows[21], { "new", 21, null, { "error", { null, null }, null, null, null, null, null, "",
    0 } })
  lu.assertEquals(data["texts-0"][21], { q = { { "", "only here" } }, x = null, r = { null, { e = "E: m" } } })
end

function TestPage.test_runs_that_share_nothing_and_runs_of_nothing()
  local base = two_runs()
  local other = results("other", { { id = "z", input = "q", answer = "a", scores = { exact = 1 } } })
  local page = page_of { runs = { base, other } }
  lu.assertStrContains(page, "so nothing was compared")
  lu.assertStrContains(page, "Mean scores")
  lu.assertEquals(#data_of(page).index.rows, #base.samples + 1)
  other = results("other", { { id = base.samples[1].id, input = "another question", answer = "a",
    scores = { exact = 1 } } }, { dataset = { sha256 = "def" } })
  local ok, err = errors.try(page_of, { runs = { base, other } })
  lu.assertNil(ok)
  lu.assertEquals(err.code, "OtherQuestions")
  page = page_of { runs = { results("empty", {}) } }
  lu.assertStrContains(page, "0 samples")
  lu.assertEquals(data_of(page).index.rows, {})
end

function TestPage.test_what_was_not_judged_is_told()
  local base, tuned = two_runs()
  for i = 3, 5 do
    tuned.samples[i].scores.close = nil
    tuned.samples[i].unjudged = { close = { code = "NotJudged", message = "prose" } }
  end
  local page = page_of { runs = { base, tuned } }
  lu.assertStrContains(page, "<td>17, 3 not judged</td>")
  lu.assertStrContains(page, "left out: 3 that only the first has a score of, 0 that only the second has")
  lu.assertEquals(data_of(page)["texts-0"][3].r[2], { a = "yes", u = { close = "NotJudged: prose" } })
end

function TestPage.test_samples_stand_in_the_order_of_the_dataset()
  local base, tuned = two_runs(4)
  for _, run in ipairs { base, tuned } do
    run.samples[1], run.samples[3] = run.samples[3], run.samples[1]
  end
  local data = data_of(page_of { runs = { base, tuned } })
  lu.assertEquals({ data.index.rows[1][1], data.index.rows[3][1] }, { "id-1", "id-3" })
end

function TestPage.test_a_rehearsal_is_marked()
  local stand_in = "This is the rehearsal stand-in for Claude 3 Haiku: no model runs here"
  for _, run in ipairs { results("a", { { input = "q", answer = "a" } }, { rehearsal = true }),
    results("a", { { input = "q", answer = "a" }, { input = "r", answer = stand_in } }) } do
    lu.assertStrContains(page_of { runs = { run } }, "A rehearsal: a stand-in answered, no model ran.")
  end
end

function TestPage.test_training()
  local rows, held = {}, {}
  for i = 1, 2000 do
    rows[i] = { step_number = i, epoch_number = i // 1001, training_loss = 2 - i / 1000 }
    held[i // 500 + 1] = { step_number = i, epoch_number = i // 1001, validation_loss = 2.5 - i / 1000 }
  end
  local base = two_runs()
  local page = page_of { runs = { base }, job = { training = rows, validation = held } }
  lu.assertStrContains(page, "Loss by step. training loss from 1.999 to 0; validation loss from")
  lu.assertStrContains(page, '<th scope="row">1</th><td>1000</td>')
  lu.assertTrue(#page:match('class="line s1" d="([^"]*)"') < 10000)
  -- one file with both columns, steps that begin anew, a row that is broken
  page = page_of { runs = { base }, job = { { step_number = 5, training_loss = 2, validation_loss = 3 },
    { step_number = 1, training_loss = 1 }, { step_number = 2, training_loss = "nan" } } }
  lu.assertStrContains(page, "training loss from 2 to 1; validation loss from 3 to 3")
  lu.assertNil(page_of({ runs = { base }, job = { { other = 1 } } }):find('id="training"', 1, true))
end

function TestPage.test_it_is_written_whole_or_not_at_all()
  local base = two_runs()
  local ok, err = errors.try(report.write, "/nonexistent/folder/report.html", { runs = { base } })
  lu.assertNil(ok)
  lu.assertStrContains(err.message, "/nonexistent/folder")
  local path = path_for(".html")
  write(path, "before")
  for message, options in pairs {
    ["one or two runs, not 0"] = { runs = {} }, ["one or two runs, not 3"] = { runs = { base, base, base } },
    ["runs[1] is neither"] = { runs = { {} } }, ["unknown option run "] = { run = base },
    ["option job"] = { runs = { base }, job = "metrics.csv" },
    ["`comparison` is of two runs"] = { runs = { base }, comparison = compare.runs(two_runs()) },
  } do
    ok, err = errors.try(report.write, path, options)
    lu.assertNil(ok)
    lu.assertStrContains(err.message, message)
  end
  lu.assertEquals(read(path), "before")
end

TestChart = {}

function TestChart.test_lines_of_any_numbers()
  local function lines(points, more)
    local one = { title = "t", x_label = "x", series = { { name = "s", points = points } } }
    for key, value in pairs(more or {}) do one[key] = value end
    return chart.lines(one)
  end
  for _, points in ipairs { { { 1, 5 } }, { { 0, 0 }, { 0, 0 } }, { { 1, 1e-9 }, { 2, 1e9 } },
    { { -5, -1 }, { 5, -2 } } } do
    for _, more in ipairs { {}, { log = true }, { from_zero = true }, { marks = { points[1][1] } } } do
      local svg = lines(points, more)
      lu.assertNil(svg:lower():find("nan", 1, true))
      lu.assertNil(svg:lower():find("inf", 1, true))
      for place in svg:match('class="line s1" d="M([^"]*)"'):gmatch("[%-%d%.]+") do
        lu.assertTrue(tonumber(place) >= -1 and tonumber(place) <= 401, place)
      end
    end
  end
end

function TestChart.test_thinning_keeps_the_peaks()
  local points = {}
  for i = 1, 10000 do points[i] = { i, i == 5000 and 100 or i % 7 } end
  local svg = chart.lines { title = "t", x_label = "x", series = { { name = "s", points = points } } }
  local way = svg:match('class="line s1" d="M([^"]*)"')
  lu.assertTrue(#way < 8000)
  lu.assertStrContains(way, " 12.0") -- the top
end

function TestChart.test_numbers_for_people()
  for value, text in pairs { [0] = "0", [1234567] = "1,234,567", [999] = "999", [-1000] = "-1,000", [0.5] = "0.5",
    [123456] = "123,456", [1 / 3] = "0.3333" } do
    lu.assertEquals(chart.number(value), text)
  end
end

TestCommand = { tearDown = forget }

local function run_file(name, worth)
  local path, records = path_for(".jsonl"), {}
  for i = 1, 12 do records[i] = { input = "q" .. i, expected = "a" .. i } end
  evaluate.run { dataset = records, output = path, name = name, scorers = { score.exact() },
    target = function(sample) return sample.index <= worth and sample.expected or "no" end }
  return path
end

function TestCommand.test_report()
  local base, tuned, out, metrics = run_file("base", 2), run_file("tuned", 11), path_for(".html"), path_for(".csv")
  write(metrics, "step_number,epoch_number,training_loss,perplexity\n1,0,2.5,12\n2,0,1.5,4\n")
  local run = program.run { "eval", "report", out, base, tuned, "--gate", "exact > base", "--job", metrics }
  lu.assertEquals({ run.code, run.err, run.out }, { 0, "", out .. "\n" })
  local page = read(out)
  lu.assertStrContains(page, "Gate passed")
  lu.assertStrContains(page, "Loss by step")
  lu.assertEquals(page, page_of { runs = { base, tuned }, job = { { step_number = 1, epoch_number = 0,
    training_loss = 2.5 }, { step_number = 2, epoch_number = 0, training_loss = 1.5 } },
    gate = gate.judge("exact > base", compare.runs(base, tuned)) })
  run = program.run { "eval", "report", out, tuned, base, "--gate", "exact > base" }
  lu.assertEquals(run.code, 1)
  lu.assertStrContains(read(out), "Gate not passed")
  lu.assertEquals(program.run({ "eval", "report", out, base, "--title", "One" }).code, 0)
  local unscored = path_for(".jsonl")
  write(unscored, (read(tuned):gsub('"exact"', '"other"')))
  lu.assertEquals(program.run({ "eval", "report", out, base, unscored }).code, 0)
  lu.assertStrContains(read(out), "so nothing was compared")
  run = program.run { "eval", "report", out, base, unscored, "--gate", "exact > base" }
  lu.assertEquals(run.code, 1)
  lu.assertStrContains(run.err, "fewer than two samples")
  lu.assertEquals(program.run({ "eval", "report", out, base, "--title", "One" }).code, 0)
  lu.assertStrContains(read(out), "<title>One</title>")
end

function TestCommand.test_wrong_words()
  local base = run_file("base", 2)
  for words, message in pairs {
    [{ base }] = "OUT.html and one or two files", [{ base, base }] = "ends in .html",
    [{ "x.html", base, "--gate", "exact > base" }] = "are for two runs",
    [{ "x.html", base, base, base }] = "one or two files",
  } do
    local run = program.run { "eval", "report", table.unpack(words) }
    lu.assertEquals(run.code, 2)
    lu.assertStrContains(run.err, message)
  end
  lu.assertEquals(#results_file.read(base).samples, 12)
  local run = program.run { "eval", "report", path_for(".html"), base, "--job", base .. ".none" }
  lu.assertEquals(run.code, 1)
  lu.assertStrContains(run.err, ".none")
end

os.exit(lu.LuaUnit.run())
