-- SPDX-License-Identifier: MIT
-- s3:sync against the emulator: what it transfers, what it leaves alone, and what lies on both sides
-- afterwards, also when files fail, vanish or lead somewhere else.

local lu = require "luaunit"
local errors = require "moonrock.error"
local fake = require "fake_transport"
local files = require "files"
local fs = require "moonrock.fs"
local moonrock = require "moonrock"
local task = require "moonrock.task"
local time = require "moonrock.time"

require("moonrock.cli.rehearse").begin { seed = 5 }

local MiB = 1024 * 1024
local raised = fake.raised
local s3 = moonrock.client "s3"
local bucket = "sync-test"
local place = "s3://" .. bucket .. "/p"
s3:create_bucket { Bucket = bucket }

local folder, path, outside

local function shell(form, ...)
  assert(os.execute(form:format(...)))
end

-- Files by name; with a time in seconds before now if there is one.
local function write(name, text, age)
  local at = path(name)
  assert(fs.mkdir(at:match "^(.*)/"))
  files.write(at, text)
  shell("touch -d @%d '%s'", time.now() // 1 - (age or 1000), at)
end

local function put(key, text)
  return s3:put_object { Bucket = bucket, Key = "p/" .. key, Body = text }
end

local function object(key)
  return s3:get_object { Bucket = bucket, Key = "p/" .. key }.Body:read "a"
end

-- All keys below the prefix with their text, and all files of the folder.
local function objects()
  local found = {}
  for entry in s3:each("list_objects_v2", { Bucket = bucket, Prefix = "p/" }) do
    found[entry.Key:sub(3)] = object(entry.Key:sub(3))
  end
  return found
end

local function local_files(below, into)
  into, below = into or {}, below or ""
  for _, name in ipairs(fs.list(path(below))) do
    local info = fs.stat(path(below .. name))
    if info and info.type == "directory" then
      local_files(below .. name .. "/", into)
    else
      into[below .. name] = info and files.read(path(below .. name)) or false
    end
  end
  return into
end

local function words(result)
  local out = {}
  for index, action in ipairs(result.actions) do
    out[index] = action.action .. " " .. action.path .. " " .. action.why
  end
  return out
end

local function up(opts) return s3:sync(folder, place, opts) end
local function down(opts) return s3:sync(place, folder, opts) end

local function nothing(result)
  lu.assertEquals(result.actions, {})
  lu.assertEquals({ result.transferred, result.deleted, result.bytes }, { 0, 0, 0 })
  return result
end

-- A client whose requests are looked at first.
local function client_with(before)
  local inner = moonrock.default_session().options.transport
  return moonrock.client("s3", { max_attempts = 1, transport = { request = function(_, request)
    before(request)
    return inner:request(request)
  end } })
end

local Case = {}

function Case:setUp()
  task.sleep(10)
  folder, path = files.folder()
  outside = files.folder()
end

function Case:tearDown()
  shell("rm -rf '%s' '%s'", folder, outside)
  s3:empty_bucket(bucket)
end

local function case() return setmetatable({}, { __index = Case }) end

-- Up and down ---------------------------------------------------------------------------------

TestSync = case()

function TestSync:test_up()
  local tree = { a = "one", ["d/b c+%20"] = "two", ["d/e/ü☃ & 'x'"] = "three", empty = "", ["a-b"] = "4",
    ["a.b"] = "5" }
  for name, text in pairs(tree) do
    local quoted = name:gsub("'", "'\\''")
    assert(fs.mkdir(path(name):match "^(.*)/"))
    files.write(path(name), text)
    shell("touch -d @%d '%s/%s'", time.now() // 1 - 5, folder, quoted)
  end
  assert(fs.mkdir(path "nobody/here"))
  local result = up()
  lu.assertEquals(words(result), { "upload a new", "upload a-b new", "upload a.b new", "upload d/b c+%20 new",
    "upload d/e/ü☃ & 'x' new", "upload empty new" })
  lu.assertEquals(result.actions[4], { action = "upload", path = "d/b c+%20", key = "p/d/b c+%20", size = 3,
    why = "new" })
  lu.assertEquals({ result.transferred, result.unchanged, result.deleted, result.bytes }, { 6, 0, 0, 13 })
  lu.assertEquals(objects(), tree)
  lu.assertEquals(nothing(up()).unchanged, 6)
  lu.assertEquals(local_files(), tree)
  -- Newer for having come from here: the bytes tell that they need not come back.
  lu.assertEquals(nothing(down()).unchanged, 6)
  lu.assertEquals(local_files(), tree)
  -- The whole bucket, and names with and without "/" at the end, are the same places.
  lu.assertEquals(words(s3:sync(folder .. "/", "s3://" .. bucket .. "/p/")), {})
  lu.assertEquals(#s3:sync(folder, "s3://" .. bucket, { dry_run = true }).actions, 6)
  lu.assertEquals(#s3:sync(folder, "s3://" .. bucket .. "/", { dry_run = true }).actions, 6)
end

function TestSync:test_down_and_back()
  local tree = { a = "one", ["d/e/f"] = "two", ["d/g"] = "" }
  for name, text in pairs(tree) do put(name, text) end
  put("", "")
  put("d/", "") -- folders, as consoles make them
  task.sleep(100)
  shell("rmdir '%s'", folder)
  local result = down()
  lu.assertEquals(words(result), { "download a new", "download d/e/f new", "download d/g new" })
  lu.assertEquals({ result.transferred, result.bytes }, { 3, 6 })
  lu.assertEquals(local_files(), tree)
  local head = s3:head_object { Bucket = bucket, Key = "p/d/e/f" }
  lu.assertEquals(fs.stat(path "d/e/f").mtime, head.LastModified + 0.0)
  lu.assertTrue(time.now() - head.LastModified >= 100)
  lu.assertEquals(nothing(down()).unchanged, 3)
  lu.assertEquals(nothing(up()).unchanged, 3)
  lu.assertEquals(nothing(up { compare = "checksum" }).unchanged, 3)
end

function TestSync:test_a_folder_is_made_even_for_nothing()
  local deep = path "x/y"
  nothing(s3:sync(place, deep))
  lu.assertEquals(fs.stat(deep).type, "directory")
end

function TestSync:test_times()
  for _, name in ipairs { "same", "size", "newer", "second" } do write(name, "text") end
  up()
  local sent = s3:head_object { Bucket = bucket, Key = "p/same" }.LastModified
  task.sleep(50)
  write("newer", "TEXT", 10)
  files.write(path "size", "text and more")
  shell("touch -d @%d '%s'", sent, path "size")
  files.write(path "second", "TEXT")
  shell("touch -d @%d.9 '%s'", sent, path "second")
  -- S3's times are whole seconds: what has the size and the second of its upload is taken for the same.
  lu.assertEquals(words(up()), { "upload newer newer", "upload size size" })
  lu.assertEquals({ object "newer", object "size", object "second" }, { "TEXT", "text and more", "text" })
  lu.assertEquals(words(up { compare = "checksum" }), { "upload second checksum" })
  nothing(up())
end

function TestSync:test_times_of_objects()
  for _, name in ipairs { "older", "newer", "size" } do put(name, "text") end
  down()
  task.sleep(50)
  put("newer", "TEXT")
  write("older", "mine", 0) -- newer than the object: kept
  write("size", "more text", 0)
  lu.assertEquals(words(down()), { "download newer newer", "download size size" })
  lu.assertEquals(local_files(), { older = "mine", newer = "TEXT", size = "text" })
  nothing(down())
end

-- An object without a checksum of the whole, and newer than the file: it comes, once.
function TestSync:test_newer_objects_without_a_checksum()
  write("f", ("x"):rep(6 * MiB))
  up { checksum_algorithm = "SHA256", threshold = 5 * MiB, part_size = 5 * MiB }
  lu.assertEquals(words(down()), { "download f newer" })
  nothing(down())
end

-- No upload makes an object as new as a file from the future.
function TestSync:test_files_from_the_future()
  write("f", "text", -1e6)
  write("g", "text", -1e6)
  lu.assertEquals(up().transferred, 2)
  nothing(up())
  files.write(path "f", "TEXT")
  shell("touch -d @%d '%s'", time.now() // 1 + 2000000, path "f")
  lu.assertEquals(words(up()), { "upload f checksum" })
  lu.assertEquals(object "f", "TEXT")
  nothing(up())
  put("g", "TexT")
  lu.assertEquals(words(down()), { "download g checksum" })
  lu.assertEquals(local_files(), { f = "TEXT", g = "TexT" })
end

function TestSync:test_a_future_without_a_checksum()
  write("f", ("x"):rep(6 * MiB), -1e6)
  local parts = { checksum_algorithm = "SHA256", threshold = 5 * MiB, part_size = 5 * MiB }
  lu.assertEquals(up(parts).transferred, 1)
  nothing(up(parts))
  -- A checksum of parts says nothing of the whole: asked for checksums, it counts as changed.
  parts.compare = "checksum"
  lu.assertEquals(words(up(parts)), { "upload f checksum" })
  lu.assertEquals(words(down { compare = "checksum" }), { "download f checksum" })
end

function TestSync:test_size_and_checksum()
  write("a", "text")
  write("b", "text")
  up()
  task.sleep(50)
  write("a", "TEXT", 1)
  nothing(up { compare = "size" })
  write("b", "text", 1)
  lu.assertEquals(words(up { compare = "checksum" }), { "upload a checksum" })
  write("b", "longer")
  lu.assertEquals(words(up { compare = "size" }), { "upload b size" })
  write("a", "tEXT")
  lu.assertEquals(words(down { compare = "checksum" }), { "download a checksum" })
  lu.assertEquals(local_files(), { a = "TEXT", b = "longer" })
end

function TestSync:test_large_files_and_their_options()
  local text = ("0123456789abcdef"):rep(700000)
  write("big", text)
  local last, most = 0, 0
  local parts = { threshold = 5 * MiB, part_size = 5 * MiB, extra_args = { Metadata = { who = "me" } },
    on_progress = function(done, total)
      lu.assertTrue(done >= last and done <= total)
      last, most = done, total
    end }
  up(parts)
  lu.assertEquals({ last, most }, { #text, #text })
  local head = s3:head_object { Bucket = bucket, Key = "p/big" }
  lu.assertEquals(head.Metadata, { who = "me" })
  lu.assertStrContains(head.ETag, "-3")
  fs.remove(path "big")
  last = 0
  down(parts)
  lu.assertTrue(local_files().big == text)
  lu.assertEquals({ last, most }, { #text, #text })
end

function TestSync:test_progress_is_of_all_files()
  for i = 1, 20 do write("f" .. i, ("x"):rep(i)) end
  local seen = {}
  up { concurrency = 3, on_progress = function(done, total) seen[#seen + 1] = done .. "/" .. total end }
  lu.assertEquals({ seen[1], seen[#seen] }, { "0/210", "210/210" })
end

function TestSync:test_files_at_once_are_bounded()
  for i = 1, 12 do write("f" .. i, "x") end
  local now, most = 0, 0
  client_with(function(request)
    if request.method == "PUT" then
      now = now + 1
      most = math.max(most, now)
      task.sleep(1)
      now = now - 1
    end
  end):sync(folder, place, { concurrency = 4 })
  lu.assertEquals(most, 4)
end

-- Choosing and deleting -------------------------------------------------------------------------

TestChoice = case()

function TestChoice:test_filters()
  for _, name in ipairs { "a.txt", "b.log", "d/a.txt", "d/e/a.txt", "d/tmp/a.txt", "d/x1.bin" } do write(name, name) end
  local function taken(include, exclude)
    local names = {}
    for _, action in ipairs(up { include = include, exclude = exclude, dry_run = true }.actions) do
      names[#names + 1] = action.path
    end
    return table.concat(names, " ")
  end
  lu.assertEquals(taken { "*.txt" }, "a.txt")
  lu.assertEquals(taken { "**/*.txt" }, "a.txt d/a.txt d/e/a.txt d/tmp/a.txt")
  lu.assertEquals(taken({ "**/*.txt" }, { "**/tmp/**" }), "a.txt d/a.txt d/e/a.txt")
  lu.assertEquals(taken(nil, { "d/**" }), "a.txt b.log")
  lu.assertEquals(taken({ "d/x?.bin", "b.*" }, {}), "b.log d/x1.bin")
  lu.assertEquals(taken({ "d/**/a.txt" }), "d/a.txt d/e/a.txt d/tmp/a.txt")
  lu.assertEquals(taken({}, { "**" }), "")
  lu.assertEquals(objects(), {})
end

function TestChoice:test_delete_what_the_source_lacks()
  write("a", "1")
  write("keep/me.log", "2")
  for _, key in ipairs { "a", "gone", "d/gone", "other.log", "../odd", "d//odd" } do put(key, "x") end
  put("marked/", "")
  lu.assertEquals(words(up { dry_run = true, compare = "size" }), { "upload keep/me.log new" })
  lu.assertEquals(words(up { delete = true, exclude = { "**/*.log" }, compare = "size" }),
    { "delete ../odd gone", "delete d//odd gone", "delete d/gone gone", "delete gone gone" })
  lu.assertEquals(objects(), { a = "x", ["other.log"] = "x", ["marked/"] = "" })
  local result = up { delete = true, compare = "size" }
  lu.assertEquals({ result.transferred, result.deleted }, { 1, 1 })
  lu.assertEquals(objects(), { a = "x", ["keep/me.log"] = "2", ["marked/"] = "" })
end

function TestChoice:test_delete_files()
  put("a", "1")
  put("marked/", "")
  for _, name in ipairs { "gone", "d/gone", "d/my.log" } do write(name, "x") end
  lu.assertEquals(words(down { delete = true, exclude = { "**/*.log" } }),
    { "download a new", "delete d/gone gone", "delete gone gone" })
  lu.assertEquals(local_files(), { a = "1", ["d/my.log"] = "x" })
end

function TestChoice:test_an_empty_source_deletes_all_a_missing_one_nothing()
  put("a", "1")
  local err = raised("ENOENT", s3.sync, s3, path "missing", place, { delete = true })
  lu.assertStrContains(tostring(err), path "missing")
  lu.assertEquals(objects(), { a = "1" })
  files.write(path "file", "x")
  lu.assertStrContains(tostring(raised("ENOTDIR", s3.sync, s3, path "file", place)), path "file")
  raised("ENOTDIR", s3.sync, s3, place, path "file")
  fs.remove(path "file")
  lu.assertEquals(up { delete = true }.deleted, 1)
  lu.assertEquals(objects(), {})
  write("b", "2")
  lu.assertEquals(down { delete = true }.deleted, 1)
  lu.assertEquals(local_files(), {})
end

function TestChoice:test_many_are_deleted_in_batches()
  for i = 1, 1005 do put(("%04d"):format(i), "") end
  local requests = 0
  local result = client_with(function(request)
    requests = requests + (request.method == "POST" and 1 or 0)
  end):sync(folder, place, { delete = true })
  lu.assertEquals({ result.deleted, requests }, { 1005, 2 })
  lu.assertEquals(objects(), {})
end

function TestChoice:test_dry_runs_change_nothing()
  write("new", "1")
  write("changed", "22")
  put("changed", "x")
  put("gone", "x")
  local before = objects()
  local plan = up { dry_run = true, delete = true }
  lu.assertEquals(words(plan), { "upload changed size", "delete gone gone", "upload new new" })
  lu.assertEquals({ plan.transferred, plan.deleted, plan.unchanged, plan.bytes }, { 2, 1, 0, 3 })
  lu.assertEquals(objects(), before)
  plan = down { dry_run = true, delete = true }
  lu.assertEquals(words(plan), { "download changed size", "download gone new", "delete new gone" })
  lu.assertEquals(local_files(), { new = "1", changed = "22" })
  s3:sync(place, path "missing", { dry_run = true })
  lu.assertNil(fs.stat(path "missing"))
  lu.assertEquals(words(up { delete = true }), { "upload changed size", "delete gone gone", "upload new new" })
end

function TestChoice:test_what_cannot_be_asked()
  local function refused(text, ...)
    lu.assertStrContains(tostring(raised("ParamValidation", s3.sync, s3, ...)), text)
  end
  refused("S3 on both sides", place, place)
  refused("local folders on both sides", folder, outside)
  refused("from of sync", nil, place)
  refused("to of sync", folder, nil)
  refused("to of sync", folder, "")
  refused("names no bucket", folder, "s3://")
  refused("did you mean delete", folder, place, { delet = true })
  refused("compare", folder, place, { compare = "etag" })
  refused("concurrency", folder, place, { concurrency = 0 })
  refused("include", folder, place, { include = "*.txt" })
  refused("number 2", folder, place, { include = { "a", 7 } })
  refused("exclude", folder, place, { exclude = { "" } })
  refused("with names", folder, place, { exclude = { logs = "*.log" } })
  refused("glob", folder, place, { exclude = { "\xff" } })
  raised("NoSuchBucket", s3.sync, s3, folder, "s3://no-such-bucket/x")
  raised("NoSuchBucket", s3.sync, s3, "s3://no-such-bucket/x", path "missing", { delete = true })
  lu.assertNil(fs.stat(path "missing"))
end

-- Names that lead somewhere else ------------------------------------------------------------------

TestNames = case()

local function refuses_keys(reason, ...)
  for _, key in ipairs { ... } do put(key, "evil") end
  put("fine", "x")
  local err = raised("UnsafeKey", s3.sync, s3, place, folder)
  lu.assertStrContains(tostring(err), reason)
  lu.assertEquals(#err.keys, 1)
  lu.assertEquals(local_files(), {})
  lu.assertEquals(fs.list(outside), {})
  local left = down { exclude = { err.keys[1].path } } -- the way that the hint says
  lu.assertEquals(left.transferred, select("#", ...))
  shell("rm -rf '%s'/*", folder)
  s3:empty_bucket(bucket)
end

function TestNames:test_keys_that_are_no_files()
  refuses_keys("\"..\"", "../x")
  refuses_keys("\"..\"", "a/../../x")
  refuses_keys("\"..\"", "a/..")
  refuses_keys("\".\"", "./x")
  refuses_keys("\".\"", "a/.")
  refuses_keys("without a name", "a//b")
  refuses_keys("begins with", "/etc/x")
  refuses_keys("256 bytes", "a/" .. ("n"):rep(256) .. "/b")
  refuses_keys("ends with \"/\"", "a/")
  refuses_keys("is a key too", "a", "a/b")
  put(("n"):rep(255), "x")
  put("...", "x")
  put("a b\\c", "x")
  lu.assertEquals(down().transferred, 3)
end

function TestNames:test_a_nul_byte()
  local walk = require "moonrock.transfer.walk" -- the emulator takes no such key; others may
  lu.assertStrContains(walk.name_problem "a\0b", "NUL")
  lu.assertNil(walk.name_problem "a/b")
end

function TestNames:test_a_folder_or_a_file_is_in_the_way()
  put("a", "1")
  put("b/c", "2")
  put("fine", "3")
  write("a/x", "mine")
  write("b", "mine")
  local err = raised("SyncFailed", down)
  lu.assertEquals({ err.failures[1].path, err.failures[2].path, #err.failures }, { "a", "b/c", 2 })
  lu.assertEquals({ err.failures[1].error.code, err.failures[2].error.code }, { "EISDIR", "ENOTDIR" })
  lu.assertEquals(local_files(), { ["a/x"] = "mine", b = "mine", fine = "3" })
end

function TestNames:test_links_are_followed()
  write("real/a", "1")
  files.write(outside .. "/b", "22")
  shell("ln -s real '%s/twin' && ln -s '%s' '%s/out' && ln -s real/a '%s/also' && ln -s none '%s/broken'", folder,
    outside, folder, folder, folder)
  put("broken", "kept: a name is there, though it leads nowhere")
  lu.assertEquals(words(up { delete = true }), { "upload also new", "upload out/b new", "upload real/a new",
    "upload twin/a new" })
  lu.assertEquals(objects(), { also = "1", ["out/b"] = "22", ["real/a"] = "1", ["twin/a"] = "1",
    broken = "kept: a name is there, though it leads nowhere" })
end

function TestNames:test_loops_end()
  write("d/e/a", "1")
  put("gone", "x")
  shell("ln -s .. '%s/d/e/up' && ln -s '%s' '%s/d/root' && ln -s / '%s/all' && ln -s self '%s/self'", folder, folder,
    folder, folder, folder)
  local err = raised("SyncFailed", up, { delete = true })
  local told = {}
  for _, failure in ipairs(err.failures) do told[#told + 1] = failure.path .. " " .. failure.error.code end
  lu.assertEquals(told, { "all SymlinkLoop", "d/e/up SymlinkLoop", "d/root SymlinkLoop", "self ELOOP" })
  lu.assertEquals(objects(), { ["d/e/a"] = "1", gone = "x" })
  local without = { exclude = { "all/**", "**/up/**", "d/root/**", "self" } }
  lu.assertEquals(up(without).unchanged, 1)
end

function TestNames:test_nothing_is_written_through_a_link_out()
  files.write(outside .. "/b", "theirs")
  shell("ln -s '%s' '%s/out' && ln -s '%s/b' '%s/file'", outside, folder, outside, folder)
  local function refused(key)
    put(key, "evil text")
    put("fine", "x")
    lu.assertStrContains(tostring(raised("UnsafeKey", down)), "leads out of the folder")
    lu.assertEquals(files.read(outside .. "/b"), "theirs")
    lu.assertEquals(fs.list(outside), { "b" })
    lu.assertNil(fs.stat(path "fine"))
    s3:empty_bucket(bucket)
  end
  refused "out/b"
  refused "out/new"
  refused "out/deep/new"
  refused "file"
  -- Nor removed, and the links stay what they are.
  lu.assertEquals(words(down { delete = true }), {})
  lu.assertEquals(files.read(outside .. "/b"), "theirs")
  lu.assertTrue(fs.stat(path "out").link and fs.stat(path "file").link)
end

function TestNames:test_links_within_are_written_through()
  write("real/a", "old")
  shell("ln -s real '%s/twin' && ln -s '%s/nothing/there' '%s/broken'", folder, outside, folder)
  put("twin/a", "new text")
  put("broken", "a file in the place of the link")
  down()
  lu.assertEquals(local_files(), { ["real/a"] = "new text", ["twin/a"] = "new text",
    broken = "a file in the place of the link" })
  lu.assertNil(fs.stat(path "broken").link)
  lu.assertEquals(fs.list(outside), {})
end

function TestNames:test_pipes_are_left_out()
  write("a", "1")
  shell("mkfifo '%s/pipe'", folder)
  put("pipe", "text")
  lu.assertEquals(words(up { delete = true }), { "upload a new" })
  lu.assertEquals(objects(), { a = "1", pipe = "text" })
  lu.assertStrContains(tostring(raised("UnsafeKey", down)), "no regular file")
  lu.assertEquals(down({ exclude = { "pipe" } }).unchanged, 1)
end

-- What a killed download leaves is neither sent nor deleted.
function TestNames:test_temporary_files()
  write(".moonrock-0123456789abcdef.tmp", "half")
  write("a", "1")
  lu.assertEquals(up().transferred, 1)
  nothing(down { delete = true })
  lu.assertEquals(#fs.list(folder), 2)
end

-- What fails ----------------------------------------------------------------------------------------

TestFailures = case()

local function forbidding(method, text)
  return client_with(function(request)
    if request.method == method and (request.path .. "?" .. (request.query or "")):find(text, 1, true) then
      errors.raise { code = "AccessDenied", message = "not this one", status = 403 }
    end
  end)
end

function TestFailures:test_the_others_go_on()
  for i = 1, 9 do write("f" .. i, "text") end
  put("gone", "x")
  local client = forbidding("PUT", "/p/f4")
  local err = raised("SyncFailed", client.sync, client, folder, place, { delete = true, concurrency = 2 })
  lu.assertStrContains(err.message, "1 file could not")
  lu.assertStrContains(tostring(err), "f4")
  lu.assertStrContains(tostring(err), "not this one")
  lu.assertEquals(err.failures[1].key, "p/f4")
  lu.assertEquals(err.failures[1].error.code, "AccessDenied")
  lu.assertEquals({ err.result.transferred, err.result.deleted }, { 8, 0 })
  local there = objects()
  lu.assertNil(there.f4)
  lu.assertEquals({ there.f3, there.f5, there.f9, there.gone }, { "text", "text", "text", "x" })
  lu.assertEquals(words(up { delete = true }), { "upload f4 new", "delete gone gone" })
  lu.assertNil(objects().gone)
end

function TestFailures:test_downloads_go_on()
  for i = 1, 5 do put("f" .. i, "text") end
  write("gone", "x")
  local client = forbidding("GET", "/p/f2")
  local err = raised("SyncFailed", client.sync, client, place, folder, { delete = true })
  lu.assertEquals(#err.failures, 1)
  lu.assertEquals(local_files(), { f1 = "text", f3 = "text", f4 = "text", f5 = "text", gone = "x" })
  lu.assertEquals(words(down { delete = true }), { "download f2 new", "delete gone gone" })
end

function TestFailures:test_a_file_that_vanishes()
  for _, name in ipairs { "a", "b", "c" } do write(name, "text") end
  local err = raised("SyncFailed", up, { concurrency = 1, on_progress = function() fs.remove(path "b") end })
  lu.assertEquals(err.failures[1].error.code, "ENOENT")
  lu.assertStrContains(tostring(err), path "b")
  lu.assertEquals(objects(), { a = "text", c = "text" })
  nothing(up())
end

function TestFailures:test_what_cannot_be_deleted()
  put("a", "1")
  put("b", "2")
  local client = forbidding("POST", "delete")
  local err = raised("SyncFailed", client.sync, client, folder, place, { delete = true })
  lu.assertEquals({ #err.failures, err.result.deleted }, { 2, 0 })
  lu.assertEquals(objects(), { a = "1", b = "2" })
end

function TestFailures:test_what_cannot_be_read()
  write("open/a", "1")
  write("shut/b", "2")
  write("c", "3")
  put("shut/b", "theirs")
  shell("chmod 000 '%s' '%s'", path "shut", path "c")
  if fs.list(path "shut") then
    shell("chmod 700 '%s'", path "shut")
    lu.skip "root reads everything"
  end
  local err = raised("SyncFailed", up, { delete = true })
  shell("chmod 700 '%s'", path "shut")
  lu.assertEquals({ err.failures[1].path, err.failures[2].path, #err.failures }, { "c", "shut/", 2 })
  lu.assertEquals(objects(), { ["open/a"] = "1", ["shut/b"] = "theirs" })
end

function TestFailures:test_a_comparison_that_fails()
  write("a", "text")
  write("b", "text")
  up()
  local client = forbidding("HEAD", "/p/a")
  local err = raised("SyncFailed", client.sync, client, folder, place, { compare = "checksum" })
  lu.assertEquals({ #err.failures, err.failures[1].path, err.result.unchanged }, { 1, "a", 1 })
end

-- Cancelled where it stands: no part is left, no half file, no unfinished upload.
local function cancelled(sync, at)
  local running, calls = nil, 0
  running = task.spawn(function()
    sync(function()
      calls = calls + 1
      if calls == at then running:cancel() end
    end)
  end)
  local from = time.now()
  pcall(running.wait, running)
  lu.assertEquals(running:status(), "cancelled")
  lu.assertTrue(time.now() - from < 5)
end

function TestFailures:test_a_cancel_leaves_nothing_half()
  local parts = { threshold = 5 * MiB, part_size = 5 * MiB, concurrency = 2 }
  local function options(on_progress)
    parts.on_progress = on_progress
    return parts
  end
  for i = 1, 3 do write("f" .. i, ("x"):rep(11 * MiB)) end
  for _, at in ipairs { 1, 2, 4 } do
    cancelled(function(on_progress) up(options(on_progress)) end, at)
    local uploads = 0
    for _ in s3:each("list_multipart_uploads", { Bucket = bucket }) do uploads = uploads + 1 end
    lu.assertEquals(uploads, 0)
    for _, text in pairs(objects()) do lu.assertEquals(#text, 11 * MiB) end
  end
  up()
  shell("rm '%s'/*", folder)
  for _, at in ipairs { 1, 2, 4 } do
    cancelled(function(on_progress) down(options(on_progress)) end, at)
    for name, text in pairs(local_files()) do
      lu.assertNotStrContains(name, "tmp")
      lu.assertEquals(#text, 11 * MiB)
    end
  end
  down()
  lu.assertEquals(#fs.list(folder), 3)
end

os.exit(lu.LuaUnit.run())
