/* SPDX-License-Identifier: MIT
 *
 * sigv4_lua_test.c -- the Lua face when memory runs out: each allocation in turn fails, alone
 * or with all that follow, and nothing crashes or leaks. */
#include "tests/support/support.h"

#include "host/moonrock.h"

static const char script[] =
    "local sigv4, secret = require 'moonrock.sigv4', require 'moonrock.secret'\n"
    "local credentials = { access_key_id = 'AK', secret_access_key = secret.of 'k',\n"
    "  session_token = secret.of 't' }\n"
    "local function find() return credentials end\n"
    "local r = { method = 'PUT', host = 'b', path = '/k', query = 'u', body = 'hello',\n"
    "  headers = { { 'content-length', 5 } },\n"
    "  payload_hash = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }\n"
    "local o = { credentials = credentials, region = 'us-east-1', service = 's3',\n"
    "  time = 1767323045 }\n"
    "local policy = { find = find, time = o.time, service = 's3' }\n"
    "sigv4.explain(r, o)\n"
    "local _, seed = sigv4.sign(r, o)\n"
    "local e = sigv4.chunks(seed, o)\n"
    "local body = e:chunk 'hello' .. e:last()\n"
    "local identity = assert(sigv4.verify(r, policy))\n"
    "assert(sigv4.unchunk(body, { verifier = identity.chunk_verifier, decoded_length = 5 }))\n"
    "o.expires = 5\n"
    "sigv4.presign(r, o)\n"
    "sigv4.bearer({ headers = {} }, 'abc')\n"
    "assert(not sigv4.verify({ method = 'GET', host = 'x', headers = {} }, policy))\n"
    "return 'done'\n";

typedef struct scarce {
  support_failing failing;
  size_t live;
} scarce;

static void *scarce_alloc(void *ud, void *ptr, size_t old, size_t n) {
  scarce *s = ud;
  if (ptr == NULL)
    old = 0;
  if (n <= old) { /* giving back always works */
    s->live -= old - n;
    if (n > 0)
      return ptr;
    free(ptr);
    return NULL;
  }
  void *moved = support_failing_alloc(&s->failing, ptr, old, n);
  if (moved)
    s->live += n - old;
  return moved;
}

/* Runs the script; true if it got to its end. */
static bool run(scarce *s) {
  mr_config config = MR_CONFIG_INIT;
  mr_state *state = NULL;
  mr_task task;
  mr_report report;
  bool done = false;
  config.caps = MR_CAP_ALL;
  config.alloc = scarce_alloc;
  config.ud = s;
  if (mr_create(&config, &state) == MR_OK &&
      mr_spawn(state, "test", script, sizeof script - 1, 0, NULL, &task) == MR_OK) {
    mr_run(state);
    if (mr_reap(state, &report))
      done = report.status == MR_OK && report.len == 4 && memcmp(report.text, "done", 4) == 0;
  }
  mr_destroy(state);
  return done;
}

static void each_allocation_fails_in_turn(void **state) {
  (void)state;
  for (int for_good = 0; for_good < 2; for_good++) {
    long n = 0;
    bool reached;
    do {
      scarce s;
      memset(&s, 0, sizeof s);
      s.failing.fail_at = ++n;
      s.failing.for_good = for_good;
      run(&s);
      reached = s.failing.count >= n;
      if (s.live != 0)
        fail_msg("allocation %ld: %zu bytes leak", n, s.live);
    } while (reached);
    assert_true(n > 100);
  }
  scarce enough;
  memset(&enough, 0, sizeof enough);
  assert_true(run(&enough));
  assert_int_equal(enough.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_fails_in_turn)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
