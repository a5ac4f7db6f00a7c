-- SPDX-License-Identifier: MIT
-- Made by bindings/models/stubs.lua of public service description of 2026-11-23; do not edit.
---@meta

---@class moonrock.Sso: moonrock.Client
local Client = {}

---@class moonrock.Sso.GetRoleCredentialsParams
---@field roleName string
---@field accountId string
---@field accessToken string

---@class moonrock.Sso.GetRoleCredentialsResult: moonrock.Result
---@field roleCredentials? moonrock.Sso.RoleCredentials

---@param params moonrock.Sso.GetRoleCredentialsParams
---@return moonrock.Sso.GetRoleCredentialsResult
function Client:get_role_credentials(params) end

---@class moonrock.Sso.ListAccountRolesParams
---@field nextToken? string
---@field maxResults? integer
---@field accessToken string
---@field accountId string

---@class moonrock.Sso.ListAccountRolesResult: moonrock.Result
---@field nextToken? string
---@field roleList? moonrock.Sso.RoleInfo[]

---@param params moonrock.Sso.ListAccountRolesParams
---@return moonrock.Sso.ListAccountRolesResult
function Client:list_account_roles(params) end

---@class moonrock.Sso.ListAccountsParams
---@field nextToken? string
---@field maxResults? integer
---@field accessToken string

---@class moonrock.Sso.ListAccountsResult: moonrock.Result
---@field nextToken? string
---@field accountList? moonrock.Sso.AccountInfo[]

---@param params moonrock.Sso.ListAccountsParams
---@return moonrock.Sso.ListAccountsResult
function Client:list_accounts(params) end

---@class moonrock.Sso.LogoutParams
---@field accessToken string

---@param params moonrock.Sso.LogoutParams
---@return moonrock.Result
function Client:logout(params) end

---@class moonrock.Sso.RoleCredentials
---@field accessKeyId? string
---@field secretAccessKey? moonrock.Secret
---@field sessionToken? moonrock.Secret
---@field expiration? integer

---@class moonrock.Sso.RoleInfo
---@field roleName? string
---@field accountId? string

---@class moonrock.Sso.AccountInfo
---@field accountId? string
---@field accountName? string
---@field emailAddress? string

return Client
