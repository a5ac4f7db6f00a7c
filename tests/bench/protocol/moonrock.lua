-- SPDX-License-Identifier: MIT
-- moonrock.lua: signatures, requests built, frames and events a second through Lua, in CPU time.
-- Prints one line a row, as protocol.sh wants it: row, tab, who, tab, rate.

local events = require "moonrock.aws.events"
local eventstream = require "moonrock.eventstream"
local model = require "moonrock.model"
local secret = require "moonrock.secret"
local sigv4 = require "moonrock.sigv4"

local function row(what, count, work, each)
  work()
  collectgarbage()
  local start = os.clock()
  for _ = 1, count do work() end
  print(("%s\tmoonrock Lua\t%.0f"):format(what, count * (each or 1) / (os.clock() - start)))
end

local options = {
  credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = secret.of(("k"):rep(40)) },
  region = "us-east-1", service = "bedrock", time = 1767323045,
}
local body = ("x"):rep(1024)
row("signatures, 1 KiB", 40000, function()
  sigv4.sign({
    method = "POST", scheme = "https", host = "bedrock-runtime.us-east-1.amazonaws.com",
    path = "/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke", body = body,
    headers = { { "content-type", "application/json" }, { "accept", "application/json" } },
  }, options)
end)

local converse = model.service "bedrock-runtime":operation "converse"
local params = {
  modelId = "anthropic.claude-3-haiku-20240307-v1:0",
  messages = { { role = "user", content = { { text = ("word "):rep(200) } } } },
  inferenceConfig = { maxTokens = 200, temperature = 0.5 },
}
row("converse built", 40000, function() converse:build(params) end)
row("converse checked, built", 40000, function() assert(converse:request(params)) end)

local op = model.service "bedrock-runtime":operation "converse_stream"
local function delta(length)
  return eventstream.encode(op:build_event { contentBlockDelta = {
    delta = { text = ("w"):rep(length) }, contentBlockIndex = 0 } })
end
local frame = delta(243 - #delta(0))
assert(#frame == 243)
local pieces, block = {}, frame:rep(2000)
for at = 1, #block, 16384 do pieces[#pieces + 1] = block:sub(at, at + 16383) end

local decoder = eventstream.decoder()
row("frames read", 60, function()
  for _, piece in ipairs(pieces) do
    local _, err = decoder:feed(piece)
    assert(not err, err)
  end
end, 2000)

-- The whole way: the stream of a client's reply.
local last = eventstream.encode(op:build_event { metadata = {
  usage = { inputTokens = 1, outputTokens = 1, totalTokens = 2 }, metrics = { latencyMs = 1 } } })
local whole = table.move(pieces, 1, #pieces, 1, {})
whole[#whole + 1] = last
row("events read", 60, function()
  local at = 0
  local reply = { body = {
    chunks = function() return function() at = at + 1 return whole[at] end end, close = function() end } }
  local stream = events.attach({ name = "bedrock-runtime" }, op, {}, reply, function() end)
  for event in stream:events() do
    assert(event.contentBlockDelta and event.contentBlockDelta.delta.text or event.metadata)
  end
end, 2001)
