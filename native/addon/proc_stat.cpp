#include "proc_stat.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sys/syscall.h"
#include "unique_fd.h"

namespace cofferdam {
namespace {

constexpr unsigned long kForkNoExec = 0x40;  // PF_FORKNOEXEC of the kernel's sched.h

// Field `number` (from 1, see proc_pid_stat(5)); false when there is no such process. The second field is the
// command's name, which may itself contain blanks and parentheses, so fields are counted from its last parenthesis.
bool statField(pid_t pid, int number, unsigned long* value) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  UniqueFd file(static_cast<int>(sys::raw(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC)));
  if (!file) return false;
  char text[1024];
  long size = sys::retry(__NR_read, file.get(), text, sizeof text - 1);
  if (size <= 0) return false;
  text[size] = 0;
  const char* at = strrchr(text, ')');
  for (int field = 2; at && field < number; field++) {
    at = strchr(at, ' ');
    if (at) at++;
  }
  if (!at) return false;
  *value = strtoul(at, nullptr, 10);
  return true;
}

}  // namespace

uint64_t startTime(pid_t pid) {
  unsigned long ticks = 0;
  return statField(pid, 22, &ticks) ? ticks : 0;
}

bool neverExecuted(pid_t pid) {
  unsigned long flags = 0;
  return statField(pid, 9, &flags) && (flags & kForkNoExec);
}

}  // namespace cofferdam
