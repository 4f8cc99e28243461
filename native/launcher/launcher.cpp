// The launcher: receives launch requests, clones, hands the pidfd back. It keeps nothing of a launch, since its children
// inherit all that it has, and nothing that waits runs in it, since every launch of its Node goes through it.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/sched.h>
#include <linux/signal.h>

#include "../sys/cgroup.h"
#include "../sys/path.h"
#include "../sys/text.h"
#include "report.h"
#include "request.h"
#include "spare.h"

namespace cofferdam {

constinit SpareNetwork spareNetwork;

namespace {

// By the page, so that a monitor can give it back.
alignas(4096) uint8_t message[kInlineLimit];

// A monitor is born in the cgroup that the header names for it: to join one afterwards waits for RCU. -1: there is none.
int openMonitorCgroup(const Request& launch) {
  const ProgramHeader& header = launch.header();
  if (header.monitorPath == 0) return -1;
  const char* path = headerString(launch, header.monitorPath, header.monitorPathSize);
  if (!path) return -EBADMSG;
  if (int error = sys::cgroupCreate(path, header.monitorDepth); error < 0 && error != -EEXIST) return error;
  return sys::openBelow(sys::kWorkingDirectory, path, O_PATH | O_DIRECTORY);
}

// The launcher's own child, which nobody waits for: with the launcher's end init takes it over. The kernel writes `pidfd`.
// NOLINTNEXTLINE(readability-non-const-parameter)
long cloneMonitor(Request& launch, CoreLimit core, int* pidfd, uint32_t* step) {
  *step = kNoStep;
  int cgroup = openMonitorCgroup(launch);
  if (cgroup < -1) return cgroup;
  clone_args args = {};
  args.flags = CLONE_PIDFD | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0);
  args.cgroup = static_cast<uint64_t>(cgroup >= 0 ? cgroup : 0);
  args.exit_signal = SIGCHLD;
  args.pidfd = reinterpret_cast<uint64_t>(pidfd);
  long pid = sys::raw(__NR_clone3, &args, sizeof args);
  if (cgroup >= 0) sys::close(cgroup);
  if (pid == 0) runMonitor(launch, core);
  return pid;
}

void launchOne(Request& launch, CoreLimit core) {
  int pidfd = -1;
  uint32_t step;
  // CLONE_PARENT: Node waits for the new process. exit_signal must then be 0.
  long pid = launch.detached() ? cloneMonitor(launch, core, &pidfd, &step)
                               : cloneProgram(launch, core, CLONE_PARENT, 0, &pidfd, &step);
  if (pid < 0) {
    report(launch.socket(), Message::Failed, -pid, step);
    return;
  }
  if (launch.wantsNetwork()) spareNetwork.spend();
  // Without a cgroup of its own the process can only be killed by its pidfd.
  if (launch.header().flags & kFlagWatch) report(kJanitorDescriptor, Message::Started, pid, 0, pidfd);
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
  // Monitors end when their containers do; nobody is to wait for them here.
  ignoreChildren();
  // Somebody has had a use for it.
  bool network = false;
  for (;;) {
    if (network && !isBusy()) spareNetwork.make();
    Request launch;
    launch.bytes = message;
    launch.count = sys::kMostDescriptors;
    long size = sys::receiveMessage(kControlDescriptor, message, sizeof message, launch.descriptors, &launch.count);
    // Node is gone, or has no use for this launcher any more.
    if (size == 0 || size == -EBADF || size == -ENOTCONN || size == -ECONNRESET) sys::raw(__NR_exit_group, 0);
    if (size < 0) continue;
    launch.size = static_cast<size_t>(size);
    network |= launch.sound() && launch.wantsNetwork();
    if (launch.sound()) launchOne(launch, core);
    for (unsigned i = 0; i < launch.count; i++) sys::close(launch.descriptors[i]);
    // The next child must not find this one's arguments and environment.
    text::zero(message, launch.size);
  }
}

}  // namespace cofferdam
