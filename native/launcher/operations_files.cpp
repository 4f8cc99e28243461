// Files and directories: codes 0x00 to 0x0f.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "../sys/copy.h"
#include "../sys/path.h"
#include "../sys/text.h"
#include "machine.h"

namespace cofferdam {
namespace {

int open(Machine& machine, const Operation& operation) {
  using A = arg::Open;
  const Program& program = machine.program;
  int descriptor = sys::openBelow(machine.directory(operation, A::dir), program.string(operation, A::path),
                                  static_cast<int>(operation.args[A::flags]),
                                  static_cast<uint32_t>(operation.args[A::mode]), operation.args[A::resolve]);
  return machine.keep(operation, A::into, descriptor);
}

int close(Machine& machine, const Operation& operation) {
  uint32_t slot = Program::slot(operation, arg::Close::descriptor);
  if (slot == kNoSlot || machine.slots[slot] < 0) return -EBADF;
  sys::close(machine.slots[slot]);
  machine.slots[slot] = -1;
  return 0;
}

// Calls `act(parent, name)` on the directory that contains the path of an operation.
template <typename Act>
int inParent(Machine& machine, const Operation& operation, unsigned dir, unsigned path, Act act) {
  const char* name;
  int parent =
      sys::openParent(machine.directory(operation, dir), machine.program.string(operation, path), false, &name);
  if (parent < 0) return parent;
  long result = act(parent, name);
  sys::close(parent);
  return static_cast<int>(result);
}

// A name directly below a directory that we hold needs no walk; device nodes in a fresh /dev are such names.
bool isName(const char* path) {
  for (; *path; path++)
    if (*path == '/') return false;
  return true;
}

template <typename Act>
int atName(Machine& machine, const Operation& operation, unsigned dir, unsigned path, Act act) {
  const char* name = machine.program.string(operation, path);
  int directory = machine.directory(operation, dir);
  bool plain = directory == sys::kWorkingDirectory || (isName(name) && *name && *name != '.');
  return plain ? static_cast<int>(act(directory, name)) : inParent(machine, operation, dir, path, act);
}

int mkdir(Machine& machine, const Operation& operation) {
  using A = arg::Mkdir;
  auto mode = static_cast<uint32_t>(operation.args[A::mode]);
  if (operation.args[A::parents]) {
    int made =
        sys::makeDirectories(machine.directory(operation, A::dir), machine.program.string(operation, A::path), mode);
    if (made >= 0) sys::close(made);
    return made < 0 ? made : 0;
  }
  return atName(machine, operation, A::dir, A::path,
                [&](int parent, const char* name) { return sys::raw(__NR_mkdirat, parent, name, mode); });
}

int mknod(Machine& machine, const Operation& operation) {
  using A = arg::Mknod;
  return atName(machine, operation, A::dir, A::path, [&](int parent, const char* name) {
    return sys::raw(__NR_mknodat, parent, name, operation.args[A::mode], operation.args[A::device]);
  });
}

bool linksTo(int parent, const char* name, const char* target) {
  char found[512];
  long size = sys::raw(__NR_readlinkat, parent, name, found, sizeof found);
  if (size <= 0 || static_cast<size_t>(size) == sizeof found) return false;
  found[size] = 0;
  return text::equal(found, target);
}

// One that is there already and leads to the same is no fault: a container that is started again has the lease of its
// last run, which says whose it is.
int symlink(Machine& machine, const Operation& operation) {
  using A = arg::Symlink;
  const char* target = machine.program.string(operation, A::target);
  return atName(machine, operation, A::dir, A::path, [&](int parent, const char* name) {
    long made = sys::raw(__NR_symlinkat, target, parent, name);
    return made == -EEXIST && linksTo(parent, name, target) ? 0 : made;
  });
}

// One write(2): cgroup and sysctl files take a value whole or not at all.
int write(Machine& machine, const Operation& operation) {
  using A = arg::Write;
  int dir = machine.directory(operation, A::dir);
  const char* path = machine.program.string(operation, A::path);
  int descriptor = *path ? sys::openBelow(dir, path, O_WRONLY | static_cast<int>(operation.args[A::flags]),
                                          static_cast<uint32_t>(operation.args[A::mode]))
                         : dir;
  if (descriptor < 0) return descriptor == sys::kWorkingDirectory ? -EBADF : descriptor;
  Bytes data = machine.program.bytes(operation, A::data);
  long written = sys::retry(__NR_write, descriptor, data.data, data.size);
  if (*path) sys::close(descriptor);
  if (written < 0) return static_cast<int>(written);
  return static_cast<uint32_t>(written) == data.size ? 0 : -EIO;
}

int chown(Machine& machine, const Operation& operation) {
  using A = arg::Chown;
  return atName(machine, operation, A::dir, A::path, [&](int parent, const char* name) {
    return sys::raw(__NR_fchownat, parent, name, operation.args[A::uid], operation.args[A::gid], AT_SYMLINK_NOFOLLOW);
  });
}

int unlink(Machine& machine, const Operation& operation) {
  using A = arg::Unlink;
  return atName(machine, operation, A::dir, A::path,
                [&](int parent, const char* name) { return sys::raw(__NR_unlinkat, parent, name, 0); });
}

constexpr uint64_t kLockStep = 2000;  // microseconds
constexpr uint64_t kLockTotal = 10000000;

int lock(Machine& machine, const Operation& operation) {
  using A = arg::Lock;
  constexpr int kExclusiveNow = 6;  // LOCK_EX | LOCK_NB
  int file = sys::openBelow(sys::kWorkingDirectory, machine.program.string(operation, A::path), O_RDWR | O_CREAT, 0600);
  if (file < 0) return file;
  long result;
  for (uint64_t waited = 0;
       (result = sys::raw(__NR_flock, file, kExclusiveNow)) == -EAGAIN && machine.patient && waited < kLockTotal;
       waited += kLockStep)
    sys::sleepMicroseconds(kLockStep);
  if (result < 0) {
    sys::close(file);
    return result == -EAGAIN ? -EBUSY : static_cast<int>(result);
  }
  return machine.keep(operation, A::into, file);
}

// A symbolic link is a file that is made with its contents in one step, and only where there is none. 1 when it says
// `holder`, 0 when it does not, or -errno.
int isHeldBy(const char* path, const char* holder) {
  char found[512];
  long size = sys::raw(__NR_readlinkat, sys::kWorkingDirectory, path, found, sizeof found - 1);
  if (size < 0) return static_cast<int>(size);
  found[size] = 0;
  return text::equal(found, holder);
}

int hold(const Program& program, const Operation& operation) {
  using A = arg::Hold;
  const char* path = program.string(operation, A::path);
  const char* holder = program.string(operation, A::holder);
  long result = sys::raw(__NR_symlinkat, holder, sys::kWorkingDirectory, path);
  // A container that its monitor starts again has it still.
  return result == -EEXIST && isHeldBy(path, holder) == 1 ? 0 : static_cast<int>(result);
}

int guard(Machine& machine, const Operation& operation) {
  using A = arg::Guard;
  int held = isHeldBy(machine.program.string(operation, A::path), machine.program.string(operation, A::holder));
  if (held != 1) machine.skip = static_cast<uint32_t>(operation.args[A::skip]);
  return held < 0 && held != -ENOENT && held != -EINVAL && held != -ENOTDIR ? held : 0;
}

int removeDirectory(Machine& machine, const Operation& operation) {
  using A = arg::RemoveDirectory;
  long result =
      sys::raw(__NR_unlinkat, sys::kWorkingDirectory, machine.program.string(operation, A::path), AT_REMOVEDIR);
  if (result == -ENOTEMPTY || result == -EEXIST) {
    machine.skip = static_cast<uint32_t>(operation.args[A::skip]);
    return 0;
  }
  return result == -ENOENT ? 0 : static_cast<int>(result);
}

int rename(const Program& program, const Operation& operation) {
  constexpr int kNoReplace = 1;
  return static_cast<int>(sys::raw(__NR_renameat2, sys::kWorkingDirectory, program.string(operation, arg::Rename::from),
                                   sys::kWorkingDirectory, program.string(operation, arg::Rename::to), kNoReplace));
}

}  // namespace

int runFileOperation(Machine& machine, const Operation& operation) {
  switch (static_cast<Code>(operation.code)) {
    case Code::Open:
      return open(machine, operation);
    case Code::Close:
      return close(machine, operation);
    case Code::Mkdir:
      return mkdir(machine, operation);
    case Code::Mknod:
      return mknod(machine, operation);
    case Code::Symlink:
      return symlink(machine, operation);
    case Code::Write:
      return write(machine, operation);
    case Code::Chown:
      return chown(machine, operation);
    case Code::Unlink:
      return unlink(machine, operation);
    case Code::CopyTree:
      return sys::copyTree(machine.program.string(operation, arg::CopyTree::from),
                           machine.program.string(operation, arg::CopyTree::to));
    case Code::RemoveTree:
      return sys::removeTree(machine.program.string(operation, arg::RemoveTree::path));
    case Code::Lock:
      return lock(machine, operation);
    case Code::Hold:
      return hold(machine.program, operation);
    case Code::Guard:
      return guard(machine, operation);
    case Code::RemoveDirectory:
      return removeDirectory(machine, operation);
    case Code::Rename:
      return rename(machine.program, operation);
    default:
      return -ENOSYS;
  }
}

}  // namespace cofferdam
