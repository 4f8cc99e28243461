// Theory of operation. Node keeps its own copies of every descriptor that a companion is given, except the launcher's end
// of the control socket and the janitor's file description of the journal. So either can be started anew with the same
// lifeline and the same socket for pidfds, while
//  - the launcher's death is the end of file on the sockets of launches that it had not yet handed on, because those
//    were in its socket's queue and nowhere else;
//  - the janitor's death ends its flock(2), which tells other programs that nobody guards the journal.
// The lifeline's reader sees POLLHUP when Node, the launcher and every launch before its exec have closed the writer.
#include "companions.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "../program/layout.h"
#include "../sys/syscall.h"
#include "socket.h"

namespace cofferdam {
namespace {

constexpr uint64_t kSoonNanoseconds = 1'000'000'000;
constexpr unsigned kMostQuickEnds = 3;
constexpr int kWantedSendBuffer = 4 << 20;

bool isGone(int error) {
  return error == -EPIPE || error == -ECONNRESET || error == -ECONNREFUSED || error == -ENOTCONN;
}

// EAGAIN: the socket's buffer is full. The others are limits that pass as the launcher takes requests:
// ETOOMANYREFS counts descriptors on their way through sockets, see unix(7).
bool isFull(int error) { return error == -EAGAIN || error == -ETOOMANYREFS || error == -ENOBUFS || error == -ENOMEM; }

Result<std::pair<UniqueFd, UniqueFd>> socketPair() {
  int ends[2];
  long made = sys::raw(__NR_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
  if (made < 0) return Failure{static_cast<int>(-made), "socketpair", {}};
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

}  // namespace

void Companions::Companion::begin(Process started) {
  process = std::move(started);
  startedAt = sys::monotonicNanoseconds();
}

// One that ends again and again would be started for ever: then the next launch tries, and says why it cannot.
bool Companions::Companion::end() {
  process = Process();
  quickEnds = sys::monotonicNanoseconds() - startedAt < kSoonNanoseconds ? quickEnds + 1 : 0;
  return quickEnds < kMostQuickEnds;
}

Done Companions::start() {
  std::lock_guard lock(mutex_);
  Result<Executable> executable = openExecutable();
  if (!executable) return executable.failure();
  executable_ = std::move(*executable);
  if (Done made = makeSockets(); !made) return made;
  // The janitor first: nothing may be launched that nobody guards.
  if (Done started = startJanitor(); !started) return started;
  return startLauncher();
}

Done Companions::makeSockets() {
  int ends[2];
  if (long made = sys::raw(__NR_pipe2, ends, O_CLOEXEC); made < 0) return Failure{static_cast<int>(-made), "pipe2", {}};
  lifelineRead_.reset(ends[0]);
  lifelineWrite_.reset(ends[1]);
  auto watch = socketPair();
  if (!watch) return watch.failure();
  watchSend_ = std::move(watch->first);
  watchReceive_ = std::move(watch->second);
  Result<UniqueFd> owner = descriptor(sys::raw(__NR_pidfd_open, getpid(), 0), "pidfd_open");
  if (!owner) return owner.failure();
  owner_ = std::move(*owner);
  return Nothing{};
}

Result<Process> Companions::run(const char* name, std::span<const int> descriptors) {
  Result<Process> process = startProcess(executable_.file.get(), name, descriptors);
  if (process || executable_.source == ExecutableSource::File) return process;
  int error = process.failure().error;
  if (error != EACCES && error != EPERM) return process;
  // The kernel made the memfd and then refused to execute it: a security module's rule.
  Result<Executable> packaged = openPackagedExecutable();
  if (!packaged) return process;
  executable_ = std::move(*packaged);
  return startProcess(executable_.file.get(), name, descriptors);
}

Done Companions::startJanitor() {
  // A description of its own, so that the lock that the janitor takes ends with it.
  Result<UniqueFd> journal = journal_.reopen();
  if (!journal) return journal.failure();
  static_assert(kJanitorLifeline == 0 && kJanitorJournal == 1 && kJanitorPidfds == 2 && kJanitorOwner == 3);
  const int descriptors[] = {lifelineRead_.get(), journal->get(), watchReceive_.get(), owner_.get()};
  Result<Process> process = run("cofferdam-janitor", descriptors);
  if (!process) return process.failure();
  janitor_.begin(std::move(*process));
  if (Done added = poller_.add(janitor_.process.pidfd.get(), EPOLLIN | EPOLLET, {Source::Companion}); !added)
    return added;
  // What the last janitor had been told of. Twice does no harm.
  for (const std::shared_ptr<Launch>& launch : registry_.all()) {
    std::lock_guard launchLock(launch->mutex);
    if (!launch->watched || !launch->process) continue;
    const int pidfd = launch->process.get();
    MessageHeader header = {static_cast<uint32_t>(Message::Started), 0, launch->pid};
    sendNow(watchSend_.get(), bytesOf(header), {&pidfd, 1});
  }
  return Nothing{};
}

Done Companions::startLauncher() {
  auto pair = socketPair();
  if (!pair) return pair.failure();
  // Room for many requests at once; what is more than net.core.wmem_max allows is cut to it, and the rest waits here.
  setsockopt(pair->first.get(), SOL_SOCKET, SO_SNDBUF, &kWantedSendBuffer, sizeof kWantedSendBuffer);
  static_assert(kControlDescriptor == 0 && kLifelineDescriptor == 1 && kJanitorDescriptor == 2);
  const int descriptors[] = {pair->second.get(), lifelineWrite_.get(), watchSend_.get()};
  Result<Process> process = run("cofferdam-launcher", descriptors);
  if (!process) return process.failure();
  if (launcher_) {
    departed_.push_back(std::move(launcher_.process));
    launcher_.end();
  }
  launcher_.begin(std::move(*process));
  control_ = std::move(pair->first);
  if (Done added = poller_.add(launcher_.process.pidfd.get(), EPOLLIN | EPOLLET, {Source::Companion}); !added)
    return added;
  return poller_.add(control_.get(), 0, {Source::Control});
}

int Companions::trySend(const Request& request) {
  return control_ ? sendNow(control_.get(), request.message, request.descriptors) : -EPIPE;
}

Done Companions::send(Request& request) {
  std::lock_guard lock(mutex_);
  if (closed_) return Failure{ECANCELED, "sendmsg", {}};
  if (!janitor_)
    if (Done started = startJanitor(); !started) return started;
  if (waiting_.empty()) {
    int error = trySend(request);
    if (isGone(error)) {
      if (Done started = startLauncher(); !started) return started;
      error = trySend(request);
    }
    if (error == 0) return Nothing{};
    if (!isFull(error)) return Failure{-error, "sendmsg", {}};
  }
  if (Done kept = request.keep(); !kept) return kept;
  waiting_.push_back(std::move(request));
  // Reported at once when there is room already.
  (void)poller_.modify(control_.get(), EPOLLOUT | EPOLLONESHOT, {Source::Control});
  return Nothing{};
}

bool Companions::flush() {
  std::lock_guard lock(mutex_);
  return flushLocked();
}

bool Companions::flushLocked() {
  while (!waiting_.empty()) {
    int error = trySend(waiting_.front());
    if (error == -EAGAIN) {
      if (control_) (void)poller_.modify(control_.get(), EPOLLOUT | EPOLLONESHOT, {Source::Control});
      return false;
    }
    if (isFull(error)) return true;
    if (isGone(error)) return false;  // reap() starts another and comes back here
    // Sent, or not to be sent at all: then its launch sees the end of file, as the request held the child's end.
    waiting_.pop_front();
  }
  return false;
}

bool Companions::hasEnded(const Process& process) {
  if (!process.pidfd) return false;
  siginfo_t status{};
  long result = sys::retry(__NR_waitid, P_PIDFD, process.pidfd.get(), &status, WEXITED | WNOHANG | __WALL, 0);
  return result == -ECHILD || (result == 0 && status.si_pid != 0);
}

void Companions::reap() {
  std::lock_guard lock(mutex_);
  std::erase_if(departed_, hasEnded);
  if (hasEnded(janitor_.process) && janitor_.end() && !closed_) (void)startJanitor();
  if (hasEnded(launcher_.process)) {
    bool again = launcher_.end() || !waiting_.empty();
    control_.reset();
    if (closed_ || !again) return;
    if (Done started = startLauncher(); !started) waiting_.clear();
    flushLocked();
  }
}

Companions::Facts Companions::facts() {
  std::lock_guard lock(mutex_);
  return {launcher_.process.pid, janitor_.process.pid, executable_.source};
}

bool Companions::gone() {
  std::lock_guard lock(mutex_);
  return !launcher_ && !janitor_ && departed_.empty();
}

void Companions::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  waiting_.clear();
  control_.reset();
  lifelineRead_.reset();
  lifelineWrite_.reset();
  watchSend_.reset();
  watchReceive_.reset();
}

}  // namespace cofferdam
