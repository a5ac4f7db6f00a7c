-- SPDX-License-Identifier: MIT
-- s3_outposts.lua -- endpoint rules of S3 on Outposts: aliases of access points, NAME--op-s3.
-- Counted from the end they tell the Outpost's id (32 to 49) and the hardware (49).
-- Source: S3's public rule set, 2026-08-07.

local auth = { { "sigv4a", "s3-outposts", "*" }, { "sigv4", "s3-outposts", "{Region}" } }

local placed = {
  { "substring(Bucket, 8, 12, true) == 'beta'", "not Endpoint",
    error = "{Bucket} lies on a test Outpost, which needs an endpoint URL" },
  { "substring(Bucket, 8, 12, true) == 'beta'", "url = parse_url(Endpoint)", auth = auth, virtual = true,
    url = "https://{Bucket}.{front}.{url.authority}" },
  { url = "https://{Bucket}.{front}.s3-outposts.{Region}.{partition.dns_suffix}", auth = auth, virtual = true },
}

return {
  { "outpost = substring(Bucket, 32, 49, true)", "hardware = substring(Bucket, 49, 50, true)", rules = {
    { "not valid_host_label(outpost, false)", error = "{Bucket} names no Outpost" },
    { "not virtual_hostable_bucket(Bucket, false)", error = "{Bucket} cannot stand in a host's name" },
    { "hardware == 'e'", "front = 'ec2'", rules = placed },
    { "hardware == 'o'", "front = 'op-{outpost}'", rules = placed },
    { error = "{Bucket} is an alias of S3 on Outposts with the hardware {hardware}; o and e are known" },
  } },
}
