// Two facts about a process that only /proc/PID/stat tells.
#pragma once
#include <stdint.h>
#include <sys/types.h>

namespace cofferdam {

// Field 22 of /proc/PID/stat: pids come again, a pid with its start time does not. Clock ticks since boot; 0 when there is no such process.
uint64_t startTime(pid_t pid);

// Whether `pid`, dead or alive but not yet reaped, never came past its exec: PF_FORKNOEXEC in field 9 of /proc/PID/stat.
// False also when that cannot be read.
bool neverExecuted(pid_t pid);

}  // namespace cofferdam
