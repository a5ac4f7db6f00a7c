-- SPDX-License-Identifier: MIT
-- Waiters in models: from lines of a model (read.lua), to rows of the tables (compile.lua), and
-- from the layout of a public waiters-2.json to lines (import.lua).
--
-- THE FORMAT, a part of that of read.lua.
--   waiter NAME OPERATION every DELAY[..MAX] for LIMIT       seconds; the pauses grow up to MAX
--     success|failure|retry [first N] MATCH       the first line that fits decides; N: polls
--     reason MEMBER                               where the service says why it failed
-- MATCH: status N...             the HTTP status of the reply
--        error CODE... | any     the code of an error
--        path PATH VALUE...      the value there is one of these; `null`: there is none
--        all PATH VALUE...       the list there is not empty, and each of its values is one of these
--        any PATH VALUE...       one of the list's values is
-- PATH is member.member; `member[]` goes on with each item of a list.  A reply that no line fits
-- is polled again; an error that no line fits, and that will not pass, ends the wait.

local M = {}

local states = { success = 0, failure = 1, retry = 2 }
local matches = { status = 0, error = 1, path = 2, all = 3, any = 4 }

-- ---- reading -----------------------------------------------------------------------------

local function seconds(text, fail)
  return math.tointeger(tonumber(text)) or fail("no number of seconds: %s", tostring(text))
end

-- The words of "waiter ..." as a table.
function M.head(words, fail)
  local name, operation = words[2], words[3]
  if words[4] ~= "every" or words[6] ~= "for" or #words ~= 7 then
    fail("expected: waiter NAME OPERATION every DELAY[..MAX] for LIMIT")
  end
  local low, high = words[5]:match "^(%d+)%.%.(%d+)$"
  return { waiter = true, name = name, operation = operation, delay = seconds(low or words[5], fail),
    max_delay = seconds(high or words[5], fail), limit = seconds(words[7], fail), rules = {} }
end

-- A line below it.
function M.line(waiter, words, fail)
  if words[1] == "reason" then
    waiter.reason = words[2] or fail("a member is missing")
    return
  end
  local rule = { state = states[words[1]] or fail("unknown fact %s", tostring(words[1])), first = 0, values = {} }
  local i = 2
  if words[i] == "first" then
    rule.first, i = seconds(words[i + 1], fail), i + 2
  end
  rule.match = matches[words[i]] or fail("%s is no way to match", tostring(words[i]))
  i = i + 1
  if rule.match >= matches.path then
    rule.path = words[i] or fail("a path is missing")
    if not (rule.path .. "."):find "^[%w_][%w_%[%].]*%.$" then fail("%s is no path", rule.path) end
    i = i + 1
  end
  for k = i, #words do rule.values[#rule.values + 1] = words[k] end
  if #rule.values == 0 then fail("a value is missing") end
  waiter.rules[#waiter.rules + 1] = rule
end

-- ---- compiling ---------------------------------------------------------------------------

-- Puts the rules into the array of words: state, match, path, first, count, values.
function M.put_rules(waiter, words, text)
  local at = #words
  for _, rule in ipairs(waiter.rules) do
    table.move({ rule.state, rule.match, text(rule.path), rule.first, #rule.values }, 1, 5, #words + 1, words)
    for _, value in ipairs(rule.values) do
      words[#words + 1] = text(value ~= "null" and value or nil)
    end
  end
  return ("{%d,%d}"):format(at, #waiter.rules)
end

-- ---- importing ---------------------------------------------------------------------------

local match_names = { status = "status", error = "error", path = "path", pathAll = "all", pathAny = "any" }

local function rule_text(acceptor, name)
  local match = match_names[acceptor.matcher] or error(name .. ": no matcher " .. tostring(acceptor.matcher), 0)
  if acceptor.argument and not acceptor.argument:find "^[%w_][%w_%[%].]*$" then
    error(name .. ": this path is not known here: " .. acceptor.argument, 0)
  end
  local value = acceptor.expected
  if match == "error" and type(value) == "boolean" then
    if not value then error(name .. ": the absence of an error is no match here", 0) end
    value = "any"
  elseif tostring(value):find "%s" then
    error(name .. ": a value with spaces: " .. value, 0)
  end
  return acceptor.state .. " " .. match .. (acceptor.argument and " " .. acceptor.argument or ""), tostring(value)
end

-- The lines of one waiter; `name` is already in snake_case.
function M.lines(name, given)
  local lines = { ("waiter %s %s every %d for %d"):format(name, given.operation, given.delay,
    given.delay * given.maxAttempts) }
  local before
  for _, acceptor in ipairs(given.acceptors) do
    local rule, value = rule_text(acceptor, name)
    if rule == before then
      lines[#lines] = lines[#lines] .. " " .. value
    else
      lines[#lines + 1] = "  " .. rule .. " " .. value
    end
    before = rule
  end
  return lines
end

return M
