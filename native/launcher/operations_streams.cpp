// Streams, terminal, working directory and the exec: codes 0x50 to 0x5f.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/stat.h>

#include "../sys/path.h"
#include "../sys/text.h"
#include "init.h"
#include "report.h"

namespace cofferdam {
namespace {

// <asm/ioctls.h> and <linux/magic.h>, whose headers clash with glibc's in hosted builds.
constexpr unsigned kSetController = 0x540e;  // TIOCSCTTY
constexpr unsigned kSetWindowSize = 0x5414;  // TIOCSWINSZ
constexpr unsigned kSetLock = 0x40045431;    // TIOCSPTLCK
constexpr unsigned kGetPeer = 0x5441;        // TIOCGPTPEER
constexpr long kDevptsMagic = 0x1cd1;
constexpr int kReadWriteNoController = O_RDWR | O_NOCTTY;

int setsid(Machine& machine, const Operation& operation) {
  long result = sys::raw(__NR_setsid);
  if (result < 0) return static_cast<int>(result);
  int terminal = machine.slot(operation, arg::Setsid::terminal);
  return terminal < 0 ? 0 : static_cast<int>(sys::raw(__NR_ioctl, terminal, kSetController, 0));
}

// The master's other end comes from TIOCGPTPEER: opening /dev/pts/N by name could be answered by a forgery of the
// container's (CVE-2025-52565). ptmx itself must be a devpts' 5:2.
int openMaster(int root) {
  int master = sys::openBelow(root, "dev/pts/ptmx", kReadWriteNoController, 0, RESOLVE_NO_SYMLINKS);
  if (master < 0) return master;
  struct {
    long type;
    uint64_t rest[16];
  } fileSystem = {};
  struct statx facts;
  long result = sys::raw(__NR_fstatfs, master, &fileSystem);
  if (result == 0) result = sys::raw(__NR_statx, master, "", AT_EMPTY_PATH, STATX_TYPE, &facts);
  if (result == 0 && (fileSystem.type != kDevptsMagic || facts.stx_rdev_major != 5 || facts.stx_rdev_minor != 2))
    result = -ENODEV;
  int unlocked = 0;
  if (result == 0) result = sys::raw(__NR_ioctl, master, kSetLock, &unlocked);
  if (result == 0) return master;
  sys::close(master);
  return static_cast<int>(result);
}

int bindConsole(int root, int terminal) {
  int target = sys::openTarget(root, "dev/console", false, true, true);
  if (target < 0) return target;
  long clone = sys::raw(__NR_open_tree, terminal, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
  long result = clone;
  if (clone >= 0) {
    result = sys::raw(__NR_move_mount, clone, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    sys::close(static_cast<int>(clone));
  }
  sys::close(target);
  return static_cast<int>(result);
}

int terminal(Machine& machine, const Operation& operation) {
  using A = arg::Terminal;
  int root = machine.directory(operation, A::dir);
  int master = openMaster(root);
  if (master < 0) return master;
  struct {
    uint16_t rows, columns, width, height;
  } size = {static_cast<uint16_t>(operation.args[A::rows]), static_cast<uint16_t>(operation.args[A::columns]), 0, 0};
  long result = 0;
  if (size.rows && size.columns) result = sys::raw(__NR_ioctl, master, kSetWindowSize, &size);
  long peer = result < 0 ? result : sys::raw(__NR_ioctl, master, kGetPeer, kReadWriteNoController | O_CLOEXEC);
  result = peer;
  if (peer >= 0) {
    result = operation.args[A::console] ? bindConsole(root, static_cast<int>(peer)) : 0;
    if (result == 0) result = report(machine.launchSocket, Message::Descriptor, kTerminalTag, 0, master);
    if (result == 0)
      result = machine.keep(operation, A::into, peer);
    else
      sys::close(static_cast<int>(peer));
  }
  sys::close(master);
  return static_cast<int>(result);
}

int stdio(Machine& machine, const Operation& operation) {
  for (unsigned i = 0; i < 3; i++) {
    int from = machine.slot(operation, i);
    // dup3(2) clears close-on-exec, which Node sets on its own 0 to 2. The launcher's descriptors that were here close.
    long result = from < 0 ? -EBADF : sys::raw(__NR_dup3, from, i, 0);
    if (result < 0) return static_cast<int>(result);
  }
  machine.standardStreams = true;
  return 0;
}

// Moves whatever of ours has the number `number` elsewhere.
int vacate(Machine& machine, int number) {
  auto move = [&](int& descriptor) {
    if (descriptor != number) return 0;
    long moved = sys::raw(__NR_fcntl, descriptor, F_DUPFD_CLOEXEC, 64);
    if (moved < 0) return static_cast<int>(moved);
    descriptor = static_cast<int>(moved);
    return 0;
  };
  if (int error = move(machine.launchSocket); error < 0) return error;
  if (int error = move(machine.peer); error < 0) return error;
  for (int& slot : machine.slots)
    if (int error = move(slot); error < 0) return error;
  return 0;
}

int preserve(Machine& machine, const Operation& operation) {
  int number = static_cast<int>(operation.args[arg::Preserve::number]);
  int from = machine.slot(operation, arg::Preserve::descriptor);
  if (from < 0 || number != 3 + machine.preserved) return -EBADF;
  if (from != number) {
    if (int error = vacate(machine, number); error < 0) return error;
    if (long result = sys::raw(__NR_dup3, from, number, 0); result < 0) return static_cast<int>(result);
  } else if (long result = sys::raw(__NR_fcntl, from, F_SETFD, 0); result < 0) {
    return static_cast<int>(result);
  }
  machine.preserved++;
  return 0;
}

// CVE-2024-21626: a working directory reached through a leaked descriptor is outside of the root, and getcwd(2) then
// says "(unreachable)". Magic links are refused on the way, too.
int chdir(Machine& machine, const Operation& operation) {
  using A = arg::Chdir;
  const char* path = machine.program.string(operation, A::path);
  int root = sys::openBelow(sys::kWorkingDirectory, "/", O_PATH | O_DIRECTORY);
  if (root < 0) return root;
  int directory = operation.args[A::create] ? sys::makeDirectories(root, path, 0755)
                                            : sys::openBelow(root, path, O_PATH | O_DIRECTORY);
  sys::close(root);
  if (directory < 0) return directory;
  long result = sys::raw(__NR_fchdir, directory);
  sys::close(directory);
  char where[4096];
  if (result == 0) result = sys::raw(__NR_getcwd, where, sizeof where);
  if (result < 0) return static_cast<int>(result);
  return where[0] == '/' ? 0 : -EXDEV;
}

int init(const Machine& machine) {
  // Not clone3(2): without no_new_privs the container's filter is there already, and filters cannot look into its argument.
  long pid = sys::raw(__NR_clone, SIGCHLD, 0, 0, 0, 0);
  if (pid > 0) {
    sys::raw(__NR_munmap, machine.records, kRecordsSize);
    runInit(static_cast<int>(pid));
  }
  return static_cast<int>(pid);
}

// execve(2) of `file`, looked for in `path` as a shell does: the first that exists, but EACCES only if none runs.
long execute(const char* file, char** argv, char** envp, const char* path) {
  bool hasSlash = false;
  for (const char* at = file; *at; at++) hasSlash |= *at == '/';
  if (hasSlash) return sys::raw(__NR_execve, file, argv, envp);
  long result = -ENOENT;
  for (const char* at = path;;) {
    const char* end = at;
    while (*end && *end != ':') end++;
    text::Builder<4096> candidate;
    candidate.add(at, static_cast<size_t>(end - at)).add(end == at ? "./" : "/").add(file);
    if (!candidate.full()) {
      long error = sys::raw(__NR_execve, candidate.text(), argv, envp);
      if (error != -ENOENT && error != -ENOTDIR && error != -EACCES) return error;
      if (error == -EACCES) result = error;
    }
    if (!*end) return result;
    at = end + 1;
  }
}

int exec(Machine& machine, const Operation& operation) {
  using A = arg::Exec;
  if (!machine.standardStreams) return -EBADF;
  uint32_t count = 0, entries = 0;
  char** argv = machine.program.strings(operation, A::argv, &count);
  char** envp = machine.program.strings(operation, A::envp, &entries);
  if (!argv || !envp || count == 0) return -EINVAL;
  for (uint32_t i = 0; i < entries; i++)
    if (machine.home && text::equal(envp[i], "HOME=")) envp[i] = machine.homeText;

  // Closed for real before exec: a close-on-exec descriptor is still open while the kernel loads the program.
  int last = 3 + machine.preserved;
  if (machine.launchSocket != last) {
    long moved = sys::raw(__NR_dup3, machine.launchSocket, last, 02000000);
    if (moved < 0) return static_cast<int>(moved);
    machine.launchSocket = last;
  }
  sys::raw(__NR_close_range, last + 1, ~0u, 0);

  // The launcher's own limit of core files is not the command's.
  if (machine.coreLimit.known) {
    rlimit64 core = {machine.coreLimit.soft, machine.coreLimit.hard};
    sys::raw(__NR_prlimit64, 0, RLIMIT_CORE, &core, nullptr);
  }
  uint64_t none = 0;
  sys::raw(__NR_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
  __atomic_store_n(&machine.records->phase, static_cast<uint32_t>(Phase::Executing), __ATOMIC_RELEASE);
  return static_cast<int>(
      execute(machine.program.string(operation, A::file), argv, envp, machine.program.string(operation, A::path)));
}

}  // namespace

int runStreamOperation(Machine& machine, const Operation& operation) {
  switch (static_cast<Code>(operation.code)) {
    case Code::Setsid:
      return setsid(machine, operation);
    case Code::Terminal:
      return terminal(machine, operation);
    case Code::Stdio:
      return stdio(machine, operation);
    case Code::Preserve:
      return preserve(machine, operation);
    case Code::Chdir:
      return chdir(machine, operation);
    case Code::Init:
      return init(machine);
    case Code::Landlock:
      return runLandlock(machine, operation);
    case Code::Exec:
      return exec(machine, operation);
    default:
      return -ENOSYS;
  }
}

}  // namespace cofferdam
