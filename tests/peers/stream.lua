-- SPDX-License-Identifier: MIT
-- Streams of a server that is not ours:  moonrock run tests/peers/stream.lua
-- stream_server.mjs makes the frames with the AWS SDK's encoder; its models break off as their names say.
-- What is whole is read to the letter, what is not is never taken for an answer.

local moonrock = require "moonrock"
local checks = require "checks"
local errors = require "moonrock.error"

local runtime = moonrock.client("bedrock-runtime", { max_attempts = 1 })
local TEXT = "The smörgåsbord \u{1F311} end"
local check = checks.new "stream"

local function open(api, model)
  if api == "converse" then
    return runtime:converse_stream { modelId = model, messages = { { role = "user", content = { { text = "x" } } } } }
  end
  return runtime:invoke_model_with_response_stream { modelId = model, body = { max_tokens = 5 } }
end

for _, api in ipairs { "converse", "invoke" } do
  for _, model in ipairs { "ok", "bytes" } do
    local answer = runtime:collect(open(api, model))
    check(answer.text == TEXT, "%s, %s: the text is %q", api, model, answer.text)
    check(answer.stop_reason == "end_turn" and answer.usage.totalTokens == 7, "%s, %s: reason or usage", api, model)
  end
  for model, wanted in pairs { inside = { "IncompleteStream" }, between = { "IncompleteStream" },
    early = { "IncompleteStream" }, exception = { "ThrottlingException", "Too many tokens" },
    error = { "InternalError", "it broke" }, damaged = { "EventStreamCorrupt" } } do
    local seen = {}
    local function note(piece) seen[#seen + 1] = piece end
    local answer, err = errors.try(runtime.collect, runtime, open(api, model), note)
    check(answer == nil and err.code == wanted[1], "%s, %s: %s in place of %s", api, model,
      answer and "an answer" or tostring(err.code), wanted[1])
    check(not err or tostring(err.message):find(wanted[2] or "", 1, true), "%s, %s: %s", api, model, tostring(err))
    check(#seen == 2, "%s, %s: %d pieces came before", api, model, #seen)
  end
end
print(("peers: streams of the SDK's encoder: %d checks, %d failed"):format(check.count, check.failed))
os.exit(check.failed == 0)
