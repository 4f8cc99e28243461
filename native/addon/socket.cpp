#include "socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "../sys/message.h"

namespace cofferdam {

int sendNow(int socket, std::span<const uint8_t> message, std::span<const int> descriptors) {
  if (descriptors.size() > sys::kMostDescriptors) return -EINVAL;
  iovec bytes = {const_cast<uint8_t*>(message.data()), message.size()};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sys::kMostDescriptors * sizeof(int))];
  if (!descriptors.empty()) {
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
  }
  long sent;
  do sent = ::sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

namespace {

// recvmsg(2), and the descriptor that came along; more of them are closed. Bytes, or -errno.
long receive(int socket, std::span<uint8_t> room, int flags, UniqueFd* descriptor) {
  constexpr size_t most = 4;  // one is expected
  alignas(cmsghdr) char control[CMSG_SPACE(most * sizeof(int))];
  iovec bytes = {room.data(), room.size()};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  long size;
  do size = ::recvmsg(socket, &header, flags | MSG_CMSG_CLOEXEC);
  while (size < 0 && errno == EINTR);
  if (size < 0) return -errno;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    for (size_t at = CMSG_LEN(0); at + sizeof(int) <= part->cmsg_len; at += sizeof(int)) {
      int number;
      memcpy(&number, reinterpret_cast<char*>(part) + at, sizeof number);
      UniqueFd received(number);
      if (!*descriptor) *descriptor = std::move(received);
    }
  }
  return size;
}

}  // namespace

int receiveNow(int socket, MessageHeader* message, UniqueFd* descriptor) {
  long size = receive(socket, {reinterpret_cast<uint8_t*>(message), sizeof *message}, MSG_DONTWAIT, descriptor);
  if (size <= 0) return static_cast<int>(size);
  return static_cast<size_t>(size) == sizeof *message ? 1 : -EBADMSG;
}

Result<UniqueFd> ask(const std::string& path, std::span<const uint8_t> request, std::span<uint8_t> answer) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Failure{ENAMETOOLONG, "connect", path};
  memcpy(address.sun_path, path.c_str(), path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return Failure{errno, "socket", {}};
  constexpr timeval patience = {2, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0)
    return Failure{errno, "connect", path};
  if (int error = sendNow(socket.get(), request, {}); error < 0) return Failure{-error, "sendmsg", path};
  UniqueFd descriptor;
  long size = receive(socket.get(), answer, MSG_WAITALL, &descriptor);
  if (size < 0) return Failure{static_cast<int>(-size), "recvmsg", path};
  if (static_cast<size_t>(size) != answer.size()) return Failure{ECONNRESET, "recvmsg", path};
  return descriptor;
}

}  // namespace cofferdam
