// The reaper: the thread that follows every launch of an environment from its first message to its last event, without
// JavaScript. (An exec'd process that nobody reaps keeps a killed pid namespace from ending.)
//
// A launch goes through these, see lifecycle.cpp:
//
//   socket: Started, pidfd(s) ──> end of file ──┬─ phase Executing ──> started ──> pidfd: waitid ──┬─> exited
//           Failed                              └─ otherwise: kill what is left, waitid ──> failed │
//           Descriptor, Ready ──> events                                 undo, counters, rest of output
#pragma once
#include <atomic>
#include <memory>
#include <set>
#include <thread>
#include <tuple>

#include "companions.h"
#include "dispatcher.h"
#include "journal.h"
#include "poller.h"
#include "registry.h"
#include "undertaker.h"

namespace cofferdam {

class Reaper {
 public:
  Reaper(Poller poller, Registry& registry, Undertaker& undertaker, Dispatcher& dispatcher)
      : poller_(std::move(poller)), registry_(registry), undertaker_(undertaker), dispatcher_(dispatcher) {}

  // JavaScript thread.
  Done start(Companions* companions, Journal* journal);
  // JavaScript thread, before the request is sent: whatever happens on the launch's socket is the reaper's from now on.
  Done follow(const Launch& launch);
  // JavaScript thread. With `drain` the thread first reaps what the janitor kills, for at most that many ns, but reports
  // nothing any more.
  void stop(uint64_t drain);

  const Poller& poller() const { return poller_; }

 private:
  enum class TimerKind : uint8_t { Timeout, Drain };
  struct Timer {
    uint64_t at;  // CLOCK_MONOTONIC, ns
    uint32_t launch;
    TimerKind kind;
    bool operator<(const Timer& other) const {
      return std::tie(at, launch, kind) < std::tie(other.at, other.launch, other.kind);
    }
  };

  // reaper.cpp: the loop.
  void run();
  void handle(Token token);
  int patience() const;  // ms until the next timer, for epoll
  void expireTimers();
  void setTimer(Launch& launch, TimerKind kind, uint64_t at);
  void clearTimer(Launch& launch, TimerKind kind);
  bool drained();

  // lifecycle.cpp: what happens to a launch.
  using LaunchPointer = std::shared_ptr<Launch>;
  void onSocket(const LaunchPointer& launch);
  void onMessage(const LaunchPointer& launch, const MessageHeader& message, UniqueFd descriptor);
  void onEndOfSocket(const LaunchPointer& launch);
  void onPidfd(const LaunchPointer& launch, Source source);
  void onExit(const LaunchPointer& launch);
  void onOutput(const LaunchPointer& launch, unsigned index);
  void onInput(const LaunchPointer& launch);
  void onTimer(const LaunchPointer& launch, TimerKind kind);
  void adoptUnreported(Launch& launch, const RecordHeader& records);
  bool succeeded(const Launch& launch, const std::vector<uint8_t>& records) const;
  void begin(const LaunchPointer& launch, std::vector<uint8_t> records);
  void letGo(Launch& launch);
  void doom(Launch& launch);
  void conclude(const LaunchPointer& launch);
  void bury(const LaunchPointer& launch);
  bool buriedAtOnce(Launch& launch);
  bool readOutput(Launch& launch, unsigned index);
  void closeOutput(Launch& launch, unsigned index);
  void closeInput(Launch& launch);
  void finishOutput(const LaunchPointer& launch);
  void finishPart(const LaunchPointer& launch);

  Poller poller_;
  Registry& registry_;
  Undertaker& undertaker_;
  Dispatcher& dispatcher_;
  Companions* companions_ = nullptr;
  Journal* journal_ = nullptr;
  UniqueFd wake_;
  std::thread thread_;
  std::set<Timer> timers_;
  bool retrySoon_ = false;  // a request waits for a limit to pass, which no event announces
  std::atomic<bool> closing_{false};
  std::atomic<uint64_t> closeBy_{0};  // CLOCK_MONOTONIC, ns
};

}  // namespace cofferdam
