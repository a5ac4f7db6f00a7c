/* SPDX-License-Identifier: MIT
 *
 * canon.h -- the parts of a canonical request (AWS Signature Version 4, "create a canonical
 * request").  Signing and verifying both go through here, so they cannot disagree.
 * Everything appends to a buffer whose sticky error tells when memory ran out. */
#ifndef MR_CANON_H
#define MR_CANON_H

#include "host/buf.h"

/* The canonical URI of a path as it stands in the request line.
 *   normalize  removes "." and ".." segments and empty ones (RFC 3986 section 5.2.4; as the
 *              SDKs do it, a path that ends in ".." or "." ends without a slash)
 *   encode     percent-encodes the path once more, as every service but S3 wants it
 * Without `encode` the path stays as sent, save for bytes that no URL may hold. */
void mr_canon_path(mr_buf *out, mr_slice path, bool normalize, bool encode);

/* The canonical query: the raw query's parameters and `extra` (unencoded), each name and
 * value decoded and encoded again, sorted by encoded name, then by encoded value.  Pairs
 * whose raw name `skip` (may be NULL) answers true for are left out. */
void mr_canon_query(mr_buf *out, mr_slice query, bool (*skip)(mr_slice name), const mr_pair *extra,
                    size_t extra_count);

/* Decodes %XX where two hex digits follow and encodes again: one spelling for each value. */
void mr_canon_reencode(mr_buf *out, mr_slice s);

/* The canonical headers ("name:value\n" each) into block and the names joined by ';' into
 * names: lower case, sorted, values trimmed and with inner white space (a folded line's too)
 * made one space, equal names joined by ',' in the order given.  Sorts `list`.
 * MR_ERR_ARG: a name that is no token, or a value with NUL or with a line break that no
 * white space follows (such a header would be another request's); MR_ERR_MEMORY. */
int mr_canon_headers(mr_buf *block, mr_buf *names, const mr_pair **list, size_t count);

/* ASCII case does not matter; b is a literal in lower case. */
bool mr_canon_name_is(mr_slice a, const char *b);
/* Does a begin with b, whatever its case? */
bool mr_canon_name_begins(mr_slice a, const char *b);
/* A token as RFC 9110 section 5.6.2 has it: methods and header names. */
bool mr_canon_is_token(mr_slice s);
/* Without white space at both ends. */
mr_slice mr_canon_trim(mr_slice s);

#endif
