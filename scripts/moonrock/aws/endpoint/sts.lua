-- SPDX-License-Identifier: MIT
-- sts.lua -- endpoint rules of STS: the global endpoint, then as everywhere.
-- Source: the service's public rule set, 2026-08-07.

local global = { { "sigv4", "sts", "us-east-1" } }

return {
  { "Region", "not Endpoint", "not UseFIPS", "not UseDualStack", rules = {
    { "Region == 'aws-global'", url = "https://sts.amazonaws.com", auth = global },
    -- AWS_STS_REGIONAL_ENDPOINTS=legacy: the regions that were there before the regional endpoints.
    { "UseGlobalEndpoint", "among(Region, 'ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 "
      .. "eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2')",
      url = "https://sts.amazonaws.com", auth = global },
    { use = "regional" },
  } },
  { use = "regional" },
}
