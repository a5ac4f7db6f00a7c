/* SPDX-License-Identifier: MIT
 *
 * sigv4_chunk_fuzz.c -- the decoder of aws-chunked bodies.
 * First byte: mode, and the size of the pieces.  Any bytes are decoded, whole and in pieces,
 * with the same result; then the same bytes are encoded as data and must come back. */
#include <stdint.h>
#include <stdlib.h>

#include "bindings/sigv4_chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SEED "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"

static void need(bool ok) {
  if (!ok)
    abort();
}

static void start(mr_chunk_signer *s, mr_chunk_mode mode) {
  mr_sigv4_options o;
  memset(&o, 0, sizeof o);
  o.access_key_id = mr_slice_of("AKIDEXAMPLE");
  o.secret_access_key = mr_slice_of("secret");
  o.region = mr_slice_of("us-east-1");
  o.service = mr_slice_of("s3");
  o.time = 1369353600;
  mr_chunk_signer_init(s, NULL);
  need(mr_chunk_signer_start(s, mode, &o, NULL, mr_slice_of(SEED)) == MR_OK);
}

static mr_sigv4_fault decode(mr_chunk_mode mode, mr_slice body, size_t piece, mr_buf *out,
                             size_t *trailers) {
  mr_chunk_signer s;
  mr_unchunk u;
  int status = MR_OK;
  start(&s, mode);
  need(mr_unchunk_init(&u, NULL, mode, mode == MR_CHUNK_UNSIGNED_TRAILER ? NULL : &s) == MR_OK);
  for (size_t at = 0; at < body.len && status == MR_OK; at += piece)
    status = mr_unchunk_push(&u, body.ptr + at, body.len - at < piece ? body.len - at : piece, out);
  need(u.verified <= u.decoded && u.decoded == out->len);
  if (status == MR_OK)
    status = mr_unchunk_finish(&u);
  need((status == MR_OK) == (u.fault == MR_FAULT_NONE));
  *trailers = mr_unchunk_count(&u);
  for (size_t i = 0; i < *trailers; i++)
    need(mr_unchunk_trailer(&u, i).name.len > 0);
  mr_sigv4_fault fault = u.fault;
  mr_unchunk_clear(&u);
  mr_chunk_signer_clear(&s);
  return fault;
}

static void there_and_back(mr_chunk_mode mode, mr_slice data, size_t piece) {
  mr_chunk_signer s;
  mr_buf body, out;
  size_t trailers;
  mr_pair trailer = {mr_slice_of("x-a"), mr_slice_of("b c")};
  mr_buf_init(&body, NULL);
  mr_buf_init(&out, NULL);
  start(&s, mode);
  for (size_t at = 0; at < data.len; at += piece)
    need(mr_chunk_put(
             &s, &body,
             mr_slice_make(data.ptr + at, data.len - at < piece ? data.len - at : piece)) == MR_OK);
  size_t count = mode == MR_CHUNK_SIGNED ? 0 : 1;
  need(mr_chunk_end(&s, &body, &trailer, count) == MR_OK);
  need((int64_t)body.len ==
       mr_chunk_length(mode, (int64_t)data.len, (int64_t)piece, &trailer, count));
  need(decode(mode, mr_buf_view(&body), piece, &out, &trailers) == MR_FAULT_NONE);
  need(trailers == count && mr_slice_equal(mr_buf_view(&out), data));
  mr_buf_clear(&body);
  mr_buf_clear(&out);
  mr_chunk_signer_clear(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mr_buf whole, pieces;
  size_t a, b;
  if (size == 0)
    return 0;
  mr_chunk_mode mode = (mr_chunk_mode)(data[0] % 3);
  size_t piece = 1 + data[0] / 3;
  mr_slice body = mr_slice_make((const char *)data + 1, size - 1);
  mr_buf_init(&whole, NULL);
  mr_buf_init(&pieces, NULL);
  mr_sigv4_fault first = decode(mode, body, size, &whole, &a);
  mr_sigv4_fault second = decode(mode, body, piece, &pieces, &b);
  need(first == second && a == b && mr_slice_equal(mr_buf_view(&whole), mr_buf_view(&pieces)));
  there_and_back(mode, body, piece * 64); /* fewer chunks: each costs two signatures */
  mr_buf_clear(&whole);
  mr_buf_clear(&pieces);
  return 0;
}
