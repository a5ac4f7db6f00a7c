/* SPDX-License-Identifier: MIT
 *
 * http_origin.h -- where a request goes, read from its URL: which connections may stand in for
 * each other, and which servers are known to speak no HTTP/2. */
#ifndef MR_HTTP_ORIGIN_H
#define MR_HTTP_ORIGIN_H

#include "host/http.h"

typedef struct mr_origin {
  bool tls;
  mr_slice base;   /* scheme://authority, in the URL */
  mr_slice host;   /* the authority as the peer is told it: without the usual port */
  mr_slice target; /* path and query */
  char key[512];   /* equal for connections that may stand in for each other */
} mr_origin;

bool mr_origin_is_tls(const char *url);
/* False for what only libcurl can judge: a user in it, names that are not ASCII, no path, spaces,
 * a fragment, very long names. */
bool mr_origin_read(mr_origin *o, const char *url, const mr_http_options *options);

typedef struct mr_origins {
  struct origin_node *first;
  size_t count;
} mr_origins;

/* Notes scheme and authority of a URL; only so many. */
void mr_origins_add(mr_origins *list, const char *url);
bool mr_origins_have(const mr_origins *list, mr_slice base);
void mr_origins_clear(mr_origins *list);

#endif
