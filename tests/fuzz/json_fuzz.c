/* SPDX-License-Identifier: MIT
 *
 * json_fuzz.c -- any bytes: the reader ends, stays inside the input and is consistent with
 * skip; what it accepts is written, read again and written again to the same bytes. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "bindings/json.h"
#include "bindings/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok) {
  if (!ok)
    abort();
}

/* True when the text was read to its end and had a spelling (an infinity has none). */
static bool copy(mr_slice text, mr_json_writer *w) {
  mr_json_reader r;
  mr_json_event e;
  size_t last = 0;
  bool ok = true;
  mr_json_init(&r, text, NULL, 0);
  while ((e = mr_json_next(&r)) > MR_JSON_END) {
    need(r.start >= last && r.start < r.end && r.end <= text.len);
    last = r.end;
    switch (e) {
    case MR_JSON_OBJECT:
      mr_json_open_object(w);
      break;
    case MR_JSON_OBJECT_END:
      mr_json_close_object(w);
      break;
    case MR_JSON_ARRAY:
      mr_json_open_array(w);
      break;
    case MR_JSON_ARRAY_END:
      mr_json_close_array(w);
      break;
    case MR_JSON_KEY:
      mr_json_put_key(w, r.text);
      break;
    case MR_JSON_STRING:
      need(mr_utf8_valid(r.text, NULL));
      mr_json_put_string(w, r.text);
      break;
    case MR_JSON_INTEGER:
      mr_json_put_integer(w, r.integer);
      break;
    case MR_JSON_DOUBLE:
      ok = ok && isfinite(r.number);
      mr_json_put_double(w, isfinite(r.number) ? r.number : 0);
      break;
    case MR_JSON_TRUE:
    case MR_JSON_FALSE:
      mr_json_put_bool(w, e == MR_JSON_TRUE);
      break;
    default:
      mr_json_put_null(w);
    }
  }
  need(e == MR_JSON_END || (r.message && r.start <= text.len && r.status < 0));
  mr_json_clear(&r);
  if (e == MR_JSON_END)
    need(mr_json_writer_end(w) == MR_OK);
  return ok && e == MR_JSON_END;
}

static bool skip(mr_slice text) {
  mr_json_reader r;
  mr_slice raw;
  mr_json_init(&r, text, NULL, 0);
  bool ok = mr_json_skip(&r, mr_json_next(&r), &raw) == MR_OK && mr_json_next(&r) == MR_JSON_END;
  mr_json_clear(&r);
  return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mr_slice text = mr_slice_make((const char *)data, size);
  mr_json_writer w;
  mr_buf first, second;
  size_t line, column;
  mr_buf_init(&first, NULL);
  mr_buf_init(&second, NULL);
  bool is_ascii = size % 2 == 0;
  mr_json_writer_init(&w, &first, (int)(size % 3), is_ascii);
  if (copy(text, &w)) {
    need(skip(text));
    mr_json_writer_init(&w, &second, (int)(size % 3), is_ascii);
    need(copy(mr_buf_view(&first), &w));
    need(mr_slice_equal(mr_buf_view(&first), mr_buf_view(&second)));
  }
  mr_json_position(text, size / 2, &line, &column);
  need(line >= 1 && column >= 1);
  mr_buf_clear(&first);
  mr_buf_clear(&second);
  return 0;
}
