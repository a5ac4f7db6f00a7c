/* SPDX-License-Identifier: MIT
 *
 * pattern_code.c -- from the text of a pattern to its program.
 * One pass, no tree: jumps are relative, so a counted repetition is a copy of its code and
 * an alternative found late is a gap opened before code that does not mind being moved. */
#include "bindings/pattern_code.h"

enum { CODE_MAX = 100000, NEST_MAX = 100, REPEAT_MAX = 5000 };

typedef mr_pattern_step instr;

static size_t code_size(const mr_pattern_parser *c) {
  return c->code->len / sizeof(instr);
}
static instr *code_at(const mr_pattern_parser *c, size_t i) {
  return (instr *)(void *)c->code->ptr + i;
}

static void emit(mr_pattern_parser *c, int op, int32_t arg, uint32_t count) {
  instr i = {(uint32_t)op & 15u, count & 0xfffffffu, arg};
  if (code_size(c) >= CODE_MAX) {
    mr_pattern_fail(c, MR_ERR_LIMIT);
    return;
  }
  mr_buf_put(c->code, &i, sizeof i);
  if (c->code->status != MR_OK)
    mr_pattern_fail(c, MR_ERR_MEMORY);
}

/* Opens a gap of one instruction at `start`; what lies behind has only jumps within itself. */
static void insert(mr_pattern_parser *c, size_t start, int op, int32_t arg) {
  emit(c, op, arg, 0);
  if (c->status != MR_OK)
    return;
  size_t last = code_size(c) - 1;
  instr i = *code_at(c, last);
  memmove(code_at(c, start + 1), code_at(c, start), (last - start) * sizeof(instr));
  *code_at(c, start) = i;
}

static void copy_block(mr_pattern_parser *c, size_t start, size_t n) {
  for (size_t i = 0; i < n && c->status == MR_OK; i++) {
    instr x = *code_at(c, start + i);
    emit(c, (int)x.op, x.arg, x.count);
  }
}

/* The ranges from `first` on are one set. */
static void take_set(mr_pattern_parser *c, int op, size_t first) {
  emit(c, op, (int32_t)first, (uint32_t)(mr_pattern_ranges(c) - first));
}

/* ---- the grammar ---- */

static void parse_alternatives(mr_pattern_parser *c);

static void parse_atom(mr_pattern_parser *c) {
  size_t first = mr_pattern_ranges(c);
  char kind = *c->at;
  switch (kind) {
  case '(':
    c->at++;
    if (c->at < c->end && *c->at == '?') {
      if (c->end - c->at < 2 || c->at[1] != ':') {
        mr_pattern_fail(c, MR_ERR_ARG);
        return;
      }
      c->at += 2;
    }
    parse_alternatives(c);
    if (c->at == c->end) {
      mr_pattern_fail(c, MR_ERR_ARG);
      return;
    }
    c->at++;
    return;
  case '[':
    c->at++;
    take_set(c, mr_pattern_set(c) ? MR_PATTERN_NOT_CLASS : MR_PATTERN_CLASS, first);
    return;
  case '.':
    c->at++;
    emit(c, MR_PATTERN_ANY, 0, 0);
    return;
  case '^':
    c->at++;
    emit(c, MR_PATTERN_BEGIN, 0, 0);
    return;
  case '$':
    c->at++;
    emit(c, MR_PATTERN_END, 0, 0);
    return;
  case '*':
  case '+':
  case '?':
    mr_pattern_fail(c, MR_ERR_ARG);
    return;
  case '\\':
    if (c->end - c->at > 1) {
      char next = c->at[1];
      if (next == 'p' || next == 'P') {
        c->at += 2;
        mr_pattern_property(c, next == 'P', false);
        take_set(c, MR_PATTERN_CLASS, first);
        return;
      }
      if (mr_pattern_escape_class(c, next)) {
        c->at += 2;
        take_set(c, MR_PATTERN_CLASS, first);
        return;
      }
    }
    c->at++;
    emit(c, MR_PATTERN_CHAR, (int32_t)mr_pattern_escape(c), 0);
    return;
  default:
    emit(c, MR_PATTERN_CHAR, (int32_t)mr_pattern_char(c), 0);
    return;
  }
}

static bool read_number(const char **at, const char *end, int *out) {
  const char *p = *at;
  int value = 0;
  while (p < end && *p >= '0' && *p <= '9' && value <= REPEAT_MAX)
    value = value * 10 + (*p++ - '0');
  if (p == *at)
    return false;
  *at = p;
  *out = value;
  return true;
}

/* "{2}", "{2,}", "{2,5}"; anything else is an ordinary brace. */
static bool read_counts(mr_pattern_parser *c, int *low, int *high) {
  const char *p = c->at + 1;
  if (!read_number(&p, c->end, low))
    return false;
  *high = *low;
  if (p < c->end && *p == ',') {
    p++;
    if (!read_number(&p, c->end, high))
      *high = -1;
  }
  if (p == c->end || *p != '}')
    return false;
  c->at = p + 1;
  return true;
}

static void repeat(mr_pattern_parser *c, size_t start, int low, int high) {
  size_t n = code_size(c) - start;
  if (low > REPEAT_MAX || high > REPEAT_MAX) {
    mr_pattern_fail(c, MR_ERR_LIMIT);
    return;
  }
  if (high >= 0 && high < low) {
    mr_pattern_fail(c, MR_ERR_ARG);
    return;
  }
  if (high == 0) {
    c->code->len = start * sizeof(instr);
    return;
  }
  if (n == 0)
    return;
  for (int i = 1; i < low; i++)
    copy_block(c, start, n);
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

static void parse_sequence(mr_pattern_parser *c) {
  while (c->at < c->end && *c->at != '|' && *c->at != ')') {
    size_t start = code_size(c);
    int low = 1, high = 1;
    parse_atom(c);
    if (c->at < c->end) {
      bool repeated = true;
      switch (*c->at) {
      case '*':
        low = 0;
        high = -1;
        c->at++;
        break;
      case '+':
        high = -1;
        c->at++;
        break;
      case '?':
        low = 0;
        c->at++;
        break;
      case '{':
        repeated = read_counts(c, &low, &high);
        break;
      default:
        repeated = false;
        break;
      }
      if (repeated) {
        if (c->at < c->end && *c->at == '?')
          c->at++; /* lazy: the same language */
        repeat(c, start, low, high);
      }
    }
  }
}

static void parse_alternatives(mr_pattern_parser *c) {
  int32_t chain = -1; /* the jumps to the end, linked through their arguments */
  if (++c->depth > NEST_MAX) {
    mr_pattern_fail(c, MR_ERR_LIMIT);
    return;
  }
  for (;;) {
    size_t start = code_size(c);
    parse_sequence(c);
    if (c->at == c->end || *c->at != '|' || c->status != MR_OK)
      break;
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
  mr_pattern_parser c = {pattern.ptr, pattern.ptr + pattern.len, code, ranges, MR_OK, 0};
  parse_alternatives(&c);
  if (c.status == MR_OK && c.at != c.end)
    c.status = MR_ERR_ARG; /* a ')' too many */
  emit(&c, MR_PATTERN_MATCH, 0, 0);
  return c.status;
}
