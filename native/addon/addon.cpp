// The addon's exports: lib/native.ts' Native, and nothing else. Arguments are decoded here, the core called, its results
// encoded; no decision is made.
#include <napi.h>

#include "decode.h"
#include "encode.h"
#include "environment.h"
#include "files.h"
#include "launch_handle.h"
#include "notify.h"
#include "probe.h"
#include "socket.h"
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

Napi::Value arm(const Napi::CallbackInfo& info) {
  auto program = decodeBytes(info[0], "program");
  auto armed = environmentOf(info).arm({program.begin(), program.end()});
  return Napi::Number::New(info.Env(), valueOrThrow(info, armed));
}

Napi::Value release(const Napi::CallbackInfo& info) {
  auto promise = environmentOf(info).release(info.Env(), static_cast<uint32_t>(decodeInteger(info[0], "id")));
  return valueOrThrow(info, promise);
}

Napi::Value run(const Napi::CallbackInfo& info) {
  auto program = decodeBytes(info[0], "program");
  return environmentOf(info).run(info.Env(), {program.begin(), program.end()});
}

Napi::Value undo(const Napi::CallbackInfo& info) {
  return encodeUndoFailure(info.Env(),
                           runUndoProgram(decodeBytes(info[0], "program"), true, environmentOf(info).companions()));
}

Napi::Value recover(const Napi::CallbackInfo& info) {
  auto recovery =
      recoverJournal(decodeString(info[0], "journal"), info[1].ToBoolean(), environmentOf(info).companions());
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

Napi::Value readBytes(const Napi::CallbackInfo& info) {
  auto texts = readPaths(decodeStrings(info[0], "paths"));
  Napi::Array result = Napi::Array::New(info.Env(), texts.size());
  for (uint32_t i = 0; i < texts.size(); i++)
    result.Set(i, texts[i] ? Napi::Value(Napi::Buffer<char>::Copy(info.Env(), texts[i]->data(), texts[i]->size()))
                           : info.Env().Null());
  return result;
}

Napi::Value askOther(const Napi::CallbackInfo& info) {
  auto request = decodeBytes(info[1], "request");
  auto answer = Napi::Buffer<uint8_t>::New(info.Env(), request.size());
  auto descriptor = ask(decodeString(info[0], "path"), request, {answer.Data(), answer.Length()});
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("descriptor", valueOrThrow(info, descriptor).release());
  result.Set("answer", answer);
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

Napi::Value nextCall(const Napi::CallbackInfo& info) {
  auto next = nextNotification(static_cast<int>(decodeInteger(info[0], "listener")));
  return encodeNotification(info.Env(), valueOrThrow(info, next));
}

Napi::Value waits(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(
      info.Env(), isWaiting(static_cast<int>(decodeInteger(info[0], "listener")), decodeUnsigned(info[1], "id")));
}

Napi::Value answer(const Napi::CallbackInfo& info) {
  auto sent = answerNotification(static_cast<int>(decodeInteger(info[0], "listener")), decodeUnsigned(info[1], "id"),
                                 static_cast<int64_t>(decodeUnsigned(info[2], "value")),
                                 static_cast<int32_t>(decodeInteger(info[3], "errno")), info[4].ToBoolean());
  return Napi::Boolean::New(info.Env(), valueOrThrow(info, sent));
}

Napi::Value answerDescriptor(const Napi::CallbackInfo& info) {
  auto sent = answerWithDescriptor(static_cast<int>(decodeInteger(info[0], "listener")), decodeUnsigned(info[1], "id"),
                                   static_cast<int>(decodeInteger(info[2], "descriptor")), info[3].ToBoolean());
  return Napi::Boolean::New(info.Env(), valueOrThrow(info, sent));
}

Napi::Value lock(const Napi::CallbackInfo& info) {
  auto locked = tryLock(static_cast<int>(decodeInteger(info[0], "fd")), info[1].ToBoolean());
  return Napi::Boolean::New(info.Env(), valueOrThrow(info, locked));
}

Napi::Value openOther(const Napi::CallbackInfo& info) {
  UniqueFd pidfd = openProcess(static_cast<pid_t>(decodeInteger(info[0], "pid")),
                               static_cast<uint64_t>(decodeInteger(info[1], "start")));
  return Napi::Number::New(info.Env(), pidfd.release());
}

Napi::Value signalOther(const Napi::CallbackInfo& info) {
  auto sent = signalProcess(static_cast<int>(decodeInteger(info[0], "pidfd")),
                            static_cast<int>(decodeInteger(info[1], "signal")));
  return Napi::Boolean::New(info.Env(), valueOrThrow(info, sent));
}

Napi::Value landlock(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), landlockVersion()); }

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
  exports.Set("arm", Napi::Function::New<arm>(env, "arm"));
  exports.Set("release", Napi::Function::New<release>(env, "release"));
  exports.Set("run", Napi::Function::New<run>(env, "run"));
  exports.Set("undo", Napi::Function::New<undo>(env, "undo"));
  exports.Set("recover", Napi::Function::New<recover>(env, "recover"));
  exports.Set("eventfd", Napi::Function::New<makeEventfd>(env, "eventfd"));
  exports.Set("watch", Napi::Function::New<watch>(env, "watch"));
  exports.Set("unwatch", Napi::Function::New<unwatch>(env, "unwatch"));
  exports.Set("readDescriptors", Napi::Function::New<readAll>(env, "readDescriptors"));
  exports.Set("readFiles", Napi::Function::New<readBytes>(env, "readFiles"));
  exports.Set("ask", Napi::Function::New<askOther>(env, "ask"));
  exports.Set("resizeTerminal", Napi::Function::New<resize>(env, "resizeTerminal"));
  exports.Set("duplicate", Napi::Function::New<copyDescriptor>(env, "duplicate"));
  exports.Set("notification", Napi::Function::New<nextCall>(env, "notification"));
  exports.Set("waits", Napi::Function::New<waits>(env, "waits"));
  exports.Set("answer", Napi::Function::New<answer>(env, "answer"));
  exports.Set("answerDescriptor", Napi::Function::New<answerDescriptor>(env, "answerDescriptor"));
  exports.Set("lock", Napi::Function::New<lock>(env, "lock"));
  exports.Set("openProcess", Napi::Function::New<openOther>(env, "openProcess"));
  exports.Set("signalProcess", Napi::Function::New<signalOther>(env, "signalProcess"));
  exports.Set("landlock", Napi::Function::New<landlock>(env, "landlock"));
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
