/*
 * Preloaded into a process, makes writes to a journal's files fail while a control file says so; for tests on Linux.
 *   SEAWALL_FAIL_DIR      the journal's directory
 *   SEAWALL_FAIL_CONTROL  the control file: "<what> <errno>", absent when all is well
 * what: write  every write fails, from the next write of a single byte (the journal's question to the disk) on: a disk
 *              that fails between that and the commit may end the process, see disk-guard.ts
 *       sync   writes succeed, flushes fail
 *       meta   writes of less than a page to data.mdb fail: LMDB's last step of a commit
 *       after  the first write of less than a page to data.mdb is done and yet reported as failed, those after it fail:
 *              the commit is on disk, but whoever made it is told that it is not
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { NONE, WRITE, SYNC, META, AFTER };

static int lied, writes_fail;

static enum mode mode_now(int *code) {
  char line[64] = {0}, what[16] = {0};
  const char *control = getenv("SEAWALL_FAIL_CONTROL");
  int fd = control ? open(control, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) {
    lied = 0;
    return NONE;
  }
  ssize_t length = read(fd, line, sizeof line - 1);
  close(fd);
  if (length <= 0 || sscanf(line, "%15s %d", what, code) != 2) return NONE;
  if (!strcmp(what, "write")) return WRITE;
  if (!strcmp(what, "sync")) return SYNC;
  if (!strcmp(what, "meta")) return META;
  if (!strcmp(what, "after")) return AFTER;
  return NONE;
}

/* 0: not of the journal, 1: data.mdb, 2: another of its files */
static int which_file(int fd) {
  char link[64], path[4096];
  const char *directory = getenv("SEAWALL_FAIL_DIR");
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = directory ? readlink(link, path, sizeof path - 1) : -1;
  if (length < 0) return 0;
  path[length] = 0;
  size_t start = strlen(directory);
  if (strncmp(path, directory, start) || path[start] != '/') return 0;
  return strcmp(path + start, "/data.mdb") ? 2 : 1;
}

enum verdict { PASS, FAIL, LIE };

static enum verdict judge(int fd, size_t size, int flush) {
  int code = 0;
  int file = which_file(fd);
  if (!file) return PASS;
  enum mode mode = mode_now(&code);
  int last_step = file == 1 && !flush && size < 4096;
  if (!flush && size == 1) writes_fail = mode == WRITE;
  enum verdict verdict = PASS;
  if (writes_fail && mode == WRITE && !flush) verdict = FAIL;
  if (mode == SYNC && flush) verdict = FAIL;
  if (mode == META && last_step) verdict = FAIL;
  if (mode == AFTER && last_step) verdict = lied++ ? FAIL : LIE;
  if (verdict != PASS) errno = code;
  return verdict;
}

#define JUDGED(result, name, signature, arguments, fd, size, flush)                        \
  result name signature {                                                                  \
    static result(*real) signature;                                                        \
    if (!real) real = (result(*) signature)dlsym(RTLD_NEXT, #name);                        \
    enum verdict verdict = judge(fd, size, flush);                                         \
    int code = errno;                                                                      \
    if (verdict == PASS) return real arguments;                                            \
    if (verdict == LIE) (void)real arguments;                                              \
    errno = code;                                                                          \
    return -1;                                                                             \
  }

static size_t total(const struct iovec *parts, int count) {
  size_t size = 0;
  for (int i = 0; i < count; i++) size += parts[i].iov_len;
  return size;
}

JUDGED(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size), fd, size, 0)
JUDGED(ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count), fd, total(parts, count), 0)
JUDGED(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at), fd, size, 0)
JUDGED(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at), fd, size, 0)
JUDGED(ssize_t, pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at), fd,
       total(parts, count), 0)
JUDGED(ssize_t, pwritev64, (int fd, const struct iovec *parts, int count, off64_t at), (fd, parts, count, at), fd,
       total(parts, count), 0)
JUDGED(int, fdatasync, (int fd), (fd), fd, 0, 1)
JUDGED(int, fsync, (int fd), (fd), fd, 0, 1)
