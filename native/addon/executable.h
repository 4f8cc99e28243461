// The launcher's executable. It is embedded in the addon and started from a sealed memfd: a container that gets hold of
// /proc/PID/exe of a process that has not yet done its exec finds nothing that it could write to (CVE-2019-5736), and
// there is no file to find, to replace or to mismatch. Where executable memfds are forbidden (sysctl vm.memfd_noexec=2,
// see memfd_create(2)), the same bytes are started from the file `cofferdam-launcher` beside the addon, through a
// detached read-only mount of it, which keeps the promise: /proc/PID/exe cannot be opened for writing there either.
#pragma once
#include "failure.h"

namespace cofferdam {

enum class ExecutableSource { Memfd, File };

struct Executable {
  UniqueFd file;  // for execveat(2) with AT_EMPTY_PATH
  ExecutableSource source = ExecutableSource::Memfd;
};

// The memfd, or, when the kernel refuses executable ones, the file.
Result<Executable> openExecutable();

// The file in any case: for kernels that make the memfd and then refuse to execute it.
Result<Executable> openPackagedExecutable();

}  // namespace cofferdam
