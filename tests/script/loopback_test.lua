-- SPDX-License-Identifier: MIT
-- The bytes that the loopback transport sends, and what it makes of a peer that answers
-- wrongly or goes away; the channel is a stand-in of this file.

local lu = require "luaunit"
local secret = require "moonrock.secret"
local errors = require "moonrock.error"
local loopback = require "moonrock.aws.loopback"
local fake = require "fake_transport"

local Channel = {}
Channel.__index = Channel

function Channel:send(...)
  if self.refuse then
    errors.raise { code = "ChannelClosed", message = "closed" }
  end
  self.sent[#self.sent + 1] = { ... }
end

function Channel:receive()
  local message = table.remove(self.replies, 1)
  if type(message) == "table" then
    errors.raise(message)
  end
  return message
end

function Channel:finish() self.finished = true end
function Channel:close() self.closed = true end

local function peer(replies, refuse)
  local channel = setmetatable({ sent = {}, replies = replies, refuse = refuse }, Channel)
  return loopback.new { connect = function() return channel end }, channel
end

local function request(more)
  local out = { method = "PUT", scheme = "https", host = "b.s3.amazonaws.com", path = "/raw%20key", query = "a=b",
    headers = { { "x-one", "1" } }, body = "data" }
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

TestLoopback = {}

function TestLoopback:test_the_bytes_of_a_request()
  local transport, channel = peer { "HTTP/1.1 200 OK\r\nETag: \"x\"\r\ncontent-length: 4\r\n\r\n", "da", "ta" }
  local reply = transport:request(request())
  lu.assertEquals(table.concat(channel.sent[1]),
    "PUT /raw%20key?a=b HTTP/1.1\r\nhost: b.s3.amazonaws.com\r\nx-one: 1\r\ncontent-length: 4\r\n\r\n")
  lu.assertEquals(channel.sent[2], { "data" })
  lu.assertTrue(channel.finished)
  lu.assertEquals(reply.status, 200)
  lu.assertEquals(table.move(reply.headers, 1, #reply.headers, 1, {}), { { "etag", '"x"' }, { "content-length", "4" } })
  lu.assertEquals(reply.body:read("a"), "data")
  lu.assertTrue(channel.closed)
end

function TestLoopback:test_ports_and_no_body()
  local transport, channel = peer { "HTTP/1.1 204 No Content\r\n\r\n" }
  local made = request { method = "DELETE", port = 9000, query = "" }
  made.body = nil
  transport:request(made)
  lu.assertEquals(table.concat(channel.sent[1]),
    "DELETE /raw%20key HTTP/1.1\r\nhost: b.s3.amazonaws.com:9000\r\nx-one: 1\r\n\r\n")
  lu.assertEquals(#channel.sent, 1)
end

function TestLoopback:test_secrets_stay_parts_of_their_own()
  local transport, channel = peer { "HTTP/1.1 200 OK\r\n\r\n" }
  local token = secret.of("hidden")
  transport:request(request { headers = { { "x-amz-security-token", token } } })
  local found
  for _, part in ipairs(channel.sent[1]) do
    found = found or part == token
    lu.assertNotStrContains(tostring(part), "hidden")
  end
  lu.assertTrue(found)
end

function TestLoopback:test_large_bodies_go_in_pieces()
  local transport, channel = peer { "HTTP/1.1 200 OK\r\n\r\n" }
  transport:request(request { body = ("x"):rep(2500000) })
  local total = 0
  for index = 2, #channel.sent do total = total + #channel.sent[index][1] end
  lu.assertEquals(#channel.sent, 4)
  lu.assertEquals(total, 2500000)
end

function TestLoopback:test_peers_that_fail()
  local function fails(words, replies, refuse)
    local transport, channel = peer(replies, refuse)
    local err = fake.raised(words, transport.request, transport, request())
    lu.assertTrue(err.retryable)
    lu.assertTrue(channel.closed)
  end
  fails("without an answer", {})
  fails("without an answer", { { code = "ChannelClosed", message = "gone" } })
  fails("no HTTP", { "hello" })
  fails("malformed header", { "HTTP/1.1 200 OK\r\nno colon\r\n\r\n" })
  fails("before the request was sent", {}, true)
  local transport = peer { "HTTP/1.1 200 OK\r\n\r\n", "half", { code = "ChannelClosed", message = "gone" } }
  local reply = transport:request(request())
  fake.raised("in the middle", reply.body.read, reply.body, "a")
end

os.exit(lu.LuaUnit.run())
