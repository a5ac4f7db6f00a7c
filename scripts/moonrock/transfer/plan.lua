-- SPDX-License-Identifier: MIT
-- transfer/plan.lua -- what s3:sync would have to do: both sides listed, checked and compared.
-- S3 tells times in whole seconds, so times are compared in whole seconds; where time cannot tell (a
-- file from the future, an object that is newer since it came from here) checksums do.
-- The target is listed before the source: what appears on both sides meanwhile is never taken for
-- something that the source lacks.

local checksum = require "moonrock.aws.checksum"
local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local walker = require "moonrock.transfer.walk"
local fs = require "moonrock.fs"
local part = require "moonrock.part"
local system = require "moonrock.system"
local tables = require "moonrock.tables"
local tasks = require "moonrock.tasks"
local time = require "moonrock.time"
local transfer = require "moonrock.transfer"

local M = {}

local list_extras = tables.set "RequestPayer ExpectedBucketOwner"
local head_extras = tables.set
  "RequestPayer ExpectedBucketOwner SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5"

-- The two sides -----------------------------------------------------------------------------------

-- The objects by relative path, as { size =, time = } with seconds since 1970; an empty object whose
-- key ends with "/" only marks a folder.
local function list_objects(client, job)
  local objects, prefix = {}, job.place.prefix
  for object in client:each("list_objects_v2", transfer.params_of(job.extra, list_extras, { Bucket = job.place.bucket,
      Prefix = prefix })) do
    local path = object.Key:sub(#prefix + 1)
    local marks = (path == "" or path:sub(-1) == "/") and (object.Size == 0 or job.up)
    if not marks and job.takes(path) then
      objects[path] = { size = object.Size, time = object.LastModified }
    end
  end
  return objects
end

-- Is the folder there?  That of an upload must be: one that is missing is no empty one.
local function has_folder(job)
  local info, err = fs.stat(job.folder)
  if info and info.type == "directory" then
    return true
  elseif info then
    errors.raise { code = "ENOTDIR", message = string.format("%s is no folder", job.folder),
      hint = "s3:upload_file and s3:download_file take single files" }
  elseif err.code ~= "ENOENT" then
    error(err, 0)
  elseif job.up then
    errors.raise { code = "ENOENT", message = string.format("the folder %s does not exist", job.folder),
      hint = "nothing was changed, and nothing deleted", cause = err }
  end
  return false
end

local function walk_folder(job)
  return has_folder(job) and walker.walk(job.base, job.takes, job.leaves_out) or walker.nothing(job.base)
end

-- The first folder of the path that is itself a file to be written.
local function file_above(path, files)
  local folder = path:match "^(.*)/[^/]*$"
  while folder and folder ~= "" do
    if files[folder] then
      return folder
    end
    folder = folder:match "^(.*)/[^/]*$"
  end
end

-- Every key is looked at before the first is fetched.
local function check_keys(job, objects, walk)
  local unsafe = {}
  for _, path in ipairs(tables.keys(objects)) do
    local problem = walker.name_problem(path)
    local above = not problem and file_above(path, objects)
    problem = problem or above and string.format("%q is a key too, and cannot be a folder and a file", above)
      or walk:place_problem(path)
    if problem then
      unsafe[#unsafe + 1] = { path = path, key = job.place.prefix .. path, reason = problem }
    end
  end
  if #unsafe > 0 then
    errors.raise {
      code = "UnsafeKey", retryable = false, keys = unsafe,
      message = string.format("%d %s below s3://%s/%s cannot be a file below %s%s: %q: %s", #unsafe,
        #unsafe == 1 and "key" or "keys", job.place.bucket, job.place.prefix, job.folder,
        #unsafe == 1 and "" or "; the first", unsafe[1].key, unsafe[1].reason),
      hint = "nothing was transferred; exclude such keys, or fetch them with download_file",
    }
  end
end

-- The target first: see above.
local function list_both(client, job)
  local walk, objects
  if job.up then
    has_folder(job)
    objects = list_objects(client, job)
    walk = walk_folder(job)
  else
    walk = walk_folder(job)
    objects = list_objects(client, job)
    check_keys(job, objects, walk)
  end
  for _, failure in ipairs(walk.failures) do
    job:fail(failure.path, failure.error)
  end
  return walk, objects
end

-- The plan ----------------------------------------------------------------------------------------

local function whole_second(seconds)
  return seconds and seconds // 1 or -math.huge
end

-- Why an object and a file are to be taken for different; "ask" where only their bytes can tell.
local function difference(job, file, object)
  if file.size ~= object.size then
    return "size"
  elseif job.compare == "size" then
    return nil
  elseif job.compare == "checksum" then
    return "ask"
  end
  local here, there = whole_second(file.mtime), whole_second(object.time)
  if here == there then
    return nil
  elseif file.mtime > job.now then
    return "ask"
  elseif job.up then
    return here > there and "newer" or nil
  end
  -- Every object that was uploaded from here is newer than its file.
  return there > here and "ask" or nil
end

-- nil where the object has no checksum of the whole.
local function has_same_bytes(client, job, path, size)
  local head = client:head_object(transfer.params_of(job.extra, head_extras, { Bucket = job.place.bucket,
    Key = job.place.prefix .. path, ChecksumMode = "ENABLED" }))
  local headers = head.ResponseMetadata.HTTPHeaders
  local algorithm, expected = checksum.of_reply(function(name) return headers[name] end)
  if not algorithm then
    return nil
  end
  local digest, err = part.digest(job.base .. path, 0, size, algorithm:lower())
  if not digest then
    error(err, 0)
  end
  return crypto.base64_encode(digest) == expected
end

local function verdict(job, path, file, same)
  if same then
    return nil
  elseif job.compare == "checksum" then
    return "checksum"
  elseif file.mtime <= job.now then
    return "newer"
  elseif same == false then
    return "checksum"
  end
  -- No upload would make the object as new as the file: it would go up every time.
  system.log("warn", string.format("%s%s has a time in the future, and its object no checksum of the whole: "
    .. "they are taken for equal, as their sizes are", job.base, path))
  return nil
end

local function compare_all(client, job, files, objects)
  local whys, asked = {}, {}
  for path, file in pairs(files) do
    whys[path] = objects[path] and difference(job, file, objects[path])
    if whys[path] == "ask" then
      asked[#asked + 1] = path
    end
  end
  table.sort(asked)
  local answers, problems = tasks.map(asked, function(path)
    return verdict(job, path, files[path], has_same_bytes(client, job, path, files[path].size))
  end, { concurrency = job.concurrency, errors = "collect" })
  for index, path in ipairs(asked) do
    whys[path] = answers[index]
    if problems[index] ~= nil then
      job:fail(path, problems[index])
    end
  end
  return whys
end

---What is to be done, in the order of the relative paths, and how much is as it should be.  What could
---not be looked at is in job.failures.
---@async
---@param client table an S3 client
---@param job table of sync.lua
---@return moonrock.SyncAction[] plan
---@return integer unchanged
function M.make(client, job)
  job.now = time.now()
  local walk, objects = list_both(client, job)
  local files = walk.files
  local whys = compare_all(client, job, files, objects)
  local source, target = job.up and files or objects, job.up and objects or files
  local plan, unchanged = {}, 0
  local function add(action, path, size, why)
    plan[#plan + 1] = { action = action, path = path, key = job.place.prefix .. path, size = size, why = why }
  end
  for path, from in pairs(source) do
    if not target[path] then
      add(job.up and "upload" or "download", path, from.size, "new")
    elseif whys[path] then
      add(job.up and "upload" or "download", path, from.size, whys[path])
    elseif not job.failed[path] then
      unchanged = unchanged + 1
    end
  end
  for path, to in pairs(job.delete and target or {}) do
    -- What the walk left out is there, though it is no file; what lies outside is not the folder's.
    if not source[path] and not walk.skipped[path] and (job.up or not walk:is_outside(path)) then
      add("delete", path, to.size, "gone")
    end
  end
  table.sort(plan, function(a, b) return a.path < b.path end)
  return plan, unchanged
end

return M
