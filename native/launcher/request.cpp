#include "request.h"

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
#include "spare.h"

namespace cofferdam {
namespace {

constexpr int kLaunchFailed = 127;

int prepare(Machine& machine, Request& launch, CoreLimit core) {
  // Node must see the end of the launcher's control socket even while a launch hangs; the lifeline stays, as it says
  // that this launch may still take effect. Placeholders keep 0 to 2 from becoming slots.
  sys::raw(__NR_dup3, kLifelineDescriptor, kControlDescriptor, 0);
  machine.watched = launch.header().flags & kFlagWatch && launch.header().flags & kFlagSplit;
  if (!machine.watched) sys::raw(__NR_dup3, kLifelineDescriptor, kJanitorDescriptor, 0);
  machine.launchSocket = launch.socket();
  machine.spareNetwork = launch.wantsNetwork() ? spareNetwork.descriptor() : -1;
  spareNetwork.leave(machine.spareNetwork);
  machine.coreLimit = {true, core.soft, core.hard};
  machine.records = static_cast<RecordHeader*>(map(launch.records(), kRecordsSize, MAP_SHARED));
  sys::close(launch.records());
  if (!machine.records) return -ENOMEM;
  machine.records->started = sys::monotonicNanoseconds();
  machine.records->pid = ownPid();

  size_t size;
  uint8_t* bytes = programBytes(launch, &size);
  if (launch.external()) sys::close(launch.descriptors[2]);
  if (!bytes) return -ENOMEM;
  unsigned slots = launch.count - launch.fixed();
  for (unsigned i = 0; i < slots; i++) machine.slots[i] = launch.slot(i);
  machine.actor = launch.header().flags & kFlagSplit ? Actor::Host : Actor::Child;
  return machine.program.read(bytes, size);
}

// In the new process.
[[noreturn]] void runLaunch(Request& launch, CoreLimit core) {
  // The launcher's children are not waited for, and that goes on to theirs.
  resetChildSignal();
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
  const char* path = headerString(launch, header.cgroupPath, header.cgroupPathSize);
  if (!path) return -EBADMSG;
  // Depth 0: it is there, a container's that runs.
  if (header.cgroupDepth > 0)
    if (int error = sys::cgroupCreate(path, header.cgroupDepth); error < 0) return error;
  return sys::openBelow(sys::kWorkingDirectory, path, O_PATH | O_DIRECTORY);
}

}  // namespace

uint32_t ownPid() {
  char digits[16];
  uint64_t pid = 0;
  long size = sys::raw(__NR_readlinkat, -100, "/proc/self", digits, sizeof digits);
  return size > 0 && text::number(digits, static_cast<size_t>(size), 0x7fffffff, &pid) ? static_cast<uint32_t>(pid) : 0;
}

const char* headerString(const Request& request, uint32_t offset, uint32_t size) {
  uint64_t end = uint64_t{offset} + size;
  if (offset < kHeaderSize || end >= request.size || request.bytes[end] != 0) return nullptr;
  return reinterpret_cast<const char*>(request.bytes + offset);
}

void* map(int descriptor, size_t size, int flags) {
  long memory = sys::raw(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, flags, descriptor, 0);
  return memory < 0 && memory > -4096 ? nullptr : reinterpret_cast<void*>(memory);
}

uint8_t* programBytes(const Request& request, size_t* size) {
  *size = request.external() ? request.header().size : request.size;
  return request.external() ? static_cast<uint8_t*>(map(request.descriptors[2], *size, MAP_PRIVATE)) : request.bytes;
}

// The kernel writes `pidfd`. NOLINTNEXTLINE(readability-non-const-parameter)
long cloneProgram(Request& request, CoreLimit core, uint64_t flags, uint64_t exitSignal, int* pidfd, uint32_t* step) {
  clone_args args = {};
  args.flags = request.header().cloneFlags | flags | CLONE_PIDFD;
  args.exit_signal = exitSignal;
  int cgroup = openCgroup(request);
  *step = cgroup < -1 ? 0 : kNoStep;
  if (cgroup < -1) return cgroup;
  if (cgroup >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<uint64_t>(cgroup);
  }
  args.pidfd = reinterpret_cast<uint64_t>(pidfd);
  long pid = sys::raw(__NR_clone3, &args, sizeof args);
  if (cgroup >= 0) sys::close(cgroup);
  if (pid == 0) runLaunch(request, core);
  return pid;
}

}  // namespace cofferdam
