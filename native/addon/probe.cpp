#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/memfd.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <unistd.h>

#include "../sys/syscall.h"
#include "unique_fd.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

namespace cofferdam {
namespace {

// A call that gives a descriptor, which is closed again.
int opened(long result) {
  UniqueFd fd(static_cast<int>(result));
  return result < 0 ? static_cast<int>(-result) : 0;
}

// A call whose arguments are wrong on purpose: that it says so means that it is there.
int refused(long result, int expected) { return result == -expected ? 0 : static_cast<int>(-result); }

int openat2() {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  return opened(sys::raw(__NR_openat2, AT_FDCWD, "/", &how, sizeof how));
}
int clone3() { return refused(sys::raw(__NR_clone3, nullptr, 0), EINVAL); }
int pidfdOpen() { return opened(sys::raw(__NR_pidfd_open, getpid(), 0)); }
int closeRange() { return refused(sys::raw(__NR_close_range, 1, 0, 0), EINVAL); }
int openTree() { return opened(sys::raw(__NR_open_tree, AT_FDCWD, "/", OPEN_TREE_CLOEXEC)); }
// Whoever is not root may make mounts in a user namespace only; that the answer is EPERM says that the call is there.
int besidePermission(int error) { return error == EPERM && geteuid() != 0 ? 0 : error; }
int mountSetattr() { return besidePermission(refused(sys::raw(__NR_mount_setattr, -1, "", 0, nullptr, 0), EINVAL)); }
int fsopen() { return besidePermission(opened(sys::raw(__NR_fsopen, "tmpfs", FSOPEN_CLOEXEC))); }
int idmappedMounts() {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = INT_MAX;
  // The descriptor is looked at before the path is.
  return besidePermission(
      refused(sys::raw(__NR_mount_setattr, AT_FDCWD, "", AT_EMPTY_PATH, &attributes, sizeof attributes), EBADF));
}
int seccomp() {
  uint32_t action = SECCOMP_RET_ALLOW;
  return static_cast<int>(-sys::raw(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
}
int memfdExec() {
  long memfd = sys::raw(__NR_memfd_create, "cofferdam", MFD_CLOEXEC | MFD_EXEC);
  // Before Linux 6.3 every memfd can be executed.
  if (memfd == -EINVAL) memfd = sys::raw(__NR_memfd_create, "cofferdam", MFD_CLOEXEC);
  return opened(memfd);
}

// The number in a file of /proc/sys; `absent` when there is no such file.
long setting(const char* path, long absent) {
  UniqueFd file(static_cast<int>(sys::raw(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC)));
  char text[32] = {};
  if (!file || sys::retry(__NR_read, file.get(), text, sizeof text - 1) <= 0) return absent;
  return strtol(text, nullptr, 10);
}

int userNamespaces() {
  long most = setting("/proc/sys/user/max_user_namespaces", -1);
  if (most < 0) return ENOSYS;
  if (most == 0) return ENOSPC;
  if (geteuid() == 0) return 0;
  // Debian's and Ubuntu's own switches.
  bool refusedToUsers = setting("/proc/sys/kernel/unprivileged_userns_clone", 1) == 0 ||
                        setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0) == 1;
  return refusedToUsers ? EPERM : 0;
}

int landlock() { return landlockVersion() > 0 ? 0 : EOPNOTSUPP; }

constexpr ProbeRow kRows[] = {
    {"openat2", openat2},
    {"clone3", clone3},
    {"pidfd_open", pidfdOpen},
    {"close_range", closeRange},
    {"open_tree", openTree},
    {"mount_setattr", mountSetattr},
    {"fsopen", fsopen},
    {"seccomp", seccomp},
    {"user_namespaces", userNamespaces},
    {"memfd_exec", memfdExec},
    {"idmapped_mounts", idmappedMounts},
    {"landlock", landlock},
};

}  // namespace

int landlockVersion() {
  constexpr long kCreateRuleset = 444;
  constexpr int kVersion = 1;
  long version = sys::raw(kCreateRuleset, nullptr, 0, kVersion);
  return version > 0 ? static_cast<int>(version) : 0;
}

std::span<const ProbeRow> probeRows() { return kRows; }

}  // namespace cofferdam
