/* SPDX-License-Identifier: MIT
 *
 * curl_api.c -- finds libcurl and its functions.
 * curl_global_init counts its calls and is safe from any thread since 7.84, the least
 * version taken; it is never undone. */
#include "host/curl_api.h"

#include "host/dynamic.h"

int mr_curl_load(mr_curl *curl, const char **why) {
#define MR_CURL_NAME(name) "curl_" #name,
  static const char *const names[] = {MR_CURL_FUNCTIONS(MR_CURL_NAME)};
#undef MR_CURL_NAME
  int status = mr_dynamic_load("libcurl.so.4", names, MR_COUNT(names), curl, why);
  if (status < 0)
    return status;
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
