#include "netlink_dump.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../sys/netlink.h"
#include "../sys/syscall.h"

namespace cofferdam {
namespace {

// As much as the kernel puts into one answer.
constexpr size_t kLargestAnswer = size_t{64} * 1024;

// Whether the last of some answers is the last of all.
bool isLast(const uint8_t* answers, size_t size) {
  bool last = false;
  while (size >= sizeof(nlmsghdr)) {
    nlmsghdr header;
    memcpy(&header, answers, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > size) return true;
    last = header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR;
    size_t step = NLMSG_ALIGN(header.nlmsg_len);
    if (step >= size) break;
    answers += step;
    size -= step;
  }
  return last;
}

Failure failed(long result, const char* syscall) { return {static_cast<int>(-result), syscall, {}}; }

}  // namespace

Result<UniqueFd> netlinkDump(const std::vector<uint8_t>& request) {
  Result<UniqueFd> socket = descriptor(sys::netlinkOpen(), "socket");
  if (!socket) return socket;
  Result<UniqueFd> file = descriptor(sys::raw(__NR_memfd_create, "rtnetlink", MFD_CLOEXEC), "memfd_create");
  if (!file) return file;
  long sent = sys::retry(__NR_sendto, socket->get(), request.data(), request.size(), 0, nullptr, 0);
  if (sent < 0) return failed(sent, "sendto");
  std::vector<uint8_t> answers(kLargestAnswer);
  for (;;) {
    long size = sys::retry(__NR_recvfrom, socket->get(), answers.data(), answers.size(), 0, nullptr, nullptr);
    if (size < 0) return failed(size, "recvfrom");
    long written = sys::retry(__NR_write, file->get(), answers.data(), size);
    if (written < 0) return failed(written, "write");
    if (size == 0 || isLast(answers.data(), static_cast<size_t>(size))) break;
  }
  return file;
}

Result<UniqueFd> netlinkMonitor(uint32_t groups) {
  Result<UniqueFd> made =
      descriptor(sys::raw(__NR_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE), "socket");
  if (!made) return made;
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  long result = sys::raw(__NR_bind, made->get(), &address, sizeof address);
  if (result < 0) return failed(result, "bind");
  return made;
}

}  // namespace cofferdam
