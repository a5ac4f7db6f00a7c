-- SPDX-License-Identifier: MIT
-- moonrock.catalog and moonrock.cost: what is known of models and prices, and that what is not
-- known is said to be unknown.

local lu = require "luaunit"
local catalog = require "moonrock.catalog"
local cost = require "moonrock.cost"

local haiku = "anthropic.claude-3-haiku-20240307-v1:0"

TestCatalog = {}

function TestCatalog:test_identifiers_are_taken_apart()
  local cases = {
    [haiku] = { haiku },
    [haiku .. ":200k"] = { haiku, "200k" },
    ["arn:aws:bedrock:us-west-2::foundation-model/" .. haiku .. ":200k"] = { haiku, "200k", "us-west-2" },
    ["us." .. haiku] = { haiku, nil, nil, "us" },
    ["arn:aws:bedrock:us-east-1:123456789012:inference-profile/us." .. haiku] = { haiku, nil, "us-east-1", "us" },
    ["amazon.nova-micro-v1:0"] = { "amazon.nova-micro-v1:0" },
    ["plain-name"] = { "plain-name" },
  }
  for text, expected in pairs(cases) do
    local parts = catalog.split(text)
    lu.assertEquals({ parts.id, parts.variant, parts.region, parts.profile }, expected, text)
  end
end

function TestCatalog:test_look_ups()
  local known = catalog.default()
  lu.assertEquals(known:find(haiku .. ":200k").name, "Claude 3 Haiku")
  lu.assertNil(known:find(haiku .. ":7k"))
  lu.assertNil(known:find "no.such")
  lu.assertNil(known:find("mars." .. haiku))
  local model = known:find(haiku)
  lu.assertTrue(known:tunable(model, "us-west-2"))
  lu.assertFalse(known:tunable(model, "us-east-1"))
  lu.assertFalse(known:tunable(model, "us-west-2", "DISTILLATION"))
  local tutorial = known:find "anthropic.claude-haiku-4-5-20251001-v1:0:200k"
  lu.assertEquals(known:tuning_regions(tutorial), {})
  lu.assertEquals(known:tuning_rules(tutorial), model.tuning)
end

function TestCatalog:test_every_price_has_a_source_and_a_date()
  for what, group in pairs(catalog.default().prices) do
    for kind in pairs(group) do
      local amount, source = catalog.default():price(what, kind)
      lu.assertTrue(amount > 0)
      lu.assertStrMatches(source.date, "%d%d%d%d%-%d%d%-%d%d")
      lu.assertTrue(#source.text > 0)
    end
  end
end

function TestCatalog:test_overrides()
  local own = { text = "our contract", date = "2026-02-03" }
  local known = catalog.new {
    prices = { [haiku] = { training = { amount = 0.5, source = own } } },
    models = { ["own.model-v1:0"] = { name = "Own", provider = "We", regions = { "us-west-2" } } },
    limits = { deployments = 3 },
  }
  lu.assertEquals({ known:price(haiku .. ":200k", "training") }, { 0.5, own })
  lu.assertEquals(known:price(haiku, "input"), (catalog.default():price(haiku, "input")))
  lu.assertEquals(known:find("own.model-v1:0").name, "Own")
  lu.assertEquals({ known.limits.deployments, known.limits.tags }, { 3, 50 })
  lu.assertNil(catalog.default():price(haiku, "training"))
end

TestCost = {}

function TestCost:test_unknown_prices_stay_out_of_the_total()
  local estimate = cost.estimate { model = haiku .. ":200k", training_bytes = 6000, epochs = 3, hours = 2,
    input_tokens = 2000, output_tokens = 1000, puts = 10 }
  local by_kind = {}
  for _, line in ipairs(estimate.lines) do by_kind[line.kind] = line end
  lu.assertEquals({ by_kind.training.quantity, by_kind.unit_hour.quantity, by_kind.storage.quantity }, { 3000, 2, 1 })
  lu.assertNil(by_kind.training.amount)
  lu.assertAlmostEquals(by_kind.input.amount, 0.0005, 1e-12)
  lu.assertAlmostEquals(estimate.total, 0.0005 + 0.00125 + 0.00005, 1e-12)
  lu.assertEquals(estimate.unknown, 3)
  local text = cost.format(estimate)
  lu.assertStrContains(text, "unknown")
  lu.assertStrContains(text, "at least; 3 prices unknown")
  lu.assertStrContains(text, estimate.prices_to)
end

function TestCost:test_known_prices_add_up()
  local own = { text = "ours", date = "2026-02-03" }
  local known = catalog.new { prices = { [haiku] = {
    training = { amount = 0.01, source = own }, storage = { amount = 2, source = own },
    unit_hour = { amount = 50, source = own } } } }
  local estimate = cost.estimate { catalog = known, model = haiku, training_tokens = 100000, epochs = 5, hours = 3,
    model_units = 2 }
  lu.assertEquals({ estimate.total, estimate.unknown }, { 5 + 2 + 300.0, 0 })
  lu.assertEquals({ estimate.prices_from, estimate.prices_to }, { "2026-02-03", "2026-02-03" })
  lu.assertStrContains(cost.format(estimate), "total $307.00, prices of 2026-02-03")
end

function TestCost:test_long_names_and_large_numbers_are_written()
  local name = ("m"):rep(120)
  local text = cost.format(cost.estimate { model = name, training_tokens = 1e20, input_tokens = 5 })
  lu.assertStrContains(text, "  training " .. name .. "  100,000,000,000,000,000,000 tokens x epochs  unknown ")
  lu.assertStrContains(text, "  input " .. name .. "     5 input tokens ")
end

function TestCost:test_dollars_and_tokens()
  lu.assertEquals({ cost.dollars(0), cost.dollars(12.5), cost.dollars(0.00025), cost.dollars(1e-9) },
    { "$0.00", "$12.50", "$0.00025", "< $0.000001" })
  lu.assertEquals({ cost.tokens(6), cost.tokens(7), cost.tokens(0) }, { 1, 2, 0 })
end

os.exit(lu.LuaUnit.run())
