#include "dispatcher.h"

#include "encode.h"
#include "launch.h"

namespace cofferdam {

void Dispatcher::open(Napi::Env env) {
  if (open_) return;
  channel_ = Channel::New(env, "cofferdam", 0, 1, this);
  channel_.Unref(env);
  open_ = true;
}

void Dispatcher::close() {
  if (!open_) return;
  open_ = false;
  channel_.Abort();
  promises_.clear();
  onEvent_.Reset();
  onWatch_.Reset();
  std::lock_guard lock(mutex_);
  queue_.clear();
}

void Dispatcher::post(Event event) {
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(event));
    if (called_) return;
    called_ = true;
  }
  // Fails only when the environment is being torn down, and then nobody listens any more.
  channel_.NonBlockingCall();
}

void Dispatcher::call(Napi::Env env, Napi::Function, Dispatcher* self, NoData*) {
  // Without an environment the call is one of those that were under way at its teardown.
  if (env == nullptr || !self->open_) return;
  std::deque<Event> events;
  {
    std::lock_guard lock(self->mutex_);
    events.swap(self->queue_);
    self->called_ = false;
  }
  for (Event& event : events) {
    Napi::HandleScope scope(env);
    try {
      self->deliver(env, event);
    } catch (const Napi::Error& error) {
      // What a listener throws is an uncaught exception, as with any of Node's events; the next event comes anyway.
      napi_fatal_exception(env, error.Value());
    }
    if (!self->open_) return;  // the listener has ended the environment
  }
}

void Dispatcher::deliver(Napi::Env env, Event& event) {
  if (auto* settled = std::get_if<UndoSettled>(&event)) return settle(env, settled->promise, settled->undo);
  if (auto* settled = std::get_if<RawSettled>(&event)) return settle(env, *settled);
  if (auto* watched = std::get_if<WatchEvent>(&event)) {
    if (!onWatch_.IsEmpty()) onWatch_.Call({Napi::Number::New(env, watched->watch)});
    return;
  }
  auto& launched = std::get<LaunchEvent>(event);
  Launch& launch = *launched.launch;
  bool final = std::holds_alternative<FailedEvent>(launched.body) ||
               std::holds_alternative<ExitedEvent>(launched.body) ||
               (launch.detached && std::holds_alternative<StartedEvent>(launched.body));
  if (final) {
    launch.over = true;
    if (std::exchange(launch.referenced, false)) release(env);
  }
  if (!onEvent_.IsEmpty()) onEvent_.Call({Napi::Number::New(env, launch.id), encodeEvent(env, launched)});
}

Napi::Promise Dispatcher::promise(Napi::Env env, uint32_t* number) {
  *number = ++lastPromise_;
  Deferred deferred = Deferred::New(env);
  promises_.emplace(*number, deferred);
  hold(env);
  return deferred.Promise();
}

Dispatcher::Deferred Dispatcher::take(Napi::Env env, uint32_t promise) {
  release(env);
  return promises_.extract(promise).mapped();
}

void Dispatcher::settle(Napi::Env env, uint32_t promise, const UndoFailure& undo) {
  take(env, promise).Resolve(encodeUndoFailure(env, undo));
}

void Dispatcher::settle(Napi::Env env, RawSettled& settled) {
  Deferred deferred = take(env, settled.promise);
  if (!settled.value) return deferred.Reject(encodeFailure(env, settled.value.failure()).Value());
  deferred.Resolve(encodeRawValue(env, settled));
}

void Dispatcher::hold(Napi::Env env) {
  if (holds_++ == 0) channel_.Ref(env);
}

void Dispatcher::release(Napi::Env env) {
  if (--holds_ == 0) channel_.Unref(env);
}

}  // namespace cofferdam
