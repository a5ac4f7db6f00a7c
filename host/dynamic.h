/* SPDX-License-Identifier: MIT
 *
 * dynamic.h -- a library that is loaded when it is first needed.
 * libcurl and libmicrohttpd bring some thirty libraries with them, which would cost a
 * script that uses no network three times its whole start. */
#ifndef MR_DYNAMIC_H
#define MR_DYNAMIC_H

#include "host/base.h"

/* Finds `count` functions by name; `functions` is a struct of that many function pointers
 * in the same order.  MR_OK; or MR_ERR_IO, and *why says what is missing.  The library is
 * never unloaded. */
int mr_dynamic_load(const char *library, const char *const *names, size_t count, void *functions,
                    const char **why);

#endif
