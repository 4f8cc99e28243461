// cgroups: codes 0x10 to 0x1f. Limits and joins are plain `write` operations.
#include <linux/errno.h>

#include "../sys/bpf.h"
#include "../sys/cgroup.h"
#include "machine.h"

namespace cofferdam {

int runCgroupOperation(Machine& machine, const Operation& operation) {
  if (operation.code > static_cast<uint16_t>(Code::CgroupDevices)) return -ENOSYS;
  // All have the path first, and all but the last a number second.
  const char* path = machine.program.string(operation, 0);
  auto number = static_cast<uint32_t>(operation.args[1]);
  switch (static_cast<Code>(operation.code)) {
    case Code::CgroupCreate:
      return sys::cgroupCreate(path, number);
    case Code::CgroupKill:
      return sys::cgroupKill(path, number);
    case Code::CgroupRemove:
      return sys::cgroupRemove(path, number, machine.patient);
    case Code::CgroupDevices: {
      Bytes program = machine.program.bytes(operation, arg::CgroupDevices::program);
      return sys::attachDeviceProgram(path, program.data, program.size);
    }
    default:
      return -ENOSYS;
  }
}

}  // namespace cofferdam
