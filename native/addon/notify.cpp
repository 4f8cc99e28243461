#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "../sys/syscall.h"

// Linux 5.9 and 5.14; the headers that this is built with may be older.
#ifndef SECCOMP_IOCTL_NOTIF_ADDFD
struct seccomp_notif_addfd {
  __u64 id;
  __u32 flags;
  __u32 srcfd;
  __u32 newfd;
  __u32 newfd_flags;
};
#define SECCOMP_IOCTL_NOTIF_ADDFD SECCOMP_IOW(3, struct seccomp_notif_addfd)
#endif
#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND (1UL << 1)
#endif
// Headers before Linux 5.16 have it with the wrong direction, which kernels still take; older kernels only that.
#ifndef SECCOMP_IOCTL_NOTIF_ID_VALID
#define SECCOMP_IOCTL_NOTIF_ID_VALID SECCOMP_IOW(2, __u64)
#endif

namespace cofferdam {
namespace {

// A call whose process was killed meanwhile waits no more.
Result<bool> answered(long result, const char* what) {
  if (result >= 0) return true;
  if (result == -ENOENT) return false;
  return Failure{static_cast<int>(-result), what, {}};
}

long control(int listener, unsigned long request, void* argument) {
  return sys::retry(__NR_ioctl, listener, request, argument);
}

}  // namespace

Result<Notification> nextNotification(int listener) {
  Notification next;
  pollfd ready = {listener, POLLIN, 0};
  if (poll(&ready, 1, 0) < 0) return next;
  if (!(ready.revents & POLLIN)) {
    if (ready.revents & (POLLHUP | POLLERR | POLLNVAL)) next.state = Notification::Ended;
    return next;
  }
  seccomp_notif request{};
  long result = control(listener, SECCOMP_IOCTL_NOTIF_RECV, &request);
  if (result == -ENOENT) return next;
  if (result < 0) return Failure{static_cast<int>(-result), "SECCOMP_IOCTL_NOTIF_RECV", {}};
  next.state = Notification::Call;
  next.id = request.id;
  next.pid = request.pid;
  next.number = request.data.nr;
  next.architecture = request.data.arch;
  for (unsigned i = 0; i < 6; i++) next.arguments[i] = request.data.args[i];
  return next;
}

bool isWaiting(int listener, uint64_t id) { return control(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0; }

Result<bool> answerNotification(int listener, uint64_t id, int64_t value, int32_t error, bool goesOn) {
  seccomp_notif_resp response{};
  response.id = id;
  response.val = goesOn || error ? 0 : value;
  response.error = goesOn ? 0 : -error;
  response.flags = goesOn ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
  return answered(control(listener, SECCOMP_IOCTL_NOTIF_SEND, &response), "SECCOMP_IOCTL_NOTIF_SEND");
}

Result<bool> answerWithDescriptor(int listener, uint64_t id, int descriptor, bool closeOnExec) {
  seccomp_notif_addfd added{};
  added.id = id;
  added.flags = SECCOMP_ADDFD_FLAG_SEND;
  added.srcfd = static_cast<__u32>(descriptor);
  added.newfd_flags = closeOnExec ? O_CLOEXEC : 0;
  return answered(control(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &added), "SECCOMP_IOCTL_NOTIF_ADDFD");
}

}  // namespace cofferdam
