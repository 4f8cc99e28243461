// The processes that the launcher executable can be; main.cpp chooses by argv[0].
#pragma once
#include <stdint.h>

namespace cofferdam {

struct CoreLimit {
  uint64_t soft, hard;
};

struct Request;

[[noreturn]] void runLauncher(CoreLimit core);
[[noreturn]] void runMonitor(Request& launch, CoreLimit core);
[[noreturn]] void runJanitor();

// SIGCHLD: whether the kernel reaps this process's children by itself, as the launcher's, or they wait to be reaped.
void ignoreChildren();
void resetChildSignal();

}  // namespace cofferdam
