// The janitor: sleeps until Node is gone, then kills what Node had started and undoes what would outlive it. It learns
// of nothing while Node lives: the journal is memory that Node writes, so a launch does not wake it.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/poll.h>
#include <linux/signal.h>

#include "../sys/message.h"
#include "../sys/text.h"
#include "interpreter.h"
#include "roles.h"

namespace cofferdam {
namespace {

constexpr int kMostWatched = 1024;
constexpr int64_t kPatienceMs = 5000;  // for launches that hang, and for the killed to be gone

int watched[kMostWatched];
int watchedCount = 0;

struct Time {
  int64_t seconds, nanoseconds;
};

int poll(pollfd* descriptors, unsigned count, int64_t milliseconds) {
  Time time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  return static_cast<int>(
      sys::retry(__NR_ppoll, descriptors, count, milliseconds < 0 ? nullptr : &time, nullptr, size_t{8}));
}

bool gone(int pidfd, int64_t milliseconds) {
  pollfd descriptor = {pidfd, POLLIN, 0};
  return poll(&descriptor, 1, milliseconds) != 0;
}

void forgetTheGone() {
  int kept = 0;
  for (int i = 0; i < watchedCount; i++) {
    if (gone(watched[i], 0))
      sys::close(watched[i]);
    else
      watched[kept++] = watched[i];
  }
  watchedCount = kept;
}

// Takes the pidfds that the launcher sent; false at end of file.
bool receivePidfds() {
  MessageHeader header;
  int pidfd;
  unsigned count = 1;
  long size = sys::receiveMessage(kJanitorPidfds, &header, sizeof header, &pidfd, &count);
  if (size <= 0) return false;
  if (count == 0) return true;
  if (watchedCount == kMostWatched) forgetTheGone();
  if (watchedCount < kMostWatched)
    watched[watchedCount++] = pidfd;
  else
    sys::close(pidfd);
  return true;
}

void waitForTheEnd() {
  pollfd descriptors[3] = {{kJanitorLifeline, 0, 0}, {kJanitorOwner, POLLIN, 0}, {kJanitorPidfds, POLLIN, 0}};
  for (;;) {
    if (poll(descriptors, 3, -1) < 0) continue;
    if (descriptors[2].revents && !receivePidfds()) descriptors[2].fd = -1;
    if (descriptors[0].revents || descriptors[1].revents) break;
  }
  // Launches under way hold the lifeline until they exec or fail: only after them is everything on record.
  descriptors[1].fd = -1;
  while (!(descriptors[0].revents & POLLHUP) && poll(descriptors, 1, kPatienceMs) > 0) continue;
  while (descriptors[2].fd >= 0 && poll(descriptors + 2, 1, 0) > 0)
    if (!receivePidfds()) break;
}

void killWatched() {
  for (int i = 0; i < watchedCount; i++) sys::raw(__NR_pidfd_send_signal, watched[i], SIGKILL, nullptr, 0);
  for (int i = 0; i < watchedCount; i++) gone(watched[i], kPatienceMs);
}

// The first slot from `from` on that may have been written. A look at a hole through the mapping takes a page for it, and is
// SIGBUS where a tmpfs has none.
uint32_t nextWritten(uint32_t from) {
  long at = sys::raw(__NR_lseek, kJanitorJournal, uint64_t{from} * kJournalSlotSize, 3 /* SEEK_DATA */);
  if (at == -ENXIO) return kJournalSlots;
  return at < 0 ? from : static_cast<uint32_t>(static_cast<uint64_t>(at) / kJournalSlotSize);
}

// False when something is left.
bool undoAll(uint8_t* journal) {
  bool clean = true;
  for (uint32_t i = nextWritten(1); i < kJournalSlots; i = nextWritten(i)) {
    auto* slot = reinterpret_cast<JournalSlot*>(journal + uint64_t{i} * kJournalSlotSize);
    if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) != 1) {
      i++;
      continue;
    }
    uint32_t span = slot->slots;
    uint64_t room = uint64_t{span} * kJournalSlotSize - sizeof(JournalSlot);
    uint32_t size;
    text::copy(&size, slot->program + 8, sizeof size);
    if (span == 0 || span > kJournalSlots - i || size > room) return false;
    if (runUndo(slot->program, size, true).error == 0)
      __atomic_store_n(&slot->state, 0u, __ATOMIC_RELEASE);
    else
      clean = false;
    i += span;
  }
  return clean;
}

}  // namespace

void runJanitor() {
  constexpr uint64_t kSize = uint64_t{kJournalSlots} * kJournalSlotSize;
  sys::raw(__NR_flock, kJanitorJournal, 2 /* LOCK_EX */);
  long journal = sys::raw(__NR_mmap, 0, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, kJanitorJournal, 0);
  if (journal < 0 && journal > -4096) sys::raw(__NR_exit_group, 1);
  waitForTheEnd();
  killWatched();
  if (undoAll(reinterpret_cast<uint8_t*>(journal))) {
    char path[4096];
    text::Builder<64> link;
    link.add("/proc/self/fd/").add(uint64_t{kJanitorJournal});
    long size = sys::raw(__NR_readlinkat, -100, link.text(), path, sizeof path - 1);
    if (size > 0) {
      path[size] = 0;
      sys::raw(__NR_unlinkat, -100, path, 0);
    }
  }
  sys::raw(__NR_exit_group, 0);
  __builtin_unreachable();
}

}  // namespace cofferdam
