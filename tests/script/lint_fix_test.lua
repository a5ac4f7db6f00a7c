-- SPDX-License-Identifier: MIT
-- lint --fix, its diff, the formats of the report, tokens, and input of the worst sort: what is written is whole
-- or not at all, and loses nothing.

local lu = require "luaunit"
local dataset = require "moonrock.dataset"
local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local program = require "program"
local record = require "moonrock.record"
local schema = require "moonrock.schema"

local SHIPPED = program.root .. "examples/data/json_answers.jsonl"

local function line(user, assistant)
  return ('{"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "%s"}]}'):format(user,
    assistant)
end

local function fix(text, more)
  local out, diff = os.tmpname(), {}
  local options = { input = { text = text }, output = out, validation = true,
    diff = function(piece) diff[#diff + 1] = piece end }
  for name, value in pairs(more or {}) do options[name] = value end
  local result = dataset.fix(options)
  local written = assert(fs.read(out))
  os.remove(out)
  return written, result, table.concat(diff)
end

TestFix = {}

-- What goes in, and what comes out; the same where it is left alone.
function TestFix.test_repairs()
  local good = line("a", "b")
  local cases = {
    { "\xef\xbb\xbf" .. good .. "\r\n\r\n" .. line("c", "d"), good .. "\n" .. line("c", "d") .. "\n" },
    { good .. good .. ", " .. line("c", "d"), good .. "\n" .. line("c", "d") .. "\n" }, -- and one is a duplicate
    { "[" .. good .. ", " .. line("c", "d") .. "]", good .. "\n" .. line("c", "d") .. "\n" },
    { line("a\1\tb", "c"), line("a\\u0001\\tb", "c") .. "\n" },
    { '{"messages": [{"role": "system", "content": "s"}, ' .. good:sub(15), '{"system": "s", ' .. good:sub(2) .. "\n" },
    { '{"system": null, ' .. good:sub(2), good .. "\n" },
    { '{"system": [], ' .. good:sub(2), good .. "\n" },
    { good:sub(1, -2) .. ', "system": " "}', good .. "\n" },
    { '{"system": [{"type": "text", "text": "\\u0041"}], ' .. good:sub(2),
      '{"system": "\\u0041", ' .. good:sub(2) .. "\n" },
    { good:gsub('"user"', '" GPT"'), good:gsub('"user"', '"assistant"') .. "\n" }, -- which is the first role's fault
    -- left alone: it may mean two things, or something would be lost
    { '{"system": "a", "system": "b", ' .. good:sub(2) },
    { '{"system": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], ' .. good:sub(2) },
    { '{"messages": [{"role": "system", "content": "s"}, {"role": "system", "content": "t"}, ' .. good:sub(15),
      '{"system": "s", "messages": [{"role": "system", "content": "t"}, ' .. good:sub(15) .. "\n" },
    { '{"id": 12345678901234567890, "x": [1e400, -0, 1.50], ' .. good:sub(2) },
    { line("\\ud800", "b") }, { line("caf\xe9", "b") }, { good .. " // x" }, { "[1, 2]" }, { "[]" }, { '"x"' },
    { (line("a", "b"):gsub('"b"', "NaN")) }, { "{'messages': []}" }, { ("["):rep(100000) },
    { ('{"a":'):rep(100000) .. "1" .. ("}"):rep(100000) },
  }
  for _, case in ipairs(cases) do
    local text, wanted = case[1], case[2] or case[1] .. "\n"
    local written, result = fix(text)
    lu.assertTrue(written == wanted, written:sub(1, 300))
    lu.assertEquals(result.report.stats.lines, result.written)
    lu.assertTrue(fix(written) == written) -- nothing is left to do
  end
end

function TestFix.test_numbers_escapes_and_order_are_kept()
  local odd = '{ "messages" :[ {"content":"\\u00e9\\/","role":"User"},{"role":"assistant","content":"b"}],'
    .. '"n":[1e400,-0,12345678901234567890,1.50] }'
  lu.assertEquals((fix(odd)), odd:gsub('"User"', '"user"') .. "\n")
end

-- In pieces of any size, with lines across them.
function TestFix.test_pieces_of_any_size()
  local lines = {}
  for i = 1, 300 do
    lines[i] = i % 7 == 0 and "" or line(i % 11 == 0 and i - 1 or i, "x") .. (i % 5 == 0 and "," or "")
  end
  local text = table.concat(lines, "\r\n")
  local whole, result, diff = fix(text)
  for _, size in ipairs { 1, 17, 1000, 5000 } do
    local at = 1
    local written, same, same_diff = fix(nil, { input = { read = function()
      local piece = text:sub(at, at + size - 1)
      at = at + size
      return piece ~= "" and piece or nil
    end } })
    lu.assertTrue(written == whole)
    lu.assertTrue(same_diff:match "@@.*" == diff:match "@@.*")
    lu.assertEquals(same.fixed, result.fixed)
  end
  lu.assertEquals(result.report.stats.errors + result.report.stats.warnings, 0)
end

-- The diff is one that patch applies.
function TestFix.test_the_diff_is_what_patch_takes()
  if not os.execute "command -v patch >/dev/null" then return end
  local lines = {}
  for i = 1, 50 do lines[i] = i % 9 == 0 and "" or i % 13 == 0 and line(i, "x") .. line(i, "y") or line(i, "z") end
  lines[50] = line(50, "z") .. ","
  local text = table.concat(lines, "\n")
  local written, _, diff = fix(text)
  local file = program.file(text)
  local patch = program.file(diff)
  lu.assertTrue(os.execute(("patch -s %s %s"):format(file, patch)))
  lu.assertTrue(fs.read(file) == written)
  os.remove(file)
  os.remove(patch)
end

function TestFix.test_a_line_that_is_too_long_passes_through()
  local n, long = 0, ("x"):rep(1 << 20)
  local written, count = 0, 0
  local out = os.tmpname()
  local result = dataset.fix { output = out, validation = true, input = { read = function()
    n = n + 1
    return n == 1 and line("a", "b") .. ",\n" or n <= 71 and long or n == 72 and "\n" .. line("c", "d") or nil
  end } }
  for piece in io.lines(out, 1 << 20) do
    written = written + #piece
    count = count + select(2, piece:gsub("\n", ""))
  end
  os.remove(out)
  lu.assertEquals({ written, count }, { 2 * #line("a", "b") + (70 << 20) + 3, 3 })
  lu.assertEquals({ result.fixed, result.changed }, { { trailing = 1, ["final-newline"] = 1 }, 2 })
  lu.assertEquals({ result.report.findings[1].rule, result.report.findings[1].line }, { "line-length", 2 })
end

-- A gigabyte in one line: a finding, not a gigabyte of memory.
function TestFix.test_a_line_of_a_gigabyte_is_a_finding()
  local n, piece = 0, ("x"):rep(1 << 20)
  local report = dataset.lint({ read = function()
    n = n + 1
    return n <= 1024 and piece or nil
  end }, { validation = true })
  lu.assertEquals({ #report.findings, report.findings[1].rule, report.stats.longest_bytes },
    { 1, "line-length", 1 << 30 })
  lu.assertTrue(collectgarbage "count" < 64 * 1024)
end

function TestFix.test_a_file_that_grows_is_refused()
  local path = program.file(line("a", "b") .. "\n" .. (line("c", "d") .. "\n"):rep(30000))
  local before = fs.stat(path).size
  local out = os.tmpname()
  for name, work in pairs {
    lint = function(source) return dataset.lint(source) end,
    fix = function(source) return dataset.fix { input = source, output = out } end,
    convert = function(source)
      return dataset.convert { input = source, output = out, from = "claude", to = "openai" }
    end,
  } do
    local stat, looks = fs.stat, 0
    -- Another program appends once this one has looked at the file twice, and begins to read.
    fs.stat = function(name_of_file)
      local facts, err = stat(name_of_file)
      looks = looks + (name_of_file == path and 1 or 0)
      if name_of_file == path and looks == 2 then
        local file <close> = assert(io.open(path, "ab"))
        file:write(line("e", "f"), "\n")
      end
      return facts, err
    end
    local ok, err = pcall(work, path)
    fs.stat = stat
    lu.assertFalse(ok, name)
    lu.assertEquals({ err.code, fs.stat(out).size }, { "FileChanged", 0 })
    lu.assertStrContains(err.message, "changed while it was read")
  end
  lu.assertTrue(fs.stat(path).size > before)
  os.remove(path)
  os.remove(out)
end

-- A file may be written over itself, and a list of records in one line is one a line afterwards.
function TestFix.test_files()
  local path = program.file("", ".jsonl.gz")
  local list = {}
  for i = 1, 300 do list[i] = line(i, "x") end
  local writer = assert(require("moonrock.jsonl").create(path))
  writer:write(json.decode("[" .. table.concat(list, ",") .. "]", { ordered = true }))
  writer:commit()
  local result = dataset.fix { input = path, output = path }
  lu.assertEquals({ result.fixed, result.written, result.report.ok }, { { object = 1 }, 300, true })
  local report = dataset.lint(path)
  lu.assertEquals({ #report.findings, report.stats.records }, { 0, 300 })
  os.remove(path)
  local ok, err = errors.try(dataset.fix, { input = SHIPPED, output = "/no/such/folder/x" })
  lu.assertNil(ok)
  lu.assertEquals(err.code, "ENOENT")
end

-- ---- the command ---------------------------------------------------------------------------------

TestFixCommand = {}

local BAD = "\xef\xbb\xbf" .. line("a", "b") .. "\r\n\n" .. line("c", "d"):gsub("assistant", "asistant") .. "\n"

function TestFixCommand.test_fix_diff_and_exit_codes()
  local file, out = program.file(BAD), os.tmpname()
  local r = program.run { "lint", file, "--fix", out, "--diff", "--validation", "--provenance" }
  lu.assertEquals(r.code, 1) -- one finding is left
  local diff = "--- %s\n+++ %s\n@@ -1,2 +1,1 @@\n-\xef\xbb\xbf%s\r\n-\n+%s\n"
  lu.assertEquals(r.out, diff:format(file, out, line("a", "b"), line("a", "b"))
    .. out .. ':2:58: error role messages[1].role: unknown role "asistant": did you mean "assistant"?\n'
    .. out .. ": 2 records, about 2 tokens, 1 error, 0 warnings (rules of claude)\n"
    .. "fixed: 1 blank-line, 1 bom, 1 crlf (2 lines changed)\n")
  local side = json.decode(fs.read(out .. ".provenance.json"))
  lu.assertEquals(side.counts.fixed, { bom = 1, crlf = 1, ["blank-line"] = 1 })
  os.remove(out)
  r = program.run { "lint", file, "--diff", "--validation" } -- only shows it
  lu.assertStrContains(r.out, "@@ -1,2 +1,1 @@\n")
  lu.assertNil(fs.stat(out))
  r = program.run({ "lint", "-", "--fix", "-", "--validation" }, { input = line("a", "b") .. "," })
  lu.assertEquals({ r.code, r.out }, { 0, line("a", "b") .. "\n" })
  lu.assertStrContains(r.err, "fixed: 1 final-newline, 1 trailing (1 lines changed)")
  os.remove(file)
  os.remove(out .. ".provenance.json")
  for _, words in ipairs { { "--diff", "--fix", "-" }, { "--provenance" }, { "--format", "xml" }, { "--epochs", "2" },
    { "--count-tokens" }, { "--count-tokens", "--model", "m", "--fix", "-" }, { "--batch-size", "0" },
    { "--near-duplicates", "--fix", "x" } } do
    lu.assertEquals(program.run { "lint", file, table.unpack(words) }.code, 2, table.concat(words, " "))
  end
end

function TestFixCommand.test_rules_and_steps()
  local r = program.run { "lint", "--rules" }
  lu.assertEquals({ r.code, r.err }, { 0, "" })
  for _, rule in ipairs(record.rules()) do
    lu.assertStrContains("\n" .. r.out, ("\n%-15s %s"):format(rule.id, rule.severity))
    lu.assertStrContains(r.out, rule.source .. ", " .. rule.date)
  end
  lu.assertEquals(#json.decode(program.run { "lint", "--rules", "--format", "json" }.out), #record.rules())
  r = program.run { "lint", SHIPPED, "--batch-size", "4", "--epochs", "5" }
  lu.assertStrContains(r.out, "steps: 125 an epoch, 625 in 5\n")
end

-- What SARIF 2.1.0 demands of the members that are written.
local SARIF = [==[{
  "type": "object", "required": ["version", "runs"], "additionalProperties": false,
  "properties": {
    "$schema": { "type": "string" }, "version": { "enum": ["2.1.0"] },
    "runs": { "type": "array", "minItems": 1, "items": {
      "type": "object", "required": ["tool"], "additionalProperties": false,
      "properties": {
        "columnKind": { "enum": ["utf16CodeUnits", "unicodeCodePoints"] },
        "tool": { "type": "object", "required": ["driver"], "additionalProperties": false, "properties": {
          "driver": { "type": "object", "required": ["name"], "additionalProperties": false, "properties": {
            "name": { "type": "string" }, "version": { "type": "string" },
            "rules": { "type": "array", "uniqueItems": true, "items": {
              "type": "object", "required": ["id"], "additionalProperties": false, "properties": {
                "id": { "type": "string" },
                "shortDescription": { "type": "object", "required": ["text"] },
                "help": { "type": "object", "required": ["text"] },
                "defaultConfiguration": { "type": "object", "properties": {
                  "level": { "enum": ["none", "note", "warning", "error"] } } },
                "properties": { "type": "object" } } } } } } } },
        "results": { "type": "array", "items": {
          "type": "object", "required": ["message"], "additionalProperties": false, "properties": {
            "ruleId": { "type": "string" }, "ruleIndex": { "type": "integer", "minimum": 0 },
            "level": { "enum": ["none", "note", "warning", "error"] },
            "message": { "type": "object", "required": ["text"], "properties": { "text": { "type": "string" } } },
            "properties": { "type": "object" },
            "locations": { "type": "array", "items": { "type": "object", "additionalProperties": false,
              "properties": {
                "logicalLocations": { "type": "array", "uniqueItems": true, "items": { "type": "object",
                  "properties": { "fullyQualifiedName": { "type": "string" } } } },
                "physicalLocation": { "type": "object", "required": ["artifactLocation"],
                  "additionalProperties": false, "properties": {
                  "artifactLocation": { "type": "object", "properties": {
                    "uri": { "type": "string", "pattern": "^[^ \\\\]*$" } } },
                  "region": { "type": "object", "additionalProperties": false, "properties": {
                    "startLine": { "type": "integer", "minimum": 1 },
                    "startColumn": { "type": "integer", "minimum": 1 },
                    "byteOffset": { "type": "integer", "minimum": 0 } } } } } } } }
          } } } } } } }
}]==]

function TestFixCommand.test_formats_for_programs()
  local file = program.file(BAD, " a b.jsonl")
  local r = program.run { "lint", file, "--format", "json", "--batch-size", "1", "--epochs", "3" }
  local report = json.decode(r.out)
  lu.assertEquals({ r.code, report.ok, report.file, report.stats.records }, { 1, false, file, 2 })
  lu.assertEquals(report.steps, { epoch = 2, all = 6 })
  lu.assertEquals(report.findings[1], json.decode(
    '{"rule": "bom", "severity": "error", "line": 1, "column": 1, "offset": 0, "message": "the file starts with a '
    .. 'byte order mark (EF BB BF): save it as UTF-8 without one"}'))
  r = program.run { "lint", file, "--format", "sarif" }
  lu.assertEquals(r.code, 1)
  local log = json.decode(r.out)
  local ok, why = schema.compile(json.decode(SARIF))(log)
  lu.assertTrue(ok, not ok and why[1].path .. ": " .. why[1].message)
  lu.assertEquals(#log.runs[1].results, #report.findings)
  for i, result in ipairs(log.runs[1].results) do
    local f = report.findings[i]
    lu.assertEquals(log.runs[1].tool.driver.rules[result.ruleIndex + 1].id, f.rule)
    local place = result.locations[1].physicalLocation
    lu.assertEquals({ result.ruleId, result.level, place.artifactLocation.uri },
      { f.rule, f.severity, (file:gsub(" ", "%%20")) })
    lu.assertEquals({ (place.region or {}).startLine, (place.region or {}).startColumn }, { f.line, f.column })
  end
  r = program.run { "lint", SHIPPED, "--format", "sarif" }
  lu.assertEquals({ r.code, json.decode(r.out).runs[1].results }, { 0, {} })
  os.remove(file)
end

-- A disk that is full, and a process that is killed: the output is as it was.
function TestFixCommand.test_nothing_half_written()
  local folder = os.tmpname()
  os.remove(folder)
  assert(fs.mkdir(folder))
  local lines = {}
  for i = 1, 40000 do lines[i] = line("question " .. i, "answer") end
  local input, out = folder .. "/in.jsonl", folder .. "/out.jsonl"
  assert(fs.write(input, table.concat(lines, "\n")))
  for _, words in ipairs { { "lint", input, "--fix", out }, { "convert", input, out, "--from", "claude", "--to",
    "openai" } } do
    assert(fs.write(out, "as it was\n"))
    local full = program.run(words, { wrap = "sh -c 'trap \"\" XFSZ; ulimit -f 500; \"$0\" \"$@\"'" })
    lu.assertEquals(full.code, 1)
    lu.assertStrContains(full.err, "out.jsonl")
    lu.assertEquals({ fs.read(out), fs.list(folder) }, { "as it was\n", { "in.jsonl", "out.jsonl" } })
    local quoted = {}
    for i, word in ipairs(words) do quoted[i] = word == input and "-" or word end
    -- The input has not ended when the kill comes.
    local command = "(cat '%s'; sleep 1) 2>/dev/null | '%s' %s >/dev/null 2>&1 & pid=$!; sleep 0.5; kill -9 $pid"
    os.execute(command:format(input, program.path, table.concat(quoted, " ")))
    lu.assertEquals(fs.read(out), "as it was\n")
    os.execute(("rm -f '%s'/.moonrock-*.tmp"):format(folder)) -- what a kill leaves has another name
  end
  for _, name in ipairs(fs.list(folder)) do os.remove(folder .. "/" .. name) end
  os.remove(folder)
end

TestTokens = {}

function TestTokens.test_counted_by_the_model()
  local r = program.script([[
local dataset = require "moonrock.dataset"
local function count(text) return dataset.count_tokens({ text = text },
  { model = "anthropic.claude-3-haiku-20240307-v1:0" }) end
local c = count(...)
print(c.records, c.tokens > 0, c.most > 0, c.most_line, c.limit, #c.over)
print(count('{"prompt": "a b", "completion": "c"}\n').records)
print(count('{"schemaVersion": "bedrock-conversation-2024", "system": [{"text": "s"}], "messages": ['
  .. '{"role": "user", "content": [{"text": "a"}]}, {"role": "assistant", "content": [{"text": "b"}]}]}').records)
print(count('{"modelInput": {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": ['
  .. '{"role": "user", "content": "a"}]}}').records)
print(pcall(count, '{"messages": 7}'))
print(pcall(count, '{}\n{"messages"'))
]], { line("a", "b") .. "\n" .. line(("word "):rep(50), "b") .. "\n" }, { before = { "rehearse" } })
  lu.assertEquals(r.code, 0, r.err)
  lu.assertStrContains(r.out, "2\ttrue\ttrue\t2\t32000\t0\n1\n1\n1\nfalse\t")
  lu.assertStrContains(r.out, "text:1: no record whose tokens can be counted")
  lu.assertStrContains(r.out, "text:2:12: ")
end

TestErrors = {}

function TestErrors.test_misuse()
  for _, case in ipairs {
    { dataset.fix, { output = "x" }, "dataset.fix needs an input" },
    { dataset.fix, { input = { text = "" }, provenance = true }, "provenance goes beside a file" },
    { dataset.convert, { input = "x" }, "dataset.convert needs an input and an output" },
    { dataset.fix, { inputs = "x" }, "unknown option inputs of dataset.fix" },
  } do
    local ok, err = errors.try(case[1], case[2])
    lu.assertNil(ok)
    lu.assertEquals(err.code, "ParamValidation")
    lu.assertStrContains(err.message, case[3])
  end
end

os.exit(lu.LuaUnit.run())
