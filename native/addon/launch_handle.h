// The object that JavaScript holds of a launch: lib/native.ts' Launch.
#pragma once
#include <napi.h>

#include <memory>

#include "environment.h"

namespace cofferdam {

class LaunchHandle : public Napi::ObjectWrap<LaunchHandle> {
 public:
  static void define(Napi::Env env, Environment& environment);
  static Napi::Object create(Napi::Env env, Environment& environment, std::shared_ptr<Launch> launch);

  explicit LaunchHandle(const Napi::CallbackInfo& info);

 private:
  Napi::Value kill(const Napi::CallbackInfo& info);
  Napi::Value killGroup(const Napi::CallbackInfo& info);
  Napi::Value pidfd(const Napi::CallbackInfo& info);
  Napi::Value resume(const Napi::CallbackInfo& info);
  Napi::Value ref(const Napi::CallbackInfo& info);
  Napi::Value unref(const Napi::CallbackInfo& info);

  std::shared_ptr<Launch> launch_;
};

}  // namespace cofferdam
