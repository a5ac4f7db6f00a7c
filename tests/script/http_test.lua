-- SPDX-License-Identifier: MIT
-- moonrock.http as a script sees it: replies and pieces, every fault as an error object, what
-- is refused before anything is sent, tasks that are cancelled, virtual time.

local root = arg[0]:match("^(.*/)tests/") or "./"
package.path = root .. "tests/support/?.lua;" .. package.path

local body_module = require "moonrock.aws.body"
local errors = require "moonrock.error"
local faults = require "faults"
local fs = require "moonrock.fs"
local http = require "moonrock.http"
local lu = require "luaunit"
local secret = require "moonrock.secret"
local task = require "moonrock.task"
local program = require "program"

local server = faults.start()

local function request(path, more)
  local r = { method = "GET", url = path:find "://" and path or server.url .. path, headers = {} }
  for name, value in pairs(more or {}) do r[name] = value end
  return http.request(r)
end

local function all(exchange)
  local parts = {}
  while true do
    local piece, err = exchange:receive()
    if not piece then return table.concat(parts), err, #parts end
    parts[#parts + 1] = piece
  end
end

TestHttp = {}

function TestHttp:test_a_reply()
  local exchange <close>, status = request "/ok/x"
  lu.assertEquals(status, 200)
  lu.assertEquals(table.move(exchange:headers(), 1, #exchange:headers(), 1, {}),
    { { "content-type", "application/json" }, { "content-length", "11" } })
  lu.assertEquals(tostring(exchange):match "^exchange", "exchange")
  lu.assertEquals((all(exchange)), '{"ok":true}')
  lu.assertNil(exchange:receive())
end

-- A request as clients make it, with options beside it; it may change while it is under way.
function TestHttp:test_a_url_in_parts()
  local scheme, host, port = server.url:match "^(%w+)://([^:/]+):(%d+)"
  local body = ("x"):rep(999)
  local r = { method = "POST", scheme = scheme, host = host, port = tonumber(port), path = "/echo/x", query = "a=b",
    headers = {}, body = body .. #body }
  local other = task.spawn(function()
    r.body = nil
    collectgarbage()
  end)
  local exchange <close>, status = http.request(r, { idle_timeout = 5 })
  lu.assertEquals(status, 200)
  lu.assertNil(r.body)
  lu.assertStrContains(all(exchange), "body=1002")
  other:wait()
  lu.assertErrorMsgContains("'url'", http.request, { method = "GET", path = "/x", headers = {} })
  lu.assertErrorMsgContains("'scheme'", http.request, { method = "GET", host = host, headers = {} })
  local nothing, err = http.request({ method = "GET", scheme = scheme, host = host, port = tonumber(port),
    path = "/silent/x", headers = {} }, { idle_timeout = 0.1 })
  lu.assertNil(nothing)
  lu.assertEquals(err.code, "TimeoutError")
end

function TestHttp:test_bodies_go_out()
  local path = program.file(("0123456789"):rep(1000))
  for _, body in ipairs { "hello", { path = path, offset = 5, length = 9000 }, { path = path, length = 10 } } do
    local exchange <close>, status = request("/echo/x", { method = "PUT", body = body,
      headers = { { "x-token", secret.of "quiet" } } })
    lu.assertEquals(status, 200)
    local text = all(exchange)
    lu.assertStrContains(text, "x-token: quiet")
    lu.assertStrContains(text, "body=" .. (type(body) == "string" and #body or body.length))
  end
  local nothing, err = request("/echo/x", { method = "PUT", body = { path = path .. ".none", length = 1 } })
  lu.assertNil(nothing)
  lu.assertEquals(err.code, "ENOENT")
  nothing, err = request("/echo/x", { method = "PUT", body = { path = path, offset = 9990, length = 100 } })
  lu.assertNil(nothing)
  lu.assertEquals(err.code, "RequestBodyError")
  lu.assertFalse(err.retryable)
  os.remove(path)
end

-- However much is sent, only what is under way is in the memory: nobody waits for the collector's second cycle.
function TestHttp:test_what_was_sent_is_let_go()
  local ends = { all, function(exchange) exchange:rest(1 << 20) end, function(exchange) exchange:close() end }
  collectgarbage()
  local before, most = collectgarbage "count", 0
  for i = 1, 120 do
    local body = ("x"):rep((1 << 20) + i)
    ends[i % #ends + 1]((request("/ok/x", { method = "PUT", body = body })))
    request(("http://127.0.0.1:%d/"):format(server.refused), { method = "PUT", body = body })
    most = math.max(most, collectgarbage "count")
  end
  lu.assertTrue(most < before + 12 * 1024, most)
end

function TestHttp:test_what_is_refused_before_anything_is_sent()
  local function refused(words, more, path)
    local ok, err = pcall(request, path or "/ok/x", more)
    lu.assertFalse(ok)
    lu.assertStrContains(tostring(err), words)
  end
  refused("cannot be the method", { method = "GET / HTTP/1.1\r\nX: y\r\n\r\nGET" })
  refused("cannot be the method", { method = "" })
  refused("'method'", { method = 5 })
  refused("no header may have", { headers = { { "x-one", "1\r\nx-two: 2" } } })
  refused("no header may have", { headers = { { "x-one", "1\0" } } })
  refused("no header may have", { headers = { { "x one", "1" } } })
  refused("no header may have", { headers = { { "", "1" } } })
  refused("pair", { headers = { "x-one" } })
  refused("'body'", { body = 5 })
  refused("'length'", { body = { path = "/dev/null" } })
  refused("'length'", { body = { path = "/dev/null", length = -1 } })
  refused("'offset'", { body = { path = "/dev/null", length = 1, offset = 0.5 } })
  lu.assertEquals(server.count "nothing-was-sent", 0)
end

function TestHttp:test_faults_are_error_objects()
  local cases = {
    { "/nothing/x", "BrokenConnection", true }, { "/head-cut/x", "BrokenConnection", true },
    { "/silent/x", "TimeoutError", true }, { "/http09/x", "ProtocolError", false },
    { "/garbage/x", "ProtocolError", false }, { "/headers-64m/x", "ProtocolError", false },
    { "/header-64m/x", "ProtocolError", false },
    { "http://127.0.0.1:" .. server.refused .. "/", "ConnectError", true },
    { "http://no-such-host.invalid/", "ResolveError", true }, { "ftp://127.0.0.1/", "ProtocolError", false },
  }
  for _, case in ipairs(cases) do
    local idle = case[2] == "TimeoutError" and 0.2 or 20 -- seconds
    local exchange, err = request(case[1], { idle_timeout = idle, connect_timeout = 10 })
    lu.assertNil(exchange, case[1])
    lu.assertTrue(errors.is(err, case[2]), case[1] .. ": " .. tostring(err))
    lu.assertEquals(err.retryable, case[3], case[1])
  end
end

function TestHttp:test_bodies_that_break_off()
  for _, name in ipairs { "body-cut", "chunk-cut", "chunk-open", "body-reset" } do
    local exchange <close>, status = request("/" .. name .. "/x")
    lu.assertEquals(status, 200)
    local _, err = all(exchange)
    lu.assertTrue(errors.is(err, "BrokenConnection"), name)
    _, err = exchange:receive() -- and again
    lu.assertTrue(errors.is(err, "BrokenConnection"), name)
  end
end

function TestHttp:test_pieces_come_as_they_are_taken()
  local exchange <close> = request "/large/x"
  task.sleep(0.1)
  local text, err, pieces = all(exchange)
  lu.assertNil(err)
  lu.assertEquals(#text, 4 << 20)
  lu.assertTrue(pieces > 3)
end

function TestHttp:test_the_rest_in_one_piece()
  local small <close> = request "/ok/x"
  lu.assertEquals(small:rest(11), '{"ok":true}')
  lu.assertEquals(small:rest(11), "") -- and no more
  lu.assertNil(small:receive())
  small:close()
  lu.assertEquals(#small:headers(), 2) -- these stay
  local large <close> = request "/large/x"
  task.sleep(0.1) -- what waits is as much as may: the connection stands still
  local first = large:receive()
  lu.assertEquals(#first + #large:rest(4 << 20), 4 << 20)
  for _, limit in ipairs { 1, 100000, 2 << 20 } do -- it stops there
    local endless = request "/endless/x"
    local text, err = endless:rest(limit)
    lu.assertEquals({ text, err }, {})
    _, err = endless:receive()
    lu.assertEquals(err.message, "the exchange was closed")
  end
  local longer <close> = request "/ok/x"
  lu.assertNil(longer:rest(10))
  for _, name in ipairs { "body-cut", "chunk-cut", "body-reset" } do
    local broken <close> = request("/" .. name .. "/x")
    local text, err = broken:rest(1 << 20)
    lu.assertNil(text)
    lu.assertTrue(errors.is(err, "BrokenConnection"), name)
  end
  local sealed <close> = request("/ok/x", { sealed = true })
  lu.assertErrorMsgContains("#1", sealed.rest, sealed, 100)
  lu.assertErrorMsgContains("#2", small.rest, small, 0)
  local waits <close> = request "/drip-long/x"
  local t = task.spawn(function() return waits:rest(1 << 20) end)
  task.sleep(0.05)
  lu.assertErrorMsgContains("another task", waits.rest, waits, 100)
  t:cancel()
  lu.assertFalse(pcall(t.wait, t))
  lu.assertStrContains(tostring(waits), "ended")
end

function TestHttp:test_closing_drops_the_connection()
  for _ = 1, 5 do
    local exchange = request "/endless/x"
    lu.assertTrue(#exchange:receive() > 0)
    exchange:close()
    local _, err = exchange:receive()
    lu.assertEquals(err.message, "the exchange was closed")
  end
  for _ = 1, 200 do
    if tonumber((server.get "/open")) <= 2 then break end
    task.sleep(0.01)
  end
  lu.assertTrue(tonumber((server.get "/open")) <= 2)
end

function TestHttp:test_a_cancel_drops_the_exchange()
  for _, path in ipairs { "/silent/x", "/drip-long/x" } do
    local t = task.spawn(function()
      local exchange <close> = request(path)
      while exchange:receive() do end
    end)
    task.sleep(0.05)
    t:cancel()
    lu.assertFalse(pcall(t.wait, t))
    lu.assertEquals(t:status(), "cancelled")
  end
end

function TestHttp:test_one_task_at_a_time()
  local exchange <close> = request "/drip-long/x"
  while #exchange:receive() == 0 do end
  local other = task.spawn(function() return pcall(exchange.receive, exchange) end)
  local first = task.spawn(function() return pcall(exchange.receive, exchange) end)
  local a, b = { other:wait() }, { first:wait() }
  local failed = a[1] == false and a or b
  lu.assertStrContains(tostring(failed[2]), "another task waits")
end

function TestHttp:test_connections_are_counted()
  local before = http.counts()
  for _ = 1, 20 do server.get "/ok/x" end
  task.sleep(0.05)
  local after = http.counts()
  lu.assertTrue(after.requests - before.requests >= 20)
  lu.assertTrue(after.connections - before.connections <= 2)
end

function TestHttp:test_proxies()
  local exchange, err = request("https://service.example/x", { proxy = server.url })
  lu.assertNil(exchange)
  lu.assertEquals(err.code, "ConnectError")
  lu.assertStrContains(err.message, "403")
  for _, url in ipairs { "http://user:hush@127.0.0.1:99999999", "strange://user:hush@x", "http://user:hu sh@[x" } do
    exchange, err = request("https://service.example/x", { proxy = url })
    lu.assertNil(exchange)
    lu.assertStrContains(err.message, "URL of the proxy")
    lu.assertNotStrContains(err.message, "hu")
  end
end

function TestHttp:test_certificates()
  local folder = os.tmpname()
  os.remove(folder)
  assert(fs.mkdir(folder))
  if not os.execute("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
      .. "/CN=wrong.example -keyout " .. folder .. "/key.pem -out " .. folder .. "/cert.pem 2>/dev/null") then
    os.execute("rm -r " .. folder)
    return lu.skip "there is no openssl program"
  end
  local pipe = assert(io.popen("timeout 60 openssl s_server -accept 127.0.0.1:0 -www -naccept 2 -cert " .. folder
    .. "/cert.pem -key " .. folder .. "/key.pem 2>/dev/null </dev/null"))
  local port
  for line in pipe:lines() do
    port = line:match "^ACCEPT 127.0.0.1:(%d+)"
    if port then break end
  end
  for _, ca in ipairs { false, folder .. "/cert.pem" } do
    local exchange, err = request("https://127.0.0.1:" .. port .. "/", { ca_file = ca or nil })
    lu.assertNil(exchange)
    lu.assertEquals(err.code, "TLSError")
    lu.assertFalse(err.retryable)
  end
  os.execute("rm -r " .. folder)
end

-- The timeouts of a transport are of real time, whatever the script's clock says.
function TestHttp:test_virtual_time()
  local text = ([[
    local time, http = require "moonrock.time", require "moonrock.http"
    time.make_virtual { epoch = 0, seed = 1 }
    local x, err = http.request { method = "GET", url = "%s/silent/x", headers = {}, idle_timeout = 0.2 }
    print(x, err.code, time.now())
    x, err = http.request { method = "GET", url = "%s/drip-long/x", headers = {}, total_timeout = 0.3 }, nil
    while not err do _, err = x:receive() end
    print(err.code, time.now())
  ]]):format(server.url, server.url)
  local r = program.script(text, {}, { wrap = "timeout 20" })
  lu.assertEquals(r.out, "nil\tTimeoutError\t0.0\nTimeoutError\t0.0\n", r.err)
end

-- The readers of bodies -----------------------------------------------------------------------

TestReaders = {}

-- A long line, or a large piece, comes in many chunks; they are joined once.
function TestReaders.test_many_chunks_take_no_time()
  local chunk, started = ("x"):rep(4096), os.clock()
  local function reader()
    local left = 8192
    return body_module.reader { next = function()
      left = left - 1
      return left > 0 and chunk or left == 0 and "y\nz" or nil
    end }
  end
  lu.assertEquals(#reader():read(1 << 25), 8191 * 4096 + 3)
  local long = reader()
  lu.assertEquals({ #long:read("l"), long:read("l"), long:read("l") }, { 8191 * 4096 + 1, "z" })
  lu.assertTrue(os.clock() - started < 3)
end

-- Any mixture of reads gives what the text has, however it is cut into chunks.
function TestReaders.test_reads_over_chunks()
  local state = 7
  local function pick(n)
    state = (state * 1103515245 + 12345) % 2147483648
    return state // 65536 % n + 1
  end
  for _ = 1, 300 do
    local letters = {}
    for i = 1, pick(40) - 1 do letters[i] = pick(4) == 1 and "\n" or ("abc"):sub(pick(3), 3) end
    local text, sent, at = table.concat(letters), 1, 1
    local reader = body_module.reader { next = function()
      local chunk = text:sub(sent, sent + pick(7) - 1)
      sent = sent + #chunk
      return chunk ~= "" and chunk or nil
    end }
    repeat
      local what, wanted = ({ 1, 5, "l", "L", "L" })[pick(5)], nil
      local line_end = text:find("\n", at, true)
      if at <= #text then wanted = text:sub(at, math.type(what) and at + what - 1 or line_end) end
      at = at + #(wanted or "")
      if what == "l" and line_end and wanted then wanted = wanted:sub(1, -2) end
      lu.assertEquals(reader:read(what), wanted, text)
    until not wanted
  end
end

local code = lu.LuaUnit.run()
server.stop()
os.exit(code)
