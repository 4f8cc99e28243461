// Whatever the bytes, the reader refuses them or every argument can be used.
#include <cstring>
#include <vector>

#include "../../../native/program/reader.h"

using namespace cofferdam;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint64_t> words((size + 7) / 8 + 1);
  std::memcpy(words.data(), data, size);
  Program program;
  if (program.read(reinterpret_cast<uint8_t*>(words.data()), size) < 0) return 0;
  volatile size_t sum = 0;
  for (uint32_t i = 0; i < program.size(); i++) {
    const Operation& operation = program.operation(i);
    Kind kinds[kArgumentsPerOperation];
    argumentKinds(operation.code, kinds);
    for (unsigned k = 0; k < kArgumentsPerOperation; k++) {
      if (kinds[k] == Kind::String) sum = sum + std::strlen(program.string(operation, k));
      if (kinds[k] == Kind::Bytes) {
        Bytes bytes = program.bytes(operation, k);
        for (uint32_t b = 0; b < bytes.size; b++) sum = sum + bytes.data[b];
      }
      if (kinds[k] == Kind::Strings) {
        uint32_t count = 0;
        char** strings = program.strings(operation, k, &count);
        for (uint32_t s = 0; strings && s < count; s++) sum = sum + std::strlen(strings[s]);
      }
    }
  }
  return 0;
}
