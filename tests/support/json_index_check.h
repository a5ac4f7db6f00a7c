/* SPDX-License-Identifier: MIT
 *
 * json_index_check.h -- holds an index to what the pull reader says about the same text.
 * For unit tests and the fuzzer; gives what differs, or NULL. */
#ifndef MR_TEST_JSON_INDEX_CHECK_H
#define MR_TEST_JSON_INDEX_CHECK_H

#include "bindings/json_index.h"

static inline const char *check_scalar(mr_slice text, mr_json_token t, const mr_json_reader *r,
                                       mr_json_event event, mr_buf *scratch) {
  mr_slice raw = mr_json_token_raw(text, t);
  if (raw.len != r->end - r->start)
    return "the length of a scalar";
  if (event == MR_JSON_KEY || event == MR_JSON_STRING) {
    bool is_escaped = memchr(raw.ptr, '\\', raw.len) != NULL;
    if (is_escaped != !!(t.link & MR_JSON_ESCAPED))
      return "the mark of an escaped string";
    mr_slice said = mr_json_token_string(text, t, scratch);
    if (!mr_slice_equal(said, r->text))
      return "a decoded string";
    said = mr_json_unescape(raw, scratch, MR_JSON_PORTABLE);
    return mr_slice_equal(said, r->text) ? NULL : "a string decoded by the portable way";
  }
  if (event == MR_JSON_INTEGER || event == MR_JSON_DOUBLE) {
    int64_t integer;
    double number;
    if (mr_json_token_number(text, t, &integer, &number) != event)
      return "the kind of a number";
    if (memcmp(&number, &r->number, sizeof number) != 0)
      return "a number";
    if (integer != (event == MR_JSON_INTEGER ? r->integer : 0))
      return "an integer";
  }
  return NULL;
}

static inline const char *check_index(mr_json_index *index, mr_slice text, mr_buf *scratch) {
  mr_json_fault fault = {MR_OK, 0, NULL};
  mr_json_reader r;
  mr_json_event event;
  uint32_t open[MR_JSON_MAX_DEPTH], i = 0;
  const char *wrong = NULL;
  int status = mr_json_index_build(index, text, &fault);
  mr_json_init(&r, text, NULL, index->max_depth);
  while (!wrong && (event = mr_json_next(&r)) > MR_JSON_END) {
    if (status != MR_OK)
      continue;
    if (i == index->count) {
      wrong = "tokens are missing";
      break;
    }
    mr_json_token t = index->tokens[i];
    if (t.at != r.start)
      wrong = "the place of a token";
    else if (event == MR_JSON_OBJECT || event == MR_JSON_ARRAY)
      open[r.depth - 1] = i;
    else if (event == MR_JSON_OBJECT_END || event == MR_JSON_ARRAY_END)
      wrong = t.link != open[r.depth] || index->tokens[t.link].link != i + 1
                  ? "the link between opener and closer"
                  : NULL;
    else
      wrong = check_scalar(text, t, &r, event, scratch);
    i++;
  }
  if (!wrong && i != index->count)
    wrong = "too many tokens";
  if (!wrong && (event == MR_JSON_ERROR) != (status != MR_OK))
    wrong = "one refuses what the other takes";
  if (!wrong && status != MR_OK &&
      (fault.status != r.status || fault.offset != r.start || fault.message != r.message))
    wrong = "the fault";
  mr_json_clear(&r);
  return wrong;
}

#endif
