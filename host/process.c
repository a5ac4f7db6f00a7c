/* SPDX-License-Identifier: MIT
 *
 * process.c -- posix_spawn, two pipes and a deadline.
 * The child's end is looked for between reads, so a grandchild that keeps the pipes open
 * cannot hold us; a child is signalled only while it has not been waited for, so its number
 * is still its own.  What it has started goes with it, except where it shares our terminal: a
 * group of its own could not read there. */
#define _GNU_SOURCE
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum {
  MAX_COMPLAINT = 8192, /* bytes */
  FIRST_LOOK_MS = 2,    /* between looks whether the child has ended; doubled each time */
  LAST_LOOK_MS = 50
};

typedef struct pipes {
  int out[2], err[2]; /* read end, write end; -1 when closed */
} pipes;

static void close_end(int *fd) {
  if (*fd >= 0)
    close(*fd);
  *fd = -1;
}

static void close_all(pipes *p) {
  close_end(&p->out[0]);
  close_end(&p->out[1]);
  close_end(&p->err[0]);
  close_end(&p->err[1]);
}

/* Our ends do not block: a child that writes slowly must not hold the deadline. */
static int open_pipes(pipes *p) {
  if (pipe2(p->out, O_CLOEXEC) < 0)
    return errno;
  if (pipe2(p->err, O_CLOEXEC) < 0)
    return errno;
  if (fcntl(p->out[0], F_SETFL, O_NONBLOCK) < 0 || fcntl(p->err[0], F_SETFL, O_NONBLOCK) < 0)
    return errno;
  return 0;
}

/* Standard input, output and error of the child; nothing else is open there. */
static int add_actions(posix_spawn_file_actions_t *actions, const pipes *p, bool has_terminal) {
  int error = 0;
  if (!has_terminal)
    error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (!error)
    error = posix_spawn_file_actions_adddup2(actions, p->out[1], STDOUT_FILENO);
  if (!error)
    error = posix_spawn_file_actions_adddup2(actions, p->err[1], STDERR_FILENO);
  return error;
}

/* Signals are as a shell leaves them: nothing blocked, SIGPIPE and SIGCHLD not ignored. */
static int add_signals(posix_spawnattr_t *attributes, bool own_group) {
  sigset_t none, usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  sigaddset(&usual, SIGCHLD);
  int error = posix_spawnattr_setsigmask(attributes, &none);
  if (!error)
    error = posix_spawnattr_setsigdefault(attributes, &usual);
  if (!error)
    error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                     (own_group ? POSIX_SPAWN_SETPGROUP : 0));
  return error;
}

static int spawn(const mr_process_spec *spec, const pipes *p, bool has_terminal, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int error = posix_spawn_file_actions_init(&actions);
  if (error)
    return error;
  error = posix_spawnattr_init(&attributes);
  if (error) {
    posix_spawn_file_actions_destroy(&actions);
    return error;
  }
  error = add_actions(&actions, p, has_terminal);
  if (!error)
    error = add_signals(&attributes, !has_terminal);
  if (!error) /* the list of words is const, as the function's type is older than const */
    error = posix_spawnp(pid, spec->argv[0], &actions, &attributes, (char *const *)(uintptr_t)spec->argv, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads what is there, keeps at most `max` bytes of it and closes at the end.  False when
 * there was more than that. */
static bool drain(int *fd, mr_buf *out, size_t max) {
  char piece[4096];
  bool fits = true;
  while (*fd >= 0 && fits) {
    ssize_t n = read(*fd, piece, sizeof piece);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      break;
    if (n <= 0) {
      close_end(fd);
      break;
    }
    size_t room = out->len < max ? max - out->len : 0;
    mr_buf_put(out, piece, (size_t)n < room ? (size_t)n : room);
    fits = (size_t)n <= room;
  }
  mr_wipe(piece, sizeof piece);
  return fits;
}

/* `*lost`: somebody else took its status (a handler that waits for all children), or nobody was to
 * have it (SIGCHLD is ignored); it is gone. */
static bool has_ended(pid_t pid, int options, int *status, bool *lost) {
  pid_t got;
  do {
    got = waitpid(pid, status, options);
  } while (got < 0 && errno == EINTR);
  *lost = got < 0;
  return got == pid || got < 0;
}

/* Until the child has ended: by itself, or killed for its length or its time.  `victim` is it, or
 * its group. */
static int attend(pid_t pid, pid_t victim, const mr_process_spec *spec, pipes *p, mr_buf *said,
                  mr_buf *complained, mr_process_end *end) {
  int64_t deadline = spec->timeout_ms > 0 ? now_ms() + spec->timeout_ms : INT64_MAX;
  int status = 0, look = FIRST_LOOK_MS;
  bool lost = false;
  for (;;) {
    end->too_long = !drain(&p->out[0], said, spec->max_output);
    drain(&p->err[0], complained, MAX_COMPLAINT);
    if (!end->too_long && has_ended(pid, WNOHANG, &status, &lost))
      break;
    int64_t left = deadline - now_ms();
    end->timed_out = left <= 0;
    if (end->too_long || end->timed_out || (spec->stop && atomic_load(spec->stop))) {
      kill(victim, SIGKILL);
      has_ended(pid, 0, &status, &lost);
      break;
    }
    struct pollfd polled[2] = {{p->out[0], POLLIN, 0}, {p->err[0], POLLIN, 0}};
    if (poll(polled, 2, left < look ? (int)left : look) == 0)
      look = look * 2 < LAST_LOOK_MS ? look * 2 : LAST_LOOK_MS;
  }
  if (!end->too_long)
    end->too_long = !drain(&p->out[0], said, spec->max_output);
  drain(&p->err[0], complained, MAX_COMPLAINT);
  end->code = !lost && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (said->status < 0 || complained->status < 0)
    return ENOMEM;
  return lost && !end->too_long && !end->timed_out ? ECHILD : 0;
}

int mr_process_run(const mr_process_spec *spec, mr_buf *said, mr_buf *complained, mr_process_end *end) {
  pipes p = {{-1, -1}, {-1, -1}};
  pid_t pid = 0;
  bool has_terminal = isatty(STDIN_FILENO);
  memset(end, 0, sizeof *end);
  int error = open_pipes(&p);
  if (error)
    goto done;
  error = spawn(spec, &p, has_terminal, &pid);
  if (error)
    goto done;
  close_end(&p.out[1]);
  close_end(&p.err[1]);
  error = attend(pid, has_terminal ? pid : -pid, spec, &p, said, complained, end);
done:
  close_all(&p);
  return error;
}
