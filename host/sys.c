/* SPDX-License-Identifier: MIT
 *
 * sys.c -- files, the terminal and the process.
 * Every call that a signal can interrupt is repeated, every short read or write is gone on
 * with.  Results are 0 or an errno value, never -1. */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "host/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- descriptors -------------------------------------------------------- */

static int open_fd(const char *path, int flags, int *fd) {
  do {
    *fd = open(path, flags | O_CLOEXEC | O_NOCTTY, 0666);
  } while (*fd < 0 && errno == EINTR);
  return *fd < 0 ? errno : 0;
}

int mr_sys_open_read(const char *path, int *fd) {
  return open_fd(path, O_RDONLY, fd);
}

int mr_sys_open_new(const char *path, int *fd) {
  return open_fd(path, O_WRONLY | O_CREAT | O_EXCL, fd);
}

/* Not every file system has files without names: there one with a name loses it at once. */
int mr_sys_open_scratch(const char *folder, int *fd) {
  uint64_t id;
  int error = open_fd(folder, O_RDWR | O_TMPFILE, fd);
  if (error != EOPNOTSUPP && error != EISDIR && error != ENOENT)
    return error;
  size_t room = strlen(folder) + 64;
  char *path = malloc(room);
  if (!path)
    return ENOMEM;
  error = mr_sys_random(&id, sizeof id);
  if (!error) {
    snprintf(path, room, "%s/.moonrock-%016" PRIx64 ".tmp", folder, id);
    error = open_fd(path, O_RDWR | O_CREAT | O_EXCL, fd);
    if (!error)
      unlink(path);
  }
  free(path);
  return error;
}

void mr_sys_give_back(int fd, int64_t offset, int64_t n) {
  int result; /* what cannot be given back now is when the file is closed */
  do
    result = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, n);
  while (result < 0 && errno == EINTR);
}

int mr_sys_open_write(const char *path, int *fd) {
  return open_fd(path, O_WRONLY, fd);
}

int mr_sys_open_folder(const char *path, int *fd) {
  return open_fd(path, O_RDONLY | O_DIRECTORY, fd);
}

int mr_sys_pread(int fd, void *to, size_t n, int64_t offset, size_t *got) {
  char *at = to;
  *got = 0;
  while (*got < n) {
    ssize_t r = pread(fd, at + *got, n - *got, (off_t)(offset + (int64_t)*got));
    if (r == 0)
      break;
    if (r > 0)
      *got += (size_t)r;
    else if (errno != EINTR)
      return errno;
  }
  return 0;
}

/* offset < 0: where the descriptor stands. */
static int write_all(int fd, const void *from, size_t n, int64_t offset) {
  const char *at = from;
  size_t put = 0;
  while (put < n) {
    ssize_t w = offset < 0 ? write(fd, at + put, n - put)
                           : pwrite(fd, at + put, n - put, (off_t)(offset + (int64_t)put));
    if (w > 0)
      put += (size_t)w;
    else if (w == 0)
      return EIO;
    else if (errno != EINTR)
      return errno;
  }
  return 0;
}

int mr_sys_pwrite(int fd, const void *from, size_t n, int64_t offset) {
  return offset < 0 ? EINVAL : write_all(fd, from, n, offset);
}

int mr_sys_write(int fd, const mr_slice *parts, size_t n) {
  int error = 0;
  for (size_t i = 0; i < n && !error; i++)
    error = write_all(fd, parts[i].ptr, parts[i].len, -1);
  return error;
}

int mr_sys_fsync(int fd) {
  int r;
  do {
    r = fsync(fd);
  } while (r != 0 && errno == EINTR);
  /* EINVAL, EROFS: a kind of file that cannot be synchronised, and need not be. */
  return r != 0 && errno != EINVAL && errno != EROFS ? errno : 0;
}

int mr_sys_duplicate(int fd, int *copy) {
  *copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return *copy < 0 ? errno : 0;
}

int mr_sys_lock(const char *path, int *fd) {
  int error = mr_sys_open_read(path, fd);
  if (error == 0 && flock(*fd, LOCK_EX | LOCK_NB) < 0) {
    error = errno;
    close(*fd);
    *fd = -1;
  }
  return error;
}

void mr_sys_close(int fd) {
  if (fd >= 0)
    close(fd);
}

/* ---- whole files -------------------------------------------------------- */

#define CHUNK ((size_t)1 << 20)

/* Reads a pipe or a device up to its end, dropping the first `skip` bytes. */
static int read_stream(int fd, int64_t skip, int64_t length, mr_buf *out) {
  while (length != 0) {
    size_t want = 65536;
    if (skip == 0 && length > 0 && (uint64_t)length < want)
      want = (size_t)length;
    if (skip > 0 && (uint64_t)skip < want)
      want = (size_t)skip;
    char *to = mr_buf_reserve(out, want);
    if (!to)
      return ENOMEM;
    ssize_t r = read(fd, to, want);
    if (r < 0 && errno == EINTR)
      continue;
    if (r < 0)
      return errno;
    if (r == 0)
      break;
    if (skip > 0) {
      skip -= r;
    } else {
      out->len += (size_t)r;
      length -= length > 0 ? r : 0;
    }
  }
  return 0;
}

static int read_regular(int fd, int64_t offset, int64_t length, int64_t size, mr_buf *out) {
  /* The size is a hint: files in /proc say 0, and others may grow or shrink meanwhile. */
  int64_t rest = size > offset ? size - offset : 0;
  if (length >= 0 && length < rest)
    rest = length;
  if (rest > 0 && (uint64_t)rest < SIZE_MAX && !mr_buf_reserve(out, (size_t)rest + 1))
    return ENOMEM;
  while (length != 0) {
    size_t room = out->cap - out->len;
    size_t want = room > 0 ? room : CHUNK;
    if (length > 0 && (uint64_t)length < want)
      want = (size_t)length;
    size_t got;
    char *to = mr_buf_reserve(out, want);
    if (!to)
      return ENOMEM;
    int error = mr_sys_pread(fd, to, want, offset, &got);
    out->len += got;
    offset += (int64_t)got;
    length -= length > 0 ? (int64_t)got : 0;
    if (error || got < want)
      return error;
  }
  return 0;
}

int mr_sys_read(const char *path, int64_t offset, int64_t length, mr_buf *out) {
  struct stat st;
  int fd;
  if (offset < 0)
    return EINVAL;
  int error = mr_sys_open_read(path, &fd);
  if (error)
    return error;
  if (fstat(fd, &st) != 0)
    error = errno;
  else if (S_ISREG(st.st_mode))
    error = read_regular(fd, offset, length, st.st_size, out);
  else
    error = read_stream(fd, offset, length, out); /* a folder says EISDIR here */
  mr_sys_close(fd);
  return error;
}

int mr_sys_append(const char *path, const mr_slice *parts, size_t n) {
  int fd;
  int error = open_fd(path, O_WRONLY | O_CREAT | O_APPEND, &fd);
  if (error)
    return error;
  error = mr_sys_write(fd, parts, n);
  mr_sys_close(fd);
  return error;
}

int mr_sys_sync(const char *path) {
  int fd;
  int error = mr_sys_open_read(path, &fd);
  if (error)
    return error;
  error = mr_sys_fsync(fd);
  mr_sys_close(fd);
  return error;
}

int mr_sys_stat(const char *path, mr_file_facts *out) {
  struct stat st;
  if (lstat(path, &st) != 0)
    return errno;
  out->is_link = S_ISLNK(st.st_mode);
  if (out->is_link && stat(path, &st) != 0)
    return errno;
  out->kind = S_ISREG(st.st_mode)   ? MR_FILE_REGULAR
              : S_ISDIR(st.st_mode) ? MR_FILE_DIRECTORY
                                    : MR_FILE_OTHER;
  out->size = st.st_size;
  out->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
  return 0;
}

int mr_sys_real_path(const char *path, mr_buf *out) {
  char *real = realpath(path, NULL);
  if (!real)
    return errno;
  mr_buf_put(out, real, strlen(real));
  free(real);
  return out->status < 0 ? ENOMEM : 0;
}

/* ---- folders and names -------------------------------------------------- */

static int make_one(const char *path) {
  struct stat st;
  if (mkdir(path, 0777) == 0)
    return 0;
  int error = errno;
  if (error == EEXIST || error == EROFS || error == EACCES || error == EPERM) {
    if (stat(path, &st) == 0)
      return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
  }
  return error;
}

int mr_sys_mkdir(const char *path) {
  if (path[0] == 0)
    return ENOENT;
  char *copy = strdup(path);
  if (!copy)
    return ENOMEM;
  int error = 0;
  for (char *at = copy + 1; !error && *at; at++) {
    if (*at == '/' && at[-1] != '/') {
      *at = 0;
      error = make_one(copy);
      *at = '/';
    }
  }
  if (!error)
    error = make_one(copy);
  free(copy);
  return error;
}

static int by_bytes(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

int mr_sys_list(const char *path, mr_buf *out) {
  char **names = NULL;
  size_t n = 0, cap = 0;
  int fd, error = mr_sys_open_folder(path, &fd);
  if (error)
    return error;
  DIR *dir = fdopendir(fd);
  if (!dir) {
    error = errno;
    mr_sys_close(fd);
    return error;
  }
  for (;;) {
    errno = 0;
    const struct dirent *entry = readdir(dir);
    if (!entry) {
      error = errno;
      break;
    }
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    if (n == cap) {
      cap = cap ? 2 * cap : 64;
      char **more = realloc(names, cap * sizeof *names);
      if (!more) {
        error = ENOMEM;
        break;
      }
      names = more;
    }
    names[n] = strdup(entry->d_name);
    if (!names[n++]) {
      error = ENOMEM;
      n--;
      break;
    }
  }
  closedir(dir);
  if (n > 1)
    qsort(names, n, sizeof *names, by_bytes);
  for (size_t i = 0; i < n; i++) {
    if (!error)
      mr_buf_put(out, names[i], strlen(names[i]) + 1);
    free(names[i]);
  }
  free(names);
  return error ? error : out->status < 0 ? ENOMEM : 0;
}

int mr_sys_remove(const char *path) {
  return remove(path) == 0 ? 0 : errno;
}

int mr_sys_rename(const char *from, const char *to) {
  return rename(from, to) == 0 ? 0 : errno;
}

/* ---- terminal and process ----------------------------------------------- */

bool mr_sys_is_terminal(int fd) {
  return isatty(fd) == 1;
}

int mr_sys_width(int fd) {
  struct winsize size;
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

const char *mr_sys_getenv(const char *name) {
  return getenv(name);
}

int mr_sys_random(void *to, size_t n) {
  char *at = to;
  size_t put = 0;
  while (put < n) {
    ssize_t r = getrandom(at + put, n - put, 0);
    if (r > 0)
      put += (size_t)r;
    else if (r < 0 && errno != EINTR)
      return errno;
  }
  return 0;
}

int64_t mr_sys_pid(void) {
  return getpid();
}
