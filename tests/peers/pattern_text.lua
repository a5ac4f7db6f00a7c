-- SPDX-License-Identifier: MIT
-- Texts that fit a pattern of the models: make(pattern, random, repeats).
-- The dialect is the one that the models use: classes, groups, alternatives, counts, \d \w \s \S
-- \p{L}; anchors stand for
-- nothing.  `repeats` is how often an open count (*, +, {n,}) goes at most.

local M = {}

local CLASSES = { d = "05", w = "aZ_9", s = " ", S = "x#é", D = "x", W = "-" }
local PROPERTIES = { L = "é", Z = " ", N = "7" }

-- The list of characters of an escape at `at` (behind the backslash), and the place behind it.
local function escape(text, at)
  local char = text:sub(at, at)
  if char == "u" then
    return { utf8.char(tonumber(text:sub(at + 1, at + 4), 16)) }, at + 5
  elseif char == "p" then
    local name, stop = text:match("^{(%a+)}()", at + 1)
    return { PROPERTIES[name] }, stop
  elseif CLASSES[char] then
    local list = {}
    for _, code in utf8.codes(CLASSES[char]) do list[#list + 1] = utf8.char(code) end
    return list, at + 1
  end
  return { ({ n = "\n", r = "\r", t = "\t" })[char] or char }, at + 1
end

local function class(text, at)
  local list = {}
  local negated = text:sub(at, at) == "^"
  if negated then at = at + 1 end
  while text:sub(at, at) ~= "]" do
    local found, stop
    if text:sub(at, at) == "\\" then
      found, stop = escape(text, at + 1)
    else
      stop = utf8.offset(text, 2, at)
      found = { text:sub(at, stop - 1) }
    end
    local high = #found == 1 and text:match("^%-([^%]\\])", stop)
    if high and high:byte() < 128 then -- a range: both ends
      found[2] = high
      stop = stop + 2
    end
    table.move(found, 1, #found, #list + 1, list)
    at = stop
  end
  return negated and { "x", "-" } or list, at + 1
end

local alternatives

local function atom(text, at)
  local char = text:sub(at, at)
  if char == "(" then
    local start = text:match("^%(%?:()", at) or at + 1
    local node, stop = alternatives(text, start)
    return node, stop + 1
  elseif char == "[" then
    local list, stop = class(text, at + 1)
    return { chars = list }, stop
  elseif char == "\\" then
    local list, stop = escape(text, at + 1)
    return { chars = list }, stop
  elseif char == "." then
    return { chars = { "a", "B", "-" } }, at + 1
  elseif char == "^" or char == "$" then
    return { chars = { "" } }, at + 1
  end
  local stop = utf8.offset(text, 2, at)
  return { chars = { text:sub(at, stop - 1) } }, stop
end

local function count(text, at)
  local char = text:sub(at, at)
  if char == "*" then return 0, nil, at + 1 end
  if char == "+" then return 1, nil, at + 1 end
  if char == "?" then return 0, 1, at + 1 end
  local low, comma, high, stop = text:match("^{(%d+)(,?)(%d*)}()", at)
  if not low then return 1, 1, at end
  low = tonumber(low)
  return low, comma == "" and low or tonumber(high), stop
end

function alternatives(text, at)
  local node = { {} }
  while at <= #text and text:sub(at, at) ~= ")" do
    if text:sub(at, at) == "|" then
      node[#node + 1] = {}
      at = at + 1
    else
      local part, low, high
      local is_any = text:sub(at, at) == "."
      part, at = atom(text, at)
      low, high, at = count(text, at)
      if is_any and low == 0 and text:find("(^", 1, true) then high = 0 end -- nothing may stand before an anchor
      local branch = node[#node]
      branch[#branch + 1] = { part = part, low = low, high = high }
    end
  end
  return node, at
end

local function write(node, out, random, repeats)
  if node.chars then
    out[#out + 1] = node.chars[random(#node.chars)]
    return
  end
  for _, item in ipairs(node[random(#node)]) do
    local most = math.max(item.low, math.min(item.high or repeats, repeats))
    for _ = 1, item.low + random(most - item.low + 1) - 1 do
      write(item.part, out, random, repeats)
    end
  end
end

---@param pattern string
---@param random fun(n: integer): integer 1 to n
---@param repeats integer
---@return string
function M.make(pattern, random, repeats)
  local out = {}
  write((alternatives(pattern, 1)), out, random, repeats)
  return table.concat(out)
end

return M
