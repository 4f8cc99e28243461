#include "raw.h"

#include <errno.h>
#include <sched.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include "../sys/syscall.h"
#include "dispatcher.h"
#include "thread.h"

namespace cofferdam {

class RawThread {
 public:
  struct Order {
    RawCall call;
    uint32_t promise;
    bool last;  // close() instead of a call
  };

  RawThread(uint32_t number, Dispatcher& dispatcher) : number_(number), dispatcher_(dispatcher) {
    thread_ = startThread("cofferdam-raw", [this] { work(); });
  }
  ~RawThread() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notifyOne();
    thread_.join();
  }

  void order(Order order) {
    {
      std::lock_guard lock(mutex_);
      orders_.push_back(std::move(order));
    }
    changed_.notifyOne();
  }
  // Joining will not wait.
  bool finished() const { return finished_; }

 private:
  void work() {
    long shared = sys::raw(__NR_unshare, CLONE_FS);
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !orders_.empty(); });
      if (stopping_) return;
      Order order = std::move(orders_.front());
      orders_.pop_front();
      lock.unlock();
      if (order.last) {
        dispatcher_.post(RawSettled{order.promise, number_, int64_t{0}, true});
        finished_ = true;
        return;
      }
      Result<int64_t> value = shared < 0 ? Failure{static_cast<int>(-shared), "unshare", {}} : runRawCall(order.call);
      dispatcher_.post(RawSettled{order.promise, number_, std::move(value), false});
      lock.lock();
    }
  }

  const uint32_t number_;
  Dispatcher& dispatcher_;
  std::mutex mutex_;
  Condition changed_;
  std::deque<Order> orders_;
  bool stopping_ = false;
  std::atomic<bool> finished_{false};
  std::thread thread_;
};

RawThreads::RawThreads(Dispatcher& dispatcher) : dispatcher_(dispatcher) {}
RawThreads::~RawThreads() = default;

void RawThreads::sweep() {
  std::erase_if(closing_, [](const std::unique_ptr<RawThread>& thread) { return thread->finished(); });
}

void RawThreads::call(uint32_t thread, RawCall call, uint32_t promise) {
  sweep();
  if (thread == 0) {
    thread = ++last_;
    try {
      threads_.emplace(thread, std::make_unique<RawThread>(thread, dispatcher_));
    } catch (const std::system_error& error) {
      return dispatcher_.post(RawSettled{promise, thread, Failure{error.code().value(), "pthread_create", {}}, false});
    }
  }
  auto found = threads_.find(thread);
  if (found == threads_.end()) return dispatcher_.post(RawSettled{promise, thread, Failure{ESRCH, "raw", {}}, false});
  found->second->order({std::move(call), promise, false});
}

void RawThreads::close(uint32_t thread, uint32_t promise) {
  sweep();
  auto node = threads_.extract(thread);
  if (node.empty()) return dispatcher_.post(RawSettled{promise, thread, Failure{ESRCH, "raw", {}}, true});
  node.mapped()->order({{}, promise, true});
  closing_.push_back(std::move(node.mapped()));
}

void RawThreads::stop() {
  threads_.clear();
  closing_.clear();
}

}  // namespace cofferdam
