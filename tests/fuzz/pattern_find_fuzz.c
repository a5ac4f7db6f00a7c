/* SPDX-License-Identifier: MIT
 *
 * pattern_find_fuzz.c -- any pattern in any text (parted by the first NUL): what is found matches
 * as a whole, a second search with what the first has learnt finds the same, and where nothing
 * is found no part of a short text matches. */
#include "bindings/pattern.h"
#include "bindings/pattern_code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST_PATTERN = 64, LONGEST_TEXT = 24 };

static void check(bool ok) {
  if (!ok)
    __builtin_trap();
}

/* Anchors look at the ends of the text, which a part of it has elsewhere. */
static bool has_anchors(const mr_buf *code) {
  const mr_pattern_step *steps = (const mr_pattern_step *)(const void *)code->ptr;
  for (size_t i = 0; i < code->len / sizeof *steps; i++)
    if (steps[i].op == MR_PATTERN_BEGIN || steps[i].op == MR_PATTERN_END)
      return true;
  return false;
}

static bool matches(const mr_pattern_finder *f, mr_slice text, size_t start, size_t end) {
  bool matched = false;
  check(mr_pattern_run(f->code, f->ranges, mr_slice_make(text.ptr + start, end - start), f->scratch,
                       &matched) == MR_OK);
  return matched;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *stop = size ? memchr(data, 0, size) : NULL;
  size_t n = stop ? (size_t)(stop - data) : size;
  if (!stop || n > LONGEST_PATTERN || size - n - 1 > LONGEST_TEXT)
    return 0;
  mr_slice text = mr_slice_make((const char *)stop + 1, size - n - 1);
  for (size_t i = 0; i < text.len; i++)
    if ((unsigned char)text.ptr[i] >= 0x80)
      return 0; /* a part may begin within a character */
  mr_buf code, ranges, scratch, sets, states;
  mr_buf *all[] = {&code, &ranges, &scratch, &sets, &states};
  for (size_t i = 0; i < MR_COUNT(all); i++)
    mr_buf_init(all[i], NULL);
  if (mr_pattern_compile(mr_slice_make((const char *)data, n), &code, &ranges) == MR_OK &&
      code.len < 2000 * sizeof(mr_pattern_step) && !has_anchors(&code)) {
    mr_pattern_finder f = {&code, &ranges, &scratch, &sets, &states};
    size_t start = 0, end = 0, again_start = 0, again_end = 0;
    int found = mr_pattern_find(&f, text, 0, &start, &end);
    check(found >= 0 && mr_pattern_find(&f, text, 0, &again_start, &again_end) == found);
    check(start == again_start && end == again_end);
    for (size_t from = 0; from < (found ? start + 1 : text.len); from++)
      for (size_t to = text.len; to > from; to--)
        if (matches(&f, text, from, to)) {
          check(found && from == start && to == end);
          from = text.len;
          found = -1; /* seen */
          break;
        }
    check(found <= 0);
  }
  for (size_t i = 0; i < MR_COUNT(all); i++)
    mr_buf_clear(all[i]);
  return 0;
}
