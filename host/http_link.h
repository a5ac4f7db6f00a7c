/* SPDX-License-Identifier: MIT
 *
 * http_link.h -- connections that libcurl makes and we speak on (CURLOPT_CONNECT_ONLY): names,
 * TCP and TLS are its business, what is said is not.  Those that may be used again are kept. */
#ifndef MR_HTTP_LINK_H
#define MR_HTTP_LINK_H

#include "host/curl_loop.h"
#include "host/http_origin.h"

enum { MR_LINK_PIECE = 32 * 1024 }; /* bytes that curl_easy_recv gives at most */

typedef struct mr_link mr_link;
typedef struct mr_links {
  mr_curl_loop *curl;
  mr_link *newest, *oldest; /* of those that are kept */
} mr_links;

struct mr_link {
  mr_watch watch; /* first; of its user, or while it is kept */
  mr_links *owner;
  CURL *easy;
  int fd;       /* -1 until mr_link_opened */
  bool used;    /* it was kept before */
  int64_t since; /* real ns; when it was kept */
  void *user;   /* whoever has it now */
  mr_link *newer, *older;
  char error[CURL_ERROR_SIZE]; /* what libcurl says of its last fault */
  char key[]; /* see http_origin.h */
};

/* Closes those that are kept. */
void mr_links_clear(mr_links *all);
/* A kept connection with this key that the peer has not closed; NULL: there is none. */
mr_link *mr_link_take(mr_links *all, const char *key);
/* Begins a connection; job->done tells how that went.  NULL: no memory. */
mr_link *mr_link_open(mr_links *all, const mr_origin *to, const mr_http_options *o, mr_curl_job *job);
/* Closes it and begins anew; MR_OK or MR_ERR_MEMORY. */
int mr_link_reopen(mr_link *link, mr_curl_job *job);
/* After done(CURLE_OK): there is a socket. */
void mr_link_opened(mr_link *link);
/* For the next user.  Only when nothing more is to be sent or to come. */
void mr_link_keep(mr_link *link);
void mr_link_close(mr_link *link);

#endif
