-- SPDX-License-Identifier: MIT
-- Streams of a client against scripted bytes: events as boto3 gives them, every way in which a
-- stream can fail, loops that are left, and what the helpers make of an answer.

local lu = require "luaunit"
local moonrock = require "moonrock"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local runtime_module = require "moonrock.runtime"
local time = require "moonrock.time"
local fake = require "fake_transport"
local fake_stream = require "fake_stream"

time.make_virtual { epoch = 1767225600, seed = 1 }

local event, frame = fake_stream.event, fake_stream.frame

local function open(pieces, options)
  local client, transport = fake_stream.client(pieces, options)
  return client:converse_stream {
    modelId = "some.model", messages = { { role = "user", content = { { text = "Hi" } } } },
  }, transport
end

local function open_invoke(pieces)
  local client, transport = fake_stream.client(pieces)
  return client:invoke_model_with_response_stream { modelId = "some.model", body = { prompt = "Hi" } }, transport
end

local function all(reply)
  local list = {}
  for one in reply:events() do list[#list + 1] = one end
  return list
end

-- The error that reading these pieces ends with, and the events before it.
local function failing(pieces, words, opener)
  local reply, transport = (opener or open)(pieces)
  local seen = {}
  local err = fake.raised(words, function()
    for one in reply:events() do seen[#seen + 1] = one end
  end)
  lu.assertEquals(transport.closed, 1, words)
  local again = fake.raised(words, all, reply) -- what has failed stays failed
  lu.assertEquals(again.code, err.code)
  return err, seen, transport
end

TestEvents = {}

function TestEvents.test_events_are_tables_of_one_key()
  local reply, transport = open(fake_stream.answer("Hel", "lo"))
  lu.assertEquals(all(reply), {
    { messageStart = { role = "assistant" } },
    { contentBlockDelta = { delta = { text = "Hel" }, contentBlockIndex = 0 } },
    { contentBlockDelta = { delta = { text = "lo" }, contentBlockIndex = 0 } },
    { contentBlockStop = { contentBlockIndex = 0 } },
    { messageStop = { stopReason = "end_turn" } },
    { metadata = { usage = { inputTokens = 3, outputTokens = 2, totalTokens = 5 }, metrics = { latencyMs = 12 } } },
  })
  lu.assertEquals(transport.closed, 1)
  lu.assertEquals(all(reply), {}) -- read is read
  lu.assertEquals(tostring(reply.stream), "stream of events (read)")
  lu.assertEquals(reply.ResponseMetadata.HTTPStatusCode, 200)
  lu.assertEquals(reply.ResponseMetadata.RequestId, "req-9")
end

function TestEvents.test_the_member_has_the_events_too()
  lu.assertEquals(#all(open(fake_stream.answer("x")).stream), 5)
  local reply = open_invoke { fake_stream.chunk '{"type":"message_stop"}' }
  lu.assertEquals(all(reply.body), { { chunk = { bytes = '{"type":"message_stop"}' } } })
end

function TestEvents.test_any_split_of_the_bytes()
  local bytes = table.concat(fake_stream.answer("a", "b"))
  local whole = all(open { bytes })
  for step = 1, 120, 7 do
    local pieces = {}
    for at = 1, #bytes, step do pieces[#pieces + 1] = bytes:sub(at, at + step - 1) end
    lu.assertEquals(all(open(pieces)), whole)
  end
end

function TestEvents.test_an_event_is_given_before_the_next_bytes_are_asked_for()
  local reply, transport = open(fake_stream.answer("a", "b"))
  local next_event, _, _, stream = reply:events()
  lu.assertEquals(next_event(), { messageStart = { role = "assistant" } })
  lu.assertEquals(transport.read, 1)
  next_event()
  lu.assertEquals(transport.read, 2)
  stream:close()
end

function TestEvents.test_unknown_events_are_skipped()
  local pieces = fake_stream.answer("a")
  table.insert(pieces, 2, frame({ { ":event-type", "somethingNew" }, { ":message-type", "event" } }, "\1\2 no JSON"))
  table.insert(pieces, 1, frame({ { ":event-type", "initial-response" }, { ":message-type", "event" } }, "{}"))
  lu.assertEquals(#all(open(pieces)), 5)
end

function TestEvents.test_a_failure_before_the_stream_is_tried_again()
  local calls = 0
  local client = fake.client("bedrock-runtime", function()
    calls = calls + 1
    if calls == 1 then return fake.fault("ThrottlingException", 429) end
    return { headers = { ["content-type"] = "application/vnd.amazon.eventstream" },
      body = table.concat(fake_stream.answer("x")) }
  end)
  local reply = client:converse_stream { modelId = "m.m", messages = {} }
  lu.assertEquals(calls, 2)
  lu.assertEquals(#all(reply), 5)
end

TestLeaving = {}

function TestLeaving.test_leaving_the_loop_drops_the_connection()
  local reply, transport = open(fake_stream.answer("a", "b"))
  for one in reply:events() do
    if one.contentBlockDelta then break end
  end
  lu.assertEquals(transport.closed, 1)
  lu.assertEquals(transport.read, 2)
  local err = fake.raised("closed before it was read to its end", all, reply)
  lu.assertEquals(err.code, "StreamClosed")
  lu.assertEquals(tostring(reply.stream), "stream of events (closed)")
end

function TestLeaving.test_an_error_in_the_loop_drops_the_connection()
  local reply, transport = open(fake_stream.answer("a"))
  lu.assertErrorMsgContains("mine", function()
    for _ in reply:events() do error "mine" end
  end)
  lu.assertEquals(transport.closed, 1)
end

function TestLeaving.test_a_timeout_drops_the_connection()
  local pieces = fake_stream.answer("a")
  pieces[3] = function() moonrock.sleep(3600) end
  local reply, transport = open(pieces)
  local seen = 0
  local err = fake.raised("", moonrock.timeout, 5, function()
    for _ in reply:events() do seen = seen + 1 end
  end)
  lu.assertStrContains(err.code, "Time")
  lu.assertEquals(seen, 2)
  lu.assertEquals(transport.closed, 1)
end

function TestLeaving.test_close_by_hand()
  local reply, transport = open(fake_stream.answer("a"))
  do
    local stream <close> = reply.stream
    lu.assertEquals(tostring(stream), "stream of events (open)")
  end
  lu.assertEquals(transport.closed, 1)
  reply.stream:close()
  lu.assertEquals(transport.closed, 1)
end

TestFailures = {}

local function after_two(...)
  local pieces = fake_stream.answer("a")
  return { pieces[1], pieces[2], ... }
end

function TestFailures.test_throttling_in_the_middle()
  local err, seen, transport = failing(after_two(event { throttlingException = { message = "Too many tokens" } }),
    "ThrottlingException: Too many tokens")
  lu.assertEquals({ err.code, err.message, err.status, err.retryable },
    { "ThrottlingException", "Too many tokens", 429, true })
  lu.assertEquals({ err.service, err.operation, err.request_id }, { "bedrock-runtime", "converse_stream", "req-9" })
  lu.assertEquals(#seen, 2)
  lu.assertEquals(#transport.requests, 1) -- what has been given out is not asked for again
end

function TestFailures.test_the_other_exceptions()
  for name, want in pairs {
    internalServerException = { "InternalServerException", true },
    serviceUnavailableException = { "ServiceUnavailableException", true },
    validationException = { "ValidationException", false },
    modelStreamErrorException = { "ModelStreamErrorException", true },
  } do
    local err = failing(after_two(event { [name] = { message = "why" } }), "why")
    lu.assertEquals({ err.code, err.retryable }, want)
  end
  local err = failing({ frame({ { ":exception-type", "modelStreamErrorException" }, { ":message-type", "exception" } },
    '{"message":"m","originalStatusCode":500,"originalMessage":"o"}') }, "m")
  lu.assertEquals(err.fields.originalStatusCode, 500)
end

function TestFailures.test_an_exception_that_no_model_knows()
  local headers = { { ":exception-type", "brandNewException" }, { ":message-type", "exception" } }
  local err = failing({ frame(headers, '{"Message":"new"}') }, "BrandNewException: new")
  lu.assertEquals(err.code, "BrandNewException")
  lu.assertFalse(err.retryable)
  failing({ frame(headers, "no JSON") }, "BrandNewException: the stream was ended")
end

function TestFailures.test_an_error_frame()
  local err = failing(after_two(frame { { ":error-code", "InternalFailure" }, { ":error-message", "it broke" },
    { ":message-type", "error" } }), "InternalFailure: it broke")
  lu.assertEquals({ err.code, err.retryable }, { "InternalFailure", true })
  failing({ frame { { ":message-type", "error" } } }, "UnknownError: the service ended the stream")
end

function TestFailures.test_a_stream_that_ends_early_is_never_complete()
  local whole = fake_stream.answer("a", "b")
  for n = 0, #whole - 1 do
    local err, seen = failing({ table.unpack(whole, 1, n) }, "the stream ended before its last event (metadata)")
    lu.assertEquals({ err.code, err.retryable }, { "IncompleteStream", true })
    lu.assertStrContains(err.hint, "no whole answer")
    lu.assertEquals(#seen, n)
  end
end

function TestFailures.test_a_stream_that_ends_inside_a_frame()
  local bytes = table.concat(fake_stream.answer("a"))
  for at = #bytes - 1, #bytes - 300, -23 do
    local err = failing({ bytes:sub(1, at) }, "the stream ended before")
    lu.assertEquals(err.code, "IncompleteStream")
  end
  failing({ bytes .. bytes:sub(1, 30) }, "the stream ends inside a frame") -- also behind the last event
end

function TestFailures.test_a_connection_that_breaks()
  local err = failing(after_two { code = "ConnectionError", message = "reset by peer", retryable = true },
    "the stream ended before its last event (metadata): reset by peer")
  lu.assertEquals(err.code, "IncompleteStream")
  lu.assertTrue(errors.is(err.cause, "ConnectionError"))
end

function TestFailures.test_damaged_bytes()
  local pieces = fake_stream.answer("abc")
  pieces[3] = pieces[3]:sub(1, 30) .. "?" .. pieces[3]:sub(32)
  local err, seen = failing({ table.concat(pieces) }, "EventStreamCorrupt: the checksum of the frame does not fit")
  lu.assertTrue(err.retryable)
  lu.assertEquals(#seen, 2) -- those before the damage were whole
end

function TestFailures.test_messages_that_make_no_sense()
  failing({ frame { { ":message-type", "greeting" } } }, "no known type (greeting, nil)")
  failing({ frame {} }, "no known type (nil, nil)")
  -- the client's cases of the protocol's own suite: a type that is missing, or bytes and no text
  local kind, name = { ":message-type", "event" }, { ":event-type", "messageStop" }
  failing({ frame({ name }, "{}") }, "no known type (nil, messageStop)")
  failing({ frame({ kind }, "{}") }, "no known type (event, nil)")
  failing({ frame({ { ":message-type", "event", "bytes" }, name }, "{}") }, "no known type (nil, messageStop)")
  failing({ frame({ kind, { ":event-type", "messageStop", "bytes" } }, "{}") }, "no known type (event, nil)")
  failing({ frame({ { ":event-type", "messageStop" }, { ":message-type", "event" } }, "{") },
    "event messageStop cannot be read")
end

function TestFailures.test_an_answer_that_is_no_stream()
  local err = fake.raised("no stream of events but text/html", open, { "<html>" }, { content_type = "text/html" })
  lu.assertEquals(err.code, "InvalidReply")
end

local function closing(last)
  return open_invoke { fake_stream.chunk '{"type":"content_block_delta"}', fake_stream.chunk(last) }
end

function TestFailures.test_the_last_chunk_of_each_family()
  for _, last in ipairs {
    '{"type":"message_stop"}', '{"x":1,"amazon-bedrock-invocationMetrics":{"inputTokenCount":1}}',
    '{"outputText":"","completionReason":"FINISH"}', '{"generation":"","stop_reason":"stop"}',
    '{"outputs":[{"text":"","stop_reason":"stop"}]}', '{"is_finished":true}',
  } do
    lu.assertEquals(#all(closing(last)), 2, last)
  end
  for _, last in ipairs {
    '{"type":"message_delta"}', '{"outputText":"x","completionReason":null}', "no JSON", "[1]",
    '{"type":"content_block_delta","delta":{"text":"\\"type\\":\\"message_stop\\""}}',
  } do
    fake.raised("the stream ended before its last event (the model's closing chunk)", all, closing(last))
  end
  local err = fake.raised("overloaded_error: Overloaded", all,
    closing '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}')
  lu.assertTrue(err.retryable)
end

TestHelpers = {}

function TestHelpers.test_text_and_pieces()
  lu.assertEquals(runtime_module.text(open(fake_stream.answer("Hel", "", "lo"))), "Hello")
  local pieces = {}
  for piece in runtime_module.texts(open(fake_stream.answer("Hel", "", "lo"))) do pieces[#pieces + 1] = piece end
  lu.assertEquals(pieces, { "Hel", "lo" })
  local reply, transport = open(fake_stream.answer("Hel", "lo"))
  for piece in runtime_module.texts(reply) do
    if piece == "Hel" then break end
  end
  lu.assertEquals(transport.closed, 1)
  fake.raised("the stream ended before", runtime_module.text, (open { fake_stream.answer("x")[1] }))
  lu.assertErrorMsgContains("bad argument #1", runtime_module.collect, {})
end

function TestHelpers.test_collect_gives_usage_and_reason()
  local heard = {}
  local reply = open(fake_stream.answer("Hel", "lo"))
  local answer = runtime_module.collect(reply, function(text) heard[#heard + 1] = text end)
  lu.assertEquals(heard, { "Hel", "lo" })
  lu.assertEquals(answer, {
    text = "Hello", message = { role = "assistant", content = { { text = "Hello" } } }, stop_reason = "end_turn",
    usage = { inputTokens = 3, outputTokens = 2, totalTokens = 5 }, metrics = { latencyMs = 12 },
  })
end

function TestHelpers.test_an_answer_of_25_megabytes()
  local part, parts, started = ("x"):rep(10000), {}, os.clock()
  for i = 1, 2500 do parts[i] = part end
  local answer = runtime_module.collect((open(fake_stream.answer(table.unpack(parts)))))
  lu.assertTrue(answer.text == part:rep(2500))
  local message = { role = "assistant", content = { { text = answer.text } } }
  local runtime = fake.client("bedrock-runtime", { { body = json.encode { output = { message = message },
    stopReason = "end_turn", usage = { inputTokens = 1, outputTokens = 2, totalTokens = 3 },
    metrics = { latencyMs = 1 } } } })
  lu.assertTrue(runtime:text(runtime:converse { modelId = "some.model",
    messages = { { role = "user", content = { { text = "Hi" } } } } }) == answer.text)
  lu.assertTrue(os.clock() - started < 10)
end

function TestHelpers.test_collect_puts_tool_calls_together()
  local function delta(index, what) return event { contentBlockDelta = { delta = what, contentBlockIndex = index } } end
  local function use(index, id)
    return event { contentBlockStart = { start = { toolUse = { toolUseId = id, name = "weather" } },
      contentBlockIndex = index } }
  end
  local whole = fake_stream.answer()
  local reply = open {
    whole[1], delta(0, { reasoningContent = { text = "Hm" } }), delta(0, { reasoningContent = { signature = "s" } }),
    delta(1, { text = "Look" }), use(2, "t1"), delta(2, { toolUse = { input = '{"city":"Ber' } }),
    use(3, "t2"), delta(2, { toolUse = { input = 'n"}' } }), table.unpack(whole, 2),
  }
  local answer = runtime_module.collect(reply)
  lu.assertEquals(answer.text, "Look")
  lu.assertEquals(answer.message.content, {
    { reasoningContent = { reasoningText = { text = "Hm", signature = "s" } } },
    { text = "Look" },
    { toolUse = { toolUseId = "t1", name = "weather", input = { city = "Bern" } } },
    { toolUse = { toolUseId = "t2", name = "weather", input = {} } },
  })
  lu.assertStrContains(json.encode(answer.message), '"input":{}')
end

function TestHelpers.test_collect_reads_the_families_of_invoke()
  local function collect(...)
    local pieces = {}
    for i, text in ipairs { ... } do pieces[i] = fake_stream.chunk(text) end
    local reply = open_invoke(pieces)
    return runtime_module.collect(reply)
  end
  local answer = collect('{"type":"message_start","message":{"role":"assistant","usage":{"input_tokens":7}}}',
    '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}', '{"type":"ping"}',
    '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}',
    '{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}',
    '{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"a\\":1}"}}',
    '{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":4}}',
    '{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":7,"outputTokenCount":4,'
      .. '"invocationLatency":9,"firstByteLatency":3}}')
  lu.assertEquals(answer.text, "Hi")
  lu.assertEquals(answer.stop_reason, "tool_use")
  lu.assertEquals(answer.usage, { inputTokens = 7, outputTokens = 4, totalTokens = 11 })
  lu.assertEquals(answer.message.content[2], { toolUse = { toolUseId = "t", name = "n", input = { a = 1 } } })
  lu.assertEquals(answer.metrics, { latencyMs = 9, firstByteMs = 3 })
  for _, family in ipairs {
    { '{"outputText":"a"}', '{"outputText":"b","completionReason":"FINISH"}', "FINISH" },
    { '{"generation":"a","stop_reason":null}', '{"generation":"b","stop_reason":"stop"}', "stop" },
    { '{"outputs":[{"text":"a"}]}', '{"outputs":[{"text":"b","stop_reason":"length"}]}', "length" },
  } do
    answer = collect(family[1], family[2])
    lu.assertEquals({ answer.text, answer.stop_reason }, { "ab", family[3] })
  end
  fake.raised("no JSON object", collect, "not at all")
end

os.exit(lu.LuaUnit.run())
