-- SPDX-License-Identifier: MIT
---@meta moonrock.isolate

---A second Lua state on the same loop and clock, reached only by channels of bytes.
local M = {}

---@class moonrock.Isolate
local Isolate = {}

---@class moonrock.Channel
local Channel = {}

---Runs an embedded script there, which gets config as `...` and returns a function handler(channel).
---@async
---@param script string
---@param config? table<string, string|number|boolean>
---@return moonrock.Isolate raises code "IsolateFailed"
function M.new(script, config) end

---Starts the handler as a task there.
---@return moonrock.Channel our end
function Isolate:connect() end

---@return integer now bytes in use there
---@return integer peak
function Isolate:memory() end

---Ends its tasks.
function Isolate:close() end

---Sends the parts as one message; waits while more than 4 MiB lie unread.
---@async
---@param ... string|number|moonrock.Secret
function Channel:send(...) end

---@async
---@return string|nil message nil at the end; raises code "ChannelClosed" if the other end broke off
function Channel:receive() end

---No more is sent from this end.
function Channel:finish() end

---Closes both directions; with a reason the other end's receive raises it.
---@param reason? string
function Channel:close(reason) end

return M
