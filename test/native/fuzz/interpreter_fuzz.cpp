// Any operations with any arguments that the reader lets pass, by every actor, with a kernel that answers anything.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstring>
#include <string>
#include <vector>

#include "../../../native/launcher/interpreter.h"
#include "kernel.h"

using namespace cofferdam;

namespace {

constexpr uint32_t kSlots = 8;
constexpr unsigned kMostCodes = 128;

class Writer {
 public:
  explicit Writer(FuzzedDataProvider& input) : input_(input) {
    operations_.resize(input.ConsumeIntegralInRange<size_t>(1, 6));
    base_ = kHeaderSize + operations_.size() * kOperationSize;
    for (Operation& operation : operations_) fill(operation);
    data_.push_back(0);
  }

  std::vector<uint64_t> words(size_t* size) const {
    *size = base_ + data_.size();
    std::vector<uint64_t> words((*size + 7) / 8);
    ProgramHeader header = {};
    header.magic = kMagic;
    header.version = kVersion;
    header.size = static_cast<uint32_t>(*size);
    header.operations = static_cast<uint32_t>(operations_.size());
    header.slots = kSlots;
    auto* bytes = reinterpret_cast<uint8_t*>(words.data());
    std::memcpy(bytes, &header, sizeof header);
    std::memcpy(bytes + kHeaderSize, operations_.data(), operations_.size() * kOperationSize);
    std::memcpy(bytes + base_, data_.data(), data_.size());
    return words;
  }

 private:
  void fill(Operation& operation) {
    operation = {};
    Kind kinds[kArgumentsPerOperation] = {};
    do operation.code = input_.ConsumeIntegralInRange<uint16_t>(0, kMostCodes);
    while (!argumentKinds(operation.code, kinds) && input_.remaining_bytes() > 0);
    operation.actor = input_.ConsumeIntegralInRange<uint8_t>(0, 3);
    operation.tolerate = input_.ConsumeIntegral<uint8_t>();
    for (unsigned k = 0; k < kArgumentsPerOperation; k++) operation.args[k] = argument(kinds[k]);
  }

  uint64_t argument(Kind kind) {
    switch (kind) {
      case Kind::Integer:
        return input_.ConsumeBool() ? input_.ConsumeIntegral<uint8_t>() : input_.ConsumeIntegral<uint64_t>();
      case Kind::Slot: {
        auto slot = input_.ConsumeIntegralInRange<uint32_t>(0, kSlots);
        return slot == kSlots ? kNoSlot : slot;
      }
      case Kind::String:
        return text(true);
      case Kind::Bytes:
        return text(false);
      case Kind::Strings:
        return texts();
      default:
        return 0;
    }
  }

  uint64_t text(bool isString) {
    std::string value = input_.ConsumeRandomLengthString(48);
    if (isString) value.erase(std::find(value.begin(), value.end(), '\0'), value.end());
    uint64_t at = base_ + data_.size();
    data_.insert(data_.end(), value.begin(), value.end());
    data_.push_back(0);
    return at | uint64_t{value.size()} << 32;
  }

  uint64_t texts() {
    std::vector<uint64_t> offsets(input_.ConsumeIntegralInRange<size_t>(0, 4));
    for (uint64_t& offset : offsets) offset = static_cast<uint32_t>(text(true));
    uint64_t count = offsets.size();
    offsets.push_back(0);
    while (data_.size() % 8) data_.push_back(0);
    uint64_t at = base_ + data_.size();
    auto* bytes = reinterpret_cast<uint8_t*>(offsets.data());
    data_.insert(data_.end(), bytes, bytes + offsets.size() * 8);
    return at | count << 32;
  }

  FuzzedDataProvider& input_;
  std::vector<Operation> operations_;
  std::vector<uint8_t> data_;
  uint64_t base_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // They live on beyond the jump that may end a run.
  static std::vector<uint64_t> words;
  static std::vector<uint8_t> answers;
  FuzzedDataProvider input(data, size);
  auto actor = static_cast<Actor>(input.ConsumeIntegralInRange<uint8_t>(0, 2));
  size_t programSize;
  words = Writer(input).words(&programSize);
  answers = input.ConsumeRemainingBytes<uint8_t>();
  fuzz::setAnswers(answers.data(), answers.size());
  if (setjmp(fuzz::theEnd) == 0) {
    auto* bytes = reinterpret_cast<uint8_t*>(words.data());
    if (actor == Actor::Undo) {
      runUndo(bytes, programSize, true);
    } else {
      Machine machine;
      machine.actor = actor;
      uint32_t step;
      if (machine.program.read(bytes, programSize) == 0) runProgram(machine, &step);
    }
  }
  fuzz::unmapAll();
  return 0;
}
