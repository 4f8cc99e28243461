// Interfaces of other kinds than veth, their queues and forwarding entries: codes 0x6c to 0x6f.
#include <linux/errno.h>

#include "../sys/netlink_message.h"
#include "machine.h"

namespace cofferdam {
namespace {

int netlinkRequest(Machine& machine, const Operation& operation) {
  using A = arg::NetlinkRequest;
  Bytes message = machine.program.bytes(operation, A::message);
  sys::MessageGaps gaps;
  gaps.link = machine.program.string(operation, A::link);
  gaps.other = machine.program.string(operation, A::other);
  gaps.otherType = static_cast<uint16_t>(operation.args[A::otherType]);
  gaps.networkNamespace = machine.slot(operation, A::namespace_);
  int socket = machine.slot(operation, A::socket);
  sys::Channel channel(socket, socket == machine.heldSocket ? &machine.held : nullptr, machine.step);
  return sys::messageSend(channel, message.data, message.size, gaps);
}

int linkReturn(Machine& machine, const Operation& operation) {
  using A = arg::LinkReturn;
  return sys::linkReturn(machine.program.string(operation, A::namespace_), machine.program.string(operation, A::device),
                         machine.program.string(operation, A::name));
}

}  // namespace

int runLinkOperation(Machine& machine, const Operation& operation) {
  switch (static_cast<Code>(operation.code)) {
    case Code::NetlinkRequest:
      return netlinkRequest(machine, operation);
    case Code::LinkReturn:
      return linkReturn(machine, operation);
    default:
      return -ENOSYS;
  }
}

}  // namespace cofferdam
