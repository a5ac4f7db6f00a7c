/* SPDX-License-Identifier: MIT
 *
 * http_transfer.h -- one transfer of http_curl.c. */
#ifndef MR_HTTP_TRANSFER_H
#define MR_HTTP_TRANSFER_H

#include "host/buf.h"
#include "host/curl_api.h"
#include "host/http.h"

typedef struct mr_transfer mr_transfer;
struct mr_transfer {
  struct curl_http *owner;
  const mr_curl *curl;
  mr_exchange *exchange; /* NULL once cancelled */
  CURL *easy;
  struct curl_slist *headers;
  mr_http_body body;
  mr_http_target *target; /* NULL: none */
  size_t untold;          /* bytes it took since the exchange was last told */
  int64_t sent;
  bool head_given, paused, too_large, to_target;
  int header_lines;
  int64_t begun;   /* real ns */
  int64_t last;    /* when a byte last went or came */
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
/* Everything else that curl has to know. */
void mr_transfer_options(mr_transfer *t, const mr_http_request *r);
/* Gives status and headers to the exchange: before the first byte of the body, or at the end. */
void mr_transfer_head(mr_transfer *t);
mr_http_fault mr_transfer_fault(const mr_transfer *t, CURLcode code);
/* Why it failed, for people. */
void mr_transfer_why(const mr_transfer *t, CURLcode code, char *out, size_t size);

#endif
