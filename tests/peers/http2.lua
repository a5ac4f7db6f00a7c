-- SPDX-License-Identifier: MIT
-- Our client over HTTP/2:  moonrock run tests/peers/http2.lua nghttpx|node VERSION [HTTP11_URL]
-- nghttpx stands before `moonrock serve`; node runs http2_server.mjs, whose models break off
-- as their names say.  What the negotiated version was, the transport counts.

local moonrock = require "moonrock"
local checks = require "checks"
local http = require "moonrock.http"
local json = require "moonrock.json"

local name, version, http11 = ...
local claude = "anthropic.claude-3-haiku-20240307-v1:0"
local check = checks.new("http2: " .. name)

-- Runs f; how many requests ended meanwhile, over how many new connections, how many by HTTP/2.
local function counted(f)
  local before = http.counts()
  f()
  local after = http.counts()
  return after.requests - before.requests, after.connections - before.connections, after.http2 - before.http2
end

local function many(count, f)
  return moonrock.map(function()
    count = count - 1
    return count >= 0 and count or nil
  end, f, { concurrency = 64 })
end

local runtime = moonrock.client("bedrock-runtime", { max_attempts = 3 })

local function invoke(model, client)
  local reply = (client or runtime):invoke_model { modelId = model, body = { prompt = "x", max_tokens = 10 } }
  return json.decode(reply.body:read "a"), reply.ResponseMetadata.RetryAttempts
end

local servers = {}

function servers.nghttpx()
  local requests, connections, h2, _
  local bedrock, s3 = moonrock.client "bedrock", moonrock.client "s3"
  requests, connections, h2 = counted(function()
    check(#bedrock:list_foundation_models().modelSummaries > 0, "no models are listed")
    many(200, function(i)
      local reply = runtime:converse {
        modelId = claude, messages = { { role = "user", content = { { text = "question " .. i } } } },
      }
      check(reply.stopReason == "end_turn", "answer %d ended by %s", i, reply.stopReason)
    end)
  end)
  check(h2 == 201 and requests == 201, "%d of %d requests by HTTP/2", h2, requests)
  check(connections == 1, "200 at once took %d connections", connections)
  print(("http2: %s: %d requests, 64 at once, %d by HTTP/2, connections: %d"):format(name, requests, h2, connections))

  local text, stopped = {}, nil
  _, connections, h2 = counted(function()
    for event in runtime:converse_stream {
      modelId = claude, messages = { { role = "user", content = { { text = "a stream" } } } },
    }:events() do
      if event.contentBlockDelta then text[#text + 1] = event.contentBlockDelta.delta.text end
      if event.messageStop then stopped = event.messageStop.stopReason end
    end
  end)
  check(#text > 0 and stopped, "the stream ended with %d pieces and %s", #text, stopped)
  check(h2 == 1 and connections == 0, "the stream: HTTP/2 %d, new connections %d", h2, connections)

  local large = ("moon rock "):rep(30000)
  requests, _, h2 = counted(function()
    s3:create_bucket { Bucket = "over-tls" }
    s3:put_object { Bucket = "over-tls", Key = "k", Body = large }
    check(s3:get_object { Bucket = "over-tls", Key = "k" }.Body:read "a" == large, "the object differs")
  end)
  check(requests == 3 and h2 == 0, "S3 by HTTP/2: %d of %d", h2, requests)
end

-- The streams of one connection: one breaks off, the others must not.
local function beside(model, what)
  local left, answered = moonrock.spawn(function() return invoke(model) end), 0
  many(10, function()
    local reply = invoke "ok"
    answered = answered + (reply.model == "ok" and 1 or 0)
  end)
  local reply, retries = left:wait()
  check(reply.times == 2 and retries == 1, "%s: asked %s times, attempts say %s", what, reply.times, retries)
  check(answered == 10, "%s: %d of 10 others were answered", what, answered)
end

function servers.node()
  local requests, connections, h2, _
  requests, connections, h2 = counted(function() many(100, function() invoke "ok" end) end)
  check(requests == 100 and h2 == 100 and connections == 1, "%d requests, %d by HTTP/2, connections: %d", requests, h2,
    connections)
  print(("http2: %s: %d requests, 64 at once, %d by HTTP/2, connections: %d"):format(name, requests, h2, connections))

  -- A stream that is left early ends alone.
  local seen = 0
  for event in runtime:invoke_model_with_response_stream { modelId = "stream", body = "{}" }.body:events() do
    check(json.decode(event.chunk.bytes).n == seen + 1, "event %d is another", seen + 1)
    seen = seen + 1
    if seen == 5 then break end
  end
  local reply, retries
  _, connections = counted(function() reply = invoke "ok" end)
  check(seen == 5 and connections == 0, "after a stream was left: %d new connections", connections)
  check(reply.streaming == 0, "the stream that was left goes on")

  beside("refused", "a refused stream")
  beside("reset", "a reply that was reset")
  local ok, err = pcall(function()
    for _ in runtime:invoke_model_with_response_stream { modelId = "stream-reset", body = "{}" }.body:events() do
      seen = seen + 1
    end
  end)
  check(not ok and seen == 6 and err.code == "IncompleteStream" and tostring(err):find "INTERNAL_ERROR",
    "a reset stream gave %d: %s", seen - 5, err)
  _, connections = counted(function() invoke "ok" end)
  check(connections == 0, "after reset streams: %d new connections", connections)

  -- The server says goodbye: what it has is answered, what comes next goes elsewhere.
  reply, retries = invoke "goaway"
  check(reply.times == 1 and retries == 0, "GOAWAY: asked %s times, attempts say %s", reply.times, retries)
  _, connections = counted(function() invoke "ok" end)
  check(connections == 1, "after GOAWAY: %d new connections", connections)

  reply, retries = invoke "silent-drop"
  check(reply.times == 2 and retries == 1, "a lost connection: asked %s times, attempts say %s", reply.times, retries)
  reply, retries = invoke "drop"
  check(reply.times == 2 and retries == 1, "a broken reply: asked %s times, attempts say %s", reply.times, retries)
  check(invoke("ok").model == "ok", "after a lost connection")

  local old = moonrock.client("bedrock-runtime", { endpoint_url = http11 })
  requests, _, h2 = counted(function()
    many(20, function() check(invoke("ok", old).version == "1.1", "not by HTTP/1.1") end)
  end)
  check(requests == 20 and h2 == 0, "a server of HTTP/1.1: %d of %d by HTTP/2", h2, requests)
end

servers[name]()
print(("peers: HTTP/2 against %s: %d of %d checks"):format(version, check.count - check.failed, check.count))
os.exit(check.failed == 0)
