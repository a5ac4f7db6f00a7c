/* SPDX-License-Identifier: MIT
 *
 * record_test.c -- the lint of fine-tuning data: for each rule one record that breaks it and
 * nothing else, with the place that the finding must name. */
#include "tests/support/support.h"

#include <limits.h>
#include <stdio.h>

#include "bindings/record.h"
#include "host/buf.h"
#include "tests/support/record_cases.h"

typedef struct seen {
  char rule[32], path[96], message[512], suggestion[64];
  uint64_t line, column, offset;
  mr_record_severity severity;
} seen;

typedef struct result {
  seen list[64];
  size_t count;
  mr_record_stats stats;
} result;

static void copy(char *to, size_t size, mr_slice s) {
  size_t n = s.len < size - 1 ? s.len : size - 1;
  memcpy(to, s.ptr, n);
  to[n] = '\0';
}

static void found(void *ud, const mr_record_finding *f) {
  result *r = (result *)ud;
  if (r->count == MR_COUNT(r->list))
    return;
  seen *s = &r->list[r->count++];
  copy(s->rule, sizeof s->rule, mr_slice_of(f->rule->id));
  copy(s->path, sizeof s->path, f->path);
  copy(s->message, sizeof s->message, f->message);
  copy(s->suggestion, sizeof s->suggestion, f->suggestion);
  s->line = f->line;
  s->column = f->column;
  s->offset = f->offset;
  s->severity = f->rule->severity;
}

static result *check(const char *text, size_t n, const mr_record_options *options, size_t step) {
  static result r;
  memset(&r, 0, sizeof r);
  mr_record_sink sink = {found, &r};
  mr_record *record = mr_record_new(NULL, options, sink);
  assert_non_null(record);
  for (size_t at = 0; at < n; at += step)
    assert_int_equal(mr_record_feed(record, text + at, n - at < step ? n - at : step), MR_OK);
  assert_int_equal(mr_record_finish(record), MR_OK);
  r.stats = *mr_record_stats_of(record);
  mr_record_free(record);
  return &r;
}

/* 40 good and different records, in which line `at` (from 1) is replaced by `bad`. */
static void file_with(mr_buf *out, const char *bad, size_t bad_len, const char *format) {
  mr_buf_reset(out);
  for (int i = 1; i <= 40; i++) {
    if (i == 7)
      mr_buf_put(out, bad, bad_len);
    else
      mr_buf_printf(out, format, i);
    mr_buf_putc(out, '\n');
  }
  mr_buf_text(out); /* ends it for strchr */
}

static void run_cases(const rule_case *cases, size_t n, const char *format,
                      mr_record_family family) {
  mr_buf file;
  mr_buf_init(&file, NULL);
  mr_record_options options = {.family = family, .validation = family == MR_RECORD_BATCH};
  for (size_t i = 0; i < n; i++) {
    const rule_case *c = &cases[i];
    file_with(&file, c->line, strlen(c->line), format);
    for (size_t step = 1; step < 5000; step = step * 7 + 3) {
      result *r = check(file.ptr, file.len, &options, step);
      if (r->count != 1 || strcmp(r->list[0].rule, c->rule) != 0)
        for (size_t k = 0; k < r->count; k++)
          print_message("%s: %s %s\n", c->line, r->list[k].rule, r->list[k].message);
      assert_int_equal(r->count, 1);
      assert_string_equal(r->list[0].rule, c->rule);
      assert_int_equal(r->list[0].line, 7);
      if (r->list[0].column != c->column)
        print_message("%s\n", c->line);
      assert_int_equal(r->list[0].column, c->column);
      assert_string_equal(r->list[0].path, c->path);
      assert_string_equal(r->list[0].suggestion, c->suggestion);
      assert_true(strlen(r->list[0].message) > 10);
      assert_int_equal(r->stats.errors + r->stats.warnings, 1);
      const char *start = file.ptr;
      for (int line = 1; line < 7; line++)
        start = strchr(start, '\n') + 1;
      assert_int_equal(r->list[0].offset, (uint64_t)(start - file.ptr) + c->column - 1);
    }
  }
  mr_buf_clear(&file);
}

static void each_rule_is_found_at_its_place(void **state) {
  MR_UNUSED(state);
  run_cases(CLAUDE, MR_COUNT(CLAUDE), CLAUDE_FORMAT, MR_RECORD_CLAUDE);
  run_cases(CONVERSE, MR_COUNT(CONVERSE), CONVERSE_FORMAT, MR_RECORD_CONVERSE);
  run_cases(PROMPT, MR_COUNT(PROMPT), PROMPT_FORMAT, MR_RECORD_PROMPT);
  run_cases(BATCH, MR_COUNT(BATCH), BATCH_FORMAT, MR_RECORD_BATCH);
}

static void nul_byte_is_found(void **state) {
  MR_UNUSED(state);
  static const char LINE[] = "{\"messages\": [" USER("\"a\0b\"") "]}";
  mr_buf file;
  mr_buf_init(&file, NULL);
  file_with(&file, LINE, sizeof LINE - 1, CLAUDE_FORMAT);
  result *r = check(file.ptr, file.len, NULL, 100);
  assert_int_equal(r->count, 1);
  assert_string_equal(r->list[0].rule, "nul");
  assert_int_equal(r->list[0].line, 7);
  assert_int_equal(r->list[0].column, 45);
  mr_buf_clear(&file);
}

static void columns_count_characters(void **state) {
  MR_UNUSED(state);
  static const char LINE[] =
      "{\"system\": \"\xc3\xa9\xe2\x82\xac\", \"x\": 1, \"messages\": [" USER("\"a\"") ", " BOT(
          "\"b\"") "]}";
  mr_buf file;
  mr_buf_init(&file, NULL);
  file_with(&file, LINE, sizeof LINE - 1, CLAUDE_FORMAT);
  result *r = check(file.ptr, file.len, NULL, 100);
  assert_int_equal(r->count, 1);
  assert_string_equal(r->list[0].path, "x");
  assert_int_equal(r->list[0].column, 18);
  mr_buf_clear(&file);
}

static result *check_text(const char *text, const mr_record_options *options) {
  return check(text, strlen(text), options, 11);
}

static void the_file_as_a_whole(void **state) {
  MR_UNUSED(state);
  result *r = check_text("", NULL);
  assert_int_equal(r->count, 1);
  assert_string_equal(r->list[0].rule, "empty");
  assert_int_equal(r->list[0].line, 0);

  r = check_text(GOOD "\n", NULL);
  assert_int_equal(r->count, 1);
  assert_string_equal(r->list[0].rule, "too-few");
  assert_non_null(strstr(r->list[0].message, "needs at least 32; add 31 more"));

  mr_record_options validation = {.family = MR_RECORD_CLAUDE, .validation = true};
  assert_int_equal(check_text(GOOD "\n", &validation)->count, 0);

  r = check_text(GOOD, &validation);
  assert_int_equal(r->count, 1);
  assert_string_equal(r->list[0].rule, "final-newline");
  assert_int_equal(r->list[0].severity, MR_RECORD_WARNING);
  assert_int_equal(r->list[0].column, strlen(GOOD) + 1);

  r = check_text("\xef\xbb\xbf" GOOD "\n", &validation);
  assert_int_equal(r->count, 1);
  assert_string_equal(r->list[0].rule, "bom");
  assert_int_equal(r->list[0].offset, 0);

  r = check_text("{\"messages\": [" USER("\"a\"") ", " BOT("\"b\"") "]}\r\n" GOOD "\r\n",
                 &validation);
  assert_int_equal(r->count, 2);
  assert_string_equal(r->list[0].rule, "duplicate");
  assert_int_equal(r->list[0].line, 2);
  assert_non_null(strstr(r->list[0].message, "line 1"));
  assert_string_equal(r->list[1].rule, "crlf");
}

static void near_duplicates_are_told_when_asked_for(void **state) {
  MR_UNUSED(state);
  static const char TEXT[] = "{\"messages\": [" USER("\"A b  c\"") ", " BOT(
      "\"x \\u00e9\"") "]}\n"
                       "{\"messages\":[" USER("\" a\\nB c \"") ", " BOT(
                           "\"X \xc3\xa9\"") "]}\n"
                                             "{\"messages\":[" USER("\"ab c\"") ", " BOT(
                                                 "\"X \xc3\xa9\"") "]}\n";
  mr_record_options options = {.family = MR_RECORD_CLAUDE, .validation = true};
  assert_int_equal(check_text(TEXT, &options)->count, 0);
  options.near_duplicates = true;
  result *r = check_text(TEXT, &options);
  assert_int_equal(r->count, 1);
  assert_string_equal(r->list[0].rule, "near-duplicate");
  assert_int_equal(r->list[0].line, 2);
  assert_non_null(strstr(r->list[0].message, "line 1"));
}

static void a_file_cut_anywhere_is_told(void **state) {
  MR_UNUSED(state);
  static const char LINE[] =
      "{\"system\": \"\\u00e9\", \"messages\": [" USER("\"a\\n\"") ", " BOT("\"b\"") "]}";
  mr_record_options options = {.family = MR_RECORD_CLAUDE, .validation = true};
  for (size_t n = 1; n < sizeof LINE - 1; n++) {
    result *r = check(LINE, n, &options, 1000);
    assert_int_equal(r->count, 1);
    assert_string_equal(r->list[0].rule, "truncated");
    assert_int_equal(r->list[0].line, 1);
  }
  result *r = check_text("{\"messages\": tru", &options);
  assert_string_equal(r->list[0].rule, "truncated");
}

static void too_many_records(void **state) {
  MR_UNUSED(state);
  mr_buf file;
  mr_buf_init(&file, NULL);
  for (int i = 0; i < 10001; i++) {
    mr_buf_printf(&file, CLAUDE_FORMAT, i);
    mr_buf_putc(&file, '\n');
  }
  result *r = check(file.ptr, file.len, NULL, 65536);
  assert_int_equal(r->count, 1);
  assert_string_equal(r->list[0].rule, "too-many");
  assert_int_equal(r->stats.records, 10001);
  mr_record_options validation = {.validation = true};
  r = check(file.ptr, file.len, &validation, 65536);
  assert_non_null(strstr(r->list[0].message, "at most 1000 for validation"));
  mr_buf_clear(&file);
}

static void token_limits(void **state) {
  MR_UNUSED(state);
  mr_buf file;
  mr_buf_init(&file, NULL);
  for (int near = 0; near < 2; near++) {
    size_t length = near ? 31000 * 6 : 32001 * 6;
    mr_buf_reset(&file);
    mr_buf_puts(&file,
                "{\"messages\": [" USER("\"a\"") ", {\"role\": \"assistant\", \"content\": \"");
    memset(mr_buf_reserve(&file, length), 'x', length);
    file.len += length;
    mr_buf_puts(&file, "\"}]}\n");
    mr_record_options options = {.family = MR_RECORD_CLAUDE, .validation = true};
    result *r = check(file.ptr, file.len, &options, 4096);
    assert_int_equal(r->count, 1);
    assert_string_equal(r->list[0].rule, near ? "near-limit" : "tokens");
    assert_non_null(strstr(r->list[0].message, "messages[1].content"));
    options.max_line = 1000;
    r = check(file.ptr, file.len, &options, 300);
    assert_int_equal(r->count, 1);
    assert_string_equal(r->list[0].rule, "line-length");
    assert_int_equal(r->stats.bytes, file.len);
  }
  mr_buf_clear(&file);
}

static void models_have_limits_of_their_own(void **state) {
  MR_UNUSED(state);
  const mr_record_profile *p = mr_record_profile_find(mr_slice_of(
      "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0:200k"));
  assert_non_null(p);
  assert_string_equal(p->name, "claude-3-haiku");
  assert_int_equal(
      mr_record_profile_find(mr_slice_of("meta.llama3-2-90b-instruct-v1:0"))->max_tokens, 10000);
  assert_int_equal(
      mr_record_profile_find(mr_slice_of("meta.llama3-2-1b-instruct-v1:0"))->max_tokens, 16000);
  assert_null(mr_record_profile_find(mr_slice_of("nobody.nothing-v1")));
  for (size_t i = 0; i < MR_RULE_COUNT; i++) {
    const mr_record_rule *rule = mr_record_rule_at(i);
    assert_non_null(rule->id);
    assert_true(strlen(rule->text) > 10 && strlen(rule->source) > 3 && strlen(rule->date) == 7);
  }
}

static void the_family_is_guessed(void **state) {
  MR_UNUSED(state);
  mr_record_options options = {.validation = true};
  assert_int_equal(check_text(GOOD "\n", &options)->stats.family, MR_RECORD_CLAUDE);
  assert_int_equal(
      check_text("{\"prompt\": \"a\", \"completion\": \"b\"}\n", &options)->stats.family,
      MR_RECORD_PROMPT);
  result *r = check_text(CONVERSE_HEAD TURNS "\n", &options);
  assert_int_equal(r->stats.family, MR_RECORD_CONVERSE);
  assert_int_equal(r->count, 0);
}

static void common_mistakes_are_named(void **state) {
  MR_UNUSED(state);
  result *r = check_text("[\n" GOOD ",\n" GOOD "\n]\n", NULL);
  assert_string_equal(r->list[0].rule, "json");
  assert_non_null(strstr(r->list[0].message, "JSON array"));
  r = check_text("{\n  \"messages\": []\n}\n", NULL);
  assert_non_null(strstr(r->list[0].message, "must stand on one line"));
}

static void check_clean(const char *text, size_t n) {
  result *r = check(text, n, NULL, 65536);
  for (size_t i = 0; i < r->count; i++)
    if (r->list[i].severity == MR_RECORD_ERROR)
      print_message("%s\n", r->list[i].message);
  assert_int_equal(r->stats.errors, 0);
  assert_int_equal(r->stats.records, 500);
  assert_int_equal(r->stats.bytes, n);
  assert_int_equal(r->stats.user, r->stats.assistant);
  assert_int_equal(r->stats.system, 500);
}

static void real_data_is_clean(void **state) {
  MR_UNUSED(state);
  size_t n;
  char *text = support_read("examples/data/json_answers.jsonl", &n);
  assert_non_null(text);
  check_clean(text, n);
  free(text);
  text = support_read_shared("finetuning/json_mode_dataset.jsonl", &n);
  if (text)
    check_clean(text, n);
  free(text);
}

static void a_hostile_line_costs_little(void **state) {
  MR_UNUSED(state);
  mr_buf file;
  mr_buf_init(&file, NULL);
  mr_buf_puts(&file, "{\"messages\": []");
  for (int i = 0; i < 300000; i++)
    mr_buf_printf(&file, ",\"sytem%d\":0", i % 10);
  mr_buf_puts(&file, "}\n[");
  for (int i = 0; i < 1100000; i++)
    mr_buf_puts(&file, "1,");
  mr_buf_puts(&file, "1]\n");
  mr_record_options options = {.family = MR_RECORD_CLAUDE, .validation = true};
  result *r = check(file.ptr, file.len, &options, 1 << 20);
  assert_int_equal(r->stats.errors, 101); /* 100 of the first line */
  assert_int_equal(r->stats.lines, 2);
  assert_int_equal(r->stats.records, 1);
  mr_buf_clear(&file);
}

/* How the check went; false: no allocation failed. */
static bool check_with_failing(long fail, bool for_good, size_t step, int *status, result *r) {
  static const char TEXT[] = GOOD "\n{\"a\": 1, \"a\": \"\\n\"}\n" GOOD "\nx\n";
  support_failing failing = {.fail_at = fail, .for_good = for_good};
  mr_alloc alloc;
  mr_alloc_init(&alloc, support_failing_alloc, &failing, 0);
  memset(r, 0, sizeof *r);
  mr_record_sink sink = {found, r};
  mr_record *record = mr_record_new(&alloc, NULL, sink);
  *status = record ? MR_OK : MR_ERR_MEMORY;
  for (size_t at = 0; at < sizeof TEXT - 1 && *status == MR_OK; at += step)
    *status = mr_record_feed(record, TEXT + at, sizeof TEXT - 1 - at < step ? sizeof TEXT - 1 - at : step);
  if (*status == MR_OK)
    *status = mr_record_finish(record);
  mr_record_free(record);
  assert_int_equal(alloc.used, 0);
  return failing.count >= fail;
}

/* And no line is taken for whole of which a part could not be kept. */
static void no_memory_is_an_error_not_a_crash(void **state) {
  MR_UNUSED(state);
  static result whole, r;
  int status;
  check_with_failing(LONG_MAX, false, 5, &status, &whole);
  assert_int_equal(status, MR_OK);
  for (size_t step = 5; step < 200; step += 13)
    for (int for_good = 0; for_good < 2; for_good++)
      for (long fail = 1; check_with_failing(fail, for_good, step, &status, &r); fail++) {
        if (status == MR_OK)
          assert_memory_equal(&r, &whole, sizeof r);
        else
          assert_int_equal(status, MR_ERR_MEMORY);
        assert_true(fail < 1000);
      }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_rule_is_found_at_its_place),
      cmocka_unit_test(nul_byte_is_found),
      cmocka_unit_test(columns_count_characters),
      cmocka_unit_test(the_file_as_a_whole),
      cmocka_unit_test(near_duplicates_are_told_when_asked_for),
      cmocka_unit_test(a_file_cut_anywhere_is_told),
      cmocka_unit_test(too_many_records),
      cmocka_unit_test(token_limits),
      cmocka_unit_test(models_have_limits_of_their_own),
      cmocka_unit_test(the_family_is_guessed),
      cmocka_unit_test(common_mistakes_are_named),
      cmocka_unit_test(real_data_is_clean),
      cmocka_unit_test(a_hostile_line_costs_little),
      cmocka_unit_test(no_memory_is_an_error_not_a_crash),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
