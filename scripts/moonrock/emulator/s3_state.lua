-- SPDX-License-Identifier: MIT
-- emulator.s3_state: buckets, objects and uploads, and the one way in which an object changes.
-- An object is an entry (facts) that names a blob (bytes).  All writers of one key go one after
-- another through `write`, which checks conditions and commits at once: the last one wins, and a
-- reader sees one whole object, old or new.

local refuse = require "moonrock.emulator.refuse".refuse

local M = {}

---@class moonrock.emulator.Entry
---@field key string
---@field size integer
---@field etag string without quotes
---@field modified integer seconds since 1970: S3 keeps whole seconds
---@field facts table<string, string> members of PutObject that come back: ContentType, ...
---@field metadata table<string, string>
---@field tags { Key: string, Value: string }[]
---@field checksum { algorithm: string, value: string, type: string }|nil
---@field parts { number: integer, size: integer, checksum: string|nil }[]|nil of a multipart upload
---@field blob moonrock.emulator.Blob

---@class moonrock.emulator.Bucket
---@field name string
---@field region string
---@field created integer
---@field objects table<string, moonrock.emulator.Entry>
---@field uploads table<string, table>
---@field sorted string[]|nil keys in byte order, when known

local function object_name(bucket, key) return bucket.name .. "/" .. key end

--- The state of S3 in a world, loaded from its folder when there is one.
---@param world moonrock.emulator.World
function M.open(world)
  local store, used = world.store, {}
  local state = { buckets = {}, serial = 0 }
  for _, record in ipairs(store:load "bucket") do
    local b = record.value
    state.buckets[b.name] = { name = b.name, region = b.region, created = b.created, objects = {}, uploads = {} }
  end
  for _, record in ipairs(store:load "object") do
    local bucket, entry = state.buckets[record.value.bucket], record.value.entry
    if bucket then
      entry.blob = store:revive(entry.blob)
      used[entry.blob.id] = true
      bucket.objects[entry.key] = entry
    end
  end
  for _, record in ipairs(store:load "upload") do
    local bucket, upload = state.buckets[record.value.bucket], record.value.upload
    if bucket then
      upload.parts = {}
      bucket.uploads[upload.id] = upload
    end
  end
  for _, record in ipairs(store:load "part") do
    local value = record.value
    local bucket = state.buckets[value.bucket]
    local upload = bucket and bucket.uploads[value.upload]
    if upload then
      value.part.blob = store:revive(value.part.blob)
      used[value.part.blob.id] = true
      upload.parts[value.part.number] = value.part
    end
  end
  world.s3 = state
  return used
end

--- The bucket of a request; refuses when there is none or its owner is another account.
---@param world moonrock.emulator.World
---@param params table
---@return moonrock.emulator.Bucket
function M.bucket(world, params)
  local bucket = world.s3.buckets[params.Bucket]
  if not bucket then
    refuse("NoSuchBucket", "The specified bucket does not exist", { fields = { BucketName = params.Bucket } })
  end
  if params.ExpectedBucketOwner and params.ExpectedBucketOwner ~= world.account then
    refuse("AccessDenied", "Access Denied")
  end
  return bucket
end

--- The object of a key; refuses when there is none.
function M.entry(bucket, key)
  local entry = bucket.objects[key]
  if not entry then
    refuse("NoSuchKey", "The specified key does not exist.", { fields = { Key = key } })
  end
  return entry
end

--- Keys of a bucket in byte order.
---@param bucket moonrock.emulator.Bucket
---@return string[]
function M.keys(bucket)
  if not bucket.sorted then
    local keys = {}
    for key in pairs(bucket.objects) do keys[#keys + 1] = key end
    table.sort(keys) -- the C locale's order, which is that of bytes
    bucket.sorted = keys
  end
  return bucket.sorted
end

--- Whether a text holds characters that XML 1.0 cannot carry.
function M.beyond_xml(text)
  return text:find "[%z\1-\8\11\12\14-\31]" ~= nil or text:find "\xEF\xBF[\xBE\xBF]" ~= nil
end

--- A key that S3 would take.  S3 takes control characters too, but then its own documents are no
--- XML; here such keys are refused.
function M.check_key(key)
  if M.beyond_xml(key) then
    refuse("NotImplemented", "Keys with characters that XML 1.0 cannot carry are not implemented in the rehearsal.")
  end
  if #key > 1024 then
    refuse("KeyTooLongError", "Your key is too long",
      { fields = { Size = tostring(#key), MaxSizeAllowed = "1024" } })
  end
end

--- A label for a new blob: unique within the run and repeatable with the seed.
function M.label(world, bucket, key)
  world.s3.serial = world.s3.serial + 1
  return ("%s/%d/%d/%s/%s"):format(world.seed, world.boot, world.s3.serial, bucket.name, key)
end

--- Puts an object in place of the one before.  `check(old)` may refuse; it and the commit are one
--- step for every other writer of the key.
---@param world moonrock.emulator.World
---@param bucket moonrock.emulator.Bucket
---@param entry moonrock.emulator.Entry
---@param check fun(old: moonrock.emulator.Entry|nil)|nil
function M.write(world, bucket, entry, check)
  local store = world.store
  local name = object_name(bucket, entry.key)
  store:locked(name, function()
    local old = bucket.objects[entry.key]
    if check then
      local ok, err = pcall(check, old)
      if not ok then
        store:drop(entry.blob)
        error(err, 0)
      end
    end
    if world.s3.buckets[bucket.name] ~= bucket then
      store:drop(entry.blob)
      refuse("NoSuchBucket", "The specified bucket does not exist", { fields = { BucketName = bucket.name } })
    end
    if not old then bucket.sorted = nil end
    if store.folder then
      local kept = {}
      for k, v in pairs(entry) do kept[k] = v end
      kept.blob = store:describe(entry.blob)
      store:save("object", name, { bucket = bucket.name, entry = kept })
    end
    bucket.objects[entry.key] = entry
    if not old then bucket.sorted = nil end
    if old and old.blob ~= entry.blob then store:drop(old.blob) end
  end)
end

--- Changes facts of an object that stays where it is (its tags).
function M.update(world, bucket, key, change)
  local name = object_name(bucket, key)
  return world.store:locked(name, function()
    local entry = M.entry(bucket, key)
    change(entry)
    if world.store.folder then
      local kept = {}
      for k, v in pairs(entry) do kept[k] = v end
      kept.blob = world.store:describe(entry.blob)
      world.store:save("object", name, { bucket = bucket.name, entry = kept })
    end
  end)
end

--- Removes an object; `check(old)` may refuse.  An absent one is no error.
function M.delete(world, bucket, key, check)
  local store = world.store
  local name = object_name(bucket, key)
  store:locked(name, function()
    local old = bucket.objects[key]
    if check then check(old) end
    if not old then return end
    store:remove("object", name)
    bucket.objects[key] = nil
    bucket.sorted = nil
    store:drop(old.blob)
  end)
end

return M
