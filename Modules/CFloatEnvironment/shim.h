#pragma once
// What Swift cannot reach of the floating-point unit: the calling thread's treatment of denormal numbers, and square roots
// of several numbers at once (`SIMD.squareRoot()` goes one by one, with a branch each).

typedef float float_environment_four __attribute__((ext_vector_type(4)));

static inline float_environment_four float_environment_square_roots(float_environment_four x) {
  return __builtin_elementwise_sqrt(x);
}

#if defined(__x86_64__) || defined(__i386__)
#include <xmmintrin.h>

// Sets flush-to-zero (bit 15) and denormals-are-zero (bit 6) in MXCSR; returns what it was before.
static inline unsigned long float_environment_flush_denormals(void) {
  unsigned int before = _mm_getcsr();
  _mm_setcsr(before | 0x8040u);
  return before;
}

static inline void float_environment_restore(unsigned long before) { _mm_setcsr((unsigned int)before); }

#elif defined(__aarch64__)

// Sets flush-to-zero (bit 24) in FPCR; returns what it was before.
static inline unsigned long float_environment_flush_denormals(void) {
  unsigned long before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  __asm__ volatile("msr fpcr, %0" : : "r"(before | (1ul << 24)));
  return before;
}

static inline void float_environment_restore(unsigned long before) {
  __asm__ volatile("msr fpcr, %0" : : "r"(before));
}

#else

static inline unsigned long float_environment_flush_denormals(void) { return 0; }
static inline void float_environment_restore(unsigned long before) { (void)before; }

#endif
