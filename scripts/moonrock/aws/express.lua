-- SPDX-License-Identifier: MIT
-- express.lua -- the keys of directory buckets (S3 Express One Zone).
-- Requests for objects there are signed with keys that CreateSession gives for five minutes; a
-- client keeps them for each bucket and renews them a minute before their end, all tasks together.

local headers = require "moonrock.headers"
local credentials = require "moonrock.aws.credentials"

local M = {}

---The provider of a bucket's session keys.
---@param core table of a client
---@param bucket string
---@param invoke fun(core: table, op: table, params: table): table the way of a call
---@return fun(): table provider as that of moonrock.aws.credentials
function M.provider(core, bucket, invoke)
  core.sessions = core.sessions or {}
  local provider = core.sessions[bucket]
  if not provider then
    provider = credentials.provider({
      getenv = core.config.getenv,
      credentials = function()
        return invoke(core, core.service:operation("create_session"), { Bucket = bucket }).Credentials
      end,
    }, "s3express")
    core.sessions[bucket] = provider
  end
  return provider
end

---The token of a session travels under a name of its own.
---@param request table its headers get the token
---@param session table credentials of the provider
---@return table credentials to sign with
function M.move_token(request, session)
  headers.add(request.headers, "x-amz-s3session-token", session.session_token)
  return { access_key_id = session.access_key_id, secret_access_key = session.secret_access_key }
end

return M
