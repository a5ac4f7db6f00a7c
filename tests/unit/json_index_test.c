/* SPDX-License-Identifier: MIT
 *
 * The index of a JSON text is what the pull reader says, for good texts and their mutants. */
#include "tests/support/json_index_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Good and bad; every one is also cut, and mutated byte by byte. */
static const char *const TEXTS[] = {
    "null",
    " true ",
    "[]",
    "{}",
    "\"\"",
    "[1,-0,0.5e-7,1e400,12345678901234567890,true,false,null,\"x\"]",
    "{\"a\":{\"b\":[{},[],[[]],{\"c\":\"\\u00e4\\ud83d\\ude00\\n\\\\\"}]},\"a\":\"\xc3\xbc\"}",
    "{\"messages\": [{\"role\": \"user\", \"content\": \"What is \\\"six\\\" times seven, and why "
    "would anyone want to know? \xe2\x82\xac\xf0\x9f\x98\x80 \\\\\"},\r\n\t{\"role\": "
    "\"assistant\", \"content\": \"Forty-two.\\nAs to why: \\u2026 nobody knows\\\\\\\"\"}]}",
    "[\"\\ud800\"]",
    "[\"0123456789012345678901234567890123456789012345678901234567890\\\\\",\"\\\\\\\\\"]",
    "[\"012345678901234567890123456789012345678901234567890123456789\xe2\x82\xac\xc3\xbc\"]",
    "{\"k\":\"012345678901234567890123456789012345678901234567890\\ud83d\\ude00\\u12\"}",
    "[1 2]",
    "{\"a\" 1}",
    "{\"a\":1,}",
    "{} {}",
    "[\"a\"\"b\"]",
    "[1\"a\"]",
    "[\"a\"1]",
    "[truefalse]",
    "[-]",
    "\\\"a\\\"",
};

typedef struct fixture {
  mr_json_index index;
  mr_buf scratch;
} fixture;

/* With every variant that this processor has, in memory that ends where the text ends, so that a
 * sanitizer sees every overrun. */
static void check(fixture *f, const char *text, size_t n) {
  char *exact = malloc(n ? n : 1);
  assert_non_null(exact);
  memcpy(exact, text, n);
  for (int v = MR_JSON_FASTEST; v <= MR_JSON_AVX512; v++) {
    if (!mr_json_stage_has((mr_json_variant)v))
      continue;
    f->index.variant = (mr_json_variant)v;
    const char *wrong = check_index(&f->index, mr_slice_make(exact, n), &f->scratch);
    if (wrong)
      fail_msg("variant %d: %s: %.*s", v, wrong, (int)n, text);
  }
  free(exact);
}

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  mr_json_index_init(&f->index, NULL);
  mr_buf_init(&f->scratch, NULL);
  *state = f;
  return f ? 0 : -1;
}

static int tear_down(void **state) {
  fixture *f = *state;
  mr_json_index_free(&f->index);
  mr_json_index_free(&f->index);
  mr_buf_clear(&f->scratch);
  free(f);
  return 0;
}

static void texts_and_their_beginnings(void **state) {
  fixture *f = *state;
  for (size_t i = 0; i < MR_COUNT(TEXTS); i++)
    for (size_t n = 0; n <= strlen(TEXTS[i]); n++)
      check(f, TEXTS[i], n);
}

static void every_byte_replaced(void **state) {
  static const char BYTES[] = "\"\\{}[]:,0-. u\n\t\x01\x7f\x80\xc3\xe2\xed\xf0\xff";
  fixture *f = *state;
  char text[512];
  for (size_t i = 0; i < MR_COUNT(TEXTS); i++) {
    size_t n = strlen(TEXTS[i]);
    assert_true(n < sizeof text);
    memcpy(text, TEXTS[i], n);
    for (size_t at = 0; at < n; at++) {
      for (size_t b = 0; b < sizeof BYTES; b++) { /* with the NUL */
        text[at] = BYTES[b];
        check(f, text, n);
      }
      text[at] = TEXTS[i][at];
    }
  }
}

/* Everything once at every place of a block of 64 bytes, and far behind the first blocks. */
static void every_shift(void **state) {
  fixture *f = *state;
  static const size_t SHIFTS[] = {0, 4000, 4096, 8100};
  char *text = malloc(9000);
  assert_non_null(text);
  for (size_t i = 0; i < MR_COUNT(TEXTS); i++)
    for (size_t base = 0; base < MR_COUNT(SHIFTS); base++)
      for (size_t shift = SHIFTS[base]; shift < SHIFTS[base] + 70; shift++) {
        size_t n = strlen(TEXTS[i]);
        memset(text, ' ', shift);
        memcpy(text + shift, TEXTS[i], n);
        check(f, text, shift + n);
        text[0] = '[';
        if (shift > 3) { /* the same behind a string */
          memset(text + 1, 'x', shift - 1);
          text[1] = text[shift - 2] = '"';
          text[shift - 1] = ',';
          text[shift + n] = ']';
          check(f, text, shift + n + 1);
          memset(text + 2, '\\', shift - 4);
          check(f, text, shift + n + 1);
        }
      }
  free(text);
}

static void depth_is_limited(void **state) {
  fixture *f = *state;
  char text[3000];
  memset(text, '[', sizeof text);
  check(f, text, sizeof text);
  memset(text + 1000, ']', 1000);
  check(f, text, 2000);
  f->index.max_depth = 999;
  check(f, text, 2000);
  check(f, text + 1, 1998);
  mr_json_fault fault;
  assert_int_equal(mr_json_index_build(&f->index, mr_slice_make(text, 2000), &fault), MR_ERR_LIMIT);
  assert_int_equal(fault.offset, 999);
  assert_int_equal(f->index.count, 0);
}

/* Values inside one another at random, as long as there is room. */
static char *put_random(char *to, const char *end, unsigned *seed, int depth) {
  static const char *const SCALARS[] = {"0",      "-1.5e3",          "true",         "null", "\"\"",
                                        "\"ab\"", "\"\\u00e9\\\\\"", "\"\xc3\xa9\"", "false"};
  unsigned pick = (*seed = *seed * 1103515245u + 12345u) >> 16;
  if (depth == 0 || end - to < 200 || pick % 4 == 0)
    return to + sprintf(to, "%s", SCALARS[pick / 4 % MR_COUNT(SCALARS)]);
  bool is_object = pick & 4;
  *to++ = is_object ? '{' : '[';
  for (unsigned n = pick / 8 % 5, i = 0; i < n; i++) {
    to += sprintf(to, "%s%s", i ? ", " : "", is_object ? "\"key\" :" : "");
    to = put_random(to, end, seed, depth - 1);
  }
  *to++ = is_object ? '}' : ']';
  return to;
}

static void random_trees_and_mutants(void **state) {
  fixture *f = *state;
  unsigned seed = 1;
  char *text = malloc(20000);
  assert_non_null(text);
  for (int round = 0; round < 3000; round++) {
    size_t n = (size_t)(put_random(text, text + 8000, &seed, 12) - text);
    check(f, text, n);
    text[(seed >> 8) % n] = "\"\\{}[]:,1x"[(seed >> 4) % 10];
    check(f, text, n);
  }
  free(text);
}

static void skipping_a_value(void **state) {
  fixture *f = *state;
  mr_slice text = mr_slice_of("[[1,{\"a\":[]}],\"x\",{}]");
  assert_int_equal(mr_json_index_build(&f->index, text, NULL), MR_OK);
  uint32_t i = mr_json_token_after(&f->index, text, 1);
  assert_int_equal(text.ptr[f->index.tokens[i].at], '"');
  i = mr_json_token_after(&f->index, text, i);
  assert_int_equal(text.ptr[f->index.tokens[i].at], '{');
  assert_int_equal(mr_json_token_after(&f->index, text, i), f->index.count - 1);
  assert_int_equal(mr_json_token_after(&f->index, text, 0), f->index.count);
}

static void no_memory_is_told(void **state) {
  fixture *f = *state;
  mr_alloc alloc;
  mr_json_fault fault;
  mr_alloc_init(&alloc, NULL, NULL, 600);
  f->index.alloc = &alloc;
  char text[4000] = "[";
  for (size_t i = 1; i + 1 < sizeof text; i += 2)
    memcpy(text + i, "0,", 2);
  memcpy(text + sizeof text - 1, "]", 1);
  text[sizeof text - 2] = ' ';
  assert_int_equal(mr_json_index_build(&f->index, mr_slice_make(text, sizeof text), &fault),
                   MR_ERR_MEMORY);
  assert_int_equal(fault.status, MR_ERR_MEMORY);
  mr_json_index_free(&f->index);
  assert_int_equal(alloc.used, 0);
  f->index.alloc = NULL;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(texts_and_their_beginnings, set_up, tear_down),
      cmocka_unit_test_setup_teardown(every_byte_replaced, set_up, tear_down),
      cmocka_unit_test_setup_teardown(every_shift, set_up, tear_down),
      cmocka_unit_test_setup_teardown(depth_is_limited, set_up, tear_down),
      cmocka_unit_test_setup_teardown(random_trees_and_mutants, set_up, tear_down),
      cmocka_unit_test_setup_teardown(skipping_a_value, set_up, tear_down),
      cmocka_unit_test_setup_teardown(no_memory_is_told, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
