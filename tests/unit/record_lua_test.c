/* SPDX-License-Identifier: MIT
 *
 * record_lua_test.c -- memory ends at each step of a lint in Lua: it gives all that there is to
 * find, or an error.  A linter that lost a part of its input says so from then on. */
#include "host/moonrock.h"
#include "tests/support/support.h"

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
                              "local again, why = pcall(linter.feed, linter, text)\n"
                              "return not again and tostring(why):find 'memory ended' and 'lost'";

static mr_status run(mr_state *s, const char *text, mr_report *r) {
  if (mr_spawn(s, "test", text, strlen(text), 0, NULL, NULL) == MR_OK)
    mr_run(s);
  return mr_reap(s, r) ? r->status : MR_ERR_MEMORY;
}

static void all_or_an_error(void **state) {
  (void)state;
  bool reached = true;
  int lost = 0, whole = 0;
  for (long n = 1; reached; n++) {
    support_failing f = {0, 0, false};
    mr_config config = MR_CONFIG_INIT;
    mr_state *s;
    mr_report r;
    config.alloc = support_failing_alloc;
    config.ud = &f;
    config.caps = MR_CAP_READ;
    assert_int_equal(mr_create(&config, &s), MR_OK);
    assert_int_equal(run(s, setup, &r), MR_OK);
    f.fail_at = f.count + n;
    run(s, lint, &r);
    reached = f.count >= f.fail_at;
    f.fail_at = 0;
    assert_int_equal(run(s, outcome, &r), MR_OK);
    lost += strcmp(r.text, "lost") == 0;
    whole += strcmp(r.text, "whole") == 0;
    mr_destroy(s);
  }
  assert_true(lost > 10);
  assert_true(whole > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(all_or_an_error)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
