/* SPDX-License-Identifier: MIT
 *
 * curl_api.c -- finds libcurl and its functions.
 * curl_global_init counts its calls and is safe from any thread since 7.84, the least
 * version taken; it is never undone. */
#include "host/curl_api.h"

#include <dlfcn.h>

int mr_curl_load(mr_curl *curl, const char **why) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    *why = dlerror();
    return MR_ERR_IO;
  }
#define MR_CURL_FIND(name)                                                                        \
  do {                                                                                            \
    void *found = dlsym(library, "curl_" #name);                                                  \
    if (!found) {                                                                                 \
      *why = "libcurl lacks curl_" #name;                                                         \
      return MR_ERR_IO;                                                                           \
    }                                                                                             \
    memcpy(&curl->name, &found, sizeof found);                                                    \
  } while (0);
  MR_CURL_FUNCTIONS(MR_CURL_FIND)
#undef MR_CURL_FIND
  if (curl->version_info(CURLVERSION_NOW)->version_num < 0x075400) {
    *why = "libcurl is older than 7.84";
    return MR_ERR_IO;
  }
  if (curl->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    *why = "libcurl did not start";
    return MR_ERR_IO;
  }
  return MR_OK;
}
