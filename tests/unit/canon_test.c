/* SPDX-License-Identifier: MIT
 *
 * canon_test.c -- the one spelling of paths, queries and headers that is signed. */
#include "tests/support/support.h"

#include "bindings/canon.h"

#define S(text) mr_slice_make(text, sizeof(text) - 1)

static void path_forms(void **state) {
  (void)state;
  static const struct {
    const char *path;
    bool normalize, encode;
    const char *want;
  } cases[] = {
      {"", true, true, "/"},
      {"", false, false, "/"},
      {"/", true, true, "/"},
      {"//", true, true, "/"},
      {"/./", true, true, "/"},
      {"/./example", true, true, "/example"},
      {"/example/..", true, true, "/"},
      {"/example1/example2/../..", true, true, "/"},
      {"/../../a", true, true, "/a"},
      {"//example//", true, true, "/example/"},
      {"/a/b/../c", true, true, "/a/c"},
      {"/a/b/..", true, true, "/a"},
      {"/a/...", true, true, "/a/..."},
      {"/a/.b", true, true, "/a/.b"},
      {"/a b/%20", true, true, "/a%20b/%2520"},
      {"//example//./..", false, true, "//example//./.."},
      {"/a%3Ab/c%2Fd~", true, true, "/a%253Ab/c%252Fd~"},
      {"/a//b/../%C3%BC+x=1", false, false, "/a//b/../%C3%BC+x=1"},
      {"/a b\n\xc3\xbc", false, false, "/a%20b%0A%C3%BC"},
  };
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    mr_buf out;
    mr_buf_init(&out, NULL);
    mr_buf_puts(&out, "x"); /* what stands there already is not touched */
    mr_canon_path(&out, mr_slice_of(cases[i].path), cases[i].normalize, cases[i].encode);
    assert_string_equal(mr_buf_text(&out) + 1, cases[i].want);
    mr_buf_clear(&out);
  }
}

static void query_forms(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"", ""},
      {"uploads", "uploads="},
      {"a=", "a="},
      {"=a", "=a"},
      {"&&a&&", "a="},
      {"b=2&a=1", "a=1&b=2"},
      {"Param-3=V&Param=V&%E1%88%B4=1", "%E1%88%B4=1&Param=V&Param-3=V"},
      {"a=2&a=1&a=10", "a=1&a=10&a=2"},
      {"a=x&A=y", "A=y&a=x"},
      {"a=b=c", "a=b%3Dc"},
      {"a=%2f%7e", "a=%2F~"},
      {"a=%zz%4", "a=%25zz%254"},
      {"a=b+c", "a=b%2Bc"},
      {"\xe1\x88\xb4=bar", "%E1%88%B4=bar"},
      {"a=b c", "a=b%20c"},
      {"a=%41", "a=A"},
  };
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    mr_buf out;
    mr_buf_init(&out, NULL);
    mr_canon_query(&out, mr_slice_of(cases[i][0]), NULL, NULL, 0);
    assert_string_equal(mr_buf_text(&out), cases[i][1]);
    mr_buf_clear(&out);
  }
}

static void header_forms(void **state) {
  (void)state;
  const mr_pair headers[] = {
      {S("Zeta"), S("last")},  {S("My-Header"), S("  b   \t c ")},
      {S("host"), S("h")},     {S("my-header"), S("line1\r\n  line2\n\tline3")},
      {S("MY-HEADER"), S("")}, {S("my-head"), S("\"a   b\"")}};
  const mr_pair *list[MR_COUNT(headers)];
  mr_buf block, names;
  for (size_t i = 0; i < MR_COUNT(headers); i++)
    list[i] = &headers[i];
  mr_buf_init(&block, NULL);
  mr_buf_init(&names, NULL);
  assert_int_equal(mr_canon_headers(&block, &names, list, MR_COUNT(headers)), MR_OK);
  assert_string_equal(mr_buf_text(&block), "host:h\nmy-head:\"a b\"\n"
                                           "my-header:b c,line1 line2 line3,\nzeta:last\n");
  assert_string_equal(mr_buf_text(&names), "host;my-head;my-header;zeta");
  mr_buf_clear(&block);
  mr_buf_clear(&names);

  const mr_pair bad[] = {{S(""), S("v")},       {S("a b"), S("v")},  {S("a:"), S("v")},
                         {S("a\n"), S("v")},    {S("a"), S("v\0v")}, {S("a"), S("v\nx-b:c")},
                         {S("a"), S("v\r\nx")}, {S("a"), S("v\rx")}, {S("\xc3\xbc"), S("v")},
                         {S("a;b"), S("v")}};
  for (size_t i = 0; i < MR_COUNT(bad); i++) {
    list[0] = &bad[i];
    assert_int_equal(mr_canon_headers(&block, &names, list, 1), MR_ERR_ARG);
    mr_buf_clear(&block);
    mr_buf_clear(&names);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(path_forms), cmocka_unit_test(query_forms),
                                     cmocka_unit_test(header_forms)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
