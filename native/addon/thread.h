// Threads of the addon. They take no signals, so that Node's handlers and the profiler's run where Node expects them.
// System calls and old functions instead of glibc's newer ones: see floor.cpp.
#pragma once
#include <pthread.h>
#include <stdint.h>
#include <sys/prctl.h>

#include <mutex>
#include <thread>
#include <utility>

#include "../sys/syscall.h"

namespace cofferdam {

// `name` is a literal of at most 15 characters. Throws std::system_error when there is no room for another thread.
template <typename Body>
std::thread startThread(const char* name, Body body) {
  constexpr int setMask = 2;  // SIG_SETMASK
  // Not 32 to 34, which libcs use among a process's threads: setuid(3) waits until each has answered such a signal.
  uint64_t all = ~(uint64_t{7} << 31);
  uint64_t before = 0;
  // A new thread inherits the mask.
  sys::raw(__NR_rt_sigprocmask, setMask, &all, &before, sizeof all);
  struct Restore {
    uint64_t mask;
    ~Restore() { sys::raw(__NR_rt_sigprocmask, setMask, &mask, nullptr, sizeof mask); }
  } restore{before};
  return std::thread([name, body = std::move(body)] {
    sys::raw(__NR_prctl, PR_SET_NAME, name, 0, 0, 0);
    body();
  });
}

// std::condition_variable, of which libstdc++ 12 has a new version.
class Condition {
 public:
  Condition() = default;
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;
  ~Condition() { pthread_cond_destroy(&condition_); }

  void notifyOne() { pthread_cond_signal(&condition_); }
  void notifyAll() { pthread_cond_broadcast(&condition_); }
  template <typename Predicate>
  void wait(std::unique_lock<std::mutex>& lock, Predicate holds) {
    while (!holds()) pthread_cond_wait(&condition_, lock.mutex()->native_handle());
  }

 private:
  pthread_cond_t condition_ = PTHREAD_COND_INITIALIZER;
};

}  // namespace cofferdam
