// From the addon's threads to JavaScript: one queue, one ThreadSafeFunction. Also the promises that they settle, and the
// count of what keeps the event loop alive.
#pragma once
#include <napi.h>

#include <deque>
#include <mutex>
#include <unordered_map>

#include "event.h"

namespace cofferdam {

class Dispatcher {
 public:
  // JavaScript thread. Idempotent.
  void open(Napi::Env env);
  // JavaScript thread. `onEvent(id, event)` hears of launches from now on, `onWatch(number)` of watched descriptors.
  void listen(Napi::Function onEvent, Napi::Function onWatch) {
    onEvent_ = Napi::Persistent(onEvent);
    onWatch_ = Napi::Persistent(onWatch);
  }
  // Nothing reaches JavaScript afterwards.
  void close();

  // Any thread.
  void post(Event event);

  // JavaScript thread: a promise, and the number by which an event settles it. It keeps the event loop alive.
  Napi::Promise promise(Napi::Env env, uint32_t* number);
  // JavaScript thread: one more, or one less, thing to keep the event loop alive for.
  void hold(Napi::Env env);
  void release(Napi::Env env);

 private:
  using Deferred = Napi::Promise::Deferred;
  struct NoData {};
  static void call(Napi::Env env, Napi::Function, Dispatcher* self, NoData*);
  using Channel = Napi::TypedThreadSafeFunction<Dispatcher, NoData, &Dispatcher::call>;

  void deliver(Napi::Env env, Event& event);
  void settle(Napi::Env env, uint32_t promise, const UndoFailure& undo);
  void settle(Napi::Env env, RawSettled& settled);
  Deferred take(Napi::Env env, uint32_t promise);

  Channel channel_;
  Napi::FunctionReference onEvent_;
  Napi::FunctionReference onWatch_;
  bool open_ = false;
  unsigned holds_ = 0;
  uint32_t lastPromise_ = 0;
  std::unordered_map<uint32_t, Deferred> promises_;

  std::mutex mutex_;
  std::deque<Event> queue_;  // guarded by mutex_, as is the next
  bool called_ = false;      // JavaScript has been called and will take the queue
};

}  // namespace cofferdam
