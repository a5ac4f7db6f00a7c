-- SPDX-License-Identifier: MIT
-- as_completed.lua -- map whose results come as they are done, for loops that show or store them.
-- The loop owns the work: leaving it cancels what is under way.

local sync = require "moonrock.sync"
local tables = require "moonrock.tables"
local tasks = require "moonrock.tasks"

local M = {}

local queue_mt = { __close = function(held) held.queue:close() end }

---Calls `f(item, index)` for every item as `moonrock.map` does:
---`for index, result, err in moonrock.as_completed(items, f, opts) do ... end`.
---@param items table|function
---@param f function
---@param opts? table of map; with errors = "collect" a failure comes as `err`, otherwise it is raised
---@return fun(): integer?, any, any
---@return nil
---@return nil
---@return table owner is closed by the loop
function M.run(items, f, opts)
  opts = tables.copy(opts or {})
  local call = opts.limiter and opts.limiter:wrap(f, opts.tokens) or f
  local collect = opts.errors == "collect"
  opts.concurrency = opts.concurrency or opts.limiter and opts.limiter.most or 10
  opts.limiter, opts.tokens = nil, nil
  local done = sync.queue(opts.concurrency)
  local group = tasks.group()
  group:spawn(function()
    local _ <close> = setmetatable({ queue = done }, queue_mt)
    tasks.map(items, function(item, index)
      local ok, result = pcall(call, item, index)
      if not ok and not collect then
        error(result, 0)
      end
      done:put(ok and { index, result } or { index, nil, result })
    end, opts)
  end)
  return function()
    local one = done:get()
    if not one then
      group:join()
      return nil
    end
    return one[1], one[2], one[3]
  end, nil, nil, group
end

return M
