#include "netlink_message.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>

#include "syscall.h"
#include "text.h"

namespace cofferdam::sys {
namespace {

constexpr size_t kLargest = 1024;
// ifi_index of ifinfomsg, ifa_index of ifaddrmsg, ndm_ifindex of ndmsg, tcm_ifindex of tcmsg: the second word of each.
constexpr size_t kIndexAt = NLMSG_HDRLEN + 4;
constexpr size_t kShortest = kIndexAt + 4;
// A namespace is closed by whoever opened it, also when the way back fails.
class Descriptor {
 public:
  explicit Descriptor(long number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) raw(__NR_close, number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return static_cast<int>(number_); }

 private:
  long number_;
};

class Message {
 public:
  int fill(const uint8_t* message, size_t size) {
    nlmsghdr header;
    if (size < kShortest || size > sizeof bytes_) return -EINVAL;
    text::copy(&header, message, sizeof header);
    if (header.nlmsg_len != size || size % NLMSG_ALIGNTO) return -EINVAL;
    text::copy(bytes_, message, size);
    used_ = size;
    return 0;
  }
  void index(int value) { text::copy(bytes_ + kIndexAt, &value, sizeof value); }
  int append(uint16_t type, int value) {
    rtattr attribute = {static_cast<uint16_t>(RTA_LENGTH(sizeof value)), type};
    if (sizeof bytes_ - used_ < sizeof attribute + sizeof value) return -EINVAL;
    text::copy(bytes_ + used_, &attribute, sizeof attribute);
    text::copy(bytes_ + used_ + sizeof attribute, &value, sizeof value);
    used_ += sizeof attribute + sizeof value;
    auto length = static_cast<uint32_t>(used_);
    text::copy(bytes_, &length, sizeof length);
    return 0;
  }
  int send(Channel channel) {
    if (channel.held) return channel.held->add(bytes_, used_, channel.owner);
    Requests one;
    uint32_t failed;
    int result = one.add(bytes_, used_, 0);
    return result < 0 ? result : one.send(channel.socket, &failed);
  }

 private:
  alignas(8) uint8_t bytes_[kLargest] = {};
  size_t used_ = 0;
};

}  // namespace

int messageSend(Channel channel, const uint8_t* message, size_t size, const MessageGaps& gaps) {
  Message made;
  int result = made.fill(message, size);
  if (result < 0) return result;
  if (*gaps.link) {
    result = linkIndex(channel.socket, gaps.link);
    if (result < 0) return result;
    made.index(result);
  }
  if (*gaps.other) {
    result = linkIndex(channel.socket, gaps.other);
    if (result >= 0) result = made.append(gaps.otherType, result);
    if (result < 0) return result;
  }
  if (gaps.networkNamespace >= 0) {
    result = made.append(IFLA_NET_NS_FD, gaps.networkNamespace);
    if (result < 0) return result;
  }
  return made.send(channel);
}

int netlinkOpenIn(const char* path) {
  Descriptor here(raw(__NR_openat, AT_FDCWD, "/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC, 0));
  if (here.get() < 0) return here.get();
  Descriptor there(raw(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0));
  if (there.get() < 0) return there.get();
  long result = raw(__NR_setns, there.get(), CLONE_NEWNET);
  if (result < 0) return static_cast<int>(result);
  int socket = netlinkOpen();
  result = raw(__NR_setns, here.get(), CLONE_NEWNET);
  if (result < 0 && socket >= 0) raw(__NR_close, socket);
  return result < 0 ? static_cast<int>(result) : socket;
}

int linkReturn(const char* path, const char* device, const char* name) {
  Descriptor socket(netlinkOpenIn(path));
  // Never pinned: then nothing was moved.
  if (socket.get() == -ENOENT || socket.get() == -EINVAL) return 0;
  if (socket.get() < 0) return socket.get();
  Descriptor here(raw(__NR_openat, AT_FDCWD, "/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC, 0));
  if (here.get() < 0) return here.get();
  size_t length = text::length(name) + 1;
  if (length == 1 || length > 16) return -EINVAL;
  struct {
    nlmsghdr header;
    ifinfomsg link;
    rtattr attribute;
    char name[16];
  } request = {};
  static_assert(sizeof request == NLMSG_HDRLEN + sizeof(ifinfomsg) + sizeof(rtattr) + 16);
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_NEWLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.attribute.rta_type = IFLA_IFNAME;
  request.attribute.rta_len = static_cast<uint16_t>(RTA_LENGTH(16));
  text::copy(request.name, name, length);
  MessageGaps gaps;
  gaps.link = device;
  gaps.networkNamespace = here.get();
  int result = messageSend(socket.get(), reinterpret_cast<const uint8_t*>(&request), sizeof request, gaps);
  return result == -ENODEV ? 0 : result;
}

}  // namespace cofferdam::sys
