// Starts the launcher and the janitor: the only processes that Node itself makes.
#pragma once
#include <sys/types.h>

#include <span>

#include "failure.h"

namespace cofferdam {

struct Process {
  pid_t pid = 0;
  UniqueFd pidfd;
};

// Runs `executable` (execveat(2), AT_EMPTY_PATH) as `name`, with an empty environment and `descriptors` as its 0, 1,
// 2 … (at most 8) and nothing else open. Blocks for as long as the exec takes; a failed exec is this call's failure.
// The process raises no SIGCHLD at its end and is to be waited for with __WALL.
Result<Process> startProcess(int executable, const char* name, std::span<const int> descriptors);

}  // namespace cofferdam
