/* SPDX-License-Identifier: MIT
 *
 * http_direct.h -- small requests over connections that we speak on ourselves, which costs a
 * third of what a transfer of libcurl's does.  What does not fit is for libcurl to send. */
#ifndef MR_HTTP_DIRECT_H
#define MR_HTTP_DIRECT_H

#include "host/http_link.h"

typedef struct mr_direct {
  mr_links links;
  mr_http_counts *counts;       /* the transport's */
  struct direct_exchange *open; /* exchanges */
  struct direct_exchange *first, **last; /* of those whose request waits for its turn */
  uint64_t turn;                /* of the loop, in which a request was sent at once */
  mr_timer flush;
  struct direct_room *room;     /* for bytes on their way, made for the first request */
  mr_origins http1;             /* of them we know that they speak no HTTP/2 */
} mr_direct;

/* All zero before.  `counts` and the loop must stay. */
void mr_direct_init(mr_direct *d, mr_curl_loop *curl, mr_http_counts *counts);
/* Exchanges that are still open are dropped without a callback. */
void mr_direct_clear(mr_direct *d);
/* Can it go this way, and whereto?  Its URL is a plain one, its body small and in memory, no proxy
 * stands between, and the reply is to be given in pieces. */
bool mr_direct_fits(const mr_direct *d, const mr_http_request *r, mr_origin *to);
/* As `start` of mr_http, for a request that fits. */
int mr_direct_start(mr_direct *d, mr_exchange *x, const mr_http_request *r, const mr_origin *to);

#endif
