// Programs of the host that an undo runs, such as nft: started by a process of the launcher's, not by Node.
#pragma once
#include <string>

#include "../launcher/interpreter.h"
#include "companions.h"

namespace cofferdam {

class HostPrograms {
 public:
  // Without companions nothing is started: Node never does that itself, and whoever cleans up opens the launcher first.
  explicit HostPrograms(Companions* companions) : companions_(companions) {}

  // For runUndo(); valid as long as this is.
  Elsewhere elsewhere() { return {runOne, this}; }
  // What the first one that failed wrote.
  const std::string& messages() const { return messages_; }

 private:
  static int runOne(void* self, const char* command, Bytes input, uint64_t timeout);
  int run(const char* command, Bytes input, uint64_t timeout);

  Companions* companions_;
  std::string messages_;
};

}  // namespace cofferdam
