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

static tree *structure(shape_values *v, const mr_shape *shape, int depth) {
  tree *t = container(v, TREE_OBJECT);
  if (shape->kind == MR_UNION) {
    for (uint32_t i = 0; i < shape->count; i++) { /* a member that ends soon, when deep */
      const mr_member *m = &v->models->members[shape->first + (i + v->seed) % shape->count];
      const mr_shape *target = mr_shape_at(v->models, m->shape);
      if (depth > DEEP && target->kind < MR_STRING && i + 1 < shape->count)
        continue;
      append(t, make(v, target, m, depth + 1), mr_text(v->models, m->name));
      break;
    }
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

static tree *make(shape_values *v, const mr_shape *shape, const mr_member *member, int depth) {
  static const char *const texts[] = {"plain",  "a b/c?d=e&f#g%25+h",
                                      "<&>\"'", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xb1",
                                      "a,b",    "arn:aws:x:y::z/w"};
  const mr_shape *element = mr_shape_at(v->models, shape->element);
  bool header = member && member->location == MR_AT_HEADER;
  tree *t;
  switch (shape->kind) {
  case MR_STRUCTURE:
  case MR_UNION:
    return structure(v, shape, depth);
  case MR_LIST:
    t = container(v, TREE_LIST);
    append(t, make(v, element, NULL, depth + 1), mr_slice_of(""));
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
