#include "environment.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../sys/syscall.h"
#include "undo.h"

namespace cofferdam {
namespace {

// For a worker's processes to be killed by the janitor and reaped here.
constexpr uint64_t kPatience = 10'000'000'000;

bool isMainThread() { return sys::raw(__NR_gettid) == getpid(); }

}  // namespace

void Environment::prepare(Napi::Env env) {
  if (prepared_) return;
  prepared_ = true;
  dispatcher_.open(env);
  // Hooks run in the reverse order of their making, and the ThreadSafeFunction has one: it must still be there when
  // the threads that use it are joined.
  env.AddCleanupHook([this] { close(); });
}

Result<Companions::Facts> Environment::open(Napi::Env env, const std::string& path, Napi::Function onEvent,
                                            Napi::Function onWatch) {
  prepare(env);
  if (!companions_) {
    Result<UniqueFd> null =
        descriptor(sys::raw(__NR_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC), "open", "/dev/null");
    if (!null) return null.failure();
    Result<Poller> poller = Poller::create();
    if (!poller) return poller.failure();
    auto journal = Journal::create(path);
    if (!journal) return journal.failure();
    auto reaper = std::make_unique<Reaper>(std::move(*poller), registry_, undertaker_, dispatcher_);
    auto companions = std::make_unique<Companions>(**journal, registry_, reaper->poller());
    Done started = companions->start();
    if (started) started = reaper->start(companions.get(), journal->get());
    if (!started) {
      // Nothing is on record: the file can go, and the companions end with their sockets.
      sys::raw(__NR_unlinkat, AT_FDCWD, (path + ".new").c_str(), 0);
      return started.failure();
    }
    dispatcher_.listen(onEvent, onWatch);
    nullDevice_ = std::move(*null);
    journal_ = std::move(*journal);
    reaper_ = std::move(reaper);
    companions_ = std::move(companions);
  }
  return companions_->facts();
}

Result<std::shared_ptr<Launch>> Environment::launch(Napi::Env env, LaunchOptions options) {
  if (!companions_) return Failure{ENOTCONN, "launch", {}};
  std::shared_ptr<Launch> launch = registry_.create();
  Request request;
  if (Done begun = begin(launch, std::move(options), &request); !begun) {
    // Before the request's descriptors are closed: the reaper must not take that for the end of a launch.
    registry_.remove(launch->id);
    if (launch->undo.journalSlot) journal_->free(launch->undo.journalSlot);
    return begun.failure();
  }
  reference(env, *launch, true);
  return launch;
}

Done Environment::begin(const std::shared_ptr<Launch>& launch, LaunchOptions options, Request* request) {
  if (Done prepared = launch->prepare(std::move(options), nullDevice_.get(), request); !prepared) return prepared;
  if (!launch->undo.program.empty()) {
    Result<uint32_t> slot = journal_->write(launch->undo.program);
    if (!slot) return slot.failure();
    launch->undo.journalSlot = *slot;
  }
  launch->requested = sys::monotonicNanoseconds();
  if (Done followed = reaper_->follow(*launch); !followed) return followed;
  return companions_->send(*request);
}

Result<uint32_t> Environment::arm(std::vector<uint8_t> program) {
  if (!companions_) return Failure{ENOTCONN, "arm", {}};
  Result<uint32_t> slot = journal_->write(program);
  if (!slot) return slot.failure();
  uint32_t id = registry_.newId();
  registry_.keep(id, {std::move(program), *slot});
  return id;
}

Result<Napi::Promise> Environment::release(Napi::Env env, uint32_t id) {
  if (registry_.find(id)) return Failure{EBUSY, "release", {}};
  prepare(env);
  std::optional<Undo> kept = registry_.takeKept(id);
  uint32_t number;
  Napi::Promise promise = dispatcher_.promise(env, &number);
  if (!kept) {
    dispatcher_.post(UndoSettled{number, {}});
  } else {
    undertaker_.submit([this, number, undo = std::move(*kept)] {
      dispatcher_.post(UndoSettled{number, runJournaledUndo(undo, false, journal_.get(), companions_.get())});
    });
  }
  return promise;
}

Napi::Promise Environment::run(Napi::Env env, std::vector<uint8_t> program) {
  prepare(env);
  uint32_t number;
  Napi::Promise promise = dispatcher_.promise(env, &number);
  undertaker_.submit([this, number, program = std::move(program)] {
    dispatcher_.post(UndoSettled{number, runUndoProgram(program, true, companions_.get())});
  });
  return promise;
}

Napi::Promise Environment::callRaw(Napi::Env env, uint32_t thread, RawCall call) {
  prepare(env);
  uint32_t number;
  Napi::Promise promise = dispatcher_.promise(env, &number);
  raw_.call(thread, std::move(call), number);
  return promise;
}

Napi::Promise Environment::closeRaw(Napi::Env env, uint32_t thread) {
  prepare(env);
  uint32_t number;
  Napi::Promise promise = dispatcher_.promise(env, &number);
  raw_.close(thread, number);
  return promise;
}

Result<uint32_t> Environment::watch(int descriptor, bool exceptional) {
  if (!reaper_) return Failure{ENOTCONN, "epoll_ctl", {}};
  uint32_t number = ++lastWatch_;
  uint32_t events = (exceptional ? EPOLLPRI : EPOLLIN) | EPOLLET;
  Done added = reaper_->poller().add(descriptor, events, {Source::Watch, number});
  if (!added) return added.failure();
  return number;
}

void Environment::unwatch(int descriptor) {
  if (reaper_) reaper_->poller().remove(descriptor);
}

void Environment::reference(Napi::Env env, Launch& launch, bool referenced) {
  if (launch.over || launch.referenced == referenced) return;
  launch.referenced = referenced;
  referenced ? dispatcher_.hold(env) : dispatcher_.release(env);
}

// Nothing is killed here: closing the control socket ends the launcher, closing the lifeline wakes the janitor, and that
// kills and undoes. Where Node lives on (a worker ends), its children must still be reaped; otherwise init does it.
void Environment::close() {
  if (!prepared_) return;
  prepared_ = false;
  undertaker_.stop();
  if (companions_) companions_->close();
  if (reaper_) reaper_->stop(isMainThread() ? 0 : kPatience);
  raw_.stop();
  dispatcher_.close();
}

}  // namespace cofferdam
