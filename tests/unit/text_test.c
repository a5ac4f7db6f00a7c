/* SPDX-License-Identifier: MIT
 *
 * text_test.c -- hex, base64, UTF-8, numbers and dates.
 * Expected doubles are what Python's repr prints; the sweep checks that every double is read
 * back exactly, also under a locale that writes a decimal comma. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <math.h>

#include "bindings/text.h"

#define S(text) mr_slice_make(text, sizeof(text) - 1)

static void hex_goes_both_ways(void **state) {
  mr_buf b;
  (void)state;
  mr_buf_init(&b, NULL);
  mr_hex_encode(&b, "\0\x1f\xff", 3);
  assert_string_equal(mr_buf_text(&b), "001fff");
  mr_buf_reset(&b);
  assert_int_equal(mr_hex_decode(&b, S("00fFA0")), MR_OK);
  assert_int_equal(b.len, 3);
  assert_memory_equal(b.ptr, "\0\xff\xa0", 3);
  assert_int_equal(mr_hex_decode(&b, S("0")), MR_ERR_ARG);
  assert_int_equal(mr_hex_decode(&b, S("0g")), MR_ERR_ARG);
  assert_int_equal(b.len, 3);
  mr_buf_clear(&b);
}

static void base64_goes_both_ways(void **state) {
  static const struct {
    const char *plain, *coded;
  } cases[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"}};
  mr_buf b;
  (void)state;
  mr_buf_init(&b, NULL);
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    mr_buf_reset(&b);
    mr_base64_encode(&b, cases[i].plain, strlen(cases[i].plain));
    assert_string_equal(mr_buf_text(&b), cases[i].coded);
    mr_buf_reset(&b);
    assert_int_equal(mr_base64_decode(&b, mr_slice_of(cases[i].coded)), MR_OK);
    assert_string_equal(mr_buf_text(&b), cases[i].plain);
  }
  for (int n = 0; n < 256; n++) {
    unsigned char bytes[256];
    for (int i = 0; i < n; i++)
      bytes[i] = (unsigned char)(255 - i * n);
    mr_buf text;
    mr_buf_init(&text, NULL);
    mr_base64_encode(&text, bytes, (size_t)n);
    mr_buf_reset(&b);
    assert_int_equal(mr_base64_decode(&b, mr_buf_view(&text)), MR_OK);
    assert_int_equal(b.len, n);
    assert_true(n == 0 || memcmp(b.ptr, bytes, (size_t)n) == 0);
    mr_buf_clear(&text);
  }
  mr_buf_clear(&b);
}

static void base64_refuses_what_it_would_not_write(void **state) {
  static const char *const bad[] = {"Z",      "Zg",    "Zg=",  "Zh==",     "Zm9=", "Z===", "====",
                                    "Zg==\n", "Zm 9v", "Zm9-", "Zg==Zg==", "=Zm9", "Zm=v"};
  mr_buf b;
  (void)state;
  mr_buf_init(&b, NULL);
  mr_buf_puts(&b, "kept");
  for (size_t i = 0; i < MR_COUNT(bad); i++)
    assert_int_equal(mr_base64_decode(&b, mr_slice_of(bad[i])), MR_ERR_ARG);
  assert_string_equal(mr_buf_text(&b), "kept");
  mr_buf_clear(&b);
}

static void utf8_faults_are_found_where_they_begin(void **state) {
  static const struct {
    const char *text;
    int bad; /* -1: well formed */
  } cases[] = {
      {"", -1},
      {"plain text that is longer than a word", -1},
      {"\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80 \xef\xbf\xbf \xf4\x8f\xbf\xbf", -1},
      {"12345678\x80", 8},
      {"ab\xc0\xaf", 2},
      {"\xc1\xbf", 0},
      {"\xe0\x9f\xbf", 0},
      {"\xed\xa0\x80", 0},
      {"x\xed\xbf\xbf", 1},
      {"\xf0\x8f\xbf\xbf", 0},
      {"\xf4\x90\x80\x80", 0},
      {"\xf5\x80\x80\x80", 0},
      {"abc\xe2\x82", 3},
      {"abc\xf0\x9f\x98", 3},
      {"\xc3", 0},
      {"\xe2\x82\xac\xff", 3},
      {"\xe2\x28\xa1", 0},
      {"1234567\xc3\xbc\xfe", 9},
  };
  (void)state;
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    size_t at = 12345;
    bool ok = mr_utf8_valid(mr_slice_of(cases[i].text), &at);
    assert_int_equal(ok, cases[i].bad < 0);
    if (!ok)
      assert_int_equal(at, cases[i].bad);
  }
  assert_int_equal(mr_utf8_count(S("a\xc3\xbc\xf0\x9f\x98\x80\xff")), 4);
  mr_buf b;
  mr_buf_init(&b, NULL);
  for (uint32_t code = 1; code < 0x110000; code += 7) {
    uint32_t back = 0;
    if (code >= 0xd800 && code <= 0xdfff)
      continue;
    mr_buf_reset(&b);
    mr_utf8_put(&b, code);
    assert_int_equal(mr_utf8_read(mr_buf_view(&b), &back), b.len);
    assert_int_equal(back, code);
  }
  mr_buf_clear(&b);
}

static void integers_go_both_ways_to_the_ends(void **state) {
  static const struct {
    int64_t value;
    const char *text;
  } cases[] = {{0, "0"},
               {-1, "-1"},
               {1234567890123456789, "1234567890123456789"},
               {INT64_MAX, "9223372036854775807"},
               {INT64_MIN, "-9223372036854775808"}};
  static const char *const bad[] = {"",
                                    "-",
                                    "+1",
                                    "1 ",
                                    "9223372036854775808",
                                    "a",
                                    "1a",
                                    "--1",
                                    "-9223372036854775809",
                                    "99999999999999999999"};
  mr_buf b;
  int64_t value;
  (void)state;
  mr_buf_init(&b, NULL);
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    mr_buf_reset(&b);
    mr_text_integer(&b, cases[i].value);
    assert_string_equal(mr_buf_text(&b), cases[i].text);
    assert_int_equal(mr_text_to_integer(mr_slice_of(cases[i].text), &value), MR_OK);
    assert_true(value == cases[i].value);
  }
  for (size_t i = 0; i < MR_COUNT(bad); i++)
    assert_int_equal(mr_text_to_integer(mr_slice_of(bad[i]), &value), MR_ERR_ARG);
  mr_buf_clear(&b);
}

static void doubles_are_written_as_repr_writes_them(void **state) {
  static const struct {
    double value;
    const char *text;
  } cases[] = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {-2.5, "-2.5"},
      {0.1, "0.1"},
      {0.30000000000000004, "0.30000000000000004"},
      {0.0001, "0.0001"},
      {0.00001, "1e-05"},
      {1.5e-7, "1.5e-07"},
      {1e15, "1000000000000000.0"},
      {1e16, "1e+16"},
      {9999999999999998.0, "9999999999999998.0"},
      {123456789012345680.0, "1.2345678901234568e+17"},
      {1e22, "1e+22"},
      {1e23, "1e+23"},
      {1e100, "1e+100"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {5e-324, "5e-324"},
      {1e-323, "1e-323"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {2.225073858507201e-308, "2.225073858507201e-308"},
      {5.684341886080802e-14, "5.684341886080802e-14"}, /* 2^-44: uneven neighbours */
      {9007199254740993.0, "9007199254740992.0"},
      {3.141592653589793, "3.141592653589793"},
      {6.02214076e23, "6.02214076e+23"},
      {4.35, "4.35"},
      {1767225600.123, "1767225600.123"},
      {INFINITY, "inf"},
      {-INFINITY, "-inf"},
  };
  mr_buf b;
  (void)state;
  mr_buf_init(&b, NULL);
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    mr_buf_reset(&b);
    mr_text_double(&b, cases[i].value);
    assert_string_equal(mr_buf_text(&b), cases[i].text);
  }
  mr_buf_reset(&b);
  mr_text_double(&b, NAN);
  assert_string_equal(mr_buf_text(&b), "nan");
  mr_buf_clear(&b);
}

static void sweep(mr_buf *b) {
  uint64_t seed = 88172645463325252u;
  for (int i = 0; i < 20000; i++) {
    double value, back = 0;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    uint64_t bits = i % 4 == 3 ? seed & UINT64_C(0xffefffffffff) : seed;
    memcpy(&value, &bits, sizeof value);
    if (i % 4 == 1)
      value = (double)(int64_t)(seed >> 20) / 1000;
    if (i % 4 == 2)
      value = ldexp(1.0, (int)(seed % 2098) - 1074);
    if (!isfinite(value))
      continue;
    mr_buf_reset(b);
    mr_text_double(b, value);
    assert_null(strchr(mr_buf_text(b), ','));
    assert_int_equal(mr_text_to_double(mr_buf_view(b), &back), MR_OK);
    assert_memory_equal(&value, &back, sizeof value);
  }
}

static void every_double_reads_back_in_any_locale(void **state) {
  static const char *const locales[] = {"C", "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"};
  mr_buf b;
  (void)state;
  mr_buf_init(&b, NULL);
  for (size_t i = 0; i < MR_COUNT(locales); i++)
    if (setlocale(LC_ALL, locales[i]))
      sweep(&b);
  setlocale(LC_ALL, "C");
  mr_buf_clear(&b);
}

static void doubles_are_read_as_json_spells_them(void **state) {
  static const struct {
    const char *text;
    double value;
  } cases[] = {
      {"0", 0},
      {"-0", -0.0},
      {"1.5e3", 1500},
      {"1E-2", 0.01},
      {"0.000001", 1e-6},
      {"123456789012345678901234567890", 1.2345678901234568e29},
      {"1e400", INFINITY},
      {"-1e400", -INFINITY},
      {"1e-400", 0},
      {"0e99999999999999999999999", 0},
      {"2.2250738585072011e-308", 2.2250738585072011e-308},
      {"9007199254740993", 9007199254740992.0},
      {"9007199254740993.000000000000000000000000000000000000000000000001", 9007199254740994.0},
      {"8.98846567431158e307", 8.98846567431158e307},
      {"7237647309179475.5", 7237647309179476.0}, /* exactly between two doubles */
      {"928007820306737.1875", 928007820306737.25},
      {"18014398509481985", 18014398509481984.0},
      {"1.7976931348623158e308", 1.7976931348623157e308},
      {"1.7976931348623159e308", INFINITY},
      {"4.9406564584124654e-324", 5e-324},
      {"2.4703282292062327e-324", 0},
  };
  static const char *const bad[] = {"",    "-",    "01",    "1.",  ".5",  "+1",  "1e",
                                    "1e+", "0x1",  "1 ",    " 1",  "inf", "nan", "1,5",
                                    "--1", "1.5.", "1e5.5", "-.5", "00"};
  double value;
  (void)state;
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    assert_int_equal(mr_text_to_double(mr_slice_of(cases[i].text), &value), MR_OK);
    assert_memory_equal(&value, &cases[i].value, sizeof value);
  }
  for (size_t i = 0; i < MR_COUNT(bad); i++)
    assert_int_equal(mr_text_to_double(mr_slice_of(bad[i]), &value), MR_ERR_ARG);
  /* A tie that only the 900th digit breaks. */
  char text[1000];
  memset(text, '0', sizeof text);
  memcpy(text, "9007199254740993.", 17);
  text[900] = '1';
  assert_int_equal(mr_text_to_double(mr_slice_make(text, sizeof text), &value), MR_OK);
  assert_true(value == 9007199254740994.0);
}

static void check_time(int64_t ms, mr_time_kind kind, const char *want) {
  mr_buf b;
  mr_buf_init(&b, NULL);
  mr_time_format(&b, ms, kind);
  assert_string_equal(mr_buf_text(&b), want);
  mr_buf_clear(&b);
}

static void times_are_written(void **state) {
  const int64_t ms = INT64_C(784111777000); /* the date of RFC 9110 section 5.6.7 */
  (void)state;
  check_time(ms, MR_TIME_HTTP, "Sun, 06 Nov 1994 08:49:37 GMT");
  check_time(ms, MR_TIME_ISO, "1994-11-06T08:49:37Z");
  check_time(ms + 7, MR_TIME_ISO_MS, "1994-11-06T08:49:37.007Z");
  check_time(ms, MR_TIME_BASIC, "19941106T084937Z");
  check_time(ms, MR_TIME_DATE, "19941106");
  check_time(ms, MR_TIME_EPOCH, "784111777");
  check_time(ms + 250, MR_TIME_EPOCH, "784111777.25");
  check_time(-1500, MR_TIME_EPOCH, "-1.5");
  check_time(-1, MR_TIME_ISO_MS, "1969-12-31T23:59:59.999Z");
  check_time(INT64_C(951782400000), MR_TIME_ISO, "2000-02-29T00:00:00Z");
}

static void times_are_read(void **state) {
  static const struct {
    const char *text;
    mr_time_kind kind;
    int64_t ms;
  } cases[] = {
      {"1994-11-06T08:49:37Z", MR_TIME_ANY, 784111777000},
      {"1994-11-06T08:49:37Z", MR_TIME_ISO_MS, 784111777000},
      {"1994-11-06 08:49:37.5", MR_TIME_ANY, 784111777500},
      {"1994-11-06T08:49:37.123456789Z", MR_TIME_ISO, 784111777123},
      {"1994-11-06T09:49:37+01:00", MR_TIME_ISO, 784111777000},
      {"1994-11-06T03:19:37-0530", MR_TIME_ISO, 784111777000},
      {"1994-11-06T08:49Z", MR_TIME_ISO, 784111740000},
      {"1994-11-06", MR_TIME_ANY, 784080000000},
      {"1972-06-30T23:59:60Z", MR_TIME_ISO, 78796800000},
      {"Sun, 06 Nov 1994 08:49:37 GMT", MR_TIME_ANY, 784111777000},
      {"Sunday, 06-Nov-94 08:49:37 GMT", MR_TIME_HTTP, 784111777000},
      {"Sun Nov  6 08:49:37 1994", MR_TIME_HTTP, 784111777000},
      {"19941106T084937Z", MR_TIME_ANY, 784111777000},
      {"19941106", MR_TIME_DATE, 784080000000},
      {"784111777", MR_TIME_ANY, 784111777000},
      {"784111777.25", MR_TIME_EPOCH, 784111777250},
      {"1.7840E+9", MR_TIME_EPOCH, 1784000000000},
      {"-1.5", MR_TIME_ANY, -1500},
  };
  static const char *const bad[] = {"",
                                    "1994-13-06T08:49:37Z",
                                    "1994-02-29",
                                    "1900-02-29",
                                    "1994-11-06T24:00:00Z",
                                    "1994-11-06T08:60:00Z",
                                    "1994-11-06T08:49:37Zx",
                                    "1994-11-06T08:49:37.Z",
                                    "1994-11-06T08:49:37+1",
                                    "1994-11-6",
                                    "Sun, 06 Foo 1994 08:49:37 GMT",
                                    "Xxx, 06 Nov 1994 08:49:37 GMT",
                                    "Sun, 06 Nov 1994 08:49:37",
                                    "Sun",
                                    "19941106T084937",
                                    "1.",
                                    "--1",
                                    "1e",
                                    "1e300",
                                    "99999999999999999",
                                    "tomorrow"};
  int64_t ms;
  (void)state;
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    assert_int_equal(mr_time_parse(mr_slice_of(cases[i].text), cases[i].kind, &ms), MR_OK);
    assert_true(ms == cases[i].ms);
  }
  for (size_t i = 0; i < MR_COUNT(bad); i++)
    assert_int_equal(mr_time_parse(mr_slice_of(bad[i]), MR_TIME_ANY, &ms), MR_ERR_ARG);
  assert_int_equal(mr_time_parse(mr_slice_make(NULL, 0), MR_TIME_ISO, &ms), MR_ERR_ARG);
}

static void bytes_have_an_order(void **state) {
  (void)state;
  static const char *const rising[] = {"", "A", "AA", "B", "a", "a\x01", "b", "\x80", "\xff"};
  for (size_t i = 0; i < MR_COUNT(rising); i++)
    for (size_t k = 0; k < MR_COUNT(rising); k++) {
      int order = mr_slice_compare(mr_slice_of(rising[i]), mr_slice_of(rising[k]));
      assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
    }
  assert_int_equal(mr_slice_compare(mr_slice_make(NULL, 0), mr_slice_of("")), 0);
  assert_true(mr_slice_compare(mr_slice_make("a\0b", 3), mr_slice_make("a\0a", 3)) > 0);
}

static void only_ascii_letters_have_a_lower_case(void **state) {
  (void)state;
  for (int c = 0; c < 256; c++)
    assert_int_equal((unsigned char)mr_ascii_lower((char)c), c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static void failed_memory_is_told_once_at_the_end(void **state) {
  mr_alloc none;
  mr_buf b;
  (void)state;
  mr_alloc_init(&none, NULL, NULL, 1);
  mr_buf_init(&b, &none);
  mr_hex_encode(&b, "abc", 3);
  mr_base64_encode(&b, "abc", 3);
  mr_text_double(&b, 1.5);
  mr_time_format(&b, 0, MR_TIME_ISO);
  assert_int_equal(b.status, MR_ERR_MEMORY);
  assert_int_equal(mr_hex_decode(&b, S("00")), MR_ERR_MEMORY);
  assert_int_equal(mr_base64_decode(&b, S("Zg==")), MR_ERR_MEMORY);
  mr_buf_clear(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hex_goes_both_ways),
      cmocka_unit_test(base64_goes_both_ways),
      cmocka_unit_test(base64_refuses_what_it_would_not_write),
      cmocka_unit_test(utf8_faults_are_found_where_they_begin),
      cmocka_unit_test(integers_go_both_ways_to_the_ends),
      cmocka_unit_test(doubles_are_written_as_repr_writes_them),
      cmocka_unit_test(every_double_reads_back_in_any_locale),
      cmocka_unit_test(doubles_are_read_as_json_spells_them),
      cmocka_unit_test(times_are_written),
      cmocka_unit_test(times_are_read),
      cmocka_unit_test(bytes_have_an_order),
      cmocka_unit_test(only_ascii_letters_have_a_lower_case),
      cmocka_unit_test(failed_memory_is_told_once_at_the_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
