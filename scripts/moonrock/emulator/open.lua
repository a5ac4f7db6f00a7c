-- SPDX-License-Identifier: MIT
-- emulator.open: makes an emulator of a config: a function that serves one exchange.
-- Whoever calls it has the channel: an isolate's (rehearsal) or a socket's (serve); both look
-- the same.  Nothing runs in the background: what goes by the clock (a job's phases) is brought
-- up to date when a request comes.

local bedrock = require "moonrock.emulator.bedrock"
local http = require "moonrock.emulator.http"
local runtime = require "moonrock.emulator.runtime"
local s3 = require "moonrock.emulator.s3"
local s3_state = require "moonrock.emulator.s3_state"
local sts = require "moonrock.emulator.sts"
local task = require "moonrock.task"
local worlds = require "moonrock.emulator.world"

local operations = {
  s3 = s3.operations,
  bedrock = bedrock.operations,
  ["bedrock-runtime"] = runtime.operations,
  sts = sts.operations,
  sso = {}, ["sso-oidc"] = {}, -- no logins in a rehearsal: each operation says so
}

---@param config table see emulator.world
---@return fun(channel: table) handler serves one exchange; has to be a task of its own
---@return fun() ready opens the state folder now; raises what is wrong with it
return function(config)
  -- Opening a state folder waits for the disk, so it is done by the first request's task.
  local world, opening

  local function open()
    if world then return world end
    if opening then return opening:wait() end
    opening = task.future()
    local ok, result = pcall(function()
      local new = worlds.new(config)
      new.bill:load()
      sts.open(new)
      local used = s3_state.open(new)
      bedrock.open(new, used)
      new.store:sweep(used)
      return new
    end)
    local done = opening
    opening = nil
    if not ok then
      done:fail(result)
      error(result, 0)
    end
    world = result
    done:set(world)
    return world
  end

  local function handler(channel)
    local ok, ready = pcall(open)
    if not ok then return http.cannot_serve(channel, tostring(ready)) end
    return http.serve(ready, operations, function() bedrock.settle(ready) end, channel)
  end
  return handler, open
end
