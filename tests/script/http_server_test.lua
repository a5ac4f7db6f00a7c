-- SPDX-License-Identifier: MIT
-- moonrock.http_server as a script sees it: calls like channels, clients that leave at any
-- moment, early answers, replies without a body, and what is misuse.

local root = arg[0]:match("^(.*/)tests/") or "./"
package.path = root .. "tests/support/?.lua;" .. package.path

local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local http = require "moonrock.http"
local http_server = require "moonrock.http_server"
local lu = require "luaunit"
local part = require "moonrock.part"
local system = require "moonrock.system"
local task = require "moonrock.task"

local function all(source)
  local parts = {}
  for piece in function() return source:receive() end do parts[#parts + 1] = piece end
  return table.concat(parts)
end

-- Serves every call with f(call, head) in a task of its own, while g(url) runs.
local function serving(f, g)
  local server <close> = assert(http_server.listen {})
  local url = "http://127.0.0.1:" .. server:port()
  local failures = {}
  local accepting = task.spawn(function()
    while true do
      local call = server:accept()
      task.spawn(function()
        local call_open <close> = call
        local ok, err = pcall(function() f(call_open, call_open:receive()) end)
        if not ok then failures[#failures + 1] = err end
      end)
    end
  end)
  local ok, err = pcall(g, url, failures, server)
  accepting:cancel()
  pcall(accepting.wait, accepting)
  if not ok then error(err, 0) end
  return failures
end

local function ask(url, more)
  local r = { method = "GET", url = url, headers = {}, idle_timeout = 5 }
  for name, value in pairs(more or {}) do r[name] = value end
  local exchange, status = http.request(r)
  if not exchange then return nil, status end
  local text = all(exchange)
  return status, text, exchange:headers()
end

local function header(headers, name)
  for _, pair in ipairs(headers) do
    if pair[1] == name then return pair[2] end
  end
end

local function answer(call, text, status)
  call:send(("HTTP/1.1 %s\r\ncontent-length: %d\r\nx-test: 1\r\n\r\n"):format(status or "200 OK", #text))
  call:send(text)
  call:finish()
end

local function wait_for(f)
  for _ = 1, 300 do
    if f() then return true end
    task.sleep(0.01)
  end
end

TestServer = {}

function TestServer:test_a_call_and_its_reply()
  local seen
  local failures = serving(function(call, head)
    seen = head
    answer(call, all(call):upper())
  end, function(url)
    local status, text, headers = ask(url .. "/a/../b//./%2e%2E/%7e?q=%20&&z", { method = "PUT", body = "hello" })
    lu.assertEquals({ status, text, header(headers, "x-test") }, { 200, "HELLO", "1" })
    lu.assertStrContains(seen, "PUT /a/../b//./%2e%2E/%7e?q=%20&&z HTTP/1.1\r\n")
    lu.assertEquals(seen:sub(-4), "\r\n\r\n")
  end)
  lu.assertEquals(failures, {})
end

function TestServer:test_large_bodies_both_ways()
  local piece = ("0123456789abcdef"):rep(65536)
  local failures = serving(function(call)
    local got = 0
    for data in function() return call:receive() end do got = got + #data end
    call:send("HTTP/1.1 200 OK\r\nx-got: " .. got .. "\r\n\r\n")
    for _ = 1, 8 do call:send(piece) end
    call:finish()
  end, function(url)
    local status, text, headers = ask(url, { method = "PUT", body = piece:rep(8) })
    lu.assertEquals({ status, #text, header(headers, "x-got") }, { 200, 8 << 20, tostring(8 << 20) })
    lu.assertEquals(header(headers, "transfer-encoding"), "chunked")
  end)
  lu.assertEquals(failures, {})
end

-- HEAD has the headers of GET; who answers it may send the body all the same.
function TestServer:test_replies_without_a_body()
  local failures = serving(function(call, head)
    local status = head:match "^%u+ /(%d+)"
    if status == "204" or status == "304" then
      call:send("HTTP/1.1 " .. status .. " -\r\n\r\n")
      call:finish()
      return
    end
    if status == "201" then -- of no length; the next reply of this connection must be found
      call:send "HTTP/1.1 201 Created\r\nX-Test: 1\r\n\r\n"
      call:finish()
      return
    end
    call:send "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    for _ = 1, 10 do
      call:send(("x"):rep(10000))
      task.sleep(0.005)
    end
    call:finish()
  end, function(url)
    local before = http.counts().connections
    for _ = 1, 3 do
      local status, text, headers = ask(url .. "/200", { method = "HEAD" })
      lu.assertEquals({ status, text, header(headers, "content-length") }, { 200, "", "100000" })
      lu.assertEquals(select(2, ask(url .. "/200")), ("x"):rep(100000))
      lu.assertEquals((ask(url .. "/201", { method = "HEAD" })), 201)
      task.sleep(0.02)
      for _, code in ipairs { 204, 304 } do
        local other, nothing = ask(url .. "/" .. code)
        lu.assertEquals({ other, nothing }, { code, "" })
      end
    end
    task.sleep(0.05)
    lu.assertTrue(http.counts().connections - before <= 2) -- they are kept
  end)
  lu.assertEquals(failures, {})
end

-- Refused by its head: the client waits for 100 Continue and never sends its body.
function TestServer:test_early_answers()
  local taken = 0
  serving(function(call, head)
    if head:find "/no" then
      return answer(call, "no", "403 Forbidden")
    end
    for data in function() return call:receive() end do taken = taken + #data end
    answer(call, "yes")
  end, function(url)
    local body = ("x"):rep(4 << 20)
    local expect = { { "expect", "100-continue" } }
    local status, text = ask(url .. "/no", { method = "PUT", body = body, headers = expect })
    lu.assertEquals({ status, text, taken }, { 403, "no", 0 })
    status, text = ask(url .. "/yes", { method = "PUT", body = body, headers = expect })
    lu.assertEquals({ status, text, taken }, { 200, "yes", #body })
  end)
end

function TestServer:test_clients_that_leave()
  local ended = {}
  serving(function(call, head)
    local ok, err = pcall(function()
      if head:find "/upload" then
        all(call)
        answer(call, "thanks")
        return
      end
      call:send "HTTP/1.1 200 OK\r\n\r\n"
      for _ = 1, 1000 do
        call:send(("x"):rep(100000))
        task.sleep(0.001)
      end
    end)
    ended[#ended + 1] = ok and "whole" or err.code
  end, function(url)
    local reading = http.request { method = "GET", url = url .. "/reply", headers = {} }
    lu.assertNotNil(reading:receive())
    reading:close() -- in the middle of the reply
    lu.assertTrue(wait_for(function() return #ended == 1 end))
    lu.assertEquals(ended[1], "ChannelClosed")
    local path = os.tmpname() -- a file that turns out shorter: the body stops in the middle
    local file = assert(io.open(path, "wb"))
    file:write(("x"):rep(100000))
    file:close()
    local _, err = http.request { method = "PUT", url = url .. "/upload", headers = {},
      body = { path = path, length = 200000 } }
    lu.assertEquals(err.code, "RequestBodyError")
    lu.assertTrue(wait_for(function() return #ended == 2 end))
    lu.assertEquals(ended[2], "ChannelClosed")
    os.remove(path)
  end)
end

-- Clients that are gone before anybody has accepted their calls: those are answered into the
-- void, as at AWS, and harm nobody.
function TestServer:test_calls_that_nobody_accepted()
  local server <close> = assert(http_server.listen {})
  local url = "http://127.0.0.1:" .. server:port()
  for _ = 1, 10 do
    local nothing, err = http.request { method = "GET", url = url, headers = {}, total_timeout = 0.03 }
    lu.assertNil(nothing)
    lu.assertEquals(err.code, "TimeoutError")
  end
  task.sleep(0.05)
  local late = task.spawn(function() return select(2, ask(url .. "/late")) end)
  local found = false
  while not found do
    local call <close> = server:accept()
    found = call:receive():find "GET /late " ~= nil
    pcall(answer, call, found and "here" or "too late")
  end
  lu.assertEquals((late:wait()), "here")
end

-- A call that is left without an end must not look whole to its client.
function TestServer:test_calls_that_are_left()
  serving(function(call, head)
    if head:find "/half" then
      call:send "HTTP/1.1 200 OK\r\n\r\n"
      call:send "half"
      task.sleep(0.05)
    end
  end, function(url)
    local exchange <close> = http.request { method = "GET", url = url .. "/half", headers = {} }
    local text, err = {}, nil
    while not err do
      local piece
      piece, err = exchange:receive()
      text[#text + 1] = piece
      if not piece and not err then break end
    end
    lu.assertEquals(table.concat(text), "half")
    lu.assertTrue(errors.is(err, "BrokenConnection"))
    local nothing
    nothing, err = http.request { method = "GET", url = url .. "/none", headers = {} }
    lu.assertNil(nothing)
    lu.assertTrue(errors.is(err, "BrokenConnection"))
  end)
end

function TestServer:test_misuse()
  local messages = {}
  serving(function(call)
    local function try(f, ...) messages[#messages + 1] = tostring(select(2, pcall(f, call, ...))) end
    try(call.finish)
    try(call.send, "hello")
    try(call.send, "HTTP/1.1 99 Low\r\n\r\n")
    try(call.send, "HTTP/1.1 200 OK\r\nno colon\r\n\r\n")
    answer(call, "fine")
  end, function(url)
    lu.assertEquals((ask(url)), 200)
    lu.assertStrContains(messages[1], "before the reply's head")
    lu.assertStrContains(messages[2], "must be its head")
    lu.assertStrContains(messages[3], "must be its head")
    lu.assertStrContains(messages[4], "no colon")
  end)
  lu.assertFalse(pcall(http_server.listen, { port = 70000 }))
  local nothing, err = http_server.listen { host = "localhost" }
  lu.assertNil(nothing)
  lu.assertEquals(err.code, "ListenError")
  local first <close> = assert(http_server.listen {})
  nothing, err = http_server.listen { port = first:port() }
  lu.assertNil(nothing)
  lu.assertStrContains(tostring(err), "port " .. first:port())
end

function TestServer:test_closing_ends_the_waits()
  local server = assert(http_server.listen {})
  local waiting = task.spawn(function() return pcall(server.accept, server) end)
  task.sleep(0.02)
  server:close()
  local ok, err = waiting:wait()
  lu.assertFalse(ok)
  lu.assertTrue(errors.is(err, "ServerClosed"))
  server:close()
end

-- Whoever waited first is served first, and nobody is forgotten.
function TestServer:test_two_tasks_accept()
  local server = assert(http_server.listen {})
  local url = "http://127.0.0.1:" .. server:port()
  local order, waiting = {}, {}
  for i = 1, 3 do
    waiting[i] = task.spawn(function()
      local ok, call = pcall(server.accept, server)
      if not ok then return call.code end
      local open <close> = call
      order[#order + 1] = i
      open:receive()
      answer(open, "served by " .. i)
    end)
    task.sleep(0)
  end
  for i = 1, 2 do lu.assertEquals(select(2, ask(url)), "served by " .. i) end
  lu.assertEquals(order, { 1, 2 })
  server:close()
  lu.assertEquals(waiting[3]:wait(), "ServerClosed")
end

-- Two that read one body share its pieces, and both see its end, or that the call is closed.
function TestServer:test_two_tasks_receive()
  local closed = false
  local failures = serving(function(call, head)
    local readers, seen = {}, { 0, 0 }
    for i = 1, 2 do
      readers[i] = task.spawn(function()
        local ok, err = pcall(function()
          for data in function() return call:receive() end do seen[i] = seen[i] + #data end
        end)
        return ok or err.code
      end)
    end
    if head:find "/close" then
      task.sleep(0) -- both wait; the body comes when they are told to
      call:close()
    end
    local outcome = { readers[1]:wait(), (readers[2]:wait()) }
    if head:find "/close" then
      closed = true
      return lu.assertEquals(outcome, { "ChannelClosed", "ChannelClosed" })
    end
    lu.assertEquals(outcome, { true, true })
    answer(call, tostring(seen[1] + seen[2]))
  end, function(url)
    local status, text = ask(url .. "/share", { method = "PUT", body = ("x"):rep(3 << 20) })
    lu.assertEquals({ status, text }, { 200, tostring(3 << 20) })
    local nothing = http.request { method = "PUT", url = url .. "/close", body = ("x"):rep(1 << 20),
      headers = { { "expect", "100-continue" } } }
    lu.assertNil(nothing)
  end)
  lu.assertEquals({ failures, closed }, { {}, true })
end

function TestServer:test_odd_reply_headers()
  serving(function(call)
    call:send "HTTP/1.1 200 OK\r\nx-empty:\r\nx-blank:  \r\nx-tab: a\tb\r\ncontent-length: 0\r\n\r\n"
    call:finish()
  end, function(url)
    local _, _, headers = ask(url)
    lu.assertEquals({ header(headers, "x-empty"), header(headers, "x-blank"), header(headers, "x-tab") },
      { "", "", "a\tb" })
  end)
  local failures = serving(function(call) call:send "HTTP/1.1 200 OK\r\n: no name\r\n\r\n" end, function(url)
    lu.assertNil((http.request { method = "GET", url = url, headers = {} }))
  end)
  lu.assertStrContains(tostring(failures[1]), "a header that cannot be sent")
  for count, wanted in pairs { [128] = 200, [129] = false } do -- so many, and not in silence fewer
    failures = serving(function(call)
      call:send("HTTP/1.1 200 OK\r\n" .. ("x-many: 1\r\n"):rep(count) .. "content-length: 0\r\n\r\n")
      call:finish()
    end, function(url)
      local status, _, headers = ask(url)
      lu.assertEquals(status or false, wanted)
      local many = 0
      for _, pair in ipairs(headers or {}) do many = many + (pair[1] == "x-many" and 1 or 0) end
      lu.assertEquals(many, wanted and count or 0)
    end)
    lu.assertEquals(tostring(failures[1] or ""):match "more than 128 headers" ~= nil, not wanted)
  end
end

function TestServer:test_what_was_sent_is_let_go()
  local piece, grown, path = ("x"):rep(1 << 20), nil, os.tmpname()
  local failures = serving(function(call)
    call:send "HTTP/1.1 200 OK\r\n\r\n"
    collectgarbage "stop"
    local before = system.memory()
    for _ = 1, 40 do call:send(piece) end
    grown = system.memory() - before
    collectgarbage "restart"
    call:finish()
  end, function(url)
    local sink <close> = fs.sink(path)
    local into <close> = part.into(sink, 0, 40 << 20)
    lu.assertEquals((ask(url, { into = into })), 200)
    lu.assertEquals(into:taken(), 40 << 20)
  end)
  os.remove(path)
  lu.assertEquals(failures, {})
  lu.assertTrue(grown < 8 << 20, grown)
end

function TestServer:test_many_at_once()
  local failures = serving(function(call, head)
    task.sleep(0.005)
    answer(call, head:match "^%u+ (%S+)")
  end, function(url)
    local tasks = {}
    for i = 1, 200 do
      tasks[i] = task.spawn(function() return select(2, ask(url .. "/" .. i)) end)
    end
    for i = 1, 200 do lu.assertEquals((tasks[i]:wait()), "/" .. i) end
  end)
  lu.assertEquals(failures, {})
end

os.exit(lu.LuaUnit.run())
