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
---@field blob moonrock.emulator.Blob|nil nil for a delete marker
---@field marker boolean|nil a delete marker
---@field version string|nil version id; nil is the version "null"
---@field order integer later writes have greater ones

---@class moonrock.emulator.Bucket
---@field name string
---@field region string
---@field created integer
---@field objects table<string, moonrock.emulator.Entry> the newest of each key, unless a marker
---@field versioning "Enabled"|"Suspended"|nil
---@field history table<string, moonrock.emulator.Entry[]> newest first, where there is more to know
---@field uploads table<string, table>
---@field sorted string[]|nil keys in byte order, when known

local function object_name(bucket, key) return bucket.name .. "/" .. key end

-- A version has a record of its own; the version "null" is replaced in place.
local function record_name(bucket, entry)
  return object_name(bucket, entry.key) .. (entry.version and "\0" .. entry.version or "")
end

local function save_entry(world, bucket, entry)
  if not world.store.folder then return end
  local kept = {}
  for k, v in pairs(entry) do kept[k] = v end
  kept.blob = entry.blob and world.store:describe(entry.blob)
  world.store:save("object", record_name(bucket, entry), { bucket = bucket.name, entry = kept })
end

-- After a change of a key's history: what the key shows now.
local function show_newest(bucket, key)
  local history = bucket.history[key]
  local newest = history[1]
  if not newest then bucket.history[key] = nil end
  bucket.objects[key] = newest and not newest.marker and newest or nil
  bucket.sorted = nil
end

--- A bucket without anything in it.
function M.new_bucket(facts)
  return { name = facts.name, region = facts.region, created = facts.created, versioning = facts.versioning,
    objects = {}, history = {}, uploads = {} }
end

--- Saves the facts of a bucket.
function M.save_bucket(world, bucket)
  world.store:save("bucket", bucket.name, { name = bucket.name, region = bucket.region, created = bucket.created,
    versioning = bucket.versioning })
end

local function load_objects(world, state, used)
  for _, record in ipairs(world.store:load "object") do
    local bucket, entry = state.buckets[record.value.bucket], record.value.entry
    if bucket then
      if entry.blob then
        entry.blob = world.store:revive(entry.blob)
        used[entry.blob.id] = true
      end
      local history = bucket.history[entry.key] or {}
      bucket.history[entry.key] = history
      history[#history + 1] = entry
    end
  end
  for _, bucket in pairs(state.buckets) do
    for key, history in pairs(bucket.history) do
      table.sort(history, function(a, b) return a.order > b.order end)
      show_newest(bucket, key)
      if #history == 1 and not history[1].version and not history[1].marker then bucket.history[key] = nil end
    end
  end
end

--- The state of S3 in a world, loaded from its folder when there is one.
---@param world moonrock.emulator.World
function M.open(world)
  local store, used = world.store, {}
  local state = { buckets = {}, serial = 0 }
  for _, record in ipairs(store:load "bucket") do state.buckets[record.name] = M.new_bucket(record.value) end
  load_objects(world, state, used)
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

local function version_header(entry) return { "x-amz-version-id", entry.version or "null" } end

--- The object of a key, or the version of it; refuses when there is none or it is a marker.
---@param version string|nil a version id, "null" for the one without
---@return moonrock.emulator.Entry
function M.entry(bucket, key, version)
  local history = bucket.history[key]
  if version and version ~= "" then
    for _, entry in ipairs(history or { bucket.objects[key] }) do
      if (entry.version or "null") == version then
        if entry.marker then
          refuse("MethodNotAllowed", "The specified method is not allowed against this resource.",
            { fields = { Method = "GET", ResourceType = "DeleteMarker" },
              headers = { { "x-amz-delete-marker", "true" }, version_header(entry) } })
        end
        return entry
      end
    end
    refuse("NoSuchVersion", "The specified version does not exist.", { fields = { Key = key, VersionId = version } })
  end
  local entry = bucket.objects[key]
  if not entry then
    local marker = history and history[1]
    refuse("NoSuchKey", "The specified key does not exist.", { fields = { Key = key },
      headers = marker and { { "x-amz-delete-marker", "true" }, version_header(marker) } or nil })
  end
  return entry
end

--- The version id that a reply about an entry carries: none where versioning was never on.
function M.version_id(bucket, entry)
  return bucket.versioning and (entry.version or "null") or nil
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

-- Where the version "null" stands in a history.
local function null_index(history)
  for i, entry in ipairs(history) do
    if not entry.version then return i end
  end
end

-- Makes an entry (or a marker) the newest of its key.  Under the key's lock.
local function place(world, bucket, entry)
  local key, old = entry.key, bucket.objects[entry.key]
  world.s3.serial = world.s3.serial + 1
  entry.order = world.boot << 40 | world.s3.serial
  local replaced, history = old, nil
  if bucket.versioning then
    history = bucket.history[key] or { old }
    if bucket.versioning == "Enabled" then entry.version = world:id(32) end
    replaced = not entry.version and history[null_index(history) or 0] or nil
  end
  save_entry(world, bucket, entry)
  if history then
    if replaced then table.remove(history, null_index(history)) end
    table.insert(history, 1, entry)
    bucket.history[key] = history
    show_newest(bucket, key)
  else
    bucket.objects[key] = entry
    if not old then bucket.sorted = nil end
  end
  if replaced and replaced.blob ~= entry.blob then world.store:drop(replaced.blob) end
end

--- Puts an object in place of the one before.  `check(old)` may refuse; it and the commit are one
--- step for every other writer of the key.
---@param world moonrock.emulator.World
---@param bucket moonrock.emulator.Bucket
---@param entry moonrock.emulator.Entry
---@param check fun(old: moonrock.emulator.Entry|nil)|nil
function M.write(world, bucket, entry, check)
  local store = world.store
  store:locked(object_name(bucket, entry.key), function()
    local ok, err = pcall(function()
      if check then check(bucket.objects[entry.key]) end
      if world.s3.buckets[bucket.name] ~= bucket then
        refuse("NoSuchBucket", "The specified bucket does not exist", { fields = { BucketName = bucket.name } })
      end
    end)
    if not ok then
      store:drop(entry.blob)
      error(err, 0)
    end
    place(world, bucket, entry)
  end)
end

--- Changes facts of an object that stays where it is (its tags).
---@return moonrock.emulator.Entry
function M.update(world, bucket, key, version, change)
  return world.store:locked(object_name(bucket, key), function()
    local entry = M.entry(bucket, key, version)
    change(entry)
    save_entry(world, bucket, entry)
    return entry
  end)
end

local function remove_version(world, bucket, key, version)
  local history = bucket.history[key] or { bucket.objects[key] }
  for i, entry in ipairs(history) do
    if (entry.version or "null") == version then
      world.store:remove("object", record_name(bucket, entry))
      table.remove(history, i)
      bucket.history[key] = history
      show_newest(bucket, key)
      world.store:drop(entry.blob)
      return entry
    end
  end
end

--- Removes an object, or one version of it; with versioning on, the first only hides it behind a
--- delete marker.  `check(old)` may refuse.  An absent one is no error.
---@return moonrock.emulator.Entry|nil entry the marker that was made, or the version that was removed
function M.delete(world, bucket, key, version, check)
  return world.store:locked(object_name(bucket, key), function()
    local old = bucket.objects[key]
    if check then check(old) end
    if version and version ~= "" then return remove_version(world, bucket, key, version) end
    if bucket.versioning then
      local marker = { key = key, marker = true, size = 0, modified = world:now() // 1 | 0 }
      place(world, bucket, marker)
      return marker
    end
    if old then remove_version(world, bucket, key, "null") end
  end)
end

--- All keys of a bucket that have any version, in byte order.
---@return string[]
function M.versioned_keys(bucket)
  local keys = {}
  for key in pairs(bucket.objects) do keys[#keys + 1] = key end
  for key in pairs(bucket.history) do
    if not bucket.objects[key] then keys[#keys + 1] = key end
  end
  table.sort(keys)
  return keys
end

return M
