/* SPDX-License-Identifier: MIT
 *
 * json_token.c -- what single tokens of an index say.
 * The text was checked when it was indexed, so nothing is checked again. */
#include "bindings/json_index.h"
#include "bindings/json_scan.h"
#include "bindings/text.h"

static uint32_t hex4(const char *p) {
  uint32_t code = 0;
  for (int i = 0; i < 4; i++)
    code = code << 4 | (uint32_t)mr_hex_value((unsigned char)p[i]);
  return code;
}

/* The escape whose backslash is at *from. */
static char *put_escape(char *to, const char **from) {
  static const char meant[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                  ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};
  const char *p = *from;
  char c = meant[(unsigned char)p[1]];
  if (c) {
    *to = c;
    *from = p + 2;
    return to + 1;
  }
  uint32_t code = hex4(p + 2);
  p += 6;
  if (code >= 0xd800 && code <= 0xdbff) {
    code = 0x10000 + ((code - 0xd800) << 10) + (hex4(p + 2) - 0xdc00);
    p += 6;
  }
  *from = p;
  return to + mr_utf8_write(to, code);
}

mr_slice mr_json_token_string(mr_slice text, mr_json_token string, mr_buf *scratch) {
  mr_slice raw = mr_json_token_raw(text, string);
  const char *from = raw.ptr + 1, *end = raw.ptr + raw.len - 1;
  if (!(string.link & MR_JSON_ESCAPED))
    return mr_slice_make(from, raw.len - 2);
  mr_buf_reset(scratch);
  char *start = mr_buf_reserve(scratch, raw.len + MR_JSON_COPY_ROOM), *to = start;
  if (!start)
    return mr_slice_make("", 0);
  for (;;) {
    to = mr_json_copy_unescaped(to, &from, end);
    if (from == end)
      break;
    to = put_escape(to, &from);
  }
  scratch->len = (size_t)(to - start);
  return mr_buf_view(scratch);
}

mr_json_event mr_json_token_number(mr_slice text, mr_json_token token, int64_t *integer,
                                   double *number) {
  enum { MOST_DIGITS = 18 }; /* that surely fit */
  const char *p = text.ptr + token.at, *end = p + token.link;
  bool is_negative = *p == '-';
  int64_t whole = 0;
  for (p += is_negative; token.link <= MOST_DIGITS && p < end && (unsigned char)(*p - '0') <= 9;
       p++)
    whole = whole * 10 + (*p - '0');
  if (p == end && token.link <= MOST_DIGITS) {
    *integer = is_negative ? -whole : whole;
    *number = (double)*integer;
    return MR_JSON_INTEGER;
  }
  mr_json_reader r;
  mr_json_init(&r, mr_json_token_raw(text, token), NULL, 0);
  mr_json_event event = mr_json_next(&r);
  *integer = event == MR_JSON_INTEGER ? r.integer : 0;
  *number = r.number;
  return event;
}
