/* SPDX-License-Identifier: MIT
 *
 * http_direct.c -- an exchange on a connection of our own: written in one piece, read as it comes.
 * A request with a body goes out once.  One without goes out again, on a new connection, when a
 * kept one ends before the first byte of a reply: the peer had closed it meanwhile. */
#define _GNU_SOURCE
#include "host/http_direct.h"

#include <stdio.h>

#include "host/http1.h"

enum {
  MOST_AT_ONCE = 16, /* pieces, before others have their turn */
  USUAL_HEAD = 1024
};

typedef struct direct_room {
  char bytes[MR_LINK_PIECE];
  mr_pair fields[MR_HTTP1_MAX_FIELDS];
} direct_room;

typedef struct direct_exchange {
  mr_curl_job job; /* first */
  mr_direct *owner;
  mr_exchange *exchange;
  mr_link *link;
  mr_http1_reply reply;
  mr_buf out;       /* the request */
  size_t sent;      /* bytes of it */
  bool again;       /* it may go out once more */
  bool deaf;        /* the peer takes nothing more */
  bool head_given, paused;
  mr_buf held;      /* what came when nobody took it; its first `held_piece` bytes are body */
  size_t held_piece;
  int64_t begun, last; /* real ns; last: when a byte came or went */
  int64_t idle_ns, total_ns; /* 0 none */
  mr_timer deadline, kick;
  struct direct_exchange *next, *previous;
  bool queued; /* it goes out with the next turn */
  struct direct_exchange *behind;
} direct_exchange;

/* ---- the end of an exchange ---- */

static void leave_queue(direct_exchange *e) {
  direct_exchange **at = &e->owner->first;
  if (!e->queued)
    return;
  while (*at != e)
    at = &(*at)->behind;
  *at = e->behind;
  if (!e->behind)
    e->owner->last = at;
}

static void drop(direct_exchange *e) {
  mr_direct *d = e->owner;
  mr_loop *loop = d->links.curl->loop;
  leave_queue(e);
  mr_timer_stop(loop, &e->deadline);
  mr_timer_stop(loop, &e->kick);
  *(e->previous ? &e->previous->next : &d->open) = e->next;
  if (e->next)
    e->next->previous = e->previous;
  if (e->link)
    mr_link_close(e->link);
  mr_http1_clear(&e->reply);
  mr_buf_clear(&e->out);
  mr_buf_clear(&e->held);
  mr_alloc_put(NULL, e, sizeof *e);
}

static void finish(direct_exchange *e, mr_http_fault fault, const char *why) {
  mr_exchange *x = e->exchange;
  char text[CURL_ERROR_SIZE];
  snprintf(text, sizeof text, "%s", why);
  drop(e);
  x->inner = NULL;
  x->end(x, fault, text);
}

/* The reply is whole; `clean`: not a byte followed it. */
static void finish_well(direct_exchange *e, bool clean) {
  if (clean && e->reply.keep && e->sent == e->out.len && !e->deaf) {
    mr_link_keep(e->link);
    e->link = NULL;
  }
  finish(e, MR_HTTP_OK, "");
}

/* Nothing more can be read. */
static void end_of_bytes(direct_exchange *e, CURLcode code) {
  char text[80];
  const char *why = text;
  int64_t missing = mr_http1_missing(&e->reply);
  if (code == CURLE_OK && mr_http1_close(&e->reply) == MR_HTTP1_END) {
    finish_well(e, false);
    return;
  }
  if (!e->reply.started && e->again) {
    e->again = e->deaf = false;
    e->sent = 0;
    mr_http1_begin(&e->reply, e->reply.no_body);
    if (mr_link_reopen(e->link, &e->job) < 0)
      finish(e, MR_HTTP_MEMORY, "out of memory");
    return;
  }
  if (code != CURLE_OK && e->reply.started && e->link->error[0])
    why = e->link->error;
  else if (missing > 0)
    snprintf(text, sizeof text, "the connection ended with %lld bytes remaining to read", (long long)missing);
  else
    why = e->reply.started ? "the connection ended in the middle of the reply"
                           : "the connection ended before a reply came";
  finish(e, MR_HTTP_BROKEN, why);
}

/* ---- bytes ---- */

static void on_ready(mr_watch *watch, unsigned events);
static void on_kick(mr_timer *timer);

static mr_loop *loop_of(const direct_exchange *e) {
  return e->owner->links.curl->loop;
}

/* What is waited for now; where that cannot be had, on_kick sees it. */
static void watch(direct_exchange *e) {
  unsigned events = (e->paused ? 0 : MR_IN) | (e->sent < e->out.len ? MR_OUT : 0);
  if (mr_watch_start(loop_of(e), &e->link->watch, e->link->fd, events, on_ready) < 0) {
    mr_watch_stop(loop_of(e), &e->link->watch);
    mr_timer_start_real(loop_of(e), &e->kick, 0, on_kick);
  }
}

static void push(direct_exchange *e) {
  mr_curl_loop *c = e->owner->links.curl;
  while (e->sent < e->out.len) {
    size_t n;
    mr_slice left = mr_slice_make(e->out.ptr + e->sent, e->out.len - e->sent);
    CURLcode code = mr_curl_loop_send(c, e->link->easy, left, &n);
    if (code == CURLE_AGAIN)
      break;
    if (code != CURLE_OK) { /* why is learnt by reading: the peer may have answered before */
      e->deaf = true;
      e->sent = e->out.len;
      break;
    }
    e->sent += n;
    e->last = mr_clock_real();
  }
  if (e->sent == e->out.len && !e->again) {
    mr_buf_clear(&e->out);
    e->sent = 0;
  }
  watch(e);
}

/* False: nobody takes it now. */
static bool give(direct_exchange *e, const char *piece, size_t n, mr_slice behind) {
  if (e->exchange->data(e->exchange, piece, n))
    return true;
  mr_buf held = e->held;
  mr_buf_init(&e->held, NULL);
  mr_buf_put(&e->held, piece, n);
  mr_buf_slice(&e->held, behind);
  mr_buf_clear(&held); /* `piece` may lie there */
  e->held_piece = n;
  e->paused = true;
  watch(e);
  return false;
}

/* False: the exchange has ended, or is paused. */
static bool feed(direct_exchange *e, mr_slice bytes) {
  mr_slice piece;
  e->reply.fields = e->owner->room->fields;
  for (;;) {
    switch (mr_http1_read(&e->reply, &bytes, &piece)) {
    case MR_HTTP1_MORE: return true;
    case MR_HTTP1_HEAD:
      e->head_given = true;
      e->exchange->head(e->exchange, e->reply.status, e->reply.fields, e->reply.count);
      break;
    case MR_HTTP1_BODY:
      if (!give(e, piece.ptr, piece.len, bytes))
        return false;
      break;
    case MR_HTTP1_END: finish_well(e, bytes.len == 0); return false;
    case MR_HTTP1_BAD:
      finish(e, e->head_given ? MR_HTTP_BROKEN : MR_HTTP_PROTOCOL, e->reply.why);
      return false;
    case MR_HTTP1_MEMORY: finish(e, MR_HTTP_MEMORY, "out of memory"); return false;
    }
  }
}

static void pull(direct_exchange *e) {
  mr_curl_loop *c = e->owner->links.curl;
  direct_room *room = e->owner->room;
  for (int i = 0; i < MOST_AT_ONCE; i++) {
    size_t n;
    CURLcode code = mr_curl_loop_recv(c, e->link->easy, room->bytes, sizeof room->bytes, &n);
    if (code == CURLE_AGAIN)
      return;
    if (code != CURLE_OK || n == 0) {
      end_of_bytes(e, code);
      return;
    }
    e->last = mr_clock_real();
    if (!feed(e, mr_slice_make(room->bytes, n)))
      return;
  }
  mr_timer_start_real(loop_of(e), &e->kick, 0, on_kick); /* TLS may hold bytes that no socket tells of */
}

static void on_ready(mr_watch *w, unsigned events) {
  direct_exchange *e = ((mr_link *)(void *)w)->user;
  if (events & MR_OUT)
    push(e);
  if (events & MR_IN)
    pull(e);
}

/* Goes on where it stopped: after a pause, or to let others have their turn. */
static void on_kick(mr_timer *timer) {
  direct_exchange *e = (direct_exchange *)(void *)((char *)timer - offsetof(direct_exchange, kick));
  if (e->paused)
    return;
  if (e->link->watch.fd < 0)
    watch(e);
  if (e->link->watch.fd < 0 || e->held.status < 0) {
    finish(e, MR_HTTP_MEMORY, "out of memory");
    return;
  }
  mr_slice held = mr_buf_view(&e->held);
  if (held.len > 0) {
    mr_slice behind = mr_slice_make(held.ptr + e->held_piece, held.len - e->held_piece);
    if (!give(e, held.ptr, e->held_piece, behind))
      return;
    mr_buf spent = e->held;
    mr_buf_init(&e->held, NULL);
    bool goes_on = feed(e, behind);
    mr_buf_clear(&spent);
    if (!goes_on)
      return;
  }
  pull(e);
}

/* ---- time ---- */

static void on_deadline(mr_timer *timer) {
  direct_exchange *e =
      (direct_exchange *)(void *)((char *)timer - offsetof(direct_exchange, deadline));
  int64_t now = mr_clock_real(), left = INT64_MAX;
  char text[80];
  if (e->paused || e->link->fd < 0)
    e->last = now; /* waiting for us, or still connecting */
  if (e->total_ns)
    left = e->begun + e->total_ns - now;
  if (e->idle_ns && e->last + e->idle_ns - now < left)
    left = e->last + e->idle_ns - now;
  if (left > 0) {
    mr_timer_start_real(loop_of(e), timer, left, on_deadline);
    return;
  }
  bool idle = e->idle_ns && e->last + e->idle_ns <= now;
  snprintf(text, sizeof text, idle ? "not a byte for %g s" : "not at an end after %g s",
           (double)(idle ? e->idle_ns : e->total_ns) / 1e9);
  finish(e, MR_HTTP_TIMEOUT, text);
}

/* ---- starting ---- */

static void on_connected(mr_curl_job *job, CURLcode code) {
  direct_exchange *e = (direct_exchange *)(void *)job;
  if (code != CURLE_OK) {
    char why[CURL_ERROR_SIZE];
    mr_curl_why(&e->owner->links.curl->curl, code, e->link->error, why);
    finish(e, mr_curl_fault(code), why);
    return;
  }
  e->owner->counts->connections++;
  mr_link_opened(e->link);
  push(e);
}

static void resume(mr_curl_job *job) {
  direct_exchange *e = (direct_exchange *)(void *)job;
  if (!e->paused)
    return;
  e->paused = false;
  e->last = mr_clock_real();
  mr_timer_start_real(loop_of(e), &e->kick, 0, on_kick);
}

static void cancel(mr_curl_job *job) {
  direct_exchange *e = (direct_exchange *)(void *)job;
  e->exchange->inner = NULL;
  drop(e);
}

/* ---- when a request goes out ---- */

static void on_flush(mr_timer *timer) {
  mr_direct *d = (mr_direct *)(void *)((char *)timer - offsetof(mr_direct, flush));
  direct_exchange *e = d->first;
  d->first = NULL;
  while (e) {
    direct_exchange *behind = e->behind;
    e->queued = false;
    push(e);
    e = behind;
  }
}

/* The first request of a turn goes out at once, those that follow it together at the turn's end:
 * a peer that sleeps is woken once, and not by each of them. */
static void send_in_turn(direct_exchange *e) {
  mr_direct *d = e->owner;
  uint64_t turn = mr_loop_turns(loop_of(e));
  if (d->turn != turn || (!d->first && mr_timer_start_real(loop_of(e), &d->flush, 0, on_flush) < 0)) {
    d->turn = turn;
    push(e);
    return;
  }
  *(d->first ? d->last : &d->first) = e;
  d->last = &e->behind;
  e->queued = true;
}

/* ---- what goes this way ---- */

/* Of these libcurl makes something. */
static bool is_special(mr_slice name) {
  static const char *const names[] = {"connection", "expect", "transfer-encoding", "te", "upgrade"};
  for (size_t i = 0; i < MR_COUNT(names); i++) {
    if (mr_slice_alike(name, mr_slice_of(names[i])))
      return true;
  }
  return false;
}

bool mr_direct_fits(const mr_direct *d, const mr_http_request *r, mr_origin *o) {
  const char *proxy = r->options.proxy ? r->options.proxy : d->links.curl->proxy;
  if (r->target || r->body.fd >= 0 || r->body.length >= MR_HTTP_SMALL_BODY || !proxy || *proxy ||
      !mr_origin_read(o, r->url, &r->options))
    return false;
  if (o->tls && r->options.http2 && !mr_origins_have(&d->http1, o->base))
    return false;
  for (size_t i = 0; i < r->header_count; i++) {
    if (is_special(r->headers[i].name))
      return false;
  }
  return true;
}

static void write_request(direct_exchange *e, const mr_http_request *r, const mr_origin *to) {
  bool told = r->body.length > 0 || strcmp(r->method, "PUT") == 0 || strcmp(r->method, "POST") == 0;
  e->out.wipe = true; /* a bearer token may be in it */
  mr_buf_reserve(&e->out, USUAL_HEAD + r->body.memory.len);
  mr_http1_request(&e->out, r->method, to->target, to->host, r->headers, r->header_count,
                   told ? r->body.length : -1);
  if (!e->reply.no_body)
    mr_buf_slice(&e->out, r->body.memory);
}

static bool start_clock(direct_exchange *e, const mr_http_options *o) {
  e->begun = e->last = mr_clock_real();
  e->idle_ns = o->idle_ms > 0 ? o->idle_ms * 1000000 : 0;
  e->total_ns = o->total_ms > 0 ? o->total_ms * 1000000 : 0;
  int64_t first = e->idle_ns;
  if (e->total_ns && (!first || e->total_ns < first))
    first = e->total_ns;
  return !first || mr_timer_start_real(loop_of(e), &e->deadline, first, on_deadline) >= 0;
}

int mr_direct_start(mr_direct *d, mr_exchange *x, const mr_http_request *r, const mr_origin *to) {
  direct_exchange *e = mr_alloc_get(NULL, sizeof *e);
  if (!d->room)
    d->room = mr_alloc_get(NULL, sizeof *d->room);
  if (!e || !d->room) {
    mr_alloc_put(NULL, e, sizeof *e);
    return MR_ERR_MEMORY;
  }
  memset(e, 0, sizeof *e);
  e->job = (mr_curl_job){on_connected, resume, cancel};
  e->owner = d;
  e->exchange = x;
  e->next = d->open;
  if (e->next)
    e->next->previous = e;
  d->open = e;
  mr_http1_begin(&e->reply, strcmp(r->method, "HEAD") == 0);
  write_request(e, r, to);
  e->link = mr_link_take(&d->links, to->key);
  bool kept = e->link != NULL;
  if (!kept)
    e->link = mr_link_open(&d->links, to, &r->options, &e->job);
  if (e->out.status < 0 || !e->link || !start_clock(e, &r->options)) {
    drop(e);
    return MR_ERR_MEMORY;
  }
  x->inner = e;
  e->link->user = e;
  e->again = kept && r->body.length == 0;
  d->counts->requests++;
  if (kept)
    send_in_turn(e);
  return MR_OK;
}

void mr_direct_init(mr_direct *d, mr_curl_loop *curl, mr_http_counts *counts) {
  d->links.curl = curl;
  d->counts = counts;
}

void mr_direct_clear(mr_direct *d) {
  while (d->open) {
    d->open->exchange->inner = NULL;
    drop(d->open);
  }
  mr_timer_stop(d->links.curl->loop, &d->flush);
  mr_links_clear(&d->links);
  mr_origins_clear(&d->http1);
  mr_alloc_put(NULL, d->room, sizeof *d->room);
}
