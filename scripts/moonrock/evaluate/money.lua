-- SPDX-License-Identifier: MIT
-- evaluate/money.lua -- what an evaluation may spend: set aside before a call, settled after it.
-- A call is made only if what it may cost at most still fits the budget, beside all calls that
-- are under way. Target and judges share one purse. What a provisioned model answers is paid by
-- the hour, not by the token, and is not counted here.

local catalog = require "moonrock.catalog"
local cost = require "moonrock.cost"
local errors = require "moonrock.error"

local M = {}

-- The planning figure of the catalog (6 characters a token) is a mean; a limit has to hold for
-- code, numbers and languages of many bytes too.
local BYTES_PER_TOKEN, FRAME_TOKENS = 2, 16

---@class moonrock.evaluate.Purse
---@field spent number USD
---@field reserved number USD of the calls under way
local Purse = {}
Purse.__index = Purse

---@param options { budget?: number, unknown_price?: string, catalog?: moonrock.Catalog }
---@return moonrock.evaluate.Purse
function M.new(options)
  return setmetatable({ budget = options.budget, unknown_price = options.unknown_price, prices = {},
    catalog = options.catalog or catalog.default(), spent = 0.0, reserved = 0.0 }, Purse)
end

local function free()
  return 0.0
end

---What tokens of a model cost: a function of input and output tokens, or nil where a price is unknown.
---Raises UnknownPrice where a budget could not be kept.
---@param model_id string|nil nil for what is no model
---@param batch? boolean as batch jobs cost
---@return (fun(input: integer, output: integer): number)|nil
function Purse:price_of(model_id, batch)
  if not model_id or model_id:find("provisioned%-model") then
    return free
  end
  local kind = batch and "batch_" or ""
  local price = self.prices[kind .. model_id]
  if price == nil then
    local id = catalog.split(model_id).id
    local input, output = self.catalog:price(id, kind .. "input"), self.catalog:price(id, kind .. "output")
    local facts = self.catalog:find(id)
    if facts and facts.output[1] == "EMBEDDING" then
      output = 0.0 -- which has no tokens
    end
    price = input and output and function(input_tokens, output_tokens)
      return (input_tokens * input + output_tokens * output) / 1000
    end or false
    self.prices[kind .. model_id] = price
  end
  if not price and self.budget and self.unknown_price ~= "allow" then
    errors.raise { code = "UnknownPrice", retryable = false,
      message = ("the price of %s is not known, so a budget of %s cannot be kept")
        :format(model_id, cost.dollars(self.budget)),
      hint = 'give prices by catalog.new { prices = ... } as `catalog`, or unknown_price = "allow"' }
  end
  return price or nil
end

---What a call may cost at most.
---@param model_id string|nil
---@param bytes integer of what is asked
---@param max_tokens integer of the answer
---@param batch? boolean
---@return number
function Purse:most(model_id, bytes, max_tokens, batch)
  local price = self:price_of(model_id, batch)
  return price and price(bytes // BYTES_PER_TOKEN + FRAME_TOKENS, max_tokens) or 0.0
end

---Sets aside what the next call may cost at most.
---@return { model_id: string|nil, most: number, batch: boolean? }|nil reservation nil when that is more than is
---left; `batch` may be changed until it is settled
function Purse:reserve(model_id, bytes, max_tokens, batch)
  local most = self:most(model_id, bytes, max_tokens, batch)
  if self.budget and self.spent + self.reserved + most > self.budget then
    return nil
  end
  self.reserved = self.reserved + most
  return { model_id = model_id, most = most, batch = batch }
end

---Takes the reservation back and notes what was paid.
---@param reservation table
---@param usage { input_tokens?: integer, output_tokens?: integer }|nil as the service counted; nil of a
---call that failed
---@param answered? boolean an answer came: without a count it is taken to have cost the most
---@return number|nil paid USD; nil where it is not known
function Purse:settle(reservation, usage, answered)
  self.reserved = self.reserved - reservation.most
  local price = self:price_of(reservation.model_id, reservation.batch)
  local counted = usage and (usage.input_tokens or usage.output_tokens)
  if price == free or counted and price then
    local paid = price(usage and usage.input_tokens or 0, usage and usage.output_tokens or 0)
    self.spent = self.spent + paid
    return answered and paid or nil
  end
  self.spent = self.spent + (answered and reservation.most or 0)
  return nil
end

return M
