/* SPDX-License-Identifier: MIT
 *
 * curl_loop.c -- sockets and timers of libcurl on our loop (curl_multi_socket_action).
 * Names are resolved on a thread of curl's own that nobody waits for (CURLOPT_QUICK_EXIT).  All
 * timers are of real time. */
#define _GNU_SOURCE
#include "host/curl_loop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "host/sys.h"

enum { MAX_CONNECTIONS = 8192 }; /* above what is ever in flight: past it, they are made anew */

typedef struct socket_watch {
  mr_watch watch; /* first */
  mr_curl_loop *owner;
} socket_watch;

/* ---- SIGPIPE: before 7.88 libcurl let OpenSSL write to sockets, without MSG_NOSIGNAL ---- */

static void hold_pipe_signal(const mr_curl_loop *c, sigset_t *before) {
  if (c->quiet)
    return;
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, before);
}

static void release_pipe_signal(const mr_curl_loop *c, const sigset_t *before) {
  sigset_t found, pipe;
  struct timespec now = {0, 0};
  if (c->quiet)
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

/* ---- the loop's side ---- */

static void collect(mr_curl_loop *c) {
  CURLMsg *message;
  int left;
  while ((message = c->curl.multi_info_read(c->multi, &left))) {
    if (message->msg != CURLMSG_DONE)
      continue;
    mr_curl_job *job;
    CURLcode code = message->data.result;
    c->curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&job);
    job->done(job, code);
  }
}

static void act(mr_curl_loop *c, curl_socket_t fd, int what) {
  sigset_t before;
  int running;
  c->turn++;
  hold_pipe_signal(c, &before);
  c->curl.multi_socket_action(c->multi, fd, what, &running);
  release_pipe_signal(c, &before);
  collect(c);
}

static void on_socket_ready(mr_watch *watch, unsigned events) {
  socket_watch *w = (socket_watch *)(void *)watch;
  act(w->owner, watch->fd,
      (events & MR_IN ? CURL_CSELECT_IN : 0) | (events & MR_OUT ? CURL_CSELECT_OUT : 0));
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ud, void *socket_ud) {
  mr_curl_loop *c = ud;
  socket_watch *w = socket_ud;
  MR_UNUSED(easy);
  if (what == CURL_POLL_REMOVE) {
    if (w) {
      mr_watch_stop(c->loop, &w->watch);
      mr_alloc_put(NULL, w, sizeof *w);
      c->curl.multi_assign(c->multi, fd, NULL);
    }
    return 0;
  }
  if (!w) {
    w = mr_alloc_get(NULL, sizeof *w);
    if (!w)
      return -1;
    memset(w, 0, sizeof *w);
    w->watch.fd = -1;
    w->owner = c;
    c->curl.multi_assign(c->multi, fd, w);
  }
  unsigned events = (what & CURL_POLL_IN ? MR_IN : 0) | (what & CURL_POLL_OUT ? MR_OUT : 0);
  return mr_watch_start(c->loop, &w->watch, fd, events, on_socket_ready) < 0 ? -1 : 0;
}

static void on_timer(mr_timer *timer) {
  act((mr_curl_loop *)(void *)((char *)timer - offsetof(mr_curl_loop, timer)), CURL_SOCKET_TIMEOUT, 0);
}

static int on_timeout_change(CURLM *multi, long ms, void *ud) {
  mr_curl_loop *c = ud;
  MR_UNUSED(multi);
  if (ms < 0)
    mr_timer_stop(c->loop, &c->timer);
  else if (mr_timer_start_real(c->loop, &c->timer, (int64_t)ms * 1000000, on_timer) < 0)
    return -1;
  return 0;
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

int mr_curl_loop_init(mr_curl_loop *c, mr_loop *loop, const char **why) {
  memset(c, 0, sizeof *c);
  c->loop = loop;
  if (mr_curl_load(&c->curl, why) < 0)
    return MR_ERR_IO;
  *why = "out of memory";
  c->multi = c->curl.multi_init();
  if (!c->multi)
    return MR_ERR_IO;
  c->proxy = usual_proxy();
  c->quiet = c->curl.version_info(CURLVERSION_NOW)->version_num >= 0x075800;
  c->curl.multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  c->curl.multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
  c->curl.multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timeout_change);
  c->curl.multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
  c->curl.multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)MAX_CONNECTIONS);
  return MR_OK;
}

void mr_curl_loop_clear(mr_curl_loop *c) {
  sigset_t before;
  hold_pipe_signal(c, &before);
  c->curl.multi_cleanup(c->multi); /* closes the connections: the socket callback still works */
  release_pipe_signal(c, &before);
  mr_timer_stop(c->loop, &c->timer);
}

/* ---- the handles' side ---- */

int mr_curl_loop_add(mr_curl_loop *c, CURL *easy, mr_curl_job *job) {
  c->curl.easy_setopt(easy, CURLOPT_PRIVATE, job);
  return c->curl.multi_add_handle(c->multi, easy) == CURLM_OK ? MR_OK : MR_ERR_MEMORY;
}

void mr_curl_loop_remove(mr_curl_loop *c, CURL *easy) {
  sigset_t before;
  hold_pipe_signal(c, &before);
  c->curl.multi_remove_handle(c->multi, easy);
  release_pipe_signal(c, &before);
}

void mr_curl_loop_unpause(mr_curl_loop *c, CURL *easy) {
  sigset_t before;
  c->turn++;
  hold_pipe_signal(c, &before);
  c->curl.easy_pause(easy, CURLPAUSE_CONT);
  release_pipe_signal(c, &before);
  /* What has ended by this is collected from the loop, not from here. */
  mr_timer_start_real(c->loop, &c->timer, 0, on_timer);
}

CURLcode mr_curl_loop_send(mr_curl_loop *c, CURL *easy, mr_slice bytes, size_t *sent) {
  sigset_t before;
  *sent = 0;
  hold_pipe_signal(c, &before);
  CURLcode code = c->curl.easy_send(easy, bytes.ptr, bytes.len, sent);
  release_pipe_signal(c, &before);
  return code;
}

CURLcode mr_curl_loop_recv(mr_curl_loop *c, CURL *easy, char *to, size_t size, size_t *got) {
  sigset_t before;
  *got = 0;
  hold_pipe_signal(c, &before); /* TLS may have to write */
  CURLcode code = c->curl.easy_recv(easy, to, size, got);
  release_pipe_signal(c, &before);
  return code;
}

void mr_curl_prepare(const mr_curl *curl, CURL *e) {
  __typeof__(curl->easy_setopt) set = curl->easy_setopt;
  set(e, CURLOPT_PATH_AS_IS, 1L);
  set(e, CURLOPT_NOSIGNAL, 1L);
  set(e, CURLOPT_QUICK_EXIT, 1L);
  set(e, CURLOPT_PROTOCOLS_STR, "http,https");
  set(e, CURLOPT_HTTP09_ALLOWED, 0L);
  set(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(e, CURLOPT_TCP_KEEPALIVE, 1L);
  set(e, CURLOPT_TCP_KEEPIDLE, 60L); /* NATs forget idle connections at 350 s */
  set(e, CURLOPT_TCP_KEEPINTVL, 30L);
  set(e, CURLOPT_MAXAGE_CONN, 60L);
}

void mr_curl_reach(const mr_curl_loop *c, CURL *e, const mr_http_options *o) {
  __typeof__(c->curl.easy_setopt) set = c->curl.easy_setopt;
  set(e, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
  set(e, CURLOPT_TIMEOUT_MS, (long)o->total_ms);
  if (o->ca_file)
    set(e, CURLOPT_CAINFO, o->ca_file);
  set(e, CURLOPT_PROXY, o->proxy ? o->proxy : c->proxy);
  set(e, CURLOPT_SSL_VERIFYPEER, (long)!o->insecure);
  set(e, CURLOPT_SSL_VERIFYHOST, o->insecure ? 0L : 2L);
}

mr_http_fault mr_curl_fault(CURLcode code) {
  switch (code) {
  case CURLE_OK: return MR_HTTP_OK;
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_RESOLVE_PROXY: return MR_HTTP_RESOLVE;
  case CURLE_COULDNT_CONNECT:
  case CURLE_PROXY: return MR_HTTP_CONNECT;
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CRL_BADFILE:
  case CURLE_SSL_INVALIDCERTSTATUS:
  case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
  case CURLE_USE_SSL_FAILED:
  case CURLE_SSL_ISSUER_ERROR: return MR_HTTP_TLS;
  case CURLE_OPERATION_TIMEDOUT: return MR_HTTP_TIMEOUT;
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_URL_MALFORMAT:
  case CURLE_BAD_CONTENT_ENCODING: return MR_HTTP_PROTOCOL;
  case CURLE_HTTP2:
  case CURLE_HTTP2_STREAM:
  case CURLE_PARTIAL_FILE:
  case CURLE_GOT_NOTHING:
  case CURLE_RECV_ERROR:
  case CURLE_SEND_ERROR:
  case CURLE_SEND_FAIL_REWIND: return MR_HTTP_BROKEN;
  case CURLE_OUT_OF_MEMORY: return MR_HTTP_MEMORY;
  default: return MR_HTTP_OTHER;
  }
}

/* libcurl does not say so, and has given some back by now: of a socket, or of a resolver. */
static bool descriptors_are_short(mr_http_fault fault) {
  enum { TAKEN_AT_ONCE = 4 };
  int fd[TAKEN_AT_ONCE], n = 0, error = 0;
  if (fault != MR_HTTP_RESOLVE && fault != MR_HTTP_CONNECT && fault != MR_HTTP_TLS)
    return false;
  while (n < TAKEN_AT_ONCE && (error = mr_sys_open_read("/dev/null", &fd[n])) == 0)
    n++;
  while (n > 0)
    mr_sys_close(fd[--n]);
  return error == EMFILE || error == ENFILE;
}

void mr_curl_why(const mr_curl *curl, CURLcode code, const char *told, char out[CURL_ERROR_SIZE]) {
  bool few = descriptors_are_short(mr_curl_fault(code));
  snprintf(out, CURL_ERROR_SIZE, "%s%s", few ? "no file descriptor is left: " : "",
           told[0] ? told : curl->easy_strerror(code));
}
