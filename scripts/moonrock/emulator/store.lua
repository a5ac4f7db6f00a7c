-- SPDX-License-Identifier: MIT
-- emulator.store: bytes and records, in memory or in a state folder.
-- A record is a small table saved as one JSON file; a blob is the bytes of an object.  The order
-- of every change is: the new blob whole (temporary file, fsync, rename), then the record that
-- names it (the same way), then the old blob removed.  So after a kill at any point a record
-- names a whole blob, and what no record names is swept at the next start.
-- File names are hashes or ids that we made: no key of a user ever becomes a path.

local crypto = require "moonrock.crypto"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local task = require "moonrock.task"

local M = {}

---@class moonrock.emulator.Store
local Store = {}
Store.__index = Store

local slice_size = 1024 * 1024

local function fail(err)
  error(("emulator state: %s"):format(type(err) == "table" and err.message or tostring(err)), 0)
end

local function must(value, err)
  if value == nil or value == false then fail(err) end
  return value
end

--- A store; `folder` nil keeps everything in memory.
---@param folder string|nil
---@return moonrock.emulator.Store
function M.new(folder)
  local self = setmetatable({ folder = folder, locks = {}, blobs = 0, records = {} }, Store)
  if folder then
    must(fs.mkdir(folder .. "/blobs"))
    must(fs.mkdir(folder .. "/records"))
  end
  return self
end

local function record_path(self, kind, name)
  return ("%s/records/%s/%s.json"):format(self.folder, kind, crypto.hash("sha256", name))
end

--- All saved records of a kind, sorted by name: a list of { name, value }.
---@param kind string a word
function Store:load(kind)
  if not self.folder then return {} end
  local folder = self.folder .. "/records/" .. kind
  must(fs.mkdir(folder))
  local out = {}
  for _, file in ipairs(must(fs.list(folder))) do
    if file:find "^%x+%.json$" then
      local text = must(fs.read(folder .. "/" .. file))
      local record, err = json.decode(text)
      if not record then fail(("%s/%s: %s"):format(folder, file, tostring(err))) end
      out[#out + 1] = { name = record.name, value = record.value }
    elseif file:find "^%.moonrock%-.*%.tmp$" then -- of a write that a kill cut off
      fs.remove(folder .. "/" .. file)
    end
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

--- Saves a record under a name (any bytes), replacing the one before it.
---@param kind string
---@param name string
---@param value table plain values
function Store:save(kind, name, value)
  if not self.folder then return end
  must(fs.write(record_path(self, kind, name), json.encode { name = name, value = value }))
end

--- Removes a record; an absent one is no error.
function Store:remove(kind, name)
  if not self.folder then return end
  local ok, err = fs.remove(record_path(self, kind, name))
  if not ok and not (type(err) == "table" and err.code == "ENOENT") then fail(err) end
end

---@class moonrock.emulator.Blob
---@field size integer
---@field data string|nil in memory
---@field id string|nil on disk: its file's name
---@field pins integer readers at work; a dropped blob goes when the last is done
---@field dropped boolean|nil

local function blob_id(label) return crypto.hash("sha256", label):sub(1, 40) end
local function blob_path(self, blob) return self.folder .. "/blobs/" .. blob.id end

--- The file of a blob that is on disk.
function Store:path(blob) return blob_path(self, blob) end

--- Stores bytes. `label` makes the file's name unique and repeatable.
---@param data string|string[]|moonrock.emulator.LargeBody one text, its pieces in order, or what is stored already
---@param label string
---@return moonrock.emulator.Blob
function Store:put(data, label)
  if type(data) == "table" and data.blob then
    data.taken = true
    return data.blob
  end
  if type(data) == "table" and not self.folder then data = table.concat(data) end
  local size = 0
  if type(data) == "string" then
    size = #data
  else
    for _, piece in ipairs(data) do size = size + #piece end
  end
  if not self.folder then return { size = size, data = data, pins = 0 } end
  local blob = { size = size, id = blob_id(label), pins = 0 }
  must(fs.write(blob_path(self, blob), data))
  return blob
end

--- The part of a blob that a record keeps, and the blob from that part.
function Store:describe(blob) return { id = blob.id, size = blob.size } end
function Store:revive(described)
  return { id = described.id, size = described.size, pins = 0 }
end

--- Bytes of a blob.
---@param blob moonrock.emulator.Blob
---@param offset integer|nil from 0
---@param length integer|nil
---@return string
function Store:read(blob, offset, length)
  offset, length = offset or 0, length or blob.size - (offset or 0)
  if blob.data then
    if offset == 0 and length == blob.size then return blob.data end
    return blob.data:sub(offset + 1, offset + length)
  end
  if length == 0 then return "" end
  return must(fs.read(blob_path(self, blob), offset, length))
end

--- The bytes of blobs, one after the other, in slices that fit into memory.
---@async
---@param blobs moonrock.emulator.Blob[]
---@return fun(): string|nil
function Store:slices(blobs)
  local index, at = 1, 0
  return function()
    while blobs[index] and at == blobs[index].size do
      index, at = index + 1, 0
    end
    local blob = blobs[index]
    if not blob then return nil end
    local length = blob.data and blob.size or math.min(slice_size, blob.size - at)
    at = at + length
    return self:read(blob, at - length, length)
  end
end

--- Stores bytes as they come; an error of the source leaves nothing.
---@async
---@param source fun(): string|nil
---@param label string as for put
---@return moonrock.emulator.Blob
function Store:receive(source, label)
  if not self.folder then
    local pieces = {}
    for piece in source do pieces[#pieces + 1] = piece end
    return self:put(pieces, label)
  end
  local blob = { size = 0, id = blob_id(label), pins = 0 }
  local sink <close> = must(fs.sink(blob_path(self, blob)))
  for piece in source do
    must(sink:write(blob.size, piece))
    blob.size = blob.size + #piece
  end
  must(sink:commit())
  return blob
end

--- Stores the bytes of blobs as one.
---@async
---@param blobs moonrock.emulator.Blob[] in order
---@param label string as for put
---@return moonrock.emulator.Blob
function Store:join(blobs, label) return self:receive(self:slices(blobs), label) end

local function erase(self, blob)
  if blob.id then
    local ok, err = fs.remove(blob_path(self, blob))
    if not ok and not (type(err) == "table" and err.code == "ENOENT") then fail(err) end
  end
end

--- A reader announces itself; the blob outlives a drop until it is done.
function Store:pin(blob) blob.pins = blob.pins + 1 end
function Store:unpin(blob)
  blob.pins = blob.pins - 1
  if blob.dropped and blob.pins == 0 then erase(self, blob) end
end

--- Gives a blob up.  Nobody may name it afterwards.
---@param blob moonrock.emulator.Blob|nil
function Store:drop(blob)
  if not blob or blob.dropped then return end
  blob.dropped = true
  if blob.pins == 0 then erase(self, blob) end
end

--- Removes the blobs that no record names: leftovers of a killed process.
---@param used table<string, boolean> blob ids in use
function Store:sweep(used)
  if not self.folder then return end
  for _, file in ipairs(must(fs.list(self.folder .. "/blobs"))) do
    if not used[file] then fs.remove(self.folder .. "/blobs/" .. file) end
  end
end

local function release(self, name)
  local next_turn = table.remove(self.locks[name], 1)
  if next_turn then
    next_turn:set(true)
  else
    self.locks[name] = nil
  end
end

-- A place in the queue of a name; left when the holder returns, fails or is cancelled.
local Place = {}
function Place.__close(place)
  local queue, turn = place.store.locks[place.name], place.turn
  if turn and not turn:done() then -- cancelled while it waited
    for i, other in ipairs(queue) do
      if other == turn then return table.remove(queue, i) end
    end
  end
  release(place.store, place.name)
end

--- Runs `f` while nobody else runs under the same name: callers go one after another, in the
--- order in which they came.  Returns what `f` returns; its error passes through.
---@param name string
---@param f fun(...): ...
function Store:locked(name, f, ...)
  local queue, turn = self.locks[name], nil
  if queue then
    turn = task.future()
    queue[#queue + 1] = turn
  else
    self.locks[name] = {}
  end
  local _ <close> = setmetatable({ store = self, name = name, turn = turn }, Place)
  if turn then turn:wait() end
  return f(...)
end

return M
