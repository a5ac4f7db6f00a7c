/* SPDX-License-Identifier: MIT
 *
 * bulk.c -- lines to keys, and from there to a sorter or to an output. */
#include "bindings/bulk.h"

#include <stdio.h>
#include <stdlib.h>

void mr_bulk_keys_clear(mr_bulk_keys *keys) {
  for (size_t i = 0; i < keys->count; i++) {
    mr_field_clear(&keys->parts[i].field);
    if (keys->other)
      mr_field_clear(&keys->other[i].field);
  }
  free(keys->parts);
  free(keys->other);
  keys->parts = keys->other = NULL;
  keys->count = 0;
}

void mr_bulk_keys_swap(mr_bulk_keys *keys) {
  mr_bulk_part *parts = keys->parts;
  keys->parts = keys->other;
  keys->other = parts;
}

void mr_bulk_scan_init(mr_bulk_scan *scan, size_t limit) {
  memset(scan, 0, sizeof *scan);
  mr_jsonl_init(&scan->lines, NULL, limit);
  mr_json_index_init(&scan->index, NULL);
  mr_key_init(&scan->key, NULL);
  mr_buf_init(&scan->faults, NULL);
}

void mr_bulk_scan_clear(mr_bulk_scan *scan) {
  mr_bulk_keys_clear(&scan->keys);
  mr_jsonl_clear(&scan->lines);
  mr_json_index_free(&scan->index);
  mr_key_clear(&scan->key);
  mr_buf_clear(&scan->faults);
}

void mr_bulk_scan_next_input(mr_bulk_scan *scan) {
  size_t limit = scan->lines.limit;
  mr_jsonl_clear(&scan->lines);
  mr_jsonl_init(&scan->lines, NULL, limit);
  scan->source++;
}

/* ---- lines ---- */

static void note_fault(mr_bulk_scan *scan, const mr_jsonl_line *line, const mr_json_fault *fault) {
  mr_bulk_fault f = {line->number, 1, line->offset, "the line is longer than the limit",
                     line->is_long, scan->keep_lines ? line->text.len : 0};
  if (!line->is_long) {
    size_t row, column;
    mr_json_position(line->text, fault->offset, &row, &column);
    f.column = column;
    f.offset += fault->offset;
    f.reason = fault->message;
  }
  mr_buf_put(&scan->faults, &f, sizeof f);
  mr_buf_put(&scan->faults, line->text.ptr, f.text);
}

/* 1: the next record is in the index; 0: there is none in what was fed. */
static int next_record(mr_bulk_scan *scan, mr_jsonl_line *line, bool last) {
  for (;;) {
    mr_json_fault fault;
    int got = mr_jsonl_next(&scan->lines, line);
    if (got == 0 && last)
      got = mr_jsonl_finish(&scan->lines, line);
    if (got != 1)
      return got;
    if (!line->is_long && mr_jsonl_is_blank(line->text))
      continue;
    if (!line->is_long) {
      int status = mr_json_index_build(&scan->index, line->text, &fault);
      if (status == MR_OK) {
        scan->records++;
        return 1;
      }
      if (status == MR_ERR_MEMORY)
        return status;
    }
    note_fault(scan, line, &fault);
    if (scan->faults.status < 0)
      return MR_ERR_MEMORY;
  }
}

/* ---- keys ---- */

static void put_word(mr_buf *out, uint64_t word) {
  char bytes[8];
  for (int i = 0; i < 8; i++)
    bytes[i] = (char)(word >> (56 - 8 * i));
  mr_buf_put(out, bytes, sizeof bytes);
}

static void put_place(mr_bulk_scan *scan, const mr_jsonl_line *line) {
  put_word(&scan->key.out, scan->source);
  put_word(&scan->key.out, line->number);
}

static void hash_key(mr_bulk_scan *scan, size_t bytes) {
  mr_hash128 hash = mr_siphash(scan->keys.secret, mr_buf_view(&scan->key.out));
  mr_buf_reset(&scan->key.out);
  put_word(&scan->key.out, hash.high);
  put_word(&scan->key.out, hash.low);
  if (scan->key.out.len > bytes)
    scan->key.out.len = bytes;
}

static void put_parts(mr_bulk_scan *scan, const mr_jsonl_line *line) {
  const mr_bulk_keys *keys = &scan->keys;
  bool lacks = false;
  for (size_t i = 0; i < keys->count; i++) {
    mr_bulk_part *part = &keys->parts[i];
    uint32_t token = mr_field_find(&part->field, line->text, &scan->index, &scan->key.scratch);
    mr_key_put(&scan->key, line->text, &scan->index, token, part->order, part->descending);
    part->found += token != UINT32_MAX;
    lacks = lacks || token == UINT32_MAX || line->text.ptr[scan->index.tokens[token].at] == 'n';
    if (i + 1 == keys->group)
      scan->group = scan->key.out.len;
  }
  if (keys->alone && lacks)
    put_place(scan, line);
  if (keys->chance)
    put_word(&scan->key.out, mr_siphash(keys->secret, line->text).low);
}

static int make_key(mr_bulk_scan *scan, const mr_jsonl_line *line) {
  if (mr_key_reset(&scan->key) < 0)
    return MR_ERR_MEMORY;
  scan->group = SIZE_MAX;
  if (scan->keys.subject == MR_BULK_FIELDS)
    put_parts(scan, line);
  else if (scan->keys.subject == MR_BULK_BYTES)
    mr_buf_slice(&scan->key.out, line->text);
  else
    put_place(scan, line);
  if (scan->keys.is_hashed && mr_key_status(&scan->key) == MR_OK)
    hash_key(scan, scan->keys.subject == MR_BULK_CHANCE ? 8 : 16);
  if (scan->group > scan->key.out.len)
    scan->group = scan->key.out.len;
  return mr_key_status(&scan->key);
}

/* ---- sort ---- */

static void put_column(mr_bulk_sort *sort, const mr_bulk_column *column,
                       const mr_jsonl_line *line) {
  mr_bulk_scan *scan = &sort->scan;
  char digits[24];
  uint32_t token;
  switch (column->kind) {
  case MR_BULK_NUMBER:
  case MR_BULK_SOURCE:
    snprintf(digits, sizeof digits, "%llu",
             (unsigned long long)(column->kind == MR_BULK_NUMBER ? line->number : scan->source));
    mr_buf_puts(&sort->payload, digits);
    break;
  case MR_BULK_FIELD:
    token = mr_field_find(&column->field, line->text, &scan->index, &scan->key.scratch);
    if (token == UINT32_MAX)
      mr_buf_puts(&sort->payload, "null");
    else
      mr_buf_slice(&sort->payload, mr_field_raw(line->text, &scan->index, token));
  }
}

static mr_slice payload_of(mr_bulk_sort *sort, const mr_jsonl_line *line) {
  if (sort->count == 0 && !sort->numbered)
    return line->text;
  mr_buf_reset(&sort->payload);
  if (sort->numbered)
    mr_buf_printf(&sort->payload, "%016llx", (unsigned long long)sort->scan.records);
  if (sort->count == 0)
    mr_buf_slice(&sort->payload, line->text);
  for (size_t i = 0; i < sort->count; i++) {
    if (i)
      mr_buf_putc(&sort->payload, MR_BULK_SEPARATOR);
    put_column(sort, &sort->columns[i], line);
  }
  return mr_buf_view(&sort->payload);
}

static int add_numbered(mr_bulk_sort *sort, const mr_jsonl_line *line) {
  size_t n = line->text.len < 16 ? line->text.len : 16;
  mr_slice number = mr_slice_make(line->text.ptr, n);
  return mr_sorter_add(
      &sort->sorter,
      (mr_sort_item){number, mr_slice_make(line->text.ptr + n, line->text.len - n), n});
}

int mr_bulk_sort_feed(mr_bulk_sort *sort, mr_slice chunk, bool last) {
  mr_jsonl_line line;
  int got;
  mr_buf_reset(&sort->scan.faults);
  mr_jsonl_feed(&sort->scan.lines, chunk);
  if (sort->scan.keys.subject == MR_BULK_NUMBERED) {
    while ((got = mr_jsonl_next(&sort->scan.lines, &line)) == 1) {
      int status = add_numbered(sort, &line);
      if (status < 0)
        return status;
    }
    return got;
  }
  while ((got = next_record(&sort->scan, &line, last)) == 1) {
    int status = make_key(&sort->scan, &line);
    if (status == MR_OK) {
      mr_slice payload = payload_of(sort, &line);
      status = sort->payload.status;
      if (status == MR_OK)
        status = mr_sorter_add(&sort->sorter, (mr_sort_item){mr_buf_view(&sort->scan.key.out),
                                                             payload, sort->scan.group});
    }
    if (status < 0)
      return status;
  }
  return got;
}

int mr_bulk_sort_read(mr_bulk_sort *sort, size_t most) {
  mr_sort_item item;
  mr_buf_reset(&sort->out);
  while (sort->out.len < most) {
    int got = mr_sorter_next(&sort->sorter, &item);
    if (got != 1)
      return got < 0 ? got : sort->out.status;
    if (sort->mark) {
      mr_slice group = mr_slice_make(item.key.ptr, item.group);
      if (sort->has_group && !mr_slice_equal(group, mr_buf_view(&sort->group)))
        mr_buf_putc(&sort->out, '\n');
      mr_buf_reset(&sort->group);
      mr_buf_slice(&sort->group, group);
      sort->has_group = true;
    }
    mr_buf_slice(&sort->out, item.payload);
    mr_buf_putc(&sort->out, '\n');
    if (sort->out.status < 0 || sort->group.status < 0)
      return MR_ERR_MEMORY;
  }
  return MR_OK;
}

void mr_bulk_sort_clear(mr_bulk_sort *sort) {
  mr_bulk_scan_clear(&sort->scan);
  mr_sorter_clear(&sort->sorter);
  for (size_t i = 0; i < sort->count; i++)
    mr_field_clear(&sort->columns[i].field);
  free(sort->columns);
  sort->columns = NULL;
  sort->count = 0;
  mr_buf_clear(&sort->payload);
  mr_buf_clear(&sort->out);
  mr_buf_clear(&sort->group);
}

/* ---- route ---- */

/* 2 to the power of -53 and so on: the number that 53 bits of the key stand for, below 1. */
static size_t choose(const mr_bulk_route *route) {
  const unsigned char *key = (const unsigned char *)route->scan.key.out.ptr;
  uint64_t word = 0;
  for (int i = 0; i < 8; i++)
    word = word << 8 | key[i];
  double at = (double)(word >> 11) * (1.0 / 9007199254740992.0);
  size_t i = 0;
  while (i < route->count && at >= route->bounds[i])
    i++;
  return i;
}

/* Output of a line that may repeat an earlier one, or count for none. */
static int judge(mr_bulk_route *route, size_t *output) {
  mr_hash128 hash;
  memcpy(&hash.low, route->scan.key.out.ptr, 8);
  memcpy(&hash.high, route->scan.key.out.ptr + 8, 8);
  int added = mr_hashset_add(&route->seen, hash);
  *output = added == 1 ? 0 : added == 0 ? route->count : 1;
  return added == MR_ERR_MEMORY ? added : MR_OK;
}

int mr_bulk_route_feed(mr_bulk_route *route, mr_slice chunk, bool last) {
  mr_jsonl_line line;
  int got;
  mr_buf_reset(&route->scan.faults);
  for (size_t i = 0; i < route->count; i++)
    mr_buf_reset(&route->outs[i]);
  mr_jsonl_feed(&route->scan.lines, chunk);
  while ((got = next_record(&route->scan, &line, last)) == 1) {
    size_t output = 0;
    int status = make_key(&route->scan, &line);
    if (status == MR_OK && route->bounds)
      output = choose(route);
    else if (status == MR_OK)
      status = judge(route, &output);
    if (status < 0)
      return status;
    if (output >= route->count) {
      route->dropped++;
      continue;
    }
    mr_buf *out = &route->outs[output];
    mr_buf_slice(out, line.text);
    mr_buf_putc(out, '\n');
    if (out->status < 0)
      return MR_ERR_MEMORY;
    route->written[output]++;
  }
  return got;
}

void mr_bulk_route_clear(mr_bulk_route *route) {
  mr_bulk_scan_clear(&route->scan);
  for (size_t i = 0; route->outs && i < route->count; i++)
    mr_buf_clear(&route->outs[i]);
  free(route->outs);
  free(route->written);
  free(route->bounds);
  route->outs = NULL;
  route->written = NULL;
  route->bounds = NULL;
  mr_hashset_clear(&route->seen);
}
