/* SPDX-License-Identifier: MIT
 *
 * sigv4_chunk.h -- aws-chunked bodies: encode, and decode with verification.
 * A signed chunk's signature chains from the one before, the first from the signature of the
 * request's headers.  The decoder hands out data as it comes: only what `verified` counts has
 * been proved, so nothing may be kept before mr_unchunk_finish says MR_OK. */
#ifndef MR_SIGV4_CHUNK_H
#define MR_SIGV4_CHUNK_H

#include "bindings/digest.h"
#include "bindings/sigv4.h"
#include "bindings/sigv4_fault.h"

typedef enum mr_chunk_mode {
  MR_CHUNK_SIGNED,          /* STREAMING-AWS4-HMAC-SHA256-PAYLOAD */
  MR_CHUNK_SIGNED_TRAILER,  /* STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER */
  MR_CHUNK_UNSIGNED_TRAILER /* STREAMING-UNSIGNED-PAYLOAD-TRAILER */
} mr_chunk_mode;
const char *mr_chunk_mode_name(mr_chunk_mode mode);
bool mr_chunk_mode_from_name(mr_slice name, mr_chunk_mode *out);

/* ---- signatures of chunks: the same object signs and verifies ---- */

typedef struct mr_chunk_signer {
  mr_chunk_mode mode;
  unsigned char key[32]; /* secret */
  mr_buf scope;
  char amz_date[MR_AMZ_DATE_LEN + 1];
  char previous[MR_SIGNATURE_LEN + 1];
} mr_chunk_signer;

void mr_chunk_signer_init(mr_chunk_signer *s, mr_alloc *alloc);
/* seed: the signature of the headers, 64 hex digits (not looked at in the unsigned mode).
 * MR_ERR_ARG: no such signature, or options that cannot sign. */
int mr_chunk_signer_start(mr_chunk_signer *s, mr_chunk_mode mode, const mr_sigv4_options *o,
                          mr_sigv4_keys *keys, mr_slice seed);
/* Wipes the key.  May be called twice. */
void mr_chunk_signer_clear(mr_chunk_signer *s);

/* Appends one chunk.  MR_ERR_ARG: it is empty (that would be the end). */
int mr_chunk_put(mr_chunk_signer *s, mr_buf *out, mr_slice data);
/* Appends the empty last chunk and the trailers.  MR_ERR_ARG: trailers in the mode without,
 * or one that is no header. */
int mr_chunk_end(mr_chunk_signer *s, mr_buf *out, const mr_pair *trailers, size_t count);
/* Bytes that `length` bytes become when cut into chunks of `size`, each trailer's value
 * having the length given here: for Content-Length.  -1 on overflow or size 0. */
int64_t mr_chunk_length(mr_chunk_mode mode, int64_t length, int64_t size, const mr_pair *trailers,
                        size_t count);

/* ---- decoding ---- */

typedef struct mr_unchunk {
  mr_chunk_signer *signer; /* borrowed; NULL in the unsigned mode */
  mr_chunk_mode mode;
  int64_t expected;  /* x-amz-decoded-content-length, or -1: unknown */
  uint64_t min_size; /* least size of a chunk that is not the last; 0: any */
  uint64_t decoded, verified;
  mr_sigv4_fault fault; /* why MR_ERR_ARG */
  /* private */
  mr_hasher *hasher;
  uint64_t left; /* bytes of the running chunk to come */
  int state;
  bool small; /* a chunk below min_size was seen: nothing may follow but the end */
  char claimed[MR_SIGNATURE_LEN + 1];
  mr_buf line, text, trailers;
} mr_unchunk;

/* signer: started with the request's signature; NULL only in the unsigned mode. */
int mr_unchunk_init(mr_unchunk *u, mr_alloc *alloc, mr_chunk_mode mode, mr_chunk_signer *signer);
/* Decodes n more bytes, appending data to out.  MR_ERR_ARG: u->fault says why, and nothing more
 * is taken; MR_ERR_MEMORY. */
int mr_unchunk_push(mr_unchunk *u, const char *bytes, size_t n, mr_buf *out);
/* The body has ended: MR_OK if all of it was there and every signature held. */
int mr_unchunk_finish(mr_unchunk *u);
/* The trailers, names in lower case, without the signature.  Good until clear. */
size_t mr_unchunk_count(const mr_unchunk *u);
mr_pair mr_unchunk_trailer(const mr_unchunk *u, size_t i);
/* MR_ERR_ARG (trailer_malformed) unless the trailers are those that the header x-amz-trailer
 * announced: a list of names with commas. */
int mr_unchunk_announced(mr_unchunk *u, mr_slice names);
void mr_unchunk_clear(mr_unchunk *u);

#endif
