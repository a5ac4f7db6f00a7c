-- SPDX-License-Identifier: MIT
-- moonrock.batch against the emulator in this process: records, jobs, answers by id; what is asked
-- again and what is not; a process that ends in the middle; what is wrong, told before it costs.

local lu = require "luaunit"
local batch = require "moonrock.batch"
local catalog = require "moonrock.catalog"
local fails = require "fails"
local files = require "files"
local json = require "moonrock.json"
local moonrock = require "moonrock"
local records_of = require "moonrock.batch.records"

local transport = require("moonrock.cli.rehearse").begin { seed = 5 }

local path_for, forget, read, write = files.path_for, files.forget, files.read, files.write

local REGION, HAIKU = "us-west-2", "anthropic.claude-3-haiku-20240307-v1:0"
local s3 = moonrock.client("s3", { region = REGION })
local bedrock = moonrock.client("bedrock", { region = REGION })
local runtime = moonrock.client("bedrock-runtime", { region = REGION })
s3:ensure_bucket("batches")

local function prompts(n)
  local list = {}
  for i = 1, n do list[i] = { id = "q" .. i, prompt = "What is " .. i .. "?" } end
  return list
end

local function options(more)
  local all = { model = HAIKU, role = "arn:aws:iam::123456789012:role/R", input = "s3://batches/in",
    output = "s3://batches/out/", max_tokens = 60, records = prompts(110), bedrock = bedrock, s3 = s3,
    runtime = runtime }
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

-- A client of which one method is another.
local function with(client, changes)
  return setmetatable(changes, { __index = function(_, name)
    local method = client[name]
    return type(method) == "function" and function(_, ...) return method(client, ...) end or method
  end })
end

local function bill(kind)
  local reply = transport:request { method = "GET", scheme = "http", host = "emulator.invalid",
    path = "/_moonrock/bill", headers = { { "host", "emulator.invalid" } } }
  for _, line in ipairs(json.decode(reply.body:read "a").lines) do
    if line.kind == kind then return line.quantity end
  end
  return 0
end

local function jobs_made() return #bedrock:list_model_invocation_jobs({ maxResults = 1000 }).invocationJobSummaries end

-- ---- records -----------------------------------------------------------------------

TestRecords = {}

local function made(item, more)
  local opts = { model = HAIKU, kind = "InvokeModel", max_tokens = 10, strict = true }
  for name, value in pairs(more or {}) do opts[name] = value end
  return records_of.make({ item }, opts)[1]
end

function TestRecords.test_both_forms()
  lu.assertEquals(json.decode(made("Hi", { system = "Be short." }).line), { recordId = "000001", modelInput = {
    anthropic_version = "bedrock-2023-05-31", max_tokens = 10, system = "Be short.",
    messages = { { role = "user", content = "Hi" } } } })
  lu.assertEquals(json.decode(made({ id = "a", prompt = "Hi" }, { kind = "Converse" }).line), { recordId = "a",
    modelInput = { messages = { { role = "user", content = { { text = "Hi" } } } },
      inferenceConfig = { maxTokens = 10 } } })
end

function TestRecords.test_what_the_service_would_refuse_is_refused_here()
  local function message(item, more) return fails("InvalidRecord", made, item, more).message end
  lu.assertStrContains(message { model_input = { modelId = "x", anthropic_version = "bedrock-2023-05-31",
    max_tokens = 5, messages = { { role = "user", content = "x" } } } },
    "record 1 (000001): modelId: Extra inputs are not permitted")
  lu.assertStrContains(message { model_input = { max_tokens = 5 } }, "anthropic_version: Field required")
  lu.assertStrContains(message({ model_input = { modelId = "x", messages = {} } }, { kind = "Converse" }),
    "belongs to the job")
  lu.assertStrContains(message({ model_input = { message = {} } }, { kind = "Converse" }), "did you mean messages?")
  local function turn(role, text) return { role = role, content = { { text = text } } } end
  for text, messages in pairs { ["start with a user message"] = { turn("assistant", "x") },
    ["must alternate"] = { turn("user", "x"), turn("user", "y") }, ["is blank"] = { turn("user", " ") } } do
    lu.assertStrContains(message({ model_input = { messages = messages } }, { kind = "Converse" }), text)
  end
  lu.assertStrContains(message { model_input = { anthropic_version = "bedrock-2023-05-31", max_tokens = 5,
    messages = { { role = "user", content = { { type = "text", text = 5 } } } } } },
    "messages.0.content.0.text.text: Input should be a valid string")
  lu.assertStrContains(message { prompt = "x", custom_id = "1" }, "unknown field custom_id")
  lu.assertStrContains(message { id = 7, prompt = "x" }, "its id must be a text")
  lu.assertStrContains(message {}, "neither prompt nor messages")
  lu.assertStrContains(message(5), "record 1 is a number")
  local twice = { { id = "a", prompt = "x" }, { id = "a", prompt = "y" } }
  lu.assertStrContains(fails("InvalidRecord", records_of.make, twice,
    { model = HAIKU, kind = "Converse" }).message, "records 1 and 2 have the same id a")
  lu.assertStrContains(message({ prompt = "x" }, { model = "cohere.command-r-v1:0" }), "not known here")
end

function TestRecords.test_split_is_even_and_keeps_to_both_limits()
  local records = {}
  for i = 1, 1001 do records[i] = { id = "r" .. i, line = ("x"):rep(99) } end
  local parts = records_of.split(records, { max_records = 500, max_file_bytes = 1 << 30 })
  lu.assertEquals({ #parts, #parts[1], #parts[2], #parts[3] }, { 3, 333, 334, 334 })
  lu.assertEquals(#records_of.split(records, { max_records = 2000, max_file_bytes = 20000 }), 6)
  lu.assertEquals(parts[3][334].id, "r1001")
  fails("InvalidRecord", records_of.split, records, { max_records = 500, max_file_bytes = 50 })
end

-- ---- jobs --------------------------------------------------------------------------

TestBatch = { tearDown = forget }

function TestBatch.test_answers_by_id()
  local statuses = {}
  local answers, jobs = batch.run(options { on_status = function(_, status)
    if statuses[#statuses] ~= status then statuses[#statuses + 1] = status end
  end })
  for i = 1, 110 do
    local answer = answers["q" .. i]
    lu.assertStrContains(answer.text, ('"What is %d?"'):format(i))
    lu.assertEquals({ answer.source, answer.stop_reason }, { "batch", "end_turn" })
    lu.assertTrue(answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0)
  end
  lu.assertEquals({ #jobs, jobs[1].status, jobs[1].records, jobs[1].manifest.successRecordCount },
    { 1, "Completed", 110, 110 })
  lu.assertEquals({ statuses[1], statuses[#statuses] }, { "Submitted", "Completed" })
end

function TestBatch.test_converse_and_several_jobs()
  local small = catalog.new { limits = { batch = { max_records = 100 } } }
  local nova = moonrock.client("bedrock", { region = "us-east-1" })
  local east = moonrock.client("s3", { region = "us-east-1" })
  east:ensure_bucket("batches-east")
  local answers, jobs = batch.run(options { model = "amazon.nova-micro-v1:0", bedrock = nova, s3 = east,
    input = "s3://batches-east/in", output = "s3://batches-east/out", records = prompts(300), catalog = small })
  lu.assertEquals(#jobs, 3)
  lu.assertStrContains(answers.q300.text, "What is 300?")
end

function TestBatch.test_below_the_minimum_it_is_asked_directly()
  local path, before = path_for(), jobs_made()
  local answers = batch.run(options { records = prompts(7), journal = path })
  lu.assertEquals({ answers.q7.source, jobs_made() - before }, { "live", 0 })
  lu.assertStrContains(answers.q7.text, "What is 7?")
  local paid = bill("output")
  lu.assertEquals(batch.run(options { records = prompts(7), journal = path }).q3.text, answers.q3.text)
  lu.assertEquals(bill("output"), paid, "what the journal holds is not asked again")
  lu.assertStrContains(fails("TooFewRecords", batch.run, options { records = prompts(7), below_minimum = "refuse" })
    .message, "7 records are fewer than the 100")
  local custom = "arn:aws:bedrock:us-west-2:123456789012:custom-model/" .. HAIKU .. ":200k/abcdefghijkl"
  lu.assertStrContains(fails("TooFewRecords", batch.run, options { records = prompts(7), model = custom }).hint,
    "live_model")
end

function TestBatch.test_a_killed_process_takes_its_job_up_again()
  local before, paid
  for _, stop_at in ipairs { "upload", "reply", "wait", "output" } do
    local path = path_for()
    before, paid = jobs_made(), bill("batch_output")
    local function dies() error("killed", 0) end
    local changed = ({
      upload = { s3 = with(s3, { put_object = dies }) },
      reply = { bedrock = with(bedrock, { create_model_invocation_job = function(_, params)
        bedrock:create_model_invocation_job(params) -- accepted, and the reply is lost
        error("killed", 0)
      end }) },
      wait = { bedrock = with(bedrock, { wait = dies }) },
      output = { s3 = with(s3, { get_object = dies }) },
    })[stop_at]
    changed.journal = path
    local ok, err = pcall(batch.run, options(changed))
    lu.assertFalse(ok)
    lu.assertEquals(err, "killed")
    local answers = batch.run(options { journal = path })
    lu.assertStrContains(answers.q110.text, "What is 110?")
    lu.assertEquals(jobs_made() - before, 1, stop_at)
    local cost = bill("batch_output") - paid
    batch.run(options { journal = path })
    lu.assertEquals(bill("batch_output") - paid, cost, stop_at)
  end
end

function TestBatch.test_a_token_that_is_forgotten_the_job_is_adopted_by_name()
  local path, before = path_for(), jobs_made()
  local forgetful = with(bedrock, { create_model_invocation_job = function(_, params)
    local copy = {}
    for name, value in pairs(params) do copy[name] = value end
    copy.clientRequestToken = "another" .. jobs_made()
    bedrock:create_model_invocation_job(copy)
    return bedrock:create_model_invocation_job(params)
  end })
  local answers = batch.run(options { journal = path, bedrock = forgetful })
  lu.assertStrContains(answers.q1.text, "What is 1?")
  lu.assertEquals(jobs_made() - before, 1)
end

function TestBatch.test_a_new_journal_is_a_new_batch()
  local before = jobs_made()
  batch.run(options { journal = path_for() })
  batch.run(options { journal = path_for() })
  lu.assertEquals(jobs_made() - before, 2)
end

function TestBatch.test_only_what_was_not_answered_goes_again()
  -- Of the first job's output 105 lines are throttled, one is refused, the rest is fine.
  local reads, before = 0, jobs_made()
  local throttling = with(s3, { get_object = function(_, params)
    local reply = s3:get_object(params)
    if params.Key:find "%.jsonl%.out$" then
      reads = reads + 1
      if reads == 1 then
        local lines = {}
        for line in reply.Body:lines() do
          local record = json.decode(line)
          local n = tonumber(record.recordId:sub(2))
          if n <= 106 then
            record.modelOutput = nil
            record.error = n == 106 and { errorCode = 400, errorMessage = "bad request" }
              or { errorCode = 429, errorMessage = "Too many requests" }
          end
          lines[#lines + 1] = json.encode(record)
        end
        reply.Body = require("moonrock.aws.body").of_string(table.concat(lines, "\n") .. "\n")
      end
    end
    return reply
  end })
  local path = path_for()
  local answers, jobs = batch.run(options { s3 = throttling, journal = path })
  lu.assertEquals({ jobs_made() - before, #jobs, jobs[2].records }, { 2, 2, 105 })
  lu.assertEquals(answers.q106.error, { code = "400", message = "bad request" })
  lu.assertNotNil(answers.q105.text)
  lu.assertEquals(answers.q107.job, jobs[1].arn)
  -- Run again, the first job's output is read last: the second one's answers stand.
  reads = 0
  local slow = with(s3, { get_object = function(_, params)
    local first = params.Key:find(jobs[1].arn:match "[^/]+$", 1, true)
    if first then moonrock.sleep(60) end
    return (first and throttling or s3):get_object(params)
  end })
  answers = batch.run(options { s3 = slow, journal = path })
  lu.assertEquals({ answers.q1.job, answers.q106.error.code }, { jobs[2].arn, "400" })
  lu.assertNil(answers.q1.error)
end

function TestBatch.test_what_was_asked_directly_is_not_asked_again()
  -- 10 lines of the job are throttled: too few for another one.
  local throttling = with(s3, { get_object = function(_, params)
    local reply = s3:get_object(params)
    if params.Key:find "%.jsonl%.out$" then
      local text = reply.Body:read("a"):gsub('"recordId":"q%d"', '%0,"error":{"errorCode":429,"errorMessage":"x"}')
      reply.Body = require("moonrock.aws.body").of_string(text)
    end
    return reply
  end })
  local path = path_for()
  local answers = batch.run(options { s3 = throttling, journal = path })
  lu.assertEquals({ answers.q1.source, answers.q10.source }, { "live", "batch" })
  local paid = bill("output")
  answers = batch.run(options { s3 = throttling, journal = path })
  lu.assertEquals({ answers.q1.source, answers.q1.error, bill("output") - paid }, { "live", nil, 0 })
end

function TestBatch.test_a_job_that_fails_tells_why()
  local before = jobs_made()
  local vanishing = with(bedrock, { create_model_invocation_job = function(_, params)
    local reply = bedrock:create_model_invocation_job(params)
    local key = params.inputDataConfig.s3InputDataConfig.s3Uri:match "^s3://batches/(.*)$"
    s3:delete_object { Bucket = "batches", Key = key }
    return reply
  end })
  local err = fails("BatchFailed", batch.run, options { bedrock = vanishing })
  lu.assertStrContains(err.message, "ended as Failed: The input s3://batches/in/moonrock-")
  lu.assertEquals(jobs_made() - before, 2, "tried twice")
end

function TestBatch.test_other_records_or_another_model_are_refused()
  local path = path_for()
  pcall(batch.run, options { journal = path, s3 = with(s3, { put_object = function() error("killed", 0) end }) })
  local err = fails("OtherBatch", batch.run, options { journal = path, max_tokens = 61 })
  lu.assertStrContains(err.message, "which is another one now")
  err = fails("OtherBatch", batch.run, options { journal = path, model = "us." .. HAIKU })
  lu.assertStrContains(err.message, "its model is " .. HAIKU)
end

function TestBatch.test_the_journal_is_about_the_same_records_also_when_all_is_done()
  local path = path_for()
  batch.run(options { journal = path })
  lu.assertStrContains(fails("OtherBatch", batch.run, options { journal = path, max_tokens = 61 }).message, "record q")
  path = path_for()
  batch.run(options { journal = path, records = prompts(3) })
  lu.assertStrContains(fails("OtherBatch", batch.run, options { journal = path, max_tokens = 61, records = prompts(3) })
    .message, "record q")
end

function TestBatch.test_output_that_is_missing_is_not_paid_for_again()
  local path, before = path_for(), jobs_made()
  local _, jobs = batch.run(options { journal = path })
  local folder = "out/" .. jobs[1].arn:match "([^/]+)$" .. "/"
  local key = folder .. jobs[1].name .. ".jsonl.out"
  s3:copy_object { Bucket = "batches", Key = "kept", CopySource = "batches/" .. key }
  s3:delete_object { Bucket = "batches", Key = key }
  lu.assertStrContains(fails("OutputMissing", batch.run, options { journal = path }).message,
    "with 110 records processed, but 0 lines are in s3://batches/" .. folder)
  s3:delete_object { Bucket = "batches", Key = folder .. "manifest.json.out" }
  fails("OutputMissing", batch.run, options { journal = path })
  s3:copy_object { Bucket = "batches", Key = key, CopySource = "batches/kept" }
  lu.assertNotNil(batch.run(options { journal = path }).q1.text)
  lu.assertEquals(jobs_made() - before, 1)
end

function TestBatch.test_a_journal_that_broke_off_or_is_none()
  local path = path_for()
  batch.run(options { journal = path })
  local text, before = read(path), jobs_made()
  write(path, text:sub(1, -5)) -- in the middle of the last line
  lu.assertNotNil(batch.run(options { journal = path }).q1.text)
  lu.assertEquals(jobs_made(), before)
  write(path, text .. "{\"kind\":\"job\"}\n")
  lu.assertStrContains(fails("BadJournal", batch.run, options { journal = path }).message,
    "line 5, is no line of a batch")
  write(path, "hello\n")
  lu.assertStrContains(fails("BadJournal", batch.run, options { journal = path }).message, "line 1")
end

function TestBatch.test_an_evaluation_as_a_batch()
  local evaluate, score = require "moonrock.evaluate", require "moonrock.score"
  local path, before = path_for(), jobs_made()
  local records = {}
  for i = 1, 120 do records[i] = { input = "What is " .. i .. "?", expected = ("\"What is %d?\""):format(i) } end
  local opts = { dataset = records, target = HAIKU, scorers = { score.contains() }, output = path, max_tokens = 60,
    runtime = runtime, batch = { role = "arn:aws:iam::123456789012:role/R", input = "s3://batches/in",
      output = "s3://batches/out", bedrock = bedrock, s3 = s3 } }
  opts.on_progress = function(done) if done == 50 then error("killed", 0) end end
  lu.assertErrorMsgEquals("killed", evaluate.run, opts)
  opts.on_progress = nil
  local paid = bill("batch_output")
  local summary = evaluate.run(opts)
  lu.assertEquals({ summary.complete, summary.scored, summary.scores.contains.estimate }, { true, 120, 1.0 })
  lu.assertEquals({ jobs_made() - before, bill("batch_output") - paid }, { 1, 0 })
  lu.assertEquals(summary.unpriced, 120, "nobody here has read what batch tokens cost")
  -- A budget is held to before the job is made.
  opts.output, opts.budget = path_for(), 0.001
  opts.catalog = catalog.new { prices = { [HAIKU] = { batch_input = { amount = 0.000125 },
    batch_output = { amount = 0.000625 } } } }
  summary = evaluate.run(opts)
  lu.assertEquals({ summary.stopped, summary.scored, jobs_made() - before }, { "budget", 0, 1 })
  opts.budget = 1
  summary = evaluate.run(opts)
  lu.assertEquals({ summary.complete, summary.unpriced, jobs_made() - before }, { true, 0, 2 })
  lu.assertTrue(summary.cost > 0 and summary.cost < 0.01)
  -- What is too few for a job is asked directly, and costs what that costs.
  opts.output, opts.limit = path_for(), 5
  local usual = { [HAIKU] = { batch_input = { amount = 0.000125 }, batch_output = { amount = 0.000625 },
    input = { amount = 0.25 }, output = { amount = 1.25 } } }
  opts.catalog = catalog.new { prices = usual }
  local tokens = { bill("input"), bill("output") }
  summary = evaluate.run(opts)
  lu.assertEquals(jobs_made() - before, 2)
  lu.assertAlmostEquals(summary.cost, ((bill("input") - tokens[1]) * 0.25 + (bill("output") - tokens[2]) * 1.25) / 1000,
    1e-9)
  opts.target = function() return "x" end
  lu.assertStrContains(fails("ParamValidation", evaluate.run, opts).message, "`batch` needs a model")
end

function TestBatch.test_options()
  lu.assertStrContains(fails("ParamValidation", batch.run, options { modle = "x" }).message, "did you mean model?")
  lu.assertStrContains(fails("ParamValidation", batch.run, options { input = "bucket/x" }).message,
    "s3://bucket/folder/")
  lu.assertStrContains(fails("ParamValidation", batch.run, options {
    model = "arn:aws:bedrock:us-west-2:123456789012:provisioned-model/abcdefghijkl" }).message,
    "provisioned throughput")
  lu.assertStrContains(fails("ParamValidation", batch.run, options { name = "my_job" }).message, "`name` begins")
  local none = options()
  none.role = nil
  lu.assertStrContains(fails("ParamValidation", batch.run, none).message, "`role` is missing")
end

os.exit(lu.LuaUnit.run())
