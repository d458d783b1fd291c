// Preloaded: the disk is full from the process's N-th write on (NTMD_FULL_AT); the N-th itself writes half of what it
// was given. Or N counts are written to NTMD_COUNT_FILE when it ends. Log lines (descriptors 0 to 2) do not count.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "calls.h"

/// How much of `size` there is room for.
static size_t room(size_t size) {
  static long at = -1;
  if (at < 0) {
    const char* text = getenv("NTMD_FULL_AT");
    at = text ? atol(text) : 0;
  }
  const long call = __sync_add_and_fetch(&calls, 1);
  if (at == 0 || call < at) return size;
  if (call == at && size > 1) return size / 2;
  errno = ENOSPC;
  return 0;
}

ssize_t write(int fd, const void* data, size_t size) {
  REAL(write);
  if (fd <= 2 || size == 0) return real_write(fd, data, size);
  const size_t fits = room(size);
  return fits ? real_write(fd, data, fits) : -1;
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  REAL(pwrite64);
  const size_t fits = room(size);
  return fits ? real_pwrite64(fd, data, fits, at) : -1;
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  REAL(pwrite);
  const size_t fits = room(size);
  return fits ? real_pwrite(fd, data, fits, at) : -1;
}
int rename(const char* from, const char* to) {
  REAL(rename);
  return room(1) ? real_rename(from, to) : -1;
}
int mkdir(const char* path, mode_t mode) {
  REAL(mkdir);
  return room(1) ? real_mkdir(path, mode) : -1;
}
