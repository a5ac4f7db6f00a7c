/* SPDX-License-Identifier: MIT
 *
 * jsonl_fuzz.c -- input as lines; each line that is JSON is edited at random places, which the
 * bytes themselves choose, and must still be JSON, and equal to what it is read back as. */
#include <stdlib.h>

#include "bindings/jsonl.h"
#include "bindings/lazy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct pieces {
  void *list[256];
  size_t count;
} pieces;

static void *more(void *ud, size_t n) {
  pieces *p = ud;
  if (p->count == MR_COUNT(p->list))
    return NULL;
  void *piece = malloc(n);
  if (piece)
    p->list[p->count++] = piece;
  return piece;
}

static void check(bool ok) {
  if (!ok)
    __builtin_trap();
}

/* A container of the document: so many steps down as the bytes say. */
static mr_lazy_ref choose(mr_lazy_ref v, const uint8_t **data, size_t *size) {
  while (*size > 0 && (mr_lazy_kind(v) == '{' || mr_lazy_kind(v) == '[')) {
    uint8_t skip = *(*data)++ & 7;
    (*size)--;
    mr_lazy_cursor c = {0, 0};
    mr_lazy_ref key, value, next = {NULL, 0};
    while (mr_lazy_next(v, &c, &key, &value))
      if ((mr_lazy_kind(value) == '{' || mr_lazy_kind(value) == '[') && skip-- == 0) {
        next = value;
        break;
      }
    if (!next.in)
      break;
    v = next;
  }
  return v;
}

static void edit(mr_lazy *d, mr_lazy_ref v, uint8_t how) {
  static const char *const texts[] = {"{}", "[]", "{\"a\": 1, \"b\": [2, {}]}", "7"};
  static const char *const names[] = {"a", "b", "", "messages"};
  const char *text = texts[how & 3], *name = names[how >> 2 & 3];
  char quoted[16] = "\"";
  mr_json_index index;
  mr_lazy_ref value, key;
  memcpy(quoted + 1, name, strlen(name));
  quoted[strlen(name) + 1] = '"';
  mr_json_token one = {0, (uint32_t)strlen(name) + 2};
  if (mr_lazy_kind(v) == '{' && how & 16) {
    mr_lazy_remove_member(d, v, mr_slice_of(name));
    check(!mr_lazy_member(v, mr_slice_of(name)).in || d->left < 4096);
    return;
  }
  if (mr_lazy_kind(v) == '[' && how & 16) {
    mr_lazy_remove_last(d, v);
    return;
  }
  mr_json_index_init(&index, NULL);
  check(mr_json_index_build(&index, mr_slice_of(text), NULL) == MR_OK);
  if (mr_lazy_add(d, mr_slice_of(text), index.tokens, index.count, &value) == MR_OK &&
      mr_lazy_add(d, mr_slice_make(quoted, strlen(name) + 2), &one, 1, &key) == MR_OK) {
    if (mr_lazy_kind(v) == '{')
      mr_lazy_set_member(d, v, mr_slice_of(name), key, value);
    else if (mr_lazy_kind(v) == '[')
      mr_lazy_set_element(d, v, how % (mr_lazy_count(v) + 1), value);
  }
  mr_json_index_free(&index);
}

static void one_line(mr_slice line, const uint8_t *data, size_t size) {
  mr_json_index index, again;
  mr_lazy d, e;
  pieces p = {{NULL}, 0};
  mr_buf out;
  mr_json_index_init(&index, NULL);
  mr_json_index_init(&again, NULL);
  mr_buf_init(&out, NULL);
  if (mr_json_index_build(&index, line, NULL) == MR_OK) {
    mr_lazy_init(&d, line, index.tokens, NULL, 0);
    d.more = more;
    d.ud = &p;
    for (int i = 0; i < 40 && size > 1; i++) {
      mr_lazy_ref v = choose(mr_lazy_root(&d), &data, &size);
      if (size == 0)
        break;
      size--;
      edit(&d, v, *data++);
    }
    int status = mr_lazy_write(mr_lazy_root(&d), &out);
    if (status == MR_OK && mr_json_index_build(&again, mr_buf_view(&out), NULL) == MR_OK) {
      mr_lazy_init(&e, mr_buf_view(&out), again.tokens, NULL, 0);
      check(mr_lazy_equal(mr_lazy_root(&d), mr_lazy_root(&e), NULL) == 1);
    } else {
      check(status == MR_ERR_LIMIT || status == MR_OK); /* OK: deeper than the index goes */
      mr_json_fault fault;
      check(status != MR_OK || (mr_json_index_build(&again, mr_buf_view(&out), &fault) == MR_ERR_LIMIT));
    }
  }
  for (size_t i = 0; i < p.count; i++)
    free(p.list[i]);
  mr_buf_clear(&out);
  mr_json_index_free(&again);
  mr_json_index_free(&index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2)
    return 0;
  size_t piece = (size_t)data[0] + 1;
  mr_jsonl s;
  mr_jsonl_line line;
  mr_jsonl_init(&s, NULL, 2048);
  uint64_t bytes = 0;
  for (size_t at = 1; at < size; at += piece) {
    size_t n = size - at < piece ? size - at : piece;
    mr_jsonl_feed(&s, mr_slice_make((const char *)data + at, n));
    while (mr_jsonl_next(&s, &line) == 1) {
      check(line.offset >= bytes && !memchr(line.text.ptr, '\n', line.text.len));
      bytes = line.offset;
      if (!line.is_long)
        one_line(line.text, data + size / 2, size - size / 2);
    }
  }
  if (mr_jsonl_finish(&s, &line) == 1 && !line.is_long)
    one_line(line.text, data + size / 2, size - size / 2);
  mr_jsonl_clear(&s);
  return 0;
}
