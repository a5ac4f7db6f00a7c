/* SPDX-License-Identifier: MIT
 *
 * record_fuzz.c -- the lint over any bytes.  The first byte says how the rest is cut into
 * chunks and which family is asked for: however it is cut, the findings must be the same. */
#include <stdlib.h>

#include "bindings/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct tally {
  uint64_t count, sum, last;
} tally;

static void found(void *ud, const mr_record_finding *f) {
  tally *t = (tally *)ud;
  if (f->line > 0 && (f->column == 0 || f->line < t->last))
    abort();
  if (f->line > 0)
    t->last = f->line;
  t->count++;
  t->sum = t->sum * 31 + f->line * 7 + f->column * 5 + f->offset * 3 + f->path.len +
           f->message.len + f->suggestion.len + (uint64_t)(f->rule - mr_record_rule_at(0));
}

static tally run(const uint8_t *data, size_t size, size_t step, mr_record_family family) {
  tally t = {0, 0, 0};
  mr_record_options options = {.family = family, .max_line = 4096, .near_duplicates = true};
  mr_record_sink sink = {found, &t};
  mr_record *r = mr_record_new(NULL, &options, sink);
  if (!r)
    abort();
  for (size_t at = 0; at < size; at += step)
    if (mr_record_feed(r, data + at, size - at < step ? size - at : step) != MR_OK)
      abort();
  if (mr_record_finish(r) != MR_OK)
    abort();
  const mr_record_stats *s = mr_record_stats_of(r);
  if (s->bytes != size || s->errors + s->warnings != t.count || s->records > s->lines)
    abort();
  mr_record_free(r);
  return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  mr_record_family family = (mr_record_family)(data[0] % 5);
  size_t step = 1 + (data[0] >> 2);
  tally whole = run(data + 1, size - 1, size, family);
  tally parts = run(data + 1, size - 1, step, family);
  if (whole.count != parts.count || whole.sum != parts.sum)
    abort();
  return 0;
}
