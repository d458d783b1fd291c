// Preloaded: the process dies like under kill -9 just before its N-th write, sync or rename (NTMD_KILL_AT), or N counts
// are written to NTMD_COUNT_FILE when it ends. Log lines (descriptors 0 to 2) do not count. While the file
// NTMD_FAIL_SYNC is there every sync fails like one of a broken disk.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "calls.h"

static void point(void) {
  static long at = -1;
  if (at < 0) {
    const char* text = getenv("NTMD_KILL_AT");
    at = text ? atol(text) : 0;
  }
  if (__sync_add_and_fetch(&calls, 1) == at) kill(getpid(), SIGKILL);
}

static int broken(void) {
  const char* path = getenv("NTMD_FAIL_SYNC");
  if (!path || access(path, F_OK) != 0) return 0;
  errno = EIO;
  return 1;
}

ssize_t write(int fd, const void* data, size_t size) {
  REAL(write);
  if (fd > 2) point();
  return real_write(fd, data, size);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  REAL(pwrite64);
  point();
  return real_pwrite64(fd, data, size, at);
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  REAL(pwrite);
  point();
  return real_pwrite(fd, data, size, at);
}
int fsync(int fd) {
  REAL(fsync);
  point();
  return broken() ? -1 : real_fsync(fd);
}
int fdatasync(int fd) {
  REAL(fdatasync);
  point();
  return broken() ? -1 : real_fdatasync(fd);
}
int rename(const char* from, const char* to) {
  REAL(rename);
  point();
  return real_rename(from, to);
}
