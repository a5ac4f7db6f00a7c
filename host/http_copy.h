/* SPDX-License-Identifier: MIT
 *
 * http_copy.h -- a request that outlives the memory it was made from. */
#ifndef MR_HTTP_COPY_H
#define MR_HTTP_COPY_H

#include "host/buf.h"
#include "host/http.h"

typedef struct mr_http_copy {
  mr_http_request request; /* what to send: everything in it is ours, but the target */
  mr_buf text;             /* method, url, options' strings and headers; wiped */
  mr_buf body;
  mr_pair *headers;
} mr_http_copy;

/* Copies all of the request; a file is shared by a descriptor of our own.  False when out of
 * memory or descriptors; either way mr_http_copy_clear is to be called. */
bool mr_http_copy_make(mr_http_copy *copy, const mr_http_request *q);
void mr_http_copy_clear(mr_http_copy *copy);

#endif
