-- SPDX-License-Identifier: MIT
-- s3_arn.lua -- endpoint rules of S3 for ARNs where a bucket's name stands: access points, those of
-- Object Lambda, of several regions (no region in the ARN) and of Outposts.
-- Source: S3's public rule set, 2026-08-07.

-- What may go into the host's name, for all that name a region.
local function checked(rules)
  return {
    { "DisableAccessPoints", error = "this operation takes a bucket's name, no access point: {Bucket}" },
    { "UseArnRegion == false", "arn.region != Region",
      error = "{Bucket} lies in {arn.region}, the client in {Region}, and use_arn_region is false" },
    { "not valid_host_label(arn.region, true)", error = "{arn.region} in {Bucket} is no region" },
    { "theirs = partition(arn.region)", "theirs.name != partition.name",
      error = "{Bucket} lies in partition {theirs.name}, the client in {partition.name}" },
    { "arn.account_id == ''", error = "the ARN {Bucket} names no account" },
    { "not valid_host_label(arn.account_id, false)", error = "{arn.account_id} in {Bucket} is no account" },
    { "not valid_host_label(name, false)", error = "{name} in {Bucket} is no name of an access point" },
    table.unpack(rules),
  }
end

local function auth(service)
  return { { "sigv4", service, "{arn.region}" } }
end

local object_lambda = checked {
  { "Accelerate", error = "S3 Accelerate does not work with S3 Object Lambda" },
  { "UseDualStack", error = "S3 Object Lambda has no dual-stack endpoints" },
  { "is_set(arn.resource_id[3])", error = "{Bucket} has more parts than a name behind accesspoint" },
  { "Endpoint", "url = parse_url(Endpoint)", auth = auth "s3-object-lambda", virtual = true,
    url = "{url.scheme}://{name}-{arn.account_id}.{url.authority}{url.path}" },
  { "fips = choose(UseFIPS, '-fips', '')", auth = auth "s3-object-lambda", virtual = true,
    url = "https://{name}-{arn.account_id}.s3-object-lambda{fips}.{arn.region}.{theirs.dns_suffix}" },
}

local access_point = checked {
  { "Accelerate", error = "S3 Accelerate does not work with access points" },
  { "is_set(arn.resource_id[3])", error = "{Bucket} has more parts than a name behind accesspoint" },
  { "Endpoint", "url = parse_url(Endpoint)", auth = auth "s3", virtual = true,
    url = "{url.scheme}://{name}-{arn.account_id}.{url.authority}{url.path}" },
  { "fips = choose(UseFIPS, '-fips', '')", "dual = choose(UseDualStack, '.dualstack', '')",
    auth = auth "s3", virtual = true,
    url = "https://{name}-{arn.account_id}.s3-accesspoint{fips}{dual}.{arn.region}.{theirs.dns_suffix}" },
}

local multi_region = {
  { "not valid_host_label(name, true)", error = "{name} in {Bucket} is no name of a multi-region access point" },
  { "UseDualStack", error = "multi-region access points have no dual-stack endpoints: {Bucket}" },
  { "UseFIPS", error = "multi-region access points have no FIPS endpoints: {Bucket}" },
  { "Accelerate", error = "S3 Accelerate does not work with multi-region access points: {Bucket}" },
  { "DisableMultiRegionAccessPoints",
    error = "multi-region access points are switched off (s3_disable_multiregion_access_points): {Bucket}" },
  { "arn.partition != partition.name",
    error = "{Bucket} lies in partition {arn.partition}, the client in {partition.name}" },
  { auth = { { "sigv4a", "s3", "*" } }, virtual = true,
    url = "https://{name}.accesspoint.s3-global.{partition.dns_suffix}" },
}

local outposts_auth = { { "sigv4a", "s3-outposts", "*" }, { "sigv4", "s3-outposts", "{arn.region}" } }

local outposts = checked {
  { "UseDualStack", error = "S3 on Outposts has no dual-stack endpoints: {Bucket}" },
  { "UseFIPS", error = "S3 on Outposts has no FIPS endpoints: {Bucket}" },
  { "Accelerate", error = "S3 Accelerate does not work with S3 on Outposts: {Bucket}" },
  { "is_set(arn.resource_id[5])", error = "{Bucket} has more parts than an access point behind its Outpost" },
  { "outpost = arn.resource_id[2]", "not valid_host_label(outpost, false)",
    error = "{outpost} in {Bucket} is no Outpost" },
  { "arn.resource_id[3] != 'accesspoint'", error = "{Bucket} names no access point behind its Outpost" },
  { "Endpoint", "url = parse_url(Endpoint)", auth = outposts_auth, virtual = true,
    url = "https://{name}-{arn.account_id}.{outpost}.{url.authority}" },
  { auth = outposts_auth, virtual = true,
    url = "https://{name}-{arn.account_id}.{outpost}.s3-outposts.{arn.region}.{theirs.dns_suffix}" },
}

local unknown = "{Bucket} is no ARN of an access point: "

return {
  { "not parse_arn(Bucket)", error = "{Bucket} is no ARN; one looks like "
    .. "arn:aws:s3:us-west-2:123456789012:accesspoint/name" },
  { "ForcePathStyle", error = "path-style addresses know no ARNs: {Bucket}" },
  { "arn = parse_arn(Bucket)", rules = {
    { "arn.service == 's3-outposts'", "arn.resource_id[1] == 'outpost'", "name = arn.resource_id[4]",
      rules = outposts },
    { "arn.service == 's3-outposts'", error = unknown .. "behind the account stand outpost, its id, accesspoint "
      .. "and the name" },
    { "arn.resource_id[1] != 'accesspoint'", error = unknown .. "behind the account stand accesspoint and the name" },
    { "choose(arn.resource_id[2], arn.resource_id[2], '') == ''", error = unknown .. "it has no name" },
    { "name = arn.resource_id[2]", rules = {
      { "arn.service == 's3-object-lambda'", "arn.region == ''", error = unknown .. "it has no region" },
      { "arn.service == 's3-object-lambda'", rules = object_lambda },
      { "arn.service != 's3'", error = unknown .. "{arn.service} is not S3" },
      { "arn.region == ''", rules = multi_region },
      { rules = access_point },
    } },
  } },
}
