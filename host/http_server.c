/* SPDX-License-Identifier: MIT
 *
 * http_server.c -- libmicrohttpd driven by our loop.
 * The library calls back at each stage of a request; a connection whose next stage waits
 * for us is suspended and later resumed, and then the library calls again.  Its epoll
 * descriptor is one watch of the loop. */
#define _GNU_SOURCE
#include "host/http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <unistd.h>

#include "host/buf.h"
#include "host/dynamic.h"
#include "host/http_listen.h"

enum {
  COMPACT = 512 * 1024,
  MAX_HEAD = 128 * 1024,
  MAX_HEADERS = 512,
  IDLE_SECONDS = 120,
  MAX_CONNECTIONS = 4096
};

#define MHD_FUNCTIONS(F)                                                                          \
  F(start_daemon) F(stop_daemon) F(run) F(get_timeout) F(get_daemon_info)                         \
  F(get_connection_values) F(suspend_connection) F(resume_connection) F(queue_response)           \
  F(create_response_from_callback) F(add_response_header) F(destroy_response)

typedef struct mhd {
#define MEMBER(name) __typeof__(MHD_##name) *name;
  MHD_FUNCTIONS(MEMBER)
#undef MEMBER
} mhd;

typedef enum stage { NEW, HEAD_GIVEN, BODY, BODY_GIVEN, REPLYING } stage;

struct mr_call {
  mr_server *server;
  struct MHD_Connection *connection;
  struct MHD_Response *response; /* made by mr_call_reply, until it is queued */
  int status;
  char *target; /* as it came */
  size_t target_size;
  void *user;
  stage stage;
  bool accepted, suspended, has_body, finished, aborted;
  mr_buf out; /* of the reply's body */
  size_t taken;
  mr_call *next, *previous;
};

struct mr_server {
  mr_loop *loop;
  mhd api;
  struct MHD_Daemon *daemon;
  mr_server_hooks hooks;
  void *ud;
  mr_watch watch;
  mr_timer timer;
  int port;
  mr_call *calls;
  bool woken; /* a call was resumed and the library not run since */
  bool closing; /* no call may begin any more */
};

/* ---- suspending ---- */

static void suspend(mr_call *c) {
  if (!c->suspended) {
    c->suspended = true;
    c->server->api.suspend_connection(c->connection);
  }
}

static void on_timer(mr_timer *timer);

/* The library acts on a resumed connection when it is run next: soon, but not from here. */
static void wake(mr_call *c) {
  mr_server *s = c->server;
  if (c->suspended) {
    c->suspended = false;
    s->api.resume_connection(c->connection);
    s->woken = true;
    mr_timer_start_real(s->loop, &s->timer, 0, on_timer);
  }
}

/* ---- the reply ---- */

static ssize_t read_reply(void *ud, uint64_t position, char *to, size_t max) {
  mr_call *c = ud;
  MR_UNUSED(position);
  if (c->aborted)
    return MHD_CONTENT_READER_END_WITH_ERROR;
  size_t n = c->out.len - c->taken;
  if (n > max)
    n = max;
  if (n == 0 && c->finished)
    return MHD_CONTENT_READER_END_OF_STREAM;
  if (n == 0) {
    suspend(c);
    return 0;
  }
  memcpy(to, c->out.ptr + c->taken, n);
  c->taken += n;
  if (c->taken >= COMPACT && c->taken >= c->out.len - c->taken && c->taken < c->out.len) {
    memmove(c->out.ptr, c->out.ptr + c->taken, c->out.len - c->taken);
    c->out.len -= c->taken;
    c->taken = 0;
  }
  if (c->taken == c->out.len) {
    mr_buf_reset(&c->out);
    c->taken = 0;
    if (c->user && !c->finished)
      c->server->hooks.drain(c->user);
  }
  return (ssize_t)n;
}

/* The library refuses a value without a byte: a space means the same (RFC 9112 section 5). */
static void add_reply_header(mr_call *c, mr_pair h, mr_buf *text) {
  mr_buf_reset(text);
  mr_buf_slice(text, h.name);
  mr_buf_putc(text, '\0');
  mr_buf_slice(text, h.value.len ? h.value : mr_slice_make(" ", 1));
  mr_buf_text(text);
  if (text->status < 0)
    return;
  const char *value = text->ptr + h.name.len + 1;
  if (c->server->api.add_response_header(c->response, text->ptr, value) != MHD_YES)
    text->status = MR_ERR_ARG;
}

int mr_call_reply(mr_call *c, int status, const mr_pair *headers, size_t count, int64_t length) {
  const mhd *api = &c->server->api;
  uint64_t size = length < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)length;
  if (c->response || c->stage == REPLYING)
    return MR_OK;
  c->response = api->create_response_from_callback(size, 64 * 1024, read_reply, c, NULL);
  if (!c->response)
    return MR_ERR_MEMORY;
  mr_buf text;
  mr_buf_init(&text, NULL);
  for (size_t i = 0; i < count && text.status == MR_OK; i++)
    add_reply_header(c, headers[i], &text);
  int result = text.status;
  c->aborted |= result < 0;
  mr_buf_clear(&text);
  c->status = status;
  wake(c);
  return result;
}

int mr_call_write(mr_call *c, const void *bytes, size_t n) {
  mr_buf_put(&c->out, bytes, n);
  if (c->stage == REPLYING)
    wake(c);
  return c->out.status;
}

size_t mr_call_queued(const mr_call *c) {
  return c->out.len - c->taken;
}

void mr_call_finish(mr_call *c) {
  c->finished = true;
  if (c->stage == REPLYING)
    wake(c);
}

void mr_call_abort(mr_call *c) {
  c->aborted = true;
  wake(c);
}

void mr_call_accept(mr_call *c) {
  c->accepted = true;
  wake(c);
}

void mr_call_resume(mr_call *c) {
  wake(c);
}

static enum MHD_Result send_reply(mr_call *c) {
  const mhd *api = &c->server->api;
  struct MHD_Response *response = c->response;
  c->response = NULL;
  c->stage = REPLYING;
  enum MHD_Result result = api->queue_response(c->connection, (unsigned)c->status, response);
  api->destroy_response(response); /* the connection holds its own reference */
  return result;
}

/* ---- the request ---- */

typedef struct header_list {
  mr_pair at[MAX_HEADERS];
  size_t count;
  bool has_body;
} header_list;

static enum MHD_Result add_header(void *ud, enum MHD_ValueKind kind, const char *name,
                                  const char *value) {
  header_list *list = ud;
  mr_slice field = mr_slice_of(name), text = mr_slice_of(value ? value : "");
  MR_UNUSED(kind);
  while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
    text.len--; /* no part of the value (RFC 9112 section 5.1) */
  list->has_body |= mr_slice_alike(field, mr_slice_of("transfer-encoding")) ||
                    (mr_slice_alike(field, mr_slice_of("content-length")) && !mr_slice_is(text, "0"));
  if (list->count < MAX_HEADERS)
    list->at[list->count++] = (mr_pair){field, text};
  return MHD_YES;
}

static void *on_uri(void *ud, const char *uri, struct MHD_Connection *connection) {
  mr_server *s = ud;
  mr_call *c = mr_alloc_get(NULL, sizeof *c);
  if (!c)
    return NULL;
  memset(c, 0, sizeof *c);
  c->server = s;
  c->connection = connection;
  mr_buf_init(&c->out, NULL);
  c->target_size = strlen(uri) + 1;
  c->target = mr_alloc_get(NULL, c->target_size);
  if (c->target)
    memcpy(c->target, uri, c->target_size);
  c->next = s->calls;
  if (c->next)
    c->next->previous = c;
  s->calls = c;
  return c;
}

static enum MHD_Result on_request(void *ud, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *size, void **context) {
  mr_server *s = ud;
  mr_call *c = *context;
  MR_UNUSED(url);
  MR_UNUSED(version);
  if (!c || !c->target || c->aborted || s->closing)
    return MHD_NO;
  if (c->stage == NEW) {
    header_list list;
    list.count = 0;
    list.has_body = false;
    s->api.get_connection_values(connection, MHD_HEADER_KIND, add_header, &list);
    c->stage = HEAD_GIVEN;
    c->has_body = list.has_body;
    c->user = s->hooks.head(s->ud, c, method, c->target, list.at, list.count);
    if (!c->user)
      return MHD_NO;
  }
  if (c->stage == HEAD_GIVEN) {
    if (c->response && c->has_body)
      return send_reply(c); /* the library refuses the body and closes the connection */
    if (c->response) {
      c->stage = BODY_GIVEN; /* so that the connection is kept */
      return MHD_YES;
    }
    if (c->accepted) {
      c->stage = BODY;
      return MHD_YES; /* the library goes on, with a 100 Continue if asked for */
    }
    suspend(c);
    return MHD_YES;
  }
  if (c->stage == BODY && *size > 0) {
    if (c->response || s->hooks.data(c->user, bytes, *size))
      *size = 0; /* answered already: what still comes is not wanted */
    else
      suspend(c);
    return MHD_YES;
  }
  if (c->stage == BODY) {
    c->stage = BODY_GIVEN;
    s->hooks.end(c->user);
  }
  if (c->stage == BODY_GIVEN && c->response)
    return send_reply(c);
  suspend(c);
  return MHD_YES;
}

static void on_completed(void *ud, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode why) {
  mr_server *s = ud;
  mr_call *c = *context;
  MR_UNUSED(connection);
  MR_UNUSED(why);
  if (!c)
    return;
  *context = NULL;
  if (c->user)
    s->hooks.gone(c->user);
  if (c->response)
    s->api.destroy_response(c->response);
  if (c->previous)
    c->previous->next = c->next;
  else
    s->calls = c->next;
  if (c->next)
    c->next->previous = c->previous;
  mr_buf_clear(&c->out);
  mr_alloc_put(NULL, c->target, c->target_size);
  mr_alloc_put(NULL, c, sizeof *c);
}

/* ---- the loop's side ---- */

static void run(mr_server *s) {
  MHD_UNSIGNED_LONG_LONG ms;
  s->woken = false;
  s->api.run(s->daemon);
  if (s->woken) /* from within: it wants to be run again */
    mr_timer_start_real(s->loop, &s->timer, 0, on_timer);
  else if (s->api.get_timeout(s->daemon, &ms) == MHD_YES)
    mr_timer_start_real(s->loop, &s->timer, (int64_t)ms * 1000000, on_timer);
  else
    mr_timer_stop(s->loop, &s->timer);
}

static void on_timer(mr_timer *timer) {
  run((mr_server *)(void *)((char *)timer - offsetof(mr_server, timer)));
}

static void on_ready(mr_watch *watch, unsigned events) {
  MR_UNUSED(events);
  run((mr_server *)(void *)((char *)watch - offsetof(mr_server, watch)));
}

/* The library refuses other versions by itself, and tells of it only here. */
static void on_message(void *ud, const char *format, va_list args) {
  mr_server *s = ud;
  char text[256];
  vsnprintf(text, sizeof text, format, args);
  if (s->hooks.other_version && strstr(text, "HTTP response code is 505"))
    s->hooks.other_version(s->ud);
}

static size_t keep_escapes(void *ud, struct MHD_Connection *connection, char *text) {
  MR_UNUSED(ud);
  MR_UNUSED(connection);
  return strlen(text);
}

mr_server *mr_server_new(mr_loop *loop, const char *host, int port, const mr_server_hooks *hooks,
                         void *ud, const char **why) {
#define NAME(name) "MHD_" #name,
  static const char *const names[] = {MHD_FUNCTIONS(NAME)};
#undef NAME
  mr_server *s = mr_alloc_get(NULL, sizeof *s);
  int fd = -1;
  bool six;
  *why = "out of memory";
  if (!s)
    return NULL;
  memset(s, 0, sizeof *s);
  s->loop = loop;
  s->hooks = *hooks;
  s->ud = ud;
  s->watch.fd = -1;
  if (mr_dynamic_load("libmicrohttpd.so.12", names, MR_COUNT(names), &s->api, why) < 0)
    goto fail;
  s->port = port;
  fd = mr_http_listen(host, &s->port, &six, why);
  if (fd < 0)
    goto fail;
  unsigned flags = MHD_USE_EPOLL | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME |
                   (six ? MHD_USE_IPv6 : 0);
  s->daemon = s->api.start_daemon(
      flags, (uint16_t)s->port, NULL, NULL, on_request, s,
      MHD_OPTION_EXTERNAL_LOGGER, on_message, s, MHD_OPTION_URI_LOG_CALLBACK, on_uri, s,
      MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
      MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
      MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MAX_HEAD,
      MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_LIMIT,
      (unsigned)MAX_CONNECTIONS, MHD_OPTION_END);
  *why = "libmicrohttpd does not start";
  if (!s->daemon)
    goto fail;
  const union MHD_DaemonInfo *info = s->api.get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  *why = "the server has no epoll descriptor";
  if (!info || mr_watch_start(loop, &s->watch, info->epoll_fd, MR_IN, on_ready) < 0) {
    s->api.stop_daemon(s->daemon);
    goto fail;
  }
  return s;
fail:
  if (fd >= 0 && !s->daemon)
    close(fd);
  mr_alloc_put(NULL, s, sizeof *s);
  return NULL;
}

int mr_server_port(const mr_server *s) {
  return s->port;
}

void mr_server_free(mr_server *s) {
  if (!s)
    return;
  s->closing = true;
  for (mr_call *c = s->calls; c; c = c->next)
    mr_call_abort(c); /* none may be suspended when the daemon stops */
  s->api.run(s->daemon);
  mr_watch_stop(s->loop, &s->watch);
  mr_timer_stop(s->loop, &s->timer);
  s->api.stop_daemon(s->daemon);
  mr_alloc_put(NULL, s, sizeof *s);
}
