-- SPDX-License-Identifier: MIT
-- batch/output.lua -- what a batch job has left behind: <output>/<job id>/<input file>.out.
-- Lines come in any order and are told apart by recordId alone; manifest.json.out counts them.

local errors = require "moonrock.error"
local json = require "moonrock.json"
local target = require "moonrock.evaluate.target"

local M = {}

---An answer of what the model put out.
---@param output table modelOutput, or the reply of invoke_model (decoded) or converse
---@return table answer { text, stop_reason, usage { input_tokens, output_tokens }, output }, or { error, output }
function M.answer(output)
  local answer, err = errors.try(target.answer, output)
  answer = answer or { error = { code = err.code, message = err.message } }
  answer.output = output
  return answer
end

local function answer_of(line)
  if type(line.error) == "table" then
    return { error = { code = tostring(line.error.errorCode), message = tostring(line.error.errorMessage) } }
  elseif type(line.modelOutput) ~= "table" then
    return { error = { code = "NoOutput", message = "the record came back with neither modelOutput nor error" } }
  end
  return M.answer(line.modelOutput)
end

-- What is not there would be asked for, and paid for, again: so it has to be missing for a reason.
local function check_whole(job, lines, manifest, place)
  local counted = manifest and manifest.processedRecordCount
  local ended = job.state.status == "Completed" or job.state.status == "PartiallyCompleted"
  if math.type(counted) and lines < counted or ended and not manifest and lines == 0 then
    errors.raise { code = "OutputMissing", retryable = false,
      message = ("job %s ended as %s with %s records processed, but %d lines are in %s"):format(
        job.name, job.state.status, counted or "unknown", lines, place),
      hint = "when the files are in their place, run it again with the same journal: nothing is paid again" }
  end
end

---The answers of a job, by recordId, and its manifest (nil without one).
---@param s3 moonrock.S3
---@param uri string the output place of the job
---@param job { arn: string, name: string, state: table } that has ended
---@return table<string, table> answers { text, ... } or { error = { code, message } }
---@return table|nil manifest raises OutputMissing where less is there than the job counted
function M.read(s3, uri, job)
  local bucket, prefix = uri:match "^s3://([^/]+)/?(.*)$"
  prefix = prefix .. ((prefix == "" or prefix:sub(-1) == "/") and "" or "/") .. job.arn:match("([^/]+)$") .. "/"
  local answers, manifest, lines = {}, nil, 0
  for object in s3:each("list_objects_v2", { Bucket = bucket, Prefix = prefix }) do
    local is_manifest = object.Key:find "manifest%.json%.out$"
    if is_manifest or object.Key:find "%.jsonl%.out$" then
      local body <close> = s3:get_object({ Bucket = bucket, Key = object.Key }).Body
      local number = 0
      for text in is_manifest and string.gmatch(body:read "a", ".+") or body:lines() do
        number = number + 1
        local line, err = json.decode(text)
        if type(line) ~= "table" then
          errors.raise { code = "BadOutput", retryable = false, cause = err,
            message = ("s3://%s/%s, line %d, is no JSON"):format(bucket, object.Key, number) }
        elseif is_manifest then
          manifest = line
        elseif type(line.recordId) == "string" then
          local old = answers[line.recordId]
          if not old or old.error then answers[line.recordId] = answer_of(line) end
        end
      end
      lines = lines + (is_manifest and 0 or number)
    end
  end
  check_whole(job, lines, manifest, ("s3://%s/%s"):format(bucket, prefix))
  return answers, manifest
end

return M
