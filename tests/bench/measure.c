/* SPDX-License-Identifier: MIT
 *
 * measure.c -- runs two commands in turn and compares them:
 *   measure RUNS COMMAND... -- COMMAND...
 * Pairs A B A B share whatever else the machine does, so their medians compare fairly.
 * Prints wall time and peak memory; this program is small, because the peak of a child
 * begins with that of its parent. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_RUNS 1000

extern char **environ;

typedef struct side {
  char **argv;
  double ms[MOST_RUNS];
  double mib[MOST_RUNS];
} side;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* 0, or 1 after a message: a command that fails is not worth measuring. */
static int run_once(side *s, int run, posix_spawn_file_actions_t *silent) {
  pid_t pid;
  int status;
  struct rusage usage;
  double start = now_ms();
  int error = posix_spawnp(&pid, s->argv[0], silent, NULL, s->argv, environ);
  if (error) {
    fprintf(stderr, "measure: %s: %s\n", s->argv[0], strerror(error));
    return 1;
  }
  while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  s->ms[run] = now_ms() - start;
  s->mib[run] = (double)usage.ru_maxrss / 1024;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fprintf(stderr, "measure: %s failed (status %d); run it alone to see why\n", s->argv[0], status);
    return 1;
  }
  return 0;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(const double *values, int n) {
  double sorted[MOST_RUNS];
  memcpy(sorted, values, (size_t)n * sizeof *values);
  qsort(sorted, (size_t)n, sizeof *sorted, by_value);
  return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static void print_side(const side *s, int n) {
  printf("%9.2f ms %9.2f MiB  ", median(s->ms, n), median(s->mib, n));
  for (char **word = s->argv; *word; word++)
    printf(" %s", **word ? *word : "''");
  putchar('\n');
}

int main(int argc, char **argv) {
  static side a, b;
  int runs = argc > 1 ? atoi(argv[1]) : 0, split = 0;
  for (int i = 2; i < argc && !split; i++) {
    if (strcmp(argv[i], "--") == 0)
      split = i;
  }
  if (runs < 1 || runs > MOST_RUNS || split < 3 || split + 1 >= argc) {
    fprintf(stderr, "usage: measure RUNS COMMAND... -- COMMAND...   (RUNS up to %d)\n", MOST_RUNS);
    return 2;
  }
  argv[split] = NULL;
  a.argv = argv + 2;
  b.argv = argv + split + 1;
  posix_spawn_file_actions_t silent;
  posix_spawn_file_actions_init(&silent);
  posix_spawn_file_actions_addopen(&silent, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&silent, STDOUT_FILENO, STDERR_FILENO);
  for (int warm = 0; warm < 3; warm++) {
    if (run_once(&a, 0, &silent) || run_once(&b, 0, &silent))
      return 1;
  }
  for (int i = 0; i < runs; i++) {
    if (run_once(&a, i, &silent) || run_once(&b, i, &silent))
      return 1;
  }
  printf("medians of %d pairs:\n", runs);
  print_side(&a, runs);
  print_side(&b, runs);
  double ratios[MOST_RUNS];
  for (int i = 0; i < runs; i++)
    ratios[i] = a.ms[i] / b.ms[i];
  printf("%9.2f times %6.2f times   the first against the second (time: median of the pairs)\n",
         median(ratios, runs), median(a.mib, runs) / median(b.mib, runs));
  posix_spawn_file_actions_destroy(&silent);
  return 0;
}
