/* SPDX-License-Identifier: MIT
 *
 * http1_fuzz.c -- any bytes as a reply: read whole and in pieces they come to the same events, and
 * reading ends. */
#include <stdint.h>
#include <stdlib.h>

#include "host/http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct outcome {
  mr_http1_event last;
  int status;
  size_t count;   /* of fields */
  unsigned sum;   /* of the body */
  size_t left;    /* bytes behind the reply */
  bool keep;
} outcome;

static outcome read_by(const uint8_t *data, size_t size, size_t step, bool no_body) {
  static mr_pair fields[MR_HTTP1_MAX_FIELDS]; /* the fuzzer has one thread */
  mr_http1_reply r = {.fields = fields};
  outcome o = {.last = MR_HTTP1_MORE};
  mr_http1_begin(&r, no_body);
  for (size_t at = 0; at < size && o.last == MR_HTTP1_MORE; at += step) {
    size_t n = size - at < step ? size - at : step;
    char *own = malloc(n); /* so that a look behind it is seen */
    mr_slice bytes = mr_slice_make(own, n), piece;
    memcpy(own, data + at, n);
    do {
      o.last = mr_http1_read(&r, &bytes, &piece);
      if (o.last == MR_HTTP1_HEAD)
        o.count = r.count;
      for (size_t i = 0; o.last == MR_HTTP1_BODY && i < piece.len; i++)
        o.sum = o.sum * 31 + (unsigned char)piece.ptr[i];
    } while (o.last == MR_HTTP1_HEAD || o.last == MR_HTTP1_BODY);
    if (o.last == MR_HTTP1_MORE && bytes.len)
      abort();
    o.left = size - at - n + bytes.len;
    free(own);
  }
  if (o.last == MR_HTTP1_BAD && !r.why)
    abort();
  if (o.last == MR_HTTP1_MORE)
    o.last = mr_http1_close(&r);
  o.status = r.status;
  o.keep = r.keep;
  mr_http1_clear(&r);
  return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  for (int no_body = 0; no_body < 2 && size > 0; no_body++) {
    outcome whole = read_by(data, size, size, no_body);
    for (size_t step = 1; step < 8; step += 3) {
      outcome o = read_by(data, size, step, no_body);
      if (o.last != whole.last || o.status != whole.status || o.count != whole.count ||
          o.sum != whole.sum || o.keep != whole.keep || (o.last == MR_HTTP1_END && o.left != whole.left))
        abort();
    }
  }
  return 0;
}
