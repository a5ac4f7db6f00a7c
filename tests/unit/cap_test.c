/* SPDX-License-Identifier: MIT
 *
 * cap_test.c -- config.max_memory holds for all that scripts make outside their own Lua state:
 * workers on threads, the emulator's state, the windows of compressed data. */
#include "host/alloc.h"
#include "tests/support/host_script.h"

enum { MIB = 1 << 20 };

static void accounts(void **state) {
  (void)state;
  mr_alloc outer, inner;
  mr_alloc_init(&outer, NULL, NULL, 1000);
  mr_alloc_init(&inner, NULL, NULL, 900);
  inner.parent = &outer;
  assert_int_equal(mr_alloc_room(NULL), SIZE_MAX);
  void *p = mr_alloc_get(&inner, 400);
  assert_true(mr_alloc_reserve(&outer, 300));
  assert_int_equal(outer.used, 700);
  assert_int_equal(inner.used, 400);
  assert_int_equal(mr_alloc_room(&inner), 300);
  assert_null(mr_alloc_resize(&inner, p, 400, 701)); /* the outer cap */
  p = mr_alloc_resize(&inner, p, 400, 700);
  assert_non_null(p);
  assert_false(mr_alloc_reserve(&inner, 1));
  mr_alloc_release(&outer, 300);
  assert_int_equal(mr_alloc_room(&inner), 200); /* its own */
  assert_false(mr_alloc_reserve(&inner, 201));
  outer.max = 500; /* a cap that is passed already */
  assert_int_equal(mr_alloc_room(&inner), 0);
  mr_alloc_put(&inner, p, 700);
  assert_int_equal(outer.used, 0);
  assert_int_equal(inner.used, 0);
  assert_int_equal(inner.peak, 700);
}

/* How the script ended; `want` must be in its result or its error.  "": it must not have failed. */
static mr_status run(mr_state *s, const char *text, const char *want) {
  mr_report r;
  assert_int_equal(mr_spawn(s, "test", text, strlen(text), 0, NULL, NULL), MR_OK);
  mr_run(s);
  assert_int_equal(mr_reap(s, &r), 1);
  if (!strstr(r.text, want))
    fail_msg("'%s' is not in: %s", want, r.text);
  if (!*want && r.status != MR_OK)
    fail_msg("%s", r.text);
  return r.status;
}

static void workers(void **state) {
  (void)state;
  mr_state *s = make_state(MR_CAP_ALL, 0, 64 * MIB);
  size_t before = mr_memory(s);
  run(s, "core = require 'moonrock.jsonl_core' script = 'return function(r) return true end' "
         "w = {core.worker(script, 'x', 2), (core.worker(script, 'x', 2))}", "");
  assert_true(mr_memory(s) > before + 30 * MIB);
  assert_true(mr_memory(s) < 64 * MIB);
  run(s, "local n = 0 while true do w[#w + 1] = core.worker(script, 'x', 4) end", "memory are left, too little for 4");
  assert_true(mr_memory(s) < 64 * MIB);
  run(s, "for _, one in ipairs(w) do one:close() end w = nil collectgarbage()", "");
  assert_true(mr_memory(s) < before + 4 * MIB);
  mr_destroy(s);
  s = make_state(MR_CAP_ALL, 0, 0);
  before = mr_memory(s);
  run(s, "return require 'moonrock.jsonl_core'.worker('return function() end', 'x', 1000) and 'made'", "made");
  assert_true(mr_memory(s) < before + 4 * MIB);
  mr_destroy(s);
}

static void isolates(void **state) {
  (void)state;
  mr_state *s = make_state(MR_CAP_ALL, 0, 32 * MIB);
  run(s, "isolate = require 'moonrock.isolate'", "");
  size_t before = mr_memory(s);
  run(s, "i = isolate.new('moonrock.emulator', {}) return i:memory() > 100000 and 'counted'", "counted");
  assert_true(mr_memory(s) > before + 100000);
  run(s, "for n = 1, 1000 do last = isolate.new('moonrock.emulator', {}) end", "memory");
  assert_true(mr_memory(s) <= 32 * MIB);
  mr_destroy(s);
}

/* A frame of one byte that asks for a window of 128 MiB. */
#define FRAME "'\\x28\\xb5\\x2f\\xfd\\x00\\x88\\x09\\x00\\x00x'"

static void windows(void **state) {
  (void)state;
  static const char text[] = "local codec = require 'moonrock.codec' d = codec.decoder 'zst' d:feed(" FRAME ") return d:read()";
  mr_state *s = make_state(MR_CAP_ALL, 0, 0);
  size_t before = mr_memory(s);
  run(s, text, "x");
  assert_true(mr_memory(s) > before + 127 * MIB);
  run(s, "d:close() d = nil collectgarbage()", "");
  assert_true(mr_memory(s) < before + 1 * MIB);
  mr_destroy(s);
  s = make_state(MR_CAP_ALL, 0, 32 * MIB);
  assert_int_equal(run(s, text, "not enough memory"), MR_ERR_MEMORY);
  assert_true(mr_memory(s) < 32 * MIB);
  run(s, "return select(2, d:read()).message", "not enough memory for the frame's window");
  run(s, "e = require 'moonrock.codec'.encoder 'gz' return e:write(('x'):rep(100)) and 'fine'", "fine");
  mr_destroy(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accounts),
      cmocka_unit_test(workers),
      cmocka_unit_test(isolates),
      cmocka_unit_test(windows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
