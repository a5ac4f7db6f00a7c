-- SPDX-License-Identifier: MIT
-- Takes fine-tuning data of OpenAI's chat format to Bedrock:
--   moonrock run examples/convert_openai.lua [CHAT.jsonl [OUT.jsonl]]
-- Nothing is lost silently: what Claude's format cannot hold stops the work with its place, and records that
-- cannot be converted at all, such as calls of tools, are set aside with the reason.

local dataset = require "moonrock.dataset"

local input, output = ...
output = output or (input or "chat.jsonl"):gsub("%.jsonl$", "") .. ".claude.jsonl"

local chat = [==[
{"messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi"}, ]==] .. [==[
{"role": "assistant", "content": "Hello."}]}
{"messages": [{"role": "user", "content": "Weather?"}, {"role": "assistant", "tool_calls": [{"id": "1"}]}]}
]==]

local result = dataset.convert {
  input = input or { text = chat }, output = output, from = "openai", to = "claude",
  on_error = { set_aside = output .. ".aside" }, provenance = true,
}
print(("%d records, %d written, %d set aside"):format(result.records, result.written, result.faults))

local report = dataset.lint(output, { validation = true }) -- a few records are enough for this example
io.write(report:format())
