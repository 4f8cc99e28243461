#include "encode.h"

#include <string.h>

#include "launch.h"

namespace cofferdam {
namespace {

// Beyond this size JavaScript is given the memory itself instead of a copy.
constexpr size_t kCopyLimit = size_t{64} * 1024;

Napi::Value encodeFiles(Napi::Env env, const FileContents& files) {
  Napi::Array list = Napi::Array::New(env, files.size());
  for (uint32_t i = 0; i < files.size(); i++) {
    if (files[i])
      list.Set(i, Napi::String::New(env, *files[i]));
    else
      list.Set(i, env.Null());
  }
  return list;
}

Napi::Value encodeOutput(Napi::Env env, std::optional<ByteBuffer>& output) {
  if (!output) return env.Null();
  size_t size = output->size();
  if (size <= kCopyLimit) return Napi::Buffer<uint8_t>::Copy(env, output->data(), size);
  // Some embedders forbid memory from outside; then this copies and frees.
  return Napi::Buffer<uint8_t>::NewOrCopy(env, output->release(), size, [](Napi::Env, uint8_t* data) { free(data); });
}

void encodeBody(Napi::Env env, Napi::Object to, StartedEvent& event) {
  to.Set("type", "started");
  to.Set("pid", event.pid);
  to.Set("records", encodeBytes(env, event.records));
}

void encodeBody(Napi::Env env, Napi::Object to, FailedEvent& event) {
  to.Set("type", "failed");
  to.Set("errno", event.error);
  to.Set("step", event.step);
  to.Set("killed", event.killed);
  to.Set("signal", event.signal);
  to.Set("records", encodeBytes(env, event.records));
  to.Set("exitFiles", encodeFiles(env, event.exitFiles));
}

void encodeBody(Napi::Env, Napi::Object to, DescriptorEvent& event) {
  to.Set("type", "descriptor");
  to.Set("tag", static_cast<double>(event.tag));
  to.Set("fd", event.descriptor.release());
}

void encodeBody(Napi::Env, Napi::Object to, ReadyEvent& event) {
  to.Set("type", "ready");
  to.Set("state", static_cast<double>(event.state));
}

void encodeBody(Napi::Env env, Napi::Object to, ExitedEvent& event) {
  to.Set("type", "exited");
  to.Set("code", event.status.code ? Napi::Number::New(env, *event.status.code) : env.Null());
  to.Set("signal", event.status.signal);
  to.Set("lost", event.status.lost);
  to.Set("timedOut", event.timedOut);
  to.Set("outputExceeded", event.outputExceeded);
  to.Set("stdout", encodeOutput(env, event.standardOutput));
  to.Set("stderr", encodeOutput(env, event.standardError));
  to.Set("exitFiles", encodeFiles(env, event.exitFiles));
  to.Set("userTime", static_cast<double>(event.status.userTime));
  to.Set("systemTime", static_cast<double>(event.status.systemTime));
  to.Set("maxRss", static_cast<double>(event.status.maxRss));
  to.Set("duration", static_cast<double>(event.duration));
  to.Set("undoError", encodeUndoFailure(env, event.undo));
}

}  // namespace

Napi::Object encodeEvent(Napi::Env env, LaunchEvent& event) {
  Napi::Object object = Napi::Object::New(env);
  std::visit([&](auto& body) { encodeBody(env, object, body); }, event.body);
  return object;
}

Napi::Value encodeUndoFailure(Napi::Env env, const UndoFailure& undo) {
  if (undo.error == 0) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("errno", undo.error);
  object.Set("step", undo.step);
  if (!undo.messages.empty()) object.Set("messages", undo.messages);
  return object;
}

Napi::Value encodeRawValue(Napi::Env env, RawSettled& settled) {
  if (settled.closed) return env.Undefined();
  Napi::Object object = Napi::Object::New(env);
  object.Set("thread", settled.thread);
  object.Set("value", static_cast<double>(*settled.value));
  return object;
}

Napi::Object encodeRecovery(Napi::Env env, const Recovery& recovery) {
  Napi::Array programs = Napi::Array::New(env, recovery.programs.size());
  for (uint32_t i = 0; i < recovery.programs.size(); i++) programs.Set(i, encodeBytes(env, recovery.programs[i]));
  Napi::Array errors = Napi::Array::New(env, recovery.failures.size());
  for (uint32_t i = 0; i < recovery.failures.size(); i++) errors.Set(i, encodeUndoFailure(env, recovery.failures[i]));
  Napi::Object object = Napi::Object::New(env);
  object.Set("alive", recovery.alive);
  object.Set("programs", programs);
  object.Set("errors", errors);
  return object;
}

Napi::Value encodeNotification(Napi::Env env, const Notification& next) {
  if (next.state == Notification::None) return env.Null();
  if (next.state == Notification::Ended) return Napi::String::New(env, "ended");
  Napi::Array arguments = Napi::Array::New(env, 6);
  for (uint32_t i = 0; i < 6; i++) arguments.Set(i, Napi::BigInt::New(env, next.arguments[i]));
  Napi::Object call = Napi::Object::New(env);
  call.Set("id", Napi::BigInt::New(env, next.id));
  call.Set("pid", Napi::Number::New(env, next.pid));
  call.Set("number", Napi::Number::New(env, next.number));
  call.Set("architecture", Napi::Number::New(env, next.architecture));
  call.Set("arguments", arguments);
  return call;
}

Napi::Value encodeBytes(Napi::Env env, const std::vector<uint8_t>& bytes) {
  return Napi::Buffer<uint8_t>::Copy(env, bytes.data(), bytes.size());
}

Napi::Error encodeFailure(Napi::Env env, const Failure& failure) {
  std::string code = errorName(failure.error);
  std::string message = code + ": " + strerror(failure.error) + ", " + failure.syscall;
  if (!failure.path.empty()) message += " '" + failure.path + "'";
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("errno", Napi::Number::New(env, failure.error));
  error.Set("code", Napi::String::New(env, code));
  error.Set("syscall", Napi::String::New(env, failure.syscall));
  if (!failure.path.empty()) error.Set("path", Napi::String::New(env, failure.path));
  return error;
}

}  // namespace cofferdam
