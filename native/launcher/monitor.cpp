// The monitor of a detached container: parent of its first process, so that somebody hears the exit status when the
// program that started it is long gone. It clones what the launcher would have cloned, tells that program how it went,
// and then sleeps in poll(2): until the end of the container, output for the log, or a request over its socket. At the end
// it undoes, writes down what became of it, and starts the command again if it was told to.
//
// The program lies in the monitor's directory before anything is made that lasts, so that `cofferdam gc` can undo what a
// killed monitor left; from there it comes back for the end and for each further start. In between a monitor is a few pages.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/wait.h>

#include "../sys/path.h"
#include "../sys/text.h"
#include "interpreter.h"
#include "monitor_control.h"
#include "monitor_log.h"
#include "monitor_status.h"
#include "report.h"
#include "request.h"
#include "spare.h"

namespace cofferdam {
namespace {

constexpr uint64_t kMillisecond = 1000000;
constexpr uint64_t kForkNoExec = 0x40;  // PF_FORKNOEXEC of the kernel's sched.h
constexpr int kExitedByCode = 1;        // CLD_EXITED
constexpr int kDontNeed = 4;            // MADV_DONTNEED
constexpr int kCloseOnExecNoExec = 9;   // MFD_CLOEXEC | MFD_NOEXEC_SEAL
constexpr int kNotStarted = 127;        // what a shell says
// Back-off of the restart policy: doubled with each end, and back at its beginning after a run that was long enough.
constexpr uint64_t kFirstPause = 100 * kMillisecond;
constexpr uint64_t kLongestPause = 60000 * kMillisecond;
constexpr uint64_t kLongRun = 10000 * kMillisecond;
// The kernel takes the links of the run before down in its own time; their names are this run's, too.
constexpr uint64_t kInTheWayPause = 20 * kMillisecond;
constexpr unsigned kMostInTheWay = 500;

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
  int keepProgram();
  int openProgram();
  void closeProgram();
  int openRecords();
  void closeRecords();
  Fault launch();
  Fault waitForExec(int socket, int firstPidfd);
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
  uint64_t pause_ = kFirstPause;
};

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
  closeProgram();
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
      pause_ = kFirstPause;
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

Fault Monitor::prepare() {
  size_t size;
  uint8_t* bytes = programBytes(request_, &size);
  if (!bytes) return {ENOMEM};
  if (int error = program_.read(bytes, size); error < 0) return {-error};
  if (int error = readSettings(); error < 0) return {-error};
  // The launcher's sockets are not the container's; the numbers stay taken.
  int null = request_.slot(0);
  for (int number = 0; number < 3; number++) sys::raw(__NR_dup3, null, number, O_CLOEXEC);
  long result = sys::raw(__NR_chdir, directory_);
  if (result == 0) result = file_.create(statusPath_);
  if (result < 0) return {static_cast<int>(-result)};
  int own = static_cast<int>(ownPid());
  file_.status.monitorPid = own;
  file_.status.monitorStart = processFacts(own).start;
  file_.status.state = static_cast<uint32_t>(StatusState::Starting);
  file_.write();
  if (int error = keepProgram(); error < 0) return {-error};
  // From here on the file is the program: arguments and environment in this memory would only take room.
  text::zero(request_.bytes, request_.size);
  sys::raw(__NR_madvise, reinterpret_cast<uintptr_t>(request_.bytes + 4095) & ~uintptr_t{4095}, kInlineLimit - 4096,
           kDontNeed);
  if (request_.external()) {
    sys::raw(__NR_munmap, bytes, size);
    sys::close(request_.descriptors[2]);
    for (unsigned i = 3; i < request_.count; i++) request_.descriptors[i - 1] = request_.descriptors[i];
    request_.count--;
  }
  if (int error = openProgram(); error < 0) return {-error};
  if (int error = openLog(); error < 0) return {-error};

  records_ = static_cast<RecordHeader*>(map(request_.records(), kRecordsSize, MAP_SHARED));
  if (!records_) return {ENOMEM};
  Machine machine;
  machine.program = program_;
  machine.actor = Actor::Monitor;
  uint32_t step = kNoStep;
  if (int error = runProgram(machine, &step); error < 0) return {-error, 0, step};
  if (int error = control_.open(); error < 0) return {-error};
  return {};
}

int Monitor::readSettings() {
  bool found = false;
  for (uint32_t i = 0; i < program_.size(); i++) {
    const Operation& operation = program_.operation(i);
    if (operation.code == static_cast<uint16_t>(Code::Init)) ownInit_ = true;
    if (operation.code == static_cast<uint16_t>(Code::Log)) streams_ = operation.args[arg::Log::streams] & 6;
    if (operation.code != static_cast<uint16_t>(Code::Monitor)) continue;
    using A = arg::Monitor;
    directory_ = program_.string(operation, A::directory);
    statusPath_ = program_.string(operation, A::status);
    restart_ = operation.args[A::restart];
    mostRestarts_ = operation.args[A::most];
    kill_ = operation.args[A::kill];
    ephemeral_ = operation.args[A::ephemeral];
    reboots_ = operation.args[A::reboot];
    found = true;
  }
  return found ? 0 : -EBADMSG;
}

int Monitor::openLog() {
  using A = arg::Log;
  for (uint32_t i = 0; i < program_.size(); i++) {
    const Operation& operation = program_.operation(i);
    if (operation.code == static_cast<uint16_t>(Code::Log))
      return log_.open(program_.string(operation, A::path), operation.args[A::size], operation.args[A::files]);
  }
  return 0;
}

int Monitor::keepProgram() {
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW;
  int file = sys::openBelow(sys::kWorkingDirectory, "program.new", flags, 0600);
  if (file < 0) return file;
  auto* bytes = reinterpret_cast<const uint8_t*>(&program_.header());
  long result = 0;
  for (size_t done = 0, size = program_.header().size; done < size; done += static_cast<size_t>(result)) {
    result = sys::retry(__NR_write, file, bytes + done, size - done);
    if (result <= 0) break;
  }
  sys::close(file);
  if (result >= 0)
    result = sys::raw(__NR_renameat2, sys::kWorkingDirectory, "program.new", sys::kWorkingDirectory, "program", 0);
  if (result < 0) sys::raw(__NR_unlinkat, sys::kWorkingDirectory, "program.new", 0);
  return static_cast<int>(result);
}

// The program as it was kept becomes what the request brings.
int Monitor::openProgram() {
  int file = sys::openBelow(sys::kWorkingDirectory, "program", O_RDONLY | O_NOFOLLOW);
  if (file < 0) return file;
  ProgramHeader header;
  long size = sys::retry(__NR_read, file, &header, sizeof header);
  auto* bytes = size == sizeof header ? static_cast<uint8_t*>(map(file, header.size, MAP_PRIVATE)) : nullptr;
  sys::close(file);
  if (!bytes) return -ENOMEM;
  if (int error = program_.read(bytes, header.size); error < 0) return error;
  request_.bytes = bytes;
  request_.size = header.size;
  isOpen_ = true;
  return readSettings();
}

void Monitor::closeProgram() {
  if (isOpen_) sys::raw(__NR_munmap, request_.bytes, request_.size);
  isOpen_ = false;
}

// The records of the first launch are Node's; each further one has its own, which nobody but the launched process and this
// one see.
int Monitor::openRecords() {
  long file = sys::raw(__NR_memfd_create, "cofferdam-records", kCloseOnExecNoExec);
  if (file == -EINVAL) file = sys::raw(__NR_memfd_create, "cofferdam-records", 1 /* MFD_CLOEXEC */);
  if (file < 0) return static_cast<int>(file);
  request_.records() = static_cast<int>(file);
  if (long set = sys::raw(__NR_ftruncate, file, kRecordsSize); set < 0) return static_cast<int>(set);
  records_ = static_cast<RecordHeader*>(map(request_.records(), kRecordsSize, MAP_SHARED));
  return records_ ? 0 : -ENOMEM;
}

void Monitor::closeRecords() {
  if (records_) sys::raw(__NR_munmap, records_, kRecordsSize);
  records_ = nullptr;
  sys::close(request_.records());
}

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
  if (!fault) fault = waitForExec(pair[0], pidfd);
  sys::close(pair[0]);
  return fault;
}

// Hears what the launched process says, until it executes or fails.
Fault Monitor::waitForExec(int socket, int firstPidfd) {
  bool split = request_.header().flags & kFlagSplit;
  int intermediate = split ? firstPidfd : -1;
  pidfd_ = split ? -1 : firstPidfd;
  Fault fault;
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
  if (file_.status.duration >= kLongRun) pause_ = kFirstPause;
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

}  // namespace

void runMonitor(Request& request, CoreLimit core) {
  Monitor monitor(request, core);
  monitor.run();
}

}  // namespace cofferdam
