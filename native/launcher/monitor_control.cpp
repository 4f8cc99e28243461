#include "monitor_control.h"

#include <linux/errno.h>
#include <linux/fcntl.h>

#include "../sys/message.h"
#include "../sys/path.h"
#include "../sys/syscall.h"
#include "../sys/text.h"

namespace cofferdam {
namespace {

constexpr int kUnix = 1;                        // AF_UNIX
constexpr int kStream = 1 | 02000000 | 04000;   // SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK
constexpr int kAcceptFlags = 02000000 | 04000;  // SOCK_CLOEXEC | SOCK_NONBLOCK
constexpr int kSocketLevel = 1;                 // SOL_SOCKET
constexpr int kPeerCredentials = 17;            // SO_PEERCRED
constexpr int kBacklog = 64;
constexpr const char* kName = "control";

struct Address {
  uint16_t family = kUnix;
  char path[108] = {};
};

// The directory is 0700; this is the second lock on the same door.
bool isOwner(int connection) {
  struct {
    int pid;
    uint32_t uid, gid;
  } peer = {0, ~0u, ~0u};
  uint32_t size = sizeof peer;
  if (sys::raw(__NR_getsockopt, connection, kSocketLevel, kPeerCredentials, &peer, &size) < 0) return false;
  return peer.uid == static_cast<uint32_t>(sys::raw(__NR_geteuid));
}

}  // namespace

int ControlSocket::open() {
  long socket = sys::raw(__NR_socket, kUnix, kStream, 0);
  if (socket < 0) return static_cast<int>(socket);
  Address address;
  text::copy(address.path, kName, text::length(kName));
  sys::raw(__NR_unlinkat, sys::kWorkingDirectory, kName, 0);
  long result = sys::raw(__NR_bind, socket, &address, sizeof address.family + text::length(kName) + 1);
  if (result == 0) result = sys::raw(__NR_listen, socket, kBacklog);
  if (result < 0) {
    sys::close(static_cast<int>(socket));
    return static_cast<int>(result);
  }
  descriptors_[0] = static_cast<int>(socket);
  return 0;
}

void ControlSocket::close() {
  for (int& descriptor : descriptors_) {
    if (descriptor >= 0) sys::close(descriptor);
    descriptor = -1;
  }
  sys::raw(__NR_unlinkat, sys::kWorkingDirectory, kName, 0);
}

void ControlSocket::accept() {
  long connection = sys::retry(__NR_accept4, descriptors_[0], nullptr, nullptr, kAcceptFlags);
  if (connection < 0) return;
  if (isOwner(static_cast<int>(connection)))
    for (unsigned i = 1; i < kDescriptors; i++)
      if (descriptors_[i] < 0) {
        descriptors_[i] = static_cast<int>(connection);
        return;
      }
  sys::close(static_cast<int>(connection));
}

bool ControlSocket::receive(unsigned index, ControlMessage* message) {
  if (index == 0) {
    accept();
    return false;
  }
  unsigned none = 0;
  long size = sys::receiveMessage(descriptors_[index], message, sizeof *message, nullptr, &none);
  if (size == -EAGAIN) return false;
  // A request comes in one piece: it is one write(2) of less than a page into an empty socket.
  if (size == sizeof *message && message->magic == kMagic) return true;
  sys::close(descriptors_[index]);
  descriptors_[index] = -1;
  return false;
}

void ControlSocket::answer(unsigned index, const ControlMessage& message, int64_t value, int descriptor) {
  ControlMessage reply = {kMagic, kStatusVersion, message.control, value, 0, 0};
  (void)sys::sendMessage(descriptors_[index], &reply, sizeof reply, &descriptor, descriptor >= 0 ? 1 : 0);
}

}  // namespace cofferdam
