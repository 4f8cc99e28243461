// The monitor of a detached container: one object in a process of its own. What it does and when is in monitor.cpp; what
// it needs for a launch, and keeps for the next one, in monitor_program.cpp; the launch itself in monitor_launch.cpp.
#pragma once
#include <linux/poll.h>

#include "../program/reader.h"
#include "monitor_control.h"
#include "monitor_log.h"
#include "monitor_status.h"
#include "request.h"

namespace cofferdam {

inline constexpr int kExitedByCode = 1;  // CLD_EXITED

// What waitid(2) fills in.
struct SignalInfo {
  int number, error, code, pad, pid;
  uint32_t uid;
  int status;
  uint8_t rest[100];
};

// How a launch or a run went wrong; nothing did where both are 0.
struct Fault {
  int error = 0;   // errno
  int signal = 0;  // that killed the process before its exec
  uint32_t step = kNoStep;
  explicit operator bool() const { return error || signal; }
};

class Monitor {
 public:
  Monitor(Request& request, CoreLimit core) : request_(request), core_(core) {}
  [[noreturn]] void run();

 private:
  Fault begin();
  Fault prepare();
  int readSettings();
  int openLog();
  Fault openDoors();
  void forgetRequest();
  int keepProgram();
  int openProgram();
  void closeProgram();
  int openRecords();
  void closeRecords();
  Fault launch();
  Fault waitForExec(int socket, int firstPidfd, Fault fault);
  Fault executed(int fd);
  void tell(Message message, int64_t value, uint32_t step);
  void waitForEnd();
  void takeOutput(const pollfd* inputs);
  void obey(unsigned index, const ControlMessage& message);
  void reap();
  bool startAgain();
  void cleanUp(bool last);
  bool isToRestart() const;
  bool hasRebooted() const;
  bool pauseBeforeRestart();
  [[noreturn]] void leave(int status);
  int poll(pollfd* descriptors, unsigned count, uint64_t until);

  Request& request_;
  const CoreLimit core_;
  Program program_;
  StatusFile file_;
  ControlSocket control_;
  Log log_;
  RecordHeader* records_ = nullptr;
  int nodeSocket_ = -1;  // of the first launch, until it is over
  int pidfd_ = -1;

  const char* directory_ = nullptr;
  const char* statusPath_ = nullptr;
  uint64_t restart_ = kRestartNo;
  uint64_t mostRestarts_ = 0;
  bool isOpen_ = false;  // the program is mapped
  bool kill_ = false;
  bool ephemeral_ = false;
  bool reboots_ = false;
  bool ownInit_ = false;
  unsigned streams_ = 0;
  bool stopping_ = false;  // no further start
  uint64_t killAt_ = 0;    // CLOCK_MONOTONIC, ns
  uint64_t startedAt_ = 0;
  uint64_t pause_ = 0;  // before the next restart; 0: the first one's
};

}  // namespace cofferdam
