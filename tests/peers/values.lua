-- SPDX-License-Identifier: MIT
-- Values made up for a shape of the models: new(service, seed) -> maker.
--   maker:make(shape, mode)  "required": no member that may be missing; "all": every member;
--                            "edge": every member, with odd texts, limits and empty containers
--   tag(service, shape, value) -> the same as JSON can say it: { ["$blob"] = base64 },
--                            { ["$time"] = seconds }, { ["$number"] = "NaN" }
-- Branches of unions and words of enumerations are taken in turn, so that all are seen.
-- The same seed gives the same values.

local crypto = require "moonrock.crypto"
local json = require "moonrock.json"
local secret = require "moonrock.secret"
local pattern_text = require "pattern_text"

local M = {}
local Maker = {}
Maker.__index = Maker

local DEEP = 12
local ODD = { -- by the place where the text goes
  body = { "a<b> & \"c\" 'd' \\ / \u{e9}\u{2603}\u{1f600}\tend", "line\nline", "\u{2028}%41+~", " led and trailed " },
  label = { "a b+c%41/d?e#f&g=h", "\u{e9}\u{2603}\u{1f600}", "!*'()~-._$,:;@", "a//b/" },
  query = { "a b+c%41/d?e#f&g=h", "\u{e9}\u{2603}\u{1f600}", "!*'()~-._$,:;@", "x" },
  header = { "a, b; c=\"d\" 'e' %41+/?#&", "!*'()~-._$,:;@<>[]{}|^`", "x", "a  b" },
}
ODD.headers, ODD["query-map"] = ODD.header, ODD.query
local NUMBERS = { integer = { 2147483647, -2147483648, 0, 1 }, long = { 9007199254740991, -9007199254740991, 0, 1 },
  float = { 0.5, -1.25, 0, 16777216 }, double = { 1e21, 1.5e-7, -0.1, 1234567.125, 0 / 0, math.huge, -math.huge } }
local TIMES = { 1700000000, 1700000000.123, 0, 951782400.5 }
local DOCUMENTS = {
  function() return { text = "t", list = json.array { 1, 2.5, true, "x" }, inner = { deep = "d" } } end,
  function() return json.array { "a", { b = 1 } } end, function() return "plain" end,
  function() return 12.5 end, function() return true end,
  function() return { ["a b"] = "\u{2603}", empty = json.array {}, none = json.object {} } end,
}

-- How deep the least value of a shape is, so that shapes that hold themselves come to an end.
local function height(self, id, open)
  local known = self.heights[id]
  if known then return known end
  if open[id] then return math.huge end
  open[id] = true
  local shape, result = self.shapes(id), 0
  if shape.kind == "structure" then
    for _, member in ipairs(shape.members) do
      if member.required then result = math.max(result, 1 + height(self, member.shape, open)) end
    end
  elseif shape.kind == "union" then
    result = math.huge
    for _, member in ipairs(shape.members) do
      result = math.min(result, 1 + height(self, member.shape, open))
    end
  elseif (shape.kind == "list" or shape.kind == "map") and (shape.min or 0) > 0 then
    result = 1 + height(self, shape.element, open)
  end
  open[id] = nil
  if next(open) == nil then self.heights[id] = result end
  return result
end

local function fits(shape, text)
  local length = utf8.len(text)
  return length >= (shape.min or 0) and length <= (shape.max or math.huge)
end

local function turn(self, id, n)
  self.turns[id] = (self.turns[id] or self.seed) + 1
  return self.turns[id] % n + 1
end

local function padded(shape, text)
  local length = utf8.len(text)
  if length < (shape.min or 0) then return text .. ("x"):rep(shape.min - length) end
  return text:sub(1, (utf8.offset(text, math.min(length, shape.max or length) + 1) or #text + 1) - 1)
end

local function text(self, id, shape, mode, where)
  if shape.enum then return shape.enum[turn(self, id, #shape.enum)] end
  if shape.pattern then
    for try = 1, 400 do
      local made = pattern_text.make(shape.pattern, self.random, try < 30 and 3 + try or 100)
      if made ~= "" and fits(shape, made) then return made end
    end
  end
  if mode == "edge" then
    local at = turn(self, where, 5)
    if at == 5 then
      return padded(shape, (where == "body" or where == "query") and "" or "e")
    end
    return padded(shape, ODD[where][at])
  end
  return padded(shape, "text-" .. self.random(99))
end

local function number(self, id, shape, mode)
  local low, high = shape.min or -math.huge, shape.max or math.huge
  local whole = shape.kind == "integer" or shape.kind == "long"
  local value = mode == "edge" and NUMBERS[shape.kind][turn(self, id, #NUMBERS[shape.kind])] or whole and 3 or 0.75
  if value == value or shape.min or shape.max then value = math.max(low, math.min(high, value)) end
  return whole and math.tointeger(value) or value
end

local make

local function size(self, id, shape, mode, depth)
  local n = 0
  if depth < DEEP and mode ~= "required" then
    n = mode == "all" and (depth > 4 and 1 or turn(self, id, 2)) or turn(self, id, 3) - 1
  end
  return math.max(shape.min or 0, math.min(shape.max or n, n))
end

local function members(self, shape, mode, depth)
  local out = {}
  for _, member in ipairs(shape.members) do
    local inner = self.shapes(member.shape)
    local deep = depth >= DEEP or depth > 2 and height(self, member.shape, {}) + depth > DEEP + 4
    if not inner.events and (member.required or (mode ~= "required" and not deep)) then
      out[member.name] = make(self, member.shape, mode, depth + 1, member.location)
    end
  end
  return out
end

-- A branch that has unions of its own comes so often that theirs come once.
local function branch(self, id, shape, mode, depth)
  local order = self.orders[id]
  if not order then
    order = {}
    for index, member in ipairs(shape.members) do
      for _ = 1, self:branches(member.shape) do order[#order + 1] = index end
    end
    self.orders[id] = order
  end
  local at = order[turn(self, id, #order)]
  if depth >= DEEP - 1 then
    for index, member in ipairs(shape.members) do
      if height(self, member.shape, {}) < height(self, shape.members[at].shape, {}) then at = index end
    end
  end
  local member = shape.members[at]
  return { [member.name] = make(self, member.shape, mode, depth + 1, "body") }
end

local function blob(self, id, shape, mode)
  if mode ~= "edge" then return padded(shape, "bytes " .. self.random(99)) end
  local bytes = {}
  for i = 0, 255 do bytes[i + 1] = string.char(i) end
  local all = table.concat(bytes)
  local value = ({ all, "\0", "\xff\xfe", "" })[turn(self, id, 4)]
  return #value >= (shape.min or 0) and value:sub(1, shape.max) or ("\xff"):rep(shape.min)
end

function make(self, id, mode, depth, where)
  local shape = self.shapes(id)
  local kind = shape.kind
  if kind == "structure" then return members(self, shape, mode, depth) end
  if kind == "union" then return branch(self, id, shape, mode, depth) end
  if kind == "list" then
    local list = json.array {}
    for i = 1, size(self, id, shape, mode, depth) do
      list[i] = make(self, shape.element, mode, depth + 1, where)
    end
    return list
  elseif kind == "map" then
    local map, tries = {}, 0
    local wanted = size(self, id, shape, mode, depth)
    local have = 0
    while have < wanted and tries < 20 do
      tries = tries + 1
      local key = make(self, shape.key, where == "headers" and "all" or mode, depth + 1, where)
      if key ~= "" and map[key] == nil then
        map[key] = make(self, shape.element, mode, depth + 1, where)
        have = have + 1
      end
    end
    return map
  end
  if kind == "string" then
    local made = text(self, id, shape, mode, where)
    self.texts[made] = true
    return made
  end
  if kind == "boolean" then return turn(self, id, 2) == 1 end
  if kind == "timestamp" then
    local value = TIMES[mode == "edge" and turn(self, id, 4) or 1]
    return where == "header" and math.floor(value) or value
  elseif kind == "blob" then
    return blob(self, id, shape, mode)
  elseif kind == "document" then
    return DOCUMENTS[mode == "required" and 1 or turn(self, id, #DOCUMENTS)]()
  end
  return number(self, id, shape, mode)
end

---@param id integer of a structure
---@param mode "required"|"all"|"edge"
function Maker:make(id, mode)
  if id == 0 then return {} end
  return members(self, self.shapes(id), mode, 0)
end

---A value for any shape.
---@param id integer
---@return any
function Maker:value(id)
  return make(self, id, "all", 1, "body")
end

---So many values show every branch of every union in a shape.
---@param id integer
---@return integer
function Maker:branches(id, open)
  open = open or {}
  if id == 0 or open[id] then return 1 end
  open[id] = true
  local shape, most = self.shapes(id), 1
  for _, member in ipairs(shape.members or {}) do
    local inner = self:branches(member.shape, open)
    most = shape.kind == "union" and most + inner or math.max(most, inner)
  end
  if shape.element then most = math.max(most, self:branches(shape.element, open)) end
  open[id] = nil
  return most
end

---@param service moonrock.model.Service
---@param seed integer
function M.new(service, seed)
  local state, cache = seed, {}
  return setmetatable({
    seed = seed, turns = {}, heights = {}, texts = {}, orders = {},
    shapes = function(id)
      cache[id] = cache[id] or service:shape(id)
      return cache[id]
    end,
    random = function(n)
      state = (state * 6364136223846793005 + 1442695040888963407)
      return (state >> 33) % n + 1
    end,
  }, Maker)
end

local function special(value)
  if value ~= value then return { ["$number"] = "NaN" } end
  if value == math.huge then return { ["$number"] = "Infinity" } end
  if value == -math.huge then return { ["$number"] = "-Infinity" } end
  return value
end

-- A secret tells its bytes to nobody, but it tells which of the texts that were made it equals.
local function opened(value, texts)
  for made in pairs(texts or {}) do
    if secret.of(made) == value then return made end
  end
  return { ["$secret"] = "not one that was made" }
end

---@param service moonrock.model.Service
---@param id integer
---@param value any
---@param texts? table<string, true> of the maker
function M.tag(service, id, value, texts)
  if value == nil or value == json.null then return value end
  if secret.is(value) then return opened(value, texts) end
  local shape = service:shape(id)
  local kind = shape.kind
  if kind == "structure" or kind == "union" then
    local out = {}
    for _, member in ipairs(shape.members) do
      if value[member.name] ~= nil then out[member.name] = M.tag(service, member.shape, value[member.name], texts) end
    end
    for name in pairs(value) do -- what the model does not know must show
      if out[name] == nil then out["?" .. tostring(name)] = true end
    end
    return json.object(out)
  elseif kind == "list" then
    local out = {}
    for i, item in ipairs(value) do out[i] = M.tag(service, shape.element, item, texts) end
    return json.array(out)
  elseif kind == "map" then
    local out = {}
    for key, item in pairs(value) do out[key] = M.tag(service, shape.element, item, texts) end
    return json.object(out)
  elseif kind == "blob" then
    return { ["$blob"] = crypto.base64_encode(value) }
  elseif kind == "timestamp" then
    return { ["$time"] = value }
  elseif kind == "float" or kind == "double" then
    return special(value)
  end
  return value
end

return M
