/* SPDX-License-Identifier: MIT
 *
 * http_probe.c -- a noted exchange, and the table of what each case of the fault server
 * must come to with every transport. */
#define _GNU_SOURCE
#include "tests/support/http_probe.h"

#include <stdio.h>

#include "tests/support/support.h"

static void on_head(mr_exchange *x, int status, const mr_pair *headers, size_t count) {
  probe *p = (probe *)(void *)x;
  size_t at = 0;
  assert_int_equal(p->ends, 0);
  assert_int_equal(p->total, 0);
  p->heads++;
  p->status = status;
  p->head_count = count;
  for (size_t i = 0; i < count && at < sizeof p->head - 200; i++)
    at += (size_t)snprintf(p->head + at, 200, "%.*s: %.*s\n", (int)headers[i].name.len,
                           headers[i].name.ptr, (int)headers[i].value.len, headers[i].value.ptr);
}

static bool on_data(mr_exchange *x, const char *bytes, size_t n) {
  probe *p = (probe *)(void *)x;
  assert_int_equal(p->heads, 1);
  assert_int_equal(p->ends, 0);
  if (p->pause)
    return false;
  for (size_t i = 0; i < n; i++) {
    if (p->total + (int64_t)i < (int64_t)sizeof p->start - 1)
      p->start[p->total + (int64_t)i] = bytes[i];
    p->sum = p->sum * 31 + (unsigned char)bytes[i];
  }
  p->total += (int64_t)n;
  return true;
}

static void on_end(mr_exchange *x, mr_http_fault fault, const char *text) {
  probe *p = (probe *)(void *)x;
  assert_null(x->inner);
  p->ends++;
  p->fault = fault;
  snprintf(p->why, sizeof p->why, "%s", text);
}

void probe_again(probe *p) {
  p->status = p->heads = p->ends = 0;
  p->head_count = 0;
  p->total = 0;
  p->sum = 0;
  memset(p->head, 0, sizeof p->head);
  memset(p->start, 0, sizeof p->start);
  memset(p->why, 0, sizeof p->why);
}

void probe_start(probe *p, mr_http *http, int port, const char *path) {
  char url[512];
  mr_http_request r;
  memset(&r, 0, sizeof r);
  bool absolute = strstr(path, "://") != NULL;
  snprintf(url, sizeof url, absolute ? "%s" : "http://127.0.0.1:%2$d%1$s", path, port);
  p->x = (mr_exchange){on_head, on_data, on_end, NULL};
  probe_again(p);
  r.method = p->method ? p->method : p->body.len || p->length ? "POST" : "GET";
  r.url = url;
  mr_pair headers[MR_COUNT(p->headers) + 1];
  memcpy(headers, p->headers, sizeof p->headers);
  r.headers = headers;
  r.header_count = p->header_count;
  if (p->by_curl)
    headers[r.header_count++] = (mr_pair){mr_slice_of("connection"), mr_slice_of("keep-alive")};
  r.options = p->options;
  r.body.fd = p->length ? p->fd : -1;
  r.body.memory = p->body;
  r.body.offset = p->offset;
  r.body.length = p->length ? p->length : (int64_t)p->body.len;
  assert_int_equal(http->start(http, &p->x, &r), MR_OK);
  assert_int_equal(p->ends, 0); /* never from within start */
}

void probe_run(mr_loop *loop, probe *const *probes, size_t n) {
  int64_t limit = mr_clock_real() + 30 * MR_SECOND;
  for (;;) {
    size_t ended = 0;
    for (size_t i = 0; i < n; i++)
      ended += probes[i]->ends > 0;
    if (ended == n)
      break;
    if (mr_clock_real() >= limit)
      fail_msg("an exchange did not end within 30 s");
    mr_loop_turn(loop, MR_SECOND);
  }
  for (size_t i = 0; i < n; i++)
    assert_int_equal(probes[i]->ends, 1);
}

void probe_run_one(mr_loop *loop, probe *p) {
  probe_run(loop, &p, 1);
}

void probe_turn(mr_loop *loop, int ms) {
  int64_t end = mr_clock_real() + (int64_t)ms * 1000000;
  for (int64_t left; (left = end - mr_clock_real()) > 0;)
    mr_loop_turn(loop, left);
}

/* ---- the stage ---- */

void probe_no_proxies(void) {
  static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                      "ALL_PROXY"};
  for (size_t i = 0; i < MR_COUNT(names); i++)
    unsetenv(names[i]);
}

int probe_set_up(void **state, mr_http *(*make)(mr_loop *, const char **)) {
  probe_stage *f = calloc(1, sizeof *f);
  const char *why = "";
  probe_no_proxies();
  mr_clock_init(&f->clock);
  f->loop = mr_loop_new(NULL, &f->clock);
  f->http = make(f->loop, &why);
  if (!f->http)
    fail_msg("no transport: %s", why);
  f->server = fault_server_start();
  assert_non_null(f->server);
  f->port = fault_server_port(f->server);
  *state = f;
  return 0;
}

int probe_tear_down(void **state) {
  probe_stage *f = *state;
  f->http->free(f->http);
  assert_int_equal(mr_loop_watches(f->loop), 0);
  assert_int_equal(mr_loop_real_next(f->loop), INT64_MAX);
  mr_loop_free(f->loop);
  fault_server_free(f->server);
  free(f);
  return 0;
}

void probe_begin(probe_stage *f, probe *p, const char *path) {
  p->by_curl = f->by_curl;
  probe_start(p, f->http, f->port, path);
}

void probe_get(probe_stage *f, probe *p, const char *path) {
  probe_begin(f, p, path);
  probe_run_one(f->loop, p);
}

/* ---- the cases ---- */

typedef struct expectation {
  const char *name;
  mr_http_fault fault;
  int status;        /* 0: no head */
  int64_t body;      /* bytes of it; -1: any */
  const char *text;  /* in the reason; NULL any */
} expectation;

static const expectation expected[] = {
    {"ok", MR_HTTP_OK, 200, 11, NULL},
    {"silent", MR_HTTP_TIMEOUT, 0, 0, "not a byte for 1 s"},
    {"nothing", MR_HTTP_BROKEN, 0, 0, NULL},
    {"reset", MR_HTTP_BROKEN, 0, 0, NULL},
    {"head-cut", MR_HTTP_BROKEN, 0, 0, NULL},
    {"body-cut", MR_HTTP_BROKEN, 200, 40, "60 bytes remaining"},
    {"body-reset", MR_HTTP_BROKEN, 200, 40, NULL},
    {"chunk-cut", MR_HTTP_BROKEN, 200, 5, NULL},
    {"chunk-open", MR_HTTP_BROKEN, 200, 5, NULL},
    {"chunk-bad", MR_HTTP_BROKEN, 200, 0, NULL},
    {"length-long", MR_HTTP_TIMEOUT, 200, 40, "not a byte for 1 s"},
    {"length-short", MR_HTTP_OK, 200, 11, NULL},
    {"length-bad", MR_HTTP_PROTOCOL, 0, 0, NULL},
    {"length-none", MR_HTTP_OK, 200, 11, NULL},
    {"http09", MR_HTTP_PROTOCOL, 0, 0, "HTTP/0.9"},
    {"garbage", MR_HTTP_PROTOCOL, 0, 0, NULL},
    {"bad-status", MR_HTTP_PROTOCOL, 0, 0, NULL},
    {"redirect", MR_HTTP_OK, 302, 5, NULL},
    {"headers-64m", MR_HTTP_PROTOCOL, 0, 0, NULL},
    {"headers-2000", MR_HTTP_PROTOCOL, 0, 0, "512 lines"},
    {"header-64m", MR_HTTP_PROTOCOL, 0, 0, NULL},
    {"busy", MR_HTTP_OK, 503, 18, NULL},
    {"drip", MR_HTTP_OK, 200, 12, NULL},
    {"drip-head", MR_HTTP_OK, 200, 2, NULL},
    {"drip-long", MR_HTTP_TIMEOUT, 200, -1, NULL}, /* total_ms */
    {"informational", MR_HTTP_OK, 200, 11, NULL},
    {"trailers", MR_HTTP_OK, 200, 2, NULL},
    {"empty", MR_HTTP_OK, 204, 0, NULL},
    {"not-modified", MR_HTTP_OK, 304, 0, NULL},
    {"closing", MR_HTTP_OK, 200, 11, NULL},
    {"large", MR_HTTP_OK, 200, 4 << 20, NULL},
};

static void check(const expectation *e, const probe *p) {
  if (p->fault != e->fault || p->status != e->status || (e->body >= 0 && p->total != e->body) ||
      (e->text && !strstr(p->why, e->text)) || p->heads != (e->status != 0))
    fail_msg("%s: %s, status %d, %lld bytes, %d heads: %s", e->name, mr_http_fault_name(p->fault),
             p->status, (long long)p->total, p->heads, p->why);
  if (p->fault != MR_HTTP_OK)
    assert_true(p->why[0] != '\0');
}

void probe_all_cases(mr_loop *loop, mr_http *http, fault_server *server, bool by_curl) {
  probe *all = calloc(MR_COUNT(expected), sizeof *all);
  probe *list[MR_COUNT(expected)];
  char path[80];
  assert_non_null(all);
  for (size_t i = 0; i < MR_COUNT(expected); i++) {
    list[i] = &all[i];
    all[i].by_curl = by_curl;
    bool drips = strcmp(expected[i].name, "drip-long") == 0;
    all[i].options.idle_ms = expected[i].fault == MR_HTTP_TIMEOUT && !drips ? 1000 : 25000;
    all[i].options.total_ms = drips ? 1500 : 25000;
    snprintf(path, sizeof path, "/%s/x", expected[i].name);
    probe_start(list[i], http, fault_server_port(server), path);
  }
  probe_run(loop, list, MR_COUNT(expected));
  for (size_t i = 0; i < MR_COUNT(expected); i++)
    check(&expected[i], &all[i]);
  free(all);
}

/* ---- TLS ---- */

bool probe_certificate(const char *folder, const char *subject, const char *names) {
  char command[1024];
  snprintf(command, sizeof command,
           "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
           "-subj %s -addext subjectAltName=%s -keyout %s/key.pem -out %s/cert.pem 2>/dev/null",
           subject, names, folder, folder);
  return system(command) == 0;
}

int probe_tls_server(const char *folder, int count) {
  char command[1024], line[256];
  int port = 0;
  snprintf(command, sizeof command,
           "timeout 60 openssl s_server -accept 127.0.0.1:0 -www -naccept %d -cert %s/cert.pem "
           "-key %s/key.pem 2>/dev/null </dev/null & ",
           count, folder, folder);
  FILE *pipe = popen(command, "re");
  assert_non_null(pipe);
  while (port == 0 && fgets(line, sizeof line, pipe))
    sscanf(line, "ACCEPT 127.0.0.1:%d", &port);
  assert_int_not_equal(port, 0);
  /* The pipe stays open until the program ends: the server still writes to it. */
  return port;
}
