// landlock(7): what a process may do with files and TCP ports, whatever its user is. Only less can follow.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "../sys/path.h"
#include "../sys/text.h"
#include "machine.h"
#include "scoped.h"

namespace cofferdam {
namespace {

// <linux/landlock.h> of Linux 6.12; the headers that this is built with may be older, or lack it.
constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;
constexpr int kPathBeneath = 1;
constexpr int kNetPort = 2;
struct RulesetAttributes {
  uint64_t files, network, scoped;
};
struct __attribute__((packed)) PathBeneath {
  uint64_t allowed;
  int32_t parent;
};
struct NetPort {
  uint64_t allowed, port;
};
// Rights that a file itself can have: execute, write, read, truncate, ioctl of devices.
constexpr uint64_t kOfFiles = 1 | 2 | 4 | 1 << 14 | 1 << 15;

// "MASK REST": the mask, and where the rest begins; null when it is not of that form.
const char* maskOf(const char* rule, uint64_t* mask) {
  size_t size = 0;
  while (rule[size] && rule[size] != ' ') size++;
  return rule[size] && text::number(rule, size, 0xffffffff, mask) ? rule + size + 1 : nullptr;
}

int allowPath(int ruleset, int root, const char* rule) {
  uint64_t mask;
  const char* path = maskOf(rule, &mask);
  if (!path) return -EINVAL;
  Scoped target(sys::openBelow(root, path, O_PATH));
  if (target.get() < 0) return target.get();
  struct statx facts;
  long result = sys::raw(__NR_statx, target.get(), "", AT_EMPTY_PATH, STATX_TYPE, &facts);
  if (result < 0) return static_cast<int>(result);
  bool directory = (facts.stx_mode & 0170000) == 0040000;
  PathBeneath beneath = {directory ? mask : mask & kOfFiles, target.get()};
  return beneath.allowed ? static_cast<int>(sys::raw(kAddRule, ruleset, kPathBeneath, &beneath, 0)) : 0;
}

int allowPort(int ruleset, const char* rule) {
  NetPort port = {};
  const char* number = maskOf(rule, &port.allowed);
  if (!number || !text::number(number, text::length(number), 65535, &port.port)) return -EINVAL;
  return static_cast<int>(sys::raw(kAddRule, ruleset, kNetPort, &port, 0));
}

}  // namespace

int runLandlock(Machine& machine, const Operation& operation) {
  using A = arg::Landlock;
  uint32_t paths = 0, ports = 0;
  char** pathRules = machine.program.strings(operation, A::paths, &paths);
  char** portRules = machine.program.strings(operation, A::ports, &ports);
  if (!pathRules || !portRules) return -EINVAL;
  // A larger structure than the kernel knows is taken when what it does not know is zero.
  RulesetAttributes handled = {operation.args[A::files], operation.args[A::network], operation.args[A::scoped]};
  Scoped ruleset(sys::raw(kCreateRuleset, &handled, sizeof handled, 0));
  if (ruleset.get() < 0) return ruleset.get();
  Scoped root(sys::openBelow(sys::kWorkingDirectory, "/", O_PATH | O_DIRECTORY));
  if (root.get() < 0) return root.get();
  for (uint32_t i = 0; i < paths; i++)
    if (int error = allowPath(ruleset.get(), root.get(), pathRules[i]); error < 0) return error;
  for (uint32_t i = 0; i < ports; i++)
    if (int error = allowPort(ruleset.get(), portRules[i]); error < 0) return error;
  return static_cast<int>(sys::raw(kRestrictSelf, ruleset.get(), 0));
}

}  // namespace cofferdam
