-- SPDX-License-Identifier: MIT
-- Guardrails of the emulator by our own clients: made, versioned, applied, in Converse; asynchronous
-- calls of models that take none; a count of tokens; embeddings.

local lu = require "luaunit"

local program = dofile((arg[0]:match("^(.*/)tests/") or "./") .. "tests/support/program.lua")

local BEGIN = [[
local moonrock = require "moonrock"
local errors = require "moonrock.error"
local bedrock, runtime = moonrock.client("bedrock"), moonrock.client("bedrock-runtime")
local model = "anthropic.claude-3-haiku-20240307-v1:0"
local function code(...)
  local ok, err = errors.try(...)
  return ok and "ok" or err.code
end
local function ask(text, config)
  return runtime:converse { modelId = model, guardrailConfig = config,
    messages = { { role = "user", content = { { text = text } } } } }
end
]]

local function rehearse(code)
  local r = program.script(BEGIN .. code, {}, { before = { "rehearse" } })
  lu.assertEquals(r.code, 0, r.err)
  return r.out, r.err
end

TestGuardrail = {}

function TestGuardrail.test_words_and_patterns_are_held_back()
  local out, err = rehearse [[
local made = bedrock:create_guardrail { name = "g", blockedInputMessaging = "not this question",
  blockedOutputsMessaging = "not this answer",
  wordPolicyConfig = { wordsConfig = { { text = "secret plan" }, { text = "stand-in", inputEnabled = false } } },
  contentPolicyConfig = { filtersConfig = { { type = "HATE", inputStrength = "LOW", outputStrength = "LOW" } } },
  sensitiveInformationPolicyConfig = { regexesConfig = {
    { name = "number", pattern = "[0-9]{4}-[0-9]{4}", action = "BLOCK" } } } }
local id = made.guardrailId
local function apply(source, text)
  local reply = runtime:apply_guardrail { guardrailIdentifier = id, guardrailVersion = "DRAFT", source = source,
    content = { { text = { text = text } } } }
  local found = reply.assessments[1]
  print(reply.action, reply.outputs[1] and reply.outputs[1].text,
    found.wordPolicy and found.wordPolicy.customWords[1].match,
    found.sensitiveInformationPolicy and found.sensitiveInformationPolicy.regexes[1].name,
    reply.usage.wordPolicyUnits)
end
apply("INPUT", "the SECRET PLAN!")
apply("INPUT", "secret plans")
apply("OUTPUT", "call 1234-5678")
apply("OUTPUT", "a stand-in")
apply("INPUT", "a stand-in" .. ("x"):rep(2000))
local config = { guardrailIdentifier = id, guardrailVersion = "DRAFT" }
local reply = ask("what is the secret plan?", config)
print(reply.stopReason, reply.output.message.content[1].text, reply.usage.outputTokens)
reply = ask("hello", config)
print(reply.stopReason, reply.output.message.content[1].text)
print(bedrock:create_guardrail_version { guardrailIdentifier = made.guardrailArn }.version,
  bedrock:get_guardrail { guardrailIdentifier = id, guardrailVersion = "1" }.status,
  #bedrock:list_guardrails {}.guardrails)
print(code(bedrock.create_guardrail, bedrock, { name = "g", blockedInputMessaging = "a", blockedOutputsMessaging = "b",
  wordPolicyConfig = { wordsConfig = { { text = "x" } } } }))
print(code(bedrock.create_guardrail, bedrock, { name = "h", blockedInputMessaging = "a",
  blockedOutputsMessaging = "b" }))
print(code(ask, "hello", { guardrailIdentifier = id, guardrailVersion = "2" }))
bedrock:delete_guardrail { guardrailIdentifier = id }
print(code(runtime.apply_guardrail, runtime, { guardrailIdentifier = id, guardrailVersion = "1", source = "INPUT",
  content = { { text = { text = "x" } } } }))
]]
  lu.assertEquals(out, [[
GUARDRAIL_INTERVENED	not this question	secret plan	nil	1
NONE	nil	nil	nil	1
GUARDRAIL_INTERVENED	not this answer	nil	number	1
GUARDRAIL_INTERVENED	not this answer	stand-in	nil	1
NONE	nil	nil	nil	3
guardrail_intervened	not this question	0
guardrail_intervened	not this answer
1	READY	1
ConflictException
ValidationException
ValidationException
ResourceNotFoundException
]])
  lu.assertStrContains(err, "contentPolicyConfig is accepted, but never intervenes")
end

function TestGuardrail.test_what_is_masked_and_what_needs_a_model()
  local out, err = rehearse [[
local id = bedrock:create_guardrail({ name = "pii", blockedInputMessaging = "no", blockedOutputsMessaging = "not that",
  topicPolicyConfig = { topicsConfig = { { name = "Investing", definition = "Advice on what to buy.", type = "DENY",
    examples = { "which shares should I buy" } } } },
  sensitiveInformationPolicyConfig = {
    piiEntitiesConfig = { { type = "EMAIL", action = "ANONYMIZE" }, { type = "US_SOCIAL_SECURITY_NUMBER",
      action = "BLOCK", outputEnabled = false }, { type = "CREDIT_DEBIT_CARD_NUMBER", action = "ANONYMIZE" },
      { type = "NAME", action = "BLOCK" }, { type = "IP_ADDRESS", action = "NONE" },
      { type = "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
      action = "ANONYMIZE" }, { type = "PHONE", action = "BLOCK", inputAction = "ANONYMIZE" } },
    regexesConfig = { { name = "ticket", pattern = "T-[0-9]+", action = "ANONYMIZE" } } } }).guardrailId
local function apply(source, ...)
  local content = {}
  for i, text in ipairs { ... } do content[i] = { text = { text = text } } end
  local reply = runtime:apply_guardrail { guardrailIdentifier = id, guardrailVersion = "DRAFT", source = source,
    content = content }
  local texts, found = {}, {}
  for i, output in ipairs(reply.outputs) do texts[i] = output.text end
  local policy = reply.assessments[1].sensitiveInformationPolicy or { piiEntities = {}, regexes = {} }
  for _, entity in ipairs(policy.piiEntities) do found[#found + 1] = entity.type .. "=" .. entity.action end
  for _, regex in ipairs(policy.regexes) do found[#found + 1] = regex.name .. ":" .. regex.match end
  local topic = reply.assessments[1].topicPolicy
  print(reply.actionReason, table.concat(texts, " | "), table.concat(found, " "), topic and topic.topics[1].name)
end
apply("INPUT", "mail a.b@example.com about T-12, T-7", "and nothing here")
apply("INPUT", "card 4111 1111 1111 1111, not 4111 1111 1111 1112; GB82WEST12345698765432 not GB82WEST12345698765431")
apply("INPUT", "my number is 078-05-1120 and a@b.org")
apply("INPUT", "Mr Smith at 10.0.0.1, not 10.0.0.999")
apply("INPUT", "call (415) 555-0132")
apply("OUTPUT", "call (415) 555-0132")
apply("INPUT", "Tell me: WHICH SHARES should I buy?")
apply("INPUT", "What do I buy with my savings?")
local function config(more)
  local value = { guardrailIdentifier = id, guardrailVersion = "DRAFT", trace = "enabled" }
  for name, part in pairs(more or {}) do value[name] = part end
  return value
end
local reply = ask("write to a@b.org", config()) -- the question is masked, and said again
print(reply.stopReason, reply.output.message.content[1].text:match "You asked: (%b\"\")",
  reply.trace.guardrail.actionReason, reply.trace.guardrail.inputAssessment[id].sensitiveInformationPolicy
    .piiEntities[1].match, reply.trace.guardrail.inputAssessment[id].invocationMetrics.usage.wordPolicyUnits)
print(ask("write to 078-05-1120", config { trace = "disabled" }).trace)
reply = runtime:converse { modelId = model, guardrailConfig = config(), messages = { { role = "user", content = {
  { text = "T-1" }, { guardContent = { text = { text = "078-05-1120" } } } } } } }
print(reply.stopReason, reply.output.message.content[1].text)
reply = runtime:converse { modelId = model, guardrailConfig = config(), messages = { { role = "user", content = {
  { text = "078-05-1120" }, { guardContent = { text = { text = "hello" } } } } } } }
print(reply.stopReason)
local body = runtime:invoke_model({ modelId = model, guardrailIdentifier = id, guardrailVersion = "DRAFT",
  trace = "ENABLED", body = { anthropic_version = "bedrock-2023-05-31", max_tokens = 99, messages = { { role = "user",
  content = "078-05-1120" } } } }).body:read "a"
local json = require "moonrock.json"
body = json.decode(body)
print(body.content[1].text, body["amazon-bedrock-guardrailAction"],
  body["amazon-bedrock-trace"].guardrail.input[id].sensitiveInformationPolicy.piiEntities[1].type)
print(code(runtime.invoke_model, runtime, { modelId = model, guardrailIdentifier = "nosuch", guardrailVersion = "1",
  body = { anthropic_version = "bedrock-2023-05-31", max_tokens = 9, messages = { { role = "user",
  content = "x" } } } }))
]]
  lu.assertEquals(out, [[
Guardrail masked.	mail {EMAIL} about {ticket}, {ticket} | and nothing here	EMAIL=ANONYMIZED ticket:T-12 ticket:T-7	nil
Guardrail masked.	card {CREDIT_DEBIT_CARD_NUMBER}, not 4111 1111 1111 1112; {INTERNATIONAL_BANK_ACCOUNT_NUMBER} not ]]
    .. [[GB82WEST12345698765431	CREDIT_DEBIT_CARD_NUMBER=ANONYMIZED INTERNATIONAL_BANK_ACCOUNT_NUMBER=ANONYMIZED	nil
Guardrail blocked.	no	EMAIL=ANONYMIZED US_SOCIAL_SECURITY_NUMBER=BLOCKED	nil
No action.		IP_ADDRESS=NONE	nil
Guardrail masked.	call {PHONE}	PHONE=ANONYMIZED	nil
Guardrail blocked.	not that	PHONE=BLOCKED	nil
Guardrail blocked.	no		Investing
No action.			nil
end_turn	"write to {EMAIL}"	Guardrail masked.	a@b.org	0
nil
guardrail_intervened	no
end_turn
no	INTERVENED	US_SOCIAL_SECURITY_NUMBER
ValidationException
]])
  lu.assertStrContains(err, "the PII entity NAME is accepted, but never found")
  lu.assertStrContains(err, "only where one of its examples stands in the text")
end

-- The answer of the stand-in says the question again, so what is asked is what is held back.
function TestGuardrail.test_what_bodies_say_of_a_guardrail()
  lu.assertEquals(rehearse [[
local json = require "moonrock.json"
local id = bedrock:create_guardrail({ name = "g", blockedInputMessaging = "NO", blockedOutputsMessaging = "NO",
  wordPolicyConfig = { wordsConfig = { { text = "secret", outputEnabled = false } } } }).guardrailId
local nova = "amazon.nova-lite-v1:0"
local function ask(text, more, is_nova)
  local earlier = type(text) == "table" and text or { text }
  local body = is_nova and { messages = {} } or { anthropic_version = "bedrock-2023-05-31", max_tokens = 99,
    messages = {} }
  for i, one in ipairs(earlier) do
    body.messages[i] = { role = i % 2 == 1 and "user" or "assistant",
      content = { is_nova and { text = one } or { type = "text", text = one } } }
  end
  body["amazon-bedrock-guardrailConfig"] = more.config
  local client = is_nova and moonrock.client("bedrock-runtime", { region = "us-east-1" }) or runtime
  local reply = json.decode(client:invoke_model { modelId = is_nova and nova or model, body = body,
    guardrailIdentifier = more.id, guardrailVersion = more.version }.body:read "a")
  return reply["amazon-bedrock-guardrailAction"]
end
local tagged = { id = id, version = "DRAFT", config = { tagSuffix = "xyz" } }
local function tag(text)
  return ("<amazon-bedrock-guardrails-guardContent_xyz>%s</amazon-bedrock-guardrails-guardContent_xyz>"):format(text)
end
print(ask("a secret", tagged), ask("a secret, " .. tag "or two", tagged), ask("the " .. tag "a secret", tagged),
  ask("x " .. tag "a" .. tag "secret", tagged), ask("<amazon-bedrock-guardrails-guardContent_xyz>secret", tagged))
print(ask({ "a secret", "hm", "go on" }, { id = id, version = "DRAFT" }))
print(code(ask, "x", { config = { tagSuffix = "xyz" } }), code(ask, "x", { id = id }),
  code(ask, "x", { config = { tagSuffix = "xyz" } }, true))
]], [[
INTERVENED	NONE	INTERVENED	INTERVENED	INTERVENED
INTERVENED
ValidationException	ValidationException	ValidationException
]])
end

function TestGuardrail.test_versions_are_listed()
  local out = rehearse [[
local id
for i = 1, 3 do
  id = bedrock:create_guardrail { name = "g" .. i, blockedInputMessaging = "a", blockedOutputsMessaging = "b",
    wordPolicyConfig = { wordsConfig = { { text = "x" } } } }.guardrailId
end
local function list(params)
  local names = {}
  for item in bedrock:each("list_guardrails", params) do names[#names + 1] = item.name .. " " .. item.version end
  print(table.concat(names, ", "))
end
list { maxResults = 2 }
for _ = 1, 3 do bedrock:create_guardrail_version { guardrailIdentifier = id } end
bedrock:delete_guardrail { guardrailIdentifier = id, guardrailVersion = "2" }
list { guardrailIdentifier = id }
list { guardrailIdentifier = id, maxResults = 1 }
local before = bedrock:list_guardrails { guardrailIdentifier = id }.guardrails[1]
require("moonrock.task").sleep(60)
bedrock:update_guardrail { guardrailIdentifier = id, name = "new", description = "d", blockedInputMessaging = "a",
  blockedOutputsMessaging = "b", wordPolicyConfig = { wordsConfig = { { text = "y" } } } }
local after = bedrock:list_guardrails {}.guardrails[1]
print(after.name, after.description, after.updatedAt - before.updatedAt >= 60, after.createdAt == before.createdAt)
print(code(bedrock.list_guardrails, bedrock, { guardrailIdentifier = "nosuchguardrail" }))
print(code(bedrock.update_guardrail, bedrock, { guardrailIdentifier = id, name = "g1", blockedInputMessaging = "a",
  blockedOutputsMessaging = "b", wordPolicyConfig = { wordsConfig = { { text = "y" } } } }))
bedrock:tag_resource { resourceARN = after.arn, tags = { { key = "k", value = "v" } } }
print(bedrock:list_tags_for_resource { resourceARN = after.arn }.tags[1].value)
]]
  lu.assertEquals(out, [[
g3 DRAFT, g2 DRAFT, g1 DRAFT
g3 3, g3 1, g3 DRAFT
g3 3, g3 1, g3 DRAFT
new	d	true	true
ResourceNotFoundException
ConflictException
v
]])
end

function TestGuardrail.test_checks_without_a_guardrail()
  local out, err = rehearse [[
local json = require "moonrock.json"
local function check(checks, ...)
  local messages = {}
  for i, texts in ipairs { ... } do
    messages[i] = { role = "user", content = {} }
    for k, text in ipairs(texts) do messages[i].content[k] = { text = text } end
  end
  local reply = runtime:invoke_guardrail_checks { messages = messages, checks = checks }
  print(json.encode(reply.usage))
  return reply.results
end
local texts = { "é me@example.com!", "none" }
local found = check({ sensitiveInformation = { entities = { { type = "IP_ADDRESS" }, { type = "EMAIL" },
  { type = "NAME" } } } }, { "nothing" }, { "nor here", "from 10.0.0.1 or a@b.org" }, texts).sensitiveInformation
for _, one in ipairs(found.results) do
  print(one.type, one.messageIndex, one.contentIndex, one.beginOffset, one.endOffset, one.confidenceScore)
end
print(found.truncated, #found.results)
local scores = check({ contentFilter = { categories = { { category = "HATE" }, { category = "INSULTS" } } },
  promptAttack = { categories = { { category = "JAILBREAK" } } } }, { ("a"):rep(1001) })
for _, one in ipairs(scores.contentFilter.results) do print(one.category, one.severityScore) end
print(#scores.promptAttack.results, scores.sensitiveInformation)
print(code(check, {}, { "x" }))
]]
  lu.assertEquals(out, [[
{"sensitiveInformation":{"textUnits":1}}
IP_ADDRESS	1	1	5	13	1.0
EMAIL	1	1	17	24	1.0
EMAIL	2	0	2	16	1.0
false	3
{"contentFilter":{"textUnits":2},"promptAttack":{"textUnits":2}}
HATE	0.0
INSULTS	0.0
1	nil
ValidationException
]])
  lu.assertStrContains(err, "contentFilter scores 0 in the rehearsal")
  lu.assertStrContains(err, "the PII entity NAME is accepted, but never found")
end

function TestGuardrail.test_streams_and_answers()
  lu.assertEquals(rehearse [[
local id = bedrock:create_guardrail({ name = "out", blockedInputMessaging = "no", blockedOutputsMessaging = "HELD BACK",
  wordPolicyConfig = { wordsConfig = { { text = "basalt", inputEnabled = false } } },
  sensitiveInformationPolicyConfig = { piiEntitiesConfig = { { type = "EMAIL", action = "ANONYMIZE",
    inputEnabled = false } } } }).guardrailId
local function stream(text, mode)
  local reply = runtime:converse_stream { modelId = model,
    messages = { { role = "user", content = { { text = text } } } }, guardrailConfig = { guardrailIdentifier = id,
      guardrailVersion = "DRAFT", streamProcessingMode = mode, trace = "enabled" } }
  local said, reason, trace = {}, nil, nil
  for event in reply:events() do
    said[#said + 1] = event.contentBlockDelta and event.contentBlockDelta.delta.text
    reason = event.messageStop and event.messageStop.stopReason or reason
    trace = event.metadata and event.metadata.trace or trace
  end
  return table.concat(said), reason, trace
end
local said, reason, trace = stream("What is basalt?")
print(said, reason, trace.guardrail.outputAssessments[id][1].wordPolicy.customWords[1].action,
  trace.guardrail.modelOutput[1]:find("basalt", 1, true) ~= nil)
said, reason = stream("What is basalt?", "async") -- what was found had been sent
print(said:find "^This is the rehearsal stand%-in" ~= nil, said:sub(-15), said:find("?", 1, true), reason)
said, reason = stream("Who is a@b.org?")
print(said:match "You asked: (%b\"\")", reason)
said, reason = stream("Who is a@b.org?", "async") -- nothing is masked in this mode
print(said:match "You asked: (%b\"\")", reason)
local answer = runtime:invoke_model_with_response_stream { modelId = model, guardrailIdentifier = id,
  guardrailVersion = "DRAFT", body = { anthropic_version = "bedrock-2023-05-31", max_tokens = 99,
  messages = { { role = "user", content = "What is basalt?" } } } }
local last, json = nil, require "moonrock.json"
local texts = {}
for event in answer:events() do
  last = json.decode(event.chunk.bytes)
  texts[#texts + 1] = last.delta and last.delta.text
end
print(table.concat(texts), last["amazon-bedrock-guardrailAction"], last["amazon-bedrock-trace"])
bedrock:update_guardrail { guardrailIdentifier = id, name = "out", blockedInputMessaging = "no",
  blockedOutputsMessaging = "held", wordPolicyConfig = { wordsConfig = { { text = "granite" } } } }
print((stream("What is basalt?")):find "basalt" ~= nil, (stream("What is granite?")))
local got = bedrock:get_guardrail { guardrailIdentifier = id }
print(got.blockedOutputsMessaging, got.wordPolicy.words[1].text, got.sensitiveInformationPolicy)
local version = bedrock:create_guardrail_version { guardrailIdentifier = id }.version
bedrock:delete_guardrail { guardrailIdentifier = id, guardrailVersion = version }
print(code(bedrock.get_guardrail, bedrock, { guardrailIdentifier = id, guardrailVersion = version }),
  code(bedrock.get_guardrail, bedrock, { guardrailIdentifier = id }))
]], [[
HELD BACK	guardrail_intervened	BLOCKED	true
true	basaltHELD BACK	nil	guardrail_intervened
"Who is {EMAIL}?"	guardrail_intervened
"Who is a@b.org?"	end_turn
HELD BACK	INTERVENED	nil
true	no
held	granite	nil
ResourceNotFoundException	ok
]])
end

-- What stands in the middle of a word is no entity; the search goes on behind that word, so that long ones end.
function TestGuardrail.test_entities_have_borders()
  local find = require "moonrock.emulator.guardrail_find"
  local function found(kind, text)
    local texts = {}
    for i, span in ipairs(find.entities(text, kind)) do texts[i] = span.text end
    return table.concat(texts, " ")
  end
  lu.assertEquals(found("URL", "xhttp://\u{e9} \u{e9}http://b c"), "http://b")
  lu.assertEquals(found("CREDIT_DEBIT_CARD_NUMBER", "1 4111111111111111, x4111111111111111"), "4111111111111111")
  lu.assertEquals(found("EMAIL", "a@b.cc1 x.a@b.cc"), "x.a@b.cc")
  lu.assertEquals(found("EMAIL", ("a"):rep(200000) .. "@b.cc1"), "") -- would take minutes in quadratic time
end

function TestGuardrail.test_the_rest_of_the_runtime()
  lu.assertEquals(rehearse [[
local place = { s3OutputDataConfig = { s3Uri = "s3://bucket/out/" } }
print(code(runtime.start_async_invoke, runtime, { modelId = model, modelInput = {}, outputDataConfig = place }))
print(code(runtime.get_async_invoke, runtime, {
  invocationArn = "arn:aws:bedrock:us-west-2:123456789012:async-invoke/abcdefghijkl" }))
print(#runtime:list_async_invokes({}).asyncInvokeSummaries)
print(runtime:count_tokens({ modelId = model, input = { converse = { messages = {
  { role = "user", content = { { text = "one two three" } } } } } } }).inputTokens > 2)
local embedding = require "moonrock.embedding"
local near = embedding.cosine(embedding.embed(runtime, "red fast car"), (embedding.embed(runtime, "a fast red car")))
local far = embedding.cosine(embedding.embed(runtime, "red fast car"), (embedding.embed(runtime, "slow green tea")))
print(near > 0.8, far < 0.3, #embedding.embed(runtime, "x", { dimensions = 256 }))
print(code(embedding.embed, runtime, "", {}), code(embedding.embed, runtime, "x", { dimensions = 100 }))
print(code(runtime.converse, runtime, { modelId = "amazon.titan-embed-text-v2:0", messages = { { role = "user",
  content = { { text = "x" } } } } }))
]], [[
ValidationException
ValidationException
0
true
true	true	256
ValidationException	ValidationException
ValidationException
]])
end

os.exit(lu.LuaUnit.run())
