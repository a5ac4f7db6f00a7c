-- SPDX-License-Identifier: MIT
-- Made by bindings/models/stubs.lua of public service description of 2026-11-23; do not edit.
---@meta

---@class moonrock.Sts: moonrock.Client
local Client = {}

---@class moonrock.Sts.AssumeRoleParams
---@field RoleArn string
---@field RoleSessionName string
---@field PolicyArns? moonrock.Sts.PolicyDescriptorType[]
---@field Policy? string
---@field DurationSeconds? integer
---@field Tags? moonrock.Sts.Tag[]
---@field TransitiveTagKeys? string[]
---@field ExternalId? string
---@field SerialNumber? string
---@field TokenCode? string
---@field SourceIdentity? string
---@field ProvidedContexts? moonrock.Sts.ProvidedContext[]
---@field MinimumSessionTokenSize? integer

---@class moonrock.Sts.AssumeRoleResult: moonrock.Result
---@field Credentials? moonrock.Sts.Credentials
---@field AssumedRoleUser? moonrock.Sts.AssumedRoleUser
---@field PackedPolicySize? integer
---@field SourceIdentity? string
---@field SessionTokenUtilization? integer
---@field SessionTokenSize? integer

---@param params moonrock.Sts.AssumeRoleParams
---@return moonrock.Sts.AssumeRoleResult
function Client:assume_role(params) end

---@class moonrock.Sts.AssumeRoleWithSAMLParams
---@field RoleArn string
---@field PrincipalArn string
---@field SAMLAssertion string
---@field PolicyArns? moonrock.Sts.PolicyDescriptorType[]
---@field Policy? string
---@field DurationSeconds? integer
---@field MinimumSessionTokenSize? integer

---@class moonrock.Sts.AssumeRoleWithSAMLResult: moonrock.Result
---@field Credentials? moonrock.Sts.Credentials
---@field AssumedRoleUser? moonrock.Sts.AssumedRoleUser
---@field PackedPolicySize? integer
---@field Subject? string
---@field SubjectType? string
---@field Issuer? string
---@field Audience? string
---@field NameQualifier? string
---@field SourceIdentity? string
---@field SessionTokenUtilization? integer
---@field SessionTokenSize? integer

---@param params moonrock.Sts.AssumeRoleWithSAMLParams
---@return moonrock.Sts.AssumeRoleWithSAMLResult
function Client:assume_role_with_saml(params) end

---@class moonrock.Sts.AssumeRoleWithWebIdentityParams
---@field RoleArn string
---@field RoleSessionName string
---@field WebIdentityToken string
---@field ProviderId? string
---@field PolicyArns? moonrock.Sts.PolicyDescriptorType[]
---@field Policy? string
---@field DurationSeconds? integer
---@field MinimumSessionTokenSize? integer

---@class moonrock.Sts.AssumeRoleWithWebIdentityResult: moonrock.Result
---@field Credentials? moonrock.Sts.Credentials
---@field SubjectFromWebIdentityToken? string
---@field AssumedRoleUser? moonrock.Sts.AssumedRoleUser
---@field PackedPolicySize? integer
---@field Provider? string
---@field Audience? string
---@field SourceIdentity? string
---@field SessionTokenUtilization? integer
---@field SessionTokenSize? integer

---@param params moonrock.Sts.AssumeRoleWithWebIdentityParams
---@return moonrock.Sts.AssumeRoleWithWebIdentityResult
function Client:assume_role_with_web_identity(params) end

---@class moonrock.Sts.AssumeRootParams
---@field TargetPrincipal string
---@field TaskPolicyArn moonrock.Sts.PolicyDescriptorType
---@field DurationSeconds? integer
---@field MinimumSessionTokenSize? integer

---@class moonrock.Sts.AssumeRootResult: moonrock.Result
---@field Credentials? moonrock.Sts.Credentials
---@field SourceIdentity? string
---@field SessionTokenUtilization? integer
---@field SessionTokenSize? integer

---@param params moonrock.Sts.AssumeRootParams
---@return moonrock.Sts.AssumeRootResult
function Client:assume_root(params) end

---@class moonrock.Sts.DecodeAuthorizationMessageParams
---@field EncodedMessage string

---@class moonrock.Sts.DecodeAuthorizationMessageResult: moonrock.Result
---@field DecodedMessage? string

---@param params moonrock.Sts.DecodeAuthorizationMessageParams
---@return moonrock.Sts.DecodeAuthorizationMessageResult
function Client:decode_authorization_message(params) end

---@class moonrock.Sts.GetAccessKeyInfoParams
---@field AccessKeyId string

---@class moonrock.Sts.GetAccessKeyInfoResult: moonrock.Result
---@field Account? string

---@param params moonrock.Sts.GetAccessKeyInfoParams
---@return moonrock.Sts.GetAccessKeyInfoResult
function Client:get_access_key_info(params) end

---@class moonrock.Sts.GetCallerIdentityResult: moonrock.Result
---@field UserId? string
---@field Account? string
---@field Arn? string

---@param params? table
---@return moonrock.Sts.GetCallerIdentityResult
function Client:get_caller_identity(params) end

---@class moonrock.Sts.GetDelegatedAccessTokenParams
---@field TradeInToken string

---@class moonrock.Sts.GetDelegatedAccessTokenResult: moonrock.Result
---@field Credentials? moonrock.Sts.Credentials
---@field PackedPolicySize? integer
---@field AssumedPrincipal? string

---@param params moonrock.Sts.GetDelegatedAccessTokenParams
---@return moonrock.Sts.GetDelegatedAccessTokenResult
function Client:get_delegated_access_token(params) end

---@class moonrock.Sts.GetFederationTokenParams
---@field Name string
---@field Policy? string
---@field PolicyArns? moonrock.Sts.PolicyDescriptorType[]
---@field DurationSeconds? integer
---@field Tags? moonrock.Sts.Tag[]
---@field MinimumSessionTokenSize? integer

---@class moonrock.Sts.GetFederationTokenResult: moonrock.Result
---@field Credentials? moonrock.Sts.Credentials
---@field FederatedUser? moonrock.Sts.FederatedUser
---@field PackedPolicySize? integer
---@field SessionTokenUtilization? integer
---@field SessionTokenSize? integer

---@param params moonrock.Sts.GetFederationTokenParams
---@return moonrock.Sts.GetFederationTokenResult
function Client:get_federation_token(params) end

---@class moonrock.Sts.GetScopedCredentialsParams
---@field Policy? string
---@field DurationSeconds? integer
---@field MinimumSessionTokenSize? integer
---@field ScopedSessionDescription? string

---@class moonrock.Sts.GetScopedCredentialsResult: moonrock.Result
---@field Credentials? moonrock.Sts.Credentials
---@field SessionInfo? moonrock.Sts.ScopedSession
---@field SessionTokenUtilization? integer
---@field SessionTokenSize? integer
---@field ScopedPoliciesCount? integer
---@field SourceIdentity? string

---@param params? moonrock.Sts.GetScopedCredentialsParams
---@return moonrock.Sts.GetScopedCredentialsResult
function Client:get_scoped_credentials(params) end

---@class moonrock.Sts.GetSessionTokenParams
---@field DurationSeconds? integer
---@field SerialNumber? string
---@field TokenCode? string
---@field MinimumSessionTokenSize? integer

---@class moonrock.Sts.GetSessionTokenResult: moonrock.Result
---@field Credentials? moonrock.Sts.Credentials
---@field SessionTokenUtilization? integer
---@field SessionTokenSize? integer

---@param params? moonrock.Sts.GetSessionTokenParams
---@return moonrock.Sts.GetSessionTokenResult
function Client:get_session_token(params) end

---@class moonrock.Sts.GetWebIdentityTokenParams
---@field Audience string[]
---@field DurationSeconds? integer
---@field SigningAlgorithm string
---@field Tags? moonrock.Sts.Tag[]

---@class moonrock.Sts.GetWebIdentityTokenResult: moonrock.Result
---@field WebIdentityToken? moonrock.Secret
---@field Expiration? number|string

---@param params moonrock.Sts.GetWebIdentityTokenParams
---@return moonrock.Sts.GetWebIdentityTokenResult
function Client:get_web_identity_token(params) end

---@class moonrock.Sts.PolicyDescriptorType
---@field arn? string

---@class moonrock.Sts.Tag
---@field Key string
---@field Value string

---@class moonrock.Sts.ProvidedContext
---@field ProviderArn? string
---@field ContextAssertion? string

---@class moonrock.Sts.Credentials
---@field AccessKeyId string
---@field SecretAccessKey moonrock.Secret
---@field SessionToken moonrock.Secret
---@field Expiration number|string

---@class moonrock.Sts.AssumedRoleUser
---@field AssumedRoleId string
---@field Arn string

---@class moonrock.Sts.FederatedUser
---@field FederatedUserId string
---@field Arn string

---@class moonrock.Sts.ScopedSession
---@field ScopedSessionId string
---@field Arn string

return Client
