#include "init.h"

#include <linux/errno.h>
#include <linux/signal.h>
#include <linux/wait.h>

#include "../sys/syscall.h"

namespace cofferdam {
namespace {

constexpr uint64_t kAllSignals = ~uint64_t{0};
constexpr int kExitedByCode = 1;  // CLD_EXITED
constexpr int kExitTty = 128;

struct SignalInfo {
  int number;
  int error;
  int code;
  int pad;
  int pid;
  uint32_t uid;
  int status;
  uint8_t rest[100];
};

// Reaps whatever has ended; returns the exit status once `child` has, -1 before.
int reap(int child) {
  for (;;) {
    SignalInfo info = {};
    long result = sys::raw(__NR_waitid, P_ALL, 0, &info, WEXITED | WNOHANG | __WALL, nullptr);
    if (result < 0 || info.pid == 0) return -1;
    // The shell's convention: PID 1 cannot end by most signals itself.
    if (info.pid == child) return info.code == kExitedByCode ? info.status : kExitTty + info.status;
  }
}

}  // namespace

void runInit(int child) {
  // Pipes held open here would keep their readers waiting after the command's end.
  sys::raw(__NR_close_range, 0, ~0u, 0);
  uint64_t all = kAllSignals;
  sys::raw(__NR_rt_sigprocmask, SIG_SETMASK, &all, nullptr, sizeof all);
  for (;;) {
    if (int status = reap(child); status >= 0) sys::raw(__NR_exit_group, status);
    SignalInfo info = {};
    long signal = sys::raw(__NR_rt_sigtimedwait, &all, &info, nullptr, sizeof all);
    // SIGCHLD is ours; what the kernel raised for this process itself is not for the child.
    if (signal > 0 && signal != SIGCHLD) sys::raw(__NR_kill, child, signal);
  }
}

}  // namespace cofferdam
