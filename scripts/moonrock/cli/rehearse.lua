-- SPDX-License-Identifier: MIT
-- cli.rehearse: runs a script unchanged against the emulator, on a virtual clock.
-- Every session starts with a transport into an isolate and credentials that only the emulator
-- knows.  Standard output is the script's; all that is said here goes to standard error.

local cost = require "moonrock.cost"
local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local isolate = require "moonrock.isolate"
local json = require "moonrock.json"
local loopback = require "moonrock.aws.loopback"
local session = require "moonrock.session"
local system = require "moonrock.system"
local time = require "moonrock.time"
local help = require "moonrock.cli.help"
local options = require "moonrock.cli.options"
local run = require "moonrock.cli.run"
local stand_in = require "moonrock.cli.stand_in"
local state = require "moonrock.cli.state"

local say = run.say

local M = {}

-- The clock of a rehearsal starts here, so that runs of different days are the same.
local EPOCH = 1767225600 -- 2026-01-01T00:00:00Z
local KEY = { access_key_id = "AKIDREHEARSAL", secret_access_key = "only-the-emulator-knows-this-key" }

-- Not --region: behind FILE it is the script's, which often has one; before "rehearse" it is ours.
M.known = {
  ["--seed"] = "count", ["--state"] = "text", ["--strict"] = "flag",
  ["--max-cpu"] = "number", ["--max-memory"] = "number",
}

local function ask(transport, page)
  local reply = transport:request {
    method = "GET", scheme = "http", host = "emulator.invalid", path = "/_moonrock/" .. page,
    headers = { { "host", "emulator.invalid" } },
  }
  local text = reply.body:read("a")
  if reply.status ~= 200 then
    errors.raise { code = "EmulatorFailed", message = (text:gsub("%s+$", "")) }
  end
  local value, err = json.decode(text)
  if value == nil then error(err, 0) end
  return value
end

-- With a state folder the clock goes on where the last run, ended or killed, left it.
local function read_clock(folder)
  local file = folder and io.open(folder .. "/clock", "r")
  if not file then return nil end
  local seconds = math.tointeger(file:read("n"))
  file:close()
  return seconds
end

local ClockKeeper = {}
ClockKeeper.__index = ClockKeeper

function ClockKeeper:request(request)
  local reply = self.transport:request(request)
  local now = math.ceil(time.now())
  if now > self.saved then
    self.saved = now
    local ok, err = fs.write(self.path, ("%d\n"):format(now))
    if not ok then error(err, 0) end
  end
  return reply
end

-- Runs of the same warning are told once.
local function print_warnings(transport)
  local told = {}
  for _, warning in ipairs(ask(transport, "warnings")) do
    if not told[warning.message] then
      told[warning.message] = true
      say("warning: %s", warning.message)
    end
  end
end

local function print_left(summary)
  for _, kind in ipairs { { "provisioned", "provisioned throughput" }, { "deployments", "deployment" } } do
    for _, thing in ipairs(summary[kind[1]] or {}) do
      say("still there: %s %s; at AWS it would go on costing money until it is deleted", kind[2],
        tostring(thing.name))
    end
  end
end

---What the emulator warned of, what the run would have cost, and what it left behind.
---@param transport table of begin
---@param started number time.now() at its beginning
function M.print_end(transport, started)
  print_warnings(transport)
  local bill, past = ask(transport, "bill"), M.duration(time.now() - started)
  if #bill.lines == 0 then
    say("rehearsed %s of virtual time; AWS would have charged nothing", past)
  else
    say("rehearsed %s of virtual time; what AWS would have charged, as far as prices are known:", past)
    io.stderr:write(cost.format(bill))
  end
  print_left(ask(transport, "summary"))
end

---Seconds for people: "7 h 12 min", "40 s".
---@param seconds number
---@return string
function M.duration(seconds)
  local whole = math.floor(seconds + 0.5)
  if whole < 60 then return ("%d s"):format(whole) end
  if whole < 3600 then return ("%d min %d s"):format(whole // 60, whole % 60) end
  return ("%d h %d min"):format(whole // 3600, whole % 3600 // 60)
end

---Makes the rest of this process a rehearsal: clock, emulator, sessions.
---@param opts { seed: integer|nil, state: string|nil, strict: boolean|nil, region: string|nil }
---@return table transport
function M.begin(opts)
  local seed, last = opts.seed or 1, read_clock(opts.state)
  -- A later run in the same folder must not repeat the names and tokens of the one before.
  time.make_virtual { epoch = last or EPOCH, seed = last and (seed * 1000003 + last) & 0x7fffffff or seed }
  local config = stand_in.config(opts, KEY)
  config.seed = seed
  local transport = loopback.new(isolate.new("moonrock.emulator", config))
  if opts.state then
    transport = setmetatable({ transport = transport, path = opts.state .. "/clock", saved = 0 }, ClockKeeper)
  end
  -- A key or an endpoint of the real account, left in the environment or in the shared files, must
  -- not be used here.
  local hidden = {
    AWS_BEARER_TOKEN_BEDROCK = true, AWS_PROFILE = true, AWS_DEFAULT_PROFILE = true, AWS_CONFIG_FILE = true,
    AWS_SHARED_CREDENTIALS_FILE = true, HOME = true,
  }
  local function environment(name)
    if name:find("^AWS_ENDPOINT_URL") or hidden[name] then return nil end
    return system.getenv(name)
  end
  session.set_base { region = config.region, credentials = KEY, transport = transport, environment = environment }
  return transport
end

---@param argv string[] the whole command line
---@param at integer where the words behind "rehearse" begin
---@param opts table what was given before it: region, max_cpu, max_memory
---@return integer exit_code
function M.main(argv, at, opts)
  local args, place, ours = {}, nil, true
  while at <= #argv do
    local word = argv[at]
    local after = ours and options.take(argv, at, M.known, opts)
    if after then
      at = after
    elseif ours and word == "--" then
      ours, at = false, at + 1
    elseif place then
      args[#args + 1], at = word, at + 1
    elseif ours and (word == "--help" or word == "-h") then
      return help.print "rehearse"
    elseif ours and options.is_option(word) then
      options.unknown(word, M.known)
    else
      place, at = at, at + 1
    end
  end
  if not place then options.refuse("rehearse needs a FILE") end
  local _ <close> = state.hold(opts.state)
  local transport = M.begin(opts)
  local started = time.now()
  if opts.state then ask(transport, "summary") end -- a folder that cannot be used is told before the script begins
  say("this is a rehearsal: an emulator in this process stands in for AWS, on a virtual clock "
    .. "(%s, seed %d)", time.iso8601(started), opts.seed or 1)
  run.set_arg(argv, place, args)
  run.limit(opts)
  local code = run.file(argv[place], args)
  M.print_end(transport, started)
  return code
end

return M
