/* SPDX-License-Identifier: MIT
 *
 * http_curl.c -- the transport on libcurl: what is small goes over connections that we speak on
 * ourselves (http_direct.c), all else is a transfer of curl's.  Handles are reused, redirects
 * are not followed and bodies not decoded: the layers above sign what is sent and must see what
 * came. */
#define _GNU_SOURCE
#include <stdio.h>

#include "host/http_direct.h"
#include "host/http_transfer.h"

enum { MAX_IDLE_HANDLES = 64 };

typedef struct curl_http curl_http;
typedef struct mr_transfer transfer;

typedef struct handle {
  CURL *easy;
  CURLU *url; /* of its last request */
  bool own_ca;
} handle;

struct curl_http {
  mr_http face; /* first */
  mr_curl_loop loop;
  mr_direct direct;
  transfer *transfers;
  size_t open; /* of them */
  handle idle[MAX_IDLE_HANDLES];
  size_t idle_count;
  mr_http_counts counts;
};

/* ---- the end of a transfer ---- */

static void drop_handle(const curl_http *h, handle one) {
  h->loop.curl.easy_cleanup(one.easy);
  h->loop.curl.url_cleanup(one.url);
}

static void free_transfer(transfer *t) {
  curl_http *h = t->owner;
  long connections = 0, version = 0;
  mr_timer_stop(h->loop.loop, &t->idle);
  t->curl->easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connections);
  t->curl->easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
  h->counts.connections += connections;
  h->counts.http2 += version == CURL_HTTP_VERSION_2_0;
  if (t->previous)
    t->previous->next = t->next;
  else
    h->transfers = t->next;
  if (t->next)
    t->next->previous = t->previous;
  h->open--;
  mr_curl_loop_remove(&h->loop, t->easy);
  if (h->idle_count < MAX_IDLE_HANDLES) {
    h->idle[h->idle_count++] = (handle){t->easy, t->url, t->own_ca};
  } else {
    drop_handle(h, (handle){t->easy, t->url, t->own_ca});
  }
  mr_transfer_headers_free(t);
  mr_buf_clear(&t->head);
  if (t->target)
    t->target->release(t->target);
  mr_alloc_put(NULL, t, sizeof *t);
}

/* A peer that took HTTP/1.1 where HTTP/2 was offered. */
static void learn(transfer *t) {
  char *url = NULL;
  long version = 0;
  t->curl->easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
  t->curl->easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url);
  if (version == CURL_HTTP_VERSION_1_1 && url)
    mr_origins_add(&t->owner->direct.http1, url);
}

static void end_transfer(mr_curl_job *job, CURLcode code) {
  transfer *t = (transfer *)(void *)job;
  mr_exchange *x = t->exchange;
  mr_http_fault fault = mr_transfer_fault(t, code);
  char text[CURL_ERROR_SIZE];
  mr_transfer_why(t, code, text);
  if (fault == MR_HTTP_OK && t->http2_offered)
    learn(t);
  t->exchange = NULL;
  free_transfer(t);
  if (x) {
    x->inner = NULL;
    x->end(x, fault, text);
  }
}

/* libcurl's own limit on speed knows whole seconds, and averages over five. */
static void on_idle(mr_timer *timer) {
  transfer *t = (transfer *)(void *)((char *)timer - offsetof(transfer, idle));
  int64_t now = mr_clock_real(), begun = t->begun;
  curl_off_t connected_us = 0;
  t->curl->easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
  if (t->paused || connected_us == 0)
    t->last = now; /* waiting for us, or still connecting */
  else if (t->last < begun + (int64_t)connected_us * 1000)
    t->last = begun + (int64_t)connected_us * 1000;
  int64_t left = t->idle_ns - (now - t->last);
  if (left > 0) {
    mr_timer_start_real(t->owner->loop.loop, timer, left, on_idle);
    return;
  }
  snprintf(t->error, sizeof t->error, "not a byte for %g s", (double)t->idle_ns / 1e9);
  end_transfer(&t->job, CURLE_OPERATION_TIMEDOUT);
}

static void resume_transfer(mr_curl_job *job) {
  transfer *t = (transfer *)(void *)job;
  if (!t->paused)
    return;
  t->paused = false;
  t->last = mr_clock_real();
  mr_curl_loop_unpause(&t->owner->loop, t->easy);
}

static void cancel_transfer(mr_curl_job *job) {
  transfer *t = (transfer *)(void *)job;
  t->exchange->inner = NULL;
  t->exchange = NULL;
  free_transfer(t);
}

/* ---- starting ---- */

static bool take_handle(curl_http *h, transfer *t, bool own_ca) {
  handle one = {NULL, NULL, false};
  bool fresh = h->idle_count == 0;
  if (fresh) {
    one.easy = h->loop.curl.easy_init();
    one.url = h->loop.curl.url();
  } else {
    one = h->idle[--h->idle_count];
  }
  if (!one.easy || !one.url) {
    drop_handle(h, one);
    return false;
  }
  if (!fresh && one.own_ca && !own_ca)
    h->loop.curl.easy_reset(one.easy); /* back to the system's CA store */
  if (fresh || (one.own_ca && !own_ca))
    mr_transfer_prepare(&h->loop.curl, one.easy);
  t->easy = one.easy;
  t->url = one.url;
  t->own_ca = own_ca;
  return true;
}

static int start(mr_http *face, mr_exchange *x, const mr_http_request *r) {
  curl_http *h = (curl_http *)(void *)face;
  mr_origin to;
  if (mr_direct_fits(&h->direct, r, &to))
    return mr_direct_start(&h->direct, x, r, &to);
  transfer *t = mr_alloc_get(NULL, sizeof *t);
  if (!t) {
    if (r->target)
      r->target->release(r->target);
    return MR_ERR_MEMORY;
  }
  memset(t, 0, sizeof *t);
  mr_buf_init(&t->head, NULL);
  t->job = (mr_curl_job){end_transfer, resume_transfer, cancel_transfer};
  t->owner = h;
  t->loop = &h->loop;
  t->curl = &h->loop.curl;
  t->open = &h->open;
  t->exchange = x;
  t->body = r->body;
  t->target = r->target;
  bool taken = take_handle(h, t, r->options.ca_file != NULL);
  if (!taken || !mr_transfer_headers(t, r)) {
    if (taken)
      drop_handle(h, (handle){t->easy, t->url, t->own_ca});
    mr_transfer_headers_free(t);
    mr_alloc_put(NULL, t, sizeof *t);
    if (r->target)
      r->target->release(r->target);
    return MR_ERR_MEMORY;
  }
  mr_transfer_options(t, r);
  t->begun = t->last = mr_clock_real();
  t->idle_ns = r->options.idle_ms > 0 ? r->options.idle_ms * 1000000 : 0;
  t->next = h->transfers;
  if (t->next)
    t->next->previous = t;
  h->transfers = t;
  h->open++;
  x->inner = t;
  if ((t->idle_ns && mr_timer_start_real(h->loop.loop, &t->idle, t->idle_ns, on_idle) < 0) ||
      mr_curl_loop_add(&h->loop, t->easy, &t->job) < 0) {
    x->inner = NULL;
    free_transfer(t);
    return MR_ERR_MEMORY;
  }
  h->counts.requests++;
  return MR_OK;
}

static void resume(mr_http *face, mr_exchange *x) {
  mr_curl_job *job = x->inner;
  MR_UNUSED(face);
  if (job)
    job->resume(job);
}

static void cancel(mr_http *face, mr_exchange *x) {
  mr_curl_job *job = x->inner;
  MR_UNUSED(face);
  if (job)
    job->cancel(job);
}

static void counts(mr_http *face, mr_http_counts *out) {
  *out = ((curl_http *)(void *)face)->counts;
}

static void free_http(mr_http *face) {
  curl_http *h = (curl_http *)(void *)face;
  while (h->transfers) {
    if (h->transfers->exchange)
      h->transfers->exchange->inner = NULL;
    h->transfers->exchange = NULL;
    free_transfer(h->transfers);
  }
  mr_direct_clear(&h->direct);
  mr_curl_loop_clear(&h->loop);
  while (h->idle_count)
    drop_handle(h, h->idle[--h->idle_count]);
  mr_alloc_put(NULL, h, sizeof *h);
}

const char *mr_http_curl_version(const char **why) {
  mr_curl curl;
  return mr_curl_load(&curl, why) < 0 ? NULL : curl.version_info(CURLVERSION_NOW)->version;
}

mr_http *mr_http_curl_new(mr_loop *loop, const char **why) {
  curl_http *h = mr_alloc_get(NULL, sizeof *h);
  *why = "out of memory";
  if (!h)
    return NULL;
  memset(h, 0, sizeof *h);
  h->face = (mr_http){start, resume, cancel, counts, free_http};
  if (mr_curl_loop_init(&h->loop, loop, why) < 0) {
    mr_alloc_put(NULL, h, sizeof *h);
    return NULL;
  }
  mr_direct_init(&h->direct, &h->loop, &h->counts);
  return &h->face;
}
