-- SPDX-License-Identifier: MIT
-- emulator.runtime: InvokeModel, Converse, their streams, CountTokens; guardrail.lua has the rest.
-- A custom model, behind a provisioned throughput or a deployment, answers with the training
-- example nearest to the question; a base model answers as itself and says that it is the
-- stand-in.  Shapes: service model of bedrock-runtime; error texts: field reports (2026-08-31).

local async = require "moonrock.emulator.async"
local converse = require "moonrock.emulator.converse"
local embed = require "moonrock.emulator.embed"
local guardrail = require "moonrock.emulator.guardrail"
local job_end = require "moonrock.emulator.job_end"
local json = require "moonrock.json"
local messages = require "moonrock.emulator.messages"
local model = require "moonrock.model"
local refusal = require "moonrock.emulator.refuse"
local serving = require "moonrock.emulator.serving"
local state = require "moonrock.emulator.bedrock_state"
local stream = require "moonrock.emulator.stream"
local tables = require "moonrock.tables"
local tools = require "moonrock.emulator.tools"

local note, refuse = refusal.note, refusal.refuse

local M = {}

local invalid = "The provided model identifier is invalid."

---@class moonrock.emulator.Target what a request is answered by
---@field facts table catalog entry of the base
---@field custom table|nil custom model
---@field billed boolean|nil by tokens, request by request

-- A base model asked for directly.
local function foundation(world, call, identifier)
  local facts, parts = world.catalog:find(identifier)
  if not facts or (parts.region and parts.region ~= call.region) then refuse("ValidationException", invalid) end
  if parts.profile then
    local here = tables.contains(world.catalog:profile_regions(parts.profile), call.region)
    if not here or parts.variant or not facts.on_demand then refuse("ValidationException", invalid) end
  elseif parts.variant or facts.on_demand == "profile" then
    refuse("ValidationException", ("Invocation of model ID %s with on-demand throughput isn't supported. Retry your "
      .. "request "
      .. "with the ID or ARN of an inference profile that contains this model."):format(identifier))
  elseif not world.catalog:in_region(facts, call.region) then
    refuse("ValidationException", note(invalid, ("%s is offered in %s"):format(facts.id,
      table.concat(facts.regions, ", "))))
  end
  return { facts = facts, billed = true }
end

local function target_of(world, call, identifier)
  local now, bedrock = world:now(), world.bedrock
  local region, tail = identifier:match "^arn:aws[^:]*:bedrock:([^:]*):%d*:(.+)$"
  local pt = state.find(world, "provisioned", call.region, identifier, "provisionedModelName")
    or not tail and #identifier == 12 and bedrock.provisioned[world:arn(call.region, "provisioned-model/"
      .. identifier)]
  local deployment = state.find(world, "deployments", call.region, identifier, "modelDeploymentName")
  local model_arn
  if pt then
    local status, arn = serving.throughput_status(pt, now)
    if status == "Creating" then
      -- Which error AWS gives is not documented; this one is modelled for it and retried by SDKs.
      refuse("ModelNotReadyException", "The provisioned model is not ready for inference. Wait until its status is "
        .. "InService.")
    end
    model_arn = arn
  elseif deployment then
    local status, arn = serving.deployment_status(deployment, now)
    if status == "Creating" then
      refuse("ModelNotReadyException", "The custom model deployment is not ready for inference. Wait until its "
        .. "status is Active.")
    end
    model_arn = arn
  elseif tail and tail:find "^provisioned%-model/" or tail and tail:find "^custom%-model%-deployment/" then
    if region ~= call.region then refuse("ValidationException", invalid) end
    refuse("ResourceNotFoundException", "Could not find the model: " .. identifier)
  elseif tail and tail:find "^custom%-model/" then
    refuse("ValidationException", note(invalid, "a custom model is invoked through a provisioned throughput or a "
      .. "deployment of it"))
  else
    return foundation(world, call, identifier)
  end
  local custom = bedrock.models[model_arn]
  local facts = world.catalog:find(custom and custom.baseModelArn or model_arn)
  return { facts = facts, custom = custom, billed = deployment ~= nil }
end

-- What the stand-in says.
local function answer(world, target, asked)
  if target.custom then
    local text = job_end.answerer(world, target.custom):answer(asked.question, asked.system)
    -- What the caller has written of the answer is not written again.
    if asked.prefill ~= "" and text:sub(1, #asked.prefill) == asked.prefill then text = text:sub(#asked.prefill + 1) end
    return text
  end
  local question = asked.question:gsub("%s+", " ")
  if utf8.len(question) and utf8.len(question) > 120 then
    question = question:sub(1, utf8.offset(question, 118) - 1) .. "..."
  end
  return ('This is the rehearsal stand-in for %s: no model runs here, and nothing has been taught to it. You asked: '
    .. '"%s". '
    .. "The real base model would answer in its own words, in plain prose."):format(target.facts.name, question)
end

local function meter(world, target, input, output)
  if not target.billed then return end
  world.bill:add("input", target.facts.id, input)
  world.bill:add("output", target.facts.id, output)
end

-- For the metrics; a reply in one piece does not wait for it, a stream does.
local latency = stream.latency

local function count_headers(input, output)
  return {
    { "x-amzn-bedrock-invocation-latency", tostring(latency(output)) },
    { "x-amzn-bedrock-input-token-count", tostring(input) },
    { "x-amzn-bedrock-output-token-count", tostring(output) },
  }
end

-- What the stand-in says or calls, within a limit of tokens; metered.
local function speak(world, target, asked, conversation, guard, limit, stops)
  local said = answer(world, target, asked)
  local use, answered = tools.call(world, conversation, said)
  if answered then
    said = ('This is the rehearsal stand-in for %s: no model runs here. The tools answered: "%s".')
      :format(target.facts.name, answered)
  end
  local text, reason, stopped, tokens = messages.finish(use and json.encode(use.input) or said, limit,
    not use and stops or nil)
  if reason == "max_tokens" then use = nil end -- what came of the input is of no use
  meter(world, target, asked.tokens, tokens)
  local held
  if guard and not use then text, held = guard:output(text) end -- (the input of a tool is not looked at)
  return { text = text, use = use, held = held, reason = use and "tool_use" or reason, stopped = stopped,
    input = asked.tokens, output = tokens }
end

local operations = {}

local others = {} -- by format of the body, below: an answer that has its `body`

-- The answer to an InvokeModel, made and billed.
local function invoke_plan(world, call, params, target)
  local content_type = params.contentType
  if content_type and not content_type:lower():find "^application/json" then
    refuse("ValidationException", "The provided content type is not supported. Use application/json.")
  end
  local accept = params.accept
  if accept and not accept:find "%*/%*" and not accept:lower():find "^application/json" then
    refuse("ValidationException", "The provided accept type is not supported. Use application/json.")
  end
  target = target or target_of(world, call, params.modelId)
  local other = others[target.facts.format]
  if other then
    return other(world, call, target, params)
  elseif target.facts.format ~= "anthropic" then
    refuse("ValidationException", note("Malformed input request, please reformat your input and try again.",
      "the InvokeModel format of " .. target.facts.id .. " is not rehearsed; use Converse"))
  end
  local request = messages.parse(call.body, target.facts)
  local asked = messages.question(request)
  local conversation = messages.conversation(request)
  local guard = guardrail.of_invoke(world, call, params, request)
  local message = guard and guard:input(asked, conversation.messages)
  local plan = { text = message, reason = "end_turn", input = 0, output = 0, id = "msg_bdrk_" .. world:id(24),
    model = target.facts.id:match "^%l+%.(.-)%-v%d+:%d+$" or target.facts.id }
  if not message then
    plan = tables.copy(plan, speak(world, target, asked, conversation, guard, request.max_tokens,
      request.stop_sequences))
    if plan.use then plan.use.toolUseId = plan.use.toolUseId:gsub("^tooluse_", "toolu_bdrk_") end
  end
  plan.latency, plan.members = latency(plan.output), guard and guard:body_members()
  return plan
end

local function invoke_body(plan)
  return plan.body or json.encode(tables.copy({
    id = plan.id, type = "message", role = "assistant", model = plan.model,
    content = json.array { plan.use and { type = "tool_use", id = plan.use.toolUseId, name = plan.use.name,
      input = plan.use.input } or { type = "text", text = plan.text } }, stop_reason = plan.reason,
    stop_sequence = plan.stopped or json.null,
    usage = { input_tokens = plan.input, output_tokens = plan.output },
  }, plan.members))
end

function operations.InvokeModel(world, call, params)
  local plan = invoke_plan(world, call, params)
  local body = invoke_body(plan)
  return { contentType = "application/json" }, { body = body, headers = count_headers(plan.input, plan.output) }
end

function operations.InvokeModelWithResponseStream(world, call, params)
  local target = target_of(world, call, params.modelId)
  if target.facts.output[1] ~= "TEXT" then refuse("ValidationException", "The model is unsupported for streaming.") end
  return stream.invoke(world, call, invoke_plan(world, call, params, target))
end

-- ---- Converse ------------------------------------------------------------------------------

-- The answer to a conversation, made and billed.
local function converse_plan(world, call, params, target, guard)
  target = target or target_of(world, call, params.modelId)
  if target.facts.output[1] ~= "TEXT" then
    refuse("ValidationException", "This action doesn't support the model that you provided. Try again with a "
      .. "supported text or chat model.")
  end
  local limit = converse.check(params, target.facts)
  local asked = converse.question(params)
  guard = guard or guardrail.of_converse(world, call, params)
  local message = guard and guard:input(asked, params.messages)
  if message then -- no model is asked, none is paid
    return { text = message, reason = "guardrail_intervened", input = 0, output = 0, latency = latency(0),
      trace = guard:converse_trace() }
  end
  local plan = speak(world, target, asked, params, guard, limit, (params.inferenceConfig or {}).stopSequences)
  if plan.held then plan.reason, plan.stopped = "guardrail_intervened", nil end
  plan.latency, plan.trace = latency(plan.output), guard and guard:converse_trace()
  return plan
end

local function converse_result(plan)
  return {
    output = { message = { role = "assistant",
      content = { plan.use and { toolUse = plan.use } or { text = plan.text } } } }, stopReason = plan.reason,
    usage = { inputTokens = plan.input, outputTokens = plan.output, totalTokens = plan.input + plan.output },
    metrics = { latencyMs = plan.latency }, trace = plan.trace,
  }
end

-- The parameters of a Converse whose body came another way; or nil and the problems.
local function read_converse(target, body)
  local op = model.service("bedrock-runtime"):operation("Converse")
  return op:parse_request("/model/" .. target.facts.id .. "/converse", "", {}, body)
end

-- Titan's embeddings.
others["titan-embed"] = function(world, call, target)
  local body, tokens = embed.answer(call.body)
  meter(world, target, tokens, 0)
  return { body = body, input = tokens, output = 0 }
end

others["nova-reel"] = function(_, _, target)
  refuse("ValidationException", note("The model isn't supported by this operation.", target.facts.id
    .. " is asked by StartAsyncInvoke"))
end

-- Nova's body is that of Converse, with a version.
function others.nova(world, call, target, params)
  local request = json.decode(call.body)
  if type(request) ~= "table" or json.is_array(request) then
    refuse("ValidationException", "Malformed input request, please reformat your input and try again.")
  end
  local guard = guardrail.of_invoke(world, call, params, request)
  local config = type(request.inferenceConfig) == "table" and request.inferenceConfig or {}
  config.maxTokens, config.max_new_tokens = config.maxTokens or config.max_new_tokens, nil
  config.topK, request.schemaVersion, request.modelId = nil, nil, target.facts.id -- what Converse does not know
  local asked, problems = model.service("bedrock-runtime"):operation("Converse"):check(request)
  if asked then -- no member is unknown; as it is on the wire, a text is no number either
    asked, problems = read_converse(target, json.encode(request))
  end
  if not asked then
    refuse("ValidationException", ("Malformed input request: %s, please reformat your input and try again.")
      :format(problems[1] and problems[1].message or "it is none of Converse"))
  end
  local plan = converse_plan(world, call, asked, target, guard)
  plan.streams, plan.members = "nova", guard and guard:body_members()
  local reply = converse_result(plan)
  reply.metrics, reply.trace = nil, nil
  plan.body = json.encode(tables.copy(reply, plan.members))
  return plan
end

function operations.Converse(world, call, params) return converse_result(converse_plan(world, call, params)) end

function operations.ConverseStream(world, call, params)
  return stream.converse(world, call, converse_plan(world, call, params))
end

function operations.CountTokens(world, call, params)
  local facts, parts = world.catalog:find(params.modelId)
  if not facts or (parts.region and parts.region ~= call.region) then refuse("ValidationException", invalid) end
  local asked
  if params.input.invokeModel then
    asked = messages.question(messages.parse(params.input.invokeModel.body, facts))
  elseif params.input.converse then
    converse.check(params.input.converse, facts)
    asked = converse.question(params.input.converse)
  else
    refuse("ValidationException", "The input must hold invokeModel or converse.")
  end
  return { inputTokens = asked.tokens }
end

-- ---- records of batch jobs -----------------------------------------------------------------

--- Who answers a batch job: a base model, an inference profile, or a custom model by its ARN, which
--- needs no throughput there (that a tuned Claude runs in batch is a guess).  Refuses all others.
---@param call { region: string }
---@param identifier string
---@return moonrock.emulator.Target
function M.batch_target(world, call, identifier)
  local custom = world.bedrock.models[identifier]
  if custom and custom.region == call.region then
    return { facts = world.catalog:find(custom.baseModelArn), custom = custom }
  elseif identifier:find "custom%-model" or identifier:find "provisioned%-model" then
    refuse("ValidationException", invalid)
  end
  local target = foundation(world, call, identifier)
  target.billed = false -- the job is, at its end
  return target
end

--- The answer to one record, with the code of the runtime; raises a refusal as that would. That the guardrail which
--- a record of Converse names is applied is a guess.
---@param target moonrock.emulator.Target
---@param kind "InvokeModel"|"Converse"
---@param input string modelInput as JSON
---@param region string of the job
---@return string output JSON
---@return integer input_tokens
---@return integer output_tokens
function M.batch_answer(world, target, kind, input, region)
  local plan
  if kind == "Converse" then
    local params, problems = read_converse(target, input)
    if not params then refuse("ValidationException", problems[1] and problems[1].message or "malformed request") end
    plan = converse_plan(world, { region = region }, params, target)
    local _, _, body = model.service("bedrock-runtime"):operation("Converse"):build_reply(converse_result(plan))
    return body, plan.input, plan.output
  end
  plan = invoke_plan(world, { body = input, region = region }, {}, target)
  return invoke_body(plan), plan.input, plan.output
end

-- ---- guardrails and asynchronous calls -----------------------------------------------------

operations.ApplyGuardrail = guardrail.runtime_operations.ApplyGuardrail
operations.InvokeGuardrailChecks = guardrail.runtime_operations.InvokeGuardrailChecks

function operations.StartAsyncInvoke(world, call, params)
  return async.start(world, call, params, target_of(world, call, params.modelId).facts)
end

operations.GetAsyncInvoke = async.operations.GetAsyncInvoke
operations.ListAsyncInvokes = async.operations.ListAsyncInvokes

M.operations = operations

return M
