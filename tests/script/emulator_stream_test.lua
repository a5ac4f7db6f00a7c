-- SPDX-License-Identifier: MIT
-- Streams and conversations of the emulator, by a client over the loopback: the documented order
-- of events, usage, time, limits, faults, and what Converse refuses.

local lu = require "luaunit"
local moonrock = require "moonrock"
local json = require "moonrock.json"
local time = require "moonrock.time"
local emulated = require "emulated"
local fake = require "fake_transport"
local loopback = require "moonrock.aws.loopback"
local runtime_module = require "moonrock.runtime"

local haiku = "anthropic.claude-3-haiku-20240307-v1:0"

local function client(config, options)
  local world = emulated.new(config)
  local all = {
    region = world.region, transport = loopback.new(world.isolate), environment = function() return nil end,
    credentials = { access_key_id = emulated.key_id, secret_access_key = emulated.secret },
  }
  for name, value in pairs(options or {}) do all[name] = value end
  return require("moonrock.session").new(all):client "bedrock-runtime", world
end

local function ask(text, more)
  local request = { modelId = haiku, messages = { { role = "user", content = { { text = text } } } } }
  for name, value in pairs(more or {}) do request[name] = value end
  return request
end

local function anthropic(text, more)
  local request = { anthropic_version = "bedrock-2023-05-31", max_tokens = 200,
    messages = { { role = "user", content = text } } }
  for name, value in pairs(more or {}) do request[name] = value end
  return { modelId = haiku, body = request }
end

local function events_of(reply)
  local list, names = {}, {}
  for event in reply:events() do
    list[#list + 1] = event
    local name = next(event)
    if names[#names] ~= name then names[#names + 1] = name end
  end
  return list, table.concat(names, " ")
end

TestConverseStream = {}

function TestConverseStream.test_order_usage_and_the_same_text_as_in_one_piece()
  local runtime = client()
  local whole = runtime:converse(ask "What is a moon rock?")
  local list, order = events_of(runtime:converse_stream(ask "What is a moon rock?"))
  lu.assertEquals(order, "messageStart contentBlockDelta contentBlockStop messageStop metadata")
  local texts = {}
  for _, event in ipairs(list) do
    if event.contentBlockDelta then
      lu.assertEquals(event.contentBlockDelta.contentBlockIndex, 0)
      texts[#texts + 1] = event.contentBlockDelta.delta.text
    end
  end
  lu.assertTrue(#texts > 10)
  lu.assertEquals(table.concat(texts), whole.output.message.content[1].text)
  lu.assertEquals(list[1], { messageStart = { role = "assistant" } })
  lu.assertEquals(list[#list - 1], { messageStop = { stopReason = "end_turn" } })
  lu.assertEquals(list[#list].metadata, { usage = whole.usage, metrics = whole.metrics })
  lu.assertEquals(whole.usage.totalTokens, whole.usage.inputTokens + whole.usage.outputTokens)
end

function TestConverseStream.test_pieces_come_over_time()
  local runtime = client()
  local start = time.now()
  local reply = runtime:converse_stream(ask "Hi")
  lu.assertTrue(time.now() - start < 0.18) -- the head is there before the first token
  local last, steps = start, 0
  for event in reply:events() do
    if event.contentBlockDelta then
      lu.assertTrue(time.now() >= last)
      steps = steps + (time.now() > last and 1 or 0)
      last = time.now()
    elseif event.metadata then
      lu.assertAlmostEquals(time.now() - start, event.metadata.metrics.latencyMs / 1000, 0.02)
    end
  end
  lu.assertTrue(steps > 10)
end

function TestConverseStream.test_cut_by_max_tokens_and_stop_sequences()
  local runtime = client()
  local answer = runtime_module.collect(runtime:converse_stream(ask("Hi", { inferenceConfig = { maxTokens = 5 } })))
  lu.assertEquals(answer.stop_reason, "max_tokens")
  lu.assertEquals(answer.usage.outputTokens, 5)
  answer = runtime_module.collect(runtime:converse_stream(ask("Hi",
    { inferenceConfig = { stopSequences = { "stand-in" } } })))
  lu.assertEquals(answer.stop_reason, "stop_sequence")
  lu.assertStrContains(answer.text, "This is the rehearsal")
  lu.assertNotStrContains(answer.text, "stand-in")
end

function TestConverseStream.test_streams_run_side_by_side()
  local runtime = client()
  local start = time.now()
  local answers = moonrock.map({ "one", "two", "three", "four" }, function(word)
    return runtime:text(runtime:converse_stream(ask(word)))
  end, { concurrency = 4 })
  for i, word in ipairs { "one", "two", "three", "four" } do lu.assertStrContains(answers[i], word) end
  lu.assertTrue(time.now() - start < 1.5) -- each alone takes more than half a second
end

function TestConverseStream.test_a_loop_that_is_left_leaves_the_emulator_well()
  local runtime = client()
  for _ = 1, 20 do
    for event in runtime:converse_stream(ask "Hi"):events() do
      if event.contentBlockDelta then break end
    end
  end
  moonrock.sleep(10)
  lu.assertStrContains(runtime:text(runtime:converse_stream(ask "again")), "again")
end

function TestConverseStream.test_one_seed_gives_one_stream()
  local function run()
    local runtime, world = client { seed = 11 }
    local _, _, bytes = world:json("bedrock-runtime", "POST", "/model/" .. haiku:gsub(":", "%%3A") .. "/converse", {
      messages = ask("Hi").messages })
    local reply = runtime:invoke_model_with_response_stream(anthropic "Hi")
    local list = {}
    for event in reply:events() do list[#list + 1] = event.chunk.bytes end
    world:close()
    return table.concat(list), bytes["x-amzn-requestid"]
  end
  local first, first_id = run()
  local second, second_id = run()
  lu.assertEquals(second, first)
  lu.assertEquals(second_id, first_id)
end

function TestConverseStream.test_what_an_answer_took()
  local runtime = client()
  local whole = runtime:converse(ask "What is a moon rock?")
  local told = runtime:usage(whole)
  lu.assertEquals({ told.inputTokens, told.outputTokens, told.totalTokens, told.latencyMs },
    { whole.usage.inputTokens, whole.usage.outputTokens, whole.usage.totalTokens, whole.metrics.latencyMs })
  lu.assertEquals(runtime:usage(runtime:collect(runtime:converse_stream(ask "What is a moon rock?"))), told)
  local reply = runtime:invoke_model(anthropic "What is a moon rock?")
  told = runtime:usage(reply) -- by the headers; the body is not read
  local usage = json.decode(reply.body:read "a").usage
  lu.assertEquals({ told.inputTokens, told.outputTokens, told.totalTokens },
    { usage.input_tokens, usage.output_tokens, usage.input_tokens + usage.output_tokens })
  lu.assertTrue(told.latencyMs > 0)
  lu.assertEquals(runtime:usage {}, {})
end

TestInvokeStream = {}

function TestInvokeStream.test_chunks_in_the_order_of_anthropic()
  local runtime = client()
  local whole = json.decode(runtime:invoke_model(anthropic "What is basalt?").body:read "a")
  local reply = runtime:invoke_model_with_response_stream(anthropic "What is basalt?")
  lu.assertEquals(reply.contentType, "application/json")
  lu.assertEquals(reply.ResponseMetadata.HTTPHeaders["content-type"], "application/vnd.amazon.eventstream")
  local types, texts, last, first = {}, {}, nil, nil
  for event in reply:events() do
    local chunk = json.decode(event.chunk.bytes)
    if types[#types] ~= chunk.type then types[#types + 1] = chunk.type end
    if chunk.type == "content_block_delta" then texts[#texts + 1] = chunk.delta.text end
    first, last = first or chunk, chunk
  end
  lu.assertEquals(table.concat(types, " "), "message_start content_block_start content_block_delta "
    .. "content_block_stop message_delta message_stop")
  lu.assertEquals(table.concat(texts), whole.content[1].text)
  lu.assertEquals(first.message.usage.input_tokens, whole.usage.input_tokens)
  lu.assertStrMatches(first.message.id, "msg_bdrk_%w+")
  local metrics = last["amazon-bedrock-invocationMetrics"]
  lu.assertEquals({ metrics.inputTokenCount, metrics.outputTokenCount },
    { whole.usage.input_tokens, whole.usage.output_tokens })
end

function TestInvokeStream.test_tools_of_anthropic()
  local runtime = client()
  local request = anthropic "What is basalt? Use lookup."
  request.body.tools = { { name = "lookup", input_schema = { type = "object",
    properties = { rock = { type = "string" } }, required = { "rock" } } } }
  local answer = runtime:collect(runtime:invoke_model_with_response_stream(request))
  local whole = json.decode(runtime:invoke_model(request).body:read "a")
  local use = answer.message.content[1].toolUse
  lu.assertEquals({ answer.stop_reason, use.name, use.input }, { "tool_use", "lookup", whole.content[1].input })
  lu.assertStrMatches(use.toolUseId, "toolu_bdrk_%w+")
end

function TestInvokeStream.test_chunks_are_padded()
  local _, world = client()
  local status, headers, bytes = world:send { service = "bedrock-runtime", method = "POST",
    path = "/model/" .. haiku:gsub(":", "%%3A") .. "/invoke-with-response-stream",
    headers = { { "content-type", "application/json" } }, body = json.encode(anthropic("Hi").body) }
  lu.assertEquals(status, 200)
  lu.assertNil(headers["content-length"])
  local decoder, lengths = require("moonrock.eventstream").decoder(), {}
  for _, message in ipairs((decoder:feed(bytes))) do
    local padding = json.decode(message.payload).p
    lu.assertStrMatches(padding, "a%w*")
    lengths[#padding] = true
  end
  lu.assertTrue(decoder:finish())
  lu.assertNotNil(next(lengths, (next(lengths)))) -- not all of one length
end

-- Nova's chunks are the events of ConverseStream; the helpers read them as those.
function TestInvokeStream.test_chunks_of_nova()
  local runtime = client({ region = "us-east-1" }, { region = "us-east-1" })
  local nova = "amazon.nova-lite-v1:0"
  local body = { schemaVersion = "messages-v1", inferenceConfig = { maxTokens = 200 },
    messages = { { role = "user", content = { { text = "What is basalt?" } } } } }
  local whole = json.decode(runtime:invoke_model({ modelId = nova, body = body }).body:read "a")
  local kinds, last = {}, nil
  for event in runtime:invoke_model_with_response_stream({ modelId = nova, body = body }):events() do
    last = json.decode(event.chunk.bytes)
    local kind = last.metadata and "metadata" or next(last)
    if kinds[#kinds] ~= kind then kinds[#kinds + 1] = kind end
  end
  lu.assertEquals(table.concat(kinds, " "), "messageStart contentBlockDelta contentBlockStop messageStop metadata")
  lu.assertEquals(last.metadata.usage, whole.usage)
  lu.assertEquals(last["amazon-bedrock-invocationMetrics"].outputTokenCount, whole.usage.outputTokens)
  local pieces = {}
  local answer = runtime:collect(runtime:invoke_model_with_response_stream { modelId = nova, body = body },
    function(piece) pieces[#pieces + 1] = piece end)
  lu.assertEquals({ answer.text, answer.stop_reason, table.concat(pieces) },
    { whole.output.message.content[1].text, "end_turn", answer.text })
  lu.assertEquals(answer.usage, whole.usage)
  lu.assertTrue(answer.metrics.latencyMs > 0)
  body.inferenceConfig.maxTokens = 3
  answer = runtime:collect(runtime:invoke_model_with_response_stream { modelId = nova, body = body })
  lu.assertEquals(answer.stop_reason, "max_tokens")
  body.toolConfig = { tools = { { toolSpec = { name = "lookup", inputSchema = { json = { type = "object",
    properties = { rock = { type = "string" } }, required = { "rock" } } } } } },
    toolChoice = { tool = { name = "lookup" } } }
  body.inferenceConfig.maxTokens = 200
  answer = runtime:collect(runtime:invoke_model_with_response_stream { modelId = nova, body = body })
  lu.assertEquals({ answer.stop_reason, answer.message.content[1].toolUse.name }, { "tool_use", "lookup" })
  lu.assertEquals(type(answer.message.content[1].toolUse.input.rock), "string")
  fake.raised("Malformed input request", function()
    runtime:invoke_model_with_response_stream { modelId = nova, body = { messages = "x" } }
  end)
  fake.raised("The model is unsupported for streaming.", function()
    runtime:invoke_model_with_response_stream { modelId = "amazon.titan-embed-text-v2:0", body = { inputText = "x" } }
  end)
  fake.raised("ended before its last event", function()
    local cut = client({ region = "us-east-1", stream_fault = "cut" }, { region = "us-east-1" })
    body.toolConfig = nil
    cut:collect(cut:invoke_model_with_response_stream { modelId = nova, body = body })
  end)
end

TestFaults = {}

local function fails(config, words)
  local runtime = client(config)
  local seen = 0
  local err = fake.raised(words, function()
    for _ in runtime:converse_stream(ask "Hi"):events() do seen = seen + 1 end
  end)
  return err, seen
end

function TestFaults.test_an_exception_in_the_stream()
  local err, seen = fails({ stream_fault = "throttlingException" }, "ThrottlingException")
  lu.assertEquals({ err.status, err.retryable, seen }, { 429, true, 2 })
  err, seen = fails({ stream_fault = "modelStreamErrorException", stream_fault_at = 1 }, "ModelStreamErrorException")
  lu.assertEquals({ err.retryable, seen }, { true, 0 })
end

function TestFaults.test_a_stream_that_does_not_end_well()
  lu.assertEquals(fails({ stream_fault = "stop" }, "the stream ended before").code, "IncompleteStream")
  lu.assertEquals(fails({ stream_fault = "inside" }, "inside a frame").code, "IncompleteStream")
  lu.assertEquals(fails({ stream_fault = "cut" }, "the stream ended before").code, "IncompleteStream")
  lu.assertEquals(fails({ stream_fault = "error" }, "InternalError").retryable, true)
end

function TestFaults.test_refusals_come_before_the_stream()
  local runtime = client()
  local err = fake.raised("model identifier is invalid", function()
    return runtime:converse_stream(ask("x", { modelId = "no.such-model" }))
  end)
  lu.assertEquals({ err.code, err.status }, { "ValidationException", 400 })
  fake.raised("max_tokens", function()
    return runtime:invoke_model_with_response_stream(anthropic("x", { max_tokens = 100000 }))
  end)
end

TestConverseRules = {}

local function text(t) return { text = t } end

local function turn(role, ...) return { role = role, content = { ... } } end

local tools = { tools = { { toolSpec = { name = "t", inputSchema = { json = { type = "object" } } } } } }
local function use(id) return { toolUse = { toolUseId = id, name = "t", input = {} } } end
local function result(id) return { toolResult = { toolUseId = id, content = { text "ok" } } } end

local refused = {
  { "must start with a user message", { messages = {} } },
  { "must start with a user message", { messages = { turn("assistant", text "x") } } },
  { "must alternate", { messages = { turn("user", text "x"), turn("user", text "y") } } },
  { "messages.0 is empty", { messages = { turn "user" } } },
  { "messages.0.content.1 is blank", { messages = { turn("user", text "x", text " \n") } } },
  { "exceeds the model limit of 4096", { inferenceConfig = { maxTokens = 4097 } } },
  { "stopSequences.0 is blank", { inferenceConfig = { stopSequences = { " " } } } },
  { "JSON Pointer", { additionalModelResponseFieldPaths = { "stop" } } },
  { "JSON Pointer", { additionalModelResponseFieldPaths = { "/a~2" } } },
  { "toolConfig field must be defined",
    { messages = { turn("user", text "x"), turn("assistant", use "1"), turn("user", result "1") } } },
  { "exceeds the number of toolUse blocks",
    { messages = { turn("user", result "1") }, toolConfig = tools } },
  { "Expected toolResult blocks at messages.2.content for the following Ids: 1, 2",
    { messages = { turn("user", text "x"), turn("assistant", use "1", use "2"), turn("user", text "y") },
      toolConfig = tools } },
  { "unexpected toolResult id 9",
    { messages = { turn("user", text "x"), turn("assistant", use "1"), turn("user", result "9") },
      toolConfig = tools } },
  { "must be unique",
    { messages = { turn("user", text "x"), turn("assistant", use "1", use "1") }, toolConfig = tools } },
  { "toolConfig.tools.1.toolSpec.inputSchema.json.type must be one of the following: object",
    { toolConfig = { tools = { tools.tools[1],
      { toolSpec = { name = "u", inputSchema = { json = { anyOf = {} } } } } } } } },
  { "is already defined", { toolConfig = { tools = { tools.tools[1], tools.tools[1] } } } },
  { "not defined in toolConfig.tools",
    { toolConfig = { tools = tools.tools, toolChoice = { tool = { name = "u" } } } } },
}

function TestConverseRules.test_what_is_refused()
  local runtime = client()
  for _, case in ipairs(refused) do
    for _, name in ipairs { "converse", "converse_stream" } do
      local err = fake.raised(case[1], function() return runtime[name](runtime, ask("x", case[2])) end)
      lu.assertEquals({ err.code, err.status }, { "ValidationException", 400 })
    end
  end
end

function TestConverseRules.test_what_the_model_says_is_refused_by_the_service_too()
  local _, world = client()
  local path = "/model/" .. haiku:gsub(":", "%%3A") .. "/converse-stream"
  for _, body in ipairs {
    { messages = { { role = "robot", content = { { text = "x" } } } } },
    { messages = { { role = "user", content = { { text = "x", image = { format = "png" } } } } } },
    { messages = { turn("user", text "x") }, inferenceConfig = { temperature = 2 } },
    { messages = { turn("user", text "x") }, toolConfig = { tools = json.array {} } },
    "{",
  } do
    local status, answer, headers = world:json("bedrock-runtime", "POST", path, body)
    lu.assertEquals(status, 400)
    lu.assertNotNil(answer.message)
    lu.assertStrContains("ValidationException SerializationException", emulated.code_of(headers))
  end
end

function TestConverseRules.test_a_conversation_with_tools_is_taken()
  local runtime = client()
  local reply = runtime:converse(ask("x", { toolConfig = tools, messages = { turn("user", text "x"),
    turn("assistant", text "hm", use "1", use "2"), turn("user", result "2", result "1", text "Go on") } }))
  lu.assertStrContains(reply.output.message.content[1].text, "Go on")
end

-- A second question that names the tool is a question of its own.
function TestConverseRules.test_each_question_has_its_calls()
  local runtime = client()
  local config = { tools = { { toolSpec = { name = "lookup", inputSchema = { json = { type = "object" } } } } } }
  local first = { toolUse = { toolUseId = "1", name = "lookup", input = {} } }
  local messages = { turn("user", text "Please lookup basalt"), turn("assistant", first),
    turn("user", { toolResult = { toolUseId = "1", content = { text "old" } } }), turn("assistant", text "It is old."),
    turn("user", text "Now lookup granite") }
  local reply = runtime:converse(ask("x", { toolConfig = config, messages = messages }))
  lu.assertEquals({ reply.stopReason, reply.output.message.content[1].toolUse.name }, { "tool_use", "lookup" })
  messages[6] = reply.output.message
  messages[7] = turn("user", { toolResult = { toolUseId = messages[6].content[1].toolUse.toolUseId,
    content = { text "new" } } })
  reply = runtime:converse(ask("x", { toolConfig = config, messages = messages }))
  lu.assertStrContains(reply.output.message.content[1].text, 'The tools answered: "new".')
end

os.exit(lu.LuaUnit.run())
