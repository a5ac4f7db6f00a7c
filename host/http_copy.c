/* SPDX-License-Identifier: MIT
 *
 * http_copy.c -- a request that crosses to another thread.
 * All text lies in one buffer, which is wiped in the end: it may hold a token.  A caller
 * that goes away takes its own memory with it, and the copy stays whole. */
#include "host/http_copy.h"

#include <stdlib.h>

#include "host/sys.h"

static size_t keep(mr_http_copy *c, const char *text) {
  size_t n = text ? strlen(text) + 1 : 0;
  mr_buf_put(&c->text, text, n);
  return c->text.len - n;
}

bool mr_http_copy_make(mr_http_copy *c, const mr_http_request *q) {
  memset(c, 0, sizeof *c);
  mr_buf_init(&c->text, NULL);
  mr_buf_init(&c->body, NULL);
  c->request = *q;
  c->request.body.fd = -1;
  if (q->body.fd < 0)
    mr_buf_slice(&c->body, q->body.memory);
  c->request.body.memory = mr_buf_view(&c->body);
  c->headers = calloc(q->header_count + 1, sizeof *c->headers);
  c->text.wipe = true;
  size_t method = keep(c, q->method), url = keep(c, q->url), ca = keep(c, q->options.ca_file),
         proxy = keep(c, q->options.proxy);
  size_t at = c->text.len;
  for (size_t i = 0; i < q->header_count; i++) {
    mr_buf_slice(&c->text, q->headers[i].name);
    mr_buf_slice(&c->text, q->headers[i].value);
  }
  if (!c->headers || c->text.status < 0 || c->body.status < 0)
    return false;
  if (q->body.fd >= 0 && mr_sys_duplicate(q->body.fd, &c->request.body.fd) != 0)
    return false;
  const char *text = c->text.ptr;
  for (size_t i = 0; i < q->header_count; i++) {
    c->headers[i].name = mr_slice_make(text + at, q->headers[i].name.len);
    at += q->headers[i].name.len;
    c->headers[i].value = mr_slice_make(text + at, q->headers[i].value.len);
    at += q->headers[i].value.len;
  }
  c->request.method = text + method;
  c->request.url = text + url;
  c->request.headers = c->headers;
  c->request.options.ca_file = q->options.ca_file ? text + ca : NULL;
  c->request.options.proxy = q->options.proxy ? text + proxy : NULL;
  return true;
}

void mr_http_copy_clear(mr_http_copy *c) {
  mr_buf_clear(&c->text);
  mr_buf_clear(&c->body);
  if (c->request.body.fd >= 0)
    mr_sys_close(c->request.body.fd);
  c->request.body.fd = -1;
  free(c->headers);
  c->headers = NULL;
}
