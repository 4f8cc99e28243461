#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../program/layout.h"
#include "../sys/syscall.h"
#include "proc_stat.h"

namespace cofferdam {
namespace {

constexpr size_t kSize = size_t{kJournalSlots} * kJournalSlotSize;
constexpr uint32_t kReserveStep = 16;  // slots

Failure failure(long result, const char* syscall, const std::string& path) {
  return Failure{static_cast<int>(-result), syscall, path};
}

JournalSlot* slotAt(uint8_t* memory, uint32_t slot) {
  return reinterpret_cast<JournalSlot*>(memory + size_t{slot} * kJournalSlotSize);
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::create(const std::string& path) {
  std::string draft = path + ".new";
  constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  Result<UniqueFd> file = descriptor(sys::raw(__NR_openat, AT_FDCWD, draft.c_str(), flags, 0600), "open", draft);
  if (!file) return file.failure();

  long result = sys::raw(__NR_ftruncate, file->get(), kSize);
  const char* call = "ftruncate";
  void* memory = MAP_FAILED;
  if (result >= 0) {
    memory = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, file->get(), 0);
    if (memory == MAP_FAILED) result = -errno, call = "mmap";
  }
  if (result < 0) {
    sys::raw(__NR_unlinkat, AT_FDCWD, draft.c_str(), 0);
    return failure(result, call, draft);
  }
  std::unique_ptr<Journal> journal(new Journal(path, std::move(*file), static_cast<uint8_t*>(memory)));
  journal->used_.assign(kJournalSlots, false);
  journal->used_[0] = true;
  return journal;
}

Journal::~Journal() { munmap(memory_, kSize); }

Result<UniqueFd> Journal::reopen() const {
  char path[40];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file_.get());
  return descriptor(sys::raw(__NR_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC), "open", path);
}

// Before the first record, and not before: who only looks, stops or removes needs no room for it.
Done Journal::takeName() {
  if (draft_.empty()) return Nothing{};
  JournalHeader header{kMagic, kVersion, static_cast<int32_t>(getpid()), 0, startTime(getpid())};
  long result = sys::retry(__NR_pwrite64, file_.get(), &header, sizeof header, 0);
  if (result < 0) return failure(result, "pwrite", path_);
  result = sys::raw(__NR_renameat2, AT_FDCWD, draft_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE);
  if (result < 0) return failure(result, "rename", path_);
  draft_.clear();
  return Nothing{};
}

// The first of `count` free slots in a row, the lowest there are: their pages are the likeliest to be there. 0: none.
uint32_t Journal::find(uint32_t count) {
  uint32_t run = 0;
  for (uint32_t slot = lowest_; slot < kJournalSlots; slot++) {
    run = used_[slot] ? 0 : run + 1;
    if (run == count) return slot - count + 1;
  }
  return 0;
}

// Memory for the slots below `end`. The file is sparse, and a store into a hole of a full tmpfs is SIGBUS, not ENOSPC.
Done Journal::reserve(uint32_t end) {
  if (end <= reserved_) return Nothing{};
  uint32_t target = end + kReserveStep < kJournalSlots ? end + kReserveStep : kJournalSlots;
  long result = sys::retry(__NR_fallocate, file_.get(), 0, size_t{reserved_} * kJournalSlotSize,
                           size_t{target - reserved_} * kJournalSlotSize);
  if (result < 0) return failure(result, "fallocate", "the undo journal");
  reserved_ = target;
  return Nothing{};
}

Result<uint32_t> Journal::write(std::span<const uint8_t> program) {
  size_t size = offsetof(JournalSlot, program) + program.size();
  if (size > kSize) return Failure{E2BIG, "write", "the undo journal"};
  auto count = static_cast<uint32_t>((size + kJournalSlotSize - 1) / kJournalSlotSize);

  std::lock_guard lock(mutex_);
  if (Done named = takeName(); !named) return named.failure();
  uint32_t slot = find(count);
  while (!slot && !abandoned_.empty()) {
    release(abandoned_.front());
    abandoned_.pop_front();
    slot = find(count);
  }
  if (!slot) return Failure{ENOSPC, "write", "the undo journal"};
  Done reserved = reserve(slot + count);
  if (!reserved) return reserved.failure();

  for (uint32_t i = 0; i < count; i++) used_[slot + i] = true;
  if (slot == lowest_) lowest_ += count;
  JournalSlot* record = slotAt(memory_, slot);
  record->slots = count;
  memcpy(record->program, program.data(), program.size());
  // Release order: whoever sees the slot armed sees the program whole, even if Node ends at the next instruction.
  __atomic_store_n(&record->state, 1, __ATOMIC_RELEASE);
  return slot;
}

void Journal::release(uint32_t slot) {
  JournalSlot* record = slotAt(memory_, slot);
  uint32_t count = record->slots;
  // The slots inside a longer program hold its bytes; once it is gone they are read as slots of their own.
  for (uint32_t i = 0; i < count; i++) {
    __atomic_store_n(&slotAt(memory_, slot + i)->state, 0, __ATOMIC_RELEASE);
    used_[slot + i] = false;
  }
  if (slot < lowest_) lowest_ = slot;
}

void Journal::free(uint32_t slot) {
  std::lock_guard lock(mutex_);
  release(slot);
}

void Journal::abandon(uint32_t slot) {
  std::lock_guard lock(mutex_);
  abandoned_.push_back(slot);
}

}  // namespace cofferdam
