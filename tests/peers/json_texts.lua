-- SPDX-License-Identifier: MIT
--
-- json_texts.lua: random JSON texts, good and spoilt, one a line: the text and what
-- moonrock.json makes of it (written again, or empty where it refuses), both in base64.
-- Run: moonrock json_texts.lua [count] | node json_judge.mjs

local json = require "moonrock.json"
local crypto = require "moonrock.crypto"

local seed = 99

local function random(n)
  seed = (seed * 6364136223846793005 + 1442695040888963407) & 0x7fffffffffffffff
  return (seed >> 24) % n + 1
end

local scalars = { "0", "-1", "12345678901234567890", "0.5", "-1.25e-7", "1E+3", "true", "false", "null", '""', '"a"',
  '"\\u00e9\\ud83d\\ude00"', '"\\\\\\"\\/\\b\\f\\n\\r\\t"', '"größe 模型"',
  ' "plain text of more than a block of 64 bytes, all ASCII here" ' }
local spoils = { "", "\\", '"', "{", "}", "[", "]", ":", ",", "0", "1", "-",
  ".", "e", "+", "t", " ", "\n", "\t", "\\u12", "\1",
  "é", "\u{2028}", "null", "//" }

local function text(depth)
  local kind, parts = random(depth > 4 and 3 or 8), {}
  if kind <= 3 then return scalars[random(#scalars)] end
  for i = 1, random(5) - 1 do
    parts[i] = (kind <= 5 and "" or ('"k%d" : '):format(random(4))) .. text(depth + 1)
  end
  return kind <= 5 and "[" .. table.concat(parts, " ,") .. "]" or "{" .. table.concat(parts, ", ") .. "}"
end

for i = 1, tonumber((...)) or 20000 do
  local one = text(0)
  for _ = 1, i % 3 do
    local at = utf8.offset(one, random(utf8.len(one) + 1))
    one = one:sub(1, at - 1) .. spoils[random(#spoils)] .. one:sub(at + random(3) - 1)
    if not utf8.len(one) then one = "[]" end -- Node decodes bytes before it parses
  end
  local value, err = json.decode(one)
  local is_finite, again = pcall(json.encode, value)
  if err or is_finite then
    print(crypto.base64_encode(one) .. " " .. (err and "" or crypto.base64_encode(again)))
  end
end
