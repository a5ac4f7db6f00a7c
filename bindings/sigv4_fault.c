/* SPDX-License-Identifier: MIT
 *
 * sigv4_fault.c -- the table of refusals.
 * One line a fault; a fault that only S3 knows answers the same everywhere. */
#include "bindings/sigv4_fault.h"

#define NO_MATCH "The request signature we calculated does not match the signature you provided. "
#define INVALID "InvalidSignatureException"
#define INCOMPLETE "IncompleteSignatureException"

typedef struct row {
  const char *name;
  mr_fault_answer s3, json;
} row;

static const row rows[MR_FAULT_COUNT] = {
    [MR_FAULT_NONE] = {"none", {"", 200, ""}, {NULL, 0, NULL}},
    [MR_FAULT_MISSING_AUTH] = {"missing_auth",
                               {"AccessDenied", 403, "Access Denied"},
                               {"MissingAuthenticationTokenException", 403,
                                "Missing Authentication Token"}},
    [MR_FAULT_MULTIPLE_AUTH] =
        {"multiple_auth",
         {"InvalidArgument", 400,
          "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
          "query string parameter or the Authorization header should be specified"},
         {INCOMPLETE, 400, "Only one of the Authorization header and X-Amz-Algorithm is allowed."}},
    [MR_FAULT_UNSUPPORTED_AUTH] = {"unsupported_auth",
                                   {"InvalidArgument", 400, "Unsupported Authorization Type"},
                                   {INCOMPLETE, 400, "Unsupported AWS 'algorithm'."}},
    [MR_FAULT_HEADER_MALFORMED] = {"header_malformed",
                                   {"AuthorizationHeaderMalformed", 400,
                                    "The authorization header is malformed"},
                                   {INCOMPLETE, 400, "The authorization header is malformed."}},
    [MR_FAULT_QUERY_MALFORMED] =
        {"query_malformed",
         {"AuthorizationQueryParametersError", 400,
          "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
          "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."},
         {INCOMPLETE, 400, "The authentication parameters of the query are malformed."}},
    [MR_FAULT_WRONG_REGION] = {"wrong_region",
                               {"AuthorizationHeaderMalformed", 400,
                                "The authorization header is malformed; the region is wrong"},
                               {INVALID, 403, "Credential should be scoped to a valid region."}},
    [MR_FAULT_WRONG_SERVICE] = {"wrong_service",
                                {"AuthorizationHeaderMalformed", 400,
                                 "The authorization header is malformed; incorrect service"},
                                {INVALID, 403, "Credential should be scoped to correct service."}},
    [MR_FAULT_WRONG_DAY] = {"wrong_day",
                            {"AuthorizationHeaderMalformed", 400,
                             "The authorization header is malformed; Invalid credential date"},
                            {INVALID, 403,
                             "Date in Credential scope does not match YYYYMMDD from ISO-8601 "
                             "version of date from HTTP."}},
    [MR_FAULT_MISSING_DATE] =
        {"missing_date",
         {"AccessDenied", 403, "AWS authentication requires a valid Date or x-amz-date header"},
         {INCOMPLETE, 400,
          "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."}},
    [MR_FAULT_UNKNOWN_KEY] = {"unknown_key",
                              {"InvalidAccessKeyId", 403,
                               "The AWS Access Key Id you provided does not exist in our records."},
                              {"UnrecognizedClientException", 403,
                               "The security token included in the request is invalid."}},
    [MR_FAULT_BAD_TOKEN] = {"bad_token",
                            {"InvalidToken", 400,
                             "The provided token is malformed or otherwise invalid."},
                            {"UnrecognizedClientException", 403,
                             "The security token included in the request is invalid."}},
    [MR_FAULT_EXPIRED_TOKEN] = {"expired_token",
                                {"ExpiredToken", 400, "The provided token has expired."},
                                {"ExpiredTokenException", 403,
                                 "The security token included in the request is expired"}},
    [MR_FAULT_SKEWED] = {"skewed",
                         {"RequestTimeTooSkewed", 403,
                          "The difference between the request time and the current time is too "
                          "large."},
                         {INVALID, 403, "Signature expired or not yet current."}},
    [MR_FAULT_EXPIRED_URL] = {"expired_url",
                              {"AccessDenied", 403, "Request has expired"},
                              {INVALID, 403, "Signature expired."}},
    [MR_FAULT_NOT_YET_VALID] = {"not_yet_valid",
                                {"AccessDenied", 403, "Request is not yet valid"},
                                {INVALID, 403, "Signature not yet current."}},
    [MR_FAULT_UNSIGNED_HEADER] =
        {"unsigned_header",
         {"AccessDenied", 403, "There were headers present in the request which were not signed"},
         {INVALID, 403, "There were headers present in the request which were not signed."}},
    [MR_FAULT_MISMATCH] = {"mismatch",
                           {"SignatureDoesNotMatch", 403,
                            NO_MATCH "Check your key and signing method."},
                           {INVALID, 403,
                            NO_MATCH "Check your AWS Secret Access Key and signing method. Consult "
                                     "the service documentation for details."}},
    [MR_FAULT_PAYLOAD_MISMATCH] =
        {"payload_mismatch",
         {"XAmzContentSHA256Mismatch", 400,
          "The provided 'x-amz-content-sha256' header does not match what was computed."},
         {INVALID, 403,
          NO_MATCH "Check your AWS Secret Access Key and signing method. Consult the service "
                   "documentation for details."}},
    [MR_FAULT_PAYLOAD_MISSING] =
        {"payload_missing",
         {"InvalidRequest", 400, "Missing required header for this request: x-amz-content-sha256"},
         {NULL, 0, NULL}},
    [MR_FAULT_PAYLOAD_INVALID] =
        {"payload_invalid",
         {"InvalidArgument", 400,
          "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
          "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a "
          "valid sha256 value."},
         {NULL, 0, NULL}},
    [MR_FAULT_BAD_BEARER] = {"bad_bearer",
                             {"InvalidArgument", 400, "Unsupported Authorization Type"},
                             {"AccessDeniedException", 403,
                              "Authentication failed: Please make sure your API Key is valid."}},
    [MR_FAULT_CHUNK_SIGNATURE] = {"chunk_signature",
                                  {"SignatureDoesNotMatch", 403,
                                   NO_MATCH "Check your key and signing method."},
                                  {NULL, 0, NULL}},
    [MR_FAULT_CHUNK_MALFORMED] = {"chunk_malformed",
                                  {"InvalidRequest", 400,
                                   "The chunk encoding of the request body is malformed."},
                                  {NULL, 0, NULL}},
    [MR_FAULT_CHUNK_SIZE] = {"chunk_size",
                             {"InvalidChunkSizeError", 403,
                              "Only the last chunk is allowed to have a size less than 8192 bytes"},
                             {NULL, 0, NULL}},
    [MR_FAULT_TRAILER_SIGNATURE] = {"trailer_signature",
                                    {"SignatureDoesNotMatch", 403,
                                     NO_MATCH "Check your key and signing method."},
                                    {NULL, 0, NULL}},
    [MR_FAULT_TRAILER_MALFORMED] =
        {"trailer_malformed",
         {"MalformedTrailerError", 400,
          "The request contained trailing data that was not well-formed or did not conform to "
          "our published schema."},
         {NULL, 0, NULL}},
    [MR_FAULT_INCOMPLETE_BODY] =
        {"incomplete_body",
         {"IncompleteBody", 400,
          "You did not provide the number of bytes specified by the Content-Length HTTP header"},
         {NULL, 0, NULL}},
};

const char *mr_fault_name(mr_sigv4_fault fault) {
  return fault < MR_FAULT_COUNT ? rows[fault].name : "none";
}

mr_fault_answer mr_fault_describe(mr_sigv4_fault fault, bool s3, bool presigned) {
  if (fault >= MR_FAULT_COUNT)
    fault = MR_FAULT_NONE;
  const row *r = &rows[fault];
  mr_fault_answer answer = s3 || !r->json.code ? r->s3 : r->json;
  if (s3 && presigned &&
      (fault == MR_FAULT_WRONG_REGION || fault == MR_FAULT_WRONG_SERVICE ||
       fault == MR_FAULT_WRONG_DAY))
    answer.code = rows[MR_FAULT_QUERY_MALFORMED].s3.code;
  return answer;
}
