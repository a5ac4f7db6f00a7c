-- SPDX-License-Identifier: MIT
-- body.lua -- the reader that a script gets as the body of a reply (what it may give: payload.lua).
-- A reader pulls from a source (next, close); it is finished, failed or closed once, and a
-- later read says which.

local fs = require "moonrock.fs"
local errors = require "moonrock.error"

local M = {}

local Reader = { buffer = "", at = 0, size = 0 }
Reader.__index = Reader

local nothing_more = {} -- the source of a body that is all in the buffer

-- The next chunk or nil at the end.  Errors of the source end the reader.
local function pull(self)
  if self.failure then
    error(self.failure, 0)
  elseif self.ended then
    return nil
  elseif self.closed then
    errors.raise { code = "ReaderClosed", message = "the body was closed before it was read to its end" }
  end
  local ok, chunk = true, nil
  if self.source ~= nothing_more then
    ok, chunk = pcall(self.source.next, self.source)
  end
  if not ok then
    self.failure = chunk
    self:close()
    error(chunk, 0)
  end
  if chunk == nil then
    self.ended = true
    self:close()
  end
  return chunk
end

-- Buffers more: until there are n bytes, without n until a line ends, or to the end. Joined once: a long line
-- comes in many chunks.
local function fill(self, n)
  local size = self.size - self.at
  local parts = { size > 0 and self.buffer:sub(self.at + 1) or nil }
  while not n or size < n do
    local chunk = pull(self)
    if not chunk then
      break
    end
    parts[#parts + 1] = chunk
    size = size + #chunk
    if not n and chunk:find("\n", 1, true) then
      break
    end
  end
  self.buffer, self.at, self.size = #parts == 1 and parts[1] or table.concat(parts), 0, size
end

local function take(self, n)
  if self.at == 0 and n >= self.size then
    local all = self.buffer
    self.buffer, self.size = "", 0
    return all
  end
  local data = self.buffer:sub(self.at + 1, self.at + n)
  self.at = self.at + #data
  if self.at == self.size then
    self.buffer, self.at, self.size = "", 0, 0
  end
  return data
end

-- What is buffered, else the next chunk: for those who want any piece.
local function piece(self)
  if self.size > self.at then
    return take(self, self.size - self.at)
  end
  return pull(self)
end

local function raise_too_large(self, most)
  self:close()
  errors.raise {
    code = "BodyTooLarge",
    message = string.format("the body is larger than the %d bytes that are taken here", most),
    hint = "read it in pieces with :read(n), :lines() or :save(path)",
  }
end

local function read_all(self)
  local first, parts, total = nil, nil, 0
  while true do
    local data = piece(self)
    if not data then
      return parts and table.concat(parts) or first or ""
    elseif not first then
      first = data
    else
      parts = parts or { first }
      parts[#parts + 1] = data
    end
    total = total + #data
    if self.limit and total > self.limit then
      raise_too_large(self, self.limit)
    end
  end
end

local function read_line(self, keep)
  local stop = self.buffer:find("\n", self.at + 1, true)
  if not stop then
    local have = self.size - self.at
    fill(self)
    stop = self.buffer:find("\n", have + 1, true)
  end
  if not stop then
    return self.size > 0 and take(self, self.size) or nil
  end
  local line = take(self, stop - self.at)
  return keep and line or line:sub(1, -2)
end

---Reads like a file: "a" all the rest, "l"/"L" a line, n up to n bytes (nil at the end).
---@param what? "a"|"l"|"L"|integer default "a"
---@return string|nil
function Reader:read(what)
  if what == nil or what == "a" then
    return read_all(self)
  elseif what == "l" or what == "L" then
    return read_line(self, what == "L")
  elseif math.type(what) == "integer" and what >= 0 then
    local wanted = math.max(what, 1)
    if self.size - self.at < wanted then
      fill(self, wanted)
    end
    if self.size == self.at then
      return nil
    end
    return take(self, what)
  end
  error("bad argument #1 to 'read' (\"a\", \"l\", \"L\" or a number of bytes expected)", 2)
end

---`for line in reader:lines() do`; leaving the loop early closes the reader.
function Reader:lines()
  return function()
    return read_line(self, false)
  end, nil, nil, self
end

---The pieces as they come.
function Reader:chunks()
  return function()
    return piece(self)
  end, nil, nil, self
end

---Writes the rest to a file, which appears whole or not at all.
---@param path string
---@return integer bytes
function Reader:save(path)
  local sink <close>, err = fs.sink(path)
  if not sink then
    error(err, 0)
  end
  local offset = 0
  for data in self:chunks() do
    assert(sink:write(offset, data))
    offset = offset + #data
  end
  assert(sink:commit())
  return offset
end

function Reader:__call()
  error("a body is read with body:read(\"a\"), or: for line in body:lines() do", 2)
end

-- A table's own answers would be 0 and an error that names no way.
function Reader.__len()
  error("a body has a length when it was read: #body:read(\"a\"), or ContentLength of the reply", 2)
end

function Reader.__concat()
  error("a body becomes text with body:read(\"a\")", 2)
end

function Reader:close()
  if not self.closed then
    self.closed = true
    if not self.ended and not self.failure then -- by its owner: what was not read is gone
      self.buffer, self.at, self.size = "", 0, 0
    end
    if self.source.close then
      self.source:close()
    end
  end
end
Reader.__close = Reader.close

function Reader:__tostring()
  local state = self.failure and "failed" or self.ended and "read" or self.closed and "closed" or "open"
  return string.format("body (%s)", state)
end

---@param source {next: fun(source: table): string|nil, rest?: fun(source: table, limit: integer): string|nil,
---  close?: fun(source: table), length?: integer} next and rest (nil: longer) may wait and raise
---@param limit? integer of bytes that read("a") takes
function M.reader(source, limit)
  return setmetatable({ source = source, limit = limit, length = source.length }, Reader)
end

---A reader over a string.
function M.of_string(text)
  return setmetatable({ source = nothing_more, buffer = text, size = #text, length = #text }, Reader)
end

local function incomplete(count, length)
  errors.raise {
    code = "IncompleteBody",
    message = string.format("the reply's body ended after %d of %d bytes", count, length),
    retryable = true,
  }
end

-- What counts another body against its announced length.
local Counted = {}
Counted.__index = Counted

function Counted:next()
  local data = self.inner:read(65536)
  if data then
    self.count = self.count + #data
  elseif self.length and self.count ~= self.length then
    incomplete(self.count, self.length)
  end
  if self.watch then
    self.watch(data)
  end
  return data
end

function Counted:close()
  self.inner:close()
end

---A reader over another body (anything with read and close) that counts against the
---announced length and hands each piece to `watch`, and nil at the end; watch may raise.
---@param inner table
---@param options {length?: integer, watch?: fun(data: string|nil), limit?: integer}
function M.checked(inner, options)
  return M.reader(setmetatable({ inner = inner, count = 0, length = options.length, watch = options.watch }, Counted),
    options.limit)
end

---All that is left of a body.
---@param inner table anything with read and close
---@param length? integer the announced length, which it must have
---@param limit? integer of bytes that are taken
---@return string
function M.whole(inner, length, limit)
  if getmetatable(inner) ~= Reader then
    return read_all(M.checked(inner, { length = length, limit = limit }))
  end
  local text
  if limit and inner.source.rest and not inner.closed and inner.size == 0 then
    text = inner.source:rest(limit) or raise_too_large(inner, limit)
    inner.ended, inner.closed = true, true
  else
    inner.limit = limit
    text = read_all(inner)
  end
  if length and #text ~= length then
    incomplete(#text, length)
  end
  return text
end

return M
