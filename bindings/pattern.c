/* SPDX-License-Identifier: MIT
 *
 * pattern.c -- a small regular expression matcher that never backtracks.
 * All alternatives of the program run at once (Thompson 1968, in Pike's form): each
 * character of the text touches each step of the program at most once. */
#include "bindings/pattern.h"

#include "bindings/pattern_machine.h"
#include "bindings/text.h"

void mr_pattern_add(mr_pattern_machine *m, uint32_t start, bool at_begin, bool at_end) {
  uint32_t depth = 0;
  m->stack[depth++] = start;
  while (depth) {
    uint32_t i = m->stack[--depth];
    if (m->mark[i] == m->step)
      continue;
    m->mark[i] = m->step;
    const mr_pattern_step *x = &m->code[i];
    switch (x->op) {
    case MR_PATTERN_SPLIT:
      /* each instruction is pushed at most twice before it is marked */
      m->stack[depth++] = (uint32_t)((int32_t)i + x->arg);
      m->stack[depth++] = i + 1;
      break;
    case MR_PATTERN_JUMP:
      m->stack[depth++] = (uint32_t)((int32_t)i + x->arg);
      break;
    case MR_PATTERN_BEGIN:
      if (at_begin)
        m->stack[depth++] = i + 1;
      break;
    case MR_PATTERN_END:
      if (at_end)
        m->stack[depth++] = i + 1;
      break;
    default:
      m->next[m->next_count++] = i;
      break;
    }
  }
}

bool mr_pattern_takes(const mr_pattern_machine *m, const mr_pattern_step *x, uint32_t code) {
  if (x->op == MR_PATTERN_CHAR)
    return (uint32_t)x->arg == code;
  if (x->op == MR_PATTERN_ANY)
    return code != '\n' && code != '\r' && code != 0x2028 && code != 0x2029;
  const mr_pattern_range *r = m->ranges + x->arg;
  for (uint32_t i = 0; i < x->count; i++)
    if (code >= r[i].low && code <= r[i].high)
      return x->op == MR_PATTERN_CLASS;
  return x->op == MR_PATTERN_NOT_CLASS;
}

static bool run(mr_pattern_machine *m, mr_slice text) {
  const char *at = text.ptr, *end = text.ptr + text.len;
  m->step = 1;
  mr_pattern_add(m, 0, true, text.len == 0);
  for (;;) {
    uint32_t *swap = m->now;
    m->now = m->next;
    m->next = swap;
    m->now_count = m->next_count;
    m->next_count = 0;
    if (at == end)
      break;
    uint32_t code = 0;
    size_t n = mr_utf8_read(mr_slice_make(at, (size_t)(end - at)), &code);
    if (!n) {
      code = (unsigned char)*at;
      n = 1;
    }
    at += n;
    m->step++;
    for (uint32_t i = 0; i < m->now_count; i++) {
      const mr_pattern_step *x = &m->code[m->now[i]];
      if (x->op != MR_PATTERN_MATCH && mr_pattern_takes(m, x, code))
        mr_pattern_add(m, m->now[i] + 1, false, at == end);
    }
    if (!m->next_count)
      return false;
  }
  for (uint32_t i = 0; i < m->now_count; i++)
    if (m->code[m->now[i]].op == MR_PATTERN_MATCH)
      return true;
  return false;
}

int mr_pattern_run(const mr_buf *code, const mr_buf *ranges, mr_slice text, mr_buf *scratch,
                   bool *matched) {
  mr_pattern_machine m;
  size_t n = code->len / sizeof(mr_pattern_step);
  *matched = true;
  mr_buf_reset(scratch);
  /* mark, now, next: n each; the stack: at most two pushes for each step, and the first */
  uint32_t *memory = (uint32_t *)(void *)mr_buf_reserve(scratch, (n * 5 + 4) * sizeof(uint32_t));
  if (!memory)
    return MR_ERR_MEMORY;
  memset(memory, 0, n * sizeof(uint32_t));
  m.code = (const mr_pattern_step *)(const void *)code->ptr;
  m.ranges = (const mr_pattern_range *)(const void *)(ranges->ptr ? ranges->ptr : "");
  m.mark = memory;
  m.now = memory + n;
  m.next = memory + n * 2;
  m.stack = memory + n * 3;
  m.now_count = m.next_count = 0;
  *matched = run(&m, text);
  return MR_OK;
}

int mr_pattern_match(mr_slice pattern, mr_slice text, mr_buf *scratch, bool *matched) {
  int status;
  mr_buf code, ranges;
  *matched = true;
  mr_buf_init(&code, scratch->alloc);
  mr_buf_init(&ranges, scratch->alloc);
  status = mr_pattern_compile(pattern, &code, &ranges);
  if (status == MR_OK)
    status = mr_pattern_run(&code, &ranges, text, scratch, matched);
  mr_buf_clear(&code);
  mr_buf_clear(&ranges);
  return status;
}
