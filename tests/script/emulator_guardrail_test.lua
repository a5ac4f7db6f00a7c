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
