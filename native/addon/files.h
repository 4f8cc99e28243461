// Two small things that lib/ needs of the kernel beside launches.
#pragma once
#include <stdint.h>

#include <string>
#include <vector>

#include "failure.h"

namespace cofferdam {

// A regular file below `root`, whatever links lead to it, without leaving `root`: the tree may be hostile. EFBIG when it
// has more than `maximum` bytes, EINVAL when it is not a regular file.
Result<std::vector<uint8_t>> readInRoot(const std::string& root, const std::string& path, size_t maximum);

// TIOCSWINSZ, see ioctl_tty(2).
// fcntl(2) F_DUPFD_CLOEXEC.
Result<UniqueFd> duplicate(int descriptor);

Done resizeTerminal(int terminal, uint16_t rows, uint16_t columns);

}  // namespace cofferdam
