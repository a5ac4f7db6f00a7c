-- SPDX-License-Identifier: MIT
-- Made by bindings/models/stubs.lua of public service description of 2026-11-23; do not edit.
---@meta

---@class moonrock.Bedrock: moonrock.Client
local Client = {}

---@class moonrock.Bedrock.BatchDeleteAdvancedPromptOptimizationJobParams
---@field jobIdentifiers string[]

---@class moonrock.Bedrock.BatchDeleteAdvancedPromptOptimizationJobResult: moonrock.Result
---@field errors? moonrock.Bedrock.BatchDeleteAdvancedPromptOptimizationJobError[]
---@field advancedPromptOptimizationJobs? moonrock.Bedrock.BatchDeleteAdvancedPromptOptimizationJobItem[]

---@param params moonrock.Bedrock.BatchDeleteAdvancedPromptOptimizationJobParams
---@return moonrock.Bedrock.BatchDeleteAdvancedPromptOptimizationJobResult
function Client:batch_delete_advanced_prompt_optimization_job(params) end

---@class moonrock.Bedrock.BatchDeleteEvaluationJobParams
---@field jobIdentifiers string[]

---@class moonrock.Bedrock.BatchDeleteEvaluationJobResult: moonrock.Result
---@field errors? moonrock.Bedrock.BatchDeleteEvaluationJobError[]
---@field evaluationJobs? moonrock.Bedrock.BatchDeleteEvaluationJobItem[]

---@param params moonrock.Bedrock.BatchDeleteEvaluationJobParams
---@return moonrock.Bedrock.BatchDeleteEvaluationJobResult
function Client:batch_delete_evaluation_job(params) end

---@class moonrock.Bedrock.CancelAutomatedReasoningPolicyBuildWorkflowParams
---@field policyArn string
---@field buildWorkflowId string

---@param params moonrock.Bedrock.CancelAutomatedReasoningPolicyBuildWorkflowParams
---@return moonrock.Result
function Client:cancel_automated_reasoning_policy_build_workflow(params) end

---@class moonrock.Bedrock.CreateAdvancedPromptOptimizationJobParams
---@field jobName string
---@field jobDescription? string
---@field clientToken? string
---@field inputConfig moonrock.Bedrock.AdvancedPromptOptimizationInputConfig
---@field outputConfig moonrock.Bedrock.AdvancedPromptOptimizationOutputConfig
---@field encryptionKeyArn? string
---@field tags? moonrock.Bedrock.Tag[]
---@field modelConfigurations moonrock.Bedrock.ModelConfiguration[]

---@class moonrock.Bedrock.CreateAdvancedPromptOptimizationJobResult: moonrock.Result
---@field jobArn? string

---@param params moonrock.Bedrock.CreateAdvancedPromptOptimizationJobParams
---@return moonrock.Bedrock.CreateAdvancedPromptOptimizationJobResult
function Client:create_advanced_prompt_optimization_job(params) end

---@class moonrock.Bedrock.CreateAutomatedReasoningPolicyParams
---@field name string
---@field description? string
---@field clientRequestToken? string
---@field policyDefinition? moonrock.Bedrock.AutomatedReasoningPolicyDefinition
---@field kmsKeyId? string
---@field tags? moonrock.Bedrock.Tag[]

---@class moonrock.Bedrock.CreateAutomatedReasoningPolicyResult: moonrock.Result
---@field policyArn? string
---@field version? string
---@field name? string
---@field description? string
---@field definitionHash? string
---@field createdAt? number|string
---@field updatedAt? number|string

---@param params moonrock.Bedrock.CreateAutomatedReasoningPolicyParams
---@return moonrock.Bedrock.CreateAutomatedReasoningPolicyResult
function Client:create_automated_reasoning_policy(params) end

---@class moonrock.Bedrock.CreateAutomatedReasoningPolicyTestCaseParams
---@field policyArn string
---@field guardContent string
---@field queryContent? string
---@field expectedAggregatedFindingsResult "VALID"|"INVALID"|"SATISFIABLE"|"IMPOSSIBLE"|"TRANSLATION_AMBIGUOUS"|"TOO_COMPLEX"|"NO_TRANSLATION"
---@field clientRequestToken? string
---@field confidenceThreshold? number

---@class moonrock.Bedrock.CreateAutomatedReasoningPolicyTestCaseResult: moonrock.Result
---@field policyArn? string
---@field testCaseId? string

---@param params moonrock.Bedrock.CreateAutomatedReasoningPolicyTestCaseParams
---@return moonrock.Bedrock.CreateAutomatedReasoningPolicyTestCaseResult
function Client:create_automated_reasoning_policy_test_case(params) end

---@class moonrock.Bedrock.CreateAutomatedReasoningPolicyVersionParams
---@field policyArn string
---@field clientRequestToken? string
---@field lastUpdatedDefinitionHash string
---@field tags? moonrock.Bedrock.Tag[]

---@class moonrock.Bedrock.CreateAutomatedReasoningPolicyVersionResult: moonrock.Result
---@field policyArn? string
---@field version? string
---@field name? string
---@field description? string
---@field definitionHash? string
---@field createdAt? number|string

---@param params moonrock.Bedrock.CreateAutomatedReasoningPolicyVersionParams
---@return moonrock.Bedrock.CreateAutomatedReasoningPolicyVersionResult
function Client:create_automated_reasoning_policy_version(params) end

---@class moonrock.Bedrock.CreateCustomModelParams
---@field modelName string
---@field modelSourceConfig? moonrock.Bedrock.ModelDataSource
---@field customModelDataSource? moonrock.Bedrock.CustomModelDataSource
---@field modelKmsKeyArn? string
---@field roleArn? string
---@field modelTags? moonrock.Bedrock.Tag[]
---@field clientRequestToken? string

---@class moonrock.Bedrock.CreateCustomModelResult: moonrock.Result
---@field modelArn? string

---@param params moonrock.Bedrock.CreateCustomModelParams
---@return moonrock.Bedrock.CreateCustomModelResult
function Client:create_custom_model(params) end

---@class moonrock.Bedrock.CreateCustomModelDeploymentParams
---@field modelDeploymentName string
---@field modelArn string
---@field description? string
---@field tags? moonrock.Bedrock.Tag[]
---@field clientRequestToken? string

---@class moonrock.Bedrock.CreateCustomModelDeploymentResult: moonrock.Result
---@field customModelDeploymentArn? string

---@param params moonrock.Bedrock.CreateCustomModelDeploymentParams
---@return moonrock.Bedrock.CreateCustomModelDeploymentResult
function Client:create_custom_model_deployment(params) end

---@class moonrock.Bedrock.CreateEvaluationJobParams
---@field jobName string
---@field jobDescription? string
---@field clientRequestToken? string
---@field roleArn string
---@field customerEncryptionKeyId? string
---@field jobTags? moonrock.Bedrock.Tag[]
---@field applicationType? "ModelEvaluation"|"RagEvaluation"
---@field evaluationConfig moonrock.Bedrock.EvaluationConfig
---@field inferenceConfig moonrock.Bedrock.EvaluationInferenceConfig
---@field outputDataConfig moonrock.Bedrock.EvaluationOutputDataConfig

---@class moonrock.Bedrock.CreateEvaluationJobResult: moonrock.Result
---@field jobArn? string

---@param params moonrock.Bedrock.CreateEvaluationJobParams
---@return moonrock.Bedrock.CreateEvaluationJobResult
function Client:create_evaluation_job(params) end

---@class moonrock.Bedrock.CreateFoundationModelAgreementParams
---@field offerToken string
---@field modelId string

---@class moonrock.Bedrock.CreateFoundationModelAgreementResult: moonrock.Result
---@field modelId? string

---@param params moonrock.Bedrock.CreateFoundationModelAgreementParams
---@return moonrock.Bedrock.CreateFoundationModelAgreementResult
function Client:create_foundation_model_agreement(params) end

---@class moonrock.Bedrock.CreateGuardrailParams
---@field name string
---@field description? string
---@field topicPolicyConfig? moonrock.Bedrock.GuardrailTopicPolicyConfig
---@field contentPolicyConfig? moonrock.Bedrock.GuardrailContentPolicyConfig
---@field wordPolicyConfig? moonrock.Bedrock.GuardrailWordPolicyConfig
---@field sensitiveInformationPolicyConfig? moonrock.Bedrock.GuardrailSensitiveInformationPolicyConfig
---@field contextualGroundingPolicyConfig? moonrock.Bedrock.GuardrailContextualGroundingPolicyConfig
---@field automatedReasoningPolicyConfig? moonrock.Bedrock.GuardrailAutomatedReasoningPolicyConfig
---@field crossRegionConfig? moonrock.Bedrock.GuardrailCrossRegionConfig
---@field blockedInputMessaging string
---@field blockedOutputsMessaging string
---@field kmsKeyId? string
---@field tags? moonrock.Bedrock.Tag[]
---@field clientRequestToken? string

---@class moonrock.Bedrock.CreateGuardrailResult: moonrock.Result
---@field guardrailId? string
---@field guardrailArn? string
---@field version? string
---@field createdAt? number|string

---@param params moonrock.Bedrock.CreateGuardrailParams
---@return moonrock.Bedrock.CreateGuardrailResult
function Client:create_guardrail(params) end

---@class moonrock.Bedrock.CreateGuardrailVersionParams
---@field guardrailIdentifier string
---@field description? string
---@field clientRequestToken? string

---@class moonrock.Bedrock.CreateGuardrailVersionResult: moonrock.Result
---@field guardrailId? string
---@field version? string

---@param params moonrock.Bedrock.CreateGuardrailVersionParams
---@return moonrock.Bedrock.CreateGuardrailVersionResult
function Client:create_guardrail_version(params) end

---@class moonrock.Bedrock.CreateInferenceProfileParams
---@field inferenceProfileName string
---@field description? string
---@field clientRequestToken? string
---@field modelSource moonrock.Bedrock.InferenceProfileModelSource
---@field tags? moonrock.Bedrock.Tag[]

---@class moonrock.Bedrock.CreateInferenceProfileResult: moonrock.Result
---@field inferenceProfileArn? string
---@field status? "ACTIVE"

---@param params moonrock.Bedrock.CreateInferenceProfileParams
---@return moonrock.Bedrock.CreateInferenceProfileResult
function Client:create_inference_profile(params) end

---@class moonrock.Bedrock.CreateMarketplaceModelEndpointParams
---@field modelSourceIdentifier string
---@field endpointConfig moonrock.Bedrock.EndpointConfig
---@field acceptEula? boolean
---@field endpointName string
---@field clientRequestToken? string
---@field tags? moonrock.Bedrock.Tag[]

---@class moonrock.Bedrock.CreateMarketplaceModelEndpointResult: moonrock.Result
---@field marketplaceModelEndpoint? moonrock.Bedrock.MarketplaceModelEndpoint

---@param params moonrock.Bedrock.CreateMarketplaceModelEndpointParams
---@return moonrock.Bedrock.CreateMarketplaceModelEndpointResult
function Client:create_marketplace_model_endpoint(params) end

---@class moonrock.Bedrock.CreateModelCopyJobParams
---@field sourceModelArn string
---@field targetModelName string
---@field modelKmsKeyId? string
---@field targetModelTags? moonrock.Bedrock.Tag[]
---@field clientRequestToken? string

---@class moonrock.Bedrock.CreateModelCopyJobResult: moonrock.Result
---@field jobArn? string

---@param params moonrock.Bedrock.CreateModelCopyJobParams
---@return moonrock.Bedrock.CreateModelCopyJobResult
function Client:create_model_copy_job(params) end

---@class moonrock.Bedrock.CreateModelCustomizationJobParams
---@field jobName string
---@field customModelName string
---@field roleArn string
---@field clientRequestToken? string
---@field baseModelIdentifier string
---@field customizationType? "FINE_TUNING"|"CONTINUED_PRE_TRAINING"|"DISTILLATION"|"REINFORCEMENT_FINE_TUNING"|"IMPORTED"
---@field customModelKmsKeyId? string
---@field jobTags? moonrock.Bedrock.Tag[]
---@field customModelTags? moonrock.Bedrock.Tag[]
---@field trainingDataConfig moonrock.Bedrock.TrainingDataConfig
---@field validationDataConfig? moonrock.Bedrock.ValidationDataConfig
---@field outputDataConfig moonrock.Bedrock.OutputDataConfig
---@field hyperParameters? table<string, string>
---@field vpcConfig? moonrock.Bedrock.VpcConfig
---@field customizationConfig? moonrock.Bedrock.CustomizationConfig

---@class moonrock.Bedrock.CreateModelCustomizationJobResult: moonrock.Result
---@field jobArn? string

---@param params moonrock.Bedrock.CreateModelCustomizationJobParams
---@return moonrock.Bedrock.CreateModelCustomizationJobResult
function Client:create_model_customization_job(params) end

---@class moonrock.Bedrock.CreateModelImportJobParams
---@field jobName string
---@field importedModelName string
---@field roleArn string
---@field modelDataSource moonrock.Bedrock.ModelDataSource
---@field jobTags? moonrock.Bedrock.Tag[]
---@field importedModelTags? moonrock.Bedrock.Tag[]
---@field clientRequestToken? string
---@field vpcConfig? moonrock.Bedrock.VpcConfig
---@field importedModelKmsKeyId? string

---@class moonrock.Bedrock.CreateModelImportJobResult: moonrock.Result
---@field jobArn? string

---@param params moonrock.Bedrock.CreateModelImportJobParams
---@return moonrock.Bedrock.CreateModelImportJobResult
function Client:create_model_import_job(params) end

---@class moonrock.Bedrock.CreateModelInvocationJobParams
---@field jobName string
---@field roleArn string
---@field clientRequestToken? string
---@field modelId string
---@field inputDataConfig moonrock.Bedrock.ModelInvocationJobInputDataConfig
---@field outputDataConfig moonrock.Bedrock.ModelInvocationJobOutputDataConfig
---@field vpcConfig? moonrock.Bedrock.VpcConfig
---@field timeoutDurationInHours? integer
---@field tags? moonrock.Bedrock.Tag[]
---@field modelInvocationType? "InvokeModel"|"Converse"

---@class moonrock.Bedrock.CreateModelInvocationJobResult: moonrock.Result
---@field jobArn? string

---@param params moonrock.Bedrock.CreateModelInvocationJobParams
---@return moonrock.Bedrock.CreateModelInvocationJobResult
function Client:create_model_invocation_job(params) end

---@class moonrock.Bedrock.CreatePromptRouterParams
---@field clientRequestToken? string
---@field promptRouterName string
---@field models moonrock.Bedrock.PromptRouterTargetModel[]
---@field description? string
---@field routingCriteria moonrock.Bedrock.RoutingCriteria
---@field fallbackModel moonrock.Bedrock.PromptRouterTargetModel
---@field tags? moonrock.Bedrock.Tag[]

---@class moonrock.Bedrock.CreatePromptRouterResult: moonrock.Result
---@field promptRouterArn? string

---@param params moonrock.Bedrock.CreatePromptRouterParams
---@return moonrock.Bedrock.CreatePromptRouterResult
function Client:create_prompt_router(params) end

---@class moonrock.Bedrock.CreateProvisionedModelThroughputParams
---@field clientRequestToken? string
---@field modelUnits integer
---@field provisionedModelName string
---@field modelId string
---@field commitmentDuration? "OneMonth"|"SixMonths"
---@field tags? moonrock.Bedrock.Tag[]

---@class moonrock.Bedrock.CreateProvisionedModelThroughputResult: moonrock.Result
---@field provisionedModelArn? string

---@param params moonrock.Bedrock.CreateProvisionedModelThroughputParams
---@return moonrock.Bedrock.CreateProvisionedModelThroughputResult
function Client:create_provisioned_model_throughput(params) end

---@class moonrock.Bedrock.DeleteAutomatedReasoningPolicyParams
---@field policyArn string
---@field force? boolean

---@param params moonrock.Bedrock.DeleteAutomatedReasoningPolicyParams
---@return moonrock.Result
function Client:delete_automated_reasoning_policy(params) end

---@class moonrock.Bedrock.DeleteAutomatedReasoningPolicyBuildWorkflowParams
---@field policyArn string
---@field buildWorkflowId string
---@field lastUpdatedAt number|string

---@param params moonrock.Bedrock.DeleteAutomatedReasoningPolicyBuildWorkflowParams
---@return moonrock.Result
function Client:delete_automated_reasoning_policy_build_workflow(params) end

---@class moonrock.Bedrock.DeleteAutomatedReasoningPolicyTestCaseParams
---@field policyArn string
---@field testCaseId string
---@field lastUpdatedAt number|string

---@param params moonrock.Bedrock.DeleteAutomatedReasoningPolicyTestCaseParams
---@return moonrock.Result
function Client:delete_automated_reasoning_policy_test_case(params) end

---@class moonrock.Bedrock.DeleteCustomModelParams
---@field modelIdentifier string

---@param params moonrock.Bedrock.DeleteCustomModelParams
---@return moonrock.Result
function Client:delete_custom_model(params) end

---@class moonrock.Bedrock.DeleteCustomModelDeploymentParams
---@field customModelDeploymentIdentifier string

---@param params moonrock.Bedrock.DeleteCustomModelDeploymentParams
---@return moonrock.Result
function Client:delete_custom_model_deployment(params) end

---@class moonrock.Bedrock.DeleteEnforcedGuardrailConfigurationParams
---@field configId string

---@param params moonrock.Bedrock.DeleteEnforcedGuardrailConfigurationParams
---@return moonrock.Result
function Client:delete_enforced_guardrail_configuration(params) end

---@class moonrock.Bedrock.DeleteFoundationModelAgreementParams
---@field modelId string

---@param params moonrock.Bedrock.DeleteFoundationModelAgreementParams
---@return moonrock.Result
function Client:delete_foundation_model_agreement(params) end

---@class moonrock.Bedrock.DeleteGuardrailParams
---@field guardrailIdentifier string
---@field guardrailVersion? string

---@param params moonrock.Bedrock.DeleteGuardrailParams
---@return moonrock.Result
function Client:delete_guardrail(params) end

---@class moonrock.Bedrock.DeleteImportedModelParams
---@field modelIdentifier string

---@param params moonrock.Bedrock.DeleteImportedModelParams
---@return moonrock.Result
function Client:delete_imported_model(params) end

---@class moonrock.Bedrock.DeleteInferenceProfileParams
---@field inferenceProfileIdentifier string

---@param params moonrock.Bedrock.DeleteInferenceProfileParams
---@return moonrock.Result
function Client:delete_inference_profile(params) end

---@class moonrock.Bedrock.DeleteMarketplaceModelEndpointParams
---@field endpointArn string

---@param params moonrock.Bedrock.DeleteMarketplaceModelEndpointParams
---@return moonrock.Result
function Client:delete_marketplace_model_endpoint(params) end

---@param params? table
---@return moonrock.Result
function Client:delete_model_invocation_logging_configuration(params) end

---@class moonrock.Bedrock.DeletePromptRouterParams
---@field promptRouterArn string

---@param params moonrock.Bedrock.DeletePromptRouterParams
---@return moonrock.Result
function Client:delete_prompt_router(params) end

---@class moonrock.Bedrock.DeleteProvisionedModelThroughputParams
---@field provisionedModelId string

---@param params moonrock.Bedrock.DeleteProvisionedModelThroughputParams
---@return moonrock.Result
function Client:delete_provisioned_model_throughput(params) end

---@class moonrock.Bedrock.DeleteResourcePolicyParams
---@field resourceArn string

---@param params moonrock.Bedrock.DeleteResourcePolicyParams
---@return moonrock.Result
function Client:delete_resource_policy(params) end

---@class moonrock.Bedrock.DeregisterMarketplaceModelEndpointParams
---@field endpointArn string

---@param params moonrock.Bedrock.DeregisterMarketplaceModelEndpointParams
---@return moonrock.Result
function Client:deregister_marketplace_model_endpoint(params) end

---@class moonrock.Bedrock.ExportAutomatedReasoningPolicyVersionParams
---@field policyArn string

---@class moonrock.Bedrock.ExportAutomatedReasoningPolicyVersionResult: moonrock.Result
---@field policyDefinition? moonrock.Bedrock.AutomatedReasoningPolicyDefinition

---@param params moonrock.Bedrock.ExportAutomatedReasoningPolicyVersionParams
---@return moonrock.Bedrock.ExportAutomatedReasoningPolicyVersionResult
function Client:export_automated_reasoning_policy_version(params) end

---@class moonrock.Bedrock.GetAccountDataRetentionResult: moonrock.Result
---@field mode? "default"|"none"|"aws_review"|"provider_data_share"|"inherit"
---@field updatedAt? number|string

---@param params? table
---@return moonrock.Bedrock.GetAccountDataRetentionResult
function Client:get_account_data_retention(params) end

---@class moonrock.Bedrock.GetAdvancedPromptOptimizationJobParams
---@field jobIdentifier string

---@class moonrock.Bedrock.GetAdvancedPromptOptimizationJobResult: moonrock.Result
---@field jobArn? string
---@field jobName? string
---@field jobDescription? string
---@field jobStatus? "InProgress"|"Completed"|"Failed"|"PartiallyCompleted"|"Stopping"|"Stopped"|"Deleting"
---@field inputConfig? moonrock.Bedrock.AdvancedPromptOptimizationInputConfig
---@field outputConfig? moonrock.Bedrock.AdvancedPromptOptimizationOutputConfig
---@field encryptionKeyArn? string
---@field creationTime? number|string
---@field lastModifiedTime? number|string
---@field failureMessage? string
---@field modelConfigurations? moonrock.Bedrock.ModelConfiguration[]

---@param params moonrock.Bedrock.GetAdvancedPromptOptimizationJobParams
---@return moonrock.Bedrock.GetAdvancedPromptOptimizationJobResult
function Client:get_advanced_prompt_optimization_job(params) end

---@class moonrock.Bedrock.GetAutomatedReasoningPolicyParams
---@field policyArn string

---@class moonrock.Bedrock.GetAutomatedReasoningPolicyResult: moonrock.Result
---@field policyArn? string
---@field name? string
---@field version? string
---@field policyId? string
---@field description? string
---@field definitionHash? string
---@field kmsKeyArn? string
---@field createdAt? number|string
---@field updatedAt? number|string

---@param params moonrock.Bedrock.GetAutomatedReasoningPolicyParams
---@return moonrock.Bedrock.GetAutomatedReasoningPolicyResult
function Client:get_automated_reasoning_policy(params) end

---@class moonrock.Bedrock.GetAutomatedReasoningPolicyAnnotationsParams
---@field policyArn string
---@field buildWorkflowId string

---@class moonrock.Bedrock.GetAutomatedReasoningPolicyAnnotationsResult: moonrock.Result
---@field policyArn? string
---@field name? string
---@field buildWorkflowId? string
---@field annotations? moonrock.Bedrock.AutomatedReasoningPolicyAnnotation[]
---@field annotationSetHash? string
---@field updatedAt? number|string

---@param params moonrock.Bedrock.GetAutomatedReasoningPolicyAnnotationsParams
---@return moonrock.Bedrock.GetAutomatedReasoningPolicyAnnotationsResult
function Client:get_automated_reasoning_policy_annotations(params) end

---@class moonrock.Bedrock.GetAutomatedReasoningPolicyBuildWorkflowParams
---@field policyArn string
---@field buildWorkflowId string

---@class moonrock.Bedrock.GetAutomatedReasoningPolicyBuildWorkflowResult: moonrock.Result
---@field policyArn? string
---@field buildWorkflowId? string
---@field status? "SCHEDULED"|"CANCEL_REQUESTED"|"PREPROCESSING"|"BUILDING"|"TESTING"|"COMPLETED"|"FAILED"|"CANCELLED"
---@field buildWorkflowType? "INGEST_CONTENT"|"REFINE_POLICY"|"IMPORT_POLICY"|"GENERATE_FIDELITY_REPORT"|"GENERATE_POLICY_SCENARIOS"|"RESOLVE_POLICY_AMBIGUITIES"|"ITERATIVELY_REFINE_POLICY"
---@field documentName? string
---@field documentContentType? "pdf"|"txt"
---@field documentDescription? string
---@field createdAt? number|string
---@field updatedAt? number|string

---@param params moonrock.Bedrock.GetAutomatedReasoningPolicyBuildWorkflowParams
---@return moonrock.Bedrock.GetAutomatedReasoningPolicyBuildWorkflowResult
function Client:get_automated_reasoning_policy_build_workflow(params) end

---@class moonrock.Bedrock.GetAutomatedReasoningPolicyBuildWorkflowResultAssetsParams
---@field policyArn string
---@field buildWorkflowId string
---@field assetType "BUILD_LOG"|"QUALITY_REPORT"|"POLICY_DEFINITION"|"GENERATED_TEST_CASES"|"POLICY_SCENARIOS"|"FIDELITY_REPORT"|"ASSET_MANIFEST"|"SOURCE_DOCUMENT"
---@field assetId? string

---@class moonrock.Bedrock.GetAutomatedReasoningPolicyBuildWorkflowResultAssetsResult: moonrock.Result
---@field policyArn? string
---@field buildWorkflowId? string
---@field buildWorkflowAssets? moonrock.Bedrock.AutomatedReasoningPolicyBuildResultAssets

---@param params moonrock.Bedrock.GetAutomatedReasoningPolicyBuildWorkflowResultAssetsParams
---@return moonrock.Bedrock.GetAutomatedReasoningPolicyBuildWorkflowResultAssetsResult
function Client:get_automated_reasoning_policy_build_workflow_result_assets(params) end

---@class moonrock.Bedrock.GetAutomatedReasoningPolicyNextScenarioParams
---@field policyArn string
---@field buildWorkflowId string

---@class moonrock.Bedrock.GetAutomatedReasoningPolicyNextScenarioResult: moonrock.Result
---@field policyArn? string
---@field scenario? moonrock.Bedrock.AutomatedReasoningPolicyScenario

---@param params moonrock.Bedrock.GetAutomatedReasoningPolicyNextScenarioParams
---@return moonrock.Bedrock.GetAutomatedReasoningPolicyNextScenarioResult
function Client:get_automated_reasoning_policy_next_scenario(params) end

---@class moonrock.Bedrock.GetAutomatedReasoningPolicyTestCaseParams
---@field policyArn string
---@field testCaseId string

---@class moonrock.Bedrock.GetAutomatedReasoningPolicyTestCaseResult: moonrock.Result
---@field policyArn? string
---@field testCase? moonrock.Bedrock.AutomatedReasoningPolicyTestCase

---@param params moonrock.Bedrock.GetAutomatedReasoningPolicyTestCaseParams
---@return moonrock.Bedrock.GetAutomatedReasoningPolicyTestCaseResult
function Client:get_automated_reasoning_policy_test_case(params) end

---@class moonrock.Bedrock.GetAutomatedReasoningPolicyTestResultParams
---@field policyArn string
---@field buildWorkflowId string
---@field testCaseId string

---@class moonrock.Bedrock.GetAutomatedReasoningPolicyTestResultResult: moonrock.Result
---@field testResult? moonrock.Bedrock.AutomatedReasoningPolicyTestResult

---@param params moonrock.Bedrock.GetAutomatedReasoningPolicyTestResultParams
---@return moonrock.Bedrock.GetAutomatedReasoningPolicyTestResultResult
function Client:get_automated_reasoning_policy_test_result(params) end

---@class moonrock.Bedrock.GetCustomModelParams
---@field modelIdentifier string

---@class moonrock.Bedrock.GetCustomModelResult: moonrock.Result
---@field modelArn? string
---@field modelName? string
---@field jobName? string
---@field jobArn? string
---@field baseModelArn? string
---@field customizationType? "FINE_TUNING"|"CONTINUED_PRE_TRAINING"|"DISTILLATION"|"REINFORCEMENT_FINE_TUNING"|"IMPORTED"
---@field modelKmsKeyArn? string
---@field hyperParameters? table<string, string>
---@field trainingDataConfig? moonrock.Bedrock.TrainingDataConfig
---@field validationDataConfig? moonrock.Bedrock.ValidationDataConfig
---@field outputDataConfig? moonrock.Bedrock.OutputDataConfig
---@field trainingMetrics? moonrock.Bedrock.TrainingMetrics
---@field validationMetrics? moonrock.Bedrock.ValidatorMetric[]
---@field creationTime? number|string
---@field customizationConfig? moonrock.Bedrock.CustomizationConfig
---@field modelStatus? "Active"|"Creating"|"Failed"
---@field failureMessage? string

---@param params moonrock.Bedrock.GetCustomModelParams
---@return moonrock.Bedrock.GetCustomModelResult
function Client:get_custom_model(params) end

---@class moonrock.Bedrock.GetCustomModelDeploymentParams
---@field customModelDeploymentIdentifier string

---@class moonrock.Bedrock.GetCustomModelDeploymentResult: moonrock.Result
---@field customModelDeploymentArn? string
---@field modelDeploymentName? string
---@field modelArn? string
---@field createdAt? number|string
---@field status? "Creating"|"Active"|"Failed"
---@field description? string
---@field updateDetails? moonrock.Bedrock.CustomModelDeploymentUpdateDetails
---@field failureMessage? string
---@field lastUpdatedAt? number|string

---@param params moonrock.Bedrock.GetCustomModelDeploymentParams
---@return moonrock.Bedrock.GetCustomModelDeploymentResult
function Client:get_custom_model_deployment(params) end

---@class moonrock.Bedrock.GetEvaluationJobParams
---@field jobIdentifier string

---@class moonrock.Bedrock.GetEvaluationJobResult: moonrock.Result
---@field jobName? string
---@field status? "InProgress"|"Completed"|"Failed"|"Stopping"|"Stopped"|"Deleting"
---@field jobArn? string
---@field jobDescription? string
---@field roleArn? string
---@field customerEncryptionKeyId? string
---@field jobType? "Human"|"Automated"
---@field applicationType? "ModelEvaluation"|"RagEvaluation"
---@field evaluationConfig? moonrock.Bedrock.EvaluationConfig
---@field inferenceConfig? moonrock.Bedrock.EvaluationInferenceConfig
---@field outputDataConfig? moonrock.Bedrock.EvaluationOutputDataConfig
---@field creationTime? number|string
---@field lastModifiedTime? number|string
---@field failureMessages? string[]

---@param params moonrock.Bedrock.GetEvaluationJobParams
---@return moonrock.Bedrock.GetEvaluationJobResult
function Client:get_evaluation_job(params) end

---@class moonrock.Bedrock.GetFoundationModelParams
---@field modelIdentifier string

---@class moonrock.Bedrock.GetFoundationModelResult: moonrock.Result
---@field modelDetails? moonrock.Bedrock.FoundationModelDetails

---@param params moonrock.Bedrock.GetFoundationModelParams
---@return moonrock.Bedrock.GetFoundationModelResult
function Client:get_foundation_model(params) end

---@class moonrock.Bedrock.GetFoundationModelAvailabilityParams
---@field modelId string

---@class moonrock.Bedrock.GetFoundationModelAvailabilityResult: moonrock.Result
---@field modelId? string
---@field agreementAvailability? moonrock.Bedrock.AgreementAvailability
---@field authorizationStatus? "AUTHORIZED"|"NOT_AUTHORIZED"
---@field entitlementAvailability? "AVAILABLE"|"NOT_AVAILABLE"
---@field regionAvailability? "AVAILABLE"|"NOT_AVAILABLE"

---@param params moonrock.Bedrock.GetFoundationModelAvailabilityParams
---@return moonrock.Bedrock.GetFoundationModelAvailabilityResult
function Client:get_foundation_model_availability(params) end

---@class moonrock.Bedrock.GetGuardrailParams
---@field guardrailIdentifier string
---@field guardrailVersion? string

---@class moonrock.Bedrock.GetGuardrailResult: moonrock.Result
---@field name? string
---@field description? string
---@field guardrailId? string
---@field guardrailArn? string
---@field version? string
---@field status? "CREATING"|"UPDATING"|"VERSIONING"|"READY"|"FAILED"|"DELETING"
---@field topicPolicy? moonrock.Bedrock.GuardrailTopicPolicy
---@field contentPolicy? moonrock.Bedrock.GuardrailContentPolicy
---@field wordPolicy? moonrock.Bedrock.GuardrailWordPolicy
---@field sensitiveInformationPolicy? moonrock.Bedrock.GuardrailSensitiveInformationPolicy
---@field contextualGroundingPolicy? moonrock.Bedrock.GuardrailContextualGroundingPolicy
---@field automatedReasoningPolicy? moonrock.Bedrock.GuardrailAutomatedReasoningPolicy
---@field crossRegionDetails? moonrock.Bedrock.GuardrailCrossRegionDetails
---@field createdAt? number|string
---@field updatedAt? number|string
---@field statusReasons? string[]
---@field failureRecommendations? string[]
---@field blockedInputMessaging? string
---@field blockedOutputsMessaging? string
---@field kmsKeyArn? string

---@param params moonrock.Bedrock.GetGuardrailParams
---@return moonrock.Bedrock.GetGuardrailResult
function Client:get_guardrail(params) end

---@class moonrock.Bedrock.GetImportedModelParams
---@field modelIdentifier string

---@class moonrock.Bedrock.GetImportedModelResult: moonrock.Result
---@field modelArn? string
---@field modelName? string
---@field jobName? string
---@field jobArn? string
---@field modelDataSource? moonrock.Bedrock.ModelDataSource
---@field creationTime? number|string
---@field modelArchitecture? string
---@field modelKmsKeyArn? string
---@field instructSupported? boolean
---@field customModelUnits? moonrock.Bedrock.CustomModelUnits

---@param params moonrock.Bedrock.GetImportedModelParams
---@return moonrock.Bedrock.GetImportedModelResult
function Client:get_imported_model(params) end

---@class moonrock.Bedrock.GetInferenceProfileParams
---@field inferenceProfileIdentifier string

---@class moonrock.Bedrock.GetInferenceProfileResult: moonrock.Result
---@field inferenceProfileName? string
---@field description? string
---@field createdAt? number|string
---@field updatedAt? number|string
---@field inferenceProfileArn? string
---@field models? moonrock.Bedrock.InferenceProfileModel[]
---@field inferenceProfileId? string
---@field status? "ACTIVE"
---@field type? "SYSTEM_DEFINED"|"APPLICATION"

---@param params moonrock.Bedrock.GetInferenceProfileParams
---@return moonrock.Bedrock.GetInferenceProfileResult
function Client:get_inference_profile(params) end

---@class moonrock.Bedrock.GetMarketplaceModelEndpointParams
---@field endpointArn string

---@class moonrock.Bedrock.GetMarketplaceModelEndpointResult: moonrock.Result
---@field marketplaceModelEndpoint? moonrock.Bedrock.MarketplaceModelEndpoint

---@param params moonrock.Bedrock.GetMarketplaceModelEndpointParams
---@return moonrock.Bedrock.GetMarketplaceModelEndpointResult
function Client:get_marketplace_model_endpoint(params) end

---@class moonrock.Bedrock.GetModelCopyJobParams
---@field jobArn string

---@class moonrock.Bedrock.GetModelCopyJobResult: moonrock.Result
---@field jobArn? string
---@field status? "InProgress"|"Completed"|"Failed"
---@field creationTime? number|string
---@field targetModelArn? string
---@field targetModelName? string
---@field sourceAccountId? string
---@field sourceModelArn? string
---@field targetModelKmsKeyArn? string
---@field targetModelTags? moonrock.Bedrock.Tag[]
---@field failureMessage? string
---@field sourceModelName? string

---@param params moonrock.Bedrock.GetModelCopyJobParams
---@return moonrock.Bedrock.GetModelCopyJobResult
function Client:get_model_copy_job(params) end

---@class moonrock.Bedrock.GetModelCustomizationJobParams
---@field jobIdentifier string

---@class moonrock.Bedrock.GetModelCustomizationJobResult: moonrock.Result
---@field jobArn? string
---@field jobName? string
---@field outputModelName? string
---@field outputModelArn? string
---@field clientRequestToken? string
---@field roleArn? string
---@field status? "InProgress"|"Completed"|"Failed"|"Stopping"|"Stopped"
---@field statusDetails? moonrock.Bedrock.StatusDetails
---@field failureMessage? string
---@field creationTime? number|string
---@field lastModifiedTime? number|string
---@field endTime? number|string
---@field baseModelArn? string
---@field hyperParameters? table<string, string>
---@field trainingDataConfig? moonrock.Bedrock.TrainingDataConfig
---@field validationDataConfig? moonrock.Bedrock.ValidationDataConfig
---@field outputDataConfig? moonrock.Bedrock.OutputDataConfig
---@field customizationType? "FINE_TUNING"|"CONTINUED_PRE_TRAINING"|"DISTILLATION"|"REINFORCEMENT_FINE_TUNING"|"IMPORTED"
---@field outputModelKmsKeyArn? string
---@field trainingMetrics? moonrock.Bedrock.TrainingMetrics
---@field validationMetrics? moonrock.Bedrock.ValidatorMetric[]
---@field vpcConfig? moonrock.Bedrock.VpcConfig
---@field customizationConfig? moonrock.Bedrock.CustomizationConfig

---@param params moonrock.Bedrock.GetModelCustomizationJobParams
---@return moonrock.Bedrock.GetModelCustomizationJobResult
function Client:get_model_customization_job(params) end

---@class moonrock.Bedrock.GetModelImportJobParams
---@field jobIdentifier string

---@class moonrock.Bedrock.GetModelImportJobResult: moonrock.Result
---@field jobArn? string
---@field jobName? string
---@field importedModelName? string
---@field importedModelArn? string
---@field roleArn? string
---@field modelDataSource? moonrock.Bedrock.ModelDataSource
---@field status? "InProgress"|"Completed"|"Failed"
---@field failureMessage? string
---@field creationTime? number|string
---@field lastModifiedTime? number|string
---@field endTime? number|string
---@field vpcConfig? moonrock.Bedrock.VpcConfig
---@field importedModelKmsKeyArn? string

---@param params moonrock.Bedrock.GetModelImportJobParams
---@return moonrock.Bedrock.GetModelImportJobResult
function Client:get_model_import_job(params) end

---@class moonrock.Bedrock.GetModelInvocationJobParams
---@field jobIdentifier string

---@class moonrock.Bedrock.GetModelInvocationJobResult: moonrock.Result
---@field jobArn? string
---@field jobName? string
---@field modelId? string
---@field clientRequestToken? string
---@field roleArn? string
---@field status? string
---@field message? string
---@field submitTime? number|string
---@field lastModifiedTime? number|string
---@field endTime? number|string
---@field inputDataConfig? moonrock.Bedrock.ModelInvocationJobInputDataConfig
---@field outputDataConfig? moonrock.Bedrock.ModelInvocationJobOutputDataConfig
---@field vpcConfig? moonrock.Bedrock.VpcConfig
---@field timeoutDurationInHours? integer
---@field jobExpirationTime? number|string
---@field modelInvocationType? "InvokeModel"|"Converse"
---@field totalRecordCount? integer
---@field processedRecordCount? integer
---@field successRecordCount? integer
---@field errorRecordCount? integer

---@param params moonrock.Bedrock.GetModelInvocationJobParams
---@return moonrock.Bedrock.GetModelInvocationJobResult
function Client:get_model_invocation_job(params) end

---@class moonrock.Bedrock.GetModelInvocationLoggingConfigurationResult: moonrock.Result
---@field loggingConfig? moonrock.Bedrock.LoggingConfig

---@param params? table
---@return moonrock.Bedrock.GetModelInvocationLoggingConfigurationResult
function Client:get_model_invocation_logging_configuration(params) end

---@class moonrock.Bedrock.GetPromptRouterParams
---@field promptRouterArn string

---@class moonrock.Bedrock.GetPromptRouterResult: moonrock.Result
---@field promptRouterName? string
---@field routingCriteria? moonrock.Bedrock.RoutingCriteria
---@field description? string
---@field createdAt? number|string
---@field updatedAt? number|string
---@field promptRouterArn? string
---@field models? moonrock.Bedrock.PromptRouterTargetModel[]
---@field fallbackModel? moonrock.Bedrock.PromptRouterTargetModel
---@field status? "AVAILABLE"
---@field type? "custom"|"default"

---@param params moonrock.Bedrock.GetPromptRouterParams
---@return moonrock.Bedrock.GetPromptRouterResult
function Client:get_prompt_router(params) end

---@class moonrock.Bedrock.GetProvisionedModelThroughputParams
---@field provisionedModelId string

---@class moonrock.Bedrock.GetProvisionedModelThroughputResult: moonrock.Result
---@field modelUnits? integer
---@field desiredModelUnits? integer
---@field provisionedModelName? string
---@field provisionedModelArn? string
---@field modelArn? string
---@field desiredModelArn? string
---@field foundationModelArn? string
---@field status? "Creating"|"InService"|"Updating"|"Failed"
---@field creationTime? number|string
---@field lastModifiedTime? number|string
---@field failureMessage? string
---@field commitmentDuration? "OneMonth"|"SixMonths"
---@field commitmentExpirationTime? number|string

---@param params moonrock.Bedrock.GetProvisionedModelThroughputParams
---@return moonrock.Bedrock.GetProvisionedModelThroughputResult
function Client:get_provisioned_model_throughput(params) end

---@class moonrock.Bedrock.GetResourcePolicyParams
---@field resourceArn string

---@class moonrock.Bedrock.GetResourcePolicyResult: moonrock.Result
---@field resourcePolicy? string

---@param params moonrock.Bedrock.GetResourcePolicyParams
---@return moonrock.Bedrock.GetResourcePolicyResult
function Client:get_resource_policy(params) end

---@class moonrock.Bedrock.GetUseCaseForModelAccessResult: moonrock.Result
---@field formData? string

---@param params? table
---@return moonrock.Bedrock.GetUseCaseForModelAccessResult
function Client:get_use_case_for_model_access(params) end

---@class moonrock.Bedrock.ListAdvancedPromptOptimizationJobsParams
---@field maxResults? integer
---@field nextToken? string
---@field sortBy? "CreationTime"
---@field sortOrder? "Ascending"|"Descending"

---@class moonrock.Bedrock.ListAdvancedPromptOptimizationJobsResult: moonrock.Result
---@field jobSummaries? moonrock.Bedrock.AdvancedPromptOptimizationJobSummary[]
---@field nextToken? string

---@param params? moonrock.Bedrock.ListAdvancedPromptOptimizationJobsParams
---@return moonrock.Bedrock.ListAdvancedPromptOptimizationJobsResult
function Client:list_advanced_prompt_optimization_jobs(params) end

---@class moonrock.Bedrock.ListAutomatedReasoningPoliciesParams
---@field policyArn? string
---@field nextToken? string
---@field maxResults? integer

---@class moonrock.Bedrock.ListAutomatedReasoningPoliciesResult: moonrock.Result
---@field automatedReasoningPolicySummaries? moonrock.Bedrock.AutomatedReasoningPolicySummary[]
---@field nextToken? string

---@param params? moonrock.Bedrock.ListAutomatedReasoningPoliciesParams
---@return moonrock.Bedrock.ListAutomatedReasoningPoliciesResult
function Client:list_automated_reasoning_policies(params) end

---@class moonrock.Bedrock.ListAutomatedReasoningPolicyBuildWorkflowsParams
---@field policyArn string
---@field nextToken? string
---@field maxResults? integer

---@class moonrock.Bedrock.ListAutomatedReasoningPolicyBuildWorkflowsResult: moonrock.Result
---@field automatedReasoningPolicyBuildWorkflowSummaries? moonrock.Bedrock.AutomatedReasoningPolicyBuildWorkflowSummary[]
---@field nextToken? string

---@param params moonrock.Bedrock.ListAutomatedReasoningPolicyBuildWorkflowsParams
---@return moonrock.Bedrock.ListAutomatedReasoningPolicyBuildWorkflowsResult
function Client:list_automated_reasoning_policy_build_workflows(params) end

---@class moonrock.Bedrock.ListAutomatedReasoningPolicyTestCasesParams
---@field policyArn string
---@field nextToken? string
---@field maxResults? integer

---@class moonrock.Bedrock.ListAutomatedReasoningPolicyTestCasesResult: moonrock.Result
---@field testCases? moonrock.Bedrock.AutomatedReasoningPolicyTestCase[]
---@field nextToken? string

---@param params moonrock.Bedrock.ListAutomatedReasoningPolicyTestCasesParams
---@return moonrock.Bedrock.ListAutomatedReasoningPolicyTestCasesResult
function Client:list_automated_reasoning_policy_test_cases(params) end

---@class moonrock.Bedrock.ListAutomatedReasoningPolicyTestResultsParams
---@field policyArn string
---@field buildWorkflowId string
---@field nextToken? string
---@field maxResults? integer

---@class moonrock.Bedrock.ListAutomatedReasoningPolicyTestResultsResult: moonrock.Result
---@field testResults? moonrock.Bedrock.AutomatedReasoningPolicyTestResult[]
---@field nextToken? string

---@param params moonrock.Bedrock.ListAutomatedReasoningPolicyTestResultsParams
---@return moonrock.Bedrock.ListAutomatedReasoningPolicyTestResultsResult
function Client:list_automated_reasoning_policy_test_results(params) end

---@class moonrock.Bedrock.ListCustomModelDeploymentsParams
---@field createdBefore? number|string
---@field createdAfter? number|string
---@field nameContains? string
---@field maxResults? integer
---@field nextToken? string
---@field sortBy? "CreationTime"
---@field sortOrder? "Ascending"|"Descending"
---@field statusEquals? "Creating"|"Active"|"Failed"
---@field modelArnEquals? string

---@class moonrock.Bedrock.ListCustomModelDeploymentsResult: moonrock.Result
---@field nextToken? string
---@field modelDeploymentSummaries? moonrock.Bedrock.CustomModelDeploymentSummary[]

---@param params? moonrock.Bedrock.ListCustomModelDeploymentsParams
---@return moonrock.Bedrock.ListCustomModelDeploymentsResult
function Client:list_custom_model_deployments(params) end

---@class moonrock.Bedrock.ListCustomModelsParams
---@field creationTimeBefore? number|string
---@field creationTimeAfter? number|string
---@field nameContains? string
---@field baseModelArnEquals? string
---@field foundationModelArnEquals? string
---@field maxResults? integer
---@field nextToken? string
---@field sortBy? "CreationTime"
---@field sortOrder? "Ascending"|"Descending"
---@field isOwned? boolean
---@field modelStatus? "Active"|"Creating"|"Failed"

---@class moonrock.Bedrock.ListCustomModelsResult: moonrock.Result
---@field nextToken? string
---@field modelSummaries? moonrock.Bedrock.CustomModelSummary[]

---@param params? moonrock.Bedrock.ListCustomModelsParams
---@return moonrock.Bedrock.ListCustomModelsResult
function Client:list_custom_models(params) end

---@class moonrock.Bedrock.ListEnforcedGuardrailsConfigurationParams
---@field nextToken? string

---@class moonrock.Bedrock.ListEnforcedGuardrailsConfigurationResult: moonrock.Result
---@field guardrailsConfig? moonrock.Bedrock.AccountEnforcedGuardrailOutputConfiguration[]
---@field nextToken? string

---@param params? moonrock.Bedrock.ListEnforcedGuardrailsConfigurationParams
---@return moonrock.Bedrock.ListEnforcedGuardrailsConfigurationResult
function Client:list_enforced_guardrails_configuration(params) end

---@class moonrock.Bedrock.ListEvaluationJobsParams
---@field creationTimeAfter? number|string
---@field creationTimeBefore? number|string
---@field statusEquals? "InProgress"|"Completed"|"Failed"|"Stopping"|"Stopped"|"Deleting"
---@field applicationTypeEquals? "ModelEvaluation"|"RagEvaluation"
---@field nameContains? string
---@field maxResults? integer
---@field nextToken? string
---@field sortBy? "CreationTime"
---@field sortOrder? "Ascending"|"Descending"

---@class moonrock.Bedrock.ListEvaluationJobsResult: moonrock.Result
---@field nextToken? string
---@field jobSummaries? moonrock.Bedrock.EvaluationSummary[]

---@param params? moonrock.Bedrock.ListEvaluationJobsParams
---@return moonrock.Bedrock.ListEvaluationJobsResult
function Client:list_evaluation_jobs(params) end

---@class moonrock.Bedrock.ListFoundationModelAgreementOffersParams
---@field modelId string
---@field offerType? "ALL"|"PUBLIC"

---@class moonrock.Bedrock.ListFoundationModelAgreementOffersResult: moonrock.Result
---@field modelId? string
---@field offers? moonrock.Bedrock.Offer[]

---@param params moonrock.Bedrock.ListFoundationModelAgreementOffersParams
---@return moonrock.Bedrock.ListFoundationModelAgreementOffersResult
function Client:list_foundation_model_agreement_offers(params) end

---@class moonrock.Bedrock.ListFoundationModelsParams
---@field byProvider? string
---@field byCustomizationType? "FINE_TUNING"|"CONTINUED_PRE_TRAINING"|"DISTILLATION"
---@field byOutputModality? "TEXT"|"IMAGE"|"EMBEDDING"
---@field byInferenceType? "ON_DEMAND"|"PROVISIONED"

---@class moonrock.Bedrock.ListFoundationModelsResult: moonrock.Result
---@field modelSummaries? moonrock.Bedrock.FoundationModelSummary[]

---@param params? moonrock.Bedrock.ListFoundationModelsParams
---@return moonrock.Bedrock.ListFoundationModelsResult
function Client:list_foundation_models(params) end

---@class moonrock.Bedrock.ListGuardrailsParams
---@field guardrailIdentifier? string
---@field maxResults? integer
---@field nextToken? string

---@class moonrock.Bedrock.ListGuardrailsResult: moonrock.Result
---@field guardrails? moonrock.Bedrock.GuardrailSummary[]
---@field nextToken? string

---@param params? moonrock.Bedrock.ListGuardrailsParams
---@return moonrock.Bedrock.ListGuardrailsResult
function Client:list_guardrails(params) end

---@class moonrock.Bedrock.ListImportedModelsParams
---@field creationTimeBefore? number|string
---@field creationTimeAfter? number|string
---@field nameContains? string
---@field maxResults? integer
---@field nextToken? string
---@field sortBy? "CreationTime"
---@field sortOrder? "Ascending"|"Descending"

---@class moonrock.Bedrock.ListImportedModelsResult: moonrock.Result
---@field nextToken? string
---@field modelSummaries? moonrock.Bedrock.ImportedModelSummary[]

---@param params? moonrock.Bedrock.ListImportedModelsParams
---@return moonrock.Bedrock.ListImportedModelsResult
function Client:list_imported_models(params) end

---@class moonrock.Bedrock.ListInferenceProfilesParams
---@field maxResults? integer
---@field nextToken? string
---@field typeEquals? "SYSTEM_DEFINED"|"APPLICATION"

---@class moonrock.Bedrock.ListInferenceProfilesResult: moonrock.Result
---@field inferenceProfileSummaries? moonrock.Bedrock.InferenceProfileSummary[]
---@field nextToken? string

---@param params? moonrock.Bedrock.ListInferenceProfilesParams
---@return moonrock.Bedrock.ListInferenceProfilesResult
function Client:list_inference_profiles(params) end

---@class moonrock.Bedrock.ListMarketplaceModelEndpointsParams
---@field maxResults? integer
---@field nextToken? string
---@field modelSourceEquals? string

---@class moonrock.Bedrock.ListMarketplaceModelEndpointsResult: moonrock.Result
---@field marketplaceModelEndpoints? moonrock.Bedrock.MarketplaceModelEndpointSummary[]
---@field nextToken? string

---@param params? moonrock.Bedrock.ListMarketplaceModelEndpointsParams
---@return moonrock.Bedrock.ListMarketplaceModelEndpointsResult
function Client:list_marketplace_model_endpoints(params) end

---@class moonrock.Bedrock.ListModelCopyJobsParams
---@field creationTimeAfter? number|string
---@field creationTimeBefore? number|string
---@field statusEquals? "InProgress"|"Completed"|"Failed"
---@field sourceAccountEquals? string
---@field sourceModelArnEquals? string
---@field targetModelNameContains? string
---@field maxResults? integer
---@field nextToken? string
---@field sortBy? "CreationTime"
---@field sortOrder? "Ascending"|"Descending"

---@class moonrock.Bedrock.ListModelCopyJobsResult: moonrock.Result
---@field nextToken? string
---@field modelCopyJobSummaries? moonrock.Bedrock.ModelCopyJobSummary[]

---@param params? moonrock.Bedrock.ListModelCopyJobsParams
---@return moonrock.Bedrock.ListModelCopyJobsResult
function Client:list_model_copy_jobs(params) end

---@class moonrock.Bedrock.ListModelCustomizationJobsParams
---@field creationTimeAfter? number|string
---@field creationTimeBefore? number|string
---@field statusEquals? "InProgress"|"Completed"|"Failed"|"Stopping"|"Stopped"
---@field nameContains? string
---@field maxResults? integer
---@field nextToken? string
---@field sortBy? "CreationTime"
---@field sortOrder? "Ascending"|"Descending"

---@class moonrock.Bedrock.ListModelCustomizationJobsResult: moonrock.Result
---@field nextToken? string
---@field modelCustomizationJobSummaries? moonrock.Bedrock.ModelCustomizationJobSummary[]

---@param params? moonrock.Bedrock.ListModelCustomizationJobsParams
---@return moonrock.Bedrock.ListModelCustomizationJobsResult
function Client:list_model_customization_jobs(params) end

---@class moonrock.Bedrock.ListModelImportJobsParams
---@field creationTimeAfter? number|string
---@field creationTimeBefore? number|string
---@field statusEquals? "InProgress"|"Completed"|"Failed"
---@field nameContains? string
---@field maxResults? integer
---@field nextToken? string
---@field sortBy? "CreationTime"
---@field sortOrder? "Ascending"|"Descending"

---@class moonrock.Bedrock.ListModelImportJobsResult: moonrock.Result
---@field nextToken? string
---@field modelImportJobSummaries? moonrock.Bedrock.ModelImportJobSummary[]

---@param params? moonrock.Bedrock.ListModelImportJobsParams
---@return moonrock.Bedrock.ListModelImportJobsResult
function Client:list_model_import_jobs(params) end

---@class moonrock.Bedrock.ListModelInvocationJobsParams
---@field submitTimeAfter? number|string
---@field submitTimeBefore? number|string
---@field statusEquals? string
---@field nameContains? string
---@field maxResults? integer
---@field nextToken? string
---@field sortBy? "CreationTime"
---@field sortOrder? "Ascending"|"Descending"

---@class moonrock.Bedrock.ListModelInvocationJobsResult: moonrock.Result
---@field nextToken? string
---@field invocationJobSummaries? moonrock.Bedrock.ModelInvocationJobSummary[]

---@param params? moonrock.Bedrock.ListModelInvocationJobsParams
---@return moonrock.Bedrock.ListModelInvocationJobsResult
function Client:list_model_invocation_jobs(params) end

---@class moonrock.Bedrock.ListPromptRoutersParams
---@field maxResults? integer
---@field nextToken? string
---@field type? "custom"|"default"

---@class moonrock.Bedrock.ListPromptRoutersResult: moonrock.Result
---@field promptRouterSummaries? moonrock.Bedrock.PromptRouterSummary[]
---@field nextToken? string

---@param params? moonrock.Bedrock.ListPromptRoutersParams
---@return moonrock.Bedrock.ListPromptRoutersResult
function Client:list_prompt_routers(params) end

---@class moonrock.Bedrock.ListProvisionedModelThroughputsParams
---@field creationTimeAfter? number|string
---@field creationTimeBefore? number|string
---@field statusEquals? "Creating"|"InService"|"Updating"|"Failed"
---@field modelArnEquals? string
---@field nameContains? string
---@field maxResults? integer
---@field nextToken? string
---@field sortBy? "CreationTime"
---@field sortOrder? "Ascending"|"Descending"

---@class moonrock.Bedrock.ListProvisionedModelThroughputsResult: moonrock.Result
---@field nextToken? string
---@field provisionedModelSummaries? moonrock.Bedrock.ProvisionedModelSummary[]

---@param params? moonrock.Bedrock.ListProvisionedModelThroughputsParams
---@return moonrock.Bedrock.ListProvisionedModelThroughputsResult
function Client:list_provisioned_model_throughputs(params) end

---@class moonrock.Bedrock.ListTagsForResourceParams
---@field resourceARN string

---@class moonrock.Bedrock.ListTagsForResourceResult: moonrock.Result
---@field tags? moonrock.Bedrock.Tag[]

---@param params moonrock.Bedrock.ListTagsForResourceParams
---@return moonrock.Bedrock.ListTagsForResourceResult
function Client:list_tags_for_resource(params) end

---@class moonrock.Bedrock.PutAccountDataRetentionParams
---@field mode "default"|"none"|"aws_review"|"provider_data_share"|"inherit"

---@class moonrock.Bedrock.PutAccountDataRetentionResult: moonrock.Result
---@field mode? "default"|"none"|"aws_review"|"provider_data_share"|"inherit"
---@field updatedAt? number|string

---@param params moonrock.Bedrock.PutAccountDataRetentionParams
---@return moonrock.Bedrock.PutAccountDataRetentionResult
function Client:put_account_data_retention(params) end

---@class moonrock.Bedrock.PutEnforcedGuardrailConfigurationParams
---@field configId? string
---@field guardrailInferenceConfig moonrock.Bedrock.AccountEnforcedGuardrailInferenceInputConfiguration

---@class moonrock.Bedrock.PutEnforcedGuardrailConfigurationResult: moonrock.Result
---@field configId? string
---@field updatedAt? number|string
---@field updatedBy? string

---@param params moonrock.Bedrock.PutEnforcedGuardrailConfigurationParams
---@return moonrock.Bedrock.PutEnforcedGuardrailConfigurationResult
function Client:put_enforced_guardrail_configuration(params) end

---@class moonrock.Bedrock.PutModelInvocationLoggingConfigurationParams
---@field loggingConfig moonrock.Bedrock.LoggingConfig

---@param params moonrock.Bedrock.PutModelInvocationLoggingConfigurationParams
---@return moonrock.Result
function Client:put_model_invocation_logging_configuration(params) end

---@class moonrock.Bedrock.PutResourcePolicyParams
---@field resourceArn string
---@field resourcePolicy string

---@class moonrock.Bedrock.PutResourcePolicyResult: moonrock.Result
---@field resourceArn? string

---@param params moonrock.Bedrock.PutResourcePolicyParams
---@return moonrock.Bedrock.PutResourcePolicyResult
function Client:put_resource_policy(params) end

---@class moonrock.Bedrock.PutUseCaseForModelAccessParams
---@field formData string

---@param params moonrock.Bedrock.PutUseCaseForModelAccessParams
---@return moonrock.Result
function Client:put_use_case_for_model_access(params) end

---@class moonrock.Bedrock.RegisterMarketplaceModelEndpointParams
---@field endpointIdentifier string
---@field modelSourceIdentifier string

---@class moonrock.Bedrock.RegisterMarketplaceModelEndpointResult: moonrock.Result
---@field marketplaceModelEndpoint? moonrock.Bedrock.MarketplaceModelEndpoint

---@param params moonrock.Bedrock.RegisterMarketplaceModelEndpointParams
---@return moonrock.Bedrock.RegisterMarketplaceModelEndpointResult
function Client:register_marketplace_model_endpoint(params) end

---@class moonrock.Bedrock.StartAutomatedReasoningPolicyBuildWorkflowParams
---@field policyArn string
---@field buildWorkflowType "INGEST_CONTENT"|"REFINE_POLICY"|"IMPORT_POLICY"|"GENERATE_FIDELITY_REPORT"|"GENERATE_POLICY_SCENARIOS"|"RESOLVE_POLICY_AMBIGUITIES"|"ITERATIVELY_REFINE_POLICY"
---@field clientRequestToken? string
---@field sourceContent moonrock.Bedrock.AutomatedReasoningPolicyBuildWorkflowSource

---@class moonrock.Bedrock.StartAutomatedReasoningPolicyBuildWorkflowResult: moonrock.Result
---@field policyArn? string
---@field buildWorkflowId? string

---@param params moonrock.Bedrock.StartAutomatedReasoningPolicyBuildWorkflowParams
---@return moonrock.Bedrock.StartAutomatedReasoningPolicyBuildWorkflowResult
function Client:start_automated_reasoning_policy_build_workflow(params) end

---@class moonrock.Bedrock.StartAutomatedReasoningPolicyTestWorkflowParams
---@field policyArn string
---@field buildWorkflowId string
---@field testCaseIds? string[]
---@field clientRequestToken? string

---@class moonrock.Bedrock.StartAutomatedReasoningPolicyTestWorkflowResult: moonrock.Result
---@field policyArn? string

---@param params moonrock.Bedrock.StartAutomatedReasoningPolicyTestWorkflowParams
---@return moonrock.Bedrock.StartAutomatedReasoningPolicyTestWorkflowResult
function Client:start_automated_reasoning_policy_test_workflow(params) end

---@class moonrock.Bedrock.StopAdvancedPromptOptimizationJobParams
---@field jobIdentifier string

---@param params moonrock.Bedrock.StopAdvancedPromptOptimizationJobParams
---@return moonrock.Result
function Client:stop_advanced_prompt_optimization_job(params) end

---@class moonrock.Bedrock.StopEvaluationJobParams
---@field jobIdentifier string

---@param params moonrock.Bedrock.StopEvaluationJobParams
---@return moonrock.Result
function Client:stop_evaluation_job(params) end

---@class moonrock.Bedrock.StopModelCustomizationJobParams
---@field jobIdentifier string

---@param params moonrock.Bedrock.StopModelCustomizationJobParams
---@return moonrock.Result
function Client:stop_model_customization_job(params) end

---@class moonrock.Bedrock.StopModelInvocationJobParams
---@field jobIdentifier string

---@param params moonrock.Bedrock.StopModelInvocationJobParams
---@return moonrock.Result
function Client:stop_model_invocation_job(params) end

---@class moonrock.Bedrock.TagResourceParams
---@field resourceARN string
---@field tags moonrock.Bedrock.Tag[]

---@param params moonrock.Bedrock.TagResourceParams
---@return moonrock.Result
function Client:tag_resource(params) end

---@class moonrock.Bedrock.UntagResourceParams
---@field resourceARN string
---@field tagKeys string[]

---@param params moonrock.Bedrock.UntagResourceParams
---@return moonrock.Result
function Client:untag_resource(params) end

---@class moonrock.Bedrock.UpdateAutomatedReasoningPolicyParams
---@field policyArn string
---@field policyDefinition moonrock.Bedrock.AutomatedReasoningPolicyDefinition
---@field name? string
---@field description? string

---@class moonrock.Bedrock.UpdateAutomatedReasoningPolicyResult: moonrock.Result
---@field policyArn? string
---@field name? string
---@field definitionHash? string
---@field updatedAt? number|string

---@param params moonrock.Bedrock.UpdateAutomatedReasoningPolicyParams
---@return moonrock.Bedrock.UpdateAutomatedReasoningPolicyResult
function Client:update_automated_reasoning_policy(params) end

---@class moonrock.Bedrock.UpdateAutomatedReasoningPolicyAnnotationsParams
---@field policyArn string
---@field buildWorkflowId string
---@field annotations moonrock.Bedrock.AutomatedReasoningPolicyAnnotation[]
---@field lastUpdatedAnnotationSetHash string

---@class moonrock.Bedrock.UpdateAutomatedReasoningPolicyAnnotationsResult: moonrock.Result
---@field policyArn? string
---@field buildWorkflowId? string
---@field annotationSetHash? string
---@field updatedAt? number|string

---@param params moonrock.Bedrock.UpdateAutomatedReasoningPolicyAnnotationsParams
---@return moonrock.Bedrock.UpdateAutomatedReasoningPolicyAnnotationsResult
function Client:update_automated_reasoning_policy_annotations(params) end

---@class moonrock.Bedrock.UpdateAutomatedReasoningPolicyTestCaseParams
---@field policyArn string
---@field testCaseId string
---@field guardContent string
---@field queryContent? string
---@field lastUpdatedAt number|string
---@field expectedAggregatedFindingsResult "VALID"|"INVALID"|"SATISFIABLE"|"IMPOSSIBLE"|"TRANSLATION_AMBIGUOUS"|"TOO_COMPLEX"|"NO_TRANSLATION"
---@field confidenceThreshold? number
---@field clientRequestToken? string

---@class moonrock.Bedrock.UpdateAutomatedReasoningPolicyTestCaseResult: moonrock.Result
---@field policyArn? string
---@field testCaseId? string

---@param params moonrock.Bedrock.UpdateAutomatedReasoningPolicyTestCaseParams
---@return moonrock.Bedrock.UpdateAutomatedReasoningPolicyTestCaseResult
function Client:update_automated_reasoning_policy_test_case(params) end

---@class moonrock.Bedrock.UpdateCustomModelDeploymentParams
---@field modelArn string
---@field customModelDeploymentIdentifier string

---@class moonrock.Bedrock.UpdateCustomModelDeploymentResult: moonrock.Result
---@field customModelDeploymentArn? string

---@param params moonrock.Bedrock.UpdateCustomModelDeploymentParams
---@return moonrock.Bedrock.UpdateCustomModelDeploymentResult
function Client:update_custom_model_deployment(params) end

---@class moonrock.Bedrock.UpdateGuardrailParams
---@field guardrailIdentifier string
---@field name string
---@field description? string
---@field topicPolicyConfig? moonrock.Bedrock.GuardrailTopicPolicyConfig
---@field contentPolicyConfig? moonrock.Bedrock.GuardrailContentPolicyConfig
---@field wordPolicyConfig? moonrock.Bedrock.GuardrailWordPolicyConfig
---@field sensitiveInformationPolicyConfig? moonrock.Bedrock.GuardrailSensitiveInformationPolicyConfig
---@field contextualGroundingPolicyConfig? moonrock.Bedrock.GuardrailContextualGroundingPolicyConfig
---@field automatedReasoningPolicyConfig? moonrock.Bedrock.GuardrailAutomatedReasoningPolicyConfig
---@field crossRegionConfig? moonrock.Bedrock.GuardrailCrossRegionConfig
---@field blockedInputMessaging string
---@field blockedOutputsMessaging string
---@field kmsKeyId? string

---@class moonrock.Bedrock.UpdateGuardrailResult: moonrock.Result
---@field guardrailId? string
---@field guardrailArn? string
---@field version? string
---@field updatedAt? number|string

---@param params moonrock.Bedrock.UpdateGuardrailParams
---@return moonrock.Bedrock.UpdateGuardrailResult
function Client:update_guardrail(params) end

---@class moonrock.Bedrock.UpdateMarketplaceModelEndpointParams
---@field endpointArn string
---@field endpointConfig moonrock.Bedrock.EndpointConfig
---@field clientRequestToken? string

---@class moonrock.Bedrock.UpdateMarketplaceModelEndpointResult: moonrock.Result
---@field marketplaceModelEndpoint? moonrock.Bedrock.MarketplaceModelEndpoint

---@param params moonrock.Bedrock.UpdateMarketplaceModelEndpointParams
---@return moonrock.Bedrock.UpdateMarketplaceModelEndpointResult
function Client:update_marketplace_model_endpoint(params) end

---@class moonrock.Bedrock.UpdateProvisionedModelThroughputParams
---@field provisionedModelId string
---@field desiredProvisionedModelName? string
---@field desiredModelId? string

---@param params moonrock.Bedrock.UpdateProvisionedModelThroughputParams
---@return moonrock.Result
function Client:update_provisioned_model_throughput(params) end

---A customization job by name or ARN, or nil.
---@param identifier string
---@return table|nil
function Client:find_model_customization_job(identifier) end

---A custom model by name or ARN, or nil.
---@param identifier string
---@return table|nil
function Client:find_custom_model(identifier) end

---A provisioned throughput by name or ARN, or nil.
---@param identifier string
---@return table|nil
function Client:find_provisioned_model_throughput(identifier) end

---A deployment by name or ARN, or nil.
---@param identifier string
---@return table|nil
function Client:find_custom_model_deployment(identifier) end

---@class moonrock.Bedrock.BatchDeleteAdvancedPromptOptimizationJobError
---@field jobIdentifier string
---@field code string
---@field message? string

---@class moonrock.Bedrock.BatchDeleteAdvancedPromptOptimizationJobItem
---@field jobIdentifier string
---@field jobStatus "InProgress"|"Completed"|"Failed"|"PartiallyCompleted"|"Stopping"|"Stopped"|"Deleting"

---@class moonrock.Bedrock.BatchDeleteEvaluationJobError
---@field jobIdentifier string
---@field code string
---@field message? string

---@class moonrock.Bedrock.BatchDeleteEvaluationJobItem
---@field jobIdentifier string
---@field jobStatus "InProgress"|"Completed"|"Failed"|"Stopping"|"Stopped"|"Deleting"

---@class moonrock.Bedrock.AdvancedPromptOptimizationInputConfig
---@field s3Uri string

---@class moonrock.Bedrock.AdvancedPromptOptimizationOutputConfig
---@field s3Uri string

---@class moonrock.Bedrock.Tag
---@field key string
---@field value string

---@class moonrock.Bedrock.ModelConfiguration
---@field modelId string
---@field inferenceConfig? moonrock.Bedrock.InferenceConfiguration
---@field additionalModelRequestFields? table<string, any>

---@class moonrock.Bedrock.AutomatedReasoningPolicyDefinition
---@field version? string
---@field types? moonrock.Bedrock.AutomatedReasoningPolicyDefinitionType[]
---@field rules? moonrock.Bedrock.AutomatedReasoningPolicyDefinitionRule[]
---@field variables? moonrock.Bedrock.AutomatedReasoningPolicyDefinitionVariable[]

---@class moonrock.Bedrock.ModelDataSource
---@field s3DataSource? moonrock.Bedrock.S3DataSource

---@class moonrock.Bedrock.CustomModelDataSource
---@field modelPackageArnDataSource? moonrock.Bedrock.ModelPackageArnDataSource

---@class moonrock.Bedrock.EvaluationConfig
---@field automated? moonrock.Bedrock.AutomatedEvaluationConfig
---@field human? moonrock.Bedrock.HumanEvaluationConfig

---@class moonrock.Bedrock.EvaluationInferenceConfig
---@field models? moonrock.Bedrock.EvaluationModelConfig[]
---@field ragConfigs? moonrock.Bedrock.RAGConfig[]

---@class moonrock.Bedrock.EvaluationOutputDataConfig
---@field s3Uri string

---@class moonrock.Bedrock.GuardrailTopicPolicyConfig
---@field topicsConfig moonrock.Bedrock.GuardrailTopicConfig[]
---@field tierConfig? moonrock.Bedrock.GuardrailTopicsTierConfig

---@class moonrock.Bedrock.GuardrailContentPolicyConfig
---@field filtersConfig moonrock.Bedrock.GuardrailContentFilterConfig[]
---@field tierConfig? moonrock.Bedrock.GuardrailContentFiltersTierConfig

---@class moonrock.Bedrock.GuardrailWordPolicyConfig
---@field wordsConfig? moonrock.Bedrock.GuardrailWordConfig[]
---@field managedWordListsConfig? moonrock.Bedrock.GuardrailManagedWordsConfig[]

---@class moonrock.Bedrock.GuardrailSensitiveInformationPolicyConfig
---@field piiEntitiesConfig? moonrock.Bedrock.GuardrailPiiEntityConfig[]
---@field regexesConfig? moonrock.Bedrock.GuardrailRegexConfig[]

---@class moonrock.Bedrock.GuardrailContextualGroundingPolicyConfig
---@field filtersConfig moonrock.Bedrock.GuardrailContextualGroundingFilterConfig[]
---@field tierConfig? moonrock.Bedrock.GuardrailContextualGroundingTierConfig

---@class moonrock.Bedrock.GuardrailAutomatedReasoningPolicyConfig
---@field policies string[]
---@field confidenceThreshold? number

---@class moonrock.Bedrock.GuardrailCrossRegionConfig
---@field guardrailProfileIdentifier string

---@class moonrock.Bedrock.InferenceProfileModelSource
---@field copyFrom? string

---@class moonrock.Bedrock.EndpointConfig
---@field sageMaker? moonrock.Bedrock.SageMakerEndpoint

---@class moonrock.Bedrock.MarketplaceModelEndpoint
---@field endpointArn string
---@field modelSourceIdentifier string
---@field status? "REGISTERED"|"INCOMPATIBLE_ENDPOINT"
---@field statusMessage? string
---@field createdAt number|string
---@field updatedAt number|string
---@field endpointConfig moonrock.Bedrock.EndpointConfig
---@field endpointStatus string
---@field endpointStatusMessage? string

---@class moonrock.Bedrock.TrainingDataConfig
---@field s3Uri? string
---@field invocationLogsConfig? moonrock.Bedrock.InvocationLogsConfig

---@class moonrock.Bedrock.ValidationDataConfig
---@field validators moonrock.Bedrock.Validator[]

---@class moonrock.Bedrock.OutputDataConfig
---@field s3Uri string

---@class moonrock.Bedrock.VpcConfig
---@field subnetIds string[]
---@field securityGroupIds string[]

---@class moonrock.Bedrock.CustomizationConfig
---@field distillationConfig? moonrock.Bedrock.DistillationConfig
---@field rftConfig? moonrock.Bedrock.RFTConfig

---@class moonrock.Bedrock.ModelInvocationJobInputDataConfig
---@field s3InputDataConfig? moonrock.Bedrock.ModelInvocationJobS3InputDataConfig

---@class moonrock.Bedrock.ModelInvocationJobOutputDataConfig
---@field s3OutputDataConfig? moonrock.Bedrock.ModelInvocationJobS3OutputDataConfig

---@class moonrock.Bedrock.PromptRouterTargetModel
---@field modelArn string

---@class moonrock.Bedrock.RoutingCriteria
---@field responseQualityDifference number

---@class moonrock.Bedrock.AutomatedReasoningPolicyAnnotation
---@field addType? moonrock.Bedrock.AutomatedReasoningPolicyAddTypeAnnotation
---@field updateType? moonrock.Bedrock.AutomatedReasoningPolicyUpdateTypeAnnotation
---@field deleteType? moonrock.Bedrock.AutomatedReasoningPolicyDeleteTypeAnnotation
---@field addVariable? moonrock.Bedrock.AutomatedReasoningPolicyAddVariableAnnotation
---@field updateVariable? moonrock.Bedrock.AutomatedReasoningPolicyUpdateVariableAnnotation
---@field deleteVariable? moonrock.Bedrock.AutomatedReasoningPolicyDeleteVariableAnnotation
---@field addRule? moonrock.Bedrock.AutomatedReasoningPolicyAddRuleAnnotation
---@field updateRule? moonrock.Bedrock.AutomatedReasoningPolicyUpdateRuleAnnotation
---@field deleteRule? moonrock.Bedrock.AutomatedReasoningPolicyDeleteRuleAnnotation
---@field addRuleFromNaturalLanguage? moonrock.Bedrock.AutomatedReasoningPolicyAddRuleFromNaturalLanguageAnnotation
---@field updateFromRulesFeedback? moonrock.Bedrock.AutomatedReasoningPolicyUpdateFromRuleFeedbackAnnotation
---@field updateFromScenarioFeedback? moonrock.Bedrock.AutomatedReasoningPolicyUpdateFromScenarioFeedbackAnnotation
---@field ingestContent? moonrock.Bedrock.AutomatedReasoningPolicyIngestContentAnnotation

---@class moonrock.Bedrock.AutomatedReasoningPolicyBuildResultAssets
---@field policyDefinition? moonrock.Bedrock.AutomatedReasoningPolicyDefinition
---@field qualityReport? moonrock.Bedrock.AutomatedReasoningPolicyDefinitionQualityReport
---@field buildLog? moonrock.Bedrock.AutomatedReasoningPolicyBuildLog
---@field generatedTestCases? moonrock.Bedrock.AutomatedReasoningPolicyGeneratedTestCases
---@field policyScenarios? moonrock.Bedrock.AutomatedReasoningPolicyScenarios
---@field assetManifest? moonrock.Bedrock.AutomatedReasoningPolicyBuildResultAssetManifest
---@field document? moonrock.Bedrock.AutomatedReasoningPolicySourceDocument
---@field fidelityReport? moonrock.Bedrock.AutomatedReasoningPolicyFidelityReport

---@class moonrock.Bedrock.AutomatedReasoningPolicyScenario
---@field expression string
---@field alternateExpression string
---@field expectedResult "VALID"|"INVALID"|"SATISFIABLE"|"IMPOSSIBLE"|"TRANSLATION_AMBIGUOUS"|"TOO_COMPLEX"|"NO_TRANSLATION"
---@field ruleIds string[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyTestCase
---@field testCaseId string
---@field guardContent string
---@field queryContent? string
---@field expectedAggregatedFindingsResult? "VALID"|"INVALID"|"SATISFIABLE"|"IMPOSSIBLE"|"TRANSLATION_AMBIGUOUS"|"TOO_COMPLEX"|"NO_TRANSLATION"
---@field createdAt number|string
---@field updatedAt number|string
---@field confidenceThreshold? number

---@class moonrock.Bedrock.AutomatedReasoningPolicyTestResult
---@field testCase moonrock.Bedrock.AutomatedReasoningPolicyTestCase
---@field policyArn string
---@field testRunStatus "NOT_STARTED"|"SCHEDULED"|"IN_PROGRESS"|"COMPLETED"|"FAILED"
---@field testFindings? moonrock.Bedrock.AutomatedReasoningCheckFinding[]
---@field testRunResult? "PASSED"|"FAILED"
---@field aggregatedTestFindingsResult? "VALID"|"INVALID"|"SATISFIABLE"|"IMPOSSIBLE"|"TRANSLATION_AMBIGUOUS"|"TOO_COMPLEX"|"NO_TRANSLATION"
---@field updatedAt number|string

---@class moonrock.Bedrock.TrainingMetrics
---@field trainingLoss? number

---@class moonrock.Bedrock.ValidatorMetric
---@field validationLoss? number

---@class moonrock.Bedrock.CustomModelDeploymentUpdateDetails
---@field modelArn string
---@field updateStatus "Updating"|"UpdateCompleted"|"UpdateFailed"

---@class moonrock.Bedrock.FoundationModelDetails
---@field modelArn string
---@field modelId string
---@field modelName? string
---@field providerName? string
---@field inputModalities? ("TEXT"|"IMAGE"|"EMBEDDING")[]
---@field outputModalities? ("TEXT"|"IMAGE"|"EMBEDDING")[]
---@field responseStreamingSupported? boolean
---@field customizationsSupported? ("FINE_TUNING"|"CONTINUED_PRE_TRAINING"|"DISTILLATION")[]
---@field inferenceTypesSupported? ("ON_DEMAND"|"PROVISIONED")[]
---@field modelLifecycle? moonrock.Bedrock.FoundationModelLifecycle

---@class moonrock.Bedrock.AgreementAvailability
---@field status "AVAILABLE"|"PENDING"|"NOT_AVAILABLE"|"ERROR"
---@field errorMessage? string

---@class moonrock.Bedrock.GuardrailTopicPolicy
---@field topics moonrock.Bedrock.GuardrailTopic[]
---@field tier? moonrock.Bedrock.GuardrailTopicsTier

---@class moonrock.Bedrock.GuardrailContentPolicy
---@field filters? moonrock.Bedrock.GuardrailContentFilter[]
---@field tier? moonrock.Bedrock.GuardrailContentFiltersTier

---@class moonrock.Bedrock.GuardrailWordPolicy
---@field words? moonrock.Bedrock.GuardrailWord[]
---@field managedWordLists? moonrock.Bedrock.GuardrailManagedWords[]

---@class moonrock.Bedrock.GuardrailSensitiveInformationPolicy
---@field piiEntities? moonrock.Bedrock.GuardrailPiiEntity[]
---@field regexes? moonrock.Bedrock.GuardrailRegex[]

---@class moonrock.Bedrock.GuardrailContextualGroundingPolicy
---@field filters moonrock.Bedrock.GuardrailContextualGroundingFilter[]
---@field tier? moonrock.Bedrock.GuardrailContextualGroundingTier

---@class moonrock.Bedrock.GuardrailAutomatedReasoningPolicy
---@field policies string[]
---@field confidenceThreshold? number

---@class moonrock.Bedrock.GuardrailCrossRegionDetails
---@field guardrailProfileId? string
---@field guardrailProfileArn? string

---@class moonrock.Bedrock.CustomModelUnits
---@field customModelUnitsPerModelCopy? integer
---@field customModelUnitsVersion? string

---@class moonrock.Bedrock.InferenceProfileModel
---@field modelArn? string

---@class moonrock.Bedrock.StatusDetails
---@field validationDetails? moonrock.Bedrock.ValidationDetails
---@field dataProcessingDetails? moonrock.Bedrock.DataProcessingDetails
---@field trainingDetails? moonrock.Bedrock.TrainingDetails

---@class moonrock.Bedrock.LoggingConfig
---@field cloudWatchConfig? moonrock.Bedrock.CloudWatchConfig
---@field s3Config? moonrock.Bedrock.S3Config
---@field textDataDeliveryEnabled? boolean
---@field imageDataDeliveryEnabled? boolean
---@field embeddingDataDeliveryEnabled? boolean
---@field videoDataDeliveryEnabled? boolean
---@field audioDataDeliveryEnabled? boolean

---@class moonrock.Bedrock.AdvancedPromptOptimizationJobSummary
---@field jobArn string
---@field jobName string
---@field jobStatus "InProgress"|"Completed"|"Failed"|"PartiallyCompleted"|"Stopping"|"Stopped"|"Deleting"
---@field creationTime number|string
---@field lastModifiedTime? number|string

---@class moonrock.Bedrock.AutomatedReasoningPolicySummary
---@field policyArn string
---@field name string
---@field description? string
---@field version string
---@field policyId string
---@field createdAt number|string
---@field updatedAt number|string

---@class moonrock.Bedrock.AutomatedReasoningPolicyBuildWorkflowSummary
---@field policyArn string
---@field buildWorkflowId string
---@field status "SCHEDULED"|"CANCEL_REQUESTED"|"PREPROCESSING"|"BUILDING"|"TESTING"|"COMPLETED"|"FAILED"|"CANCELLED"
---@field buildWorkflowType "INGEST_CONTENT"|"REFINE_POLICY"|"IMPORT_POLICY"|"GENERATE_FIDELITY_REPORT"|"GENERATE_POLICY_SCENARIOS"|"RESOLVE_POLICY_AMBIGUITIES"|"ITERATIVELY_REFINE_POLICY"
---@field createdAt number|string
---@field updatedAt number|string

---@class moonrock.Bedrock.CustomModelDeploymentSummary
---@field customModelDeploymentArn string
---@field customModelDeploymentName string
---@field modelArn string
---@field createdAt number|string
---@field status "Creating"|"Active"|"Failed"
---@field lastUpdatedAt? number|string
---@field failureMessage? string

---@class moonrock.Bedrock.CustomModelSummary
---@field modelArn string
---@field modelName string
---@field creationTime number|string
---@field baseModelArn string
---@field baseModelName string
---@field customizationType? "FINE_TUNING"|"CONTINUED_PRE_TRAINING"|"DISTILLATION"|"REINFORCEMENT_FINE_TUNING"|"IMPORTED"
---@field ownerAccountId? string
---@field modelStatus? "Active"|"Creating"|"Failed"

---@class moonrock.Bedrock.AccountEnforcedGuardrailOutputConfiguration
---@field configId? string
---@field guardrailArn? string
---@field guardrailId? string
---@field inputTags? "HONOR"|"IGNORE"
---@field selectiveContentGuarding? moonrock.Bedrock.SelectiveContentGuarding
---@field guardrailVersion? string
---@field createdAt? number|string
---@field createdBy? string
---@field updatedAt? number|string
---@field updatedBy? string
---@field owner? "ACCOUNT"
---@field modelEnforcement? moonrock.Bedrock.ModelEnforcement

---@class moonrock.Bedrock.EvaluationSummary
---@field jobArn string
---@field jobName string
---@field status "InProgress"|"Completed"|"Failed"|"Stopping"|"Stopped"|"Deleting"
---@field creationTime number|string
---@field jobType "Human"|"Automated"
---@field evaluationTaskTypes ("Summarization"|"Classification"|"QuestionAndAnswer"|"Generation"|"Custom")[]
---@field modelIdentifiers? string[]
---@field ragIdentifiers? string[]
---@field evaluatorModelIdentifiers? string[]
---@field customMetricsEvaluatorModelIdentifiers? string[]
---@field inferenceConfigSummary? moonrock.Bedrock.EvaluationInferenceConfigSummary
---@field applicationType? "ModelEvaluation"|"RagEvaluation"

---@class moonrock.Bedrock.Offer
---@field offerId? string
---@field offerToken string
---@field termDetails moonrock.Bedrock.TermDetails

---@class moonrock.Bedrock.FoundationModelSummary
---@field modelArn string
---@field modelId string
---@field modelName? string
---@field providerName? string
---@field inputModalities? ("TEXT"|"IMAGE"|"EMBEDDING")[]
---@field outputModalities? ("TEXT"|"IMAGE"|"EMBEDDING")[]
---@field responseStreamingSupported? boolean
---@field customizationsSupported? ("FINE_TUNING"|"CONTINUED_PRE_TRAINING"|"DISTILLATION")[]
---@field inferenceTypesSupported? ("ON_DEMAND"|"PROVISIONED")[]
---@field modelLifecycle? moonrock.Bedrock.FoundationModelLifecycle

---@class moonrock.Bedrock.GuardrailSummary
---@field id string
---@field arn string
---@field status "CREATING"|"UPDATING"|"VERSIONING"|"READY"|"FAILED"|"DELETING"
---@field name string
---@field description? string
---@field version string
---@field createdAt number|string
---@field updatedAt number|string
---@field crossRegionDetails? moonrock.Bedrock.GuardrailCrossRegionDetails

---@class moonrock.Bedrock.ImportedModelSummary
---@field modelArn string
---@field modelName string
---@field creationTime number|string
---@field instructSupported? boolean
---@field modelArchitecture? string

---@class moonrock.Bedrock.InferenceProfileSummary
---@field inferenceProfileName string
---@field description? string
---@field createdAt? number|string
---@field updatedAt? number|string
---@field inferenceProfileArn string
---@field models moonrock.Bedrock.InferenceProfileModel[]
---@field inferenceProfileId string
---@field status "ACTIVE"
---@field type "SYSTEM_DEFINED"|"APPLICATION"

---@class moonrock.Bedrock.MarketplaceModelEndpointSummary
---@field endpointArn string
---@field modelSourceIdentifier string
---@field status? "REGISTERED"|"INCOMPATIBLE_ENDPOINT"
---@field statusMessage? string
---@field createdAt number|string
---@field updatedAt number|string

---@class moonrock.Bedrock.ModelCopyJobSummary
---@field jobArn string
---@field status "InProgress"|"Completed"|"Failed"
---@field creationTime number|string
---@field targetModelArn string
---@field targetModelName? string
---@field sourceAccountId string
---@field sourceModelArn string
---@field targetModelKmsKeyArn? string
---@field targetModelTags? moonrock.Bedrock.Tag[]
---@field failureMessage? string
---@field sourceModelName? string

---@class moonrock.Bedrock.ModelCustomizationJobSummary
---@field jobArn string
---@field baseModelArn string
---@field jobName string
---@field status "InProgress"|"Completed"|"Failed"|"Stopping"|"Stopped"
---@field statusDetails? moonrock.Bedrock.StatusDetails
---@field lastModifiedTime? number|string
---@field creationTime number|string
---@field endTime? number|string
---@field customModelArn? string
---@field customModelName? string
---@field customizationType? "FINE_TUNING"|"CONTINUED_PRE_TRAINING"|"DISTILLATION"|"REINFORCEMENT_FINE_TUNING"|"IMPORTED"

---@class moonrock.Bedrock.ModelImportJobSummary
---@field jobArn string
---@field jobName string
---@field status "InProgress"|"Completed"|"Failed"
---@field lastModifiedTime? number|string
---@field creationTime number|string
---@field endTime? number|string
---@field importedModelArn? string
---@field importedModelName? string

---@class moonrock.Bedrock.ModelInvocationJobSummary
---@field jobArn string
---@field jobName string
---@field modelId string
---@field clientRequestToken? string
---@field roleArn string
---@field status? string
---@field message? string
---@field submitTime number|string
---@field lastModifiedTime? number|string
---@field endTime? number|string
---@field inputDataConfig moonrock.Bedrock.ModelInvocationJobInputDataConfig
---@field outputDataConfig moonrock.Bedrock.ModelInvocationJobOutputDataConfig
---@field vpcConfig? moonrock.Bedrock.VpcConfig
---@field timeoutDurationInHours? integer
---@field jobExpirationTime? number|string
---@field modelInvocationType? "InvokeModel"|"Converse"
---@field totalRecordCount? integer
---@field processedRecordCount? integer
---@field successRecordCount? integer
---@field errorRecordCount? integer

---@class moonrock.Bedrock.PromptRouterSummary
---@field promptRouterName string
---@field routingCriteria moonrock.Bedrock.RoutingCriteria
---@field description? string
---@field createdAt? number|string
---@field updatedAt? number|string
---@field promptRouterArn string
---@field models moonrock.Bedrock.PromptRouterTargetModel[]
---@field fallbackModel moonrock.Bedrock.PromptRouterTargetModel
---@field status "AVAILABLE"
---@field type "custom"|"default"

---@class moonrock.Bedrock.ProvisionedModelSummary
---@field provisionedModelName string
---@field provisionedModelArn string
---@field modelArn string
---@field desiredModelArn string
---@field foundationModelArn string
---@field modelUnits integer
---@field desiredModelUnits integer
---@field status "Creating"|"InService"|"Updating"|"Failed"
---@field commitmentDuration? "OneMonth"|"SixMonths"
---@field commitmentExpirationTime? number|string
---@field creationTime number|string
---@field lastModifiedTime number|string

---@class moonrock.Bedrock.AccountEnforcedGuardrailInferenceInputConfiguration
---@field guardrailIdentifier string
---@field guardrailVersion string
---@field selectiveContentGuarding? moonrock.Bedrock.SelectiveContentGuarding
---@field modelEnforcement? moonrock.Bedrock.ModelEnforcement

---@class moonrock.Bedrock.AutomatedReasoningPolicyBuildWorkflowSource
---@field policyDefinition? moonrock.Bedrock.AutomatedReasoningPolicyDefinition
---@field workflowContent? moonrock.Bedrock.AutomatedReasoningPolicyWorkflowTypeContent

---@class moonrock.Bedrock.InferenceConfiguration
---@field maxTokens? integer
---@field temperature? number
---@field topP? number
---@field stopSequences? string[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyDefinitionType
---@field name string
---@field description? string
---@field values moonrock.Bedrock.AutomatedReasoningPolicyDefinitionTypeValue[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyDefinitionRule
---@field id string
---@field expression string
---@field alternateExpression? string

---@class moonrock.Bedrock.AutomatedReasoningPolicyDefinitionVariable
---@field name string
---@field type string
---@field description string

---@class moonrock.Bedrock.S3DataSource
---@field s3Uri string

---@class moonrock.Bedrock.ModelPackageArnDataSource
---@field modelPackageArn string

---@class moonrock.Bedrock.AutomatedEvaluationConfig
---@field datasetMetricConfigs moonrock.Bedrock.EvaluationDatasetMetricConfig[]
---@field evaluatorModelConfig? moonrock.Bedrock.EvaluatorModelConfig
---@field customMetricConfig? moonrock.Bedrock.AutomatedEvaluationCustomMetricConfig

---@class moonrock.Bedrock.HumanEvaluationConfig
---@field humanWorkflowConfig? moonrock.Bedrock.HumanWorkflowConfig
---@field customMetrics? moonrock.Bedrock.HumanEvaluationCustomMetric[]
---@field datasetMetricConfigs moonrock.Bedrock.EvaluationDatasetMetricConfig[]

---@class moonrock.Bedrock.EvaluationModelConfig
---@field bedrockModel? moonrock.Bedrock.EvaluationBedrockModel
---@field precomputedInferenceSource? moonrock.Bedrock.EvaluationPrecomputedInferenceSource

---@class moonrock.Bedrock.RAGConfig
---@field knowledgeBaseConfig? moonrock.Bedrock.KnowledgeBaseConfig
---@field precomputedRagSourceConfig? moonrock.Bedrock.EvaluationPrecomputedRagSourceConfig

---@class moonrock.Bedrock.GuardrailTopicConfig
---@field name string
---@field definition string
---@field examples? string[]
---@field type "DENY"
---@field inputAction? "BLOCK"|"NONE"
---@field outputAction? "BLOCK"|"NONE"
---@field inputEnabled? boolean
---@field outputEnabled? boolean

---@class moonrock.Bedrock.GuardrailTopicsTierConfig
---@field tierName "CLASSIC"|"STANDARD"

---@class moonrock.Bedrock.GuardrailContentFilterConfig
---@field type "SEXUAL"|"VIOLENCE"|"HATE"|"INSULTS"|"MISCONDUCT"|"PROMPT_ATTACK"
---@field inputStrength "NONE"|"LOW"|"MEDIUM"|"HIGH"
---@field outputStrength "NONE"|"LOW"|"MEDIUM"|"HIGH"
---@field inputModalities? ("TEXT"|"IMAGE")[]
---@field outputModalities? ("TEXT"|"IMAGE")[]
---@field inputAction? "BLOCK"|"NONE"
---@field outputAction? "BLOCK"|"NONE"
---@field inputEnabled? boolean
---@field outputEnabled? boolean

---@class moonrock.Bedrock.GuardrailContentFiltersTierConfig
---@field tierName "CLASSIC"|"STANDARD"

---@class moonrock.Bedrock.GuardrailWordConfig
---@field text string
---@field inputAction? "BLOCK"|"NONE"
---@field outputAction? "BLOCK"|"NONE"
---@field inputEnabled? boolean
---@field outputEnabled? boolean

---@class moonrock.Bedrock.GuardrailManagedWordsConfig
---@field type "PROFANITY"
---@field inputAction? "BLOCK"|"NONE"
---@field outputAction? "BLOCK"|"NONE"
---@field inputEnabled? boolean
---@field outputEnabled? boolean

---@class moonrock.Bedrock.GuardrailPiiEntityConfig
---@field type string
---@field action "BLOCK"|"ANONYMIZE"|"NONE"
---@field inputAction? "BLOCK"|"ANONYMIZE"|"NONE"
---@field outputAction? "BLOCK"|"ANONYMIZE"|"NONE"
---@field inputEnabled? boolean
---@field outputEnabled? boolean

---@class moonrock.Bedrock.GuardrailRegexConfig
---@field name string
---@field description? string
---@field pattern string
---@field action "BLOCK"|"ANONYMIZE"|"NONE"
---@field inputAction? "BLOCK"|"ANONYMIZE"|"NONE"
---@field outputAction? "BLOCK"|"ANONYMIZE"|"NONE"
---@field inputEnabled? boolean
---@field outputEnabled? boolean

---@class moonrock.Bedrock.GuardrailContextualGroundingFilterConfig
---@field type "GROUNDING"|"RELEVANCE"
---@field threshold number
---@field action? "BLOCK"|"NONE"
---@field enabled? boolean

---@class moonrock.Bedrock.GuardrailContextualGroundingTierConfig
---@field tierName "CLASSIC"|"STANDARD"

---@class moonrock.Bedrock.SageMakerEndpoint
---@field initialInstanceCount integer
---@field instanceType string
---@field executionRole string
---@field kmsEncryptionKey? string
---@field vpc? moonrock.Bedrock.VpcConfig

---@class moonrock.Bedrock.InvocationLogsConfig
---@field usePromptResponse? boolean
---@field invocationLogSource moonrock.Bedrock.InvocationLogSource
---@field requestMetadataFilters? moonrock.Bedrock.RequestMetadataFilters

---@class moonrock.Bedrock.Validator
---@field s3Uri string

---@class moonrock.Bedrock.DistillationConfig
---@field teacherModelConfig moonrock.Bedrock.TeacherModelConfig

---@class moonrock.Bedrock.RFTConfig
---@field graderConfig? moonrock.Bedrock.GraderConfig
---@field hyperParameters? moonrock.Bedrock.RFTHyperParameters

---@class moonrock.Bedrock.ModelInvocationJobS3InputDataConfig
---@field s3InputFormat? "JSONL"
---@field s3Uri string
---@field s3BucketOwner? string

---@class moonrock.Bedrock.ModelInvocationJobS3OutputDataConfig
---@field s3Uri string
---@field s3EncryptionKeyId? string
---@field s3BucketOwner? string

---@class moonrock.Bedrock.AutomatedReasoningPolicyAddTypeAnnotation
---@field name string
---@field description string
---@field values moonrock.Bedrock.AutomatedReasoningPolicyDefinitionTypeValue[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyUpdateTypeAnnotation
---@field name string
---@field newName? string
---@field description? string
---@field values moonrock.Bedrock.AutomatedReasoningPolicyTypeValueAnnotation[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyDeleteTypeAnnotation
---@field name string

---@class moonrock.Bedrock.AutomatedReasoningPolicyAddVariableAnnotation
---@field name string
---@field type string
---@field description string

---@class moonrock.Bedrock.AutomatedReasoningPolicyUpdateVariableAnnotation
---@field name string
---@field newName? string
---@field description? string

---@class moonrock.Bedrock.AutomatedReasoningPolicyDeleteVariableAnnotation
---@field name string

---@class moonrock.Bedrock.AutomatedReasoningPolicyAddRuleAnnotation
---@field expression string

---@class moonrock.Bedrock.AutomatedReasoningPolicyUpdateRuleAnnotation
---@field ruleId string
---@field expression string

---@class moonrock.Bedrock.AutomatedReasoningPolicyDeleteRuleAnnotation
---@field ruleId string

---@class moonrock.Bedrock.AutomatedReasoningPolicyAddRuleFromNaturalLanguageAnnotation
---@field naturalLanguage string

---@class moonrock.Bedrock.AutomatedReasoningPolicyUpdateFromRuleFeedbackAnnotation
---@field ruleIds? string[]
---@field feedback string

---@class moonrock.Bedrock.AutomatedReasoningPolicyUpdateFromScenarioFeedbackAnnotation
---@field ruleIds? string[]
---@field scenarioExpression string
---@field feedback? string

---@class moonrock.Bedrock.AutomatedReasoningPolicyIngestContentAnnotation
---@field content string

---@class moonrock.Bedrock.AutomatedReasoningPolicyDefinitionQualityReport
---@field typeCount integer
---@field variableCount integer
---@field ruleCount integer
---@field unusedTypes string[]
---@field unusedTypeValues moonrock.Bedrock.AutomatedReasoningPolicyDefinitionTypeValuePair[]
---@field unusedVariables string[]
---@field conflictingRules string[]
---@field disjointRuleSets moonrock.Bedrock.AutomatedReasoningPolicyDisjointRuleSet[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyBuildLog
---@field entries moonrock.Bedrock.AutomatedReasoningPolicyBuildLogEntry[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyGeneratedTestCases
---@field generatedTestCases moonrock.Bedrock.AutomatedReasoningPolicyGeneratedTestCase[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyScenarios
---@field policyScenarios moonrock.Bedrock.AutomatedReasoningPolicyScenario[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyBuildResultAssetManifest
---@field entries moonrock.Bedrock.AutomatedReasoningPolicyBuildResultAssetManifestEntry[]

---@class moonrock.Bedrock.AutomatedReasoningPolicySourceDocument
---@field document string
---@field documentContentType "pdf"|"txt"
---@field documentName string
---@field documentDescription? string
---@field documentHash string

---@class moonrock.Bedrock.AutomatedReasoningPolicyFidelityReport
---@field coverageScore number
---@field accuracyScore number
---@field ruleReports table<string, moonrock.Bedrock.AutomatedReasoningPolicyRuleReport>
---@field variableReports table<string, moonrock.Bedrock.AutomatedReasoningPolicyVariableReport>
---@field documentSources moonrock.Bedrock.AutomatedReasoningPolicyReportSourceDocument[]

---@class moonrock.Bedrock.AutomatedReasoningCheckFinding
---@field valid? moonrock.Bedrock.AutomatedReasoningCheckValidFinding
---@field invalid? moonrock.Bedrock.AutomatedReasoningCheckInvalidFinding
---@field satisfiable? moonrock.Bedrock.AutomatedReasoningCheckSatisfiableFinding
---@field impossible? moonrock.Bedrock.AutomatedReasoningCheckImpossibleFinding
---@field translationAmbiguous? moonrock.Bedrock.AutomatedReasoningCheckTranslationAmbiguousFinding
---@field tooComplex? moonrock.Bedrock.AutomatedReasoningCheckTooComplexFinding
---@field noTranslations? moonrock.Bedrock.AutomatedReasoningCheckNoTranslationsFinding

---@class moonrock.Bedrock.FoundationModelLifecycle
---@field status "ACTIVE"|"LEGACY"
---@field startOfLifeTime? number|string
---@field endOfLifeTime? number|string
---@field legacyTime? number|string
---@field publicExtendedAccessTime? number|string

---@class moonrock.Bedrock.GuardrailTopic
---@field name string
---@field definition string
---@field examples? string[]
---@field type? "DENY"
---@field inputAction? "BLOCK"|"NONE"
---@field outputAction? "BLOCK"|"NONE"
---@field inputEnabled? boolean
---@field outputEnabled? boolean

---@class moonrock.Bedrock.GuardrailTopicsTier
---@field tierName "CLASSIC"|"STANDARD"

---@class moonrock.Bedrock.GuardrailContentFilter
---@field type "SEXUAL"|"VIOLENCE"|"HATE"|"INSULTS"|"MISCONDUCT"|"PROMPT_ATTACK"
---@field inputStrength "NONE"|"LOW"|"MEDIUM"|"HIGH"
---@field outputStrength "NONE"|"LOW"|"MEDIUM"|"HIGH"
---@field inputModalities? ("TEXT"|"IMAGE")[]
---@field outputModalities? ("TEXT"|"IMAGE")[]
---@field inputAction? "BLOCK"|"NONE"
---@field outputAction? "BLOCK"|"NONE"
---@field inputEnabled? boolean
---@field outputEnabled? boolean

---@class moonrock.Bedrock.GuardrailContentFiltersTier
---@field tierName "CLASSIC"|"STANDARD"

---@class moonrock.Bedrock.GuardrailWord
---@field text string
---@field inputAction? "BLOCK"|"NONE"
---@field outputAction? "BLOCK"|"NONE"
---@field inputEnabled? boolean
---@field outputEnabled? boolean

---@class moonrock.Bedrock.GuardrailManagedWords
---@field type "PROFANITY"
---@field inputAction? "BLOCK"|"NONE"
---@field outputAction? "BLOCK"|"NONE"
---@field inputEnabled? boolean
---@field outputEnabled? boolean

---@class moonrock.Bedrock.GuardrailPiiEntity
---@field type string
---@field action "BLOCK"|"ANONYMIZE"|"NONE"
---@field inputAction? "BLOCK"|"ANONYMIZE"|"NONE"
---@field outputAction? "BLOCK"|"ANONYMIZE"|"NONE"
---@field inputEnabled? boolean
---@field outputEnabled? boolean

---@class moonrock.Bedrock.GuardrailRegex
---@field name string
---@field description? string
---@field pattern string
---@field action "BLOCK"|"ANONYMIZE"|"NONE"
---@field inputAction? "BLOCK"|"ANONYMIZE"|"NONE"
---@field outputAction? "BLOCK"|"ANONYMIZE"|"NONE"
---@field inputEnabled? boolean
---@field outputEnabled? boolean

---@class moonrock.Bedrock.GuardrailContextualGroundingFilter
---@field type "GROUNDING"|"RELEVANCE"
---@field threshold number
---@field action? "BLOCK"|"NONE"
---@field enabled? boolean

---@class moonrock.Bedrock.GuardrailContextualGroundingTier
---@field tierName "CLASSIC"|"STANDARD"

---@class moonrock.Bedrock.ValidationDetails
---@field status? "InProgress"|"Completed"|"Stopping"|"Stopped"|"Failed"|"NotStarted"
---@field creationTime? number|string
---@field lastModifiedTime? number|string

---@class moonrock.Bedrock.DataProcessingDetails
---@field status? "InProgress"|"Completed"|"Stopping"|"Stopped"|"Failed"|"NotStarted"
---@field creationTime? number|string
---@field lastModifiedTime? number|string

---@class moonrock.Bedrock.TrainingDetails
---@field status? "InProgress"|"Completed"|"Stopping"|"Stopped"|"Failed"|"NotStarted"
---@field creationTime? number|string
---@field lastModifiedTime? number|string

---@class moonrock.Bedrock.CloudWatchConfig
---@field logGroupName string
---@field roleArn string
---@field largeDataDeliveryS3Config? moonrock.Bedrock.S3Config

---@class moonrock.Bedrock.S3Config
---@field bucketName string
---@field keyPrefix? string

---@class moonrock.Bedrock.SelectiveContentGuarding
---@field system? "SELECTIVE"|"COMPREHENSIVE"
---@field messages? "SELECTIVE"|"COMPREHENSIVE"

---@class moonrock.Bedrock.ModelEnforcement
---@field includedModels string[]
---@field excludedModels string[]

---@class moonrock.Bedrock.EvaluationInferenceConfigSummary
---@field modelConfigSummary? moonrock.Bedrock.EvaluationModelConfigSummary
---@field ragConfigSummary? moonrock.Bedrock.EvaluationRagConfigSummary

---@class moonrock.Bedrock.TermDetails
---@field usageBasedPricingTerm moonrock.Bedrock.PricingTerm
---@field legalTerm moonrock.Bedrock.LegalTerm
---@field supportTerm moonrock.Bedrock.SupportTerm
---@field validityTerm? moonrock.Bedrock.ValidityTerm

---@class moonrock.Bedrock.AutomatedReasoningPolicyWorkflowTypeContent
---@field documents? moonrock.Bedrock.AutomatedReasoningPolicyBuildWorkflowDocument[]
---@field policyRepairAssets? moonrock.Bedrock.AutomatedReasoningPolicyBuildWorkflowRepairContent
---@field generateFidelityReportContent? moonrock.Bedrock.AutomatedReasoningPolicyGenerateFidelityReportContent
---@field iterativeRefinementContent? moonrock.Bedrock.AutomatedReasoningPolicyIterativeRefinementContent

---@class moonrock.Bedrock.AutomatedReasoningPolicyDefinitionTypeValue
---@field value string
---@field description? string

---@class moonrock.Bedrock.EvaluationDatasetMetricConfig
---@field taskType "Summarization"|"Classification"|"QuestionAndAnswer"|"Generation"|"Custom"
---@field dataset moonrock.Bedrock.EvaluationDataset
---@field metricNames string[]

---@class moonrock.Bedrock.EvaluatorModelConfig
---@field bedrockEvaluatorModels? moonrock.Bedrock.BedrockEvaluatorModel[]

---@class moonrock.Bedrock.AutomatedEvaluationCustomMetricConfig
---@field customMetrics moonrock.Bedrock.AutomatedEvaluationCustomMetricSource[]
---@field evaluatorModelConfig moonrock.Bedrock.CustomMetricEvaluatorModelConfig

---@class moonrock.Bedrock.HumanWorkflowConfig
---@field flowDefinitionArn string
---@field instructions? string

---@class moonrock.Bedrock.HumanEvaluationCustomMetric
---@field name string
---@field description? string
---@field ratingMethod string

---@class moonrock.Bedrock.EvaluationBedrockModel
---@field modelIdentifier string
---@field inferenceParams? string
---@field performanceConfig? moonrock.Bedrock.PerformanceConfiguration

---@class moonrock.Bedrock.EvaluationPrecomputedInferenceSource
---@field inferenceSourceIdentifier string

---@class moonrock.Bedrock.KnowledgeBaseConfig
---@field retrieveConfig? moonrock.Bedrock.RetrieveConfig
---@field retrieveAndGenerateConfig? moonrock.Bedrock.RetrieveAndGenerateConfiguration

---@class moonrock.Bedrock.EvaluationPrecomputedRagSourceConfig
---@field retrieveSourceConfig? moonrock.Bedrock.EvaluationPrecomputedRetrieveSourceConfig
---@field retrieveAndGenerateSourceConfig? moonrock.Bedrock.EvaluationPrecomputedRetrieveAndGenerateSourceConfig

---@class moonrock.Bedrock.InvocationLogSource
---@field s3Uri? string

---@class moonrock.Bedrock.RequestMetadataFilters
---@field equals? table<string, string>
---@field notEquals? table<string, string>
---@field andAll? moonrock.Bedrock.RequestMetadataBaseFilters[]
---@field orAll? moonrock.Bedrock.RequestMetadataBaseFilters[]

---@class moonrock.Bedrock.TeacherModelConfig
---@field teacherModelIdentifier string
---@field maxResponseLengthForInference? integer

---@class moonrock.Bedrock.GraderConfig
---@field lambdaGrader? moonrock.Bedrock.LambdaGraderConfig

---@class moonrock.Bedrock.RFTHyperParameters
---@field epochCount? integer
---@field batchSize? integer
---@field learningRate? number
---@field maxPromptLength? integer
---@field trainingSamplePerPrompt? integer
---@field inferenceMaxTokens? integer
---@field reasoningEffort? "low"|"medium"|"high"
---@field evalInterval? integer

---@class moonrock.Bedrock.AutomatedReasoningPolicyTypeValueAnnotation
---@field addTypeValue? moonrock.Bedrock.AutomatedReasoningPolicyAddTypeValue
---@field updateTypeValue? moonrock.Bedrock.AutomatedReasoningPolicyUpdateTypeValue
---@field deleteTypeValue? moonrock.Bedrock.AutomatedReasoningPolicyDeleteTypeValue

---@class moonrock.Bedrock.AutomatedReasoningPolicyDefinitionTypeValuePair
---@field typeName string
---@field valueName string

---@class moonrock.Bedrock.AutomatedReasoningPolicyDisjointRuleSet
---@field variables string[]
---@field rules string[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyBuildLogEntry
---@field annotation moonrock.Bedrock.AutomatedReasoningPolicyAnnotation
---@field status "APPLIED"|"FAILED"
---@field buildSteps moonrock.Bedrock.AutomatedReasoningPolicyBuildStep[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyGeneratedTestCase
---@field queryContent string
---@field guardContent string
---@field expectedAggregatedFindingsResult "VALID"|"INVALID"|"SATISFIABLE"|"IMPOSSIBLE"|"TRANSLATION_AMBIGUOUS"|"TOO_COMPLEX"|"NO_TRANSLATION"

---@class moonrock.Bedrock.AutomatedReasoningPolicyBuildResultAssetManifestEntry
---@field assetType "BUILD_LOG"|"QUALITY_REPORT"|"POLICY_DEFINITION"|"GENERATED_TEST_CASES"|"POLICY_SCENARIOS"|"FIDELITY_REPORT"|"ASSET_MANIFEST"|"SOURCE_DOCUMENT"
---@field assetName? string
---@field assetId? string

---@class moonrock.Bedrock.AutomatedReasoningPolicyRuleReport
---@field rule string
---@field groundingStatements? moonrock.Bedrock.AutomatedReasoningPolicyStatementReference[]
---@field groundingJustifications? string[]
---@field accuracyScore? number
---@field accuracyJustification? string

---@class moonrock.Bedrock.AutomatedReasoningPolicyVariableReport
---@field policyVariable string
---@field groundingStatements? moonrock.Bedrock.AutomatedReasoningPolicyStatementReference[]
---@field groundingJustifications? string[]
---@field accuracyScore? number
---@field accuracyJustification? string

---@class moonrock.Bedrock.AutomatedReasoningPolicyReportSourceDocument
---@field documentName string
---@field documentHash string
---@field documentId string
---@field atomicStatements moonrock.Bedrock.AutomatedReasoningPolicyAtomicStatement[]
---@field documentContent moonrock.Bedrock.AutomatedReasoningPolicyAnnotatedChunk[]

---@class moonrock.Bedrock.AutomatedReasoningCheckValidFinding
---@field translation? moonrock.Bedrock.AutomatedReasoningCheckTranslation
---@field claimsTrueScenario? moonrock.Bedrock.AutomatedReasoningCheckScenario
---@field supportingRules? moonrock.Bedrock.AutomatedReasoningCheckRule[]
---@field logicWarning? moonrock.Bedrock.AutomatedReasoningCheckLogicWarning

---@class moonrock.Bedrock.AutomatedReasoningCheckInvalidFinding
---@field translation? moonrock.Bedrock.AutomatedReasoningCheckTranslation
---@field contradictingRules? moonrock.Bedrock.AutomatedReasoningCheckRule[]
---@field logicWarning? moonrock.Bedrock.AutomatedReasoningCheckLogicWarning

---@class moonrock.Bedrock.AutomatedReasoningCheckSatisfiableFinding
---@field translation? moonrock.Bedrock.AutomatedReasoningCheckTranslation
---@field claimsTrueScenario? moonrock.Bedrock.AutomatedReasoningCheckScenario
---@field claimsFalseScenario? moonrock.Bedrock.AutomatedReasoningCheckScenario
---@field logicWarning? moonrock.Bedrock.AutomatedReasoningCheckLogicWarning

---@class moonrock.Bedrock.AutomatedReasoningCheckImpossibleFinding
---@field translation? moonrock.Bedrock.AutomatedReasoningCheckTranslation
---@field contradictingRules? moonrock.Bedrock.AutomatedReasoningCheckRule[]
---@field logicWarning? moonrock.Bedrock.AutomatedReasoningCheckLogicWarning

---@class moonrock.Bedrock.AutomatedReasoningCheckTranslationAmbiguousFinding
---@field options? moonrock.Bedrock.AutomatedReasoningCheckTranslationOption[]
---@field differenceScenarios? moonrock.Bedrock.AutomatedReasoningCheckScenario[]

---@class moonrock.Bedrock.AutomatedReasoningCheckTooComplexFinding

---@class moonrock.Bedrock.AutomatedReasoningCheckNoTranslationsFinding

---@class moonrock.Bedrock.EvaluationModelConfigSummary
---@field bedrockModelIdentifiers? string[]
---@field precomputedInferenceSourceIdentifiers? string[]

---@class moonrock.Bedrock.EvaluationRagConfigSummary
---@field bedrockKnowledgeBaseIdentifiers? string[]
---@field precomputedRagSourceIdentifiers? string[]

---@class moonrock.Bedrock.PricingTerm
---@field rateCard moonrock.Bedrock.DimensionalPriceRate[]

---@class moonrock.Bedrock.LegalTerm
---@field url? string

---@class moonrock.Bedrock.SupportTerm
---@field refundPolicyDescription? string

---@class moonrock.Bedrock.ValidityTerm
---@field agreementDuration? string

---@class moonrock.Bedrock.AutomatedReasoningPolicyBuildWorkflowDocument
---@field document string
---@field documentContentType "pdf"|"txt"
---@field documentName string
---@field documentDescription? string

---@class moonrock.Bedrock.AutomatedReasoningPolicyBuildWorkflowRepairContent
---@field annotations moonrock.Bedrock.AutomatedReasoningPolicyAnnotation[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyGenerateFidelityReportContent
---@field documents? moonrock.Bedrock.AutomatedReasoningPolicyBuildWorkflowDocument[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyIterativeRefinementContent
---@field documents moonrock.Bedrock.AutomatedReasoningPolicyBuildWorkflowDocument[]
---@field feedback? string

---@class moonrock.Bedrock.EvaluationDataset
---@field name string
---@field datasetLocation? moonrock.Bedrock.EvaluationDatasetLocation

---@class moonrock.Bedrock.BedrockEvaluatorModel
---@field modelIdentifier string

---@class moonrock.Bedrock.AutomatedEvaluationCustomMetricSource
---@field customMetricDefinition? moonrock.Bedrock.CustomMetricDefinition

---@class moonrock.Bedrock.CustomMetricEvaluatorModelConfig
---@field bedrockEvaluatorModels moonrock.Bedrock.CustomMetricBedrockEvaluatorModel[]

---@class moonrock.Bedrock.PerformanceConfiguration
---@field latency? "standard"|"optimized"

---@class moonrock.Bedrock.RetrieveConfig
---@field knowledgeBaseId string
---@field knowledgeBaseRetrievalConfiguration moonrock.Bedrock.KnowledgeBaseRetrievalConfiguration

---@class moonrock.Bedrock.RetrieveAndGenerateConfiguration
---@field type "KNOWLEDGE_BASE"|"EXTERNAL_SOURCES"
---@field knowledgeBaseConfiguration? moonrock.Bedrock.KnowledgeBaseRetrieveAndGenerateConfiguration
---@field externalSourcesConfiguration? moonrock.Bedrock.ExternalSourcesRetrieveAndGenerateConfiguration

---@class moonrock.Bedrock.EvaluationPrecomputedRetrieveSourceConfig
---@field ragSourceIdentifier string

---@class moonrock.Bedrock.EvaluationPrecomputedRetrieveAndGenerateSourceConfig
---@field ragSourceIdentifier string

---@class moonrock.Bedrock.RequestMetadataBaseFilters
---@field equals? table<string, string>
---@field notEquals? table<string, string>

---@class moonrock.Bedrock.LambdaGraderConfig
---@field lambdaArn string

---@class moonrock.Bedrock.AutomatedReasoningPolicyAddTypeValue
---@field value string
---@field description? string

---@class moonrock.Bedrock.AutomatedReasoningPolicyUpdateTypeValue
---@field value string
---@field newValue? string
---@field description? string

---@class moonrock.Bedrock.AutomatedReasoningPolicyDeleteTypeValue
---@field value string

---@class moonrock.Bedrock.AutomatedReasoningPolicyBuildStep
---@field context moonrock.Bedrock.AutomatedReasoningPolicyBuildStepContext
---@field priorElement? moonrock.Bedrock.AutomatedReasoningPolicyDefinitionElement
---@field messages moonrock.Bedrock.AutomatedReasoningPolicyBuildStepMessage[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyStatementReference
---@field documentId string
---@field statementId string

---@class moonrock.Bedrock.AutomatedReasoningPolicyAtomicStatement
---@field id string
---@field text string
---@field location moonrock.Bedrock.AutomatedReasoningPolicyStatementLocation

---@class moonrock.Bedrock.AutomatedReasoningPolicyAnnotatedChunk
---@field pageNumber? integer
---@field content moonrock.Bedrock.AutomatedReasoningPolicyAnnotatedContent[]

---@class moonrock.Bedrock.AutomatedReasoningCheckTranslation
---@field premises? moonrock.Bedrock.AutomatedReasoningLogicStatement[]
---@field claims moonrock.Bedrock.AutomatedReasoningLogicStatement[]
---@field untranslatedPremises? moonrock.Bedrock.AutomatedReasoningCheckInputTextReference[]
---@field untranslatedClaims? moonrock.Bedrock.AutomatedReasoningCheckInputTextReference[]
---@field confidence number

---@class moonrock.Bedrock.AutomatedReasoningCheckScenario
---@field statements? moonrock.Bedrock.AutomatedReasoningLogicStatement[]

---@class moonrock.Bedrock.AutomatedReasoningCheckRule
---@field id? string
---@field policyVersionArn? string

---@class moonrock.Bedrock.AutomatedReasoningCheckLogicWarning
---@field type? "ALWAYS_TRUE"|"ALWAYS_FALSE"
---@field premises? moonrock.Bedrock.AutomatedReasoningLogicStatement[]
---@field claims? moonrock.Bedrock.AutomatedReasoningLogicStatement[]

---@class moonrock.Bedrock.AutomatedReasoningCheckTranslationOption
---@field translations? moonrock.Bedrock.AutomatedReasoningCheckTranslation[]

---@class moonrock.Bedrock.DimensionalPriceRate
---@field dimension? string
---@field price? string
---@field description? string
---@field unit? string

---@class moonrock.Bedrock.EvaluationDatasetLocation
---@field s3Uri? string

---@class moonrock.Bedrock.CustomMetricDefinition
---@field name string
---@field instructions string
---@field ratingScale? moonrock.Bedrock.RatingScaleItem[]

---@class moonrock.Bedrock.CustomMetricBedrockEvaluatorModel
---@field modelIdentifier string

---@class moonrock.Bedrock.KnowledgeBaseRetrievalConfiguration
---@field vectorSearchConfiguration moonrock.Bedrock.KnowledgeBaseVectorSearchConfiguration

---@class moonrock.Bedrock.KnowledgeBaseRetrieveAndGenerateConfiguration
---@field knowledgeBaseId string
---@field modelArn string
---@field retrievalConfiguration? moonrock.Bedrock.KnowledgeBaseRetrievalConfiguration
---@field generationConfiguration? moonrock.Bedrock.GenerationConfiguration
---@field orchestrationConfiguration? moonrock.Bedrock.OrchestrationConfiguration

---@class moonrock.Bedrock.ExternalSourcesRetrieveAndGenerateConfiguration
---@field modelArn string
---@field sources moonrock.Bedrock.ExternalSource[]
---@field generationConfiguration? moonrock.Bedrock.ExternalSourcesGenerationConfiguration

---@class moonrock.Bedrock.AutomatedReasoningPolicyBuildStepContext
---@field planning? moonrock.Bedrock.AutomatedReasoningPolicyPlanning
---@field mutation? moonrock.Bedrock.AutomatedReasoningPolicyMutation

---@class moonrock.Bedrock.AutomatedReasoningPolicyDefinitionElement
---@field policyDefinitionVariable? moonrock.Bedrock.AutomatedReasoningPolicyDefinitionVariable
---@field policyDefinitionType? moonrock.Bedrock.AutomatedReasoningPolicyDefinitionType
---@field policyDefinitionRule? moonrock.Bedrock.AutomatedReasoningPolicyDefinitionRule

---@class moonrock.Bedrock.AutomatedReasoningPolicyBuildStepMessage
---@field message string
---@field messageType "INFO"|"WARNING"|"ERROR"

---@class moonrock.Bedrock.AutomatedReasoningPolicyStatementLocation
---@field lines integer[]

---@class moonrock.Bedrock.AutomatedReasoningPolicyAnnotatedContent
---@field line? moonrock.Bedrock.AutomatedReasoningPolicyAnnotatedLine

---@class moonrock.Bedrock.AutomatedReasoningLogicStatement
---@field logic string
---@field naturalLanguage? string

---@class moonrock.Bedrock.AutomatedReasoningCheckInputTextReference
---@field text? string

---@class moonrock.Bedrock.RatingScaleItem
---@field definition string
---@field value moonrock.Bedrock.RatingScaleItemValue

---@class moonrock.Bedrock.KnowledgeBaseVectorSearchConfiguration
---@field numberOfResults? integer
---@field overrideSearchType? "HYBRID"|"SEMANTIC"
---@field filter? moonrock.Bedrock.RetrievalFilter
---@field implicitFilterConfiguration? moonrock.Bedrock.ImplicitFilterConfiguration
---@field rerankingConfiguration? moonrock.Bedrock.VectorSearchRerankingConfiguration

---@class moonrock.Bedrock.GenerationConfiguration
---@field promptTemplate? moonrock.Bedrock.PromptTemplate
---@field guardrailConfiguration? moonrock.Bedrock.GuardrailConfiguration
---@field kbInferenceConfig? moonrock.Bedrock.KbInferenceConfig
---@field additionalModelRequestFields? table<string, any>

---@class moonrock.Bedrock.OrchestrationConfiguration
---@field queryTransformationConfiguration moonrock.Bedrock.QueryTransformationConfiguration

---@class moonrock.Bedrock.ExternalSource
---@field sourceType "S3"|"BYTE_CONTENT"
---@field s3Location? moonrock.Bedrock.S3ObjectDoc
---@field byteContent? moonrock.Bedrock.ByteContentDoc

---@class moonrock.Bedrock.ExternalSourcesGenerationConfiguration
---@field promptTemplate? moonrock.Bedrock.PromptTemplate
---@field guardrailConfiguration? moonrock.Bedrock.GuardrailConfiguration
---@field kbInferenceConfig? moonrock.Bedrock.KbInferenceConfig
---@field additionalModelRequestFields? table<string, any>

---@class moonrock.Bedrock.AutomatedReasoningPolicyPlanning

---@class moonrock.Bedrock.AutomatedReasoningPolicyMutation
---@field addType? moonrock.Bedrock.AutomatedReasoningPolicyAddTypeMutation
---@field updateType? moonrock.Bedrock.AutomatedReasoningPolicyUpdateTypeMutation
---@field deleteType? moonrock.Bedrock.AutomatedReasoningPolicyDeleteTypeMutation
---@field addVariable? moonrock.Bedrock.AutomatedReasoningPolicyAddVariableMutation
---@field updateVariable? moonrock.Bedrock.AutomatedReasoningPolicyUpdateVariableMutation
---@field deleteVariable? moonrock.Bedrock.AutomatedReasoningPolicyDeleteVariableMutation
---@field addRule? moonrock.Bedrock.AutomatedReasoningPolicyAddRuleMutation
---@field updateRule? moonrock.Bedrock.AutomatedReasoningPolicyUpdateRuleMutation
---@field deleteRule? moonrock.Bedrock.AutomatedReasoningPolicyDeleteRuleMutation

---@class moonrock.Bedrock.AutomatedReasoningPolicyAnnotatedLine
---@field lineNumber? integer
---@field lineText? string

---@class moonrock.Bedrock.RatingScaleItemValue
---@field stringValue? string
---@field floatValue? number

---@class moonrock.Bedrock.RetrievalFilter
---@field equals? moonrock.Bedrock.FilterAttribute
---@field notEquals? moonrock.Bedrock.FilterAttribute
---@field greaterThan? moonrock.Bedrock.FilterAttribute
---@field greaterThanOrEquals? moonrock.Bedrock.FilterAttribute
---@field lessThan? moonrock.Bedrock.FilterAttribute
---@field lessThanOrEquals? moonrock.Bedrock.FilterAttribute
---@field in? moonrock.Bedrock.FilterAttribute
---@field notIn? moonrock.Bedrock.FilterAttribute
---@field startsWith? moonrock.Bedrock.FilterAttribute
---@field listContains? moonrock.Bedrock.FilterAttribute
---@field stringContains? moonrock.Bedrock.FilterAttribute
---@field andAll? moonrock.Bedrock.RetrievalFilter[]
---@field orAll? moonrock.Bedrock.RetrievalFilter[]

---@class moonrock.Bedrock.ImplicitFilterConfiguration
---@field metadataAttributes moonrock.Bedrock.MetadataAttributeSchema[]
---@field modelArn string

---@class moonrock.Bedrock.VectorSearchRerankingConfiguration
---@field type "BEDROCK_RERANKING_MODEL"
---@field bedrockRerankingConfiguration? moonrock.Bedrock.VectorSearchBedrockRerankingConfiguration

---@class moonrock.Bedrock.PromptTemplate
---@field textPromptTemplate? string

---@class moonrock.Bedrock.GuardrailConfiguration
---@field guardrailId string
---@field guardrailVersion string

---@class moonrock.Bedrock.KbInferenceConfig
---@field textInferenceConfig? moonrock.Bedrock.TextInferenceConfig

---@class moonrock.Bedrock.QueryTransformationConfiguration
---@field type "QUERY_DECOMPOSITION"

---@class moonrock.Bedrock.S3ObjectDoc
---@field uri string

---@class moonrock.Bedrock.ByteContentDoc
---@field identifier string
---@field contentType string
---@field data string

---@class moonrock.Bedrock.AutomatedReasoningPolicyAddTypeMutation
---@field type moonrock.Bedrock.AutomatedReasoningPolicyDefinitionType

---@class moonrock.Bedrock.AutomatedReasoningPolicyUpdateTypeMutation
---@field type moonrock.Bedrock.AutomatedReasoningPolicyDefinitionType

---@class moonrock.Bedrock.AutomatedReasoningPolicyDeleteTypeMutation
---@field name string

---@class moonrock.Bedrock.AutomatedReasoningPolicyAddVariableMutation
---@field variable moonrock.Bedrock.AutomatedReasoningPolicyDefinitionVariable

---@class moonrock.Bedrock.AutomatedReasoningPolicyUpdateVariableMutation
---@field variable moonrock.Bedrock.AutomatedReasoningPolicyDefinitionVariable

---@class moonrock.Bedrock.AutomatedReasoningPolicyDeleteVariableMutation
---@field name string

---@class moonrock.Bedrock.AutomatedReasoningPolicyAddRuleMutation
---@field rule moonrock.Bedrock.AutomatedReasoningPolicyDefinitionRule

---@class moonrock.Bedrock.AutomatedReasoningPolicyUpdateRuleMutation
---@field rule moonrock.Bedrock.AutomatedReasoningPolicyDefinitionRule

---@class moonrock.Bedrock.AutomatedReasoningPolicyDeleteRuleMutation
---@field id string

---@class moonrock.Bedrock.FilterAttribute
---@field key string
---@field value any

---@class moonrock.Bedrock.MetadataAttributeSchema
---@field key string
---@field type "STRING"|"NUMBER"|"BOOLEAN"|"STRING_LIST"
---@field description string

---@class moonrock.Bedrock.VectorSearchBedrockRerankingConfiguration
---@field modelConfiguration moonrock.Bedrock.VectorSearchBedrockRerankingModelConfiguration
---@field numberOfRerankedResults? integer
---@field metadataConfiguration? moonrock.Bedrock.MetadataConfigurationForReranking

---@class moonrock.Bedrock.TextInferenceConfig
---@field temperature? number
---@field topP? number
---@field maxTokens? integer
---@field stopSequences? string[]

---@class moonrock.Bedrock.VectorSearchBedrockRerankingModelConfiguration
---@field modelArn string
---@field additionalModelRequestFields? table<string, any>

---@class moonrock.Bedrock.MetadataConfigurationForReranking
---@field selectionMode "SELECTIVE"|"ALL"
---@field selectiveModeConfiguration? moonrock.Bedrock.RerankingMetadataSelectiveModeConfiguration

---@class moonrock.Bedrock.RerankingMetadataSelectiveModeConfiguration
---@field fieldsToInclude? moonrock.Bedrock.FieldForReranking[]
---@field fieldsToExclude? moonrock.Bedrock.FieldForReranking[]

---@class moonrock.Bedrock.FieldForReranking
---@field fieldName string

return Client
