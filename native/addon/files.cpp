#include "files.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "../sys/syscall.h"

namespace cofferdam {

Result<UniqueFd> duplicate(int file) { return descriptor(sys::raw(__NR_fcntl, file, F_DUPFD_CLOEXEC, 0), "fcntl"); }

Result<UniqueFd> eventDescriptor() {
  return descriptor(sys::raw(__NR_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
}

Done resizeTerminal(int terminal, uint16_t rows, uint16_t columns) {
  winsize size{rows, columns, 0, 0};
  if (long set = sys::raw(__NR_ioctl, terminal, TIOCSWINSZ, &size); set < 0)
    return Failure{static_cast<int>(-set), "ioctl", {}};
  return Nothing{};
}

std::vector<std::optional<std::string>> readDescriptors(const std::vector<int>& descriptors) {
  std::vector<std::optional<std::string>> texts;
  texts.reserve(descriptors.size());
  // The largest file of a cgroup is memory.stat, some 2 KiB; /proc/PID/net/dev has a line for each interface.
  char text[16 * 1024];
  for (int file : descriptors) {
    long size = sys::retry(__NR_pread64, file, text, sizeof text, 0);
    if (size < 0)
      texts.emplace_back(std::nullopt);
    else
      texts.emplace_back(std::in_place, text, static_cast<size_t>(size));
  }
  return texts;
}

}  // namespace cofferdam
