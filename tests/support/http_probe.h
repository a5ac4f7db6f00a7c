/* SPDX-License-Identifier: MIT
 *
 * http_probe.h -- one exchange that notes all that it is told, for tests of transports.
 * Zero it, set what is wanted, start, run; a probe may be started again when it has ended. */
#ifndef MR_TEST_HTTP_PROBE_H
#define MR_TEST_HTTP_PROBE_H

#include "host/http.h"
#include "tests/support/fault_server.h"

typedef struct probe {
  mr_exchange x; /* first */
  /* the request */
  const char *method; /* NULL: GET, or POST with a body */
  mr_slice body;
  mr_pair headers[4];
  size_t header_count;
  mr_http_options options;
  int fd; /* a file to send `length` bytes of; used if length > 0 */
  int64_t offset, length;
  bool by_curl; /* with a header that only a transfer of libcurl's can carry */
  bool pause; /* take nothing of the body until this is cleared and resume called */
  /* the reply */
  int status, heads, ends;
  char head[4096]; /* "name: value\n"... */
  size_t head_count;
  int64_t total;    /* bytes of the body */
  char start[4096]; /* its first bytes, NUL-terminated */
  unsigned sum;     /* of all its bytes */
  mr_http_fault fault;
  char why[512];
} probe;

/* Starts a request of http://127.0.0.1:port/path, or of path itself if it has a scheme. */
void probe_start(probe *p, mr_http *http, int port, const char *path);
/* Turns the loop until all have ended; fails the test after 30 s of real time. */
void probe_run(mr_loop *loop, probe *const *probes, size_t n);
void probe_run_one(mr_loop *loop, probe *p);
/* Turns the loop for so long. */
void probe_turn(mr_loop *loop, int ms);
/* Empties what the reply left. */
void probe_again(probe *p);

/* A loop, a transport on it and a server: the state of tests of transports. */
typedef struct probe_stage {
  mr_clock clock;
  mr_loop *loop;
  mr_http *http;
  fault_server *server;
  int port;      /* the server's */
  bool by_curl;  /* all probes */
} probe_stage;
/* Without the proxies that the environment may name. */
int probe_set_up(void **state, mr_http *(*make)(mr_loop *, const char **));
/* Nothing may be watched or timed any more. */
int probe_tear_down(void **state);
void probe_no_proxies(void);
void probe_begin(probe_stage *f, probe *p, const char *path);
void probe_get(probe_stage *f, probe *p, const char *path);

/* What every transport must make of the fault server's cases; `virtual` time too. */
void probe_all_cases(mr_loop *loop, mr_http *http, fault_server *server, bool by_curl);

/* A certificate for `subject` ("/CN=wrong.example") and `names` ("DNS:wrong.example") in
 * folder/cert.pem and key.pem; false if there is no openssl program. */
bool probe_certificate(const char *folder, const char *subject, const char *names);
/* An HTTPS server with it that takes `count` connections and then ends: the port. */
int probe_tls_server(const char *folder, int count);

#endif
