// The monitor of a detached container: parent of its first process, so that somebody hears the exit status when the
// program that started it is long gone. It clones what the launcher would have cloned, tells that program how it went,
// and then sleeps in poll(2): until the end of the container, output for the log, or a request over its socket. At the end
// it undoes, writes down what became of it, and starts the command again if it was told to.
//
// The program lies in the monitor's directory before anything is made that lasts, so that `cofferdam gc` can undo what a
// killed monitor left; from there it comes back for the end and for each further start. In between a monitor is a few pages.
#include "monitor.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/signal.h>
#include <linux/wait.h>

#include "../sys/path.h"
#include "interpreter.h"
#include "report.h"
#include "spare.h"

namespace cofferdam {
namespace {

constexpr uint64_t kMillisecond = 1000000;
constexpr int kNotStarted = 127;  // what a shell says
// Back-off of the restart policy: doubled with each end, and back at its beginning after a run that was long enough.
constexpr uint64_t kFirstPause = 100 * kMillisecond;
constexpr uint64_t kLongestPause = 60000 * kMillisecond;
constexpr uint64_t kLongRun = 10000 * kMillisecond;
// The kernel takes the links of the run before down in its own time; their names are this run's, too.
constexpr uint64_t kInTheWayPause = 20 * kMillisecond;
constexpr unsigned kMostInTheWay = 500;

}  // namespace

void Monitor::run() {
  nodeSocket_ = request_.socket();
  if (Fault fault = begin()) {
    file_.status.state = static_cast<uint32_t>(StatusState::Failed);
    cleanUp(true);
    // Nothing has run: there is nothing to be known of it.
    if (statusPath_) sys::raw(__NR_unlinkat, sys::kWorkingDirectory, statusPath_, 0);
    tell(Message::Failed, fault.signal ? -fault.signal : fault.error, fault.step);
    leave(1);
  }
  (void)report(nodeSocket_, Message::Descriptor, kStatusTag, 0, file_.descriptor());
  tell(Message::Ready, file_.status.pid, 0);
  sys::close(nodeSocket_);
  nodeSocket_ = -1;
  forgetRequest();
  closeRecords();
  spareNetwork.leave(-1);
  do waitForEnd();
  while (startAgain());
  leave(0);
}

// After the end of a run: false when it was the last one, and then everything is undone.
bool Monitor::startAgain() {
  Status& status = file_.status;
  for (unsigned inTheWay = 0;;) {
    bool again = inTheWay ? !stopping_ && inTheWay < kMostInTheWay : isToRestart();
    if (again) status.state = static_cast<uint32_t>(StatusState::Waiting);
    cleanUp(!again);
    if (!again) return false;
    if (inTheWay) {
      poll(nullptr, 0, sys::monotonicNanoseconds() + kInTheWayPause);
    } else if (hasRebooted()) {
      pause_ = 0;
    } else if (pauseBeforeRestart()) {
      status.restarts++;
    } else {
      cleanUp(true);
      return false;
    }
    int error = openProgram();
    if (error == 0) error = openRecords();
    Fault fault = error < 0 ? Fault{-error, 0, kNoStep} : launch();
    closeProgram();
    closeRecords();
    if (!fault) return true;
    inTheWay = fault.error == EEXIST ? inTheWay + 1 : 0;
    // What cannot be started now may be in a while: that is what the pauses are for.
    status.exitCode = fault.signal ? -1 : kNotStarted;
    status.signal = fault.signal;
  }
}

// Up to the command's execution. Nothing that lasts is made before the program is kept.
Fault Monitor::begin() {
  resetChildSignal();
  sys::raw(__NR_setsid);
  sys::raw(__NR_prctl, PR_SET_NAME, "cofferdam-monitor", 0, 0, 0);
  if (Fault fault = prepare()) return fault;
  return launch();
}

void Monitor::tell(Message message, int64_t value, uint32_t step) {
  if (nodeSocket_ >= 0) (void)report(nodeSocket_, message, value, step);
}

int Monitor::poll(pollfd* descriptors, unsigned count, uint64_t until) {
  struct {
    int64_t seconds, nanoseconds;
  } time = {};
  uint64_t now = sys::monotonicNanoseconds();
  uint64_t left = until > now ? until - now : 0;
  time.seconds = static_cast<int64_t>(left / 1000000000);
  time.nanoseconds = static_cast<int64_t>(left % 1000000000);
  return static_cast<int>(sys::raw(__NR_ppoll, descriptors, count, until ? &time : nullptr, nullptr, size_t{8}));
}

// Until the first process has ended and is reaped.
void Monitor::waitForEnd() {
  constexpr unsigned kFirstControl = 1 + Log::kInputs;
  pollfd descriptors[kFirstControl + ControlSocket::kDescriptors];
  while (pidfd_ >= 0) {
    descriptors[0] = {pidfd_, POLLIN, 0};
    for (unsigned i = 0; i < Log::kInputs; i++) descriptors[1 + i] = {log_.input(i), POLLIN, 0};
    for (unsigned i = 0; i < ControlSocket::kDescriptors; i++)
      descriptors[kFirstControl + i] = {control_.descriptor(i), POLLIN, 0};
    int ready = poll(descriptors, kFirstControl + ControlSocket::kDescriptors, killAt_);
    if (killAt_ && sys::monotonicNanoseconds() >= killAt_) {
      sys::raw(__NR_pidfd_send_signal, pidfd_, SIGKILL, nullptr, 0);
      killAt_ = 0;
    }
    if (ready <= 0) continue;
    takeOutput(descriptors + 1);
    ControlMessage message;
    for (unsigned i = 0; i < ControlSocket::kDescriptors; i++)
      if (descriptors[kFirstControl + i].revents && control_.receive(i, &message)) obey(i, message);
    if (descriptors[0].revents) reap();
  }
}

void Monitor::takeOutput(const pollfd* inputs) {
  for (unsigned i = 0; i < Log::kInputs; i++)
    if (inputs[i].revents) log_.take(i);
}

void Monitor::obey(unsigned index, const ControlMessage& message) {
  auto control = static_cast<Control>(message.control);
  int64_t answer = 0;
  switch (control) {
    case Control::Hello:
      break;
    case Control::Stop:
      stopping_ = true;
      killAt_ = sys::monotonicNanoseconds() + static_cast<uint64_t>(message.more) * kMillisecond;
      [[fallthrough]];
    case Control::Kill:
      answer = pidfd_ < 0 ? 0 : sys::raw(__NR_pidfd_send_signal, pidfd_, message.value, nullptr, 0);
      break;
    case Control::Policy:
      restart_ = static_cast<uint64_t>(message.value);
      mostRestarts_ = static_cast<uint64_t>(message.more);
      break;
    case Control::Terminal:
      if (log_.terminal() < 0) answer = -ENOTTY;
      control_.answer(index, message, answer, log_.terminal());
      return;
    default:
      answer = -ENOSYS;
  }
  control_.answer(index, message, answer);
}

void Monitor::reap() {
  SignalInfo info = {};
  struct {
    int64_t userSeconds, userMicroseconds, systemSeconds, systemMicroseconds, maxRss, rest[13];
  } usage = {};
  long result = sys::retry(__NR_waitid, P_PIDFD, pidfd_, &info, WEXITED | WNOHANG | __WALL, &usage);
  if (result == 0 && info.pid == 0) return;
  sys::close(pidfd_);
  pidfd_ = -1;
  Status& status = file_.status;
  bool byCode = info.code == kExitedByCode;
  status.exitCode = byCode ? info.status : -1;
  status.signal = byCode ? 0 : info.status;
  status.endedAt = realtimeNanoseconds();
  status.duration = sys::monotonicNanoseconds() - startedAt_;
  status.userTime = static_cast<uint64_t>(usage.userSeconds * 1000000 + usage.userMicroseconds);
  status.systemTime = static_cast<uint64_t>(usage.systemSeconds * 1000000 + usage.systemMicroseconds);
  status.maxRss = static_cast<uint64_t>(usage.maxRss);
  status.pid = 0;
  killAt_ = 0;
}

// After a run: counters are read, what is left is killed and undone, the end is written down. Another run makes everything
// again.
void Monitor::cleanUp(bool last) {
  Status& status = file_.status;
  closeProgram();
  bool there = openProgram() == 0;
  status.textSize = 0;
  for (uint32_t i = 0; there && i < program_.size(); i++) {
    const Operation& operation = program_.operation(i);
    if (operation.code == static_cast<uint16_t>(Code::Usage))
      file_.copyText(program_.string(operation, arg::Usage::file));
  }
  log_.finish();
  status.lostOutput = log_.lost();
  if (there) {
    Outcome undone = runUndo(request_.bytes, request_.size, kill_);
    status.undoError = undone.error;
    status.undoStep = undone.step;
  }
  if (!last) {
    file_.write();
    closeProgram();
    return;
  }
  control_.close();
  // What could not be undone is left for `cofferdam gc`.
  if (there && status.undoError == 0) sys::raw(__NR_unlinkat, sys::kWorkingDirectory, "program", 0);
  if (status.state != static_cast<uint32_t>(StatusState::Failed))
    status.state = static_cast<uint32_t>(StatusState::Stopped);
  file_.write();
  if (!ephemeral_ || status.undoError || !there) return;
  sys::raw(__NR_chdir, "/");
  (void)sys::removeTree(directory_);
  sys::raw(__NR_unlinkat, sys::kWorkingDirectory, statusPath_, 0);
}

// reboot(2) in a pid namespace ends its first process by SIGHUP for a reboot and by SIGINT for a halt, pid_namespaces(7).
// Nothing else can: signals without a handler are not for it.
bool Monitor::hasRebooted() const { return reboots_ && !kill_ && !stopping_ && file_.status.signal == SIGHUP; }

bool Monitor::isToRestart() const {
  const Status& status = file_.status;
  if (stopping_) return false;
  if (hasRebooted()) return true;
  if (!kill_ && status.signal == SIGINT) return false;
  if (restart_ == kRestartNo) return false;
  if (restart_ == kRestartOnFailure && status.exitCode == 0) return false;
  return mostRestarts_ == 0 || status.restarts < mostRestarts_;
}

// False when somebody has asked for a stop meanwhile.
bool Monitor::pauseBeforeRestart() {
  if (file_.status.duration >= kLongRun) pause_ = 0;
  if (pause_ == 0) pause_ = kFirstPause;
  uint64_t until = sys::monotonicNanoseconds() + pause_;
  pause_ = pause_ * 2 < kLongestPause ? pause_ * 2 : kLongestPause;
  while (!stopping_ && sys::monotonicNanoseconds() < until) {
    pollfd descriptors[ControlSocket::kDescriptors];
    for (unsigned i = 0; i < ControlSocket::kDescriptors; i++) descriptors[i] = {control_.descriptor(i), POLLIN, 0};
    if (poll(descriptors, ControlSocket::kDescriptors, until) <= 0) continue;
    ControlMessage message;
    for (unsigned i = 0; i < ControlSocket::kDescriptors; i++)
      if (descriptors[i].revents && control_.receive(i, &message)) obey(i, message);
  }
  return !stopping_;
}

void Monitor::leave(int status) {
  sys::raw(__NR_exit_group, status);
  __builtin_unreachable();
}

void runMonitor(Request& request, CoreLimit core) {
  Monitor monitor(request, core);
  monitor.run();
}

}  // namespace cofferdam
