-- SPDX-License-Identifier: MIT
-- moonrock.eventstream from a script: known frames, splits, damage, types, misuse; and the
-- events of the models there and back.

local lu = require "luaunit"
local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local eventstream = require "moonrock.eventstream"
local model = require "moonrock.model"

local function unhex(text)
  return assert(crypto.hex_decode((text:gsub("%s", ""))))
end

local chunk = unhex [[
  000000870000004b87ea2bf30b3a6576656e742d747970650700056368756e6b0d3a636f6e74656e742d7479706507001061
  70706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b226279746573223a2265794a
  306558426c496a6f696257567a6332466e5a56397a64473977496e303d227dba48ab22]]
local empty = unhex "000000100000000005c248eb7d98c8ff"

-- Everything that the pieces give.
local function read(...)
  local decoder, all = eventstream.decoder(), {}
  for _, piece in ipairs { ... } do
    local messages, err = decoder:feed(piece)
    lu.assertNil(err)
    for _, message in ipairs(messages) do all[#all + 1] = message end
  end
  return all, decoder:finish()
end

TestFrames = {}

function TestFrames.test_a_known_frame_is_read_and_written()
  local messages, whole = read(chunk)
  lu.assertEquals(messages, { {
    headers = { [":event-type"] = "chunk", [":content-type"] = "application/json", [":message-type"] = "event" },
    payload = '{"bytes":"eyJ0eXBlIjoibWVzc2FnZV9zdG9wIn0="}',
  } })
  lu.assertTrue(whole)
  lu.assertEquals(eventstream.encode { payload = messages[1].payload, headers = {
    { ":event-type", "chunk" }, { ":content-type", "application/json" }, { ":message-type", "event" } } }, chunk)
  lu.assertEquals(eventstream.encode {}, empty)
  lu.assertEquals(read(empty), { { headers = {}, payload = "" } })
end

function TestFrames.test_splits_do_not_matter()
  local all = chunk .. empty .. chunk
  local whole = read(all)
  lu.assertEquals(#whole, 3)
  for at = 0, #all do
    lu.assertEquals(read(all:sub(1, at), all:sub(at + 1)), whole)
  end
  local bytes = {}
  for at = 1, #all do bytes[at] = all:sub(at, at) end
  lu.assertEquals(read(table.unpack(bytes)), whole)
end

function TestFrames.test_damage_is_told_after_what_was_whole()
  local decoder = eventstream.decoder()
  local damaged = chunk:sub(1, 100) .. "X" .. chunk:sub(102)
  local messages, err = decoder:feed(chunk .. damaged .. chunk)
  lu.assertEquals(#messages, 1)
  lu.assertTrue(errors.is(err, "EventStreamCorrupt"))
  lu.assertEquals(err.check, "message_crc")
  lu.assertEquals(err.offset, 135 + 131)
  lu.assertStrContains(err.message, "frame 2 begins at 135")
  messages, err = decoder:feed(chunk)
  lu.assertEquals(messages, {})
  lu.assertTrue(errors.is(err, "EventStreamCorrupt"))
  local ok, again = decoder:finish()
  lu.assertNil(ok)
  lu.assertEquals(again.check, "message_crc")
  lu.assertEquals(tostring(decoder), "event-stream decoder (failed)")
end

function TestFrames.test_an_end_inside_a_frame_is_told()
  for at = 1, #chunk - 1 do
    local decoder = eventstream.decoder()
    lu.assertEquals(decoder:feed(chunk:sub(1, at)), {})
    local ok, err = decoder:finish()
    lu.assertNil(ok)
    lu.assertEquals({ err.code, err.check, err.offset }, { "IncompleteStream", "end", at })
  end
end

function TestFrames.test_types_go_both_ways()
  local given = {
    headers = { yes = true, no = false, text = "ä", small = -5, large = 1 << 40, byte = -128, short = 300,
      bytes = "\0\255", time = 1700000000000, id = ("0123456789abcdef") },
    types = { byte = "byte", short = "short", bytes = "bytes", time = "timestamp", id = "uuid" },
    payload = "x",
  }
  local frame = eventstream.encode(given)
  local message = read(frame)[1]
  lu.assertEquals(message.headers, given.headers)
  lu.assertEquals(message.types, { yes = "true", no = "false", small = "integer", large = "long", byte = "byte",
    short = "short", bytes = "bytes", time = "timestamp", id = "uuid" })
  lu.assertEquals(eventstream.encode(message), frame)
end

function TestFrames.test_misuse_raises()
  local function refused(words, message)
    local ok, err = pcall(eventstream.encode, message)
    lu.assertFalse(ok)
    lu.assertStrContains(tostring(err), words)
  end
  refused("comes twice", { headers = { { "a", "x" }, { "a", "y" } } })
  refused("does not fit", { headers = { a = 300 }, types = { a = "byte" } })
  refused("does not fit", { headers = { a = "\255" } })
  refused("does not fit", { headers = { [("n"):rep(256)] = "x" } })
  refused("is a table", { headers = { a = {} } })
  refused("is a number", { headers = { a = 1.5 } })
  refused("unknown type", { headers = { a = 1 }, types = { a = "word" } })
  refused("the type it is said to have", { headers = { a = "x" }, types = { a = "long" } })
  refused("payload must be", { payload = {} })
  refused("headers must be", { headers = "x" })
  refused("list of {name, value}", { headers = { "x" } })
  refused("24 MiB", { payload = ("x"):rep(24 * 1024 * 1024 + 1) })
  lu.assertErrorMsgContains("bad argument", eventstream.decoder().feed, eventstream.decoder(), {})
end

TestEvents = {}

local stream = model.service "bedrock-runtime":operation "converse_stream"
local invoke = model.service "bedrock-runtime":operation "invoke_model_with_response_stream"

function TestEvents.test_many_headers_by_name()
  local headers, types, started = {}, {}, os.clock()
  for i = 1, 12000 do headers["h" .. i], types["h" .. i] = i % 100, "byte" end
  local list = eventstream.decoder():feed(eventstream.encode { headers = headers, types = types })
  lu.assertEquals(list[1].headers, headers)
  for i = 1, 20000 do headers["more" .. i] = "x" end
  lu.assertErrorMsgContains("128 KiB", eventstream.encode, { headers = headers })
  local endless = setmetatable({ { "a", "b" } }, { __index = function(_, i) return { "h" .. i, "v" } end })
  lu.assertErrorMsgContains("128 KiB", eventstream.encode, { headers = endless })
  lu.assertTrue(os.clock() - started < 2)
  lu.assertEquals(eventstream.encode { headers = { b = "1", B = "2", ["b\u{e9}"] = "3", a = "4" } },
    eventstream.encode { headers = { { "B", "2" }, { "a", "4" }, { "b", "1" }, { "b\u{e9}", "3" } } })
end

function TestEvents.test_events_go_both_ways()
  for _, event in ipairs {
    { messageStart = { role = "assistant" } },
    { contentBlockStart = { start = { toolUse = { toolUseId = "t", name = "n" } }, contentBlockIndex = 1 } },
    { contentBlockDelta = { delta = { text = "ö" }, contentBlockIndex = 0 } },
    { contentBlockDelta = { delta = { reasoningContent = { redactedContent = "\0\1\255" } }, contentBlockIndex = 0 } },
    { contentBlockStop = { contentBlockIndex = 0 } },
    { messageStop = { stopReason = "end_turn", additionalModelResponseFields = { a = { 1, 2 } } } },
    { metadata = { usage = { inputTokens = 1, outputTokens = 2, totalTokens = 3 }, metrics = { latencyMs = 4 } } },
  } do
    local message = stream:build_event(event)
    lu.assertEquals(message.headers[1], { ":event-type", (next(event)) })
    lu.assertEquals(stream:parse_event((next(event)), message.payload), event)
    lu.assertEquals({ stream:read_events(eventstream.decoder(), eventstream.encode(message)) }, { { event } })
  end
  local message = invoke:build_event { chunk = { bytes = "\0raw" } }
  lu.assertEquals(message.payload, '{"bytes":"AHJhdw=="}')
  lu.assertEquals(invoke:parse_event("chunk", message.payload), { chunk = { bytes = "\0raw" } })
end

function TestEvents.test_exceptions_say_what_they_are()
  local message = stream:build_event { throttlingException = { message = "slowly" } }
  lu.assertEquals(message.headers[1], { ":exception-type", "throttlingException" })
  lu.assertEquals(message.headers[3], { ":message-type", "exception" })
  local event, exception = stream:parse_event("throttlingException", message.payload)
  lu.assertEquals(event, { throttlingException = { message = "slowly" } })
  lu.assertEquals(exception, { code = "ThrottlingException", status = 429, retryable = false })
end

function TestEvents.test_what_is_unknown_or_malformed()
  lu.assertNil((stream:parse_event("chunk", "{}")))
  lu.assertNil((select(2, stream:parse_event("chunk", "{}"))))
  lu.assertEquals(stream:parse_event("messageStart", ""), { messageStart = {} })
  lu.assertEquals(stream:parse_event("messageStart", '{"role":"assistant","later":[1]}'),
    { messageStart = { role = "assistant" } })
  local event, err = stream:parse_event("messageStart", '{"role":')
  lu.assertNil(event)
  lu.assertTrue(errors.is(err, "InvalidReply"))
  lu.assertStrContains(err.message, "event messageStart cannot be read")
  lu.assertErrorMsgContains("one key", stream.build_event, stream, { messageStart = {}, messageStop = {} })
  lu.assertErrorMsgContains("no event 'nothing'", stream.build_event, stream, { nothing = {} })
  local converse = model.service "bedrock-runtime":operation "converse"
  lu.assertErrorMsgContains("does not answer with a stream", converse.parse_event, converse, "messageStart", "{}")
end

local function framed(kind, name, payload)
  local headers = { { ":message-type", kind }, { ":" .. kind .. "-type", name } }
  return eventstream.encode { headers = headers, payload = payload }
end

-- Events come until the first message that is none, wherever the bytes are cut.
function TestEvents.test_events_are_read_until_something_else_comes()
  local a = framed("event", "messageStart", '{"role":"user"}')
  local b = framed("event", "contentBlockStop", '{"contentBlockIndex":7}')
  local good = { { messageStart = { role = "user" } }, { contentBlockStop = { contentBlockIndex = 7 } } }
  local bad = {
    exception = framed("exception", "throttlingException", '{"message":"m"}'),
    error = framed("error", "x", ""),
    malformed = framed("event", "messageStart", '{"role":'),
    kindless = eventstream.encode { headers = { { ":event-type", "messageStart" } }, payload = "{}" },
    nameless = eventstream.encode { headers = { { ":message-type", "event" } }, payload = "{}" },
    bytes = eventstream.encode {
      headers = { { ":message-type", "event", "bytes" }, { ":event-type", "messageStart" } },
    },
  }
  local later = framed("event", "inventedLater", "no JSON") .. framed("event", "", "{}")
  for name, message in pairs(bad) do
    for _, size in ipairs { 1, 7, 100, 10000 } do
      local decoder, bytes, events, other = eventstream.decoder(), a .. later .. b .. message .. a, {}, nil
      for at = 1, #bytes, size do
        local list, found, err = stream:read_events(decoder, bytes:sub(at, at + size - 1))
        lu.assertNil(err)
        table.move(list, 1, #list, #events + 1, events)
        other = found
        if other then break end
      end
      lu.assertEquals(events, good, name)
      lu.assertEquals(eventstream.encode(other), eventstream.encode(eventstream.decoder():feed(message)[1]), name)
    end
  end
  local decoder = eventstream.decoder()
  lu.assertEquals((stream:read_events(decoder, a .. b .. bad.error .. a)), good)
  lu.assertErrorMsgContains("interrupted", stream.read_events, stream, decoder, a)
end

function TestEvents.test_a_fault_comes_after_the_events_before_it()
  local a = framed("event", "messageStart", '{"role":"user"}')
  local list, other, err = stream:read_events(eventstream.decoder(), a .. a:sub(1, -2) .. "?")
  lu.assertEquals({ list, other }, { { { messageStart = { role = "user" } } } })
  lu.assertTrue(errors.is(err, "EventStreamCorrupt"))
  lu.assertErrorMsgContains("bad argument #2", stream.read_events, stream, {}, a)
  lu.assertErrorMsgContains("string expected", stream.read_events, stream, eventstream.decoder(), nil)
end

os.exit(lu.LuaUnit.run())
