/* SPDX-License-Identifier: MIT
 *
 * digest.c -- the hashes of libcrypto (EVP) and our own CRCs behind one face.
 * What is derived from a key is wiped, on failure too; EVP_MD_CTX wipes itself when freed. */
#include "bindings/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "bindings/crc.h"

struct mr_hasher {
  mr_alloc *alloc;
  mr_digest_kind kind;
  uint64_t crc;
  EVP_MD_CTX *context; /* NULL for a CRC */
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
    for (; i < name.len && want[i]; i++) {
      char c = name.ptr[i];
      if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
      if (c != want[i])
        break;
    }
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

int mr_digest(mr_digest_kind kind, const void *data, size_t n, unsigned char *out,
              size_t *out_len) {
  const EVP_MD *md = method(kind);
  if (out_len)
    *out_len = kinds[kind].size;
  if (!md) {
    store_big(out, crc_update(kind, 0, data, n), kinds[kind].size);
    return MR_OK;
  }
  return EVP_Digest(n ? data : "", n, out, NULL, md, NULL) == 1 ? MR_OK : MR_ERR_MEMORY;
}

mr_hasher *mr_hasher_new(mr_alloc *alloc, mr_digest_kind kind) {
  const EVP_MD *md = method(kind);
  mr_hasher *h = mr_alloc_get(alloc, sizeof *h);
  if (!h)
    return NULL;
  memset(h, 0, sizeof *h);
  h->alloc = alloc;
  h->kind = kind;
  if (!md)
    return h;
  h->context = EVP_MD_CTX_new();
  if (h->context && EVP_DigestInit_ex(h->context, md, NULL) == 1)
    return h;
  mr_hasher_free(h);
  return NULL;
}

int mr_hasher_update(mr_hasher *h, const void *data, size_t n) {
  if (n == 0)
    return MR_OK;
  if (!h->context) {
    h->crc = crc_update(h->kind, h->crc, data, n);
    return MR_OK;
  }
  return EVP_DigestUpdate(h->context, data, n) == 1 ? MR_OK : MR_ERR_MEMORY;
}

int mr_hasher_final(mr_hasher *h, unsigned char *out, size_t *out_len) {
  if (out_len)
    *out_len = kinds[h->kind].size;
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
  EVP_MD_CTX_free(h->context);
  mr_wipe(h, sizeof *h);
  mr_alloc_put(alloc, h, sizeof *h);
}

mr_digest_kind mr_hasher_kind(const mr_hasher *h) {
  return h->kind;
}

int mr_hasher_hmac(mr_hasher *h, const void *key, size_t key_len, const void *data, size_t n,
                   unsigned char *out) {
  unsigned char pad[64] = {0}, inner[MR_DIGEST_MAX];
  int status = MR_ERR_MEMORY;
  memcpy(pad, key, key_len);
  for (size_t i = 0; i < sizeof pad; i++)
    pad[i] ^= 0x36;
  if (mr_hasher_update(h, pad, sizeof pad) < 0 || mr_hasher_update(h, data, n) < 0 ||
      mr_hasher_final(h, inner, NULL) < 0)
    goto done;
  for (size_t i = 0; i < sizeof pad; i++)
    pad[i] ^= 0x36 ^ 0x5c;
  if (mr_hasher_update(h, pad, sizeof pad) < 0 ||
      mr_hasher_update(h, inner, kinds[h->kind].size) < 0 || mr_hasher_final(h, out, NULL) < 0)
    goto done;
  status = MR_OK;
done:
  mr_wipe(pad, sizeof pad);
  mr_wipe(inner, sizeof inner);
  return status;
}

/* One pass of RFC 2104: H(pad || text). */
static bool hmac_pass(EVP_MD_CTX *context, const EVP_MD *md, const unsigned char *pad, size_t block,
                      const void *text, size_t n, unsigned char *out) {
  return EVP_DigestInit_ex(context, md, NULL) == 1 && EVP_DigestUpdate(context, pad, block) == 1 &&
         (n == 0 || EVP_DigestUpdate(context, text, n) == 1) &&
         EVP_DigestFinal_ex(context, out, NULL) == 1;
}

int mr_hmac(mr_digest_kind kind, const void *key, size_t key_len, const void *data, size_t n,
            unsigned char *out, size_t *out_len) {
  int status = MR_ERR_MEMORY;
  const EVP_MD *md = method(kind);
  unsigned char short_key[128] = {0}, pad[128], inner[MR_DIGEST_MAX];
  size_t block = kind == MR_SHA512 ? 128 : 64, size = kinds[kind].size;
  if (!md)
    return MR_ERR_ARG;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (!context)
    goto done;
  if (key_len > block) {
    if (mr_digest(kind, key, key_len, short_key, NULL) < 0)
      goto done;
  } else if (key_len > 0) {
    memcpy(short_key, key, key_len);
  }
  for (size_t i = 0; i < block; i++)
    pad[i] = short_key[i] ^ 0x36;
  if (!hmac_pass(context, md, pad, block, data, n, inner))
    goto done;
  for (size_t i = 0; i < block; i++)
    pad[i] = short_key[i] ^ 0x5c;
  if (!hmac_pass(context, md, pad, block, inner, size, out))
    goto done;
  if (out_len)
    *out_len = size;
  status = MR_OK;
done:
  EVP_MD_CTX_free(context);
  mr_wipe(short_key, sizeof short_key);
  mr_wipe(pad, sizeof pad);
  mr_wipe(inner, sizeof inner);
  return status;
}

int mr_hmac_sha256(const void *key, size_t key_len, const void *data, size_t n,
                   unsigned char out[32]) {
  return mr_hmac(MR_SHA256, key, key_len, data, n, out, NULL);
}
