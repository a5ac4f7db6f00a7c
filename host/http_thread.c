/* SPDX-License-Identifier: MIT
 *
 * http_thread.c -- a transport that runs another one on a thread of its own.
 * For hosts whose thread must not be held up: a TLS handshake alone takes 20 ms.  Commands
 * go over in one queue, events come back in another; at most 1 MiB of a reply waits on the
 * way.  No Lua and no allocator of the host is used on the thread. */
#define _GNU_SOURCE
#include "host/http_copy.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host/head.h"

#define HIGH_WATER ((size_t)1 << 20)

typedef struct thread_http thread_http;

typedef enum command { CMD_NONE, CMD_START, CMD_RESUME, CMD_CANCEL } command;

/* One exchange.  `lock` of the transport guards what both sides touch. */
typedef struct relay relay;
struct relay {
  mr_exchange inner; /* first: the thread's own exchange with the inner transport */
  thread_http *http;
  mr_exchange *outer; /* the caller's; NULL once cancelled or ended (caller's side only) */
  mr_http_target target, *outer_target; /* the thread's, and the caller's until it is released */
  mr_http_copy copy; /* of the request: a cancelled caller's may be gone before we know */
  /* guarded: */
  int commands; /* bits 1 << command */
  bool queued_command, queued_event, busy; /* while any is set the relay stays */
  int status;
  mr_buf head, data; /* on their way to the caller; for head see head.h */
  size_t head_count, in_hand; /* in_hand: bytes being offered to the caller */
  bool paused, moved, ended, over; /* over: nothing more from the thread's side */
  bool lost;                /* there was no memory for a part of the reply */
  mr_http_fault fault;
  char why[256];
  relay *next_command, *next_event;
  relay *next, *previous; /* among all; the caller's side only */
};

struct thread_http {
  mr_http face; /* first */
  mr_loop *loop;
  mr_watch watch; /* started while exchanges are open, so that an idle state can tell */
  int event_fd;
  relay *open;
  pthread_t thread;
  pthread_mutex_t lock;
  relay *commands; /* guarded, as all up to counts; in reverse order */
  relay *events, *events_last;
  bool stopping;
  mr_http_counts counts;
  /* the thread's: */
  mr_clock clock;
  mr_loop *inner_loop;
  mr_http *inner; /* NULL: there is no transport, for this reason: */
  char why[256];
};

/* ---- on the thread ---- */

static void push_event(relay *r) { /* locked */
  thread_http *h = r->http;
  if (!r->queued_event) {
    r->queued_event = true;
    r->next_event = NULL;
    if (h->events)
      h->events_last->next_event = r;
    else
      h->events = r;
    h->events_last = r;
  }
  uint64_t one = 1;
  if (write(h->event_fd, &one, sizeof one) < 0)
    return; /* the counter is full: the caller's side is awake */
}

static void thread_head(mr_exchange *x, int status, const mr_pair *headers, size_t count) {
  relay *r = (relay *)(void *)x;
  pthread_mutex_lock(&r->http->lock);
  r->status = status;
  r->head_count = count;
  for (size_t i = 0; i < count; i++)
    mr_head_put(&r->head, headers[i].name, headers[i].value);
  r->lost |= r->head.status < 0;
  push_event(r);
  pthread_mutex_unlock(&r->http->lock);
}

static bool thread_data(mr_exchange *x, const char *bytes, size_t n) {
  relay *r = (relay *)(void *)x;
  pthread_mutex_lock(&r->http->lock);
  size_t waiting = r->data.len + r->in_hand;
  r->moved |= n == 0;
  bool taken = !(r->commands & (1 << CMD_CANCEL)) && (waiting == 0 || waiting + n <= HIGH_WATER);
  if (taken)
    mr_buf_put(&r->data, bytes, n);
  else
    r->paused = true;
  r->lost |= r->data.status < 0;
  push_event(r);
  pthread_mutex_unlock(&r->http->lock);
  return taken;
}

static int thread_take(mr_http_target *t, const char *bytes, size_t n) {
  relay *r = (relay *)(void *)((char *)t - offsetof(relay, target));
  return r->outer_target->take(r->outer_target, bytes, n);
}

static void thread_let_go(mr_http_target *t) {
  MR_UNUSED(t); /* the caller's side releases its own */
}

static void thread_end(mr_exchange *x, mr_http_fault fault, const char *text) {
  relay *r = (relay *)(void *)x;
  pthread_mutex_lock(&r->http->lock);
  r->ended = true;
  r->over = true;
  r->fault = fault;
  snprintf(r->why, sizeof r->why, "%s", text);
  push_event(r);
  pthread_mutex_unlock(&r->http->lock);
}

static void carry_out(thread_http *h, relay *r, int commands) {
  if (commands & (1 << CMD_START) && !(commands & (1 << CMD_CANCEL))) {
    if (!h->inner)
      thread_end(&r->inner, MR_HTTP_LIBRARY, h->why);
    else if (h->inner->start(h->inner, &r->inner, &r->copy.request) < 0)
      thread_end(&r->inner, MR_HTTP_MEMORY, "out of memory");
  }
  if (commands & (1 << CMD_RESUME) && !(commands & (1 << CMD_CANCEL)) && h->inner)
    h->inner->resume(h->inner, &r->inner);
  if (commands & (1 << CMD_CANCEL)) {
    if (h->inner)
      h->inner->cancel(h->inner, &r->inner);
    pthread_mutex_lock(&h->lock);
    r->over = true;
    pthread_mutex_unlock(&h->lock);
  }
}

static void *thread_main(void *ud) {
  thread_http *h = ud;
  const char *why = "";
  h->inner = mr_http_curl_new(h->inner_loop, &why);
  snprintf(h->why, sizeof h->why, "%s", why);
  for (;;) {
    pthread_mutex_lock(&h->lock);
    if (h->inner)
      h->inner->counts(h->inner, &h->counts);
    relay *list = h->commands, *ordered = NULL;
    bool stopping = h->stopping;
    h->commands = NULL;
    for (relay *next; list; list = next) { /* the queue is in reverse order */
      next = list->next_command;
      list->next_command = ordered;
      ordered = list;
    }
    pthread_mutex_unlock(&h->lock);
    while (ordered) {
      relay *r = ordered;
      ordered = r->next_command;
      pthread_mutex_lock(&h->lock);
      int commands = r->commands;
      r->commands = 0;
      r->queued_command = false;
      r->busy = true;
      pthread_mutex_unlock(&h->lock);
      carry_out(h, r, commands);
      pthread_mutex_lock(&h->lock);
      r->busy = false;
      if (r->over)
        push_event(r); /* it may be freed now: the caller's side has to look again */
      pthread_mutex_unlock(&h->lock);
    }
    if (stopping) {
      if (h->inner)
        h->inner->free(h->inner); /* drops what is still open, without a callback */
      return NULL;
    }
    mr_loop_turn(h->inner_loop, -1);
  }
}

/* ---- on the caller's side ---- */

static void send_command(relay *r, command c) {
  thread_http *h = r->http;
  pthread_mutex_lock(&h->lock);
  r->commands |= 1 << c;
  if (!r->queued_command) {
    r->queued_command = true;
    r->next_command = h->commands;
    h->commands = r;
  }
  pthread_mutex_unlock(&h->lock);
  mr_loop_wake(h->inner_loop);
}

static void release_target(relay *r) {
  if (r->outer_target)
    r->outer_target->release(r->outer_target);
  r->outer_target = NULL;
}

static void free_relay(relay *r) {
  thread_http *h = r->http;
  release_target(r);
  mr_http_copy_clear(&r->copy);
  mr_buf_clear(&r->head);
  mr_buf_clear(&r->data);
  if (r->previous)
    r->previous->next = r->next;
  else
    h->open = r->next;
  if (r->next)
    r->next->previous = r->previous;
  free(r);
  if (!h->open)
    mr_watch_stop(h->loop, &h->watch);
}

static void give_head(relay *r, int status, size_t most, const mr_buf *head) {
  mr_slice rest = mr_buf_view(head);
  mr_pair *headers = calloc(most + 1, sizeof *headers);
  size_t count = 0;
  while (headers && count < most && mr_head_next(&rest, &headers[count]))
    count++;
  if (r->outer)
    r->outer->head(r->outer, status, headers, count);
  free(headers);
}

/* Gives the caller what has come for one exchange. */
static void deliver(relay *r) {
  thread_http *h = r->http;
  pthread_mutex_lock(&h->lock);
  int status = r->status;
  size_t count = r->head_count;
  mr_buf head = r->head, data = r->data;
  mr_buf_init(&r->head, NULL);
  mr_buf_init(&r->data, NULL);
  r->status = 0;
  r->in_hand = data.len;
  pthread_mutex_unlock(&h->lock);
  if (status)
    give_head(r, status, count, &head);
  mr_buf_clear(&head);
  bool taken = data.len == 0 || !r->outer || r->outer->data(r->outer, data.ptr, data.len);
  pthread_mutex_lock(&h->lock);
  r->in_hand = 0;
  if (!taken) { /* put it back, before what came meanwhile */
    mr_buf_slice(&data, mr_buf_view(&r->data));
    mr_buf_clear(&r->data);
    r->data = data;
    mr_buf_init(&data, NULL);
  }
  r->lost |= r->data.status < 0;
  bool empty = r->data.len == 0, lost = r->lost, ended = r->ended, over = r->over;
  bool paused = r->paused && empty, moved = r->moved;
  r->moved = false;
  if (paused)
    r->paused = false;
  bool in_use = r->busy || r->queued_command || r->queued_event;
  pthread_mutex_unlock(&h->lock);
  mr_buf_clear(&data);
  if (paused && !over && r->outer) /* nobody wants the rest of a cancelled one */
    send_command(r, CMD_RESUME);
  if (moved && r->outer)
    r->outer->data(r->outer, "", 0);
  if (ended && empty && r->outer) {
    mr_exchange *x = r->outer;
    r->outer = NULL;
    x->inner = NULL;
    release_target(r); /* the thread's side has ended */
    x->end(x, lost ? MR_HTTP_MEMORY : r->fault, lost ? "out of memory" : r->why);
  }
  if (over && !in_use && !r->outer)
    free_relay(r);
}

static void on_event(mr_watch *watch, unsigned events) {
  thread_http *h = (thread_http *)(void *)((char *)watch - offsetof(thread_http, watch));
  uint64_t count;
  MR_UNUSED(events);
  if (read(h->event_fd, &count, sizeof count) < 0)
    return;
  pthread_mutex_lock(&h->lock);
  /* One by one: a queued relay is not freed, and may be queued again as soon as it has left.
   * What comes meanwhile waits for the next turn. */
  const relay *last = h->events_last;
  for (bool more = h->events != NULL; more;) {
    relay *r = h->events;
    h->events = r->next_event;
    r->queued_event = false;
    more = r != last;
    pthread_mutex_unlock(&h->lock);
    deliver(r);
    pthread_mutex_lock(&h->lock);
  }
  pthread_mutex_unlock(&h->lock);
}

static int start(mr_http *face, mr_exchange *x, const mr_http_request *q) {
  thread_http *h = (thread_http *)(void *)face;
  relay *r = calloc(1, sizeof *r);
  if (!r) {
    if (q->target)
      q->target->release(q->target);
    return MR_ERR_MEMORY;
  }
  r->http = h;
  r->outer = x;
  r->inner = (mr_exchange){thread_head, thread_data, thread_end, NULL};
  r->target = (mr_http_target){thread_take, thread_let_go};
  r->outer_target = q->target;
  mr_buf_init(&r->head, NULL);
  mr_buf_init(&r->data, NULL);
  r->next = h->open;
  if (r->next)
    r->next->previous = r;
  h->open = r;
  bool copied = mr_http_copy_make(&r->copy, q);
  if (q->target)
    r->copy.request.target = &r->target;
  if (!copied ||
      mr_watch_start(h->loop, &h->watch, h->event_fd, MR_IN, on_event) < 0) {
    free_relay(r);
    return MR_ERR_MEMORY;
  }
  x->inner = r;
  send_command(r, CMD_START);
  return MR_OK;
}

static void resume(mr_http *face, mr_exchange *x) {
  MR_UNUSED(face);
  relay *r = x->inner;
  if (!r)
    return;
  pthread_mutex_lock(&r->http->lock);
  push_event(r); /* what waits is given from the loop, not from here */
  pthread_mutex_unlock(&r->http->lock);
}

static void cancel(mr_http *face, mr_exchange *x) {
  MR_UNUSED(face);
  relay *r = x->inner;
  if (!r)
    return;
  x->inner = NULL;
  r->outer = NULL;
  send_command(r, CMD_CANCEL); /* also when it is over: its answer frees the relay */
}

static void counts(mr_http *face, mr_http_counts *out) {
  thread_http *h = (thread_http *)(void *)face;
  pthread_mutex_lock(&h->lock);
  *out = h->counts;
  pthread_mutex_unlock(&h->lock);
}

static void free_http(mr_http *face) {
  thread_http *h = (thread_http *)(void *)face;
  pthread_mutex_lock(&h->lock);
  h->stopping = true;
  pthread_mutex_unlock(&h->lock);
  mr_loop_wake(h->inner_loop);
  pthread_join(h->thread, NULL);
  while (h->open) {
    if (h->open->outer)
      h->open->outer->inner = NULL;
    free_relay(h->open);
  }
  mr_loop_free(h->inner_loop);
  mr_watch_stop(h->loop, &h->watch);
  close(h->event_fd);
  pthread_mutex_destroy(&h->lock);
  free(h);
}

static bool start_thread(thread_http *h) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); /* signals stay with the program's threads */
  bool started = pthread_create(&h->thread, NULL, thread_main, h) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return started;
}

mr_http *mr_http_thread_new(mr_loop *loop, const char **why) {
  thread_http *h = calloc(1, sizeof *h);
  *why = "out of memory";
  if (!h)
    return NULL;
  h->face = (mr_http){start, resume, cancel, counts, free_http};
  h->loop = loop;
  h->watch.fd = -1;
  h->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_mutex_init(&h->lock, NULL);
  mr_clock_init(&h->clock);
  h->inner_loop = mr_loop_new(NULL, &h->clock);
  if (h->event_fd >= 0 && h->inner_loop && start_thread(h))
    return &h->face;
  mr_loop_free(h->inner_loop);
  if (h->event_fd >= 0)
    close(h->event_fd);
  pthread_mutex_destroy(&h->lock);
  free(h);
  return NULL;
}
