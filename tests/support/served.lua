-- SPDX-License-Identifier: MIT
-- served.lua -- starts and ends `moonrock serve` as a child process, on loopback, bounded.
-- Whatever a test does, a child ends by itself after two minutes.

local fs = require "moonrock.fs"
local program = require "program"
local session = require "moonrock.session"
local task = require "moonrock.task"

local M = {}

local Served = {}
Served.__index = Served

local function quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

local function text_of(path)
  return fs.read(path) or ""
end

---Starts a program in the background.
---@return table child with out, err, code: functions
function M.spawn(words, env)
  local base = os.tmpname()
  local parts = { env or "", quote(program.path) }
  for _, word in ipairs(words) do parts[#parts + 1] = quote(word) end
  local line = ("( timeout 120 sh -c 'echo $$ >%s.pid; exec env \"$@\"' sh %s </dev/null >%s.out 2>%s.err; "
    .. "echo $? >%s.code ) &"):format(base, table.concat(parts, " "), base, base, base)
  os.execute(line)
  local child = { base = base }
  function child.out() return text_of(base .. ".out") end
  function child.err() return text_of(base .. ".err") end
  function child.code() return tonumber((text_of(base .. ".code"):match "%d+")) end
  return child
end

---Waits until f gives something; raises after some seconds.
function M.until_true(f, what, seconds)
  for _ = 1, (seconds or 20) * 100 do
    local value = f()
    if value then return value end
    task.sleep(0.01)
  end
  error("nothing came: " .. what, 2)
end

---Sends a signal to the child.
function M.signal(child, name)
  local pid = text_of(child.base .. ".pid"):match "%d+"
  os.execute(("kill -%s %s"):format(name, pid))
end

---Waits for its end; gives the exit code.
function M.wait(child, seconds)
  return M.until_true(child.code, "the end of the program; it said: " .. child.err(), seconds)
end

function M.remove(child)
  for _, suffix in ipairs { "", ".pid", ".out", ".err", ".code" } do os.remove(child.base .. suffix) end
end

---@param words? string[] options of serve
---@param env? string "NAME=value ..."
function M.start(words, env)
  local all = { "serve" }
  table.move(words or {}, 1, #(words or {}), 2, all)
  local child = M.spawn(all, env)
  local self = setmetatable({ child = child, env = {} }, Served)
  M.until_true(function()
    if child.code() then error("serve ended: " .. child.err(), 0) end
    return child.out():find "export AWS_REGION=[^\n]+\n"
  end, "the address of serve")
  for name, value in child.out():gmatch "export (%S+)=(%S+)\n" do self.env[name] = value end
  self.port = self.env.AWS_ENDPOINT_URL:match ":(%d+)$"
  return self
end

---A session that sees nothing but the lines that serve printed.
function Served:session(over)
  local options = { environment = function(name) return self.env[name] end }
  for name, value in pairs(over or {}) do options[name] = value end
  return session.new(options)
end

---The lines as words before a command.
function Served:words()
  local parts = {}
  for _, name in ipairs { "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION" } do
    parts[#parts + 1] = name .. "=" .. self.env[name]
  end
  return table.concat(parts, " ") .. " HOME=/nowhere"
end

---@param name "TERM"|"INT"|"KILL"
---@return integer exit_code
function Served:stop(name)
  M.signal(self.child, name or "TERM")
  local code = M.wait(self.child)
  self.said = self.child.err()
  M.remove(self.child)
  return code
end

---Kills it; the caller starts another with the same folder and port.
function Served:kill()
  return self:stop("KILL")
end

return M
