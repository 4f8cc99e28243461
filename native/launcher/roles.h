// The processes that the launcher executable can be; main.cpp chooses by argv[0].
#pragma once
#include <stdint.h>

namespace cofferdam {

struct CoreLimit {
  uint64_t soft, hard;
};

[[noreturn]] void runLauncher(CoreLimit core);
[[noreturn]] void runJanitor();

}  // namespace cofferdam
