// Mounts: codes 0x20 to 0x2f. Every target in a root file system is resolved once, below a descriptor of the root, and
// mounted on through the descriptor that came out (path.h). All of this happens before pivot_root(2), while nothing is
// stacked on the new root: there ".." could step onto the old one.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/stat.h>

#include "../sys/path.h"
#include "../sys/text.h"
#include "machine.h"
#include "scoped.h"

namespace cofferdam {
namespace {

constexpr int kPath = O_PATH | O_CLOEXEC;
constexpr int kRecursive = 0x8000;  // AT_RECURSIVE
constexpr unsigned kMoveByDescriptors = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;

bool isDirectory(int descriptor) {
  struct statx facts;
  return sys::raw(__NR_statx, descriptor, "", AT_EMPTY_PATH, STATX_TYPE, &facts) == 0 &&
         (facts.stx_mode & 0170000) == 0040000;
}

const char* orNull(const char* text) { return *text ? text : nullptr; }

int mount(Machine& machine, const Operation& operation) {
  using A = arg::Mount;
  const Program& program = machine.program;
  int root = machine.directory(operation, A::dir);
  const char* target = program.string(operation, A::target);
  uint64_t how = operation.args[A::how];
  if (root != sys::kWorkingDirectory) {
    Scoped directory(sys::openTarget(root, target, true, how & kHowCreate, how & kHowNofollow));
    if (directory.get() < 0) return directory.get();
    // mount(2) takes a path; "." is one that cannot be swapped.
    if (long result = sys::raw(__NR_fchdir, directory.get()); result < 0) return static_cast<int>(result);
    return static_cast<int>(sys::raw(__NR_mount, orNull(program.string(operation, A::source)), ".",
                                     orNull(program.string(operation, A::type)), operation.args[A::flags],
                                     orNull(program.string(operation, A::data))));
  }
  return static_cast<int>(sys::raw(__NR_mount, orNull(program.string(operation, A::source)), target,
                                   orNull(program.string(operation, A::type)), operation.args[A::flags],
                                   orNull(program.string(operation, A::data))));
}

int openTree(Machine& machine, const Operation& operation) {
  using A = arg::OpenTree;
  int root = machine.directory(operation, A::dir);
  const char* path = machine.program.string(operation, A::path);
  auto flags = static_cast<unsigned>(operation.args[A::flags]) | OPEN_TREE_CLOEXEC;
  if (root == sys::kWorkingDirectory)
    return machine.keep(operation, A::into, sys::raw(__NR_open_tree, root, path, flags));
  Scoped source(sys::openBelow(root, path, kPath));
  if (source.get() < 0) return source.get();
  return machine.keep(operation, A::into, sys::raw(__NR_open_tree, source.get(), "", flags | AT_EMPTY_PATH));
}

int moveMount(Machine& machine, const Operation& operation) {
  using A = arg::MoveMount;
  uint64_t how = operation.args[A::how];
  int from = machine.slot(operation, A::from);
  Scoped target(sys::openTarget(machine.directory(operation, A::dir), machine.program.string(operation, A::target),
                                isDirectory(from), how & kHowCreate, how & kHowNofollow));
  if (target.get() < 0) return target.get();
  return static_cast<int>(sys::raw(__NR_move_mount, from, "", target.get(), "", kMoveByDescriptors));
}

int mountSetattr(Machine& machine, const Operation& operation) {
  using A = arg::MountSetattr;
  mount_attr attributes = {};
  attributes.attr_set = operation.args[A::set];
  attributes.attr_clr = operation.args[A::clear];
  attributes.propagation = operation.args[A::propagation];
  const char* path = machine.program.string(operation, A::path);
  auto flags = static_cast<unsigned>(operation.args[A::flags]);
  int root = machine.directory(operation, A::dir);
  if (*path == 0 || root == sys::kWorkingDirectory)
    return static_cast<int>(
        sys::raw(__NR_mount_setattr, root, path, flags | (*path ? 0 : AT_EMPTY_PATH), &attributes, sizeof attributes));
  Scoped target(sys::openBelow(root, path, kPath));
  if (target.get() < 0) return target.get();
  return static_cast<int>(
      sys::raw(__NR_mount_setattr, target.get(), "", flags | AT_EMPTY_PATH, &attributes, sizeof attributes));
}

// fsopen(2) and its companions: for file systems whose options don't fit the page that mount(2) takes, and for mounts
// that are attached later.
int newMount(Machine& machine, const Operation& operation) {
  using A = arg::NewMount;
  Scoped context(sys::raw(__NR_fsopen, machine.program.string(operation, A::type), FSOPEN_CLOEXEC));
  if (context.get() < 0) return context.get();
  uint32_t count = 0;
  char** options = machine.program.strings(operation, A::options, &count);
  if (!options) return -EBADMSG;
  for (uint32_t i = 0; i < count; i++) {
    char* value = options[i];
    while (*value && *value != '=') value++;
    long result;
    if (*value) {
      *value = 0;
      result = sys::raw(__NR_fsconfig, context.get(), FSCONFIG_SET_STRING, options[i], value + 1, 0);
      *value = '=';
    } else {
      result = sys::raw(__NR_fsconfig, context.get(), FSCONFIG_SET_FLAG, options[i], nullptr, 0);
    }
    if (result < 0) return static_cast<int>(result);
  }
  if (long result = sys::raw(__NR_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0); result < 0)
    return static_cast<int>(result);
  return machine.keep(operation, A::into,
                      sys::raw(__NR_fsmount, context.get(), FSMOUNT_CLOEXEC, operation.args[A::attributes]));
}

int pivotRoot(Machine& machine, const Operation& operation) {
  // pivot_root(2), notes: with "." for both, the old root is stacked on the new one and "." reaches it, so that no
  // directory for it is needed.
  long result = sys::raw(__NR_fchdir, machine.slot(operation, arg::PivotRoot::root));
  if (result == 0) result = sys::raw(__NR_pivot_root, ".", ".");
  if (result == 0) result = sys::raw(__NR_umount2, ".", 2 /* MNT_DETACH */);
  if (result == 0) result = sys::raw(__NR_chdir, "/");
  return static_cast<int>(result);
}

int umount(Machine& machine, const Operation& operation) {
  using A = arg::Umount;
  int root = machine.directory(operation, A::dir);
  const char* path = machine.program.string(operation, A::path);
  if (root == sys::kWorkingDirectory) return static_cast<int>(sys::raw(__NR_umount2, path, operation.args[A::flags]));
  Scoped target(sys::openBelow(root, path, kPath | O_DIRECTORY));
  if (target.get() < 0) return target.get();
  long result = sys::raw(__NR_fchdir, target.get());
  return static_cast<int>(result < 0 ? result : sys::raw(__NR_umount2, ".", operation.args[A::flags]));
}

int chroot(Machine& machine, const Operation& operation) {
  long result = sys::raw(__NR_fchdir, machine.slot(operation, arg::Chroot::root));
  return static_cast<int>(result < 0 ? result : sys::raw(__NR_chroot, "."));
}

int mask(Machine& machine, const Operation& operation) {
  using A = arg::Mask;
  Scoped target(
      sys::openBelow(machine.directory(operation, A::dir), machine.program.string(operation, A::path), kPath));
  if (target.get() < 0) return target.get() == -ENOENT ? 0 : target.get();
  bool directory = isDirectory(target.get());
  int cover = machine.slot(operation, directory ? A::directory : A::file);
  // The first path gets the new mount itself: before Linux 6.15 one that is attached nowhere cannot be cloned, and
  // closing one that was never attached waits for RCU.
  int& attached = directory ? machine.attachedDirectory : machine.attachedFile;
  if (attached != cover) {
    attached = cover;
    return static_cast<int>(sys::raw(__NR_move_mount, cover, "", target.get(), "", kMoveByDescriptors));
  }
  Scoped clone(sys::raw(__NR_open_tree, cover, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
  if (clone.get() < 0) return clone.get();
  return static_cast<int>(sys::raw(__NR_move_mount, clone.get(), "", target.get(), "", kMoveByDescriptors));
}

int readonlyPath(Machine& machine, const Operation& operation) {
  using A = arg::ReadonlyPath;
  Scoped target(
      sys::openBelow(machine.directory(operation, A::dir), machine.program.string(operation, A::path), kPath));
  if (target.get() < 0) return target.get() == -ENOENT ? 0 : target.get();
  Scoped clone(
      sys::raw(__NR_open_tree, target.get(), "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | kRecursive));
  if (clone.get() < 0) return clone.get();
  mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  long result =
      sys::raw(__NR_mount_setattr, clone.get(), "", AT_EMPTY_PATH | kRecursive, &attributes, sizeof attributes);
  if (result < 0) return static_cast<int>(result);
  return static_cast<int>(sys::raw(__NR_move_mount, clone.get(), "", target.get(), "", kMoveByDescriptors));
}

}  // namespace

int runMountOperation(Machine& machine, const Operation& operation) {
  switch (static_cast<Code>(operation.code)) {
    case Code::Mount:
      return mount(machine, operation);
    case Code::OpenTree:
      return openTree(machine, operation);
    case Code::MoveMount:
      return moveMount(machine, operation);
    case Code::MountSetattr:
      return mountSetattr(machine, operation);
    case Code::NewMount:
      return newMount(machine, operation);
    case Code::PivotRoot:
      return pivotRoot(machine, operation);
    case Code::Umount:
      return umount(machine, operation);
    case Code::Chroot:
      return chroot(machine, operation);
    case Code::Mask:
      return mask(machine, operation);
    case Code::ReadonlyPath:
      return readonlyPath(machine, operation);
    case Code::Fchdir:
      return static_cast<int>(sys::raw(__NR_fchdir, machine.slot(operation, arg::Fchdir::directory)));
    default:
      return runUserNamespaceOperation(machine, operation);
  }
}

}  // namespace cofferdam
