-- SPDX-License-Identifier: MIT
-- transfer -- what all transfers of an S3 client have in common: options, parameters, sizes of parts.
-- upload.lua and stream.lua send, parts.lua is how they do it in parts; download.lua fetches.

local checksum = require "moonrock.aws.checksum"
local errors = require "moonrock.error"
local tables = require "moonrock.tables"

local M = {}

---@class moonrock.TransferOptions sizes in bytes
---@field extra_args? table parameters of the operation, as boto3's ExtraArgs
---@field on_progress? fun(done: integer, total: integer|nil)
---@field threshold? integer from this size on in parts (8 MiB)
---@field part_size? integer 5 MiB to 5 GiB (8 MiB; more where 10,000 parts would not do)
---@field concurrency? integer parts at once (10)
---@field checksum_algorithm? string "CRC32", ... (that of the client: CRC64NVME)
---@field resume? boolean upload_file: goes on with what an earlier process began, and leaves what it
---  could not finish for the next one
---@field remote_time? boolean download_file: the file gets the time at which the object was last modified

local MiB = 1024 * 1024
local GiB = 1024 * MiB
local defaults = {
  threshold = 8 * MiB, -- from this size on in parts
  part_size = 8 * MiB,
  concurrency = 10,
}
local smallest_part, most_parts = 5 * MiB, 10000
M.largest_part = 5 * GiB

local known_options = {
  extra_args = "table", on_progress = "function", threshold = "count", part_size = "count", concurrency = "count",
  checksum_algorithm = "string",
}

local own_options = {
  upload_file = { resume = "boolean" }, download_file = { remote_time = "boolean" }, upload_fileobj = {},
}

---The options of a transfer, checked, with defaults.
---@param opts moonrock.TransferOptions|nil
---@param where "upload_file"|"upload_fileobj"|"download_file" for messages, and for what it knows
---@return table a new one: a transfer adds its own fields to it
function M.options(opts, where)
  opts = tables.check_options(opts, tables.copy(known_options, own_options[where]), where)
  local out = {}
  for name, default in pairs(defaults) do
    out[name] = opts[name] or default
  end
  if out.part_size < smallest_part or out.part_size > M.largest_part then
    errors.raise { code = "ParamValidation", message = string.format(
      "option part_size of %s must lie between 5 MiB and 5 GiB, got %d bytes", where, out.part_size) }
  end
  out.extra = opts.extra_args or {}
  out.checksum_algorithm = opts.checksum_algorithm
  out.resume, out.remote_time = opts.resume, opts.remote_time
  out.on_progress = opts.on_progress or function() end
  return out
end

function M.check_name(value, what)
  if type(value) ~= "string" or value == "" then
    errors.raise {
      code = "ParamValidation",
      message = string.format("%s must be a non-empty string, got %s", what, value == "" and '""' or type(value)),
    }
  end
end

---`extra`, limited to some names, with what every call of the transfer carries.
---@param extra table
---@param names table<string, true>|nil nil for all
---@param more table
---@return table
function M.params_of(extra, names, more)
  local out = {}
  for name, value in pairs(extra) do
    if not names or names[name] then
      out[name] = value
    end
  end
  return tables.copy(out, more)
end

local function round_up(n, unit)
  return (n + unit - 1) // unit * unit
end

---The size of parts for a file: at least `least`, and no more than 10,000 of them.
---@param size integer
---@param least integer
function M.part_size(size, least)
  return math.max(least, round_up((size + most_parts - 1) // most_parts, MiB))
end

---The checksum algorithm of an upload; nil for none.
function M.algorithm(job, config)
  local algorithm = job.checksum_algorithm or job.extra.ChecksumAlgorithm
  if not algorithm and config.request_checksums == "when_supported" then
    algorithm = config.checksum_algorithm
  end
  if algorithm == nil or tables.contains(checksum.algorithms, algorithm) then
    return algorithm
  end
  errors.raise {
    code = "ParamValidation",
    message = string.format("checksum algorithm %s cannot be computed here; use one of %s", tostring(algorithm),
      table.concat(checksum.algorithms, ", ")),
  }
end

return M
