-- SPDX-License-Identifier: MIT
-- emulator.bill: what the rehearsed run would have cost.
-- Operations meter quantities here; what runs by the hour or the month is asked for when the bill
-- is read.  Amounts come from the catalog; a line without a known price says so and stays out
-- of the total.

local cost = require "moonrock.cost"
local system = require "moonrock.system"
local tables = require "moonrock.tables"

local M = {}

---@class moonrock.emulator.Bill
local Bill = {}
Bill.__index = Bill

---@param world moonrock.emulator.World
function M.new(world)
  return setmetatable({ world = world, meters = {}, sources = {}, changed = {} }, Bill)
end

--- Loads the meters of a state folder.
function Bill:load()
  for _, record in ipairs(self.world.store:load "meter") do
    self.meters[record.name] = record.value
  end
end

--- Counts: `kind` as in moonrock.cost, `model` a model id where the kind belongs to one.
---@param kind string
---@param model string|nil
---@param quantity number
function Bill:add(kind, model, quantity)
  local name = kind .. " " .. (model or "")
  local meter = self.meters[name]
  if not meter then
    meter = { kind = kind, model = model, quantity = 0 }
    self.meters[name] = meter
  end
  meter.quantity = meter.quantity + quantity
  self.changed[name] = true
end

--- What a resource cost in all, in place of what was said of it before. It is kept at once and before the record
--- that says that the resource is over: after a kill between the two it is said again, and counted once.
---@param kind string
---@param model string
---@param quantity number
---@param arn string of the resource
function Bill:set(kind, model, quantity, arn)
  local name = kind .. " " .. arn
  self.meters[name] = { kind = kind, model = model, quantity = quantity }
  self.world.store:save("meter", name, self.meters[name])
end

--- Keeps the meters in the state folder; called when a request that counted something ends.
function Bill:save()
  local store = self.world.store
  if not store.folder or not next(self.changed) then return end
  store:locked("meters", function()
    local changed = self.changed
    self.changed = {}
    for _, name in ipairs(tables.keys(changed)) do
      local ok, err = pcall(store.save, store, "meter", name, self.meters[name])
      if not ok then -- a full disk: what was asked for is answered all the same, and the meter is tried again
        for again in pairs(changed) do self.changed[again] = true end
        system.log("warn", "emulator: the bill is not kept: " .. tostring(err))
        return
      end
    end
  end)
end

--- `source` is called with (add, now) when the bill is read and adds what is still running; with the ARN of what
--- may have a meter of its own already.
---@param source fun(add: fun(kind: string, model: string|nil, quantity: number, arn: string|nil), now: number)
function Bill:running(source) self.sources[#self.sources + 1] = source end

-- The order in which a reader wants the lines.
local order = { training = 1, storage = 2, unit_hour = 3, input = 4, output = 5, batch_input = 6,
  batch_output = 7, video = 8, put = 9, get = 10, s3_storage = 11 }

--- The bill so far.
---@return table estimate of moonrock.cost, with `time`
function Bill:read()
  local now = self.world:now()
  local sums, running = {}, {}
  local function add(kind, model, quantity, arn)
    if arn then running[kind .. " " .. arn] = true end
    local name = kind .. " " .. (model or "")
    sums[name] = sums[name] or { kind = kind, model = model, quantity = 0 }
    sums[name].quantity = sums[name].quantity + quantity
  end
  for _, source in ipairs(self.sources) do source(add, now) end
  for _, name in ipairs(tables.keys(self.meters)) do -- (sums of fractions depend on their order)
    local meter = self.meters[name]
    if not running[name] then add(meter.kind, meter.model, meter.quantity) end
  end
  local list = {}
  for _, sum in pairs(sums) do
    if sum.quantity > 0 then list[#list + 1] = sum end
  end
  table.sort(list, function(a, b)
    local oa, ob = order[a.kind], order[b.kind]
    if oa ~= ob then return oa < ob end
    return (a.model or "") < (b.model or "")
  end)
  local lines = {}
  for i, sum in ipairs(list) do
    lines[i] = cost.line(self.world.catalog, sum.kind, sum.model, sum.quantity)
  end
  local out = cost.sum(lines)
  out.time = now
  return out
end

return M
