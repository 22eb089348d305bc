#pragma once
#include <sys/ioctl.h>

// ioctl is variadic, which Swift can't call.

/// The number of columns of the terminal behind a file descriptor; 0 if there is none or it doesn't say.
static inline int ash_terminal_columns(int file) {
  struct winsize size;
  return ioctl(file, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// The number of its rows; 0 if there is no terminal or it doesn't say.
static inline int ash_terminal_rows(int file) {
  struct winsize size;
  return ioctl(file, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}
