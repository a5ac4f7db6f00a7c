-- SPDX-License-Identifier: MIT
-- Emulators whose streams of events go wrong:  moonrock run tests/peers/stream_faults.lua FAULT...
-- One for each fault of emulator/stream.lua ("none": the stream is whole). Prints "FAULT PORT" for each of
-- them, then "ready", and serves until it is told to stop.

local http_server = require "moonrock.http_server"
local open_emulator = require "moonrock.emulator.open"
local system = require "moonrock.system"
local task = require "moonrock.task"

for _, fault in ipairs { ... } do
  local handler = open_emulator { seed = 7, stream_fault = fault ~= "none" and fault or nil,
    region = system.getenv "AWS_REGION", access_key_id = system.getenv "AWS_ACCESS_KEY_ID",
    secret_access_key = system.getenv "AWS_SECRET_ACCESS_KEY" }
  local server = assert(http_server.listen {})
  task.spawn(function()
    while true do
      local call = server:accept()
      task.spawn(function()
        pcall(handler, call)
        call:close()
      end)
    end
  end)
  print(fault, server:port())
end
print "ready"
io.stdout:flush()
system.wait_interrupt()
