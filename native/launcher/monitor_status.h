// The status file of a detached container, see layout.h.
#pragma once
#include <stddef.h>

#include "../program/layout.h"

namespace cofferdam {

// What /proc/PID/stat tells; all 0 when there is no such process.
struct ProcessFacts {
  uint64_t start;  // field 22
  uint64_t flags;  // field 9: PF_FORKNOEXEC
};
ProcessFacts processFacts(int pid);

uint64_t realtimeNanoseconds();

// The status file on its way to Node (Message::Descriptor): a quick command's end is read from it when it has no name.
inline constexpr int64_t kStatusTag = 2;

class StatusFile {
 public:
  Status status = {};

  // Makes the file at `path`, a new one: who waits for an earlier container of this name has that one's file open.
  int create(const char* path);
  // Copies a file's beginning behind the status.
  void copyText(const char* path);
  void write();
  int descriptor() const { return file_; }

 private:
  int file_ = -1;
};

}  // namespace cofferdam
