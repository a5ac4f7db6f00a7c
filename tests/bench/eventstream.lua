-- SPDX-License-Identifier: MIT
-- eventstream.lua: frames and events a second, from bytes in pieces of 16 KiB to Lua tables.
-- Frames are of 243 bytes, as converse_stream sends them for a word or two.
-- Run: build/moonrock tests/bench/eventstream.lua [frames]

local events = require "moonrock.aws.events"
local eventstream = require "moonrock.eventstream"
local model = require "moonrock.model"
local time = require "moonrock.time"

local total = math.tointeger(tonumber(arg[1] or 400000))
local piece_size = 16384

local op = model.service "bedrock-runtime":operation "converse_stream"
local message = op:build_event { contentBlockDelta = { delta = { text = "" }, contentBlockIndex = 0 } }
local room = 243 - #eventstream.encode(message)
message = op:build_event { contentBlockDelta = { delta = { text = ("word "):rep(room):sub(1, room) },
  contentBlockIndex = 0 } }
local frame = eventstream.encode(message)
assert(#frame == 243)

local block = frame:rep(2000)
local pieces = {}
for at = 1, #block, piece_size do pieces[#pieces + 1] = block:sub(at, at + piece_size - 1) end

-- The best of several rounds, in CPU time, since others use the machine.
local function run(what, read, take)
  local best = math.huge
  for _ = 1, 5 do
    local decoder, count = eventstream.decoder(), 0
    collectgarbage()
    local start = os.clock()
    repeat
      for _, piece in ipairs(pieces) do
        local list = read(decoder, piece)
        for i = 1, #list do take(list[i]) end
        count = count + #list
      end
    until count >= total / 5
    assert(decoder:finish())
    best = math.min(best, (os.clock() - start) / count)
  end
  print(("%-22s %9.0f a second, %6.1f MB/s"):format(what, 1 / best, #frame / best / 1e6))
end

local encode_start = time.monotonic()
for _ = 1, total // 4 do eventstream.encode(message) end
print(("%-22s %9.0f a second"):format("frames written", total // 4 / (time.monotonic() - encode_start)))
run("frames read", function(decoder, piece)
  local messages, err = decoder:feed(piece)
  return err and error(err) or messages
end, function() end)
run("events read", function(decoder, piece)
  local list, other, err = op:read_events(decoder, piece)
  return (other or err) and error(err or "no event") or list
end, function(event)
  assert(event.contentBlockDelta.delta.text)
end)

-- The whole way: the stream of a client's reply, body and all.
local function client_stream()
  local at, whole = 0, {}
  local last = eventstream.encode(op:build_event { metadata = { usage = { inputTokens = 1, outputTokens = 1,
    totalTokens = 2 }, metrics = { latencyMs = 1 } } })
  for round = 1, 1 + total // 5 // 2000 do
    for i, piece in ipairs(pieces) do whole[(round - 1) * #pieces + i] = piece end
  end
  whole[#whole + 1] = last
  local body = { chunks = function() return function() at = at + 1 return whole[at] end end, close = function() end }
  local result = events.attach({ name = "bedrock-runtime" }, op, {}, { body = body }, function() end)
  return result:events()
end
local best = math.huge
for _ = 1, 5 do
  local count, next_event = 0, client_stream()
  collectgarbage()
  local start = os.clock()
  for event in next_event do
    assert(event.contentBlockDelta or event.metadata)
    count = count + 1
  end
  best = math.min(best, (os.clock() - start) / count)
end
print(("%-22s %9.0f a second, %6.1f MB/s"):format("stream:events()", 1 / best, #frame / best / 1e6))
