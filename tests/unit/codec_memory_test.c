/* SPDX-License-Identifier: MIT
 *
 * codec_memory_test.c -- Lua faces under memory that runs out: codecs, records, files.
 * A script uses each of them; every allocation that it makes is refused in turn.  It must
 * end with an error or not at all, and destroying the state must give everything back. */
#define _GNU_SOURCE /* asprintf */
#include "tests/support/support.h"

#include <stdio.h>

#include "host/moonrock.h"

static const char codecs[] =
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

static const char records[] =
    "local core = require 'moonrock.jsonl_core'\n"
    "local text = '{\"a\":[1,2.5,{\"b\":\"x\\\\n\\\\u00fc\"}],\"c\":{},\"d\\\\u0041\":[[]]}'\n"
    "local record = core.decode(text)\n"
    "record.a[1] = record.c\n"
    "record.new = { 1, { 2 } }\n"
    "record.text = ('\"'):rep(2000)\n"
    "record.c.x, record.c = 1, nil\n"
    "for _ in pairs(record) do end\n"
    "assert(record:equals(record:table()) and core.get(record, 'new', 2, 1) == 2)\n"
    "assert(core.decode(core.json(record)) and not core.decode('[1,'))\n"
    "local lines = core.lines()\n"
    "lines:add(record, { a = 1 }, 'x')\n"
    "local whole = lines:take()\n"
    "local chunks = { whole:sub(1, 9), whole:sub(10), '[1\\n', '{\"end\":1}' }\n"
    "local at, faults = 0, 0\n"
    "local reader <close> = core.reader(function() at = at + 1; return chunks[at] end,\n"
    "  function() faults = faults + 1 end)\n"
    "for r in reader.next, reader do assert(reader:line()) end\n"
    "assert(faults == 1)\n"
    "local pattern = require 'moonrock.pattern'\n"
    "assert(pattern.compile('a(b|c)*[x-z]{2,5}')('abcbxyz') and not pattern.compile('('))\n"
    "local eventstream = require 'moonrock.eventstream'\n"
    "local frame = eventstream.encode { headers = { a = 'b', c = 1 }, payload = ('p'):rep(300) }\n"
    "local decoder = eventstream.decoder()\n"
    "decoder:feed(frame:sub(1, 50))\n"
    "assert(decoder:feed(frame:sub(51))[1].headers.c == 1)\n"
    "local random = require 'moonrock.random'\n"
    "assert(random.stream(1):shuffle({ 1, 2, 3 }) and random.uuid())\n";

static const char files[] =
    "local fs, part = require 'moonrock.fs', require 'moonrock.part'\n"
    "local core = require 'moonrock.jsonl_core'\n"
    "local sink <close> = assert(fs.sink(folder .. '/out'))\n"
    "local p <close> = part.into(sink, 0, 4, 'crc32')\n"
    "assert(p:write('1\\n2\\n') and p:check() and p:digest())\n"
    "assert(sink:commit())\n"
    "assert(part.digest(folder .. '/out', 0, 4, 'md5', 'sha256'))\n"
    "local worker <close> = core.worker('return function(r) return { r } end', '=map', 1)\n"
    "local got = assert(worker:run({ '1\\n', '[2\\n3\\n' }, { first = true, keep = true }))\n"
    "assert(got.output == '[1]\\n[3]\\n' and #got.faults == 1)\n"
    "local out <close> = assert(fs.sink(folder .. '/mapped'))\n"
    "do\n"
    "  local output <close> = core.output(out, 'mapped')\n"
    "  assert(worker:lines(folder .. '/out', 0, 4, 4, { first = true }, output))\n"
    "end\n"
    "assert(out:commit() and fs.read(folder .. '/mapped') == '[1]\\n[2]\\n')\n"
    "local prompt <close> = require('moonrock.prompt').open()\n"
    "assert(prompt:kind() and prompt:remember('x'))\n";

typedef struct memory {
  support_failing failing;
  long blocks;    /* held now */
  long misjudged; /* given back or changed with a size that was not theirs */
} memory;

enum { HEAD = 16 }; /* in front of a block: its size, since who gives it back has to know it */

static void *allocate(void *ud, void *ptr, size_t old, size_t n) {
  memory *m = ud;
  char *block = ptr ? (char *)ptr - HEAD : NULL;
  size_t had = 0;
  if (block)
    memcpy(&had, block, sizeof had);
  m->misjudged += block && had != old;
  char *moved = support_failing_alloc(&m->failing, block, old, n ? n + HEAD : 0);
  if (n == 0)
    m->blocks -= ptr != NULL;
  else if (moved && !ptr)
    m->blocks++;
  if (!moved)
    return NULL;
  memcpy(moved, &n, sizeof n);
  return moved + HEAD;
}

/* The status of the script, or of what failed before it. */
static mr_status run(memory *m, const char *script, unsigned caps) {
  mr_config config = MR_CONFIG_INIT;
  mr_state *s = NULL;
  mr_report report;
  mr_task task;
  config.alloc = allocate;
  config.ud = m;
  config.caps = caps;
  mr_status status = mr_create(&config, &s);
  if (status == MR_OK)
    status = mr_spawn(s, "script", script, strlen(script), 0, NULL, &task);
  if (status == MR_OK)
    status = mr_run(s);
  if (s && mr_reap(s, &report) && report.status < 0)
    status = report.status;
  mr_destroy(s);
  return status;
}

static void refuse_each(const char *script, unsigned caps) {
  memory m = {{0, 0, false}, 0, 0};
  assert_int_equal(run(&m, script, caps), MR_OK);
  assert_int_equal(m.blocks, 0);
  assert_int_equal(m.misjudged, 0);
  long requests = m.failing.count;
  assert_true(requests > 100);
  for (long n = 1; n <= requests; n++) {
    for (int for_good = 0; for_good < 2; for_good++) {
      m = (memory){{n, 0, for_good != 0}, 0, 0};
      mr_status status = run(&m, script, caps);
      if (m.blocks != 0)
        fail_msg("allocation %ld refused: %ld blocks are left", n, m.blocks);
      if (m.misjudged != 0)
        fail_msg("allocation %ld refused: %ld blocks have another size", n, m.misjudged);
      if (status > MR_OK) /* stopped in the middle, neither done nor failed */
        fail_msg("allocation %ld refused: status %d", n, (int)status);
    }
  }
}

static void codecs_leak_nothing(void **state) {
  (void)state;
  refuse_each(codecs, 0);
}

static void records_leak_nothing(void **state) {
  (void)state;
  refuse_each(records, 0);
}

/* A script's object that is older than the modules is finalized behind what they hold. */
static void finalizers_at_the_end_leak_nothing(void **state) {
  static const char script[] =
      "local use = {}\n"
      "OLD = setmetatable({}, { __gc = function()\n"
      "  for _, f in ipairs(use) do pcall(f) end\n"
      "end })\n"
      "local core = require 'moonrock.jsonl_core'\n"
      "use[#use + 1] = function()\n"
      "  local r = core.decode('{\"a\":\"' .. ('\\\\n'):rep(300) .. '\"}')\n"
      "  r.b = { r.a }\n"
      "  return r:json()\n"
      "end\n"
      "local json = require 'moonrock.json'\n"
      "use[#use + 1] = function() return json.decode('{\"a\":[\"' .. ('\\\\n'):rep(300) .. '\"]}') end\n"
      "use[#use + 1] = function() return json.encode { a = { ('\\n'):rep(300) } } end\n"
      "local pattern = require 'moonrock.pattern'\n"
      "local matches, find = pattern.compile('a(b|c)*'), pattern.finder('b+')\n"
      "use[#use + 1] = function() return matches('abc') end\n"
      "use[#use + 1] = function() return find('abc') end\n"
      "local sigv4 = require 'moonrock.sigv4'\n"
      "use[#use + 1] = function()\n"
      "  return assert(sigv4.sign({ method = 'GET', host = 'h' }, { service = 's3', region = 'r',\n"
      "    time = 1700000000, credentials = { access_key_id = 'id', secret_access_key = 'key' } }))\n"
      "end\n"
      "local model = require 'moonrock.model'\n"
      "use[#use + 1] = function()\n"
      "  return assert(model.service('s3'):operation('PutObject'):build({ Bucket = 'b', Key = ('k'):rep(500) }))\n"
      "end\n"
      "for _, f in ipairs(use) do assert(f()) end\n";
  memory m = {{0, 0, false}, 0, 0};
  (void)state;
  assert_int_equal(run(&m, script, MR_CAP_READ | MR_CAP_DEBUG), MR_OK);
  assert_int_equal(m.blocks, 0);
}

static void files_leak_nothing(void **state) {
  char *folder = support_folder(), *script = NULL;
  (void)state;
  assert_non_null(folder);
  assert_true(asprintf(&script, "local folder = '%s'\n%s", folder, files) > 0);
  refuse_each(script, MR_CAP_READ | MR_CAP_WRITE);
  support_remove_tree(folder);
  free(script);
  free(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(codecs_leak_nothing),
      cmocka_unit_test(records_leak_nothing),
      cmocka_unit_test(finalizers_at_the_end_leak_nothing),
      cmocka_unit_test(files_leak_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
