#include "netlink.h"

#include <linux/errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "syscall.h"
#include "text.h"

// Not included from glibc: <net/if.h> is hosted, and <linux/if.h> wants it.
#define COFFERDAM_IFF_UP 1
#define COFFERDAM_AF_NETLINK 16
#define COFFERDAM_AF_INET 2
#define COFFERDAM_AF_INET6 10

namespace cofferdam::sys {
namespace {

constexpr int kSocketRaw = 3;
constexpr int kCloseOnExec = 02000000;
constexpr size_t kInterfaceNameSize = 16;

// One request, built in place. Attributes are length-checked: rta_len has 16 bits (the class of CVE-2021-43784).
class Request {
 public:
  Request(uint16_t type, uint16_t flags) {
    header()->nlmsg_type = type;
    header()->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
    used_ = NLMSG_HDRLEN;
  }

  template <typename Family>
  Family* family() {
    return static_cast<Family*>(reserve(sizeof(Family)));
  }

  void attribute(uint16_t type, const void* data, size_t size) {
    if (size > 0xfff0) {
      tooLong_ = true;
      return;
    }
    auto* attribute = static_cast<rtattr*>(reserve(RTA_LENGTH(size)));
    if (!attribute) return;
    attribute->rta_type = type;
    attribute->rta_len = static_cast<uint16_t>(RTA_LENGTH(size));
    text::copy(reinterpret_cast<uint8_t*>(attribute) + RTA_LENGTH(0), data, size);
  }
  void attribute(uint16_t type, uint32_t value) { attribute(type, &value, sizeof value); }
  void name(uint16_t type, const char* name) {
    size_t size = text::length(name) + 1;
    if (size > kInterfaceNameSize || size == 1) tooLong_ = true;
    attribute(type, name, size);
  }

  size_t open(uint16_t type) {
    size_t at = used_;
    attribute(type, nullptr, 0);
    return at;
  }
  void close(size_t at) { reinterpret_cast<rtattr*>(bytes_ + at)->rta_len = static_cast<uint16_t>(used_ - at); }

  // Send and wait for the kernel's answer, or leave it with those that are held.
  int exchange(Channel channel) {
    if (tooLong_) return -EINVAL;
    static_assert(sizeof(bytes_) < 0x10000);
    header()->nlmsg_len = static_cast<uint32_t>(used_);
    if (channel.held) return channel.held->add(bytes_, used_, channel.owner);
    Requests one;
    int result = one.add(bytes_, used_, 0);
    uint32_t failed;
    return result < 0 ? result : one.send(channel.socket, &failed);
  }

 private:
  nlmsghdr* header() { return reinterpret_cast<nlmsghdr*>(bytes_); }
  void* reserve(size_t size) {
    size_t aligned = NLMSG_ALIGN(size);
    if (aligned > sizeof(bytes_) - used_) {
      tooLong_ = true;
      return nullptr;
    }
    void* at = bytes_ + used_;
    used_ += aligned;
    return at;
  }

  alignas(8) uint8_t bytes_[1024] = {};
  size_t used_ = 0;
  bool tooLong_ = false;
};

int interfaceRequest(Channel channel, uint16_t type, const char* name, uint32_t flags) {
  Request request(type, 0);
  auto* link = request.family<ifinfomsg>();
  link->ifi_flags = flags;
  link->ifi_change = flags;
  request.name(IFLA_IFNAME, name);
  return request.exchange(channel);
}

uint8_t familyOf(uint32_t length) { return length == 16 ? COFFERDAM_AF_INET6 : COFFERDAM_AF_INET; }

// ifreq of netdevice(7), in as much as it is used here.
struct InterfaceRequest {
  char name[kInterfaceNameSize];
  union {
    int32_t index;
    uint16_t flags;
    struct {
      uint16_t family;
      uint8_t address[14];
    } hardware;
    uint8_t rest[24];
  };
};
constexpr long kGetFlags = 0x8913;    // SIOCGIFFLAGS
constexpr long kGetIndex = 0x8933;    // SIOCGIFINDEX
constexpr long kGetAddress = 0x8927;  // SIOCGIFHWADDR

// Any socket will do.
int interfaceRead(int socket, long what, const char* name, InterfaceRequest* request) {
  *request = {};
  size_t size = text::length(name);
  if (size >= kInterfaceNameSize) return -EINVAL;
  text::copy(request->name, name, size);
  return static_cast<int>(raw(__NR_ioctl, socket, what, request));
}

}  // namespace

int Requests::add(const uint8_t* request, size_t size, uint32_t owner) {
  size_t aligned = NLMSG_ALIGN(size);
  if (count_ == kMost || aligned > sizeof(bytes_) - used_) return -ENOBUFS;
  text::copy(bytes_ + used_, request, size);
  text::zero(bytes_ + used_ + size, aligned - size);
  last_ = used_;
  reinterpret_cast<nlmsghdr*>(bytes_ + last_)->nlmsg_seq = ++count_;
  owners_[count_ - 1] = owner;
  used_ += aligned;
  return 0;
}

// The kernel works through a message from front to back and answers each request that failed. So it is enough that the
// last one is acknowledged: when that answer is there, no other is to come.
int Requests::send(int socket, uint32_t* failed) {
  if (count_ == 0) return 0;
  reinterpret_cast<nlmsghdr*>(bytes_ + last_)->nlmsg_flags |= NLM_F_ACK;
  long sent = retry(__NR_sendto, socket, bytes_, used_, 0, nullptr, 0);
  if (sent < 0) return static_cast<int>(sent);
  unsigned count = count_;
  int first = 0;
  used_ = last_ = count_ = 0;
  alignas(8) uint8_t replies[8192];
  for (;;) {
    long size = retry(__NR_recvfrom, socket, replies, sizeof replies, 0, nullptr, nullptr);
    if (size < 0) return static_cast<int>(size);
    for (uint32_t sequence = 1; sequence <= count; sequence++) {
      int result = parseAcknowledgement(replies, static_cast<size_t>(size), sequence);
      if (result == 1) continue;
      if (result < 0 && first == 0) {
        first = result;
        *failed = owners_[sequence - 1];
      }
      if (sequence == count) return first;
    }
  }
}

int parseAcknowledgement(const uint8_t* replies, size_t size, uint32_t sequence) {
  while (size >= sizeof(nlmsghdr)) {
    nlmsghdr header;
    text::copy(&header, replies, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > size) return -EBADMSG;
    if (header.nlmsg_seq == sequence && header.nlmsg_type == NLMSG_ERROR) {
      int32_t error;
      if (header.nlmsg_len < sizeof header + sizeof error) return -EBADMSG;
      text::copy(&error, replies + sizeof header, sizeof error);
      return error > 0 ? -EBADMSG : error;
    }
    size_t step = NLMSG_ALIGN(header.nlmsg_len);
    if (step >= size) break;
    replies += step;
    size -= step;
  }
  return 1;
}

int netlinkOpen() {
  return static_cast<int>(raw(__NR_socket, COFFERDAM_AF_NETLINK, kSocketRaw | kCloseOnExec, NETLINK_ROUTE));
}

int vethCreate(Channel channel, const VethOptions& options) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  auto* link = request.family<ifinfomsg>();
  link->ifi_flags = link->ifi_change = COFFERDAM_IFF_UP;
  request.name(IFLA_IFNAME, options.name);
  if (options.mtu) request.attribute(IFLA_MTU, options.mtu);
  if (options.masterIndex) request.attribute(IFLA_MASTER, options.masterIndex);
  size_t info = request.open(IFLA_LINKINFO);
  request.attribute(IFLA_INFO_KIND, "veth", 4);
  size_t data = request.open(IFLA_INFO_DATA);
  // The peer is born in its namespace under its final name: moving a link there later waits for RCU.
  size_t peer = request.open(VETH_INFO_PEER);
  request.family<ifinfomsg>();
  request.name(IFLA_IFNAME, options.peer);
  if (options.mtu) request.attribute(IFLA_MTU, options.mtu);
  if (options.address) request.attribute(IFLA_ADDRESS, options.address, 6);
  if (options.peerNamespace >= 0) request.attribute(IFLA_NET_NS_FD, static_cast<uint32_t>(options.peerNamespace));
  request.close(peer);
  request.close(data);
  request.close(info);
  return request.exchange(channel);
}

int bridgeCreate(Channel channel, const char* name, uint32_t mtu, const uint8_t* address) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  request.family<ifinfomsg>();
  request.name(IFLA_IFNAME, name);
  if (mtu) request.attribute(IFLA_MTU, mtu);
  if (address) request.attribute(IFLA_ADDRESS, address, 6);
  size_t info = request.open(IFLA_LINKINFO);
  request.attribute(IFLA_INFO_KIND, "bridge", 6);
  request.close(info);
  return request.exchange(channel);
}

int bridgePortHairpin(Channel channel, const char* name) {
  constexpr uint8_t kBridgeFamily = 7;  // AF_BRIDGE
  constexpr uint16_t kNested = 1 << 15;
  int index = linkIndex(channel.socket, name);
  if (index < 0) return index;
  Request request(RTM_SETLINK, 0);
  auto* link = request.family<ifinfomsg>();
  link->ifi_family = kBridgeFamily;
  link->ifi_index = index;
  size_t port = request.open(IFLA_PROTINFO | kNested);
  uint8_t on = 1;
  request.attribute(IFLA_BRPORT_MODE, &on, sizeof on);
  request.close(port);
  return request.exchange(channel);
}

int linkSetUp(Channel channel, const char* name) {
  // One that is up already needs no turn at the lock of all network configuration, which netdevice(7)'s reading lacks.
  InterfaceRequest request;
  if (interfaceRead(channel.socket, kGetFlags, name, &request) == 0 && request.flags & COFFERDAM_IFF_UP) return 0;
  return interfaceRequest(channel, RTM_NEWLINK, name, COFFERDAM_IFF_UP);
}
int linkDelete(Channel channel, const char* name) { return interfaceRequest(channel, RTM_DELLINK, name, 0); }

int linkIndex(int socket, const char* name) {
  InterfaceRequest request;
  int result = interfaceRead(socket, kGetIndex, name, &request);
  return result < 0 ? result : request.index;
}

bool linkHasAddress(int socket, const char* name, const uint8_t* address) {
  InterfaceRequest request;
  if (interfaceRead(socket, kGetAddress, name, &request) < 0) return false;
  for (int i = 0; i < 6; i++)
    if (request.hardware.address[i] != address[i]) return false;
  return true;
}

int addressAdd(Channel channel, const char* name, const uint8_t* address, uint32_t length, uint8_t prefix) {
  int index = linkIndex(channel.socket, name);
  if (index < 0) return index;
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  auto* message = request.family<ifaddrmsg>();
  message->ifa_family = familyOf(length);
  message->ifa_prefixlen = prefix;
  message->ifa_index = static_cast<uint32_t>(index);
  // Duplicate address detection would keep an IPv6 address tentative for a second on a link that nobody else shares.
  if (length == 16) message->ifa_flags = IFA_F_NODAD;
  request.attribute(IFA_LOCAL, address, length);
  request.attribute(IFA_ADDRESS, address, length);
  return request.exchange(channel);
}

int routeAdd(Channel channel, const char* name, const uint8_t* destination, uint32_t length, uint8_t prefix,
             const uint8_t* gateway, uint32_t gatewayLength) {
  int index = linkIndex(channel.socket, name);
  if (index < 0) return index;
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  auto* message = request.family<rtmsg>();
  message->rtm_family = familyOf(gatewayLength ? gatewayLength : length);
  message->rtm_dst_len = prefix;
  message->rtm_table = RT_TABLE_MAIN;
  message->rtm_protocol = RTPROT_STATIC;
  message->rtm_scope = gatewayLength ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  message->rtm_type = RTN_UNICAST;
  if (length) request.attribute(RTA_DST, destination, length);
  if (gatewayLength) request.attribute(RTA_GATEWAY, gateway, gatewayLength);
  request.attribute(RTA_OIF, static_cast<uint32_t>(index));
  return request.exchange(channel);
}

}  // namespace cofferdam::sys
