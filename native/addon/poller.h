// epoll(7) with tokens that say what a descriptor is and whose. A token is looked up when its event is handled, so an
// event that was already on its way when its launch ended finds nothing, instead of freed memory.
#pragma once
#include <stdint.h>
#include <sys/epoll.h>

#include <span>

#include "failure.h"

namespace cofferdam {

enum class Source : uint8_t {
  Wake,          // somebody wants the reaper's attention
  Control,       // the launcher's control socket takes requests again
  Companion,     // launcher or janitor has ended
  Socket,        // a launch's socket
  Intermediate,  // pidfds of a launch
  Process,
  StandardInput,
  StandardOutput,
  StandardError,
  Watch,  // a descriptor that JavaScript watches; `launch` is the watch's number
};

struct Token {
  Source source = Source::Wake;
  uint32_t launch = 0;
};

class Poller {
 public:
  static Result<Poller> create();

  // Both may be called from any thread. EPOLLET for pidfds: a process that somebody else traces can be dead and not yet
  // ours to reap, and would be reported over and over.
  Done add(int descriptor, uint32_t events, Token token) const;
  Done modify(int descriptor, uint32_t events, Token token) const;
  // Before close(2): a process that Node is just forking holds a copy of the descriptor, and as long as it does, the
  // kernel would go on reporting it.
  void remove(int descriptor) const { (void)control(EPOLL_CTL_DEL, descriptor, 0, {}); }

  // At most `milliseconds` (-1: without limit). The events that are there.
  std::span<epoll_event> wait(std::span<epoll_event> room, int milliseconds) const;
  static Token token(const epoll_event& event) {
    return {static_cast<Source>(event.data.u64 >> 32), static_cast<uint32_t>(event.data.u64)};
  }

 private:
  explicit Poller(UniqueFd epoll) : epoll_(std::move(epoll)) {}
  Done control(int operation, int descriptor, uint32_t events, Token token) const;

  UniqueFd epoll_;
};

}  // namespace cofferdam
