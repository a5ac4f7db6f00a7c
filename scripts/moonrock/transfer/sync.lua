-- SPDX-License-Identifier: MIT
-- transfer/sync.lua -- s3:sync: a folder and the objects below a prefix, made the same in one direction.
-- There is a plan (plan.lua), then what it needs is transferred, and only when all of that has
-- succeeded is anything deleted.  What fails is kept for the end, and stops nothing but the deletions.

local errors = require "moonrock.error"
local planner = require "moonrock.transfer.plan"
local fs = require "moonrock.fs"
local glob = require "moonrock.transfer.glob"
local tables = require "moonrock.tables"
local tasks = require "moonrock.tasks"
local transfer = require "moonrock.transfer"

local M = {}

---@class moonrock.SyncOptions
---@field delete? boolean remove at the target what the source lacks, when every transfer has succeeded
---@field dry_run? boolean change nothing; the result tells what would be done
---@field compare? "time"|"size"|"checksum" what tells a file that changed from one that did not: "time" (default)
---  another size or a newer source (one that is newer for having been uploaded, or in the future, only with
---  another checksum), "size" that alone, "checksum" another size or checksum
---@field include? string[] globs of relative paths: `*` within a name, `**` across "/", `?`; default: all
---@field exclude? string[] globs of what is left alone on both sides, though it be included
---@field concurrency? integer files at once (10)
---@field on_progress? fun(done: integer, total: integer) in bytes
---@field extra_args? table parameters of the operations, as upload_file and download_file take them
---@field part_size? integer as upload_file takes it; threshold and checksum_algorithm too
---@field threshold? integer
---@field checksum_algorithm? string

---@class moonrock.SyncAction
---@field action "upload"|"download"|"delete"
---@field path string relative to the folder
---@field key string
---@field size integer in bytes
---@field why "new"|"size"|"newer"|"checksum"|"gone"

---@class moonrock.SyncResult
---@field transferred integer files
---@field unchanged integer
---@field deleted integer
---@field bytes integer that were transferred
---@field actions moonrock.SyncAction[] in the order of the relative paths

local known_options = {
  delete = "boolean", dry_run = "boolean", compare = "string", include = "table", exclude = "table",
  concurrency = "count", on_progress = "function", extra_args = "table", part_size = "count",
  threshold = "count", checksum_algorithm = "string",
}
local comparisons = { "time", "size", "checksum" }
local delete_extras = tables.set "RequestPayer ExpectedBucketOwner MFA BypassGovernanceRetention"
local delete_batch = 1000 -- objects of one request

-- What was asked ----------------------------------------------------------------------------------

local function refuse(message, hint)
  errors.raise { code = "ParamValidation", message = message, hint = hint, retryable = false }
end

local function place_of(text)
  if not text:find "^s3://" then
    return nil
  end
  local bucket, prefix = text:match "^s3://(arn:.-:accesspoint[:/][^/]+)/?(.*)$"
  if not bucket then
    bucket, prefix = text:match "^s3://([^/]+)/?(.*)$"
  end
  if not bucket then
    refuse(string.format("%q names no bucket", text), "write s3://bucket or s3://bucket/prefix")
  end
  if prefix ~= "" and prefix:sub(-1) ~= "/" then
    prefix = prefix .. "/"
  end
  return { bucket = bucket, prefix = prefix }
end

local function check_side(name, side)
  if type(side) ~= "string" or side == "" then
    refuse(string.format("%s of sync(from, to) must be a folder or s3://bucket/prefix, got %s", name,
      side == "" and '""' or type(side)))
  end
end

local function sides(from, to)
  check_side("from", from)
  check_side("to", to)
  local source, target = place_of(from), place_of(to)
  if source and target then
    refuse("sync has S3 on both sides; one of them must be a local folder",
      "s3:copy_object copies objects within S3; or sync down into a folder, and up from it")
  elseif not source and not target then
    refuse("sync has local folders on both sides; one of them must be s3://bucket/prefix",
      string.format("write s3://%s if that is a bucket", to))
  end
  return source, target
end

local function check_compare(compare)
  if compare and not tables.contains(comparisons, compare) then
    refuse(string.format("option compare of sync must be \"time\", \"size\" or \"checksum\", got %q", compare))
  end
  return compare or "time"
end

-- The work ----------------------------------------------------------------------------------------

-- Each transfer tells of its own bytes; this adds them up.
local function counter(job, actions)
  local total, done = 0, 0
  for _, action in ipairs(actions) do
    total = total + action.size
  end
  local tell = job.on_progress
  if not tell then
    return function() end
  end
  tell(0, total)
  return function(action)
    local seen, size = 0, action.size
    return function(now, of)
      done, seen = done + now - seen, now
      total, size = total + of - size, of
      tell(done, total)
    end
  end
end

local function make_folder(job, folder)
  if not job.made[folder] then
    local ok, err = fs.mkdir(folder)
    if not ok then
      error(err, 0)
    end
    job.made[folder] = true
  end
end

local function transfer_one(client, job, action, on_progress)
  local opts = tables.copy(job.transfer, { on_progress = on_progress })
  local path = job.base .. action.path
  if action.action == "upload" then
    return client:upload_file(path, job.place.bucket, action.key, opts)
  end
  make_folder(job, path:match "^.*/")
  opts.remote_time = true
  return client:download_file(job.place.bucket, action.key, path, opts)
end

-- Gives the number of transfers that succeeded, and of their bytes.
local function transfer_all(client, job, actions)
  local count, bytes = 0, 0
  local progress_of = counter(job, actions)
  local results, problems = tasks.map(actions, function(action)
    return transfer_one(client, job, action, progress_of(action)).size
  end, { concurrency = job.concurrency, errors = "collect" })
  for index, action in ipairs(actions) do
    if results[index] then
      count, bytes = count + 1, bytes + results[index]
    else
      job:fail(action.path, problems[index])
    end
  end
  return count, bytes
end

local function delete_objects(client, job, actions)
  local count = 0
  for from = 1, #actions, delete_batch do
    local batch = table.move(actions, from, math.min(from + delete_batch - 1, #actions), 1, {})
    local objects = {}
    for index, action in ipairs(batch) do
      objects[index] = { Key = action.key }
    end
    local reply, err = errors.try(client.delete_objects, client, transfer.params_of(job.extra, delete_extras,
      { Bucket = job.place.bucket, Delete = { Objects = objects, Quiet = true } }))
    local refused = {}
    for _, problem in ipairs(reply and reply.Errors or {}) do
      refused[problem.Key] = errors.new { code = problem.Code or "DeleteFailed", service = "s3",
        message = problem.Message or "the object was not deleted", operation = "delete_objects" }
    end
    for _, action in ipairs(batch) do
      local problem = not reply and err or refused[action.key]
      if problem then
        job:fail(action.path, problem)
      else
        count = count + 1
      end
    end
  end
  return count
end

local function delete_files(_, job, actions)
  local count = 0
  for _, action in ipairs(actions) do
    local ok, err = fs.remove(job.base .. action.path)
    if ok or err.code == "ENOENT" then
      count = count + 1
    else
      job:fail(action.path, err)
    end
  end
  return count
end

local Job = {}
Job.__index = Job

function Job:fail(path, err)
  self.failed[path] = true
  self.failures[#self.failures + 1] = { path = path, key = self.place.prefix .. path, error = err }
end

-- What went wrong is told once all else is done.
function Job:check(result)
  local failures = self.failures
  if #failures == 0 then
    return
  end
  table.sort(failures, function(a, b) return a.path < b.path end)
  local first = failures[1]
  errors.raise {
    code = "SyncFailed", failures = failures, result = result, cause = first.error,
    message = string.format("%d %s between %s and s3://%s/%s%s: %s: %s", #failures,
      #failures == 1 and "file could not be synchronized" or "files could not be synchronized", self.folder,
      self.place.bucket, self.place.prefix, #failures == 1 and "" or "; the first",
      first.path == "" and self.folder or first.path, tostring(first.error)),
    hint = "run it again: what was transferred stays, and only the rest is sent; nothing is deleted before that",
  }
end

local function new_job(from, to, opts)
  opts = tables.check_options(opts, known_options, "sync")
  local source, target = sides(from, to)
  local folder = target and from or to
  local takes, leaves_out = glob.filter(opts.include, opts.exclude)
  return setmetatable({
    up = target ~= nil, place = source or target, folder = folder, base = folder:gsub("/*$", "") .. "/",
    takes = takes, leaves_out = leaves_out, compare = check_compare(opts.compare), delete = opts.delete,
    concurrency = opts.concurrency or 10, on_progress = opts.on_progress, extra = opts.extra_args or {},
    transfer = { extra_args = opts.extra_args, part_size = opts.part_size, threshold = opts.threshold,
      checksum_algorithm = opts.checksum_algorithm },
    failed = {}, failures = {}, made = {},
  }, Job), opts
end

---The method sync of an S3 client; its documentation stands in s3.lua.
function M.sync(client, from, to, opts)
  local job
  job, opts = new_job(from, to, opts)
  local plan, unchanged = planner.make(client, job)
  local transfers, deletions, bytes = {}, {}, 0
  for _, action in ipairs(plan) do
    local list = action.action == "delete" and deletions or transfers
    list[#list + 1] = action
    bytes = bytes + (list == transfers and action.size or 0)
  end
  local result = { transferred = #transfers, deleted = #deletions, unchanged = unchanged, bytes = bytes,
    actions = plan }
  if not opts.dry_run then
    if not job.up then
      make_folder(job, job.base)
    end
    result.transferred, result.bytes = transfer_all(client, job, transfers)
    result.deleted = #job.failures == 0 and (job.up and delete_objects or delete_files)(client, job, deletions) or 0
  end
  job:check(result)
  return result
end

return M
