// Strings and memory for code without a libc. Nothing here allocates.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace cofferdam::text {

inline size_t length(const char* text) {
  size_t count = 0;
  while (text[count]) count++;
  return count;
}

inline bool equal(const char* a, const char* b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

inline bool startsWith(const char* text, const char* prefix) {
  while (*prefix)
    if (*text++ != *prefix++) return false;
  return true;
}

// memcpy(3) may not be given a null pointer even for no bytes.
inline void copy(void* to, const void* from, size_t size) {
  if (size) __builtin_memcpy(to, from, size);
}
inline void zero(void* to, size_t size) { __builtin_memset(to, 0, size); }

// Digits only, at most `most`; false for anything else (proc(5), passwd(5) fields, ids).
inline bool number(const char* text, size_t size, uint64_t most, uint64_t* value) {
  if (size == 0 || size > 19) return false;
  uint64_t result = 0;
  for (size_t i = 0; i < size; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    result = result * 10 + static_cast<uint64_t>(text[i] - '0');
  }
  if (result > most) return false;
  *value = result;
  return true;
}

// A string built in place; `full` once something did not fit, and then its text must not be used.
template <size_t Capacity>
class Builder {
 public:
  Builder& add(const char* text) { return add(text, length(text)); }
  Builder& add(const char* text, size_t size) {
    if (size >= Capacity - used_) {
      full_ = true;
      return *this;
    }
    copy(buffer_ + used_, text, size);
    used_ += size;
    buffer_[used_] = 0;
    return *this;
  }
  Builder& add(uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do digits[--at] = static_cast<char>('0' + value % 10);
    while (value /= 10);
    return add(digits + at, sizeof digits - at);
  }
  const char* text() const { return buffer_; }
  size_t size() const { return used_; }
  bool full() const { return full_; }
  void cut(size_t size) { buffer_[used_ = size] = 0; }

 private:
  size_t used_ = 0;
  bool full_ = false;
  char buffer_[Capacity] = {};
};

}  // namespace cofferdam::text
