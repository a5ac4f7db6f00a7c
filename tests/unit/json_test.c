/* SPDX-License-Identifier: MIT
 *
 * json_test.c -- the pull reader and the writer.
 * `copy` below is the shortest useful program: events in, calls out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "bindings/json.h"
#include "bindings/json_put.h"
#include "bindings/json_stage.h"

#define S(text) mr_slice_make(text, sizeof(text) - 1)

static mr_json_event copy_value(mr_json_reader *r, mr_json_writer *w) {
  mr_json_event e;
  do {
    e = mr_json_next(r);
    switch (e) {
    case MR_JSON_OBJECT:
      mr_json_open_object(w);
      break;
    case MR_JSON_OBJECT_END:
      mr_json_close_object(w);
      break;
    case MR_JSON_ARRAY:
      mr_json_open_array(w);
      break;
    case MR_JSON_ARRAY_END:
      mr_json_close_array(w);
      break;
    case MR_JSON_KEY:
      mr_json_put_key(w, r->text);
      break;
    case MR_JSON_STRING:
      mr_json_put_string(w, r->text);
      break;
    case MR_JSON_INTEGER:
      mr_json_put_integer(w, r->integer);
      break;
    case MR_JSON_DOUBLE:
      mr_json_put_double(w, r->number);
      break;
    case MR_JSON_TRUE:
    case MR_JSON_FALSE:
      mr_json_put_bool(w, e == MR_JSON_TRUE);
      break;
    case MR_JSON_NULL:
      mr_json_put_null(w);
      break;
    case MR_JSON_ERROR:
    case MR_JSON_END:
      break;
    }
  } while (e > MR_JSON_END);
  return e;
}

/* Reads from memory that ends where the text ends, so that a sanitizer sees every overrun. */
static void check_copy(mr_slice text, int indent, bool ascii, const char *want) {
  mr_json_reader r;
  mr_json_writer w;
  mr_buf out;
  char *exact = malloc(text.len ? text.len : 1);
  assert_non_null(exact);
  if (text.len)
    memcpy(exact, text.ptr, text.len);
  mr_buf_init(&out, NULL);
  mr_json_init(&r, mr_slice_make(exact, text.len), NULL, 0);
  mr_json_writer_init(&w, &out, indent, ascii);
  assert_int_equal(copy_value(&r, &w), MR_JSON_END);
  assert_int_equal(mr_json_next(&r), MR_JSON_END);
  assert_int_equal(mr_json_writer_end(&w), MR_OK);
  assert_string_equal(mr_buf_text(&out), want);
  mr_json_clear(&r);
  mr_json_clear(&r);
  mr_buf_clear(&out);
  free(exact);
}

static void compact_copy_of_values(void **state) {
  static const struct {
    const char *text, *want;
  } cases[] = {
      {"null", "null"},
      {" true ", "true"},
      {"\t\r\nfalse\n", "false"},
      {"0", "0"},
      {"-0", "0"},
      {"-0.0", "-0.0"},
      {"1.0", "1.0"},
      {"1e2", "100.0"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"123456789012345678", "123456789012345678"},
      {"9223372036854775808", "9.223372036854776e+18"},
      {"123456789012345678901234567890", "1.2345678901234568e+29"},
      {"0.1", "0.1"},
      {"3.141592653589793238462643383279", "3.141592653589793"},
      {"1234567890.12345678901", "1234567890.1234567"},
      {"5e-324", "5e-324"},
      {"[]", "[]"},
      {"{}", "{}"},
      {"[ ]", "[]"},
      {"{ }", "{}"},
      {"[1,2 , 3]", "[1,2,3]"},
      {"[[],{},[[]]]", "[[],{},[[]]]"},
      {"{\"a\":1,\"a\":2 , \"\" : {\"b\":[null]}}", "{\"a\":1,\"a\":2,\"\":{\"b\":[null]}}"},
      {"\"\"", "\"\""},
      {"\"a/b\\/\"", "\"a/b/\""},
      {"\"\\\"\\\\\\b\\f\\n\\r\\t\"", "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
      {"\"\\u0000\\u001f\\u000b\\u007f\"", "\"\\u0000\\u001f\\u000b\x7f\""},
      {"\"\\u00e4\\u20AC\\ud83d\\uDE00\"", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
      {"\"a long plain string that takes the wide path\"",
       "\"a long plain string that takes the wide path\""},
      {"\"a long string with \xc3\xbc in the middle, and more\"",
       "\"a long string with \xc3\xbc in the middle, and more\""},
      {"\"escape at\\nplace\xe2\x82\xac and a long plain tail, \\\"quoted\\\"\"",
       "\"escape at\\nplace\xe2\x82\xac and a long plain tail, \\\"quoted\\\"\""},
      {"\"DEL \x7f is plain\"", "\"DEL \x7f is plain\""},
  };
  (void)state;
  for (size_t i = 0; i < MR_COUNT(cases); i++)
    check_copy(mr_slice_of(cases[i].text), 0, false, cases[i].want);
}

static void pretty_copy_is_that_of_json_dumps(void **state) {
  (void)state;
  check_copy(S("{\"a\":[1,2.5,{}],\"b\":{\"c\":[]},\"d\":\"\xc3\xbc\"}"), 2, false,
             "{\n  \"a\": [\n    1,\n    2.5,\n    {}\n  ],\n  \"b\": {\n    \"c\": []\n  },\n"
             "  \"d\": \"\xc3\xbc\"\n}");
  check_copy(S("[[[1]]]"), 4, false, "[\n    [\n        [\n            1\n        ]\n    ]\n]");
  check_copy(S("[]"), 2, false, "[]");
}

static void ascii_copy_escapes_all_else(void **state) {
  (void)state;
  check_copy(S("\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80 \x7f\""), 0, true,
             "\"\\u00fc\\u20ac\\ud83d\\ude00 \\u007f\"");
}

static void bad_text_is_refused_at_its_place(void **state) {
  static const struct {
    mr_slice text;
    int offset;
    const char *message;
  } cases[] = {
#define BAD(text, offset, message) {{text, sizeof(text) - 1}, offset, message}
      BAD("", 0, "the text ends before the value does"),
      BAD("  ", 2, "the text ends before the value does"),
      BAD("nul", 0, "a value was expected"),
      BAD("nullx", 4, "nothing may follow the value"),
      BAD("1 2", 2, "nothing may follow the value"),
      BAD("{} {}", 3, "nothing may follow the value"),
      BAD("[1", 2, "the text ends before the value does"),
      BAD("[1,", 3, "the text ends before the value does"),
      BAD("[1,]", 3, "a value was expected"),
      BAD("[,1]", 1, "a value was expected"),
      BAD("[1 2]", 3, "',' or ']' was expected"),
      BAD("[1}", 2, "',' or ']' was expected"),
      BAD("{\"a\":1]", 6, "',' or '}' was expected"),
      BAD("{\"a\":1,}", 7, "a key in quotes was expected behind ','"),
      BAD("{a:1}", 1, "a key in quotes or '}' was expected"),
      BAD("{\"a\" 1}", 5, "':' was expected behind the key"),
      BAD("{\"a\"", 4, "the text ends before the value does"),
      BAD("{\"a\":}", 5, "a value was expected"),
      BAD("{1:2}", 1, "a key in quotes or '}' was expected"),
      BAD("01", 0, "a number must not begin with a zero"),
      BAD("-01", 0, "a number must not begin with a zero"),
      BAD("-", 1, "the text ends before the value does"),
      BAD("-a", 1, "a digit must follow '-'"),
      BAD("+1", 0, "a value was expected"),
      BAD(".5", 0, "a value was expected"),
      BAD("[1.]", 3, "a digit must follow the decimal point"),
      BAD("[1.e5]", 3, "a digit must follow the decimal point"),
      BAD("[1e]", 3, "a digit must follow the exponent sign"),
      BAD("[1e+]", 4, "a digit must follow the exponent sign"),
      BAD("NaN", 0, "a value was expected"),
      BAD("Infinity", 0, "a value was expected"),
      BAD("'a'", 0, "a value was expected"),
      BAD("\"abc", 0, "the text ends inside a string"),
      BAD("\"abc\\", 4, "the text ends inside a string"),
      BAD("\"a\nb\"", 2, "control character in a string (must be escaped)"),
      BAD("\"a\tb\"", 2, "control character in a string (must be escaped)"),
      BAD("\"a\0b\"", 2, "NUL byte in a string"),
      BAD("[1]\0", 3, "nothing may follow the value"),
      BAD("\0", 0, "a value was expected"),
      BAD("\"\\x\"", 1, "invalid escape in a string"),
      BAD("\"\\u12g4\"", 1, "\\u needs four hex digits"),
      BAD("\"\\u12\"", 1, "\\u needs four hex digits"),
      BAD("\"ab\\ud800\"", 3, "\\u escape of a lone surrogate"),
      BAD("\"\\ud800\\u0041\"", 1, "\\u escape of a lone surrogate"),
      BAD("\"\\ud800\\ud800\"", 1, "\\u escape of a lone surrogate"),
      BAD("\"\\udc00\"", 1, "\\u escape of a lone surrogate"),
      BAD("\"a\xff\"", 2, "invalid UTF-8 in a string"),
      BAD("\"\xed\xa0\x80\"", 1, "invalid UTF-8 in a string"),
      BAD("\"\xc3\xbc\xe2\x82\"", 3, "invalid UTF-8 in a string"),
      BAD("\xef\xbb\xbf{}", 0, "a byte order mark stands before the value"),
      BAD("\xc3\xbc", 0, "a value was expected"),
      BAD("{\"a\\q\":1}", 3, "invalid escape in a string"),
#undef BAD
  };
  (void)state;
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    mr_json_reader r;
    mr_json_event e;
    char *exact = malloc(cases[i].text.len + !cases[i].text.len);
    assert_non_null(exact);
    memcpy(exact, cases[i].text.ptr, cases[i].text.len);
    mr_json_init(&r, mr_slice_make(exact, cases[i].text.len), NULL, 0);
    while ((e = mr_json_next(&r)) > MR_JSON_END)
      ;
    assert_int_equal(e, MR_JSON_ERROR);
    assert_string_equal(r.message, cases[i].message);
    assert_int_equal(r.start, cases[i].offset);
    assert_int_equal(r.status, MR_ERR_SYNTAX);
    assert_int_equal(mr_json_next(&r), MR_JSON_ERROR);
    mr_json_clear(&r);
    free(exact);
  }
}

static void depth_is_limited_on_both_sides(void **state) {
  char text[2 * MR_JSON_MAX_DEPTH + 2];
  mr_json_reader r;
  mr_json_event e;
  (void)state;
  for (int depth = MR_JSON_DEPTH; depth <= MR_JSON_DEPTH + 1; depth++) {
    memset(text, '[', (size_t)depth);
    memset(text + depth, ']', (size_t)depth);
    mr_json_init(&r, mr_slice_make(text, 2 * (size_t)depth), NULL, 0);
    while ((e = mr_json_next(&r)) > MR_JSON_END)
      ;
    assert_int_equal(e, depth == MR_JSON_DEPTH ? MR_JSON_END : MR_JSON_ERROR);
    assert_int_equal(r.status, depth == MR_JSON_DEPTH ? MR_OK : MR_ERR_LIMIT);
  }
  mr_json_init(&r, S("[[1]]"), NULL, 1);
  assert_int_equal(mr_json_next(&r), MR_JSON_ARRAY);
  assert_int_equal(mr_json_next(&r), MR_JSON_ERROR);
  assert_int_equal(r.start, 1);
  mr_buf out;
  mr_json_writer w;
  mr_buf_init(&out, NULL);
  mr_json_writer_init(&w, &out, 0, false);
  for (int i = 0; i <= MR_JSON_MAX_DEPTH; i++)
    mr_json_open_array(&w);
  assert_int_equal(mr_json_writer_end(&w), MR_ERR_LIMIT);
  mr_buf_clear(&out);
}

static void skip_gives_untouched_bytes(void **state) {
  static const char text[] = "{\"a\": [1.50, {\"x\\u0041\": \"\\/\"} ], \"b\" :-1e2,\"c\":\"z\"}";
  mr_json_reader r;
  mr_slice raw;
  (void)state;
  mr_json_init(&r, mr_slice_of(text), NULL, 0);
  assert_int_equal(mr_json_next(&r), MR_JSON_OBJECT);
  assert_int_equal(mr_json_next(&r), MR_JSON_KEY);
  assert_int_equal(mr_json_skip(&r, MR_JSON_KEY, &raw), MR_OK);
  assert_true(mr_slice_is(raw, "[1.50, {\"x\\u0041\": \"\\/\"} ]"));
  assert_int_equal(mr_json_next(&r), MR_JSON_KEY);
  assert_true(mr_slice_is(r.text, "b"));
  assert_int_equal(mr_json_skip(&r, mr_json_next(&r), &raw), MR_OK);
  assert_true(mr_slice_is(raw, "-1e2"));
  assert_int_equal(mr_json_next(&r), MR_JSON_KEY);
  assert_int_equal(mr_json_next(&r), MR_JSON_STRING);
  assert_int_equal(r.start, strlen(text) - 4);
  assert_int_equal(r.end, strlen(text) - 1);
  assert_int_equal(mr_json_next(&r), MR_JSON_OBJECT_END);
  assert_int_equal(mr_json_next(&r), MR_JSON_END);
  mr_json_clear(&r);
  mr_json_init(&r, mr_slice_of(text), NULL, 0);
  assert_int_equal(mr_json_skip(&r, mr_json_next(&r), &raw), MR_OK);
  assert_true(mr_slice_is(raw, text));
  assert_int_equal(mr_json_next(&r), MR_JSON_END);
  mr_json_clear(&r);
  mr_json_init(&r, S("[1, [2, x]]"), NULL, 0);
  assert_int_equal(mr_json_skip(&r, mr_json_next(&r), &raw), MR_ERR_SYNTAX);
  assert_int_equal(r.start, 8);
  mr_json_clear(&r);
}

static void position_counts_lines_and_characters(void **state) {
  mr_slice text = S("{\n  \"\xc3\xbc\xe2\x82\xac\": x\n}\n");
  size_t line = 0, column = 0;
  (void)state;
  mr_json_position(text, 0, &line, &column);
  assert_int_equal(line, 1);
  assert_int_equal(column, 1);
  mr_json_position(text, 12, &line, &column);
  assert_int_equal(line, 2);
  assert_int_equal(column, 8);
  mr_json_position(text, 999, &line, &column);
  assert_int_equal(line, 4);
  assert_int_equal(column, 1);
}

static void writer_refuses_misuse(void **state) {
  mr_buf out;
  mr_json_writer w;
  (void)state;
  mr_buf_init(&out, NULL);
#define TRY(want, ...)                                                                             \
  do {                                                                                             \
    mr_buf_reset(&out);                                                                            \
    mr_json_writer_init(&w, &out, 0, false);                                                       \
    __VA_ARGS__;                                                                                   \
    assert_int_equal(mr_json_writer_end(&w), want);                                                \
  } while (0)
  TRY(MR_ERR_ARG, mr_json_put_double(&w, NAN));
  TRY(MR_ERR_ARG, mr_json_put_double(&w, INFINITY));
  TRY(MR_ERR_ARG, mr_json_put_string(&w, S("\xff")));
  TRY(MR_ERR_ARG, mr_json_open_object(&w); mr_json_put_null(&w));
  TRY(MR_ERR_ARG, mr_json_open_array(&w); mr_json_put_key(&w, S("k")));
  TRY(MR_ERR_ARG, mr_json_open_array(&w); mr_json_close_object(&w));
  TRY(MR_ERR_ARG, mr_json_open_object(&w); mr_json_put_key(&w, S("k")); mr_json_close_object(&w));
  TRY(MR_ERR_ARG, mr_json_open_object(&w));
  TRY(MR_ERR_ARG, mr_json_close_array(&w));
  TRY(MR_OK, mr_json_open_array(&w); mr_json_put_raw(&w, S("1.50")); mr_json_close_array(&w));
  assert_string_equal(mr_buf_text(&out), "[1.50]");
#undef TRY
  mr_buf_reset(&out);
  mr_buf_puts(&out, "kept");
  assert_int_equal(mr_json_quote(&out, S("abc\n\xff"), false), MR_ERR_ARG);
  assert_string_equal(mr_buf_text(&out), "kept");
  mr_buf_clear(&out);
}

/* With what AVX-512 does and without: random bytes of those that matter, of all lengths. */
static void every_way_to_quote_gives_the_same(void **state) {
  static const char *const pieces[] = {"a",
                                       "bc",
                                       "\"",
                                       "\\",
                                       "\n",
                                       "\t",
                                       "\x01",
                                       "\x7f",
                                       "\x1f",
                                       "/",
                                       "plain words of some length",
                                       "ü",
                                       "模",
                                       "😀",
                                       "\xff",
                                       "\xc3"};
  mr_buf text, narrow, wide;
  unsigned seed = 1;
  int put = 0;
  (void)state;
  mr_buf_init(&text, NULL);
  mr_buf_init(&narrow, NULL);
  mr_buf_init(&wide, NULL);
  for (int round = 0; round < 20000; round++) {
    mr_buf_reset(&text);
    mr_buf_reset(&narrow);
    mr_buf_reset(&wide);
    unsigned count = round % 100 == 0 ? 3000 : (unsigned)round % 90, most = round % 3 ? 14 : 11;
    for (unsigned i = 0; i < count; i++) {
      seed = seed * 1103515245 + 12345;
      mr_buf_puts(&text, pieces[(seed >> 16) % (round % 7 || i < 80 ? most : 16)]);
    }
    char *end = malloc(text.len ? text.len : 1); /* so that a read behind the end is seen */
    assert_non_null(end);
    memcpy(end, mr_buf_view(&text).ptr, text.len);
    mr_slice s = mr_slice_make(end, text.len);
    int status = mr_json_quote_as(&narrow, s, false, false);
    assert_int_equal(mr_json_quote(&wide, s, false), status);
    assert_true(mr_slice_equal(mr_buf_view(&wide), mr_buf_view(&narrow)));
    if (status == MR_OK && mr_json_stage_has(MR_JSON_AVX512)) {
      mr_buf_reset(&wide);
      mr_buf_reserve(&wide, 256);
      if (mr_json_put_avx512(&wide, 0, s, 0)) {
        assert_true(mr_slice_equal(mr_buf_view(&wide), mr_buf_view(&narrow)));
        put++;
      } else {
        assert_int_equal(wide.len, 0);
      }
    }
    free(end);
  }
  assert_true(put > 500 || !mr_json_stage_has(MR_JSON_AVX512));
  mr_buf_clear(&text);
  mr_buf_clear(&narrow);
  mr_buf_clear(&wide);
}

static void refused_memory_is_an_error_event(void **state) {
  mr_alloc none;
  mr_json_reader r;
  (void)state;
  mr_alloc_init(&none, NULL, NULL, 1);
  mr_json_init(&r, S("\"a\\n\""), &none, 0);
  assert_int_equal(mr_json_next(&r), MR_JSON_ERROR);
  assert_int_equal(r.status, MR_ERR_MEMORY);
  mr_json_clear(&r);
  mr_json_init(&r, S("\"plain\""), &none, 0);
  assert_int_equal(mr_json_next(&r), MR_JSON_STRING);
  mr_json_clear(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(compact_copy_of_values),
      cmocka_unit_test(pretty_copy_is_that_of_json_dumps),
      cmocka_unit_test(ascii_copy_escapes_all_else),
      cmocka_unit_test(bad_text_is_refused_at_its_place),
      cmocka_unit_test(depth_is_limited_on_both_sides),
      cmocka_unit_test(skip_gives_untouched_bytes),
      cmocka_unit_test(position_counts_lines_and_characters),
      cmocka_unit_test(writer_refuses_misuse),
      cmocka_unit_test(every_way_to_quote_gives_the_same),
      cmocka_unit_test(refused_memory_is_an_error_event),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
