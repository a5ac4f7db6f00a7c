-- SPDX-License-Identifier: MIT
-- emulator.guardrail: guardrails, and what they hold back: ApplyGuardrail, and Converse's guardrailConfig.
-- Words and regular expressions are really looked for, and block. Topics, contents, PII and grounding
-- need a model: they are accepted with a warning and never intervene. User guide, "Guardrails"
-- (2026-08-31); the texts of the errors are those that callers report.

local json = require "moonrock.json"
local pattern = require "moonrock.pattern"
local refuse = require "moonrock.emulator.refuse".refuse
local state = require "moonrock.emulator.bedrock_state"

local M = { operations = {}, runtime_operations = {} }

local MISSING = "The guardrail identifier or version provided in the request does not exist."
local UNIT = 1000 -- characters of a text unit
local NEED_A_MODEL = { "topicPolicyConfig", "contentPolicyConfig", "contextualGroundingPolicyConfig",
  "automatedReasoningPolicyConfig" }

local operations = M.operations

-- ---- guardrails ----------------------------------------------------------------------

local function find(world, call, identifier)
  local found = world.bedrock.guardrails[identifier]
    or world.bedrock.guardrails[world:arn(call.region, "guardrail/" .. identifier)]
  return found and found.region == call.region and found or nil
end

local function regexes_of(config)
  return config.sensitiveInformationPolicyConfig and config.sensitiveInformationPolicyConfig.regexesConfig or {}
end

local function check_policies(world, call, params)
  local any = params.wordPolicyConfig or params.sensitiveInformationPolicyConfig
  for _, name in ipairs(NEED_A_MODEL) do
    any = any or params[name]
    if params[name] then
      world:warn(call, name .. " is accepted, but never intervenes in the rehearsal: it needs a model")
    end
  end
  if not any then refuse("ValidationException", "At least one policy must be configured for the guardrail.") end
  if params.wordPolicyConfig and params.wordPolicyConfig.managedWordListsConfig then
    world:warn(call, "managedWordListsConfig is accepted, but the rehearsal has no list of profane words")
  elseif params.sensitiveInformationPolicyConfig and params.sensitiveInformationPolicyConfig.piiEntitiesConfig then
    world:warn(call, "piiEntitiesConfig is accepted, but never intervenes in the rehearsal: it needs a model")
  end
  for i, regex in ipairs(regexes_of(params)) do
    if not pattern.compile(regex.pattern) then
      refuse("ValidationException", ("The regex pattern at regexesConfig.%d is invalid."):format(i - 1))
    elseif regex.action == "ANONYMIZE" then
      world:warn(call, "a regex with ANONYMIZE blocks in the rehearsal")
    end
  end
end

function operations.CreateGuardrail(world, call, params)
  return state.once(world, call, params, function()
    check_policies(world, call, params)
    for _, other in ipairs(state.all(world, "guardrails", call.region)) do
      if other.name == params.name then
        refuse("ConflictException", "Another guardrail in your account already has this name.")
      end
    end
    local id = world:id()
    local guardrail = { guardrailArn = world:arn(call.region, "guardrail/" .. id), id = id, region = call.region,
      name = params.name, description = params.description, created = world:now(), versions = {}, draft = params }
    state.save(world, "guardrails", guardrail)
    state.tag(world, guardrail.guardrailArn, params.tags)
    return { guardrailId = id, guardrailArn = guardrail.guardrailArn, version = "DRAFT", createdAt = guardrail.created }
  end)
end

local function must_find(world, call, identifier)
  return find(world, call, identifier) or refuse("ResourceNotFoundException", MISSING)
end

function operations.CreateGuardrailVersion(world, call, params)
  return state.once(world, call, params, function()
    local guardrail = must_find(world, call, params.guardrailIdentifier)
    guardrail.versions[#guardrail.versions + 1] = guardrail.draft
    state.save(world, "guardrails", guardrail)
    return { guardrailId = guardrail.id, version = tostring(#guardrail.versions) }
  end)
end

local function version_of(guardrail, version)
  if not version or version == "" or version == "DRAFT" then return guardrail.draft, "DRAFT" end
  return guardrail.versions[math.tointeger(tonumber(version))], version
end

function operations.GetGuardrail(world, call, params)
  local guardrail = must_find(world, call, params.guardrailIdentifier)
  local config, version = version_of(guardrail, params.guardrailVersion)
  if not config then refuse("ResourceNotFoundException", MISSING) end
  local words = config.wordPolicyConfig and config.wordPolicyConfig.wordsConfig
  local regexes = regexes_of(config)
  return { name = guardrail.name, description = guardrail.description, guardrailId = guardrail.id,
    guardrailArn = guardrail.guardrailArn, version = version, status = "READY", createdAt = guardrail.created,
    updatedAt = guardrail.created, blockedInputMessaging = config.blockedInputMessaging,
    blockedOutputsMessaging = config.blockedOutputsMessaging, wordPolicy = words and { words = words } or nil,
    sensitiveInformationPolicy = #regexes > 0 and { regexes = regexes } or nil }
end

function operations.ListGuardrails(world, call, params)
  local list = {}
  for _, guardrail in ipairs(state.all(world, "guardrails", call.region)) do
    local wanted = params.guardrailIdentifier
    if not wanted or wanted == guardrail.id or wanted == guardrail.guardrailArn then
      list[#list + 1] = { id = guardrail.id, arn = guardrail.guardrailArn, name = guardrail.name, status = "READY",
        version = "DRAFT", createdAt = guardrail.created, updatedAt = guardrail.created }
    end
  end
  return { guardrails = list }
end

function operations.DeleteGuardrail(world, call, params)
  state.remove(world, "guardrails", must_find(world, call, params.guardrailIdentifier))
  return {}
end

-- ---- what they hold back -------------------------------------------------------------

-- A word or phrase as a whole, whatever its case.
local function has_word(text, word)
  text, word = text:lower(), word:lower()
  local from = 1
  while true do
    local first, last = text:find(word, from, true)
    if not first then return false end
    if not text:find("^%w", last + 1) and not (first > 1 and text:find("^%w", first - 1)) then return true end
    from = first + 1
  end
end

local function is_on(rule, source)
  if source == "INPUT" then return rule.inputEnabled ~= false, rule.inputAction end
  return rule.outputEnabled ~= false, rule.outputAction
end

--- Judges a text: nil, or the message that stands in its place; and what was found.
---@param config table of CreateGuardrail
---@param source "INPUT"|"OUTPUT"
---@return string|nil message
---@return table assessment
local function judge(config, source, text)
  local words, regexes, blocked = json.array {}, json.array {}, false
  for _, word in ipairs(config.wordPolicyConfig and config.wordPolicyConfig.wordsConfig or {}) do
    local on, action = is_on(word, source)
    if on and has_word(text, word.text) then
      blocked = blocked or action ~= "NONE"
      words[#words + 1] = { match = word.text, action = action == "NONE" and "NONE" or "BLOCKED", detected = true }
    end
  end
  for _, regex in ipairs(regexes_of(config)) do
    local on, action = is_on(regex, source)
    action = action or regex.action
    if on and pattern.compile(regex.pattern)(text) then
      blocked = blocked or action ~= "NONE"
      regexes[#regexes + 1] = { name = regex.name, regex = regex.pattern, detected = true,
        action = action == "NONE" and "NONE" or "BLOCKED" }
    end
  end
  local assessment = {}
  if #words > 0 then assessment.wordPolicy = { customWords = words, managedWordLists = json.array {} } end
  if #regexes > 0 then
    assessment.sensitiveInformationPolicy = { piiEntities = json.array {}, regexes = regexes }
  end
  if not blocked then return nil, assessment end
  return source == "INPUT" and config.blockedInputMessaging or config.blockedOutputsMessaging, assessment
end

--- The guardrail that a Converse names: judge(source, text) gives the message of what is held back.
---@return (fun(source: "INPUT"|"OUTPUT", text: string): string|nil)|nil
function M.of_converse(world, call, params)
  local named = params.guardrailConfig
  if not named or not named.guardrailIdentifier then return nil end
  local guardrail = find(world, call, named.guardrailIdentifier)
  local config = guardrail and version_of(guardrail, named.guardrailVersion)
  if not config then refuse("ValidationException", MISSING) end
  return function(source, text) return (judge(config, source, text)) end
end

function M.runtime_operations.ApplyGuardrail(world, call, params)
  local guardrail = must_find(world, call, params.guardrailIdentifier)
  local config = version_of(guardrail, params.guardrailVersion)
  if not config then refuse("ResourceNotFoundException", MISSING) end
  local texts = {}
  for _, block in ipairs(params.content) do texts[#texts + 1] = block.text and block.text.text end
  local text = table.concat(texts, "\n")
  local message, assessment = judge(config, params.source, text)
  local units = math.max(1, math.ceil((utf8.len(text) or #text) / UNIT))
  local function used(policy) return config[policy] and units or 0 end
  return {
    usage = { topicPolicyUnits = used "topicPolicyConfig", contentPolicyUnits = used "contentPolicyConfig",
      wordPolicyUnits = used "wordPolicyConfig",
      contextualGroundingPolicyUnits = used "contextualGroundingPolicyConfig",
      sensitiveInformationPolicyUnits = 0,
      sensitiveInformationPolicyFreeUnits = used "sensitiveInformationPolicyConfig" },
    action = message and "GUARDRAIL_INTERVENED" or "NONE",
    actionReason = message and "Guardrail blocked." or "No action.",
    outputs = message and { { text = message } } or {}, assessments = { assessment },
  }
end

return M
