/* SPDX-License-Identifier: MIT
 *
 * dynamic.c -- dlopen and dlsym; the text of a failure is the loader's own. */
#include "host/dynamic.h"

#include <dlfcn.h>

int mr_dynamic_load(const char *library, const char *const *names, size_t count, void *functions,
                    const char **why) {
  void *handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
  char *to = functions;
  if (!handle) {
    *why = dlerror();
    return MR_ERR_IO;
  }
  for (size_t i = 0; i < count; i++) {
    void *found = dlsym(handle, names[i]);
    if (!found) {
      *why = dlerror();
      return MR_ERR_IO;
    }
    memcpy(to + i * sizeof found, &found, sizeof found);
  }
  return MR_OK;
}
