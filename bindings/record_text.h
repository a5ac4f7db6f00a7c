/* SPDX-License-Identifier: MIT
 *
 * record_text.h -- what the lint wants to know of a text, from its JSON spelling.
 * Long texts are what records consist of, so they are not decoded for it. */
#ifndef MR_RECORD_TEXT_H
#define MR_RECORD_TEXT_H

#include "host/base.h"

typedef struct mr_record_text {
  uint64_t characters; /* code points of the text */
  bool may_be_blank;   /* it begins with white space or an escape, or is empty */
  bool may_have_mark;  /* a line of it may begin with a word of mr_record_marks */
} mr_record_text;

/* Words at the start of a line that an older prompt format reserved; ends with NULL. */
extern const char *const mr_record_marks[];

/* spelling: what stands between the quotes of a valid JSON string. */
mr_record_text mr_record_text_of(mr_slice spelling, bool is_escaped);
/* Code points of valid UTF-8. */
uint64_t mr_record_characters(mr_slice text);

#endif
