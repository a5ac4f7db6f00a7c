/* SPDX-License-Identifier: MIT
 *
 * text.c -- hex, base64, UTF-8 and integers.
 * Decoders write into reserved room and add to the length only when all of the input was
 * good, so a refusal leaves no half of a value behind. */
#include "bindings/text.h"

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* ---- hex ---- */

int mr_hex_value(unsigned char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

void mr_hex_encode(mr_buf *out, const void *data, size_t n) {
  static const char digits[] = "0123456789abcdef";
  const unsigned char *from = data;
  if (n > SIZE_MAX / 2) {
    out->status = MR_ERR_MEMORY;
    return;
  }
  char *to = mr_buf_reserve(out, 2 * n);
  if (!to)
    return;
  for (size_t i = 0; i < n; i++) {
    to[2 * i] = digits[from[i] >> 4];
    to[2 * i + 1] = digits[from[i] & 15];
  }
  out->len += 2 * n;
}

int mr_hex_decode(mr_buf *out, mr_slice text) {
  if (text.len % 2 != 0)
    return MR_ERR_ARG;
  char *to = mr_buf_reserve(out, text.len / 2);
  if (!to)
    return MR_ERR_MEMORY;
  for (size_t i = 0; i < text.len; i += 2) {
    int high = mr_hex_value((unsigned char)text.ptr[i]);
    int low = mr_hex_value((unsigned char)text.ptr[i + 1]);
    if (high < 0 || low < 0)
      return MR_ERR_ARG;
    to[i / 2] = (char)(high << 4 | low);
  }
  out->len += text.len / 2;
  return MR_OK;
}

/* ---- base64 ---- */

void mr_base64_encode(mr_buf *out, const void *data, size_t n) {
  const unsigned char *from = data;
  if (n > SIZE_MAX / 2) {
    out->status = MR_ERR_MEMORY;
    return;
  }
  size_t len = (n + 2) / 3 * 4, i = 0;
  char *to = mr_buf_reserve(out, len);
  if (!to)
    return;
  for (; n - i >= 3; i += 3) {
    uint32_t group = (uint32_t)from[i] << 16 | (uint32_t)from[i + 1] << 8 | from[i + 2];
    *to++ = base64_digits[group >> 18];
    *to++ = base64_digits[group >> 12 & 63];
    *to++ = base64_digits[group >> 6 & 63];
    *to++ = base64_digits[group & 63];
  }
  if (n > i) {
    uint32_t group = (uint32_t)from[i] << 16;
    if (n - i == 2)
      group |= (uint32_t)from[i + 1] << 8;
    *to++ = base64_digits[group >> 18];
    *to++ = base64_digits[group >> 12 & 63];
    *to++ = n - i == 2 ? base64_digits[group >> 6 & 63] : '=';
    *to++ = '=';
  }
  out->len += len;
}

static int base64_value(unsigned char c) {
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* One group of `digits` (2-4) characters into digits - 1 bytes; false if it is malformed. */
static bool base64_group(const char *from, int digits, char *to) {
  uint32_t group = 0;
  for (int i = 0; i < digits; i++) {
    int value = base64_value((unsigned char)from[i]);
    if (value < 0)
      return false;
    group |= (uint32_t)value << (18 - 6 * i);
  }
  if ((group & (0xffffffu >> (8 * (digits - 1)))) != 0)
    return false; /* bits that no byte takes must be zero */
  for (int i = 0; i < digits - 1; i++)
    to[i] = (char)(group >> (16 - 8 * i) & 255);
  return true;
}

int mr_base64_decode(mr_buf *out, mr_slice text) {
  size_t padding = 0, n;
  if (text.len % 4 != 0)
    return MR_ERR_ARG;
  if (text.len == 0)
    return out->status;
  while (padding < 2 && text.ptr[text.len - 1 - padding] == '=')
    padding++;
  n = text.len / 4 * 3 - padding;
  char *to = mr_buf_reserve(out, n);
  if (!to)
    return MR_ERR_MEMORY;
  for (size_t i = 0; i < text.len; i += 4, to += 3) {
    bool is_last = text.len - i == 4;
    if (!base64_group(text.ptr + i, is_last ? 4 - (int)padding : 4, to))
      return MR_ERR_ARG;
  }
  out->len += n;
  return MR_OK;
}

/* ---- UTF-8: RFC 3629 section 4 ---- */

static bool is_tail(const char *s, size_t at) {
  return ((unsigned char)s[at] & 0xc0) == 0x80;
}

size_t mr_utf8_read(mr_slice s, uint32_t *code) {
  uint32_t value;
  size_t n;
  if (s.len == 0)
    return 0;
  unsigned char c = (unsigned char)s.ptr[0];
  if (c < 0x80) {
    value = c;
    n = 1;
  } else if (c >= 0xc2 && c <= 0xdf) {
    if (s.len < 2 || !is_tail(s.ptr, 1))
      return 0;
    value = (uint32_t)(c & 0x1f) << 6 | (s.ptr[1] & 0x3f);
    n = 2;
  } else if ((c & 0xf0) == 0xe0) {
    if (s.len < 3 || !is_tail(s.ptr, 1) || !is_tail(s.ptr, 2))
      return 0;
    value = (uint32_t)(c & 0x0f) << 12 | (uint32_t)(s.ptr[1] & 0x3f) << 6 | (s.ptr[2] & 0x3f);
    n = 3;
    if (value < 0x800 || (value >= 0xd800 && value <= 0xdfff))
      return 0;
  } else if (c >= 0xf0 && c <= 0xf4) {
    if (s.len < 4 || !is_tail(s.ptr, 1) || !is_tail(s.ptr, 2) || !is_tail(s.ptr, 3))
      return 0;
    value = (uint32_t)(c & 0x07) << 18 | (uint32_t)(s.ptr[1] & 0x3f) << 12 |
            (uint32_t)(s.ptr[2] & 0x3f) << 6 | (s.ptr[3] & 0x3f);
    n = 4;
    if (value < 0x10000 || value > 0x10ffff)
      return 0;
  } else {
    return 0;
  }
  if (code)
    *code = value;
  return n;
}

bool mr_utf8_valid(mr_slice s, size_t *bad_offset) {
  size_t i = 0;
  while (i < s.len) {
    uint64_t word;
    if (s.len - i >= sizeof word) {
      memcpy(&word, s.ptr + i, sizeof word);
      if ((word & UINT64_C(0x8080808080808080)) == 0) {
        i += sizeof word;
        continue;
      }
    }
    size_t n = mr_utf8_read(mr_slice_make(s.ptr + i, s.len - i), NULL);
    if (n == 0) {
      if (bad_offset)
        *bad_offset = i;
      return false;
    }
    i += n;
  }
  return true;
}

size_t mr_utf8_write(char *to, uint32_t code) {
  if (code < 0x80) {
    to[0] = (char)code;
    return 1;
  }
  if (code < 0x800) {
    to[0] = (char)(0xc0 | code >> 6);
    to[1] = (char)(0x80 | (code & 0x3f));
    return 2;
  }
  if (code < 0x10000) {
    to[0] = (char)(0xe0 | code >> 12);
    to[1] = (char)(0x80 | (code >> 6 & 0x3f));
    to[2] = (char)(0x80 | (code & 0x3f));
    return 3;
  }
  to[0] = (char)(0xf0 | (code >> 18 & 0x07));
  to[1] = (char)(0x80 | (code >> 12 & 0x3f));
  to[2] = (char)(0x80 | (code >> 6 & 0x3f));
  to[3] = (char)(0x80 | (code & 0x3f));
  return 4;
}

void mr_utf8_put(mr_buf *out, uint32_t code) {
  char bytes[4];
  mr_buf_put(out, bytes, mr_utf8_write(bytes, code));
}

size_t mr_utf8_count(mr_slice s) {
  size_t count = 0;
  for (size_t i = 0; i < s.len; count++) {
    bool ascii = !(s.ptr[i] & 0x80);
    size_t n = ascii ? 1 : mr_utf8_read(mr_slice_make(s.ptr + i, s.len - i), NULL);
    i += n ? n : 1;
  }
  return count;
}
