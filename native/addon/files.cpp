#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "../sys/syscall.h"

namespace cofferdam {
namespace {

constexpr int kMostTries = 64;

// openat2(2) gives EAGAIN when something on the way was renamed meanwhile and it cannot tell whether "..", too, stayed
// inside.
long openInRoot(int root, const char* path, uint64_t flags) {
  open_how how{};
  how.flags = flags;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  long result = -EAGAIN;
  for (int i = 0; i < kMostTries && (result == -EAGAIN || result == -EINTR); i++)
    result = sys::raw(__NR_openat2, root, path, &how, sizeof how);
  return result;
}

}  // namespace

Result<std::vector<uint8_t>> readInRoot(const std::string& root, const std::string& path, size_t maximum) {
  constexpr int directory = O_PATH | O_DIRECTORY | O_CLOEXEC;
  Result<UniqueFd> base = descriptor(sys::raw(__NR_openat, AT_FDCWD, root.c_str(), directory), "open", root);
  if (!base) return base.failure();
  // First only looked at: opening a FIFO or a device may wait, or do something.
  Result<UniqueFd> found = descriptor(openInRoot(base->get(), path.c_str(), O_PATH | O_CLOEXEC), "openat2", path);
  if (!found) return found.failure();
  struct stat status {};
  long looked = sys::raw(__NR_fstat, found->get(), &status);
  if (looked < 0) return Failure{static_cast<int>(-looked), "fstat", path};
  if (!S_ISREG(status.st_mode)) return Failure{EINVAL, "openat2", path};
  char self[40];
  snprintf(self, sizeof self, "/proc/self/fd/%d", found->get());
  Result<UniqueFd> file =
      descriptor(sys::raw(__NR_openat, AT_FDCWD, self, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), "open", path);
  if (!file) return file.failure();

  std::vector<uint8_t> bytes;
  uint8_t chunk[16 * 1024];
  for (;;) {
    long count = sys::retry(__NR_read, file->get(), chunk, sizeof chunk);
    if (count < 0) return Failure{static_cast<int>(-count), "read", path};
    if (count == 0) return bytes;
    if (bytes.size() + static_cast<size_t>(count) > maximum) return Failure{EFBIG, "read", path};
    bytes.insert(bytes.end(), chunk, chunk + count);
  }
}

Result<UniqueFd> duplicate(int file) { return descriptor(sys::raw(__NR_fcntl, file, F_DUPFD_CLOEXEC, 0), "fcntl"); }

Done resizeTerminal(int terminal, uint16_t rows, uint16_t columns) {
  winsize size{rows, columns, 0, 0};
  if (long set = sys::raw(__NR_ioctl, terminal, TIOCSWINSZ, &size); set < 0)
    return Failure{static_cast<int>(-set), "ioctl", {}};
  return Nothing{};
}

}  // namespace cofferdam
