-- SPDX-License-Identifier: MIT
-- s3_express.lua -- endpoint rules of directory buckets (S3 Express One Zone).
-- Names end with --ZONE--x-s3, those of their access points with --ZONE--xa-s3.  Operations on the bucket itself
-- go to the control endpoint of the region; those on objects to the zone, with keys that
-- CreateSession gives (scheme sigv4-s3express), unless that is switched off.
-- Source: S3's public rule set, 2026-08-07.

local properties = { backend = "S3Express" }
local plain = { { "sigv4", "s3express", "{Region}" } }
local session = { { "{scheme}", "s3express", "{Region}" } }

local control = "https://s3express-control{fips}{dual}.{Region}.{partition.dns_suffix}"

return {
  { "Accelerate", "Bucket", error = "S3 Accelerate does not work with directory buckets" },
  { "fips = choose(UseFIPS, '-fips', '')", "dual = choose(UseDualStack, '.dualstack', '')",
    "scheme = choose(DisableS3ExpressSessionAuth, 'sigv4', 'sigv4-s3express')", rules = {
    { "not Bucket", "Endpoint", "url = parse_url(Endpoint)", auth = plain, properties = properties,
      url = "{url.scheme}://{url.authority}{url.path}" },
    { "not Bucket", url = control, auth = plain, properties = properties },
    { "path = uri_encode(Bucket)", "Endpoint", "url = parse_url(Endpoint)", "url.is_ip", auth = session,
      properties = properties, url = "{url.scheme}://{url.authority}/{path}{url.path}" },
    { "UseS3ExpressControlEndpoint", "not Endpoint", "ends_with(Bucket, '--x-s3')",
      url = control .. "/{path}", auth = plain, properties = properties },
    { "not virtual_hostable_bucket(Bucket, false)",
      error = "{Bucket} cannot stand in a host's name, as a directory bucket must" },
    { "Endpoint", "url = parse_url(Endpoint)", auth = session, properties = properties, virtual = true,
      url = "{url.scheme}://{Bucket}.{url.authority}{url.path}" },
    { "zone = zone_of(Bucket)", auth = session, properties = properties, virtual = true,
      url = "https://{Bucket}.s3express{fips}-{zone}{dual}.{Region}.{partition.dns_suffix}" },
    { error = "{Bucket} names no zone; a directory bucket is called NAME--ZONE--x-s3, such as data--usw2-az1--x-s3" },
  } },
}
