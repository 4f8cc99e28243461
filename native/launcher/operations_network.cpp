// Links, addresses, routes: codes 0x60 to 0x6f.
#include <linux/errno.h>

#include "../sys/netlink.h"
#include "machine.h"

namespace cofferdam {
namespace {

int vethCreate(Machine& machine, const Operation& operation) {
  using A = arg::VethCreate;
  int socket = machine.slot(operation, A::socket);
  const Program& program = machine.program;
  sys::VethOptions options = {};
  options.name = program.string(operation, A::name);
  options.peer = program.string(operation, A::peer);
  options.peerNamespace = machine.slot(operation, A::namespace_);
  options.mtu = static_cast<uint32_t>(operation.args[A::mtu]);
  const char* master = program.string(operation, A::master);
  if (*master) {
    int index = sys::linkIndex(socket, master);
    if (index < 0) return index;
    options.masterIndex = static_cast<uint32_t>(index);
  }
  Bytes address = program.bytes(operation, A::address);
  if (address.size != 0 && address.size != 6) return -EINVAL;
  options.address = address.size ? address.data : nullptr;
  return sys::vethCreate(socket, options);
}

bool isAddress(uint32_t size) { return size == 4 || size == 16; }

int addressAdd(Machine& machine, const Operation& operation) {
  using A = arg::AddressAdd;
  Bytes address = machine.program.bytes(operation, A::address);
  if (!isAddress(address.size)) return -EINVAL;
  return sys::addressAdd(machine.slot(operation, A::socket), machine.program.string(operation, A::name), address.data,
                         address.size, static_cast<uint8_t>(operation.args[A::prefix]));
}

int routeAdd(Machine& machine, const Operation& operation) {
  using A = arg::RouteAdd;
  Bytes destination = machine.program.bytes(operation, A::destination);
  Bytes gateway = machine.program.bytes(operation, A::gateway);
  if ((destination.size && !isAddress(destination.size)) || (gateway.size && !isAddress(gateway.size))) return -EINVAL;
  if (!destination.size && !gateway.size) return -EINVAL;
  return sys::routeAdd(machine.slot(operation, A::socket), machine.program.string(operation, A::name), destination.data,
                       destination.size, static_cast<uint8_t>(operation.args[A::prefix]), gateway.data, gateway.size);
}

int linkDelete(Machine& machine, const Operation& operation) {
  int socket = sys::netlinkOpen();
  if (socket < 0) return socket;
  int result = sys::linkDelete(socket, machine.program.string(operation, arg::LinkDelete::name));
  sys::close(socket);
  return result == -ENODEV ? 0 : result;
}

}  // namespace

int runNetworkOperation(Machine& machine, const Operation& operation) {
  switch (static_cast<Code>(operation.code)) {
    case Code::NetlinkOpen:
      return machine.keep(operation, arg::NetlinkOpen::into, sys::netlinkOpen());
    case Code::VethCreate:
      return vethCreate(machine, operation);
    case Code::LinkSetUp:
      return sys::linkSetUp(machine.slot(operation, arg::LinkSetUp::socket),
                            machine.program.string(operation, arg::LinkSetUp::name));
    case Code::AddressAdd:
      return addressAdd(machine, operation);
    case Code::RouteAdd:
      return routeAdd(machine, operation);
    case Code::LinkDelete:
      return linkDelete(machine, operation);
    default:
      return -ENOSYS;
  }
}

}  // namespace cofferdam
