/* SPDX-License-Identifier: MIT
 *
 * shape_values.c -- made-up values for every shape of the models. */
#include "tests/support/shape_values.h"

enum { DEEP = 7 };

static tree *make(shape_values *v, const mr_shape *shape, const mr_member *member, int depth);

static void append(tree *parent, tree *child, mr_slice name) {
  child->name = name;
  if (parent->last)
    parent->last->next = child;
  else
    parent->first = child;
  parent->last = child;
  parent->count++;
}

static tree *text(shape_values *v, const char *s) {
  tree *t = tree_alloc(v->arena, sizeof *t);
  t->kind = TREE_TEXT;
  t->text = mr_slice_of(s);
  return t;
}

static tree *integer(shape_values *v, int64_t n) {
  tree *t = tree_alloc(v->arena, sizeof *t);
  t->kind = TREE_INT;
  t->integer = n;
  return t;
}

static tree *container(shape_values *v, tree_kind kind) {
  tree *t = tree_alloc(v->arena, sizeof *t);
  t->kind = kind;
  return t;
}

static bool is_stream(const shape_values *v, const mr_member *member) {
  const mr_shape *shape = mr_shape_at(v->models, member->shape);
  return (member->flags & MR_STREAM) || (shape->flags & (MR_SHAPE_STREAM | MR_SHAPE_EVENTS));
}

static bool left_out(const shape_values *v, const mr_member *member) {
  if (mr_shape_at(v->models, member->shape)->flags & MR_SHAPE_EVENTS)
    return true;
  if (!v->reply)
    return false;
  return is_stream(v, member) || member->location == MR_AT_LABEL ||
         member->location == MR_AT_QUERY || member->location == MR_AT_QUERY_MAP ||
         member->location == MR_AT_STATUS;
}

/* How deep the least value of a shape is; `left` ends the search in shapes that hold
 * themselves. */
static int height(const shape_values *v, const mr_shape *shape, int left) {
  int most = 0, least = left;
  if (left <= 0 || shape->kind >= MR_STRING)
    return 0;
  if (shape->kind == MR_LIST || shape->kind == MR_MAP)
    return 1 + height(v, mr_shape_at(v->models, shape->element), left - 1);
  for (uint32_t i = 0; i < shape->count; i++) {
    const mr_member *m = &v->models->members[shape->first + i];
    if (shape->kind == MR_STRUCTURE && !(m->flags & MR_REQUIRED))
      continue;
    int h = 1 + height(v, mr_shape_at(v->models, m->shape), left - 1);
    most = h > most ? h : most;
    least = h < least ? h : least;
  }
  return shape->kind == MR_UNION ? least : most;
}

/* The member of a union that makes the least value. */
static uint32_t shortest(const shape_values *v, const mr_shape *shape) {
  uint32_t best = 0;
  int least = INT32_MAX;
  for (uint32_t i = 0; i < shape->count; i++) {
    int h = height(v, mr_shape_at(v->models, v->models->members[shape->first + i].shape), 8);
    if (h < least) {
      least = h;
      best = i;
    }
  }
  return best;
}

static tree *structure(shape_values *v, const mr_shape *shape, int depth) {
  tree *t = container(v, TREE_OBJECT);
  if (shape->kind == MR_UNION) {
    uint32_t i = depth > DEEP ? shortest(v, shape) : v->seed % shape->count;
    const mr_member *m = &v->models->members[shape->first + i];
    append(t, make(v, mr_shape_at(v->models, m->shape), m, depth + 1), mr_text(v->models, m->name));
    return t;
  }
  for (uint32_t i = 0; i < shape->count; i++) {
    const mr_member *m = &v->models->members[shape->first + i];
    bool required = (m->flags & MR_REQUIRED) != 0 || is_stream(v, m) ||
                    (v->reply && m->location == MR_AT_HEADERS); /* what is always read */
    if (left_out(v, m) || (!required && (!v->all || depth > DEEP)))
      continue;
    append(t, make(v, mr_shape_at(v->models, m->shape), m, depth + 1), mr_text(v->models, m->name));
  }
  if (v->solid && !t->count && depth && shape->count) {
    const mr_member *m = &v->models->members[shape->first];
    append(t, make(v, mr_shape_at(v->models, m->shape), m, depth + 1), mr_text(v->models, m->name));
  }
  return t;
}

static tree *document(shape_values *v) {
  tree *t = container(v, TREE_OBJECT), *list = container(v, TREE_LIST);
  tree *none = container(v, TREE_NULL), *yes = container(v, TREE_BOOL);
  yes->boolean = true;
  append(list, integer(v, 9007199254740993), mr_slice_of(""));
  append(list, none, mr_slice_of(""));
  append(list, yes, mr_slice_of(""));
  append(list, text(v, "x"), mr_slice_of(""));
  append(t, list, mr_slice_of("list"));
  append(t, container(v, TREE_OBJECT), mr_slice_of("empty"));
  return t;
}

/* Emptiness survives in a body of its own place only: not in headers, labels and flat lists. */
static bool may_be_empty(const mr_shape *shape, const mr_member *member) {
  return member && member->location == MR_AT_BODY &&
         !(member->flags & (MR_PAYLOAD | MR_FLAT | MR_ATTRIBUTE | MR_STREAM)) &&
         !(shape->flags & (MR_SHAPE_FLAT | MR_SHAPE_STREAM));
}

static tree *edge_number(shape_values *v, const mr_shape *shape) {
  const double *limit = shape->range ? &v->models->numbers[(shape->range - 1) * 2] : NULL;
  bool high = v->seed++ & 1, whole = shape->kind == MR_INTEGER || shape->kind == MR_LONG;
  double number = limit ? limit[high] : 0;
  if (!limit || !(number > -1e15 && number < 1e15)) {
    if (whole)
      return integer(v, shape->kind == MR_LONG ? (high ? INT64_MAX : INT64_MIN)
                                               : (high ? INT32_MAX : INT32_MIN));
    number = high ? 1e300 : -2.5e-300;
  }
  if (whole)
    return integer(v, (int64_t)number);
  tree *t = container(v, TREE_DOUBLE);
  t->number = number;
  return t;
}

/* NULL: the ordinary value will do. */
static tree *edge(shape_values *v, const mr_shape *shape, const mr_member *member) {
  bool empty = may_be_empty(shape, member);
  tree *t;
  switch (shape->kind) {
  case MR_LIST:
    return empty ? container(v, TREE_LIST) : NULL;
  case MR_MAP:
    return empty ? container(v, TREE_OBJECT) : NULL;
  case MR_STRING:
    if (!empty || shape->count)
      return NULL;
    empty = !shape->range || v->models->numbers[2 * (shape->range - 1)] < 1;
    return text(v, v->seed++ & 1 && empty ? "" : " \xf4\x8f\xbf\xbd ");
  case MR_BLOB:
    return empty ? text(v, "") : NULL;
  case MR_INTEGER:
  case MR_LONG:
  case MR_FLOAT:
  case MR_DOUBLE:
    return edge_number(v, shape);
  case MR_TIMESTAMP:
    if (!empty || shape->format == MR_FORMAT_RFC822)
      return integer(v, v->seed++ & 1 ? 0 : 253402300799);
    t = container(v, TREE_DOUBLE);
    t->number = 0.25;
    return t;
  default:
    return NULL;
  }
}

static tree *make(shape_values *v, const mr_shape *shape, const mr_member *member, int depth) {
  static const char *const texts[] = {"plain",  "a b/c?d=e&f#g%25+h",
                                      "<&>\"'", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xb1",
                                      "a,b",    "arn:aws:x:y::z/w"};
  const mr_shape *element = mr_shape_at(v->models, shape->element);
  bool header = member && member->location == MR_AT_HEADER;
  tree *t = v->edge ? edge(v, shape, member) : NULL;
  if (t)
    return t;
  switch (shape->kind) {
  case MR_STRUCTURE:
  case MR_UNION:
    return structure(v, shape, depth);
  case MR_LIST:
    t = container(v, TREE_LIST);
    append(t, make(v, element, NULL, depth + 1), mr_slice_of(""));
    if (depth <= DEEP)
      append(t, make(v, element, NULL, depth + 1), mr_slice_of(""));
    return t;
  case MR_MAP:
    t = container(v, TREE_OBJECT);
    append(t, make(v, element, NULL, depth + 1), mr_slice_of("a-key"));
    append(t, make(v, element, NULL, depth + 1), mr_slice_of("b.key"));
    return t;
  case MR_STRING:
    if (shape->count) {
      mr_slice word = mr_text(v->models, v->models->words[shape->first + v->seed % shape->count]);
      return text(v, word.ptr);
    }
    return text(v, texts[v->seed++ % MR_COUNT(texts)]);
  case MR_INTEGER:
    return integer(v, 42 + v->seed);
  case MR_LONG:
    return integer(v, INT64_MAX - v->seed);
  case MR_FLOAT:
  case MR_DOUBLE:
    t = container(v, TREE_DOUBLE);
    t->number = 0.25 + v->seed;
    return t;
  case MR_BOOLEAN:
    t = container(v, TREE_BOOL);
    t->boolean = v->seed & 1;
    return t;
  case MR_TIMESTAMP:
    return integer(v, 1767225600 + v->seed);
  case MR_BLOB:
    t = text(v, "bytes");
    if (!header)
      t->text = mr_slice_make("\0\xff"
                              "bytes\r\n",
                              9);
    return t;
  default:
    return document(v);
  }
}

tree *shape_values_make(shape_values *v, const mr_shape *shape) {
  return shape ? make(v, shape, NULL, 0) : container(v, TREE_OBJECT);
}
