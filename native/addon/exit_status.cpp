#include "exit_status.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "../sys/syscall.h"

namespace cofferdam {
namespace {

// PIDFD_GET_INFO of linux/pidfd.h, Linux 6.15's first version of it.
struct PidfdInfo {
  uint64_t mask;
  uint64_t cgroup;
  uint32_t ids[11];
  int32_t exitCode;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr unsigned long kGetInfo = _IOWR(0xff, 11, PidfdInfo);
constexpr uint64_t kInfoExit = 1 << 3;

uint64_t microseconds(const timeval& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000 + static_cast<uint64_t>(time.tv_usec);
}

// The embedding program, or a library in it, waits for any child (waitpid(-1)) and took ours.
ExitStatus statusOfTaken(int pidfd) {
  ExitStatus status;
  PidfdInfo info{};
  info.mask = kInfoExit;
  if (sys::raw(__NR_ioctl, pidfd, kGetInfo, &info) < 0 || !(info.mask & kInfoExit)) {
    status.lost = true;
  } else if (WIFEXITED(info.exitCode)) {
    status.code = WEXITSTATUS(info.exitCode);
  } else {
    status.signal = WTERMSIG(info.exitCode);
  }
  return status;
}

}  // namespace

std::optional<ExitStatus> reapProcess(int pidfd) {
  siginfo_t info{};
  rusage usage{};
  // The kernel's waitid has a fifth argument that glibc's lacks. __WALL: the process has no exit signal.
  long result = sys::retry(__NR_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG | __WALL, &usage);
  if (result == -ECHILD) return statusOfTaken(pidfd);
  if (result < 0 || info.si_pid == 0) return std::nullopt;
  ExitStatus status;
  if (info.si_code == CLD_EXITED)
    status.code = info.si_status;
  else
    status.signal = info.si_status;
  status.userTime = microseconds(usage.ru_utime);
  status.systemTime = microseconds(usage.ru_stime);
  status.maxRss = static_cast<uint64_t>(usage.ru_maxrss);
  return status;
}

bool isChild(int pid) {
  siginfo_t info{};
  return pid > 0 && sys::retry(__NR_waitid, P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL, 0) == 0;
}

UniqueFd openChild(int pid) { return UniqueFd(static_cast<int>(sys::raw(__NR_pidfd_open, pid, 0))); }

void reapKilled(int pid) {
  siginfo_t info{};
  sys::retry(__NR_waitid, P_PID, pid, &info, WEXITED | __WALL, 0);
}

}  // namespace cofferdam
