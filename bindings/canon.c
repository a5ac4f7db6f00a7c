/* SPDX-License-Identifier: MIT
 *
 * canon.c -- the parts of a canonical request.
 * Sorting is by bytes, never by locale.  What would let one canonical text stand for two
 * requests (a line break in a name or a value) is refused, not repaired. */
#include "bindings/canon.h"

#include <stdlib.h>

#include "bindings/text.h"
#include "bindings/uri.h"

static bool is_space(unsigned char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool mr_canon_name_begins(mr_slice a, const char *b) {
  size_t n = strlen(b);
  if (a.len < n)
    return false;
  for (size_t i = 0; i < n; i++)
    if (mr_ascii_lower(a.ptr[i]) != b[i])
      return false;
  return true;
}

bool mr_canon_name_is(mr_slice a, const char *b) {
  for (size_t i = 0; i < a.len; i++)
    if (!b[i] || mr_ascii_lower(a.ptr[i]) != b[i])
      return false;
  return !b[a.len];
}

bool mr_canon_is_token(mr_slice s) {
  /* A bit for each byte: visible ASCII without "(),/:;<=>?@[\]{}. */
  static const uint64_t token[4] = {UINT64_C(0x03ff6cfa00000000), UINT64_C(0x57ffffffc7fffffe), 0,
                                    0};
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.ptr[i];
    if (!(token[c >> 6] >> (c & 63) & 1))
      return false;
  }
  return s.len > 0;
}

mr_slice mr_canon_trim(mr_slice s) {
  while (s.len > 0 && is_space((unsigned char)s.ptr[0])) {
    s.ptr++;
    s.len--;
  }
  while (s.len > 0 && is_space((unsigned char)s.ptr[s.len - 1]))
    s.len--;
  return s;
}

/* ---- path ---- */

static void put_as_sent(mr_buf *out, mr_slice path) {
  static const char digits[] = "0123456789ABCDEF";
  for (size_t i = 0; i < path.len; i++) {
    unsigned char c = (unsigned char)path.ptr[i];
    if (c > ' ' && c < 0x7f) {
      mr_buf_putc(out, (char)c);
    } else {
      char code[3] = {'%', digits[c >> 4], digits[c & 15]};
      mr_buf_put(out, code, 3);
    }
  }
}

/* Writes the segments behind out->len; ".." takes back to the slash before, never past
 * `start`. */
static void normalize_path(mr_buf *out, mr_slice path) {
  size_t start = out->len, i = 0;
  while (i < path.len) {
    while (i < path.len && path.ptr[i] == '/')
      i++;
    size_t from = i;
    while (i < path.len && path.ptr[i] != '/')
      i++;
    mr_slice segment = mr_slice_make(path.ptr + from, i - from);
    if (segment.len == 0 || mr_slice_is(segment, "."))
      continue;
    if (mr_slice_is(segment, "..")) {
      while (out->len > start && out->ptr[--out->len] != '/') {
      }
      continue;
    }
    mr_buf_putc(out, '/');
    mr_buf_slice(out, segment);
  }
  if (out->len == start || path.ptr[path.len - 1] == '/')
    mr_buf_putc(out, '/');
}

/* Is there a segment for normalize_path to take out? */
static bool is_normal(mr_slice path) {
  if (path.ptr[0] != '/')
    return false;
  for (size_t i = 1; i < path.len; i++)
    if (path.ptr[i - 1] == '/' && (path.ptr[i] == '/' || path.ptr[i] == '.'))
      return false;
  return true;
}

void mr_canon_path(mr_buf *out, mr_slice path, bool normalize, bool encode) {
  mr_buf normal;
  mr_buf_init(&normal, out->alloc);
  if (path.len == 0)
    path = mr_slice_of("/");
  if (normalize && !is_normal(path)) {
    normalize_path(&normal, path);
    if (normal.status < 0)
      out->status = normal.status;
    path = mr_buf_view(&normal);
  } else if (path.ptr[0] != '/') {
    mr_buf_putc(out, '/');
  }
  if (encode)
    mr_uri_encode(out, path, true);
  else
    put_as_sent(out, path);
  mr_buf_clear(&normal);
}

/* ---- query ---- */

typedef struct encoded_pair {
  size_t name, value, end; /* offsets into the scratch buffer */
  const char *base;
} encoded_pair;

static mr_slice name_of(const encoded_pair *p) {
  return mr_slice_make(p->base + p->name, p->value - p->name);
}

static mr_slice value_of(const encoded_pair *p) {
  return mr_slice_make(p->base + p->value, p->end - p->value);
}

static int compare_pairs(const void *x, const void *y) {
  int order = mr_slice_compare(name_of(x), name_of(y));
  return order ? order : mr_slice_compare(value_of(x), value_of(y));
}

void mr_canon_reencode(mr_buf *out, mr_slice s) {
  size_t from = 0;
  for (size_t i = 0; i < s.len; i++) {
    if (s.ptr[i] != '%' || s.len - i < 3)
      continue;
    int high = mr_hex_value((unsigned char)s.ptr[i + 1]);
    int low = mr_hex_value((unsigned char)s.ptr[i + 2]);
    if (high < 0 || low < 0)
      continue;
    char decoded = (char)(high << 4 | low);
    if (i > from)
      mr_uri_encode(out, mr_slice_make(s.ptr + from, i - from), false);
    mr_uri_encode(out, mr_slice_make(&decoded, 1), false);
    i += 2;
    from = i + 1;
  }
  if (s.len > from)
    mr_uri_encode(out, mr_slice_make(s.ptr + from, s.len - from), false);
}

static void put_encoded_pair(mr_buf *scratch, mr_buf *pairs, mr_pair p, bool raw) {
  encoded_pair e = {scratch->len, 0, 0, NULL};
  if (raw)
    mr_canon_reencode(scratch, p.name);
  else
    mr_uri_encode(scratch, p.name, false);
  e.value = scratch->len;
  if (raw)
    mr_canon_reencode(scratch, p.value);
  else if (p.value.len)
    mr_uri_encode(scratch, p.value, false);
  e.end = scratch->len;
  mr_buf_put(pairs, &e, sizeof e);
}

void mr_canon_query(mr_buf *out, mr_slice query, bool (*skip)(mr_slice name), const mr_pair *extra,
                    size_t extra_count) {
  mr_buf scratch, pairs;
  mr_pair p;
  mr_buf_init(&scratch, out->alloc);
  mr_buf_init(&pairs, out->alloc);
  scratch.wipe = out->wipe;
  while (mr_query_next(&query, &p.name, &p.value))
    if (!skip || !skip(p.name))
      put_encoded_pair(&scratch, &pairs, p, true);
  for (size_t i = 0; i < extra_count; i++)
    put_encoded_pair(&scratch, &pairs, extra[i], false);
  if (scratch.status < 0 || pairs.status < 0) {
    out->status = MR_ERR_MEMORY;
    goto done;
  }
  encoded_pair *list = (encoded_pair *)(void *)pairs.ptr;
  size_t count = pairs.len / sizeof *list;
  for (size_t i = 0; i < count; i++)
    list[i].base = scratch.ptr ? scratch.ptr : "";
  if (count > 1)
    qsort(list, count, sizeof *list, compare_pairs);
  for (size_t i = 0; i < count; i++) {
    if (i > 0)
      mr_buf_putc(out, '&');
    mr_buf_put(out, list[i].base + list[i].name, list[i].value - list[i].name);
    mr_buf_putc(out, '=');
    mr_buf_put(out, list[i].base + list[i].value, list[i].end - list[i].value);
  }
done:
  mr_buf_clear(&pairs);
  mr_buf_clear(&scratch);
}

/* ---- headers ---- */

static int compare_names(mr_slice a, mr_slice b) {
  size_t n = a.len < b.len ? a.len : b.len;
  for (size_t i = 0; i < n; i++) {
    int order = (unsigned char)mr_ascii_lower(a.ptr[i]) - (unsigned char)mr_ascii_lower(b.ptr[i]);
    if (order)
      return order;
  }
  return (a.len > b.len) - (a.len < b.len);
}

/* Equal names keep the order of the request: list points into one array. */
static int compare_headers(const void *x, const void *y) {
  const mr_pair *a = *(const mr_pair *const *)x, *b = *(const mr_pair *const *)y;
  int order = compare_names(a->name, b->name);
  return order ? order : (a > b) - (a < b);
}

/* Most lists are short, and many are in order. */
static void sort_headers(const mr_pair **list, size_t count) {
  if (count > 32) {
    qsort(list, count, sizeof *list, compare_headers);
    return;
  }
  for (size_t i = 1; i < count; i++) {
    const mr_pair *p = list[i];
    size_t k = i;
    for (; k > 0 && compare_headers(&list[k - 1], &p) > 0; k--)
      list[k] = list[k - 1];
    list[k] = p;
  }
}

static void put_lower(mr_buf *out, mr_slice name) {
  char *to = mr_buf_reserve(out, name.len);
  if (!to)
    return;
  for (size_t i = 0; i < name.len; i++)
    to[i] = mr_ascii_lower(name.ptr[i]);
  out->len += name.len;
}

static int put_folded(mr_buf *out, mr_slice value) {
  value = mr_canon_trim(value);
  char *to = mr_buf_reserve(out, value.len);
  size_t n = 0;
  if (!to)
    return MR_ERR_MEMORY;
  for (size_t i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.ptr[i];
    if (c == '\0')
      return MR_ERR_ARG;
    if (!is_space(c)) {
      to[n++] = (char)c;
      continue;
    }
    /* RFC 9112 section 5.2: a line break counts as white space only if the next line
     * begins with white space; the value was trimmed, so there is a next byte. */
    char next = value.ptr[i + 1];
    if ((c == '\n' && next != ' ' && next != '\t') ||
        (c == '\r' && next != '\n' && next != ' ' && next != '\t'))
      return MR_ERR_ARG;
    if (n == 0 || to[n - 1] != ' ')
      to[n++] = ' ';
  }
  out->len += n;
  return MR_OK;
}

int mr_canon_headers(mr_buf *block, mr_buf *names, const mr_pair **list, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!mr_canon_is_token(list[i]->name))
      return MR_ERR_ARG;
  sort_headers(list, count);
  for (size_t i = 0; i < count; i++) {
    if (i > 0 && compare_names(list[i]->name, list[i - 1]->name) == 0) {
      mr_buf_putc(block, ',');
    } else {
      if (i > 0) {
        mr_buf_putc(block, '\n');
        mr_buf_putc(names, ';');
      }
      put_lower(block, list[i]->name);
      put_lower(names, list[i]->name);
      mr_buf_putc(block, ':');
    }
    int status = put_folded(block, list[i]->value);
    if (status < 0)
      return status;
  }
  if (count > 0)
    mr_buf_putc(block, '\n');
  return block->status < 0 || names->status < 0 ? MR_ERR_MEMORY : MR_OK;
}
