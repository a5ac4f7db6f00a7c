/* SPDX-License-Identifier: MIT
 *
 * repl_test.c -- `moonrock repl` at a terminal, typed at and read as a person would. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/support.h"

enum { PATIENCE_MS = 20000 };

typedef struct session {
  int terminal;
  pid_t child;
  char seen[1 << 16]; /* since the last match */
  size_t len;
} session;

static void begin(session *s, const char *term, const char *option) {
  struct winsize size = {24, 100, 0, 0};
  memset(s, 0, sizeof *s);
  s->terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (s->terminal < 0 || grantpt(s->terminal) != 0 || unlockpt(s->terminal) != 0) {
    print_message("no pseudo-terminal is to be had here: is /dev/pts mounted?\n");
    skip();
  }
  ioctl(s->terminal, TIOCSWINSZ, &size);
  s->child = fork();
  assert_true(s->child >= 0);
  if (s->child == 0) {
    setsid();
    int fd = open(ptsname(s->terminal), O_RDWR);
    ioctl(fd, TIOCSCTTY, 0);
    for (int i = 0; i < 3; i++)
      dup2(fd, i);
    close(s->terminal);
    setenv("TERM", term, 1);
    execl(MR_PROGRAM, "moonrock", "repl", option, (char *)NULL);
    _exit(127);
  }
}

static void type(const session *s, const char *keys) {
  assert_int_equal(write(s->terminal, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* Reads until the text has come, and forgets it and what was before it. */
static void expect(session *s, const char *want) {
  for (;;) {
    s->seen[s->len] = '\0';
    char *found = strstr(s->seen, want);
    if (found) {
      found += strlen(want);
      s->len -= (size_t)(found - s->seen);
      memmove(s->seen, found, s->len);
      return;
    }
    struct pollfd in = {s->terminal, POLLIN, 0};
    ssize_t n = 0;
    if (s->len < sizeof s->seen - 1 && poll(&in, 1, PATIENCE_MS) > 0)
      n = read(s->terminal, s->seen + s->len, sizeof s->seen - 1 - s->len);
    if (n <= 0) {
      kill(s->child, SIGKILL);
      fail_msg("'%s' did not come; there was: %s", want, s->seen);
    }
    s->len += (size_t)n;
  }
}

/* The exit code of a program that leaves now. */
static int ended(session *s) {
  int status = 0;
  struct pollfd in = {s->terminal, POLLIN, 0};
  while (poll(&in, 1, PATIENCE_MS) > 0 && read(s->terminal, s->seen, sizeof s->seen) > 0) {
  }
  if (!(in.revents & POLLHUP)) { /* it is still there */
    kill(s->child, SIGKILL);
    fail_msg("it did not leave");
  }
  assert_int_equal(waitpid(s->child, &status, 0), s->child);
  close(s->terminal);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

/* Leaves from the next prompt. */
static int leave(session *s, const char *keys) {
  expect(s, "> ");
  type(s, keys);
  return ended(s);
}

static void values_are_printed(void **state) {
  session s;
  (void)state;
  begin(&s, "xterm", "--rehearse");
  expect(&s, "(a rehearsal");
  expect(&s, "> ");
  type(&s, "1 + 1\r");
  expect(&s, "\n2\r\n");
  type(&s, "= { b = 1, a = 'x' }, nil\r");
  expect(&s, "\n{ a = \"x\", b = 1 }\r\nnil\r\n");
  type(&s, "for i = 1, 2 do\r");
  expect(&s, ">> ");
  type(&s, "print('i is ' .. i)\r");
  expect(&s, ">> ");
  type(&s, "end\r");
  expect(&s, "\ni is 1\r\ni is 2\r\n");
  type(&s, "moonrock.client('s3'):create_bucket { Bucket = 'one' }\r");
  expect(&s, "Location = \"http://one.s3.amazonaws.com/\"");
  type(&s, ":help s3.upload_file\r");
  expect(&s, "function M.methods.upload_file");
  assert_int_equal(leave(&s, "\004"), 0);
}

static void names_are_completed(void **state) {
  session s;
  (void)state;
  begin(&s, "xterm", "--rehearse");
  expect(&s, "> ");
  type(&s, "s3 = moonrock.cli\t('s3')\r");
  expect(&s, "moonrock.client('s3')");
  expect(&s, "> ");
  type(&s, "s3.create_mul\t\r");
  expect(&s, "s3.create_multipart_upload");
  expect(&s, "<function>");
  type(&s, "s3:create_bucket { bucket\t = \"made\", aCL\t\"priv\t\" }\r");
  expect(&s, "{ Bucket");
  expect(&s, "ACL = ");
  expect(&s, "private");
  expect(&s, "Location");
  type(&s, "s3:head_\t\t");
  expect(&s, "head_bucket");
  expect(&s, "head_object");
  type(&s, "\003");
  expect(&s, "^C");
  assert_int_equal(leave(&s, "\004"), 0);
}

static void interrupts_stop_the_chunk_alone(void **state) {
  session s;
  (void)state;
  begin(&s, "xterm", NULL);
  expect(&s, "> ");
  type(&s, "moonrock.spawn(function() moonrock.sleep(0.3) print('from ' .. 'behind') end)\r");
  expect(&s, "from behind"); /* while the prompt waits */
  const char *const chunks[] = {
      "print('n' .. 'ow') while true do end", "print('n' .. 'ow') moonrock.sleep(1000)",
      "print('n' .. 'ow') pcall(function() while true do end end) moonrock.sleep(1000)",
      "moonrock.task.future():wait()"};
  for (size_t i = 0; i < 4; i++) {
    type(&s, chunks[i]);
    type(&s, "\r");
    if (i < 3) {
      expect(&s, "now\r\n");
      type(&s, "\003");
      expect(&s, "stopped");
    } else {
      expect(&s, "nothing is left that could end this wait");
    }
    type(&s, "'still ' .. 'here'\r");
    expect(&s, "still here");
  }
  expect(&s, "> ");
  type(&s, "'half a li\003");
  expect(&s, "^C");
  type(&s, "'whole'\r");
  expect(&s, "\"whole\"");
  type(&s, "error { code = 'Mine', message = 'x' }\r"); /* an error ends the chunk alone */
  expect(&s, "traceback:");
  expect(&s, "> ");
  type(&s, "'the prompt ' .. 'waits'\r");
  expect(&s, "the prompt waits");
  expect(&s, "> ");
  kill(s.child, SIGTERM); /* and a signal to the program is one */
  assert_int_equal(ended(&s), 130);
}

/* Whatever it is that runs, and whether the terminal edits lines or not. */
static void a_termination_ends_the_program(void **state) {
  enum { CHUNKS = 3 };
  const char *const kinds[] = {"xterm", "dumb"};
  const char *const chunks[CHUNKS] = {"", "print('n' .. 'ow') pcall(function() while true do end end) while true do end\r",
                                "print('n' .. 'ow') moonrock.sleep(1000)\r"};
  (void)state;
  for (size_t i = 0; i < 2 * CHUNKS; i++) {
    session s;
    begin(&s, kinds[i / CHUNKS], i % 2 ? "--rehearse" : NULL);
    expect(&s, "> ");
    type(&s, chunks[i % CHUNKS]);
    if (i % CHUNKS > 0)
      expect(&s, "now\r\n");
    kill(s.child, SIGTERM);
    assert_int_equal(ended(&s), 130);
  }
}

/* It never waits, so nobody else ever reads a key: Ctrl-C must reach it all the same. */
static void a_task_that_starves_the_prompt_can_be_stopped(void **state) {
  static const char *const chunks[] = {
      /* the prompt comes first, or is never shown; and a chunk that waits is not the one */
      "moonrock.spawn(function() for i = 1, 9 do moonrock.sleep(0) end print('n' .. 'ow') while true do end end)\r",
      "moonrock.spawn(function() print('n' .. 'ow') pcall(function() while true do end end) while true do end end)\r",
      "moonrock.spawn(function() print('n' .. 'ow') while true do end end) moonrock.sleep(1000)\r"};
  (void)state;
  for (size_t i = 0; i < 6; i++) {
    session s;
    begin(&s, i == 4 ? "dumb" : "xterm", i % 2 ? "--rehearse" : NULL);
    expect(&s, "> ");
    type(&s, chunks[i % 3]);
    expect(&s, "now\r\n");
    for (int press = 0; press < 3; press++) {
      type(&s, "\003");
      struct timespec pause = {0, 300000000};
      nanosleep(&pause, NULL);
    }
    type(&s, "'still ' .. 'here'\r");
    expect(&s, "still here");
    assert_int_equal(leave(&s, "\004"), 0);
  }
}

static void a_dumb_terminal_will_do(void **state) {
  const char *const kinds[] = {"dumb", "no-such-terminal"};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    session s;
    begin(&s, kinds[i], "--rehearse");
    expect(&s, "> ");
    type(&s, "6 * 7\r");
    expect(&s, "42\r\n");
    expect(&s, "> "); /* a terminal forgets what it has not shown when Ctrl-C comes */
    type(&s, "nonsense\003");
    expect(&s, "> ");
    type(&s, "print('n' .. 'ow') while true do end\r");
    expect(&s, "now\r\n");
    type(&s, "\003");
    expect(&s, "stopped");
    type(&s, "6 * 8\r");
    expect(&s, "48\r\n");
    assert_int_equal(leave(&s, "\004"), 0);
  }
}

static void history_lasts(void **state) {
  session s;
  (void)state;
  for (int i = 0; i < 2; i++) {
    begin(&s, "xterm", NULL);
    expect(&s, "> ");
    type(&s, i == 0 ? "'remem' .. 'bered'\r" : "\033[A\033[A\r"); /* the last was :quit */
    expect(&s, "\n\"remembered\"");
    assert_int_equal(leave(&s, ":quit\r"), 0);
  }
}

static void a_home_that_is_not_there_is_not_made(void **state) {
  session s;
  char home[64];
  snprintf(home, sizeof home, "%s/nobody", (char *)*state);
  setenv("HOME", home, 1);
  unsetenv("XDG_STATE_HOME");
  begin(&s, "xterm", NULL);
  assert_int_equal(leave(&s, ":quit\r"), 0);
  setenv("XDG_STATE_HOME", *state, 1);
  assert_int_not_equal(access(home, F_OK), 0);
}

/* The history of these tests is not the user's. */
static int use_folder(void **state) {
  char folder[] = "/tmp/repl_test_XXXXXX";
  if (!mkdtemp(folder))
    return -1;
  *state = strdup(folder);
  setenv("XDG_STATE_HOME", folder, 1);
  setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  return 0;
}

static int remove_folder(void **state) {
  char path[64];
  snprintf(path, sizeof path, "%s/moonrock/history", (char *)*state);
  unlink(path);
  snprintf(path, sizeof path, "%s/moonrock", (char *)*state);
  rmdir(path);
  rmdir(*state);
  free(*state);
  return 0;
}

int main(void) {
  alarm(100); /* a program that hangs is none that passes */
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_are_printed),
      cmocka_unit_test(names_are_completed),
      cmocka_unit_test(interrupts_stop_the_chunk_alone),
      cmocka_unit_test(a_termination_ends_the_program),
      cmocka_unit_test(a_task_that_starves_the_prompt_can_be_stopped),
      cmocka_unit_test(a_dumb_terminal_will_do),
      cmocka_unit_test(history_lasts),
      cmocka_unit_test(a_home_that_is_not_there_is_not_made),
  };
  return cmocka_run_group_tests(tests, use_folder, remove_folder);
}
