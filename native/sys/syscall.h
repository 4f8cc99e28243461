// System calls without a libc: the launcher has none, and between clone and exec nothing else may run anyway. glibc's
// wrappers would also do more than the call (its setuid signals every thread), and would raise the addon's glibc floor.
#pragma once
#include <asm/unistd.h>
#include <stddef.h>
#include <stdint.h>

namespace cofferdam::sys {

#if defined(COFFERDAM_FUZZ)
// A kernel of the fuzzers' making answers, test/native/fuzz/kernel.cpp.
long raw6(long number, long a, long b, long c, long d, long e, long f);
#elif defined(__x86_64__)
__attribute__((always_inline)) inline long raw6(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
__attribute__((always_inline)) inline long raw6(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}
#else
#error "cofferdam runs on x86-64 and arm64"
#endif

inline long asLong(long value) { return value; }
inline long asLong(int value) { return value; }
inline long asLong(unsigned value) { return static_cast<long>(value); }
inline long asLong(unsigned long value) { return static_cast<long>(value); }
inline long asLong(unsigned long long value) { return static_cast<long>(value); }
inline long asLong(const void* value) { return reinterpret_cast<long>(value); }
inline long asLong(decltype(nullptr)) { return 0; }

// The result is the kernel's: a value, or -errno.
template <typename A = long, typename B = long, typename C = long, typename D = long, typename E = long,
          typename F = long>
inline long raw(long number, A a = 0, B b = 0, C c = 0, D d = 0, E e = 0, F f = 0) {
  return raw6(number, asLong(a), asLong(b), asLong(c), asLong(d), asLong(e), asLong(f));
}

// A call that a signal may interrupt before it did anything.
template <typename... Args>
inline long retry(long number, Args... args) {
  long result;
  do result = raw(number, args...);
  while (result == -4 /* EINTR */);
  return result;
}

inline int close(int descriptor) { return static_cast<int>(raw(__NR_close, descriptor)); }

inline uint64_t monotonicNanoseconds() {
  struct {
    int64_t seconds, nanoseconds;
  } now;
  raw(__NR_clock_gettime, 1 /* CLOCK_MONOTONIC */, &now);
  return static_cast<uint64_t>(now.seconds) * 1000000000 + static_cast<uint64_t>(now.nanoseconds);
}

inline void sleepMicroseconds(uint64_t microseconds) {
  struct {
    int64_t seconds, nanoseconds;
  } time = {static_cast<int64_t>(microseconds / 1000000), static_cast<int64_t>(microseconds % 1000000) * 1000};
  raw(__NR_nanosleep, &time, 0);
}

}  // namespace cofferdam::sys
