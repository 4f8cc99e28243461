// The addon's exports: lib/native.ts' Native, and nothing else. Arguments are decoded here, the core called, its results
// encoded; no decision is made.
#include <napi.h>

#include "decode.h"
#include "encode.h"
#include "environment.h"
#include "files.h"
#include "launch_handle.h"
#include "probe.h"
#include "undo.h"

namespace cofferdam {
namespace {

Environment& environmentOf(const Napi::CallbackInfo& info) { return *info.Env().GetInstanceData<Environment>(); }

template <typename T>
T& valueOrThrow(const Napi::CallbackInfo& info, Result<T>& result) {
  if (!result) throw encodeFailure(info.Env(), result.failure());
  return *result;
}

Napi::Object objectArgument(const Napi::CallbackInfo& info) {
  if (!info[0].IsObject()) throw Napi::TypeError::New(info.Env(), "the argument must be an object");
  return info[0].As<Napi::Object>();
}

Napi::Value open(const Napi::CallbackInfo& info) {
  Napi::Object options = objectArgument(info);
  Napi::Value onEvent = options.Get("onEvent");
  if (!onEvent.IsFunction()) throw Napi::TypeError::New(info.Env(), "onEvent must be a function");
  Napi::Value onWatch = options.Get("onWatch");
  if (!onWatch.IsFunction()) throw Napi::TypeError::New(info.Env(), "onWatch must be a function");
  auto opened = environmentOf(info).open(info.Env(), decodeString(options.Get("journal"), "journal"),
                                         onEvent.As<Napi::Function>(), onWatch.As<Napi::Function>());
  const Companions::Facts& result = valueOrThrow(info, opened);
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("launcherPid", result.launcher);
  object.Set("janitorPid", result.janitor);
  object.Set("memfd", result.source == ExecutableSource::Memfd ? "memfd" : "file");
  return object;
}

Napi::Value launch(const Napi::CallbackInfo& info) {
  Environment& environment = environmentOf(info);
  auto launched = environment.launch(info.Env(), decodeLaunch(info[0]));
  return LaunchHandle::create(info.Env(), environment, valueOrThrow(info, launched));
}

Napi::Value release(const Napi::CallbackInfo& info) {
  auto promise = environmentOf(info).release(info.Env(), static_cast<uint32_t>(decodeInteger(info[0], "id")));
  return valueOrThrow(info, promise);
}

Napi::Value run(const Napi::CallbackInfo& info) {
  auto program = decodeBytes(info[0], "program");
  return environmentOf(info).run(info.Env(), {program.begin(), program.end()});
}

Napi::Value recover(const Napi::CallbackInfo& info) {
  auto recovery = recoverJournal(decodeString(info[0], "journal"), info[1].ToBoolean());
  return encodeRecovery(info.Env(), valueOrThrow(info, recovery));
}

Napi::Value makeEventfd(const Napi::CallbackInfo& info) {
  auto made = eventDescriptor();
  return Napi::Number::New(info.Env(), valueOrThrow(info, made).release());
}

Napi::Value watch(const Napi::CallbackInfo& info) {
  auto number = environmentOf(info).watch(static_cast<int>(decodeInteger(info[0], "fd")), info[1].ToBoolean());
  return Napi::Number::New(info.Env(), valueOrThrow(info, number));
}

Napi::Value unwatch(const Napi::CallbackInfo& info) {
  environmentOf(info).unwatch(static_cast<int>(decodeInteger(info[0], "fd")));
  return info.Env().Undefined();
}

Napi::Value readAll(const Napi::CallbackInfo& info) {
  auto texts = readDescriptors(decodeDescriptors(info[0], "descriptors"));
  Napi::Array result = Napi::Array::New(info.Env(), texts.size());
  for (uint32_t i = 0; i < texts.size(); i++)
    result.Set(i, texts[i] ? Napi::Value(Napi::String::New(info.Env(), *texts[i])) : info.Env().Null());
  return result;
}

Napi::Value resize(const Napi::CallbackInfo& info) {
  auto done = resizeTerminal(static_cast<int>(decodeInteger(info[0], "fd")),
                             static_cast<uint16_t>(decodeInteger(info[1], "rows")),
                             static_cast<uint16_t>(decodeInteger(info[2], "columns")));
  valueOrThrow(info, done);
  return info.Env().Undefined();
}

Napi::Value copyDescriptor(const Napi::CallbackInfo& info) {
  auto copy = duplicate(static_cast<int>(decodeInteger(info[0], "fd")));
  valueOrThrow(info, copy);
  return Napi::Number::New(info.Env(), copy->release());
}

Napi::Value probe(const Napi::CallbackInfo& info) {
  Napi::Object object = Napi::Object::New(info.Env());
  for (const ProbeRow& row : probeRows()) object.Set(row.feature, row.attempt());
  return object;
}

Napi::Value callRaw(const Napi::CallbackInfo& info) {
  return environmentOf(info).callRaw(info.Env(), static_cast<uint32_t>(decodeInteger(info[0], "thread")),
                                     decodeRawCall(info[1], info[2]));
}

Napi::Value closeRaw(const Napi::CallbackInfo& info) {
  return environmentOf(info).closeRaw(info.Env(), static_cast<uint32_t>(decodeInteger(info[0], "thread")));
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  auto* environment = new Environment;
  env.SetInstanceData(environment);
  LaunchHandle::define(env, *environment);
  exports.Set("open", Napi::Function::New<open>(env, "open"));
  exports.Set("launch", Napi::Function::New<launch>(env, "launch"));
  exports.Set("release", Napi::Function::New<release>(env, "release"));
  exports.Set("run", Napi::Function::New<run>(env, "run"));
  exports.Set("recover", Napi::Function::New<recover>(env, "recover"));
  exports.Set("eventfd", Napi::Function::New<makeEventfd>(env, "eventfd"));
  exports.Set("watch", Napi::Function::New<watch>(env, "watch"));
  exports.Set("unwatch", Napi::Function::New<unwatch>(env, "unwatch"));
  exports.Set("readDescriptors", Napi::Function::New<readAll>(env, "readDescriptors"));
  exports.Set("resizeTerminal", Napi::Function::New<resize>(env, "resizeTerminal"));
  exports.Set("duplicate", Napi::Function::New<copyDescriptor>(env, "duplicate"));
  exports.Set("probe", Napi::Function::New<probe>(env, "probe"));
  Napi::Object raw = Napi::Object::New(env);
  raw.Set("call", Napi::Function::New<callRaw>(env, "call"));
  raw.Set("close", Napi::Function::New<closeRaw>(env, "close"));
  exports.Set("raw", raw);
  return exports;
}

}  // namespace
}  // namespace cofferdam

static Napi::Object initializeAddon(Napi::Env env, Napi::Object exports) { return cofferdam::initialize(env, exports); }
NODE_API_MODULE(cofferdam, initializeAddon)
