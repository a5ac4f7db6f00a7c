-- SPDX-License-Identifier: MIT
-- The emulator's runtime: who answers, what the Messages body must look like, the shapes of the
-- replies, and the stand-in model by itself.

local lu = require "luaunit"
local emulated = require "emulated"
local json = require "moonrock.json"
local model = require "moonrock.emulator.model"
local task = require "moonrock.task"

local emulator
local haiku = "anthropic.claude-3-haiku-20240307-v1:0"

local function encoded(id) return (id:gsub("[:/]", { [":"] = "%3A", ["/"] = "%2F" })) end

local function body(changes)
  local out = { anthropic_version = "bedrock-2023-05-31", max_tokens = 400,
    messages = { { role = "user", content = "What is the capital of Norway?" } } }
  for name, value in pairs(changes or {}) do
    if value == json.null then out[name] = nil else out[name] = value end
  end
  return out
end

local function invoke(id, value, more)
  return emulator:json("bedrock-runtime", "POST", "/model/" .. encoded(id) .. "/invoke", value or body(), more)
end

local function refused(id, value)
  local status, answer, headers = invoke(id, value)
  return emulated.code_of(headers), answer.message, status
end

local capitals = { { "Norway", "Oslo" }, { "Italy", "Rome" }, { "Peru", "Lima" }, { "Kenya", "Nairobi" },
  { "Chad", "N'Djamena" } }

-- A tuned model, and a throughput of it; the throughput is in service when `wait` says so.
local function tune(wait)
  local lines = {}
  for i = 1, 40 do
    local pair = capitals[(i - 1) % #capitals + 1]
    lines[i] = json.encode { system = "JSON mode", messages = {
      { role = "user", content = ("Capital of %s, please (%d)"):format(pair[1], i) },
      { role = "assistant", content = json.encode { capital = pair[2] } } } }
  end
  lu.assertEquals((emulator:s3("PUT", "/bkt", "<CreateBucketConfiguration><LocationConstraint>us-west-2"
    .. "</LocationConstraint></CreateBucketConfiguration>")), 200)
  lu.assertEquals((emulator:s3("PUT", "/bkt/t.jsonl", table.concat(lines, "\n") .. "\n")), 200)
  lu.assertEquals((emulator:json("bedrock", "POST", "/model-customization-jobs", {
    jobName = "job", customModelName = "capitals", roleArn = "arn:aws:iam::123456789012:role/r",
    baseModelIdentifier = haiku .. ":200k", trainingDataConfig = { s3Uri = "s3://bkt/t.jsonl" },
    outputDataConfig = { s3Uri = "s3://bkt/out" } })), 201)
  task.sleep(8 * 3600)
  local status, value = emulator:json("bedrock", "POST", "/provisioned-model-throughput",
    { modelUnits = 1, provisionedModelName = "pt", modelId = "capitals" })
  lu.assertEquals(status, 201)
  if wait then task.sleep(1801) end
  return value.provisionedModelArn
end

TestInvoke = { setUp = function() emulator = emulated.new() end, tearDown = function() emulator:close() end }

function TestInvoke:test_a_base_model_answers_as_the_stand_in()
  local status, value, headers = invoke(haiku)
  lu.assertEquals(status, 200)
  lu.assertEquals({ value.type, value.role, value.stop_reason, value.model, #value.content, value.content[1].type },
    { "message", "assistant", "end_turn", "claude-3-haiku-20240307", 1, "text" })
  lu.assertStrContains(value.content[1].text, "rehearsal stand-in for Claude 3 Haiku")
  lu.assertEquals(value.stop_sequence, json.null)
  lu.assertStrMatches(value.id, "msg_bdrk_%w+")
  lu.assertEquals(headers["content-type"], "application/json")
  lu.assertEquals(headers["x-amzn-bedrock-input-token-count"], tostring(value.usage.input_tokens))
  lu.assertEquals(headers["x-amzn-bedrock-output-token-count"], tostring(value.usage.output_tokens))
  lu.assertNotNil(headers["x-amzn-bedrock-invocation-latency"])
  lu.assertNotNil(headers["x-amzn-requestid"])
end

function TestInvoke:test_a_tuned_model_answers_from_its_data()
  local arn = tune(true)
  local _, value = invoke(arn)
  lu.assertEquals(json.decode(value.content[1].text).capital, "Oslo")
  -- as the tutorial sends it: neither content type nor accept
  _, value = invoke(arn, body { messages = { { role = "user",
    content = { { type = "text", text = "and of Kenya?" } } } } },
    { headers = {} })
  lu.assertEquals(json.decode(value.content[1].text).capital, "Nairobi")
  _, value = invoke(arn, body { messages = { { role = "user", content = "Capital of Peru" },
    { role = "assistant", content = "{" } } })
  lu.assertEquals(json.decode("{" .. value.content[1].text).capital, "Lima")
end

function TestInvoke:test_limits_and_stop_sequences()
  local arn = tune(true)
  local _, value = invoke(arn, body { max_tokens = 2 })
  lu.assertEquals({ value.stop_reason, value.usage.output_tokens <= 2 }, { "max_tokens", true })
  _, value = invoke(arn, body { stop_sequences = { "Os" } })
  lu.assertEquals({ value.stop_reason, value.stop_sequence, value.content[1].text },
    { "stop_sequence", "Os", '{"capital":"' })
end

function TestInvoke:test_before_it_is_in_service()
  local arn = tune(false)
  local code, _, status = refused(arn)
  lu.assertEquals({ code, status }, { "ModelNotReadyException", 429 })
end

function TestInvoke:test_identifiers()
  local function expect(id, code, text)
    local got, message = refused(id)
    lu.assertEquals(got, code, id)
    lu.assertStrContains(message, text)
  end
  expect("anthropic.no-such-v1:0", "ValidationException", "The provided model identifier is invalid.")
  expect("anthropic.claude-haiku-4-5-20251001-v1:0", "ValidationException",
    "Invocation of model ID anthropic.claude-haiku-4-5-20251001-v1:0 with on-demand throughput isn't supported.")
  expect(haiku .. ":200k", "ValidationException", "with on-demand throughput isn't supported")
  expect("arn:aws:bedrock:us-east-1::foundation-model/" .. haiku, "ValidationException", "identifier is invalid")
  expect("arn:aws:bedrock:us-west-2:123456789012:provisioned-model/abcdefghijkl", "ResourceNotFoundException",
    "abcdefghijkl")
  expect("arn:aws:bedrock:us-west-2:123456789012:custom-model/" .. haiku .. ":200k/abcdefghijkl",
    "ValidationException", "")
  lu.assertEquals((invoke "us.anthropic.claude-haiku-4-5-20251001-v1:0"), 200)
  lu.assertEquals((invoke("arn:aws:bedrock:us-west-2::foundation-model/" .. haiku)), 200)
end

function TestInvoke:test_messages_bodies()
  local function user(content) return { messages = { { role = "user", content = content } } } end
  for _, case in ipairs {
    { { anthropic_version = json.null }, "anthropic_version: Field required" },
    { { anthropic_version = "2023-06-01" }, "anthropic_version" },
    { { max_tokens = json.null }, "max_tokens: Field required" },
    { { max_tokens = 0 }, "max_tokens" }, { { max_tokens = 4097 }, "max_tokens: 4097 > 4096" },
      { { max_tokens = "9" }, "max_tokens" },
    { { messages = json.null }, "messages: Field required" },
    { { messages = json.array {} }, "messages: at least one message is required" },
    { { messages = { { role = "assistant", content = "x" } } }, 'first message must use the "user" role' },
    { { messages = { { role = "user", content = "x" }, { role = "user", content = "y" } } },
      'roles must alternate between "user" and "assistant", but found multiple "user" roles in a row' },
    { { messages = { { role = "system", content = "x" } } }, 'Unexpected role "system"' },
    { { messages = { { role = "user" } } }, "messages.0.content: Field required" },
    { user "", "non-empty" }, { user(json.array {}), "non-empty" }, { user { { type = "text" } }, "Field required" },
    { user { { type = "video" } }, "does not match" }, { user { { type = "text", text = "" } }, "non-empty" },
    { { model = "claude" }, "model: Extra inputs are not permitted" }, { { stream = true }, "stream: Extra inputs" },
    { { temperature = 1.5 }, "temperature" }, { { stop_sequences = "x" }, "stop_sequences" },
      { { system = 5 }, "system" },
  } do
    local code, message = refused(haiku, body(case[1]))
    lu.assertEquals(code, "ValidationException", case[2])
    lu.assertStrContains(message, case[2])
  end
  local code, message = refused(haiku, '{"max_tokens": ')
  lu.assertEquals(code, "ValidationException")
  lu.assertStrContains(message, "Malformed input request")
  lu.assertEquals((invoke(haiku, body(), { headers = { { "content-type", "text/plain" } } })), 400)
end

local WEATHER = { name = "get_weather", description = "of a city", input_schema = { type = "object",
  properties = { city = { type = "string" }, days = { type = "integer", minimum = 1, maximum = 3 } },
  required = { "city" } } }

function TestInvoke:test_tools_of_a_messages_body()
  local question = { role = "user", content = "What is the weather in Oslo? Use get_weather." }
  local _, value = invoke(haiku, body { tools = { WEATHER }, messages = { question } })
  local use = value.content[1]
  lu.assertEquals({ value.stop_reason, #value.content, use.type, use.name, type(use.input.city) },
    { "tool_use", 1, "tool_use", "get_weather", "string" })
  lu.assertTrue(use.input.days >= 1 and use.input.days <= 3)
  lu.assertStrMatches(use.id, "toolu_bdrk_%w+")
  local said = { role = "assistant", content = { use } }
  for _, content in ipairs { "rain", { { type = "text", text = "rain" } } } do
    _, value = invoke(haiku, body { tools = { WEATHER }, messages = { question, said,
      { role = "user", content = { { type = "tool_result", tool_use_id = use.id, content = content } } } } })
    lu.assertEquals(value.stop_reason, "end_turn")
    lu.assertStrContains(value.content[1].text, 'The tools answered: "rain".')
  end
  local function choice(kind, text)
    _, value = invoke(haiku, body { tools = { WEATHER }, tool_choice = { type = kind, name = "get_weather" },
      messages = { { role = "user", content = text } } })
    return value.content[1].type
  end
  lu.assertEquals({ choice("auto", "hi"), choice("any", "hi"), choice("tool", "hi"), choice("none", "get_weather!") },
    { "text", "tool_use", "tool_use", "text" })
end

function TestInvoke:test_tools_of_a_messages_body_are_checked()
  local asked = { role = "user", content = "x" }
  local use = { type = "tool_use", id = "t1", name = "get_weather", input = {} }
  local function result(id) return { role = "user", content = { { type = "tool_result", tool_use_id = id } } } end
  for text, changes in pairs {
    ["tools: Input should be a valid list"] = { tools = "x" },
    ["tools.0.name: Field required"] = { tools = { { input_schema = {} } } },
    ["tools.0.input_schema: Field required"] = { tools = { { name = "x" } } },
    ["Tool names must be unique"] = { tools = { WEATHER, WEATHER } },
    ["only be specified while providing tools"] = { tool_choice = { type = "any" } },
    ["does not match any of the expected tags"] = { tools = { WEATHER }, tool_choice = { type = "all" } },
    ["Tool 'got' not found"] = { tools = { WEATHER }, tool_choice = { type = "tool", name = "got" } },
    ["messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1"] = {
      tools = { WEATHER }, messages = { asked, { role = "assistant", content = { use } }, asked } },
    ["messages.1: `tool_use` ids were found"] = { tools = { WEATHER },
      messages = { asked, { role = "assistant", content = { use } } } },
    ["messages.2: unexpected `tool_use_id` found in `tool_result` blocks: t2"] = { tools = { WEATHER },
      messages = { asked, { role = "assistant", content = { use } }, result "t2" } },
    ["messages.1.content.0.tool_use.name: Field required"] = { tools = { WEATHER },
      messages = { asked, { role = "assistant", content = { { type = "tool_use", id = "t1", input = {} } } } } },
    ["messages.0: unexpected `tool_use_id`"] = { tools = { WEATHER }, messages = { result "t1" } },
  } do
    local code, message = refused(haiku, body(changes))
    lu.assertEquals(code, "ValidationException", text)
    lu.assertStrContains(message, text)
  end
end

-- What is no schema is the model's to refuse: the stand-in does what it can.
function TestInvoke:test_schemas_of_tools_that_are_none()
  for i, property in ipairs { { type = "string", minLength = "x", maxLength = {} }, { type = "array", minItems = 1e9 },
      { type = "string", minLength = 1e12 }, { type = "integer", minimum = "x", multipleOf = "y" }, true,
      { type = "object", properties = "x", required = 5 }, { type = "object", properties = { 1 }, required = { 1 } },
      { type = 7 }, { ["$ref"] = "#/nowhere" },
      { ["$ref"] = "#/$defs/self" }, { type = "number", multipleOf = 0 }, { type = "integer", multipleOf = 1e-320,
      minimum = 1 }, { type = "number", minimum = -1e308, maximum = 1e308 } } do
    local status, value = invoke(haiku, body { max_tokens = 4096, tools = { { name = "t", input_schema = {
      type = "object", properties = { a = property }, ["$defs"] = { self = { anyOf = { { ["$ref"] = "#/$defs/self" } }
      } } } } }, tool_choice = { type = "any" } })
    lu.assertEquals({ i, status, value.content and value.content[1].type ~= nil }, { i, 200, true })
  end
end

-- The stand-in's input of a tool fits the tool's schema: numbers without a whole one between the bounds, too.
function TestInvoke:test_inputs_of_tools_fit_their_schemas()
  local schema = { type = "object", properties = {
    share = { type = "number", minimum = 0.1, maximum = 0.9 }, open = { type = "number", exclusiveMinimum = 0,
      exclusiveMaximum = 1 }, fives = { type = "integer", minimum = 7, maximum = 14, multipleOf = 5 },
    below = { type = "integer", exclusiveMaximum = -5 }, cents = { type = "number", minimum = 0.05, maximum = 0.09,
      multipleOf = 0.01 }, any = { type = "integer" }, above = { type = "integer", exclusiveMinimum = 3.5 } } }
  local judge = require("moonrock.schema").compile(schema)
  for i = 1, 20 do
    local _, value = invoke(haiku, body { tools = { { name = "fit", input_schema = schema } },
      tool_choice = { type = "any" }, messages = { { role = "user", content = "question " .. i } } })
    local fits, problems = judge(value.content[1].input)
    lu.assertTrue(fits, json.encode(problems or json.null))
  end
end

-- What is checked is what is on the wire, where a number is no text.
function TestInvoke:test_the_body_of_nova_has_the_types_of_converse()
  local nova = emulated.new { region = "us-east-1" }
  for _, name in ipairs { "t", 5, json.null } do
    local status, value = nova:json("bedrock-runtime", "POST", "/model/amazon.nova-lite-v1%3A0/invoke", {
      messages = { { role = "user", content = { { text = "call t" } } } }, toolConfig = { tools = { { toolSpec = {
        name = name, inputSchema = { json = { type = "object" } } } } } } })
    lu.assertEquals({ name, status }, { name, name == "t" and 200 or 400 })
    lu.assertTrue(name == "t" or value.message:find("Malformed input request", 1, true) ~= nil, value.message)
  end
  nova:close()
end

-- Our own clients do not send it.
function TestInvoke:test_an_asynchronous_call_without_a_place()
  local reel = emulated.new { region = "us-east-1" }
  local status, value = reel:json("bedrock-runtime", "POST", "/async-invoke", { modelId = "amazon.nova-reel-v1:1",
    modelInput = { taskType = "TEXT_VIDEO", textToVideoParams = { text = "x" }, videoGenerationConfig = {
      durationSeconds = 6, fps = 24, dimension = "1280x720" } }, outputDataConfig = json.object {} })
  lu.assertEquals(status, 400)
  lu.assertStrContains(value.message, "s3OutputDataConfig is missing")
  reel:close()
end

function TestInvoke:test_a_stream_that_there_is_not_costs_nothing()
  local titan = encoded "amazon.titan-embed-text-v2:0"
  local function bill()
    return select(3, emulator:s3("GET", "/_moonrock/bill", nil, nil, { sign = false })):find("titan", 1, true)
  end
  local status, value = emulator:json("bedrock-runtime", "POST", "/model/" .. titan .. "/invoke-with-response-stream",
    { inputText = "x" })
  lu.assertEquals({ status, value.message, bill() }, { 400, "The model is unsupported for streaming." })
  lu.assertEquals((emulator:json("bedrock-runtime", "POST", "/model/" .. titan .. "/invoke", { inputText = "x" })), 200)
  lu.assertNotNil(bill())
end

function TestInvoke:test_converse()
  local function converse(value) return emulator:json("bedrock-runtime", "POST", "/model/" .. encoded(haiku)
    .. "/converse", value) end
  local status, value = converse { messages = { { role = "user", content = { { text = "hi" } } } },
    system = { { text = "s" } } }
  lu.assertEquals({ status, value.stopReason, value.output.message.role }, { 200, "end_turn", "assistant" })
  lu.assertEquals(value.usage.totalTokens, value.usage.inputTokens + value.usage.outputTokens)
  local _
  _, value = converse { messages = { { role = "user", content = { { text = "hi" } } } },
    inferenceConfig = { maxTokens = 3 } }
  lu.assertEquals(value.stopReason, "max_tokens")
  _, value = converse { messages = { { role = "assistant", content = { { text = "hi" } } } } }
  lu.assertStrContains(value.message, "must start with a user message")
  local message = { role = "user", content = { { text = "hi" } } }
  _, value = converse { messages = { message, message } }
  lu.assertStrContains(value.message, "must alternate between user and assistant roles")
end

function TestInvoke:test_tokens_are_charged_for_base_models_only()
  invoke(haiku)
  local function lines()
    local _, _, text = emulator:bytes "GET /_moonrock/bill HTTP/1.1\r\nhost: h\r\n\r\n"
    local out = {}
    for _, line in ipairs(json.decode(text).lines) do out[line.kind] = line.quantity end
    return out
  end
  local before = lines()
  lu.assertTrue(before.input > 0 and before.output > 0)
  invoke(tune(true))
  lu.assertEquals({ lines().input, lines().output }, { before.input, before.output })
end

TestModel = {}

local function examples(n)
  local lines = {}
  for i = 1, n do
    lines[i] = json.encode { messages = { { role = "user", content = "question " .. i },
      { role = "assistant", content = ('{"number": %d, "square": %d}'):format(i, i * i) } } }
  end
  return (model.examples(table.concat(lines, "\n")))
end

local function fit(changes)
  local options = { epochs = 3, batch = 4, rate = 1.0, seed = 1 }
  for name, value in pairs(changes or {}) do options[name] = value end
  return model.fit(examples(50), options.validation, options)
end

function TestModel:test_one_row_a_step_and_losses_that_fall()
  local fitted = fit()
  lu.assertEquals(#fitted.rows, 3 * 13) -- ceil(50 / 4)
  for i, row in ipairs(fitted.rows) do lu.assertEquals({ row.step, row.epoch }, { i - 1, (i - 1) // 13 }) end
  local sums = { 0, 0, 0 }
  for _, row in ipairs(fitted.rows) do sums[row.epoch + 1] = sums[row.epoch + 1] + row.loss end
  lu.assertTrue(sums[1] > sums[2] and sums[2] > sums[3])
end

function TestModel:test_hyperparameters_matter_and_the_same_is_the_same()
  lu.assertEquals(fit().rows, fit().rows)
  lu.assertTrue(fit({ rate = 2.0 }).loss < fit({ rate = 0.1 }).loss)
  lu.assertTrue(fit({ epochs = 5 }).loss < fit({ epochs = 1 }).loss)
  lu.assertNotEquals(fit({ seed = 2 }).rows, fit().rows)
end

function TestModel:test_early_stopping()
  local fitted = fit { epochs = 10, validation = examples(5), threshold = 0.1, patience = 1 }
  lu.assertTrue(#fitted.rows < 130)
  lu.assertEquals(#fitted.validation, fitted.rows[#fitted.rows].epoch + 1)
end

function TestModel:test_answers_and_cuts()
  local answerer = model.answerer(examples(20))
  lu.assertEquals((answerer:answer("what about question 7 then", "")), '{"number": 7, "square": 49}')
  lu.assertEquals((answerer:answer("nothing known", "")), '{"number": 1, "square": 1}')
  local text = ("word "):rep(50)
  local cut, was_cut, tokens = model.cut(text, 10)
  lu.assertEquals({ was_cut, tokens, model.count(cut) }, { true, 10, 10 })
  lu.assertEquals({ model.cut("short", 10) }, { "short", false, 1 })
end

os.exit(lu.LuaUnit.run())
