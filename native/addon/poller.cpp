#include "poller.h"

#include <errno.h>

#include "../sys/syscall.h"

namespace cofferdam {

Result<Poller> Poller::create() {
  Result<UniqueFd> epoll = descriptor(sys::raw(__NR_epoll_create1, EPOLL_CLOEXEC), "epoll_create1");
  if (!epoll) return epoll.failure();
  return Poller(std::move(*epoll));
}

Done Poller::add(int descriptor, uint32_t events, Token token) const {
  return control(EPOLL_CTL_ADD, descriptor, events, token);
}

Done Poller::modify(int descriptor, uint32_t events, Token token) const {
  return control(EPOLL_CTL_MOD, descriptor, events, token);
}

Done Poller::control(int operation, int descriptor, uint32_t events, Token token) const {
  epoll_event event{};
  event.events = events;
  event.data.u64 = uint64_t{static_cast<uint8_t>(token.source)} << 32 | token.launch;
  long result = sys::raw(__NR_epoll_ctl, epoll_.get(), operation, descriptor, &event);
  if (result < 0) return Failure{static_cast<int>(-result), "epoll_ctl", {}};
  return Nothing{};
}

std::span<epoll_event> Poller::wait(std::span<epoll_event> room, int milliseconds) const {
  long count =
      sys::raw(__NR_epoll_pwait, epoll_.get(), room.data(), static_cast<int>(room.size()), milliseconds, nullptr, 8);
  return room.first(count < 0 ? 0 : static_cast<size_t>(count));
}

}  // namespace cofferdam
