// One launch: what JavaScript asked for, and what is known of the process since.
//
// Three kinds of thread touch it. The JavaScript thread builds it and later sends signals; the reaper follows the
// process; an undertaker thread runs the undo at the end. Each field says whose it is.
#pragma once
#include <stdint.h>

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../program/layout.h"
#include "event.h"
#include "exit_status.h"
#include "failure.h"
#include "request.h"
#include "streams.h"

namespace cofferdam {

struct StandardStream {
  enum class Kind { Pipe, Collect, Ignore, Descriptor } kind = Kind::Ignore;
  int descriptor = -1;  // Kind::Descriptor: the caller's
};

// lib/native.ts' LaunchRequest. `program` is JavaScript's memory and is used during the call only.
struct LaunchOptions {
  std::span<const uint8_t> program;
  std::array<StandardStream, 3> stdio;
  std::vector<int> descriptors;
  std::vector<uint8_t> undo;  // empty: none
  bool keepUndo = false;
  std::optional<std::vector<uint8_t>> input;
  size_t maxBuffer = SIZE_MAX;
  uint64_t timeout = 0;  // ns, 0: never
  uint64_t drain = 0;    // ns
  std::vector<std::string> exitFiles;
  std::vector<uint8_t> atExit;  // empty: none
};

// An undo program and where it is on record.
struct Undo {
  std::vector<uint8_t> program;  // empty: there is none
  uint32_t journalSlot = 0;
};

class Launch {
 public:
  explicit Launch(uint32_t id) : id(id) {}

  // Makes pipes, records and the launch's socket; `*request` is then ready to be sent. `nullDevice` is /dev/null.
  Done prepare(LaunchOptions options, int nullDevice, Request* request);

  // pidfd_send_signal(2). Before the process is known the signal waits for it. 1: sent; 0: the process is gone; -errno.
  int kill(int signal);
  // SIGKILL to it and to its process group: what it left in the background ends with it, unless it went out of its way.
  void killGroup();
  // A duplicate of the pidfd, -1 when there is none.
  int duplicatePidfd();
  // Sends a continuation program to a process that waits in `rendezvous`.
  Done resume(std::span<const uint8_t> program, std::span<const int> descriptors, uint32_t firstSlot);

  // The pidfds arrive (reaper). Both deliver the signals that were waiting.
  void adoptIntermediate(UniqueFd pidfd);
  void adoptProcess(int pid, UniqueFd pidfd);
  // Whether the end is to undo anything. A failed launch leaves nothing to come back to.
  bool hasToUndo() const { return !undo.program.empty() && !(keepUndo && executed); }
  // The records as they are now, with the time of the request filled in.
  std::vector<uint8_t> readRecords() const;

  const uint32_t id;

  // Set by prepare(), read by all afterwards.
  bool split = false;      // kFlagSplit: the first process is an intermediate
  bool detached = false;   // kFlagDetached: the process is a monitor, no child of ours
  bool watched = false;    // kFlagWatch: the janitor has the pidfd, too
  uint64_t requested = 0;  // CLOCK_MONOTONIC, ns
  uint64_t timeout = 0;    // ns
  uint64_t drain = 0;      // ns
  bool keepUndo = false;
  std::vector<std::string> exitFiles;
  std::vector<uint8_t> atExit;
  UniqueFd records;  // the memfd

  // Of the program and its continuations: any thread.
  std::atomic<bool> ownInit{false};  // has an `init` operation: PID 1 itself never executes
  std::atomic<uint32_t> operations{0};

  // The JavaScript thread's.
  std::array<UniqueFd, 3> parentEnds;  // of stdio 'pipe', until JavaScript takes them
  bool referenced = false;             // keeps the event loop alive
  bool over = false;                   // its last event was delivered

  // Guarded by the mutex: written by the reaper, used by the JavaScript thread as well.
  std::mutex mutex;
  UniqueFd socket;
  UniqueFd intermediate;
  UniqueFd process;
  uint64_t waitingSignals = 0;  // bit n - 1: signal n was sent before the process was known
  bool gone = false;            // reaped
  int pid = 0;                  // of the process, once it is known

  // The reaper's.
  bool executed = false;  // the launch succeeded
  bool ready = false;     // a monitor has said that the command was executed
  bool ended = false;     // end of file on the socket
  bool doomed = false;    // the launch failed: whatever of it still runs is killed
  bool lost = false;      // end of file without any process
  bool timedOut = false;  // SIGKILL was sent for it
  int toldProcess = 0;    // pids of the messages Started
  int toldIntermediate = 0;
  std::vector<int> unheld;  // processes for which no descriptor was to be had: killed
  std::optional<ExitStatus> status;
  std::optional<ExitStatus> intermediateStatus;
  std::optional<FailedEvent> failure;
  std::array<Collector, 2> outputs;  // stdout, stderr
  Feeder input;
  uint64_t timeoutAt = 0;  // entries in the reaper's timer list, 0: none
  uint64_t drainAt = 0;

  // What the end is made of. The undertaker and the reaper each do their part; who finishes last delivers.
  std::atomic<int> parts{0};
  ExitedEvent exit;
  Undo undo;
  std::optional<FileContents> contents;  // of the exit files

 private:
  std::optional<Failure> connectStream(unsigned index, const StandardStream& stream, LaunchOptions& options,
                                       int nullDevice, Request* request);
  bool note(std::span<const uint8_t> program);
  void deliverWaitingSignals(const UniqueFd& pidfd);
};

}  // namespace cofferdam
