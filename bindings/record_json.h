/* SPDX-License-Identifier: MIT
 *
 * record_json.h -- one line of JSON under check: its values by their tokens.
 * A value is named by the number of its token, 0 being the root, and "none" where the root
 * cannot be meant.  Nothing is decoded until it is asked for.  Memory is kept from line to
 * line. */
#ifndef MR_RECORD_JSON_H
#define MR_RECORD_JSON_H

#include "bindings/json_index.h"

typedef enum mr_record_kind {
  MR_RECORD_NULL,
  MR_RECORD_BOOLEAN,
  MR_RECORD_NUMBER,
  MR_RECORD_STRING,
  MR_RECORD_ARRAY,
  MR_RECORD_OBJECT
} mr_record_kind;

typedef struct mr_record_json {
  mr_slice line;
  mr_json_index index;
  mr_buf text; /* the string decoded last */
  mr_buf step; /* a key of a path */
  /* why the last parse failed */
  size_t error_offset;
  bool error_at_end;   /* the line ended too early */
  bool error_trailing; /* a complete value, and something behind it */
  char error[160];
} mr_record_json;

void mr_record_json_init(mr_record_json *j, mr_alloc *alloc);
void mr_record_json_clear(mr_record_json *j);
/* MR_OK, MR_ERR_SYNTAX (see error*) or MR_ERR_MEMORY. */
int mr_record_json_parse(mr_record_json *j, mr_slice line);

static inline char mr_record_json_byte(const mr_record_json *j, uint32_t token) {
  return j->line.ptr[j->index.tokens[token].at];
}

static inline mr_record_kind mr_record_json_kind(const mr_record_json *j, uint32_t value) {
  switch (mr_record_json_byte(j, value)) {
  case '{':
    return MR_RECORD_OBJECT;
  case '[':
    return MR_RECORD_ARRAY;
  case '"':
    return MR_RECORD_STRING;
  case 't':
  case 'f':
    return MR_RECORD_BOOLEAN;
  case 'n':
    return MR_RECORD_NULL;
  default:
    return MR_RECORD_NUMBER;
  }
}

/* Of the value in the line; of the key that belongs to it. */
static inline size_t mr_record_json_offset(const mr_record_json *j, uint32_t value) {
  return j->index.tokens[value].at;
}

static inline size_t mr_record_json_key_offset(const mr_record_json *j, uint32_t value) {
  return j->index.tokens[value - 1].at;
}

/* Of what stands at token i of a container: the value, or 0 at its end. */
static inline uint32_t mr_record_json_value_at(const mr_record_json *j, uint32_t container,
                                               uint32_t i) {
  if (i + 1 == j->index.tokens[container].link)
    return 0;
  return mr_record_json_byte(j, container) == '{' ? i + 1 : i;
}

/* The first member's or element's value, and the one behind `value`; 0: there is none. */
static inline uint32_t mr_record_json_first(const mr_record_json *j, uint32_t container) {
  char c = mr_record_json_byte(j, container);
  return c == '{' || c == '[' ? mr_record_json_value_at(j, container, container + 1) : 0;
}

static inline uint32_t mr_record_json_next(const mr_record_json *j, uint32_t container,
                                           uint32_t value) {
  return mr_record_json_value_at(j, container, mr_json_token_after(&j->index, j->line, value));
}

/* How many members or elements, counted up to `most`. */
uint32_t mr_record_json_count(const mr_record_json *j, uint32_t container, uint32_t most);
/* The key of a member, the text of a string: good until the next call of either. */
mr_slice mr_record_json_key(mr_record_json *j, uint32_t value);
mr_slice mr_record_json_text(mr_record_json *j, uint32_t value);
/* The (first) member of an object by key; 0 if there is none or it is no object. */
uint32_t mr_record_json_member(mr_record_json *j, uint32_t object, const char *key);
/* Appends "messages[2].content"; nothing for the root. */
void mr_record_json_path(mr_record_json *j, uint32_t value, mr_buf *out);
/* Calls `found` for every member whose key an earlier member of its object has; MR_OK or
 * MR_ERR_MEMORY. */
int mr_record_json_duplicates(mr_record_json *j,
                              void (*found)(void *ud, uint32_t again, uint32_t first), void *ud);

#endif
