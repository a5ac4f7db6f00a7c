-- SPDX-License-Identifier: MIT
-- emulator.async: StartAsyncInvoke, GetAsyncInvoke, ListAsyncInvokes, as Nova Reel takes them.
-- The input is held to the documented rules, the time goes by on the clock, and at its end the documented
-- files lie in S3; the videos are MP4 containers without a picture that say so.  Source: Nova user guide,
-- "Video generation access and usage" (2026-08-31).  The texts of refused inputs and the error of the
-- quota are guesses.  World config: async_failure, one of FAILURES, makes every invocation end so.

local job_end = require "moonrock.emulator.job_end"
local json = require "moonrock.json"
local refusal = require "moonrock.emulator.refuse"
local state = require "moonrock.emulator.bedrock_state"
local tables = require "moonrock.tables"

local note, refuse = refusal.note, refusal.refuse

local M = { operations = {} }

local FAILURES = {
  INTERNAL_SERVER_EXCEPTION = "Something went wrong on the server side.",
  RAI_VIOLATION_OUTPUT_VIDEO_DEFLECTION = "The generated content has been blocked by our content filters.",
  RATE_LIMIT_EXCEEDED = "Service capacity limit has been reached. Please try again later.",
  ABORTED = "Request has been aborted.",
}
local SHOT_SECONDS, MOST_SECONDS, MOST_SEED = 6, 120, 2147483646
local FIRST_SECONDS, PER_SECOND = 90, 7.1 -- 90 s for 6 s of video, 14 to 17 minutes for 2 minutes

-- ---- what is asked for ---------------------------------------------------------------------

local function malformed(what, ...)
  refuse("ValidationException", ("Malformed input request: %s, please reformat your input and try again.")
    :format(what:format(...)))
end

local function object_at(value, path)
  if type(value) ~= "table" or json.is_array(value) and #value > 0 then malformed("%s: an object is required", path) end
  return value
end

local function only(value, path, allowed)
  for _, name in ipairs(tables.keys(value)) do
    if not tables.contains(allowed, name) then malformed("%s: extraneous key [%s] is not permitted", path, name) end
  end
end

local function check_text(value, path, most)
  if type(value) ~= "string" then malformed("%s: a string is required", path) end
  local length = utf8.len(value) or #value
  if length < 1 or length > most then
    malformed("%s: expected 1 to %d characters, actual: %d", path, most, length)
  end
end

-- The picture itself is not looked at.
local function check_image(image, path)
  if image == nil then return end
  object_at(image, path)
  if image.format ~= "png" and image.format ~= "jpeg" then malformed("%s.format: png or jpeg is required", path) end
  local source = object_at(image.source, path .. ".source")
  if type(source.bytes) ~= "string" and type(source.s3Location) ~= "table" then
    malformed("%s.source: bytes or s3Location is required", path)
  end
end

-- How many shots each task asks for.
local tasks = {}

function tasks.TEXT_VIDEO(input, config)
  local params = object_at(input.textToVideoParams, "textToVideoParams")
  only(params, "textToVideoParams", { "text", "images" })
  check_text(params.text, "textToVideoParams.text", 512)
  local images = params.images or {}
  if type(images) ~= "table" or #images > 1 then malformed("textToVideoParams.images: one image at most") end
  check_image(images[1], "textToVideoParams.images.0")
  if config.durationSeconds ~= SHOT_SECONDS then
    malformed("videoGenerationConfig.durationSeconds: 6 is the only value of TEXT_VIDEO")
  end
  return 1
end

function tasks.MULTI_SHOT_AUTOMATED(input, config)
  local params = object_at(input.multiShotAutomatedParams, "multiShotAutomatedParams")
  only(params, "multiShotAutomatedParams", { "text" })
  check_text(params.text, "multiShotAutomatedParams.text", 4000)
  local seconds = config.durationSeconds
  if math.type(seconds) ~= "integer" or seconds < 12 or seconds > MOST_SECONDS or seconds % SHOT_SECONDS ~= 0 then
    malformed("videoGenerationConfig.durationSeconds: a multiple of 6 from 12 to 120 is required")
  end
  return seconds // SHOT_SECONDS
end

function tasks.MULTI_SHOT_MANUAL(input)
  local shots = object_at(input.multiShotManualParams, "multiShotManualParams").shots
  if type(shots) ~= "table" or #shots < 1 or #shots > MOST_SECONDS // SHOT_SECONDS then
    malformed("multiShotManualParams.shots: a list of 1 to 20 shots is required")
  end
  for i, shot in ipairs(shots) do
    local path = ("multiShotManualParams.shots.%d"):format(i - 1)
    only(object_at(shot, path), path, { "text", "image" })
    check_text(shot.text, path .. ".text", 512)
    check_image(shot.image, path .. ".image")
  end
  return #shots
end

-- Refuses what is wrong with a modelInput; the number of shots.
local function check_input(input, facts)
  object_at(input, "modelInput")
  local task = tasks[input.taskType]
  if not task or not tables.contains(facts.async.tasks, input.taskType) then
    malformed("taskType: one of %s is required", table.concat(facts.async.tasks, ", "))
  end
  local config = object_at(input.videoGenerationConfig, "videoGenerationConfig")
  only(config, "videoGenerationConfig", { "durationSeconds", "fps", "dimension", "seed" })
  if config.fps ~= 24 then malformed("videoGenerationConfig.fps: 24 is the only value") end
  if config.dimension ~= "1280x720" then malformed("videoGenerationConfig.dimension: 1280x720 is the only value") end
  local seed = config.seed or 42
  if math.type(seed) ~= "integer" or seed < 0 or seed > MOST_SEED then
    malformed("videoGenerationConfig.seed: an integer from 0 to %d is required", MOST_SEED)
  end
  return task(input, config)
end

-- ---- start, get, list ----------------------------------------------------------------------

local function place_of(world, invocation)
  local name, prefix = state.split_uri(invocation.s3Uri)
  local bucket = world.s3.buckets[name]
  prefix = prefix:gsub("/$", "")
  return bucket and bucket.region == invocation.region and bucket or nil,
    (prefix == "" and "" or prefix .. "/") .. invocation.id .. "/", name
end

local function status_of(invocation, now)
  if now < invocation.end_at then return "InProgress" end
  return invocation.failure and "Failed" or "Completed"
end

--- The answer to a StartAsyncInvoke, for a model of the catalog.
---@param call table
---@param params table
---@param facts table the model's entry of the catalog
---@return table reply
function M.start(world, call, params, facts)
  if not facts.async then
    refuse("ValidationException", note("The model is not supported for asynchronous invocation.",
      facts.id .. " answers by Converse and InvokeModel; for many records there are batch jobs"))
  end
  return state.once(world, call, params, function()
    local shots = check_input(params.modelInput, facts)
    local now, running = world:now(), 0
    for _, other in ipairs(state.all(world, "invocations", call.region)) do
      running = running + (other.model == facts.id and status_of(other, now) == "InProgress" and 1 or 0)
    end
    if running >= facts.async.concurrent then
      refuse("ServiceQuotaExceededException", note("Your request exceeds the service quota for your account.",
        ("%d invocations of %s run at a time"):format(facts.async.concurrent, facts.id)))
    end
    local output = params.outputDataConfig.s3OutputDataConfig
    if not output then
      refuse("ValidationException", note("Invalid Output Config/Credentials", "s3OutputDataConfig is missing"))
    end
    local id, arn
    repeat
      id = world:id()
      arn = world:arn(call.region, "async-invoke/" .. id)
    until not world.bedrock.invocations[arn]
    local invocation = { invocationArn = arn, id = id, region = call.region, model = facts.id, shots = shots,
      modelArn = ("arn:aws:bedrock:%s::foundation-model/%s"):format(call.region, facts.id),
      clientRequestToken = params.clientRequestToken, submitTime = now, s3Uri = output.s3Uri,
      end_at = now + world:duration(FIRST_SECONDS + PER_SECOND * (shots - 1) * SHOT_SECONDS) }
    local bucket, folder, name = place_of(world, invocation)
    if not bucket then
      refuse("ValidationException", note("Invalid Output Config/Credentials",
        ("there is no bucket '%s' in %s"):format(name, call.region)))
    end
    state.tag(world, arn, params.tags)
    job_end.write_object(world, bucket, folder .. "manifest.json", json.encode { requestId = call.request_id }, now)
    state.save(world, "invocations", invocation)
    return { invocationArn = arn }
  end)
end

local function view(invocation, now)
  local status = status_of(invocation, now)
  local over = status ~= "InProgress" and invocation.end_at or nil
  return {
    invocationArn = invocation.invocationArn, modelArn = invocation.modelArn, status = status,
    clientRequestToken = invocation.clientRequestToken, failureMessage = over and invocation.failure or nil,
    submitTime = invocation.submitTime, lastModifiedTime = over or invocation.submitTime, endTime = over,
    outputDataConfig = { s3OutputDataConfig = { s3Uri = invocation.s3Uri:gsub("/$", "") .. "/" .. invocation.id } },
  }
end

function M.operations.GetAsyncInvoke(world, call, params)
  local invocation = world.bedrock.invocations[params.invocationArn]
  if not invocation or invocation.region ~= call.region then
    refuse("ValidationException", "The provided invocation ARN is invalid.") -- no NotFound is modelled
  end
  return view(invocation, world:now())
end

function M.operations.ListAsyncInvokes(world, call, params)
  local now, values = world:now(), {}
  for _, invocation in ipairs(state.all(world, "invocations", call.region)) do
    if not params.statusEquals or status_of(invocation, now) == params.statusEquals then
      values[#values + 1] = invocation
    end
  end
  local summaries, next_token = state.page(values, params, { name = "id", created = "submitTime" },
    function(invocation) return view(invocation, now) end)
  return { asyncInvokeSummaries = summaries, nextToken = next_token }
end

-- ---- what it leaves behind -----------------------------------------------------------------

local function box(kind, data) return string.pack(">I4", #data + 8) .. kind .. data end

local function video(invocation, what)
  return box("ftyp", "isom\0\0\2\0isommp42") .. box("free", ("moonrock rehearsal: no model ran, and this is no "
    .. "video. It stands in for %s of %s."):format(what, invocation.invocationArn))
end

local function finish(world, invocation)
  local bucket, folder, name = place_of(world, invocation)
  local reason = world.config.async_failure
  local failed = reason and { status = "FAILURE", failureType = reason, failureMessage = FAILURES[reason] }
  invocation.ended = true
  if not bucket then
    invocation.failure = note("Invalid Output Config/Credentials", ("the bucket %s is gone"):format(name))
    return
  end
  local function put(file, body)
    job_end.write_object(world, bucket, folder .. file, body, invocation.end_at)
    return ("s3://%s/%s%s"):format(name, folder, file)
  end
  local report = { schemaVersion = "1.0", shots = json.array {}, fullVideo = failed }
  for i = 1, invocation.shots do
    report.shots[i] = failed or { status = "SUCCESS",
      location = put(("shot_%04d.mp4"):format(i), video(invocation, "shot " .. i)) }
  end
  if failed then
    invocation.failure = failed.failureMessage
  else
    report.fullVideo = { status = "SUCCESS", location = put("output.mp4", video(invocation, "the whole")) }
    world.bill:set("video", invocation.model, invocation.shots * SHOT_SECONDS, invocation.invocationArn)
  end
  put("video-generation-status.json", json.encode(report))
end

--- Brings all invocations up to date.
---@param world moonrock.emulator.World
function M.settle(world)
  local now, due = world:now(), false
  for _, invocation in pairs(world.bedrock.invocations) do
    due = due or not invocation.ended and now >= invocation.end_at
  end
  if not due then return end
  world.store:locked("settle invocations", function()
    for _, invocation in ipairs(state.all(world, "invocations")) do
      if not invocation.ended and now >= invocation.end_at then
        finish(world, invocation)
        state.save(world, "invocations", invocation)
      end
    end
  end)
end

return M
