/* SPDX-License-Identifier: MIT
 *
 * http_origin.c -- takes simple URLs apart.
 * It judges nothing: a URL with anything unusual in it is left to libcurl, so that there is one
 * opinion of what it means. */
#include "host/http_origin.h"

enum { MOST = 64 };

typedef struct origin_node {
  struct origin_node *next;
  char base[];
} origin_node;

static const char usual[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";

static bool begins(const char *url, const char *scheme) {
  while (*scheme && mr_ascii_lower(*url) == *scheme)
    url++, scheme++;
  return !*scheme;
}

bool mr_origin_is_tls(const char *url) {
  return begins(url, "https://");
}

static bool split(mr_origin *o, const char *url) {
  o->tls = mr_origin_is_tls(url);
  if (!o->tls && !begins(url, "http://"))
    return false;
  const char *host = url + (o->tls ? 8 : 7), *target = host + strspn(host, usual);
  if (target == host || target[0] != '/')
    return false;
  for (const char *c = target; *c; c++) {
    if (*c <= ' ' || *c > '~' || *c == '#')
      return false;
  }
  o->base = mr_slice_make(url, (size_t)(target - url));
  o->host = mr_slice_make(host, (size_t)(target - host));
  o->target = mr_slice_of(target);
  return true;
}

bool mr_origin_read(mr_origin *o, const char *url, const mr_http_options *options) {
  if (!split(o, url))
    return false;
  mr_slice port = mr_slice_of(o->tls ? ":443" : ":80"), *host = &o->host;
  if (host->len > port.len && memcmp(host->ptr + host->len - port.len, port.ptr, port.len) == 0)
    host->len -= port.len;
  mr_slice ca = mr_slice_of(o->tls && options->ca_file ? options->ca_file : "");
  if (o->base.len + ca.len + 3 > sizeof o->key)
    return false;
  memcpy(o->key, o->base.ptr, o->base.len);
  o->key[o->base.len] = o->tls && options->insecure ? '!' : ' ';
  memcpy(o->key + o->base.len + 1, ca.ptr, ca.len + 1);
  return true;
}

bool mr_origins_have(const mr_origins *list, mr_slice base) {
  for (const origin_node *p = list->first; p; p = p->next) {
    if (mr_slice_is(base, p->base))
      return true;
  }
  return false;
}

void mr_origins_add(mr_origins *list, const char *url) {
  mr_origin o;
  if (!split(&o, url) || mr_origins_have(list, o.base) || list->count == MOST)
    return;
  origin_node *node = mr_alloc_get(NULL, sizeof *node + o.base.len + 1);
  if (!node)
    return;
  memcpy(node->base, o.base.ptr, o.base.len);
  node->base[o.base.len] = '\0';
  node->next = list->first;
  list->first = node;
  list->count++;
}

void mr_origins_clear(mr_origins *list) {
  while (list->first) {
    origin_node *node = list->first;
    list->first = node->next;
    mr_alloc_put(NULL, node, sizeof *node + strlen(node->base) + 1);
  }
  list->count = 0;
}
