// What Swift's libraries and libstdc++ ask of newer C libraries than glibc 2.34, by way of what that one has.
// Linked into the program by build-portable.
#include <sys/random.h>

#define HIDDEN __attribute__((visibility("hidden")))

#ifdef __x86_64__
// hypot has a version of its own since glibc 2.35, of which only errno is new.
double older_hypot(double x, double y);
float older_hypotf(float x, float y);
__asm__(".symver older_hypot, hypot@GLIBC_2.2.5");
__asm__(".symver older_hypotf, hypotf@GLIBC_2.2.5");
HIDDEN double hypot(double x, double y) { return older_hypot(x, y); }
HIDDEN float hypotf(float x, float y) { return older_hypotf(x, y); }
#endif

// Since glibc 2.36; libstdc++'s random_device calls it.
HIDDEN unsigned arc4random(void) {
  unsigned value;
  while (getrandom(&value, sizeof value, 0) != sizeof value) {}
  return value;
}
