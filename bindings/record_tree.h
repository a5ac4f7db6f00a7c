/* SPDX-License-Identifier: MIT
 *
 * record_tree.h -- one line of JSON as a flat tree that remembers where each value stood.
 * Memory is kept from line to line; node 0 is the root.  Strings and keys are decoded. */
#ifndef MR_RECORD_TREE_H
#define MR_RECORD_TREE_H

#include "host/buf.h"

typedef enum mr_record_kind {
  MR_RECORD_NULL,
  MR_RECORD_BOOLEAN,
  MR_RECORD_NUMBER,
  MR_RECORD_STRING,
  MR_RECORD_ARRAY,
  MR_RECORD_OBJECT
} mr_record_kind;

/* Numbers of nodes; 0 for "none" where the root cannot be meant. */
typedef struct mr_record_node {
  mr_record_kind kind;
  uint32_t parent, next, first, last;
  uint32_t count; /* members or elements */
  uint32_t index; /* place in the parent, from 0 */
  size_t offset;  /* of the value's first byte in the line */
  size_t key_offset;
  size_t key_at, key_len;   /* in `text`; of members */
  size_t text_at, text_len; /* in `text`; of strings */
} mr_record_node;

typedef struct mr_record_tree {
  mr_buf nodes; /* of mr_record_node */
  mr_buf text;
  uint32_t count;
  /* why the last parse failed */
  size_t error_offset;
  bool error_at_end;   /* the line ended too early */
  bool error_trailing; /* a complete value, and something behind it */
  char error[160];
} mr_record_tree;

void mr_record_tree_init(mr_record_tree *t, mr_alloc *alloc);
void mr_record_tree_clear(mr_record_tree *t);
/* MR_OK, MR_ERR_SYNTAX (see error*) or MR_ERR_MEMORY.  The line must be valid UTF-8. */
int mr_record_tree_parse(mr_record_tree *t, mr_slice line);

const mr_record_node *mr_record_tree_node(const mr_record_tree *t, uint32_t i);
mr_slice mr_record_tree_key(const mr_record_tree *t, uint32_t i);
mr_slice mr_record_tree_text(const mr_record_tree *t, uint32_t i);
/* The (first) member of an object by key; 0 if there is none or it is no object. */
uint32_t mr_record_tree_member(const mr_record_tree *t, uint32_t object, const char *key);
/* Appends "messages[2].content"; nothing for the root. */
void mr_record_tree_path(const mr_record_tree *t, uint32_t i, mr_buf *out);
/* Calls `found` for every member whose key an earlier member of its object has; MR_OK or
 * MR_ERR_MEMORY. */
int mr_record_tree_duplicates(const mr_record_tree *t, mr_alloc *alloc,
                              void (*found)(void *ud, uint32_t again, uint32_t first), void *ud);

#endif
