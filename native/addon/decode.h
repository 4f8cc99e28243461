// JavaScript values as what the core takes. They throw TypeError: lib/ has checked what users write, so what is wrong
// here is a mistake of the library's own. JavaScript thread only.
#pragma once
#include <napi.h>

#include "launch.h"
#include "raw.h"

namespace cofferdam {

LaunchOptions decodeLaunch(Napi::Value value);
RawCall decodeRawCall(Napi::Value name, Napi::Value arguments);

std::string decodeString(Napi::Value value, const char* what);
int64_t decodeInteger(Napi::Value value, const char* what);
// A BigInt; negative ones as their two's complement.
uint64_t decodeUnsigned(Napi::Value value, const char* what);
// JavaScript's memory, for the time of the call.
std::span<const uint8_t> decodeBytes(Napi::Value value, const char* what);
std::vector<std::string> decodeStrings(Napi::Value value, const char* what);
std::vector<int> decodeDescriptors(Napi::Value value, const char* what);

}  // namespace cofferdam
