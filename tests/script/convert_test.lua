-- SPDX-License-Identifier: MIT
-- Conversations between formats: round trips keep the values, and what would be lost is refused with its place.

local lu = require "luaunit"
local crypto = require "moonrock.crypto"
local dataset = require "moonrock.dataset"
local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local jsonl = require "moonrock.jsonl"
local program = require "program"

local SHIPPED = program.root .. "examples/data/json_answers.jsonl"
local REAL = program.root .. "../shared/data/finetuning/json_mode_dataset.jsonl"

local function convert(text, from, to, more)
  local out = {}
  local options = { input = { text = text }, from = from, to = to,
    output = function(chunk) out[#out + 1] = chunk end }
  for name, value in pairs(more or {}) do options[name] = value end
  local result, err = errors.try(dataset.convert, options)
  return result and table.concat(out), err or result
end

TestConvert = {}

local CLAUDE = [[{"system": "s \u00e9", "messages": [{"role": "user", "content": "a\n\"b\""}, {"role": "assistant", ]]
  .. [["content": "c"}, {"role": "user", "content": "d"}, {"role": "assistant", "content": "e"}]}]]

-- What is written, byte for byte.
function TestConvert.test_written_forms()
  lu.assertEquals((convert(CLAUDE, "claude", "openai")), [[{"messages": [{"role": "system", "content": "s é"}, ]]
    .. [[{"role": "user", "content": "a\n\"b\""}, {"role": "assistant", "content": "c"}, ]]
    .. [[{"role": "user", "content": "d"}, {"role": "assistant", "content": "e"}]}]] .. "\n")
  lu.assertEquals((convert(CLAUDE, "claude", "converse")), [[{"schemaVersion": "bedrock-conversation-2024", ]]
    .. [["system": [{"text": "s é"}], "messages": [{"role": "user", "content": [{"text": "a\n\"b\""}]}, ]]
    .. [[{"role": "assistant", "content": [{"text": "c"}]}, {"role": "user", "content": [{"text": "d"}]}, ]]
    .. [[{"role": "assistant", "content": [{"text": "e"}]}]}]] .. "\n")
  lu.assertEquals((convert('{"prompt": "p", "completion": "c"}', "prompt-completion", "claude")),
    '{"messages": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "c"}]}\n')
end

-- Every way there and back over real records; the values must be the same, and each form must lint clean.
function TestConvert.test_round_trips()
  local path = io.open(REAL) and REAL or SHIPPED
  local text = assert(fs.read(path))
  for _, way in ipairs { { "openai" }, { "converse" }, { "openai", "converse" }, { "converse", "openai" } } do
    local now, from = text, "claude"
    for _, to in ipairs { way[1], way[2] or "claude", way[2] and "claude" } do
      now = assert(convert(now, from, to))
      if to ~= "openai" then
        local report = dataset.lint({ text = now }, { family = to })
        lu.assertEquals({ report.stats.errors, report.stats.records }, { 0, 500 }, tostring(report))
      end
      from = to
    end
    local before, after = jsonl.read { read = text:gmatch("(.+)") }, jsonl.read { read = now:gmatch("(.+)") }
    lu.assertEquals(#after, 500)
    for i, record in ipairs(before) do lu.assertTrue(record:equals(after[i]), ("record %d"):format(i)) end
  end
  -- Without system texts a prompt and its completion hold it all.
  local bare = {}
  for record in jsonl.each(path) do
    record.system = nil
    if #record.messages == 2 then bare[#bare + 1] = jsonl.json(record) end
  end
  lu.assertTrue(#bare > 100)
  bare = table.concat(bare, "\n") .. "\n"
  local there = assert(convert(bare, "claude", "prompt-completion"))
  lu.assertEquals(dataset.lint({ text = there }).stats.errors, 0)
  local back = jsonl.read { read = assert(convert(there, "prompt-completion", "claude")):gmatch("(.+)") }
  for i, record in ipairs(jsonl.read { read = bare:gmatch("(.+)") }) do lu.assertTrue(record:equals(back[i])) end
end

local function messages(...)
  return json.encode { messages = json.array { ... } }
end
local function user(content) return { role = "user", content = content } end
local function bot(content) return { role = "assistant", content = content } end
local function texts(...)
  local blocks = json.array {}
  for i, text in ipairs { ... } do blocks[i] = { type = "text", text = text } end
  return blocks
end

-- What is lost stops the work, and is left out when that is allowed.
function TestConvert.test_losses()
  local named = user "a"
  named.name = "bob"
  local image = texts "a"
  image[2] = { type = "image_url", image_url = { url = "x" } }
  local cached = texts "a"
  cached[1].cache_control = { type = "ephemeral" }
  local system = { role = "system", content = "be short" }
  local cases = {
    { messages(user(cached), bot "b"), "claude", "openai", "messages[0].content[0].cache_control: has no place",
      messages(user "a", bot "b") },
    { messages(named, bot "b"), "openai", "claude", "messages[0].name: has no place",
      messages(user "a", bot "b") },
    { '{"n": 1, ' .. messages(user "a", bot "b"):sub(2), "openai", "claude", "n: has no place",
      messages(user "a", bot "b") },
    { messages(user(image), bot "b"), "openai", "claude", "messages[0].content[1]: is a block of type image_url",
      messages(user "a", bot "b") },
    { messages(user(texts("a", "b")), bot "c"), "openai", "claude", "messages[0]: is 2 blocks",
      messages(user "a\n\nb", bot "c") },
    { messages(user "a", user "b", bot "c"), "openai", "claude", "messages[1]: follows a message of the user",
      messages(user "a\n\nb", bot "c") },
    { messages(user "a", system, bot "b"), "openai", "claude", "messages[1]: is a system message between others",
      '{"system": "be short", ' .. messages(user "a", bot "b"):sub(2) },
    { messages(system, user "a", bot "b"), "openai", "prompt-completion", "system: has no place of its own",
      '{"prompt": "be short\\n\\na", "completion": "b"}' },
    { '{"tools": [], ' .. messages(user "a", bot "b"):sub(2), "openai", "claude", "tools: tools are not converted",
      messages(user "a", bot "b") },
  }
  for _, case in ipairs(cases) do
    local text, from, to, complaint, loose = table.unpack(case)
    local out, err = convert(text .. "\n", from, to)
    lu.assertNil(out)
    lu.assertEquals({ err.code, err.line }, { "NotConvertible", 1 })
    lu.assertStrContains(err.message, "text:1:1: " .. complaint)
    local result
    out, result = convert(text, from, to, { lossy = true })
    lu.assertTrue(jsonl.decode(out):equals(json.decode(loose)), out)
    lu.assertTrue(result.losses >= 1)
    lu.assertStrContains(result.first_losses[1], "line 1: " .. complaint)
  end
end

-- What has no form at all is refused, losses allowed or not; the record can be passed over.
function TestConvert.test_refusals()
  local calls = bot(json.null)
  calls.tool_calls = json.array { { id = "1" } }
  local cases = {
    { messages(user "a", calls), "openai", "messages[1].tool_calls: is a call of a tool" },
    { messages(user "a", { role = "tool", content = "x" }, bot "b"), "openai", "messages[1]: is the answer of a tool" },
    { messages(user "a", bot(json.array { { toolUse = { name = "f" } } })), "converse",
      "messages[1].content[0]: is a call of a tool" },
    { messages(user "a", { role = "narrator", content = "x" }, bot "b"), "openai", 'messages[1].role: is "narrator"' },
    { messages(user "a", bot(json.null)), "openai", "messages[1].content: is null, where a text should be" },
    { messages(user "a"), "openai", "messages[0].role: the last message must be the assistant's" },
    { messages(bot "b"), "openai", "messages[0].role: the first message must be the user's" },
    { messages(), "openai", "messages: holds no message" },
    { '{"messages": {}}', "openai", "messages: holds no message" },
    { '{"messages": 1}', "openai", "messages: is a number: it must be an array" },
    { '{"messages": ["x"]}', "openai", "messages[0]: is a string: it must be an object" },
    { '{"prompt": "a"}', "prompt-completion", "completion: is missing: it must be a string" },
    { "[1]", "openai", "the record: is no JSON object" },
    { "7", "openai", "the record: is no JSON object" },
    { '{"prompt": "a", "completion": "b", "completion": "c"}', "prompt-completion",
      "the record: has a key twice: line 1, column 36: " },
    { '{"messages": [{"role": "user", "role": "assistant", "content": "a"}]}', "openai",
      "the record: has a key twice: line 1, column 32: " },
  }
  for _, case in ipairs(cases) do
    local text, from, complaint = table.unpack(case)
    local out, err = convert(text, from, "claude", { lossy = true })
    lu.assertNil(out, text)
    lu.assertStrContains(err.message, "text:1:1: " .. complaint)
    local good = from == "openai" and messages(user "a", bot "b") or nil
    if good then
      local result
      out, result = convert(text .. "\n" .. good .. "\n", from, "claude", { lossy = true, on_error = "skip" })
      lu.assertTrue(jsonl.decode(out):equals(json.decode(good)))
      lu.assertEquals({ result.records, result.written, result.faults }, { 2, 1, 1 })
    end
  end
  local out, err = convert(messages(user "a", bot "b", user "c", bot "d"), "claude", "prompt-completion")
  lu.assertNil(out)
  lu.assertStrContains(err.message, "messages[2]: a prompt and a completion hold one question")
end

function TestConvert.test_malformed_lines_have_their_place()
  local out, err = convert('{"messages": [\n', "openai", "claude")
  lu.assertNil(out)
  lu.assertEquals({ err.code, err.line, err.column }, { "JSONSyntax", 1, 15 })
  out, err = convert(("["):rep(100000), "openai", "claude")
  lu.assertNil(out)
  lu.assertStrContains(err.message, "text:1:")
  out, err = convert(messages(user(("x"):rep(5000)), bot "b"), "openai", "claude", { limit = 1000 })
  lu.assertNil(out)
  lu.assertStrContains(err.message, "text:1:")
  out, err = convert("", "gpt", "claude")
  lu.assertNil(out)
  lu.assertStrContains(err.message, "convert: from is claude, converse, openai, prompt-completion, not gpt")
end

TestConvertCommand = {}

function TestConvertCommand.test_files_side_file_and_exit_codes()
  local input, out = program.file(messages(user "a", bot "b") .. "\n"), os.tmpname()
  local r = program.run { "convert", input, out, "--from", "openai", "--to", "converse", "--provenance" }
  lu.assertEquals({ r.code, r.out, r.err }, { 0, "", "moonrock: 1 records, 1 written, 0 faults\n" })
  local side = json.decode(assert(fs.read(out .. ".provenance.json")))
  local function facts(path)
    return { name = path, bytes = fs.stat(path).size, sha256 = crypto.hash("sha256", fs.read(path)) }
  end
  lu.assertEquals({ side.inputs[1], side.outputs[1] }, { facts(input), facts(out) })
  lu.assertEquals({ side.command, side.options.from, side.options.to, side.counts.written },
    { "convert", "openai", "converse", 1 })
  local before = fs.read(out)
  local bad = program.file(messages(user "a", bot "b") .. "\n" .. messages(user "a") .. "\n")
  r = program.run { "convert", bad, out, "--from", "openai", "--to", "claude" }
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, bad .. ":2:1: messages[0].role: the last message must be the assistant's")
  lu.assertEquals(fs.read(out), before) -- as it was
  r = program.run { "convert", bad, out, "--from", "openai", "--to", "claude", "--skip" }
  lu.assertEquals({ r.code, r.err }, { 1, "moonrock: 2 records, 1 written, 1 faults\n" })
  r = program.run { "convert", bad, out, "--from", "gpt", "--to", "claude" }
  lu.assertEquals(r.code, 2)
  r = program.run { "convert", bad, out }
  lu.assertEquals(r.code, 2)
  for _, path in ipairs { input, out, out .. ".provenance.json", bad } do os.remove(path) end
end

os.exit(lu.LuaUnit.run())
