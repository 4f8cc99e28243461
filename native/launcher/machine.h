// The state of one process that runs a launch program. It lives in that process only: nothing here is shared.
#pragma once
#include "../program/reader.h"
#include "../sys/netlink.h"
#include "../sys/syscall.h"

namespace cofferdam {

// Who runs a program of the host in place of a process that must not (Node). 0 or -errno.
struct Elsewhere {
  int (*run)(void* who, const char* command, Bytes input, uint64_t timeout) = nullptr;
  void* who = nullptr;
};

struct Machine {
  Program program;
  Actor actor = Actor::Child;
  int launchSocket = -1;            // to Node; close-on-exec
  RecordHeader* records = nullptr;  // shared with Node; null in undo programs
  int slots[kMaxSlots];             // descriptors, -1 where empty

  // Between the two sides of `clone`.
  int peer = -1;      // socket to the other side
  int childPid = -1;  // host side: the child, by its pid in the host's pid namespace
  int childPidfd = -1;
  bool watched = false;  // the child has no cgroup to be killed by: the janitor gets its pidfd

  int attachedFile = -1;  // covers of masked paths that have been attached: others are clones of them
  int attachedDirectory = -1;
  int spareNetwork = -1;  // for unshare(CLONE_NEWNET), see spare.h

  // The range of ids that `leaseIds` took: `size` of them from these on.
  struct {
    uint64_t uid = 0, gid = 0, size = 0;
  } lease;

  bool patient = true;  // false: nothing may wait, see runUndo()
  Elsewhere elsewhere;

  uint32_t step = 0;    // of the operation that runs
  uint32_t skip = 0;    // how many of its side's next operations are left out, see `guard`
  int heldSocket = -1;  // requests on it are kept until `netlinkFlush`
  sys::Requests held;
  static constexpr uint32_t kNobody = 0xffffffff;
  uint32_t blamed = kNobody;  // an earlier operation whose request is what failed

  bool standardStreams = false;  // `stdio` has run: 0 to 2 are the command's
  int preserved = 0;             // descriptors 3..3+preserved-1 stay open across exec
  const char* home = nullptr;    // HOME that `identity` found
  char homeText[520];

  // RLIMIT_CORE as it was before the launcher set its own to 0; not known once a program sets it.
  struct {
    bool known = false;
    uint64_t soft = 0, hard = 0;
  } coreLimit;
  uint32_t recordBase = 0;  // records of programs that ran before a continuation

  Machine() {
    for (int& slot : slots) slot = -1;
  }

  int slot(const Operation& operation, unsigned index) const {
    uint32_t number = Program::slot(operation, index);
    return number == kNoSlot ? -1 : slots[number];
  }
  // The `dir` of a path operation: a slot, or the working directory (then the path is trusted, see path.h).
  int directory(const Operation& operation, unsigned index) const {
    uint32_t number = Program::slot(operation, index);
    return number == kNoSlot ? -100 : slots[number];
  }
  // Keeps a descriptor in the slot that an `into` argument names; passes errors through.
  int keep(const Operation& operation, unsigned index, long descriptor) {
    if (descriptor < 0) return static_cast<int>(descriptor);
    uint32_t number = Program::slot(operation, index);
    if (number == kNoSlot) {
      sys::close(static_cast<int>(descriptor));
      return 0;
    }
    if (slots[number] >= 0) sys::close(slots[number]);
    slots[number] = static_cast<int>(descriptor);
    return 0;
  }
};

// What the operations are grouped into; each takes its own codes and returns 0 or -errno.
int runFileOperation(Machine& machine, const Operation& operation);
int runCgroupOperation(Machine& machine, const Operation& operation);
int runMountOperation(Machine& machine, const Operation& operation);
int runProcessOperation(Machine& machine, const Operation& operation);
int runIdentityOperation(Machine& machine, const Operation& operation);
int runNetworkOperation(Machine& machine, const Operation& operation);
int runLinkOperation(Machine& machine, const Operation& operation);
int runHook(Machine& machine, const Operation& operation);
int runHostProgram(Machine& machine, const Operation& operation);
int runAttendant(Machine& machine, const Operation& operation);
int runStreamOperation(Machine& machine, const Operation& operation);
int runLandlock(Machine& machine, const Operation& operation);
// Of several groups: whatever has to do with id mappings.
int runUserNamespaceOperation(Machine& machine, const Operation& operation);

}  // namespace cofferdam
