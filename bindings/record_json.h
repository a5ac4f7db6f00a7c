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

mr_record_kind mr_record_json_kind(const mr_record_json *j, uint32_t value);
/* Of the value in the line; of the key that belongs to it. */
size_t mr_record_json_offset(const mr_record_json *j, uint32_t value);
size_t mr_record_json_key_offset(const mr_record_json *j, uint32_t value);
/* The first member's or element's value, and the one behind `value`; 0: there is none. */
uint32_t mr_record_json_first(const mr_record_json *j, uint32_t container);
uint32_t mr_record_json_next(const mr_record_json *j, uint32_t container, uint32_t value);
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
