/* SPDX-License-Identifier: MIT
 *
 * The index of any bytes is what the pull reader says about them, refusals included. */
#include "tests/support/json_index_check.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mr_json_index index;
  mr_buf scratch;
  mr_json_index_init(&index, NULL);
  mr_buf_init(&scratch, NULL);
  if (check_index(&index, mr_slice_make((const char *)data, size), &scratch))
    abort();
  mr_json_index_free(&index);
  mr_buf_clear(&scratch);
  return 0;
}
