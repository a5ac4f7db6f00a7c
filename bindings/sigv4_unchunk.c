/* SPDX-License-Identifier: MIT
 *
 * sigv4_unchunk.c -- the strict decoder of aws-chunked bodies.
 * Takes bytes in pieces of any size.  Nothing is guessed: a missing CR, an unknown chunk
 * extension, a byte behind the end or a repeated trailer is refused.  Memory is bounded: a
 * line has at most 1 KiB, all trailers together 8 KiB. */
#include "bindings/sigv4_chunk_sign.h"
#include "bindings/text.h"

enum { AT_SIZE, AT_DATA, AT_DATA_END, AT_TRAILER, AT_END, AT_DONE };
enum { LINE_MAX_BYTES = 1024, TRAILERS_MAX_BYTES = 8192 };

typedef struct stored {
  size_t name, value, end; /* offsets into u->text */
} stored;

int mr_unchunk_init(mr_unchunk *u, mr_alloc *alloc, mr_chunk_mode mode, mr_chunk_signer *signer) {
  memset(u, 0, sizeof *u);
  u->mode = mode;
  u->expected = -1;
  mr_buf_init(&u->line, alloc);
  mr_buf_init(&u->text, alloc);
  mr_buf_init(&u->trailers, alloc);
  if (mode == MR_CHUNK_UNSIGNED_TRAILER)
    return MR_OK;
  if (!signer || signer->mode != mode)
    return MR_ERR_ARG;
  u->signer = signer;
  u->hasher = mr_hasher_new(alloc, MR_SHA256);
  return u->hasher ? MR_OK : MR_ERR_MEMORY;
}

void mr_unchunk_clear(mr_unchunk *u) {
  mr_hasher_free(u->hasher);
  u->hasher = NULL;
  mr_buf_clear(&u->line);
  mr_buf_clear(&u->text);
  mr_buf_clear(&u->trailers);
}

static int refuse(mr_unchunk *u, mr_sigv4_fault fault) {
  u->fault = fault;
  return MR_ERR_ARG;
}

/* The running chunk is complete: does its signature hold? */
static int check_chunk(mr_unchunk *u) {
  unsigned char hash[MR_DIGEST_MAX];
  if (u->signer) {
    int status = mr_hasher_final(u->hasher, hash, NULL);
    if (status == MR_OK)
      status = mr_chunk_next(u->signer, hash);
    if (status < 0)
      return status;
    if (!mr_equal_secret(u->signer->previous, u->claimed, MR_SIGNATURE_LEN))
      return refuse(u, MR_FAULT_CHUNK_SIGNATURE);
  }
  u->verified = u->decoded;
  return MR_OK;
}

static int take_size(mr_unchunk *u, mr_slice line) {
  static const char extension[] = ";chunk-signature=";
  uint64_t size = 0;
  size_t digits = 0;
  while (digits < line.len && mr_hex_value((unsigned char)line.ptr[digits]) >= 0) {
    if (digits == 16)
      return refuse(u, MR_FAULT_CHUNK_MALFORMED);
    size = size << 4 | (uint64_t)mr_hex_value((unsigned char)line.ptr[digits++]);
  }
  mr_slice rest = mr_slice_make(line.ptr + digits, line.len - digits);
  if (digits == 0)
    return refuse(u, MR_FAULT_CHUNK_MALFORMED);
  if (u->signer) {
    size_t n = sizeof extension - 1;
    if (rest.len < n || memcmp(rest.ptr, extension, n) != 0 ||
        !mr_chunk_is_signature(mr_slice_make(rest.ptr + n, rest.len - n)))
      return refuse(u, MR_FAULT_CHUNK_MALFORMED);
    memcpy(u->claimed, rest.ptr + n, MR_SIGNATURE_LEN);
  } else if (rest.len > 0) {
    return refuse(u, MR_FAULT_CHUNK_MALFORMED);
  }
  if (size > (uint64_t)INT64_MAX - u->decoded)
    return refuse(u, MR_FAULT_CHUNK_MALFORMED);
  if (u->expected >= 0 && u->decoded + size > (uint64_t)u->expected)
    return refuse(u, MR_FAULT_INCOMPLETE_BODY);
  if (size > 0) {
    if (u->small)
      return refuse(u, MR_FAULT_CHUNK_SIZE);
    u->small = size < u->min_size;
    u->left = size;
    u->state = AT_DATA;
    return MR_OK;
  }
  u->state = u->mode == MR_CHUNK_SIGNED ? AT_END : AT_TRAILER;
  return check_chunk(u);
}

size_t mr_unchunk_count(const mr_unchunk *u) {
  return u->trailers.len / sizeof(stored);
}

mr_pair mr_unchunk_trailer(const mr_unchunk *u, size_t i) {
  const stored *s = (const stored *)(const void *)u->trailers.ptr + i;
  mr_pair p = {mr_slice_make(u->text.ptr + s->name, s->value - s->name),
               mr_slice_make(u->text.ptr + s->value, s->end - s->value)};
  return p;
}

static bool has_trailer(const mr_unchunk *u, mr_slice name) {
  for (size_t i = 0; i < mr_unchunk_count(u); i++)
    if (mr_slice_equal(mr_unchunk_trailer(u, i).name, name))
      return true;
  return false;
}

static int check_trailer(mr_unchunk *u, mr_slice claimed) {
  mr_alloc *alloc = u->line.alloc;
  size_t count = mr_unchunk_count(u), bytes = (count + 1) * sizeof(mr_pair);
  mr_pair *list = mr_alloc_get(alloc, bytes);
  int status = MR_ERR_MEMORY;
  if (!list)
    return status;
  for (size_t i = 0; i < count; i++)
    list[i] = mr_unchunk_trailer(u, i);
  status = mr_chunk_next_trailer(u->signer, list, count);
  if (status == MR_ERR_ARG)
    status = refuse(u, MR_FAULT_TRAILER_MALFORMED);
  else if (status == MR_OK &&
           (!mr_chunk_is_signature(claimed) ||
            !mr_equal_secret(claimed.ptr, u->signer->previous, MR_SIGNATURE_LEN)))
    status = refuse(u, MR_FAULT_TRAILER_SIGNATURE);
  mr_alloc_put(alloc, list, bytes);
  return status;
}

static int take_trailer(mr_unchunk *u, mr_slice line) {
  if (line.len == 0) {
    if (u->mode == MR_CHUNK_SIGNED_TRAILER)
      return refuse(u, MR_FAULT_TRAILER_SIGNATURE); /* the signature never came */
    u->state = AT_DONE;
    return MR_OK;
  }
  const char *colon = memchr(line.ptr, ':', line.len);
  if (!colon)
    return refuse(u, MR_FAULT_TRAILER_MALFORMED);
  stored s = {u->text.len, 0, 0};
  mr_slice name = mr_slice_make(line.ptr, (size_t)(colon - line.ptr));
  mr_slice value = mr_canon_trim(mr_slice_make(colon + 1, line.len - name.len - 1));
  if (!mr_canon_is_token(name) || (value.len > 0 && memchr(value.ptr, '\0', value.len)))
    return refuse(u, MR_FAULT_TRAILER_MALFORMED);
  if (mr_canon_name_is(name, "x-amz-trailer-signature")) {
    if (u->mode != MR_CHUNK_SIGNED_TRAILER)
      return refuse(u, MR_FAULT_TRAILER_MALFORMED);
    u->state = AT_END;
    return check_trailer(u, value);
  }
  if (u->text.len + line.len > TRAILERS_MAX_BYTES)
    return refuse(u, MR_FAULT_TRAILER_MALFORMED);
  for (size_t i = 0; i < name.len; i++)
    mr_buf_putc(&u->text, mr_ascii_lower(name.ptr[i]));
  s.value = u->text.len;
  mr_buf_slice(&u->text, value);
  s.end = u->text.len;
  if (u->text.status < 0)
    return u->text.status;
  if (has_trailer(u, mr_slice_make(u->text.ptr + s.name, s.value - s.name)))
    return refuse(u, MR_FAULT_TRAILER_MALFORMED);
  mr_buf_put(&u->trailers, &s, sizeof s);
  return u->trailers.status;
}

static int take_line(mr_unchunk *u, mr_slice line) {
  switch (u->state) {
  case AT_SIZE:
    return take_size(u, line);
  case AT_TRAILER:
    return take_trailer(u, line);
  case AT_DATA_END:
    if (line.len > 0)
      return refuse(u, MR_FAULT_CHUNK_MALFORMED);
    u->state = AT_SIZE;
    return check_chunk(u);
  default: /* AT_END: the empty line behind the last chunk or the trailer's signature */
    if (line.len > 0)
      return refuse(u, MR_FAULT_CHUNK_MALFORMED);
    u->state = AT_DONE;
    return MR_OK;
  }
}

/* Collects up to the line's end; *taken bytes of the input are used up. */
static int push_line(mr_unchunk *u, const char *bytes, size_t n, size_t *taken) {
  const char *end = memchr(bytes, '\n', n);
  size_t limit = u->state == AT_DATA_END || u->state == AT_END ? 2 : LINE_MAX_BYTES;
  *taken = end ? (size_t)(end - bytes) + 1 : n;
  if (*taken > limit - u->line.len)
    return refuse(u,
                  u->state == AT_TRAILER ? MR_FAULT_TRAILER_MALFORMED : MR_FAULT_CHUNK_MALFORMED);
  mr_buf_put(&u->line, bytes, *taken);
  if (u->line.status < 0)
    return u->line.status;
  if (!end)
    return MR_OK;
  if (u->line.len < 2 || memchr(u->line.ptr, '\r', u->line.len) != u->line.ptr + u->line.len - 2)
    return refuse(u, MR_FAULT_CHUNK_MALFORMED);
  int status = take_line(u, mr_slice_make(u->line.ptr, u->line.len - 2));
  mr_buf_reset(&u->line);
  return status;
}

int mr_unchunk_push(mr_unchunk *u, const char *bytes, size_t n, mr_buf *out) {
  int status = u->fault ? MR_ERR_ARG : MR_OK;
  while (status == MR_OK && n > 0) {
    size_t taken = 0;
    if (u->state == AT_DONE)
      return refuse(u, MR_FAULT_CHUNK_MALFORMED);
    if (u->state == AT_DATA) {
      taken = n < u->left ? n : (size_t)u->left;
      if (u->signer)
        status = mr_hasher_update(u->hasher, bytes, taken);
      mr_buf_put(out, bytes, taken);
      if (out->status < 0)
        status = out->status;
      u->left -= taken;
      u->decoded += taken;
      if (u->left == 0)
        u->state = AT_DATA_END;
    } else {
      status = push_line(u, bytes, n, &taken);
    }
    bytes += taken;
    n -= taken;
  }
  return status;
}

int mr_unchunk_finish(mr_unchunk *u) {
  if (u->fault)
    return MR_ERR_ARG;
  if (u->state != AT_DONE || (u->expected >= 0 && u->verified != (uint64_t)u->expected))
    return refuse(u, MR_FAULT_INCOMPLETE_BODY);
  return MR_OK;
}

/* Compares ASCII without case; b is in lower case already. */
static bool same_name(mr_slice a, mr_slice b) {
  for (size_t i = 0; i < a.len && a.len == b.len; i++)
    if ((a.ptr[i] >= 'A' && a.ptr[i] <= 'Z' ? a.ptr[i] + 32 : a.ptr[i]) != b.ptr[i])
      return false;
  return a.len == b.len;
}

/* Takes the next name off a list with commas; false at the end. */
static bool next_name(mr_slice *rest, mr_slice *name) {
  while (rest->len > 0) {
    const char *comma = memchr(rest->ptr, ',', rest->len);
    size_t n = comma ? (size_t)(comma - rest->ptr) : rest->len;
    *name = mr_canon_trim(mr_slice_make(rest->ptr, n));
    *rest = mr_slice_make(rest->ptr + n + (comma != NULL), rest->len - n - (comma != NULL));
    if (name->len > 0)
      return true;
  }
  return false;
}

int mr_unchunk_announced(mr_unchunk *u, mr_slice names) {
  mr_slice rest = names, name;
  while (next_name(&rest, &name)) {
    bool here = false;
    for (size_t i = 0; i < mr_unchunk_count(u) && !here; i++)
      here = same_name(name, mr_unchunk_trailer(u, i).name);
    if (!here)
      return refuse(u, MR_FAULT_TRAILER_MALFORMED);
  }
  for (size_t i = 0; i < mr_unchunk_count(u); i++) {
    bool here = false;
    rest = names;
    while (!here && next_name(&rest, &name))
      here = same_name(name, mr_unchunk_trailer(u, i).name);
    if (!here)
      return refuse(u, MR_FAULT_TRAILER_MALFORMED);
  }
  return MR_OK;
}
