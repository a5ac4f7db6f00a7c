-- SPDX-License-Identifier: MIT
-- evaluate.lua -- is the tuned model better? Split the data, tune, ask base and tuned model the same
-- questions, compare the answers with the doubt that belongs to it, and let a gate decide.
--
--   moonrock rehearse examples/evaluate.lua                      offline, no account, no cost
--   moonrock rehearse examples/evaluate.lua my_data.jsonl --gate 'exact > base'
--   moonrock examples/evaluate.lua --bucket B --role ARN         at AWS; this costs money
--
-- The exit code is the gate's: 0 passed, 1 not. Further options: --folder DIR (of the results),
-- --test SHARE, --limit N, --budget USD, --region R, --model ID. The same --folder again goes on where a run was
-- killed; where all answers are there, it only compares them anew (with another --gate, say).

local moonrock = require "moonrock"
local catalog = require "moonrock.catalog"
local compare = require "moonrock.compare"
local cost = require "moonrock.cost"
local dataset = require "moonrock.dataset"
local evaluate = require "moonrock.evaluate"
local finetune = require "moonrock.finetune"
local fs = require "moonrock.fs"
local gate = require "moonrock.gate"
local json = require "moonrock.json"
local jsonl = require "moonrock.jsonl"
local random = require "moonrock.random"
local report = require "moonrock.report"
local results_file = require "moonrock.evaluate.results"
local score = require "moonrock.score"

local options = {
  bucket = "", -- one of our own, removed at the end
  role = "arn:aws:iam::123456789012:role/FineTuning",
  region = "us-west-2",
  model = "anthropic.claude-3-haiku-20240307-v1:0:200k",
  folder = "evaluation-" .. random.uuid():sub(1, 8),
  test = "0.2",
  limit = "", budget = "",
  gate = "json_valid >= 0.95; json_valid > base; truncated_rate <= 0.02; error_rate <= 0",
}
local path = arg[0]:gsub("[^/]*$", "") .. "data/json_answers.jsonl"
local i = 1
while arg[i] do
  local name = arg[i]:match("^%-%-(%a+)$")
  if name and options[name] and arg[i + 1] then
    options[name] = arg[i + 1]
    i = i + 2
  elseif arg[i]:sub(1, 1) == "-" then
    error("options are --bucket, --role, --region, --model, --folder, --test, --limit, --budget and --gate, each with "
      .. "a value; not " .. arg[i], 0)
  else
    path = arg[i]
    i = i + 1
  end
end
local clauses = gate.parse(options.gate) -- a condition that is wrong is found before anything is paid

local function title(text)
  print(("\n== %s"):format(text))
end

-- 1. Split: what a model is judged by, it must not have learnt. Records of one question stay together.
title("Splitting " .. path)
local function must(ok, err)
  return ok or error(err, 0)
end

must(fs.mkdir(options.folder))
local share = tonumber(options.test) or error("--test is a share, such as 0.2", 0)
local train_path, test_path = options.folder .. "/train.jsonl", options.folder .. "/test.jsonl"
local split = jsonl.split { input = path, seed = 1, by = "messages[0].content",
  output = { { train_path, 1 - share }, { test_path, share } } }
print(("%d records to learn from, %d to be judged by"):format(split.written[1], split.written[2]))
local lint = dataset.check(train_path, { model = options.model })
io.write(lint:format())

-- 2. Ask the base model. Each answer is in its file before the next is dealt with: killed, it goes on there.
local s3 = moonrock.client("s3", { region = options.region })
local bedrock = moonrock.client("bedrock", { region = options.region })
local runtime = moonrock.client("bedrock-runtime", { region = options.region })
local base, tuned = options.folder .. "/base.jsonl", options.folder .. "/tuned.jsonl"
local scorers = {
  score.json_valid(),
  score.json_schema { schema = { type = "object", minProperties = 1 } },
  score.exact(),
}

local function ask(name, target, output)
  title("Asking the " .. name .. " model")
  local summary = evaluate.run {
    name = name, target = target, dataset = test_path, scorers = scorers, runtime = runtime, output = output,
    temperature = 0, max_tokens = 2048, limit = math.tointeger(tonumber(options.limit)),
    budget = tonumber(options.budget),
  }
  print(("%d answers, %d cut off, %d refused, %d errors; %s"):format(summary.scored, summary.truncated, summary.refused,
    summary.error + summary.throttled, cost.dollars(summary.cost)))
  if not summary.complete then
    error(("stopped: %s; run it again with --folder %s to go on"):format(summary.stopped or "not all could be asked",
      options.folder), 0)
  end
end

ask("base", catalog.split(options.model).id, base)

-- 3. Tune, and ask the tuned model. What a killed run has made is found again by the names that it has noted.
local function is_complete(file)
  return fs.stat(file) and results_file.read(file).finished ~= nil
end

local names, losses_path = options.folder .. "/run", options.folder .. "/losses.json"
local noted = fs.read(names)
local run = noted or random.uuid():sub(1, 8)
local job_name = "moonrock-evaluate-" .. run
local bucket = options.bucket ~= "" and options.bucket or job_name
local left = noted and bedrock:find_model_customization_job(job_name)
local done = is_complete(tuned)
if not done then
  local goes_on = left and (left.status == "InProgress" or
    left.status == "Completed" and bedrock:find_custom_model(left.outputModelArn))
  if left and not goes_on then
    error(("the job of the killed run is %s, and its model is not there. Delete %s to begin anew"):format(left.status,
      names), 0)
  elseif not left and fs.stat(tuned) then
    error(("%s has part of the answers of a model that is gone; one that is trained now is another. Give another "
      .. "--folder, or delete that file"):format(tuned), 0)
  end
  must(fs.write(names, run))
end

local function launch()
  s3:upload_file(train_path, bucket, "train.jsonl")
  return finetune.launch({
    jobName = job_name,
    customModelName = job_name,
    roleArn = options.role,
    baseModelIdentifier = options.model,
    trainingDataConfig = { s3Uri = ("s3://%s/train.jsonl"):format(bucket) },
    outputDataConfig = { s3Uri = ("s3://%s/results/"):format(bucket) },
    hyperParameters = { epochCount = 3, batchSize = 8, learningRateMultiplier = 1.0 },
  }, { bedrock = bedrock, s3 = s3, data = train_path })
end

do -- whatever happens from here on: what we make is removed, and its names are forgotten
  local forget <close> = setmetatable({}, { __close = function() os.remove(names) end }) -- luacheck: ignore
  local cleaner <close> = finetune.cleaner { s3 = s3, bedrock = bedrock }
  if noted or not done then
    cleaner.delete_bucket = s3:ensure_bucket(bucket) or options.bucket == ""
    cleaner.bucket, cleaner.keys, cleaner.prefixes = bucket, { "train.jsonl" }, { "results/" }
    cleaner.job = left and finetune.job(left.jobArn, { bedrock = bedrock, s3 = s3 }) or nil
  end
  title(done and "The tuned model has answered before" or left and "Going on with " .. left.jobArn or "Tuning")
  if not done then
    cleaner.job = cleaner.job or launch()
    cleaner.job:wait()
    local training, validation = finetune.metrics(cleaner.job)
    must(fs.write(losses_path, json.encode { training = training, validation = validation }))
    local losses = finetune.loss_per_epoch(training)
    print(("mean training loss %.4f in the first epoch, %.4f in the last"):format(losses[1].loss, losses[#losses].loss))
    -- Billed by the hour: deleted at the end of this block.
    local endpoint <close> = finetune.serve(cleaner.job, { adopt = true })
    ask("tuned", endpoint, tuned)
  end
end

-- 4. Compare, pair by pair; judge; report.
title("Is the tuned model better?")
local comparison = compare.runs(base, tuned)
io.write(compare.format(comparison))
local verdict = gate.judge(clauses, comparison)
for _, clause in ipairs(verdict.clauses) do
  print(("%s  %s  (%s)"):format(clause.passed and "pass" or "FAIL", clause.text, clause.reason))
end
must(fs.write(options.folder .. "/junit.xml", gate.junit(verdict, "tuned")))
local losses = fs.read(losses_path)
report.write(options.folder .. "/report.html", { runs = { base, tuned }, comparison = comparison, gate = verdict,
  job = losses and json.decode(losses) })
print(("\nresults, report.html and junit.xml are in %s"):format(options.folder))
if not verdict.passed then
  error("the gate is not passed", 0)
end
