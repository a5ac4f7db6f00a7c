/* SPDX-License-Identifier: MIT
 *
 * unmarshal_fuzz.c -- any bytes as the reply, error or request of any operation.  The first
 * two bytes choose; the rest is a path, a query and a header, each up to a NUL, and a body.
 * The sink checks that it is told of well-formed values only. */
#include <stdint.h>
#include <stdlib.h>

#include "bindings/unmarshal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct witness {
  mr_sink base;
  bool object[MR_DEPTH_MAX + 8];
  bool named;
  int depth, values;
} witness;

static void need(bool ok) {
  if (!ok)
    abort();
}

static witness *value(mr_sink *s) {
  witness *w = (witness *)s;
  need(w->depth > 0 || w->values++ == 0);
  need(w->depth == 0 || w->object[w->depth - 1] == w->named); /* a name in objects, none in lists */
  w->named = false;
  return w;
}

static void name(mr_sink *s, mr_slice text) {
  witness *w = (witness *)s;
  need(w->depth > 0 && w->object[w->depth - 1] && !w->named && text.ptr);
  w->named = true;
}

static void begin(mr_sink *s, bool object) {
  witness *w = value(s);
  need(w->depth < MR_DEPTH_MAX + 8);
  w->object[w->depth++] = object;
}
static void begin_object(mr_sink *s) {
  begin(s, true);
}
static void begin_list(mr_sink *s) {
  begin(s, false);
}
static void end(mr_sink *s) {
  witness *w = (witness *)s;
  need(w->depth > 0 && !w->named);
  w->depth--;
}
static void put_text(mr_sink *s, mr_slice text) {
  volatile char last;
  value(s);
  for (size_t i = 0; i < text.len; i++)
    last = text.ptr[i]; /* all of it can be read */
  MR_UNUSED(last);
}
static void put_integer(mr_sink *s, int64_t n) {
  MR_UNUSED(n);
  value(s);
}
static void put_double(mr_sink *s, double n) {
  MR_UNUSED(n);
  value(s);
}
static void put_bool(mr_sink *s, bool b) {
  MR_UNUSED(b);
  value(s);
}
static void put_null(mr_sink *s) {
  value(s);
}

static mr_slice take(mr_slice *rest) {
  const char *stop = rest->len ? memchr(rest->ptr, 0, rest->len) : NULL;
  mr_slice part = mr_slice_make(rest->ptr, stop ? (size_t)(stop - rest->ptr) : rest->len);
  rest->ptr += stop ? part.len + 1 : part.len;
  rest->len -= stop ? part.len + 1 : part.len;
  return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const mr_sink calls = {name,        begin_object, begin_list, end,     put_text,
                                put_integer, put_double,   put_bool,   put_null, put_text};
  const mr_models *m = &mr_models_table;
  if (size < 2)
    return 0;
  const mr_service *s = &m->services[data[0] % m->service_count];
  uint32_t choice = data[0] / m->service_count + data[1] / 32u * 43u; /* all of 256 * 8 / 6 */
  const mr_operation *op = &m->operations[s->operations.first + choice % s->operations.count];
  mr_slice rest = mr_slice_make((const char *)data + 2, size - 2);
  mr_pair header;
  mr_input in = {{"/", 1}, {"", 0}, &header, 1, {"", 0}, 200};
  witness w = {calls, {false}, false, 0, 0};
  bool known;
  mr_unmarshal u;
  mr_unmarshal_init(&u, m, NULL);
  in.path = take(&rest);
  in.query = take(&rest);
  header.value = take(&rest);
  header.name = mr_slice_of(data[1] & 8   ? "x-amzn-errortype"
                            : data[1] & 4 ? "last-modified"
                                          : "x-amz-meta-x");
  in.body = rest;
  in.status = data[1] & 16 ? 404 : 200;
  int status;
  if (data[1] % 3 == 0) {
    const mr_operation *found = mr_route(m, s, mr_text(m, op->http_method), &in, &known);
    status = mr_unmarshal_request(&u, found ? found : op, &in, &w.base);
  } else if (data[1] % 3 == 1) {
    status = mr_unmarshal_reply(&u, op, &in, &w.base);
  } else {
    mr_reply_is_error(&u, op, &in);
    status = mr_unmarshal_error(&u, s, op, &in, &w.base);
    need(status == MR_OK);
  }
  need(status != MR_OK || (w.depth == 0 && w.values == 1));
  need(status == MR_OK || u.message.len > 0);
  mr_unmarshal_clear(&u);
  return 0;
}
