-- SPDX-License-Identifier: MIT
-- The client library over sockets against a server that breaks everything: each fault is one
-- clear error that names host, port and the next step, is tried again or not as it should be,
-- and leaves nothing half done behind.

local root = arg[0]:match("^(.*/)tests/") or "./"
package.path = root .. "tests/support/?.lua;" .. package.path

local errors = require "moonrock.error"
local faults = require "faults"
local fs = require "moonrock.fs"
local lu = require "luaunit"
local network = require "moonrock.aws.network"
local session = require "moonrock.session"
local task = require "moonrock.task"
local time = require "moonrock.time"
local random = require "moonrock.random"

local server = faults.start()
local here = "127.0.0.1:" .. server.port

-- Short waits between attempts; the same wherever it runs.
random.float = function() return 0.02 end

local function client(name, case, more)
  local options = {
    region = "us-east-1", environment = function() end, max_attempts = 2,
    credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
    endpoint_url = server.url .. (case and "/" .. case or ""),
    transport = network.new { idle_timeout = 0.8, connect_timeout = 10, proxy = "" },
  }
  for key, value in pairs(more or {}) do options[key] = value end
  return session.new(options):client(name)
end

local function invoke(case, more)
  return errors.try(function()
    return client("bedrock-runtime", case, more):invoke_model({ modelId = "m.x-v1:0", body = "{}" }).body:read "a"
  end)
end

local function expect(case, code, attempts, words)
  local result, err = invoke(case)
  lu.assertNil(result, case)
  lu.assertTrue(errors.is(err), case)
  lu.assertEquals(err.code, code, case .. ": " .. tostring(err))
  lu.assertEquals(err.attempts, attempts, case)
  lu.assertEquals(server.count(case), attempts, case .. ": nothing is sent that is not counted")
  lu.assertStrContains(tostring(err), words)
  return err
end

-- Below HTTP ----------------------------------------------------------------------------------

TestBroken = {}

function TestBroken:test_what_is_tried_again()
  for case, code in pairs { nothing = "BrokenConnection", reset = "BrokenConnection", ["head-cut"] = "BrokenConnection",
      silent = "TimeoutError" } do
    local err = expect(case, code, 2, here)
    lu.assertTrue(err.retryable)
    lu.assertEquals(err.service, "bedrock-runtime")
    lu.assertTrue(#err.hint > 0)
  end
end

function TestBroken:test_what_is_not()
  for _, case in ipairs { "http09", "garbage", "bad-status", "length-bad", "headers-64m", "headers-2000",
      "header-64m" } do
    local err = expect(case, "ProtocolError", 1, here)
    lu.assertFalse(err.retryable)
    lu.assertStrContains(err.hint, "http or https")
  end
end

function TestBroken:test_bodies_that_break_off()
  for _, case in ipairs { "body-cut", "body-reset", "chunk-cut", "chunk-open", "chunk-bad" } do
    expect(case, "BrokenConnection", 2, here)
  end
  expect("length-long", "TimeoutError", 2, here)
end

function TestBroken:test_replies_in_one_piece_are_read_again()
  local bedrock = client("bedrock", "body-cut@1")
  lu.assertNotNil(bedrock:list_foundation_models())
  lu.assertEquals(server.count "body-cut@1", 2)
end

function TestBroken:test_nobody_there()
  local result, err = invoke("x", { endpoint_url = "http://127.0.0.1:" .. server.refused })
  lu.assertNil(result)
  lu.assertEquals({ err.code, err.attempts }, { "ConnectError", 2 })
  lu.assertStrContains(tostring(err), "127.0.0.1:" .. server.refused)
  lu.assertStrContains(err.hint, "check the endpoint")
end

function TestBroken:test_no_such_name()
  local result, err = invoke("x", { endpoint_url = "http://no-such-host.invalid", max_attempts = 1 })
  lu.assertNil(result)
  lu.assertEquals(err.code, "ResolveError")
  lu.assertStrContains(tostring(err), "no-such-host.invalid:80")
  lu.assertStrContains(err.hint, "DNS")
end

function TestBroken:test_no_tls_there()
  local result, err = invoke("x", { endpoint_url = "https://" .. here,
    transport = network.new { connect_timeout = 1 } })
  lu.assertNil(result)
  lu.assertTrue(err.code == "TLSError" or err.code == "TimeoutError" or err.code == "ConnectError", tostring(err))
  lu.assertStrContains(tostring(err), here)
end

-- The next step is that of the fault, not that of its family.
function TestBroken:test_hints_look_closer()
  local function hint(options, url)
    local more = { proxy = "", connect_timeout = 5 }
    for name, value in pairs(options) do more[name] = value end
    local _, err = invoke("x", { endpoint_url = url, max_attempts = 1, transport = network.new(more) })
    return err.hint
  end
  local plain <close> = require("moonrock.http_server").listen { host = "127.0.0.1", port = 0 }
  local accepting = task.spawn(function() plain:accept() end)
  -- Its refusal comes as text or, where it hangs up before it has read all, as a reset.  A machine
  -- without certificates does not even ask.
  local told = hint({}, "https://127.0.0.1:" .. plain:port())
  lu.assertTrue(told:find "no TLS " ~= nil or told:find "ca%-certificates" ~= nil, told)
  accepting:cancel()
  lu.assertStrContains(hint({ ca_file = "/nowhere" }, "https://" .. here), "must name a readable file")
  lu.assertStrContains(hint({ proxy = "http://127.0.0.1:" .. server.refused }, "https://service.example"), "no_proxy")
  lu.assertStrContains(hint({ proxy = "http://no-such-host.invalid" }, "https://service.example"), "no_proxy")
  lu.assertNotStrContains(hint({}, "http://127.0.0.1:" .. server.refused), "proxy")
end

function TestBroken:test_a_proxy_that_refuses()
  local result, err = invoke("x", { endpoint_url = "https://service.example", max_attempts = 1,
    transport = network.new { proxy = server.url } })
  lu.assertNil(result)
  lu.assertEquals(err.code, "ConnectError")
  lu.assertStrContains(tostring(err), "service.example:443")
  lu.assertStrContains(err.hint, "proxy")
end

function TestBroken:test_stale_connections_cost_nothing()
  local runtime = client("bedrock-runtime", "idle-close")
  for _ = 1, 4 do
    local reply = runtime:invoke_model { modelId = "m.x-v1:0", body = "{}" }
    lu.assertEquals(reply.body:read "a", '{"ok":true}')
    lu.assertEquals(reply.ResponseMetadata.RetryAttempts, 0)
    task.sleep(0.05) -- for the end of the connection to arrive
  end
end

-- A kept connection that ends when the request is out: the model may have answered, and been
-- paid.  What is sent again counts as an attempt, and with one attempt nothing is.
function TestBroken:test_an_attempt_is_what_was_sent()
  local runtime = client("bedrock-runtime", "drop-second")
  for i = 1, 3 do
    local reply = runtime:invoke_model { modelId = "m.x-v1:0", body = "{}" }
    lu.assertEquals(reply.body:read "a", '{"ok":true}')
    lu.assertEquals(reply.ResponseMetadata.RetryAttempts, i == 1 and 0 or 1)
  end
  local once = client("bedrock-runtime", "drop-second", { max_attempts = 1 })
  local result, err = errors.try(once.invoke_model, once, { modelId = "m.x-v1:0", body = "{}" })
  lu.assertNil(result)
  lu.assertEquals({ err.code, err.attempts }, { "BrokenConnection", 1 })
end

function TestBroken:test_slow_is_not_silent()
  for _, case in ipairs { "drip", "drip-head" } do
    lu.assertNotNil((invoke(case)))
  end
end

-- What HTTP says ------------------------------------------------------------------------------

TestReplies = {}

function TestReplies:test_no_json_and_no_xml()
  local result, err = errors.try(function() return client("bedrock", "no-json"):list_foundation_models() end)
  lu.assertNil(result)
  lu.assertEquals({ err.code, err.status, err.retryable }, { "InvalidReply", 200, false })
  result, err = errors.try(function() return client("s3", "no-xml"):list_buckets() end)
  lu.assertNil(result)
  lu.assertEquals(err.code, "InvalidReply")
end

function TestReplies:test_endless_documents()
  for case, code in pairs { endless = false, ["endless-ok"] = "BodyTooLarge" } do
    local before = select(2, require "moonrock.system".memory())
    local result, err = errors.try(function()
      return client("bedrock", case, { max_attempts = 1 }):list_foundation_models()
    end)
    lu.assertNil(result, case)
    lu.assertTrue(errors.is(err), case)
    if code then lu.assertEquals(err.code, code) else lu.assertEquals(err.status, 500) end
    local after = select(2, require "moonrock.system".memory())
    lu.assertTrue(after - before < 400 << 20, case) -- bounded, not a gigabyte
  end
end

function TestReplies:test_redirects_are_not_followed_blindly()
  local _, err = invoke "redirect"
  lu.assertEquals(err.status, 302)
  lu.assertEquals(server.count "redirect", 1)
end

function TestReplies:test_busy_and_throttled()
  for case, expected in pairs { busy = "ServiceUnavailableException", throttled = "ThrottlingException" } do
    local err = expect(case, expected, 2, expected)
    lu.assertTrue(err.retryable)
    lu.assertEquals((invoke(case .. "@1")), '{"ok":true}')
    lu.assertEquals(server.count(case .. "@1"), 2)
  end
  lu.assertEquals(select(2, invoke "error-html").status, 502)
end

function TestReplies:test_retry_after_is_honoured()
  for _, case in ipairs { "busy-after@1", "throttled-after@1" } do
    local before = time.monotonic()
    lu.assertEquals((invoke(case)), '{"ok":true}')
    lu.assertTrue(time.monotonic() - before >= 1.0, case)
    lu.assertEquals(server.count(case), 2)
  end
end

-- 20 minutes off: corrected once, for every client of the session.
function TestReplies:test_a_clock_that_is_off()
  local s = session.new {
    region = "us-east-1", environment = function() end, max_attempts = 1, endpoint_url = server.url .. "/skew",
    credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret" },
    transport = network.new { proxy = "" },
  }
  local before = server.count "skew"
  for _ = 1, 3 do
    s:client("bedrock-runtime"):invoke_model { modelId = "m.x-v1:0", body = "{}" }
  end
  lu.assertEquals(server.count "skew" - before, 4)
end

-- Files ---------------------------------------------------------------------------------------

TestFiles = {}

local function folder_of(f)
  local folder = os.tmpname()
  os.remove(folder)
  assert(fs.mkdir(folder))
  local ok, err = pcall(f, folder)
  os.execute("rm -rf '" .. folder .. "'")
  if not ok then error(err, 0) end
end

function TestFiles:test_a_download_is_whole_or_not_there()
  folder_of(function(folder)
    for case, code in pairs { ["object-cut"] = "BrokenConnection", ["object-wrong"] = "ChecksumMismatch" } do
      local ok, err = pcall(function()
        client("s3"):download_file(case, "k", folder .. "/data")
      end)
      lu.assertFalse(ok, case)
      lu.assertEquals(err.code, code, tostring(err))
      lu.assertEquals(fs.list(folder), {}, case) -- neither the file nor a part of it
    end
    client("s3"):download_file("object-cut@3", "k", folder .. "/data") -- head, two cut bodies, a whole one
    lu.assertEquals(fs.list(folder), { "data" })
    lu.assertTrue(fs.stat(folder .. "/data").size > 0)
  end)
end

local large = { threshold = 5 << 20, part_size = 5 << 20 }

local function pattern(size)
  local parts = {}
  for n = 0, size // 4096 - 1 do parts[n + 1] = string.char(97 + n % 26):rep(4096) end
  return table.concat(parts)
end

-- Parts of 5, 5 and 2 MiB whose replies end after 3,000,001 bytes: each goes on where it was.
function TestFiles:test_a_part_that_breaks_goes_on()
  folder_of(function(folder)
    local seen, before = 0, server.count "ranges-cut"
    client("s3"):download_file("ranges-cut", "k", folder .. "/data", { threshold = 5 << 20, part_size = 5 << 20,
      on_progress = function(done, total)
        lu.assertTrue(done >= seen and done <= total)
        seen = done
      end })
    lu.assertTrue(fs.read(folder .. "/data") == pattern(12 << 20))
    lu.assertEquals(seen, 12 << 20)
    lu.assertEquals(server.count "ranges-cut" - before, 1 + 2 + 2 + 1)
    lu.assertEquals(fs.list(folder), { "data" })
    -- One stream of 12 MiB needs five replies, which is more than a body is tried.
    local ok, err = pcall(function() client("s3"):download_file("ranges-cut", "k", folder .. "/other",
      { threshold = 100 << 20 }) end)
    lu.assertFalse(ok)
    lu.assertEquals(err.code, "BrokenConnection")
    lu.assertEquals(fs.list(folder), { "data" })
  end)
end

function TestFiles:test_no_room_for_a_download()
  for _, options in ipairs { large, { threshold = 100 << 20 } } do
    local ok, err = pcall(function() client("s3"):download_file("ranges", "k", "/dev/full", options) end)
    lu.assertFalse(ok)
    lu.assertEquals(err.code, "ENOSPC", tostring(err))
    lu.assertStrContains(tostring(err), "/dev/full")
  end
  folder_of(function(folder) -- the system's limit on a file stands in for a full disk
    local script = folder .. "/get.lua"
    assert(fs.write(script, [[
      local ok, err = pcall(function()
        local s3 = require("moonrock").client("s3")
        s3:download_file("ranges", "k", arg[1], { threshold = 5 << 20, part_size = 5 << 20 })
      end)
      print(ok, err.code)]]))
    local pipe = io.popen(("trap '' XFSZ; ulimit -f 4096; AWS_ENDPOINT_URL=%s AWS_REGION=us-east-1 "
      .. "AWS_ACCESS_KEY_ID=AKID AWS_SECRET_ACCESS_KEY=secret no_proxy=127.0.0.1 '%s' '%s' '%s/data' 2>&1"):format(
      server.url, arg[-1], script, folder))
    lu.assertEquals(pipe:read "a", "false\tEFBIG\n")
    pipe:close()
    lu.assertEquals(fs.list(folder), { "get.lua" })
  end)
end

function TestFiles:test_a_transfer_that_is_cancelled_in_the_middle()
  folder_of(function(folder)
    assert(fs.write(folder .. "/data", "old"))
    for _, stop_at in ipairs { 0, 1 << 20, 6 << 20 } do
      local t
      t = task.spawn(function()
        client("s3"):download_file("ranges", "k", folder .. "/data", { threshold = 5 << 20, part_size = 5 << 20,
          concurrency = 2, on_progress = function(done) if done >= stop_at then t:cancel() end end })
      end)
      pcall(t.wait, t)
      lu.assertEquals(t:status(), "cancelled")
      lu.assertEquals(fs.read(folder .. "/data"), "old")
      lu.assertEquals(fs.list(folder), { "data" })
    end
  end)
end

function TestFiles:test_a_cancelled_download_leaves_nothing()
  folder_of(function(folder)
    local t = task.spawn(function()
      client("s3", nil, { transport = network.new {} }):get_object({ Bucket = "drip-long", Key = "k" })
        .Body:save(folder .. "/data")
    end)
    task.sleep(0.2)
    t:cancel()
    pcall(t.wait, t)
    lu.assertEquals(fs.list(folder), {})
  end)
end

function TestFiles:test_uploads_that_are_not_taken()
  local body = ("x"):rep(16 << 20)
  local s3 = client("s3")
  for case, code in pairs { ["upload-stop"] = "BrokenConnection", ["upload-deaf"] = "TimeoutError" } do
    local ok, err = pcall(function() return s3:put_object { Bucket = case, Key = "k", Body = body } end)
    lu.assertFalse(ok, case)
    lu.assertEquals({ err.code, err.attempts }, { code, 2 }, tostring(err))
    lu.assertStrContains(tostring(err), here)
  end
end

-- Any case, by number: never a hang, never a crash, always a result or one clear error ----------

TestSeeds = {}

function TestSeeds:test_seeds()
  local function try(seed)
    local result, err = invoke("seed@" .. seed, { max_attempts = 1,
      transport = network.new { idle_timeout = 0.5, total_timeout = 1, proxy = "" } })
    if result == nil then
      lu.assertTrue(errors.is(err), "seed " .. seed .. ": " .. tostring(err))
      lu.assertFalse(err.code == "ScriptError", "seed " .. seed .. ": " .. tostring(err))
      lu.assertTrue(err.status ~= nil or err.code == "BodyTooLarge" or tostring(err):find(here, 1, true) ~= nil,
        "seed " .. seed .. ": " .. tostring(err))
    end
    return true
  end
  local tasks = {}
  for seed = 1, 48 do
    tasks[#tasks + 1] = task.spawn(try, seed)
    if #tasks == 12 then
      for _, t in ipairs(tasks) do t:wait() end
      tasks = {}
    end
  end
end

local code = lu.LuaUnit.run()
server.stop()
os.exit(code)
