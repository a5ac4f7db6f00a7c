-- SPDX-License-Identifier: MIT
-- Cassettes: recorded over a real socket, over the emulator in this process and over scripted
-- streams; replayed without any of them. No secret is in a cassette; what does not fit is told.

local lu = require "luaunit"
local cassette = require "moonrock.cassette"
local errors = require "moonrock.error"
local fails = require "fails"
local fake = require "fake_transport"
local fake_stream = require "fake_stream"
local files = require "files"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local program = require "program"
local served = require "served"
local session = require "moonrock.session"
local task = require "moonrock.task"
local tasks = require "moonrock.tasks"

local read, write = files.read, files.write

local base = os.tmpname()
os.remove(base)
os.execute("mkdir " .. base)
local tape = base .. "/run.jsonl"

local function lines_of(path)
  local list = {}
  for line in read(path):gmatch "[^\n]+" do list[#list + 1] = json.decode(line) end
  return list
end

-- What stands where the network was: nothing may reach it.
local gone = { request = function() error("the network was asked", 0) end }

local function replaying(options, more)
  local all = { region = "us-east-1", transport = gone, cassette = cassette.replay(tape, options),
    environment = function() return nil end }
  for name, value in pairs(more or {}) do all[name] = value end
  return session.new(all), all.cassette
end

-- Records what f(session) does over a transport that answers from `answers`.
local function record(answers, f, more)
  local recorder <close> = cassette.record(tape)
  local options = { cassette = recorder }
  for name, value in pairs(more or {}) do options[name] = value end
  return f((fake.session(answers, options)))
end

-- ---- in the program --------------------------------------------------------------------

local SCRIPT = [==[
local moonrock = require "moonrock"
local s3, runtime = moonrock.client("s3"), moonrock.client("bedrock-runtime")
local name = "tape-" .. moonrock.random.integer(1, 1000000000) .. "-" .. math.random(1000)
local folder = ...
s3:ensure_bucket(name)
print(name)
s3:upload_file(folder .. "/big", name, "big", { part_size = 5 << 20, threshold = 5 << 20 })
print(s3:download_file(name, "big", folder .. "/copy", { part_size = 5 << 20 }).size)
s3:put_object { Bucket = name, Key = "bytes", Body = "\0\255 and text" }
print(("%q"):format(s3:get_object({ Bucket = name, Key = "bytes" }).Body:read "a"))
local model = "anthropic.claude-3-haiku-20240307-v1:0"
local question = { modelId = model, messages = { { role = "user", content = { { text = "Hi" } } } } }
for event in runtime:converse_stream(question).stream:events() do print(moonrock.json.encode(event)) end
print((runtime:text(runtime:invoke_model { modelId = model, body = { anthropic_version = "bedrock-2023-05-31",
  max_tokens = 9, messages = { { role = "user", content = "Hi" } } } })))
print(moonrock.try(s3.get_object, s3, { Bucket = name, Key = "none" }))
local bedrock = moonrock.client("bedrock")
s3:put_object { Bucket = name, Key = "in.jsonl", Body = ("{}\n"):rep(100) }
local job = bedrock:create_model_invocation_job { jobName = name, modelId = model,
  roleArn = "arn:aws:iam::123456789012:role/r",
  inputDataConfig = { s3InputDataConfig = { s3Uri = "s3://" .. name .. "/in.jsonl" } },
  outputDataConfig = { s3OutputDataConfig = { s3Uri = "s3://" .. name .. "/out/" } } }
print(job.jobArn, bedrock:wait("model_invocation_job_completed", { jobIdentifier = job.jobArn }).status)
local sizes = moonrock.map({ 1, 2, 3, 4, 5, 6 }, function(i)
  s3:put_object { Bucket = name, Key = "k" .. i, Body = ("x"):rep(i) }
  return #s3:get_object({ Bucket = name, Key = "k" .. i }).Body:read "a"
end, { concurrency = 3 })
print(table.concat(sizes, " "))
]==]

TestProgram = {}

function TestProgram:setUp()
  self.script = base .. "/script.lua"
  write(self.script, SCRIPT)
  write(base .. "/big", ("0123456789abcdef"):rep(12 << 16))
end

function TestProgram:test_what_was_recorded_over_a_socket_is_replayed_without_one()
  local server = served.start { "--seed", "4" }
  local recorded = program.run({ "run", "--record", tape, self.script, base }, { env = server:words() })
  lu.assertEquals({ recorded.code, recorded.err }, { 0, "" })
  server:stop()
  os.remove(base .. "/copy")
  local replayed = program.run({ "run", "--replay", tape, self.script, base },
    { env = "AWS_REGION=nowhere AWS_ACCESS_KEY_ID= HOME=/nowhere" })
  lu.assertEquals({ replayed.code, replayed.err }, { 0, "" })
  lu.assertEquals(replayed.out, recorded.out)
  lu.assertTrue(read(base .. "/copy") == read(base .. "/big"))
  local text = read(tape)
  for _, words in ipairs { server.env.AWS_SECRET_ACCESS_KEY, server.env.AWS_ACCESS_KEY_ID, "uthorization",
    "ignature", "x%-amz%-security%-token", "x%-amz%-date" } do
    lu.assertNil(text:find(words), words)
  end
  lu.assertStrContains(text, '"body_length":5242880') -- a part of the upload is its hash
  local other = program.run { "run", "--replay", tape, "-e", 'require "moonrock".client("s3"):list_buckets {}' }
  lu.assertEquals(other.code, 1)
  lu.assertStrContains(other.err, "NotInCassette: GET http://127.0.0.1:" .. server.port .. "/ is not in the cassette")
  lu.assertStrContains(other.err, "recorded exchanges were not asked for")
end

-- Another answer may be written into the file: its length need not be.
function TestProgram:test_an_answer_that_was_edited_is_given()
  write(self.script, [[
    local runtime = require("moonrock").client("bedrock-runtime")
    print((runtime:text(runtime:converse { modelId = "anthropic.claude-3-haiku-20240307-v1:0",
      messages = { { role = "user", content = { { text = "Hi" } } } } })))]])
  local server = served.start { "--seed", "4" }
  program.run({ "run", "--record", tape, self.script }, { env = server:words() })
  server:stop()
  local text, edits = read(tape):gsub("This is the rehearsal stand%-in", "Eh")
  lu.assertEquals(edits, 1)
  write(tape, text)
  local r = program.run { "run", "--replay", tape, self.script }
  lu.assertEquals({ r.code, r.err }, { 0, "" })
  lu.assertStrMatches(r.out, "Eh for Claude.*")
end

function TestProgram:test_os_exit_ends_the_recording_too()
  local code = "os.exit(3)"
  lu.assertEquals(program.run({ "run", "--record", tape, "-e", code }, { env = "AWS_REGION=us-east-1" }).code, 3)
  lu.assertEquals(program.run({ "run", "--replay", tape, "-e", code }).code, 3)
end

function TestProgram:test_a_recording_that_was_killed_is_told_so()
  local code = 'require("moonrock").client("s3"):list_buckets() os.execute("kill -KILL $PPID")'
  local server = served.start()
  program.run({ "run", "--record", tape, "-e", code }, { env = server:words() })
  server:stop()
  lu.assertStrContains(program.run({ "run", "--replay", tape, "-e", code }).err,
    "line 2: it ends without the line of its end")
end

function TestProgram:test_the_clock_is_that_of_the_recording()
  local code = 'print(os.date "!%Y") local m = require "moonrock" m.sleep(36000) print(m.time.iso8601())'
  write(tape, [[{"kind":"cassette","version":1,"started":1000000000,"seed":1,"settings":{}}]]
    .. "\n" .. [[{"kind":"end","exchanges":0}]] .. "\n")
  lu.assertEquals(program.run({ "run", "--replay", tape, "-e", code }).out, "2001\n2001-09-09T11:46:40Z\n")
end

function TestProgram:test_the_settings_of_files_are_those_of_the_recording()
  local server = served.start()
  local config = base .. "/config"
  write(config, "[default]\nregion = us-west-2\nendpoint_url = " .. server.env.AWS_ENDPOINT_URL .. "\ns3 =\n"
    .. "  addressing_style = path\n[services x]\n")
  local code = 'print(#require("moonrock").client("s3"):list_buckets().Buckets)'
  local keys = ("AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s"):format(server.env.AWS_ACCESS_KEY_ID,
    server.env.AWS_SECRET_ACCESS_KEY)
  local recorded = program.run({ "run", "--record", tape, "-e", code }, { env = keys .. " AWS_CONFIG_FILE=" .. config })
  server:stop()
  lu.assertEquals({ recorded.code, recorded.out, recorded.err }, { 0, "0\n", "" })
  os.remove(config)
  local replayed = program.run({ "run", "--replay", tape, "-e", code }, { env = "AWS_REGION=eu-west-1" })
  lu.assertEquals({ replayed.code, replayed.out, replayed.err }, { 0, "0\n", "" })
end

function TestProgram:test_usage()
  local both = program.run { "run", "--record", tape, "--replay", tape, "-e", "" }
  lu.assertEquals(both.code, 2)
  lu.assertStrContains(both.err, "recorded or replayed, not both")
  lu.assertStrContains(program.run({ "run", "--strict", "-e", "" }).err, "--strict belongs to --replay FILE")
  lu.assertStrContains(program.run({ "run", "--replay", tape, "--region", "x", "-e", "" }).err, "does not go with")
  lu.assertStrContains(program.run({ "run", "--replay", base .. "/none", "-e", "" }).err, "cannot be read")
  lu.assertStrContains(program.run({ "run", "--record", base .. "/none/x", "-e", "" }).err, "cannot be written")
end

-- ---- streams ---------------------------------------------------------------------------

TestStreams = {}

-- Everything that a stream says, with how it ended.
local function told(runtime)
  local out = {}
  local ok, err = errors.try(function()
    local reply = runtime:converse_stream { modelId = "m", messages = { { role = "user",
      content = { { text = "Hi" } } } } }
    for event in reply.stream:events() do out[#out + 1] = json.encode(event) end
    return true
  end)
  out[#out + 1] = ok and "whole" or tostring(err)
  return table.concat(out, "\n")
end

local function stream_twice(pieces)
  local recorder = cassette.record(tape)
  local _, transport = fake_stream.client(pieces)
  local options = { region = "us-east-1", credentials = fake.credentials, transport = transport,
    cassette = recorder, max_attempts = 1, environment = function() return nil end }
  local first = told(session.new(options):client "bedrock-runtime")
  recorder:close()
  local again = told((replaying({ strict = true }, { max_attempts = 1 })):client "bedrock-runtime")
  lu.assertEquals(again, first)
  return first
end

function TestStreams.test_whole_cut_and_ended_by_an_exception()
  local frames = fake_stream.answer("one", "two")
  lu.assertStrContains(stream_twice(frames), "whole")
  local text = table.concat(frames)
  lu.assertStrContains(stream_twice { text:sub(1, #text - 10) }, "IncompleteStream")
  lu.assertStrContains(stream_twice { frames[1], frames[2],
    { code = "ConnectionError", message = "the line broke", retryable = true } }, "the line broke")
  lu.assertStrContains(stream_twice { frames[1], fake_stream.frame({ { ":message-type", "exception" },
    { ":exception-type", "throttlingException" }, { ":content-type", "application/json" } },
    '{"message":"too many"}') }, "too many")
end

function TestStreams.test_the_pieces_keep_their_boundaries()
  local frames = fake_stream.answer("one")
  local pieces = { frames[1]:sub(1, 7), frames[1]:sub(8) .. frames[2] }
  table.move(frames, 3, #frames, 3, pieces)
  stream_twice(pieces)
  local exchange = lines_of(tape)[2]
  lu.assertEquals(#exchange.reply.pieces, #pieces)
end

function TestStreams.test_a_stream_that_was_left()
  local frames = fake_stream.answer("one", "two")
  local recorder = cassette.record(tape)
  local _, transport = fake_stream.client(frames)
  local options = { region = "us-east-1", credentials = fake.credentials, transport = transport, cassette = recorder,
    environment = function() return nil end }
  local function first(client, n)
    local seen = 0
    for _ in client:converse_stream({ modelId = "m", messages = { { role = "user", content = { { text = "Hi" } } } } })
      .stream:events() do
      seen = seen + 1
      if seen == n then return seen end
    end
    return seen
  end
  lu.assertEquals(first(session.new(options):client "bedrock-runtime", 2), 2)
  recorder:close()
  lu.assertEquals(first((replaying()):client "bedrock-runtime", 2), 2)
  local _, err = errors.try(first, (replaying()):client "bedrock-runtime", 99)
  lu.assertStrContains(tostring(err), "read no further")
end

-- ---- requests --------------------------------------------------------------------------

TestRequests = {}

local answer = { status = 200,
  body = '{"customModelDeploymentArn":"arn:aws:bedrock:us-east-1:1:custom-model-deployment/a"}',
  headers = { ["content-type"] = "application/json" } }

function TestRequests.test_tokens_are_no_part_of_what_is_asked_but_all_else_is()
  local function create(s, name)
    return s:client "bedrock":create_custom_model_deployment { modelDeploymentName = name,
      modelArn = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-micro-v1:0/abcdefghijkl" }
  end
  record({ answer, answer }, function(s)
    create(s, "one")
    create(s, "one")
  end)
  local s, replay = replaying()
  create(s, "one")
  lu.assertEquals(replay:unused(), 1)
  local err = fails("NotInCassette", create, s, "two")
  lu.assertStrContains(err.message, "the nearest is line 2, POST https://bedrock.us-east-1.amazonaws.com")
  lu.assertStrContains(err.message, [[body, from byte]])
  lu.assertStrContains(err.message, [[\"one\"]], false)
  create(s, "one")
  lu.assertStrContains(fails("NotInCassette", create, s, "one").message, "have been given already")
end

function TestRequests.test_strict_is_the_order_of_the_recording()
  local function get(s, key) return s:client "s3":get_object({ Bucket = "bucket", Key = key }).Body:read "a" end
  record({ { body = "A" }, { body = "B" } }, function(s)
    get(s, "a")
    get(s, "b")
  end)
  local loose = replaying()
  lu.assertEquals({ get(loose, "b"), get(loose, "a") }, { "B", "A" })
  local strict = replaying { strict = true }
  lu.assertStrContains(fails("NotInCassette", get, strict, "b").message, "the next in it is line 2")
  lu.assertEquals({ get(strict, "a"), get(strict, "b") }, { "A", "B" })
end

function TestRequests.test_failures_and_retries_come_again()
  local function ask(s) return s:client "bedrock":list_custom_models {} end
  local throttle = fake.fault("ThrottlingException", 429)
  local models = { body = '{"modelSummaries":[]}', headers = { ["content-type"] = "application/json" } }
  record({ { failure = { code = "ConnectionError", message = "no line", retryable = true } }, throttle, models }, ask)
  lu.assertEquals(#lines_of(tape), 5)
  local s, replay = replaying()
  lu.assertEquals(ask(s).ResponseMetadata.RetryAttempts, 2)
  lu.assertEquals(replay:unused(), 0)
end

function TestRequests.test_what_was_given_up_is_given_up_again()
  local function ask(s)
    local client = s:client "bedrock"
    local _, err = errors.try(tasks.timeout, 0.05, function() client:list_custom_models {} end)
    return err.code
  end
  local recorder = cassette.record(tape)
  local slow = { request = function() task.sleep(5) end }
  local first = ask(session.new { region = "us-east-1", credentials = fake.credentials, transport = slow,
    cassette = recorder, environment = function() return nil end })
  recorder:close()
  lu.assertEquals({ first, ask((replaying())) }, { "Timeout", "Timeout" })
end

function TestRequests.test_secrets_are_not_kept()
  local sealed = { status = 200, headers = { ["content-type"] = "text/xml" }, body = [[<AssumeRoleResponse
    xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIAX</AccessKeyId>
    <SecretAccessKey>VERYSECRET</SecretAccessKey><SessionToken>TOKENTOKEN</SessionToken>
    <Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>]] }
  local function assume(s)
    return s:client "sts":assume_role { RoleArn = "arn:aws:iam::123456789012:role/r", RoleSessionName = "me" }
  end
  record({ sealed }, assume)
  lu.assertStrContains(read(tape), "[secret]")
  lu.assertStrContains(fails("SecretNotRecorded", assume, (replaying())).message, "line 2")
  record({ { body = "x" } }, function(s)
    s:client "s3":get_object { Bucket = "bucket", Key = "k", SSECustomerAlgorithm = "AES256",
      SSECustomerKey = ("K"):rep(32) }
  end, { credentials = { access_key_id = "AKIDHIDDEN", secret_access_key = "HIDDENKEY",
    session_token = "HIDDENTOKEN" } })
  local text = read(tape)
  for _, word in ipairs { "AKIDHIDDEN", "HIDDENKEY", "HIDDENTOKEN", "VERYSECRET", "S0tLS0tL" } do
    lu.assertNotStrContains(text, word)
  end
end

-- ---- files that are wrong --------------------------------------------------------------

TestFiles = {}

function TestFiles:setUp()
  record({ { body = "A" }, { body = "B" } }, function(s)
    local s3 = s:client "s3"
    for _, key in ipairs { "a", "b" } do s3:get_object({ Bucket = "bucket", Key = key }).Body:read "a" end
  end)
  self.text = read(tape)
end

local function refused(text, words)
  write(tape, text)
  lu.assertStrContains(fails("BadCassette", cassette.replay, tape).message, words)
end

function TestFiles:test_broken_off()
  refused(self.text:sub(1, -4), "line 4: it breaks off here")
  refused(self.text:match "^(.*\n){\"exchanges\".*$", "line 3: it ends without the line of its end")
  refused("", "line 0: it ends without")
end

function TestFiles:test_wrong_settings_leave_the_old_file()
  local function open_files() return #fs.list "/proc/self/fd" end
  local before = open_files()
  fails("InvalidConfiguration", cassette.record, tape, { addressing_style = "zz" })
  lu.assertEquals({ read(tape), open_files() }, { self.text, before })
  lu.assertStrContains(fails("CannotWrite", cassette.record, "/dev/full").message, "/dev/full")
  lu.assertEquals(open_files(), before)
end

function TestFiles:test_edited()
  refused(self.text:gsub('"version":1', '"version":9'), "line 1: it is of version 9, this program reads version 1")
  refused('{"kind":"run"}\n', "line 1: this is no cassette")
  refused(self.text:gsub('"status":200', '"status":"200"', 1), "line 2: reply has no status that is an integer")
  refused(self.text:gsub('"method":"GET"', '"metod":"GET"', 1), "line 2: request has no method that is a text")
  refused(self.text:gsub('"body":"A"', '"body_base64":"A"', 1), "line 2: reply.body cannot be read")
  refused(self.text:gsub('"exchanges":2', '"exchanges":3'), "line 4: the recording had 3 exchanges, here are 2")
  refused(self.text:gsub('"kind":"exchange"', '"kind":"thing"', 1), "line 2: unknown kind thing")
  refused(self.text:gsub("\n{", "\n[", 1), "line 2: no JSON object")
  refused(self.text .. "{}\n", "line 5: something follows the end")
  refused(self.text:gsub('"took":', '"took":"x","tok":', 1), "line 2: took is no number")
  refused(self.text:gsub('"status":200', '"pieces":5,"status":200', 1), "line 2: reply.pieces is no object")
  refused(self.text:gsub('"status":200', '"cut":5,"status":200', 1), "line 2: reply.cut is no object")
end

local code = lu.LuaUnit.run()
os.execute("rm -r " .. base)
os.exit(code)
