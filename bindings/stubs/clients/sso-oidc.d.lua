-- SPDX-License-Identifier: MIT
-- Made by bindings/models/stubs.lua of public service description of 2026-11-23; do not edit.
---@meta

---@class moonrock.SsoOidc: moonrock.Client
local Client = {}

---@class moonrock.SsoOidc.CreateTokenParams
---@field clientId string
---@field clientSecret string
---@field grantType string
---@field deviceCode? string
---@field code? string
---@field refreshToken? string
---@field scope? string[]
---@field redirectUri? string
---@field codeVerifier? string

---@class moonrock.SsoOidc.CreateTokenResult: moonrock.Result
---@field accessToken? moonrock.Secret
---@field tokenType? string
---@field expiresIn? integer
---@field refreshToken? moonrock.Secret
---@field idToken? moonrock.Secret

---@param params moonrock.SsoOidc.CreateTokenParams
---@return moonrock.SsoOidc.CreateTokenResult
function Client:create_token(params) end

---@class moonrock.SsoOidc.CreateTokenWithIAMParams
---@field clientId string
---@field grantType string
---@field code? string
---@field refreshToken? string
---@field assertion? string
---@field scope? string[]
---@field redirectUri? string
---@field subjectToken? string
---@field subjectTokenType? string
---@field requestedTokenType? string
---@field codeVerifier? string

---@class moonrock.SsoOidc.CreateTokenWithIAMResult: moonrock.Result
---@field accessToken? moonrock.Secret
---@field tokenType? string
---@field expiresIn? integer
---@field refreshToken? moonrock.Secret
---@field idToken? moonrock.Secret
---@field issuedTokenType? string
---@field scope? string[]
---@field awsAdditionalDetails? moonrock.SsoOidc.AwsAdditionalDetails

---@param params moonrock.SsoOidc.CreateTokenWithIAMParams
---@return moonrock.SsoOidc.CreateTokenWithIAMResult
function Client:create_token_with_iam(params) end

---@class moonrock.SsoOidc.RegisterClientParams
---@field clientName string
---@field clientType string
---@field scopes? string[]
---@field redirectUris? string[]
---@field grantTypes? string[]
---@field issuerUrl? string
---@field entitledApplicationArn? string

---@class moonrock.SsoOidc.RegisterClientResult: moonrock.Result
---@field clientId? string
---@field clientSecret? moonrock.Secret
---@field clientIdIssuedAt? integer
---@field clientSecretExpiresAt? integer
---@field authorizationEndpoint? string
---@field tokenEndpoint? string

---@param params moonrock.SsoOidc.RegisterClientParams
---@return moonrock.SsoOidc.RegisterClientResult
function Client:register_client(params) end

---@class moonrock.SsoOidc.StartDeviceAuthorizationParams
---@field clientId string
---@field clientSecret string
---@field startUrl string

---@class moonrock.SsoOidc.StartDeviceAuthorizationResult: moonrock.Result
---@field deviceCode? string
---@field userCode? string
---@field verificationUri? string
---@field verificationUriComplete? string
---@field expiresIn? integer
---@field interval? integer

---@param params moonrock.SsoOidc.StartDeviceAuthorizationParams
---@return moonrock.SsoOidc.StartDeviceAuthorizationResult
function Client:start_device_authorization(params) end

---@class moonrock.SsoOidc.AwsAdditionalDetails
---@field identityContext? string

return Client
