-- SPDX-License-Identifier: MIT
-- runtime:chat: tools, structured answers, and what is never taken for an answer; the emulator's
-- stand-in as a partner, and a scripted one for what no stand-in does.

local lu = require "luaunit"
local chat = require "moonrock.chat"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local repair = require "moonrock.json_repair"
local task = require "moonrock.task"
local tool_schema = require "moonrock.tool_schema"

-- A model that says what it is told to, and keeps what it was asked.
local function scripted(replies)
  local seen = {}
  return { seen = seen, converse = function(_, request)
    seen[#seen + 1] = json.decode(json.encode(request))
    local reply = replies[math.min(#seen, #replies)]
    if type(reply) == "function" then
      reply = reply(request)
    end
    return { output = { message = { role = "assistant", content = reply.content or { { text = reply.text } } } },
      stopReason = reply.stop or "end_turn", usage = { inputTokens = 10, outputTokens = 5, totalTokens = 15 } }
  end }
end

local function use(name, input, id)
  return { toolUse = { name = name, input = input, toolUseId = id or "id-1" } }
end

local function ask(partner, options)
  local all = { modelId = "m", messages = "hello" }
  for name, value in pairs(options or {}) do all[name] = value end
  return chat.chat(partner, all)
end

local function fails(code, partner, options)
  local ok, err = errors.try(ask, partner, options)
  lu.assertNil(ok)
  lu.assertEquals(errors.is(err) and err.code, code, tostring(err))
  return err
end

TestTools = {}

function TestTools.test_calls_of_one_turn_run_side_by_side()
  local running, most = 0, 0
  local function wait(input)
    running = running + 1
    most = math.max(most, running)
    task.sleep(0.02)
    running = running - 1
    return { doubled = input.n * 2 }
  end
  local partner = scripted { { stop = "tool_use", content = { { text = "let me see" }, use("double", { n = 1 }, "a"),
    use("double", { n = 2 }, "b"), use("double", { n = 3 }, "c") } }, { text = "done" } }
  local heard = {}
  local reply = ask(partner, { tools = { double = { description = "twice", parameters = { n = "integer what" },
    run = wait } }, on_tool = function(name, input, result) heard[#heard + 1] = { name, input.n, result.doubled } end })
  lu.assertEquals({ reply.text, reply.turns, most, reply.usage.totalTokens }, { "done", 2, 3, 30 })
  table.sort(heard, function(a, b) return a[2] < b[2] end)
  lu.assertEquals(heard, { { "double", 1, 2 }, { "double", 2, 4 }, { "double", 3, 6 } })
  local results = partner.seen[2].messages[3].content
  for i, id in ipairs { "a", "b", "c" } do
    lu.assertEquals(results[i].toolResult, { toolUseId = id, status = "success", content = { { json = {
      doubled = i * 2 } } } })
  end
  lu.assertEquals(partner.seen[1].toolConfig.tools[1].toolSpec.inputSchema.json.required, { "n" })
  lu.assertEquals(#reply.messages, 4)
end

function TestTools.test_what_goes_wrong_goes_back_to_the_model()
  local calls = { use("get", { city = 5 }, "1"), use("got", {}, "2"), use("get", { city = "x" }, "3"),
    use("get", { city = "nil" }, "4"), use("get", { city = "list" }, "5"), use("get", { city = "error" }, "6"),
    use("get", { city = "function" }, "7"), use("get", { city = "nan" }, "8"), use("get", { city = "table" }, "9") }
  local partner = scripted { { stop = "tool_use", content = calls }, { text = "well" } }
  local reply = ask(partner, { tools = { get = { parameters = { city = "string" }, run = function(input)
    if input.city == "x" then error("no such city", 0) end
    if input.city == "table" then error { why = "closed" } end
    if input.city == "nil" then return nil, "nothing there" end
    if input.city == "error" then errors.raise { code = "X", message = "raised" } end
    return ({ ["function"] = { f = print }, nan = { n = 0 / 0 } })[input.city] or { "a", "b" }
  end } } })
  lu.assertEquals(reply.text, "well")
  local expected = { "city", "there is no tool got; there are get", "no such city", "nothing there", '["a","b"]',
    "raised", "what the tool gave cannot be told: ", "not a number",
    '{"why":"closed"}' }
  for i, block in ipairs(partner.seen[2].messages[3].content) do
    lu.assertEquals(block.toolResult.status, i == 5 and "success" or "error")
    lu.assertStrContains(block.toolResult.content[1].text, expected[i])
  end
end

function TestTools.test_turns_are_bounded()
  local partner = scripted { { stop = "tool_use", content = { use("again", {}) } } }
  local ran = 0
  local err = fails("TooManyTurns", partner, { max_turns = 3, tools = { again = { run = function()
    ran = ran + 1
    return "go on"
  end } } })
  lu.assertEquals({ #partner.seen, ran }, { 3, 2 })
  lu.assertEquals(#err.messages, 5)
end

function TestTools.test_a_cancel_passes_through()
  local partner = scripted { { stop = "tool_use", content = { use("wait", {}) } } }
  local done = task.spawn(function()
    ask(partner, { tools = { wait = { run = function() task.sleep(60) end } } })
  end)
  task.sleep(0.01)
  done:cancel()
  lu.assertNil((errors.try(done.wait, done)))
  lu.assertEquals(#partner.seen, 1)
end

function TestTools.test_schemas_in_words()
  lu.assertEquals(tool_schema.object { city = "string the city", days = "integer? how many", tags = "string[]",
    unit = '"C"|"F"? of degrees', any = "any", map = "table<string, number|boolean> of x",
    place = { x = "number", y = "number?" } }, {
    type = "object", additionalProperties = false, required = { "any", "city", "map", "place", "tags" }, properties = {
      any = {}, city = { type = "string", description = "the city" }, days = { type = "integer",
      description = "how many" }, tags = { type = "array", items = { type = "string" } },
      unit = { type = "string", enum = { "C", "F" }, description = "of degrees" },
      map = { type = "object", description = "of x", additionalProperties = { anyOf = { { type = "number" },
        { type = "boolean" } } } },
      place = { type = "object", additionalProperties = false, required = { "x" }, properties = {
        x = { type = "number" }, y = { type = "number" } } },
    } })
  for text, members in pairs { ["place.x"] = { place = { x = "strng" } }, ["a: a type as text"] = { a = 5 },
      ["have names"] = { "string" } } do
    lu.assertErrorMsgContains(text, tool_schema.object, members)
  end
end

function TestTools.test_misuse()
  local partner = scripted { { text = "x" } }
  for text, options in pairs { ["did you mean tools"] = { tolos = {} }, ["no function `run`"] = { tools = { a = {} } },
      ["of the tool a does not describe an object"] = { tools = { a = { run = print, schema = { anyOf = {} } } } },
      ["no name for a tool"] = { tools = { ["a b"] = { run = print } } },
      ["describes an object"] = { schema = { type = "array" } },
      ["#/properties/a/type"] = { schema = { type = "object", properties = { a = { type = "text" } } } },
      ["#/properties/b/type"] = { tools = { a = { run = print, schema = { type = "object",
        properties = { b = { type = "text" } } } } } },
      ["is a text, or a list"] = { messages = {} }, ['"tool" or "json"'] = { structure = "xml" } } do
    lu.assertErrorMsgContains(text, ask, partner, options)
  end
  lu.assertEquals(#partner.seen, 0)
end

TestAnswers = {}

local SCHEMA = { type = "object", properties = { n = { type = "integer" } }, required = json.array { "n" } }

function TestAnswers.test_an_answer_that_was_cut_off_is_none()
  for stop, code in pairs { max_tokens = "AnswerTruncated", model_context_window_exceeded = "AnswerTruncated",
      guardrail_intervened = "AnswerRefused", content_filtered = "AnswerRefused" } do
    for _, schema in ipairs { false, SCHEMA } do
      local err = fails(code, scripted { { text = '{"n": 1}', stop = stop } }, { schema = schema or nil })
      lu.assertEquals({ err.partial, err.usage.totalTokens }, { '{"n": 1}', 15 })
    end
  end
  local cut = scripted { { content = { use("go", {}) }, stop = "max_tokens" } }
  fails("AnswerTruncated", cut, { tools = { go = { run = function() error("never") end } } })
end

function TestAnswers.test_structured_and_asked_again()
  local partner = scripted { { text = "It is one." },
    { content = { use("answer", { n = "one" }, "x") }, stop = "tool_use" },
    { content = { use("answer", { n = 1 }) }, stop = "tool_use" } }
  local reply = ask(partner, { schema = SCHEMA })
  lu.assertEquals({ reply.value, reply.reasked, reply.turns }, { { n = 1 }, 2, 3 })
  lu.assertEquals(partner.seen[1].toolConfig.toolChoice, { tool = { name = "answer" } })
  lu.assertStrContains(partner.seen[2].messages[3].content[1].text, "no JSON object")
  local told = partner.seen[3].messages[5].content[1].toolResult
  lu.assertEquals({ told.toolUseId, told.status }, { "x", "error" })
  lu.assertStrContains(told.content[1].text, "n string where integer is wanted")
end

-- Converse refuses a turn of nothing, blank texts, and two turns of a user in a row.
function TestAnswers.test_an_empty_answer_is_asked_again()
  for _, empty in ipairs { json.array {}, { { text = "" } }, { { text = " \n" } } } do
    local messages = { { role = "user", content = { { text = "how many?" } } } }
    local partner = scripted { { content = empty }, { content = { { text = "" }, use("answer", { n = "x" }) } },
      { content = { use("answer", { n = 1 }) } } }
    local reply = ask(partner, { schema = SCHEMA, messages = messages })
    lu.assertEquals({ reply.value.n, reply.reasked, #messages[1].content }, { 1, 2, 1 })
    local turns = partner.seen[3].messages
    lu.assertEquals({ #turns, turns[1].role, turns[2].role, turns[3].role }, { 3, "user", "assistant", "user" })
    lu.assertEquals({ #turns[1].content, turns[1].content[1].text, #turns[2].content }, { 2, "how many?", 1 })
    lu.assertStrContains(turns[1].content[2].text, "This answer cannot be used")
  end
end

function TestAnswers.test_malformed_output_is_no_answer()
  for _, stop in ipairs { "malformed_model_output", "malformed_tool_use" } do
    local err = fails("AnswerUnusable", scripted { { text = "<tool", stop = stop } })
    lu.assertEquals(err.partial, "<tool")
    local partner = scripted { { text = "<tool", stop = stop }, { content = { use("answer", { n = 1 }) } } }
    lu.assertEquals(ask(partner, { schema = SCHEMA }).value, { n = 1 })
  end
end

function TestAnswers.test_near_json_is_repaired()
  local reply = ask(scripted { { text = "Sure!\n```json\n{'n': 1,}\n```" } }, { schema = SCHEMA, structure = "json" })
  lu.assertEquals({ reply.value, reply.repaired, reply.reasked }, { { n = 1 }, true, 0 })
  reply = ask(scripted { { content = { use("answer", { answer = '{"n": 2}' }) }, stop = "tool_use" } },
    { schema = SCHEMA })
  lu.assertEquals({ reply.value, reply.repaired }, { { n = 2 }, true })
end

function TestAnswers.test_prose_is_no_answer()
  local partner = scripted { { text = "I would rather talk." } }
  local err = fails("AnswerUnusable", partner, { schema = SCHEMA, reasks = 1 })
  lu.assertEquals({ #partner.seen, err.reasked, err.partial }, { 2, 1, "I would rather talk." })
  fails("AnswerUnusable", scripted { { text = "prose" } }, { schema = SCHEMA, reasks = 0 })
end

function TestAnswers.test_a_model_without_tools_is_found_out()
  local partner = scripted { function()
    errors.raise { code = "ValidationException", message = "This model doesn't support tool use." }
  end, { text = '{"n": 3}' } }
  local reply = ask(partner, { schema = SCHEMA })
  lu.assertEquals({ reply.value.n, reply.structure }, { 3, "json" })
  lu.assertStrContains(partner.seen[2].system[1].text, '"required":["n"]')
  lu.assertNil(partner.seen[2].toolConfig)
end

function TestAnswers.test_tools_and_a_schema_together()
  local partner = scripted { { content = { use("look", {}) }, stop = "tool_use" },
    { content = { use("answer", { n = 9 }) }, stop = "tool_use" } }
  local reply = ask(partner, { schema = SCHEMA, tools = { look = { run = function() return "nine" end } } })
  lu.assertEquals({ reply.value.n, partner.seen[1].toolConfig.toolChoice.any }, { 9, {} })
end

TestRepair = {}

function TestRepair.test_what_models_write()
  for text, value in pairs {
    ['{"a":1}'] = { a = 1 }, ["Sure: {a: 1, 'b': [1, 2,],} ok?"] = { a = 1, b = { 1, 2 } },
    ["```json\n{'a': True, \"b\": \"x\ny\"}\n```"] = { a = true, b = "x\ny" },
    ['{"a": 1 /* one */, // two\n}'] = { a = 1 },
    ['{"u": "\\ud83d\\ude00\\u00e9\\n"} tail'] = { u = "\u{1f600}\u{e9}\n" }, ["the set {x} and [1.5e3]"] = { 1500.0 },
  } do
    local found = repair.decode(text)
    lu.assertEquals(found, value, text)
  end
  for _, text in ipairs { "prose", "", '{"a": 1', '{"a": {"b": 1}', '{"a": "x', "{}x{", "[", ("["):rep(100000),
      ("{"):rep(3000) .. "x", '"text"', "5" } do
    local value, reason = repair.decode(text)
    lu.assertNil(value, text:sub(1, 20))
    lu.assertEquals(type(reason), "string")
  end
end

os.exit(lu.LuaUnit.run())
