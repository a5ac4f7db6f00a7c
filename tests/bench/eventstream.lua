-- SPDX-License-Identifier: MIT
-- eventstream.lua: frames and events a second, from bytes in pieces of 16 KiB to Lua tables.
-- Frames are of 243 bytes, as converse_stream sends them for a word or two.
-- Run: build/moonrock tests/bench/eventstream.lua [frames]

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

local function run(what, take)
  local decoder, count = eventstream.decoder(), 0
  local start = time.monotonic()
  repeat
    for _, piece in ipairs(pieces) do
      local messages, err = decoder:feed(piece)
      assert(not err, err)
      for i = 1, #messages do take(messages[i]) end
      count = count + #messages
    end
  until count >= total
  assert(decoder:finish())
  local seconds = time.monotonic() - start
  print(("%-22s %9.0f a second, %6.1f MB/s"):format(what, count / seconds, count * #frame / seconds / 1e6))
end

local encode_start = time.monotonic()
for _ = 1, total // 4 do eventstream.encode(message) end
print(("%-22s %9.0f a second"):format("frames written", total // 4 / (time.monotonic() - encode_start)))
run("frames read", function() end)
run("events read", function(m)
  local event = op:parse_event(m.headers[":event-type"], m.payload)
  assert(event.contentBlockDelta.delta.text)
end)
