-- SPDX-License-Identifier: MIT
-- cli.run: loads and runs a user's script, and shows its errors.
-- Scripts see `arg` and `...` as with lua; what they raise goes to standard error with a
-- traceback that holds their own lines only.

local errors = require "moonrock.error"
local system = require "moonrock.system"

local exit = require("moonrock.cli.options").exit

local M = {}

-- Chunks that are loaded here get the script's globals, not the private ones of our modules.
local set_global = load("local name, value = ... ; _G[name] = value", "=scripts/moonrock/cli/run.lua")
local get_global = load("local name = ... ; return _G[name]", "=scripts/moonrock/cli/run.lua")

---The globals of the user's chunks.
---@type fun(): table
M.globals = load("return _G", "=scripts/moonrock/cli/run.lua")

---A line of the program's own, on standard error, behind what the script has printed.
---@param format string
function M.say(format, ...)
  io.stdout:flush()
  io.stderr:write("moonrock: ", format:format(...), "\n")
end

local function print_error(text)
  M.say("%s", text)
end
M.print_error = print_error

---Shows an error of a script: one line, then where it happened.
---@param err any what errors.capture made of it
function M.report(err)
  if not errors.is(err) then
    return print_error(tostring(err))
  end
  local text
  if err.code == "ScriptError" then
    text = tostring(err.message)
    local value = err.value
    if type(value) == "table" and text:find "^table: " then -- an address tells nobody anything
      text = "the script raised the table " .. require("moonrock.cli.show").value(value)
    end
  else
    text = tostring(err)
    if type(err.where) == "string" then
      text = err.where .. ": " .. text
    end
  end
  print_error(text)
  if type(err.traceback) == "string" and err.traceback ~= "" then
    io.stderr:write("traceback:\n", err.traceback, "\n")
  end
end

---Shows why a command on data came to nothing, in the words of its options; gives the exit code.
---@param err moonrock.Error
---@return integer exit_code
function M.fail(err)
  if err.hint and err.hint:find("^on_error =") then
    err.hint = "--skip or --set-aside PATH goes on with the next line"
  end
  M.report(err)
  return err.code == "LimitReached" and exit.limit
    or (err.code == "ParamValidation" or err.code == "NoSuchField") and exit.usage or exit.script
end

---Calls a chunk of the user; shows what it raises.  Cancels and limits pass through.
---@return integer exit_code
function M.call(chunk, ...)
  local ok, err = xpcall(chunk, errors.capture, ...)
  io.stdout:flush()
  if ok then
    return exit.ok
  end
  if err == "not enough memory" then -- a plain string: there was no room for an object
    collectgarbage() -- what the script had is garbage now, and there must be room to say so
    local _, peak, cap = system.memory()
    print_error(cap > 0 and ("not enough memory: the limit is %d MiB"):format(cap >> 20)
      or ("not enough memory, after %d MiB"):format(peak >> 20))
    return exit.limit
  end
  M.report(err)
  return exit.script
end

local function read_source(path)
  if path == "-" then
    return io.read("a"), "=stdin"
  end
  local file, why = io.open(path, "rb") -- in place: nothing else runs yet, so no thread has to start
  local text
  if file then
    text, why = file:read "a"
    file:close()
    why = why and path .. ": " .. why
  end
  if not text then
    return nil, "cannot open the script " .. why
  end
  return text, "@" .. path
end

-- A first line that starts with "#" is for the system; its newline stays, for line numbers.
local function without_shebang(text)
  if text:sub(1, 3) == "\239\187\191" then text = text:sub(4) end
  return (text:gsub("^#[^\n]*", "", 1))
end

---Loads a file ("-": standard input).
---@return function|nil chunk
---@return string|nil message what is wrong, for people
function M.load_file(path)
  local text, name = read_source(path)
  if not text then
    return nil, name
  end
  if text:sub(1, 1) == "\27" then
    return nil, path .. ": compiled Lua is not run, only its source"
  end
  return load(without_shebang(text), name, "t")
end

---Sets `arg` as lua does: the script at 0, its arguments from 1, what stands before it below.
---@param argv string[] the whole command line, argv[0] the program
---@param at integer place of the script in argv; 0 for none
---@param args string[] the script's arguments
function M.set_arg(argv, at, args)
  local arg = {}
  for i = 0, at do
    arg[i - at] = argv[i]
  end
  for i, value in ipairs(args) do
    arg[i] = value
  end
  set_global("arg", arg)
end

local function add_to_path(path)
  local package = get_global("package")
  local folder = path ~= "-" and path:match("^(.*)/[^/]*$") or "."
  if folder == "" then folder = "/" end
  if type(package) == "table" and type(package.path) == "string" then
    package.path = ("%s/?.lua;%s/?/init.lua;"):format(folder, folder) .. package.path
  end
end

---Caps that --max-cpu and --max-memory ask for; from here on they hold for this task too.
---@param options { max_cpu: number|nil, max_memory: number|nil }
function M.limit(options)
  if options.max_cpu or options.max_memory then
    system.limit {
      cpu = options.max_cpu,
      memory = options.max_memory and math.ceil(options.max_memory * 1024 * 1024),
    }
  end
end

-- Tells at the end what a replay did not ask for.
local replay_mt = {
  __close = function(held)
    if held.replay:unused() > 0 then
      M.say("%d of the %d recorded exchanges were not asked for", held.replay:unused(), #held.replay.exchanges)
    end
  end,
}

---What --endpoint, --profile, --region, --record and --replay say holds for every session that does
---not say otherwise.
---@param options { endpoint?: string, profile?: string, region?: string, record?: string, replay?: string,
---  strict?: boolean }
---@return table|nil cassette to be closed at the end of the run
function M.settings(options)
  local base = { endpoint_url = options.endpoint, profile = options.profile, region = options.region }
  local cassette
  if options.replay then
    local replay = require("moonrock.cassette").replay(options.replay, { strict = options.strict })
    replay:start()
    cassette, base = setmetatable({ replay = replay }, replay_mt), replay:settings()
  elseif options.record then
    cassette = require("moonrock.cassette").record(options.record, base)
    base.cassette = cassette
  end
  if next(base) then
    require("moonrock.session").set_base(base)
  end
  return cassette
end

---Runs a script file with its arguments.
---@param path string
---@param args string[]
---@return integer exit_code
function M.file(path, args)
  local chunk, message = M.load_file(path)
  if not chunk then
    print_error(message)
    return exit.script
  end
  add_to_path(path)
  return M.call(chunk, table.unpack(args))
end

---Runs code of the command line.
---@param code string
---@return integer exit_code
function M.code(code)
  local chunk, message = load(code, "=(command line)", "t")
  if not chunk then
    print_error(message)
    return exit.script
  end
  return M.call(chunk)
end

return M
