/* SPDX-License-Identifier: MIT
 *
 * curl_loop.h -- libcurl's multi interface on our loop, for whatever is done with its handles. */
#ifndef MR_CURL_LOOP_H
#define MR_CURL_LOOP_H

#include "host/curl_api.h"
#include "host/http.h"

/* What a handle works for: first in the struct of an exchange under way, its `inner`. */
typedef struct mr_curl_job mr_curl_job;
struct mr_curl_job {
  void (*done)(mr_curl_job *job, CURLcode code); /* from the loop, never from within curl */
  void (*resume)(mr_curl_job *job);
  void (*cancel)(mr_curl_job *job);
};

typedef struct mr_curl_loop {
  mr_curl curl;
  mr_loop *loop;
  CURLM *multi;
  mr_timer timer;
  uint64_t turn;     /* calls of curl that move bytes */
  bool quiet;        /* this libcurl raises no SIGPIPE */
  const char *proxy; /* for requests that name none: "", or NULL where the environment does */
} mr_curl_loop;

/* MR_OK; or MR_ERR_IO and why. */
int mr_curl_loop_init(mr_curl_loop *c, mr_loop *loop, const char **why);
/* All handles must be removed. */
void mr_curl_loop_clear(mr_curl_loop *c);
/* MR_OK: `done` follows unless the handle is removed before; or MR_ERR_MEMORY. */
int mr_curl_loop_add(mr_curl_loop *c, CURL *easy, mr_curl_job *job);
/* Also after `done`. */
void mr_curl_loop_remove(mr_curl_loop *c, CURL *easy);
/* Goes on with a transfer that was paused by a callback. */
void mr_curl_loop_unpause(mr_curl_loop *c, CURL *easy);
/* With handles of CURLOPT_CONNECT_ONLY that are done, as curl_easy_send and _recv. */
CURLcode mr_curl_loop_send(mr_curl_loop *c, CURL *easy, mr_slice bytes, size_t *sent);
CURLcode mr_curl_loop_recv(mr_curl_loop *c, CURL *easy, char *to, size_t size, size_t *got);

/* What is the same for all connections: once for a handle. */
void mr_curl_prepare(const mr_curl *curl, CURL *easy);
/* How a request reaches its peer; a ca_file of the handle's last request stays. */
void mr_curl_reach(const mr_curl_loop *c, CURL *easy, const mr_http_options *o);
/* What a code of libcurl's is to the layers above; MR_HTTP_OTHER: it does not tell. */
mr_http_fault mr_curl_fault(CURLcode code);
/* The same in words, `told` where the handle's error buffer has any; the buffer is that large. */
void mr_curl_why(const mr_curl *curl, CURLcode code, const char *told, char out[CURL_ERROR_SIZE]);

#endif
