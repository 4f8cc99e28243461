// One launch by a monitor: from the clone to the command's execution.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/wait.h>

#include "../sys/text.h"
#include "interpreter.h"
#include "monitor.h"
#include "report.h"
#include "spare.h"

namespace cofferdam {
namespace {

constexpr uint64_t kForkNoExec = 0x40;  // PF_FORKNOEXEC of the kernel's sched.h

}  // namespace

Fault Monitor::launch() {
  int pair[2];
  if (long made = sys::raw(__NR_socketpair, 1 /* AF_UNIX */, 5 /* SOCK_SEQPACKET */ | 02000000, 0, pair); made < 0)
    return {static_cast<int>(-made)};
  request_.socket() = pair[1];
  unsigned slots = request_.count - request_.fixed();
  int writers[3] = {-1, -1, -1};
  Fault fault;
  for (unsigned i = 1; i < 3 && i < slots && !fault; i++) {
    if (!(streams_ & (1u << i))) continue;
    writers[i] = log_.makePipe(i);
    if (writers[i] < 0) fault = {-writers[i]};
    if (writers[i] >= 0) request_.slot(i) = writers[i];
  }
  text::zero(records_, sizeof *records_);
  int pidfd = -1;
  uint32_t step = kNoStep;
  startedAt_ = sys::monotonicNanoseconds();
  long pid = fault ? -1 : cloneProgram(request_, core_, 0, SIGCHLD, &pidfd, &step);
  if (pid < 0 && !fault) fault = {static_cast<int>(-pid), 0, step};
  if (request_.wantsNetwork()) spareNetwork.spend();
  sys::close(pair[1]);
  // Known from now on, so that nobody takes it for dead who finds this monitor killed.
  if (pid > 0 && !(request_.header().flags & kFlagSplit)) {
    file_.status.pid = static_cast<int32_t>(pid);
    file_.status.start = processFacts(file_.status.pid).start;
    file_.write();
  }
  for (unsigned i = 1; i < 3; i++) {
    if (writers[i] < 0) continue;
    sys::close(writers[i]);
    request_.slot(i) = request_.slot(0);
  }
  if (!fault) fault = waitForExec(pair[0], pidfd, nodeSocket_ >= 0 ? openDoors() : Fault{});
  sys::close(pair[0]);
  return fault;
}

// Hears what the launched process says, until it executes or fails. With a fault of this side it is not to execute.
Fault Monitor::waitForExec(int socket, int firstPidfd, Fault fault) {
  bool split = request_.header().flags & kFlagSplit;
  int intermediate = split ? firstPidfd : -1;
  pidfd_ = split ? -1 : firstPidfd;
  if (fault) sys::raw(__NR_pidfd_send_signal, firstPidfd, SIGKILL, nullptr, 0);
  for (;;) {
    MessageHeader message;
    int descriptor = -1;
    unsigned count = 1;
    long size = sys::receiveMessage(socket, &message, sizeof message, &descriptor, &count);
    if (size <= 0) break;
    switch (static_cast<Message>(message.message)) {
      case Message::Started:
        file_.status.pid = static_cast<int32_t>(message.value);
        file_.status.start = processFacts(file_.status.pid).start;
        file_.write();
        pidfd_ = descriptor;
        continue;
      case Message::Failed:
        if (!fault) fault = {static_cast<int>(message.value), 0, message.step};
        break;
      case Message::Descriptor:
        if (message.value == kTerminalTag && descriptor >= 0) {
          log_.setTerminal(descriptor);
          continue;
        }
        // What a program of the host wrote before it failed, for whoever started the container.
        if (message.value == kMessagesTag && nodeSocket_ >= 0)
          (void)report(nodeSocket_, Message::Descriptor, kMessagesTag, message.step, descriptor);
        break;
      default:
        break;
    }
    if (descriptor >= 0) sys::close(descriptor);
  }
  SignalInfo ended = {};
  if (intermediate >= 0) {
    // It may be stuck where the other side has failed.
    if (fault) sys::raw(__NR_pidfd_send_signal, intermediate, SIGKILL, nullptr, 0);
    sys::retry(__NR_waitid, P_PIDFD, intermediate, &ended, WEXITED | __WALL, nullptr);
    sys::close(intermediate);
  }
  if (!fault && pidfd_ >= 0) fault = executed(pidfd_);
  if (!fault && pidfd_ < 0)
    fault = {ended.status ? 0 : ECHILD, ended.code == kExitedByCode ? 0 : ended.status, records_->hostStep};
  if (fault) {
    if (pidfd_ >= 0) {
      sys::raw(__NR_pidfd_send_signal, pidfd_, SIGKILL, nullptr, 0);
      sys::retry(__NR_waitid, P_PIDFD, pidfd_, &ended, WEXITED | __WALL, nullptr);
      sys::close(pidfd_);
      pidfd_ = -1;
    }
    file_.status.pid = 0;
    file_.status.start = 0;
    return fault;
  }
  file_.status.startedAt = realtimeNanoseconds();
  file_.status.state = static_cast<uint32_t>(StatusState::Running);
  file_.write();
  return {};
}

// End of file alone never means success: a process that is killed at the brink of its exec closes the socket, too.
Fault Monitor::executed(int pidfd) {
  bool executing = records_->phase == static_cast<uint32_t>(Phase::Executing);
  if (executing && (ownInit_ || !(processFacts(file_.status.pid).flags & kForkNoExec))) return {};
  SignalInfo ended = {};
  sys::raw(__NR_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
  sys::retry(__NR_waitid, P_PIDFD, pidfd, &ended, WEXITED | WNOWAIT | __WALL, nullptr);
  bool byCode = ended.code == kExitedByCode;
  return {byCode ? ECHILD : 0, byCode ? 0 : ended.status, records_->step};
}

}  // namespace cofferdam
