#include "undo.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "../launcher/interpreter.h"
#include "../program/layout.h"
#include "../sys/syscall.h"
#include "host_programs.h"
#include "proc_stat.h"

namespace cofferdam {
namespace {

constexpr size_t kMostOfFile = 4096;

bool readAt(int file, void* to, size_t size, uint64_t offset) {
  for (size_t done = 0; done < size;) {
    long count = sys::retry(__NR_pread64, file, static_cast<char*>(to) + done, size - done, offset + done);
    if (count <= 0) return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

bool ownerLives(const JournalHeader& header) {
  return header.magic == kMagic && header.ownerPid > 0 && header.ownerStart != 0 &&
         startTime(header.ownerPid) == header.ownerStart;
}

// A program that is armed in `slot`, and how many slots it spans; empty when there is none.
std::vector<uint8_t> armedProgram(int file, uint32_t slot, uint32_t* span) {
  uint64_t at = uint64_t{slot} * kJournalSlotSize;
  JournalSlot head;
  ProgramHeader program;
  *span = 1;
  if (!readAt(file, &head, sizeof head, at) || head.state != 1) return {};
  if (head.slots == 0 || head.slots > kJournalSlots - slot) return {};
  if (!readAt(file, &program, sizeof program, at + offsetof(JournalSlot, program))) return {};
  size_t room = size_t{head.slots} * kJournalSlotSize - offsetof(JournalSlot, program);
  if (program.magic != kMagic || program.size < kHeaderSize || program.size > room) return {};
  std::vector<uint8_t> bytes(program.size);
  if (!readAt(file, bytes.data(), bytes.size(), at + offsetof(JournalSlot, program))) return {};
  *span = head.slots;
  return bytes;
}

}  // namespace

UndoFailure runUndoProgram(std::span<const uint8_t> program, bool all, Companions* companions, bool patient) {
  // The reader turns offsets into addresses in place, which the journal's copy must not get to see.
  std::vector<uint8_t> copy(program.begin(), program.end());
  HostPrograms programs(companions);
  Outcome outcome = runUndo(copy.data(), copy.size(), all, patient, programs.elsewhere());
  return {outcome.error, outcome.step, programs.messages()};
}

bool undoneAtOnce(const Undo& undo, Journal* journal) {
  // Nothing that it does at once is a program.
  if (runUndoProgram(undo.program, false, nullptr, false).error) return false;
  journal->free(undo.journalSlot);
  return true;
}

UndoFailure runJournaledUndo(const Undo& undo, bool all, Journal* journal, Companions* companions) {
  UndoFailure failure = runUndoProgram(undo.program, all, companions);
  if (failure.error)
    journal->abandon(undo.journalSlot);
  else
    journal->free(undo.journalSlot);
  return failure;
}

FileContents readFiles(const std::vector<std::string>& paths) {
  FileContents contents;
  contents.reserve(paths.size());
  for (const std::string& path : paths) {
    UniqueFd file(static_cast<int>(sys::raw(__NR_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)));
    char text[kMostOfFile];
    long size = file ? sys::retry(__NR_read, file.get(), text, sizeof text) : -1;
    if (size < 0)
      contents.emplace_back(std::nullopt);
    else
      contents.emplace_back(std::in_place, text, static_cast<size_t>(size));
  }
  return contents;
}

Result<Recovery> recoverJournal(const std::string& path, bool dryRun, Companions* companions) {
  constexpr int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  Result<UniqueFd> file = descriptor(sys::raw(__NR_openat, AT_FDCWD, path.c_str(), flags), "open", path);
  // Its janitor, or somebody else who recovers, was done since the directory was read: nothing is on record.
  if (!file && file.failure().error == ENOENT) return Recovery{};
  if (!file) return file.failure();
  Recovery recovery;
  // The janitor holds the lock for as long as it lives; so does whoever else recovers.
  long locked = sys::retry(__NR_flock, file->get(), LOCK_EX | LOCK_NB);
  if (locked < 0 && locked != -EWOULDBLOCK) return Failure{static_cast<int>(-locked), "flock", path};
  JournalHeader header{};
  // A file that is no journal has nobody alive and nothing on record.
  bool readable = readAt(file->get(), &header, sizeof header, 0) && header.magic == kMagic;
  recovery.alive = locked < 0 || (readable && ownerLives(header));
  if (recovery.alive) return recovery;
  // Written by a release whose layout this one does not know: not ours to judge.
  if (!readable || header.version != kVersion) return Failure{EBADMSG, "read", path};

  bool undone = !dryRun;
  for (uint32_t slot = 1, span = 1; slot < kJournalSlots; slot += span) {
    std::vector<uint8_t> program = armedProgram(file->get(), slot, &span);
    if (program.empty()) continue;
    UndoFailure failure;
    if (!dryRun) failure = runUndoProgram(program, true, companions);
    uint32_t free = 0;
    if (!dryRun && !failure.error)
      sys::retry(__NR_pwrite64, file->get(), &free, sizeof free, uint64_t{slot} * kJournalSlotSize);
    undone = undone && !failure.error;
    recovery.failures.push_back(std::move(failure));
    recovery.programs.push_back(std::move(program));
  }
  if (undone) sys::raw(__NR_unlinkat, AT_FDCWD, path.c_str(), 0);
  return recovery;
}

}  // namespace cofferdam
