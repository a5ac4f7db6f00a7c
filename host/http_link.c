/* SPDX-License-Identifier: MIT
 *
 * http_link.c -- opens, keeps and closes connections.
 * A kept one stays in epoll and rests (loop.h): a peer that closes is seen at once, and taking it
 * again costs no call of the kernel but the one that asks whether it still is good. */
#define _GNU_SOURCE
#include "host/http_link.h"

#include <stdio.h>

enum { MAX_IDLE_SECONDS = 60, LEAST_BUFFER = 1024 };

static void unlist(mr_link *link) {
  mr_links *all = link->owner;
  *(link->newer ? &link->newer->older : &all->newest) = link->older;
  *(link->older ? &link->older->newer : &all->oldest) = link->newer;
  link->newer = link->older = NULL;
}

void mr_link_close(mr_link *link) {
  mr_curl_loop *c = link->owner->curl;
  mr_watch_stop(c->loop, &link->watch);
  mr_curl_loop_remove(c, link->easy); /* closes it */
  c->curl.easy_cleanup(link->easy);
  mr_alloc_put(NULL, link, sizeof *link + strlen(link->key) + 1);
}

/* Nothing may come on a kept connection but what belongs to TLS. */
static bool is_good(mr_link *link) {
  char byte;
  size_t got;
  return mr_curl_loop_recv(link->owner->curl, link->easy, &byte, 1, &got) == CURLE_AGAIN;
}

static void on_kept_ready(mr_watch *watch, unsigned events) {
  mr_link *link = (mr_link *)(void *)watch;
  MR_UNUSED(events);
  if (link->user || is_good(link)) /* it was taken in this turn: who has it sees for himself */
    return;
  unlist(link);
  mr_link_close(link);
}

void mr_link_keep(mr_link *link) {
  mr_links *all = link->owner;
  mr_loop *loop = all->curl->loop;
  link->user = NULL;
  if (mr_watch_start(loop, &link->watch, link->fd, MR_IN, on_kept_ready) < 0) {
    mr_link_close(link);
    return;
  }
  mr_watch_rest(loop, &link->watch);
  link->used = true;
  link->since = mr_clock_real();
  link->older = all->newest;
  *(all->newest ? &all->newest->newer : &all->oldest) = link;
  all->newest = link;
  while (link->since - all->oldest->since > MAX_IDLE_SECONDS * MR_SECOND) {
    mr_link *old = all->oldest;
    unlist(old);
    mr_link_close(old);
  }
}

mr_link *mr_link_take(mr_links *all, const char *key) {
  for (mr_link *link = all->newest, *older; link; link = older) {
    older = link->older;
    if (strcmp(link->key, key) != 0)
      continue;
    unlist(link);
    if (mr_clock_real() - link->since <= MAX_IDLE_SECONDS * MR_SECOND && is_good(link))
      return link;
    mr_link_close(link);
  }
  return NULL;
}

mr_link *mr_link_open(mr_links *all, const mr_origin *to, const mr_http_options *o, mr_curl_job *job) {
  char url[sizeof to->key + 1];
  size_t size = sizeof(mr_link) + strlen(to->key) + 1;
  mr_curl_loop *c = all->curl;
  __typeof__(c->curl.easy_setopt) set = c->curl.easy_setopt;
  mr_link *link = mr_alloc_get(NULL, size);
  CURL *easy = link ? c->curl.easy_init() : NULL;
  if (!easy)
    goto fail;
  memset(link, 0, sizeof *link);
  strcpy(link->key, to->key);
  link->owner = all;
  link->easy = easy;
  link->watch.fd = link->fd = -1;
  mr_curl_prepare(&c->curl, easy);
  mr_curl_reach(c, easy, o);
  set(easy, CURLOPT_CONNECT_ONLY, 1L);
  snprintf(url, sizeof url, "%.*s/", (int)to->base.len, to->base.ptr);
  set(easy, CURLOPT_URL, url);
  set(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  set(easy, CURLOPT_BUFFERSIZE, (long)LEAST_BUFFER);
  set(easy, CURLOPT_ERRORBUFFER, link->error);
  if (mr_curl_loop_add(c, easy, job) == MR_OK)
    return link;
fail:
  if (easy)
    c->curl.easy_cleanup(easy);
  mr_alloc_put(NULL, link, size);
  return NULL;
}

int mr_link_reopen(mr_link *link, mr_curl_job *job) {
  mr_curl_loop *c = link->owner->curl;
  mr_watch_stop(c->loop, &link->watch);
  mr_curl_loop_remove(c, link->easy);
  link->fd = -1;
  link->used = false;
  return mr_curl_loop_add(c, link->easy, job);
}

void mr_link_opened(mr_link *link) {
  const mr_curl *curl = &link->owner->curl->curl;
  curl_socket_t fd = -1;
  curl->easy_getinfo(link->easy, CURLINFO_ACTIVESOCKET, &fd);
  link->fd = fd;
  /* libcurl has made and freed the buffer of its own; from here on this bounds curl_easy_recv. */
  curl->easy_setopt(link->easy, CURLOPT_BUFFERSIZE, (long)MR_LINK_PIECE);
}

void mr_links_clear(mr_links *all) {
  while (all->newest) {
    mr_link *link = all->newest;
    unlist(link);
    mr_link_close(link);
  }
}
