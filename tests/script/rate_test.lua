-- SPDX-License-Identifier: MIT
-- rate_test.lua -- retry mode adaptive: the cubic curve of the shared cases, the measured rate,
-- and one limiter for all tasks of a client.  All under the virtual clock.

local time = require "moonrock.time"
time.make_virtual { epoch = 1767323045, seed = 1 }

local root = arg[0]:match("^(.*/)tests/") or "./"
package.path = root .. "tests/support/?.lua;" .. package.path

local lu = require "luaunit"
local fake = require "fake_transport"
local json = require "moonrock.json"
local rate = require "moonrock.aws.rate"
local task = require "moonrock.task"
local tasks = require "moonrock.tasks"

TestCubic = {}

local function load_cases()
  for _, path in ipairs { "../shared/data/retries/retry-cases.json", "tests/data/retry-cases.json" } do
    local file = io.open(path, "rb")
    if file then
      local all = assert(json.decode(file:read("a")))
      file:close()
      return all, path
    end
  end
end

function TestCubic:test_shared_cases()
  local all, path = load_cases()
  local count = 0
  for _, case in ipairs(all.adaptiveRetryCubicTestCases) do
    local last_rate, throttled_at = case.given.last_max_rate, case.given.last_throttle_time
    for index, step in ipairs(case.cases) do
      local found
      if step.response == "success" then
        found = rate.cubic(last_rate, step.timestamp - throttled_at)
      else -- the rate so far is the new top of the curve
        last_rate = index > 1 and case.cases[index - 1].calculated_rate or last_rate
        throttled_at, found = step.timestamp, last_rate * 0.7
      end
      lu.assertAlmostEquals(found, step.calculated_rate, 1e-6, case.name .. ", step " .. index)
    end
    count = count + 1
  end
  lu.assertTrue(count > 0)
  local rest = { standardRetryIntegrationTestCases = "retry_test.lua", adaptiveRetryCubicTestCases = "here" }
  for name in pairs(all) do
    lu.assertNotNil(rest[name], name .. " is run by no test")
  end
  print(string.format("adaptive retry cases: %d of %s, 0 excluded", count, path))
end

-- The whole limiter: time, what was answered, the rate that was measured, the rate of the bucket.
-- Worked out by hand from the rules: 0.8 and 0.2 as weights, windows of half a second.
local steps = {
  { 0.2, "ok", 0, 0.5 },
  { 0.4, "ok", 0, 0.5 },
  { 0.6, "ok", 4.8, 0.5 }, -- three in the first half second: 6/s, weighted
  { 0.8, "ok", 4.8, 0.5 },
  { 1.0, "ok", 4.16, 0.5 }, -- two in half a second: 0.8 * 4 + 0.2 * 4.8
  { 1.2, "ok", 4.16, 0.6912 }, -- 0.4 * 1.2^3
  { 1.4, "ok", 4.16, 1.0976 },
  { 1.6, "ok", 5.632, 1.6384 },
  { 1.8, "ok", 5.632, 2.3328 },
  { 2.0, "throttle", 4.3264, 3.02848 }, -- 70 % of what was measured
  { 2.2, "ok", 4.3264, 3.486639 },
  { 2.4, "ok", 4.3264, 3.821874 },
  { 2.6, "ok", 5.66528, 4.053386 },
  { 2.8, "ok", 5.66528, 4.200373 },
  { 3.0, "ok", 4.333056, 4.282037 },
  { 3.2, "throttle", 4.333056, 2.997426 }, -- 70 % of the bucket's rate, the lower of the two
  { 3.4, "ok", 4.333056, 3.452226 },
}

function TestCubic:test_the_limiter_step_by_step()
  local now = 0
  local limiter = rate.limiter(function() return now end)
  for index, step in ipairs(steps) do
    now = step[1]
    limiter:answered(step[2] == "throttle")
    lu.assertAlmostEquals(limiter.measured, step[3], 1e-6, "measured, step " .. index)
    lu.assertAlmostEquals(limiter.rate, step[4], 1e-6, "rate, step " .. index)
  end
end

TestClients = {}

local throttled, good = fake.fault("ThrottlingException", 429), { body = "{}" }

local function client(answers, options)
  local all = { retry_mode = "adaptive" }
  for name, value in pairs(options or {}) do all[name] = value end
  return fake.client("bedrock", answers, all)
end

function TestClients:test_nothing_is_held_back_before_the_first_throttle()
  local bedrock = client(function() return good end)
  local start = time.now()
  for _ = 1, 200 do bedrock:list_foundation_models() end
  lu.assertEquals(time.now() - start, 0)
end

-- A service that takes two a second: adaptive clients get through with fewer refusals.
local function limited_service(mode)
  local tokens, filled, refused = 2, time.now(), 0
  local function answer()
    tokens = math.min(2, tokens + (time.now() - filled) * 2)
    filled = time.now()
    if tokens < 1 then
      refused = refused + 1
      return throttled
    end
    tokens = tokens - 1
    return good
  end
  local bedrock = client(answer, { retry_mode = mode, max_attempts = 50 })
  local done = 0
  tasks.map({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 }, function()
    for _ = 1, 5 do
      if pcall(bedrock.list_foundation_models, bedrock) then done = done + 1 end
      task.sleep(0.05)
    end
  end, { concurrency = 16 })
  return done, refused
end

function TestClients:test_all_tasks_share_the_limiter()
  local done, refused = limited_service("adaptive")
  local plain_done, plain_refused = limited_service("standard")
  lu.assertEquals(done, 80, "nothing is lost")
  lu.assertTrue(refused * 2 < plain_refused,
    string.format("adaptive: %d done, %d refused; standard: %d done, %d refused", done, refused, plain_done,
      plain_refused))
end

function TestClients:test_they_pass_in_their_order_and_a_cancel_lets_the_next_go()
  local limiter = rate.limiter()
  task.sleep(0.6)
  limiter:answered(true)
  local order, handles = {}, {}
  for i = 1, 5 do
    handles[i] = task.spawn(function()
      limiter:acquire()
      order[#order + 1] = i
    end)
  end
  task.sleep(0.01)
  handles[1]:cancel()
  handles[3]:cancel()
  for i = 1, 5 do pcall(handles[i].wait, handles[i]) end
  lu.assertEquals(order, { 2, 4, 5 })
  lu.assertNil(limiter.last, "nobody is left in the line")
end

function TestClients:test_a_throttle_inside_a_stream_counts()
  local frame = require("moonrock.eventstream").encode { payload = '{"message":"slow"}',
    headers = { [":message-type"] = "exception", [":exception-type"] = "throttlingException" } }
  local runtime = fake.client("bedrock-runtime", function()
    return { headers = { ["content-type"] = "application/vnd.amazon.eventstream" }, body = frame }
  end, { retry_mode = "adaptive" })
  local function read()
    local reply = runtime:converse_stream { modelId = "m",
      messages = { { role = "user", content = { { text = "x" } } } } }
    for _ in reply:events() do error "no event was sent" end
  end
  fake.raised("slow", read)
  local start = time.now()
  pcall(read)
  pcall(read)
  lu.assertTrue(time.now() - start > 1, "later calls are held back")
end

function TestClients:test_legacy_is_answered_by_standard()
  local bedrock = client({ good }, { retry_mode = "legacy" })
  lu.assertEquals(bedrock.meta.config.retry_mode, "standard")
  local err = fake.raised("retry_mode", client, {}, { retry_mode = "patient" })
  lu.assertStrContains(err.message, "standard, legacy, adaptive")
end

os.exit(lu.LuaUnit.run())
