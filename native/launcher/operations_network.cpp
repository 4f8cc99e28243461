// Links, addresses, routes: codes 0x60 to 0x6f.
#include <linux/errno.h>

#include "../sys/netlink.h"
#include "../sys/text.h"
#include "machine.h"

namespace cofferdam {
namespace {

// Where the requests of an operation go.
sys::Channel channelOf(Machine& machine, const Operation& operation, unsigned index) {
  int socket = machine.slot(operation, index);
  return {socket, socket >= 0 && socket == machine.heldSocket ? &machine.held : nullptr, machine.step};
}

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
  sys::Channel channel = channelOf(machine, operation, A::socket);
  int result = sys::vethCreate(channel, options);
  // Of the run before of a container that is started again: the kernel takes namespaces down in its own time.
  if (result == -EEXIST && text::startsWith(options.name, "cf") && sys::linkDelete(socket, options.name) == 0)
    result = sys::vethCreate(channel, options);
  return result;
}

bool isAddress(uint32_t size) { return size == 4 || size == 16; }

int addressAdd(Machine& machine, const Operation& operation) {
  using A = arg::AddressAdd;
  Bytes address = machine.program.bytes(operation, A::address);
  if (!isAddress(address.size)) return -EINVAL;
  return sys::addressAdd(channelOf(machine, operation, A::socket), machine.program.string(operation, A::name),
                         address.data, address.size, static_cast<uint8_t>(operation.args[A::prefix]));
}

int routeAdd(Machine& machine, const Operation& operation) {
  using A = arg::RouteAdd;
  Bytes destination = machine.program.bytes(operation, A::destination);
  Bytes gateway = machine.program.bytes(operation, A::gateway);
  if ((destination.size && !isAddress(destination.size)) || (gateway.size && !isAddress(gateway.size))) return -EINVAL;
  if (!destination.size && !gateway.size) return -EINVAL;
  return sys::routeAdd(channelOf(machine, operation, A::socket), machine.program.string(operation, A::name),
                       destination.data, destination.size, static_cast<uint8_t>(operation.args[A::prefix]),
                       gateway.data, gateway.size);
}

int bridgeCreate(Machine& machine, const Operation& operation) {
  using A = arg::BridgeCreate;
  Bytes address = machine.program.bytes(operation, A::address);
  if (address.size != 0 && address.size != 6) return -EINVAL;
  return sys::bridgeCreate(channelOf(machine, operation, A::socket), machine.program.string(operation, A::name),
                           static_cast<uint32_t>(operation.args[A::mtu]), address.size ? address.data : nullptr);
}

int netlinkFlush(Machine& machine, const Operation& operation) {
  machine.heldSocket = -1;
  uint32_t blamed = Machine::kNobody;
  int result = machine.held.send(machine.slot(operation, arg::NetlinkFlush::socket), &blamed);
  if (result < 0) machine.blamed = blamed;
  return result;
}

// What bind(2) says of a port that the kernel is to hand over to a container.
int portCheck(const Machine& machine, const Operation& operation) {
  using A = arg::PortCheck;
  constexpr int kStream = 1, kDatagram = 2, kCloseOnExec = 02000000, kTcp = 6;
  constexpr int kSocketLevel = 1, kReuseAddress = 2, kV6Level = 41, kV6Only = 26;
  constexpr uint16_t kInet = 2, kInet6 = 10;
  Bytes address = machine.program.bytes(operation, A::address);
  if (!isAddress(address.size)) return -EINVAL;
  bool tcp = operation.args[A::protocol] == kTcp;
  bool v6 = address.size == 16;
  struct {
    uint16_t family, port;
    union {
      uint8_t v4[12];
      struct {
        uint32_t flow;
        uint8_t address[16];
        uint32_t scope;
      } v6;
    };
  } name = {};
  const char* digits = machine.program.string(operation, A::port);
  uint64_t port;
  if (!text::number(digits, text::length(digits), 65535, &port)) return -EINVAL;
  name.family = v6 ? kInet6 : kInet;
  name.port = static_cast<uint16_t>(port << 8 | port >> 8);  // network order
  text::copy(v6 ? name.v6.address : name.v4, address.data, address.size);
  long socket = sys::raw(__NR_socket, name.family, (tcp ? kStream : kDatagram) | kCloseOnExec, 0);
  // Without IPv6 nobody listens on it.
  if (socket < 0) return v6 ? 0 : static_cast<int>(socket);
  int on = 1;
  // Past connections that linger (TIME_WAIT) are in nobody's way; who listens is. UDP has no such state to overlook.
  if (tcp) sys::raw(__NR_setsockopt, socket, kSocketLevel, kReuseAddress, &on, sizeof on);
  if (v6) sys::raw(__NR_setsockopt, socket, kV6Level, kV6Only, &on, sizeof on);
  long result = sys::raw(__NR_bind, socket, &name, v6 ? 28 : 16);
  sys::close(static_cast<int>(socket));
  return static_cast<int>(result);
}

int linkDelete(Machine& machine, const Operation& operation) {
  int socket = sys::netlinkOpen();
  if (socket < 0) return socket;
  using A = arg::LinkDelete;
  const char* name = machine.program.string(operation, A::name);
  Bytes address = machine.program.bytes(operation, A::address);
  bool meant = address.size != 6 || sys::linkHasAddress(socket, name, address.data);
  int result = meant ? sys::linkDelete(socket, name) : 0;
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
      return sys::linkSetUp(channelOf(machine, operation, arg::LinkSetUp::socket),
                            machine.program.string(operation, arg::LinkSetUp::name));
    case Code::AddressAdd:
      return addressAdd(machine, operation);
    case Code::RouteAdd:
      return routeAdd(machine, operation);
    case Code::LinkDelete:
      return linkDelete(machine, operation);
    case Code::NetlinkHold:
      machine.heldSocket = machine.slot(operation, arg::NetlinkHold::socket);
      return 0;
    case Code::NetlinkFlush:
      return netlinkFlush(machine, operation);
    case Code::BridgeCreate:
      return bridgeCreate(machine, operation);
    case Code::BridgePortHairpin:
      return sys::bridgePortHairpin(channelOf(machine, operation, arg::BridgePortHairpin::socket),
                                    machine.program.string(operation, arg::BridgePortHairpin::name));
    case Code::PortCheck:
      return portCheck(machine, operation);
    case Code::Run:
      return runHostProgram(machine, operation);
    case Code::Hook:
      return runHook(machine, operation);
    case Code::Attend:
      return runAttendant(machine, operation);
    default:
      return runLinkOperation(machine, operation);
  }
}

}  // namespace cofferdam
