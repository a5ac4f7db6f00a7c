-- SPDX-License-Identifier: MIT
--
-- model.lua: what checking, building and parsing by the models costs, a call.
-- Prints microseconds of CPU (median of the repeats).  Run: build/moonrock tests/bench/model.lua [repeats]

local model = require "moonrock.model"

local repeats = tonumber((...)) or 9
local s3, bedrock, runtime = model.service "s3", model.service "bedrock", model.service "bedrock-runtime"

local contents = {}
for i = 1, 1000 do
  contents[i] = { Key = "data/part-" .. i .. ".jsonl", Size = i * 1000, ETag = "e" .. i, LastModified = i }
end
local page = { s3:operation("list_objects_v2"):build_reply { Name = "b", IsTruncated = false, Contents = contents } }
local put = {
  Bucket = "bucket", Key = "a b/ü.jsonl", Body = "text", ContentType = "text/plain", Metadata = { a = "1" },
}
local invoke = { modelId = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl", body = "{}" }
local job = {
  jobName = "my-job", customModelName = "my_model", roleArn = "arn:aws:iam::123456789012:role/r",
  baseModelIdentifier = "anthropic.claude-3-haiku-20240307-v1:0:200k", clientRequestToken = "abc",
  trainingDataConfig = { s3Uri = "s3://bucket/train.jsonl" }, outputDataConfig = { s3Uri = "s3://bucket/out/" },
  hyperParameters = { epochCount = 5, batchSize = 4, learningRateMultiplier = 1.0 },
}
local converse = { modelId = "m", messages = {} }
for i = 1, 10 do
  converse.messages[i] = { role = i % 2 == 1 and "user" or "assistant", content = { { text = ("word "):rep(100) } } }
end
local described = {
  bedrock:operation("get_model_customization_job"):build_reply {
    jobArn = "arn", jobName = "j", status = "InProgress", creationTime = 1767225600,
    hyperParameters = { epochCount = "5" },
    trainingMetrics = { trainingLoss = 0.5 }, statusDetails = { trainingDetails = { status = "InProgress" } },
  },
}

local short = {
  modelId = "m", messages = { { role = "user", content = { { text = ("word "):rep(200) } } } },
  inferenceConfig = { maxTokens = 200 },
}

local cases = {
  { "put_object: check and build", 20000, s3:operation "put_object", put },
  { "invoke_model: check and build", 20000, runtime:operation "invoke_model", invoke },
  { "create_model_customization_job: check and build", 5000, bedrock:operation "create_model_customization_job", job },
  { "converse, 1 KB: check and build", 20000, runtime:operation "converse", short },
  { "converse, 10 messages: check and build", 2000, runtime:operation "converse", converse },
}

local function report(name, count, run)
  local times = {}
  for i = 1, repeats do
    local start = os.clock()
    for _ = 1, count do run() end
    times[i] = (os.clock() - start) / count * 1e6
  end
  table.sort(times)
  print(string.format("%-50s %9.2f us", name, times[(repeats + 1) // 2]))
end

for _, case in ipairs(cases) do
  local op, params = case[3], case[4]
  report(case[1], case[2], function()
    return assert(op:request(params))
  end)
end
local list, get = s3:operation "list_objects_v2", bedrock:operation "get_model_customization_job"
report("get_model_customization_job: parse", 10000, function() return get:parse(table.unpack(described)) end)
report("list_objects_v2, 1000 objects: parse", 20, function() return list:parse(table.unpack(page)) end)
report("list_objects_v2: route", 20000, function() return s3:route("GET", "/bucket", "list-type=2&prefix=a") end)
