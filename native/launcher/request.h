// A launch request, and the process that carries it out. The launcher clones such processes for Node, a monitor for itself.
#pragma once
#include "../program/layout.h"
#include "../sys/message.h"
#include "roles.h"

namespace cofferdam {

// Where a failure is told that no operation is to blame for: the clone itself, or a program that cannot be read.
inline constexpr uint32_t kNoStep = 0xffffffff;

struct Request {
  uint8_t* bytes;  // the message: header and program, or (kFlagExternal) the header alone
  size_t size;
  int descriptors[sys::kMostDescriptors];
  unsigned count;
  const ProgramHeader& header() const { return *reinterpret_cast<const ProgramHeader*>(bytes); }
  int& socket() { return descriptors[0]; }
  int& records() { return descriptors[1]; }
  int& slot(unsigned number) { return descriptors[fixed() + number]; }
  bool wantsNetwork() const { return header().flags & kFlagNetwork; }
  bool external() const { return header().flags & kFlagExternal; }
  bool detached() const { return header().flags & kFlagDetached; }
  unsigned fixed() const { return external() ? 3 : 2; }
  bool sound() const { return size >= kHeaderSize && header().magic == kMagic && count >= 2 && count >= fixed(); }
};

// The pid that Node knows this process by: getpid(2) says 1 in a pid namespace of its own, the host's proc does not.
uint32_t ownPid();

// A string that the header names; null when it lies outside of the message.
const char* headerString(const Request& request, uint32_t offset, uint32_t size);

// mmap(2) with PROT_READ | PROT_WRITE; null when there is no memory.
void* map(int descriptor, size_t size, int flags);

// The program's own bytes: in the message, or in the memfd, of which every caller has a copy of its own.
uint8_t* programBytes(const Request& request, size_t* size);

// Clones a process that runs the request's program, with `flags` of clone3(2) beside the program's own. Returns its pid, or
// -errno with `*step` set.
long cloneProgram(Request& request, CoreLimit core, uint64_t flags, uint64_t exitSignal, int* pidfd, uint32_t* step);

}  // namespace cofferdam
