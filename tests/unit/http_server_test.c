/* SPDX-License-Identifier: MIT
 *
 * Tests of host/http_server.c with raw sockets and no Lua: what the hooks are told of good,
 * broken, slow and vanishing clients, and that every call is told to be gone once. */
#define _GNU_SOURCE
#include "host/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/support.h"

typedef struct fixture fixture;

typedef struct entry {
  fixture *f;
  mr_call *call; /* NULL once gone */
  char method[16], target[2048], headers[1024];
  int64_t body;
  bool ended, hold; /* hold: takes nothing of the body */
  int gone, drains;
} entry;

struct fixture {
  mr_clock clock;
  mr_loop *loop;
  mr_server *server;
  entry at[64];
  size_t n, gone, other_versions;
  /* what is done with each request */
  bool drop, early, wait, chunked, slow, hold;
  int status;
  int64_t reply; /* bytes of the reply's body */
};

/* ---- hooks ---- */

static void answer(entry *e) {
  fixture *f = e->f;
  mr_pair h = {mr_slice_of("x-test"), mr_slice_of("1")};
  assert_int_equal(mr_call_reply(e->call, f->status, &h, 1, f->chunked ? -1 : f->reply), MR_OK);
  char piece[4096];
  memset(piece, 'r', sizeof piece);
  int64_t left = f->status == 204 || f->status == 304 || strcmp(e->method, "HEAD") == 0 ? 0 : f->reply;
  while (left > 0) {
    size_t n = left < (int64_t)sizeof piece ? (size_t)left : sizeof piece;
    mr_call_write(e->call, piece, n);
    left -= (int64_t)n;
  }
  if (!f->slow)
    mr_call_finish(e->call);
}

static void *on_head(void *ud, mr_call *call, const char *method, const char *target,
                     const mr_pair *headers, size_t count) {
  fixture *f = ud;
  if (f->drop)
    return NULL;
  entry *e = &f->at[f->n++ % 64];
  memset(e, 0, sizeof *e);
  e->f = f;
  e->call = call;
  e->hold = f->hold;
  snprintf(e->method, sizeof e->method, "%s", method);
  snprintf(e->target, sizeof e->target, "%s", target);
  for (size_t i = 0, at = 0; i < count && at < sizeof e->headers - 100; i++)
    at += (size_t)snprintf(e->headers + at, 100, "%.*s=%.*s\n", (int)headers[i].name.len,
                           headers[i].name.ptr, (int)headers[i].value.len, headers[i].value.ptr);
  if (f->early)
    answer(e);
  else if (!f->wait)
    mr_call_accept(call);
  return e;
}

static bool on_data(void *user, const char *bytes, size_t n) {
  entry *e = user;
  (void)bytes;
  if (e->hold)
    return false;
  e->body += (int64_t)n;
  return true;
}

static void on_end(void *user) {
  entry *e = user;
  e->ended = true;
  if (!e->f->early && !e->f->wait)
    answer(e);
}

static void on_drain(void *user) {
  ((entry *)user)->drains++;
}

static void on_gone(void *user) {
  entry *e = user;
  e->gone++;
  e->f->gone++;
  e->call = NULL;
}

static void on_other_version(void *ud) {
  fixture *f = ud;
  f->other_versions++;
}

/* ---- clients ---- */

static int set_up(void **state) {
  static const mr_server_hooks hooks = {on_head, on_data, on_end, on_drain, on_gone, on_other_version};
  fixture *f = calloc(1, sizeof *f);
  const char *why = "";
  mr_clock_init(&f->clock);
  f->loop = mr_loop_new(NULL, &f->clock);
  f->status = 200;
  f->reply = 5;
  f->server = mr_server_new(f->loop, "127.0.0.1", 0, &hooks, f, &why);
  if (!f->server)
    fail_msg("no server: %s", why);
  *state = f;
  return 0;
}

static int set_up_virtual(void **state) {
  set_up(state);
  fixture *f = *state;
  mr_clock_make_virtual(&f->clock, 0);
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  mr_server_free(f->server);
  assert_int_equal(f->gone, f->n); /* each call, once */
  for (size_t i = 0; i < f->n && i < 64; i++)
    assert_int_equal(f->at[i].gone, 1);
  assert_int_equal(mr_loop_watches(f->loop), 0);
  assert_int_equal(mr_loop_real_next(f->loop), INT64_MAX);
  mr_loop_free(f->loop);
  free(f);
  return 0;
}

static void turn(fixture *f, int ms) {
  int64_t end = mr_clock_real() + (int64_t)ms * 1000000;
  for (int64_t left; (left = end - mr_clock_real()) > 0;)
    mr_loop_turn(f->loop, left);
}

static int dial(fixture *f) {
  struct sockaddr_in to;
  memset(&to, 0, sizeof to);
  to.sin_family = AF_INET;
  to.sin_port = htons((uint16_t)mr_server_port(f->server));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  assert_true(fd >= 0);
  connect(fd, (struct sockaddr *)&to, sizeof to);
  turn(f, 2);
  return fd;
}

static void say(fixture *f, int fd, const char *bytes, size_t n) {
  int64_t limit = mr_clock_real() + 10 * MR_SECOND;
  while (n > 0 && mr_clock_real() < limit) {
    ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
    if (sent > 0) {
      bytes += sent;
      n -= (size_t)sent;
    } else if (errno != EAGAIN) {
      return; /* the server closed */
    }
    turn(f, 1);
  }
}

static void say_text(fixture *f, int fd, const char *text) {
  say(f, fd, text, strlen(text));
}

/* Reads until `wanted` bytes are there, the server closes, or nothing has come for `ms` since
 * the last byte (10 s before the first); a negative ms is a window, whatever comes in it.
 * Gives what came, to be freed; *closed: the server closed. */
static char *hear(fixture *f, int fd, int64_t wanted, int ms, bool *closed, int64_t *got) {
  size_t cap = 1 << 16, n = 0;
  char *text = malloc(cap + 1);
  int64_t quiet = (int64_t)(ms < 0 ? -ms : ms) * 1000000;
  int64_t limit = mr_clock_real() + (ms < 0 ? quiet : 10 * MR_SECOND);
  *closed = false;
  while (mr_clock_real() < limit && !*closed && (int64_t)n < wanted) {
    ssize_t r = recv(fd, text + n, cap - n, 0);
    if (r > 0) {
      n += (size_t)r;
      limit = ms < 0 ? limit : mr_clock_real() + quiet;
      if (n == cap) {
        cap *= 2;
        text = realloc(text, cap + 1);
      }
    } else if (r == 0 || errno != EAGAIN) {
      *closed = true;
    } else {
      turn(f, 1);
    }
  }
  text[n] = '\0';
  if (got)
    *got = (int64_t)n;
  return text;
}

/* One request, one answer that contains these words; closed: as expected afterwards. */
static void expect(fixture *f, const char *request, const char *const *words, bool closes) {
  bool closed;
  int fd = dial(f);
  say_text(f, fd, request);
  char *text = hear(f, fd, INT64_MAX, closes ? 5000 : 100, &closed, NULL);
  for (; *words; words++)
    if (!strstr(text, *words))
      fail_msg("no '%s' in the answer to %.40s: %s", *words, request, text);
  if (closed != closes)
    fail_msg("the connection is %s after %.40s", closed ? "closed" : "kept", request);
  free(text);
  close(fd);
  turn(f, 5);
}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* ---- good requests ---- */

static void a_request_and_its_reply(void **state) {
  fixture *f = *state;
  expect(f, "GET /a/../b//c/./%2e%2E/%7e?x=%20y&&z#no HTTP/1.1\r\nHost: h\r\nX-One:  1 \r\n\r\n",
         WORDS("HTTP/1.1 200 OK\r\n", "x-test: 1\r\n", "Content-Length: 5\r\n", "\r\n\r\nrrrrr"), false);
  assert_string_equal(f->at[0].method, "GET");
  assert_non_null(strstr(f->at[0].target, "/a/../b//c/./%2e%2E/%7e?x=%20y&&z"));
  assert_non_null(strstr(f->at[0].headers, "X-One=1\n"));
  assert_true(f->at[0].ended);
}

static void connections_are_kept(void **state) {
  fixture *f = *state;
  bool closed;
  int fd = dial(f);
  for (int i = 0; i < 5; i++) {
    say_text(f, fd, i % 2 ? "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
                          : "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    char *text = hear(f, fd, INT64_MAX, 60, &closed, NULL);
    assert_non_null(strstr(text, "200 OK"));
    assert_false(closed);
    free(text);
  }
  assert_int_equal(f->at[1].body, 3);
  say_text(f, fd, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  char *text = hear(f, fd, INT64_MAX, 5000, &closed, NULL); /* one behind the other */
  assert_true(closed);
  assert_non_null(strstr(strstr(text, "200 OK") + 1, "200 OK"));
  free(text);
  close(fd);
  assert_int_equal(f->n, 7);
}

static void replies_without_a_body(void **state) {
  fixture *f = *state;
  f->early = true;
  expect(f, "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n", WORDS("200 OK", "Content-Length: 5\r\n"), false);
  f->status = 204;
  f->reply = 0;
  expect(f, "DELETE /x HTTP/1.1\r\nHost: h\r\n\r\n", WORDS("204 No Content"), false);
  f->status = 304;
  expect(f, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", WORDS("304 Not Modified"), false);
}

static void bodies_of_every_coding(void **state) {
  fixture *f = *state;
  expect(f, "PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
         WORDS("200 OK"), false);
  assert_int_equal(f->at[0].body, 5);
  f->chunked = true;
  f->reply = 100000;
  expect(f, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", WORDS("Transfer-Encoding: chunked", "\r\n0\r\n\r\n"), false);
  expect(f, "GET /x HTTP/1.0\r\n\r\n", WORDS("200 OK"), true); /* 1.0 has no chunks: it ends by closing */
}

static void large_bodies_both_ways(void **state) {
  fixture *f = *state;
  const int64_t size = 8 << 20;
  bool closed;
  int64_t got;
  int fd = dial(f);
  f->reply = size;
  char *bytes = calloc(1, (size_t)size), head[128];
  snprintf(head, sizeof head, "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: %lld\r\n\r\n", (long long)size);
  say_text(f, fd, head);
  say(f, fd, bytes, (size_t)size);
  char *text = hear(f, fd, size, 20000, &closed, &got);
  assert_int_equal(f->at[0].body, size);
  assert_true(got >= size);
  free(text);
  free(bytes);
  close(fd);
}

static void a_body_that_waits(void **state) {
  fixture *f = *state;
  int fd = dial(f);
  f->hold = true;
  say_text(f, fd, "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
  turn(f, 50);
  assert_int_equal(f->at[0].body, 0);
  assert_false(f->at[0].ended);
  f->at[0].hold = false;
  mr_call_resume(f->at[0].call);
  turn(f, 50);
  assert_int_equal(f->at[0].body, 5);
  assert_true(f->at[0].ended);
  close(fd);
}

static void a_client_that_waits_for_100(void **state) {
  fixture *f = *state;
  bool closed;
  f->wait = true; /* nobody has accepted yet */
  int fd = dial(f);
  say_text(f, fd, "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  char *text = hear(f, fd, INT64_MAX, -60, &closed, NULL);
  assert_string_equal(text, "");
  free(text);
  f->wait = false;
  mr_call_accept(f->at[0].call);
  text = hear(f, fd, 20, 5000, &closed, NULL);
  assert_non_null(strstr(text, "100 Continue"));
  free(text);
  say_text(f, fd, "hello");
  text = hear(f, fd, 20, 5000, &closed, NULL);
  assert_non_null(strstr(text, "200 OK"));
  free(text);
  close(fd);
  f->early = true;
  f->status = 403;
  expect(f, "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 500000000\r\nExpect: 100-continue\r\n\r\n",
         WORDS("HTTP/1.1 403"), true);
  assert_int_equal(f->at[1].body, 0);
}

/* ---- broken and slow clients ---- */

static void malformed_requests(void **state) {
  fixture *f = *state;
  static const char *const bad[] = {
      "GET\r\n\r\n", "GET /x HTTP/9.9\r\nHost: h\r\n\r\n", "\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost h\r\n\r\n", "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n",
      "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: many\r\n\r\n",
      "PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "GET /x HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  };
  for (size_t i = 0; i < MR_COUNT(bad); i++) {
    bool closed;
    int fd = dial(f);
    say_text(f, fd, bad[i]);
    char *text = hear(f, fd, INT64_MAX, -150, &closed, NULL);
    if (*text && strncmp(text, "HTTP/1.", 7) != 0)
      fail_msg("%s: %s", bad[i], text);
    free(text);
    close(fd);
    turn(f, 2);
  }
  assert_int_equal(f->other_versions, 2); /* HTTP/9.9 and the preface of HTTP/2 */
  f->n = f->gone; /* some reached the hooks and some not; all that did are gone */
  expect(f, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", WORDS("200 OK"), false);
}

static void heads_of_64_mib(void **state) {
  fixture *f = *state;
  bool closed;
  char line[4096];
  memset(line, 'h', sizeof line);
  memcpy(line, "X-Many: ", 8);
  memcpy(line + sizeof line - 2, "\r\n", 2);
  int fd = dial(f);
  say_text(f, fd, "GET /x HTTP/1.1\r\nHost: h\r\n");
  int64_t limit = mr_clock_real() + 10 * MR_SECOND;
  int sent = 0;
  while (sent < 16384 && mr_clock_real() < limit) {
    ssize_t n = send(fd, line, sizeof line, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN)
      break;
    sent += n > 0;
    mr_loop_turn(f->loop, 0);
  }
  assert_true(sent < 1024); /* it was cut off early */
  free(hear(f, fd, INT64_MAX, -100, &closed, NULL));
  close(fd);
  turn(f, 5);
  assert_int_equal(f->n, f->gone);
}

static void clients_that_go_away(void **state) {
  fixture *f = *state;
  static const char *const parts[] = {
      "", "GE", "GET /x HT", "GET /x HTTP/1.1\r\nHos", "GET /x HTTP/1.1\r\nHost: h\r\n",
      "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n",
      "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc",
      "PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
      "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", /* in the middle of a reply of 50 MB */
  };
  f->reply = 50000000;
  for (int reset = 0; reset < 2; reset++)
    for (size_t i = 0; i < MR_COUNT(parts); i++) {
      struct linger now = {reset, 0};
      int fd = dial(f);
      say_text(f, fd, parts[i]);
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      close(fd);
      turn(f, 10);
    }
  int64_t limit = mr_clock_real() + 10 * MR_SECOND;
  while (f->gone < f->n && mr_clock_real() < limit)
    turn(f, 5);
  assert_int_equal(f->gone, f->n);
}

static void a_slow_client_holds_up_nobody(void **state) {
  fixture *f = *state;
  static const char text[] = "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n";
  int fd = dial(f);
  bool closed;
  for (size_t i = 0; i < sizeof text - 1; i++) {
    say(f, fd, text + i, 1);
    if (i % 8 == 0)
      expect(f, "GET /quick HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", WORDS("200 OK"), true);
  }
  char *reply = hear(f, fd, 20, 5000, &closed, NULL);
  assert_non_null(strstr(reply, "200 OK"));
  free(reply);
  close(fd);
}

static void a_thousand_idle_connections(void **state) {
  fixture *f = *state;
  enum { MANY = 1000 };
  struct rlimit limit;
  int fds[MANY], n = 0;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 2 * MANY + 100) {
    print_message("only %ld descriptors: the connections are fewer\n", (long)limit.rlim_cur);
  }
  struct sockaddr_in to;
  memset(&to, 0, sizeof to);
  to.sin_family = AF_INET;
  to.sin_port = htons((uint16_t)mr_server_port(f->server));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  while (n < MANY && n < (int)(limit.rlim_cur / 2) - 50) {
    fds[n] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fds[n] >= 0);
    connect(fds[n], (struct sockaddr *)&to, sizeof to);
    if (n % 2) /* half of them have begun a request */
      turn(f, 0), send(fds[n], "GET /x", 6, MSG_NOSIGNAL);
    n++;
    mr_loop_turn(f->loop, 0);
  }
  turn(f, 50);
  for (int i = 0; i < 3; i++)
    expect(f, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", WORDS("200 OK"), false);
  while (n > 0)
    close(fds[--n]);
  turn(f, 20);
  expect(f, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", WORDS("200 OK"), false);
}

/* ---- refusing, aborting, ending ---- */

static void calls_that_are_refused(void **state) {
  fixture *f = *state;
  bool closed;
  f->drop = true;
  int fd = dial(f);
  say_text(f, fd, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  char *text = hear(f, fd, INT64_MAX, 5000, &closed, NULL);
  assert_true(closed);
  assert_string_equal(text, "");
  free(text);
  close(fd);
  f->drop = false;
  f->slow = true; /* the reply's first bytes, and never its end */
  f->chunked = true;
  fd = dial(f);
  say_text(f, fd, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  turn(f, 30);
  assert_int_equal(f->at[0].drains, 1);
  assert_int_equal(mr_call_queued(f->at[0].call), 0);
  mr_call_abort(f->at[0].call);
  text = hear(f, fd, INT64_MAX, 5000, &closed, NULL);
  assert_true(closed);
  assert_non_null(strstr(text, "rrrrr"));
  assert_null(strstr(text, "\r\n0\r\n\r\n")); /* not to be taken for whole */
  free(text);
  close(fd);
}

/* Free with calls in every stage; tear_down counts them. */
static void the_end_finds_every_call(void **state) {
  fixture *f = *state;
  static const char *const parts[] = {
      "GET /x HT", "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc",
      "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"};
  for (int wait = 0; wait < 2; wait++)
    for (size_t i = 0; i < MR_COUNT(parts); i++) {
      f->wait = wait;
      f->slow = f->chunked = true;
      f->reply = i == 2 ? 50000000 : 5;
      say_text(f, dial(f), parts[i]);
      turn(f, 10);
    }
  f->hold = true;
  f->wait = false;
  say_text(f, dial(f), parts[1]);
  turn(f, 10);
}

/* A request that comes on a kept connection when nobody turns the loop any more. */
static void the_end_finds_a_request(void **state) {
  static const char text[] = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
  fixture *f = *state;
  int fd = dial(f);
  say_text(f, fd, text);
  turn(f, 10);
  assert_int_equal(f->n, 1);
  f->wait = true;
  assert_int_equal(send(fd, text, sizeof text - 1, MSG_NOSIGNAL), sizeof text - 1);
}

static void addresses_that_cannot_be(void **state) {
  static const mr_server_hooks hooks = {on_head, on_data, on_end, on_drain, on_gone, on_other_version};
  fixture *f = *state;
  const char *why = "";
  assert_null(mr_server_new(f->loop, "localhost", 0, &hooks, f, &why));
  assert_non_null(strstr(why, "numeric"));
  assert_null(mr_server_new(f->loop, "127.0.0.1", mr_server_port(f->server), &hooks, f, &why));
  assert_true(why[0] != '\0');
  assert_null(mr_server_new(f->loop, "192.0.2.1", 0, &hooks, f, &why));
  assert_true(why[0] != '\0');
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      T(a_request_and_its_reply),
      T(connections_are_kept),
      {"connections_are_kept_under_virtual_time", connections_are_kept, set_up_virtual, tear_down, NULL},
      T(replies_without_a_body),
      T(bodies_of_every_coding),
      T(large_bodies_both_ways),
      T(a_body_that_waits),
      T(a_client_that_waits_for_100),
      T(malformed_requests),
      T(heads_of_64_mib),
      T(clients_that_go_away),
      T(a_slow_client_holds_up_nobody),
      T(a_thousand_idle_connections),
      T(calls_that_are_refused),
      T(the_end_finds_every_call),
      T(the_end_finds_a_request),
      T(addresses_that_cannot_be),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
