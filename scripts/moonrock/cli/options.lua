-- SPDX-License-Identifier: MIT
-- cli.options: reads options of a command line; refuses what it does not know, with the nearest.
-- The exit codes are here too: every command needs them, and few need the texts of cli.help.

local errors = require "moonrock.error"
local tables = require "moonrock.tables"
local lazy = require "moonrock.lazy"

local suggest = lazy "moonrock.aws.suggest"

local M = {}

---What the program ends with.
M.exit = { ok = 0, script = 1, usage = 2, limit = 4, interrupted = 130 }

---Raises the error that ends the program with the exit code for wrong usage.
---@param format string
function M.refuse(format, ...)
  errors.raise { code = "Usage", message = format:format(...) }
end

local convert = {
  text = function(_, value) return value end,
  count = function(name, value)
    local n = math.tointeger(tonumber(value))
    if not n or n < 0 then M.refuse("option %s takes a whole number, not '%s'", name, value) end
    return n
  end,
  number = function(name, value)
    local n = tonumber(value)
    if not n or n <= 0 or n ~= n or n == math.huge then
      M.refuse("option %s takes a number above 0, not '%s'", name, value)
    end
    return n
  end,
}

---Reads args[at] if it is an option of `known`; `--name value` and `--name=value` are the same.
---@param args string[]
---@param at integer
---@param known table<string, "flag"|"text"|"count"|"number"> by "--name"
---@param into table gets `name` with "-" as "_"
---@return integer|nil next the place behind the option; nil if it is none of `known`
function M.take(args, at, known, into)
  local word = args[at]
  local name, value = word:match("^(%-%-[^=]+)=(.*)$")
  name = name or word
  local kind = known[name]
  if not kind then
    return nil
  end
  local field = name:gsub("^%-+", ""):gsub("-", "_")
  if kind == "flag" then
    if value then M.refuse("option %s takes no value", name) end
    into[field] = true
    return at + 1
  end
  if not value then
    at = at + 1
    value = args[at]
    if not value then M.refuse("option %s needs a value", name) end
  end
  into[field] = convert[kind](name, value)
  return at + 1
end

---Ends with a usage error for an option that nobody knows.
---@param word string
---@param known table
function M.unknown(word, known)
  local name = word:match("^([^=]*)")
  M.refuse("unknown option %s%s", name, suggest.tail(name, tables.keys(known)))
end

---Is the word an option by its looks?  "-" alone is standard input.
function M.is_option(word)
  return word:sub(1, 1) == "-" and word ~= "-"
end

---Options and other words of a command, in any order.
---@param args string[]
---@param known table as for take
---@param opts? table that they go into
---@param at? integer where they begin
---@return table|nil opts nil: help is asked for
---@return string[] words
function M.read(args, known, opts, at)
  local words = {}
  opts, at = opts or {}, at or 1
  while at <= #args do
    local after = M.take(args, at, known, opts)
    if after then
      at = after
    elseif args[at] == "--help" or args[at] == "-h" then
      return nil, words
    elseif M.is_option(args[at]) then
      M.unknown(args[at], known)
    else
      words[#words + 1], at = args[at], at + 1
    end
  end
  return opts, words
end

return M
