#include "decode.h"

#include <cmath>

namespace cofferdam {
namespace {

constexpr double kNanosecondsPerMillisecond = 1e6;
constexpr double kDefaultDrain = 100;                    // ms
constexpr double kLongest = 100.0 * 365 * 86400 * 1000;  // ms: a century is never

[[noreturn]] void refuse(Napi::Env env, const char* what, const char* expected) {
  throw Napi::TypeError::New(env, std::string(what) + " must be " + expected);
}

std::vector<uint8_t> copy(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

bool isGiven(Napi::Value value) { return !value.IsUndefined() && !value.IsNull(); }

uint64_t decodeMilliseconds(Napi::Value value, double standard, const char* what) {
  double milliseconds = standard;
  if (isGiven(value)) {
    if (!value.IsNumber()) refuse(value.Env(), what, "a number of milliseconds");
    milliseconds = value.As<Napi::Number>().DoubleValue();
  }
  if (!(milliseconds >= 0)) refuse(value.Env(), what, "a number of milliseconds");
  return static_cast<uint64_t>(std::fmin(milliseconds, kLongest) * kNanosecondsPerMillisecond);
}

Napi::Array decodeArray(Napi::Value value, const char* what) {
  if (!value.IsArray()) refuse(value.Env(), what, "an array");
  return value.As<Napi::Array>();
}

StandardStream decodeStream(Napi::Value value, unsigned index) {
  using Kind = StandardStream::Kind;
  if (value.IsNumber()) return {Kind::Descriptor, static_cast<int>(decodeInteger(value, "stdio"))};
  std::string name = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  if (name == "pipe") return {Kind::Pipe, -1};
  if (name == "ignore") return {Kind::Ignore, -1};
  if (name == "collect" && index > 0) return {Kind::Collect, -1};
  refuse(value.Env(), "stdio", "'pipe', 'ignore', a descriptor or, for stdout and stderr, 'collect'");
}

}  // namespace

std::string decodeString(Napi::Value value, const char* what) {
  if (!value.IsString()) refuse(value.Env(), what, "a string");
  std::string text = value.As<Napi::String>().Utf8Value();
  if (text.find('\0') != std::string::npos) refuse(value.Env(), what, "a string without NUL");
  return text;
}

int64_t decodeInteger(Napi::Value value, const char* what) {
  if (value.IsNumber()) {
    double number = value.As<Napi::Number>().DoubleValue();
    if (std::trunc(number) == number && std::fabs(number) <= 9007199254740991.0) return static_cast<int64_t>(number);
  }
  refuse(value.Env(), what, "an integer");
}

uint64_t decodeUnsigned(Napi::Value value, const char* what) {
  if (!value.IsBigInt()) throw Napi::TypeError::New(value.Env(), std::string(what) + " must be a BigInt");
  bool lossless;
  return value.As<Napi::BigInt>().Uint64Value(&lossless);
}

std::span<const uint8_t> decodeBytes(Napi::Value value, const char* what) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    refuse(value.Env(), what, "a Uint8Array");
  auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

std::vector<std::string> decodeStrings(Napi::Value value, const char* what) {
  Napi::Array list = decodeArray(value, what);
  std::vector<std::string> strings(list.Length());
  for (uint32_t i = 0; i < strings.size(); i++) strings[i] = decodeString(list.Get(i), what);
  return strings;
}

std::vector<int> decodeDescriptors(Napi::Value value, const char* what) {
  Napi::Array list = decodeArray(value, what);
  std::vector<int> descriptors(list.Length());
  for (uint32_t i = 0; i < descriptors.size(); i++) descriptors[i] = static_cast<int>(decodeInteger(list.Get(i), what));
  return descriptors;
}

LaunchOptions decodeLaunch(Napi::Value value) {
  if (!value.IsObject()) refuse(value.Env(), "launch's argument", "an object");
  auto object = value.As<Napi::Object>();
  LaunchOptions options;
  options.program = decodeBytes(object.Get("program"), "program");
  Napi::Array stdio = decodeArray(object.Get("stdio"), "stdio");
  for (unsigned i = 0; i < 3; i++) options.stdio[i] = decodeStream(stdio.Get(i), i);
  options.descriptors = decodeDescriptors(object.Get("descriptors"), "descriptors");
  if (Napi::Value undo = object.Get("undo"); isGiven(undo)) options.undo = copy(decodeBytes(undo, "undo"));
  options.keepUndo = object.Get("keepUndo").ToBoolean();
  if (Napi::Value input = object.Get("input"); isGiven(input)) options.input = copy(decodeBytes(input, "input"));
  if (Napi::Value most = object.Get("maxBuffer"); isGiven(most)) {
    int64_t number = most.IsNumber() && std::isinf(most.As<Napi::Number>().DoubleValue())
                         ? INT64_MAX
                         : decodeInteger(most, "maxBuffer");
    if (number < 0) refuse(value.Env(), "maxBuffer", "at least 0");
    options.maxBuffer = static_cast<size_t>(number);
  }
  options.timeout = decodeMilliseconds(object.Get("timeout"), 0, "timeout");
  options.drain = decodeMilliseconds(object.Get("drain"), kDefaultDrain, "drain");
  if (Napi::Value files = object.Get("exitFiles"); isGiven(files)) {
    Napi::Array list = decodeArray(files, "exitFiles");
    for (uint32_t i = 0; i < list.Length(); i++) options.exitFiles.push_back(decodeString(list.Get(i), "exitFiles"));
  }
  if (Napi::Value last = object.Get("atExit"); isGiven(last)) options.atExit = copy(decodeBytes(last, "atExit"));
  return options;
}

RawCall decodeRawCall(Napi::Value name, Napi::Value arguments) {
  RawCall call{decodeString(name, "name"), {}};
  Napi::Array list = decodeArray(arguments, "args");
  for (uint32_t i = 0; i < list.Length(); i++) {
    Napi::Value argument = list.Get(i);
    if (argument.IsNumber())
      call.arguments.emplace_back(decodeInteger(argument, "args"));
    else if (argument.IsString())
      call.arguments.emplace_back(decodeString(argument, "args"));
    else
      call.arguments.emplace_back(copy(decodeBytes(argument, "args")));
  }
  return call;
}

}  // namespace cofferdam
