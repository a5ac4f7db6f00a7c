/* SPDX-License-Identifier: MIT
 *
 * digest.h -- hashes, checksums and HMAC by one name.
 * The CRCs count as digests too: their value is the big-endian bytes, which is what AWS's
 * checksum headers carry in base64. */
#ifndef MR_DIGEST_H
#define MR_DIGEST_H

#include "host/alloc.h"

enum { MR_DIGEST_MAX = 64 }; /* bytes of the longest digest */

typedef enum mr_digest_kind {
  MR_MD5,
  MR_SHA1,
  MR_SHA256,
  MR_SHA512,
  MR_CRC32,
  MR_CRC32C,
  MR_CRC64NVME
} mr_digest_kind;

/* "md5", "sha1", "sha256", "sha512", "crc32", "crc32c", "crc64nvme". */
const char *mr_digest_name(mr_digest_kind kind);
/* Case is ignored, so the spelling of the service models ("CRC32C") is found too. */
bool mr_digest_from_name(mr_slice name, mr_digest_kind *out);
/* Bytes of the result: 16, 20, 32, 64, 4, 4, 8. */
size_t mr_digest_size(mr_digest_kind kind);

/* Hashes n bytes into out; *out_len (may be NULL) is mr_digest_size(kind).  MR_OK, or
 * MR_ERR_MEMORY if the crypto library refused.  Safe on any thread. */
int mr_digest(mr_digest_kind kind, const void *data, size_t n, unsigned char *out, size_t *out_len);

typedef struct mr_hasher mr_hasher;
/* NULL when memory ran out. */
mr_hasher *mr_hasher_new(mr_alloc *alloc, mr_digest_kind kind);
int mr_hasher_update(mr_hasher *h, const void *data, size_t n);
/* Writes the digest of what was given so far; the hasher starts over. */
int mr_hasher_final(mr_hasher *h, unsigned char *out, size_t *out_len);
/* Wipes its state; NULL is fine. */
void mr_hasher_free(mr_hasher *h);
mr_digest_kind mr_hasher_kind(const mr_hasher *h);

/* HMAC of data by a hasher, of no CRC, that has been given nothing yet; key_len is at most the
 * block's 64 bytes, SHA-512's 128.  Starting one anew may cost more than a short text does. */
int mr_hasher_hmac(mr_hasher *h, const void *key, size_t key_len, const void *data, size_t n,
                   unsigned char *out);

/* HMAC, RFC 2104.  kind is one of the hashes; for a CRC the answer is MR_ERR_ARG. */
int mr_hmac(mr_digest_kind kind, const void *key, size_t key_len, const void *data, size_t n,
            unsigned char *out, size_t *out_len);
int mr_hmac_sha256(const void *key, size_t key_len, const void *data, size_t n,
                   unsigned char out[32]);

#endif
