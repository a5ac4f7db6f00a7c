/* SPDX-License-Identifier: MIT
 *
 * http_transfer.c -- one transfer: what libcurl is told of a request, and what it tells of
 * the reply.  The callbacks here run inside curl; none of them may start or drop a transfer. */
#define _GNU_SOURCE
#include "host/http_transfer.h"

#include "host/http1.h"
#include "host/http_origin.h"
#include "host/sys.h"

enum {
  TELL_EVERY = 1024 * 1024,
  SMALL_BUFFER = 4 * 1024,   /* made anew by libcurl for each request */
  LEAST_BUFFER = 1024,       /* where very many wait at once */
  VERY_MANY = 128,
  BUFFER = 32 * 1024,        /* for the reply to a request without a body: it may be an object */
  LARGE_BUFFER = 256 * 1024, /* for what goes to or comes from a file */
};

const char *mr_http_fault_name(mr_http_fault fault) {
  static const char *const names[] = {"Ok",           "ResolveError",    "ConnectError",
                                      "TLSError",     "TimeoutError",    "ProtocolError",
                                      "BrokenConnection", "RequestBodyError", "OutOfMemory",
                                      "NoNetwork", "OutputError", "ConnectionError"};
  return names[fault];
}

/* ---- the reply ---- */

/* Bytes have come or gone: the clock is asked once for all that one call of curl does. */
static void stir(mr_transfer *t) {
  if (t->seen == t->loop->turn)
    return;
  t->seen = t->loop->turn;
  t->last = mr_clock_real();
}

void mr_transfer_head(mr_transfer *t) {
  mr_pair headers[MR_HTTP1_MAX_FIELDS];
  size_t count = mr_http1_fields(mr_buf_view(&t->head), headers, MR_COUNT(headers));
  long status = 0;
  t->curl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
  t->head_given = true;
  t->to_target = t->target && status / 100 == 2;
  if (t->exchange)
    t->exchange->head(t->exchange, (int)status, headers, count);
}

static size_t on_header(char *bytes, size_t one, size_t n, void *ud) {
  mr_transfer *t = ud;
  long status = 0;
  n *= one;
  stir(t);
  if (t->head_given) /* trailers */
    return t->exchange ? n : 0;
  if (n > 5 && memcmp(bytes, "HTTP/", 5) == 0) { /* the next head begins: 1xx, or a proxy's */
    mr_buf_reset(&t->head);
    t->header_lines = 1;
    return n;
  }
  if (bytes[0] == '\r' || bytes[0] == '\n') { /* the head is whole */
    t->curl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200)
      mr_transfer_head(t);
    return t->exchange ? n : 0;
  }
  if (t->head.len + n > MR_HTTP1_MAX_HEAD || ++t->header_lines > MR_HTTP1_MAX_FIELDS) {
    t->too_large = true;
    return 0;
  }
  if (bytes[0] == ' ' || bytes[0] == '\t')
    mr_http1_fold(&t->head); /* RFC 9112 section 5.2 */
  mr_buf_put(&t->head, bytes, n);
  return t->head.status < 0 ? 0 : n;
}

static size_t give_target(mr_transfer *t, const char *bytes, size_t n) {
  t->target_error = t->target->take(t->target, bytes, n);
  if (t->target_error)
    return 0;
  t->untold += n;
  if (t->untold >= TELL_EVERY) {
    t->untold = 0;
    t->exchange->data(t->exchange, bytes, 0);
  }
  return t->exchange ? n : 0;
}

static size_t on_data(char *bytes, size_t one, size_t n, void *ud) {
  mr_transfer *t = ud;
  n *= one;
  stir(t);
  if (!t->head_given)
    mr_transfer_head(t);
  if (!t->exchange)
    return 0;
  if (t->to_target)
    return give_target(t, bytes, n);
  if (!t->exchange->data(t->exchange, bytes, n)) {
    t->paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  return t->exchange ? n : 0;
}

/* ---- the request's body ---- */

/* There is no way back to its start: when a kept connection ends before a reply, curl would
 * send the request once more in silence, and what bills may have been done already.  So it
 * fails, and the layer above decides and counts. */
static size_t on_read(char *to, size_t one, size_t n, void *ud) {
  mr_transfer *t = ud;
  n *= one;
  int64_t left = t->body.length - t->sent;
  stir(t);
  if ((int64_t)n > left)
    n = (size_t)left;
  if (n == 0)
    return 0;
  if (t->body.fd < 0) {
    memcpy(to, t->body.memory.ptr + t->sent, n);
  } else {
    size_t got = 0;
    t->body_error = mr_sys_pread(t->body.fd, to, n, t->body.offset + t->sent, &got);
    if (t->body_error == 0 && got < n)
      t->body_error = -1; /* the file became shorter */
    if (t->body_error != 0)
      return CURL_READFUNC_ABORT;
  }
  t->sent += (int64_t)n;
  return n;
}

/* ---- the end of a transfer ---- */

mr_http_fault mr_transfer_fault(const mr_transfer *t, CURLcode code) {
  long proxy_status = 0;
  if (t->too_large)
    return MR_HTTP_PROTOCOL;
  if (t->head.status < 0)
    return MR_HTTP_MEMORY;
  if (t->target_error)
    return MR_HTTP_TARGET;
  if (t->again)
    return MR_HTTP_BROKEN;
  t->curl->easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  if (code != CURLE_OK && proxy_status && proxy_status / 100 != 2)
    return MR_HTTP_CONNECT;
  switch (code) {
  case CURLE_OK: /* so it calls a head that was cut, too */
    return t->head_given ? MR_HTTP_OK : MR_HTTP_BROKEN;
  case CURLE_ABORTED_BY_CALLBACK:
  case CURLE_READ_ERROR: return t->body_error ? MR_HTTP_BODY : MR_HTTP_OTHER;
  case CURLE_OUT_OF_MEMORY: /* also how it refuses one line of more than 100 KB */
    return t->head_given || t->header_lines == 0 ? MR_HTTP_MEMORY : MR_HTTP_PROTOCOL;
  default: return mr_curl_fault(code);
  }
}

/* How libcurl begins when it quotes a proxy's URL, with the password in it. */
static const char proxy_url[] = "Unsupported proxy";

void mr_transfer_why(const mr_transfer *t, CURLcode code, char out[CURL_ERROR_SIZE]) {
  const char *why = t->too_large           ? "the reply's head is larger than 256 KiB or 512 lines"
                    : t->body_error == -1  ? "the file became shorter while it was sent"
                    : t->target_error      ? strerror(t->target_error)
                    : t->body_error        ? strerror(t->body_error)
                    : t->again || code == CURLE_SEND_FAIL_REWIND
                        ? "the connection ended before a reply came"
                    : code == CURLE_OUT_OF_MEMORY && mr_transfer_fault(t, code) == MR_HTTP_PROTOCOL
                        ? "a line of the reply's head is larger than 100 KB"
                    : strncmp(t->error, proxy_url, sizeof proxy_url - 1) == 0
                        ? "the URL of the proxy is none that can be used"
                    : code == CURLE_OK && !t->error[0] ? "the reply ended in the middle of its head"
                                                       : NULL;
  if (why)
    snprintf(out, CURL_ERROR_SIZE, "%s", why);
  else
    mr_curl_why(t->curl, code, t->error, out);
}

/* ---- headers and options of the request ---- */

/* What libcurl would add by itself. */
enum { OURS = 3 };
static const char *const ours[OURS] = {"Accept", "Content-Type", "Expect"};

static char *put(char *to, const char *bytes, size_t n) {
  memcpy(to, bytes, n);
  return to + n;
}

/* One piece of memory: the nodes, then their lines. */
bool mr_transfer_headers(mr_transfer *t, const mr_http_request *r) {
  size_t most = r->header_count + OURS, bytes = most * sizeof(struct curl_slist), n = 0;
  bool given[OURS] = {false};
  for (size_t i = 0; i < r->header_count; i++)
    bytes += r->headers[i].name.len + r->headers[i].value.len + 3;
  for (size_t k = 0; k < OURS; k++)
    bytes += strlen(ours[k]) + 2;
  struct curl_slist *list = mr_alloc_get(NULL, bytes);
  if (!list)
    return false;
  char *to = (char *)(list + most);
  for (size_t i = 0; i < r->header_count; i++) {
    const mr_pair *h = &r->headers[i];
    for (size_t k = 0; k < OURS; k++)
      given[k] |= mr_slice_alike(h->name, mr_slice_of(ours[k]));
    if (mr_slice_alike(h->name, mr_slice_of("content-length")))
      continue; /* curl writes it from the body's length */
    list[n++].data = to;
    to = put(to, h->name.ptr, h->name.len);
    to = h->value.len ? put(to, ": ", 2) : put(to, ";", 1);
    to = put(to, h->value.ptr, h->value.len);
    *to++ = '\0';
  }
  for (size_t k = 0; k < OURS; k++) {
    if (given[k])
      continue;
    list[n++].data = to;
    to = put(to, ours[k], strlen(ours[k]));
    to = put(to, ":", 2);
  }
  for (size_t i = 0; i < n; i++)
    list[i].next = i + 1 < n ? &list[i + 1] : NULL;
  t->headers = list;
  t->headers_size = bytes;
  return true;
}

void mr_transfer_headers_free(mr_transfer *t) {
  if (!t->headers)
    return;
  mr_wipe(t->headers, t->headers_size); /* a bearer token may be among them */
  mr_alloc_put(NULL, t->headers, t->headers_size);
  t->headers = NULL;
}

/* The second time it is asked, a kept connection has ended before a reply: see on_read. */
static int on_sending(void *ud, char *to, char *from, int to_port, int from_port) {
  mr_transfer *t = ud;
  long sent = 0;
  MR_UNUSED(to);
  MR_UNUSED(from);
  MR_UNUSED(to_port);
  MR_UNUSED(from_port);
  t->curl->easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
  if (t->asked && sent > t->sent_before && t->body.length > 0) {
    t->again = true;
    return CURL_PREREQFUNC_ABORT;
  }
  t->asked = true;
  t->sent_before = sent;
  return CURL_PREREQFUNC_OK;
}

void mr_transfer_prepare(const mr_curl *curl, CURL *e) {
  __typeof__(curl->easy_setopt) set = curl->easy_setopt;
  mr_curl_prepare(curl, e);
  set(e, CURLOPT_READFUNCTION, on_read);
  set(e, CURLOPT_HEADERFUNCTION, on_header);
  set(e, CURLOPT_WRITEFUNCTION, on_data);
  set(e, CURLOPT_PREREQFUNCTION, on_sending);
}

/* What is small goes out in one piece with the head. */
static void set_method(mr_transfer *t, const mr_http_request *r) {
  CURL *e = t->easy;
  __typeof__(t->curl->easy_setopt) set = t->curl->easy_setopt;
  bool small = t->body.fd < 0 && t->body.length > 0 && t->body.length < MR_HTTP_SMALL_BODY;
  bool head = strcmp(r->method, "HEAD") == 0;
  set(e, CURLOPT_POSTFIELDSIZE_LARGE, small ? (curl_off_t)t->body.length : (curl_off_t)0);
  set(e, CURLOPT_POSTFIELDS, small && !head ? t->body.memory.ptr : NULL);
  if (head) {
    set(e, CURLOPT_NOBODY, 1L);
  } else if (!small && (t->body.length > 0 || strcmp(r->method, "PUT") == 0)) {
    set(e, CURLOPT_UPLOAD, 1L);
    set(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->body.length);
    set(e, CURLOPT_UPLOAD_BUFFERSIZE, (long)LARGE_BUFFER);
  } else if (!small && strcmp(r->method, "POST") != 0) {
    set(e, CURLOPT_HTTPGET, 1L);
  }
  set(e, CURLOPT_CUSTOMREQUEST, r->method);
}

/* The URL of the request before is parsed already; libcurl takes a copy of it. */
static void set_url(mr_transfer *t, const char *url) {
  char *before = NULL;
  t->curl->easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &before);
  if (before && strcmp(before, url) == 0)
    return;
  t->curl->url_set(t->url, CURLUPART_URL, NULL, 0); /* else a relative one would lean on it */
  unsigned flags = CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS;
  CURLUcode bad = t->curl->url_set(t->url, CURLUPART_URL, url, flags);
  t->curl->easy_setopt(t->easy, CURLOPT_URL, url);
  t->curl->easy_setopt(t->easy, CURLOPT_CURLU, bad ? NULL : t->url); /* it says what is bad */
}

static long buffer_size(const mr_transfer *t, const mr_http_request *r) {
  if (r->target)
    return LARGE_BUFFER;
  if (t->body.length == 0)
    return BUFFER;
  return *t->open < VERY_MANY ? SMALL_BUFFER : LEAST_BUFFER;
}

void mr_transfer_options(mr_transfer *t, const mr_http_request *r) {
  const mr_http_options *o = &r->options;
  CURL *e = t->easy;
  __typeof__(t->curl->easy_setopt) set = t->curl->easy_setopt;
  bool http2 = t->http2_offered = o->http2 && mr_origin_is_tls(r->url);
  set(e, CURLOPT_HTTPGET, 1L); /* whatever the handle was used for before */
  set_method(t, r);
  set(e, CURLOPT_ERRORBUFFER, t->error);
  set_url(t, r->url);
  set(e, CURLOPT_BUFFERSIZE, buffer_size(t, r));
  set(e, CURLOPT_HTTP_VERSION,
      http2 ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
  set(e, CURLOPT_PIPEWAIT, (long)http2); /* for the first connection: it may carry all */
  mr_curl_reach(t->loop, e, o);
  set(e, CURLOPT_HEADERDATA, t);
  set(e, CURLOPT_WRITEDATA, t);
  set(e, CURLOPT_READDATA, t);
  set(e, CURLOPT_PREREQDATA, t);
  set(e, CURLOPT_HTTPHEADER, t->headers);
}
