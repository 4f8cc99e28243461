// The freestanding executable's start: a process as fresh as init would give it, whatever Node was.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/signal.h>

#include "../sys/syscall.h"
#include "../sys/text.h"
#include "roles.h"

namespace cofferdam {
namespace {

// struct sigaction as the kernel has it.
struct SignalAction {
  uint64_t handler, flags, restorer, mask;
};

void writeOwn(const char* path, const char* value) {
  long file = sys::raw(__NR_openat, -100, path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  sys::raw(__NR_write, file, value, text::length(value));
  sys::close(static_cast<int>(file));
}

// Node ignores SIGPIPE, and what is ignored or blocked stays so across exec. Scheduling, memory policy and the like are
// inherited as well; each is set back to what a fresh process has, as far as this user may (raising a priority again
// takes CAP_SYS_NICE, lowering oom_score_adj CAP_SYS_RESOURCE).
CoreLimit becomeFresh(int firstForeign) {
  uint64_t all = ~uint64_t{0};
  sys::raw(__NR_rt_sigprocmask, SIG_SETMASK, &all, nullptr, sizeof all);
  SignalAction standard = {};
  for (int signal = 1; signal <= 64; signal++) sys::raw(__NR_rt_sigaction, signal, &standard, nullptr, sizeof all);
  sys::raw(__NR_close_range, firstForeign, ~0u, 0);
  sys::raw(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
  sys::raw(__NR_setsid);
  sys::raw(__NR_umask, 0);
  // A working directory would keep its file system busy.
  sys::raw(__NR_chdir, "/");

  writeOwn("/proc/self/oom_score_adj", "0");
  writeOwn("/proc/self/coredump_filter", "0x33");
  uint64_t processors[16];
  for (uint64_t& word : processors) word = ~uint64_t{0};
  sys::raw(__NR_sched_setaffinity, 0, sizeof processors, processors);
  int priority = 0;
  sys::raw(__NR_sched_setscheduler, 0, SCHED_NORMAL, &priority);
  sys::raw(__NR_setpriority, 0 /* PRIO_PROCESS */, 0, 0);
  sys::raw(__NR_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, 0);
  sys::raw(__NR_prctl, PR_SET_TIMERSLACK, 50000, 0, 0, 0);
  sys::raw(__NR_prctl, PR_SET_SECUREBITS, 0, 0, 0, 0);
  sys::raw(__NR_personality, 0);

  rlimit64 core = {};
  sys::raw(__NR_prlimit64, 0, RLIMIT_CORE, nullptr, &core);
  rlimit64 none = {0, core.rlim_max};
  sys::raw(__NR_prlimit64, 0, RLIMIT_CORE, &none, nullptr);
  return {core.rlim_cur, core.rlim_max};
}

}  // namespace

void ignoreChildren() {
  // Not SIG_IGN, which would live on in whatever is executed; SA_NOCLDWAIT ends with the exec.
  SignalAction action = {};
  action.flags = SA_NOCLDWAIT;
  sys::raw(__NR_rt_sigaction, SIGCHLD, &action, nullptr, sizeof(uint64_t));
}

void resetChildSignal() {
  SignalAction action = {};
  sys::raw(__NR_rt_sigaction, SIGCHLD, &action, nullptr, sizeof(uint64_t));
}

}  // namespace cofferdam

extern "C" [[noreturn]] void cofferdamMain(const long* stack) {
  using namespace cofferdam;
  const char* name = stack[0] > 0 ? reinterpret_cast<const char*>(stack[1]) : "";
  if (text::equal(name, "cofferdam-launcher")) {
    sys::raw(__NR_prctl, PR_SET_NAME, name, 0, 0, 0);
    runLauncher(becomeFresh(3));
  }
  if (text::equal(name, "cofferdam-janitor")) {
    sys::raw(__NR_prctl, PR_SET_NAME, name, 0, 0, 0);
    becomeFresh(4);
    runJanitor();
  }
  // Somebody's script names this executable as its interpreter (CVE-2019-5736): it has nothing to give.
  sys::raw(__NR_exit_group, 126);
  __builtin_unreachable();
}
