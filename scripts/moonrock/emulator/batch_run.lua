-- SPDX-License-Identifier: MIT
-- emulator.batch_run: the data of a batch job: input read from S3, answers, output and manifest.
-- Output places and line forms: user guide "Batch inference" and clients that read them
-- (2026-08-31).  Output comes in another order than input, as the guide warns; what is wrong with
-- one record is an error in its line, what is wrong with the files fails the job.  Which counts
-- are failures of the whole job is known from field reports, the texts are ours.

local crypto = require "moonrock.crypto"
local job_end = require "moonrock.emulator.job_end"
local json = require "moonrock.json"
local refusal = require "moonrock.emulator.refuse"
local runtime = require "moonrock.emulator.runtime"
local s3_state = require "moonrock.emulator.s3_state"
local state = require "moonrock.emulator.bedrock_state"

local note, refuse = refusal.note, refusal.refuse

local M = {}

local function bucket_of(world, region, uri, what)
  local name, key = state.split_uri(uri)
  local bucket = world.s3.buckets[name]
  if bucket and bucket.region == region then return bucket, key end
  local text = ("Amazon S3 perms missing (%s): Could not validate %s permissions to access S3 bucket: %s at key %s")
    :format(what, what, name, key)
  return nil, note(text, bucket and ("the bucket is in %s, the job in %s"):format(bucket.region, region)
    or "the bucket does not exist")
end

--- Refuses a job whose buckets are not there.
function M.check_places(world, region, input, output)
  for _, place in ipairs { { input, "GetObject" }, { output, "PutObject" } } do
    local bucket, text = bucket_of(world, region, place[1], place[2])
    if not bucket then refuse("ValidationException", text) end
  end
end

-- The input files: one object, or all objects below a folder whose names end in .jsonl.
local function input_files(world, job)
  local uri = job.inputDataConfig.s3InputDataConfig.s3Uri
  local bucket, key = bucket_of(world, job.region, uri, "GetObject")
  if not bucket then return nil, key end
  if bucket.objects[key] and key:find "%.jsonl$" then
    return { { name = key:match "([^/]+)$", entry = bucket.objects[key] } }
  end
  local folder = key == "" and "" or key:gsub("/$", "") .. "/"
  local files = {}
  for _, name in ipairs(s3_state.keys(bucket)) do
    if name:sub(1, #folder) == folder and name:find "%.jsonl$" then
      files[#files + 1] = { name = name:sub(#folder + 1), entry = bucket.objects[name] }
    end
  end
  if #files == 0 then
    return nil, ("The input %s is no file that ends in .jsonl, and no folder with such files."):format(uri)
  end
  return files
end

local function read(world, file)
  local store, blob = world.store, file.entry.blob
  store:pin(blob)
  local ok, data = pcall(store.read, store, blob)
  store:unpin(blob)
  if not ok then error(data, 0) end
  world.bill:add("get", nil, 1)
  return data
end

local function lines_of(text)
  return text:gmatch "[^\r\n]+"
end

-- One answered line, and the tokens; or the line of an error.
local function answer(world, target, job, line, serial)
  local record, err = json.decode(line, { ordered = true })
  local out, status, message = {}, nil, nil
  if type(record) ~= "table" or json.is_array(record) then
    status, message = 400, "The record is no valid JSON object" .. (err and ": " .. err.message or "")
  elseif type(record.modelInput) ~= "table" then
    status, message = 400, "modelInput: Field required"
  end
  local id = type(record) == "table" and record.recordId
  out.recordId = type(id) == "string" and id or ("MOONROCK%05d"):format(serial) -- the service invents one
  out.modelInput = type(record) == "table" and record.modelInput or nil
  if not status then
    local ok, output, input_tokens, output_tokens = pcall(runtime.batch_answer, world, target,
      job.modelInvocationType, json.encode(record.modelInput), job.region)
    if ok then
      out.modelOutput = json.decode(output)
      return out, input_tokens, output_tokens
    elseif not refusal.is(output) then
      error(output, 0)
    end
    status, message = output.status, output.message
  end
  out.error = { errorCode = status, errorMessage = message }
  return out, 0, 0
end

--- What the Validating phase finds: how many records, and what fails the job.
---@return integer records
---@return string|nil failure
function M.validate(world, job)
  local files, text = input_files(world, job)
  if not files then return 0, text end
  local limits = world.catalog:batch_limits(job.modelId)
  local records, bytes = 0, 0
  for _, file in ipairs(files) do
    bytes = bytes + file.entry.size
    if file.entry.size > limits.max_file_bytes then
      return 0, ("The input file %s has %d bytes, the maximum is %d."):format(file.name, file.entry.size,
        limits.max_file_bytes)
    end
    for _ in lines_of(read(world, file)) do records = records + 1 end
  end
  if records < limits.min_records then
    return records, ("The job has %d records, the minimum for this model is %d."):format(records,
      limits.min_records)
  elseif records > limits.max_records then
    return records, ("The job has %d records, the maximum is %d."):format(records, limits.max_records)
  elseif bytes > limits.max_job_bytes then
    return records, ("The input has %d bytes, the maximum is %d."):format(bytes, limits.max_job_bytes)
  end
  return records
end

-- An order of its own for the output of a job.
local function shuffled(job, lines)
  for _, line in ipairs(lines) do line.place = crypto.hash("sha256", job.id .. " " .. line.serial) end
  table.sort(lines, function(a, b) return a.place < b.place end)
  local texts = {}
  for i, line in ipairs(lines) do texts[i] = json.encode(line.value) end
  texts[#texts + 1] = ""
  return table.concat(texts, "\n")
end

--- Answers the first `count` records and writes what the job leaves behind.
---@param count integer
---@param at number when the files are dated
---@return integer|nil errors records that could not be answered
---@return string|nil failure
function M.run(world, job, count, at)
  local files, text = input_files(world, job)
  if not files then return nil, text end
  local bucket, prefix = bucket_of(world, job.region, job.outputDataConfig.s3OutputDataConfig.s3Uri, "PutObject")
  if not bucket then return nil, prefix end
  local folder = (prefix == "" and "" or prefix:gsub("/$", "") .. "/") .. job.id .. "/"
  local found, target = pcall(runtime.batch_target, world, job, job.modelId)
  if not found then return nil, target.message or error(target, 0) end -- a custom model may be gone
  local serial, good, input, output = 0, 0, 0, 0
  for _, file in ipairs(files) do
    local done = {}
    for line in lines_of(read(world, file)) do
      if serial == count then break end
      serial = serial + 1
      local value, input_tokens, output_tokens = answer(world, target, job, line, serial)
      done[#done + 1] = { serial = serial, value = value }
      good = good + (value.error and 0 or 1)
      input, output = input + input_tokens, output + output_tokens
    end
    job_end.write_object(world, bucket, folder .. file.name .. ".out", shuffled(job, done), at)
  end
  world.bill:set("batch_input", target.facts.id, input, job.jobArn) -- kept before the job's end is
  world.bill:set("batch_output", target.facts.id, output, job.jobArn)
  job_end.write_object(world, bucket, folder .. "manifest.json.out", json.encode {
    totalRecordCount = job.records, processedRecordCount = serial, successRecordCount = good,
    errorRecordCount = serial - good, inputTokenCount = input, outputTokenCount = output,
  }, at)
  return serial - good
end

return M
