// Runs the operations of a launch program in order. Mechanism only: what is done, and in which order, was decided
// by whoever wrote the program.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "machine.h"

namespace cofferdam {

// Runs the machine's program to its end or to the first operation that fails and is not tolerated. Returns 0 or -errno
// with `*step` set. `exec` does not return when it succeeds.
int runProgram(Machine& machine, uint32_t* step);

struct Outcome {
  int error;  // 0 or a positive errno
  uint32_t step;
};

// Runs the undo operations of a program (those of the actor janitor first, if asked for), past failures; the first one
// is the outcome. `program` must be writable and aligned to 8. Without patience nothing is done that may take its time:
// that is EBUSY, and the program can be run again.
Outcome runUndo(uint8_t* program, size_t size, bool janitor, bool patient = true, Elsewhere elsewhere = {});

}  // namespace cofferdam
