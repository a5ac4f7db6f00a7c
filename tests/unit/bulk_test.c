/* SPDX-License-Identifier: MIT
 *
 * bulk_test.c -- lines through a sorter and a router: however the input is cut, the same comes
 * out, and every line that is no record is told with its place. */
#include "tests/support/support.h"

#include "bindings/bulk.h"

static int no_write(void *ud, uint64_t at, const void *bytes, size_t n) {
  MR_UNUSED(ud);
  MR_UNUSED(at);
  MR_UNUSED(bytes);
  MR_UNUSED(n);
  fail_msg("%s", "nothing had to be stored");
  return 1;
}

static int no_read(void *ud, uint64_t at, void *to, size_t n) {
  return no_write(ud, at, to, n);
}

static void one_key(mr_bulk_keys *keys, const char *way) {
  size_t bad;
  keys->parts = calloc(1, sizeof *keys->parts);
  keys->count = 1;
  mr_field_init(&keys->parts[0].field, NULL);
  assert_int_equal(mr_field_parse(&keys->parts[0].field, mr_slice_of(way), &bad), MR_OK);
}

static void note_faults(mr_buf *out, const mr_buf *faults) {
  for (size_t at = 0; at < faults->len;) {
    mr_bulk_fault f;
    memcpy(&f, faults->ptr + at, sizeof f);
    at += sizeof f;
    mr_buf_printf(out, "!%d:%d@%d", (int)f.line, (int)f.column, (int)f.offset);
    mr_buf_put(out, faults->ptr + at, f.text);
    at += f.text;
  }
}

static const char input[] = "{\"k\":2,\"n\":1}\r\n\n{\"k\":1}\nbad\n  \n {\"k\":2.0} \n{\"k\":\"\xff\"}\n7\n{\"k\":10}";

static void expect_sorted(const char *wanted, bool numbered, bool mark, size_t piece) {
  mr_bulk_sort sort;
  mr_buf out;
  memset(&sort, 0, sizeof sort);
  mr_buf_init(&out, NULL);
  mr_bulk_scan_init(&sort.scan, 0);
  mr_sorter_init(&sort.sorter, 1 << 20, (mr_sort_store){no_write, no_read, NULL, NULL});
  mr_buf_init(&sort.payload, NULL);
  mr_buf_init(&sort.out, NULL);
  mr_buf_init(&sort.group, NULL);
  one_key(&sort.scan.keys, "k");
  sort.scan.keep_lines = true;
  sort.numbered = numbered;
  sort.mark = mark;
  size_t length = sizeof input - 1;
  for (size_t at = 0; at < length; at += piece) {
    size_t n = length - at < piece ? length - at : piece;
    assert_int_equal(mr_bulk_sort_feed(&sort, mr_slice_make(input + at, n), false), MR_OK);
    note_faults(&out, &sort.scan.faults);
  }
  assert_int_equal(mr_bulk_sort_feed(&sort, mr_slice_make("", 0), true), MR_OK);
  note_faults(&out, &sort.scan.faults);
  mr_buf_putc(&out, '\n');
  assert_int_equal(mr_sorter_finish(&sort.sorter), MR_OK);
  do {
    assert_int_equal(mr_bulk_sort_read(&sort, 1), MR_OK);
    mr_buf_put(&out, sort.out.ptr, sort.out.len);
  } while (sort.out.len);
  assert_string_equal(mr_buf_text(&out), wanted);
  assert_int_equal(sort.scan.records, 5);
  mr_bulk_sort_clear(&sort);
  mr_buf_clear(&out);
}

static void lines_are_sorted_as_they_stand(void **state) {
  MR_UNUSED(state);
  for (size_t piece = 1; piece <= sizeof input; piece++) {
    expect_sorted("!4:1@24bad!7:7@49{\"k\":\"\xff\"}\n7\n{\"k\":1}\n{\"k\":2,\"n\":1}\n {\"k\":2.0} \n{\"k\":10}\n", false, false,
                  piece);
    expect_sorted("!4:1@24bad!7:7@49{\"k\":\"\xff\"}\n00000000000000047\n\n0000000000000002{\"k\":1}\n\n0000000000000001{\"k\":2,\"n\":1}\n"
                  "0000000000000003 {\"k\":2.0} \n\n0000000000000005{\"k\":10}\n",
                  true, true, piece);
  }
}

static void new_route(mr_bulk_route *r, size_t outputs) {
  memset(r, 0, sizeof *r);
  mr_bulk_scan_init(&r->scan, 0);
  r->scan.keys.is_hashed = true;
  r->count = outputs;
  r->outs = calloc(outputs, sizeof *r->outs);
  r->written = calloc(outputs, sizeof *r->written);
  mr_hashset_init(&r->seen, NULL, 1 << 20);
}

static void repetitions_are_dropped(void **state) {
  MR_UNUSED(state);
  for (size_t piece = 1; piece <= sizeof input; piece++) {
    mr_bulk_route r;
    mr_buf out;
    mr_buf_init(&out, NULL);
    new_route(&r, 2);
    one_key(&r.scan.keys, "k");
    size_t length = sizeof input - 1;
    for (size_t at = 0; at <= length; at += piece) {
      size_t n = length - at < piece ? length - at : piece;
      assert_int_equal(mr_bulk_route_feed(&r, mr_slice_make(input + at, n), at + piece > length), MR_OK);
      mr_buf_put(&out, r.outs[0].ptr, r.outs[0].len);
    }
    assert_string_equal(mr_buf_text(&out), "{\"k\":2,\"n\":1}\n{\"k\":1}\n7\n{\"k\":10}\n");
    assert_int_equal(r.dropped, 1);
    assert_int_equal(r.written[0], 4);
    mr_bulk_route_clear(&r);
    mr_buf_clear(&out);
  }
}

static void shares_are_met(void **state) {
  MR_UNUSED(state);
  mr_bulk_route r;
  mr_buf text;
  mr_buf_init(&text, NULL);
  for (int i = 0; i < 100000; i++)
    mr_buf_printf(&text, "%d\n", i);
  new_route(&r, 2);
  r.scan.keys.subject = MR_BULK_BYTES;
  r.bounds = calloc(2, sizeof *r.bounds);
  r.bounds[0] = 0.25;
  r.bounds[1] = 0.75;
  assert_int_equal(mr_bulk_route_feed(&r, mr_buf_view(&text), true), MR_OK);
  assert_in_range(r.written[0], 24500, 25500);
  assert_in_range(r.written[1], 49500, 50500);
  assert_int_equal(r.dropped, 100000 - r.written[0] - r.written[1]);
  mr_bulk_route_clear(&r);
  mr_buf_clear(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_are_sorted_as_they_stand),
      cmocka_unit_test(repetitions_are_dropped),
      cmocka_unit_test(shares_are_met),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
