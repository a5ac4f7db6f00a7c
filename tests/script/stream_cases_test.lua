-- SPDX-License-Identifier: MIT
-- stream_cases_test.lua -- the public cases of streams that a client must refuse: no message type,
-- a type that is no text, an error in the stream, an answer that is none.  Those of the members
-- of events are in tests/unit/event_members_test.c, those of frames in eventstream_data_test.c.

require("moonrock.time").make_virtual { epoch = 1767225600, seed = 1 }

local root = arg[0]:match("^(.*/)tests/") or "./"
package.path = root .. "tests/support/?.lua;" .. package.path

local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local fake = require "fake_transport"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local lu = require "luaunit"

-- What the refusal of a case is about, by the end of its name.
local codes = {
  ServerUnexpectedErrorInput = "internal-error",
  UnmodeledProtocolError = "InternalError",
}

local function code_of(id)
  for ending, code in pairs(codes) do
    if id:sub(-#ending) == ending then return code end
  end
  return "InvalidReply"
end

local function answer(case)
  local reply = case.initialResponse
  if reply then
    return { status = reply.code, headers = { ["content-type"] = reply.headers["Content-Type"] }, body = reply.body }
  end
  local frames = {}
  for index, event in ipairs(case.events) do frames[index] = crypto.base64_decode(event.bytes) end
  return { status = 200, headers = { ["content-type"] = "application/vnd.amazon.eventstream" },
    body = table.concat(frames) }
end

TestRefusals = {}

function TestRefusals.test_shared_cases()
  local text = fs.read "../shared/data/event-stream/smithy-event-stream.json"
  lu.skipIf(not text, "the shared cases are not here")
  local done, all = 0, json.decode(text).cases
  for _, case in ipairs(all) do
    if case.expectation and case.expectation.failure then
      done = done + 1
      -- Cases of requests too: the rule is the same for whoever reads.
      local runtime = fake.client("bedrock-runtime", function() return answer(case) end, { max_attempts = 1 })
      local result, err = errors.try(function()
        for _ in runtime:converse_stream({ modelId = "m", messages = {} }):events() do
          error("an event was taken: " .. case.id, 0)
        end
        return true
      end)
      lu.assertNil(result, case.id)
      lu.assertTrue(errors.is(err), tostring(err))
      lu.assertEquals(err.code, code_of(case.id), case.id)
    end
  end
  print(("refusals of streams: %d of %d cases"):format(done, #all))
  lu.assertTrue(done >= 16)
end

function TestRefusals.test_duplex_streams_are_told_about()
  local runtime = fake.client("bedrock-runtime", {})
  fake.raised("needs HTTP/2 duplex streams", function()
    runtime:invoke_model_with_bidirectional_stream { modelId = "m", body = {} }
  end)
end

os.exit(lu.LuaUnit.run())
