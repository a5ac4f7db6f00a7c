-- SPDX-License-Identifier: MIT
-- emulator.guardrail: guardrails, and what they hold back: ApplyGuardrail, the guardrailConfig of Converse
-- and its stream, the guardrail headers of InvokeModel; and InvokeGuardrailChecks.  guardrail_find.lua tells
-- what is found, and what needs a model and is accepted with a warning.  User guide, "Guardrails"
-- (2026-08-31); the texts of the errors are those that callers report.

local finding = require "moonrock.emulator.guardrail_find"
local json = require "moonrock.json"
local pattern = require "moonrock.pattern"
local refuse = require "moonrock.emulator.refuse".refuse
local state = require "moonrock.emulator.bedrock_state"

local M = { operations = {}, runtime_operations = {} }

local MISSING = "The guardrail identifier or version provided in the request does not exist."
local UNIT = 1000 -- characters of a text unit
local NEED_A_MODEL = { "contentPolicyConfig", "contextualGroundingPolicyConfig", "automatedReasoningPolicyConfig" }

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

local function warn_of_entities(world, call, entities)
  for _, entity in ipairs(entities) do
    if not finding.finds(entity.type) then
      world:warn(call, ("the PII entity %s is accepted, but never found in the rehearsal: it needs a model")
        :format(entity.type))
    end
  end
end

local function check_policies(world, call, params)
  local sensitive, topics = params.sensitiveInformationPolicyConfig, params.topicPolicyConfig
  local any = params.wordPolicyConfig or sensitive or topics
  for _, name in ipairs(NEED_A_MODEL) do
    any = any or params[name]
    if params[name] then
      world:warn(call, name .. " is accepted, but never intervenes in the rehearsal: it needs a model")
    end
  end
  if not any then refuse("ValidationException", "At least one policy must be configured for the guardrail.") end
  if params.wordPolicyConfig and params.wordPolicyConfig.managedWordListsConfig then
    world:warn(call, "managedWordListsConfig is accepted, but the rehearsal has no list of profane words")
  end
  if topics then
    world:warn(call, "a denied topic intervenes in the rehearsal only where one of its examples stands in the text")
  end
  warn_of_entities(world, call, sensitive and sensitive.piiEntitiesConfig or {})
  for i, regex in ipairs(regexes_of(params)) do
    if not pattern.compile(regex.pattern) then
      refuse("ValidationException", ("The regex pattern at regexesConfig.%d is invalid."):format(i - 1))
    end
  end
end

local function unique_name(world, call, name, own)
  local other = state.find(world, "guardrails", call.region, name, "name")
  if other and other ~= own then
    refuse("ConflictException", "Another guardrail in your account already has this name.")
  end
end

function operations.CreateGuardrail(world, call, params)
  return state.once(world, call, params, function()
    check_policies(world, call, params)
    unique_name(world, call, params.name)
    local id = world:id()
    local guardrail = { guardrailArn = world:arn(call.region, "guardrail/" .. id), id = id, region = call.region,
      name = params.name, description = params.description, created = world:now(), versions = {}, draft = params }
    state.tag(world, guardrail.guardrailArn, params.tags)
    state.save(world, "guardrails", guardrail)
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
  return guardrail.versions[math.tointeger(tonumber(version))] or nil, version
end

-- The policies as GetGuardrail names them.
local function policies_of(config)
  local words, sensitive = config.wordPolicyConfig, config.sensitiveInformationPolicyConfig
  local contents, topics, grounding = config.contentPolicyConfig, config.topicPolicyConfig,
    config.contextualGroundingPolicyConfig
  return {
    wordPolicy = words and { words = words.wordsConfig, managedWordLists = words.managedWordListsConfig },
    sensitiveInformationPolicy = sensitive and { piiEntities = sensitive.piiEntitiesConfig,
      regexes = sensitive.regexesConfig },
    contentPolicy = contents and { filters = contents.filtersConfig },
    topicPolicy = topics and { topics = topics.topicsConfig },
    contextualGroundingPolicy = grounding and { filters = grounding.filtersConfig },
  }
end

function operations.GetGuardrail(world, call, params)
  local guardrail = must_find(world, call, params.guardrailIdentifier)
  local config, version = version_of(guardrail, params.guardrailVersion)
  if not config then refuse("ResourceNotFoundException", MISSING) end
  local reply = policies_of(config)
  reply.name, reply.description, reply.guardrailId = config.name, config.description, guardrail.id
  reply.guardrailArn, reply.version, reply.status = guardrail.guardrailArn, version, "READY"
  reply.createdAt, reply.updatedAt = guardrail.created, guardrail.updated or guardrail.created
  reply.blockedInputMessaging, reply.blockedOutputsMessaging = config.blockedInputMessaging,
    config.blockedOutputsMessaging
  return reply
end

function operations.UpdateGuardrail(world, call, params)
  local guardrail = must_find(world, call, params.guardrailIdentifier)
  check_policies(world, call, params)
  unique_name(world, call, params.name, guardrail)
  guardrail.draft, guardrail.name, guardrail.updated = params, params.name, world:now()
  state.save(world, "guardrails", guardrail)
  return { guardrailId = guardrail.id, guardrailArn = guardrail.guardrailArn, version = "DRAFT",
    updatedAt = guardrail.updated }
end

-- Without an identifier the drafts of all guardrails, else the draft and the versions of one.
function operations.ListGuardrails(world, call, params)
  local wanted, values = params.guardrailIdentifier, {}
  for _, guardrail in ipairs(wanted and {} or state.all(world, "guardrails", call.region)) do
    values[#values + 1] = { of = guardrail, config = guardrail.draft, version = "DRAFT", serial = guardrail.serial }
  end
  if wanted then
    local guardrail = must_find(world, call, wanted)
    for number = 0, #guardrail.versions do
      local config = number == 0 and guardrail.draft or guardrail.versions[number]
      if config then -- else it was deleted
        values[#values + 1] = { of = guardrail, config = config, serial = number,
          version = number == 0 and "DRAFT" or tostring(number) }
      end
    end
  end
  local guardrails, next_token = state.page(values, { maxResults = params.maxResults, nextToken = params.nextToken },
    {}, function(value)
      local of = value.of
      return { id = of.id, arn = of.guardrailArn, name = value.config.name, description = value.config.description,
        status = "READY", version = value.version, createdAt = of.created, updatedAt = of.updated or of.created }
    end)
  return { guardrails = guardrails, nextToken = next_token }
end

function operations.DeleteGuardrail(world, call, params)
  local guardrail = must_find(world, call, params.guardrailIdentifier)
  local number = math.tointeger(tonumber(params.guardrailVersion))
  if not params.guardrailVersion then
    state.remove(world, "guardrails", guardrail)
  elseif guardrail.versions[number] then
    guardrail.versions[number] = false
    state.save(world, "guardrails", guardrail)
  else
    refuse("ResourceNotFoundException", MISSING)
  end
  return {}
end

-- ---- what they hold back -------------------------------------------------------------

local function usage_of(config, characters)
  local units = math.max(1, math.ceil(characters / UNIT))
  local sensitive = config.sensitiveInformationPolicyConfig or {}
  local function used(policy) return policy and units or 0 end
  return { topicPolicyUnits = used(config.topicPolicyConfig), contentPolicyUnits = used(config.contentPolicyConfig),
    wordPolicyUnits = used(config.wordPolicyConfig),
    contextualGroundingPolicyUnits = used(config.contextualGroundingPolicyConfig),
    sensitiveInformationPolicyUnits = used(sensitive.piiEntitiesConfig),
    sensitiveInformationPolicyFreeUnits = used(sensitive.regexesConfig) }
end

local function length(text) return utf8.len(text) or #text end

-- The verdict on some texts together, with the metrics of the assessment.
local function judge(config, source, texts)
  local whole = table.concat(texts, "\n")
  local verdict = finding.judge(config, source, whole)
  local characters = length(whole)
  verdict.assessment.invocationMetrics = { guardrailProcessingLatency = 100, usage = usage_of(config, characters),
    guardrailCoverage = { textCharacters = { guarded = characters, total = characters } } }
  verdict.message = source == "INPUT" and config.blockedInputMessaging or config.blockedOutputsMessaging
  return verdict
end

local function reason_of(verdict)
  return verdict.blocked and "Guardrail blocked." or verdict.masked and "Guardrail masked." or "No action."
end

---@class moonrock.emulator.Guard a guardrail for one question and its answer
local Guard = {}
Guard.__index = Guard

local function guard_of(world, call, identifier, version, asynchronous)
  local guardrail = find(world, call, identifier)
  local config = guardrail and version_of(guardrail, version)
  if not config then refuse("ValidationException", MISSING) end
  return setmetatable({ id = guardrail.id, config = config, asynchronous = asynchronous, trace = {} }, Guard)
end

--- The guardrail that a Converse or ConverseStream names, if it names one.
---@return moonrock.emulator.Guard|nil
function M.of_converse(world, call, params)
  local named = params.guardrailConfig
  if not named or (named.guardrailIdentifier or "") == "" then return nil end
  local guard = guard_of(world, call, named.guardrailIdentifier, named.guardrailVersion,
    named.streamProcessingMode == "async")
  guard.traced = named.trace == "enabled" or named.trace == "enabled_full"
  return guard
end

local IN_BODY = "amazon-bedrock-guardrailConfig"

--- The guardrail that the headers of an InvokeModel name, with what the body says of it, which is taken out.
--- When they are refused is in the API reference of InvokeModel; the texts are ours.
---@param request table the body
---@return moonrock.emulator.Guard|nil
function M.of_invoke(world, call, params, request)
  local settings = request[IN_BODY]
  request[IN_BODY] = nil
  if (params.guardrailIdentifier or "") == "" then
    if settings ~= nil then
      refuse("ValidationException", IN_BODY .. " is given without a guardrail identifier.")
    end
    return nil
  elseif (params.guardrailVersion or "") == "" then
    refuse("ValidationException", "A guardrail identifier is given without a guardrail version.")
  end
  settings = type(settings) == "table" and settings or {}
  local guard = guard_of(world, call, params.guardrailIdentifier, params.guardrailVersion,
    settings.streamProcessingMode == "ASYNCHRONOUS")
  guard.traced = params.trace == "ENABLED" or params.trace == "ENABLED_FULL"
  guard.tag = type(settings.tagSuffix) == "string" and "amazon-bedrock-guardrails-guardContent_" .. settings.tagSuffix
  return guard
end

-- What stands between tags (user guide, "Apply tags to user input"), of texts that have them; else all.
local function tagged(texts, tag)
  local inside = {}
  for _, text in ipairs(texts) do
    local from = 1
    repeat
      local first, last = text:find("<" .. tag .. ">", from, true)
      local stop = last and text:find("</" .. tag .. ">", last + 1, true)
      inside[#inside + 1] = first and text:sub(last + 1, (stop or 0) - 1)
      from = stop
    until not stop
  end
  return inside[1] and inside or texts
end

-- The texts of users: those of guardContent blocks where there are any, else all.
local function texts_of(messages)
  local guarded, all = {}, {}
  for _, message in ipairs(messages) do
    for _, block in ipairs(message.role == "user" and message.content or {}) do
      local inside = block.guardContent and block.guardContent.text
      guarded[#guarded + 1] = inside and inside.text
      all[#all + 1] = inside and inside.text or block.text
    end
  end
  return guarded[1] and guarded or all
end

--- Judges what is asked. What is masked is masked in the question that the model gets.
---@param asked { question: string }
---@param messages table[] as Converse has them
---@return string|nil message that answers in the model's place
function Guard:input(asked, messages)
  local texts = texts_of(messages)
  local verdict = judge(self.config, "INPUT", self.tag and tagged(texts, self.tag) or texts)
  self.trace.input, self.trace.reason = verdict.assessment, reason_of(verdict)
  if verdict.blocked then
    self.intervened = true
    return verdict.message
  end
  if verdict.masked then
    self.intervened = true
    asked.question = finding.judge(self.config, "INPUT", asked.question).text
  end
end

--- Judges an answer. A stream in the asynchronous mode has sent what is blocked before it is found, and
--- masks nothing; what stands behind it does not come any more.
---@param text string
---@return string text
---@return boolean held is it another text than the model's?
function Guard:output(text)
  local verdict = judge(self.config, "OUTPUT", { text })
  self.trace.output, self.trace.model_output = verdict.assessment, text
  if verdict.blocked or verdict.masked and not self.asynchronous then
    self.intervened, self.trace.reason = true, reason_of(verdict)
    if not verdict.blocked then return verdict.text, true end
    return (self.asynchronous and text:sub(1, verdict.blocked_to) or "") .. verdict.message, true
  end
  return text, false
end

--- The trace of a Converse, where it was asked for.
function Guard:converse_trace()
  if not self.traced then return nil end
  local trace = self.trace
  return { guardrail = { inputAssessment = { [self.id] = trace.input }, actionReason = trace.reason,
    outputAssessments = trace.output and { [self.id] = { trace.output } } or nil,
    modelOutput = trace.model_output and { trace.model_output } or nil } }
end

--- What the body of an InvokeModel, or the last chunk of its stream, has besides.
function Guard:body_members()
  local trace = self.trace
  return { ["amazon-bedrock-guardrailAction"] = self.intervened and "INTERVENED" or "NONE",
    ["amazon-bedrock-trace"] = self.traced and { guardrail = { input = { [self.id] = trace.input },
      outputs = trace.output and { { [self.id] = trace.output } } or nil, actionReason = trace.reason } } or nil }
end

-- Entities of a text, with their places in characters.
local function entities_in(text, types, message_index, content_index, found)
  local spans = {}
  for _, entity in ipairs(types) do
    for _, span in ipairs(finding.entities(text, entity.type)) do
      span.type = entity.type
      spans[#spans + 1] = span
    end
  end
  table.sort(spans, function(a, b)
    if a.first ~= b.first then return a.first < b.first end
    return a.type < b.type
  end)
  local at, characters = 1, 0
  for _, span in ipairs(spans) do
    characters, at = characters + length(text:sub(at, span.first - 1)), span.first
    found[#found + 1] = { type = span.type, confidenceScore = 1.0, beginOffset = characters,
      endOffset = characters + length(span.text), messageIndex = message_index, contentIndex = content_index }
  end
end

-- Checks without a guardrail (API reference and reports of callers, 2026-09): each category that is asked for has
-- a score. What needs a model scores 0; how texts of several blocks are counted is a guess.
function M.runtime_operations.InvokeGuardrailChecks(world, call, params)
  local checks, results, usage, characters = params.checks, {}, {}, 0
  for _, message in ipairs(params.messages) do
    for _, block in ipairs(message.content) do characters = characters + length(block.text or "") end
  end
  local units = { textUnits = math.max(1, math.ceil(characters / UNIT)) }
  for _, name in ipairs { "contentFilter", "promptAttack" } do
    if checks[name] then
      world:warn(call, name .. " scores 0 in the rehearsal: it needs a model")
      local scores = json.array {}
      for i, one in ipairs(checks[name].categories) do scores[i] = { category = one.category, severityScore = 0.0 } end
      results[name], usage[name] = { results = scores }, units
    end
  end
  if checks.sensitiveInformation then
    local types, found = checks.sensitiveInformation.entities, json.array {}
    warn_of_entities(world, call, types)
    for i, message in ipairs(params.messages) do
      for k, block in ipairs(message.content) do entities_in(block.text or "", types, i - 1, k - 1, found) end
    end
    results.sensitiveInformation, usage.sensitiveInformation = { results = found, truncated = false }, units
  end
  if not next(results) then refuse("ValidationException", "At least one check must be configured.") end
  return { results = results, usage = usage }
end

function M.runtime_operations.ApplyGuardrail(world, call, params)
  local guardrail = must_find(world, call, params.guardrailIdentifier)
  local config = version_of(guardrail, params.guardrailVersion)
  if not config then refuse("ResourceNotFoundException", MISSING) end
  local texts, outputs = {}, {}
  for _, block in ipairs(params.content) do texts[#texts + 1] = block.text and block.text.text end
  local verdict = judge(config, params.source, texts)
  if verdict.blocked then
    outputs[1] = { text = verdict.message }
  elseif verdict.masked then -- one for each text
    for i, text in ipairs(texts) do outputs[i] = { text = finding.judge(config, params.source, text).text } end
  end
  local metrics = verdict.assessment.invocationMetrics
  return {
    usage = metrics.usage, action = #outputs > 0 and "GUARDRAIL_INTERVENED" or "NONE",
    actionReason = reason_of(verdict), outputs = outputs,
    assessments = { verdict.assessment }, guardrailCoverage = metrics.guardrailCoverage,
  }
end

return M
