-- SPDX-License-Identifier: MIT
-- process.lua -- credential_process of a profile: a program that prints credentials.
-- Its output is read in C only; what is shown of a failure is the program's error output.
-- Source: AWS SDKs and Tools Reference Guide, "Process credential provider" (2026-08).

local errors = require "moonrock.error"
local native = require "moonrock.credentials"
local shape = require "moonrock.aws.credentials.shape"

local M = {}

local time_limit = 60 -- seconds of real time
local output_limit = 64 * 1024

local function fail(where, what, hint)
  errors.raise {
    code = "CredentialProcessFailed",
    message = string.format("credential_process of %s %s", where, what),
    hint = hint or "run the command by hand: it must print a JSON object with Version, AccessKeyId, SecretAccessKey",
    retryable = false,
  }
end

local function last_words(text)
  local line = text:match("([^\n]*%S[^\n]*)%s*$")
  return line and ": " .. line:gsub("%c", " "):sub(1, 300) or ""
end

---Runs the command line with the shell.
---@async
---@param command string
---@param where string "profile x"
---@param account_id? string if the process gives none
---@param limit? number seconds, for tests
function M.run(command, where, account_id, limit)
  local result, err = native.run({ "/bin/sh", "-c", command }, limit or time_limit, output_limit)
  if not result and err.code == "ECHILD" then
    fail(where, "has ended, but nobody can tell how: this program ignores SIGCHLD, or waits for all its children",
      "the program that embeds moonrock can give SIGCHLD its default disposition (SIG_DFL)")
  elseif not result then
    fail(where, "could not be started: " .. tostring(err.message))
  elseif result.timed_out then
    fail(where, string.format("did not end within %g seconds and was killed", limit or time_limit),
      "it may wait for an answer on a terminal; run it by hand")
  elseif result.too_long then
    fail(where, "printed more than 64 KiB; it was killed")
  elseif result.signal then
    fail(where, string.format("was ended by signal %d%s", result.signal, last_words(result.complaint)))
  elseif result.status ~= 0 then
    fail(where, string.format("ended with exit code %d%s", result.status, last_words(result.complaint)))
  end
  local found, fault = native.decode(result.output)
  if not found then
    fail(where, "printed no JSON: " .. fault.message)
  elseif found.Version ~= 1 then
    fail(where, string.format("printed Version %s, where 1 is known", tostring(found.Version)))
  end
  found.AccountId = found.AccountId or account_id
  return shape.normalize(found, "credential_process of " .. where)
end

return M
