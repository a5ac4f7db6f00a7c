/* SPDX-License-Identifier: MIT
 *
 * json_tree.h -- values as a tree, with a source and a sink over it, for tests and fuzzers.
 * All memory of a tree belongs to its arena. */
#ifndef MR_TEST_JSON_TREE_H
#define MR_TEST_JSON_TREE_H

#include "bindings/shape.h"
#include "bindings/value.h"

typedef enum tree_kind {
  TREE_NULL,
  TREE_BOOL,
  TREE_INT,
  TREE_DOUBLE,
  TREE_TEXT,
  TREE_LIST,
  TREE_OBJECT
} tree_kind;

typedef struct tree tree;
struct tree {
  tree_kind kind;
  bool boolean;
  int64_t integer;
  double number;
  mr_slice text, name; /* name: as a member of an object */
  tree *first, *last, *next;
  size_t count;
};

typedef struct tree_arena {
  void *blocks;
} tree_arena;

void *tree_alloc(tree_arena *a, size_t n); /* zeroed; aborts when there is none */
mr_slice tree_copy(tree_arena *a, mr_slice s);
void tree_arena_clear(tree_arena *a);

/* NULL if the text is no JSON. */
tree *tree_parse(tree_arena *a, mr_slice text);
const tree *tree_get(const tree *t, const char *name); /* NULL: t is none, or has it not */
mr_slice tree_text(const tree *t, const char *name);   /* "" if absent */
bool tree_flag(const tree *t, const char *name);
/* Order of members does not count; 1 equals 1.0; "NaN" equals the number, and so on. */
bool tree_equal(const tree *a, const tree *b);
void tree_print(mr_buf *out, const tree *t);

typedef struct tree_source {
  mr_source base;
  const tree *stack[MR_DEPTH_MAX * 2 + 16];
  const tree **keys[MR_DEPTH_MAX + 16];
  int depth, open;
  tree_arena *arena;
} tree_source;
void tree_source_init(tree_source *s, const tree *root, tree_arena *a);

typedef struct tree_sink {
  mr_sink base;
  tree *root;
  tree *stack[MR_DEPTH_MAX + 16];
  int depth;
  mr_slice name;
  tree_arena *arena;
} tree_sink;
void tree_sink_init(tree_sink *s, tree_arena *a);

#endif
