// rtnetlink(7): links, addresses and routes, one request and its acknowledgement at a time. Every function takes a
// socket, which acts in the network namespace in which it was opened, and returns 0 or -errno.
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

int netlinkOpen();  // NETLINK_ROUTE socket, close-on-exec; or -errno
int vethCreate(int socket, const VethOptions& options);
int linkSetUp(int socket, const char* name);
int linkDelete(int socket, const char* name);
int linkIndex(int socket, const char* name);  // interface index, or -errno (ENODEV)
int addressAdd(int socket, const char* name, const uint8_t* address, uint32_t length, uint8_t prefix);
int routeAdd(int socket, const char* name, const uint8_t* destination, uint32_t length, uint8_t prefix,
             const uint8_t* gateway, uint32_t gatewayLength);

// Reads one acknowledgement out of `size` bytes of replies to request `sequence`; 1 when it is not among them.
// Separate, so that it can be fuzzed.
int parseAcknowledgement(const uint8_t* replies, size_t size, uint32_t sequence);

}  // namespace cofferdam::sys
