#pragma once
// What Swift cannot reach of setting storage aside: a GNU extension, which the C library's own module hides.
#include <linux/falloc.h>
#include <sys/types.h>

/// Sets blocks aside for bytes that a file does not have yet. 0, or -1 and errno.
static inline int ash_set_storage_aside(int file, off_t offset, off_t length) {
  extern int fallocate(int, int, off_t, off_t);
  return fallocate(file, FALLOC_FL_KEEP_SIZE, offset, length);
}
