/* SPDX-License-Identifier: MIT
 *
 * codec_fuzz.c -- any bytes as gzip and as Zstandard, in pieces; and packed and unpacked again.
 * The first byte says how the rest is cut. */
#include <stdlib.h>

#include "bindings/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int unpack(mr_codec_kind kind, mr_slice packed, size_t piece, size_t most, mr_buf *out) {
  mr_codec *c = mr_codec_new_decoder(NULL, kind);
  int status = 0;
  if (!c)
    abort();
  for (size_t at = 0; at < packed.len && status == 0; at += piece) {
    mr_codec_feed(c, mr_slice_make(packed.ptr + at, packed.len - at < piece ? packed.len - at : piece));
    while ((status = mr_codec_run(c, out, most)) == 1)
      if (out->len > (size_t)1 << 20)
        mr_buf_reset(out); /* little can swell to much */
  }
  if (status == 0)
    status = mr_codec_finish(c, out, most);
  mr_codec_free(c);
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  size_t piece = 1 + (data[0] >> 1);
  mr_codec_kind kind = data[0] & 1 ? MR_CODEC_ZST : MR_CODEC_GZ;
  mr_slice bytes = mr_slice_make((const char *)data + 1, size - 1);
  mr_buf packed, out;
  mr_buf_init(&packed, NULL);
  mr_buf_init(&out, NULL);
  unpack(kind, bytes, piece, 500, &out);
  mr_buf_reset(&out);
  mr_codec *c = mr_codec_new_encoder(NULL, kind, 1);
  if (!c)
    abort();
  mr_codec_feed(c, bytes);
  while (mr_codec_run(c, &packed, piece) == 1)
    ;
  while (mr_codec_finish(c, &packed, piece) == 1)
    ;
  mr_codec_free(c);
  if (unpack(kind, mr_buf_view(&packed), piece, 100, &out) != 0 || !mr_slice_equal(mr_buf_view(&out), bytes))
    abort();
  mr_buf_clear(&packed);
  mr_buf_clear(&out);
  return 0;
}
