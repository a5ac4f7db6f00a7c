-- SPDX-License-Identifier: MIT
-- s3.lua -- endpoint rules of S3: plain buckets; what is rarer stands in files of its own.
-- A bucket goes into the host's name where DNS and TLS allow it, else into the path: a wildcard
-- certificate covers one label only, so dots go into the path over https.
-- Source: the service's public rule set, 2026-08-07.

local auth = { { "sigv4", "s3", "{home}" } }

-- Where the bucket goes, once the host is known.
local placed = {
  { "not Bucket", url = "https://{host}", auth = auth },
  { "not ForcePathStyle", "virtual_hostable_bucket(Bucket, false)",
    url = "https://{Bucket}.{host}", auth = auth, virtual = true },
  { "path = uri_encode(Bucket)", url = "https://{host}/{path}", auth = auth },
}

-- A store of one's own, an endpoint of a VPC, a proxy.
local custom = {
  { "not Bucket", url = "{url.scheme}://{url.authority}{url.path}", auth = auth },
  { "not ForcePathStyle", "not url.is_ip", "virtual_hostable_bucket(Bucket, url.scheme == 'http')",
    url = "{url.scheme}://{Bucket}.{url.authority}{url.path}", auth = auth, virtual = true },
  { "path = uri_encode(Bucket)", url = "{url.scheme}://{url.authority}{url.normalized_path}{path}", auth = auth },
}

local accelerated = {
  { "ForcePathStyle", error = "S3 Accelerate has no path-style addresses" },
  { "not virtual_hostable_bucket(Bucket, false)",
    error = "S3 Accelerate needs a bucket name that can stand in a host's name; {Bucket} cannot" },
  { "partition.name == 'aws-cn'", error = "S3 Accelerate does not exist in {partition.name}" },
  { "UseDualStack", "Region == 'aws-global'", auth = auth, virtual = true,
    url = "https://{Bucket}.s3-accelerate.dualstack.us-east-1.{partition.dns_suffix}" },
  { url = "https://{Bucket}.s3-accelerate{dual}.{partition.dns_suffix}", auth = auth, virtual = true },
}

return {
  { "not Region", error = "no region is set" },
  { "Bucket", "not valid_host_label(Region, false)", error = "{Region} is no region of S3" },
  { "Accelerate", "UseFIPS", error = "S3 Accelerate has no FIPS endpoints" },
  { "Endpoint", "UseFIPS", error = "the endpoint URL {Endpoint} cannot be combined with FIPS endpoints" },
  { "Endpoint", "UseDualStack", error = "the endpoint URL {Endpoint} cannot be combined with dual-stack endpoints" },
  { "Endpoint", "Accelerate", error = "the endpoint URL {Endpoint} cannot be combined with S3 Accelerate" },
  { "Endpoint", "not parse_url(Endpoint)", error = "{Endpoint} is no usable URL" },
  { "partition = partition(Region)", rules = {
    { "UseFIPS", "partition.name == 'aws-cn'", error = "S3 has no FIPS endpoints in {partition.name}" },
    -- Suffixes that AWS keeps for itself.
    { "ends_with(Bucket, '--x-s3')", use = "s3_express" },
    { "ends_with(Bucket, '--xa-s3')", use = "s3_express" },
    { "ends_with(Bucket, '--op-s3')", "substring(Bucket, 49, 50, true)", use = "s3_outposts" },
    { "not Bucket", "UseS3ExpressControlEndpoint", use = "s3_express" },
    { "Bucket", "substring(Bucket, 0, 4, false) == 'arn:'", use = "s3_arn" },
    { "not Bucket", "UseObjectLambdaEndpoint", use = "s3_object_lambda" },
    { "home = choose(Region == 'aws-global', 'us-east-1', Region)", rules = {
      { "Endpoint", "url = parse_url(Endpoint)", rules = custom },
      { "front = choose(UseFIPS, 's3-fips', 's3')", "dual = choose(UseDualStack, '.dualstack', '')", rules = {
        { "Accelerate", "Bucket", "not NoAccelerate", rules = accelerated },
        { "not UseFIPS", "not UseDualStack", "Region == 'aws-global'",
          "host = 's3.{partition.dns_suffix}'", rules = placed },
        { "not UseFIPS", "not UseDualStack", "Region == 'us-east-1'", "UseGlobalEndpoint",
          "host = 's3.{partition.dns_suffix}'", rules = placed },
        { "host = '{front}{dual}.{home}.{partition.dns_suffix}'", rules = placed },
      } },
    } },
  } },
}
