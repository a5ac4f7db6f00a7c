/* SPDX-License-Identifier: MIT
 *
 * http_curl.c -- HTTP by libcurl's multi interface on our loop (curl_multi_socket_action).
 * Handles are reused, names are resolved on a thread of curl's own that nobody waits for
 * (CURLOPT_QUICK_EXIT), redirects are not followed and bodies not decoded: the layers above
 * sign what is sent and must see what came. */
#define _GNU_SOURCE
#include "host/http_transfer.h"

enum { MAX_IDLE_HANDLES = 64 };

typedef struct curl_http curl_http;
typedef struct mr_transfer transfer;

typedef struct socket_watch {
  mr_watch watch; /* first */
  curl_http *http;
} socket_watch;

struct curl_http {
  mr_http face; /* first */
  mr_loop *loop;
  mr_curl curl;
  CURLM *multi;
  mr_timer timer;
  transfer *transfers;
  CURL *idle[MAX_IDLE_HANDLES];
  size_t idle_count;
};

static void free_transfer(transfer *t) {
  curl_http *h = t->owner;
  if (t->previous)
    t->previous->next = t->next;
  else
    h->transfers = t->next;
  if (t->next)
    t->next->previous = t->previous;
  h->curl.multi_remove_handle(h->multi, t->easy);
  if (h->idle_count < MAX_IDLE_HANDLES) {
    h->curl.easy_reset(t->easy);
    h->idle[h->idle_count++] = t->easy;
  } else {
    h->curl.easy_cleanup(t->easy);
  }
  h->curl.slist_free_all(t->headers);
  mr_buf_clear(&t->head);
  mr_alloc_put(NULL, t, sizeof *t);
}

static void end_transfer(transfer *t, CURLcode code) {
  if (code == CURLE_OK && !t->head_given && t->exchange)
    mr_transfer_head(t); /* a reply without a body */
  mr_exchange *x = t->exchange;
  mr_http_fault fault = mr_transfer_fault(t, code);
  char text[CURL_ERROR_SIZE];
  mr_transfer_why(t, code, text, sizeof text);
  t->exchange = NULL;
  free_transfer(t);
  if (x) {
    x->inner = NULL;
    x->end(x, fault, text);
  }
}

static void collect(curl_http *h) {
  CURLMsg *message;
  int left;
  while ((message = h->curl.multi_info_read(h->multi, &left))) {
    if (message->msg != CURLMSG_DONE)
      continue;
    transfer *t;
    CURLcode code = message->data.result;
    h->curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
    end_transfer(t, code);
  }
}

/* ---- the loop's side ---- */

static void on_socket_ready(mr_watch *watch, unsigned events) {
  socket_watch *w = (socket_watch *)(void *)watch;
  curl_http *h = w->http;
  int running, what = (events & MR_IN ? CURL_CSELECT_IN : 0) | (events & MR_OUT ? CURL_CSELECT_OUT : 0);
  h->curl.multi_socket_action(h->multi, watch->fd, what, &running);
  collect(h);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ud, void *socket_ud) {
  curl_http *h = ud;
  socket_watch *w = socket_ud;
  MR_UNUSED(easy);
  if (what == CURL_POLL_REMOVE) {
    if (w) {
      mr_watch_stop(h->loop, &w->watch);
      mr_alloc_put(NULL, w, sizeof *w);
      h->curl.multi_assign(h->multi, fd, NULL);
    }
    return 0;
  }
  if (!w) {
    w = mr_alloc_get(NULL, sizeof *w);
    if (!w)
      return -1;
    memset(w, 0, sizeof *w);
    w->watch.fd = -1;
    w->http = h;
    h->curl.multi_assign(h->multi, fd, w);
  }
  unsigned events = (what & CURL_POLL_IN ? MR_IN : 0) | (what & CURL_POLL_OUT ? MR_OUT : 0);
  return mr_watch_start(h->loop, &w->watch, fd, events, on_socket_ready) < 0 ? -1 : 0;
}

static void on_timer(mr_timer *timer) {
  curl_http *h = (curl_http *)(void *)((char *)timer - offsetof(curl_http, timer));
  int running;
  h->curl.multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  collect(h);
}

static int on_timeout_change(CURLM *multi, long ms, void *ud) {
  curl_http *h = ud;
  MR_UNUSED(multi);
  if (ms < 0)
    mr_timer_stop(h->loop, &h->timer);
  else
    mr_timer_start(h->loop, &h->timer, mr_loop_now(h->loop) + (int64_t)ms * 1000000, on_timer);
  return 0;
}

/* ---- starting ---- */

static int start(mr_http *face, mr_exchange *x, const mr_http_request *r) {
  curl_http *h = (curl_http *)(void *)face;
  transfer *t = mr_alloc_get(NULL, sizeof *t);
  if (!t)
    return MR_ERR_MEMORY;
  memset(t, 0, sizeof *t);
  mr_buf_init(&t->head, NULL);
  t->owner = h;
  t->curl = &h->curl;
  t->exchange = x;
  t->body = r->body;
  t->easy = h->idle_count ? h->idle[--h->idle_count] : h->curl.easy_init();
  if (!t->easy || !mr_transfer_headers(t, r)) {
    if (t->easy)
      h->curl.easy_cleanup(t->easy);
    h->curl.slist_free_all(t->headers);
    mr_alloc_put(NULL, t, sizeof *t);
    return MR_ERR_MEMORY;
  }
  mr_transfer_options(t, r);
  t->next = h->transfers;
  if (t->next)
    t->next->previous = t;
  h->transfers = t;
  x->inner = t;
  if (h->curl.multi_add_handle(h->multi, t->easy) != CURLM_OK) {
    x->inner = NULL;
    free_transfer(t);
    return MR_ERR_MEMORY;
  }
  return MR_OK;
}

static void resume(mr_http *face, mr_exchange *x) {
  curl_http *h = (curl_http *)(void *)face;
  transfer *t = x->inner;
  if (!t || !t->paused)
    return;
  t->paused = false;
  h->curl.easy_pause(t->easy, CURLPAUSE_CONT); /* may call data() again at once */
  collect(h);
}

static void cancel(mr_http *face, mr_exchange *x) {
  MR_UNUSED(face);
  transfer *t = x->inner;
  if (!t)
    return;
  x->inner = NULL;
  t->exchange = NULL;
  free_transfer(t);
}

static void free_http(mr_http *face) {
  curl_http *h = (curl_http *)(void *)face;
  while (h->transfers) {
    if (h->transfers->exchange)
      h->transfers->exchange->inner = NULL;
    h->transfers->exchange = NULL;
    free_transfer(h->transfers);
  }
  h->curl.multi_cleanup(h->multi); /* closes the connections: the socket callback still works */
  while (h->idle_count)
    h->curl.easy_cleanup(h->idle[--h->idle_count]);
  mr_timer_stop(h->loop, &h->timer);
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
  h->face = (mr_http){start, resume, cancel, free_http};
  h->loop = loop;
  if (mr_curl_load(&h->curl, why) < 0 || !(h->multi = h->curl.multi_init())) {
    mr_alloc_put(NULL, h, sizeof *h);
    return NULL;
  }
  h->curl.multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  h->curl.multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
  h->curl.multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timeout_change);
  h->curl.multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
  h->curl.multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, 256L);
  return &h->face;
}
