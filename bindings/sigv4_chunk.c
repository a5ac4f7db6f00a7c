/* SPDX-License-Identifier: MIT
 *
 * sigv4_chunk.c -- signatures of chunks, and the encoder of aws-chunked bodies (Amazon S3 API
 * reference, "Signature calculations for the Authorization header: transferring payload in
 * multiple chunks", and the same "including trailing headers").
 *   chunk      size in hex ";chunk-signature=" signature CRLF data CRLF; the last is empty
 *   signature  over "AWS4-HMAC-SHA256-PAYLOAD", date, scope, the signature before, the hash of
 *              nothing, the hash of the data; the trailer's over "...-TRAILER", date, scope,
 *              the signature before, the hash of its canonical lines */
#include "bindings/sigv4_chunk.h"

#include "bindings/sigv4_chunk_sign.h"

#define NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define EXTENSION ";chunk-signature="
#define TRAILER_SIGNATURE "x-amz-trailer-signature"

static const char *const mode_names[] = {
    [MR_CHUNK_SIGNED] = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    [MR_CHUNK_SIGNED_TRAILER] = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    [MR_CHUNK_UNSIGNED_TRAILER] = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"};

const char *mr_chunk_mode_name(mr_chunk_mode mode) {
  return mode_names[mode];
}

bool mr_chunk_mode_from_name(mr_slice name, mr_chunk_mode *out) {
  for (size_t i = 0; i < MR_COUNT(mode_names); i++)
    if (mr_slice_is(name, mode_names[i])) {
      *out = (mr_chunk_mode)i;
      return true;
    }
  return false;
}

bool mr_chunk_is_signature(mr_slice s) {
  for (size_t i = 0; i < s.len; i++)
    if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
      return false;
  return s.len == MR_SIGNATURE_LEN;
}

void mr_chunk_signer_init(mr_chunk_signer *s, mr_alloc *alloc) {
  memset(s, 0, sizeof *s);
  mr_buf_init(&s->scope, alloc);
}

int mr_chunk_signer_start(mr_chunk_signer *s, mr_chunk_mode mode, const mr_sigv4_options *o,
                          mr_sigv4_keys *keys, mr_slice seed) {
  mr_chunk_signer_clear(s);
  s->mode = mode;
  if (mode == MR_CHUNK_UNSIGNED_TRAILER)
    return MR_OK;
  if (!mr_chunk_is_signature(seed) || mr_sigv4_date(o->time, s->amz_date) < 0)
    return MR_ERR_ARG;
  memcpy(s->previous, seed.ptr, MR_SIGNATURE_LEN);
  mr_sigv4_scope(&s->scope, s->amz_date, o->region, o->service);
  if (s->scope.status < 0)
    return s->scope.status;
  return mr_sigv4_key(o, s->amz_date, keys, s->key);
}

void mr_chunk_signer_clear(mr_chunk_signer *s) {
  mr_wipe(s->key, sizeof s->key);
  mr_wipe(s->previous, sizeof s->previous);
  mr_buf_clear(&s->scope);
}

/* The parts of a string to sign that chunks and trailers share. */
static void begin_text(const mr_chunk_signer *s, mr_buf *text, const char *kind) {
  mr_buf_init(text, s->scope.alloc);
  mr_buf_puts(text, kind);
  mr_buf_putc(text, '\n');
  mr_buf_puts(text, s->amz_date);
  mr_buf_putc(text, '\n');
  mr_buf_slice(text, mr_buf_view(&s->scope));
  mr_buf_putc(text, '\n');
  mr_buf_puts(text, s->previous);
  mr_buf_putc(text, '\n');
}

int mr_chunk_next(mr_chunk_signer *s, const unsigned char hash[32]) {
  static const char digits[] = "0123456789abcdef";
  mr_buf text;
  int status = MR_ERR_MEMORY;
  begin_text(s, &text, MR_SIGV4_ALGORITHM "-PAYLOAD");
  mr_buf_puts(&text, NOTHING "\n");
  for (size_t i = 0; i < 32; i++) {
    mr_buf_putc(&text, digits[hash[i] >> 4]);
    mr_buf_putc(&text, digits[hash[i] & 15]);
  }
  if (text.status == MR_OK)
    status = mr_sigv4_hmac_hex(NULL, s->key, mr_buf_view(&text), s->previous);
  mr_buf_clear(&text);
  return status;
}

int mr_chunk_next_trailer(mr_chunk_signer *s, const mr_pair *trailers, size_t count) {
  mr_alloc *alloc = s->scope.alloc;
  mr_buf text, block, names;
  const mr_pair **list = mr_alloc_get(alloc, (count + 1) * sizeof *list);
  int status = MR_ERR_MEMORY;
  begin_text(s, &text, MR_SIGV4_ALGORITHM "-TRAILER");
  mr_buf_init(&block, alloc);
  mr_buf_init(&names, alloc);
  if (!list)
    goto done;
  for (size_t i = 0; i < count; i++)
    list[i] = &trailers[i];
  status = mr_canon_headers(&block, &names, list, count);
  if (status < 0)
    goto done;
  status = mr_sigv4_hash_hex(NULL, &text, mr_buf_view(&block));
  if (status == MR_OK)
    status = mr_sigv4_hmac_hex(NULL, s->key, mr_buf_view(&text), s->previous);
done:
  mr_buf_clear(&text);
  mr_buf_clear(&block);
  mr_buf_clear(&names);
  mr_alloc_put(alloc, list, (count + 1) * sizeof *list);
  return status;
}

/* ---- encoding ---- */

static int put_chunk(mr_chunk_signer *s, mr_buf *out, mr_slice data) {
  mr_buf_printf(out, "%llx", (unsigned long long)data.len);
  if (s->mode != MR_CHUNK_UNSIGNED_TRAILER) {
    unsigned char hash[MR_DIGEST_MAX];
    int status = mr_digest(MR_SHA256, data.ptr ? data.ptr : "", data.len, hash, NULL);
    if (status == MR_OK)
      status = mr_chunk_next(s, hash);
    if (status < 0)
      return status;
    mr_buf_puts(out, EXTENSION);
    mr_buf_puts(out, s->previous);
  }
  mr_buf_puts(out, "\r\n");
  if (data.len > 0) {
    mr_buf_slice(out, data);
    mr_buf_puts(out, "\r\n");
  }
  return out->status;
}

int mr_chunk_put(mr_chunk_signer *s, mr_buf *out, mr_slice data) {
  return data.len > 0 ? put_chunk(s, out, data) : MR_ERR_ARG;
}

static bool is_trailer(mr_pair p) {
  if (!mr_canon_is_token(p.name) || mr_canon_name_is(p.name, TRAILER_SIGNATURE))
    return false;
  for (size_t i = 0; i < p.value.len; i++)
    if (p.value.ptr[i] == '\r' || p.value.ptr[i] == '\n' || p.value.ptr[i] == '\0')
      return false;
  return true;
}

int mr_chunk_end(mr_chunk_signer *s, mr_buf *out, const mr_pair *trailers, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (s->mode == MR_CHUNK_SIGNED || !is_trailer(trailers[i]))
      return MR_ERR_ARG;
  int status = put_chunk(s, out, mr_slice_make(NULL, 0));
  if (status < 0)
    return status;
  for (size_t i = 0; i < count; i++) {
    mr_buf_slice(out, trailers[i].name);
    mr_buf_putc(out, ':');
    if (trailers[i].value.len)
      mr_buf_slice(out, trailers[i].value);
    mr_buf_puts(out, "\r\n");
  }
  if (s->mode == MR_CHUNK_SIGNED_TRAILER) {
    status = mr_chunk_next_trailer(s, trailers, count);
    if (status < 0)
      return status;
    mr_buf_puts(out, TRAILER_SIGNATURE ":");
    mr_buf_puts(out, s->previous);
    mr_buf_puts(out, "\r\n");
  }
  mr_buf_puts(out, "\r\n");
  return out->status;
}

/* Bytes round the data of one chunk. */
static int64_t frame_length(mr_chunk_mode mode, int64_t size) {
  int64_t n = size > 0 ? 4 : 2; /* line ends */
  do
    n++;
  while ((size >>= 4) > 0);
  if (mode != MR_CHUNK_UNSIGNED_TRAILER)
    n += (int64_t)strlen(EXTENSION) + MR_SIGNATURE_LEN;
  return n;
}

int64_t mr_chunk_length(mr_chunk_mode mode, int64_t length, int64_t size, const mr_pair *trailers,
                        size_t count) {
  if (length < 0 || size <= 0 || length > INT64_MAX / 128)
    return -1;
  int64_t full = length / size, rest = length % size;
  int64_t total = length + full * frame_length(mode, size) + frame_length(mode, 0) + 2;
  if (rest > 0)
    total += frame_length(mode, rest);
  for (size_t i = 0; i < count; i++)
    total += (int64_t)(trailers[i].name.len + trailers[i].value.len + 3);
  if (mode == MR_CHUNK_SIGNED_TRAILER)
    total += (int64_t)strlen(TRAILER_SIGNATURE ":") + MR_SIGNATURE_LEN + 2;
  return total;
}
