-- SPDX-License-Identifier: MIT
-- Made by bindings/models/stubs.lua of public service description of 2026-11-23; do not edit.
---@meta

---@class moonrock.BedrockRuntime: moonrock.Client
local Client = {}

---@class moonrock.BedrockRuntime.ApplyGuardrailParams
---@field guardrailIdentifier string
---@field guardrailVersion string
---@field source "INPUT"|"OUTPUT"
---@field content moonrock.BedrockRuntime.GuardrailContentBlock[]
---@field outputScope? "INTERVENTIONS"|"FULL"

---@class moonrock.BedrockRuntime.ApplyGuardrailResult: moonrock.Result
---@field usage? moonrock.BedrockRuntime.GuardrailUsage
---@field action? "NONE"|"GUARDRAIL_INTERVENED"
---@field actionReason? string
---@field outputs? moonrock.BedrockRuntime.GuardrailOutputContent[]
---@field assessments? moonrock.BedrockRuntime.GuardrailAssessment[]
---@field guardrailCoverage? moonrock.BedrockRuntime.GuardrailCoverage

---@param params moonrock.BedrockRuntime.ApplyGuardrailParams
---@return moonrock.BedrockRuntime.ApplyGuardrailResult
function Client:apply_guardrail(params) end

---@class moonrock.BedrockRuntime.ConverseParams
---@field modelId string
---@field messages? moonrock.BedrockRuntime.Message[]
---@field system? moonrock.BedrockRuntime.SystemContentBlock[]
---@field inferenceConfig? moonrock.BedrockRuntime.InferenceConfiguration
---@field toolConfig? moonrock.BedrockRuntime.ToolConfiguration
---@field guardrailConfig? moonrock.BedrockRuntime.GuardrailConfiguration
---@field additionalModelRequestFields? any
---@field promptVariables? table<string, moonrock.BedrockRuntime.PromptVariableValues>
---@field additionalModelResponseFieldPaths? string[]
---@field requestMetadata? table<string, string>
---@field performanceConfig? moonrock.BedrockRuntime.PerformanceConfiguration
---@field serviceTier? moonrock.BedrockRuntime.ServiceTier
---@field outputConfig? moonrock.BedrockRuntime.OutputConfig

---@class moonrock.BedrockRuntime.ConverseResult: moonrock.Result
---@field output? moonrock.BedrockRuntime.ConverseOutput
---@field stopReason? string
---@field usage? moonrock.BedrockRuntime.TokenUsage
---@field metrics? moonrock.BedrockRuntime.ConverseMetrics
---@field additionalModelResponseFields? any
---@field trace? moonrock.BedrockRuntime.ConverseTrace
---@field performanceConfig? moonrock.BedrockRuntime.PerformanceConfiguration
---@field serviceTier? moonrock.BedrockRuntime.ServiceTier

---@param params moonrock.BedrockRuntime.ConverseParams
---@return moonrock.BedrockRuntime.ConverseResult
function Client:converse(params) end

---@class moonrock.BedrockRuntime.ConverseStreamParams
---@field modelId string
---@field messages? moonrock.BedrockRuntime.Message[]
---@field system? moonrock.BedrockRuntime.SystemContentBlock[]
---@field inferenceConfig? moonrock.BedrockRuntime.InferenceConfiguration
---@field toolConfig? moonrock.BedrockRuntime.ToolConfiguration
---@field guardrailConfig? moonrock.BedrockRuntime.GuardrailStreamConfiguration
---@field additionalModelRequestFields? any
---@field promptVariables? table<string, moonrock.BedrockRuntime.PromptVariableValues>
---@field additionalModelResponseFieldPaths? string[]
---@field requestMetadata? table<string, string>
---@field performanceConfig? moonrock.BedrockRuntime.PerformanceConfiguration
---@field serviceTier? moonrock.BedrockRuntime.ServiceTier
---@field outputConfig? moonrock.BedrockRuntime.OutputConfig

---@class moonrock.BedrockRuntime.ConverseStreamResult: moonrock.Result
---@field stream? any

---@param params moonrock.BedrockRuntime.ConverseStreamParams
---@return moonrock.BedrockRuntime.ConverseStreamResult
function Client:converse_stream(params) end

---@class moonrock.BedrockRuntime.CountTokensParams
---@field modelId string
---@field input moonrock.BedrockRuntime.CountTokensInput

---@class moonrock.BedrockRuntime.CountTokensResult: moonrock.Result
---@field inputTokens? integer

---@param params moonrock.BedrockRuntime.CountTokensParams
---@return moonrock.BedrockRuntime.CountTokensResult
function Client:count_tokens(params) end

---@class moonrock.BedrockRuntime.GetAsyncInvokeParams
---@field invocationArn string

---@class moonrock.BedrockRuntime.GetAsyncInvokeResult: moonrock.Result
---@field invocationArn? string
---@field modelArn? string
---@field clientRequestToken? string
---@field status? "InProgress"|"Completed"|"Failed"
---@field failureMessage? string
---@field submitTime? number|string
---@field lastModifiedTime? number|string
---@field endTime? number|string
---@field outputDataConfig? moonrock.BedrockRuntime.AsyncInvokeOutputDataConfig

---@param params moonrock.BedrockRuntime.GetAsyncInvokeParams
---@return moonrock.BedrockRuntime.GetAsyncInvokeResult
function Client:get_async_invoke(params) end

---@class moonrock.BedrockRuntime.InvokeGuardrailChecksParams
---@field messages moonrock.BedrockRuntime.GuardrailChecksMessage[]
---@field checks moonrock.BedrockRuntime.GuardrailChecksConfig

---@class moonrock.BedrockRuntime.InvokeGuardrailChecksResult: moonrock.Result
---@field results? moonrock.BedrockRuntime.GuardrailChecksResults
---@field usage? moonrock.BedrockRuntime.GuardrailChecksUsageResults

---@param params moonrock.BedrockRuntime.InvokeGuardrailChecksParams
---@return moonrock.BedrockRuntime.InvokeGuardrailChecksResult
function Client:invoke_guardrail_checks(params) end

---@class moonrock.BedrockRuntime.InvokeModelParams
---@field body? string
---@field contentType? string
---@field accept? string
---@field modelId string
---@field trace? "ENABLED"|"DISABLED"|"ENABLED_FULL"
---@field guardrailIdentifier? string
---@field guardrailVersion? string
---@field performanceConfigLatency? "standard"|"optimized"
---@field serviceTier? "priority"|"default"|"flex"|"reserved"
---@field requestMetadata? string

---@class moonrock.BedrockRuntime.InvokeModelResult: moonrock.Result
---@field body? moonrock.Reader
---@field contentType? string
---@field performanceConfigLatency? "standard"|"optimized"
---@field serviceTier? "priority"|"default"|"flex"|"reserved"

---@param params moonrock.BedrockRuntime.InvokeModelParams
---@return moonrock.BedrockRuntime.InvokeModelResult
function Client:invoke_model(params) end

---@class moonrock.BedrockRuntime.InvokeModelWithBidirectionalStreamParams
---@field modelId string
---@field body any

---@class moonrock.BedrockRuntime.InvokeModelWithBidirectionalStreamResult: moonrock.Result
---@field body? any

---@param params moonrock.BedrockRuntime.InvokeModelWithBidirectionalStreamParams
---@return moonrock.BedrockRuntime.InvokeModelWithBidirectionalStreamResult
function Client:invoke_model_with_bidirectional_stream(params) end

---@class moonrock.BedrockRuntime.InvokeModelWithResponseStreamParams
---@field body? string
---@field contentType? string
---@field accept? string
---@field modelId string
---@field trace? "ENABLED"|"DISABLED"|"ENABLED_FULL"
---@field guardrailIdentifier? string
---@field guardrailVersion? string
---@field performanceConfigLatency? "standard"|"optimized"
---@field serviceTier? "priority"|"default"|"flex"|"reserved"
---@field requestMetadata? string

---@class moonrock.BedrockRuntime.InvokeModelWithResponseStreamResult: moonrock.Result
---@field body? any
---@field contentType? string
---@field performanceConfigLatency? "standard"|"optimized"
---@field serviceTier? "priority"|"default"|"flex"|"reserved"

---@param params moonrock.BedrockRuntime.InvokeModelWithResponseStreamParams
---@return moonrock.BedrockRuntime.InvokeModelWithResponseStreamResult
function Client:invoke_model_with_response_stream(params) end

---@class moonrock.BedrockRuntime.ListAsyncInvokesParams
---@field submitTimeAfter? number|string
---@field submitTimeBefore? number|string
---@field statusEquals? "InProgress"|"Completed"|"Failed"
---@field maxResults? integer
---@field nextToken? string
---@field sortBy? "SubmissionTime"
---@field sortOrder? "Ascending"|"Descending"

---@class moonrock.BedrockRuntime.ListAsyncInvokesResult: moonrock.Result
---@field nextToken? string
---@field asyncInvokeSummaries? moonrock.BedrockRuntime.AsyncInvokeSummary[]

---@param params? moonrock.BedrockRuntime.ListAsyncInvokesParams
---@return moonrock.BedrockRuntime.ListAsyncInvokesResult
function Client:list_async_invokes(params) end

---@class moonrock.BedrockRuntime.StartAsyncInvokeParams
---@field clientRequestToken? string
---@field modelId string
---@field modelInput any
---@field outputDataConfig moonrock.BedrockRuntime.AsyncInvokeOutputDataConfig
---@field tags? moonrock.BedrockRuntime.Tag[]

---@class moonrock.BedrockRuntime.StartAsyncInvokeResult: moonrock.Result
---@field invocationArn? string

---@param params moonrock.BedrockRuntime.StartAsyncInvokeParams
---@return moonrock.BedrockRuntime.StartAsyncInvokeResult
function Client:start_async_invoke(params) end

---`runtime:text(reply)`: the same as a method.
function Client:text(reply) end

---`runtime:usage(reply)`: the same as a method.
function Client:usage(reply) end

---`runtime:chat { modelId =, messages =, tools =, schema = }`: converse until there is an answer.
function Client:chat(options) end

---`for piece in runtime:texts(reply) do io.write(piece) end`, of a stream.
function Client:texts(reply) end

---`runtime:collect(reply [, on_text])`: all that a stream says, once it is complete.
function Client:collect(reply, on_text) end

---@class moonrock.BedrockRuntime.GuardrailContentBlock
---@field text? moonrock.BedrockRuntime.GuardrailTextBlock
---@field image? moonrock.BedrockRuntime.GuardrailImageBlock

---@class moonrock.BedrockRuntime.GuardrailUsage
---@field topicPolicyUnits integer
---@field contentPolicyUnits integer
---@field wordPolicyUnits integer
---@field sensitiveInformationPolicyUnits integer
---@field sensitiveInformationPolicyFreeUnits integer
---@field contextualGroundingPolicyUnits integer
---@field contentPolicyImageUnits? integer
---@field automatedReasoningPolicyUnits? integer
---@field automatedReasoningPolicies? integer

---@class moonrock.BedrockRuntime.GuardrailOutputContent
---@field text? string

---@class moonrock.BedrockRuntime.GuardrailAssessment
---@field topicPolicy? moonrock.BedrockRuntime.GuardrailTopicPolicyAssessment
---@field contentPolicy? moonrock.BedrockRuntime.GuardrailContentPolicyAssessment
---@field wordPolicy? moonrock.BedrockRuntime.GuardrailWordPolicyAssessment
---@field sensitiveInformationPolicy? moonrock.BedrockRuntime.GuardrailSensitiveInformationPolicyAssessment
---@field contextualGroundingPolicy? moonrock.BedrockRuntime.GuardrailContextualGroundingPolicyAssessment
---@field automatedReasoningPolicy? moonrock.BedrockRuntime.GuardrailAutomatedReasoningPolicyAssessment
---@field invocationMetrics? moonrock.BedrockRuntime.GuardrailInvocationMetrics
---@field appliedGuardrailDetails? moonrock.BedrockRuntime.AppliedGuardrailDetails

---@class moonrock.BedrockRuntime.GuardrailCoverage
---@field textCharacters? moonrock.BedrockRuntime.GuardrailTextCharactersCoverage
---@field images? moonrock.BedrockRuntime.GuardrailImageCoverage

---@class moonrock.BedrockRuntime.Message
---@field role "user"|"assistant"|"system"
---@field content moonrock.BedrockRuntime.ContentBlock[]

---@class moonrock.BedrockRuntime.SystemContentBlock
---@field text? string
---@field guardContent? moonrock.BedrockRuntime.GuardrailConverseContentBlock
---@field cachePoint? moonrock.BedrockRuntime.CachePointBlock

---@class moonrock.BedrockRuntime.InferenceConfiguration
---@field maxTokens? integer
---@field temperature? number
---@field topP? number
---@field stopSequences? string[]

---@class moonrock.BedrockRuntime.ToolConfiguration
---@field tools moonrock.BedrockRuntime.Tool[]
---@field toolChoice? moonrock.BedrockRuntime.ToolChoice

---@class moonrock.BedrockRuntime.GuardrailConfiguration
---@field guardrailIdentifier? string
---@field guardrailVersion? string
---@field trace? "enabled"|"disabled"|"enabled_full"

---@class moonrock.BedrockRuntime.PromptVariableValues
---@field text? string

---@class moonrock.BedrockRuntime.PerformanceConfiguration
---@field latency? "standard"|"optimized"

---@class moonrock.BedrockRuntime.ServiceTier
---@field type "priority"|"default"|"flex"|"reserved"

---@class moonrock.BedrockRuntime.OutputConfig
---@field textFormat? moonrock.BedrockRuntime.OutputFormat
---@field effort? string

---@class moonrock.BedrockRuntime.ConverseOutput
---@field message? moonrock.BedrockRuntime.Message

---@class moonrock.BedrockRuntime.TokenUsage
---@field inputTokens integer
---@field outputTokens integer
---@field totalTokens integer
---@field cacheReadInputTokens? integer
---@field cacheWriteInputTokens? integer
---@field cacheDetails? moonrock.BedrockRuntime.CacheDetail[]

---@class moonrock.BedrockRuntime.ConverseMetrics
---@field latencyMs integer

---@class moonrock.BedrockRuntime.ConverseTrace
---@field guardrail? moonrock.BedrockRuntime.GuardrailTraceAssessment
---@field promptRouter? moonrock.BedrockRuntime.PromptRouterTrace

---@class moonrock.BedrockRuntime.GuardrailStreamConfiguration
---@field guardrailIdentifier? string
---@field guardrailVersion? string
---@field trace? "enabled"|"disabled"|"enabled_full"
---@field streamProcessingMode? "sync"|"async"

---@class moonrock.BedrockRuntime.CountTokensInput
---@field invokeModel? moonrock.BedrockRuntime.InvokeModelTokensRequest
---@field converse? moonrock.BedrockRuntime.ConverseTokensRequest

---@class moonrock.BedrockRuntime.AsyncInvokeOutputDataConfig
---@field s3OutputDataConfig? moonrock.BedrockRuntime.AsyncInvokeS3OutputDataConfig

---@class moonrock.BedrockRuntime.GuardrailChecksMessage
---@field role "user"|"assistant"|"system"
---@field content moonrock.BedrockRuntime.GuardrailChecksContentBlock[]

---@class moonrock.BedrockRuntime.GuardrailChecksConfig
---@field contentFilter? moonrock.BedrockRuntime.GuardrailChecksContentFilterConfig
---@field promptAttack? moonrock.BedrockRuntime.GuardrailChecksPromptAttackConfig
---@field sensitiveInformation? moonrock.BedrockRuntime.GuardrailChecksSensitiveInformationConfig

---@class moonrock.BedrockRuntime.GuardrailChecksResults
---@field contentFilter? moonrock.BedrockRuntime.GuardrailChecksContentFilterResult
---@field promptAttack? moonrock.BedrockRuntime.GuardrailChecksPromptAttackResult
---@field sensitiveInformation? moonrock.BedrockRuntime.GuardrailChecksSensitiveInformationResult

---@class moonrock.BedrockRuntime.GuardrailChecksUsageResults
---@field contentFilter? moonrock.BedrockRuntime.GuardrailChecksContentFilterUsage
---@field promptAttack? moonrock.BedrockRuntime.GuardrailChecksPromptAttackUsage
---@field sensitiveInformation? moonrock.BedrockRuntime.GuardrailChecksSensitiveInformationUsage

---@class moonrock.BedrockRuntime.AsyncInvokeSummary
---@field invocationArn string
---@field modelArn string
---@field clientRequestToken? string
---@field status? "InProgress"|"Completed"|"Failed"
---@field failureMessage? string
---@field submitTime number|string
---@field lastModifiedTime? number|string
---@field endTime? number|string
---@field outputDataConfig moonrock.BedrockRuntime.AsyncInvokeOutputDataConfig

---@class moonrock.BedrockRuntime.Tag
---@field key string
---@field value string

---@class moonrock.BedrockRuntime.GuardrailTextBlock
---@field text string
---@field qualifiers? ("grounding_source"|"query"|"guard_content")[]

---@class moonrock.BedrockRuntime.GuardrailImageBlock
---@field format "png"|"jpeg"
---@field source moonrock.BedrockRuntime.GuardrailImageSource

---@class moonrock.BedrockRuntime.GuardrailTopicPolicyAssessment
---@field topics moonrock.BedrockRuntime.GuardrailTopic[]

---@class moonrock.BedrockRuntime.GuardrailContentPolicyAssessment
---@field filters moonrock.BedrockRuntime.GuardrailContentFilter[]

---@class moonrock.BedrockRuntime.GuardrailWordPolicyAssessment
---@field customWords moonrock.BedrockRuntime.GuardrailCustomWord[]
---@field managedWordLists moonrock.BedrockRuntime.GuardrailManagedWord[]

---@class moonrock.BedrockRuntime.GuardrailSensitiveInformationPolicyAssessment
---@field piiEntities moonrock.BedrockRuntime.GuardrailPiiEntityFilter[]
---@field regexes moonrock.BedrockRuntime.GuardrailRegexFilter[]

---@class moonrock.BedrockRuntime.GuardrailContextualGroundingPolicyAssessment
---@field filters? moonrock.BedrockRuntime.GuardrailContextualGroundingFilter[]

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningPolicyAssessment
---@field findings? moonrock.BedrockRuntime.GuardrailAutomatedReasoningFinding[]

---@class moonrock.BedrockRuntime.GuardrailInvocationMetrics
---@field guardrailProcessingLatency? integer
---@field usage? moonrock.BedrockRuntime.GuardrailUsage
---@field guardrailCoverage? moonrock.BedrockRuntime.GuardrailCoverage

---@class moonrock.BedrockRuntime.AppliedGuardrailDetails
---@field guardrailId? string
---@field guardrailVersion? string
---@field guardrailArn? string
---@field guardrailOrigin? ("REQUEST"|"ACCOUNT_ENFORCED"|"ORGANIZATION_ENFORCED")[]
---@field guardrailOwnership? "SELF"|"CROSS_ACCOUNT"

---@class moonrock.BedrockRuntime.GuardrailTextCharactersCoverage
---@field guarded? integer
---@field total? integer

---@class moonrock.BedrockRuntime.GuardrailImageCoverage
---@field guarded? integer
---@field total? integer

---@class moonrock.BedrockRuntime.ContentBlock
---@field text? string
---@field image? moonrock.BedrockRuntime.ImageBlock
---@field document? moonrock.BedrockRuntime.DocumentBlock
---@field video? moonrock.BedrockRuntime.VideoBlock
---@field audio? moonrock.BedrockRuntime.AudioBlock
---@field toolUse? moonrock.BedrockRuntime.ToolUseBlock
---@field toolResult? moonrock.BedrockRuntime.ToolResultBlock
---@field guardContent? moonrock.BedrockRuntime.GuardrailConverseContentBlock
---@field cachePoint? moonrock.BedrockRuntime.CachePointBlock
---@field reasoningContent? moonrock.BedrockRuntime.ReasoningContentBlock
---@field citationsContent? moonrock.BedrockRuntime.CitationsContentBlock
---@field searchResult? moonrock.BedrockRuntime.SearchResultBlock
---@field toolAddition? moonrock.BedrockRuntime.ToolAdditionBlock
---@field toolRemoval? moonrock.BedrockRuntime.ToolRemovalBlock

---@class moonrock.BedrockRuntime.GuardrailConverseContentBlock
---@field text? moonrock.BedrockRuntime.GuardrailConverseTextBlock
---@field image? moonrock.BedrockRuntime.GuardrailConverseImageBlock

---@class moonrock.BedrockRuntime.CachePointBlock
---@field type "default"
---@field ttl? "5m"|"1h"

---@class moonrock.BedrockRuntime.Tool
---@field toolSpec? moonrock.BedrockRuntime.ToolSpecification
---@field systemTool? moonrock.BedrockRuntime.SystemTool
---@field cachePoint? moonrock.BedrockRuntime.CachePointBlock

---@class moonrock.BedrockRuntime.ToolChoice
---@field auto? moonrock.BedrockRuntime.AutoToolChoice
---@field any? moonrock.BedrockRuntime.AnyToolChoice
---@field tool? moonrock.BedrockRuntime.SpecificToolChoice

---@class moonrock.BedrockRuntime.OutputFormat
---@field type "json_schema"
---@field structure moonrock.BedrockRuntime.OutputFormatStructure

---@class moonrock.BedrockRuntime.CacheDetail
---@field ttl "5m"|"1h"
---@field inputTokens integer

---@class moonrock.BedrockRuntime.GuardrailTraceAssessment
---@field modelOutput? string[]
---@field inputAssessment? table<string, moonrock.BedrockRuntime.GuardrailAssessment>
---@field outputAssessments? table<string, moonrock.BedrockRuntime.GuardrailAssessment[]>
---@field actionReason? string

---@class moonrock.BedrockRuntime.PromptRouterTrace
---@field invokedModelId? string

---@class moonrock.BedrockRuntime.InvokeModelTokensRequest
---@field body string

---@class moonrock.BedrockRuntime.ConverseTokensRequest
---@field messages? moonrock.BedrockRuntime.Message[]
---@field system? moonrock.BedrockRuntime.SystemContentBlock[]
---@field toolConfig? moonrock.BedrockRuntime.ToolConfiguration
---@field additionalModelRequestFields? any

---@class moonrock.BedrockRuntime.AsyncInvokeS3OutputDataConfig
---@field s3Uri string
---@field kmsKeyId? string
---@field bucketOwner? string

---@class moonrock.BedrockRuntime.GuardrailChecksContentBlock
---@field text? string

---@class moonrock.BedrockRuntime.GuardrailChecksContentFilterConfig
---@field categories moonrock.BedrockRuntime.GuardrailChecksContentFilterCategoryConfig[]

---@class moonrock.BedrockRuntime.GuardrailChecksPromptAttackConfig
---@field categories moonrock.BedrockRuntime.GuardrailChecksPromptAttackCategoryConfig[]

---@class moonrock.BedrockRuntime.GuardrailChecksSensitiveInformationConfig
---@field entities moonrock.BedrockRuntime.GuardrailChecksSensitiveInformationEntityConfig[]

---@class moonrock.BedrockRuntime.GuardrailChecksContentFilterResult
---@field results moonrock.BedrockRuntime.GuardrailChecksContentFilterResultEntry[]

---@class moonrock.BedrockRuntime.GuardrailChecksPromptAttackResult
---@field results moonrock.BedrockRuntime.GuardrailChecksPromptAttackResultEntry[]

---@class moonrock.BedrockRuntime.GuardrailChecksSensitiveInformationResult
---@field results moonrock.BedrockRuntime.GuardrailChecksSensitiveInformationResultEntry[]
---@field truncated? boolean

---@class moonrock.BedrockRuntime.GuardrailChecksContentFilterUsage
---@field textUnits integer

---@class moonrock.BedrockRuntime.GuardrailChecksPromptAttackUsage
---@field textUnits integer

---@class moonrock.BedrockRuntime.GuardrailChecksSensitiveInformationUsage
---@field textUnits integer

---@class moonrock.BedrockRuntime.GuardrailImageSource
---@field bytes? string

---@class moonrock.BedrockRuntime.GuardrailTopic
---@field name string
---@field type "DENY"
---@field action "BLOCKED"|"NONE"
---@field detected? boolean

---@class moonrock.BedrockRuntime.GuardrailContentFilter
---@field type "INSULTS"|"HATE"|"SEXUAL"|"VIOLENCE"|"MISCONDUCT"|"PROMPT_ATTACK"
---@field confidence "NONE"|"LOW"|"MEDIUM"|"HIGH"
---@field filterStrength? "NONE"|"LOW"|"MEDIUM"|"HIGH"
---@field action "BLOCKED"|"NONE"
---@field detected? boolean

---@class moonrock.BedrockRuntime.GuardrailCustomWord
---@field match string
---@field action "BLOCKED"|"NONE"
---@field detected? boolean

---@class moonrock.BedrockRuntime.GuardrailManagedWord
---@field match string
---@field type "PROFANITY"
---@field action "BLOCKED"|"NONE"
---@field detected? boolean

---@class moonrock.BedrockRuntime.GuardrailPiiEntityFilter
---@field match string
---@field type string
---@field action "ANONYMIZED"|"BLOCKED"|"NONE"
---@field detected? boolean

---@class moonrock.BedrockRuntime.GuardrailRegexFilter
---@field name? string
---@field match? string
---@field regex? string
---@field action "ANONYMIZED"|"BLOCKED"|"NONE"
---@field detected? boolean

---@class moonrock.BedrockRuntime.GuardrailContextualGroundingFilter
---@field type "GROUNDING"|"RELEVANCE"
---@field threshold number
---@field score number
---@field action "BLOCKED"|"NONE"
---@field detected? boolean

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningFinding
---@field valid? moonrock.BedrockRuntime.GuardrailAutomatedReasoningValidFinding
---@field invalid? moonrock.BedrockRuntime.GuardrailAutomatedReasoningInvalidFinding
---@field satisfiable? moonrock.BedrockRuntime.GuardrailAutomatedReasoningSatisfiableFinding
---@field impossible? moonrock.BedrockRuntime.GuardrailAutomatedReasoningImpossibleFinding
---@field translationAmbiguous? moonrock.BedrockRuntime.GuardrailAutomatedReasoningTranslationAmbiguousFinding
---@field tooComplex? moonrock.BedrockRuntime.GuardrailAutomatedReasoningTooComplexFinding
---@field noTranslations? moonrock.BedrockRuntime.GuardrailAutomatedReasoningNoTranslationsFinding

---@class moonrock.BedrockRuntime.ImageBlock
---@field format "png"|"jpeg"|"gif"|"webp"
---@field source moonrock.BedrockRuntime.ImageSource
---@field error? moonrock.BedrockRuntime.ErrorBlock

---@class moonrock.BedrockRuntime.DocumentBlock
---@field format? string
---@field name string
---@field source moonrock.BedrockRuntime.DocumentSource
---@field context? string
---@field citations? moonrock.BedrockRuntime.CitationsConfig

---@class moonrock.BedrockRuntime.VideoBlock
---@field format string
---@field source moonrock.BedrockRuntime.VideoSource

---@class moonrock.BedrockRuntime.AudioBlock
---@field format string
---@field source moonrock.BedrockRuntime.AudioSource
---@field error? moonrock.BedrockRuntime.ErrorBlock

---@class moonrock.BedrockRuntime.ToolUseBlock
---@field toolUseId string
---@field name string
---@field input any
---@field type? "server_tool_use"

---@class moonrock.BedrockRuntime.ToolResultBlock
---@field toolUseId string
---@field content moonrock.BedrockRuntime.ToolResultContentBlock[]
---@field status? "success"|"error"
---@field type? string

---@class moonrock.BedrockRuntime.ReasoningContentBlock
---@field reasoningText? moonrock.BedrockRuntime.ReasoningTextBlock
---@field redactedContent? string

---@class moonrock.BedrockRuntime.CitationsContentBlock
---@field content? moonrock.BedrockRuntime.CitationGeneratedContent[]
---@field citations? moonrock.BedrockRuntime.Citation[]

---@class moonrock.BedrockRuntime.SearchResultBlock
---@field source string
---@field title string
---@field content moonrock.BedrockRuntime.SearchResultContentBlock[]
---@field citations? moonrock.BedrockRuntime.CitationsConfig

---@class moonrock.BedrockRuntime.ToolAdditionBlock
---@field tool moonrock.BedrockRuntime.ToolReference

---@class moonrock.BedrockRuntime.ToolRemovalBlock
---@field tool moonrock.BedrockRuntime.ToolReference

---@class moonrock.BedrockRuntime.GuardrailConverseTextBlock
---@field text string
---@field qualifiers? ("grounding_source"|"query"|"guard_content")[]

---@class moonrock.BedrockRuntime.GuardrailConverseImageBlock
---@field format "png"|"jpeg"
---@field source moonrock.BedrockRuntime.GuardrailConverseImageSource

---@class moonrock.BedrockRuntime.ToolSpecification
---@field name string
---@field description? string
---@field inputSchema moonrock.BedrockRuntime.ToolInputSchema
---@field strict? boolean

---@class moonrock.BedrockRuntime.SystemTool
---@field name string

---@class moonrock.BedrockRuntime.AutoToolChoice

---@class moonrock.BedrockRuntime.AnyToolChoice

---@class moonrock.BedrockRuntime.SpecificToolChoice
---@field name string

---@class moonrock.BedrockRuntime.OutputFormatStructure
---@field jsonSchema? moonrock.BedrockRuntime.JsonSchemaDefinition

---@class moonrock.BedrockRuntime.GuardrailChecksContentFilterCategoryConfig
---@field category "VIOLENCE"|"HATE"|"SEXUAL"|"MISCONDUCT"|"INSULTS"

---@class moonrock.BedrockRuntime.GuardrailChecksPromptAttackCategoryConfig
---@field category "JAILBREAK"|"PROMPT_INJECTION"|"PROMPT_LEAKAGE"

---@class moonrock.BedrockRuntime.GuardrailChecksSensitiveInformationEntityConfig
---@field type string

---@class moonrock.BedrockRuntime.GuardrailChecksContentFilterResultEntry
---@field category "VIOLENCE"|"HATE"|"SEXUAL"|"MISCONDUCT"|"INSULTS"
---@field severityScore number

---@class moonrock.BedrockRuntime.GuardrailChecksPromptAttackResultEntry
---@field category "JAILBREAK"|"PROMPT_INJECTION"|"PROMPT_LEAKAGE"
---@field severityScore number

---@class moonrock.BedrockRuntime.GuardrailChecksSensitiveInformationResultEntry
---@field type string
---@field confidenceScore number
---@field beginOffset integer
---@field endOffset integer
---@field messageIndex integer
---@field contentIndex integer

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningValidFinding
---@field translation? moonrock.BedrockRuntime.GuardrailAutomatedReasoningTranslation
---@field claimsTrueScenario? moonrock.BedrockRuntime.GuardrailAutomatedReasoningScenario
---@field supportingRules? moonrock.BedrockRuntime.GuardrailAutomatedReasoningRule[]
---@field logicWarning? moonrock.BedrockRuntime.GuardrailAutomatedReasoningLogicWarning

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningInvalidFinding
---@field translation? moonrock.BedrockRuntime.GuardrailAutomatedReasoningTranslation
---@field contradictingRules? moonrock.BedrockRuntime.GuardrailAutomatedReasoningRule[]
---@field logicWarning? moonrock.BedrockRuntime.GuardrailAutomatedReasoningLogicWarning

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningSatisfiableFinding
---@field translation? moonrock.BedrockRuntime.GuardrailAutomatedReasoningTranslation
---@field claimsTrueScenario? moonrock.BedrockRuntime.GuardrailAutomatedReasoningScenario
---@field claimsFalseScenario? moonrock.BedrockRuntime.GuardrailAutomatedReasoningScenario
---@field logicWarning? moonrock.BedrockRuntime.GuardrailAutomatedReasoningLogicWarning

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningImpossibleFinding
---@field translation? moonrock.BedrockRuntime.GuardrailAutomatedReasoningTranslation
---@field contradictingRules? moonrock.BedrockRuntime.GuardrailAutomatedReasoningRule[]
---@field logicWarning? moonrock.BedrockRuntime.GuardrailAutomatedReasoningLogicWarning

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningTranslationAmbiguousFinding
---@field options? moonrock.BedrockRuntime.GuardrailAutomatedReasoningTranslationOption[]
---@field differenceScenarios? moonrock.BedrockRuntime.GuardrailAutomatedReasoningScenario[]

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningTooComplexFinding

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningNoTranslationsFinding

---@class moonrock.BedrockRuntime.ImageSource
---@field bytes? string
---@field s3Location? moonrock.BedrockRuntime.S3Location

---@class moonrock.BedrockRuntime.ErrorBlock
---@field message? string

---@class moonrock.BedrockRuntime.DocumentSource
---@field bytes? string
---@field s3Location? moonrock.BedrockRuntime.S3Location
---@field text? string
---@field content? moonrock.BedrockRuntime.DocumentContentBlock[]

---@class moonrock.BedrockRuntime.CitationsConfig
---@field enabled boolean

---@class moonrock.BedrockRuntime.VideoSource
---@field bytes? string
---@field s3Location? moonrock.BedrockRuntime.S3Location

---@class moonrock.BedrockRuntime.AudioSource
---@field bytes? string
---@field s3Location? moonrock.BedrockRuntime.S3Location

---@class moonrock.BedrockRuntime.ToolResultContentBlock
---@field json? any
---@field text? string
---@field image? moonrock.BedrockRuntime.ImageBlock
---@field document? moonrock.BedrockRuntime.DocumentBlock
---@field video? moonrock.BedrockRuntime.VideoBlock
---@field searchResult? moonrock.BedrockRuntime.SearchResultBlock

---@class moonrock.BedrockRuntime.ReasoningTextBlock
---@field text string
---@field signature? string

---@class moonrock.BedrockRuntime.CitationGeneratedContent
---@field text? string

---@class moonrock.BedrockRuntime.Citation
---@field title? string
---@field source? string
---@field sourceContent? moonrock.BedrockRuntime.CitationSourceContent[]
---@field location? moonrock.BedrockRuntime.CitationLocation

---@class moonrock.BedrockRuntime.SearchResultContentBlock
---@field text string

---@class moonrock.BedrockRuntime.ToolReference
---@field type? string
---@field name? string
---@field serverName? string

---@class moonrock.BedrockRuntime.GuardrailConverseImageSource
---@field bytes? string

---@class moonrock.BedrockRuntime.ToolInputSchema
---@field json? any

---@class moonrock.BedrockRuntime.JsonSchemaDefinition
---@field schema string
---@field name? string
---@field description? string

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningTranslation
---@field premises? moonrock.BedrockRuntime.GuardrailAutomatedReasoningStatement[]
---@field claims? moonrock.BedrockRuntime.GuardrailAutomatedReasoningStatement[]
---@field untranslatedPremises? moonrock.BedrockRuntime.GuardrailAutomatedReasoningInputTextReference[]
---@field untranslatedClaims? moonrock.BedrockRuntime.GuardrailAutomatedReasoningInputTextReference[]
---@field confidence? number

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningScenario
---@field statements? moonrock.BedrockRuntime.GuardrailAutomatedReasoningStatement[]

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningRule
---@field identifier? string
---@field policyVersionArn? string

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningLogicWarning
---@field type? "ALWAYS_FALSE"|"ALWAYS_TRUE"
---@field premises? moonrock.BedrockRuntime.GuardrailAutomatedReasoningStatement[]
---@field claims? moonrock.BedrockRuntime.GuardrailAutomatedReasoningStatement[]

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningTranslationOption
---@field translations? moonrock.BedrockRuntime.GuardrailAutomatedReasoningTranslation[]

---@class moonrock.BedrockRuntime.S3Location
---@field uri string
---@field bucketOwner? string

---@class moonrock.BedrockRuntime.DocumentContentBlock
---@field text? string

---@class moonrock.BedrockRuntime.CitationSourceContent
---@field text? string

---@class moonrock.BedrockRuntime.CitationLocation
---@field web? moonrock.BedrockRuntime.WebLocation
---@field documentChar? moonrock.BedrockRuntime.DocumentCharLocation
---@field documentPage? moonrock.BedrockRuntime.DocumentPageLocation
---@field documentChunk? moonrock.BedrockRuntime.DocumentChunkLocation
---@field searchResultLocation? moonrock.BedrockRuntime.SearchResultLocation

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningStatement
---@field logic? string
---@field naturalLanguage? string

---@class moonrock.BedrockRuntime.GuardrailAutomatedReasoningInputTextReference
---@field text? string

---@class moonrock.BedrockRuntime.WebLocation
---@field url? string
---@field domain? string

---@class moonrock.BedrockRuntime.DocumentCharLocation
---@field documentIndex? integer
---@field start? integer
---@field end? integer

---@class moonrock.BedrockRuntime.DocumentPageLocation
---@field documentIndex? integer
---@field start? integer
---@field end? integer

---@class moonrock.BedrockRuntime.DocumentChunkLocation
---@field documentIndex? integer
---@field start? integer
---@field end? integer

---@class moonrock.BedrockRuntime.SearchResultLocation
---@field searchResultIndex? integer
---@field start? integer
---@field end? integer

return Client
