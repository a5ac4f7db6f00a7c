/* SPDX-License-Identifier: MIT
 *
 * digest.c -- the hashes of libcrypto and our own CRCs behind one face.
 * Hashes are EVP's but SHA-256, which every signature needs: the first fetch of EVP lists all
 * algorithms of libcrypto (0.4 ms, a twentieth of a start with one request), and each later one
 * costs more than a short text.  What is derived from a key is wiped, on failure too; EVP_MD_CTX
 * wipes itself when freed. */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256_Init and its kin; where they are gone, EVP does it */
#include "bindings/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "bindings/crc.h"
#include "bindings/text.h"

#if OPENSSL_VERSION_MAJOR == 3 && !defined(OPENSSL_NO_DEPRECATED_3_0)
#define PLAIN_SHA256 1
#endif

struct mr_hasher {
  mr_alloc *alloc;
  mr_digest_kind kind;
  uint64_t crc;
  EVP_MD_CTX *context; /* NULL for a CRC, and for SHA-256 where: */
  bool plain;
#ifdef PLAIN_SHA256
  SHA256_CTX sha256;
#endif
};

static const struct {
  const char *name;
  size_t size;
} kinds[] = {
    [MR_MD5] = {"md5", 16},
    [MR_SHA1] = {"sha1", 20},
    [MR_SHA256] = {"sha256", 32},
    [MR_SHA512] = {"sha512", 64},
    [MR_CRC32] = {"crc32", 4},
    [MR_CRC32C] = {"crc32c", 4},
    [MR_CRC64NVME] = {"crc64nvme", 8},
};

const char *mr_digest_name(mr_digest_kind kind) {
  return kinds[kind].name;
}

size_t mr_digest_size(mr_digest_kind kind) {
  return kinds[kind].size;
}

bool mr_digest_from_name(mr_slice name, mr_digest_kind *out) {
  for (size_t k = 0; k < MR_COUNT(kinds); k++) {
    const char *want = kinds[k].name;
    size_t i = 0;
    while (i < name.len && want[i] && mr_ascii_lower(name.ptr[i]) == want[i])
      i++;
    if (i == name.len && !want[i]) {
      *out = (mr_digest_kind)k;
      return true;
    }
  }
  return false;
}

/* libcrypto does not take itself down when the process ends: other threads may still be in it, and
 * to give back memory then is work for nothing.  Only its first caller can say so. */
static const EVP_MD *method(mr_digest_kind kind) {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
  switch (kind) {
  case MR_MD5:
    return EVP_md5();
  case MR_SHA1:
    return EVP_sha1();
  case MR_SHA256:
    return EVP_sha256();
  case MR_SHA512:
    return EVP_sha512();
  case MR_CRC32:
  case MR_CRC32C:
  case MR_CRC64NVME:
    break;
  }
  return NULL;
}

static uint64_t crc_update(mr_digest_kind kind, uint64_t crc, const void *data, size_t n) {
  if (kind == MR_CRC32)
    return mr_crc32((uint32_t)crc, data, n);
  if (kind == MR_CRC32C)
    return mr_crc32c((uint32_t)crc, data, n);
  return mr_crc64nvme(crc, data, n);
}

static void store_big(unsigned char *out, uint64_t value, size_t n) {
  for (size_t i = 0; i < n; i++)
    out[i] = (unsigned char)(value >> 8 * (n - 1 - i));
}

/* ---- SHA-256 without EVP: not where FIPS is asked for, which is EVP's to see to ---- */

#ifdef PLAIN_SHA256

static bool plain_start(mr_hasher *h) {
  h->plain = h->kind == MR_SHA256 && !EVP_default_properties_is_fips_enabled(NULL) &&
             SHA256_Init(&h->sha256) == 1;
  return h->plain;
}

static bool plain_update(mr_hasher *h, const void *data, size_t n) {
  return SHA256_Update(&h->sha256, data, n) == 1;
}

static bool plain_final(mr_hasher *h, unsigned char *out) {
  return SHA256_Final(out, &h->sha256) == 1 && SHA256_Init(&h->sha256) == 1;
}

#else

static bool plain_start(mr_hasher *h) {
  MR_UNUSED(h);
  return false;
}

static bool plain_update(mr_hasher *h, const void *data, size_t n) {
  MR_UNUSED(h);
  MR_UNUSED(data);
  MR_UNUSED(n);
  return false;
}

static bool plain_final(mr_hasher *h, unsigned char *out) {
  MR_UNUSED(h);
  MR_UNUSED(out);
  return false;
}

#endif

/* ---- one hasher, on the stack too ---- */

static void stop(mr_hasher *h) {
  EVP_MD_CTX_free(h->context);
  mr_wipe(h, sizeof *h);
}

/* stop() belongs to it, after a failure too. */
static int start(mr_hasher *h, mr_digest_kind kind) {
  const EVP_MD *md = method(kind);
  memset(h, 0, sizeof *h);
  h->kind = kind;
  if (!md || plain_start(h))
    return MR_OK;
  h->context = EVP_MD_CTX_new();
  return h->context && EVP_DigestInit_ex(h->context, md, NULL) == 1 ? MR_OK : MR_ERR_MEMORY;
}

int mr_digest(mr_digest_kind kind, const void *data, size_t n, unsigned char *out,
              size_t *out_len) {
  mr_hasher h;
  int status = start(&h, kind);
  if (status == MR_OK)
    status = mr_hasher_update(&h, data, n);
  if (status == MR_OK)
    status = mr_hasher_final(&h, out, out_len);
  stop(&h);
  return status;
}

mr_hasher *mr_hasher_new(mr_alloc *alloc, mr_digest_kind kind) {
  mr_hasher *h = mr_alloc_get(alloc, sizeof *h);
  if (!h)
    return NULL;
  int status = start(h, kind);
  h->alloc = alloc;
  if (status == MR_OK)
    return h;
  mr_hasher_free(h);
  return NULL;
}

int mr_hasher_update(mr_hasher *h, const void *data, size_t n) {
  if (n == 0)
    return MR_OK;
  if (h->plain)
    return plain_update(h, data, n) ? MR_OK : MR_ERR_MEMORY;
  if (!h->context) {
    h->crc = crc_update(h->kind, h->crc, data, n);
    return MR_OK;
  }
  return EVP_DigestUpdate(h->context, data, n) == 1 ? MR_OK : MR_ERR_MEMORY;
}

int mr_hasher_final(mr_hasher *h, unsigned char *out, size_t *out_len) {
  if (out_len)
    *out_len = kinds[h->kind].size;
  if (h->plain)
    return plain_final(h, out) ? MR_OK : MR_ERR_MEMORY;
  if (!h->context) {
    store_big(out, h->crc, kinds[h->kind].size);
    h->crc = 0;
    return MR_OK;
  }
  if (EVP_DigestFinal_ex(h->context, out, NULL) != 1 ||
      EVP_DigestInit_ex(h->context, NULL, NULL) != 1)
    return MR_ERR_MEMORY;
  return MR_OK;
}

void mr_hasher_free(mr_hasher *h) {
  if (!h)
    return;
  mr_alloc *alloc = h->alloc;
  stop(h);
  mr_alloc_put(alloc, h, sizeof *h);
}

mr_digest_kind mr_hasher_kind(const mr_hasher *h) {
  return h->kind;
}

/* RFC 2104; the key is no longer than the block: 64 bytes, of SHA-512 128. */
int mr_hasher_hmac(mr_hasher *h, const void *key, size_t key_len, const void *data, size_t n,
                   unsigned char *out) {
  size_t block = h->kind == MR_SHA512 ? 128 : 64;
  unsigned char pad[128] = {0}, inner[MR_DIGEST_MAX];
  int status = MR_ERR_MEMORY;
  if (key_len > 0)
    memcpy(pad, key, key_len);
  for (size_t i = 0; i < block; i++)
    pad[i] ^= 0x36;
  if (mr_hasher_update(h, pad, block) < 0 || mr_hasher_update(h, data, n) < 0 ||
      mr_hasher_final(h, inner, NULL) < 0)
    goto done;
  for (size_t i = 0; i < block; i++)
    pad[i] ^= 0x36 ^ 0x5c;
  if (mr_hasher_update(h, pad, block) < 0 ||
      mr_hasher_update(h, inner, kinds[h->kind].size) < 0 || mr_hasher_final(h, out, NULL) < 0)
    goto done;
  status = MR_OK;
done:
  mr_wipe(pad, sizeof pad);
  mr_wipe(inner, sizeof inner);
  return status;
}

int mr_hmac(mr_digest_kind kind, const void *key, size_t key_len, const void *data, size_t n,
            unsigned char *out, size_t *out_len) {
  unsigned char short_key[MR_DIGEST_MAX];
  size_t block = kind == MR_SHA512 ? 128 : 64;
  mr_hasher h;
  if (!method(kind))
    return MR_ERR_ARG;
  int status = start(&h, kind);
  if (status == MR_OK && key_len > block) {
    status = mr_digest(kind, key, key_len, short_key, &key_len);
    key = short_key;
  }
  if (status == MR_OK)
    status = mr_hasher_hmac(&h, key, key_len, data, n, out);
  if (out_len)
    *out_len = kinds[kind].size;
  stop(&h);
  mr_wipe(short_key, sizeof short_key);
  return status;
}

int mr_hmac_sha256(const void *key, size_t key_len, const void *data, size_t n,
                   unsigned char out[32]) {
  return mr_hmac(MR_SHA256, key, key_len, data, n, out, NULL);
}
