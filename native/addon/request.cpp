#include "request.h"

#include <fcntl.h>

#include "../sys/syscall.h"

namespace cofferdam {

Done Request::keep() {
  std::vector<UniqueFd> duplicates;
  for (int& number : descriptors) {
    bool mine = false;
    for (const UniqueFd& fd : owned) mine |= fd.get() == number;
    if (mine) continue;
    Result<UniqueFd> duplicate = descriptor(sys::raw(__NR_fcntl, number, F_DUPFD_CLOEXEC, 3), "fcntl");
    if (!duplicate) return duplicate.failure();
    number = duplicate->get();
    duplicates.push_back(std::move(*duplicate));
  }
  for (UniqueFd& fd : duplicates) owned.push_back(std::move(fd));
  if (kept.empty()) {
    kept.assign(message.begin(), message.end());
    message = kept;
  }
  return Nothing{};
}

}  // namespace cofferdam
