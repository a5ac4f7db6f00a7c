-- SPDX-License-Identifier: MIT
-- evaluate.lua -- is the tuned model better? Split the data, tune, ask base and tuned model the same
-- questions, compare the answers with the doubt that belongs to it, and let a gate decide.
--
--   moonrock rehearse examples/evaluate.lua                      offline, no account, no cost
--   moonrock rehearse examples/evaluate.lua my_data.jsonl --gate 'exact > base'
--   moonrock examples/evaluate.lua --bucket B --role ARN         at AWS; this costs money
--
-- The exit code is the gate's: 0 passed, 1 not. Further options: --folder DIR (of the results),
-- --test SHARE, --limit N, --budget USD, --region R, --model ID.

local moonrock = require "moonrock"
local catalog = require "moonrock.catalog"
local compare = require "moonrock.compare"
local cost = require "moonrock.cost"
local dataset = require "moonrock.dataset"
local evaluate = require "moonrock.evaluate"
local finetune = require "moonrock.finetune"
local fs = require "moonrock.fs"
local gate = require "moonrock.gate"
local jsonl = require "moonrock.jsonl"
local random = require "moonrock.random"
local report = require "moonrock.report"
local score = require "moonrock.score"

local run = random.uuid():sub(1, 8)
local options = {
  bucket = "moonrock-evaluate-" .. run,
  role = "arn:aws:iam::123456789012:role/FineTuning",
  region = "us-west-2",
  model = "anthropic.claude-3-haiku-20240307-v1:0:200k",
  folder = "evaluation-" .. run,
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

-- 2. Tune. Whatever happens from here on: what we make is removed.
local s3 = moonrock.client("s3", { region = options.region })
local bedrock = moonrock.client("bedrock", { region = options.region })
local runtime = moonrock.client("bedrock-runtime", { region = options.region })
local cleaner <close> = finetune.cleaner { s3 = s3, bedrock = bedrock }

title("Tuning")
cleaner.delete_bucket = s3:ensure_bucket(options.bucket)
cleaner.bucket, cleaner.keys, cleaner.prefixes = options.bucket, { "train.jsonl" }, { "results/" }
s3:upload_file(train_path, options.bucket, "train.jsonl")
local job = finetune.launch({
  jobName = "moonrock-evaluate-" .. run,
  customModelName = "moonrock-evaluate-" .. run,
  roleArn = options.role,
  baseModelIdentifier = options.model,
  trainingDataConfig = { s3Uri = ("s3://%s/train.jsonl"):format(options.bucket) },
  outputDataConfig = { s3Uri = ("s3://%s/results/"):format(options.bucket) },
  hyperParameters = { epochCount = 3, batchSize = 8, learningRateMultiplier = 1.0 },
}, { bedrock = bedrock, s3 = s3, data = train_path })
cleaner.job = job
job:wait()
local training, validation = finetune.metrics(job)
local losses = finetune.loss_per_epoch(training)
print(("mean training loss %.4f in the first epoch, %.4f in the last"):format(losses[1].loss, losses[#losses].loss))

-- 3. Ask both models. Each answer is in its file before the next is dealt with: killed, it goes on there.
local scorers = {
  score.json_valid(),
  score.json_schema { schema = { type = "object", minProperties = 1 } },
  score.exact(),
}

local function ask(name, target)
  title("Asking the " .. name .. " model")
  local summary = evaluate.run {
    name = name, target = target, dataset = test_path, scorers = scorers, runtime = runtime,
    output = ("%s/%s.jsonl"):format(options.folder, name), temperature = 0, max_tokens = 2048,
    limit = math.tointeger(tonumber(options.limit)), budget = tonumber(options.budget),
  }
  print(("%d answers, %d cut off, %d refused, %d errors; %s"):format(summary.scored, summary.truncated, summary.refused,
    summary.error + summary.throttled, cost.dollars(summary.cost)))
  if not summary.complete then
    error(("stopped: %s; run it again to go on"):format(summary.stopped or "not all could be asked"), 0)
  end
  return ("%s/%s.jsonl"):format(options.folder, name)
end

local base = ask("base", catalog.split(options.model).id)
local tuned
do
  local endpoint <close> = finetune.serve(job) -- billed by the hour: deleted at the end of this block
  tuned = ask("tuned", endpoint)
end
cleaner:close()

-- 4. Compare, pair by pair; judge; report.
title("Is the tuned model better?")
local comparison = compare.runs(base, tuned)
io.write(compare.format(comparison))
local verdict = gate.judge(clauses, comparison)
for _, clause in ipairs(verdict.clauses) do
  print(("%s  %s  (%s)"):format(clause.passed and "pass" or "FAIL", clause.text, clause.reason))
end
must(fs.write(options.folder .. "/junit.xml", gate.junit(verdict, "tuned")))
report.write(options.folder .. "/report.html", { runs = { base, tuned }, comparison = comparison, gate = verdict,
  job = { training = training, validation = validation } })
print(("\nresults, report.html and junit.xml are in %s"):format(options.folder))
if not verdict.passed then
  error("the gate is not passed", 0)
end
