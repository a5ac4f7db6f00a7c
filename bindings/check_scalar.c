/* SPDX-License-Identifier: MIT
 *
 * check_scalar.c -- the constraints on single values, in our words or in AWS's.
 * A value is quoted only if its shape is not sensitive, and cut short when it is long. */
#include <math.h>

#include "bindings/check.h"
#include "bindings/pattern.h"
#include "bindings/pattern_code.h"
#include "bindings/suggest.h"
#include "bindings/text.h"

enum { QUOTED_MAX = 80, LISTED_MAX = 400 };

static void put_cut(mr_buf *out, mr_slice text) {
  size_t n = text.len;
  if (n > QUOTED_MAX) {
    n = QUOTED_MAX;
    while (n > 0 && ((unsigned char)text.ptr[n] & 0xc0) == 0x80)
      n--;
  }
  for (size_t i = 0; i < n; i++)
    mr_buf_putc(out, (unsigned char)text.ptr[i] < 0x20 ? ' ' : text.ptr[i]);
  if (n < text.len)
    mr_buf_puts(out, "...");
}

static bool is_hidden(const mr_check *c, const mr_shape *shape) {
  return c->is_secret || (shape->flags & MR_SHAPE_SENSITIVE);
}

/* "Value 'x' at 'path' failed to satisfy constraint: Member must " */
static void begin(mr_check *c, const mr_shape *shape, mr_slice text, const char *constraint) {
  mr_buf_reset(&c->message);
  if (!c->server)
    return;
  mr_buf_puts(&c->message, "Value ");
  if (!is_hidden(c, shape)) {
    mr_buf_putc(&c->message, '\'');
    put_cut(&c->message, text);
    mr_buf_puts(&c->message, "' ");
  }
  mr_buf_puts(&c->message, "at '");
  mr_buf_slice(&c->message, mr_buf_view(&c->path));
  mr_buf_puts(&c->message, "' failed to satisfy constraint: Member must ");
  mr_buf_puts(&c->message, constraint);
}

static const double *limits(const mr_check *c, const mr_shape *shape) {
  return shape->range ? &c->models->numbers[(shape->range - 1) * 2] : NULL;
}

static void put_limit(mr_buf *out, double number) {
  if (number == floor(number) && fabs(number) < 9e15)
    mr_text_integer(out, (int64_t)number);
  else
    mr_text_double(out, number);
}

static void put_range(mr_buf *out, const double *limit) {
  if (isfinite(limit[0]) && isfinite(limit[1])) {
    put_limit(out, limit[0]);
    if (limit[0] != limit[1]) {
      mr_buf_puts(out, " to ");
      put_limit(out, limit[1]);
    }
  } else {
    mr_buf_puts(out, isfinite(limit[0]) ? "at least " : "at most ");
    put_limit(out, isfinite(limit[0]) ? limit[0] : limit[1]);
  }
}

/* n: the length of what a refusal shows as `text`. */
static void check_length(mr_check *c, const mr_shape *shape, mr_slice text, size_t n,
                         const char *unit) {
  const double *limit = limits(c, shape);
  if (!limit || ((double)n >= limit[0] && (double)n <= limit[1]))
    return;
  bool low = (double)n < limit[0];
  begin(c, shape, text,
        low ? "have length greater than or equal to " : "have length less than or equal to ");
  if (c->server) {
    put_limit(&c->message, low ? limit[0] : limit[1]);
  } else {
    mr_buf_puts(&c->message, "must have ");
    put_range(&c->message, limit);
    mr_buf_printf(&c->message, " %s, has %zu", unit, n);
  }
  mr_check_problem(c, mr_slice_of(""));
}

void mr_check_size(mr_check *c, const mr_shape *shape, size_t n, const char *unit) {
  check_length(c, shape, mr_slice_of(""), n, unit);
}

void mr_check_number(mr_check *c, const mr_shape *shape, double number) {
  const double *limit = limits(c, shape);
  if (!limit || (number >= limit[0] && number <= limit[1]))
    return;
  bool low = !(number >= limit[0]);
  mr_buf_reset(&c->scratch);
  put_limit(&c->scratch, number);
  if (c->scratch.status != MR_OK)
    c->failed = MR_ERR_MEMORY;
  begin(c, shape, mr_buf_view(&c->scratch),
        low ? "have value greater than or equal to " : "have value less than or equal to ");
  if (c->server) {
    put_limit(&c->message, low ? limit[0] : limit[1]);
  } else {
    mr_buf_puts(&c->message, "must be ");
    put_range(&c->message, limit);
    mr_buf_puts(&c->message, ", is ");
    mr_buf_slice(&c->message, mr_buf_view(&c->scratch));
  }
  mr_check_problem(c, mr_slice_of(""));
}

static void check_enum(mr_check *c, const mr_shape *shape, mr_slice text) {
  for (uint32_t i = 0; i < shape->count; i++)
    if (mr_slice_equal(mr_text(c->models, c->models->words[shape->first + i]), text))
      return;
  begin(c, shape, text, "satisfy enum value set: [");
  if (!c->server && !c->is_secret) {
    mr_buf_putc(&c->message, '"');
    put_cut(&c->message, text);
    mr_buf_puts(&c->message, "\" ");
  }
  if (!c->server)
    mr_buf_puts(&c->message, "is not one of ");
  for (uint32_t i = 0; i < shape->count; i++) {
    if (i)
      mr_buf_puts(&c->message, ", ");
    if (!c->server && c->message.len > LISTED_MAX) {
      mr_buf_puts(&c->message, "...");
      break;
    }
    mr_buf_slice(&c->message, mr_text(c->models, c->models->words[shape->first + i]));
  }
  if (c->server)
    mr_buf_putc(&c->message, ']');
  mr_check_problem(c, c->is_secret
                          ? mr_slice_of("")
                          : mr_word_suggest(c->models, shape->first, shape->count, text));
}

enum { KEEP_TEXT = 512 };

static bool matches(mr_check *c, const mr_shape *shape, mr_slice text) {
  mr_check_program *p = NULL;
  uint32_t pattern = shape->pattern;
  bool matched = true;
  for (size_t i = 0; i < MR_CHECK_PROGRAMS && !p; i++)
    if (c->programs[i].pattern == pattern)
      p = &c->programs[i];
  if (!p) {
    p = &c->programs[c->next_program++ % MR_CHECK_PROGRAMS];
    mr_buf_reset(&p->code);
    mr_buf_reset(&p->ranges);
    mr_buf_reset(&p->good);
    p->pattern = pattern;
    p->status = mr_pattern_compile(mr_text(c->models, pattern), &p->code, &p->ranges);
    if (p->status == MR_ERR_MEMORY)
      p->pattern = 0;
  }
  if (text.len > 0 && mr_slice_equal(text, mr_buf_view(&p->good)))
    return true;
  int status = p->status;
  if (status == MR_OK)
    status = mr_pattern_run(&p->code, &p->ranges, text, &c->pattern, &matched);
  if (status == MR_ERR_MEMORY)
    c->failed = MR_ERR_MEMORY;
  if (status == MR_OK && matched && text.len <= KEEP_TEXT && !is_hidden(c, shape)) {
    mr_buf_reset(&p->good);
    mr_buf_slice(&p->good, text);
    if (p->good.status < 0)
      c->failed = MR_ERR_MEMORY;
  }
  return matched;
}

void mr_check_text(mr_check *c, const mr_shape *shape, mr_slice text) {
  size_t bad = 0;
  if (!mr_utf8_valid(text, &bad)) {
    mr_buf_reset(&c->message);
    mr_buf_printf(&c->message, "is no UTF-8 (byte %zu)", bad + 1);
    mr_check_problem(c, mr_slice_of(""));
    return;
  }
  if (limits(c, shape)) /* to count the characters takes a walk */
    check_length(c, shape, text, mr_utf8_count(text), "characters");
  if (shape->pattern) {
    mr_slice pattern = mr_text(c->models, shape->pattern);
    if (!matches(c, shape, text)) {
      begin(c, shape, text, "satisfy regular expression pattern: ");
      if (!c->server) {
        if (!is_hidden(c, shape)) {
          mr_buf_putc(&c->message, '"');
          put_cut(&c->message, text);
          mr_buf_puts(&c->message, "\" ");
        }
        mr_buf_puts(&c->message, "must match the pattern ");
      }
      mr_buf_slice(&c->message, pattern);
      mr_check_problem(c, mr_slice_of(""));
    }
  }
  if (shape->count)
    check_enum(c, shape, text);
}
