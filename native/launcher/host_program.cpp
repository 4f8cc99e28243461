// The operations `run` and `hook`: programs of the host, such as nft. Whoever runs the operation starts it, but for Node, which has
// its undo's programs started by a process of the launcher's (addon/host_programs.h). A program that only cleans up has no
// launcher: so the child shares the memory until its exec (CLONE_VM | CLONE_VFORK), nothing is copied, and the rules of
// addon/process.cpp hold: system calls only, on a stack of its own, with all signals blocked.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/signal.h>

#include "../sys/text.h"
#include "machine.h"
#include "report.h"

namespace cofferdam {
namespace {

constexpr unsigned kMostWords = 16;
constexpr size_t kMostOutput = 4096;
constexpr int kPidfd = 3;                               // P_PIDFD
constexpr int kExited = 4, kWithoutChild = 0x40000000;  // WEXITED, __WALL
constexpr int kEndedByCode = 1;                         // CLD_EXITED

struct Recipe {
  const char* file;
  char** words;
  const char** environment;
  int input, output;
  long error;  // of the child's, before its exec
};

#if defined(__clang__) || defined(__GNUC__)
#define COFFERDAM_PLAIN __attribute__((noinline, no_sanitize("address", "undefined")))
#else
#define COFFERDAM_PLAIN
#endif

[[noreturn]] COFFERDAM_PLAIN void runChild(Recipe* recipe) {
  // Whoever waits for it may be killed: it must not do anything later than that, when somebody undoes it.
  sys::raw(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // The recipe is the parent's, too, and its descriptors are other ones.
  long output = sys::raw(__NR_fcntl, recipe->output, F_DUPFD_CLOEXEC, 3);
  long result = output < 0 ? output : sys::raw(__NR_fcntl, recipe->input, F_DUPFD_CLOEXEC, 3);
  if (result >= 0) result = sys::raw(__NR_dup3, result, 0, 0);
  if (result >= 0) result = sys::raw(__NR_dup3, output, 1, 0);
  if (result >= 0) result = sys::raw(__NR_dup3, output, 2, 0);
  if (result >= 0) {
    sys::raw(__NR_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
    uint64_t none = 0;
    sys::raw(__NR_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
    result = sys::raw(__NR_execve, recipe->file, recipe->words, recipe->environment);
  }
  recipe->error = result;
  sys::raw(__NR_exit, 127);
  __builtin_unreachable();
}

// vfork(2), but for the descriptor. The child never returns from runChild(), so what this frame keeps stays whole; it would
// overwrite that of a function between, hence raw6(), which is always inlined. The kernel writes `pidfd`.
// NOLINTNEXTLINE(readability-non-const-parameter)
COFFERDAM_PLAIN long cloneChild(Recipe* recipe, int* pidfd) {
  clone_args args = {};
  args.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
  args.pidfd = reinterpret_cast<uint64_t>(pidfd);
  long pid = sys::raw6(__NR_clone3, reinterpret_cast<long>(&args), sizeof args, 0, 0, 0, 0);
  if (pid == 0) runChild(recipe);
  return pid;
}

struct SignalInfo {
  int32_t signal, error, code, padding;
  int32_t pid, uid, status;
  uint8_t rest[100];
};

// Its exit status; -ETIMEDOUT when it had to be killed.
int wait(int pidfd, uint64_t milliseconds) {
  struct {
    int descriptor;
    short wanted, found;
  } end = {pidfd, 1 /* POLLIN */, 0};
  struct {
    int64_t seconds, nanoseconds;
  } time = {static_cast<int64_t>(milliseconds / 1000), static_cast<int64_t>(milliseconds % 1000) * 1000000};
  bool late = sys::retry(__NR_ppoll, &end, 1, &time, nullptr, 8) == 0;
  if (late) sys::raw(__NR_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
  SignalInfo info = {};
  long result = sys::retry(__NR_waitid, kPidfd, pidfd, &info, kExited | kWithoutChild, nullptr);
  if (late) return -ETIMEDOUT;
  if (result < 0) return static_cast<int>(result);
  return info.code == kEndedByCode ? info.status : -EINTR;
}

bool contains(const char* text, const char* part) {
  for (; *text; text++)
    if (text::startsWith(text, part)) return true;
  return false;
}

// nft(8) has one status for all failures; its messages end with what the kernel answered.
int errnoOf(const char* messages) {
  if (contains(messages, "No such file or directory")) return -ENOENT;
  if (contains(messages, "File exists")) return -EEXIST;
  if (contains(messages, "Operation not permitted") || contains(messages, "must be root")) return -EPERM;
  if (contains(messages, "not supported")) return -EOPNOTSUPP;
  if (contains(messages, "Device or resource busy")) return -EBUSY;
  return -EIO;
}

int memoryFile(const char* name) { return static_cast<int>(sys::raw(__NR_memfd_create, name, 1 /* MFD_CLOEXEC */)); }

int runWith(Machine& machine, Recipe* recipe, uint64_t timeout) {
  uint64_t all = ~uint64_t{0};
  uint64_t before = 0;
  sys::raw(__NR_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all);
  int pidfd = -1;
  long pid = cloneChild(recipe, &pidfd);
  sys::raw(__NR_rt_sigprocmask, SIG_SETMASK, &before, nullptr, sizeof before);
  if (pid < 0) return static_cast<int>(pid);
  int status = wait(pidfd, timeout);
  sys::close(pidfd);
  if (recipe->error < 0) return static_cast<int>(recipe->error);
  if (status <= 0) return status;
  char messages[kMostOutput];
  long size = sys::retry(__NR_pread64, recipe->output, messages, sizeof messages - 1, 0);
  messages[size < 0 ? 0 : size] = 0;
  if (machine.launchSocket >= 0)
    report(machine.launchSocket, Message::Descriptor, kMessagesTag, machine.step, recipe->output);
  return errnoOf(messages);
}

// What it reads is there before it starts; what it writes is kept.
int runRecipe(Machine& machine, Recipe* recipe, Bytes input, uint64_t timeout) {
  recipe->input = memoryFile("cofferdam-input");
  recipe->output = memoryFile("cofferdam-output");
  int output = recipe->output;
  int result = recipe->input < 0 ? recipe->input : recipe->output;
  // pwrite(2) leaves the position at the beginning, which the child shares.
  if (result >= 0 && input.size > 0)
    result = static_cast<int>(sys::retry(__NR_pwrite64, recipe->input, input.data, static_cast<size_t>(input.size), 0));
  if (result >= 0) result = runWith(machine, recipe, timeout);
  if (recipe->input >= 0) sys::close(recipe->input);
  if (output >= 0) sys::close(output);
  return result;
}

}  // namespace

int runHook(Machine& machine, const Operation& operation) {
  using A = arg::Hook;
  uint32_t count = 0;
  char** words = machine.program.strings(operation, A::argv, &count);
  if (!words || count == 0) return -EBADMSG;
  char** environment = machine.program.strings(operation, A::envp, &count);
  if (!environment) return -EBADMSG;
  Recipe recipe = {machine.program.string(operation, A::file), words, const_cast<const char**>(environment), -1, -1, 0};
  int result = runRecipe(machine, &recipe, {}, operation.args[A::timeout]);
  // What its messages say is about its own work: that a file is missing for it is not that the program is missing.
  return result < 0 && recipe.error == 0 && result != -ETIMEDOUT ? -EIO : result;
}

int runHostProgram(Machine& machine, const Operation& operation) {
  using A = arg::Run;
  char words[1024];
  const char* command = machine.program.string(operation, A::command);
  if (machine.elsewhere.run)
    return machine.elsewhere.run(machine.elsewhere.who, command, machine.program.bytes(operation, A::input),
                                 operation.args[A::timeout]);
  size_t length = text::length(command);
  if (length == 0 || length >= sizeof words) return -EINVAL;
  text::copy(words, command, length + 1);
  // Explicit: nothing of the program's own environment, and messages that are not translated.
  static const char kPath[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  static const char kLanguage[] = "LC_ALL=C";
  const char* environment[] = {kPath, kLanguage, nullptr};
  char* parts[kMostWords + 1] = {};
  unsigned count = 0;
  for (size_t i = 0; i < length; i++) {
    bool begins = words[i] != ' ' && (i == 0 || words[i - 1] == 0);
    if (words[i] == ' ') words[i] = 0;
    if (begins && count < kMostWords) parts[count++] = words + i;
  }
  Recipe recipe = {parts[0], parts, environment, -1, -1, 0};
  return runRecipe(machine, &recipe, machine.program.bytes(operation, A::input), operation.args[A::timeout]);
}

}  // namespace cofferdam
