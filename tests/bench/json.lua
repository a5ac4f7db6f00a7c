-- SPDX-License-Identifier: MIT
--
-- json.lua: moonrock.json beside lua-cjson, on the same values in the same run.
-- Prints nanoseconds a byte (median of the repeats) and the ratio; above 1.00 ours is faster.
-- Run: build/moonrock tests/bench/json.lua [repeats]

local json = require "moonrock.json"
local cjson = require "cjson"

local repeats = tonumber((...)) or 9

local function record(i)
  return {
    system = "Answer with JSON only.",
    messages = {
      { role = "user", content = "What is the price of item " .. i .. ' in the "spring" list?\nBe brief.' },
      { role = "assistant", content = '{"item": ' .. i .. ', "price": ' .. i / 8 .. ', "currency": "EUR"}' },
    },
  }
end

local function many(n, f)
  local list = {}
  for i = 1, n do
    list[i] = f(i)
  end
  return list
end

local samples = {
  { name = "one training record", value = record(7) },
  { name = "500 records", value = many(500, record) },
  { name = "job summaries", value = many(200, function(i)
    return {
      jobArn = "arn:aws:bedrock:us-west-2:123456789012:model-customization-job/model/" .. i,
      jobName = "job-" .. i, status = "InProgress", epochCount = 5, batchSize = 4 + i % 3,
      tags = { { key = "team", value = "a" }, { key = "cost", value = "b" } }, done = false,
      creationTime = 1767225600 + i, outputDataConfig = { s3Uri = "s3://bucket/out/" .. i },
    }
  end) },
  { name = "integers", value = many(5000, function(i) return i * 37 end) },
  { name = "losses (floats)", value = many(5000, function(i) return 1 / i end) },
  { name = "prices (2 decimals)", value = many(5000, function(i) return i / 100 end) },
  { name = "long text", value = many(20, function(i) return ("plain words, " .. i .. " "):rep(400) end) },
  { name = "text with escapes", value = many(200, function(i) return ('say "' .. i .. '"\n'):rep(20) end) },
  { name = "UTF-8 text", value = many(200, function(i) return ("größe " .. i .. " 模型 "):rep(20) end) },
}

-- Seconds of one call, the median of several rounds that last at least 20 ms each.
local function measure(f, argument)
  local count = 1
  while true do
    local start = os.clock()
    for _ = 1, count do
      f(argument)
    end
    if os.clock() - start >= 0.02 then
      break
    end
    count = count * 2
  end
  local times = {}
  for i = 1, repeats do
    local start = os.clock()
    for _ = 1, count do
      f(argument)
    end
    times[i] = (os.clock() - start) / count
  end
  table.sort(times)
  return times[(repeats + 1) // 2]
end

print(("%-22s %9s  %s"):format("", "", "decode: cjson  ours  ratio     encode: cjson  ours  ratio  (ns/byte)"))
local product, n = 1, 0
for _, sample in ipairs(samples) do
  local text = json.encode(sample.value)
  local theirs, ours = measure(cjson.decode, text), measure(json.decode, text)
  local value = cjson.decode(text)
  local their_encode, our_encode = measure(cjson.encode, value), measure(json.encode, json.decode(text))
  local scale = 1e9 / #text
  print(("%-22s %8dB  %13.2f %5.2f  %5.2f     %13.2f %5.2f  %5.2f"):format(sample.name, #text,
    theirs * scale, ours * scale, theirs / ours, their_encode * scale, our_encode * scale,
    their_encode / our_encode))
  product = product * (theirs / ours) * (their_encode / our_encode)
  n = n + 2
end
print(("geometric mean of the ratios: %.2f"):format(product ^ (1 / n)))
