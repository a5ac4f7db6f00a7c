/* SPDX-License-Identifier: MIT
 *
 * http_transfer.h -- one transfer of http_curl.c. */
#ifndef MR_HTTP_TRANSFER_H
#define MR_HTTP_TRANSFER_H

#include "host/buf.h"
#include "host/curl_loop.h"

typedef struct mr_transfer mr_transfer;
struct mr_transfer {
  mr_curl_job job; /* first */
  struct curl_http *owner;
  const mr_curl_loop *loop;
  const mr_curl *curl; /* the loop's */
  mr_exchange *exchange; /* NULL once cancelled */
  CURL *easy;
  CURLU *url; /* the handle's, parsed */
  struct curl_slist *headers; /* one piece of memory */
  size_t headers_size;
  mr_http_body body;
  mr_http_target *target; /* NULL: none */
  size_t untold;          /* bytes it took since the exchange was last told */
  int64_t sent;
  long sent_before;  /* bytes of the request, when it was asked whether it may be sent */
  bool asked, again; /* again: libcurl wanted to send it once more */
  bool own_ca;       /* the handle has a ca_file */
  bool http2_offered;
  bool head_given, paused, too_large, to_target;
  int header_lines;
  int64_t begun;   /* real ns */
  int64_t last;    /* when a byte last went or came */
  const size_t *open; /* transfers of the owner */
  uint64_t seen;      /* the loop's turn that last was taken in */
  int64_t idle_ns; /* 0 none */
  mr_timer idle;
  int body_error;   /* errno of reading the request's file */
  int target_error; /* errno of the target */
  mr_buf head;    /* header lines of the reply as they came */
  char error[CURL_ERROR_SIZE];
  mr_transfer *next, *previous;
};

/* The request's headers as curl's list; false when out of memory. */
bool mr_transfer_headers(mr_transfer *t, const mr_http_request *r);
void mr_transfer_headers_free(mr_transfer *t);
/* What is the same for all requests: once for a handle. */
void mr_transfer_prepare(const mr_curl *curl, CURL *easy);
/* Everything else that curl has to know, whatever the handle was used for before, but that a
 * ca_file stays, and a URL that is the same as before. */
void mr_transfer_options(mr_transfer *t, const mr_http_request *r);
/* Gives status and headers to the exchange: before the first byte of the body, or at the end. */
void mr_transfer_head(mr_transfer *t);
mr_http_fault mr_transfer_fault(const mr_transfer *t, CURLcode code);
/* Why it failed, for people. */
void mr_transfer_why(const mr_transfer *t, CURLcode code, char out[CURL_ERROR_SIZE]);

#endif
