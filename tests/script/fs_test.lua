-- SPDX-License-Identifier: MIT
-- moonrock.fs: files and folders as scripts see them, with the errors that name the path,
-- and sinks, which leave either the whole file or nothing.

local lu = require "luaunit"
local error_object = require "moonrock.error"
local fs = require "moonrock.fs"
local task = require "moonrock.task"

TestFs = {}

local folder

function TestFs:setUp()
  folder = os.tmpname()
  os.remove(folder)
  assert(fs.mkdir(folder))
end

local function remove_tree(path)
  local stat = fs.stat(path)
  if stat and stat.type == "directory" then
    for _, name in ipairs(fs.list(path)) do remove_tree(path .. "/" .. name) end
  end
  fs.remove(path)
end

function TestFs:tearDown()
  remove_tree(folder)
end

local function path(name) return folder .. "/" .. name end

-- The call gave nil and an error object of this code that names the path.
local function refused(code, name, result, err)
  lu.assertNil(result)
  lu.assertTrue(error_object.is(err, code), tostring(err))
  lu.assertStrContains(tostring(err), name)
  lu.assertStrContains(err.message, name)
end

function TestFs:test_write_then_read()
  lu.assertTrue(fs.write(path "a", "hello \0 world"))
  lu.assertEquals(fs.read(path "a"), "hello \0 world")
  lu.assertEquals(fs.read(path "a", 6), "\0 world")
  lu.assertEquals(fs.read(path "a", 6, 1), "\0")
  lu.assertEquals(fs.read(path "a", 100), "")
  lu.assertEquals(fs.read(path "a", 0, 0), "")
  lu.assertTrue(fs.write(path "a", { "one,", 2, ",three" }))
  lu.assertEquals(fs.read(path "a"), "one,2,three")
  lu.assertTrue(fs.write(path "a", {}))
  lu.assertEquals(fs.read(path "a"), "")
end

function TestFs:test_append_makes_and_extends()
  lu.assertTrue(fs.append(path "log", "a\n"))
  lu.assertTrue(fs.append(path "log", { "b", "\n" }))
  lu.assertEquals(fs.read(path "log"), "a\nb\n")
  lu.assertTrue(fs.sync(path "log"))
  refused("ENOENT", path "none", fs.sync(path "none"))
end

function TestFs:test_stat_tells_type_size_and_time()
  fs.write(path "a", "12345")
  local stat = fs.stat(path "a")
  lu.assertEquals(stat.type, "file")
  lu.assertEquals(stat.size, 5)
  lu.assertEquals(math.type(stat.size), "integer")
  lu.assertTrue(stat.mtime > 1.6e9)
  lu.assertEquals(fs.stat(folder).type, "directory")
  lu.assertEquals(fs.stat("/dev/null").type, "other")
end

function TestFs:test_links_and_real_paths()
  fs.mkdir(path "d")
  fs.write(path "d/a", "12345")
  assert(os.execute(("ln -s d/a '%s' && ln -s none '%s'"):format(path "link", path "broken")))
  lu.assertNil(fs.stat(path "d/a").link)
  local stat = fs.stat(path "link")
  lu.assertEquals({ stat.type, stat.size, stat.link }, { "file", 5, true })
  lu.assertEquals(fs.realpath(path "link"), fs.realpath(folder) .. "/d/a")
  refused("ENOENT", path "broken", fs.stat(path "broken"))
  refused("ENOENT", path "broken", fs.realpath(path "broken"))
end

function TestFs:test_a_sink_gives_its_file_a_time()
  for _, time in ipairs { 1700000000, 1700000000.5, 0, -1 } do
    local sink = assert(fs.sink(path "a"))
    sink:write(0, "x")
    lu.assertTrue(sink:commit(time))
    lu.assertEquals(fs.stat(path "a").mtime, time + 0.0)
  end
  local sink <close> = assert(fs.sink(path "b"))
  for _, wrong in ipairs { 0 / 0, 1 / 0, -1e10, "soon" } do
    local ok, err = pcall(sink.commit, sink, wrong)
    lu.assertFalse(ok)
    lu.assertStrContains(tostring(err), "bad argument")
  end
  lu.assertTrue(sink:commit(nil))
  lu.assertTrue(fs.stat(path "b").mtime > 1.7e9)
end

function TestFs:test_folders_and_names()
  lu.assertTrue(fs.mkdir(path "x/y/z"))
  lu.assertTrue(fs.mkdir(path "x/y/z"))
  for _, name in ipairs { "b", "a b%", "\u{e4}", "B" } do fs.write(path("x/" .. name), name) end
  lu.assertEquals(fs.list(path "x"), { "B", "a b%", "b", "y", "\u{e4}" })
  lu.assertTrue(fs.rename(path "x/b", path "x/c"))
  lu.assertEquals(fs.read(path "x/c"), "b")
  lu.assertTrue(fs.remove(path "x/c"))
  lu.assertTrue(fs.remove(path "x/y/z"))
  lu.assertEquals(fs.list(path "x/y"), {})
end

function TestFs:test_refusals_name_code_and_path()
  refused("ENOENT", path "missing", fs.read(path "missing"))
  refused("ENOENT", path "no/file", fs.write(path "no/file", "x"))
  refused("ENOENT", path "no/file", fs.append(path "no/file", "x"))
  refused("ENOENT", path "no/file", fs.sink(path "no/file"))
  refused("ENOENT", path "missing", fs.stat(path "missing"))
  refused("ENOENT", path "missing", fs.list(path "missing"))
  refused("ENOENT", path "missing", fs.remove(path "missing"))
  refused("ENOENT", path "missing", fs.rename(path "missing", path "b"))
  refused("EISDIR", folder, fs.read(folder))
  refused("EISDIR", folder, fs.write(folder, "x"))
  fs.write(path "file", "x")
  refused("ENOTDIR", path "file/below", fs.read(path "file/below"))
  refused("ENOTDIR", path "file/sub", fs.mkdir(path "file/sub"))
  refused("ENOTDIR", path "file", fs.list(path "file"))
  if fs.stat "/dev/full" then refused("ENOSPC", "/dev/full", fs.append("/dev/full", "x")) end
end

function TestFs:test_unreadable_file()
  fs.write(path "secret", "x")
  if not os.execute or not os.execute("chmod 000 '" .. path "secret" .. "'") then
    lu.skip "cannot change modes here"
  end
  if fs.read(path "secret") then lu.skip "root reads everything" end
  refused("EACCES", path "secret", fs.read(path "secret"))
end

function TestFs:test_misuse_raises_with_the_argument()
  local function raises(pattern, f, ...)
    local ok, err = pcall(f, ...)
    lu.assertFalse(ok)
    lu.assertStrContains(tostring(err), pattern)
  end
  raises("#1", fs.read)
  raises("NUL", fs.read, "a\0b")
  raises("#2", fs.read, path "a", -1)
  raises("#3", fs.read, path "a", 0, -1)
  raises("#2", fs.write, path "a")
  raises("#2", fs.write, path "a", { "x", {} })
  raises("#2", fs.rename, path "a")
  lu.assertEquals(fs.list(folder), {})
end

function TestFs:test_sink_commits_what_came_in_any_order()
  local sink = assert(fs.sink(path "a"))
  lu.assertStrContains(tostring(sink), "open")
  lu.assertTrue(sink:write(6, "world"))
  lu.assertTrue(sink:write(0, "hello "))
  lu.assertNil((fs.stat(path "a")))
  lu.assertTrue(sink:commit())
  lu.assertEquals(fs.read(path "a"), "hello world")
  lu.assertEquals(fs.list(folder), { "a" })
  lu.assertStrContains(tostring(sink), "closed")
  lu.assertFalse((pcall(sink.write, sink, 0, "x")))
  lu.assertFalse((pcall(sink.commit, sink)))
  sink:abort()
  lu.assertEquals(fs.read(path "a"), "hello world")
end

-- However much goes through it, only what is under way is in the memory.
function TestFs:test_what_was_written_is_let_go()
  local sink <close> = assert(fs.sink(path "a"))
  collectgarbage()
  local before, most = collectgarbage "count", 0
  for i = 1, 400 do
    assert(sink:write(i, ("x"):rep((1 << 18) - i)))
    most = math.max(most, collectgarbage "count")
  end
  lu.assertTrue(most < before + 8 * 1024, most)
end

-- What cannot wait takes nothing: the sink is as it was.
function TestFs:test_a_sink_where_nobody_can_wait()
  local sink = assert(fs.sink(path "a"))
  for _, call in ipairs { function() sink:write(0, "x") end, function() sink:commit() end } do
    lu.assertErrorMsgContains("cannot wait", table.sort, { 1, 2 }, call)
  end
  lu.assertTrue(sink:write(0, "y"))
  lu.assertTrue(sink:commit())
  lu.assertEquals(fs.read(path "a"), "y")
end

function TestFs:test_sink_abort_close_and_collection_leave_nothing()
  fs.write(path "a", "old")
  local sink = assert(fs.sink(path "a"))
  sink:write(0, "new")
  sink:abort()
  sink:abort()
  lu.assertEquals(fs.list(folder), { "a" })
  do
    local closed <close> = assert(fs.sink(path "a"))
    closed:write(0, "new")
  end
  lu.assertEquals(fs.list(folder), { "a" })
  pcall(function()
    local closed <close> = assert(fs.sink(path "b"))
    closed:write(0, "new")
    error "stop"
  end)
  lu.assertEquals(fs.list(folder), { "a" })
  assert(fs.sink(path "b")):write(0, "x")
  collectgarbage()
  collectgarbage()
  lu.assertEquals(fs.list(folder), { "a" })
  lu.assertEquals(fs.read(path "a"), "old")
end

function TestFs:test_sink_takes_parts_from_several_tasks()
  local sink = assert(fs.sink(path "big"))
  local part = ("x"):rep(200000)
  local tasks = {}
  for i = 0, 9 do
    tasks[#tasks + 1] = task.spawn(function() return sink:write(i * #part, part) end)
  end
  for _, t in ipairs(tasks) do lu.assertTrue(t:wait()) end
  lu.assertTrue(sink:commit())
  lu.assertEquals(fs.read(path "big"), part:rep(10))
end

function TestFs:test_cancelled_write_leaves_nothing()
  local part = ("x"):rep(4 << 20)
  local t = task.spawn(function()
    local sink <close> = assert(fs.sink(path "big"))
    for i = 0, 99 do sink:write(i * #part, part) end
    sink:commit()
  end)
  task.sleep(0.01)
  t:cancel()
  pcall(t.wait, t)
  lu.assertEquals(t:status(), "cancelled")
  for _ = 1, 100 do -- a job that was under way ends first
    if #fs.list(folder) == 0 then break end
    task.sleep(0.01)
  end
  lu.assertEquals(fs.list(folder), {})
end

function TestFs:test_a_lock_is_held_once()
  local lock = assert(fs.lock(folder))
  lu.assertEquals(tostring(lock), "lock (held)")
  local none, err = fs.lock(folder)
  lu.assertNil(none)
  lu.assertEquals(err.code, "Locked")
  lock:release()
  lock:release()
  do
    local again <close> = assert(fs.lock(folder))
    lu.assertEquals(tostring(again), "lock (held)")
  end
  assert(fs.lock(folder)):release()
  lu.assertEquals(select(2, fs.lock(path("none"))).code, "ENOENT")
end

function TestFs:test_open_files_are_read_on()
  assert(fs.write(path "a", "first\n" .. ("x"):rep(100000)))
  local file <close> = assert(io.open(path "a"))
  lu.assertEquals(file:read "l", "first")
  lu.assertEquals(fs.read_from(file, 3), "xxx")
  lu.assertEquals(#fs.read_from(file, 1 << 30), 99997)
  lu.assertEquals({ fs.read_from(file, 1) }, {})
  lu.assertEquals(file:seek("set", 0), 0)
  lu.assertEquals(fs.read_from(file, 5), "first")
  local pipe <close> = assert(io.popen("for i in 1 2 3; do echo $i; sleep 0.02; done", "r"))
  local parts = {}
  for part in function() return fs.read_from(pipe, 100) end do parts[#parts + 1] = part end
  lu.assertEquals(table.concat(parts), "1\n2\n3\n")
  lu.assertTrue(pipe:close())
  local folder_file <close> = assert(io.open(folder))
  lu.assertEquals(select(2, fs.read_from(folder_file, 1)).code, "EISDIR")
  lu.assertErrorMsgContains("#2", fs.read_from, file, 0)
  lu.assertErrorMsgContains("#1", fs.read_from, path "a", 1)
  lu.assertErrorMsgContains("#1", fs.read_from, pipe, 1)
end

-- While a task waits for a silent pipe, others go on, and none can close it under its feet.
function TestFs:test_a_silent_file_keeps_nobody()
  local silent <close> = assert(io.popen("sleep 1", "r"))
  lu.assertEquals(fs.read_from(silent, 10), "")
  local reader = task.spawn(function() return fs.read_from(silent, 10) end)
  task.sleep(0.01)
  lu.assertEquals(io.type(silent), "closed file")
  lu.assertErrorMsgContains("another task reads it", fs.read_from, silent, 1)
  lu.assertError(silent.close, silent)
  lu.assertNotNil(fs.list(folder))
  reader:cancel()
  lu.assertFalse((pcall(reader.wait, reader)))
  for _ = 1, 1000 do -- the thread sees it
    if io.type(silent) == "file" then break end
    task.sleep(0.01)
  end
  lu.assertEquals(io.type(silent), "file")
end

function TestFs:test_calls_of_several_tasks_overlap_and_keep_their_results()
  local tasks = {}
  for i = 1, 20 do
    tasks[i] = task.spawn(function()
      assert(fs.write(path("f" .. i), ("%d"):format(i)))
      return fs.read(path("f" .. i))
    end)
  end
  for i = 1, 20 do lu.assertEquals(tasks[i]:wait(), ("%d"):format(i)) end
end

os.exit(lu.LuaUnit.run())
