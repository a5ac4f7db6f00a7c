/* SPDX-License-Identifier: MIT
 *
 * http_curl.c -- HTTP by libcurl's multi interface on our loop (curl_multi_socket_action).
 * Handles are reused, names are resolved on a thread of curl's own that nobody waits for
 * (CURLOPT_QUICK_EXIT), redirects are not followed and bodies not decoded: the layers above
 * sign what is sent and must see what came.  All timers are of real time. */
#define _GNU_SOURCE
#include "host/http_transfer.h"

#include <signal.h>
#include <stdio.h>

#include "host/sys.h"

enum {
  MAX_IDLE_HANDLES = 64,
  MAX_CONNECTIONS = 8192 /* above what is ever in flight: past it, connections are made anew */
};

typedef struct curl_http curl_http;
typedef struct mr_transfer transfer;

typedef struct socket_watch {
  mr_watch watch; /* first */
  curl_http *http;
} socket_watch;

typedef struct handle {
  CURL *easy;
  CURLU *url; /* of its last request */
  bool own_ca;
} handle;

struct curl_http {
  mr_http face; /* first */
  mr_loop *loop;
  mr_curl curl;
  CURLM *multi;
  mr_timer timer;
  transfer *transfers;
  size_t open; /* of them */
  handle idle[MAX_IDLE_HANDLES];
  size_t idle_count;
  mr_http_counts counts;
  uint64_t turn; /* calls of curl that move bytes */
  bool quiet; /* this libcurl raises no SIGPIPE */
  const char *proxy; /* for requests that name none */
};

/* ---- SIGPIPE: before 7.88 libcurl let OpenSSL write to sockets, without MSG_NOSIGNAL ---- */

static void hold_pipe_signal(const curl_http *h, sigset_t *before) {
  if (h->quiet)
    return;
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, before);
}

static void release_pipe_signal(const curl_http *h, const sigset_t *before) {
  sigset_t found, pipe;
  struct timespec now = {0, 0};
  if (h->quiet)
    return;
  if (sigismember(before, SIGPIPE))
    return;
  sigpending(&found);
  if (sigismember(&found, SIGPIPE)) { /* ours: until now it could not have waited */
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigtimedwait(&pipe, NULL, &now);
  }
  pthread_sigmask(SIG_SETMASK, before, NULL);
}

/* ---- the end of a transfer ---- */

static void drop_handle(const curl_http *h, handle one) {
  h->curl.easy_cleanup(one.easy);
  h->curl.url_cleanup(one.url);
}

static void free_transfer(transfer *t) {
  curl_http *h = t->owner;
  sigset_t before;
  long connections = 0, version = 0;
  mr_timer_stop(h->loop, &t->idle);
  h->curl.easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connections);
  h->curl.easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
  h->counts.connections += connections;
  h->counts.http2 += version == CURL_HTTP_VERSION_2_0;
  if (t->previous)
    t->previous->next = t->next;
  else
    h->transfers = t->next;
  if (t->next)
    t->next->previous = t->previous;
  h->open--;
  hold_pipe_signal(h, &before);
  h->curl.multi_remove_handle(h->multi, t->easy);
  release_pipe_signal(h, &before);
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

static void end_transfer(transfer *t, CURLcode code) {
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
    mr_timer_start_real(t->owner->loop, timer, left, on_idle);
    return;
  }
  snprintf(t->error, sizeof t->error, "not a byte for %g s", (double)t->idle_ns / 1e9);
  end_transfer(t, CURLE_OPERATION_TIMEDOUT);
}

/* ---- the loop's side ---- */

static void act(curl_http *h, curl_socket_t fd, int what) {
  sigset_t before;
  int running;
  h->turn++;
  hold_pipe_signal(h, &before);
  h->curl.multi_socket_action(h->multi, fd, what, &running);
  release_pipe_signal(h, &before);
  collect(h);
}

static void on_socket_ready(mr_watch *watch, unsigned events) {
  socket_watch *w = (socket_watch *)(void *)watch;
  act(w->http, watch->fd,
      (events & MR_IN ? CURL_CSELECT_IN : 0) | (events & MR_OUT ? CURL_CSELECT_OUT : 0));
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
  act((curl_http *)(void *)((char *)timer - offsetof(curl_http, timer)), CURL_SOCKET_TIMEOUT, 0);
}

static int on_timeout_change(CURLM *multi, long ms, void *ud) {
  curl_http *h = ud;
  MR_UNUSED(multi);
  if (ms < 0)
    mr_timer_stop(h->loop, &h->timer);
  else if (mr_timer_start_real(h->loop, &h->timer, (int64_t)ms * 1000000, on_timer) < 0)
    return -1;
  return 0;
}

/* ---- starting ---- */

static bool take_handle(curl_http *h, transfer *t, bool own_ca) {
  handle one = {NULL, NULL, false};
  bool fresh = h->idle_count == 0;
  if (fresh) {
    one.easy = h->curl.easy_init();
    one.url = h->curl.url();
  } else {
    one = h->idle[--h->idle_count];
  }
  if (!one.easy || !one.url) {
    drop_handle(h, one);
    return false;
  }
  if (!fresh && one.own_ca && !own_ca)
    h->curl.easy_reset(one.easy); /* back to the system's CA store */
  if (fresh || (one.own_ca && !own_ca))
    mr_transfer_prepare(&h->curl, one.easy);
  t->easy = one.easy;
  t->url = one.url;
  t->own_ca = own_ca;
  return true;
}

static int start(mr_http *face, mr_exchange *x, const mr_http_request *r) {
  curl_http *h = (curl_http *)(void *)face;
  transfer *t = mr_alloc_get(NULL, sizeof *t);
  if (!t) {
    if (r->target)
      r->target->release(r->target);
    return MR_ERR_MEMORY;
  }
  memset(t, 0, sizeof *t);
  mr_buf_init(&t->head, NULL);
  t->owner = h;
  t->curl = &h->curl;
  t->turn = &h->turn;
  t->open = &h->open;
  t->exchange = x;
  t->body = r->body;
  t->target = r->target;
  t->proxy = h->proxy;
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
  if ((t->idle_ns && mr_timer_start_real(h->loop, &t->idle, t->idle_ns, on_idle) < 0) ||
      h->curl.multi_add_handle(h->multi, t->easy) != CURLM_OK) {
    x->inner = NULL;
    free_transfer(t);
    return MR_ERR_MEMORY;
  }
  h->counts.requests++;
  return MR_OK;
}

static void resume(mr_http *face, mr_exchange *x) {
  curl_http *h = (curl_http *)(void *)face;
  transfer *t = x->inner;
  if (!t || !t->paused)
    return;
  sigset_t before;
  t->paused = false;
  t->last = mr_clock_real();
  h->turn++;
  hold_pipe_signal(h, &before);
  h->curl.easy_pause(t->easy, CURLPAUSE_CONT);
  release_pipe_signal(h, &before);
  /* What has ended by this is collected from the loop, not from here. */
  mr_timer_start_real(h->loop, &h->timer, 0, on_timer);
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

static void counts(mr_http *face, mr_http_counts *out) {
  *out = ((curl_http *)(void *)face)->counts;
}

static void free_http(mr_http *face) {
  curl_http *h = (curl_http *)(void *)face;
  sigset_t before;
  while (h->transfers) {
    if (h->transfers->exchange)
      h->transfers->exchange->inner = NULL;
    h->transfers->exchange = NULL;
    free_transfer(h->transfers);
  }
  hold_pipe_signal(h, &before);
  h->curl.multi_cleanup(h->multi); /* closes the connections: the socket callback still works */
  release_pipe_signal(h, &before);
  while (h->idle_count)
    drop_handle(h, h->idle[--h->idle_count]);
  mr_timer_stop(h->loop, &h->timer);
  mr_alloc_put(NULL, h, sizeof *h);
}

/* "" where the environment names no proxy, else NULL: libcurl would look for each request. */
static const char *usual_proxy(void) {
  static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                      "ALL_PROXY"};
  for (size_t i = 0; i < MR_COUNT(names); i++) {
    if (mr_sys_getenv(names[i]))
      return NULL;
  }
  return "";
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
  h->loop = loop;
  if (mr_curl_load(&h->curl, why) < 0 || !(h->multi = h->curl.multi_init())) {
    mr_alloc_put(NULL, h, sizeof *h);
    return NULL;
  }
  h->proxy = usual_proxy();
  h->quiet = h->curl.version_info(CURLVERSION_NOW)->version_num >= 0x075800;
  h->curl.multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  h->curl.multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
  h->curl.multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timeout_change);
  h->curl.multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
  h->curl.multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)MAX_CONNECTIONS);
  return &h->face;
}
