-- SPDX-License-Identifier: MIT
-- finetune.lua -- teach a model to answer in JSON, from the data to the last deleted object.
--
--   moonrock rehearse examples/finetune.lua                    offline, no account, no cost
--   moonrock rehearse examples/finetune.lua my_data.jsonl      the same with data of your own
--   moonrock examples/finetune.lua --bucket B --role ARN       at AWS; this costs money
--
-- Further options: --region R, --model ID.

local moonrock = require "moonrock"
local catalog = require "moonrock.catalog"
local cost = require "moonrock.cost"
local dataset = require "moonrock.dataset"
local finetune = require "moonrock.finetune"
local json = require "moonrock.json"
local random = require "moonrock.random"
local time = require "moonrock.time"

-- What can be said on the command line, and what holds otherwise.  Names of jobs stay taken for
-- ever at AWS, and bucket names are shared by all its users, so each run has names of its own.
local run = random.uuid():sub(1, 8)
local options = {
  bucket = "moonrock-tutorial-" .. run,
  role = "arn:aws:iam::123456789012:role/FineTuning",
  region = "us-west-2",
  model = "anthropic.claude-3-haiku-20240307-v1:0:200k",
}
local path = arg[0]:gsub("[^/]*$", "") .. "data/json_answers.jsonl"
local i = 1
while arg[i] do
  local name = arg[i]:match("^%-%-(%a+)$")
  if name and options[name] and arg[i + 1] then
    options[name] = arg[i + 1]
    i = i + 2
  elseif arg[i]:sub(1, 1) == "-" then
    error("options are --bucket, --role, --region and --model, each with a value; not " .. arg[i], 0)
  else
    path = arg[i]
    i = i + 1
  end
end

local function title(text)
  print(("\n== %s"):format(text))
end

-- 1. Look at the data: one JSON record on each line, a question and the answer to learn.
title("The first record of " .. path)
print(json.encode(dataset.first(path), { indent = 2, ascii = true }))

-- 2. Check it here and now; AWS would tell after an hour.
title("Checking the data")
local report = dataset.check(path, { model = options.model })
io.write(report:format())

-- Clients sign every request; in a rehearsal the emulator verifies it.
local s3 = moonrock.client("s3", { region = options.region })
local bedrock = moonrock.client("bedrock", { region = options.region })
local runtime = moonrock.client("bedrock-runtime", { region = options.region })

-- Whatever happens from here on, an error or Ctrl-C: what we make is removed.
local cleaner <close> = finetune.cleaner {
  s3 = s3, bedrock = bedrock,
  on_step = function(what, id) print(("%s %s"):format(what, id)) end,
}

-- 3. Put it into a bucket in the region of the training.
title("Uploading to s3://" .. options.bucket)
if s3:ensure_bucket(options.bucket) then
  cleaner.delete_bucket = true
end
cleaner.bucket = options.bucket
cleaner.keys = { "train.jsonl" }
cleaner.prefixes = { "results/" }
s3:upload_file(path, options.bucket, "train.jsonl", { on_progress = moonrock.progress("upload") })
print(("%d bytes, verified by checksum"):format(report.stats.bytes))

-- 4. Start the training.  Names, role, model, region, numbers and data are checked first.
title("Training")
local epochs, batch_size = 5, 4
local job = finetune.launch({
  jobName = "moonrock-tutorial-" .. run,
  customModelName = "moonrock-tutorial-" .. run,
  roleArn = options.role,
  baseModelIdentifier = options.model,
  trainingDataConfig = { s3Uri = ("s3://%s/train.jsonl"):format(options.bucket) },
  outputDataConfig = { s3Uri = ("s3://%s/results/"):format(options.bucket) },
  hyperParameters = { epochCount = epochs, batchSize = batch_size, learningRateMultiplier = 1.0 },
}, {
  bedrock = bedrock, s3 = s3, data = path,
  on_warning = function(problem) print("note: " .. problem.message) end,
})
cleaner.job = job

-- 5. Wait for it.  At AWS this takes hours; the clock of a rehearsal jumps.
job:wait {
  on_phase = function(phase, status, at)
    print(("%s  %-15s  %s"):format(time.iso8601(at), phase, status))
  end,
}

-- 6. See how it learnt: one row of metrics for each step.
title("Metrics")
local rows = finetune.metrics(job)
for _, epoch in ipairs(finetune.loss_per_epoch(rows)) do
  print(("epoch %d: %d steps, mean training loss %.4f"):format(epoch.epoch, epoch.steps, epoch.loss))
end
print(("%d metric rows"):format(#rows))

-- 7. Ask the tuned model and the one that it was made of.
local example
for record in dataset.each(path) do
  example = record
end
local request = {
  anthropic_version = "bedrock-2023-05-31",
  max_tokens = 4096,
  system = example.system,
  messages = { { role = "user", content = example.messages[1].content } },
}

local function ask(model_id)
  local reply = runtime:invoke_model { modelId = model_id, body = json.encode(request) }
  local body = json.decode(reply.body:read("a"))
  return body.content[1].text, body.usage
end

title("Serving the tuned model")
local tuned, base, usage, hours
do
  -- What makes a tuned model callable is billed by the hour: this block deletes it at its end.
  local started = time.now()
  local endpoint <close> = finetune.serve(job)
  print(("%s is ready after %d min"):format(endpoint.kind, (time.now() - started) // 60))
  tuned = ask(endpoint.model_id)
  base, usage = ask(catalog.split(options.model).id)
  hours = math.ceil((time.now() - started) / 3600)
end
print("deleted it again")

-- 8. Remove the rest: model, objects, bucket, in the order that works.
title("Cleaning up")
cleaner:close()

-- 9. What it has cost, or would have.
title("What this costs at AWS")
io.write(cost.format(cost.estimate {
  model = options.model,
  training_tokens = report.stats.tokens, epochs = epochs, -- the training
  hours = hours, model_units = 1, -- the tuned model, by the hour
  input_tokens = usage.input_tokens, output_tokens = usage.output_tokens, -- the base model
  months = 1, puts = 2, gets = 3, -- keeping the model, and the objects
}))

-- 10. The answers, side by side.
local function lines_of(text, width)
  local lines = {}
  for line in (text .. "\n"):gmatch("(.-)\n") do
    while utf8.len(line) > width do
      local stop = utf8.offset(line, width + 1) - 1
      local space = line:sub(1, stop):match("^.*%S() ") or stop + 1 -- break between words
      lines[#lines + 1] = line:sub(1, space - 1)
      line = line:sub(space):gsub("^ ", "")
    end
    lines[#lines + 1] = line
  end
  return lines
end

title("The question: " .. example.messages[1].content)
local left, right = lines_of(base, 44), lines_of(tuned, 44)
print("base model" .. (" "):rep(36) .. "tuned model")
for n = 1, math.max(#left, #right) do
  local cell = left[n] or ""
  print((cell .. (" "):rep(46 - utf8.len(cell)) .. (right[n] or "")):match("^(.-)%s*$"))
end

local answer = json.decode(tuned, { ordered = true })
title("The tuned model's answer is " .. (answer and "JSON" or "not JSON"))
print(answer and json.encode(answer, { indent = 2 }) or tuned)
