// rtnetlink(7): links, addresses and routes. Every function takes a channel: a socket, which acts in the network namespace
// in which it was opened, and on which each request waits for its acknowledgement, unless requests are being held for
// one message that has them all. They return 0 or -errno.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace cofferdam::sys {

struct VethOptions {
  const char* name;        // in the socket's namespace; set up
  const char* peer;        // final name of the other end
  int peerNamespace;       // descriptor of the network namespace that the other end is born in; -1: the same
  uint32_t mtu;            // 0: the kernel's default
  uint32_t masterIndex;    // bridge that `name` joins; 0: none
  const uint8_t* address;  // 6 bytes, MAC of the peer; null: random
};

// Requests that go to the kernel in one message: one system call, and one way there and back, for a whole interface.
class Requests {
 public:
  // Keeps a request of `size` bytes, whose header has neither flags for acknowledgement nor a sequence number yet.
  int add(const uint8_t* request, size_t size, uint32_t owner);
  // Sends what was kept and waits for the kernel to have done it all. The first failure is the answer, and whose request
  // it was is in `*failed`; what came after it was tried all the same.
  int send(int socket, uint32_t* failed);

 private:
  static constexpr unsigned kMost = 24;
  alignas(8) uint8_t bytes_[3072];
  uint32_t owners_[kMost];
  size_t used_ = 0;
  size_t last_ = 0;  // where the last one begins
  unsigned count_ = 0;
};

struct Channel {
  int socket;
  Requests* held = nullptr;                // keeps the requests; null: each is sent
  uint32_t owner = 0;                      // what a kept request is known by
  Channel(int socket) : socket(socket) {}  // NOLINT(google-explicit-constructor, hicpp-explicit-conversions)
  Channel(int socket, Requests* held, uint32_t owner) : socket(socket), held(held), owner(owner) {}
};

int netlinkOpen();  // NETLINK_ROUTE socket, close-on-exec; or -errno
int vethCreate(Channel channel, const VethOptions& options);
// A bridge with a MAC of its own (6 bytes): the kernel's choice is the lowest of its ports', which changes with them.
int bridgeCreate(Channel channel, const char* name, uint32_t mtu, const uint8_t* address);
int bridgePortHairpin(Channel channel, const char* name);
int linkSetUp(Channel channel, const char* name);
int linkDelete(Channel channel, const char* name);
int linkIndex(int socket, const char* name);                                // interface index, or -errno (ENODEV)
bool linkHasAddress(int socket, const char* name, const uint8_t* address);  // 6 bytes, its MAC
int addressAdd(Channel channel, const char* name, const uint8_t* address, uint32_t length, uint8_t prefix);
int routeAdd(Channel channel, const char* name, const uint8_t* destination, uint32_t length, uint8_t prefix,
             const uint8_t* gateway, uint32_t gatewayLength);

// Reads one acknowledgement out of `size` bytes of replies to request `sequence`; 1 when it is not among them.
// Separate, so that it can be fuzzed.
int parseAcknowledgement(const uint8_t* replies, size_t size, uint32_t sequence);

}  // namespace cofferdam::sys
