// Messages of rtnetlink(7) that TypeScript laid out (lib/network/rtnetlink): this side fills in what is not known before the
// launch.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "netlink.h"

namespace cofferdam::sys {

struct MessageGaps {
  const char* link = "";   // the interface that the message is about: its index, where all families have it
  const char* other = "";  // another interface, whose index is the attribute `otherType`, appended
  uint16_t otherType = 0;
  int networkNamespace = -1;  // appended as IFLA_NET_NS_FD
};

// Sends `message`, or leaves it with the channel's others. -EINVAL for what is no rtnetlink message.
int messageSend(Channel channel, const uint8_t* message, size_t size, const MessageGaps& gaps);

// A NETLINK_ROUTE socket in the network namespace of the nsfs file at `path`, see setns(2). The calling thread visits it and
// comes back.
int netlinkOpenIn(const char* path);

// Gives the interface `device` of that namespace back to the caller's, as `name`. One that is not there is no error.
int linkReturn(const char* path, const char* device, const char* name);

}  // namespace cofferdam::sys
