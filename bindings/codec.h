/* SPDX-License-Identifier: MIT
 *
 * codec.h -- gzip (RFC 1952) and Zstandard (RFC 8878), bytes in and bytes out.
 * Streaming, with the memory of one window whatever the length.  Members or frames that
 * follow one another are one text, as for gzip and zstd themselves.  An end that comes too
 * early and anything else that is no part of the format is an error with its place. */
#ifndef MR_CODEC_H
#define MR_CODEC_H

#include "host/buf.h"

typedef enum mr_codec_kind { MR_CODEC_GZ, MR_CODEC_ZST } mr_codec_kind;

typedef struct mr_codec mr_codec;

/* "gz" or "zst". */
bool mr_codec_from_name(mr_slice name, mr_codec_kind *out);
/* level: 0 for the usual one of the format.  What it keeps counts in the account (128 MiB at most).
 * NULL: no memory. */
mr_codec *mr_codec_new_encoder(mr_alloc *account, mr_codec_kind kind, int level);
mr_codec *mr_codec_new_decoder(mr_alloc *account, mr_codec_kind kind);
void mr_codec_free(mr_codec *c);

/* The next input, which stays the caller's until mr_codec_run has returned 0. */
void mr_codec_feed(mr_codec *c, mr_slice input);
/* Appends about `most` bytes to out.  1: there may be more; 0: the input is used up;
 * MR_ERR_SYNTAX (decoder, for good); MR_ERR_MEMORY. */
int mr_codec_run(mr_codec *c, mr_buf *out, size_t most);
/* The input has ended and is used up: 1 and 0 as above (encoder: the rest of the output),
 * MR_ERR_SYNTAX if a decoder's input is not complete. */
int mr_codec_finish(mr_codec *c, mr_buf *out, size_t most);
/* After MR_ERR_SYNTAX: what is wrong, a constant, and at which byte of the input. */
const char *mr_codec_message(const mr_codec *c, uint64_t *offset);

#endif
