// The bytes that pass between Node and the processes that run a launch program. All numbers are in host order: both
// ends are on one machine. Everything here is checked by the reader (reader.h) before it is believed.
#pragma once
#include <stdint.h>

#include "contract.h"

namespace cofferdam {

// A program: this header, then `operations` records of Operation, then the data that their arguments point to.
struct ProgramHeader {
  uint32_t magic;
  uint16_t version;
  uint16_t flags;  // kFlagSplit: contains a `clone`, so the launched process is an intermediate.
                   // kFlagExternal: the message holds this header only, the program is in a memfd.
                   // kFlagNetwork: the launched process itself makes a network namespace, of this user namespace.
                   // kFlagDetached: a monitor is to run the program, see monitor.cpp.
                   // kFlagWatch: the launcher gives the janitor a pidfd as well (no cgroup to kill it by).
  uint32_t size;   // of the whole program, this header included
  uint32_t operations;
  uint32_t descriptors;  // slots filled from the launch request: 0..descriptors-1
  uint32_t slots;        // all slots that the program names
  uint64_t cloneFlags;   // for the launcher's clone3: namespaces
  // A v2 cgroup that the launcher makes (operation 0, actor `launcher`, says the same) and clones into: 0, or the offset
  // and length of its path, and how many of its last components are to be made. Joining afterwards would wait for RCU.
  uint32_t cgroupPath;
  uint32_t cgroupPathSize;
  uint32_t cgroupDepth;
  // The v2 cgroup that a monitor is born in, as above.
  uint32_t monitorPath;
  uint32_t monitorPathSize;
  uint32_t monitorDepth;
  uint32_t reserved[2];
};
static_assert(sizeof(ProgramHeader) == kHeaderSize);

inline constexpr uint32_t kNoSlot = 0xffffffff;  // as `dir`: the working directory; as `into`: nowhere

// An argument is a number, a slot, or a reference into the program: offset in the low 32 bits, length (bytes, or
// number of strings) in the high ones. Strings end with a NUL that the length does not count. `Strings` is an array
// of length + 1 uint64_t at an offset divisible by 8, each the offset of a string, the last one 0: the reader turns
// it into the char* array that execve(2) wants, in place (so two arguments must not share one). The last byte of a
// program that has such arrays is 0.
struct Operation {
  uint16_t code;
  uint8_t actor;
  uint8_t tolerate;  // errnos that do not fail the launch; the record keeps them
  uint32_t reserved;
  uint64_t args[kArgumentsPerOperation];
};
static_assert(sizeof(Operation) == kOperationSize);

// The records of a launch: memory shared by Node and the launched process, so that a failure has a name even when the
// process was killed. One Record an operation follows the header; operation 0's time runs from `started`.
struct RecordHeader {
  uint32_t phase;     // Phase of the child actor
  uint32_t step;      // operation that the child is at
  uint32_t hostStep;  // operation that the host actor is at
  uint32_t hostPhase;
  uint64_t started;     // CLOCK_MONOTONIC, ns: the child begins
  uint64_t requested;   // CLOCK_MONOTONIC, ns: Node sent the request
  uint32_t pid;         // of the launched process, in Node's pid namespace; 0: unknown. For when who should have sent
                        // Started was killed after the clone: nobody would ever wait for the new process.
  uint32_t processPid;  // with kFlagSplit: of what `clone` made
  uint64_t reserved[3];
};
static_assert(sizeof(RecordHeader) == 64);

struct Record {
  int32_t error;   // 0, or the errno, tolerated ones too
  uint32_t done;   // 1 when the operation ran
  uint64_t ended;  // CLOCK_MONOTONIC, ns
};
static_assert(sizeof(Record) == 16);

// What the memfd of a launch's records is mapped as: sparse, so that only what is used takes memory.
inline constexpr uint64_t kRecordsSize =
    (sizeof(RecordHeader) + kMaxOperations * sizeof(Record) + 4095) & ~uint64_t{4095};

// Messages on a launch's own socket (SOCK_SEQPACKET), child or launcher to Node unless said otherwise.
//   Started     value = pid, one descriptor: its pidfd. step = 0xffffffff from the launcher; from `clone` 0. With kFlagSplit
//               the launcher's is the intermediate, the other one the process, and either may arrive first.
//   Failed      value = errno, step = operation. Nothing more comes from this process. From a monitor also the negative
//               number of the signal that killed the process before its exec.
//   Descriptor  value = a tag (kTerminalTag), one descriptor.
//   Ready       value = the state given to `rendezvous`; the process waits for Continue. From a monitor: the pid of the
//               container's first process, which has executed its command.
//   Continue    Node to child: this header, then a program; its descriptors fill the slots from `value` up.
// End of file without Failed means that the process did exec only if the records' phase is Executing.
struct MessageHeader {
  uint32_t message;
  uint32_t step;
  int64_t value;
};
static_assert(sizeof(MessageHeader) == 16);

inline constexpr int64_t kTerminalTag = 1;
inline constexpr int64_t kSeccompTag = 2;
inline constexpr int64_t kMessagesTag = 3;  // what a program of the host wrote before it failed (operation `run`)

// A launch request, Node to launcher: the program (or its header and then the cgroup's path, with kFlagExternal) as the
// bytes of one message, with
// descriptors in this order: the launch's socket, the records' memfd, the program's memfd (kFlagExternal), then the
// slots. Beyond kRequestDescriptors slots the rest waits on the launch's socket, for `receive`.

// The launcher's own descriptors, put in place by Node before its exec; every child inherits them until it closes them.
inline constexpr int kControlDescriptor = 0;   // SOCK_SEQPACKET: launch requests
inline constexpr int kLifelineDescriptor = 1;  // write end of the lifeline: open while launches may still take effect
inline constexpr int kJanitorDescriptor = 2;   // SOCK_SEQPACKET: pidfds for the janitor (kFlagWatch)

// The janitor's.
inline constexpr int kJanitorLifeline =
    0;  // read end of the lifeline: POLLHUP when Node, launcher and launches are gone
inline constexpr int kJanitorJournal = 1;  // the journal file, O_RDWR
inline constexpr int kJanitorPidfds = 2;   // SOCK_SEQPACKET: the other end of kJanitorDescriptor
inline constexpr int kJanitorOwner = 3;    // pidfd of Node

// The journal: a file in the state directory (a tmpfs), mapped by Node, that holds the undo program of everything that
// would outlive a process. Node fills a slot before it sends the request; so a SIGKILL at any moment leaves the undo
// on record. Slot 0 is the file's header.
inline constexpr uint32_t kJournalSlotSize = 4096;
inline constexpr uint32_t kJournalSlots = 4096;
struct JournalHeader {
  uint32_t magic;  // kMagic
  uint32_t version;
  int32_t ownerPid;
  uint32_t reserved;
  uint64_t ownerStart;  // start time of the owner, /proc/PID/stat field 22: pids come again
};
struct JournalSlot {
  uint32_t state;  // 0 free, 1 armed: written last, with release order
  uint32_t slots;  // how many slots this program spans
  uint8_t program[];
};

// What the monitor of a detached container says of it, in a file of the state directory that is written in one piece and
// in place: whoever has it open still reads the end when the file's name is gone. Every later release reads version 1.
// The texts of the operation `usage` follow it at the end of the container, each with a NUL; an empty one was not readable.
struct Status {
  uint32_t magic;  // kMagic
  uint16_t version;
  uint16_t size;      // of this struct
  uint32_t sequence;  // the same here and at the end, or the reader came in between
  uint32_t state;     // StatusState
  int32_t monitorPid;
  int32_t pid;            // of the container's first process, 0: none
  uint64_t monitorStart;  // field 22 of /proc/PID/stat: pids come again
  uint64_t start;
  uint64_t startedAt;  // CLOCK_REALTIME, ns: the command was executed
  uint64_t endedAt;
  int32_t exitCode;  // -1: a signal ended it
  int32_t signal;
  uint32_t restarts;
  int32_t undoError;  // errno of the first operation of the undo that failed
  uint32_t undoStep;
  uint32_t textSize;  // of the texts that follow
  uint64_t duration;  // ns
  uint64_t userTime;  // of the process and of those that it waited for, microseconds
  uint64_t systemTime;
  uint64_t maxRss;      // KiB
  uint64_t lostOutput;  // bytes that the log had no room for
  uint32_t reserved;
  uint32_t sequenceAgain;
};
static_assert(sizeof(Status) == 128);
inline constexpr uint16_t kStatusVersion = 1;

// A request to a monitor over the socket `control` in its directory, and its answer. A monitor answers what it does not
// know with ENOSYS, and what is longer than this with what it knows of it.
struct ControlMessage {
  uint32_t magic;  // kMagic
  uint16_t version;
  uint16_t control;  // Control
  int64_t value;     // stop, kill: the signal; policy: Restart. In the answer: 0, or a negative errno
  int64_t more;      // stop: milliseconds until SIGKILL; policy: how often
  int64_t reserved;
};
static_assert(sizeof(ControlMessage) == 32);

// What comes before each piece of output in a log.
struct LogHeader {
  uint64_t time;    // CLOCK_REALTIME, ns
  uint32_t stream;  // 1 or 2
  uint32_t size;    // of the bytes that follow
};
static_assert(sizeof(LogHeader) == 16);

}  // namespace cofferdam
