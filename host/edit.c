/* SPDX-License-Identifier: MIT
 *
 * edit.c -- libedit one key at a time, or plain lines.
 * libedit's unbuffered mode does one command a call, so the loop turns between two keys.  A
 * lone Escape would make it wait for the rest of a sequence: the reader gives up on that soon.
 * libedit reads characters by the locale, so a UTF-8 one is in force during its calls; that of
 * the process stays as it is. */
#define _GNU_SOURCE
#include "host/edit.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "host/dynamic.h"
#include "host/sys.h"

#define LIBRARY "libedit.so.2"

enum { CONTROL_D = 4, ESCAPE = 27, ESCAPE_MS = 50, REMEMBERED = 2000 };
enum { HISTORY_MAX = 1 << 20, HISTORY_KEPT = 1 << 18 }; /* bytes of the file */

#define EDIT_FUNCTIONS(F)                                                                          \
  F(el_init) F(el_end) F(el_set) F(el_get) F(el_gets) F(el_line) F(el_insertstr) F(el_deletestr)   \
  F(el_cursor) F(history_init) F(history_end) F(history)

typedef struct functions {
#define MEMBER(name) __typeof__(name) *name;
  EDIT_FUNCTIONS(MEMBER)
#undef MEMBER
} functions;

struct mr_edit {
  mr_alloc *alloc;
  FILE *out;
  int in_fd;
  bool shows_prompt;
  functions lib;
  EditLine *line; /* NULL: plain lines */
  History *history;
  locale_t utf8;
  mr_edit_lines plain; /* without an editor; with one, what was typed before it could be told */
  mr_buf prompt, text;
  size_t cursor;
  bool open, ended, first_key, is_escape, is_suspended;
  mr_edit_event event;
  int error;
  int keep_fd; /* the history file; -1 none */
};

static void put_out(mr_edit *e, const char *text) {
  mr_slice part = mr_slice_of(text);
  fflush(e->out);
  mr_sys_write(fileno(e->out), &part, 1);
}

/* ---- what libedit calls ---- */

/* libedit hands over itself alone, and el_get is a function that was loaded: it is looked up
 * once more, since nothing may be kept outside the struct. */
static mr_edit *owner(EditLine *line) {
  static const char *const name = "el_get";
  const char *why;
  void *e = NULL;
  __typeof__(el_get) *get;
  if (mr_dynamic_load(LIBRARY, &name, 1, &get, &why) == MR_OK)
    get(line, EL_CLIENTDATA, &e);
  return e;
}

static char *show_prompt(EditLine *line) {
  mr_edit *e = owner(line);
  return e ? e->prompt.ptr : NULL;
}

/* Waits for a byte; not for long when it may be the rest of a key.  A signal ends it too. */
static bool read_byte(mr_edit *e, char *to) {
  struct pollfd in = {e->in_fd, POLLIN, 0};
  if (mr_edit_lines_byte(&e->plain, to))
    return true;
  if (poll(&in, 1, e->is_escape ? ESCAPE_MS : -1) <= 0)
    return false;
  ssize_t n = read(e->in_fd, to, 1);
  if (n == 0)
    e->ended = true;
  return n == 1;
}

static int read_char(EditLine *line, wchar_t *to) {
  mr_edit *e = owner(line);
  mbstate_t state;
  char byte;
  memset(&state, 0, sizeof state);
  while (e && read_byte(e, &byte)) {
    size_t n = mbrtowc(to, &byte, 1, &state);
    if (n == (size_t)-1) { /* no UTF-8: what there is of it is left out */
      memset(&state, 0, sizeof state);
      continue;
    }
    if (e->first_key)
      e->is_escape = byte == ESCAPE;
    e->first_key = false;
    if (n != (size_t)-2)
      return 1;
  }
  return 0;
}

static unsigned char on_interrupt(EditLine *line, int key) {
  mr_edit *e = owner(line);
  MR_UNUSED(key);
  if (e)
    e->event = MR_EDIT_INTERRUPT;
  return CC_NORM;
}

static unsigned char on_suspend(EditLine *line, int key) {
  mr_edit *e = owner(line);
  MR_UNUSED(key);
  if (e)
    e->is_suspended = true;
  return CC_NORM;
}

static unsigned char on_tab(EditLine *line, int key) {
  mr_edit *e = owner(line);
  MR_UNUSED(key);
  if (e)
    e->event = MR_EDIT_COMPLETE;
  return CC_NORM;
}

/* ---- making one ---- */

static bool open_editor(mr_edit *e, FILE *in, FILE *out, const char *term) {
  const functions *f = &e->lib;
  e->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  if (!e->utf8)
    return false;
  locale_t before = uselocale(e->utf8);
  e->line = f->el_init("moonrock", in, out, out);
  if (e->line) {
    f->el_set(e->line, EL_CLIENTDATA, e);
    f->el_set(e->line, EL_TERMINAL, term);
    f->el_set(e->line, EL_EDITOR, "emacs");
    f->el_set(e->line, EL_PROMPT, show_prompt);
    f->el_set(e->line, EL_GETCFN, read_char);
    f->el_set(e->line, EL_ADDFN, "moonrock-stop", "leaves the line", on_interrupt);
    f->el_set(e->line, EL_ADDFN, "moonrock-suspend", "stops the program", on_suspend);
    f->el_set(e->line, EL_ADDFN, "moonrock-complete", "completes the name", on_tab);
    /* at the prompt Ctrl-C is a key, so that a signal still means the program; so is ^Z then */
    f->el_set(e->line, EL_SETTY, "-d", "-isig", (char *)NULL);
    f->el_set(e->line, EL_BIND, "^C", "moonrock-stop", (char *)NULL);
    f->el_set(e->line, EL_BIND, "^Z", "moonrock-suspend", (char *)NULL);
    f->el_set(e->line, EL_BIND, "^I", "moonrock-complete", (char *)NULL);
    f->el_set(e->line, EL_BIND, "^R", "em-inc-search-prev", (char *)NULL);
    e->history = f->history_init();
  }
  if (e->history) {
    HistEvent event;
    f->history(e->history, &event, H_SETSIZE, REMEMBERED);
    f->history(e->history, &event, H_SETUNIQUE, 1);
    f->el_set(e->line, EL_HIST, f->history, e->history);
  }
  uselocale(before);
  return e->line && e->history;
}

static void close_editor(mr_edit *e) {
  if (e->line)
    e->lib.el_end(e->line);
  if (e->history)
    e->lib.history_end(e->history);
  if (e->utf8)
    freelocale(e->utf8);
  e->line = NULL;
  e->history = NULL;
  e->utf8 = (locale_t)0;
}

mr_edit *mr_edit_new(mr_alloc *alloc, FILE *in, FILE *out, const char *term) {
#define NAME(name) #name,
  static const char *const names[] = {EDIT_FUNCTIONS(NAME)};
#undef NAME
  const char *why;
  mr_edit *e = mr_alloc_get(alloc, sizeof *e);
  if (!e)
    return NULL;
  memset(e, 0, sizeof *e);
  e->alloc = alloc;
  e->out = out;
  e->in_fd = fileno(in);
  e->keep_fd = -1;
  mr_buf_init(&e->prompt, alloc);
  mr_buf_init(&e->text, alloc);
  mr_edit_lines_init(&e->plain, alloc, e->in_fd);
  e->shows_prompt = mr_sys_is_terminal(e->in_fd) && mr_sys_is_terminal(fileno(out));
  if (e->shows_prompt && term && *term && strcmp(term, "dumb") != 0 &&
      mr_dynamic_load(LIBRARY, names, MR_COUNT(names), &e->lib, &why) == MR_OK &&
      !open_editor(e, in, out, term))
    close_editor(e);
  return e;
}

void mr_edit_free(mr_edit *e) {
  if (!e)
    return;
  mr_edit_abandon(e);
  close_editor(e);
  mr_sys_close(e->keep_fd);
  mr_buf_clear(&e->prompt);
  mr_buf_clear(&e->text);
  mr_edit_lines_clear(&e->plain);
  mr_alloc_put(e->alloc, e, sizeof *e);
}

int mr_edit_fd(const mr_edit *e) {
  return e->in_fd;
}

bool mr_edit_editing(const mr_edit *e) {
  return e->line != NULL;
}

bool mr_edit_shows_prompt(const mr_edit *e) {
  return e->shows_prompt;
}

/* ---- a line ---- */

static void unbuffered(mr_edit *e, int on) {
  locale_t before = uselocale(e->utf8);
  e->lib.el_set(e->line, EL_UNBUFFERED, on);
  uselocale(before);
}

int mr_edit_begin(mr_edit *e, const char *prompt) {
  mr_buf_reset(&e->prompt);
  mr_buf_puts(&e->prompt, prompt);
  mr_buf_text(&e->prompt);
  if (e->prompt.status < 0)
    return MR_ERR_MEMORY;
  mr_buf_reset(&e->text);
  e->cursor = 0;
  e->open = true;
  if (e->line) {
    unbuffered(e, 1);
  } else if (e->shows_prompt) {
    put_out(e, prompt);
  }
  return MR_OK;
}

static void leave(mr_edit *e) {
  if (e->open && e->line)
    unbuffered(e, 0);
  e->open = false;
}

void mr_edit_abandon(mr_edit *e) {
  if (e->open && e->shows_prompt)
    put_out(e, "\n");
  leave(e);
  if (!e->line)
    mr_edit_lines_reset(&e->plain);
}

static mr_edit_event fail(mr_edit *e, int error) {
  e->error = error;
  return MR_EDIT_FAILED;
}

/* Copies what stands in libedit's line. */
static void copy_line(mr_edit *e) {
  const LineInfo *info = e->lib.el_line(e->line);
  mr_buf_reset(&e->text);
  mr_buf_put(&e->text, info->buffer, (size_t)(info->lastchar - info->buffer));
  e->cursor = (size_t)(info->cursor - info->buffer);
}

/* What the terminal does by itself where ^Z is no key; afterwards the line is as it was. */
static void suspend(mr_edit *e) {
  int behind = 0; /* characters */
  copy_line(e);
  for (size_t i = e->cursor; i < e->text.len; i++)
    behind += ((unsigned char)e->text.ptr[i] & 0xc0) != 0x80;
  put_out(e, "^Z");
  e->lib.el_set(e->line, EL_UNBUFFERED, 0);
  kill(0, SIGTSTP);
  e->lib.el_set(e->line, EL_UNBUFFERED, 1);
  e->lib.el_insertstr(e->line, mr_buf_text(&e->text));
  e->lib.el_cursor(e->line, -behind);
  e->lib.el_set(e->line, EL_REFRESH);
}

static mr_edit_event feed_editor(mr_edit *e) {
  int count = 0;
  e->event = MR_EDIT_MORE;
  e->is_suspended = false;
  e->first_key = true;
  e->is_escape = false;
  locale_t before = uselocale(e->utf8);
  const char *got = e->lib.el_gets(e->line, &count);
  bool done = got && count > 0 && got[count - 1] == '\n';
  if (done) {
    mr_buf_reset(&e->text);
    mr_buf_put(&e->text, got, (size_t)count - 1);
    e->event = MR_EDIT_LINE;
  } else if (e->ended || (got && count == 1 && got[0] == CONTROL_D)) {
    e->event = MR_EDIT_END;
  } else {
    if (e->is_suspended)
      suspend(e);
    copy_line(e);
  }
  uselocale(before);
  if (e->text.status < 0) {
    mr_edit_abandon(e);
    return fail(e, ENOMEM);
  }
  if (e->event == MR_EDIT_LINE)
    leave(e);
  else if (e->event == MR_EDIT_INTERRUPT || e->event == MR_EDIT_END) {
    put_out(e, e->event == MR_EDIT_END ? "" : "^C");
    mr_edit_abandon(e);
  }
  return e->event;
}

static mr_edit_event feed_plain(mr_edit *e) {
  int status = mr_edit_lines_take(&e->plain, &e->text);
  if (status < 0)
    return fail(e, e->plain.error);
  if (status == 0 && !e->plain.ended)
    return MR_EDIT_MORE;
  if (status == 0)
    mr_edit_abandon(e);
  e->open = false;
  return status ? MR_EDIT_LINE : MR_EDIT_END;
}

mr_edit_event mr_edit_feed(mr_edit *e) {
  return e->line ? feed_editor(e) : feed_plain(e);
}

bool mr_edit_pending(const mr_edit *e) {
  struct pollfd in = {e->in_fd, POLLIN, 0};
  if (e->line ? e->plain.input.len > 0 : mr_edit_lines_ready(&e->plain))
    return true;
  return poll(&in, 1, 0) > 0;
}

mr_edit_lines *mr_edit_typed(mr_edit *e) {
  return &e->plain;
}

int mr_edit_error(const mr_edit *e) {
  return e->error;
}

mr_slice mr_edit_text(const mr_edit *e, size_t *cursor) {
  *cursor = e->cursor;
  return mr_buf_view(&e->text);
}

void mr_edit_replace(mr_edit *e, int count, const char *text) {
  if (!e->line || !e->open)
    return;
  locale_t before = uselocale(e->utf8);
  if (count > 0)
    e->lib.el_deletestr(e->line, count);
  e->lib.el_insertstr(e->line, text);
  e->lib.el_set(e->line, EL_REFRESH);
  uselocale(before);
}

void mr_edit_show(mr_edit *e, const char *text) {
  if (!e->line || !e->open)
    return;
  put_out(e, "\n");
  put_out(e, text);
  put_out(e, "\n");
  locale_t before = uselocale(e->utf8);
  e->lib.el_set(e->line, EL_REFRESH);
  uselocale(before);
}

/* ---- history ---- */

static void enter(mr_edit *e, const char *text) {
  HistEvent event;
  if (!e->line || !*text)
    return;
  locale_t before = uselocale(e->utf8);
  e->lib.history(e->history, &event, H_ENTER, text);
  uselocale(before);
}

/* The file's last lines, into `text`.  What has grown too long is cut down to them. */
static int load(mr_edit *e, mr_buf *text) {
  off_t size = lseek(e->keep_fd, 0, SEEK_END);
  off_t from = size > HISTORY_KEPT ? size - HISTORY_KEPT : 0;
  size_t want = size > 0 ? (size_t)(size - from) : 0, got = 0;
  if (size < 0)
    return errno;
  char *to = mr_buf_reserve(text, want + 1);
  if (!to)
    return ENOMEM;
  int error = mr_sys_pread(e->keep_fd, to, want, from, &got);
  text->len = got;
  if (error || size <= HISTORY_MAX)
    return error;
  mr_slice part = mr_buf_view(text);
  return ftruncate(e->keep_fd, 0) < 0 ? errno : mr_sys_write(e->keep_fd, &part, 1);
}

int mr_edit_history(mr_edit *e, const char *path) {
  mr_buf text;
  if (!e->line)
    return 0;
  mr_sys_close(e->keep_fd);
  e->keep_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
  if (e->keep_fd < 0)
    return errno;
  mr_buf_init(&text, e->alloc);
  int error = load(e, &text);
  const char *at = mr_buf_text(&text);
  for (const char *end; !error && (end = strchr(at, '\n')) != NULL; at = end + 1) {
    mr_buf_reset(&e->text);
    mr_buf_put(&e->text, at, (size_t)(end - at));
    enter(e, mr_buf_text(&e->text));
  }
  mr_buf_clear(&text);
  return error;
}

int mr_edit_remember(mr_edit *e, const char *line) {
  mr_slice parts[2] = {mr_slice_of(line), mr_slice_of("\n")};
  enter(e, line);
  return e->keep_fd < 0 || !*line ? 0 : mr_sys_write(e->keep_fd, parts, 2);
}
