-- SPDX-License-Identifier: MIT
-- Real data, spoiled in one place: for every rule of the lint a mutant that breaks it and nothing else. Each must
-- be found at its line and column, and --fix must put right what can be, and touch nothing else.

local lu = require "luaunit"
local dataset = require "moonrock.dataset"
local fs = require "moonrock.fs"
local program = require "program"
local record = require "moonrock.record"

local REAL = program.root .. "../shared/data/finetuning/json_mode_dataset.jsonl"
local SHIPPED = program.root .. "examples/data/json_answers.jsonl"
local AT = 137 -- the line that is spoiled

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

local function convert(text, to)
  local out = {}
  dataset.convert { input = { text = text }, from = "claude", to = to, lossy = true, on_error = "skip",
    output = function(chunk) out[#out + 1] = chunk end }
  return table.concat(out)
end

local function batch(text)
  local out = {}
  for i, line in ipairs(lines_of(text)) do
    out[i] = ('{"recordId": "id %d", "modelInput": {%s"max_tokens": 100, %s}\n'):format(i,
      '"anthropic_version": "bedrock-2023-05-31", ', line:sub(2))
  end
  return table.concat(out)
end

-- The data in each format, as lines.
local data = {}
do
  local claude = assert(fs.read(io.open(REAL) and REAL or SHIPPED))
  data.claude = lines_of(claude)
  data.converse = lines_of(convert(claude, "converse"))
  data["prompt-completion"] = lines_of(convert(claude, "prompt-completion"))
  data.batch = lines_of(batch(claude))
end

-- ---- how a line is spoiled: gives the line and the byte of the finding --------------------------

-- The first `from` becomes `to`; the finding is `shift` bytes behind its start.
local function swap(from, to, shift)
  return function(line)
    local at, stop = line:find(from, 1, true)
    assert(at, from)
    return line:sub(1, at - 1) .. to .. line:sub(stop + 1), at + (shift or 0)
  end
end

local function whole(make, at)
  return function(line)
    local new = make(line)
    return new, type(at) == "function" and at(line) or at or 1
  end
end

-- The first message goes, or stands twice, or something stands in its place.
local function first_message(to, shift)
  return function(line)
    local at, stop = line:find('{"role": "user", "content": ".-"}, ')
    return line:sub(1, at - 1) .. to(line:sub(at, stop)) .. line:sub(stop + 1), at + (shift or 0)
  end
end

local function last_message(to)
  return function(line)
    local at = line:find ', {"role": "assistant"'
    return line:sub(1, at - 1) .. to(line:sub(at, -3)) .. "]}", at
  end
end

local function spoil(mutate)
  return function(lines)
    local at
    lines[AT], at = mutate(lines[AT])
    local before = lines[AT]:sub(1, at - 1)
    return AT, (utf8.len(before) or #before) + 1
  end
end

local CONTENT = '"role": "user", "content": "'
local BOT = '{"role": "assistant", "content": "yes"}, '
local function repeated(n) return ("word "):rep(n) end

-- rule, family, what it does to the lines (gives line and column, none for the file), and: fix, lint options, text
-- instead of lines.
local mutants = {
  { "utf8", "claude", spoil(swap(CONTENT, CONTENT .. "\xff", #CONTENT)) },
  { "nul", "claude", spoil(swap(CONTENT, CONTENT .. "\0", #CONTENT)), fix = true },
  { "bom", "claude", function(lines)
    lines[1] = "\xef\xbb\xbf" .. lines[1]
    return 1, 1
  end, fix = true },
  { "blank-line", "claude", function(lines)
    table.insert(lines, AT, "")
    return AT, 1
  end, fix = true },
  { "crlf", "claude", function(lines) lines[AT] = lines[AT] .. "\r" end, fix = true },
  { "truncated", "claude", function(lines)
    lines[#lines] = lines[#lines]:sub(1, -3)
    return #lines, utf8.len(lines[#lines]) + 1
  end, text = function(text) return text:sub(1, -2) end },
  { "final-newline", "claude", function(lines) return #lines, utf8.len(lines[#lines]) + 1 end,
    text = function(text) return text:sub(1, -2) end, fix = true },
  { "line-length", "claude", function(lines)
    lines[AT] = lines[AT]:gsub('"}%]}$', (" "):rep(64 << 20) .. "%0")
    return AT, 1
  end },
  { "json", "claude", spoil(swap('"role": "user"', '"role" "user"', #'"role" ')) },
  { "json", "claude", spoil(swap(CONTENT, CONTENT .. "a\tb", #CONTENT + 1)), fix = true },
  { "json", "claude", spoil(function(line) return line:sub(1, -2) .. ",}", #line + 1 end), fix = true },
  { "trailing", "claude", spoil(whole(function(line) return line .. " x" end, function(line) return #line + 2 end)) },
  { "trailing", "claude", spoil(whole(function(line) return line .. "," end, function(line) return #line + 1 end)),
    fix = true },
  { "object", "claude", spoil(whole(function(line) return "[" .. line .. "]" end)), fix = true },
  { "duplicate-key", "claude", spoil(function(line)
    local pair = line:match '^{("system": ".-", )'
    return "{" .. pair .. line:sub(2), #pair + 2
  end), fix = true },
  { "unknown-key", "claude", spoil(swap('"messages"', '"Messages"')), fix = true },
  { "unknown-key", "claude", spoil(swap('"role": "user"', '"role": "user", "weight": 0', #'"role": "user", ')) },
  { "missing-key", "claude", spoil(swap('{"role": "assistant", ', "{")) },
  { "missing-key", "converse", spoil(swap('{"schemaVersion": "bedrock-conversation-2024", ', "{")), fix = true },
  { "format", "claude", spoil(whole(function() return '{"prompt": "a", "completion": "b"}' end)) },
  { "system", "claude", spoil(function(line)
    return line:gsub('"system": ".-"', '"system": null'), #'{"system": ' + 1
  end), fix = true },
  { "system", "converse", spoil(function(line)
    local new = line:gsub('"system": %[{"text": "(.-)"}%]', '"system": "%1"')
    return new, new:find('"system": ', 1, true) + #'"system": '
  end), fix = true },
  { "messages", "claude", spoil(function(line)
    local at = line:find '"messages": '
    return line:sub(1, at - 1) .. '"messages": {}}', at + #'"messages": '
  end) },
  { "message-count", "claude", spoil(function(line)
    local new = last_message(function() return "" end)(line)
    return new, new:find('[{', 1, true)
  end) },
  { "message", "claude", spoil(first_message(function() return '"hi", ' end)) },
  { "role", "claude", spoil(swap('"role": "user"', '"role": "Human"', #'"role": ')), fix = true },
  { "role", "claude", spoil(swap('"role": "user"', '"role": "narrator"', #'"role": ')) },
  { "first-role", "claude", spoil(first_message(function(one) return BOT .. one end, #'{"role": ')) },
  { "alternate", "claude", spoil(first_message(function(one) return '{"role": "user", "content": "hi"}, ' .. one end,
    #'{"role": "user", "content": "hi"}, {"role": ')) },
  { "last-role", "claude", spoil(function(line)
    return line:sub(1, -3) .. ', {"role": "user", "content": "and?"}]}', #line - 2 + #', {"role": ' + 1
  end) },
  { "content", "claude", spoil(function(line)
    local at, stop, text = line:find('"role": "user", "content": (".-")}, ')
    return line:sub(1, at - 1) .. '"role": "user", "content": [{"type": "text", "text": ' .. text .. "}]}, "
      .. line:sub(stop + 1), at + #'"role": "user", "content": '
  end), fix = true },
  { "content", "claude", spoil(function(line)
    local at = line:find('"role": "user", "content": ".-"}, ')
    return (line:gsub('("role": "user", "content": )".-"}, ', "%1null}, ")), at + #'"role": "user", "content": '
  end) },
  { "content", "converse", spoil(function(line)
    local at = line:find('"role": "user", "content": ', 1, true)
    return (line:gsub('("role": "user", "content": )%[{"text": (".-")}%]', "%1%2")), at + #'"role": "user", "content": '
  end), fix = true },
  { "block", "converse", spoil(swap('"content": [{"text"', '"content": [{"txt"', #'"content": [{')) },
  { "prompt", "prompt-completion", spoil(function(line)
    return line:gsub('"prompt": ".-", "comp', '"prompt": 7, "comp'), #'{"prompt": ' + 1
  end) },
  { "completion", "prompt-completion", spoil(function(line)
    local new = line:gsub('"completion": ".*"}$', '"completion": ["b"]}')
    return new, new:find '%["b"%]}$'
  end) },
  { "schema-version", "converse", spoil(swap("bedrock-conversation-2024", "bedrock-2024", -1)) },
  { "record-id", "batch", spoil(swap('"id 137"', "137")) },
  { "model-input", "batch", spoil(whole(function() return '{"recordId": "id 137", "modelInput": "{}"}' end, 38)) },
  { "anthropic-version", "batch", spoil(swap('"bedrock-2023-05-31"', '"2023"')) },
  { "max-tokens", "batch", spoil(swap('"max_tokens": 100', '"max_tokens": "100"', #'"max_tokens": ')) },
  { "duplicate-id", "batch", spoil(whole(function(line) return (line:gsub("id 137", "id 7")) end)) },
  { "blank-content", "claude", spoil(function(line)
    return line:gsub('"system": ".-"', '"system": " \\n"'), #'{"system": ' + 1
  end), fix = true },
  { "blank-content", "claude", spoil(function(line)
    local at = line:find('"role": "user", "content": ".-"}, ')
    return (line:gsub('("role": "user", "content": )".-"}, ', '%1""}, ')), at + #'"role": "user", "content": '
  end) },
  { "reserved-word", "claude", spoil(swap(CONTENT, CONTENT .. "a\\n\\nHuman: b", #CONTENT - 1)) },
  { "tokens", "claude", spoil(whole(swap(CONTENT, CONTENT .. repeated(40000)))) },
  { "near-limit", "claude", spoil(whole(swap(CONTENT, CONTENT .. repeated(36000)))) },
  { "duplicate", "claude", spoil(whole(function() return data.claude[7] end)), fix = true },
  { "near-duplicate", "claude", spoil(whole(function() return (data.claude[7]:gsub(CONTENT, "%0 ")) end)),
    options = { near_duplicates = true } },
  { "empty", "claude", function(lines) table.move({}, 1, #lines, 1, lines) end },
  { "too-few", "claude", function(lines) for i = #lines, 32, -1 do lines[i] = nil end end },
  { "too-many", "claude", function(lines)
    for i = 1, 10001 do lines[i] = lines[(i - 1) % 500 + 1]:gsub(CONTENT, ("%%0%d "):format(i), 1) end
  end },
}

local function spoiled(mutant)
  local lines = table.move(data[mutant[2]], 1, #data[mutant[2]], 1, {})
  local line, column = mutant[3](lines)
  local text = lines[1] and table.concat(lines, "\n") .. "\n" or ""
  return mutant.text and mutant.text(text) or text, line, column
end

local function label(mutant, report)
  return mutant[1] .. " in " .. mutant[2] .. ":\n" .. report:format()
end

local function fixed(text, family)
  local out, diff = os.tmpname(), {}
  local result = dataset.fix { input = { text = text }, output = out, family = family,
    diff = function(piece) diff[#diff + 1] = piece end }
  local written = assert(fs.read(out))
  os.remove(out)
  return result, written, table.concat(diff)
end

TestMutants = {}

function TestMutants.test_the_data_is_clean_in_every_format()
  for family, lines in pairs(data) do
    local report = dataset.lint({ text = table.concat(lines, "\n") .. "\n" }, { family = family })
    lu.assertEquals({ #report.findings, report.stats.records }, { 0, #lines }, report:format())
  end
end

function TestMutants.test_each_is_found_at_its_place()
  for _, mutant in ipairs(mutants) do
    local text, line, column = spoiled(mutant)
    local options = { family = mutant[2] }
    for name, value in pairs(mutant.options or {}) do options[name] = value end
    local report = dataset.lint({ text = text }, options)
    lu.assertEquals(#report.findings, 1, label(mutant, report))
    local f = report.findings[1]
    lu.assertEquals({ f.rule, f.line, f.column }, { mutant[1], line, column }, label(mutant, report))
  end
end

-- A repaired file is clean, and the bytes of all other records are what they were.
function TestMutants.test_what_can_be_put_right_is()
  for _, mutant in ipairs(mutants) do
    if mutant.fix then
      local text, line = spoiled(mutant)
      local result, written, diff = fixed(text, mutant[2])
      lu.assertEquals(#result.report.findings, 0, label(mutant, result.report))
      lu.assertEquals(result.report.stats.errors, 0)
      lu.assertTrue((result.fixed[mutant[1]] or 0) >= 1, mutant[1])
      lu.assertEquals(result.changed, 1)
      local now, good = lines_of(written), data[mutant[2]]
      local shift = mutant[1] == "duplicate" and 1 or 0
      for i, was in ipairs(good) do
        if i ~= (line or AT) then lu.assertTrue(now[i > AT and i - shift or i] == was, mutant[1]) end
      end
      lu.assertEquals(select(2, diff:gsub("\n@@ ", "")), 1, diff)
      local again, same, none = fixed(written, mutant[2])
      lu.assertEquals({ again.changed, same == written }, { 0, true })
      lu.assertNotStrContains(none, "@@")
    end
  end
end

-- What means the same stays what it meant.
function TestMutants.test_repairs_keep_the_meaning()
  local as_it_was = { bom = true, crlf = true, ["final-newline"] = true, object = true, ["duplicate-key"] = true,
    role = true, trailing = true, ["unknown-key"] = true, content = true, ["blank-line"] = true }
  for _, mutant in ipairs(mutants) do
    if mutant.fix and as_it_was[mutant[1]] then
      local _, written = fixed((spoiled(mutant)), mutant[2])
      lu.assertTrue(written == table.concat(data[mutant[2]], "\n") .. "\n", mutant[1])
    end
  end
end

function TestMutants.test_what_cannot_is_left_as_it_is()
  for _, mutant in ipairs(mutants) do
    if not mutant.fix and not mutant.options and mutant[1] ~= "truncated" then
      local text = spoiled(mutant)
      local result, written, diff = fixed(text, mutant[2])
      lu.assertTrue(written == text, mutant[1])
      lu.assertEquals({ result.changed, result.fixed }, { 0, {} })
      lu.assertEquals(result.report.findings[1].rule, mutant[1])
      lu.assertNotStrContains(diff, "@@")
    end
  end
end

-- Only the size of a file needs more than the data: 100 MiB of records in a validation set of Titan.
function TestMutants.test_a_file_that_is_too_large()
  local piece, n = table.concat(data["prompt-completion"], "\n") .. "\n", 0
  local report = dataset.lint({ read = function()
    if n > 100 << 20 then return nil end
    n = n + #piece
    return piece
  end }, { model = "amazon.titan-text-express-v1", validation = true, limit = 1000000 })
  local last = report.findings[#report.findings]
  lu.assertEquals({ last.rule, last.line }, { "file-size", nil })
end

function TestMutants.test_every_rule_has_a_mutant()
  local seen = { ["file-size"] = true }
  for _, mutant in ipairs(mutants) do seen[mutant[1]] = true end
  for _, rule in ipairs(record.rules()) do lu.assertTrue(seen[rule.id], rule.id) end
  lu.assertTrue(#mutants >= 40)
end

os.exit(lu.LuaUnit.run())
