-- SPDX-License-Identifier: MIT
-- payload.lua -- what a script may give as the body of a request, besides text.
-- A range of a file stays on the disk until it is sent; everything else is collected, with a
-- bound, before the request is built.

local fs = require "moonrock.fs"
local errors = require "moonrock.error"
local lazy = require "moonrock.lazy"

local part = lazy "moonrock.part"

local M = {}

local file_state = io and io.type or function() end -- a state that may touch no files has no io
local limit = 256 * 1024 * 1024 -- of what is collected in memory
local piece_size = 1024 * 1024
local piece_of_reader = 64 * 1024

local function too_large(size)
  errors.raise {
    code = "BodyTooLarge",
    message = string.format("a body of %s bytes is more than one request takes here (%d)", tostring(size), limit),
    hint = "send large files with s3:upload_file(path, bucket, key), a stream with "
      .. "s3:upload_fileobj(source, bucket, key)",
  }
end

local function read_range(path, offset, length)
  local data, err = fs.read(path, offset, length)
  if not data then
    error(err, 0)
  elseif #data ~= length then
    errors.raise {
      code = "FileChanged",
      message = string.format("%s gave %d bytes from offset %d, expected %d", path, #data, offset, length),
    }
  end
  return data
end

-- A range of a file that is sent from the disk: never whole in memory.
local File = {}
File.__index = File

---Digests of the bytes, raw, in the order of the names; what is not known yet is computed in
---one pass, on the pool.
---@async
---@param ... moonrock.Digest
function File:digest(...)
  local missing, values = {}, {}
  for _, name in ipairs { ... } do
    if not self.digests[name] then
      missing[#missing + 1] = name
    end
  end
  if #missing > 0 then
    local got = table.pack(part.digest(self.path, self.offset, self.length, table.unpack(missing)))
    if not got[1] then
      error(got[2], 0)
    end
    for index, name in ipairs(missing) do
      self.digests[name] = got[index]
    end
  end
  for index, name in ipairs { ... } do
    values[index] = self.digests[name]
  end
  return table.unpack(values)
end

function File:__len()
  return self.length
end

---The bytes of a file body, a piece at a time; raises if the file became shorter.
---@async
function File:pieces()
  local at = 0
  return function()
    if at >= self.length then
      return nil
    end
    local n = math.min(piece_size, self.length - at)
    local data = read_range(self.path, self.offset + at, n)
    at = at + n
    return data
  end
end

---@class moonrock.aws.FileBody
---@field path string
---@field offset integer
---@field length integer

---A body that stays in its file.
---@param spec {path: string, offset?: integer, length?: integer}
---@param known? table what fs.stat told of it
---@return moonrock.aws.FileBody
function M.file(spec, known)
  if getmetatable(spec) == File then
    return spec
  end
  local info, err = known, nil
  if not info then
    info, err = fs.stat(spec.path)
  end
  if not info then
    error(err, 0)
  elseif info.type == "directory" then
    errors.raise { code = "EISDIR", message = spec.path .. " is a directory, not a file" }
  end
  for _, name in ipairs { "offset", "length" } do
    local value = spec[name]
    if value ~= nil and (math.type(value) ~= "integer" or value < 0) then
      errors.raise {
        code = "ParamValidation",
        message = string.format("%s of a file body must be an integer of 0 or more, got %s", name, tostring(value)),
      }
    end
  end
  local offset = spec.offset or 0
  local length = spec.length or math.max(0, info.size - offset)
  if offset + length > info.size then
    errors.raise {
      code = "FileChanged",
      message = string.format("%s has %d bytes, %d from offset %d are wanted", spec.path, info.size, length, offset),
    }
  end
  return setmetatable({ path = spec.path, offset = offset, length = length, digests = {} }, File)
end

local function from_file(spec)
  local file = M.file(spec)
  if file.length > limit then
    too_large(file.length)
  end
  return read_range(file.path, file.offset, file.length)
end

-- What io.open gave: it is read from where it stands.
local function pieces_of_handle(handle)
  if file_state(handle) == "closed file" then
    errors.raise { code = "ParamValidation", message = "a body that is a file must be open; this one is closed" }
  end
  return function(n)
    local data, err = fs.read_from(handle, n or piece_size)
    if err then
      errors.raise { code = "UnreadableBody", message = "the file of a body cannot be read: " .. err.message,
        cause = err }
    end
    return data
  end
end

---The pieces of what has no size before its end: a function that yields chunks, a file of io.open, a reader.
---@param value any
---@return (fun(n?: integer): string|nil)|nil next_chunk n: as many bytes would be best; nil for any other value
function M.chunks(value)
  local next_chunk
  if type(value) == "function" then
    next_chunk = function() return value() end
  elseif file_state(value) then
    next_chunk = pieces_of_handle(value)
  elseif type(value) == "table" and type(value.read) == "function" then
    next_chunk = function() return value:read(piece_of_reader) end
  else
    return nil
  end
  return function(n)
    local chunk = next_chunk(n)
    if chunk ~= nil and type(chunk) ~= "string" then
      errors.raise {
        code = "ParamValidation",
        message = "a body function must give strings and nil at the end, it gave a " .. type(chunk),
      }
    end
    return chunk
  end
end

---Is this a body that must be collected first?
function M.is_source(value)
  return type(value) == "function" or file_state(value) ~= nil or type(value) == "table" and
    (type(value.path) == "string" or type(value.read) == "function")
end

---The bytes of a body: string, {path=, offset=, length=}, a function that yields chunks,
---a file of io.open, or a reader.
---@return string
function M.collect(value)
  if type(value) == "table" and type(value.path) == "string" then
    return from_file(value)
  end
  local next_chunk = M.chunks(value)
  if not next_chunk then
    return value
  end
  local parts, total = {}, 0
  for chunk in next_chunk do
    total = total + #chunk
    if total > limit then
      too_large("more than " .. limit)
    end
    parts[#parts + 1] = chunk
  end
  return table.concat(parts)
end

return M
