// The two processes beside Node: the launcher, which clones what is launched, and the janitor, which cleans up when Node
// is gone. Both are started again when they end while Node lives.
#pragma once
#include <sys/types.h>

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "executable.h"
#include "journal.h"
#include "poller.h"
#include "process.h"
#include "registry.h"
#include "request.h"

namespace cofferdam {

class Companions {
 public:
  Companions(Journal& journal, Registry& registry, const Poller& poller)
      : journal_(journal), registry_(registry), poller_(poller) {}

  // Starts both (JavaScript thread, once).
  Done start();
  // Node's environment ends: the launcher ends, then the janitor does its work.
  void close();

  // Sends a launch request, or keeps it until the launcher takes it. The launcher's loss afterwards is seen as the end
  // of file on the launch's socket. A request that could not be sent stays the caller's. (JavaScript thread; never waits,
  // except for a launcher that must be started.)
  Done send(Request& request);
  // Sends what had to wait (reaper, when the control socket takes more). `true` when it is worth trying again soon.
  bool flush();
  // Something of Source::Companion ended (reaper).
  void reap();
  // Neither launcher nor janitor is left (reaper, after close()).
  bool gone();

  struct Facts {
    pid_t launcher;  // 0 when there is none just now
    pid_t janitor;
    ExecutableSource source;
  };
  Facts facts();

 private:
  struct Companion {
    Process process;
    uint64_t startedAt = 0;  // CLOCK_MONOTONIC, ns
    unsigned quickEnds = 0;  // how many of them in a row ended soon after their start
    explicit operator bool() const { return static_cast<bool>(process.pidfd); }
    void begin(Process started);
    // Takes note of the end; whether another should be started at once.
    bool end();
  };

  // All below with the mutex held.
  Done makeSockets();
  Done startLauncher();
  Done startJanitor();
  Result<Process> run(const char* name, std::span<const int> descriptors);
  int trySend(const Request& request);
  bool flushLocked();
  static bool hasEnded(const Process& process);

  Journal& journal_;
  Registry& registry_;
  const Poller& poller_;

  std::mutex mutex_;
  Executable executable_;
  Companion launcher_;
  Companion janitor_;
  std::vector<Process> departed_;  // launchers whose socket is closed, and whose end is not yet seen
  UniqueFd control_;               // to the present launcher; -1 when there is none
  std::deque<Request> waiting_;
  bool closed_ = false;

  UniqueFd owner_;  // pidfd of Node
  UniqueFd lifelineRead_, lifelineWrite_;
  UniqueFd watchSend_, watchReceive_;  // the socket of kJanitorDescriptor and kJanitorPidfds
};

}  // namespace cofferdam
