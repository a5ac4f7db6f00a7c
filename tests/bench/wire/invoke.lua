-- SPDX-License-Identifier: MIT
-- invoke_model COUNT times, CONCURRENCY tasks; prints how many a second, microseconds of CPU each,
-- and the peak of memory in KiB.
local moonrock = require "moonrock"
local time = require "moonrock.time"
local count, concurrency = tonumber(arg[1]), tonumber(arg[2])
local runtime = moonrock.client("bedrock-runtime")
local body = '{"anthropic_version":"bedrock-2023-05-31","max_tokens":500,"messages":[{"role":"user","content":"'
  .. ("x"):rep(900) .. '"}]}'
local function ask()
  assert(#runtime:invoke_model { modelId = "anthropic.claude-3-haiku-20240307-v1:0", body = body }.body:read("a") > 0)
end
local function run(n)
  local tasks, left = {}, n
  for index = 1, concurrency do
    tasks[index] = moonrock.spawn(function()
      while left > 0 do
        left = left - 1
        ask()
      end
    end)
  end
  for _, t in ipairs(tasks) do t:wait() end
end
run(concurrency) -- the connections are made
local cpu, begin = os.clock(), time.monotonic()
run(count)
cpu, begin = os.clock() - cpu, time.monotonic() - begin
local peak = io.open "/proc/self/status":read "a":match "VmHWM:%s*(%d+)"
print(("%.0f %.1f %s"):format(count / begin, cpu / count * 1e6, peak))
