// What this kernel lets this process do, found out by calls that change nothing.
//
//   openat2          openat2(2) of "/"
//   clone3           clone3(2) with arguments that it must refuse
//   pidfd_open       pidfd_open(2) of this process
//   close_range      close_range(2) of an empty range
//   open_tree        open_tree(2) of "/", not cloned
//   mount_setattr    mount_setattr(2) with arguments that it must refuse
//   fsopen           fsopen(2) of a tmpfs, never mounted
//   seccomp          seccomp(2): is SECCOMP_RET_ALLOW known
//   user_namespaces  the limits in /proc/sys: ENOSPC when none are allowed, EPERM when only to root
//   memfd_exec       memfd_create(2) with MFD_EXEC, never executed
#pragma once
#include <span>

namespace cofferdam {

struct ProbeRow {
  const char* feature;
  int (*attempt)();  // 0: there; otherwise the errno, positive
};

std::span<const ProbeRow> probeRows();

// The version of Landlock here, 0 without it; landlock(7).
int landlockVersion();

}  // namespace cofferdam
