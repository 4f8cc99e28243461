// What a compiler expects of its run time where there is no libc: these four functions, and an entry point.
#include <stddef.h>
#include <stdint.h>

extern "C" {

void* memcpy(void* __restrict to, const void* __restrict from, size_t size) {
  auto* target = static_cast<uint8_t*>(to);
  auto* source = static_cast<const uint8_t*>(from);
#if defined(__x86_64__)
  void* result = to;
  __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(size) : : "memory");
  return result;
#else
  for (size_t i = 0; i < size; i++) target[i] = source[i];
  return to;
#endif
}

void* memmove(void* to, const void* from, size_t size) {
  auto* target = static_cast<volatile uint8_t*>(to);
  auto* source = static_cast<const volatile uint8_t*>(from);
  if (target < source)
    for (size_t i = 0; i < size; i++) target[i] = source[i];
  else
    while (size-- > 0) target[size] = source[size];
  return to;
}

void* memset(void* to, int value, size_t size) {
  auto* target = static_cast<uint8_t*>(to);
#if defined(__x86_64__)
  void* result = to;
  __asm__ volatile("rep stosb" : "+D"(target), "+c"(size) : "a"(value) : "memory");
  return result;
#else
  for (auto* at = static_cast<volatile uint8_t*>(target); size > 0; size--) *at++ = static_cast<uint8_t>(value);
  return to;
#endif
}

int memcmp(const void* a, const void* b, size_t size) {
  auto* left = static_cast<const volatile uint8_t*>(a);
  auto* right = static_cast<const volatile uint8_t*>(b);
  for (size_t i = 0; i < size; i++)
    if (left[i] != right[i]) return left[i] - right[i];
  return 0;
}

[[noreturn]] void cofferdamMain(const long* stack);
}

// The kernel leaves argc, argv and envp on the stack, which must be aligned for the first call.
#if defined(__x86_64__)
__asm__(
    ".globl _start\n"
    ".type _start, @function\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  mov %rsp, %rdi\n"
    "  and $-16, %rsp\n"
    "  call cofferdamMain\n"
    "  hlt\n");
#elif defined(__aarch64__)
__asm__(
    ".globl _start\n"
    ".type _start, %function\n"
    "_start:\n"
    "  mov x29, #0\n"
    "  mov x30, #0\n"
    "  mov x0, sp\n"
    "  and sp, x0, #-16\n"
    "  bl cofferdamMain\n"
    "  brk #0\n");
#endif
