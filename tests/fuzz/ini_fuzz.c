/* SPDX-License-Identifier: MIT
 *
 * ini_fuzz.c -- any bytes as either file: reading ends, lines count up, keys are lower case. */
#include <stdint.h>
#include <stdlib.h>

#include "bindings/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_as(mr_ini_file file, mr_slice text) {
  mr_ini r;
  mr_ini_event event;
  int line = 0;
  mr_ini_init(&r, text, file, NULL);
  while ((event = mr_ini_next(&r)) == MR_INI_SECTION || event == MR_INI_PROPERTY) {
    if (r.line < line)
      abort();
    line = r.line;
    for (size_t i = 0; event == MR_INI_PROPERTY && i < r.key.len; i++)
      if (r.key.ptr[i] >= 'A' && r.key.ptr[i] <= 'Z')
        abort();
  }
  if (event == MR_INI_FAULT && (!r.fault || mr_ini_next(&r) != MR_INI_END))
    abort();
  mr_ini_clear(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mr_slice text = mr_slice_make((const char *)data, size);
  read_as(MR_INI_CONFIG, text);
  read_as(MR_INI_CREDENTIALS, text);
  return 0;
}
