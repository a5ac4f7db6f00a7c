/* SPDX-License-Identifier: MIT
 *
 * codec.c -- zlib and libzstd behind one face.
 * Both keep their memory on malloc, and are asked (or known) for its size after each call: a window
 * that does not fit is given up before it is filled. */
#include "bindings/codec.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* zlib's memory, with windows of 32 KiB, rounded up (zconf.h). */
enum { DEFLATE_SIZE = 288 << 10, INFLATE_SIZE = 48 << 10 };

struct mr_codec {
  mr_alloc *account;
  size_t counted; /* bytes, there */
  mr_codec_kind kind;
  bool is_encoder;
  bool in_member; /* decoder: a member or frame has begun and is not complete */
  bool any;       /* decoder: one has been seen */
  bool is_full;   /* decoder of Zstandard: it may have more than there was room for */
  z_stream z;
  ZSTD_CStream *zc;
  ZSTD_DStream *zd;
  const char *at, *end;
  uint64_t taken; /* bytes of the input before `at` */
  const char *message;
};

bool mr_codec_from_name(mr_slice name, mr_codec_kind *out) {
  *out = mr_slice_is(name, "zst") ? MR_CODEC_ZST : MR_CODEC_GZ;
  return *out == MR_CODEC_ZST || mr_slice_is(name, "gz");
}

/* Counts what it keeps now; false: that is too much. */
static bool count(mr_codec *c) {
  size_t size = c->kind == MR_CODEC_ZST ? ZSTD_sizeof_CStream(c->zc) + ZSTD_sizeof_DStream(c->zd)
                : c->is_encoder         ? DEFLATE_SIZE
                                        : INFLATE_SIZE;
  if (size > c->counted && !mr_alloc_reserve(c->account, size - c->counted))
    return false;
  if (size < c->counted)
    mr_alloc_release(c->account, c->counted - size);
  c->counted = size;
  return true;
}

static mr_codec *make(mr_alloc *account, mr_codec_kind kind, bool is_encoder, int level) {
  mr_codec *c = calloc(1, sizeof *c);
  bool ok = c != NULL;
  if (!ok)
    return NULL;
  c->account = account;
  c->kind = kind;
  c->is_encoder = is_encoder;
  enum { GZIP = 15 + 16 }; /* the largest window, with gzip's header and trailer */
  if (kind == MR_CODEC_GZ && is_encoder)
    ok = deflateInit2(&c->z, level ? level : Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP, 8,
                      Z_DEFAULT_STRATEGY) == Z_OK;
  else if (kind == MR_CODEC_GZ)
    ok = inflateInit2(&c->z, GZIP) == Z_OK;
  else if (is_encoder)
    ok = (c->zc = ZSTD_createCStream()) != NULL &&
         !ZSTD_isError(ZSTD_initCStream(c->zc, level ? level : ZSTD_CLEVEL_DEFAULT));
  else
    ok = (c->zd = ZSTD_createDStream()) != NULL && !ZSTD_isError(ZSTD_initDStream(c->zd));
  if (ok && count(c))
    return c;
  mr_codec_free(c);
  return NULL;
}

mr_codec *mr_codec_new_encoder(mr_alloc *account, mr_codec_kind kind, int level) {
  return make(account, kind, true, level);
}

mr_codec *mr_codec_new_decoder(mr_alloc *account, mr_codec_kind kind) {
  return make(account, kind, false, 0);
}

void mr_codec_free(mr_codec *c) {
  if (!c)
    return;
  if (c->kind == MR_CODEC_GZ && c->is_encoder)
    deflateEnd(&c->z);
  else if (c->kind == MR_CODEC_GZ)
    inflateEnd(&c->z);
  ZSTD_freeCStream(c->zc);
  ZSTD_freeDStream(c->zd);
  mr_alloc_release(c->account, c->counted);
  free(c);
}

void mr_codec_feed(mr_codec *c, mr_slice input) {
  c->at = input.ptr;
  c->end = input.ptr + input.len;
}

static int fail(mr_codec *c, const char *message) {
  c->message = message;
  return MR_ERR_SYNTAX;
}

static void took(mr_codec *c, size_t n) {
  if (n) {
    c->at += n;
    c->taken += n;
  }
}

/* One call of inflate or deflate; the result is zlib's. */
static int zlib_step(mr_codec *c, char *to, size_t room, size_t *made, int flush) {
  size_t left = (size_t)(c->end - c->at);
  uInt in = left > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)left;
  c->z.next_in = (Bytef *)(uintptr_t)c->at;
  c->z.avail_in = in;
  c->z.next_out = (Bytef *)to;
  c->z.avail_out = (uInt)room;
  int status = c->is_encoder ? deflate(&c->z, flush) : inflate(&c->z, Z_NO_FLUSH);
  *made = room - c->z.avail_out;
  took(c, in - c->z.avail_in);
  return status;
}

static int inflate_some(mr_codec *c, char *to, size_t room, size_t *made) {
  if (!c->in_member) { /* zeros behind a member are padding, as of tapes */
    while (c->any && c->at < c->end && *c->at == 0)
      took(c, 1);
    if (c->at == c->end)
      return 0;
    if (c->any)
      inflateReset(&c->z);
    c->in_member = c->any = true;
  }
  int status = zlib_step(c, to, room, made, Z_NO_FLUSH);
  if (status == Z_STREAM_END) {
    c->in_member = false;
    return c->at < c->end;
  }
  if (status == Z_MEM_ERROR)
    return MR_ERR_MEMORY;
  if (status != Z_OK && status != Z_BUF_ERROR)
    return fail(c, "the bytes are not gzip, or damaged");
  return c->at < c->end || *made == room;
}

static int unzstd_fault(mr_codec *c, ZSTD_ErrorCode code) {
  if (code == ZSTD_error_memory_allocation)
    return MR_ERR_MEMORY;
  return fail(c, code == ZSTD_error_frameParameter_windowTooLarge
                     ? "the frame needs a window of more than 128 MiB (zstd --long=28 and more)"
                     : "the bytes are not Zstandard, or damaged");
}

static int unzstd_some(mr_codec *c, char *to, size_t room, size_t *made) {
  ZSTD_inBuffer in = {c->at, (size_t)(c->end - c->at), 0};
  ZSTD_outBuffer out = {to, room, 0};
  if (in.size == 0 && (!c->in_member || !c->is_full))
    return 0; /* without input or room it would count the calls and take many for damage */
  size_t status = ZSTD_decompressStream(c->zd, &out, &in);
  took(c, in.pos);
  *made = out.pos;
  if (ZSTD_isError(status))
    return unzstd_fault(c, ZSTD_getErrorCode(status));
  c->in_member = status != 0;
  c->any = true;
  c->is_full = out.pos == room;
  return c->at < c->end || c->is_full;
}

static int zstd_some(mr_codec *c, char *to, size_t room, size_t *made, bool end) {
  ZSTD_inBuffer in = {c->at, (size_t)(c->end - c->at), 0};
  ZSTD_outBuffer out = {to, room, 0};
  size_t status = end ? ZSTD_endStream(c->zc, &out) : ZSTD_compressStream(c->zc, &out, &in);
  took(c, in.pos);
  *made = out.pos;
  if (ZSTD_isError(status))
    return MR_ERR_MEMORY; /* nothing else can go wrong with any bytes */
  return end ? status != 0 : c->at < c->end;
}

static int work(mr_codec *c, mr_buf *out, size_t most, bool end) {
  size_t made = 0;
  int status;
  if (c->message)
    return MR_ERR_SYNTAX;
  most = most < 64 ? 64 : most > INT32_MAX ? INT32_MAX : most;
  char *to = mr_buf_reserve(out, most);
  if (!to)
    return MR_ERR_MEMORY;
  if (!c->is_encoder) {
    status = c->kind == MR_CODEC_GZ ? inflate_some(c, to, most, &made)
                                    : unzstd_some(c, to, most, &made);
  } else if (c->kind == MR_CODEC_ZST) {
    status = zstd_some(c, to, most, &made, end);
  } else {
    int z = zlib_step(c, to, most, &made, end ? Z_FINISH : Z_NO_FLUSH);
    status = z == Z_STREAM_ERROR ? MR_ERR_MEMORY
             : end               ? z != Z_STREAM_END
                                 : c->at < c->end || made == most;
  }
  out->len += made;
  if (count(c))
    return status;
  ZSTD_freeCStream(c->zc);
  ZSTD_freeDStream(c->zd);
  c->zc = NULL;
  c->zd = NULL;
  c->message = "there is not enough memory for the frame's window";
  return MR_ERR_MEMORY;
}

int mr_codec_run(mr_codec *c, mr_buf *out, size_t most) {
  return work(c, out, most, false);
}

int mr_codec_finish(mr_codec *c, mr_buf *out, size_t most) {
  if (c->message)
    return MR_ERR_SYNTAX;
  if (c->is_encoder)
    return work(c, out, most, true);
  if (c->in_member)
    return fail(c, "the compressed data ends too early");
  return c->any ? 0 : fail(c, "there is no compressed data");
}

const char *mr_codec_message(const mr_codec *c, uint64_t *offset) {
  *offset = c->taken;
  return c->message;
}
