-- SPDX-License-Identifier: MIT
-- faults.lua -- the fault server for script tests: starts the program that stands beside the
-- moonrock that runs the test, and ends it.

local http = require "moonrock.http"

local M = {}

---@return table server {port=, refused=, url=, get=function(path), count=function(case), stop=function()}
function M.start()
  local folder = arg[-1]:match "^(.*)/[^/]*$" or "."
  local pipe = assert(io.popen("exec '" .. folder .. "/tests/fault_server'", "r"))
  local port, refused = (pipe:read "l" or ""):match "^(%d+) (%d+)$"
  assert(port, "the fault server did not start")
  local server = { port = math.tointeger(port), refused = math.tointeger(refused), url = "http://127.0.0.1:" .. port }

  function server.get(path)
    local exchange <close>, status = http.request { method = "GET", url = server.url .. path, headers = {} }
    assert(exchange, tostring(status))
    local parts = {}
    for piece in function() return exchange:receive() end do parts[#parts + 1] = piece end
    return table.concat(parts), status
  end

  function server.count(case)
    return tonumber((server.get("/count/" .. case)))
  end

  function server.stop()
    server.get "/stop"
    pipe:close()
  end

  return server
end

return M
