-- SPDX-License-Identifier: MIT
-- dataset/repair.lua -- what can be put right in one line without a change of meaning.
-- A repair is a list of edits { from, stop, text }: the bytes from..stop-1 are replaced, all others stay as
-- they are. What could mean two things (a missing turn, an unknown key) is left to people.

local json = require "moonrock.json"
local record = require "moonrock.record"

local M = {}

local most_rounds = 200 -- a repair may uncover what the next one puts right
local most_bytes = 4 << 20 -- of a line whose parts are looked for; no record that is taken is near that

local roles = {
  user = "user", human = "user",
  assistant = "assistant", ai = "assistant", bot = "assistant", chatbot = "assistant", gpt = "assistant",
  model = "assistant",
}

-- Places of JSON ----------------------------------------------------------------------------

local function skip(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

-- Decodes the value at a byte: where the text goes on behind it; nil if it is none.
local function read(text, at)
  local value, stop = json.decode(text, { position = at })
  if math.type(stop) then return stop, value end
end

-- What an object or array holds: { at, stop, value, key, key_at, key_stop }, stop being the byte behind.
local function parts(text, at)
  local is_object, list = text:sub(at, at) == "{", {}
  local p = skip(text, at + 1)
  while not text:find("^[%]}]", p) do
    local part = {}
    if is_object then
      part.key_at = p
      part.key_stop, part.key = read(text, p)
      p = skip(text, skip(text, part.key_stop) + 1) -- behind the colon
    end
    part.at = p
    part.stop, part.value = read(text, p)
    list[#list + 1] = part
    p = skip(text, part.stop)
    if text:sub(p, p) == "," then p = skip(text, p + 1) end
  end
  return list
end

-- The way from the root to the value or key at a byte: { list, index, part } for each level.
local function way_to(text, at)
  local way, here = {}, skip(text, 1)
  while text:find("^[%[{]", here) do
    local list, inner = parts(text, here), nil
    for i, part in ipairs(list) do
      local is_it = part.at == at or part.key_at == at
      if is_it or part.at < at and at < part.stop then
        way[#way + 1] = { list = list, index = i, part = part }
        if is_it then return way end
        inner = part
        break
      end
    end
    if not inner then return nil end
    here = inner.at
  end
end

local function start_of(part) return part.key_at or part.at end

-- Takes a member or element out, with one comma.
local function removal(step)
  local list, i = step.list, step.index
  if list[i + 1] then
    return { start_of(list[i]), start_of(list[i + 1]), "" }
  elseif i > 1 then
    return { list[i - 1].stop, list[i].stop, "" }
  end
  return { start_of(list[i]), list[i].stop, "" }
end

local function member(list, key)
  for i, part in ipairs(list) do
    if part.key == key then return { list = list, index = i, part = part } end
  end
end

local function raw(text, part) return text:sub(part.at, part.stop - 1) end

-- Lines that are no JSON ------------------------------------------------------------------------

local escapes = { ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

-- Control characters in strings become escapes, a comma before a bracket goes.
local function stricter(text)
  local out, at, inside = {}, 1, false
  while true do
    local from = text:find(inside and '[%z\1-\31"\\]' or '[",]', at)
    if not from then break end
    local c, next_at = text:sub(from, from), from + 1
    if inside and c == "\\" then
      c, next_at = text:sub(from, from + 1), from + 2
    elseif c == '"' then
      inside = not inside
    elseif c == "," then
      c = text:find("^[ \t]*[%]}]", from + 1) and "" or c
    else
      c = escapes[c] or ("\\u%04x"):format(c:byte())
    end
    out[#out + 1] = text:sub(at, from - 1)
    out[#out + 1] = c
    at = next_at
  end
  out[#out + 1] = text:sub(at)
  local fixed = table.concat(out)
  local stop = fixed ~= text and read(fixed, 1)
  return stop and { { 1, #text + 1, fixed } } or nil
end

-- Several values on a line, with or without commas between: a line each.
local function trailing(text)
  local lines, at = {}, 1
  while at <= #text do
    local stop = read(text, at)
    if not stop then return nil end
    lines[#lines + 1] = text:sub(at, stop - 1)
    at = skip(text, stop)
    if text:sub(at, at) == "," then at = skip(text, at + 1) end
  end
  return nil, lines
end

local function elements(text, at)
  if text:sub(at, at) ~= "[" then return nil end
  local lines = {}
  for i, part in ipairs(parts(text, at)) do
    if text:sub(part.at, part.at) ~= "{" then return nil end
    lines[i] = raw(text, part)
  end
  return nil, lines[1] and lines or nil
end

-- Records ---------------------------------------------------------------------------------------

local function folded(word) return (word:lower():gsub("[-_ ]", "")) end

-- A text as a block and a lone block of text as the text.
local function reshape(text, step, finding)
  local part = step.part
  if type(part.value) == "string" and finding.suggestion == '[{"text": ...}]' then
    return { { part.at, part.stop, '[{"text": ' .. raw(text, part) .. "}]" } }
  end
  local blocks = not finding.suggestion and text:sub(part.at, part.at) == "[" and parts(text, part.at)
  if not blocks or #blocks ~= 1 or text:sub(blocks[1].at, blocks[1].at) ~= "{" then return nil end
  local keys = parts(text, blocks[1].at)
  local kind, words = member(keys, "type"), member(keys, "text")
  if words and type(words.part.value) == "string" and #keys == (kind and 2 or 1)
    and (not kind or kind.part.value == "text") then
    return { { part.at, part.stop, raw(text, words.part) } }
  end
end

-- A system message at the head goes where the format wants it.
local function system_message(text, way)
  local root, message = way[1], way[2]
  local keys = message and parts(text, message.part.at) or {}
  local content = member(keys, "content")
  if #way ~= 3 or root.part.key ~= "messages" or message.index ~= 1 or #message.list < 2 or #keys ~= 2
    or not content or member(root.list, "system") then
    return nil
  end
  return { { start_of(root.list[1]), start_of(root.list[1]), '"system": ' .. raw(text, content.part) .. ", " },
    removal(message) }
end

-- By rule: gives edits, or nil and the lines in whose place the line stands, or nothing. They get the line, the
-- byte of the finding, the finding, and the way to that byte.
local fixers = {
  bom = function() return { { 1, 4, "" } } end,
  ["blank-line"] = function() return nil, {} end,
  json = stricter,
  nul = stricter,
  trailing = trailing,
  object = elements,

  ["duplicate-key"] = function(text, _, _, way)
    local step = way[#way]
    local first = member(step.list, step.part.key)
    return raw(text, first.part) == raw(text, step.part) and { removal(step) } or nil
  end,

  ["unknown-key"] = function(_, _, finding, way)
    local part = way[#way].part
    if finding.suggestion and folded(part.key) == folded(finding.suggestion) then
      return { { part.key_at, part.key_stop, json.encode(finding.suggestion) } }
    end
  end,

  ["missing-key"] = function(text, at, finding)
    local list = finding.suggestion == "schemaVersion" and parts(text, at)
    if list and member(list, "messages") then
      return { { at + 1, at + 1, '"schemaVersion": "bedrock-conversation-2024", ' } }
    end
  end,

  system = function(text, _, finding, way)
    local step = way[#way]
    if step.part.value == json.null or raw(text, step.part):find("^%[%s*%]$") then return { removal(step) } end
    return reshape(text, step, finding)
  end,

  content = function(text, _, finding, way) return reshape(text, way[#way], finding) end,

  block = function(_, _, _, way) -- an empty list of system blocks is found as one of its content
    return way[1].part.key == "system" and #way == 1 and { removal(way[1]) } or nil
  end,

  role = function(text, _, _, way)
    local part = way[#way].part
    local word = type(part.value) == "string" and part.value:lower():match("^%s*(.-)%s*$")
    if roles[word] then
      return { { part.at, part.stop, json.encode(roles[word]) } }
    elseif word == "system" or word == "developer" then
      return system_message(text, way)
    end
  end,

  ["blank-content"] = function(_, _, _, way)
    if way[1].part.key ~= "system" then return nil end
    local block = way[2]
    return { removal(block and #block.list > 1 and block or way[1]) }
  end,
}
local whole_line = { bom = true, ["blank-line"] = true, json = true, nul = true, trailing = true, object = true,
  ["missing-key"] = true }

-- The rules that are put right by what writes the lines.
local others = { crlf = true, duplicate = true, ["final-newline"] = true }

---Is there a repair for what this rule finds? It may still not fit a finding.
---@param rule string id
---@return boolean
function M.can(rule)
  return fixers[rule] ~= nil or others[rule] ~= nil
end

---The same, of what is put right within the line.
---@param rule string id
---@return boolean
function M.can_in_line(rule)
  return fixers[rule] ~= nil
end

-- Edits that do not overlap, done from the right; what overlaps waits for the next round.
local function apply(text, edits)
  table.sort(edits, function(a, b) return a[1] < b[1] or a[1] == b[1] and a[2] < b[2] end)
  local out, at = {}, 1
  for _, edit in ipairs(edits) do
    if edit[1] >= at then
      out[#out + 1] = text:sub(at, edit[1] - 1)
      out[#out + 1] = edit[3]
      at = edit[2]
    end
  end
  return table.concat(out) .. text:sub(at)
end

-- One round: the line with what could be put right, or the lines it falls into; nil when there is nothing to do.
local function round(text, options, note)
  local edits = {}
  for _, finding in ipairs((record.lint(text .. "\n", options))) do
    local fixer = finding.line and fixers[finding.rule]
    local at = fixer and finding.offset + 1
    local way = fixer and not whole_line[finding.rule] and #text <= most_bytes and way_to(text, at) or nil
    if fixer and (way or whole_line[finding.rule]) then
      local some, lines = fixer(text, at, finding, way)
      if some or lines then note(finding.rule) end
      if lines then return nil, lines end
      table.move(some or {}, 1, #(some or {}), #edits + 1, edits)
      if some and #some > 1 then break end -- edits that belong together
    end
  end
  return edits[1] and apply(text, edits) or nil
end

---Puts a line right as far as that is safe.
---@param text string without its newline
---@param family string of the file, or "auto"
---@param note fun(rule: string) told of each repair
---@return string[] lines that stand in its place
function M.line(text, family, note)
  local options, out, waiting = { family = family, validation = true }, {}, { text }
  while waiting[1] do
    local line = table.remove(waiting)
    for _ = 1, most_rounds do
      local better, lines = round(line, options, note)
      if lines then
        for i = #lines, 1, -1 do waiting[#waiting + 1] = lines[i] end
        line = nil
      end
      if not better then break end
      line = better
    end
    out[#out + 1] = line
  end
  return out
end

return M
