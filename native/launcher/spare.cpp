#include "spare.h"

#include <linux/fcntl.h>
#include <linux/sched.h>

#include "../sys/netlink.h"
#include "../sys/syscall.h"

namespace cofferdam {
namespace {

constexpr int kWorkingDirectory = -100;

int openOwnNetwork() {
  return static_cast<int>(sys::retry(__NR_openat, kWorkingDirectory, "/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

}  // namespace

void SpareNetwork::make() {
  if (spare_ >= 0 || inVain_) return;
  if (home_ < 0) home_ = openOwnNetwork();
  if (home_ < 0 || sys::raw(__NR_unshare, CLONE_NEWNET) < 0) {
    inVain_ = true;
    return;
  }
  spare_ = openOwnNetwork();
  if (int socket = sys::netlinkOpen(); socket >= 0) {
    // Not vital: the launch's own program sets it up as well.
    (void)sys::linkSetUp(socket, "lo");
    sys::close(socket);
  }
  // In another namespace than its program's the launcher is of no use: Node starts another one.
  if (sys::raw(__NR_setns, home_, CLONE_NEWNET) < 0) sys::raw(__NR_exit_group, 1);
  inVain_ = spare_ < 0;
}

void SpareNetwork::closeSpare() {
  if (spare_ >= 0) sys::close(spare_);
  spare_ = -1;
}

void SpareNetwork::spend() { closeSpare(); }

void SpareNetwork::leave(int keep) {
  if (spare_ != keep) closeSpare();
  if (home_ >= 0) sys::close(home_);
  home_ = -1;
}

}  // namespace cofferdam
