/* SPDX-License-Identifier: MIT
 *
 * codec_memory_test.c -- the Lua faces of the codecs under memory that runs out.
 * A script uses each of them; every allocation that it makes is refused in turn.  It must
 * end with an error or not at all, and destroying the state must give everything back. */
#include "tests/support/support.h"

#include "host/moonrock.h"

static const char script[] =
    "local json = require 'moonrock.json'\n"
    "local crypto = require 'moonrock.crypto'\n"
    "local uri = require 'moonrock.uri'\n"
    "local xml = require 'moonrock.xml'\n"
    "local text = '{\"a\":[1,2.5,{\"b\":\"x\\\\n\\\\u00fc\"}],\"c\":{},\"d\":[[]]}'\n"
    "local value = json.decode(text)\n"
    "local ordered = json.decode(text, { ordered = true })\n"
    "ordered.new = 1\n"
    "for _ in pairs(ordered) do end\n"
    "assert(json.encode(value, { indent = 2 }) ~= '')\n"
    "assert(json.encode(ordered) ~= '')\n"
    "assert(not json.decode('[1,'))\n"
    "assert(not pcall(json.encode, { a = { b = print } }))\n"
    "assert(crypto.hasher('sha256'):update('x'):digest('base64'))\n"
    "assert(crypto.hash('crc64nvme', 'x') and crypto.hmac('sha256', 'k', 'd', 'raw'))\n"
    "assert(crypto.base64_decode(crypto.base64_encode(('x'):rep(300))))\n"
    "assert(uri.decode(uri.encode(('a b'):rep(100))) and uri.parse('https://h:1/p?q#f'))\n"
    "assert(uri.build_query(uri.parse_query('a=1&b=%20')) == 'a=1&b=%20')\n"
    "assert(xml.parse('<a b=\"c\"><d>e</d><f/></a>')[1].text == 'e')\n"
    "assert(not xml.parse('<a>') and xml.escape(('<'):rep(50)))\n";

typedef struct memory {
  support_failing failing;
  long blocks; /* held now */
} memory;

static void *allocate(void *ud, void *ptr, size_t old, size_t n) {
  memory *m = ud;
  void *moved = support_failing_alloc(&m->failing, ptr, old, n);
  if (n == 0)
    m->blocks -= ptr != NULL;
  else if (moved && !ptr)
    m->blocks++;
  return moved;
}

/* The status of the script, or of what failed before it. */
static mr_status run(memory *m) {
  mr_config config = MR_CONFIG_INIT;
  mr_state *s = NULL;
  mr_report report;
  mr_task task;
  config.alloc = allocate;
  config.ud = m;
  mr_status status = mr_create(&config, &s);
  if (status == MR_OK)
    status = mr_spawn(s, "codecs", script, sizeof script - 1, 0, NULL, &task);
  if (status == MR_OK)
    status = mr_run(s);
  if (s && mr_reap(s, &report) && report.status < 0)
    status = report.status;
  mr_destroy(s);
  return status;
}

static void each_refused_allocation_leaks_nothing(void **state) {
  memory m = {{0, 0, false}, 0};
  (void)state;
  assert_int_equal(run(&m), MR_OK);
  assert_int_equal(m.blocks, 0);
  long requests = m.failing.count;
  assert_true(requests > 100);
  for (long n = 1; n <= requests; n++) {
    for (int for_good = 0; for_good < 2; for_good++) {
      m = (memory){{n, 0, for_good != 0}, 0};
      mr_status status = run(&m);
      if (m.blocks != 0)
        fail_msg("allocation %ld refused: %ld blocks are left", n, m.blocks);
      if (status > MR_OK) /* stopped in the middle, neither done nor failed */
        fail_msg("allocation %ld refused: status %d", n, (int)status);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_refused_allocation_leaks_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
