-- SPDX-License-Identifier: MIT
-- http.lua -- small requests to metadata services and containers: short timeouts,
-- no proxy, no redirects, a few retries.  A sealed answer is a secret and never a Lua string.

local errors = require "moonrock.error"
local random = require "moonrock.random"
local task = require "moonrock.task"
local uri = require "moonrock.uri"

local M = {}

local retried = { [429] = true, [500] = true, [502] = true, [503] = true, [504] = true }

local function once(transport, request)
  local ok, reply = pcall(transport.request, transport, request)
  if not ok then
    if errors.is(reply) then
      return nil, reply
    elseif tostring(reply):find("no header may have", 1, true) then -- C refuses a token with a line break
      return nil, { code = "InvalidToken", retryable = false, message = "the token cannot stand in a header" }
    end
    error(reply, 0)
  end
  local read_ok, text = pcall(reply.body.read, reply.body, "a")
  reply.body:close()
  if not read_ok then
    if errors.is(text) then
      return nil, text
    end
    error(text, 0)
  end
  return { status = reply.status, body = text }
end

---Sends until there is an answer that is no passing trouble.
---@async
---@param config table with transport
---@param url string
---@param options {method?: string, headers?: table, sealed?: boolean, attempts?: integer, timeout?: number,
---  once?: boolean} once: who does not answer at all is not asked again
---@return {status: integer, body: string|moonrock.Secret}|nil
---@return table? err of the transport
function M.fetch(config, url, options)
  local at = uri.parse(url)
  local attempts = options.attempts or 3
  local timeout = options.timeout or 1
  for attempt = 1, attempts do
    local headers = { { "host", at.port and at.host .. ":" .. at.port or at.host }, { "accept", "*/*" } }
    table.move(options.headers or {}, 1, #(options.headers or {}), 3, headers)
    local reply, err = once(config.transport, {
      method = options.method or "GET",
      scheme = at.scheme, host = at.host, port = at.port and math.tointeger(tonumber(at.port)),
      path = at.path ~= "" and at.path or "/", query = at.query,
      headers = headers,
      body = options.method == "PUT" and "" or nil,
      sealed = options.sealed,
      proxy = "", connect_timeout = timeout, idle_timeout = timeout,
    })
    local passing = reply and retried[reply.status] or err and err.retryable ~= false and not options.once
    if attempt == attempts or not passing then
      return reply, err
    end
    task.sleep(random.float() * 0.1 * 2 ^ attempt)
  end
end

return M
