#pragma once
// What Swift cannot reach of starting and ending processes and threads: GNU extensions, which the C library's own module
// hides.
#include <features.h>
#include <pthread.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/types.h>

extern int pipe2(int *ends, int flags);
extern int pthread_setname_np(pthread_t thread, const char *name);
extern int sched_setaffinity(pid_t process, size_t size, const void *cores);
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);

// Closes every file descriptor from `first` on in the new process: MPI libraries do not mark all of theirs close-on-exec.
// Does nothing before glibc 2.34.
static inline int process_actions_close_from(posix_spawn_file_actions_t *actions, int first) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
  extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
#else
  (void)actions, (void)first;
  return 0;
#endif
}
