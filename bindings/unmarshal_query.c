/* SPDX-License-Identifier: MIT
 *
 * unmarshal_query.c -- parameters out of a form, as the query protocol sends them.
 * The pairs are decoded once into u->unescaped; u->scratch holds the name of what is looked
 * for ("Tags.member.2.Key").  What a pair is worth is told by the shape alone, so unknown
 * names are passed over, as the services do. */
#include "bindings/text.h"
#include "bindings/unmarshal.h"
#include "bindings/uri.h"

enum { PAIRS_MAX = 2048 }; /* every name is looked for among all pairs */

typedef struct pair {
  mr_slice name, value;
} pair;

/* '+' is a space in a form.  False: a '%' without two hex digits. */
static bool decode(mr_buf *out, mr_slice s) {
  size_t from = out->len;
  if (mr_uri_decode(out, s) != MR_OK)
    return false;
  /* An encoded plus has become one as well, so the raw text tells which is which. */
  for (size_t i = 0; i < s.len && from < out->len; from++) {
    if (s.ptr[i] == '+')
      out->ptr[from] = ' ';
    i += s.ptr[i] == '%' ? 3 : 1;
  }
  return true;
}

static bool take_pair(mr_unmarshal *u, mr_slice name, mr_slice value) {
  uint32_t lengths[2] = {0, 0};
  size_t at = u->unescaped.len;
  mr_buf_put(&u->unescaped, lengths, sizeof lengths);
  size_t start = u->unescaped.len;
  if (!decode(&u->unescaped, name))
    return false;
  lengths[0] = (uint32_t)(u->unescaped.len - start);
  start = u->unescaped.len;
  if (value.ptr && !decode(&u->unescaped, value))
    return false;
  lengths[1] = (uint32_t)(u->unescaped.len - start);
  if (u->unescaped.status == MR_OK)
    memcpy(u->unescaped.ptr + at, lengths, sizeof lengths);
  return true;
}

static bool next(mr_slice *rest, pair *p) {
  uint32_t lengths[2];
  if (rest->len < sizeof lengths)
    return false;
  memcpy(lengths, rest->ptr, sizeof lengths);
  p->name = mr_slice_make(rest->ptr + sizeof lengths, lengths[0]);
  p->value = mr_slice_make(p->name.ptr + p->name.len, lengths[1]);
  rest->ptr = p->value.ptr + p->value.len;
  rest->len -= sizeof lengths + lengths[0] + lengths[1];
  return true;
}

/* The pair of that very name; else, where `below` is given, tells whether a name goes on
 * from it with a dot. */
static bool find(mr_unmarshal *u, pair *out, bool *below) {
  mr_slice rest = mr_buf_view(&u->unescaped), want = mr_unmarshal_view(u, &u->scratch);
  pair p;
  if (below)
    *below = false;
  while (next(&rest, &p)) {
    if (mr_slice_equal(p.name, want)) {
      *out = p;
      return true;
    }
    if (below && p.name.len > want.len && p.name.ptr[want.len] == '.' &&
        memcmp(p.name.ptr, want.ptr, want.len) == 0)
      *below = true;
  }
  return false;
}

static bool is_there(mr_unmarshal *u) {
  pair p;
  bool below;
  return find(u, &p, &below) || below;
}

static void push(mr_unmarshal *u, mr_slice part) {
  if (u->scratch.len)
    mr_buf_putc(&u->scratch, '.');
  mr_buf_slice(&u->scratch, part);
}

static void push_index(mr_unmarshal *u, int64_t i) {
  mr_buf_putc(&u->scratch, '.');
  mr_text_integer(&u->scratch, i);
}

static bool is_flat(const mr_shape *shape, const mr_member *member) {
  return (shape->flags & MR_SHAPE_FLAT) || (member && (member->flags & MR_FLAT));
}

static bool get(mr_unmarshal *u, const mr_shape *shape, const mr_member *member);

static bool get_members(mr_unmarshal *u, const mr_shape *shape) {
  size_t before = u->scratch.len;
  for (uint32_t i = 0; i < shape->count; i++) {
    const mr_member *member = &u->models->members[shape->first + i];
    const mr_shape *target = mr_shape_at(u->models, member->shape);
    push(u, mr_text(u->models, member->wire));
    bool ok = true;
    if (is_there(u)) {
      u->sink->name(u->sink, mr_text(u->models, member->name));
      ok = get(u, target, member);
    }
    u->scratch.len = before;
    if (!ok)
      return false;
  }
  return true;
}

static bool get_list(mr_unmarshal *u, const mr_shape *shape, const mr_member *member) {
  size_t start = u->scratch.len;
  if (!is_flat(shape, member))
    push(u, shape->wire ? mr_text(u->models, shape->wire) : mr_slice_of("member"));
  size_t before = u->scratch.len;
  bool ok = true;
  u->sink->begin_list(u->sink);
  for (int64_t i = 1; ok; i++) {
    push_index(u, i);
    if (!is_there(u))
      break;
    ok = get(u, mr_shape_at(u->models, shape->element), NULL);
    u->scratch.len = before;
  }
  u->scratch.len = start;
  if (ok)
    u->sink->end(u->sink);
  return ok;
}

static bool get_map(mr_unmarshal *u, const mr_shape *shape, const mr_member *member) {
  size_t start = u->scratch.len;
  if (!is_flat(shape, member))
    push(u, mr_slice_of("entry"));
  size_t before = u->scratch.len;
  bool ok = true;
  u->sink->begin_object(u->sink);
  for (int64_t i = 1; ok; i++) {
    pair key;
    push_index(u, i);
    size_t entry = u->scratch.len;
    push(u, shape->key_wire ? mr_text(u->models, shape->key_wire) : mr_slice_of("key"));
    if (!find(u, &key, NULL))
      break;
    u->scratch.len = entry;
    push(u, shape->wire ? mr_text(u->models, shape->wire) : mr_slice_of("value"));
    u->sink->name(u->sink, key.value);
    ok = get(u, mr_shape_at(u->models, shape->element), NULL);
    u->scratch.len = before;
  }
  u->scratch.len = start;
  if (ok)
    u->sink->end(u->sink);
  return ok;
}

static bool get_shaped(mr_unmarshal *u, const mr_shape *shape, const mr_member *member) {
  pair p = {{"", 0}, {"", 0}};
  switch (shape->kind) {
  case MR_STRUCTURE:
  case MR_UNION:
    u->sink->begin_object(u->sink);
    if (!get_members(u, shape))
      return false;
    u->sink->end(u->sink);
    return true;
  case MR_LIST:
    return get_list(u, shape, member);
  case MR_MAP:
    return get_map(u, shape, member);
  default:
    if (!find(u, &p, NULL))
      return mr_unmarshal_fail(u, MR_ERR_ARG, mr_unmarshal_view(u, &u->scratch),
                               "parameters below a name that stands for one value");
    return mr_unmarshal_text(u, shape, member, p.value, MR_FORMAT_ISO8601);
  }
}

static bool get(mr_unmarshal *u, const mr_shape *shape, const mr_member *member) {
  if (u->depth >= MR_DEPTH_MAX)
    return mr_unmarshal_fail(u, MR_ERR_LIMIT, mr_unmarshal_view(u, &u->scratch),
                             "nested too deeply");
  u->depth++;
  bool ok = get_shaped(u, shape, member);
  u->depth--;
  return ok;
}

bool mr_unmarshal_query_members(mr_unmarshal *u, const mr_shape *shape, mr_slice form) {
  mr_slice name, value;
  size_t pairs = 0;
  mr_buf_reset(&u->unescaped);
  while (mr_query_next(&form, &name, &value)) {
    if (++pairs > PAIRS_MAX)
      return mr_unmarshal_fail(u, MR_ERR_LIMIT, mr_slice_of(""), "too many parameters");
    if (!take_pair(u, name, value))
      return mr_unmarshal_fail(u, MR_ERR_SYNTAX, mr_slice_of(""),
                               "a % in the form is not followed by two hex digits");
  }
  if (u->unescaped.status != MR_OK)
    return mr_unmarshal_fail(u, MR_ERR_MEMORY, mr_slice_of(""), "out of memory");
  mr_buf_reset(&u->scratch);
  return get_members(u, shape);
}

mr_slice mr_query_action(mr_slice form) {
  mr_slice name, value;
  while (mr_query_next(&form, &name, &value))
    if (mr_slice_is(name, "Action") && value.ptr)
      return value;
  return mr_slice_make(NULL, 0);
}
