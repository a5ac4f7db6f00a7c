/* SPDX-License-Identifier: MIT
 *
 * curl_api.h -- libcurl as a struct of functions, loaded with the first request. */
#ifndef MR_CURL_API_H
#define MR_CURL_API_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "host/base.h"

#define MR_CURL_FUNCTIONS(F)                                                                      \
  F(global_init) F(version_info)                                                                  \
  F(easy_init) F(easy_setopt) F(easy_getinfo) F(easy_strerror) F(easy_pause) F(easy_reset)        \
  F(easy_cleanup) F(easy_send) F(easy_recv)                                                       \
  F(multi_init) F(multi_setopt) F(multi_add_handle) F(multi_remove_handle)                        \
  F(multi_socket_action) F(multi_assign) F(multi_info_read) F(multi_cleanup)                      \
  F(url) F(url_set) F(url_cleanup)

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

typedef struct mr_curl {
#define MR_CURL_MEMBER(name) __typeof__(curl_##name) *name;
  MR_CURL_FUNCTIONS(MR_CURL_MEMBER)
#undef MR_CURL_MEMBER
} mr_curl;

/* MR_OK; or MR_ERR_IO, and *why says what is missing.  The library is initialised and never
 * cleaned up: others in the process may use it too. */
int mr_curl_load(mr_curl *curl, const char **why);

#endif
