-- SPDX-License-Identifier: MIT
-- What the task helpers promise: order, bounds, the first error, and that a call that is
-- left has ended everything it began.

local lu = require "luaunit"
local task = require "moonrock.task"
local errors = require "moonrock.error"
local time = require "moonrock.time"
local tasks = require "moonrock.tasks"
local sync = require "moonrock.sync"

TestMap = {}

function TestMap:test_keeps_the_order()
  local results = tasks.map({ 3, 1, 2 }, function(n)
    task.sleep(n / 100)
    return n * 10
  end)
  lu.assertEquals(results, { 30, 10, 20 })
end

function TestMap:test_gives_the_index()
  lu.assertEquals(tasks.map({ "a", "b" }, function(item, index) return item .. index end), { "a1", "b2" })
end

function TestMap:test_holds_the_bound()
  local now, most = 0, 0
  tasks.map({ 1, 2, 3, 4, 5, 6, 7 }, function()
    now = now + 1
    most = math.max(most, now)
    task.sleep(0.01)
    now = now - 1
  end, { concurrency = 3 })
  lu.assertEquals(most, 3)
end

function TestMap:test_empty_list()
  lu.assertEquals(tasks.map({}, error), {})
end

function TestMap:test_takes_an_iterator()
  local n = 0
  local results = tasks.map(function()
    n = n + 1
    return n <= 5 and n or nil
  end, function(item) return item * item end, { concurrency = 2 })
  lu.assertEquals(results, { 1, 4, 9, 16, 25 })
end

function TestMap:test_first_error_cancels_the_rest_and_is_raised()
  local closed, ran_on = 0, false
  local ok, err = pcall(tasks.map, { 1, 2, 3 }, function(n)
    local _ <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
    if n == 2 then
      task.sleep(0.01)
      errors.raise { code = "Bad", message = "second" }
    end
    task.sleep(10)
    ran_on = true
  end)
  lu.assertFalse(ok)
  lu.assertTrue(errors.is(err, "Bad"))
  lu.assertEquals(closed, 3)
  lu.assertFalse(ran_on)
end

function TestMap:test_errors_can_be_collected()
  local results, failures = tasks.map({ 1, 2, 3 }, function(n)
    if n == 2 then error("no", 0) end
    return n
  end, { errors = "collect" })
  lu.assertEquals(results[1], 1)
  lu.assertNil(results[2])
  lu.assertEquals(results[3], 3)
  lu.assertEquals(failures[2], "no")
end

function TestMap:test_a_cancel_of_the_caller_ends_the_workers()
  local closed = 0
  local outer = task.spawn(function()
    tasks.map({ 1, 2 }, function()
      local _ <close> = setmetatable({}, { __close = function()
        task.sleep(0.02) -- cleanup may wait
        closed = closed + 1
      end })
      task.sleep(100)
    end)
  end)
  task.sleep(0.01)
  outer:cancel()
  local ok = pcall(outer.wait, outer)
  lu.assertFalse(ok)
  lu.assertEquals(closed, 2)
end

function TestMap:test_misuse_is_told()
  lu.assertErrorMsgContains("bad argument #1 to 'map'", tasks.map, 5, print)
  lu.assertErrorMsgContains("bad argument #2 to 'map'", tasks.map, {}, 5)
  lu.assertErrorMsgContains("bad argument #1 to 'all' (function expected at 2, got number)", tasks.all, { print, 1 })
  lu.assertErrorMsgContains("concurrency", tasks.map, {}, print, { concurrency = 0 })
end

TestAllAny = {}

function TestAllAny:test_all_runs_together()
  local start = time.monotonic()
  local results = tasks.all {
    function() task.sleep(0.05) return 1 end,
    function() task.sleep(0.05) return 2 end,
    name = function() return "x" end,
  }
  lu.assertEquals(results, { 1, 2, name = "x" })
  lu.assertTrue(time.monotonic() - start < 0.09)
end

function TestAllAny:test_all_raises_the_first_error()
  local other
  local ok, err = pcall(tasks.all, {
    function() task.sleep(0.01) error("first", 0) end,
    function() task.sleep(1) other = true end,
  })
  lu.assertFalse(ok)
  lu.assertEquals(err, "first")
  lu.assertNil(other)
end

function TestAllAny:test_any_takes_the_first_success()
  local other
  local a, b = tasks.any {
    function() error("no", 0) end,
    function() task.sleep(0.01) return "yes", 2 end,
    function() task.sleep(1) other = true end,
  }
  lu.assertEquals({ a, b }, { "yes", 2 })
  lu.assertNil(other)
end

function TestAllAny:test_any_fails_when_all_fail()
  local ok, err = pcall(tasks.any, { function() error("a", 0) end, function() error("b", 0) end })
  lu.assertFalse(ok)
  lu.assertTrue(errors.is(err, "AllFailed"))
  lu.assertEquals(err.causes, { "a", "b" })
end

TestTimeout = {}

function TestTimeout:test_gives_the_results()
  lu.assertEquals({ tasks.timeout(1, function(a, b) return b, a end, 1, 2) }, { 2, 1 })
end

function TestTimeout:test_ends_what_is_late()
  local closed
  local ok, err = pcall(tasks.timeout, 0.01, function()
    local _ <close> = setmetatable({}, { __close = function() closed = true end })
    task.sleep(100)
  end)
  lu.assertFalse(ok)
  lu.assertTrue(errors.is(err, "Timeout"))
  lu.assertTrue(closed)
end

function TestTimeout:test_passes_errors_on()
  local ok, err = pcall(tasks.timeout, 1, function() error("inner", 0) end)
  lu.assertFalse(ok)
  lu.assertEquals(err, "inner")
end

TestScope = {}

function TestScope:test_leaving_cancels_and_waits_for_cleanup()
  local log = {}
  do
    local scope <close> = tasks.scope()
    scope:spawn(function()
      local _ <close> = setmetatable({}, { __close = function()
        task.sleep(0.01)
        log[#log + 1] = "cleaned"
      end })
      task.sleep(100)
      log[#log + 1] = "never"
    end)
    task.yield()
    task.yield()
  end
  log[#log + 1] = "left"
  lu.assertEquals(log, { "cleaned", "left" })
end

function TestScope:test_handles_give_results_and_errors()
  tasks.scope(function(scope)
    local good = scope:spawn(function(x) task.sleep(0.01) return x, 2 end, 1)
    local bad = scope:spawn(function() error("bad", 0) end)
    lu.assertEquals({ good:wait() }, { 1, 2 })
    lu.assertEquals(good:status(), "done")
    local ok, err = pcall(bad.wait, bad)
    lu.assertFalse(ok)
    lu.assertEquals(err, "bad")
  end)
end

function TestScope:test_an_error_that_nobody_saw_is_raised_when_left()
  local ok, err = pcall(tasks.scope, function(scope)
    scope:spawn(function() error("unseen", 0) end)
    task.sleep(0.01)
  end)
  lu.assertFalse(ok)
  lu.assertEquals(err, "unseen")
end

function TestScope:test_wait_raises_the_first_and_cancels_the_rest()
  local went_on
  local ok, err = pcall(tasks.scope, function(scope)
    scope:spawn(function() task.sleep(1) went_on = true end)
    scope:spawn(function() task.sleep(0.01) error("first", 0) end)
    scope:wait()
  end)
  lu.assertFalse(ok)
  lu.assertEquals(err, "first")
  lu.assertNil(went_on)
end

function TestScope:test_an_error_in_the_body_is_kept()
  local ok, err = pcall(tasks.scope, function(scope)
    scope:spawn(function() task.sleep(1) end)
    error("body", 0)
  end)
  lu.assertFalse(ok)
  lu.assertEquals(err, "body")
end

function TestScope:test_gives_results_and_refuses_later_tasks()
  local kept
  local a, b = tasks.scope(function(scope)
    kept = scope
    return 1, nil
  end)
  lu.assertEquals(a, 1)
  lu.assertNil(b)
  lu.assertErrorMsgContains("has been left", kept.spawn, kept, print)
end

function TestScope:test_a_task_that_never_started_does_not_hang()
  local ran
  do
    local scope <close> = tasks.scope()
    scope:spawn(function() ran = true end)
  end
  task.yield()
  lu.assertNil(ran)
end

function TestScope:test_one_task_can_be_cancelled()
  tasks.scope(function(scope)
    local one = scope:spawn(function() task.sleep(100) end)
    task.yield()
    one:cancel()
    local ok, err = pcall(one.wait, one)
    lu.assertFalse(ok)
    lu.assertTrue(errors.is(err, "TaskCancelled"))
    scope:wait()
  end)
end

TestSync = {}

function TestSync:test_semaphore_bounds_and_is_fair()
  local semaphore, order = sync.semaphore(1), {}
  tasks.map({ 1, 2, 3 }, function(n)
    local permit <close> = semaphore:acquire()
    order[#order + 1] = n
    task.sleep(0.01)
    return permit
  end)
  lu.assertEquals(order, { 1, 2, 3 })
  lu.assertEquals(semaphore.free, 1)
end

function TestSync:test_a_cancelled_waiter_keeps_no_permit()
  local semaphore = sync.semaphore(1)
  local held = semaphore:acquire()
  local waiting = task.spawn(function() semaphore:acquire() end)
  task.yield()
  waiting:cancel()
  task.yield()
  held:release()
  held:release() -- a second time is harmless
  lu.assertEquals(semaphore.free, 1)
end

function TestSync:test_queue_passes_values_in_order()
  local queue, got = sync.queue(2), {}
  tasks.all {
    function()
      for n = 1, 6 do queue:put(n) end
      queue:close()
    end,
    function()
      for n in function() return queue:get() end do got[#got + 1] = n end
    end,
  }
  lu.assertEquals(got, { 1, 2, 3, 4, 5, 6 })
  lu.assertNil(queue:get())
  lu.assertErrorMsgContains("closed", queue.put, queue, 1)
end

function TestSync:test_queue_holds_its_capacity()
  local queue, put = sync.queue(2), 0
  local producer = task.spawn(function()
    for n = 1, 5 do
      queue:put(n)
      put = n
    end
  end)
  task.sleep(0.01)
  lu.assertEquals(put, 2)
  producer:cancel()
end

os.exit(lu.LuaUnit.run())
