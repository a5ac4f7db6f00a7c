/* SPDX-License-Identifier: MIT
 *
 * record_check.h -- one record under check: how findings are reported, and shared checks.
 * The rules of each family are record_family.c's. */
#ifndef MR_RECORD_CHECK_H
#define MR_RECORD_CHECK_H

#include "bindings/record_rules.h"
#include "bindings/record_json.h"

#define MR_RECORD_CHARACTERS_PER_TOKEN 6

/* What one record adds up to. */
typedef struct mr_record_sums {
  uint64_t messages, user, assistant, system; /* how many of each */
  uint64_t characters_in;                     /* of system, user messages, prompt */
  uint64_t characters_out;                    /* of assistant messages, completion */
} mr_record_sums;

typedef struct mr_record_check {
  /* set by the caller */
  const mr_record_profile *profile; /* whose limits hold */
  bool is_claude;                   /* the model is one of Anthropic's: of batch input */
  mr_record_family family;
  mr_record_sink sink;
  mr_record_json *json;
  mr_slice text;   /* the line, for columns */
  uint64_t line;   /* its number; 0: findings are about the file as a whole */
  uint64_t offset; /* of its first byte in the input */
  /* filled by the check */
  mr_record_sums sums;
  uint32_t longest_value; /* the value that is the longest text, and its characters */
  uint64_t longest_text;
  /* its own */
  uint64_t line_counted;
  uint32_t line_findings; /* of that line so far */
  mr_buf path, message;
  bool no_memory; /* for a finding, which was not reported: the check has failed for good */
} mr_record_check;

/* Clears everything, then takes the allocator. */
void mr_record_check_init(mr_record_check *c, mr_alloc *alloc);
void mr_record_check_clear(mr_record_check *c);

/* Takes the format, and the limits of the model (NULL: those of the format). */
void mr_record_check_use(mr_record_check *c, mr_record_family family,
                         const mr_record_profile *model);

/* So much is wrong with this line that no more is told. */
bool mr_record_check_is_full(const mr_record_check *c);
/* Reports a finding at a byte of the line; path may be empty, suggestion NULL. */
void mr_record_check_found(mr_record_check *c, mr_record_rule_id rule, size_t at, mr_slice path,
                           const char *suggestion, const char *fmt, ...) MR_PRINTF(6, 7);
/* The same at a value, or at its key, with its path. */
void mr_record_check_value(mr_record_check *c, mr_record_rule_id rule, uint32_t value, bool at_key,
                           const char *suggestion, const char *fmt, ...) MR_PRINTF(6, 7);
/* "a string", "null": what a value is, for messages. */
const char *mr_record_check_kind(const mr_record_check *c, uint32_t value);

/* How many bytes of a quoted text fit into a message, whole characters; for "%.*s". */
int mr_record_check_shown(mr_slice text);

/* Lists of keys end with NULL. */
/* The place of a key in a list, or -1. */
int mr_record_check_place(mr_slice key, const char *const *keys);
/* Reports keys of an object that are not in `keys`, and what is missing of `required`, which
 * are some of them; values[i] becomes the first member of keys[i], or 0.  A required key whose
 * misspelling was reported is not called missing as well.
 */
void mr_record_check_keys(mr_record_check *c, uint32_t object, const char *const *keys,
                          const char *const *required, uint32_t *values);
/* Adds a text to the sums and warns about what is odd in it; output: the model's words. */
void mr_record_check_text(mr_record_check *c, uint32_t value, bool output);
uint64_t mr_record_check_tokens(uint64_t characters);

#endif
