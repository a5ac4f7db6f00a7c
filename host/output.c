/* SPDX-License-Identifier: MIT
 *
 * output.c -- a file that appears whole or not at all.
 * The order is what makes it so: write, fsync of the file, rename, fsync of the folder.  A
 * crash before the rename leaves the old file and a stray .moonrock-*.tmp, never half a
 * file under the real name. */
#define _GNU_SOURCE
#include "host/output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/sys.h"

static size_t folder_length(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Makes FOLDER/.moonrock-<16 hex digits>.tmp, which keeps clear of NAME_MAX. */
static int open_temporary(mr_output *o) {
  int folder = (int)folder_length(o->target);
  uint64_t id;
  int error = EEXIST;
  size_t room = (size_t)folder + 64;
  o->temporary = malloc(room);
  if (!o->temporary)
    return ENOMEM;
  for (int attempt = 0; attempt < 10 && error == EEXIST; attempt++) {
    error = mr_sys_random(&id, sizeof id);
    if (error)
      break;
    snprintf(o->temporary, room, "%.*s.moonrock-%016" PRIx64 ".tmp", folder, o->target, id);
    error = mr_sys_open_new(o->temporary, &o->fd);
  }
  if (error) { /* no file of ours, so none to remove */
    free(o->temporary);
    o->temporary = NULL;
  }
  return error;
}

static int open_output(mr_output *o, const char *path) {
  struct stat st;
  bool exists = stat(path, &st) == 0;
  if (!exists && errno != ENOENT)
    return errno;
  if (path[0] == 0)
    return ENOENT;
  if (exists && S_ISDIR(st.st_mode))
    return EISDIR;
  if (path[strlen(path) - 1] == '/')
    return ENOENT; /* the name of a folder that is not there */
  if (exists && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
    return errno;
  o->target = exists && S_ISREG(st.st_mode) ? realpath(path, NULL) : strdup(path);
  if (!o->target)
    return errno;
  if (exists && !S_ISREG(st.st_mode))
    return mr_sys_open_write(o->target, &o->fd);
  int error = open_temporary(o);
  if (!error && exists && fchmod(o->fd, st.st_mode & 07777) != 0)
    error = errno;
  return error;
}

int mr_output_open(mr_output *o, const char *path) {
  memset(o, 0, sizeof *o);
  o->fd = -1;
  o->is_open = true;
  int error = open_output(o, path);
  if (error)
    mr_output_abort(o);
  return error;
}

int mr_output_write(mr_output *o, const void *from, size_t n, int64_t offset) {
  return o->is_open ? mr_sys_pwrite(o->fd, from, n, offset) : EBADF;
}

static int sync_folder(const char *path) {
  int fd, error;
  size_t n = folder_length(path);
  char *folder = n ? strndup(path, n) : strdup(".");
  if (!folder)
    return ENOMEM;
  error = mr_sys_open_folder(folder, &fd);
  if (!error) {
    error = mr_sys_fsync(fd);
    mr_sys_close(fd);
  } else if (error == EACCES) {
    error = 0; /* a folder that may be written but not read: the rename itself stands */
  }
  free(folder);
  return error;
}

int mr_output_set_time(mr_output *o, int64_t mtime_ns) {
  const int64_t second = 1000000000;
  int64_t ns = mtime_ns % second;
  ns += ns < 0 ? second : 0;
  struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                              {.tv_sec = (time_t)((mtime_ns - ns) / second), .tv_nsec = (long)ns}};
  if (!o->is_open)
    return EBADF;
  return o->temporary && futimens(o->fd, times) != 0 ? errno : 0;
}

int mr_output_commit(mr_output *o) {
  if (!o->is_open)
    return EBADF;
  int error = mr_sys_fsync(o->fd);
  if (!error && o->temporary) {
    if (rename(o->temporary, o->target) != 0) {
      error = errno;
    } else {
      free(o->temporary);
      o->temporary = NULL;
      error = sync_folder(o->target);
    }
  }
  mr_output_abort(o);
  return error;
}

void mr_output_unlink(mr_output *o) {
  if (o->temporary)
    unlink(o->temporary);
  free(o->temporary);
  o->temporary = NULL;
}

void mr_output_abort(mr_output *o) {
  if (!o->is_open)
    return;
  mr_output_unlink(o); /* before closing, which takes long for a big file */
  mr_sys_close(o->fd);
  free(o->target);
  memset(o, 0, sizeof *o);
}

int mr_output_replace(const char *path, const mr_slice *parts, size_t n) {
  mr_output o = {0};
  int error = mr_output_open(&o, path);
  if (!error)
    error = mr_sys_write(o.fd, parts, n);
  if (!error)
    return mr_output_commit(&o);
  mr_output_abort(&o);
  return error;
}
