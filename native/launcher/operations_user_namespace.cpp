// Whatever has to do with id mappings: ranges of ids, the maps of a user namespace, idmapped mounts.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <linux/wait.h>

#include "../sys/path.h"
#include "../sys/text.h"
#include "machine.h"
#include "scoped.h"

namespace cofferdam {
namespace {

constexpr long kProcMagic = 0x9fa0;
constexpr uint64_t kMostUnsigned = 0xffffffff;

// What else is mapped: see idmap().
enum class Beside { Nothing, HostRoot };

// uid_map or gid_map of the leased range, or what the program says.
const char* mapText(text::Builder<64>& own, const char* given, uint64_t first, uint64_t size, Beside beside) {
  if (*given) return given;
  own.add("0 ").add(first).add(" ").add(size).add("\n");
  if (beside == Beside::HostRoot) own.add(size).add(" 0 1\n");
  return own.text();
}

// user_namespaces(7): setgroups must be denied before an unprivileged process may write gid_map.
int writeMap(int pid, const char* file, const char* text) {
  text::Builder<64> path;
  path.add("/proc/").add(static_cast<uint64_t>(pid)).add("/").add(file);
  int descriptor = sys::openBelow(sys::kWorkingDirectory, path.text(), O_WRONLY);
  if (descriptor < 0) return descriptor;
  long written = sys::retry(__NR_write, descriptor, text, text::length(text));
  sys::close(descriptor);
  return written < 0 ? static_cast<int>(written) : 0;
}

int writeMaps(const Machine& machine, int pid, const char* uid, const char* gid, Beside beside) {
  const auto& lease = machine.lease;
  text::Builder<64> ownUid, ownGid;
  int result = writeMap(pid, "gid_map", mapText(ownGid, gid, lease.gid, lease.size, beside));
  return result < 0 ? result : writeMap(pid, "uid_map", mapText(ownUid, uid, lease.uid, lease.size, beside));
}

int idMaps(const Machine& machine, const Operation& operation) {
  using A = arg::IdMaps;
  if (machine.childPid < 0) return -ESRCH;
  int result = 0;
  if (operation.args[A::denySetgroups]) result = writeMap(machine.childPid, "setgroups", "deny");
  if (result < 0) return result;
  return writeMaps(machine, machine.childPid, machine.program.string(operation, A::uid),
                   machine.program.string(operation, A::gid), Beside::Nothing);
}

// Waits for a child of this process; 0 when it ended with status 0.
int waitFor(int pidfd) {
  uint8_t status[128] = {};  // siginfo_t: signal, errno, code; then pid, uid and status
  long result = sys::retry(__NR_waitid, 3 /* P_PIDFD */, pidfd, status, WEXITED | __WALL, nullptr);
  if (result < 0) return static_cast<int>(result);
  int32_t code, value;
  __builtin_memcpy(&code, status + 8, sizeof code);
  __builtin_memcpy(&value, status + 24, sizeof value);
  return code == 1 /* CLD_EXITED */ && value == 0 ? 0 : -EPERM;
}

// The host's root is mapped beside the container's ids, as an id that none of its files has: an overlay acts with the rights
// of whoever mounted it, and its work directory is on the mount that is mapped.
// A namespace lives as long as a process or a descriptor of it: a clone waits in it until it is mapped and opened. The
// pipe's end of file is what it waits for, so that it ends when this process does, however that ends.
int idmap(Machine& machine, const Operation& operation) {
  using A = arg::Idmap;
  int ends[2];
  if (long result = sys::raw(__NR_pipe2, ends, O_CLOEXEC); result < 0) return static_cast<int>(result);
  Scoped reading(ends[0]);
  int pidfd = -1;
  clone_args args = {};
  args.flags = CLONE_NEWUSER | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  long pid = sys::raw(__NR_clone3, &args, sizeof args);
  if (pid == 0) {
    char none;
    sys::close(ends[1]);
    sys::retry(__NR_read, ends[0], &none, 1);
    sys::raw(__NR_exit_group, 0);
  }
  if (pid < 0) {
    sys::close(ends[1]);
    return static_cast<int>(pid);
  }
  Scoped child(pidfd);
  int result = writeMaps(machine, static_cast<int>(pid), machine.program.string(operation, A::uid),
                         machine.program.string(operation, A::gid), Beside::HostRoot);
  text::Builder<64> path;
  path.add("/proc/").add(static_cast<uint64_t>(pid)).add("/ns/user");
  if (result == 0)
    result = machine.keep(operation, A::into, sys::openBelow(sys::kWorkingDirectory, path.text(), O_RDONLY));
  sys::close(ends[1]);
  waitFor(pidfd);
  return result;
}

int idmapMount(Machine& machine, const Operation& operation) {
  using A = arg::IdmapMount;
  mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = static_cast<uint64_t>(machine.slot(operation, A::namespace_));
  return static_cast<int>(sys::raw(__NR_mount_setattr, machine.slot(operation, A::mount), "",
                                   AT_EMPTY_PATH | operation.args[A::flags], &attributes, sizeof attributes));
}

uint64_t hash(const char* text) {
  uint64_t value = 0xcbf29ce484222325;  // FNV-1a
  for (; *text; text++) value = (value ^ static_cast<uint8_t>(*text)) * 0x100000001b3;
  return value;
}

// The name of a range says where it begins, so that a change of /etc/subuid cannot give ids away twice.
constexpr char kRange[] = "range-";
using RangeName = text::Builder<32>;

// link(2) is what two containers cannot both do. The owner's file says which name it is about to take before it takes it,
// so that whoever undoes this finds it, whenever it was killed. Ranges are tried from one that the owner's name stands for:
// few are in use, and one that was just given back is not the next to be taken.
int leaseIds(Machine& machine, const Operation& operation) {
  using A = arg::LeaseIds;
  const char* owner = machine.program.string(operation, A::owner);
  uint64_t size = operation.args[A::size];
  uint64_t count = operation.args[A::count];
  uint64_t most = operation.args[A::uid] > operation.args[A::gid] ? operation.args[A::uid] : operation.args[A::gid];
  if (size == 0 || size > 65536 || count == 0 || count > 65536 || most + size * count > kMostUnsigned) return -EINVAL;
  Scoped directory(sys::openBelow(sys::kWorkingDirectory, machine.program.string(operation, A::directory),
                                  O_PATH | O_DIRECTORY | O_NOFOLLOW));
  if (directory.get() < 0) return directory.get();
  constexpr int kNew = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC;
  Scoped file(sys::raw(__NR_openat, directory.get(), owner, kNew, 0600));
  if (file.get() < 0) return file.get();
  uint64_t start = hash(owner);
  for (uint64_t tries = 0; tries < count; tries++) {
    uint64_t number = (start + tries) % count;
    RangeName name;
    name.add(kRange).add(operation.args[A::uid] + number * size);
    long result = sys::raw(__NR_ftruncate, file.get(), 0);
    if (result == 0) result = sys::raw(__NR_pwrite64, file.get(), name.text(), name.size(), 0);
    if (result < 0) return static_cast<int>(result);
    result = sys::raw(__NR_linkat, directory.get(), owner, directory.get(), name.text(), 0);
    if (result == -EEXIST) continue;
    if (result < 0) return static_cast<int>(result);
    machine.lease = {operation.args[A::uid] + number * size, operation.args[A::gid] + number * size, size};
    return 0;
  }
  return -ENOSPC;
}

int releaseIds(Machine& machine, const Operation& operation) {
  using A = arg::ReleaseIds;
  const char* owner = machine.program.string(operation, A::owner);
  Scoped directory(sys::openBelow(sys::kWorkingDirectory, machine.program.string(operation, A::directory),
                                  O_PATH | O_DIRECTORY | O_NOFOLLOW));
  if (directory.get() < 0) return directory.get() == -ENOENT ? 0 : directory.get();
  Scoped file(sys::raw(__NR_openat, directory.get(), owner, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0) return file.get() == -ENOENT ? 0 : file.get();
  char name[32] = {};
  sys::retry(__NR_read, file.get(), name, sizeof name - 1);
  bool slash = false;
  for (const char* at = name; *at; at++) slash |= *at == '/';
  struct statx own, range;
  // Another's range, if this one was killed before it had its own.
  if (*name && !slash && sys::raw(__NR_statx, file.get(), "", AT_EMPTY_PATH, STATX_INO, &own) == 0 &&
      sys::raw(__NR_statx, directory.get(), name, AT_SYMLINK_NOFOLLOW, STATX_INO, &range) == 0 &&
      own.stx_ino == range.stx_ino)
    sys::raw(__NR_unlinkat, directory.get(), name, 0);
  long result = sys::raw(__NR_unlinkat, directory.get(), owner, 0);
  return result == -ENOENT ? 0 : static_cast<int>(result);
}

int chownLeased(Machine& machine, const Operation& operation) {
  using A = arg::ChownLeased;
  Scoped target(sys::openBelow(machine.directory(operation, A::dir), machine.program.string(operation, A::path),
                               O_PATH | O_NOFOLLOW));
  if (target.get() < 0) return target.get();
  return static_cast<int>(
      sys::raw(__NR_fchownat, target.get(), "", machine.lease.uid, machine.lease.gid, AT_EMPTY_PATH));
}

// newuidmap(1) is set-user-ID root and looks at /etc/subuid itself. Its messages go nowhere: its status says enough.
int idMapProgram(Machine& machine, const Operation& operation) {
  using A = arg::IdMapProgram;
  constexpr uint32_t kMostRanges = 3 * 340;
  const char* file = machine.program.string(operation, A::file);
  uint32_t count = 0;
  char** ranges = machine.program.strings(operation, A::ranges, &count);
  if (!ranges || count > kMostRanges || machine.childPid < 0) return -EINVAL;
  text::Builder<16> pid, first;
  pid.add(static_cast<uint64_t>(machine.childPid));
  bool groups = false;
  for (const char* at = file; *at; at++) groups |= at[0] == 'g' && at[1] == 'i' && at[2] == 'd';
  first.add(groups ? machine.lease.gid : machine.lease.uid);
  const char* argv[kMostRanges + 3] = {file, pid.text()};
  for (uint32_t i = 0; i < count; i++) argv[i + 2] = *ranges[i] ? ranges[i] : first.text();

  int pidfd = -1;
  clone_args args = {};
  args.flags = CLONE_PIDFD;
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  long child = sys::raw(__NR_clone3, &args, sizeof args);
  if (child == 0) {
    long null = sys::raw(__NR_openat, -100, "/dev/null", O_RDWR);
    for (int stream = 0; stream < 3 && null >= 0; stream++) sys::raw(__NR_dup3, null, stream, 0);
    sys::raw(__NR_close_range, 3, ~0u, 0);
    const char* environment[] = {nullptr};
    uint64_t none = 0;
    sys::raw(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &none, nullptr, sizeof none);
    sys::raw(__NR_execve, file, argv, environment);
    sys::raw(__NR_exit_group, 127);
  }
  if (child < 0) return static_cast<int>(child);
  Scoped process(pidfd);
  return waitFor(pidfd);
}

// Whether an overlay can keep its marks on this file system (`userxattr`); tmpfs has such attributes since Linux 6.6.
int probeXattr(Machine& machine, const Operation& operation) {
  constexpr char kName[] = "user.overlay.cofferdam";
  const char* path = machine.program.string(operation, arg::ProbeXattr::path);
  long result = sys::raw(__NR_setxattr, path, kName, "y", 1, 0);
  if (result < 0) return static_cast<int>(result);
  return static_cast<int>(sys::raw(__NR_removexattr, path, kName));
}

// A file of procfs itself, not one that an image or a mount put in its place (CVE-2019-16884, CVE-2025-52881).
int openProc(Machine& machine, const Operation& operation) {
  using A = arg::OpenProc;
  Scoped file(sys::openBelow(sys::kWorkingDirectory, machine.program.string(operation, A::path),
                             static_cast<int>(operation.args[A::flags]) | O_NOFOLLOW));
  if (file.get() < 0) return file.get();
  struct {
    long type;
    uint64_t rest[16];
  } fileSystem = {};
  long result = sys::raw(__NR_fstatfs, file.get(), &fileSystem);
  if (result == 0 && fileSystem.type != kProcMagic) result = -EXDEV;
  if (result < 0) return static_cast<int>(result);
  return machine.keep(operation, A::into, sys::raw(__NR_fcntl, file.get(), F_DUPFD_CLOEXEC, 3));
}

}  // namespace

int runUserNamespaceOperation(Machine& machine, const Operation& operation) {
  switch (static_cast<Code>(operation.code)) {
    case Code::IdMaps:
      return idMaps(machine, operation);
    case Code::Idmap:
      return idmap(machine, operation);
    case Code::IdmapMount:
      return idmapMount(machine, operation);
    case Code::ProbeXattr:
      return probeXattr(machine, operation);
    case Code::LeaseIds:
      return leaseIds(machine, operation);
    case Code::ReleaseIds:
      return releaseIds(machine, operation);
    case Code::ChownLeased:
      return chownLeased(machine, operation);
    case Code::IdMapProgram:
      return idMapProgram(machine, operation);
    case Code::OpenProc:
      return openProc(machine, operation);
    default:
      return -ENOSYS;
  }
}

}  // namespace cofferdam
