/* SPDX-License-Identifier: MIT
 *
 * uri.c -- percent-encoding and URLs (RFC 3986, the part that HTTP uses).
 * Nothing is normalised: the bytes that are signed must be the bytes that are sent. */
#include "bindings/uri.h"

#include "bindings/text.h"

static bool is_letter(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}

static bool is_unreserved(unsigned char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

void mr_uri_encode(mr_buf *out, mr_slice s, bool keep_slash) {
  static const char digits[] = "0123456789ABCDEF";
  size_t from = 0;
  if (s.len == 0)
    return;
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.ptr[i];
    if (is_unreserved(c) || (keep_slash && c == '/'))
      continue;
    char code[3] = {'%', digits[c >> 4], digits[c & 15]};
    mr_buf_put(out, s.ptr + from, i - from);
    mr_buf_put(out, code, 3);
    from = i + 1;
  }
  mr_buf_put(out, s.ptr + from, s.len - from);
}

int mr_uri_decode(mr_buf *out, mr_slice s) {
  char *to = mr_buf_reserve(out, s.len);
  size_t n = 0;
  if (!to)
    return MR_ERR_MEMORY;
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i];
    if (c == '%') {
      int high = s.len - i > 2 ? mr_hex_value((unsigned char)s.ptr[i + 1]) : -1;
      int low = s.len - i > 2 ? mr_hex_value((unsigned char)s.ptr[i + 2]) : -1;
      if (high < 0 || low < 0)
        return MR_ERR_ARG;
      c = (char)(high << 4 | low);
      i += 2;
    }
    to[n++] = c;
  }
  out->len += n;
  return MR_OK;
}

/* The first place in s at or after `from` where one of `stops` stands, or s.len. */
static size_t find(mr_slice s, size_t from, const char *stops) {
  while (from < s.len && !strchr(stops, s.ptr[from]))
    from++;
  return from;
}

static mr_slice part(mr_slice s, size_t from, size_t to) {
  return mr_slice_make(s.ptr + from, to - from);
}

static int parse_port(mr_slice text, int *out) {
  int port = 0;
  if (text.len == 0 || text.len > 5)
    return MR_ERR_ARG;
  for (size_t i = 0; i < text.len; i++) {
    if (!is_digit((unsigned char)text.ptr[i]))
      return MR_ERR_ARG;
    port = port * 10 + (text.ptr[i] - '0');
  }
  if (port > 65535)
    return MR_ERR_ARG;
  *out = port;
  return MR_OK;
}

static int parse_authority(mr_slice a, mr_uri *out) {
  size_t at = find(a, 0, "@"), end;
  if (at < a.len) {
    out->userinfo = part(a, 0, at);
    a = part(a, at + 1, a.len);
  }
  if (a.len > 0 && a.ptr[0] == '[') {
    end = find(a, 0, "]");
    if (end == a.len || end < 3)
      return MR_ERR_ARG;
    for (size_t i = 1; i < end; i++)
      if (mr_hex_value((unsigned char)a.ptr[i]) < 0 && a.ptr[i] != ':' && a.ptr[i] != '.')
        return MR_ERR_ARG;
    end++;
  } else {
    end = find(a, 0, ":[]@");
  }
  out->host = part(a, 0, end);
  if (end == 0)
    return MR_ERR_ARG;
  if (end == a.len)
    return MR_OK;
  if (a.ptr[end] != ':')
    return MR_ERR_ARG;
  return parse_port(part(a, end + 1, a.len), &out->port);
}

int mr_uri_parse(mr_slice url, mr_uri *out) {
  memset(out, 0, sizeof *out);
  out->port = -1;
  for (size_t i = 0; i < url.len; i++) {
    unsigned char c = (unsigned char)url.ptr[i];
    if (c <= ' ' || c == 0x7f || c == '\\')
      return MR_ERR_ARG;
  }
  size_t at = 0;
  while (at < url.len && (is_letter((unsigned char)url.ptr[at]) ||
                          (at > 0 && (is_digit((unsigned char)url.ptr[at]) ||
                                      (url.ptr[at] && strchr("+-.", url.ptr[at]))))))
    at++;
  if (at == 0 || url.len - at < 3 || memcmp(url.ptr + at, "://", 3) != 0)
    return MR_ERR_ARG;
  out->scheme = part(url, 0, at);
  size_t authority = at + 3;
  size_t path = find(url, authority, "/?#");
  int status = parse_authority(part(url, authority, path), out);
  if (status < 0)
    return status;
  size_t query = find(url, path, "?#");
  out->path = part(url, path, query);
  size_t fragment = query;
  if (query < url.len && url.ptr[query] == '?') {
    fragment = find(url, query, "#");
    out->query = part(url, query + 1, fragment);
  }
  if (fragment < url.len)
    out->fragment = part(url, fragment + 1, url.len);
  return MR_OK;
}

bool mr_query_next(mr_slice *rest, mr_slice *name, mr_slice *value) {
  while (rest->len > 0) {
    size_t end = 0, equals;
    while (end < rest->len && rest->ptr[end] != '&')
      end++;
    mr_slice pair = part(*rest, 0, end);
    *rest = part(*rest, end < rest->len ? end + 1 : end, rest->len);
    if (pair.len == 0)
      continue;
    const char *sign = memchr(pair.ptr, '=', pair.len);
    equals = sign ? (size_t)(sign - pair.ptr) : pair.len;
    *name = part(pair, 0, equals);
    *value = sign ? part(pair, equals + 1, pair.len) : mr_slice_make(NULL, 0);
    return true;
  }
  return false;
}
