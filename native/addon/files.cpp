#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>

#include "../sys/syscall.h"
#include "proc_stat.h"

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

std::vector<std::optional<std::string>> readPaths(const std::vector<std::string>& paths) {
  std::vector<std::optional<std::string>> texts;
  texts.reserve(paths.size());
  std::vector<char> text(size_t{64} * 1024);
  for (const std::string& path : paths) {
    UniqueFd file(static_cast<int>(sys::retry(__NR_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC)));
    long size = file ? sys::retry(__NR_read, file.get(), text.data(), text.size()) : -1;
    if (size < 0)
      texts.emplace_back(std::nullopt);
    else
      texts.emplace_back(std::in_place, text.data(), static_cast<size_t>(size));
  }
  return texts;
}

Result<bool> tryLock(int descriptor, bool shared) {
  long locked = sys::retry(__NR_flock, descriptor, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB);
  if (locked < 0 && locked != -EWOULDBLOCK) return Failure{static_cast<int>(-locked), "flock", {}};
  return locked == 0;
}

UniqueFd openProcess(pid_t pid, uint64_t start) {
  UniqueFd pidfd(static_cast<int>(sys::raw(__NR_pidfd_open, pid, 0)));
  // Asked in this order: once there is a descriptor, the number cannot come to mean another process unnoticed.
  if (!pidfd || startTime(pid) != start) return {};
  // Readable from its end on: a zombie that nobody reaps is gone, too.
  pollfd end = {pidfd.get(), POLLIN, 0};
  const timespec noTime = {0, 0};
  if (sys::raw(__NR_ppoll, &end, 1, &noTime, nullptr, 0) != 0) return {};
  return pidfd;
}

Result<bool> signalProcess(int pidfd, int signal) {
  long sent = sys::raw(__NR_pidfd_send_signal, pidfd, signal, nullptr, 0);
  if (sent < 0 && sent != -ESRCH) return Failure{static_cast<int>(-sent), "pidfd_send_signal", {}};
  return sent == 0;
}

}  // namespace cofferdam
