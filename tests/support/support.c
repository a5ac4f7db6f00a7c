/* SPDX-License-Identifier: MIT
 *
 * support.c -- reading test data, failing allocations, temporary folders. */
#define _GNU_SOURCE
#include "tests/support/support.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

static char *read_all(FILE *file, size_t *len) {
  size_t n = 0, cap = 4096;
  char *text = malloc(cap + 1);
  size_t got;
  while (text && (got = fread(text + n, 1, cap - n, file)) > 0) {
    n += got;
    if (n == cap) {
      cap *= 2;
      char *more = realloc(text, cap + 1);
      if (!more)
        free(text);
      text = more;
    }
  }
  if (text) {
    text[n] = 0;
    if (len)
      *len = n;
  }
  return text;
}

char *support_read(const char *path, size_t *len) {
  char full[4096];
  snprintf(full, sizeof full, "%s%s", path[0] == '/' ? "" : MR_SOURCE_DIR "/", path);
  FILE *file = fopen(full, "rbe");
  if (!file)
    return NULL;
  char *text = read_all(file, len);
  fclose(file);
  return text;
}

char *support_read_shared(const char *path, size_t *len) {
  char full[4096];
  snprintf(full, sizeof full, "../shared/data/%s", path);
  return support_read(full, len);
}

void *support_failing_alloc(void *ud, void *ptr, size_t old, size_t n) {
  support_failing *f = ud;
  (void)old;
  if (n == 0) {
    free(ptr);
    return NULL;
  }
  f->count++;
  if (f->fail_at && (f->count == f->fail_at || (f->for_good && f->count > f->fail_at)))
    return NULL;
  return realloc(ptr, n);
}

char *support_folder(void) {
  const char *base = getenv("TMPDIR");
  char *path = NULL;
  if (asprintf(&path, "%s/moonrock-test-XXXXXX", base && *base ? base : "/tmp") < 0)
    return NULL;
  if (!mkdtemp(path)) {
    free(path);
    return NULL;
  }
  return path;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
  (void)st;
  (void)flag;
  (void)ftw;
  return remove(path);
}

void support_remove_tree(const char *path) {
  nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
