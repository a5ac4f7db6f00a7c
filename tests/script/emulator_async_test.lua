-- SPDX-License-Identifier: MIT
-- Asynchronous invocations of the emulator by our own clients: a video is asked for, waited for and read
-- from S3; what is refused, what fails, what is listed.

local lu = require "luaunit"
local moonrock = require "moonrock"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local time = require "moonrock.time"
local emulated = require "emulated"
local loopback = require "moonrock.aws.loopback"

local BUCKET, REEL = "reel-videos", "amazon.nova-reel-v1:1"

local function clients(config, region)
  local world = emulated.new(config)
  local session = require("moonrock.session").new { region = region or "us-east-1",
    transport = loopback.new(world.isolate), environment = function() return nil end,
    credentials = { access_key_id = emulated.key_id, secret_access_key = emulated.secret } }
  local s3 = session:client "s3"
  s3:ensure_bucket(BUCKET)
  return session:client "bedrock-runtime", s3, session
end

local function request(more, input)
  local value = { modelId = REEL, outputDataConfig = { s3OutputDataConfig = { s3Uri = "s3://" .. BUCKET .. "/out/" } },
    modelInput = { taskType = "TEXT_VIDEO", textToVideoParams = { text = "A stone turns in the light." },
      videoGenerationConfig = { durationSeconds = 6, fps = 24, dimension = "1280x720", seed = 7 } } }
  for name, part in pairs(input or {}) do value.modelInput[name] = part end
  for name, part in pairs(more or {}) do value[name] = part end
  return value
end

local AUTOMATED = { taskType = "MULTI_SHOT_AUTOMATED", textToVideoParams = json.null,
  multiShotAutomatedParams = { text = "A long walk." },
  videoGenerationConfig = { durationSeconds = 18, fps = 24, dimension = "1280x720" } }

local function read(s3, uri)
  local bucket, key = uri:match "^s3://([^/]+)/(.+)$"
  local body <close> = s3:get_object({ Bucket = bucket, Key = key }).Body
  return body:read "a"
end

TestAsync = {}

function TestAsync.test_started_waited_for_and_read()
  local runtime, s3 = clients()
  local begun = time.now()
  local arn = runtime:start_async_invoke(request()).invocationArn
  lu.assertStrMatches(arn, "arn:aws:bedrock:us%-east%-1:123456789012:async%-invoke/[a-z0-9]+")
  local now = runtime:get_async_invoke { invocationArn = arn }
  lu.assertEquals({ now.status, now.endTime, now.failureMessage }, { "InProgress" })
  lu.assertEquals(now.modelArn, "arn:aws:bedrock:us-east-1::foundation-model/" .. REEL)
  local folder = now.outputDataConfig.s3OutputDataConfig.s3Uri
  lu.assertEquals(folder, "s3://" .. BUCKET .. "/out/" .. arn:match "[^/]+$")
  lu.assertStrContains(read(s3, folder .. "/manifest.json"), "requestId") -- from the start on
  lu.assertFalse((pcall(read, s3, folder .. "/output.mp4")))
  local done = runtime:wait("async_invoke_completed", { invocationArn = arn })
  lu.assertEquals(done.status, "Completed")
  lu.assertTrue(time.now() - begun >= 90 and done.endTime - done.submitTime >= 90)
  local report = json.decode(read(s3, folder .. "/video-generation-status.json"))
  lu.assertEquals(report.fullVideo, { status = "SUCCESS", location = folder .. "/output.mp4" })
  lu.assertEquals(#report.shots, 1)
  local video = read(s3, report.fullVideo.location)
  lu.assertEquals(video:sub(5, 12), "ftypisom")
  lu.assertStrContains(video, "this is no video")
end

function TestAsync.test_long_videos_have_their_shots()
  local runtime, s3 = clients()
  local arn = runtime:start_async_invoke(request(nil, AUTOMATED)).invocationArn
  local done = runtime:wait("async_invoke_completed", { invocationArn = arn })
  local keys = {}
  for item in s3:each("list_objects_v2", { Bucket = BUCKET, Prefix = "out/" }) do
    keys[#keys + 1] = item.Key:match "[^/]+$"
  end
  lu.assertEquals(keys, { "manifest.json", "output.mp4", "shot_0001.mp4", "shot_0002.mp4", "shot_0003.mp4",
    "video-generation-status.json" })
  lu.assertTrue(done.endTime - done.submitTime > 90)
  arn = runtime:start_async_invoke(request(nil, { taskType = "MULTI_SHOT_MANUAL", textToVideoParams = json.null,
    multiShotManualParams = { shots = { { text = "one" }, { text = "two", image = { format = "png",
      source = { bytes = "AAAA" } } } } },
    videoGenerationConfig = { fps = 24, dimension = "1280x720" } })).invocationArn
  lu.assertEquals(runtime:wait("async_invoke_completed", { invocationArn = arn }).status, "Completed")
end

function TestAsync.test_tokens_lists_and_the_quota()
  local runtime = clients()
  local one = runtime:start_async_invoke(request { clientRequestToken = "same" }).invocationArn
  lu.assertEquals(runtime:start_async_invoke(request { clientRequestToken = "same" }).invocationArn, one)
  local ok, err = errors.try(runtime.start_async_invoke, runtime, request({ clientRequestToken = "same" }, AUTOMATED))
  lu.assertNil(ok)
  lu.assertEquals(err.code, "ConflictException")
  runtime:start_async_invoke(request())
  runtime:start_async_invoke(request())
  ok, err = errors.try(runtime.start_async_invoke, runtime, request())
  lu.assertNil(ok)
  lu.assertEquals(err.code, "ServiceQuotaExceededException")
  lu.assertStrContains(err.message, "3 invocations of amazon.nova-reel-v1:1 run at a time")
  moonrock.sleep(200)
  runtime:start_async_invoke(request())
  local function count(status)
    local n = 0
    for _ in runtime:each("list_async_invokes", { statusEquals = status, maxResults = 1 }) do n = n + 1 end
    return n
  end
  lu.assertEquals({ count "Completed", count "InProgress", count() }, { 3, 1, 4 })
  local first = runtime:list_async_invokes { sortOrder = "Ascending", maxResults = 1 }.asyncInvokeSummaries[1]
  lu.assertEquals({ first.invocationArn, first.clientRequestToken }, { one, "same" })
  local function listed(params) return #runtime:list_async_invokes(params).asyncInvokeSummaries end
  local between = first.submitTime + 100
  lu.assertEquals({ listed { submitTimeAfter = between }, listed { submitTimeBefore = between } }, { 1, 3 })
end

function TestAsync.test_what_fails_at_its_end()
  local runtime, s3 = clients { async_failure = "RAI_VIOLATION_OUTPUT_VIDEO_DEFLECTION" }
  local arn = runtime:start_async_invoke(request()).invocationArn
  local ok, err = errors.try(runtime.wait, runtime, "async_invoke_completed", { invocationArn = arn })
  lu.assertNil(ok)
  lu.assertStrContains(err.message, "blocked by our content filters")
  local folder = runtime:get_async_invoke({ invocationArn = arn }).outputDataConfig.s3OutputDataConfig.s3Uri
  local report = json.decode(read(s3, folder .. "/video-generation-status.json"))
  lu.assertEquals({ report.fullVideo.status, report.fullVideo.failureType },
    { "FAILURE", "RAI_VIOLATION_OUTPUT_VIDEO_DEFLECTION" })
  lu.assertFalse((pcall(read, s3, folder .. "/output.mp4")))

  runtime, s3 = clients()
  arn = runtime:start_async_invoke(request()).invocationArn
  s3:empty_bucket(BUCKET)
  s3:delete_bucket { Bucket = BUCKET }
  ok, err = errors.try(runtime.wait, runtime, "async_invoke_completed", { invocationArn = arn })
  lu.assertNil(ok)
  lu.assertStrContains(err.message, "the bucket reel-videos is gone")
end

function TestAsync.test_what_is_refused()
  local runtime, _, session = clients()
  local config = { durationSeconds = 6, fps = 24, dimension = "1280x720" }
  local function with(name, value)
    local out = {}
    for key, part in pairs(config) do out[key] = part end
    out[name] = value
    return { videoGenerationConfig = out }
  end
  for _, case in ipairs {
    { { modelId = "anthropic.claude-3-haiku-20240307-v1:0" }, nil, "not supported for asynchronous invocation" },
    { { modelId = "amazon.nova-reel-v1:0" }, AUTOMATED, "taskType: one of TEXT_VIDEO is required" },
    { { modelId = "amazon.nova-reel-v2:0" }, nil, "model identifier is invalid" },
    { { outputDataConfig = { s3OutputDataConfig = { s3Uri = "s3://no-such-bucket/x" } } }, nil,
      "Invalid Output Config/Credentials" },
    { nil, { taskType = "VIDEO" }, "taskType: one of TEXT_VIDEO, MULTI_SHOT_AUTOMATED, MULTI_SHOT_MANUAL" },
    { nil, { textToVideoParams = { text = "" } }, "expected 1 to 512 characters, actual: 0" },
    { nil, { textToVideoParams = { text = ("x"):rep(513) } }, "expected 1 to 512 characters, actual: 513" },
    { nil, { textToVideoParams = { text = "x", style = "y" } }, "extraneous key [style]" },
    { nil, { textToVideoParams = { text = "x", images = { { format = "gif" } } } }, "png or jpeg is required" },
    { nil, with("durationSeconds", 12), "6 is the only value of TEXT_VIDEO" },
    { nil, with("fps", 30), "24 is the only value" },
    { nil, with("dimension", "640x480"), "1280x720 is the only value" },
    { nil, with("seed", -1), "an integer from 0 to 2147483646" },
    { nil, { videoGenerationConfig = json.null }, "videoGenerationConfig: an object is required" },
    { nil, { taskType = "MULTI_SHOT_AUTOMATED", multiShotAutomatedParams = { text = "x" } },
      "a multiple of 6 from 12 to 120" },
    { nil, { taskType = "MULTI_SHOT_MANUAL", multiShotManualParams = { shots = {} } }, "1 to 20 shots" },
  } do
    local ok, err = errors.try(runtime.start_async_invoke, runtime, request(case[1], case[2]))
    lu.assertNil(ok, case[3])
    lu.assertEquals(err.code, "ValidationException")
    lu.assertStrContains(err.message, case[3])
  end
  local _, err = errors.try(runtime.get_async_invoke, runtime,
    { invocationArn = "arn:aws:bedrock:us-east-1:123456789012:async-invoke/abcdefghijkl" })
  lu.assertEquals(err.code, "ValidationException")
  _, err = errors.try(runtime.invoke_model, runtime, { modelId = REEL, body = { a = 1 } })
  lu.assertStrContains(err.message, "is asked by StartAsyncInvoke")
  lu.assertEquals(#runtime:list_async_invokes({}).asyncInvokeSummaries, 0)
  local west = session:client("bedrock-runtime", { region = "us-west-2" })
  _, err = errors.try(west.start_async_invoke, west, request())
  lu.assertStrContains(err.message, "is offered in us-east-1")
end

os.exit(lu.LuaUnit.run())
