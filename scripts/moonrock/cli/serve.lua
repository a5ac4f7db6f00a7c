-- SPDX-License-Identifier: MIT
-- cli.serve: the emulator on loopback HTTP, for any AWS SDK, on the real clock.
-- Its handler runs in this state, not in an isolate with a pump: an isolate keeps a user's
-- script away from the emulator, and here no script runs; so each byte is copied once less, and
-- a client that goes away is seen by the handler itself.  An accepted call is a task.
-- Standard output gets the address and the lines that point an SDK at it, and nothing else.

local errors = require "moonrock.error"
local http_server = require "moonrock.http_server"
local open_emulator = require "moonrock.emulator.open"
local state = require "moonrock.cli.state"
local system = require "moonrock.system"
local task = require "moonrock.task"
local help = require "moonrock.cli.help"
local options = require "moonrock.cli.options"
local run = require "moonrock.cli.run"
local stand_in = require "moonrock.cli.stand_in"

local say = run.say

local M = {}

-- Of the emulator alone; nothing of the user's own account is used or shown.
local KEY = { access_key_id = "AKIDEMULATOR", secret_access_key = "only-the-emulator-knows-this-key" }
local GRACE = 2 -- seconds that open calls get when the program is told to stop

M.known = {
  ["--port"] = "count", ["--host"] = "text", ["--state"] = "text", ["--speed"] = "number",
  ["--strict"] = "flag", ["--seed"] = "count", ["--region"] = "text",
}

local function is_loopback(host)
  return host == "::1" or host:find("^127%.%d+%.%d+%.%d+$") ~= nil
end

local function url_of(host, port)
  return ("http://%s:%d"):format(host:find(":", 1, true) and "[" .. host .. "]" or host, port)
end

local function read_options(argv, at, opts)
  local read, words = options.read(argv, M.known, opts, at)
  if not read then return nil end
  if words[1] then options.refuse("serve takes options only, not '%s'", words[1]) end
  if opts.port and opts.port > 65535 then options.refuse("option --port takes 0 to 65535, not %d", opts.port) end
  if opts.host == "localhost" then opts.host = "127.0.0.1" end
  return opts
end

local function print_address(url, region)
  io.write("moonrock serves S3, Bedrock and Bedrock runtime (a stand-in, not AWS) at ", url, "\n")
  for _, pair in ipairs {
    { "AWS_ENDPOINT_URL", url }, { "AWS_ACCESS_KEY_ID", KEY.access_key_id },
    { "AWS_SECRET_ACCESS_KEY", KEY.secret_access_key },
    { "AWS_DEFAULT_REGION", region }, -- boto3 and the AWS CLI 1 look at no other
    { "AWS_REGION", region },
  } do
    io.write("export ", pair[1], "=", pair[2], "\n")
  end
  io.stdout:flush()
end

-- One call, from its head to the end of the reply.  An error of the handler ends this call only.
local function answer(handler, call, open)
  local ok, err = pcall(handler, call)
  open[call] = nil
  if not ok then
    system.log(errors.is(err, "ChannelClosed") and "debug" or "error", "serve: " .. tostring(err))
  end
  call:close()
end

local function accept_all(server, handler, open)
  local told = false
  local function tell_http2()
    if told then return end
    told = true
    say("a client began with HTTP/2, and this server speaks HTTP/1.1.  With the AWS SDK for JavaScript v3:")
    io.stderr:write('  import { NodeHttpHandler } from "@smithy/node-http-handler";\n',
      "  new BedrockRuntimeClient({ requestHandler: new NodeHttpHandler() })\n")
  end
  while true do
    local call = server:accept()
    if call then
      open[call] = task.spawn(answer, handler, call, open)
    else
      tell_http2()
    end
  end
end

-- What a rehearsal tells at its end is told here when it happens, each text once.
local function tell_warnings()
  local told, count = {}, 0
  return function(text)
    if told[text] or count == 1000 then return end
    told[text], count = true, count + 1
    say("warning: %s", text)
  end
end

local function tell_answer(method, path, operation, status)
  system.log("info", ("%s %s %s -> %d"):format(method, path, operation or "-", status))
end

-- Calls under way may end; those that take too long are cut off.
local function drain(open)
  local waited = 0
  while next(open) and waited < GRACE do
    task.sleep(0.05)
    waited = waited + 0.05
  end
  local left = {}
  for _, running in pairs(open) do left[#left + 1] = running end
  for _, running in ipairs(left) do running:cancel("the server stops") end
  for _, running in ipairs(left) do pcall(running.wait, running) end
end

---@param argv string[] the whole command line
---@param at integer where the words behind "serve" begin
---@param before table what was given before it: region
---@return integer exit_code
function M.main(argv, at, before)
  local opts = read_options(argv, at, before)
  if not opts then return help.print "serve" end
  local host = opts.host or "127.0.0.1"
  local _ <close> = state.hold(opts.state)
  local config = stand_in.config(opts, KEY)
  config.speed = opts.speed or 3600
  config.on_warning = tell_warnings()
  local level = system.getenv("MOONROCK_LOG")
  config.on_answer = (level == "info" or level == "debug") and tell_answer or nil
  local handler, ready = open_emulator(config)
  local opened, problem = pcall(ready)
  if not opened then
    say("cannot use the state folder %s: %s", tostring(opts.state), tostring(problem))
    return help.exit.script
  end
  local server, err = http_server.listen { host = host, port = opts.port or 0 }
  if not server then
    say("%s%s", err.message, (opts.port or 0) > 0 and " -- without --port any free one is taken" or "")
    return help.exit.script
  end
  if not is_loopback(host) then
    say("warning: %s is not loopback: everybody who reaches this machine can use the emulator", host)
  end
  print_address(url_of(host, server:port()), config.region)
  local open = {}
  local accepting = task.spawn(accept_all, server, handler, open)
  system.wait_interrupt()
  accepting:cancel()
  drain(open)
  server:close()
  say("stopped")
  return help.exit.ok
end

return M
