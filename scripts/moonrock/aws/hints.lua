-- SPDX-License-Identifier: MIT
-- hints.lua -- from an error of a service to the next step of a person.
-- A rule fits when service, operation, code, status and a pattern in the message fit (absent
-- parts fit all); the first that fits gives the hint.  Offline facts only; nothing is looked up.

local M = {}

local no_checksums = "stores other than AWS may not know these checksums; AWS_REQUEST_CHECKSUM_CALCULATION="
  .. "when_required (option request_checksums) leaves them out"

local wrong_key = "the secret access key does not belong to this access key id, or has a blank or line break at an "
  .. "end, or something between here and the service changed the request"

-- Patterns are Lua patterns on the lower-cased message; a pair of position captures marks
-- the words that the hint repeats.
local rules = {
  -- who you are
  { code = "ExpiredToken", hint = "the session has ended; log in again or set fresh credentials" },
  { code = "ExpiredTokenException",
    hint = "the session has ended; log in again or set fresh credentials" },
  { code = "InvalidAccessKeyId",
    hint = "the access key id is unknown to this endpoint; a temporary key (ASIA...) needs AWS_SESSION_TOKEN too" },
  { code = "UnrecognizedClientException",
    hint = "the access key id or session token is unknown to this endpoint; temporary keys (ASIA...) need "
      .. "AWS_SESSION_TOKEN" },
  { code = "InvalidClientTokenId",
    hint = "the access key id is unknown; temporary keys (ASIA...) need AWS_SESSION_TOKEN" },
  { code = "SignatureDoesNotMatch",
    hint = wrong_key },
  { code = "InvalidSignatureException",
    hint = wrong_key },
  { service = "sso", status = 403,
    hint = "this login has no access to that account and role; or AWS_ENDPOINT_URL, which holds for the login too, "
      .. "leads it elsewhere: AWS_ENDPOINT_URL_S3 and its kin name one service" },
  { code = "InvalidToken",
    hint = "the session token belongs to another key, or to another endpoint; a lasting key has none: unset "
      .. "AWS_SESSION_TOKEN" },
  { code = "RequestTimeTooSkewed", hint = "the clock of this machine is wrong; set it (NTP)" },
  { code = "MissingAuthenticationTokenException",
    hint = "the request went out unsigned, or to a host that is no AWS endpoint" },

  -- roles and permissions
  { text = "could not assume",
    hint = "the role's trust policy must allow bedrock.amazonaws.com to sts:AssumeRole, with "
      .. "aws:SourceAccount your account" },
  { text = "passrole",
    hint = "your own identity needs iam:PassRole on the role that the job is given" },
  { text = "service control policy",
    hint = "an organisation policy denies this; nothing in this account can allow it, ask its administrators" },
  { text = "getobject permissions",
    hint = "the job's role needs s3:GetObject and s3:ListBucket on the training data, in the job's own region" },
  { text = "perms missing %(putobject%)",
    hint = "the job's role needs s3:PutObject on the output prefix (Bedrock tries it with a small file)" },
  { text = "putobject permissions",
    hint = "the job's role needs s3:PutObject on the output prefix (Bedrock tries it with a small file)" },
  { code = "FTUFormNotFilled",
    hint = "submit the use-case form for this model provider in the Bedrock console first" },
  { code = "AccessDeniedException", text = "don't have access to the model",
    hint = "enable access to this model in the Bedrock console, in this very region" },
  { code = "AccessDeniedException", text = "model access",
    hint = "enable access to this model in the Bedrock console, in this very region" },
  { code = "AccessDeniedException", text = "marketplace",
    hint = "the model's marketplace agreement is not accepted; enable the model in the Bedrock console" },
  { code = "AccessDeniedException", text = "not authorized to perform: ()%S+()",
    hint = "the identity that signs needs permission %s" },
  { code = "AccessDeniedException", text = "api key is valid",
    hint = "the token of AWS_BEARER_TOKEN_BEDROCK has ended or is not one; without it requests are signed with keys" },
  { service = "bedrock", code = "AccessDeniedException",
    hint = "check the identity's bedrock permissions, and iam:PassRole on the job's role" },
  { service = "bedrock-runtime", code = "AccessDeniedException",
    hint = "check bedrock:InvokeModel permission, and that access to the model is enabled in this region" },

  -- model ids
  { text = "on%-demand throughput isn.t supported",
    hint = "use an inference profile id (such as us.<model id>), or a provisioned throughput or deployment "
      .. "ARN of the model" },
  { text = "provided model identifier is invalid",
    hint = "check the id, its version suffix and the region; fine-tuning ids carry a context suffix (:48k, "
      .. ":200k), invocation ids do not" },
  { text = "does not support customization",
    hint = "ask list_foundation_models{ byCustomizationType = \"FINE_TUNING\" } in the same region; the id "
      .. "for tuning carries a context suffix" },
  { text = "not supported for fine",
    hint = "ask list_foundation_models{ byCustomizationType = \"FINE_TUNING\" } in the same region; the id "
      .. "for tuning carries a context suffix" },
  { text = "basemodelidentifier",
    hint = "ask list_foundation_models{ byCustomizationType = \"FINE_TUNING\" } in the same region" },
  { text = "no commitment model units",
    hint = "ask for the quota \"model units, no commitment\" (L-BE77399C) in Service Quotas" },
  { text = "rolearn", code = "ValidationException",
    hint = "a role looks like arn:aws:iam::123456789012:role/name" },
  { text = "anthropic_version: field required",
    hint = "the body needs anthropic_version = \"bedrock-2023-05-31\"" },
  { service = "bedrock-runtime", code = "ParamValidation", text = "content: expected a list, got a string",
    hint = "a text is a block of its own: content = { { text = \"...\" } }" },
  { code = "ModelNotReadyException",
    hint = "wait until the throughput or deployment is in service: client:wait(...)" },

  -- names and tokens
  { text = "job name .*in use", hint = "job names stay taken for ever; choose another" },
  { text = "already exists", service = "bedrock",
    hint = "the name is taken; choose another (job names are never freed)" },
  { text = "already in use", service = "bedrock",
    hint = "the name is taken; choose another (job names are never freed)" },
  { code = "ConflictException",
    hint = "the name is taken or the resource is busy; look it up before trying again" },
  { code = "BucketAlreadyExists",
    hint = "bucket names are shared by all accounts; choose another" },
  { code = "BucketAlreadyOwnedByYou",
    hint = "the bucket exists already and is yours; go on with it" },

  -- limits
  { code = "ServiceQuotaExceededException",
    hint = "a quota of the account is used up; delete what is not needed or ask for more in Service Quotas" },
  { code = "ThrottlingException",
    hint = "too many requests or tokens a minute, not too long a prompt; lower the concurrency or ask for "
      .. "a higher quota" },
  { code = "SlowDown",
    hint = "S3 wants fewer requests: lower the concurrency, or let AWS_RETRY_MODE=adaptive find the rate" },
  { status = 407,
    hint = "the proxy wants a name and a password: http_proxy=http://name:password@proxy:port" },
  { status = 429,
    hint = "too many requests: lower the concurrency, or let AWS_RETRY_MODE=adaptive find the rate" },
  { status = 502, hint = "something before the service answers for it, and does not reach it; try again later" },
  { status = 503, hint = "the service is overloaded or away; try later, or with more attempts (AWS_MAX_ATTEMPTS)" },
  { status = 504, hint = "something before the service answers for it, and does not reach it; try again later" },
  { code = "TooManyTagsException", hint = "a resource takes at most 50 tags" },

  -- S3
  { service = "s3", code = "InvalidRequest", text = "missing required header for this request: content%-md5$",
    hint = no_checksums },
  { service = "s3", code = "MalformedXML", operation = "complete_multipart_upload", hint = no_checksums },
  { service = "s3", code = "MalformedXML", operation = "delete_objects",
    hint = "1 to 1000 objects in a call; s3:delete_keys(bucket, keys) takes any number" },
  { service = "s3", code = "NotImplemented", text = "header you provided implies", hint = no_checksums },
  { operation = "head_bucket", status = 404,
    hint = "the bucket does not exist, or not under this name; s3:ensure_bucket(name) makes it" },
  { operation = "head_object", status = 404,
    hint = "check bucket and key; keys are case-sensitive and have no leading slash" },
  { code = "NoSuchBucket",
    hint = "check the bucket's name and spelling; buckets of another partition are not seen" },
  { code = "NoSuchKey", hint = "check the key; keys are case-sensitive and have no leading slash" },
  { code = "PermanentRedirect",
    hint = "the bucket lies in another region; set the client's region to it" },
  { code = "AuthorizationHeaderMalformed",
    hint = "the bucket lies in another region; set the client's region to it" },
  { code = "IllegalLocationConstraintException",
    hint = "CreateBucketConfiguration.LocationConstraint must be the client's region" },
  { code = "BucketNotEmpty", hint = "delete its objects first: s3:empty_bucket(name)" },
  { code = "InvalidBucketName", hint = "3 to 63 lower-case letters, digits, hyphens and dots" },
  { service = "s3", code = "AccessDenied",
    hint = "check the identity's s3 permissions and the bucket's policy" },
  { service = "s3", status = 403,
    hint = "check the identity's s3 permissions and the bucket's policy" },
  { code = "EntityTooSmall", hint = "every part but the last must have 5 MiB or more" },
  { service = "s3", status = 304, hint = "the object is as it was; IfNoneMatch or IfModifiedSince asked for a change" },
  { code = "PreconditionFailed", hint = "the object has changed, or exists already" },
}

local function fits(rule, err, text)
  if rule.service and rule.service ~= err.service or rule.code and rule.code ~= err.code
    or rule.status and rule.status ~= err.status
    or rule.operation and rule.operation ~= err.operation then
    return nil
  elseif not rule.text then
    return rule.hint
  end
  local found, _, from, past = text:find(rule.text)
  if not found then
    return nil
  elseif from then
    return string.format(rule.hint, tostring(err.message):sub(from, past - 1))
  end
  return rule.hint
end

---@param err table with code, message, service, status
---@return string|nil
function M.find(err)
  local text = tostring(err.message or ""):lower()
  for _, rule in ipairs(rules) do
    local hint = fits(rule, err, text)
    if hint then
      return hint
    end
  end
  return nil
end

return M
