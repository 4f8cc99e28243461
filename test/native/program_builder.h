// Programs for tests, laid out as layout.h says.
#pragma once
#include <cstring>
#include <string>
#include <vector>

#include "../../native/program/layout.h"

class ProgramBuilder {
 public:
  using Word = uint64_t;

  // Offsets are into the data for now; bytes() moves them behind the operations.
  Word string(const std::string& text) {
    Word at = data_.size();
    data_.insert(data_.end(), text.begin(), text.end());
    data_.push_back(0);
    return mark(at | (Word{text.size()} << 32));
  }
  Word data(const std::string& bytes) {
    Word at = data_.size();
    data_.insert(data_.end(), bytes.begin(), bytes.end());
    return mark(at | (Word{bytes.size()} << 32));
  }

  void add(cofferdam::Code code, std::vector<Word> args, cofferdam::Actor actor = cofferdam::Actor::Undo,
           uint8_t tolerate = 0) {
    cofferdam::Operation operation = {};
    operation.code = static_cast<uint16_t>(code);
    operation.actor = static_cast<uint8_t>(actor);
    operation.tolerate = tolerate;
    std::vector<bool> isReference(args.size());
    for (size_t i = 0; i < args.size(); i++) {
      operation.args[i] = args[i] & ~kReference;
      isReference[i] = args[i] & kReference;
    }
    operations_.push_back(operation);
    references_.push_back(isReference);
  }

  std::vector<uint64_t> words() {
    size_t base = cofferdam::kHeaderSize + operations_.size() * cofferdam::kOperationSize;
    for (size_t i = 0; i < operations_.size(); i++)
      for (size_t k = 0; k < references_[i].size(); k++)
        if (references_[i][k]) operations_[i].args[k] += base;
    data_.push_back(0);
    cofferdam::ProgramHeader header = {};
    header.magic = cofferdam::kMagic;
    header.version = cofferdam::kVersion;
    header.size = static_cast<uint32_t>(base + data_.size());
    header.operations = static_cast<uint32_t>(operations_.size());
    header.slots = 8;
    std::vector<uint64_t> words((header.size + 7) / 8);
    auto* bytes = reinterpret_cast<uint8_t*>(words.data());
    std::memcpy(bytes, &header, sizeof header);
    std::memcpy(bytes + sizeof header, operations_.data(), operations_.size() * sizeof(cofferdam::Operation));
    std::memcpy(bytes + base, data_.data(), data_.size());
    size_ = header.size;
    return words;
  }
  size_t size() const { return size_; }

 private:
  static constexpr Word kReference = Word{1} << 63;
  static Word mark(Word reference) { return reference | kReference; }

  std::vector<cofferdam::Operation> operations_;
  std::vector<std::vector<bool>> references_;
  std::vector<uint8_t> data_;
  size_t size_ = 0;
};
