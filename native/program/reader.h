// Reads a launch program: checks every length and offset before anything is run, so that the operations can trust
// their arguments. Writes only to turn string arrays into the pointers that execve(2) wants.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

namespace cofferdam {

struct Bytes {
  const uint8_t* data;
  uint32_t size;
};

class Program {
 public:
  // 0, or -EBADMSG when the bytes are not a program. `bytes` must stay, be writable and be aligned to 8.
  int read(uint8_t* bytes, size_t size);

  uint32_t size() const { return header().operations; }
  const ProgramHeader& header() const { return *reinterpret_cast<const ProgramHeader*>(bytes_); }
  const Operation& operation(uint32_t index) const { return operations_[index]; }

  static uint64_t integer(const Operation& operation, unsigned index) { return operation.args[index]; }
  static uint32_t slot(const Operation& operation, unsigned index) {
    return static_cast<uint32_t>(operation.args[index]);
  }
  const char* string(const Operation& operation, unsigned index) const {
    return reinterpret_cast<const char*>(bytes_ + static_cast<uint32_t>(operation.args[index]));
  }
  Bytes bytes(const Operation& operation, unsigned index) const {
    return {bytes_ + static_cast<uint32_t>(operation.args[index]), static_cast<uint32_t>(operation.args[index] >> 32)};
  }
  // The strings of an argument, a null pointer after the last; null when an earlier argument used the same bytes.
  char** strings(const Operation& operation, unsigned index, uint32_t* count);

 private:
  bool checkReference(uint64_t reference, Kind kind) const;

  uint8_t* bytes_ = nullptr;
  Operation* operations_ = nullptr;
};

}  // namespace cofferdam
