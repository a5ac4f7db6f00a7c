/* SPDX-License-Identifier: MIT
 *
 * json_tree.c -- a tree of values: from JSON, as a source, from a sink, compared, printed. */
#include "tests/support/json_tree.h"

#include <math.h>
#include <stdlib.h>

#include "bindings/json.h"
#include "bindings/text.h"

typedef struct block {
  struct block *next;
  max_align_t data[];
} block;

void *tree_alloc(tree_arena *a, size_t n) {
  block *b = calloc(1, sizeof *b + n);
  if (!b)
    abort();
  b->next = a->blocks;
  a->blocks = b;
  return b->data;
}

mr_slice tree_copy(tree_arena *a, mr_slice s) {
  char *copy = tree_alloc(a, s.len + 1);
  if (s.len)
    memcpy(copy, s.ptr, s.len);
  return mr_slice_make(copy, s.len);
}

void tree_arena_clear(tree_arena *a) {
  for (block *b = a->blocks; b;) {
    block *next = b->next;
    free(b);
    b = next;
  }
  a->blocks = NULL;
}

static tree *new_tree(tree_arena *a, tree_kind kind) {
  tree *t = tree_alloc(a, sizeof *t);
  t->kind = kind;
  return t;
}

static void append(tree *parent, tree *child) {
  if (parent->last)
    parent->last->next = child;
  else
    parent->first = child;
  parent->last = child;
  parent->count++;
}

/* ---- from JSON ---- */

static tree *read_value(tree_arena *a, mr_json_reader *r, mr_json_event event) {
  tree *t;
  switch (event) {
  case MR_JSON_STRING:
    t = new_tree(a, TREE_TEXT);
    t->text = tree_copy(a, r->text);
    return t;
  case MR_JSON_INTEGER:
    t = new_tree(a, TREE_INT);
    t->integer = r->integer;
    return t;
  case MR_JSON_DOUBLE:
    t = new_tree(a, TREE_DOUBLE);
    t->number = r->number;
    return t;
  case MR_JSON_TRUE:
  case MR_JSON_FALSE:
    t = new_tree(a, TREE_BOOL);
    t->boolean = event == MR_JSON_TRUE;
    return t;
  case MR_JSON_NULL:
    return new_tree(a, TREE_NULL);
  case MR_JSON_ARRAY:
    t = new_tree(a, TREE_LIST);
    while ((event = mr_json_next(r)) != MR_JSON_ARRAY_END) {
      tree *item = event == MR_JSON_ERROR ? NULL : read_value(a, r, event);
      if (!item)
        return NULL;
      append(t, item);
    }
    return t;
  case MR_JSON_OBJECT:
    t = new_tree(a, TREE_OBJECT);
    while ((event = mr_json_next(r)) != MR_JSON_OBJECT_END) {
      if (event != MR_JSON_KEY)
        return NULL;
      mr_slice name = tree_copy(a, r->text);
      event = mr_json_next(r);
      tree *item = event == MR_JSON_ERROR ? NULL : read_value(a, r, event);
      if (!item)
        return NULL;
      item->name = name;
      append(t, item);
    }
    return t;
  default:
    return NULL;
  }
}

tree *tree_parse(tree_arena *a, mr_slice text) {
  mr_json_reader r;
  mr_json_init(&r, text, NULL, MR_DEPTH_MAX);
  tree *t = read_value(a, &r, mr_json_next(&r));
  if (t && mr_json_next(&r) != MR_JSON_END)
    t = NULL;
  mr_json_clear(&r);
  return t;
}

static const tree *find(const tree *t, mr_slice name) {
  if (!t || t->kind != TREE_OBJECT)
    return NULL;
  for (const tree *c = t->first; c; c = c->next)
    if (mr_slice_equal(c->name, name))
      return c;
  return NULL;
}

const tree *tree_get(const tree *t, const char *name) {
  return find(t, mr_slice_of(name));
}

mr_slice tree_text(const tree *t, const char *name) {
  const tree *c = tree_get(t, name);
  return c && c->kind == TREE_TEXT ? c->text : mr_slice_of("");
}

bool tree_flag(const tree *t, const char *name) {
  const tree *c = tree_get(t, name);
  return c && c->kind == TREE_BOOL && c->boolean;
}

/* ---- comparing ---- */

static bool number_of(const tree *t, double *out) {
  switch (t->kind) {
  case TREE_INT:
    *out = (double)t->integer;
    return true;
  case TREE_DOUBLE:
    *out = t->number;
    return true;
  case TREE_TEXT:
    if (mr_slice_is(t->text, "NaN"))
      *out = (double)NAN;
    else if (mr_slice_is(t->text, "Infinity"))
      *out = (double)INFINITY;
    else if (mr_slice_is(t->text, "-Infinity"))
      *out = -(double)INFINITY;
    else
      return false;
    return true;
  default:
    return false;
  }
}

bool tree_equal(const tree *a, const tree *b) {
  double x, y;
  if (!a || !b)
    return a == b;
  if (a->kind == TREE_TEXT && b->kind == TREE_TEXT)
    return mr_slice_equal(a->text, b->text);
  if (number_of(a, &x) && number_of(b, &y)) {
    if (a->kind == TREE_INT && b->kind == TREE_INT)
      return a->integer == b->integer;
    return (isnan(x) && isnan(y)) || x == y || fabs(x - y) < fabs(x) * 1e-12;
  }
  if (a->kind != b->kind || a->count != b->count)
    return false;
  switch (a->kind) {
  case TREE_BOOL:
    return a->boolean == b->boolean;
  case TREE_LIST:
    for (const tree *p = a->first, *q = b->first; p; p = p->next, q = q->next)
      if (!tree_equal(p, q))
        return false;
    return true;
  case TREE_OBJECT:
    for (const tree *p = a->first; p; p = p->next)
      if (!tree_equal(p, find(b, p->name)))
        return false;
    return true;
  default:
    return true;
  }
}

void tree_print(mr_buf *out, const tree *t) {
  if (!t) {
    mr_buf_puts(out, "(nothing)");
    return;
  }
  switch (t->kind) {
  case TREE_NULL:
    mr_buf_puts(out, "null");
    return;
  case TREE_BOOL:
    mr_buf_puts(out, t->boolean ? "true" : "false");
    return;
  case TREE_INT:
    mr_text_integer(out, t->integer);
    return;
  case TREE_DOUBLE:
    mr_text_double(out, t->number);
    return;
  case TREE_TEXT:
    mr_json_quote(out, t->text, false);
    return;
  default:
    break;
  }
  mr_buf_putc(out, t->kind == TREE_LIST ? '[' : '{');
  for (const tree *c = t->first; c; c = c->next) {
    if (c != t->first)
      mr_buf_putc(out, ',');
    if (t->kind == TREE_OBJECT) {
      mr_json_quote(out, c->name, false);
      mr_buf_putc(out, ':');
    }
    tree_print(out, c);
  }
  mr_buf_putc(out, t->kind == TREE_LIST ? ']' : '}');
}

/* ---- the source ---- */

static const tree *top(const tree_source *s) {
  return s->stack[s->depth];
}

static void push(mr_source *base, const tree *t) {
  tree_source *s = (tree_source *)base;
  if (s->depth + 1 >= (int)MR_COUNT(s->stack))
    abort();
  s->stack[++s->depth] = t;
}

static void get(mr_source *base, mr_value *out) {
  const tree *t = top((tree_source *)base);
  memset(out, 0, sizeof *out);
  if (!t)
    return;
  static const mr_value_type types[] = {MR_VALUE_NONE, MR_VALUE_BOOL, MR_VALUE_INT, MR_VALUE_FLOAT,
                                        MR_VALUE_TEXT, MR_VALUE_TREE, MR_VALUE_TREE};
  out->type = types[t->kind];
  out->boolean = t->boolean;
  out->integer = t->integer;
  out->number = t->number;
  out->text = t->text;
}

static bool enter(mr_source *base, mr_slice name) {
  const tree *t = find(top((tree_source *)base), name);
  if (!t || t->kind == TREE_NULL)
    return false;
  push(base, t);
  return true;
}

static size_t length(mr_source *base) {
  const tree *t = top((tree_source *)base);
  return t->kind == TREE_LIST ? t->count : 0;
}

static void enter_item(mr_source *base, size_t i) {
  const tree *t = top((tree_source *)base)->first;
  while (t && i-- > 0)
    t = t->next;
  push(base, t);
}

static void leave(mr_source *base) {
  ((tree_source *)base)->depth--;
}

static int compare(const void *a, const void *b) {
  mr_slice x = (*(const tree *const *)a)->name, y = (*(const tree *const *)b)->name;
  size_t n = x.len < y.len ? x.len : y.len;
  int order = n ? memcmp(x.ptr, y.ptr, n) : 0;
  return order ? order : (x.len > y.len) - (x.len < y.len);
}

static size_t open_keys(mr_source *base, bool *all_text) {
  tree_source *s = (tree_source *)base;
  const tree *t = top(s);
  size_t n = 0;
  *all_text = t->kind == TREE_OBJECT || t->count == 0;
  const tree **keys = tree_alloc(s->arena, (t->count + 1) * sizeof *keys);
  if (t->kind == TREE_OBJECT)
    for (const tree *c = t->first; c; c = c->next)
      keys[n++] = c;
  if (n > 1)
    qsort(keys, n, sizeof *keys, compare);
  if (s->open >= (int)MR_COUNT(s->keys))
    abort();
  s->keys[s->open++] = keys;
  return n;
}

static mr_slice key(mr_source *base, size_t i) {
  tree_source *s = (tree_source *)base;
  return s->keys[s->open - 1][i]->name;
}

static void enter_key(mr_source *base, size_t i) {
  tree_source *s = (tree_source *)base;
  push(base, s->keys[s->open - 1][i]);
}

static void close_keys(mr_source *base) {
  ((tree_source *)base)->open--;
}

static bool is_list(mr_source *base) {
  return top((tree_source *)base)->kind == TREE_LIST;
}

void tree_source_init(tree_source *s, const tree *root, tree_arena *a) {
  static const mr_source calls = {get,       enter, length,    enter_item, leave,
                                  open_keys, key,   enter_key, close_keys, is_list};
  s->base = calls;
  s->depth = 0;
  s->open = 0;
  s->stack[0] = root;
  s->arena = a;
}

/* ---- the sink ---- */

static tree *add(mr_sink *base, tree_kind kind) {
  tree_sink *s = (tree_sink *)base;
  tree *t = new_tree(s->arena, kind);
  t->name = s->name;
  s->name = mr_slice_make("", 0);
  if (s->depth == 0)
    s->root = t;
  else
    append(s->stack[s->depth - 1], t);
  return t;
}

static void sink_name(mr_sink *base, mr_slice name) {
  tree_sink *s = (tree_sink *)base;
  s->name = tree_copy(s->arena, name);
}

static void begin(mr_sink *base, tree_kind kind) {
  tree_sink *s = (tree_sink *)base;
  tree *t = add(base, kind);
  if (s->depth >= (int)MR_COUNT(s->stack))
    abort();
  s->stack[s->depth++] = t;
}

static void begin_object(mr_sink *base) {
  begin(base, TREE_OBJECT);
}
static void begin_list(mr_sink *base) {
  begin(base, TREE_LIST);
}
static void end(mr_sink *base) {
  ((tree_sink *)base)->depth--;
}
static void put_text(mr_sink *base, mr_slice text) {
  add(base, TREE_TEXT)->text = tree_copy(((tree_sink *)base)->arena, text);
}
static void put_integer(mr_sink *base, int64_t value) {
  add(base, TREE_INT)->integer = value;
}
static void put_double(mr_sink *base, double value) {
  add(base, TREE_DOUBLE)->number = value;
}
static void put_bool(mr_sink *base, bool value) {
  add(base, TREE_BOOL)->boolean = value;
}
static void put_null(mr_sink *base) {
  add(base, TREE_NULL);
}

static void put_secret(mr_sink *base, mr_slice text) {
  add(base, TREE_TEXT)->text = tree_copy(((tree_sink *)base)->arena, text);
}

void tree_sink_init(tree_sink *s, tree_arena *a) {
  static const mr_sink calls = {sink_name,   begin_object, begin_list, end,     put_text,
                                put_integer, put_double,   put_bool,   put_null, put_secret};
  memset(s, 0, sizeof *s);
  s->base = calls;
  s->arena = a;
}
