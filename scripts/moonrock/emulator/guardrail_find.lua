-- SPDX-License-Identifier: MIT
-- emulator.guardrail_find: what a guardrail finds in a text, and what it does with it.
-- Found is what can be found without a model: words, regular expressions, those PII entities that have a
-- form of their own (PII, below), and a denied topic where one of its example phrases stands in the text.
-- Names, addresses, other wordings of a topic, contents, attacks and grounding are not found.  User
-- guide, "Guardrails" (2026-08-31); masks are {TYPE} of an entity and {name} of a pattern (field reports).

local json = require "moonrock.json"
local luhn = require "moonrock.luhn"
local pattern = require "moonrock.pattern"

local M = {}

-- ISO 13616: the rest of the number, with letters as two digits and the head at the end, is 1 by 97.
local function iban(text)
  local rest = 0
  for character in (text:sub(5) .. text:sub(1, 4)):gmatch "." do
    local value = tonumber(character, 36)
    rest = (rest * (value > 9 and 100 or 10) + value) % 97
  end
  return rest == 1
end

local function address(text)
  for part in text:gmatch "%d+" do
    if tonumber(part) > 255 then return false end
  end
  return true
end

-- type -> { pattern, check? }; no letter or digit stands on either side.
local PII = {
  EMAIL = { [=[[A-Za-z0-9._%+'-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}]=] },
  PHONE = { [=[(\+[0-9]{1,3}[ .-]?)?\(?[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}]=] },
  CREDIT_DEBIT_CARD_NUMBER = { "[0-9]([ -]?[0-9]){12,18}", luhn.fits },
  US_SOCIAL_SECURITY_NUMBER = { "[0-9]{3}-[0-9]{2}-[0-9]{4}" },
  INTERNATIONAL_BANK_ACCOUNT_NUMBER = { "[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban },
  AWS_ACCESS_KEY = { "(AKIA|ASIA)[A-Z0-9]{16}" },
  IP_ADDRESS = { [=[[0-9]{1,3}(\.[0-9]{1,3}){3}]=], address },
  MAC_ADDRESS = { "[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}" },
  URL = { [=[https?:\/\/[^\s"<>{}]+]=] },
}

--- Is an entity of this type found at all?
---@param kind string
---@return boolean
function M.finds(kind) return PII[kind] ~= nil end

-- A word or phrase as a whole, whatever its case: its places, or nil.
local function find_word(text, word)
  text, word = text:lower(), word:lower()
  local from = 1
  while true do
    local first, last = text:find(word, from, true)
    if not first then return nil end
    if not text:find("^%w", last + 1) and not (first > 1 and text:find("^%w", first - 1)) then return first, last end
    from = first + 1
  end
end

-- Every place of a pattern, with the text that stands there.
local function spans_of(text, expression, check, whole)
  local find, spans, from = pattern.finder(expression), {}, 1
  while from <= #text do
    local first, last = find(text, from)
    if not first or last < first then break end
    local inside = whole and (first > 1 and text:find("^%w", first - 1) or text:find("^%w", last + 1))
    if not inside and (not check or check(text:sub(first, last))) then
      spans[#spans + 1] = { first = first, last = last, text = text:sub(first, last) }
      from = last + 1
    else -- all that begins in the same word has a letter or digit before it
      from = (text:find("%W", first) or #text) + 1
    end
  end
  return spans
end

--- Where entities of a type stand in a text, in bytes; nothing for what is not found without a model.
---@param text string
---@param kind string
---@return { first: integer, last: integer, text: string }[]
function M.entities(text, kind)
  return PII[kind] and spans_of(text, PII[kind][1], PII[kind][2], true) or {}
end

-- What a rule does with what it finds in a text of this source; nil where it is off.
local function action_of(rule, source)
  local enabled, action = rule.outputEnabled, rule.outputAction
  if source == "INPUT" then enabled, action = rule.inputEnabled, rule.inputAction end
  if enabled == false then return nil end
  return action or rule.action or "BLOCK"
end

local DONE = { BLOCK = "BLOCKED", ANONYMIZE = "ANONYMIZED", NONE = "NONE" }

local Finding = {}
Finding.__index = Finding

function Finding:note(list, action, first, last, mask, entry)
  entry.action, entry.detected = DONE[action], true
  list[#list + 1] = entry
  if action == "BLOCK" then
    self.blocked_to = math.min(self.blocked_to or math.huge, last)
  elseif action == "ANONYMIZE" then
    self.masks[#self.masks + 1] = { first = first, last = last, mask = "{" .. mask .. "}" }
  end
end

-- The text with its masks; of two that overlap the one that begins first.
local function masked(text, masks)
  table.sort(masks, function(a, b)
    if a.first ~= b.first then return a.first < b.first end
    return a.last > b.last
  end)
  local out, from = {}, 1
  for _, span in ipairs(masks) do
    if span.first >= from then
      out[#out + 1] = text:sub(from, span.first - 1) .. span.mask
      from = span.last + 1
    end
  end
  return table.concat(out) .. text:sub(from)
end

---@class moonrock.emulator.Verdict
---@field blocked boolean
---@field blocked_to integer|nil the last byte of what is blocked first
---@field masked boolean
---@field text string with its masks
---@field assessment table GuardrailAssessment, without its metrics

--- Judges a text.
---@param config table of CreateGuardrail
---@param source "INPUT"|"OUTPUT"
---@param text string
---@return moonrock.emulator.Verdict
function M.judge(config, source, text)
  local found = setmetatable({ masks = {} }, Finding)
  local words, topics, pii, regexes = json.array {}, json.array {}, json.array {}, json.array {}
  local sensitive = config.sensitiveInformationPolicyConfig or {}
  for _, word in ipairs(config.wordPolicyConfig and config.wordPolicyConfig.wordsConfig or {}) do
    local action, first, last = action_of(word, source), find_word(text, word.text)
    if action and first then found:note(words, action, first, last, nil, { match = word.text }) end
  end
  for _, topic in ipairs(config.topicPolicyConfig and config.topicPolicyConfig.topicsConfig or {}) do
    local action = action_of(topic, source)
    for _, example in ipairs(action and topic.examples or {}) do
      local first, last = find_word(text, example)
      if first then
        found:note(topics, action, first, last, nil, { name = topic.name, type = topic.type or "DENY" })
        break
      end
    end
  end
  for _, entity in ipairs(sensitive.piiEntitiesConfig or {}) do
    local action = action_of(entity, source)
    for _, span in ipairs(action and M.entities(text, entity.type) or {}) do
      found:note(pii, action, span.first, span.last, entity.type, { match = span.text, type = entity.type })
    end
  end
  for _, regex in ipairs(sensitive.regexesConfig or {}) do
    local action = action_of(regex, source)
    for _, span in ipairs(action and spans_of(text, regex.pattern) or {}) do
      found:note(regexes, action, span.first, span.last, regex.name,
        { name = regex.name, regex = regex.pattern, match = span.text })
    end
  end
  local assessment = {}
  if #words > 0 then assessment.wordPolicy = { customWords = words, managedWordLists = json.array {} } end
  if #topics > 0 then assessment.topicPolicy = { topics = topics } end
  if #pii + #regexes > 0 then assessment.sensitiveInformationPolicy = { piiEntities = pii, regexes = regexes } end
  return { blocked = found.blocked_to ~= nil, blocked_to = found.blocked_to, masked = #found.masks > 0,
    text = masked(text, found.masks), assessment = assessment }
end

return M
