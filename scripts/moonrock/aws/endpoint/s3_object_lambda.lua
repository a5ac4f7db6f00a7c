-- SPDX-License-Identifier: MIT
-- s3_object_lambda.lua -- endpoint rules of S3 Object Lambda without a bucket: WriteGetObjectResponse.
-- The route of the request stands in front of the host ({RequestRoute} of the model).
-- Source: S3's public rule set, 2026-08-07.

local auth = { { "sigv4", "s3-object-lambda", "{Region}" } }

return {
  { "UseDualStack", error = "S3 Object Lambda has no dual-stack endpoints" },
  { "Accelerate", error = "S3 Accelerate does not work with S3 Object Lambda" },
  { "Endpoint", "url = parse_url(Endpoint)", url = "{url.scheme}://{url.authority}{url.path}", auth = auth },
  { "fips = choose(UseFIPS, '-fips', '')",
    url = "https://s3-object-lambda{fips}.{Region}.{partition.dns_suffix}", auth = auth },
}
