// Theory of operation. fork(2) would copy Node's page tables (1 ms at 40 MB, 35 ms at 1 GiB), so the child shares
// Node's memory until its exec, and Node's calling thread waits for that: clone(2) with CLONE_VM | CLONE_VFORK. What the
// child may do in between is little:
//  - system calls only, and those through sys/syscall.h: glibc's wrappers would write the *parent's* errno, which the
//    child sees because it shares the thread's TLS;
//  - nothing that changes what the two share. Without CLONE_FILES the descriptor table is the child's own; credentials,
//    prctl and namespaces are left to the executable, because PR_SET_DUMPABLE acts on the shared memory;
//  - no signal handler of Node's may run in it: all signals are blocked, those that glibc keeps for itself (32, 33) too,
//    which is why the mask is set by a raw call. The handlers are gone after exec; the launcher sets its own mask.
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include <memory>

#include "../sys/syscall.h"

#ifndef __NR_close_range
#define __NR_close_range 436
#endif

namespace cofferdam {
namespace {

constexpr size_t kMostDescriptors = 8;
constexpr size_t kStackSize = size_t{32} * 1024;
constexpr size_t kKernelSignalSetSize = 8;

struct Recipe {
  int executable;
  const char* const* argv;
  const char* const* envp;
  const int* descriptors;
  int count;
  int error;  // written by the child, read by the parent once the child has done its exec or ended
};

// Instrumented code would poison the shadow of a stack that is not a thread's.
__attribute__((no_sanitize("address", "undefined"))) int runChild(void* argument) {
  auto* recipe = static_cast<Recipe*>(argument);
  int sources[kMostDescriptors];
  long result = 0;
  long executable = sys::raw(__NR_fcntl, recipe->executable, F_DUPFD_CLOEXEC, recipe->count);
  if (executable < 0) result = executable;
  // Sources first move above the numbers that get filled, so that none is overwritten before it is placed.
  for (int i = 0; i < recipe->count && result >= 0; i++) {
    result = sys::raw(__NR_fcntl, recipe->descriptors[i], F_DUPFD_CLOEXEC, recipe->count);
    sources[i] = static_cast<int>(result);
  }
  for (int i = 0; i < recipe->count && result >= 0; i++) result = sys::raw(__NR_dup3, sources[i], i, 0);
  if (result >= 0) {
    // What the embedding program opened without O_CLOEXEC. Kernels before 5.11 lack the flag; the executable closes
    // everything beyond its own descriptors itself, this only spares it the time between.
    sys::raw(__NR_close_range, recipe->count, ~0U, CLOSE_RANGE_CLOEXEC);
    result = sys::raw(__NR_execveat, executable, "", recipe->argv, recipe->envp, AT_EMPTY_PATH);
  }
  recipe->error = static_cast<int>(-result);
  sys::raw(__NR_exit, 127);
  __builtin_unreachable();
}

}  // namespace

Result<Process> startProcess(int executable, const char* name, std::span<const int> descriptors) {
  if (descriptors.size() > kMostDescriptors) return Failure{EINVAL, "clone", name};
  const char* const argv[] = {name, nullptr};
  const char* const envp[] = {nullptr};
  Recipe recipe{executable, argv, envp, descriptors.data(), static_cast<int>(descriptors.size()), 0};
  auto stack = std::make_unique<uint8_t[]>(kStackSize);
  auto top = reinterpret_cast<uintptr_t>(stack.get() + kStackSize) & ~uintptr_t{15};

  uint64_t everySignal = ~uint64_t{0};
  uint64_t before = 0;
  sys::raw(__NR_rt_sigprocmask, SIG_SETMASK, &everySignal, &before, kKernelSignalSetSize);
  int pidfd = -1;
  // No exit signal: SIGCHLD would reach Node's handler, and whoever ignores SIGCHLD would lose the status.
  int pid = clone(runChild, reinterpret_cast<void*>(top), CLONE_VM | CLONE_VFORK | CLONE_PIDFD, &recipe, &pidfd);
  int error = errno;
  sys::raw(__NR_rt_sigprocmask, SIG_SETMASK, &before, nullptr, kKernelSignalSetSize);

  if (pid < 0) return Failure{error, "clone", name};
  Process process{pid, UniqueFd(pidfd)};
  if (recipe.error) {
    siginfo_t status;
    sys::retry(__NR_waitid, P_PIDFD, process.pidfd.get(), &status, WEXITED | __WALL, nullptr);
    return Failure{recipe.error, "execveat", name};
  }
  return process;
}

}  // namespace cofferdam
