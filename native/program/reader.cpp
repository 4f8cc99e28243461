#include "reader.h"

#include <linux/errno.h>

#include "../sys/text.h"

namespace cofferdam {

int Program::read(uint8_t* bytes, size_t size) {
  if (size < kHeaderSize || (reinterpret_cast<uintptr_t>(bytes) & 7)) return -EBADMSG;
  bytes_ = bytes;
  const ProgramHeader& head = header();
  if (head.magic != kMagic || head.version != kVersion || head.size != size) return -EBADMSG;
  if (head.operations > kMaxOperations || head.slots > kMaxSlots || head.descriptors > head.slots) return -EBADMSG;
  if (kHeaderSize + uint64_t{head.operations} * kOperationSize > size) return -EBADMSG;
  operations_ = reinterpret_cast<Operation*>(bytes + kHeaderSize);

  for (uint32_t i = 0; i < head.operations; i++) {
    const Operation& operation = operations_[i];
    Kind kinds[kArgumentsPerOperation];
    if (!argumentKinds(operation.code, kinds)) return -EBADMSG;
    for (unsigned k = 0; k < kArgumentsPerOperation; k++) {
      switch (kinds[k]) {
        case Kind::None:
        case Kind::Integer:
          break;
        case Kind::Slot:
          if (operation.args[k] != kNoSlot && operation.args[k] >= head.slots) return -EBADMSG;
          break;
        case Kind::String:
        case Kind::Bytes:
        case Kind::Strings:
          if (!checkReference(operation.args[k], kinds[k])) return -EBADMSG;
      }
    }
  }
  return 0;
}

bool Program::checkReference(uint64_t reference, Kind kind) const {
  uint64_t size = header().size;
  uint64_t data = kHeaderSize + uint64_t{header().operations} * kOperationSize;
  uint64_t offset = static_cast<uint32_t>(reference);
  uint64_t length = reference >> 32;
  if (kind == Kind::Bytes) return length == 0 || (offset >= data && offset + length <= size);
  if (offset < data) return false;
  if (kind == Kind::String) return offset + length < size && bytes_[offset + length] == 0;
  return (offset & 7) == 0 && offset + (length + 1) * 8 <= size;
}

char** Program::strings(const Operation& operation, unsigned index, uint32_t* count) {
  uint64_t data = kHeaderSize + uint64_t{header().operations} * kOperationSize;
  uint64_t size = header().size;
  auto length = static_cast<uint32_t>(operation.args[index] >> 32);
  auto* words = reinterpret_cast<uint64_t*>(bytes_ + static_cast<uint32_t>(operation.args[index]));
  // The program's last byte must end the last string, or a string could run beyond it.
  if (length > 0 && bytes_[size - 1] != 0) return nullptr;
  for (uint32_t i = 0; i < length; i++)
    if (words[i] < data || words[i] >= size) return nullptr;
  if (words[length] != 0) return nullptr;
  for (uint32_t i = 0; i < length; i++) words[i] = reinterpret_cast<uint64_t>(bytes_ + words[i]);
  *count = length;
  return reinterpret_cast<char**>(words);
}

}  // namespace cofferdam
