/* SPDX-License-Identifier: MIT
 *
 * fault_server.c -- the fault server: one blocking thread a connection, cases by path.
 * Every wait ends when the client goes away or the server is freed. */
#define _GNU_SOURCE
#include "tests/support/fault_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 512, MAX_CASES = 256, MAX_HEAD = 65536 };

typedef struct connection {
  fault_server *server;
  pthread_t thread;
  int fd; /* -1 once closed */
  bool used, done;
  int served; /* requests on it */
} connection;

typedef struct counter {
  char name[64];
  int count;
} counter;

struct fault_server {
  int fd, refused_fd, port, refused_port;
  pthread_t thread;
  pthread_mutex_t lock;
  bool stopping, stop_asked;
  int connections, requests, open;
  connection at[MAX_CONNECTIONS];
  counter cases[MAX_CASES];
};

typedef struct request {
  connection *c;
  int fd, nth; /* nth request of this case, from 1 */
  char name[64];
  char method[16], target[4096];
  char *head; /* whole, NUL-terminated */
  long long length, have; /* of the body: announced (-1: chunked), read with the head */
  bool keep;              /* the connection, after the reply */
} request;

/* ---- sending and receiving ---- */

static bool send_all(int fd, const void *bytes, size_t n) {
  const char *p = bytes;
  while (n > 0) {
    ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    p += sent;
    n -= (size_t)sent;
  }
  return true;
}

__attribute__((format(printf, 2, 3))) static bool say(request *r, const char *fmt, ...) {
  char text[8192];
  va_list args;
  va_start(args, fmt);
  int n = vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  return send_all(r->fd, text, (size_t)n);
}

/* Waits until the client closes, or the server ends. */
static void hold(request *r) {
  char drop[4096];
  while (recv(r->fd, drop, sizeof drop, 0) > 0) {
  }
}

static void pause_ms(request *r, int ms) {
  struct pollfd p = {r->fd, POLLRDHUP, 0};
  poll(&p, 1, ms);
}

static void reset_connection(request *r) {
  struct linger now = {1, 0};
  setsockopt(r->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void body(request *r, const char *status, const char *type, const char *headers,
                 const char *text) {
  r->keep = say(r, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n", status, type,
                strlen(text), headers) &&
            (strcmp(r->method, "HEAD") == 0 || send_all(r->fd, text, strlen(text)));
}

static void fill(request *r, long long n, char with) {
  char piece[65536];
  memset(piece, with, sizeof piece);
  while (n > 0 && send_all(r->fd, piece, n < (long long)sizeof piece ? (size_t)n : sizeof piece))
    n -= (long long)sizeof piece;
}

/* ---- the cases ---- */

static void ok(request *r) {
  body(r, "200 OK", "application/json", "", "{\"ok\":true}");
}

static void echo(request *r) {
  char text[8448];
  snprintf(text, sizeof text, "%s %s\n%.4096s\nbody=%lld\n", r->method, r->target,
           strchr(r->head, '\n') + 1, r->have);
  body(r, "200 OK", "text/plain", "", text);
}

static void silent(request *r) {
  hold(r);
}

static void nothing(request *r) {
  r->keep = false;
}

static void reset_it(request *r) {
  reset_connection(r);
}

static void head_cut(request *r) {
  say(r, "HTTP/1.1 200 OK\r\nContent-Le");
}

static void body_cut(request *r) {
  say(r, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n%040d", 0);
}

static void body_reset(request *r) {
  body_cut(r);
  pause_ms(r, 50);
  reset_connection(r);
}

static void chunk_cut(request *r) {
  say(r, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n01234");
}

static void chunk_open(request *r) {
  say(r, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n");
}

static void chunk_bad(request *r) {
  say(r, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n01234\r\n0\r\n\r\n");
}

static void length_long(request *r) {
  say(r, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n%040d", 0);
  hold(r);
}

static void length_short(request *r) {
  say(r, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ok\":true}and more of it");
}

static void length_bad(request *r) {
  say(r, "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}");
}

static void length_none(request *r) {
  say(r, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"ok\":true}");
}

static void endless(request *r) {
  say(r, "HTTP/1.1 500 Internal Server Error\r\n\r\n");
  fill(r, 1LL << 30, 'x');
}

static void endless_ok(request *r) {
  say(r, "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n\r\n", 1LL << 30);
  fill(r, 1LL << 30, 'x');
}

static void http09(request *r) {
  say(r, "<html>hello</html>\n");
}

static void garbage(request *r) {
  unsigned char bytes[256];
  unsigned x = 12345;
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)((x = x * 1103515245u + 12345u) >> 16);
  send_all(r->fd, bytes, sizeof bytes);
}

static void bad_status(request *r) {
  say(r, "HTTP/1.1 abc Fine\r\nContent-Length: 0\r\n\r\n");
}

static void redirect(request *r) {
  char headers[4200];
  snprintf(headers, sizeof headers, "Location: http://127.0.0.1:%d%s\r\n", r->c->server->port,
           r->target);
  body(r, "302 Found", "text/plain", headers, "there");
}

static void many_headers(request *r) {
  char line[1024];
  memset(line, 'h', sizeof line);
  memcpy(line, "X-Many: ", 8);
  memcpy(line + sizeof line - 2, "\r\n", 2);
  say(r, "HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < 65536 && send_all(r->fd, line, sizeof line); i++) {
  }
}

static void small_headers(request *r) {
  say(r, "HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < 2000 && say(r, "X-%d: 1\r\n", i); i++) {
  }
  say(r, "Content-Length: 0\r\n\r\n");
}

static void long_header(request *r) {
  say(r, "HTTP/1.1 200 OK\r\nX-Long: ");
  fill(r, 64LL << 20, 'h');
  say(r, "\r\nContent-Length: 0\r\n\r\n");
}

static void no_json(request *r) {
  body(r, "200 OK", "application/json", "", "<html>captive portal</html>");
}

static void no_xml(request *r) {
  body(r, "200 OK", "application/xml", "", "{\"this\":\"is no XML\"}");
}

static void error_html(request *r) {
  body(r, "502 Bad Gateway", "text/html", "", "<html><h1>Bad Gateway</h1></html>");
}

static void busy(request *r) {
  body(r, "503 Service Unavailable", "application/json",
       "x-amzn-ErrorType: ServiceUnavailableException\r\n", "{\"message\":\"busy\"}");
}

static void busy_after(request *r) {
  body(r, "503 Service Unavailable", "application/json",
       "x-amzn-ErrorType: ServiceUnavailableException\r\nRetry-After: 1\r\n",
       "{\"message\":\"busy\"}");
}

static void throttled(request *r) {
  body(r, "429 Too Many Requests", "application/json",
       "x-amzn-ErrorType: ThrottlingException\r\n", "{\"message\":\"slower\"}");
}

static void throttled_after(request *r) {
  body(r, "429 Too Many Requests", "application/json",
       "x-amzn-ErrorType: ThrottlingException\r\nRetry-After: 1\r\n", "{\"message\":\"slower\"}");
}

static void drip(request *r) {
  static const char text[] = "{\"ok\": true}";
  say(r, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", sizeof text - 1);
  for (size_t i = 0; i < sizeof text - 1 && send_all(r->fd, text + i, 1); i++)
    pause_ms(r, 30);
  r->keep = true;
}

static void drip_long(request *r) {
  say(r, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
  for (int i = 0; i < 1000 && send_all(r->fd, "x", 1); i++)
    pause_ms(r, 30);
}

static void drip_head(request *r) {
  static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  for (size_t i = 0; i < sizeof text - 1 && send_all(r->fd, text + i, 1); i++)
    pause_ms(r, 5);
  r->keep = true;
}

static void head_first(request *r) { /* the head, and the body long after it */
  say(r, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
  pause_ms(r, 300);
  r->keep = say(r, "{}");
}

static void idle_close(request *r) { /* says nothing of closing, and closes */
  ok(r);
  r->keep = false;
}

static void late_close(request *r) { /* when its connection is kept, and has the next request perhaps */
  ok(r);
  r->keep = false;
  usleep(100000);
}

static void drop_second(request *r) { /* the second request of a connection finds it dead */
  if (r->c->served == 1)
    ok(r);
}

static void skew(request *r) {
  const char *sent = strcasestr(r->head, "\nx-amz-date:");
  char date[64] = "", mine[64], headers[128];
  struct tm tm;
  time_t server = time(NULL) + 1200;
  if (sent)
    sscanf(sent + 12, " %63[0-9TZ]", date);
  memset(&tm, 0, sizeof tm);
  bool good = strptime(date, "%Y%m%dT%H%M%SZ", &tm) && llabs((long long)(timegm(&tm) - server)) < 300;
  gmtime_r(&server, &tm);
  strftime(mine, sizeof mine, "%a, %d %b %Y %H:%M:%S GMT", &tm);
  snprintf(headers, sizeof headers, "Date: %s\r\nx-amzn-ErrorType: RequestTimeTooSkewed\r\n", mine);
  if (good)
    body(r, "200 OK", "application/json", headers, "{\"ok\":true}");
  else
    body(r, "403 Forbidden", "application/xml", headers,
         "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request "
         "time and the current time is too large.</Message></Error>");
}

static void informational(request *r) {
  say(r, "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
  ok(r);
}

static void folded(request *r) {
  body(r, "200 OK", "application/json", "X-Folded: one\r\n  two\r\nX-Empty:\r\n", "{}");
}

static void trailers(request *r) {
  r->keep = say(r, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
                   "X-Trailer: 1\r\n\r\n");
}

static void empty(request *r) {
  r->keep = say(r, "HTTP/1.1 204 No Content\r\n\r\n");
}

static void not_modified(request *r) {
  r->keep = say(r, "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 500\r\n\r\n");
}

static void closing(request *r) {
  body(r, "200 OK", "application/json", "Connection: close\r\n", "{\"ok\":true}");
  r->keep = false;
}

static void large(request *r) { /* 4 MiB with a pattern */
  r->keep = say(r, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", 4 << 20);
  char piece[65536];
  for (int i = 0; i < 64 && r->keep; i++) {
    memset(piece, 'a' + i % 26, sizeof piece);
    r->keep = send_all(r->fd, piece, sizeof piece);
  }
}

/* An S3 object of 300,000 bytes; `cut` of them are sent. */
static void object_of(request *r, int cut, const char *more) {
  const int size = 300000;
  if (!say(r, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: \"e\"\r\n%s\r\n", size, more))
    return;
  r->keep = cut == size;
  if (strcmp(r->method, "HEAD") != 0)
    fill(r, cut, 'o');
  else
    r->keep = true;
}

static void object(request *r) {
  object_of(r, 300000, "");
}

static void object_cut(request *r) {
  object_of(r, 100000, "");
}

static void object_wrong(request *r) {
  object_of(r, 300000, "x-amz-checksum-crc32: AAAAAA==\r\nx-amz-checksum-type: FULL_OBJECT\r\n");
}

/* An object of 12 MiB, a letter for each 4 KiB, and its ranges; no reply has more than `most`
 * bytes of the body. */
static void ranges_of(request *r, long long most) {
  const long long size = 12 << 20;
  long long from = 0, to = size - 1;
  char piece[4096];
  const char *range = strstr(r->head, "ange: bytes=");
  bool partial = range && sscanf(range, "ange: bytes=%lld-%lld", &from, &to) == 2;
  if (partial)
    r->keep = say(r, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %lld-%lld/%lld\r\n", from, to, size);
  else
    r->keep = say(r, "HTTP/1.1 200 OK\r\n");
  r->keep = r->keep && say(r, "Content-Length: %lld\r\nETag: \"e\"\r\n\r\n", to - from + 1);
  if (strcmp(r->method, "HEAD") == 0)
    return;
  long long end = to - from + 1 > most ? from + most : to + 1;
  for (long long at = from; at < end && r->keep;) {
    long long n = 4096 - at % 4096 < end - at ? 4096 - at % 4096 : end - at;
    memset(piece, 'a' + (int)(at / 4096 % 26), (size_t)n);
    r->keep = send_all(r->fd, piece, (size_t)n);
    at += n;
  }
  r->keep = r->keep && end > to;
}

static void ranges(request *r) {
  ranges_of(r, 12 << 20);
}

static void ranges_cut(request *r) {
  ranges_of(r, 3000001);
}

static void upload_stop(request *r) { /* reads a little of the body and goes */
  char some[1000];
  if (recv(r->fd, some, sizeof some, 0) >= 0)
    reset_connection(r);
}

static void upload_deaf(request *r) { /* reads nothing of the body */
  struct pollfd p = {r->fd, POLLRDHUP, 0};
  poll(&p, 1, 20000);
}

static void upload_early(request *r) { /* answers before the body is there */
  body(r, "403 Forbidden", "application/xml", "Connection: close\r\n",
       "<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
  shutdown(r->fd, SHUT_WR);
  hold(r);
  r->keep = false;
}

typedef struct fault_case {
  const char *name;
  void (*play)(request *r);
  bool keeps_body; /* the request's body is left unread */
} fault_case;

static const fault_case cases[] = {
    {"ok", ok, false}, {"echo", echo, false}, {"silent", silent, true}, {"nothing", nothing, false},
    {"reset", reset_it, false}, {"head-cut", head_cut, false}, {"body-cut", body_cut, false},
    {"body-reset", body_reset, false}, {"chunk-cut", chunk_cut, false},
    {"chunk-open", chunk_open, false}, {"chunk-bad", chunk_bad, false},
    {"length-long", length_long, false}, {"length-short", length_short, false},
    {"length-bad", length_bad, false}, {"length-none", length_none, false},
    {"endless", endless, false}, {"endless-ok", endless_ok, false}, {"http09", http09, false},
    {"garbage", garbage, false}, {"bad-status", bad_status, false}, {"redirect", redirect, false},
    {"headers-64m", many_headers, false}, {"headers-2000", small_headers, false},
    {"header-64m", long_header, false}, {"no-json", no_json, false}, {"no-xml", no_xml, false},
    {"error-html", error_html, false}, {"busy", busy, false}, {"busy-after", busy_after, false},
    {"throttled", throttled, false}, {"throttled-after", throttled_after, false},
    {"drip", drip, false}, {"drip-long", drip_long, false}, {"drip-head", drip_head, false},
    {"head-first", head_first, false}, {"idle-close", idle_close, false},
    {"late-close", late_close, false}, {"drop-second", drop_second, false}, {"skew", skew, false},
    {"informational", informational, false}, {"folded", folded, false},
    {"trailers", trailers, false}, {"empty", empty, false}, {"not-modified", not_modified, false},
    {"closing", closing, false}, {"large", large, false}, {"object", object, false},
    {"object-cut", object_cut, false}, {"object-wrong", object_wrong, false},
    {"ranges", ranges, false}, {"ranges-cut", ranges_cut, false},
    {"upload-stop", upload_stop, true}, {"upload-deaf", upload_deaf, true},
    {"upload-early", upload_early, true},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* ---- requests ---- */

static const fault_case *find_case(const char *name) {
  for (int i = 0; i < CASES; i++)
    if (strcmp(cases[i].name, name) == 0)
      return &cases[i];
  return NULL;
}

/* The case of this request; "name@n" counts, "seed@n" chooses. */
static const fault_case *choose(request *r) {
  fault_server *s = r->c->server;
  char base[64];
  const char *mark = strchr(r->name, '@');
  int n = mark ? atoi(mark + 1) : 0;
  snprintf(base, sizeof base, "%.*s", mark ? (int)(mark - r->name) : 63, r->name);
  pthread_mutex_lock(&s->lock);
  s->requests++;
  for (int i = 0; i < MAX_CASES; i++) {
    counter *c = &s->cases[i];
    if (!c->name[0])
      snprintf(c->name, sizeof c->name, "%s", r->name);
    if (strcmp(c->name, r->name) == 0) {
      r->nth = ++c->count;
      break;
    }
  }
  pthread_mutex_unlock(&s->lock);
  if (strcmp(base, "seed") == 0)
    return &cases[((unsigned)n * 2654435761u >> 8) % CASES];
  if (mark && r->nth > n)
    return find_case(strncmp(base, "object", 6) == 0 ? "object" : "ok");
  return find_case(base);
}

static int count_of(fault_server *s, const char *name) {
  int found = 0;
  pthread_mutex_lock(&s->lock);
  for (int i = 0; i < MAX_CASES; i++)
    if (strcmp(s->cases[i].name, name) == 0)
      found = s->cases[i].count;
  pthread_mutex_unlock(&s->lock);
  return found;
}

/* /count/name tells how many requests a case had; /connections how many there were. */
static bool administer(request *r) {
  fault_server *s = r->c->server;
  char text[64];
  if (strncmp(r->target, "/count/", 7) == 0)
    snprintf(text, sizeof text, "%d", count_of(s, r->target + 7));
  else if (strcmp(r->target, "/connections") == 0)
    snprintf(text, sizeof text, "%d", fault_server_connections(s));
  else if (strcmp(r->target, "/open") == 0)
    snprintf(text, sizeof text, "%d", fault_server_open(s));
  else if (strcmp(r->target, "/stop") == 0)
    snprintf(text, sizeof text, "bye");
  else
    return false;
  body(r, "200 OK", "text/plain", "", text);
  if (strcmp(r->target, "/stop") == 0) {
    pthread_mutex_lock(&s->lock);
    s->stop_asked = true;
    pthread_mutex_unlock(&s->lock);
  }
  return true;
}

/* Reads the rest of the body; chunked ones up to their last chunk. */
static bool read_body(request *r, char *rest, size_t have) {
  char piece[65536];
  if (r->length >= 0) {
    r->have = (long long)have < r->length ? (long long)have : r->length;
    while (r->have < r->length) {
      ssize_t n = recv(r->fd, piece, sizeof piece, 0);
      if (n <= 0)
        return false;
      r->have += n;
    }
    return true;
  }
  char tail[8] = "";
  size_t tail_len = 0;
  for (;;) {
    for (size_t i = 0; i < have; i++) {
      if (tail_len == 5)
        memmove(tail, tail + 1, --tail_len);
      tail[tail_len++] = rest[i];
      if (tail_len == 5 && memcmp(tail, "0\r\n\r\n", 5) == 0)
        return true;
    }
    ssize_t n = recv(r->fd, piece, sizeof piece, 0);
    if (n <= 0)
      return false;
    rest = piece;
    have = (size_t)n;
    r->have += n;
  }
}

static bool read_head(request *r, char *buffer, size_t *have) {
  char *end = NULL;
  *have = 0;
  while (!end) {
    ssize_t n = *have < MAX_HEAD ? recv(r->fd, buffer + *have, MAX_HEAD - *have, 0) : -1;
    if (n <= 0)
      return false;
    *have += (size_t)n;
    buffer[*have] = '\0';
    end = strstr(buffer, "\r\n\r\n");
  }
  r->head = buffer;
  return sscanf(buffer, "%15s %4095s", r->method, r->target) == 2;
}

static bool serve_one(connection *c, char *buffer) {
  request r;
  size_t have;
  memset(&r, 0, sizeof r);
  r.c = c;
  r.fd = c->fd;
  if (!read_head(&r, buffer, &have))
    return false;
  c->served++;
  const char *length = strcasestr(r.head, "\ncontent-length:");
  const char *coded = strcasestr(r.head, "\ntransfer-encoding: chunked");
  char *rest = strstr(buffer, "\r\n\r\n") + 4;
  r.length = coded && coded < rest ? -1 : length && length < rest ? atoll(length + 16) : 0;
  if (strcmp(r.method, "CONNECT") == 0) {
    body(&r, "403 Forbidden", "text/plain", "", "this proxy takes nobody");
    return false;
  }
  sscanf(r.target, "/%63[^/?]", r.name);
  char *escape = strstr(r.name, "%40"); /* @, as S3 writes it */
  if (escape) {
    *escape = '@';
    memmove(escape + 1, escape + 3, strlen(escape + 3) + 1);
  }
  size_t behind = have - (size_t)(rest - buffer);
  if (administer(&r))
    return r.keep;
  const fault_case *chosen = choose(&r);
  if (strcasestr(r.head, "\nexpect: 100") && chosen && !chosen->keeps_body)
    say(&r, "HTTP/1.1 100 Continue\r\n\r\n");
  if (!(chosen && chosen->keeps_body) && !read_body(&r, rest, behind))
    return false;
  if (behind == 0 || r.length >= 0)
    *rest = '\0';
  if (chosen)
    chosen->play(&r);
  else
    body(&r, "404 Not Found", "text/plain", "", "there is no such case");
  return r.keep;
}

static void *connection_main(void *ud) {
  connection *c = ud;
  fault_server *s = c->server;
  char *buffer = malloc(MAX_HEAD + 1);
  while (buffer && serve_one(c, buffer)) {
  }
  free(buffer);
  pthread_mutex_lock(&s->lock);
  close(c->fd);
  c->fd = -1;
  c->done = true;
  s->open--;
  pthread_mutex_unlock(&s->lock);
  return NULL;
}

/* ---- the server ---- */

static connection *free_slot(fault_server *s) { /* locked */
  for (int i = 0; i < MAX_CONNECTIONS; i++) {
    connection *c = &s->at[i];
    if (c->used && c->done) {
      pthread_join(c->thread, NULL); /* it has nothing left to do but to return */
      c->used = false;
    }
    if (!c->used)
      return c;
  }
  return NULL;
}

static void *server_main(void *ud) {
  fault_server *s = ud;
  int fd, one = 1;
  while ((fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    pthread_mutex_lock(&s->lock);
    connection *c = s->stopping ? NULL : free_slot(s);
    if (c) {
      *c = (connection){.server = s, .fd = fd};
      s->connections++;
      c->used = pthread_create(&c->thread, NULL, connection_main, c) == 0;
      s->open += c->used;
    }
    if (!c || !c->used)
      close(fd);
    pthread_mutex_unlock(&s->lock);
  }
  return NULL;
}

static int bound_socket(int *port) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
    close(fd);
    return -1;
  }
  *port = ntohs(address.sin_port);
  return fd;
}

fault_server *fault_server_start(void) {
  fault_server *s = calloc(1, sizeof *s);
  if (!s)
    return NULL;
  pthread_mutex_init(&s->lock, NULL);
  s->fd = bound_socket(&s->port);
  s->refused_fd = bound_socket(&s->refused_port); /* bound and never listening */
  if (s->fd < 0 || s->refused_fd < 0 || listen(s->fd, 128) != 0 ||
      pthread_create(&s->thread, NULL, server_main, s) != 0) {
    free(s);
    return NULL;
  }
  return s;
}

int fault_server_port(const fault_server *s) {
  return s->port;
}

int fault_server_refused_port(const fault_server *s) {
  return s->refused_port;
}

static int read_locked(fault_server *s, const int *value) {
  pthread_mutex_lock(&s->lock);
  int found = *value;
  pthread_mutex_unlock(&s->lock);
  return found;
}

int fault_server_connections(fault_server *s) {
  return read_locked(s, &s->connections);
}

int fault_server_requests(fault_server *s) {
  return read_locked(s, &s->requests);
}

int fault_server_open(fault_server *s) {
  return read_locked(s, &s->open);
}

int fault_server_stopped(fault_server *s) {
  pthread_mutex_lock(&s->lock);
  bool asked = s->stop_asked;
  pthread_mutex_unlock(&s->lock);
  return asked;
}

void fault_server_free(fault_server *s) {
  if (!s)
    return;
  pthread_mutex_lock(&s->lock);
  s->stopping = true;
  for (int i = 0; i < MAX_CONNECTIONS; i++)
    if (s->at[i].used && s->at[i].fd >= 0)
      shutdown(s->at[i].fd, SHUT_RDWR);
  pthread_mutex_unlock(&s->lock);
  shutdown(s->fd, SHUT_RDWR);
  pthread_join(s->thread, NULL);
  for (int i = 0; i < MAX_CONNECTIONS; i++)
    if (s->at[i].used)
      pthread_join(s->at[i].thread, NULL);
  close(s->fd);
  close(s->refused_fd);
  pthread_mutex_destroy(&s->lock);
  free(s);
}
