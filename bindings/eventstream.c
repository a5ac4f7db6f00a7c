/* SPDX-License-Identifier: MIT
 *
 * eventstream.c -- frames of application/vnd.amazon.eventstream.
 *   total length u32 | headers length u32 | CRC-32 of these 8 bytes | headers | payload |
 *   CRC-32 of all before it          all big-endian, the lengths in bytes
 * A header is: length of the name u8 | name | type u8 | value.  The lengths are believed only
 * after their own checksum, so a damaged stream never makes the reader wait for gigabytes. */
#include "bindings/eventstream.h"

#include <stdlib.h>

#include "bindings/crc.h"
#include "bindings/text.h"

enum { PRELUDE = 12, TRAILER = 4, FEW = 12 };

static uint32_t read_u32(const char *p) {
  const unsigned char *b = (const unsigned char *)p;
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint64_t read_big(const char *p, size_t n) {
  uint64_t value = 0;
  for (size_t i = 0; i < n; i++)
    value = value << 8 | (unsigned char)p[i];
  return value;
}

static void write_big(char *p, uint64_t value, size_t n) {
  for (size_t i = n; i-- > 0; value >>= 8)
    p[i] = (char)(value & 255);
}

/* ---- headers ---- */

/* Bytes of the values of fixed length; -1: two bytes of length go before; -2: no such type. */
static int value_size(unsigned type) {
  static const signed char sizes[] = {0, 0, 1, 2, 4, 8, -1, -1, 8, 16};
  return type < MR_COUNT(sizes) ? sizes[type] : -2;
}

static void read_value(mr_event_header *h, const char *p, size_t n) {
  static const unsigned char shifts[] = {0, 0, 56, 48, 32, 0, 0, 0, 0};
  h->text = mr_slice_make(p, n);
  h->integer = h->type == MR_EVENT_TRUE;
  if (h->type >= MR_EVENT_BYTE && h->type != MR_EVENT_BYTES && h->type != MR_EVENT_STRING &&
      h->type != MR_EVENT_UUID) {
    uint64_t bits = read_big(p, n);
    unsigned shift = shifts[h->type];
    uint64_t sign = UINT64_C(1) << (63 - shift);
    bits = shift ? (bits ^ sign) - sign : bits;
    memcpy(&h->integer, &bits, sizeof bits);
    h->text.len = 0;
  }
}

/* One header at the front of *rest; false: it is malformed, and *rest is left. */
static bool take_header(mr_slice *rest, mr_event_header *h) {
  const char *p = rest->ptr, *end = p + rest->len;
  size_t name_len = p < end ? (unsigned char)*p++ : 0;
  if (name_len == 0 || (size_t)(end - p) < name_len + 1)
    return false;
  h->name = mr_slice_make(p, name_len);
  p += name_len;
  h->type = (uint8_t)*p++;
  int size = value_size(h->type);
  if (size == -1) {
    if (end - p < 2)
      return false;
    size = (int)read_big(p, 2);
    p += 2;
  }
  if (size < 0 || end - p < size)
    return false;
  read_value(h, p, (size_t)size);
  p += size;
  *rest = mr_slice_make(p, (size_t)(end - p));
  return true;
}

bool mr_event_header_next(mr_slice *rest, mr_event_header *out) {
  return rest->len > 0 && take_header(rest, out);
}

static int compare_names(const void *a, const void *b) {
  const mr_slice *x = a, *y = b;
  if (x->len != y->len)
    return x->len < y->len ? -1 : 1;
  return memcmp(x->ptr, y->ptr, x->len);
}

/* Few names are compared in pairs, many are sorted: a frame of 40,000 headers is no way to
 * keep the processor busy.  *bad is where the trouble is. */
static mr_event_check check_headers(mr_slice headers, mr_buf *work, const char **bad) {
  mr_slice names[FEW], rest = headers;
  mr_event_header h;
  size_t count = 0;
  while (rest.len > 0) {
    const char *start = rest.ptr;
    *bad = start;
    if (!take_header(&rest, &h) || !mr_utf8_valid(h.name, NULL))
      return MR_EVENT_CHECK_HEADER;
    if (h.type == MR_EVENT_STRING && !mr_utf8_valid(h.text, NULL))
      return MR_EVENT_CHECK_HEADER;
    if (count < FEW) {
      for (size_t i = 0; i < count; i++)
        if (mr_slice_equal(names[i], h.name))
          return MR_EVENT_CHECK_DUPLICATE;
      names[count] = h.name;
    }
    count++;
  }
  if (count <= FEW)
    return MR_EVENT_CHECK_NONE;
  mr_buf_reset(work);
  mr_slice *all = (mr_slice *)(void *)mr_buf_reserve(work, count * sizeof *all);
  if (!all)
    return MR_EVENT_CHECK_NONE; /* work->status tells */
  rest = headers;
  for (size_t i = 0; i < count && mr_event_header_next(&rest, &h); i++)
    all[i] = h.name;
  qsort(all, count, sizeof *all, compare_names);
  for (size_t i = 1; i < count; i++)
    if (mr_slice_equal(all[i - 1], all[i])) {
      *bad = (all[i].ptr > all[i - 1].ptr ? all[i].ptr : all[i - 1].ptr) - 1;
      return MR_EVENT_CHECK_DUPLICATE;
    }
  return MR_EVENT_CHECK_NONE;
}

/* ---- reading ---- */

void mr_event_reader_init(mr_event_reader *r, mr_alloc *alloc) {
  memset(r, 0, sizeof *r);
  mr_buf_init(&r->frame, alloc);
  mr_buf_init(&r->names, alloc);
}

void mr_event_reader_clear(mr_event_reader *r) {
  mr_buf_clear(&r->frame);
  mr_buf_clear(&r->names);
  r->next = NULL;
  r->left = 0;
}

int mr_event_feed(mr_event_reader *r, const void *data, size_t n) {
  if (r->status != MR_OK)
    return r->status;
  if (r->left > 0 || r->clear_frame) /* the frame that was given last is still being read */
    return MR_ERR_ARG;
  r->next = data;
  r->left = n;
  return MR_OK;
}

static int fault(mr_event_reader *r, mr_event_check check, uint64_t offset) {
  r->check = check;
  r->fault_at = r->frame_at + offset;
  r->left = 0;
  return r->status = MR_ERR_SYNTAX;
}

static int no_memory(mr_event_reader *r) {
  r->left = 0;
  return r->status = MR_ERR_MEMORY;
}

/* The two lengths; *total is good only when MR_OK comes back. */
static int check_prelude(mr_event_reader *r, const char *p, size_t *total) {
  uint32_t all = read_u32(p), headers = read_u32(p + 4);
  if (mr_crc32(0, p, 8) != read_u32(p + 8))
    return fault(r, MR_EVENT_CHECK_PRELUDE_CRC, 8);
  if (all < MR_EVENT_FRAME_MIN)
    return fault(r, MR_EVENT_CHECK_LENGTH, 0);
  if (headers > all - MR_EVENT_FRAME_MIN)
    return fault(r, MR_EVENT_CHECK_LENGTH, 4);
  if (headers > MR_EVENT_HEADERS_MAX)
    return fault(r, MR_EVENT_CHECK_LIMIT, 4);
  if (all - headers - MR_EVENT_FRAME_MIN > MR_EVENT_PAYLOAD_MAX)
    return fault(r, MR_EVENT_CHECK_LIMIT, 0);
  *total = all;
  return MR_OK;
}

/* A frame of which everything is there, its prelude checked. */
static int open_frame(mr_event_reader *r, const char *p, size_t total, mr_event_message *out) {
  const char *bad = p;
  /* The checksum of the first eight bytes is known: the rest goes on from it. */
  uint32_t crc = mr_crc32(read_u32(p + 8), p + 8, total - TRAILER - 8);
  if (crc != read_u32(p + total - TRAILER))
    return fault(r, MR_EVENT_CHECK_MESSAGE_CRC, total - TRAILER);
  size_t headers = read_u32(p + 4);
  out->headers = mr_slice_make(p + PRELUDE, headers);
  out->payload = mr_slice_make(p + PRELUDE + headers, total - headers - MR_EVENT_FRAME_MIN);
  mr_event_check check = check_headers(out->headers, &r->names, &bad);
  if (r->names.status != MR_OK)
    return no_memory(r);
  if (check != MR_EVENT_CHECK_NONE)
    return fault(r, check, (uint64_t)(bad - p));
  r->frames++;
  r->frame_at += total;
  return 1;
}

/* Moves bytes into the frame buffer until it has n; false: there are not as many. */
static bool gather(mr_event_reader *r, size_t n) {
  size_t want = n - r->frame.len;
  size_t take = want < r->left ? want : r->left;
  mr_buf_put(&r->frame, r->next, take);
  r->next += take;
  r->left -= take;
  return take == want;
}

int mr_event_next(mr_event_reader *r, mr_event_message *out) {
  size_t total = 0;
  if (r->status != MR_OK)
    return r->status;
  if (r->clear_frame)
    mr_buf_reset(&r->frame);
  r->clear_frame = false;
  if (r->frame.len == 0 && r->left >= PRELUDE) {
    if (check_prelude(r, r->next, &total) != MR_OK)
      return r->status;
    if (total <= r->left) {
      const char *p = r->next;
      r->next += total;
      r->left -= total;
      return open_frame(r, p, total, out);
    }
  }
  if (r->left == 0)
    return 0;
  if (r->frame.len < PRELUDE) {
    bool whole = gather(r, PRELUDE);
    if (r->frame.status != MR_OK)
      return no_memory(r);
    if (!whole)
      return 0;
    if (check_prelude(r, r->frame.ptr, &total) != MR_OK)
      return r->status;
  } else {
    total = read_u32(r->frame.ptr); /* checked when it came */
  }
  bool whole = gather(r, total);
  if (r->frame.status != MR_OK)
    return no_memory(r);
  if (!whole)
    return 0;
  r->clear_frame = true;
  return open_frame(r, r->frame.ptr, total, out);
}

int mr_event_finish(mr_event_reader *r) {
  size_t inside = (r->clear_frame ? 0 : r->frame.len) + r->left;
  if (r->status != MR_OK || inside == 0)
    return r->status;
  return fault(r, MR_EVENT_CHECK_END, inside);
}

const char *mr_event_fault(mr_event_check check) {
  static const char *const words[] = {
      "",
      "a length in the frame's prelude is impossible",
      "the frame is larger than the format allows",
      "the checksum of the frame's prelude does not fit",
      "the checksum of the frame does not fit",
      "a header of the frame is malformed",
      "a header comes twice in the frame",
      "the stream ends inside a frame",
  };
  return (size_t)check < MR_COUNT(words) ? words[check] : "";
}

/* ---- writing ---- */

static bool in_range(const mr_event_header *h) {
  switch (h->type) {
  case MR_EVENT_BYTE:
    return h->integer >= INT8_MIN && h->integer <= INT8_MAX;
  case MR_EVENT_SHORT:
    return h->integer >= INT16_MIN && h->integer <= INT16_MAX;
  case MR_EVENT_INTEGER:
    return h->integer >= INT32_MIN && h->integer <= INT32_MAX;
  case MR_EVENT_STRING:
    return h->text.len <= UINT16_MAX && mr_utf8_valid(h->text, NULL);
  case MR_EVENT_BYTES:
    return h->text.len <= UINT16_MAX;
  case MR_EVENT_UUID:
    return h->text.len == 16;
  default:
    return h->type <= MR_EVENT_UUID;
  }
}

int mr_event_put_header(mr_buf *headers, const mr_event_header *h) {
  char word[8];
  if (h->name.len == 0 || h->name.len > 255 || !mr_utf8_valid(h->name, NULL) || !in_range(h))
    return MR_ERR_ARG;
  int size = value_size(h->type);
  mr_buf_putc(headers, (char)h->name.len);
  mr_buf_slice(headers, h->name);
  mr_buf_putc(headers, (char)h->type);
  if (size == -1) {
    write_big(word, h->text.len, 2);
    mr_buf_put(headers, word, 2);
    mr_buf_slice(headers, h->text);
  } else if (h->type == MR_EVENT_UUID) {
    mr_buf_slice(headers, h->text);
  } else {
    write_big(word, (uint64_t)h->integer, (size_t)size);
    mr_buf_put(headers, word, (size_t)size);
  }
  return headers->status;
}

int mr_event_put_frame(mr_buf *out, mr_slice headers, mr_slice payload) {
  char word[PRELUDE];
  const char *bad = NULL;
  size_t start = out->len, total = headers.len + payload.len + MR_EVENT_FRAME_MIN;
  mr_buf work;
  if (headers.len > MR_EVENT_HEADERS_MAX || payload.len > MR_EVENT_PAYLOAD_MAX)
    return MR_ERR_LIMIT;
  mr_buf_init(&work, out->alloc);
  mr_event_check check = check_headers(headers, &work, &bad);
  int status = work.status;
  mr_buf_clear(&work);
  if (status != MR_OK)
    return status;
  if (check != MR_EVENT_CHECK_NONE)
    return MR_ERR_ARG;
  write_big(word, total, 4);
  write_big(word + 4, headers.len, 4);
  write_big(word + 8, mr_crc32(0, word, 8), 4);
  if (!mr_buf_reserve(out, total))
    return out->status;
  mr_buf_put(out, word, PRELUDE);
  mr_buf_slice(out, headers);
  mr_buf_slice(out, payload);
  write_big(word, mr_crc32(0, out->ptr + start, total - TRAILER), 4);
  mr_buf_put(out, word, TRAILER);
  return out->status;
}
