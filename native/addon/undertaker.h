// Runs what may wait: undo programs (a cgroup can be busy for a while) and the reading of a cgroup's counters. A few
// threads, started when there is work for them, so that one busy cgroup holds up nobody else's result.
#pragma once
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "thread.h"

namespace cofferdam {

class Undertaker {
 public:
  ~Undertaker() { stop(); }

  void submit(std::function<void()> job);
  // Finishes what is under way and forgets what has not begun: that stays on record in the journal.
  void stop();

 private:
  void work();

  static constexpr unsigned kMostThreads = 4;
  std::mutex mutex_;
  Condition changed_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  unsigned idle_ = 0;
  bool stopping_ = false;
};

}  // namespace cofferdam
