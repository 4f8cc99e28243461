// The launcher: receives launch requests, clones, hands the pidfd back. It keeps nothing of a launch, since its children
// inherit all that it has, and nothing that waits runs in it, since every launch of its Node goes through it.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/signal.h>

#include "../sys/cgroup.h"
#include "../sys/path.h"
#include "../sys/text.h"
#include "interpreter.h"
#include "report.h"
#include "roles.h"
#include "spare.h"

namespace cofferdam {
namespace {

// Where a failure is told that no operation is to blame for: the clone itself, or a program that cannot be read.
constexpr uint32_t kNoStep = 0xffffffff;
constexpr int kLaunchFailed = 127;

alignas(8) uint8_t request[kInlineLimit];
SpareNetwork spareNetwork;

struct Request {
  size_t size;
  int descriptors[sys::kMostDescriptors];
  unsigned count;
  const ProgramHeader& header() const { return *reinterpret_cast<const ProgramHeader*>(request); }
  int socket() const { return descriptors[0]; }
  int records() const { return descriptors[1]; }
  bool wantsNetwork() const { return header().flags & kFlagNetwork; }
  bool external() const { return header().flags & kFlagExternal; }
  unsigned fixed() const { return external() ? 3 : 2; }
  bool sound() const { return size >= kHeaderSize && header().magic == kMagic && count >= 2 && count >= fixed(); }
};

void* map(int descriptor, size_t size, int flags) {
  long memory = sys::raw(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, flags, descriptor, 0);
  return memory < 0 && memory > -4096 ? nullptr : reinterpret_cast<void*>(memory);
}

// The pid that Node knows this process by: getpid(2) says 1 in a pid namespace of its own, the host's proc does not.
uint32_t ownPid() {
  char digits[16];
  uint64_t pid = 0;
  long size = sys::raw(__NR_readlinkat, -100, "/proc/self", digits, sizeof digits);
  return size > 0 && text::number(digits, static_cast<size_t>(size), 0x7fffffff, &pid) ? static_cast<uint32_t>(pid) : 0;
}

int prepare(Machine& machine, const Request& launch, CoreLimit core) {
  // Node must see the end of the launcher's control socket even while a launch hangs; the lifeline stays, as it says
  // that this launch may still take effect. Placeholders keep 0 to 2 from becoming slots.
  sys::raw(__NR_dup3, kLifelineDescriptor, kControlDescriptor, 0);
  sys::raw(__NR_dup3, kLifelineDescriptor, kJanitorDescriptor, 0);
  machine.launchSocket = launch.socket();
  machine.spareNetwork = launch.wantsNetwork() ? spareNetwork.descriptor() : -1;
  spareNetwork.leave(machine.spareNetwork);
  machine.coreLimit = {true, core.soft, core.hard};
  machine.records = static_cast<RecordHeader*>(map(launch.records(), kRecordsSize, MAP_SHARED));
  sys::close(launch.records());
  if (!machine.records) return -ENOMEM;
  machine.records->started = sys::monotonicNanoseconds();
  machine.records->pid = ownPid();

  uint8_t* bytes = request;
  size_t size = launch.size;
  if (launch.external()) {
    size = launch.header().size;
    bytes = static_cast<uint8_t*>(map(launch.descriptors[2], size, MAP_PRIVATE));
    sys::close(launch.descriptors[2]);
    if (!bytes) return -ENOMEM;
  }
  unsigned slots = launch.count - launch.fixed();
  for (unsigned i = 0; i < slots; i++) machine.slots[i] = launch.descriptors[launch.fixed() + i];
  machine.actor = launch.header().flags & kFlagSplit ? Actor::Host : Actor::Child;
  return machine.program.read(bytes, size);
}

// In the new process.
[[noreturn]] void runLaunch(const Request& launch, CoreLimit core) {
  Machine machine;
  uint32_t step = kNoStep;
  int result = prepare(machine, launch, core);
  if (result == 0) {
    machine.records->phase = static_cast<uint32_t>(Phase::Running);
    result = runProgram(machine, &step);
  }
  bool host = machine.actor == Actor::Host;
  // A child that is gone has said why, or was killed; the host's side has nothing to add.
  bool silent = host && result == -ECANCELED;
  if (machine.records && !silent) {
    auto phase = static_cast<uint32_t>(result < 0 ? Phase::Failed : Phase::Finished);
    __atomic_store_n(host ? &machine.records->hostPhase : &machine.records->phase, phase, __ATOMIC_RELEASE);
  }
  if (result < 0 && !silent) report(machine.launchSocket, Message::Failed, -result, step);
  if (result < 0 && host && machine.childPidfd >= 0)
    sys::raw(__NR_pidfd_send_signal, machine.childPidfd, SIGKILL, nullptr, 0);
  sys::raw(__NR_exit_group, result < 0 ? kLaunchFailed : 0);
  __builtin_unreachable();
}

// The cgroup that the process is to be born in, made; -1 when there is none, or -errno.
int openCgroup(const Request& launch) {
  const ProgramHeader& header = launch.header();
  if (header.cgroupPath == 0) return -1;
  uint64_t end = uint64_t{header.cgroupPath} + header.cgroupPathSize;
  if (header.cgroupPath < kHeaderSize || end >= launch.size || request[end] != 0) return -EBADMSG;
  auto* path = reinterpret_cast<const char*>(request + header.cgroupPath);
  if (int error = sys::cgroupCreate(path, header.cgroupDepth); error < 0) return error;
  return sys::openBelow(sys::kWorkingDirectory, path, O_PATH | O_DIRECTORY);
}

void launchOne(const Request& launch, CoreLimit core) {
  const ProgramHeader& header = launch.header();
  int pidfd = -1;
  clone_args args = {};
  args.flags = header.cloneFlags | CLONE_PARENT | CLONE_PIDFD;
  int cgroup = openCgroup(launch);
  if (cgroup < -1) {
    report(launch.socket(), Message::Failed, -cgroup, 0);
    return;
  }
  if (cgroup >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<uint64_t>(cgroup);
  }
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  long pid = sys::raw(__NR_clone3, &args, sizeof args);
  if (cgroup >= 0) sys::close(cgroup);
  if (pid == 0) runLaunch(launch, core);
  if (pid < 0) {
    report(launch.socket(), Message::Failed, -pid, kNoStep);
    return;
  }
  if (launch.wantsNetwork()) spareNetwork.spend();
  // Without a cgroup of its own the process can only be killed by its pidfd.
  if (header.flags & kFlagWatch) report(kJanitorDescriptor, Message::Started, pid, 0, pidfd);
  report(launch.socket(), Message::Started, pid, kNoStep, pidfd);
  sys::close(pidfd);
}

// Whether the next request is there already.
bool isBusy() {
  struct {
    int descriptor;
    short wanted, found;
  } control = {kControlDescriptor, 1 /* POLLIN */, 0};
  const struct { int64_t seconds, nanoseconds; } noTime = {0, 0};
  return sys::raw(__NR_ppoll, &control, 1, &noTime, nullptr, 0) > 0;
}

}  // namespace

void runLauncher(CoreLimit core) {
  // Somebody has had a use for it.
  bool network = false;
  for (;;) {
    if (network && !isBusy()) spareNetwork.make();
    Request launch;
    launch.count = sys::kMostDescriptors;
    long size = sys::receiveMessage(kControlDescriptor, request, sizeof request, launch.descriptors, &launch.count);
    // Node is gone, or has no use for this launcher any more.
    if (size == 0 || size == -EBADF || size == -ENOTCONN || size == -ECONNRESET) sys::raw(__NR_exit_group, 0);
    if (size < 0) continue;
    launch.size = static_cast<size_t>(size);
    network |= launch.sound() && launch.wantsNetwork();
    if (launch.sound()) launchOne(launch, core);
    for (unsigned i = 0; i < launch.count; i++) sys::close(launch.descriptors[i]);
    // The next child must not find this one's arguments and environment.
    text::zero(request, launch.size);
  }
}

}  // namespace cofferdam
