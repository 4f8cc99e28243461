// System calls that a filter hands over to JavaScript: seccomp_unotify(2), the listener's ioctls. JavaScript thread; none of
// them waits.
#pragma once
#include <stdint.h>

#include "failure.h"

namespace cofferdam {

struct Notification {
  enum State { None, Call, Ended } state = None;
  uint64_t id = 0;
  uint32_t pid = 0;
  int32_t number = 0;
  uint32_t architecture = 0;
  uint64_t arguments[6] = {};
};

// The next call that waits. Ended: no process has the filter any more.
Result<Notification> nextNotification(int listener);
// Whether that call still waits: what was read of its process before is that process's.
bool isWaiting(int listener, uint64_t id);
// Lets it return `value`, or fail with `error`; `goesOn` has the kernel do the call itself. False when it waits no more.
Result<bool> answerNotification(int listener, uint64_t id, int64_t value, int32_t error, bool goesOn);
// A copy of `descriptor` becomes the call's process's, and its number the call's value.
Result<bool> answerWithDescriptor(int listener, uint64_t id, int descriptor, bool closeOnExec);

}  // namespace cofferdam
