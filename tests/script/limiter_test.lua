-- SPDX-License-Identifier: MIT
-- The limiter under a virtual clock: quotas of a minute, order, throttling, cancels.

local lu = require "luaunit"
local moonrock = require "moonrock"
local errors = require "moonrock.error"
local task = require "moonrock.task"
local time = require "moonrock.time"

time.make_virtual { epoch = 1767225600, seed = 1 }

local function numbers(n)
  local list = {}
  for i = 1, n do list[i] = i end
  return list
end

TestLimiter = {}

function TestLimiter.test_requests_of_a_minute()
  local limiter = moonrock.limiter { concurrency = 50, requests_per_minute = 60 }
  local started, order = time.monotonic(), {}
  moonrock.map(numbers(70), function(i)
    order[#order + 1] = i
  end, { limiter = limiter })
  lu.assertEquals(order, numbers(70))
  local took = time.monotonic() - started -- 10 at once, the others one a second
  lu.assertTrue(took > 58 and took < 62, took)
end

-- A service that asks for a day stops the others for no longer than this limiter waits at all.
function TestLimiter.test_nobody_waits_longer_than_the_patience()
  local limiter, started = moonrock.limiter { patience = 10 }, time.monotonic()
  local ok, err = errors.try(limiter.call, limiter, 0, function()
    errors.raise { code = "ThrottlingException", message = "slow", retry_after = 86400 }
  end)
  lu.assertEquals({ ok, err.code, time.monotonic() - started }, { nil, "ThrottlingException", 0.0 })
  lu.assertEquals(limiter:call(0, function() return "went" end), "went")
  lu.assertAlmostEquals(time.monotonic() - started, 10, 0.1)
end

function TestLimiter.test_a_quota_of_nothing_is_refused()
  lu.assertErrorMsgContains("requests_per_minute is more than 0", moonrock.limiter, { requests_per_minute = 0 })
  lu.assertErrorMsgContains("tokens_per_minute is more than 0", moonrock.limiter, { tokens_per_minute = 0 })
end

function TestLimiter.test_tokens_of_a_minute()
  local limiter = moonrock.limiter { tokens_per_minute = 6000 }
  local started = time.monotonic()
  moonrock.map(numbers(20), function() end, { limiter = limiter, tokens = function() return 500 end })
  local took = time.monotonic() - started -- 1000 at once, 100 a second
  lu.assertTrue(took > 88 and took < 92, took)
  do -- what was announced and not used is given back
    local permit <close> = limiter:acquire(1000)
    permit:settle(0)
  end
  started = time.monotonic()
  limiter:acquire(100):release()
  lu.assertTrue(time.monotonic() - started < 1.1)
  started = time.monotonic()
  limiter:acquire(10 ^ 6):release() -- more than the quota holds waits until it is full
  lu.assertTrue(time.monotonic() - started < 11)
end

function TestLimiter.test_who_waits_behind_a_cancelled_one_does_not_wait_as_long()
  local limiter = moonrock.limiter { tokens_per_minute = 6000 }
  limiter:acquire(1000):release()
  local long = moonrock.spawn(function() limiter:acquire(1000) end) -- 10 seconds
  local started, took = time.monotonic(), nil
  local short = moonrock.spawn(function()
    limiter:acquire(100):release()
    took = time.monotonic() - started
  end)
  task.sleep(0.1)
  long:cancel()
  short:wait()
  lu.assertTrue(took < 1.1, took)
end

function TestLimiter.test_under_way_at_once()
  local limiter, under_way, most = moonrock.limiter { concurrency = 5 }, 0, 0
  moonrock.map(numbers(40), function()
    under_way = under_way + 1
    most = math.max(most, under_way)
    task.sleep(1)
    under_way = under_way - 1
  end, { limiter = limiter, concurrency = 20 })
  lu.assertEquals({ most, under_way }, { 5, 0 })
end

-- A service that takes so many calls at once and refuses the others.
local function service(capacity)
  local self = { under_way = 0, refused = 0, answered = 0 }
  function self.call(i)
    if self.under_way >= capacity then
      self.refused = self.refused + 1
      errors.raise { code = "ThrottlingException", message = "Too many requests", status = 429 }
    end
    self.under_way = self.under_way + 1
    task.sleep(0.5)
    self.under_way = self.under_way - 1
    self.answered = self.answered + 1
    return i
  end
  return self
end

function TestLimiter.test_throttled_is_not_failed()
  local busy = service(8)
  local limiter = moonrock.limiter { concurrency = 64 }
  local results = moonrock.map(numbers(500), busy.call, { limiter = limiter })
  lu.assertEquals(results, numbers(500))
  lu.assertTrue(limiter.limit < 24, limiter.limit)
  lu.assertTrue(busy.refused < 500, busy.refused)
end

function TestLimiter.test_it_rises_again()
  local limiter = moonrock.limiter { concurrency = 16 }
  limiter:throttled()
  task.sleep(2)
  limiter:throttled()
  lu.assertTrue(limiter.limit < 3)
  moonrock.map(numbers(400), function() task.sleep(0.1) end, { limiter = limiter })
  lu.assertTrue(limiter.limit > 14, limiter.limit)
end

function TestLimiter.test_patience_ends()
  local calls, started = 0, time.monotonic()
  local ok, err = errors.try(function()
    moonrock.limiter { patience = 60 }:call(0, function()
      calls = calls + 1
      errors.raise { code = "ThrottlingException", message = "Too many requests" }
    end)
  end)
  lu.assertNil(ok)
  lu.assertEquals(err.code, "ThrottlingException")
  lu.assertTrue(calls >= 4 and calls < 20 and time.monotonic() - started <= 60, calls)
  ok, err = errors.try(function()
    moonrock.limiter {}:call(0, function() errors.raise { code = "ValidationException", message = "no" } end)
  end)
  lu.assertNil(ok)
  lu.assertEquals(err.code, "ValidationException")
end

function TestLimiter.test_cancelled_waits_leave_no_trace()
  local limiter = moonrock.limiter { concurrency = 1, requests_per_minute = 60 }
  local first = limiter:acquire()
  local waits = {}
  for i = 1, 5 do
    waits[i] = task.spawn(function() limiter:acquire():release() end)
  end
  task.sleep(1)
  for _, i in ipairs { 1, 3, 5 } do
    waits[i]:cancel()
  end
  first:release()
  waits[2]:wait()
  waits[4]:wait()
  lu.assertEquals({ limiter.running, limiter.waiting }, { 0, 0 })
  limiter:acquire():release()
  first:release() -- a second time does nothing
  lu.assertEquals(limiter.running, 0)
end

TestAsCompleted = {}

function TestAsCompleted.test_results_come_as_they_are_done()
  local seen = {}
  for index, result in moonrock.as_completed({ 3, 1, 2 }, function(seconds)
    task.sleep(seconds)
    return seconds * 10
  end) do
    seen[#seen + 1] = { index, result }
  end
  lu.assertEquals(seen, { { 2, 10 }, { 3, 20 }, { 1, 30 } })
end

function TestAsCompleted.test_errors_and_leaving_early()
  local failures = 0
  for _, result, err in moonrock.as_completed(numbers(4), function(i)
    if i % 2 == 0 then error("even", 0) end
    return i
  end, { errors = "collect" }) do
    failures = failures + (err == "even" and result == nil and 1 or 0)
  end
  lu.assertEquals(failures, 2)
  lu.assertErrorMsgContains("even", function()
    for _ in moonrock.as_completed(numbers(4), function(i) assert(i % 2 == 1, "even") end) do end
  end)
  local ended = 0
  for _ in moonrock.as_completed(numbers(10), function(i)
    local _ <close> = setmetatable({}, { __close = function() ended = ended + 1 end })
    task.sleep(i)
  end, { concurrency = 4 }) do
    if ended == 1 then break end
  end
  lu.assertTrue(ended >= 4 and ended <= 5, ended) -- what was under way has been cancelled
end

os.exit(lu.LuaUnit.run())
