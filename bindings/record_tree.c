/* SPDX-License-Identifier: MIT
 *
 * record_tree.c -- builds the flat tree of a line from the events of the JSON reader.
 * Nodes stand in the order of the text, so a child's number is always above its parent's. */
#include "bindings/record_tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "bindings/json.h"

/* A node costs more memory than the two bytes of text that make one. */
enum { MAX_NODES = 1 << 20 };

void mr_record_tree_init(mr_record_tree *t, mr_alloc *alloc) {
  memset(t, 0, sizeof *t);
  mr_buf_init(&t->nodes, alloc);
  mr_buf_init(&t->text, alloc);
}

void mr_record_tree_clear(mr_record_tree *t) {
  mr_buf_clear(&t->nodes);
  mr_buf_clear(&t->text);
  t->count = 0;
}

/* Valid until the next node is added. */
static mr_record_node *node_at(const mr_record_tree *t, uint32_t i) {
  return (mr_record_node *)(void *)t->nodes.ptr + i;
}

const mr_record_node *mr_record_tree_node(const mr_record_tree *t, uint32_t i) {
  return node_at(t, i);
}

mr_slice mr_record_tree_key(const mr_record_tree *t, uint32_t i) {
  const mr_record_node *n = node_at(t, i);
  return n->key_len ? mr_slice_make(t->text.ptr + n->key_at, n->key_len) : mr_slice_make("", 0);
}

mr_slice mr_record_tree_text(const mr_record_tree *t, uint32_t i) {
  const mr_record_node *n = node_at(t, i);
  return n->text_len ? mr_slice_make(t->text.ptr + n->text_at, n->text_len) : mr_slice_make("", 0);
}

uint32_t mr_record_tree_member(const mr_record_tree *t, uint32_t object, const char *key) {
  const mr_record_node *o = node_at(t, object);
  if (o->kind != MR_RECORD_OBJECT)
    return 0;
  for (uint32_t i = o->first; i; i = node_at(t, i)->next)
    if (mr_slice_is(mr_record_tree_key(t, i), key))
      return i;
  return 0;
}

/* ---- building --------------------------------------------------------------------------- */

/* Adds a node under `parent`; its number, or UINT32_MAX when memory ran out. */
static uint32_t add_node(mr_record_tree *t, uint32_t parent, mr_record_kind kind, size_t offset) {
  uint32_t i = t->count;
  mr_record_node *n = (mr_record_node *)(void *)mr_buf_reserve(&t->nodes, sizeof *n);
  if (!n || i == UINT32_MAX)
    return UINT32_MAX;
  memset(n, 0, sizeof *n);
  t->nodes.len += sizeof *n;
  t->count++;
  n->kind = kind;
  n->offset = offset;
  n->parent = parent;
  if (i == 0)
    return 0;
  mr_record_node *p = node_at(t, parent);
  n->index = p->count++;
  if (p->last)
    node_at(t, p->last)->next = i;
  else
    p->first = i;
  p->last = i;
  return i;
}

static size_t add_text(mr_record_tree *t, mr_slice text) {
  size_t at = t->text.len;
  mr_buf_slice(&t->text, text);
  return at;
}

typedef struct pending_key {
  bool set;
  size_t offset, at, len;
} pending_key;

static bool kind_of(mr_json_event event, mr_record_kind *kind) {
  switch (event) {
  case MR_JSON_OBJECT:
    *kind = MR_RECORD_OBJECT;
    return true;
  case MR_JSON_ARRAY:
    *kind = MR_RECORD_ARRAY;
    return true;
  case MR_JSON_STRING:
    *kind = MR_RECORD_STRING;
    return true;
  case MR_JSON_INTEGER:
  case MR_JSON_DOUBLE:
    *kind = MR_RECORD_NUMBER;
    return true;
  case MR_JSON_TRUE:
  case MR_JSON_FALSE:
    *kind = MR_RECORD_BOOLEAN;
    return true;
  case MR_JSON_NULL:
    *kind = MR_RECORD_NULL;
    return true;
  default:
    return false;
  }
}

/* Would more text have made it right?  A string without end, a word or an escape cut short. */
static bool ends_early(const mr_json_reader *r, mr_slice rest) {
  static const char *const WORDS[] = {"true", "false", "null"};
  if (rest.len == 0 || strncmp(r->message, "the text ends", 13) == 0)
    return true;
  for (size_t i = 0; i < MR_COUNT(WORDS); i++)
    if (rest.len < strlen(WORDS[i]) && memcmp(rest.ptr, WORDS[i], rest.len) == 0)
      return true;
  return rest.len < 6 && rest.ptr[0] == '\\';
}

static int refuse(mr_record_tree *t, const mr_json_reader *r, mr_slice line) {
  if (r->status == MR_ERR_MEMORY)
    return MR_ERR_MEMORY;
  size_t end = line.len;
  while (end > r->start && memchr(" \t\r", line.ptr[end - 1], 3))
    end--;
  t->error_offset = r->start;
  t->error_at_end = ends_early(r, mr_slice_make(line.ptr + r->start, end - r->start));
  t->error_trailing = t->count > 0 && r->depth == 0 && !t->error_at_end;
  (void)snprintf(t->error, sizeof t->error, "%s", r->message);
  return MR_ERR_SYNTAX;
}

static int too_large(mr_record_tree *t, size_t offset) {
  t->error_offset = offset;
  t->error_at_end = t->error_trailing = false;
  (void)snprintf(t->error, sizeof t->error, "more than %d values in one record", MAX_NODES);
  return MR_ERR_SYNTAX;
}

int mr_record_tree_parse(mr_record_tree *t, mr_slice line) {
  mr_json_reader r;
  mr_json_event event;
  pending_key key = {false, 0, 0, 0};
  uint32_t open = 0; /* the container that is being filled */
  int status = MR_OK;
  mr_buf_reset(&t->nodes);
  mr_buf_reset(&t->text);
  t->count = 0;
  mr_json_init(&r, line, t->nodes.alloc, 0);
  while ((event = mr_json_next(&r)) > MR_JSON_END) {
    mr_record_kind kind;
    if (t->count == MAX_NODES) {
      status = too_large(t, r.start);
      break;
    }
    if (event == MR_JSON_KEY) {
      key.set = true;
      key.offset = r.start;
      key.at = add_text(t, r.text);
      key.len = r.text.len;
    } else if (event == MR_JSON_OBJECT_END || event == MR_JSON_ARRAY_END) {
      open = node_at(t, open)->parent;
    } else if (kind_of(event, &kind)) {
      uint32_t i = add_node(t, open, kind, r.start);
      if (i == UINT32_MAX)
        break;
      mr_record_node *n = node_at(t, i);
      if (key.set) {
        n->key_offset = key.offset;
        n->key_at = key.at;
        n->key_len = key.len;
        key.set = false;
      }
      if (kind == MR_RECORD_STRING) {
        n->text_at = add_text(t, r.text);
        n->text_len = r.text.len;
      } else if (kind == MR_RECORD_OBJECT || kind == MR_RECORD_ARRAY) {
        open = i;
      }
    }
  }
  if (event == MR_JSON_ERROR)
    status = refuse(t, &r, line);
  if (t->nodes.status != MR_OK || t->text.status != MR_OK)
    status = MR_ERR_MEMORY;
  mr_json_clear(&r);
  return status;
}

/* ---- paths ------------------------------------------------------------------------------ */

static bool is_plain(mr_slice key) {
  for (size_t i = 0; i < key.len; i++) {
    char c = key.ptr[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && !(i > 0 && c >= '0' && c <= '9'))
      return false;
  }
  return key.len > 0;
}

static void put_step(const mr_record_tree *t, uint32_t i, mr_buf *out) {
  const mr_record_node *n = node_at(t, i);
  mr_slice key = mr_record_tree_key(t, i);
  if (node_at(t, n->parent)->kind == MR_RECORD_ARRAY) {
    mr_buf_printf(out, "[%lu]", (unsigned long)n->index);
  } else if (is_plain(key)) {
    if (n->parent)
      mr_buf_putc(out, '.');
    mr_buf_slice(out, key);
  } else {
    mr_buf_puts(out, "[\"");
    for (size_t k = 0; k < key.len && (k < 60 || ((unsigned char)key.ptr[k] & 0xc0) == 0x80); k++) {
      unsigned char c = (unsigned char)key.ptr[k];
      if (c == '"' || c == '\\')
        mr_buf_putc(out, '\\');
      if (c < 0x20 || c == 0x7f)
        mr_buf_printf(out, "\\u%04x", c);
      else
        mr_buf_putc(out, (char)c);
    }
    mr_buf_puts(out, "\"]");
  }
}

void mr_record_tree_path(const mr_record_tree *t, uint32_t i, mr_buf *out) {
  /* Rules look at places a few steps down; what lies deeper is shown by its last steps. */
  uint32_t steps[32];
  size_t n = 0;
  while (i && n < MR_COUNT(steps)) {
    steps[n++] = i;
    i = node_at(t, i)->parent;
  }
  if (i)
    mr_buf_puts(out, "...");
  while (n > 0)
    put_step(t, steps[--n], out);
}

/* ---- duplicate keys --------------------------------------------------------------------- */

typedef struct member {
  mr_slice key;
  uint32_t node;
} member;

static int by_key(const void *a, const void *b) {
  const member *x = (const member *)a, *y = (const member *)b;
  size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
  int order = n ? memcmp(x->key.ptr, y->key.ptr, n) : 0;
  if (order == 0)
    order = (x->key.len > y->key.len) - (x->key.len < y->key.len);
  return order ? order : (x->node > y->node) - (x->node < y->node);
}

static int by_node(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

int mr_record_tree_duplicates(const mr_record_tree *t, mr_alloc *alloc,
                              void (*found)(void *ud, uint32_t again, uint32_t first), void *ud) {
  mr_buf members;
  mr_buf pairs; /* again, first */
  mr_buf_init(&members, alloc);
  mr_buf_init(&pairs, alloc);
  for (uint32_t object = 0; object < t->count; object++) {
    const mr_record_node *o = node_at(t, object);
    if (o->kind != MR_RECORD_OBJECT || o->count < 2)
      continue;
    mr_buf_reset(&members);
    for (uint32_t i = o->first; i; i = node_at(t, i)->next) {
      member m = {mr_record_tree_key(t, i), i};
      mr_buf_put(&members, &m, sizeof m);
    }
    if (members.status != MR_OK)
      break;
    member *list = (member *)(void *)members.ptr;
    qsort(list, o->count, sizeof *list, by_key);
    for (uint32_t i = 1, first = 0; i < o->count; i++) {
      if (mr_slice_equal(list[i].key, list[first].key)) {
        uint32_t pair[2] = {list[i].node, list[first].node};
        mr_buf_put(&pairs, pair, sizeof pair);
      } else {
        first = i;
      }
    }
  }
  int status = members.status != MR_OK ? members.status : pairs.status;
  if (status == MR_OK && pairs.len > 0) {
    uint32_t *list = (uint32_t *)(void *)pairs.ptr;
    size_t n = pairs.len / (2 * sizeof *list);
    qsort(list, n, 2 * sizeof *list, by_node);
    for (size_t i = 0; i < n; i++)
      found(ud, list[2 * i], list[2 * i + 1]);
  }
  mr_buf_clear(&members);
  mr_buf_clear(&pairs);
  return status;
}
