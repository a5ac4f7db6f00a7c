/* SPDX-License-Identifier: MIT
 *
 * edit_test.c -- lines from a pipe, and from a terminal that the test holds the other end of. */
#define _GNU_SOURCE
#include "host/edit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tests/support/support.h"

typedef struct terminal {
  int master;
  FILE *slave;
  mr_edit *edit;
} terminal;

static terminal open_terminal(const char *term) {
  struct winsize size = {24, 80, 0, 0};
  terminal t;
  t.master = posix_openpt(O_RDWR | O_NOCTTY);
  if (t.master < 0 || grantpt(t.master) != 0 || unlockpt(t.master) != 0) {
    print_message("no pseudo-terminal is to be had here: is /dev/pts mounted?\n");
    skip();
  }
  ioctl(t.master, TIOCSWINSZ, &size);
  t.slave = fopen(ptsname(t.master), "r+");
  assert_non_null(t.slave);
  t.edit = mr_edit_new(NULL, t.slave, t.slave, term);
  assert_non_null(t.edit);
  return t;
}

static void close_terminal(terminal *t) {
  mr_edit_free(t->edit);
  fclose(t->slave);
  close(t->master);
}

static void type(const terminal *t, const char *keys) {
  assert_int_equal(write(t->master, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* Feeds what was typed until something happens. */
static mr_edit_event next_event(const terminal *t) {
  mr_edit_event event = MR_EDIT_MORE;
  for (int i = 0; i < 1000 && event == MR_EDIT_MORE; i++) {
    struct pollfd in = {mr_edit_fd(t->edit), POLLIN, 0};
    if (!mr_edit_pending(t->edit) && poll(&in, 1, 2000) <= 0)
      return MR_EDIT_MORE;
    event = mr_edit_feed(t->edit);
  }
  return event;
}

static void expect_line(const terminal *t, const char *want) {
  size_t cursor;
  assert_int_equal(next_event(t), MR_EDIT_LINE);
  mr_slice text = mr_edit_text(t->edit, &cursor);
  assert_int_equal(text.len, strlen(want));
  assert_memory_equal(text.ptr, want, text.len);
}

static tcflag_t local_flags(const terminal *t) {
  struct termios now;
  assert_int_equal(tcgetattr(fileno(t->slave), &now), 0);
  return now.c_lflag & (ICANON | ECHO | ISIG);
}

static void a_pipe_gives_lines(void **state) {
  int ends[2];
  char text[8192];
  size_t cursor;
  (void)state;
  memset(text, 'x', sizeof text);
  memcpy(text, "one\r\n\ntwo\n", 10);
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], text, sizeof text), (ssize_t)sizeof text);
  close(ends[1]);
  FILE *in = fdopen(ends[0], "r"), *out = fopen("/dev/null", "w");
  mr_edit *e = mr_edit_new(NULL, in, out, "xterm");
  terminal t = {-1, in, e};
  assert_false(mr_edit_editing(e) || mr_edit_shows_prompt(e));
  const char *const want[] = {"one", "", "two"};
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(mr_edit_begin(e, "> "), MR_OK);
    expect_line(&t, want[i]);
  }
  mr_edit_begin(e, "> "); /* the last has no end of its own */
  assert_int_equal(next_event(&t), MR_EDIT_LINE);
  assert_int_equal(mr_edit_text(e, &cursor).len, sizeof text - 10);
  mr_edit_begin(e, "> ");
  assert_int_equal(next_event(&t), MR_EDIT_END);
  mr_edit_free(e);
  fclose(in);
  fclose(out);
}

static void keys_edit_the_line(void **state) {
  terminal t = open_terminal("xterm");
  tcflag_t before = local_flags(&t);
  (void)state;
  assert_true(mr_edit_editing(t.edit));
  mr_edit_begin(t.edit, "> ");
  assert_int_equal(local_flags(&t) & (ICANON | ECHO), 0);
  type(&t, "ac\033[Db\r"); /* left, then b between the two */
  expect_line(&t, "abc");
  assert_int_equal(local_flags(&t), before); /* between two lines it is an ordinary terminal */
  mr_edit_begin(t.edit, "> ");
  type(&t, "caf\303\251 \377x\177y\r"); /* a character of two bytes, a byte that is none, Delete */
  expect_line(&t, "caf\303\251 y");
  close_terminal(&t);
}

static void control_keys_are_events(void **state) {
  terminal t = open_terminal("xterm");
  size_t cursor;
  (void)state;
  mr_edit_begin(t.edit, "> ");
  type(&t, "half\003");
  assert_int_equal(next_event(&t), MR_EDIT_INTERRUPT);
  mr_edit_begin(t.edit, "> "); /* nothing of it is left */
  type(&t, "s3:pu\t");
  assert_int_equal(next_event(&t), MR_EDIT_COMPLETE);
  assert_int_equal(mr_edit_text(t.edit, &cursor).len, 5);
  assert_int_equal(cursor, 5);
  mr_edit_show(t.edit, "put_object");
  mr_edit_replace(t.edit, 2, "put_object");
  type(&t, "{}\r");
  expect_line(&t, "s3:put_object{}");
  mr_edit_begin(t.edit, "> ");
  type(&t, "\004");
  assert_int_equal(next_event(&t), MR_EDIT_END);
  close_terminal(&t);
}

/* A job of its own at the terminal, which reads a line. */
static int read_as_job(const char *name) {
  signal(SIGTTOU, SIG_IGN);
  terminal t = {-1, fopen(name, "r+"), NULL};
  setpgid(0, 0);
  tcsetpgrp(fileno(t.slave), getpid());
  t.edit = mr_edit_new(NULL, t.slave, t.slave, "xterm");
  mr_edit_begin(t.edit, "job> ");
  mr_edit_event event = next_event(&t);
  size_t cursor;
  mr_slice text = mr_edit_text(t.edit, &cursor);
  bool good = event == MR_EDIT_LINE && mr_slice_is(text, "1\xc3\xa9-x\xc3\xa9y");
  mr_edit_free(t.edit);
  fclose(t.slave);
  return good ? 0 : 1;
}

static bool says(int master, const char *want) {
  char said[4096];
  size_t n = 0;
  struct pollfd in = {master, POLLIN, 0};
  while (n < sizeof said - 1 && poll(&in, 1, 5000) > 0) {
    ssize_t got = read(master, said + n, sizeof said - 1 - n);
    if (got <= 0)
      return false;
    n += (size_t)got;
    said[n] = 0;
    if (strstr(said, want))
      return true;
  }
  return false;
}

/* What a shell does: starts the job, sees that it was stopped, and lets it go on. */
static int be_shell(int master, const char *name) {
  struct termios now;
  int status;
  setsid();
  int slave = open(name, O_RDWR);
  pid_t job = fork();
  if (job == 0)
    _exit(read_as_job(name));
  static const char keys[] = "1\xc3\xa9x\xc3\xa9y\033[D\033[D\033[D\x1a";
  if (!says(master, "job> ") || write(master, keys, sizeof keys - 1) < 0 || !says(master, "^Z"))
    return 2;
  if (waitpid(job, &status, WUNTRACED) != job || !WIFSTOPPED(status))
    return 3;
  if (tcgetattr(slave, &now) < 0 || !(now.c_lflag & ISIG) || !(now.c_lflag & ICANON))
    return 4;
  kill(job, SIGCONT);
  if (!says(master, "job> ") || write(master, "-\n", 2) != 2 || waitpid(job, &status, 0) != job)
    return 5;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 6;
}

static void control_z_stops_the_program(void **state) {
  (void)state;
  int status;
  terminal t = open_terminal("xterm"); /* for a skip where there is none */
  const char *name = ptsname(t.master);
  mr_edit_free(t.edit);
  fclose(t.slave);
  pid_t shell = fork();
  if (shell == 0)
    _exit(be_shell(t.master, name));
  assert_int_equal(waitpid(shell, &status, 0), shell);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  close(t.master);
}

static void a_lone_escape_does_not_block(void **state) {
  terminal t = open_terminal("xterm");
  (void)state;
  mr_edit_begin(t.edit, "> ");
  type(&t, "\033");
  assert_int_equal(next_event(&t), MR_EDIT_MORE);
  type(&t, "x\r");
  expect_line(&t, "x");
  close_terminal(&t);
}

static void lines_are_remembered(void **state) {
  char path[] = "/tmp/edit_test_XXXXXX";
  char text[64] = "";
  struct stat facts;
  (void)state;
  close(mkstemp(path));
  unlink(path);
  terminal t = open_terminal("xterm");
  assert_int_equal(mr_edit_history(t.edit, path), 0);
  assert_int_equal(mr_edit_remember(t.edit, "first"), 0);
  assert_int_equal(mr_edit_remember(t.edit, "second"), 0);
  close_terminal(&t);
  assert_int_equal(stat(path, &facts), 0);
  assert_int_equal(facts.st_mode & 0777, 0600);
  t = open_terminal("xterm");
  assert_int_equal(mr_edit_history(t.edit, path), 0);
  mr_edit_begin(t.edit, "> ");
  type(&t, "\033[A\033[A\r"); /* up twice */
  expect_line(&t, "first");
  mr_edit_begin(t.edit, "> ");
  type(&t, "\022sec\033\r"); /* Ctrl-R looks for it */
  expect_line(&t, "second");
  assert_int_equal(mr_edit_history(t.edit, "/no/such/folder/history"), ENOENT);
  close_terminal(&t);
  FILE *file = fopen(path, "r");
  assert_int_equal(fread(text, 1, sizeof text - 1, file), 13);
  assert_string_equal(text, "first\nsecond\n");
  fclose(file);
  unlink(path);
}

static void a_long_history_is_cut(void **state) {
  char path[] = "/tmp/edit_test_XXXXXX";
  struct stat facts;
  (void)state;
  FILE *file = fdopen(mkstemp(path), "w");
  for (int i = 0; i < 40000; i++)
    fprintf(file, "this line has the number %d\n", i);
  fclose(file);
  terminal t = open_terminal("xterm");
  assert_int_equal(mr_edit_history(t.edit, path), 0);
  mr_edit_begin(t.edit, "> ");
  type(&t, "\033[A\r");
  expect_line(&t, "this line has the number 39999");
  close_terminal(&t);
  assert_int_equal(stat(path, &facts), 0);
  assert_true(facts.st_size > 1000 && facts.st_size <= 1 << 18);
  unlink(path);
}

static void a_dumb_terminal_gives_lines(void **state) {
  const char *const kinds[] = {"dumb", "", NULL};
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    terminal t = open_terminal(kinds[i]);
    assert_false(mr_edit_editing(t.edit));
    assert_true(mr_edit_shows_prompt(t.edit));
    mr_edit_begin(t.edit, "> ");
    type(&t, "plain\n");
    expect_line(&t, "plain");
    mr_edit_begin(t.edit, "> ");
    type(&t, "\004");
    assert_int_equal(next_event(&t), MR_EDIT_END);
    close_terminal(&t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_pipe_gives_lines),
      cmocka_unit_test(keys_edit_the_line),
      cmocka_unit_test(control_keys_are_events),
      cmocka_unit_test(control_z_stops_the_program),
      cmocka_unit_test(a_lone_escape_does_not_block),
      cmocka_unit_test(lines_are_remembered),
      cmocka_unit_test(a_long_history_is_cut),
      cmocka_unit_test(a_dumb_terminal_gives_lines),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
