/* SPDX-License-Identifier: MIT
 *
 * uri_fuzz.c -- what encodes decodes to itself; parts of a URL lie inside it. */
#include <stdint.h>
#include <stdlib.h>

#include "bindings/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok) {
  if (!ok)
    abort();
}

static void inside(mr_slice whole, mr_slice part) {
  if (part.ptr)
    need(part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mr_slice text = mr_slice_make((const char *)data, size), rest = text, name, value;
  mr_buf coded, back;
  mr_uri uri;
  mr_buf_init(&coded, NULL);
  mr_buf_init(&back, NULL);
  for (int keep = 0; keep < 2; keep++) {
    mr_buf_reset(&coded);
    mr_buf_reset(&back);
    mr_uri_encode(&coded, text, keep == 1);
    need(mr_uri_decode(&back, mr_buf_view(&coded)) == MR_OK);
    need(mr_slice_equal(mr_buf_view(&back), text));
  }
  mr_buf_reset(&back);
  if (mr_uri_decode(&back, text) == MR_OK)
    need(back.len <= text.len);
  if (mr_uri_parse(text, &uri) == MR_OK) {
    need(uri.host.len > 0 && uri.scheme.len > 0 && uri.port <= 65535);
    inside(text, uri.scheme);
    inside(text, uri.userinfo);
    inside(text, uri.host);
    inside(text, uri.path);
    inside(text, uri.query);
    inside(text, uri.fragment);
  }
  while (mr_query_next(&rest, &name, &value)) {
    inside(text, name);
    inside(text, value);
  }
  mr_buf_clear(&coded);
  mr_buf_clear(&back);
  return 0;
}
