// What the preloaded libraries have in common: they count calls, know the real ones, and tell their number at the end.
#ifndef NTMD_TESTS_FAULT_CALLS_H
#define NTMD_TESTS_FAULT_CALLS_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static long calls;

#define REAL(name)                      \
  static __typeof__(name)* real_##name; \
  if (!real_##name) real_##name = (__typeof__(name)*)dlsym(RTLD_NEXT, #name)

/// Into NTMD_COUNT_FILE, when the process ends by itself.
__attribute__((destructor)) static void tell(void) {
  const char* path = getenv("NTMD_COUNT_FILE");
  if (!path) return;
  FILE* file = fopen(path, "w");
  if (!file) return;
  fprintf(file, "%ld", calls);
  fclose(file);
}

#endif
