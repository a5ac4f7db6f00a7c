-- SPDX-License-Identifier: MIT
-- cost: what a run would cost at AWS, from the prices of the catalog.
-- An estimate is a list of lines; a line whose price nobody has read says "unknown" and is left
-- out of the total, and the total then says that it is a lower bound.  All amounts are USD.

local catalog_module = require "moonrock.catalog"
local tables = require "moonrock.tables"

local M = {}

local estimate_options = { model = "string", catalog = "table" }
for name in pairs(tables.set [[ training_bytes training_tokens epochs months hours model_units input_tokens
  output_tokens puts gets ]]) do
  estimate_options[name] = "amount"
end

local ceil, huge = math.ceil, math.huge

-- kind -> price group is the model or "s3", unit text, how many of the unit a price is for
local kinds = {
  training = { per = 1000, unit = "tokens x epochs" },
  input = { per = 1000, unit = "input tokens" },
  output = { per = 1000, unit = "output tokens" },
  batch_input = { per = 1000, unit = "input tokens of batch jobs" },
  batch_output = { per = 1000, unit = "output tokens of batch jobs" },
  video = { per = 1, unit = "seconds of video" },
  storage = { per = 1, unit = "model-months" },
  unit_hour = { per = 1, unit = "model unit hours" },
  put = { per = 1, unit = "PUT requests", group = "s3" },
  get = { per = 1, unit = "GET requests", group = "s3" },
  s3_storage = { per = 1, unit = "GB-months", group = "s3", kind = "storage" },
}

--- Tokens of a text of so many bytes, by the planning figure of the user guide.
---@param bytes integer
---@param catalog moonrock.Catalog|nil
---@return integer
function M.tokens(bytes, catalog)
  catalog = catalog or catalog_module.default()
  return ceil(bytes / catalog.limits.chars_per_token)
end

--- One line of an estimate or a bill.
---@param catalog moonrock.Catalog
---@param kind string a key of the table above
---@param model string|nil model id, for kinds that belong to a model
---@param quantity number
---@return table line { kind, model, quantity, unit, price, per, amount|nil, source|nil, date|nil }
function M.line(catalog, kind, model, quantity)
  local facts = assert(kinds[kind], kind)
  local price, source = catalog:price(facts.group or model or "", facts.kind or kind)
  return {
    kind = kind, model = model, quantity = quantity, unit = facts.unit, per = facts.per,
    price = price, amount = price and quantity / facts.per * price,
    source = source and source.text, date = source and source.date,
  }
end

--- Adds lines up.
---@return table sum { lines, total, unknown (lines without a price), currency, prices_from, prices_to }
function M.sum(lines)
  local total, unknown, from, to = 0.0, 0, nil, nil
  for _, line in ipairs(lines) do
    if line.amount then
      total = total + line.amount
    else
      unknown = unknown + 1
    end
    if line.date then
      if not from or line.date < from then from = line.date end
      if not to or line.date > to then to = line.date end
    end
  end
  return { lines = lines, total = total, unknown = unknown, currency = "USD",
    prices_from = from, prices_to = to }
end

--- What tuning and serving would cost.
--- `options`: model (id or ARN), training_bytes or training_tokens, epochs (default 1), months of
--- storage (default 1), hours and model_units of provisioned throughput, input_tokens,
--- output_tokens, puts, gets; `catalog` to use other prices.
---@param options table
---@return table estimate as `sum` gives it
function M.estimate(options)
  tables.check_options(options, estimate_options, "cost.estimate")
  if type(options) ~= "table" or not options.model then
    error("bad argument #1 to 'estimate' (a table with the model's id or ARN expected)", 2)
  end
  local catalog = options.catalog or catalog_module.default()
  local model = catalog_module.split(options.model).id
  local lines = {}
  local function add(kind, of, quantity)
    if quantity and quantity > 0 then lines[#lines + 1] = M.line(catalog, kind, of, quantity) end
  end
  local tokens = options.training_tokens
    or (options.training_bytes and M.tokens(options.training_bytes, catalog))
  if tokens then
    add("training", model, tokens * (options.epochs or 1))
    add("storage", model, options.months or 1)
  end
  add("unit_hour", model, (options.hours or 0) * (options.model_units or 1))
  add("input", model, options.input_tokens)
  add("output", model, options.output_tokens)
  add("put", nil, options.puts)
  add("get", nil, options.gets)
  return M.sum(lines)
end

--- A number of dollars: cents where there are cents, more places where it is less.
---@param amount number
---@return string
function M.dollars(amount)
  if amount ~= amount or amount == huge then return "?" end
  if amount >= 0.1 or amount == 0 then return ("$%.2f"):format(amount) end
  if amount < 0.000001 then return "< $0.000001" end
  return (("$%.6f"):format(amount):gsub("0+$", ""))
end

local function quantity_text(value)
  if value == ceil(value) then
    local text = ("%.0f"):format(value)
    repeat
      local count
      text, count = text:gsub("^(%d+)(%d%d%d)", "%1,%2")
    until count == 0
    return text
  end
  return (("%.4f"):format(value):gsub("0+$", ""))
end

--- The lines of an estimate as aligned text, with the dates of the prices.
---@param estimate table
---@return string text several lines, each ends with a newline
function M.format(estimate)
  local rows, widths = {}, { 0, 0, 0 }
  for i, line in ipairs(estimate.lines) do
    local what = line.kind .. (line.model and " " .. line.model or "")
    local row = { what, quantity_text(line.quantity) .. " " .. line.unit,
      line.amount and M.dollars(line.amount) or "unknown",
      line.date and "price of " .. line.date or "no price in the catalog" }
    rows[i] = row
    for c = 1, 3 do widths[c] = math.max(widths[c], #row[c]) end
  end
  local out = {}
  for _, row in ipairs(rows) do -- (a width in a format has two digits at most, and an id may be longer)
    local gaps = {}
    for c = 1, 3 do gaps[c] = (" "):rep(widths[c] - #row[c]) end
    out[#out + 1] = ("  %s%s  %s%s  %s%s  %s\n"):format(row[1], gaps[1], row[2], gaps[2], gaps[3], row[3], row[4])
  end
  local dates = ""
  if estimate.prices_from then
    dates = estimate.prices_from == estimate.prices_to
      and ", prices of " .. estimate.prices_to
      or ", prices of " .. estimate.prices_from .. " to " .. estimate.prices_to
  end
  local bound = estimate.unknown > 0
    and (" at least; %d price%s unknown"):format(estimate.unknown, estimate.unknown == 1 and "" or "s") or ""
  out[#out + 1] = ("  total %s%s%s\n"):format(M.dollars(estimate.total), bound, dates)
  return table.concat(out)
end

return M
