-- SPDX-License-Identifier: MIT
-- invoke_model COUNT times, CONCURRENCY at once; prints how many a second.
local moonrock = require "moonrock"
local time = require "moonrock.time"
local count, concurrency = tonumber(arg[1]), tonumber(arg[2])
local runtime = moonrock.client("bedrock-runtime")
local body = '{"anthropic_version":"bedrock-2023-05-31","max_tokens":500,"messages":[{"role":"user","content":"'
  .. ("x"):rep(900) .. '"}]}'
local function ask()
  assert(#runtime:invoke_model { modelId = "anthropic.claude-3-haiku-20240307-v1:0", body = body }.body:read("a") > 0)
end
ask()
local items = {}
for index = 1, count do items[index] = index end
local begin = time.monotonic()
moonrock.map(items, ask, { concurrency = concurrency })
print(string.format("%.0f", count / (time.monotonic() - begin)))
