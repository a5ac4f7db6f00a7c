-- SPDX-License-Identifier: MIT
-- serve_test.lua -- the emulator behind a socket: the tutorial by `moonrock run`, kills at any
-- moment, a clean end, refused secrets, Expect, options that are wrong.

local root = arg[0]:match("^(.*/)tests/") or "./"
package.path = root .. "tests/support/?.lua;" .. package.path

local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local http = require "moonrock.http"
local json = require "moonrock.json"
local lu = require "luaunit"
local moonrock = require "moonrock"
local program = require "program"
local served = require "served"
local task = require "moonrock.task"

local FINETUNE = root .. "examples/finetune.lua"
local TUTORIAL = {
  "run", FINETUNE, "--bucket", "served-tutorial", "--role", "arn:aws:iam::123456789012:role/FineTuning",
  "--region", "us-west-2", "--model", "anthropic.claude-3-haiku-20240307-v1:0:200k",
}

local function with_server(words, f)
  local server = served.start(words)
  local ok, err = pcall(f, server)
  local code = server.child.code() == nil and server:stop("TERM") or nil
  if not ok then error(err, 0) end
  lu.assertEquals(code or 0, 0, server.said)
  return server
end

local function state_folder()
  local path = os.tmpname()
  os.remove(path)
  return path
end

local function remove_folder(path)
  os.execute("rm -rf '" .. path .. "'")
end

local function bucket_of(server, name, over)
  local s3 = server:session(over):client("s3")
  s3:ensure_bucket(name)
  return s3
end

TestServe = {}

function TestServe:test_the_tutorial_over_sockets()
  local server = with_server({}, function(server)
    local r = program.run(TUTORIAL, { env = server:words(), wrap = "timeout 100" })
    lu.assertEquals(r.code, 0, r.err)
    lu.assertStrContains(r.out, "625 metric rows")
    lu.assertStrContains(r.out, "deleted bucket served-tutorial")
    local answer = json.decode(r.out:match "The tuned model's answer is JSON\n(.*)$")
    lu.assertEquals(type(answer.answer), "table")
  end)
  lu.assertStrContains(server.said, "stopped")
end

function TestServe:test_it_prints_what_an_sdk_needs_and_no_more()
  with_server({ "--speed", "100" }, function(server)
    local names = {}
    for name in server.child.out():gmatch "export ([%w_]+)=" do names[#names + 1] = name end
    lu.assertEquals(names, { "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION",
      "AWS_REGION" })
    lu.assertStrMatches(server.env.AWS_ENDPOINT_URL, "http://127%.0%.0%.1:%d+")
  end)
end

function TestServe:test_warnings_and_answers_are_told()
  local server = served.start({}, "MOONROCK_LOG=info")
  local session = server:session()
  local bedrock, s3 = session:client "bedrock", session:client "s3"
  for i = 1, 2 do
    bedrock:create_guardrail { name = "g" .. i, blockedInputMessaging = "no", blockedOutputsMessaging = "no",
      wordPolicyConfig = { managedWordListsConfig = { { type = "PROFANITY" } } } }
  end
  pcall(s3.head_bucket, s3, { Bucket = "no-such-bucket" })
  server:stop()
  local _, warnings = server.said:gsub("warning: managedWordListsConfig is accepted, but", "")
  lu.assertEquals(warnings, 1, server.said)
  lu.assertStrContains(server.said, "info: POST /guardrails CreateGuardrail -> 202\n")
  lu.assertStrContains(server.said, "info: HEAD /no-such-bucket HeadBucket -> 404\n")
end

function TestServe:test_signals_end_it_cleanly()
  for _, signal in ipairs { "TERM", "INT", "HUP" } do
    local server = served.start()
    lu.assertEquals(server:stop(signal), 0, signal)
  end
end

function TestServe:test_a_wrong_secret_is_refused()
  with_server({}, function(server)
    local wrong = { access_key_id = server.env.AWS_ACCESS_KEY_ID, secret_access_key = "wrong" }
    local s = server:session { credentials = wrong }
    local _, err = errors.try(function() s:client("s3"):list_buckets() end)
    lu.assertEquals(err.code, "SignatureDoesNotMatch")
    _, err = errors.try(function() s:client("bedrock"):list_custom_models() end)
    lu.assertEquals(err.code, "InvalidSignatureException")
    _, err = errors.try(function()
      s:client("s3"):put_object { Bucket = "b-b-b", Key = "k", Body = ("x"):rep(3 << 20) }
    end)
    lu.assertEquals(err.code, "SignatureDoesNotMatch")
  end)
end

-- Of each kept key the content is known; what was not answered is there whole or not at all.
local function check_objects(s3, bucket, kept)
  local there = {}
  for object in s3:each("list_objects_v2", { Bucket = bucket }) do
    local text = s3:get_object { Bucket = bucket, Key = object.Key }.Body:read "a"
    lu.assertEquals(crypto.hash("sha256", text), object.Key:match "/(%x+)$")
    there[object.Key] = true
  end
  for key in pairs(kept) do lu.assertTrue(there[key], "lost: " .. key) end
end

local function write_until_killed(s3, bucket, round, kept)
  for worker = 1, 4 do
    moonrock.spawn(function()
      for i = 1, 1000 do
        local text = ("%d %d %d "):format(round, worker, i):rep(1 + (i * 7919 + worker) % 20000)
        local key = ("%d-%d-%d/%s"):format(round, worker, i, crypto.hash("sha256", text))
        local ok = pcall(s3.put_object, s3, { Bucket = bucket, Key = key, Body = text })
        if not ok then return end
        kept[key] = true
      end
    end)
  end
end

function TestServe:test_a_kill_loses_nothing_and_leaves_no_part()
  local folder, kept = state_folder(), {}
  local server = served.start { "--state", folder }
  local port = server.port
  local s3 = bucket_of(server, "kill-it", { max_attempts = 1 })
  for round = 1, 4 do
    write_until_killed(s3, "kill-it", round, kept)
    task.sleep(0.1 + 0.11 * round)
    lu.assertEquals(server:kill(), 137)
    server = served.start { "--state", folder, "--port", port }
    check_objects(s3, "kill-it", kept)
  end
  lu.assertNotNil(next(kept))
  lu.assertEquals(server:stop("TERM"), 0)
  for _, part in ipairs { "/blobs", "/records/object" } do
    for _, name in ipairs(fs.list(folder .. part) or {}) do
      lu.assertTrue(name:find "^%x+%.?j?s?o?n?$" ~= nil, "left behind: " .. name)
    end
  end
  remove_folder(folder)
end

function TestServe:test_a_kill_in_the_middle_of_the_tutorial()
  local folder = state_folder()
  local server = served.start { "--state", folder, "--speed", "4000" }
  local child = served.spawn(TUTORIAL, server:words() .. " AWS_MAX_ATTEMPTS=12")
  served.until_true(function() return child.out():find "Training         InProgress" or child.code() end, "training")
  lu.assertEquals(server:kill(), 137)
  local again = served.start { "--state", folder, "--speed", "4000", "--port", server.port }
  lu.assertEquals(served.wait(child, 100), 0, child.err())
  lu.assertStrContains(child.out(), "The tuned model's answer is JSON")
  lu.assertEquals(again:stop("TERM"), 0)
  served.remove(child)
  remove_folder(folder)
end

-- A request by hand, that no client of ours would send.
local function raw(server, request)
  request.url = server.env.AWS_ENDPOINT_URL .. request.path
  local exchange, status = http.request(request)
  if not exchange then return nil, status end
  local parts = {}
  for part in exchange.receive, exchange do parts[#parts + 1] = part end
  return status, table.concat(parts)
end

function TestServe:test_expect_and_a_bad_signature()
  with_server({}, function(server)
    local status, text = raw(server, { method = "PUT", path = "/some-bucket/key", body = ("x"):rep(100000), headers = {
      { "expect", "100-continue" }, { "x-amz-content-sha256", "UNSIGNED-PAYLOAD" },
      { "x-amz-date", "20260101T000000Z" },
      { "authorization", "AWS4-HMAC-SHA256 Credential=NOBODY/20260101/us-west-2/s3/aws4_request, "
        .. "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" .. ("0"):rep(64) },
    } })
    lu.assertEquals(status, 403)
    lu.assertStrContains(text, "InvalidAccessKeyId")
    -- and the server goes on
    lu.assertEquals((raw(server, { method = "GET", path = "/_moonrock/summary", headers = {} })), 200)
  end)
end

function TestServe:test_a_file_is_sent_and_saved_without_being_held()
  with_server({}, function(server)
    local path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    for i = 1, 64 do file:write(("%08d"):format(i):rep(1 << 17)) end
    file:close()
    local r = program.script([[
      local moonrock, fs = require "moonrock", require "moonrock.fs"
      local s3, path = moonrock.client "s3", ...
      s3:ensure_bucket "large-body"
      s3:put_object { Bucket = "large-body", Key = "k", Body = { path = path, offset = 8 } }
      print(s3:get_object { Bucket = "large-body", Key = "k" }.Body:save(path .. ".back"))
    ]], { path }, { env = server:words(), before = { "--max-memory", "24" }, wrap = "timeout 60" })
    lu.assertEquals(r.err, "")
    lu.assertEquals(r.out, ("%d\n"):format((64 << 20) - 8))
    local back = assert(io.open(path .. ".back", "rb"))
    lu.assertEquals(back:read(8), "00000001")
    back:seek("end", -8)
    lu.assertEquals(back:read(9), "00000064")
    back:close()
    os.remove(path)
    os.remove(path .. ".back")
  end)
end

-- A shell's usual limit does not bound a run; the one that the system sets does, and is named.
function TestServe:test_more_requests_at_once_than_descriptors()
  local many = [[
    local moonrock = require "moonrock"
    local s3 = moonrock.client("s3", { max_attempts = tonumber((...)) })
    local keys = {}
    for i = 1, 100 do keys[i] = "k" .. i end
    local results, errors = moonrock.map(keys, function(key)
      return s3:put_object { Bucket = "many", Key = key, Body = key }.ETag
    end, { concurrency = 100, errors = "collect" })
    local done, _, failed = 0, next(errors)
    for i = 1, #keys do done = done + (results[i] and 1 or 0) end
    print(done, failed and failed.code, failed and failed.message, failed and failed.hint)]]
  with_server({}, function(server)
    bucket_of(server, "many")
    local function run(limit, attempts)
      return program.script(many, { attempts }, { env = limit .. "; " .. server:words(), wrap = "timeout 60" })
    end
    local r = run("ulimit -Sn 40", 1)
    lu.assertEquals(r.out, "100\tnil\tnil\tnil\n", r.err)
    r = run("ulimit -n 40", 1)
    lu.assertStrMatches(r.out, "%d+\tConnectError\tno answer from 127%.0%.0%.1:%d+: no file descriptor is left: .*"
      .. "raise the limit %(`ulimit %-n`%), or have fewer requests at once.*")
    lu.assertNotEquals(r.out:match "%d+", "0", "those that had one are done")
    r = run("ulimit -n 40", 20)
    lu.assertEquals(r.out, "100\tnil\tnil\tnil\n", r.err)
  end)
end

TestOptions = {}

function TestOptions:test_what_is_wrong_is_named()
  for _, case in ipairs {
    { { "serve", "--port", "x" }, 2, "whole number" }, { { "serve", "--port", "70000" }, 2, "0 to 65535" },
    { { "serve", "--prot", "1" }, 2, "--port" }, { { "serve", "file.lua" }, 2, "options only" },
    { { "serve", "--host", "example.com" }, 1, "numeric" }, { { "serve", "--speed", "0" }, 2, "above 0" },
    { { "serve", "--state", "/dev/null/x" }, 1, "state folder" },
  } do
    local r = program.run(case[1], { wrap = "timeout 10" })
    lu.assertEquals(r.code, case[2], table.concat(case[1], " ") .. ": " .. r.err)
    lu.assertStrContains(r.err, case[3])
  end
end

function TestOptions:test_a_port_that_is_taken()
  with_server({}, function(server)
    local r = program.run({ "serve", "--port", server.port }, { wrap = "timeout 10" })
    lu.assertEquals(r.code, 1)
    lu.assertStrContains(r.err, "port " .. server.port)
    lu.assertStrContains(r.err, "in use -- without --port any free one is taken")
  end)
end

function TestOptions:test_one_program_for_one_folder()
  local folder = state_folder()
  with_server({ "--state", folder }, function()
    for _, words in ipairs { { "serve", "--state", folder }, { "rehearse", "--state", folder, FINETUNE } } do
      local r = program.run(words, { wrap = "timeout 10" })
      lu.assertEquals(r.code, 1)
      lu.assertStrContains(r.err, folder .. " is in use by another process")
    end
  end)
  remove_folder(folder)
end

function TestOptions:test_run_takes_its_own_before_the_file()
  with_server({}, function(server)
    local code = 'local m = require "moonrock"; m.client("s3"):create_bucket { Bucket = "from-options", '
      .. 'CreateBucketConfiguration = { LocationConstraint = "eu-west-1" } }; print((...))'
    local keys = ("AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s HOME=/nowhere"):format(server.env.AWS_ACCESS_KEY_ID,
      server.env.AWS_SECRET_ACCESS_KEY)
    local r = program.script(code, { "--region" }, {
      env = keys, before = { "run", "--endpoint", server.env.AWS_ENDPOINT_URL, "--region", "eu-west-1" },
    })
    lu.assertEquals(r.err, "")
    lu.assertEquals(r.out, "--region\n")
    r = program.script(code, {}, { env = keys .. " AWS_REGION=eu-west-1", before = {
      "run", "--endpoint", "http://127.0.0.1:1" } })
    lu.assertEquals(r.code, 1)
    lu.assertStrContains(r.err, "127.0.0.1:1")
  end)
end

os.exit(lu.LuaUnit.run())
