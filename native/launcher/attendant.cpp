// The operation `attend`: a program of the host that serves the container from outside for as long as that lives, such as
// pasta(1) and slirp4netns(1), which are a plain user's way to a network.
//
// Beside it stays a guard, a process that holds nothing but the container's pidfd: when the container ends, however it
// ends, and whether or not Node and the launcher still live, the guard ends the program. If the guard itself is killed,
// the kernel ends what it started, and end of file on descriptor 4 tells whoever listens to that.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/wait.h>

#include "../sys/text.h"
#include "machine.h"
#include "report.h"
#include "scoped.h"

namespace cofferdam {
namespace {

constexpr size_t kMostOutput = 4096;
constexpr uint32_t kMostWords = 400;
constexpr short kReadable = 1;  // POLLIN
constexpr int kSeals = 1033;    // F_ADD_SEALS
constexpr int kSealShrinkGrow = 2 | 4;
constexpr uint64_t kMillisecond = 1000000;

struct Pipe {
  int reading = -1, writing = -1;
  int open() {
    int ends[2];
    long result = sys::raw(__NR_pipe2, ends, O_CLOEXEC);
    if (result == 0) reading = ends[0], writing = ends[1];
    return static_cast<int>(result);
  }
};

struct Poll {
  int descriptor;
  short wanted, found;
};

// 0 when the time was over.
long poll(Poll* polls, unsigned count, uint64_t until) {
  uint64_t now = sys::monotonicNanoseconds();
  uint64_t left = until > now ? until - now : 0;
  struct {
    int64_t seconds, nanoseconds;
  } time = {static_cast<int64_t>(left / 1000000000), static_cast<int64_t>(left % 1000000000)};
  return sys::raw(__NR_ppoll, polls, count, until == ~uint64_t{0} ? nullptr : &time, nullptr, 8);
}

// Only these stay open, as 0, 1 and so on.
template <unsigned Count>
long keepOnly(const int (&descriptors)[Count]) {
  constexpr int kOutOfTheWay = 100;
  int copies[Count];
  for (unsigned i = 0; i < Count; i++) {
    long copy = sys::raw(__NR_fcntl, descriptors[i], F_DUPFD_CLOEXEC, kOutOfTheWay);
    if (copy < 0) return copy;
    copies[i] = static_cast<int>(copy);
  }
  for (unsigned i = 0; i < Count; i++)
    if (long result = sys::raw(__NR_dup3, copies[i], i, 0); result < 0) return result;
  return sys::raw(__NR_close_range, Count, ~0u, 0);
}

[[noreturn]] void becomeProgram(const char* file, char** argv, int output, int ready, int end) {
  static const char kPath[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  static const char kLanguage[] = "LC_ALL=C";
  const char* environment[] = {kPath, kLanguage, nullptr};
  sys::raw(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  long null = sys::raw(__NR_openat, -100, "/dev/null", O_RDWR | O_CLOEXEC);
  int descriptors[] = {static_cast<int>(null), output, output, ready, end};
  long result = null < 0 ? null : keepOnly(descriptors);
  uint64_t none = 0;
  sys::raw(__NR_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
  if (result >= 0) sys::raw(__NR_execve, file, argv, environment);
  sys::raw(__NR_exit_group, 127);
  __builtin_unreachable();
}

// 0 when it ended with status 0.
int statusOf(int pidfd) {
  uint8_t info[128] = {};  // siginfo_t: signal, errno, code; then pid, uid and status
  long result = sys::retry(__NR_waitid, 3 /* P_PIDFD */, pidfd, info, WEXITED | __WALL, nullptr);
  if (result < 0) return static_cast<int>(result);
  int32_t code, status;
  __builtin_memcpy(&code, info + 8, sizeof code);
  __builtin_memcpy(&status, info + 24, sizeof status);
  if (code == 1 /* CLD_EXITED */ && status == 127) return -ENOENT;
  return code == 1 && status == 0 ? 0 : -EIO;
}

// What went to the background has become the guard's child, as the guard is a subreaper: proc_pid_task_children(5).
bool killChildren() {
  char text[256];
  Scoped file(sys::raw(__NR_openat, -100, "/proc/thread-self/children", O_RDONLY | O_CLOEXEC));
  long size = file.get() < 0 ? 0 : sys::retry(__NR_read, file.get(), text, sizeof text);
  bool found = false;
  for (long begin = 0, at = 0; at < size; at++) {
    if (text[at] != ' ') continue;
    uint64_t pid = 0;
    if (text::number(text + begin, static_cast<size_t>(at - begin), 0x7fffffff, &pid) && pid > 1) {
      sys::raw(__NR_kill, pid, SIGKILL);
      sys::retry(__NR_waitid, 1 /* P_PID */, pid, nullptr, WEXITED | __WALL, nullptr);
      found = true;
    }
    begin = at + 1;
  }
  return found;
}

struct Attendance {
  const char* file;
  char** argv;
  int child;   // pidfd of whom it serves
  int output;  // what the program writes
  int answer;  // 0 or an errno, for the launch
  uint64_t timeout;
};

// Until the program is ready: 0, or why it is not.
int untilReady(int process, int ready, int child, uint64_t until) {
  Poll polls[] = {{ready, kReadable, 0}, {process, kReadable, 0}, {child, kReadable, 0}};
  for (;;) {
    long count = poll(polls, 3, until);
    if (count == -EINTR) continue;
    if (count <= 0) return count == 0 ? -ETIMEDOUT : static_cast<int>(count);
    if (polls[2].found) return -ESRCH;
    char byte;
    if (polls[0].found) {
      if (sys::retry(__NR_read, ready, &byte, 1) == 1) return 0;
      polls[0].descriptor = -1;  // a program that knows of no such descriptor closes it
    }
    if (polls[1].found) return statusOf(process);
  }
}

[[noreturn]] void guard(Attendance attendance) {
  sys::raw(__NR_setsid);
  sys::raw(__NR_prctl, PR_SET_NAME, "cofferdam-guard", 0, 0, 0);
  sys::raw(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  uint64_t all = ~uint64_t{0};
  sys::raw(__NR_rt_sigprocmask, SIG_SETMASK, &all, nullptr, sizeof all);
  int kept[] = {attendance.child, attendance.output, attendance.answer};
  long result = keepOnly(kept);
  int child = 0, output = 1, answer = 2;
  Pipe ready, end;
  if (result >= 0) result = ready.open();
  if (result >= 0) result = end.open();
  int process = -1;
  if (result >= 0) {
    clone_args args = {};
    args.flags = CLONE_PIDFD;
    args.pidfd = reinterpret_cast<uint64_t>(&process);
    args.exit_signal = SIGCHLD;
    result = sys::raw(__NR_clone3, &args, sizeof args);
    if (result == 0) becomeProgram(attendance.file, attendance.argv, output, ready.writing, end.reading);
  }
  sys::close(ready.writing);
  sys::close(end.reading);
  if (result > 0) {
    uint64_t until = sys::monotonicNanoseconds() + attendance.timeout * kMillisecond;
    result = untilReady(process, ready.reading, child, until);
  }
  int error = static_cast<int>(result);
  sys::retry(__NR_write, answer, &error, sizeof error);
  sys::close(answer);
  sys::close(output);
  sys::close(ready.reading);
  if (error == 0) {
    Poll ends = {child, kReadable, 0};
    while (poll(&ends, 1, ~uint64_t{0}) == -EINTR) continue;
  }
  sys::close(end.writing);
  if (process >= 0) sys::raw(__NR_pidfd_send_signal, process, SIGKILL, nullptr, 0);
  while (killChildren()) continue;
  sys::raw(__NR_exit_group, 0);
  __builtin_unreachable();
}

// It cannot grow: what a program says in the course of days goes nowhere.
int outputFile() {
  long file = sys::raw(__NR_memfd_create, "cofferdam-output", 1 | 2 /* MFD_CLOEXEC | MFD_ALLOW_SEALING */);
  if (file < 0) return static_cast<int>(file);
  sys::raw(__NR_ftruncate, file, kMostOutput);
  sys::raw(__NR_fcntl, file, kSeals, kSealShrinkGrow);
  return static_cast<int>(file);
}

}  // namespace

int runAttendant(Machine& machine, const Operation& operation) {
  using A = arg::Attend;
  if (machine.childPidfd < 0) return -ESRCH;
  uint32_t count = 0;
  char** words = machine.program.strings(operation, A::argv, &count);
  if (!words || count == 0 || count > kMostWords) return -EINVAL;
  text::Builder<16> pid;
  pid.add(static_cast<uint64_t>(machine.childPid));
  char* argv[kMostWords + 1] = {};
  for (uint32_t i = 0; i < count; i++) argv[i] = *words[i] ? words[i] : const_cast<char*>(pid.text());

  Scoped output(outputFile());
  if (output.get() < 0) return output.get();
  Pipe answer;
  if (int result = answer.open(); result < 0) return result;
  Scoped reading(answer.reading);
  clone_args args = {};
  args.exit_signal = SIGCHLD;
  long result = sys::raw(__NR_clone3, &args, sizeof args);
  if (result == 0)
    guard({machine.program.string(operation, A::file), argv, machine.childPidfd, output.get(), answer.writing,
           operation.args[A::timeout]});
  sys::close(answer.writing);
  if (result < 0) return static_cast<int>(result);
  int error = -EIO;
  // End of file: the guard was killed.
  if (long size = sys::retry(__NR_read, reading.get(), &error, sizeof error); size != sizeof error) return -EIO;
  if (error < 0 && machine.launchSocket >= 0)
    report(machine.launchSocket, Message::Descriptor, kMessagesTag, machine.step, output.get());
  return error;
}

}  // namespace cofferdam
