/* SPDX-License-Identifier: MIT
 *
 * sigv4.c -- AWS Signature Version 4 ("Signing AWS API requests", IAM user guide).
 *   canonical request = method, path, query, headers, names of the signed headers, payload
 *                       hash: one line each, in one spelling (canon.c)
 *   string to sign    = algorithm, date, scope, SHA-256 of the canonical request
 *   signing key       = HMAC chain: "AWS4" + secret, day, region, service, "aws4_request"
 *   signature         = HMAC of the string to sign under the signing key, in hex
 * All that is derived from a secret is wiped at `done`, on success too. */
#include "bindings/sigv4.h"

#include "bindings/digest.h"
#include "host/clock.h"

enum { KEEP_MAX = 64 * 1024 }; /* bytes of a buffer that are kept for the next signature */

/* ---- small parts ---- */

bool mr_sigv4_is_s3(mr_slice service) {
  return mr_slice_is(service, "s3") || mr_slice_is(service, "s3express") ||
         mr_slice_is(service, "s3-outposts") || mr_slice_is(service, "s3-object-lambda");
}

void mr_sigv4_defaults(mr_sigv4_options *o, mr_slice service) {
  bool s3 = mr_sigv4_is_s3(service);
  o->service = service;
  o->normalize = o->double_encode = !s3;
  o->sign_body_header = s3;
}

static void put_digits(char *to, int64_t value, int digits) {
  while (digits-- > 0) {
    to[digits] = (char)('0' + value % 10);
    value /= 10;
  }
}

int mr_sigv4_date(int64_t seconds, char out[MR_AMZ_DATE_LEN + 1]) {
  mr_date d;
  memcpy(out, "00000000T000000Z", MR_AMZ_DATE_LEN + 1);
  if (seconds < INT64_C(-62167219200) || seconds > INT64_C(253402300799))
    return MR_ERR_ARG;
  mr_date_of(seconds, &d);
  put_digits(out, d.year, 4);
  put_digits(out + 4, d.month, 2);
  put_digits(out + 6, d.day, 2);
  put_digits(out + 9, d.hour, 2);
  put_digits(out + 11, d.minute, 2);
  put_digits(out + 13, d.second, 2);
  return MR_OK;
}

static int get_digits(const char *from, int digits) {
  int value = 0;
  for (int i = 0; i < digits; i++)
    value = value * 10 + (from[i] - '0');
  return value;
}

int mr_sigv4_read_date(mr_slice text, int64_t *seconds) {
  static const char shape[] = "########T######Z";
  char again[MR_AMZ_DATE_LEN + 1];
  if (text.len != MR_AMZ_DATE_LEN)
    return MR_ERR_ARG;
  for (size_t i = 0; i < text.len; i++)
    if (shape[i] == '#' ? text.ptr[i] < '0' || text.ptr[i] > '9' : text.ptr[i] != shape[i])
      return MR_ERR_ARG;
  mr_date d = {get_digits(text.ptr, 4),
               get_digits(text.ptr + 4, 2),
               get_digits(text.ptr + 6, 2),
               get_digits(text.ptr + 9, 2),
               get_digits(text.ptr + 11, 2),
               get_digits(text.ptr + 13, 2),
               0};
  if (d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31 || d.hour > 23 || d.minute > 59 ||
      d.second > 59)
    return MR_ERR_ARG;
  *seconds = mr_date_seconds(&d);
  /* The 30th of February comes back as another day. */
  if (mr_sigv4_date(*seconds, again) < 0 || memcmp(again, text.ptr, text.len) != 0)
    return MR_ERR_ARG;
  return MR_OK;
}

void mr_sigv4_scope(mr_buf *out, const char *amz_date, mr_slice region, mr_slice service) {
  mr_buf_put(out, amz_date, 8);
  mr_buf_putc(out, '/');
  mr_buf_slice(out, region);
  mr_buf_putc(out, '/');
  mr_buf_slice(out, service);
  mr_buf_puts(out, "/aws4_request");
}

static void hex64(const unsigned char *bytes, char *out) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < 32; i++) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
}

/* NULL without keys to hold it, or without memory. */
static mr_hasher *hasher_of(mr_sigv4_keys *keys) {
  if (keys && !keys->hasher && !keys->is_closed)
    keys->hasher = mr_hasher_new(NULL, MR_SHA256);
  return keys ? keys->hasher : NULL;
}

/* After a failure it may be in the middle of something. */
static int checked(mr_sigv4_keys *keys, int status) {
  if (status < 0 && keys) {
    mr_hasher_free(keys->hasher);
    keys->hasher = NULL;
  }
  return status;
}

static int sha256(mr_sigv4_keys *keys, const void *data, size_t n, unsigned char *out) {
  mr_hasher *h = hasher_of(keys);
  if (!h)
    return mr_digest(MR_SHA256, data, n, out, NULL);
  int status = mr_hasher_update(h, data, n);
  return checked(keys, status < 0 ? status : mr_hasher_final(h, out, NULL));
}

int mr_sigv4_hash_hex(mr_sigv4_keys *keys, mr_buf *out, mr_slice data) {
  unsigned char digest[MR_DIGEST_MAX];
  int status = sha256(keys, data.ptr ? data.ptr : "", data.len, digest);
  char *to = status < 0 ? NULL : mr_buf_reserve(out, MR_SIGNATURE_LEN);
  if (!to)
    return MR_ERR_MEMORY;
  hex64(digest, to);
  out->len += MR_SIGNATURE_LEN;
  return MR_OK;
}

int mr_sigv4_hmac_hex(mr_sigv4_keys *keys, const unsigned char key[32], mr_slice text,
                      char out[MR_SIGNATURE_LEN + 1]) {
  unsigned char mac[32];
  mr_hasher *h = hasher_of(keys);
  int status = h ? checked(keys, mr_hasher_hmac(h, key, 32, text.ptr, text.len, mac))
                 : mr_hmac_sha256(key, 32, text.ptr, text.len, mac);
  if (status < 0)
    return status;
  hex64(mac, out);
  out[MR_SIGNATURE_LEN] = '\0';
  return MR_OK;
}

void mr_sigv4_stages_init(mr_sigv4_stages *s, mr_alloc *alloc) {
  mr_buf *all[] = {&s->canonical_request, &s->string_to_sign, &s->signed_headers, &s->scope,
                   &s->credential,        &s->authorization,  &s->query,          &s->header_block,
                   &s->payload_hash};
  for (size_t i = 0; i < MR_COUNT(all); i++)
    mr_buf_init(all[i], alloc);
  s->amz_date[0] = s->signature[0] = '\0';
}

void mr_sigv4_stages_clear(mr_sigv4_stages *s) {
  mr_buf *all[] = {&s->canonical_request, &s->string_to_sign, &s->signed_headers, &s->scope,
                   &s->credential,        &s->authorization,  &s->query,          &s->header_block,
                   &s->payload_hash};
  for (size_t i = 0; i < MR_COUNT(all); i++)
    mr_buf_clear(all[i]);
}

void mr_sigv4_stages_reset(mr_sigv4_stages *s) {
  mr_buf *all[] = {&s->canonical_request, &s->string_to_sign, &s->signed_headers, &s->scope,
                   &s->credential,        &s->authorization,  &s->query,          &s->header_block,
                   &s->payload_hash};
  for (size_t i = 0; i < MR_COUNT(all); i++) {
    mr_buf_reset(all[i]);
    if (all[i]->cap > KEEP_MAX)
      mr_buf_clear(all[i]);
    all[i]->wipe = false;
  }
  s->amz_date[0] = s->signature[0] = '\0';
}

/* ---- the signing key ---- */

void mr_sigv4_keys_clear(mr_sigv4_keys *keys) {
  mr_hasher_free(keys->hasher);
  mr_wipe(keys, sizeof *keys);
}

static int derive(const mr_sigv4_options *o, const char *amz_date, unsigned char key[32]) {
  int status = MR_ERR_MEMORY;
  unsigned char day[32], region[32], service[32];
  mr_buf first;
  mr_buf_init(&first, NULL);
  first.wipe = true;
  mr_buf_puts(&first, "AWS4");
  mr_buf_slice(&first, o->secret_access_key);
  if (first.status < 0)
    goto done;
  if (mr_hmac_sha256(first.ptr, first.len, amz_date, 8, day) < 0 ||
      mr_hmac_sha256(day, 32, o->region.ptr, o->region.len, region) < 0 ||
      mr_hmac_sha256(region, 32, o->service.ptr, o->service.len, service) < 0 ||
      mr_hmac_sha256(service, 32, "aws4_request", 12, key) < 0)
    goto done;
  status = MR_OK;
done:
  mr_buf_clear(&first);
  mr_wipe(day, sizeof day);
  mr_wipe(region, sizeof region);
  mr_wipe(service, sizeof service);
  return status;
}

int mr_sigv4_key(const mr_sigv4_options *o, const char *amz_date, mr_sigv4_keys *keys,
                 unsigned char key[32]) {
  mr_slice day = mr_slice_make(amz_date, 8);
  const mr_slice parts[] = {day, o->region, o->service, o->access_key_id, o->secret_access_key};
  unsigned char text[384], tag[MR_DIGEST_MAX];
  size_t n = 0;
  int status = MR_ERR_ARG;
  if (o->secret_access_key.len == 0)
    return status;
  for (size_t i = 0; i < MR_COUNT(parts); i++)
    n += sizeof parts[i].len + parts[i].len;
  if (!keys || n > sizeof text) /* too long to be tagged cheaply: not worth a cache */
    return derive(o, amz_date, key);
  n = 0;
  for (size_t i = 0; i < MR_COUNT(parts); i++) {
    memcpy(text + n, &parts[i].len, sizeof parts[i].len);
    n += sizeof parts[i].len;
    memcpy(text + n, parts[i].ptr, parts[i].len);
    n += parts[i].len;
  }
  status = sha256(keys, text, n, tag);
  if (status < 0)
    goto done;
  for (size_t i = 0; i < MR_COUNT(keys->slot); i++)
    if (keys->slot[i].used && mr_equal_secret(keys->slot[i].tag, tag, 32)) {
      memcpy(key, keys->slot[i].key, 32);
      goto done;
    }
  status = derive(o, amz_date, key);
  if (status < 0)
    goto done;
  size_t slot = keys->next++ % MR_COUNT(keys->slot);
  memcpy(keys->slot[slot].tag, tag, 32);
  memcpy(keys->slot[slot].key, key, 32);
  keys->slot[slot].used = true;
done:
  mr_wipe(text, n);
  mr_wipe(tag, sizeof tag);
  return status;
}

/* ---- the common core ---- */

int mr_sigv4_compute(const mr_sigv4_request *r, const mr_sigv4_options *o, mr_sigv4_keys *keys,
                     const mr_pair **list, size_t count, bool (*skip)(mr_slice), mr_pair *extra,
                     size_t extra_count, mr_sigv4_stages *out) {
  unsigned char key[32] = {0};
  mr_buf *text = &out->canonical_request, *sts = &out->string_to_sign;
  int status = mr_canon_headers(&out->header_block, &out->signed_headers, list, count);
  if (status < 0)
    goto done;
  status = MR_ERR_ARG;
  if (!mr_canon_is_token(r->method))
    goto done;
  for (size_t i = 0; i < extra_count; i++)
    if (!extra[i].value.ptr)
      extra[i].value = mr_buf_view(&out->signed_headers);
  mr_buf_slice(text, r->method);
  mr_buf_putc(text, '\n');
  mr_canon_path(text, r->path, o->normalize, o->double_encode);
  mr_buf_putc(text, '\n');
  mr_canon_query(text, r->query, skip, extra, extra_count);
  mr_buf_putc(text, '\n');
  mr_buf_slice(text, mr_buf_view(&out->header_block));
  mr_buf_putc(text, '\n');
  mr_buf_slice(text, mr_buf_view(&out->signed_headers));
  mr_buf_putc(text, '\n');
  mr_buf_slice(text, mr_buf_view(&out->payload_hash));

  mr_buf_puts(sts, MR_SIGV4_ALGORITHM "\n");
  mr_buf_puts(sts, out->amz_date);
  mr_buf_putc(sts, '\n');
  mr_buf_slice(sts, mr_buf_view(&out->scope));
  mr_buf_putc(sts, '\n');
  status = MR_ERR_MEMORY;
  if (text->status < 0 || out->payload_hash.status < 0 ||
      mr_sigv4_hash_hex(keys, sts, mr_buf_view(text)) < 0)
    goto done;
  status = mr_sigv4_key(o, out->amz_date, keys, key);
  if (status == MR_OK)
    status = mr_sigv4_hmac_hex(keys, key, mr_buf_view(sts), out->signature);
done:
  mr_wipe(key, sizeof key);
  return status;
}
