#include "socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

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

int receiveNow(int socket, MessageHeader* message, UniqueFd* descriptor) {
  constexpr size_t room = 4;  // one is expected; more are closed
  alignas(cmsghdr) char control[CMSG_SPACE(room * sizeof(int))];
  iovec bytes = {message, sizeof *message};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  long size;
  do size = ::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
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
  if (size == 0) return 0;
  return static_cast<size_t>(size) == sizeof *message ? 1 : -EBADMSG;
}

}  // namespace cofferdam
