/* SPDX-License-Identifier: MIT
 *
 * sign_case.c -- raw requests and folders of vectors for the signature tests.
 * The parser is deliberately apart from the project's own: it must not share its mistakes. */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/sign_case.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/support/support.h"

char *sign_case_read(const char *folder, const char *name, size_t *len) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return support_read(path, len);
}

bool sign_case_parse(sign_case *c, char *text, size_t len) {
  memset(c, 0, sizeof *c);
  c->text = text;
  char *end = text + len, *line_end = memchr(text, '\n', len);
  char *head_end = line_end ? line_end : end;
  char *version = NULL;
  for (char *p = text; p + 6 < head_end; p++)
    if (memcmp(p, " HTTP/", 6) == 0)
      version = p;
  char *space = memchr(text, ' ', len);
  if (!space || !version || version <= space)
    return false;
  c->request.method = mr_slice_make(text, (size_t)(space - text));
  char *target = space + 1;
  char *mark = memchr(target, '?', (size_t)(version - target));
  c->request.path = mr_slice_make(target, (size_t)((mark ? mark : version) - target));
  if (mark)
    c->request.query = mr_slice_make(mark + 1, (size_t)(version - mark - 1));
  char *p = head_end < end ? head_end + 1 : end;
  size_t count = 0;
  while (p < end && *p != '\n') {
    char *stop = memchr(p, '\n', (size_t)(end - p));
    if (!stop)
      stop = end;
    if ((*p == ' ' || *p == '\t') && count > 0) { /* a folded line belongs to the one before */
      mr_slice *value = &c->headers[count - 1].value;
      value->len = (size_t)(stop - value->ptr);
    } else {
      char *colon = memchr(p, ':', (size_t)(stop - p));
      if (!colon || count == SIGN_CASE_HEADERS)
        return false;
      c->headers[count].name = mr_slice_make(p, (size_t)(colon - p));
      c->headers[count++].value = mr_slice_make(colon + 1, (size_t)(stop - colon - 1));
    }
    p = stop < end ? stop + 1 : end;
  }
  if (p < end)
    c->request.body = mr_slice_make(p + 1, (size_t)(end - p - 1));
  c->request.headers = c->headers;
  c->request.header_count = count;
  return true;
}

void sign_case_free(sign_case *c) {
  free(c->text);
  c->text = NULL;
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

int sign_case_walk(const char *folder, void (*f)(void *ud, const char *path, const char *name),
                   void *ud) {
  char *names[512], path[4096];
  size_t count = 0;
  DIR *dir = opendir(folder);
  if (!dir)
    return -1;
  for (struct dirent *e; (e = readdir(dir)) && count < MR_COUNT(names);) {
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
    if (e->d_name[0] != '.' && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
      names[count++] = strdup(e->d_name);
  }
  closedir(dir);
  qsort(names, count, sizeof *names, by_name);
  for (size_t i = 0; i < count; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    f(ud, path, names[i]);
    free(names[i]);
  }
  return (int)count;
}

void sign_case_member(const char *json, const char *key, char *out, size_t n) {
  char wanted[64];
  size_t len = 0;
  snprintf(wanted, sizeof wanted, "\"%s\":", key);
  const char *p = strstr(json, wanted);
  if (p) {
    p += strlen(wanted);
    while (*p == ' ')
      p++;
    if (*p == '"') {
      for (p++; *p && *p != '"' && len + 1 < n; p++)
        out[len++] = *p;
    } else {
      while (*p && !strchr(",}\n ", *p) && len + 1 < n)
        out[len++] = *p++;
    }
  }
  out[len] = '\0';
}
