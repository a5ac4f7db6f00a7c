-- SPDX-License-Identifier: MIT
-- cli.repl: the prompt.  A chunk runs as a task of its own, which Ctrl-C stops; tasks that it
-- leaves behind go on while the prompt waits.  Standard input need not be a terminal.

local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local prompts = require "moonrock.prompt"
local system = require "moonrock.system"
local task = require "moonrock.task"
local time = require "moonrock.time"

local complete = require "moonrock.cli.complete"
local help = require "moonrock.cli.help"
local options = require "moonrock.cli.options"
local rehearse = require "moonrock.cli.rehearse"
local run = require "moonrock.cli.run"
local show = require "moonrock.cli.show"
local state = require "moonrock.cli.state"
local tables = require "moonrock.tables"

local M = {}

local FIRST, NEXT = "> ", ">> "

local known = tables.copy(rehearse.known, {
  ["--rehearse"] = "flag", ["--endpoint"] = "text", ["--profile"] = "text", ["--region"] = "text",
})
local of_rehearsal = { "seed", "state", "strict" }

local about = [[
Type Lua; a value is printed.  Names are completed with Tab, members of an operation too.
  s3 = moonrock.client("s3")        what is to last is a global: a local ends with its chunk
  s3:list_buckets()                 Ctrl-C stops what runs, Ctrl-D leaves; _ is the last value
  :help s3.upload_file              or help(s3.upload_file), :help bedrock CreateModelCustomizationJob
]]

-- ---- help --------------------------------------------------------------------------------------

-- The words of help for a value: a client, or a method that one of the clients has.
local function words_of(value, globals)
  if type(value) == "string" then return value end
  for _, name in ipairs(tables.keys(globals)) do
    local client = globals[name]
    local meta = type(client) == "table" and rawget(client, "meta")
    local service = type(meta) == "table" and meta.service
    if service and client == value then return service end
    for method, f in next, service and client or {} do
      if f == value then return service .. " " .. method end
    end
  end
end

local function print_help(value, globals)
  local words = words_of(value, globals)
  if not words or not words:find "%S" then
    io.write(words and about or "there is help on clients, their methods, and names: help \"s3.upload_file\"\n")
    return
  end
  local list = {}
  for word in words:gmatch "%S+" do list[#list + 1] = word end
  local text, complaint = require("moonrock.cli.help_model").on(list[1], list[2])
  io.write(text or complaint .. "\n")
end

-- ---- reading -----------------------------------------------------------------------------------

local function columns(names)
  local width, longest = system.width(), 0
  for _, name in ipairs(names) do longest = math.max(longest, #name + 2) end
  local per_line = math.max(1, width // longest)
  local rows = (#names + per_line - 1) // per_line
  local lines = {}
  for row = 1, rows do
    local parts = {}
    for at = row, #names, rows do parts[#parts + 1] = names[at] .. (" "):rep(longest - #names[at]) end
    lines[row] = table.concat(parts):gsub("%s+$", "")
  end
  return table.concat(lines, "\n")
end

local function offer(prompt, before, globals)
  local typed, found, behind = complete.complete(before, globals)
  if #found == 0 then return end
  local common = complete.common(found)
  if #found == 1 then common = common .. (behind or "") end
  if #common >= #typed and common ~= typed then
    prompt:replace(#typed, common)
  elseif #found > 1 then
    prompt:show(columns(found))
  end
end

-- A line; or nil and "end" or "interrupt".
local function read_line(prompt, above, globals)
  while true do
    local event, text = prompt:read(above == "" and FIRST or NEXT)
    if not event then error(text, 0) end
    if event == "complete" then
      offer(prompt, above .. text, globals)
    else
      return event == "line" and text or nil, event
    end
  end
end

-- An expression is a chunk that returns it.  more: the text is no chunk yet.
local function compile(text)
  local rest = text:match "^%s*=(.*)$"
  local chunk, complaint = load("return " .. (rest or text), "=stdin", "t")
  if chunk or rest then return chunk, complaint, not chunk and complaint:find "<eof>$" end
  chunk, complaint = load(text, "=stdin", "t")
  return chunk, complaint, not chunk and complaint:find "<eof>$"
end

local function remember(prompt, line)
  if not line:find "%S" then return end
  local ok, err = prompt:remember(line)
  if not ok then run.say("the history cannot be kept: %s", err.message) end
end

-- The next chunk; nil at the end of the input.  What is wrong with it has been said.
local function read_chunk(prompt, globals)
  local text = ""
  while true do
    local line, event = read_line(prompt, text, globals)
    if event == "end" then
      if text ~= "" then run.print_error("the input ends within a chunk: " .. select(2, compile(text))) end
      return nil, text ~= ""
    elseif not line then
      return false
    end
    remember(prompt, line)
    if text == "" and line:find "^%s*:" then return line end
    text = text .. line
    local chunk, complaint, more = compile(text)
    if chunk then return chunk end
    if not more then
      run.print_error(complaint)
      return false, true
    end
    text = text .. "\n"
  end
end

-- ---- running -----------------------------------------------------------------------------------

local function print_values(values)
  for i = 1, values.n do io.write(show.value(values[i]), "\n") end
end

-- Runs a chunk as a task that Ctrl-C stops; gives the exit code.
local function run_chunk(chunk, globals)
  local running = task.spawn(run.call, function()
    local values = table.pack(chunk())
    print_values(values)
    if values[1] ~= nil then globals._ = values[1] end
  end)
  system.interrupt_only(running)
  local ok, result = pcall(running.wait, running)
  io.stdout:flush()
  if ok then return result end
  run.say("%s", errors.is(result, "Cancelled") and "stopped" or tostring(result))
  return help.exit.script
end

-- A line that begins with a colon.
local function run_command(line, globals)
  local word, rest = line:match "^%s*:%s*(%a*)%s*(.-)%s*$"
  if word == "help" then
    print_help(rest, globals)
  elseif word == "quit" or word == "q" then
    return true
  else
    run.print_error "commands are :help NAME and :quit"
  end
end

local function open_history(prompt)
  if prompt:kind() ~= "editing" then return end
  local home = system.getenv "HOME"
  local base = system.getenv "XDG_STATE_HOME"
  if not base or base:sub(1, 1) ~= "/" then -- a home that is not there (nobody's) is not made
    base = home and home ~= "" and fs.stat(home) and home .. "/.local/state"
  end
  if not base then return end
  local ok, err = fs.mkdir(base .. "/moonrock")
  if ok then ok, err = prompt:history(base .. "/moonrock/history") end
  if not ok then run.say("there will be no history: %s", err.message) end
end

local function loop(prompt)
  local globals = run.globals()
  globals.moonrock = require "moonrock"
  globals.json = require "moonrock.json"
  globals.help = function(value) print_help(value == nil and "" or value, globals) end
  local code = help.exit.ok
  system.interrupt_only(task.spawn(function() end)) -- nothing runs yet: Ctrl-C stops nothing
  while true do
    local chunk, failed = read_chunk(prompt, globals)
    if failed then code = help.exit.script end
    if chunk == nil then return code end
    if type(chunk) == "string" then
      if run_command(chunk, globals) then return code end
    elseif chunk then
      local result = run_chunk(chunk, globals)
      if result ~= help.exit.ok then code = result end
    end
  end
end

-- ---- the command -------------------------------------------------------------------------------

local function read_options(argv, at, opts)
  local read, words = options.read(argv, known, opts, at)
  if not read then return nil end
  if words[1] then options.refuse("repl takes no FILE; to run one, leave out the word repl") end
  for _, name in ipairs(of_rehearsal) do
    if opts[name] and not opts.rehearse then options.refuse("--%s needs --rehearse", name) end
  end
  return opts
end

---@param argv string[] the whole command line
---@param at integer where the words behind "repl" begin
---@param opts table what was given before it
---@return integer exit_code
function M.main(argv, at, opts)
  if not read_options(argv, at, opts) then return help.print "repl" end
  local _ <close> = opts.rehearse and state.hold(opts.state) or nil
  local transport = opts.rehearse and rehearse.begin(opts)
  if not opts.rehearse then run.settings(opts) end
  run.limit(opts)
  run.set_arg(argv, 0, {})
  local started = time.now()
  local prompt <close> = prompts.open()
  local kind = prompt:kind()
  if kind ~= "input" then
    io.write(help.version():match "^[^,]*,[^,]*", opts.rehearse and " (a rehearsal: an emulator stands in for AWS)"
      or "", "; :help tells more, Ctrl-D leaves\n")
    io.stdout:flush()
  end
  open_history(prompt)
  local code = loop(prompt)
  system.interrupt_only(nil)
  prompt:close()
  if transport then rehearse.print_end(transport, started) end
  if kind == "input" then return code end
  os.exit(help.exit.ok) -- with what still runs in the background
end

return M
