// What one Node environment (the main thread, or a worker) has: its own launcher, janitor, journal, threads and events.
// It is the addon's instance data; nothing is shared between environments.
#pragma once
#include <napi.h>

#include <memory>
#include <optional>
#include <string>

#include "companions.h"
#include "dispatcher.h"
#include "journal.h"
#include "launch.h"
#include "raw.h"
#include "reaper.h"
#include "registry.h"
#include "undertaker.h"

namespace cofferdam {

class Environment {
 public:
  // Null until it is opened.
  Companions* companions() { return companions_.get(); }

  ~Environment() { close(); }

  // All of these on the JavaScript thread.
  // Starts what is not running; `journal` is used the first time only.
  Result<Companions::Facts> open(Napi::Env env, const std::string& journal, Napi::Function onEvent,
                                 Napi::Function onWatch);
  Result<std::shared_ptr<Launch>> launch(Napi::Env env, LaunchOptions options);
  // Runs the undo that a launch has kept. EBUSY while its process lives.
  // Puts an undo program on record until it is released; the answer names it.
  Result<uint32_t> arm(std::vector<uint8_t> program);
  Result<Napi::Promise> release(Napi::Env env, uint32_t id);
  Napi::Promise run(Napi::Env env, std::vector<uint8_t> program);
  Napi::Promise callRaw(Napi::Env env, uint32_t thread, RawCall call);
  Napi::Promise closeRaw(Napi::Env env, uint32_t thread);
  void reference(Napi::Env env, Launch& launch, bool referenced);
  // Tells `onWatch` whenever the descriptor becomes readable or, if so asked, has an exceptional condition (EPOLLPRI), once
  // for each time. Gives its number; the descriptor stays the caller's, who takes it away before closing it.
  Result<uint32_t> watch(int descriptor, bool exceptional);
  void unwatch(int descriptor);

  Napi::FunctionReference launchClass;

 private:
  void prepare(Napi::Env env);
  Done begin(const std::shared_ptr<Launch>& launch, LaunchOptions options, Request* request);
  void close();

  // In the order in which they need each other: destroyed from the last to the first.
  Dispatcher dispatcher_;
  Registry registry_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Reaper> reaper_;
  std::unique_ptr<Companions> companions_;
  Undertaker undertaker_;
  RawThreads raw_{dispatcher_};
  UniqueFd nullDevice_;
  uint32_t lastWatch_ = 0;
  bool prepared_ = false;
};

}  // namespace cofferdam
