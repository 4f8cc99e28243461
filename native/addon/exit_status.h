// How a process ended.
#pragma once
#include <stdint.h>

#include <optional>

#include "unique_fd.h"

namespace cofferdam {

struct ExitStatus {
  std::optional<int> code;  // nothing when a signal ended it
  int signal = 0;
  bool lost = false;      // somebody else has waited for it, and the kernel no longer knows
  uint64_t userTime = 0;  // microseconds
  uint64_t systemTime = 0;
  uint64_t maxRss = 0;  // kilobytes
};

// Waits for a process that has ended, without blocking; nothing when it cannot be reaped yet (somebody traces it).
std::optional<ExitStatus> reapProcess(int pidfd);

// Whether `pid` is a child of this process, dead or alive, that nobody has waited for.
bool isChild(int pid);
// Its pidfd.
UniqueFd openChild(int pid);
// Waits for a child that was killed.
void reapKilled(int pid);

}  // namespace cofferdam
