/* SPDX-License-Identifier: MIT
 *
 * codec_test.c -- gzip and Zstandard: what is packed comes out again however it is cut, and what
 * is cut off or damaged is refused. */
#include "tests/support/support.h"

#include "bindings/codec.h"

static const mr_codec_kind kinds[] = {MR_CODEC_GZ, MR_CODEC_ZST};

static void fill(mr_buf *b, size_t n) {
  uint32_t x = 1;
  mr_buf_init(b, NULL);
  while (b->len < n) {
    x = x * 1664525 + 1013904223;
    mr_buf_printf(b, "{\"id\":%u,\"text\":\"some words %u\"}\n", (unsigned)x, (unsigned)(x >> 28));
  }
}

static void pack(mr_codec_kind kind, mr_slice text, size_t piece, mr_buf *out) {
  mr_codec *c = mr_codec_new_encoder(NULL, kind, 0);
  assert_non_null(c);
  for (size_t at = 0; at < text.len; at += piece) {
    mr_codec_feed(c, mr_slice_make(text.ptr + at, text.len - at < piece ? text.len - at : piece));
    while (mr_codec_run(c, out, 1000) == 1)
      ;
  }
  int status;
  while ((status = mr_codec_finish(c, out, 100)) == 1)
    ;
  assert_int_equal(status, 0);
  mr_codec_free(c);
}

/* MR_OK, or the error; *offset is then its place. */
static int unpack(mr_codec_kind kind, mr_slice packed, size_t piece, mr_buf *out, uint64_t *offset) {
  mr_codec *c = mr_codec_new_decoder(NULL, kind);
  int status = 0;
  assert_non_null(c);
  for (size_t at = 0; at < packed.len && status == 0; at += piece) {
    mr_codec_feed(c, mr_slice_make(packed.ptr + at, packed.len - at < piece ? packed.len - at : piece));
    while ((status = mr_codec_run(c, out, 777)) == 1)
      ;
  }
  if (status == 0)
    status = mr_codec_finish(c, out, 777);
  if (status < 0)
    assert_non_null(mr_codec_message(c, offset));
  mr_codec_free(c);
  return status;
}

static void what_is_packed_comes_out_again(void **state) {
  MR_UNUSED(state);
  static const size_t pieces[] = {1, 13, 4096, 1 << 20};
  mr_buf text, packed, out;
  uint64_t offset;
  fill(&text, 200000);
  for (size_t k = 0; k < 2; k++)
    for (size_t i = 0; i < MR_COUNT(pieces); i++) {
      mr_buf_init(&packed, NULL);
      mr_buf_init(&out, NULL);
      pack(kinds[k], mr_buf_view(&text), pieces[i] < 13 ? 13 : pieces[i], &packed);
      assert_true(packed.len < text.len / 2);
      assert_int_equal(unpack(kinds[k], mr_buf_view(&packed), pieces[i], &out, &offset), MR_OK);
      assert_int_equal(out.len, text.len);
      assert_memory_equal(out.ptr, text.ptr, text.len);
      mr_buf_clear(&packed);
      mr_buf_clear(&out);
    }
  mr_buf_clear(&text);
}

static void members_that_follow_one_another_are_one_text(void **state) {
  MR_UNUSED(state);
  mr_buf packed, out;
  uint64_t offset;
  for (size_t k = 0; k < 2; k++)
    for (size_t piece = 1; piece < 100; piece += 7) {
      mr_buf_init(&packed, NULL);
      mr_buf_init(&out, NULL);
      pack(kinds[k], mr_slice_of("first "), 100, &packed);
      pack(kinds[k], mr_slice_of(""), 100, &packed);
      pack(kinds[k], mr_slice_of("second"), 100, &packed);
      if (kinds[k] == MR_CODEC_GZ)
        mr_buf_put(&packed, "\0\0\0\0\0", 5); /* padding */
      assert_int_equal(unpack(kinds[k], mr_buf_view(&packed), piece, &out, &offset), MR_OK);
      assert_string_equal(mr_buf_text(&out), "first second");
      mr_buf_clear(&packed);
      mr_buf_clear(&out);
    }
}

static void an_early_end_is_refused_wherever_it_is(void **state) {
  MR_UNUSED(state);
  mr_buf text, packed, out;
  uint64_t offset;
  fill(&text, 1000);
  for (size_t k = 0; k < 2; k++) {
    mr_buf_init(&packed, NULL);
    pack(kinds[k], mr_buf_view(&text), 4096, &packed);
    for (size_t n = 0; n < packed.len; n++) {
      mr_buf_init(&out, NULL);
      int status = unpack(kinds[k], mr_slice_make(packed.ptr, n), 50, &out, &offset);
      assert_int_equal(status, MR_ERR_SYNTAX);
      assert_int_equal(offset, n);
      mr_buf_clear(&out);
    }
    mr_buf_clear(&packed);
  }
  mr_buf_clear(&text);
}

static void damage_is_refused(void **state) {
  MR_UNUSED(state);
  mr_buf packed, out;
  uint64_t offset;
  for (size_t k = 0; k < 2; k++) {
    mr_buf_init(&packed, NULL);
    mr_buf_init(&out, NULL);
    assert_int_equal(unpack(kinds[k], mr_slice_of("{\"plain\":1}\n"), 50, &out, &offset), MR_ERR_SYNTAX);
    pack(kinds[k], mr_slice_of("text"), 100, &packed);
    mr_buf_puts(&packed, "rubbish behind it");
    assert_int_equal(unpack(kinds[k], mr_buf_view(&packed), 50, &out, &offset), MR_ERR_SYNTAX);
    mr_buf_clear(&packed);
    mr_buf_clear(&out);
  }
  mr_buf_init(&packed, NULL);
  mr_buf_init(&out, NULL);
  pack(MR_CODEC_GZ, mr_slice_of("text"), 100, &packed);
  packed.ptr[packed.len - 6] ^= 1; /* the checksum */
  assert_int_equal(unpack(MR_CODEC_GZ, mr_buf_view(&packed), 50, &out, &offset), MR_ERR_SYNTAX);
  mr_buf_clear(&packed);
  mr_buf_clear(&out);
}

/* A source that waits gives nothing, again and again, in the middle of a member. */
static void pieces_of_no_bytes_change_nothing(void **state) {
  MR_UNUSED(state);
  mr_buf text;
  fill(&text, 50000);
  for (size_t k = 0; k < 2; k++) {
    mr_codec *c = mr_codec_new_decoder(NULL, kinds[k]);
    mr_buf packed, out;
    mr_buf_init(&packed, NULL);
    mr_buf_init(&out, NULL);
    pack(kinds[k], mr_buf_view(&text), 5000, &packed);
    for (size_t at = 0; at < packed.len; at += 1000) {
      mr_codec_feed(c, mr_slice_make(packed.ptr + at, packed.len - at < 1000 ? packed.len - at : 1000));
      for (int i = 0; i < 40; i++) {
        int status;
        while ((status = mr_codec_run(c, &out, 777)) == 1)
          ;
        assert_int_equal(status, 0);
        mr_codec_feed(c, mr_slice_make("", 0));
      }
    }
    assert_int_equal(mr_codec_finish(c, &out, 777), 0);
    assert_true(mr_slice_equal(mr_buf_view(&out), mr_buf_view(&text)));
    mr_codec_free(c);
    mr_buf_clear(&packed);
    mr_buf_clear(&out);
  }
  mr_buf_clear(&text);
}

/* RFC 8878 section 3.1.1: a descriptor of 0, then a window of 2 to the power of 10 + 18. */
static void a_window_that_is_too_wide(void **state) {
  MR_UNUSED(state);
  static const char frame[] = "\x28\xb5\x2f\xfd\x00\x90\x01\x00\x00";
  mr_codec *c = mr_codec_new_decoder(NULL, MR_CODEC_ZST);
  mr_buf out;
  uint64_t offset;
  mr_buf_init(&out, NULL);
  mr_codec_feed(c, mr_slice_make(frame, sizeof frame - 1));
  assert_int_equal(mr_codec_run(c, &out, 777), MR_ERR_SYNTAX);
  assert_non_null(strstr(mr_codec_message(c, &offset), "window"));
  mr_codec_free(c);
  mr_buf_clear(&out);
}

/* A window that a frame needed is given back while many that need none follow. */
static void what_a_codec_keeps_is_counted(void **state) {
  MR_UNUSED(state);
  mr_alloc account;
  mr_buf text, packed, out;
  mr_alloc_init(&account, NULL, NULL, 0);
  fill(&text, 100);
  mr_buf_init(&packed, NULL);
  mr_buf_init(&out, NULL);
  mr_codec *c = mr_codec_new_encoder(&account, MR_CODEC_ZST, 19);
  mr_codec_feed(c, mr_buf_view(&text));
  while (mr_codec_run(c, &packed, 1000) == 1)
    ;
  while (mr_codec_finish(c, &packed, 1000) == 1)
    ;
  assert_true(account.used > 8 << 20);
  mr_codec_free(c);
  assert_int_equal(account.used, 0);
  c = mr_codec_new_decoder(&account, MR_CODEC_ZST);
  size_t least = account.used, most = 0;
  for (int i = 0; i < 300; i++) {
    mr_codec_feed(c, mr_buf_view(&packed));
    while (mr_codec_run(c, &out, 1000) == 1)
      ;
    most = account.used > most ? account.used : most;
    if (i == 0) {
      assert_true(most > 8 << 20);
      mr_buf_reset(&packed);
      pack(MR_CODEC_ZST, mr_slice_make(text.ptr, 1), 1, &packed);
    }
  }
  assert_true(least < account.used && account.used < most / 2);
  mr_codec_free(c);
  assert_int_equal(account.used, 0);
  mr_buf_clear(&text);
  mr_buf_clear(&packed);
  mr_buf_clear(&out);
}

static void names_are_known(void **state) {
  MR_UNUSED(state);
  mr_codec_kind kind;
  assert_true(mr_codec_from_name(mr_slice_of("gz"), &kind) && kind == MR_CODEC_GZ);
  assert_true(mr_codec_from_name(mr_slice_of("zst"), &kind) && kind == MR_CODEC_ZST);
  assert_false(mr_codec_from_name(mr_slice_of("bz2"), &kind));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_packed_comes_out_again),
      cmocka_unit_test(members_that_follow_one_another_are_one_text),
      cmocka_unit_test(an_early_end_is_refused_wherever_it_is),
      cmocka_unit_test(damage_is_refused),
      cmocka_unit_test(pieces_of_no_bytes_change_nothing),
      cmocka_unit_test(a_window_that_is_too_wide),
      cmocka_unit_test(what_a_codec_keeps_is_counted),
      cmocka_unit_test(names_are_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
