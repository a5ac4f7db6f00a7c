-- SPDX-License-Identifier: MIT
-- Waiters and the runtime's helpers, over a transport without a wire.

require("moonrock.time").make_virtual { epoch = 1767323045, seed = 1 }

local lu = require "luaunit"
local fake = require "fake_transport"

local client, fault, raised = fake.client, fake.fault, fake.raised
local arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl"

TestWaits = {}

local completed = "model_customization_job_completed"

local function job_state(state, message)
  return {
    body = string.format('{"jobArn":"a","jobName":"j","status":"%s","failureMessage":"%s"}', state, message or ""),
  }
end

function TestWaits:test_a_job_completes()
  local bedrock = client("bedrock", { job_state("InProgress"), fault("InternalServerException", 500),
    job_state("InProgress"), job_state("Completed") })
  local states = {}
  local reply = bedrock:wait("model_customization_job_completed", { jobIdentifier = "j" }, {
    on_poll = function(result) states[#states + 1] = result.status end })
  lu.assertEquals(reply.status, "Completed")
  lu.assertEquals(states, { "InProgress", "InProgress", "Completed" })
end

function TestWaits:test_a_failed_job_says_why()
  local bedrock = client("bedrock", { job_state("InProgress"), job_state("Failed", "the data is bad") })
  local err = raised("the data is bad", bedrock.wait, bedrock, completed, { jobIdentifier = "j" })
  lu.assertEquals({ err.code, err.state }, { "WaiterFailed", "Failed" })
end

function TestWaits:test_a_time_limit()
  local bedrock = client("bedrock", function() return job_state("InProgress") end)
  local err = raised("last state: InProgress", bedrock.wait, bedrock, "model_customization_job_completed",
    { jobIdentifier = "j" }, { timeout = 600 })
  lu.assertEquals(err.code, "WaiterTimeout")
  bedrock = client("bedrock", function() return fault("ResourceNotFoundException", 404) end)
  err = raised("(last answer: ResourceNotFoundException: ", bedrock.wait, bedrock, completed,
    { jobIdentifier = "misspelt" }, { timeout = 20 })
  lu.assertEquals(err.cause.status, 404)
end

-- A clock that is set, by a day in either direction, neither ends the wait nor makes it endless.
function TestWaits:test_the_clock_may_be_set_meanwhile()
  local time = require "moonrock.time"
  local now, polls = time.now, 0
  for _, jump in ipairs { 86400, -86400 } do
    local bedrock = client("bedrock", function()
      polls = polls + 1
      time.now = function() return now() + jump end
      return job_state(polls % 3 == 0 and "Completed" or "InProgress")
    end)
    bedrock:wait(completed, { jobIdentifier = "j" }, { timeout = 3600, on_poll = function(_, seconds)
      lu.assertTrue(seconds >= 0 and seconds < 3600)
    end })
    time.now = now
  end
  lu.assertEquals(polls, 6)
end

function TestWaits:test_deletion_is_told_by_404()
  local gone = fault("ResourceNotFoundException", 404)
  local bedrock = client("bedrock", { { body = '{"status":"InService"}' }, gone })
  lu.assertNil(bedrock:wait("provisioned_model_throughput_deleted", { provisionedModelId = "abcdefghijkl" }))
  bedrock = client("bedrock", { gone, gone, gone, gone })
  raised("ResourceNotFoundException", bedrock.wait, bedrock, completed, { jobIdentifier = "j" })
end

function TestWaits:test_buckets()
  local s3 = client("s3", { { status = 404 }, { status = 403 } })
  s3:wait("bucket_exists", { Bucket = "my-bucket" })
  lu.assertFalse(client("s3", { {} }):ensure_bucket("my-bucket"))
  lu.assertTrue(client("s3", { { status = 404 }, {} }):ensure_bucket("my-bucket"))
end

TestRuntime = {}

function TestRuntime:test_invoke_and_text()
  local runtime, transport = client("bedrock-runtime", { { headers = { ["content-type"] = "application/json" },
    body = '{"content":[{"type":"text","text":"Hel"},{"type":"text","text":"lo"}]}' } })
  local reply = runtime:invoke_model { modelId = arn, body = { max_tokens = 5, messages = {} } }
  lu.assertEquals(transport.requests[1].body, '{"max_tokens":5,"messages":{}}')
  lu.assertEquals(reply.contentType, "application/json")
  lu.assertEquals((runtime:text(reply)), "Hello")
end

function TestRuntime:test_reply_body_is_a_reader()
  local runtime = client("bedrock-runtime", { { body = '{"completion":"x"}' } })
  lu.assertEquals(runtime:invoke_model { modelId = arn, body = "{}" }.body:read("a"), '{"completion":"x"}')
end

function TestRuntime:test_replies_without_text()
  local text = require("moonrock.runtime").text
  lu.assertEquals((text { results = { { outputText = "t" } } }), "t")
  lu.assertEquals((text { output = { message = { content = { { text = "c" } } } } }), "c")
  raised("no text", text, { other = 1 })
  for _, odd in ipairs { { results = 5 }, { results = { 5 } }, { outputs = { false } }, { generations = "x" },
    { output = { message = 5 } }, { content = { 5 } } } do
    raised("no text", text, odd)
  end
  raised("no JSON", text, { body = "<html>" })
end

os.exit(lu.LuaUnit.run())
