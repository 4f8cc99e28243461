// What happens to one launch, see the picture in reaper.h. All of it runs in the reaper's thread, except bury()'s job and
// whichever finishPart() comes last.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "../sys/syscall.h"
#include "proc_stat.h"
#include "reaper.h"
#include "socket.h"
#include "undo.h"

namespace cofferdam {
namespace {

// How the launcher marks that it, and not the operation `clone`, made the process; also "no operation is to blame".
constexpr uint32_t kNoStep = 0xffffffff;
// Of each stream before others get their turn: 256 KiB.
constexpr unsigned kOutputRounds = 4;
constexpr Source kOutputSources[] = {Source::StandardOutput, Source::StandardError};

FailedEvent failedWith(int error, int step) {
  FailedEvent event;
  event.error = error;
  event.step = step;
  return event;
}

// A negative value is the signal that killed the process.
FailedEvent failureOf(const MessageHeader& message) {
  int value = static_cast<int>(message.value);
  FailedEvent event = failedWith(value < 0 ? 0 : value, static_cast<int>(message.step));
  event.killed = value < 0;
  event.signal = value < 0 ? -value : 0;
  return event;
}

RecordHeader headerOf(const std::vector<uint8_t>& records) {
  RecordHeader header;
  memcpy(&header, records.data(), sizeof header);
  return header;
}

int recordedError(const std::vector<uint8_t>& records, uint32_t step) {
  size_t at = sizeof(RecordHeader) + size_t{step} * sizeof(Record);
  if (at + sizeof(Record) > records.size()) return 0;
  Record record;
  memcpy(&record, records.data() + at, sizeof record);
  return record.error;
}

}  // namespace

void Reaper::onSocket(const LaunchPointer& launch) {
  if (!launch->socket) return;
  for (;;) {
    MessageHeader message{};
    UniqueFd descriptor;
    int result = receiveNow(launch->socket.get(), &message, &descriptor);
    if (result == -EAGAIN) return;
    if (result == 0) return onEndOfSocket(launch);
    // ECONNRESET: the other end was closed with something unread. What it had sent before comes next.
    if (result == 1) onMessage(launch, message, std::move(descriptor));
  }
}

void Reaper::onMessage(const LaunchPointer& launch, const MessageHeader& message, UniqueFd descriptor) {
  switch (static_cast<Message>(message.message)) {
    case Message::Started: {
      auto pid = static_cast<int>(message.value);
      // The two messages of a split launch come from two processes, so either may be first.
      bool isIntermediate = launch->split && message.step == kNoStep;
      (isIntermediate ? launch->toldIntermediate : launch->toldProcess) = pid;
      if (launch->timeout && !launch->timeoutAt)
        setTimer(*launch, TimerKind::Timeout, launch->requested + launch->timeout);
      // No descriptor arrives in a process that has no number left for it. The end of the socket makes room for one.
      if (!descriptor) return;
      if (isIntermediate) return launch->adoptIntermediate(std::move(descriptor));
      return launch->adoptProcess(pid, std::move(descriptor));
    }
    case Message::Failed:
      // The first one is the cause; the other side of `clone` may report that its peer is gone.
      if (!launch->failure) launch->failure = failureOf(message);
      // A monitor is about to end, and has cleaned up.
      return launch->detached ? void() : doom(*launch);
    case Message::Descriptor:
      if (descriptor) dispatcher_.post(LaunchEvent{launch, DescriptorEvent{message.value, std::move(descriptor)}});
      return;
    case Message::Ready:
      launch->ready = true;
      dispatcher_.post(LaunchEvent{launch, ReadyEvent{message.value}});
      return;
    case Message::Continue:
      return;
  }
}

void Reaper::onEndOfSocket(const LaunchPointer& launch) {
  poller_.remove(launch->socket.get());
  {
    std::lock_guard lock(launch->mutex);
    launch->socket.reset();
  }
  launch->ended = true;
  std::vector<uint8_t> records = launch->readRecords();
  adoptUnreported(*launch, headerOf(records));
  if (launch->intermediate)
    (void)poller_.add(launch->intermediate.get(), EPOLLIN | EPOLLET, {Source::Intermediate, launch->id});
  if (launch->process) (void)poller_.add(launch->process.get(), EPOLLIN | EPOLLET, {Source::Process, launch->id});

  if (!launch->failure && succeeded(*launch, records)) return begin(launch, std::move(records));
  launch->lost = !launch->failure && !launch->process && !launch->intermediate;
  // The launcher died with the request.
  if (launch->lost) launch->failure = failedWith(ECONNRESET, -1);
  doom(*launch);
  conclude(launch);
}

// A pidfd can get lost: whoever made the process was killed before it had sent it, or this process had no descriptor
// left to receive it. The process then runs on, or waits as a zombie, and nobody else is there to see to it.
void Reaper::adoptUnreported(Launch& launch, const RecordHeader& records) {
  int first = launch.split ? launch.toldIntermediate : launch.toldProcess;
  if (!first) first = static_cast<int>(records.pid);
  int second = launch.toldProcess ? launch.toldProcess : static_cast<int>(records.processPid);
  if (launch.split && !launch.intermediate && isChild(first)) {
    if (UniqueFd pidfd = openChild(first))
      launch.adoptIntermediate(std::move(pidfd));
    else
      launch.unheld.push_back(first);
  }
  int pid = launch.split ? second : first;
  if (!launch.process && isChild(pid)) {
    if (UniqueFd pidfd = openChild(pid))
      launch.adoptProcess(pid, std::move(pidfd));
    else
      launch.unheld.push_back(pid);
  }
  if (launch.unheld.empty()) return;
  // Never waited for by anybody else, so that the numbers still mean these processes.
  for (int number : launch.unheld) sys::raw(__NR_kill, number, SIGKILL);
  if (!launch.failure) launch.failure = failedWith(EMFILE, -1);
}

// End of file alone never means success: a process that is killed at the brink of its exec closes the socket, too.
bool Reaper::succeeded(const Launch& launch, const std::vector<uint8_t>& records) const {
  if (launch.detached) return launch.ready && launch.process;
  if (!launch.process || headerOf(records).phase != static_cast<uint32_t>(Phase::Executing)) return false;
  return launch.ownInit || !neverExecuted(launch.pid);
}

void Reaper::begin(const LaunchPointer& launch, std::vector<uint8_t> records) {
  launch->executed = true;
  launch->records.reset();
  dispatcher_.post(LaunchEvent{launch, StartedEvent{launch->pid, std::move(records)}});
  if (launch->detached) return letGo(*launch);
  for (unsigned i = 0; i < 2; i++) {
    if (!launch->outputs[i].isOpen()) continue;
    makeNonBlocking(launch->outputs[i].descriptor());
    (void)poller_.add(launch->outputs[i].descriptor(), EPOLLIN, {kOutputSources[i], launch->id});
  }
  if (launch->input.isOpen()) {
    makeNonBlocking(launch->input.descriptor());
    (void)poller_.add(launch->input.descriptor(), EPOLLOUT, {Source::StandardInput, launch->id});
  }
}

// What a monitor sees to is followed no further.
void Reaper::letGo(Launch& launch) {
  poller_.remove(launch.process.get());
  registry_.remove(launch.id);
  // The launch itself lives as long as JavaScript holds it.
  std::lock_guard lock(launch.mutex);
  launch.process.reset();
  launch.gone = true;
}

void Reaper::doom(Launch& launch) {
  std::lock_guard lock(launch.mutex);
  launch.doomed = true;
  for (const UniqueFd* pidfd : {&launch.intermediate, &launch.process})
    if (*pidfd) sys::raw(__NR_pidfd_send_signal, pidfd->get(), SIGKILL, nullptr, 0);
}

void Reaper::onPidfd(const LaunchPointer& launch, Source source) {
  bool isProcess = source == Source::Process;
  UniqueFd& pidfd = isProcess ? launch->process : launch->intermediate;
  if (!pidfd) return;
  std::optional<ExitStatus> status = reapProcess(pidfd.get());
  if (!status) return;
  {
    std::lock_guard lock(launch->mutex);
    pidfd.reset();
    if (isProcess) launch->gone = true;
  }
  (isProcess ? launch->status : launch->intermediateStatus) = *status;
  if (!launch->executed) return conclude(launch);
  if (isProcess) return onExit(launch);
  // The process has ended before its intermediate, which was the last part.
  if (launch->gone) finishPart(launch);
}

void Reaper::onExit(const LaunchPointer& launch) {
  clearTimer(*launch, TimerKind::Timeout);
  ExitedEvent& exit = launch->exit;
  const ExitStatus& status = *launch->status;
  exit.status = status;
  exit.duration = sys::monotonicNanoseconds() - launch->requested;
  exit.timedOut = launch->timedOut && status.signal == SIGKILL;
  if (launch->input.isOpen()) closeInput(*launch);

  bool toBury = !launch->exitFiles.empty() || !launch->atExit.empty() || !launch->undo.program.empty();
  bool open = false;
  for (unsigned i = 0; i < 2; i++) {
    Collector& output = launch->outputs[i];
    if (output.isOpen() && !readOutput(*launch, i)) closeOutput(*launch, i);
    open |= output.isOpen();
  }
  launch->parts = (launch->intermediate ? 1 : 0) + (toBury ? 1 : 0) + 1;
  if (toBury) bury(launch);
  // A background process may hold the pipes for as long as it likes; it gets this long.
  if (open && launch->drain)
    setTimer(*launch, TimerKind::Drain, sys::monotonicNanoseconds() + launch->drain);
  else
    finishOutput(launch);
}

bool Reaper::readOutput(Launch& launch, unsigned index) {
  if (launch.outputs[index].read(kOutputRounds)) return true;
  if (launch.outputs[index].exceeded()) {
    launch.exit.outputExceeded = true;
    launch.killGroup();
  }
  return false;
}

void Reaper::closeOutput(Launch& launch, unsigned index) {
  poller_.remove(launch.outputs[index].descriptor());
  launch.outputs[index].close();
}

void Reaper::closeInput(Launch& launch) {
  poller_.remove(launch.input.descriptor());
  launch.input.close();
}

void Reaper::onOutput(const LaunchPointer& launch, unsigned index) {
  if (!launch->outputs[index].isOpen() || readOutput(*launch, index)) return;
  closeOutput(*launch, index);
  if (launch->drainAt && !launch->outputs[0].isOpen() && !launch->outputs[1].isOpen()) finishOutput(launch);
}

void Reaper::onInput(const LaunchPointer& launch) {
  if (launch->input.isOpen() && !launch->input.write()) closeInput(*launch);
}

// All output that will be there is there.
void Reaper::finishOutput(const LaunchPointer& launch) {
  clearTimer(*launch, TimerKind::Drain);
  std::optional<ByteBuffer>* results[] = {&launch->exit.standardOutput, &launch->exit.standardError};
  for (unsigned i = 0; i < 2; i++) {
    if (launch->outputs[i].isOpen()) closeOutput(*launch, i);
    if (launch->outputs[i].collected()) *results[i] = launch->outputs[i].take();
  }
  finishPart(launch);
}

void Reaper::onTimer(const LaunchPointer& launch, TimerKind kind) {
  if (kind == TimerKind::Drain) return finishOutput(launch);
  launch->timedOut = true;
  launch->killGroup();
}

// Ends a launch that failed, once nothing of it is left.
void Reaper::conclude(const LaunchPointer& launch) {
  if (!launch->ended || launch->process || launch->intermediate) return;
  clearTimer(*launch, TimerKind::Timeout);
  std::vector<uint8_t> records = launch->readRecords();
  RecordHeader header = headerOf(records);
  const auto& process = launch->status;
  const auto& intermediate = launch->intermediateStatus;
  bool blamesPeer = launch->failure && launch->failure->error == ECANCELED;
  if (!launch->failure || blamesPeer) {
    // Killed, or gone without a word. The side that was killed has the cause; the other one only missed it.
    bool host = intermediate && intermediate->signal && (blamesPeer || !process || !process->signal);
    const auto& status = host ? intermediate : process;
    FailedEvent event;
    event.step = static_cast<int>(host || !process ? header.hostStep : header.step);
    event.signal = status ? status->signal : 0;
    event.killed = event.signal != 0;
    event.error = event.killed ? 0 : recordedError(records, static_cast<uint32_t>(event.step));
    if (!event.killed && event.error == 0) event.error = ECHILD;
    if (!blamesPeer || event.killed) launch->failure = event;
  }
  launch->failure->records = std::move(records);
  launch->records.reset();
  for (Collector& output : launch->outputs) output.close();
  launch->input.close();
  launch->parts = 1;
  bury(launch);
}

// Reads what the end is to be told by, then kills and undoes what is left, in an undertaker's thread.
void Reaper::bury(const LaunchPointer& launch) {
  if (closing_) return finishPart(launch);
  if (buriedAtOnce(*launch)) return finishPart(launch);
  undertaker_.submit([this, launch] {
    for (int pid : launch->unheld) reapKilled(pid);
    if (!launch->contents) launch->contents = readFiles(launch->exitFiles);
    if (!launch->atExit.empty()) (void)runUndoProgram(launch->atExit, true, companions_);
    UndoFailure undone;
    // Of a lost one not even a pidfd is known: its undo kills it, too.
    if (launch->hasToUndo()) undone = runJournaledUndo(launch->undo, launch->lost, journal_, companions_);
    if (launch->executed)
      launch->exit.undo = undone;
    else
      launch->failure->exitFiles = std::move(*launch->contents);
    finishPart(launch);
  });
}

// To wake another thread takes longer than most undoing, and while nothing else runs, nobody waits for this one.
bool Reaper::buriedAtOnce(Launch& launch) {
  if (!launch.executed || launch.lost || !launch.unheld.empty() || !launch.atExit.empty()) return false;
  if (!registry_.hasOne()) return false;
  launch.contents = readFiles(launch.exitFiles);
  return !launch.hasToUndo() || undoneAtOnce(launch.undo, journal_);
}

void Reaper::finishPart(const LaunchPointer& launch) {
  if (launch->parts.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  registry_.remove(launch->id);
  if (closing_) return;
  if (!launch->executed) return dispatcher_.post(LaunchEvent{launch, std::move(*launch->failure)});
  if (launch->keepUndo && !launch->undo.program.empty()) registry_.keep(launch->id, std::move(launch->undo));
  if (launch->contents) launch->exit.exitFiles = std::move(*launch->contents);
  dispatcher_.post(LaunchEvent{launch, std::move(launch->exit)});
}

}  // namespace cofferdam
