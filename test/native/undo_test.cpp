#include <cerrno>
#include <filesystem>
#include <fstream>

#include "../../native/launcher/interpreter.h"
#include "check.h"
#include "program_builder.h"

using namespace cofferdam;
namespace fs = std::filesystem;

namespace {

struct Directory {
  fs::path path;
  Directory() {
    char name[] = "/tmp/cofferdam-native-XXXXXX";
    path = mkdtemp(name);
  }
  ~Directory() { fs::remove_all(path); }
};

Outcome undo(ProgramBuilder& builder, bool janitor = false) {
  auto words = builder.words();
  return runUndo(reinterpret_cast<uint8_t*>(words.data()), builder.size(), janitor);
}

}  // namespace

TEST("removeTree removes a tree, and follows no link out of it") {
  Directory directory, outside;
  std::ofstream(outside.path / "canary") << "here";
  fs::create_directories(directory.path / "tree/a/b/c");
  std::ofstream(directory.path / "tree/a/file") << "x";
  fs::create_symlink(outside.path, directory.path / "tree/a/link");
  for (int i = 0; i < 300; i++) std::ofstream(directory.path / ("tree/file" + std::to_string(i))) << i;
  ProgramBuilder builder;
  builder.add(Code::RemoveTree, {builder.string(directory.path / "tree")});
  CHECK(undo(builder).error == 0);
  CHECK(!fs::exists(directory.path / "tree"));
  CHECK(fs::exists(outside.path / "canary"));
}

TEST("undo goes on past a failure and tells the first") {
  Directory directory;
  std::ofstream(directory.path / "file") << "x";
  ProgramBuilder builder;
  builder.add(Code::Unlink, {kNoSlot, builder.string(directory.path / "missing")});
  builder.add(Code::Unlink, {kNoSlot, builder.string(directory.path / "file")});
  Outcome outcome = undo(builder);
  CHECK(outcome.error == ENOENT && outcome.step == 0);
  CHECK(!fs::exists(directory.path / "file"));
}

TEST("tolerated errors are none, and actors are kept apart") {
  Directory directory;
  std::ofstream(directory.path / "janitor") << "x";
  std::ofstream(directory.path / "child") << "x";
  ProgramBuilder builder;
  builder.add(Code::Unlink, {kNoSlot, builder.string(directory.path / "missing")}, Actor::Undo, kTolerate_ENOENT);
  builder.add(Code::Unlink, {kNoSlot, builder.string(directory.path / "janitor")}, Actor::Janitor);
  builder.add(Code::Unlink, {kNoSlot, builder.string(directory.path / "child")}, Actor::Child);
  CHECK(undo(builder, false).error == 0);
  CHECK(fs::exists(directory.path / "janitor"));
  ProgramBuilder again;
  again.add(Code::Unlink, {kNoSlot, again.string(directory.path / "janitor")}, Actor::Janitor);
  CHECK(undo(again, true).error == 0);
  CHECK(!fs::exists(directory.path / "janitor"));
  CHECK(fs::exists(directory.path / "child"));
}

TEST("a cgroup that is not there is gone already") {
  ProgramBuilder builder;
  builder.add(Code::CgroupKill, {builder.string("/sys/fs/cgroup/no-such-cofferdam"), 2});
  builder.add(Code::CgroupRemove, {builder.string("/sys/fs/cgroup/no-such-cofferdam"), 1});
  CHECK(undo(builder).error == 0);
}
