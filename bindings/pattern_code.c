/* SPDX-License-Identifier: MIT
 *
 * pattern_code.c -- from the text of a pattern to its program.
 * One pass, no tree: jumps are relative, so a counted repetition is a copy of its code and
 * an alternative found late is a gap opened before code that does not mind being moved. */
#include "bindings/pattern_code.h"

#include "bindings/text.h"

enum { CODE_MAX = 100000, NEST_MAX = 100, REPEAT_MAX = 5000 };
enum { NON_ASCII = 0x80, LAST = 0x10ffff };

typedef mr_pattern_step instr;
typedef mr_pattern_range range;

typedef struct compiler {
  const char *at, *end;
  mr_buf *code;   /* of instr */
  mr_buf *ranges; /* of range */
  int status;
  int depth;
} compiler;

static size_t code_size(const compiler *c) { return c->code->len / sizeof(instr); }
static instr *code_at(const compiler *c, size_t i) { return (instr *)(void *)c->code->ptr + i; }

static void fail(compiler *c, int status) {
  if (c->status == MR_OK) c->status = status;
  c->at = c->end;
}

static void emit(compiler *c, int op, int32_t arg, uint32_t count) {
  instr i = {(uint32_t)op & 15u, count & 0xfffffffu, arg};
  if (code_size(c) >= CODE_MAX) {
    fail(c, MR_ERR_LIMIT);
    return;
  }
  mr_buf_put(c->code, &i, sizeof i);
  if (c->code->status != MR_OK) fail(c, MR_ERR_MEMORY);
}

/* Opens a gap of one instruction at `start`; what lies behind has only jumps within itself. */
static void insert(compiler *c, size_t start, int op, int32_t arg) {
  emit(c, op, arg, 0);
  if (c->status != MR_OK) return;
  size_t last = code_size(c) - 1;
  instr i = *code_at(c, last);
  memmove(code_at(c, start + 1), code_at(c, start), (last - start) * sizeof(instr));
  *code_at(c, start) = i;
}

static void copy_block(compiler *c, size_t start, size_t n) {
  for (size_t i = 0; i < n && c->status == MR_OK; i++) {
    instr x = *code_at(c, start + i);
    emit(c, (int)x.op, x.arg, x.count);
  }
}

/* ---- classes ---- */

static void add_range(compiler *c, uint32_t low, uint32_t high) {
  range r = {low, high};
  mr_buf_put(c->ranges, &r, sizeof r);
  if (c->ranges->status != MR_OK) fail(c, MR_ERR_MEMORY);
}

static void add_table(compiler *c, const range *table, size_t n, bool negated) {
  uint32_t next = 0;
  for (size_t i = 0; i < n; i++) {
    if (!negated)
      add_range(c, table[i].low, table[i].high);
    else if (table[i].low > next)
      add_range(c, next, table[i].low - 1);
    next = table[i].high + 1;
  }
  if (negated) add_range(c, next, LAST);
}

static const range digit_class[] = {{'0', '9'}};
static const range word_class[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
static const range space_class[] = {{9, 13},           {32, 32},         {0xa0, 0xa0},
                                    {0x1680, 0x1680},  {0x2000, 0x200a}, {0x2028, 0x2029},
                                    {0x202f, 0x202f},  {0x205f, 0x205f}, {0x3000, 0x3000},
                                    {0xfeff, 0xfeff}};
/* Unicode properties are exact in ASCII; beyond it every character is taken to have them. */
static const range letter_class[] = {{'A', 'Z'}, {'a', 'z'}, {NON_ASCII, LAST}};
static const range number_class[] = {{'0', '9'}, {NON_ASCII, LAST}};
static const range blank_class[] = {{' ', ' '}, {NON_ASCII, LAST}};
static const range any_class[] = {{0, LAST}};

static bool add_escape_class(compiler *c, char kind) {
  switch (kind) {
    case 'd': case 'D': add_table(c, digit_class, MR_COUNT(digit_class), kind == 'D'); return true;
    case 'w': case 'W': add_table(c, word_class, MR_COUNT(word_class), kind == 'W'); return true;
    case 's': case 'S': add_table(c, space_class, MR_COUNT(space_class), kind == 'S'); return true;
    default: return false;
  }
}

/* \p{L}, \p{Lu}, \pL ...: after the 'p'. */
static void add_property(compiler *c, bool negated) {
  char kind = 0;
  if (c->at < c->end && *c->at == '{') {
    if (c->end - c->at > 1) kind = c->at[1];
    while (c->at < c->end && *c->at != '}') c->at++;
    if (c->at == c->end) {
      fail(c, MR_ERR_ARG);
      return;
    }
    c->at++;
  } else if (c->at < c->end) {
    kind = *c->at++;
  }
  if (negated)
    add_table(c, any_class, MR_COUNT(any_class), false);
  else if (kind == 'L')
    add_table(c, letter_class, MR_COUNT(letter_class), false);
  else if (kind == 'N')
    add_table(c, number_class, MR_COUNT(number_class), false);
  else if (kind == 'Z')
    add_table(c, blank_class, MR_COUNT(blank_class), false);
  else
    add_table(c, any_class, MR_COUNT(any_class), false);
}

static uint32_t read_hex(compiler *c, int digits) {
  uint32_t value = 0;
  for (int i = 0; i < digits; i++) {
    int d = c->at < c->end ? mr_hex_value((unsigned char)*c->at) : -1;
    if (d < 0) {
      fail(c, MR_ERR_ARG);
      return 0;
    }
    value = value * 16 + (uint32_t)d;
    c->at++;
  }
  return value;
}

static uint32_t read_char(compiler *c) {
  uint32_t code = 0;
  size_t n = mr_utf8_read(mr_slice_make(c->at, (size_t)(c->end - c->at)), &code);
  if (!n) {
    fail(c, MR_ERR_ARG);
    return 0;
  }
  c->at += n;
  return code;
}

/* A single character behind a backslash, which has been read. */
static uint32_t read_escape(compiler *c) {
  if (c->at == c->end) {
    fail(c, MR_ERR_ARG);
    return 0;
  }
  char kind = *c->at;
  c->at++;
  switch (kind) {
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    case 'f': return '\f';
    case 'v': return '\v';
    case '0': return 0;
    case 'x': return read_hex(c, 2);
    case 'u': return read_hex(c, 4);
    default: break;
  }
  if ((kind >= 'a' && kind <= 'z') || (kind >= 'A' && kind <= 'Z') || (kind >= '1' && kind <= '9')) {
    fail(c, MR_ERR_ARG); /* a class in a place for one character, a back reference, ... */
    return 0;
  }
  c->at--;
  return read_char(c);
}

static void parse_class(compiler *c) {
  size_t first = c->ranges->len / sizeof(range);
  bool negated = c->at < c->end && *c->at == '^';
  if (negated) c->at++;
  while (c->at < c->end && *c->at != ']') {
    uint32_t low;
    if (*c->at == '\\' && c->end - c->at > 1) {
      char kind = c->at[1];
      if (kind == 'p' || kind == 'P') {
        c->at += 2;
        add_property(c, kind == 'P');
        continue;
      }
      if (add_escape_class(c, kind)) {
        c->at += 2;
        continue;
      }
      c->at++;
      low = kind == 'b' ? (c->at++, 8u) : read_escape(c);
    } else {
      low = read_char(c);
    }
    uint32_t high = low;
    if (c->end - c->at > 1 && c->at[0] == '-' && c->at[1] != ']') {
      const char *dash = c->at;
      c->at++;
      if (*c->at == '\\' && c->end - c->at > 1) {
        c->at++;
        if (memchr("dDwWsSpP", *c->at, 8)) {
          c->at = dash; /* "[x-\d]": the dash is itself */
        } else {
          high = read_escape(c);
        }
      } else {
        high = read_char(c);
      }
      if (c->at == dash) {
        add_range(c, '-', '-');
        c->at = dash + 1;
        high = low;
      }
    }
    if (high < low) fail(c, MR_ERR_ARG);
    add_range(c, low, high);
  }
  if (c->at == c->end) {
    fail(c, MR_ERR_ARG);
    return;
  }
  c->at++;
  emit(c, negated ? MR_PATTERN_NOT_CLASS : MR_PATTERN_CLASS, (int32_t)first,
       (uint32_t)(c->ranges->len / sizeof(range) - first));
}

/* ---- the grammar ---- */

static void parse_alternatives(compiler *c);

static void parse_atom(compiler *c) {
  size_t first = c->ranges->len / sizeof(range);
  char kind = *c->at;
  switch (kind) {
    case '(':
      c->at++;
      if (c->at < c->end && *c->at == '?') {
        if (c->end - c->at < 2 || c->at[1] != ':') {
          fail(c, MR_ERR_ARG);
          return;
        }
        c->at += 2;
      }
      parse_alternatives(c);
      if (c->at == c->end) {
        fail(c, MR_ERR_ARG);
        return;
      }
      c->at++;
      return;
    case '[': c->at++; parse_class(c); return;
    case '.': c->at++; emit(c, MR_PATTERN_ANY, 0, 0); return;
    case '^': c->at++; emit(c, MR_PATTERN_BEGIN, 0, 0); return;
    case '$': c->at++; emit(c, MR_PATTERN_END, 0, 0); return;
    case '*': case '+': case '?': fail(c, MR_ERR_ARG); return;
    case '\\':
      if (c->end - c->at > 1) {
        char next = c->at[1];
        if (next == 'p' || next == 'P') {
          c->at += 2;
          add_property(c, next == 'P');
          emit(c, MR_PATTERN_CLASS, (int32_t)first, (uint32_t)(c->ranges->len / sizeof(range) - first));
          return;
        }
        if (add_escape_class(c, next)) {
          c->at += 2;
          emit(c, MR_PATTERN_CLASS, (int32_t)first, (uint32_t)(c->ranges->len / sizeof(range) - first));
          return;
        }
      }
      c->at++;
      emit(c, MR_PATTERN_CHAR, (int32_t)read_escape(c), 0);
      return;
    default: emit(c, MR_PATTERN_CHAR, (int32_t)read_char(c), 0); return;
  }
}

static bool read_number(const char **at, const char *end, int *out) {
  const char *p = *at;
  int value = 0;
  while (p < end && *p >= '0' && *p <= '9' && value <= REPEAT_MAX) value = value * 10 + (*p++ - '0');
  if (p == *at) return false;
  *at = p;
  *out = value;
  return true;
}

/* "{2}", "{2,}", "{2,5}"; anything else is an ordinary brace. */
static bool read_counts(compiler *c, int *low, int *high) {
  const char *p = c->at + 1;
  if (!read_number(&p, c->end, low)) return false;
  *high = *low;
  if (p < c->end && *p == ',') {
    p++;
    if (!read_number(&p, c->end, high)) *high = -1;
  }
  if (p == c->end || *p != '}') return false;
  c->at = p + 1;
  return true;
}

static void repeat(compiler *c, size_t start, int low, int high) {
  size_t n = code_size(c) - start;
  if (low > REPEAT_MAX || high > REPEAT_MAX) {
    fail(c, MR_ERR_LIMIT);
    return;
  }
  if (high >= 0 && high < low) {
    fail(c, MR_ERR_ARG);
    return;
  }
  if (high == 0) {
    c->code->len = start * sizeof(instr);
    return;
  }
  if (n == 0) return;
  for (int i = 1; i < low; i++) copy_block(c, start, n);
  if (high < 0) { /* the last copy loops; with low 0 it may be passed by */
    if (low == 0) {
      insert(c, start, MR_PATTERN_SPLIT, (int32_t)n + 2);
      emit(c, MR_PATTERN_JUMP, -(int32_t)n - 1, 0);
    } else {
      /* block; split past the jump; jump back */
      emit(c, MR_PATTERN_SPLIT, 2, 0);
      emit(c, MR_PATTERN_JUMP, -(int32_t)n - 1, 0);
    }
    return;
  }
  int optional = high - low;
  if (low == 0) {
    insert(c, start, MR_PATTERN_SPLIT, (int32_t)(n + 1) * optional);
    start++;
    optional--;
  }
  for (; optional > 0 && c->status == MR_OK; optional--) {
    emit(c, MR_PATTERN_SPLIT, (int32_t)(n + 1) * optional, 0);
    copy_block(c, start, n);
  }
}

static void parse_sequence(compiler *c) {
  while (c->at < c->end && *c->at != '|' && *c->at != ')') {
    size_t start = code_size(c);
    int low = 1, high = 1;
    parse_atom(c);
    if (c->at < c->end) {
      bool repeated = true;
      switch (*c->at) {
        case '*': low = 0; high = -1; c->at++; break;
        case '+': high = -1; c->at++; break;
        case '?': low = 0; c->at++; break;
        case '{': repeated = read_counts(c, &low, &high); break;
        default: repeated = false; break;
      }
      if (repeated) {
        if (c->at < c->end && *c->at == '?') c->at++; /* lazy: the same language */
        repeat(c, start, low, high);
      }
    }
  }
}

static void parse_alternatives(compiler *c) {
  int32_t chain = -1; /* the jumps to the end, linked through their arguments */
  if (++c->depth > NEST_MAX) {
    fail(c, MR_ERR_LIMIT);
    return;
  }
  for (;;) {
    size_t start = code_size(c);
    parse_sequence(c);
    if (c->at == c->end || *c->at != '|' || c->status != MR_OK) break;
    c->at++;
    insert(c, start, MR_PATTERN_SPLIT, (int32_t)(code_size(c) - start) + 2);
    emit(c, MR_PATTERN_JUMP, chain, 0);
    chain = (int32_t)code_size(c) - 1;
  }
  if (c->status == MR_OK)
    while (chain >= 0) {
      instr *jump = code_at(c, (size_t)chain);
      int32_t next = jump->arg;
      jump->arg = (int32_t)code_size(c) - chain;
      chain = next;
    }
  c->depth--;
}

int mr_pattern_compile(mr_slice pattern, mr_buf *code, mr_buf *ranges) {
  compiler c = {pattern.ptr, pattern.ptr + pattern.len, code, ranges, MR_OK, 0};
  parse_alternatives(&c);
  if (c.status == MR_OK && c.at != c.end) c.status = MR_ERR_ARG; /* a ')' too many */
  emit(&c, MR_PATTERN_MATCH, 0, 0);
  return c.status;
}
