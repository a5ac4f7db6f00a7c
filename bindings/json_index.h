/* SPDX-License-Identifier: MIT
 *
 * json_index.h -- a JSON text checked once and indexed: where every value begins and ends.
 * Eight bytes a token, in document order; nothing is decoded.  What it refuses, and how it
 * says so, is what the pull reader of json.h does.  A caller walks the tokens, skips what it
 * does not need in one step, and decodes single strings and numbers. */
#ifndef MR_JSON_INDEX_H
#define MR_JSON_INDEX_H

#include "bindings/json.h"
#include "bindings/json_stage.h"

/* Containers have a token for their opener and one for their closer; a member of an object is
 * the string token of its key and then its value.  The byte at `at` tells what it is: one of
 * { } [ ] " t f n, otherwise a number. */
typedef struct mr_json_token {
  uint32_t at;   /* offset of its first byte */
  uint32_t link; /* opener: index of the token behind its closer; closer: index of its opener;
                    string: bytes with quotes, and MR_JSON_ESCAPED where it holds a backslash;
                    other scalars: bytes */
} mr_json_token;

#define MR_JSON_ESCAPED UINT32_C(0x80000000)
/* Longest text, so that a string's length leaves the top bit free. */
#define MR_JSON_INDEX_MAX ((size_t)0x7fffffff)

typedef struct mr_json_fault {
  int status;          /* MR_ERR_SYNTAX, MR_ERR_LIMIT (depth, text too long) or MR_ERR_MEMORY */
  size_t offset;       /* byte of the text */
  const char *message; /* a constant */
} mr_json_fault;

typedef struct mr_json_index {
  mr_json_token *tokens; /* good until the next build */
  uint32_t count;        /* 0 after a refused text */
  uint32_t capacity;
  int max_depth;           /* as mr_json_init's; set it behind mr_json_index_init */
  mr_json_variant variant; /* the fastest, unless a test sets another */
  mr_alloc *alloc;
} mr_json_index;

void mr_json_index_init(mr_json_index *index, mr_alloc *alloc);
/* Gives the memory back; the index can be used again. */
void mr_json_index_free(mr_json_index *index);
/* Indexes exactly one JSON value with white space around it; its memory is used again from
 * call to call.  MR_OK, or fault->status (the fault may be NULL). */
int mr_json_index_build(mr_json_index *index, mr_slice text, mr_json_fault *fault);

/* Index of the token behind the value that begins at token i (of a key: its value). */
static inline uint32_t mr_json_token_after(const mr_json_index *index, mr_slice text, uint32_t i) {
  char c = text.ptr[index->tokens[i].at];
  return c == '{' || c == '[' ? index->tokens[i].link : i + 1;
}

/* Bytes of a scalar token; a string's with its quotes. */
static inline mr_slice mr_json_token_raw(mr_slice text, mr_json_token scalar) {
  return mr_slice_make(text.ptr + scalar.at, scalar.link & ~MR_JSON_ESCAPED);
}

/* What a string token says: bytes of the text itself, or where it holds escapes those of
 * `scratch`, which is emptied first.  Look at scratch->status. */
mr_slice mr_json_token_string(mr_slice text, mr_json_token string, mr_buf *scratch);
/* The same of a checked string's bytes with its quotes, by a variant that a test may choose. */
mr_slice mr_json_unescape(mr_slice raw, mr_buf *scratch, mr_json_variant variant);
/* MR_JSON_INTEGER, or MR_JSON_DOUBLE (integer is then 0); number is set for both. */
mr_json_event mr_json_token_number(mr_slice text, mr_json_token token, int64_t *integer,
                                   double *number);

#endif
