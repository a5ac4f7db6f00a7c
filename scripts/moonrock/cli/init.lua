-- SPDX-License-Identifier: MIT
-- cli: the program's main.  The host runs it as the first task, with the words of the command
-- line as `...` (the program's own name first); os.exit gives the exit code.

local errors = require "moonrock.error"

local options = require "moonrock.cli.options"
local run = require "moonrock.cli.run"
local tables = require "moonrock.tables"
local lazy = require "moonrock.lazy"

local help = lazy "moonrock.cli.help"
local suggest = lazy "moonrock.aws.suggest"

local commands = {
  "convert", "doctor", "eval", "help", "init", "jsonl", "lint", "rehearse", "repl", "run", "serve", "transform",
  "version",
}
local known = {
  ["-e"] = "text", ["--endpoint"] = "text", ["--profile"] = "text", ["--region"] = "text",
  ["--max-cpu"] = "number", ["--max-memory"] = "number",
  ["--record"] = "text", ["--replay"] = "text", ["--strict"] = "flag",
  ["--help"] = "flag", ["-h"] = "flag", ["--version"] = "flag", ["-v"] = "flag",
}

local function rest(argv, from)
  return table.move(argv, from, #argv, 1, {})
end

-- A word that is no file but nearly a command is taken for one that was misspelt.
local function refuse_if_command(word)
  local file <close> = io.open(word, "r")
  if word:find("[/.]") or file then
    return
  end
  local near = suggest.closest(word, commands)
  if near then
    options.refuse("there is no command and no file '%s'; did you mean %s?", word, near)
  end
  options.refuse("there is no command and no file '%s'; commands are %s", word, table.concat(commands, ", "))
end

local function print_version()
  io.write(help.version(), "\n")
  return options.exit.ok
end

-- An option that the command does not read is refused, not forgotten.
local function refuse_unread(opts, word, read)
  for _, name in ipairs(tables.keys(opts)) do
    if not read[name] then options.refuse("%s takes no --%s", word, (name:gsub("_", "-"))) end
  end
end

-- The words before the script: options, and pieces of code in their order.
local function read_options(argv, at, opts, codes)
  while argv[at] and options.is_option(argv[at]) do
    if argv[at] == "--" then
      at = at + 1
      break
    end
    local after = options.take(argv, at, known, opts)
    if not after then options.unknown(argv[at], known) end
    if opts.e then
      codes[#codes + 1], opts.e = opts.e, nil
    end
    at = after
  end
  return at
end

local function run_all(argv, codes, at, opts)
  local path = argv[at]
  local args = path and rest(argv, at + 1) or {}
  run.set_arg(argv, path and at or 0, path and args or rest(argv, 1))
  if opts.record and opts.replay then options.refuse("a run is recorded or replayed, not both") end
  if opts.strict and not opts.replay then options.refuse("--strict belongs to --replay FILE") end
  for _, name in ipairs(opts.replay and { "endpoint", "profile", "region" } or {}) do
    if opts[name] then options.refuse("--%s does not go with --replay: the cassette has its own", name) end
  end
  local _ <close> = run.settings(opts) -- os.exit ends it as well
  run.limit(opts)
  local status = options.exit.ok
  for _, code in ipairs(codes) do
    status = status == options.exit.ok and run.code(code) or status
  end
  status = status == options.exit.ok and path and run.file(path, args) or status
  return status
end

local function main(argv)
  local opts, codes = {}, {}
  local at = read_options(argv, 1, opts, codes)
  if opts.help or opts.h then return help.print() end
  if opts.version or opts.v then return print_version() end
  local word = argv[at]
  if not word and #codes == 0 then
    io.stderr:write(help.text())
    return options.exit.usage
  end
  if not word or #codes > 0 or word == "-" then return run_all(argv, codes, at, opts) end
  if word == "help" then return help.main(rest(argv, at + 1)) end
  if word == "version" then return print_version() end
  for _, name in ipairs { "record", "replay", "strict" } do
    if opts[name] and word ~= "run" and tables.contains(commands, word) then
      options.refuse("%s takes no --%s%s", word, name, name == "strict" and " here" or "")
    end
  end
  if word == "doctor" then return require("moonrock.cli.doctor").main(rest(argv, at + 1), opts) end
  if word == "eval" then
    refuse_unread(opts, word, {})
    return require("moonrock.cli.eval").main(rest(argv, at + 1))
  elseif word == "convert" or word == "jsonl" or word == "lint" or word == "transform" then
    refuse_unread(opts, word, tables.set "max_cpu max_memory profile region endpoint")
    run.limit(opts)
    run.settings(opts)
    local command = word == "convert" and require "moonrock.cli.convert"
      or word == "jsonl" and require "moonrock.cli.jsonl" or word == "lint" and require "moonrock.cli.lint"
      or require "moonrock.cli.transform"
    return command.main(rest(argv, at + 1))
  elseif word == "rehearse" then
    refuse_unread(opts, word, tables.set "max_cpu max_memory region")
    run.limit(opts)
    return require("moonrock.cli.rehearse").main(argv, at + 1, opts)
  elseif word == "repl" then
    return require("moonrock.cli.repl").main(argv, at + 1, opts)
  elseif word == "init" then
    refuse_unread(opts, word, {})
    return require("moonrock.cli.start").main(rest(argv, at + 1))
  elseif word == "serve" then
    refuse_unread(opts, word, tables.set "region")
    return require("moonrock.cli.serve").main(argv, at + 1, opts)
  end
  if word == "run" then
    at = read_options(argv, at + 1, opts, codes)
    if opts.help or opts.h then return help.print "run" end
    if not argv[at] and #codes == 0 then options.refuse("run needs a FILE") end
  else
    refuse_if_command(word)
  end
  return run_all(argv, codes, at, opts)
end

local argv = table.pack(...)
local program = table.remove(argv, 1)
argv[0], argv.n = program, nil

local ok, result = pcall(main, argv)
if not ok then
  if errors.is(result, "Usage") then
    run.print_error(result.message .. " (moonrock --help shows the usage)")
    result = options.exit.usage
  else
    run.report(errors.capture(result))
    result = options.exit.script
  end
end
io.stdout:flush()
if result ~= options.exit.ok then os.exit(result) end
