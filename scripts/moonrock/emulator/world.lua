-- SPDX-License-Identifier: MIT
-- emulator.world: what all operations of one emulator share.
-- Clock, repeatable ids, the account, the catalog, warnings, the bill and the store.  Everything
-- that differs between two runs comes from here, so one seed gives one run, byte for byte.

local crypto = require "moonrock.crypto"
local random = require "moonrock.random"
local time = require "moonrock.time"

local bill = require "moonrock.emulator.bill"
local catalog = require "moonrock.catalog"
local store = require "moonrock.emulator.store"

local M = {}

---@class moonrock.emulator.World
---@field account string twelve digits
---@field strict boolean refuse what AWS would probably refuse
---@field hook fun(stage: "before"|"after"|"event", call: table, reply: table|nil): table|nil "event" gets
--- { number=, event= } and may give the fault of stream.lua that comes instead
local World = {}
World.__index = World

local alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

--- `config`: seed, strict, state (folder or nil), access_key_id, secret_access_key, session_token,
--- session_expires (seconds since 1970), bearer_token, region, account, speed, catalog (overrides),
--- stream_fault, stream_fault_at (see stream.lua), batch_queue_seconds and batch_record_seconds (see
--- batch.lua), async_failure (see async.lua), on_warning (function(text)) and on_answer
--- (function(method, path, operation, status)) for whoever watches.
---@param config table
---@return moonrock.emulator.World
function M.new(config)
  local self = setmetatable({
    config = config,
    account = config.account or "123456789012",
    region = config.region or "us-east-1",
    strict = config.strict and true or false,
    speed = config.speed or 1,
    seed = tostring(config.seed or random.integer(1, 1 << 53)),
    catalog = catalog.new(config.catalog),
    store = store.new(config.state),
    warnings = {},
    counter = 0,
    boot = 0,
    hook = function() end,
  }, World)
  self.bill = bill.new(self)
  -- A folder that is used again must not give out the ids of its last run.
  for _, record in ipairs(self.store:load "boot") do self.boot = record.value.count end
  self.boot = self.boot + 1
  self.store:save("boot", "boot", { count = self.boot })
  return self
end

--- Seconds since 1970, real or virtual.
---@return number
function World:now() return time.now() end

--- How long a phase of the service takes here, in seconds of the clock.
---@param seconds number at AWS
function World:duration(seconds) return seconds / self.speed end

--- The next bytes of the emulator's own random stream.
---@param n integer up to 32
local function draw(self, n)
  self.counter = self.counter + 1
  local text = ("%s/%d/%d"):format(self.seed, self.boot, self.counter)
  return crypto.hash("sha256", text, "raw"):sub(1, n)
end

--- An id of lower-case letters and digits, as the last part of ARNs has it.
---@param n integer|nil default 12
function World:id(n)
  return (draw(self, n or 12):gsub(".", function(c)
    local at = c:byte() % 36 + 1
    return alphabet:sub(at, at)
  end))
end

--- Hexadecimal digits, lower case.
---@param n integer number of digits, even
function World:hex(n) return crypto.hex_encode(draw(self, n // 2)) end

--- A version 4 UUID.
function World:uuid()
  local h = self:hex(32)
  return ("%s-%s-4%s-%x%s-%s"):format(h:sub(1, 8), h:sub(9, 12), h:sub(14, 16),
    8 + tonumber(h:sub(17, 17), 16) % 4, h:sub(18, 20), h:sub(21, 32))
end

--- A whole number from lo to hi that depends on `name` and the seed only, not on what ran before.
---@param name string
---@param lo integer
---@param hi integer
function World:pick(name, lo, hi)
  local digest = crypto.hash("sha256", self.seed .. "|" .. name, "raw")
  return lo + string.unpack(">I4", digest) % (hi - lo + 1)
end

--- An ARN of bedrock in this account.
---@param region string
---@param tail string "custom-model/..."
function World:arn(region, tail)
  return ("arn:aws:bedrock:%s:%s:%s"):format(region, self.account, tail)
end

--- Notes a message for the list of all warnings, of which the last thousand are kept.
function World:remember(operation, text)
  if #self.warnings == 1000 then table.remove(self.warnings, 1) end
  self.warnings[#self.warnings + 1] = { time = self:now(), operation = operation, message = text }
end

--- Something that AWS would refuse and the rehearsal lets pass: refused when strict, else noted.
--- The text goes into the reply's x-moonrock-warning header and into the list of all warnings.
---@param call table
---@param text string
function World:warn(call, text)
  call.warnings = call.warnings or {}
  call.warnings[#call.warnings + 1] = text
  self:remember(call.operation, text)
  if self.config.on_warning then self.config.on_warning(text) end
end

return M
