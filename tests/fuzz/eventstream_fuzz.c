/* SPDX-License-Identifier: MIT
 *
 * eventstream_fuzz.c -- a stream gives the same messages and the same fault however it is
 * split, and what was read is written back to the same bytes.
 * The first byte chooses the split; checksums are put right first, or little would be seen. */
#include <stdint.h>
#include <stdlib.h>

#include "bindings/crc.h"
#include "bindings/eventstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok) {
  if (!ok)
    abort();
}

static uint32_t get(const unsigned char *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void set(unsigned char *p, uint32_t v) {
  for (int i = 3; i >= 0; i--, v >>= 8)
    p[i] = (unsigned char)v;
}

static void mend(unsigned char *p, size_t n) {
  while (n >= 16) {
    size_t total = get(p) & 0xfff;
    set(p, (uint32_t)total);
    set(p + 8, mr_crc32(0, p, 8));
    if (total < 16 || total > n)
      return;
    set(p + total - 4, mr_crc32(0, p, total - 4));
    p += total;
    n -= total;
  }
}

typedef struct outcome {
  mr_buf bytes; /* the messages, written again */
  int status;
  mr_event_check check;
  uint64_t at;
} outcome;

static void write_again(mr_buf *out, const mr_event_message *m) {
  mr_buf headers;
  mr_event_header h;
  mr_slice rest = m->headers;
  mr_buf_init(&headers, NULL);
  while (mr_event_header_next(&rest, &h))
    need(mr_event_put_header(&headers, &h) == MR_OK);
  need(rest.len == 0);
  need(mr_event_put_frame(out, mr_buf_view(&headers), m->payload) == MR_OK);
  mr_buf_clear(&headers);
}

static void run(outcome *o, const unsigned char *data, size_t size, size_t step) {
  mr_event_reader r;
  mr_event_message m;
  int got = 0;
  mr_buf_init(&o->bytes, NULL);
  mr_event_reader_init(&r, NULL);
  for (size_t at = 0; at < size && got == 0; at += step) {
    size_t n = size - at < step ? size - at : step;
    need(mr_event_feed(&r, data + at, n) == MR_OK);
    while ((got = mr_event_next(&r, &m)) == 1)
      write_again(&o->bytes, &m);
  }
  o->status = mr_event_finish(&r);
  o->check = r.check;
  o->at = r.fault_at;
  mr_event_reader_clear(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1)
    return 0;
  size_t step = data[0] % 61 + 1u;
  bool mended = data[0] & 128;
  size_t n = size - 1;
  unsigned char *copy = malloc(n ? n : 1);
  need(copy != NULL);
  if (n)
    memcpy(copy, data + 1, n);
  if (mended)
    mend(copy, n);
  outcome whole, parts;
  run(&whole, copy, n, n ? n : 1);
  run(&parts, copy, n, step);
  need(whole.status == parts.status && whole.check == parts.check && whole.at == parts.at);
  need(mr_slice_equal(mr_buf_view(&whole.bytes), mr_buf_view(&parts.bytes)));
  need(whole.bytes.len <= n);
  if (whole.bytes.len)
    need(memcmp(whole.bytes.ptr, copy, whole.bytes.len) == 0);
  mr_buf_clear(&whole.bytes);
  mr_buf_clear(&parts.bytes);
  free(copy);
  return 0;
}
