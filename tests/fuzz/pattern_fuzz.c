/* SPDX-License-Identifier: MIT
 *
 * pattern_fuzz.c -- any pattern against any text (parted by the first NUL): it ends, and a
 * group around the pattern, or the pattern offered twice, changes nothing. */
#include <stdint.h>
#include <stdlib.h>

#include "bindings/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST = 256 };

static int match(const char *before, mr_slice pattern, const char *between, mr_slice again,
                 const char *after, mr_slice text, bool *matched) {
  mr_buf whole, scratch;
  mr_buf_init(&whole, NULL);
  mr_buf_init(&scratch, NULL);
  mr_buf_puts(&whole, before);
  mr_buf_slice(&whole, pattern);
  mr_buf_puts(&whole, between);
  mr_buf_slice(&whole, again);
  mr_buf_puts(&whole, after);
  int status = mr_pattern_match(mr_buf_view(&whole), text, &scratch, matched);
  mr_buf_clear(&whole);
  mr_buf_clear(&scratch);
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *stop = size ? memchr(data, 0, size) : NULL;
  size_t n = stop ? (size_t)(stop - data) : size;
  mr_slice pattern = mr_slice_make((const char *)data, n), none = mr_slice_of("");
  mr_slice text = stop ? mr_slice_make((const char *)stop + 1, size - n - 1) : none;
  bool alone = false, grouped = false, twice = false;
  if (pattern.len > LONGEST || text.len > LONGEST)
    return 0;
  if (match("", pattern, "", none, "", text, &alone) != MR_OK)
    return 0;
  if (match("(?:", pattern, "", none, ")", text, &grouped) == MR_OK && grouped != alone)
    abort();
  if (match("", pattern, "|", pattern, "", text, &twice) == MR_OK && twice != alone)
    abort();
  return 0;
}
