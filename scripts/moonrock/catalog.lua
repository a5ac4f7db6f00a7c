-- SPDX-License-Identifier: MIT
-- catalog: models, regions, limits, lifecycle dates and prices, as dated data.
-- Every price carries the date and the place it was read; a price that nobody here has read on a
-- public page is absent, and `price` answers nil: unknown, never guessed.  Everything can be
-- overridden: `catalog.new{ prices = {...}, limits = {...} }`.

local tables = require "moonrock.tables"

local M = {}

local sources = {
  guide = { text = "Amazon Bedrock user guide, model customization", date = "2026-08-31" },
  models = { text = "AWS service model of bedrock, API version 2023-04-20", date = "2026-08-31" },
  sample = { text = "AWS sample notebook on tuning Claude 3 Haiku", date = "2026-08-31" },
  field = { text = "field reports of several users", date = "2026-08-31" },
  pricing_2025 = { text = "aws.amazon.com/bedrock/pricing", date = "2025-07-20" },
  pricing_2024 = { text = "aws.amazon.com/bedrock/pricing", date = "2024-03-13" },
  pricing_s3 = { text = "aws.amazon.com/s3/pricing, S3 Standard, us-east-1, as known in 2025, not read again",
    date = "2025-01-01" },
}

-- Claude 3 Haiku hyperparameters: user guide and sample notebook.
local haiku_hyperparameters = {
  epochCount = { type = "integer", default = "2", min = 1, max = 10 },
  batchSize = { type = "integer", default = "32", min = 4, max = 256 },
  learningRateMultiplier = { type = "float", default = "1", min = 0.1, max = 2 },
  earlyStoppingThreshold = { type = "float", default = "0.001", min = 0, max = 0.1 },
  earlyStoppingPatience = { type = "integer", default = "2", min = 1, max = 10 },
}
local haiku_limits = {
  min_records = 32, max_training_records = 10000, max_validation_records = 1000,
  max_total_records = 10000, max_record_tokens = 32000,
  max_training_bytes = 10 * 1024 ^ 3 // 1 | 0, max_validation_bytes = 1024 ^ 3 // 1 | 0,
  source = sources.guide,
}
-- Nova: ranges of the user guide (the warm-up range is a guess); the limits of its data sets were
-- not read, so none are stated.
local nova_hyperparameters = {
  epochCount = { type = "integer", default = "2", min = 1, max = 5 },
  learningRate = { type = "float", default = "1e-05", min = 1e-6, max = 1e-4 },
  learningRateWarmupSteps = { type = "integer", default = "10", min = 0, max = 100 },
}

-- Regions of invocation are the United States ones (a shortened list; add yours by an override).
-- `tuning.variants`: the context-suffixed ids under which customization is bought.
-- `on_demand`: nil means yes; "profile" means only through an inference profile.
local models = {
  {
    id = "anthropic.claude-3-haiku-20240307-v1:0", name = "Claude 3 Haiku", provider = "Anthropic",
    format = "anthropic", input = { "TEXT", "IMAGE" }, output = { "TEXT" },
    regions = { "eu-central-1", "us-east-1", "us-west-2" },
    variants = { "48k", "200k" }, max_output = 4096, context = 200000,
    lifecycle = { status = "LEGACY", end_of_life = "2026-09-10", source = sources.guide },
    tuning = {
      types = { "FINE_TUNING" }, regions = { "us-west-2" }, variants = { "200k" },
      hyperparameters = haiku_hyperparameters, limits = haiku_limits, source = sources.guide,
    },
  },
  {
    -- Named by the tutorial as a base model, but in no table of tunable models (2026-08-31).
    id = "anthropic.claude-haiku-4-5-20251001-v1:0", name = "Claude Haiku 4.5",
    provider = "Anthropic", format = "anthropic", input = { "TEXT", "IMAGE" }, output = { "TEXT" },
    regions = { "us-east-1", "us-east-2", "us-west-2" },
    variants = { "200k" }, max_output = 64000, context = 200000, on_demand = "profile",
    temperature_or_top_p = true,
    lifecycle = { status = "ACTIVE" }, rehearsal_tuning_like = "anthropic.claude-3-haiku-20240307-v1:0",
  },
  {
    id = "anthropic.claude-3-5-haiku-20241022-v1:0", name = "Claude 3.5 Haiku",
    provider = "Anthropic", format = "anthropic", input = { "TEXT" }, output = { "TEXT" },
    regions = { "us-east-1", "us-west-2" }, max_output = 8192, context = 200000,
    on_demand = "profile", lifecycle = { status = "ACTIVE" },
  },
  {
    id = "anthropic.claude-3-5-sonnet-20240620-v1:0", name = "Claude 3.5 Sonnet",
    provider = "Anthropic", format = "anthropic", input = { "TEXT", "IMAGE" }, output = { "TEXT" },
    regions = { "us-east-1", "us-west-2" }, max_output = 8192, context = 200000,
    lifecycle = { status = "LEGACY" },
  },
  {
    id = "anthropic.claude-sonnet-4-20250514-v1:0", name = "Claude Sonnet 4",
    provider = "Anthropic", format = "anthropic", input = { "TEXT", "IMAGE" }, output = { "TEXT" },
    regions = { "us-east-1", "us-east-2", "us-west-2" }, max_output = 64000, context = 200000,
    on_demand = "profile", lifecycle = { status = "ACTIVE" },
  },
  {
    id = "amazon.nova-micro-v1:0", name = "Nova Micro", provider = "Amazon", format = "nova",
    input = { "TEXT" }, output = { "TEXT" }, regions = { "us-east-1" }, variants = { "128k" },
    max_output = 5120, context = 128000, lifecycle = { status = "ACTIVE" }, deployable = true,
    tuning = {
      types = { "FINE_TUNING" }, regions = { "us-east-1" }, variants = { "128k" },
      hyperparameters = nova_hyperparameters, limits = {}, source = sources.guide,
    },
  },
  {
    id = "amazon.nova-lite-v1:0", name = "Nova Lite", provider = "Amazon", format = "nova",
    input = { "TEXT", "IMAGE", "VIDEO" }, output = { "TEXT" }, regions = { "us-east-1" },
    variants = { "300k" }, max_output = 5120, context = 300000, lifecycle = { status = "ACTIVE" },
    deployable = true,
    tuning = {
      types = { "FINE_TUNING" }, regions = { "us-east-1" }, variants = { "300k" },
      hyperparameters = nova_hyperparameters, limits = {}, source = sources.guide,
    },
  },
  {
    -- What is asked by StartAsyncInvoke only: how, and how many at a time (Nova user guide, service quotas).
    id = "amazon.nova-reel-v1:0", name = "Nova Reel", provider = "Amazon", format = "nova-reel",
    input = { "TEXT", "IMAGE" }, output = { "VIDEO" }, regions = { "us-east-1" }, lifecycle = { status = "ACTIVE" },
    async = { tasks = { "TEXT_VIDEO" }, concurrent = 10 },
  },
  {
    id = "amazon.nova-reel-v1:1", name = "Nova Reel", provider = "Amazon", format = "nova-reel",
    input = { "TEXT", "IMAGE" }, output = { "VIDEO" }, regions = { "us-east-1" }, lifecycle = { status = "ACTIVE" },
    async = { tasks = { "TEXT_VIDEO", "MULTI_SHOT_AUTOMATED", "MULTI_SHOT_MANUAL" }, concurrent = 3 },
  },
  {
    id = "amazon.titan-embed-text-v2:0", name = "Titan Text Embeddings V2", provider = "Amazon",
    format = "titan-embed", input = { "TEXT" }, output = { "EMBEDDING" },
    regions = { "us-east-1", "us-east-2", "us-west-2" }, context = 8192, lifecycle = { status = "ACTIVE" },
  },
}

-- USD. kinds: input, output (per 1,000 tokens, on demand), batch_input, batch_output (per 1,000
-- tokens of batch jobs; on the price page, but not read by us), training (per 1,000 tokens and epoch),
-- video (per second), storage (per custom model and month), unit_hour (per model unit and hour, no commitment).
-- Claude 3 Haiku's training, storage and unit_hour are on the price page but were not read by
-- us: unknown until overridden.
local prices = {
  ["anthropic.claude-3-haiku-20240307-v1:0"] = {
    input = { amount = 0.00025, source = sources.pricing_2025 },
    output = { amount = 0.00125, source = sources.pricing_2025 },
  },
  ["anthropic.claude-3-5-haiku-20241022-v1:0"] = {
    input = { amount = 0.0008, source = sources.pricing_2025 },
    output = { amount = 0.004, source = sources.pricing_2025 },
  },
  ["anthropic.claude-3-5-sonnet-20240620-v1:0"] = {
    input = { amount = 0.003, source = sources.pricing_2025 },
    output = { amount = 0.015, source = sources.pricing_2025 },
  },
  ["anthropic.claude-sonnet-4-20250514-v1:0"] = {
    input = { amount = 0.003, source = sources.pricing_2025 },
    output = { amount = 0.015, source = sources.pricing_2025 },
  },
  ["amazon.nova-micro-v1:0"] = {
    input = { amount = 0.000035, source = sources.pricing_2025 },
    output = { amount = 0.00014, source = sources.pricing_2025 },
  },
  ["amazon.nova-lite-v1:0"] = {
    input = { amount = 0.00006, source = sources.pricing_2025 },
    output = { amount = 0.00024, source = sources.pricing_2025 },
  },
  s3 = {
    put = { amount = 0.005 / 1000, source = sources.pricing_s3 }, -- PUT, COPY, POST, LIST
    get = { amount = 0.0004 / 1000, source = sources.pricing_s3 }, -- GET and all other requests
    storage = { amount = 0.023, source = sources.pricing_s3 }, -- per GB and month
  },
}

-- Inference profiles of the United States: "us." and the model id.
local profile_regions = { us = { "us-east-1", "us-east-2", "us-west-2" } }

local limits = {
  chars_per_token = 6, -- planning figure of the user guide
  provisioned_no_commitment = 2, -- sample notebook: two throughputs, 1 model unit each
  provisioned_model_units = 1,
  deployments = 10, deployments_creating = 2, -- field reports
  tags = 50,
  -- A job of batch inference; they differ from model to model (Service Quotas tells an account's own).
  batch = { min_records = 100, max_records = 50000, max_file_bytes = 1 << 30, max_job_bytes = 5 << 30 },
  sources = { batch = sources.field, chars_per_token = sources.guide, provisioned_no_commitment = sources.sample,
    provisioned_model_units = sources.sample, deployments = sources.field, tags = sources.models },
}

---@class moonrock.Catalog
local Catalog = {}
Catalog.__index = Catalog

local function merge(base, over)
  if type(base) ~= "table" or type(over) ~= "table" then return over == nil and base or over end
  local out = {}
  for k, v in pairs(base) do out[k] = v end
  for k, v in pairs(over) do out[k] = merge(base[k], v) end
  return out
end

--- A catalog. `overrides.models` adds or replaces models by id (a map id -> model), `prices` and
--- `limits` are merged into the shipped tables.
---@param overrides table|nil
---@return moonrock.Catalog
function M.new(overrides)
  overrides = overrides or {}
  local self = setmetatable({ by_id = {} }, Catalog)
  for _, model in ipairs(models) do self.by_id[model.id] = model end
  for id, model in pairs(overrides.models or {}) do
    local merged = merge(self.by_id[id] or {}, model)
    merged.id = id
    self.by_id[id] = merged
  end
  self.ids = tables.keys(self.by_id)
  self.prices = merge(prices, overrides.prices or {})
  self.limits = merge(limits, overrides.limits or {})
  return self
end

--- The catalog as shipped.
---@return moonrock.Catalog
function M.default() return M.new() end

--- Takes a model id, a foundation-model ARN or an inference profile id apart.
---@param identifier string
---@return { id: string, variant: string|nil, region: string|nil, profile: string|nil }
function M.split(identifier)
  local region, rest = identifier:match "^arn:aws[^:]*:bedrock:([^:]*)::foundation%-model/(.+)$"
  if not rest then
    region, rest = identifier:match "^arn:aws[^:]*:bedrock:([^:]*):%d*:inference%-profile/(.+)$"
  end
  rest = rest or identifier
  local profile, tail = rest:match "^(%l%l+)%.(%l+%..+)$"
  if profile then rest = tail end
  local base, variant = rest:match "^(.+:%d+):(%w+)$"
  return { id = base or rest, variant = variant, region = region, profile = profile }
end

--- The model that an id or ARN names, with the parts of the identifier; nil when unknown.
---@param identifier string
---@return table|nil model
---@return table parts
function Catalog:find(identifier)
  local parts = M.split(identifier)
  local model = self.by_id[parts.id]
  if model and parts.variant then
    if not tables.contains(model.variants or {}, parts.variant) then return nil, parts end
  end
  if model and parts.profile and not profile_regions[parts.profile] then return nil, parts end
  return model, parts
end

--- Whether the model can be invoked or listed in the region.
function Catalog:in_region(model, region) return tables.contains(model.regions, region) end

--- Regions in which the model can be tuned, sorted; empty when in none.
---@return string[]
function Catalog:tuning_regions(model)
  return model.tuning and model.tuning.regions or {}
end

--- Whether AWS lists the model as tunable in the region, in this way.
---@param kind string FINE_TUNING, CONTINUED_PRE_TRAINING, ...
function Catalog:tunable(model, region, kind)
  local tuning = model.tuning
  return tuning ~= nil and tables.contains(self:tuning_regions(model), region)
    and tables.contains(tuning.types, kind or "FINE_TUNING")
end

--- A region to start in: where the first tunable Claude can be tuned, else any model at all.
---@return string
function Catalog:home_region()
  local any
  for _, id in ipairs(self.ids) do
    local model = self.by_id[id]
    local region = self:tuning_regions(model)[1]
    if region and model.format == "anthropic" then return region end
    any = any or region
  end
  return any or "us-east-1"
end

--- What the rules of tuning are for a model: its own, or those of the model it stands in for.
---@return { hyperparameters: table, limits: table, source: table }|nil
function Catalog:tuning_rules(model)
  if model.tuning then return model.tuning end
  local like = model.rehearsal_tuning_like and self.by_id[model.rehearsal_tuning_like]
  return like and like.tuning or nil
end

--- What a batch job may hold: those of the model (its `batch`), else the general ones.
---@param identifier string a model id in any form, or the ARN of a custom model
---@return { min_records: integer, max_records: integer, max_file_bytes: integer, max_job_bytes: integer }
function Catalog:batch_limits(identifier)
  local model = self:find(identifier:match ":custom%-model/([^/]+)" or identifier)
  return merge(self.limits.batch, model and model.batch)
end

--- All models that AWS lists as tunable, as sorted "id (regions)" texts.
---@return string[]
function Catalog:tunable_list()
  local out = {}
  for _, id in ipairs(self.ids) do
    local model = self.by_id[id]
    if model.tuning then
      out[#out + 1] = id .. " (" .. table.concat(model.tuning.regions, ", ") .. ")"
    end
  end
  return out
end

--- A price in USD with its source, or nil when unknown.
---@param what string model id (any form) or "s3"
---@param kind string
---@return number|nil amount
---@return { text: string, date: string }|nil source
function Catalog:price(what, kind)
  local group = self.prices[what] or self.prices[M.split(what).id]
  local price = group and group[kind]
  if not price then return nil end
  return price.amount, price.source
end

--- Regions of a system inference profile ("us"), or nil.
function Catalog:profile_regions(name) return profile_regions[name] end

M.sources = sources

return M
