/* SPDX-License-Identifier: MIT
 *
 * measure.c -- runs two or more commands in turn and compares them:
 *   measure RUNS COMMAND... -- COMMAND... [-- COMMAND...]
 * Rounds A B A B share whatever else the machine does, so their medians compare fairly.
 * Prints wall time, CPU time and peak memory; this program is small, because the peak of a
 * child begins with that of its parent. */
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
#define MOST_SIDES 8

extern char **environ;

typedef struct side {
  char **argv;
  double ms[MOST_RUNS];
  double cpu[MOST_RUNS];
  double mib[MOST_RUNS];
} side;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms_of(struct timeval t) {
  return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
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
  s->cpu[run] = ms_of(usage.ru_utime) + ms_of(usage.ru_stime);
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

static double median_ratio(const double *values, const double *first, int n) {
  double ratios[MOST_RUNS];
  for (int i = 0; i < n; i++)
    ratios[i] = values[i] / first[i];
  return median(ratios, n);
}

static void print_side(const side *s, const side *first, int n) {
  printf("%10.2f ms %10.2f ms CPU %9.2f MiB, of the first: %5.2f time %5.2f CPU ", median(s->ms, n),
         median(s->cpu, n), median(s->mib, n), median_ratio(s->ms, first->ms, n),
         median_ratio(s->cpu, first->cpu, n));
  for (char **word = s->argv; *word; word++)
    printf(" %s", **word ? *word : "''");
  putchar('\n');
}

/* Splits the words at "--"; the number of sides, 0 if there are too few or too many. */
static int split(char **argv, int argc, side *sides) {
  int count = 0;
  for (int i = 2; i < argc;) {
    int from = i;
    while (i < argc && strcmp(argv[i], "--") != 0)
      i++;
    if (i == from || count == MOST_SIDES)
      return 0;
    if (i < argc)
      argv[i] = NULL;
    sides[count++].argv = argv + from;
    i++;
  }
  return count;
}

int main(int argc, char **argv) {
  static side sides[MOST_SIDES];
  int runs = argc > 1 ? atoi(argv[1]) : 0, count = split(argv, argc, sides);
  if (runs < 1 || runs > MOST_RUNS || count < 2) {
    fprintf(stderr, "usage: measure RUNS COMMAND... -- COMMAND... [-- COMMAND...]   (RUNS up to %d, %d commands)\n",
            MOST_RUNS, MOST_SIDES);
    return 2;
  }
  posix_spawn_file_actions_t silent;
  posix_spawn_file_actions_init(&silent);
  posix_spawn_file_actions_addopen(&silent, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&silent, STDOUT_FILENO, STDERR_FILENO);
  int warm = runs < 10 ? 1 : 3;
  for (int i = -warm; i < runs; i++) {
    for (int k = 0; k < count; k++) {
      if (run_once(&sides[k], i < 0 ? 0 : i, &silent))
        return 1;
    }
  }
  printf("medians of %d rounds, also of the ratios in each round\n", runs);
  for (int k = 0; k < count; k++)
    print_side(&sides[k], &sides[0], runs);
  posix_spawn_file_actions_destroy(&silent);
  return 0;
}
