-- SPDX-License-Identifier: MIT
-- Finalizers run wherever memory is asked for, so also in the middle of a function of ours: what
-- they close, feed or change there must not be pulled from under it.

local bulk = require "moonrock.bulk"
local core = require "moonrock.jsonl_core"
local errors = require "moonrock.error"
local eventstream = require "moonrock.eventstream"
local files = require "files"
local fs = require "moonrock.fs"
local http = require "moonrock.http"
local http_server = require "moonrock.http_server"
local json = require "moonrock.json"
local lint = require "moonrock.record"
local lu = require "luaunit"
local model = require "moonrock.model"
local pattern = require "moonrock.pattern"
local task = require "moonrock.task"

-- Calls f again and again, each time with f2 waiting to be called by the collector.
local function meanwhile(times, f, f2)
  local called = 0
  collectgarbage("generational")
  for _ = 1, times do
    setmetatable({}, { __gc = function()
      called = called + 1
      f2()
    end })
    f()
  end
  collectgarbage("incremental")
  collectgarbage() -- now all of them have been called
  lu.assertEquals(called, times)
end

TestFinalizers = {}

function TestFinalizers.test_a_reader_is_closed()
  local line = '{"a":"' .. ("x"):rep(3000) .. '"}\n'
  local reader
  meanwhile(100, function()
    local n = 0
    reader = core.reader(function()
      n = n + 1
      return n <= 200 and (n % 2 == 1 and line:sub(1, 1500) or line:sub(1501)) or nil
    end, error)
    local ok, err = pcall(function()
      for record in reader.next, reader do lu.assertEquals(#record.a, 3000) end
    end)
    if not ok then lu.assertStrContains(tostring(err), "closed") end
  end, function() reader:close() end)
end

function TestFinalizers.test_a_faulty_line_outlives_its_reader()
  local reader
  meanwhile(100, function()
    local n = 0
    reader = core.reader(function()
      n = n + 1
      return n <= 100 and (n % 2 == 1 and ("["):rep(999) or "x" .. ("y"):rep(999) .. "\n") or nil
    end, function(err, line)
      lu.assertTrue(errors.is(err, "JSONSyntax"))
      lu.assertEquals(line, ("["):rep(999) .. "x" .. ("y"):rep(999))
    end)
    pcall(function() for _ in reader.next, reader do lu.fail "no record was there" end end)
  end, function() reader:close() end)
end

-- What has been added is either there or an error told of it.
function TestFinalizers.test_lines_are_added_and_taken()
  local lines = core.lines()
  local taken, added = {}, 0
  local function take()
    local ok, text = pcall(lines.take, lines)
    if ok then taken[#taken + 1] = text end
  end
  meanwhile(2000, function()
    if pcall(lines.add, lines, { 1, { 2 } }, { 3 }, { { 4 } }) then added = added + 3 end
    take()
  end, function()
    if pcall(lines.add, lines, 5) then added = added + 1 end
    take()
  end)
  take()
  local _, found = table.concat(taken):gsub("\n", "")
  lu.assertEquals(found, added)
end

function TestFinalizers.test_a_decoder_is_fed()
  local frame = eventstream.encode { headers = { a = ("q"):rep(2000) }, payload = ("z"):rep(5000) }
  local large = eventstream.encode { headers = {}, payload = ("w"):rep(200000) }
  local decoder
  meanwhile(1000, function()
    decoder = eventstream.decoder()
    pcall(decoder.feed, decoder, frame:sub(1, 100))
    local ok, list = pcall(decoder.feed, decoder, frame:sub(101))
    if ok and list[1] and #list[1].payload < 200000 then
      lu.assertEquals(list[1], { headers = { a = ("q"):rep(2000) }, payload = ("z"):rep(5000) })
    end
  end, function()
    pcall(decoder.feed, decoder, large:sub(1, 100000))
    pcall(decoder.feed, decoder, large:sub(100001))
  end)
end

function TestFinalizers.test_records_are_edited()
  local other = core.decode '{"b":0}'
  local value = {}
  for i = 1, 40 do value[i] = core.decode(('{"text":"%s"}'):format(("v"):rep(i))) end
  local expected = '{"a":' .. json.encode(value) .. "}"
  meanwhile(500, function()
    local record = core.decode '{"a":null}'
    record.a = value
    lu.assertEquals(core.json(record), expected)
  end, function() other.b = 12345 end)
  lu.assertEquals(core.json(other), '{"b":12345}')
end

-- More members than wait on the Lua stack; their names are long, so that no table of short
-- strings keeps them.
function TestFinalizers.test_a_table_is_emptied_while_it_is_written()
  for round = 1, 20 do
    local t, emptied = {}, false
    for i = 1, 4000 do t[("%05d"):format(i) .. ("k"):rep(60)] = core.decode '{"a":[1]}' end
    collectgarbage()
    collectgarbage("stop")
    setmetatable({}, { __gc = function()
      emptied = true
      for key in pairs(t) do t[key] = nil end
    end })
    collectgarbage("setpause", 10 * round)
    collectgarbage("setstepmul", 1000)
    collectgarbage("restart")
    local text = json.encode(t)
    collectgarbage("setpause", 200)
    collectgarbage("setstepmul", 100)
    for key, item in pairs(json.decode(text)) do
      lu.assertEquals(#key, 65)
      lu.assertTrue(item == json.null or item.a[1] == 1)
    end
    lu.assertTrue(emptied or #text > 4000 * 65)
  end
end

-- Names that an ordered table has got since it was read.
function TestFinalizers.test_an_ordered_table_is_emptied_while_it_is_written()
  collectgarbage("generational", 1) -- often, so that what was taken out is freed at once
  for _ = 1, 20 do
    local t, n = json.decode("{}", { ordered = true }), 0
    for i = 1, 4000 do t[("%05d"):format(i) .. ("k"):rep(60)] = i end
    setmetatable({}, { __gc = function()
      for key in next, t do t[key] = nil end
    end })
    for key in pairs(json.decode(json.encode(t))) do
      n = n + 1
      lu.assertStrMatches(key, "%d%d%d%d%dk+")
    end
    lu.assertTrue(n == 4000 or n == 0)
  end
  collectgarbage("generational", 20)
  collectgarbage("incremental")
end

-- A job begins with a piece of memory, so between the check of what it is for and its start.
function TestFinalizers.test_what_a_job_is_for_is_closed()
  local folder, path = files.folder()
  local pass, sink, worker
  local long = ("x"):rep(500)
  meanwhile(300, function()
    pass = bulk.router { subject = "bytes", bounds = { 1 } }
    for i = 1, 20 do pcall(pass.feed, pass, ('{"id":%d,"x":"%s"}\n'):format(i, long)) end
  end, function() pass:close() end)
  meanwhile(300, function()
    sink = assert(fs.sink(path "out"))
    for i = 0, 20 do pcall(sink.write, sink, 500 * i, long .. i) end
    sink:abort()
  end, function() sink:abort() end)
  meanwhile(20, function()
    worker = core.worker("return function(r) return r end", "=map", 1)
    for i = 1, 40 do pcall(worker.run, worker, { ('{"id":%d,"x":"%s"}\n'):format(i, long) }, {}) end
    worker:close()
  end, function() worker:close() end)
  lu.assertEquals(fs.list(folder), {})
  files.remove(folder)
end

-- The first memory that f asks for lets the collector call f2.
local function within(f, f2)
  collectgarbage()
  collectgarbage("stop")
  local called = false
  setmetatable({}, { __gc = function()
    called = true
    f2()
  end })
  collectgarbage("incremental", 100, 1000, 30)
  collectgarbage("restart")
  pcall(f)
  lu.assertTrue(called)
  collectgarbage("incremental", 200, 100, 13)
end

-- A call of a server, which a finalizer closes while it is accepted or read.
function TestFinalizers.test_a_call_is_closed()
  for before = 0, 2 do -- 0: accept; else the message that is received
    -- (a call whose server has gone is freed at once)
    for _, what in ipairs { { "call" }, { "server" }, { "server", "call" } } do
      local server <close> = assert(http_server.listen {})
      local open = { server = server }
      local asking = task.spawn(function()
        pcall(http.request, { method = "POST", url = "http://127.0.0.1:" .. server:port(),
          body = ("x"):rep(900000), headers = {}, idle_timeout = 5 })
      end)
      task.sleep(0.01)
      local function close()
        for _, name in ipairs(what) do
          if open[name] then open[name]:close() end
        end
      end
      if before == 0 then
        within(function() open.call = server:accept() end, close)
      else
        open.call = server:accept()
        if before == 2 then
          open.call:receive()
          open.call:receive()
          task.sleep(0.02) -- there is more of the body now
        end
        within(function() open.call:receive() end, close)
      end
      asking:cancel()
      pcall(asking.wait, asking)
    end
  end
end

-- An object that is older than the pattern, and is collected with it.
function TestFinalizers.test_a_pattern_that_has_been_collected()
  local results = {}
  do
    local holder = setmetatable({}, { __gc = function(t)
      for i, f in ipairs(t) do results[i] = { pcall(f, "abc") } end
    end })
    holder[1], holder[2] = pattern.compile "b", pattern.finder "b"
  end
  collectgarbage()
  lu.assertEquals(#results, 2)
  for _, result in ipairs(results) do lu.assertStrContains(result[2], "collected") end
end

function TestFinalizers.test_a_linter_is_closed()
  local linter
  local faulty = ('{"messages":[{"role":"nobody","text":"%s"}]}\n'):format(("x"):rep(50)):rep(20)
  for _, what in ipairs { "feed", "finish", "stats" } do
    meanwhile(200, function()
      linter = lint.new()
      if what ~= "feed" then pcall(linter.feed, linter, faulty) end
      pcall(linter[what], linter, faulty)
    end, function() if linter then linter:close() end end)
    linter = lint.new()
    within(function() linter[what](linter, faulty) end, function() linter:close() end)
  end
end

-- A metamethod does the same where a request is read.
function TestFinalizers.test_headers_change_while_a_request_is_read()
  local headers = {}
  for i = 1, 20 do headers[i] = { "x-h" .. i, ("v" .. i):rep(200) } end
  local asked = false
  local request = setmetatable({ method = "GET", url = "http://127.0.0.1:9/", headers = headers }, {
    __index = function(_, name)
      if name ~= "into" then return nil end
      asked = true
      for i = 1, 20 do headers[i] = { "a", "b" } end
      collectgarbage()
      collectgarbage()
    end,
  })
  local exchange, err = http.request(request)
  lu.assertTrue(asked)
  lu.assertNil(exchange)
  lu.assertEquals(err.code, "ConnectError")
  request = { method = "GET", url = "http://127.0.0.1:9/", headers = {} }
  for i = 1, 1001 do request.headers[i] = { "a", "b" } end
  lu.assertErrorMsgContains("at most 1000 headers", http.request, request)
end

-- What a metamethod makes is held by nobody but who asked.
function TestFinalizers.test_an_error_that_is_made_as_it_is_read()
  local made = setmetatable({}, {
    __index = function(_, name)
      collectgarbage()
      return name == "status" and 400 or name ~= "fields" and name:rep(100) or nil
    end,
  })
  local status, _, body = model.service("s3"):build_error(nil, made)
  lu.assertEquals(status, 400)
  lu.assertStrContains(body, "<Code>" .. ("code"):rep(100) .. "</Code>")
  lu.assertStrContains(body, "<Message>" .. ("message"):rep(100) .. "</Message>")
end

os.exit(lu.LuaUnit.run())
