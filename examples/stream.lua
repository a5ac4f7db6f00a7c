-- SPDX-License-Identifier: MIT
-- A streamed answer: its text as it comes, then how it ended and what it counted.
--   moonrock rehearse examples/stream.lua [QUESTION [MODEL]]
-- A stream that breaks off raises, so what is printed at the end is a whole answer's.

local moonrock = require "moonrock"

local question = arg[1] or "What is a moon rock made of?"
local model = arg[2] or "anthropic.claude-3-haiku-20240307-v1:0"

local runtime = moonrock.client "bedrock-runtime"

local reply = runtime:converse_stream {
  modelId = model,
  messages = { { role = "user", content = { { text = question } } } },
  inferenceConfig = { maxTokens = 200 },
}

for event in reply:events() do
  if event.contentBlockDelta then
    io.write(event.contentBlockDelta.delta.text or "")
    io.flush()
  elseif event.messageStop then
    io.write("\n(", event.messageStop.stopReason)
  elseif event.metadata then
    local usage = event.metadata.usage
    io.write(("; %d tokens in, %d out)\n"):format(usage.inputTokens, usage.outputTokens))
  end
end
