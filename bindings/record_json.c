/* SPDX-License-Identifier: MIT
 *
 * record_json.c -- a line's index as the rules look at it, and what is said of a bad line. */
#include "bindings/record_json.h"

#include <stdio.h>
#include <stdlib.h>

#include "bindings/text.h"

/* More values than any record has: what comes behind is not looked at. */
enum { MAX_VALUES = 1 << 20 };

void mr_record_json_init(mr_record_json *j, mr_alloc *alloc) {
  memset(j, 0, sizeof *j);
  mr_json_index_init(&j->index, alloc);
  mr_buf_init(&j->text, alloc);
  mr_buf_init(&j->step, alloc);
}

void mr_record_json_clear(mr_record_json *j) {
  mr_json_index_free(&j->index);
  mr_buf_clear(&j->text);
  mr_buf_clear(&j->step);
}

/* ---- parsing ---------------------------------------------------------------------------- */

/* Would more text have made it right?  A string without end, a word or an escape cut short. */
static bool ends_early(const mr_json_reader *r, mr_slice rest) {
  static const char *const WORDS[] = {"true", "false", "null"};
  if (rest.len == 0 || strncmp(r->message, "the text ends", 13) == 0)
    return true;
  for (size_t i = 0; i < MR_COUNT(WORDS); i++)
    if (rest.len < strlen(WORDS[i]) && memcmp(rest.ptr, WORDS[i], rest.len) == 0)
      return true;
  return rest.len < 6 && rest.ptr[0] == '\\';
}

static int refuse(mr_record_json *j, const mr_json_reader *r, bool has_value) {
  mr_slice line = j->line;
  size_t end = line.len;
  while (end > r->start && memchr(" \t\r", line.ptr[end - 1], 3))
    end--;
  j->error_offset = r->start;
  j->error_at_end = ends_early(r, mr_slice_make(line.ptr + r->start, end - r->start));
  j->error_trailing = has_value && r->depth == 0 && !j->error_at_end;
  (void)snprintf(j->error, sizeof j->error, "%s", r->message);
  return MR_ERR_SYNTAX;
}

static int too_large(mr_record_json *j, size_t offset) {
  j->error_offset = offset;
  j->error_at_end = j->error_trailing = false;
  (void)snprintf(j->error, sizeof j->error, "more than %d values in one record", MAX_VALUES);
  return MR_ERR_SYNTAX;
}

/* Goes through a line that is bad or very large; as mr_record_json_parse. */
static int explain(mr_record_json *j) {
  mr_json_reader r;
  mr_json_event event;
  uint32_t values = 0;
  int status = MR_OK;
  mr_json_init(&r, j->line, j->index.alloc, 0);
  while (status == MR_OK && (event = mr_json_next(&r)) != MR_JSON_END) {
    if (event == MR_JSON_ERROR)
      status = r.status == MR_ERR_MEMORY ? r.status : refuse(j, &r, values > 0);
    else if (values == MAX_VALUES)
      status = too_large(j, r.start);
    else
      values += event != MR_JSON_KEY && event != MR_JSON_OBJECT_END && event != MR_JSON_ARRAY_END;
  }
  mr_json_clear(&r);
  return status;
}

int mr_record_json_parse(mr_record_json *j, mr_slice line) {
  j->line = line;
  int status = mr_json_index_build(&j->index, line, NULL);
  if (status == MR_ERR_MEMORY || (status == MR_OK && j->index.count <= MAX_VALUES))
    return status;
  return explain(j);
}

/* ---- values ----------------------------------------------------------------------------- */

uint32_t mr_record_json_count(const mr_record_json *j, uint32_t container, uint32_t most) {
  uint32_t n = 0;
  for (uint32_t v = mr_record_json_first(j, container); v && n < most;
       v = mr_record_json_next(j, container, v))
    n++;
  return n;
}

static mr_slice string_at(mr_record_json *j, uint32_t token, mr_buf *scratch) {
  return mr_json_token_string(j->line, j->index.tokens[token], scratch);
}

mr_slice mr_record_json_key(mr_record_json *j, uint32_t value) {
  return string_at(j, value - 1, &j->text);
}

mr_slice mr_record_json_text(mr_record_json *j, uint32_t value) {
  return string_at(j, value, &j->text);
}

uint32_t mr_record_json_member(mr_record_json *j, uint32_t object, const char *key) {
  if (mr_record_json_byte(j, object) != '{')
    return 0;
  for (uint32_t v = mr_record_json_first(j, object); v; v = mr_record_json_next(j, object, v))
    if (mr_slice_is(mr_record_json_key(j, v), key))
      return v;
  return 0;
}

/* ---- paths ------------------------------------------------------------------------------ */

static bool is_plain(mr_slice key) {
  for (size_t i = 0; i < key.len; i++) {
    char c = key.ptr[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && !(i > 0 && c >= '0' && c <= '9'))
      return false;
  }
  return key.len > 0;
}

static void put_key(mr_buf *out, mr_slice key, bool is_first) {
  if (is_plain(key)) {
    if (!is_first)
      mr_buf_putc(out, '.');
    mr_buf_slice(out, key);
    return;
  }
  mr_buf_puts(out, "[\"");
  for (size_t k = 0; k < key.len && (k < 60 || ((unsigned char)key.ptr[k] & 0xc0) == 0x80); k++) {
    unsigned char c = (unsigned char)key.ptr[k];
    if (c == '"' || c == '\\')
      mr_buf_putc(out, '\\');
    if (c < 0x20 || c == 0x7f)
      mr_buf_printf(out, "\\u%04x", c);
    else
      mr_buf_putc(out, (char)c);
  }
  mr_buf_puts(out, "\"]");
}

/* The member or element of a container inside which `value` stands, and its number. */
static uint32_t child_towards(const mr_record_json *j, uint32_t container, uint32_t value,
                              uint32_t *number) {
  uint32_t child = mr_record_json_first(j, container);
  for (*number = 0; mr_json_token_after(&j->index, j->line, child) <= value; ++*number)
    child = mr_record_json_next(j, container, child);
  return child;
}

static size_t depth_of(const mr_record_json *j, uint32_t value) {
  size_t depth = 0;
  uint32_t number;
  for (uint32_t at = 0; at != value; depth++)
    at = child_towards(j, at, value, &number);
  return depth;
}

void mr_record_json_path(mr_record_json *j, uint32_t value, mr_buf *out) {
  /* Rules look at places a few steps down; what lies deeper is shown by its last steps. */
  enum { SHOWN = 32 };
  size_t depth = depth_of(j, value), left_out = depth > SHOWN ? depth - SHOWN : 0;
  if (left_out > 0)
    mr_buf_puts(out, "...");
  for (uint32_t at = 0, number, child; at != value; at = child) {
    bool is_object = mr_record_json_byte(j, at) == '{';
    child = child_towards(j, at, value, &number);
    if (left_out > 0)
      left_out--;
    else if (is_object)
      put_key(out, string_at(j, child - 1, &j->step), at == 0);
    else
      mr_buf_printf(out, "[%lu]", (unsigned long)number);
  }
}

/* ---- duplicate keys --------------------------------------------------------------------- */

typedef struct member {
  mr_slice key;
  uint32_t value;
} member;

typedef struct pair {
  uint32_t again, first;
} pair;

static int by_key(const void *a, const void *b) {
  const member *x = (const member *)a, *y = (const member *)b;
  int order = mr_slice_compare(x->key, y->key);
  return order ? order : (x->value > y->value) - (x->value < y->value);
}

static int by_place(const void *a, const void *b) {
  uint32_t x = ((const pair *)a)->again, y = ((const pair *)b)->again;
  return (x > y) - (x < y);
}

/* For a small object without escapes in its keys, as nearly all are: no key is there twice. */
static bool all_differ(const mr_record_json *j, uint32_t object) {
  enum { FEW = 8 };
  mr_slice keys[FEW];
  size_t n = 0;
  for (uint32_t v = mr_record_json_first(j, object); v; v = mr_record_json_next(j, object, v)) {
    mr_json_token token = j->index.tokens[v - 1];
    if (n == FEW || (token.link & MR_JSON_ESCAPED))
      return false;
    keys[n] = mr_json_token_raw(j->line, token);
    for (size_t i = 0; i < n; i++)
      if (keys[i].len == keys[n].len && memcmp(keys[i].ptr, keys[n].ptr, keys[n].len) == 0)
        return false;
    n++;
  }
  return true;
}

/* Appends an object's pairs.  members, text: scratch. */
static void find_pairs(mr_record_json *j, uint32_t object, mr_buf *members, mr_buf *text,
                       mr_buf *pairs) {
  size_t n = 0;
  mr_buf_reset(members);
  mr_buf_reset(text);
  for (uint32_t v = mr_record_json_first(j, object); v; v = mr_record_json_next(j, object, v)) {
    mr_slice key = mr_record_json_key(j, v);
    member m = {mr_slice_make(NULL, key.len), v}; /* its bytes may still move */
    mr_buf_slice(text, key);
    mr_buf_put(members, &m, sizeof m);
    n++;
  }
  if (members->status != MR_OK || text->status != MR_OK || n < 2)
    return;
  member *list = (member *)(void *)members->ptr;
  const char *key = text->ptr ? text->ptr : "";
  for (size_t i = 0; i < n; key += list[i++].key.len)
    list[i].key.ptr = key;
  qsort(list, n, sizeof *list, by_key);
  for (size_t i = 1, first = 0; i < n; i++) {
    pair p = {list[i].value, list[first].value};
    if (mr_slice_equal(list[i].key, list[first].key))
      mr_buf_put(pairs, &p, sizeof p);
    else
      first = i;
  }
}

int mr_record_json_duplicates(mr_record_json *j,
                              void (*found)(void *ud, uint32_t again, uint32_t first), void *ud) {
  mr_buf members, text, pairs;
  mr_buf_init(&members, j->index.alloc);
  mr_buf_init(&text, j->index.alloc);
  mr_buf_init(&pairs, j->index.alloc);
  for (uint32_t i = 0; i < j->index.count; i++)
    if (mr_record_json_byte(j, i) == '{' && !all_differ(j, i))
      find_pairs(j, i, &members, &text, &pairs);
  int status = members.status != MR_OK ? members.status
               : text.status != MR_OK  ? text.status
                                       : pairs.status;
  if (status == MR_OK && pairs.len > 0) {
    pair *list = (pair *)(void *)pairs.ptr;
    size_t n = pairs.len / sizeof *list;
    qsort(list, n, sizeof *list, by_place);
    for (size_t i = 0; i < n; i++)
      found(ud, list[i].again, list[i].first);
  }
  mr_buf_clear(&members);
  mr_buf_clear(&text);
  mr_buf_clear(&pairs);
  return status;
}
