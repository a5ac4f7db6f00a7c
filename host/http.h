/* SPDX-License-Identifier: MIT
 *
 * http.h -- the seam for HTTP: an exchange of one request for one reply, by callbacks.
 * A transport implements four functions; http_curl.c is one on the loop it is given,
 * http_thread.c runs another one on a thread of its own.  Nothing here knows Lua, AWS or
 * retries.  All callbacks come from the loop, never from within mr_http_start. */
#ifndef MR_HTTP_H
#define MR_HTTP_H

#include "host/loop.h"

/* What went wrong below HTTP; an HTTP status is no fault. */
typedef enum mr_http_fault {
  MR_HTTP_OK,
  MR_HTTP_RESOLVE,  /* the name has no address */
  MR_HTTP_CONNECT,  /* nobody listens, or the proxy refused */
  MR_HTTP_TLS,      /* the certificate does not fit, or no handshake */
  MR_HTTP_TIMEOUT,  /* connect, idle or total */
  MR_HTTP_PROTOCOL, /* what came is no HTTP, or its head is too large */
  MR_HTTP_BROKEN,   /* the connection ended in the middle */
  MR_HTTP_BODY,     /* the request's body could not be read, or changed its length */
  MR_HTTP_MEMORY,
  MR_HTTP_LIBRARY, /* libcurl is not there, or too old */
  MR_HTTP_TARGET,  /* what came could not be written */
  MR_HTTP_OTHER
} mr_http_fault;
const char *mr_http_fault_name(mr_http_fault fault); /* "ResolveError", stable */

/* Where the request's bytes come from: memory, or a range of a file.  Both must stay until
 * the end of the exchange; the transport closes nothing. */
enum { MR_HTTP_SMALL_BODY = 64 * 1024 }; /* bytes; what is less goes out with the head if in memory */
typedef struct mr_http_body {
  mr_slice memory;
  int fd; /* -1: memory */
  int64_t offset, length;
} mr_http_body;

/* Takes the body of a good reply (2xx) straight from the socket, in place of `data`. */
typedef struct mr_http_target mr_http_target;
struct mr_http_target {
  /* On the transport's thread.  0; or an errno value, which ends the exchange. */
  int (*take)(mr_http_target *t, const char *bytes, size_t n);
  /* On the caller's thread, once after each start, before `end`: nothing more will come. */
  void (*release)(mr_http_target *t);
};

typedef struct mr_http_options {
  int64_t connect_ms, idle_ms, total_ms; /* real time; 0 for none (connect: libcurl's 300 s) */
  const char *ca_file;                   /* NULL: the system's */
  const char *proxy;                     /* NULL: by the variables at the start; "" none */
  bool http2;                            /* offer it over TLS */
  bool insecure;                         /* no check of certificates: tests only */
} mr_http_options;

typedef struct mr_http_request {
  const char *method;
  const char *url; /* absolute, encoded; sent as it is */
  const mr_pair *headers;
  size_t header_count;
  mr_http_body body;
  mr_http_target *target; /* NULL: the body goes to the exchange's `data` */
  mr_http_options options;
} mr_http_request;

/* Of the caller: embedded in its own struct, which must outlive `end`. */
typedef struct mr_exchange mr_exchange;
struct mr_exchange {
  /* The final status and headers, as soon as the head is whole; the slices live until it
   * returns.  Informational replies (1xx) and trailers are not shown. */
  void (*head)(mr_exchange *x, int status, const mr_pair *headers, size_t count);
  /* A piece of the reply's body.  False: not now; it is given again after mr_http_resume.
   * Without a byte: the target has taken another MiB or so. */
  bool (*data)(mr_exchange *x, const char *bytes, size_t n);
  /* Once, and last: MR_HTTP_OK after the whole reply.  text says more for people. */
  void (*end)(mr_exchange *x, mr_http_fault fault, const char *text);
  void *inner; /* the transport's; NULL before start and after end */
};

typedef struct mr_http_counts {
  int64_t requests;    /* started */
  int64_t connections; /* that they opened: the others were reused */
  int64_t http2;       /* requests that were answered by HTTP/2 */
} mr_http_counts;

typedef struct mr_http mr_http;
struct mr_http {
  /* MR_OK, or MR_ERR_MEMORY and then no callback follows.  Copies all but the body.  A
   * request with a body goes out once: MR_HTTP_BROKEN where libcurl would send it again. */
  int (*start)(mr_http *h, mr_exchange *x, const mr_http_request *request);
  void (*resume)(mr_http *h, mr_exchange *x);
  /* Drops the exchange; no callback follows.  Harmless on one that has ended. */
  void (*cancel)(mr_http *h, mr_exchange *x);
  /* Of the exchanges that have ended or were cancelled. */
  void (*counts)(mr_http *h, mr_http_counts *out);
  /* Exchanges that are still open are dropped without a callback. */
  void (*free)(mr_http *h);
};

/* On this loop, inline.  NULL when there is no libcurl or no memory; *why says which. */
mr_http *mr_http_curl_new(mr_loop *loop, const char **why);
/* libcurl's version, as in "7.88.1"; NULL, and *why, when it cannot be loaded. */
const char *mr_http_curl_version(const char **why);
/* The same on a thread of its own, for a loop that must never be held up: the library is
 * loaded there too, so that its absence is told by the end of each exchange. */
mr_http *mr_http_thread_new(mr_loop *loop, const char **why);

#endif
