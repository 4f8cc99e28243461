#include "../../native/program/reader.h"

#include <cerrno>

#include "check.h"
#include "program_builder.h"

using namespace cofferdam;

namespace {

int read(std::vector<uint64_t>& words, size_t size) {
  Program program;
  return program.read(reinterpret_cast<uint8_t*>(words.data()), size);
}

ProgramHeader& headerOf(std::vector<uint64_t>& words) { return *reinterpret_cast<ProgramHeader*>(words.data()); }

}  // namespace

TEST("a program is read, and its strings are where they were put") {
  ProgramBuilder builder;
  builder.add(Code::RemoveTree, {builder.string("/tmp/x")});
  auto words = builder.words();
  Program program;
  CHECK(program.read(reinterpret_cast<uint8_t*>(words.data()), builder.size()) == 0);
  CHECK(program.size() == 1);
  CHECK(std::string(program.string(program.operation(0), 0)) == "/tmp/x");
}

TEST("what is not a program is refused") {
  ProgramBuilder builder;
  builder.add(Code::RemoveTree, {builder.string("/tmp/x")});
  const auto good = builder.words();
  const auto refused = [&](auto change) {
    auto words = good;
    change(headerOf(words));
    return read(words, builder.size()) == -EBADMSG;
  };
  CHECK(refused([](ProgramHeader& header) { header.magic++; }));
  CHECK(refused([](ProgramHeader& header) { header.version++; }));
  CHECK(refused([](ProgramHeader& header) { header.size--; }));
  CHECK(refused([](ProgramHeader& header) { header.operations = 1000; }));
  CHECK(refused([](ProgramHeader& header) { header.operations = ~0u; }));
  CHECK(refused([](ProgramHeader& header) { header.slots = kMaxSlots + 1; }));
  CHECK(refused([](ProgramHeader& header) { header.descriptors = header.slots + 1; }));
  for (size_t size = 0; size < builder.size(); size++) {
    auto words = good;
    CHECK(read(words, size) == -EBADMSG);
  }
}

TEST("references and slots beyond the program are refused") {
  for (uint64_t bad : {uint64_t{0}, uint64_t{1} << 40, uint64_t{100000}, ~uint64_t{0} >> 1}) {
    ProgramBuilder builder;
    builder.add(Code::RemoveTree, {bad});
    auto words = builder.words();
    CHECK(read(words, builder.size()) == -EBADMSG);
  }
  for (uint64_t slot : {uint64_t{8}, uint64_t{kNoSlot} - 1, uint64_t{1} << 33}) {
    ProgramBuilder builder;
    builder.add(Code::Close, {slot});
    auto words = builder.words();
    CHECK(read(words, builder.size()) == -EBADMSG);
  }
}

TEST("an unknown operation is refused") {
  ProgramBuilder builder;
  builder.add(static_cast<Code>(0xfff0), {});
  auto words = builder.words();
  CHECK(read(words, builder.size()) == -EBADMSG);
}
