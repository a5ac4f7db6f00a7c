-- SPDX-License-Identifier: MIT
-- recorded.lua -- a loopback server that plays recorded exchanges, in their order.
-- A request is compared by method, host, path, query and Action; what differs is kept in
-- `wrong`.  When the record has run out, its last answer is given again.

local http_server = require "moonrock.http_server"
local network = require "moonrock.aws.network"
local task = require "moonrock.task"
local crypto = require "moonrock.crypto"
local uri = require "moonrock.uri"

local M = {}

local function bytes(data)
  return data.Utf8 or data.Base64 and crypto.base64_decode(data.Base64) or ""
end

---The exchanges of an http-traffic.json, by connection.
function M.exchanges(traffic)
  local list, by_id = {}, {}
  for _, event in ipairs(traffic.events) do
    local action, x = event.action, by_id[event.connection_id]
    if action.Request then
      local url = uri.parse(action.Request.request.uri)
      x = { method = action.Request.request.method, host = url.host, path = url.path ~= "" and url.path or "/",
        query = url.query or "", sent = "", body = "", headers = {} }
      by_id[event.connection_id], list[#list + 1] = x, x
    elseif action.Response then
      local answer = action.Response.response.Ok
      x.status = answer.status
    elseif action.Data and action.Data.direction == "Request" then
      x.sent = x.sent .. bytes(action.Data.data)
    elseif action.Data then
      x.body = x.body .. bytes(action.Data.data)
    end
  end
  return list
end

local function sorted_query(text)
  local parts = {}
  for part in text:gmatch("[^&]+") do parts[#parts + 1] = part end
  table.sort(parts)
  return table.concat(parts, "&")
end

local function summary(method, host, path, query, body)
  return string.format("%s %s%s?%s %s", method, host, path, sorted_query(query), body:match("Action=%w+") or "")
end

local function answer(self, call)
  local head, body = call:receive(), {}
  for piece in function() return call:receive() end do body[#body + 1] = piece end
  body = table.concat(body)
  local method, target = head:match("^(%S+) (%S+)")
  local path, query = target:match("^([^?]*)%??(.*)$")
  local host = head:lower():match("\r\nhost: *([^\r:]*)")
  self.seen[#self.seen + 1] = { head = head, body = body }
  local x = type(self.answers) == "function" and self.answers(#self.seen, method, target, head, body)
    or self.answers[math.min(#self.seen, #self.answers)]
  if not x then
    self.wrong[#self.wrong + 1] = "nothing was recorded, but asked: " .. head
    x = { status = 500, body = "" }
  elseif x.method then
    local got, want = summary(method, host, path, query, body), summary(x.method, x.host, x.path, x.query, x.sent)
    if got ~= want then self.wrong[#self.wrong + 1] = got .. " instead of " .. want end
  end
  if x.delay then task.sleep(x.delay) end
  call:send(("HTTP/1.1 %d %s\r\nContent-Length: %d\r\n\r\n"):format(x.status or 200, "Recorded", #x.body))
  if #x.body > 0 then call:send(x.body) end
  call:finish()
end

---Starts it.  answers: exchanges, or a function(number, method, target, head, body).
---@return table self with transport, seen, wrong, close()
function M.start(answers)
  local server = assert(http_server.listen { host = "127.0.0.1", port = 0 })
  local self = { seen = {}, wrong = {}, answers = answers }
  local accepting = task.spawn(function()
    while true do
      local call = server:accept()
      task.spawn(function()
        local ok, err = pcall(answer, self, call)
        if not ok then self.wrong[#self.wrong + 1] = tostring(err) end
        call:close()
      end)
    end
  end)
  local wire = network.new { connect_timeout = 5, idle_timeout = 20, proxy = "" }
  -- Every address leads to the server; the Host header still says which was meant.
  self.transport = { request = function(_, request)
    local there = { scheme = "http", host = "127.0.0.1", port = server:port() }
    local has_host = false
    for _, header in ipairs(request.headers) do has_host = has_host or header[1] == "host" end
    if not has_host then
      there.headers = table.move(request.headers, 1, #request.headers, 2, { { "host", request.host } })
    end
    return wire:request(setmetatable(there, { __index = request }))
  end }
  function self.close()
    accepting:cancel()
    server:close()
  end
  return self
end

return M
