/* SPDX-License-Identifier: MIT
 *
 * lazy_write.c -- a document as bytes, and whether two say the same.
 * Between two edits everything is one copy.  In a container with edits the white space of
 * what stays is kept, and what is new is set as its neighbours are. */
#include "bindings/lazy.h"

#include <stdlib.h>

#include "bindings/text.h"

enum { DEEPEST = MR_JSON_MAX_DEPTH }; /* edits inside of edits; texts have a limit of their own */

static bool put_value(mr_lazy_ref v, mr_buf *out, int depth);

static void put_span(const mr_lazy_text *in, size_t from, size_t to, mr_buf *out) {
  mr_buf_put(out, in->text.ptr + from, to - from);
}

/* How members or elements stand in the text: what is between two of them, and between a key
 * and its value. */
typedef struct style {
  mr_slice between, colon;
} style;

static style style_of(const mr_lazy_text *in, uint32_t opener) {
  style s = {{",", 1}, {":", 1}};
  bool is_object = in->text.ptr[in->tokens[opener].at] == '{';
  uint32_t first = opener + 1, closer = in->tokens[opener].link - 1;
  if (first == closer)
    return s;
  if (is_object) {
    size_t from = mr_lazy_end(in, first);
    s.colon = mr_slice_make(in->text.ptr + from, in->tokens[first + 1].at - from);
    if (s.colon.ptr[s.colon.len - 1] == ' ')
      s.between = mr_slice_of(", ");
  }
  uint32_t second = mr_lazy_after(in, first + is_object);
  if (second < closer) {
    size_t from = mr_lazy_end(in, first + is_object);
    s.between = mr_slice_make(in->text.ptr + from, in->tokens[second].at - from);
  }
  return s;
}

static bool put_list(const mr_lazy_text *in, const mr_lazy_list *list, mr_buf *out, int depth) {
  if (depth > DEEPEST)
    return false;
  uint32_t opener = list->token, closer = in->tokens[opener].link - 1;
  bool is_object = in->text.ptr[in->tokens[opener].at] == '{';
  style s = style_of(in, opener);
  const mr_lazy_entry *before = NULL;
  mr_buf_putc(out, is_object ? '{' : '[');
  for (uint32_t i = 0; i < list->count; i++) {
    const mr_lazy_entry *e = &list->entries[i];
    uint32_t o = e->original;
    if (!e->value.in)
      continue;
    if (!before) { /* white space behind the opener */
      if (opener + 1 < closer)
        put_span(in, in->tokens[opener].at + 1, in->tokens[opener + 1].at, out);
    } else if (o != MR_LAZY_NEW && before->original != MR_LAZY_NEW &&
               mr_lazy_after(in, before->original + is_object) == o) {
      put_span(in, mr_lazy_end(in, before->original + is_object), in->tokens[o].at, out);
    } else {
      mr_buf_slice(out, s.between);
    }
    if (is_object && o != MR_LAZY_NEW) {
      put_span(in, in->tokens[o].at, in->tokens[o + 1].at, out);
    } else if (is_object) {
      put_value(e->key, out, depth);
      mr_buf_slice(out, s.colon);
    }
    if (!put_value(e->value, out, depth))
      return false;
    before = e;
  }
  if (before && opener + 1 < closer) { /* white space before the closer */
    uint32_t last = opener + 1;
    for (uint32_t next = last; next < closer; next = mr_lazy_after(in, next + is_object))
      last = next;
    put_span(in, mr_lazy_end(in, last + is_object), in->tokens[closer].at, out);
  }
  mr_buf_putc(out, is_object ? '}' : ']');
  return true;
}

static bool put_value(mr_lazy_ref v, mr_buf *out, int depth) {
  const mr_lazy_text *in = v.in;
  size_t from = in->tokens[v.token].at;
  char kind = in->text.ptr[from];
  if (in->opened_count && (kind == '{' || kind == '[')) {
    uint32_t behind = in->tokens[v.token].link;
    for (uint32_t i = mr_lazy_find(in, v.token);
         i < in->opened_count && in->opened[i]->token < behind;) {
      const mr_lazy_list *list = in->opened[i];
      put_span(in, from, in->tokens[list->token].at, out);
      if (!put_list(in, list, out, depth + 1))
        return false;
      from = mr_lazy_end(in, list->token);
      i = mr_lazy_find(in, in->tokens[list->token].link);
    }
  }
  put_span(in, from, mr_lazy_end(in, v.token), out);
  return true;
}

int mr_lazy_write(mr_lazy_ref v, mr_buf *out) {
  return !put_value(v, out, 0) ? MR_ERR_LIMIT : out->status;
}

mr_slice mr_lazy_raw(mr_lazy_ref v) {
  const mr_lazy_text *in = v.in;
  size_t from = in->tokens[v.token].at, to = mr_lazy_end(in, v.token);
  char kind = in->text.ptr[from];
  if (in->opened_count && (kind == '{' || kind == '[')) {
    uint32_t i = mr_lazy_find(in, v.token);
    if (i < in->opened_count && in->opened[i]->token < in->tokens[v.token].link)
      return mr_slice_make(NULL, 0);
  }
  return mr_slice_make(in->text.ptr + from, to - from);
}

/* ---- equality ---- */

/* A number as its digits, without zeros at either end, and the power of ten of the last. */
typedef struct decimal {
  bool is_negative;
  mr_slice digits; /* may hold a point, which counts for nothing */
  size_t count;    /* digits without the point; 0: the number is zero */
  int64_t power;
} decimal;

static decimal decimal_of(mr_slice s) {
  decimal d = {s.len > 0 && s.ptr[0] == '-', {NULL, 0}, 0, 0};
  const char *p = s.ptr + d.is_negative, *end = s.ptr + s.len;
  const char *first = NULL, *last = NULL;
  int64_t place = 0, last_place = 0;
  bool is_fraction = false;
  for (; p < end && *p != 'e' && *p != 'E'; p++) {
    if (*p == '.') {
      is_fraction = true;
      continue;
    }
    place++;
    d.power -= is_fraction;
    d.count += first != NULL || *p != '0';
    if (*p != '0') {
      first = first ? first : p;
      last = p;
      last_place = place;
    }
  }
  if (p < end) {
    bool is_small = *++p == '-';
    int64_t exponent = 0;
    for (p += *p == '-' || *p == '+'; p < end; p++)
      if (exponent < INT64_C(1000000000000000))
        exponent = exponent * 10 + (*p - '0');
    d.power += is_small ? -exponent : exponent;
  }
  if (!first) {
    d = (decimal){false, {NULL, 0}, 0, 0};
    return d;
  }
  d.count -= (size_t)(place - last_place);
  d.power += place - last_place;
  d.digits = mr_slice_make(first, (size_t)(last - first) + 1);
  return d;
}

bool mr_lazy_same_number(mr_slice a, mr_slice b) {
  if (mr_slice_equal(a, b))
    return true;
  decimal x = decimal_of(a), y = decimal_of(b);
  if (x.count != y.count || x.power != y.power || x.is_negative != y.is_negative)
    return false;
  const char *p = x.digits.ptr, *q = y.digits.ptr;
  for (size_t i = 0; i < x.count; i++, p++, q++) {
    p += *p == '.';
    q += *q == '.';
    if (*p != *q)
      return false;
  }
  return true;
}

typedef struct member {
  mr_slice key; /* in `names` if it had escapes */
  mr_lazy_ref value;
  uint32_t place;
} member;

static int by_key(const void *a, const void *b) {
  const member *x = a, *y = b;
  int order = mr_slice_compare(x->key, y->key);
  return order ? order : x->place < y->place ? -1 : x->place > y->place;
}

/* The members of an object sorted by key, of several with one name the last. */
static int collect(mr_lazy_ref object, mr_buf *members, mr_buf *names) {
  mr_lazy_cursor c = {0, 0};
  mr_lazy_ref key, value;
  size_t room = 0;
  while (mr_lazy_next(object, &c, &key, &value)) {
    uint32_t link = mr_lazy_token(key).link;
    room += link & MR_JSON_ESCAPED ? link & ~MR_JSON_ESCAPED : 0;
  }
  if (room && !mr_buf_reserve(names, room)) /* keys must not move once they are there */
    return MR_ERR_MEMORY;
  mr_buf scratch;
  mr_buf_init(&scratch, members->alloc);
  c = (mr_lazy_cursor){0, 0};
  for (uint32_t place = 0; mr_lazy_next(object, &c, &key, &value); place++) {
    member m = {mr_json_token_string(key.in->text, mr_lazy_token(key), &scratch), value, place};
    if (mr_lazy_token(key).link & MR_JSON_ESCAPED) {
      size_t at = names->len;
      mr_buf_slice(names, m.key);
      m.key.ptr = names->ptr + at;
    }
    mr_buf_put(members, &m, sizeof m);
  }
  int status = scratch.status < 0 || members->status < 0 ? MR_ERR_MEMORY : MR_OK;
  mr_buf_clear(&scratch);
  size_t n = status < 0 ? 0 : members->len / sizeof(member), kept = 0;
  member *list = (member *)(void *)members->ptr;
  if (n > 1)
    qsort(list, n, sizeof *list, by_key);
  for (size_t i = 0; i < n; i++)
    if (i + 1 == n || !mr_slice_equal(list[i].key, list[i + 1].key))
      list[kept++] = list[i];
  members->len = kept * sizeof(member);
  return status;
}

static int equal(mr_lazy_ref a, mr_lazy_ref b, mr_alloc *alloc, int depth);

static int equal_objects(mr_lazy_ref a, mr_lazy_ref b, mr_alloc *alloc, int depth) {
  mr_buf lists[2], names[2];
  for (int i = 0; i < 2; i++) {
    mr_buf_init(&lists[i], alloc);
    mr_buf_init(&names[i], alloc);
  }
  int status = collect(a, &lists[0], &names[0]);
  if (status == MR_OK)
    status = collect(b, &lists[1], &names[1]);
  if (status == MR_OK) {
    status = lists[0].len == lists[1].len;
    const member *x = (const member *)(void *)lists[0].ptr,
                 *y = (const member *)(void *)lists[1].ptr;
    for (size_t i = 0; status == 1 && i < lists[0].len / sizeof *x; i++) {
      status = mr_slice_equal(x[i].key, y[i].key);
      if (status == 1)
        status = equal(x[i].value, y[i].value, alloc, depth);
    }
  }
  for (int i = 0; i < 2; i++) {
    mr_buf_clear(&lists[i]);
    mr_buf_clear(&names[i]);
  }
  return status;
}

static int equal_strings(mr_lazy_ref a, mr_lazy_ref b, mr_alloc *alloc) {
  mr_buf x, y;
  mr_buf_init(&x, alloc);
  mr_buf_init(&y, alloc);
  int status = mr_slice_equal(mr_json_token_string(a.in->text, mr_lazy_token(a), &x),
                              mr_json_token_string(b.in->text, mr_lazy_token(b), &y));
  if (x.status < 0 || y.status < 0)
    status = MR_ERR_MEMORY;
  mr_buf_clear(&x);
  mr_buf_clear(&y);
  return status;
}

static bool is_number(char kind) {
  return kind == '-' || (kind >= '0' && kind <= '9');
}

static int equal(mr_lazy_ref a, mr_lazy_ref b, mr_alloc *alloc, int depth) {
  char kind = mr_lazy_kind(a), other = mr_lazy_kind(b);
  if (is_number(kind) && is_number(other))
    return mr_lazy_same_number(mr_json_token_raw(a.in->text, mr_lazy_token(a)),
                               mr_json_token_raw(b.in->text, mr_lazy_token(b)));
  if (kind != other)
    return 0;
  if (kind == '"')
    return equal_strings(a, b, alloc);
  if (kind == '{')
    return depth > DEEPEST ? MR_ERR_LIMIT : equal_objects(a, b, alloc, depth + 1);
  if (kind != '[')
    return 1;
  if (depth > DEEPEST)
    return MR_ERR_LIMIT;
  mr_lazy_cursor c = {0, 0}, d = {0, 0};
  mr_lazy_ref key, x, y;
  for (;;) {
    bool more = mr_lazy_next(a, &c, &key, &x), also = mr_lazy_next(b, &d, &key, &y);
    if (!more || !also)
      return more == also;
    int status = equal(x, y, alloc, depth + 1);
    if (status != 1)
      return status;
  }
}

int mr_lazy_equal(mr_lazy_ref a, mr_lazy_ref b, mr_alloc *alloc) {
  return equal(a, b, alloc, 0);
}
