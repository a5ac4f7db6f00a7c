/* SPDX-License-Identifier: MIT
 *
 * eventstream_test.c -- frames: known ones, in every split, with every byte damaged.
 * The vectors were made by another program; more of others in eventstream_data_test.c. */
#include "tests/support/support.h"

#include "bindings/crc.h"
#include "bindings/eventstream.h"
#include "bindings/text.h"

static const char chunk_hex[] =
    "000000870000004b87ea2bf30b3a6576656e742d747970650700056368756e6b0d3a636f6e74656e742d74797065"
    "0700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b226279"
    "746573223a2265794a306558426c496a6f696257567a6332466e5a56397a64473977496e303d227dba48ab22";
static const char exception_hex[] =
    "0000008e00000061514180540f3a657863657074696f6e2d747970650700137468726f74746c696e674578636570"
    "74696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d657373616765"
    "2d74797065070009657863657074696f6e7b226d657373616765223a22546f6f206d616e7920746f6b656e73227d"
    "c81b1ec1";
static const char empty_hex[] = "000000100000000005c248eb7d98c8ff";

static void unhex(mr_buf *out, const char *hex) {
  assert_int_equal(mr_hex_decode(out, mr_slice_of(hex)), MR_OK);
}

static const mr_event_header *find(mr_slice headers, const char *name, mr_event_header *out) {
  while (mr_event_header_next(&headers, out))
    if (mr_slice_is(out->name, name))
      return out;
  return NULL;
}

static void assert_text(mr_slice headers, const char *name, const char *text) {
  mr_event_header h;
  assert_non_null(find(headers, name, &h));
  assert_int_equal(h.type, MR_EVENT_STRING);
  assert_true(mr_slice_is(h.text, text));
}

/* The first message of bytes that hold nothing else. */
static void read_one(mr_event_reader *r, mr_slice bytes, mr_event_message *m) {
  mr_event_reader_init(r, NULL);
  assert_int_equal(mr_event_feed(r, bytes.ptr, bytes.len), MR_OK);
  assert_int_equal(mr_event_next(r, m), 1);
}

static void end_reader(mr_event_reader *r) {
  mr_event_message m;
  assert_int_equal(mr_event_next(r, &m), 0);
  assert_int_equal(mr_event_finish(r), MR_OK);
  mr_event_reader_clear(r);
}

static void known_frames_are_read(void **state) {
  mr_buf b;
  mr_event_reader r;
  mr_event_message m;
  (void)state;
  mr_buf_init(&b, NULL);
  unhex(&b, chunk_hex);
  assert_int_equal(b.len, 135);
  read_one(&r, mr_buf_view(&b), &m);
  assert_text(m.headers, ":event-type", "chunk");
  assert_text(m.headers, ":content-type", "application/json");
  assert_text(m.headers, ":message-type", "event");
  assert_true(mr_slice_is(m.payload, "{\"bytes\":\"eyJ0eXBlIjoibWVzc2FnZV9zdG9wIn0=\"}"));
  end_reader(&r);
  mr_buf_reset(&b);
  unhex(&b, exception_hex);
  assert_int_equal(b.len, 142);
  read_one(&r, mr_buf_view(&b), &m);
  assert_text(m.headers, ":exception-type", "throttlingException");
  assert_text(m.headers, ":message-type", "exception");
  assert_true(mr_slice_is(m.payload, "{\"message\":\"Too many tokens\"}"));
  end_reader(&r);
  mr_buf_reset(&b);
  unhex(&b, empty_hex);
  read_one(&r, mr_buf_view(&b), &m);
  assert_int_equal(m.headers.len, 0);
  assert_int_equal(m.payload.len, 0);
  end_reader(&r);
  mr_buf_clear(&b);
}

/* Reads `bytes` handed over in pieces that end at the given places; each piece is a copy of
 * its own size, so that reading past its end is seen by a checker of memory. */
static size_t read_pieces(mr_event_reader *r, mr_slice bytes, const size_t *ends, size_t pieces,
                          mr_buf *payloads) {
  size_t from = 0, count = 0;
  mr_event_message m;
  mr_event_reader_init(r, NULL);
  for (size_t i = 0; i < pieces; i++) {
    size_t n = ends[i] - from;
    char *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, bytes.ptr + from, n);
    from = ends[i];
    assert_int_equal(mr_event_feed(r, copy, n), MR_OK);
    int got;
    while ((got = mr_event_next(r, &m)) == 1) {
      mr_buf_slice(payloads, m.payload);
      mr_buf_putc(payloads, '|');
      count++;
    }
    assert_int_equal(got, 0);
    free(copy);
  }
  assert_int_equal(mr_event_finish(r), MR_OK);
  return count;
}

static void every_split_gives_the_same(void **state) {
  mr_buf all, payloads;
  mr_event_reader r;
  (void)state;
  mr_buf_init(&all, NULL);
  mr_buf_init(&payloads, NULL);
  unhex(&all, empty_hex);
  unhex(&all, chunk_hex);
  unhex(&all, empty_hex);
  mr_slice bytes = mr_buf_view(&all);
  for (size_t a = 0; a <= bytes.len; a++)
    for (size_t b = a; b <= bytes.len; b++) {
      size_t ends[] = {a, b, bytes.len};
      mr_buf_reset(&payloads);
      assert_int_equal(read_pieces(&r, bytes, ends, 3, &payloads), 3);
      assert_true(mr_slice_is(mr_buf_view(&payloads),
                              "|{\"bytes\":\"eyJ0eXBlIjoibWVzc2FnZV9zdG9wIn0=\"}||"));
      mr_event_reader_clear(&r);
    }
  size_t single[256];
  for (size_t i = 0; i < bytes.len; i++)
    single[i] = i + 1;
  mr_buf_reset(&payloads);
  assert_int_equal(read_pieces(&r, bytes, single, bytes.len, &payloads), 3);
  mr_event_reader_clear(&r);
  mr_buf_clear(&payloads);
  mr_buf_clear(&all);
}

/* No damage of one bit goes unseen, and the fault lies inside the damaged frame. */
static void every_damaged_bit_is_refused(void **state) {
  mr_buf b;
  mr_event_reader r;
  mr_event_message m;
  (void)state;
  mr_buf_init(&b, NULL);
  unhex(&b, empty_hex);
  unhex(&b, exception_hex);
  for (size_t bit = 16 * 8; bit < b.len * 8; bit++) {
    b.ptr[bit / 8] = (char)(b.ptr[bit / 8] ^ (1 << bit % 8));
    mr_event_reader_init(&r, NULL);
    mr_event_feed(&r, b.ptr, b.len);
    assert_int_equal(mr_event_next(&r, &m), 1);
    assert_int_equal(mr_event_next(&r, &m), MR_ERR_SYNTAX);
    assert_int_equal(r.check,
                     bit < 28 * 8 ? MR_EVENT_CHECK_PRELUDE_CRC : MR_EVENT_CHECK_MESSAGE_CRC);
    assert_int_equal(r.fault_at, bit < 28 * 8 ? 16 + 8 : 16 + 142 - 4);
    assert_int_equal(mr_event_next(&r, &m), MR_ERR_SYNTAX); /* for good */
    assert_int_equal(mr_event_finish(&r), MR_ERR_SYNTAX);
    assert_int_equal(mr_event_feed(&r, b.ptr, 1), MR_ERR_SYNTAX);
    mr_event_reader_clear(&r);
    b.ptr[bit / 8] = (char)(b.ptr[bit / 8] ^ (1 << bit % 8));
  }
  mr_buf_clear(&b);
}

static void an_early_end_is_told(void **state) {
  mr_buf b;
  mr_event_reader r;
  mr_event_message m;
  (void)state;
  mr_buf_init(&b, NULL);
  unhex(&b, empty_hex);
  unhex(&b, chunk_hex);
  for (size_t n = 0; n < b.len; n++) {
    mr_event_reader_init(&r, NULL);
    mr_event_feed(&r, b.ptr, n);
    while (mr_event_next(&r, &m) == 1)
      continue;
    bool between = n == 0 || n == 16;
    assert_int_equal(mr_event_finish(&r), between ? MR_OK : MR_ERR_SYNTAX);
    assert_int_equal(r.check, between ? MR_EVENT_CHECK_NONE : MR_EVENT_CHECK_END);
    assert_int_equal(r.fault_at, between ? 0 : n);
    mr_event_reader_clear(&r);
  }
  mr_buf_clear(&b);
}

/* ---- lengths that lie, with checksums that fit ---- */

static void put_u32(mr_buf *b, uint32_t v) {
  char word[4] = {(char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v};
  mr_buf_put(b, word, 4);
}

static void put_prelude(mr_buf *b, uint32_t total, uint32_t headers) {
  size_t start = b->len;
  put_u32(b, total);
  put_u32(b, headers);
  put_u32(b, mr_crc32(0, b->ptr + start, 8));
}

static void assert_refused(const mr_buf *b, mr_event_check check, uint64_t at) {
  mr_event_reader r;
  mr_event_message m;
  mr_event_reader_init(&r, NULL);
  mr_event_feed(&r, b->ptr, b->len);
  assert_int_equal(mr_event_next(&r, &m), MR_ERR_SYNTAX);
  assert_int_equal(r.check, check);
  assert_int_equal(r.fault_at, at);
  assert_true(strlen(mr_event_fault(r.check)) > 0);
  mr_event_reader_clear(&r);
}

static void impossible_lengths_are_refused(void **state) {
  static const struct {
    uint32_t total, headers;
    mr_event_check check;
    uint64_t at;
  } cases[] = {
      {0, 0, MR_EVENT_CHECK_LENGTH, 0},
      {15, 0, MR_EVENT_CHECK_LENGTH, 0},
      {16, 1, MR_EVENT_CHECK_LENGTH, 4},
      {100, 85, MR_EVENT_CHECK_LENGTH, 4},
      {100, UINT32_MAX, MR_EVENT_CHECK_LENGTH, 4},
      {UINT32_MAX, 0, MR_EVENT_CHECK_LIMIT, 0},
      {UINT32_MAX, UINT32_MAX - 16, MR_EVENT_CHECK_LIMIT, 4},
      {MR_EVENT_HEADERS_MAX + 17, MR_EVENT_HEADERS_MAX + 1, MR_EVENT_CHECK_LIMIT, 4},
      {MR_EVENT_PAYLOAD_MAX + 17, 0, MR_EVENT_CHECK_LIMIT, 0},
  };
  mr_buf b;
  (void)state;
  mr_buf_init(&b, NULL);
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    mr_buf_reset(&b);
    put_prelude(&b, cases[i].total, cases[i].headers);
    assert_refused(&b, cases[i].check, cases[i].at);
  }
  mr_buf_clear(&b);
}

static void bad_headers_are_refused(void **state) {
  static const struct {
    const char *headers;
    size_t len;
    mr_event_check check;
    uint64_t at; /* in the headers */
  } cases[] = {
#define CASE(text, check, at) {text, sizeof(text) - 1, check, at}
      CASE("\0\0", MR_EVENT_CHECK_HEADER, 0),   /* no name */
      CASE("\1", MR_EVENT_CHECK_HEADER, 0),     /* the name is cut */
      CASE("\1a", MR_EVENT_CHECK_HEADER, 0),    /* no type */
      CASE("\1a\12", MR_EVENT_CHECK_HEADER, 0), /* type 10 */
      CASE("\1a\2", MR_EVENT_CHECK_HEADER, 0),  /* values that are cut */
      CASE("\1a\3\0", MR_EVENT_CHECK_HEADER, 0),
      CASE("\1a\4\0\0\0", MR_EVENT_CHECK_HEADER, 0),
      CASE("\1a\5\0\0\0\0\0\0\0", MR_EVENT_CHECK_HEADER, 0),
      CASE("\1a\6\0", MR_EVENT_CHECK_HEADER, 0),
      CASE("\1a\7\0\2x", MR_EVENT_CHECK_HEADER, 0),
      CASE("\1a\10\0\0\0\0\0\0\0", MR_EVENT_CHECK_HEADER, 0),
      CASE("\1a\11\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", MR_EVENT_CHECK_HEADER, 0),
      CASE("\1\xff\0", MR_EVENT_CHECK_HEADER, 0), /* no UTF-8 */
      CASE("\1b\0\1a\7\0\1\x80", MR_EVENT_CHECK_HEADER, 3),
      CASE("\1a\0\1b\0\1a\1", MR_EVENT_CHECK_DUPLICATE, 6),
      CASE("\1a\0\1b\0\1c\0\1d\0\1e\0\1f\0\1g\0\1h\0\1i\0\1j\0\1k\0\1l\0\1m\0\1n\0\1m\1",
           MR_EVENT_CHECK_DUPLICATE, 42),
#undef CASE
  };
  mr_buf b;
  (void)state;
  mr_buf_init(&b, NULL);
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    mr_buf_reset(&b);
    put_prelude(&b, (uint32_t)cases[i].len + 16, (uint32_t)cases[i].len);
    mr_buf_put(&b, cases[i].headers, cases[i].len);
    put_u32(&b, mr_crc32(0, b.ptr, b.len));
    assert_refused(&b, cases[i].check, 12 + cases[i].at);
    size_t before = b.len;
    assert_int_equal(
        mr_event_put_frame(&b, mr_slice_make(cases[i].headers, cases[i].len), mr_slice_of("")),
        MR_ERR_ARG);
    assert_int_equal(b.len, before);
  }
  mr_buf_clear(&b);
}

/* ---- writing ---- */

static mr_event_header make(const char *name, mr_event_type type, int64_t integer, mr_slice text) {
  mr_event_header h = {mr_slice_of(name), text, integer, (uint8_t)type};
  return h;
}

static void all_types_go_both_ways(void **state) {
  mr_slice none = mr_slice_of("");
  const mr_event_header given[] = {
      make("t", MR_EVENT_TRUE, 1, none),
      make("f", MR_EVENT_FALSE, 0, none),
      make("byte", MR_EVENT_BYTE, -128, none),
      make("short", MR_EVENT_SHORT, INT16_MIN, none),
      make("int", MR_EVENT_INTEGER, INT32_MIN, none),
      make("long", MR_EVENT_LONG, INT64_MIN, none),
      make("long+", MR_EVENT_LONG, INT64_MAX, none),
      make("int+", MR_EVENT_INTEGER, INT32_MAX, none),
      make("bytes", MR_EVENT_BYTES, 0, mr_slice_make("\0\xff", 2)),
      make("string", MR_EVENT_STRING, 0, mr_slice_of("gr\xc3\xbc\xc3\x9f")),
      make("time", MR_EVENT_TIMESTAMP, -1, none),
      make("uuid", MR_EVENT_UUID, 0, mr_slice_make("0123456789abcdef", 16)),
      make("empty", MR_EVENT_STRING, 0, none),
      make("one more than few", MR_EVENT_BYTE, 127, none),
  };
  mr_buf headers, frame;
  mr_event_reader r;
  mr_event_message m;
  mr_event_header h;
  size_t n = 0;
  (void)state;
  mr_buf_init(&headers, NULL);
  mr_buf_init(&frame, NULL);
  for (size_t i = 0; i < MR_COUNT(given); i++)
    assert_int_equal(mr_event_put_header(&headers, &given[i]), MR_OK);
  assert_int_equal(mr_event_put_frame(&frame, mr_buf_view(&headers), mr_slice_of("payload")),
                   MR_OK);
  read_one(&r, mr_buf_view(&frame), &m);
  assert_true(mr_slice_is(m.payload, "payload"));
  while (mr_event_header_next(&m.headers, &h)) {
    assert_int_equal(h.type, given[n].type);
    assert_true(mr_slice_equal(h.name, given[n].name));
    assert_true(mr_slice_equal(h.text, given[n].text));
    assert_true(h.integer == given[n].integer);
    n++;
  }
  assert_int_equal(n, MR_COUNT(given));
  end_reader(&r);
  mr_buf_clear(&headers);
  mr_buf_clear(&frame);
}

static void what_does_not_fit_is_not_written(void **state) {
  static char long_text[70000];
  mr_buf b;
  (void)state;
  memset(long_text, 'x', sizeof long_text);
  const mr_event_header bad[] = {
      make("", MR_EVENT_TRUE, 1, mr_slice_of("")),
      make("n", MR_EVENT_BYTE, 128, mr_slice_of("")),
      make("n", MR_EVENT_SHORT, -32769, mr_slice_of("")),
      make("n", MR_EVENT_INTEGER, INT64_C(1) << 31, mr_slice_of("")),
      make("n", MR_EVENT_STRING, 0, mr_slice_make(long_text, 65536)),
      make("n", MR_EVENT_BYTES, 0, mr_slice_make(long_text, 65536)),
      make("n", MR_EVENT_STRING, 0, mr_slice_of("\xff")),
      make("n", MR_EVENT_UUID, 0, mr_slice_of("short")),
      make("n", (mr_event_type)10, 0, mr_slice_of("")),
      {mr_slice_make(long_text, 256), mr_slice_of(""), 0, MR_EVENT_TRUE},
  };
  mr_buf_init(&b, NULL);
  for (size_t i = 0; i < MR_COUNT(bad); i++)
    assert_int_equal(mr_event_put_header(&b, &bad[i]), MR_ERR_ARG);
  assert_int_equal(b.len, 0);
  assert_int_equal(
      mr_event_put_frame(&b, mr_slice_make(long_text, MR_EVENT_HEADERS_MAX + 1), mr_slice_of("")),
      MR_ERR_LIMIT);
  assert_int_equal(
      mr_event_put_frame(&b, mr_slice_of(""), mr_slice_make(long_text, MR_EVENT_PAYLOAD_MAX + 1)),
      MR_ERR_LIMIT);
  mr_buf_clear(&b);
}

static void refused_memory_is_told(void **state) {
  mr_buf b;
  (void)state;
  mr_buf_init(&b, NULL);
  unhex(&b, chunk_hex);
  support_failing failing = {1, 0, true};
  mr_alloc alloc;
  mr_alloc_init(&alloc, support_failing_alloc, &failing, 0);
  mr_event_reader r;
  mr_event_message m;
  mr_event_reader_init(&r, &alloc);
  mr_event_feed(&r, b.ptr, b.len); /* in one piece: no memory is needed */
  assert_int_equal(mr_event_next(&r, &m), 1);
  mr_event_feed(&r, b.ptr, 5);
  assert_int_equal(mr_event_next(&r, &m), MR_ERR_MEMORY);
  assert_int_equal(mr_event_finish(&r), MR_ERR_MEMORY);
  mr_event_reader_clear(&r);
  mr_buf_clear(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_frames_are_read),
      cmocka_unit_test(every_split_gives_the_same),
      cmocka_unit_test(every_damaged_bit_is_refused),
      cmocka_unit_test(an_early_end_is_told),
      cmocka_unit_test(impossible_lengths_are_refused),
      cmocka_unit_test(bad_headers_are_refused),
      cmocka_unit_test(all_types_go_both_ways),
      cmocka_unit_test(what_does_not_fit_is_not_written),
      cmocka_unit_test(refused_memory_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
