#include "launch_handle.h"

#include "decode.h"
#include "encode.h"

namespace cofferdam {

void LaunchHandle::define(Napi::Env env, Environment& environment) {
  environment.launchClass = Napi::Persistent(DefineClass(env, "Launch",
                                                         {
                                                             InstanceMethod<&LaunchHandle::kill>("kill"),
                                                             InstanceMethod<&LaunchHandle::killGroup>("killGroup"),
                                                             InstanceMethod<&LaunchHandle::pidfd>("pidfd"),
                                                             InstanceMethod<&LaunchHandle::resume>("continue"),
                                                             InstanceMethod<&LaunchHandle::ref>("ref"),
                                                             InstanceMethod<&LaunchHandle::unref>("unref"),
                                                         }));
}

Napi::Object LaunchHandle::create(Napi::Env env, Environment& environment, std::shared_ptr<Launch> launch) {
  Napi::Object object = environment.launchClass.New({Napi::External<std::shared_ptr<Launch>>::New(env, &launch)});
  Napi::Array fds = Napi::Array::New(env, 3);
  for (uint32_t i = 0; i < 3; i++) fds.Set(i, launch->parentEnds[i].release());
  object.Set("id", launch->id);
  object.Set("fds", fds);
  return object;
}

LaunchHandle::LaunchHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  if (!info[0].IsExternal()) throw Napi::TypeError::New(info.Env(), "Illegal constructor");
  launch_ = *info[0].As<Napi::External<std::shared_ptr<Launch>>>().Data();
}

Napi::Value LaunchHandle::kill(const Napi::CallbackInfo& info) {
  int result = launch_->kill(static_cast<int>(decodeInteger(info[0], "signal")));
  if (result < 0) throw encodeFailure(info.Env(), {-result, "pidfd_send_signal", {}});
  return Napi::Boolean::New(info.Env(), result == 1);
}

Napi::Value LaunchHandle::killGroup(const Napi::CallbackInfo& info) {
  launch_->killGroup();
  return info.Env().Undefined();
}

Napi::Value LaunchHandle::pidfd(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), launch_->duplicatePidfd());
}

Napi::Value LaunchHandle::resume(const Napi::CallbackInfo& info) {
  Done resumed = launch_->resume(decodeBytes(info[0], "program"), decodeDescriptors(info[1], "descriptors"),
                                 static_cast<uint32_t>(decodeInteger(info[2], "firstSlot")));
  if (!resumed) throw encodeFailure(info.Env(), resumed.failure());
  return info.Env().Undefined();
}

Napi::Value LaunchHandle::ref(const Napi::CallbackInfo& info) {
  info.Env().GetInstanceData<Environment>()->reference(info.Env(), *launch_, true);
  return info.Env().Undefined();
}

Napi::Value LaunchHandle::unref(const Napi::CallbackInfo& info) {
  info.Env().GetInstanceData<Environment>()->reference(info.Env(), *launch_, false);
  return info.Env().Undefined();
}

}  // namespace cofferdam
