/* SPDX-License-Identifier: MIT
 *
 * sys.h -- files, the terminal and the process, as small blocking calls.
 * They may be called from any thread (that is what the pool is for) and use no memory of
 * a state unless handed a buffer of it.  `int` results that are called an error are 0 or
 * an errno value; descriptors are always close-on-exec; paths are NUL-terminated. */
#ifndef MR_SYS_H
#define MR_SYS_H

#include "host/buf.h"

/* ---- whole files -------------------------------------------------------- */

typedef enum mr_file_kind { MR_FILE_REGULAR, MR_FILE_DIRECTORY, MR_FILE_OTHER } mr_file_kind;

typedef struct mr_file_facts {
  mr_file_kind kind;
  int64_t size;     /* bytes */
  int64_t mtime_ns; /* since 1970, UTC */
  bool is_link;     /* the name is a symbolic link; all else tells of what it leads to */
} mr_file_facts;

/* Appends to out what the file holds from `offset` on, at most `length` bytes (< 0: to its
 * end).  A file that ends earlier gives fewer bytes and no error; a pipe or a device is
 * read as it comes.  ENOMEM when the buffer could not grow. */
int mr_sys_read(const char *path, int64_t offset, int64_t length, mr_buf *out);
/* Adds the parts at the end of the file, which is made if it is missing. */
int mr_sys_append(const char *path, const mr_slice *parts, size_t n);
/* Waits until what was written to the file, by whomever, is on the disk. */
int mr_sys_sync(const char *path);
int mr_sys_stat(const char *path, mr_file_facts *out);
/* Appends the absolute path without symbolic links, "." and ".." of a file or folder that is there. */
int mr_sys_real_path(const char *path, mr_buf *out);

/* ---- descriptors -------------------------------------------------------- */

int mr_sys_open_read(const char *path, int *fd);
int mr_sys_open_new(const char *path, int *fd);   /* for writing; EEXIST if it is there */
/* A file without a name in a folder, for reading and writing: gone when it is closed, or with the
 * process, however that ends. */
int mr_sys_open_scratch(const char *folder, int *fd);
/* n bytes at `offset` need no room on the disk any more, where the file system can do that. */
void mr_sys_give_back(int fd, int64_t offset, int64_t n);
int mr_sys_open_write(const char *path, int *fd); /* what is there already, not emptied */
int mr_sys_open_folder(const char *path, int *fd);
/* Reads up to n bytes at `offset`; *got < n only at the end of the file. */
int mr_sys_pread(int fd, void *to, size_t n, int64_t offset, size_t *got);
int mr_sys_pwrite(int fd, const void *from, size_t n, int64_t offset);
/* Writes the parts one after the other from where the descriptor stands. */
int mr_sys_write(int fd, const mr_slice *parts, size_t n);
int mr_sys_fsync(int fd);
int mr_sys_duplicate(int fd, int *copy);
/* Opens a file or folder and locks it as one's own until it is closed or the process ends,
 * however it ends; EWOULDBLOCK while somebody else has it. */
int mr_sys_lock(const char *path, int *fd);
void mr_sys_close(int fd);

/* ---- folders and names -------------------------------------------------- */

/* Makes a folder and its parents; one that exists already is no error. */
int mr_sys_mkdir(const char *path);
/* Appends the names in a folder, without "." and "..", sorted by byte, a NUL after each. */
int mr_sys_list(const char *path, mr_buf *out);
/* Removes a file or an empty folder. */
int mr_sys_remove(const char *path);
int mr_sys_rename(const char *from, const char *to);

/* ---- terminal and process ----------------------------------------------- */

bool mr_sys_is_terminal(int fd);
/* Columns of the terminal at fd; 0 if it is none or does not say. */
int mr_sys_width(int fd);
/* NULL if unset; owned by the environment. */
const char *mr_sys_getenv(const char *name);
/* Bytes for keys and identifiers, from the system. */
int mr_sys_random(void *to, size_t n);
int64_t mr_sys_pid(void);

#endif
