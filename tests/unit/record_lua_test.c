/* SPDX-License-Identifier: MIT
 *
 * record_lua_test.c -- memory ends at each step of a lint in Lua: it gives all that there is to
 * find, or an error.  A linter that lost a part of its input says so from then on; one that has not,
 * for memory ended before, finds all. */
#include "tests/support/host_script.h"

static const char setup[] = "linter = require('moonrock.record').new()\n"
                            "text = ('{\"a\": 1, \"a\": \"\\\\n\"}\\n'):rep(20) .. '{\"mess'\n"
                            "whole = #require('moonrock.record').lint(text)";
static const char lint[] = "ok = pcall(function()\n"
                           "  found = #linter:feed(text)\n"
                           "  local rest, stats = linter:finish()\n"
                           "  found, lines = found + #rest, stats.lines\n"
                           "end)";
static const char outcome[] = "if ok then\n"
                              "  assert(found == whole and lines == 21)\n"
                              "  return 'whole'\n"
                              "end\n"
                              "local again, now = pcall(linter.feed, linter, text)\n"
                              "if again then\n"
                              "  local rest, stats = linter:finish()\n"
                              "  assert(#now + #rest == whole and stats.lines == 21)\n"
                              "  return 'untouched'\n"
                              "end\n"
                              "if tostring(now):find 'finished' then again, now = pcall(linter.finish, linter) end\n"
                              "assert(not again and tostring(now):find 'memory', now)\n"
                              "return 'lost'";

static void all_or_an_error(void **state) {
  (void)state;
  bool reached = true;
  int lost = 0, whole = 0, untouched = 0;
  for (long n = 1; reached; n++) {
    support_failing f = {0, 0, false};
    mr_config config = MR_CONFIG_INIT;
    mr_state *s;
    mr_report r;
    config.alloc = support_failing_alloc;
    config.ud = &f;
    config.caps = MR_CAP_READ;
    assert_int_equal(mr_create(&config, &s), MR_OK);
    assert_int_equal(run_script(s, setup, &r), MR_OK);
    f.fail_at = f.count + n;
    run_script(s, lint, &r);
    reached = f.count >= f.fail_at;
    f.fail_at = 0;
    assert_int_equal(run_script(s, outcome, &r), MR_OK);
    lost += strcmp(r.text, "lost") == 0;
    whole += strcmp(r.text, "whole") == 0;
    untouched += strcmp(r.text, "untouched") == 0;
    assert_int_equal(lost + whole + untouched, n);
    mr_destroy(s);
  }
  assert_true(lost > 10);
  assert_true(whole > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(all_or_an_error)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
