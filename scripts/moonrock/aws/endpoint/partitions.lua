-- SPDX-License-Identifier: MIT
-- partitions.lua -- the partitions of AWS as data: which regions, which DNS suffixes.
-- Source: the public partitions.json of the AWS SDKs, 2026-08-07.  A region that is younger than
-- that is known by its pattern; what fits none is taken for plain AWS, as the SDKs do.

-- All of them have FIPS and dual-stack endpoints (services may lack them).
local function partition(name, pattern, dns_suffix, dual_stack_dns_suffix, implicit_global_region)
  return {
    name = name, pattern = pattern, global = name .. "-global", dns_suffix = dns_suffix,
    dual_stack_dns_suffix = dual_stack_dns_suffix, implicit_global_region = implicit_global_region,
    supports_fips = true, supports_dual_stack = true,
  }
end

-- The last one is what stands for everything else.
return {
  partition("aws-cn", "^cn%-[%w_]+%-%d+$", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1"),
  partition("aws-eusc", "^eusc%-de%-[%w_]+%-%d+$", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1"),
  partition("aws-iso", "^us%-iso%-[%w_]+%-%d+$", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1"),
  partition("aws-iso-b", "^us%-isob%-[%w_]+%-%d+$", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1"),
  partition("aws-iso-e", "^eu%-isoe%-[%w_]+%-%d+$", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1"),
  partition("aws-iso-f", "^us%-isof%-[%w_]+%-%d+$", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1"),
  partition("aws-us-gov", "^us%-gov%-[%w_]+%-%d+$", "amazonaws.com", "api.aws", "us-gov-west-1"),
  partition("aws", "^%a%a%-[%w_]+%-%d+$", "amazonaws.com", "api.aws", "us-east-1"),
}
