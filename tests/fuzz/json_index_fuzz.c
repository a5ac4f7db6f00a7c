/* SPDX-License-Identifier: MIT
 *
 * The index of any bytes is what the pull reader says about them, refusals included, with
 * every variant that the processor has. */
#include "tests/support/json_index_check.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mr_json_index index;
  mr_buf scratch;
  mr_json_index_init(&index, NULL);
  mr_buf_init(&scratch, NULL);
  for (int v = MR_JSON_FASTEST; v <= MR_JSON_AVX512; v++) {
    index.variant = (mr_json_variant)v;
    if (mr_json_stage_has(index.variant) &&
        check_index(&index, mr_slice_make((const char *)data, size), &scratch))
      abort();
  }
  mr_json_index_free(&index);
  mr_buf_clear(&scratch);
  return 0;
}
