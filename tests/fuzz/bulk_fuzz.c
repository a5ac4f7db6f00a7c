/* SPDX-License-Identifier: MIT
 *
 * bulk_fuzz.c -- a way to a field, then lines (parted by the first NUL), sorted by it: however the
 * input is cut into chunks the output is the same, every good line is in it once, and the
 * records count up to what came out. */
#include <stdlib.h>

#include "bindings/bulk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok) {
  if (!ok)
    __builtin_trap();
}

/* What does not fit into the smallest memory goes here. */
static int store_write(void *ud, uint64_t at, const void *bytes, size_t n) {
  mr_buf *store = ud;
  check(at <= store->len);
  store->len = (size_t)at;
  mr_buf_put(store, bytes, n);
  return store->status == MR_OK ? 0 : 1;
}

static int store_read(void *ud, uint64_t at, void *to, size_t n) {
  mr_buf *store = ud;
  check(at + n <= store->len);
  memcpy(to, store->ptr + at, n);
  return 0;
}

static void store_forget(void *ud, uint64_t at, uint64_t n) {
  mr_buf *store = ud;
  check(at + n <= store->len);
  memset(store->ptr + at, 0xee, n);
}

/* False: the way is none. */
static bool sorted(mr_slice way, mr_slice text, size_t piece, mr_key_order order, mr_buf *out) {
  mr_bulk_sort s;
  mr_buf store;
  size_t bad = 0;
  memset(&s, 0, sizeof s);
  mr_buf_init(&store, NULL);
  mr_bulk_scan_init(&s.scan, 4096);
  mr_sorter_init(&s.sorter, 0, (mr_sort_store){store_write, store_read, store_forget, &store});
  mr_buf_init(&s.payload, NULL);
  mr_buf_init(&s.out, NULL);
  mr_buf_init(&s.group, NULL);
  s.scan.keys.parts = calloc(1, sizeof *s.scan.keys.parts);
  check(s.scan.keys.parts != NULL);
  s.scan.keys.count = 1;
  s.scan.keys.parts->order = order;
  mr_field_init(&s.scan.keys.parts->field, NULL);
  bool is_way = mr_field_parse(&s.scan.keys.parts->field, way, &bad) == MR_OK;
  check(is_way || bad <= way.len);
  if (is_way) {
    for (size_t at = 0; at < text.len; at += piece) {
      size_t n = text.len - at < piece ? text.len - at : piece;
      check(mr_bulk_sort_feed(&s, mr_slice_make(text.ptr + at, n), false) == MR_OK);
    }
    check(mr_bulk_sort_feed(&s, mr_slice_of(""), true) == MR_OK);
    check(mr_sorter_finish(&s.sorter) == MR_OK);
    uint64_t lines = 0;
    do {
      check(mr_bulk_sort_read(&s, 100) == MR_OK);
      for (size_t i = 0; i < s.out.len; i++)
        lines += s.out.ptr[i] == '\n';
      mr_buf_slice(out, mr_buf_view(&s.out));
    } while (s.out.len);
    check(lines == s.scan.records);
  }
  mr_bulk_sort_clear(&s);
  mr_buf_clear(&store);
  return is_way;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *stop = size > 2 ? memchr(data + 2, 0, size - 2) : NULL;
  if (!stop)
    return 0;
  mr_slice way = mr_slice_make((const char *)data + 2, (size_t)(stop - data) - 2);
  mr_slice text = mr_slice_make((const char *)stop + 1, size - (size_t)(stop - data) - 1);
  mr_key_order order = (mr_key_order)(data[0] % 5);
  mr_buf once, pieces, again;
  mr_buf_init(&once, NULL);
  mr_buf_init(&pieces, NULL);
  mr_buf_init(&again, NULL);
  if (sorted(way, text, size, order, &once)) {
    check(sorted(way, text, (size_t)data[1] + 1, order, &pieces));
    check(mr_slice_equal(mr_buf_view(&once), mr_buf_view(&pieces)));
    check(sorted(way, mr_buf_view(&once), size, order, &again));
    /* what is sorted stays so; but of the line's own white space its end takes a return each time */
    check(memchr(text.ptr, '\r', text.len) || mr_slice_equal(mr_buf_view(&once), mr_buf_view(&again)));
  }
  mr_buf_clear(&once);
  mr_buf_clear(&pieces);
  mr_buf_clear(&again);
  return 0;
}
