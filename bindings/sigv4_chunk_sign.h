/* SPDX-License-Identifier: MIT
 *
 * sigv4_chunk_sign.h -- the step from one chunk's signature to the next.
 * Shared by the encoder and the decoder, so that what one writes the other expects. */
#ifndef MR_SIGV4_CHUNK_SIGN_H
#define MR_SIGV4_CHUNK_SIGN_H

#include "bindings/sigv4_chunk.h"

/* Signs data of this SHA-256: s->previous becomes its signature. */
int mr_chunk_next(mr_chunk_signer *s, const unsigned char hash[32]);
/* Signs the trailers, in any order given.  MR_ERR_ARG: one is no header. */
int mr_chunk_next_trailer(mr_chunk_signer *s, const mr_pair *trailers, size_t count);
/* 64 hex digits in lower case? */
bool mr_chunk_is_signature(mr_slice s);

#endif
