-- SPDX-License-Identifier: MIT
-- Chat records of 1-2 KB to standard output:  lua5.4 data.lua MEGABYTES [personal]
-- personal: with dates and amounts in each message, and in every fourth an address or a telephone number.
local words = {}
for word in ([[the of and to in is you that it he was for on are as with his they at be this have from
  one had by word but not what all were we when your can said there use an each which she do how]]):gmatch "%S+" do
  words[#words + 1] = word
end
math.randomseed(1)

local personal = arg[2] == "personal"
local function details(i)
  return (i % 4 > 0 and "on 2026-0%d-1%d for 1,%d.50 EUR" or i % 8 == 0 and "to anna.%d%d@example.com until %d"
    or "at +49 30 555-0%d%d until %d"):format(math.random(9), math.random(9), math.random(100, 999))
end

local function text(n)
  local out = {}
  for i = 1, n do out[i] = words[math.random(#words)] end
  if personal then out[n // 2] = details(math.random(1000)) end
  local joined = table.concat(out, " ")
  return math.random(2) == 1 and joined or joined:gsub("^(.-) ", "%1\\n\\\"é\\\" ")
end

local left, id = tonumber(arg[1]) * 1000000, 0
while left > 0 do
  id = id + 1
  local messages = {}
  for i = 1, 2 * math.random(3) do
    messages[i] = ('{"role": "%s", "content": "%s"}'):format(i % 2 == 1 and "user" or "assistant",
      text(math.random(20, 90)))
  end
  local line = ('{"id": %d, "system": "%s", "messages": [%s], "meta": {"score": %.6f, "tags": ["a", "b"]}}\n'):format(
    id, text(12), table.concat(messages, ", "), math.random())
  left = left - #line
  io.write(line)
end
