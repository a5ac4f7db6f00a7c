-- SPDX-License-Identifier: MIT
-- emulator.s3: the operations on buckets, and the table of all operations of S3.
-- Rules: S3 API reference of CreateBucket, HeadBucket, GetBucketLocation, ListBuckets and
-- "Bucket naming rules" (2026-08-31).  There is one account, so BucketAlreadyExists (another
-- account's bucket) never comes.

local integrity = require "moonrock.emulator.integrity"
local list = require "moonrock.emulator.s3_list"
local multipart = require "moonrock.emulator.s3_multipart"
local object = require "moonrock.emulator.s3_object"
local refuse = require "moonrock.emulator.refuse".refuse
local state = require "moonrock.emulator.s3_state"
local tables = require "moonrock.tables"

local M = {}

local function check_name(name)
  local ok = #name >= 3 and #name <= 63 and name:find "^[a-z0-9][a-z0-9.-]*[a-z0-9]$"
    and not name:find("..", 1, true) and not name:find "^%d+%.%d+%.%d+%.%d+$"
    and not name:find "^xn%-%-" and not name:find "^sthree%-" and not name:find "^amzn%-s3%-demo%-$"
    and not name:find "%-s3alias$" and not name:find "%-%-ol%-s3$" and not name:find "%.mrap$"
    and not name:find "%-%-x%-s3$"
  if not ok then
    refuse("InvalidBucketName", "The specified bucket is not valid.", { fields = { BucketName = name } })
  end
end

local operations = {}

function operations.CreateBucket(world, call, params)
  check_name(params.Bucket)
  local wanted = params.CreateBucketConfiguration and params.CreateBucketConfiguration.LocationConstraint
  local endpoint = call.region
  if endpoint == "us-east-1" then
    -- The constraint us-east-1 itself is not one: S3 wants the element left out.
    if wanted == "us-east-1" or wanted and wanted ~= "EU" and not wanted:find("^%l+%-%l[%l-]*%-%d+$") then
      refuse("InvalidLocationConstraint", "The specified location-constraint is not valid",
        { fields = { LocationConstraint = wanted } })
    end
  elseif not wanted then
    refuse("IllegalLocationConstraintException", "The unspecified location constraint is incompatible for the "
      .. "region specific endpoint this request was sent to.")
  elseif wanted ~= endpoint and not (wanted == "EU" and endpoint == "eu-west-1") then
    refuse("IllegalLocationConstraintException", ("The %s location constraint is incompatible for the region "
      .. "specific endpoint this request was sent to."):format(wanted))
  end
  local region = wanted == "EU" and "eu-west-1" or wanted or "us-east-1"
  local old = world.s3.buckets[params.Bucket]
  if old then
    -- In us-east-1 a repeated creation of one's own bucket is a success, for old times' sake.
    if old.region == "us-east-1" and region == "us-east-1" then return { Location = "/" .. old.name } end
    refuse("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already "
      .. "own it.",
      { fields = { BucketName = old.name } })
  end
  local bucket = state.new_bucket { name = params.Bucket, region = region, created = world:now() // 1 | 0 }
  world.s3.buckets[bucket.name] = bucket
  state.save_bucket(world, bucket)
  world.bill:add("put", nil, 1)
  if region == "us-east-1" then return { Location = "/" .. bucket.name } end
  return { Location = ("http://%s.s3.amazonaws.com/"):format(bucket.name) }
end

function operations.HeadBucket(world, _, params)
  local bucket = state.bucket(world, params)
  world.bill:add("get", nil, 1)
  return { BucketRegion = bucket.region, AccessPointAlias = false }
end

function operations.GetBucketLocation(world, _, params)
  local bucket = state.bucket(world, params)
  world.bill:add("get", nil, 1)
  -- Empty stands for us-east-1.
  return { LocationConstraint = bucket.region ~= "us-east-1" and bucket.region or nil }
end

function operations.PutBucketVersioning(world, call, params)
  local bucket = state.bucket(world, params)
  integrity.check(call.request, call.trailers, call.body)
  local wanted = params.VersioningConfiguration
  if wanted.MFADelete == "Enabled" then
    refuse("NotImplemented", "MFA delete is not implemented in the rehearsal.")
  elseif not wanted.Status then
    refuse("IllegalVersioningConfigurationException",
      "The Versioning element must be specified")
  end
  bucket.versioning = wanted.Status
  state.save_bucket(world, bucket)
  world.bill:add("put", nil, 1)
  return {}
end

function operations.GetBucketVersioning(world, _, params)
  local bucket = state.bucket(world, params)
  world.bill:add("get", nil, 1)
  return { Status = bucket.versioning }
end

function operations.DeleteBucket(world, _, params)
  local bucket = state.bucket(world, params)
  if next(bucket.objects) or next(bucket.history) then
    refuse("BucketNotEmpty", "The bucket you tried to delete is not empty", { fields = { BucketName = bucket.name } })
  end
  world.s3.buckets[bucket.name] = nil
  world.store:remove("bucket", bucket.name)
  -- S3 lets a bucket with unfinished uploads go, and they go with it.
  for _, id in ipairs(tables.keys(bucket.uploads)) do multipart.forget(world, bucket, bucket.uploads[id]) end
  return {}
end

function operations.ListBuckets(world, _, params)
  local names = {}
  for name, bucket in pairs(world.s3.buckets) do
    local fits = (not params.Prefix or name:sub(1, #params.Prefix) == params.Prefix)
      and (not params.BucketRegion or bucket.region == params.BucketRegion)
      and (not params.ContinuationToken or name > params.ContinuationToken)
    if fits then names[#names + 1] = name end
  end
  table.sort(names)
  local limit = params.MaxBuckets or 10000
  local found = {}
  for i = 1, math.min(limit, #names) do
    local bucket = world.s3.buckets[names[i]]
    found[i] = { Name = bucket.name, CreationDate = bucket.created, BucketRegion = bucket.region }
  end
  world.bill:add("get", nil, 1)
  return {
    Buckets = found, Owner = { ID = world.account, DisplayName = "rehearsal" }, Prefix = params.Prefix,
    ContinuationToken = #names > #found and names[#found] or nil,
  }
end

M.operations = operations
for _, part in ipairs { object, multipart, list } do
  for name, value in pairs(part) do
    if name:find "^%u" then operations[name] = value end -- operations are CamelCase, helpers are not
  end
end

return M
