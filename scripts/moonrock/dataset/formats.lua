-- SPDX-License-Identifier: MIT
-- dataset/formats.lua -- the formats of conversations: how each is read and written.
-- Between them stands a talk: { system = parts?, turns = { { role, parts } } }, parts being a list of texts.
-- What a format cannot hold is told to `lose(path, reason)`, which raises unless losses are allowed; what has no
-- form at all to `refuse(path, reason)`, which always raises.

local json = require "moonrock.json"
local tables = require "moonrock.tables"

local M = {}

-- Paths count from 0, as those of the lint.
local function element(path, i) return ("%s[%d]"):format(path, i - 1) end

local function kind_of(value)
  if value == nil then return "missing" end
  if value == json.null then return "null" end
  if type(value) ~= "table" then return "a " .. type(value) end
  return json.is_array(value) and "an array" or "an object"
end

-- Tells of the keys that nobody asks for.
local function lose_others(record, known, path, lose)
  local others
  for key in pairs(record) do
    if not known[key] then
      others = others or {}
      others[key] = true
    end
  end
  for _, key in ipairs(others and tables.keys(others) or {}) do
    lose(path == "" and key or path .. "." .. key, "has no place in the other format")
  end
end

local block_keys = tables.set "type text"

-- Text as a string or as blocks of it; `text_of(block)` gives the text of one.
local function parts_of(content, path, ctx, text_of)
  if type(content) == "string" then return { content } end
  if type(content) ~= "table" or content[1] == nil then
    ctx.refuse(path, ("is %s, where a text should be"):format(kind_of(content)))
  end
  local parts = {}
  for i, block in ipairs(content) do
    local text, kind = text_of(block)
    if type(text) == "string" then
      lose_others(block, block_keys, element(path, i), ctx.lose)
      parts[#parts + 1] = text
    elseif kind:find("tool", 1, true) then
      ctx.refuse(element(path, i), "is a call of a tool: no format of training data but its own holds it")
    else
      ctx.lose(element(path, i), ("is %s, and only text is converted"):format(kind))
    end
  end
  if not parts[1] then ctx.refuse(path, "holds no text") end
  return parts
end

-- {"type": "text", "text": ...}: OpenAI and Claude.
local function typed_text(block)
  if type(block) ~= "table" then return nil, kind_of(block) end
  local kind = block.type
  return kind == "text" and block.text or nil, "a block of type " .. tostring(kind)
end

-- {"text": ...}: Converse.
local function keyed_text(block)
  if type(block) ~= "table" then return nil, kind_of(block) end
  local key = tables.keys(block)[1]
  return block.text, "a block of " .. tostring(key)
end

local message_keys = tables.set "role content"

-- A message that is a user's or an assistant's; `others(role, message, path)` takes care of the rest.
local function read_turns(record, ctx, text_of, others)
  local turns, messages = {}, record.messages
  if type(messages) ~= "table" then ctx.refuse("messages", ("is %s: it must be an array"):format(kind_of(messages))) end
  for i, message in ipairs(messages) do
    local path = element("messages", i)
    if type(message) ~= "table" then ctx.refuse(path, ("is %s: it must be an object"):format(kind_of(message))) end
    local role = message.role
    if role == "user" or role == "assistant" then
      for _, key in ipairs { "tool_calls", "function_call" } do
        if message[key] ~= nil and message[key] ~= json.null then
          ctx.refuse(path .. "." .. key, "is a call of a tool: no format of training data but its own holds it")
        end
      end
      lose_others(message, message_keys, path, ctx.lose)
      turns[#turns + 1] = { role = role, parts = parts_of(message.content, path .. ".content", ctx, text_of),
        path = path }
    elseif not (others and others(role, message, path, #turns)) then
      ctx.refuse(path .. ".role", role == nil and "is missing" or ("is %s: only the user and the assistant can speak"):
        format(json.encode(role)))
    end
  end
  return turns
end

-- Written forms: pieces of JSON, their keys in the order of the documentation -------------------------

local quote = json.encode

local function put_text(out, parts, path, ctx)
  if #parts > 1 then ctx.lose(path, ("is %d blocks, which become one text"):format(#parts)) end
  out[#out + 1] = quote(parts[2] and table.concat(parts, "\n\n") or parts[1])
end

local function put_list(out, parts, head)
  for i, text in ipairs(parts) do
    out[#out + 1] = (i == 1 and "[" or ", ") .. head
    out[#out + 1] = quote(text)
    out[#out + 1] = "}"
  end
  out[#out + 1] = "]"
end

local function put_blocks(out, parts)
  put_list(out, parts, '{"text": ')
end

local function put_typed(out, parts)
  if #parts == 1 then
    out[#out + 1] = quote(parts[1])
  else
    put_list(out, parts, '{"type": "text", "text": ')
  end
end

local function put_message(out, role, parts, put, path, ctx)
  out[#out + 1] = ('{"role": "%s", "content": '):format(role)
  put(out, parts, path, ctx)
  out[#out + 1] = "}"
end

-- system, if there is one, and messages; to the end of the record.
local function put_talk(out, system, turns, put, ctx)
  if system then
    out[#out + 1] = '"system": '
    put(out, system, "system", ctx)
    out[#out + 1] = ", "
  end
  out[#out + 1] = '"messages": ['
  for i, turn in ipairs(turns) do
    if i > 1 then out[#out + 1] = ", " end
    put_message(out, turn.role, turn.parts, put, turn.path, ctx)
  end
  out[#out + 1] = "]}"
end

-- Turns as Bedrock wants them: the user first, then by turns, the assistant last.
local function by_turns(talk, ctx)
  local out = {}
  for _, turn in ipairs(talk.turns) do
    local last = out[#out]
    if last and last.role == turn.role then
      ctx.lose(turn.path, ("follows a message of the %s: the two become one"):format(turn.role))
      table.move(turn.parts, 1, #turn.parts, #last.parts + 1, last.parts)
    else
      out[#out + 1] = turn
    end
  end
  if not out[1] then ctx.refuse("messages", "holds no message") end
  if out[1].role ~= "user" then ctx.refuse(out[1].path .. ".role", "the first message must be the user's") end
  if out[#out].role ~= "assistant" then
    ctx.refuse(out[#out].path .. ".role", "the last message must be the assistant's")
  end
  return out
end

-- Bedrock's own two, which differ in how a text is held.
local function of_bedrock(keys, text_of, head, put)
  keys = tables.set(keys)
  return {
    read = function(record, ctx)
      lose_others(record, keys, "", ctx.lose)
      local system = record.system
      return { system = system ~= nil and parts_of(system, "system", ctx, text_of) or nil,
        turns = read_turns(record, ctx, text_of) }
    end,
    write = function(talk, ctx, out)
      out[#out + 1] = head
      put_talk(out, talk.system, by_turns(talk, ctx), put, ctx)
    end,
  }
end

-- The formats ----------------------------------------------------------------------------------

---@class moonrock.dataset.Format
---@field read fun(record: table, ctx: table): table of Lua tables all the way down; gives a talk
---@field write fun(talk: table, ctx: table, out: string[]) appends pieces of a line of JSON; may change the talk

---By name: openai, claude, converse, prompt-completion.
---@type table<string, moonrock.dataset.Format>
M.by_name = {
  openai = {
    read = function(record, ctx)
      for _, key in ipairs { "tools", "functions" } do
        if record[key] ~= nil then ctx.lose(key, "tools are not converted") end
      end
      lose_others(record, tables.set "messages tools functions", "", ctx.lose)
      local system
      local turns = read_turns(record, ctx, typed_text, function(role, message, path, before)
        if role == "tool" or role == "function" then
          ctx.refuse(path, "is the answer of a tool: no format of training data but its own holds it")
        elseif role ~= "system" and role ~= "developer" then
          return false
        end
        lose_others(message, message_keys, path, ctx.lose)
        local parts = parts_of(message.content, path .. ".content", ctx, typed_text)
        if before > 0 then ctx.lose(path, "is a system message between others: its text goes to the front") end
        system = system or {}
        table.move(parts, 1, #parts, #system + 1, system)
        return true
      end)
      return { system = system, turns = turns }
    end,
    write = function(talk, ctx, out)
      if talk.system then -- at the head of the turns, which may come in any order
        table.insert(talk.turns, 1, { role = "system", parts = talk.system, path = "system" })
      end
      out[#out + 1] = "{"
      put_talk(out, nil, talk.turns, put_typed, ctx)
    end,
  },

  claude = of_bedrock("system messages", typed_text, "{", put_text),

  converse = of_bedrock("schemaVersion system messages", keyed_text,
    '{"schemaVersion": "bedrock-conversation-2024", ', put_blocks),

  ["prompt-completion"] = {
    read = function(record, ctx)
      lose_others(record, tables.set "prompt completion", "", ctx.lose)
      local turns = {}
      for i, key in ipairs { "prompt", "completion" } do
        local text = record[key]
        if type(text) ~= "string" then ctx.refuse(key, ("is %s: it must be a string"):format(kind_of(text))) end
        turns[i] = { role = i == 1 and "user" or "assistant", parts = { text }, path = key }
      end
      return { turns = turns }
    end,
    write = function(talk, ctx, out)
      local turns = by_turns(talk, ctx)
      if #turns > 2 then ctx.refuse(turns[3].path, "a prompt and a completion hold one question and its answer") end
      local prompt = turns[1].parts
      if talk.system then
        ctx.lose("system", "has no place of its own in a prompt: it is put before it")
        prompt = table.move(prompt, 1, #prompt, #talk.system + 1, talk.system)
      end
      out[#out + 1] = '{"prompt": '
      put_text(out, prompt, turns[1].path, ctx)
      out[#out + 1] = ', "completion": '
      put_text(out, turns[2].parts, turns[2].path, ctx)
      out[#out + 1] = "}"
    end,
  },
}

return M
