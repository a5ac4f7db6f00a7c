-- SPDX-License-Identifier: MIT
--
-- invoke.lua: requests a second of a POST of 1 KB to a trivial server on this machine, at
-- concurrency 1, 16 and 64: through moonrock.http alone, through the whole client, and through
-- other programs where they are there.  It measures and asserts nothing.
-- Run: build/moonrock tests/bench/invoke.lua [seconds a measurement]

local http = require "moonrock.http"
local moonrock = require "moonrock"
local session = require "moonrock.session"
local task = require "moonrock.task"
local time = require "moonrock.time"

local seconds = tonumber((...)) or 1
local folder = arg[0]:match "^(.*/)" or "./"
local build = arg[-1]:match "^(.*)/[^/]*$" or "."

local pipe = assert(io.popen("exec '" .. build .. "/tests/reply_server'"))
local port = assert(tonumber(pipe:read "l"), "tests/reply_server did not start")
local url = "http://127.0.0.1:" .. port
local model = "anthropic.claude-3-haiku-20240307-v1:0"
local body = ('{"anthropic_version":"bedrock-2023-05-31","max_tokens":64,"messages":[{"role":"user","content":"%s"}]}')
  :format(("word "):rep(180))

-- Other programs: run with the URL, the concurrency and the seconds, they print requests a second.
local others = {
  { name = "boto3, threads", program = "python3", script = folder .. "invoke_boto3.py" },
  { name = "Node, AWS SDK v3", program = "node", script = folder .. "invoke_node.mjs" },
}

local function plain()
  local exchange = assert(http.request { method = "POST", url = url .. "/model/x/invoke", body = body,
    headers = { { "content-type", "application/json" } } })
  while exchange:receive() do end
end

local runtime = session.new {
  region = "us-east-1", endpoint_url = url, environment = function() end,
  credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = ("k"):rep(40) },
}:client "bedrock-runtime"

local function whole()
  return runtime:invoke_model { modelId = model, body = body, contentType = "application/json" }.body:read "a"
end

local function measure(f, concurrency)
  local done, stop = 0, time.monotonic() + seconds
  local start = time.monotonic()
  local tasks = {}
  for i = 1, concurrency do
    tasks[i] = task.spawn(function()
      while time.monotonic() < stop do
        f()
        done = done + 1
      end
    end)
  end
  for _, t in ipairs(tasks) do t:wait() end
  return done / (time.monotonic() - start)
end

local function file_exists(path)
  local file = io.open(path)
  return file and file:close()
end

local function other(o, concurrency)
  if not file_exists(o.script) then return nil end
  local out = io.popen(("%s '%s' %s %d %g 2>/dev/null"):format(o.program, o.script, url, concurrency, seconds))
  local rate = tonumber(out:read "l" or "")
  out:close()
  return rate
end

local function row(name, f)
  local cells = {}
  for _, concurrency in ipairs { 1, 16, 64 } do
    local rate = f(concurrency)
    cells[#cells + 1] = rate and ("%10.0f"):format(rate) or ("%10s"):format "-"
  end
  print(("%-28s%s"):format(name, table.concat(cells)))
end

measure(plain, 16) -- libcurl is loaded, the connections are made
print(("%-28s%10s%10s%10s"):format("POST of 1 KB, a second", "1", "16", "64"))
row("moonrock.http", function(n) return measure(plain, n) end)
row("client: check, sign, decode", function(n) return measure(whole, n) end)
for _, o in ipairs(others) do
  row(o.name, function(n) return other(o, n) end)
end
local counts = http.counts()
print(("%d requests over %d connections; moonrock %s"):format(counts.requests, counts.connections,
  tostring(moonrock.version or require "moonrock.system".version().moonrock)))
pipe:close()
