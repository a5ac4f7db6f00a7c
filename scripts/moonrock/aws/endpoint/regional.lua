-- SPDX-License-Identifier: MIT
-- regional.lua -- endpoint rules of Bedrock, Bedrock runtime, STS, SSO and SSO OIDC.
-- Prefix is the endpoint prefix of the model.  Source: the services' public rule sets, 2026-08-07.

return {
  { "Endpoint", "UseFIPS", error = "the endpoint URL {Endpoint} cannot be combined with FIPS endpoints" },
  { "Endpoint", "UseDualStack", error = "the endpoint URL {Endpoint} cannot be combined with dual-stack endpoints" },
  { "Endpoint", "not parse_url(Endpoint)", error = "{Endpoint} is no usable URL" },
  { "Endpoint", url = "{Endpoint}" },
  { "not Region", error = "no region is set" },
  { "partition = partition(Region)", rules = {
    { "UseFIPS", "not partition.supports_fips", error = "{partition.name} has no FIPS endpoints" },
    { "UseDualStack", "not partition.supports_dual_stack", error = "{partition.name} has no dual-stack endpoints" },
    -- There the plain endpoints are FIPS endpoints.
    { "UseFIPS", "not UseDualStack", "partition.name == 'aws-us-gov'", "among(Prefix, 'sts portal.sso oidc')",
      url = "https://{Prefix}.{Region}.{partition.dns_suffix}" },
    { "fips = choose(UseFIPS, '-fips', '')",
      "suffix = choose(UseDualStack, partition.dual_stack_dns_suffix, partition.dns_suffix)",
      url = "https://{Prefix}{fips}.{Region}.{suffix}" },
  } },
}
