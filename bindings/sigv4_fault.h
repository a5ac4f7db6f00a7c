/* SPDX-License-Identifier: MIT
 *
 * sigv4_fault.h -- why a request was refused, and what AWS calls that.
 * A fault is neutral; S3 and the JSON services (Bedrock) each have a code, an HTTP status and
 * a text for it.  The texts of S3 are those of its error reference and of real replies; those
 * of the JSON services are what their common front door answers (not confirmed for Bedrock).
 *
 *   fault                 S3                                      Bedrock
 *   missing_auth          AccessDenied 403 MissingAuthenticationTokenException 403 multiple_auth
 * InvalidArgument 400                     IncompleteSignatureException 400 unsupported_auth
 * InvalidArgument 400                     IncompleteSignatureException 400 header_malformed
 * AuthorizationHeaderMalformed 400        IncompleteSignatureException 400 query_malformed
 * AuthorizationQueryParametersError 400   IncompleteSignatureException 400 wrong_region
 * AuthorizationHeaderMalformed 400 (*)    InvalidSignatureException 403 wrong_service
 * AuthorizationHeaderMalformed 400 (*)    InvalidSignatureException 403 wrong_day
 * AuthorizationHeaderMalformed 400 (*)    InvalidSignatureException 403 missing_date AccessDenied
 * 403                        IncompleteSignatureException 400 unknown_key InvalidAccessKeyId 403
 * UnrecognizedClientException 403 bad_token             InvalidToken 400
 * UnrecognizedClientException 403 expired_token         ExpiredToken 400 ExpiredTokenException 403
 *   skewed                RequestTimeTooSkewed 403                InvalidSignatureException 403
 *   expired_url           AccessDenied 403                        InvalidSignatureException 403
 *   not_yet_valid         AccessDenied 403                        InvalidSignatureException 403
 *   unsigned_header       AccessDenied 403                        InvalidSignatureException 403
 *   mismatch              SignatureDoesNotMatch 403               InvalidSignatureException 403
 *   payload_mismatch      XAmzContentSHA256Mismatch 400           InvalidSignatureException 403
 *   payload_missing       InvalidRequest 400                      -
 *   payload_invalid       InvalidArgument 400                     -
 *   bad_bearer            InvalidArgument 400                     AccessDeniedException 403
 *   chunk_signature       SignatureDoesNotMatch 403               -
 *   chunk_malformed       InvalidRequest 400                      -
 *   chunk_size            InvalidChunkSizeError 403               -
 *   trailer_signature     SignatureDoesNotMatch 403               -
 *   trailer_malformed     MalformedTrailerError 400               -
 *   incomplete_body       IncompleteBody 400                      -
 *   (*) in the presigned form AuthorizationQueryParametersError 400 */
#ifndef MR_SIGV4_FAULT_H
#define MR_SIGV4_FAULT_H

#include "host/base.h"

typedef enum mr_sigv4_fault {
  MR_FAULT_NONE,
  MR_FAULT_MISSING_AUTH,
  MR_FAULT_MULTIPLE_AUTH,
  MR_FAULT_UNSUPPORTED_AUTH,
  MR_FAULT_HEADER_MALFORMED,
  MR_FAULT_QUERY_MALFORMED,
  MR_FAULT_WRONG_REGION,
  MR_FAULT_WRONG_SERVICE,
  MR_FAULT_WRONG_DAY,
  MR_FAULT_MISSING_DATE,
  MR_FAULT_UNKNOWN_KEY,
  MR_FAULT_BAD_TOKEN,
  MR_FAULT_EXPIRED_TOKEN,
  MR_FAULT_SKEWED,
  MR_FAULT_EXPIRED_URL,
  MR_FAULT_NOT_YET_VALID,
  MR_FAULT_UNSIGNED_HEADER,
  MR_FAULT_MISMATCH,
  MR_FAULT_PAYLOAD_MISMATCH,
  MR_FAULT_PAYLOAD_MISSING,
  MR_FAULT_PAYLOAD_INVALID,
  MR_FAULT_BAD_BEARER,
  MR_FAULT_CHUNK_SIGNATURE,
  MR_FAULT_CHUNK_MALFORMED,
  MR_FAULT_CHUNK_SIZE,
  MR_FAULT_TRAILER_SIGNATURE,
  MR_FAULT_TRAILER_MALFORMED,
  MR_FAULT_INCOMPLETE_BODY,
  MR_FAULT_COUNT
} mr_sigv4_fault;

/* "wrong_region"; never NULL. */
const char *mr_fault_name(mr_sigv4_fault fault);
/* What AWS answers; texts are constants.  Where a text of verification names values of the
 * request, mr_sigv4_verdict has the full one. */
typedef struct mr_fault_answer {
  const char *code;
  int status; /* HTTP */
  const char *message;
} mr_fault_answer;
mr_fault_answer mr_fault_describe(mr_sigv4_fault fault, bool s3, bool presigned);

#endif
