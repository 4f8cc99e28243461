// Small things that lib/ needs of the kernel beside launches.
#pragma once
#include <stdint.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "failure.h"

namespace cofferdam {

// fcntl(2) F_DUPFD_CLOEXEC.
Result<UniqueFd> duplicate(int descriptor);

// eventfd(2), close-on-exec and non-blocking.
Result<UniqueFd> eventDescriptor();

// TIOCSWINSZ, see ioctl_tty(2).
Done resizeTerminal(int terminal, uint16_t rows, uint16_t columns);

// What is at the beginning of each descriptor's file now, in one go; nothing for one that cannot be read.
std::vector<std::optional<std::string>> readDescriptors(const std::vector<int>& descriptors);

// The first 64 KiB of each file, in one go; nothing for one that cannot be read.
std::vector<std::optional<std::string>> readPaths(const std::vector<std::string>& paths);

// flock(2) without waiting: false when somebody else has it.
Result<bool> tryLock(int descriptor, bool shared);

// A pidfd of the process with this pid that was started then (field 22 of /proc/PID/stat); nothing when it is gone.
UniqueFd openProcess(pid_t pid, uint64_t start);

// pidfd_send_signal(2): false when the process is gone.
Result<bool> signalProcess(int pidfd, int signal);

}  // namespace cofferdam
