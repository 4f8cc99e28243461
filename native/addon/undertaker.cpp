#include "undertaker.h"

#include <system_error>

namespace cofferdam {

void Undertaker::submit(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  if (stopping_) return;
  jobs_.push_back(std::move(job));
  if (idle_ < jobs_.size() && threads_.size() < kMostThreads) {
    try {
      threads_.push_back(startThread("cofferdam-undo", [this] { work(); }));
      return;
    } catch (const std::system_error&) {
      // No more threads for this user (RLIMIT_NPROC, a pids cgroup): those that there are do it, or else the caller.
      if (threads_.empty()) {
        job = std::move(jobs_.back());
        jobs_.pop_back();
        lock.unlock();
        return job();
      }
    }
  }
  changed_.notifyOne();
}

void Undertaker::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    idle_++;
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    idle_--;
    if (stopping_) return;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds is released outside of the lock
    lock.lock();
  }
}

void Undertaker::stop() {
  std::deque<std::function<void()>> forgotten;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    forgotten.swap(jobs_);
  }
  changed_.notifyAll();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace cofferdam
