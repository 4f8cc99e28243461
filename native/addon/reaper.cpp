#include "reaper.h"

#include <errno.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <climits>

#include "../sys/syscall.h"
#include "thread.h"

namespace cofferdam {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;
constexpr int kRetryMilliseconds = 10;

}  // namespace

Done Reaper::start(Companions* companions, Journal* journal) {
  companions_ = companions;
  journal_ = journal;
  Result<UniqueFd> wake = descriptor(sys::raw(__NR_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  if (!wake) return wake.failure();
  wake_ = std::move(*wake);
  if (Done added = poller_.add(wake_.get(), EPOLLIN, {Source::Wake}); !added) return added;
  try {
    thread_ = startThread("cofferdam-reap", [this] { run(); });
  } catch (const std::system_error& error) {
    return Failure{error.code().value(), "pthread_create", {}};
  }
  return Nothing{};
}

Done Reaper::follow(const Launch& launch) {
  return poller_.add(launch.socket.get(), EPOLLIN, {Source::Socket, launch.id});
}

void Reaper::stop(uint64_t drain) {
  if (!thread_.joinable()) return;
  closeBy_ = sys::monotonicNanoseconds() + drain;
  closing_ = true;
  uint64_t one = 1;
  sys::raw(__NR_write, wake_.get(), &one, sizeof one);
  thread_.join();
}

void Reaper::run() {
  epoll_event room[64];
  while (!closing_ || !drained()) {
    for (const epoll_event& event : poller_.wait(room, patience())) handle(Poller::token(event));
    expireTimers();
    if (retrySoon_) retrySoon_ = companions_->flush();
  }
}

// Whether the thread may end: everybody is reaped, or it has taken too long.
bool Reaper::drained() {
  if (sys::monotonicNanoseconds() >= closeBy_) return true;
  return registry_.empty() && companions_->gone();
}

void Reaper::handle(Token token) {
  switch (token.source) {
    case Source::Wake: {
      uint64_t count;
      sys::raw(__NR_read, wake_.get(), &count, sizeof count);
      return;
    }
    case Source::Control:
      retrySoon_ = companions_->flush();
      return;
    case Source::Companion:
      companions_->reap();
      return;
    case Source::Watch:
      return dispatcher_.post(WatchEvent{token.launch});
    default:
      break;
  }
  LaunchPointer launch = registry_.find(token.launch);
  if (!launch) return;
  switch (token.source) {
    case Source::Socket:
      return onSocket(launch);
    case Source::Intermediate:
    case Source::Process:
      return onPidfd(launch, token.source);
    case Source::StandardInput:
      return onInput(launch);
    case Source::StandardOutput:
      return onOutput(launch, 0);
    case Source::StandardError:
      return onOutput(launch, 1);
    default:
      return;
  }
}

int Reaper::patience() const {
  uint64_t now = sys::monotonicNanoseconds();
  uint64_t next = UINT64_MAX;
  if (!timers_.empty()) next = timers_.begin()->at;
  if (closing_) next = std::min<uint64_t>(next, closeBy_);
  uint64_t milliseconds = next <= now ? 0 : (next - now + kMillisecond - 1) / kMillisecond;
  if (next == UINT64_MAX) return retrySoon_ ? kRetryMilliseconds : -1;
  int bounded = static_cast<int>(std::min<uint64_t>(milliseconds, INT_MAX));
  return retrySoon_ ? std::min(bounded, kRetryMilliseconds) : bounded;
}

void Reaper::expireTimers() {
  while (!timers_.empty() && timers_.begin()->at <= sys::monotonicNanoseconds()) {
    Timer timer = *timers_.begin();
    timers_.erase(timers_.begin());
    if (LaunchPointer launch = registry_.find(timer.launch)) onTimer(launch, timer.kind);
  }
}

void Reaper::setTimer(Launch& launch, TimerKind kind, uint64_t at) {
  (kind == TimerKind::Timeout ? launch.timeoutAt : launch.drainAt) = at;
  timers_.insert({at, launch.id, kind});
}

void Reaper::clearTimer(Launch& launch, TimerKind kind) {
  uint64_t& at = kind == TimerKind::Timeout ? launch.timeoutAt : launch.drainAt;
  if (at) timers_.erase({at, launch.id, kind});
  at = 0;
}

}  // namespace cofferdam
