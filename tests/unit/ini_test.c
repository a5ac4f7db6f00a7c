/* SPDX-License-Identifier: MIT
 *
 * ini_test.c -- lines, sections, continuations and faults; allocation failures.
 * How profiles come together is tested through the Lua face (profile_test.lua). */
#include "bindings/ini.h"

#include "tests/support/support.h"

/* The events of a text, one a line. */
static char *events(const char *text, mr_ini_file file) {
  mr_ini r;
  mr_buf out;
  mr_ini_event event;
  mr_buf_init(&out, NULL);
  mr_ini_init(&r, mr_slice_of(text), file, NULL);
  while ((event = mr_ini_next(&r)) == MR_INI_SECTION || event == MR_INI_PROPERTY) {
    if (event == MR_INI_SECTION)
      mr_buf_printf(&out, "%d:%d%s[%.*s]\n", r.line, (int)r.kind, r.prefixed ? "p" : "", (int)r.name.len,
                    r.name.ptr);
    else
      mr_buf_printf(&out, "%.*s=%.*s|\n", (int)r.key.len, r.key.ptr, (int)r.value.len, r.value.ptr);
  }
  if (event == MR_INI_FAULT)
    mr_buf_printf(&out, "%d: %s\n", r.line, r.fault);
  char *copy = strdup(mr_buf_text(&out));
  mr_buf_clear(&out);
  mr_ini_clear(&r);
  mr_ini_clear(&r);
  return copy;
}

static void expect(const char *text, mr_ini_file file, const char *wanted) {
  char *got = events(text, file);
  assert_string_equal(got, wanted);
  free(got);
}

static void sections(void **state) {
  (void)state;
  expect("[profile a]\n[ profile  b ]\n[default]\n[sso-session s]\n[services v]\n[a]\n", MR_INI_CONFIG,
         "1:0p[a]\n2:0p[b]\n3:0[default]\n4:1[s]\n5:2[v]\n6:3[a]\n");
  expect("[a]\n[profile b]\n[sso-sessionfoo];x\n", MR_INI_CREDENTIALS, "1:0[a]\n2:3[profile b]\n3:0[sso-sessionfoo]\n");
  expect("\xef\xbb\xbf[a]\r\nX = 1\r\n", MR_INI_CREDENTIALS, "1:0[a]\nx=1|\n");
}

static void properties(void **state) {
  (void)state;
  expect("[a]\nKey=v # c\nb = v;x\ns3 =\n  p = 1 ; kept\n\n\t q\n# c\nc=\n", MR_INI_CREDENTIALS,
         "1:0[a]\nkey=v|\nb=v;x|\ns3=\np = 1 ; kept\nq|\nc=|\n");
  expect("[in valid]\nx = 1\n y\n[a]\nin valid = 1\n y\nz=2", MR_INI_CREDENTIALS, "1:3[in valid]\n4:0[a]\nz=2|\n");
}

static void faults(void **state) {
  (void)state;
  expect("\nx = 1", MR_INI_CONFIG, "2: Expected a profile definition\n");
  expect("[a\n", MR_INI_CONFIG, "1: Expected a ']' at the end of a profile definition\n");
  expect("[a]\n x", MR_INI_CREDENTIALS, "1:0[a]\n2: Expected a property definition, found continuation\n");
  expect("[a]\nx : 1", MR_INI_CREDENTIALS, "1:0[a]\n2: Expected an '=' sign defining a property\n");
  expect("[a]\n= 1", MR_INI_CREDENTIALS, "1:0[a]\n2: Expected a name before the '=' sign of a property\n");
}

static void memory_ends(void **state) {
  (void)state;
  support_failing fails = {.fail_at = 1, .for_good = true};
  mr_alloc alloc;
  mr_ini r;
  mr_alloc_init(&alloc, support_failing_alloc, &fails, 0);
  mr_ini_init(&r, mr_slice_of("[a]\nx = 1\n"), MR_INI_CREDENTIALS, &alloc);
  assert_int_equal(mr_ini_next(&r), MR_INI_SECTION);
  assert_int_equal(mr_ini_next(&r), MR_INI_FAULT);
  assert_true(r.text.status < 0);
  mr_ini_clear(&r);
  assert_int_equal(alloc.used, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sections),
      cmocka_unit_test(properties),
      cmocka_unit_test(faults),
      cmocka_unit_test(memory_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
