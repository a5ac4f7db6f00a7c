/* SPDX-License-Identifier: MIT
 *
 * curl_sketch -- what is left of an invocation without Lua, retries, limits and errors: our signer
 * and libcurl's multi interface on epoll, a handle for each of those in flight; the peer that shows
 * which part of the cost is libcurl's and the kernel's.
 *   curl_sketch URL COUNT CONCURRENCY [CA_FILE]
 * Prints requests a second, microseconds of CPU each, and the peak of memory in KiB. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#include "bindings/sigv4.h"
#include "host/curl_api.h"

enum { MOST = 4096, BATCH = 64, CONTENT = 1024 };

typedef struct sketch {
  mr_curl curl;
  CURLM *multi;
  int epoll;
  long timeout; /* ms; -1 none */
  long left, ended;
  char content[CONTENT];
  mr_sigv4_keys keys;
  mr_sigv4_stages stages;
  struct {
    CURL *easy;
    struct curl_slist *headers;
  } flight[MOST];
} sketch;

static size_t on_data(char *bytes, size_t one, size_t n, void *ud) {
  MR_UNUSED(bytes);
  MR_UNUSED(ud);
  return one * n;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ud, void *known) {
  sketch *s = ud;
  struct epoll_event e = {.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0),
                          .data = {.fd = fd}};
  MR_UNUSED(easy);
  if (what == CURL_POLL_REMOVE)
    return epoll_ctl(s->epoll, EPOLL_CTL_DEL, fd, NULL), 0;
  s->curl.multi_assign(s->multi, fd, s);
  return epoll_ctl(s->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e);
}

static int on_timeout(CURLM *multi, long ms, void *ud) {
  MR_UNUSED(multi);
  ((sketch *)ud)->timeout = ms;
  return 0;
}

/* One node of memory with its line behind it. */
static struct curl_slist *line(struct curl_slist *next, const char *name, mr_slice value) {
  struct curl_slist *node = malloc(sizeof *node + strlen(name) + value.len + 3);
  if (!node)
    abort();
  node->data = (char *)(node + 1);
  node->next = next;
  sprintf(node->data, "%s: %.*s", name, (int)value.len, value.ptr);
  return node;
}

static void send_one(sketch *s, long at, mr_slice host) {
  const mr_pair headers[] = {{mr_slice_of("content-type"), mr_slice_of("application/json")},
                             {mr_slice_of("accept"), mr_slice_of("application/json")},
                             {mr_slice_of("host"), host}};
  mr_sigv4_request r = {.method = mr_slice_of("POST"),
                        .path = mr_slice_of("/model/m/invoke"),
                        .headers = headers,
                        .header_count = MR_COUNT(headers),
                        .body = mr_slice_make(s->content, CONTENT)};
  mr_sigv4_options o = {.access_key_id = mr_slice_of("AKIDBENCH"),
                        .secret_access_key = mr_slice_of("secret"),
                        .region = mr_slice_of("us-east-1"),
                        .time = time(NULL)};
  mr_pair added[4];
  mr_sigv4_defaults(&o, mr_slice_of("bedrock"));
  if (mr_sigv4_sign(&r, &o, &s->keys, &s->stages) != MR_OK)
    abort();
  struct curl_slist *list = line(NULL, "amz-sdk-request", mr_slice_of("attempt=1; max=3"));
  list = line(list, "amz-sdk-invocation-id", mr_slice_of("11111111-2222-4333-8444-555555555555"));
  list = line(list, "user-agent", mr_slice_of("sketch/1.0 lua/5.4"));
  for (size_t i = 0, n = mr_sigv4_added(&o, &s->stages, added); i < n; i++)
    list = line(list, added[i].name.ptr, added[i].value);
  for (size_t i = 0; i < MR_COUNT(headers) - 1; i++)
    list = line(list, headers[i].name.ptr, headers[i].value);
  mr_sigv4_stages_reset(&s->stages);
  s->curl.easy_setopt(s->flight[at].easy, CURLOPT_HTTPHEADER, list);
  while (s->flight[at].headers) {
    struct curl_slist *next = s->flight[at].headers->next;
    free(s->flight[at].headers);
    s->flight[at].headers = next;
  }
  s->flight[at].headers = list;
  s->curl.multi_add_handle(s->multi, s->flight[at].easy);
}

static void collect(sketch *s, mr_slice host) {
  int more;
  for (CURLMsg *m; (m = s->curl.multi_info_read(s->multi, &more)) != NULL;) {
    long at = 0;
    if (m->data.result != CURLE_OK) {
      fprintf(stderr, "curl_sketch: %s\n", s->curl.easy_strerror(m->data.result));
      exit(1);
    }
    s->curl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&at);
    s->curl.multi_remove_handle(s->multi, m->easy_handle);
    s->ended++;
    if (s->left > 0 && s->left--)
      send_one(s, at, host);
  }
}

static void run(sketch *s, long count, long concurrency, mr_slice host) {
  struct epoll_event batch[BATCH];
  int running;
  s->left = count - concurrency;
  s->ended = 0;
  for (long i = 0; i < concurrency; i++)
    send_one(s, i, host);
  while (s->ended < count) {
    int n = epoll_wait(s->epoll, batch, BATCH, (int)s->timeout);
    for (int i = 0; i < n; i++)
      s->curl.multi_socket_action(s->multi, batch[i].data.fd,
                                  (batch[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                                      (batch[i].events & ~(unsigned)EPOLLOUT ? CURL_CSELECT_IN : 0),
                                  &running);
    if (n == 0 || s->timeout == 0) {
      s->timeout = -1;
      s->curl.multi_socket_action(s->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    collect(s, host);
  }
}

static double seconds(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  static sketch s;
  const char *why = "";
  char url[256];
  long count = argc > 3 ? atol(argv[2]) : 0, concurrency = argc > 3 ? atol(argv[3]) : 0;
  if (concurrency < 1 || concurrency > MOST || count < concurrency || mr_curl_load(&s.curl, &why) < 0) {
    fprintf(stderr, "curl_sketch URL COUNT CONCURRENCY [CA_FILE]  %s\n", why);
    return 1;
  }
  const char *host = strstr(argv[1], "://") ? strstr(argv[1], "://") + 3 : argv[1];
  snprintf(url, sizeof url, "%s/model/m/invoke", argv[1]);
  memset(s.content, 'x', CONTENT);
  mr_sigv4_stages_init(&s.stages, NULL);
  s.multi = s.curl.multi_init();
  s.epoll = epoll_create1(EPOLL_CLOEXEC);
  s.timeout = -1;
  s.curl.multi_setopt(s.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  s.curl.multi_setopt(s.multi, CURLMOPT_SOCKETDATA, &s);
  s.curl.multi_setopt(s.multi, CURLMOPT_TIMERFUNCTION, on_timeout);
  s.curl.multi_setopt(s.multi, CURLMOPT_TIMERDATA, &s);
  s.curl.multi_setopt(s.multi, CURLMOPT_MAXCONNECTS, (long)MOST);
  for (long i = 0; i < concurrency; i++) {
    CURL *e = s.flight[i].easy = s.curl.easy_init();
    s.curl.easy_setopt(e, CURLOPT_URL, url);
    s.curl.easy_setopt(e, CURLOPT_POSTFIELDS, s.content);
    s.curl.easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)CONTENT);
    s.curl.easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    s.curl.easy_setopt(e, CURLOPT_WRITEFUNCTION, on_data);
    s.curl.easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    s.curl.easy_setopt(e, CURLOPT_PRIVATE, i);
    if (argc > 4)
      s.curl.easy_setopt(e, CURLOPT_CAINFO, argv[4]);
  }
  run(&s, concurrency, concurrency, mr_slice_of(host)); /* the connections are made */
  double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), begin = seconds(CLOCK_MONOTONIC);
  run(&s, count, concurrency, mr_slice_of(host));
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  begin = seconds(CLOCK_MONOTONIC) - begin;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("%.0f %.1f %ld\n", (double)count / begin, cpu / (double)count * 1e6, used.ru_maxrss);
  return 0;
}
