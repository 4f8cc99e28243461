// PID 1 for containers that ask for one: reaps orphans, forwards signals, ends with its child.
#pragma once

namespace cofferdam {

// Becomes that process; `child` is the command. Never returns.
[[noreturn]] void runInit(int child);

}  // namespace cofferdam
