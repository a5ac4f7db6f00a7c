/* SPDX-License-Identifier: MIT
 *
 * lazy.h -- one JSON text that is read in place and edited without being rewritten.
 * A document is bytes and their token index; an edit lies over them, and writing copies what
 * nobody touched as it stands: number spelling, key order, escapes, white space.  What is put
 * in is a text of its own with its own index, so a value lives in one place only.  Memory
 * comes from the caller in pieces that live as long as the document; the function that gives
 * it may jump, or edit the document: nothing has changed by then. */
#ifndef MR_LAZY_H
#define MR_LAZY_H

#include "bindings/json_index.h"

typedef struct mr_lazy_list mr_lazy_list;

typedef struct mr_lazy_text {
  mr_slice text;
  const mr_json_token *tokens;
  mr_lazy_list **opened; /* containers with edits, in the order of the text */
  uint32_t opened_count, opened_cap;
} mr_lazy_text;

/* A value; `in` is NULL for none. */
typedef struct mr_lazy_ref {
  mr_lazy_text *in;
  uint32_t token;
} mr_lazy_ref;

typedef struct mr_lazy {
  mr_lazy_text base;
  char *spare; /* what is left of the present piece of memory */
  size_t left;
  void *(*more)(void *ud, size_t n); /* n bytes, aligned as malloc's; NULL: none */
  void *ud;
} mr_lazy;

/* Text, tokens and spare stay the caller's and must outlive the document. */
void mr_lazy_init(mr_lazy *d, mr_slice text, const mr_json_token *tokens, void *spare, size_t left);
static inline mr_lazy_ref mr_lazy_root(mr_lazy *d) {
  return (mr_lazy_ref){&d->base, 0};
}

/* ---- reading ---- */

/* { [ " t f n, or the first byte of a number */
static inline char mr_lazy_kind(mr_lazy_ref v) {
  return v.in->text.ptr[v.in->tokens[v.token].at];
}
static inline mr_json_token mr_lazy_token(mr_lazy_ref v) {
  return v.in->tokens[v.token];
}
/* Is the string token the JSON spelling of `key`? */
bool mr_lazy_is_key(mr_lazy_ref string, mr_slice key);
/* The member of that name, of several the last; in == NULL if there is none. */
mr_lazy_ref mr_lazy_member(mr_lazy_ref object, mr_slice key);

/* A place in a container.  Zeroed it stands before the first value.  It survives edits. */
typedef struct mr_lazy_cursor {
  uint32_t place; /* values passed */
  uint32_t token; /* where the next one begins, while the container has no edits */
} mr_lazy_cursor;

/* The next value and, in an object, its key; false at the end. */
bool mr_lazy_next(mr_lazy_ref container, mr_lazy_cursor *c, mr_lazy_ref *key, mr_lazy_ref *value);
/* Does a member behind the cursor have that key too?  Such a one hides this. */
bool mr_lazy_hidden(mr_lazy_ref object, mr_lazy_cursor c, mr_lazy_ref key);
/* Element `index` from 0; the cursor remembers the way for a later call. */
mr_lazy_ref mr_lazy_element(mr_lazy_ref array, uint32_t index, mr_lazy_cursor *c);
/* Elements of an array, or members (also hidden ones) of an object. */
uint32_t mr_lazy_count(mr_lazy_ref container);
/* By value: 1 and 1.0 are equal, 2^64 and 2^64+1 are not, the order of keys is nothing. 
 * 1, 0, MR_ERR_MEMORY, or MR_ERR_LIMIT: nested too deeply. */
int mr_lazy_equal(mr_lazy_ref a, mr_lazy_ref b, mr_alloc *alloc);
/* Are two JSON numbers, as spelled, the same number? */
bool mr_lazy_same_number(mr_slice a, mr_slice b);

/* ---- editing: MR_OK or MR_ERR_MEMORY ---- */

/* Bytes that mr_lazy_add takes. */
size_t mr_lazy_room(size_t bytes, uint32_t count);
/* Gets them, so that the next call with as many asks for no memory. */
int mr_lazy_reserve(mr_lazy *d, size_t n);
/* Copies a JSON value and its index into the document; the string of a key likewise. */
int mr_lazy_add(mr_lazy *d, mr_slice json, const mr_json_token *tokens, uint32_t count,
                mr_lazy_ref *out);
/* Gives the member that value, or adds one; key: a string of the document (see mr_lazy_add),
 * of which only new members make use. */
int mr_lazy_set_member(mr_lazy *d, mr_lazy_ref object, mr_slice name, mr_lazy_ref key,
                       mr_lazy_ref value);
/* Takes every member of that name away; none is no error. */
int mr_lazy_remove_member(mr_lazy *d, mr_lazy_ref object, mr_slice name);
/* index from 0, at most the count, which appends. */
int mr_lazy_set_element(mr_lazy *d, mr_lazy_ref array, uint32_t index, mr_lazy_ref value);
int mr_lazy_remove_last(mr_lazy *d, mr_lazy_ref array);

/* ---- writing ---- */

/* Appends the JSON of the value.  MR_OK, MR_ERR_MEMORY, or MR_ERR_LIMIT: nested too deeply. */
int mr_lazy_write(mr_lazy_ref v, mr_buf *out);
/* The same bytes without a copy, if no edit touches them; otherwise ptr is NULL. */
mr_slice mr_lazy_raw(mr_lazy_ref v);

/* ---- shared by the lazy_*.c files ---- */

typedef struct mr_lazy_entry {
  mr_lazy_ref key;   /* of an object's member */
  mr_lazy_ref value; /* in == NULL: removed */
  uint32_t original; /* token of the member's key, or the element, in the text; or MR_LAZY_NEW */
} mr_lazy_entry;
#define MR_LAZY_NEW UINT32_MAX

struct mr_lazy_list {
  uint32_t token; /* of the opener */
  uint32_t count, cap;
  mr_lazy_entry *entries;
};

/* The place in v.in->opened of the first list at or behind the token. */
uint32_t mr_lazy_find(const mr_lazy_text *in, uint32_t token);
/* The edits of a container, or NULL. */
static inline mr_lazy_list *mr_lazy_opened(mr_lazy_ref v) {
  if (v.in->opened_count == 0)
    return NULL;
  uint32_t i = mr_lazy_find(v.in, v.token);
  return i < v.in->opened_count && v.in->opened[i]->token == v.token ? v.in->opened[i] : NULL;
}
static inline uint32_t mr_lazy_after(const mr_lazy_text *in, uint32_t token) {
  char c = in->text.ptr[in->tokens[token].at];
  return c == '{' || c == '[' ? in->tokens[token].link : token + 1;
}
/* Byte behind the value at the token. */
static inline size_t mr_lazy_end(const mr_lazy_text *in, uint32_t token) {
  mr_json_token t = in->tokens[token];
  char c = in->text.ptr[t.at];
  return c == '{' || c == '[' ? (size_t)in->tokens[t.link - 1].at + 1
                              : (size_t)t.at + (t.link & ~MR_JSON_ESCAPED);
}

#endif
